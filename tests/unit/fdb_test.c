/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/fdb.h"

#include <string.h>

#include "rows.h"

static struct plk_fdb fdb;

static int
setup(void **state)
{
	(void)state;
	memset(&fdb, 0, sizeof fdb);
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

static void
learn(const char *mac, uint32_t owner)
{
	plk_fdb_learn(&fdb, (const uint8_t *)mac, owner);
}

static void
test_learn(void **state)
{
	(void)state;
	assert_true(is_unknown(A));
	assert_true(is_unknown(ZERO)); /* an empty entry is nobody's */
	learn(A, 3);
	learn(B, 4);
	assert_true(is_at(A, 3));
	assert_true(is_at(B, 4));
	learn(A, 5); /* it moved */
	assert_true(is_at(A, 5));
	plk_fdb_forget(&fdb, 5);
	assert_true(is_unknown(A));
	assert_true(is_at(B, 4));
	plk_fdb_forget(&fdb, 99);
	assert_true(is_at(B, 4));
	learn(ZERO, 1);
	assert_true(is_at(ZERO, 1));
}

static void
test_group(void **state)
{
	(void)state;
	learn("\xff\xff\xff\xff\xff\xff", 1);
	learn("\x01\0\x5e\0\0\x01", 1);
	assert_true(is_unknown("\xff\xff\xff\xff\xff\xff"));
	assert_true(is_unknown("\x01\0\x5e\0\0\x01"));
	assert_true(plk_mac_is_group((const uint8_t *)"\x33\x33\0\0\0\x01"));
	assert_false(plk_mac_is_group((const uint8_t *)A));
}

/* One client invents a million addresses: the table stays what it is, and who speaks again is known again. */
static void
test_flood(void **state)
{
	uint8_t mac[6] = {2};

	(void)state;
	learn(A, 9);
	for (uint32_t i = 0; i < 1000000; i++) {
		memcpy(mac + 2, &i, sizeof i);
		plk_fdb_learn(&fdb, mac, 1);
		assert_true(
			is_at((const char *)mac, 1)); /* the newest is never the one that goes */
	}
	learn(A, 9);
	assert_true(is_at(A, 9));
	plk_fdb_forget(&fdb, 1);
	assert_true(is_at(A, 9));
	assert_true(is_unknown((const char *)mac));
}

/* A full bucket forgets the entry that was learned longest ago. */
static void
test_oldest(void **state)
{
	const struct plk_fdb_entry *bucket = NULL;
	uint8_t mac[6] = {2};
	uint8_t first[6];

	(void)state;
	memcpy(first, mac, sizeof first);
	plk_fdb_learn(&fdb, first, 0);
	for (size_t b = 0; b < PLK_FDB_BUCKETS; b++) {
		if (fdb.entry[b][0].used)
			bucket = fdb.entry[b];
	}
	assert_non_null(bucket);
	for (uint32_t i = 1; bucket[PLK_FDB_WAYS - 1].used == false; i++) {
		memcpy(mac + 2, &i, sizeof i);
		plk_fdb_learn(&fdb, mac, i);
		assert_true(i < 1000000);
	}
	plk_fdb_learn(&fdb, first, 0); /* now it is the newest */
	for (uint32_t i = 2000000;
	     is_at((const char *)first, 0) && i < 2000000 + 3 * PLK_FDB_BUCKETS; i++) {
		memcpy(mac + 2, &i, sizeof i);
		plk_fdb_learn(&fdb, mac, i);
		if (bucket[1].owner >= 2000000)
			break; /* one that was older went first */
	}
	assert_true(is_at((const char *)first, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_learn, setup),
		cmocka_unit_test_setup(test_group, setup),
		cmocka_unit_test_setup(test_flood, setup),
		cmocka_unit_test_setup(test_oldest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
