/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.h: append text to a fixed buffer.
 *
 * A writer never writes beyond its buffer. Once something did not fit it is full and stays so; the
 * caller asks once at the end. Nothing is NUL-terminated but by plk_writer_cstr().
 */
#ifndef PLK_BASE_WRITER_H
#define PLK_BASE_WRITER_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/span.h>

/** struct plk_writer - where text goes
 * @out:  borrowed
 * @n:    bytes written, at most @out.n
 * @full: something did not fit
 */
struct plk_writer {
	struct plk_mspan out;
	size_t n;
	bool full;
};

/** plk_writer_init() - begin at the front of @out, which must outlive the writer */
void plk_writer_init(struct plk_writer *w, struct plk_mspan out);

/** plk_writer_span() - append @s whole or not at all */
void plk_writer_span(struct plk_writer *w, struct plk_span s);

/** plk_writer_str() - append a C string */
void plk_writer_str(struct plk_writer *w, const char *s);

/** plk_writer_char() - append one byte */
void plk_writer_char(struct plk_writer *w, char c);

/** plk_writer_dec() - append a number as canonical decimal */
void plk_writer_dec(struct plk_writer *w, uint64_t v);

/** plk_writer_hex() - append a number in lower-case hexadecimal, with at least @width digits (1 to 8) */
void plk_writer_hex(struct plk_writer *w, uint32_t v, size_t width);

/** plk_writer_escaped() - append bytes of a peer so that they cannot be mistaken
 * Printable ASCII stands for itself but for the backslash and the apostrophe; these and all others
 * become \xNN.
 * @max: how many bytes of @s at most; "..." stands for the rest
 */
void plk_writer_escaped(struct plk_writer *w, struct plk_span s, size_t max);

/** plk_writer_word() - the same as one word, the value of KEY=VALUE: a blank becomes \x20, too */
void plk_writer_word(struct plk_writer *w, struct plk_span s, size_t max);

/** plk_writer_done() - what an encode function returns
 * @n: set on PLK_OK only; bytes written
 * Return: PLK_OK, or PLK_E_ROOM if something did not fit.
 */
PLK_MUST_USE enum plk_err plk_writer_done(const struct plk_writer *w, size_t *n);

/** plk_writer_cstr() - end the text with a NUL, cutting its last byte off if there is no room for it
 * The buffer must have at least one byte.
 */
void plk_writer_cstr(struct plk_writer *w);

#endif
