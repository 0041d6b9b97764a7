/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * commands.h: what a control client can have done.
 *
 * A command runs from the main loop, never in a callback, one at a time. It may wait for the broker and the worker
 * (plk_front_ask()): meanwhile other clients are only listened to.
 *
 * Trust: parameters are a control client's, who may do all of this; texts of his are answered to him as they are
 * (plk_json_string() makes them harmless) and logged escaped.
 */
#ifndef PLK_FRONT_COMMANDS_H
#define PLK_FRONT_COMMANDS_H

#include <stdbool.h>

#include "base/writer.h"
#include "front/jsonrpc.h"

/** plk_command - a command's handler
 * @params: @n of them, as many as the table permits; strings without NUL, perhaps empty
 * @out:    for the result, or the error: lines that end with a newline each, or nothing. A change has PLK_CONTROL_CHANGE_MAX
 *          bytes, others PLK_CONTROL_TEXT_MAX.
 * Return: done, or refused.
 */
typedef bool (*plk_command)(const struct plk_span *params, size_t n, struct plk_writer *out);

/** struct plk_command_row - a command
 * @usage:     its parameters, for list-commands
 * @is_change: it changes something, and is logged with who wanted it (one that may have parameters only if it has any). Others may
 *             be run again for one request.
 */
struct plk_command_row {
	const char *name;
	const char *usage;
	size_t min_args;
	size_t max_args;
	bool is_change;
	plk_command run;
};

/** plk_command_find() - the command that a request is for, if it may have these parameters
 * @out: the error, if there is none; room for PLK_CONTROL_CHANGE_MAX bytes
 * Return: static lifetime; NULL.
 */
const struct plk_command_row *plk_command_find(const struct plk_request *request,
					       struct plk_writer *out);

/** plk_command_number() - which of the commands it is: below PLK_LINES_REASONS */
unsigned plk_command_number(const struct plk_command_row *row);

/** plk_command_name() - the name of the command of that number */
const char *plk_command_name(unsigned number);

#endif
