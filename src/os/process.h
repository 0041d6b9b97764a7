/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h: what each of our processes does to itself first. What it gives up for ever is in sandbox/sandbox.h.
 */
#ifndef PLK_OS_PROCESS_H
#define PLK_OS_PROCESS_H

#include <stdint.h>

/** plk_process_begin() - a name, not dumpable, and a broken pipe is an error, not a signal
 * Whoever runs as our user could look into us from exec on, or take descriptors out: so this comes first, and is a gate again
 * later (sandbox/sandbox.h).
 * @name: how ps shows the process, at most 15 bytes: what it was executed as is the number of a
 *        descriptor
 */
void plk_process_begin(const char *name);

/** plk_process_raise_files() - as many descriptors as the hard limit permits; Return: 0 or -errno */
int plk_process_raise_files(void);

/** plk_process_wake_precisely() - be woken when a time-out is over, not up to 50 us later (prctl(2): PR_SET_TIMERSLACK) */
void plk_process_wake_precisely(void);

/** plk_process_files() - how many descriptors we may have */
uint64_t plk_process_files(void);

/** plk_process_forget() - take a variable out of the environment, and its text out of memory (/proc/PID/environ shows it else)
 * What getenv() returned for it before is an empty string afterwards.
 */
void plk_process_forget(const char *name);

/** plk_process_ignore_signals() - SIGINT, SIGTERM, SIGHUP and SIGUSR1: children end when their channel closes */
void plk_process_ignore_signals(void);

/** plk_process_small_pages() - no huge pages: who touches a byte of a queue gets a page of it, not 2 MiB */
void plk_process_small_pages(void);

#endif
