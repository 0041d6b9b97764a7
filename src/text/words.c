/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/words.h"

#include <string.h>

struct plk_span
plk_span_str(const char *s)
{
	return (struct plk_span){(const uint8_t *)s, strlen(s)};
}

struct plk_span
plk_span_slice(struct plk_span in, size_t from, size_t to)
{
	/* nothing may be at NULL, to which not even 0 may be added */
	return (struct plk_span){from > 0 ? in.p + from : in.p, to - from};
}

size_t
plk_span_find(struct plk_span in, size_t from, uint8_t c)
{
	size_t i = from;

	while (i < in.n && in.p[i] != c)
		i++;
	return i;
}

bool
plk_word_is(struct plk_span in, const char *word)
{
	size_t n = strlen(word);

	return in.n == n && (n == 0 || memcmp(in.p, word, n) == 0);
}

bool
plk_word_find(struct plk_span in, const char *const *words, size_t n_words, size_t *index)
{
	for (size_t i = 0; i < n_words; i++) {
		if (words[i] && plk_word_is(in, words[i])) {
			*index = i;
			return true;
		}
	}
	return false;
}

int
plk_hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
