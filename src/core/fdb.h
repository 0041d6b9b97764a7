/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fdb.h: the forwarding database of the attach switch: at which client, or behind the interface, a
 * MAC address is.
 *
 * A table of fixed size, four entries to a bucket. What is not in it goes to the interface and to
 * all clients. A full bucket forgets its oldest entry, so that a client that invents addresses
 * costs others no more than flooding. Group addresses are never learned. The last who speaks with
 * an address has it.
 *
 * Pure. Test: tests/unit/fdb_test.c.
 */
#ifndef PLK_CORE_FDB_H
#define PLK_CORE_FDB_H

#include <stdbool.h>
#include <stdint.h>

#include <pktlock/limits.h>

#define PLK_FDB_BUCKETS 1024
#define PLK_FDB_WAYS 4
#define PLK_FDB_INTERFACE UINT32_MAX /* the owner of what was heard from the interface */

/** struct plk_fdb - the table; all members are private; zeroed is empty */
struct plk_fdb {
	struct plk_fdb_entry {
		uint8_t mac[PLK_ETH_ADDR];
		bool used;
		uint32_t owner;
		uint64_t stamp;
	} entry[PLK_FDB_BUCKETS][PLK_FDB_WAYS];
	uint64_t clock; /* counts what was learned */
};

/** plk_fdb_learn() - @mac (PLK_ETH_ADDR bytes) is now at client @owner, or at PLK_FDB_INTERFACE */
void plk_fdb_learn(struct plk_fdb *fdb, const uint8_t *mac, uint32_t owner);

/** plk_fdb_find() - who has @mac
 * @owner: set if found only
 */
bool plk_fdb_find(const struct plk_fdb *fdb, const uint8_t *mac, uint32_t *owner);

/** plk_fdb_forget() - client @owner left */
void plk_fdb_forget(struct plk_fdb *fdb, uint32_t owner);

/** plk_mac_is_group() - whether @mac is a multicast or the broadcast address (IEEE 802 section 8.2) */
bool plk_mac_is_group(const uint8_t *mac);

#endif
