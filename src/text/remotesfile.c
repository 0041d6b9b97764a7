/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/remotesfile.h"

#include <string.h>

#include "text/words.h"

static const uint8_t byte_order_mark[] = {0xef, 0xbb, 0xbf};

/* The file as it is read. */
struct reading {
	struct plk_span in;
	const struct plk_policy *policy;
	struct plk_remotesfile *out;
	struct plk_remotesfile_error *error;
	size_t at; /* in the file: of what was refused */
};

static enum plk_err
refuse(struct reading *r, size_t at, enum plk_err err)
{
	r->at = at;
	return err;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static bool
is_control(uint8_t c)
{
	return c < 0x20 || c == 0x7f;
}

/* Of a line, @from to @to: also in comments nothing is hidden. */
static enum plk_err
controls_check(struct reading *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const uint8_t c = r->in.p[i];

		if (c == '\r' && i + 1 == to)
			return refuse(r, i, PLK_E_FILE_CR);
		if (is_control(c) && c != '\t')
			return refuse(r, i, PLK_E_FILE_CONTROL);
	}
	return PLK_OK;
}

static bool
is_comment(struct plk_span line)
{
	size_t i = 0;

	while (i < line.n && is_blank(line.p[i]))
		i++;
	return i == line.n || line.p[i] == '#';
}

/* What a line with a PORT-SPEC has beside it: @from to @end is without blanks behind it. */
static enum plk_err
inside_check(struct reading *r, size_t from, size_t end)
{
	const uint8_t *p = r->in.p;

	for (size_t i = from + 1; i < end; i++) {
		if (p[i] == '#' && is_blank(p[i - 1]))
			return refuse(r, i, PLK_E_FILE_COMMENT);
	}
	for (size_t i = from; i < end; i++) {
		if (p[i] == '\t')
			return refuse(r, i, PLK_E_FILE_CONTROL);
	}
	return PLK_OK;
}

/* It has something that is no blank. */
static enum plk_err
blanks_check(struct reading *r, size_t from, size_t to)
{
	size_t end = to;
	enum plk_err err;

	if (is_blank(r->in.p[from]))
		return refuse(r, from, PLK_E_FILE_BLANK);
	while (is_blank(r->in.p[end - 1]))
		end--;
	err = inside_check(r, from, end);
	if (err == PLK_OK && end < to)
		err = refuse(r, end, PLK_E_FILE_BLANK);
	return err;
}

/* Whether a port can be there beside those before it. */
static enum plk_err
port_check(struct reading *r, const struct plk_port *port)
{
	enum plk_err err = plk_policy_check(&port->remote, r->policy);

	if (err != PLK_OK)
		r->error->remote = port->remote;
	for (size_t i = 0; err == PLK_OK && i < r->out->n; i++) {
		if (plk_policy_clash(port, &r->out->lines[i].port))
			err = PLK_E_FILE_TWICE;
	}
	return err;
}

static enum plk_err
port_read(struct reading *r, size_t from, size_t to, size_t number)
{
	struct plk_remotesfile_line *line = &r->out->lines[r->out->n];
	struct plk_span text = plk_span_slice(r->in, from, to);
	size_t at = 0;
	enum plk_err err;

	if (r->out->n == PLK_PORTS_MAX)
		return refuse(r, from, PLK_E_FILE_MANY);
	err = plk_port_parse(text, &line->port, &at);
	if (err != PLK_OK)
		return refuse(r, from + at, err);
	err = port_check(r, &line->port);
	if (err != PLK_OK)
		return refuse(r, from + plk_port_remote_at(text), err);
	line->number = number;
	line->text = text;
	r->out->n++;
	return PLK_OK;
}

static enum plk_err
line_read(struct reading *r, size_t from, size_t to, size_t number)
{
	enum plk_err err = controls_check(r, from, to);

	if (err != PLK_OK || is_comment(plk_span_slice(r->in, from, to)))
		return err;
	err = blanks_check(r, from, to);
	return err == PLK_OK ? port_read(r, from, to, number) : err;
}

static enum plk_err
lines_read(struct reading *r)
{
	enum plk_err err = PLK_OK;
	size_t number = 1;

	if (r->in.n > PLK_REMOTES_FILE_MAX)
		return refuse(r, PLK_REMOTES_FILE_MAX, PLK_E_FILE_LONG);
	if (r->in.n >= sizeof byte_order_mark &&
	    memcmp(r->in.p, byte_order_mark, sizeof byte_order_mark) == 0)
		return refuse(r, 0, PLK_E_FILE_BOM);
	for (size_t from = 0; err == PLK_OK && from < r->in.n; number++) {
		const size_t to = plk_span_find(r->in, from, '\n');

		err = line_read(r, from, to, number);
		from = to + 1;
	}
	return err;
}

/* Once, for the one error that there is. */
static void
place(const struct reading *r)
{
	struct plk_remotesfile_error *error = r->error;
	size_t from = 0;

	error->line = 1;
	for (size_t i = 0; i < r->at; i++) {
		if (r->in.p[i] == '\n') {
			error->line++;
			from = i + 1;
		}
	}
	error->column = r->at - from + 1;
	error->text = plk_span_slice(r->in, from, plk_span_find(r->in, r->at, '\n'));
}

enum plk_err
plk_remotesfile_parse(struct plk_span in, const struct plk_directories *directories,
		      struct plk_remotesfile *out, struct plk_remotesfile_error *error)
{
	const struct plk_policy policy = {.origin = PLK_ORIGIN_FILE, .directories = directories};
	struct reading r = {.in = in, .policy = &policy, .out = out, .error = error};
	enum plk_err err;

	out->n = 0;
	err = lines_read(&r);
	if (err != PLK_OK)
		place(&r);
	return err;
}
