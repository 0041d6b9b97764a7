/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/listen.h>

#include <string.h>

#include "rows.h"

struct number_row {
	const char *text;
	size_t n;
	enum plk_err pid; /* as LISTEN_PID */
	enum plk_err fds; /* as LISTEN_FDS */
	enum plk_err id;  /* as LISTEN_PIDFDID */
	uint64_t value;
};

/* clang-format off */
#define ALL(text, value) {T(text), PLK_OK, PLK_OK, PLK_OK, value}
#define NOT_FDS(text, value) {T(text), PLK_OK, PLK_E_NUM_RANGE, PLK_OK, value}
#define ID_ONLY(text, value) {T(text), PLK_E_NUM_RANGE, PLK_E_NUM_RANGE, PLK_OK, value}
#define BAD(text, err) {T(text), err, err, err, 0}

static const struct number_row number_rows[] = {
	ALL("0", 0),
	ALL("1", 1),
	ALL("12345", 12345),
	ALL("1048573", 1048573), /* the last descriptor is 1048575 */
	NOT_FDS("1048574", 1048574),
	NOT_FDS("4194304", 4194304),

	ID_ONLY("4194305", 4194305),
	ID_ONLY("4294967296", 4294967296),
	ID_ONLY("4294967297", 4294967297),
	ID_ONLY("18446744073709551615", UINT64_MAX),

	BAD("", PLK_E_NUM_MISSING),
	BAD("18446744073709551616", PLK_E_NUM_RANGE),
	BAD("18446744073709551617", PLK_E_NUM_RANGE),
	BAD("01", PLK_E_NUM_SYNTAX),
	BAD("+1", PLK_E_NUM_SYNTAX),
	BAD("-1", PLK_E_NUM_SYNTAX),
	BAD(" 1", PLK_E_NUM_SYNTAX),
	BAD("1 ", PLK_E_NUM_SYNTAX),
	BAD("1\n", PLK_E_NUM_SYNTAX),
	BAD("1\0", PLK_E_NUM_SYNTAX),
	BAD("0x1", PLK_E_NUM_SYNTAX),
	BAD("one", PLK_E_NUM_SYNTAX),
	BAD("1:2", PLK_E_NUM_SYNTAX),
};
/* clang-format on */

static void
test_numbers(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "LISTEN_PID, LISTEN_FDS and LISTEN_PIDFDID");
	for (size_t i = 0; i < COUNT(number_rows); i++) {
		const struct number_row *row = &number_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		uint32_t pid = 0xa5a5a5a5;
		uint32_t fds = 0xa5a5a5a5;
		uint64_t id = MARK_SIZE;

		row_begin(&r, row->text, row->n);
		row_err(&r, plk_listen_pid_parse(in, &pid), row->pid);
		row_number(&r, "LISTEN_PID", pid, row->pid == PLK_OK ? row->value : 0xa5a5a5a5);
		row_err(&r, plk_listen_fds_parse(in, &fds), row->fds);
		row_number(&r, "LISTEN_FDS", fds, row->fds == PLK_OK ? row->value : 0xa5a5a5a5);
		row_err(&r, plk_listen_pidfdid_parse(in, &id), row->id);
		row_number(&r, "LISTEN_PIDFDID", id, row->id == PLK_OK ? row->value : MARK_SIZE);
		exact_free(in);
	}
	rows_end_strict(&r);
}

#define S10 "0123456789"
#define S50 S10 S10 S10 S10 S10
#define S250 S50 S50 S50 S50 S50

struct names_row {
	const char *text;
	size_t n;
	uint32_t n_fds;
	enum plk_err err;
	size_t at;
};

/* clang-format off */
static const struct names_row names_rows[] = {
	{T(""), 0, PLK_OK, 0},
	{T(""), 1, PLK_OK, 0}, /* one name, which is empty */
	{T("client"), 1, PLK_OK, 0},
	{T("a:b"), 2, PLK_OK, 0},
	{T("a:b:a"), 3, PLK_OK, 0},
	{T(":"), 2, PLK_OK, 0},
	{T("a:"), 2, PLK_OK, 0},
	{T("::"), 3, PLK_OK, 0},
	{T("with blank:~"), 2, PLK_OK, 0},
	{T(S250 "12345"), 1, PLK_OK, 0}, /* 255 bytes */

	{T("a"), 0, PLK_E_NAMES_COUNT, 0},
	{T(":"), 0, PLK_E_NAMES_COUNT, 0},
	{T(""), 2, PLK_E_NAMES_COUNT, 0},
	{T("a"), 2, PLK_E_NAMES_COUNT, 1},
	{T("a"), 1048573, PLK_E_NAMES_COUNT, 1},
	{T("a:b"), 3, PLK_E_NAMES_COUNT, 3},
	{T("a:b:"), 4, PLK_E_NAMES_COUNT, 4},
	{T("a:b"), 1, PLK_E_NAMES_COUNT, 2},
	{T("a:"), 1, PLK_E_NAMES_COUNT, 2},
	{T(":"), 1, PLK_E_NAMES_COUNT, 1},
	{T("a:b:c"), 2, PLK_E_NAMES_COUNT, 4},
	{T("a\n"), 1, PLK_E_NAMES_SYNTAX, 0},
	{T("a:b\0"), 2, PLK_E_NAMES_SYNTAX, 2},
	{T("a\x1f:b"), 2, PLK_E_NAMES_SYNTAX, 0},
	{T("a:\x7f"), 2, PLK_E_NAMES_SYNTAX, 2},
	{T("a:b:\x80"), 3, PLK_E_NAMES_SYNTAX, 4},
	{T("a:b\xc3\xa4:c"), 3, PLK_E_NAMES_SYNTAX, 2},
	{T(S250 "123456"), 1, PLK_E_NAMES_SYNTAX, 0}, /* 256 bytes */
	{T("a:" S250 "123456"), 2, PLK_E_NAMES_SYNTAX, 2},
	{T("a\n:b"), 1, PLK_E_NAMES_SYNTAX, 0}, /* what comes first */
	{T("a:b\n"), 1, PLK_E_NAMES_COUNT, 2},
	{T("a\n"), 3, PLK_E_NAMES_SYNTAX, 0},
};
/* clang-format on */

static void
test_names(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "LISTEN_FDNAMES");
	for (size_t i = 0; i < COUNT(names_rows); i++) {
		const struct names_row *row = &names_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		size_t at = MARK_SIZE;

		row_begin_text(&r, "%u names: '%.200s'", row->n_fds, row->text);
		row_err(&r, plk_listen_names_check(in, row->n_fds, &at), row->err);
		row_number(&r, "offset", at, row->err == PLK_OK ? MARK_SIZE : row->at);
		exact_free(in);
	}
	rows_end_strict(&r);
}

struct get_row {
	const char *names;
	uint32_t index;
	const char *want; /* NULL: there is none */
	size_t at;
};

/* clang-format off */
static const struct get_row get_rows[] = {
	{"a:bc:d", 0, "a", 0},
	{"a:bc:d", 1, "bc", 2},
	{"a:bc:d", 2, "d", 5},
	{"", 0, "", 0},
	{"a:", 1, "", 2},
	{":", 0, "", 0},
	{":", 1, "", 1},

	{"a:bc:d", 3, NULL, 0},
	{"a:bc:d", UINT32_MAX, NULL, 0},
	{"", 1, NULL, 0},
	{"a", 1, NULL, 0},
	{"a:", 2, NULL, 0},
	{":", 2, NULL, 0},
	{"client", 1, NULL, 0},
	{"client", 3, NULL, 0},
};
/* clang-format on */

static void
test_get(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "a name by index");
	for (size_t i = 0; i < COUNT(get_rows); i++) {
		const struct get_row *row = &get_rows[i];
		struct plk_span in = exact_new(row->names, strlen(row->names));
		struct plk_span name;

		row_begin_text(&r, "%u of '%s'", row->index, row->names);
		mark(&name, sizeof name);
		row_err(&r, plk_listen_name_get(in, row->index, &name),
			row->want ? PLK_OK : PLK_E_NAME_NONE);
		if (row->want) {
			row_text(&r, "name", name, row->want);
			row_true(&r, "points into the input",
				 in.n == 0 || name.p == in.p + row->at);
		} else {
			row_true(&r, "name untouched", untouched(&name, sizeof name));
		}
		exact_free(in);
	}
	rows_end_strict(&r);
}

struct find_row {
	const char *names;
	uint32_t n_fds;
	const char *name;
	enum plk_err err;
	uint32_t index;
};

/* clang-format off */
static const struct find_row find_rows[] = {
	{"a", 1, "a", PLK_OK, 0},
	{"a:bc:d", 3, "bc", PLK_OK, 1},
	{"a:bc:d", 3, "d", PLK_OK, 2},
	{"", 1, "", PLK_OK, 0},
	{"a:", 2, "", PLK_OK, 1},

	{"", 0, "", PLK_E_NAME_NONE, 0},
	{"", 0, "a", PLK_E_NAME_NONE, 0},
	{"a:bc:d", 3, "b", PLK_E_NAME_NONE, 0},
	{"a:bc:d", 3, "bcd", PLK_E_NAME_NONE, 0},
	{"a:bc:d", 3, "c", PLK_E_NAME_NONE, 0},
	{"a:bc:d", 3, "A", PLK_E_NAME_NONE, 0},
	{"a:bc:d", 3, "a:bc", PLK_E_NAME_NONE, 0},
	{"a:bc:d", 2, "d", PLK_E_NAME_NONE, 0},
	{"a", 3, "b", PLK_E_NAME_NONE, 0}, /* fewer names than were checked */
	{"", 2, "b", PLK_E_NAME_NONE, 0},
	{"a:bc:d", 3, "", PLK_E_NAME_NONE, 0},
	{"a:b:a", 3, "a", PLK_E_NAME_SEVERAL, 0},
	{"a:a", 2, "a", PLK_E_NAME_SEVERAL, 0},
	{":", 2, "", PLK_E_NAME_SEVERAL, 0},
	{"x:a:b:a:a", 5, "a", PLK_E_NAME_SEVERAL, 0},
};
/* clang-format on */

static void
test_find(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "a descriptor by name");
	for (size_t i = 0; i < COUNT(find_rows); i++) {
		const struct find_row *row = &find_rows[i];
		struct plk_span in = exact_new(row->names, strlen(row->names));
		struct plk_span name = exact_new(row->name, strlen(row->name));
		uint32_t index = 0xa5a5a5a5;

		row_begin_text(&r, "'%s' in %u of '%s'", row->name, row->n_fds, row->names);
		row_err(&r, plk_listen_name_find(in, row->n_fds, name, &index), row->err);
		row_number(&r, "index", index, row->err == PLK_OK ? row->index : 0xa5a5a5a5);
		exact_free(name);
		exact_free(in);
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
