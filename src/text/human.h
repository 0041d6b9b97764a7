/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * human.h: numbers and words for people at a terminal.
 *
 *   NUMBER = canonical decimal, at most 9999
 *          | DIGITS "k" | "M" | "G" | "T" | "P" | "E"      three digits, cut off: 12.3k, 123k, 1.23M; powers of 1000
 *   TIME   = N "s" | N "m " N "s" | N "h " N "m" | N "d " N "h"
 *
 * Pure. Test: tests/unit/human_test.c.
 */
#ifndef PLK_TEXT_HUMAN_H
#define PLK_TEXT_HUMAN_H

#include "base/writer.h"

#define PLK_HUMAN_NUMBER_MAX 5 /* bytes of a NUMBER */

/** plk_human_number() - append a number, not exactly */
void plk_human_number(struct plk_writer *w, uint64_t v);

/** plk_human_time() - append how long something took, or is ago */
void plk_human_time(struct plk_writer *w, uint64_t ms);

/** plk_human_column() - append a number as a column of a table: behind as many blanks as it needs to have @width bytes */
void plk_human_column(struct plk_writer *w, uint64_t v, size_t width);

/** plk_human_wrap() - append words as lines
 * @text:    words with one blank between them
 * @indent:  blanks that each line begins with
 * @columns: bytes of a line at most, unless a word alone is longer
 */
void plk_human_wrap(struct plk_writer *w, struct plk_span text, size_t indent, size_t columns);

#endif
