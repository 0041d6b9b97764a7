/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/books.h"

#include <string.h>

#define READ_TRIES 8 /* a worker that is not hijacked is not so fast that one of them fails */

_Static_assert(sizeof(struct plk_books_page) <= PLK_BOOKS_BYTES, "it fits");

/* No overflow: the page may hold anything. */
static uint64_t
plus(uint64_t a, uint64_t b)
{
	return a <= UINT64_MAX - b ? a + b : UINT64_MAX;
}

static uint64_t
minus(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static uint64_t
sum_between(const uint64_t *cells, size_t first, size_t last)
{
	uint64_t sum = 0;

	for (size_t i = first; i <= last; i++)
		sum = plus(sum, cells[i]);
	return sum;
}

static void
rows_copy(const struct plk_books_row *rows, struct plk_books_row *out, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t cell = 0; cell < PLK_CELLS; cell++)
			out[i].cells[cell] =
				__atomic_load_n(&rows[i].cells[cell], __ATOMIC_RELAXED);
	}
}

/* @n rows as they were at one moment: those that count are not written to until the others do. */
static void
rows_read(const struct plk_books_page *page, size_t first, struct plk_books_row *out, size_t n)
{
	uint64_t turn = __atomic_load_n(&page->turn, __ATOMIC_ACQUIRE);

	for (int i = 0; i < READ_TRIES; i++) {
		const uint64_t read = turn;

		rows_copy(&page->rows[read & 1][first], out, n);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		turn = __atomic_load_n(&page->turn, __ATOMIC_ACQUIRE);
		if (turn == read)
			return;
	}
}

static void
now_read(struct plk_books *books, const struct plk_books_page *page)
{
	if (page)
		rows_read(page, 0, books->now, PLK_ROW_CLIENT);
	else
		memset(books->now, 0, sizeof books->now);
	for (size_t row = 0; row < PLK_ROW_CLIENT; row++) {
		for (size_t i = 0; i < PLK_CELL_SUMS; i++) {
			uint64_t *now = &books->now[row].cells[i];

			*now = minus(*now, books->base[row][i]);
		}
	}
}

const uint64_t *
plk_books_read(struct plk_books *books, const struct plk_books_page *page)
{
	now_read(books, page);
	for (size_t row = 0; row < PLK_ROW_CLIENT; row++) {
		for (size_t i = 0; i < PLK_CELL_SUMS; i++) {
			const uint64_t sum = plus(books->folded[row][i], books->now[row].cells[i]);

			if (sum > books->shown[row][i])
				books->shown[row][i] = sum;
		}
	}
	return books->shown[0];
}

const uint64_t *
plk_books_port(const struct plk_books *books, uint16_t port)
{
	return books->shown[PLK_ROW_PORT + port];
}

void
plk_books_begin(struct plk_books *books, const struct plk_books_page *page, uint16_t port)
{
	const size_t row = PLK_ROW_PORT + (size_t)port;

	memset(books->folded[row], 0, sizeof books->folded[row]);
	memset(books->base[row], 0, sizeof books->base[row]);
	memset(books->shown[row], 0, sizeof books->shown[row]);
	if (!page)
		return;
	now_read(books, page);
	memcpy(books->base[row], books->now[row].cells, sizeof books->base[row]);
}

/* What a worker had taken and was not done with went with it. */
void
plk_books_fold(struct plk_books *books, const struct plk_books_page *page)
{
	plk_books_read(books, page);
	memcpy(books->folded, books->shown, sizeof books->folded);
	memset(books->base, 0, sizeof books->base);
	for (size_t row = 0; row < PLK_ROW_CLIENT; row++) {
		uint64_t *lost = &books->folded[row][PLK_COUNTER_TX_WORKER];

		*lost = plus(*lost, plk_books_waiting(books->now[row].cells));
	}
}

void
plk_books_client(const struct plk_books_page *page, uint32_t slot, uint32_t generation,
		 struct plk_books_row *out)
{
	if (page && slot < PLK_CLIENTS_MAX)
		rows_read(page, PLK_ROW_CLIENT + slot, out, 1);
	if (!page || slot >= PLK_CLIENTS_MAX || out->cells[PLK_CELL_GENERATION] != generation)
		*out = (struct plk_books_row){{0}};
}

uint64_t
plk_books_dropped(const uint64_t *cells)
{
	return plus(sum_between(cells, PLK_COUNTER_RX_KERNEL, PLK_COUNTER_RX_WORKER),
		    sum_between(cells, PLK_COUNTER_TX_GSO, PLK_COUNTER_TX_OTHER));
}

uint64_t
plk_books_waiting(const uint64_t *cells)
{
	const uint64_t taken = plus(cells[PLK_COUNTER_CLIENT_FRAMES], cells[PLK_COUNTER_TX_PIECES]);
	uint64_t done = sum_between(cells, PLK_COUNTER_TX_GSO, PLK_COUNTER_TX_OTHER);

	done = plus(done, cells[PLK_COUNTER_TX_FRAMES]);
	done = plus(done, cells[PLK_COUNTER_TX_SWITCHED]);
	done = plus(done, cells[PLK_COUNTER_TX_UNWANTED]);
	return minus(taken, done);
}
