/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h: the time that everything is measured by.
 */
#ifndef PLK_OS_CLOCK_H
#define PLK_OS_CLOCK_H

#include <stdint.h>

/** plk_now_ms() - milliseconds of CLOCK_MONOTONIC */
uint64_t plk_now_ms(void);

/** plk_now_ns() - the same clock, nanoseconds */
uint64_t plk_now_ns(void);

/** plk_used_ns() - processor time that this process has used so far, nanoseconds */
uint64_t plk_used_ns(void);

#endif
