/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/fdb.h"

#include <string.h>

#include "rows.h"

static struct plk_fdb fdb;
static const uint8_t key[PLK_FDB_KEY] = "a key of a test";

static int
setup(void **state)
{
	(void)state;
	plk_fdb_init(&fdb, key);
	return 0;
}

static bool
is_at(const char *mac, uint32_t owner)
{
	uint32_t found = UINT32_MAX;

	return plk_fdb_find(&fdb, (const uint8_t *)mac, &found) && found == owner;
}

static bool
is_unknown(const char *mac)
{
	uint32_t found = 77;

	return !plk_fdb_find(&fdb, (const uint8_t *)mac, &found) && found == 77;
}

#define A "\x02\0\0\0\0\x0a"
#define B "\x02\0\0\0\0\x0b"
#define ZERO "\0\0\0\0\0\0"

/* Who had the address before: 77 if that is not said. */
static uint32_t before;

static enum plk_fdb_learned
learn(const char *mac, uint32_t owner)
{
	before = 77;
	return plk_fdb_learn(&fdb, (const uint8_t *)mac, owner, &before);
}

static void
number_mac(char *mac, uint32_t number)
{
	memcpy(mac, "\x06\0", 2);
	memcpy(mac + 2, &number, sizeof number);
}

static enum plk_fdb_learned
number_learn(uint32_t number, uint32_t owner)
{
	char mac[PLK_ETH_ADDR];

	number_mac(mac, number);
	return learn(mac, owner);
}

static bool
number_is_at(uint32_t number, uint32_t owner)
{
	char mac[PLK_ETH_ADDR];

	number_mac(mac, number);
	return is_at(mac, owner);
}

static void
test_learn(void **state)
{
	(void)state;
	assert_true(is_unknown(A));
	assert_true(is_unknown(ZERO)); /* an empty entry is nobody's */
	assert_int_equal(learn(A, 3), PLK_FDB_NEW);
	assert_int_equal(learn(B, 4), PLK_FDB_NEW);
	assert_int_equal(learn(A, 3), PLK_FDB_SAME);
	assert_int_equal(learn(A, 3), PLK_FDB_SAME);
	assert_true(is_at(A, 3));
	assert_true(is_at(B, 4));
	plk_fdb_forget(&fdb, 3);
	assert_true(is_unknown(A));
	assert_true(is_at(B, 4));
	plk_fdb_forget(&fdb, 99);
	assert_true(is_at(B, 4));
	assert_int_equal(learn(A, 3), PLK_FDB_NEW); /* the client's successor in the slot */
	assert_int_equal(learn(ZERO, 1), PLK_FDB_NEW);
	assert_true(is_at(ZERO, 1));
}

/* The first and the last owner, and the interface. */
static void
test_moves(void **state)
{
	(void)state;
	assert_int_equal(learn(A, 0), PLK_FDB_NEW);
	assert_int_equal(before, 77);
	assert_int_equal(learn(A, PLK_CLIENTS_MAX - 1), PLK_FDB_MOVED);
	assert_int_equal(before, 0);
	assert_true(is_at(A, PLK_CLIENTS_MAX - 1));
	assert_int_equal(learn(A, PLK_FDB_INTERFACE), PLK_FDB_MOVED);
	assert_int_equal(before, PLK_CLIENTS_MAX - 1);
	assert_int_equal(learn(A, 0), PLK_FDB_MOVED); /* not what it learned last, any more */
	assert_int_equal(before, PLK_FDB_INTERFACE);
	assert_int_equal(learn(A, 0), PLK_FDB_SAME);
	plk_fdb_forget(&fdb, PLK_FDB_INTERFACE);
	assert_true(is_at(A, 0));
	plk_fdb_forget(&fdb, 0);
	assert_true(is_unknown(A));
}

static void
test_group(void **state)
{
	(void)state;
	assert_int_equal(learn("\xff\xff\xff\xff\xff\xff", 1), PLK_FDB_SAME);
	assert_int_equal(learn("\x01\0\x5e\0\0\x01", 1), PLK_FDB_SAME);
	assert_true(is_unknown("\xff\xff\xff\xff\xff\xff"));
	assert_true(is_unknown("\x01\0\x5e\0\0\x01"));
	assert_true(plk_mac_is_group((const uint8_t *)"\x33\x33\0\0\0\x01"));
	assert_false(plk_mac_is_group((const uint8_t *)A));
	assert_false(plk_fdb_age(&fdb)); /* nothing was learned */
}

/* 300 seconds, and not a second less; who speaks is heard. */
static void
test_age(void **state)
{
	(void)state;
	assert_true(PLK_FDB_ROUNDS * PLK_FDB_ROUND_MS == 300000);
	learn(A, 1);
	learn(B, 1);
	for (int round = 0; round < PLK_FDB_ROUNDS; round++) {
		assert_true(plk_fdb_age(&fdb));
		assert_true(is_at(A, 1));
		assert_int_equal(learn(B, 1), PLK_FDB_SAME);
	}
	assert_true(plk_fdb_age(&fdb)); /* the end of the round in which A spoke, too */
	assert_true(is_unknown(A));
	assert_true(is_at(B, 1));
	for (int round = 1; round < PLK_FDB_ROUNDS; round++)
		assert_true(plk_fdb_age(&fdb));
	assert_true(is_at(B, 1));
	assert_false(plk_fdb_age(&fdb));
	assert_true(is_unknown(B));
	assert_int_equal(learn(B, 1), PLK_FDB_NEW);
}

/* After four billion rounds the count begins anew. */
static void
test_rounds_wrap(void **state)
{
	(void)state;
	fdb.round = UINT32_MAX - 1;
	learn(A, 1);
	for (int round = 0; round < PLK_FDB_ROUNDS; round++)
		assert_true(plk_fdb_age(&fdb));
	assert_true(is_at(A, 1));
	assert_false(plk_fdb_age(&fdb));
	assert_true(is_unknown(A));
}

/* One client invents a million addresses: others keep theirs, are learned anew, and the table stays what it is. */
static void
test_flood(void **state)
{
	uint32_t results[PLK_FDB_FULL + 1] = {0};

	(void)state;
	for (uint32_t i = 0; i < 200; i++) /* of as many clients */
		assert_int_equal(number_learn(i, i), PLK_FDB_NEW);
	for (uint32_t i = 200; i < 1000000; i++) {
		enum plk_fdb_learned learned = number_learn(i, 1001);

		results[learned]++;
		/* the newest is known, unless it had no place of its own */
		assert_int_equal(number_is_at(i, 1001), learned != PLK_FDB_FULL);
	}
	assert_true(results[PLK_FDB_NEW] > 3800); /* all that was left */
	assert_true(results[PLK_FDB_EVICTED] > 990000);
	assert_int_equal(results[PLK_FDB_SAME] + results[PLK_FDB_MOVED], 0);
	for (uint32_t i = 0; i < 200; i++)
		assert_int_equal(number_learn(i, i), PLK_FDB_SAME);
	assert_int_equal(learn(A, 1002), PLK_FDB_EVICTED); /* a newcomer finds room */
	assert_true(is_at(A, 1002));
	plk_fdb_forget(&fdb, 1001);
	assert_int_equal(fdb.owner[1001].n, 0);
	for (uint32_t i = 0; i < 200; i++)
		assert_true(number_is_at(i, i));
}

/* Two who both invent addresses share the table. */
static void
test_two_floods(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 200000; i++)
		number_learn(i, 1);
	for (uint32_t i = 200000; i < 400000; i++)
		number_learn(i, 2);
	assert_in_range(fdb.owner[1].n, 2000, 2096);
	assert_int_equal(fdb.owner[1].n + fdb.owner[2].n, PLK_FDB_BUCKETS * PLK_FDB_WAYS);
}

/* The next address behind @number that has the bucket of 0. */
static uint32_t
next_in_bucket(uint32_t number)
{
	static struct plk_fdb probe;
	char mac[PLK_ETH_ADDR];
	uint32_t bucket = 0;

	plk_fdb_init(&probe, key);
	for (uint32_t i = 0;; i = i == 0 ? number + 1 : i + 1) {
		number_mac(mac, i);
		(void)plk_fdb_learn(&probe, (const uint8_t *)mac, 1, &before);
		if (i == 0)
			bucket = probe.owner[1].last / PLK_FDB_WAYS;
		else if (probe.owner[1].last / PLK_FDB_WAYS == bucket)
			return i;
	}
}

/* What of a full bucket gives way: of the owner who has most what was heard longest ago; but nothing of those who have no more
 * than the newcomer will have. */
static void
test_full_bucket(void **state)
{
	uint32_t in[6] = {0};

	(void)state;
	for (size_t i = 1; i < COUNT(in); i++)
		in[i] = next_in_bucket(in[i - 1]);
	for (uint32_t i = 0; i < PLK_FDB_WAYS; i++) {
		assert_int_equal(number_learn(in[i], i < 2 ? 1 : i), PLK_FDB_NEW);
		(void)plk_fdb_age(&fdb);
	}
	/* 1 has two, 2 and 3 have one */
	assert_int_equal(number_learn(in[0], 1), PLK_FDB_SAME); /* now in[1] is the older */
	assert_int_equal(number_learn(in[4], 4), PLK_FDB_EVICTED);
	assert_true(number_is_at(in[0], 1) && number_is_at(in[2], 2) && number_is_at(in[3], 3));
	assert_false(number_is_at(in[1], 1));
	/* now each has one */
	assert_int_equal(number_learn(in[5], 5), PLK_FDB_FULL);
	assert_int_equal(number_learn(in[5], 4), PLK_FDB_EVICTED);
	assert_true(number_is_at(in[5], 4) && !number_is_at(in[4], 4));
	/* what is elsewhere in the table counts, too */
	assert_int_equal(learn(A, 2), PLK_FDB_NEW);
	assert_int_equal(number_learn(in[1], 5), PLK_FDB_EVICTED);
	assert_false(number_is_at(in[2], 2));
	assert_true(is_at(A, 2));
}

/* Where an address lies, only who has the key can tell. */
static void
test_key(void **state)
{
	static struct plk_fdb other;
	const uint8_t key_2[PLK_FDB_KEY] = "a key of a tesu";
	size_t n_same = 0;

	(void)state;
	plk_fdb_init(&other, key_2);
	for (uint32_t i = 0; i < 1000; i++) {
		char mac[PLK_ETH_ADDR];

		number_mac(mac, i);
		(void)plk_fdb_learn(&fdb, (const uint8_t *)mac, i, &before);
		(void)plk_fdb_learn(&other, (const uint8_t *)mac, i, &before);
		n_same += fdb.owner[i].last / PLK_FDB_WAYS == other.owner[i].last / PLK_FDB_WAYS;
	}
	assert_in_range(n_same, 0, 10); /* one, by chance */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_learn, setup),
		cmocka_unit_test_setup(test_moves, setup),
		cmocka_unit_test_setup(test_group, setup),
		cmocka_unit_test_setup(test_age, setup),
		cmocka_unit_test_setup(test_rounds_wrap, setup),
		cmocka_unit_test_setup(test_flood, setup),
		cmocka_unit_test_setup(test_two_floods, setup),
		cmocka_unit_test_setup(test_full_bucket, setup),
		cmocka_unit_test_setup(test_key, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
