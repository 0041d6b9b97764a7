/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first byte says in pieces of how many bytes the stream comes (0: one), the rest is the stream. Second implementation:
 * jansson, which must find every object end where the scanner does, unless it is over the limits, and none where the scanner
 * says that there cannot be one. The same bytes as text give a string that jansson reads.
 */
#include "text/json.h"

#include <jansson.h>

#include "harness.h"

/* Initialised: jansson was not compiled by what looks at uninitialised memory. */
static void *
memory_get(size_t n)
{
	return calloc(1, n);
}

/* ---- where an object ends ---- */

static unsigned
depth_of(const json_t *value)
{
	unsigned deepest = 0;
	unsigned depth;
	const char *key;
	size_t i;
	json_t *item;

	if (json_is_array(value)) {
		json_array_foreach(value, i, item)
		{
			depth = depth_of(item);
			deepest = depth > deepest ? depth : deepest;
		}
	} else if (json_is_object(value)) {
		json_object_foreach((json_t *)(uintptr_t)value, key, item)
		{
			depth = depth_of(item);
			deepest = depth > deepest ? depth : deepest;
		}
	} else {
		return 0;
	}
	return deepest + 1;
}

/* jansson's answer: bytes of the object that @in begins with, and its depth; false if there is none. */
static bool
oracle(struct plk_span in, size_t *n, unsigned *depth)
{
	const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
	json_error_t error = {0};
	json_t *value = in.n > 0 ? json_loadb((const char *)in.p, in.n, flags, &error) : NULL;
	const bool found = json_is_object(value);

	*n = found ? (size_t)error.position : 0;
	*depth = found ? depth_of(value) : 0;
	json_decref(value);
	return found;
}

static void
message_check(struct plk_span in, enum plk_err err, size_t n)
{
	size_t want;
	unsigned depth;

	if (!oracle(in, &want, &depth)) /* it may have an end all the same: see json.h */
		return;
	if (memchr(in.p, '\0', want)) /* jansson 2.14 does not see one behind a number */
		return;
	if (want > PLK_CONTROL_MESSAGE_MAX || depth > PLK_CONTROL_DEPTH_MAX)
		CHECK(err == PLK_E_LIMIT);
	else
		CHECK(err == PLK_OK && n == want);
}

static enum plk_err
pieces_scan(struct plk_span in, size_t step, size_t *n)
{
	struct plk_json_scan s = {0};
	enum plk_err err = PLK_E_SHORT;

	for (size_t there = 0; err == PLK_E_SHORT && there < in.n;) {
		there = in.n - there < step ? in.n : there + step;
		err = plk_json_scan(&s, (struct plk_span){in.p, there}, n);
		CHECK(s.at <= there);
	}
	return err;
}

/* One message, and what is behind it. */
static enum plk_err
message_scan(struct plk_span *in, size_t step)
{
	const size_t n_blanks = plk_json_blank(*in);
	struct plk_json_scan s = {0};
	size_t n = MARK_SIZE;
	size_t n_pieces = MARK_SIZE;
	enum plk_err err;

	CHECK(n_blanks <= in->n);
	*in = tail_of(*in, n_blanks);
	err = plk_json_scan(&s, *in, &n);
	CHECK((n == MARK_SIZE) == (err != PLK_OK));
	CHECK(pieces_scan(*in, step, &n_pieces) == err && n_pieces == n);
	if (err == PLK_OK)
		CHECK(n >= 2 && n <= in->n && in->p[0] == '{' && in->p[n - 1] == '}');
	if (err == PLK_E_MALFORMED || err == PLK_E_LIMIT)
		CHECK(plk_json_scan(&s, *in, &n) == err);
	if (in->n > 0)
		message_check(*in, err, n);
	if (err == PLK_OK)
		*in = tail_of(*in, n);
	return err;
}

/* ---- a string ---- */

static bool
is_plain(struct plk_span in)
{
	for (size_t i = 0; i < in.n; i++) {
		if ((in.p[i] < ' ' && in.p[i] != '\n' && in.p[i] != '\t') || in.p[i] >= 0x7f)
			return false;
	}
	return true;
}

static void
string_check(struct plk_span in)
{
	const size_t room = in.n * PLK_JSON_BYTE_MAX + 2;
	uint8_t *out = malloc(room);
	struct plk_writer w;
	struct plk_span text;
	json_t *value;

	CHECK(out);
	plk_writer_init(&w, (struct plk_mspan){out, room});
	plk_json_string(&w, in);
	CHECK(!w.full);
	value = json_loadb((const char *)out, w.n, JSON_DECODE_ANY, NULL);
	CHECK(json_is_string(value));
	text = (struct plk_span){(const uint8_t *)json_string_value(value),
				 json_string_length(value)};
	for (size_t i = 0; i < text.n; i++)
		CHECK((text.p[i] >= ' ' || text.p[i] == '\n' || text.p[i] == '\t') &&
		      text.p[i] != 0x7f);
	if (is_plain(in))
		CHECK(same_bytes(text, in));
	json_decref(value);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	const size_t step = take_u8(&in);

	json_set_alloc_funcs(memory_get, free);
	string_check(in);
	while (message_scan(&in, step > 0 ? step : 1) == PLK_OK)
		continue;
	return 0;
}
