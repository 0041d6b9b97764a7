/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.c: what the log and the start-up errors say. Broker and worker send codes and numbers;
 * their words are here.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"
#include "front/front.h"

#define TEXT_BYTES 512 /* of a refused text in a message */

_Static_assert(PLK_CLIENTS_MAX == 1024 && PLK_QUEUE_MIN == 69640 && PLK_QUEUE_MAX == 16777216 &&
		       PLK_PORTS_MAX == 64,
	       "the texts below say so");

const char plk_words_help[] =
	"Usage: pktlockd --interface=IFACE --remote=PORT-SPEC [--remote=PORT-SPEC]... [OPTION]...\n"
	"\n"
	"Gives programs without privileges a guarded door onto one network interface: they "
	"capture,\n"
	"inject, or attach as a NIC, over a socket.\n"
	"\n"
	"  --interface=IFACE   name of a network interface, or tapfd:FD (an inherited TAP)\n"
	"  --remote=PORT-SPEC  ROLE[,KEY=VALUE]...@REMOTE; up to 64 of them\n"
	"      ROLE            capture (to the client), inject (from the client), attach (both: a "
	"NIC)\n"
	"      REMOTE          pfd:FD | sd:NAME          a listening socket that we inherit\n"
	"                      punix:PATH | ptcp:PORT[:ADDR]   a listening socket that we make\n"
	"                      unix:PATH | tcp:ADDR:PORT       connect, and again when it ends\n"
	"      KEY             format=qemu|vnet  vnet-hdr=10|12|20  direction=in|out|both\n"
	"                      latency=low|bulk  max-clients=N  allow-uid=UID+...  "
	"allow-gid=GID+...\n"
	"                      tcp=yes (pfd:, sd:)  on-loss=keep\n"
	"  --clients=N         connections at most, 1-1024 (64)\n"
	"  --queue=BYTES       output queue of each, 69640-16777216 (1048576)\n"
	"  --log-level=LEVEL   error, warning, info (the default) or debug\n"
	"  --check             check the text, print the plan, open nothing\n"
	"  --version, --help\n"
	"\n"
	"Example: pktlockd --interface=eth1 --remote=capture@punix:/run/pktlock/eth1.sock\n"
	"         pktlock capture unix:/run/pktlock/eth1.sock | tcpdump -nr -\n"
	"\n"
	"Started as root it becomes the user pktlock (or nobody); directories of sockets must be\n"
	"writable for that user. Exit status: 0 stopped; 1 the world refused; 2 the command line, "
	"the\n"
	"environment or an inherited descriptor is wrong.\n";

const char *
plk_words_step(unsigned step)
{
	static const char *const words[PLK_STEPS] = {
		[PLK_STEP_NONE] = "cannot do it",
		[PLK_STEP_INTERFACE] = "cannot find the interface",
		[PLK_STEP_KIND] = "the interface has no Ethernet frames, or is a macvtap, whose "
				  "directions are inverted",
		[PLK_STEP_NETNS] =
			"the TAP lives in another network namespace; start pktlockd in that one",
		[PLK_STEP_MAC] = "the TAP is not the interface of its name here (another address); "
				 "it seems to live in "
				 "another network namespace: start pktlockd in that one",
		[PLK_STEP_SOCKET] = "cannot make a socket",
		[PLK_STEP_OPTION] = "cannot set a socket option",
		[PLK_STEP_FILTER] = "cannot attach the filter",
		[PLK_STEP_BIND] = "cannot bind",
		[PLK_STEP_VERIFY] = "the interface changed meanwhile",
		[PLK_STEP_LISTEN] = "cannot listen",
		[PLK_STEP_STALE] = "cannot use the path",
		[PLK_STEP_ZONE] = "the zone names no interface",
		[PLK_STEP_CONNECT] = "cannot connect",
		[PLK_STEP_HANDOUT] = "cannot hand the packet sockets to the worker",
	};

	return step < PLK_STEPS ? words[step] : "?";
}

/* For a path that the service user may not use: who that is. */
static const char *
denied_hint(void)
{
	static char hint[160];

	(void)snprintf(
		hint, sizeof hint,
		"; the directory must be writable for uid %u, gid %u, as which pktlockd runs",
		(unsigned)getuid(), (unsigned)getgid());
	return hint;
}

const char *
plk_words_hint(unsigned step, int error, bool is_tcp)
{
	if (step == PLK_STEP_SOCKET && (error == EPERM || error == EACCES))
		return "; needs CAP_NET_RAW: start as root, or by a unit with "
		       "AmbientCapabilities=CAP_NET_RAW";
	if (step == PLK_STEP_STALE && error == EEXIST)
		return "; what is there is not a socket, and is left alone";
	if (step == PLK_STEP_STALE && error == EADDRINUSE)
		return "; a program listens there";
	if (is_tcp && step == PLK_STEP_BIND && error == EACCES)
		return "; ports below 1024 need a privilege that pktlockd does not keep: take a "
		       "higher one, or "
		       "have the service manager pass the socket (sd:, pfd: with tcp=yes)";
	if (is_tcp && step == PLK_STEP_BIND && error == EADDRNOTAVAIL)
		return "; this host does not have the address";
	if ((step == PLK_STEP_BIND || step == PLK_STEP_STALE || step == PLK_STEP_LISTEN) &&
	    (error == EACCES || error == EPERM || error == EROFS))
		return denied_hint();
	if (step == PLK_STEP_BIND && error == ENOENT)
		return "; the directory does not exist";
	if (step == PLK_STEP_BIND && error == EADDRINUSE)
		return "; another program listens there";
	return "";
}

const char *
plk_words_close(unsigned reason)
{
	static const char *const words[PLK_CLOSES] = {
		[PLK_CLOSE_EOF] = "eof",           [PLK_CLOSE_TRUNCATED] = "truncated",
		[PLK_CLOSE_LENGTH] = "bad_length", [PLK_CLOSE_HEADER] = "bad_header_size",
		[PLK_CLOSE_ERROR] = "error",       [PLK_CLOSE_REFUSED] = "refused",
		[PLK_CLOSE_STOP] = "stop",         [PLK_CLOSE_LOST] = "interface_lost",
	};

	return reason < PLK_CLOSES ? words[reason] : "?";
}

const char *
plk_words_class(unsigned class)
{
	static const char *const words[PLK_CLASSES] = {
		[PLK_CLASS_CAPTURE_BULK] = "capture-bulk",
		[PLK_CLASS_CAPTURE_LOW] = "capture-low",
		[PLK_CLASS_ATTACH_BULK] = "attach-bulk",
		[PLK_CLASS_ATTACH_LOW] = "attach-low",
		[PLK_CLASS_TX] = "send",
	};

	return class < PLK_CLASSES ? words[class] : "?";
}

static const char *
label_of(uint64_t port)
{
	return port < front.cmdline.n_ports ? front.ports[port].label : "?";
}

void
plk_words_event(const char *from, const struct plk_msg_event *e)
{
	if (!plk_front_limited(&front.event_lines))
		return;
	switch (e->code) {
	case PLK_EVENT_BAD_MESSAGE:
		plk_log(PLK_LOG_LINE_ERROR,
			"%s got a message that is not permitted: %s: %s (%llu bytes)", from,
			plk_msg_name((unsigned)e->a), plk_err_text((enum plk_err)e->b),
			(unsigned long long)e->c);
		break;
	case PLK_EVENT_NO_ROOM:
		plk_log(PLK_LOG_LINE_WARNING,
			"connection closed: no room: %llu of %llu client slots are taken remote=%s",
			(unsigned long long)e->b, (unsigned long long)e->c, label_of(e->a));
		break;
	case PLK_EVENT_PORT_FULL:
		plk_log(PLK_LOG_LINE_WARNING,
			"connection closed: no room: %llu of %llu clients of this remote are there "
			"remote=%s",
			(unsigned long long)e->b, (unsigned long long)e->c, label_of(e->a));
		break;
	case PLK_EVENT_ACCEPT:
		plk_log(PLK_LOG_LINE_WARNING,
			"cannot accept a connection: %s; trying again remote=%s",
			strerror((int)e->b), label_of(e->a));
		break;
	case PLK_EVENT_IGNORED:
		plk_log(PLK_LOG_LINE_WARNING,
			"a client sends to a capture port: ignored (inject and attach take frames) "
			"remote=%s",
			label_of(e->a));
		break;
	case PLK_EVENT_RX_ERROR:
		plk_log(PLK_LOG_LINE_WARNING, "cannot receive: %s class=%s", strerror((int)e->b),
			plk_words_class((unsigned)e->a));
		break;
	case PLK_EVENT_TX_ERROR:
		plk_log(PLK_LOG_LINE_WARNING, "frame dropped: cannot send: %s",
			strerror((int)e->b));
		break;
	case PLK_EVENT_BAD_HEADER:
		plk_log(PLK_LOG_LINE_WARNING, "frame dropped: %s remote=%s",
			plk_err_text((enum plk_err)e->b), label_of(e->a));
		break;
	case PLK_EVENT_MEMORY:
		plk_log(PLK_LOG_LINE_ERROR,
			"no memory for the queues of all clients (%llu bytes): %s; make --clients "
			"or "
			"--queue smaller",
			(unsigned long long)e->c, strerror((int)e->b));
		break;
	case PLK_EVENT_SYSTEM:
		plk_log(PLK_LOG_LINE_ERROR, "%s gives up at line %llu: %s", from,
			(unsigned long long)e->a, strerror((int)e->b));
		break;
	default:
		plk_log(PLK_LOG_LINE_ERROR, "%s sent an unknown event code=%u", from, e->code);
	}
}

void
plk_words_counters(const char *what, const struct plk_msg_counters *counters)
{
	static const char *const names[PLK_COUNTERS] = {
#define X(id, name) [PLK_COUNTER_##id] = (name),
		PLK_COUNTER_TABLE(X)
#undef X
	};
	uint8_t line[900];
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){line, sizeof line});
	for (size_t i = 0; i < PLK_COUNTERS; i++) {
		uint64_t value;

		memcpy(&value, counters->values + i * sizeof value, sizeof value);
		if (value == 0)
			continue;
		plk_writer_char(&w, ' ');
		plk_writer_str(&w, names[i]);
		plk_writer_char(&w, '=');
		plk_writer_dec(&w, value);
	}
	plk_writer_cstr(&w);
	plk_log(PLK_LOG_LINE_INFO, "%s%s", what, w.n > 0 ? (const char *)line : " all zero");
}

void
plk_words_fail(int status, const char *option, struct plk_span text, const char *reason, ...)
{
	uint8_t escaped[4 * TEXT_BYTES + 8];
	struct plk_writer w;
	va_list args;

	plk_writer_init(&w, (struct plk_mspan){escaped, sizeof escaped});
	plk_writer_escaped(&w, text, TEXT_BYTES);
	plk_writer_cstr(&w);
	(void)fprintf(stderr, "pktlockd: ");
	if (option)
		(void)fprintf(stderr, "%s: ", option);
	if (text.p)
		(void)fprintf(stderr, "'%s': ", (const char *)escaped);
	va_start(args, reason);
	(void)vfprintf(stderr, reason, args);
	va_end(args);
	(void)fprintf(stderr, "\n");
	exit(status);
}

/* What the numbers of an option may be, for errors about them. */
static const char *
range_of(const char *option)
{
	if (option && strcmp(option, "--clients") == 0)
		return " (1-1024)";
	if (option && strcmp(option, "--queue") == 0)
		return " (69640-16777216 bytes)";
	return "";
}

void
plk_words_fail_at(const char *option, struct plk_span text, enum plk_err err, size_t at)
{
	plk_words_fail(2, option, text, "%s%s at byte %zu", plk_err_text(err),
		       err == PLK_E_NUM_RANGE ? range_of(option) : "", at);
}
