/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * superframe.h: frames made of what they are to say. A superframe, its segments and a frame with or without a checksum all
 * come from one description, so that what should come out is written, not cut, and shares no line with who cuts it.
 */
#ifndef VM_SUPERFRAME_H
#define VM_SUPERFRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "virtio.h"

#define GSO_SIZE 1448 /* TCP with 12 bytes of options fills a frame */

#define TCP_FIN 0x01
#define TCP_PSH 0x08
#define TCP_ACK 0x10
#define TCP_CWR 0x80

/** enum offload - what is left to others
 * OFFLOAD_NONE:  nothing
 * OFFLOAD_VALID: nothing; the header says that the checksum was verified
 * OFFLOAD_CSUM:  the checksum
 * OFFLOAD_GSO:   the checksum, and to cut it
 */
enum offload { OFFLOAD_NONE, OFFLOAD_VALID, OFFLOAD_CSUM, OFFLOAD_GSO };

/** struct kind - what a frame is made of
 * @to:       last byte of the destination, 0xff: broadcast, 0xfe: a multicast address
 * @from:     last byte of the source
 * @tag:      TPIDs, outer first; 0: none
 * @type:     EtherType of a frame that is not IP, 0: IPv4, or IPv6 if @v6
 * @udp:      UDP, else TCP
 * @options:  bytes of TCP options, a multiple of 4
 * @flags:    of TCP
 * @payload:  bytes behind all headers
 * @gso_size: bytes of payload in a segment, for OFFLOAD_GSO; 0: GSO_SIZE
 * @number:   what payload, IP identification and sequence number begin with
 */
struct kind {
	uint8_t to;
	uint8_t from;
	uint16_t tag[2];
	uint16_t type;
	bool v6;
	bool udp;
	uint8_t options;
	uint8_t flags;
	size_t payload;
	uint16_t gso_size;
	uint32_t number;
};

/** struct list - frames in order; those of one row */
struct list {
	size_t n;
	struct frame *at;
};

/** list_take() - append a frame, and own its bytes */
void list_take(struct list *list, struct frame frame);

void list_free(struct list *list);

/** list_compare() - the same frames with the same headers?
 * @out: "same", or what is wrong with the first that differs
 */
void list_compare(const struct list *got, const struct list *expected, char *out, size_t n);

/** frame_make() - a frame, with its header, num_buffers 0; the caller frees its bytes */
struct frame frame_make(const struct kind *kind, enum offload offload);

/** frame_make_pieces() - append to @out a superframe in pieces, or another frame as it is
 * @csum: what is left to others of each: OFFLOAD_CSUM, or OFFLOAD_NONE as on a wire
 */
void frame_make_pieces(const struct kind *kind, enum offload offload, enum offload csum,
		       struct list *out);

#endif
