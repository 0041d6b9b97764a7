/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * batch.h: records for several clients, put together once.
 *
 * The clients of a port get the same bytes. They are put into a batch, which then goes to each: to its socket at once
 * where its queue is empty, and what the socket does not take into its queue, whole records only. So a client more costs a copy of
 * the bytes, not the work of making them.
 *
 * Pure. Test: tests/unit/batch_test.c.
 */
#ifndef PLK_CORE_BATCH_H
#define PLK_CORE_BATCH_H

#include <stdint.h>

#include <pktlock/limits.h>
#include <pktlock/span.h>

#define PLK_BATCH_BYTES 65536 /* stays in a processor's cache between two copies */
#define PLK_BATCH_RECORDS (PLK_BATCH_BYTES / (4 + PLK_FRAME_MIN)) /* the shortest ones */

/** struct plk_batch - records, one behind the other; members are private, but for reading; zeroed is empty
 * @n:         bytes
 * @n_records: records
 * @ends:      where each record ends
 */
struct plk_batch {
	uint32_t n;
	uint32_t n_records;
	uint32_t ends[PLK_BATCH_RECORDS];
	uint8_t bytes[PLK_BATCH_BYTES];
};

/** plk_batch_add() - room for one record more
 * @n:    its bytes, all of which the caller writes
 * Return: where; NULL if there is no room: then nothing was changed. Valid until the batch is cleared.
 */
static inline uint8_t *
plk_batch_add(struct plk_batch *batch, size_t n)
{
	uint8_t *p = batch->bytes + batch->n;

	if (n > PLK_BATCH_BYTES - batch->n || batch->n_records == PLK_BATCH_RECORDS)
		return NULL;
	batch->n += (uint32_t)n;
	batch->ends[batch->n_records++] = batch->n;
	return p;
}

/** plk_batch_clear() - forget all records */
static inline void
plk_batch_clear(struct plk_batch *batch)
{
	batch->n = 0;
	batch->n_records = 0;
}

/** plk_batch_fit() - of what was not sent, whole records that fit into a queue
 * @sent: bytes at the beginning that are done with, at most @batch->n; they may end within a record
 * @room: bytes
 * @rest: set: from @sent to the end of the last record that fits; it lies in the batch
 * Return: how many records end within the first @sent + @room bytes.
 */
uint32_t plk_batch_fit(const struct plk_batch *batch, size_t sent, size_t room,
		       struct plk_span *rest);

/** plk_batch_torn() - what is left of a record of which a part was sent
 * @sent: bytes at the beginning that are done with, at most @batch->n
 * Return: bytes from there to the end of the record; 0 if one ends there.
 */
size_t plk_batch_torn(const struct plk_batch *batch, size_t sent);

#endif
