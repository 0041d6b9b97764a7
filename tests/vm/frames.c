/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frames FAR CAPTURE INJECT PORT: are frames carried? Within a VM there is no Python to ask that, so this is static.
 *
 * FAR is the other end of the daemon's veth pair, CAPTURE and INJECT are paths of its Unix sockets, PORT is the TCP port of
 * an attach remote on 127.0.0.1. Frames of three sizes go each way and must arrive as they were sent and in order. Prints
 * a line for each way; a time-out or a difference ends it with status 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TYPE 0x88b5 /* the EtherType that IEEE 802 leaves for local experiments */
#define TYPE_AT 12
#define NUMBER_AT 14     /* behind the Ethernet header */
#define FRAME_BYTES 1514 /* the largest of ours */
#define SECONDS 20       /* for all of it; an emulated machine is slow */
#define RETRY_MS 100
#define SOON_MS 5000

static const size_t sizes[] = {60, 333, FRAME_BYTES};

#define SIZES (sizeof sizes / sizeof *sizes)

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "frames: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "frames: %s\n", what);
	exit(EXIT_FAILURE);
}

/* Everything in a frame follows from its number, its size among it. */
static size_t
frame_make(uint8_t *out, uint32_t number)
{
	static const uint8_t head[NUMBER_AT] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x70, 0, 0, 0, 2, TYPE >> 8, TYPE & 0xff};
	size_t n = sizes[number % SIZES];
	uint32_t net = htonl(number);

	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)(i * 13 + number * 7);
	memcpy(out, head, sizeof head);
	memcpy(out + NUMBER_AT, &net, sizeof net);
	return n;
}

/* The number of a frame that is right in every byte. */
static uint32_t
frame_check(const uint8_t *frame, size_t n)
{
	uint8_t expected[FRAME_BYTES];
	uint32_t number;

	if (n < NUMBER_AT + sizeof number)
		fail("a frame is too short");
	memcpy(&number, frame + NUMBER_AT, sizeof number);
	number = ntohl(number);
	if (n != frame_make(expected, number) || memcmp(frame, expected, n) != 0)
		fail("a frame is not as it was sent");
	return number;
}

static bool
readable(int fd, int ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	int n = poll(&poll_fd, 1, ms);

	if (n < 0)
		die("poll");
	return n == 1;
}

/* ---- the far end of the wire ---- */

static int
wire_open(const char *name)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(TYPE),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (to.sll_ifindex == 0 || fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die(name);
	return fd;
}

static void
wire_send(int fd, uint32_t number)
{
	uint8_t frame[FRAME_BYTES];
	size_t n = frame_make(frame, number);

	if (send(fd, frame, n, 0) != (ssize_t)n)
		die("cannot send on the wire");
}

static uint32_t
wire_receive(int fd)
{
	uint8_t frame[FRAME_BYTES + 1];
	ssize_t n;

	if (!readable(fd, SOON_MS))
		fail("nothing arrives on the wire");
	n = recv(fd, frame, sizeof frame, 0);
	if (n < 0)
		die("cannot receive on the wire");
	return frame_check(frame, (size_t)n);
}

/* ---- a client of the daemon: a 32-bit length, then a frame ---- */

static int
unix_connect(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof to.sun_path)
		fail("path is too long");
	memcpy(to.sun_path, path, strlen(path));
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die(path);
	return fd;
}

static int
tcp_connect(const char *port)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die(port);
	return fd;
}

static void
client_send(int fd, uint32_t number)
{
	uint8_t bytes[sizeof(uint32_t) + FRAME_BYTES];
	size_t n = frame_make(bytes + sizeof(uint32_t), number);
	uint32_t net = htonl((uint32_t)n);

	memcpy(bytes, &net, sizeof net);
	n += sizeof net;
	if (send(fd, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("cannot send to the daemon");
}

static void
client_read(int fd, void *out, size_t n)
{
	ssize_t got = recv(fd, out, n, MSG_WAITALL);

	if (got < 0)
		die("cannot receive from the daemon");
	if ((size_t)got != n)
		fail("the daemon closed the connection");
}

static bool
is_ours(const uint8_t *frame)
{
	return frame[TYPE_AT] == TYPE >> 8 && frame[TYPE_AT + 1] == (TYPE & 0xff);
}

/* The kernel at the far end sends frames of its own: it announces addresses. */
static uint32_t
client_receive(int fd)
{
	uint8_t frame[FRAME_BYTES];
	uint32_t net;

	do {
		if (!readable(fd, SOON_MS))
			fail("nothing arrives from the daemon");
		client_read(fd, &net, sizeof net);
		if (ntohl(net) < NUMBER_AT || ntohl(net) > sizeof frame)
			fail("the daemon says a length that is not ours");
		client_read(fd, frame, ntohl(net));
	} while (!is_ours(frame));
	return frame_check(frame, ntohl(net));
}

/* ---- one way each ---- */

/* The daemon admits a client some time after connect(): frames are sent until one arrives, then those that count. */
static void
from_wire(const char *what, int wire, int client, uint32_t first)
{
	uint32_t probe = 0;
	uint32_t got;

	do
		wire_send(wire, probe++);
	while (!readable(client, RETRY_MS)); /* anything: it has been admitted */
	for (uint32_t i = 0; i < SIZES; i++)
		wire_send(wire, first + i);
	do
		got = client_receive(client);
	while (got < probe);
	for (uint32_t i = 0; i < SIZES; i++) {
		if (got != first + i)
			fail("a frame is missing, or not in its place");
		if (i + 1 < SIZES)
			got = client_receive(client);
	}
	printf("%s %zu\n", what, SIZES);
}

static void
to_wire(const char *what, int client, int wire, uint32_t first)
{
	for (uint32_t i = 0; i < SIZES; i++)
		client_send(client, first + i);
	for (uint32_t i = 0; i < SIZES; i++) {
		if (wire_receive(wire) != first + i)
			fail("a frame is missing, or not in its place");
	}
	printf("%s %zu\n", what, SIZES);
}

int
main(int argc, char **argv)
{
	int wire;
	int capture;
	int inject;
	int attach;

	if (argc != 5) {
		fprintf(stderr, "usage: frames FAR CAPTURE INJECT PORT\n");
		return 2;
	}
	(void)alarm(SECONDS);
	wire = wire_open(argv[1]);
	capture = unix_connect(argv[2]);
	inject = unix_connect(argv[3]);
	from_wire("capture", wire, capture, 1000);
	to_wire("inject", inject, wire, 2000);
	(void)close(capture);
	(void)close(inject);
	attach = tcp_connect(argv[4]);
	from_wire("attach-in", wire, attach, 3000);
	to_wire("attach-out", attach, wire, 4000);
	return EXIT_SUCCESS;
}
