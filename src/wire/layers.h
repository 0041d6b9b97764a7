/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layers.h: where the layers of an Ethernet frame begin.
 *
 *   frame = destination, source, *( TPID, TCI ), EtherType, layer 3         TPID = 0x8100 or 0x88a8 (IEEE 802.1Q)
 *   layer 3, EtherType 0x0800 = IPv4 header with options (RFC 791), layer 4
 *            EtherType 0x86dd = IPv6 header (RFC 8200), *( hop-by-hop options (0), routing (43), destination options (60) ),
 *                               [ fragment header (44) ], layer 4
 *            any other        = not looked into: layer 4 begins with layer 3
 *
 * Lengths that the IP headers give are not looked at: of a frame that is to be segmented they may say anything.
 *
 * Trust: bytes come from the wire and from clients. Pure; the work is linear in the length of the headers. Fuzz:
 * fuzz/layers_fuzz.c.
 */
#ifndef PLK_WIRE_LAYERS_H
#define PLK_WIRE_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#define PLK_TYPE_8021Q 0x8100
#define PLK_TYPE_8021AD 0x88a8
#define PLK_TYPE_IPV4 0x0800
#define PLK_TYPE_IPV6 0x86dd

#define PLK_IPV4_HDR 20 /* bytes, without options */
#define PLK_IPV6_HDR 40 /* bytes, without extension headers */

#define PLK_PROTO_TCP 6
#define PLK_PROTO_UDP 17
#define PLK_PROTO_SCTP 132
#define PLK_PROTO_NONE 256 /* no IP protocol: not an IP packet */

/* Where they have their checksums, in their headers: RFC 9293 section 3.1, RFC 768, RFC 9260 section 3.1. */
#define PLK_TCP_CSUM 16
#define PLK_UDP_CSUM 6
#define PLK_SCTP_CSUM 8 /* a CRC32c, 4 bytes */

/** struct plk_layers - what was found
 * @type:        EtherType, behind all tags
 * @l3:          offset of layer 3, bytes
 * @l4:          offset of layer 4, bytes; @l3 if it is no IP packet
 * @proto:       protocol of layer 4, or PLK_PROTO_NONE
 * @is_fragment: not a whole packet: layer 4 may be its middle
 */
struct plk_layers {
	uint16_t type;
	size_t l3;
	size_t l4;
	uint16_t proto;
	bool is_fragment;
};

/** plk_layers_parse() - look for the layers
 * @eth:  the frame, borrowed
 * @out:  set on PLK_OK only; no offset is beyond @eth.n
 * Return: PLK_OK; PLK_E_SHORT (it ends within a header); PLK_E_MALFORMED (an IP header of another version than the
 * EtherType says, or an IPv4 header shorter than its fixed part).
 */
PLK_MUST_USE enum plk_err plk_layers_parse(struct plk_span eth, struct plk_layers *out);

/** plk_layers_pseudo() - the sum of the pseudo header of TCP or UDP, without its length (RFC 9293 section 3.1, RFC 8200 section 8.1)
 * @layers:  what plk_layers_parse() found in @eth, an IP packet
 * @sum:     set if true only; see csum.h
 * Return: false if the IP header has options or extension headers: they may name another address than the packet's own.
 */
PLK_MUST_USE bool plk_layers_pseudo(struct plk_span eth, const struct plk_layers *layers,
				    uint64_t *sum);

#endif
