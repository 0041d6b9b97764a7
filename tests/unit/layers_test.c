/* SPDX-License-Identifier: BSD-2-Clause */
#include "wire/layers.h"

#include "rows.h"

#define ADDRS "\x02\0\0\0\0\x01\x02\0\0\0\0\x02"
#define TAG "\x81\0\x20\x64"
#define ATAG "\x88\xa8\x0f\xff"
#define A4 "\xc0\0\x02\x01\xc6\x33\x64\x07"
#define A6 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define IP4(first, fragment, proto) first "\0\0\x40\0\1" fragment "\x40" proto "\0\0" A4
#define WHOLE "\0\0"
#define IP6(next) "\x60\0\0\0\0\x20" next "\x40" A6
#define OPTIONS(next) next "\0\1\4\0\0\0\0"                     /* 8 bytes */
#define OPTIONS16(next) next "\1\1\x0c\0\0\0\0\0\0\0\0\0\0\0\0" /* 16 bytes */
#define FRAGMENT(next) next "\xff\0\1\0\0\0\7"

#define V4 ADDRS "\x08\0"
#define V6 ADDRS "\x86\xdd"

struct row {
	const char *in;
	size_t n;
	enum plk_err err;
	struct plk_layers want;
};

/* clang-format off */
static const struct row layers_rows[] = {
	{T(ADDRS "\x88\xb5"), PLK_OK, {0x88b5, 14, 14, 256, false}},
	{T(ADDRS "\x88\xb5xxxx"), PLK_OK, {0x88b5, 14, 14, 256, false}},
	{T(ADDRS "\0\x26xxxx"), PLK_OK, {0x0026, 14, 14, 256, false}}, /* a length: IEEE 802.3 */
	{T(ADDRS TAG "\x08\x06"), PLK_OK, {0x0806, 18, 18, 256, false}},
	{T(ADDRS ATAG TAG "\x88\xb5"), PLK_OK, {0x88b5, 22, 22, 256, false}},
	{T(ADDRS TAG TAG TAG "\x88\xb5"), PLK_OK, {0x88b5, 26, 26, 256, false}},
	{T(ADDRS "\x91\0\0\1\x08\0"), PLK_OK, {0x9100, 14, 14, 256, false}}, /* no tag of a standard */
	{T(V4 IP4("\x45", WHOLE, "\x06")), PLK_OK, {0x0800, 14, 34, 6, false}},
	{T(V4 IP4("\x45", "\x40\0", "\x11") "x"), PLK_OK, {0x0800, 14, 34, 17, false}}, /* do not fragment */
	{T(V4 IP4("\x46", WHOLE, "\x06") "\x94\4\0\0"), PLK_OK, {0x0800, 14, 38, 6, false}},
	{T(V4 IP4("\x4f", WHOLE, "\x06") "0123456789012345678901234567890123456789"), PLK_OK, {0x0800, 14, 74, 6, false}},
	{T(V4 IP4("\x45", "\x20\0", "\x06")), PLK_OK, {0x0800, 14, 34, 6, true}}, /* the first of more */
	{T(V4 IP4("\x45", "\0\1", "\x06")), PLK_OK, {0x0800, 14, 34, 6, true}},
	{T(V4 IP4("\x45", "\x1f\xff", "\x06")), PLK_OK, {0x0800, 14, 34, 6, true}},
	{T(V4 IP4("\x45", "\x80\0", "\x06")), PLK_OK, {0x0800, 14, 34, 6, false}}, /* the reserved bit */
	{T(ADDRS TAG "\x08\0" IP4("\x45", WHOLE, "\x11")), PLK_OK, {0x0800, 18, 38, 17, false}},
	{T(V6 IP6("\x06")), PLK_OK, {0x86dd, 14, 54, 6, false}},
	{T(V6 IP6("\x3b")), PLK_OK, {0x86dd, 14, 54, 59, false}}, /* no next header */
	{T(V6 IP6("\x32")), PLK_OK, {0x86dd, 14, 54, 50, false}}, /* ESP: encrypted from here on */
	{T(V6 IP6("\0") OPTIONS("\x11")), PLK_OK, {0x86dd, 14, 62, 17, false}},
	{T(V6 IP6("\0") OPTIONS("\x2b") OPTIONS16("\x3c") OPTIONS("\x06")), PLK_OK, {0x86dd, 14, 86, 6, false}},
	{T(V6 IP6("\x2c") FRAGMENT("\x06")), PLK_OK, {0x86dd, 14, 62, 6, true}},
	{T(V6 IP6("\x2c") FRAGMENT("\x3c") "xxxx"), PLK_OK, {0x86dd, 14, 62, 60, true}}, /* not followed */
	{T(V6 IP6("\0") OPTIONS("\x2c") FRAGMENT("\x11")), PLK_OK, {0x86dd, 14, 70, 17, true}},

	{T(""), PLK_E_SHORT, {0}},
	{T("\x02"), PLK_E_SHORT, {0}},
	{T(ADDRS), PLK_E_SHORT, {0}},
	{T(ADDRS "\x08"), PLK_E_SHORT, {0}},
	{T(ADDRS "\x81\0"), PLK_E_SHORT, {0}},
	{T(ADDRS "\x81\0\0"), PLK_E_SHORT, {0}},
	{T(ADDRS TAG), PLK_E_SHORT, {0}},
	{T(ADDRS TAG "\x08"), PLK_E_SHORT, {0}},
	{T(ADDRS ATAG "\x81\0"), PLK_E_SHORT, {0}},
	{T(ADDRS ATAG TAG), PLK_E_SHORT, {0}},
	{T(V4), PLK_E_SHORT, {0}},
	{T(V4 "\x45"), PLK_E_SHORT, {0}},
	{T(V4 "\x44\0\0\x40\0\1\0\0\x40\6\0\0\xc0\0\2\1\xc6\x33\x64"), PLK_E_SHORT, {0}},
	{T(V4 IP4("\x46", WHOLE, "\x06")), PLK_E_SHORT, {0}},
	{T(V4 IP4("\x46", WHOLE, "\x06") "123"), PLK_E_SHORT, {0}},
	{T(V4 IP4("\x4f", WHOLE, "\x06") "012345678901234567890123456789012345678"), PLK_E_SHORT, {0}},
	{T(V4 IP4("\x44", WHOLE, "\x06")), PLK_E_MALFORMED, {0}},
	{T(V4 IP4("\x40", WHOLE, "\x06")), PLK_E_MALFORMED, {0}},
	{T(V4 IP4("\0", WHOLE, "\x06")), PLK_E_MALFORMED, {0}},
	{T(V4 IP4("\x55", WHOLE, "\x06")), PLK_E_MALFORMED, {0}},
	{T(V4 IP6("\x06")), PLK_E_MALFORMED, {0}},
	{T(ADDRS TAG "\x08\0" IP4("\x35", WHOLE, "\x06")), PLK_E_MALFORMED, {0}},
	{T(V6), PLK_E_SHORT, {0}},
	{T(V6 "\x60"), PLK_E_SHORT, {0}},
	{T(V6 IP4("\x45", WHOLE, "\x06")), PLK_E_SHORT, {0}},
	{T(V6 "\x45\0\0\x20\x06\x40" A6 "xx"), PLK_E_MALFORMED, {0}},
	{T(V6 "\x70\0\0\0\0\x20\x06\x40" A6), PLK_E_MALFORMED, {0}},
	{T(V6 IP6("\0")), PLK_E_SHORT, {0}},
	{T(V6 IP6("\0") "\x06"), PLK_E_SHORT, {0}},
	{T(V6 IP6("\0") "\x06\0\1\4\0\0\0"), PLK_E_SHORT, {0}},
	{T(V6 IP6("\0") "\x06\1\1\x0c\0\0\0\0\0\0\0\0\0\0\0"), PLK_E_SHORT, {0}},
	{T(V6 IP6("\x3c") "\x06\xff\1\4\0\0\0\0"), PLK_E_SHORT, {0}},
	{T(V6 IP6("\0") OPTIONS("\0")), PLK_E_SHORT, {0}},
	{T(V6 IP6("\x2b") OPTIONS16("\x3c")), PLK_E_SHORT, {0}},
	{T(V6 IP6("\x2c") "\x06\0\0\1\0\0\0"), PLK_E_SHORT, {0}},
};
/* clang-format on */

static bool
layers_are(const struct plk_layers *a, const struct plk_layers *b)
{
	return a->type == b->type && a->l3 == b->l3 && a->l4 == b->l4 && a->proto == b->proto &&
	       a->is_fragment == b->is_fragment;
}

static void
test_layers(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "layers of a frame");
	for (size_t i = 0; i < COUNT(layers_rows); i++) {
		const struct row *row = &layers_rows[i];
		struct plk_span eth = exact_new(row->in, row->n);
		struct plk_layers layers;

		row_begin(&r, row->in, row->n);
		mark(&layers, sizeof layers);
		row_err(&r, plk_layers_parse(eth, &layers), row->err);
		row_true(&r, "layers",
			 row->err == PLK_OK ? layers_are(&layers, &row->want)
					    : untouched(&layers, sizeof layers));
		exact_free(eth);
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
