/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fdb.h: the forwarding database of the attach switch: at which client, or behind the interface, a
 * MAC address is.
 *
 * Theory of operation. A table of fixed size, four entries to a bucket. Group addresses are never learned. The last who speaks
 * with an address has it. An address that nobody speaks with for PLK_FDB_ROUNDS rounds is forgotten, and so are all of a client that
 * leaves. What is not in the table is flooded by its users (worker/deliver.c, worker/tx.c), so to push an address out of it is to be
 * shown the frames for it. Therefore:
 *
 * - the bucket of an address depends on a key that no client knows;
 * - in a full bucket that owner gives way who has most addresses in the whole table, if it has more than the newcomer would have
 *   then. Else the newcomer replaces one of its own, or is not learned. So nobody who has one address, or as many as others, loses
 *   them to one who invents some.
 *
 * Pure. Test: tests/unit/fdb_test.c. Fuzz: fuzz/fdb_fuzz.c.
 */
#ifndef PLK_CORE_FDB_H
#define PLK_CORE_FDB_H

#include <stdbool.h>
#include <stdint.h>

#include <pktlock/limits.h>

#define PLK_FDB_BUCKETS 1024 /* a power of 2 */
#define PLK_FDB_WAYS 4
#define PLK_FDB_INTERFACE PLK_CLIENTS_MAX /* the owner of what was heard from the interface */
#define PLK_FDB_OWNERS (PLK_FDB_INTERFACE + 1)
#define PLK_FDB_ROUND_MS 10000 /* what a round is meant to last */
#define PLK_FDB_ROUNDS 30      /* so 300 to 310 s: IEEE 802.1D-2004 table 7-5 recommends 300 */
#define PLK_FDB_KEY 16         /* bytes */

/** enum plk_fdb_learned - what an address told */
enum plk_fdb_learned {
	PLK_FDB_SAME,    /* nothing: it is known there, or is a group's */
	PLK_FDB_NEW,     /* it was not known */
	PLK_FDB_MOVED,   /* it was at another owner */
	PLK_FDB_EVICTED, /* it was not known, and another was forgotten for it */
	PLK_FDB_FULL,    /* it was not known, nor is now: there is no room for its owner */
};

/** struct plk_fdb - the table; all members are private; zeroed is empty, with a key that everybody knows
 * @mac:   of an entry; the address in the lower 48 bits and IN_USE, else 0
 * @round: of an entry: when it was heard last; of the table: how many have passed
 * @n:     of an owner: how many entries it has
 * @last:  of an owner: the entry that was learned last, which most often is the next one's too
 */
struct plk_fdb {
	_Alignas(64) struct plk_fdb_entry {
		uint64_t mac;
		uint32_t owner;
		uint32_t round;
	} entry[PLK_FDB_BUCKETS * PLK_FDB_WAYS];
	struct plk_fdb_owner {
		uint16_t n;
		uint16_t last;
	} owner[PLK_FDB_OWNERS];
	uint32_t round;
	uint64_t key[PLK_FDB_KEY / 8];
};

/** plk_fdb_init() - an empty table
 * @key: PLK_FDB_KEY bytes that clients cannot guess
 */
void plk_fdb_init(struct plk_fdb *fdb, const uint8_t *key);

/** plk_fdb_learn() - @mac (PLK_ETH_ADDR bytes) is now at @owner: a client's slot, or PLK_FDB_INTERFACE
 * @before: whose it was; set on PLK_FDB_MOVED only
 */
enum plk_fdb_learned plk_fdb_learn(struct plk_fdb *fdb, const uint8_t *mac, uint32_t owner,
				   uint32_t *before);

/** plk_fdb_find() - who has @mac
 * @owner: set if found only
 */
bool plk_fdb_find(const struct plk_fdb *fdb, const uint8_t *mac, uint32_t *owner);

/** plk_fdb_forget() - client @owner left */
void plk_fdb_forget(struct plk_fdb *fdb, uint32_t owner);

/** plk_fdb_age() - a round has passed
 * Return: whether an address is left that will age.
 */
bool plk_fdb_age(struct plk_fdb *fdb);

/** plk_mac_is_group() - whether @mac is a multicast or the broadcast address (IEEE 802 section 8.2) */
bool plk_mac_is_group(const uint8_t *mac);

#endif
