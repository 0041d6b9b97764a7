/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/json.h"

#include <string.h>

#include "rows.h"

/* ---- where a message ends ---- */

struct row {
	const char *text;
	size_t n;
	enum plk_err err;
	size_t end; /* PLK_OK: bytes of the message; PLK_E_MALFORMED, PLK_E_LIMIT: offset of the byte that was too much */
};

/* clang-format off */
#define OK(text, rest) {T(text rest), PLK_OK, sizeof(text) - 1}
#define SHORT(text) {T(text), PLK_E_SHORT, 0}
#define BAD(text, rest) {T(text rest), PLK_E_MALFORMED, sizeof(text) - 1}
#define DEEP(text, rest) {T(text rest), PLK_E_LIMIT, sizeof(text) - 1}

#define OPEN15 "[[[[[[[[[[[[[[["
#define CLOSE15 "]]]]]]]]]]]]]]]"

static const struct row rows[] = {
	OK("{}", ""),
	OK("{}", "{}"),
	OK("{}", "x"),
	OK("{}", "\n"),
	OK("{ \t\r\n}", ""),
	OK("{\"id\":0,\"method\":\"cmd/x\",\"params\":[\"a b\",\"\\\"q\\\"\xc3\xa9\",\"\"]}", "{"),
	OK("{\"a\":\"}\"}", ""),
	OK("{\"a\":\"{[\"}", "}"),
	OK("{\"a\":\"\\\"}\"}", ""),
	OK("{\"a\":\"\\\\\"}", "\"}"),
	OK("{\"a\":\"\\\\\\\"}\"}", ""),
	OK("{\"a\":\"\\u007d\"}", ""),
	OK("{\"\xff\":\"\x7f\"}", ""),
	OK("{\"a\":[1,-2.5e+3,true,false,null,[],{}]}", ""),
	OK("{\"a\":" OPEN15 CLOSE15 "}", ""),
	/* not JSON, but that is for others to say */
	OK("{nonsense}", ""),
	OK("{,,::}", ""),
	OK("{\"a\" \"b\"}", ""),

	SHORT(""),
	SHORT("{"),
	SHORT("{\"a\""),
	SHORT("{\"a\":{}"),
	SHORT("{\"a\":[{}]"),
	SHORT("{\"a\":\"}"),
	SHORT("{\"a\":\"\\\"}"),
	SHORT("{\"a\":\"\\"),
	SHORT("{ "),
	SHORT("{1"),

	BAD("", " {}"),
	BAD("", "["),
	BAD("", "[]"),
	BAD("", "\"a\""),
	BAD("", "null"),
	BAD("", "}"),
	BAD("", "x"),
	BAD("", "\0"),
	BAD("", "\xef\xbb\xbf{}"),
	BAD("", "GET / HTTP/1.0"),
	BAD("{", "]"),
	BAD("{[", "}"),
	BAD("{[]", "]"),
	BAD("{[{", "]"),
	BAD("{\"a\":[{}", "}"),
	BAD("{", "\0"),
	BAD("{\"a\":9", "\0}"),
	BAD("{", "\x7f"),
	BAD("{", "\xc3\xa9"),
	BAD("{", "'a'"),
	BAD("{", "/* */"),
	BAD("{", "\v"),
	BAD("{", "\f"),
	BAD("{", "\\"),
	BAD("{", "#"),
	BAD("{\"", "\0\"}"),
	BAD("{\"", "\n\"}"),
	BAD("{\"", "\x1f\"}"),
	BAD("{\"\\", "\n\"}"),
	DEEP("{\"a\":" OPEN15, "["),
	DEEP("{\"a\":" OPEN15, "{"),
	DEEP("{\"a\":" OPEN15, "[]" CLOSE15 "}"),
};
/* clang-format on */

/* What all of it gives at once. */
static enum plk_err
scan_whole(struct plk_span in, size_t *n, size_t *at)
{
	struct plk_json_scan s = {0};
	enum plk_err err = plk_json_scan(&s, in, n);

	*at = s.at;
	return err;
}

/* The same when it comes in pieces of @step bytes. */
static enum plk_err
scan_pieces(struct plk_span in, size_t step, size_t *n, size_t *at)
{
	struct plk_json_scan s = {0};
	enum plk_err err = PLK_E_SHORT;

	for (size_t there = 0; err == PLK_E_SHORT && there < in.n;) {
		there = in.n - there < step ? in.n : there + step;
		err = plk_json_scan(&s, (struct plk_span){in.p, there}, n);
	}
	*at = s.at;
	return err;
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "json");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->text, row->n);

		row_begin(&r, row->text, row->n);
		for (size_t step = 0; step < 4; step++) {
			size_t n = MARK_SIZE;
			size_t at;
			enum plk_err err = step == 0 ? scan_whole(in, &n, &at)
						     : scan_pieces(in, step, &n, &at);

			if (step == 0)
				row_err(&r, err, row->err);
			row_true(&r, "in pieces", err == row->err);
			row_number(&r, "n", n, row->err == PLK_OK ? row->end : MARK_SIZE);
			row_number(&r, "at", at, row->err == PLK_E_SHORT ? row->n : row->end);
		}
		exact_free(in);
	}
	rows_end_strict(&r);
}

/* The longest message, and one byte more. */
static void
test_length(void **state)
{
	static uint8_t text[PLK_CONTROL_MESSAGE_MAX + 1];
	struct plk_json_scan s = {0};
	size_t n = MARK_SIZE;

	(void)state;
	memset(text, ' ', sizeof text);
	text[0] = '{';
	text[PLK_CONTROL_MESSAGE_MAX - 1] = '}';
	assert_int_equal(
		plk_json_scan(&s, (struct plk_span){text, PLK_CONTROL_MESSAGE_MAX - 1}, &n),
		PLK_E_SHORT);
	assert_int_equal(plk_json_scan(&s, (struct plk_span){text, PLK_CONTROL_MESSAGE_MAX}, &n),
			 PLK_OK);
	assert_int_equal(n, PLK_CONTROL_MESSAGE_MAX);

	text[PLK_CONTROL_MESSAGE_MAX - 1] = ' ';
	text[PLK_CONTROL_MESSAGE_MAX] = '}';
	s = (struct plk_json_scan){0};
	assert_int_equal(plk_json_scan(&s, (struct plk_span){text, PLK_CONTROL_MESSAGE_MAX}, &n),
			 PLK_E_LIMIT);
	assert_int_equal(plk_json_scan(&s, (struct plk_span){text, sizeof text}, &n), PLK_E_LIMIT);
}

/* An array that was closed does not make an object at its depth one. */
static void
test_reopened(void **state)
{
	static const char text[] = "{\"a\":[],\"b\":{},\"c\":[]}";
	struct plk_json_scan s = {0};
	size_t n;

	(void)state;
	assert_int_equal(plk_json_scan(&s, (struct plk_span){(const uint8_t *)T(text)}, &n),
			 PLK_OK);
	assert_int_equal(n, sizeof text - 1);
}

static void
test_blank(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		size_t want;
	} blanks[] = {
		{T(""), 0},    {T(" "), 1},   {T(" \t\r\n{"), 4}, {T("{ "), 0},     {T("\v "), 0},
		{T("\0 "), 0}, {T(" \f"), 1}, {T("\xc2\xa0"), 0}, {T("\n\n\n"), 3}, {T("  x  "), 2},
	};
	struct rows r;

	(void)state;
	rows_begin(&r, "blank");
	for (size_t i = 0; i < COUNT(blanks); i++) {
		struct plk_span in = exact_new(blanks[i].text, blanks[i].n);

		row_begin(&r, blanks[i].text, blanks[i].n);
		row_number(&r, "n", plk_json_blank(in), blanks[i].want);
		exact_free(in);
	}
	rows_end(&r);
}

/* ---- strings ---- */

struct string_row {
	const char *text;
	size_t n;
	const char *want;
};

/* clang-format off */
static const struct string_row string_rows[] = {
	{T(""), "\"\""},
	{T("plain text"), "\"plain text\""},
	{T("two\nlines\n"), "\"two\\nlines\\n\""},
	{T("a\tb"), "\"a\\tb\""},
	{T("say \"no\" \\ '"), "\"say \\\"no\\\" \\\\ '\""},
	{T("/"), "\"/\""},
	/* UTF-8: the first and the last of each length */
	{T("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
	{T("\xc2\xa0\xdf\xbf"), "\"\xc2\xa0\xdf\xbf\""},
	{T("\xe0\xa0\x80\xef\xbf\xbd"), "\"\xe0\xa0\x80\xef\xbf\xbd\""},
	{T("\xed\x9f\xbf\xee\x80\x80"), "\"\xed\x9f\xbf\xee\x80\x80\""},
	{T("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"), "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""},
	/* control characters */
	{T("\0"), "\"\\\\x00\""},
	{T("a\0b"), "\"a\\\\x00b\""},
	{T("\r\n"), "\"\\\\x0d\\n\""},
	{T("\x1b[31m"), "\"\\\\x1b[31m\""},
	{T("\x1f\x20"), "\"\\\\x1f \""},
	{T("\x7e\x7f"), "\"~\\\\x7f\""},
	{T("\xc2\x80\xc2\x9b" "31m\xc2\x9f"), "\"\\\\xc2\\\\x80\\\\xc2\\\\x9b31m\\\\xc2\\\\x9f\""},
	/* what cannot be seen */
	{T("\xc2\xad"), "\"\\\\xc2\\\\xad\""},
	{T("\xe2\x80\xa8"), "\"\\\\xe2\\\\x80\\\\xa8\""},
	{T("\xe2\x80\xae"), "\"\\\\xe2\\\\x80\\\\xae\""},
	{T("\xe2\x81\xa6"), "\"\\\\xe2\\\\x81\\\\xa6\""},
	{T("\xef\xbb\xbf"), "\"\\\\xef\\\\xbb\\\\xbf\""},
	{T("\xf3\xa0\x80\x81"), "\"\\\\xf3\\\\xa0\\\\x80\\\\x81\""},
	/* not UTF-8: bytes alone, overlong, surrogates, beyond the last, cut */
	{T("\x80"), "\"\\\\x80\""},
	{T("\xff"), "\"\\\\xff\""},
	{T("\xc3"), "\"\\\\xc3\""},
	{T("\xc3" "a"), "\"\\\\xc3a\""},
	{T("\xc0\x80"), "\"\\\\xc0\\\\x80\""},
	{T("\xc1\xbf"), "\"\\\\xc1\\\\xbf\""},
	{T("\xe0\x9f\xbf"), "\"\\\\xe0\\\\x9f\\\\xbf\""},
	{T("\xed\xa0\x80"), "\"\\\\xed\\\\xa0\\\\x80\""},
	{T("\xed\xbf\xbf"), "\"\\\\xed\\\\xbf\\\\xbf\""},
	{T("\xf0\x8f\xbf\xbf"), "\"\\\\xf0\\\\x8f\\\\xbf\\\\xbf\""},
	{T("\xf4\x90\x80\x80"), "\"\\\\xf4\\\\x90\\\\x80\\\\x80\""},
	{T("\xf5\x80\x80\x80"), "\"\\\\xf5\\\\x80\\\\x80\\\\x80\""},
	{T("\xe2\x82"), "\"\\\\xe2\\\\x82\""},
	{T("\xe2\x82" "a"), "\"\\\\xe2\\\\x82a\""},
	{T("\xf0\x9f\x98"), "\"\\\\xf0\\\\x9f\\\\x98\""},
	{T("\xe2\xc3\xa9"), "\"\\\\xe2\xc3\xa9\""},
};
/* clang-format on */

static void
test_strings(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "strings");
	for (size_t i = 0; i < COUNT(string_rows); i++) {
		const struct string_row *row = &string_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		uint8_t out[256];
		struct plk_writer w;

		row_begin(&r, row->text, row->n);
		plk_writer_init(&w, (struct plk_mspan){out, sizeof out});
		plk_json_string(&w, in);
		row_true(&r, "full", !w.full);
		row_text(&r, "string", (struct plk_span){out, w.n}, row->want);
		row_true(&r, "not too long", w.n <= row->n * PLK_JSON_BYTE_MAX + 2);
		plk_writer_init(&w, (struct plk_mspan){out, strlen(row->want) - 1});
		plk_json_string(&w, in);
		row_true(&r, "no room", w.full);
		exact_free(in);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),     cmocka_unit_test(test_length),
		cmocka_unit_test(test_reopened), cmocka_unit_test(test_blank),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
