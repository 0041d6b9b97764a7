/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/backoff.h"

uint32_t
plk_backoff_step(struct plk_backoff *b, uint64_t lived_ms)
{
	uint32_t wait = b->next_ms > 0 ? b->next_ms : b->first_ms;

	if (lived_ms >= b->good_ms) {
		b->next_ms = b->first_ms;
		return b->fresh_ms;
	}
	b->next_ms = wait > b->max_ms / 2 ? b->max_ms : wait * 2;
	return wait;
}
