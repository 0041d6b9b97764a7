/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "rows.h"

#define MAGIC "\x0a\x0d\x0d\x0a"
#define LE_SECTION \
	MAGIC "\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0"
#define BE_SECTION \
	MAGIC "\0\0\0\x1c\x1a\x2b\x3c\x4d\0\1\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x1c"
#define LE_INTERFACE "\1\0\0\0\x14\0\0\0\1\0\0\0\0\0\0\0\x14\0\0\0"
#define BE_INTERFACE "\0\0\0\1\0\0\0\x14\0\1\0\0\0\0\0\0\0\0\0\x14"
#define LE_PACKET(captured) \
	"\6\0\0\0\x24\0\0\0\0\0\0\0\1\0\0\0\2\0\0\0" captured "\4\0\0\0abcd\x24\0\0\0"
#define BE_PACKET(captured) \
	"\0\0\0\6\0\0\0\x24\0\0\0\0\0\0\0\1\0\0\0\2" captured "\0\0\0\4abcd\0\0\0\x24"

struct row {
	const char *text;
	size_t n;
	enum plk_err err; /* after the last block */
	size_t n_blocks;
	size_t n_packets;
};

/* clang-format off */
static const struct row rows[] = {
	{T(""), PLK_E_SHORT, 0, 0},
	{T(LE_SECTION), PLK_E_SHORT, 1, 0},
	{T(BE_SECTION BE_INTERFACE), PLK_E_SHORT, 2, 0},
	{T(LE_SECTION LE_INTERFACE LE_PACKET("\4\0\0\0")), PLK_E_SHORT, 3, 1},
	{T(BE_SECTION BE_INTERFACE BE_PACKET("\0\0\0\4") BE_PACKET("\0\0\0\0")), PLK_E_SHORT, 4, 2},
	{T(LE_SECTION LE_INTERFACE BE_SECTION BE_INTERFACE BE_PACKET("\0\0\0\4")), PLK_E_SHORT, 5, 1},
	{T(LE_SECTION "\x63\0\0\0\x0c\0\0\0\x0c\0\0\0"), PLK_E_SHORT, 2, 0},

	{T(LE_INTERFACE), PLK_E_MALFORMED, 0, 0}, /* no section yet */
	{T("\0\0\0\x3c\0\0\0\0"), PLK_E_MALFORMED, 0, 0}, /* format qemu */
	{T(MAGIC "\x1c\0\0\0\x4d\x3c\x2b\x1b"), PLK_E_MALFORMED, 0, 0},
	{T(MAGIC "\x18\0\0\0\x4d\x3c\x2b\x1a"), PLK_E_MALFORMED, 0, 0}, /* 24 bytes are no section */
	{T(MAGIC "\x1c\0\0\0\x1a\x2b\x3c\x4d"), PLK_E_LIMIT, 0, 0}, /* length in the other order */
	{T(LE_SECTION "\1\0\0\0\x0a\0\0\0"), PLK_E_MALFORMED, 1, 0},
	{T(LE_SECTION "\1\0\0\0\x0d\0\0\0"), PLK_E_MALFORMED, 1, 0},
	{T(LE_SECTION "\1\0\0\0\0\0\0\0"), PLK_E_MALFORMED, 1, 0},
	{T(LE_SECTION "\1\0\0\0\4\0\0\1"), PLK_E_LIMIT, 1, 0},
	{T(LE_SECTION "\1\0\0\0\xfc\xff\xff\xff"), PLK_E_LIMIT, 1, 0},
	{T(LE_SECTION "\1\0\0\0\x14\0\0\0\1\0\0\0\0\0\0\0\x18\0\0\0"), PLK_E_MALFORMED, 1, 0},
	{T(LE_SECTION LE_PACKET("\5\0\0\0")), PLK_E_MALFORMED, 1, 0},
	{T(LE_SECTION LE_PACKET("\xff\xff\xff\xff")), PLK_E_MALFORMED, 1, 0},
	{T(LE_SECTION "\6\0\0\0\x1c\0\0\0"), PLK_E_MALFORMED, 1, 0}, /* too short for a packet */
};
/* clang-format on */

static void
run(struct rows *r, const struct row *row, size_t step)
{
	uint8_t *memory = malloc(PLK_BLOCK_MAX);
	struct plk_blocks b;
	size_t n_blocks = 0;
	size_t n_packets = 0;
	enum plk_err err = PLK_E_SHORT;

	assert_non_null(memory);
	plk_blocks_init(&b, (struct plk_mspan){memory, PLK_BLOCK_MAX});
	for (size_t i = 0; i < row->n && err == PLK_E_SHORT; i += step) {
		struct plk_mspan space = plk_blocks_space(&b);
		struct plk_block block;
		size_t n = row->n - i < step ? row->n - i : step;

		memcpy(space.p, row->text + i, n);
		plk_blocks_commit(&b, n);
		while ((err = plk_blocks_next(&b, &block)) == PLK_OK) {
			n_blocks++;
			n_packets += block.is_packet;
		}
	}
	row_err(r, err, row->err);
	row_number(r, "blocks", n_blocks, row->n_blocks);
	row_number(r, "packets", n_packets, row->n_packets);
	free(memory);
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "blocks");
	for (size_t i = 0; i < COUNT(rows); i++) {
		row_begin(&r, rows[i].text, rows[i].n);
		run(&r, &rows[i], 1);
		run(&r, &rows[i], 7);
		run(&r, &rows[i], 1000);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
