/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boundary.h"

#include "base/bytes.h"
#include "wire/pcapng.h"

#define HEAD_BYTES 8 /* of a record, in which its length stands */

/* The record that begins @at bytes into the queue: how long it is, at most @max, and whether it holds a packet. */
static size_t
record_at(const struct plk_boundary *b, const struct plk_outq *q, size_t at, size_t max,
	  bool *is_packet)
{
	uint8_t head[HEAD_BYTES];
	uint64_t n;

	*is_packet = true;
	if (max < HEAD_BYTES)
		return max;
	plk_outq_copy(q, at, (struct plk_mspan){head, sizeof head});
	if (b->format == PLK_FORMAT_PCAPNG) {
		n = host32_load(head + 4);
		*is_packet = host32_load(head) == PLK_PCAPNG_PACKET;
	} else {
		n = be32_load(head) +
		    (uint64_t)(b->format == PLK_FORMAT_VNET ? PLK_PREFIX_MAX : sizeof(uint32_t));
	}
	return n < HEAD_BYTES || n > max ? max : (size_t)n;
}

void
plk_boundary_pass(struct plk_boundary *b, const struct plk_outq *q, size_t n)
{
	const size_t all = plk_outq_bytes(q);
	size_t at = b->left < all ? b->left : all;
	bool is_packet;

	while (at < n)
		at += record_at(b, q, at, all - at, &is_packet);
	b->left = at - n;
}

size_t
plk_boundary_before(const struct plk_boundary *b, const struct plk_outq *q)
{
	const size_t all = plk_outq_bytes(q);
	size_t at = b->left < all ? b->left : all;
	bool is_packet = false;

	while (at < all) {
		const size_t n = record_at(b, q, at, all - at, &is_packet);

		if (is_packet)
			break;
		at += n;
	}
	return at;
}

uint64_t
plk_boundary_packets(const struct plk_boundary *b, const struct plk_outq *q)
{
	const size_t all = plk_outq_bytes(q);
	size_t at = b->left < all ? b->left : all;
	uint64_t n = 0;
	bool is_packet;

	while (at < all) {
		at += record_at(b, q, at, all - at, &is_packet);
		n += is_packet;
	}
	return n;
}
