/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/outq.h"

#include <string.h>

#include "rows.h"

enum { PUT, PEEK, DROP, CUT };

struct step {
	int what;
	const char *text; /* PUT: parts with '|' between them; PEEK: what is there */
	size_t n;         /* DROP, CUT: bytes */
	bool ok;          /* PUT: it fits */
};

/* A queue of eight bytes. */
static const struct step steps[] = {
	{PEEK, "", 0, true},         {PUT, "abc|de", 0, true},
	{PUT, "xyzw", 0, false}, /* nothing of it */
	{PEEK, "abcde", 0, true},    {PUT, "f||gh", 0, true},
	{PUT, "i", 0, false},        {PUT, "|", 0, true}, /* nothing fits always */
	{DROP, NULL, 3, true},       {PEEK, "defgh", 0, true},
	{PUT, "1|2", 0, true}, /* around the end */
	{PUT, "34", 0, false},       {PUT, "3", 0, true},
	{PEEK, "defgh", 0, true}, /* up to the end */
	{DROP, NULL, 4, true},       {PEEK, "h", 0, true},
	{DROP, NULL, 1, true},       {PEEK, "123", 0, true},
	{PUT, "45678", 0, true},     {PUT, "9", 0, false},
	{PEEK, "12345678", 0, true}, {DROP, NULL, 99, true},
	{PEEK, "", 0, true},         {PUT, "123456789", 0, false},
	{PUT, "12345678", 0, true},  {PEEK, "12345678", 0, true},
	{CUT, NULL, 9, true},        {PEEK, "12345678", 0, true}, /* more than there is */
	{CUT, NULL, 8, true},        {PEEK, "12345678", 0, true},
	{DROP, NULL, 6, true},       {PUT, "abcdef", 0, true}, /* around the end */
	{CUT, NULL, 5, true},        {PEEK, "78", 0, true},
	{PUT, "xyz", 0, true}, /* behind what is left */
	{PUT, "u", 0, false},        {DROP, NULL, 2, true},
	{PEEK, "abcxyz", 0, true},   {CUT, NULL, 2, true},
	{PEEK, "ab", 0, true},       {CUT, NULL, 0, true},
	{PEEK, "", 0, true},         {CUT, NULL, 1, true},
	{PUT, "12345678", 0, true},  {PEEK, "12345678", 0, true}, /* it has started over */
};

static size_t
split(const char *text, struct plk_span *parts)
{
	size_t n = 0;

	for (;;) {
		size_t len = strcspn(text, "|");

		parts[n++] = (struct plk_span){(const uint8_t *)text, len};
		if (text[len] == '\0')
			return n;
		text += len + 1;
	}
}

static void
test_steps(void **state)
{
	uint8_t memory[8];
	struct plk_outq q;
	struct rows r;

	(void)state;
	plk_outq_init(&q, (struct plk_mspan){memory, sizeof memory});
	rows_begin(&r, "queue");
	for (size_t i = 0; i < COUNT(steps); i++) {
		const struct step *step = &steps[i];
		struct plk_span parts[8];

		row_begin_text(&r, "%zu: %s %zu", i, step->text ? step->text : "drop or cut",
			       step->n);
		if (step->what == PUT)
			row_number(&r, "fits", plk_outq_put(&q, parts, split(step->text, parts)),
				   step->ok);
		else if (step->what == PEEK)
			row_text(&r, "bytes", plk_outq_peek(&q), step->text);
		else if (step->what == DROP)
			plk_outq_drop(&q, step->n);
		else
			plk_outq_cut(&q, step->n);
	}
	rows_end(&r);
}

/* All sizes and positions against the simplest queue there is. */
static void
test_model(void **state)
{
	uint8_t memory[7];
	uint8_t model[64];
	size_t n_model = 0;
	struct plk_outq q;
	uint32_t random = 1;
	unsigned n_added = 0;

	(void)state;
	plk_outq_init(&q, (struct plk_mspan){memory, sizeof memory});
	for (int i = 0; i < 100000; i++) {
		uint8_t bytes[4] = {(uint8_t)i, (uint8_t)(i + 1), (uint8_t)(i + 2),
				    (uint8_t)(i + 3)};
		struct plk_span peek;
		size_t n;

		random = random * 1664525U + 1013904223U;
		n = random >> 28 & 3;
		if (random >> 31) {
			struct plk_span parts[2] = {{bytes, n / 2}, {bytes + n / 2, n - n / 2}};

			uint8_t *p = random >> 27 & 1 ? plk_outq_add(&q, n) : NULL;

			assert_true(!p || (n_model + n <= sizeof memory && p >= memory &&
					   p + n <= memory + sizeof memory));
			if (p)
				memcpy(p, bytes, n);
			else
				assert_int_equal(plk_outq_put(&q, parts, 2),
						 n_model + n <= sizeof memory);
			n_added += p != NULL;
			if (n_model + n <= sizeof memory) {
				memcpy(model + n_model, bytes, n);
				n_model += n;
			}
		} else if (random >> 24 & 1) {
			plk_outq_cut(&q, n * 2);
			n_model = n * 2 < n_model ? n * 2 : n_model;
		} else {
			plk_outq_drop(&q, n);
			n = n < n_model ? n : n_model;
			memmove(model, model + n, n_model - n);
			n_model -= n;
		}
		peek = plk_outq_peek(&q);
		assert_int_equal(plk_outq_bytes(&q), n_model);
		assert_true(peek.n <= n_model && (peek.n > 0 || n_model == 0));
		assert_memory_equal(peek.p, model, peek.n);
	}
	assert_in_range(n_added, 5000, 50000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps),
					   cmocka_unit_test(test_model)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
