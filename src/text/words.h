/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.h: the few things that the text parsers have in common. Pure.
 */
#ifndef PLK_TEXT_WORDS_H
#define PLK_TEXT_WORDS_H

#include <stdbool.h>

#include <pktlock/span.h>

/** plk_span_str() - a C string as a span, without its NUL; valid as long as the string */
struct plk_span plk_span_str(const char *s);

/** plk_span_slice() - the bytes of @in from @from up to and without @to; from <= to <= in.n */
struct plk_span plk_span_slice(struct plk_span in, size_t from, size_t to);

/** plk_span_find() - where the first @c is in @in at or after @from, or @in.n */
size_t plk_span_find(struct plk_span in, size_t from, uint8_t c);

/** plk_word_is() - whether @in is exactly @word */
bool plk_word_is(struct plk_span in, const char *word);

/** plk_word_find() - which of some words @in is, exactly
 * @words:  @n_words strings; NULL is never found
 * @index:  set when found only
 */
bool plk_word_find(struct plk_span in, const char *const *words, size_t n_words, size_t *index);

/** plk_hex_value() - the value of a hexadecimal digit of either case, or -1 */
int plk_hex_value(uint8_t c);

#endif
