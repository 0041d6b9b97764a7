/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/bytes.h"

#include "rows.h"

struct row {
	uint8_t bytes[4];
	uint32_t be32;
	uint16_t be16; /* of the first two */
};

static const struct row rows[] = {
	{{0, 0, 0, 0}, 0, 0},
	{{0, 0, 0, 1}, 1, 0},
	{{1, 0, 0, 0}, 0x01000000, 0x0100},
	{{0x12, 0x34, 0x56, 0x78}, 0x12345678, 0x1234},
	{{0x80, 0xff, 0x7f, 0xfe}, 0x80ff7ffe, 0x80ff},
	{{0xff, 0xff, 0xff, 0xff}, 0xffffffff, 0xffff},
};

/* At each alignment, and nothing beside the bytes is written. */
static void
test_big_endian(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "big endian");
	for (size_t i = 0; i < 4 * COUNT(rows); i++) {
		const struct row *row = &rows[i / 4];
		uint8_t buffer[12];
		uint8_t *p = buffer + 1 + i % 4;

		row_begin(&r, row->bytes, sizeof row->bytes);
		mark(buffer, sizeof buffer);
		be32_store(p, row->be32);
		row_bytes(&r, "be32_store", (struct plk_span){p, 4},
			  (struct plk_span){row->bytes, 4});
		row_number(&r, "be32_load", be32_load(p), row->be32);
		row_number(&r, "be16_load", be16_load(p), row->be16);
		row_true(&r, "nothing beside be32", p[-1] == MARK && p[4] == MARK);
		mark(buffer, sizeof buffer);
		be16_store(p, row->be16);
		row_bytes(&r, "be16_store", (struct plk_span){p, 2},
			  (struct plk_span){row->bytes, 2});
		row_true(&r, "nothing beside be16", p[-1] == MARK && p[2] == MARK);
	}
	rows_end(&r);
}

static void
test_host(void **state)
{
	static const uint16_t words[] = {0, 1, 0x1234, 0xff00, 0xffff};
	static const uint32_t longs[] = {0, 1, 0x12345678, 0xff000000, 0xffffffff};
	struct rows r;

	(void)state;
	rows_begin(&r, "host order");
	for (size_t i = 0; i < COUNT(words); i++) {
		uint8_t buffer[8];

		row_begin(&r, &longs[i], sizeof longs[i]);
		mark(buffer, sizeof buffer);
		host16_store(buffer + 1, words[i]);
		row_bytes(&r, "host16_store", (struct plk_span){buffer + 1, 2},
			  (struct plk_span){(const uint8_t *)&words[i], 2});
		row_number(&r, "host16_load", host16_load(buffer + 1), words[i]);
		row_true(&r, "nothing beside host16", buffer[0] == MARK && buffer[3] == MARK);
		mark(buffer, sizeof buffer);
		host32_store(buffer + 1, longs[i]);
		row_bytes(&r, "host32_store", (struct plk_span){buffer + 1, 4},
			  (struct plk_span){(const uint8_t *)&longs[i], 4});
		row_number(&r, "host32_load", host32_load(buffer + 1), longs[i]);
		row_true(&r, "nothing beside host32", buffer[0] == MARK && buffer[5] == MARK);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_big_endian),
		cmocka_unit_test(test_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
