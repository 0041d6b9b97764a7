/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlock parse: the daemon's parsers, for people and scripts.
 *
 * Trust: the string may be anybody's; the parsers are the daemon's own, and it is only shown
 * escaped.
 */
#include "client/command.h"

#include <pktlock/fdnum.h>
#include <pktlock/port.h>

#include "client/args.h"
#include "client/say.h"
#include "text/policy.h"
#include "text/words.h"

#define COMMAND "parse"
#define TEXT_MAX (PLK_PORT_TEXT_MAX + 1) /* and a newline */

static const char help[] =
	"usage: pktlock parse fd|remote|port [--origin=cmdline|file|control] STRING\n"
	"\n"
	"Read STRING as pktlockd would and print its canonical form, or say what is wrong with "
	"it.\n"
	"\n"
	"  fd               a descriptor number: 0 to 1048575\n"
	"  remote           pfd:FD, sd:NAME, punix:PATH, ptcp:PORT[:ADDR], unix:PATH, "
	"tcp:ADDR:PORT\n"
	"  port             ROLE[,KEY=VALUE]...@REMOTE, the value of pktlockd's --remote=\n"
	"  --origin=ORIGIN  as if it came from the command line (the default), the remotes file "
	"or\n"
	"                   a control client; pfd: and sd: are for the command line only\n"
	"  --help           this text\n"
	"\n"
	"Status 0: it is good; 2: it is not. A STRING that begins with - goes after --.\n";

/* Parse, ask the policy, print. On error *at is where it is. */

static enum plk_err
fd_convert(struct plk_span in, enum plk_origin origin, struct plk_mspan out, size_t *n, size_t *at)
{
	int fd;
	enum plk_err err = plk_fdnum_parse(in, &fd);

	(void)origin; /* the policy is about remotes */
	*at = 0;
	return err != PLK_OK ? err : plk_fdnum_encode(fd, out, n);
}

static enum plk_err
remote_convert(struct plk_span in, enum plk_origin origin, struct plk_mspan out, size_t *n,
	       size_t *at)
{
	struct plk_remote remote;
	enum plk_err err = plk_remote_parse(in, &remote, at);

	if (err != PLK_OK)
		return err;
	*at = 0;
	err = plk_policy_check(&remote, &(const struct plk_policy){.origin = origin});
	return err != PLK_OK ? err : plk_remote_encode(&remote, out, n);
}

static enum plk_err
port_convert(struct plk_span in, enum plk_origin origin, struct plk_mspan out, size_t *n,
	     size_t *at)
{
	struct plk_port port;
	enum plk_err err = plk_port_parse(in, &port, at);

	if (err != PLK_OK)
		return err;
	*at = plk_port_remote_at(in);
	err = plk_policy_check(&port.remote, &(const struct plk_policy){.origin = origin});
	return err != PLK_OK ? err : plk_port_encode(&port, out, n);
}

enum kind { KIND_FD, KIND_REMOTE, KIND_PORT, KINDS };

static const char *const kinds[KINDS] = {"fd", "remote", "port"};
static const char *const origins[PLK_ORIGINS] = {"cmdline", "file", "control"};

static int
convert(enum kind kind, enum plk_origin origin, const char *text)
{
	static enum plk_err (*const by_kind[KINDS])(struct plk_span, enum plk_origin,
						    struct plk_mspan, size_t *, size_t *) = {
		fd_convert, remote_convert, port_convert};
	static const char *const messages[KINDS] = {"parse fd", "parse remote", "parse port"};
	static uint8_t out[TEXT_MAX];
	struct plk_quoted quoted;
	size_t n;
	size_t at;
	enum plk_err err = by_kind[kind](plk_span_str(text), origin,
					 (struct plk_mspan){out, sizeof out - 1}, &n, &at);

	if (err == PLK_OK) {
		out[n++] = '\n';
		return plk_print(COMMAND, (struct plk_span){out, n});
	}
	plk_say(messages[kind], "%s: %s at byte %zu", plk_quote(&quoted, text), plk_err_text(err),
		at);
	return PLK_EXIT_USAGE;
}

static int
words_find(const char *kind_text, const char *origin_text, size_t *kind, size_t *origin)
{
	struct plk_quoted quoted;

	*origin = PLK_ORIGIN_CMDLINE;
	if (!plk_word_find(plk_span_str(kind_text), kinds, KINDS, kind))
		return plk_say_usage(COMMAND, "%s: not one of fd, remote and port",
				     plk_quote(&quoted, kind_text));
	if (origin_text && !plk_word_find(plk_span_str(origin_text), origins, PLK_ORIGINS, origin))
		return plk_say_usage(COMMAND, "--origin: %s: not one of cmdline, file and control",
				     plk_quote(&quoted, origin_text));
	return PLK_EXIT_OK;
}

enum option { OPTION_ORIGIN, OPTION_HELP, OPTIONS };

static const struct plk_option options[OPTIONS] = {
	[OPTION_ORIGIN] = {0, "origin", true},
	[OPTION_HELP] = {0, "help", false},
};

int
plk_parse_run(char *const *args, size_t n_args)
{
	const char *origin_text = NULL;
	const char *operands[2] = {NULL};
	size_t n_operands = 0;
	size_t kind;
	size_t origin;
	struct plk_args a;
	struct plk_arg arg;
	int status;

	plk_args_init(&a, COMMAND, args, n_args, options, OPTIONS);
	while (plk_args_next(&a, &arg) != PLK_ARG_END) {
		if (arg.kind == PLK_ARG_WRONG)
			return PLK_EXIT_USAGE;
		if (arg.kind == PLK_ARG_OPTION && arg.option == OPTION_HELP)
			return plk_print(COMMAND, plk_span_str(help));
		if (arg.kind == PLK_ARG_OPTION)
			origin_text = arg.text;
		else if (n_operands == 2)
			return plk_say_usage(COMMAND, "there is more than one STRING");
		else
			operands[n_operands++] = arg.text;
	}
	if (n_operands < 2)
		return plk_say_usage(COMMAND, "%s is missing",
				     n_operands == 0 ? "fd, remote or port" : "STRING");
	status = words_find(operands[0], origin_text, &kind, &origin);
	if (status != PLK_EXIT_OK)
		return status;
	return convert((enum kind)kind, (enum plk_origin)origin, operands[1]);
}
