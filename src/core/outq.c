/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/outq.h"

#include <string.h>

void
plk_outq_init(struct plk_outq *q, struct plk_mspan buffer)
{
	*q = (struct plk_outq){.buffer = buffer};
}

/* Whether all parts fit, without adding lengths that could wrap. */
static bool
has_room(const struct plk_outq *q, const struct plk_span *parts, size_t n_parts)
{
	size_t room = q->buffer.n - q->n;

	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].n > room)
			return false;
		room -= parts[i].n;
	}
	return true;
}

/* @part fits */
static void
part_put(struct plk_outq *q, struct plk_span part)
{
	size_t to_end = q->buffer.n - q->from;
	size_t at = q->n < to_end ? q->from + q->n : q->n - to_end;
	size_t first = q->buffer.n - at;

	if (first > part.n)
		first = part.n;
	if (part.n == 0)
		return;
	memcpy(q->buffer.p + at, part.p, first);
	memcpy(q->buffer.p, part.p + first, part.n - first);
	q->n += part.n;
}

bool
plk_outq_put(struct plk_outq *q, const struct plk_span *parts, size_t n_parts)
{
	if (!has_room(q, parts, n_parts))
		return false;
	for (size_t i = 0; i < n_parts; i++)
		part_put(q, parts[i]);
	return true;
}

struct plk_span
plk_outq_peek(const struct plk_outq *q)
{
	size_t to_end = q->buffer.n - q->from;

	return (struct plk_span){q->buffer.p + q->from, q->n < to_end ? q->n : to_end};
}

void
plk_outq_copy(const struct plk_outq *q, size_t at, struct plk_mspan out)
{
	const size_t to_end = q->buffer.n - q->from;
	const size_t from = at < to_end ? q->from + at : at - to_end;
	const size_t first = out.n < q->buffer.n - from ? out.n : q->buffer.n - from;

	memcpy(out.p, q->buffer.p + from, first);
	memcpy(out.p + first, q->buffer.p, out.n - first);
}

void
plk_outq_drop(struct plk_outq *q, size_t n)
{
	if (n >= q->n) {
		q->from = 0; /* an empty queue starts over: longer pieces to peek at */
		q->n = 0;
		return;
	}
	q->n -= n;
	q->from = n < q->buffer.n - q->from ? q->from + n : n - (q->buffer.n - q->from);
}

void
plk_outq_cut(struct plk_outq *q, size_t n)
{
	if (n < q->n)
		q->n = n;
	if (q->n == 0)
		q->from = 0;
}
