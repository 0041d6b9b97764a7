/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/ids.h"

#include <string.h>

#include "rows.h"

struct row {
	const char *text;
	enum plk_err err;
	uint32_t n_or_at; /* how many; of an error, where it is */
	uint32_t last;
};

#define IDS_8 "1+2+3+4+5+6+7+8+"
#define IDS_31 IDS_8 IDS_8 IDS_8 "1+2+3+4+5+6+7"

static const struct row rows[] = {
	{"0", PLK_OK, 1, 0},
	{"4294967294", PLK_OK, 1, 4294967294},
	{"1+1000+1", PLK_OK, 3, 1},
	{IDS_31 "+9", PLK_OK, 32, 9},
	{IDS_31 "+9+10", PLK_E_VALUE_COUNT, 64, 0},
	{"", PLK_E_NUM_MISSING, 0, 0},
	{"+", PLK_E_NUM_MISSING, 0, 0},
	{"1+", PLK_E_NUM_MISSING, 2, 0},
	{"1++2", PLK_E_NUM_MISSING, 2, 0},
	{"4294967295", PLK_E_NUM_RANGE, 0, 0},
	{"1,2", PLK_E_NUM_SYNTAX, 0, 0},
	{"1+root", PLK_E_NUM_SYNTAX, 2, 0},
	{"-1", PLK_E_NUM_SYNTAX, 0, 0},
};

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "users and groups");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->text, strlen(row->text));
		uint32_t ids[PLK_LIST_MAX];
		uint32_t n = 77;
		size_t at = MARK_SIZE;

		row_begin(&r, row->text, strlen(row->text));
		row_err(&r, plk_ids_parse(in, ids, &n, &at), row->err);
		row_number(&r, "how many", n, row->err == PLK_OK ? row->n_or_at : 77);
		row_number(&r, "where", at, row->err == PLK_OK ? MARK_SIZE : row->n_or_at);
		if (row->err == PLK_OK && n == row->n_or_at)
			row_number(&r, "the last", ids[n - 1], row->last);
		exact_free(in);
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
