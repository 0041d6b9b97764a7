/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.c: what the log and the start-up errors say. Broker and worker send codes and numbers;
 * their words are here.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"
#include "front/front.h"
#include "text/words.h"

#define QUOTE_MAX 500 /* bytes of a client's text in an error */

#define TEXT_BYTES 512   /* of a refused text in a message */
#define COUNTER_BYTES 44 /* " ", a name of a counter, "=", 20 digits */

_Static_assert(PLK_CLIENTS_MAX == 1024 && PLK_QUEUE_MIN == 69640 && PLK_QUEUE_MAX == 16777216 &&
		       PLK_PORTS_MAX == 64 && PLK_REMOTE_DIRS_MAX == 16,
	       "the texts below say so");

const char plk_words_help[] =
	"Usage: pktlockd --interface=IFACE [--remote=PORT-SPEC]... [OPTION]...\n"
	"\n"
	"Gives programs without privileges a guarded door onto one network interface:\n"
	"they capture, inject, or attach as a NIC, over a socket.\n"
	"\n"
	"  --interface=IFACE   name of a network interface, or tapfd:FD, an inherited TAP\n"
	"  --remote=PORT-SPEC  ROLE[,KEY=VALUE]...@REMOTE; up to 64 of them, and one at\n"
	"                      least unless there is --control or --remotes-file\n"
	"      ROLE            capture (to the client), inject (from the client) or\n"
	"                      attach (both: a NIC)\n"
	"      REMOTE          pfd:FD | sd:NAME               a listener that we inherit\n"
	"                      punix:PATH | ptcp:PORT[:ADDR]  a listener that we make\n"
	"                      unix:PATH | tcp:ADDR:PORT      connect; again when it ends\n"
	"      KEY             format=qemu|vnet|pcapng  vnet-hdr=10|12|20  snaplen=BYTES\n"
	"                      direction=in|out|both  latency=low|bulk  max-clients=N\n"
	"                      allow-uid=UID+...  allow-gid=GID+...  tcp=yes (pfd:, sd:)\n"
	"                      on-loss=keep|close\n"
	"                      mac=MAC+...  vlan=ID+...  rate=FRAMES-PER-SECOND[:BURST]\n"
	"                      (what clients of inject and attach may send)\n"
	"  --control=REMOTE    who connects there sees and changes all of this while it\n"
	"                      runs (pktlock ctl): punix:PATH, pfd:FD or sd:NAME\n"
	"  --control-uid=UID+...\n"
	"                      users who may do so beside root and the one as whom it\n"
	"                      runs\n"
	"  --control-gid=GID+...\n"
	"                      groups whose members may\n"
	"  --remotes-file=PATH\n"
	"                      a file with one PORT-SPEC a line, read again on SIGHUP\n"
	"  --remote-dir=DIR    where sockets may lie that are added while it runs; up to\n"
	"                      16, beside the directories of those of the start\n"
	"  --filter=EXPRESSION\n"
	"                      what is captured: a pcap expression (pcap-filter(7))\n"
	"  --clients=N         connections at most, 1-1024 (64)\n"
	"  --queue=BYTES       output queue of each, 69640-16777216 (1048576)\n"
	"  --require=namespaces\n"
	"                      do not start where the worker cannot have its own\n"
	"  --log-level=LEVEL   error, warning, info (the default) or debug\n"
	"  --check             check the text, print the plan, open nothing\n"
	"  --version, --help\n"
	"\n"
	"Example: pktlockd --interface=eth1 --remote=capture@punix:/run/pktlock/eth1.sock\n"
	"         pktlock capture unix:/run/pktlock/eth1.sock | tcpdump -nr -\n"
	"\n"
	"Started as root it becomes the user pktlock (or nobody); directories of sockets\n"
	"must be writable for that user. Exit status: 0 stopped; 1 the world refused; 2\n"
	"the command line, the environment, the remotes file or an inherited descriptor\n"
	"is wrong.\n";

const char *
plk_words_step(unsigned step)
{
	static const char *const words[PLK_STEPS] = {
		[PLK_STEP_NONE] = "cannot do it",
		[PLK_STEP_INTERFACE] = "cannot find the interface",
		[PLK_STEP_KIND] = "the interface has no Ethernet frames",
		[PLK_STEP_INVERTED] =
			"serve a TAP on a bridge instead: a macvtap or ipvtap has its directions "
			"inverted (what its VM sends is outgoing on it, and what is sent on it "
			"leaves for the network)",
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
		[PLK_STEP_PRIVILEGES] = "cannot give up new privileges",
		[PLK_STEP_CAPABILITIES] = "cannot give up capabilities",
		[PLK_STEP_LANDLOCK] = ("cannot use Landlock (Linux 5.13, CONFIG_SECURITY_LANDLOCK, "
				       "lsm=landlock)"),
		[PLK_STEP_LIMITS] = "cannot set resource limits",
		[PLK_STEP_DUMPABLE] = "cannot become undumpable",
		[PLK_STEP_CALLS] = "cannot load the system call filter (CONFIG_SECCOMP_FILTER)",
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
		front.uid, front.gid);
	return hint;
}

void
plk_words_quote(struct plk_span text, struct plk_writer *out)
{
	plk_writer_char(out, '"');
	for (size_t i = 0; i < text.n && i < QUOTE_MAX; i++) {
		if (text.p[i] == '\n')
			plk_writer_str(out, "\\x0a");
		else
			plk_writer_char(out, (char)text.p[i]);
	}
	plk_writer_str(out, text.n > QUOTE_MAX ? "...\"" : "\"");
}

bool
plk_words_refuse(struct plk_span text, struct plk_writer *out, const char *why)
{
	plk_words_quote(text, out);
	plk_writer_str(out, why);
	return false;
}

const char *
plk_words_hint(unsigned step, int error, bool is_tcp)
{
	if (step == PLK_STEP_SOCKET && (error == EPERM || error == EACCES))
		return "; needs CAP_NET_RAW: start as root, or by a unit with "
		       "AmbientCapabilities=CAP_NET_RAW";
	if (is_tcp && step == PLK_STEP_SOCKET && error == EAFNOSUPPORT)
		return "; the kernel has no such addresses, or the unit permits none "
		       "(RestrictAddressFamilies=): have the service manager pass the socket "
		       "(sd: with tcp=yes)";
	if (step == PLK_STEP_FILTER && error == ENOMEM)
		return "; the kernel holds no program of this length: make net.core.optmem_max "
		       "larger";
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
plk_words_control(unsigned end)
{
	static const char *const words[PLK_CONTROL_ENDS] = {
		[PLK_CONTROL_NOT_ALLOWED] = "not_allowed",
		[PLK_CONTROL_TOO_MANY] = "too_many",
		[PLK_CONTROL_MALFORMED] = "not_json_rpc",
		[PLK_CONTROL_TOO_LONG] = "too_long",
		[PLK_CONTROL_CUT] = "truncated",
		[PLK_CONTROL_SLOW_REQUEST] = "slow_request",
		[PLK_CONTROL_SLOW_ANSWER] = "slow_answer",
		[PLK_CONTROL_IDLE] = "idle",
		[PLK_CONTROL_NO_MEMORY] = "no_memory",
	};

	return end < PLK_CONTROL_ENDS ? words[end] : "?";
}

const char *
plk_words_close(unsigned reason)
{
	static const char *const words[PLK_CLOSES] = {
		[PLK_CLOSE_EOF] = "eof",           [PLK_CLOSE_TRUNCATED] = "truncated",
		[PLK_CLOSE_LENGTH] = "bad_length", [PLK_CLOSE_HEADER] = "bad_header_size",
		[PLK_CLOSE_ERROR] = "error",       [PLK_CLOSE_REFUSED] = "refused",
		[PLK_CLOSE_STOP] = "stop",         [PLK_CLOSE_LOST] = "interface_lost",
		[PLK_CLOSE_REMOVED] = "removed",
	};

	return reason < PLK_CLOSES ? words[reason] : "?";
}

bool
plk_words_is_fault(unsigned reason)
{
	return reason == PLK_CLOSE_TRUNCATED || reason == PLK_CLOSE_LENGTH ||
	       reason == PLK_CLOSE_HEADER || reason == PLK_CLOSE_ERROR;
}

const char *
plk_words_event_name(unsigned code)
{
	static const char *const words[PLK_EVENTS] = {
		[PLK_EVENT_BAD_MESSAGE] = "bad_message",
		[PLK_EVENT_NO_ROOM] = "no_room",
		[PLK_EVENT_PORT_FULL] = "port_full",
		[PLK_EVENT_ACCEPT] = "cannot_accept",
		[PLK_EVENT_IGNORED] = "ignored",
		[PLK_EVENT_RX_ERROR] = "cannot_receive",
		[PLK_EVENT_RX_DEAD] = "low_latency_ended",
		[PLK_EVENT_TX_ERROR] = "cannot_send",
		[PLK_EVENT_BAD_HEADER] = "bad_header",
		[PLK_EVENT_REFUSED_MAC] = "refused_mac",
		[PLK_EVENT_REFUSED_VLAN] = "refused_vlan",
		[PLK_EVENT_REFUSED_RATE] = "refused_rate",
		[PLK_EVENT_UNJUDGED] = "unjudged",
		[PLK_EVENT_MOVED] = "address_moved",
		[PLK_EVENT_MEMORY] = "no_memory",
		[PLK_EVENT_SYSTEM] = "gives_up",
		[PLK_EVENT_CONFINE] = "not_confined",
	};

	return code < PLK_EVENTS && words[code] ? words[code] : "?";
}

const char *
plk_words_link_state(unsigned state)
{
	static const char *const words[PLK_LINKS] = {
		[PLK_LINK_UP] = "up",           [PLK_LINK_DOWN] = "down",
		[PLK_LINK_GONE] = "gone",       [PLK_LINK_BACK] = "back",
		[PLK_LINK_UNFIT] = "unfit",     [PLK_LINK_RENAMED] = "renamed",
		[PLK_LINK_MTU] = "mtu",         [PLK_LINK_NO_CARRIER] = "no_carrier",
		[PLK_LINK_CARRIER] = "carrier",
	};

	return state < PLK_LINKS && words[state] ? words[state] : "?";
}

const char *
plk_words_class(unsigned class)
{
	static const char *const words[PLK_CLASSES] = {
		[PLK_CLASS_CAPTURE_BULK] = "capture-bulk",
		[PLK_CLASS_CAPTURE_LOW] = "capture-low",
		[PLK_CLASS_ATTACH_BULK] = "attach-bulk",
		[PLK_CLASS_ATTACH_LOW] = "attach-low",
		[PLK_CLASS_CAPTURE_LONG] = "capture-low-long",
		[PLK_CLASS_ATTACH_LONG] = "attach-low-long",
		[PLK_CLASS_TX] = "send",
		[PLK_CLASS_TX_RING] = "send-ring",
	};

	return class < PLK_CLASSES ? words[class] : "?";
}

struct plk_name
plk_words_name(const char *name)
{
	struct plk_name out;
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)out.text, sizeof out.text});
	plk_writer_word(&w, plk_span_str(name), PLK_IFNAME_MAX);
	plk_writer_cstr(&w);
	return out;
}

const char *
plk_words_error(uint64_t error)
{
	const char *text = NULL;

	if (error <= PLK_ERRNO_MAX) {
#ifdef __GLIBC__
		text = strerrordesc_np((int)error);
#else
		text = strerror((int)error); /* musl's does not allocate */
#endif
	}
	return text ? text : "unknown error";
}

void
plk_words_namespaces(unsigned set, char *out)
{
	static const char *const names[PLK_NAMESPACES] = {
		[PLK_NAMESPACE_USER] = "user", [PLK_NAMESPACE_MOUNT] = "mount",
		[PLK_NAMESPACE_NET] = "net",   [PLK_NAMESPACE_IPC] = "ipc",
		[PLK_NAMESPACE_UTS] = "uts",
	};
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)out, PLK_NAMESPACES_TEXT});
	for (size_t i = 0; i < PLK_NAMESPACES; i++) {
		if (!(set & 1U << i))
			continue;
		if (w.n > 0)
			plk_writer_char(&w, ',');
		plk_writer_str(&w, names[i]);
	}
	if (w.n == 0)
		plk_writer_str(&w, "none");
	plk_writer_cstr(&w);
}

/* The worker's namespaces, and why some of them are missing. */
static void
namespaces_print(const struct plk_msg_confined *c, char *out, size_t n)
{
	char names[PLK_NAMESPACES_TEXT];

	plk_words_namespaces(c->namespaces, names);
	if (c->namespaces == (1U << PLK_NAMESPACES) - 1)
		(void)snprintf(out, n, " namespaces=%s", names);
	else
		(void)snprintf(out, n, " namespaces=%s (%s)", names,
			       plk_words_error(c->namespaces_error));
}

/* Of the sets but the bounding set; the only one that we know is that of the broker. */
static const char *
capabilities_name(uint64_t set)
{
	if (set == 0)
		return "none";
	return set == (uint64_t)1 << CAP_NET_RAW ? "net_raw" : "more";
}

void
plk_words_confinement(const struct plk_msg_confined *c, bool is_worker, char *out)
{
	char namespaces[128] = "";

	if (is_worker)
		namespaces_print(c, namespaces, sizeof namespaces);
	(void)snprintf(out, PLK_CONFINEMENT_BYTES,
		       "calls=%u conditions=%u capabilities=%s bounding=%s securebits=%s "
		       "landlock=%u files=%u mdwe=%s%s",
		       c->calls, c->conditions, capabilities_name(c->capabilities),
		       capabilities_name(c->bounding), c->securebits ? "locked" : "open",
		       c->landlock, c->files, c->mdwe ? "yes" : "no", namespaces);
}

void
plk_words_confined(const char *process, const struct plk_msg_confined *c, bool is_worker)
{
	char words[PLK_CONFINEMENT_BYTES];

	plk_words_confinement(c, is_worker, words);
	plk_log(PLK_LOG_LINE_INFO, "confined process=%s %s", process, words);
}

/* For a TAP, what its carrier stands for. */
void
plk_words_carrier(bool has_carrier)
{
	static const char *const words[2][2] = {
		{"interface has no carrier: what is sent is dropped until it has one",
		 "interface has a carrier again"},
		{"no VM is attached to the TAP: what is sent to it is dropped until one is",
		 "a VM is attached to the TAP"},
	};

	plk_log(has_carrier ? PLK_LOG_LINE_INFO : PLK_LOG_LINE_WARNING, "%s interface=%s index=%u",
		words[front.iface.kind == PLK_LINK_TAP][has_carrier],
		plk_words_name(front.iface.name).text, front.iface.index);
}

/* A TAP that was given as a descriptor is not looked for by its name, which another may have. */
static void
gone_log(const struct plk_msg_link *link)
{
	const struct plk_iface *iface = &front.cmdline.iface;

	plk_log(PLK_LOG_LINE_WARNING,
		"interface is gone (deleted, or moved to another network namespace); %s%s "
		"interface=%s index=%u",
		iface->is_tapfd ? "a TAP that was given as a descriptor does not come back"
				: "waiting for one of the name ",
		iface->is_tapfd ? "" : plk_words_name(iface->name).text,
		plk_words_name(link->name).text, link->index);
}

void
plk_words_link(const struct plk_msg_link *link)
{
	static const char down[] = "nothing is captured or sent until it is up";

	if (!plk_lines_may(PLK_LINES_LINK, link->state))
		return;
	switch (link->state) {
	case PLK_LINK_UP:
		plk_log(PLK_LOG_LINE_INFO, "interface is up interface=%s index=%u",
			plk_words_name(link->name).text, link->index);
		break;
	case PLK_LINK_DOWN:
		plk_log(PLK_LOG_LINE_WARNING, "interface is down; %s interface=%s index=%u", down,
			plk_words_name(link->name).text, link->index);
		break;
	case PLK_LINK_GONE:
		gone_log(link);
		break;
	case PLK_LINK_BACK:
		plk_log(link->is_up ? PLK_LOG_LINE_INFO : PLK_LOG_LINE_WARNING,
			"interface is back%s%s interface=%s index=%u",
			link->is_up ? "" : ", and down; ", link->is_up ? "" : down,
			plk_words_name(link->name).text, link->index);
		break;
	case PLK_LINK_UNFIT:
		plk_log(PLK_LOG_LINE_WARNING,
			"an interface of the name is there again, but is not served: it has no "
			"Ethernet frames, or is a macvtap or ipvtap interface=%s index=%u",
			plk_words_name(link->name).text, link->index);
		break;
	case PLK_LINK_RENAMED:
		plk_log(PLK_LOG_LINE_INFO, "interface was renamed from=%s interface=%s index=%u",
			plk_words_name(front.iface.name).text, plk_words_name(link->name).text,
			link->index);
		break;
	case PLK_LINK_MTU:
		plk_log(PLK_LOG_LINE_INFO,
			"interface has another MTU from=%u mtu=%u interface=%s index=%u",
			front.iface.mtu, link->mtu, plk_words_name(link->name).text, link->index);
		break;
	default: /* PLK_LINK_NO_CARRIER, PLK_LINK_CARRIER */
		plk_words_carrier(link->state == PLK_LINK_CARRIER);
	}
}

static const char *
label_of(uint64_t port)
{
	return port < PLK_PORTS_MAX && front.ports[port].used ? front.ports[port].label : "?";
}

/* Where an address is. */
static const char *
place_of(uint64_t port)
{
	return port == PLK_PORTS_MAX ? "interface" : label_of(port);
}

/* Why a process ends itself. */
static void
end_log(const char *from, const struct plk_msg_event *e)
{
	switch (e->code) {
	case PLK_EVENT_BAD_MESSAGE:
		plk_log(PLK_LOG_LINE_ERROR,
			"%s got a message that is not permitted: %s: %s (%llu bytes)", from,
			plk_msg_name((unsigned)e->a), plk_err_text((enum plk_err)e->b),
			(unsigned long long)e->c);
		break;
	case PLK_EVENT_MEMORY:
		plk_log(PLK_LOG_LINE_ERROR,
			"no memory for the queues of all clients (%llu bytes): %s; "
			"make --clients or --queue smaller",
			(unsigned long long)e->c, plk_words_error(e->b));
		break;
	case PLK_EVENT_SYSTEM:
		plk_log(PLK_LOG_LINE_ERROR, "%s gives up at line %llu: %s", from,
			(unsigned long long)e->a, plk_words_error(e->b));
		break;
	case PLK_EVENT_CONFINE:
		plk_log(PLK_LOG_LINE_ERROR, "%s %s: %s", from, plk_words_step((unsigned)e->a),
			plk_words_error(e->b));
		break;
	default:
		plk_log(PLK_LOG_LINE_ERROR, "%s sent an unknown event code=%u", from, e->code);
	}
}

/* What the guard of a port refused. */
static void
guard_log(const struct plk_msg_event *e)
{
	static const char *const wheres[PLK_WHERES] = {
		[PLK_WHERE_SOURCE] = "source",
		[PLK_WHERE_ARP] = "ARP sender",
		[PLK_WHERE_ND] = "neighbour discovery option",
	};
	const unsigned high = (unsigned)(e->c >> 32 & 0xffff);
	const unsigned low = (unsigned)(e->c & 0xffffffff);

	switch (e->code) {
	case PLK_EVENT_REFUSED_MAC:
		plk_log(PLK_LOG_LINE_WARNING,
			"frame refused by mac=: %s %02x:%02x:%02x:%02x:%02x:%02x remote=%s",
			e->b < PLK_WHERES ? wheres[e->b] : "?", high >> 8, high & 0xff, low >> 24,
			low >> 16 & 0xff, low >> 8 & 0xff, low & 0xff, label_of(e->a));
		break;
	case PLK_EVENT_REFUSED_VLAN:
		plk_log(PLK_LOG_LINE_WARNING, "frame refused by vlan=: VLAN %llu%s remote=%s",
			(unsigned long long)e->b, e->b == 0 ? " (untagged)" : "", label_of(e->a));
		break;
	case PLK_EVENT_REFUSED_RATE:
		plk_log(PLK_LOG_LINE_WARNING,
			"frames refused by rate=: %llu since this was last said remote=%s",
			(unsigned long long)e->b, label_of(e->a));
		break;
	default: /* PLK_EVENT_UNJUDGED */
		plk_log(PLK_LOG_LINE_WARNING, "frame refused by %s: it %s remote=%s",
			e->c ? "vlan=" : "mac=", plk_err_text((enum plk_err)e->b), label_of(e->a));
	}
}

/* What became of frames; or the end. */
static void
frame_log(const char *from, const struct plk_msg_event *e)
{
	switch (e->code) {
	case PLK_EVENT_RX_ERROR:
		plk_log(PLK_LOG_LINE_WARNING, "cannot receive: %s class=%s", plk_words_error(e->b),
			plk_words_class((unsigned)e->a));
		break;
	case PLK_EVENT_RX_DEAD:
		plk_log(PLK_LOG_LINE_WARNING,
			"a frame that no header describes ended latency=low: latency=bulk until "
			"the "
			"next start class=%s",
			plk_words_class((unsigned)e->a));
		break;
	case PLK_EVENT_TX_ERROR:
		plk_log(PLK_LOG_LINE_WARNING,
			"frame dropped, and counted: cannot send: %s bytes=%llu mtu=%u",
			plk_words_error(e->b), (unsigned long long)e->c, front.iface.mtu);
		break;
	case PLK_EVENT_BAD_HEADER:
		plk_log(PLK_LOG_LINE_WARNING, "frame dropped: %s remote=%s",
			plk_err_text((enum plk_err)e->b), label_of(e->a));
		break;
	case PLK_EVENT_REFUSED_MAC:
	case PLK_EVENT_REFUSED_VLAN:
	case PLK_EVENT_REFUSED_RATE:
	case PLK_EVENT_UNJUDGED:
		guard_log(e);
		break;
	case PLK_EVENT_MOVED:
		plk_log(PLK_LOG_LINE_INFO,
			"address moved mac=%02x:%02x:%02x:%02x:%02x:%02x from=%s to=%s",
			(unsigned)(e->c >> 40 & 0xff), (unsigned)(e->c >> 32 & 0xff),
			(unsigned)(e->c >> 24 & 0xff), (unsigned)(e->c >> 16 & 0xff),
			(unsigned)(e->c >> 8 & 0xff), (unsigned)(e->c & 0xff), place_of(e->b),
			place_of(e->a));
		break;
	default:
		end_log(from, e);
	}
}

void
plk_words_event(enum plk_lines kind, const struct plk_msg_event *e)
{
	const char *from = kind == PLK_LINES_WORKER ? "worker" : "broker";

	if (!plk_lines_may(kind, e->code))
		return;
	switch (e->code) {
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
			plk_words_error(e->b), label_of(e->a));
		break;
	case PLK_EVENT_IGNORED:
		plk_log(PLK_LOG_LINE_WARNING,
			"a client sends to a capture port: ignored (inject and attach take frames) "
			"remote=%s",
			label_of(e->a));
		break;
	default:
		frame_log(from, e);
	}
}

const char *
plk_words_counter(enum plk_counter counter)
{
	static const char *const names[PLK_COUNTERS] = {
#define X(id, name) [PLK_COUNTER_##id] = (name),
		PLK_COUNTER_TABLE(X)
#undef X
	};

	return names[counter];
}

void
plk_words_counters(const uint64_t *values)
{
	uint8_t line[PLK_COUNTERS * COUNTER_BYTES];
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){line, sizeof line});
	for (size_t i = 0; i < PLK_COUNTERS; i++) {
		if (values[i] == 0)
			continue;
		plk_writer_char(&w, ' ');
		plk_writer_str(&w, plk_words_counter((enum plk_counter)i));
		plk_writer_char(&w, '=');
		plk_writer_dec(&w, values[i]);
	}
	plk_writer_cstr(&w);
	plk_log(PLK_LOG_LINE_INFO, "counters%s", w.n > 0 ? (const char *)line : " all zero");
}

void
plk_words_fail(int status, const char *option, struct plk_span text, const char *reason, ...)
{
	uint8_t escaped[4 * TEXT_BYTES + 8];
	char line[sizeof escaped + 1024];
	struct plk_writer w;
	size_t n;
	va_list args;

	plk_writer_init(&w, (struct plk_mspan){escaped, sizeof escaped});
	plk_writer_escaped(&w, text, TEXT_BYTES);
	plk_writer_cstr(&w);
	n = plk_log_written(snprintf(line, sizeof line, "pktlockd: %s%s%s%s%s",
				     option ? option : "", option ? ": " : "", text.p ? "'" : "",
				     text.p ? (const char *)escaped : "", text.p ? "': " : ""),
			    sizeof line);
	va_start(args, reason);
	n += plk_log_written(vsnprintf(line + n, sizeof line - n, reason, args), sizeof line - n);
	va_end(args);
	plk_front_reason(line + strlen("pktlockd: "));
	line[n] = '\n'; /* over the NUL */
	if (write(STDERR_FILENO, line, n + 1) < 0)
		exit(status); /* whom could we tell? */
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

/* For a name that no descriptor has. */
static const char *
name_hint(void)
{
	uint32_t index;

	if (!front.listen.has_names)
		return "; a service manager gives names (FileDescriptorName=), and none did: start "
		       "the socket unit, or take the number (pfd:)";
	if (plk_listen_name_find(front.listen.names, front.listen.n_fds, plk_span_str("connection"),
				 &index) != PLK_E_NAME_NONE)
		return "; one is called 'connection': set Accept=no in the socket unit";
	return "; FileDescriptorName= of its socket unit gives a descriptor its name";
}

/* What to do about an inherited descriptor that cannot be used; "" or a phrase that begins with "; ". */
static const char *
inherited_hint(enum plk_err err)
{
	switch (err) {
	case PLK_E_NAME_NONE:
		return name_hint();
	case PLK_E_NAME_SEVERAL:
		return "; each needs a socket unit of its own with a FileDescriptorName= of its "
		       "own, or take them by number (pfd:)";
	case PLK_E_ADOPT_CLOSED:
		return "; whoever starts pktlockd must pass it, as a socket unit or "
		       "systemd-socket-activate does";
	case PLK_E_ADOPT_RANGE:
		return "; those that it passes have the numbers from 3 on";
	case PLK_E_ADOPT_UNCLAIMED:
		return "; a --remote must have it (pfd:, sd:), or it must not be passed (Service= "
		       "of a socket unit)";
	case PLK_E_ADOPT_FILE:
	case PLK_E_ADOPT_TYPE:
		return "; in a socket unit use ListenStream=";
	case PLK_E_ADOPT_FAMILY:
		return "; in a socket unit use ListenStream= with a path";
	case PLK_E_ADOPT_LISTEN:
		return "; whoever passes it must call listen(2)";
	case PLK_E_ADOPT_TWICE:
		return "; each remote needs a socket of its own";
	default:
		return "";
	}
}

void
plk_words_fail_at(const char *option, struct plk_span text, enum plk_err err, size_t at)
{
	plk_words_fail(2, option, text, "%s%s at byte %zu%s", plk_err_text(err),
		       err == PLK_E_NUM_RANGE ? range_of(option) : "", at, inherited_hint(err));
}
