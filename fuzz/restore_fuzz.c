/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One byte (bit 0: there is a tag), TPID, TCI, the 10 bytes of a virtio-net header, then a frame;
 * with bit 7 of the first byte zeros follow, up to the longest. Oracle: the tag is moved in and
 * the checksum computed byte by byte, in a copy.
 */
#include "wire/csum.h"
#include "wire/restore.h"

#include "harness.h"

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

/* The frame with its tag, and with its checksum if @vnet wants one and @with_csum. */
static struct plk_span
oracle(struct plk_span eth, const struct plk_tag *tag, const struct plk_vnet *vnet, bool with_csum)
{
	size_t n = eth.n;

	memcpy(wanted, eth.p, n);
	if (with_csum && (vnet->flags & PLK_VNET_NEEDS_CSUM)) {
		uint16_t csum = naive_csum(wanted + vnet->csum_start, n - vnet->csum_start);
		uint8_t *at = wanted + vnet->csum_start + vnet->csum_offset;

		csum = csum == 0 && vnet->csum_offset == 6 ? 0xffff : csum;
		at[0] = (uint8_t)(csum / 256);
		at[1] = (uint8_t)(csum % 256);
	}
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

static enum plk_err
check_want(struct plk_span eth, const struct plk_vnet *vnet)
{
	return eth.n < 14 ? PLK_E_SHORT : plk_vnet_check(vnet, eth);
}

static void
whole_check(struct plk_span eth, const struct plk_tag *tag, const struct plk_vnet *vnet)
{
	struct plk_pieces pieces;
	enum plk_err want = check_want(eth, vnet);

	if (want == PLK_OK && vnet->gso_type != PLK_VNET_GSO_NONE &&
	    plk_vnet_headers_len(vnet, eth) + vnet->gso_size < eth.n)
		want = PLK_E_LIMIT;
	mark(&pieces, sizeof pieces);
	CHECK(plk_restore_whole(eth, tag, vnet, &pieces) == want);
	if (want != PLK_OK)
		CHECK(untouched(&pieces, sizeof pieces));
	else
		CHECK(same_bytes(join(&pieces), oracle(eth, tag, vnet, true)));
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
	struct plk_pieces pieces;
	size_t shift = tag->present ? 4 : 0;
	enum plk_err want = check_want(eth, vnet);
	enum plk_err err;

	mark(&pieces, sizeof pieces);
	err = plk_restore_raw(eth, tag, &changed, &pieces);
	if (want == PLK_OK && err == PLK_E_VNET_CSUM) /* it would not fit into 16 bits */
		CHECK(vnet->csum_start + 60U + shift > UINT16_MAX);
	else
		CHECK(err == want);
	if (err != PLK_OK) {
		CHECK(untouched(&pieces, sizeof pieces));
		CHECK(memcmp(&changed, vnet, sizeof changed) == 0);
		return;
	}
	CHECK(same_bytes(join(&pieces), oracle(eth, tag, vnet, false)));
	header_check(&changed, vnet, shift, (struct plk_span){joined, pieces.bytes});
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
