/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/bucket.h"

#define FRAME INT64_C(1000000000) /* of credit; @fps of them come in a second of as many ns */

/* The most that there can be, that can be owed, and that can be missing: 2 * 4.3e18 is below 2^63. */
_Static_assert(UINT32_MAX <= INT64_MAX / 2 / FRAME, "credit does not overflow");

void
plk_bucket_init(struct plk_bucket *bucket, uint32_t fps, uint32_t burst)
{
	*bucket = (struct plk_bucket){.fps = fps, .burst = burst, .credit = burst * FRAME};
}

static void
fill(struct plk_bucket *bucket, uint64_t now_ns)
{
	const int64_t full = bucket->burst * FRAME;
	uint64_t missing = (uint64_t)(full - bucket->credit);
	uint64_t passed;

	if (now_ns <= bucket->at_ns)
		return;
	passed = now_ns - bucket->at_ns;
	bucket->at_ns = now_ns;
	if (passed > missing / bucket->fps)
		bucket->credit = full;
	else
		bucket->credit += (int64_t)(passed * bucket->fps);
}

bool
plk_bucket_take(struct plk_bucket *bucket, uint64_t now_ns, uint32_t n)
{
	const uint32_t needed = n < bucket->burst ? n : bucket->burst;

	fill(bucket, now_ns);
	if (bucket->credit < needed * FRAME)
		return false;
	bucket->credit -= n * FRAME;
	return true;
}
