/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first byte is the length of a virtio-net header; it follows, and then a frame. Oracle: what
 * vnet.h says of good headers once more.
 */
#include <pktlock/vnet.h>

#include "harness.h"
#include "wire/layers.h"

static bool
same_header(const struct plk_vnet *a, const struct plk_vnet *b)
{
	return a->flags == b->flags && a->gso_type == b->gso_type && a->hdr_len == b->hdr_len &&
	       a->gso_size == b->gso_size && a->csum_start == b->csum_start &&
	       a->csum_offset == b->csum_offset;
}

/* Written in each size it is read again; what the smallest has no room for is 0, and so are the
 * hash bytes. */
static void
round_trip(const struct plk_vnet *vnet)
{
	static const size_t sizes[] = {10, 12, 20};
	static const uint8_t zeros[8];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		uint8_t out[20];
		struct plk_vnet again;

		mark(out, sizeof out);
		CHECK(plk_vnet_encode(vnet, sizes[i], (struct plk_mspan){out, sizes[i] - 1}) ==
		      PLK_E_ROOM);
		CHECK(untouched(out, sizeof out));
		CHECK(plk_vnet_encode(vnet, sizes[i], (struct plk_mspan){out, sizes[i]}) == PLK_OK);
		CHECK(untouched(out + sizes[i], sizeof out - sizes[i]));
		CHECK(plk_vnet_parse((struct plk_span){out, sizes[i]}, &again) == PLK_OK);
		CHECK(same_header(&again, vnet));
		CHECK(again.num_buffers == (sizes[i] == 10 ? 0 : vnet->num_buffers));
		CHECK(sizes[i] < 20 || memcmp(out + 12, zeros, sizeof zeros) == 0);
	}
}

static bool
oracle_in_place(const struct plk_vnet *v, const struct plk_layers *l)
{
	if (l->is_fragment || (l->proto != 6 && l->proto != 17))
		return true;
	if (l->proto == 17 && v->csum_start >= l->l4 + 8)
		return true;
	return v->csum_start == l->l4 && v->csum_offset == (l->proto == 6 ? 16 : 6);
}

static bool
oracle_type(const struct plk_vnet *v, const struct plk_layers *l)
{
	unsigned ip = l->type == 0x0800 ? 4 : l->type == 0x86dd ? 6 : 0;

	if (ip == 0 || l->is_fragment)
		return false;
	if (v->gso_type == 5)
		return l->proto == 17;
	return l->proto == 6 && (v->gso_type & 0x7f) == (ip == 4 ? 1 : 4);
}

static enum plk_err
oracle_gso(const struct plk_vnet *v, struct plk_span eth, const struct plk_layers *l)
{
	bool tcp = v->gso_type != 5;
	size_t length = tcp ? 20 : 8;

	if (!oracle_type(v, l))
		return PLK_E_VNET_GSO_TYPE;
	if (v->gso_size < 48)
		return PLK_E_VNET_GSO_SIZE;
	if (!(v->flags & 1) || v->csum_start != l->l4 || v->csum_start + length > eth.n)
		return PLK_E_VNET_CSUM;
	if (tcp)
		length = eth.p[v->csum_start + 12] / 16 * 4U;
	return length < (tcp ? 20 : 8) || v->csum_start + length > eth.n ? PLK_E_VNET_CSUM : PLK_OK;
}

/* The layers have a harness of their own. */
static enum plk_err
oracle(const struct plk_vnet *v, struct plk_span eth)
{
	struct plk_layers layers;

	if (v->flags > 3)
		return PLK_E_VNET_FLAGS;
	if (!(v->flags & 1) && v->gso_type == 0)
		return PLK_OK;
	if (plk_layers_parse(eth, &layers) != PLK_OK)
		return PLK_E_VNET_CSUM;
	if ((v->flags & 1) &&
	    (v->csum_start < layers.l4 || (size_t)v->csum_start + v->csum_offset + 2 > eth.n ||
	     !oracle_in_place(v, &layers)))
		return PLK_E_VNET_CSUM;
	return v->gso_type == 0 ? PLK_OK : oracle_gso(v, eth, &layers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	size_t n = take_u8(&in) % 32;
	struct plk_span header = {in.p, in.n < n ? in.n : n};
	struct plk_span eth = tail_of(in, header.n);
	bool good = header.n == 0 || header.n == 10 || header.n == 12 || header.n == 20;
	struct plk_vnet vnet;
	enum plk_err err;

	mark(&vnet, sizeof vnet);
	CHECK(plk_vnet_parse(header, &vnet) == (good ? PLK_OK : PLK_E_MALFORMED));
	if (!good) {
		CHECK(untouched(&vnet, sizeof vnet));
		CHECK(plk_vnet_encode(&vnet, header.n, (struct plk_mspan){NULL, 0}) ==
		      PLK_E_MALFORMED);
		return 0;
	}
	round_trip(&vnet);
	err = plk_vnet_check(&vnet, eth);
	CHECK(err == oracle(&vnet, eth));
	if (err == PLK_OK && vnet.gso_type != 0) {
		n = plk_vnet_headers_len(&vnet, eth);
		CHECK(n <= eth.n && n >= vnet.csum_start + 8U);
	}
	return 0;
}
