/* SPDX-License-Identifier: BSD-2-Clause */
/* The output of capture; output.h has the contract and the trust boundary. */
#include "client/output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/stop.h"

#define FILE_MODE 0600

static int
file_open(const char *path)
{
	int fd;

	do {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, FILE_MODE);
	} while (fd < 0 && errno == EINTR && !plk_stop_wanted());
	return fd < 0 ? -errno : fd;
}

int
plk_output_open(struct plk_output *o, const char *path)
{
	bool standard = strcmp(path, "-") == 0;
	int fd = standard ? STDOUT_FILENO : file_open(path);
	struct stat st;

	if (fd < 0)
		return fd;
	o->fd = fd;
	o->owned = !standard;
	o->tty = isatty(fd) == 1;
	if (fstat(fd, &st) < 0)
		return -errno;
	o->regular = S_ISREG(st.st_mode);
	o->waits = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode);
	return 0;
}

/* Wait until a pipe or socket takes PIPE_BUF bytes. */
static int
room_wait(const struct plk_output *o)
{
	struct pollfd fd = {.fd = o->fd, .events = POLLOUT};
	int n;

	do {
		n = plk_stop_poll(&fd, 1, plk_stop_wanted() ? PLK_OUTPUT_GRACE_MS : -1);
	} while (n == -EINTR);
	if (n == 0)
		return -ETIMEDOUT;
	return n < 0 ? n : 0;
}

static int
write_some(const struct plk_output *o, struct plk_span bytes, size_t *n_written)
{
	size_t piece = o->waits && bytes.n > PIPE_BUF ? PIPE_BUF : bytes.n;
	int rc = o->waits ? room_wait(o) : 0;
	ssize_t n;

	if (rc < 0)
		return rc;
	n = write(o->fd, bytes.p, piece);
	*n_written = n < 0 ? 0 : (size_t)n;
	if (n >= 0 || errno == EINTR || errno == EAGAIN)
		return 0;
	return errno == ECONNRESET ? -EPIPE : -errno;
}

static int
write_all(const struct plk_output *o, struct plk_span bytes)
{
	while (bytes.n > 0) {
		size_t n;
		int rc = write_some(o, bytes, &n);

		if (rc < 0)
			return rc;
		bytes.p += n;
		bytes.n -= n;
	}
	return 0;
}

/* What follows the last whole block is worth nothing to a reader; the first error is reported. */
static int
torn_cut(const struct plk_output *o, int rc)
{
	if (rc < 0 && o->owned && o->regular && ftruncate(o->fd, o->whole) < 0)
		return rc;
	return rc;
}

int
plk_output_flush(struct plk_output *o)
{
	int rc = write_all(o, (struct plk_span){o->buffer, o->n});

	if (rc == 0)
		o->whole += (off_t)o->n;
	o->n = 0;
	return torn_cut(o, rc);
}

/* A block that is longer than the buffer. */
static int
large_write(struct plk_output *o, const struct plk_span *parts, size_t n_parts, size_t bytes)
{
	int rc = 0;

	for (size_t i = 0; i < n_parts && rc == 0; i++)
		rc = write_all(o, parts[i]);
	if (rc == 0)
		o->whole += (off_t)bytes;
	return torn_cut(o, rc);
}

int
plk_output_block(struct plk_output *o, const struct plk_span *parts, size_t n_parts)
{
	size_t bytes = 0;
	int rc;

	for (size_t i = 0; i < n_parts; i++)
		bytes += parts[i].n;
	if (bytes > PLK_OUTPUT_BYTES - o->n) {
		rc = plk_output_flush(o);
		if (rc < 0)
			return rc;
	}
	if (bytes > PLK_OUTPUT_BYTES)
		return large_write(o, parts, n_parts, bytes);
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].n > 0)
			memcpy(o->buffer + o->n, parts[i].p, parts[i].n);
		o->n += parts[i].n;
	}
	return 0;
}

int
plk_output_close(struct plk_output *o)
{
	int fd = o->fd;

	if (!o->owned)
		return 0;
	o->owned = false;
	o->fd = -1;
	/* EINTR: Linux has closed it all the same */
	return close(fd) < 0 && errno != EINTR ? -errno : 0;
}
