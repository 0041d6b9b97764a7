/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/json.h"

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

/* The bytes of the UTF-8 character at the front (RFC 3629), and which it is; 0 if there is none. */
static size_t
utf8_at(struct plk_span s, uint32_t *character)
{
	static const struct {
		uint8_t first, last; /* of the first byte */
		uint8_t bits;        /* of it that count */
		uint32_t least;      /* that needs so many bytes */
	} forms[] = {{0x00, 0x7f, 0x7f, 0},
		     {0xc2, 0xdf, 0x1f, 0x80},
		     {0xe0, 0xef, 0x0f, 0x800},
		     {0xf0, 0xf4, 0x07, 0x10000}};
	size_t n = 0;
	uint32_t c;

	while (n < 4 && (s.p[0] < forms[n].first || s.p[0] > forms[n].last))
		n++;
	if (n == 4 || n + 1 > s.n)
		return 0;
	c = s.p[0] & forms[n].bits;
	for (size_t i = 1; i <= n; i++) {
		if ((s.p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s.p[i] & 0x3f);
	}
	if (c < forms[n].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*character = c;
	return n + 1;
}

/* What a terminal obeys, or shows as if it were not there. */
static bool
is_sly(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
		{0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
		{0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

static void
hex_append(struct plk_writer *w, struct plk_span bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		plk_writer_str(w, "\\\\x");
		plk_writer_hex(w, bytes.p[i], 2);
	}
}

static void
character_append(struct plk_writer *w, uint32_t c, struct plk_span bytes)
{
	if (c == '"' || c == '\\') {
		plk_writer_char(w, '\\');
		plk_writer_char(w, (char)c);
	} else if (c == '\n' || c == '\t') {
		plk_writer_str(w, c == '\n' ? "\\n" : "\\t");
	} else if (is_sly(c)) {
		hex_append(w, bytes);
	} else {
		plk_writer_span(w, bytes);
	}
}

void
plk_json_string(struct plk_writer *w, struct plk_span s)
{
	plk_writer_char(w, '"');
	for (size_t at = 0; at < s.n;) {
		uint32_t c = 0;
		const size_t n = utf8_at((struct plk_span){s.p + at, s.n - at}, &c);

		if (n > 0)
			character_append(w, c, (struct plk_span){s.p + at, n});
		else
			hex_append(w, (struct plk_span){s.p + at, 1});
		at += n > 0 ? n : 1;
	}
	plk_writer_char(w, '"');
}
