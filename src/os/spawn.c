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

/* A copy that stays through exec. Not dup3(), of which musl makes dup2 when there is no flag. */
static int
descriptor_copy(int fd, int number)
{
	/* #syscalls:supervisor dup3[2=0] (in the child that becomes a worker) */
	return syscall(SYS_dup3, (long)fd, (long)number, 0L) < 0 ? -errno : 0;
}

/* In the child: 0, 1 and 2 as they should be, and the others gone. Nothing here allocates. */
static int
descriptors_arrange(const struct plk_spawn *how)
{
	int error = descriptor_copy(how->channel, STDIN_FILENO);

#ifndef PLK_INSTRUMENTED
	if (error == 0 && how->null >= 0)
		error = descriptor_copy(how->null, STDOUT_FILENO);
	if (error == 0 && how->null >= 0)
		error = descriptor_copy(how->null, STDERR_FILENO);
#endif
	if (error < 0)
		return error;
	/* #syscalls:supervisor close_range[0=3,2=CLOSE_RANGE_CLOEXEC] (in the child that becomes a worker) */
	if (!how->inherit &&
	    syscall(SYS_close_range, STDERR_FILENO + 1L, (long)~0U, (long)CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	for (size_t i = 0; i < how->n_pass && error == 0; i++) {
		if (how->pass[i] >= 0)
			error = descriptor_copy(how->pass[i], how->pass_at + (int)i);
	}
	return error;
}

static void
child_main(const struct plk_spawn *how)
{
	sigset_t none;

	(void)sigemptyset(&none);
	/* #syscalls:supervisor rt_sigprocmask[0=SIG_SETMASK] (in the child that becomes a worker) */
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0 || descriptors_arrange(how) < 0)
		return;
	if (how->assume && plk_identity_assume(how->assume, how->keep) < 0)
		return;
	/* #syscalls:supervisor execveat[4=AT_EMPTY_PATH] (a worker; Landlock permits no other file) */
	(void)syscall(SYS_execveat, (long)how->program->fd, "", how->argv, how->envp,
		      (long)AT_EMPTY_PATH);
}

pid_t
plk_spawn(const struct plk_spawn *how)
{
	/* #syscalls:supervisor clone[0=SIGCHLD] (a process: no thread, no namespace) */
	pid_t pid = (pid_t)syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);

	if (pid == 0) {
		child_main(how);
		_exit(EXIT_SPAWN);
	}
	return pid < 0 ? -errno : pid;
}
