/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/segment.h"

#include <stdlib.h>
#include <string.h>

#include "rows.h"
#include "wire/layers.h"

#define PIECES_MAX 3
#define A "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"

/* clang-format off */
#define NONE {false, 0, 0}
/* clang-format on */

struct row {
	const char *what;
	const char *head; /* of the superframe */
	size_t head_n;
	size_t payload_n; /* of the pattern of payload_make() */
	struct plk_tag tag;
	struct plk_vnet vnet;
	size_t n_pieces;
	struct {
		const char *head;
		size_t head_n;
	} piece[PIECES_MAX];
};

/* Made by a script that has nothing in common with the code under test: each header written out, each checksum summed up from
 * addresses, ports and payload. */
/* clang-format off */
static const struct row good_rows[] = {
	{"TCP over IPv4, PSH on the last",
	 T(A "\x08\x00" "\x45\x00\x00\x8c\x12\x34\x40\x00\x40\x06\x3b\xfc\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x18\xfa\xf0\xec\xba\x00\x00"),
	 100, NONE, {1, 0x01, 0, 48, 34, 16, 0}, 3,
	 {
		{T(A "\x08\x00" "\x45\x00\x00\x58\x12\x34\x40\x00\x40\x06\x3c\x30\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xd6\x7b\x00\x00")},
		{T(A "\x08\x00" "\x45\x00\x00\x58\x12\x35\x40\x00\x40\x06\x3c\x2f\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x34\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\x54\xca\x00\x00")},
		{T(A "\x08\x00" "\x45\x00\x00\x2c\x12\x36\x40\x00\x40\x06\x3c\x5a\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x64\x0a\x0b\x0c\x0d\x50\x18\xfa\xf0\xbe\xc2\x00\x00")},
	 }},
	{"FIN, ECE, CWR; timestamps; the sequence number wraps",
	 T(A "\x08\x00" "\x45\x00\x00\x98\x12\x34\x40\x00\x40\x06\x3b\xf0\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\xff\xff\xff\xd0\x0a\x0b\x0c\x0d\x80\xd9\xfa\xf0\xec\xc6\x00\x00\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02"),
	 100, NONE, {1, 0x81, 0, 48, 34, 16, 0}, 3,
	 {
		{T(A "\x08\x00" "\x45\x00\x00\x64\x12\x34\x40\x00\x40\x06\x3c\x24\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\xff\xff\xff\xd0\x0a\x0b\x0c\x0d\x80\xd0\xfa\xf0\xa0\xd6\x00\x00\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02")},
		{T(A "\x08\x00" "\x45\x00\x00\x64\x12\x35\x40\x00\x40\x06\x3c\x23\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x00\x00\x00\x00\x0a\x0b\x0c\x0d\x80\x50\xfa\xf0\x1f\xa6\x00\x00\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02")},
		{T(A "\x08\x00" "\x45\x00\x00\x38\x12\x36\x40\x00\x40\x06\x3c\x4e\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x00\x00\x00\x30\x0a\x0b\x0c\x0d\x80\x59\xfa\xf0\x89\x9d\x00\x00\x01\x01\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x02")},
	 }},
	{"two whole pieces, the identification wraps",
	 T(A "\x08\x00" "\x45\x00\x00\x88\xff\xff\x40\x00\x40\x06\x4e\x34\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xec\xb6\x00\x00"),
	 96, NONE, {1, 0x01, 0, 48, 34, 16, 0}, 2,
	 {
		{T(A "\x08\x00" "\x45\x00\x00\x58\xff\xff\x40\x00\x40\x06\x4e\x64\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xd6\x7b\x00\x00")},
		{T(A "\x08\x00" "\x45\x00\x00\x58\x00\x00\x40\x00\x40\x06\x4e\x64\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x34\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\x54\xca\x00\x00")},
	 }},
	{"IPv4 options",
	 T(A "\x08\x00" "\x46\x00\x00\x5d\x12\x34\x40\x00\x40\x06\xa7\x26\xc0\x00\x02\x01\xc6\x33\x64\x07\x94\x04\x00\x00"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xec\x87\x00\x00"),
	 49, NONE, {1, 0x01, 0, 48, 38, 16, 0}, 2,
	 {
		{T(A "\x08\x00" "\x46\x00\x00\x5c\x12\x34\x40\x00\x40\x06\xa7\x27\xc0\x00\x02\x01\xc6\x33\x64\x07\x94\x04\x00\x00"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xd6\x7b\x00\x00")},
		{T(A "\x08\x00" "\x46\x00\x00\x2d\x12\x35\x40\x00\x40\x06\xa7\x55\xc0\x00\x02\x01\xc6\x33\x64\x07\x94\x04\x00\x00"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x34\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xbf\x5c\x00\x00")},
	 }},
	{"a tag beside it",
	 T(A "\x08\x00" "\x45\x00\x00\x64\x12\x34\x40\x00\x40\x06\x3c\x24\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xec\x92\x00\x00"),
	 60, {true, 0x8100, 0x2064}, {1, 0x01, 0, 48, 34, 16, 0}, 2,
	 {
		{T(A "\x81\x00\x20\x64\x08\x00" "\x45\x00\x00\x58\x12\x34\x40\x00\x40\x06\x3c\x30\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xd6\x7b\x00\x00")},
		{T(A "\x81\x00\x20\x64\x08\x00" "\x45\x00\x00\x34\x12\x35\x40\x00\x40\x06\x3c\x53\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x34\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\x55\x6d\x00\x00")},
	 }},
	{"a tag beside it and one in it",
	 T(A "\x81\x00\x20\x64\x08\x00" "\x45\x00\x00\x64\x12\x34\x40\x00\x40\x06\x3c\x24\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xec\x92\x00\x00"),
	 60, {true, 0x88a8, 0x0fff}, {1, 0x01, 0, 48, 38, 16, 0}, 2,
	 {
		{T(A "\x88\xa8\x0f\xff\x81\x00\x20\x64\x08\x00" "\x45\x00\x00\x58\x12\x34\x40\x00\x40\x06\x3c\x30\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xd6\x7b\x00\x00")},
		{T(A "\x88\xa8\x0f\xff\x81\x00\x20\x64\x08\x00" "\x45\x00\x00\x34\x12\x35\x40\x00\x40\x06\x3c\x53\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x34\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\x55\x6d\x00\x00")},
	 }},
	{"TCP over IPv6",
	 T(A "\x86\xdd" "\x60\x00\x00\x00\x00\x78\x06\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x11\xfa\xf0\x5b\xf3\x00\x00"),
	 100, NONE, {1, 0x04, 0, 50, 54, 16, 0}, 2,
	 {
		{T(A "\x86\xdd" "\x60\x00\x00\x00\x00\x46\x06\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\x15\xe9\x00\x00")},
		{T(A "\x86\xdd" "\x60\x00\x00\x00\x00\x46\x06\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x9c\x40\x01\xbb\x01\x02\x03\x36\x0a\x0b\x0c\x0d\x50\x11\xfa\xf0\xe5\x85\x00\x00")},
	 }},
	{"extension headers",
	 T(A "\x86\xdd" "\x60\x00\x00\x00\x00\x88\x00\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x3c\x00\x01\x04\x00\x00\x00\x00\x06\x00\x01\x04\x00\x00\x00\x00\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\x5b\xf3\x00\x00"),
	 100, NONE, {1, 0x04, 0, 64, 70, 16, 0}, 2,
	 {
		{T(A "\x86\xdd" "\x60\x00\x00\x00\x00\x64\x00\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x3c\x00\x01\x04\x00\x00\x00\x00\x06\x00\x01\x04\x00\x00\x00\x00\x9c\x40\x01\xbb\x01\x02\x03\x04\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\x52\xe7\x00\x00")},
		{T(A "\x86\xdd" "\x60\x00\x00\x00\x00\x48\x00\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x3c\x00\x01\x04\x00\x00\x00\x00\x06\x00\x01\x04\x00\x00\x00\x00\x9c\x40\x01\xbb\x01\x02\x03\x44\x0a\x0b\x0c\x0d\x50\x10\xfa\xf0\xa8\x7a\x00\x00")},
	 }},
	{"UDP over IPv4, an odd rest",
	 T(A "\x08\x00" "\x45\x00\x00\x81\x12\x34\x40\x00\x40\x11\x3b\xfc\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x12\x34\x00\x35\x00\x6d\xec\xba"),
	 101, NONE, {1, 0x05, 0, 50, 34, 6, 0}, 3,
	 {
		{T(A "\x08\x00" "\x45\x00\x00\x4e\x12\x34\x40\x00\x40\x11\x3c\x2f\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x12\x34\x00\x35\x00\x3a\x75\x9a")},
		{T(A "\x08\x00" "\x45\x00\x00\x4e\x12\x35\x40\x00\x40\x11\x3c\x2e\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x12\x34\x00\x35\x00\x3a\x45\x6a")},
		{T(A "\x08\x00" "\x45\x00\x00\x1d\x12\x36\x40\x00\x40\x11\x3c\x5e\xc0\x00\x02\x01\xc6\x33\x64\x07"
		   "\x12\x34\x00\x35\x00\x09\x44\x36")},
	 }},
	{"UDP over IPv6, two tags in it",
	 T(A "\x88\xa8\x0f\xff\x81\x00\x20\x64\x86\xdd" "\x60\x00\x00\x00\x00\x6c\x11\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x12\x34\x00\x35\x00\x6c\x5b\xf2"),
	 100, NONE, {1, 0x05, 0, 60, 62, 6, 0}, 2,
	 {
		{T(A "\x88\xa8\x0f\xff\x81\x00\x20\x64\x86\xdd" "\x60\x00\x00\x00\x00\x44\x11\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x12\x34\x00\x35\x00\x44\x9c\xc1")},
		{T(A "\x88\xa8\x0f\xff\x81\x00\x20\x64\x86\xdd" "\x60\x00\x00\x00\x00\x30\x11\x40\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02"
		   "\x12\x34\x00\x35\x00\x30\x3f\xd2")},
	 }},
};
/* clang-format on */

static void
payload_make(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + 1);
}

/* A superframe on the heap, of its exact length. */
static struct plk_span
superframe_new(const char *head, size_t head_n, size_t payload_n)
{
	uint8_t *p = malloc(head_n + payload_n);

	assert_non_null(p);
	memcpy(p, head, head_n);
	payload_make(p + head_n, payload_n);
	return (struct plk_span){p, head_n + payload_n};
}

static void
pieces_check(struct rows *r, struct plk_segment *segment, const struct row *row, size_t from)
{
	uint8_t payload[256];
	struct plk_pieces piece;

	payload_make(payload, row->payload_n);
	for (size_t i = from; i < row->n_pieces; i++) {
		size_t at = i * row->vnet.gso_size;
		size_t rest = row->payload_n - at;
		struct plk_span want = {payload + at,
					rest < row->vnet.gso_size ? rest : row->vnet.gso_size};

		row_number(r, "pieces left", plk_segment_count(segment), row->n_pieces - i);
		row_number(r, "piece", plk_segment_next(segment, &piece), PLK_OK);
		row_number(r, "parts", piece.n, 2);
		row_bytes(r, "headers", piece.part[0],
			  (struct plk_span){(const uint8_t *)row->piece[i].head,
					    row->piece[i].head_n});
		row_bytes(r, "payload", piece.part[1], want);
		row_number(r, "length", piece.bytes, row->piece[i].head_n + want.n);
	}
	row_number(r, "pieces left", plk_segment_count(segment), 0);
	mark(&piece, sizeof piece);
	row_number(r, "after the last", plk_segment_next(segment, &piece), PLK_E_SHORT);
	row_true(r, "nothing changed", untouched(&piece, sizeof piece));
}

static void
test_pieces(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "superframes");
	for (size_t i = 0; i < COUNT(good_rows); i++) {
		const struct row *row = &good_rows[i];
		struct plk_span eth = superframe_new(row->head, row->head_n, row->payload_n);
		struct plk_segment segment;

		row_begin_text(&r, "%s", row->what);
		for (size_t from = 0; from <= row->n_pieces; from++) {
			row_number(&r, "answer",
				   plk_segment_init(&segment, eth, &row->tag, &row->vnet,
						    PLK_SEGMENT_CSUM_FULL),
				   PLK_OK);
			plk_segment_skip(&segment, from);
			pieces_check(&r, &segment, row, from);
		}
		exact_free(eth);
	}
	rows_end(&r);
}

/* What the field held does not matter where the IP header has the addresses and nothing else: it is that of another frame where
 * the kernel made one of many. */
static void
test_field(void **state)
{
	struct rows r;
	size_t n = 0;

	(void)state;
	rows_begin(&r, "superframes, another checksum");
	for (size_t i = 0; i < COUNT(good_rows); i++) {
		const struct row *row = &good_rows[i];
		struct plk_span eth = superframe_new(row->head, row->head_n, row->payload_n);
		size_t at = (size_t)row->vnet.csum_start + row->vnet.csum_offset;
		struct plk_segment segment;
		struct plk_layers layers;
		uint8_t *changed = malloc(eth.n);

		assert_non_null(changed);
		memcpy(changed, eth.p, eth.n);
		changed[at] ^= 0x5a;
		row_begin_text(&r, "%s", row->what);
		row_number(&r, "layers", plk_layers_parse(eth, &layers), PLK_OK);
		if (layers.l4 - layers.l3 == (layers.type == PLK_TYPE_IPV4 ? 20 : 40)) {
			row_number(&r, "answer",
				   plk_segment_init(&segment, (struct plk_span){changed, eth.n},
						    &row->tag, &row->vnet, PLK_SEGMENT_CSUM_FULL),
				   PLK_OK);
			pieces_check(&r, &segment, row, 0);
			n++;
		}
		free(changed);
		exact_free(eth);
	}
	assert_true(n >= 7);
	rows_end(&r);
}

/* With the checksum left to the kernel a piece is a frame whose header plk_restore_whole() completes to the same bytes. */
static void
test_partial(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "superframes, checksums left out");
	for (size_t i = 0; i < COUNT(good_rows); i++) {
		const struct row *row = &good_rows[i];
		struct plk_span eth = superframe_new(row->head, row->head_n, row->payload_n);
		struct plk_segment segment;
		struct plk_pieces piece;
		size_t n = 0;

		row_begin_text(&r, "%s", row->what);
		row_number(&r, "answer",
			   plk_segment_init(&segment, eth, &row->tag, &row->vnet,
					    PLK_SEGMENT_CSUM_PARTIAL),
			   PLK_OK);
		for (; plk_segment_next(&segment, &piece) == PLK_OK; n++) {
			const struct plk_vnet vnet = plk_segment_vnet(&segment);
			uint8_t frame[512];
			struct plk_pieces whole;
			size_t at = vnet.csum_start + (size_t)vnet.csum_offset;

			memcpy(frame, piece.part[0].p, piece.part[0].n);
			memcpy(frame + piece.part[0].n, piece.part[1].p, piece.part[1].n);
			row_number(&r, "completed",
				   plk_restore_whole((struct plk_span){frame, piece.bytes},
						     &(const struct plk_tag)NONE, &vnet, &whole),
				   PLK_OK);
			row_bytes(&r, "checksum", whole.part[1],
				  (struct plk_span){(const uint8_t *)row->piece[n].head + at, 2});
		}
		row_number(&r, "pieces", n, row->n_pieces);
		exact_free(eth);
	}
	rows_end(&r);
}

#define IP4(proto) "\x45\0\0\x8c\x12\x34\x40\0\x40" proto "\x3b\xfc\xc0\0\2\1\xc6\x33\x64\7"
#define A6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define IP6(length, next) "\x60\0\0\0" length next "\x40" A6
#define TCP "\x9c\x40\1\xbb\1\2\3\4\0\0\0\0\x50\x18\xfa\xf0\xec\xba\0\0"
#define UDP "\x12\x34\0\x35\0\x6c\xec\xba"
#define TCP4 A "\x08\0" IP4("\6") TCP
#define UDP4 A "\x08\0" IP4("\x11") UDP
#define OPTIONS(next) next "\0\1\4\0\0\0\0"
#define OPTIONS232(next) next "\x1c\1\4\0\0\0\0" X224
#define OPTIONS200(next) next "\x18\1\4\0\0\0\0" X56 X56 X56 "xxxxxxxxxxxxxxxxxxxxxxxx"
#define X224 X56 X56 X56 X56
#define X56 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

struct bad_row {
	const char *what;
	const char *head;
	size_t head_n;
	size_t payload_n;
	struct plk_vnet vnet;
	enum plk_err err;
};

/* clang-format off */
static const struct bad_row bad_rows[] = {
	{"superframe", T(TCP4), 100, {1, 1, 0, 99, 34, 16, 0}, PLK_OK},
	{"longest pieces", T(TCP4), 65600, {1, 1, 0, 65495, 34, 16, 0}, PLK_OK},
	{"headers of 506 bytes", T(A "\x86\xdd" IP6("\2\x28", "\0") OPTIONS232("\x3c") OPTIONS200("\6") TCP), 100,
	 {1, 4, 0, 99, 486, 16, 0}, PLK_OK},

	{"headers of 514 bytes", T(A "\x86\xdd" IP6("\2\x30", "\0") OPTIONS232("\x3c") OPTIONS("\x3c") OPTIONS200("\6") TCP),
	 100, {1, 4, 0, 99, 494, 16, 0}, PLK_E_LIMIT},
	{"no frame", T(""), 0, {1, 1, 0, 99, 34, 16, 0}, PLK_E_SHORT},
	{"no frame, 13 bytes", T("0123456789012"), 0, {1, 1, 0, 99, 34, 16, 0}, PLK_E_SHORT},
	{"no segmentation", T(TCP4), 100, {1, 0, 0, 99, 34, 16, 0}, PLK_E_MALFORMED},
	{"nothing asked for", T(TCP4), 100, {0, 0, 0, 0, 0, 0, 0}, PLK_E_MALFORMED},
	{"one piece", T(TCP4), 100, {1, 1, 0, 100, 34, 16, 0}, PLK_E_MALFORMED},
	{"no payload", T(TCP4), 0, {1, 1, 0, 48, 34, 16, 0}, PLK_E_MALFORMED},
	{"one piece of UDP", T(UDP4), 100, {1, 5, 0, 1000, 34, 6, 0}, PLK_E_MALFORMED},
	{"jumbogram", T(A "\x86\xdd" IP6("\0\0", "\0") "\6\0\xc2\4\0\1\0\x70" TCP), 65600, {1, 4, 0, 1400, 62, 16, 0},
	 PLK_E_MALFORMED},
	{"pieces too long to say", T(TCP4), 65600, {1, 1, 0, 65496, 34, 16, 0}, PLK_E_LIMIT},
	{"UDP without NEEDS_CSUM", T(UDP4), 100, {0, 5, 0, 50, 34, 6, 0}, PLK_E_VNET_CSUM},
	{"TCP that is UDP", T(UDP4), 100, {1, 1, 0, 50, 34, 6, 0}, PLK_E_VNET_GSO_TYPE},
	{"UDP fragmentation", T(UDP4), 100, {1, 3, 0, 50, 34, 6, 0}, PLK_E_VNET_GSO_TYPE},
	{"tiny pieces", T(TCP4), 100, {1, 1, 0, 47, 34, 16, 0}, PLK_E_VNET_GSO_SIZE},
	{"unknown flag", T(TCP4), 100, {5, 1, 0, 50, 34, 16, 0}, PLK_E_VNET_FLAGS},
	{"checksum in the IP header", T(TCP4), 100, {1, 1, 0, 50, 24, 26, 0}, PLK_E_VNET_CSUM},
};
/* clang-format on */

static void
test_refused(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "what is cut and what is not");
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const struct bad_row *row = &bad_rows[i];
		struct plk_span eth = superframe_new(row->head, row->head_n, row->payload_n);
		struct plk_segment segment;
		enum plk_err err;

		row_begin_text(&r, "%s", row->what);
		mark(&segment, sizeof segment);
		err = plk_segment_init(&segment, eth, &(const struct plk_tag)NONE, &row->vnet,
				       PLK_SEGMENT_CSUM_FULL);
		row_err(&r, err, row->err);
		if (err != PLK_OK)
			row_true(&r, "nothing changed", untouched(&segment, sizeof segment));
		exact_free(eth);
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_field),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
