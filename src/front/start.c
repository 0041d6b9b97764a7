/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * start.c: from the command line to a daemon that serves.
 *
 * Trust: arguments and LISTEN_* come from whoever starts the daemon. Nothing is opened before all
 * of it was read, every inherited descriptor was found good, and none is left over; what is wrong
 * up to there ends with status 2, what the world refuses afterwards with status 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <pktlock/fdnum.h>

#include "base/writer.h"
#include "front/control.h"
#include "front/front.h"
#include "os/adopt.h"
#include "os/fd.h"
#include "os/process.h"
#include "text/words.h"

/* linux/magic.h since 6.9; before it, pidfds have no inode of their own */
#define PIDFS_MAGIC 0x50494446

/* ---- LISTEN_* ---- */

/* Whether LISTEN_PIDFDID is absent, or names our parent. Where the kernel cannot tell, it is
 * ignored. */
static bool
pidfdid_is_parent(void)
{
	const char *value = getenv("LISTEN_PIDFDID");
	struct statfs fs;
	struct stat st;
	uint64_t id;
	bool is_ours = true;
	int fd;

	if (!value)
		return true;
	if (plk_listen_pidfdid_parse(plk_span_str(value), &id) != PLK_OK)
		return false;
	fd = (int)syscall(SYS_pidfd_open, getppid(), 0);
	if (fd < 0)
		return true;
	if (fstatfs(fd, &fs) == 0 && fs.f_type == PIDFS_MAGIC && fstat(fd, &st) == 0)
		is_ours = st.st_ino == id;
	plk_fd_close(&fd);
	return is_ours;
}

/* LISTEN_PID is pktlockd's, that is, our parent's. */
static bool
listen_is_ours(void)
{
	const char *value = getenv("LISTEN_PID");
	uint32_t pid;
	enum plk_err err;

	if (!value)
		return false;
	err = plk_listen_pid_parse(plk_span_str(value), &pid);
	if (err != PLK_OK)
		plk_words_fail_at("LISTEN_PID", plk_span_str(value), err, 0);
	return pid == (uint32_t)getppid() && pidfdid_is_parent();
}

static void
listen_fds_read(void)
{
	const char *value = getenv("LISTEN_FDS");
	enum plk_err err;

	if (!value)
		plk_words_fail(2, "LISTEN_FDS", (struct plk_span){NULL, 0},
			       "is missing, although LISTEN_PID names pktlockd");
	err = plk_listen_fds_parse(plk_span_str(value), &front.listen.n_fds);
	if (err != PLK_OK)
		plk_words_fail_at("LISTEN_FDS", plk_span_str(value), err, 0);
}

static void
listen_names_read(void)
{
	const char *value = getenv("LISTEN_FDNAMES");
	size_t at;
	enum plk_err err;

	if (!value)
		return;
	/* some of them are needed when the environment has none any more */
	front.listen.copy = strdup(value);
	if (!front.listen.copy)
		plk_words_fail(1, "LISTEN_FDNAMES", (struct plk_span){NULL, 0}, "no memory");
	front.listen.has_names = true;
	front.listen.names = plk_span_str(front.listen.copy);
	err = plk_listen_names_check(front.listen.names, front.listen.n_fds, &at);
	if (err != PLK_OK)
		plk_words_fail_at("LISTEN_FDNAMES", front.listen.names, err, at);
}

static void
listen_read(void)
{
	front.listen.ours = listen_is_ours();
	if (front.listen.ours) {
		listen_fds_read();
		listen_names_read();
	}
}

/* Nobody after us shall think that LISTEN_* is meant for him. The names were still needed until
 * now. */
static void
listen_forget(void)
{
	front.listen.names = (struct plk_span){NULL, 0};
	front.listen.has_names = false;
	plk_process_forget("LISTEN_PID");
	plk_process_forget("LISTEN_FDS");
	plk_process_forget("LISTEN_FDNAMES");
	plk_process_forget("LISTEN_PIDFDID");
}

/* ---- inherited descriptors ---- */

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static bool
is_passed(int fd)
{
	return fd >= PLK_FD_FIRST && (uint32_t)(fd - PLK_FD_FIRST) < front.listen.n_fds;
}

/* Where the number or the name stands in a PORT-SPEC with an inherited remote. */
static size_t
inherited_at(const struct front_port *p)
{
	return plk_port_remote_at(p->text) + (p->port.remote.kind == PLK_REMOTE_PFD ? 4 : 3);
}

/* Likewise in --control. */
static size_t
control_at(void)
{
	return front.cmdline.control.kind == PLK_REMOTE_PFD ? 4 : 3;
}

static enum plk_err
name_resolve(const char *name, int *fd)
{
	uint32_t index;
	enum plk_err err = PLK_E_NAME_NONE;

	if (front.listen.has_names)
		err = plk_listen_name_find(front.listen.names, front.listen.n_fds,
					   plk_span_str(name), &index);
	if (err == PLK_OK)
		*fd = PLK_FD_FIRST + (int)index;
	return err;
}

/* The number of an inherited descriptor. Whether it is open is asked before we open anything: later, any number may be one of
 * ours. */
static enum plk_err
remote_resolve(const struct plk_remote *remote, int *fd)
{
	enum plk_err err = PLK_OK;

	*fd = -1;
	if (!plk_remote_is_inherited(remote))
		return PLK_OK;
	if (remote->kind == PLK_REMOTE_SD)
		err = name_resolve(remote->name, fd);
	else
		*fd = remote->fd;
	if (err == PLK_OK && front.listen.ours && !is_passed(*fd))
		err = PLK_E_ADOPT_RANGE;
	if (err == PLK_OK && !is_open(*fd))
		err = PLK_E_ADOPT_CLOSED;
	return err;
}

static void
port_resolve(struct front_port *p)
{
	enum plk_err err = remote_resolve(&p->port.remote, &p->fd);

	if (err != PLK_OK)
		plk_words_fail_at("--remote", p->text, err, inherited_at(p));
}

static void
control_resolve(void)
{
	enum plk_err err = PLK_OK;

	if (front.cmdline.has_control)
		err = remote_resolve(&front.cmdline.control, &front.control.fd);
	if (err != PLK_OK)
		plk_words_fail_at("--control", front.cmdline.control_text, err, control_at());
}

static void
tapfd_resolve(void)
{
	const struct plk_iface *iface = &front.cmdline.iface;
	uint8_t text[PLK_IFNAME_MAX];
	struct plk_span span = {text, 0};

	if (!iface->is_tapfd ||
	    plk_iface_encode(iface, (struct plk_mspan){text, sizeof text}, &span.n) != PLK_OK)
		return;
	if (front.listen.ours && !is_passed(iface->fd))
		plk_words_fail_at("--interface", span, PLK_E_ADOPT_RANGE, strlen("tapfd:"));
	if (!is_open(iface->fd))
		plk_words_fail_at("--interface", span, PLK_E_ADOPT_CLOSED, strlen("tapfd:"));
}

static bool
is_claimed(int fd)
{
	if (front.cmdline.iface.is_tapfd && front.cmdline.iface.fd == fd)
		return true;
	if (front.control.fd == fd)
		return true;
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (p->fd == fd)
			return true;
	}
	return false;
}

static bool
is_stored(uint32_t index, struct plk_span *name)
{
	return front.listen.has_names &&
	       plk_listen_name_get(front.listen.names, index, name) == PLK_OK &&
	       plk_store_is_name(*name);
}

static void
all_claimed(void)
{
	for (uint32_t i = 0; i < front.listen.n_fds; i++) {
		int fd = PLK_FD_FIRST + (int)i;
		uint8_t text[8];
		struct plk_span number = {text, 0};
		struct plk_span name;

		if (is_claimed(fd))
			continue;
		if (is_stored(i, &name)) {
			plk_store_claim(fd, name);
			continue;
		}
		if (plk_fdnum_encode(fd, (struct plk_mspan){text, sizeof text}, &number.n) ==
		    PLK_OK)
			plk_words_fail_at("LISTEN_FDS", number, PLK_E_ADOPT_UNCLAIMED, 0);
	}
}

/* The lowest descriptor from @from on that is kept; INT_MAX if there is none. */
static int
kept_next(int from)
{
	int next = plk_store_next(from);

	if (front.control.listener >= from && front.control.listener < next)
		next = front.control.listener;
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		const int kept = p->listener;

		if (kept >= from && kept < next)
			next = kept;
	}
	return next;
}

/* Nothing else is open yet but 0, 1 and 2: what nothing uses goes. The broker has its own copy
 * of a TAP. */
static int
others_close(void)
{
	int from = PLK_FD_FIRST;

	for (;;) {
		const int next = kept_next(from);

		if (next > from && syscall(SYS_close_range, from,
					   next == INT_MAX ? ~0U : (unsigned)next - 1, 0) < 0)
			return -errno;
		if (next == INT_MAX)
			return 0;
		from = next + 1;
	}
}

/* The numbers that some daemons use and others do not: nothing else is to be there. */
static int
numbers_take(void)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int error =
		null < 0 ? -errno : plk_fd_fill(null, PLK_FRONT_FD_JOURNAL, PLK_FRONT_FD_OTHER - 1);

	plk_fd_close(&null);
	return error;
}

/* ---- the plan ---- */

/* What is wrong with the remotes file. */
static void
file_why(struct plk_writer *why)
{
	static uint8_t text[2048]; /* a path and a label, escaped, and a reason */

	plk_writer_init(why, (struct plk_mspan){text, sizeof text});
}

static _Noreturn void
file_fail(int status, struct plk_writer *why)
{
	plk_writer_cstr(why);
	plk_words_fail(status, "--remotes-file", (struct plk_span){NULL, 0}, "%s",
		       (const char *)why->out.p);
}

static void
ports_plan(void)
{
	for (size_t i = 0; i < front.cmdline.n_ports; i++) {
		struct front_port *p = plk_port_new(&front.cmdline.ports[i], PLK_ORIGIN_CMDLINE);

		p->text = front.cmdline.texts[i];
		port_resolve(p);
	}
}

/* Beside what it says for itself, it may say what the command line says already. */
static void
line_check(const struct plk_remotesfile_line *line, struct plk_writer *why)
{
	for (size_t i = 0; i < front.cmdline.n_ports; i++) {
		if (!plk_policy_clash(&line->port, &front.cmdline.ports[i]))
			continue;
		plk_remotes_place(line->number, plk_port_remote_at(line->text) + 1, line->text,
				  why);
		plk_writer_str(why, "remote stands on the command line already");
		file_fail(2, why);
	}
}

static void
line_plan(const struct plk_remotesfile_line *line, struct plk_writer *why)
{
	struct front_port *p;

	line_check(line, why);
	p = plk_port_new(&line->port, PLK_ORIGIN_FILE);
	if (!p) {
		plk_remotes_place(line->number, 1, line->text, why);
		plk_writer_str(why, "more than 64 remotes, with those of the command line");
		file_fail(2, why);
	}
	p->text = line->text;
	p->line = line->number;
}

static void
file_plan(void)
{
	const struct plk_remotesfile *file;
	struct plk_writer why;

	file_why(&why);
	file = plk_remotes_open(&why) ? plk_remotes_load(NULL, &why) : NULL;
	if (!file)
		file_fail(2, &why);
	for (size_t i = 0; i < file->n; i++)
		line_plan(&file->lines[i], &why);
}

/* What comes at run time may lie where these do. */
static void
directories_plan(void)
{
	for (size_t i = 0; i < front.cmdline.n_remote_dirs; i++)
		plk_directories_add(&front.directories, front.cmdline.remote_dirs[i]);
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p))
		plk_directories_add_remote(&front.directories, &p->port.remote);
}

/* Gives inherited listeners numbers of their own, before any other is closed: theirs may be one that we use otherwise. */
static int
listeners_lift(void)
{
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (p->fd < 0)
			continue;
		p->listener = fcntl(p->fd, F_DUPFD_CLOEXEC, PLK_FRONT_FD_OTHER);
		if (p->listener < 0)
			return -errno;
	}
	if (front.control.fd < 0)
		return 0;
	front.control.listener = fcntl(front.control.fd, F_DUPFD_CLOEXEC, PLK_FRONT_FD_OTHER);
	return front.control.listener < 0 ? -errno : 0;
}

/* Which sockets the ports have, as far as they are inherited; how many. */
static size_t
sockets_list(struct plk_adopted *out)
{
	struct stat st;
	size_t n = 0;

	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (p->fd >= 0 && fstat(p->listener, &st) == 0)
			out[n++] = (struct plk_adopted){.dev = st.st_dev, .ino = st.st_ino};
	}
	return n;
}

/* A control client is looked at by nobody but us, and so is the socket that it comes by. */
static void
control_adopt(void)
{
	struct plk_adopted sockets[PLK_PORTS_MAX];
	struct plk_adopted socket;
	int error;
	enum plk_err err;

	if (front.control.fd < 0)
		return;
	err = plk_adopt(front.control.listener, false, sockets, sockets_list(sockets), &socket,
			&error);
	if (err != PLK_OK)
		plk_words_fail_at("--control", front.cmdline.control_text, err, control_at());
}

static void
user_look(void)
{
	const struct passwd *user = getpwuid(getuid());

	front.uid = getuid();
	front.gid = getgid();
	front.is_nobody = user && strcmp(user->pw_name, "nobody") == 0;
}

static void
os_look(void)
{
	struct utsname name;

	if (uname(&name) == 0)
		(void)snprintf(front.os, sizeof front.os, "%s %s", name.sysname, name.release);
}

/* Said now rather than when the last client comes: it will wait until another leaves. */
static void
files_check(void)
{
	bool few = !plk_ports_runtime() && front.n_ports <= PLK_WORKER_PORTS_FEW;
	uint64_t first = few ? PLK_WORKER_FD_CLIENT_FEW : PLK_WORKER_FD_CLIENT_MANY;
	uint64_t need = (uint64_t)first + front.cmdline.clients + 1;

	if (plk_process_files() <= first)
		plk_words_fail(1, NULL, (struct plk_span){NULL, 0},
			       "%zu remotes and a client need %llu descriptors, but the limit is "
			       "%llu (ulimit "
			       "-n, LimitNOFILE=)",
			       front.n_ports, (unsigned long long)first + 1,
			       (unsigned long long)plk_process_files());
	if (plk_process_files() < need)
		plk_log(PLK_LOG_LINE_WARNING,
			"%u clients need %llu descriptors, but the limit is %llu (ulimit -n, "
			"LimitNOFILE=)",
			front.cmdline.clients, (unsigned long long)need,
			(unsigned long long)plk_process_files());
}

/* One that is made later would be out of reach: by then the broker's sandbox is closed. */
static void
directories_look(void)
{
	for (size_t i = 0; i < front.cmdline.n_remote_dirs; i++) {
		const char *path = front.cmdline.remote_dirs[i];
		int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			plk_words_fail(1, "--remote-dir", plk_span_str(path),
				       "%s at byte 0; it must be there at the start",
				       plk_words_error((uint64_t)errno));
		plk_fd_close(&fd);
	}
}

/* It may have bytes that mean something to a terminal. */
static void
filter_print(void)
{
	static uint8_t text[4 * PLK_FILTER_MAX + 1];
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){text, sizeof text});
	plk_writer_escaped(&w, front.cmdline.filter, PLK_FILTER_MAX);
	plk_writer_cstr(&w);
	(void)printf("filter '%s' instructions=%zu\n", (const char *)text, front.filter.n);
}

/* None of it has control characters. */
static void
control_print(void)
{
	const struct plk_cmdline *c = &front.cmdline;
	uint8_t text[PLK_REMOTE_TEXT_MAX];
	size_t n = 0;

	if (c->has_control &&
	    plk_remote_encode(&c->control, (struct plk_mspan){text, sizeof text}, &n) == PLK_OK)
		(void)printf("control %.*s\n", (int)n, (const char *)text);
	if (c->has_remotes_file)
		(void)printf("remotes-file %s\n", c->remotes_file);
	for (size_t i = 0; i < c->n_remote_dirs; i++)
		(void)printf("remote-dir %s\n", c->remote_dirs[i]);
}

static _Noreturn void
check_print(void)
{
	static uint8_t text[PLK_PORT_TEXT_MAX];
	uint8_t iface[PLK_IFNAME_MAX];
	size_t n = 0;

	if (plk_iface_encode(&front.cmdline.iface, (struct plk_mspan){iface, sizeof iface}, &n) !=
	    PLK_OK)
		exit(2);
	(void)printf("interface %.*s\n", (int)n, (const char *)iface);
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		n = 0;
		if (plk_port_encode(&p->port, (struct plk_mspan){text, sizeof text}, &n) != PLK_OK)
			exit(2);
		/* it has no control characters */
		(void)printf("remote %.*s", (int)n, (const char *)text);
		if (p->fd >= 0)
			(void)printf(" descriptor=%d", p->fd);
		if (p->line > 0)
			(void)printf(" line=%zu", p->line);
		(void)printf("\n");
	}
	control_print();
	if (front.cmdline.has_filter)
		filter_print();
	(void)printf("clients %u queue %u bytes\n", front.cmdline.clients, front.cmdline.queue);
	exit(fflush(stdout) == 0 ? 0 : 1);
}

/* Somebody may take one that filters nothing for a guard of an attached client. A capture may come later where ports do. */
static void
filter_plan(void)
{
	bool is_of_use = plk_ports_runtime();

	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p))
		is_of_use |= p->port.role == PLK_ROLE_CAPTURE;
	plk_expression_compile(front.cmdline.filter, &front.filter);
	if (!is_of_use)
		plk_log(PLK_LOG_LINE_WARNING,
			"--filter is for captures, and no remote is one: nothing is filtered");
}

static _Noreturn void
print_and_exit(const char *text)
{
	(void)fputs(text, stdout);
	exit(fflush(stdout) == 0 ? 0 : 1);
}

void
plk_start_plan(int argc, char **argv)
{
	struct plk_cmdline_error error;
	size_t n_args = argc > 1 ? (size_t)argc - 1 : 0;
	enum plk_err err = plk_cmdline_parse(argv + 1, n_args, &front.cmdline, &error);

	if (err != PLK_OK && error.has_text)
		plk_words_fail_at(error.option, error.text, err, error.at);
	if (err != PLK_OK)
		plk_words_fail(2, error.option, (struct plk_span){NULL, 0}, "%s",
			       plk_err_text(err));
	if (front.cmdline.mode == PLK_MODE_HELP)
		print_and_exit(plk_words_help);
	if (front.cmdline.mode == PLK_MODE_VERSION)
		print_and_exit("pktlockd " PLK_VERSION "\n");
	plk_log_level((enum plk_log)front.cmdline.log_level);
	listen_read();
	plk_front_watchdog_read();
	if (front.cmdline.has_control && !plk_control_is_there())
		plk_words_fail(2, "--control", front.cmdline.control_text,
			       "this build has no control socket (libjansson) at byte 0");
	tapfd_resolve();
	ports_plan();
	control_resolve();
	all_claimed();
	listen_forget();
	if (listeners_lift() < 0 || plk_store_lift() < 0 || others_close() < 0 ||
	    numbers_take() < 0)
		plk_words_fail(1, NULL, (struct plk_span){NULL, 0},
			       "cannot arrange inherited descriptors: %s (ulimit -n, LimitNOFILE=)",
			       plk_words_error((uint64_t)errno));
	user_look();
	if (front.cmdline.has_remotes_file)
		file_plan();
	directories_plan();
	if (front.cmdline.has_filter)
		filter_plan();
	if (front.cmdline.mode == PLK_MODE_CHECK)
		check_print();
	control_adopt();
	os_look();
	files_check();
	directories_look();
}

/* ---- opening ---- */

static void
directory_allow(const char *path, size_t n, bool make)
{
	struct plk_msg msg = {.type = PLK_MSG_ALLOW_DIRECTORY, .u.allow_directory.make = make};

	memcpy(msg.u.allow_directory.path, path, n);
	plk_front_send(front.broker.fd, &msg, -1);
}

/* Tells the broker where a socket file will be made, or connected to. */
static void
directory_of_allow(const char *path, bool make)
{
	const char *last = strrchr(path, '/'); /* it is absolute */

	directory_allow(path, last == path ? 1 : (size_t)(last - path), make);
}

/* Remotes may come later: in the directories of those that are there now, and in these. */
static void
runtime_allow(void)
{
	plk_front_send(front.broker.fd, &(const struct plk_msg){.type = PLK_MSG_RUNTIME}, -1);
	for (size_t i = 0; i < front.directories.n; i++)
		directory_allow(front.directories.paths[i], strlen(front.directories.paths[i]),
				true);
}

void
plk_start_allow(void)
{
	if (plk_ports_runtime())
		runtime_allow();
	if (front.cmdline.has_control && front.cmdline.control.kind == PLK_REMOTE_PUNIX)
		directory_of_allow(front.cmdline.control.path, true);
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		const struct plk_remote *r = &p->port.remote;
		const struct plk_msg tcp = {
			.type = PLK_MSG_ALLOW_TCP,
			.u.allow_tcp = {.port = r->tcp_port, .connect = r->kind == PLK_REMOTE_TCP},
		};

		if (plk_ports_runtime())
			continue; /* runtime_allow() said so */
		if (r->kind == PLK_REMOTE_PUNIX || r->kind == PLK_REMOTE_UNIX)
			directory_of_allow(r->path, r->kind == PLK_REMOTE_PUNIX);
		else if (r->kind == PLK_REMOTE_PTCP || r->kind == PLK_REMOTE_TCP)
			plk_front_send(front.broker.fd, &tcp, -1);
	}
	plk_front_send(front.broker.fd, &(const struct plk_msg){.type = PLK_MSG_CONFINE}, -1);
}

/* An inherited listener, before it is lifted and after, or a connection that is being made, for each port; the same for control, and
 * its clients, and one that is looked at; what the store had, and one of it while it is lifted; beside them the counters' page, and what the worker shows us or the broker sends, one at a time. */
_Static_assert(PLK_FRONT_FD_OTHER + 2 * PLK_PORTS_MAX + 2 + PLK_CONTROL_CONNECTIONS + 1 +
			       PLK_STORED_MAX + 3 <=
		       PLK_FRONT_FD_MAX,
	       "every descriptor can be closed");

static void
worker_get(void)
{
	const struct plk_msg wanted = {.type = PLK_MSG_WORKER_WANTED};

	plk_front_send(front.supervisor.fd, &wanted, -1);
	while (front.worker.fd < 0) {
		if (plk_loop_step(&front.loop) < 0) {
			plk_words_fail(1, NULL, (struct plk_span){NULL, 0},
				       "cannot wait for the worker");
		}
	}
	plk_front_config_send();
}

/* The worker proves each inherited listener before anything is opened. */
static void
listeners_adopt(void)
{
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		enum plk_err err;

		if (p->fd < 0)
			continue;
		plk_front_port_send(p);
		plk_front_await(PLK_MSG_ADOPTED);
		err = (enum plk_err)front.answer.msg.u.adopted.err;
		if (err != PLK_OK)
			plk_words_fail_at("--remote", p->text, err, inherited_at(p));
		p->state = PLK_PORT_OPEN;
	}
}

static void
interface_get(void)
{
	const struct plk_iface *iface = &front.cmdline.iface;
	uint8_t text[PLK_IFNAME_MAX];
	struct plk_span span = {text, 0};
	struct plk_msg msg = {.type = iface->is_tapfd ? PLK_MSG_IFACE_TAP : PLK_MSG_IFACE_NAME};
	const struct plk_msg_iface_is *is;
	const size_t at = iface->is_tapfd ? strlen("tapfd:") : 0;

	if (iface->is_tapfd)
		msg.u.iface_tap.number = (uint32_t)iface->fd;
	else
		memcpy(msg.u.iface_name.name, iface->name, sizeof msg.u.iface_name.name);
	plk_front_ask(front.broker.fd, &msg, -1, PLK_MSG_IFACE_IS);
	front.iface = front.answer.msg.u.iface_is;
	plk_log_interface(plk_words_name(front.iface.name).text);
	is = &front.iface;
	if (plk_iface_encode(iface, (struct plk_mspan){text, sizeof text}, &span.n) != PLK_OK)
		exit(1);
	if (is->step != PLK_STEP_NONE && iface->is_tapfd && is->step == PLK_STEP_INTERFACE)
		plk_words_fail(2, "--interface", span, "descriptor is not a TAP: %s at byte %zu",
			       plk_words_error(is->error), at);
	if (is->step != PLK_STEP_NONE && is->error != 0)
		plk_words_fail(1, "--interface", span, "%s: %s at byte %zu",
			       plk_words_step(is->step), plk_words_error(is->error), at);
	if (is->step != PLK_STEP_NONE)
		plk_words_fail(1, "--interface", span, "%s at byte %zu", plk_words_step(is->step),
			       at);
}

static void
ask_done(const struct plk_msg *msg)
{
	const struct plk_msg_done *done = &front.answer.msg.u.done;

	plk_front_ask(front.broker.fd, msg, -1, PLK_MSG_DONE);
	while (done->request != msg->type)
		plk_front_await(PLK_MSG_DONE); /* that was about something else */
	if (done->error != 0 && done->step == PLK_STEP_FILTER && front.cmdline.has_filter)
		plk_words_fail(1, "--filter", front.cmdline.filter, "%s class=%s: %s at byte 0%s",
			       plk_words_step(done->step), plk_words_class(done->class),
			       plk_words_error(done->error),
			       plk_words_hint(done->step, (int)done->error, false));
	if (done->error != 0)
		plk_words_fail(1, "--interface", plk_span_str(front.iface.name),
			       "%s class=%s: %s at byte 0%s", plk_words_step(done->step),
			       plk_words_class(done->class), plk_words_error(done->error),
			       plk_words_hint(done->step, (int)done->error, false));
}

static bool
is_of_class(const struct plk_port *port, enum plk_class class)
{
	if (class >= PLK_CLASS_RX)
		return port->role != PLK_ROLE_CAPTURE;
	/* bulk, not bound, stands by for low latency: PLK_EVENT_RX_DEAD */
	return plk_class_takes(class, port->role, port->latency) ||
	       plk_class_takes(class, port->role, PLK_LATENCY_BULK);
}

/* What the ports of a class want of it together; NONE if no port needs it. The sender takes nothing: BOTH stands for any. */
static enum plk_direction class_direction(enum plk_class class)
{
	enum plk_direction direction = PLK_DIRECTION_NONE;

	if (plk_ports_runtime()) /* whatever ports will come */
		return PLK_DIRECTION_BOTH;
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		const struct plk_port *port = &p->port;

		if (!is_of_class(port, class))
			continue;
		if (class >= PLK_CLASS_RX)
			return PLK_DIRECTION_BOTH;
		if (direction != PLK_DIRECTION_NONE && direction != port->direction)
			return PLK_DIRECTION_BOTH;
		direction = port->direction;
	}
	return direction;
}

/* So that no wish of the broker's queue is too long: one part, one answer. */
static void
filter_send(void)
{
	static uint8_t bytes[PLK_BPF_BYTES];
	size_t n = 0;

	if (plk_bpf_encode(&front.filter, (struct plk_mspan){bytes, sizeof bytes}, &n) != PLK_OK)
		exit(1);
	for (size_t at = 0; at < n; at += PLK_FILTER_FIELD) {
		const size_t part = n - at < PLK_FILTER_FIELD ? n - at : PLK_FILTER_FIELD;
		struct plk_msg msg = {.type = PLK_MSG_FILTER,
				      .u.filter.n = (uint8_t)(part / PLK_BPF_INSN)};

		memcpy(msg.u.filter.code, bytes + at, part);
		ask_done(&msg);
	}
}

static void
packets_open(void)
{
	filter_send();
	for (uint8_t i = 0; i < PLK_CLASSES; i++) {
		const enum plk_direction direction = class_direction((enum plk_class)i);

		if (direction != PLK_DIRECTION_NONE)
			ask_done(&(const struct plk_msg){
				.type = PLK_MSG_OPEN,
				.u.open = {.class = i, .direction = (uint8_t)direction}});
	}
}

static void
packets_bind(void)
{
	for (int i = 0; i < PLK_CLASSES; i++) {
		struct plk_msg msg;

		if (plk_link_wish((enum plk_class)i) == PLK_DIRECTION_NONE)
			continue;
		msg = plk_link_bind_one((enum plk_class)i);
		ask_done(&msg);
	}
}

/* Where in a PORT-SPEC stands what we could not make: a path, or a port number. */
static size_t
made_at(const struct front_port *p)
{
	return plk_port_remote_at(p->text) +
	       strlen(p->port.remote.kind == PLK_REMOTE_PUNIX ? "punix:" : "ptcp:");
}

static _Noreturn void
listener_fail(const struct front_port *p, const struct plk_msg_listening *answer)
{
	const char *hint = plk_words_hint(answer->step, (int)answer->error,
					  p->port.remote.kind == PLK_REMOTE_PTCP);
	struct plk_writer why;

	if (p->origin == PLK_ORIGIN_CMDLINE)
		plk_words_fail(1, "--remote", p->text, "%s: %s at byte %zu%s",
			       plk_words_step(answer->step), plk_words_error(answer->error),
			       made_at(p), hint);
	file_why(&why);
	plk_remotes_place(p->line, made_at(p) + 1, p->text, &why);
	plk_writer_str(&why, plk_words_step(answer->step));
	plk_writer_str(&why, ": ");
	plk_writer_str(&why, plk_words_error(answer->error));
	plk_writer_str(&why, hint);
	file_fail(1, &why);
}

static void
listener_get(struct front_port *p)
{
	const struct plk_msg_listening *answer = &front.answer.msg.u.listening;
	char address[PLK_PEER_TEXT_MAX];
	struct plk_msg msg;

	plk_port_order(p, &msg);
	plk_front_ask(front.broker.fd, &msg, -1, PLK_MSG_LISTENING);
	if (answer->error != 0 || front.answer.fd < 0)
		listener_fail(p, answer);
	p->listener = plk_fd_take(&front.answer.fd);
	plk_address_text(p->listener, address);
	plk_log(PLK_LOG_LINE_INFO, "listening remote=%s%s%s", p->label,
		address[0] ? " address=" : "", address);
	p->state = PLK_PORT_OPEN;
	plk_front_port_send(p);
}

static void
remotes_open(void)
{
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		const struct plk_remote *r = &p->port.remote;
		struct plk_msg msg;

		if (plk_remote_is_inherited(r))
			continue;
		if (plk_remote_is_passive(r)) {
			listener_get(p);
			continue;
		}
		plk_port_order(p, &msg);
		plk_front_send(front.broker.fd, &msg, -1);
		p->state = PLK_PORT_OPEN;
		plk_front_port_send(p);
	}
}

/* The socket file that control clients come by. */
static void
control_listen(void)
{
	const struct plk_span text = front.cmdline.control_text;
	const struct plk_msg_listening *answer = &front.answer.msg.u.listening;
	struct plk_msg msg = {.type = PLK_MSG_LISTEN_CONTROL};

	memcpy(msg.u.listen_control.path, front.cmdline.control.path,
	       sizeof msg.u.listen_control.path);
	plk_front_ask(front.broker.fd, &msg, -1, PLK_MSG_LISTENING);
	if (answer->error != 0 || front.answer.fd < 0)
		plk_words_fail(1, "--control", text, "%s: %s at byte %zu%s",
			       plk_words_step(answer->step), plk_words_error(answer->error),
			       strlen("punix:"),
			       plk_words_hint(answer->step, (int)answer->error, false));
	front.control.listener = plk_fd_take(&front.answer.fd);
}

static void
control_open(void)
{
	static struct plk_control_access access;
	char label[PLK_LABEL_BYTES];
	struct plk_writer w;

	if (!front.cmdline.has_control)
		return;
	if (front.cmdline.control.kind == PLK_REMOTE_PUNIX)
		control_listen();
	access = (struct plk_control_access){
		.uids = front.cmdline.control_uids,
		.n_uids = front.cmdline.n_control_uids,
		.gids = front.cmdline.control_gids,
		.n_gids = front.cmdline.n_control_gids,
	};
	plk_control_open(front.control.listener, &access);
	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)label, sizeof label});
	plk_writer_word(&w, front.cmdline.control_text, PLK_LABEL_MAX);
	plk_writer_cstr(&w);
	plk_log(PLK_LOG_LINE_INFO, "listening for control clients remote=%s", label);
}

/* The administrator should know where frames cannot go. */
static void
host_hint(void)
{
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (p->port.role != PLK_ROLE_ATTACH || front.iface.kind == PLK_LINK_VETH ||
		    front.iface.kind == PLK_LINK_TAP)
			continue;
		plk_log(PLK_LOG_LINE_WARNING,
			"attached clients reach the network behind %s, but not this host itself, "
			"and a bridge never "
			"learns them; a veth has neither fault: ip link add pk0 type veth peer "
			"name pk0b; "
			"ip link set pk0b master BRIDGE up; ip link set pk0 up; and "
			"--interface=pk0",
			plk_words_name(front.iface.name).text);
		return;
	}
}

/* What is so from the start, and is no change. */
static void
link_hint(void)
{
	if (!front.iface.is_up)
		plk_log(PLK_LOG_LINE_WARNING, "interface is down interface=%s",
			plk_words_name(front.iface.name).text);
	else if (!front.iface.has_carrier)
		plk_words_carrier(false);
}

static void
user_hint(void)
{
	if (front.is_nobody)
		plk_log(PLK_LOG_LINE_WARNING, "running as nobody, because there is no user pktlock "
					      "(useradd --system pktlock)");
}

void
plk_start_open(void)
{
	front.stage = PLK_STAGE_SETUP;
	worker_get();
	listeners_adopt();
	interface_get();
	link_hint();
	user_hint();
	packets_open();
	remotes_open();
	control_open();
	plk_store_restore();
	packets_bind();
	plk_store_missed();
	plk_front_about_send();
	ask_done(&(const struct plk_msg){.type = PLK_MSG_HANDOUT});
	plk_link_tell();
	front.goes = true;
	front.worker_runs = true;
	plk_front_ask(front.worker.fd, &(const struct plk_msg){.type = PLK_MSG_GO}, -1,
		      PLK_MSG_SERVING);
	plk_front_send(front.broker.fd, &(const struct plk_msg){.type = PLK_MSG_SEAL}, -1);
	host_hint();
}
