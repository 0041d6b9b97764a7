/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a remotes file, read at the start, and then while a daemon runs that allows two
 * directories. Oracle: the file cut into lines by hand, each of them judged alone by
 * plk_port_parse(), and compared with those before it by its printed form.
 *
 * Work is linear: an error is never behind bytes that were not looked at, and what follows it
 * changes nothing.
 */
#include "text/remotesfile.h"

#include <ctype.h>

#include "harness.h"

static struct plk_remotesfile file;
static struct plk_remotesfile_error error;
static const struct plk_directories directories = {.n = 2, .paths = {"/a", "/"}};

/* What the oracle found: ports, and what is wrong first. */
static struct {
	size_t n;
	struct plk_port ports[PLK_PORTS_MAX];
	size_t numbers[PLK_PORTS_MAX];
	enum plk_err err;
	size_t line;
	size_t column;
} want;

static void
wrong(enum plk_err err, size_t line, size_t column)
{
	want.err = err;
	want.line = line;
	want.column = column;
}

static bool
allowed(const char *path)
{
	return strchr(path + 1, '/') == NULL ||
	       (strncmp(path, "/a/", 3) == 0 && strchr(path + 3, '/') == NULL);
}

static enum plk_err
oracle_policy(const struct plk_remote *remote, bool is_start)
{
	if (remote->kind == PLK_REMOTE_PFD)
		return PLK_E_POLICY_PFD;
	if (remote->kind == PLK_REMOTE_SD)
		return PLK_E_POLICY_SD;
	if (!is_start && remote->path[0] && !allowed(remote->path))
		return PLK_E_POLICY_DIRECTORY;
	return PLK_OK;
}

static bool
prints_same(const struct plk_port *a, const struct plk_port *b, bool whole)
{
	static uint8_t text_a[PLK_PORT_TEXT_MAX];
	static uint8_t text_b[PLK_PORT_TEXT_MAX];
	struct plk_span in_a = {text_a, 0};
	struct plk_span in_b = {text_b, 0};

	CHECK(plk_port_encode(a, (struct plk_mspan){text_a, sizeof text_a}, &in_a.n) == PLK_OK);
	CHECK(plk_port_encode(b, (struct plk_mspan){text_b, sizeof text_b}, &in_b.n) == PLK_OK);
	if (whole)
		return same_bytes(in_a, in_b);
	return same_bytes(tail_of(in_a, plk_port_remote_at(in_a)),
			  tail_of(in_b, plk_port_remote_at(in_b)));
}

/* One listener for two, or twice the same. */
static bool
is_twice(const struct plk_port *port)
{
	const struct plk_remote *r = &port->remote;
	const bool many = r->kind == PLK_REMOTE_UNIX || r->kind == PLK_REMOTE_TCP ||
			  (r->kind == PLK_REMOTE_PTCP && r->tcp_port == 0);

	for (size_t i = 0; i < want.n; i++) {
		if (prints_same(port, &want.ports[i], many))
			return true;
	}
	return false;
}

static void
oracle_port(const uint8_t *p, size_t n, size_t number, bool is_start)
{
	static struct plk_port port;
	size_t at = 0;
	size_t remote;
	enum plk_err err;

	if (want.n == PLK_PORTS_MAX) {
		wrong(PLK_E_FILE_MANY, number, 1);
		return;
	}
	err = plk_port_parse((struct plk_span){p, n}, &port, &at);
	if (err != PLK_OK) {
		wrong(err, number, at + 1);
		return;
	}
	remote = plk_port_remote_at((struct plk_span){p, n});
	err = oracle_policy(&port.remote, is_start);
	if (err == PLK_OK && is_twice(&port))
		err = PLK_E_FILE_TWICE;
	if (err != PLK_OK) {
		wrong(err, number, remote + 1);
		return;
	}
	want.numbers[want.n] = number;
	want.ports[want.n++] = port;
}

/* @text: the line, NUL-terminated, without NULs in it. */
static void
oracle_text(const char *text, size_t number, bool is_start)
{
	const size_t n = strlen(text);
	size_t end = n;
	const char *space = strstr(text, " #");
	const char *tab = strstr(text, "\t#");

	while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t'))
		end--;
	if (text[strspn(text, " \t")] == '\0' || text[strspn(text, " \t")] == '#')
		return;
	if (strspn(text, " \t") > 0) {
		wrong(PLK_E_FILE_BLANK, number, 1);
	} else if (space || tab) {
		const char *first = !tab || (space && space < tab) ? space : tab;

		wrong(PLK_E_FILE_COMMENT, number, (size_t)(first + 1 - text) + 1);
	} else if (strcspn(text, "\t") < end) {
		wrong(PLK_E_FILE_CONTROL, number, strcspn(text, "\t") + 1);
	} else if (end < n) {
		wrong(PLK_E_FILE_BLANK, number, end + 1);
	} else {
		oracle_port((const uint8_t *)text, n, number, is_start);
	}
}

static void
oracle_line(const uint8_t *p, size_t n, size_t number, bool is_start)
{
	char *text = malloc(n + 1);

	CHECK(text);
	if (n > 0)
		memcpy(text, p, n);
	text[n] = '\0';
	for (size_t i = 0; i < n && want.err == PLK_OK; i++) {
		if (iscntrl(p[i]) && p[i] != '\t')
			wrong(p[i] == '\r' && i == n - 1 ? PLK_E_FILE_CR : PLK_E_FILE_CONTROL,
			      number, i + 1);
	}
	if (want.err == PLK_OK)
		oracle_text(text, number, is_start);
	free(text);
}

static void
oracle(struct plk_span in, bool is_start)
{
	size_t number = 1;

	want.n = 0;
	want.err = PLK_OK;
	if (in.n >= 3 && memcmp(in.p, "\xef\xbb\xbf", 3) == 0)
		wrong(PLK_E_FILE_BOM, 1, 1);
	while (in.n > 0 && want.err == PLK_OK) {
		const uint8_t *end = memchr(in.p, '\n', in.n);
		const size_t n = end ? (size_t)(end - in.p) : in.n;

		oracle_line(in.p, n, number++, is_start);
		in = tail_of(in, end ? n + 1 : n);
	}
}

static void
good_check(struct plk_span in)
{
	CHECK(untouched(&error, sizeof error));
	CHECK(file.n == want.n);
	for (size_t i = 0; i < file.n; i++) {
		const struct plk_remotesfile_line *line = &file.lines[i];

		CHECK(line->number == want.numbers[i]);
		CHECK(memcmp(&line->port, &want.ports[i], sizeof line->port) == 0);
		CHECK(line->text.p >= in.p && line->text.n <= in.n);
		CHECK(line->text.p == in.p || line->text.p[-1] == '\n');
		CHECK((size_t)(line->text.p - in.p) + line->text.n <= in.n);
		CHECK(!memchr(line->text.p, '\n', line->text.n));
	}
}

/* The message is about one line, and no byte behind it has a say. */
static void
bad_check(struct plk_span in, const struct plk_directories *allow)
{
	const size_t end = (size_t)(error.text.p - in.p) + error.text.n;
	const enum plk_err err = want.err;

	CHECK(error.line == want.line && error.column == want.column);
	CHECK(error.column <= error.text.n + 1);
	CHECK(end <= in.n && (end == in.n || in.p[end] == '\n'));
	CHECK(plk_remotesfile_parse((struct plk_span){in.p, end}, allow, &file, &error) == err);
	CHECK(error.line == want.line && error.column == want.column);
}

static void
run(struct plk_span in, const struct plk_directories *allow)
{
	enum plk_err err;

	mark(&error, sizeof error);
	oracle(in, allow == NULL);
	err = plk_remotesfile_parse(in, allow, &file, &error);
	CHECK(err == want.err);
	if (err == PLK_OK)
		good_check(in);
	else
		bad_check(in, allow);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > PLK_REMOTES_FILE_MAX)
		return 0;
	run((struct plk_span){data, size}, NULL);
	run((struct plk_span){data, size}, &directories);
	return 0;
}
