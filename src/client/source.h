/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h: the frames of a capture file, pcap or pcapng, read by libpcap.
 *
 * Trust: the file may come from anywhere; libpcap is what looks at it, without privileges. Link
 * types other than Ethernet are refused.
 */
#ifndef PLK_CLIENT_SOURCE_H
#define PLK_CLIENT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <pktlock/span.h>

#define PLK_SOURCE_BYTES 262144 /* read at once */

struct pcap;

/** struct plk_source - an open file; must be zero before plk_source_open() and stay where it is
 * @path:  "-" is standard input; borrowed
 * @total: bytes of the file; 0 is unknown
 * @live:  it may have nothing to read for a while: a pipe, a socket, a terminal
 */
struct plk_source {
	const char *path;
	uint64_t total;
	bool live;
	FILE *file;
	struct pcap *pcap;
	char buffer[PLK_SOURCE_BYTES];
};

/** struct plk_source_frame - one frame
 * @bytes:  valid until the next call
 * @cut:    bytes that the capture left out
 */
struct plk_source_frame {
	struct plk_span bytes;
	uint32_t cut;
};

/** enum plk_source_result - what plk_source_next() found */
enum plk_source_result { PLK_SOURCE_FRAME, PLK_SOURCE_END, PLK_SOURCE_BROKEN };

/** plk_source_open() - open a file and read its beginning
 * @command:  for messages
 * Return: PLK_EXIT_OK; PLK_EXIT_FAILED, said why and what to do.
 */
PLK_MUST_USE int plk_source_open(struct plk_source *s, const char *command, const char *path);

/** plk_source_next() - read the next frame; may block
 * @out:  set on PLK_SOURCE_FRAME only
 * Return: BROKEN: plk_source_error() tells more.
 */
enum plk_source_result plk_source_next(struct plk_source *s, struct plk_source_frame *out);

/** plk_source_error() - why the last plk_source_next() was BROKEN; valid until the next call */
const char *plk_source_error(struct plk_source *s);

/** plk_source_idle() - whether plk_source_next() would wait */
bool plk_source_idle(const struct plk_source *s);

/** plk_source_position() - bytes of the file read so far */
uint64_t plk_source_position(const struct plk_source *s);

/** plk_source_close() - release everything; harmless if it is not open */
void plk_source_close(struct plk_source *s);

#endif
