/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/pcapng.h"

#include <string.h>

#include "hostorder.h"
#include "rows.h"

/* 28 bytes, always the same. */
#define SECTION                                                                                \
	H32(0x0a0d0d0a), H32(28), H32(0x1a2b3c4d), H16(1), H16(0), H64(0xffffffffffffffffULL), \
		H32(28)

#define TSRESOL H16(9), H16(1), 9, 0, 0, 0
#define END_OF_OPTIONS H16(0), H16(0)

struct start_row {
	const char *ifname;
	size_t ifname_n;
	uint32_t snaplen;
	size_t room;
	enum plk_err err;
	size_t n;
	uint8_t want[PLK_PCAPNG_START_MAX];
};

/* clang-format off */
static const struct start_row start_rows[] = {
	{T(""), 0, 128, PLK_OK, 60, {SECTION, H32(1), H32(32), H16(1), H16(0), H32(0), TSRESOL,
	 END_OF_OPTIONS, H32(32)}},
	{T("eth0"), 0, 128, PLK_OK, 68, {SECTION, H32(1), H32(40), H16(1), H16(0), H32(0), H16(2),
	 H16(4), 'e', 't', 'h', '0', TSRESOL, END_OF_OPTIONS, H32(40)}},
	{T("e"), 64, 128, PLK_OK, 68, {SECTION, H32(1), H32(40), H16(1), H16(0), H32(64), H16(2),
	 H16(1), 'e', 0, 0, 0, TSRESOL, END_OF_OPTIONS, H32(40)}},
	{T("vlan7"), 262144, 140, PLK_OK, 72, {SECTION, H32(1), H32(44), H16(1), H16(0),
	 H32(262144), H16(2), H16(5), 'v', 'l', 'a', 'n', '7', 0, 0, 0, TSRESOL, END_OF_OPTIONS,
	 H32(44)}},
	{T("123456789012345"), 0, 128, PLK_OK, 80, {SECTION, H32(1), H32(52), H16(1), H16(0),
	 H32(0), H16(2), H16(15), '1', '2', '3', '4', '5', '6', '7', '8', '9', '0', '1', '2', '3',
	 '4', '5', 0, TSRESOL, END_OF_OPTIONS, H32(52)}},

	{T("1234567890123456"), 0, 128, PLK_E_LIMIT, 0, {0}},
	{T("1234567890123456"), 0, 0, PLK_E_LIMIT, 0, {0}},
	{T("a name that is much too long"), 64, 128, PLK_E_LIMIT, 0, {0}},
	{T("eth0"), 0, 0, PLK_E_ROOM, 0, {0}},
	{T("eth0"), 0, 27, PLK_E_ROOM, 0, {0}},
	{T("eth0"), 0, 28, PLK_E_ROOM, 0, {0}},
	{T(""), 0, 127, PLK_E_ROOM, 0, {0}},
};
/* clang-format on */

static void
test_start(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "section and interface");
	for (size_t i = 0; i < COUNT(start_rows); i++) {
		const struct start_row *row = &start_rows[i];
		struct plk_span ifname = exact_new(row->ifname, row->ifname_n);
		uint8_t out[140];
		size_t n = MARK_SIZE;

		row_begin_text(&r, "'%s' snaplen %u in %zu", row->ifname, row->snaplen, row->room);
		mark(out, sizeof out);
		row_err(&r,
			plk_pcapng_start_encode(
				ifname, row->snaplen,
				(struct plk_mspan){row->room > 0 ? out : NULL, row->room}, &n),
			row->err);
		row_number(&r, "n", n, row->err == PLK_OK ? row->n : MARK_SIZE);
		row_bytes(&r, "bytes", (struct plk_span){out, row->n},
			  (struct plk_span){row->want, row->n});
		row_true(&r, "nothing beyond", untouched(out + row->n, sizeof out - row->n));
		exact_free(ifname);
	}
	rows_end_strict(&r);
}

struct packet_row {
	struct plk_pcapng_packet packet;
	enum plk_err err;
	uint8_t head[PLK_PCAPNG_HEAD];
	size_t n_tail;
	uint8_t tail[PLK_PCAPNG_TAIL_MAX];
};

#define TIME 0x0123456789abcdefULL
#define TIME_HEAD H32(0x01234567), H32(0x89abcdef)
#define UNKNOWN PLK_PCAPNG_FLOW_UNKNOWN
#define IN PLK_PCAPNG_FLOW_IN
#define OUT PLK_PCAPNG_FLOW_OUT
#define FLAGS(v) H16(2), H16(4), H32(v), END_OF_OPTIONS

/* clang-format off */
static const struct packet_row packet_rows[] = {
	{{TIME, 60, 60, UNKNOWN}, PLK_OK, {H32(6), H32(92), H32(0), TIME_HEAD, H32(60), H32(60)},
	 4, {H32(92)}},
	{{TIME, 61, 1514, IN}, PLK_OK, {H32(6), H32(108), H32(0), TIME_HEAD, H32(61), H32(1514)},
	 19, {0, 0, 0, FLAGS(1), H32(108)}},
	{{0, 62, 62, OUT}, PLK_OK, {H32(6), H32(108), H32(0), H32(0), H32(0), H32(62), H32(62)},
	 18, {0, 0, FLAGS(2), H32(108)}},
	{{0xffffffffffffffffULL, 63, 63, IN}, PLK_OK, {H32(6), H32(108), H32(0), H32(0xffffffff),
	 H32(0xffffffff), H32(63), H32(63)}, 17, {0, FLAGS(1), H32(108)}},
	{{TIME, 64, 64, OUT}, PLK_OK, {H32(6), H32(108), H32(0), TIME_HEAD, H32(64), H32(64)}, 16,
	 {FLAGS(2), H32(108)}},
	{{TIME, 0, 14, UNKNOWN}, PLK_OK, {H32(6), H32(32), H32(0), TIME_HEAD, H32(0), H32(14)}, 4,
	 {H32(32)}},
	{{TIME, 1, 1, UNKNOWN}, PLK_OK, {H32(6), H32(36), H32(0), TIME_HEAD, H32(1), H32(1)}, 7,
	 {0, 0, 0, H32(36)}},
	{{TIME, 262144, 300000, IN}, PLK_OK, {H32(6), H32(262188), H32(0), TIME_HEAD, H32(262144),
	 H32(300000)}, 16, {FLAGS(1), H32(262188)}},

	{{TIME, 262145, 262145, UNKNOWN}, PLK_E_LIMIT, {0}, 0, {0}},
	{{TIME, 262145, 262145, IN}, PLK_E_LIMIT, {0}, 0, {0}},
	{{TIME, 262148, 262148, OUT}, PLK_E_LIMIT, {0}, 0, {0}},
	{{TIME, 0x80000000, 1, IN}, PLK_E_LIMIT, {0}, 0, {0}},
	{{TIME, 0xffffffd0, 1, IN}, PLK_E_LIMIT, {0}, 0, {0}}, /* the length would wrap */
	{{TIME, 0xffffffff, 0xffffffff, UNKNOWN}, PLK_E_LIMIT, {0}, 0, {0}},
	{{0, 0x00100000, 60, OUT}, PLK_E_LIMIT, {0}, 0, {0}},
	{{0, 0x01000000, 60, OUT}, PLK_E_LIMIT, {0}, 0, {0}},
	{{0, 0xfffffffc, 60, OUT}, PLK_E_LIMIT, {0}, 0, {0}},
};
/* clang-format on */

static void
test_packet(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "packet");
	for (size_t i = 0; i < COUNT(packet_rows); i++) {
		const struct packet_row *row = &packet_rows[i];
		uint8_t head[PLK_PCAPNG_HEAD + 1];
		uint8_t tail[PLK_PCAPNG_TAIL_MAX + 1];
		size_t n_tail = MARK_SIZE;
		size_t n_head = row->err == PLK_OK ? PLK_PCAPNG_HEAD : 0;

		row_begin_text(&r, "%u of %u bytes, flow %d", row->packet.captured,
			       row->packet.original, (int)row->packet.flow);
		mark(head, sizeof head);
		mark(tail, sizeof tail);
		row_err(&r, plk_pcapng_packet_encode(&row->packet, head, tail, &n_tail), row->err);
		row_number(&r, "n_tail", n_tail, row->err == PLK_OK ? row->n_tail : MARK_SIZE);
		row_bytes(&r, "head", (struct plk_span){head, n_head},
			  (struct plk_span){row->head, n_head});
		row_bytes(&r, "tail", (struct plk_span){tail, row->n_tail},
			  (struct plk_span){row->tail, row->n_tail});
		row_true(&r, "nothing beyond",
			 untouched(head + n_head, sizeof head - n_head) &&
				 untouched(tail + row->n_tail, sizeof tail - row->n_tail));
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_start),
		cmocka_unit_test(test_packet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
