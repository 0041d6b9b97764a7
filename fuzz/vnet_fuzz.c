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
	if (l->is_fragment || (l->proto != 6 && l->proto != 17 && l->proto != 132))
		return true;
	if (l->proto == 132)
		return v->csum_start == l->l4 && v->csum_offset == 8;
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

/* Whether TCP or UDP has a whole header there. */
static bool
oracle_header(const struct plk_vnet *v, struct plk_span eth)
{
	size_t length = v->gso_type == 5 ? 8 : 20;

	if (v->csum_start + length > eth.n)
		return false;
	if (v->gso_type != 5)
		length = eth.p[v->csum_start + 12] / 16 * 4U;
	return length >= (v->gso_type == 5 ? 8 : 20) && v->csum_start + length <= eth.n;
}

static bool
oracle_csum(const struct plk_vnet *v, struct plk_span eth, const struct plk_layers *l)
{
	return !(v->flags & 1) ||
	       (v->csum_start >= l->l4 && (size_t)v->csum_start + v->csum_offset + 2 <= eth.n &&
		oracle_in_place(v, l));
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
	if (plk_layers_parse(eth, &layers) != PLK_OK || !oracle_csum(v, eth, &layers) ||
	    ((v->flags & 1) && layers.proto == 132))
		return PLK_E_VNET_CSUM;
	if (v->gso_type == 0)
		return PLK_OK;
	if (!oracle_type(v, &layers))
		return PLK_E_VNET_GSO_TYPE;
	if (v->gso_size < 48)
		return PLK_E_VNET_GSO_SIZE;
	return (v->flags & 1) && v->csum_start == layers.l4 && oracle_header(v, eth)
		       ? PLK_OK
		       : PLK_E_VNET_CSUM;
}

/* Whether the first datagram of a superframe, cut out, has a right checksum. */
static bool
oracle_first(const struct plk_vnet *v, struct plk_span eth, const struct plk_layers *l)
{
	bool v4 = l->type == 0x0800;
	const uint8_t *addresses = eth.p + l->l3 + (v4 ? 12 : 8);
	const uint8_t *udp = eth.p + l->l4;
	size_t n = 8 + (size_t)v->gso_size;
	uint64_t sum = 17 + n + n;

	for (size_t i = 0; i < (v4 ? 8 : 32); i++)
		sum += i % 2 == 0 ? addresses[i] * 256U : addresses[i];
	for (size_t i = 0; i < n; i++) {
		if (i != 4 && i != 5)
			sum += i % 2 == 0 ? udp[i] * 256U : udp[i];
	}
	return n <= 65535 && (udp[6] != 0 || udp[7] != 0) && sum % 65535 == 0;
}

/* What a kernel may deliver, and what it means. */
static enum plk_err
oracle_received(struct plk_vnet *v, struct plk_span eth)
{
	struct plk_layers layers;
	bool verified = !(v->flags & 1);
	uint8_t valid = v->flags & 2;
	size_t payload;

	if (v->flags > 3)
		return PLK_E_VNET_FLAGS;
	if (verified && v->gso_type == 0)
		return PLK_OK;
	if (plk_layers_parse(eth, &layers) != PLK_OK || !oracle_csum(v, eth, &layers))
		return PLK_E_VNET_CSUM;
	if (v->gso_type == 0)
		return PLK_OK;
	if (!oracle_type(v, &layers))
		return PLK_E_VNET_GSO_TYPE;
	if (!verified && v->gso_type == 5 && v->csum_start > layers.l4)
		return PLK_E_VNET_GSO_TYPE;
	if (verified && layers.l4 > 65535)
		return PLK_E_VNET_CSUM;
	if (verified) {
		v->flags = 1;
		v->csum_start = (uint16_t)layers.l4;
		v->csum_offset = v->gso_type == 5 ? 6 : 16;
	}
	if (v->csum_start != layers.l4 || !oracle_header(v, eth))
		return PLK_E_VNET_CSUM;
	payload = eth.n - plk_vnet_headers_len(v, eth);
	if (v->gso_size < 8 && (v->gso_size == 0 || payload / v->gso_size >= 128))
		return PLK_E_VNET_GSO_SIZE;
	if (verified && payload <= v->gso_size)
		*v = (struct plk_vnet){.flags = valid};
	else if (verified && layers.l4 - layers.l3 != (layers.type == 0x0800 ? 20 : 40))
		return PLK_E_VNET_CSUM;
	else if (verified && v->gso_type == 5 && !oracle_first(v, eth, &layers))
		return PLK_E_VNET_GSO_TYPE;
	return PLK_OK;
}

static void
receive_check(const struct plk_vnet *delivered, struct plk_span eth)
{
	struct plk_vnet want = *delivered;
	struct plk_vnet got = *delivered;
	enum plk_err err = oracle_received(&want, eth);

	CHECK(plk_vnet_receive(&got, eth) == err);
	if (err != PLK_OK)
		want = *delivered;
	CHECK(same_header(&got, &want) && got.num_buffers == want.num_buffers);
	if (err != PLK_OK)
		return;
	CHECK(plk_vnet_receive(&got, eth) == PLK_OK); /* what it means, it means */
	CHECK(same_header(&got, &want));
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
	receive_check(&vnet, eth);
	err = plk_vnet_check(&vnet, eth);
	CHECK(err == oracle(&vnet, eth));
	if (err == PLK_OK && vnet.gso_type != 0) {
		n = plk_vnet_headers_len(&vnet, eth);
		CHECK(n <= eth.n && n >= vnet.csum_start + 8U);
	}
	return 0;
}
