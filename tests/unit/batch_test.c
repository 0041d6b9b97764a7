/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/batch.h"

#include <string.h>

#include "rows.h"

static struct plk_batch batch;

static void
test_add(void **state)
{
	uint8_t *p;

	(void)state;
	plk_batch_clear(&batch);
	p = plk_batch_add(&batch, 5);
	assert_ptr_equal(p, batch.bytes);
	p = plk_batch_add(&batch, 7);
	assert_ptr_equal(p, batch.bytes + 5);
	assert_int_equal(batch.n, 12);
	assert_int_equal(batch.n_records, 2);
	assert_null(plk_batch_add(&batch, PLK_BATCH_BYTES - 11));
	assert_null(plk_batch_add(&batch, SIZE_MAX));
	assert_int_equal(batch.n, 12);
	assert_int_equal(batch.n_records, 2);
	assert_non_null(plk_batch_add(&batch, PLK_BATCH_BYTES - 12));
	assert_null(plk_batch_add(&batch, 1));
	plk_batch_clear(&batch);
	for (size_t i = 0; i < PLK_BATCH_RECORDS; i++)
		assert_non_null(plk_batch_add(&batch, 4 + PLK_FRAME_MIN));
	assert_null(plk_batch_add(&batch, 1)); /* bytes are left, but no record */
	plk_batch_clear(&batch);
	assert_int_equal(batch.n_records, 0);
	assert_ptr_equal(plk_batch_add(&batch, 1), batch.bytes);
}

/* Records of 10, 20 and 30 bytes. */
struct row {
	const char *what;
	size_t sent;
	size_t room;
	uint32_t n;
	size_t rest;
};

static const struct row rows[] = {
	{"nothing sent, room for all", 0, 60, 3, 60},
	{"nothing sent, much room", 0, SIZE_MAX, 3, 60},
	{"nothing sent, a byte too little", 0, 59, 2, 30},
	{"nothing sent, just two", 0, 30, 2, 30},
	{"nothing sent, nearly two", 0, 29, 1, 10},
	{"nothing sent, no room", 0, 0, 0, 0},
	{"nothing sent, not even one", 0, 9, 0, 0},
	{"one sent, no room", 10, 0, 1, 0},
	{"one sent, room for one", 10, 20, 2, 20},
	{"one sent, a byte too little", 10, 19, 1, 0},
	{"one sent, much room", 10, SIZE_MAX, 3, 50},
	{"a part sent, room for its rest", 15, 15, 2, 15},
	{"a part sent, room for its rest and half of the next", 15, 30, 2, 15},
	{"a part sent, room for the next too", 15, 45, 3, 45},
	{"a byte sent", 1, 9, 1, 9},
	{"all but a byte sent", 59, 1, 3, 1},
	{"all sent, no room", 60, 0, 3, 0},
	{"all sent, much room", 60, SIZE_MAX, 3, 0},
};

static void
test_fit(void **state)
{
	struct rows r;

	(void)state;
	plk_batch_clear(&batch);
	assert_non_null(plk_batch_add(&batch, 10));
	assert_non_null(plk_batch_add(&batch, 20));
	assert_non_null(plk_batch_add(&batch, 30));
	rows_begin(&r, "what fits");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct plk_span rest = {NULL, 0};

		row_begin_text(&r, "%s", rows[i].what);
		row_number(&r, "records", plk_batch_fit(&batch, rows[i].sent, rows[i].room, &rest),
			   rows[i].n);
		row_number(&r, "bytes", rest.n, rows[i].rest);
		row_true(&r, "place", rest.p == batch.bytes + rows[i].sent);
	}
	rows_end(&r);
}

static void
test_empty(void **state)
{
	struct plk_span rest;

	(void)state;
	plk_batch_clear(&batch);
	assert_int_equal(plk_batch_fit(&batch, 0, 100, &rest), 0);
	assert_int_equal(rest.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
