/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/frame.h>

#include "base/bytes.h"

#define LENGTH_BYTES 4

/* @n: N of the stream; @header: how much of it is virtio-net header */
static bool
length_is_good(struct plk_framing framing, size_t n, size_t header)
{
	size_t max = framing.vnet_hdr > 0 ? PLK_VNET_FRAME_MAX : PLK_FRAME_MAX;

	return n <= max && n >= header && n - header >= PLK_FRAME_MIN;
}

/* @body: everything after the prefix that is there */
static enum plk_err
body_take(struct plk_span body, size_t n, size_t header, struct plk_frame *out,
	  struct plk_span *rest)
{
	if (body.n < n)
		return PLK_E_SHORT;
	*out = (struct plk_frame){
		.vnet = {body.p, header},
		.eth = {body.p + header, n - header},
	};
	*rest = (struct plk_span){body.p + n, body.n - n};
	return PLK_OK;
}

static enum plk_err
vnet_parse(struct plk_framing framing, struct plk_span in, struct plk_frame *out,
	   struct plk_span *rest)
{
	uint32_t n;
	uint32_t header;

	if (in.n < LENGTH_BYTES)
		return PLK_E_SHORT;
	n = be32_load(in.p);
	if (!length_is_good(framing, n, 0))
		return PLK_E_LIMIT;
	if (in.n < PLK_PREFIX_MAX)
		return PLK_E_SHORT;
	header = be32_load(in.p + LENGTH_BYTES);
	if (header != 0 && header != framing.vnet_hdr)
		return PLK_E_MALFORMED;
	if (!length_is_good(framing, n, header))
		return PLK_E_LIMIT;
	return body_take((struct plk_span){in.p + PLK_PREFIX_MAX, in.n - PLK_PREFIX_MAX}, n, header,
			 out, rest);
}

enum plk_err
plk_frame_parse(struct plk_framing framing, struct plk_span in, struct plk_frame *out,
		struct plk_span *rest)
{
	uint32_t n;

	if (framing.vnet_hdr > 0)
		return vnet_parse(framing, in, out, rest);
	if (in.n < LENGTH_BYTES)
		return PLK_E_SHORT;
	n = be32_load(in.p);
	if (!length_is_good(framing, n, 0))
		return PLK_E_LIMIT; /* before PLK_E_SHORT: never wait for a frame that will be refused */
	return body_take((struct plk_span){in.p + LENGTH_BYTES, in.n - LENGTH_BYTES}, n, 0, out,
			 rest);
}

enum plk_err
plk_frame_prefix_encode(struct plk_framing framing, size_t eth_n, struct plk_mspan out, size_t *n)
{
	size_t need = framing.vnet_hdr > 0 ? PLK_PREFIX_MAX : LENGTH_BYTES;

	if (eth_n < PLK_FRAME_MIN)
		return PLK_E_SHORT;
	if (eth_n > PLK_VNET_FRAME_MAX ||
	    !length_is_good(framing, eth_n + framing.vnet_hdr, framing.vnet_hdr))
		return PLK_E_LIMIT;
	if (out.n < need)
		return PLK_E_ROOM;
	be32_store(out.p, (uint32_t)(eth_n + framing.vnet_hdr));
	if (framing.vnet_hdr > 0)
		be32_store(out.p + LENGTH_BYTES, framing.vnet_hdr);
	*n = need;
	return PLK_OK;
}
