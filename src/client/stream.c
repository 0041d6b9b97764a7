/* SPDX-License-Identifier: BSD-2-Clause */
/* What a capture port sends; stream.h has the contract and the trust boundary. */
#include "client/stream.h"

#include <assert.h>

#include "base/bytes.h"
#include "wire/pcapng.h"

#define MAGIC_BYTES 4

static_assert(PLK_PCAPNG_MAGIC > PLK_FRAME_MAX && PLK_PCAPNG_MAGIC > PLK_VNET_FRAME_MAX,
	      "no frame begins as pcapng does");
static_assert(PLK_STREAM_FRAMES_BYTES >= PLK_RECORD_MAX, "a record fits");

void
plk_stream_init(struct plk_stream *s, struct plk_framing framing)
{
	s->kind = PLK_STREAM_UNKNOWN;
	s->framing = framing;
	s->n = 0;
}

struct plk_mspan
plk_stream_space(struct plk_stream *s)
{
	if (s->kind == PLK_STREAM_FRAMES)
		return plk_deframer_space(&s->deframer);
	if (s->kind == PLK_STREAM_PCAPNG)
		return plk_blocks_space(&s->blocks);
	return (struct plk_mspan){s->buffer + s->n, PLK_STREAM_FRAMES_BYTES - s->n};
}

void
plk_stream_commit(struct plk_stream *s, size_t n)
{
	if (s->kind == PLK_STREAM_FRAMES)
		plk_deframer_commit(&s->deframer, n);
	else if (s->kind == PLK_STREAM_PCAPNG)
		plk_blocks_commit(&s->blocks, n);
	else
		s->n += n;
}

/* What was read so far stays at the front of the buffer, where both cutters begin. */
static enum plk_err
kind_find(struct plk_stream *s)
{
	if (s->n < MAGIC_BYTES)
		return PLK_E_SHORT;
	if (be32_load(s->buffer) == PLK_PCAPNG_MAGIC) {
		s->kind = PLK_STREAM_PCAPNG;
		plk_blocks_init(&s->blocks, (struct plk_mspan){s->buffer, sizeof s->buffer});
		plk_blocks_commit(&s->blocks, s->n);
	} else {
		s->kind = PLK_STREAM_FRAMES;
		plk_deframer_init(&s->deframer, s->framing,
				  (struct plk_mspan){s->buffer, PLK_STREAM_FRAMES_BYTES});
		plk_deframer_commit(&s->deframer, s->n);
	}
	return PLK_OK;
}

static enum plk_err
frame_next(struct plk_stream *s, struct plk_piece *out)
{
	struct plk_frame frame;
	enum plk_err err = plk_deframer_next(&s->deframer, &frame);

	if (err == PLK_OK)
		*out = (struct plk_piece){frame.eth, true, frame.eth.n};
	return err;
}

static enum plk_err
block_next(struct plk_stream *s, struct plk_piece *out)
{
	struct plk_block block;
	enum plk_err err = plk_blocks_next(&s->blocks, &block);

	if (err == PLK_OK)
		*out = (struct plk_piece){block.bytes, block.is_packet, block.captured};
	return err;
}

enum plk_err
plk_stream_next(struct plk_stream *s, struct plk_piece *out)
{
	enum plk_err err = s->kind == PLK_STREAM_UNKNOWN ? kind_find(s) : PLK_OK;

	if (err != PLK_OK)
		return err;
	return s->kind == PLK_STREAM_FRAMES ? frame_next(s, out) : block_next(s, out);
}

size_t
plk_stream_pending(const struct plk_stream *s)
{
	if (s->kind == PLK_STREAM_FRAMES)
		return plk_deframer_pending(&s->deframer);
	return s->kind == PLK_STREAM_PCAPNG ? plk_blocks_pending(&s->blocks) : s->n;
}

const char *
plk_stream_reason(const struct plk_stream *s, enum plk_err err)
{
	if (s->kind == PLK_STREAM_PCAPNG)
		return err == PLK_E_LIMIT ? "a pcapng block is longer than 16 MiB"
					  : "a pcapng block is malformed";
	if (err == PLK_E_LIMIT)
		return "a frame's length is out of range (has the port another format? see "
		       "--format and --vnet-hdr)";
	return "a frame has another virtio-net header than --vnet-hdr says";
}
