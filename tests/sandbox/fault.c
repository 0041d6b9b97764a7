/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault SOCKET CALL[,CALL...] COMMAND [ARGUMENT...]: becomes a command whose calls of those names, and those of all that it
 * starts, are put to the listener of the Unix socket, which says for each whether it is made or fails, and how (seccomp user
 * notification). strace -e inject= cannot do that here: it lets the kernel make call number -1, for which our filters kill.
 *
 * The listener gets one message: NAME=NUMBER,... and the descriptor of the notifications. Needs root.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_BYTES 4096

static _Noreturn void
die(const char *what, int error)
{
	fprintf(stderr, "fault: %s: %s\n", what, strerror(error));
	exit(EXIT_FAILURE);
}

/* Makes the filter, and the words that say which number is which. */
static scmp_filter_ctx
filter_make(char *names, char *text)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	size_t n = 0;

	/* root needs no no-new-privileges, and the daemon shall set that itself */
	if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) < 0)
		die("filter", ENOMEM);
	for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
		int number = seccomp_syscall_resolve_name(name);
		int error;

		if (number < 0)
			continue; /* this machine has no such call */
		error = seccomp_rule_add(filter, SCMP_ACT_NOTIFY, number, 0);
		if (error < 0)
			die(name, -error);
		n += (size_t)snprintf(text + n, TEXT_BYTES - n, "%s=%d,", name, number);
		if (n >= TEXT_BYTES)
			die("names", E2BIG);
	}
	return filter;
}

static int
listener_connect(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof addr.sun_path)
		die(path, errno);
	memcpy(addr.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)&addr, sizeof addr) < 0)
		die(path, errno);
	return fd;
}

static void
notifications_send(int to, const char *text, int fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {0};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&header);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
	if (sendmsg(to, &header, 0) < 0)
		die("sendmsg", errno);
}

int
main(int argc, char **argv)
{
	static char text[TEXT_BYTES];
	scmp_filter_ctx filter;
	atomic_int *fd;
	int to;
	int error;
	pid_t pid;

	if (argc < 4) {
		fprintf(stderr, "usage: fault SOCKET CALL[,CALL...] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	filter = filter_make(argv[2], text);
	to = listener_connect(argv[1]);
	fd = mmap(NULL, sizeof *fd, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd == MAP_FAILED)
		die("mmap", errno);
	atomic_store(fd, -1);
	/* Under the filter we may not be able to send, before there is a listener: a process that shares our descriptors does. */
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		die("clone", errno);
	if (pid == 0) {
		while (atomic_load(fd) < 0)
			sched_yield();
		notifications_send(to, text, atomic_load(fd));
		_exit(0);
	}
	error = seccomp_load(filter);
	if (error < 0) {
		(void)kill(pid, SIGKILL);
		die("seccomp_load", -error);
	}
	atomic_store(fd, seccomp_notify_fd(filter));
	if (waitpid(pid, NULL, 0) < 0)
		die("waitpid", errno);
	execv(argv[3], argv + 3); /* all our descriptors are CLOEXEC */
	die(argv[3], errno);
}
