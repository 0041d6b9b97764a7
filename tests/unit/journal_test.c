/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the journal gets from us is what it gets from libsystemd's sd_journal_sendv() for the same fields, byte for byte.
 */
#include "os/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION /* of this source */
#include <systemd/sd-journal.h>

#include "rows.h"

#define FIELDS_MAX 12
#define LINE_BYTES 256

/* What libsystemd has sent last. */
static uint8_t sent[PLK_JOURNAL_BYTES(LINE_BYTES)];
static size_t n_sent;

ssize_t sendmsg(int fd, const struct msghdr *header, int flags);

/* libsystemd finds this one before that of the C library. */
__attribute__((visibility("default"))) ssize_t
sendmsg(int fd, const struct msghdr *header, int flags)
{
	(void)fd;
	(void)flags;
	n_sent = 0;
	for (size_t i = 0; i < header->msg_iovlen; i++) {
		const struct iovec *part = &header->msg_iov[i];

		assert_true(part->iov_len <= sizeof sent - n_sent);
		memcpy(sent + n_sent, part->iov_base, part->iov_len);
		n_sent += part->iov_len;
	}
	return (ssize_t)n_sent;
}

struct row {
	const char *text;
	unsigned priority;
	const char *role;
	const char *interface;
	const char *fields[FIELDS_MAX]; /* behind those that each line has */
};

/* clang-format off */
static const struct row rows[] = {
	{"pktlockd[front]: info: stopping", 6, "front", NULL, {NULL}},
	{"pktlockd[front]: info: stopping", 6, "front", "", {NULL}},
	{"pktlockd[front]: info: stopping", 6, "front", "eth1", {"PKTLOCK_INTERFACE=eth1"}},
	{"pktlockd[front]: info: ready interface=eth0 remotes=2", 6, "front", "eth1", {"PKTLOCK_INTERFACE=eth0"}},
	{"pktlockd[front]: info: client connected remote=capture@punix:/run/c slot=3 uid=1000 pid=77", 6, "front", "eth1",
	 {"PKTLOCK_REMOTE=capture@punix:/run/c", "PKTLOCK_SLOT=3", "PKTLOCK_PEER_UID=1000", "PKTLOCK_PEER_PID=77",
	  "PKTLOCK_INTERFACE=eth1"}},
	{"pktlockd[front]: warning: client closed remote=inject@ptcp:0 slot=0 peer=tcp:127.0.0.1:9 reason=truncated dropped=0",
	 4, "front", NULL, {"PKTLOCK_REMOTE=inject@ptcp:0", "PKTLOCK_SLOT=0", "PKTLOCK_REASON=truncated"}},
	/* a value ends at a blank, whatever else is in it */
	{"x remote=a=b,c=d@e;f slot=1;", 3, "r", NULL, {"PKTLOCK_REMOTE=a=b,c=d@e;f", "PKTLOCK_SLOT=1;"}},
	{"reason=first reason=second", 7, "r", NULL, {"PKTLOCK_REASON=first"}},
	{"interface=a", 7, "r", "b", {"PKTLOCK_INTERFACE=a"}},
	/* no words that we know */
	{"uid pid= =slot xuid=1 remote:=2 UID=3 uid =4 peer=5 error=6", 6, "r", NULL, {NULL}},
	{"reason= ", 6, "r", NULL, {NULL}},
	{"  uid=  uid=7  ", 6, "r", NULL, {"PKTLOCK_PEER_UID=7"}},
	{"interface=", 6, "r", "eth1", {"PKTLOCK_INTERFACE=eth1"}},
	{"uid=1\tpid=2", 6, "r", NULL, {"PKTLOCK_PEER_UID=1\tpid=2"}},
	{" ", 6, "r", NULL, {NULL}},
};
/* clang-format on */

/* Has libsystemd send it. */
static void
theirs_send(const struct row *row)
{
	char own[3][LINE_BYTES];
	struct iovec iov[FIELDS_MAX + 4];
	int n = 4;

	(void)snprintf(own[0], sizeof own[0], "MESSAGE=%s", row->text);
	(void)snprintf(own[1], sizeof own[1], "PRIORITY=%u", row->priority);
	(void)snprintf(own[2], sizeof own[2], "PKTLOCK_ROLE=%s", row->role);
	iov[0] = (struct iovec){own[0], strlen(own[0])};
	iov[1] = (struct iovec){own[1], strlen(own[1])};
	iov[2].iov_base = (void *)(uintptr_t) "SYSLOG_IDENTIFIER=pktlockd";
	iov[2].iov_len = strlen("SYSLOG_IDENTIFIER=pktlockd");
	iov[3] = (struct iovec){own[2], strlen(own[2])};
	for (size_t i = 0; row->fields[i]; i++) {
		iov[n].iov_base = (void *)(uintptr_t)row->fields[i];
		iov[n++].iov_len = strlen(row->fields[i]);
	}
	assert_int_equal(sd_journal_sendv(iov, n), 0);
}

static struct plk_journal_line
line_of(const struct row *row)
{
	return (struct plk_journal_line){{(const uint8_t *)row->text, strlen(row->text)},
					 row->priority,
					 row->role,
					 row->interface};
}

static void
test_fields(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "journal");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct plk_journal_line line = line_of(&rows[i]);
		uint8_t out[PLK_JOURNAL_BYTES(LINE_BYTES)];
		size_t n = 0;

		row_begin(&r, rows[i].text, strlen(rows[i].text));
		row_err(&r, plk_journal_encode(&line, (struct plk_mspan){out, sizeof out}, &n),
			PLK_OK);
		theirs_send(&rows[i]);
		row_bytes(&r, "datagram", (struct plk_span){out, n},
			  (struct plk_span){sent, n_sent});
	}
	rows_end(&r);
}

/* One byte less than it needs is not enough, and is not used. */
static void
test_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct plk_journal_line line = line_of(&rows[i]);
		uint8_t out[PLK_JOURNAL_BYTES(LINE_BYTES)];
		size_t n = 0;
		size_t same;

		assert_int_equal(plk_journal_encode(&line, (struct plk_mspan){out, sizeof out}, &n),
				 PLK_OK);
		for (size_t room = 0; room < n; room++) {
			same = n;
			assert_int_equal(
				plk_journal_encode(&line, (struct plk_mspan){out, room}, &same),
				PLK_E_ROOM);
			assert_int_equal(same, n);
		}
		assert_int_equal(plk_journal_encode(&line, (struct plk_mspan){out, n}, &same),
				 PLK_OK);
	}
}

/* The longest lines: of one word, of which all becomes a field, and of the longest names. */
static void
test_longest(void **state)
{
	static const char *const keys[] = {
		"interface=", "remote=", "slot=", "uid=", "pid=", "reason="};
	char name[PLK_JOURNAL_NAME];
	char text[LINE_BYTES];
	uint8_t out[PLK_JOURNAL_BYTES(LINE_BYTES)];
	struct plk_journal_line line = {{(uint8_t *)text, sizeof text}, 3, name, name};
	size_t n;

	(void)state;
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < COUNT(keys); i++) {
		memset(text, 'x', sizeof text);
		memcpy(text, keys[i], strlen(keys[i]));
		assert_int_equal(plk_journal_encode(&line, (struct plk_mspan){out, sizeof out}, &n),
				 PLK_OK);
		assert_true(n > 2 * (sizeof text - strlen(keys[i])));
	}
	/* all of them in one */
	memset(text, ' ', sizeof text);
	n = 0;
	for (size_t i = 0; i < COUNT(keys); i++) {
		memcpy(text + n, keys[i], strlen(keys[i]));
		n += strlen(keys[i]);
		memset(text + n, 'x', sizeof text / COUNT(keys) - strlen(keys[i]) - 1);
		n = (i + 1) * (sizeof text / COUNT(keys));
	}
	assert_int_equal(plk_journal_encode(&line, (struct plk_mspan){out, sizeof out}, &n),
			 PLK_OK);
	assert_true(n > sizeof text + 6 * (sizeof text / 6 - 11));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
