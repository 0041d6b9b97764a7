/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One byte (bit 0: there is a tag), TPID, TCI, the 10 bytes of a virtio-net header, then a frame;
 * with bit 7 of the first byte zeros follow, up to the longest. Oracle: the tag is moved in and
 * the checksum computed byte by byte, in a copy.
 */
#include "wire/csum.h"
#include "wire/restore.h"

#include "harness.h"
#include "wire/layers.h"

#define BYTES_MAX 4096
#define FRAME_MAX (PLK_VNET_FRAME_MAX + PLK_VLAN_TAG)

static uint8_t joined[FRAME_MAX];
static uint8_t wanted[FRAME_MAX];

/* RFC 1071 byte by byte. */
static uint16_t
naive_csum(const uint8_t *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += i % 2 == 0 ? (unsigned)p[i] * 256 : p[i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)(0xffff - sum);
}

static struct plk_span
join(const struct plk_pieces *pieces)
{
	size_t n = 0;

	CHECK(pieces->n >= 1 && pieces->n <= PLK_PIECES_MAX);
	for (size_t i = 0; i < pieces->n; i++) {
		CHECK(pieces->part[i].n <= sizeof joined - n);
		if (pieces->part[i].n > 0)
			memcpy(joined + n, pieces->part[i].p, pieces->part[i].n);
		n += pieces->part[i].n;
	}
	CHECK(n == pieces->bytes);
	return (struct plk_span){joined, n};
}

/* CRC32c bit by bit, as a number whose lowest byte goes first. */
static uint32_t
naive_crc(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < n * 8; i++) {
		uint32_t bit = (crc ^ (unsigned)p[i / 8] >> i % 8) & 1;

		crc = crc / 2 ^ (bit ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void
number_put(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value / 256);
	at[1] = (uint8_t)(value % 256);
}

static bool
is_sctp(struct plk_span eth)
{
	struct plk_layers layers;

	return plk_layers_parse(eth, &layers) == PLK_OK && !layers.is_fragment &&
	       layers.proto == 132;
}

static void
csum_put(struct plk_span eth, const struct plk_vnet *vnet)
{
	uint8_t *l4 = wanted + vnet->csum_start;
	size_t n = eth.n - vnet->csum_start;
	uint16_t csum;

	if (is_sctp(eth)) {
		uint32_t crc;

		memset(l4 + 8, 0, 4);
		crc = naive_crc(l4, n);
		for (int i = 0; i < 4; i++)
			l4[8 + i] = (uint8_t)(crc >> 8 * i);
		return;
	}
	csum = naive_csum(l4, n);
	number_put(l4 + vnet->csum_offset, csum == 0 && vnet->csum_offset == 6 ? 0xffff : csum);
}

/* The sum of the pseudo header of a superframe, if its IP header has no options. */
static void
pseudo_put(struct plk_span eth, const struct plk_vnet *vnet)
{
	size_t n = eth.n - vnet->csum_start;
	uint8_t pseudo[40] = {0};
	struct plk_layers layers;
	bool v4;

	CHECK(plk_layers_parse(eth, &layers) == PLK_OK);
	v4 = layers.type == 0x0800;
	if (layers.l4 - layers.l3 != (v4 ? 20 : 40))
		return;
	memcpy(pseudo, eth.p + layers.l3 + (v4 ? 12 : 8), v4 ? 8 : 32);
	number_put(pseudo + 32, (unsigned)(n >> 16));
	number_put(pseudo + 34, (unsigned)(n & 0xffff));
	number_put(pseudo + 38, layers.proto);
	number_put(wanted + vnet->csum_start + vnet->csum_offset,
		   0xffffU - naive_csum(pseudo, sizeof pseudo));
}

/* The frame with its tag, and with its checksum if @vnet wants one; or as it is to be beside its header. */
static struct plk_span
oracle(struct plk_span eth, const struct plk_tag *tag, const struct plk_vnet *vnet, bool whole)
{
	size_t n = eth.n;
	bool needs = vnet->flags & PLK_VNET_NEEDS_CSUM;

	memcpy(wanted, eth.p, n);
	if (needs && (whole || is_sctp(eth)))
		csum_put(eth, vnet);
	if (!whole && vnet->gso_type != PLK_VNET_GSO_NONE)
		pseudo_put(eth, vnet);
	if (tag->present) {
		memmove(wanted + 16, wanted + 12, n - 12);
		wanted[12] = (uint8_t)(tag->tpid / 256);
		wanted[13] = (uint8_t)(tag->tpid % 256);
		wanted[14] = (uint8_t)(tag->tci / 256);
		wanted[15] = (uint8_t)(tag->tci % 256);
		n += 4;
	}
	return (struct plk_span){wanted, n};
}

/* What the kernel's header means: plk_vnet_receive() has a harness of its own. */
static enum plk_err
check_want(struct plk_span eth, struct plk_vnet *vnet)
{
	return eth.n < 14 ? PLK_E_SHORT : plk_vnet_receive(vnet, eth);
}

static bool
is_cut_short(struct plk_span eth, const struct plk_vnet *vnet)
{
	return (vnet->flags & PLK_VNET_NEEDS_CSUM) && is_sctp(eth) && eth.n - vnet->csum_start < 12;
}

static void
whole_check(struct plk_span eth, const struct plk_tag *tag, const struct plk_vnet *vnet)
{
	struct plk_vnet received = *vnet;
	struct plk_pieces pieces;
	enum plk_err want = check_want(eth, &received);

	if (want == PLK_OK && received.gso_type != PLK_VNET_GSO_NONE &&
	    plk_vnet_headers_len(&received, eth) + received.gso_size < eth.n)
		want = PLK_E_LIMIT;
	if (want == PLK_OK && is_cut_short(eth, &received))
		want = PLK_E_VNET_CSUM;
	mark(&pieces, sizeof pieces);
	CHECK(plk_restore_whole(eth, tag, vnet, &pieces) == want);
	if (want != PLK_OK)
		CHECK(untouched(&pieces, sizeof pieces));
	else
		CHECK(same_bytes(join(&pieces), oracle(eth, tag, &received, true)));
}

/* The header that comes out fits the frame that comes out, and says the same of it. */
static void
header_check(const struct plk_vnet *got, const struct plk_vnet *given, size_t shift,
	     struct plk_span frame)
{
	bool needs = given->flags & PLK_VNET_NEEDS_CSUM;
	bool cut = given->gso_type != PLK_VNET_GSO_NONE;

	CHECK(got->flags == given->flags && got->gso_type == given->gso_type);
	CHECK(got->gso_size == given->gso_size && got->csum_offset == given->csum_offset);
	CHECK(got->csum_start == given->csum_start + (needs ? shift : 0));
	CHECK(got->num_buffers == 1);
	CHECK(got->hdr_len == (cut ? plk_vnet_headers_len(got, frame) : 0));
}

static void
raw_check(struct plk_span eth, const struct plk_tag *tag, const struct plk_vnet *vnet)
{
	struct plk_vnet changed = *vnet;
	struct plk_vnet received = *vnet;
	struct plk_pieces pieces;
	size_t shift = tag->present ? 4 : 0;
	enum plk_err want = check_want(eth, &received);
	enum plk_err err;

	mark(&pieces, sizeof pieces);
	err = plk_restore_raw(eth, tag, &changed, &pieces);
	if (want == PLK_OK && err == PLK_E_VNET_CSUM) /* it would not fit into 16 bits */
		CHECK(received.csum_start + 60U + shift > UINT16_MAX ||
		      is_cut_short(eth, &received));
	else
		CHECK(err == want);
	if (err != PLK_OK) {
		CHECK(untouched(&pieces, sizeof pieces));
		CHECK(memcmp(&changed, vnet, sizeof changed) == 0);
		return;
	}
	CHECK(same_bytes(join(&pieces), oracle(eth, tag, &received, false)));
	if ((received.flags & PLK_VNET_NEEDS_CSUM) &&
	    is_sctp(eth)) /* done, so nothing is left to do */
		received = (struct plk_vnet){.flags = received.flags & PLK_VNET_DATA_VALID};
	header_check(&changed, &received, shift, (struct plk_span){joined, pieces.bytes});
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t longest[PLK_VNET_FRAME_MAX];
	struct plk_span in = {data, size};
	uint8_t how = take_u8(&in);
	struct plk_tag tag = {.present = how & 1};
	struct plk_vnet vnet;
	uint8_t header[PLK_VNET_HDR];

	tag.tpid = take_u16(&in);
	tag.tci = take_u16(&in);
	take_bytes(&in, header, sizeof header);
	CHECK(plk_vnet_parse((struct plk_span){header, sizeof header}, &vnet) == PLK_OK);
	if (!(how & 0x80) || in.n == 0 || in.n > BYTES_MAX) {
		if (in.n > PLK_VNET_FRAME_MAX)
			return 0;
		whole_check(in, &tag, &vnet);
		raw_check(in, &tag, &vnet);
		CHECK(plk_csum(in) == naive_csum(in.p, in.n));
		return 0;
	}
	memcpy(longest, in.p, in.n);
	vnet.csum_start |= 0xff00; /* what long frames are for */
	whole_check((struct plk_span){longest, sizeof longest}, &tag, &vnet);
	raw_check((struct plk_span){longest, sizeof longest}, &tag, &vnet);
	memset(longest, 0, in.n);
	return 0;
}
