/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * claims.h: what a frame says of its sender: the VLAN it is in, and the link-layer addresses that others will take for the sender's.
 *
 *   frame    = destination, source, *tag, EtherType, message            source is a claim
 *   tag      = TPID (0x8100 or 0x88a8), TCI                             the VLAN is the first tag's VID, or 0
 *   message, EtherType 0x0806, 0x8035 (ARP, RFC 826; RARP, RFC 903), any operation:
 *              u16 hardware type (1 or 6), u16 protocol, u8 hardware length (6), u8 P, u16 operation,
 *              sender hardware address, P bytes, target hardware address, P bytes, *any                the first is a claim
 *            EtherType 0x86dd: IPv6 header, extension headers (layers.h), ICMPv6 (58) of a type below (RFC 4861), to the end that the
 *              IPv6 header says; behind it *any
 *              router solicitation (133), advertisement (134), neighbour solicitation (135), advertisement (136), redirect (137):
 *              8, 16, 24, 24, 40 bytes, then *option
 *   option   = u8 type, u8 length in 8 bytes (1 at least), contents     of types 1 and 2, in any of them: length 1, a claim
 *            anything else has no more claims
 *
 * Others may see another frame in the same bytes, so that a sender who lies would not be caught. What they may is refused:
 *   - a tag behind one with VID 0: a bridge takes the frame for untagged, a host takes the second tag (only the VLAN is refused)
 *   - TPIDs before the standard (0x9100, 0x9200, 0x9300): for some it is a tag, for others an unknown EtherType
 *   - an EtherType of the above, or a TPID, behind LLC and SNAP (RFC 1042, and the bridge tunnel of IEEE 802.1H): Linux ignores it on
 *     Ethernet, but a bridge to a wireless network makes the same frame of it as of ARP itself
 *   - neighbour discovery in fragments (RFC 6980), and a fragment that begins with an extension header, behind which it may hide
 *   - a checksum left to the kernel that would be stored over what was judged: in ARP, in an 802.3 frame, in ICMPv6 elsewhere than ICMPv6
 *     has its own
 *   - what is cut short, and options of length 0
 * Several options of one type, options of the wrong message, other hop limits than 255 and wrong checksums are looked at like any: some
 * receiver may take them.
 *
 * Not looked into: tunnels, the addresses of IP, and inner tags of a stack.
 *
 * Trust: bytes come from an unauthenticated peer who lies. Pure; the work is linear. Fuzz: fuzz/claims_fuzz.c.
 */
#ifndef PLK_WIRE_CLAIMS_H
#define PLK_WIRE_CLAIMS_H

#include <stdbool.h>
#include <stdint.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>
#include <pktlock/vnet.h>

/** enum plk_claim - where the frame says an address */
enum plk_claim { PLK_CLAIM_SOURCE, PLK_CLAIM_ARP, PLK_CLAIM_ND, PLK_CLAIMS };

/** struct plk_claims - the addresses of one frame; members are private; lives as long as the frame */
struct plk_claims {
	const uint8_t *source; /* NULL when it was taken */
	const uint8_t *arp;    /* NULL if there is none, or it was taken */
	struct plk_span options;
};

/** plk_claims_parse() - find the addresses
 * @eth:   the frame, borrowed
 * @vnet:  its header, which passed plk_vnet_check() with it
 * @out:   set on PLK_OK only; points into @eth
 * Return: PLK_OK; PLK_E_SHORT (no Ethernet header); PLK_E_CLAIM_*: it cannot be judged.
 */
PLK_MUST_USE enum plk_err plk_claims_parse(struct plk_span eth, const struct plk_vnet *vnet,
					   struct plk_claims *out);

/** plk_claims_next() - take the next address; the Ethernet source is the first
 * @where: set if true only
 * @mac:   set if true only; PLK_ETH_ADDR bytes of the frame
 * Return: false if there is none left.
 */
bool plk_claims_next(struct plk_claims *claims, enum plk_claim *where, const uint8_t **mac);

/** plk_claims_vlan() - find the VLAN
 * @eth:   the frame, borrowed
 * @vnet:  its header, which passed plk_vnet_check() with it
 * @id:    set on PLK_OK only; 0 (no tag, or a priority tag) to 4095 (which IEEE 802.1Q reserves)
 * Return: PLK_OK; PLK_E_SHORT (no Ethernet header); PLK_E_CLAIM_TAG, PLK_E_CLAIM_SNAP, PLK_E_CLAIM_CSUM: it cannot be judged.
 */
PLK_MUST_USE enum plk_err plk_claims_vlan(struct plk_span eth, const struct plk_vnet *vnet,
					  uint16_t *id);

#endif
