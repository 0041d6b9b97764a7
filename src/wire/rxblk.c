/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/rxblk.h"

#include <linux/if_packet.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

#define TPID_8021Q 0x8100
#define NS_PER_S 1000000000ULL
#define PACKET_HDR (sizeof(struct tpacket3_hdr) + sizeof(struct sockaddr_ll))
/* Another processor wrote the block: what is so far ahead is asked for now. Some short frames, or a part of a long one. */
#define AHEAD 1024
#define CACHE_LINE 64

_Static_assert(sizeof(struct tpacket3_hdr) % TPACKET_ALIGNMENT == 0, "the address follows at once");

struct plk_tag
plk_tag_from_status(uint32_t status, uint32_t tci, uint16_t tpid)
{
	if (!(status & TP_STATUS_VLAN_VALID))
		return (struct plk_tag){.present = false};
	return (struct plk_tag){
		.present = true,
		.tpid = status & TP_STATUS_VLAN_TPID_VALID ? tpid : TPID_8021Q,
		.tci = (uint16_t)tci,
	};
}

enum plk_err
plk_rxblk_parse(struct plk_span block, struct plk_rxblk *out)
{
	struct tpacket_block_desc desc;

	if (block.n < sizeof desc)
		return PLK_E_SHORT;
	memcpy(&desc, block.p, sizeof desc);
	*out = (struct plk_rxblk){
		.block = block,
		.left = desc.hdr.bh1.num_pkts,
		.at = desc.hdr.bh1.offset_to_first_pkt,
	};
	return PLK_OK;
}

static void
ahead_fetch(struct plk_span block, size_t at)
{
	if (!span_has(block, at, AHEAD + 3 * CACHE_LINE))
		return;
	for (size_t i = 0; i < 3; i++)
		__builtin_prefetch(block.p + at + AHEAD + i * CACHE_LINE);
}

/* Fields are loaded one by one, as they are needed: a copy of the header would go through memory. */
#define FIELD32(p, field) host32_load((p) + offsetof(struct tpacket3_hdr, field))
#define FIELD16(p, field) host16_load((p) + offsetof(struct tpacket3_hdr, field))

/* @p: PACKET_HDR bytes at least */
static enum plk_err
packet_take(struct plk_span block, size_t at, const uint8_t *p, struct plk_rxpkt *out)
{
	const size_t mac = FIELD16(p, tp_mac);
	const size_t snaplen = FIELD32(p, tp_snaplen);

	if (mac < PACKET_HDR + PLK_VNET_HDR || !span_has(block, at, mac) ||
	    !span_has(block, at + mac, snaplen))
		return PLK_E_MALFORMED;
	out->vnet = (struct plk_span){p + mac - PLK_VNET_HDR, PLK_VNET_HDR};
	out->eth = (struct plk_span){p + mac, snaplen};
	out->original = FIELD32(p, tp_len);
	out->tag = plk_tag_from_status(FIELD32(p, tp_status), FIELD32(p, hv1.tp_vlan_tci),
				       FIELD16(p, hv1.tp_vlan_tpid));
	out->pkttype = p[sizeof(struct tpacket3_hdr) + offsetof(struct sockaddr_ll, sll_pkttype)];
	out->time_ns = FIELD32(p, tp_sec) * NS_PER_S + FIELD32(p, tp_nsec);
	out->room = mac - PACKET_HDR;
	return PLK_OK;
}

/* The last one of a block has tp_next_offset 0; before it, what leads nowhere is found by the next step. */
static void
step(struct plk_rxblk *walk, const uint8_t *p)
{
	const size_t following = FIELD32(p, tp_next_offset);

	if (following < PACKET_HDR || !span_has(walk->block, walk->at, following))
		walk->at = walk->block.n;
	else
		walk->at += following;
}

/* The packet at walk->at, if it was filled. */
static enum plk_err
packet_next(struct plk_rxblk *walk, struct plk_rxpkt *out, bool *is_filled)
{
	const uint8_t *p;
	enum plk_err err = PLK_E_SHORT;

	*is_filled = false;
	if (!span_has(walk->block, walk->at, PACKET_HDR))
		return PLK_E_MALFORMED;
	ahead_fetch(walk->block, walk->at);
	p = walk->block.p + walk->at;
	*is_filled = FIELD32(p, tp_status) & TP_STATUS_USER;
	if (*is_filled)
		err = packet_take(walk->block, walk->at, p, out);
	step(walk, p);
	return err;
}

enum plk_err
plk_rxblk_next(struct plk_rxblk *walk, struct plk_rxpkt *out)
{
	enum plk_err err = PLK_E_SHORT;
	bool is_filled = false;

	while (walk->left > 0 && !is_filled) {
		walk->left--;
		err = packet_next(walk, out, &is_filled);
		if (err == PLK_E_MALFORMED)
			walk->left = 0;
	}
	return err;
}
