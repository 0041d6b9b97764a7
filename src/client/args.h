/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * args.h: the arguments of a command, one after the other.
 *
 *   "--NAME=VALUE" | "--NAME" "VALUE" | "-LVALUE" | "-L" "VALUE" | "--NAME"     options, anywhere
 *   "--"                                                                      operands only from here on
 *   everything else, "-" too                                                  an operand
 *
 * Names are written out, an option stands at most once. (getopt_long(3) takes abbreviations, which
 * a later option makes ambiguous, and obeys the environment.)
 *
 * Trust: the command line, perhaps of a script with other people's strings in it.
 */
#ifndef PLK_CLIENT_ARGS_H
#define PLK_CLIENT_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#define PLK_ARGS_OPTIONS_MAX 8

/** struct plk_option - an option that a command knows
 * @letter:     0 is none
 * @name:       without dashes; NULL is none
 * @has_value:  it needs one; else it takes none
 */
struct plk_option {
	char letter;
	const char *name;
	bool has_value;
};

/** enum plk_arg_kind - what came next */
enum plk_arg_kind {
	PLK_ARG_END,
	PLK_ARG_OPERAND,
	PLK_ARG_OPTION,
	PLK_ARG_WRONG, /* a message has been given */
};

/** struct plk_arg - one of the arguments
 * @option:  OPTION: index in the table
 * @text:    OPERAND: the operand; OPTION: its value, or NULL; points into the arguments
 */
struct plk_arg {
	enum plk_arg_kind kind;
	size_t option;
	const char *text;
};

/** struct plk_args - where we are; all members but those that plk_args_init() takes are private */
struct plk_args {
	const char *command;
	char *const *args;
	size_t n_args;
	const struct plk_option *options;
	size_t n_options;
	size_t at;
	bool operands_only;
	bool seen[PLK_ARGS_OPTIONS_MAX];
};

/** plk_args_init() - begin at the first argument
 * @command:  for messages; NULL if the command is still to come
 * @args:     borrowed, as all that points somewhere here
 * @options:  @n_options rows, at most PLK_ARGS_OPTIONS_MAX
 */
void plk_args_init(struct plk_args *a, const char *command, char *const *args, size_t n_args,
		   const struct plk_option *options, size_t n_options);

/** plk_args_next() - take the next argument
 * @out:  always set
 * Return: @out->kind.
 */
enum plk_arg_kind plk_args_next(struct plk_args *a, struct plk_arg *out);

#endif
