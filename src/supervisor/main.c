/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlockd: starts the others, waits for them, passes signals on, tells the service manager. It
 * reads no argument and no packet.
 *
 * Theory of operation. The order of main() is the whole idea: the broker is spawned while there is
 * a capability to give it; then every privilege goes; then the front is spawned, so that the first
 * byte of input is read by a process that has nothing; then the sandbox closes, and from now on
 * only workers can be started. What is spawned inherits the sandbox, so it must come last, and
 * what the sandbox forbids must be ready before: the worker's program and its namespaces are
 * descriptors.
 *
 * The service ends when the front or the broker ends; the front's status is ours. It also ends
 * when any process got a message that is not permitted: then the sender is broken or hijacked.
 * Otherwise a worker that ends is replaced: at once if it lived two seconds, else after a growing
 * while. Children ignore the signals that stop us, and end when their channel to us closes, so
 * that they also end when we are killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/backoff.h"
#include "os/channel.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/loop.h"
#include "os/notify.h"
#include "os/process.h"
#include "os/spawn.h"
#include "os/tap.h"
#include "sandbox/sandbox.h"
#include "supervisor/inherited.h"
#include "supervisor/service.h"

#define STOP_MS 700 /* for front and worker to end by themselves: streams end at a frame boundary */
/* messages of the front that may lie there when it has ended; its channel holds fewer */
#define FRONT_LAST 4096
#define FAULT_BYTES 512
/* from then on at least, if that was not over yet: for the broker to close its packet sockets, each of which the kernel takes its
 * time for, and remove its socket files, and for the service manager to have all; a stop takes less than a second */
#define STOP_LAST_MS 250
/* Descriptors: 0-2, /dev/null, signals, epoll, notify, three channels, and while a worker starts four
 * more; the program and the namespaces above them, out of the way of the numbers that they get in a worker. */
#define FILES (PLK_NAMESPACES_FD + PLK_NAMESPACES + 1)

/* One of our children. */
struct child {
	const char *name;
	struct plk_program program;
	struct plk_channel_end end;
	pid_t pid; /* 0 while there is none */
};

static struct supervisor {
	struct plk_loop loop;
	struct plk_identity identity;
	struct child broker;
	struct child front;
	struct child worker;
	struct plk_watch signal_watch;
	struct plk_watch front_watch;
	struct plk_timer worker_timer;
	struct plk_timer stop_timer;
	struct plk_backoff worker_backoff;
	uint64_t worker_since_ms;
	struct plk_namespaces namespaces;
	struct plk_msg_confined confined;
	int signals;
	int null;
	struct plk_inherited inherited;
	/* RUN: the start is over, and the front has no reason to end before us */
	enum plk_stage stage;
	struct plk_service service;
	bool reload_later; /* the front is not ready, and may have read already what changed */
	bool keep; /* connections may outlive us: we were asked to stop, by who can keep them */
	bool stopping;
	int status;
} supervisor = {
	.broker = {.name = "broker", .end.fd = -1},
	.front = {.name = "front", .end.fd = -1},
	.worker = {.name = "worker", .end.fd = -1},
};

static char *const no_environment[] = {NULL};

/* ---- children ---- */

/* Makes a channel, spawns the child with the other end as its descriptor 0. */
static int
child_start(struct child *child, struct plk_spawn *how, enum plk_channel in)
{
	int pair[2];
	pid_t pid;
	int error = plk_channel_pair(pair);

	if (error < 0)
		return error;
	how->program = &child->program;
	how->channel = pair[1];
	pid = plk_spawn(how);
	plk_fd_close(&pair[1]);
	if (pid < 0) {
		plk_fd_close(&pair[0]);
		return pid;
	}
	child->pid = pid;
	plk_channel_end_init(&child->end, &pair[0], in);
	return 0;
}

static int
channel_give(const struct child *child, enum plk_peer peer, int *fd)
{
	const struct plk_msg msg = {.type = PLK_MSG_CHANNEL, .u.channel = {.peer = (uint8_t)peer}};
	int error = plk_channel_send(child->end.fd, &msg, *fd);

	plk_fd_close(fd);
	/* it has ended: SIGCHLD follows */
	return error == -EPIPE || error == -ECONNRESET ? 0 : error;
}

/* A channel between two of our children. */
static int
children_connect(const struct child *a, enum plk_peer a_is, const struct child *b,
		 enum plk_peer b_is)
{
	int pair[2];
	int error = plk_channel_pair(pair);

	if (error < 0)
		return error;
	error = channel_give(a, b_is, &pair[0]);
	if (error < 0) {
		plk_fd_close(&pair[1]);
		return error;
	}
	return channel_give(b, a_is, &pair[1]);
}

/* The broker gets the inherited TAPs, with what only a privileged process can find out about
 * them. */
static int
taps_give(void)
{
	for (size_t i = 0; i < supervisor.inherited.n; i++) {
		int fd = supervisor.inherited.fds[i];
		char name[PLK_NAME_FIELD];
		const struct plk_msg msg = {
			.type = PLK_MSG_TAP,
			.u.tap = {.number = (uint32_t)fd, .netns = (uint8_t)plk_tap_netns(fd)},
		};
		int error;

		if (plk_tap_name(fd, name) < 0)
			continue;
		error = plk_channel_send(supervisor.broker.end.fd, &msg, fd);
		if (error < 0)
			return error;
	}
	return 0;
}

static int
broker_start(void)
{
	char name[] = "pktlockd-broker";
	char *argv[] = {name, NULL};
	struct plk_spawn how = {
		.argv = argv,
		.envp = no_environment,
		.null = supervisor.null,
		.assume = &supervisor.identity,
		.keep = PLK_KEEP_NET_RAW,
	};
	int error = child_start(&supervisor.broker, &how, PLK_CHANNELS);

	return error == 0 ? taps_give() : error;
}

static int
front_start(char **argv)
{
	char *environment[PLK_INHERITED_VARIABLES + 1];
	struct plk_spawn how = {.argv = argv, .envp = environment, .null = -1, .inherit = true};
	int error;

	plk_inherited_environment(environment);
	error = child_start(&supervisor.front, &how, PLK_CHANNEL_FRONT_SUPERVISOR);
	if (error < 0)
		return error;
	return children_connect(&supervisor.front, PLK_PEER_FRONT, &supervisor.broker,
				PLK_PEER_BROKER);
}

static void
stop(int status)
{
	if (!supervisor.stopping)
		supervisor.status = status;
	supervisor.stopping = true;
}

/* Ends the service, and says why to the log and to the service manager. */
static void __attribute__((format(printf, 1, 2))) fail(const char *format, ...)
{
	char text[FAULT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	plk_log(PLK_LOG_LINE_ERROR, "%s", text);
	plk_service_fault(text);
	stop(EXIT_FAILURE);
}

/* Ends the service for a system call that failed. */
static void
give_up(const char *what, int error)
{
	fail("%s: %s; the service ends", what, strerror(-error));
}

static void
front_tell(const struct plk_msg *msg)
{
	int error = plk_channel_send(supervisor.front.end.fd, msg, -1);

	if (error < 0 && !plk_channel_is_gone(error)) /* gone: SIGCHLD follows */
		give_up("front does not take messages", error);
}

static void
worker_start(void *ctx)
{
	char name[] = "pktlockd-worker";
	char *argv[] = {name, NULL};
	struct plk_spawn how = {
		.argv = argv,
		.envp = no_environment,
		.null = supervisor.null,
		.pass = supervisor.namespaces.fd,
		.n_pass = PLK_NAMESPACES,
		.pass_at = PLK_WORKER_FD_NAMESPACE,
	};
	int error = child_start(&supervisor.worker, &how, PLK_CHANNELS);

	(void)ctx;
	supervisor.worker_since_ms = plk_now_ms();
	if (error == 0)
		error = children_connect(&supervisor.worker, PLK_PEER_WORKER, &supervisor.broker,
					 PLK_PEER_BROKER);
	if (error == 0)
		error = children_connect(&supervisor.worker, PLK_PEER_WORKER, &supervisor.front,
					 PLK_PEER_FRONT);
	if (error == 0)
		return;
	plk_log(PLK_LOG_LINE_ERROR, "cannot start the worker: %s; trying again", strerror(-error));
	if (supervisor.worker.pid > 0)
		(void)kill(supervisor.worker.pid, SIGKILL); /* SIGCHLD follows, and another start */
	else
		plk_timer_set(&supervisor.loop, &supervisor.worker_timer,
			      plk_backoff_step(&supervisor.worker_backoff, 0));
}

/* ---- their ends ---- */

/* The name of the message for which a child ended; NULL if it ended for something else. */
static const char *
message_refused(int status)
{
	return WIFEXITED(status) ? plk_rules_named(WEXITSTATUS(status)) : NULL;
}

/* How a child ended; until the next call. */
static const char *
end_words(const struct child *child, int status, const char *then)
{
	static char text[FAULT_BYTES];

	if (WIFSIGNALED(status))
		(void)snprintf(text, sizeof text, "%s (pid %d) was killed by signal %d%s; %s",
			       child->name, (int)child->pid, WTERMSIG(status),
			       WTERMSIG(status) == SIGSYS ? " (sandbox violation: journalctl -k "
							    "--grep=type=1326 names the call)"
							  : "",
			       then);
	else if (message_refused(status))
		(void)snprintf(text, sizeof text,
			       "%s (pid %d) says that it got a message that is not permitted: %s; "
			       "the service ends",
			       child->name, (int)child->pid, message_refused(status));
	else
		(void)snprintf(text, sizeof text, "%s (pid %d) ended with status %d; %s",
			       child->name, (int)child->pid, WEXITSTATUS(status), then);
	return text;
}

static void
child_forget(struct child *child)
{
	child->pid = 0;
	plk_fd_close(&child->end.fd);
}

static void
worker_ended(int status)
{
	uint64_t lived = plk_now_ms() - supervisor.worker_since_ms;
	uint32_t wait = plk_backoff_step(&supervisor.worker_backoff, lived);
	const struct plk_msg msg = {
		.type = PLK_MSG_WORKER_DIED,
		.u.worker_died = {.status = (uint32_t)status, .delay_ms = wait},
	};
	const char *words =
		end_words(&supervisor.worker, status,
			  wait > 0 ? "starting another after a while" : "starting another");

	child_forget(&supervisor.worker);
	if (!supervisor.stopping && message_refused(status))
		fail("%s", words);
	else if (!supervisor.stopping)
		plk_log(PLK_LOG_LINE_ERROR, "%s", words);
	if (supervisor.stopping)
		return;
	front_tell(&msg);
	if (supervisor.stopping)
		return;
	if (wait > 0)
		plk_timer_set(&supervisor.loop, &supervisor.worker_timer, wait);
	else
		worker_start(NULL);
}

static void
front_ended(int status)
{
	if (supervisor.stopping)
		return;
	if (supervisor.stage == PLK_STAGE_START && WIFEXITED(status) &&
	    WEXITSTATUS(status) <= PLK_EXIT_USAGE) {
		stop(WEXITSTATUS(status)); /* it has said why */
		return;
	}
	fail("%s", end_words(&supervisor.front, status, "the service ends"));
}

static void
broker_ended(int status)
{
	if (!supervisor.stopping)
		fail("%s", end_words(&supervisor.broker, status, "the service ends"));
}

static void
child_ended(pid_t pid, int status)
{
	if (pid == supervisor.worker.pid) {
		worker_ended(status);
	} else if (pid == supervisor.front.pid) {
		front_ended(status);
		supervisor.front.pid = 0;
	} else if (pid == supervisor.broker.pid) {
		broker_ended(status);
		supervisor.broker.pid = 0;
	}
}

static void
children_reap(void)
{
	int status;
	pid_t pid;

	/* A register holds 64 bits, an int has 32, and the C library may extend -1 by ones or by zeros: */
	/* #syscalls:supervisor wait4[0=0xffffffffffffffff,2=WNOHANG,3=0] (for children) */
	/* #syscalls:supervisor wait4[0=0xffffffff,2=WNOHANG,3=0] (for children) */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR)) {
		if (pid > 0)
			child_ended(pid, status);
	}
}

/* ---- signals and orders ---- */

/* Once we stop nobody reads an answer, and a service manager that is slow would be waited for. */
static void
reload(void)
{
	if (supervisor.stage == PLK_STAGE_STOP)
		return;
	supervisor.reload_later = supervisor.stage == PLK_STAGE_START;
	if (supervisor.reload_later)
		return;
	plk_service_reloading(&supervisor.service);
	front_tell(&(const struct plk_msg){.type = PLK_MSG_RELOAD});
}

/* Who asks for it by SIGTERM may be a service manager that keeps connections until the next start. */
static void
terminate(void)
{
	if (!supervisor.stopping)
		supervisor.keep = plk_notify_is_open();
	stop(EXIT_SUCCESS);
}

static void
signals_read(void *ctx, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)ctx;
	(void)events;
	/* #syscalls:supervisor read (the signalfd) */
	if (read(supervisor.signals, &info, sizeof info) != sizeof info)
		return;
	switch (info.ssi_signo) {
	case SIGTERM:
		terminate();
		break;
	case SIGINT:
		stop(EXIT_SUCCESS);
		break;
	case SIGHUP:
		reload();
		break;
	case SIGUSR1:
		if (supervisor.stage !=
		    PLK_STAGE_STOP) /* then it counts anyway, and reads no more */
			front_tell(&(const struct plk_msg){.type = PLK_MSG_DUMP});
		break;
	default: /* SIGCHLD */
		children_reap();
	}
}

static void
front_ready(void)
{
	supervisor.stage = PLK_STAGE_RUN;
	plk_service_ready(&supervisor.service);
	if (supervisor.reload_later)
		reload();
}

/* What it says that is not permitted, or not so often. It may be hijacked: no more is read. */
static void
front_refuse(const struct plk_received *received)
{
	fail("front sent a message that is not permitted: %s: %s (%zu bytes)",
	     plk_msg_name(received->type), plk_err_text(received->err), received->n);
	plk_watch_remove(&supervisor.loop, &supervisor.front_watch);
}

/* Return: 0; -EBADMSG. Orders that were on their way when we stopped mean nothing. */
static int
front_order(const struct plk_received *received)
{
	const bool stops = supervisor.stage == PLK_STAGE_STOP;

	switch (received->msg.type) {
	case PLK_MSG_WORKER_WANTED:
		if (!stops)
			worker_start(NULL);
		return 0;
	case PLK_MSG_WORKER_STUCK:
		/* #syscalls:supervisor kill[0=1..PLK_PID_LAST,1=SIGKILL] (a child that is stuck) */
		if (supervisor.worker.pid > 0)
			(void)kill(supervisor.worker.pid, SIGKILL); /* it may be dead already */
		return 0;
	case PLK_MSG_READY:
		if (!stops)
			front_ready();
		return 0;
	case PLK_MSG_EXIT:
		stop(EXIT_SUCCESS); /* nothing is kept: who wants that says so to the service manager */
		return 0;
	default:
		return plk_service_heard(&supervisor.service, received);
	}
}

/* Takes one message; false if there is none, or if no more can come. */
static bool
front_take(void)
{
	struct plk_received received;
	int got = plk_channel_receive(&supervisor.front.end, supervisor.stage, &received);

	if (got > 0) {
		received.err = PLK_E_LIMIT;
		got = front_order(&received) < 0 ? -EBADMSG : got;
		plk_fd_close(&received.fd);
	}
	if (got == -EBADMSG)
		front_refuse(&received);
	else if (plk_channel_is_gone(got))
		plk_watch_remove(&supervisor.loop, &supervisor.front_watch); /* SIGCHLD follows */
	else if (got < 0)
		give_up("cannot read what the front says", got);
	return got > 0;
}

static void
front_read(void *ctx, uint32_t events)
{
	(void)ctx;
	(void)events;
	(void)front_take();
}

/* ---- the end ---- */

static void
child_kill(const struct child *child)
{
	if (child->pid <= 0)
		return;
	(void)kill(child->pid, SIGKILL); /* it may have ended meanwhile */
	plk_log(PLK_LOG_LINE_WARNING, "%s (pid %d) did not end in time and was killed", child->name,
		(int)child->pid);
}

static void
stop_late(void *ctx)
{
	(void)ctx;
	child_kill(&supervisor.front);
	child_kill(&supervisor.worker);
}

static void
stop_last(void *ctx)
{
	(void)ctx;
	child_kill(&supervisor.worker);
	child_kill(&supervisor.broker);
	plk_service_late(&supervisor.service);
}

static bool
children_live(void)
{
	return supervisor.front.pid > 0 || supervisor.worker.pid > 0 || supervisor.broker.pid > 0;
}

/* The front says goodbye, has the worker finish, hands over what is to be kept, and ends. */
static void
front_stop(void)
{
	const struct plk_msg msg = {.type = PLK_MSG_STOP, .u.stop.keep = supervisor.keep};

	supervisor.stage = PLK_STAGE_STOP;
	if (supervisor.front.pid > 0)
		(void)plk_channel_send(supervisor.front.end.fd, &msg, -1); /* it may have ended */
	plk_timer_stop(&supervisor.worker_timer);
	plk_timer_set(&supervisor.loop, &supervisor.stop_timer, STOP_MS);
	plk_service_stopping(&supervisor.service, supervisor.keep,
			     supervisor.status == EXIT_SUCCESS, supervisor.stop_timer.at_ms);
	while (supervisor.front.pid > 0 && plk_loop_step(&supervisor.loop) == 0)
		continue;
	/* What it said last. If it was hijacked, another may have its channel, and go on for ever. */
	for (int i = 0; i < FRONT_LAST && supervisor.front_watch.fd >= 0 && front_take(); i++)
		continue;
}

/* Then the others end, with their channels. */
static void
children_stop(void)
{
	const uint64_t began_ms = plk_now_ms();
	uint64_t took_ms;

	front_stop();
	plk_fd_close(&supervisor.worker.end.fd);
	plk_fd_close(&supervisor.broker.end.fd);
	supervisor.stop_timer.call = stop_last;
	took_ms = plk_now_ms() - began_ms;
	plk_timer_set(&supervisor.loop, &supervisor.stop_timer,
		      took_ms < STOP_MS - STOP_LAST_MS ? STOP_MS - took_ms : STOP_LAST_MS);
	plk_service_barrier(&supervisor.service, supervisor.stop_timer.at_ms);
	while ((children_live() || plk_service_waits(&supervisor.service)) &&
	       plk_loop_step(&supervisor.loop) == 0)
		continue;
	plk_service_end(&supervisor.service);
}

/* ---- start ---- */

static int
signals_open(void)
{
	sigset_t set;

	/* our parent may have ignored it, and we would never hear of an end */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGUSR1);
	(void)sigaddset(&set, SIGCHLD);
	if (sigprocmask(SIG_SETMASK, &set, NULL) < 0)
		return -errno;
	supervisor.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervisor.signals < 0)
		return -errno;
	return plk_watch_add(&supervisor.loop, &supervisor.signal_watch, supervisor.signals,
			     EPOLLIN);
}

/* What a worker and the broker get as their standard output and error. */
static int
null_open(void)
{
	supervisor.null = open("/dev/null", O_RDWR | O_CLOEXEC);
	return supervisor.null < 0 ? -errno : 0;
}

/* We put some out of the way of others, to numbers below this one. */
static int
files_check(void)
{
	return plk_process_files() < FILES ? -EMFILE : 0;
}

static int
programs_open(void)
{
	int error = plk_program_open("pktlockd-broker", &supervisor.broker.program);

	if (error == 0)
		error = plk_program_open("pktlockd-front", &supervisor.front.program);
	if (error == 0)
		error = plk_program_open("pktlockd-worker", &supervisor.worker.program);
	return error == 0 ? plk_fd_lift(&supervisor.worker.program.fd, PLK_NAMESPACES_FD) : error;
}

static void
init(void)
{
	supervisor.signal_watch.call = signals_read;
	supervisor.front_watch = (struct plk_watch){.fd = -1, .call = front_read};
	supervisor.worker_timer.call = worker_start;
	supervisor.stop_timer.call = stop_late;
	supervisor.worker_backoff = PLK_BACKOFF_WORKER;
}

/* What cannot be done ends the service, and whom it has started already: nothing of it is left when we end. */
static void
must(int error, const char *what)
{
	if (error >= 0)
		return;
	fail("%s: %s", what, strerror(-error));
	if (children_live())
		children_stop();
	exit(supervisor.status);
}

/* No file but the worker's program. Signals must reach the front and the broker, which are not below us. */
static int
landlock(void)
{
	const struct plk_landlock_rule program = {supervisor.worker.program.fd,
						  PLK_LANDLOCK_PROGRAM};
	const struct plk_landlock allow = {.rules = &program, .n_rules = 1, .signals_out = true};

	return plk_confine_landlock(&supervisor.confined, &allow);
}

static int
limits(void)
{
	return plk_confine_limits(&supervisor.confined,
				  &(const struct plk_limits){.in_flight = PLK_IN_FLIGHT_SUPERVISOR,
							     .writes = true,
							     .starts = true});
}

static void
confined_tell(void)
{
	struct plk_msg msg = {.type = PLK_MSG_CONFINED, .u.confined = supervisor.confined};

	msg.u.confined.namespaces_error = (uint32_t)supervisor.namespaces.error;
	/* it may have ended: SIGCHLD follows */
	(void)plk_channel_send(supervisor.front.end.fd, &msg, -1);
}

/* What is not needed any more. */
static void
programs_close(void)
{
	plk_fd_close(&supervisor.broker.program.fd);
	plk_fd_close(&supervisor.front.program.fd);
}

int
main(int argc, char **argv)
{
	(void)argc;
	init();
	plk_process_begin("pktlockd");
	must(plk_fd_stdio(), "cannot open /dev/null");
	plk_log_open("supervisor");
	must(plk_inherited_list(&supervisor.inherited),
	     "cannot list the inherited descriptors in /proc/self/fd");
	must(plk_process_raise_files(), "cannot raise the limit of descriptors");
	must(files_check(), "cannot do with so few descriptors (ulimit -n, LimitNOFILE=)");
	must(programs_open(), "cannot find pktlockd-broker, -front and -worker beside pktlockd or "
			      "in " PLK_LIBEXECDIR);
	must(plk_identity_find(&supervisor.identity), "no user 'pktlock' and no user 'nobody'");
	must(plk_notify_open(), "cannot connect to NOTIFY_SOCKET");
	must(null_open(), "cannot open /dev/null");
	must(plk_loop_open(&supervisor.loop), "cannot make an epoll descriptor");
	plk_service_init(&supervisor.service, &supervisor.loop, supervisor.null);
	must(signals_open(), "cannot wait for signals");
	must(broker_start(), "cannot start the broker");
	must(plk_identity_assume(&supervisor.identity, PLK_KEEP_NOTHING),
	     "cannot give up privileges");
	must(plk_confine_privileges(), "cannot give up new privileges");
	must(front_start(argv), "cannot start the front");
	plk_inherited_close(&supervisor.inherited);
	plk_inherited_forget();
	programs_close();
	plk_namespaces_make(&supervisor.namespaces);
	must(plk_watch_add(&supervisor.loop, &supervisor.front_watch, supervisor.front.end.fd,
			   EPOLLIN),
	     "cannot wait for the front");
	must(plk_confine_capabilities(&supervisor.confined, PLK_CAPABILITIES_NONE),
	     "cannot give up capabilities");
	must(landlock(),
	     "cannot use Landlock, which pktlockd needs (Linux 5.13, CONFIG_SECURITY_LANDLOCK, "
	     "lsm=landlock)");
	must(limits(), "cannot set resource limits");
	must(plk_confine_dumpable(), "cannot become undumpable");
	plk_confine_memory(&supervisor.confined);
	must(plk_confine_calls(&supervisor.confined, PLK_SANDBOX_SUPERVISOR),
	     "cannot load the system call filter (CONFIG_SECCOMP_FILTER)");
	confined_tell();
	while (!supervisor.stopping) {
		int error = plk_loop_step(&supervisor.loop);

		if (error < 0)
			give_up("cannot wait", error);
	}
	children_stop();
	return supervisor.status;
}
