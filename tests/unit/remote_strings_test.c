/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tests/data/remote-strings.json: strings that Open vSwitch was given, with its verdict and
 * pktlock's. Each gets pktlock's, and what is accepted has a canonical form that stays.
 */
#include <pktlock/port.h>
#include <pktlock/remote.h>

#include <string.h>

#include "rows.h"

struct row {
	const char *text;
	size_t n;
	bool accepted;
};

static const struct row rows[] = {
#include "remote_strings_table.h"
};

static void
identity_check(struct rows *r, const struct plk_remote *remote)
{
	uint8_t first[PLK_REMOTE_TEXT_MAX];
	uint8_t second[PLK_REMOTE_TEXT_MAX];
	size_t n_first = 0;
	size_t n_second = 0;
	struct plk_remote again = {0};
	size_t at;

	row_true(r, "printed",
		 plk_remote_encode(remote, (struct plk_mspan){first, sizeof first}, &n_first) ==
			 PLK_OK);
	row_true(r, "read back",
		 plk_remote_parse((struct plk_span){first, n_first}, &again, &at) == PLK_OK);
	row_true(r, "the same remote", memcmp(&again, remote, sizeof again) == 0);
	row_true(r, "printed again",
		 plk_remote_encode(&again, (struct plk_mspan){second, sizeof second}, &n_second) ==
			 PLK_OK);
	row_bytes(r, "canonical text", (struct plk_span){second, n_second},
		  (struct plk_span){first, n_first});
}

/* There is one grammar: behind "capture@" the verdict is the same. */
static void
port_check(struct rows *r, struct plk_span remote, bool accepted)
{
	static const char role[] = "capture@";
	uint8_t text[512];
	struct plk_port port;
	size_t at;

	assert_true(remote.n <= sizeof text - sizeof role);
	memcpy(text, role, sizeof role - 1);
	if (remote.n > 0)
		memcpy(text + sizeof role - 1, remote.p, remote.n);
	row_true(r, "as a port",
		 (plk_port_parse((struct plk_span){text, sizeof role - 1 + remote.n}, &port, &at) ==
		  PLK_OK) == accepted);
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "remote-strings.json");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_span in = exact_new(rows[i].text, rows[i].n);
		struct plk_remote remote;
		size_t at = MARK_SIZE;
		enum plk_err err;

		row_begin(&r, rows[i].text, rows[i].n);
		mark(&remote, sizeof remote);
		err = plk_remote_parse(in, &remote, &at);
		r.n_bad += !rows[i].accepted;
		r.n_good += rows[i].accepted;
		row_true(&r, "verdict", (err == PLK_OK) == rows[i].accepted);
		row_true(&r, "untouched", err == PLK_OK || untouched(&remote, sizeof remote));
		row_true(&r, "offset", err == PLK_OK || at <= in.n);
		if (err == PLK_OK)
			identity_check(&r, &remote);
		port_check(&r, in, rows[i].accepted);
		exact_free(in);
	}
	print_message("remote-strings.json: %zu strings, %zu accepted\n", r.n, r.n_good);
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
