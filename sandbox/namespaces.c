/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * namespaces.c: made once, entered by each worker.
 *
 * Theory of operation. A worker could make its namespaces itself, but not an empty file system: Landlock, which it inherits
 * from the supervisor, forbids to mount. So the supervisor has them made before that, by a child that shares its
 * descriptors and nothing else (CLONE_FILES): the child takes numbers that the supervisor has reserved for it, ends, and the
 * descriptors keep the namespaces. If a service manager's filter kills the child, that is an answer too.
 *
 * No user is mapped into the user namespace, so that in it every user is 65534.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

static const struct {
	int flag;
	const char *path;
} kinds[PLK_NAMESPACES] = {
	[PLK_NAMESPACE_USER] = {CLONE_NEWUSER, "/proc/self/ns/user"},
	[PLK_NAMESPACE_MOUNT] = {CLONE_NEWNS, "/proc/self/ns/mnt"},
	[PLK_NAMESPACE_NET] = {CLONE_NEWNET, "/proc/self/ns/net"},
	[PLK_NAMESPACE_IPC] = {CLONE_NEWIPC, "/proc/self/ns/ipc"},
	[PLK_NAMESPACE_UTS] = {CLONE_NEWUTS, "/proc/self/ns/uts"},
};

/* An empty directory that cannot be written to, in place of all that is mounted. */
static int
root_empty(void)
{
	static const char where[] = "/tmp"; /* any directory: only we see what is mounted there */

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", where, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0111,nr_inodes=1,size=4096") < 0 ||
	    chdir(where) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0)
		return errno;
	return 0;
}

/* In the child: makes a namespace and leaves its descriptor at @number. A mount namespace that cannot be emptied is none. */
static int
one_make(enum plk_namespace kind, int number)
{
	int fd;
	int error = 0;

	if (unshare(kinds[kind].flag) < 0)
		return errno;
	fd = open(kinds[kind].path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	if (dup3(fd, number, O_CLOEXEC) < 0)
		error = errno;
	(void)close(
		fd); /* now: to be killed by a filter while we mount must leave nothing that is not known */
	if (error == 0 && kind == PLK_NAMESPACE_MOUNT)
		error = root_empty();
	if (error != 0)
		(void)close(number);
	return error;
}

/* In the child. Without a user namespace of our own the others are not ours to make. The mount namespace comes last:
 * /proc goes with what it had. Returns errno of the first that failed. */
static int
all_make(const int *numbers)
{
	static const enum plk_namespace order[] = {PLK_NAMESPACE_USER, PLK_NAMESPACE_NET,
						   PLK_NAMESPACE_IPC, PLK_NAMESPACE_UTS,
						   PLK_NAMESPACE_MOUNT};
	int first = 0;

	for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
		int error = one_make(order[i], numbers[order[i]]);

		if (first == 0)
			first = error;
		if (error != 0 && order[i] == PLK_NAMESPACE_USER)
			break;
	}
	return first;
}

/* Takes numbers for the child to replace. */
static int
numbers_reserve(int *numbers)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int error = null < 0 ? errno : 0;

	for (size_t i = 0; i < PLK_NAMESPACES && error == 0; i++) {
		numbers[i] = fcntl(null, F_DUPFD_CLOEXEC, PLK_NAMESPACES_FD);
		if (numbers[i] < 0)
			error = errno;
	}
	if (null >= 0)
		(void)close(null);
	return error;
}

/* Gives back what the child did not replace. */
static void
numbers_sift(int *numbers)
{
	for (size_t i = 0; i < PLK_NAMESPACES; i++) {
		if (numbers[i] >= 0 && ioctl(numbers[i], NS_GET_NSTYPE) != kinds[i].flag) {
			(void)close(numbers[i]);
			numbers[i] = -1;
		}
	}
}

/* The child's answer; one that did not live to give it was killed for what it did, at the latest while it mounted. */
static int
child_run(const int *numbers)
{
	int status = 0;
	pid_t pid = (pid_t)syscall(SYS_clone, (long)(CLONE_FILES | SIGCHLD), 0L, 0L, 0L, 0L);

	if (pid == 0)
		_exit(all_make(numbers));
	if (pid < 0)
		return errno;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return errno;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	(void)close(numbers[PLK_NAMESPACE_MOUNT]); /* see numbers_sift() */
	return EPERM;
}

void
plk_namespaces_make(struct plk_namespaces *out)
{
	for (size_t i = 0; i < PLK_NAMESPACES; i++)
		out->fd[i] = -1;
	out->error = numbers_reserve(out->fd);
	if (out->error == 0)
		out->error = child_run(out->fd);
	numbers_sift(out->fd);
}

void
plk_confine_namespaces(struct plk_msg_confined *state, int first)
{
	/* the user namespace comes first: the others are its own */
	for (int i = 0; i < PLK_NAMESPACES; i++) {
		/* #syscalls:exec setns (into what the supervisor has had made) */
		if (setns(first + i, kinds[i].flag) == 0)
			state->namespaces |= (uint8_t)(1U << i);
		else if (errno != EBADF && state->namespaces_error == 0) /* EBADF: was not made */
			state->namespaces_error = (uint32_t)errno;
		(void)close(first + i); /* if it was there */
	}
}
