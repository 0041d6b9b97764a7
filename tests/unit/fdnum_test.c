/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/fdnum.h>

#include <string.h>

#include "rows.h"

struct number_row {
	const char *text;
	size_t n;
	uint64_t max;
	enum plk_err err;
	uint64_t value;
};

/* clang-format off */
#define GOOD(text, max, value) {T(text), max, PLK_OK, value}
#define BAD(text, max, err) {T(text), max, err, 0}

static const struct number_row number_rows[] = {
	GOOD("0", 0, 0),
	GOOD("0", UINT64_MAX, 0),
	GOOD("7", 9, 7),
	GOOD("9", 9, 9),
	GOOD("10", 10, 10),
	GOOD("255", 255, 255),
	GOOD("65535", 65535, 65535),
	GOOD("4294967295", 4294967295, 4294967295),
	GOOD("4294967296", UINT64_MAX, 4294967296),
	GOOD("9223372036854775808", UINT64_MAX, 9223372036854775808ULL),
	GOOD("18446744073709551615", UINT64_MAX, UINT64_MAX),

	BAD("", UINT64_MAX, PLK_E_NUM_MISSING),
	BAD("+3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("-3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("-0", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("+", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD(" 3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("3 ", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("\t3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("\n3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("3\n", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("00", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("03", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("000000000000000000000000003", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("3x", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("x3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("0x3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("a", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("/", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD(":", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("3.0", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("1e3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("1,000", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("1_000", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("3-4", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("3\0", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("\0", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("3\0" "4", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("\xd9\xa3", UINT64_MAX, PLK_E_NUM_SYNTAX), /* ARABIC-INDIC DIGIT THREE */
	BAD("\xef\xbc\x93", UINT64_MAX, PLK_E_NUM_SYNTAX), /* FULLWIDTH DIGIT THREE */
	BAD("\xb3", UINT64_MAX, PLK_E_NUM_SYNTAX),
	BAD("99999999999999999999999x", 9, PLK_E_NUM_SYNTAX), /* what it is not comes first */
	BAD("1", 0, PLK_E_NUM_RANGE),
	BAD("10", 9, PLK_E_NUM_RANGE),
	BAD("99", 9, PLK_E_NUM_RANGE),
	BAD("256", 255, PLK_E_NUM_RANGE),
	BAD("260", 255, PLK_E_NUM_RANGE),
	BAD("1000", 255, PLK_E_NUM_RANGE),
	BAD("4294967296", 4294967295, PLK_E_NUM_RANGE),
	BAD("18446744073709551615", UINT64_MAX - 1, PLK_E_NUM_RANGE),
	BAD("18446744073709551616", UINT64_MAX, PLK_E_NUM_RANGE),
	BAD("18446744073709551625", UINT64_MAX, PLK_E_NUM_RANGE),
	BAD("20000000000000000000", UINT64_MAX, PLK_E_NUM_RANGE),
	BAD("99999999999999999999", UINT64_MAX, PLK_E_NUM_RANGE),
	BAD("184467440737095516160", UINT64_MAX, PLK_E_NUM_RANGE),
	BAD("100000000000000000000", UINT64_MAX, PLK_E_NUM_RANGE),
	BAD("340282366920938463463374607431768211459", UINT64_MAX, PLK_E_NUM_RANGE), /* 2^128+3 */
};
/* clang-format on */

static void
test_number(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "number");
	for (size_t i = 0; i < COUNT(number_rows); i++) {
		const struct number_row *row = &number_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		uint64_t value = MARK_SIZE;

		row_begin(&r, row->text, row->n);
		row_err(&r, plk_number_parse(in, row->max, &value), row->err);
		row_number(&r, "value", value, row->err == PLK_OK ? row->value : MARK_SIZE);
		exact_free(in);
	}
	rows_end_strict(&r);
}

struct fd_row {
	const char *text;
	size_t n;
	enum plk_err err;
	int fd;
};

/* clang-format off */
#define GOOD_FD(text, fd) {T(text), PLK_OK, fd}
#define BAD_FD(text, err) {T(text), err, 0}

static const struct fd_row fd_rows[] = {
	GOOD_FD("0", 0), /* that a remote may not have it is for remote.h to say */
	GOOD_FD("2", 2),
	GOOD_FD("3", 3),
	GOOD_FD("10", 10),
	GOOD_FD("1023", 1023),
	GOOD_FD("999999", 999999),
	GOOD_FD("1048575", 1048575),

	BAD_FD("", PLK_E_FD_MISSING),
	BAD_FD("+3", PLK_E_FD_SYNTAX),
	BAD_FD("-1", PLK_E_FD_SYNTAX),
	BAD_FD(" 3", PLK_E_FD_SYNTAX),
	BAD_FD("3 ", PLK_E_FD_SYNTAX),
	BAD_FD("03", PLK_E_FD_SYNTAX),
	BAD_FD("00", PLK_E_FD_SYNTAX),
	BAD_FD("0x3", PLK_E_FD_SYNTAX),
	BAD_FD("3\0", PLK_E_FD_SYNTAX),
	BAD_FD("stdin", PLK_E_FD_SYNTAX),
	BAD_FD("1048576", PLK_E_FD_RANGE),
	BAD_FD("2147483647", PLK_E_FD_RANGE),
	BAD_FD("2147483648", PLK_E_FD_RANGE),
	BAD_FD("4294967299", PLK_E_FD_RANGE), /* 2^32 + 3 */
	BAD_FD("9223372036854775807", PLK_E_FD_RANGE), /* LONG_MAX, -1 as an int */
	BAD_FD("18446744073709551619", PLK_E_FD_RANGE), /* 2^64 + 3 */
};
/* clang-format on */

static void
test_fdnum_parse(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "descriptor number");
	for (size_t i = 0; i < COUNT(fd_rows); i++) {
		const struct fd_row *row = &fd_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		int fd = -77;

		row_begin(&r, row->text, row->n);
		row_err(&r, plk_fdnum_parse(in, &fd), row->err);
		row_number(&r, "fd", (uint64_t)fd, (uint64_t)(row->err == PLK_OK ? row->fd : -77));
		exact_free(in);
	}
	rows_end_strict(&r);
}

struct encode_row {
	int fd;
	size_t room;
	enum plk_err err;
	const char *text;
};

/* clang-format off */
static const struct encode_row encode_rows[] = {
	{0, 1, PLK_OK, "0"},
	{3, 8, PLK_OK, "3"},
	{1048575, 7, PLK_OK, "1048575"},

	{0, 0, PLK_E_ROOM, ""},
	{10, 1, PLK_E_ROOM, ""},
	{1048575, 6, PLK_E_ROOM, ""},
	{-1, 8, PLK_E_FD_RANGE, ""},
	{-2147483647 - 1, 8, PLK_E_FD_RANGE, ""},
	{1048576, 8, PLK_E_FD_RANGE, ""},
	{2147483647, 16, PLK_E_FD_RANGE, ""},
	{-1, 0, PLK_E_FD_RANGE, ""},
};
/* clang-format on */

static void
test_fdnum_encode(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "descriptor number, printed");
	for (size_t i = 0; i < COUNT(encode_rows); i++) {
		const struct encode_row *row = &encode_rows[i];
		uint8_t out[16];
		size_t n = MARK_SIZE;

		row_begin_text(&r, "%d in %zu", row->fd, row->room);
		mark(out, sizeof out);
		row_err(&r, plk_fdnum_encode(row->fd, (struct plk_mspan){out, row->room}, &n),
			row->err);
		row_number(&r, "n", n, row->err == PLK_OK ? strlen(row->text) : MARK_SIZE);
		if (row->err == PLK_OK)
			row_text(&r, "text", (struct plk_span){out, n}, row->text);
		row_true(&r, "nothing beyond",
			 untouched(out + strlen(row->text), sizeof out - strlen(row->text)));
	}
	rows_end_strict(&r);
}

/* All strings of one and two bytes: exactly the canonical ones pass. */
static void
test_short_strings(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "short strings");
	for (unsigned i = 0; i < 0x10100; i++) {
		uint8_t text[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
		bool one = i >= 0x10000;
		bool first = text[0] >= '0' && text[0] <= '9';
		bool second = text[1] >= '0' && text[1] <= '9';
		bool want = one ? first : first && second && text[0] != '0';
		uint64_t value = 77;
		uint64_t digits = one ? text[0] - 48U : (text[0] - 48U) * 10 + (text[1] - 48U);
		struct plk_span in = {text, one ? 1 : 2};

		row_begin(&r, text, in.n);
		row_err(&r, plk_number_parse(in, 99, &value), want ? PLK_OK : PLK_E_NUM_SYNTAX);
		row_number(&r, "value", value, want ? digits : 77);
	}
	rows_end_strict(&r);
}

/* Each descriptor number is printed and read back. */
static void
test_round_trip(void **state)
{
	(void)state;
	for (int fd = 0; fd <= PLK_FD_MAX; fd++) {
		uint8_t out[7];
		size_t n = 0;
		int again = -1;

		if (plk_fdnum_encode(fd, (struct plk_mspan){out, sizeof out}, &n) != PLK_OK ||
		    plk_fdnum_parse((struct plk_span){out, n}, &again) != PLK_OK || again != fd)
			fail_msg("descriptor %d does not survive", fd);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),       cmocka_unit_test(test_fdnum_parse),
		cmocka_unit_test(test_fdnum_encode), cmocka_unit_test(test_short_strings),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
