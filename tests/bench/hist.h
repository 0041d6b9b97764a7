/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hist.h: times in nanoseconds, kept to within 1 %.
 */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

#define HIST_STEPS 128 /* to an octave */
#define HIST_OCTAVES 40

/** struct hist - zeroed is empty */
struct hist {
	uint64_t n;
	uint64_t max;
	uint32_t count[HIST_OCTAVES * HIST_STEPS];
};

void hist_add(struct hist *hist, uint64_t ns);

/** hist_print() - "n": N, "p50_us": T, ... */
void hist_print(const struct hist *hist);

#endif
