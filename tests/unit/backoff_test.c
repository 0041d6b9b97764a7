/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/backoff.h"

#include "rows.h"

struct row {
	uint64_t lived_ms;
	uint32_t wait_ms;
};

static void
series(const char *name, struct plk_backoff b, const struct row *rows, size_t n)
{
	struct rows r;

	rows_begin(&r, name);
	for (size_t i = 0; i < n; i++) {
		row_begin_text(&r, "%zu: lived %llu ms", i, (unsigned long long)rows[i].lived_ms);
		row_number(&r, "wait", plk_backoff_step(&b, rows[i].lived_ms), rows[i].wait_ms);
	}
	rows_end(&r);
}

static void
test_connect(void **state)
{
	static const struct row rows[] = {
		{0, 1000},     {0, 2000}, {0, 4000}, {0, 8000},          {0, 8000},  {59999, 8000},
		{60000, 1000}, {0, 1000}, {0, 2000}, {UINT64_MAX, 1000}, {10, 1000}, {10, 2000},
	};

	(void)state;
	series("connections", PLK_BACKOFF_CONNECT, rows, COUNT(rows));
}

static void
test_worker(void **state)
{
	static const struct row rows[] = {
		{5000, 0}, {0, 100},  {0, 200},  {0, 400},     {0, 800},  {0, 1600},
		{0, 3200}, {0, 5000}, {0, 5000}, {1999, 5000}, {2000, 0}, {1, 100},
	};

	(void)state;
	series("workers", PLK_BACKOFF_WORKER, rows, COUNT(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_connect),
					   cmocka_unit_test(test_worker)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
