/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lat: how long a lone frame is on its way.
 *
 *   lat --way=in|out --wire=IFACE [--iface=IFACE | --path=PATH [--format=FORMAT] [--me=N]] [--samples=N]
 *
 * --me: say first that this is our number, for frames to go there. One frame is in flight: from the wire to the client of a stream (in) or from the client to the wire (out). Without a stream
 * the client is a bare packet socket on --iface: what the kernel takes, and waking who waits. The wire's side runs on CPU 1,
 * the client's on CPU 0. Both sleep until there is something to do.
 *
 * Prints one line of JSON.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "frame.h"
#include "hist.h"
#include "stream.h"
#include "tool.h"

#define BYTES 64
#define WARM_UP 50
#define WAIT_S 1       /* after so long it is lost */
#define PAUSE_NS 60000 /* before the next: until all have gone to sleep */
#define CPU_CLIENT 0
#define CPU_WIRE 1

static const char *way = "in";
static const char *wire_name;
static const char *iface_name;
static const char *path;
static const char *format = "qemu";
static uint64_t me = UINT16_MAX;
static uint64_t samples = 3000;

static struct layout layout;
static struct hist hist;
static sem_t came;
static atomic_uint_fast64_t wanted; /* the number that is on its way */
static uint64_t lost;

/* One end: a packet socket, or a stream. */
struct end {
	int packet;
	struct stream *stream;
};

static void
frame_came(void *context, const uint8_t *p, size_t n)
{
	const uint64_t now = now_ns();
	uint64_t number;

	(void)context;
	if (n != BYTES || p[12] != (LONE_TYPE >> 8) || p[13] != (LONE_TYPE & 0xff))
		return;
	number = frame_number(p, &layout);
	if (number != atomic_load(&wanted))
		return;
	if (number >= WARM_UP)
		hist_add(&hist, now - frame_time(p, &layout));
	(void)sem_post(&came);
}

static void
end_read(const struct end *end)
{
	uint8_t frame[2048];
	ssize_t n;

	if (end->stream) {
		if (!stream_read(end->stream, frame_came, NULL))
			fail("the stream ended");
		return;
	}
	n = recv(end->packet, frame, sizeof frame, 0);
	if (n < 0 && errno != EAGAIN)
		die("recv");
	if (n >= 0)
		frame_came(NULL, frame, (size_t)n);
}

static void
end_write(const struct end *end, uint64_t number)
{
	uint8_t record[STREAM_PREFIX_MAX + BYTES];
	size_t prefix = end->stream ? stream_record(end->stream, BYTES, record) : 0;
	int fd = end->stream ? end->stream->fd : end->packet;

	frame_make(record + prefix, &layout, end->stream ? UINT16_MAX : (unsigned int)me,
		   end->stream ? (unsigned int)me : UINT16_MAX);
	record[prefix + 13] = LONE_TYPE & 0xff;
	frame_stamp(record + prefix, &layout, number, now_ns());
	if (send(fd, record, prefix + BYTES, 0) != (ssize_t)(prefix + BYTES))
		die("send");
}

static void *
receive(void *context)
{
	pin(strcmp(way, "in") == 0 ? CPU_CLIENT : CPU_WIRE);
	for (;;)
		end_read(context);
	return NULL;
}

static bool
wait_came(void)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += WAIT_S;
	while (sem_timedwait(&came, &end) < 0) {
		if (errno == ETIMEDOUT)
			return false;
	}
	return true;
}

static void
send_all(const struct end *end)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	for (uint64_t i = 0; i < samples + WARM_UP; i++) {
		atomic_store(&wanted, i);
		end_write(end, i);
		if (!wait_came() && ++lost > 10)
			fail("more than 10 frames did not come");
		(void)nanosleep(&pause, NULL);
	}
}

static struct end
packet_end(const char *ifname)
{
	const int on = 1;
	struct end end = {.packet = packet_socket(ifname, LONE_TYPE)};

	if (setsockopt(end.packet, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on) < 0)
		die("PACKET_IGNORE_OUTGOING");
	return end;
}

static struct end
client_end(void)
{
	static struct stream stream;
	const struct timespec learn = {.tv_nsec = 50000000};

	if (iface_name)
		return packet_end(iface_name);
	stream_open(&stream, path, false, format);
	if (me != UINT16_MAX)
		stream_hello(&stream, (unsigned int)me);
	(void)nanosleep(&learn, NULL);
	return (struct end){.packet = -1, .stream = &stream};
}

int
main(int argc, char **argv)
{
	const struct option options[] = {
		{"way", .text = &way},           {"wire", .text = &wire_name},
		{"iface", .text = &iface_name},  {"path", .text = &path},
		{"format", .text = &format},     {"me", .number = &me},
		{"samples", .number = &samples}, {.name = NULL},
	};
	pthread_t thread;
	struct end wire;
	struct end client;
	bool in;

	(void)argc;
	options_parse(options, argv);
	if (!wire_name || !iface_name == !path)
		fail("see lat.c for the options");
	in = strcmp(way, "in") == 0;
	layout = layout_of(BYTES, false);
	wire = packet_end(wire_name);
	client = client_end();
	if (sem_init(&came, 0, 0) < 0 ||
	    pthread_create(&thread, NULL, receive, in ? &client : &wire) != 0)
		die("cannot start");
	pin(in ? CPU_WIRE : CPU_CLIENT);
	send_all(in ? &wire : &client);
	printf("{\"lost\": %llu, ", (unsigned long long)lost);
	hist_print(&hist);
	printf("}\n");
	return EXIT_SUCCESS;
}
