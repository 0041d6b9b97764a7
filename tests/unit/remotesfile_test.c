/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/remotesfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

#define PORT "capture@punix:/a"
#define BOM "\xef\xbb\xbf"

struct good {
	const char *text;
	size_t n;
	size_t n_ports;
	struct {
		size_t number;
		const char *text;
	} lines[4];
};

/* clang-format off */
static const struct good goods[] = {
	{T(""), 0, {{0}}},
	{T("\n"), 0, {{0}}},
	{T(" \t\n\n\t "), 0, {{0}}},
	{T("# nothing\n \t# but\tcomments \x80\n#"), 0, {{0}}},
	{T(PORT), 1, {{1, PORT}}},
	{T(PORT "\n"), 1, {{1, PORT}}},
	{T("\n\n" PORT "\n\n"), 1, {{3, PORT}}},
	{T("# one\n" PORT "\n#" PORT "\ninject@ptcp:0\n"), 2, {{2, PORT}, {4, "inject@ptcp:0"}}},
	{T("capture@ptcp:0\ninject@ptcp:0\ncapture,latency=low@ptcp:0"), 3,
	 {{1, "capture@ptcp:0"}, {2, "inject@ptcp:0"}, {3, "capture,latency=low@ptcp:0"}}},
	{T("capture@unix:/a\ninject@unix:/a\n" PORT "\n"), 3,
	 {{1, "capture@unix:/a"}, {2, "inject@unix:/a"}, {3, PORT}}},
	{T("capture@punix:/a#b\ncapture@punix:/a b"), 2,
	 {{1, "capture@punix:/a#b"}, {2, "capture@punix:/a b"}}},
	{T("capture@punix:/\xc3\xa9\n"), 1, {{1, "capture@punix:/\xc3\xa9"}}},
};
/* clang-format on */

static struct plk_remotesfile file;

static void
test_good(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "good files");
	for (size_t i = 0; i < COUNT(goods); i++) {
		const struct good *row = &goods[i];
		struct plk_span in = exact_new(row->text, row->n);
		struct plk_remotesfile_error error;

		row_begin(&r, row->text, row->n);
		mark(&error, sizeof error);
		row_err(&r, plk_remotesfile_parse(in, NULL, &file, &error), PLK_OK);
		row_true(&r, "error untouched", untouched(&error, sizeof error));
		row_number(&r, "ports", file.n, row->n_ports);
		for (size_t k = 0; k < file.n && k < row->n_ports; k++) {
			row_number(&r, "line", file.lines[k].number, row->lines[k].number);
			row_text(&r, "text", file.lines[k].text, row->lines[k].text);
		}
		exact_free(in);
	}
	rows_end(&r);
}

struct bad {
	const char *text;
	size_t n;
	enum plk_err err;
	size_t line;
	size_t column;
	const char *at;
};

/* clang-format off */
static const struct bad bads[] = {
	/* what is no text */
	{T(BOM PORT), PLK_E_FILE_BOM, 1, 1, BOM PORT},
	{T(BOM), PLK_E_FILE_BOM, 1, 1, BOM},
	{T("\n" BOM PORT), PLK_E_ROLE_UNKNOWN, 2, 1, BOM PORT},
	{T("\xef\xbb" PORT), PLK_E_ROLE_UNKNOWN, 1, 1, "\xef\xbb" PORT},
	{T(PORT "\r\n"), PLK_E_FILE_CR, 1, 17, PORT "\r"},
	{T(PORT "\n\r"), PLK_E_FILE_CR, 2, 1, "\r"},
	{T("#\r\n"), PLK_E_FILE_CR, 1, 2, "#\r"},
	{T("# a\rb\n"), PLK_E_FILE_CONTROL, 1, 4, "# a\rb"},
	{T(PORT "\r\r\n"), PLK_E_FILE_CONTROL, 1, 17, PORT "\r\r"},
	{T("\n#\x01"), PLK_E_FILE_CONTROL, 2, 2, "#\x01"},
	{T("# \x7f\n"), PLK_E_FILE_CONTROL, 1, 3, "# \x7f"},
	{T("\x1b[2J" PORT), PLK_E_FILE_CONTROL, 1, 1, "\x1b[2J" PORT},
	{T("capture@\tpunix:/a"), PLK_E_FILE_CONTROL, 1, 9, "capture@\tpunix:/a"},
	{T("capture@punix:/a\fb"), PLK_E_FILE_CONTROL, 1, 17, "capture@punix:/a\fb"},
	/* what stands beside a PORT-SPEC */
	{T(" " PORT), PLK_E_FILE_BLANK, 1, 1, " " PORT},
	{T("\n\t" PORT "\n"), PLK_E_FILE_BLANK, 2, 1, "\t" PORT},
	{T(PORT " "), PLK_E_FILE_BLANK, 1, 17, PORT " "},
	{T(PORT " \t\n"), PLK_E_FILE_BLANK, 1, 17, PORT " \t"},
	{T(" " PORT " # b"), PLK_E_FILE_BLANK, 1, 1, " " PORT " # b"},
	{T(PORT " # b"), PLK_E_FILE_COMMENT, 1, 18, PORT " # b"},
	{T(PORT "\t#b "), PLK_E_FILE_COMMENT, 1, 18, PORT "\t#b "},
	{T("x#" PORT), PLK_E_ROLE_UNKNOWN, 1, 1, "x#" PORT},
	/* what is no PORT-SPEC */
	{T("--remote=" PORT), PLK_E_ROLE_UNKNOWN, 1, 1, "--remote=" PORT},
	{T("; a"), PLK_E_ROLE_UNKNOWN, 1, 1, "; a"},
	{T("punix:/a"), PLK_E_ROLE_UNKNOWN, 1, 1, "punix:/a"},
	{T("capture"), PLK_E_AT_MISSING, 1, 8, "capture"},
	{T("\ncapture@\n" PORT), PLK_E_REMOTE_MISSING, 2, 9, "capture@"},
	{T("capture,format=raw@punix:/a"), PLK_E_VALUE_UNKNOWN, 1, 16, "capture,format=raw@punix:/a"},
	{T(PORT "\n#\ncapture@ptcp:65536\n"), PLK_E_TCP_RANGE, 3, 14, "capture@ptcp:65536"},
	{T("capture@ptcp:65536\ncapture@ptcp:65537\n"), PLK_E_TCP_RANGE, 1, 14, "capture@ptcp:65536"},
	{T("capture@punix:a"), PLK_E_PATH_RELATIVE, 1, 15, "capture@punix:a"},
	/* what may not stand here */
	{T("capture@pfd:3\n"), PLK_E_POLICY_PFD, 1, 9, "capture@pfd:3"},
	{T(PORT "\ninject,tcp=yes@pfd:3\n"), PLK_E_POLICY_PFD, 2, 16, "inject,tcp=yes@pfd:3"},
	{T("capture@sd:client"), PLK_E_POLICY_SD, 1, 9, "capture@sd:client"},
	{T(PORT "\n" PORT), PLK_E_FILE_TWICE, 2, 9, PORT},
	{T(PORT "\n#\ninject@punix:/a\n"), PLK_E_FILE_TWICE, 3, 8, "inject@punix:/a"},
	{T("capture@ptcp:0\ncapture,latency=bulk@ptcp:0"), PLK_E_FILE_TWICE, 2, 22, "capture,latency=bulk@ptcp:0"},
	{T("capture@ptcp:7\ninject@ptcp:7:127.0.0.1"), PLK_E_FILE_TWICE, 2, 8, "inject@ptcp:7:127.0.0.1"},
	{T("capture@unix:/a\ncapture@unix:/a"), PLK_E_FILE_TWICE, 2, 9, "capture@unix:/a"},
};
/* clang-format on */

static void
test_bad(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "bad files");
	for (size_t i = 0; i < COUNT(bads); i++) {
		const struct bad *row = &bads[i];
		struct plk_span in = exact_new(row->text, row->n);
		struct plk_remotesfile_error error = {0};

		row_begin(&r, row->text, row->n);
		row_err(&r, plk_remotesfile_parse(in, NULL, &file, &error), row->err);
		row_number(&r, "line", error.line, row->line);
		row_number(&r, "column", error.column, row->column);
		row_text(&r, "text", error.text, row->at);
		exact_free(in);
	}
	rows_end_strict(&r);
	assert_true(COUNT(bads) > COUNT(goods));
}

/* What is read while the daemon runs. */
static void
test_directories(void **state)
{
	static const char text[] = "capture@punix:/run/a/b\ninject@unix:/run/c/d\n";
	struct plk_span in = {(const uint8_t *)text, sizeof text - 1};
	struct plk_directories directories = {.n = 1, .paths = {"/run/a"}};
	struct plk_remotesfile_error error;

	(void)state;
	assert_int_equal(plk_remotesfile_parse(in, &directories, &file, &error),
			 PLK_E_POLICY_DIRECTORY);
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, 8);
	assert_string_equal(error.remote.path, "/run/c/d");
	plk_directories_add(&directories, "/run/c");
	assert_int_equal(plk_remotesfile_parse(in, &directories, &file, &error), PLK_OK);
}

static size_t
many_print(size_t n, char *text)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += (size_t)sprintf(text + used, "capture@ptcp:%zu\n", i + 1);
	return used;
}

static void
test_many(void **state)
{
	char text[(PLK_PORTS_MAX + 1) * sizeof "capture@ptcp:00\n"];
	struct plk_remotesfile_error error;
	struct plk_span in = {(const uint8_t *)text, many_print(PLK_PORTS_MAX, text)};

	(void)state;
	assert_int_equal(plk_remotesfile_parse(in, NULL, &file, &error), PLK_OK);
	assert_int_equal(file.n, PLK_PORTS_MAX);
	in.n = many_print(PLK_PORTS_MAX + 1, text);
	assert_int_equal(plk_remotesfile_parse(in, NULL, &file, &error), PLK_E_FILE_MANY);
	assert_int_equal(error.line, PLK_PORTS_MAX + 1);
	assert_int_equal(error.column, 1);
}

static void
test_long(void **state)
{
	char *text = malloc(PLK_REMOTES_FILE_MAX + 1);
	struct plk_remotesfile_error error;
	struct plk_span in = {(const uint8_t *)text, PLK_REMOTES_FILE_MAX};

	(void)state;
	assert_non_null(text);
	memset(text, '\n', PLK_REMOTES_FILE_MAX + 1);
	assert_int_equal(plk_remotesfile_parse(in, NULL, &file, &error), PLK_OK);
	memcpy(text + PLK_REMOTES_FILE_MAX - strlen(PORT), PORT, strlen(PORT));
	assert_int_equal(plk_remotesfile_parse(in, NULL, &file, &error), PLK_OK);
	assert_int_equal(file.n, 1);
	in.n++;
	assert_int_equal(plk_remotesfile_parse(in, NULL, &file, &error), PLK_E_FILE_LONG);
	assert_int_equal(error.line, PLK_REMOTES_FILE_MAX - strlen(PORT) + 1);
	assert_int_equal(error.column, strlen(PORT) + 1);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),        cmocka_unit_test(test_bad),
		cmocka_unit_test(test_directories), cmocka_unit_test(test_many),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
