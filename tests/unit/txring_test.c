/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring of frames to be sent, with a kernel that does what net/packet/af_packet.c does: it begins where it ended, goes on while a
 * slot is to be sent, and stops at one that it cannot send.
 */
#include "os/txring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "rows.h"

#define SLOT_BYTES 2048
#define SLOTS 4
#define DATA 32

static struct plk_txring ring;

/* The kernel. */
static struct {
	size_t head;
	size_t room;      /* so many frames, then ENOBUFS */
	bool is_down;     /* ENETDOWN before anything */
	bool holds;       /* a driver keeps what was sent */
	uint8_t sent[32]; /* the first byte of each frame */
	size_t n_sent;
} kernel;

ssize_t __wrap_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
		      socklen_t n_to);

static struct tpacket2_hdr *
slot_of(size_t i)
{
	return (struct tpacket2_hdr *)(void *)(ring.map + i * SLOT_BYTES);
}

/* One slot; Return: false if that is where it ends. */
static bool
slot_send(struct tpacket2_hdr *slot)
{
	const uint8_t *header = (const uint8_t *)slot + DATA;
	const size_t n = slot->tp_len - PLK_VNET_HDR;

	if (host16_load(header + 2) > n) {
		slot->tp_status = TP_STATUS_WRONG_FORMAT;
		errno = EINVAL;
		return false;
	}
	assert_int_equal(host16_load(header + 2), n); /* all of it is copied */
	if (kernel.room == 0) {
		errno = ENOBUFS;
		return false;
	}
	kernel.room--;
	kernel.sent[kernel.n_sent++] = header[PLK_VNET_HDR];
	slot->tp_status = kernel.holds ? TP_STATUS_SENDING : TP_STATUS_AVAILABLE;
	kernel.head = (kernel.head + 1) % SLOTS;
	return true;
}

ssize_t
__wrap_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to, socklen_t n_to)
{
	assert_true(fd == 5 && !p && n == 0 && !to && n_to == 0 && (flags & MSG_DONTWAIT));
	if (kernel.is_down) {
		errno = ENETDOWN;
		return -1;
	}
	while (slot_of(kernel.head)->tp_status == TP_STATUS_SEND_REQUEST) {
		if (!slot_send(slot_of(kernel.head)))
			return -1;
	}
	return 0;
}

static int
setup(void **state)
{
	int fd = memfd_create("ring", MFD_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, SLOTS * SLOT_BYTES), 0);
	assert_int_equal(plk_txring_open(&ring, fd, SLOT_BYTES, SLOTS), 0);
	close(fd);
	ring.fd = 5;
	memset(&kernel, 0, sizeof kernel);
	kernel.room = 100;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return munmap(ring.map, SLOTS * SLOT_BYTES);
}

static bool
put(uint8_t number, size_t n)
{
	static uint8_t frame[SLOT_BYTES];
	static const struct plk_vnet vnet = {.flags = 0, .hdr_len = 7};

	frame[0] = number;
	return plk_txring_put(&ring, &vnet, (struct plk_span){frame, n});
}

static void
sent_check(const char *numbers)
{
	assert_int_equal(kernel.n_sent, strlen(numbers));
	for (size_t i = 0; i < kernel.n_sent; i++)
		assert_int_equal(kernel.sent[i], numbers[i] - '0');
}

static void
test_order(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < 9; i++) {
		assert_true(put(i, 60));
		if (i % 3 == 2)
			assert_int_equal(plk_txring_send(&ring), 3);
	}
	assert_int_equal(plk_txring_send(&ring), 0); /* nothing was put */
	sent_check("012345678");
}

static void
test_bounds(void **state)
{
	static struct plk_txring none;

	(void)state;
	assert_true(put(1, SLOT_BYTES - DATA - PLK_VNET_HDR));
	assert_false(put(2, SLOT_BYTES - DATA - PLK_VNET_HDR + 1));
	assert_true(put(2, 60) && put(3, 60) && put(4, 60));
	assert_false(put(5, 60)); /* full */
	assert_int_equal(plk_txring_send(&ring), 4);
	sent_check("1234");
	assert_false(plk_txring_put(&none, &(const struct plk_vnet){.flags = 0},
				    (struct plk_span){(const uint8_t *)"", 1}));
	assert_int_equal(plk_txring_send(&none), 0);
}

/* What is not sent is not in the ring any more, and the next goes where the kernel looks. */
static void
test_no_room(void **state)
{
	(void)state;
	kernel.room = 2;
	assert_true(put(0, 60) && put(1, 60) && put(2, 60) && put(3, 60));
	assert_int_equal(plk_txring_send(&ring), 2);
	for (size_t i = 0; i < SLOTS; i++)
		assert_int_equal(slot_of(i)->tp_status, TP_STATUS_AVAILABLE);
	assert_true(put(4, 60));
	assert_int_equal(plk_txring_send(&ring), 0);
	kernel.room = 100;
	assert_true(put(5, 60) && put(6, 60));
	assert_int_equal(plk_txring_send(&ring), 2);
	sent_check("0156");
}

/* The interface is down before the kernel has looked at any slot: the place stays unknown, and is found when it is up. */
static void
test_down(void **state)
{
	(void)state;
	kernel.head = 2;
	kernel.is_down = true;
	assert_false(put(0, 60));
	kernel.is_down = false;
	assert_true(put(1, 60));
	kernel.is_down = true;
	assert_int_equal(plk_txring_send(&ring), 0);
	kernel.is_down = false;
	assert_true(put(2, 60));
	assert_int_equal(plk_txring_send(&ring), 1);
	sent_check("2");
}

/* Whatever another worker left, nothing of it is sent. */
static void
test_taken_over(void **state)
{
	(void)state;
	for (size_t head = 0; head < SLOTS; head++) {
		memset(ring.map, 0xff, SLOTS * SLOT_BYTES);
		for (size_t i = 0; i < SLOTS; i++)
			slot_of(i)->tp_status =
				i == 1 ? TP_STATUS_WRONG_FORMAT : TP_STATUS_SEND_REQUEST;
		kernel.head = head;
		ring.is_known = false;
		assert_true(put((uint8_t)head, 60));
		assert_int_equal(ring.next, head);
		assert_int_equal(plk_txring_send(&ring), 1);
	}
	sent_check("0123");
}

/* While a driver has a frame, its slot is not written to; nor is any of a ring whose place is not known. */
static void
test_held(void **state)
{
	(void)state;
	kernel.holds = true;
	assert_true(put(0, 60) && put(1, 60));
	assert_int_equal(plk_txring_send(&ring), 2);
	assert_true(put(2, 60) && put(3, 60));
	assert_int_equal(plk_txring_send(&ring), 2);
	assert_false(put(4, 60));
	slot_of(0)->tp_status = TP_STATUS_AVAILABLE;
	assert_true(put(4, 60));
	assert_false(put(5, 60));
	assert_int_equal(plk_txring_send(&ring), 1);
	ring.is_known = false;
	assert_false(put(5, 60));
	for (size_t i = 0; i < SLOTS; i++) {
		assert_int_equal(slot_of(i)->tp_status, TP_STATUS_SENDING);
		/* of one that has a time stamp the kernel says so */
		slot_of(i)->tp_status = i == 1 ? TP_STATUS_TS_SOFTWARE : TP_STATUS_AVAILABLE;
	}
	ring.is_known = true;
	assert_int_equal(ring.next, 1);
	assert_true(put(5, 60));
	assert_int_equal(plk_txring_send(&ring), 1);
	sent_check("012345");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
		cmocka_unit_test_setup_teardown(test_down, setup, teardown),
		cmocka_unit_test_setup_teardown(test_taken_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_held, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
