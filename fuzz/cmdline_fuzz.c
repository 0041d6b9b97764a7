/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a command line, each argument ended by a NUL, as in /proc/PID/cmdline. An option
 * means the same with "=" and with its value as the next argument; ports and interface mean what
 * their own parsers say.
 */
#include "text/cmdline.h"

#include "harness.h"

#define BYTES_MAX 8192
#define ARGS_MAX 160

static const char *const with_value[] = {
	"--interface",    "--remote",     "--clients",     "--queue",
	"--log-level",    "--control",    "--control-uid", "--control-gid",
	"--remotes-file", "--remote-dir", "--filter",      "--require",
};

static const char *const without_value[] = {"--check", "--help", "--version"};

struct line {
	char *args[ARGS_MAX];
	size_t n;
};

static char bytes[BYTES_MAX + 1];
static char names[BYTES_MAX + 1];

static void
split(struct plk_span in, struct line *line)
{
	if (in.n > 0)
		memcpy(bytes, in.p, in.n);
	bytes[in.n] = '\0';
	line->n = 0;
	for (size_t at = 0; at < in.n && line->n < ARGS_MAX / 2; at += strlen(bytes + at) + 1)
		line->args[line->n++] = bytes + at;
}

/* The length of the option with a value that @arg is, or begins with before a '='; 0 if none. */
static size_t
option_length(const char *arg)
{
	size_t n = strcspn(arg, "=");

	for (size_t i = 0; i < COUNT(with_value); i++) {
		if (strlen(with_value[i]) == n && strncmp(with_value[i], arg, n) == 0)
			return n;
	}
	return 0;
}

/* The same line with each --option=value in two arguments. The values stay where they are. */
static void
separate(const struct line *from, struct line *to)
{
	size_t used = 0;

	to->n = 0;
	for (size_t i = 0; i < from->n; i++) {
		char *arg = from->args[i];
		size_t n = option_length(arg);

		if (n == 0 || arg[n] == '\0') {
			to->args[to->n++] = arg;
			if (n > 0 && i + 1 < from->n)
				to->args[to->n++] = from->args[++i];
			continue;
		}
		memcpy(names + used, arg, n);
		names[used + n] = '\0';
		to->args[to->n++] = names + used;
		to->args[to->n++] = arg + n + 1;
		used += n + 1;
	}
}

static bool
is_known(const char *option)
{
	for (size_t i = 0; i < COUNT(with_value); i++) {
		if (strcmp(option, with_value[i]) == 0)
			return true;
	}
	for (size_t i = 0; i < COUNT(without_value); i++) {
		if (strcmp(option, without_value[i]) == 0)
			return true;
	}
	return false;
}

static void
error_check(enum plk_err err, const struct plk_cmdline_error *error)
{
	CHECK(!error->option || is_known(error->option));
	CHECK(error->option || error->has_text);
	CHECK((err == PLK_E_OPT_UNKNOWN || err == PLK_E_OPT_OPERAND) == !error->option);
	if (!error->has_text) {
		CHECK(error->at == 0);
		return;
	}
	CHECK(error->at <= error->text.n);
	CHECK((const char *)error->text.p >= bytes);
	CHECK(strlen((const char *)error->text.p) == error->text.n);
}

static void
ports_check(const struct plk_cmdline *out)
{
	CHECK(out->n_ports >= 1 || out->has_control || out->has_remotes_file);
	CHECK(out->n_ports <= PLK_PORTS_MAX);
	for (size_t i = 0; i < out->n_ports; i++) {
		struct plk_port port;
		size_t at;

		CHECK(plk_port_parse(out->texts[i], &port, &at) == PLK_OK);
		CHECK(memcmp(&port, &out->ports[i], sizeof port) == 0);
	}
}

static void
filter_check(const struct plk_cmdline *out)
{
	bool blank = true;

	if (!out->has_filter) {
		CHECK(!out->filter.p && out->filter.n == 0);
		return;
	}
	CHECK(out->filter.n >= 1 && out->filter.n <= 4095);
	CHECK(strlen((const char *)out->filter.p) == out->filter.n);
	for (size_t i = 0; i < out->filter.n; i++) {
		CHECK(out->filter.p[i] >= ' ' && out->filter.p[i] != 0x7f);
		blank &= out->filter.p[i] == ' ';
	}
	CHECK(!blank);
}

static void
control_check(const struct plk_cmdline *out)
{
	struct plk_remote remote;
	size_t at;

	CHECK(out->n_control_uids <= 32 && out->n_control_gids <= 32);
	if (!out->has_control) {
		CHECK(!out->control_text.p && out->n_control_uids + out->n_control_gids == 0);
		return;
	}
	CHECK(plk_remote_parse(out->control_text, &remote, &at) == PLK_OK);
	CHECK(memcmp(&remote, &out->control, sizeof remote) == 0);
	CHECK(remote.kind == PLK_REMOTE_PUNIX || remote.kind == PLK_REMOTE_PFD ||
	      remote.kind == PLK_REMOTE_SD);
}

/* A path is one when a socket may have it. */
static void
path_check(const char *path)
{
	char text[sizeof "unix:" + PLK_PATH_MAX] = "unix:";
	struct plk_remote remote;
	size_t at;

	CHECK(strlen(path) <= PLK_PATH_MAX);
	strcat(text, path);
	CHECK(plk_remote_parse((struct plk_span){(const uint8_t *)text, strlen(text)}, &remote,
			       &at) == PLK_OK);
}

static void
files_check(const struct plk_cmdline *out)
{
	if (out->has_remotes_file)
		path_check(out->remotes_file);
	CHECK(out->n_remote_dirs <= 16);
	for (size_t i = 0; i < out->n_remote_dirs; i++)
		path_check(out->remote_dirs[i]);
}

static void
line_check(const struct plk_cmdline *out)
{
	uint8_t text[PLK_IFNAME_MAX];
	size_t n;

	if (out->mode == PLK_MODE_HELP || out->mode == PLK_MODE_VERSION)
		return;
	CHECK(out->mode == PLK_MODE_RUN || out->mode == PLK_MODE_CHECK);
	CHECK(out->clients >= 1 && out->clients <= 1024);
	CHECK(out->queue >= 69640 && out->queue <= 16777216);
	CHECK(out->log_level < PLK_LOG_LEVELS);
	CHECK(plk_iface_encode(&out->iface, (struct plk_mspan){text, sizeof text}, &n) == PLK_OK);
	CHECK(n > 0);
	ports_check(out);
	filter_check(out);
	control_check(out);
	files_check(out);
}

static bool
same_error(const struct plk_cmdline_error *a, const struct plk_cmdline_error *b)
{
	return a->option == b->option && a->has_text == b->has_text && a->at == b->at &&
	       a->text.p == b->text.p && a->text.n == b->text.n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plk_cmdline out;
	static struct plk_cmdline again;
	struct plk_cmdline_error error;
	struct plk_cmdline_error error_again;
	struct line line;
	struct line separated;
	enum plk_err err;

	if (size > BYTES_MAX)
		return 0;
	split((struct plk_span){data, size}, &line);
	mark(&error, sizeof error);
	err = plk_cmdline_parse(line.args, line.n, &out, &error);
	if (err == PLK_OK) {
		CHECK(untouched(&error, sizeof error));
		line_check(&out);
	} else {
		error_check(err, &error);
	}
	separate(&line, &separated);
	mark(&error_again, sizeof error_again);
	CHECK(plk_cmdline_parse(separated.args, separated.n, &again, &error_again) == err);
	if (err == PLK_OK)
		CHECK(memcmp(&again, &out, sizeof out) == 0);
	else
		CHECK(same_error(&error, &error_again));
	return 0;
}
