/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boundary.h: where a reader of an output queue stands between records.
 *
 * A queue takes records whole and gives bytes. A stream that shall go on after us must be left where a record ends; so the lengths
 * in the records are followed as their bytes go.
 *
 *   qemu    u32 big-endian N, then N bytes
 *   vnet    u32 big-endian N, u32 H, then N bytes
 *   pcapng  u32 type, u32 length in the machine's byte order: of the whole block
 *
 * Trust: what is in a queue was written by us. A length that no record has counts as all there is.
 *
 * Pure. Test: tests/unit/boundary_test.c. Fuzz: fuzz/boundary_fuzz.c.
 */
#ifndef PLK_CORE_BOUNDARY_H
#define PLK_CORE_BOUNDARY_H

#include <stdint.h>

#include <pktlock/roles.h>

#include "core/outq.h"

/** struct plk_boundary - a place in a stream
 * @format: of the stream
 * @left:   bytes of the record that the queue begins in the middle of; 0: the queue begins with a record, or is empty
 */
struct plk_boundary {
	enum plk_format format;
	size_t left;
};

/** plk_boundary_pass() - bytes are about to leave the queue
 * @q: as it is before; it holds @n bytes at least
 */
void plk_boundary_pass(struct plk_boundary *b, const struct plk_outq *q, size_t n);

/** plk_boundary_before() - how many bytes are before the first packet that is in the queue whole; all if there is none
 * They are the rest of the record that has begun, and blocks of a pcapng stream that hold no packet: those at its beginning, which
 * all that follows needs.
 */
size_t plk_boundary_before(const struct plk_boundary *b, const struct plk_outq *q);

/** plk_boundary_packets() - how many packets are in the queue whole
 * Blocks of a pcapng stream that hold no packet do not count.
 */
uint64_t plk_boundary_packets(const struct plk_boundary *b, const struct plk_outq *q);

#endif
