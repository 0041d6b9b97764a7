/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/cmdline.h"

#include <string.h>

#include "rows.h"

#define ARGS_MAX 10

#define IF "--interface=eth0"
#define REMOTE "--remote=capture@pfd:3"
#define CONTROL "--control=punix:/run/pktlock/control"
#define IDS_32 "1+2+3+4+5+6+7+8+1+2+3+4+5+6+7+8+1+2+3+4+5+6+7+8+1+2+3+4+5+6+7+8"

/* Refused lines. */
struct bad_row {
	const char *args[ARGS_MAX];
	enum plk_err err;
	const char *option;
	const char *text; /* NULL: the message has none */
	size_t at;
};

/* clang-format off */
static const struct bad_row bad_rows[] = {
	/* what is missing */
	{{NULL}, PLK_E_OPT_MISSING, "--interface", NULL, 0},
	{{IF}, PLK_E_OPT_MISSING, "--remote", NULL, 0},
	{{REMOTE}, PLK_E_OPT_MISSING, "--interface", NULL, 0},
	{{"--check"}, PLK_E_OPT_MISSING, "--interface", NULL, 0},
	{{"--check", IF}, PLK_E_OPT_MISSING, "--remote", NULL, 0},
	{{"--interface"}, PLK_E_OPT_VALUE, "--interface", NULL, 0},
	{{IF, "--remote"}, PLK_E_OPT_VALUE, "--remote", NULL, 0},
	{{IF, REMOTE, "--clients"}, PLK_E_OPT_VALUE, "--clients", NULL, 0},
	{{IF, REMOTE, "--queue"}, PLK_E_OPT_VALUE, "--queue", NULL, 0},
	{{IF, REMOTE, "--log-level"}, PLK_E_OPT_VALUE, "--log-level", NULL, 0},
	{{IF, REMOTE, "--filter"}, PLK_E_OPT_VALUE, "--filter", NULL, 0},

	/* what does not belong there */
	{{""}, PLK_E_OPT_OPERAND, NULL, "", 0},
	{{"-"}, PLK_E_OPT_OPERAND, NULL, "-", 0},
	{{"eth0"}, PLK_E_OPT_OPERAND, NULL, "eth0", 0},
	{{IF, REMOTE, "eth1"}, PLK_E_OPT_OPERAND, NULL, "eth1", 0},
	{{IF, "capture@pfd:3"}, PLK_E_OPT_OPERAND, NULL, "capture@pfd:3", 0},
	{{"interface=eth0"}, PLK_E_OPT_OPERAND, NULL, "interface=eth0", 0},
	{{" " IF}, PLK_E_OPT_OPERAND, NULL, " " IF, 0},
	{{"--"}, PLK_E_OPT_UNKNOWN, NULL, "--", 0},
	{{"--", IF, REMOTE}, PLK_E_OPT_UNKNOWN, NULL, "--", 0},
	{{"---"}, PLK_E_OPT_UNKNOWN, NULL, "---", 0},
	{{"--="}, PLK_E_OPT_UNKNOWN, NULL, "--=", 0},
	{{"-h"}, PLK_E_OPT_UNKNOWN, NULL, "-h", 0},
	{{"-i", "eth0"}, PLK_E_OPT_UNKNOWN, NULL, "-i", 0},
	{{"-interface=eth0"}, PLK_E_OPT_UNKNOWN, NULL, "-interface=eth0", 0},
	{{"--int=eth0"}, PLK_E_OPT_UNKNOWN, NULL, "--int=eth0", 0}, /* options are written out */
	{{"--interfaces=eth0"}, PLK_E_OPT_UNKNOWN, NULL, "--interfaces=eth0", 0},
	{{"--Interface=eth0"}, PLK_E_OPT_UNKNOWN, NULL, "--Interface=eth0", 0},
	{{"--interface =eth0"}, PLK_E_OPT_UNKNOWN, NULL, "--interface =eth0", 0},
	{{"--log_level=info"}, PLK_E_OPT_UNKNOWN, NULL, "--log_level=info", 0},
	{{"--no-such\n"}, PLK_E_OPT_UNKNOWN, NULL, "--no-such\n", 0},
	{{"--help=yes"}, PLK_E_OPT_NO_VALUE, "--help", "--help=yes", 6},
	{{"--version="}, PLK_E_OPT_NO_VALUE, "--version", "--version=", 9},
	{{IF, REMOTE, "--check=1"}, PLK_E_OPT_NO_VALUE, "--check", "--check=1", 7},
	{{"--check", "yes"}, PLK_E_OPT_OPERAND, NULL, "yes", 0},
	{{IF, "--remote", REMOTE}, PLK_E_ROLE_UNKNOWN, "--remote", REMOTE, 0},

	/* twice */
	{{IF, IF, REMOTE}, PLK_E_OPT_TWICE, "--interface", NULL, 0},
	{{IF, "--interface", "eth1", REMOTE}, PLK_E_OPT_TWICE, "--interface", NULL, 0},
	{{"--clients=1", "--clients=1"}, PLK_E_OPT_TWICE, "--clients", NULL, 0},
	{{"--queue=69640", "--queue=69640"}, PLK_E_OPT_TWICE, "--queue", NULL, 0},
	{{"--log-level=info", "--log-level=info"}, PLK_E_OPT_TWICE, "--log-level", NULL, 0},
	{{"--check", "--check"}, PLK_E_OPT_TWICE, "--check", NULL, 0},
	{{"--filter=ip", "--filter", "arp"}, PLK_E_OPT_TWICE, "--filter", NULL, 0},

	/* values */
	{{"--interface="}, PLK_E_IF_MISSING, "--interface", "", 0},
	{{"--interface", ""}, PLK_E_IF_MISSING, "--interface", "", 0},
	{{"--interface=a/b"}, PLK_E_IF_SYNTAX, "--interface", "a/b", 0},
	{{"--interface", "--remote"}, PLK_E_OPT_MISSING, "--remote", NULL, 0}, /* a strange name */
	{{"--interface==eth0", "--x"}, PLK_E_OPT_UNKNOWN, NULL, "--x", 0}, /* another one */
	{{"--interface=1234567890123456"}, PLK_E_IF_LONG, "--interface", "1234567890123456", 0},
	{{"--interface=tapfd:2"}, PLK_E_FD_STDIO, "--interface", "tapfd:2", 6},
	{{"--interface=tapfd:03"}, PLK_E_FD_SYNTAX, "--interface", "tapfd:03", 6},
	{{"--interface", "tapfd:"}, PLK_E_FD_MISSING, "--interface", "tapfd:", 6},
	{{IF, "--remote="}, PLK_E_ROLE_MISSING, "--remote", "", 0},
	{{IF, "--remote", ""}, PLK_E_ROLE_MISSING, "--remote", "", 0},
	{{IF, "--remote=capture@pfd:4294967299"}, PLK_E_FD_RANGE, "--remote",
	 "capture@pfd:4294967299", 12},
	{{IF, "--remote", "capture@pfd:4294967299"}, PLK_E_FD_RANGE, "--remote",
	 "capture@pfd:4294967299", 12},
	{{IF, REMOTE, "--remote=capture"}, PLK_E_AT_MISSING, "--remote", "capture", 7},
	{{IF, REMOTE, "--remote=capture,x=1@pfd:4"}, PLK_E_KEY_UNKNOWN, "--remote",
	 "capture,x=1@pfd:4", 8},
	{{IF, "--remote=pfd:3"}, PLK_E_ROLE_UNKNOWN, "--remote", "pfd:3", 0},
	{{"--clients="}, PLK_E_NUM_MISSING, "--clients", "", 0},
	{{"--clients=0"}, PLK_E_NUM_RANGE, "--clients", "0", 0},
	{{"--clients=1025"}, PLK_E_NUM_RANGE, "--clients", "1025", 0},
	{{"--clients=4294967297"}, PLK_E_NUM_RANGE, "--clients", "4294967297", 0},
	{{"--clients=064"}, PLK_E_NUM_SYNTAX, "--clients", "064", 0},
	{{"--clients", "-1"}, PLK_E_NUM_SYNTAX, "--clients", "-1", 0},
	{{"--clients", " 1"}, PLK_E_NUM_SYNTAX, "--clients", " 1", 0},
	{{"--clients=many"}, PLK_E_NUM_SYNTAX, "--clients", "many", 0},
	{{"--queue="}, PLK_E_NUM_MISSING, "--queue", "", 0},
	{{"--queue=69639"}, PLK_E_NUM_RANGE, "--queue", "69639", 0},
	{{"--queue=16777217"}, PLK_E_NUM_RANGE, "--queue", "16777217", 0},
	{{"--queue=0"}, PLK_E_NUM_RANGE, "--queue", "0", 0},
	{{"--queue=1M"}, PLK_E_NUM_SYNTAX, "--queue", "1M", 0},
	{{"--log-level="}, PLK_E_VALUE_UNKNOWN, "--log-level", "", 0},
	{{"--log-level=Info"}, PLK_E_VALUE_UNKNOWN, "--log-level", "Info", 0},
	{{"--log-level=warn"}, PLK_E_VALUE_UNKNOWN, "--log-level", "warn", 0},
	{{"--log-level", "7"}, PLK_E_VALUE_UNKNOWN, "--log-level", "7", 0},
	{{"--filter="}, PLK_E_FILTER_MISSING, "--filter", "", 0},
	{{"--filter", ""}, PLK_E_FILTER_MISSING, "--filter", "", 0},
	{{"--filter=  "}, PLK_E_FILTER_MISSING, "--filter", "  ", 0},
	{{"--filter=\t"}, PLK_E_FILTER_CONTROL, "--filter", "\t", 0},
	{{"--filter=ip\nor arp"}, PLK_E_FILTER_CONTROL, "--filter", "ip\nor arp", 2},
	{{"--filter", "ip\x7f"}, PLK_E_FILTER_CONTROL, "--filter", "ip\x7f", 2},
	{{"--filter=\x1f" "ip"}, PLK_E_FILTER_CONTROL, "--filter", "\x1f" "ip", 0},
	{{"--require="}, PLK_E_VALUE_UNKNOWN, "--require", "", 0},
	{{"--require=namespace"}, PLK_E_VALUE_UNKNOWN, "--require", "namespace", 0},
	{{"--require=namespaces,"}, PLK_E_VALUE_UNKNOWN, "--require", "namespaces,", 0},
	{{"--require", "Namespaces"}, PLK_E_VALUE_UNKNOWN, "--require", "Namespaces", 0},
	{{"--require=namespaces", "--require=namespaces"}, PLK_E_OPT_TWICE, "--require", NULL, 0},

	/* control and files */
	{{IF, "--remote-dir=/run"}, PLK_E_OPT_MISSING, "--remote", NULL, 0},
	{{IF, "--control-uid=1"}, PLK_E_OPT_MISSING, "--remote", NULL, 0},
	{{"--control=punix:/c"}, PLK_E_OPT_MISSING, "--interface", NULL, 0},
	{{"--remotes-file=/c"}, PLK_E_OPT_MISSING, "--interface", NULL, 0},
	{{IF, REMOTE, "--control"}, PLK_E_OPT_VALUE, "--control", NULL, 0},
	{{IF, REMOTE, "--control="}, PLK_E_REMOTE_MISSING, "--control", "", 0},
	{{IF, REMOTE, "--control=/run/c"}, PLK_E_REMOTE_KIND, "--control", "/run/c", 0},
	{{IF, REMOTE, "--control=capture@punix:/c"}, PLK_E_REMOTE_KIND, "--control",
	 "capture@punix:/c", 0},
	{{IF, REMOTE, "--control=punix:c"}, PLK_E_PATH_RELATIVE, "--control", "punix:c", 6},
	{{IF, REMOTE, "--control", "pfd:03"}, PLK_E_FD_SYNTAX, "--control", "pfd:03", 4},
	{{IF, REMOTE, "--control=ptcp:7"}, PLK_E_POLICY_PTCP, "--control", "ptcp:7", 0},
	{{IF, REMOTE, "--control=ptcp:7:[::1]"}, PLK_E_POLICY_PTCP, "--control", "ptcp:7:[::1]", 0},
	{{IF, REMOTE, "--control=unix:/c"}, PLK_E_POLICY_ACTIVE, "--control", "unix:/c", 0},
	{{IF, REMOTE, "--control=tcp:1.2.3.4:5"}, PLK_E_POLICY_ACTIVE, "--control", "tcp:1.2.3.4:5", 0},
	{{"--control=pfd:3", "--control=pfd:3"}, PLK_E_OPT_TWICE, "--control", NULL, 0},
	{{IF, REMOTE, "--control-uid=1"}, PLK_E_OPT_CONTROL, "--control-uid", NULL, 0},
	{{IF, REMOTE, "--control-gid=1", "--remotes-file=/c"}, PLK_E_OPT_CONTROL, "--control-gid", NULL, 0},
	{{IF, "--remote=capture@punix:/a", "--remote=inject@punix:/a"}, PLK_E_OPT_LISTENER, "--remote",
	 "inject@punix:/a", 7},
	{{IF, "--remote=capture@punix:/a", "--remote=capture@ptcp:7", "--remote=capture@ptcp:7:127.0.0.1"},
	 PLK_E_OPT_LISTENER, "--remote", "capture@ptcp:7:127.0.0.1", 8},
	{{IF, "--remote=capture@punix:/c", "--control=punix:/c"}, PLK_E_OPT_LISTENER, "--control", "punix:/c", 0},
	{{IF, "--control=punix:/c", "--remote=capture@punix:/c"}, PLK_E_OPT_LISTENER, "--control", "punix:/c", 0},
	{{CONTROL, "--control-uid="}, PLK_E_NUM_MISSING, "--control-uid", "", 0},
	{{CONTROL, "--control-uid=root"}, PLK_E_NUM_SYNTAX, "--control-uid", "root", 0},
	{{CONTROL, "--control-uid=10+4294967295"}, PLK_E_NUM_RANGE, "--control-uid", "10+4294967295", 3},
	{{CONTROL, "--control-uid=" IDS_32 "+1"}, PLK_E_VALUE_COUNT, "--control-uid", IDS_32 "+1", 64},
	{{CONTROL, "--control-uid=1", "--control-uid=2"}, PLK_E_OPT_TWICE, "--control-uid", NULL, 0},
	{{CONTROL, "--control-gid", "1+"}, PLK_E_NUM_MISSING, "--control-gid", "1+", 2},
	{{CONTROL, "--control-gid=" IDS_32 "+1"}, PLK_E_VALUE_COUNT, "--control-gid", IDS_32 "+1", 64},
	{{CONTROL, "--control-gid=1", "--control-gid=1"}, PLK_E_OPT_TWICE, "--control-gid", NULL, 0},
	{{IF, "--remotes-file="}, PLK_E_PATH_MISSING, "--remotes-file", "", 0},
	{{IF, "--remotes-file=a"}, PLK_E_PATH_RELATIVE, "--remotes-file", "a", 0},
	{{IF, "--remotes-file=/"}, PLK_E_PATH_SLASH, "--remotes-file", "/", 0},
	{{IF, "--remotes-file", "/a/../b"}, PLK_E_PATH_COMPONENT, "--remotes-file", "/a/../b", 0},
	{{IF, "--remotes-file=/a\n"}, PLK_E_PATH_CONTROL, "--remotes-file", "/a\n", 0},
	{{"--remotes-file=/a", "--remotes-file=/b"}, PLK_E_OPT_TWICE, "--remotes-file", NULL, 0},
	{{IF, REMOTE, "--remote-dir="}, PLK_E_PATH_MISSING, "--remote-dir", "", 0},
	{{IF, REMOTE, "--remote-dir=run"}, PLK_E_PATH_RELATIVE, "--remote-dir", "run", 0},
	{{IF, REMOTE, "--remote-dir=/run/"}, PLK_E_PATH_SLASH, "--remote-dir", "/run/", 0},
	{{IF, REMOTE, "--remote-dir=/run", "--remote-dir=//x"}, PLK_E_PATH_COMPONENT, "--remote-dir", "//x", 0},

	/* the first fault wins, also over a later --help */
	{{"--clients=0", "--queue=0"}, PLK_E_NUM_RANGE, "--clients", "0", 0},
	{{"--nope", "--help"}, PLK_E_OPT_UNKNOWN, NULL, "--nope", 0},
	{{"--remote", "--help"}, PLK_E_ROLE_UNKNOWN, "--remote", "--help", 0},
};
/* clang-format on */

/* The arguments on the heap, each exactly as long as it is. */
static size_t
args_new(const char *const *from, char **to)
{
	size_t n = 0;

	for (; n < ARGS_MAX && from[n]; n++)
		to[n] = (char *)(uintptr_t)exact_new(from[n], strlen(from[n]) + 1).p;
	return n;
}

static void
args_free(char **args, size_t n)
{
	for (size_t i = 0; i < n; i++)
		exact_free((struct plk_span){(uint8_t *)args[i], 1});
}

static bool
is_in_args(char *const *args, size_t n, struct plk_span s)
{
	for (size_t i = 0; i < n; i++) {
		const uint8_t *arg = (const uint8_t *)args[i];

		if (s.p >= arg && s.p <= arg + strlen(args[i]))
			return s.p + s.n == arg + strlen(args[i]);
	}
	return false;
}

static void
row_begin_args(struct rows *r, const char *const *args)
{
	char line[250] = "";

	for (size_t i = 0; i < ARGS_MAX && args[i]; i++) {
		if (i > 0)
			strncat(line, " ", sizeof line - 1 - strlen(line));
		strncat(line, args[i], sizeof line - 1 - strlen(line));
	}
	row_begin(r, line, strlen(line));
}

static struct plk_cmdline out;

static void
test_bad(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "refused command lines");
	for (size_t i = 0; i < COUNT(bad_rows); i++) {
		const struct bad_row *row = &bad_rows[i];
		char *args[ARGS_MAX];
		size_t n = args_new(row->args, args);
		struct plk_cmdline_error error;

		row_begin_args(&r, row->args);
		mark(&out, sizeof out);
		mark(&error, sizeof error);
		row_err(&r, plk_cmdline_parse(args, n, &out, &error), row->err);
		row_true(&r, "option",
			 row->option ? error.option && !strcmp(error.option, row->option)
				     : !error.option);
		row_true(&r, "has_text", error.has_text == (row->text != NULL));
		row_number(&r, "offset", error.at, row->at);
		if (row->text && error.has_text) {
			row_text(&r, "text", error.text, row->text);
			row_true(&r, "text is one of the arguments",
				 is_in_args(args, n, error.text));
		}
		args_free(args, n);
	}
	rows_end_strict(&r);
}

struct good_row {
	const char *args[ARGS_MAX];
	enum plk_cmdline_mode mode;
	const char *iface; /* NULL: not asked for */
	size_t n_ports;
	uint32_t clients;
	uint32_t queue;
	enum plk_log_level level;
	bool require;       /* namespaces */
	const char *filter; /* NULL: there is none */
};

#define DEFAULTS 64, 1048576, PLK_LOG_INFO, false, NULL
#define FILTERED(text) 64, 1048576, PLK_LOG_INFO, false, text

/* clang-format off */
static const struct good_row good_rows[] = {
	{{IF, REMOTE}, PLK_MODE_RUN, "eth0", 1, DEFAULTS},
	{{REMOTE, IF}, PLK_MODE_RUN, "eth0", 1, DEFAULTS},
	{{"--interface", "eth0", "--remote", "capture@pfd:3"}, PLK_MODE_RUN, "eth0", 1, DEFAULTS},
	{{"--interface=tapfd:9", REMOTE}, PLK_MODE_RUN, "tapfd:9", 1, DEFAULTS},
	{{"--interface==", REMOTE}, PLK_MODE_RUN, "=", 1, DEFAULTS},
	{{"--interface", "--remote", REMOTE}, PLK_MODE_RUN, "--remote", 1, DEFAULTS},
	{{IF, REMOTE, REMOTE}, PLK_MODE_RUN, "eth0", 2, DEFAULTS},
	{{IF, "--remote=capture@ptcp:0", "--remote=capture@ptcp:0", "--remote=capture@unix:/a",
	  "--remote=capture@unix:/a", "--remote=capture@punix:/a", "--remote=capture@ptcp:7",
	  "--remote=capture@ptcp:7:[::1]"}, PLK_MODE_RUN, "eth0", 7, DEFAULTS},
	{{IF, REMOTE, "--remote", "attach,rate=1:2@sd:x", "--remote=inject@ptcp:1"}, PLK_MODE_RUN,
	 "eth0", 3, DEFAULTS},
	{{IF, REMOTE, "--check"}, PLK_MODE_CHECK, "eth0", 1, DEFAULTS},
	{{"--check", IF, REMOTE}, PLK_MODE_CHECK, "eth0", 1, DEFAULTS},
	{{IF, REMOTE, "--clients=1"}, PLK_MODE_RUN, "eth0", 1, 1, 1048576, PLK_LOG_INFO, false, NULL},
	{{IF, REMOTE, "--clients", "1024"}, PLK_MODE_RUN, "eth0", 1, 1024, 1048576, PLK_LOG_INFO, false, NULL},
	{{IF, REMOTE, "--queue=69640"}, PLK_MODE_RUN, "eth0", 1, 64, 69640, PLK_LOG_INFO, false, NULL},
	{{IF, REMOTE, "--queue=16777216"}, PLK_MODE_RUN, "eth0", 1, 64, 16777216, PLK_LOG_INFO, false, NULL},
	{{IF, REMOTE, "--log-level=error"}, PLK_MODE_RUN, "eth0", 1, 64, 1048576, PLK_LOG_ERROR, false, NULL},
	{{IF, REMOTE, "--log-level=warning"}, PLK_MODE_RUN, "eth0", 1, 64, 1048576,
	 PLK_LOG_WARNING, false, NULL},
	{{IF, REMOTE, "--log-level", "info"}, PLK_MODE_RUN, "eth0", 1, DEFAULTS},
	{{IF, REMOTE, "--log-level=debug"}, PLK_MODE_RUN, "eth0", 1, 64, 1048576, PLK_LOG_DEBUG, false, NULL},
	{{IF, REMOTE, "--require=namespaces"}, PLK_MODE_RUN, "eth0", 1, 64, 1048576, PLK_LOG_INFO,
	 true, NULL},
	{{"--require", "namespaces", IF, REMOTE}, PLK_MODE_RUN, "eth0", 1, 64, 1048576,
	 PLK_LOG_INFO, true, NULL},
	{{IF, CONTROL}, PLK_MODE_RUN, "eth0", 0, DEFAULTS},
	{{IF, "--remotes-file=/a"}, PLK_MODE_RUN, "eth0", 0, DEFAULTS},
	{{IF, REMOTE, CONTROL, "--remotes-file=/a", "--remote-dir=/b"}, PLK_MODE_RUN, "eth0", 1, DEFAULTS},
	{{IF, REMOTE, "--remote-dir=/b"}, PLK_MODE_RUN, "eth0", 1, DEFAULTS},
	{{IF, REMOTE, "--filter=tcp port 80"}, PLK_MODE_RUN, "eth0", 1, FILTERED("tcp port 80")},
	{{"--filter", "=", IF, REMOTE}, PLK_MODE_RUN, "eth0", 1, FILTERED("=")},
	{{"--filter", "--check", IF, REMOTE}, PLK_MODE_RUN, "eth0", 1, FILTERED("--check")},
	{{IF, REMOTE, "--filter= \xc3\xa9\x80~ "}, PLK_MODE_RUN, "eth0", 1, FILTERED(" \xc3\xa9\x80~ ")},
	{{"--help"}, PLK_MODE_HELP, NULL, 0, DEFAULTS},
	{{"--version"}, PLK_MODE_VERSION, NULL, 0, DEFAULTS},
	{{"--help", "--nope", ""}, PLK_MODE_HELP, NULL, 0, DEFAULTS},
	{{"--help", "--help"}, PLK_MODE_HELP, NULL, 0, DEFAULTS},
	{{"--help", "--version"}, PLK_MODE_HELP, NULL, 0, DEFAULTS},
	{{"--version", "--help"}, PLK_MODE_VERSION, NULL, 0, DEFAULTS},
	{{"--check", "--help"}, PLK_MODE_HELP, NULL, 0, DEFAULTS},
	{{IF, "--version", IF}, PLK_MODE_VERSION, NULL, 0, DEFAULTS},
};
/* clang-format on */

static void
ports_check(struct rows *r, char *const *args, size_t n)
{
	for (size_t k = 0; k < out.n_ports; k++) {
		struct plk_port port;
		size_t at;

		row_true(r, "text is one of the arguments", is_in_args(args, n, out.texts[k]));
		row_true(r, "text is the port",
			 plk_port_parse(out.texts[k], &port, &at) == PLK_OK &&
				 memcmp(&port, &out.ports[k], sizeof port) == 0);
	}
}

static void
test_good(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "command lines");
	for (size_t i = 0; i < COUNT(good_rows); i++) {
		const struct good_row *row = &good_rows[i];
		char *args[ARGS_MAX];
		size_t n = args_new(row->args, args);
		struct plk_cmdline_error error;
		uint8_t iface[PLK_IFNAME_MAX];
		size_t iface_n = 0;

		row_begin_args(&r, row->args);
		mark(&out, sizeof out);
		mark(&error, sizeof error);
		row_err(&r, plk_cmdline_parse(args, n, &out, &error), PLK_OK);
		row_true(&r, "error untouched", untouched(&error, sizeof error));
		row_number(&r, "mode", out.mode, row->mode);
		row_number(&r, "clients", out.clients, row->clients);
		row_number(&r, "queue", out.queue, row->queue);
		row_number(&r, "log level", out.log_level, row->level);
		row_true(&r, "namespaces required", out.require_namespaces == row->require);
		row_true(&r, "has_filter", out.has_filter == (row->filter != NULL));
		if (row->filter && out.has_filter) {
			row_text(&r, "filter", out.filter, row->filter);
			row_true(&r, "filter is one of the arguments",
				 is_in_args(args, n, out.filter));
		}
		if (row->iface) {
			row_number(&r, "ports", out.n_ports, row->n_ports);
			row_true(&r, "interface is printed",
				 plk_iface_encode(&out.iface,
						  (struct plk_mspan){iface, sizeof iface},
						  &iface_n) == PLK_OK);
			row_text(&r, "interface", (struct plk_span){iface, iface_n}, row->iface);
			ports_check(&r, args, n);
		}
		args_free(args, n);
	}
	rows_end(&r);
}

static bool
parses(const char *const *words, size_t n)
{
	char *args[ARGS_MAX] = {NULL};
	struct plk_cmdline_error error;

	for (size_t i = 0; i < n; i++)
		args[i] = (char *)(uintptr_t)words[i];
	mark(&out, sizeof out);
	return plk_cmdline_parse(args, n, &out, &error) == PLK_OK;
}

static void
test_control(void **state)
{
	static const char *const line[] = {
		IF, "--control-gid=7", CONTROL, "--control-uid", IDS_32,
	};
	static const char *const plain[] = {IF, "--control", "sd:control"};

	(void)state;
	assert_true(parses(line, COUNT(line)));
	assert_true(out.has_control);
	assert_int_equal(out.control.kind, PLK_REMOTE_PUNIX);
	assert_string_equal(out.control.path, "/run/pktlock/control");
	assert_ptr_equal(out.control_text.p, (const uint8_t *)line[2] + strlen("--control="));
	assert_int_equal(out.control_text.n, strlen(CONTROL) - strlen("--control="));
	assert_int_equal(out.n_control_uids, 32);
	assert_int_equal(out.control_uids[30], 7);
	assert_int_equal(out.n_control_gids, 1);
	assert_int_equal(out.control_gids[0], 7);
	assert_true(parses(plain, COUNT(plain)));
	assert_true(out.has_control);
	assert_int_equal(out.control.kind, PLK_REMOTE_SD);
	assert_int_equal(out.n_control_uids + out.n_control_gids, 0);
}

static void
test_files(void **state)
{
	static const char *const line[] = {
		IF,     "--remote-dir=/b", "--remotes-file", "/etc/a", "--remote-dir",
		"/c/d", "--remote-dir=/b",
	};
	static const char *const plain[] = {IF, REMOTE};

	(void)state;
	assert_true(parses(line, COUNT(line)));
	assert_true(out.has_remotes_file);
	assert_string_equal(out.remotes_file, "/etc/a");
	assert_int_equal(out.n_remote_dirs, 3);
	assert_string_equal(out.remote_dirs[0], "/b");
	assert_string_equal(out.remote_dirs[1], "/c/d");
	assert_false(out.has_control);
	assert_true(parses(plain, COUNT(plain)));
	assert_false(out.has_control || out.has_remotes_file);
	assert_int_equal(out.n_remote_dirs, 0);
}

/* As many directories as there may be, and one more. */
static void
test_many_dirs(void **state)
{
	static char iface[] = IF;
	static char remote[] = REMOTE;
	static char dir[] = "--remote-dir=/run/pktlock";
	char *args[PLK_REMOTE_DIRS_MAX + 3] = {iface, remote};
	struct plk_cmdline_error error;

	(void)state;
	for (size_t i = 2; i < COUNT(args); i++)
		args[i] = dir;
	assert_int_equal(plk_cmdline_parse(args, COUNT(args) - 1, &out, &error), PLK_OK);
	assert_int_equal(out.n_remote_dirs, PLK_REMOTE_DIRS_MAX);
	assert_string_equal(out.remote_dirs[PLK_REMOTE_DIRS_MAX - 1], "/run/pktlock");
	assert_int_equal(plk_cmdline_parse(args, COUNT(args), &out, &error), PLK_E_OPT_MANY);
	assert_string_equal(error.option, "--remote-dir");
	assert_true(error.has_text && error.at == 0);
}

/* As many ports as there may be, and one more. */
static void
test_many_ports(void **state)
{
	static char iface[] = IF;
	static char remote[] = REMOTE;
	char *args[PLK_PORTS_MAX + 2] = {iface};
	struct plk_cmdline_error error;

	(void)state;
	for (size_t i = 1; i < COUNT(args); i++)
		args[i] = remote;
	assert_int_equal(plk_cmdline_parse(args, PLK_PORTS_MAX + 1, &out, &error), PLK_OK);
	assert_int_equal(out.n_ports, PLK_PORTS_MAX);
	assert_int_equal(plk_cmdline_parse(args, PLK_PORTS_MAX + 2, &out, &error), PLK_E_OPT_MANY);
	assert_string_equal(error.option, "--remote");
	assert_true(error.has_text && error.at == 0);
	assert_ptr_equal(error.text.p, (uint8_t *)remote + strlen("--remote="));
}

/* As long as it may be, and one byte more. */
static void
test_long_filter(void **state)
{
	static char filter[] = "--filter";
	static char value[PLK_FILTER_MAX + 2];
	static char iface[] = IF;
	static char remote[] = REMOTE;
	char *args[] = {iface, remote, filter, value};
	struct plk_cmdline_error error;

	(void)state;
	memset(value, 'x', PLK_FILTER_MAX);
	assert_int_equal(plk_cmdline_parse(args, COUNT(args), &out, &error), PLK_OK);
	assert_int_equal(out.filter.n, PLK_FILTER_MAX);
	value[PLK_FILTER_MAX] = 'x';
	assert_int_equal(plk_cmdline_parse(args, COUNT(args), &out, &error), PLK_E_FILTER_LONG);
	assert_string_equal(error.option, "--filter");
	assert_true(error.has_text && error.at == PLK_FILTER_MAX);
	assert_ptr_equal(error.text.p, (uint8_t *)value);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),         cmocka_unit_test(test_good),
		cmocka_unit_test(test_control),     cmocka_unit_test(test_files),
		cmocka_unit_test(test_many_dirs),   cmocka_unit_test(test_many_ports),
		cmocka_unit_test(test_long_filter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
