/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * notify.h: tell the service manager (sd_notify(3), "Notification Protocol"): one datagram of lines
 * "KEY=VALUE" to the socket that NOTIFY_SOCKET names. A few lines of our own, because libsystemd
 * would bring its libraries into a process that starts with privileges; the tests compare with it.
 */
#ifndef PLK_OS_NOTIFY_H
#define PLK_OS_NOTIFY_H

/** plk_notify_open() - take NOTIFY_SOCKET from the environment and connect to it
 * Addresses begin with '/' or '@' (abstract); others are left alone, as is an absent variable: then
 * nothing is ever sent.
 * Return: 0 or -errno.
 */
int plk_notify_open(void);

/** plk_notify() - send @state, waiting a second at most; a service manager that does not listen is not our concern */
void plk_notify(const char *state);

#endif
