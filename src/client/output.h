/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.h: where capture writes: a file, a pipe or a socket, block by block.
 *
 * Blocks are gathered and written together. Whatever is written ends after a whole block; only a
 * failure of the system can tear one, and a file that capture made is then cut back to the last
 * whole one.
 *
 * A pipe or socket is written in pieces that poll(2) says it takes, so that a signal is seen
 * however slow its reader is; once a signal came, the reader has PLK_OUTPUT_GRACE_MS for each
 * piece.
 *
 * Trust: blocks are handed on as they are.
 */
#ifndef PLK_CLIENT_OUTPUT_H
#define PLK_CLIENT_OUTPUT_H

#include <stdbool.h>
#include <sys/types.h>

#include <pktlock/span.h>

#define PLK_OUTPUT_BYTES 262144
#define PLK_OUTPUT_GRACE_MS 2000

/** struct plk_output - private but for @tty and @fd, which is -1 before plk_output_open(); the rest is 0
 * Invariant: n <= PLK_OUTPUT_BYTES; buffer holds whole blocks.
 */
struct plk_output {
	int fd;
	bool owned;   /* opened here */
	bool regular; /* a file: never blocks for long */
	bool waits;   /* a pipe or socket: has a reader that may go */
	bool tty;     /* a terminal: nothing should be written */
	off_t whole;  /* regular: everything before is whole blocks */
	size_t n;
	uint8_t buffer[PLK_OUTPUT_BYTES];
};

/** plk_output_open() - open the file, or take standard output
 * @path:  "-" is standard output; a new file is its owner's alone: traffic is confidential
 * Return: 0; a negative errno.
 */
PLK_MUST_USE int plk_output_open(struct plk_output *o, const char *path);

/** plk_output_block() - add one block
 * @parts:  @n_parts spans that make it up; copied or written
 * Return: 0; as plk_output_flush().
 */
PLK_MUST_USE int plk_output_block(struct plk_output *o, const struct plk_span *parts,
				  size_t n_parts);

/** plk_output_flush() - write everything that was added
 * Return: 0; -EPIPE if the reader has gone; -ETIMEDOUT if it takes nothing and a signal came;
 * another negative errno. After an error nothing more can be written.
 */
PLK_MUST_USE int plk_output_flush(struct plk_output *o);

/** plk_output_close() - close what plk_output_open() opened
 * Return: 0; a negative errno if data was lost.
 */
PLK_MUST_USE int plk_output_close(struct plk_output *o);

#endif
