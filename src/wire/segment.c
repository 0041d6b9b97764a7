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
#define IPV6_LENGTH 4
#define IPV6_NEXT 6
#define NEXT_HOP_BY_HOP 0
#define OPTION_JUMBO 0xc2
#define JUMBO_BYTES 8 /* hop-by-hop options with nothing else in them */
#define TCP_SEQ 4
#define TCP_FLAGS 13
#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_CWR 0x80
#define UDP_LENGTH 4

static uint16_t
csum_offset(const struct plk_segment *s)
{
	return s->is_tcp ? PLK_TCP_CSUM : PLK_UDP_CSUM;
}

/* A length above 64 KiB stands in an IPv6 header as 0, and behind it in a jumbo payload option (RFC 2675). */
static bool
is_jumbogram(struct plk_span eth, const struct plk_layers *layers)
{
	const uint8_t *ip = eth.p + layers->l3;

	return layers->type == PLK_TYPE_IPV6 && be16_load(ip + IPV6_LENGTH) == 0 &&
	       ip[IPV6_NEXT] == NEXT_HOP_BY_HOP;
}

/* Whether there is nothing but that option in the hop-by-hop options, so that they can be left out: the pieces are no jumbograms. */
static bool
is_jumbo_alone(struct plk_span eth, const struct plk_layers *layers)
{
	const uint8_t *options = eth.p + layers->l3 + PLK_IPV6_HDR;

	return options[1] == 0 && options[2] == OPTION_JUMBO && options[3] == 4;
}

/* What the layers, of a frame that has passed plk_vnet_receive(), keep us from cutting. */
static enum plk_err
layers_check(struct plk_span eth, const struct plk_vnet *vnet, const struct plk_layers *layers)
{
	size_t n = plk_vnet_headers_len(vnet, eth);

	if (is_jumbogram(eth, layers) && !is_jumbo_alone(eth, layers))
		return PLK_E_MALFORMED;
	if (n > PLK_SEGMENT_HEAD_MAX - PLK_VLAN_TAG || n - layers->l3 + vnet->gso_size > UINT16_MAX)
		return PLK_E_LIMIT;
	return PLK_OK;
}

static void
head_add(struct plk_segment *s, const uint8_t *p, size_t n)
{
	memcpy(s->head + s->head_n, p, n);
	s->head_n += n;
}

/* The @n bytes of headers, with the tag in them and without a jumbo payload option. */
static void
head_take(struct plk_segment *s, struct plk_span eth, const struct plk_tag *tag,
	  const struct plk_layers *layers, size_t n)
{
	size_t at = TAG_AT;

	s->head_n = 0;
	head_add(s, eth.p, TAG_AT);
	if (tag->present) {
		be16_store(s->head + TAG_AT, tag->tpid);
		be16_store(s->head + TAG_AT + 2, tag->tci);
		s->head_n += PLK_VLAN_TAG;
	}
	s->l3 = layers->l3 + s->head_n - TAG_AT;
	s->l4 = layers->l4 + s->head_n - TAG_AT;
	if (is_jumbogram(eth, layers)) {
		at = layers->l3 + PLK_IPV6_HDR;
		head_add(s, eth.p + TAG_AT, at - TAG_AT);
		s->head[s->l3 + IPV6_NEXT] = eth.p[at];
		s->l4 -= JUMBO_BYTES;
		at += JUMBO_BYTES;
	}
	head_add(s, eth.p + at, n - at);
}

/* The sum of the pseudo header without the length. Where options or extension headers may name another address it is what the field
 * holds, less the length in that: 32 bits, of which UDP has its own copy. */
static uint64_t
pseudo_of(const struct plk_segment *s, struct plk_span eth, const struct plk_layers *layers)
{
	const uint8_t *l4 = eth.p + layers->l4;
	const size_t n = eth.n - layers->l4;
	uint16_t length;
	uint64_t sum;

	if (plk_layers_pseudo(eth, layers, &sum))
		return sum;
	length = s->is_tcp ? plk_csum_fold(plk_csum_add16(plk_csum_add16(0, (uint16_t)n),
							  (uint16_t)(n >> 16)))
			   : be16_load(l4 + UDP_LENGTH);
	return plk_csum_add16(plk_csum_add16(0, be16_load(l4 + csum_offset(s))), (uint16_t)~length);
}

enum plk_err
plk_segment_init(struct plk_segment *out, struct plk_span eth, const struct plk_tag *tag,
		 const struct plk_vnet *vnet, enum plk_segment_csum csum)
{
	struct plk_vnet received = *vnet;
	struct plk_layers layers;
	size_t n;
	enum plk_err err;

	if (eth.n < PLK_ETH_HDR)
		return PLK_E_SHORT;
	err = plk_vnet_receive(&received, eth);
	if (err == PLK_OK && !plk_vnet_is_superframe(&received, eth))
		err = PLK_E_MALFORMED;
	if (err == PLK_OK)
		err = plk_layers_parse(eth, &layers);
	if (err == PLK_OK)
		err = layers_check(eth, &received, &layers);
	if (err != PLK_OK)
		return err;
	n = plk_vnet_headers_len(&received, eth);
	out->is_ipv4 = layers.type == PLK_TYPE_IPV4;
	out->is_tcp = layers.proto == PLK_PROTO_TCP;
	out->csum = csum;
	out->left = (struct plk_span){eth.p + n, eth.n - n};
	out->gso_size = received.gso_size;
	out->index = 0;
	out->pseudo = pseudo_of(out, eth, &layers);
	out->id = be16_load(eth.p + layers.l3 + IPV4_ID);
	out->seq = be32_load(eth.p + layers.l4 + TCP_SEQ);
	out->flags = out->is_tcp ? eth.p[layers.l4 + TCP_FLAGS] : 0;
	head_take(out, eth, tag, &layers, n);
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
