/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/ratelimit.h"

bool
plk_ratelimit_step(struct plk_ratelimit *r, uint64_t now_ms, uint32_t *suppressed)
{
	*suppressed = 0;
	if (now_ms - r->start_ms >= PLK_RATELIMIT_WINDOW_MS) {
		*suppressed = r->suppressed;
		*r = (struct plk_ratelimit){.start_ms = now_ms};
	}
	if (r->n < PLK_RATELIMIT_BURST) {
		r->n++;
		return true;
	}
	r->suppressed++;
	return false;
}
