/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/human.h"

#include <string.h>

#include "rows.h"
#include "text/words.h"

struct number_row {
	uint64_t value;
	const char *want;
};

/* clang-format off */
static const struct number_row number_rows[] = {
	{0, "0"},
	{7, "7"},
	{9999, "9999"},
	{10000, "10.0k"},
	{10049, "10.0k"},
	{12345, "12.3k"},
	{99999, "99.9k"},
	{100000, "100k"},
	{999999, "999k"},
	{1000000, "1.00M"},
	{1009999, "1.00M"},
	{1234567, "1.23M"},
	{9999999, "9.99M"},
	{12345678, "12.3M"},
	{999999999, "999M"},
	{1000000000, "1.00G"},
	{2500000000000, "2.50T"},
	{1000000000000000, "1.00P"},
	{999999999999999999, "999P"},
	{1000000000000000000, "1.00E"},
	{UINT64_MAX, "18.4E"},
};

static const struct number_row time_rows[] = {
	{0, "0s"},
	{999, "0s"},
	{1000, "1s"},
	{59999, "59s"},
	{60000, "1m 0s"},
	{192000, "3m 12s"},
	{3599999, "59m 59s"},
	{3600000, "1h 0m"},
	{86399999, "23h 59m"},
	{86400000, "1d 0h"},
	{1000000000000, "11574d 1h"},
	{UINT64_MAX, "213503982334d 14h"},
};
/* clang-format on */

static void
numbers_check(const char *table, const struct number_row *rows, size_t n,
	      void (*put)(struct plk_writer *w, uint64_t v), size_t max)
{
	struct rows r;

	rows_begin(&r, table);
	for (size_t i = 0; i < n; i++) {
		uint8_t out[32];
		struct plk_writer w;

		row_begin_text(&r, "%llu", (unsigned long long)rows[i].value);
		plk_writer_init(&w, (struct plk_mspan){out, max});
		put(&w, rows[i].value);
		row_true(&r, "full", !w.full);
		row_text(&r, "text", (struct plk_span){out, w.n}, rows[i].want);
	}
	rows_end(&r);
}

static void
test_numbers(void **state)
{
	(void)state;
	numbers_check("numbers", number_rows, COUNT(number_rows), plk_human_number,
		      PLK_HUMAN_NUMBER_MAX);
}

static void
test_times(void **state)
{
	(void)state;
	numbers_check("times", time_rows, COUNT(time_rows), plk_human_time, 32);
}

struct column_row {
	uint64_t value;
	size_t width;
	const char *want;
};

static const struct column_row column_rows[] = {
	{5, 0, "5"},       {5, 1, "5"},         {5, 4, "   5"},
	{9999, 3, "9999"}, {10000, 5, "10.0k"}, {UINT64_MAX, 8, "   18.4E"},
};

static void
test_columns(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "columns");
	for (size_t i = 0; i < COUNT(column_rows); i++) {
		const struct column_row *row = &column_rows[i];
		uint8_t out[32];
		struct plk_writer w;

		row_begin_text(&r, "%llu in %zu", (unsigned long long)row->value, row->width);
		plk_writer_init(&w, (struct plk_mspan){out, sizeof out});
		plk_human_column(&w, row->value, row->width);
		row_text(&r, "text", (struct plk_span){out, w.n}, row->want);
	}
	rows_end(&r);
}

struct wrap_row {
	const char *text;
	size_t indent;
	size_t columns;
	const char *want;
};

/* clang-format off */
static const struct wrap_row wrap_rows[] = {
	{"", 0, 10, ""},
	{"", 3, 10, ""},
	{"one", 0, 10, "one\n"},
	{"one", 2, 10, "  one\n"},
	{"one two", 0, 7, "one two\n"},
	{"one two", 0, 6, "one\ntwo\n"},
	{"one two", 1, 7, " one\n two\n"},
	{"one two", 1, 8, " one two\n"},
	{"a b c d", 0, 3, "a b\nc d\n"},
	{"longer than this", 0, 4, "longer\nthan\nthis\n"},
	{"longer", 2, 4, "  longer\n"},
	{"a longer b", 2, 4, "  a\n  longer\n  b\n"},
	{"a", 0, 0, "a\n"},
};
/* clang-format on */

static void
test_wrap(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "wrap");
	for (size_t i = 0; i < COUNT(wrap_rows); i++) {
		const struct wrap_row *row = &wrap_rows[i];
		struct plk_span in = exact_new(row->text, strlen(row->text));
		uint8_t out[64];
		struct plk_writer w;

		row_begin(&r, row->text, in.n);
		plk_writer_init(&w, (struct plk_mspan){out, sizeof out});
		plk_human_wrap(&w, in, row->indent, row->columns);
		row_text(&r, "text", (struct plk_span){out, w.n}, row->want);
		exact_free(in);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
