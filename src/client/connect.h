/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * connect.h: a connection to a daemon's port.
 *
 * Trust: the remote is the user's; the other end is not trusted yet, nothing is read here.
 */
#ifndef PLK_CLIENT_CONNECT_H
#define PLK_CLIENT_CONNECT_H

#include <pktlock/remote.h>

#define PLK_CONNECT_TIMEOUT_S 10 /* seconds, as the daemon's own for active remotes */

/** plk_connect_open() - connect
 * @command:  for messages
 * @remote:   active: unix: or tcp:
 * @fd:       set when 0 is returned; the caller closes it
 * Return: 0; -EINTR if a signal asked to stop; another negative errno, said why and what to do.
 */
PLK_MUST_USE int plk_connect_open(const char *command, const struct plk_remote *remote, int *fd);

#endif
