/* SPDX-License-Identifier: BSD-2-Clause */
#include <pktlock/remote.h>

#include <string.h>

#include <pktlock/fdnum.h>

#include "base/writer.h"
#include "text/ipaddr.h"
#include "text/path.h"
#include "text/words.h"

/* The reader of what follows the ':': fills the fields of one kind in a zeroed @out; @at is
 * relative to @in. */
typedef enum plk_err (*rest_parse)(struct plk_span in, struct plk_remote *out, size_t *at);

static enum plk_err
refuse(size_t *at, size_t where, enum plk_err err)
{
	*at = where;
	return err;
}

static enum plk_err
pfd_parse(struct plk_span in, struct plk_remote *out, size_t *at)
{
	enum plk_err err = plk_fdnum_parse(in, &out->fd);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	return out->fd < PLK_FD_FIRST ? refuse(at, 0, PLK_E_FD_STDIO) : PLK_OK;
}

static enum plk_err
sd_parse(struct plk_span in, struct plk_remote *out, size_t *at)
{
	if (in.n == 0)
		return refuse(at, 0, PLK_E_NAME_MISSING);
	if (in.n > PLK_NAME_MAX)
		return refuse(at, 0, PLK_E_NAME_SYNTAX);
	for (size_t i = 0; i < in.n; i++) {
		if (in.p[i] < 0x21 || in.p[i] > 0x7e || in.p[i] == ':')
			return refuse(at, 0, PLK_E_NAME_SYNTAX);
	}
	memcpy(out->name, in.p, in.n);
	return PLK_OK;
}

static enum plk_err
path_parse(struct plk_span in, struct plk_remote *out, size_t *at)
{
	enum plk_err err = plk_path_parse(in, out->path);

	return err == PLK_OK ? PLK_OK : refuse(at, 0, err);
}

static enum plk_err
tcp_port_parse(struct plk_span in, uint16_t min, uint16_t *out)
{
	uint64_t value;

	switch (plk_number_parse(in, UINT16_MAX, &value)) {
	case PLK_OK:
		break;
	case PLK_E_NUM_MISSING:
		return PLK_E_TCP_MISSING;
	case PLK_E_NUM_RANGE:
		return PLK_E_TCP_RANGE;
	default:
		return PLK_E_TCP_SYNTAX;
	}
	if (value < min)
		return PLK_E_TCP_RANGE;
	*out = (uint16_t)value;
	return PLK_OK;
}

static bool
is_zone_byte(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

static enum plk_err
zone_parse(struct plk_span in, char *out)
{
	if (in.n < 1 || in.n > PLK_ZONE_MAX)
		return PLK_E_ADDR_ZONE;
	for (size_t i = 0; i < in.n; i++) {
		if (!is_zone_byte(in.p[i]))
			return PLK_E_ADDR_ZONE;
	}
	memcpy(out, in.p, in.n);
	return PLK_OK;
}

/* @in: what stands between the brackets */
static enum plk_err
v6_parse(struct plk_span in, struct plk_remote *out)
{
	size_t percent = plk_span_find(in, 0, '%');

	if (plk_ipv6_parse(plk_span_slice(in, 0, percent), out->addr) != PLK_OK)
		return PLK_E_ADDR_V6;
	out->is_v6 = true;
	return percent < in.n ? zone_parse(plk_span_slice(in, percent + 1, in.n), out->zone)
			      : PLK_OK;
}

static enum plk_err
addr_parse(struct plk_span in, struct plk_remote *out)
{
	if (in.n == 0)
		return PLK_E_ADDR_MISSING;
	if (in.p[0] == '[') {
		size_t close = plk_span_find(in, 1, ']');

		if (close == in.n)
			return PLK_E_ADDR_BRACKET;
		if (close + 1 != in.n)
			return PLK_E_ADDR_SYNTAX;
		return v6_parse(plk_span_slice(in, 1, close), out);
	}
	return plk_ipv4_parse(in, out->addr) == PLK_OK ? PLK_OK : PLK_E_ADDR_SYNTAX;
}

/* PORT [":" ADDR] */
static enum plk_err
ptcp_parse(struct plk_span in, struct plk_remote *out, size_t *at)
{
	static const uint8_t loopback[4] = {127, 0, 0, 1};
	size_t colon = plk_span_find(in, 0, ':');
	enum plk_err err = tcp_port_parse(plk_span_slice(in, 0, colon), 0, &out->tcp_port);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	if (colon == in.n) {
		memcpy(out->addr, loopback, sizeof loopback);
		return PLK_OK;
	}
	err = addr_parse(plk_span_slice(in, colon + 1, in.n), out);
	return err == PLK_OK ? PLK_OK : refuse(at, colon + 1, err);
}

/* ADDR ":" PORT; the address ends at its ']' or at the first ':'. */
static enum plk_err
tcp_parse(struct plk_span in, struct plk_remote *out, size_t *at)
{
	size_t from = in.n > 0 && in.p[0] == '[' ? plk_span_find(in, 0, ']') : 0;
	size_t colon = plk_span_find(in, from, ':');
	enum plk_err err = addr_parse(plk_span_slice(in, 0, colon), out);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	if (colon == in.n)
		return refuse(at, in.n, PLK_E_TCP_MISSING);
	err = tcp_port_parse(plk_span_slice(in, colon + 1, in.n), 1, &out->tcp_port);
	return err == PLK_OK ? PLK_OK : refuse(at, colon + 1, err);
}

struct kind {
	const char *name;
	size_t name_n;
	rest_parse parse;
};

#define KIND(string, parser)                           \
	{                                              \
		(string), sizeof(string) - 1, (parser) \
	}

static const struct kind kinds[PLK_REMOTE_KINDS] = {
	[PLK_REMOTE_PFD] = KIND("pfd", pfd_parse),
	[PLK_REMOTE_SD] = KIND("sd", sd_parse),
	[PLK_REMOTE_PUNIX] = KIND("punix", path_parse),
	[PLK_REMOTE_PTCP] = KIND("ptcp", ptcp_parse),
	[PLK_REMOTE_UNIX] = KIND("unix", path_parse),
	[PLK_REMOTE_TCP] = KIND("tcp", tcp_parse),
};

/* The kind whose name is exactly @name, or PLK_REMOTE_KINDS. */
static size_t
kind_find(struct plk_span name)
{
	size_t i = 0;

	while (i < PLK_REMOTE_KINDS &&
	       (kinds[i].name_n != name.n || memcmp(kinds[i].name, name.p, name.n) != 0))
		i++;
	return i;
}

enum plk_err
plk_remote_parse(struct plk_span in, struct plk_remote *out, size_t *at)
{
	struct plk_remote r = {0};
	size_t colon = plk_span_find(in, 0, ':');
	size_t kind;
	enum plk_err err;

	if (in.n == 0)
		return refuse(at, 0, PLK_E_REMOTE_MISSING);
	kind = kind_find(plk_span_slice(in, 0, colon));
	if (kind == PLK_REMOTE_KINDS)
		return refuse(at, 0, PLK_E_REMOTE_KIND);
	if (colon == in.n)
		return refuse(at, in.n, PLK_E_REMOTE_COLON);
	r.kind = (enum plk_remote_kind)kind;
	err = kinds[kind].parse(plk_span_slice(in, colon + 1, in.n), &r, at);
	if (err != PLK_OK)
		return refuse(at, colon + 1 + *at, err);
	*out = r;
	return PLK_OK;
}

static void
addr_print(struct plk_writer *w, const struct plk_remote *r)
{
	if (!r->is_v6) {
		plk_ipv4_print(w, r->addr);
		return;
	}
	plk_writer_char(w, '[');
	plk_ipv6_print(w, r->addr);
	if (r->zone[0] != '\0') {
		plk_writer_char(w, '%');
		plk_writer_str(w, r->zone);
	}
	plk_writer_char(w, ']');
}

static void
rest_print(struct plk_writer *w, const struct plk_remote *r)
{
	switch (r->kind) {
	case PLK_REMOTE_PFD:
		plk_writer_dec(w, (uint64_t)r->fd);
		break;
	case PLK_REMOTE_SD:
		plk_writer_str(w, r->name);
		break;
	case PLK_REMOTE_PUNIX:
	case PLK_REMOTE_UNIX:
		plk_writer_str(w, r->path);
		break;
	case PLK_REMOTE_PTCP:
		plk_writer_dec(w, r->tcp_port);
		plk_writer_char(w, ':');
		addr_print(w, r);
		break;
	case PLK_REMOTE_TCP:
		addr_print(w, r);
		plk_writer_char(w, ':');
		plk_writer_dec(w, r->tcp_port);
		break;
	case PLK_REMOTE_KINDS:
		break;
	}
}

enum plk_err
plk_remote_encode(const struct plk_remote *r, struct plk_mspan out, size_t *n)
{
	struct plk_writer w;

	if ((size_t)r->kind >= PLK_REMOTE_KINDS)
		return PLK_E_MALFORMED;
	plk_writer_init(&w, out);
	plk_writer_str(&w, kinds[r->kind].name);
	plk_writer_char(&w, ':');
	rest_print(&w, r);
	return plk_writer_done(&w, n);
}

bool
plk_remote_is_passive(const struct plk_remote *r)
{
	return r->kind == PLK_REMOTE_PFD || r->kind == PLK_REMOTE_SD ||
	       r->kind == PLK_REMOTE_PUNIX || r->kind == PLK_REMOTE_PTCP;
}

bool
plk_remote_is_inherited(const struct plk_remote *r)
{
	return r->kind == PLK_REMOTE_PFD || r->kind == PLK_REMOTE_SD;
}
