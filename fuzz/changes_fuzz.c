/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The front while its remotes change: commands and reloads in any order, between answers that are honest, late, wrong or missing,
 * and workers that die at any moment. See hostile.h; front_fuzz.c has the start, and all that is not a change; how commands come
 * and are answered is control.c's, which is left out here.
 *
 *   input = u8 command line in bits 0-2, bit 3: messages have little room; u8 a gate in bits 0-3, as in front_fuzz.c; u8 the
 *           remotes file at the start; then steps
 *   own events: 0 the oldest order that was not answered is answered; 1 u8: so many of the next are, 31 all;
 *               2 u8 row, u8 cell, u8: the worker counts; 3 u8 command, parameters: a client wants it;
 *               4 TEXT of files: the remotes file is another one; 5 u8: what else is wrong with it (enum look);
 *               6 u8: the broker cannot open the next remotes; 7 the worker dies; 8 u8 port: a client comes;
 *               9 u8 channel: the oldest order over it is answered
 *   parameters = u8 how many, then TEXTs of params; TEXT = u8 index in a table, or 255, u8 length, bytes
 *
 * Properties of its own:
 *   - what the broker opens at run time somebody asks for right now, and it lies in a directory that the start named; what is
 *     inherited is what it was at the start
 *   - what is refused changes nothing; what is done changes what it says and nothing else
 *   - the worker that is there gets no port twice unless it ended it, nor has to end one that it has not; after ROOM comes the
 *     descriptor
 *   - a port begins with nothing in its books
 *   - as long as nobody lies the worker may hear what it hears, nobody waits when all is answered, nothing ends, and then broker
 *     and worker have what the table has
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "front/commands.h"
#include "front/control.h"
#include "front/front.h"
#include "os/page.h"
#include "text/words.h"

#include "fakes.h"
#include "hostile.h"

int front_main(int argc, char **argv);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_plk_channel_send(int fd, const struct plk_msg *msg, int pass);
int __wrap_plk_channel_send(int fd, const struct plk_msg *msg, int pass);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
struct passwd *__real_getpwuid(uid_t uid);
struct passwd *__wrap_getpwuid(uid_t uid);

enum channel { SUPERVISOR, BROKER, WORKER };

#define ASKED_MAX 256
#define HONEST_ALL 31
#define COMMANDS_MAX 8
#define PARAMS_MAX 2
#define TEXT_BYTES 256
#define FILE_BYTES 4096
#define CLIENTS 8 /* that the honest worker has at most */

/* What is inherited: a TCP listener, a TAP, and a Unix listener. */
#define TCP 3
#define TAP 4
#define UNIX 5
#define INHERITED 3

static const char *const command_lines[][6] = {
	{"--interface=eth0", "--control=punix:/run/control", "--remote=capture@punix:/run/a"},
	{"--interface=eth0", "--control=punix:/var/control", "--remotes-file=/etc/p/f",
	 "--remote-dir=/srv", "--remote=attach@ptcp:0"},
	{"--interface=eth0", "--control=pfd:5", "--remote-dir=/run",
	 "--remote=attach,tcp=yes@pfd:3"},
	{"--interface=eth0", "--remotes-file=/etc/p/f", "--remote=capture@punix:/run/a"},
	{"--interface=eth0", "--control=punix:/run/control", "--clients=1", "--remote-dir=/srv",
	 "--remote=inject@unix:/run/b", "--remote=capture,latency=low@tcp:192.0.2.1:7"},
	{"--interface=eth0", "--control=punix:/run/control", "--remotes-file=/etc/p/f"},
	{"--interface=tapfd:4", "--control=punix:/run/control", "--remote-dir=/run",
	 "--remote-dir=/srv"},
	{"--interface=eth0", "--control=pfd:5", "--remotes-file=/etc/p/f", "--remote-dir=/run",
	 "--remote=capture,direction=in@punix:/run/a", "--remote=attach,tcp=yes@pfd:3"},
};

/* fuzz/seeds.py has their indexes, and those of the two below. */
static const char *const files[] = {
	"",
	"capture@punix:/run/f\n",
	"capture@punix:/run/f\nattach@punix:/srv/g\n# of two\n",
	"capture,latency=low@punix:/run/f\ninject@unix:/srv/t\n",
	"attach@ptcp:4000\ncapture@tcp:192.0.2.9:9",
	"capture@punix:/run/h\nattach@pfd:3\n",
	"capture@punix:/run/h\ncapture@punix:/nowhere/x\n",
	"capture@punix:/run/h\ncapture@punix:/run/a\n",
	"capture@punix:/run/f\nattach@punix:/run/f\n",
	"capture@ptcp:1\ncapture@ptcp:2\ncapture@ptcp:3\nattach@ptcp:4\ninject@ptcp:5\n",
	"capture@punix:/run/f #\n",
	"capture,latency=low@punix:/run/f\ninject@punix:/run/t\n",
	"capture,direction=in@punix:/run/f\nattach@punix:/run/t\n",
};

static const char *const params[] = {
	"capture@punix:/run/a",
	"capture@punix:/run/f",
	"attach@punix:/srv/c",
	"inject@unix:/srv/t",
	"attach,latency=low@ptcp:4001",
	"attach@ptcp:0",
	"capture,direction=out@tcp:192.0.2.1:7",
	"attach,tcp=yes@pfd:3",
	"attach@pfd:4",
	"attach@sd:l",
	"capture@punix:/nowhere/x",
	"capture@punix:/run/../x",
	"attach,mac=02:00:00:00:00:01,vlan=0+9,rate=7:7@punix:/run/v",
	"punix:/run/a",
	"tcp:192.0.2.1:7",
	"pfd:3",
	"on",
	"off",
	"json",
	"openmetrics",
	"debug",
	"",
	"attach,direction=in@ptcp:0",
};

static const char *const names[] = {
	"add-remote", "remove-remote", "reload",        "status",  "list-remotes", "show",
	"stats",      "log-level",     "list-commands", "version", "exit",         "nothing",
};

/** enum look - bits: what openat() and fstat() say of the file */
enum look {
	LOOK_NONE = 1,
	LOOK_LINK = 2,
	LOOK_FIFO = 4,
	LOOK_OTHERS = 8, /* it is somebody else's */
	LOOK_WRITABLE = 16,
	LOOK_CHANGES = 32, /* while it is read */
	LOOK_FAILS = 64,
};

/** struct row - a port, as the table has it */
struct row {
	bool used;
	enum front_port_state state;
	enum plk_origin origin;
	bool is_inherited;
	size_t n;
	uint8_t canon[PLK_PORT_TEXT_MAX];
};

struct command {
	const char *name;
	size_t n;
	uint8_t texts[PARAMS_MAX][TEXT_BYTES];
	size_t lengths[PARAMS_MAX];
};

struct client {
	bool used;
	uint16_t port;
	uint32_t generation;
};

/** struct worker - what the one that is there was told */
struct worker {
	struct plk_rules rules;
	enum plk_stage stage;
	bool has[PLK_PORTS_MAX];
	bool holds[PLK_PORTS_MAX]; /* its listener */
	bool parked[PLK_PORTS_MAX];
	unsigned ended
		[PLK_PORTS_MAX]; /* UNPORTED was said so often, and it was not seen yet that it had to be */
	bool room;
	uint16_t room_port;
	bool is_off;
	struct client clients[CLIENTS];
};

static struct world {
	const char *const *command_line;
	bool lied;   /* or something happened that no honest peer can help */
	bool saying; /* an honest answer */
	unsigned n_honest;
	unsigned n_refused; /* remotes that cannot be opened */
	struct hostile_word asked[ASKED_MAX];
	size_t n_asked;
	size_t n_answered;
	struct worker worker;
	bool opened[PLK_PORTS_MAX]; /* the broker has something of it */
	bool replacing;
	bool stopping;
	bool deaf; /* all was not heard when it last waited */
	bool arranged;
	uint32_t generation;
	unsigned n_counted;
	struct plk_books_page *page;
	unsigned look;
	uint8_t file[FILE_BYTES];
	size_t n_file;
	uint8_t start_file[FILE_BYTES];
	size_t n_start_file;
	uint8_t read[FILE_BYTES]; /* as it was when it was opened last */
	size_t n_read;
	unsigned n_looks;
	struct command commands[COMMANDS_MAX];
	size_t n_commands;
	const struct command *running;
	bool begun;         /* there is a table */
	unsigned n_forgets; /* that were not answered */
} world;

/* Apart, since they are large, and hold nothing that is read before it is written. */
static struct row before[PLK_PORTS_MAX];
static struct row after[PLK_PORTS_MAX];

/* ---- texts ---- */

/* Of a table, or any bytes but NUL; Return: how many */
static size_t
text_take(const char *const *table, size_t n_table, uint8_t *out, size_t size)
{
	const uint8_t which = take_u8(&hostile.in);
	const char *text = table[which % n_table];
	size_t n = strlen(text);

	if (which == 255) {
		n = take_u8(&hostile.in);
		take_bytes(&hostile.in, out, n);
		for (size_t i = 0; i < n; i++)
			out[i] = out[i] ? out[i] : ' ';
		return n;
	}
	CHECK(n <= size);
	memcpy(out, text, n);
	return n;
}

static void
file_set(const uint8_t *bytes, size_t n)
{
	CHECK(n <= sizeof world.file);
	memcpy(world.file, bytes, n);
	world.n_file = n;
}

/* ---- the C library ---- */

/* Of its own, so that what is read is what it was when it was opened. */
static int
file_open(void)
{
	int ours;
	int fd;

	if (world.look & LOOK_NONE)
		errno = ENOENT;
	else if (world.look & LOOK_LINK)
		errno = ELOOP;
	else if (world.look & LOOK_FIFO)
		errno = ENXIO;
	if (world.look & (LOOK_NONE | LOOK_LINK | LOOK_FIFO))
		return -1;
	fd = memfd_create("remotes", MFD_CLOEXEC);
	if (fd < 0)
		return -1;
	ours = (int)pwrite(fd, world.file, world.n_file, 0);
	CHECK(ours == (int)world.n_file);
	memcpy(world.read, world.file, world.n_file);
	world.n_read = world.n_file;
	world.n_looks = 0;
	return fd;
}

static int
file_look(struct stat *st)
{
	world.n_looks++;
	if ((world.look & LOOK_FAILS) && world.n_looks == 2) {
		errno = EIO;
		return -1;
	}
	*st = (struct stat){
		.st_mode = S_IFREG | 0600U | (world.look & LOOK_WRITABLE ? 020U : 0),
		.st_uid = world.look & LOOK_OTHERS ? 4000000000U : getuid(),
		.st_size = (off_t)world.n_read,
		.st_mtim.tv_nsec = world.look & LOOK_CHANGES ? (long)world.n_looks : 0,
	};
	return 0;
}

/* Closes what is inherited, but for what is ours; looks for the remotes file. */
long
__wrap_syscall(long number, ...)
{
	long of[6];
	va_list args;

	va_start(args, number);
	for (size_t i = 0; i < COUNT(of); i++)
		of[i] = i < (number == SYS_fstat         ? 2
			     : number == SYS_close_range ? 3
							 : 4) ||
					!hostile.running
				? va_arg(args, long)
				: 0;
	va_end(args);
	if (!hostile.running)
		return __real_syscall(number, of[0], of[1], of[2], of[3], of[4], of[5]);
	if (number == SYS_openat) {
		CHECK((int)of[0] == PLK_FRONT_FD_DIRECTORY && front.cmdline.has_remotes_file);
		return file_open();
	}
	if (number == SYS_fstat) {
		struct stat *st;

		memcpy(&st, &of[1], sizeof st);
		return file_look(st);
	}
	CHECK(number == SYS_close_range && !fakes.sandboxed);
	world.arranged = true;
	return __real_syscall(number, (unsigned)of[0],
			      (unsigned)of[1] < HOSTILE_FD ? (unsigned)of[1] : HOSTILE_FD - 1, 0);
}

/* Whether the command line has it in --remote-dir: then it is looked for. */
static bool
is_remote_dir(const char *path)
{
	for (size_t i = 0; i < front.cmdline.n_remote_dirs; i++) {
		if (strcmp(path, front.cmdline.remote_dirs[i]) == 0)
			return true;
	}
	return false;
}

/* The directory of the remotes file is another; beside these only /dev/null is opened. */
int
__wrap_open(const char *path, int flags, ...)
{
	int fd;

	if (!hostile.running || strcmp(path, "/dev/null") == 0)
		return __real_open(path, flags, 0);
	CHECK(strcmp(path, "/etc/p") == 0 || is_remote_dir(path));
	CHECK((flags & O_PATH) && !fakes.sandboxed);
	fd = hostile_copy();
	if (fd < 0)
		errno = EMFILE;
	return fd < 0 ? -1 : fd;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (!hostile.running)
		return __real_write(fd, p, n);
	CHECK(fd == STDERR_FILENO && n > 1);
	return (ssize_t)n;
}

struct passwd *
__wrap_getpwuid(uid_t uid)
{
	static char name[] = "pktlock";
	static struct passwd user = {.pw_name = name};

	return hostile.running ? &user : __real_getpwuid(uid);
}

/* ---- what may be opened ---- */

static bool
has_text(struct plk_span in, const char *text)
{
	return in.n > 0 && memmem(in.p, in.n, text, strlen(text));
}

/* A line of @in ends with a Unix socket right below the directory: with C strings. */
static bool
names_directory(struct plk_span in, const char *directory, size_t n)
{
	char text[FILE_BYTES + 1];
	char *rest = text;
	char *line;

	memcpy(text, in.p, in.n);
	text[in.n] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		char *path = strstr(line, "unix:/");
		char *last = strrchr(line, '/');

		if (*line == '#' || !path)
			continue;
		path += strlen("unix:");
		if ((size_t)(last - path) == n && memcmp(path, directory, n) == 0)
			return true;
	}
	return false;
}

/* The start named it: by --remote-dir, or by a remote that lies in it. */
static bool
may_lie_in(const char *directory, size_t n)
{
	const size_t option = strlen("--remote-dir=");

	for (size_t i = 0; i < COUNT(*command_lines) && world.command_line[i]; i++) {
		const char *word = world.command_line[i];

		if (strncmp(word, "--remote-dir=", option) == 0 && strlen(word) == option + n &&
		    memcmp(word + option, directory, n) == 0)
			return true;
		if (strncmp(word, "--remote=", strlen("--remote=")) == 0 &&
		    names_directory(plk_span_str(word), directory, n))
			return true;
	}
	return front.cmdline.has_remotes_file &&
	       names_directory((struct plk_span){world.start_file, world.n_start_file}, directory,
			       n);
}

/* Who wants a remote now: the client whose command runs, or else the file. */
static bool
is_wanted(const char *text)
{
	const struct command *c = world.running;

	if (c && strcmp(c->name, "add-remote") == 0)
		return has_text((struct plk_span){c->texts[0], c->lengths[0]}, text);
	return (!c || strcmp(c->name, "reload") == 0) &&
	       has_text((struct plk_span){world.read, world.n_read}, text);
}

static void
path_check(const char *kind, const char *path)
{
	char text[PLK_PATH_MAX + 16];

	(void)snprintf(text, sizeof text, "@%s:%s", kind, path);
	CHECK(is_wanted(text));
	CHECK(may_lie_in(path, (size_t)(strrchr(path, '/') - path)));
}

static void
tcp_check(const char *kind, uint16_t port)
{
	char text[16];

	(void)snprintf(text, sizeof text, ":%u", port);
	CHECK(is_wanted(text));
	(void)snprintf(text, sizeof text, "@%s:", kind);
	CHECK(is_wanted(text));
}

/* When it is said, not when it is heard: who wants it may be gone by then. */
int
__wrap_plk_channel_send(int fd, const struct plk_msg *msg, int pass)
{
	if (front.stage != PLK_STAGE_RUN) /* what the start opens, front_fuzz.c looks into */
		return __real_plk_channel_send(fd, msg, pass);
	if (msg->type == PLK_MSG_LISTEN_UNIX)
		path_check("punix", msg->u.listen_unix.path);
	else if (msg->type == PLK_MSG_TARGET_UNIX)
		path_check("unix", msg->u.target_unix.path);
	else if (msg->type == PLK_MSG_LISTEN_TCP)
		tcp_check("ptcp", msg->u.listen_tcp.tcp_port);
	else if (msg->type == PLK_MSG_TARGET_TCP)
		tcp_check("tcp", msg->u.target_tcp.tcp_port);
	else if (msg->type == PLK_MSG_FORGET)
		world.n_forgets++;
	return __real_plk_channel_send(fd, msg, pass);
}

/* ---- what broker and worker are told ---- */

static void
open_note(uint16_t port, bool done)
{
	CHECK(!world.opened[port] || world.lied);
	world.opened[port] = done;
}

static void
order_check(const struct plk_msg *order)
{
	/* what is refused now, the broker does not have */
	const bool done = world.n_refused == 0;

	if (order->type == PLK_MSG_LISTEN_UNIX || order->type == PLK_MSG_LISTEN_TCP) {
		open_note(order->u.listen_unix.port, done);
	} else if (order->type == PLK_MSG_TARGET_UNIX || order->type == PLK_MSG_TARGET_TCP) {
		open_note(order->u.target_unix.port, true);
	} else if (order->type == PLK_MSG_FORGET) {
		CHECK(world.opened[order->u.forget.port] || world.lied);
		world.opened[order->u.forget.port] = false;
	} else if (order->type == PLK_MSG_CONNECT) {
		CHECK(world.opened[order->u.connect.port] || world.lied);
	}
}

static void
room_check(const struct plk_msg *msg, int fd)
{
	struct worker *w = &world.worker;

	if (w->room && !world.replacing) {
		CHECK(fd >= 0 && (msg->type == PLK_MSG_FILL || msg->type == PLK_MSG_PORT));
		CHECK(msg->type == PLK_MSG_FILL || msg->u.port.port == w->room_port);
	}
	if (!w->room && msg->type == PLK_MSG_PORT && w->stage == PLK_STAGE_RUN)
		CHECK(fd < 0 || world.lied || hostile.wrong);
	if (w->room && msg->type == PLK_MSG_FILL)
		w->holds[w->room_port] = false;
	w->room = msg->type == PLK_MSG_ROOM;
	w->room_port = msg->u.room.port;
}

static void
port_check(const struct plk_msg_port *port, bool has_fd)
{
	struct worker *w = &world.worker;

	CHECK(!w->has[port->port] || w->ended[port->port] > 0);
	w->ended[port->port] = 0;
	w->has[port->port] = true;
	w->holds[port->port] |= has_fd;
	w->parked[port->port] = false;
}

/* As the worker judges it. */
static void
stage_check(const struct plk_msg *msg, bool has_fd)
{
	struct worker *w = &world.worker;

	if (world.lied || hostile.wrong || world.replacing)
		return;
	CHECK(plk_rules_check(&w->rules, PLK_CHANNEL_FRONT_WORKER, w->stage, msg->type, has_fd) ==
	      PLK_OK);
	if (msg->type == PLK_MSG_CONFIG)
		w->stage = PLK_STAGE_SETUP;
	if (msg->type == PLK_MSG_GO)
		w->stage = PLK_STAGE_RUN;
}

static void
page_take(int fd)
{
	void *page = mmap(NULL, PLK_BOOKS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	CHECK(fd >= 0 && page != MAP_FAILED);
	if (world.page)
		CHECK(munmap(world.page, PLK_BOOKS_BYTES) == 0);
	world.page = page;
}

static void
worker_check(const struct plk_msg *msg, int fd)
{
	struct worker *w = &world.worker;

	room_check(msg, fd);
	stage_check(msg, fd >= 0);
	if (msg->type == PLK_MSG_CONFIG)
		page_take(fd);
	else if (msg->type == PLK_MSG_PORT)
		port_check(&msg->u.port, fd >= 0);
	else if (msg->type == PLK_MSG_UNPORT)
		CHECK(w->has[msg->u.unport.port]);
	else if (msg->type == PLK_MSG_PARK)
		w->parked[msg->u.park.port] = msg->u.park.on;
	else if (msg->type == PLK_MSG_FLOW)
		w->is_off = !msg->u.flow.on;
	if (msg->type == PLK_MSG_PARK)
		CHECK(w->has[msg->u.park.port] || !msg->u.park.on || world.lied);
}

/* ---- answers as they should be ---- */

static void
say(const struct hostile_word *word)
{
	world.saying = true;
	hostile_say(word->channel, &word->msg, word->with);
	world.saying = false;
}

static void
answer_now_or_later(const struct hostile_word *answer)
{
	if (answer->msg.type == PLK_MSG_NONE)
		return;
	if (world.n_honest > 0 && world.n_answered == world.n_asked) {
		world.n_honest -= world.n_honest < HONEST_ALL;
		say(answer);
	} else if (world.n_asked < ASKED_MAX) {
		world.asked[world.n_asked++] = *answer;
	} else {
		world.lied = true;
	}
}

static void
answer_at(unsigned channel, enum descriptor with, const struct plk_msg *msg)
{
	answer_now_or_later(&(const struct hostile_word){channel, with, *msg});
}

static bool
is_refused(void)
{
	const bool refused = world.n_refused > 0;

	world.n_refused -= refused;
	return refused;
}

static void
broker_answer(const struct plk_msg *order)
{
	struct hostile_word answer = {BROKER, FD_NONE, {.type = PLK_MSG_DONE}};
	struct plk_msg_listening *listening = &answer.msg.u.listening;

	switch (order->type) {
	case PLK_MSG_IFACE_NAME:
	case PLK_MSG_IFACE_TAP:
		answer.msg.type = PLK_MSG_IFACE_IS;
		answer.msg.u.iface_is = (struct plk_msg_iface_is){
			.index = 2, .is_up = 1, .has_carrier = 1, .mtu = 1500, .name = "eth0"};
		break;
	case PLK_MSG_LISTEN_CONTROL:
		answer.with = FD_LISTENER;
		answer.msg.type = PLK_MSG_LISTENING;
		break;
	case PLK_MSG_LISTEN_UNIX:
	case PLK_MSG_LISTEN_TCP:
		answer.msg.type = PLK_MSG_LISTENING;
		listening->port = order->u.listen_unix.port;
		if (is_refused())
			*listening = (struct plk_msg_listening){listening->port, PLK_STEP_BIND,
								EADDRINUSE};
		else
			answer.with = FD_TCP;
		break;
	case PLK_MSG_CONNECT:
		answer.msg.type = PLK_MSG_CONNECTING;
		listening->port = order->u.connect.port;
		if (is_refused())
			*listening = (struct plk_msg_listening){listening->port, PLK_STEP_CONNECT,
								ECONNREFUSED};
		else
			answer.with = FD_CONNECTED;
		break;
	case PLK_MSG_CONFINE:
		answer.msg.type = PLK_MSG_CONFINED;
		break;
	case PLK_MSG_COUNT:
		answer.msg.type = PLK_MSG_COUNTED;
		answer.msg.u.counted = (struct plk_msg_counted){2, 1000, 2000};
		break;
	case PLK_MSG_FORGET:
	case PLK_MSG_FILTER:
	case PLK_MSG_PROMISC:
	case PLK_MSG_HANDOUT:
		answer.msg.u.done.request = (uint8_t)order->type;
		break;
	case PLK_MSG_OPEN:
	case PLK_MSG_BIND:
	case PLK_MSG_SILENCE:
		answer.msg.u.done.request = (uint8_t)order->type;
		answer.msg.u.done.class = order->u.open.class;
		break;
	default: /* ALLOW_*, RUNTIME, TARGET_*, SEAL */
		return;
	}
	answer_now_or_later(&answer);
}

/* Takes a slot, and shows who it is. */
static void
client_come(uint16_t port)
{
	struct worker *w = &world.worker;

	for (uint32_t i = 0; i < CLIENTS && i < front.cmdline.clients; i++) {
		if (w->clients[i].used)
			continue;
		w->clients[i] = (struct client){true, port, ++world.generation};
		answer_at(WORKER, FD_CONNECTED,
			  &(const struct plk_msg){.type = PLK_MSG_ACCEPTED,
						  .u.accepted = {i, world.generation, port}});
		return;
	}
	answer_at(WORKER, FD_NONE,
		  &(const struct plk_msg){
			  .type = PLK_MSG_CLOSED,
			  .u.closed = {.generation = ++world.generation,
				       .port = port,
				       .reason = PLK_CLOSE_REFUSED},
		  });
}

static void
client_go(uint32_t slot, enum plk_close why)
{
	struct client *c = &world.worker.clients[slot];

	c->used = false;
	answer_at(WORKER, FD_NONE,
		  &(const struct plk_msg){.type = PLK_MSG_CLOSED,
					  .u.closed = {.slot = slot,
						       .generation = c->generation,
						       .port = c->port,
						       .reason = (uint8_t)why}});
}

static void
worker_unport(uint16_t port)
{
	for (uint32_t i = 0; i < CLIENTS; i++) {
		if (world.worker.clients[i].used && world.worker.clients[i].port == port)
			client_go(i, PLK_CLOSE_REMOVED);
	}
	answer_at(WORKER, FD_NONE,
		  &(const struct plk_msg){.type = PLK_MSG_UNPORTED, .u.unported.port = port});
}

static void
worker_answer(const struct plk_msg *order)
{
	const struct plk_msg_admit *admit = &order->u.admit;
	struct plk_msg answer = {.type = PLK_MSG_NONE};

	if (order->type == PLK_MSG_UNPORT)
		worker_unport(order->u.unport.port);
	if (order->type == PLK_MSG_CLIENT)
		client_come(order->u.client.port);
	if (order->type == PLK_MSG_ADMIT && !admit->admit && admit->slot < CLIENTS &&
	    world.worker.clients[admit->slot].used &&
	    world.worker.clients[admit->slot].generation == admit->generation)
		client_go(admit->slot, PLK_CLOSE_REFUSED);
	if (order->type == PLK_MSG_PORT && order->u.port.adopt) {
		answer.type = PLK_MSG_ADOPTED;
		answer.u.adopted.port = order->u.port.port;
	} else if (order->type == PLK_MSG_GO) {
		answer.type = PLK_MSG_SERVING;
	} else if (order->type == PLK_MSG_PING) {
		answer.type = PLK_MSG_PONG;
	} else if (order->type == PLK_MSG_FINISH) {
		answer.type = PLK_MSG_LEFT;
	}
	answer_at(WORKER, FD_NONE, &answer);
}

/* It says and hears nothing any more. */
static void
worker_gone(void)
{
	hostile_channel_close(WORKER);
	world.worker = (struct worker){.stage = PLK_STAGE_START};
	for (size_t i = world.n_answered; i < world.n_asked; i++) {
		if (world.asked[i].channel == WORKER)
			world.asked[i].msg.type = PLK_MSG_NONE;
	}
}

/* It is killed, or was; another one comes. */
static void
worker_next(void)
{
	worker_gone();
	answer_at(SUPERVISOR, FD_NONE, &(const struct plk_msg){.type = PLK_MSG_WORKER_DIED});
	answer_at(SUPERVISOR, FD_CHANNEL + WORKER,
		  &(const struct plk_msg){.type = PLK_MSG_CHANNEL,
					  .u.channel.peer = PLK_PEER_WORKER});
}

static void
supervisor_heard(const struct plk_msg *msg)
{
	if (msg->type == PLK_MSG_WORKER_WANTED) {
		answer_at(SUPERVISOR, FD_CHANNEL + WORKER,
			  &(const struct plk_msg){.type = PLK_MSG_CHANNEL,
						  .u.channel.peer = PLK_PEER_WORKER});
	} else if (msg->type == PLK_MSG_WORKER_STUCK) {
		CHECK(!world.replacing || world.stopping);
		world.replacing = true;
		worker_next();
	} else if (msg->type == PLK_MSG_EXIT) {
		answer_at(SUPERVISOR, FD_NONE, &(const struct plk_msg){.type = PLK_MSG_STOP});
	}
}

static void
heard(unsigned channel, const struct plk_msg *msg, int *fd)
{
	if (channel == SUPERVISOR) {
		supervisor_heard(msg);
	} else if (channel == BROKER) {
		order_check(msg);
		broker_answer(msg);
	} else {
		worker_check(msg, *fd);
		worker_answer(msg);
	}
}

/* ---- what is said to it ---- */

static enum hostile_reads
reads(unsigned channel)
{
	const struct plk_watch *watch = channel == SUPERVISOR ? &front.supervisor_watch
					: channel == BROKER   ? &front.broker_watch
							      : &front.worker_watch;

	return watch->fd >= 0 ? READS_NOW : READS_LATER;
}

/* A port that there is not, any more. */
static bool
is_about_no_port(const struct plk_msg *msg)
{
	switch (msg->type) {
	case PLK_MSG_CONNECTING:
		return !front.ports[msg->u.connecting.port].used ||
		       plk_remote_is_passive(&front.ports[msg->u.connecting.port].port.remote);
	case PLK_MSG_ACCEPTED:
		return !front.ports[msg->u.accepted.port].used;
	case PLK_MSG_CLOSED:
		return !front.ports[msg->u.closed.port].used;
	case PLK_MSG_ADOPTED:
		return !front.ports[msg->u.adopted.port].used;
	case PLK_MSG_UNPORTED:
		return front.awaited != PLK_MSG_UNPORTED || front.unporting != msg->u.unported.port;
	default:
		return false;
	}
}

/* A parked one is still there. */
static void
unported_note(uint16_t port)
{
	struct worker *w = &world.worker;

	if (w->parked[port])
		return;
	w->ended[port]++;
	if (world.saying)
		w->has[port] = false;
}

static void
permitted(unsigned channel, const struct plk_msg *msg)
{
	if (!world.saying) {
		world.lied |= msg->type != PLK_MSG_RELOAD && msg->type != PLK_MSG_DUMP;
		if (channel != SUPERVISOR && reads(channel) == READS_NOW && is_about_no_port(msg))
			hostile_must_end(1);
	}
	if (msg->type == PLK_MSG_UNPORTED)
		unported_note(msg->u.unported.port);
	if (msg->type == PLK_MSG_WORKER_DIED) {
		worker_gone();
		world.replacing = false;
	}
	if (msg->type == PLK_MSG_DONE && msg->u.done.request == PLK_MSG_FORGET)
		world.n_forgets--;
	if (msg->type == PLK_MSG_STOP)
		world.stopping = true;
}

/* ---- the table ---- */

static void
table_look(struct row *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		const struct front_port *p = &front.ports[i];

		rows[i].used = p->used;
		if (!p->used)
			continue;
		n++;
		rows[i].state = p->state;
		rows[i].origin = p->origin;
		rows[i].is_inherited = plk_remote_is_inherited(&p->port.remote);
		rows[i].n = p->canon.n;
		memcpy(rows[i].canon, p->canon.p, p->canon.n);
		CHECK(p->state == PLK_PORT_OPEN ||
		      (p->state == PLK_PORT_PARKED && rows[i].is_inherited));
		CHECK(!rows[i].is_inherited || p->origin == PLK_ORIGIN_CMDLINE);
	}
	CHECK(n == front.n_ports);
}

static bool
is_same_text(const struct row *a, const struct row *b)
{
	return a->used && b->used &&
	       same_bytes((struct plk_span){a->canon, a->n}, (struct plk_span){b->canon, b->n});
}

static bool
is_same_row(const struct row *a, const struct row *b)
{
	return (!a->used && !b->used) ||
	       (is_same_text(a, b) && a->state == b->state && a->origin == b->origin);
}

/* How many rows differ, and the last one of them. */
static size_t
difference(size_t *at)
{
	size_t n = 0;

	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		if (is_same_row(&before[i], &after[i]))
			continue;
		n++;
		*at = i;
	}
	return n;
}

static bool
canon_of(struct plk_span text, struct row *row)
{
	struct plk_port port;
	size_t at;

	row->used = true;
	return plk_port_parse(text, &port, &at) == PLK_OK &&
	       plk_port_encode(&port, (struct plk_mspan){row->canon, sizeof row->canon}, &row->n) ==
		       PLK_OK;
}

/* Whoever gets a number, gets nothing with it. */
static void
books_check(size_t i)
{
	const uint64_t *cells;

	if (world.n_counted > 0)
		return; /* it may be its own */
	(void)plk_books_read(&front.books, front.page);
	cells = plk_books_port(&front.books, (uint16_t)i);
	for (size_t c = 0; c < PLK_CELL_SUMS; c++)
		CHECK(cells[c] == 0);
}

static void
added_check(const struct command *c)
{
	static struct row wanted;
	size_t i = 0;

	CHECK(canon_of((struct plk_span){c->texts[0], c->lengths[0]}, &wanted));
	CHECK(difference(&i) == 1);
	CHECK(is_same_text(&wanted, &after[i]) && after[i].state == PLK_PORT_OPEN);
	if (before[i].used) {
		CHECK(is_same_text(&wanted, &before[i]) && before[i].state == PLK_PORT_PARKED);
		CHECK(before[i].origin == after[i].origin);
		return;
	}
	CHECK(after[i].origin == PLK_ORIGIN_CONTROL && !after[i].is_inherited);
	books_check(i);
}

static void
removed_check(void)
{
	size_t i = 0;

	CHECK(difference(&i) == 1);
	CHECK(before[i].used && before[i].state == PLK_PORT_OPEN);
	CHECK(after[i].used == before[i].is_inherited);
	CHECK(!after[i].used ||
	      (after[i].state == PLK_PORT_PARKED && is_same_text(&before[i], &after[i])));
}

/* What the file does not own stays, but what a client added and the file says, too. */
static void
others_check(void)
{
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		const bool is_taken = before[i].origin == PLK_ORIGIN_CONTROL &&
				      after[i].origin == PLK_ORIGIN_FILE;

		if (before[i].used && before[i].origin != PLK_ORIGIN_FILE)
			CHECK(is_same_text(&before[i], &after[i]) &&
			      before[i].state == after[i].state &&
			      (before[i].origin == after[i].origin || is_taken));
		else if (after[i].used)
			CHECK(after[i].origin == PLK_ORIGIN_FILE);
		if (after[i].used && !is_same_text(&before[i], &after[i]))
			books_check(i);
	}
}

/* The ports of the file are those of its lines, in whatever order. */
static void
reloaded_check(void)
{
	static struct row wanted;
	char text[FILE_BYTES + 1];
	char *rest = text;
	char *line;
	size_t n = 0;
	size_t n_found = 0;
	size_t n_file = 0;

	others_check();
	memcpy(text, world.read, world.n_read);
	text[world.n_read] = '\0';
	while ((line = strsep(&rest, "\n"))) {
		if (line[strspn(line, " \t")] == '\0' || line[strspn(line, " \t")] == '#')
			continue;
		CHECK(canon_of(plk_span_str(line), &wanted));
		n++;
		for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
			if (!is_same_text(&wanted, &after[i]) || after[i].origin != PLK_ORIGIN_FILE)
				continue;
			n_found++;
			break;
		}
	}
	for (size_t i = 0; i < PLK_PORTS_MAX; i++)
		n_file += after[i].used && after[i].origin == PLK_ORIGIN_FILE;
	CHECK(n == n_found && n == n_file);
}

static bool
is_unchanged(void)
{
	size_t at;

	return difference(&at) == 0;
}

/* ---- commands: instead of control.c ---- */

static struct plk_watch commands_watch;
static int commands_event = -1;

static void
commands_due(void *ctx, uint32_t events)
{
	uint64_t n;

	(void)ctx;
	(void)events;
	CHECK(read(commands_event, &n, sizeof n) == (ssize_t)sizeof n);
}

static void
commands_wake(void)
{
	const uint64_t one = 1;

	CHECK(__real_write(commands_event, &one, sizeof one) == (ssize_t)sizeof one);
}

void
plk_control_init(void)
{
}

bool
plk_control_is_there(void)
{
	return true;
}

void
plk_control_open(int listener, const struct plk_control_access *access)
{
	int fd;

	CHECK(hostile_is_run(listener) && access);
	if (commands_event < 0) {
		fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		CHECK(fd >= 0);
		commands_event = fcntl(fd, F_DUPFD_CLOEXEC, HOSTILE_FD);
		CHECK(commands_event >= 0 && close(fd) == 0);
	}
	commands_watch = (struct plk_watch){.fd = -1, .call = commands_due};
	CHECK(plk_watch_add(&front.loop, &commands_watch, commands_event, EPOLLIN) == 0);
}

static bool exits;

void
plk_control_exit(void)
{
	exits = true;
}

static void
answer_check(const struct plk_writer *out, bool done)
{
	CHECK(!out->full && (done || out->n > 0));
	CHECK(out->n == 0 || out->out.p[out->n - 1] == '\n');
}

static void
outcome_check(const struct command *c, bool done)
{
	table_look(after);
	CHECK(world.n_forgets == 0 || world.lied || hostile.wrong); /* the file is gone */
	if (!done || world.stopping) {
		CHECK(is_unchanged());
		return;
	}
	if (strcmp(c->name, "add-remote") == 0)
		added_check(c);
	else if (strcmp(c->name, "remove-remote") == 0)
		removed_check();
	else if (strcmp(c->name, "reload") == 0)
		reloaded_check();
	else
		CHECK(is_unchanged());
}

static void
command_run(const struct command *c)
{
	static uint8_t text[PLK_CONTROL_TEXT_MAX];
	static struct plk_request request;
	const struct plk_command_row *row;
	struct plk_writer out;
	bool done = false;

	request = (struct plk_request){
		.method = plk_span_str(c->name), .n_params = c->n, .all_strings = true};
	for (size_t i = 0; i < c->n; i++)
		request.params[i] = (struct plk_span){c->texts[i], c->lengths[i]};
	plk_writer_init(&out, (struct plk_mspan){text, PLK_CONTROL_CHANGE_MAX});
	row = plk_command_find(&request, &out);
	if (row && !row->is_change)
		out.out.n = PLK_CONTROL_TEXT_MAX;
	world.running = c;
	if (row)
		done = row->run(request.params, request.n_params, &out);
	answer_check(&out, done);
	outcome_check(c, done);
	world.running = NULL;
}

/* Between two steps; before it main() reloads if that was wanted, and nothing else has changed since. */
void
plk_control_work(void)
{
	static struct command c;

	table_look(after);
	if (world.begun && !is_unchanged())
		reloaded_check();
	memcpy(before, after, sizeof before);
	world.begun = true;
	world.n_counted = 0;
	if (world.n_commands == 0)
		return;
	c = world.commands[0];
	memmove(&world.commands[0], &world.commands[1], --world.n_commands * sizeof c);
	command_run(&c);
	memcpy(before, after, sizeof before);
	world.n_counted = 0;
	if (world.n_commands > 0)
		commands_wake();
	if (exits)
		plk_front_send(front.supervisor.fd, &(const struct plk_msg){.type = PLK_MSG_EXIT},
			       -1);
	exits = false;
}

/* ---- as long as nobody lies ---- */

static bool
is_honest(void)
{
	return !world.lied && !hostile.wrong && !world.deaf && !world.stopping &&
	       hostile.n_ours <= HOSTILE_SOCKETS - 3 && world.n_answered == world.n_asked;
}

static void
port_rest_check(size_t i)
{
	const struct front_port *p = &front.ports[i];
	const bool is_inherited = p->used && plk_remote_is_inherited(&p->port.remote);

	CHECK(world.worker.has[i] == p->used);
	CHECK(world.worker.holds[i] == (p->used && p->listener >= 0));
	CHECK(!p->used || world.worker.parked[i] == (p->state == PLK_PORT_PARKED));
	CHECK(world.opened[i] == (p->used && !is_inherited));
	CHECK(!p->used || !p->is_asked);
}

/* All is answered, and the front has nothing to do. */
static void
rest_check(void)
{
	if (!is_honest() || front.stage != PLK_STAGE_RUN)
		return;
	CHECK(front.awaited == PLK_MSG_NONE && !world.running && world.n_commands == 0);
	CHECK(!front.reload_wanted && front.serving && !front.replacing);
	CHECK(world.worker.is_off == front.is_off);
	for (size_t i = 0; i < PLK_PORTS_MAX; i++)
		port_rest_check(i);
	for (size_t i = 0; i < PLK_CLASSES; i++)
		CHECK(front.bound[i] == plk_link_wish((enum plk_class)i));
}

/* ---- events ---- */

static void
command_event(void)
{
	struct command *c = &world.commands[world.n_commands];

	if (world.n_commands == COMMANDS_MAX)
		return;
	c->name = names[take_u8(&hostile.in) % COUNT(names)];
	c->n = take_u8(&hostile.in) % (PARAMS_MAX + 1);
	for (size_t i = 0; i < c->n; i++)
		c->lengths[i] = text_take(params, COUNT(params), c->texts[i], TEXT_BYTES);
	if (front.stage != PLK_STAGE_RUN || !front.cmdline.has_control)
		return;
	world.n_commands++;
	commands_wake();
	hostile.n_sent++;
}

static void
file_event(void)
{
	uint8_t text[FILE_BYTES];

	file_set(text, text_take(files, COUNT(files), text, sizeof text));
}

static void
count_event(void)
{
	const uint8_t row = take_u8(&hostile.in);
	const uint8_t cell = take_u8(&hostile.in);
	const uint8_t value = take_u8(&hostile.in);
	struct plk_books_page *page = world.page;

	world.n_counted++;
	if (page)
		page->rows[page->turn & 1][row % PLK_ROW_CLIENT].cells[cell % PLK_CELL_SUMS] =
			value < 255 ? value : UINT64_MAX;
}

static void
client_event(void)
{
	const uint16_t port = take_u8(&hostile.in) % PLK_PORTS_MAX;
	const struct front_port *p = &front.ports[port];

	if (world.worker.stage == PLK_STAGE_RUN && world.worker.has[port] &&
	    !world.worker.parked[port] && p->used && plk_remote_is_passive(&p->port.remote))
		client_come(port);
}

/* Those of a worker that died are none. */
static void
answers_skip(void)
{
	while (world.n_answered < world.n_asked &&
	       world.asked[world.n_answered].msg.type == PLK_MSG_NONE)
		world.n_answered++;
}

/* The oldest over some channels (bits). */
static void
answer_event(unsigned channels)
{
	struct hostile_word word;

	for (size_t i = world.n_answered; i < world.n_asked; i++) {
		if (world.asked[i].msg.type == PLK_MSG_NONE ||
		    !(channels & 1U << world.asked[i].channel))
			continue;
		word = world.asked[i];
		world.asked[i].msg.type = PLK_MSG_NONE;
		say(&word);
		break;
	}
	answers_skip();
}

static void
event(unsigned which)
{
	answers_skip();
	rest_check();
	switch (which) {
	case 0:
		answer_event(~0U);
		break;
	case 1:
		world.n_honest = take_u8(&hostile.in) % (HONEST_ALL + 1);
		break;
	case 2:
		count_event();
		break;
	case 3:
		command_event();
		break;
	case 4:
		file_event();
		break;
	case 5:
		world.look = take_u8(&hostile.in);
		break;
	case 6:
		world.n_refused = take_u8(&hostile.in);
		break;
	case 7:
		if (hostile.channels[WORKER].fd >= 0 && front.stage == PLK_STAGE_RUN &&
		    !world.replacing)
			worker_next();
		break;
	case 8:
		client_event();
		break;
	case 9:
		answer_event(1U << take_u8(&hostile.in) % HOSTILE_CHANNELS);
		break;
	default:
		break;
	}
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
unix_listener_make(void)
{
	const struct sockaddr_un autobind = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	CHECK(fd >= 0);
	CHECK(bind(fd, (const struct sockaddr *)&autobind, sizeof autobind.sun_family) == 0);
	CHECK(listen(fd, 1) == 0);
	if (fd == UNIX)
		return;
	CHECK(dup2(fd, UNIX) == UNIX);
	(void)close(fd);
}

static void
begin(void)
{
	const struct plk_msg broker = {.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_BROKER};
	const struct hostile_things *things = hostile_things();

	hostile_stdin(hostile_channel(SUPERVISOR));
	world.saying = true;
	hostile_say(SUPERVISOR, &broker, FD_CHANNEL + BROKER);
	world.saying = false;
	CHECK(dup2(things->tcp, TCP) == TCP && dup2(things->memory, TAP) == TAP);
	unix_listener_make();
}

static enum plk_stage
stage(unsigned channel)
{
	(void)channel;
	return front.stage;
}

static size_t
owns(void)
{
	size_t n = world.arranged ? 0 : INHERITED;

	for (int fd = PLK_FRONT_FD_JOURNAL; world.arranged && fd < PLK_FRONT_FD_OTHER; fd++)
		n += fcntl(fd, F_GETFD) >= 0; /* kept from others, or the directory */
	n += hostile_is_run(front.loop.fd);
	n += hostile_is_run(front.broker.fd);
	n += hostile_is_run(front.worker.fd);
	n += hostile_is_run(front.no_worker);
	n += hostile_is_run(front.answer.fd);
	n += hostile_is_run(front.control.listener);
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		n += hostile_is_run(front.ports[i].listener);
		n += hostile_is_run(front.ports[i].connecting);
	}
	return n;
}

static void
waits(void)
{
	world.deaf = hostile.deaf;
}

static void
finish(void)
{
	rest_check();
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
	FROM(SUPERVISOR, FD_NONE, RELOAD),
	FROM(SUPERVISOR, FD_NONE, WORKER_DIED, .u.worker_died = {9, 100}),
	FROM(SUPERVISOR, FD_CHANNEL + WORKER, CHANNEL, .u.channel = {PLK_PEER_WORKER}),
	FROM(SUPERVISOR, FD_NONE, STOP),
	FROM(SUPERVISOR, FD_NONE, STOP, .u.stop = {1}),
	FROM(WORKER, FD_NONE, UNPORTED, .u.unported = {0}),
	FROM(WORKER, FD_NONE, UNPORTED, .u.unported = {1}),
	FROM(WORKER, FD_NONE, SERVING),
	FROM(WORKER, FD_NONE, PONG),
	FROM(WORKER, FD_NONE, ADOPTED, .u.adopted = {0, PLK_E_ADOPT_TWICE, 0}),
	FROM(WORKER, FD_NONE, CLOSED, .u.closed = {.port = 1}),
	FROM(WORKER, FD_STREAM, ACCEPTED, .u.accepted = {0, 1, 0}),
	FROM(WORKER, FD_STREAM, ACCEPTED, .u.accepted = {1, 1, 1}),
	FROM(WORKER, FD_NONE, EVENT, .u.event = {.code = PLK_EVENT_RX_DEAD, .a = 1}),
	FROM(WORKER, FD_NONE, EVENT, .u.event = {.code = PLK_EVENT_RX_DEAD, .a = 3}),
	FROM(BROKER, FD_LISTENER, LISTENING, .u.listening = {1, 0, 0}),
	FROM(BROKER, FD_NONE, LISTENING, .u.listening = {1, PLK_STEP_BIND, EADDRINUSE}),
	FROM(BROKER, FD_NONE, LISTENING, .u.listening = {1, 0, 0}),
	FROM(BROKER, FD_STREAM, CONNECTING, .u.connecting = {1, 0, 0}),
	FROM(BROKER, FD_NONE, CONNECTING, .u.connecting = {1, PLK_STEP_CONNECT, ECONNREFUSED}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_FORGET, 0, 0, 0}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_BIND, 0, PLK_STEP_BIND, ENODEV}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_SILENCE, 0, 0, 0}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_HANDOUT, 0, 0, 0}),
	FROM(BROKER, FD_NONE, DONE, .u.done = {PLK_MSG_HANDOUT, 0, PLK_STEP_SOCKET, EPIPE}),
	FROM(BROKER, FD_NONE, LINK, .u.link = {.state = PLK_LINK_GONE, .index = 2, .name = "eth0"}),
	FROM(BROKER, FD_NONE, LINK,
	     .u.link = {.state = PLK_LINK_BACK, .index = 3, .is_up = 1, .name = "eth0"}),
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

/* libpcap: no filter is given here. */
void
plk_expression_compile(struct plk_span text, struct plk_bpf *out)
{
	(void)text;
	(void)out;
	CHECK(false);
}

/* It ended, though all were honest: only since it was told to, or since it could not start. */
static void
end_check(void)
{
	CHECK(world.lied || hostile.wrong || world.stopping || hostile.finishing ||
	      front.stage != PLK_STAGE_RUN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	const uint8_t setup = take_u8(&in);
	const uint8_t gate = take_u8(&in);
	const char *file = files[take_u8(&in) % COUNT(files)];

	memset(&front, 0, sizeof front);
	memset(&world, 0, sizeof world);
	exits = false;
	world.command_line = command_lines[setup & 7U];
	world.n_honest = HONEST_ALL;
	hostile.is_wide = !(setup & 8U);
	world.lied = setup & 8U;
	file_set((const uint8_t *)file, strlen(file));
	memcpy(world.start_file, world.file, world.n_file);
	world.n_start_file = world.n_file;
	fakes_reset(gate & 15U);
	hostile_run(&process, in);
	end_check();
	plk_page_unmap(&front.page, PLK_BOOKS_BYTES);
	free(front.listen.copy);
	if (world.page)
		CHECK(munmap(world.page, PLK_BOOKS_BYTES) == 0);
	return 0;
}
