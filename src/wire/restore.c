/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/restore.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/crc32c.h"
#include "wire/csum.h"
#include "wire/layers.h"

#define CSUM_BYTES 2
#define CRC_BYTES 4
#define TAG_AT 12 /* behind both addresses (IEEE 802.1Q clause 9) */

static void
piece_add(struct plk_pieces *out, const uint8_t *p, size_t n)
{
	out->part[out->n++] = (struct plk_span){p, n};
	out->bytes += n;
}

/* The frame from its front to @eth.p[to - 1], with the tag; @to is at least TAG_AT. */
static void
front_add(struct plk_pieces *out, struct plk_span eth, const struct plk_tag *tag, size_t to)
{
	if (!tag->present) {
		piece_add(out, eth.p, to);
		return;
	}
	be16_store(out->tag, tag->tpid);
	be16_store(out->tag + 2, tag->tci);
	piece_add(out, eth.p, TAG_AT);
	piece_add(out, out->tag, sizeof out->tag);
	piece_add(out, eth.p + TAG_AT, to - TAG_AT);
}

/* What stands in the frame in place of other bytes: the first @n of plk_pieces.csum, at @at. */
struct patch {
	size_t at;
	size_t n;
};

/* A patch that changes nothing is none: the frame stays in one piece. */
static void
frame_add(struct plk_pieces *out, struct plk_span eth, const struct plk_tag *tag,
	  const struct patch *patch)
{
	out->n = 0;
	out->bytes = 0;
	if (patch->n == 0 || memcmp(eth.p + patch->at, out->csum, patch->n) == 0) {
		front_add(out, eth, tag, eth.n);
		return;
	}
	front_add(out, eth, tag, patch->at);
	piece_add(out, out->csum, patch->n);
	piece_add(out, eth.p + patch->at + patch->n, eth.n - patch->at - patch->n);
}

/* Over all of layer 4, the field being 0 (RFC 9260 section 6.8); written from its lowest byte on (appendix A). */
static void
crc_complete(uint8_t *out, struct plk_span l4)
{
	static const uint8_t zero[CRC_BYTES];
	uint32_t crc = plk_crc32c_add(PLK_CRC32C_INIT, (struct plk_span){l4.p, PLK_SCTP_CSUM});

	crc = plk_crc32c_add(crc, (struct plk_span){zero, sizeof zero});
	crc = ~plk_crc32c_add(crc, (struct plk_span){l4.p + PLK_SCTP_CSUM + CRC_BYTES,
						     l4.n - PLK_SCTP_CSUM - CRC_BYTES});
	for (size_t i = 0; i < CRC_BYTES; i++)
		out[i] = (uint8_t)(crc >> 8 * i);
}

static bool
is_sctp(struct plk_span eth)
{
	struct plk_layers layers;

	return plk_layers_parse(eth, &layers) == PLK_OK && !layers.is_fragment &&
	       layers.proto == PLK_PROTO_SCTP;
}

/* The checksum that is missing, of a frame that needs one. */
static enum plk_err
csum_complete(const struct plk_vnet *vnet, struct plk_span eth, uint8_t *out, struct patch *patch)
{
	struct plk_span l4 = {eth.p + vnet->csum_start, eth.n - vnet->csum_start};
	uint16_t csum;

	patch->at = (size_t)vnet->csum_start + vnet->csum_offset;
	if (is_sctp(eth)) {
		if (l4.n < PLK_SCTP_CSUM + CRC_BYTES)
			return PLK_E_VNET_CSUM;
		crc_complete(out, l4);
		patch->n = CRC_BYTES;
		return PLK_OK;
	}
	csum = plk_csum(l4);
	/* in UDP 0 means that there is none (RFC 768); in TCP it is what RFC 1624 has */
	be16_store(out, csum == 0 && vnet->csum_offset == PLK_UDP_CSUM ? UINT16_MAX : csum);
	patch->n = CSUM_BYTES;
	return PLK_OK;
}

/* Of a superframe the field is to hold the pseudo header's sum; where the kernel made it of received frames it may hold that, or even
 * the whole checksum, of the first of them. With options only the kernel can know. */
static void
pseudo_put(const struct plk_vnet *vnet, struct plk_span eth, uint8_t *out, struct patch *patch)
{
	const size_t n = eth.n - vnet->csum_start;
	struct plk_layers layers;
	uint64_t sum;

	if (plk_layers_parse(eth, &layers) != PLK_OK || !plk_layers_pseudo(eth, &layers, &sum))
		return;
	sum = plk_csum_add16(plk_csum_add16(sum, (uint16_t)n), (uint16_t)(n >> 16));
	be16_store(out, plk_csum_fold(sum));
	patch->at = (size_t)vnet->csum_start + vnet->csum_offset;
	patch->n = CSUM_BYTES;
}

/* What is to be written into a frame that keeps its header: nothing, or what a receiver of the header could not do right. */
static enum plk_err
raw_patch(struct plk_vnet *vnet, struct plk_span eth, uint8_t *out, struct patch *patch)
{
	enum plk_err err = PLK_OK;

	if (vnet->gso_type != PLK_VNET_GSO_NONE) {
		pseudo_put(vnet, eth, out, patch);
	} else if ((vnet->flags & PLK_VNET_NEEDS_CSUM) && is_sctp(eth)) {
		err = csum_complete(vnet, eth, out, patch);
		*vnet = (struct plk_vnet){.flags = vnet->flags & PLK_VNET_DATA_VALID};
	}
	return err;
}

/* csum_start and hdr_len with the tag counted. */
static enum plk_err
header_shift(struct plk_vnet *vnet, struct plk_span eth, size_t shift)
{
	size_t start = vnet->csum_start;
	size_t headers = 0;

	if (vnet->flags & PLK_VNET_NEEDS_CSUM)
		start += shift;
	if (vnet->gso_type != PLK_VNET_GSO_NONE)
		headers = plk_vnet_headers_len(vnet, eth) + shift;
	if (start > UINT16_MAX || headers > UINT16_MAX)
		return PLK_E_VNET_CSUM; /* the header has 16 bits for each */
	vnet->hdr_len = (uint16_t)headers;
	vnet->num_buffers = 1;
	vnet->csum_start = (uint16_t)start;
	return PLK_OK;
}

enum plk_err
plk_restore_raw(struct plk_span eth, const struct plk_tag *tag, struct plk_vnet *vnet,
		struct plk_pieces *out)
{
	struct plk_vnet changed = *vnet;
	uint8_t csum[CRC_BYTES];
	struct patch patch = {0, 0};
	enum plk_err err;

	if (eth.n < PLK_ETH_HDR)
		return PLK_E_SHORT;
	err = plk_vnet_receive(&changed, eth);
	if (err == PLK_OK)
		err = raw_patch(&changed, eth, csum, &patch);
	if (err == PLK_OK)
		err = header_shift(&changed, eth, tag->present ? PLK_VLAN_TAG : 0);
	if (err != PLK_OK)
		return err;
	*vnet = changed;
	memcpy(out->csum, csum, patch.n);
	frame_add(out, eth, tag, &patch);
	return PLK_OK;
}

enum plk_err
plk_restore_whole(struct plk_span eth, const struct plk_tag *tag, const struct plk_vnet *vnet,
		  struct plk_pieces *out)
{
	struct plk_vnet received = *vnet;
	uint8_t csum[CRC_BYTES];
	struct patch patch = {0, 0};
	enum plk_err err;

	if (eth.n < PLK_ETH_HDR)
		return PLK_E_SHORT;
	err = plk_vnet_receive(&received, eth);
	if (err == PLK_OK && plk_vnet_is_superframe(&received, eth))
		err = PLK_E_LIMIT;
	if (err == PLK_OK && (received.flags & PLK_VNET_NEEDS_CSUM))
		err = csum_complete(&received, eth, csum, &patch);
	if (err != PLK_OK)
		return err;
	memcpy(out->csum, csum, patch.n);
	frame_add(out, eth, tag, &patch);
	return PLK_OK;
}
