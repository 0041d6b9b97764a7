/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * adopt.h: prove that an inherited descriptor is the listening socket, or the connection, that it should be.
 *
 * Nothing is done to its file or address: never unlink, chmod, bind or shut down.
 */
#ifndef PLK_OS_ADOPT_H
#define PLK_OS_ADOPT_H

#include <stdbool.h>
#include <sys/types.h>

#include <pktlock/err.h>

/** struct plk_adopted - which socket a descriptor is, however many descriptors there are of it */
struct plk_adopted {
	dev_t dev;
	ino_t ino;
};

/** plk_adopt() - look at a descriptor and make it ours
 * CLOEXEC and O_NONBLOCK are set. The descriptor stays open whatever the answer.
 * @fd:         -1 is "not open"
 * @allow_inet: AF_INET and AF_INET6 pass too
 * @others:     the sockets adopted before
 * @out:        set on PLK_OK only
 * @error:      set always: errno of what failed, or 0
 * Return: PLK_OK or PLK_E_ADOPT_*.
 */
PLK_MUST_USE enum plk_err plk_adopt(int fd, bool allow_inet, const struct plk_adopted *others,
				    size_t n_others, struct plk_adopted *out, int *error);

/** plk_adopt_connection() - the same for a connection that another daemon had
 * @fd:    Unix or TCP
 * @error: set always: errno of what failed, or 0
 * Return: PLK_OK; PLK_E_ADOPT_CLOSED, _FILE, _FAMILY, _TYPE, _PEER (it listens, or its peer has gone) or _BLOCK.
 */
PLK_MUST_USE enum plk_err plk_adopt_connection(int fd, int *error);

#endif
