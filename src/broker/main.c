/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlockd-broker: opens what others may not open, and nothing else.
 *
 * It is the one process that keeps a capability, CAP_NET_RAW, and so reads nothing but messages of
 * fixed size. The front orders; every order is checked against the request table, and looked at
 * again here. Packet sockets go to the worker over a channel of its own, listeners and connections
 * to the front. A message that is not permitted ends the process, and with it the service: a
 * privileged process does not recover.
 *
 * Theory of operation. The front says first where sockets will be made and which TCP ports will be
 * used; with CONFINE the broker closes its sandbox, which permits just that (START -> IFACE). One
 * interface is named once (IFACE -> SETUP). Packet sockets are opened unbound by class, then
 * bound; the broker keeps a copy of each, to bind it again when an interface of that name comes
 * back, and to hand it to the next worker. The interface is followed by its number while it is
 * there, whatever it is called then; when it went, one is waited for of the name that it had at the
 * start, which is what the operator wrote, and what a restart would look for. The filter of the capture classes comes in parts
 * before they are opened, and is checked again here. Remotes are made known until SEAL (SETUP -> RUN); after
 * it only connections to known targets are made, by index. If RUNTIME was said before CONFINE, remotes go on to come and go
 * (SETUP -> OPEN): paths in the directories that were named, and any TCP port.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if_arp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/channel.h"
#include "os/fd.h"
#include "os/listener.h"
#include "os/loop.h"
#include "os/packet.h"
#include "os/process.h"
#include "os/rtnl.h"
#include "os/tap.h"
#include "sandbox/sandbox.h"

#define TAPS_MAX 8        /* inherited TAPs; one of them can be the interface */
#define SOCKET_UMASK 0117 /* socket files get mode 0660 when bind() makes them */

struct tap {
	uint32_t number; /* of the descriptor as it was inherited */
	enum plk_netns netns;
	int fd;
};

struct packet {
	int fd; /* our copy; -1 if the class is not open */
	bool bound;
	bool promisc;
	enum plk_direction direction; /* of a receiver: what its ports want together */
};

/* Where an active remote connects to. */
struct target {
	enum { TARGET_NONE, TARGET_UNIX, TARGET_INET } kind;
	char path[PLK_PATH_FIELD];
	struct plk_inet inet;
};

/* Where socket files are made, or only connected to: then its descriptor is -1. */
struct directory {
	char path[PLK_PATH_FIELD];
	int fd; /* O_PATH, until the sandbox is closed */
};

/* socket files: of each port, and that of control clients */
#define CONTROL_FILE PLK_PORTS_MAX
#define FILES (PLK_PORTS_MAX + 1)

static struct broker {
	struct plk_loop loop;
	enum plk_stage stage;
	struct plk_msg_confined confined;
	bool is_runtime;
	struct directory directories[PLK_DIRECTORIES_MAX];
	size_t n_directories;
	uint16_t connect_ports[PLK_PORTS_MAX]; /* TCP */
	size_t n_connect_ports;
	uint16_t bind_ports[PLK_PORTS_MAX]; /* TCP */
	size_t n_bind_ports;
	struct plk_channel_end supervisor;
	struct plk_channel_end front;
	int worker;          /* channel; -1 while there is none */
	bool worker_has_all; /* packet sockets */
	struct plk_watch supervisor_watch;
	struct plk_watch front_watch;
	struct plk_watch rtnl_watch;
	int rtnl;         /* hears of changes */
	int rtnl_request; /* looks up */
	uint32_t mark;
	struct tap taps[TAPS_MAX];
	size_t n_taps;
	const struct tap *tap; /* the interface, if it was named so */
	struct plk_rtnl_link link;
	char name[PLK_NAME_FIELD]; /* at the start */
	int unfit;                 /* number of one of that name that cannot be used, and said so */
	bool promisc;
	struct packet packets[PLK_CLASSES];
	uint8_t filter[PLK_BPF_BYTES]; /* of the capture classes, as it came so far */
	size_t filter_bytes;           /* 0: there is none */
	struct target targets[PLK_PORTS_MAX];
	struct plk_socket_file files[FILES]; /* the path is empty where there is none */
} broker;

static void
file_remove(size_t i)
{
	if (broker.files[i].path[0] != '\0')
		plk_socket_file_remove(&broker.files[i]);
	broker.files[i].path[0] = '\0';
}

static void
files_remove(void)
{
	for (size_t i = 0; i < FILES; i++)
		file_remove(i);
}

static _Noreturn void
leave(int status)
{
	files_remove();
	exit(status);
}

static void
tell_front(const struct plk_msg *msg)
{
	int error = plk_channel_send(broker.front.fd, msg, -1);

	if (error < 0 && !plk_channel_is_gone(error)) /* gone: see front_read() */
		leave(EXIT_FAILURE);
}

/* The end, and why, if the front still listens. */
static _Noreturn void
give_up(enum plk_event code, uint64_t a, uint64_t b, uint64_t c)
{
	const struct plk_msg event = {
		.type = PLK_MSG_EVENT,
		.u.event = {.code = (uint16_t)code, .a = a, .b = b, .c = c},
	};

	if (broker.front.fd >= 0)
		(void)plk_channel_send(broker.front.fd, &event, -1); /* we end in any case */
	leave(code == PLK_EVENT_BAD_MESSAGE ? plk_rules_status((unsigned)a) : EXIT_FAILURE);
}

static _Noreturn void
refuse(const struct plk_received *received)
{
	give_up(PLK_EVENT_BAD_MESSAGE, received->type, received->err, received->n);
}

/* A message that is permitted, but says what cannot be. */
static _Noreturn void
too_much(const struct plk_msg *msg)
{
	give_up(PLK_EVENT_BAD_MESSAGE, msg->type, PLK_E_LIMIT, plk_msg_size(msg->type));
}

/* ---- what will be needed, before the sandbox is closed ---- */

/* A directory that cannot be opened is no error yet: making a socket in it will be one, with a reason. */
static void
answer_allow_directory(const struct plk_msg *msg)
{
	const struct plk_msg_allow_directory *allow = &msg->u.allow_directory;
	struct directory *directory = &broker.directories[broker.n_directories];

	if (broker.n_directories == PLK_DIRECTORIES_MAX)
		too_much(msg);
	memcpy(directory->path, allow->path, sizeof directory->path);
	directory->fd = allow->make ? open(allow->path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	broker.n_directories++;
}

/* Whether a path lies in a directory that was named, and not deeper. Where sockets are made, Landlock sees to it as well; of
 * connections it knows nothing. */
static bool
is_allowed(const char *path)
{
	const char *last = strrchr(path, '/');
	const size_t n = !last ? 0 : last == path ? 1 : (size_t)(last - path);

	for (size_t i = 0; i < broker.n_directories && n > 0; i++) {
		const char *directory = broker.directories[i].path;

		if (strlen(directory) == n && memcmp(directory, path, n) == 0)
			return true;
	}
	return false;
}

static void
answer_runtime(const struct plk_msg *msg)
{
	(void)msg;
	broker.is_runtime = true;
}

static void
answer_allow_tcp(const struct plk_msg *msg)
{
	const struct plk_msg_allow_tcp *allow = &msg->u.allow_tcp;
	uint16_t *ports = allow->connect ? broker.connect_ports : broker.bind_ports;
	size_t *n = allow->connect ? &broker.n_connect_ports : &broker.n_bind_ports;

	if (*n == PLK_PORTS_MAX)
		too_much(msg);
	ports[(*n)++] = allow->port;
}

static void
answer_confine(const struct plk_msg *msg)
{
	(void)msg;
	broker.stage = PLK_STAGE_IFACE; /* see main() */
}

/* ---- interface ---- */

static bool
is_ethernet(const struct plk_rtnl_link *link)
{
	return link->type == ARPHRD_ETHER || link->type == ARPHRD_LOOPBACK;
}

/* macvtap and ipvtap: what goes to the guest is incoming on them, and sending leaves on the
 * lower device. */
static bool
is_inverted(const struct plk_rtnl_link *link)
{
	return strcmp(link->kind, "macvtap") == 0 || strcmp(link->kind, "ipvtap") == 0;
}

static enum plk_link_kind
kind_of(const struct plk_rtnl_link *link)
{
	if (strcmp(link->kind, "tun") == 0)
		return PLK_LINK_TAP; /* a TUN has no Ethernet frames, and was refused */
	if (strcmp(link->kind, "bridge") == 0)
		return PLK_LINK_BRIDGE;
	return strcmp(link->kind, "veth") == 0 ? PLK_LINK_VETH : PLK_LINK_OTHER;
}

/* A name may have control characters, which no message may. */
static void
name_print(const struct plk_rtnl_link *link, char out[PLK_NAME_FIELD])
{
	memcpy(out, link->name, PLK_NAME_FIELD);
	for (char *p = out; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	}
}

static void
answer_iface(enum plk_step step, int error)
{
	struct plk_msg msg = {
		.type = PLK_MSG_IFACE_IS,
		.u.iface_is = {.step = (uint8_t)step,
			       .error = (uint32_t)-error,
			       .index = (uint32_t)broker.link.index,
			       .is_up = broker.link.is_up,
			       .has_carrier = broker.link.has_carrier,
			       .kind = (uint8_t)kind_of(&broker.link),
			       .mtu = broker.link.mtu},
	};

	name_print(&broker.link, msg.u.iface_is.name);
	tell_front(&msg);
}

static void news_read(void);

static void
iface_open(const char *name)
{
	struct plk_rtnl_link link;
	int error;

	news_read(); /* what is older than the answer must not be taken for newer */
	error = plk_rtnl_find(broker.rtnl_request, 0, name, &link);
	if (error < 0) {
		answer_iface(PLK_STEP_INTERFACE, error);
	} else if (is_inverted(&link)) {
		answer_iface(PLK_STEP_INVERTED, 0);
	} else if (!is_ethernet(&link)) {
		answer_iface(PLK_STEP_KIND, 0);
	} else {
		broker.link = link;
		/* of one that is down the kernel does not say */
		broker.link.has_carrier |= !link.is_up;
		memcpy(broker.name, link.name, sizeof broker.name);
		/* not before: without an interface nothing is opened */
		broker.stage = PLK_STAGE_SETUP;
		answer_iface(PLK_STEP_NONE, 0);
	}
}

static void
answer_iface_name(const struct plk_msg *msg)
{
	iface_open(msg->u.iface_name.name);
}

static const struct tap *
tap_find(uint32_t number)
{
	for (size_t i = 0; i < broker.n_taps; i++) {
		if (broker.taps[i].number == number)
			return &broker.taps[i];
	}
	return NULL;
}

/* Whether the interface that has the TAP's name here is the TAP: the name alone says nothing, since it is that of the TAP's own
 * network namespace. */
static enum plk_step
tap_is_here(const struct tap *tap, const char *name)
{
	struct plk_rtnl_link link;
	uint8_t mac[PLK_ETH_ADDR];

	if (tap->netns == PLK_NETNS_OTHER)
		return PLK_STEP_NETNS;
	if (tap->netns == PLK_NETNS_OURS)
		return PLK_STEP_NONE;
	if (plk_rtnl_find(broker.rtnl_request, 0, name, &link) < 0)
		return PLK_STEP_NETNS;
	if (plk_tap_mac(tap->fd, mac) < 0 || memcmp(mac, link.mac, sizeof mac) != 0)
		return PLK_STEP_MAC;
	return PLK_STEP_NONE;
}

static void
answer_iface_tap(const struct plk_msg *msg)
{
	char name[PLK_NAME_FIELD];
	enum plk_step step;
	int error;

	broker.tap = tap_find(msg->u.iface_tap.number);
	if (!broker.tap) {
		answer_iface(PLK_STEP_INTERFACE, -ENOTTY);
		return;
	}
	error = plk_tap_name(broker.tap->fd, name);
	if (error < 0) {
		answer_iface(PLK_STEP_INTERFACE, error);
		return;
	}
	step = tap_is_here(broker.tap, name);
	if (step != PLK_STEP_NONE)
		answer_iface(step, 0);
	else
		iface_open(name);
}

/* ---- packet sockets ---- */

static void
answer_done(enum plk_msg_type request, enum plk_class class, enum plk_step step, int error)
{
	const struct plk_msg msg = {
		.type = PLK_MSG_DONE,
		.u.done = {.request = (uint8_t)request,
			   .class = (uint8_t) class,
			   .step = (uint8_t)(error < 0 ? step : PLK_STEP_NONE),
			   .error = (uint32_t)-error},
	};

	tell_front(&msg);
}

static bool is_filtered(enum plk_class class)
{
	return class < PLK_CLASS_RX && !plk_class_is_attach(class);
}

static bool
filter_is_used(void)
{
	for (int i = 0; i < PLK_CLASS_RX; i++) {
		if (is_filtered((enum plk_class)i) && broker.packets[i].fd >= 0)
			return true;
	}
	return false;
}

static void
answer_filter(const struct plk_msg *msg)
{
	const size_t bytes = (size_t)msg->u.filter.n * PLK_BPF_INSN;

	if (filter_is_used() || bytes > sizeof broker.filter - broker.filter_bytes)
		too_much(msg);
	memcpy(broker.filter + broker.filter_bytes, msg->u.filter.code, bytes);
	broker.filter_bytes += bytes;
	answer_done(PLK_MSG_FILTER, PLK_CLASS_CAPTURE_BULK, PLK_STEP_FILTER, 0);
}

/* The filter of a class; NULL for none. */
static const struct plk_bpf *filter_of(enum plk_class class)
{
	static struct plk_bpf program;
	enum plk_err err;

	if (!is_filtered(class) || broker.filter_bytes == 0)
		return NULL;
	err = plk_bpf_parse((struct plk_span){broker.filter, broker.filter_bytes}, &program);
	if (err != PLK_OK)
		give_up(PLK_EVENT_BAD_MESSAGE, PLK_MSG_FILTER, err, broker.filter_bytes);
	return &program;
}

static void
answer_open(const struct plk_msg *msg)
{
	const enum plk_class class = (enum plk_class)msg->u.open.class;
	const struct plk_packet_want want = {
		.class = class,
		.mark = broker.mark,
		.direction = (enum plk_direction)msg->u.open.direction,
		.filter = filter_of(class),
	};
	enum plk_step step = PLK_STEP_NONE;
	int error = -EALREADY;

	if (broker.packets[class].fd < 0)
		error = plk_packet_open(&want, &broker.packets[class].fd, &step);
	answer_done(PLK_MSG_OPEN, class, step, error);
}

/* A TAP may have been renamed since: its own answer counts. */
static int
tap_name_verify(void)
{
	char name[PLK_NAME_FIELD];

	if (!broker.tap)
		return 0;
	if (plk_tap_name(broker.tap->fd, name) < 0 || strcmp(name, broker.link.name) != 0)
		return -ESTALE;
	return 0;
}

/* A receiver of attach asks for all frames while a client is there, once for the two of low latency; its wish ends with the
 * interface. */
static bool is_promisc(enum plk_class class)
{
	return plk_class_is_attach(class) && !plk_class_is_long(class);
}

static int
promisc_set(struct packet *packet, bool on)
{
	int error;

	if (packet->promisc == on)
		return 0;
	error = plk_packet_promisc(packet->fd, broker.link.index, on);
	if (error == 0)
		packet->promisc = on;
	return error;
}

/* A TAP whose reader sleeps loses frames silently, unless its qdisc is bypassed. The interface
 * that comes back need not be a TAP again. */
static int
sender_bypass(const struct packet *packet, enum plk_step *step)
{
	*step = PLK_STEP_OPTION;
	return plk_packet_bypass(packet->fd, kind_of(&broker.link) == PLK_LINK_TAP);
}

/* Ports come and go, and with them who wants what goes out. */
static int
receiver_direction(const struct packet *packet, enum plk_step *step)
{
	*step = PLK_STEP_OPTION;
	return plk_packet_incoming(packet->fd, packet->direction == PLK_DIRECTION_IN);
}

static int
packet_bind(struct packet *packet, enum plk_class class, enum plk_step *step)
{
	int error = class >= PLK_CLASS_RX ? sender_bypass(packet, step)
					  : receiver_direction(packet, step);

	if (error == 0)
		error = plk_packet_bind(packet->fd, class < PLK_CLASS_RX, broker.link.index,
					broker.link.name, step);
	if (error == 0)
		error = tap_name_verify();
	if (error == 0 && is_promisc(class))
		error = promisc_set(packet, broker.promisc);
	return error;
}

static void name_take(const struct plk_rtnl_link *link);

/* As packet_bind(), for an interface that comes and goes. One that was made is often renamed at once. */
static int
packet_bind_now(struct packet *packet, enum plk_class class, enum plk_step *step)
{
	struct plk_rtnl_link now;
	int error = broker.link.gone ? -ENODEV : packet_bind(packet, class, step);

	if (error != -ESTALE)
		return error;
	error = plk_rtnl_find(broker.rtnl_request, broker.link.index, NULL, &now);
	if (error < 0)
		return error;
	name_take(&now);
	return packet_bind(packet, class, step);
}

static void
answer_bind(const struct plk_msg *msg)
{
	const enum plk_class class = (enum plk_class)msg->u.bind.class;
	struct packet *packet = &broker.packets[class];
	enum plk_step step = PLK_STEP_BIND;
	int error = -EBADF;

	news_read(); /* so that the front hears first what became of the interface */
	if (packet->fd >= 0) {
		packet->direction = (enum plk_direction)msg->u.bind.direction;
		error = packet_bind_now(packet, class, &step);
		packet->bound = error == 0;
		if (error < 0)
			plk_packet_silence(
				packet->fd,
				class < PLK_CLASS_RX); /* it may be bound, and to another */
	}
	answer_done(PLK_MSG_BIND, class, step, error);
}

/* No port takes from the class any more. */
static void
answer_silence(const struct plk_msg *msg)
{
	const enum plk_class class = (enum plk_class)msg->u.silence.class;
	struct packet *packet = &broker.packets[class];
	int error = -EBADF;

	news_read();
	if (packet->fd >= 0) {
		plk_packet_silence(packet->fd, class < PLK_CLASS_RX);
		error = packet->promisc ? promisc_set(packet, false) : 0;
		packet->bound = false;
	}
	answer_done(PLK_MSG_SILENCE, class, PLK_STEP_OPTION, error);
}

static void
answer_promisc(const struct plk_msg *msg)
{
	int error = 0;

	news_read();
	broker.promisc = msg->u.promisc.on;
	for (int i = 0; i < PLK_CLASS_RX; i++) {
		struct packet *packet = &broker.packets[i];

		/* one that could not be bound again may still be what it was */
		if ((packet->bound || packet->promisc) && is_promisc((enum plk_class)i) &&
		    error == 0)
			error = promisc_set(packet, broker.promisc);
	}
	answer_done(PLK_MSG_PROMISC, PLK_CLASS_ATTACH_LOW, PLK_STEP_OPTION, error);
}

static void supervisor_read(void *ctx, uint32_t events);

/* When workers die faster than we are asked, the order for one finds the channel to the next: that has all when its own order
 * comes. */
static void
answer_handout(const struct plk_msg *msg)
{
	int error;

	(void)msg;
	/* the channel to a new worker was sent before the front could ask */
	supervisor_read(NULL, 0);
	error = broker.worker < 0 ? -EPIPE : 0;
	for (int i = 0; i < PLK_CLASSES && error == 0 && !broker.worker_has_all; i++) {
		const struct plk_packet_ring ring = plk_packet_ring((enum plk_class)i);
		const struct plk_msg packet = {
			.type = PLK_MSG_PACKET,
			.u.packet = {.class = (uint8_t)i,
				     .block_bytes = ring.unit_bytes,
				     .n_blocks = ring.n_units},
		};

		/* bound or not: an interface may be on its way back, and the socket is bound again here */
		if (broker.packets[i].fd >= 0)
			error = plk_channel_send(broker.worker, &packet, broker.packets[i].fd);
	}
	broker.worker_has_all |= error == 0;
	answer_done(PLK_MSG_HANDOUT, PLK_CLASS_CAPTURE_BULK, PLK_STEP_HANDOUT, error);
}

/* Who has the last descriptor of a packet socket waits in the kernel while that is closed: some ten milliseconds for each. Of every
 * second one that shall be the worker, which ends when we do: so the next daemon waits half as long for both of us. */
static void
packets_share(void)
{
	bool ours = false;

	for (int i = 0; i < PLK_CLASSES; i++) {
		struct packet *packet = &broker.packets[i];

		if (packet->fd < 0)
			continue;
		ours = !ours;
		if (!ours)
			plk_fd_close(&packet->fd);
	}
}

/* An interface that is not there has counted nothing. */
static void
answer_count(const struct plk_msg *msg)
{
	struct plk_msg counted = {.type = PLK_MSG_COUNTED};
	struct plk_rtnl_link link;

	if (broker.link.index > 0 && !broker.link.gone &&
	    plk_rtnl_find(broker.rtnl_request, broker.link.index, NULL, &link) == 0)
		counted.u.counted = (struct plk_msg_counted){.ifindex = (uint32_t)link.index,
							     .rx_frames = link.rx_frames,
							     .tx_frames = link.tx_frames};
	tell_front(&counted);
	if (msg->u.count.last)
		packets_share();
}

/* ---- stream sockets ---- */

static struct plk_msg
socket_msg(enum plk_msg_type type, uint16_t port, enum plk_step step, int error)
{
	struct plk_msg msg = {.type = type};
	const struct plk_msg_listening answer = {
		.port = port,
		.step = (uint8_t)(error < 0 ? step : PLK_STEP_NONE),
		.error = (uint32_t)-error,
	};

	if (type == PLK_MSG_LISTENING)
		msg.u.listening = answer;
	else
		msg.u.connecting =
			(struct plk_msg_connecting){answer.port, answer.step, answer.error};
	return msg;
}

/* @file: its socket file, which is none if the front does not get the socket; -1 if it has none */
static void
answer_socket(enum plk_msg_type type, uint16_t port, int file, enum plk_step step, int error,
	      int *fd)
{
	struct plk_msg msg = socket_msg(type, port, step, error);

	if (error < 0) {
		tell_front(&msg);
		return;
	}
	error = plk_channel_send(broker.front.fd, &msg, *fd);
	plk_fd_close(fd);
	if (error == -ETOOMANYREFS) { /* too many on their way: sandbox.h */
		if (file >= 0)
			file_remove((size_t)file); /* the port is another's next */
		msg = socket_msg(type, port, PLK_STEP_SOCKET, error);
		tell_front(&msg);
	} else if (error < 0 && !plk_channel_is_gone(error)) {
		leave(EXIT_FAILURE);
	}
}

static void
answer_listen_unix(const struct plk_msg *msg)
{
	const uint16_t port = msg->u.listen_unix.port;
	struct plk_socket_file *file = &broker.files[port];
	enum plk_step step = PLK_STEP_NONE;
	int made = -1;
	int error;

	if (!is_allowed(msg->u.listen_unix.path) || file->path[0] != '\0')
		too_much(msg);
	error = plk_listen_unix(msg->u.listen_unix.path, &made, file, &step);
	answer_socket(PLK_MSG_LISTENING, port, port, step, error, &made);
}

static void
answer_listen_control(const struct plk_msg *msg)
{
	enum plk_step step = PLK_STEP_NONE;
	int made = -1;
	int error;

	if (!is_allowed(msg->u.listen_control.path))
		too_much(msg);
	error = plk_listen_unix(msg->u.listen_control.path, &made, &broker.files[CONTROL_FILE],
				&step);
	answer_socket(PLK_MSG_LISTENING, 0, CONTROL_FILE, step, error, &made);
}

static struct plk_inet
inet_from(const struct plk_msg_listen_tcp *m)
{
	struct plk_inet inet = {.is_v6 = m->is_v6, .port = m->tcp_port};

	memcpy(inet.addr, m->addr, sizeof inet.addr);
	memcpy(inet.zone, m->zone, sizeof inet.zone);
	return inet;
}

static void
answer_listen_tcp(const struct plk_msg *msg)
{
	const struct plk_inet inet = inet_from(&msg->u.listen_tcp);
	enum plk_step step = PLK_STEP_NONE;
	int made = -1;
	int error = plk_listen_inet(&inet, &made, &step);

	answer_socket(PLK_MSG_LISTENING, msg->u.listen_tcp.port, -1, step, error, &made);
}

static void
answer_target_unix(const struct plk_msg *msg)
{
	struct target *target = &broker.targets[msg->u.target_unix.port];

	if (!is_allowed(msg->u.target_unix.path))
		too_much(msg);
	target->kind = TARGET_UNIX;
	memcpy(target->path, msg->u.target_unix.path, sizeof target->path);
}

static void
answer_target_tcp(const struct plk_msg *msg)
{
	struct target *target = &broker.targets[msg->u.target_tcp.port];

	target->kind = TARGET_INET;
	target->inet = inet_from(&msg->u.listen_tcp); /* the same fields: see ipc/msg.h */
}

static void
answer_connect(const struct plk_msg *msg)
{
	const struct target *target = &broker.targets[msg->u.connect.port];
	enum plk_step step = PLK_STEP_CONNECT;
	int made = -1;
	int error = -ENOTCONN;

	if (target->kind == TARGET_UNIX)
		error = plk_connect_unix(target->path, &made, &step);
	else if (target->kind == TARGET_INET)
		error = plk_connect_inet(&target->inet, &made, &step);
	answer_socket(PLK_MSG_CONNECTING, msg->u.connect.port, -1, step, error, &made);
}

static void
answer_forget(const struct plk_msg *msg)
{
	file_remove(msg->u.forget.port);
	broker.targets[msg->u.forget.port].kind = TARGET_NONE;
	answer_done(PLK_MSG_FORGET, PLK_CLASS_CAPTURE_BULK, PLK_STEP_NONE, 0);
}

static void
answer_seal(const struct plk_msg *msg)
{
	(void)msg;
	broker.stage = broker.is_runtime ? PLK_STAGE_OPEN : PLK_STAGE_RUN;
}

/* ---- channels ---- */

typedef void (*answer)(const struct plk_msg *msg);

static const answer answers[PLK_MSG_TYPES] = {
	[PLK_MSG_ALLOW_DIRECTORY] = answer_allow_directory,
	[PLK_MSG_ALLOW_TCP] = answer_allow_tcp,
	[PLK_MSG_RUNTIME] = answer_runtime,
	[PLK_MSG_CONFINE] = answer_confine,
	[PLK_MSG_IFACE_NAME] = answer_iface_name,
	[PLK_MSG_IFACE_TAP] = answer_iface_tap,
	[PLK_MSG_LISTEN_UNIX] = answer_listen_unix,
	[PLK_MSG_LISTEN_TCP] = answer_listen_tcp,
	[PLK_MSG_LISTEN_CONTROL] = answer_listen_control,
	[PLK_MSG_TARGET_UNIX] = answer_target_unix,
	[PLK_MSG_TARGET_TCP] = answer_target_tcp,
	[PLK_MSG_CONNECT] = answer_connect,
	[PLK_MSG_FILTER] = answer_filter,
	[PLK_MSG_OPEN] = answer_open,
	[PLK_MSG_BIND] = answer_bind,
	[PLK_MSG_SILENCE] = answer_silence,
	[PLK_MSG_FORGET] = answer_forget,
	[PLK_MSG_PROMISC] = answer_promisc,
	[PLK_MSG_HANDOUT] = answer_handout,
	[PLK_MSG_SEAL] = answer_seal,
	[PLK_MSG_COUNT] = answer_count,
};

static void
front_read(void *ctx, uint32_t events)
{
	struct plk_received received;
	int got = plk_channel_receive(&broker.front, broker.stage, &received);

	(void)ctx;
	(void)events;
	if (got == -EBADMSG)
		refuse(&received);
	if (plk_channel_is_gone(got)) /* the supervisor sees it too, and ends us */
		plk_watch_remove(&broker.loop, &broker.front_watch);
	else if (got < 0)
		give_up(PLK_EVENT_SYSTEM, __LINE__, (uint64_t)-got, 0);
	if (got > 0)
		answers[received.msg.type](&received.msg); /* none of them carries a descriptor */
}

static void
channel_take(enum plk_peer peer, int *fd)
{
	if (peer == PLK_PEER_WORKER) {
		plk_fd_close(&broker.worker);
		broker.worker = plk_fd_take(fd);
		broker.worker_has_all = false;
		return;
	}
	if (peer != PLK_PEER_FRONT || broker.front.fd >= 0)
		leave(EXIT_FAILURE);
	if (plk_fd_place(fd, PLK_BROKER_FD_FRONT) < 0)
		leave(EXIT_FAILURE);
	*fd = PLK_BROKER_FD_FRONT;
	plk_channel_end_init(&broker.front, fd, PLK_CHANNEL_FRONT_BROKER);
	if (plk_watch_add(&broker.loop, &broker.front_watch, broker.front.fd, EPOLLIN) < 0)
		leave(EXIT_FAILURE);
}

static void
tap_take(const struct plk_msg_tap *msg, int *fd)
{
	if (broker.n_taps == TAPS_MAX) {
		plk_fd_close(fd);
		return;
	}
	broker.taps[broker.n_taps++] = (struct tap){
		.number = msg->number,
		.netns = (enum plk_netns)msg->netns,
		.fd = plk_fd_take(fd),
	};
}

static void
supervisor_read(void *ctx, uint32_t events)
{
	struct plk_received received;
	int got;

	(void)ctx;
	(void)events;
	while ((got = plk_channel_receive(&broker.supervisor, broker.stage, &received)) > 0) {
		if (received.msg.type == PLK_MSG_TAP)
			tap_take(&received.msg.u.tap, &received.fd);
		else
			channel_take((enum plk_peer)received.msg.u.channel.peer, &received.fd);
	}
	if (got == -EBADMSG)
		refuse(&received);
	if (got < 0)
		leave(plk_channel_is_gone(got) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* ---- what becomes of the interface ---- */

static void
tell_link(enum plk_link state, const struct plk_rtnl_link *link)
{
	struct plk_msg msg = {
		.type = PLK_MSG_LINK,
		.u.link = {.state = (uint8_t)state,
			   .index = (uint32_t)link->index,
			   .is_up = link->is_up,
			   .has_carrier = link->has_carrier,
			   .kind = (uint8_t)kind_of(link),
			   .mtu = link->mtu},
	};

	name_print(link, msg.u.link.name);
	tell_front(&msg);
}

static void
link_gone(void)
{
	broker.link.gone = true;
	for (size_t i = 0; i < PLK_CLASSES; i++) {
		broker.packets[i].bound = false;
		/* the kernel has forgotten it with the interface */
		broker.packets[i].promisc = false;
	}
	tell_link(PLK_LINK_GONE, &broker.link);
}

static void
name_take(const struct plk_rtnl_link *link)
{
	if (strcmp(link->name, broker.link.name) == 0)
		return;
	memcpy(broker.link.name, link->name, sizeof broker.link.name);
	tell_link(PLK_LINK_RENAMED, &broker.link);
}

/* One message for each change, and none for what was said before. */
static void
link_compare(const struct plk_rtnl_link *link)
{
	struct plk_rtnl_link *ours = &broker.link;

	name_take(link);
	if (link->mtu != ours->mtu) {
		ours->mtu = link->mtu;
		tell_link(PLK_LINK_MTU, ours);
	}
	if (link->is_up != ours->is_up) {
		ours->is_up = link->is_up;
		tell_link(link->is_up ? PLK_LINK_UP : PLK_LINK_DOWN, ours);
	}
	if (link->is_up && link->has_carrier != ours->has_carrier) {
		ours->has_carrier = link->has_carrier;
		tell_link(link->has_carrier ? PLK_LINK_CARRIER : PLK_LINK_NO_CARRIER, ours);
	}
}

/* An interface has the name of the one that went: the front orders the sockets to be bound again. */
static void
link_back(const struct plk_rtnl_link *link)
{
	if (broker.tap)
		return; /* a TAP that was given as a descriptor does not come back by its name */
	if (!is_ethernet(link) || is_inverted(link)) {
		if (link->index != broker.unfit)
			tell_link(PLK_LINK_UNFIT, link);
		broker.unfit = link->index;
		return;
	}
	broker.link = *link;
	broker.link.has_carrier = true; /* if not, that is the next message */
	tell_link(PLK_LINK_BACK, &broker.link);
	link_compare(link);
}

static void
by_name_look(void)
{
	struct plk_rtnl_link link;

	if (plk_rtnl_find(broker.rtnl_request, 0, broker.name, &link) == 0)
		link_back(&link);
}

/* One that was renamed may have left its name to another, of which no news will come. */
static void
link_went(void)
{
	bool had_name = strcmp(broker.link.name, broker.name) == 0;

	link_gone();
	if (!had_name)
		by_name_look();
}

/* One that is deleted or leaves is taken down first, and that is told apart: it is one change. The
 * kernel answers when it has finished with it. */
static bool
is_leaving(const struct plk_rtnl_link *link)
{
	struct plk_rtnl_link now;

	return broker.link.is_up && !link->is_up &&
	       plk_rtnl_find(broker.rtnl_request, link->index, NULL, &now) == -ENODEV;
}

static void
link_changed(void *ctx, const struct plk_rtnl_link *link)
{
	(void)ctx;
	if (broker.link.index == 0)
		return; /* no interface yet */
	if (broker.link.gone) {
		if (!link->gone && strcmp(link->name, broker.name) == 0)
			link_back(link);
	} else if (link->index == broker.link.index) {
		if (link->gone)
			link_went();
		else if (!is_leaving(link))
			link_compare(link);
	}
}

/* What is older than what was lost. */
static void
link_ignored(void *ctx, const struct plk_rtnl_link *link)
{
	(void)ctx;
	(void)link;
}

/* Whether the interface never went: one that moved to another network namespace and back has the
 * number that it had. */
static bool
never_went(void)
{
	for (size_t i = 0; i < PLK_CLASSES; i++) {
		const struct packet *packet = &broker.packets[i];

		if (packet->bound && !plk_packet_is_bound(packet->fd, broker.link.index))
			return false;
	}
	return true;
}

/* Changes were lost: look at how things are. */
static void
link_look(void)
{
	struct plk_rtnl_link link;
	int error;

	if (broker.link.index == 0)
		return; /* no interface yet */
	if (!broker.link.gone) {
		error = plk_rtnl_find(broker.rtnl_request, broker.link.index, NULL, &link);
		if (error == 0 && never_went())
			link_compare(&link);
		else if (error == 0 || error == -ENODEV)
			link_gone();
	}
	if (broker.link.gone)
		by_name_look();
}

/* All that there is. */
static void
news_read(void)
{
	bool lost = false;
	int got;

	do {
		got = plk_rtnl_read(broker.rtnl, lost ? link_ignored : link_changed, NULL);
		lost |= got == -ENOBUFS;
	} while (got > 0 || got == -ENOBUFS);
	if (lost)
		link_look();
}

static void
rtnl_read(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	news_read();
}

/* ---- start ---- */

/* A mark of our own, so that two daemons at the two ends of a veth hear each other. */
static int
mark_choose(void)
{
	while (broker.mark == 0) {
		if (getrandom(&broker.mark, sizeof broker.mark, 0) < 0 && errno != EINTR)
			return -errno;
	}
	return 0;
}

static int
rtnl_open(void)
{
	broker.rtnl = plk_rtnl_open();
	if (broker.rtnl < 0)
		return broker.rtnl;
	broker.rtnl_request = plk_rtnl_request_open();
	if (broker.rtnl_request < 0)
		return broker.rtnl_request;
	return plk_watch_add(&broker.loop, &broker.rtnl_watch, broker.rtnl, EPOLLIN);
}

static int
channels_open(void)
{
	int fd = PLK_BROKER_FD_SUPERVISOR; /* where the supervisor put it */

	plk_channel_end_init(&broker.supervisor, &fd, PLK_CHANNEL_SUPERVISOR_BROKER);
	return plk_watch_add(&broker.loop, &broker.supervisor_watch, broker.supervisor.fd, EPOLLIN);
}

static void
init(void)
{
	broker.front.fd = -1;
	broker.worker = -1;
	broker.supervisor_watch.call = supervisor_read;
	broker.front_watch.call = front_read;
	broker.rtnl_watch.call = rtnl_read;
	for (int i = 0; i < PLK_CLASSES; i++)
		broker.packets[i].fd = -1;
	(void)umask(SOCKET_UMASK); /* it cannot fail */
}

/* Serves until the stage is over. */
static void
serve(enum plk_stage stage)
{
	while (broker.stage == stage) {
		if (plk_loop_step(&broker.loop) < 0)
			leave(EXIT_FAILURE);
	}
}

/* Socket files, in directories that were named, and TCP ports that were named; no other file, no signal. */
static int
landlock(void)
{
	struct plk_landlock_rule rules[PLK_DIRECTORIES_MAX];
	struct plk_landlock allow = {
		.rules = rules,
		.any_tcp = broker.is_runtime,
		.connect_ports = broker.connect_ports,
		.n_connect_ports = broker.n_connect_ports,
		.bind_ports = broker.bind_ports,
		.n_bind_ports = broker.n_bind_ports,
	};
	int error;

	for (size_t i = 0; i < broker.n_directories; i++) {
		if (broker.directories[i].fd >= 0)
			rules[allow.n_rules++] = (struct plk_landlock_rule){
				broker.directories[i].fd, PLK_LANDLOCK_SOCKETS};
	}
	error = plk_confine_landlock(&broker.confined, &allow);
	for (size_t i = 0; i < broker.n_directories; i++)
		plk_fd_close(&broker.directories[i].fd);
	return error;
}

static int
limits(void)
{
	return plk_confine_limits(&broker.confined,
				  &(const struct plk_limits){.in_flight = PLK_IN_FLIGHT_BROKER});
}

static void
must(int error, enum plk_step step)
{
	if (error < 0)
		give_up(PLK_EVENT_CONFINE, step, (uint64_t)-error, 0);
}

static void
confined_tell(void)
{
	tell_front(
		&(const struct plk_msg){.type = PLK_MSG_CONFINED, .u.confined = broker.confined});
}

int
main(void)
{
	init();
	plk_process_begin("pktlockd-broker");
	plk_process_ignore_signals();
	if (mark_choose() < 0 || plk_loop_open(&broker.loop) < 0 || channels_open() < 0 ||
	    rtnl_open() < 0)
		return EXIT_FAILURE;
	/* so that there is somebody to tell why we end; nothing of the front's is read yet */
	while (broker.front.fd < 0) {
		if (plk_loop_step(&broker.loop) < 0)
			leave(EXIT_FAILURE);
	}
	must(plk_confine_privileges(), PLK_STEP_PRIVILEGES);
	must(plk_confine_capabilities(&broker.confined, PLK_CAPABILITIES_NET_RAW),
	     PLK_STEP_CAPABILITIES);
	serve(PLK_STAGE_START); /* until the front has said what it will need */
	must(landlock(), PLK_STEP_LANDLOCK);
	must(limits(), PLK_STEP_LIMITS);
	must(plk_confine_dumpable(), PLK_STEP_DUMPABLE);
	plk_confine_memory(&broker.confined);
	must(plk_confine_calls(&broker.confined, PLK_SANDBOX_BROKER), PLK_STEP_CALLS);
	confined_tell();
	serve(PLK_STAGE_IFACE);
	serve(PLK_STAGE_SETUP);
	serve(broker.stage); /* RUN or OPEN, which are the last ones */
	leave(EXIT_SUCCESS);
}
