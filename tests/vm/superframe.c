/* SPDX-License-Identifier: BSD-2-Clause */
#include "superframe.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fatal.h"

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TTL 64
#define DONT_FRAGMENT 0x4000
#define IPV4_HDR 20
#define IPV6_HDR 40
#define TCP_HDR 20
#define TCP_CSUM 16
#define UDP_HDR 8
#define UDP_CSUM 6
#define MAC 6

/* Which part of the payload, and of how many frames it is which. */
struct piece {
	size_t at;
	size_t n;
	uint16_t index;
	bool is_last;
};

/* ---- bytes ---- */

static uint8_t *
put8(uint8_t *p, unsigned int value)
{
	*p = (uint8_t)value;
	return p + 1;
}

static uint8_t *
put16(uint8_t *p, size_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static uint8_t *
put32(uint8_t *p, uint32_t value)
{
	return put16(put16(p, value >> 16), value & UINT16_MAX);
}

/* RFC 1071, byte by byte: the one's complement sum so far and of what follows. */
static uint32_t
sum(uint32_t before, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		before += i % 2 == 0 ? (uint32_t)p[i] << 8 : p[i];
		before = (before & UINT16_MAX) + (before >> 16);
	}
	return before;
}

/* ---- headers ---- */

static uint8_t *
mac_put(uint8_t *p, uint8_t last)
{
	static const uint8_t multicast[MAC] = {0x01, 0, 0x5e, 0, 0, 1};
	const uint8_t ours[MAC] = {0x02, 0x70, 0, 0, 0, last};

	if (last == 0xff)
		memset(p, 0xff, MAC);
	else
		memcpy(p, last == 0xfe ? multicast : ours, MAC);
	return p + MAC;
}

static uint8_t *
ethernet_put(uint8_t *p, const struct kind *kind)
{
	p = mac_put(mac_put(p, kind->to), kind->from);
	for (size_t i = 0; i < 2 && kind->tag[i]; i++)
		p = put16(put16(p, kind->tag[i]), 0x6000 + 5 + i); /* priority 3, VLAN 5 and 6 */
	return put16(p, kind->type ? kind->type : kind->v6 ? TYPE_IPV6 : TYPE_IPV4);
}

static uint8_t *
ipv4_put(uint8_t *p, const struct kind *kind, const struct piece *piece, size_t behind)
{
	uint8_t *start = p;

	p = put16(put16(p, 0x4500), IPV4_HDR + behind);
	p = put16(put16(p, kind->number + piece->index), DONT_FRAGMENT);
	p = put8(put8(p, TTL), kind->udp ? IPPROTO_UDP : IPPROTO_TCP);
	p = put16(p, 0);
	p = put32(put32(p, 0x0a000001), 0x0a000002);
	(void)put16(start + 10, (uint16_t)~sum(0, start, IPV4_HDR));
	return p;
}

static uint8_t *
ipv6_put(uint8_t *p, const struct kind *kind, size_t behind)
{
	p = put16(put32(p, 0x60012345), behind);
	p = put8(put8(p, kind->udp ? IPPROTO_UDP : IPPROTO_TCP), TTL);
	for (uint32_t i = 1; i <= 2; i++)
		p = put32(put32(put32(put32(p, 0xfd000000), 0), 0), i);
	return p;
}

/* FIN and PSH are for the last, CWR is for the first (RFC 3168 section 6.1.2). */
static unsigned int
tcp_flags(const struct kind *kind, const struct piece *piece)
{
	unsigned int flags = kind->flags;

	if (!piece->is_last)
		flags &= ~(unsigned int)(TCP_FIN | TCP_PSH);
	if (piece->index > 0)
		flags &= ~(unsigned int)TCP_CWR;
	return flags;
}

static uint8_t *
tcp_put(uint8_t *p, const struct kind *kind, const struct piece *piece)
{
	p = put16(put16(p, 4711), 80);
	p = put32(put32(p, kind->number * 65536 + (uint32_t)piece->at), 0x01020304);
	p = put8(put8(p, (TCP_HDR + kind->options) / 4U << 4), tcp_flags(kind, piece));
	p = put32(put16(p, 501), 0); /* window; checksum, no urgent pointer */
	memset(p, 1, kind->options); /* no operation */
	return p + kind->options;
}

static uint8_t *
udp_put(uint8_t *p, const struct piece *piece)
{
	return put16(put16(put16(put16(p, 4711), 53), UDP_HDR + piece->n), 0);
}

static size_t
l3_at(const struct kind *kind)
{
	return 14 + (kind->tag[0] ? 4U : 0) + (kind->tag[1] ? 4U : 0);
}

static size_t
l4_at(const struct kind *kind)
{
	return kind->type ? l3_at(kind) : l3_at(kind) + (kind->v6 ? IPV6_HDR : IPV4_HDR);
}

static size_t
headers_bytes(const struct kind *kind)
{
	if (kind->type)
		return l4_at(kind);
	return l4_at(kind) + (kind->udp ? UDP_HDR : (size_t)TCP_HDR + kind->options);
}

/* Of the pseudo header: addresses, protocol and length. */
static uint32_t
pseudo_sum(const struct kind *kind, const uint8_t *l3, size_t l4_bytes)
{
	uint32_t before = (kind->udp ? IPPROTO_UDP : IPPROTO_TCP) + (uint32_t)l4_bytes;

	before = (before & UINT16_MAX) + (before >> 16);
	return kind->v6 ? sum(before, l3 + 8, 32) : sum(before, l3 + 12, 8);
}

static void
csum_put(const struct kind *kind, bool partial, struct frame *frame)
{
	size_t n = frame->n - l4_at(kind);
	uint8_t *l4 = frame->p + l4_at(kind);
	uint8_t *at = l4 + (kind->udp ? UDP_CSUM : TCP_CSUM);
	uint32_t pseudo = pseudo_sum(kind, frame->p + l3_at(kind), n);
	uint16_t csum = (uint16_t)~sum(pseudo, l4, n);

	if (partial)
		csum = (uint16_t)pseudo;
	else if (csum == 0 && kind->udp)
		csum = UINT16_MAX; /* RFC 768 */
	(void)put16(at, csum);
}

/* ---- frames ---- */

static struct frame
piece_make(const struct kind *kind, struct piece piece, bool partial)
{
	struct frame frame = {.n = headers_bytes(kind) + piece.n};
	size_t behind = frame.n - l4_at(kind);
	uint8_t *p;

	frame.p = malloc(frame.n);
	if (!frame.p)
		die("malloc");
	p = ethernet_put(frame.p, kind);
	if (!kind->type) {
		p = kind->v6 ? ipv6_put(p, kind, behind) : ipv4_put(p, kind, &piece, behind);
		p = kind->udp ? udp_put(p, &piece) : tcp_put(p, kind, &piece);
	}
	for (size_t i = 0; i < piece.n; i++)
		*p++ = (uint8_t)((piece.at + i) * 13 + (piece.at + i) / 251 + kind->number * 7);
	if (!kind->type)
		csum_put(kind, partial, &frame);
	return frame;
}

static uint16_t
gso_size(const struct kind *kind)
{
	return kind->gso_size ? kind->gso_size : GSO_SIZE;
}

static uint8_t
gso_type(const struct kind *kind)
{
	if (kind->udp)
		return GSO_UDP_L4;
	return (uint8_t)((kind->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4) |
			 (kind->flags & TCP_CWR ? VIRTIO_NET_HDR_GSO_ECN : 0));
}

/* As the header says it; @offload is not OFFLOAD_GSO. */
static struct frame
piece_offload(const struct kind *kind, struct piece piece, enum offload offload)
{
	struct frame frame = piece_make(kind, piece, offload == OFFLOAD_CSUM);
	struct virtio_net_hdr *hdr = &frame.header.hdr;

	if (offload == OFFLOAD_VALID)
		hdr->flags = VIRTIO_NET_HDR_F_DATA_VALID;
	if (offload == OFFLOAD_CSUM) {
		hdr->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		hdr->csum_start = (uint16_t)l4_at(kind);
		hdr->csum_offset = kind->udp ? UDP_CSUM : TCP_CSUM;
	}
	return frame;
}

struct frame
frame_make(const struct kind *kind, enum offload offload)
{
	const struct piece all = {.n = kind->payload, .is_last = true};
	struct frame frame =
		piece_offload(kind, all, offload == OFFLOAD_GSO ? OFFLOAD_CSUM : offload);
	struct virtio_net_hdr *hdr = &frame.header.hdr;

	if (offload == OFFLOAD_GSO) {
		hdr->gso_type = gso_type(kind);
		hdr->gso_size = gso_size(kind);
		hdr->hdr_len = (uint16_t)headers_bytes(kind);
	}
	return frame;
}

void
frame_make_pieces(const struct kind *kind, enum offload offload, enum offload csum,
		  struct list *out)
{
	struct piece piece = {.n = kind->payload, .is_last = true};

	if (offload != OFFLOAD_GSO) {
		list_take(out,
			  piece_offload(kind, piece, offload == OFFLOAD_NONE ? offload : csum));
		return;
	}
	for (; piece.at < kind->payload; piece.at += piece.n, piece.index++) {
		size_t left = kind->payload - piece.at;

		piece.n = left < gso_size(kind) ? left : gso_size(kind);
		piece.is_last = piece.n == left;
		list_take(out, piece_offload(kind, piece, csum));
	}
}

/* ---- lists ---- */

void
list_take(struct list *list, struct frame frame)
{
	list->at = realloc(list->at, (list->n + 1) * sizeof *list->at);
	if (!list->at)
		die("realloc");
	list->at[list->n++] = frame;
}

void
list_free(struct list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->at[i].p);
	free(list->at);
	*list = (struct list){0};
}

static void
header_say(const struct virtio_net_hdr_mrg_rxbuf *header, char *out, size_t n)
{
	const struct virtio_net_hdr *hdr = &header->hdr;

	(void)snprintf(out, n, "fl=%u gso=%u hlen=%u gsz=%u cs=%u+%u nb=%u", hdr->flags,
		       hdr->gso_type, hdr->hdr_len, hdr->gso_size, hdr->csum_start,
		       hdr->csum_offset, header->num_buffers);
}

static bool
frame_compare(const struct frame *got, const struct frame *expected, char *out, size_t n)
{
	char is[80];
	char should[80];

	header_say(&got->header, is, sizeof is);
	header_say(&expected->header, should, sizeof should);
	if (got->n != expected->n) {
		(void)snprintf(out, n, "%zu bytes (%s), expected %zu (%s)", got->n, is, expected->n,
			       should);
		return false;
	}
	for (size_t i = 0; i < got->n; i++) {
		if (got->p[i] == expected->p[i])
			continue;
		(void)snprintf(out, n, "byte %zu of %zu is %02x, expected %02x", i, got->n,
			       got->p[i], expected->p[i]);
		return false;
	}
	if (strcmp(is, should) == 0)
		return true;
	(void)snprintf(out, n, "header %s, expected %s", is, should);
	return false;
}

void
list_compare(const struct list *got, const struct list *expected, char *out, size_t n)
{
	char what[200];

	for (size_t i = 0; i < got->n && i < expected->n; i++) {
		if (frame_compare(&got->at[i], &expected->at[i], what, sizeof what))
			continue;
		(void)snprintf(out, n, "frame %zu of %zu: %s", i, got->n, what);
		return;
	}
	if (got->n == expected->n)
		(void)snprintf(out, n, "same");
	else
		(void)snprintf(out, n, "%zu frames, expected %zu", got->n, expected->n);
}
