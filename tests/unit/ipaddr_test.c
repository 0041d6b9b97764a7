/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/ipaddr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "rows.h"

/* clang-format off */
#define BYTES(...) {__VA_ARGS__}
/* clang-format on */

struct v4_row {
	const char *text;
	size_t n;
	enum plk_err err;
	uint8_t addr[PLK_IPV4_BYTES];
};

/* clang-format off */
#define GOOD4(text, ...) {T(text), PLK_OK, BYTES(__VA_ARGS__)}
#define BAD4(text) {T(text), PLK_E_MALFORMED, BYTES(0)}

static const struct v4_row v4_rows[] = {
	GOOD4("0.0.0.0", 0, 0, 0, 0),
	GOOD4("127.0.0.1", 127, 0, 0, 1),
	GOOD4("1.2.3.4", 1, 2, 3, 4),
	GOOD4("10.99.100.255", 10, 99, 100, 255),
	GOOD4("255.255.255.255", 255, 255, 255, 255),

	BAD4(""),
	BAD4("1"),
	BAD4("1."),
	BAD4("1.2"),
	BAD4("1.2.3"),
	BAD4("1.2.3."),
	BAD4("1.2.3.4."),
	BAD4("1.2.3.4.5"),
	BAD4(".1.2.3.4"),
	BAD4("1..2.3"),
	BAD4("..."),
	BAD4("...."),
	BAD4("1.2.3.256"),
	BAD4("256.0.0.1"),
	BAD4("1.2.3.1000"),
	BAD4("1.2.3.04"),
	BAD4("01.2.3.4"),
	BAD4("1.2.3.00"),
	BAD4("127.0.0.01"),
	BAD4("1.2.3.4 "),
	BAD4(" 1.2.3.4"),
	BAD4("1.2.3.4\n"),
	BAD4("1.2.3.4\0"),
	BAD4("1.2.3.+4"),
	BAD4("1.2.3.-4"),
	BAD4("1.2.3.0x4"),
	BAD4("1.2.3.a"),
	BAD4("1,2,3,4"),
	BAD4("1.2.3:4"),
	BAD4("0x7f000001"),
	BAD4("2130706433"),
	BAD4("localhost"),
	BAD4("1.2.3.4294967300"),
	BAD4("1.2.3.18446744073709551620"),
	BAD4("::1"),
	BAD4("*"),
};
/* clang-format on */

static void
test_v4(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "IPv4");
	for (size_t i = 0; i < COUNT(v4_rows); i++) {
		const struct v4_row *row = &v4_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		uint8_t addr[PLK_IPV4_BYTES];
		uint8_t text[16];
		struct plk_writer w;

		row_begin(&r, row->text, row->n);
		mark(addr, sizeof addr);
		row_err(&r, plk_ipv4_parse(in, addr), row->err);
		exact_free(in);
		if (row->err != PLK_OK) {
			row_true(&r, "address untouched", untouched(addr, sizeof addr));
			continue;
		}
		row_bytes(&r, "address", (struct plk_span){addr, sizeof addr},
			  (struct plk_span){row->addr, sizeof row->addr});
		plk_writer_init(&w, (struct plk_mspan){text, sizeof text});
		plk_ipv4_print(&w, addr);
		row_text(&r, "printed", (struct plk_span){text, w.n}, row->text);
	}
	rows_end_strict(&r);
}

struct v6_row {
	const char *text;
	size_t n;
	const char *printed; /* NULL: refused */
	uint8_t addr[PLK_IPV6_BYTES];
};

/* clang-format off */
#define GOOD6(text, printed, ...) {T(text), printed, BYTES(__VA_ARGS__)}
#define BAD6(text) {T(text), NULL, BYTES(0)}

static const struct v6_row v6_rows[] = {
	GOOD6("::", "::", 0),
	GOOD6("::1", "::1", [15] = 1),
	GOOD6("1::", "1::", [1] = 1),
	GOOD6("0:0:0:0:0:0:0:0", "::", 0),
	GOOD6("0:0:0:0:0:0:0:1", "::1", [15] = 1),
	GOOD6("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8),
	GOOD6("fe80::1", "fe80::1", 0xfe, 0x80, [15] = 1),
	GOOD6("FE80::ABcd", "fe80::abcd", 0xfe, 0x80, [14] = 0xab, 0xcd),
	GOOD6("2001:0db8::0001", "2001:db8::1", 0x20, 0x01, 0x0d, 0xb8, [15] = 1),
	GOOD6("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1,
	 0, 1, 0, 1, 0, 1, 0, 1), /* RFC 5952 4.2.2: one group of zeros is not shortened */
	GOOD6("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0,
	 1, 0, 0, 0, 0, 0, 1), /* 4.2.3: the first of equals */
	GOOD6("2001:0:0:1:0:0:0:1", "2001:0:0:1::1", 0x20, 0x01, 0, 0, 0, 0, 0, 1, [15] = 1),
	GOOD6("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0", 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7),
	GOOD6("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8", 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8),
	GOOD6("1:2::4:5:6:7:8", "1:2:0:4:5:6:7:8", 0, 1, 0, 2, 0, 0, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8),
	GOOD6("1:2:3:4:5:6::", "1:2:3:4:5:6::", 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6),
	GOOD6("::ffff:127.0.0.1", "::ffff:127.0.0.1", [10] = 0xff, 0xff, 127, 0, 0, 1),
	GOOD6("::FFFF:7f00:1", "::ffff:127.0.0.1", [10] = 0xff, 0xff, 127, 0, 0, 1),
	GOOD6("::1.2.3.4", "::102:304", [12] = 1, 2, 3, 4),
	GOOD6("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304", 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1,
	 2, 3, 4),
	GOOD6("64:ff9b::192.0.2.33", "64:ff9b::c000:221", 0, 0x64, 0xff, 0x9b, [12] = 192, 0, 2,
	 33),
	GOOD6("1:2:3:4:5::1.2.3.4", "1:2:3:4:5:0:102:304", 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 0, 1,
	 2, 3, 4),
	GOOD6("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 255, 255, 255, 255, 255, 255, 255, 255, 255,
	 255, 255, 255, 255, 255, 255, 255),
	GOOD6("0000:0000:0000:0000:0000:0000:255.255.255.255", "::ffff:ffff", [12] = 255, 255,
	 255, 255),

	BAD6(""),
	BAD6(":"),
	BAD6(":::"),
	BAD6("::::"),
	BAD6("1"),
	BAD6("1:"),
	BAD6(":1"),
	BAD6("1:2:3:4:5:6:7"),
	BAD6("1:2:3:4:5:6:7:"),
	BAD6(":1:2:3:4:5:6:7"),
	BAD6("1:2:3:4:5:6:7:8:"),
	BAD6(":1:2:3:4:5:6:7:8"),
	BAD6("1:2:3:4:5:6:7:8:9"),
	BAD6("1:2:3:4:5:6:7:8::"),
	BAD6("::1:2:3:4:5:6:7:8"),
	BAD6("1:2:3:4::5:6:7:8"),
	BAD6("::1::"),
	BAD6("1::2::3"),
	BAD6("1:::2"),
	BAD6("::1:"),
	BAD6(":::1"),
	BAD6("1:::"),
	BAD6("12345::"),
	BAD6("00001::"),
	BAD6("::00001"),
	BAD6("::g"),
	BAD6("::1g"),
	BAD6("::-1"),
	BAD6("::+1"),
	BAD6("::0x1"),
	BAD6(" ::1"),
	BAD6("::1 "),
	BAD6("::1\n"),
	BAD6("::1\0"),
	BAD6("::\0"),
	BAD6("[::1]"),
	BAD6("::1%lo"),
	BAD6("::1/64"),
	BAD6("1.2.3.4"),
	BAD6("1.2.3.4::"),
	BAD6("1:1.2.3.4::"),
	BAD6("::1.2.3.4:5"),
	BAD6("::1.2.3"),
	BAD6("::1.2.3.4.5"),
	BAD6("::1.2.3.256"),
	BAD6("::1.2.3.04"),
	BAD6("::1.2.3."),
	BAD6("1:2:3:4:5:6:7:1.2.3.4"),
	BAD6("1:2:3:4:5:1.2.3.4"),
	BAD6("1:2:3:4:5:6::1.2.3.4"),
	BAD6("::ffff:127.0.0.1."),
	BAD6("::.1.2.3.4"),
	BAD6("\xff::1"),
};
/* clang-format on */

static void
test_v6(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "IPv6");
	for (size_t i = 0; i < COUNT(v6_rows); i++) {
		const struct v6_row *row = &v6_rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		uint8_t addr[PLK_IPV6_BYTES];
		uint8_t text[48];
		struct plk_writer w;

		row_begin(&r, row->text, row->n);
		mark(addr, sizeof addr);
		row_err(&r, plk_ipv6_parse(in, addr), row->printed ? PLK_OK : PLK_E_MALFORMED);
		exact_free(in);
		if (!row->printed) {
			row_true(&r, "address untouched", untouched(addr, sizeof addr));
			continue;
		}
		row_bytes(&r, "address", (struct plk_span){addr, sizeof addr},
			  (struct plk_span){row->addr, sizeof row->addr});
		plk_writer_init(&w, (struct plk_mspan){text, sizeof text});
		plk_ipv6_print(&w, addr);
		row_text(&r, "printed", (struct plk_span){text, w.n}, row->printed);
	}
	rows_end_strict(&r);
}

/* Every pattern of zero groups: what is printed is libc's form of RFC 5952, and is read back. The
 * "compatible" addresses, which libc prints as a dotted quad, are left to the rows above. */
static void
test_zero_groups(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "zero groups");
	for (unsigned pattern = 0; pattern < 256; pattern++) {
		uint8_t addr[PLK_IPV6_BYTES] = {0};
		uint8_t again[PLK_IPV6_BYTES];
		char want[INET6_ADDRSTRLEN];
		uint8_t text[48];
		struct plk_writer w;

		for (size_t group = 0; group < 8; group++)
			addr[2 * group + 1] = (uint8_t)(pattern >> (7 - group) & 1);
		row_begin_text(&r, "pattern 0x%02x", pattern);
		plk_writer_init(&w, (struct plk_mspan){text, sizeof text});
		plk_ipv6_print(&w, addr);
		row_err(&r, plk_ipv6_parse((struct plk_span){text, w.n}, again), PLK_OK);
		row_bytes(&r, "read back", (struct plk_span){again, sizeof again},
			  (struct plk_span){addr, sizeof addr});
		if (pattern == 2 || pattern == 3)
			continue;
		assert_non_null(inet_ntop(AF_INET6, addr, want, sizeof want));
		row_text(&r, "printed", (struct plk_span){text, w.n}, want);
	}
	rows_end(&r);
}

/* Each octet from 0 to 999, with and without a leading zero, in each place. */
static void
test_octets(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "octets");
	for (unsigned i = 0; i < 8000; i++) {
		unsigned octet = i / 8;
		size_t place = i / 2 % 4;
		bool zero = i % 2 == 1;
		bool want = octet <= 255 && !zero;
		uint8_t addr[PLK_IPV4_BYTES] = {1, 1, 1, 1};
		char text[24];
		int n = snprintf(text, sizeof text, "%s%s%u%s", &"7.7.7."[2 * (3 - place)],
				 zero ? "0" : "", octet, &".7.7.7"[2 * place]);

		row_begin(&r, text, (size_t)n);
		row_err(&r, plk_ipv4_parse((struct plk_span){(uint8_t *)text, (size_t)n}, addr),
			want ? PLK_OK : PLK_E_MALFORMED);
		row_number(&r, "octet", addr[place], want ? octet : 1);
	}
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_v4),
		cmocka_unit_test(test_v6),
		cmocka_unit_test(test_zero_groups),
		cmocka_unit_test(test_octets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
