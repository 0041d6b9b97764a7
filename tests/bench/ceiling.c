/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ceiling: what a program can receive that does nothing with it, and what one does that passes on each packet by itself.
 *
 *   ceiling --how=HOW --iface=IFACE --bytes=BYTES [--check=1] [--super=1] [--path=PATH]
 *
 * HOW is ring (TPACKET_V3, of the size that pktlockd has; reads the header of each frame), recv (one for each), relay
 * (recv and one write for each, in format qemu or, with --super, vnet, to a client that comes to PATH), or relay3 (the same
 * with a write for each part, after a poll, as QEMU's filters do it). --check: look at the frames, too. Says "ready"; at SIGTERM it prints
 * a line of JSON.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "stream.h"
#include "tool.h"

#define BLOCK_BYTES 262144U
#define BLOCKS 16U
#define SOCKET_BYTES 4194304

static const char *how = "ring";
static const char *ifname;
static const char *path;
static uint64_t bytes = 64;
static uint64_t super;
static uint64_t check;

static struct sight sight;

static void
option_set(int fd, int name, int value)
{
	if (setsockopt(fd, SOL_PACKET, name, &value, sizeof value) < 0)
		die("setsockopt");
}

static void
ready(void)
{
	printf("ready\n");
	(void)fflush(stdout);
}

/* ---- ring ---- */

static void
frame_seen(const uint8_t *p, size_t n)
{
	if (check) {
		(void)sight_take(&sight, p, n);
		return;
	}
	sight.frames++;
	sight.bytes += n;
}

static void
block_walk(const struct tpacket_block_desc *block)
{
	const uint8_t *p = (const uint8_t *)block + block->hdr.bh1.offset_to_first_pkt;

	for (uint32_t i = 0; i < block->hdr.bh1.num_pkts; i++) {
		const struct tpacket3_hdr *hdr = (const void *)p;

		frame_seen(p + hdr->tp_mac, hdr->tp_snaplen);
		p += hdr->tp_next_offset;
	}
}

static uint8_t *
ring_open(int *fd)
{
	struct tpacket_req3 want = {
		.tp_block_size = BLOCK_BYTES,
		.tp_block_nr = BLOCKS,
		.tp_frame_size = 2048,
		.tp_frame_nr = BLOCK_BYTES / 2048 * BLOCKS,
		.tp_retire_blk_tov = 1,
	};
	uint8_t *ring;

	*fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (*fd < 0)
		die("socket");
	option_set(*fd, PACKET_VERSION, TPACKET_V3);
	option_set(*fd, PACKET_VNET_HDR, super != 0);
	option_set(*fd, PACKET_IGNORE_OUTGOING, 1);
	if (setsockopt(*fd, SOL_PACKET, PACKET_RX_RING, &want, sizeof want) < 0)
		die("PACKET_RX_RING");
	ring = mmap(NULL, (size_t)BLOCK_BYTES * BLOCKS, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (ring == MAP_FAILED)
		die("mmap");
	return ring;
}

static void
ring_run(int fd, uint8_t *ring)
{
	for (uint32_t at = 0; !stopped(); at = (at + 1) % BLOCKS) {
		struct tpacket_block_desc *block = (void *)(ring + (size_t)at * BLOCK_BYTES);
		uint32_t *status = &block->hdr.bh1.block_status;
		struct pollfd want = {.fd = fd, .events = POLLIN};

		while (!(__atomic_load_n(status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
			if (stopped())
				return;
			(void)poll(&want, 1, 100);
		}
		block_walk(block);
		__atomic_store_n(status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	}
}

/* ---- recv ---- */

static int
receiver_open(void)
{
	const int room = SOCKET_BYTES;
	const struct timeval time = {.tv_usec = 100000};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) < 0)
		die("socket");
	option_set(fd, PACKET_VNET_HDR, super != 0);
	option_set(fd, PACKET_IGNORE_OUTGOING, 1);
	return fd;
}

static void
part_write(int fd, const void *p, size_t n)
{
	if (send(fd, p, n, MSG_NOSIGNAL) != (ssize_t)n && errno != EINTR)
		die("write");
}

/* A frame and what comes before it on the stream, which lies before it in memory, too. */
static void
relay(const struct stream *out, bool each, uint8_t *frame, size_t n)
{
	uint8_t prefix[STREAM_PREFIX_MAX];
	size_t length = stream_record(out, n, prefix);
	uint8_t *start = frame - length;
	const size_t parts[] = {4, out->vnet > 0 ? 4 : 0, out->vnet};

	memcpy(start, prefix, length - out->vnet);
	if (!each) {
		part_write(out->fd, start, length + n);
		return;
	}
	for (size_t i = 0; i < sizeof parts / sizeof *parts; start += parts[i], i++) {
		if (parts[i] > 0)
			part_write(out->fd, start, parts[i]);
	}
	part_write(out->fd, frame, n);
}

static void
recv_run(int fd, const struct stream *out, bool each)
{
	static uint8_t buffer[STREAM_PREFIX_MAX + VNET_HDR + FRAME_MAX + 1];
	const size_t hdr = super ? VNET_HDR : 0;
	uint8_t *frame = buffer + STREAM_PREFIX_MAX;
	struct pollfd want = {.fd = fd, .events = POLLIN};

	while (!stopped()) {
		ssize_t n;

		if (each && poll(&want, 1, 100) <= 0)
			continue;
		n = recv(fd, frame - hdr, FRAME_MAX + hdr, 0);
		if (n < (ssize_t)hdr)
			continue;
		frame_seen(frame, (size_t)n - hdr);
		if (out)
			relay(out, each, frame, (size_t)n - hdr);
	}
}

static void
bind_to(int fd)
{
	struct sockaddr_ll where;
	socklen_t size = sizeof where;
	int named = packet_socket(ifname, 0); /* it knows the number of the interface */

	if (getsockname(named, (struct sockaddr *)&where, &size) < 0)
		die("getsockname");
	(void)close(named);
	where.sll_protocol = htobe16(ETH_P_ALL);
	if (bind(fd, (struct sockaddr *)&where, sizeof where) < 0)
		die("bind");
}

static int
run(void)
{
	struct stream out;
	int fd;

	if (strcmp(how, "ring") == 0) {
		uint8_t *ring = ring_open(&fd);

		bind_to(fd);
		ready();
		ring_run(fd, ring);
		return fd;
	}
	if (path)
		stream_open(&out, path, true, super ? "vnet10" : "qemu");
	fd = receiver_open();
	bind_to(fd);
	ready();
	recv_run(fd, path ? &out : NULL, strcmp(how, "relay3") == 0);
	return fd;
}

static void
report(int fd)
{
	struct tpacket_stats_v3 lost = {0};
	socklen_t size = sizeof lost;

	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &lost, &size) < 0)
		die("PACKET_STATISTICS");
	printf("{\"frames\": %llu, \"bytes\": %llu, \"missing\": %llu, \"back\": %llu, \"others\": "
	       "%llu, "
	       "\"lost\": %u, \"cpu_ns\": %llu}\n",
	       (unsigned long long)sight.frames, (unsigned long long)sight.bytes,
	       (unsigned long long)sight.missing, (unsigned long long)sight.back,
	       (unsigned long long)sight.others, lost.tp_drops, (unsigned long long)cpu_ns());
}

int
main(int argc, char **argv)
{
	const struct option options[] = {
		{"how", .text = &how},
		{"iface", .text = &ifname},
		{"path", .text = &path},
		{"bytes", .number = &bytes},
		{"super", .number = &super},
		{"check", .number = &check},
		{.name = NULL},
	};

	(void)argc;
	options_parse(options, argv);
	if (!ifname)
		fail("see ceiling.c for the options");
	sight = (struct sight){.layout = layout_of(bytes, super != 0), .stride = 1};
	stop_on_term();
	report(run());
	return EXIT_SUCCESS;
}
