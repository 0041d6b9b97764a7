/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vhost make TAP
 * vhost run TAP DIRECTORY LOG PID
 *
 * Is a VM behind vhost-net, and all clients of the daemon that serves its TAP, at once: what one side sends must be what
 * the other side gets, byte for byte, header and all. DIRECTORY has the daemon's sockets, LOG is what it writes, PID
 * writes the counters there on SIGUSR1. Prints a line for each row and client, with `same` or what is wrong, and the
 * counters in between: whether that is right is for vhost_test.py to say.
 */
#include <linux/if_tun.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fatal.h"
#include "lab.h"
#include "rows.h"

#define SECONDS 90 /* for all of it; an emulated machine is slow */
#define QUIET_MS 500
#define NOTICED_MS 1100 /* PLK_TX_WHOLE_MS, and a little more */
#define ONE_PIECE 4000  /* bytes: a page, less what the kernel puts in front (packet_alloc_skb()) */

#define OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)

/* Of each more than a TAP has room for; and as many of another client. */
#define STALLED_FRAMES 3000
#define STALLED_SUPERFRAMES 1200
#define STALLED_PIECES 40
#define STALLED_CUT \
	41 /* pieces each: the room of a TAP, 985 to 1000 frames, ends within one of them */
#define STALLED_OTHER 10

/* ---- from the VM ---- */

static struct kind
kind_of(const struct row *row, uint8_t from, uint8_t to)
{
	struct kind kind = row->kind;

	kind.from = from;
	if (kind.to == 0)
		kind.to = to;
	return kind;
}

static void
row_make(const struct row *row, uint8_t from, uint8_t to, struct list *out)
{
	struct kind kind = kind_of(row, from, to);

	for (size_t i = 0; i == 0 || i < row->copies; i++, kind.number++)
		list_take(out, frame_make(&kind, row->offload));
}

/* How it has to arrive where frames have headers, or have none. */
static void
row_expect(const struct row *row, uint8_t from, uint8_t to, bool has_header, struct list *out)
{
	struct kind kind = kind_of(row, from, to);
	/* the kernel does not pass on that a checksum was verified */
	enum offload offload = row->offload == OFFLOAD_VALID ? OFFLOAD_NONE : row->offload;

	if (row->fate == FATE_NONE)
		return;
	for (size_t i = 0; i == 0 || i < row->copies; i++, kind.number++) {
		if (row->fate == FATE_WHOLE || !has_header)
			frame_make_pieces(&kind, offload, OFFLOAD_NONE, out);
		else if (row->fate == FATE_PIECES)
			frame_make_pieces(&kind, offload, OFFLOAD_CSUM, out);
		else
			list_take(out, frame_make(&kind, offload));
	}
}

/* What the daemon says of itself: it has one buffer for each frame. */
static void
daemon_header_set(struct list *list, size_t header)
{
	for (size_t i = 0; i < list->n; i++)
		list->at[i].header.num_buffers = header >= sizeof list->at[i].header;
}

static void
capture_row(const char *section, const struct row *row)
{
	struct list sent = {0};
	struct list expected[2] = {{0}, {0}}; /* whole, with headers */

	row_make(row, MAC_VM, MAC_OTHER, &sent);
	row_expect(row, MAC_VM, MAC_OTHER, false, &expected[0]);
	row_expect(row, MAC_VM, MAC_OTHER, true, &expected[1]);
	virtio_send(&lab.vm, sent.at, sent.n);
	lab_fence_from_vm();
	for (size_t i = 0; i < DOORS; i++) {
		struct list got = {0};
		bool complete;

		if (!(doors[i].ways & DOOR_TO_US))
			continue;
		complete = lab_collect(&doors[i], &got);
		daemon_header_set(&expected[doors[i].header > 0], doors[i].header);
		lab_compare(section, row->name, doors[i].name, complete, &got,
			    &expected[doors[i].header > 0]);
		list_free(&got);
	}
	list_free(&sent);
	list_free(&expected[0]);
	list_free(&expected[1]);
}

static bool
all_readable(void)
{
	for (size_t i = 0; i < DOORS; i++) {
		struct pollfd poll_fd = {.fd = doors[i].fd, .events = POLLIN};

		if (doors[i].ways & DOOR_TO_US && poll(&poll_fd, 1, 0) != 1)
			return false;
	}
	return true;
}

/* The daemon admits a client some time after connect(): fences are sent until each has got one. */
static void
settle(void)
{
	const struct row nothing = {.name = "nothing", .kind = {.type = TYPE_TEST}};

	for (int i = 0; !all_readable(); i++) {
		if (i == SOON_MS / RETRY_MS)
			fail("a client gets nothing");
		lab_fence_from_vm();
		(void)poll(NULL, 0, RETRY_MS);
	}
	capture_row("settle", &nothing);
}

/* ---- to the VM ---- */

/* What the host says of itself: the kernel keeps a short superframe in one piece, and then takes all of it for headers. */
static void
host_header_set(struct list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct frame *frame = &list->at[i];

		frame->header.num_buffers = virtio_buffers(frame);
		if (frame->header.hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE && frame->n < ONE_PIECE)
			frame->header.hdr.hdr_len = (uint16_t)frame->n;
	}
}

static void
send_and_compare(const char *section, const char *name, const struct door *door,
		 const struct list *sent, struct list *expected)
{
	struct list got = {0};
	bool complete;

	host_header_set(expected);
	door_send(door, sent);
	lab_fence_from(door);
	complete = lab_collect_vm(&got);
	lab_compare(section, name, door->name, complete, &got, expected);
	list_free(&got);
}

static void
inject_row(const char *section, const struct row *row)
{
	for (size_t i = 0; i < DOORS; i++) {
		struct list sent = {0};
		struct list expected = {0};

		/* without a header there is no offload */
		if (!(doors[i].ways & DOOR_FROM_US) ||
		    (doors[i].header == 0 && row->offload != OFFLOAD_NONE))
			continue;
		row_make(row, MAC_CLIENT, MAC_VM, &sent);
		row_expect(row, MAC_CLIENT, MAC_VM, true, &expected);
		send_and_compare(section, row->name, &doors[i], &sent, &expected);
		list_free(&sent);
		list_free(&expected);
	}
}

/* The VM gets another driver. The daemon, too, takes a while to notice that there are offloads again. */
static void
driver_change(unsigned int offloads)
{
	virtio_offloads(&lab.vm, offloads);
	(void)poll(NULL, 0, NOTICED_MS);
}

static void
inject_rows(const char *section, const struct row *rows, size_t n, unsigned int offloads)
{
	driver_change(offloads);
	for (size_t i = 0; i < n; i++)
		inject_row(section, &rows[i]);
	(void)lab_counters(section);
}

/* A header that lies is refused, and its client stays. */
static void
lie_rows(void)
{
	const struct door *door = lab_door("inject-vnet12");
	struct kind kind = {.from = MAC_CLIENT, .to = MAC_VM, .flags = TCP_ACK};

	for (size_t i = 0; i < lies_n; i++) {
		struct list sent = {0};
		struct list none = {0};

		kind.payload = lies[i].hdr.gso_type ? LIE_GSO : LIE_SHORT;
		list_take(&sent, frame_make(&kind, OFFLOAD_CSUM));
		sent.at[0].header.hdr = lies[i].hdr;
		send_and_compare("lie", lies[i].name, door, &sent, &none);
		list_free(&sent);
	}
	(void)lab_counters("lie");
}

/* What a client makes up as the length of the headers reaches neither the kernel nor the VM. */
static void
headers_length_row(void)
{
	const struct row row = {"hdr-len", {.payload = LIE_GSO}, OFFLOAD_GSO, FATE_PASSES, 0};
	struct list sent = {0};
	struct list expected = {0};

	row_make(&row, MAC_CLIENT, MAC_VM, &sent);
	row_expect(&row, MAC_CLIENT, MAC_VM, true, &expected);
	sent.at[0].header.hdr.hdr_len = UINT16_MAX;
	send_and_compare("lie", row.name, lab_door("inject-vnet12"), &sent, &expected);
	list_free(&sent);
	list_free(&expected);
}

/* ---- a VM that reads nothing ---- */

/* From one attached client to another, while the daemon has frames for which there is no room. */
static void
switched_row(const char *section)
{
	const struct row row = {
		"switched", {.to = MAC_NEIGHBOUR, .payload = 1000}, OFFLOAD_NONE, FATE_PASSES, 0};
	const struct door *to = lab_door("attach-vnet12");
	const struct door *from = lab_door("attach-qemu");
	struct list sent = {0};
	struct list expected = {0};
	struct list got = {0};
	struct frame frame;

	row_make(&row, MAC_CLIENT, 0, &sent);
	row_expect(&row, MAC_CLIENT, 0, true, &expected);
	door_send(from, &sent);
	daemon_header_set(&expected, to->header);
	if (door_receive(to, &frame, SOON_MS))
		list_take(&got, frame);
	lab_compare(section, row.name, to->name, true, &got, &expected);
	list_free(&sent);
	list_free(&expected);
	list_free(&got);
}

/* So that it is known where it is. */
static void
neighbour_announce(void)
{
	const struct row row = {
		"neighbour", {.type = TYPE_TEST, .payload = 46}, OFFLOAD_NONE, FATE_PASSES, 0};
	struct list sent = {0};
	struct list expected = {0};

	row_make(&row, MAC_NEIGHBOUR, MAC_VM, &sent);
	row_expect(&row, MAC_NEIGHBOUR, MAC_VM, true, &expected);
	send_and_compare("announce", row.name, lab_door("attach-vnet12"), &sent, &expected);
	list_free(&sent);
	list_free(&expected);
}

static unsigned long
counted(const char *counters)
{
	return lab_counter(counters, " tx_frames=") +
	       lab_counter(counters, " tx_dropped_enobufs=") - lab_counter(counters, " tx_pieces=");
}

/* Until the first frame is dropped: then there is no room for another one. */
static void
all_full(const char *section, unsigned long dropped_before)
{
	for (int i = 0; i < SOON_MS / RETRY_MS; i++) {
		if (lab_counter(lab_counters(section), " tx_dropped_enobufs=") > dropped_before)
			return;
	}
	fail("nothing is dropped although the VM reads nothing");
}

/* Until all that was sent is given to the interface or dropped. Returns how many frames and pieces were given to it. */
static size_t
all_counted(const char *section, unsigned long all, unsigned long given_before)
{
	for (int i = 0; i < SOON_MS / RETRY_MS; i++) {
		const char *now = lab_counters(section);

		if (counted(now) >= all)
			return lab_counter(now, " tx_frames=") - given_before;
	}
	fail("frames for a VM that reads nothing are neither sent nor counted");
}

static void
cut_off(struct list *list, size_t n)
{
	while (list->n > n)
		free(list->at[--list->n].p);
}

/* What it gets when it reads again. */
static void
resume_row(const char *section, size_t given, struct list *expected)
{
	struct list got = {0};
	struct frame frame;

	virtio_resume(&lab.vm);
	while (virtio_receive(&lab.vm, &frame, QUIET_MS))
		list_take(&got, frame);
	printf("stalled %s delivered %zu\n", section, got.n);
	cut_off(expected, given);
	host_header_set(expected);
	lab_compare(section, "resumed", "vm", true, &got, expected);
	list_free(&got);
}

/* @row is sent to it, and goes on to be sent while others do other things. */
static void
stall_rows(const char *section, const struct row *row)
{
	const struct row meanwhile = {
		"meanwhile", {.payload = 1460}, OFFLOAD_NONE, FATE_PASSES, 64};
	const struct row other = {
		"other", {.payload = 100}, OFFLOAD_NONE, FATE_PASSES, STALLED_OTHER};
	struct list sent = {0};
	struct list sent_other = {0};
	struct list expected = {0};
	const char *before = lab_counters("before-stall");
	unsigned long all = counted(before) + row->copies + other.copies;
	unsigned long given = lab_counter(before, " tx_frames=");
	unsigned long dropped = lab_counter(before, " tx_dropped_enobufs=");

	row_make(row, MAC_CLIENT, MAC_VM, &sent);
	row_make(&other, MAC_CLIENT, MAC_VM, &sent_other);
	row_expect(row, MAC_CLIENT, MAC_VM, true, &expected);
	virtio_stall(&lab.vm);
	door_send(lab_door("inject-vnet12"), &sent);
	capture_row(section, &meanwhile);
	switched_row(section);
	all_full(section, dropped);
	door_send(lab_door("inject-qemu"), &sent_other);
	printf("stalled %s sent %zu\n", section, sent.n + sent_other.n);
	resume_row(section, all_counted(section, all, given), &expected);
	list_free(&sent);
	list_free(&sent_other);
	list_free(&expected);
}

static void
stalls(void)
{
	const struct row frames = {
		"frames", {.payload = 100}, OFFLOAD_NONE, FATE_PASSES, STALLED_FRAMES};
	const struct row superframes = {
		"superframes", {.payload = 14480}, OFFLOAD_GSO, FATE_PASSES, STALLED_SUPERFRAMES};
	const struct row pieces = {"pieces",
				   {.payload = STALLED_CUT * GSO_SIZE},
				   OFFLOAD_GSO,
				   FATE_WHOLE,
				   STALLED_PIECES};

	neighbour_announce();
	stall_rows("stall", &frames);
	stall_rows("stall-gso", &superframes);
	driver_change(0);
	stall_rows("stall-pieces", &pieces);
}

static void
run(const char *tap, const char *directory)
{
	virtio_open(&lab.vm, tap);
	for (size_t i = 0; i < DOORS; i++)
		door_open(&doors[i], directory);
	settle();
	(void)lab_counters("settle");
	for (size_t i = 0; i < rows_captured_n; i++)
		capture_row("capture", &rows_captured[i]);
	(void)lab_counters("capture");
	inject_rows("inject", rows_injected, rows_injected_n, OFFLOADS);
	inject_rows("inject-plain", rows_injected_plain, rows_injected_plain_n, 0);
	driver_change(OFFLOADS);
	lie_rows();
	headers_length_row();
	stalls();
	inject_rows("after-stall", rows_injected, rows_injected_n, OFFLOADS);
	/* what was injected was not captured: nothing stands before this row's frames */
	capture_row("end", &rows_captured[0]);
}

int
main(int argc, char **argv)
{
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)alarm(SECONDS);
	if (argc == 3 && strcmp(argv[1], "make") == 0) {
		tap_make(argv[2]);
		return EXIT_SUCCESS;
	}
	if (argc != 6 || strcmp(argv[1], "run") != 0) {
		fprintf(stderr, "usage: vhost make TAP | run TAP DIRECTORY LOG PID\n");
		return 2;
	}
	lab.log = fopen(argv[4], "r");
	if (!lab.log)
		die(argv[4]);
	lab.daemon = (pid_t)strtol(argv[5], NULL, 10);
	run(argv[2], argv[3]);
	return EXIT_SUCCESS;
}
