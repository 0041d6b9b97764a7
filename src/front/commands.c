/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/commands.h"

#include "front/control.h"
#include "front/front.h"
#include "front/show.h"
#include "front/stats.h"
#include "text/words.h"

static bool list_commands(const struct plk_span *params, size_t n, struct plk_writer *out);

static bool
version(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	(void)params;
	(void)n;
	plk_writer_str(out, "pktlockd " PLK_VERSION "\n");
	return true;
}

static bool
stop(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	(void)params;
	(void)n;
	(void)out;
	plk_control_exit();
	return true;
}

static bool
log_level(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	static const char *const levels[] = {"error", "warning", "info", "debug"};
	size_t level;

	(void)n;
	if (!plk_word_find(params[0], levels, PLK_LOG_LEVELS, &level))
		return plk_words_refuse(params[0], out,
					" is not a log level (error, warning, info or debug)\n");
	plk_log_level((enum plk_log)level);
	return true;
}

/* By name. */
/* clang-format off */
static const struct plk_command_row commands[] = {
	{"add-remote",    "PORT-SPEC",                1, 1, true,  plk_command_add_remote},
	{"exit",          "",                         0, 0, true,  stop},
	{"list-commands", "",                         0, 0, false, list_commands},
	{"list-remotes",  "",                         0, 0, false, plk_command_list_remotes},
	{"log-level",     "error|warning|info|debug", 1, 1, true,  log_level},
	{"reload",        "",                         0, 0, true,  plk_command_reload},
	{"remove-remote", "PORT-SPEC|REMOTE",         1, 1, true,  plk_command_remove_remote},
	{"show",          "",                         0, 0, false, plk_command_show},
	{"stats",         "[json|openmetrics]",       0, 1, false, plk_command_stats},
	{"status",        "[on|off]",                 0, 1, true,  plk_command_status},
	{"version",       "",                         0, 0, false, version},
};
/* clang-format on */

#define N_COMMANDS (sizeof commands / sizeof *commands)
#define COLUMN 23 /* as in Open vSwitch */

static bool
list_commands(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	(void)params;
	(void)n;
	plk_writer_str(out, "The available commands are:\n");
	for (size_t i = 0; i < N_COMMANDS; i++) {
		plk_writer_str(out, "  ");
		plk_writer_str(out, commands[i].name);
		for (size_t at = plk_span_str(commands[i].name).n; at < COLUMN; at++)
			plk_writer_char(out, ' ');
		plk_writer_char(out, ' ');
		plk_writer_str(out, commands[i].usage);
		plk_writer_char(out, '\n');
	}
	return true;
}

_Static_assert(N_COMMANDS <= PLK_LINES_REASONS, "each has lines of its own");

unsigned
plk_command_number(const struct plk_command_row *row)
{
	return (unsigned)(row - commands);
}

const char *
plk_command_name(unsigned number)
{
	return commands[number].name;
}

static const struct plk_command_row *
command_named(struct plk_span name)
{
	for (size_t i = 0; i < N_COMMANDS; i++) {
		if (plk_word_is(name, commands[i].name))
			return &commands[i];
	}
	return NULL;
}

static void
count_refuse(struct plk_writer *out, const char *what, size_t n)
{
	plk_writer_str(out, what);
	plk_writer_dec(out, n);
	plk_writer_str(out, " arguments\n");
}

const struct plk_command_row *
plk_command_find(const struct plk_request *request, struct plk_writer *out)
{
	const struct plk_command_row *row = command_named(request->method);

	/* Open vSwitch's words */
	if (row && request->n_params >= row->min_args && request->n_params <= row->max_args &&
	    request->all_strings)
		return row;
	plk_words_quote(request->method, out);
	if (!row)
		plk_writer_str(out, " is not a valid command (use \"list-commands\" to see a list "
				    "of valid commands)\n");
	else if (request->n_params < row->min_args)
		count_refuse(out, " command requires at least ", row->min_args);
	else if (request->n_params > row->max_args)
		count_refuse(out, " command takes at most ", row->max_args);
	else
		plk_writer_str(out, " command has non-string argument\n");
	return NULL;
}
