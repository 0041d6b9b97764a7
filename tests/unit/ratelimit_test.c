/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/ratelimit.h"

#include "rows.h"

static void
test_window(void **state)
{
	struct plk_ratelimit limit = {0};
	uint32_t suppressed = 1;
	uint32_t passed = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		passed += plk_ratelimit_step(&limit, 10000 + i, &suppressed);
		assert_int_equal(suppressed, 0);
	}
	assert_int_equal(passed, PLK_RATELIMIT_BURST);
	assert_false(plk_ratelimit_step(&limit, 10000 + PLK_RATELIMIT_WINDOW_MS - 1, &suppressed));
	assert_true(plk_ratelimit_step(&limit, 10000 + PLK_RATELIMIT_WINDOW_MS, &suppressed));
	assert_int_equal(suppressed, 100 - PLK_RATELIMIT_BURST + 1);
	assert_true(plk_ratelimit_step(&limit, 10001 + PLK_RATELIMIT_WINDOW_MS, &suppressed));
	assert_int_equal(suppressed, 0); /* said once */
}

static void
test_quiet(void **state)
{
	struct plk_ratelimit limit = {0};
	uint32_t suppressed;

	(void)state;
	for (uint64_t now = 1; now < 100 * PLK_RATELIMIT_WINDOW_MS;
	     now += PLK_RATELIMIT_WINDOW_MS / 4)
		assert_true(plk_ratelimit_step(&limit, now, &suppressed));
	assert_int_equal(suppressed, 0);
}

/* What was held back is said once, by whoever comes first when the window is over. */
static void
test_end(void **state)
{
	struct plk_ratelimit limit = {0};
	uint32_t suppressed;

	(void)state;
	assert_int_equal(plk_ratelimit_end(&limit, 0), 0);
	assert_int_equal(plk_ratelimit_end(&limit, UINT64_MAX), 0);
	for (uint32_t i = 0; i < PLK_RATELIMIT_BURST + 3; i++)
		(void)plk_ratelimit_step(&limit, 10000, &suppressed); /* three are too many */
	assert_int_equal(plk_ratelimit_end(&limit, 10000), 0);
	assert_int_equal(plk_ratelimit_end(&limit, 10000 + PLK_RATELIMIT_WINDOW_MS - 1), 0);
	assert_false(plk_ratelimit_step(&limit, 10000 + PLK_RATELIMIT_WINDOW_MS - 1, &suppressed));
	assert_int_equal(plk_ratelimit_end(&limit, 10000 + PLK_RATELIMIT_WINDOW_MS), 4);
	assert_int_equal(plk_ratelimit_end(&limit, 10000 + PLK_RATELIMIT_WINDOW_MS), 0);
	assert_true(plk_ratelimit_step(&limit, 10001 + PLK_RATELIMIT_WINDOW_MS, &suppressed));
	assert_int_equal(suppressed, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_quiet),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
