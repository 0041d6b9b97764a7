/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/json.h"

#include "text/visible.h"

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

size_t
plk_json_blank(struct plk_span in)
{
	size_t n = 0;

	while (n < in.n && is_blank(in.p[n]))
		n++;
	return n;
}

/* ---- where it ends ---- */

/* What may stand between strings and brackets: of numbers, true, false, null. */
static bool
is_loose(uint8_t c)
{
	return is_blank(c) || c == ',' || c == ':' || c == '+' || c == '-' || c == '.' ||
	       (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static enum plk_err
string_step(struct plk_json_scan *s, uint8_t c)
{
	if (c < 0x20)
		return PLK_E_MALFORMED;
	if (s->is_escaped)
		s->is_escaped = false;
	else if (c == '\\')
		s->is_escaped = true;
	else if (c == '"')
		s->in_string = false;
	return PLK_E_SHORT;
}

static enum plk_err
open_step(struct plk_json_scan *s, bool is_array)
{
	if (s->depth == PLK_CONTROL_DEPTH_MAX)
		return PLK_E_LIMIT;
	s->arrays &= ~(1U << s->depth);
	s->arrays |= (is_array ? 1U : 0U) << s->depth;
	s->depth++;
	return PLK_E_SHORT;
}

static enum plk_err
close_step(struct plk_json_scan *s, bool is_array)
{
	if ((s->arrays >> (s->depth - 1) & 1U) != (is_array ? 1U : 0U))
		return PLK_E_MALFORMED;
	s->depth--;
	return s->depth == 0 ? PLK_OK : PLK_E_SHORT;
}

/* PLK_OK: it was the last byte. */
static enum plk_err
byte_step(struct plk_json_scan *s, uint8_t c)
{
	if (s->in_string)
		return string_step(s, c);
	if (s->depth == 0 && c != '{')
		return PLK_E_MALFORMED;
	switch (c) {
	case '{':
	case '[':
		return open_step(s, c == '[');
	case '}':
	case ']':
		return close_step(s, c == ']');
	case '"':
		s->in_string = true;
		return PLK_E_SHORT;
	default:
		return is_loose(c) ? PLK_E_SHORT : PLK_E_MALFORMED;
	}
}

_Static_assert(PLK_CONTROL_DEPTH_MAX <= 32, "a bit for each array");

enum plk_err
plk_json_scan(struct plk_json_scan *s, struct plk_span in, size_t *n)
{
	while (s->at < in.n) {
		enum plk_err err = PLK_E_LIMIT;

		if (s->at < PLK_CONTROL_MESSAGE_MAX)
			err = byte_step(s, in.p[s->at]);
		if (err != PLK_E_SHORT && err != PLK_OK)
			return err;
		s->at++;
		if (err == PLK_OK) {
			*n = s->at;
			return PLK_OK;
		}
	}
	return s->at < PLK_CONTROL_MESSAGE_MAX ? PLK_E_SHORT : PLK_E_LIMIT;
}

/* ---- a string ---- */

static void
hex_append(struct plk_writer *w, struct plk_span bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		plk_writer_str(w, "\\\\x");
		plk_writer_hex(w, bytes.p[i], 2);
	}
}

void
plk_json_text(struct plk_writer *w, struct plk_span s)
{
	for (size_t at = 0; at < s.n;) {
		bool is_visible;
		struct plk_span rest = {s.p + at, s.n - at};
		const size_t n = plk_character_next(rest, &is_visible);

		rest.n = n;
		if (rest.p[0] == '\n' || rest.p[0] == '\t') {
			plk_writer_str(w, rest.p[0] == '\n' ? "\\n" : "\\t");
		} else if (!is_visible) {
			hex_append(w, rest);
		} else {
			if (rest.p[0] == '"' || rest.p[0] == '\\')
				plk_writer_char(w, '\\');
			plk_writer_span(w, rest);
		}
		at += n;
	}
}

void
plk_json_string(struct plk_writer *w, struct plk_span s)
{
	plk_writer_char(w, '"');
	plk_json_text(w, s);
	plk_writer_char(w, '"');
}
