/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stand_in.c: stands in for the front, and says to the supervisor what its arguments say, one after the other:
 *
 *   ready alive reloaded exit stopped      these messages
 *   status=CLIENTS,DROPPED reason=TEXT unstore=NAME
 *   store=TAG store-many=N            a connection of its own, whose other end it keeps in its own hands
 *   await-stop await-reload           until that comes; keep=0 or keep=1 is printed for a STOP
 *   sleep=MS end=STATUS
 *
 * At the end of its arguments it waits for STOP and ends with 0.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/channel.h"
#include "os/process.h"

static struct plk_channel_end supervisor;

static _Noreturn void
give_up(const char *what, int error)
{
	(void)fprintf(stderr, "stand-in: %s: %s\n", what, strerror(-error));
	exit(99);
}

/* Waits for room: a supervisor that waits for the service manager reads nothing. */
static void
say(const struct plk_msg *msg, int pass)
{
	int error;

	while ((error = plk_channel_send(supervisor.fd, msg, pass)) == -EAGAIN)
		usleep(1000);
	if (error < 0)
		give_up(plk_msg_name(msg->type), error);
}

static void
say_type(enum plk_msg_type type)
{
	say(&(const struct plk_msg){.type = type}, -1);
}

static void
store(uint64_t tag)
{
	const struct plk_msg msg = {.type = PLK_MSG_STORE, .u.store.tag = tag};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		give_up("socketpair", -errno);
	(void)dprintf(pair[1], "%016llx", (unsigned long long)tag);
	say(&msg, pair[0]);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void
await(enum plk_msg_type type)
{
	struct plk_received received;
	int got;

	do {
		struct pollfd poll_fd = {.fd = supervisor.fd, .events = POLLIN};

		(void)poll(&poll_fd, 1, -1);
		got = plk_channel_receive(&supervisor, PLK_STAGE_RUN, &received);
		if (got < 0)
			give_up("channel", got);
	} while (got == 0 || received.msg.type != type);
	if (type == PLK_MSG_STOP)
		(void)fprintf(stderr, "stand-in: keep=%u\n", received.msg.u.stop.keep);
}

static void
say_text(enum plk_msg_type type, const char *value)
{
	struct plk_msg msg = {.type = type};
	const bool is_reason = type == PLK_MSG_REASON;

	(void)snprintf(is_reason ? msg.u.reason.text : msg.u.unstore.name,
		       is_reason ? sizeof msg.u.reason.text : sizeof msg.u.unstore.name, "%s",
		       value);
	say(&msg, -1);
}

static void
say_status(const char *value)
{
	struct plk_msg msg = {.type = PLK_MSG_STATUS};
	char *end;

	msg.u.status.clients = (uint32_t)strtoul(value, &end, 10);
	msg.u.status.dropped = strtoull(end + 1, NULL, 10);
	say(&msg, -1);
}

static void
say_stopped(void)
{
	say(&(const struct plk_msg){.type = PLK_MSG_STOPPED,
				    .u.stopped = {.ifindex = 7,
						  .rx_frames = UINT64_MAX,
						  .tx_frames = 0,
						  .time_ns = 123456789}},
	    -1);
}

static void
act_with(const char *word, const char *value)
{
	if (strcmp(word, "status") == 0)
		say_status(value);
	else if (strcmp(word, "reason") == 0)
		say_text(PLK_MSG_REASON, value);
	else if (strcmp(word, "unstore") == 0)
		say_text(PLK_MSG_UNSTORE, value);
	else if (strcmp(word, "store") == 0)
		store(strtoull(value, NULL, 16));
	else if (strcmp(word, "store-many") == 0)
		for (unsigned long i = 0; i < strtoul(value, NULL, 10); i++)
			store(i);
	else if (strcmp(word, "sleep") == 0)
		usleep((useconds_t)strtoul(value, NULL, 10) * 1000);
	else if (strcmp(word, "end") == 0)
		exit((int)strtol(value, NULL, 10));
	else
		give_up(word, -EINVAL);
}

static void
act(const char *word)
{
	static const struct {
		const char *word;
		enum plk_msg_type type;
	} types[] = {
		{"ready", PLK_MSG_READY},
		{"alive", PLK_MSG_ALIVE},
		{"reloaded", PLK_MSG_RELOADED},
		{"exit", PLK_MSG_EXIT},
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(word, types[i].word) == 0) {
			say_type(types[i].type);
			return;
		}
	}
	if (strcmp(word, "await-stop") == 0)
		await(PLK_MSG_STOP);
	else if (strcmp(word, "await-reload") == 0)
		await(PLK_MSG_RELOAD);
	else if (strcmp(word, "stopped") == 0)
		say_stopped();
	else
		give_up(word, -EINVAL);
}

int
main(int argc, char **argv)
{
	int fd = 0; /* as the front's: sandbox/descriptors.h */

	plk_process_ignore_signals();
	plk_channel_end_init(&supervisor, &fd, PLK_CHANNEL_SUPERVISOR_FRONT);
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value) {
			act(argv[i]);
			continue;
		}
		*value = '\0';
		act_with(argv[i], value + 1);
	}
	await(PLK_MSG_STOP);
	return 0;
}
