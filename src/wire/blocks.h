/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * blocks.h: pcapng blocks out of a stream that arrives in pieces, in either byte order.
 *
 *   block   = u32 type, u32 length, body, u32 length        12 <= length <= 16 MiB, a multiple of 4
 *   section = block of type 0x0a0d0d0a, 28 bytes at least   magic 0x1a2b3c4d at offset 8: the byte order from here on
 *   packet  = block of type 6, 32 bytes at least            captured length at offset 20; so many bytes are in the block
 *
 * A stream begins with a section; others may follow. Bodies of other blocks are not looked into.
 * Used as a plk_deframer (deframer.h) is.
 *
 * Trust: bytes come from whatever answers at the remote. Pure: no I/O, no allocation, no globals.
 * Fuzz: fuzz/blocks_fuzz.c.
 */
#ifndef PLK_WIRE_BLOCKS_H
#define PLK_WIRE_BLOCKS_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/span.h>

#define PLK_BLOCK_MAX 16777216 /* bytes: libpcap's bound for a block */

/** struct plk_blocks - a stream being cut into blocks; all members are private
 * Invariant: from <= to <= buffer.n.
 */
struct plk_blocks {
	struct plk_mspan buffer;
	size_t from;     /* first byte not yet taken */
	size_t to;       /* end of what was read */
	bool in_section; /* the byte order is known */
	bool big_endian;
};

/** struct plk_block - one block
 * @bytes:      the whole of it
 * @is_packet:  it is an enhanced packet block
 * @captured:   bytes of the packet that are in it; 0 if it is none
 */
struct plk_block {
	struct plk_span bytes;
	bool is_packet;
	uint32_t captured;
};

/** plk_blocks_init() - begin at the front of a stream
 * @buffer:  borrowed; PLK_BLOCK_MAX bytes at least
 */
void plk_blocks_init(struct plk_blocks *b, struct plk_mspan buffer);

/** plk_blocks_space() - where the next bytes of the stream go
 * Return: the free end of the buffer; never empty once plk_blocks_next() has returned PLK_E_SHORT.
 */
struct plk_mspan plk_blocks_space(struct plk_blocks *b);

/** plk_blocks_commit() - say that @n bytes of plk_blocks_space() were filled */
void plk_blocks_commit(struct plk_blocks *b, size_t n);

/** plk_blocks_next() - take the next block
 * @out:  set on PLK_OK only; points into the buffer, valid until plk_blocks_space()
 * Return: PLK_OK; PLK_E_SHORT; PLK_E_LIMIT (longer than PLK_BLOCK_MAX); PLK_E_MALFORMED. After the
 * last two the stream is lost.
 */
PLK_MUST_USE enum plk_err plk_blocks_next(struct plk_blocks *b, struct plk_block *out);

/** plk_blocks_pending() - bytes that were read and belong to a block that is not complete */
size_t plk_blocks_pending(const struct plk_blocks *b);

#endif
