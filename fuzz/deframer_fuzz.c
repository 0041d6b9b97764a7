/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first byte says how the stream is laid out (bit 7: zeros follow it, so that long frames are
 * within reach), the second how many bytes of chunk lengths come, then the stream. However it is
 * cut, frames and end are those of plk_frame_parse() over the whole.
 */
#include <pktlock/deframer.h>

#include "harness.h"

#define BYTES_MAX 4096

static uint8_t buffer[PLK_RECORD_MAX];

/* The stream as it is, from where frames were not yet compared. */
struct whole {
	struct plk_framing framing;
	struct plk_span left;
};

/* With one byte less the frame is not there, with that many it is, if they may be any. */
static void
missing_check(const struct plk_deframer *d, const struct whole *whole)
{
	static uint8_t all[PLK_RECORD_MAX];
	const size_t there = plk_deframer_pending(d);
	const size_t missing = plk_deframer_missing(d);
	struct plk_frame frame;
	struct plk_span rest;

	CHECK((missing == 0) == (there < 4) && missing <= sizeof all - there);
	if (missing == 0)
		return;
	memset(all, 0, there + missing);
	memcpy(all, whole->left.p, there);
	CHECK(plk_frame_parse(whole->framing, (struct plk_span){all, there + missing - 1}, &frame,
			      &rest) != PLK_OK);
	CHECK(there < PLK_PREFIX_MAX ||
	      (plk_frame_parse(whole->framing, (struct plk_span){all, there + missing}, &frame,
			       &rest) == PLK_OK &&
	       rest.n == 0));
}

/* Takes all frames that the deframer has, each of which must be the next of the whole. */
static enum plk_err
frames_compare(struct plk_deframer *d, struct whole *whole)
{
	for (;;) {
		struct plk_frame got;
		struct plk_frame want;
		struct plk_span rest;
		enum plk_err err;

		mark(&got, sizeof got);
		err = plk_deframer_next(d, &got);
		if (err != PLK_OK) {
			CHECK(untouched(&got, sizeof got));
			if (err == PLK_E_SHORT)
				missing_check(d, whole);
			return err;
		}
		CHECK(plk_frame_parse(whole->framing, whole->left, &want, &rest) == PLK_OK);
		CHECK(same_bytes(got.vnet, want.vnet) && same_bytes(got.eth, want.eth));
		CHECK(got.eth.p >= buffer && got.eth.p + got.eth.n <= buffer + sizeof buffer);
		whole->left = rest;
	}
}

/* Feeds one chunk, in as many pieces as the free space makes. */
static enum plk_err
chunk_feed(struct plk_deframer *d, struct whole *whole, struct plk_span chunk)
{
	enum plk_err err = PLK_E_SHORT;

	do {
		struct plk_mspan space = plk_deframer_space(d);
		size_t n = chunk.n < space.n ? chunk.n : space.n;

		CHECK(space.n > 0);
		if (n > 0)
			memcpy(space.p, chunk.p, n);
		plk_deframer_commit(d, n);
		chunk = tail_of(chunk, n);
		err = frames_compare(d, whole);
	} while (err == PLK_E_SHORT && chunk.n > 0);
	return err;
}

/* The bytes of the @i-th chunk, @scale times what the input says; nothing but zeros would never
 * end. */
static size_t
chunk_length(struct plk_span lengths, size_t i, size_t scale, size_t left)
{
	size_t n = lengths.n > 0 ? lengths.p[i % lengths.n] * scale : left;

	if (n == 0 && i % lengths.n == lengths.n - 1)
		n = scale;
	return n < left ? n : left;
}

static void
stream_check(struct plk_framing framing, struct plk_span stream, struct plk_span lengths,
	     size_t scale)
{
	struct whole whole = {.framing = framing, .left = stream};
	struct plk_span in = stream;
	struct plk_deframer d;
	struct plk_frame frame;
	struct plk_span rest;
	enum plk_err err = PLK_E_SHORT;

	plk_deframer_init(&d, framing, (struct plk_mspan){buffer, sizeof buffer});
	for (size_t i = 0; in.n > 0 && err == PLK_E_SHORT; i++) {
		size_t n = chunk_length(lengths, i, scale, in.n);

		err = chunk_feed(&d, &whole, (struct plk_span){in.p, n});
		in = tail_of(in, n);
	}
	if (err == PLK_E_SHORT)
		CHECK(plk_deframer_pending(&d) == whole.left.n && in.n == 0);
	CHECK(plk_frame_parse(framing, whole.left, &frame, &rest) == err);
	CHECK(plk_deframer_next(&d, &frame) == err); /* and it stays so */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t sizes[] = {0, 10, 12, 20};
	static uint8_t longest[BYTES_MAX + PLK_RECORD_MAX];
	struct plk_span in = {data, size};
	uint8_t how = take_u8(&in);
	size_t n_lengths = take_u8(&in);
	struct plk_framing framing = {sizes[how % COUNT(sizes)]};
	struct plk_span lengths = {in.p, in.n < n_lengths ? in.n : n_lengths};

	in = tail_of(in, lengths.n);
	if (!(how & 0x80) || in.n == 0 || in.n > BYTES_MAX) {
		stream_check(framing, in, lengths, 1);
		return 0;
	}
	memcpy(longest, in.p, in.n);
	stream_check(framing, (struct plk_span){longest, in.n + PLK_RECORD_MAX}, lengths, 1000);
	memset(longest, 0, in.n);
	return 0;
}
