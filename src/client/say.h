/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * say.h: what pktlock tells people on standard error, and its exit status.
 *
 * A message is one line and one write(2): "pktlock: COMMAND: text".
 *
 * Trust: texts of the user and of files are put in by plk_quote() only, so that they cannot be
 * mistaken and are bounded.
 */
#ifndef PLK_CLIENT_SAY_H
#define PLK_CLIENT_SAY_H

#include <pktlock/span.h>

#define PLK_QUOTE_MAX 200 /* bytes of a text that are shown */

/** enum plk_exit - the exit status: the world refused, or the command line is wrong */
enum plk_exit { PLK_EXIT_OK = 0, PLK_EXIT_FAILED = 1, PLK_EXIT_USAGE = 2 };

/** struct plk_quoted - room for a text in a message */
struct plk_quoted {
	char text[PLK_QUOTE_MAX * 4 + 8];
};

/** plk_quote() - a text in apostrophes, escaped and bounded
 * @q:     borrowed; holds the result
 * @text:  borrowed; any bytes
 * Return: a string that lives as long as @q.
 */
const char *plk_quote(struct plk_quoted *q, const char *text);

/** plk_say() - a message of a command; one that is too long is cut
 * @command:  the command's name
 */
void plk_say(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** plk_say_usage() - a message about the command line, with the way to the help
 * @command:  the command's name; NULL if none was given
 * Return: PLK_EXIT_USAGE.
 */
int plk_say_usage(const char *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** plk_say_plain() - text on standard error as it is, nothing before and nothing after it */
void plk_say_plain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** plk_print() - bytes to standard output, all of them
 * @command:  the command's name; NULL if none was given
 * Return: PLK_EXIT_OK; PLK_EXIT_FAILED, said why.
 */
int plk_print(const char *command, struct plk_span bytes);

#endif
