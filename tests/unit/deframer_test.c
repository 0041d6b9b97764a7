/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/deframer.h>

#include <string.h>

#include "rows.h"

static uint8_t buffer[PLK_RECORD_MAX];

/* Three frames of format qemu and of format vnet, the frame bytes being letters. */
#define QEMU3             \
	"\0\0\0\x0e"      \
	"aaaaaaaaaaaaaa"  \
	"\0\0\0\x0f"      \
	"bbbbbbbbbbbbbbb" \
	"\0\0\0\x0e"      \
	"cccccccccccccc"
#define VNET3                  \
	"\0\0\0\x1a\0\0\0\x0c" \
	"hhhhhhhhhhhh"         \
	"aaaaaaaaaaaaaa"       \
	"\0\0\0\x0e\0\0\0\0"   \
	"bbbbbbbbbbbbbb"       \
	"\0\0\0\x1b\0\0\0\x0c" \
	"hhhhhhhhhhhh"         \
	"ccccccccccccccc"

struct row {
	uint8_t vnet_hdr;
	const char *stream;
	size_t n;
	const char *frames; /* each frame as "HEADER/FRAME " */
	enum plk_err end;   /* what is said after the last frame */
	size_t pending;
};

/* clang-format off */
static const struct row rows[] = {
	{0, T(QEMU3), "/aaaaaaaaaaaaaa /bbbbbbbbbbbbbbb /cccccccccccccc ", PLK_E_SHORT, 0},
	{12, T(VNET3),
	 "hhhhhhhhhhhh/aaaaaaaaaaaaaa /bbbbbbbbbbbbbb hhhhhhhhhhhh/ccccccccccccccc ", PLK_E_SHORT,
	 0},
	{0, T(""), "", PLK_E_SHORT, 0},
	{12, T(""), "", PLK_E_SHORT, 0},
	{0, T("\0"), "", PLK_E_SHORT, 1},
	{0, T("\0\0\0\x0e"), "", PLK_E_SHORT, 4},
	{0, T("\0\0\0\x0e" "aaaaaaaaaaaaa"), "", PLK_E_SHORT, 17},
	{0, T("\0\0\0\x0e" "aaaaaaaaaaaaaa\0"), "/aaaaaaaaaaaaaa ", PLK_E_SHORT, 1},
	{0, T("\0\0\0\x0e" "aaaaaaaaaaaaaa\0\0\0\x0f" "bbbbbbbbbbbbbb"), "/aaaaaaaaaaaaaa ",
	 PLK_E_SHORT, 18},
	{0, T("\0\0\0\0"), "", PLK_E_LIMIT, 4},
	{0, T("\0\0\0\x0d" "aaaaaaaaaaaaa"), "", PLK_E_LIMIT, 17},
	{0, T("\0\0\0\x0e" "aaaaaaaaaaaaaa\0\x01\0\0x"), "/aaaaaaaaaaaaaa ", PLK_E_LIMIT, 5},
	{0, T("\0\0\0\x0e" "aaaaaaaaaaaaaa\xff\xff\xff\xff"), "/aaaaaaaaaaaaaa ", PLK_E_LIMIT, 4},
	{12, T("\0\0\0\x1a\0\0\0"), "", PLK_E_SHORT, 7},
	{12, T("\0\0\0\x1a\0\0\0\x0a"), "", PLK_E_MALFORMED, 8},
	{12, T("\0\0\0\x19\0\0\0\x0c"), "", PLK_E_LIMIT, 8},
	{12, T("\0\0\0\x0e\0\0\0\0" "aaaaaaaaaaaaaa\0\0\0\x0e\0\0\0\x01"), "/aaaaaaaaaaaaaa ",
	 PLK_E_MALFORMED, 8},
};
/* clang-format on */

struct taken {
	char frames[256];
	size_t n;
};

static void
letters_add(struct taken *t, struct plk_span s)
{
	assert_true(s.n <= sizeof t->frames - 2 - t->n);
	if (s.n > 0)
		memcpy(t->frames + t->n, s.p, s.n);
	t->n += s.n;
}

static enum plk_err
frames_take(struct plk_deframer *d, struct taken *t)
{
	struct plk_frame frame;
	enum plk_err err;

	while ((err = plk_deframer_next(d, &frame)) == PLK_OK) {
		letters_add(t, frame.vnet);
		t->frames[t->n++] = '/';
		letters_add(t, frame.eth);
		t->frames[t->n++] = ' ';
	}
	return err;
}

/* Feeds @in in pieces of @step bytes, and takes frames after each. */
static enum plk_err
feed(struct plk_deframer *d, struct plk_span in, size_t step, struct taken *t)
{
	enum plk_err err = frames_take(d, t);

	while (in.n > 0) {
		struct plk_mspan space = plk_deframer_space(d);
		size_t n = in.n < step ? in.n : step;

		assert_true(space.n >= n);
		memcpy(space.p, in.p, n);
		plk_deframer_commit(d, n);
		in = (struct plk_span){in.p + n, in.n - n};
		err = frames_take(d, t);
	}
	return err;
}

/* Each row in pieces of one byte, of two, ... and as a whole. */
static void
test_pieces(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "deframer");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];

		for (size_t step = 1; step <= row->n + 1; step++) {
			struct plk_deframer d;
			struct taken t = {.n = 0};
			struct plk_frame frame;

			row_begin_text(&r, "%zu in pieces of %zu", i, step);
			plk_deframer_init(&d, (struct plk_framing){row->vnet_hdr},
					  (struct plk_mspan){buffer, sizeof buffer});
			row_err(&r,
				feed(&d, (struct plk_span){(const uint8_t *)row->stream, row->n},
				     step, &t),
				row->end);
			row_text(&r, "frames", (struct plk_span){(uint8_t *)t.frames, t.n},
				 row->frames);
			row_number(&r, "pending", plk_deframer_pending(&d), row->pending);
			mark(&frame, sizeof frame);
			row_err(&r, plk_deframer_next(&d, &frame), row->end);
			row_true(&r, "frame untouched", untouched(&frame, sizeof frame));
		}
	}
	rows_end_strict(&r);
}

/* The longest record of each format passes, wherever it begins in the buffer. */
static void
test_longest(void **state)
{
	static const struct {
		uint8_t vnet_hdr;
		const char *prefix;
		size_t prefix_n;
		size_t vnet_n;
		size_t eth_n;
	} longest[] = {
		{0, T("\0\0\xff\xff"), 0, 65535},
		{12, T("\0\x01\x10\0\0\0\0\x0c"), 12, 69620},
		{12, T("\0\x01\x10\0\0\0\0\0"), 0, 69632},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(longest); i++) {
		struct plk_deframer d;
		struct plk_frame frame = {.eth = {NULL, 0}};
		size_t fed = 0;

		plk_deframer_init(&d, (struct plk_framing){longest[i].vnet_hdr},
				  (struct plk_mspan){buffer, sizeof buffer});
		for (size_t records = 0; records < 5;) {
			struct plk_mspan space = plk_deframer_space(&d);
			size_t record = longest[i].prefix_n + longest[i].vnet_n + longest[i].eth_n;
			size_t n = space.n < 40000 ? space.n : 40000;

			assert_true(space.n > 0); /* after PLK_E_SHORT there is always space */
			for (size_t k = 0; k < n; k++, fed++) {
				size_t at = fed % record;

				space.p[k] = at < longest[i].prefix_n
						     ? (uint8_t)longest[i].prefix[at]
						     : (uint8_t)at;
			}
			plk_deframer_commit(&d, n);
			while (plk_deframer_next(&d, &frame) == PLK_OK) {
				assert_int_equal(frame.eth.n, longest[i].eth_n);
				assert_int_equal(frame.eth.p[frame.eth.n - 1],
						 (uint8_t)(record - 1));
				records++;
			}
			assert_int_equal(plk_deframer_next(&d, &frame), PLK_E_SHORT);
		}
	}
}

/* What is committed beyond the space counts as all of it, and nothing is lost or invented. */
static void
test_commit_too_much(void **state)
{
	struct plk_deframer d;
	struct plk_frame frame;

	(void)state;
	memset(buffer, 0, sizeof buffer);
	buffer[3] = 14;
	plk_deframer_init(&d, (struct plk_framing){0}, (struct plk_mspan){buffer, sizeof buffer});
	assert_int_equal(plk_deframer_space(&d).n, sizeof buffer);
	plk_deframer_commit(&d, SIZE_MAX);
	assert_int_equal(plk_deframer_pending(&d), sizeof buffer);
	assert_int_equal(plk_deframer_space(&d).n, 0);
	plk_deframer_commit(&d, 1);
	assert_int_equal(plk_deframer_pending(&d), sizeof buffer);
	assert_int_equal(plk_deframer_next(&d, &frame), PLK_OK);
	assert_ptr_equal(frame.eth.p, buffer + 4);
	assert_int_equal(plk_deframer_pending(&d), sizeof buffer - 18);
	assert_int_equal(plk_deframer_next(&d, &frame), PLK_E_LIMIT);
	assert_int_equal(plk_deframer_space(&d).n, 18);
	assert_int_equal(plk_deframer_next(&d, &frame), PLK_E_LIMIT);
}

/* A read of nothing changes nothing. */
static void
test_commit_nothing(void **state)
{
	struct plk_deframer d;
	struct plk_frame frame;

	(void)state;
	plk_deframer_init(&d, (struct plk_framing){0}, (struct plk_mspan){buffer, sizeof buffer});
	plk_deframer_commit(&d, 0);
	assert_int_equal(plk_deframer_pending(&d), 0);
	assert_int_equal(plk_deframer_next(&d, &frame), PLK_E_SHORT);
	assert_ptr_equal(plk_deframer_space(&d).p, buffer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_longest),
		cmocka_unit_test(test_commit_too_much),
		cmocka_unit_test(test_commit_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
