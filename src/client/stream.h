/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream.h: what a capture port sends, cut into pieces: frames of format qemu or vnet, or the
 * blocks of a pcapng section.
 *
 * pcapng is recognised by its first four bytes: as a length of the other formats they are out of
 * range. Used as a plk_deframer (deframer.h) is.
 *
 * Trust: bytes come from whatever answers at the remote. Pure: no I/O, no allocation, no globals.
 */
#ifndef PLK_CLIENT_STREAM_H
#define PLK_CLIENT_STREAM_H

#include <pktlock/deframer.h>

#include "wire/blocks.h"

/* Frames are read in pieces of this size, bytes, so that they come out soon. */
#define PLK_STREAM_FRAMES_BYTES 262144

/** enum plk_stream_kind - what the stream is */
enum plk_stream_kind {
	PLK_STREAM_UNKNOWN, /* less than four bytes are there */
	PLK_STREAM_FRAMES,
	PLK_STREAM_PCAPNG,
};

/** struct plk_stream - private but for @kind */
struct plk_stream {
	enum plk_stream_kind kind;
	struct plk_framing framing;
	size_t n; /* UNKNOWN: bytes in the buffer */
	struct plk_deframer deframer;
	struct plk_blocks blocks;
	uint8_t buffer[PLK_BLOCK_MAX];
};

/** struct plk_piece - one piece of the stream
 * @bytes:     FRAMES: an Ethernet frame; PCAPNG: a block
 * @is_frame:  it is, or holds, a frame
 * @captured:  bytes of that frame
 */
struct plk_piece {
	struct plk_span bytes;
	bool is_frame;
	size_t captured;
};

/** plk_stream_init() - begin at the front of a stream
 * @framing:  of frames, if it is not pcapng
 */
void plk_stream_init(struct plk_stream *s, struct plk_framing framing);

/** plk_stream_space() - where the next bytes of the stream go; never empty after PLK_E_SHORT */
struct plk_mspan plk_stream_space(struct plk_stream *s);

/** plk_stream_commit() - say that @n bytes of plk_stream_space() were filled */
void plk_stream_commit(struct plk_stream *s, size_t n);

/** plk_stream_next() - take the next piece
 * @out:  set on PLK_OK only; points into @s, valid until plk_stream_space()
 * Return: PLK_OK; PLK_E_SHORT; PLK_E_LIMIT, PLK_E_MALFORMED: the stream is lost.
 */
PLK_MUST_USE enum plk_err plk_stream_next(struct plk_stream *s, struct plk_piece *out);

/** plk_stream_pending() - bytes that were read and belong to a piece that is not complete */
size_t plk_stream_pending(const struct plk_stream *s);

/** plk_stream_reason() - what is wrong with a stream, for people
 * @err:  PLK_E_LIMIT or PLK_E_MALFORMED, from plk_stream_next()
 */
const char *plk_stream_reason(const struct plk_stream *s, enum plk_err err);

#endif
