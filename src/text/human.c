/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/human.h"

#include "text/words.h"

void
plk_human_number(struct plk_writer *w, uint64_t v)
{
	static const char units[] = "kMGTPE";
	uint64_t unit = 1000;
	size_t i = 0;

	if (v <= 9999) {
		plk_writer_dec(w, v);
		return;
	}
	while (v / unit >= 1000) {
		unit *= 1000;
		i++;
	}
	plk_writer_dec(w, v / unit);
	if (v / unit < 100) {
		plk_writer_char(w, '.');
		plk_writer_char(w, (char)('0' + v % unit / (unit / 10)));
	}
	if (v / unit < 10)
		plk_writer_char(w, (char)('0' + v % (unit / 10) / (unit / 100)));
	plk_writer_char(w, units[i]);
}

static void
parts_put(struct plk_writer *w, uint64_t large, const char *unit, uint64_t small, char last)
{
	plk_writer_dec(w, large);
	plk_writer_str(w, unit);
	plk_writer_dec(w, small);
	plk_writer_char(w, last);
}

void
plk_human_time(struct plk_writer *w, uint64_t ms)
{
	const uint64_t s = ms / 1000;

	if (s >= 86400) {
		parts_put(w, s / 86400, "d ", s % 86400 / 3600, 'h');
	} else if (s >= 3600) {
		parts_put(w, s / 3600, "h ", s % 3600 / 60, 'm');
	} else if (s >= 60) {
		parts_put(w, s / 60, "m ", s % 60, 's');
	} else {
		plk_writer_dec(w, s);
		plk_writer_char(w, 's');
	}
}

void
plk_human_column(struct plk_writer *w, uint64_t v, size_t width)
{
	uint8_t text[PLK_HUMAN_NUMBER_MAX];
	struct plk_writer number;

	plk_writer_init(&number, (struct plk_mspan){text, sizeof text});
	plk_human_number(&number, v);
	for (size_t n = number.n; n < width; n++)
		plk_writer_char(w, ' ');
	plk_writer_span(w, (struct plk_span){text, number.n});
}

static void
indent_put(struct plk_writer *w, size_t indent)
{
	for (size_t i = 0; i < indent; i++)
		plk_writer_char(w, ' ');
}

void
plk_human_wrap(struct plk_writer *w, struct plk_span text, size_t indent, size_t columns)
{
	size_t at = 0; /* column */

	for (size_t from = 0; from < text.n;) {
		const size_t end = plk_span_find(text, from, ' ');

		if (at > 0 && at + 1 + (end - from) > columns) {
			plk_writer_char(w, '\n');
			at = 0;
		}
		if (at > 0) {
			plk_writer_char(w, ' ');
			at++;
		} else {
			indent_put(w, indent);
			at = indent;
		}
		plk_writer_span(w, plk_span_slice(text, from, end));
		at += end - from;
		from = end + 1;
	}
	if (text.n > 0)
		plk_writer_char(w, '\n');
}
