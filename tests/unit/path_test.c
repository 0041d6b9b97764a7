/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/path.h"

#include <string.h>

#include "rows.h"

struct row {
	const char *text;
	size_t n;
	enum plk_err err;
};

#define X_26 "xxxxxxxxxxxxxxxxxxxxxxxxxx"
#define SLASH_105 "/" X_26 X_26 X_26 X_26

static const struct row rows[] = {
	{T("/a"), PLK_OK},
	{T("/run/pktlock/a.sock"), PLK_OK},
	{T("/..."), PLK_OK},
	{T("/.a/ b"), PLK_OK},
	{T(SLASH_105 "yz"), PLK_OK},
	{T(SLASH_105 "xyz"), PLK_E_PATH_LONG},
	{T(""), PLK_E_PATH_MISSING},
	{T("a"), PLK_E_PATH_RELATIVE},
	{T("./a"), PLK_E_PATH_RELATIVE},
	{T("/"), PLK_E_PATH_SLASH},
	{T("/a/"), PLK_E_PATH_SLASH},
	{T("//a"), PLK_E_PATH_COMPONENT},
	{T("/a//b"), PLK_E_PATH_COMPONENT},
	{T("/./a"), PLK_E_PATH_COMPONENT},
	{T("/a/.."), PLK_E_PATH_COMPONENT},
	{T("/a\0b"), PLK_E_PATH_CONTROL},
	{T("/a\n"), PLK_E_PATH_CONTROL},
	{T("/a\x7f"), PLK_E_PATH_CONTROL},
};

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "paths");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		char path[PLK_PATH_MAX + 1];

		row_begin(&r, row->text, row->n);
		mark(path, sizeof path);
		row_err(&r, plk_path_parse(in, path), row->err);
		if (row->err != PLK_OK) {
			row_true(&r, "path untouched", untouched(path, sizeof path));
		} else {
			row_text(&r, "path", (struct plk_span){(const uint8_t *)path, strlen(path)},
				 row->text);
			row_number(&r, "the last byte", (uint8_t)path[PLK_PATH_MAX], 0);
		}
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
