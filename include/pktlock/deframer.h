/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deframer.h: frames out of a stream that arrives in pieces.
 *
 * The caller owns the buffer, reads from its socket into plk_deframer_space(), says how much came
 * by plk_deframer_commit(), and takes frames by plk_deframer_next() until that says PLK_E_SHORT.
 * However the stream is cut into reads, the frames are the same.
 *
 *	struct plk_deframer d;
 *	uint8_t buffer[PLK_RECORD_MAX];
 *
 *	plk_deframer_init(&d, framing, (struct plk_mspan){buffer, sizeof buffer});
 *	for (;;) {
 *		struct plk_mspan space = plk_deframer_space(&d);
 *		ssize_t n = read(fd, space.p, space.n);
 *		...
 *		plk_deframer_commit(&d, (size_t)n);
 *		while ((err = plk_deframer_next(&d, &frame)) == PLK_OK)
 *			use(&frame);
 *		if (err != PLK_E_SHORT)
 *			close the connection: plk_err_text(err) says why
 *	}
 *	at EOF: plk_deframer_pending(&d) > 0 is a torn frame
 *
 * Trust: bytes come from an unauthenticated peer. Pure: no I/O, no allocation, no globals. One
 * thread at a time for one deframer. Fuzz: fuzz/deframer_fuzz.c.
 */
#ifndef PKTLOCK_DEFRAMER_H
#define PKTLOCK_DEFRAMER_H

#include <pktlock/frame.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct plk_deframer - a stream being cut into frames; all members are private
 * Invariant: from <= to <= buffer.n.
 */
struct plk_deframer {
	struct plk_framing framing;
	struct plk_mspan buffer;
	size_t from; /* first byte not yet taken */
	size_t to;   /* end of what was read */
};

/** plk_deframer_init() - begin at the front of a stream
 * @framing: what both ends agreed on
 * @buffer:  borrowed until the deframer is not used any more; PLK_RECORD_MAX bytes at least
 */
PLK_PUBLIC void plk_deframer_init(struct plk_deframer *d, struct plk_framing framing,
				  struct plk_mspan buffer);

/** plk_deframer_space() - where the next bytes of the stream go
 * May move what is pending to the front of the buffer: frames taken before are gone.
 * Return: the free end of the buffer; never empty once plk_deframer_next() has returned
 * PLK_E_SHORT.
 */
PLK_PUBLIC struct plk_mspan plk_deframer_space(struct plk_deframer *d);

/** plk_deframer_missing() - how many bytes the frame that has begun still lacks
 * Who reads no more than that need not have the beginning of the next one moved: worth it where frames are long.
 * Return: bytes; 0 if none has begun, or its length is not there yet. To be asked after plk_deframer_next() has returned PLK_E_SHORT.
 */
PLK_PUBLIC size_t plk_deframer_missing(const struct plk_deframer *d);

/** plk_deframer_commit() - say that bytes were read
 * @n: how many bytes of plk_deframer_space() were filled; more than that counts as all of it
 */
PLK_PUBLIC void plk_deframer_commit(struct plk_deframer *d, size_t n);

/** plk_deframer_next() - take the next frame
 * @out: set on PLK_OK only; points into the buffer, valid until plk_deframer_space()
 * Return: as plk_frame_parse(). After PLK_E_LIMIT and PLK_E_MALFORMED the stream is lost, and each
 * further call says so.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_deframer_next(struct plk_deframer *d,
						       struct plk_frame *out);

/** plk_deframer_pending() - bytes that were read and belong to a frame that is not complete */
PLK_PUBLIC size_t plk_deframer_pending(const struct plk_deframer *d);

#ifdef __cplusplus
}
#endif

#endif
