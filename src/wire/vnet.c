/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/vnet.h>

#include <string.h>

#include "base/bytes.h"
#include "wire/csum.h"
#include "wire/layers.h"

#define CSUM_BYTES 2
#define TCP_OFFSET 12 /* offset of the data offset */
#define TCP_HDR 20    /* without options */
#define UDP_HDR 8
#define UDP_LENGTH 4           /* offset of its length */
#define GSO_SIZE_LEAST 8       /* bytes */
#define UDP_DATAGRAMS_MOST 128 /* linux/udp.h: UDP_MAX_SEGMENTS */

static bool
is_size(size_t n)
{
	return n == PLK_VNET_HDR || n == PLK_VNET_HDR_MRG || n == PLK_VNET_HDR_HASH;
}

enum plk_err
plk_vnet_parse(struct plk_span in, struct plk_vnet *out)
{
	if (in.n == 0) {
		*out = (struct plk_vnet){0};
		return PLK_OK;
	}
	if (!is_size(in.n))
		return PLK_E_MALFORMED;
	*out = (struct plk_vnet){
		.flags = in.p[0],
		.gso_type = in.p[1],
		.hdr_len = host16_load(in.p + 2),
		.gso_size = host16_load(in.p + 4),
		.csum_start = host16_load(in.p + 6),
		.csum_offset = host16_load(in.p + 8),
		.num_buffers = in.n >= PLK_VNET_HDR_MRG ? host16_load(in.p + 10) : 0,
	};
	return PLK_OK;
}

/* Whether @n bytes lie at @start in a frame, behind the Ethernet header. */
static bool
is_inside(struct plk_span eth, size_t start, size_t n)
{
	return start >= PLK_ETH_HDR && span_has(eth, start, n);
}

/* Whether the checksum is where the protocol has it. Behind a whole UDP header another packet may follow whose checksum it
 * is (VXLAN, Geneve); what we do not know may have it anywhere. */
static bool
is_in_place(const struct plk_vnet *vnet, const struct plk_layers *layers)
{
	if (layers->is_fragment)
		return true;
	if (layers->proto == PLK_PROTO_SCTP)
		return vnet->csum_start == layers->l4 && vnet->csum_offset == PLK_SCTP_CSUM;
	if (layers->proto == PLK_PROTO_TCP)
		return vnet->csum_start == layers->l4 && vnet->csum_offset == PLK_TCP_CSUM;
	if (layers->proto == PLK_PROTO_UDP && vnet->csum_start < layers->l4 + UDP_HDR)
		return vnet->csum_start == layers->l4 && vnet->csum_offset == PLK_UDP_CSUM;
	return true;
}

/* The kernel takes a checksum anywhere behind the Ethernet header, and would overwrite tags, addresses and ports. */
static enum plk_err
csum_check(const struct plk_vnet *vnet, struct plk_span eth, const struct plk_layers *layers)
{
	if (!(vnet->flags & PLK_VNET_NEEDS_CSUM))
		return PLK_OK;
	if (!is_inside(eth, vnet->csum_start, (size_t)vnet->csum_offset + CSUM_BYTES) ||
	    vnet->csum_start < layers->l4 || !is_in_place(vnet, layers))
		return PLK_E_VNET_CSUM;
	return PLK_OK;
}

static bool
is_tcp(const struct plk_vnet *vnet)
{
	uint8_t type = (uint8_t)(vnet->gso_type & ~PLK_VNET_GSO_ECN);

	return type == PLK_VNET_GSO_TCPV4 || type == PLK_VNET_GSO_TCPV6;
}

/* Whether the frame is what its gso_type says. */
static bool
is_of_type(const struct plk_vnet *vnet, const struct plk_layers *layers)
{
	bool ipv4 = layers->type == PLK_TYPE_IPV4;
	bool ipv6 = layers->type == PLK_TYPE_IPV6;

	if (layers->is_fragment)
		return false;
	switch (vnet->gso_type & ~PLK_VNET_GSO_ECN) {
	case PLK_VNET_GSO_TCPV4:
		return ipv4 && layers->proto == PLK_PROTO_TCP;
	case PLK_VNET_GSO_TCPV6:
		return ipv6 && layers->proto == PLK_PROTO_TCP;
	default:
		return vnet->gso_type == PLK_VNET_GSO_UDP_L4 && (ipv4 || ipv6) &&
		       layers->proto == PLK_PROTO_UDP;
	}
}

/* Whether the frame can be cut: what the header says of it is so, but for gso_size. */
static enum plk_err
gso_check(const struct plk_vnet *vnet, struct plk_span eth, const struct plk_layers *layers)
{
	size_t header = is_tcp(vnet) ? TCP_HDR : UDP_HDR;
	size_t length;

	/* with NEEDS_CSUM, csum_check() has seen that start and offset are those of the protocol */
	if (!(vnet->flags & PLK_VNET_NEEDS_CSUM) || vnet->csum_start != layers->l4)
		return PLK_E_VNET_CSUM;
	if (!is_inside(eth, vnet->csum_start, header))
		return PLK_E_VNET_CSUM;
	length = plk_vnet_headers_len(vnet, eth) - vnet->csum_start;
	if (length < header || !is_inside(eth, vnet->csum_start, length))
		return PLK_E_VNET_CSUM; /* a TCP data offset below 5, or options beyond the end */
	return PLK_OK;
}

static enum plk_err
flags_check(const struct plk_vnet *vnet)
{
	return vnet->flags & ~(PLK_VNET_NEEDS_CSUM | PLK_VNET_DATA_VALID) ? PLK_E_VNET_FLAGS
									  : PLK_OK;
}

static bool
asks_nothing(const struct plk_vnet *vnet)
{
	return !(vnet->flags & PLK_VNET_NEEDS_CSUM) && vnet->gso_type == PLK_VNET_GSO_NONE;
}

static enum plk_err
layers_check(const struct plk_vnet *vnet, struct plk_span eth, struct plk_layers *out)
{
	if (plk_layers_parse(eth, out) != PLK_OK)
		return PLK_E_VNET_CSUM; /* there is nothing in it that could have one */
	return csum_check(vnet, eth, out);
}

enum plk_err
plk_vnet_check(const struct plk_vnet *vnet, struct plk_span eth)
{
	struct plk_layers layers;
	enum plk_err err = flags_check(vnet);

	if (err != PLK_OK || asks_nothing(vnet))
		return err;
	err = layers_check(vnet, eth, &layers);
	if (err == PLK_OK && layers.proto == PLK_PROTO_SCTP && (vnet->flags & PLK_VNET_NEEDS_CSUM))
		err = PLK_E_VNET_CSUM; /* a CRC, over which kernels would write a sum */
	if (err != PLK_OK || vnet->gso_type == PLK_VNET_GSO_NONE)
		return err;
	if (!is_of_type(vnet, &layers))
		return PLK_E_VNET_GSO_TYPE;
	if (vnet->gso_size < PLK_VNET_GSO_SIZE_MIN)
		return PLK_E_VNET_GSO_SIZE;
	return gso_check(vnet, eth, &layers);
}

/* TCP has 8 bytes of payload in a segment at least (48, less all options); of UDP the kernel makes no more than so many datagrams. */
static bool
is_kernels_size(const struct plk_vnet *vnet, struct plk_span eth)
{
	size_t payload = eth.n - plk_vnet_headers_len(vnet, eth);

	return vnet->gso_size >= GSO_SIZE_LEAST ||
	       (vnet->gso_size > 0 && payload / vnet->gso_size < UDP_DATAGRAMS_MOST);
}

/* A superframe that was put together of received frames may have their checksums, verified, rather than NEEDS_CSUM. */
static void
needs_csum_set(struct plk_vnet *vnet, const struct plk_layers *layers)
{
	vnet->flags = PLK_VNET_NEEDS_CSUM; /* the sum makes way for the pseudo header's */
	vnet->csum_start = (uint16_t)layers->l4;
	vnet->csum_offset = is_tcp(vnet) ? PLK_TCP_CSUM : PLK_UDP_CSUM;
}

/* Of UDP in a tunnel that was put together without NEEDS_CSUM the header says the same as of plain UDP. The checksum tells: the kernel
 * leaves that of the first datagram (net/ipv4/udp_offload.c: udp_gro_complete()), a tunnel's is of more, or none. */
static bool
is_of_first(const struct plk_vnet *vnet, struct plk_span eth, const struct plk_layers *layers,
	    uint64_t pseudo)
{
	const uint8_t *l4 = eth.p + layers->l4;
	const size_t n = UDP_HDR + (size_t)vnet->gso_size; /* the frame has more */
	uint64_t sum = plk_csum_add(pseudo, (struct plk_span){l4, n});

	/* the length, in both headers */
	sum = plk_csum_add16(sum, (uint16_t)~be16_load(l4 + UDP_LENGTH));
	sum = plk_csum_add16(plk_csum_add16(sum, (uint16_t)n), (uint16_t)n);
	return n <= UINT16_MAX && be16_load(l4 + PLK_UDP_CSUM) != 0 &&
	       plk_csum_fold(sum) == UINT16_MAX;
}

static enum plk_err
gso_receive(struct plk_vnet *vnet, struct plk_span eth, const struct plk_layers *layers)
{
	bool verified = !(vnet->flags & PLK_VNET_NEEDS_CSUM);
	const uint8_t valid = vnet->flags & PLK_VNET_DATA_VALID;
	uint64_t sum;
	enum plk_err err;

	if (!is_of_type(vnet, layers))
		return PLK_E_VNET_GSO_TYPE;
	if (!verified && layers->proto == PLK_PROTO_UDP && vnet->csum_start > layers->l4)
		return PLK_E_VNET_GSO_TYPE; /* of a packet in a tunnel */
	if (verified && layers->l4 > UINT16_MAX)
		return PLK_E_VNET_CSUM;
	if (verified)
		needs_csum_set(vnet, layers);
	err = gso_check(vnet, eth, layers);
	if (err != PLK_OK)
		return err;
	if (!is_kernels_size(vnet, eth))
		return PLK_E_VNET_GSO_SIZE;
	if (!verified)
		return PLK_OK;
	if (!plk_vnet_is_superframe(vnet, eth)) {
		*vnet = (struct plk_vnet){.flags = valid};
		return PLK_OK;
	}
	if (!plk_layers_pseudo(eth, layers, &sum))
		return PLK_E_VNET_CSUM; /* nobody could tell it */
	if (!is_tcp(vnet) && !is_of_first(vnet, eth, layers, sum))
		return PLK_E_VNET_GSO_TYPE;
	return PLK_OK;
}

enum plk_err
plk_vnet_receive(struct plk_vnet *vnet, struct plk_span eth)
{
	struct plk_vnet changed = *vnet;
	struct plk_layers layers;
	enum plk_err err = flags_check(vnet);

	if (err != PLK_OK || asks_nothing(vnet))
		return err;
	err = layers_check(vnet, eth, &layers);
	if (err == PLK_OK && vnet->gso_type != PLK_VNET_GSO_NONE)
		err = gso_receive(&changed, eth, &layers);
	if (err == PLK_OK)
		*vnet = changed;
	return err;
}

size_t
plk_vnet_headers_len(const struct plk_vnet *vnet, struct plk_span eth)
{
	size_t start = vnet->csum_start;

	if (!is_tcp(vnet))
		return start + UDP_HDR;
	if (start > eth.n || eth.n - start < TCP_HDR)
		return eth.n;
	return start + 4 * (size_t)(eth.p[start + TCP_OFFSET] >> 4);
}

bool
plk_vnet_is_superframe(const struct plk_vnet *vnet, struct plk_span eth)
{
	return vnet->gso_type != PLK_VNET_GSO_NONE &&
	       eth.n - plk_vnet_headers_len(vnet, eth) > vnet->gso_size;
}

enum plk_err
plk_vnet_encode(const struct plk_vnet *vnet, size_t size, struct plk_mspan out)
{
	if (!is_size(size))
		return PLK_E_MALFORMED;
	if (out.n < size)
		return PLK_E_ROOM;
	memset(out.p, 0, size);
	out.p[0] = vnet->flags;
	out.p[1] = vnet->gso_type;
	host16_store(out.p + 2, vnet->hdr_len);
	host16_store(out.p + 4, vnet->gso_size);
	host16_store(out.p + 6, vnet->csum_start);
	host16_store(out.p + 8, vnet->csum_offset);
	if (size >= PLK_VNET_HDR_MRG)
		host16_store(out.p + 10, vnet->num_buffers);
	return PLK_OK;
}
