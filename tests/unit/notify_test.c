/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the service manager gets from us is what it gets from libsystemd: to the same addresses, the same bytes, credentials
 * and descriptors. And how long we wait for one that does not read.
 */
#include "os/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "os/clock.h"

#include "rows.h"

#define FDS_MAX 4
#define BYTES_MAX 8192

/* A datagram as the service manager sees it. */
struct heard {
	ssize_t n; /* -1: there is none */
	uint8_t bytes[BYTES_MAX];
	struct ucred from;
	size_t n_fds;
	struct stat files[FDS_MAX];
};

static char dir[] = "/tmp/plk-notify-XXXXXX"; /* mkdtemp(3) fills it in */

/* ---- the service manager ---- */

/* Binds a socket as systemd's; -1 where the kernel has no such address. */
static int
manager_open(const char *text)
{
	/* the longest path has no NUL of its own, and valgrind looks for one */
	struct {
		struct sockaddr_un un;
		char end;
	} addr = {.un.sun_family = AF_UNIX};
	size_t n = strlen(text);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
	if (n < 2 || n > sizeof addr.un.sun_path || (text[0] != '/' && text[0] != '@')) {
		close(fd);
		return -1;
	}
	memcpy(addr.un.sun_path, text, n);
	if (text[0] == '@')
		addr.un.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&addr.un,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)),
			 0);
	return fd;
}

static void
control_take(struct heard *out, struct cmsghdr *cmsg)
{
	if (cmsg->cmsg_type == SCM_CREDENTIALS)
		memcpy(&out->from, CMSG_DATA(cmsg), sizeof out->from);
	if (cmsg->cmsg_type != SCM_RIGHTS)
		return;
	for (size_t i = 0; i < (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof fd, sizeof fd);
		assert_true(out->n_fds < FDS_MAX);
		assert_int_equal(fstat(fd, &out->files[out->n_fds++]), 0);
		close(fd);
	}
}

static void
manager_hear(int fd, struct heard *out)
{
	_Alignas(struct cmsghdr) uint8_t control[512];
	struct iovec iov = {.iov_base = out->bytes, .iov_len = sizeof out->bytes};
	struct msghdr header = {.msg_iov = &iov,
				.msg_iovlen = 1,
				.msg_control = control,
				.msg_controllen = sizeof control};

	memset(out, 0, sizeof *out);
	out->n = fd < 0 ? -1 : recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	if (out->n < 0)
		return;
	assert_int_equal(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC), 0);
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header); cmsg; cmsg = CMSG_NXTHDR(&header, cmsg))
		control_take(out, cmsg);
}

/* The next two datagrams are alike, or there is none. */
static void
heard_alike(int manager, bool any)
{
	struct heard theirs;
	struct heard ours;

	manager_hear(manager, &theirs);
	manager_hear(manager, &ours);
	assert_int_equal(theirs.n >= 0, any);
	assert_int_equal(ours.n, theirs.n);
	if (!any)
		return;
	assert_memory_equal(ours.bytes, theirs.bytes, (size_t)theirs.n);
	assert_int_equal(theirs.from.pid, getpid());
	assert_memory_equal(&ours.from, &theirs.from, sizeof ours.from);
	assert_int_equal(ours.n_fds, theirs.n_fds);
	for (size_t i = 0; i < ours.n_fds; i++) {
		/* of a barrier only that there is one counts: ours is one end of a socket pair */
		if (S_ISFIFO(theirs.files[i].st_mode) && S_ISSOCK(ours.files[i].st_mode))
			continue;
		assert_int_equal(ours.files[i].st_ino, theirs.files[i].st_ino);
		assert_int_equal(ours.files[i].st_dev, theirs.files[i].st_dev);
	}
	manager_hear(manager, &ours);
	assert_int_equal(ours.n, -1);
}

/* Where a service manager listens at @address, and we are to know. */
static int
manager_begin(const char *address)
{
	int manager = manager_open(address);

	assert_int_equal(setenv("NOTIFY_SOCKET", address, 1), 0);
	assert_int_equal(plk_notify_open(), 0);
	return manager;
}

static const char *
path_of(const char *name)
{
	static char path[sizeof dir + 300];

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

/* ---- tests ---- */

/* An address of so many bytes, which begins with @first: the directory and letters, or letters alone. */
static const char *
address_of(char first, size_t n)
{
	static char address[256];

	(void)snprintf(address, sizeof address, "%s/", first == '/' ? dir : "@plk-notify-test");
	memset(address + strlen(address), 'x', sizeof address - strlen(address));
	address[n] = '\0';
	return address;
}

static void
address_check(const char *address, bool is_good)
{
	int manager = manager_begin(address);

	assert_int_equal(plk_notify_is_open(), is_good);
	assert_int_equal(sd_notify(0, "READY=1") > 0, is_good);
	plk_notify("READY=1");
	heard_alike(manager, is_good);
	if (manager >= 0)
		close(manager);
	if (address[0] == '/')
		(void)unlink(address);
}

/* Ours are those of libsystemd; what is too long, or neither a path nor abstract, is nobody's. */
static void
test_addresses(void **state)
{
	static const char *const bad[] = {"", "/", "@", "relative", "vsock:2:1234", "x/y"};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		address_check(bad[i], false);
	for (size_t n = 106; n <= 110; n++) { /* sun_path has 108, with a NUL that is not needed */
		address_check(address_of('/', n), n < 108);
		address_check(address_of('@', n), n < 108);
	}
	address_check("@p", true);
	address_check("@", false);
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	assert_int_equal(plk_notify_open(), 0);
	assert_false(plk_notify_is_open());
	assert_int_equal(plk_notify_by("READY=1", -1, 0), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", path_of("nobody"), 1), 0);
	assert_int_equal(plk_notify_open(), -ENOENT);
	assert_false(plk_notify_is_open());
}

/* The bytes and who sends them. */
static void
test_states(void **state)
{
	static char long_text[4096] = "STATUS=";
	const char *const states[] = {
		"READY=1",
		"READY=1\nSTATUS=0 clients, 0 frames dropped",
		"RELOADING=1\nMONOTONIC_USEC=123456789",
		"STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000\nSTATUS=stopping",
		"WATCHDOG=1",
		"FDSTOREREMOVE=1\nFDNAME=pktlock.client.0000000000000001",
		long_text,
	};
	int manager = manager_begin(path_of("states"));

	(void)state;
	memset(long_text + 7, 'y', sizeof long_text - 8);
	for (size_t i = 0; i < COUNT(states); i++) {
		assert_true(sd_notify(0, states[i]) > 0);
		plk_notify(states[i]);
		heard_alike(manager, true);
	}
	close(manager);
}

/* A descriptor to be stored, and the barrier after the last. */
static void
test_descriptors(void **state)
{
	static const char store[] = "FDSTORE=1\nFDNAME=pktlock.client.fedcba9876543210";
	int manager = manager_begin(path_of("descriptors"));
	int pair[2];
	struct heard heard;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_true(sd_pid_notify_with_fds(0, 0, store, pair, 1) > 0);
	assert_int_equal(plk_notify_by(store, pair[0], 0), 0);
	heard_alike(manager, true);
	assert_int_equal(sd_notify_barrier(0, 1000), -ETIMEDOUT); /* we do not read it in time */
	assert_int_equal(plk_notify_by("BARRIER=1", pair[1], 0), 0);
	heard_alike(manager, true);
	assert_int_equal(plk_notify_by("BARRIER=1", pair[1], 0), 0);
	manager_hear(manager, &heard);
	assert_int_equal(heard.n_fds, 1);
	close(pair[0]);
	close(pair[1]);
	close(manager);
}

/* A service manager that does not read is waited for as long as is said, and heard of when it does. */
static void
test_patience(void **state)
{
	int manager = manager_begin(path_of("patience"));
	struct heard heard;
	uint64_t since;
	size_t n = 0;

	(void)state;
	while (plk_notify_by("WATCHDOG=1", -1, 0) == 0)
		assert_true(++n < 10000);
	assert_true(n > 0);
	since = plk_now_ms();
	assert_int_equal(plk_notify_by("WATCHDOG=1", -1, since), -EAGAIN); /* it is over */
	assert_true(plk_now_ms() - since < 50);
	since = plk_now_ms();
	assert_int_equal(plk_notify_by("WATCHDOG=1", -1, since + 60), -EAGAIN);
	assert_in_range(plk_now_ms() - since, 60, 500);
	since = plk_now_ms();
	plk_notify("WATCHDOG=1");
	assert_in_range(plk_now_ms() - since, PLK_NOTIFY_MS, PLK_NOTIFY_MS + 500);
	manager_hear(manager, &heard);
	assert_int_equal(plk_notify_by("READY=1", -1, plk_now_ms() + 60), 0);
	close(manager);
	assert_int_equal(plk_notify_by("READY=1", -1, plk_now_ms() + 60), -ECONNREFUSED);
}

/* One that reads while we wait. */
static void
test_wakes(void **state)
{
	int manager = manager_begin(path_of("wakes"));
	struct heard heard;
	uint64_t since;
	pid_t reader;

	(void)state;
	while (plk_notify_by("WATCHDOG=1", -1, 0) == 0)
		continue;
	reader = fork();
	assert_true(reader >= 0);
	if (reader == 0) {
		usleep(50000);
		manager_hear(manager, &heard);
		_exit(0);
	}
	since = plk_now_ms();
	assert_int_equal(plk_notify_by("READY=1", -1, since + 5000), 0);
	assert_in_range(plk_now_ms() - since, 20, 2500);
	assert_int_equal(waitpid(reader, NULL, 0), reader);
	close(manager);
}

static int
teardown(void **state)
{
	static const char *const names[] = {"states", "descriptors", "patience", "wakes"};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlink(path_of(names[i]));
	return rmdir(dir);
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),   cmocka_unit_test(test_states),
		cmocka_unit_test(test_descriptors), cmocka_unit_test(test_patience),
		cmocka_unit_test(test_wakes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
