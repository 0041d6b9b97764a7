/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rxblk.h: frames out of a block of a TPACKET_V3 receive ring (linux/if_packet.h, packet_mmap.rst)
 * whose socket has PACKET_VNET_HDR set.
 *
 *   block  = struct tpacket_block_desc: block_status, num_pkts, offset_to_first_pkt, blk_len, seq_num, ...
 *   packet = struct tpacket3_hdr at an offset, struct sockaddr_ll at TPACKET_ALIGN of its size, then
 *            a virtio-net header of 10 bytes that ends at tp_mac, then tp_snaplen bytes of frame
 *            tp_next_offset leads to the next
 *
 * The block is memory that the kernel writes: it is read, never believed. Every offset is checked
 * against the block; a packet that does not lie within it ends the walk. A block may be empty.
 *
 * A packet without TP_STATUS_USER was begun and not filled: no virtio-net header described the frame, which the kernel counts among its
 * drops (net/packet/af_packet.c: tpacket_rcv()). All but tp_next_offset and tp_status is of a packet that was there before.
 *
 * Pure. Fuzz: fuzz/rxblk_fuzz.c.
 */
#ifndef PLK_WIRE_RXBLK_H
#define PLK_WIRE_RXBLK_H

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#include "wire/restore.h"

/** struct plk_rxpkt - a frame as a packet socket delivered it
 * @vnet:     PLK_VNET_HDR bytes, in the block
 * @eth:      the frame, in the block, cut to what was captured
 * @original: bytes that the frame had
 * @tag:      the VLAN tag that the kernel took out
 * @pkttype:  PACKET_HOST, PACKET_OUTGOING, ... (packet(7))
 * @time_ns:  when, nanoseconds since 1970-01-01 UTC
 * @room:     so many bytes before the frame are this packet's and hold nothing but @vnet
 */
struct plk_rxpkt {
	struct plk_span vnet;
	struct plk_span eth;
	size_t original;
	struct plk_tag tag;
	uint8_t pkttype;
	uint64_t time_ns;
	size_t room;
};

/** struct plk_rxblk - a walk through a block; all members are private */
struct plk_rxblk {
	struct plk_span block;
	uint32_t left; /* packets */
	size_t at;     /* offset of the next one */
};

/** plk_rxblk_parse() - begin a walk
 * @block: a block that the kernel has given to us, borrowed until the walk ends
 * @out:   set on PLK_OK only
 * Return: PLK_OK; PLK_E_SHORT (no room for a block header).
 */
PLK_MUST_USE enum plk_err plk_rxblk_parse(struct plk_span block, struct plk_rxblk *out);

/** plk_rxblk_next() - the next packet
 * @out: set on PLK_OK only; points into the block
 * Return: PLK_OK; PLK_E_SHORT (that was the last); PLK_E_MALFORMED (an offset leads out of the
 * block: the walk has ended).
 */
PLK_MUST_USE enum plk_err plk_rxblk_next(struct plk_rxblk *walk, struct plk_rxpkt *out);

/** plk_tag_from_status() - the VLAN tag that tp_status, tp_vlan_tci and tp_vlan_tpid describe
 * The same for the ring and for PACKET_AUXDATA. Without TP_STATUS_VLAN_TPID_VALID the TPID is
 * 0x8100.
 */
struct plk_tag plk_tag_from_status(uint32_t status, uint32_t tci, uint16_t tpid);

#endif
