/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker counts, and what is then in the books: in the rows that count, only, and nothing of a client's that is not its port's, too.
 */
#include "core/ledger.h"

#include <string.h>

#include "rows.h"

static struct plk_books_page page;
static struct plk_ledger ledger;
static struct plk_account clients[PLK_CLIENTS_MAX];

static uint64_t
row(size_t number, unsigned cell)
{
	return page.rows[page.turn & 1][number].cells[cell];
}

static void
begin(void)
{
	memset(&page, 0, sizeof page);
	memset(&ledger, 0, sizeof ledger);
	memset(clients, 0, sizeof clients);
	ledger.clients = clients;
	ledger.page = &page;
}

/* One step: what is counted, and where, and the rows after an entry. */
struct step {
	const char *what;
	enum { NOTHING, TOTAL, PORT, CLIENT, SET, NEW } event;
	unsigned
		number; /* of the port, or slot; slots 0 and 1 are of port 0, slot 1023 of port 63 */
	uint64_t n;
	uint64_t rows[6]; /* everything, ports 0 and 63, slots 0, 1 and 1023 */
	uint64_t queues[3];
};

#define LAST (PLK_CLIENTS_MAX - 1)

/* clang-format off */
static const struct step steps[] = {
	{"nothing", NOTHING, 0, 0, {0}, {0}},
	{"all of it", TOTAL, 0, 1, {1}, {0}},
	{"a port", PORT, 0, 2, {3, 2}, {0}},
	{"a client", CLIENT, 0, 3, {6, 5, 0, 3}, {0}},
	{"another of that port", CLIENT, 1, 4, {10, 9, 0, 3, 4}, {0}},
	{"the last of all", CLIENT, LAST, 5, {15, 9, 5, 3, 4, 5}, {0}},
	{"the last port", PORT, 63, 6, {21, 9, 11, 3, 4, 5}, {0}},
	{"a turn in which nothing happens", NOTHING, 0, 0, {21, 9, 11, 3, 4, 5}, {0}},
	{"and another", NOTHING, 0, 0, {21, 9, 11, 3, 4, 5}, {0}},
	{"one counts on", CLIENT, 0, 1, {22, 10, 11, 4, 4, 5}, {0}},
	{"the other too", CLIENT, 1, 1, {23, 11, 11, 4, 5, 5}, {0}},
	{"a queue is nobody's but the client's", SET, 0, 70, {23, 11, 11, 4, 5, 5}, {70}},
	{"it shrinks", SET, 0, 30, {23, 11, 11, 4, 5, 5}, {30}},
	{"another's", SET, LAST, 9, {23, 11, 11, 4, 5, 5}, {30, 0, 9}},
	{"it is as it was", SET, LAST, 9, {23, 11, 11, 4, 5, 5}, {30, 0, 9}},
	{"a new client in a slot", NEW, 0, 0, {23, 11, 11, 0, 5, 5}, {0, 0, 9}},
	{"counts", CLIENT, 0, 2, {25, 13, 11, 2, 5, 5}, {0, 0, 9}},
	{"the next has it", NEW, 0, 0, {25, 13, 11, 0, 5, 5}, {0, 0, 9}},
	{"and the next", NEW, 0, 0, {25, 13, 11, 0, 5, 5}, {0, 0, 9}},
	{"a new one in the last slot", NEW, LAST, 0, {25, 13, 11, 0, 5, 0}, {0}},
	{"a high number", TOTAL, 0, UINT64_MAX - 25, {UINT64_MAX, 13, 11, 0, 5, 0}, {0}},
};
/* clang-format on */

static void
step_do(const struct step *step)
{
	struct plk_account *account = &clients[step->number];

	switch (step->event) {
	case TOTAL:
		plk_ledger_total(&ledger, PLK_COUNTER_TX_MAC, step->n);
		break;
	case PORT:
		plk_ledger_port(&ledger, (uint16_t)step->number, PLK_COUNTER_TX_MAC, step->n);
		break;
	case CLIENT:
		plk_ledger_client(&ledger, account, PLK_COUNTER_TX_MAC, step->n);
		break;
	case SET:
		plk_ledger_set(&ledger, account, PLK_CELL_QUEUE, step->n);
		break;
	case NEW:
		assert_ptr_equal(
			plk_ledger_begin(&ledger, step->number, step->number == LAST ? 63 : 0, 1),
			account);
		break;
	default:
		break;
	}
}

static void
rows_check(struct rows *r, const struct step *step)
{
	static const size_t numbers[] = {0,
					 PLK_ROW_PORT,
					 PLK_ROW_PORT + 63,
					 PLK_ROW_CLIENT,
					 PLK_ROW_CLIENT + 1,
					 PLK_ROW_CLIENT + LAST};

	for (size_t i = 0; i < COUNT(numbers); i++)
		row_number(r, "a row", row(numbers[i], PLK_COUNTER_TX_MAC), step->rows[i]);
	for (size_t i = 0; i < 3; i++)
		row_number(r, "a queue", row(numbers[3 + i], PLK_CELL_QUEUE), step->queues[i]);
	row_number(r, "another cell", row(0, PLK_COUNTER_TX_VLAN), 0);
	row_number(r, "a queue that is no client's", row(PLK_ROW_PORT, PLK_CELL_QUEUE), 0);
}

static void
test_steps(void **state)
{
	static struct plk_books_row before[PLK_ROWS];
	struct rows r;

	(void)state;
	begin();
	plk_ledger_begin(&ledger, 0, 0, 1);
	plk_ledger_begin(&ledger, 1, 0, 1);
	plk_ledger_begin(&ledger, LAST, 63, 1);
	rows_begin(&r, "steps");
	for (size_t i = 0; i < COUNT(steps); i++) {
		const uint64_t turn = page.turn;

		row_begin_text(&r, "%s", steps[i].what);
		memcpy(before, page.rows[turn & 1], sizeof before);
		step_do(&steps[i]);
		plk_ledger_enter(&ledger);
		rows_check(&r, &steps[i]);
		/* whoever is killed before the turn leaves things as they were */
		row_true(&r, "rows that counted are as they were",
			 memcmp(before, page.rows[turn & 1], sizeof before) == 0);
		row_true(&r, "one turn at most", page.turn <= turn + 1);
	}
	rows_end(&r);
}

/* Nothing to enter is no work for anybody. */
static void
test_idle(void **state)
{
	uint64_t turn;

	(void)state;
	begin();
	plk_ledger_enter(&ledger);
	assert_int_equal(page.turn, 0);
	plk_ledger_begin(&ledger, 7, 1, 1);
	plk_ledger_client(&ledger, &clients[7], PLK_CELL_SEEN, 1);
	for (int i = 0; i < 3; i++)
		plk_ledger_enter(&ledger);
	turn = page.turn;
	plk_ledger_enter(&ledger);
	assert_int_equal(page.turn, turn);
	assert_int_equal(memcmp(page.rows[0], page.rows[1], sizeof page.rows[0]), 0);
}

/* A client that came and went between two entries has counted for its port, which is not the next one's. */
static void
test_between(void **state)
{
	struct plk_account *account;

	(void)state;
	begin();
	account = plk_ledger_begin(&ledger, 9, 2, 41);
	plk_ledger_client(&ledger, account, PLK_COUNTER_TX_FRAMES, 3);
	plk_ledger_set(&ledger, account, PLK_CELL_QUEUE, 11);
	plk_ledger_begin(&ledger, 9, 3, 42);
	plk_ledger_client(&ledger, account, PLK_COUNTER_TX_FRAMES, 4);
	assert_int_equal(plk_ledger_get(&ledger, account, PLK_COUNTER_TX_FRAMES), 4);
	plk_ledger_enter(&ledger);
	assert_int_equal(plk_ledger_get(&ledger, account, PLK_COUNTER_TX_FRAMES), 4);
	assert_int_equal(row(0, PLK_COUNTER_TX_FRAMES), 7);
	assert_int_equal(row(PLK_ROW_PORT + 2, PLK_COUNTER_TX_FRAMES), 3);
	assert_int_equal(row(PLK_ROW_PORT + 3, PLK_COUNTER_TX_FRAMES), 4);
	assert_int_equal(row(PLK_ROW_CLIENT + 9, PLK_COUNTER_TX_FRAMES), 4);
	assert_int_equal(row(PLK_ROW_CLIENT + 9, PLK_CELL_GENERATION), 42);
	assert_int_equal(row(PLK_ROW_CLIENT + 9, PLK_CELL_QUEUE), 0);
}

/* Before there is a page, what is counted is kept. */
static void
test_early(void **state)
{
	(void)state;
	begin();
	ledger.page = NULL;
	plk_ledger_total(&ledger, PLK_COUNTER_RX_FRAMES, 5);
	plk_ledger_enter(&ledger);
	ledger.page = &page;
	plk_ledger_enter(&ledger);
	assert_int_equal(row(0, PLK_COUNTER_RX_FRAMES), 5);
}

/* All slots at once, and every cell. */
static void
test_all(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < PLK_CLIENTS_MAX; i++) {
		struct plk_account *account =
			plk_ledger_begin(&ledger, i, (uint16_t)(i % PLK_PORTS_MAX), i);

		for (unsigned cell = 0; cell < PLK_CELL_SUMS; cell++)
			plk_ledger_client(&ledger, account, cell, cell + 1);
	}
	plk_ledger_enter(&ledger);
	for (unsigned cell = 0; cell < PLK_CELL_SUMS; cell++) {
		assert_int_equal(row(0, cell), (cell + 1) * PLK_CLIENTS_MAX);
		assert_int_equal(row(PLK_ROW_PORT + 63, cell), (cell + 1) * 16);
		assert_int_equal(row(PLK_ROW_CLIENT + LAST, cell), cell + 1);
	}
	assert_int_equal(row(PLK_ROW_CLIENT + LAST, PLK_CELL_GENERATION), LAST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_steps),   cmocka_unit_test(test_idle),
		cmocka_unit_test(test_between), cmocka_unit_test(test_early),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
