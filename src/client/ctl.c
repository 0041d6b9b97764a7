/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlock ctl, pktlock stats: a command to a daemon's control socket.
 *
 * Trust: the command line is the user's; what the daemon answers is shown as text only, whatever it is: what a terminal would obey
 * becomes \xNN.
 */
#include "client/command.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <pktlock/fdnum.h>
#include <pktlock/remote.h>

#include "base/writer.h"
#include "client/args.h"
#include "client/connect.h"
#include "client/say.h"
#include "client/unixctl.h"
#include "text/visible.h"
#include "text/words.h"

#define WORDS_MAX 64 /* of a request: the command and its arguments */
#define TIMEOUT_S 30
#define TIMEOUT_MAX_S 3600
#define PIECE_BYTES 16384
#define UNIX "unix:"

static const char ctl_help[] =
	"usage: pktlock ctl [--timeout=SECONDS] CONTROL COMMAND [ARGUMENT]...\n"
	"\n"
	"Have a daemon do what an administrator wants, and print its answer. pktlockd(8), RUN "
	"TIME, has the\n"
	"commands, and so has list-commands.\n"
	"\n"
	"  CONTROL              the daemon's --control=: an absolute path, or unix:PATH\n"
	"  --timeout=SECONDS    how long it has to answer: 1 to 3600; 30\n"
	"  --help               this text\n"
	"\n"
	"  pktlock ctl /run/pktlock/eth1.ctl list-remotes\n"
	"\n"
	"Status 0: done; 1: refused, or no answer; 2: the command line is wrong. An ARGUMENT that "
	"begins\n"
	"with - goes after --.\n";

static const char stats_help[] =
	"usage: pktlock stats [--timeout=SECONDS] CONTROL [json|openmetrics]\n"
	"\n"
	"Print the counters of a daemon, as 'pktlock ctl CONTROL stats' does.\n"
	"\n"
	"  CONTROL              the daemon's --control=: an absolute path, or unix:PATH\n"
	"  --timeout=SECONDS    how long it has to answer: 1 to 3600; 30\n"
	"  --help               this text\n"
	"\n"
	"Status 0: done; 1: refused, or no answer; 2: the command line is wrong.\n";

/** struct order - what is wanted
 * @command: ctl or stats
 * @control: as it was written
 * @words:   the request; @n_words of them
 */
struct order {
	const char *command;
	const char *control;
	struct plk_remote remote;
	uint64_t timeout_s;
	const char *words[WORDS_MAX];
	size_t n_words;
};

/* ---- what comes back ---- */

static int
piece_print(const char *command, struct plk_writer *w)
{
	const int status = plk_print(command, (struct plk_span){w->out.p, w->n});

	w->n = 0;
	return status;
}

/* As much of @text as fits; returns how much that is. */
static size_t
text_append(struct plk_writer *w, struct plk_span text)
{
	size_t at = 0;

	while (at < text.n && w->out.n - w->n >= PLK_CHARACTER_MAX * 4) {
		bool is_visible;
		const size_t n = plk_character_next((struct plk_span){text.p + at, text.n - at},
						    &is_visible);
		const struct plk_span character = {text.p + at, n};

		if (is_visible || character.p[0] == '\n' || character.p[0] == '\t')
			plk_writer_span(w, character);
		else
			plk_writer_escaped(w, character, n);
		at += n;
	}
	return at;
}

/* The text, and a newline if it has none at its end: Open vSwitch 4.0 leaves it out. */
static int
result_print(const char *command, struct plk_span text)
{
	static uint8_t piece[PIECE_BYTES];
	const bool is_open = text.n > 0 && text.p[text.n - 1] != '\n';
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){piece, sizeof piece - 1});
	while (text.n > 0) {
		const size_t n = text_append(&w, text);

		text = (struct plk_span){text.p + n, text.n - n};
		if (text.n > 0 && piece_print(command, &w) != PLK_EXIT_OK)
			return PLK_EXIT_FAILED;
	}
	if (is_open)
		piece[w.n++] = '\n';
	return piece_print(command, &w);
}

static const char *
control_name(const struct order *o, struct plk_quoted *q)
{
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)q->text, sizeof q->text});
	plk_writer_escaped(&w, plk_span_str(o->control), PLK_QUOTE_MAX);
	plk_writer_cstr(&w);
	return q->text;
}

/* Each line of an error for itself. */
static void
error_say(const char *control, struct plk_span text)
{
	char line[1024];
	struct plk_writer w;

	do {
		const size_t end = plk_span_find(text, 0, '\n');

		plk_writer_init(&w, (struct plk_mspan){(uint8_t *)line, sizeof line - 4});
		if (text_append(&w, plk_span_slice(text, 0, end)) < end) {
			w.out.n = sizeof line;
			plk_writer_str(&w, "...");
		}
		plk_writer_cstr(&w);
		plk_say(control, "%s", line);
		text = plk_span_slice(text, end < text.n ? end + 1 : end, text.n);
	} while (text.n > 0);
}

/* ---- the request ---- */

static int
limits_set(int fd, uint64_t seconds)
{
	struct timeval limit = {.tv_sec = (time_t)seconds};

	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) < 0)
		return -errno;
	return 0;
}

static int
order_run(const struct order *o)
{
	struct plk_answer answer = {.reason = NULL};
	struct plk_quoted quoted;
	const char *control = control_name(o, &quoted);
	int status = PLK_EXIT_FAILED;
	int fd;
	int rc;

	if (plk_connect_open(o->command, &o->remote, &fd) < 0)
		return PLK_EXIT_FAILED;
	rc = limits_set(fd, o->timeout_s);
	if (rc < 0) {
		plk_say(control, "%s", strerror(-rc));
		close(fd);
		return PLK_EXIT_FAILED;
	}
	switch (plk_unixctl_ask(fd, o->words, o->n_words, &answer)) {
	case PLK_UNIXCTL_DONE:
		status = result_print(o->command, answer.text);
		break;
	case PLK_UNIXCTL_REFUSED:
		error_say(control, answer.text);
		break;
	case PLK_UNIXCTL_FAILED:
		plk_say(control, "%s", answer.reason);
		break;
	}
	plk_unixctl_release(&answer);
	close(fd);
	return status;
}

/* ---- the command line ---- */

enum option { OPTION_TIMEOUT, OPTION_HELP, OPTIONS };

static const struct plk_option options[OPTIONS] = {
	[OPTION_TIMEOUT] = {0, "timeout", true},
	[OPTION_HELP] = {0, "help", false},
};

/* A path is short for unix:PATH. */
static int
control_parse(struct order *o)
{
	char text[PLK_REMOTE_TEXT_MAX + 1];
	const size_t prefix = o->control[0] == '/' ? sizeof UNIX - 1 : 0;
	const size_t n = strlen(o->control);
	struct plk_quoted quoted;
	enum plk_err err;
	size_t at = 0;

	if (prefix == 0 && strncmp(o->control, UNIX, sizeof UNIX - 1) != 0)
		return plk_say_usage(o->command, "%s: neither an absolute path nor unix:PATH",
				     plk_quote(&quoted, o->control));
	if (n > PLK_REMOTE_TEXT_MAX - prefix)
		return plk_say_usage(o->command, "%s: too long for a path",
				     plk_quote(&quoted, o->control));
	memcpy(text, UNIX, prefix);
	memcpy(text + prefix, o->control, n + 1);
	err = plk_remote_parse(plk_span_str(text), &o->remote, &at);
	if (err == PLK_OK)
		return PLK_EXIT_OK;
	return plk_say_usage(o->command, "%s: %s at byte %zu", plk_quote(&quoted, o->control),
			     plk_err_text(err), at - (at < prefix ? at : prefix));
}

static int
word_add(struct order *o, const char *word)
{
	struct plk_quoted quoted;

	if (!o->control) {
		o->control = word;
		return control_parse(o);
	}
	if (o->n_words == WORDS_MAX)
		return plk_say_usage(o->command, "there are too many arguments");
	if (!plk_unixctl_is_text(word))
		return plk_say_usage(o->command, "%s: not UTF-8", plk_quote(&quoted, word));
	o->words[o->n_words++] = word;
	return PLK_EXIT_OK;
}

static int
timeout_parse(struct order *o, const char *text)
{
	struct plk_quoted quoted;

	if (plk_number_parse(plk_span_str(text), TIMEOUT_MAX_S, &o->timeout_s) != PLK_OK ||
	    o->timeout_s == 0)
		return plk_say_usage(o->command,
				     "--timeout: %s: not a number of seconds from 1 to 3600",
				     plk_quote(&quoted, text));
	return PLK_EXIT_OK;
}

/* Return: whether to go on; else *status is set. */
static bool
order_parse(struct order *o, char *const *args, size_t n_args, const char *help, int *status)
{
	struct plk_args a;
	struct plk_arg arg;

	plk_args_init(&a, o->command, args, n_args, options, OPTIONS);
	while (plk_args_next(&a, &arg) != PLK_ARG_END) {
		*status = PLK_EXIT_USAGE;
		if (arg.kind == PLK_ARG_WRONG)
			return false;
		if (arg.kind == PLK_ARG_OPTION && arg.option == OPTION_HELP) {
			*status = plk_print(o->command, plk_span_str(help));
			return false;
		}
		*status = arg.kind == PLK_ARG_OPTION ? timeout_parse(o, arg.text)
						     : word_add(o, arg.text);
		if (*status != PLK_EXIT_OK)
			return false;
	}
	if (!o->control)
		*status = plk_say_usage(o->command, "CONTROL is missing");
	else if (o->n_words == 0)
		*status = plk_say_usage(o->command, "COMMAND is missing");
	return *status == PLK_EXIT_OK;
}

int
plk_ctl_run(char *const *args, size_t n_args)
{
	struct order o = {.command = "ctl", .timeout_s = TIMEOUT_S};
	int status = PLK_EXIT_OK;

	return order_parse(&o, args, n_args, ctl_help, &status) ? order_run(&o) : status;
}

int
plk_stats_run(char *const *args, size_t n_args)
{
	static const char *const formats[] = {"json", "openmetrics"};
	struct order o = {
		.command = "stats", .timeout_s = TIMEOUT_S, .words = {"stats"}, .n_words = 1};
	struct plk_quoted quoted;
	size_t format;
	int status = PLK_EXIT_OK;

	if (!order_parse(&o, args, n_args, stats_help, &status))
		return status;
	if (o.n_words > 2)
		return plk_say_usage(o.command, "there is more than one format");
	if (o.n_words == 2 && !plk_word_find(plk_span_str(o.words[1]), formats, 2, &format))
		return plk_say_usage(o.command, "%s: neither json nor openmetrics",
				     plk_quote(&quoted, o.words[1]));
	return order_run(&o);
}
