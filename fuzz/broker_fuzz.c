/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The broker with a hostile front, and a supervisor that may be hostile too: see hostile.h.
 *
 *   input = u8 what fails in the world (bits of enum fails), u8 a gate that cannot be closed (enum
 *           gate; 0 none), then steps
 *   own events: 0 an interface changes (u8 how, see link_event()); 1 u8: what fails from now on
 *
 * Properties of its own: Landlock permits what the front has said, and no more: any TCP port only after RUNTIME; the directories
 * where sockets are to be made alone are opened before the last gate is closed, nothing else before an interface was named; after
 * SEAL no packet socket is opened, and nothing listens unless RUNTIME was said; a socket file is made, or connected to, in a
 * directory that was named, and not deeper; packet sockets are bound to the interface that was named, and to no other, and hear
 * what BIND said, or nothing after SILENCE; nor is it promiscuous then;
 * what becomes of the interface is said once; a filter is on the capture classes alone, and is what was said; connections go where
 * the last TARGET said, and nowhere after FORGET; a socket file is removed once, by FORGET of its port or at the end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <net/if_arp.h>
#include <sys/eventfd.h>

/* The source, not its object: the state is static, and each run must begin with that of a start. */
int broker_main(void);
#define main broker_main
#include "broker/main.c"
#undef main

#include "fakes.h"
#include "hostile.h"

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
mode_t __real_umask(mode_t mask);
mode_t __wrap_umask(mode_t mask);
ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);

enum channel { SUPERVISOR, FRONT, WORKER };

enum fails {
	FAILS_OPEN = 1,
	FAILS_BIND = 2,
	FAILS_PROMISC = 4,
	FAILS_LISTEN = 8, /* and there is no such directory */
	FAILS_CONNECT = 16,
	FAILS_TAP = 32,
	FAILS_NETNS = 64,
	FAILS_FIND = 128, /* with another error than that there is none */
};

#define N_LINKS 6
#define MTU 1500

static const struct plk_rtnl_link links[N_LINKS] = {
	{.index = 2, .type = ARPHRD_ETHER, .is_up = true, .name = "eth0", .mac = {2, 2}},
	{.index = 1, .type = ARPHRD_LOOPBACK, .is_up = true, .name = "lo"},
	{.index = 3, .type = ARPHRD_ETHER, .name = "tap0", .kind = "tun", .mac = {2, 3}},
	{.index = 4, .type = ARPHRD_ETHER, .is_up = true, .name = "br0", .kind = "bridge"},
	{.index = 5, .type = ARPHRD_ETHER, .is_up = true, .name = "mvt0", .kind = "macvtap"},
	{.index = 6, .type = ARPHRD_NONE, .is_up = true, .name = "tun0", .kind = "tun"},
};

/* What the broker was told and what it did, beside its own state. */
static struct world {
	unsigned fails;
	bool named;                     /* an interface was found for it */
	struct plk_msg_link link;       /* what it said last of it */
	bool sealed;                    /* SEAL was permitted */
	char known[64][PLK_NAME_FIELD]; /* names of the interface by its indexes; "": not known */
	int rtnl;
	struct plk_rtnl_link change;
	bool lost;
	bool leaves; /* what is down is about to go */
	int packets[16];
	size_t n_packets;
	uint8_t filter
		[PLK_BPF_BYTES +
		 PLK_FILTER_FIELD]; /* what was said, the part that may be too much included */
	size_t filter_bytes;
	bool has_file[PLK_PORTS_MAX + 1]; /* the last one is control's */
	bool ends;                        /* a socket file was removed that nobody said to FORGET */
	bool runtime;                     /* RUNTIME was permitted */
	struct plk_msg said;              /* the last permitted order */
	char directories[PLK_DIRECTORIES_MAX + 1]
			[PLK_PATH_FIELD]; /* named, with one that may be too many */
	size_t n_named;
	size_t n_directories;                       /* that were opened */
	bool binds[PLK_CLASSES];                    /* a packet socket is bound */
	enum plk_direction directions[PLK_CLASSES]; /* what BIND said last */
	bool only_in[PLK_CLASSES];
	bool kept_promisc; /* it could not be ended */
	uint16_t connect_ports[PLK_PORTS_MAX];
	size_t n_connect_ports;
	uint16_t bind_ports[PLK_PORTS_MAX];
	size_t n_bind_ports;
	struct plk_msg targets[PLK_PORTS_MAX];
} world;

/* ---- interfaces ---- */

static void
know(const struct plk_rtnl_link *link)
{
	CHECK(link->index >= 0 && (size_t)link->index < COUNT(world.known));
	memcpy(world.known[link->index], link->name, sizeof world.known[0]);
}

int
plk_rtnl_open(void)
{
	world.rtnl = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	CHECK(world.rtnl >= 0);
	return world.rtnl;
}

int
plk_rtnl_request_open(void)
{
	return hostile_copy();
}

int
plk_rtnl_find(int fd, int index, const char *name, struct plk_rtnl_link *out)
{
	CHECK(fd == broker.rtnl_request && fakes.sandboxed);
	CHECK(index == 0 || (index == broker.link.index && !broker.link.gone));
	if (index != 0 && world.leaves)
		return -ENODEV;
	CHECK(index != 0 || broker.link.index == 0 ||
	      (strcmp(name, broker.name) == 0 && broker.link.gone));
	if (world.fails & FAILS_FIND)
		return -EIO;
	for (size_t i = 0; i < N_LINKS; i++) {
		if (index != 0 ? index == links[i].index : strcmp(name, links[i].name) == 0) {
			*out = links[i];
			out->has_carrier = out->is_up;
			out->mtu = MTU;
			/* one that was renamed is not called as before */
			if (index != 0 && world.known[index][0])
				memcpy(out->name, world.known[index], sizeof out->name);
			know(out);
			world.named |= links[i].type != ARPHRD_NONE &&
				       strcmp(links[i].kind, "macvtap") != 0;
			return 0;
		}
	}
	return -ENODEV;
}

/* Whether a change is about the interface: by number while it is there, then by name. */
static bool
is_ours(const struct plk_rtnl_link *change)
{
	if (change->gone)
		return false;
	return broker.link.gone ? strcmp(change->name, broker.name) == 0
				: change->index == broker.link.index;
}

/* An interface that comes back has another number: see link_event(). */
int
plk_rtnl_read(int fd, void (*call)(void *ctx, const struct plk_rtnl_link *link), void *ctx)
{
	eventfd_t n;

	CHECK(fd == world.rtnl);
	if (eventfd_read(fd, &n) < 0)
		return 0;
	if (world.lost)
		return -ENOBUFS;
	if (is_ours(&world.change))
		know(&world.change);
	call(ctx, &world.change);
	return 1;
}

/* u8: bits 0-2 which (6: the first, without a carrier, or, not up, about to go; 7: with another MTU), 3 gone, 4 up, 5 another number, 6 another
 * name, 7 changes were lost */
static void
link_event(void)
{
	unsigned how = take_u8(&hostile.in);

	world.change = links[(how & 7) % N_LINKS];
	world.change.gone = how & 8;
	world.change.is_up = how & 16;
	world.change.has_carrier = world.change.is_up && (how & 7) != 6;
	world.change.mtu = (how & 7) == 7 ? MTU + 1 : MTU;
	if (how & 32)
		world.change.index += 16;
	if (how & 64)
		memcpy(world.change.name, "new0", sizeof "new0");
	world.leaves = (how & 7) == 6 && !world.change.is_up;
	world.lost = how & 128;
	CHECK(eventfd_write(world.rtnl, 1) == 0);
}

int
plk_tap_name(int fd, char *name)
{
	CHECK(hostile_is_run(fd));
	if (world.fails & FAILS_TAP)
		return -ENOTTY;
	memcpy(name, "tap0", sizeof "tap0");
	return 0;
}

int
plk_tap_mac(int fd, uint8_t mac[PLK_ETH_ADDR])
{
	CHECK(hostile_is_run(fd));
	if (world.fails & FAILS_NETNS)
		world.named = false; /* it was not the one that was looked up */
	memcpy(mac, links[world.fails & FAILS_NETNS ? 0 : 2].mac, PLK_ETH_ADDR);
	return 0;
}

/* ---- packet sockets ---- */

static enum plk_class
class_of(int fd)
{
	for (int i = 0; i < PLK_CLASSES; i++) {
		if (fd >= 0 && broker.packets[i].fd == fd)
			return (enum plk_class)i;
	}
	CHECK(false);
}

static bool
is_packet(int fd)
{
	for (size_t i = 0; i < world.n_packets; i++) {
		if (world.packets[i] == fd)
			return true;
	}
	return false;
}

static int
socket_fake(int *fd, enum plk_step *step)
{
	int made = hostile_copy();

	*step = PLK_STEP_SOCKET;
	if (made < 0)
		return made;
	*fd = made;
	return 0;
}

/* It is what was said, and good: else nothing is opened. Only what is captured is filtered. */
static void
filter_check(const struct plk_packet_want *want)
{
	static struct plk_bpf program;

	CHECK((want->filter != NULL) == (world.filter_bytes > 0 && want->class < PLK_CLASS_RX &&
					 !plk_class_is_attach(want->class)));
	if (!want->filter)
		return;
	CHECK(plk_bpf_parse((struct plk_span){world.filter, world.filter_bytes}, &program) ==
	      PLK_OK);
	CHECK(want->filter->n == program.n &&
	      memcmp(want->filter->code, program.code, program.n * PLK_BPF_INSN) == 0);
}

int
plk_packet_open(const struct plk_packet_want *want, int *fd, enum plk_step *step)
{
	int error;

	CHECK(fakes.sandboxed && world.named && !world.sealed);
	CHECK(want->mark != 0 && want->class < PLK_CLASSES);
	CHECK(want->direction == world.said.u.open.direction);
	filter_check(want);
	if (world.fails & FAILS_OPEN) {
		*step = PLK_STEP_SOCKET;
		return -EPERM;
	}
	CHECK(world.n_packets < PLK_CLASSES); /* one of each class */
	error = socket_fake(fd, step);
	if (error == 0)
		world.packets[world.n_packets++] = *fd;
	return error;
}

static bool
is_sender(int fd)
{
	return fd == broker.packets[PLK_CLASS_TX].fd || fd == broker.packets[PLK_CLASS_TX_RING].fd;
}

int
plk_packet_bind(int fd, bool rx, int index, const char *name, enum plk_step *step)
{
	CHECK(is_packet(fd) && world.named && name[0]);
	CHECK((size_t)index < COUNT(world.known) && strcmp(world.known[index], name) == 0);
	CHECK(rx == !is_sender(fd));
	CHECK(world.said.type == PLK_MSG_BIND && world.said.u.bind.class == class_of(fd));
	/* nothing is heard that is not wanted, for no moment */
	CHECK(!rx ||
	      world.only_in[class_of(fd)] == (world.said.u.bind.direction == PLK_DIRECTION_IN));
	world.binds[class_of(fd)] = true; /* also if it is found to be bound to another */
	if (world.fails & FAILS_BIND) {
		*step = PLK_STEP_VERIFY;
		return -ESTALE;
	}
	return 0;
}

int
plk_packet_incoming(int fd, bool only)
{
	CHECK(is_packet(fd) && !is_sender(fd));
	world.only_in[class_of(fd)] = only;
	return 0;
}

int
plk_packet_bypass(int fd, bool on)
{
	CHECK(is_packet(fd) && is_sender(fd));
	CHECK(on == (strcmp(broker.link.kind, "tun") == 0));
	return 0;
}

bool
plk_packet_is_bound(int fd, int index)
{
	CHECK(is_packet(fd) && index == broker.link.index);
	return !(world.fails & FAILS_BIND);
}

void
plk_packet_silence(int fd, bool rx)
{
	CHECK(is_packet(fd) && rx == !is_sender(fd));
	world.binds[class_of(fd)] = false;
}

int
plk_packet_promisc(int fd, int index, bool on)
{
	CHECK(is_packet(fd) && !is_sender(fd));
	CHECK((size_t)index < COUNT(world.known) && world.known[index][0]);
	world.kept_promisc |= !on && (world.fails & FAILS_PROMISC);
	return world.fails & FAILS_PROMISC ? -ENODEV : 0;
}

/* ---- stream sockets ---- */

/* What is left of a path without its last name is a directory that was named. */
static bool
is_named(const char *path)
{
	for (size_t i = 0; i < world.n_named; i++) {
		const char *directory = world.directories[i];
		const size_t n = strcmp(directory, "/") == 0 ? 0 : strlen(directory);

		if (strncmp(path, directory, n) == 0 && path[n] == '/' &&
		    !strchr(path + n + 1, '/'))
			return true;
	}
	return false;
}

static void
inet_check(const struct plk_inet *inet, const struct plk_msg *msg)
{
	const struct plk_msg_listen_tcp *m = &msg->u.listen_tcp;

	CHECK(inet->is_v6 == (m->is_v6 == 1) && inet->port == m->tcp_port);
	CHECK(memcmp(inet->addr, m->addr, sizeof inet->addr) == 0);
	CHECK(strcmp(inet->zone, m->zone) == 0);
}

static int
listen_or_fail(enum plk_msg_type type, int *fd, enum plk_step *step)
{
	CHECK(fakes.sandboxed && world.named && world.said.type == type);
	CHECK(!world.sealed || world.runtime);
	if (world.fails & FAILS_LISTEN) {
		*step = PLK_STEP_LISTEN;
		return -EADDRINUSE;
	}
	return socket_fake(fd, step);
}

int
plk_listen_unix(const char *path, int *fd, struct plk_socket_file *file, enum plk_step *step)
{
	const bool is_control = world.said.type == PLK_MSG_LISTEN_CONTROL;
	const size_t i = is_control ? PLK_PORTS_MAX : world.said.u.listen_unix.port;
	int error;

	CHECK(strcmp(path, is_control ? world.said.u.listen_control.path
				      : world.said.u.listen_unix.path) == 0 &&
	      is_named(path));
	CHECK(file == &broker.files[i] && !world.has_file[i]);
	*step = PLK_STEP_BIND;
	error = path[0] == '/'
			? listen_or_fail(is_control ? PLK_MSG_LISTEN_CONTROL : PLK_MSG_LISTEN_UNIX,
					 fd, step)
			: -EINVAL;
	if (error < 0)
		return error;
	CHECK(strlen(path) < sizeof file->path);
	memcpy(file->path, path, strlen(path) + 1);
	world.has_file[i] = true;
	return 0;
}

int
plk_listen_inet(const struct plk_inet *inet, int *fd, enum plk_step *step)
{
	inet_check(inet, &world.said);
	return listen_or_fail(PLK_MSG_LISTEN_TCP, fd, step);
}

static int
connect_or_fail(int *fd, enum plk_step *step)
{
	CHECK(fakes.sandboxed && world.named && world.said.type == PLK_MSG_CONNECT);
	if (world.fails & FAILS_CONNECT) {
		*step = PLK_STEP_CONNECT;
		return -ECONNREFUSED;
	}
	return socket_fake(fd, step);
}

static const struct plk_msg *
target(void)
{
	return &world.targets[world.said.u.connect.port];
}

int
plk_connect_unix(const char *path, int *fd, enum plk_step *step)
{
	CHECK(target()->type == PLK_MSG_TARGET_UNIX);
	CHECK(strcmp(path, target()->u.target_unix.path) == 0 && is_named(path));
	*step = PLK_STEP_CONNECT;
	return path[0] == '/' ? connect_or_fail(fd, step) : -EINVAL;
}

int
plk_connect_inet(const struct plk_inet *inet, int *fd, enum plk_step *step)
{
	CHECK(target()->type == PLK_MSG_TARGET_TCP);
	inet_check(inet, target());
	return connect_or_fail(fd, step);
}

void
plk_socket_file_remove(const struct plk_socket_file *file)
{
	const size_t port = (size_t)(file - broker.files);

	CHECK(port < COUNT(world.has_file) && world.has_file[port] && file->path[0]);
	world.has_file[port] = false;
	world.ends |= world.said.type != PLK_MSG_FORGET || world.said.u.forget.port != port;
}

/* ---- the C library ---- */

/* The directory of an ALLOW_DIRECTORY. Its last argument is for O_CREAT. */
int
__wrap_open(const char *path, int flags, ...)
{
	int fd;
	va_list args;

	if (!hostile.running) {
		va_start(args, flags);
		fd = __real_open(path, flags, flags & O_CREAT ? va_arg(args, mode_t) : 0);
		va_end(args);
		return fd;
	}
	CHECK(flags == (O_PATH | O_DIRECTORY | O_CLOEXEC) && !fakes_is_closed(GATE_LANDLOCK));
	CHECK(world.said.type == PLK_MSG_ALLOW_DIRECTORY && world.said.u.allow_directory.make &&
	      strcmp(path, world.said.u.allow_directory.path) == 0);
	fd = world.fails & FAILS_LISTEN ? -ENOENT : hostile_copy();
	if (fd < 0) {
		errno = -fd;
		return -1;
	}
	world.n_directories++;
	return fd;
}

mode_t
__wrap_umask(mode_t mask)
{
	if (!hostile.running)
		return __real_umask(mask);
	CHECK(mask == 0117);
	return 022;
}

ssize_t
__wrap_getrandom(void *p, size_t n, unsigned flags)
{
	if (!hostile.running)
		return __real_getrandom(p, n, flags);
	memset(p, 1, n);
	return (ssize_t)n;
}

/* ---- the process ---- */

static void
begin(void)
{
	const struct plk_msg front = {.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_FRONT};

	hostile_stdin(hostile_channel(SUPERVISOR));
	hostile_say(SUPERVISOR, &front, FD_CHANNEL + FRONT);
}

static enum plk_stage
stage(unsigned channel)
{
	(void)channel;
	return broker.stage;
}

/* From a worker nothing comes. */
static enum hostile_reads
reads(unsigned channel)
{
	return channel == WORKER ? READS_LATER : READS_NOW;
}

static void
allow_note(const struct plk_msg_allow_tcp *allow)
{
	if (allow->connect && world.n_connect_ports < PLK_PORTS_MAX)
		world.connect_ports[world.n_connect_ports++] = allow->port;
	if (!allow->connect && world.n_bind_ports < PLK_PORTS_MAX)
		world.bind_ports[world.n_bind_ports++] = allow->port;
}

static void
directory_note(const struct plk_msg_allow_directory *allow)
{
	CHECK(world.n_named < COUNT(world.directories));
	memcpy(world.directories[world.n_named++], allow->path, sizeof world.directories[0]);
}

static void
allowed_check(void)
{
	CHECK(fakes.any_tcp == world.runtime);
	CHECK(fakes.sandboxed && fakes.n_rules == world.n_directories);
	CHECK(fakes.n_connect_ports == world.n_connect_ports);
	CHECK(fakes.n_bind_ports == world.n_bind_ports);
	CHECK(memcmp(fakes.connect_ports, world.connect_ports, sizeof fakes.connect_ports) == 0);
	CHECK(memcmp(fakes.bind_ports, world.bind_ports, sizeof fakes.bind_ports) == 0);
}

static void
permitted(unsigned channel, const struct plk_msg *msg)
{
	if (channel != FRONT)
		return;
	world.said = *msg;
	world.kept_promisc = false;
	if (msg->type == PLK_MSG_ALLOW_TCP)
		allow_note(&msg->u.allow_tcp);
	if (msg->type == PLK_MSG_FILTER && world.filter_bytes <= PLK_BPF_BYTES) {
		memcpy(world.filter + world.filter_bytes, msg->u.filter.code,
		       (size_t)msg->u.filter.n * PLK_BPF_INSN);
		world.filter_bytes += (size_t)msg->u.filter.n * PLK_BPF_INSN;
	}
	if (msg->type == PLK_MSG_SEAL)
		world.sealed = true;
	if (msg->type == PLK_MSG_RUNTIME)
		world.runtime = true;
	if (msg->type == PLK_MSG_ALLOW_DIRECTORY)
		directory_note(&msg->u.allow_directory);
	if (msg->type == PLK_MSG_BIND)
		world.directions[msg->u.bind.class] = (enum plk_direction)msg->u.bind.direction;
	if (msg->type == PLK_MSG_TARGET_UNIX)
		world.targets[msg->u.target_unix.port] = *msg;
	if (msg->type == PLK_MSG_TARGET_TCP)
		world.targets[msg->u.target_tcp.port] = *msg;
	if (msg->type == PLK_MSG_FORGET)
		world.targets[msg->u.forget.port].type = PLK_MSG_NONE;
}

static void
iface_check(const struct plk_msg_iface_is *is)
{
	CHECK(world.named || is->step != PLK_STEP_NONE);
	world.link = (struct plk_msg_link){
		.is_up = is->is_up, .has_carrier = is->has_carrier, .mtu = is->mtu};
	memcpy(world.link.name, is->name, sizeof world.link.name);
}

/* What is said is new. */
static void
link_check(const struct plk_msg_link *link)
{
	const struct plk_msg_link was = world.link;
	const bool was_gone = was.state == PLK_LINK_GONE;

	CHECK(world.named);
	CHECK(was_gone == (link->state == PLK_LINK_BACK || link->state == PLK_LINK_UNFIT));
	if (link->state == PLK_LINK_UNFIT)
		return;
	world.link = *link;
	if (link->state == PLK_LINK_UP || link->state == PLK_LINK_DOWN)
		CHECK(link->is_up != was.is_up && link->is_up == (link->state == PLK_LINK_UP));
	else if (link->state == PLK_LINK_RENAMED)
		CHECK(strcmp(link->name, was.name) != 0);
	else if (link->state == PLK_LINK_MTU)
		CHECK(link->mtu != was.mtu);
	else if (link->state == PLK_LINK_CARRIER || link->state == PLK_LINK_NO_CARRIER)
		CHECK(link->is_up && link->has_carrier != was.has_carrier &&
		      link->has_carrier == (link->state == PLK_LINK_CARRIER));
}

static void
heard(unsigned channel, const struct plk_msg *msg, int *fd)
{
	struct plk_packet_ring ring;

	if (msg->type == PLK_MSG_IFACE_IS)
		iface_check(&msg->u.iface_is);
	if (channel == FRONT)
		CHECK(*fd < 0 || msg->type == PLK_MSG_LISTENING || msg->type == PLK_MSG_CONNECTING);
	if (msg->type == PLK_MSG_LINK)
		link_check(&msg->u.link);
	if (msg->type == PLK_MSG_CONFINED)
		allowed_check();
	else
		CHECK(fakes.sandboxed || msg->type == PLK_MSG_EVENT);
	if (msg->type == PLK_MSG_PACKET) {
		CHECK(world.n_packets > 0 && *fd >= 0);
		ring = plk_packet_ring((enum plk_class)msg->u.packet.class);
		CHECK(msg->u.packet.block_bytes == ring.unit_bytes &&
		      msg->u.packet.n_blocks == ring.n_units);
	}
}

static void
event(unsigned which)
{
	if (which == 0)
		link_event();
	else
		world.fails = take_u8(&hostile.in);
}

static size_t
owns(void)
{
	size_t n = 0;

	n += hostile_is_run(broker.loop.fd);
	n += hostile_is_run(broker.worker);
	n += hostile_is_run(broker.rtnl);
	n += hostile_is_run(broker.rtnl_request);
	for (size_t i = 0; i < broker.n_directories && !fakes_is_closed(GATE_LANDLOCK); i++)
		n += hostile_is_run(broker.directories[i].fd);
	for (size_t i = 0; i < broker.n_taps; i++)
		n += hostile_is_run(broker.taps[i].fd);
	for (size_t i = 0; i < PLK_CLASSES; i++)
		n += hostile_is_run(broker.packets[i].fd);
	return n;
}

/* A class that hears anything is one that BIND said last, and in its direction. */
static void class_check(enum plk_class class)
{
	const struct packet *packet = &broker.packets[class];

	CHECK(!packet->bound || world.binds[class]);
	if (packet->bound && class < PLK_CLASS_RX)
		CHECK(world.only_in[class] == (world.directions[class] == PLK_DIRECTION_IN));
}

/* The channel is at its place, where nothing else can be. */
static void
waits(void)
{
	unsigned class;

	CHECK(broker.front.fd < 0 || broker.front.fd == PLK_BROKER_FD_FRONT);
	CHECK(!world.ends);
	for (size_t i = 0; i < COUNT(world.has_file); i++)
		CHECK(world.has_file[i] == (broker.files[i].path[0] != '\0'));
	for (int i = 0; i < PLK_CLASSES; i++) {
		class_check((enum plk_class)i);
		if (world.said.type == PLK_MSG_PROMISC && !world.said.u.promisc.on)
			CHECK(!broker.packets[i].promisc || world.kept_promisc);
	}
	if (world.said.type == PLK_MSG_FORGET)
		CHECK(!world.has_file[world.said.u.forget.port]);
	if (world.said.type == PLK_MSG_SILENCE) {
		class = world.said.u.silence.class;
		CHECK(!world.binds[class]);
		CHECK(!broker.packets[class].promisc || world.kept_promisc);
	}
}

static void
finish(void)
{
	hostile_channel_close(SUPERVISOR);
}

#define PATH "/run/a"
#define ORDER(TYPE, ...)                                    \
	{                                                   \
		FRONT, FD_NONE,                             \
		{                                           \
			.type = PLK_MSG_##TYPE, __VA_ARGS__ \
		}                                           \
	}

/* An instruction, in the byte order of the machine. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define INSN(code, k) (code), 0, 0, 0, (k), 0, 0, 0
#else
#define INSN(code, k) 0, (code), 0, 0, 0, 0, 0, (k)
#endif

/* In the order in which a daemon starts; fuzz/seeds.py has their indexes. */
static const struct hostile_word words[] = {
	ORDER(IFACE_NAME, .u.iface_name = {"eth0"}),
	ORDER(OPEN, .u.open = {PLK_CLASS_CAPTURE_BULK, PLK_DIRECTION_BOTH}),
	ORDER(OPEN, .u.open = {PLK_CLASS_ATTACH_LOW, PLK_DIRECTION_IN}),
	ORDER(OPEN, .u.open = {PLK_CLASS_TX, 0}),
	ORDER(LISTEN_UNIX, .u.listen_unix = {0, PATH}),
	ORDER(LISTEN_TCP, .u.listen_tcp = {.port = 1, .addr = {127, 0, 0, 1}, .tcp_port = 9}),
	ORDER(TARGET_UNIX, .u.target_unix = {2, PATH}),
	ORDER(TARGET_TCP, .u.target_tcp = {.port = 3, .is_v6 = 1, .zone = "eth0"}),
	ORDER(BIND, .u.bind = {PLK_CLASS_CAPTURE_BULK, PLK_DIRECTION_BOTH}),
	ORDER(BIND, .u.bind = {PLK_CLASS_ATTACH_LOW, PLK_DIRECTION_IN}),
	ORDER(BIND, .u.bind = {PLK_CLASS_TX, 0}),
	{SUPERVISOR,
	 FD_CHANNEL + WORKER,
	 {.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_WORKER}},
	ORDER(HANDOUT),
	ORDER(SEAL),
	ORDER(CONNECT, .u.connect = {2}),
	ORDER(CONNECT, .u.connect = {3}),
	ORDER(PROMISC, .u.promisc = {1}),
	ORDER(PROMISC, .u.promisc = {0}),
	{SUPERVISOR, FD_MEMORY, {.type = PLK_MSG_TAP, .u.tap = {7, PLK_NETNS_OURS}}},
	{SUPERVISOR, FD_MEMORY, {.type = PLK_MSG_TAP, .u.tap = {8, PLK_NETNS_UNKNOWN}}},
	ORDER(IFACE_TAP, .u.iface_tap = {7}),
	ORDER(IFACE_TAP, .u.iface_tap = {8}),
	ORDER(IFACE_NAME, .u.iface_name = {"mvt0"}),
	ORDER(IFACE_NAME, .u.iface_name = {"lo"}),
	ORDER(ALLOW_DIRECTORY, .u.allow_directory = {"/run", 1}),
	ORDER(ALLOW_TCP, .u.allow_tcp = {9, 0}),
	ORDER(ALLOW_TCP, .u.allow_tcp = {7, 1}),
	ORDER(CONFINE),
	/* filters: a whole one, its first part, one that jumps out, as much as fits a part */
	ORDER(FILTER, .u.filter = {1, {INSN(6, 1)}}),
	ORDER(FILTER, .u.filter = {1, {INSN(0x28, 12)}}),
	ORDER(FILTER, .u.filter = {1, {INSN(5, 1)}}),
	ORDER(FILTER, .u.filter = {PLK_FILTER_INSNS, {0}}),
	ORDER(OPEN, .u.open = {PLK_CLASS_CAPTURE_LOW, PLK_DIRECTION_OUT}),
	/* remotes that come and go; in a directory where sockets are connected to, and one that nobody named */
	ORDER(RUNTIME),
	ORDER(ALLOW_DIRECTORY, .u.allow_directory = {"/srv", 0}),
	ORDER(TARGET_UNIX, .u.target_unix = {2, "/srv/b"}),
	ORDER(LISTEN_UNIX, .u.listen_unix = {4, "/run/x/a"}),
	ORDER(TARGET_UNIX, .u.target_unix = {5, "/tmp/a"}),
	ORDER(FORGET, .u.forget = {0}),
	ORDER(FORGET, .u.forget = {2}),
	ORDER(SILENCE, .u.silence = {PLK_CLASS_CAPTURE_BULK}),
	ORDER(SILENCE, .u.silence = {PLK_CLASS_ATTACH_LOW}),
	ORDER(BIND, .u.bind = {PLK_CLASS_CAPTURE_BULK, PLK_DIRECTION_IN}),
	ORDER(LISTEN_UNIX, .u.listen_unix = {4, "/run/b"}),
	ORDER(LISTEN_CONTROL, .u.listen_control = {PATH}),
};

static const struct hostile_process process = {
	.run = broker_main,
	.begin = begin,
	.stage = stage,
	.reads = reads,
	.permitted = permitted,
	.heard = heard,
	.event = event,
	.owns = owns,
	.waits = waits,
	.refusal = hostile_refusal_named,
	.finish = finish,
	.words = words,
	.n_words = COUNT(words),
	.channels =
		{
			[SUPERVISOR] = {.in = PLK_CHANNEL_SUPERVISOR_BROKER, .out = PLK_CHANNELS},
			[FRONT] = {.in = PLK_CHANNEL_FRONT_BROKER, .out = PLK_CHANNEL_BROKER_FRONT},
			[WORKER] = {.in = PLK_CHANNELS, .out = PLK_CHANNEL_BROKER_WORKER},
		},
	.n_channels = 3,
	.status_max = 1,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct broker pristine;
	static bool ran;
	struct plk_span in = {data, size};

	if (!ran)
		pristine = broker;
	ran = true;
	broker = pristine;
	world = (struct world){.fails = take_u8(&in)};
	fakes_reset(take_u8(&in));
	hostile_run(&process, in);
	for (size_t i = 0; i < COUNT(world.has_file); i++)
		CHECK(!world.has_file[i]);
	return 0;
}
