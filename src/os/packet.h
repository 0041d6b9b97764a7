/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packet.h: packet sockets (packet(7)), as the broker makes them.
 *
 * A socket is made with protocol 0, so that it receives nothing; it gets its options, its ring and
 * its filter; the filter is locked; only then it is bound to one interface, and looked at once
 * more. A socket made with ETH_P_ALL would hold frames of other interfaces before it is bound.
 *
 * All have PACKET_VNET_HDR. What the sender sends carries a mark, which the receivers' filter
 * rejects: pktlock never captures what it injected. Behind that, and behind a check of the direction where only outgoing
 * frames are wanted, stands the filter of --filter.
 */
#ifndef PLK_OS_PACKET_H
#define PLK_OS_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/bpf.h"
#include "ipc/msg.h"

/** struct plk_packet_ring - how large the ring of a receiver is
 * @unit_bytes: of a block, or of a slot where there are no blocks
 * @n_units:    how many
 */
struct plk_packet_ring {
	uint32_t unit_bytes;
	uint32_t n_units;
};

/** plk_packet_ring() - the ring of a class; zeros if it has none
 * Bulk: a block of TPACKET_V3 holds any superframe; 32 of them retire in 32 ms at least, when there is little in each, and all together
 * hold 18 ms of 64-byte frames at 3 million a second.
 * Low: slots of TPACKET_V2, which hold a frame of 1500 bytes with all that stands before it; 7 ms of 300000 a second.
 * Long: what does not fit into these: jumbo frames and superframes, 8 MiB of TCP's.
 * A sender's: some reads' worth of short frames, or frames of 1500 bytes.
 */
static inline struct plk_packet_ring plk_packet_ring(enum plk_class class)
{
	if (class == PLK_CLASS_TX)
		return (struct plk_packet_ring){0, 0};
	if (class == PLK_CLASS_TX_RING)
		return (struct plk_packet_ring){2048, 256};
	if (plk_class_is_bulk(class))
		return (struct plk_packet_ring){262144, 32};
	if (plk_class_is_long(class))
		return (struct plk_packet_ring){131072, 128};
	return (struct plk_packet_ring){2048, 2048};
}

/** struct plk_packet_want - which packet socket
 * @class:    a receiver's or a sender's
 * @mark:     SO_MARK of this daemon, not 0
 * @direction: receivers: IN by PACKET_IGNORE_OUTGOING, OUT by the filter; else both
 * @filter:   receivers: borrowed; NULL or empty: all frames
 */
struct plk_packet_want {
	enum plk_class class;
	uint32_t mark;
	enum plk_direction direction;
	const struct plk_bpf *filter;
};

/** plk_packet_open() - a packet socket that is not bound
 * @fd:   set on success
 * @step: set on failure: what failed
 * Return: 0 or -errno.
 */
int plk_packet_open(const struct plk_packet_want *want, int *fd, enum plk_step *step);

/** plk_packet_bind() - bind to one interface, and verify that it is still that of the name
 * @rx:    receive all protocols; else none
 * @index: of the interface
 * @name:  of the interface
 * @step:  set on failure: what failed
 * Return: 0; -ESTALE (the interface changed meanwhile); another -errno.
 */
int plk_packet_bind(int fd, bool rx, int index, const char *name, enum plk_step *step);

/** plk_packet_incoming() - a receiver: only what comes in, or what goes out too; Return: 0 or -errno */
int plk_packet_incoming(int fd, bool only);

/** plk_packet_bypass() - a sender: bypass the qdisc of the interface, or no more; Return: 0 or -errno */
int plk_packet_bypass(int fd, bool on);

/** plk_packet_is_bound() - whether a socket is bound to an interface; one that went, for a moment even, has left it unbound */
bool plk_packet_is_bound(int fd, int index);

/** plk_packet_silence() - neither receive nor send any more, until it is bound again
 * @rx: as plk_packet_bind()
 */
void plk_packet_silence(int fd, bool rx);

/** plk_packet_promisc() - ask for all frames of an interface, or no more; Return: 0 or -errno */
int plk_packet_promisc(int fd, int index, bool on);

#endif
