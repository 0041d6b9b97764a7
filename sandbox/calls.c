/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c: loads the system call filters that filter.c made.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

/* What the C library does on the way out: */
/* #syscalls:supervisor,front,broker,worker exit_group (the end) */

#ifdef PLK_INSTRUMENTED
/* At exit LeakSanitizer stops its own process by ptrace, from a thread: never in a sandbox. Leaks are looked for by valgrind
 * and in the unit tests. Nor can a report start the program that knows the symbols: llvm-symbolizer takes its lines later. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0:handle_segv=0:symbolize=0"; /* the supervisor names the signal */
}
#endif

static const struct sock_filter supervisor_filter[] = {
#include "supervisor.filter.inc"
};

static const struct sock_filter front_filter[] = {
#include "front.filter.inc"
};

static const struct sock_filter front_control_filter[] = {
#include "front-control.filter.inc"
};

static const struct sock_filter broker_filter[] = {
#include "broker.filter.inc"
};

static const struct sock_filter worker_filter[] = {
#include "worker.filter.inc"
};

static const struct sock_filter worker_many_filter[] = {
#include "worker-many.filter.inc"
};

struct profile {
	const struct sock_filter *filter;
	size_t n;
	uint16_t counts[2]; /* calls, conditions */
};

#define PROGRAM(array) (array), sizeof(array) / sizeof *(array)

static const struct profile profiles[PLK_SANDBOXES] = {
	[PLK_SANDBOX_SUPERVISOR] = {PROGRAM(supervisor_filter),
				    {
#include "supervisor.count.inc"
				    }},
	[PLK_SANDBOX_FRONT] = {PROGRAM(front_filter),
			       {
#include "front.count.inc"
			       }},
	[PLK_SANDBOX_FRONT_CONTROL] = {PROGRAM(front_control_filter),
				       {
#include "front-control.count.inc"
				       }},
	[PLK_SANDBOX_BROKER] = {PROGRAM(broker_filter),
				{
#include "broker.count.inc"
				}},
	[PLK_SANDBOX_WORKER] = {PROGRAM(worker_filter),
				{
#include "worker.count.inc"
				}},
	[PLK_SANDBOX_WORKER_MANY] = {PROGRAM(worker_many_filter),
				     {
#include "worker-many.count.inc"
				     }},
};

int
plk_confine_calls(struct plk_msg_confined *state, enum plk_sandbox who)
{
	const struct profile *profile = &profiles[who];
	const struct sock_fprog program = {
		.len = (unsigned short)profile->n,
		.filter =
			(struct sock_filter *)(uintptr_t)profile->filter, /* the kernel reads it */
	};

	state->calls = profile->counts[0];
	state->conditions = profile->counts[1];
	/* #syscalls:exec seccomp[0=SECCOMP_SET_MODE_FILTER,1=0] (the worker's own filter) */
	return syscall(SYS_seccomp, (long)SECCOMP_SET_MODE_FILTER, 0L, &program) < 0 ? -errno : 0;
}
