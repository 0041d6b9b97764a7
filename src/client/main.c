/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlock: the client tool. This file finds the command; command.h lists them.
 *
 * Trust: it runs with the rights of its user and needs no others.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <pktlock/err.h>

#include "client/args.h"
#include "client/command.h"
#include "client/say.h"
#include "text/words.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

struct command {
	const char *name;
	int (*run)(char *const *args, size_t n_args);
};

static const struct command commands[] = {
	{"capture", plk_capture_run}, {"replay", plk_replay_run}, {"parse", plk_parse_run},
	{"stats", plk_stats_run},     {"ctl", plk_ctl_run},
};

static const char help[] =
	"usage: pktlock COMMAND [ARGUMENT]...\n"
	"\n"
	"  capture REMOTE       frames of a port of pktlockd, as pcapng\n"
	"  replay REMOTE FILE   the frames of a capture file, to a port of pktlockd\n"
	"  parse KIND STRING    whether pktlockd understands a string, and its canonical form\n"
	"  stats CONTROL        the counters of pktlockd\n"
	"  ctl CONTROL COMMAND  what runs, and changes to it\n"
	"\n"
	"  --help               this text; pktlock COMMAND --help tells more\n"
	"  --version            the version\n"
	"\n"
	"  pktlock capture unix:/run/pktlock/eth1.sock | tcpdump -n -r -\n"
	"\n"
	"Status 0: done; 1: something refused or failed; 2: the command line is wrong.\n";

enum option { OPTION_HELP, OPTION_VERSION, OPTIONS };

static const struct plk_option options[OPTIONS] = {
	[OPTION_HELP] = {0, "help", false},
	[OPTION_VERSION] = {0, "version", false},
};

/* A descriptor that was closed at the start would be taken by the next socket or file, and messages
 * would go there. What is opened instead has nothing to read and cannot be written. */
static void
standard_descriptors_fill(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)open("/dev/null", O_RDONLY | O_NOCTTY);
	}
}

static int
command_run(const char *name, char *const *args, size_t n_args)
{
	struct plk_quoted quoted;

	for (size_t i = 0; i < COUNT_OF(commands); i++) {
		if (plk_word_is(plk_span_str(name), commands[i].name))
			return commands[i].run(args, n_args);
	}
	return plk_say_usage(NULL, "%s: unknown command", plk_quote(&quoted, name));
}

int
main(int argc, char **argv)
{
	size_t n_args = argc > 0 ? (size_t)argc - 1 : 0;
	char *const *args = argc > 0 ? argv + 1 : argv;
	struct plk_args a;
	struct plk_arg arg;

	standard_descriptors_fill();
	plk_args_init(&a, NULL, args, n_args, options, OPTIONS);
	switch (plk_args_next(&a, &arg)) {
	case PLK_ARG_OPERAND:
		return command_run(arg.text, args + a.at, n_args - a.at);
	case PLK_ARG_OPTION:
		return plk_print(NULL, plk_span_str(arg.option == OPTION_HELP
							    ? help
							    : "pktlock " PLK_VERSION "\n"));
	case PLK_ARG_END:
		return plk_say_usage(NULL, "the command is missing");
	default:
		return PLK_EXIT_USAGE;
	}
}
