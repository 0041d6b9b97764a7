/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first byte says how the stream is laid out, the rest is the stream; if its highest bit is set
 * the longest record's worth of zeros follows, so that long frames are within reach. Oracle:
 * frame.h's grammar once more.
 */
#include <pktlock/frame.h>

#include "harness.h"

#define BYTES_MAX 4096

static uint64_t
be32(const uint8_t *p)
{
	return p[0] * 16777216ULL + p[1] * 65536ULL + p[2] * 256ULL + p[3];
}

static enum plk_err
oracle(uint8_t vnet_hdr, struct plk_span in, size_t *prefix, size_t *header, size_t *n)
{
	*prefix = vnet_hdr ? 8 : 4;
	*header = 0;
	if (in.n < 4)
		return PLK_E_SHORT;
	*n = be32(in.p);
	if (*n < 14 || *n > (vnet_hdr ? 69632 : 65535))
		return PLK_E_LIMIT;
	if (in.n < *prefix)
		return PLK_E_SHORT;
	if (vnet_hdr)
		*header = be32(in.p + 4);
	if (*header != 0 && *header != vnet_hdr)
		return PLK_E_MALFORMED;
	if (*n < 14 + *header)
		return PLK_E_LIMIT;
	return in.n < *prefix + *n ? PLK_E_SHORT : PLK_OK;
}

/* The prefix that we would write is the one that was read, but for a header left out (H = 0). */
static void
prefix_check(struct plk_framing framing, struct plk_span in, const struct plk_frame *frame)
{
	uint8_t out[PLK_PREFIX_MAX];
	size_t n = MARK_SIZE;
	enum plk_err err = plk_frame_prefix_encode(framing, frame->eth.n,
						   (struct plk_mspan){out, sizeof out}, &n);

	if (framing.vnet_hdr > 0 && frame->vnet.n == 0) {
		CHECK(err == (frame->eth.n + framing.vnet_hdr > 69632 ? PLK_E_LIMIT : PLK_OK));
		return;
	}
	CHECK(err == PLK_OK && n == (framing.vnet_hdr > 0 ? 8 : 4));
	CHECK(memcmp(out, in.p, n) == 0);
	CHECK(plk_frame_prefix_encode(framing, frame->eth.n, (struct plk_mspan){out, n - 1}, &n) ==
	      PLK_E_ROOM);
}

/* A whole record that is cut anywhere wants more. */
static void
cut_check(struct plk_framing framing, struct plk_span record)
{
	size_t step = record.n > 256 ? record.n / 64 : 1;
	struct plk_frame frame;
	struct plk_span rest;

	for (size_t n = 0; n < record.n; n += step)
		CHECK(plk_frame_parse(framing, (struct plk_span){record.p, n}, &frame, &rest) ==
		      PLK_E_SHORT);
	CHECK(plk_frame_parse(framing, (struct plk_span){record.p, record.n - 1}, &frame, &rest) ==
	      PLK_E_SHORT);
}

/* One record; returns whether there was one. */
static bool
record_check(struct plk_framing framing, struct plk_span *in)
{
	struct plk_frame frame;
	struct plk_span rest;
	size_t prefix;
	size_t header;
	size_t n = 0;
	enum plk_err want = oracle(framing.vnet_hdr, *in, &prefix, &header, &n);

	mark(&frame, sizeof frame);
	mark(&rest, sizeof rest);
	CHECK(plk_frame_parse(framing, *in, &frame, &rest) == want);
	if (want != PLK_OK) {
		CHECK(untouched(&frame, sizeof frame) && untouched(&rest, sizeof rest));
		if (want != PLK_E_SHORT && in->n > prefix)
			CHECK(plk_frame_parse(framing, (struct plk_span){in->p, prefix}, &frame,
					      &rest) == want); /* the prefix is enough to refuse */
		return false;
	}
	CHECK(frame.vnet.n == header && frame.eth.n == n - header && frame.eth.n >= 14);
	CHECK(header == 0 || frame.vnet.p == in->p + prefix);
	CHECK(frame.eth.p == in->p + prefix + header);
	CHECK(rest.p == frame.eth.p + frame.eth.n);
	CHECK(prefix + frame.vnet.n + frame.eth.n + rest.n == in->n);
	prefix_check(framing, *in, &frame);
	cut_check(framing, (struct plk_span){in->p, in->n - rest.n});
	*in = rest;
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t sizes[] = {0, 10, 12, 20};
	static uint8_t longest[BYTES_MAX + PLK_RECORD_MAX];
	struct plk_span in = {data, size};
	uint8_t how = take_u8(&in);
	struct plk_framing framing = {sizes[how % COUNT(sizes)]};

	if (!(how & 0x80) || in.n == 0 || in.n > BYTES_MAX) {
		while (record_check(framing, &in))
			continue;
		return 0;
	}
	memcpy(longest, in.p, in.n);
	size = in.n;
	in = (struct plk_span){longest, size + PLK_RECORD_MAX};
	while (record_check(framing, &in))
		continue;
	memset(longest, 0, size);
	return 0;
}
