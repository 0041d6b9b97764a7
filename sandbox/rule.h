/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule.h: a line of a list of system calls (NAME.syscalls), as generate.sh turns it into C.
 */
#ifndef PLK_SANDBOX_RULE_H
#define PLK_SANDBOX_RULE_H

#include <stdint.h>

#define PLK_RULE_ARGUMENTS 6 /* a system call has no more */

/** struct plk_condition - an argument, all 64 bits of it, lies in a range
 * @argument: 0-5
 * @first, @last: belong to the range
 */
struct plk_condition {
	unsigned argument;
	uint64_t first;
	uint64_t last;
};

/** struct plk_rule - one way for a call to be permitted: all conditions hold */
struct plk_rule {
	const char *call;
	unsigned n_conditions;
	struct plk_condition conditions[PLK_RULE_ARGUMENTS];
};

#endif
