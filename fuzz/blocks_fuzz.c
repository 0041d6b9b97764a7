/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pcapng stream, cut into reads in two ways: both give the same blocks, which lie one behind the
 * other in the stream, and end with the same answer. A packet is never said to be longer than its
 * block.
 */
#include "wire/blocks.h"

#include "harness.h"

#define ROOM 65536 /* a block of the stream is at most as long as the input */

struct run {
	uint64_t hash; /* of the blocks' lengths and kinds */
	size_t taken;
	enum plk_err err;
};

/* Reads @in in pieces of @step bytes. */
static struct run
stream_run(struct plk_span in, size_t step, uint8_t *memory)
{
	struct run run = {.err = PLK_E_SHORT};
	struct plk_blocks b;
	struct plk_block block;

	plk_blocks_init(&b, (struct plk_mspan){memory, ROOM});
	while (run.err == PLK_E_SHORT && in.n > 0) {
		struct plk_mspan space = plk_blocks_space(&b);
		size_t n = in.n < step ? in.n : step;

		n = n < space.n ? n : space.n;
		if (n == 0)
			return run; /* a block longer than the room of this harness */
		memcpy(space.p, in.p, n);
		in = tail_of(in, n);
		plk_blocks_commit(&b, n);
		while ((run.err = plk_blocks_next(&b, &block)) == PLK_OK) {
			CHECK(block.bytes.n >= 12 && block.bytes.n % 4 == 0);
			CHECK(block.captured <= block.bytes.n &&
			      (block.is_packet || block.captured == 0));
			run.hash = run.hash * 31 + block.bytes.n * 2 + block.is_packet;
			run.taken += block.bytes.n;
		}
	}
	if (run.err == PLK_E_SHORT)
		CHECK(plk_blocks_pending(&b) <= ROOM);
	return run;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t memory[ROOM];
	struct plk_span in = {data, size};
	struct run whole;
	struct run pieces;

	if (size == 0 || size > ROOM)
		return 0;
	whole = stream_run(in, size, memory);
	pieces = stream_run(in, 1 + size % 7, memory);
	CHECK(whole.hash == pieces.hash && whole.taken == pieces.taken);
	CHECK(whole.err == pieces.err);
	CHECK(whole.taken <= size);
	return 0;
}
