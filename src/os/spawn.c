/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/fd.h"

#define EXIT_SPAWN 127
#define PATH_BYTES 4096

/* Opens @dir/@name. */
static int
open_in(const char *dir, const char *name)
{
	char path[PATH_BYTES];

	if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
		return -ENAMETOOLONG;
	int fd = open(path, O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
plk_program_open(const char *name, struct plk_program *out)
{
	char self[PATH_BYTES];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	int fd = -ENOENT;

	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0'; /* the kernel's paths are absolute */
		fd = open_in(self, name);
	}
	if (fd < 0)
		fd = open_in(PLK_LIBEXECDIR, name);
	*out = (struct plk_program){.fd = fd, .name = name};
	return fd < 0 ? fd : 0;
}

/* In the child: 0, 1 and 2 as they should be, and the others gone. Nothing here allocates. */
static int
descriptors_arrange(const struct plk_spawn *how)
{
	/* #syscalls:supervisor dup2 (for the worker it starts) */
	if (dup2(how->channel, STDIN_FILENO) < 0)
		return -errno;
#ifndef PLK_INSTRUMENTED
	if (how->quiet) {
		/* #syscalls:supervisor openat (/dev/null for the worker) */
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		if (null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0)
			return -errno;
	}
#endif
	/* #syscalls:supervisor close_range (in the child that becomes a worker) */
	if (!how->inherit &&
	    syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	return 0;
}

static void
child_main(const struct plk_spawn *how)
{
	sigset_t none;

	(void)sigemptyset(&none);
	/* #syscalls:supervisor rt_sigprocmask (in the child that becomes a worker) */
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || descriptors_arrange(how) < 0)
		return;
	if (how->assume && plk_identity_assume(how->assume, how->keep) < 0)
		return;
	/* #syscalls:supervisor execveat (the worker) */
	(void)syscall(SYS_execveat, how->program->fd, "", how->argv, how->envp, AT_EMPTY_PATH);
}

pid_t
plk_spawn(const struct plk_spawn *how)
{
	/* #syscalls:supervisor clone set_robust_list (fork) */
	pid_t pid = fork();

	if (pid == 0) {
		child_main(how);
		_exit(EXIT_SPAWN);
	}
	return pid < 0 ? -errno : pid;
}
