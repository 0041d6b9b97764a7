/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * segment.h: cut a superframe into the frames that a NIC would send (generic segmentation offload).
 *
 * A kernel that talks to a NIC with segmentation offload hands down one frame with up to 64 KiB of TCP or UDP payload and a
 * virtio-net header that says how to cut it. Each piece has all headers of the superframe, gso_size bytes of payload (the last
 * one the rest), and of its own, as Linux makes them (net/ipv4/tcp_offload.c, net/ipv4/udp_offload.c,
 * net/ipv4/af_inet.c; tests/netns/segment_test.py compares):
 *
 *   IPv4  total length; identification, one more each time; header checksum
 *   IPv6  payload length; without the jumbo payload option, if there is one (RFC 2675)
 *   TCP   sequence number; FIN and PSH on the last one only, CWR on the first only (RFC 3168 section 6.1.2); checksum
 *   UDP   length; checksum, never 0
 *
 * The sum of the pseudo header is made of the addresses; with IPv4 options or IPv6 extension headers, which may name another
 * address, of what the checksum field of the superframe holds (NEEDS_CSUM): only the length in it changes.
 *
 * Trust: frames come from the kernel, the wire behind it, and clients. Pure: no allocation; the headers of a piece are made in
 * the structure, the payload stays where it is. Work is linear. Fuzz: fuzz/segment_fuzz.c.
 */
#ifndef PLK_WIRE_SEGMENT_H
#define PLK_WIRE_SEGMENT_H

#include "wire/restore.h"

/* Bytes of all headers, the tag put back included: options and extension headers that real packets have fit many times. */
#define PLK_SEGMENT_HEAD_MAX 512

/** enum plk_segment_csum - what becomes of the checksum of layer 4 */
enum plk_segment_csum {
	PLK_SEGMENT_CSUM_FULL,    /* computed */
	PLK_SEGMENT_CSUM_PARTIAL, /* left to who gets the piece: see plk_segment_vnet() */
};

/** struct plk_segment - a superframe that is being cut; all members are private
 * It must not be copied between plk_segment_next() and the last use of what that made.
 */
struct plk_segment {
	uint8_t head[PLK_SEGMENT_HEAD_MAX];
	size_t head_n;
	size_t l3;
	size_t l4;
	bool is_ipv4;
	bool is_tcp;
	enum plk_segment_csum csum;
	struct plk_span left; /* payload */
	size_t gso_size;
	size_t index; /* of the next piece */
	uint16_t id;
	uint32_t seq;
	uint8_t flags;
	uint64_t pseudo; /* sum of the pseudo header without the length */
};

/** plk_segment_init() - begin to cut
 * @out:   set on PLK_OK only
 * @eth:   the superframe, borrowed until the last piece is done with
 * @tag:   a tag that stands beside it
 * @vnet:  its header, as delivered
 * Return: PLK_OK; PLK_E_SHORT (@eth is no frame); PLK_E_VNET_* (the header does not fit it); PLK_E_MALFORMED (it is not to be cut,
 * or is one piece alone: plk_restore_whole() does that; or a jumbogram with other hop-by-hop options); PLK_E_LIMIT (headers above
 * PLK_SEGMENT_HEAD_MAX, or pieces whose length an IP header cannot say).
 */
PLK_MUST_USE enum plk_err plk_segment_init(struct plk_segment *out, struct plk_span eth,
					   const struct plk_tag *tag, const struct plk_vnet *vnet,
					   enum plk_segment_csum csum);

/** plk_segment_count() - how many pieces are left */
size_t plk_segment_count(const struct plk_segment *segment);

/** plk_segment_next() - the next piece
 * @out: set on PLK_OK only; points into @segment and the superframe, until the next call
 * Return: PLK_OK; PLK_E_SHORT (there is no more).
 */
PLK_MUST_USE enum plk_err plk_segment_next(struct plk_segment *segment, struct plk_pieces *out);

/** plk_segment_skip() - leave out the next @n pieces, or all that are left; costs the same for any @n */
void plk_segment_skip(struct plk_segment *segment, size_t n);

/** plk_segment_vnet() - the header that each piece has with PLK_SEGMENT_CSUM_PARTIAL */
struct plk_vnet plk_segment_vnet(const struct plk_segment *segment);

#endif
