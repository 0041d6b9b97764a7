/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/restore.h"

#include <stdlib.h>
#include <string.h>

#include "rows.h"

/* Frames by hand: the checksum field holds the sum of the pseudo header, as NEEDS_CSUM wants it. */
#define IP4_SCTP "\x45\0\0\x28\x12\x34\x40\0\x40\x84\x3b\xe2\xc0\0\x02\x01\xc6\x33\x64\x07"
#define SCTP(crc)                                   \
	"\x9c\x40\x0b\x59\1\2\3\4" crc "\0\3\0\x08" \
	"chnk"
#define ADDRS "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define IP4_UDP "\x45\0\0\x21\x12\x34\x40\0\x40\x11\x3c\x5c\xc0\0\x02\x01\xc6\x33\x64\x07"
#define IP4_TCP "\x45\0\0\x2e\x12\x34\x40\0\x40\x06\x3c\x5a\xc0\0\x02\x01\xc6\x33\x64\x07"
#define IP6_UDP                                                                              \
	"\x60\0\0\0\0\x0a\x11\x40\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8" \
	"\0\0\0\0\0\0\0\0\0\0\0\x02"
#define UDP(csum) "\x12\x34\0\x35\0\x0d" csum "hello" /* an odd length */
#define TCP(csum)                                                                              \
	"\x9c\x40\x01\xbb\x01\x02\x03\x04\0\0\0\0\x60\x02\xfa\xf0" csum "\0\0\x02\x04\x05\xb4" \
	"ab"
#define UDP_ZERO(csum) "\0\x01\0\x02\0\x0a" csum "\xa4\x62" /* the sum comes out as 0 */
#define TAG "\x81\0\x20\x64"                                /* priority 1, ID 100 */
#define ATAG "\x88\xa8\x0f\xff"

#define UDP4(csum) ADDRS "\x08\0" IP4_UDP UDP(csum)
#define TCP4(csum) ADDRS "\x08\0" IP4_TCP TCP(csum)
#define UDP6(csum) ADDRS "\x86\xdd" IP6_UDP UDP_ZERO(csum)
#define SCTP4(crc) ADDRS "\x08\0" IP4_SCTP SCTP(crc)
#define ARP ADDRS "\x08\x06\0\x01\x08\0\x06\x04\0\x01"

/* clang-format off */
#define NONE {false, 0, 0}
#define Q {true, 0x8100, 0x2064}
#define AD {true, 0x88a8, 0x0fff}
#define PLAIN {0, 0, 0, 0, 0, 0, 0}
#define ONE_BUFFER {0, 0, 0, 0, 0, 0, 1}
#define NEEDS(start, offset) {1, 0, 0, 0, start, offset, 0}
#define GSO(type, start, offset) {1, type, 2950, 1448, start, offset, 7}
#define GSO48(type, start, offset) {1, type, 2950, 48, start, offset, 7}
/* clang-format on */
#define X48 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct whole_row {
	const char *eth;
	size_t n;
	struct plk_tag tag;
	struct plk_vnet vnet;
	enum plk_err err;
	const char *want;
	size_t want_n;
	size_t n_parts;
};

/* clang-format off */
static const struct whole_row whole_rows[] = {
	{T(ARP), NONE, PLAIN, PLK_OK, T(ARP), 1},
	{T(ADDRS "\x88\xb5"), NONE, PLAIN, PLK_OK, T(ADDRS "\x88\xb5"), 1},
	{T(ADDRS "\x88\xb5"), Q, PLAIN, PLK_OK, T(ADDRS TAG "\x88\xb5"), 3},
	{T(ADDRS "\x88\xb5x"), AD, PLAIN, PLK_OK, T(ADDRS ATAG "\x88\xb5x"), 3},
	{T(UDP4("\xbd\x5c")), NONE, {2, 0, 0, 0, 0, 0, 0}, PLK_OK, T(UDP4("\xbd\x5c")), 1},
	{T(UDP4("\xec\x5a")), NONE, PLAIN, PLK_OK, T(UDP4("\xec\x5a")), 1}, /* not asked for */
	{T(UDP4("\xec\x5a")), NONE, NEEDS(34, 6), PLK_OK, T(UDP4("\xbd\x5c")), 3},
	{T(TCP4("\xec\x5c")), NONE, NEEDS(34, 16), PLK_OK, T(TCP4("\xad\x93")), 3},
	{T(UDP6("\x5b\x90")), NONE, NEEDS(54, 6), PLK_OK, T(UDP6("\xff\xff")), 3},
	{T(UDP4("\xec\x5a")), Q, NEEDS(34, 6), PLK_OK,
	 T(ADDRS TAG "\x08\0" IP4_UDP UDP("\xbd\x5c")), 5},
	{T(TCP4("\xec\x5c")), AD, NEEDS(34, 16), PLK_OK,
	 T(ADDRS ATAG "\x08\0" IP4_TCP TCP("\xad\x93")), 5},
	{T(ADDRS TAG "\x08\0" IP4_UDP UDP("\xec\x5a")), NONE, NEEDS(38, 6), PLK_OK,
	 T(ADDRS TAG "\x08\0" IP4_UDP UDP("\xbd\x5c")), 3}, /* a tag in the frame already */
	{T(ADDRS TAG "\x08\0" IP4_UDP UDP("\xec\x5a")), AD, NEEDS(38, 6), PLK_OK,
	 T(ADDRS ATAG TAG "\x08\0" IP4_UDP UDP("\xbd\x5c")), 5},
	{T(ADDRS "\x88\xb5\0\0"), NONE, NEEDS(14, 0), PLK_OK, T(ADDRS "\x88\xb5\xff\xff"), 3},
	/* a sum of 0 is written so, but where UDP has it */
	{T(ADDRS "\x88\xb5\0\0\xff\xff"), NONE, NEEDS(14, 0), PLK_OK, T(ADDRS "\x88\xb5\0\0\xff\xff"), 1}, /* nothing to put in */
	{T(ADDRS "\x88\xb5\xff\xff\0\0\0\0\0\0"), NONE, NEEDS(14, 6), PLK_OK,
	 T(ADDRS "\x88\xb5\xff\xff\0\0\0\0\xff\xff"), 3},
	/* what the kernel made of received frames: the checksum is there */
	{T(TCP4("\xad\x93")), NONE, {0, 1, 0, 1448, 0, 0, 0}, PLK_OK, T(TCP4("\xad\x93")), 1},
	{T(TCP4("\xec\x5c")), NONE, {1, 1, 0, 8, 34, 16, 0}, PLK_OK, T(TCP4("\xad\x93")), 3},
	/* SCTP */
	{T(SCTP4("\0\0\0\0")), NONE, NEEDS(34, 8), PLK_OK, T(SCTP4("\x14\x53\x69\xda")), 3},
	{T(SCTP4("\xff\xff\xff\xff")), Q, NEEDS(34, 8), PLK_OK,
	 T(ADDRS TAG "\x08\0" IP4_SCTP SCTP("\x14\x53\x69\xda")), 5},
	/* to be segmented, but one piece: nothing but the checksum is missing */
	{T(TCP4("\xec\x5c")), NONE, GSO(1, 34, 16), PLK_OK, T(TCP4("\xad\x93")), 3},
	{T(TCP4("\xec\x5c")), Q, GSO48(0x81, 34, 16), PLK_OK,
	 T(ADDRS TAG "\x08\0" IP4_TCP TCP("\xad\x93")), 5},
	{T(UDP4("\xec\x5a")), NONE, GSO(5, 34, 6), PLK_OK, T(UDP4("\xbd\x5c")), 3},

	{T(""), NONE, PLAIN, PLK_E_SHORT, T(""), 0},
	{T(ADDRS), NONE, PLAIN, PLK_E_SHORT, T(""), 0},
	{T(ADDRS "\x08"), Q, PLAIN, PLK_E_SHORT, T(""), 0},
	{T(ADDRS "\x08"), AD, GSO(1, 34, 16), PLK_E_SHORT, T(""), 0},
	{T(ADDRS "\x08"), NONE, NEEDS(65535, 65535), PLK_E_SHORT, T(""), 0},
	{T(ADDRS "\x08\0"), NONE, NEEDS(14, 0), PLK_E_VNET_CSUM, T(""), 0},
	{T(UDP4("\xec\x5a")), NONE, NEEDS(0, 6), PLK_E_VNET_CSUM, T(""), 0},
	{T(UDP4("\xec\x5a")), NONE, NEEDS(14, 6), PLK_E_VNET_CSUM, T(""), 0},
	{T(UDP4("\xec\x5a")), NONE, NEEDS(34, 12), PLK_E_VNET_CSUM, T(""), 0},
	{T(UDP4("\xec\x5a")), Q, NEEDS(34, 12), PLK_E_VNET_CSUM, T(""), 0},
	{T(UDP4("\xec\x5a")), NONE, NEEDS(47, 0), PLK_E_VNET_CSUM, T(""), 0},
	{T(UDP4("\xec\x5a")), NONE, NEEDS(65535, 65535), PLK_E_VNET_CSUM, T(""), 0},
	{T(TCP4("\xec\x5c")), NONE, NEEDS(34, 14), PLK_E_VNET_CSUM, T(""), 0},
	{T(TCP4("\xec\x5c")), Q, NEEDS(54, 2), PLK_E_VNET_CSUM, T(""), 0},
	{T(UDP4("\xec\x5a")), NONE, {4, 0, 0, 0, 0, 0, 0}, PLK_E_VNET_FLAGS, T(""), 0},
	{T(UDP4("\xec\x5a")), NONE, {1, 3, 0, 1448, 34, 6, 0}, PLK_E_VNET_GSO_TYPE, T(""), 0},
	{T(TCP4("\xec\x5c")), NONE, {1, 1, 0, 0, 34, 16, 0}, PLK_E_VNET_GSO_SIZE, T(""), 0},
	{T(TCP4("\xec\x5c")), NONE, {0, 4, 0, 1448, 34, 16, 0}, PLK_E_VNET_GSO_TYPE, T(""), 0},
	{T(SCTP4("\0\0\0\0")), NONE, NEEDS(34, 6), PLK_E_VNET_CSUM, T(""), 0},
	{T(SCTP4("\0\0\0\0")), NONE, NEEDS(36, 6), PLK_E_VNET_CSUM, T(""), 0},
	{T(ADDRS "\x08\0" IP4_SCTP "\x9c\x40\x0b\x59\1\2\3\4\0\0\0"), NONE, NEEDS(34, 8), PLK_E_VNET_CSUM, T(""), 0},
	{T(TCP4("\xec\x5c") X48), NONE, GSO48(1, 34, 16), PLK_E_LIMIT, T(""), 0},
	{T(TCP4("\xec\x5c") X48), Q, GSO48(0x81, 34, 16), PLK_E_LIMIT, T(""), 0},
	{T(UDP4("\xec\x5a") X48), NONE, GSO48(5, 34, 6), PLK_E_LIMIT, T(""), 0},
	{T(TCP4("\xec\x5c")), NONE, GSO(4, 34, 16), PLK_E_VNET_GSO_TYPE, T(""), 0},
};
/* clang-format on */

/* The parts, one behind the other. */
static size_t
join(const struct plk_pieces *pieces, uint8_t *out, size_t room)
{
	size_t n = 0;

	assert_true(pieces->n <= PLK_PIECES_MAX);
	for (size_t i = 0; i < pieces->n; i++) {
		assert_true(pieces->part[i].n <= room - n);
		if (pieces->part[i].n > 0)
			memcpy(out + n, pieces->part[i].p, pieces->part[i].n);
		n += pieces->part[i].n;
	}
	return n;
}

static void
test_whole(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "a frame as on the wire");
	for (size_t i = 0; i < COUNT(whole_rows); i++) {
		const struct whole_row *row = &whole_rows[i];
		struct plk_span eth = exact_new(row->eth, row->n);
		struct plk_pieces pieces;
		uint8_t out[256];
		enum plk_err err;

		row_begin(&r, row->eth, row->n);
		mark(&pieces, sizeof pieces);
		err = plk_restore_whole(eth, &row->tag, &row->vnet, &pieces);
		row_err(&r, err, row->err);
		if (row->err != PLK_OK) {
			row_true(&r, "pieces untouched", untouched(&pieces, sizeof pieces));
		} else if (err == PLK_OK) {
			row_number(&r, "bytes", pieces.bytes, row->want_n);
			row_number(&r, "parts", pieces.n, row->n_parts);
			row_bytes(&r, "frame",
				  (struct plk_span){out, join(&pieces, out, sizeof out)},
				  (struct plk_span){(const uint8_t *)row->want, row->want_n});
		}
		row_bytes(&r, "what was given", eth,
			  (struct plk_span){(const uint8_t *)row->eth, row->n});
		exact_free(eth);
	}
	rows_end_strict(&r);
}

struct raw_row {
	const char *eth;
	size_t n;
	struct plk_tag tag;
	struct plk_vnet vnet;
	enum plk_err err;
	const char *want;
	size_t want_n;
	struct plk_vnet vnet_want;
};

#define RAW_BAD(err) err, T(""), PLAIN

/* clang-format off */
static const struct raw_row raw_rows[] = {
	{T(ARP), NONE, PLAIN, PLK_OK, T(ARP), ONE_BUFFER},
	{T(ARP), Q, PLAIN, PLK_OK, T(ADDRS TAG "\x08\x06\0\x01\x08\0\x06\x04\0\x01"), ONE_BUFFER},
	{T(ARP), NONE, {2, 0, 99, 0, 0, 0, 5}, PLK_OK, T(ARP), {2, 0, 0, 0, 0, 0, 1}},
	{T(UDP4("\xec\x5a")), NONE, {1, 0, 2950, 0, 34, 6, 1}, PLK_OK, T(UDP4("\xec\x5a")),
	 {1, 0, 0, 0, 34, 6, 1}},
	{T(UDP4("\xec\x5a")), Q, NEEDS(34, 6), PLK_OK,
	 T(ADDRS TAG "\x08\0" IP4_UDP UDP("\xec\x5a")), {1, 0, 0, 0, 38, 6, 1}},
	{T(TCP4("\xec\x5c")), NONE, GSO(1, 34, 16), PLK_OK, T(TCP4("\xec\x5c")), {1, 1, 58, 1448,
	 34, 16, 1}},
	{T(TCP4("\xec\x5c")), AD, GSO(0x81, 34, 16), PLK_OK,
	 T(ADDRS ATAG "\x08\0" IP4_TCP TCP("\xec\x5c")), {1, 0x81, 62, 1448, 38, 16, 1}},
	{T(UDP4("\xec\x5a")), Q, GSO(5, 34, 6), PLK_OK,
	 T(ADDRS TAG "\x08\0" IP4_UDP UDP("\xec\x5a")), {1, 5, 46, 1448, 38, 6, 1}},
	{T(ADDRS "\x88\xb5"), AD, PLAIN, PLK_OK, T(ADDRS ATAG "\x88\xb5"), ONE_BUFFER},
	/* whatever the field held, or none was asked for: a receiver counts from the pseudo header's sum */
	{T(TCP4("\x12\x34") X48), NONE, GSO48(1, 34, 16), PLK_OK, T(TCP4("\xec\x8c") X48), {1, 1, 58, 48,
	 34, 16, 1}},
	{T(TCP4("\x12\x34") X48), Q, {0, 0x81, 0, 48, 0, 0, 0}, PLK_OK,
	 T(ADDRS TAG "\x08\0" IP4_TCP TCP("\xec\x8c") X48), {1, 0x81, 62, 48, 38, 16, 1}},
	{T(TCP4("\xad\x93")), NONE, {0, 1, 0, 1448, 34, 16, 0}, PLK_OK, T(TCP4("\xad\x93")), ONE_BUFFER},
	{T(SCTP4("\0\0\0\0")), NONE, NEEDS(34, 8), PLK_OK, T(SCTP4("\x14\x53\x69\xda")), ONE_BUFFER},

	{T(""), NONE, PLAIN, RAW_BAD(PLK_E_SHORT)},
	{T(ADDRS "\x08"), NONE, PLAIN, RAW_BAD(PLK_E_SHORT)},
	{T(ADDRS "\x08"), Q, NEEDS(34, 6), RAW_BAD(PLK_E_SHORT)},
	{T(UDP4("\xec\x5a")), NONE, NEEDS(13, 6), RAW_BAD(PLK_E_VNET_CSUM)},
	{T(UDP4("\xec\x5a")), Q, NEEDS(34, 12), RAW_BAD(PLK_E_VNET_CSUM)},
	{T(UDP4("\xec\x5a")), Q, NEEDS(46, 0), RAW_BAD(PLK_E_VNET_CSUM)},
	{T(UDP4("\xec\x5a")), NONE, {8, 0, 0, 0, 0, 0, 0}, RAW_BAD(PLK_E_VNET_FLAGS)},
	{T(UDP4("\xec\x5a")), Q, GSO(3, 34, 6), RAW_BAD(PLK_E_VNET_GSO_TYPE)},
	{T(TCP4("\xec\x5c")), Q, {1, 1, 0, 0, 34, 16, 0}, RAW_BAD(PLK_E_VNET_GSO_SIZE)},
	{T(TCP4("\xec\x5c")), NONE, {0, 1, 0, 0, 34, 16, 0}, RAW_BAD(PLK_E_VNET_GSO_SIZE)},
	{T(SCTP4("\0\0\0\0")), NONE, NEEDS(34, 16), RAW_BAD(PLK_E_VNET_CSUM)},
	{T(SCTP4("\0\0\0\0")), Q, NEEDS(34, 6), RAW_BAD(PLK_E_VNET_CSUM)},
	{T(UDP4("\xec\x5a") X48), NONE, {1, 1, 0, 48, 34, 6, 0}, RAW_BAD(PLK_E_VNET_GSO_TYPE)},
	{T(TCP4("\xec\x5c")), NONE, GSO(1, 34, 6), RAW_BAD(PLK_E_VNET_CSUM)},
};
/* clang-format on */

static void
test_raw(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "a frame with its header");
	for (size_t i = 0; i < COUNT(raw_rows); i++) {
		const struct raw_row *row = &raw_rows[i];
		struct plk_span eth = exact_new(row->eth, row->n);
		struct plk_vnet vnet = row->vnet;
		const struct plk_vnet *want = row->err == PLK_OK ? &row->vnet_want : &row->vnet;
		struct plk_pieces pieces;
		uint8_t out[256];
		enum plk_err err;

		row_begin(&r, row->eth, row->n);
		mark(&pieces, sizeof pieces);
		err = plk_restore_raw(eth, &row->tag, &vnet, &pieces);
		row_err(&r, err, row->err);
		row_bytes(&r, "header", (struct plk_span){(uint8_t *)&vnet, sizeof vnet},
			  (struct plk_span){(const uint8_t *)want, sizeof vnet});
		if (row->err != PLK_OK) {
			row_true(&r, "pieces untouched", untouched(&pieces, sizeof pieces));
		} else if (err == PLK_OK) {
			row_number(&r, "bytes", pieces.bytes, row->want_n);
			row_bytes(&r, "frame",
				  (struct plk_span){out, join(&pieces, out, sizeof out)},
				  (struct plk_span){(const uint8_t *)row->want, row->want_n});
		}
		exact_free(eth);
	}
	rows_end_strict(&r);
}

/* Where the tag would push csum_start or hdr_len beyond 16 bits, the header cannot be said and is
 * refused, not wrapped. */
struct far_row {
	struct plk_tag tag;
	uint8_t gso_type;
	uint16_t csum_start;
	enum plk_err err;
	uint16_t start_want;
	uint16_t hdr_len_want;
};

/* clang-format off */
static const struct far_row far_rows[] = {
	{NONE, 0, 65535, PLK_OK, 65535, 0},
	{Q, 0, 65531, PLK_OK, 65535, 0},
	{NONE, 5, 65526, PLK_OK, 65526, 65534},
	{Q, 5, 65522, PLK_OK, 65526, 65534},
	{NONE, 1, 65474, PLK_OK, 65474, 65534}, /* a TCP header of 60 bytes */
	{Q, 1, 65470, PLK_OK, 65474, 65534},

	{Q, 0, 65532, PLK_E_VNET_CSUM, 65532, 2950},
	{Q, 0, 65535, PLK_E_VNET_CSUM, 65535, 2950},
	{NONE, 5, 65530, PLK_E_VNET_CSUM, 65530, 2950},
	{NONE, 5, 65534, PLK_E_VNET_CSUM, 65534, 2950},
	{Q, 5, 65526, PLK_E_VNET_CSUM, 65526, 2950},
	{NONE, 1, 65478, PLK_E_VNET_CSUM, 65478, 2950},
	{Q, 1, 65474, PLK_E_VNET_CSUM, 65474, 2950},
};
/* clang-format on */

/* An IPv4 packet behind so many tags that its layer 4, which is all ones, begins at @start. */
static void
far_frame_make(uint8_t *frame, size_t n, size_t start, uint8_t proto)
{
	size_t ip = start - 20;

	memset(frame, 0xff, n);
	for (size_t at = 12; at < ip - 2; at += 4) {
		frame[at] = 0x81;
		frame[at + 1] = 0;
	}
	memset(frame + ip - 2, 0, 22);
	frame[ip - 2] = 0x08;
	frame[ip] = 0x45;
	frame[ip + 9] = proto;
}

static void
test_far(void **state)
{
	static uint8_t frame[PLK_VNET_FRAME_MAX];
	struct rows r;

	(void)state;
	rows_begin(&r, "offsets near 65535");
	for (size_t i = 0; i < COUNT(far_rows); i++) {
		const struct far_row *row = &far_rows[i];
		uint16_t offset = row->gso_type == 1 ? 16 : 6;
		struct plk_vnet vnet = {1, row->gso_type, 2950, 1448, row->csum_start, offset, 0};
		struct plk_pieces pieces;

		if (row->gso_type == 0)
			memset(frame, 0xff, sizeof frame);
		else
			far_frame_make(frame, sizeof frame, row->csum_start,
				       row->gso_type == 1 ? 6 : 17);
		row_begin_text(&r, "tag %d type %u start %u", row->tag.present, row->gso_type,
			       row->csum_start);
		mark(&pieces, sizeof pieces);
		row_err(&r,
			plk_restore_raw((struct plk_span){frame, sizeof frame}, &row->tag, &vnet,
					&pieces),
			row->err);
		row_number(&r, "csum_start", vnet.csum_start, row->start_want);
		row_number(&r, "hdr_len", vnet.hdr_len, row->hdr_len_want);
		row_true(&r, "pieces",
			 row->err == PLK_OK
				 ? pieces.bytes == sizeof frame + (row->tag.present ? 4 : 0)
				 : untouched(&pieces, sizeof pieces));
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
