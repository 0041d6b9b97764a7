/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stop.h: end in an orderly way on SIGINT and SIGTERM.
 *
 * The handler sets a flag and nothing else; a blocked call returns EINTR. Between plk_stop_hold()
 * and the end the signals come in plk_stop_poll() only, so that none is missed just before it
 * sleeps. SIGPIPE is ignored: a lost reader or daemon shows as EPIPE.
 */
#ifndef PLK_CLIENT_STOP_H
#define PLK_CLIENT_STOP_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

/** plk_stop_install() - from now on the signals do not kill, even where the parent ignored them */
void plk_stop_install(void);

/** plk_stop_hold() - from now on the signals wait for plk_stop_poll() */
void plk_stop_hold(void);

/** plk_stop_wanted() - whether one of the signals came */
bool plk_stop_wanted(void);

/** plk_stop_poll() - poll(2) that the signals interrupt
 * @fds:         borrowed; @n_fds of them
 * @timeout_ms:  milliseconds; -1 is no limit
 * Return: as poll(2); -EINTR if a signal came, now or (with no limit) earlier; another negative
 * errno.
 */
int plk_stop_poll(struct pollfd *fds, size_t n_fds, int timeout_ms);

#endif
