/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/fdb.h"

#include <string.h>

/* FNV-1a: spreads addresses that differ in the last byte. Who aims at one bucket gets flooding,
 * no more. */
static size_t
bucket_of(const uint8_t *mac)
{
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < PLK_ETH_ADDR; i++)
		hash = (hash ^ mac[i]) * 16777619U;
	return (hash ^ hash >> 16) % PLK_FDB_BUCKETS;
}

bool
plk_mac_is_group(const uint8_t *mac)
{
	return mac[0] & 1;
}

static bool
is_entry_of(const struct plk_fdb_entry *entry, const uint8_t *mac)
{
	return entry->used && memcmp(entry->mac, mac, PLK_ETH_ADDR) == 0;
}

/* The entry of @mac in @bucket, else a free one, else the oldest. */
static struct plk_fdb_entry *
place_for(struct plk_fdb_entry *bucket, const uint8_t *mac)
{
	struct plk_fdb_entry *place = &bucket[0];

	for (size_t i = 0; i < PLK_FDB_WAYS; i++) {
		if (is_entry_of(&bucket[i], mac))
			return &bucket[i];
		if (place->used && (!bucket[i].used || bucket[i].stamp < place->stamp))
			place = &bucket[i];
	}
	return place;
}

void
plk_fdb_learn(struct plk_fdb *fdb, const uint8_t *mac, uint32_t owner)
{
	struct plk_fdb_entry *place;

	if (plk_mac_is_group(mac))
		return;
	place = place_for(fdb->entry[bucket_of(mac)], mac);
	memcpy(place->mac, mac, PLK_ETH_ADDR);
	place->used = true;
	place->owner = owner;
	place->stamp = fdb->clock++;
}

bool
plk_fdb_find(const struct plk_fdb *fdb, const uint8_t *mac, uint32_t *owner)
{
	const struct plk_fdb_entry *bucket = fdb->entry[bucket_of(mac)];

	for (size_t i = 0; i < PLK_FDB_WAYS; i++) {
		if (is_entry_of(&bucket[i], mac)) {
			*owner = bucket[i].owner;
			return true;
		}
	}
	return false;
}

void
plk_fdb_forget(struct plk_fdb *fdb, uint32_t owner)
{
	for (size_t b = 0; b < PLK_FDB_BUCKETS; b++) {
		for (size_t i = 0; i < PLK_FDB_WAYS; i++) {
			if (fdb->entry[b][i].used && fdb->entry[b][i].owner == owner)
				fdb->entry[b][i].used = false;
		}
	}
}
