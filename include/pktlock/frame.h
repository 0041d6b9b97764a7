/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h: Ethernet frames on a stream, as QEMU's socket backends and filters lay them out.
 *
 *   format qemu:   be32 N, N bytes of frame                           14 <= N <= 65535      -netdev stream, socket
 *   format vnet:   be32 N, be32 H, H bytes of virtio-net header, N - H bytes of frame
 *                  N counts the header; H is the port's size (10, 12 or 20) or 0, which means that no header follows
 *                  14 + H <= N <= 69632                               filter-mirror and -redirector, vnet_hdr_support=on
 *
 * A frame is an Ethernet frame without FCS, its length at least PLK_FRAME_MIN. The formats cannot
 * be told apart from the bytes; both ends must be told. A stream may end between frames only.
 *
 * Trust: bytes come from an unauthenticated peer. Pure: no I/O, no allocation, no globals. A record
 * is refused as soon as its prefix is there, before anything is waited for. Fuzz:
 * fuzz/frame_fuzz.c, fuzz/deframer_fuzz.c.
 */
#ifndef PKTLOCK_FRAME_H
#define PKTLOCK_FRAME_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct plk_framing - how the stream is laid out; both ends agree on it beforehand
 * @vnet_hdr: 0 is format qemu; 10, 12 or 20 is format vnet with headers of that size
 */
struct plk_framing {
	uint8_t vnet_hdr;
};

/** struct plk_frame - one frame of a stream
 * @vnet: the virtio-net header; empty in format qemu and where the peer sent none
 * @eth:  the Ethernet frame, PLK_FRAME_MIN bytes at least
 */
struct plk_frame {
	struct plk_span vnet;
	struct plk_span eth;
};

/** plk_frame_parse() - take one frame from the front of a byte range
 * @framing: what both ends agreed on
 * @in:      borrowed; may be empty
 * @out:     set on PLK_OK only; its spans point into @in and live as long as it
 * @rest:    set on PLK_OK only; the bytes of @in after the frame
 * Return: PLK_OK; PLK_E_SHORT (not yet complete: read more); PLK_E_LIMIT (N out of range: close the
 * peer); PLK_E_MALFORMED (H is neither the port's size nor 0: close the peer).
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_frame_parse(struct plk_framing framing, struct plk_span in,
						     struct plk_frame *out, struct plk_span *rest);

/** plk_frame_prefix_encode() - what goes before a frame: N, and H in format vnet
 * @framing: what both ends agreed on; in format vnet a header of that size follows the prefix
 * @eth_n:   length of the Ethernet frame, bytes
 * @out:     borrowed; PLK_PREFIX_MAX bytes are always enough
 * @n:       set on PLK_OK only; bytes written, 4 or 8
 * Return: PLK_OK; PLK_E_SHORT (@eth_n is less than PLK_FRAME_MIN); PLK_E_LIMIT (the record would be
 * too long); PLK_E_ROOM.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err
plk_frame_prefix_encode(struct plk_framing framing, size_t eth_n, struct plk_mspan out, size_t *n);

#ifdef __cplusplus
}
#endif

#endif
