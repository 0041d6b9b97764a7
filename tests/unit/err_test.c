/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/err.h>

#include <string.h>

#include "rows.h"

struct row {
	int code;
	const char *name;
	const char *text;
};

/* clang-format off */
static const struct row rows[] = {
	{PLK_OK, "PLK_OK", "success"},
	{PLK_E_SHORT, "PLK_E_SHORT", "incomplete, more bytes are needed"},
	{PLK_E_FD_RANGE, "PLK_E_FD_RANGE", "descriptor number out of range"},
	{PLK_E_POLICY_PFD, "PLK_E_POLICY_PFD",
	 "pfd: remotes can only be specified on the command line"},
	{PLK_E_POLICY_SD, "PLK_E_POLICY_SD",
	 "sd: remotes can only be specified on the command line"},
	{PLK_E_VNET_CSUM, "PLK_E_VNET_CSUM",
	 "virtio-net header has csum_start or csum_offset outside the frame"},
	{PLK_ERR_COUNT, "PLK_E_?", "unknown error"},
	{PLK_ERR_COUNT + 1, "PLK_E_?", "unknown error"},
	{0x7fffffff, "PLK_E_?", "unknown error"},
	{-1, "PLK_E_?", "unknown error"},
	{-2147483647 - 1, "PLK_E_?", "unknown error"},
};
/* clang-format on */

static void
test_names_and_texts(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "names and texts");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *name = plk_err_name((enum plk_err)rows[i].code);
		const char *text = plk_err_text((enum plk_err)rows[i].code);

		row_begin_text(&r, "%d", rows[i].code);
		row_text(&r, "name", (struct plk_span){(const uint8_t *)name, strlen(name)},
			 rows[i].name);
		row_text(&r, "text", (struct plk_span){(const uint8_t *)text, strlen(text)},
			 rows[i].text);
	}
	rows_end(&r);
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

/* What the header promises of every text: a phrase without capital and full stop. */
static void
test_every_code(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "every code");
	for (int i = 0; i < PLK_ERR_COUNT; i++) {
		const char *name = plk_err_name((enum plk_err)i);
		const char *text = plk_err_text((enum plk_err)i);
		size_t n = strlen(text);

		row_begin_text(&r, "%s", name);
		row_true(&r, "the name says success or error",
			 strncmp(name, i == 0 ? "PLK_OK" : "PLK_E_", 6) == 0);
		row_true(&r, "there is a text", n > 0);
		row_true(&r, "printable ASCII", is_plain(text));
		row_true(&r, "no capital", text[0] < 'A' || text[0] > 'Z');
		row_true(&r, "no full stop", n > 0 && text[n - 1] != '.');
		for (int k = 0; k < i; k++) {
			row_true(&r, "no other has the name",
				 strcmp(name, plk_err_name((enum plk_err)k)) != 0);
			row_true(&r, "no other has the text",
				 strcmp(text, plk_err_text((enum plk_err)k)) != 0);
		}
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_texts),
		cmocka_unit_test(test_every_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
