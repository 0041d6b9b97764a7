/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel does with the filters: every system call number is tried inside each, in a process of its own, with
 * arguments that are good for nothing, with zeros, and, where the list has conditions, just inside and just outside of
 * each, also beyond 32 bits. What the list permits comes back; anything else kills the process with SIGSYS.
 *
 * The lists are read by this test, not by the program that made the filters.
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
#include "sandbox/constants.h"
#include "sandbox/rule.h"
#include "sandbox/sandbox.h"

#define NUMBERS 601
#define X32_BIT 0x40000000L
#define BEYOND_INT ((uint64_t)1 << 32)

static const struct plk_rule supervisor_rules[] = {
#include "supervisor.inc"
};

static const struct plk_rule exec_rules[] = {
#include "exec.inc"
};

static const struct plk_rule front_rules[] = {
#include "front.inc"
};

static const struct plk_rule control_rules[] = {
#include "control.inc"
};

static const struct plk_rule broker_rules[] = {
#include "broker.inc"
};

static const struct plk_rule worker_rules[] = {
#include "worker.inc"
};

#undef PLK_WORKER_FD_CLIENT
#define PLK_WORKER_FD_CLIENT PLK_WORKER_FD_CLIENT_MANY
static const struct plk_rule worker_many_rules[] = {
#include "worker.inc"
};

struct list {
	const struct plk_rule *rules;
	size_t n;
};

#define LIST(array)                                      \
	{                                                \
		(array), sizeof(array) / sizeof *(array) \
	}
#define LISTS_MAX 4

struct profile {
	const char *name;
	enum plk_sandbox sandbox;
	struct list lists[LISTS_MAX];
};

static const struct profile profiles[] = {
	{"supervisor",
	 PLK_SANDBOX_SUPERVISOR,
	 {LIST(supervisor_rules), LIST(exec_rules), LIST(worker_rules), LIST(worker_many_rules)}},
	{"front", PLK_SANDBOX_FRONT, {LIST(front_rules)}},
	{"front-control", PLK_SANDBOX_FRONT_CONTROL, {LIST(front_rules), LIST(control_rules)}},
	{"broker", PLK_SANDBOX_BROKER, {LIST(broker_rules)}},
	{"worker", PLK_SANDBOX_WORKER, {LIST(worker_rules)}},
	{"worker-many", PLK_SANDBOX_WORKER_MANY, {LIST(worker_many_rules)}},
};

/* One call, and how the tries of a profile went. */
struct
try {
	const struct profile *profile;
	long number;
	const char *call; /* "?" if it has no name */
	size_t n_died;
	size_t n_lived;
};

static bool
holds(const struct plk_rule *rule, const uint64_t *arguments)
{
	for (unsigned i = 0; i < rule->n_conditions; i++) {
		const struct plk_condition *c = &rule->conditions[i];

		if (arguments[c->argument] < c->first || arguments[c->argument] > c->last)
			return false;
	}
	return true;
}

static bool
is_permitted(const struct try *t, const uint64_t *arguments)
{
	for (size_t i = 0; i < LISTS_MAX; i++) {
		const struct list *list = &t->profile->lists[i];

		for (size_t k = 0; k < list->n; k++) {
			if (strcmp(list->rules[k].call, t->call) == 0 &&
			    holds(&list->rules[k], arguments))
				return true;
		}
	}
	return false;
}

/* Linux 6.18 answers uretprobe and uprobe before it looks at a filter. They do nothing outside of a trampoline. */
static bool
is_exempt(long number)
{
	return number == 335 || number == 336;
}

/* The signal that killed a process which made a call in a sandbox; 0 if none did. */
static int
call_make(enum plk_sandbox who, long number, const uint64_t *a)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct plk_msg_confined state = {0};

		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		    plk_confine_calls(&state, who) < 0)
			_exit(99);
		(void)syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	assert_int_not_equal(WEXITSTATUS(status), 99);
	return 0;
}

static void
arguments_try(struct try *t, const uint64_t *a)
{
	bool permitted = is_permitted(t, a);
	int died;

	if (permitted && t->number == SYS_kill && a[0] < PLK_PID_LAST)
		return; /* it would work */
	died = call_make(t->profile->sandbox, t->number, a);
	if ((died == SIGSYS) == permitted || (!permitted && died == 0)) {
		print_error("%s: %ld (%s) with %lx %lx %lx %lx %lx %lx: signal %d\n",
			    t->profile->name, t->number, t->call, (long)a[0], (long)a[1],
			    (long)a[2], (long)a[3], (long)a[4], (long)a[5], died);
		fail();
	}
	t->n_died += died == SIGSYS;
	t->n_lived += died == 0;
}

/* Just inside and just outside of each condition; what has none is good for nothing. */
static void
rule_try(struct try *t, const struct plk_rule *rule)
{
	uint64_t good[PLK_RULE_ARGUMENTS];

	memset(good, 0xff, sizeof good);
	for (unsigned i = 0; i < rule->n_conditions; i++)
		good[rule->conditions[i].argument] = rule->conditions[i].last;
	arguments_try(t, good);
	for (unsigned i = 0; i < rule->n_conditions; i++) {
		const struct plk_condition *c = &rule->conditions[i];
		const uint64_t edges[] = {c->first, c->first - 1, c->last + 1,
					  c->first + BEYOND_INT, c->last + BEYOND_INT};

		for (size_t k = 0; k < COUNT(edges); k++) {
			uint64_t changed[PLK_RULE_ARGUMENTS];

			memcpy(changed, good, sizeof changed);
			changed[c->argument] = edges[k];
			arguments_try(t, changed);
		}
	}
}

static void
number_try(struct try *t)
{
	const uint64_t zeros[PLK_RULE_ARGUMENTS] = {0};
	uint64_t ones[PLK_RULE_ARGUMENTS];

	memset(ones, 0xff, sizeof ones);
	arguments_try(t, ones);
	arguments_try(t, zeros);
	for (size_t i = 0; i < LISTS_MAX; i++) {
		const struct list *list = &t->profile->lists[i];

		for (size_t k = 0; k < list->n; k++) {
			if (strcmp(list->rules[k].call, t->call) == 0)
				rule_try(t, &list->rules[k]);
		}
	}
}

static void
profile_try(const struct profile *profile)
{
	struct try t = {.profile = profile};
	const uint64_t ones[PLK_RULE_ARGUMENTS] = {~0UL, ~0UL, ~0UL, ~0UL, ~0UL, ~0UL};
	unsigned n_exempt = 0;

	for (t.number = 0; t.number < NUMBERS; t.number++) {
		char *call = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, (int)t.number);

		t.call = call ? call : "?";
		if (is_exempt(t.number))
			n_exempt++;
		else
			number_try(&t);
		free(call);
	}
	assert_int_equal(call_make(profile->sandbox, X32_BIT | SYS_read, ones), SIGSYS);
	print_message(
		"%-11s numbers 0-%d: %zu tries died, %zu came back; not tried: %u that the kernel "
		"exempts (335, 336)\n",
		profile->name, NUMBERS - 1, t.n_died, t.n_lived, n_exempt);
	assert_true(t.n_died > 2 * 500 && t.n_lived > 5);
}

static void
test_profiles(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(profiles); i++)
		profile_try(&profiles[i]);
}

/* What a process says of itself after it loaded its filter, as far as an exit status can. */
static unsigned
count_get(enum plk_sandbox who, bool conditions)
{
	struct plk_msg_confined confined = {0};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		if (plk_confine_calls(&confined, who) < 0)
			_exit(0);
		_exit(conditions ? confined.conditions : confined.calls);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return (unsigned)WEXITSTATUS(status);
}

static void
test_counts(void **state)
{
	static const unsigned most[PLK_SANDBOXES] = {
		[PLK_SANDBOX_SUPERVISOR] = 60,    [PLK_SANDBOX_FRONT] = 40,
		[PLK_SANDBOX_FRONT_CONTROL] = 40, [PLK_SANDBOX_BROKER] = 40,
		[PLK_SANDBOX_WORKER] = 16,        [PLK_SANDBOX_WORKER_MANY] = 16};

	(void)state;
	for (size_t i = 0; i < COUNT(profiles); i++) {
		unsigned calls = count_get(profiles[i].sandbox, false);

		print_message("%-13s %u calls, %u conditions on their arguments\n",
			      profiles[i].name, calls, count_get(profiles[i].sandbox, true));
		assert_in_range(calls, 8, most[profiles[i].sandbox]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
