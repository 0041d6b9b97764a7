/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * novdso COMMAND [ARGUMENT...]: runs a command, and all that it starts, without the kernel's vDSO, as on machines where that
 * does not know the clock: then clock_gettime() is a system call.
 *
 * A program finds the vDSO by AT_SYSINFO_EHDR in its auxiliary vector. At each execve() the kernel stops the process for its
 * tracer, when the vector is on the new stack and no instruction has run; there we change the entry into AT_IGNORE. What has
 * executed another program is let go, so that others may trace it; the command itself is followed for what it starts.
 * SIGTERM makes us let all go.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS \
	(PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

static volatile sig_atomic_t leaving;

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "novdso: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void
leave(int number)
{
	(void)number;
	leaving = 1;
}

/* ---- the auxiliary vector ---- */

static uintptr_t
stack_of(pid_t pid)
{
	struct user_regs_struct regs;
	struct iovec iov = {.iov_base = &regs, .iov_len = sizeof regs};

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &iov) < 0)
		die("PTRACE_GETREGSET");
#ifdef __x86_64__
	return regs.rsp;
#else
	return regs.sp;
#endif
}

static uintptr_t
peek(pid_t pid, uintptr_t at)
{
	long value;

	errno = 0;
	value = ptrace(PTRACE_PEEKDATA, pid, (void *)at, NULL);
	if (errno != 0)
		die("PTRACE_PEEKDATA");
	return (uintptr_t)value;
}

/* The stack begins with argc, argv, NULL, envp, NULL, and pairs of the vector until AT_NULL. */
static void
vector_patch(pid_t pid)
{
	const uintptr_t word = sizeof(uintptr_t);
	uintptr_t at = stack_of(pid);

	at += (peek(pid, at) + 2) * word;
	while (peek(pid, at) != 0)
		at += word;
	for (at += word; peek(pid, at) != AT_NULL; at += 2 * word) {
		if (peek(pid, at) == AT_SYSINFO_EHDR &&
		    ptrace(PTRACE_POKEDATA, pid, (void *)at, (void *)AT_IGNORE) < 0)
			die("PTRACE_POKEDATA");
	}
}

/* ---- the tracer ---- */

static bool
is_stop_signal(int number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* What a stopped process does next. @command: the process that we were started for. */
static void
stopped(pid_t pid, int status, pid_t command)
{
	const int event = status >> 16;
	const int number = WSTOPSIG(status);

	if (event == PTRACE_EVENT_EXEC)
		vector_patch(pid);
	if ((event == PTRACE_EVENT_EXEC && pid != command) || leaving)
		(void)ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)(event ? 0 : number));
	else if (event == PTRACE_EVENT_STOP && is_stop_signal(number))
		(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
	else
		(void)ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)(event ? 0 : number));
}

static _Noreturn void
trace(pid_t command, int tell)
{
	const struct sigaction action = {.sa_handler = leave};
	int status;
	pid_t pid;

	(void)sigaction(SIGTERM, &action, NULL); /* it can be caught */
	if (ptrace(PTRACE_SEIZE, command, NULL, (void *)OPTIONS) < 0)
		die("PTRACE_SEIZE");
	(void)close(tell);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid < 0)
			(void)ptrace(PTRACE_INTERRUPT, command, NULL, NULL);
		else if (WIFSTOPPED(status))
			stopped(pid, status, command);
	}
	exit(EXIT_SUCCESS); /* all have ended, or were let go */
}

/* Nothing of the command's is ours: it may be closed there and must then be closed. */
static void
descriptors_leave(int keep)
{
	int null = open("/dev/null", O_RDWR);

	if (null < 0)
		die("/dev/null");
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	for (int fd = STDERR_FILENO + 1; fd < 1024; fd++) {
		if (fd != keep)
			(void)close(fd);
	}
}

/* The tracer is nobody's child, since the command would have to wait for it. */
static void
tracer_start(int tell)
{
	const pid_t command = getpid();
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0) {
		pid = fork();
		if (pid != 0)
			_exit(pid < 0);
		descriptors_leave(tell);
		trace(command, tell);
	}
	(void)waitpid(pid, NULL, 0); /* what went wrong, the pipe tells */
}

int
main(int argc, char **argv)
{
	int pair[2];
	char byte;

	if (argc < 2) {
		fprintf(stderr, "usage: novdso COMMAND [ARGUMENT...]\n");
		return 2;
	}
	if (pipe2(pair, O_CLOEXEC) < 0)
		die("pipe2");
	tracer_start(pair[1]);
	(void)close(pair[1]);
	if (read(pair[0], &byte, 1) < 0) /* until it is closed */
		die("read");
	(void)close(pair[0]);
	execv(argv[1], argv + 1);
	die(argv[1]);
}
