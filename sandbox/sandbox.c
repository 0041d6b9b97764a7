/* SPDX-License-Identifier: BSD-2-Clause */
#include "sandbox/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

/* What the C library does on the way out and when a signal arrives: */
/* #syscalls:supervisor,front,broker,worker exit_group rt_sigreturn restart_syscall */

struct list {
	const int *calls;
	size_t n;
};

#define CALL(name) SCMP_SYS(name),

static const int supervisor_calls[] = {
#include "supervisor.inc"
#include "worker.inc"
#include "exec.inc"
};

static const int front_calls[] = {
#include "front.inc"
};

static const int broker_calls[] = {
#include "broker.inc"
};

static const int worker_calls[] = {
#include "worker.inc"
};

#ifdef PLK_INSTRUMENTED
static const int instrumented_calls[] = {
#include "instrumented.inc"
};

/* At exit LeakSanitizer stops its own process by ptrace, from a thread: never in a sandbox. Leaks are looked for by valgrind and in
 * the unit tests. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0:handle_segv=0"; /* the supervisor names the signal */
}
#endif

#define LIST(array)                                      \
	{                                                \
		(array), sizeof(array) / sizeof *(array) \
	}

static const struct list lists[] = {
	[PLK_SANDBOX_SUPERVISOR] = LIST(supervisor_calls),
	[PLK_SANDBOX_FRONT] = LIST(front_calls),
	[PLK_SANDBOX_BROKER] = LIST(broker_calls),
	[PLK_SANDBOX_WORKER] = LIST(worker_calls),
};

static int
calls_allow(scmp_filter_ctx filter, const struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		int error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, list->calls[i], 0);

		if (error < 0 && error != -EEXIST)
			return error;
	}
	return 0;
}

static int
filter_load(scmp_filter_ctx filter, enum plk_sandbox who)
{
	int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (error == 0)
		error = calls_allow(filter, &lists[who]);
#ifdef PLK_INSTRUMENTED
	if (error == 0)
		error = calls_allow(filter, &(const struct list)LIST(instrumented_calls));
#endif
	return error == 0 ? seccomp_load(filter) : error;
}

int
plk_sandbox_enter(enum plk_sandbox who)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error;

	if (!filter)
		return -ENOMEM;
	error = filter_load(filter, who);
	seccomp_release(filter);
	return error;
}
