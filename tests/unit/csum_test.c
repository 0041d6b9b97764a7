/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/csum.h"

#include <stdlib.h>

#include <pktlock/limits.h>

#include "rows.h"

/* RFC 1071 byte by byte, with nothing in common with the code under test. */
static uint16_t
naive_csum(const uint8_t *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 0; i < n; i++) {
		sum += i % 2 == 0 ? (unsigned)p[i] * 256 : p[i];
		if (sum > 0xffff)
			sum -= 0xffff;
	}
	return (uint16_t)(0xffff - sum);
}

struct csum_row {
	const char *bytes;
	size_t n;
	uint16_t csum;
};

/* clang-format off */
static const struct csum_row csum_rows[] = {
	{T(""), 0xffff},
	{T("\0"), 0xffff},
	{T("\0\0\0"), 0xffff},
	{T("\x01"), 0xfeff},
	{T("\0\x01"), 0xfffe},
	{T("\xff\xff"), 0},
	{T("\xff\xff\xff\xff"), 0},
	{T("\xff\xff\0\x01"), 0xfffe},
	{T("\0\x01\xf2\x03\xf4\xf5\xf6\xf7"), 0x220d}, /* RFC 1071 section 3 */
	{T("\0\x01\xf2\x03\xf4\xf5\xf6"), 0x2304},
	{T("\x80\0\x80\0"), 0xfffe}, /* a carry */
	/* an IPv4 header with its checksum, and without */
	{T("\x45\0\0\x73\0\0\x40\0\x40\x11\xb8\x61\xc0\xa8\0\x01\xc0\xa8\0\xc7"), 0},
	{T("\x45\0\0\x73\0\0\x40\0\x40\x11\0\0\xc0\xa8\0\x01\xc0\xa8\0\xc7"), 0xb861},
};
/* clang-format on */

static void
test_csum(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "checksum");
	for (size_t i = 0; i < COUNT(csum_rows); i++) {
		const struct csum_row *row = &csum_rows[i];
		struct plk_span in = exact_new(row->bytes, row->n);

		row_begin(&r, row->bytes, row->n);
		row_number(&r, "checksum", plk_csum(in), row->csum);
		row_number(&r, "naive checksum", naive_csum((const uint8_t *)row->bytes, row->n),
			   row->csum);
		exact_free(in);
	}
	rows_end(&r);
}

/* Lengths from 0 to the longest frame, all ones (which carry most) and a pattern. */
static void
test_csum_lengths(void **state)
{
	static uint8_t bytes[PLK_VNET_FRAME_MAX];

	(void)state;
	for (size_t pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = pass == 0 ? 0xff : (uint8_t)(i * 167 + i / 256);
		for (size_t n = 0; n <= sizeof bytes; n += n < 600 ? 1 : 997)
			assert_int_equal(plk_csum((struct plk_span){bytes, n}),
					 naive_csum(bytes, n));
		assert_int_equal(plk_csum((struct plk_span){bytes, sizeof bytes}),
				 naive_csum(bytes, sizeof bytes));
	}
}

/* In any pieces of even length it is the same, and so it is word by word. */
static void
test_pieces(void **state)
{
	uint8_t bytes[257];
	struct rows r;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i + 0xc0);
	rows_begin(&r, "checksum in pieces");
	for (size_t n = 0; n < sizeof bytes; n++) {
		uint16_t want = plk_csum((struct plk_span){bytes, n});
		uint64_t words = 0;

		for (size_t i = 0; i + 1 < n; i += 2)
			words = plk_csum_add16(words, (uint16_t)(bytes[i] << 8 | bytes[i + 1]));
		if (n % 2 == 1)
			words = plk_csum_add16(words, (uint16_t)(bytes[n - 1] << 8));
		row_begin_text(&r, "%zu bytes", n);
		row_number(&r, "word by word", (uint16_t)~plk_csum_fold(words), want);
		for (size_t cut = 0; cut <= n; cut += 2) {
			uint64_t sum = plk_csum_add(0, (struct plk_span){bytes, cut});

			sum = plk_csum_add(sum, (struct plk_span){bytes + cut, n - cut});
			row_number(&r, "in two pieces", (uint16_t)~plk_csum_fold(sum), want);
		}
	}
	rows_end(&r);
}

/* A sum that has all carries there can be. */
static void
test_carries(void **state)
{
	const size_t n = (size_t)1 << 20;
	uint8_t *bytes = malloc(n);

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++)
		bytes[i] = 0xff;
	assert_int_equal(plk_csum((struct plk_span){bytes, n}), 0);
	bytes[n - 1] = 0xfe;
	assert_int_equal(plk_csum((struct plk_span){bytes, n}), 1);
	assert_int_equal(plk_csum_fold(UINT64_MAX), 0xffff);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_csum),
		cmocka_unit_test(test_csum_lengths),
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_carries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
