/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is the value of a label. Second implementation: a reader of such values, as OpenMetrics has them, finds where it ends, and
 * nothing in it that a terminal obeys or that ends a line; what was plain is what it reads.
 */
#include "text/metrics.h"

#include "harness.h"

static bool
is_plain(uint8_t c)
{
	return (c >= ' ' && c < 0x7f) || c == '\n';
}

/* Reads a quoted value at the front of @in into @out; Return: bytes that it took. */
static size_t
value_read(struct plk_span in, uint8_t *out, size_t *n)
{
	size_t at = 1;

	CHECK(in.n >= 2 && in.p[0] == '"');
	for (*n = 0; in.p[at] != '"'; at++) {
		uint8_t c = in.p[at];

		CHECK(c >= ' ' && c != 0x7f);
		if (c == '\\') {
			c = in.p[++at];
			CHECK(c == '\\' || c == '"' || c == 'n');
			c = c == 'n' ? '\n' : c;
		}
		out[(*n)++] = c;
		CHECK(at + 1 < in.n);
	}
	return at + 1;
}

static bool
all_plain(struct plk_span in)
{
	for (size_t i = 0; i < in.n; i++) {
		if (!is_plain(in.p[i]))
			return false;
	}
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char begin[] = "x_total{remote=";
	static const char end[] = ",reason=\"y\"} 7\n";
	const struct plk_span in = {data, size};
	const struct plk_label labels[] = {{"remote", in}, {"reason", {(const uint8_t *)"y", 1}}};
	const size_t room = size * 5 + sizeof begin + sizeof end;
	uint8_t *out = malloc(room);
	uint8_t *read = malloc(room);
	struct plk_writer w;
	struct plk_span rest;
	size_t n;

	CHECK(out && read);
	plk_writer_init(&w, (struct plk_mspan){out, room});
	plk_metrics_sample(&w, "x", PLK_METRIC_COUNTER, labels, 2, 7);
	CHECK(!w.full && w.n >= sizeof begin - 1 && memcmp(out, begin, sizeof begin - 1) == 0);
	rest = tail_of((struct plk_span){out, w.n}, sizeof begin - 1);
	rest = tail_of(rest, value_read(rest, read, &n));
	CHECK(same_bytes(rest, (struct plk_span){(const uint8_t *)end, sizeof end - 1}));
	CHECK(same_bytes((struct plk_span){read, n}, in) || !all_plain(in));
	free(out);
	free(read);
	return 0;
}
