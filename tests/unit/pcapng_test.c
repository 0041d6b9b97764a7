/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/pcapng.h"

#include <string.h>

#include "hostorder.h"
#include "rows.h"

/* Without options. */
#define SECTION                                                                                \
	H32(0x0a0d0d0a), H32(32), H32(0x1a2b3c4d), H16(1), H16(0), H64(0xffffffffffffffffULL), \
		END_OF_OPTIONS, H32(32)
#define SECTION_OF(bytes, ...)                                                                    \
	H32(0x0a0d0d0a), H32(bytes), H32(0x1a2b3c4d), H16(1), H16(0), H64(0xffffffffffffffffULL), \
		__VA_ARGS__, END_OF_OPTIONS, H32(bytes)
#define INTERFACE(bytes, snaplen, ...) \
	H32(1), H32(bytes), H16(1), H16(0), H32(snaplen), __VA_ARGS__, END_OF_OPTIONS, H32(bytes)

#define TSRESOL H16(9), H16(1), 9, 0, 0, 0
#define END_OF_OPTIONS H16(0), H16(0)

#define TIME 0x0123456789abcdefULL
#define TIME_HEAD H32(0x01234567), H32(0x89abcdef)

struct start_row {
	const char *userappl;
	const char *ifname;
	const char *filter;
	const char *os;
	uint32_t snaplen;
	size_t n;
	uint8_t want[160];
};

/* clang-format off */
static const struct start_row start_rows[] = {
	{"", "", "", "", 0, 64, {SECTION, INTERFACE(32, 0, TSRESOL)}},
	{"", "eth0", "", "", 0, 72, {SECTION, INTERFACE(40, 0, H16(2), H16(4), 'e', 't', 'h', '0', TSRESOL)}},
	{"", "e", "", "", 64, 72, {SECTION, INTERFACE(40, 64, H16(2), H16(1), 'e', 0, 0, 0, TSRESOL)}},
	{"", "vlan7", "", "", 262144, 76, {SECTION,
	 INTERFACE(44, 262144, H16(2), H16(5), 'v', 'l', 'a', 'n', '7', 0, 0, 0, TSRESOL)}},
	{"", "123456789012345", "", "", 0, 84, {SECTION, INTERFACE(52, 0, H16(2), H16(15), '1', '2', '3', '4', '5', '6',
	 '7', '8', '9', '0', '1', '2', '3', '4', '5', 0, TSRESOL)}},
	{"me", "", "", "", 0, 72, {SECTION_OF(40, H16(4), H16(2), 'm', 'e', 0, 0), INTERFACE(32, 0, TSRESOL)}},
	{"", "", "tcp", "", 0, 72, {SECTION, INTERFACE(40, 0, TSRESOL, H16(11), H16(4), 0, 't', 'c', 'p')}},
	{"", "", "vlan", "", 0, 76, {SECTION, INTERFACE(44, 0, TSRESOL, H16(11), H16(5), 0, 'v', 'l', 'a', 'n', 0, 0, 0)}},
	{"", "", "", "Linux", 0, 76, {SECTION, INTERFACE(44, 0, TSRESOL, H16(12), H16(5), 'L', 'i', 'n', 'u', 'x', 0, 0, 0)}},
	{"me", "e0", "ip", "OS", 96, 96, {SECTION_OF(40, H16(4), H16(2), 'm', 'e', 0, 0), INTERFACE(56, 96, H16(2), H16(2),
	 'e', '0', 0, 0, TSRESOL, H16(11), H16(3), 0, 'i', 'p', 0, H16(12), H16(2), 'O', 'S', 0, 0)}},
};
/* clang-format on */

static struct plk_span
text_of(const char *text)
{
	return (struct plk_span){(const uint8_t *)text, strlen(text)};
}

static void
test_start(void **state)
{
	static uint8_t out[PLK_PCAPNG_START_MAX];
	struct rows r;

	(void)state;
	rows_begin(&r, "section and interface");
	for (size_t i = 0; i < COUNT(start_rows); i++) {
		const struct start_row *row = &start_rows[i];
		const struct plk_pcapng_start start = {
			.userappl = text_of(row->userappl),
			.ifname = text_of(row->ifname),
			.filter = text_of(row->filter),
			.os = text_of(row->os),
			.snaplen = row->snaplen,
		};
		size_t n = MARK_SIZE;

		row_begin_text(&r, "'%s' '%s' '%s' '%s' snaplen %u", row->userappl, row->ifname,
			       row->filter, row->os, row->snaplen);
		mark(out, sizeof out);
		row_err(&r,
			plk_pcapng_start_encode(&start, (struct plk_mspan){out, sizeof out}, &n),
			PLK_OK);
		row_number(&r, "n", n, row->n);
		row_bytes(&r, "bytes", (struct plk_span){out, row->n},
			  (struct plk_span){row->want, row->n});
		row_true(&r, "nothing beyond", untouched(out + row->n, sizeof out - row->n));
	}
	rows_end(&r);
}

struct limit_row {
	size_t userappl;
	size_t ifname;
	size_t filter;
	size_t os;
	size_t room;
	enum plk_err err;
};

/* clang-format off */
static const struct limit_row limit_rows[] = {
	{4096, 15, 4095, 4096, PLK_PCAPNG_START_MAX, PLK_OK},
	{0, 0, 0, 0, PLK_PCAPNG_START_MAX, PLK_OK},

	{4097, 0, 0, 0, PLK_PCAPNG_START_MAX, PLK_E_LIMIT},
	{0, 16, 0, 0, PLK_PCAPNG_START_MAX, PLK_E_LIMIT},
	{0, 0, 4096, 0, PLK_PCAPNG_START_MAX, PLK_E_LIMIT},
	{0, 0, 0, 4097, PLK_PCAPNG_START_MAX, PLK_E_LIMIT},
	{0, 16, 0, 0, 0, PLK_E_LIMIT},
	{0, 0, 0, SIZE_MAX, PLK_PCAPNG_START_MAX, PLK_E_LIMIT},
	{0, 0, 0, 0, 0, PLK_E_ROOM},
	{0, 0, 0, 0, 64, PLK_E_ROOM},
	{4, 4, 4, 4, PLK_PCAPNG_START_MAX - 1, PLK_E_ROOM},
};
/* clang-format on */

static void
test_limits(void **state)
{
	static uint8_t out[PLK_PCAPNG_START_MAX];
	static uint8_t text[PLK_PCAPNG_TEXT_MAX + 1];
	struct rows r;

	(void)state;
	memset(text, 'x', sizeof text);
	rows_begin(&r, "section and interface, limits");
	for (size_t i = 0; i < COUNT(limit_rows); i++) {
		const struct limit_row *row = &limit_rows[i];
		const struct plk_pcapng_start start = {
			.userappl = {text, row->userappl},
			.ifname = {text, row->ifname},
			.filter = {text, row->filter},
			.os = {text, row->os},
		};
		size_t n = MARK_SIZE;
		enum plk_err err;

		row_begin_text(&r, "%zu %zu %zu %zu in %zu", row->userappl, row->ifname,
			       row->filter, row->os, row->room);
		mark(out, sizeof out);
		err = plk_pcapng_start_encode(&start, (struct plk_mspan){out, row->room}, &n);
		row_err(&r, err, row->err);
		row_true(&r, "length",
			 err == PLK_OK ? n <= sizeof out && n % 4 == 0
				       : n == MARK_SIZE && untouched(out, sizeof out));
	}
	rows_end_strict(&r);
}

static void
test_statistics(void **state)
{
	static const struct plk_pcapng_statistics statistics = {TIME, 0x1122334455667788ULL, 7, 5,
								3};
	static const uint8_t want[PLK_PCAPNG_STATISTICS] = {
		H32(5),
		H32(76),
		H32(0),
		TIME_HEAD,
		H16(4),
		H16(8),
		H64(0x1122334455667788ULL),
		H16(5),
		H16(8),
		H64(7),
		H16(7),
		H16(8),
		H64(5),
		H16(8),
		H16(8),
		H64(3),
		END_OF_OPTIONS,
		H32(76),
	};
	uint8_t out[PLK_PCAPNG_STATISTICS + 1];

	(void)state;
	mark(out, sizeof out);
	plk_pcapng_statistics_encode(&statistics, out);
	assert_memory_equal(out, want, sizeof want);
	assert_true(untouched(out + sizeof want, 1));
}

struct packet_row {
	struct plk_pcapng_packet packet;
	enum plk_err err;
	uint8_t head[PLK_PCAPNG_HEAD];
	size_t n_tail;
	uint8_t tail[PLK_PCAPNG_TAIL_MAX];
};

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
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_statistics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
