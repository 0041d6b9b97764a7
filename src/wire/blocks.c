/* SPDX-License-Identifier: BSD-2-Clause */
/* pcapng blocks; blocks.h has the grammar and the trust boundary. */
#include "wire/blocks.h"

#include <string.h>

#include "base/bytes.h"
#include "wire/pcapng.h"

#define TYPE_PACKET 6
#define MAGIC 0x1a2b3c4dU
#define MAGIC_SWAPPED 0x4d3c2b1aU
#define HEAD 8
#define SECTION_HEAD 12 /* up to the magic */
#define BLOCK_MIN 12
#define SECTION_MIN 28
#define PACKET_MIN 32
#define CAPTURED_AT 20

void
plk_blocks_init(struct plk_blocks *b, struct plk_mspan buffer)
{
	*b = (struct plk_blocks){.buffer = buffer};
}

struct plk_mspan
plk_blocks_space(struct plk_blocks *b)
{
	size_t pending = b->to - b->from;

	if (b->from > 0) {
		memmove(b->buffer.p, b->buffer.p + b->from, pending);
		b->from = 0;
		b->to = pending;
	}
	return (struct plk_mspan){b->buffer.p + b->to, b->buffer.n - b->to};
}

void
plk_blocks_commit(struct plk_blocks *b, size_t n)
{
	size_t space = b->buffer.n - b->to;

	b->to += n < space ? n : space;
}

static uint32_t
u32_load(const uint8_t *p, bool big_endian)
{
	uint32_t v = be32_load(p);

	return big_endian ? v : __builtin_bswap32(v);
}

/* @in: what there is of the block */
static enum plk_err
order_find(const struct plk_blocks *b, struct plk_span in, bool *is_section, bool *big_endian)
{
	uint32_t magic;

	if (in.n < HEAD)
		return PLK_E_SHORT;
	*is_section = be32_load(in.p) == PLK_PCAPNG_MAGIC;
	*big_endian = b->big_endian;
	if (!*is_section)
		return b->in_section ? PLK_OK : PLK_E_MALFORMED;
	if (in.n < SECTION_HEAD)
		return PLK_E_SHORT;
	magic = be32_load(in.p + HEAD);
	*big_endian = magic == MAGIC;
	return magic == MAGIC || magic == MAGIC_SWAPPED ? PLK_OK : PLK_E_MALFORMED;
}

static enum plk_err
length_check(uint32_t length, uint32_t least)
{
	if (length % 4 != 0 || length < least)
		return PLK_E_MALFORMED;
	return length > PLK_BLOCK_MAX ? PLK_E_LIMIT : PLK_OK;
}

static enum plk_err
block_parse(struct plk_span in, bool is_section, bool big_endian, struct plk_block *out)
{
	bool is_packet = !is_section && u32_load(in.p, big_endian) == TYPE_PACKET;
	uint32_t length = u32_load(in.p + 4, big_endian);
	uint32_t captured = 0;
	enum plk_err err = length_check(length, is_section  ? SECTION_MIN
						: is_packet ? PACKET_MIN
							    : BLOCK_MIN);

	if (err != PLK_OK)
		return err;
	if (in.n < length)
		return PLK_E_SHORT;
	if (u32_load(in.p + length - 4, big_endian) != length)
		return PLK_E_MALFORMED;
	if (is_packet)
		captured = u32_load(in.p + CAPTURED_AT, big_endian);
	if (is_packet && captured > length - PACKET_MIN)
		return PLK_E_MALFORMED;
	*out = (struct plk_block){{in.p, length}, is_packet, captured};
	return PLK_OK;
}

enum plk_err
plk_blocks_next(struct plk_blocks *b, struct plk_block *out)
{
	struct plk_span in = {b->buffer.p + b->from, b->to - b->from};
	bool is_section;
	bool big_endian;
	enum plk_err err = order_find(b, in, &is_section, &big_endian);

	if (err == PLK_OK)
		err = block_parse(in, is_section, big_endian, out);
	if (err != PLK_OK)
		return err;
	b->in_section = true;
	b->big_endian = big_endian;
	b->from += out->bytes.n;
	return PLK_OK;
}

size_t
plk_blocks_pending(const struct plk_blocks *b)
{
	return b->to - b->from;
}
