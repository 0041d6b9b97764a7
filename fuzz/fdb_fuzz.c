/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The forwarding database against a list of who spoke last with which address.
 *
 *   input = steps; step = u8 what, u8...
 *     what, bits 0-1: 0, 1: learn, u8 address, u8 owner; 2: forget, u8 owner; 3: age, u8 rounds
 *
 * Addresses are 32 each of a few buckets, so that these are full soon; owner 7 is the interface. Properties: what is found is where
 * it was learned last, and not forgotten since; what was just learned is found, unless there was no room; an address is forgotten
 * only when its time is over, its owner left, or for one other, and then its owner had more than the newcomer has then, or is the
 * same; a group address is never learned.
 */
#include "core/fdb.h"

#include "harness.h"

#define BUCKETS 3
#define EACH 32
#define ADDRESSES (BUCKETS * EACH)
#define OWNERS 8
#define GROUP ADDRESSES /* one more, which is a group's */
#define STEPS_MAX 512
#define ROUNDS_MAX 128 /* each looks at the whole table */

static struct plk_fdb fdb;
static uint8_t addresses[ADDRESSES + 1][PLK_ETH_ADDR];

/* What may be in the table. */
static struct entry {
	bool is_in;
	uint32_t owner;
	unsigned age; /* rounds */
} model[ADDRESSES + 1];

static void
number_mac(uint8_t *mac, uint32_t number)
{
	mac[0] = 2;
	mac[1] = 0;
	memcpy(mac + 2, &number, sizeof number);
}

/* Once: addresses that share buckets, found out by looking. */
static void
addresses_make(void)
{
	static const uint8_t key[PLK_FDB_KEY] = {1, 2, 3};
	size_t n[BUCKETS] = {0};
	uint8_t mac[PLK_ETH_ADDR];
	uint32_t owner;

	plk_fdb_init(&fdb, key);
	for (uint32_t number = 0; n[0] < EACH || n[1] < EACH || n[2] < EACH; number++) {
		size_t bucket;

		number_mac(mac, number);
		CHECK(plk_fdb_learn(&fdb, mac, 0, &owner) == PLK_FDB_NEW);
		bucket = fdb.owner[0].last / PLK_FDB_WAYS;
		plk_fdb_forget(&fdb, 0);
		if (bucket < BUCKETS && n[bucket] < EACH)
			memcpy(addresses[bucket * EACH + n[bucket]++], mac, sizeof mac);
	}
	addresses[GROUP][0] = 1;
}

static uint32_t
owner_of(uint8_t byte)
{
	return byte % OWNERS == OWNERS - 1 ? PLK_FDB_INTERFACE : byte % OWNERS;
}

static bool
is_found(size_t i)
{
	uint32_t owner = UINT32_MAX;

	if (!plk_fdb_find(&fdb, addresses[i], &owner)) {
		CHECK(owner == UINT32_MAX);
		return false;
	}
	CHECK(model[i].is_in && owner == model[i].owner);
	return true;
}

static unsigned
count(uint32_t owner)
{
	unsigned n = 0;

	for (size_t i = 0; i < ADDRESSES; i++)
		n += model[i].is_in && model[i].owner == owner;
	return n;
}

/* All is as the model says, from one address on. */
static void
compare(size_t i, size_t n)
{
	for (size_t end = i + n; i < end; i++)
		CHECK(is_found(i) == model[i].is_in);
}

/* One address, but for that which was learned, is not found any more. */
static void
evicted_check(size_t learned, uint32_t owner)
{
	unsigned n_gone = 0;

	for (size_t i = 0; i < ADDRESSES; i++) {
		if (i == learned || !model[i].is_in || is_found(i))
			continue;
		n_gone++;
		CHECK(i / EACH == learned / EACH);
		CHECK(model[i].owner == owner || count(model[i].owner) > count(owner) + 1);
		for (size_t other = 0; other < ADDRESSES;
		     other++) /* of those who had as many the oldest */
			CHECK(!model[other].is_in || other / EACH != i / EACH ||
			      model[other].owner != model[i].owner ||
			      model[other].age <= model[i].age);
		model[i].is_in = false;
	}
	CHECK(n_gone == 1);
}

/* None of a full bucket had to give way. */
static void
full_check(size_t learned, uint32_t owner)
{
	unsigned n = 0;

	for (size_t i = learned / EACH * EACH; i < (learned / EACH + 1) * EACH; i++) {
		n += model[i].is_in;
		CHECK(!model[i].is_in ||
		      (model[i].owner != owner && count(model[i].owner) <= count(owner) + 1));
	}
	CHECK(n == PLK_FDB_WAYS);
}

static void
learn(size_t i, uint32_t owner)
{
	uint32_t before = UINT32_MAX;
	enum plk_fdb_learned learned = plk_fdb_learn(&fdb, addresses[i], owner, &before);
	struct entry *entry = &model[i];

	CHECK((learned == PLK_FDB_MOVED) == (before != UINT32_MAX));
	if (i == GROUP) {
		CHECK(learned == PLK_FDB_SAME && !is_found(GROUP));
		return;
	}
	CHECK((learned == PLK_FDB_SAME) == (entry->is_in && entry->owner == owner));
	CHECK((learned == PLK_FDB_MOVED) == (entry->is_in && entry->owner != owner));
	CHECK(learned != PLK_FDB_MOVED || before == entry->owner);
	if (learned == PLK_FDB_EVICTED)
		evicted_check(i, owner);
	if (learned == PLK_FDB_FULL)
		full_check(i, owner);
	else
		*entry = (struct entry){.is_in = true, .owner = owner};
	compare(i / EACH * EACH, EACH);
}

static void
forget(uint32_t owner)
{
	plk_fdb_forget(&fdb, owner);
	for (size_t i = 0; i < ADDRESSES; i++)
		model[i].is_in &= model[i].owner != owner;
	compare(0, ADDRESSES);
}

static void
age(unsigned rounds)
{
	for (unsigned round = 0; round < rounds; round++) {
		bool is_left = false;

		for (size_t i = 0; i < ADDRESSES; i++) {
			model[i].is_in &= ++model[i].age <= PLK_FDB_ROUNDS;
			is_left |= model[i].is_in;
		}
		CHECK(plk_fdb_age(&fdb) == is_left);
	}
	compare(0, ADDRESSES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	unsigned rounds = ROUNDS_MAX;
	static const uint8_t key[PLK_FDB_KEY] = {1, 2, 3};

	if (addresses[GROUP][0] == 0)
		addresses_make();
	plk_fdb_init(&fdb, key);
	memset(model, 0, sizeof model);
	for (unsigned step = 0; in.n > 0 && step < STEPS_MAX; step++) {
		uint8_t what = take_u8(&in) & 3;
		uint8_t which = take_u8(&in);

		if (what == 3) {
			which %= PLK_FDB_ROUNDS + 2;
			which = which < rounds ? which : (uint8_t)rounds;
			rounds -= which;
			age(which);
		} else if (what == 2) {
			forget(owner_of(which));
		} else {
			learn(which % (ADDRESSES + 1), owner_of(take_u8(&in)));
		}
	}
	compare(0, ADDRESSES);
	return 0;
}
