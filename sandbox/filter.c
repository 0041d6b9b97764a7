/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filter.c: the program that makes the system call filters, at build time.
 *
 *   plk_filter PROFILE ARCHITECTURE c|bpf|pfc|count [EXTRA]
 *
 * c: a C array; bpf: an instruction a line, "code jt jf k"; pfc: libseccomp's readable form; count: how many calls are
 * permitted, and how many conditions there are on their arguments. EXTRA adds a list that is never shipped.
 *
 * So the finished programs hold nothing but an array: the one that was proved (tests/sandbox/prove.py), and is checked in in
 * its readable form. Default, foreign architectures and x32 kill the process.
 *
 * A condition is a range of an argument, all 64 bits of it: "greater than" alone would let numbers pass whose lower half, which
 * is all that the kernel takes of an int, is another. libseccomp compares an argument once in a rule, so a range becomes
 * aligned blocks, each compared under a mask.
 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sandbox/constants.h"
#include "sandbox/rule.h"

#define CALLS_MAX 256

static const struct plk_rule supervisor_rules[] = {
#include "supervisor.inc"
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

static const struct plk_rule exec_rules[] = {
#include "exec.inc"
};

#undef PLK_WORKER_FD_CLIENT
#define PLK_WORKER_FD_CLIENT PLK_WORKER_FD_CLIENT_FEW
static const struct plk_rule worker_rules[] = {
#include "worker.inc"
};

#undef PLK_WORKER_FD_CLIENT
#define PLK_WORKER_FD_CLIENT PLK_WORKER_FD_CLIENT_MANY
static const struct plk_rule worker_many_rules[] = {
#include "worker.inc"
};

static const struct plk_rule exec_aarch64_rules[] = {
#include "exec-aarch64.inc"
};

static const struct plk_rule instrumented_rules[] = {
#include "instrumented.inc"
};

struct list {
	const char *name;
	const struct plk_rule *rules;
	size_t n;
};

#define LIST(name, array)                                        \
	{                                                        \
		(name), (array), sizeof(array) / sizeof *(array) \
	}

/* What a profile consists of, and what may be added to it. */
static const struct list lists[] = {
	LIST("supervisor", supervisor_rules),
	LIST("supervisor", exec_rules),
	LIST("supervisor", worker_rules),
	LIST("supervisor", worker_many_rules),
	LIST("front", front_rules),
	LIST("front-control", front_rules),
	LIST("front-control", control_rules),
	LIST("broker", broker_rules),
	LIST("worker", worker_rules),
	LIST("worker-many", worker_many_rules),
	LIST("instrumented", instrumented_rules),
	LIST("supervisor-aarch64", exec_aarch64_rules),
};

#define N_LISTS (sizeof lists / sizeof *lists)

static const char *profile;
static const char *extra = "";
static uint32_t arch;

static _Noreturn void
die(const char *what, int error)
{
	fprintf(stderr, "plk_filter: %s: %s: %s\n", profile, what, strerror(error));
	exit(EXIT_FAILURE);
}

static bool
is_list(const char *name)
{
	for (size_t i = 0; i < N_LISTS; i++) {
		if (strcmp(lists[i].name, name) == 0 && lists[i].n > 0)
			return true;
	}
	return false;
}

static bool
is_chosen(const struct list *list)
{
	size_t n = strlen(profile);

	return strcmp(list->name, profile) == 0 || strcmp(list->name, extra) == 0 ||
	       (arch == SCMP_ARCH_AARCH64 && strncmp(list->name, profile, n) == 0 &&
		strcmp(list->name + n, "-aarch64") == 0);
}

/* The next rule of the profile; starts with @list and @rule 0, and returns NULL at the end. */
static const struct plk_rule *
rule_next(size_t *list, size_t *rule)
{
	for (; *list < N_LISTS; (*list)++, *rule = 0) {
		if (is_chosen(&lists[*list]) && *rule < lists[*list].n)
			return &lists[*list].rules[(*rule)++];
	}
	return NULL;
}

/* Whether the profile permits the call with any arguments: then conditions elsewhere say nothing. */
static bool
is_free(const char *call)
{
	size_t list = 0;
	size_t at = 0;
	const struct plk_rule *rule;

	while ((rule = rule_next(&list, &at)) != NULL) {
		if (rule->n_conditions == 0 && strcmp(rule->call, call) == 0)
			return true;
	}
	return false;
}

/* ---- the filter ---- */

/* The longest aligned block that begins at @first and does not go beyond @last: its length less one. */
static uint64_t
block_mask(uint64_t first, uint64_t last)
{
	uint64_t mask = 0;

	while ((first & (mask << 1 | 1)) == 0 && (mask << 1 | 1) <= last - first)
		mask = mask << 1 | 1;
	return mask;
}

static void
rule_add(scmp_filter_ctx filter, const char *call, const struct scmp_arg_cmp *cmps, unsigned n)
{
	/* libseccomp wants our own number also for another architecture, and translates it */
	int number = seccomp_syscall_resolve_name(call);
	int error;

	if (number == __NR_SCMP_ERROR)
		die(call, ENOSYS);
	if (seccomp_syscall_resolve_name_arch(arch, call) < 0)
		return; /* the architecture has no such call */
	error = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, n, cmps);
	if (error < 0 && error != -EEXIST)
		die(call, -error);
}

/* Adds a rule once for each combination of blocks. */
static void
blocks_add(scmp_filter_ctx filter, const struct plk_rule *rule, struct scmp_arg_cmp *cmps,
	   unsigned done)
{
	const struct plk_condition *c = &rule->conditions[done];
	uint64_t first;

	if (done < rule->n_conditions && c->first == 0 &&
	    c->last != 0) { /* from 0 on: one comparison */
		cmps[done] = SCMP_CMP64(c->argument, SCMP_CMP_LE, c->last);
		blocks_add(filter, rule, cmps, done + 1);
		return;
	}
	if (done == rule->n_conditions) {
		rule_add(filter, rule->call, cmps, done);
		return;
	}
	for (first = c->first; first <= c->last; first += block_mask(first, c->last) + 1) {
		uint64_t mask = block_mask(first, c->last);

		cmps[done] = mask == 0 ? SCMP_CMP64(c->argument, SCMP_CMP_EQ, first)
				       : SCMP_CMP64(c->argument, SCMP_CMP_MASKED_EQ, ~mask, first);
		blocks_add(filter, rule, cmps, done + 1);
		if (first + mask == c->last)
			return; /* and no overflow */
	}
}

static scmp_filter_ctx
filter_make(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	struct scmp_arg_cmp cmps[PLK_RULE_ARGUMENTS];
	const struct plk_rule *rule;
	size_t list = 0;
	size_t at = 0;
	int error;

	if (!filter)
		die("filter", ENOMEM);
	/* libseccomp's default kills only the thread */
	error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (error == 0 && arch != seccomp_arch_native()) {
		error = seccomp_arch_add(filter, arch);
		if (error == 0)
			error = seccomp_arch_remove(filter, SCMP_ARCH_NATIVE);
	}
	if (error < 0)
		die("architecture", -error);
	while ((rule = rule_next(&list, &at)) != NULL) {
		if (rule->n_conditions == 0 || !is_free(rule->call))
			blocks_add(filter, rule, cmps, 0);
	}
	return filter;
}

/* ---- what is printed ---- */

static void
bpf_print(scmp_filter_ctx filter, const char *format)
{
	struct sock_filter one;
	int fd = memfd_create("filter", MFD_CLOEXEC);
	int error = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);

	if (error < 0)
		die("export", -error);
	if (lseek(fd, 0, SEEK_END) > (off_t)(BPF_MAXINSNS * sizeof one) ||
	    lseek(fd, 0, SEEK_SET) < 0)
		die("export", E2BIG);
	while (read(fd, &one, sizeof one) == sizeof one)
		printf(format, one.code, one.jt, one.jf, one.k);
	close(fd);
}

static void
pfc_print(scmp_filter_ctx filter)
{
	int error = seccomp_export_pfc(filter, STDOUT_FILENO);

	if (error < 0)
		die("export", -error);
}

static void
count_print(void)
{
	const char *calls[CALLS_MAX];
	size_t n_calls = 0;
	unsigned n_conditions = 0;
	const struct plk_rule *rule;
	size_t list = 0;
	size_t at = 0;

	while ((rule = rule_next(&list, &at)) != NULL) {
		size_t i = 0;

		while (i < n_calls && strcmp(calls[i], rule->call) != 0)
			i++;
		if (i == CALLS_MAX)
			die("count", E2BIG);
		if (i == n_calls)
			calls[n_calls++] = rule->call;
		if (!is_free(rule->call))
			n_conditions += rule->n_conditions;
	}
	printf("%zu, %u\n", n_calls, n_conditions);
}

int
main(int argc, char **argv)
{
	scmp_filter_ctx filter;

	profile = argc > 3 ? argv[1] : "usage";
	extra = argc > 4 ? argv[4] : "";
	if (argc < 4 || argc > 5)
		die("plk_filter PROFILE ARCHITECTURE c|bpf|pfc|count [EXTRA]", EINVAL);
	arch = strcmp(argv[2], "aarch64") == 0 ? SCMP_ARCH_AARCH64 : SCMP_ARCH_X86_64;
	if (arch == SCMP_ARCH_X86_64 && strcmp(argv[2], "x86_64") != 0)
		die(argv[2], EINVAL);
	if (!is_list(profile) || (extra[0] != '\0' && !is_list(extra)))
		die("no such list", EINVAL);
	if (strcmp(argv[3], "count") == 0) {
		count_print();
		return fflush(stdout) == 0 ? 0 : EXIT_FAILURE;
	}
	filter = filter_make();
	if (strcmp(argv[3], "c") == 0)
		bpf_print(filter, "{%u, %u, %u, %uU},\n");
	else if (strcmp(argv[3], "bpf") == 0)
		bpf_print(filter, "%u %u %u %u\n");
	else if (strcmp(argv[3], "pfc") == 0)
		pfc_print(filter);
	else
		die(argv[3], EINVAL);
	seccomp_release(filter);
	return fflush(stdout) == 0 ? 0 : EXIT_FAILURE;
}
