/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rxslot.h: a frame out of a slot of a TPACKET_V2 receive ring (linux/if_packet.h, packet_mmap.rst) whose socket has
 * PACKET_VNET_HDR set.
 *
 *   slot = struct tpacket2_hdr, struct sockaddr_ll at TPACKET_ALIGN of its size, then a virtio-net header of 10 bytes that ends at
 *          tp_mac, then tp_snaplen bytes of frame
 *
 * The slot is memory that the kernel writes: it is read, never believed. A frame that does not lie within it is none; one that was
 * too long for it is cut, which tp_len tells.
 *
 * Pure. Fuzz: fuzz/rxslot_fuzz.c.
 */
#ifndef PLK_WIRE_RXSLOT_H
#define PLK_WIRE_RXSLOT_H

#include "wire/rxblk.h"

/* The longest frame that a slot of so many bytes holds for sure: the headers take 90 at most (net/packet/af_packet.c:
 * tpacket_rcv()). */
#define PLK_RXSLOT_FRAME(slot_bytes) ((slot_bytes)-96)

/** plk_rxslot_parse() - the frame
 * @slot: a slot that the kernel has given to us, borrowed
 * @out:  set on PLK_OK only; points into the slot
 * Return: PLK_OK; PLK_E_SHORT (no room for the headers); PLK_E_MALFORMED (an offset leads out of the slot).
 */
PLK_MUST_USE enum plk_err plk_rxslot_parse(struct plk_span slot, struct plk_rxpkt *out);

/** plk_rxslot_time() - when the frame came, nanoseconds since 1970-01-01 UTC
 * @slot: as above, of at least the length of its headers
 */
uint64_t plk_rxslot_time(const uint8_t *slot);

#endif
