/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/batch.h"

/* How many records end at @to or before. */
static uint32_t
records_until(const struct plk_batch *batch, size_t to)
{
	uint32_t low = 0;
	uint32_t high = batch->n_records;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (batch->ends[middle] <= to)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint32_t
plk_batch_fit(const struct plk_batch *batch, size_t sent, size_t room, struct plk_span *rest)
{
	const size_t to = room < batch->n - sent ? sent + room : batch->n;
	const uint32_t n = records_until(batch, to);
	const size_t end = n > 0 ? batch->ends[n - 1] : 0;

	*rest = (struct plk_span){batch->bytes + sent, end > sent ? end - sent : 0};
	return n;
}

size_t
plk_batch_torn(const struct plk_batch *batch, size_t sent)
{
	const uint32_t n = records_until(batch, sent);
	const size_t begin = n > 0 ? batch->ends[n - 1] : 0;

	return sent > begin ? batch->ends[n] - sent : 0;
}
