/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * switch.c: what the attach switch learns: counted, told, and forgotten in time.
 */
#include <errno.h>
#include <sys/random.h>

#include "worker/worker.h"

/* Where a port's number is expected: PLK_PORTS_MAX is the interface. */
static uint64_t
port_of(uint32_t owner)
{
	return owner == PLK_FDB_INTERFACE ? PLK_PORTS_MAX : worker.clients[owner].port;
}

static uint64_t
number_of(const uint8_t *mac)
{
	uint64_t number = 0;

	for (size_t i = 0; i < PLK_ETH_ADDR; i++)
		number = number << 8 | mac[i];
	return number;
}

static void
age(void *ctx)
{
	(void)ctx;
	if (plk_fdb_age(&worker.fdb))
		plk_timer_set(&worker.loop, &worker.fdb_timer, PLK_FDB_ROUND_MS);
}

int
plk_switch_init(void)
{
	uint8_t key[PLK_FDB_KEY];
	ssize_t n;

	do {
		/* #syscalls:exec getrandom (the key of the switch) */
		n = getrandom(key, sizeof key, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	plk_fdb_init(&worker.fdb, key); /* so few bytes come whole (getrandom(2)) */
	worker.fdb_timer.call = age;
	return 0;
}

/* Something new: seldom. */
static void
note(enum plk_fdb_learned learned, const uint8_t *mac, uint32_t owner, uint32_t before)
{
	if (learned == PLK_FDB_MOVED) {
		plk_worker_count(PLK_COUNTER_SWITCH_MOVES, 1);
		plk_worker_event(PLK_EVENT_MOVED, port_of(owner), port_of(before), number_of(mac));
	} else if (learned != PLK_FDB_NEW) {
		plk_worker_count(PLK_COUNTER_SWITCH_EVICTIONS, 1);
	}
	if (worker.fdb_timer.at_ms == 0)
		plk_timer_set(&worker.loop, &worker.fdb_timer, PLK_FDB_ROUND_MS);
}

void
plk_switch_learn(const uint8_t *mac, uint32_t owner)
{
	uint32_t before = owner;
	enum plk_fdb_learned learned = plk_fdb_learn(&worker.fdb, mac, owner, &before);

	if (learned != PLK_FDB_SAME)
		note(learned, mac, owner, before);
}
