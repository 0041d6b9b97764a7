/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/writer.h"

#include <string.h>

#include "rows.h"

/* One call of the writer. */
struct call {
	enum { END, STR, CHAR, DEC, HEX, ESCAPED, WORD, EMPTY } what;
	const char *text; /* STR, ESCAPED, the byte of CHAR */
	size_t n;         /* bytes of @text */
	uint64_t value;   /* DEC, HEX */
	size_t arg;       /* HEX: width; ESCAPED: max */
};

/* clang-format off */
#define S(literal) {STR, T(literal), 0, 0}
#define C(literal) {CHAR, T(literal), 0, 0}
#define D(value) {DEC, NULL, 0, value, 0}
#define H(value, width) {HEX, NULL, 0, value, width}
#define E(literal, max) {ESCAPED, T(literal), 0, max}
#define W(literal, max) {WORD, T(literal), 0, max}
#define NOTHING {EMPTY, NULL, 0, 0, 0}
#define NO_LIMIT SIZE_MAX
/* clang-format on */

struct row {
	size_t room;
	struct call calls[4];
	const char *want; /* what is in the buffer, also when it is full */
	enum plk_err err;
};

/* clang-format off */
static const struct row rows[] = {
	{8, {NOTHING}, "", PLK_OK},
	{0, {NOTHING}, "", PLK_OK},
	{0, {S("")}, "", PLK_OK},
	{3, {S("abc")}, "abc", PLK_OK},
	{6, {S("abc"), C("d"), S("ef")}, "abcdef", PLK_OK},
	{1, {D(0)}, "0", PLK_OK},
	{2, {D(10)}, "10", PLK_OK},
	{20, {D(UINT64_MAX)}, "18446744073709551615", PLK_OK},
	{8, {H(0, 1)}, "0", PLK_OK},
	{8, {H(0, 8)}, "00000000", PLK_OK},
	{8, {H(0xdb8, 1)}, "db8", PLK_OK},
	{8, {H(0xdb8, 4)}, "0db8", PLK_OK},
	{8, {H(0xffffffff, 1)}, "ffffffff", PLK_OK},
	{8, {H(0x1234, 2)}, "1234", PLK_OK},
	{8, {E("abc", NO_LIMIT)}, "abc", PLK_OK},
	{64, {E("it's \\ here", NO_LIMIT)}, "it\\x27s \\x5c here", PLK_OK},
	{64, {E("\0\n\x1b\x7f\x80\xff", NO_LIMIT)}, "\\x00\\x0a\\x1b\\x7f\\x80\\xff", PLK_OK},
	{64, {E(" ~", NO_LIMIT)}, " ~", PLK_OK},
	{64, {E("\x1f\x20", NO_LIMIT)}, "\\x1f ", PLK_OK},
	{64, {E("abcdef", 6)}, "abcdef", PLK_OK},
	{64, {E("abcdef", 5)}, "abcde...", PLK_OK},
	{64, {E("abcdef", 0)}, "...", PLK_OK},
	{64, {E("", 0)}, "", PLK_OK},
	{64, {W("a b\n\\'=c", NO_LIMIT)}, "a\\x20b\\x0a\\x5c\\x27=c", PLK_OK},
	{64, {W("  ", 1)}, "\\x20...", PLK_OK},
	{64, {W("", 0)}, "", PLK_OK},

	{0, {C("a")}, "", PLK_E_ROOM},
	{0, {S("a")}, "", PLK_E_ROOM},
	{2, {S("abc")}, "", PLK_E_ROOM},
	{3, {S("ab"), S("cd")}, "ab", PLK_E_ROOM},
	{3, {S("ab"), S("cd"), C("e")}, "ab", PLK_E_ROOM}, /* full stays full, though one byte fits */
	{3, {S("ab"), S("cd"), D(1)}, "ab", PLK_E_ROOM},
	{3, {S("ab"), S("cd"), H(1, 1)}, "ab", PLK_E_ROOM},
	{3, {S("ab"), S("cd"), S("")}, "ab", PLK_E_ROOM},
	{0, {D(0)}, "", PLK_E_ROOM},
	{1, {D(10)}, "", PLK_E_ROOM},
	{19, {D(UINT64_MAX)}, "", PLK_E_ROOM},
	{0, {H(0, 1)}, "", PLK_E_ROOM},
	{7, {H(0, 8)}, "", PLK_E_ROOM},
	{7, {H(0xffffffff, 1)}, "", PLK_E_ROOM},
	{2, {E("abc", NO_LIMIT)}, "ab", PLK_E_ROOM},
	{3, {E("\n", NO_LIMIT)}, "\\x", PLK_E_ROOM},
	{1, {E("\n", NO_LIMIT)}, "", PLK_E_ROOM},
	{3, {E("abc", 1)}, "a", PLK_E_ROOM},
	{2, {E("abc", 0)}, "", PLK_E_ROOM},
	{3, {W(" ", NO_LIMIT)}, "\\x", PLK_E_ROOM},
	{0, {W("a", NO_LIMIT)}, "", PLK_E_ROOM},
	{3, {E("ab", NO_LIMIT), S("cd"), E("e", NO_LIMIT)}, "ab", PLK_E_ROOM},
};
/* clang-format on */

static void
call_make(struct plk_writer *w, const struct call *call)
{
	struct plk_span text = exact_new(call->text, call->n);

	switch (call->what) {
	case STR:
		plk_writer_str(w, call->text);
		break;
	case CHAR:
		plk_writer_char(w, call->text[0]);
		break;
	case DEC:
		plk_writer_dec(w, call->value);
		break;
	case HEX:
		plk_writer_hex(w, (uint32_t)call->value, call->arg);
		break;
	case ESCAPED:
		plk_writer_escaped(w, text, call->arg);
		break;
	case WORD:
		plk_writer_word(w, text, call->arg);
		break;
	case EMPTY:
		plk_writer_span(w, text);
		break;
	case END:
		break;
	}
	exact_free(text);
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "writer");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t buffer[72];
		size_t n = MARK_SIZE;
		struct plk_writer w;

		row_begin(&r, row->want, strlen(row->want));
		mark(buffer, sizeof buffer);
		plk_writer_init(&w, (struct plk_mspan){row->room > 0 ? buffer : NULL, row->room});
		for (size_t k = 0; k < COUNT(row->calls); k++)
			call_make(&w, &row->calls[k]);
		row_err(&r, plk_writer_done(&w, &n), row->err);
		row_number(&r, "n", n, row->err == PLK_OK ? strlen(row->want) : MARK_SIZE);
		row_true(&r, "full", w.full == (row->err != PLK_OK));
		row_text(&r, "text", (struct plk_span){buffer, w.n}, row->want);
		row_true(&r, "nothing beyond", untouched(buffer + w.n, sizeof buffer - w.n));
	}
	rows_end(&r);
}

struct cstr_row {
	size_t room;
	const char *text;
	const char *want;
};

/* clang-format off */
static const struct cstr_row cstr_rows[] = {
	{1, "", ""},
	{4, "abc", "abc"},
	{8, "abc", "abc"},
	{3, "abc", "ab"},
	{1, "a", ""},
	{2, "abc", ""}, /* it did not fit at all */
};
/* clang-format on */

static void
test_cstr(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "cstr");
	for (size_t i = 0; i < COUNT(cstr_rows); i++) {
		const struct cstr_row *row = &cstr_rows[i];
		uint8_t buffer[16];
		struct plk_writer w;

		row_begin_text(&r, "'%s' in %zu", row->text, row->room);
		mark(buffer, sizeof buffer);
		plk_writer_init(&w, (struct plk_mspan){buffer, row->room});
		plk_writer_str(&w, row->text);
		plk_writer_cstr(&w);
		row_text(&r, "text", (struct plk_span){buffer, strlen((char *)buffer)}, row->want);
		row_true(&r, "nothing beyond",
			 untouched(buffer + row->room, sizeof buffer - row->room));
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_cstr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
