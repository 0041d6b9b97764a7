/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/segment.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/csum.h"
#include "wire/layers.h"

#define TAG_AT 12 /* behind both addresses (IEEE 802.1Q clause 9) */

/* Offsets in headers: RFC 791, 8200, 9293, 768. */
#define IPV4_LENGTH 2
#define IPV4_ID 4
#define IPV4_CSUM 10
#define IPV4_ADDRESSES 12
#define IPV6_LENGTH 4
#define IPV6_NEXT 6
#define IPV6_ADDRESSES 8
#define NEXT_HOP_BY_HOP 0
#define TCP_SEQ 4
#define TCP_FLAGS 13
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80
#define TCP_CSUM 16
#define UDP_LENGTH 4
#define UDP_CSUM 6

static uint16_t
csum_offset(const struct plk_segment *s)
{
	return s->is_tcp ? TCP_CSUM : UDP_CSUM;
}

/* A length above 64 KiB stands in an IPv4 header as 0, and in an IPv6 header as 0 with an option that says it: the pieces must
 * not have that option. */
static bool
is_jumbogram(struct plk_span eth, const struct plk_layers *layers)
{
	const uint8_t *ip = eth.p + layers->l3;

	return layers->type == PLK_TYPE_IPV6 && be16_load(ip + IPV6_LENGTH) == 0 &&
	       ip[IPV6_NEXT] == NEXT_HOP_BY_HOP;
}

/* What the layers, of a frame that has passed plk_vnet_check(), keep us from cutting. */
static enum plk_err
layers_check(struct plk_span eth, const struct plk_vnet *vnet, const struct plk_layers *layers)
{
	size_t n = plk_vnet_headers_len(vnet, eth);

	if (is_jumbogram(eth, layers))
		return PLK_E_MALFORMED;
	if (n > PLK_SEGMENT_HEAD_MAX - PLK_VLAN_TAG || n - layers->l3 + vnet->gso_size > UINT16_MAX)
		return PLK_E_LIMIT;
	return PLK_OK;
}

/* The headers, with the tag in them. */
static void
head_take(struct plk_segment *s, struct plk_span eth, const struct plk_tag *tag, size_t n)
{
	size_t shift = tag->present ? PLK_VLAN_TAG : 0;

	memcpy(s->head, eth.p, TAG_AT);
	if (tag->present) {
		be16_store(s->head + TAG_AT, tag->tpid);
		be16_store(s->head + TAG_AT + 2, tag->tci);
	}
	memcpy(s->head + TAG_AT + shift, eth.p + TAG_AT, n - TAG_AT);
	s->head_n = n + shift;
	s->l3 += shift;
	s->l4 += shift;
}

/* The sum of the pseudo header without the length. The field that should hold it has that of the first frame where the kernel
 * made one superframe of many (rx-gro-list), with a length of its own. An option or an extension header may say that the packet
 * goes on to another address: then the field is all there is. */
static uint64_t
pseudo_of(const struct plk_segment *s, uint16_t length)
{
	const uint8_t *ip = s->head + s->l3;
	const uint16_t proto = s->is_tcp ? PLK_PROTO_TCP : PLK_PROTO_UDP;

	if (s->is_ipv4 && s->l4 - s->l3 == PLK_IPV4_HDR)
		return plk_csum_add16(
			plk_csum_add(0, (struct plk_span){ip + IPV4_ADDRESSES, 2 * 4}), proto);
	if (!s->is_ipv4 && s->l4 - s->l3 == PLK_IPV6_HDR)
		return plk_csum_add16(
			plk_csum_add(0, (struct plk_span){ip + IPV6_ADDRESSES, 2 * 16}), proto);
	return plk_csum_add16(plk_csum_add16(0, be16_load(s->head + s->l4 + csum_offset(s))),
			      (uint16_t)~length);
}

/* What changes from piece to piece, as it is in the superframe. */
static void
fields_take(struct plk_segment *s)
{
	const uint8_t *l4 = s->head + s->l4;
	size_t n = s->head_n - s->l4 + s->left.n;
	/* 32 bits of length in the pseudo header; UDP has its own copy of it */
	uint16_t length = s->is_tcp ? plk_csum_fold(plk_csum_add16(plk_csum_add16(0, (uint16_t)n),
								   (uint16_t)(n >> 16)))
				    : be16_load(l4 + UDP_LENGTH);

	s->pseudo = pseudo_of(s, length);
	s->id = s->is_ipv4 ? be16_load(s->head + s->l3 + IPV4_ID) : 0;
	s->seq = s->is_tcp ? be32_load(l4 + TCP_SEQ) : 0;
	s->flags = s->is_tcp ? l4[TCP_FLAGS] : 0;
}

enum plk_err
plk_segment_init(struct plk_segment *out, struct plk_span eth, const struct plk_tag *tag,
		 const struct plk_vnet *vnet, enum plk_segment_csum csum)
{
	struct plk_layers layers;
	size_t n;
	enum plk_err err;

	if (eth.n < PLK_ETH_HDR)
		return PLK_E_SHORT;
	err = plk_vnet_check(vnet, eth);
	if (err == PLK_OK && !plk_vnet_is_superframe(vnet, eth))
		err = PLK_E_MALFORMED;
	if (err == PLK_OK)
		err = plk_layers_parse(eth, &layers);
	if (err == PLK_OK)
		err = layers_check(eth, vnet, &layers);
	if (err != PLK_OK)
		return err;
	n = plk_vnet_headers_len(vnet, eth);
	out->l3 = layers.l3;
	out->l4 = layers.l4;
	out->is_ipv4 = layers.type == PLK_TYPE_IPV4;
	out->is_tcp = layers.proto == PLK_PROTO_TCP;
	out->csum = csum;
	out->left = (struct plk_span){eth.p + n, eth.n - n};
	out->gso_size = vnet->gso_size;
	out->index = 0;
	head_take(out, eth, tag, n);
	fields_take(out);
	return PLK_OK;
}

size_t
plk_segment_count(const struct plk_segment *segment)
{
	return segment->left.n / segment->gso_size + (segment->left.n % segment->gso_size > 0);
}

/* The IP header of a piece with @n bytes behind the Ethernet header and the tags. */
static void
ip_put(struct plk_segment *s, size_t n)
{
	uint8_t *ip = s->head + s->l3;

	if (!s->is_ipv4) {
		be16_store(ip + IPV6_LENGTH, (uint16_t)(n - PLK_IPV6_HDR));
		return;
	}
	be16_store(ip + IPV4_LENGTH, (uint16_t)n);
	be16_store(ip + IPV4_ID, (uint16_t)(s->id + s->index));
	be16_store(ip + IPV4_CSUM, 0);
	be16_store(ip + IPV4_CSUM, plk_csum((struct plk_span){ip, s->l4 - s->l3}));
}

static void
tcp_put(struct plk_segment *s, bool is_last)
{
	uint8_t *tcp = s->head + s->l4;
	uint8_t flags = s->flags;

	if (s->index > 0)
		flags &= (uint8_t)~TCP_CWR;
	if (!is_last)
		flags &= (uint8_t) ~(TCP_FIN | TCP_PSH);
	be32_store(tcp + TCP_SEQ, (uint32_t)(s->seq + s->index * s->gso_size));
	tcp[TCP_FLAGS] = flags;
}

/* The checksum of a piece whose layer 4 has @n bytes. */
static void
csum_put(struct plk_segment *s, size_t n, struct plk_span payload)
{
	uint8_t *field = s->head + s->l4 + csum_offset(s);
	struct plk_span header = {s->head + s->l4, s->head_n - s->l4};
	uint16_t csum;

	be16_store(field, plk_csum_fold(plk_csum_add16(s->pseudo, (uint16_t)n)));
	if (s->csum == PLK_SEGMENT_CSUM_PARTIAL)
		return;
	/* the header's length is even */
	csum = (uint16_t)~plk_csum_fold(plk_csum_add(plk_csum_add(0, header), payload));
	/* in UDP 0 means that there is none (RFC 768) */
	be16_store(field, csum == 0 && !s->is_tcp ? UINT16_MAX : csum);
}

enum plk_err
plk_segment_next(struct plk_segment *segment, struct plk_pieces *out)
{
	bool is_last = segment->left.n <= segment->gso_size;
	struct plk_span payload = {segment->left.p, is_last ? segment->left.n : segment->gso_size};
	size_t l4_n = segment->head_n - segment->l4 + payload.n;

	if (payload.n == 0)
		return PLK_E_SHORT;
	ip_put(segment, segment->l4 - segment->l3 + l4_n);
	if (segment->is_tcp)
		tcp_put(segment, is_last);
	else
		be16_store(segment->head + segment->l4 + UDP_LENGTH, (uint16_t)l4_n);
	csum_put(segment, l4_n, payload);
	plk_segment_skip(segment, 1);
	out->part[0] = (struct plk_span){segment->head, segment->head_n};
	out->part[1] = payload;
	out->n = 2;
	out->bytes = segment->head_n + payload.n;
	return PLK_OK;
}

void
plk_segment_skip(struct plk_segment *segment, size_t n)
{
	size_t bytes = segment->left.n;

	if (n < plk_segment_count(segment))
		bytes = n * segment->gso_size;
	segment->left = (struct plk_span){segment->left.p + bytes, segment->left.n - bytes};
	segment->index += n;
}

struct plk_vnet
plk_segment_vnet(const struct plk_segment *segment)
{
	return (struct plk_vnet){
		.flags = PLK_VNET_NEEDS_CSUM,
		.csum_start = (uint16_t)segment->l4,
		.csum_offset = csum_offset(segment),
	};
}
