/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/clock.h"

#include <time.h>

uint64_t
plk_now_ns(void)
{
	struct timespec t = {0};

	/* #syscalls:supervisor,front,worker clock_gettime[0=CLOCK_MONOTONIC] (where the vDSO has none) */
	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* it cannot fail with this clock */
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t
plk_now_ms(void)
{
	return plk_now_ns() / 1000000;
}

uint64_t
plk_used_ns(void)
{
	struct timespec t = {0};

	/* #syscalls:control clock_gettime[0=CLOCK_PROCESS_CPUTIME_ID] (what control clients cost) */
	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* it cannot fail with this clock */
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}
