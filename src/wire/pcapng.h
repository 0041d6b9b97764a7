/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pcapng.h: write pcapng (draft-ietf-opsawg-pcapng): a section header, one interface description,
 * enhanced packet blocks, interface statistics.
 *
 *   block = u32 type, u32 length, body, u32 length again        length a multiple of 4; all in the machine's byte order,
 *                                                               which the section header's magic tells
 *   section header     0x0a0d0d0a   magic 0x1a2b3c4d, version 1.0, section length unknown (-1), shb_userappl if there is one
 *   interface          1            LINKTYPE_ETHERNET, snaplen, if_name, if_filter (a pcap expression), if_os if there are
 *                                   ones, if_tsresol 9 (nanoseconds)
 *   enhanced packet    6            interface 0, time stamp, captured and original length, packet padded to 4 bytes,
 *                                   epb_flags where the direction is known
 *   statistics         5            interface 0, time stamp, isb_ifrecv, isb_ifdrop, isb_osdrop, isb_usrdeliv
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
#define PLK_PCAPNG_PACKET 6 /* the type of an enhanced packet block */

#define PLK_PCAPNG_TEXT_MAX 4096 /* bytes of each text but the interface's name */
/* Enough for every section header and interface description, bytes. */
#define PLK_PCAPNG_START_MAX (3 * (PLK_PCAPNG_TEXT_MAX + 8) + 128)
#define PLK_PCAPNG_STATISTICS 76 /* bytes of a statistics block */
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

/** struct plk_pcapng_start - what is said of the stream and its interface; what is empty is left out
 * @userappl: who writes, at most PLK_PCAPNG_TEXT_MAX bytes
 * @ifname:   the interface's name, at most PLK_IFNAME_MAX bytes
 * @filter:   the pcap expression that all packets match, at most PLK_PCAPNG_TEXT_MAX - 1 bytes
 * @os:       operating system of the machine that has the interface, at most PLK_PCAPNG_TEXT_MAX bytes
 * @snaplen:  bytes; 0 is no limit
 */
struct plk_pcapng_start {
	struct plk_span userappl;
	struct plk_span ifname;
	struct plk_span filter;
	struct plk_span os;
	uint32_t snaplen;
};

/** plk_pcapng_start_encode() - section header and interface description
 * @out:  borrowed; PLK_PCAPNG_START_MAX bytes are always enough
 * @n:    set on PLK_OK only
 * Return: PLK_OK; PLK_E_LIMIT (a text is too long); PLK_E_ROOM.
 */
PLK_MUST_USE enum plk_err plk_pcapng_start_encode(const struct plk_pcapng_start *start,
						  struct plk_mspan out, size_t *n);

/** plk_pcapng_packet_encode() - what goes before and after the bytes of a packet
 * @head:    PLK_PCAPNG_HEAD bytes
 * @tail:    PLK_PCAPNG_TAIL_MAX bytes
 * @n_tail:  set on PLK_OK only; how many of @tail follow the packet
 * Return: PLK_OK; PLK_E_LIMIT (@packet->captured above PLK_SNAPLEN_MAX).
 */
PLK_MUST_USE enum plk_err plk_pcapng_packet_encode(const struct plk_pcapng_packet *packet,
						   uint8_t *head, uint8_t *tail, size_t *n_tail);

/** struct plk_pcapng_statistics - packets of the interface since the capture began
 * @time_ns:   of which the numbers are, nanoseconds since 1970-01-01 UTC
 * @received:  delivered or not
 * @dropped:   not delivered, whoever had no room: @os_dropped is among them
 * @os_dropped: of these, dropped by the operating system
 * @delivered: in this stream
 */
struct plk_pcapng_statistics {
	uint64_t time_ns;
	uint64_t received;
	uint64_t dropped;
	uint64_t os_dropped;
	uint64_t delivered;
};

/** plk_pcapng_statistics_encode() - an interface statistics block; @out: PLK_PCAPNG_STATISTICS bytes */
void plk_pcapng_statistics_encode(const struct plk_pcapng_statistics *statistics, uint8_t *out);

#endif
