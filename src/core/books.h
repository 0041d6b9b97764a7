/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * books.h: the counters, and how they outlive a worker.
 *
 * Theory of operation. A worker counts in memory which the front made and maps read-only; it is the only one who writes there.
 * There is a row for everything, one for each port, and one for each client's slot. What a client's row counts, that of its port and that of
 * everything count too, at the same time. A worker writes the rows twice, by turns, and then says which turn counts (core/ledger.h): so,
 * whenever it is killed and whenever it is read, what is there is how things were between two steps of it.
 *
 * When the worker dies, the front folds its last values into the totals and makes fresh memory for the next. Ports outlive it, clients do
 * not. A number of a port that another port gets begins at nothing (plk_books_begin()). A worker that is hijacked can write what it
 * likes, but what was shown once never goes back: a total, or a port's, is at least what it was when it was last read.
 *
 * What adds up, of everything. Of frames from the interface, and of those that are switched from client to client:
 *
 *   rx_frames + rx_copies + rx_pieces + switched_frames
 *       = delivered_frames + rx_unwanted + all rx_dropped_* but rx_dropped_kernel
 *
 * and of frames from clients:
 *
 *   client_frames + tx_pieces = tx_frames + tx_switched + tx_unwanted + all tx_dropped_* + those that wait (plk_books_waiting())
 *
 * What adds up in the row of a client and of a port, for a port over the deaths of workers, too: the second, and
 *
 *   seen = delivered_frames + rx_dropped_queue + rx_dropped_oversize + rx_dropped_gso + rx_dropped_malformed + rx_dropped_off
 *
 * All ports' together are everything's, but for frames that were lost before it was known for whom they were: some rx_dropped_malformed and
 * rx_dropped_off, all rx_dropped_kernel and rx_dropped_worker. The last and rx_missed are nobody's: connections to the dead worker
 * ended with it, and each port's next client begins at nothing.
 *
 * rx_frames + rx_dropped_kernel is what the kernel had for us, behind the filter: each frame once for each class of receivers that is
 * bound; rx_missed passed the interface, by its own count, while connections waited for this daemon: it is at least what their clients
 * would have got, without the filter. Delivered is what was put into a client's queue; what is in there when the connection ends goes with it, and
 * what is taken out since the connection is kept for the next daemon is unsent_frames, too. A client's frame
 * that waits for room at the interface is counted as taken, and not yet on the other side: PLK_TX_PENDING for each client at most; those of a
 * worker that died are tx_dropped_worker. A worker that is killed counts nothing of the step it was in, on either side: its frames of
 * clients were never heard of, and blocks of rings that it had not given back are rx_dropped_worker, counted by the next one.
 *
 * Pure. Test: tests/unit/books_test.c; that they add up, tests/netns/books_test.py.
 */
#ifndef PLK_CORE_BOOKS_H
#define PLK_CORE_BOOKS_H

#include "ipc/msg.h"

#define PLK_BOOKS_BYTES 1048576 /* of a worker's counters; sandbox/descriptors.h has it, too */

/** enum plk_cell - what a row has beside the counters of PLK_COUNTER_TABLE */
enum plk_cell {
	PLK_CELL_SEEN =
		PLK_COUNTERS, /* frames that were for a client, pieces of superframes one by one */
	PLK_CELL_DELIVERED_BYTES, /* of a stream, with what is before and behind frames */
	PLK_CELL_CLIENT_BYTES,    /* read from a client's stream */
	PLK_CELL_CLOSED,          /* by enum plk_close: admitted ones that ended */
	PLK_CELL_SUMS = PLK_CELL_CLOSED + PLK_CLOSES, /* those before it are sums */
	PLK_CELL_QUEUE = PLK_CELL_SUMS, /* of a client: bytes in its queue; they go up and down */
	PLK_CELL_GENERATION,            /* of the client whose row it is */
	PLK_CELLS
};

/* Rows: everything, ports, clients. */
#define PLK_ROW_PORT 1
#define PLK_ROW_CLIENT (PLK_ROW_PORT + PLK_PORTS_MAX)
#define PLK_ROWS (PLK_ROW_CLIENT + PLK_CLIENTS_MAX)

/** struct plk_books_row - one of them; read and written one value at a time */
struct plk_books_row {
	uint64_t cells[PLK_CELLS];
};

/** struct plk_books_page - what a worker counts in
 * @turn: its lowest bit says which rows count
 */
struct plk_books_page {
	uint64_t turn;
	struct plk_books_row rows[2][PLK_ROWS];
};

/** struct plk_books - the totals, and those of all ports; zeroed is fresh
 * @folded: private; of the workers that died
 * @base:   private; what the living worker had counted for the ports that had these numbers before
 * @shown:  private; what was read last
 * @now:    private; room to read into
 */
struct plk_books {
	uint64_t folded[PLK_ROW_CLIENT][PLK_CELL_SUMS];
	uint64_t base[PLK_ROW_CLIENT][PLK_CELL_SUMS];
	uint64_t shown[PLK_ROW_CLIENT][PLK_CELL_SUMS];
	struct plk_books_row now[PLK_ROW_CLIENT];
};

/** plk_books_read() - the totals now
 * @page: of the living worker; NULL if there is none
 * Return: PLK_CELL_SUMS values, each at least what it was before; until the next call.
 */
const uint64_t *plk_books_read(struct plk_books *books, const struct plk_books_page *page);

/** plk_books_port() - the same of a port, as plk_books_read() found it last: so they belong together */
const uint64_t *plk_books_port(const struct plk_books *books, uint16_t port);

/** plk_books_begin() - a port gets a number that another one may have had: it begins at nothing
 * Once the worker has said that the other one is gone, and has entered all that it had counted for it.
 * @page: of the living worker; NULL if there is none
 */
void plk_books_begin(struct plk_books *books, const struct plk_books_page *page, uint16_t port);

/** plk_books_fold() - a worker died: add its last values to the totals */
void plk_books_fold(struct plk_books *books, const struct plk_books_page *page);

/** plk_books_client() - what the living worker says of a client
 * Its word alone: these may go back, if it is hijacked.
 * @page:       NULL if there is none
 * @generation: of the connection
 * @out:        set; all 0 if the row is not, or not yet, this connection's
 */
void plk_books_client(const struct plk_books_page *page, uint32_t slot, uint32_t generation,
		      struct plk_books_row *out);

/** plk_books_dropped() - all frames that were dropped
 * @cells: of a row, or as plk_books_read() returns them
 */
uint64_t plk_books_dropped(const uint64_t *cells);

/** plk_books_waiting() - frames of clients that wait for room at the interface; superframes of which a piece is sent are done with
 * @cells: of a row, or as plk_books_read() returns them
 */
uint64_t plk_books_waiting(const uint64_t *cells);

#endif
