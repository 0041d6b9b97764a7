/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stored.h: the names under which descriptors lie in the service manager's store while the daemon is restarted.
 *
 *   STORED = "pktlock.client." TAG                                a connection
 *          | "pktlock.stop." INDEX "." IN "." OUT "." TIME        how things were; its descriptor means nothing
 *   TAG    = 16 lower-case hexadecimal digits: which port (plk_stored_tag())
 *   INDEX  = canonical decimal, 1 to 2147483647: of the interface
 *   IN     = canonical decimal, 64 bits: frames that the interface had received by its own count
 *   OUT    = the same, sent
 *   TIME   = the same, nanoseconds of CLOCK_MONOTONIC
 *
 * They are written by the supervisor, which takes their numbers from the front's messages. Other names that begin with "pktlock." are
 * another version's, or somebody's.
 *
 * Trust: LISTEN_FDNAMES, that is, whoever starts the daemon. Pure. Fuzz: fuzz/stored_fuzz.c.
 */
#ifndef PLK_TEXT_STORED_H
#define PLK_TEXT_STORED_H

#include <stdbool.h>

#include <pktlock/port.h>

#include "base/names.h"

/** struct plk_stored - a name
 * @is_client: of a connection, with a @tag; else the others are set
 */
struct plk_stored {
	bool is_client;
	uint64_t tag;
	uint32_t index;
	uint64_t in;
	uint64_t out;
	uint64_t time_ns;
};

/** plk_stored_parse() - read a name
 * @in:   borrowed
 * @out:  set on PLK_OK only
 * Return: PLK_OK; PLK_E_MALFORMED.
 */
PLK_MUST_USE enum plk_err plk_stored_parse(struct plk_span in, struct plk_stored *out);

/** plk_stored_tag() - what tells a port from others, whatever else its keys say: role, format, virtio-net header and remote
 * A stream can go on at a port that has all of them. 64 bits, FNV-1a, of the port as plk_port_encode() prints it with these alone.
 */
uint64_t plk_stored_tag(const struct plk_port *port);

#endif
