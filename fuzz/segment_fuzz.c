/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One byte (bit 0: there is a tag; bit 1: checksums are left out; bit 7: the frame is repeated up to the longest), TPID, TCI,
 * the 10 bytes of a virtio-net header, then a frame. Oracle: the pieces' payload is that of the superframe in order, their
 * headers differ in nothing but the fields that may, lengths and numbers are counted up here, and checksums are right modulo
 * 65535, which is what one's complement sums are.
 */
#include "wire/segment.h"

#include "harness.h"
#include "wire/layers.h"

#define BYTES_MAX 4096
#define LONGEST 66000 /* above 64 KiB */

static uint8_t frame[LONGEST];

/* What the whole input says. */
struct given {
	struct plk_span eth;
	struct plk_tag tag;
	struct plk_vnet vnet;
	enum plk_segment_csum csum;
	size_t head_n;            /* of the superframe, without a tag beside it */
	struct plk_layers layers; /* of a piece */
};

static unsigned
be16(const uint8_t *p)
{
	return p[0] * 256U + p[1];
}

static uint32_t
be32(const uint8_t *p)
{
	return be16(p) * 65536U + be16(p + 2);
}

/* Modulo 65535; what begins at an odd place is shifted. */
static unsigned
sum_of(struct plk_span in)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < in.n; i++)
		sum += i % 2 == 0 ? in.p[i] * 256U : in.p[i];
	return (unsigned)(sum % 65535);
}

static bool
is_tcp(const struct given *g)
{
	return g->layers.proto == 6;
}

/* The superframe's own header at the offset of a piece's. */
static const uint8_t *
original(const struct given *g, size_t at)
{
	return g->eth.p + at - (g->tag.present && at >= 16 ? 4 : 0);
}

static void
ip_check(const struct given *g, struct plk_span head, size_t payload_n, size_t i)
{
	const uint8_t *ip = head.p + g->layers.l3;
	size_t n = head.n - g->layers.l3 + payload_n;

	if (g->layers.type == 0x86dd) {
		CHECK(be16(ip + 4) == n - 40);
		return;
	}
	CHECK(be16(ip + 2) == n);
	CHECK(be16(ip + 4) == ((be16(original(g, g->layers.l3) + 4) + i) & 0xffff));
	CHECK(sum_of((struct plk_span){ip, g->layers.l4 - g->layers.l3}) == 0);
}

static void
tcp_check(const struct given *g, const uint8_t *tcp, size_t i, bool is_last)
{
	const uint8_t *was = original(g, g->layers.l4);
	uint8_t may = (uint8_t)(0x76 | (i == 0 ? 0x80 : 0) | (is_last ? 0x09 : 0));

	CHECK(be32(tcp + 4) == (uint32_t)(be32(was + 4) + i * g->vnet.gso_size));
	CHECK(tcp[13] == (was[13] & may));
}

/* The pseudo header of a piece whose layer 4 has @n bytes: its own addresses, or with options the superframe's field. */
static size_t
pseudo_of(const struct given *g, struct plk_span head, size_t l4_n, size_t n)
{
	const uint8_t *was = original(g, g->layers.l4);
	bool v4 = g->layers.type == 0x0800;
	size_t ip_n = g->layers.l4 - g->layers.l3;
	size_t old_n = is_tcp(g) ? g->eth.n - g->head_n + l4_n : be16(was + 4);
	struct plk_span addresses = {head.p + g->layers.l3 + (v4 ? 12 : 8), v4 ? 8 : 32};

	if (ip_n == (v4 ? 20 : 40))
		return (sum_of(addresses) + g->layers.proto + n) % 65535;
	return (be16(was + (is_tcp(g) ? 16 : 6)) + 3 * 65535 - old_n + n) % 65535;
}

/* The sum of all of layer 4, and of the pseudo header, is 0. */
static void
csum_check(const struct given *g, struct plk_span head, struct plk_span payload)
{
	struct plk_span l4 = {head.p + g->layers.l4, head.n - g->layers.l4};
	size_t at = is_tcp(g) ? 16 : 6;
	size_t field = pseudo_of(g, head, l4.n, l4.n + payload.n);

	if (g->csum == PLK_SEGMENT_CSUM_PARTIAL)
		CHECK(be16(l4.p + at) % 65535 == field);
	else
		CHECK((sum_of(l4) + sum_of(payload) + field) % 65535 == 0);
	if (g->csum == PLK_SEGMENT_CSUM_FULL && !is_tcp(g))
		CHECK(be16(l4.p + at) != 0);
}

/* Everything else in the headers is as it was. */
static void
rest_check(const struct given *g, struct plk_span head)
{
	static uint8_t now[PLK_SEGMENT_HEAD_MAX];
	static uint8_t was[PLK_SEGMENT_HEAD_MAX];
	const size_t l3 = g->layers.l3;
	const size_t l4 = g->layers.l4;

	memcpy(now, head.p, head.n);
	memcpy(was, g->eth.p, 12);
	memcpy(was + head.n - (g->head_n - 12), g->eth.p + 12, g->head_n - 12);
	if (g->tag.present) {
		CHECK(be16(now + 12) == g->tag.tpid && be16(now + 14) == g->tag.tci);
		memcpy(was + 12, now + 12, 4);
	}
	memcpy(was + l3 + (g->layers.type == 0x0800 ? 2 : 4),
	       now + l3 + (g->layers.type == 0x0800 ? 2 : 4), g->layers.type == 0x0800 ? 4 : 2);
	if (g->layers.type == 0x0800)
		memcpy(was + l3 + 10, now + l3 + 10, 2);
	memcpy(was + l4 + 4, now + l4 + 4, 4); /* sequence number; or length and checksum */
	if (is_tcp(g)) {
		was[l4 + 13] = now[l4 + 13];
		memcpy(was + l4 + 16, now + l4 + 16, 2);
	}
	CHECK(memcmp(now, was, head.n) == 0);
}

static void
pieces_check(const struct given *g, struct plk_segment *segment)
{
	size_t at = g->head_n;
	size_t n = plk_segment_count(segment);
	struct plk_pieces piece;
	size_t i;

	CHECK(n == (g->eth.n - at + g->vnet.gso_size - 1) / g->vnet.gso_size && n >= 2);
	for (i = 0; plk_segment_next(segment, &piece) == PLK_OK; i++) {
		size_t left = g->eth.n - at;
		size_t want = left < g->vnet.gso_size ? left : g->vnet.gso_size;

		CHECK(piece.n == 2 && piece.bytes == piece.part[0].n + piece.part[1].n);
		CHECK(piece.part[1].p == g->eth.p + at && piece.part[1].n == want);
		CHECK(piece.part[0].n == g->head_n + (g->tag.present ? 4 : 0));
		at += want;
		ip_check(g, piece.part[0], want, i);
		if (is_tcp(g))
			tcp_check(g, piece.part[0].p + g->layers.l4, i, at == g->eth.n);
		else
			CHECK(be16(piece.part[0].p + g->layers.l4 + 4) == want + 8);
		csum_check(g, piece.part[0], piece.part[1]);
		rest_check(g, piece.part[0]);
	}
	CHECK(i == n && at == g->eth.n);
}

/* Whether the frame has an IPv6 length of 0 and hop-by-hop options; @alone: with nothing but the jumbo payload option. */
static bool
is_jumbogram(const struct given *g, const struct plk_layers *layers, bool *alone)
{
	const uint8_t *ip = g->eth.p + layers->l3;

	if (layers->type != 0x86dd || be16(ip + 4) != 0 || ip[6] != 0)
		return false;
	*alone = ip[41] == 0 && ip[42] == 0xc2 && ip[43] == 4;
	return true;
}

static enum plk_err
answer_want(struct given *g)
{
	enum plk_err err = g->eth.n < 14 ? PLK_E_SHORT : plk_vnet_receive(&g->vnet, g->eth);
	bool alone = false;
	struct plk_layers layers;
	size_t head_n;

	if (err != PLK_OK)
		return err;
	if (g->vnet.gso_type == 0)
		return PLK_E_MALFORMED;
	head_n = plk_vnet_headers_len(&g->vnet, g->eth);
	if (g->eth.n - head_n <= g->vnet.gso_size)
		return PLK_E_MALFORMED;
	CHECK(plk_layers_parse(g->eth, &layers) == PLK_OK);
	if (is_jumbogram(g, &layers, &alone) && !alone)
		return PLK_E_MALFORMED;
	return head_n > 508 || head_n - layers.l3 + g->vnet.gso_size > 65535 ? PLK_E_LIMIT : PLK_OK;
}

/* A piece that was skipped to is the one that would have come. */
static void
skip_check(const struct given *g, size_t to)
{
	static struct plk_segment one;
	static struct plk_segment other;
	struct plk_pieces a;
	struct plk_pieces b;
	enum plk_err err = PLK_OK;

	CHECK(plk_segment_init(&one, g->eth, &g->tag, &g->vnet, g->csum) == PLK_OK);
	CHECK(plk_segment_init(&other, g->eth, &g->tag, &g->vnet, g->csum) == PLK_OK);
	to %= plk_segment_count(&one) + 2;
	for (size_t i = 0; i <= to; i++)
		err = plk_segment_next(&one, &a);
	plk_segment_skip(&other, to);
	CHECK(plk_segment_next(&other, &b) == err);
	if (err == PLK_OK)
		CHECK(same_bytes(a.part[0], b.part[0]) && same_bytes(a.part[1], b.part[1]));
}

/* The pieces are those of the frame without the option, but for the checksum, which is counted from the field. */
static void
jumbo_check(const struct given *g, struct plk_segment *segment, const struct plk_layers *layers)
{
	static uint8_t shorter[LONGEST];
	static struct plk_segment other;
	size_t option = layers->l3 + 40;
	struct plk_vnet vnet = g->vnet;
	size_t at = layers->l4 - 8 + vnet.csum_offset + (g->tag.present ? 4 : 0);
	struct plk_pieces a;
	struct plk_pieces b;

	memcpy(shorter, g->eth.p, option);
	shorter[layers->l3 + 6] = g->eth.p[option];
	memcpy(shorter + option, g->eth.p + option + 8, g->eth.n - option - 8);
	vnet.csum_start = (uint16_t)(vnet.csum_start - 8);
	if (plk_segment_init(&other, (struct plk_span){shorter, g->eth.n - 8}, &g->tag, &vnet,
			     g->csum) != PLK_OK)
		return; /* another option of the same kind behind it */
	CHECK(plk_segment_count(segment) == plk_segment_count(&other));
	while (plk_segment_next(segment, &a) == PLK_OK) {
		CHECK(plk_segment_next(&other, &b) == PLK_OK);
		CHECK(a.part[0].n == b.part[0].n && same_bytes(a.part[1], b.part[1]));
		CHECK(memcmp(a.part[0].p, b.part[0].p, at) == 0);
		CHECK(memcmp(a.part[0].p + at + 2, b.part[0].p + at + 2, a.part[0].n - at - 2) ==
		      0);
	}
}

static void
segment_check(struct given *g)
{
	const struct plk_vnet delivered = g->vnet;
	bool alone = false;
	static struct plk_segment segment;
	enum plk_err want = answer_want(g);

	mark(&segment, sizeof segment);
	CHECK(plk_segment_init(&segment, g->eth, &g->tag, &delivered, g->csum) == want);
	if (want != PLK_OK) {
		CHECK(untouched(&segment, sizeof segment));
		return;
	}
	g->head_n = plk_vnet_headers_len(&g->vnet, g->eth);
	CHECK(plk_layers_parse(g->eth, &g->layers) == PLK_OK);
	if (is_jumbogram(g, &g->layers, &alone)) {
		jumbo_check(g, &segment, &g->layers);
		return;
	}
	g->layers.l3 += g->tag.present ? 4 : 0;
	g->layers.l4 += g->tag.present ? 4 : 0;
	pieces_check(g, &segment);
	skip_check(g, g->eth.p[g->eth.n - 1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	uint8_t how = take_u8(&in);
	struct given g = {
		.tag = {.present = how & 1},
		.csum = how & 2 ? PLK_SEGMENT_CSUM_PARTIAL : PLK_SEGMENT_CSUM_FULL,
	};
	uint8_t header[PLK_VNET_HDR];

	g.tag.tpid = take_u16(&in);
	g.tag.tci = take_u16(&in);
	take_bytes(&in, header, sizeof header);
	CHECK(plk_vnet_parse((struct plk_span){header, sizeof header}, &g.vnet) == PLK_OK);
	if (in.n > BYTES_MAX)
		return 0;
	if (in.n > 0)
		memcpy(frame, in.p, in.n);
	g.eth = in;
	if ((how & 0x80) && in.n > 0) {
		for (size_t at = in.n; at < sizeof frame; at += in.n)
			memcpy(frame + at, frame,
			       sizeof frame - at < in.n ? sizeof frame - at : in.n);
		g.eth = (struct plk_span){frame, sizeof frame};
	}
	segment_check(&g);
	return 0;
}
