/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h: where one JSON object ends in a stream, and text as a JSON string (RFC 8259).
 *
 * Objects come back to back, with blanks between them or none; nothing else tells where one ends. The scanner knows just enough
 * to find that:
 *
 *   MESSAGE = OBJECT                           at most PLK_CONTROL_MESSAGE_MAX bytes
 *   OBJECT  = "{" *ITEM "}"
 *   ARRAY   = "[" *ITEM "]"                    OBJECT and ARRAY in each other: at most PLK_CONTROL_DEPTH_MAX
 *   ITEM    = OBJECT | ARRAY | STRING | LOOSE
 *   STRING  = DQUOTE *(any byte from 0x20 on but DQUOTE and "\" | "\" any byte from 0x20 on) DQUOTE
 *   LOOSE   = BLANK | any of , : + - . 0-9 A-Z a-z
 *   BLANK   = 0x20 | 0x09 | 0x0a | 0x0d
 *
 * That is more than JSON: what it finds is for a parser to read. But every JSON object within the limits is found, and ends where
 * JSON says. What no JSON object can begin with or have in it is refused as soon as it is seen, so that nobody has to buffer it.
 *
 * Trust: bytes come from a control client. Pure. Fuzz: fuzz/json_fuzz.c.
 */
#ifndef PLK_TEXT_JSON_H
#define PLK_TEXT_JSON_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>

#include "base/writer.h"

/** struct plk_json_scan - how far a message has been looked at; zeroed at the beginning of each. All members are private.
 * @at:      bytes that were looked at
 * @depth:   objects and arrays that are open
 * @arrays:  bit I is set when the one at depth I + 1 is an array
 * @in_string: and @is_escaped, the byte after a backslash
 */
struct plk_json_scan {
	size_t at;
	unsigned depth;
	uint32_t arrays;
	bool in_string;
	bool is_escaped;
};

/** plk_json_blank() - how many blanks @in begins with */
size_t plk_json_blank(struct plk_span in);

/** plk_json_scan() - look for the end of a message, from where the last call stopped
 * @in:  what there is of it, from its first byte on; at each call the bytes of the call before, and perhaps more
 * @n:   set on PLK_OK only: bytes of the message
 * Return: PLK_OK; PLK_E_SHORT (it goes on); PLK_E_MALFORMED (no JSON object begins like this); PLK_E_LIMIT (longer or deeper
 * than the limits). After the last two it stays so.
 */
PLK_MUST_USE enum plk_err plk_json_scan(struct plk_json_scan *s, struct plk_span in, size_t *n);

/** plk_json_string() - append text as a JSON string, in its quotes
 * Any bytes give valid JSON, which a terminal can be shown: UTF-8 stands for itself, newline and tab are escaped. Other control
 * characters, invisible ones that change how others are read (C1, bidirectional, line separators), and bytes that are not UTF-8
 * become text, \xNN for each byte.
 */
void plk_json_string(struct plk_writer *w, struct plk_span s);

/** plk_json_text() - the same without the quotes */
void plk_json_text(struct plk_writer *w, struct plk_span s);

/* bytes that a byte of text takes at most: a backslash, escaped, and xNN */
#define PLK_JSON_BYTE_MAX 5

#endif
