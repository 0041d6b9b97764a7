/* SPDX-License-Identifier: BSD-2-Clause */
/* How far a replay is; progress.h has the contract. Nothing here comes from a peer. */
#include "client/progress.h"

#include <time.h>
#include <unistd.h>

#include "client/say.h"

#define NS_PER_S UINT64_C(1000000000)
#define EVERY_NS UINT64_C(200000000)

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void
plk_progress_init(struct plk_progress *p, uint64_t total)
{
	*p = (struct plk_progress){
		.on = isatty(STDERR_FILENO) == 1,
		.total = total,
		.begin_ns = now_ns(),
	};
	p->last_ns = p->begin_ns;
}

double
plk_progress_seconds(const struct plk_progress *p)
{
	return (double)(now_ns() - p->begin_ns) / (double)NS_PER_S;
}

bool
plk_progress_due(const struct plk_progress *p)
{
	return p->on && now_ns() - p->last_ns >= EVERY_NS;
}

void
plk_progress_show(struct plk_progress *p, uint64_t frames, uint64_t bytes, uint64_t read)
{
	double seconds = plk_progress_seconds(p);

	p->last_ns = now_ns();
	p->shown = true;
	plk_say_plain("\r%llu frames, %llu bytes", (unsigned long long)frames,
		      (unsigned long long)bytes);
	if (p->total > 0)
		plk_say_plain(", %.0f %%", 100.0 * (double)read / (double)p->total);
	plk_say_plain(", %.0f frames/s, %.1f Mbit/s\033[K", (double)frames / seconds,
		      (double)bytes * 8 / seconds / 1e6);
}

void
plk_progress_clear(struct plk_progress *p)
{
	if (p->shown)
		plk_say_plain("\r\033[K");
	p->shown = false;
}
