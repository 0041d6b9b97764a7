/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stream.h: frames on a Unix stream, as a client reads and writes them.
 */
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_READ 262144 /* bytes; what one read takes at most */

/** struct stream - one connection
 * @vnet:  bytes of virtio-net header before each frame; 0: format qemu
 * @held:  bytes of @buffer that were read and not taken
 */
struct stream {
	int fd;
	size_t vnet;
	size_t held;
	uint8_t *buffer;
};

/** stream_open() - a connection to a path, or the first that comes to it
 * @listens: we do; 0666
 * @format:  qemu, vnet (a header of 12 bytes) or vnet10
 */
void stream_open(struct stream *stream, const char *path, bool listens, const char *format);

/** stream_record() - what a frame is on the stream, without the frame: Return: its bytes */
size_t stream_record(const struct stream *stream, size_t frame_bytes, uint8_t *out);
#define STREAM_PREFIX_MAX 28

/** stream_hello() - writes the frame by which a switch learns who we are */
void stream_hello(const struct stream *stream, unsigned int to);

/** stream_read() - one read; then all whole frames of it
 * @take:  called for each
 * Return: false at the end of the stream; true also if there is nothing, or a signal came.
 */
bool stream_read(struct stream *stream, void (*take)(void *context, const uint8_t *p, size_t n),
		 void *context);

#endif
