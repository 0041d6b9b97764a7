/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ratelimit.h: how many lines a peer may make us log. Pure. Test: tests/unit/ratelimit_test.c.
 */
#ifndef PLK_CORE_RATELIMIT_H
#define PLK_CORE_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

/** struct plk_ratelimit - so many in a window; zeroed is fresh
 * @start_ms:   private; when the window began
 * @n:          private; how many passed in it
 * @suppressed: private; how many did not
 */
struct plk_ratelimit {
	uint64_t start_ms;
	uint32_t n;
	uint32_t suppressed;
};

#define PLK_RATELIMIT_WINDOW_MS 5000
#define PLK_RATELIMIT_BURST 20 /* lines in a window */

/** plk_ratelimit_step() - may one more pass?
 * @now_ms:     monotonic
 * @suppressed: set always: how many were held back in the window before, when a new one begins;
 *              else 0
 */
bool plk_ratelimit_step(struct plk_ratelimit *r, uint64_t now_ms, uint32_t *suppressed);

/** plk_ratelimit_end() - is there something to say, though no more comes?
 * Return: how many were held back, if their window is over and this was not said yet; else 0.
 */
uint32_t plk_ratelimit_end(struct plk_ratelimit *r, uint64_t now_ms);

#endif
