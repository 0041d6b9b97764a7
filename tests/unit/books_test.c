/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters over the lives of workers: they add up, and never go back, whatever a worker writes into its page.
 */
#include "core/books.h"

#include <string.h>

#include "rows.h"

/* One step: what happens, and the total of a counter that is read afterwards. */
struct step {
	const char *what;
	enum { WRITE, ADD, DIE, NEW } event;
	uint64_t value; /* WRITE: the page then holds it; ADD: it is counted */
	uint64_t total;
};

/* clang-format off */
static const struct step steps[] = {
	{"nothing yet", ADD, 0, 0},
	{"a worker counts", ADD, 5, 5},
	{"and on", ADD, 2, 7},
	{"it dies", DIE, 0, 7},
	{"the next one begins at nothing", NEW, 0, 7},
	{"and counts", ADD, 3, 10},
	{"it writes less than it had", WRITE, 1, 10},
	{"and nothing at all", WRITE, 0, 10},
	{"and dies so", DIE, 0, 10},
	{"the next", NEW, 0, 10},
	{"counts", ADD, 1, 11},
	{"one writes the highest number", WRITE, UINT64_MAX, UINT64_MAX},
	{"and counts over it", ADD, 1, UINT64_MAX},
	{"dies", DIE, 0, UINT64_MAX},
	{"the next cannot make it overflow", NEW, 0, UINT64_MAX},
	{"by counting", ADD, 9, UINT64_MAX},
};
/* clang-format on */

static void
test_lives(void **state)
{
	static struct plk_books_page page;
	struct plk_books books = {0};
	const struct plk_books_page *living = &page;
	struct rows r;

	(void)state;
	rows_begin(&r, "lives of workers");
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct step *step = &steps[i];
		uint64_t totals[PLK_COUNTERS];

		row_begin_text(&r, "%s", step->what);
		if (step->event == WRITE)
			page.values[PLK_COUNTER_TX_FRAMES] = step->value;
		if (step->event == ADD)
			plk_books_add(&page, PLK_COUNTER_TX_FRAMES, step->value);
		if (step->event == DIE) {
			plk_books_fold(&books, living);
			living = NULL;
		}
		if (step->event == NEW) {
			page = (struct plk_books_page){{0}};
			living = &page;
		}
		plk_books_read(&books, living, totals);
		row_number(&r, "total", totals[PLK_COUNTER_TX_FRAMES], step->total);
		row_number(&r, "of another counter", totals[PLK_COUNTER_RX_FRAMES], 0);
	}
	rows_end(&r);
}

/* Death without a page, and the same death twice. */
static void
test_no_page(void **state)
{
	struct plk_books_page page = {{0}};
	struct plk_books books = {0};
	uint64_t totals[PLK_COUNTERS];

	(void)state;
	plk_books_fold(&books, NULL);
	plk_books_add(&page, PLK_COUNTER_RX_BYTES, 4);
	plk_books_read(&books, &page, totals);
	assert_int_equal(totals[PLK_COUNTER_RX_BYTES], 4);
	plk_books_fold(&books, &page);
	plk_books_fold(&books, NULL);
	plk_books_read(&books, NULL, totals);
	assert_int_equal(totals[PLK_COUNTER_RX_BYTES], 4);
}

/* What was dropped is what the name says. */
static void
test_dropped(void **state)
{
	static const char *const names[PLK_COUNTERS] = {
#define X(id, name) [PLK_COUNTER_##id] = (name),
		PLK_COUNTER_TABLE(X)
#undef X
	};
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < PLK_COUNTERS; i++) {
		const bool is_drop = strstr(names[i], "x_dropped_") != NULL;
		uint64_t values[PLK_COUNTERS] = {0};

		values[i] = 7;
		assert_int_equal(plk_books_dropped(values), is_drop ? 7 : 0);
		values[PLK_COUNTER_RX_QUEUE] = UINT64_MAX;
		assert_int_equal(plk_books_dropped(values), UINT64_MAX);
		n += is_drop;
	}
	assert_int_equal(n, 19);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_no_page),
		cmocka_unit_test(test_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
