/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bucket.h: a token bucket: so many frames a second, and so many at once.
 *
 * It fills by @fps frames a second, up to @burst, and is full at first. A superframe takes as many as it has segments, all or none. One that
 * is larger than the bucket passes when that is full, and what was not there is owed: later frames wait until it is paid, so that the
 * rate holds, and no size is shut out for ever.
 *
 * Time is counted in nanoseconds and credit in thousand millionths of a frame, so that nothing is ever rounded: at 4294967295 frames a
 * second for 4294967295 frames as well as at one a second.
 *
 * Pure. Test: tests/unit/bucket_test.c.
 */
#ifndef PLK_CORE_BUCKET_H
#define PLK_CORE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/** struct plk_bucket - members are private but @fps, which is 0 while there is no limit */
struct plk_bucket {
	uint32_t fps;
	uint32_t burst;
	int64_t credit; /* 1e-9 frames; below 0 is owed */
	uint64_t at_ns; /* when it was right */
};

/** plk_bucket_init() - a full bucket
 * @fps:    frames a second, 1 at least
 * @burst:  frames at once, 1 at least
 */
void plk_bucket_init(struct plk_bucket *bucket, uint32_t fps, uint32_t burst);

/** plk_bucket_take() - may so many frames pass?
 * @now_ns:  monotonic; earlier than before is as before
 * @n:       frames
 * Return: true, and they are taken; false, and nothing is.
 */
bool plk_bucket_take(struct plk_bucket *bucket, uint64_t now_ns, uint32_t n);

#endif
