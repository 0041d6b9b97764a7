/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The counters over the lives of workers and ports: they add up, and never go back, whatever a worker writes into its page.
 */
#include "core/books.h"

#include <string.h>

#include "rows.h"

#define PORT 5 /* the one that counts; no other may show anything */

static struct plk_books_page page;

/* As a worker does: the other rows, and then they count. */
static void
counts(size_t row, unsigned cell, uint64_t value)
{
	memcpy(page.rows[(page.turn + 1) & 1], page.rows[page.turn & 1], sizeof page.rows[0]);
	page.turn++;
	page.rows[page.turn & 1][row].cells[cell] = value;
}

static uint64_t
counted(size_t row, unsigned cell)
{
	return page.rows[page.turn & 1][row].cells[cell];
}

/* One step: what happens, and the total and the port's sum of a counter that are read afterwards. */
struct step {
	const char *what;
	enum { WRITE, ADD, DIE, NEW, BEGIN } event;
	uint64_t value; /* WRITE: the page then holds it; ADD: it is counted */
	uint64_t total;
	uint64_t port;
};

/* clang-format off */
static const struct step steps[] = {
	{"nothing yet", ADD, 0, 0, 0},
	{"a worker counts", ADD, 5, 5, 5},
	{"and on", ADD, 2, 7, 7},
	{"it dies", DIE, 0, 7, 7},
	{"the next one begins at nothing", NEW, 0, 7, 7},
	{"and counts", ADD, 3, 10, 10},
	{"another port gets the number", BEGIN, 0, 10, 0},
	{"once more", BEGIN, 0, 10, 0},
	{"and counts", ADD, 4, 14, 4},
	{"the worker dies", DIE, 0, 14, 4},
	{"the next one", NEW, 0, 14, 4},
	{"counts", ADD, 1, 15, 5},
	{"dies", DIE, 0, 15, 5},
	{"a port while there is no worker", BEGIN, 0, 15, 0},
	{"the next worker", NEW, 0, 15, 0},
	{"counts", ADD, 2, 17, 2},
	{"it writes less than it had", WRITE, 1, 17, 2},
	{"and nothing at all", WRITE, 0, 17, 2},
	{"and dies so", DIE, 0, 17, 2},
	{"the next", NEW, 0, 17, 2},
	{"counts", ADD, 9, 26, 11},
	{"another port", BEGIN, 0, 26, 0},
	{"that has less than the one before, says the worker", WRITE, 3, 26, 0},
	{"then more", WRITE, 12, 29, 3},
	{"and dies", DIE, 0, 29, 3},
	{"the next", NEW, 0, 29, 3},
	{"writes the highest number", WRITE, UINT64_MAX, UINT64_MAX, UINT64_MAX},
	{"and counts over it", ADD, 1, UINT64_MAX, UINT64_MAX},
	{"dies", DIE, 0, UINT64_MAX, UINT64_MAX},
	{"the next cannot make it overflow", NEW, 0, UINT64_MAX, UINT64_MAX},
	{"by counting", ADD, 9, UINT64_MAX, UINT64_MAX},
	{"another port has not counted yet", BEGIN, 0, UINT64_MAX, 0},
	{"and then does", ADD, 1, UINT64_MAX, 1},
};
/* clang-format on */

static void
step_do(const struct step *step, struct plk_books *books, const struct plk_books_page **living)
{
	const uint64_t sum = step->value + counted(0, PLK_COUNTER_TX_FRAMES);

	switch (step->event) {
	case WRITE:
		counts(0, PLK_COUNTER_TX_FRAMES, step->value);
		counts(PLK_ROW_PORT + PORT, PLK_COUNTER_TX_FRAMES, step->value);
		break;
	case ADD:
		counts(0, PLK_COUNTER_TX_FRAMES, sum);
		counts(PLK_ROW_PORT + PORT, PLK_COUNTER_TX_FRAMES, sum);
		break;
	case DIE:
		plk_books_fold(books, *living);
		*living = NULL;
		break;
	case NEW:
		memset(&page, 0, sizeof page);
		*living = &page;
		break;
	default:
		plk_books_begin(books, *living, PORT);
	}
}

static void
test_lives(void **state)
{
	static struct plk_books books;
	const struct plk_books_page *living = &page;
	struct rows r;

	(void)state;
	memset(&page, 0, sizeof page);
	rows_begin(&r, "lives of workers and ports");
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct step *step = &steps[i];
		const uint64_t *totals;

		row_begin_text(&r, "%s", step->what);
		step_do(step, &books, &living);
		totals = plk_books_read(&books, living);
		row_number(&r, "total", totals[PLK_COUNTER_TX_FRAMES], step->total);
		row_number(&r, "of another counter", totals[PLK_COUNTER_RX_FRAMES], 0);
		row_number(&r, "of the port", plk_books_port(&books, PORT)[PLK_COUNTER_TX_FRAMES],
			   step->port);
		row_number(&r, "of another port",
			   plk_books_port(&books, PORT + 1)[PLK_COUNTER_TX_FRAMES], 0);
	}
	rows_end(&r);
}

/* Death without a page, and the same death twice. */
static void
test_no_page(void **state)
{
	static struct plk_books books;

	(void)state;
	memset(&page, 0, sizeof page);
	plk_books_fold(&books, NULL);
	counts(0, PLK_COUNTER_RX_BYTES, 4);
	assert_int_equal(plk_books_read(&books, &page)[PLK_COUNTER_RX_BYTES], 4);
	plk_books_fold(&books, &page);
	plk_books_fold(&books, NULL);
	assert_int_equal(plk_books_read(&books, NULL)[PLK_COUNTER_RX_BYTES], 4);
	plk_books_begin(&books, NULL, 0);
	assert_int_equal(plk_books_read(&books, NULL)[PLK_COUNTER_RX_BYTES], 4);
}

/* What waited when a worker died is dropped, and what the port before had waiting was its own. */
static void
test_waiting(void **state)
{
	static struct plk_books books;
	const size_t rows[] = {0, PLK_ROW_PORT + PORT};
	const uint64_t *port;

	(void)state;
	memset(&page, 0, sizeof page);
	for (size_t i = 0; i < COUNT(rows); i++) {
		counts(rows[i], PLK_COUNTER_CLIENT_FRAMES, 20);
		counts(rows[i], PLK_COUNTER_TX_PIECES, 7);
		counts(rows[i], PLK_COUNTER_TX_FRAMES, 8);
		counts(rows[i], PLK_COUNTER_TX_SWITCHED, 1);
		counts(rows[i], PLK_COUNTER_TX_UNWANTED, 2);
		counts(rows[i], PLK_COUNTER_TX_GSO, 3);
		counts(rows[i], PLK_COUNTER_TX_OTHER, 4);
	}
	assert_int_equal(plk_books_waiting(plk_books_read(&books, &page)), 9);
	assert_int_equal(plk_books_waiting(plk_books_port(&books, PORT)), 9);
	plk_books_fold(&books, &page);
	memset(&page, 0, sizeof page);
	assert_int_equal(plk_books_read(&books, &page)[PLK_COUNTER_TX_WORKER], 9);
	port = plk_books_port(&books, PORT);
	assert_int_equal(port[PLK_COUNTER_TX_WORKER], 9);
	assert_int_equal(plk_books_waiting(port), 0);

	counts(PLK_ROW_PORT + PORT, PLK_COUNTER_CLIENT_FRAMES, 5);
	counts(PLK_ROW_PORT + PORT, PLK_COUNTER_TX_FRAMES, 5);
	plk_books_begin(&books, &page, PORT);
	counts(PLK_ROW_PORT + PORT, PLK_COUNTER_CLIENT_FRAMES, 7);
	plk_books_fold(&books, &page);
	plk_books_read(&books, NULL);
	port = plk_books_port(&books, PORT);
	assert_int_equal(port[PLK_COUNTER_CLIENT_FRAMES], 2);
	assert_int_equal(port[PLK_COUNTER_TX_WORKER], 2);
	/* a worker that says that it did more than it had to */
	counts(0, PLK_COUNTER_TX_FRAMES, UINT64_MAX);
	plk_books_fold(&books, &page);
	assert_int_equal(plk_books_read(&books, NULL)[PLK_COUNTER_TX_WORKER], 9);
}

/* A client's row is that of one connection. */
static void
test_client(void **state)
{
	static const struct plk_books_row nothing;
	struct plk_books_row row;

	(void)state;
	memset(&page, 0, sizeof page);
	counts(PLK_ROW_CLIENT + 3, PLK_CELL_GENERATION, 8);
	counts(PLK_ROW_CLIENT + 3, PLK_CELL_QUEUE, 77);
	plk_books_client(&page, 3, 8, &row);
	assert_int_equal(row.cells[PLK_CELL_QUEUE], 77);
	plk_books_client(&page, 3, 9, &row);
	assert_memory_equal(&row, &nothing, sizeof row);
	plk_books_client(&page, 4, 8, &row);
	assert_memory_equal(&row, &nothing, sizeof row);
	plk_books_client(NULL, 3, 8, &row);
	assert_memory_equal(&row, &nothing, sizeof row);
	plk_books_client(&page, PLK_CLIENTS_MAX, 0, &row);
	assert_memory_equal(&row, &nothing, sizeof row);
	counts(PLK_ROW_CLIENT + PLK_CLIENTS_MAX - 1, PLK_CELL_GENERATION, 1);
	plk_books_client(&page, PLK_CLIENTS_MAX - 1, 1, &row);
	assert_int_equal(row.cells[PLK_CELL_GENERATION], 1);
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
		uint64_t values[PLK_CELLS] = {0};

		values[i] = 7;
		assert_int_equal(plk_books_dropped(values), is_drop ? 7 : 0);
		values[PLK_COUNTER_RX_QUEUE] = UINT64_MAX;
		assert_int_equal(plk_books_dropped(values), UINT64_MAX);
		n += is_drop;
	}
	assert_int_equal(n, 20);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lives),   cmocka_unit_test(test_no_page),
		cmocka_unit_test(test_waiting), cmocka_unit_test(test_client),
		cmocka_unit_test(test_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
