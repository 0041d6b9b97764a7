/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/fdb.h"

#include <stddef.h>
#include <string.h>

#define IN_USE (UINT64_C(1) << 48)
#define ENTRIES ((size_t)PLK_FDB_BUCKETS * PLK_FDB_WAYS)
#define NONE ENTRIES

_Static_assert((PLK_FDB_BUCKETS & (PLK_FDB_BUCKETS - 1)) == 0, "a hash modulo it is a mask");
_Static_assert(ENTRIES <= UINT16_MAX, "struct plk_fdb_owner counts so far");

/* In the machine's byte order: it is compared and hashed, no more. */
static uint64_t
mac_load(const uint8_t *mac)
{
	uint32_t first;
	uint16_t last;

	memcpy(&first, mac, sizeof first);
	memcpy(&last, mac + sizeof first, sizeof last);
	return first | (uint64_t)last << 32 | IN_USE;
}

static uint64_t
rotate(uint64_t v, unsigned bits)
{
	return v << bits | v >> (64 - bits);
}

static void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 (Aumasson and Bernstein) of one block, without that of the length, which is always the same. Returns the first entry
 * of the bucket. */
static size_t
bucket_of(const struct plk_fdb *fdb, uint64_t mac)
{
	uint64_t v[4] = {
		fdb->key[0] ^ UINT64_C(0x736f6d6570736575),
		fdb->key[1] ^ UINT64_C(0x646f72616e646f6d),
		fdb->key[0] ^ UINT64_C(0x6c7967656e657261),
		fdb->key[1] ^ UINT64_C(0x7465646279746573) ^ mac,
	};

	sip_round(v);
	v[0] ^= mac;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		sip_round(v);
	return ((v[0] ^ v[1] ^ v[2] ^ v[3]) % PLK_FDB_BUCKETS) * PLK_FDB_WAYS;
}

void
plk_fdb_init(struct plk_fdb *fdb, const uint8_t *key)
{
	memset(fdb, 0, sizeof *fdb);
	memcpy(fdb->key, key, sizeof fdb->key);
}

bool
plk_mac_is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

/* Which entry of a bucket is that of @mac; NONE if there is none. */
static size_t
entry_find(const struct plk_fdb *fdb, size_t bucket, uint64_t mac)
{
	for (size_t i = bucket; i < bucket + PLK_FDB_WAYS; i++) {
		if (fdb->entry[i].mac == mac)
			return i;
	}
	return NONE;
}

static uint32_t
age_of(const struct plk_fdb *fdb, const struct plk_fdb_entry *entry)
{
	return fdb->round - entry->round; /* also when the number of rounds wraps */
}

/* Whether @b gives way sooner than @a: its owner has more, or it was heard longer ago. */
static bool
is_before(const struct plk_fdb *fdb, const struct plk_fdb_entry *b, const struct plk_fdb_entry *a)
{
	uint16_t n_a = fdb->owner[a->owner].n;
	uint16_t n_b = fdb->owner[b->owner].n;

	return n_b != n_a ? n_b > n_a : age_of(fdb, b) > age_of(fdb, a);
}

/* Which entry of a full bucket gives way to a new one of @owner; NULL if none does. */
static struct plk_fdb_entry *
victim_of(const struct plk_fdb *fdb, struct plk_fdb_entry *bucket, uint32_t owner)
{
	struct plk_fdb_entry *most = &bucket[0];
	struct plk_fdb_entry *own = NULL;

	for (size_t i = 0; i < PLK_FDB_WAYS; i++) {
		if (is_before(fdb, &bucket[i], most))
			most = &bucket[i];
		if (bucket[i].owner == owner && (!own || is_before(fdb, &bucket[i], own)))
			own = &bucket[i];
	}
	return fdb->owner[most->owner].n > fdb->owner[owner].n + 1 ? most : own;
}

static void
entry_clear(struct plk_fdb *fdb, struct plk_fdb_entry *entry)
{
	fdb->owner[entry->owner].n--;
	entry->mac = 0;
}

static void
entry_fill(struct plk_fdb *fdb, struct plk_fdb_entry *entry, uint64_t mac, uint32_t owner)
{
	*entry = (struct plk_fdb_entry){.mac = mac, .owner = owner, .round = fdb->round};
	fdb->owner[owner].n++;
	fdb->owner[owner].last = (uint16_t)(entry - fdb->entry);
}

static enum plk_fdb_learned
unknown_learn(struct plk_fdb *fdb, struct plk_fdb_entry *bucket, uint64_t mac, uint32_t owner)
{
	struct plk_fdb_entry *place = bucket;

	while (place < bucket + PLK_FDB_WAYS && place->mac != 0)
		place++;
	if (place < bucket + PLK_FDB_WAYS) {
		entry_fill(fdb, place, mac, owner);
		return PLK_FDB_NEW;
	}
	place = victim_of(fdb, bucket, owner);
	if (!place)
		return PLK_FDB_FULL;
	entry_clear(fdb, place);
	entry_fill(fdb, place, mac, owner);
	return PLK_FDB_EVICTED;
}

/* Not what was learned last, or not in this round. */
static enum plk_fdb_learned
other_learn(struct plk_fdb *fdb, uint64_t mac, uint32_t owner, uint32_t *before)
{
	const size_t bucket = bucket_of(fdb, mac);
	const size_t found = entry_find(fdb, bucket, mac);
	struct plk_fdb_entry *entry;

	if (found == NONE)
		return unknown_learn(fdb, &fdb->entry[bucket], mac, owner);
	entry = &fdb->entry[found];
	if (entry->owner == owner) {
		entry->round = fdb->round;
		fdb->owner[owner].last = (uint16_t)found;
		return PLK_FDB_SAME;
	}
	*before = entry->owner;
	entry_clear(fdb, entry);
	entry_fill(fdb, entry, mac, owner);
	return PLK_FDB_MOVED;
}

enum plk_fdb_learned
plk_fdb_learn(struct plk_fdb *fdb, const uint8_t *mac, uint32_t owner, uint32_t *before)
{
	const uint64_t value = mac_load(mac);
	const struct plk_fdb_entry *last = &fdb->entry[fdb->owner[owner].last];

	if (last->mac == value && last->owner == owner && last->round == fdb->round)
		return PLK_FDB_SAME; /* the common case, without a hash */
	if (plk_mac_is_group(mac))
		return PLK_FDB_SAME;
	return other_learn(fdb, value, owner, before);
}

bool
plk_fdb_find(const struct plk_fdb *fdb, const uint8_t *mac, uint32_t *owner)
{
	const uint64_t value = mac_load(mac);
	const size_t found = entry_find(fdb, bucket_of(fdb, value), value);

	if (found == NONE)
		return false;
	*owner = fdb->entry[found].owner;
	return true;
}

void
plk_fdb_forget(struct plk_fdb *fdb, uint32_t owner)
{
	for (size_t i = 0; i < ENTRIES && fdb->owner[owner].n > 0; i++) {
		if (fdb->entry[i].mac != 0 && fdb->entry[i].owner == owner)
			entry_clear(fdb, &fdb->entry[i]);
	}
}

bool
plk_fdb_age(struct plk_fdb *fdb)
{
	bool is_left = false;

	fdb->round++;
	for (size_t i = 0; i < ENTRIES; i++) {
		if (fdb->entry[i].mac == 0)
			continue;
		if (age_of(fdb, &fdb->entry[i]) > PLK_FDB_ROUNDS)
			entry_clear(fdb, &fdb->entry[i]);
		else
			is_left = true;
	}
	return is_left;
}
