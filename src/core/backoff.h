/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * backoff.h: how long to wait before the next try. Pure. Test: tests/unit/backoff_test.c.
 */
#ifndef PLK_CORE_BACKOFF_H
#define PLK_CORE_BACKOFF_H

#include <stdint.h>

/** struct plk_backoff - a series of waits, each twice the one before
 * @first_ms: the first wait
 * @max_ms:   the longest
 * @good_ms:  what lived so long starts the series over
 * @fresh_ms: the wait when it does; 0 is at once
 * @next_ms:  private; 0 at the start
 */
struct plk_backoff {
	uint32_t first_ms;
	uint32_t max_ms;
	uint32_t good_ms;
	uint32_t fresh_ms;
	uint32_t next_ms;
};

/* Active remotes: 1, 2, 4, 8 seconds; a connection of a minute starts over. */
#define PLK_BACKOFF_CONNECT ((struct plk_backoff){1000, 8000, 60000, 1000, 0})

/* Workers: at once after two seconds of life, else 100 ms, 200 ms, ... up to 5 s. A test that kills a thousand of them is built
 * with another one (tests/sandbox/heal_test.py). */
#ifndef PLK_BACKOFF_WORKER
#define PLK_BACKOFF_WORKER ((struct plk_backoff){100, 5000, 2000, 0, 0})
#endif

/** plk_backoff_step() - it ended
 * @lived_ms: how long it lived; 0 if it never did
 * Return: milliseconds to wait.
 */
uint32_t plk_backoff_step(struct plk_backoff *b, uint64_t lived_ms);

#endif
