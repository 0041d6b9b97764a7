/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/cmdline.h"

#include <string.h>

#include <pktlock/fdnum.h>

#include "text/ids.h"
#include "text/path.h"
#include "text/policy.h"
#include "text/words.h"

typedef enum plk_err (*value_read)(struct plk_span value, struct plk_cmdline *out, size_t *at);

static enum plk_err
interface_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	return plk_iface_parse(value, &out->iface, at);
}

static enum plk_err
remote_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	static const struct plk_policy policy = {.origin = PLK_ORIGIN_CMDLINE};
	enum plk_err err;

	*at = 0;
	if (out->n_ports == PLK_PORTS_MAX)
		return PLK_E_OPT_MANY;
	err = plk_port_parse(value, &out->ports[out->n_ports], at);
	if (err != PLK_OK)
		return err;
	err = plk_policy_check(&out->ports[out->n_ports].remote, &policy);
	if (err != PLK_OK) {
		*at = plk_port_remote_at(value);
		return err;
	}
	out->texts[out->n_ports++] = value;
	return PLK_OK;
}

static enum plk_err
clients_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	*at = 0;
	return plk_number_range_parse(value, 1, PLK_CLIENTS_MAX, &out->clients);
}

static enum plk_err
queue_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	*at = 0;
	return plk_number_range_parse(value, PLK_QUEUE_MIN, PLK_QUEUE_MAX, &out->queue);
}

static enum plk_err
log_level_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	static const char *const words[PLK_LOG_LEVELS] = {"error", "warning", "info", "debug"};
	size_t i;

	*at = 0;
	if (!plk_word_find(value, words, PLK_LOG_LEVELS, &i))
		return PLK_E_VALUE_UNKNOWN;
	out->log_level = (enum plk_log_level)i;
	return PLK_OK;
}

static enum plk_err
require_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	*at = 0;
	if (!plk_word_is(value, "namespaces"))
		return PLK_E_VALUE_UNKNOWN;
	out->require_namespaces = true;
	return PLK_OK;
}

/* What an expression means is libpcap's to say. */
static enum plk_err
filter_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	bool blank = true;

	*at = PLK_FILTER_MAX;
	if (value.n > PLK_FILTER_MAX)
		return PLK_E_FILTER_LONG;
	for (size_t i = 0; i < value.n; i++) {
		*at = i;
		if (value.p[i] < 0x20 || value.p[i] == 0x7f)
			return PLK_E_FILTER_CONTROL;
		blank &= value.p[i] == ' ';
	}
	*at = 0;
	if (blank)
		return PLK_E_FILTER_MISSING;
	out->has_filter = true;
	out->filter = value;
	return PLK_OK;
}

static enum plk_err
control_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	static const struct plk_policy policy = {.origin = PLK_ORIGIN_CMDLINE, .controls = true};
	enum plk_err err;

	*at = 0;
	err = plk_remote_parse(value, &out->control, at);
	if (err != PLK_OK)
		return err;
	*at = 0;
	err = plk_policy_check(&out->control, &policy);
	if (err != PLK_OK)
		return err;
	out->has_control = true;
	out->control_text = value;
	return PLK_OK;
}

static enum plk_err
control_uid_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	return plk_ids_parse(value, out->control_uids, &out->n_control_uids, at);
}

static enum plk_err
control_gid_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	return plk_ids_parse(value, out->control_gids, &out->n_control_gids, at);
}

static enum plk_err
remotes_file_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	enum plk_err err = plk_path_parse(value, out->remotes_file);

	*at = 0;
	out->has_remotes_file = err == PLK_OK;
	return err;
}

static enum plk_err
remote_dir_read(struct plk_span value, struct plk_cmdline *out, size_t *at)
{
	enum plk_err err = PLK_E_OPT_MANY;

	*at = 0;
	if (out->n_remote_dirs < PLK_REMOTE_DIRS_MAX)
		err = plk_path_parse(value, out->remote_dirs[out->n_remote_dirs]);
	if (err == PLK_OK)
		out->n_remote_dirs++;
	return err;
}

struct option {
	const char *name;
	value_read read;            /* NULL: the option has no value */
	enum plk_cmdline_mode mode; /* of an option without value */
	bool repeats;
};

static const struct option options[] = {
	{"--interface", interface_read, PLK_MODE_RUN, false},
	{"--remote", remote_read, PLK_MODE_RUN, true},
	{"--clients", clients_read, PLK_MODE_RUN, false},
	{"--queue", queue_read, PLK_MODE_RUN, false},
	{"--log-level", log_level_read, PLK_MODE_RUN, false},
	{"--control", control_read, PLK_MODE_RUN, false},
	{"--control-uid", control_uid_read, PLK_MODE_RUN, false},
	{"--control-gid", control_gid_read, PLK_MODE_RUN, false},
	{"--remotes-file", remotes_file_read, PLK_MODE_RUN, false},
	{"--remote-dir", remote_dir_read, PLK_MODE_RUN, true},
	{"--filter", filter_read, PLK_MODE_RUN, false},
	{"--require", require_read, PLK_MODE_RUN, false},
	{"--check", NULL, PLK_MODE_CHECK, false},
	{"--help", NULL, PLK_MODE_HELP, false},
	{"--version", NULL, PLK_MODE_VERSION, false},
};

#define N_OPTIONS (sizeof options / sizeof *options)

/* The line as it is read. */
struct reading {
	char *const *args;
	size_t n_args;
	size_t next;
	bool given[N_OPTIONS];
	struct plk_cmdline *out;
	struct plk_cmdline_error *error;
};

static enum plk_err
refuse(struct reading *r, const char *option, enum plk_err err)
{
	*r->error = (struct plk_cmdline_error){.option = option};
	return err;
}

static enum plk_err
refuse_text(struct reading *r, const char *option, struct plk_span text, size_t at,
	    enum plk_err err)
{
	*r->error = (struct plk_cmdline_error){
		.option = option, .has_text = true, .text = text, .at = at};
	return err;
}

/* The value of option @i: behind its '=' in @arg, or the next argument. */
static enum plk_err
value_take(struct reading *r, size_t i, struct plk_span arg)
{
	size_t n = strlen(options[i].name);
	struct plk_span value;
	size_t at = 0;
	enum plk_err err;

	if (arg.n > n)
		value = (struct plk_span){arg.p + n + 1, arg.n - n - 1};
	else if (r->next < r->n_args)
		value = plk_span_str(r->args[r->next++]);
	else
		return refuse(r, options[i].name, PLK_E_OPT_VALUE);
	err = options[i].read(value, r->out, &at);
	return err == PLK_OK ? PLK_OK : refuse_text(r, options[i].name, value, at, err);
}

/* The option that @arg names, before its '=' if it has one, or N_OPTIONS. */
static size_t
option_find(struct plk_span arg)
{
	size_t n = 0;
	size_t i = 0;

	while (n < arg.n && arg.p[n] != '=')
		n++;
	while (i < N_OPTIONS && !plk_word_is((struct plk_span){arg.p, n}, options[i].name))
		i++;
	return i;
}

static enum plk_err
arg_take(struct reading *r)
{
	struct plk_span arg = plk_span_str(r->args[r->next++]);
	size_t i = option_find(arg);

	if (i == N_OPTIONS)
		return refuse_text(r, NULL, arg, 0,
				   arg.n > 1 && arg.p[0] == '-' ? PLK_E_OPT_UNKNOWN
								: PLK_E_OPT_OPERAND);
	if (r->given[i] && !options[i].repeats)
		return refuse(r, options[i].name, PLK_E_OPT_TWICE);
	r->given[i] = true;
	if (options[i].read)
		return value_take(r, i, arg);
	if (arg.n != strlen(options[i].name))
		return refuse_text(r, options[i].name, arg, strlen(options[i].name),
				   PLK_E_OPT_NO_VALUE);
	r->out->mode = options[i].mode;
	return PLK_OK;
}

static bool
is_answer(enum plk_cmdline_mode mode)
{
	return mode == PLK_MODE_HELP || mode == PLK_MODE_VERSION;
}

/* Whether both would make one socket; whether inherited ones are the same is seen when they are adopted. */
static bool
is_same_listener(const struct plk_remote *a, const struct plk_remote *b)
{
	return (a->kind == PLK_REMOTE_PUNIX || (a->kind == PLK_REMOTE_PTCP && a->tcp_port != 0)) &&
	       memcmp(a, b, sizeof *a) == 0;
}

static enum plk_err
listeners_check(struct reading *r)
{
	const struct plk_cmdline *out = r->out;

	for (size_t i = 0; i < out->n_ports; i++) {
		const struct plk_remote *remote = &out->ports[i].remote;

		for (size_t j = 0; j < i; j++) {
			if (is_same_listener(remote, &out->ports[j].remote))
				return refuse_text(r, "--remote", out->texts[i],
						   plk_port_remote_at(out->texts[i]),
						   PLK_E_OPT_LISTENER);
		}
		if (out->has_control && is_same_listener(remote, &out->control))
			return refuse_text(r, "--control", out->control_text, 0,
					   PLK_E_OPT_LISTENER);
	}
	return PLK_OK;
}

/* What an option needs of the others. */
static enum plk_err
line_check(struct reading *r)
{
	const struct plk_cmdline *out = r->out;

	if (!r->given[0])
		return refuse(r, "--interface", PLK_E_OPT_MISSING);
	if (out->n_ports == 0 && !out->has_control && !out->has_remotes_file)
		return refuse(r, "--remote", PLK_E_OPT_MISSING);
	if (out->n_control_uids > 0 && !out->has_control)
		return refuse(r, "--control-uid", PLK_E_OPT_CONTROL);
	if (out->n_control_gids > 0 && !out->has_control)
		return refuse(r, "--control-gid", PLK_E_OPT_CONTROL);
	return listeners_check(r);
}

enum plk_err
plk_cmdline_parse(char *const *args, size_t n_args, struct plk_cmdline *out,
		  struct plk_cmdline_error *error)
{
	struct reading r = {.args = args, .n_args = n_args, .out = out, .error = error};

	memset(out, 0, sizeof *out);
	out->clients = PLK_CLIENTS_DEFAULT;
	out->queue = PLK_QUEUE_DEFAULT;
	out->log_level = PLK_LOG_INFO;
	while (r.next < n_args && !is_answer(out->mode)) {
		enum plk_err err = arg_take(&r);

		if (err != PLK_OK)
			return err;
	}
	return is_answer(out->mode) ? PLK_OK : line_check(&r);
}
