/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a worker begins in a ring that another has left, with blocks as the kernel and a worker that was hijacked may have left
 * them: 'U' ours, 'K' the kernel's, and their sequence numbers.
 */
#include "os/ring.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rows.h"

#define BLOCK_BYTES 4096
#define BLOCKS 4

struct row {
	const char *what;
	const char *status;
	uint64_t seq[BLOCKS];
	size_t first;
	bool ours; /* and can be taken */
};

/* clang-format off */
static const struct row rows[] = {
	{"nothing was ever filled", "KKKK", {0, 0, 0, 0}, 0, false},
	{"the kernel fills the first", "KKKK", {1, 0, 0, 0}, 0, false},
	{"one to be read", "UKKK", {1, 2, 0, 0}, 0, true},
	{"the oldest of three", "UUUK", {5, 6, 7, 4}, 0, true},
	{"the oldest behind the turn", "UUKU", {9, 10, 11, 8}, 3, true},
	{"all to be read", "UUUU", {7, 8, 5, 6}, 2, true},
	{"all read: where the kernel goes on", "KKKK", {5, 6, 7, 4}, 2, false},
	{"all read, at the turn", "KKKK", {5, 6, 7, 8}, 3, false},
	{"a number that cannot be, in a block of the kernel's", "KKUK", {UINT64_MAX, 2, 3, 1}, 2, true},
	{"a number that cannot be, in one of ours", "UKKU", {UINT64_MAX, 2, 3, 4}, 3, true},
	{"all numbers the same", "KUKU", {7, 7, 7, 7}, 1, true},
};
/* clang-format on */

static struct tpacket_block_desc *
block_of(const struct plk_ring *ring, size_t i)
{
	return (struct tpacket_block_desc *)(void *)(ring->map + i * BLOCK_BYTES);
}

static void
blocks_write(const struct plk_ring *ring, const struct row *row)
{
	for (size_t i = 0; i < BLOCKS; i++) {
		block_of(ring, i)->hdr.bh1.block_status =
			row->status[i] == 'U' ? TP_STATUS_USER : TP_STATUS_KERNEL;
		block_of(ring, i)->hdr.bh1.seq_num = row->seq[i];
	}
}

static void
ring_make(struct plk_ring *ring)
{
	int fd = memfd_create("ring", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, BLOCKS * BLOCK_BYTES), 0);
	assert_int_equal(plk_ring_open(ring, fd, BLOCK_BYTES, BLOCKS), 0);
	close(fd);
}

static void
test_begin(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "rings");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_ring ring;
		struct plk_mspan block;

		row_begin_text(&r, "%s", rows[i].what);
		ring_make(&ring);
		blocks_write(&ring, &rows[i]);
		plk_ring_find(&ring);
		row_number(&r, "first", ring.next, rows[i].first);
		row_number(&r, "can be taken", (uint64_t)plk_ring_take(&ring, &block),
			   rows[i].ours);
		munmap(ring.map, BLOCKS * BLOCK_BYTES);
	}
	rows_end(&r);
}

/* Begun at the wrong place, because of a number that was written by somebody else: the kernel fills another block, and looking once
 * more finds it. */
static void
test_lost(void **state)
{
	static const struct row lie = {"", "KKKK", {1, 2, UINT64_MAX, 0}, 2, false};
	struct plk_ring ring;
	struct plk_mspan block;

	(void)state;
	ring_make(&ring);
	blocks_write(&ring, &lie);
	plk_ring_find(&ring);
	assert_int_equal(ring.next, 2);
	block_of(&ring, 1)->hdr.bh1.block_status = TP_STATUS_USER;
	assert_int_equal(plk_ring_take(&ring, &block), 0);
	plk_ring_find(&ring);
	assert_int_equal(plk_ring_take(&ring, &block), 1);
	assert_ptr_equal(block.p, ring.map + BLOCK_BYTES);
	plk_ring_give(&ring);
	assert_int_equal(block_of(&ring, 1)->hdr.bh1.block_status, TP_STATUS_KERNEL);
	assert_int_equal(ring.next, 2);
	munmap(ring.map, BLOCKS * BLOCK_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
