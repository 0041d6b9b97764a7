/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/words.h"

#include <string.h>

#include "rows.h"

static const char *const words[] = {NULL, "in", "out", "both"};

struct row {
	const char *text;
	size_t n;
	size_t index; /* COUNT(words): not found */
};

/* clang-format off */
static const struct row rows[] = {
	{T("in"), 1},
	{T("out"), 2},
	{T("both"), 3},
	{T(""), 4},
	{T("i"), 4},
	{T("inn"), 4},
	{T("In"), 4},
	{T("IN"), 4},
	{T(" in"), 4},
	{T("in "), 4},
	{T("in\0"), 4},
	{T("bot"), 4},
	{T("botH"), 4},
	{T("bothh"), 4},
	{T("none"), 4},
};
/* clang-format on */

static void
test_find(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "words");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_span in = exact_new(rows[i].text, rows[i].n);
		size_t index = MARK_SIZE;
		bool found = rows[i].index < COUNT(words);

		row_begin(&r, rows[i].text, rows[i].n);
		row_true(&r, "found or not",
			 plk_word_find(in, words, COUNT(words), &index) == found);
		row_number(&r, "index", index, found ? rows[i].index : MARK_SIZE);
		for (size_t k = 1; k < COUNT(words); k++)
			row_true(&r, "plk_word_is agrees",
				 plk_word_is(in, words[k]) == (k == rows[i].index));
		exact_free(in);
	}
	rows_end(&r);
}

static void
test_empty_word(void **state)
{
	(void)state;
	assert_true(plk_word_is((struct plk_span){NULL, 0}, ""));
	assert_false(plk_word_is(plk_span_str("a"), ""));
	assert_int_equal(plk_span_str("").n, 0);
	assert_int_equal(plk_span_str("abc").n, 3);
}

static void
test_hex(void **state)
{
	static const char digits[] = "0123456789abcdef";

	(void)state;
	for (int c = 0; c < 256; c++) {
		int lower = c >= 'A' && c <= 'F' ? c + 32 : c;
		const char *digit = c == 0 ? NULL : strchr(digits, lower);
		int want = digit ? (int)(digit - digits) : -1;

		if (plk_hex_value((uint8_t)c) != want)
			fail_msg("byte 0x%02x: got %d, want %d", (unsigned)c,
				 plk_hex_value((uint8_t)c), want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_empty_word),
		cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
