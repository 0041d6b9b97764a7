/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/boundary.h"

#include <string.h>

#include "base/bytes.h"
#include "rows.h"

#define STEPS 6

/* Puts a record of @bytes, for PACKETLESS another block than a packet's; takes @bytes out; looks at what is left. */
enum what { END, PUT, PACKETLESS, PASS };

struct row {
	const char *what;
	enum plk_format format;
	struct step {
		enum what what;
		size_t bytes;
	} steps[STEPS];
	size_t left;
	uint64_t packets;
	size_t before; /* the first packet that has not begun */
};

#define QEMU PLK_FORMAT_QEMU
#define VNET PLK_FORMAT_VNET
#define PCAPNG PLK_FORMAT_PCAPNG

/* In a queue of 100 bytes. */
static const struct row rows[] = {
	{"empty", QEMU, {{END, 0}}, 0, 0, 0},
	{"one, whole", QEMU, {{PUT, 18}}, 0, 1, 0},
	{"one, all of it gone", QEMU, {{PUT, 18}, {PASS, 18}}, 0, 0, 0},
	{"one byte gone", QEMU, {{PUT, 18}, {PASS, 1}}, 17, 0, 17},
	{"its length gone", QEMU, {{PUT, 18}, {PASS, 4}}, 14, 0, 14},
	{"a byte left", QEMU, {{PUT, 18}, {PASS, 17}}, 1, 0, 1},
	{"a byte left, then none", QEMU, {{PUT, 18}, {PASS, 17}, {PASS, 1}}, 0, 0, 0},
	{"byte after byte", QEMU, {{PUT, 18}, {PASS, 1}, {PASS, 1}, {PASS, 1}}, 15, 0, 15},
	{"one gone, one there", QEMU, {{PUT, 18}, {PUT, 30}, {PASS, 18}}, 0, 1, 0},
	{"into the second", QEMU, {{PUT, 18}, {PUT, 30}, {PASS, 19}}, 29, 0, 29},
	{"into the third at once", QEMU, {{PUT, 18}, {PUT, 30}, {PUT, 20}, {PASS, 50}}, 18, 0, 18},
	{"from within one into the next",
	 QEMU,
	 {{PUT, 20}, {PUT, 30}, {PASS, 5}, {PASS, 20}},
	 25,
	 0,
	 25},
	{"three, one of them begun", QEMU, {{PUT, 18}, {PUT, 30}, {PUT, 20}, {PASS, 1}}, 17, 2, 17},
	{"around the end",
	 QEMU,
	 {{PUT, 60}, {PASS, 60}, {PUT, 18}, {PUT, 80}, {PASS, 20}},
	 78,
	 0,
	 78},
	{"a length around the end",
	 QEMU,
	 {{PUT, 70}, {PUT, 28}, {PASS, 70}, {PUT, 40}, {PASS, 30}},
	 38,
	 0,
	 38},
	{"vnet, whole", VNET, {{PUT, 34}}, 0, 1, 0},
	{"vnet, its lengths gone", VNET, {{PUT, 34}, {PASS, 8}}, 26, 0, 26},
	{"vnet, into the second", VNET, {{PUT, 34}, {PUT, 40}, {PASS, 35}}, 39, 0, 39},
	{"pcapng, whole", PCAPNG, {{PUT, 48}}, 0, 1, 0},
	{"pcapng, begun", PCAPNG, {{PUT, 48}, {PASS, 8}}, 40, 0, 40},
	{"pcapng, no packet", PCAPNG, {{PACKETLESS, 28}, {PUT, 48}}, 0, 1, 28},
	{"pcapng, no packet but the one begun",
	 PCAPNG,
	 {{PUT, 48}, {PACKETLESS, 28}, {PASS, 1}},
	 47,
	 0,
	 75},
	{"pcapng, into the second", PCAPNG, {{PACKETLESS, 28}, {PUT, 48}, {PASS, 60}}, 16, 0, 16},
	{"pcapng, two without, then packets",
	 PCAPNG,
	 {{PACKETLESS, 28}, {PACKETLESS, 20}, {PUT, 24}, {PACKETLESS, 12}},
	 0,
	 1,
	 48},
	{"pcapng, one without, begun, and another",
	 PCAPNG,
	 {{PACKETLESS, 28}, {PACKETLESS, 20}, {PUT, 24}, {PASS, 5}},
	 23,
	 1,
	 43},
	{"pcapng, no packet at all",
	 PCAPNG,
	 {{PACKETLESS, 28}, {PACKETLESS, 20}, {PASS, 28}},
	 0,
	 0,
	 20},
	{"qemu, what looks like no packet", QEMU, {{PACKETLESS, 18}, {PUT, 30}}, 0, 2, 0},
};

static void
record_put(struct plk_outq *q, enum plk_format format, enum what what, size_t n)
{
	uint8_t record[100];
	struct plk_span part = {record, n};

	memset(record, 0x7f, sizeof record); /* no place for a length but its own */
	if (format == PLK_FORMAT_PCAPNG) {
		host32_store(record, what == PACKETLESS ? 5 : 6);
		host32_store(record + 4, (uint32_t)n);
	} else {
		be32_store(record, (uint32_t)n - (format == PLK_FORMAT_VNET ? 8 : 4));
	}
	assert_true(plk_outq_put(q, &part, 1));
}

static void
step_do(struct plk_outq *q, struct plk_boundary *b, const struct step *step)
{
	if (step->what == PASS) {
		plk_boundary_pass(b, q, step->bytes);
		plk_outq_drop(q, step->bytes);
	} else {
		record_put(q, b->format, step->what, step->bytes);
	}
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "boundary");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		uint8_t memory[100];
		struct plk_outq q;
		struct plk_boundary b = {.format = row->format};

		row_begin_text(&r, "%s", row->what);
		plk_outq_init(&q, (struct plk_mspan){memory, sizeof memory});
		for (size_t k = 0; k < STEPS && row->steps[k].what != END; k++)
			step_do(&q, &b, &row->steps[k]);
		row_number(&r, "left", b.left, row->left);
		row_number(&r, "packets", plk_boundary_packets(&b, &q), row->packets);
		row_number(&r, "before", plk_boundary_before(&b, &q), row->before);
	}
	rows_end(&r);
}

/* What no record has, counts as all there is: nothing is read beyond it, and the end comes. */
static void
test_nonsense(void **state)
{
	static const uint8_t lengths[][8] = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		{0, 0, 0, 0, 0, 0, 0, 0},
		{0, 0, 0, 3, 7, 0, 0, 0},
	};
	uint8_t memory[64];
	struct plk_outq q;

	(void)state;
	for (size_t i = 0; i < COUNT(lengths) * PLK_FORMATS; i++) {
		struct plk_boundary b = {.format = (enum plk_format)(i % PLK_FORMATS)};
		struct plk_span part = {lengths[i / PLK_FORMATS], 8};

		plk_outq_init(&q, (struct plk_mspan){memory, sizeof memory});
		assert_true(plk_outq_put(&q, &part, 1));
		assert_in_range(plk_boundary_packets(&b, &q), 0, 1);
		assert_in_range(plk_boundary_before(&b, &q), 0, 8);
		plk_boundary_pass(&b, &q, 2);
		assert_int_equal(b.left, 6);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
