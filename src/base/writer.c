/* SPDX-License-Identifier: BSD-2-Clause */
#include "base/writer.h"

#include <string.h>

#define DEC_DIGITS 20 /* of UINT64_MAX */
#define HEX_DIGITS 8  /* of UINT32_MAX */

void
plk_writer_init(struct plk_writer *w, struct plk_mspan out)
{
	*w = (struct plk_writer){.out = out};
}

void
plk_writer_span(struct plk_writer *w, struct plk_span s)
{
	if (w->full || s.n > w->out.n - w->n) {
		w->full = true;
		return;
	}
	if (s.n > 0)
		memcpy(w->out.p + w->n, s.p, s.n);
	w->n += s.n;
}

void
plk_writer_str(struct plk_writer *w, const char *s)
{
	plk_writer_span(w, (struct plk_span){(const uint8_t *)s, strlen(s)});
}

void
plk_writer_char(struct plk_writer *w, char c)
{
	uint8_t byte = (uint8_t)c;

	plk_writer_span(w, (struct plk_span){&byte, 1});
}

void
plk_writer_dec(struct plk_writer *w, uint64_t v)
{
	uint8_t digits[DEC_DIGITS];
	size_t at = DEC_DIGITS;

	do {
		digits[--at] = (uint8_t)('0' + v % 10);
		v /= 10;
	} while (v > 0 && at > 0);
	plk_writer_span(w, (struct plk_span){digits + at, DEC_DIGITS - at});
}

void
plk_writer_hex(struct plk_writer *w, uint32_t v, size_t width)
{
	static const uint8_t hex[] = "0123456789abcdef";
	uint8_t digits[HEX_DIGITS];
	size_t at = HEX_DIGITS;

	do {
		digits[--at] = hex[v & 15];
		v >>= 4;
	} while (at > 0 && (v > 0 || HEX_DIGITS - at < width));
	plk_writer_span(w, (struct plk_span){digits + at, HEX_DIGITS - at});
}

static void
escaped_byte(struct plk_writer *w, uint8_t byte, uint8_t and)
{
	if (byte >= 0x20 && byte < 0x7f && byte != '\\' && byte != '\'' && byte != and) {
		plk_writer_char(w, (char)byte);
		return;
	}
	plk_writer_str(w, "\\x");
	plk_writer_hex(w, byte, 2);
}

/* @and: another byte that does not stand for itself */
static void
escape(struct plk_writer *w, struct plk_span s, size_t max, uint8_t and)
{
	size_t n = s.n < max ? s.n : max;

	for (size_t i = 0; i < n; i++)
		escaped_byte(w, s.p[i], and);
	if (n < s.n)
		plk_writer_str(w, "...");
}

void
plk_writer_escaped(struct plk_writer *w, struct plk_span s, size_t max)
{
	escape(w, s, max, '\'');
}

void
plk_writer_word(struct plk_writer *w, struct plk_span s, size_t max)
{
	escape(w, s, max, ' ');
}

enum plk_err
plk_writer_done(const struct plk_writer *w, size_t *n)
{
	if (w->full)
		return PLK_E_ROOM;
	*n = w->n;
	return PLK_OK;
}

void
plk_writer_cstr(struct plk_writer *w)
{
	if (w->n == w->out.n)
		w->n--;
	w->out.p[w->n] = 0;
}
