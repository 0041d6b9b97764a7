/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames to a port; sender.h has the contract and the trust boundary. */
#include "client/sender.h"

#include <assert.h>
#include <errno.h>
#include <linux/sockios.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include "client/stop.h"

#define MS_PER_S 1000
#define NS_PER_MS 1000000

static_assert(PLK_SENDER_BYTES >= PLK_RECORD_MAX, "a record fits");

void
plk_sender_init(struct plk_sender *s, int fd, struct plk_framing framing)
{
	s->fd = fd;
	s->framing = framing;
	s->frames = 0;
	s->bytes = 0;
	s->n = 0;
}

enum plk_err
plk_sender_check(const struct plk_sender *s, struct plk_span frame)
{
	uint8_t prefix[PLK_PREFIX_MAX];
	size_t n;

	return plk_frame_prefix_encode(s->framing, frame.n,
				       (struct plk_mspan){prefix, sizeof prefix}, &n);
}

int
plk_sender_frame(struct plk_sender *s, struct plk_span frame)
{
	uint8_t prefix[PLK_PREFIX_MAX];
	size_t n;
	enum plk_err err = plk_frame_prefix_encode(s->framing, frame.n,
						   (struct plk_mspan){prefix, sizeof prefix}, &n);

	assert(err == PLK_OK);
	if (n + s->framing.vnet_hdr + frame.n > PLK_SENDER_BYTES - s->n) {
		int rc = plk_sender_flush(s);

		if (rc < 0)
			return rc;
	}
	memcpy(s->buffer + s->n, prefix, n);
	s->n += n;
	memset(s->buffer + s->n, 0, s->framing.vnet_hdr);
	s->n += s->framing.vnet_hdr;
	memcpy(s->buffer + s->n, frame.p, frame.n);
	s->n += frame.n;
	return 0;
}

/* Of what was sent, the records that are whole. */
static void
sent_count(struct plk_sender *s, size_t n)
{
	struct plk_span sent = {s->buffer, n};
	struct plk_frame frame;

	while (plk_frame_parse(s->framing, sent, &frame, &sent) == PLK_OK) {
		s->frames++;
		s->bytes += frame.eth.n;
	}
}

int
plk_sender_flush(struct plk_sender *s)
{
	size_t done = 0;
	int rc = 0;

	while (done < s->n && rc == 0) {
		ssize_t n = send(s->fd, s->buffer + done, s->n - done, MSG_NOSIGNAL);

		if (n < 0 && errno != EINTR)
			rc = -errno;
		if (n > 0)
			done += (size_t)n;
		if (rc == 0 && done < s->n && plk_stop_wanted())
			rc = -EINTR; /* it may have come in the middle of what was sent */
	}
	sent_count(s, done);
	s->n = 0;
	return rc;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

/* Read what an attach port sends, and drop it: closing with something unread would reset a TCP
 * connection and lose what is under way. 1 is the end of the stream. */
static int
drain(const struct plk_sender *s)
{
	uint8_t nothing[4096];
	ssize_t n = recv(s->fd, nothing, sizeof nothing, MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return n == 0;
}

/* The daemon has closed its end. Did it read everything before? One that refuses us shuts the connection down first
 * and closes it then: until that the bytes are still queued, afterwards there is an error. */
static int
all_read(const struct plk_sender *s)
{
	int unread = 0;
	int error = 0;
	socklen_t n = sizeof error;

	if (ioctl(s->fd, SIOCOUTQ, &unread) < 0 ||
	    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -errno;
	return unread > 0 ? -ECONNRESET : -error;
}

int
plk_sender_finish(struct plk_sender *s)
{
	int64_t end = now_ms() + PLK_SENDER_FINISH_MS;
	struct pollfd fd = {.fd = s->fd, .events = POLLIN};
	int unread = 0;

	if (shutdown(s->fd, SHUT_WR) < 0)
		return -errno;
	for (;;) {
		int64_t left = end - now_ms();
		int n = left > 0 ? plk_stop_poll(&fd, 1, (int)left) : 0;
		int rc;

		if (n < 0 && (n != -EINTR || plk_stop_wanted()))
			return n;
		if (n == 0)
			break;
		rc = n > 0 ? drain(s) : 0;
		if (rc != 0)
			return rc < 0 ? rc : all_read(s);
	}
	if (ioctl(s->fd, SIOCOUTQ, &unread) < 0)
		return -errno;
	return unread > 0 ? -ETIMEDOUT : 0;
}
