/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * feeder: clients that send, at full speed.
 *
 *   feeder --path=PATH --bytes=BYTES [--format=qemu|vnet|vnet10] [--count=N] [--seconds=S] [--hello=1]
 *
 * --count connections, each writing as much as it can. With --hello=1 each says first what address it has, and what it sends
 * comes from there. At the end it waits until all has been read by the other side, and prints a line of JSON.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "frame.h"
#include "stream.h"
#include "tool.h"

#define CLIENTS_MAX 1024
#define CHUNK_BYTES 65536 /* one write */

static const char *path;
static const char *format = "qemu";
static uint64_t bytes = 64;
static uint64_t count = 1;
static uint64_t hello;
static double seconds = 1.0;

static struct layout layout;

static struct client {
	struct stream stream;
	uint8_t *chunk;
	size_t record; /* bytes of each on the stream */
	size_t prefix; /* what of that comes before the frame */
	size_t n;      /* of the chunk */
	size_t off;    /* what of it was written */
	uint64_t frames;
} client[CLIENTS_MAX];

static void
chunk_renew(struct client *c)
{
	for (size_t at = c->prefix; at < c->n; at += c->record)
		frame_stamp(c->chunk + at, &layout, c->frames++, 0);
	c->off = 0;
}

static void
client_open(struct client *c, unsigned int number)
{
	uint8_t prefix[STREAM_PREFIX_MAX];

	stream_open(&c->stream, path, false, format);
	if (hello)
		stream_hello(&c->stream, number);
	c->prefix = stream_record(&c->stream, bytes, prefix);
	c->record = c->prefix + bytes;
	c->n = (c->record < CHUNK_BYTES ? CHUNK_BYTES / c->record : 1) * c->record;
	c->chunk = malloc(c->n);
	if (!c->chunk)
		die("malloc");
	for (size_t at = 0; at < c->n; at += c->record) {
		memcpy(c->chunk + at, prefix, c->prefix);
		/* to nobody's address, from its own */
		frame_make(c->chunk + at + c->prefix, &layout, UINT16_MAX, number);
		if (hello)
			c->chunk[at + c->prefix + 7] = 0x70;
	}
	chunk_renew(c);
}

static void
client_write(struct client *c)
{
	ssize_t n = send(c->stream.fd, c->chunk + c->off, c->n - c->off,
			 MSG_NOSIGNAL | (count > 1 ? MSG_DONTWAIT : 0));

	if (n < 0 && errno != EAGAIN)
		die("send");
	if (n > 0)
		c->off += (size_t)n;
}

/* Whether the last chunk has gone, too. */
static bool
client_step(struct client *c, bool more)
{
	if (c->off == c->n && more)
		chunk_renew(c);
	if (c->off < c->n)
		client_write(c);
	return c->off == c->n;
}

static void
wait_room(void)
{
	static struct pollfd want[CLIENTS_MAX];

	for (uint64_t i = 0; i < count; i++)
		want[i] = (struct pollfd){.fd = client[i].stream.fd, .events = POLLOUT};
	(void)poll(want, count, 10);
}

static void
feed(uint64_t end)
{
	bool done;

	do {
		const bool more = now_ns() < end;

		done = !more;
		for (uint64_t i = 0; i < count; i++)
			done = client_step(&client[i], more) && done;
		if (!done && count > 1)
			wait_room();
	} while (!done);
}

static void
wait_read(void)
{
	const struct timespec pause = {.tv_nsec = 200000};

	for (uint64_t i = 0; i < count; i++) {
		int left;

		while (ioctl(client[i].stream.fd, SIOCOUTQ, &left) == 0 && left > 0)
			(void)nanosleep(&pause, NULL);
	}
}

static void
report(uint64_t start)
{
	uint64_t frames = 0;
	uint64_t fewest = UINT64_MAX;

	for (uint64_t i = 0; i < count; i++) {
		frames += client[i].frames;
		if (client[i].frames < fewest)
			fewest = client[i].frames;
	}
	printf("{\"frames\": %llu, \"bytes\": %llu, \"fewest\": %llu, \"seconds\": %.6f, "
	       "\"cpu_ns\": %llu}\n",
	       (unsigned long long)frames, (unsigned long long)(frames * bytes),
	       (unsigned long long)fewest, (double)(now_ns() - start) / 1e9,
	       (unsigned long long)cpu_ns());
}

int
main(int argc, char **argv)
{
	const struct option options[] = {
		{"path", .text = &path},
		{"format", .text = &format},
		{"bytes", .number = &bytes},
		{"count", .number = &count},
		{"hello", .number = &hello},
		{"seconds", .real = &seconds},
		{.name = NULL},
	};
	const struct timespec learn = {.tv_nsec = 50000000};
	uint64_t start;

	(void)argc;
	options_parse(options, argv);
	if (!path || count == 0 || count > CLIENTS_MAX)
		fail("see feeder.c for the options");
	layout = layout_of(bytes, false);
	for (uint64_t i = 0; i < count; i++)
		client_open(&client[i], (unsigned int)i);
	(void)nanosleep(&learn, NULL);
	printf("ready\n");
	(void)fflush(stdout);
	start = now_ns();
	feed(start + (uint64_t)(seconds * 1e9));
	wait_read();
	report(start);
	return EXIT_SUCCESS;
}
