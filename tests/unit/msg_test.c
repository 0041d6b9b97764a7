/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The layout of every message stands here a second time, as literal rows: a message or field that
 * is added, moved or widened in ipc/msg.h fails until this table says the same.
 */
#include "ipc/msg.h"

#include <string.h>

#include "rows.h"

enum kind { NUM, ANY, STR, RAW };

struct field {
	enum kind kind;
	size_t width; /* bytes */
	uint64_t max; /* NUM: the largest value that is taken */
};

/* clang-format off */
#define U8(max) {NUM, 1, max}
#define U16(max) {NUM, 2, max}
#define U32(max) {NUM, 4, max}
#define ANY8 {ANY, 1, 0}
#define ANY16 {ANY, 2, 0}
#define ANY32 {ANY, 4, 0}
#define ANY64 {ANY, 8, 0}
#define STR(n) {STR, n, 0}
#define RAW(n) {RAW, n, 0}
/* clang-format on */

#define FIELDS_MAX 18

struct row {
	unsigned type;
	const char *name;
	size_t size;
	struct field fields[FIELDS_MAX];
};

/* clang-format off */
#define ROW(TYPE, size, ...) {PLK_MSG_##TYPE, #TYPE, size, {__VA_ARGS__}}
#define EMPTY(TYPE) {PLK_MSG_##TYPE, #TYPE, 1, {{NUM, 0, 0}}}

static const struct row rows[] = {
	ROW(CHANNEL, 2, U8(2)),
	ROW(TAP, 6, U32(1048575), U8(2)),
	ROW(WORKER_DIED, 9, ANY32, ANY32),
	ROW(STOP, 2, U8(1)),
	EMPTY(RELOAD),
	EMPTY(DUMP),
	EMPTY(WORKER_WANTED),
	EMPTY(WORKER_STUCK),
	EMPTY(READY),
	ROW(UNSTORE, 249, STR(248)),
	ROW(REASON, 257, STR(256)),
	ROW(STATUS, 13, U32(1024), ANY64),
	EMPTY(ALIVE),
	EMPTY(RELOADED),
	EMPTY(EXIT),
	ROW(STORE, 9, ANY64),
	ROW(STOPPED, 29, U32(2147483647), ANY64, ANY64, ANY64),
	ROW(ALLOW_DIRECTORY, 110, STR(108), U8(1)),
	ROW(ALLOW_TCP, 4, ANY16, U8(1)),
	EMPTY(RUNTIME),
	EMPTY(CONFINE),
	ROW(IFACE_NAME, 17, STR(16)),
	ROW(IFACE_TAP, 5, U32(1048575)),
	ROW(LISTEN_UNIX, 111, U16(63), STR(108)),
	ROW(LISTEN_TCP, 38, U16(63), U8(1), RAW(16), STR(16), ANY16),
	ROW(LISTEN_CONTROL, 109, STR(108)),
	ROW(TARGET_UNIX, 111, U16(63), STR(108)),
	ROW(TARGET_TCP, 38, U16(63), U8(1), RAW(16), STR(16), ANY16),
	ROW(CONNECT, 3, U16(63)),
	ROW(FORGET, 3, U16(63)),
	ROW(FILTER, 226, U8(28), RAW(224)),
	ROW(OPEN, 3, U8(7), U8(3)),
	ROW(BIND, 3, U8(7), U8(3)),
	ROW(SILENCE, 2, U8(7)),
	ROW(PROMISC, 2, U8(1)),
	EMPTY(HANDOUT),
	EMPTY(SEAL),
	ROW(COUNT, 2, U8(1)),
	ROW(IFACE_IS, 33, U8(PLK_STEPS - 1), U32(4095), U32(2147483647), U8(1), U8(1),
	 U8(PLK_LINK_KINDS - 1), ANY32, STR(16)),
	ROW(LISTENING, 8, U16(63), U8(PLK_STEPS - 1), U32(4095)),
	ROW(CONNECTING, 8, U16(63), U8(PLK_STEPS - 1), U32(4095)),
	ROW(DONE, 8, ANY8, U8(7), U8(PLK_STEPS - 1), U32(4095)),
	ROW(LINK, 29, U8(8), U32(2147483647), U8(1), U8(1), U8(PLK_LINK_KINDS - 1), ANY32, STR(16)),
	ROW(COUNTED, 21, U32(2147483647), ANY64, ANY64),
	ROW(PACKET, 10, U8(7), ANY32, ANY32),
	ROW(CONFIG, 12, U32(1024), U32(16777216), U16(64), U8(1)),
	ROW(VLANS, 515, U16(63), RAW(512)),
	ROW(PORT, 222, U16(63), U8(2), U8(20), U8(3), U8(2), U32(1024), U8(1), U8(1), U8(1), U8(1),
	 U8(2), U32(262144), U8(32), RAW(192), U8(1), ANY32, ANY32),
	ROW(UNPORT, 3, U16(63)),
	ROW(PARK, 4, U16(63), U8(1)),
	ROW(ROOM, 3, U16(63)),
	EMPTY(FILL),
	ROW(FLOW, 2, U8(1)),
	ROW(ABOUT, 227, U8(2), U8(224), RAW(224)),
	ROW(RESTORE, 3, U16(63)),
	ROW(MISSED, 17, ANY64, ANY64),
	ROW(CLIENT, 3, U16(63)),
	ROW(ADMIT, 10, U32(1023), ANY32, U8(1)),
	ROW(LINK_IS, 9, U8(1), U8(1), U8(1), U8(PLK_LINK_KINDS - 1), ANY32),
	EMPTY(GO),
	EMPTY(PING),
	ROW(FINISH, 2, U8(1)),
	ROW(ADOPTED, 9, U16(63), U16(PLK_ERR_COUNT - 1), U32(4095)),
	EMPTY(SERVING),
	EMPTY(PONG),
	ROW(ACCEPTED, 11, U32(1023), ANY32, U16(63)),
	ROW(CLOSED, 40, U32(1023), ANY32, U16(63), U8(PLK_CLOSES - 1), U32(4095), ANY64, ANY64,
	 ANY64),
	ROW(RESTORED, 17, U32(1023), ANY32, U16(63), U16(PLK_ERR_COUNT - 1), U32(4095)),
	ROW(UNPORTED, 3, U16(63)),
	ROW(KEPT, 43, U32(1023), ANY32, U16(63), ANY64, ANY64, ANY64, ANY64),
	EMPTY(LEFT),
	ROW(CONFINED, 33, U8(31), U32(4095), ANY64, ANY64, U8(1), ANY8, ANY32, U8(1), ANY16, ANY16),
	ROW(EVENT, 27, U16(PLK_EVENTS - 1), ANY64, ANY64, ANY64),
};
/* clang-format on */

static void
number_put(uint8_t *p, size_t width, uint64_t value)
{
	for (size_t i = 0; i < width; i++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		p[i] = (uint8_t)(value >> 8 * i);
#else
		p[width - 1 - i] = (uint8_t)(value >> 8 * i);
#endif
	}
}

/* A good message with each field at its largest: numbers at their maximum, strings full. */
static size_t
message_make(const struct row *row, uint8_t *p)
{
	size_t at = 1;

	p[0] = (uint8_t)row->type;
	for (size_t i = 0; i < FIELDS_MAX; at += row->fields[i].width, i++) {
		const struct field *f = &row->fields[i];

		if (f->kind == NUM)
			number_put(p + at, f->width, f->max);
		else
			memset(p + at, f->kind == STR ? '~' : 0xff, f->width);
		if (f->kind == STR)
			p[at + f->width - 1] = 0;
	}
	return at;
}

/* The message is taken, whatever lies behind it, and written again as the same bytes, in exactly as
 * much room. */
static void
round_trip(struct rows *r, struct plk_span in)
{
	struct plk_span exact = exact_new(in.p, in.n);
	uint8_t marked[2 * PLK_MSG_MAX];
	uint8_t out[PLK_MSG_MAX];
	struct plk_msg msg;
	size_t n = MARK_SIZE;

	mark(&msg, sizeof msg);
	row_err(r, plk_msg_parse(exact, &msg), PLK_OK);
	exact_free(exact);
	mark(marked, sizeof marked);
	memcpy(marked, in.p, in.n);
	row_err(r, plk_msg_parse((struct plk_span){marked, in.n}, &msg), PLK_OK);
	row_number(r, "type", msg.type, in.p[0]);
	mark(out, sizeof out);
	row_err(r, plk_msg_encode(&msg, (struct plk_mspan){out, in.n - 1}, &n), PLK_E_ROOM);
	row_true(r, "n and output untouched", n == MARK_SIZE && untouched(out, sizeof out));
	row_err(r, plk_msg_encode(&msg, (struct plk_mspan){out, in.n}, &n), PLK_OK);
	row_bytes(r, "written again", (struct plk_span){out, n}, in);
	row_true(r, "nothing beyond", untouched(out + in.n, sizeof out - in.n));
}

static void
refused(struct rows *r, const char *what, struct plk_span in, enum plk_err want)
{
	struct plk_msg msg;
	struct plk_span exact = exact_new(in.p, in.n);

	mark(&msg, sizeof msg);
	row_err(r, plk_msg_parse(exact, &msg), want);
	row_true(r, what, untouched(&msg, sizeof msg));
	exact_free(exact);
}

/* A row for each type, in the order of the enumeration. */
static void
test_layout(void **state)
{
	struct rows r;

	(void)state;
	assert_int_equal(COUNT(rows), PLK_MSG_TYPES - 1);
	rows_begin(&r, "layout");
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t p[PLK_MSG_MAX + 1];

		row_begin_text(&r, "%s", rows[i].name);
		row_number(&r, "type", rows[i].type, i + 1);
		row_number(&r, "size", plk_msg_size(rows[i].type), rows[i].size);
		row_number(&r, "fields", message_make(&rows[i], p), rows[i].size);
		row_true(&r, "PLK_MSG_MAX is enough", rows[i].size <= PLK_MSG_MAX);
		row_text(&r, "name",
			 (struct plk_span){(const uint8_t *)plk_msg_name(rows[i].type),
					   strlen(plk_msg_name(rows[i].type))},
			 rows[i].name);
	}
	rows_end(&r);
}

/* All ones and all zeros pass; one byte short, one byte long and every shorter length do not. */
static void
test_lengths(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "lengths");
	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t p[PLK_MSG_MAX + 8] = {0};
		size_t n = rows[i].size;

		row_begin_text(&r, "%s", rows[i].name);
		p[0] = (uint8_t)rows[i].type;
		round_trip(&r, (struct plk_span){p, n});
		refused(&r, "untouched: zeros, one long", (struct plk_span){p, n + 1},
			PLK_E_TRAILING);
		(void)message_make(&rows[i], p);
		round_trip(&r, (struct plk_span){p, n});
		refused(&r, "untouched: one long", (struct plk_span){p, n + 1}, PLK_E_TRAILING);
		refused(&r, "untouched: more", (struct plk_span){p, sizeof p}, PLK_E_TRAILING);
		for (size_t k = 0; k < n; k++)
			refused(&r, "untouched: short", (struct plk_span){p, k}, PLK_E_SHORT);
	}
	rows_end_strict(&r);
}

/* A number one above its maximum, and all ones, where that is not the maximum. */
static void
number_refused(struct rows *r, const struct row *row, const struct field *f, size_t at)
{
	uint8_t p[PLK_MSG_MAX];
	size_t n = message_make(row, p);

	number_put(p + at, f->width, f->max + 1);
	refused(r, "untouched: one above", (struct plk_span){p, n}, PLK_E_LIMIT);
	number_put(p + at, f->width, UINT64_MAX);
	refused(r, "untouched: all ones", (struct plk_span){p, n}, PLK_E_LIMIT);
	number_put(p + at, f->width, 0);
	round_trip(r, (struct plk_span){p, n});
}

/* A string is text without control characters, then NULs to the end, one at least. */
static void
string_refused(struct rows *r, const struct row *row, const struct field *f, size_t at)
{
	uint8_t p[PLK_MSG_MAX];
	size_t n = message_make(row, p);
	struct plk_span in = {p, n};

	p[at + f->width - 1] = '~';
	refused(r, "untouched: no NUL", in, PLK_E_MALFORMED);
	p[at + f->width - 1] = 1;
	refused(r, "untouched: a control character for the NUL", in, PLK_E_MALFORMED);
	p[at + f->width - 1] = 0;
	for (unsigned c = 0; c < 256; c++) {
		p[at] = (uint8_t)c;
		if (c >= 0x20 && c != 0x7f)
			round_trip(r, in);
		else
			refused(r, "untouched: a control character, or a NUL before the end", in,
				PLK_E_MALFORMED);
	}
	memset(p + at, 0, f->width);
	round_trip(r, in);
	p[at + f->width - 1] = 'x';
	refused(r, "untouched: NULs, then text", in, PLK_E_MALFORMED);
	p[at + f->width - 1] = 0;
	p[at + f->width - 2] = 'x';
	refused(r, "untouched: NULs, text, NUL", in, PLK_E_MALFORMED);
}

/* Any value. */
static void
bytes_taken(struct rows *r, const struct row *row, const struct field *f, size_t at)
{
	uint8_t p[PLK_MSG_MAX];
	size_t n = message_make(row, p);

	for (size_t i = 0; i < f->width; i++)
		p[at + i] = (uint8_t)(i + 1);
	round_trip(r, (struct plk_span){p, n});
}

static void
test_fields(void **state)
{
	struct rows r;
	size_t n_numbers = 0;
	size_t n_strings = 0;

	(void)state;
	rows_begin(&r, "fields");
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t at = 1;

		for (size_t k = 0; k < FIELDS_MAX; at += rows[i].fields[k].width, k++) {
			const struct field *f = &rows[i].fields[k];

			if (f->width == 0)
				break;
			row_begin_text(&r, "%s, field %zu", rows[i].name, k);
			n_numbers += f->kind == NUM;
			n_strings += f->kind == STR;
			if (f->kind == NUM)
				number_refused(&r, &rows[i], f, at);
			else if (f->kind == STR)
				string_refused(&r, &rows[i], f, at);
			else
				bytes_taken(&r, &rows[i], f, at);
		}
	}
	print_message("msg: %zu types, %zu bounded numbers, %zu strings\n", COUNT(rows), n_numbers,
		      n_strings);
	rows_end(&r);
}

/* Types that are none, of every length. */
static void
test_no_type(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "no type");
	for (unsigned type = 0; type < 256; type++) {
		uint8_t p[PLK_MSG_MAX] = {(uint8_t)type};

		if (type > 0 && type < PLK_MSG_TYPES)
			continue;
		row_begin_text(&r, "type %u", type);
		refused(&r, "untouched", (struct plk_span){p, 1}, PLK_E_MALFORMED);
		refused(&r, "untouched", (struct plk_span){p, sizeof p}, PLK_E_MALFORMED);
		row_number(&r, "size", plk_msg_size(type), 0);
		row_text(&r, "name",
			 (struct plk_span){(const uint8_t *)plk_msg_name(type),
					   strlen(plk_msg_name(type))},
			 type == 0 ? "NONE" : "?");
	}
	row_begin_text(&r, "nothing at all");
	refused(&r, "untouched", (struct plk_span){NULL, 0}, PLK_E_SHORT);
	row_number(&r, "size", plk_msg_size(UINT32_MAX), 0);
	rows_end_strict(&r);
}

static void
test_encode_no_type(void **state)
{
	static const int types[] = {PLK_MSG_NONE, PLK_MSG_TYPES, 255, 256, 0x7fffffff, -1};
	struct rows r;

	(void)state;
	rows_begin(&r, "encode no type");
	for (size_t i = 0; i < COUNT(types); i++) {
		struct plk_msg msg = {.type = (enum plk_msg_type)types[i]};
		uint8_t out[PLK_MSG_MAX];
		size_t n = MARK_SIZE;

		row_begin_text(&r, "type %d", types[i]);
		mark(out, sizeof out);
		row_err(&r, plk_msg_encode(&msg, (struct plk_mspan){out, sizeof out}, &n),
			PLK_E_MALFORMED);
		row_true(&r, "untouched", n == MARK_SIZE && untouched(out, sizeof out));
	}
	rows_end_strict(&r);
}

/* One message by its members, so that a member is what its name says. */
static void
test_members(void **state)
{
	struct plk_msg msg = {.type = PLK_MSG_CLOSED,
			      .u.closed = {.slot = 0x3ff,
					   .generation = 0x01020304,
					   .port = 0x3f,
					   .reason = PLK_CLOSE_LOST,
					   .error = 0xabc,
					   .from_client = 1,
					   .to_client = 2,
					   .dropped = 3}};
	uint8_t out[PLK_MSG_MAX];
	uint8_t want[40] = {PLK_MSG_CLOSED};
	struct plk_msg again = {.type = PLK_MSG_NONE};
	size_t n = 0;

	(void)state;
	number_put(want + 1, 4, 0x3ff);
	number_put(want + 5, 4, 0x01020304);
	number_put(want + 9, 2, 0x3f);
	number_put(want + 11, 1, PLK_CLOSE_LOST);
	number_put(want + 12, 4, 0xabc);
	number_put(want + 16, 8, 1);
	number_put(want + 24, 8, 2);
	number_put(want + 32, 8, 3);
	assert_int_equal(plk_msg_encode(&msg, (struct plk_mspan){out, sizeof out}, &n), PLK_OK);
	assert_int_equal(n, sizeof want);
	assert_memory_equal(out, want, sizeof want);
	assert_int_equal(plk_msg_parse((struct plk_span){out, n}, &again), PLK_OK);
	assert_int_equal(again.u.closed.slot, 0x3ff);
	assert_int_equal(again.u.closed.generation, 0x01020304);
	assert_int_equal(again.u.closed.port, 0x3f);
	assert_int_equal(again.u.closed.reason, PLK_CLOSE_LOST);
	assert_int_equal(again.u.closed.error, 0xabc);
	assert_int_equal(again.u.closed.from_client, 1);
	assert_int_equal(again.u.closed.to_client, 2);
	assert_int_equal(again.u.closed.dropped, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),         cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_fields),         cmocka_unit_test(test_no_type),
		cmocka_unit_test(test_encode_no_type), cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
