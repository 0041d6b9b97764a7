/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/claims.h"

#include "base/bytes.h"
#include "wire/layers.h"

#define TYPE_BYTES 2 /* an EtherType: the last bytes of the Ethernet header and of a VLAN tag */
#define TYPE_ARP 0x0806
#define TYPE_RARP 0x8035
#define TYPE_LEAST 0x0600 /* below it is a length: IEEE 802.3 */
#define VID(tci) ((tci)&0x0fff)

#define SNAP_TYPE 6 /* offset of the EtherType behind LLC and SNAP: RFC 1042 */

#define ARP_HDR 8 /* bytes before the addresses */
#define ARP_HARDWARE_LEN 4
#define ARP_PROTOCOL_LEN 5
#define HARDWARE_ETHERNET 1
#define HARDWARE_IEEE802 6 /* Linux takes it for Ethernet */

#define IPV6_LENGTH 4 /* offset of the length of what follows the header */
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_ICMPV6 58
#define NEXT_DESTINATION 60
#define FRAGMENT_HDR 8
#define FRAGMENT_OFFSET 2 /* offset of the offset, in its upper 13 bits */
#define ICMPV6_CSUM 2

#define ND_FIRST 133 /* router solicitation */
#define ND_TYPES 5
#define OPTION_UNIT 8
#define OPTION_SOURCE 1
#define OPTION_TARGET 2
#define OPTION_ADDRESS 2 /* offset */

/* What is in front of the message. */
struct head {
	uint16_t type; /* EtherType, or a length */
	size_t l3;     /* offset of the message */
	size_t n_tags;
	uint16_t vlan; /* of the first tag */
};

static bool
is_tag(uint16_t type)
{
	return type == PLK_TYPE_8021Q || type == PLK_TYPE_8021AD;
}

static bool
is_old_tag(uint16_t type)
{
	return type == 0x9100 || type == 0x9200 || type == 0x9300;
}

static bool
is_arp(uint16_t type)
{
	return type == TYPE_ARP || type == TYPE_RARP;
}

/* Whether something that is looked at in Ethernet stands behind LLC and SNAP, where it is not. */
static bool
is_hidden(struct plk_span eth, size_t l3)
{
	static const uint8_t rfc1042[SNAP_TYPE] = {0xaa, 0xaa, 3, 0, 0, 0};
	static const uint8_t bridge_tunnel[SNAP_TYPE] = {0xaa, 0xaa, 3, 0, 0, 0xf8};
	uint16_t type;

	if (!span_has(eth, l3, SNAP_TYPE + TYPE_BYTES) ||
	    (memcmp(eth.p + l3, rfc1042, SNAP_TYPE) != 0 &&
	     memcmp(eth.p + l3, bridge_tunnel, SNAP_TYPE) != 0))
		return false;
	type = be16_load(eth.p + l3 + SNAP_TYPE);
	return is_arp(type) || is_tag(type) || is_old_tag(type) || type == PLK_TYPE_IPV6;
}

static bool
has_open_csum(const struct plk_vnet *vnet)
{
	return vnet->flags & PLK_VNET_NEEDS_CSUM;
}

static enum plk_err
head_parse(struct plk_span eth, const struct plk_vnet *vnet, struct head *out)
{
	struct head head = {.l3 = PLK_ETH_HDR};

	if (eth.n < PLK_ETH_HDR)
		return PLK_E_SHORT;
	head.type = be16_load(eth.p + head.l3 - TYPE_BYTES);
	while (is_tag(head.type)) {
		if (!span_has(eth, head.l3, PLK_VLAN_TAG))
			return PLK_E_CLAIM_TAG;
		if (head.n_tags++ == 0)
			head.vlan = VID(be16_load(eth.p + head.l3));
		head.l3 += PLK_VLAN_TAG;
		head.type = be16_load(eth.p + head.l3 - TYPE_BYTES);
	}
	if (is_old_tag(head.type))
		return PLK_E_CLAIM_TAG;
	if (head.type < TYPE_LEAST && has_open_csum(vnet))
		return PLK_E_CLAIM_CSUM;
	if (head.type < TYPE_LEAST && is_hidden(eth, head.l3))
		return PLK_E_CLAIM_SNAP;
	*out = head;
	return PLK_OK;
}

static enum plk_err
arp_parse(struct plk_span eth, size_t l3, struct plk_claims *claims)
{
	const uint8_t *arp = eth.p + l3;
	uint16_t hardware;

	if (!span_has(eth, l3, ARP_HDR))
		return PLK_E_CLAIM_ARP;
	hardware = be16_load(arp);
	if ((hardware != HARDWARE_ETHERNET && hardware != HARDWARE_IEEE802) ||
	    arp[ARP_HARDWARE_LEN] != PLK_ETH_ADDR ||
	    !span_has(eth, l3, ARP_HDR + 2 * (PLK_ETH_ADDR + (size_t)arp[ARP_PROTOCOL_LEN])))
		return PLK_E_CLAIM_ARP;
	claims->arp = arp + ARP_HDR;
	return PLK_OK;
}

static bool
is_extension(uint16_t next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
	       next == NEXT_DESTINATION;
}

/* Whether a fragment's first bytes are not those of the packet's part that was fragmented. */
static bool
is_later_fragment(struct plk_span eth, const struct plk_layers *layers)
{
	const uint8_t *header = eth.p + layers->l4 - FRAGMENT_HDR;

	return layers->is_fragment && be16_load(header + FRAGMENT_OFFSET) >> 3 != 0;
}

static bool
are_options(struct plk_span options)
{
	while (options.n > 0) {
		size_t n;

		if (options.n < OPTION_UNIT)
			return false;
		n = OPTION_UNIT * (size_t)options.p[1];
		if (n == 0 || n > options.n)
			return false;
		if ((options.p[0] == OPTION_SOURCE || options.p[0] == OPTION_TARGET) &&
		    n != OPTION_UNIT)
			return false;
		options = (struct plk_span){options.p + n, options.n - n};
	}
	return true;
}

/* ICMPv6, from its first byte to the end of the IPv6 packet. */
static enum plk_err
icmpv6_parse(struct plk_span icmp, bool is_fragment, struct plk_claims *claims)
{
	static const size_t sizes[ND_TYPES] = {8, 16, 24, 24, 40};
	struct plk_span options;
	size_t n;

	if (icmp.p[0] < ND_FIRST || icmp.p[0] - ND_FIRST >= ND_TYPES)
		return PLK_OK;
	n = sizes[icmp.p[0] - ND_FIRST];
	if (is_fragment || icmp.n < n)
		return PLK_E_CLAIM_ND;
	options = (struct plk_span){icmp.p + n, icmp.n - n};
	if (!are_options(options))
		return PLK_E_CLAIM_ND;
	claims->options = options;
	return PLK_OK;
}

static enum plk_err
ipv6_parse(struct plk_span eth, const struct plk_vnet *vnet, struct plk_claims *claims)
{
	struct plk_layers layers;
	size_t end;

	if (plk_layers_parse(eth, &layers) != PLK_OK)
		return PLK_E_CLAIM_ND;
	if (layers.is_fragment && is_extension(layers.proto))
		return PLK_E_CLAIM_ND;
	if (layers.proto != NEXT_ICMPV6)
		return PLK_OK;
	if (has_open_csum(vnet) &&
	    (vnet->csum_start != layers.l4 || vnet->csum_offset != ICMPV6_CSUM))
		return PLK_E_CLAIM_CSUM;
	if (is_later_fragment(eth, &layers))
		return PLK_OK;
	end = layers.l3 + PLK_IPV6_HDR + be16_load(eth.p + layers.l3 + IPV6_LENGTH);
	if (end > eth.n || end <= layers.l4)
		return PLK_E_CLAIM_ND;
	return icmpv6_parse((struct plk_span){eth.p + layers.l4, end - layers.l4},
			    layers.is_fragment, claims);
}

enum plk_err
plk_claims_parse(struct plk_span eth, const struct plk_vnet *vnet, struct plk_claims *out)
{
	struct plk_claims claims = {0};
	struct head head;
	enum plk_err err = head_parse(eth, vnet, &head);

	if (err == PLK_OK && is_arp(head.type))
		err = has_open_csum(vnet) ? PLK_E_CLAIM_CSUM : arp_parse(eth, head.l3, &claims);
	else if (err == PLK_OK && head.type == PLK_TYPE_IPV6)
		err = ipv6_parse(eth, vnet, &claims);
	if (err != PLK_OK)
		return err;
	claims.source = eth.p + PLK_ETH_ADDR;
	*out = claims;
	return PLK_OK;
}

/* The next option that has an address, or NULL; they were looked at. */
static const uint8_t *
option_take(struct plk_claims *claims)
{
	while (claims->options.n > 0) {
		const uint8_t *option = claims->options.p;
		size_t n = OPTION_UNIT * (size_t)option[1];

		claims->options = (struct plk_span){option + n, claims->options.n - n};
		if (option[0] == OPTION_SOURCE || option[0] == OPTION_TARGET)
			return option + OPTION_ADDRESS;
	}
	return NULL;
}

bool
plk_claims_next(struct plk_claims *claims, enum plk_claim *where, const uint8_t **mac)
{
	const uint8_t *option;

	if (claims->source) {
		*where = PLK_CLAIM_SOURCE;
		*mac = claims->source;
		claims->source = NULL;
		return true;
	}
	if (claims->arp) {
		*where = PLK_CLAIM_ARP;
		*mac = claims->arp;
		claims->arp = NULL;
		return true;
	}
	option = option_take(claims);
	if (!option)
		return false;
	*where = PLK_CLAIM_ND;
	*mac = option;
	return true;
}

enum plk_err
plk_claims_vlan(struct plk_span eth, const struct plk_vnet *vnet, uint16_t *id)
{
	struct head head;
	enum plk_err err = head_parse(eth, vnet, &head);

	if (err != PLK_OK)
		return err;
	if (head.n_tags > 1 && head.vlan == 0)
		return PLK_E_CLAIM_TAG;
	*id = head.vlan;
	return PLK_OK;
}
