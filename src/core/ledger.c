/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/ledger.h"

#include <string.h>

#define ALL_CELLS ((UINT64_C(1) << (PLK_CELLS - 1) << 1) - 1)
#define SUMS ((UINT64_C(1) << PLK_CELL_SUMS) - 1)

/* Takes the lowest bit out of a set that is not empty; Return: its number. */
static unsigned
bit_take(uint64_t *set)
{
	const unsigned bit = (unsigned)__builtin_ctzll(*set);

	*set &= *set - 1;
	return bit;
}

void
plk_ledger_list(struct plk_ledger *ledger, struct plk_account *account)
{
	account->is_listed = true;
	ledger->listed[ledger->n_listed++] = (uint16_t)(account - ledger->clients);
}

/* What an account has in its row, of those that count. */
static uint64_t
entered(const struct plk_ledger *ledger, const struct plk_account *account, size_t row,
	unsigned cell)
{
	const struct plk_books_page *page = ledger->page;

	if (!page || account->is_new)
		return 0;
	return __atomic_load_n(&page->rows[ledger->turn & 1][row].cells[cell], __ATOMIC_RELAXED);
}

static size_t
row_of(const struct plk_ledger *ledger, const struct plk_account *client)
{
	return PLK_ROW_CLIENT + (size_t)(client - ledger->clients);
}

uint64_t
plk_ledger_get(const struct plk_ledger *ledger, const struct plk_account *account, unsigned cell)
{
	return entered(ledger, account, row_of(ledger, account), cell) + account->more[cell];
}

/* By what is missing, modulo 2^64. */
void
plk_ledger_set(struct plk_ledger *ledger, struct plk_account *account, unsigned cell,
	       uint64_t value)
{
	const uint64_t more = value - plk_ledger_get(ledger, account, cell);

	if (more != 0)
		plk_ledger_client(ledger, account, cell, more);
}

/* What is due is another account's, too. */
static void
pass_on(const struct plk_account *from, struct plk_account *to)
{
	uint64_t cells = from->due & SUMS;

	to->due |= cells;
	while (cells) {
		const unsigned cell = bit_take(&cells);

		to->more[cell] += from->more[cell];
	}
}

static void
pass_to_port(struct plk_ledger *ledger, const struct plk_account *client)
{
	pass_on(client, &ledger->accounts[PLK_ROW_PORT + client->port]);
	ledger->ports |= UINT64_C(1) << client->port;
}

struct plk_account *
plk_ledger_begin(struct plk_ledger *ledger, uint32_t slot, uint16_t port, uint32_t generation)
{
	struct plk_account *account = &ledger->clients[slot];

	pass_to_port(ledger, account);
	account->port = port;
	account->is_new = true;
	memset(account->more, 0, sizeof account->more);
	account->more[PLK_CELL_GENERATION] = generation;
	account->due = ALL_CELLS;
	if (!account->is_listed)
		plk_ledger_list(ledger, account);
	return account;
}

/* Brings those of the rows that do not count up to date. The page is the front's to read, one value at a time. */
static void
row_write(const struct plk_ledger *ledger, struct plk_account *account, size_t row)
{
	struct plk_books_row *rows = ledger->page->rows[(ledger->turn + 1) & 1];
	uint64_t cells = account->due | account->behind;

	while (cells) {
		const unsigned cell = bit_take(&cells);
		const uint64_t value = entered(ledger, account, row, cell) + account->more[cell];

		account->more[cell] = 0;
		__atomic_store_n(&rows[row].cells[cell], value, __ATOMIC_RELAXED);
	}
	account->behind = account->due;
	account->due = 0;
	account->is_new = false;
}

static void
clients_enter(struct plk_ledger *ledger)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < ledger->n_listed; i++) {
		const uint16_t slot = ledger->listed[i];
		struct plk_account *account = &ledger->clients[slot];

		if (account->due & SUMS)
			pass_to_port(ledger, account);
		row_write(ledger, account, PLK_ROW_CLIENT + slot);
		account->is_listed = account->behind != 0;
		if (account->is_listed)
			ledger->listed[n++] = slot;
	}
	ledger->n_listed = n;
}

static void
ports_enter(struct plk_ledger *ledger)
{
	uint64_t ports = ledger->ports;

	while (ports) {
		const unsigned port = bit_take(&ports);
		struct plk_account *account = &ledger->accounts[PLK_ROW_PORT + port];

		pass_on(account, &ledger->accounts[0]);
		row_write(ledger, account, PLK_ROW_PORT + port);
		if (account->behind == 0)
			ledger->ports &= ~(UINT64_C(1) << port);
	}
}

void
plk_ledger_enter(struct plk_ledger *ledger)
{
	const struct plk_account *total = &ledger->accounts[0];

	if (!ledger->page ||
	    (ledger->n_listed == 0 && ledger->ports == 0 && (total->due | total->behind) == 0))
		return;
	clients_enter(ledger);
	ports_enter(ledger);
	row_write(ledger, &ledger->accounts[0], 0);
	ledger->turn++;
	__atomic_thread_fence(__ATOMIC_RELEASE);
	__atomic_store_n(&ledger->page->turn, ledger->turn, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* the others are written to next */
}
