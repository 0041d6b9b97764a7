/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/stored.h"

#include <string.h>

#include "rows.h"

struct row {
	const char *text;
	size_t n;
	enum plk_err err;
	struct plk_stored want;
};

/* clang-format off */
#define CLIENT(text, number) {T(text), PLK_OK, {.is_client = true, .tag = (number)}}
#define STOP(text, i, rx, tx, ns) {T(text), PLK_OK, {.index = (i), .in = (rx), .out = (tx), .time_ns = (ns)}}
#define BAD(text) {T(text), PLK_E_MALFORMED, {.tag = 0}}

static const struct row rows[] = {
	CLIENT("pktlock.client.0123456789abcdef", 0x0123456789abcdef),
	CLIENT("pktlock.client.0000000000000000", 0),
	CLIENT("pktlock.client.ffffffffffffffff", UINT64_MAX),
	STOP("pktlock.stop.1.0.0.0", 1, 0, 0, 0),
	STOP("pktlock.stop.2147483647.18446744073709551615.1.2", INT32_MAX, UINT64_MAX, 1, 2),
	STOP("pktlock.stop.7.10.20.18446744073709551615", 7, 10, 20, UINT64_MAX),

	BAD(""),
	BAD("pktlock."),
	BAD("pktlock.client"),
	BAD("pktlock.client."),
	BAD("pktlock.client.0123456789abcde"),
	BAD("pktlock.client.0123456789abcdef0"),
	BAD("pktlock.client.0123456789abcdeF"),
	BAD("pktlock.client.0123456789abcdeg"),
	BAD("pktlock.client. 123456789abcdef"),
	BAD("pktlock.client.+123456789abcdef"),
	BAD("pktlock.client.0x23456789abcdef"),
	BAD("pktlock.client.0123456789abcde\0"),
	BAD(" pktlock.client.0123456789abcdef"),
	BAD("Pktlock.client.0123456789abcdef"),
	BAD("pktlock.clients.0123456789abcdef"),
	BAD("client"),
	BAD("pktlock.stop"),
	BAD("pktlock.stop."),
	BAD("pktlock.stop.1"),
	BAD("pktlock.stop.1.2.3"),
	BAD("pktlock.stop.1.2.3."),
	BAD("pktlock.stop.1.2.3.4."),
	BAD("pktlock.stop.1.2.3.4.5"),
	BAD("pktlock.stop.0.2.3.4"),
	BAD("pktlock.stop.2147483648.2.3.4"),
	BAD("pktlock.stop.01.2.3.4"),
	BAD("pktlock.stop.1..3.4"),
	BAD("pktlock.stop.1.-2.3.4"),
	BAD("pktlock.stop.1.2.18446744073709551616.4"),
	BAD("pktlock.stop.1.2.3.99999999999999999999"),
	BAD("pktlock.stop.1.2.3. 4"),
	BAD("pktlock.stop.1.2.3.4\n"),
};
/* clang-format on */

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "stored");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->text, row->n);
		struct plk_stored out;
		enum plk_err err;

		row_begin(&r, row->text, row->n);
		mark(&out, sizeof out);
		err = plk_stored_parse(in, &out);
		row_err(&r, err, row->err);
		if (err == PLK_OK && row->err == PLK_OK) {
			row_number(&r, "client", out.is_client, row->want.is_client);
			row_number(&r, "tag", out.tag, row->want.tag);
			row_number(&r, "index", out.index, row->want.index);
			row_number(&r, "in", out.in, row->want.in);
			row_number(&r, "out", out.out, row->want.out);
			row_number(&r, "time", out.time_ns, row->want.time_ns);
		} else if (err != PLK_OK) {
			row_true(&r, "untouched", untouched(&out, sizeof out));
		}
		exact_free(in);
	}
	rows_end_strict(&r);
}

struct tag_row {
	const char *a;
	const char *b;
	bool same;
};

static const struct tag_row tag_rows[] = {
	{"capture@sd:client", "capture@sd:client", true},
	/* what a stream does not depend on */
	{"capture@sd:client", "capture,latency=low,max-clients=3@sd:client", true},
	{"capture@sd:client", "capture,direction=in@sd:client", true},
	{"capture,format=pcapng@sd:client", "capture,format=pcapng,snaplen=100@sd:client", true},
	{"attach@sd:vm", "attach,mac=02:00:00:00:00:01,rate=5,vlan=1@sd:vm", true},
	{"inject@punix:/run/i", "inject,on-loss=close,allow-uid=3,allow-gid=4@punix:/run/i", true},
	{"attach@sd:vm", "attach,tcp=yes,direction=both,latency=bulk@sd:vm", true},
	/* what it does */
	{"capture@sd:client", "capture@sd:clienu", false},
	{"capture@sd:client", "capture@pfd:3", false},
	{"capture@sd:client", "attach@sd:client", false},
	{"inject@sd:client", "attach@sd:client", false},
	{"capture@sd:client", "capture,format=pcapng@sd:client", false},
	{"capture@sd:client", "capture,format=vnet@sd:client", false},
	{"capture,format=vnet@sd:c", "capture,format=vnet,vnet-hdr=10@sd:c", false},
	{"attach@punix:/run/a", "attach@unix:/run/a", false},
	{"attach@tcp:127.0.0.1:1", "attach@tcp:127.0.0.1:2", false},
};

static uint64_t
tag_of(const char *text)
{
	const struct plk_span in = {(const uint8_t *)text, strlen(text)};
	struct plk_port port;
	size_t at;

	assert_int_equal(plk_port_parse(in, &port, &at), PLK_OK);
	return plk_stored_tag(&port);
}

static void
test_tags(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "tags");
	for (size_t i = 0; i < COUNT(tag_rows); i++) {
		row_begin_text(&r, "%s %s", tag_rows[i].a, tag_rows[i].b);
		row_number(&r, "same", tag_of(tag_rows[i].a) == tag_of(tag_rows[i].b),
			   tag_rows[i].same);
	}
	rows_end(&r);
}

/* It must be the same for the next version: FNV-1a of "capture,latency=low@sd:client". */
static void
test_tag_value(void **state)
{
	static const char text[] = "capture,latency=low@sd:client";
	uint64_t tag = 0xcbf29ce484222325U;

	(void)state;
	for (size_t i = 0; i < sizeof text - 1; i++)
		tag = (tag ^ (uint8_t)text[i]) * 0x100000001b3U;
	assert_true(tag_of("capture@sd:client") == tag);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_tag_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
