/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/visible.h"

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

size_t
plk_character_next(struct plk_span s, bool *is_visible)
{
	uint32_t c = 0;
	const size_t n = utf8_at(s, &c);

	*is_visible = n > 0 && !is_sly(c);
	return n > 0 ? n : 1;
}
