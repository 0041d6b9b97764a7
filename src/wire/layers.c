/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/layers.h"

#include "base/bytes.h"
#include "wire/csum.h"

#define TYPE_BYTES 2 /* an EtherType: the last bytes of the Ethernet header and of a VLAN tag */
#define VERSION(byte) ((byte) >> 4)
#define IPV4_FRAGMENT 6           /* offset of flags and fragment offset */
#define IPV4_FRAGMENT_MASK 0x3fff /* more fragments, and the offset */
#define IPV4_PROTO 9
#define IPV4_ADDRESSES 12
#define IPV6_NEXT 6
#define IPV6_ADDRESSES 8
#define EXTENSION_UNIT 8 /* bytes; an extension header is that long at least */
#define NEXT_HOP_BY_HOP 0
#define NEXT_ROUTING 43
#define NEXT_FRAGMENT 44
#define NEXT_DESTINATION 60

static bool
is_tag(uint16_t type)
{
	return type == PLK_TYPE_8021Q || type == PLK_TYPE_8021AD;
}

static enum plk_err
ipv4_parse(struct plk_span eth, struct plk_layers *out)
{
	const uint8_t *ip = eth.p + out->l3;
	size_t n;

	if (!span_has(eth, out->l3, PLK_IPV4_HDR))
		return PLK_E_SHORT;
	n = 4 * (size_t)(ip[0] & 15);
	if (VERSION(ip[0]) != 4 || n < PLK_IPV4_HDR)
		return PLK_E_MALFORMED;
	if (!span_has(eth, out->l3, n))
		return PLK_E_SHORT;
	out->l4 = out->l3 + n;
	out->proto = ip[IPV4_PROTO];
	out->is_fragment = (be16_load(ip + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) != 0;
	return PLK_OK;
}

static bool
is_extension(uint16_t next)
{
	return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_DESTINATION ||
	       next == NEXT_FRAGMENT;
}

static enum plk_err
ipv6_parse(struct plk_span eth, struct plk_layers *out)
{
	const uint8_t *ip = eth.p + out->l3;

	if (!span_has(eth, out->l3, PLK_IPV6_HDR))
		return PLK_E_SHORT;
	if (VERSION(ip[0]) != 6)
		return PLK_E_MALFORMED;
	out->proto = ip[IPV6_NEXT];
	out->l4 = out->l3 + PLK_IPV6_HDR;
	while (is_extension(out->proto) && !out->is_fragment) {
		const uint8_t *extension = eth.p + out->l4;
		size_t n = EXTENSION_UNIT;

		if (!span_has(eth, out->l4, n))
			return PLK_E_SHORT;
		out->is_fragment = out->proto == NEXT_FRAGMENT; /* it has no length */
		if (!out->is_fragment)
			n += EXTENSION_UNIT * (size_t)extension[1];
		if (!span_has(eth, out->l4, n))
			return PLK_E_SHORT;
		out->proto = extension[0];
		out->l4 += n;
	}
	return PLK_OK;
}

enum plk_err
plk_layers_parse(struct plk_span eth, struct plk_layers *out)
{
	struct plk_layers layers = {.l3 = PLK_ETH_HDR, .proto = PLK_PROTO_NONE};
	enum plk_err err = PLK_OK;

	while (layers.l3 <= eth.n && is_tag(be16_load(eth.p + layers.l3 - TYPE_BYTES)))
		layers.l3 += PLK_VLAN_TAG;
	if (layers.l3 > eth.n)
		return PLK_E_SHORT;
	layers.type = be16_load(eth.p + layers.l3 - TYPE_BYTES);
	layers.l4 = layers.l3;
	if (layers.type == PLK_TYPE_IPV4)
		err = ipv4_parse(eth, &layers);
	else if (layers.type == PLK_TYPE_IPV6)
		err = ipv6_parse(eth, &layers);
	if (err == PLK_OK)
		*out = layers;
	return err;
}

bool
plk_layers_pseudo(struct plk_span eth, const struct plk_layers *layers, uint64_t *sum)
{
	const uint8_t *ip = eth.p + layers->l3;
	const size_t n = layers->l4 - layers->l3;
	struct plk_span addresses;

	if (layers->type == PLK_TYPE_IPV4 && n == PLK_IPV4_HDR)
		addresses = (struct plk_span){ip + IPV4_ADDRESSES, 2 * 4};
	else if (layers->type == PLK_TYPE_IPV6 && n == PLK_IPV6_HDR)
		addresses = (struct plk_span){ip + IPV6_ADDRESSES, 2 * 16};
	else
		return false;
	*sum = plk_csum_add16(plk_csum_add(0, addresses), layers->proto);
	return true;
}
