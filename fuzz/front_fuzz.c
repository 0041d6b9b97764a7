/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front with a hostile worker, a hostile broker, and a supervisor that may be hostile too: see
 * hostile.h.
 *
 *   input = u8 setup, u8 a gate that cannot be closed (enum gate; 0 none) in bits 0-3, then steps; setup: bits 0-2, and bit 7 of
 *           the second byte above them, a command line, bits 3-7 how many of the front's orders are answered as they should be
 *           before steps are taken (31: all until it is ready)
 *   own events: 0 the oldest order that was not answered is answered; 1 u8: so many of the next are;
 *               2 u8 which, u8: the worker counts, or says what counts (which is 0)
 *
 * Properties of its own: whatever broker and worker say, the front orders what its command line
 * says, once it has allowed it; nobody is admitted whom the port does not allow; a message about a
 * port that there is not, or is another kind of port, ends it; one worker is replaced once; a total
 * never goes back; it is ready only after the worker serves and the sandbox is closed; a line of the
 * log is a line.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "front/control.h"
#include "front/front.h"
#include "os/page.h"
#include "text/words.h"

#include "fakes.h"
#include "hostile.h"

int front_main(int argc, char **argv);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
struct passwd *__real_getpwuid(uid_t uid);
struct passwd *__wrap_getpwuid(uid_t uid);

enum channel { SUPERVISOR, BROKER, WORKER };

#define ASKED_MAX 64
#define ACCEPTED_MAX 128
#define HONEST_ALL 31
#define NOBODY "4294967294" /* a user that nobody is */

/* What is inherited: a TCP listener, a TAP, and something else. */
#define TCP 3
#define TAP 4
#define OTHER 7
#define INHERITED 3

#define FILTER "len > 1"

#define CONTROL "/run/control"

static const char *const command_lines[][5] = {
	{"--interface=eth0", "--remote=capture@punix:/run/a"},
	{"--interface=eth0", "--remote=attach@ptcp:0", "--remote=inject@unix:/run/b",
	 "--remote=capture,latency=low,direction=out@tcp:192.0.2.1:7"},
	{"--interface=tapfd:4", "--remote=attach,format=vnet,tcp=yes@pfd:3"},
	{"--interface=eth0", "--remote=attach,allow-uid=" NOBODY "@punix:/run/a",
	 "--remote=capture,allow-gid=0+4@punix:/run/b", "--remote=inject@tcp:[fe80::1%eth0]:9"},
	{"--interface=eth0", "--clients=1", "--queue=69640", "--remote=inject,tcp=yes@pfd:3",
	 "--log-level=debug"},
	{"--interface=eth0", "--filter=" FILTER, "--remote=capture,direction=out@punix:/run/a",
	 "--remote=attach@punix:/run/b"},
	{"--interface=eth0", "--remote=attach,mac=02:00:00:00:00:01+02:00:00:00:00:02@punix:/run/a",
	 "--remote=inject,vlan=0+4094,rate=4294967295:7@unix:/run/b",
	 "--remote=attach,vlan=9,tcp=yes@pfd:3"},
	{"--interface=eth0", "--remote=attach,tcp=yes@sd:l", "--remote=inject@tcp:127.0.0.1:1"},
	{"--interface=eth0", "--control=punix:" CONTROL, "--control-uid=" NOBODY,
	 "--remote=capture@punix:/run/a"},
};

/* LISTEN_FDNAMES of the last one: of what is inherited, a connection that another daemon left, the same once more, one of a remote
 * that is none of ours, how things were, and what nobody knows. */
#define STORE_LINE 7
#define STORE_PORT "attach@sd:l"
#define STORED 5
#define STORE_FDS (1 + STORED)
#define STORE_NAMES "l:%s:%s:pktlock.client.0123456789abcdef:pktlock.stop.2.900.2100.5:pktlock.x"

struct accepted {
	uint32_t slot;
	uint32_t generation;
	uint16_t port;
};

/* What the front was told and what it did, beside its own state. */
static struct world {
	unsigned n_honest;
	const char *const *command_line;
	struct hostile_word asked[ASKED_MAX]; /* the answers that are due */
	size_t n_asked;
	size_t n_answered;
	struct accepted accepted[ACCEPTED_MAX];
	size_t n_accepted;
	uint8_t filter[PLK_BPF_BYTES]; /* as it was ordered so far */
	size_t filter_bytes;
	uint16_t vlans_port; /* whose VLANs the worker was told last */
	bool serving;        /* the worker said so */
	bool arranged;       /* what is inherited and not used was closed */
	bool confined;       /* CONFINE was said */
	bool keeps;          /* STOP said that connections may go into the store */
	uint32_t n_restored;
	unsigned n_kept; /* what the worker wants to have kept, and had been admitted */
	bool replacing;  /* WORKER_STUCK was said, and the worker is not dead yet */
	void *page;      /* of counters, as the worker has it */
	uint64_t shown[PLK_CELL_SUMS];
} world;

/* ---- the C library ---- */

/* Closes what is inherited, but for what is ours. */
long
__wrap_syscall(long number, ...)
{
	long of[6];
	va_list args;

	va_start(args, number);
	for (size_t i = 0; i < (number == SYS_close_range ? 3 : COUNT(of)); i++)
		of[i] = va_arg(args, long);
	va_end(args);
	if (!hostile.running)
		return __real_syscall(number, of[0], of[1], of[2], of[3], of[4], of[5]);
	CHECK(number == SYS_close_range && (int)of[2] == 0);
	CHECK((unsigned)of[0] > STDERR_FILENO && (unsigned)of[0] <= (unsigned)of[1]);
	world.arranged = true;
	return __real_syscall(number, (unsigned)of[0],
			      (unsigned)of[1] < HOSTILE_FD ? (unsigned)of[1] : HOSTILE_FD - 1, 0);
}

/* A start-up error, which is a line. */
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	const char *line = p;

	if (!hostile.running)
		return __real_write(fd, p, n);
	CHECK(fd == STDERR_FILENO && n > 1 && line[n - 1] == '\n');
	for (size_t i = 0; i < n - 1; i++)
		CHECK((unsigned char)line[i] >= ' ' && line[i] != 0x7f);
	return (ssize_t)n;
}

struct passwd *
__wrap_getpwuid(uid_t uid)
{
	static char name[] = "nobody";
	static struct passwd nobody = {.pw_name = name};

	return hostile.running ? &nobody : __real_getpwuid(uid);
}

/* ---- libpcap ---- */

/* Of more than one part. */
static struct plk_bpf program = {.n = 2 * PLK_FILTER_INSNS + 1};

void
plk_expression_compile(struct plk_span text, struct plk_bpf *out)
{
	CHECK(!fakes.sandboxed && world.arranged);
	CHECK(same_bytes(text, (struct plk_span){(const uint8_t *)FILTER, strlen(FILTER)}));
	CHECK(text.p[text.n] == '\0');
	for (size_t i = 0; i < program.n; i++)
		program.code[i] = (struct sock_filter){.code = BPF_RET, .k = (uint32_t)i};
	*out = program;
}

/* ---- answers as they should be ---- */

static struct hostile_word
broker_answer(const struct plk_msg *order)
{
	struct hostile_word answer = {BROKER, FD_NONE, {.type = PLK_MSG_DONE}};

	switch (order->type) {
	case PLK_MSG_IFACE_NAME:
	case PLK_MSG_IFACE_TAP:
		answer.msg = (struct plk_msg){
			.type = PLK_MSG_IFACE_IS,
			.u.iface_is = {.index = 2,
				       .is_up = 1,
				       .has_carrier = 1,
				       .mtu = 1500,
				       .name = "eth0"},
		};
		break;
	case PLK_MSG_LISTEN_UNIX:
	case PLK_MSG_LISTEN_TCP:
		answer.with = FD_LISTENER;
		answer.msg.type = PLK_MSG_LISTENING;
		answer.msg.u.listening.port = order->u.listen_unix.port;
		break;
	case PLK_MSG_LISTEN_CONTROL:
		answer.with = FD_LISTENER;
		answer.msg.type = PLK_MSG_LISTENING;
		break;
	case PLK_MSG_CONNECT:
		answer.with = FD_STREAM;
		answer.msg.type = PLK_MSG_CONNECTING;
		answer.msg.u.connecting.port = order->u.connect.port;
		break;
	case PLK_MSG_CONFINE:
		answer.msg.type = PLK_MSG_CONFINED;
		break;
	case PLK_MSG_COUNT:
		answer.msg =
			(struct plk_msg){.type = PLK_MSG_COUNTED, .u.counted = {2, 1000, 2000}};
		break;
	case PLK_MSG_ALLOW_DIRECTORY:
	case PLK_MSG_ALLOW_TCP:
	case PLK_MSG_RUNTIME:
	case PLK_MSG_TARGET_UNIX:
	case PLK_MSG_TARGET_TCP:
	case PLK_MSG_SEAL:
		answer.msg.type = PLK_MSG_NONE;
		break;
	default:
		answer.msg.u.done.request = (uint8_t)order->type;
	}
	return answer;
}

static struct hostile_word
worker_answer(const struct plk_msg *order)
{
	struct hostile_word answer = {WORKER, FD_NONE, {.type = PLK_MSG_NONE}};

	if (order->type == PLK_MSG_PORT && order->u.port.adopt) {
		answer.msg.type = PLK_MSG_ADOPTED;
		answer.msg.u.adopted.port = order->u.port.port;
	}
	if (order->type == PLK_MSG_RESTORE) {
		answer.msg.type = PLK_MSG_RESTORED;
		answer.msg.u.restored = (struct plk_msg_restored){
			.slot = world.n_restored++, .generation = 1, .port = order->u.restore.port};
	}
	if (order->type == PLK_MSG_GO)
		answer.msg.type = PLK_MSG_SERVING;
	if (order->type == PLK_MSG_PING)
		answer.msg.type = PLK_MSG_PONG;
	return answer;
}

static void
answer_now_or_later(const struct hostile_word *answer)
{
	if (answer->msg.type == PLK_MSG_NONE)
		return;
	if (world.n_honest > 0) {
		world.n_honest -= world.n_honest < HONEST_ALL;
		hostile_say(answer->channel, &answer->msg, answer->with);
	} else if (world.n_asked < ASKED_MAX) {
		world.asked[world.n_asked++] = *answer;
	}
}

/* ---- what the front says ---- */

static const struct plk_port *
port_of(uint16_t port)
{
	CHECK(port < front.cmdline.n_ports);
	return &front.cmdline.ports[port];
}

/* The directory of a socket file, which is made or connected to. */
static bool
is_directory_of(const struct plk_remote *r, const struct plk_msg_allow_directory *allow)
{
	const size_t n = strlen(allow->path);

	return r->kind == (allow->make ? PLK_REMOTE_PUNIX : PLK_REMOTE_UNIX) &&
	       strncmp(r->path, allow->path, n) == 0 && strrchr(r->path, '/') == r->path + n;
}

/* The directory of a socket file that the command line names, or a TCP port of it. */
static void
allow_check(const struct plk_msg *order)
{
	const struct plk_msg_allow_tcp *tcp = &order->u.allow_tcp;
	bool found = front.cmdline.has_control && order->type == PLK_MSG_ALLOW_DIRECTORY &&
		     is_directory_of(&front.cmdline.control, &order->u.allow_directory);

	for (size_t i = 0; i < front.cmdline.n_ports; i++) {
		const struct plk_remote *r = &front.cmdline.ports[i].remote;

		if (order->type == PLK_MSG_ALLOW_DIRECTORY)
			found |= is_directory_of(r, &order->u.allow_directory);
		else
			found |= r->kind == (tcp->connect ? PLK_REMOTE_TCP : PLK_REMOTE_PTCP) &&
				 r->tcp_port == tcp->port;
	}
	CHECK(found && !world.confined);
}

static void
filter_note(const struct plk_msg_filter *part)
{
	const size_t n = (size_t)part->n * PLK_BPF_INSN;

	CHECK(front.cmdline.has_filter && n > 0);
	CHECK(n <= sizeof world.filter - world.filter_bytes);
	memcpy(world.filter + world.filter_bytes, part->code, n);
	world.filter_bytes += n;
}

/* A class has the direction that its ports have, or both. */
static void
direction_check(const struct plk_msg_open *open)
{
	bool found = open->class >= PLK_CLASS_RX;

	if (front.cmdline.has_control) { /* whatever ports will come */
		CHECK(open->direction == PLK_DIRECTION_BOTH);
		return;
	}
	for (size_t i = 0; i < front.cmdline.n_ports; i++) {
		const struct plk_port *port = &front.cmdline.ports[i];

		/* that of bulk stands by where a port asks for low latency */
		if (open->class >= PLK_CLASS_RX ||
		    (!plk_class_takes((enum plk_class)open->class, port->role, port->latency) &&
		     !plk_class_takes((enum plk_class)open->class, port->role, PLK_LATENCY_BULK)))
			continue;
		found = true;
		CHECK(open->direction == PLK_DIRECTION_BOTH || open->direction == port->direction);
	}
	CHECK(found && open->direction != PLK_DIRECTION_NONE);
}

/* The whole filter was said before. */
static void
open_check(const struct plk_msg_open *open)
{
	CHECK(world.filter_bytes == (front.cmdline.has_filter ? program.n * PLK_BPF_INSN : 0));
	CHECK(memcmp(world.filter, program.code, world.filter_bytes) == 0);
	direction_check(open);
}

static void
order_check(const struct plk_msg *order)
{
	const struct plk_remote *remote;

	if (order->type == PLK_MSG_ALLOW_DIRECTORY || order->type == PLK_MSG_ALLOW_TCP) {
		allow_check(order);
		return;
	}
	if (order->type == PLK_MSG_RUNTIME) {
		CHECK(front.cmdline.has_control && !world.confined);
		return;
	}
	CHECK(world.confined == (order->type != PLK_MSG_CONFINE));
	world.confined = true;
	if (order->type == PLK_MSG_FILTER)
		filter_note(&order->u.filter);
	if (order->type == PLK_MSG_OPEN)
		open_check(&order->u.open);
	if (order->type == PLK_MSG_BIND)
		direction_check(
			&(const struct plk_msg_open){order->u.bind.class, order->u.bind.direction});
	if (order->type == PLK_MSG_IFACE_NAME)
		CHECK(strcmp(order->u.iface_name.name, front.cmdline.iface.name) == 0);
	if (order->type == PLK_MSG_LISTEN_CONTROL)
		CHECK(front.cmdline.has_control &&
		      strcmp(order->u.listen_control.path, CONTROL) == 0);
	if (order->type == PLK_MSG_LISTEN_UNIX || order->type == PLK_MSG_TARGET_UNIX) {
		remote = &port_of(order->u.listen_unix.port)->remote;
		CHECK(strcmp(order->u.listen_unix.path, remote->path) == 0);
		CHECK(plk_remote_is_passive(remote) == (order->type == PLK_MSG_LISTEN_UNIX));
	}
	if (order->type == PLK_MSG_LISTEN_TCP || order->type == PLK_MSG_TARGET_TCP) {
		remote = &port_of(order->u.listen_tcp.port)->remote;
		CHECK(order->u.listen_tcp.tcp_port == remote->tcp_port);
		CHECK(plk_remote_is_passive(remote) == (order->type == PLK_MSG_LISTEN_TCP));
	}
}

/* What is handed on is about a port that there is. */
static void
port_check(const struct plk_msg *msg)
{
	if (msg->type == PLK_MSG_CONNECT)
		(void)port_of(msg->u.connect.port);
	if (msg->type == PLK_MSG_CLIENT)
		(void)port_of(msg->u.client.port);
	if (msg->type == PLK_MSG_CONNECT || msg->type == PLK_MSG_CLIENT)
		CHECK(!plk_remote_is_passive(&port_of(msg->u.connect.port)->remote));
}

/* What a worker counts in: of the size that it must have, and nobody can change that. */
static void
page_take(const struct plk_msg_config *config, int fd)
{
	struct stat st;

	CHECK(fd >= 0 &&
	      config->ports == (front.cmdline.has_control ? PLK_PORTS_MAX : front.cmdline.n_ports));
	CHECK(fstat(fd, &st) == 0 && st.st_size == PLK_BOOKS_BYTES && ftruncate(fd, 0) < 0);
	if (world.page)
		CHECK(munmap(world.page, PLK_BOOKS_BYTES) == 0);
	world.page = mmap(NULL, PLK_BOOKS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(world.page != MAP_FAILED);
}

static void
supervisor_heard(const struct plk_msg *msg)
{
	const struct plk_msg worker = {.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_WORKER};

	if (msg->type == PLK_MSG_WORKER_WANTED) {
		hostile_say(SUPERVISOR, &worker, FD_CHANNEL + WORKER);
	} else if (msg->type == PLK_MSG_WORKER_STUCK) {
		CHECK(!world.replacing);
		world.replacing = true;
	} else if (msg->type == PLK_MSG_REASON) {
		CHECK(front.stage != PLK_STAGE_RUN && msg->u.reason.text[0]);
	} else if (msg->type == PLK_MSG_STORE || msg->type == PLK_MSG_STOPPED) {
		CHECK(front.stage == PLK_STAGE_STOP && world.keeps && world.n_kept > 0);
	} else if (msg->type != PLK_MSG_READY) { /* STATUS, ALIVE, RELOADED, UNSTORE */
		CHECK(front.stage >= PLK_STAGE_RUN && fakes.sandboxed);
	} else {
		CHECK(world.serving && fakes.sandboxed);
		if (world.n_honest == HONEST_ALL)
			world.n_honest = 0;
	}
}

static bool
is_for_nobody(uint16_t port)
{
	const struct plk_port *p = port_of(port);

	return p->n_uids == 1 && p->uids[0] == strtoul(NOBODY, NULL, 10);
}

/* What a port's clients may send is what the command line says, and the worker knows before there is a port. */
static void
guard_check(const struct plk_msg *msg)
{
	const struct plk_msg_port *m = &msg->u.port;
	const struct plk_port *port;

	if (msg->type == PLK_MSG_VLANS) {
		port = port_of(msg->u.vlans.port);
		CHECK(port->has_vlans);
		CHECK(memcmp(msg->u.vlans.vlans, port->vlans, sizeof port->vlans) == 0);
		world.vlans_port = msg->u.vlans.port;
	}
	if (msg->type != PLK_MSG_PORT)
		return;
	port = port_of(m->port);
	CHECK(m->n_macs == port->n_macs && memcmp(m->macs, port->macs, sizeof m->macs) == 0);
	CHECK(m->has_vlans == port->has_vlans);
	CHECK(!m->has_vlans || world.vlans_port == m->port);
	CHECK(m->rate_fps == port->rate_fps && m->burst == port->burst);
}

/* Who is admitted was shown, and the port allows him. */
static void
admit_check(const struct plk_msg_admit *admit)
{
	bool shown = false;
	bool allowed = false;

	for (size_t i = 0; i < world.n_accepted; i++) {
		const struct accepted *a = &world.accepted[i];

		if (a->slot != admit->slot || a->generation != admit->generation)
			continue;
		shown = true;
		allowed |= !is_for_nobody(a->port);
	}
	CHECK(!admit->admit || (shown && allowed));
}

static void
heard(unsigned channel, const struct plk_msg *msg, int *fd)
{
	struct hostile_word answer;

	CHECK(fakes.sandboxed || channel == BROKER);
	if (channel == SUPERVISOR) {
		CHECK((*fd >= 0) == (msg->type == PLK_MSG_STORE));
		supervisor_heard(msg);
		return;
	}
	if (channel == BROKER)
		order_check(msg);
	port_check(msg);
	guard_check(msg);
	if (msg->type == PLK_MSG_CONFIG)
		page_take(&msg->u.config, *fd);
	if (msg->type == PLK_MSG_ADMIT)
		admit_check(&msg->u.admit);
	if (msg->type == PLK_MSG_LINK_IS)
		CHECK(msg->u.link_is.is_there ||
		      (!msg->u.link_is.is_up && !msg->u.link_is.has_carrier));
	answer = channel == BROKER ? broker_answer(msg) : worker_answer(msg);
	answer_now_or_later(&answer);
}

static enum hostile_reads
reads(unsigned channel)
{
	const struct plk_watch *watch = channel == SUPERVISOR ? &front.supervisor_watch
					: channel == BROKER   ? &front.broker_watch
							      : &front.worker_watch;

	return watch->fd >= 0 ? READS_NOW : READS_LATER;
}

/* A port that there is not, or that nobody connects for. */
static bool
is_about_no_port(const struct plk_msg *msg)
{
	uint16_t port;

	switch (msg->type) {
	case PLK_MSG_CONNECTING:
		port = msg->u.connecting.port;
		return port >= front.cmdline.n_ports ||
		       plk_remote_is_passive(&port_of(port)->remote);
	case PLK_MSG_ACCEPTED:
		return msg->u.accepted.port >= front.cmdline.n_ports;
	case PLK_MSG_CLOSED:
		return msg->u.closed.port >= front.cmdline.n_ports;
	case PLK_MSG_ADOPTED:
		return msg->u.adopted.port >= front.cmdline.n_ports;
	case PLK_MSG_RESTORED:
		return msg->u.restored.port >= front.cmdline.n_ports;
	case PLK_MSG_KEPT:
		return msg->u.kept.port >= front.cmdline.n_ports;
	default:
		return false;
	}
}

/* Whether it names a connection that was shown, or restored; which one it is, hostile_worker_test.py looks into. */
static void
kept_note(const struct plk_msg_kept *kept)
{
	for (size_t i = 0; i < world.n_accepted; i++) {
		const struct accepted *a = &world.accepted[i];

		if (a->slot == kept->slot && a->generation == kept->generation &&
		    a->port == kept->port) {
			world.n_kept++;
			return;
		}
	}
	hostile_must_end(1);
}

static void
permitted(unsigned channel, const struct plk_msg *msg)
{
	if (channel != SUPERVISOR && reads(channel) == READS_NOW && is_about_no_port(msg))
		hostile_must_end(1);
	if (msg->type == PLK_MSG_WORKER_DIED)
		world.replacing = false;
	if (msg->type == PLK_MSG_STOP)
		world.keeps = msg->u.stop.keep;
	if (channel != WORKER || front.no_worker >= 0) /* it is dead: nobody listens */
		return;
	world.serving |= msg->type == PLK_MSG_SERVING;
	if (msg->type == PLK_MSG_KEPT)
		kept_note(&msg->u.kept);
	if (msg->type == PLK_MSG_LEFT && front.stop_timer.at_ms == 0)
		hostile_must_end(1);
	if (msg->type == PLK_MSG_RESTORED && world.n_accepted < ACCEPTED_MAX)
		world.accepted[world.n_accepted++] = (struct accepted){
			msg->u.restored.slot, msg->u.restored.generation, msg->u.restored.port};
	if (msg->type == PLK_MSG_ACCEPTED && world.n_accepted < ACCEPTED_MAX)
		world.accepted[world.n_accepted++] = (struct accepted){
			msg->u.accepted.slot, msg->u.accepted.generation, msg->u.accepted.port};
}

/* ---- the process ---- */

static int
run(void)
{
	static char text[COUNT(*command_lines)][80];
	char *argv[COUNT(*command_lines) + 2] = {text[0]}; /* argv[0] does not matter */
	int argc = 1;

	for (size_t i = 0; i < COUNT(*command_lines) && world.command_line[i]; i++) {
		(void)snprintf(text[i], sizeof text[i], "%s", world.command_line[i]);
		argv[argc++] = text[i];
	}
	return front_main(argc, argv);
}

static void
store_begin(const struct hostile_things *things)
{
	char name[32];
	char names[256];
	char number[16];
	struct plk_port port;
	size_t at;

	CHECK(plk_port_parse(plk_span_str(STORE_PORT), &port, &at) == PLK_OK);
	(void)snprintf(name, sizeof name, "pktlock.client.%016llx",
		       (unsigned long long)plk_stored_tag(&port));
	(void)snprintf(names, sizeof names, STORE_NAMES, name, name);
	(void)snprintf(number, sizeof number, "%d", (int)getppid());
	CHECK(setenv("LISTEN_PID", number, 1) == 0 && setenv("LISTEN_FDNAMES", names, 1) == 0);
	(void)snprintf(number, sizeof number, "%d", STORE_FDS);
	CHECK(setenv("LISTEN_FDS", number, 1) == 0);
	CHECK(dup2(things->accepted, TCP + 1) == TCP + 1);
	CHECK(dup2(things->accepted, TCP + 2) == TCP + 2);
	CHECK(dup2(things->connected, TCP + 3) == TCP + 3);
	CHECK(dup2(things->memory, TCP + 4) == TCP + 4);
	CHECK(dup2(things->memory, TCP + 5) == TCP + 5);
}

static void
begin(void)
{
	const struct plk_msg broker = {.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_BROKER};

	const struct hostile_things *things = hostile_things();

	plk_control_init(); /* a run that ended early left connections there */
	hostile_stdin(hostile_channel(SUPERVISOR));
	hostile_say(SUPERVISOR, &broker, FD_CHANNEL + BROKER);
	(void)unsetenv("LISTEN_PID"); /* a run that ended early left it */
	CHECK(dup2(things->tcp, TCP) == TCP && dup2(things->memory, TAP) == TAP);
	CHECK(dup2(things->memory, OTHER) == OTHER);
	if (world.command_line == command_lines[STORE_LINE])
		store_begin(things);
}

static enum plk_stage
stage(unsigned channel)
{
	(void)channel;
	return front.stage;
}

static void
event(unsigned which)
{
	const struct hostile_word *answer;
	size_t counter;

	if (which == 2) {
		counter = take_u8(&hostile.in); /* 0: which rows count */
		if (world.page)
			memset((uint64_t *)world.page + counter, take_u8(&hostile.in),
			       sizeof(uint64_t));
	} else if (which != 0) {
		world.n_honest = take_u8(&hostile.in) % HONEST_ALL;
	} else if (world.n_answered < world.n_asked) {
		answer = &world.asked[world.n_answered++];
		hostile_say(answer->channel, &answer->msg, answer->with);
	}
}

static size_t
owns(void)
{
	const bool has_store = world.command_line == command_lines[STORE_LINE];
	size_t n = world.arranged ? 0 : has_store ? STORE_FDS : INHERITED;

	for (int fd = PLK_FRONT_FD_JOURNAL; world.arranged && fd < PLK_FRONT_FD_OTHER; fd++)
		n += fcntl(fd, F_GETFD) >= 0; /* kept from others */
	n += hostile_is_run(front.loop.fd);
	n += hostile_is_run(front.broker.fd);
	n += hostile_is_run(front.worker.fd);
	n += hostile_is_run(front.no_worker);
	n += hostile_is_run(front.answer.fd);
	n += hostile_is_run(front.control.listener);
	n += plk_control_count();
	for (size_t i = 0; i < front.store.n; i++)
		n += hostile_is_run(front.store.entries[i].fd);
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		n += hostile_is_run(front.ports[i].listener);
		n += hostile_is_run(front.ports[i].connecting);
	}
	return n;
}

/* Each has the number that it must have; a total never goes back. */
static void
waits(void)
{
	CHECK(front.loop.fd == PLK_FRONT_FD_EPOLL);
	CHECK(front.broker.fd < 0 || front.broker.fd == PLK_FRONT_FD_BROKER);
	CHECK(front.worker.fd < 0 || front.worker.fd == PLK_FRONT_FD_WORKER);
	/* nothing else gets its number */
	CHECK(front.stage != PLK_STAGE_RUN || fcntl(PLK_FRONT_FD_WORKER, F_GETFD) >= 0);
	for (size_t i = 0; i < PLK_CELL_SUMS; i++)
		CHECK(front.books.shown[0][i] >= world.shown[i]);
	memcpy(world.shown, front.books.shown[0], sizeof world.shown);
}

static void
finish(void)
{
	hostile_channel_close(SUPERVISOR);
}

#define FROM(WHO, WITH, TYPE, ...)                          \
	{                                                   \
		WHO, WITH,                                  \
		{                                           \
			.type = PLK_MSG_##TYPE, __VA_ARGS__ \
		}                                           \
	}

/* fuzz/seeds.py has their indexes. */
static const struct hostile_word words[] = {
	FROM(WORKER, FD_STREAM, ACCEPTED, .u.accepted = {0, 1, 0}),
	FROM(WORKER, FD_TCP, ACCEPTED, .u.accepted = {1, 1, 1}),
	FROM(WORKER, FD_NONE, CLOSED, .u.closed = {.slot = 0, .generation = 1}),
	FROM(WORKER, FD_NONE, CLOSED, .u.closed = {.port = 1, .reason = PLK_CLOSE_REFUSED}),
	FROM(WORKER, FD_NONE, CLOSED, .u.closed = {.port = 2, .error = 104}),
	FROM(WORKER, FD_NONE, SERVING),
	FROM(WORKER, FD_NONE, PONG),
	FROM(WORKER, FD_NONE, ADOPTED, .u.adopted = {0, PLK_E_ADOPT_TWICE, 0}),
	FROM(WORKER, FD_NONE, EVENT, .u.event = {.code = PLK_EVENT_NO_ROOM, .b = 1, .c = 1}),
	FROM(BROKER, FD_NONE, LINK, .u.link = {.state = PLK_LINK_GONE, .index = 2, .name = "eth0"}),
	FROM(BROKER, FD_NONE, LINK,
	     .u.link = {.state = PLK_LINK_BACK, .index = 3, .is_up = 1, .name = "eth0"}),
	FROM(BROKER, FD_NONE, LINK, .u.link = {.state = PLK_LINK_DOWN, .index = 3, .name = "eth0"}),
	FROM(BROKER, FD_STREAM, CONNECTING, .u.connecting = {1, 0, 0}),
	FROM(BROKER, FD_NONE, CONNECTING, .u.connecting = {1, PLK_STEP_CONNECT, 111}),
	FROM(BROKER, FD_NONE, CONNECTING, .u.connecting = {0, 0, 0}),
	FROM(BROKER, FD_LISTENER, LISTENING, .u.listening = {0, 0, 0}),
	FROM(BROKER, FD_NONE, LISTENING, .u.listening = {0, PLK_STEP_BIND, 98}),
	FROM(BROKER, FD_NONE, IFACE_IS, .u.iface_is = {.step = PLK_STEP_INTERFACE, .error = 19}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_HANDOUT, 0, 0, 0}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_PROMISC, 3, PLK_STEP_OPTION, 1}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_OPEN, 0, PLK_STEP_SOCKET, 1}),
	FROM(BROKER, FD_NONE, EVENT, .u.event = {.code = PLK_EVENT_BAD_MESSAGE, .a = 20, .b = 99}),
	FROM(SUPERVISOR, FD_NONE, WORKER_DIED, .u.worker_died = {9, 100}),
	FROM(SUPERVISOR, FD_CHANNEL + WORKER, CHANNEL, .u.channel = {PLK_PEER_WORKER}),
	FROM(SUPERVISOR, FD_NONE, DUMP),
	FROM(SUPERVISOR, FD_NONE, RELOAD),
	FROM(SUPERVISOR, FD_NONE, STOP),
	FROM(WORKER, FD_CONNECTED, ACCEPTED, .u.accepted = {2, 1, 0}),
	FROM(WORKER, FD_NONE, CONFINED, .u.confined = {.namespaces = 31}),
	FROM(BROKER, FD_NONE, CONFINED, .u.confined = {.landlock = 6}),
	FROM(SUPERVISOR, FD_NONE, CONFINED, .u.confined = {.namespaces_error = 1}),
	FROM(BROKER, FD_NONE, LINK,
	     .u.link = {.state = PLK_LINK_UNFIT, .index = 4, .name = "eth0"}),
	FROM(BROKER, FD_NONE, LINK, .u.link = {.state = PLK_LINK_RENAMED, .index = 2, .name = "x"}),
	FROM(BROKER, FD_NONE, LINK, .u.link = {.state = PLK_LINK_MTU, .index = 2, .mtu = 9000}),
	FROM(BROKER, FD_NONE, LINK, .u.link = {.state = PLK_LINK_NO_CARRIER, .is_up = 1}),
	FROM(BROKER, FD_NONE, LINK,
	     .u.link = {.state = PLK_LINK_CARRIER, .has_carrier = 1, .kind = PLK_LINK_TAP}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_FILTER, 0, PLK_STEP_FILTER, 12}),
	FROM(SUPERVISOR, FD_NONE, STOP, .u.stop = {1}),
	FROM(WORKER, FD_CONNECTED, KEPT, .u.kept = {.slot = 2, .generation = 1}),
	FROM(WORKER, FD_STREAM, KEPT, .u.kept = {.slot = 2, .generation = 1}),
	FROM(WORKER, FD_NONE, RESTORED, .u.restored = {.slot = 5, .generation = 1}),
	FROM(WORKER, FD_NONE, RESTORED, .u.restored = {.err = PLK_E_ADOPT_PEER}),
	FROM(BROKER, FD_NONE, COUNTED, .u.counted = {2, 5, 5}),
	FROM(WORKER, FD_NONE, LEFT),
};

static const struct hostile_process process = {
	.run = run,
	.begin = begin,
	.stage = stage,
	.reads = reads,
	.permitted = permitted,
	.heard = heard,
	.event = event,
	.owns = owns,
	.waits = waits,
	.refusal = hostile_refusal_one,
	.finish = finish,
	.words = words,
	.n_words = COUNT(words),
	.channels =
		{
			[SUPERVISOR] = {.in = PLK_CHANNEL_SUPERVISOR_FRONT,
					.out = PLK_CHANNEL_FRONT_SUPERVISOR},
			[BROKER] = {.in = PLK_CHANNEL_BROKER_FRONT,
				    .out = PLK_CHANNEL_FRONT_BROKER},
			[WORKER] = {.in = PLK_CHANNEL_WORKER_FRONT,
				    .out = PLK_CHANNEL_FRONT_WORKER},
		},
	.n_channels = 3,
	.status_max = 2,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	const uint8_t setup = take_u8(&in);
	const uint8_t more = take_u8(&in);

	memset(&front, 0, sizeof front);
	memset(&world, 0, sizeof world);
	world.command_line =
		command_lines[((setup & 7U) + (more & 0x80U) / 16) % COUNT(command_lines)];
	world.n_honest = setup >> 3;
	fakes_reset(more & 0x7f);
	hostile_run(&process, in);
	plk_page_unmap(&front.page, PLK_BOOKS_BYTES);
	free(front.listen.copy);
	if (world.page)
		CHECK(munmap(world.page, PLK_BOOKS_BYTES) == 0);
	return 0;
}
