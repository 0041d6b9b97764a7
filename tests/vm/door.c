/* SPDX-License-Identifier: BSD-2-Clause */
#include "door.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "fatal.h"

#define HEADER_MAX 20
#define PREFIX sizeof(uint32_t)
#define RECORD_MAX 69632
#define FRAME_MIN 14
#define SEND_BYTES (4 << 20) /* of the socket: all that one call sends */

void
door_open(struct door *door, const char *directory)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	const int bytes = SEND_BYTES;
	int n = snprintf(to.sun_path, sizeof to.sun_path, "%s/%s", directory, door->name);

	if (n < 0 || (size_t)n >= sizeof to.sun_path)
		fail("path is too long");
	door->fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (door->fd < 0 ||
	    setsockopt(door->fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) < 0)
		die("cannot make a socket");
	if (connect(door->fd, (struct sockaddr *)&to, sizeof to) < 0)
		die(to.sun_path);
}

/* ---- to the daemon ---- */

static uint8_t *
be32_put(uint8_t *p, size_t value)
{
	uint32_t net = htonl((uint32_t)value);

	memcpy(p, &net, sizeof net);
	return p + sizeof net;
}

static uint8_t *
record_put(uint8_t *p, const struct door *door, const struct frame *frame)
{
	p = be32_put(p, door->header + frame->n);
	if (door->header > 0) {
		p = be32_put(p, door->header);
		memset(p, 0, door->header);
		memcpy(p, &frame->header,
		       door->header < sizeof frame->header ? door->header : sizeof frame->header);
		p += door->header;
	}
	memcpy(p, frame->p, frame->n);
	return p + frame->n;
}

void
door_send(const struct door *door, const struct list *frames)
{
	size_t n = 0;
	uint8_t *bytes;
	uint8_t *p;

	for (size_t i = 0; i < frames->n; i++)
		n += 2 * PREFIX + HEADER_MAX + frames->at[i].n;
	bytes = malloc(n);
	if (!bytes)
		die("malloc");
	p = bytes;
	for (size_t i = 0; i < frames->n; i++)
		p = record_put(p, door, &frames->at[i]);
	if (send(door->fd, bytes, (size_t)(p - bytes), MSG_NOSIGNAL) != p - bytes)
		die("cannot send to the daemon");
	free(bytes);
}

/* ---- from the daemon ---- */

static void
bytes_read(const struct door *door, void *out, size_t n)
{
	ssize_t got = n == 0 ? 0 : recv(door->fd, out, n, MSG_WAITALL);

	if (got < 0)
		die(door->name);
	if ((size_t)got != n)
		fail("the daemon closed a connection");
}

static size_t
be32_read(const struct door *door)
{
	uint32_t net;

	bytes_read(door, &net, sizeof net);
	return ntohl(net);
}

static void
header_read(const struct door *door, struct frame *out)
{
	static const uint8_t none[HEADER_MAX];
	const size_t known = sizeof out->header;
	uint8_t bytes[HEADER_MAX];

	if (be32_read(door) != door->header)
		fail("a header does not have the size of the port");
	bytes_read(door, bytes, door->header);
	memcpy(&out->header, bytes, door->header < known ? door->header : known);
	if (door->header > known && memcmp(bytes + known, none, door->header - known) != 0)
		fail("there is a hash report");
}

bool
door_receive(const struct door *door, struct frame *out, int ms)
{
	struct pollfd poll_fd = {.fd = door->fd, .events = POLLIN};
	size_t n;

	if (poll(&poll_fd, 1, ms) <= 0)
		return false;
	n = be32_read(door);
	if (n < door->header + FRAME_MIN || n > RECORD_MAX)
		fail("a length is not one that the daemon may say");
	*out = (struct frame){.n = n - door->header, .p = malloc(n - door->header)};
	if (!out->p)
		die("malloc");
	if (door->header > 0)
		header_read(door, out);
	bytes_read(door, out->p, out->n);
	return true;
}
