/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * books.h: the counters, and how they outlive a worker.
 *
 * Theory of operation. A worker counts in a page of memory of its own, which the front made and maps read-only; it is the only
 * one who writes there. When the worker dies, the front folds the last values into the totals and makes a fresh page for
 * the next. A worker that is hijacked can write what it likes, but what was shown once never goes back: a total is at
 * least what it was when it was last read.
 *
 * What adds up. Of frames from the interface, and of those that are switched from client to client:
 *
 *   rx_frames + rx_copies + rx_pieces + switched_frames
 *       = delivered_frames + rx_unwanted + all rx_dropped_* but rx_dropped_kernel
 *
 * and of frames from clients:
 *
 *   client_frames + tx_pieces = tx_frames + tx_switched + tx_unwanted + all tx_dropped_*
 *
 * rx_frames + rx_dropped_kernel is what the kernel had for us, behind the filter: each frame once for each class of receivers that is
 * bound; rx_missed passed the interface, by its own count, while connections waited for this daemon: it is at least what their clients
 * would have got, without the filter. Delivered is what was put into a client's queue; what is in there when the connection ends goes with it, and
 * what is taken out since the connection is kept for the next daemon is unsent_frames, too. A client's frame
 * that waits for room at the interface is counted as taken, and not yet on the other side: PLK_TX_PENDING for each client at most. A worker that
 * is killed counts nothing of the wake-up it was in, on either side, but for a frame that waited; and blocks of rings that it had
 * not given back are rx_dropped_worker.
 *
 * Pure. Test: tests/unit/books_test.c; that they add up, tests/netns/books_test.py.
 */
#ifndef PLK_CORE_BOOKS_H
#define PLK_CORE_BOOKS_H

#include "ipc/msg.h"

#define PLK_BOOKS_BYTES 4096 /* a page */

/** struct plk_books_page - what a worker counts in; read and written one value at a time */
struct plk_books_page {
	uint64_t values[PLK_COUNTERS];
};

/** plk_books_add() - count; for the worker, whose page it is */
void plk_books_add(struct plk_books_page *page, enum plk_counter counter, uint64_t n);

/** struct plk_books - the totals; zeroed is fresh
 * @folded: private; of the workers that died
 * @shown:  private; what was read last
 */
struct plk_books {
	uint64_t folded[PLK_COUNTERS];
	uint64_t shown[PLK_COUNTERS];
};

/** plk_books_read() - the totals now
 * @page: of the living worker; NULL if there is none
 * @out:  PLK_COUNTERS values, each at least what it was before
 */
void plk_books_read(struct plk_books *books, const struct plk_books_page *page, uint64_t *out);

/** plk_books_dropped() - all frames that were dropped
 * @values: as plk_books_read() sets them
 */
uint64_t plk_books_dropped(const uint64_t *values);

/** plk_books_fold() - a worker died: add its last values to the totals */
void plk_books_fold(struct plk_books *books, const struct plk_books_page *page);

#endif
