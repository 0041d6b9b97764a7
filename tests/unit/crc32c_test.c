/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/crc32c.h"

#include "rows.h"

#define X32(x) x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x x

struct row {
	const char *in;
	size_t n;
	uint32_t want;
};

/* RFC 3720 appendix B.4, in the order of a number; the CRC of "123456789" is that of the catalogues. */
/* clang-format off */
static const struct row crc_rows[] = {
	{T(""), 0x00000000},
	{T("a"), 0xc1d04330},
	{T("123456789"), 0xe3069283},
	{T(X32("\0")), 0x8a9136aa},
	{T(X32("\xff")), 0x62a8ab43},
	{T("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37"), 0x46dd794e},
	{T("\37\36\35\34\33\32\31\30\27\26\25\24\23\22\21\20\17\16\15\14\13\12\11\10\7\6\5\4\3\2\1\0"), 0x113fdb5c},
};
/* clang-format on */

static void
test_crc(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "CRC32c");
	for (size_t i = 0; i < COUNT(crc_rows); i++) {
		const struct row *row = &crc_rows[i];
		struct plk_span in = exact_new(row->in, row->n);

		row_begin(&r, row->in, row->n);
		row_number(&r, "CRC", (uint32_t)~plk_crc32c_add(PLK_CRC32C_INIT, in), row->want);
		for (size_t cut = 0; cut <= in.n && in.n > 0; cut++) {
			uint32_t crc =
				plk_crc32c_add(PLK_CRC32C_INIT, (struct plk_span){in.p, cut});

			crc = plk_crc32c_add(crc, (struct plk_span){in.p + cut, in.n - cut});
			row_number(&r, "in two pieces", (uint32_t)~crc, row->want);
		}
		exact_free(in);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_crc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
