/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor with a hostile front, whose children die when the input says so: see hostile.h.
 *
 *   input = u8 what fails (bits of enum fails), u8 a gate that cannot be closed (enum gate; 0 none),
 *           then steps
 *   own events: 0 u8 child, u8 status, u8: a child ends (status: bits 0-6 a signal, or 0 and the next
 *               byte the exit status); 1 u8: a signal comes; 2 u8: what fails from now on
 *
 * Properties of its own: the broker alone is started with a privilege, and before it is given up;
 * the front after that; only workers after the sandbox is closed, one at a time; only children that
 * live are killed, and none is left behind, also when the start fails; the broker and the worker are
 * sent nothing but channels and TAPs; Landlock permits one program; who got a message that is not
 * permitted ends the service.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* The source, not its object: the state is static, and each run must begin with that of a start. */
int supervisor_main(int argc, char **argv);
#define main supervisor_main
#include "supervisor/main.c"
#undef main

#include "fakes.h"
#include "hostile.h"

int __real_socketpair(int domain, int type, int protocol, int pair[2]);
int __wrap_socketpair(int domain, int type, int protocol, int pair[2]);
__sighandler_t __real_signal(int number, __sighandler_t handler);
__sighandler_t __wrap_signal(int number, __sighandler_t handler);
int __real_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old);
int __real_signalfd(int fd, const sigset_t *set, int flags);
int __wrap_signalfd(int fd, const sigset_t *set, int flags);
pid_t __real_waitpid(pid_t pid, int *status, int options);
pid_t __wrap_waitpid(pid_t pid, int *status, int options);
int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);
int __real_closedir(DIR *dir);
int __wrap_closedir(DIR *dir);
int __real_dirfd(DIR *dir);
int __wrap_dirfd(DIR *dir);

enum channel { FRONT, BROKER, WORKER };

enum fails {
	FAILS_SPAWN = 1,
	FAILS_TAP = 2,      /* what is inherited is no TAP */
	FAILS_PROGRAM = 4,  /* a program is not there */
	FAILS_TO_DIE = 8,   /* children do not end by themselves */
	FAILS_NOTIFY = 16,  /* there is no service manager */
	FAILS_TO_READ = 32, /* it reads nothing */
	FAILS_TO_PASS = 64, /* it says nothing */
};

#define PID_FIRST 1000
#define PID_LAST 1255
#define INHERITED 2

enum fate {
	UNBORN,
	LIVES,
	DEAD, /* and not yet waited for */
	BURIED,
};

struct person {
	enum channel who;
	enum fate fate;
	int status;
};

/* What the supervisor did, beside its own state. */
static struct world {
	unsigned fails;
	struct person people[PID_LAST - PID_FIRST + 1];
	pid_t next;
	bool assumed; /* plk_identity_assume() was called */
	int signals;  /* our end */
	size_t n_listed;
	int inherited[INHERITED];
	struct dirent entry;
	unsigned n_ready;
	unsigned n_reloads; /* READY=1 that may come */
	unsigned n_stored;
	bool said_stop;
	bool said_barrier;
	int barrier; /* our end; 0: none */
} world;

/* ---- children ---- */

int
plk_program_open(const char *name, struct plk_program *out)
{
	if (world.fails & FAILS_PROGRAM)
		return -ENOENT;
	*out = (struct plk_program){.fd = hostile_copy(), .name = name};
	return 0;
}

static enum channel
who_is(const struct plk_program *program)
{
	return program == &supervisor.broker.program  ? BROKER
	       : program == &supervisor.front.program ? FRONT
						      : WORKER;
}

static bool
lives(enum channel who)
{
	for (size_t i = 0; i < COUNT(world.people); i++) {
		if (world.people[i].fate == LIVES && world.people[i].who == who)
			return true;
	}
	return false;
}

static void
spawn_check(const struct plk_spawn *how, enum channel who)
{
	CHECK(hostile_is_run(how->channel) && !lives(who));
	CHECK(who == WORKER ? fakes.sandboxed : !fakes.sandboxed);
	CHECK(who == BROKER ? !world.assumed : world.assumed && fakes_is_closed(GATE_PRIVILEGES));
	CHECK(who == BROKER ? how->assume && how->keep == PLK_KEEP_NET_RAW
			    : !how->assume && how->keep == PLK_KEEP_NOTHING);
	CHECK(how->inherit == (who == FRONT) && (how->null < 0) == (who == FRONT));
	CHECK(how->n_pass == (who == WORKER ? PLK_NAMESPACES : 0));
	for (size_t i = 0; i < how->n_pass; i++)
		CHECK(how->pass[i] < 0 || how->pass[i] >= PLK_NAMESPACES_FD);
	CHECK(how->n_pass == 0 || how->pass_at == PLK_WORKER_FD_NAMESPACE);
	CHECK(hostile_is_run(how->program->fd));
}

pid_t
plk_spawn(const struct plk_spawn *how)
{
	enum channel who = who_is(how->program);
	pid_t pid = world.next;

	spawn_check(how, who);
	if ((world.fails & FAILS_SPAWN) || pid > PID_LAST)
		return -EAGAIN;
	world.next++;
	world.people[pid - PID_FIRST] = (struct person){.who = who, .fate = LIVES};
	hostile_channel_adopt(who, how->channel);
	return pid;
}

static void
signal_send(int number)
{
	const struct signalfd_siginfo info = {.ssi_signo = (uint32_t)number};

	if (world.signals > 0)
		hostile_write(world.signals,
			      (struct plk_span){(const uint8_t *)&info, sizeof info});
}

static void
die_now(struct person *person, int status)
{
	person->fate = DEAD;
	person->status = status;
	hostile_channel_close(person->who);
	signal_send(SIGCHLD);
}

int
__wrap_kill(pid_t pid, int number)
{
	struct person *person;

	if (!hostile.running)
		return __real_kill(pid, number);
	CHECK(pid >= PID_FIRST && pid < world.next && number == SIGKILL);
	person = &world.people[pid - PID_FIRST];
	CHECK(person->fate == LIVES || person->fate == DEAD); /* else another has its number */
	if (person->fate == LIVES)
		die_now(person, SIGKILL);
	return 0;
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	if (!hostile.running)
		return __real_waitpid(pid, status, options);
	CHECK(pid == -1 && options == WNOHANG);
	for (pid = PID_FIRST; pid < world.next; pid++) {
		struct person *person = &world.people[pid - PID_FIRST];

		if (person->fate != DEAD)
			continue;
		person->fate = BURIED;
		*status = person->status;
		return pid;
	}
	return 0;
}

static void
death_event(void)
{
	enum channel who = (enum channel)(take_u8(&hostile.in) % 3);
	int status = take_u8(&hostile.in) & 0x7f;

	if (status == 0 || status == 0x7f) /* that would be stopped */
		status = take_u8(&hostile.in) << 8;
	for (pid_t pid = PID_FIRST; pid < world.next; pid++) {
		struct person *person = &world.people[pid - PID_FIRST];

		if (person->fate != LIVES || person->who != who)
			continue;
		if (who == WORKER && !supervisor.stopping && WIFEXITED(status) &&
		    plk_rules_named(WEXITSTATUS(status)))
			hostile_must_end(1);
		die_now(person, status);
	}
}

/* Children end when their channel is closed. */
static void
orphans_end(void)
{
	if (world.fails & FAILS_TO_DIE)
		return;
	for (pid_t pid = PID_FIRST; pid < world.next; pid++) {
		struct person *person = &world.people[pid - PID_FIRST];
		struct pollfd channel = {.fd = hostile.channels[person->who].fd};

		if (person->fate == LIVES && poll(&channel, 1, 0) > 0 &&
		    (channel.revents & POLLHUP))
			die_now(person, 0);
	}
}

/* ---- privileges, service manager, TAPs ---- */

int
plk_identity_find(struct plk_identity *out)
{
	*out = (struct plk_identity){.change = true, .uid = 1, .gid = 1};
	return 0;
}

int
plk_identity_assume(const struct plk_identity *id, enum plk_keep keep)
{
	CHECK(id == &supervisor.identity && keep == PLK_KEEP_NOTHING && !world.assumed);
	world.assumed = true;
	return 0;
}

int
plk_notify_open(void)
{
	return 0;
}

bool
plk_notify_is_open(void)
{
	return !(world.fails & FAILS_NOTIFY);
}

static bool
begins(const char *state, const char *with)
{
	return strncmp(state, with, strlen(with)) == 0;
}

/* What is said when; what a front said has no line of its own. */
static void
notify_check(const char *state, int pass)
{
	CHECK((fakes.sandboxed && fakes.n_rules == 1) || begins(state, "STATUS=") ||
	      begins(state, "STOPPING=1")); /* a start may fail before */
	CHECK(strlen(state) < 512);
	CHECK((pass >= 0) == (begins(state, "FDSTORE=1\n") || begins(state, "BARRIER=1")));
	CHECK(pass < 0 || (hostile_is_run(pass) && supervisor.keep));
	if (begins(state, "READY=1\nSTATUS="))
		CHECK(++world.n_ready == 1);
	else if (begins(state, "READY=1"))
		CHECK(world.n_reloads-- > 0);
	else if (begins(state, "RELOADING=1\nMONOTONIC_USEC="))
		world.n_reloads = 1;
	else if (begins(state, "STATUS="))
		CHECK(!strchr(state, '\n'));
	else if (begins(state, "STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000"))
		CHECK(supervisor.stopping && !world.said_stop);
	else if (pass < 0 && begins(state, "FDSTOREREMOVE=1\nFDNAME=pktlock."))
		CHECK(strchr(strchr(state, '\n') + 1, '\n') == NULL);
	else
		CHECK(pass >= 0 || strcmp(state, "WATCHDOG=1") == 0);
	CHECK(!world.said_barrier || !begins(state, "FDSTORE=1"));
	CHECK(!begins(state, "BARRIER=1") || (!world.said_barrier && world.n_stored > 0));
	world.said_stop |= begins(state, "STOPPING=1");
	world.said_barrier |= begins(state, "BARRIER=1");
}

int
plk_notify_by(const char *state, int pass, uint64_t by_ms)
{
	(void)by_ms;
	if (world.fails & FAILS_NOTIFY)
		return 0; /* there is nobody */
	notify_check(state, pass);
	if (world.fails & FAILS_TO_READ)
		return -EAGAIN;
	if (begins(state, "FDSTORE=1"))
		CHECK(world.said_stop && ++world.n_stored <= PLK_CLIENTS_MAX + 1);
	if (begins(state, "BARRIER=1") && (world.fails & FAILS_TO_PASS))
		world.barrier = fcntl(pass, F_DUPFD_CLOEXEC, HOSTILE_FD);
	return 0;
}

void
plk_notify(const char *state)
{
	(void)plk_notify_by(state, -1, 1);
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

enum plk_netns
plk_tap_netns(int fd)
{
	CHECK(hostile_is_run(fd));
	return PLK_NETNS_UNKNOWN;
}

/* ---- the C library ---- */

__sighandler_t
__wrap_signal(int number, __sighandler_t handler)
{
	return hostile.running ? handler : __real_signal(number, handler);
}

int
__wrap_sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	return hostile.running ? 0 : __real_sigprocmask(how, set, old);
}

int
__wrap_signalfd(int fd, const sigset_t *set, int flags)
{
	if (!hostile.running)
		return __real_signalfd(fd, set, flags);
	CHECK(fd < 0 && (flags & SFD_NONBLOCK));
	fd = hostile_stream();
	world.signals = hostile.streams[--hostile.n_streams]; /* steps shall not write to it */
	return fd;
}

/* It makes the channels itself. */
int
__wrap_socketpair(int domain, int type, int protocol, int pair[2])
{
	int error = __real_socketpair(domain, type, protocol, pair);

	if (hostile.running && error == 0 && (type & SOCK_SEQPACKET) == SOCK_SEQPACKET)
		hostile_channel_narrow(pair[0]);
	return error;
}

/* A directory with the descriptors that were inherited. */
DIR *
__wrap_opendir(const char *path)
{
	if (!hostile.running)
		return __real_opendir(path);
	CHECK(strcmp(path, "/proc/self/fd") == 0);
	world.n_listed = 0;
	return (DIR *)(void *)&world;
}

struct dirent *
__wrap_readdir(DIR *dir)
{
	if (!hostile.running)
		return __real_readdir(dir);
	if (world.n_listed == INHERITED + 1)
		return NULL;
	if (world.n_listed == 0)
		memcpy(world.entry.d_name, ".", 2);
	else
		(void)snprintf(world.entry.d_name, sizeof world.entry.d_name, "%d",
			       world.inherited[world.n_listed - 1]);
	world.n_listed++;
	return &world.entry;
}

int
__wrap_closedir(DIR *dir)
{
	return hostile.running ? 0 : __real_closedir(dir);
}

int
__wrap_dirfd(DIR *dir)
{
	return hostile.running ? -1 : __real_dirfd(dir);
}

/* ---- the process ---- */

static int
run(void)
{
	char name[] = "pktlockd";
	char *argv[] = {name, NULL};

	return supervisor_main(1, argv);
}

static void
begin(void)
{
	for (size_t i = 0; i < INHERITED; i++)
		world.inherited[i] = hostile_copy();
}

static enum plk_stage
stage(unsigned channel)
{
	(void)channel;
	return supervisor.stage;
}

/* From broker and worker nothing is taken; and while it stops, it does so whatever the front says. */
static enum hostile_reads
reads(unsigned channel)
{
	return channel == FRONT && supervisor.front_watch.fd > 0 && !supervisor.stopping
		       ? READS_NOW
		       : READS_LATER;
}

static void
permitted(unsigned channel, const struct plk_msg *msg)
{
	(void)channel;
	(void)msg;
}

static void
heard(unsigned channel, const struct plk_msg *msg, int *fd)
{
	CHECK((*fd >= 0) == (msg->type == PLK_MSG_CHANNEL || msg->type == PLK_MSG_TAP));
	CHECK(channel == FRONT || *fd >= 0);
	if (msg->type == PLK_MSG_CONFINED)
		CHECK(fakes.sandboxed);
}

static void
event(unsigned which)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};

	if (which == 0)
		death_event();
	else if (which == 1)
		signal_send(numbers[take_u8(&hostile.in) % COUNT(numbers)]);
	else
		world.fails = (world.fails & FAILS_NOTIFY) |
			      (take_u8(&hostile.in) & ~(unsigned)FAILS_NOTIFY);
}

static size_t
owns(void)
{
	const struct child *children[] = {&supervisor.broker, &supervisor.front,
					  &supervisor.worker};
	size_t n = 0;

	for (size_t i = 0; i < COUNT(children); i++) {
		n += hostile_is_run(children[i]->end.fd);
		n += hostile_is_run(children[i]->program.fd);
	}
	n += hostile_is_run(supervisor.loop.fd);
	n += hostile_is_run(supervisor.signals);
	n += hostile_is_run(supervisor.null);
	n += supervisor.service.barrier > 0 && hostile_is_run(supervisor.service.barrier);
	for (size_t i = 0; i < PLK_NAMESPACES; i++)
		n += hostile_is_run(supervisor.namespaces.fd[i]);
	for (size_t i = 0; i < supervisor.inherited.n; i++)
		n += hostile_is_run(supervisor.inherited.fds[i]);
	return n;
}

static bool
is_ending(void)
{
	return supervisor.stopping;
}

static void
finish(void)
{
	signal_send(SIGTERM);
}

#define FROM_FRONT(TYPE)                       \
	{                                      \
		FRONT, FD_NONE,                \
		{                              \
			.type = PLK_MSG_##TYPE \
		}                              \
	}

/* fuzz/seeds.py has their indexes. */
static const struct hostile_word words[] = {
	FROM_FRONT(WORKER_WANTED),
	FROM_FRONT(READY),
	FROM_FRONT(WORKER_STUCK),
	{FRONT, FD_NONE, {.type = PLK_MSG_UNSTORE, .u.unstore.name = "client.of another time"}},
	{FRONT, FD_NONE, {.type = PLK_MSG_REASON, .u.reason.text = "--interface: no such device"}},
	{FRONT, FD_NONE, {.type = PLK_MSG_STATUS, .u.status = {.clients = 2, .dropped = 17}}},
	FROM_FRONT(ALIVE),
	FROM_FRONT(RELOADED),
	{FRONT, FD_STREAM, {.type = PLK_MSG_STORE, .u.store.tag = 0xfedcba9876543210}},
	{FRONT, FD_NONE, {.type = PLK_MSG_STOPPED, .u.stopped = {3, 1000, 2000, 3000}}},
	FROM_FRONT(EXIT),
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
	.waits = orphans_end,
	.is_ending = is_ending,
	.refusal = hostile_refusal_one,
	.finish = finish,
	.words = words,
	.n_words = COUNT(words),
	.channels =
		{
			[FRONT] = {.in = PLK_CHANNEL_FRONT_SUPERVISOR,
				   .out = PLK_CHANNEL_SUPERVISOR_FRONT},
			[BROKER] = {.in = PLK_CHANNELS, .out = PLK_CHANNEL_SUPERVISOR_BROKER},
			[WORKER] = {.in = PLK_CHANNELS, .out = PLK_CHANNEL_SUPERVISOR_WORKER},
		},
	.n_channels = 3,
	.status_max = 2,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct supervisor pristine;
	static bool ran;
	struct plk_span in = {data, size};

	if (!ran)
		pristine = supervisor;
	ran = true;
	supervisor = pristine;
	world = (struct world){.fails = take_u8(&in), .next = PID_FIRST};
	fakes_reset(take_u8(&in));
	hostile_run(&process, in);
	CHECK(!lives(FRONT) && !lives(BROKER) && !lives(WORKER));
	if (world.barrier > 0)
		plk_fd_close(&world.barrier);
	return 0;
}
