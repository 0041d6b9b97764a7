/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vnet.h: virtio-net headers (OASIS virtio 1.2 section 5.1.6, linux/virtio_net.h), as AF_PACKET's
 * PACKET_VNET_HDR, TAP devices and QEMU's filters put them before a frame.
 *
 *   offset  0  u8   flags         1 NEEDS_CSUM: the checksum from csum_start to the end is to be stored at csum_start +
 *                                 csum_offset, where the sum of the pseudo header stands; 2 DATA_VALID: it was verified
 *           1  u8   gso_type      0 none, 1 TCPv4, 3 UDP fragmentation, 4 TCPv6, 5 UDP L4; 0x80 added: TCP with ECN
 *           2  u16  hdr_len       bytes of all headers; a hint that the kernel does not always get right
 *           4  u16  gso_size      payload bytes of a segment
 *           6  u16  csum_start    offset of the checksummed part in the frame
 *           8  u16  csum_offset   offset of the checksum in it
 *          10  u16  num_buffers   sizes 12 and 20
 *          12  hash report        size 20: 8 bytes, ignored and sent as 0
 *
 * Integers are in the machine's byte order (what a local TAP and AF_PACKET speak; QEMU passes them
 * on as they are).
 *
 * Trust: bytes come from an unauthenticated peer, and from the kernel. Pure. Fuzz:
 * fuzz/vnet_fuzz.c.
 */
#ifndef PKTLOCK_VNET_H
#define PKTLOCK_VNET_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PLK_VNET_NEEDS_CSUM 1
#define PLK_VNET_DATA_VALID 2

#define PLK_VNET_GSO_NONE 0
#define PLK_VNET_GSO_TCPV4 1
#define PLK_VNET_GSO_UFO 3
#define PLK_VNET_GSO_TCPV6 4
#define PLK_VNET_GSO_UDP_L4 5
#define PLK_VNET_GSO_ECN 0x80

/** struct plk_vnet - the fields of a header, in host byte order; see above */
struct plk_vnet {
	uint8_t flags;
	uint8_t gso_type;
	uint16_t hdr_len;
	uint16_t gso_size;
	uint16_t csum_start;
	uint16_t csum_offset;
	uint16_t num_buffers;
};

/** plk_vnet_parse() - read a header
 * @in:   borrowed; 10, 12 or 20 bytes, or none: then all fields are 0
 * @out:  set on PLK_OK only
 * Return: PLK_OK; PLK_E_MALFORMED (another length). Values are not judged: plk_vnet_check() does.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_vnet_parse(struct plk_span in, struct plk_vnet *out);

/** plk_vnet_check() - whether a header fits its frame and may be given to a kernel
 * @vnet:  a header
 * @eth:   the frame, borrowed
 * Refused are:
 *  - flags other than NEEDS_CSUM and DATA_VALID (RSC_INFO describes what a device received, which no sender has)
 *  - a checksum that is not within the frame behind the Ethernet header, its VLAN tags, its IP header and IPv6's extension
 *    headers (the kernel would overwrite them); of TCP, and of UDP's own header, one that is elsewhere than the protocol has
 *    it. Behind a whole UDP header it may be that of a packet within (VXLAN, Geneve); of other protocols it may be anywhere.
 *  - any checksum of SCTP: it is a CRC32c, over which kernels would write a sum
 *  - a gso_type other than TCPv4, TCPv6 (with or without ECN) and UDP L4, and one that is not what the frame is: UDP
 *    fragmentation, which kernels lose on anything but UDP; TCPv4 on IPv6; fragments; packets within a tunnel
 *  - segmentation without NEEDS_CSUM, or whose csum_start is not where layer 4 begins
 *  - a gso_size below PLK_VNET_GSO_SIZE_MIN (the kernel would amplify)
 * What does not count is not judged: hdr_len and num_buffers, and csum_start and csum_offset without NEEDS_CSUM. DATA_VALID from
 * a client means nothing: a receiver sees it only where the kernel itself says so.
 * Return: PLK_OK; PLK_E_VNET_FLAGS; PLK_E_VNET_GSO_TYPE; PLK_E_VNET_GSO_SIZE; PLK_E_VNET_CSUM.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_vnet_check(const struct plk_vnet *vnet,
						    struct plk_span eth);

/** plk_vnet_receive() - whether a header that a kernel delivered fits its frame, and what it means
 * @vnet:  as PACKET_VNET_HDR or a TAP delivered it; changed on PLK_OK, so that what follows from it does not depend on how the
 *         kernel came by the frame: a superframe that was put together of received frames, whose checksums were verified, has
 *         NEEDS_CSUM, csum_start and csum_offset; a frame that is not longer than one segment and has its checksum has no gso_type
 * @eth:   the frame, borrowed
 * Refused is what plk_vnet_check() refuses, but for: gso_size, which may be 8 bytes or, for up to 128 segments, less; the CRC32c of
 * SCTP; segmentation without NEEDS_CSUM, unless an IP header with options or extension headers stands before it, or it is UDP whose
 * checksum is not that of its first segment: the kernel says the same of UDP within a tunnel.
 * Return: PLK_OK; PLK_E_VNET_FLAGS; PLK_E_VNET_GSO_TYPE; PLK_E_VNET_GSO_SIZE; PLK_E_VNET_CSUM.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_vnet_receive(struct plk_vnet *vnet, struct plk_span eth);

/** plk_vnet_headers_len() - the exact length of the headers of a frame that is to be segmented
 * @vnet:  passed plk_vnet_check() or plk_vnet_receive() with @eth, gso_type not none
 * @eth:   the frame, borrowed
 * Return: bytes from the Ethernet header to the end of the TCP or UDP header, never more than
 * @eth.n.
 */
PLK_PUBLIC size_t plk_vnet_headers_len(const struct plk_vnet *vnet, struct plk_span eth);

/** plk_vnet_is_superframe() - whether a frame has more payload than one segment
 * @vnet:  passed plk_vnet_check() or plk_vnet_receive() with @eth
 * @eth:   the frame, borrowed
 * Return: false also where gso_type says that it is to be segmented, but it is one segment already, as the last one of a
 * stream may be. Only its checksum is missing, then.
 */
PLK_PUBLIC bool plk_vnet_is_superframe(const struct plk_vnet *vnet, struct plk_span eth);

/** plk_vnet_encode() - write a header
 * @vnet:  any values; @num_buffers is left out of a header of 10 bytes
 * @size:  10, 12 or 20
 * @out:   borrowed; @size bytes at least
 * Return: PLK_OK; PLK_E_MALFORMED (another size); PLK_E_ROOM.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_vnet_encode(const struct plk_vnet *vnet, size_t size,
						     struct plk_mspan out);

#ifdef __cplusplus
}
#endif

#endif
