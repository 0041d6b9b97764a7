/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The finished broker, and a front that was hijacked: each row is a conversation in a network
 * namespace of its own, and how it ends. What is not permitted ends the broker, after an event that
 * names it; nothing is opened without an interface.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/bpf.h"
#include "os/channel.h"
#include "os/fd.h"
#include "rows.h"

#define ANSWER_MS 5000
#define SKIP 77

static const char *broker_path;

/* What the hijacked front does, one letter a step: a message, raw bytes, or a wait for an
 * answer ('?') or for what the worker gets ('W'). */
struct row {
	const char *what;
	const char *steps;
	bool dies;
};

/* clang-format off */
static const struct row rows[] = {
	{"an interface, sockets, a hand-out", "x?i?o?b?h?", false},
	{"a socket is handed out bound", "x?i?o?b?h?W", false},
	{"and not bound: its interface may be on its way back", "x?i?o?h?W", false},
	{"an interface that is not there, then nothing", "x?n?", false},
	{"an interface before it is confined", "i", true},
	{"sockets before it is confined", "o", true},
	{"two times", "x?x", true},
	{"a directory after it is confined", "x?d", true},
	{"a TCP port after it is confined", "x?p", true},
	{"directories and ports, then an interface", "ddppx?i?", false},
	{"sockets before an interface", "x?o", true},
	{"bind before an interface", "x?b", true},
	{"listen before an interface", "x?l", true},
	{"sockets after a refused interface", "x?n?o", true},
	{"bind after a refused interface", "x?n?b", true},
	{"hand-out after a refused interface", "x?n?h", true},
	{"two interfaces", "x?i?i", true},
	{"a TAP that nobody inherited, then sockets", "x?t?o", true},
	{"sockets after the seal", "x?i?so", true},
	{"listen after the seal", "x?i?sl", true},
	{"two seals", "x?i?ss", true},
	{"connect to nothing", "x?i?c?", false},
	{"an order of the supervisor", "x?C", true},
	{"an answer of the broker", "x?D", true},
	{"an empty datagram", "x?0", true},
	{"a type that is none", "x?1", true},
	{"one byte short", "x?2", true},
	{"one byte long", "x?3", true},
	{"a descriptor that is not asked for", "x?F", true},
	{"a class beyond the last", "x?i?4", true},
	{"a direction beyond the last", "x?i?5", true},
	{"a filter, sockets", "x?i?f?o?b?h?W", false},
	{"a filter in two parts", "x?i?r?f?o?", false},
	{"a filter before an interface", "x?f", true},
	{"a filter before it is confined", "f", true},
	{"a filter after the sockets that have none", "x?i?o?f", true},
	{"a filter after the seal", "x?i?sf", true},
	{"a filter that jumps out", "x?i?j?o", true},
	{"a filter that does not return", "x?i?r?o", true},
	{"more parts than a filter has", "x?i?L", true},
	{"more instructions than a part has", "x?i?6", true},
	{"a bad filter, and nothing that it is for", "x?i?j?a?", false},
};
/* clang-format on */

static void
send_msg(int fd, struct plk_msg msg, int pass)
{
	assert_int_equal(plk_channel_send(fd, &msg, pass), 0);
}

static void
send_raw(int fd, const void *p, size_t n)
{
	assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* A part of a filter: @n instructions, of which the first is this one. */
static struct plk_msg
filter_part(uint8_t n, uint16_t code, uint32_t k)
{
	const struct sock_filter insn = {.code = code, .k = k};
	struct plk_msg msg = {.type = PLK_MSG_FILTER, .u.filter.n = n};

	memcpy(msg.u.filter.code, &insn, sizeof insn);
	return msg;
}

static uint8_t answer_wait(int fd);

/* As many parts as a filter can have, but for the one that is too many. */
static void
filter_fill(int fd)
{
	for (int i = 0; i < PLK_BPF_MAX / PLK_FILTER_INSNS; i++) {
		send_msg(fd, filter_part(PLK_FILTER_INSNS, BPF_LD | BPF_IMM, 0), -1);
		assert_int_equal(answer_wait(fd), PLK_MSG_DONE);
	}
}

static void
step_do(int fd, char step)
{
	uint8_t bytes[PLK_MSG_MAX] = {PLK_MSG_IFACE_NAME, 'l', 'o'};
	const size_t n = plk_msg_size(PLK_MSG_IFACE_NAME);
	struct plk_msg msg = {.type = PLK_MSG_NONE};

	switch (step) {
	case 'i':
		send_raw(fd, bytes, n);
		return;
	case '0':
		send_raw(fd, bytes, 0);
		return;
	case '1':
		bytes[0] = PLK_MSG_TYPES;
		send_raw(fd, bytes, n);
		return;
	case '2':
		send_raw(fd, bytes, n - 1);
		return;
	case '3':
		send_raw(fd, bytes, n + 1);
		return;
	case '4':
		bytes[0] = PLK_MSG_OPEN;
		bytes[1] = PLK_CLASSES;
		bytes[2] = 0;
		send_raw(fd, bytes, plk_msg_size(PLK_MSG_OPEN));
		return;
	case '5':
		bytes[0] = PLK_MSG_OPEN;
		bytes[1] = PLK_CLASS_CAPTURE_LOW;
		bytes[2] = PLK_DIRECTIONS;
		send_raw(fd, bytes, plk_msg_size(PLK_MSG_OPEN));
		return;
	case '6':
		bytes[0] = PLK_MSG_FILTER;
		bytes[1] = PLK_FILTER_INSNS + 1;
		send_raw(fd, bytes, plk_msg_size(PLK_MSG_FILTER));
		return;
	case 'F':
		memcpy(msg.u.iface_name.name, "lo", 3);
		msg.type = PLK_MSG_IFACE_NAME;
		send_msg(fd, msg, STDERR_FILENO);
		return;
	case 'x':
		msg.type = PLK_MSG_CONFINE;
		break;
	case 'd':
		msg.type = PLK_MSG_ALLOW_DIRECTORY;
		memcpy(msg.u.allow_directory.path, "/tmp", 5);
		break;
	case 'p':
		msg.type = PLK_MSG_ALLOW_TCP;
		msg.u.allow_tcp.port = 1;
		break;
	case 'n':
		memcpy(msg.u.iface_name.name, "nosuch", 7);
		msg.type = PLK_MSG_IFACE_NAME;
		break;
	case 't':
		msg.type = PLK_MSG_IFACE_TAP;
		msg.u.iface_tap.number = 9;
		break;
	case 'L':
		filter_fill(fd);
		msg = filter_part(PLK_FILTER_INSNS, BPF_RET | BPF_K, 0);
		break;
	case 'f':
		msg = filter_part(1, BPF_RET | BPF_K, 1);
		break;
	case 'j':
		msg = filter_part(2, BPF_JMP | BPF_JA, 1);
		break;
	case 'r':
		msg = filter_part(1, BPF_LD | BPF_IMM, 1);
		break;
	case 'a':
		msg.type = PLK_MSG_OPEN;
		msg.u.open.class = PLK_CLASS_ATTACH_LOW;
		break;
	case 'o':
		msg.type = PLK_MSG_OPEN;
		msg.u.open.class = PLK_CLASS_CAPTURE_LOW;
		break;
	case 'b':
		msg.type = PLK_MSG_BIND;
		msg.u.bind.class = PLK_CLASS_CAPTURE_LOW;
		break;
	case 'h':
		msg.type = PLK_MSG_HANDOUT;
		break;
	case 'l':
		msg.type = PLK_MSG_LISTEN_TCP;
		break;
	case 'c':
		msg.type = PLK_MSG_CONNECT;
		break;
	case 's':
		msg.type = PLK_MSG_SEAL;
		break;
	case 'C':
		msg.type = PLK_MSG_CHANNEL;
		break;
	case 'D':
		msg.type = PLK_MSG_DONE;
		break;
	default:
		fail_msg("no step '%c'", step);
	}
	send_msg(fd, msg, -1);
}

/* Waits for a message of the broker and returns its first byte; 0 if it closed the channel. */
static uint8_t
answer_wait(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	uint8_t bytes[PLK_MSG_MAX];
	ssize_t n;

	assert_int_equal(poll(&poll_fd, 1, ANSWER_MS), 1);
	n = recv(fd, bytes, sizeof bytes, 0);
	return n > 0 ? bytes[0] : 0;
}

static pid_t
broker_start(int channel)
{
	pid_t pid = fork();

	if (pid == 0) {
		char *argv[] = {strdup("pktlockd-broker"), NULL};
		char *envp[] = {NULL};

		if (unshare(CLONE_NEWNET) == 0 && dup2(channel, STDIN_FILENO) == STDIN_FILENO)
			(void)execve(broker_path, argv, envp);
		_exit(99);
	}
	assert_true(pid > 0);
	return pid;
}

static void
row_run(struct rows *r, const struct row *row)
{
	int supervisor[2];
	int front[2];
	int worker[2];
	int status;
	uint8_t last = 0xff;
	pid_t pid;

	assert_int_equal(plk_channel_pair(supervisor), 0);
	assert_int_equal(plk_channel_pair(front), 0);
	assert_int_equal(plk_channel_pair(worker), 0);
	pid = broker_start(supervisor[1]);
	plk_fd_close(&supervisor[1]);
	send_msg(supervisor[0],
		 (struct plk_msg){.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_FRONT},
		 front[1]);
	send_msg(supervisor[0],
		 (struct plk_msg){.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_WORKER},
		 worker[1]);
	plk_fd_close(&front[1]);
	plk_fd_close(&worker[1]);
	for (const char *step = row->steps; *step; step++) {
		if (*step == '?')
			row_true(r, "an answer", answer_wait(front[0]) > 1);
		else if (*step == 'W')
			row_number(r, "the worker gets it", answer_wait(worker[0]), PLK_MSG_PACKET);
		else
			step_do(front[0], *step);
	}
	if (row->dies) {
		row_number(r, "it says why", answer_wait(front[0]), PLK_MSG_EVENT);
		last = answer_wait(front[0]);
		row_number(r, "and says no more", last, 0);
		row_true(r, "the worker got nothing", recv(worker[0], &last, 1, 0) <= 0);
	}
	plk_fd_close(&supervisor[0]); /* the end of one that lives */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	row_true(r, "it ended by itself", WIFEXITED(status));
	row_true(r, "its status names the message",
		 (plk_rules_named(WEXITSTATUS(status)) != NULL) == row->dies);
	row_true(r, "or is 0", row->dies || WEXITSTATUS(status) == 0);
	plk_fd_close(&front[0]);
	plk_fd_close(&worker[0]);
}

static void
test_hijacked_front(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "orders of a hijacked front");
	for (size_t i = 0; i < COUNT(rows); i++) {
		row_begin_text(&r, "%s", rows[i].what);
		row_run(&r, &rows[i]);
	}
	rows_end(&r);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_hijacked_front)};

	if (argc != 2)
		return EXIT_FAILURE;
	broker_path = argv[1];
	if (geteuid() != 0) {
		(void)fprintf(stderr, "needs root: skipped\n");
		return SKIP;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
