/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outq.h: a client's output queue: bytes in, bytes out, records whole or not at all.
 *
 * A ring of bytes over memory of the caller. What goes in at once stays together; the reader side
 * may take any number of bytes, as a socket does. Since a record goes in whole, a stream is torn
 * only where the connection ends.
 *
 * Pure. Test: tests/unit/outq_test.c.
 */
#ifndef PLK_CORE_OUTQ_H
#define PLK_CORE_OUTQ_H

#include <stdbool.h>

#include <pktlock/span.h>

/** struct plk_outq - a queue; all members are private
 * Invariant: from < buffer.n (or both 0), n <= buffer.n.
 */
struct plk_outq {
	struct plk_mspan buffer;
	size_t from; /* where the oldest byte is */
	size_t n;    /* bytes queued */
};

/** plk_outq_init() - an empty queue
 * @buffer: borrowed until the queue is not used any more; not empty
 */
void plk_outq_init(struct plk_outq *q, struct plk_mspan buffer);

/** plk_outq_put() - append some parts as one record
 * Return: true; false if they do not fit all together: then nothing was appended.
 */
bool plk_outq_put(struct plk_outq *q, const struct plk_span *parts, size_t n_parts);

/** plk_outq_add() - room for a record, in one piece
 * @n: its bytes, all of which the caller writes
 * Return: where; NULL if it does not fit, or not in one piece (then plk_outq_put() may do): then nothing was changed. Valid until
 * the queue is changed.
 */
static inline uint8_t *
plk_outq_add(struct plk_outq *q, size_t n)
{
	const size_t to_end = q->buffer.n - q->from;
	const size_t at = q->n < to_end ? q->from + q->n : q->n - to_end;

	if (n > q->buffer.n - q->n || n > q->buffer.n - at)
		return NULL;
	q->n += n;
	return q->buffer.p + at;
}

/** plk_outq_peek() - the oldest bytes that lie in one piece
 * Return: empty if the queue is; valid until the queue is changed.
 */
struct plk_span plk_outq_peek(const struct plk_outq *q);

/** plk_outq_copy() - bytes from within the queue, which stay there
 * @at:  how many bytes are before them
 * @out: filled; the queue holds @at + @out.n bytes at least
 */
void plk_outq_copy(const struct plk_outq *q, size_t at, struct plk_mspan out);

/** plk_outq_drop() - forget the @n oldest bytes; more than there are is all of them */
void plk_outq_drop(struct plk_outq *q, size_t n);

/** plk_outq_cut() - forget all but the @n oldest bytes; more than there are is all of them */
void plk_outq_cut(struct plk_outq *q, size_t n);

/** plk_outq_bytes() - how many bytes are queued */
static inline size_t
plk_outq_bytes(const struct plk_outq *q)
{
	return q->n;
}

/** plk_outq_room() - how many bytes more fit */
static inline size_t
plk_outq_room(const struct plk_outq *q)
{
	return q->buffer.n - q->n;
}

#endif
