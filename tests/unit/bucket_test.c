/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/bucket.h"

#include "rows.h"

#define SECOND UINT64_C(1000000000)
#define LATE UINT64_C(0xfffffffffffffff0)
#define MOST UINT32_MAX

struct take {
	uint64_t at_ns;
	uint32_t n;
	bool passes;
};

struct row {
	const char *name;
	uint32_t fps;
	uint32_t burst;
	struct take takes[12];
};

/* clang-format off */
static const struct row rows[] = {
	{"full at first, whenever that is", 10, 3, {{LATE, 1, true}, {LATE, 1, true}, {LATE, 1, true}, {LATE, 1, false}}},
	{"full at first, at time 0", 10, 3, {{0, 3, true}, {0, 1, false}}},
	{"one in 100 ms, not a nanosecond sooner", 10, 1,
	 {{5, 1, true}, {5, 1, false}, {100000004, 1, false}, {100000005, 1, true}, {100000005, 1, false}}},
	{"thirds of a second are not rounded", 3, 2,
	 {{0, 2, true}, {333333333, 1, false}, {333333334, 1, true}, {666666666, 1, false}, {666666667, 1, true},
	  {999999999, 1, false}, {SECOND, 1, true}, {SECOND, 1, false}}},
	{"no more than the burst", 10, 3, {{0, 3, true}, {100 * SECOND, 3, true}, {100 * SECOND, 1, false}}},
	{"all segments or none", 10, 4, {{0, 3, true}, {0, 2, false}, {0, 1, true}, {0, 1, false}}},
	{"what was refused is not taken", 10, 4, {{0, 3, true}, {0, 4, false}, {0, 4, false}, {0, 1, true}}},
	{"larger than the burst: when it is full, and owed", 10, 4,
	 {{0, 1, true}, {0, 6, false}, {SECOND, 6, true}, {SECOND, 1, false}, {SECOND * 12 / 10, 1, false},
	  {SECOND * 13 / 10 - 1, 1, false}, {SECOND * 13 / 10, 1, true}, {SECOND * 13 / 10, 1, false}}},
	{"nothing takes nothing", 1, 1, {{0, 1, true}, {0, 0, true}, {0, 1, false}}},
	{"a clock that goes back", 10, 1,
	 {{SECOND, 1, true}, {0, 1, false}, {SECOND - 1, 1, false}, {SECOND, 1, false}, {SECOND * 11 / 10, 1, true}}},
	{"the fastest: 4.29 in a nanosecond", MOST, 1, {{0, 1, true}, {0, 1, false}, {1, 1, true}, {1, 1, false}, {2, 1, true}}},
	{"the largest", MOST, MOST,
	 {{0, MOST, true}, {0, 1, false}, {SECOND - 1, MOST, false}, {SECOND, MOST, true}, {LATE, MOST, true}, {LATE, 1, false}}},
	{"the largest burst at the lowest rate", 1, MOST,
	 {{0, MOST, true}, {SECOND - 1, 1, false}, {SECOND, 1, true}, {SECOND, 1, false}, {LATE, MOST, true}}},
	{"the largest debt", 1, 1,
	 {{0, MOST, true}, {SECOND * (MOST - 1), 1, false}, {SECOND * MOST - 1, 1, false}, {SECOND * MOST, 1, true}}},
	{"the largest debt of the fastest", MOST, MOST - 1,
	 {{0, MOST, true}, {0, 1, false}, {1, 1, true}, {1, 3, false}, {1, 2, true}}},
	{"the largest debt, then very late", MOST, 1, {{0, MOST, true}, {0, 1, false}, {LATE, MOST, true}, {LATE, 1, false}}},
};
/* clang-format on */

static void
test_takes(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "buckets");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_bucket bucket;

		plk_bucket_init(&bucket, rows[i].fps, rows[i].burst);
		for (size_t k = 0; k < COUNT(rows[i].takes); k++) {
			const struct take *take = &rows[i].takes[k];

			if (k > 0 && take->at_ns == 0 && take->n == 0 && !take->passes)
				break;
			row_begin_text(&r, "%s, %zu", rows[i].name, k);
			row_true(&r, take->passes ? "passes" : "is refused",
				 plk_bucket_take(&bucket, take->at_ns, take->n) == take->passes);
		}
	}
	rows_end(&r);
}

/* However often it is asked, and for what, what passes in a time is the rate and one burst, to the frame. */
static void
test_rate(void **state)
{
	static const uint32_t rates[] = {1, 7, 999, 1000, 333333, 14880952, MOST};
	static const uint64_t steps[] = {1, 67, 999, 1000003, 77777777};

	(void)state;
	for (size_t i = 0; i < COUNT(rates); i++) {
		for (size_t k = 0; k < COUNT(steps); k++) {
			const uint32_t burst = rates[i] / 10 + 2;
			/* so that it never gets full: what would run over is not sent */
			const uint32_t each = (uint32_t)(steps[k] * rates[i] / SECOND) + 1;
			struct plk_bucket bucket;
			unsigned __int128 passed;
			uint64_t now = 0;

			if (2 * each > burst)
				continue;
			plk_bucket_init(&bucket, rates[i], burst);
			assert_true(plk_bucket_take(&bucket, now, burst));
			passed = burst;
			for (unsigned n = 0; n < 5000; n++) {
				now += steps[k];
				for (uint32_t left = each; left > 0; left = left / 2) {
					if (plk_bucket_take(&bucket, now, left))
						passed += left;
				}
			}
			assert_true(passed <= burst + (unsigned __int128)now * rates[i] / SECOND);
			assert_true(passed + 2 * each >=
				    (unsigned __int128)now * rates[i] / SECOND);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_takes),
					   cmocka_unit_test(test_rate)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
