/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/iface.h"

#include <string.h>

#include "rows.h"

struct row {
	const char *text;
	size_t n;
	enum plk_err err;
	size_t at;
	struct plk_iface want;
};

/* clang-format off */
#define NAME(text) {T(text), PLK_OK, 0, {.name = text}}
#define TAP(text, number) {T(text), PLK_OK, 0, {.is_tapfd = true, .fd = (number)}}
#define BAD(text, err, at) {T(text), err, at, {.fd = 0}}

static const struct row rows[] = {
	NAME("eth0"),
	NAME("e"),
	NAME("br-lan.100"),
	NAME("..."),
	NAME(".a"),
	NAME("a."),
	NAME("123456789012345"), /* 15 bytes */
	NAME("@weird=,+%[]"),
	NAME("t\xc3\xa4p\xff"),
	NAME("tapfd"),
	NAME("0"),
	TAP("tapfd:3", 3),
	TAP("tapfd:1048575", 1048575),

	BAD("", PLK_E_IF_MISSING, 0),
	BAD("1234567890123456", PLK_E_IF_LONG, 0), /* 16 bytes */
	BAD("12345678901234567890", PLK_E_IF_LONG, 0),
	BAD(".", PLK_E_IF_SYNTAX, 0),
	BAD("..", PLK_E_IF_SYNTAX, 0),
	BAD("/", PLK_E_IF_SYNTAX, 0),
	BAD("a/b", PLK_E_IF_SYNTAX, 0),
	BAD("../x", PLK_E_IF_SYNTAX, 0),
	BAD(":", PLK_E_IF_SYNTAX, 0),
	BAD("eth0:1", PLK_E_IF_SYNTAX, 0),
	BAD(" ", PLK_E_IF_SYNTAX, 0),
	BAD(" eth0", PLK_E_IF_SYNTAX, 0),
	BAD("eth0 ", PLK_E_IF_SYNTAX, 0),
	BAD("eth\t0", PLK_E_IF_SYNTAX, 0),
	BAD("eth0\n", PLK_E_IF_SYNTAX, 0),
	BAD("eth0\0", PLK_E_IF_SYNTAX, 0),
	BAD("\0", PLK_E_IF_SYNTAX, 0),
	BAD("eth\x01", PLK_E_IF_SYNTAX, 0),
	BAD("eth\x1f", PLK_E_IF_SYNTAX, 0),
	BAD("eth\x7f", PLK_E_IF_SYNTAX, 0),
	BAD("a name that is too long and has blanks", PLK_E_IF_SYNTAX, 0),
	BAD("TAPFD:3", PLK_E_IF_SYNTAX, 0),
	BAD("pfd:3", PLK_E_IF_SYNTAX, 0),
	BAD("tapfd:", PLK_E_FD_MISSING, 6),
	BAD("tapfd:0", PLK_E_FD_STDIO, 6),
	BAD("tapfd:1", PLK_E_FD_STDIO, 6),
	BAD("tapfd:2", PLK_E_FD_STDIO, 6),
	BAD("tapfd:03", PLK_E_FD_SYNTAX, 6),
	BAD("tapfd:+3", PLK_E_FD_SYNTAX, 6),
	BAD("tapfd: 3", PLK_E_FD_SYNTAX, 6),
	BAD("tapfd:3 ", PLK_E_FD_SYNTAX, 6),
	BAD("tapfd:3:4", PLK_E_FD_SYNTAX, 6),
	BAD("tapfd:eth0", PLK_E_FD_SYNTAX, 6),
	BAD("tapfd:3\0", PLK_E_FD_SYNTAX, 6),
	BAD("tapfd:1048576", PLK_E_FD_RANGE, 6),
	BAD("tapfd:4294967299", PLK_E_FD_RANGE, 6),
};
/* clang-format on */

/* What was read is printed again as it was written, in exactly as much room. */
static void
printed_check(struct rows *r, const struct plk_iface *iface, const struct row *row)
{
	uint8_t text[PLK_IFNAME_MAX + 1];
	size_t n = MARK_SIZE;

	row_true(r, "printed text has at most PLK_IFNAME_MAX bytes", row->n <= PLK_IFNAME_MAX);
	row_true(r, "no room",
		 plk_iface_encode(iface, (struct plk_mspan){text, row->n - 1}, &n) == PLK_E_ROOM);
	row_number(r, "n is untouched", n, MARK_SIZE);
	mark(text, sizeof text);
	row_true(r, "encode",
		 plk_iface_encode(iface, (struct plk_mspan){text, row->n}, &n) == PLK_OK);
	row_text(r, "printed", (struct plk_span){text, n}, row->text);
	row_true(r, "nothing beyond", untouched(text + row->n, sizeof text - row->n));
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "interface");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		struct plk_iface iface;
		size_t at = MARK_SIZE;

		row_begin(&r, row->text, row->n);
		mark(&iface, sizeof iface);
		row_err(&r, plk_iface_parse(in, &iface, &at), row->err);
		exact_free(in);
		row_number(&r, "offset", at, row->err == PLK_OK ? MARK_SIZE : row->at);
		if (row->err != PLK_OK) {
			row_true(&r, "interface untouched", untouched(&iface, sizeof iface));
			continue;
		}
		row_true(&r, "by descriptor", iface.is_tapfd == row->want.is_tapfd);
		row_number(&r, "fd", (uint64_t)iface.fd, (uint64_t)row->want.fd);
		row_bytes(&r, "name", (struct plk_span){(uint8_t *)iface.name, sizeof iface.name},
			  (struct plk_span){(const uint8_t *)row->want.name, sizeof iface.name});
		printed_check(&r, &iface, row);
	}
	rows_end_strict(&r);
}

/* The kernel's dev_valid_name(), and no control characters. */
static void
test_every_byte(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "every byte");
	for (unsigned c = 0; c < 256; c++) {
		uint8_t text[3] = {'a', (uint8_t)c, 'b'};
		struct plk_iface iface;
		size_t at;

		row_begin(&r, text, sizeof text);
		row_err(&r, plk_iface_parse((struct plk_span){text, sizeof text}, &iface, &at),
			c > 0x20 && c != 0x7f && c != '/' && c != ':' ? PLK_OK : PLK_E_IF_SYNTAX);
	}
	rows_end(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
