/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/remote.h>

#include <string.h>

#include "rows.h"

#define S10 "0123456789"
#define S50 S10 S10 S10 S10 S10
#define S100 S50 S50
#define S250 S100 S100 S50

struct row {
	const char *text;
	size_t n;
	enum plk_err err;
	size_t at;             /* on error */
	const char *canonical; /* on success */
};

/* clang-format off */
#define SAME(text) {T(text), PLK_OK, 0, text}
#define GOOD(text, canonical) {T(text), PLK_OK, 0, canonical}
#define BAD(text, err, at) {T(text), err, at, NULL}
#define AT_END(text, err) {T(text), err, sizeof(text) - 1, NULL}

static const struct row rows[] = {
	SAME("pfd:3"),
	SAME("pfd:99"),
	SAME("pfd:1048575"),
	SAME("sd:client"),
	SAME("sd:a"),
	SAME("sd:!~@,=/%[]"), /* all of 0x21 to 0x7e but ':' */
	SAME("sd:pktlock.x"),
	SAME("sd:" S250 "12345"),
	SAME("punix:/a"),
	SAME("punix:/run/pktlock/eth0.sock"),
	SAME("punix:/run/x:y@z,a=b"),
	SAME("punix:/run/with space"),
	SAME("punix:/run/\xc3\xa4\xff\x80"),
	SAME("punix:/.a/..b/a../.../a."),
	SAME("punix:/" S100 "123456"), /* 107 bytes */
	SAME("ptcp:16640:127.0.0.1"),
	GOOD("ptcp:16640", "ptcp:16640:127.0.0.1"),
	GOOD("ptcp:0", "ptcp:0:127.0.0.1"),
	SAME("ptcp:65535:0.0.0.0"),
	SAME("ptcp:1:[::]"),
	SAME("ptcp:16640:[::ffff:127.0.0.1]"),
	GOOD("ptcp:1:[0:0::0:1]", "ptcp:1:[::1]"),
	GOOD("ptcp:1:[FE80::1%eth0]", "ptcp:1:[fe80::1%eth0]"),
	SAME("ptcp:1:[::1%A-Za_z0.9]"),
	SAME("ptcp:1:[::1%123456789012345]"),
	SAME("ptcp:1:[::1%-]"),
	SAME("ptcp:1:[::1%99999999999]"),
	SAME("unix:/run/none.sock"),
	SAME("tcp:127.0.0.1:1"),
	SAME("tcp:255.255.255.255:65535"),
	SAME("tcp:[::1]:16641"),
	SAME("tcp:[fe80::1%br-lan.7]:80"),
	GOOD("tcp:[2001:DB8:0:0::1]:80", "tcp:[2001:db8::1]:80"),

	/* the kind */
	BAD("", PLK_E_REMOTE_MISSING, 0),
	BAD(":", PLK_E_REMOTE_KIND, 0),
	BAD(":3", PLK_E_REMOTE_KIND, 0),
	BAD("none", PLK_E_REMOTE_KIND, 0),
	BAD("fd:3", PLK_E_REMOTE_KIND, 0),
	BAD("pf:3", PLK_E_REMOTE_KIND, 0),
	BAD("pfdd:3", PLK_E_REMOTE_KIND, 0),
	BAD("PFD:3", PLK_E_REMOTE_KIND, 0),
	BAD("Punix:/a", PLK_E_REMOTE_KIND, 0),
	BAD(" pfd:3", PLK_E_REMOTE_KIND, 0),
	BAD("pfd :3", PLK_E_REMOTE_KIND, 0),
	BAD("pfd\0:3", PLK_E_REMOTE_KIND, 0),
	BAD("ssl:127.0.0.1:1", PLK_E_REMOTE_KIND, 0),
	BAD("pssl:1", PLK_E_REMOTE_KIND, 0),
	BAD("/run/a.sock", PLK_E_REMOTE_KIND, 0),
	BAD("3", PLK_E_REMOTE_KIND, 0),
	BAD("\xd9\xa3", PLK_E_REMOTE_KIND, 0),
	AT_END("pfd", PLK_E_REMOTE_COLON),
	AT_END("sd", PLK_E_REMOTE_COLON),
	AT_END("punix", PLK_E_REMOTE_COLON),
	AT_END("ptcp", PLK_E_REMOTE_COLON),
	AT_END("unix", PLK_E_REMOTE_COLON),
	AT_END("tcp", PLK_E_REMOTE_COLON),
	BAD("pfd=3", PLK_E_REMOTE_KIND, 0),

	/* pfd: */
	AT_END("pfd:", PLK_E_FD_MISSING),
	BAD("pfd:0", PLK_E_FD_STDIO, 4),
	BAD("pfd:1", PLK_E_FD_STDIO, 4),
	BAD("pfd:2", PLK_E_FD_STDIO, 4),
	BAD("pfd:03", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:+3", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:-3", PLK_E_FD_SYNTAX, 4),
	BAD("pfd: 3", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:3 ", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:\n3", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:3\n", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:3\0", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:3x", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:0x3", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:3:4", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:3-4", PLK_E_FD_SYNTAX, 4),
	BAD("pfd::3", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:\xd9\xa3", PLK_E_FD_SYNTAX, 4),
	BAD("pfd:1048576", PLK_E_FD_RANGE, 4),
	BAD("pfd:4294967299", PLK_E_FD_RANGE, 4),
	BAD("pfd:9223372036854775807", PLK_E_FD_RANGE, 4),
	BAD("pfd:18446744073709551619", PLK_E_FD_RANGE, 4),

	/* sd: */
	AT_END("sd:", PLK_E_NAME_MISSING),
	BAD("sd:a:b", PLK_E_NAME_SYNTAX, 3),
	BAD("sd::", PLK_E_NAME_SYNTAX, 3),
	BAD("sd: a", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:a ", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:a b", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:a\tb", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:a\n", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:a\0", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:a\x1f", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:a\x7f", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:\x80", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:\xc3\xa4", PLK_E_NAME_SYNTAX, 3),
	BAD("sd:" S250 "123456", PLK_E_NAME_SYNTAX, 3), /* 256 bytes */

	/* punix: and unix: */
	AT_END("punix:", PLK_E_PATH_MISSING),
	AT_END("unix:", PLK_E_PATH_MISSING),
	BAD("punix:a", PLK_E_PATH_RELATIVE, 6),
	BAD("punix:rel.sock", PLK_E_PATH_RELATIVE, 6),
	BAD("punix:./a", PLK_E_PATH_RELATIVE, 6),
	BAD("punix:../a", PLK_E_PATH_RELATIVE, 6),
	BAD("punix:@abs", PLK_E_PATH_RELATIVE, 6),
	BAD("punix: /a", PLK_E_PATH_RELATIVE, 6),
	BAD("punix:\0/a", PLK_E_PATH_RELATIVE, 6),
	BAD("unix:@abs", PLK_E_PATH_RELATIVE, 5),
	BAD("unix:~/a", PLK_E_PATH_RELATIVE, 5),
	BAD("punix:/" S100 "1234567", PLK_E_PATH_LONG, 6), /* 108 bytes */
	BAD("punix:/" S250 S250, PLK_E_PATH_LONG, 6),
	BAD("punix:/" S100 "12345/a", PLK_E_PATH_LONG, 6),
	BAD("punix:/a\n", PLK_E_PATH_CONTROL, 6),
	BAD("punix:/a\0", PLK_E_PATH_CONTROL, 6),
	BAD("punix:/a\0b", PLK_E_PATH_CONTROL, 6),
	BAD("punix:/a\tb", PLK_E_PATH_CONTROL, 6),
	BAD("punix:/\x01", PLK_E_PATH_CONTROL, 6),
	BAD("punix:/\x1f", PLK_E_PATH_CONTROL, 6),
	BAD("punix:/\x7f", PLK_E_PATH_CONTROL, 6),
	BAD("unix:/a\x1b[m", PLK_E_PATH_CONTROL, 5),
	BAD("punix:/", PLK_E_PATH_SLASH, 6),
	BAD("punix:/a/", PLK_E_PATH_SLASH, 6),
	BAD("punix:/a/b/", PLK_E_PATH_SLASH, 6),
	BAD("punix://", PLK_E_PATH_COMPONENT, 6),
	BAD("punix://a", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/a//b", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/a//", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/.", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/..", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/./a", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/a/./b", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/a/.", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/../a", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/a/../b", PLK_E_PATH_COMPONENT, 6),
	BAD("punix:/a/..", PLK_E_PATH_COMPONENT, 6),
	BAD("unix:/a/./", PLK_E_PATH_COMPONENT, 5),

	/* ptcp: */
	AT_END("ptcp:", PLK_E_TCP_MISSING),
	BAD("ptcp::", PLK_E_TCP_MISSING, 5),
	BAD("ptcp::127.0.0.1", PLK_E_TCP_MISSING, 5),
	BAD("ptcp: 1", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:1 ", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:01", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:00", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:+1", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:-0:127.0.0.1", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:0x10", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:http", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:1-2:127.0.0.1", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:127.0.0.1:80", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:[::1]:80", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:1\0", PLK_E_TCP_SYNTAX, 5),
	BAD("ptcp:65536", PLK_E_TCP_RANGE, 5),
	BAD("ptcp:4294983936:127.0.0.1", PLK_E_TCP_RANGE, 5),
	BAD("ptcp:18446744073709551617", PLK_E_TCP_RANGE, 5),
	AT_END("ptcp:1:", PLK_E_ADDR_MISSING),
	BAD("ptcp:1::", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:::1", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:::1]", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:localhost", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:*", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:127.0.0.1 ", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1: 127.0.0.1", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:127.0.0.01", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:127.1", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:127.0.0.1:2", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:127.0.0.1\0", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:127.0.0.1%lo", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:0x7f000001", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:2130706433", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:[", PLK_E_ADDR_BRACKET, 7),
	BAD("ptcp:1:[::1", PLK_E_ADDR_BRACKET, 7),
	BAD("ptcp:1:[::1]x", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:[::1]:2", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:[[::1]]", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:x[::1]", PLK_E_ADDR_SYNTAX, 7),
	BAD("ptcp:1:[]", PLK_E_ADDR_V6, 7),
	BAD("ptcp:1:[%lo]", PLK_E_ADDR_V6, 7),
	BAD("ptcp:1:[127.0.0.1]", PLK_E_ADDR_V6, 7),
	BAD("ptcp:1:[ ::1]", PLK_E_ADDR_V6, 7),
	BAD("ptcp:1:[[::1]", PLK_E_ADDR_V6, 7),
	BAD("ptcp:1:[::1/64]", PLK_E_ADDR_V6, 7),
	BAD("ptcp:1:[::1%]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%lo%x]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%a b]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%a/b]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%a:b]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%a\0]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%@]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%\xc3\xa4]", PLK_E_ADDR_ZONE, 7),
	BAD("ptcp:1:[::1%1234567890123456]", PLK_E_ADDR_ZONE, 7), /* 16 bytes */

	/* tcp: */
	AT_END("tcp:", PLK_E_ADDR_MISSING),
	BAD("tcp::", PLK_E_ADDR_MISSING, 4),
	BAD("tcp::1", PLK_E_ADDR_MISSING, 4),
	BAD("tcp:::1", PLK_E_ADDR_MISSING, 4),
	BAD("tcp:::1:16641", PLK_E_ADDR_MISSING, 4),
	BAD("tcp:localhost:1", PLK_E_ADDR_SYNTAX, 4),
	BAD("tcp:0:16641", PLK_E_ADDR_SYNTAX, 4),
	BAD("tcp:127.0.0.1 :1", PLK_E_ADDR_SYNTAX, 4),
	BAD("tcp:80", PLK_E_ADDR_SYNTAX, 4),
	BAD("tcp:1::2", PLK_E_ADDR_SYNTAX, 4),
	BAD("tcp:[::1]x:1", PLK_E_ADDR_SYNTAX, 4),
	BAD("tcp:[::1]x", PLK_E_ADDR_SYNTAX, 4),
	BAD("tcp:[::1", PLK_E_ADDR_BRACKET, 4),
	BAD("tcp:[::1:80", PLK_E_ADDR_BRACKET, 4),
	BAD("tcp:[", PLK_E_ADDR_BRACKET, 4),
	BAD("tcp:[127.0.0.1]:1", PLK_E_ADDR_V6, 4),
	BAD("tcp:[]:1", PLK_E_ADDR_V6, 4),
	BAD("tcp:[::1%]:1", PLK_E_ADDR_ZONE, 4),
	AT_END("tcp:127.0.0.1", PLK_E_TCP_MISSING),
	AT_END("tcp:127.0.0.1:", PLK_E_TCP_MISSING),
	AT_END("tcp:[::1]", PLK_E_TCP_MISSING),
	AT_END("tcp:[::1]:", PLK_E_TCP_MISSING),
	BAD("tcp:127.0.0.1:0", PLK_E_TCP_RANGE, 14),
	BAD("tcp:127.0.0.1:65536", PLK_E_TCP_RANGE, 14),
	BAD("tcp:[::1]:0", PLK_E_TCP_RANGE, 10),
	BAD("tcp:[::1]:99999999999999999999999", PLK_E_TCP_RANGE, 10),
	BAD("tcp:127.0.0.1:-1", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:127.0.0.1:01", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:127.0.0.1: 1", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:127.0.0.1:1 ", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:127.0.0.1:1\0", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:127.0.0.1:1:2", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:127.0.0.1::1", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:127.0.0.1:[1]", PLK_E_TCP_SYNTAX, 14),
	BAD("tcp:[::1]:1x", PLK_E_TCP_SYNTAX, 10),
};
/* clang-format on */

/* The canonical text of a row is read again and is the same remote, and printed again is the same
 * text, in exactly as much room as it needs. */
static void
canonical_check(struct rows *r, const struct plk_remote *remote, const char *canonical)
{
	size_t want_n = strlen(canonical);
	uint8_t text[PLK_REMOTE_TEXT_MAX];
	struct plk_remote again;
	size_t n = MARK_SIZE;
	size_t at = MARK_SIZE;

	for (size_t room = 0; room < want_n; room++) {
		row_true(r, "no room",
			 plk_remote_encode(remote, (struct plk_mspan){text, room}, &n) ==
				 PLK_E_ROOM);
		row_number(r, "n is untouched", n, MARK_SIZE);
	}
	mark(text, sizeof text);
	row_true(r, "encode",
		 plk_remote_encode(remote, (struct plk_mspan){text, want_n}, &n) == PLK_OK);
	row_text(r, "canonical", (struct plk_span){text, n}, canonical);
	row_true(r, "nothing beyond", untouched(text + want_n, sizeof text - want_n));
	memset(&again, 0x5a, sizeof again);
	row_true(r, "read back",
		 plk_remote_parse((struct plk_span){text, want_n}, &again, &at) == PLK_OK);
	row_true(r, "the same remote", memcmp(&again, remote, sizeof again) == 0);
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "remote");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		struct plk_remote remote;
		size_t at = MARK_SIZE;
		enum plk_err err;

		row_begin(&r, row->text, row->n);
		mark(&remote, sizeof remote);
		err = plk_remote_parse(in, &remote, &at);
		exact_free(in);
		row_err(&r, err, row->err);
		row_number(&r, "offset", at, row->err == PLK_OK ? MARK_SIZE : row->at);
		if (row->err != PLK_OK)
			row_true(&r, "remote untouched", untouched(&remote, sizeof remote));
		else if (err == PLK_OK)
			canonical_check(&r, &remote, row->canonical);
	}
	rows_end_strict(&r);
}

struct field_row {
	const char *text;
	size_t n;
	bool passive;
	bool inherited;
	struct plk_remote want;
};

/* clang-format off */
static const struct field_row field_rows[] = {
	{T("pfd:1048575"), true, true, {.kind = PLK_REMOTE_PFD, .fd = 1048575}},
	{T("sd:client"), true, true, {.kind = PLK_REMOTE_SD, .name = "client"}},
	{T("punix:/run/a"), true, false, {.kind = PLK_REMOTE_PUNIX, .path = "/run/a"}},
	{T("ptcp:258"), true, false, {.kind = PLK_REMOTE_PTCP, .addr = {127, 0, 0, 1},
	 .tcp_port = 258}},
	{T("ptcp:0:[fe80::2%eth0]"), true, false, {.kind = PLK_REMOTE_PTCP, .is_v6 = true,
	 .addr = {0xfe, 0x80, [15] = 2}, .zone = "eth0"}},
	{T("unix:/run/b"), false, false, {.kind = PLK_REMOTE_UNIX, .path = "/run/b"}},
	{T("tcp:1.2.3.4:65535"), false, false, {.kind = PLK_REMOTE_TCP, .addr = {1, 2, 3, 4},
	 .tcp_port = 65535}},
	{T("tcp:[::1]:1"), false, false, {.kind = PLK_REMOTE_TCP, .is_v6 = true,
	 .addr = {[15] = 1}, .tcp_port = 1}},
};
/* clang-format on */

/* Unused fields are zero: equal remotes are equal bytes. */
static void
test_fields(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "fields of remotes");
	for (size_t i = 0; i < COUNT(field_rows); i++) {
		const struct field_row *row = &field_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		struct plk_remote remote;
		size_t at = MARK_SIZE;

		row_begin(&r, row->text, row->n);
		mark(&remote, sizeof remote);
		row_err(&r, plk_remote_parse(in, &remote, &at), PLK_OK);
		row_bytes(&r, "remote", (struct plk_span){(uint8_t *)&remote, sizeof remote},
			  (struct plk_span){(const uint8_t *)&row->want, sizeof row->want});
		row_true(&r, "passive", plk_remote_is_passive(&remote) == row->passive);
		row_true(&r, "inherited", plk_remote_is_inherited(&remote) == row->inherited);
		exact_free(in);
	}
	rows_end(&r);
}

static void
test_no_kind(void **state)
{
	const struct plk_remote remote = {.kind = PLK_REMOTE_KINDS};
	const struct plk_remote wild = {.kind = (enum plk_remote_kind)77};
	uint8_t text[PLK_REMOTE_TEXT_MAX];
	size_t n = MARK_SIZE;

	(void)state;
	mark(text, sizeof text);
	assert_int_equal(plk_remote_encode(&remote, (struct plk_mspan){text, sizeof text}, &n),
			 PLK_E_MALFORMED);
	assert_int_equal(plk_remote_encode(&wild, (struct plk_mspan){text, sizeof text}, &n),
			 PLK_E_MALFORMED);
	assert_true(n == MARK_SIZE && untouched(text, sizeof text));
	assert_false(plk_remote_is_passive(&remote) || plk_remote_is_inherited(&remote));
}

/* Every byte in the places where one byte decides. */
static void
test_every_byte(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "every byte");
	for (int c = 0; c < 256; c++) {
		bool alnum =
			(c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		char name[] = "sd:a?b";
		char path[] = "punix:/a?b";
		char zone[] = "ptcp:1:[::1%a?b]";
		struct plk_remote remote;
		size_t at;

		row_begin_text(&r, "byte 0x%02x", (unsigned)c);
		name[4] = (char)c;
		row_err(&r, plk_remote_parse((struct plk_span){(uint8_t *)name, 6}, &remote, &at),
			c > 0x20 && c < 0x7f && c != ':' ? PLK_OK : PLK_E_NAME_SYNTAX);
		path[8] = (char)c;
		row_err(&r, plk_remote_parse((struct plk_span){(uint8_t *)path, 10}, &remote, &at),
			c >= 0x20 && c != 0x7f ? PLK_OK : PLK_E_PATH_CONTROL);
		zone[13] = (char)c;
		row_err(&r, plk_remote_parse((struct plk_span){(uint8_t *)zone, 16}, &remote, &at),
			c == ']'                                    ? PLK_E_ADDR_SYNTAX
			: alnum || c == '_' || c == '.' || c == '-' ? PLK_OK
								    : PLK_E_ADDR_ZONE);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_no_kind),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
