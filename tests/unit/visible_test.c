/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/visible.h"

#include "rows.h"

struct row {
	const char *text;
	size_t n;
	size_t first; /* bytes of the first character */
	bool is_visible;
};

/* clang-format off */
static const struct row rows[] = {
	{T("a"), 1, true},
	{T("ab"), 1, true},
	{T(" "), 1, true},
	{T("~"), 1, true},
	{T("\\"), 1, true},
	{T("\xc2\xa0"), 2, true},
	{T("\xc3\xa9x"), 2, true},
	{T("\xe2\x82\xac"), 3, true},
	{T("\xef\xbf\xbd"), 3, true},
	{T("\xf0\x9f\x92\xa9"), 4, true},
	{T("\xf4\x8f\xbf\xbf"), 4, true},

	/* control characters */
	{T("\0"), 1, false},
	{T("\n"), 1, false},
	{T("\x1b[2J"), 1, false},
	{T("\x7f"), 1, false},
	{T("\xc2\x80"), 2, false},
	{T("\xc2\x9b"), 2, false},
	/* not seen, or they change how others are read */
	{T("\xc2\xad"), 2, false},
	{T("\xd8\x9c"), 2, false},
	{T("\xe2\x80\x8b"), 3, false},
	{T("\xe2\x80\xa8"), 3, false},
	{T("\xe2\x80\xae"), 3, false},
	{T("\xe2\x81\xa6"), 3, false},
	{T("\xef\xbb\xbf"), 3, false},
	{T("\xf3\xa0\x81\x81"), 4, false},
	/* no UTF-8 */
	{T("\x80"), 1, false},
	{T("\xff"), 1, false},
	{T("\xc3"), 1, false},
	{T("\xc3x"), 1, false},
	{T("\xc0\x9b"), 1, false},
	{T("\xc1\xbf"), 1, false},
	{T("\xe0\x80\x9b"), 1, false},
	{T("\xe2\x82"), 1, false},
	{T("\xed\xa0\x80"), 1, false},
	{T("\xf0\x80\x80\x9b"), 1, false},
	{T("\xf4\x90\x80\x80"), 1, false},
	{T("\xf5\x80\x80\x80"), 1, false},
};
/* clang-format on */

static void
test_next(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "characters");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_span in = exact_new(rows[i].text, rows[i].n);
		bool is_visible = !rows[i].is_visible;

		row_begin(&r, rows[i].text, rows[i].n);
		row_number(&r, "bytes", plk_character_next(in, &is_visible), rows[i].first);
		row_number(&r, "visible", is_visible, rows[i].is_visible);
		exact_free(in);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
