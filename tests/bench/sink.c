/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink: clients that receive, and look at what they receive.
 *
 *   sink --path=PATH --bytes=BYTES [--listen=1] [--format=qemu|vnet|vnet10] [--count=N] [--frozen=N] [--apart=N]
 *        [--hello=1] [--super=1] [--stride=N]
 *
 * --count connections, the last --frozen of which are never read, and the last --apart of which are read, but not in the
 * figures; with --hello=1 each says first what address it has, as
 * the generator's --to numbers them. Says "ready" when all are open. At SIGTERM it reads on until nothing comes, and prints a line
 * of JSON: the frames of all that were read, and their age if they carry their time.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "frame.h"
#include "hist.h"
#include "stream.h"
#include "tool.h"

#define CLIENTS_MAX 1024
#define QUIET_MS 60 /* so long nothing comes: all is read */

static const char *path;
static const char *format = "qemu";
static uint64_t bytes = 64;
static uint64_t listens;
static uint64_t count = 1;
static uint64_t frozen;
static uint64_t apart;
static uint64_t hello;
static uint64_t super;
static uint64_t stride = 1;

static struct client {
	struct stream stream;
	struct sight sight;
	bool counts;
} client[CLIENTS_MAX];

static struct hist ages;
static uint64_t now;
static uint64_t first;

static void
frame_take(void *context, const uint8_t *p, size_t n)
{
	struct client *c = context;
	uint64_t time_ns;

	if (!sight_take(&c->sight, p, n))
		return;
	time_ns = frame_time(p, &c->sight.layout);
	if (time_ns != 0 && c->counts)
		hist_add(&ages, now > time_ns ? now - time_ns : 0);
}

static int
clients_open(void)
{
	const struct layout layout = layout_of(bytes, super != 0);
	int epoll = epoll_create1(0);

	for (uint64_t i = 0; i < count; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.u64 = i};

		client[i].sight = (struct sight){.layout = layout, .stride = stride};
		client[i].counts = i < count - frozen - apart;
		stream_open(&client[i].stream, path, listens != 0, format);
		if (hello)
			stream_hello(&client[i].stream, (unsigned int)i);
		if (i < count - frozen &&
		    epoll_ctl(epoll, EPOLL_CTL_ADD, client[i].stream.fd, &event) < 0)
			die("epoll");
	}
	printf("ready\n");
	(void)fflush(stdout);
	return epoll;
}

static uint64_t
read_some(int epoll)
{
	struct epoll_event events[64];
	int n = epoll_wait(epoll, events, 64, stopped() ? QUIET_MS : -1);

	if (n == 0 || (n < 0 && errno != EINTR))
		return 0;
	for (int i = 0; i < n; i++) {
		struct client *c = &client[events[i].data.u64];

		now = now_ns();
		if (first == 0)
			first = now;
		if (!stream_read(&c->stream, frame_take, c))
			(void)epoll_ctl(epoll, EPOLL_CTL_DEL, c->stream.fd, NULL);
	}
	return now;
}

/* Until nothing comes any more: when the last came. */
static uint64_t
read_all(int epoll)
{
	uint64_t last = 0;
	uint64_t at;

	do {
		at = read_some(epoll);
		if (at > last)
			last = at;
	} while (at > 0 || !stopped());
	return last;
}

static void
report(uint64_t last)
{
	struct sight all = {.frames = 0};
	uint64_t fewest = UINT64_MAX;

	for (uint64_t i = 0; i < count - frozen - apart; i++) {
		const struct sight *sight = &client[i].sight;

		all.frames += sight->frames;
		all.bytes += sight->bytes;
		all.missing += sight->missing;
		all.back += sight->back;
		all.others += sight->others;
		if (sight->frames < fewest)
			fewest = sight->frames;
	}
	printf("{\"frames\": %llu, \"bytes\": %llu, \"fewest\": %llu, \"missing\": %llu, \"back\": "
	       "%llu, "
	       "\"others\": %llu, \"seconds\": %.6f, \"cpu_ns\": %llu, ",
	       (unsigned long long)all.frames, (unsigned long long)all.bytes,
	       (unsigned long long)fewest, (unsigned long long)all.missing,
	       (unsigned long long)all.back, (unsigned long long)all.others,
	       (double)(last - first) / 1e9, (unsigned long long)cpu_ns());
	hist_print(&ages);
	printf("}\n");
}

int
main(int argc, char **argv)
{
	const struct option options[] = {
		{"path", .text = &path},
		{"format", .text = &format},
		{"bytes", .number = &bytes},
		{"listen", .number = &listens},
		{"count", .number = &count},
		{"frozen", .number = &frozen},
		{"apart", .number = &apart},
		{"hello", .number = &hello},
		{"super", .number = &super},
		{"stride", .number = &stride},
		{.name = NULL},
	};

	(void)argc;
	options_parse(options, argv);
	if (!path || count == 0 || count > CLIENTS_MAX || frozen + apart >= count || stride == 0)
		fail("see sink.c for the options");
	stop_on_term();
	report(read_all(clients_open()));
	return EXIT_SUCCESS;
}
