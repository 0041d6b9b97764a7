/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every system call number is tried from inside each sandbox, in a process of its own: those on the list return, all others kill
 * the process with SIGSYS.
 */
#include <errno.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rows.h"
#include "sandbox/sandbox.h"

#define NUMBERS 600
#define X32_BIT 0x40000000L

/* Calls that do not come back, or that change what the test needs, although the list has them. */
static bool
is_not_tried(long number)
{
	static const long skipped[] = {SYS_exit_group, SYS_rt_sigreturn, SYS_restart_syscall,
				       SYS_execveat,   SYS_clone,        SYS_kill,
				       SYS_close_range};

	for (size_t i = 0; i < COUNT(skipped); i++) {
		if (skipped[i] == number)
			return true;
	}
	/* Linux 6.18 answers uretprobe and uprobe before it looks at a filter. */
	return number == 335 || number == 336;
}

/* The signal that killed a process which made a call in a sandbox; 0 if none did. */
static int
try_call(enum plk_sandbox who, long number)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || plk_sandbox_enter(who) < 0)
			_exit(99);
		/* Not one of these arguments is good for anything. */
		(void)syscall(number, -1L, -1L, -1L, -1L, -1L, -1L);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	assert_int_equal(WEXITSTATUS(status), 0);
	return 0;
}

static void
profile_try(enum plk_sandbox who, const char *name, const char *const *calls, size_t n_calls)
{
	size_t n_died = 0;
	size_t n_lived = 0;

	for (long number = 0; number < NUMBERS; number++) {
		char *call = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)number);
		bool listed = false;
		int died;

		for (size_t i = 0; call && i < n_calls; i++)
			listed |= strcmp(call, calls[i]) == 0;
		if (!is_not_tried(number)) {
			died = try_call(who, number);
			if (died != (listed ? 0 : SIGSYS)) {
				print_error("%s: %ld (%s): signal %d\n", name, number,
					    call ? call : "?", died);
				fail();
			}
			n_died += died == SIGSYS;
			n_lived += died == 0;
		}
		free(call);
	}
	assert_int_equal(try_call(who, X32_BIT | SYS_read), SIGSYS);
	printf("%s: %zu calls permitted, %zu of them tried; %zu others died\n", name, n_calls,
	       n_lived, n_died);
	assert_true(n_died > 300 && n_lived > 5);
}

#define CALL(name) #name,

static void
test_worker(void **state)
{
	static const char *const calls[] = {
#include "worker.inc"
	};

	(void)state;
	profile_try(PLK_SANDBOX_WORKER, "worker", calls, COUNT(calls));
}

static void
test_front(void **state)
{
	static const char *const calls[] = {
#include "front.inc"
	};

	(void)state;
	profile_try(PLK_SANDBOX_FRONT, "front", calls, COUNT(calls));
}

static void
test_broker(void **state)
{
	static const char *const calls[] = {
#include "broker.inc"
	};

	(void)state;
	profile_try(PLK_SANDBOX_BROKER, "broker", calls, COUNT(calls));
}

static void
test_supervisor(void **state)
{
	static const char *const calls[] = {
#include "supervisor.inc"
#include "worker.inc"
#include "exec.inc"
	};

	(void)state;
	profile_try(PLK_SANDBOX_SUPERVISOR, "supervisor", calls, COUNT(calls));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_worker),
		cmocka_unit_test(test_front),
		cmocka_unit_test(test_broker),
		cmocka_unit_test(test_supervisor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
