/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * visible.h: other people's text, character by character, and which of it a terminal can be shown.
 *
 *   CHARACTER = UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF) | any other byte, alone
 *
 * Visible is UTF-8 but control characters (C0, DEL, C1) and those that are not seen or change how others are read: soft hyphen,
 * zero width, bidirectional, line separators, byte order mark, tags.
 *
 * Trust: bytes come from anybody. Pure. Fuzz: fuzz/json_fuzz.c, by plk_json_string().
 */
#ifndef PLK_TEXT_VISIBLE_H
#define PLK_TEXT_VISIBLE_H

#include <stdbool.h>

#include <pktlock/span.h>

#define PLK_CHARACTER_MAX 4 /* bytes */

/** plk_character_next() - the character that @s begins with
 * @s:          not empty
 * @is_visible: always set
 * Return: its bytes.
 */
size_t plk_character_next(struct plk_span s, bool *is_visible);

#endif
