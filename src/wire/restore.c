/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/restore.h"

#include "base/bytes.h"
#include "wire/csum.h"

#define UDP_CSUM 6 /* offset in its header (RFC 768); TCP and others have it elsewhere */
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

enum plk_err
plk_restore_raw(struct plk_span eth, const struct plk_tag *tag, struct plk_vnet *vnet,
		struct plk_pieces *out)
{
	size_t shift = tag->present ? PLK_VLAN_TAG : 0;
	size_t start = vnet->csum_start;
	size_t headers = 0;
	enum plk_err err;

	if (eth.n < PLK_ETH_HDR)
		return PLK_E_SHORT;
	err = plk_vnet_check(vnet, eth);
	if (err != PLK_OK)
		return err;
	if (vnet->flags & PLK_VNET_NEEDS_CSUM)
		start += shift;
	if (vnet->gso_type != PLK_VNET_GSO_NONE)
		headers = plk_vnet_headers_len(vnet, eth) + shift;
	if (start > UINT16_MAX || headers > UINT16_MAX)
		return PLK_E_VNET_CSUM; /* the header has 16 bits for each */
	vnet->hdr_len = (uint16_t)headers;
	vnet->num_buffers = 1;
	vnet->csum_start = (uint16_t)start;
	out->n = 0;
	out->bytes = 0;
	front_add(out, eth, tag, eth.n);
	return PLK_OK;
}

enum plk_err
plk_restore_whole(struct plk_span eth, const struct plk_tag *tag, const struct plk_vnet *vnet,
		  struct plk_pieces *out)
{
	size_t at = (size_t)vnet->csum_start + vnet->csum_offset;
	uint16_t csum;
	enum plk_err err;

	if (eth.n < PLK_ETH_HDR)
		return PLK_E_SHORT;
	err = plk_vnet_check(vnet, eth);
	if (err != PLK_OK)
		return err;
	if (plk_vnet_is_superframe(vnet, eth))
		return PLK_E_LIMIT;
	out->n = 0;
	out->bytes = 0;
	if (!(vnet->flags & PLK_VNET_NEEDS_CSUM)) {
		front_add(out, eth, tag, eth.n);
		return PLK_OK;
	}
	csum = plk_csum((struct plk_span){eth.p + vnet->csum_start, eth.n - vnet->csum_start});
	/* in UDP 0 means that there is none (RFC 768); in TCP it is what RFC 1624 has */
	be16_store(out->csum, csum == 0 && vnet->csum_offset == UDP_CSUM ? UINT16_MAX : csum);
	front_add(out, eth, tag, at);
	piece_add(out, out->csum, sizeof out->csum);
	piece_add(out, eth.p + at + sizeof out->csum, eth.n - at - sizeof out->csum);
	return PLK_OK;
}
