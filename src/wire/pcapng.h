/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng.h: write pcapng (draft-ietf-opsawg-pcapng): a section header, one interface description,
 * enhanced packet blocks.
 *
 *   block = u32 type, u32 length, body, u32 length again        length a multiple of 4; all in the machine's byte order,
 *                                                               which the section header's magic tells
 *   section header     0x0a0d0d0a   magic 0x1a2b3c4d, version 1.0, section length unknown (-1)
 *   interface          1            LINKTYPE_ETHERNET, snaplen, if_name, if_tsresol 9 (nanoseconds)
 *   enhanced packet    6            interface 0, time stamp, captured and original length, packet padded to 4 bytes,
 *                                   epb_flags where the direction is known
 *
 * Pure. Test: tests/unit/pcapng_test.c; what it writes is read back by libpcap and tshark in
 * tests/netns.
 */
#ifndef PLK_WIRE_PCAPNG_H
#define PLK_WIRE_PCAPNG_H

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

/* The first four bytes of every pcapng stream, in any byte order. */
#define PLK_PCAPNG_MAGIC 0x0a0d0d0aU

#define PLK_PCAPNG_START_MAX 128 /* bytes of section header and interface description */
#define PLK_PCAPNG_HEAD 28       /* bytes of an enhanced packet block before the packet */
#define PLK_PCAPNG_TAIL_MAX 19   /* bytes after the packet: padding, options, length */

/** enum plk_pcapng_flow - the direction bits of epb_flags */
enum plk_pcapng_flow {
	PLK_PCAPNG_FLOW_UNKNOWN,
	PLK_PCAPNG_FLOW_IN,
	PLK_PCAPNG_FLOW_OUT,
};

/** struct plk_pcapng_packet - what is said of a packet
 * @time_ns:  nanoseconds since 1970-01-01 UTC
 * @captured: bytes that follow, at most PLK_SNAPLEN_MAX
 * @original: bytes that the packet had
 */
struct plk_pcapng_packet {
	uint64_t time_ns;
	uint32_t captured;
	uint32_t original;
	enum plk_pcapng_flow flow;
};

/** plk_pcapng_start_encode() - section header and interface description
 * @ifname:   shown as the interface's name; at most PLK_IFNAME_MAX bytes; empty for none
 * @snaplen:  bytes; 0 is no limit
 * @out:      borrowed; PLK_PCAPNG_START_MAX bytes are always enough
 * @n:        set on PLK_OK only
 * Return: PLK_OK; PLK_E_LIMIT (@ifname is too long); PLK_E_ROOM.
 */
PLK_MUST_USE enum plk_err plk_pcapng_start_encode(struct plk_span ifname, uint32_t snaplen,
						  struct plk_mspan out, size_t *n);

/** plk_pcapng_packet_encode() - what goes before and after the bytes of a packet
 * @head:    PLK_PCAPNG_HEAD bytes
 * @tail:    PLK_PCAPNG_TAIL_MAX bytes
 * @n_tail:  set on PLK_OK only; how many of @tail follow the packet
 * Return: PLK_OK; PLK_E_LIMIT (@packet->captured above PLK_SNAPLEN_MAX).
 */
PLK_MUST_USE enum plk_err plk_pcapng_packet_encode(const struct plk_pcapng_packet *packet,
						   uint8_t *head, uint8_t *tail, size_t *n_tail);

#endif
