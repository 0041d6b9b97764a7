/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/frame.h>

#include <stdlib.h>
#include <string.h>

#include "rows.h"

/* A stream: the prefix as it stands here, then bytes 0, 1, 2, ... up to @total. */
struct row {
	uint8_t vnet_hdr;
	const char *prefix;
	size_t prefix_n;
	size_t total; /* bytes of the stream, prefix included */
	enum plk_err err;
	size_t vnet_n; /* on success: bytes of header, of frame, and after it */
	size_t eth_n;
	size_t rest_n;
};

/* clang-format off */
#define GOOD(hdr, prefix, total, vnet_n, eth_n, rest_n) \
	{hdr, T(prefix), total, PLK_OK, vnet_n, eth_n, rest_n}
#define BAD(hdr, prefix, total, err) {hdr, T(prefix), total, err, 0, 0, 0}

static const struct row rows[] = {
	/* format qemu */
	GOOD(0, "\0\0\0\x0e", 18, 0, 14, 0),
	GOOD(0, "\0\0\0\x0e", 19, 0, 14, 1),
	GOOD(0, "\0\0\0\x0f", 200, 0, 15, 181),
	GOOD(0, "\0\0\x05\xea", 1518, 0, 1514, 0),
	GOOD(0, "\0\0\xff\xff", 65539, 0, 65535, 0),
	GOOD(0, "\0\0\xff\xff", 65540, 0, 65535, 1),
	BAD(0, "", 0, PLK_E_SHORT),
	BAD(0, "\0", 1, PLK_E_SHORT),
	BAD(0, "\0\0", 2, PLK_E_SHORT),
	BAD(0, "\0\0\0", 3, PLK_E_SHORT),
	BAD(0, "\xff\xff\xff", 3, PLK_E_SHORT),
	BAD(0, "\0\0\0\x0e", 4, PLK_E_SHORT),
	BAD(0, "\0\0\0\x0e", 17, PLK_E_SHORT),
	BAD(0, "\0\0\xff\xff", 4, PLK_E_SHORT),
	BAD(0, "\0\0\xff\xff", 65538, PLK_E_SHORT),
	BAD(0, "\0\0\0\0", 4, PLK_E_LIMIT), /* before a byte more is waited for */
	BAD(0, "\0\0\0\x01", 5, PLK_E_LIMIT),
	BAD(0, "\0\0\0\x0d", 4, PLK_E_LIMIT),
	BAD(0, "\0\0\0\x0d", 17, PLK_E_LIMIT),
	BAD(0, "\0\x01\0\0", 4, PLK_E_LIMIT),
	BAD(0, "\0\x01\0\0", 65540, PLK_E_LIMIT),
	BAD(0, "\x0e\0\0\0", 18, PLK_E_LIMIT), /* little-endian */
	BAD(0, "\x80\0\0\x0e", 18, PLK_E_LIMIT),
	BAD(0, "\xff\xff\xff\xff", 4, PLK_E_LIMIT),

	/* format vnet: a header of the port's size */
	GOOD(10, "\0\0\0\x18\0\0\0\x0a", 32, 10, 14, 0),
	GOOD(12, "\0\0\0\x1a\0\0\0\x0c", 34, 12, 14, 0),
	GOOD(20, "\0\0\0\x22\0\0\0\x14", 42, 20, 14, 0),
	GOOD(12, "\0\0\0\x1b\0\0\0\x0c", 40, 12, 15, 5),
	GOOD(12, "\0\x01\x10\0\0\0\0\x0c", 69640, 12, 69620, 0),
	GOOD(20, "\0\x01\x10\0\0\0\0\x14", 69641, 20, 69612, 1),
	/* or none */
	GOOD(12, "\0\0\0\x0e\0\0\0\0", 22, 0, 14, 0),
	GOOD(10, "\0\0\0\x0e\0\0\0\0", 23, 0, 14, 1),
	GOOD(20, "\0\x01\x10\0\0\0\0\0", 69640, 0, 69632, 0),
	BAD(12, "", 0, PLK_E_SHORT),
	BAD(12, "\0\0\0", 3, PLK_E_SHORT),
	BAD(12, "\0\0\0\x1a", 4, PLK_E_SHORT),
	BAD(12, "\0\0\0\x0e", 4, PLK_E_SHORT), /* enough if H is 0 */
	BAD(12, "\0\0\0\x1a\0\0\0", 7, PLK_E_SHORT),
	BAD(12, "\0\0\0\x1a\0\0\0\x0c", 8, PLK_E_SHORT),
	BAD(12, "\0\0\0\x1a\0\0\0\x0c", 33, PLK_E_SHORT),
	BAD(12, "\0\0\0\x0e\0\0\0\0", 21, PLK_E_SHORT),
	BAD(12, "\0\x01\x10\0\0\0\0\x0c", 69639, PLK_E_SHORT),
	BAD(12, "\0\0\0\0", 4, PLK_E_LIMIT), /* no H makes this good */
	BAD(12, "\0\0\0\x0d", 4, PLK_E_LIMIT),
	BAD(12, "\0\x01\x10\x01", 4, PLK_E_LIMIT),
	BAD(12, "\xff\xff\xff\xff", 4, PLK_E_LIMIT),
	BAD(12, "\0\0\0\x0d\0\0\0\0", 21, PLK_E_LIMIT),
	BAD(12, "\0\0\0\x19\0\0\0\x0c", 8, PLK_E_LIMIT), /* N < 14 + H */
	BAD(12, "\0\0\0\x19\0\0\0\x0c", 33, PLK_E_LIMIT),
	BAD(10, "\0\0\0\x17\0\0\0\x0a", 31, PLK_E_LIMIT),
	BAD(20, "\0\0\0\x21\0\0\0\x14", 41, PLK_E_LIMIT),
	BAD(20, "\0\0\0\x13\0\0\0\x14", 8, PLK_E_LIMIT), /* N < H */
	BAD(12, "\0\x01\x10\x01\0\0\0\x0c", 69641, PLK_E_LIMIT),
	BAD(12, "\0\0\0\x1a\0\0\0\x0a", 34, PLK_E_MALFORMED), /* another size */
	BAD(12, "\0\0\0\x22\0\0\0\x14", 42, PLK_E_MALFORMED),
	BAD(10, "\0\0\0\x1a\0\0\0\x0c", 8, PLK_E_MALFORMED),
	BAD(12, "\0\0\0\x1a\0\0\0\x01", 8, PLK_E_MALFORMED),
	BAD(12, "\0\0\0\x1a\0\0\0\x0b", 34, PLK_E_MALFORMED),
	BAD(12, "\0\0\0\x1a\0\0\0\x0d", 34, PLK_E_MALFORMED),
	BAD(12, "\0\0\0\x1a\x0c\0\0\0", 34, PLK_E_MALFORMED), /* little-endian */
	BAD(12, "\0\0\0\x1a\0\0\x01\x0c", 8, PLK_E_MALFORMED),
	BAD(12, "\0\0\0\x1a\xff\xff\xff\xff", 8, PLK_E_MALFORMED),
	BAD(12, "\0\0\0\x1a\x80\0\0\x0c", 34, PLK_E_MALFORMED),
	BAD(12, "\0\0\0\x1a\x02\0\0\0", 34, PLK_E_MALFORMED), /* format qemu read as vnet */
};
/* clang-format on */

static uint8_t *
stream_new(const struct row *row)
{
	uint8_t *p = malloc(row->total > 0 ? row->total : 1);

	assert_non_null(p);
	for (size_t i = 0; i < row->total; i++)
		p[i] = i < row->prefix_n ? (uint8_t)row->prefix[i] : (uint8_t)(i - row->prefix_n);
	return p;
}

static void
test_parse(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "frame");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t *p = stream_new(row);
		struct plk_frame frame;
		struct plk_span rest;

		row_begin(&r, row->prefix, row->prefix_n);
		mark(&frame, sizeof frame);
		mark(&rest, sizeof rest);
		row_err(&r,
			plk_frame_parse((struct plk_framing){row->vnet_hdr},
					(struct plk_span){p, row->total}, &frame, &rest),
			row->err);
		if (row->err == PLK_OK) {
			row_number(&r, "header bytes", frame.vnet.n, row->vnet_n);
			row_number(&r, "frame bytes", frame.eth.n, row->eth_n);
			row_number(&r, "rest bytes", rest.n, row->rest_n);
			row_true(&r, "header follows the prefix",
				 row->vnet_n == 0 || frame.vnet.p == p + row->prefix_n);
			row_true(&r, "frame follows the header",
				 frame.eth.p == p + row->prefix_n + row->vnet_n);
			row_true(&r, "rest follows the frame", rest.p == frame.eth.p + row->eth_n);
		} else {
			row_true(&r, "frame untouched", untouched(&frame, sizeof frame));
			row_true(&r, "rest untouched", untouched(&rest, sizeof rest));
		}
		free(p);
	}
	rows_end_strict(&r);
}

static void
test_nothing(void **state)
{
	struct plk_frame frame;
	struct plk_span rest;

	(void)state;
	for (uint8_t hdr = 0; hdr <= 20; hdr = (uint8_t)(hdr + 10))
		assert_int_equal(plk_frame_parse((struct plk_framing){hdr},
						 (struct plk_span){NULL, 0}, &frame, &rest),
				 PLK_E_SHORT);
}

struct encode_row {
	uint8_t vnet_hdr;
	size_t eth_n;
	size_t room;
	enum plk_err err;
	const char *bytes;
	size_t n;
};

/* clang-format off */
static const struct encode_row encode_rows[] = {
	{0, 14, 4, PLK_OK, T("\0\0\0\x0e")},
	{0, 1514, 8, PLK_OK, T("\0\0\x05\xea")},
	{0, 65535, 8, PLK_OK, T("\0\0\xff\xff")},
	{10, 14, 8, PLK_OK, T("\0\0\0\x18\0\0\0\x0a")},
	{12, 14, 8, PLK_OK, T("\0\0\0\x1a\0\0\0\x0c")},
	{20, 1514, 9, PLK_OK, T("\0\0\x05\xfe\0\0\0\x14")},
	{10, 69622, 8, PLK_OK, T("\0\x01\x10\0\0\0\0\x0a")},
	{12, 69620, 8, PLK_OK, T("\0\x01\x10\0\0\0\0\x0c")},
	{20, 69612, 8, PLK_OK, T("\0\x01\x10\0\0\0\0\x14")},

	{0, 0, 8, PLK_E_SHORT, T("")},
	{0, 13, 8, PLK_E_SHORT, T("")},
	{12, 0, 8, PLK_E_SHORT, T("")},
	{12, 13, 8, PLK_E_SHORT, T("")},
	{20, 13, 0, PLK_E_SHORT, T("")},
	{0, 65536, 8, PLK_E_LIMIT, T("")},
	{0, 69632, 8, PLK_E_LIMIT, T("")},
	{10, 69623, 8, PLK_E_LIMIT, T("")},
	{12, 69621, 8, PLK_E_LIMIT, T("")},
	{20, 69613, 8, PLK_E_LIMIT, T("")},
	{0, SIZE_MAX, 8, PLK_E_LIMIT, T("")},
	{12, SIZE_MAX, 8, PLK_E_LIMIT, T("")},
	{12, SIZE_MAX - 11, 8, PLK_E_LIMIT, T("")},
	{0, (size_t)UINT32_MAX + 15, 8, PLK_E_LIMIT, T("")},
	{0, 14, 3, PLK_E_ROOM, T("")},
	{0, 14, 0, PLK_E_ROOM, T("")},
	{12, 14, 7, PLK_E_ROOM, T("")},
	{12, 14, 4, PLK_E_ROOM, T("")},
	{12, 14, 0, PLK_E_ROOM, T("")},
};
/* clang-format on */

static void
test_encode(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "prefix");
	for (size_t i = 0; i < COUNT(encode_rows); i++) {
		const struct encode_row *row = &encode_rows[i];
		uint8_t out[12];
		size_t n = MARK_SIZE;

		row_begin_text(&r, "header %u, frame %zu, room %zu", row->vnet_hdr, row->eth_n,
			       row->room);
		mark(out, sizeof out);
		row_err(&r,
			plk_frame_prefix_encode(
				(struct plk_framing){row->vnet_hdr}, row->eth_n,
				(struct plk_mspan){row->room > 0 ? out : NULL, row->room}, &n),
			row->err);
		row_number(&r, "n", n, row->err == PLK_OK ? row->n : MARK_SIZE);
		if (row->err == PLK_OK)
			row_bytes(&r, "prefix", (struct plk_span){out, row->n},
				  (struct plk_span){(const uint8_t *)row->bytes, row->n});
		row_true(&r, "nothing beyond", untouched(out + row->n, sizeof out - row->n));
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_encode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
