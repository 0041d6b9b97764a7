/* SPDX-License-Identifier: BSD-2-Clause */
#include "stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "frame.h"
#include "tool.h"

#define RECORD_MAX 69632
#define LENGTH sizeof(uint32_t)

static size_t
header_of(const char *format)
{
	if (strcmp(format, "qemu") == 0)
		return 0;
	if (strcmp(format, "vnet") == 0)
		return 12;
	if (strcmp(format, "vnet10") == 0)
		return 10;
	fail(format);
}

static int
accept_one(int listener, const char *path)
{
	int fd;

	if (chmod(path, 0666) < 0 || listen(listener, 1) < 0)
		die(path);
	printf("listening\n");
	(void)fflush(stdout);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	(void)close(listener);
	return fd;
}

void
stream_open(struct stream *stream, const char *path, bool listens, const char *format)
{
	struct sockaddr_un where = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof where.sun_path)
		fail(path);
	memcpy(where.sun_path, path, strlen(path));
	*stream = (struct stream){
		.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		.vnet = header_of(format),
		.buffer = malloc(STREAM_READ + RECORD_MAX + LENGTH),
	};
	if (stream->fd < 0 || !stream->buffer)
		die("socket");
	if ((listens ? bind : connect)(stream->fd, (struct sockaddr *)&where, sizeof where) < 0)
		die(path);
	if (listens)
		stream->fd = accept_one(stream->fd, path);
}

static void
length_put(uint8_t *p, size_t n)
{
	const uint32_t value = htonl((uint32_t)n);

	memcpy(p, &value, sizeof value);
}

static size_t
length_get(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof value);
	return ntohl(value);
}

size_t
stream_record(const struct stream *stream, size_t frame_bytes, uint8_t *out)
{
	length_put(out, frame_bytes + stream->vnet);
	if (stream->vnet == 0)
		return LENGTH;
	length_put(out + LENGTH, stream->vnet);
	memset(out + 2 * LENGTH, 0, stream->vnet);
	return 2 * LENGTH + stream->vnet;
}

void
stream_hello(const struct stream *stream, unsigned int to)
{
	uint8_t record[STREAM_PREFIX_MAX + HELLO_BYTES];
	size_t n = stream_record(stream, HELLO_BYTES, record);

	hello_make(record + n, to);
	n += HELLO_BYTES;
	if (send(stream->fd, record, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("hello");
}

/* One whole record at the front: its bytes, or 0 if there is not so much. */
static size_t
record_take(const struct stream *stream, const uint8_t *p, size_t left,
	    void (*take)(void *context, const uint8_t *p, size_t n), void *context)
{
	size_t skip = LENGTH;
	size_t n;

	if (left < 2 * LENGTH)
		return 0;
	n = length_get(p);
	if (n > RECORD_MAX)
		fail("a length on the stream is too great");
	if (stream->vnet > 0) {
		skip += LENGTH;
		if (length_get(p + LENGTH) != stream->vnet)
			fail("a header on the stream does not have its length");
	}
	if (left < skip + n)
		return 0;
	take(context, p + skip + stream->vnet, n - stream->vnet);
	return skip + n;
}

bool
stream_read(struct stream *stream, void (*take)(void *context, const uint8_t *p, size_t n),
	    void *context)
{
	ssize_t got = recv(stream->fd, stream->buffer + stream->held, STREAM_READ, 0);
	size_t off = 0;
	size_t n;

	if (got < 0 && errno != EAGAIN && errno != EINTR)
		die("recv");
	if (got <= 0)
		return got < 0;
	stream->held += (size_t)got;
	while ((n = record_take(stream, stream->buffer + off, stream->held - off, take, context)) >
	       0)
		off += n;
	stream->held -= off;
	memmove(stream->buffer, stream->buffer + off, stream->held);
	return true;
}
