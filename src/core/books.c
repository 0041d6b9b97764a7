/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/books.h"

_Static_assert(sizeof(struct plk_books_page) <= PLK_BOOKS_BYTES, "it fits into a page");

void
plk_books_add(struct plk_books_page *page, enum plk_counter counter, uint64_t n)
{
	/* one writer: so load and store need not be one */
	uint64_t value = __atomic_load_n(&page->values[counter], __ATOMIC_RELAXED);

	__atomic_store_n(&page->values[counter], value + n, __ATOMIC_RELAXED);
}

/* Never less than before, and no overflow: the page may hold anything. */
static uint64_t
total(uint64_t folded, uint64_t page, uint64_t shown)
{
	uint64_t sum = page <= UINT64_MAX - folded ? folded + page : UINT64_MAX;

	return sum > shown ? sum : shown;
}

void
plk_books_read(struct plk_books *books, const struct plk_books_page *page, uint64_t *out)
{
	for (size_t i = 0; i < PLK_COUNTERS; i++) {
		uint64_t value = page ? __atomic_load_n(&page->values[i], __ATOMIC_RELAXED) : 0;

		books->shown[i] = total(books->folded[i], value, books->shown[i]);
		out[i] = books->shown[i];
	}
}

void
plk_books_fold(struct plk_books *books, const struct plk_books_page *page)
{
	plk_books_read(books, page, books->folded);
}

uint64_t
plk_books_dropped(const uint64_t *values)
{
	uint64_t sum = 0;

	for (size_t i = PLK_COUNTER_RX_KERNEL; i <= PLK_COUNTER_RX_WORKER; i++)
		sum = total(sum, values[i], 0);
	for (size_t i = PLK_COUNTER_TX_GSO; i <= PLK_COUNTER_TX_OTHER; i++)
		sum = total(sum, values[i], 0);
	return sum;
}
