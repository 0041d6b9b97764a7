/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.h: tell the service manager (sd_notify(3), "Notification Protocol"): one datagram of lines
 * "KEY=VALUE" to the socket that NOTIFY_SOCKET names. A few lines of our own, because libsystemd
 * would bring its libraries into a process that starts with privileges; the tests compare with it.
 *
 * Trust: the service manager reads what we say. What a peer has a part in must have no line end; nothing is read here.
 */
#ifndef PLK_OS_NOTIFY_H
#define PLK_OS_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#define PLK_NOTIFY_MS 1000 /* for a service manager that is slow, where nothing else waits */

/** plk_notify_open() - take NOTIFY_SOCKET from the environment and connect to it
 * Addresses begin with '/' or '@' (abstract); others (vsock:) are left alone, as is an absent variable: then
 * nothing is ever sent.
 * Return: 0 or -errno.
 */
int plk_notify_open(void);

/** plk_notify_is_open() - whether there is somebody to tell */
bool plk_notify_is_open(void);

/** plk_notify() - send @state, waiting PLK_NOTIFY_MS at most; a service manager that does not listen is not our concern */
void plk_notify(const char *state);

/** plk_notify_by() - send @state, with a descriptor
 * @pass:  stays the caller's; -1 for none
 * @by_ms: plk_now_ms() until when to wait, if the service manager has not read what came before; 0: do not wait
 * Return: 0 (also if there is nobody to tell); -EAGAIN (it did not read it in time); another -errno.
 */
int plk_notify_by(const char *state, int pass, uint64_t by_ms);

#endif
