/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ledger.h: how a worker writes the books.
 *
 * Theory of operation. What is counted is noted in the account of a client, of a port, or of everything. plk_ledger_enter() then adds
 * a client's to its port's, and ports' to everything's, and writes what has changed into the rows that do not count (core/books.h); last
 * it says that these do. The other rows get the same with the next entry. So counting is an addition and a bit, an entry costs what has
 * changed, and a process that is killed between two instructions leaves books that add up.
 *
 * Pure, but for the page. Test: tests/unit/ledger_test.c.
 */
#ifndef PLK_CORE_LEDGER_H
#define PLK_CORE_LEDGER_H

#include "core/books.h"

_Static_assert(PLK_CELLS <= 64, "an account has a bit for each");
_Static_assert(PLK_PORTS_MAX <= 64, "a ledger has a bit for each");

/** struct plk_account - what is to be added to a row
 * @due:    bits of cells that have something to add
 * @behind: bits of cells that the rows of the turn before have not got yet
 * @port:   of a client, its number
 * @is_new: what the row has is another one's
 */
struct plk_account {
	uint64_t more[PLK_CELLS];
	uint64_t due;
	uint64_t behind;
	uint16_t port;
	bool is_new;
	bool is_listed;
};

/** struct plk_ledger - all accounts; zeroed is empty; members are private, but for @page and @clients
 * @page:    NULL until there is one: then nothing is entered
 * @clients: borrowed; zeroed, one for each slot that will be used
 * @listed:  slots whose accounts are due or behind
 * @ports:   the same, a bit for each
 */
struct plk_ledger {
	struct plk_books_page *page;
	struct plk_account *clients;
	uint64_t turn;
	uint32_t n_listed;
	uint16_t listed[PLK_CLIENTS_MAX];
	uint64_t ports;
	struct plk_account accounts[PLK_ROW_CLIENT]; /* everything, and ports */
};

/** plk_ledger_total() - count something that is no client's and no port's */
static inline void
plk_ledger_total(struct plk_ledger *ledger, unsigned cell, uint64_t n)
{
	ledger->accounts[0].more[cell] += n;
	ledger->accounts[0].due |= UINT64_C(1) << cell;
}

/** plk_ledger_port() - count something of a port that is no client's */
static inline void
plk_ledger_port(struct plk_ledger *ledger, uint16_t port, unsigned cell, uint64_t n)
{
	struct plk_account *account = &ledger->accounts[PLK_ROW_PORT + port];

	account->more[cell] += n;
	account->due |= UINT64_C(1) << cell;
	ledger->ports |= UINT64_C(1) << port;
}

/** plk_ledger_list() - private */
void plk_ledger_list(struct plk_ledger *ledger, struct plk_account *account);

/** plk_ledger_client() - count something of a client */
static inline void
plk_ledger_client(struct plk_ledger *ledger, struct plk_account *account, unsigned cell, uint64_t n)
{
	account->more[cell] += n;
	account->due |= UINT64_C(1) << cell;
	if (!account->is_listed)
		plk_ledger_list(ledger, account);
}

/** plk_ledger_set() - a value of a client that is no sum, PLK_CELL_SUMS or higher */
void plk_ledger_set(struct plk_ledger *ledger, struct plk_account *account, unsigned cell,
		    uint64_t value);

/** plk_ledger_get() - what was counted of a client, entered or not */
uint64_t plk_ledger_get(const struct plk_ledger *ledger, const struct plk_account *account,
			unsigned cell);

/** plk_ledger_begin() - another client has a slot: its account begins at nothing
 * What was counted for the last one, its port keeps.
 * Return: the account.
 */
struct plk_account *plk_ledger_begin(struct plk_ledger *ledger, uint32_t slot, uint16_t port,
				     uint32_t generation);

/** plk_ledger_enter() - write into the books what was counted */
void plk_ledger_enter(struct plk_ledger *ledger);

#endif
