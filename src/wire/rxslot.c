/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/rxslot.h"

#include <linux/if_packet.h>
#include <stddef.h>
#include <string.h>

#include "base/bytes.h"

#define NS_PER_S 1000000000ULL
#define SLOT_HDR (sizeof(struct tpacket2_hdr) + sizeof(struct sockaddr_ll))

_Static_assert(sizeof(struct tpacket2_hdr) % TPACKET_ALIGNMENT == 0, "the address follows at once");

uint64_t
plk_rxslot_time(const uint8_t *slot)
{
	return host32_load(slot + offsetof(struct tpacket2_hdr, tp_sec)) * NS_PER_S +
	       host32_load(slot + offsetof(struct tpacket2_hdr, tp_nsec));
}

enum plk_err
plk_rxslot_parse(struct plk_span slot, struct plk_rxpkt *out)
{
	struct tpacket2_hdr hdr;

	if (slot.n < SLOT_HDR)
		return PLK_E_SHORT;
	memcpy(&hdr, slot.p, sizeof hdr);
	if (hdr.tp_mac < SLOT_HDR + PLK_VNET_HDR || !span_has(slot, hdr.tp_mac, hdr.tp_snaplen))
		return PLK_E_MALFORMED;
	*out = (struct plk_rxpkt){
		.vnet = {slot.p + hdr.tp_mac - PLK_VNET_HDR, PLK_VNET_HDR},
		.eth = {slot.p + hdr.tp_mac, hdr.tp_snaplen},
		.original = hdr.tp_len,
		.tag = plk_tag_from_status(hdr.tp_status, hdr.tp_vlan_tci, hdr.tp_vlan_tpid),
		.pkttype = slot.p[sizeof hdr + offsetof(struct sockaddr_ll, sll_pkttype)],
		.time_ns = plk_rxslot_time(slot.p),
		.room = hdr.tp_mac - SLOT_HDR,
	};
	return PLK_OK;
}
