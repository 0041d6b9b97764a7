/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/ratelimit.h"

bool
plk_ratelimit_step(struct plk_ratelimit *r, uint64_t now_ms, uint32_t *suppressed)
{
	*suppressed = plk_ratelimit_end(r, now_ms);
	if (now_ms - r->start_ms >= PLK_RATELIMIT_WINDOW_MS)
		*r = (struct plk_ratelimit){.start_ms = now_ms};
	if (r->n < PLK_RATELIMIT_BURST) {
		r->n++;
		return true;
	}
	r->suppressed++;
	return false;
}

uint32_t
plk_ratelimit_end(struct plk_ratelimit *r, uint64_t now_ms)
{
	uint32_t suppressed = r->suppressed;

	if (now_ms - r->start_ms < PLK_RATELIMIT_WINDOW_MS)
		return 0;
	r->suppressed = 0;
	return suppressed;
}
