/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen: frames at full speed, or so many a second.
 *
 *   gen --how=HOW --iface=IFACE --bytes=BYTES [--seconds=S] [--rate=FRAMES] [--batch=N] [--to=N] [--super=1]
 *
 * HOW is xdp (as if IFACE had received them: BPF_PROG_TEST_RUN with live frames), or what sends them through IFACE: mmsg
 * (sendmmsg), send, txring (a TPACKET_V2 ring and sends without an address). --to: to so many addresses in turn. --super:
 * TCP superframes, with a header that says how to cut them. Frames that are sent carry their time.
 *
 * Prints one line of JSON: what was sent, and what that took.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "frame.h"
#include "tool.h"

#define NS 1e9
#define LATE_NS \
	1000000 /* what was missed for longer is not made up for: it would come as a burst */
#define XDP_REPEAT 524288 /* each call costs milliseconds, whatever it sends */
#define RING_FRAMES 1024
#define RING_SLOT 2048
#define RING_DATA                                                                    \
	((sizeof(struct tpacket2_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT * \
	 TPACKET_ALIGNMENT)

static const char *how = "mmsg";
static const char *ifname;
static uint64_t bytes = 64;
static double seconds = 1.0;
static double rate;
static uint64_t batch = 64;
static uint64_t to = 1;
static uint64_t super;

static struct layout layout;
static uint64_t sent;
static uint64_t full; /* times that the kernel had no room */

/* ---- as if received ---- */

static int
bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof *attr);
}

static uint64_t
pointer(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static int
counter_make(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = 1,
	};
	int fd = bpf(BPF_MAP_CREATE, &attr);

	if (fd < 0)
		die("map");
	return fd;
}

static uint64_t
counter_read(int map)
{
	const uint32_t key = 0;
	uint64_t value = 0;
	union bpf_attr attr = {
		.map_fd = (uint32_t)map,
		.key = pointer(&key),
		.value = pointer(&value),
	};

	if (bpf(BPF_MAP_LOOKUP_ELEM, &attr) < 0)
		die("map lookup");
	return value;
}

#define INSN(CODE, DST, SRC, OFF, IMM)             \
	{                                          \
		(CODE), (DST), (SRC), (OFF), (IMM) \
	}

/* Writes the next number, and the address that it belongs to, into the frame, which then goes its way. */
static int
program_load(int map)
{
	const struct bpf_insn code[] = {
		INSN(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0), /* data */
		INSN(BPF_LDX | BPF_MEM | BPF_W, 3, 1, 4, 0), /* data_end */
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 4, 2, 0, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 4, 0, 0, FRAME_NUMBER_AT + 8),
		INSN(BPF_JMP | BPF_JGT | BPF_X, 4, 3, 10, 0),
		INSN(BPF_LD | BPF_IMM | BPF_DW, 5, BPF_PSEUDO_MAP_VALUE, 0, map),
		INSN(0, 0, 0, 0, 0),
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 0, 5, 0, 0),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 2, 0, FRAME_NUMBER_AT, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_X, 4, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOD | BPF_K, 4, 0, 0, (int)to),
		INSN(BPF_ALU | BPF_END | BPF_TO_BE, 4, 0, 0, 16),
		INSN(BPF_STX | BPF_MEM | BPF_H, 2, 4, 4, 0),
		INSN(BPF_ALU64 | BPF_ADD | BPF_K, 0, 0, 0, 1),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 5, 0, 0, 0),
		INSN(BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, XDP_PASS),
		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	static char log[4096];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insn_cnt = sizeof code / sizeof *code,
		.insns = pointer(code),
		.license = pointer("BSD"),
		.log_buf = pointer(log),
		.log_size = sizeof log,
		.log_level = 1,
		.prog_flags = BPF_F_ANY_ALIGNMENT,
	};
	int fd = bpf(BPF_PROG_LOAD, &attr);

	if (fd < 0) {
		(void)fputs(log, stderr);
		die("program");
	}
	return fd;
}

static void
xdp_run(uint64_t end)
{
	static uint8_t frame[FRAME_MAX];
	struct xdp_md context = {.data_end = (uint32_t)bytes,
				 .ingress_ifindex = if_nametoindex(ifname)};
	int map = counter_make();
	int program = program_load(map);

	frame_make(frame, &layout, 0, 0);
	while (now_ns() < end) {
		union bpf_attr attr = {.test = {
					       .prog_fd = (uint32_t)program,
					       .data_in = pointer(frame),
					       .data_size_in = (uint32_t)bytes,
					       .ctx_in = pointer(&context),
					       .ctx_size_in = sizeof context,
					       .repeat = XDP_REPEAT,
					       .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
				       }};

		if (bpf(BPF_PROG_TEST_RUN, &attr) < 0)
			die("BPF_PROG_TEST_RUN");
	}
	sent = counter_read(map);
}

/* ---- sent ---- */

/* Returns when the next batch is due: false once the time is over. */
static bool
wait_turn(uint64_t *due, uint64_t end)
{
	uint64_t now;

	do
		now = now_ns();
	while (now < *due && now < end);
	if (now > *due + LATE_NS)
		*due = now;
	if (rate > 0)
		*due += (uint64_t)((double)batch * NS / rate);
	return now < end;
}

/* Waits until the kernel has room again. What else goes wrong ends the program. */
static void
wait_room(void)
{
	if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
		die("send");
	full++;
}

static int
sender_open(void)
{
	const int on = 1;
	int fd = packet_socket(ifname, 0);

	if (super && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0)
		die("PACKET_VNET_HDR");
	return fd;
}

/* What a send takes: the header comes first, if there is one. */
struct record {
	uint8_t bytes[VNET_HDR + FRAME_MAX];
};

static size_t
record_start(void)
{
	return super ? 0 : VNET_HDR;
}

static size_t
record_bytes(void)
{
	return layout.bytes + (super ? VNET_HDR : 0);
}

static struct record *
records_make(uint64_t n)
{
	struct record *records = calloc(n, sizeof *records);

	if (!records)
		die("calloc");
	for (uint64_t i = 0; i < n; i++) {
		vnet_make(records[i].bytes, &layout);
		frame_make(records[i].bytes + VNET_HDR, &layout, 0, 0);
	}
	return records;
}

static void
next_stamp(uint8_t *frame, uint64_t number, uint64_t time_ns)
{
	frame_stamp(frame, &layout, number, time_ns);
	if (to > 1)
		frame_to(frame, (unsigned int)(number % to));
}

static void
mmsg_send(int fd, struct mmsghdr *messages)
{
	for (uint64_t done = 0; done < batch;) {
		int n = sendmmsg(fd, messages + done, (unsigned int)(batch - done), 0);

		if (n < 0)
			wait_room();
		else
			done += (uint64_t)n;
	}
	sent += batch;
}

static void
mmsg_run(uint64_t due, uint64_t end)
{
	static struct mmsghdr messages[BATCH_MAX];
	static struct iovec parts[BATCH_MAX];
	struct record *records = records_make(batch);
	int fd = sender_open();

	for (uint64_t i = 0; i < batch; i++) {
		parts[i] = (struct iovec){records[i].bytes + record_start(), record_bytes()};
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
	}
	while (wait_turn(&due, end)) {
		uint64_t now = now_ns();

		for (uint64_t i = 0; i < batch; i++)
			next_stamp(records[i].bytes + VNET_HDR, sent + i, now);
		mmsg_send(fd, messages);
	}
	free(records);
}

static void
send_run(uint64_t due, uint64_t end)
{
	struct record *record = records_make(1);
	int fd = sender_open();

	batch = 1;
	while (wait_turn(&due, end)) {
		next_stamp(record->bytes + VNET_HDR, sent, now_ns());
		while (send(fd, record->bytes + record_start(), record_bytes(), 0) < 0)
			wait_room();
		sent++;
	}
	free(record);
}

static uint8_t *
ring_map(int fd)
{
	const int version = TPACKET_V2;
	struct tpacket_req want = {
		.tp_block_size = RING_FRAMES * RING_SLOT / 16,
		.tp_block_nr = 16,
		.tp_frame_size = RING_SLOT,
		.tp_frame_nr = RING_FRAMES,
	};
	uint8_t *ring;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &want, sizeof want) < 0)
		die("PACKET_TX_RING");
	ring = mmap(NULL, (size_t)RING_FRAMES * RING_SLOT, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    0);
	if (ring == MAP_FAILED)
		die("mmap");
	return ring;
}

static struct tpacket2_hdr *
slot_of(uint8_t *ring, uint64_t number)
{
	return (void *)(ring + number % RING_FRAMES * RING_SLOT);
}

static void
slot_fill(struct tpacket2_hdr *slot, uint64_t number, uint64_t now)
{
	next_stamp((uint8_t *)slot + RING_DATA, number, now);
	slot->tp_len = (uint32_t)layout.bytes;
	__atomic_store_n(&slot->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
}

static void
txring_run(uint64_t due, uint64_t end)
{
	int fd = sender_open();
	uint8_t *ring = ring_map(fd);

	if (layout.bytes > RING_SLOT - RING_DATA)
		fail("frames are longer than a slot");
	for (uint64_t i = 0; i < RING_FRAMES; i++)
		frame_make((uint8_t *)slot_of(ring, i) + RING_DATA, &layout, 0, 0);
	while (wait_turn(&due, end)) {
		uint64_t now = now_ns();

		for (uint64_t i = 0; i < batch; i++) {
			struct tpacket2_hdr *slot = slot_of(ring, sent + i);

			while (__atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE) !=
			       TP_STATUS_AVAILABLE) {
				full++;
				if (sendto(fd, NULL, 0, 0, NULL, 0) < 0)
					wait_room();
			}
			slot_fill(slot, sent + i, now);
		}
		while (sendto(fd, NULL, 0, MSG_DONTWAIT, NULL, 0) < 0)
			wait_room();
		sent += batch;
	}
	(void)sendto(fd, NULL, 0, 0, NULL, 0);
}

static void
run(uint64_t start, uint64_t end)
{
	if (strcmp(how, "xdp") == 0)
		xdp_run(end);
	else if (strcmp(how, "mmsg") == 0)
		mmsg_run(start, end);
	else if (strcmp(how, "send") == 0)
		send_run(start, end);
	else if (strcmp(how, "txring") == 0)
		txring_run(start, end);
	else
		fail(how);
}

int
main(int argc, char **argv)
{
	const struct option options[] = {
		{"how", .text = &how},
		{"iface", .text = &ifname},
		{"bytes", .number = &bytes},
		{"seconds", .real = &seconds},
		{"rate", .real = &rate},
		{"batch", .number = &batch},
		{"to", .number = &to},
		{"super", .number = &super},
		{.name = NULL},
	};
	uint64_t start;
	uint64_t cpu;

	(void)argc;
	options_parse(options, argv);
	if (!ifname || batch == 0 || batch > BATCH_MAX || to == 0 || to > UINT16_MAX)
		fail("see gen.c for the options");
	layout = layout_of(bytes, super != 0);
	cpu = cpu_ns();
	start = now_ns();
	run(start, start + (uint64_t)(seconds * NS));
	printf("{\"frames\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"cpu_ns\": %llu, \"full\": "
	       "%llu}\n",
	       (unsigned long long)sent, (unsigned long long)(sent * layout.bytes),
	       (double)(now_ns() - start) / NS, (unsigned long long)(cpu_ns() - cpu),
	       (unsigned long long)full);
	return EXIT_SUCCESS;
}
