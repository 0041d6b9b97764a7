/* SPDX-License-Identifier: BSD-2-Clause */
#include "hist.h"

#include <stdio.h>

/* Up to HIST_STEPS each value has a place; above, each octave is divided into so many. */
static unsigned int
place_of(uint64_t ns)
{
	unsigned int shift = 0;

	while (ns >> shift >= 2 * HIST_STEPS)
		shift++;
	if (shift >= HIST_OCTAVES - 1)
		return HIST_OCTAVES * HIST_STEPS - 1;
	return shift * HIST_STEPS + (unsigned int)(ns >> shift);
}

static uint64_t
value_of(unsigned int place)
{
	const unsigned int shift = place < HIST_STEPS ? 0 : place / HIST_STEPS - 1;

	return (uint64_t)(place - shift * HIST_STEPS) << shift;
}

void
hist_add(struct hist *hist, uint64_t ns)
{
	hist->n++;
	hist->count[place_of(ns)]++;
	if (ns > hist->max)
		hist->max = ns;
}

static double
percentile(const struct hist *hist, double share)
{
	uint64_t left = (uint64_t)((double)hist->n * share);

	for (unsigned int i = 0; i < HIST_OCTAVES * HIST_STEPS; i++) {
		if (hist->count[i] > left)
			return (double)value_of(i) / 1000;
		left -= hist->count[i];
	}
	return (double)hist->max / 1000;
}

void
hist_print(const struct hist *hist)
{
	printf("\"samples\": %llu, \"p50_us\": %.2f, \"p90_us\": %.2f, \"p99_us\": %.2f, "
	       "\"max_us\": %.2f",
	       (unsigned long long)hist->n, percentile(hist, 0.5), percentile(hist, 0.9),
	       percentile(hist, 0.99), (double)hist->max / 1000);
}
