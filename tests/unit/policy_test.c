/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/policy.h"

#include "rows.h"

struct row {
	enum plk_remote_kind kind;
	enum plk_err by_origin[PLK_ORIGINS];
};

/* clang-format off */
#define ALWAYS {PLK_OK, PLK_OK, PLK_OK}

static const struct row rows[] = {
	/* command line, file, control */
	{PLK_REMOTE_PFD, {PLK_OK, PLK_E_POLICY_PFD, PLK_E_POLICY_PFD}},
	{PLK_REMOTE_SD, {PLK_OK, PLK_E_POLICY_SD, PLK_E_POLICY_SD}},
	{PLK_REMOTE_PUNIX, ALWAYS},
	{PLK_REMOTE_PTCP, ALWAYS},
	{PLK_REMOTE_UNIX, ALWAYS},
	{PLK_REMOTE_TCP, ALWAYS},
};
/* clang-format on */

_Static_assert(COUNT(rows) == PLK_REMOTE_KINDS, "a row for each kind");

/* An origin that is none is not the command line. */
static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "policy");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_remote remote = {.kind = rows[i].kind};

		for (int origin = 0; origin < PLK_ORIGINS; origin++) {
			row_begin_text(&r, "kind %d from origin %d", (int)rows[i].kind, origin);
			row_err(&r, plk_policy_check(&remote, (enum plk_origin)origin),
				rows[i].by_origin[origin]);
		}
		row_begin_text(&r, "kind %d from nowhere", (int)rows[i].kind);
		row_err(&r, plk_policy_check(&remote, PLK_ORIGINS),
			rows[i].by_origin[PLK_ORIGIN_CONTROL]);
	}
	rows_end(&r);
}

/* Control clients. */
static void
test_control(void **state)
{
	static const enum plk_err by_kind[PLK_REMOTE_KINDS] = {
		[PLK_REMOTE_PTCP] = PLK_E_POLICY_PTCP,
		[PLK_REMOTE_UNIX] = PLK_E_POLICY_ACTIVE,
		[PLK_REMOTE_TCP] = PLK_E_POLICY_ACTIVE,
	};
	struct rows r;

	(void)state;
	rows_begin(&r, "control");
	for (size_t i = 0; i < PLK_REMOTE_KINDS; i++) {
		struct plk_remote remote = {.kind = (enum plk_remote_kind)i};

		row_begin_text(&r, "kind %zu", i);
		row_err(&r, plk_policy_control_check(&remote), by_kind[i]);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_control),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
