/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a worker begins in a ring of slots that another has left, with slots as the kernel and a worker that was hijacked may have
 * left them: 'U' ours, 'R' ours and being read, 'K' the kernel's; and when their frames came.
 */
#include "os/slots.h"

#include <linux/if_packet.h>
#include <sys/mman.h>
#include <unistd.h>

#include "rows.h"

#define SLOT_BYTES 2048
#define SLOTS 4

struct row {
	const char *what;
	const char *status;
	uint32_t nsec[SLOTS];
	size_t first;
	uint32_t skipped;
	size_t then; /* the next one, after what was skipped */
	bool ours;   /* and can be taken */
};

/* clang-format off */
static const struct row rows[] = {
	{"nothing came", "KKKK", {0, 0, 0, 0}, 0, 0, 0, false},
	{"one at the front", "UKKK", {1, 0, 0, 0}, 0, 0, 0, true},
	{"one in the middle", "KKUK", {0, 0, 1, 0}, 2, 0, 2, true},
	{"three", "KUUU", {0, 1, 2, 3}, 1, 0, 1, true},
	{"three, around the end", "UUKU", {2, 3, 0, 1}, 3, 0, 3, true},
	{"all: the oldest", "UUUU", {3, 4, 1, 2}, 2, 0, 2, true},
	{"all of one time", "UUUU", {5, 5, 5, 5}, 0, 0, 0, true},
	{"one was being read", "RUUK", {1, 2, 3, 0}, 0, 1, 1, true},
	{"only one, and it was being read", "KKRK", {0, 0, 1, 0}, 2, 1, 3, false},
	{"being read, at the end", "UKKR", {2, 0, 0, 1}, 3, 1, 0, true},
	{"all, the oldest was being read", "UURU", {3, 4, 1, 2}, 2, 1, 3, true},
	{"all were being read, which cannot be", "RRRR", {3, 4, 1, 2}, 2, 4, 2, false},
	{"one that is read behind one that is not", "URKK", {1, 2, 0, 0}, 0, 0, 0, true},
	{"two runs, which cannot be", "UKUK", {2, 0, 1, 0}, 0, 0, 0, true},
};
/* clang-format on */

static struct tpacket2_hdr *
slot_of(const struct plk_slots *slots, size_t i)
{
	return (struct tpacket2_hdr *)(void *)(slots->map + i * SLOT_BYTES);
}

static void
slots_write(const struct plk_slots *slots, const struct row *row)
{
	for (size_t i = 0; i < SLOTS; i++) {
		slot_of(slots, i)->tp_status =
			row->status[i] == 'K' ? TP_STATUS_KERNEL : TP_STATUS_USER;
		if (row->status[i] == 'R')
			slot_of(slots, i)->tp_status |= 1U << 30;
		slot_of(slots, i)->tp_nsec = row->nsec[i];
	}
}

static int
memory_make(void)
{
	int fd = memfd_create("slots", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SLOTS * SLOT_BYTES), 0);
	return fd;
}

static void
slots_make(struct plk_slots *slots)
{
	int fd = memory_make();

	assert_int_equal(plk_slots_open(slots, fd, SLOT_BYTES, SLOTS), 0);
	close(fd);
}

/* clang-format off */
static const struct row left[] = {
	{.what = "nothing came", .status = "KKKK", .nsec = {0, 0, 0, 0}, .first = 0},
	{.what = "one came", .status = "KKKK", .nsec = {1, 0, 0, 0}, .first = 1},
	{.what = "three came", .status = "KKKK", .nsec = {1, 2, 3, 0}, .first = 3},
	{.what = "four came", .status = "KKKK", .nsec = {1, 2, 3, 4}, .first = 0},
	{.what = "five came", .status = "KKKK", .nsec = {5, 2, 3, 4}, .first = 1},
	{.what = "seven came", .status = "KKKK", .nsec = {5, 6, 7, 4}, .first = 3},
	{.what = "two at a time", .status = "KKKK", .nsec = {2, 2, 1, 1}, .first = 2},
	{.what = "the oldest of what is ours", .status = "UKKU", .nsec = {4, 1, 2, 3}, .first = 3, .ours = true},
	{.what = "what is ours, whatever its time", .status = "KUKK", .nsec = {4, 1, 2, 3}, .first = 1, .ours = true},
};
/* clang-format on */

/* A ring that another has left, and where it is read on. */
static void
test_open(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "rings");
	for (size_t i = 0; i < COUNT(left); i++) {
		struct plk_slots slots = {.n_slots = SLOTS};
		int fd = memory_make();

		row_begin_text(&r, "%s", left[i].what);
		slots.map =
			mmap(NULL, SLOTS * SLOT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		assert_ptr_not_equal(slots.map, MAP_FAILED);
		slots_write(&slots, &left[i]);
		munmap(slots.map, SLOTS * SLOT_BYTES);
		assert_int_equal(plk_slots_open(&slots, fd, SLOT_BYTES, SLOTS), 0);
		close(fd);
		row_number(&r, "first", slots.next, left[i].first);
		row_true(&r, "can be taken", (plk_slots_peek(&slots).n > 0) == left[i].ours);
		munmap(slots.map, SLOTS * SLOT_BYTES);
	}
	rows_end(&r);
}

static void
test_begin(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "rings");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_slots slots;

		row_begin_text(&r, "%s", rows[i].what);
		slots_make(&slots);
		slots_write(&slots, &rows[i]);
		plk_slots_find(&slots);
		row_number(&r, "first", slots.next, rows[i].first);
		row_number(&r, "skipped", plk_slots_skip(&slots), rows[i].skipped);
		row_number(&r, "then", slots.next, rows[i].then);
		row_true(&r, "can be taken", (plk_slots_peek(&slots).n > 0) == rows[i].ours);
		munmap(slots.map, SLOTS * SLOT_BYTES);
	}
	rows_end(&r);
}

/* Read around the end; while nothing is there the place stays, and is found again when the kernel went on elsewhere. */
static void
test_read(void **state)
{
	struct plk_slots slots;

	(void)state;
	slots_make(&slots);
	slots.next = SLOTS - 1;
	for (size_t i = SLOTS - 1; i < SLOTS + 1; i++) {
		struct tpacket2_hdr *hdr = slot_of(&slots, i % SLOTS);

		assert_int_equal(plk_slots_peek(&slots).n, 0);
		hdr->tp_status = TP_STATUS_USER | TP_STATUS_LOSING;
		assert_int_equal(plk_slots_peek(&slots).n, SLOT_BYTES);
		assert_ptr_equal(plk_slots_peek(&slots).p, hdr);
		plk_slots_mark(&slots);
		assert_int_equal(hdr->tp_status, TP_STATUS_USER | TP_STATUS_LOSING | 1U << 30);
		plk_slots_give(&slots);
		assert_int_equal(hdr->tp_status, TP_STATUS_KERNEL);
	}
	assert_int_equal(slots.next, 1);
	plk_slots_find(&slots);
	assert_int_equal(slots.next, 1);
	slot_of(&slots, 3)->tp_status = TP_STATUS_USER;
	assert_int_equal(plk_slots_peek(&slots).n, 0);
	plk_slots_find(&slots);
	assert_ptr_equal(plk_slots_peek(&slots).p, slot_of(&slots, 3));
	munmap(slots.map, SLOTS * SLOT_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_begin),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
