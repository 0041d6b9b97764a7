/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One row of the table below is one key: for which roles, formats and kinds of remote it is, and
 * how it is read and printed. The rest of the file does not know the keys.
 */
#include <pktlock/port.h>

#include <string.h>

#include <pktlock/fdnum.h>

#include "base/writer.h"
#include "text/ids.h"
#include "text/words.h"

#define BIT(i) (1U << (i))
#define ALL 0xffffffffU
#define TO_CLIENT (BIT(PLK_ROLE_CAPTURE) | BIT(PLK_ROLE_ATTACH))
#define FROM_CLIENT (BIT(PLK_ROLE_INJECT) | BIT(PLK_ROLE_ATTACH))
#define INHERITED (BIT(PLK_REMOTE_PFD) | BIT(PLK_REMOTE_SD))
#define PASSIVE (INHERITED | BIT(PLK_REMOTE_PUNIX) | BIT(PLK_REMOTE_PTCP))
#define MAYBE_UNIX (INHERITED | BIT(PLK_REMOTE_PUNIX) | BIT(PLK_REMOTE_UNIX))

#define MAC_TEXT 17 /* hh:hh:hh:hh:hh:hh */
#define VNET_HDR_DEFAULT PLK_VNET_HDR_MRG

static const char *const roles[PLK_ROLES] = {"capture", "inject", "attach"};
static const char *const formats[PLK_FORMATS] = {"qemu", "vnet", "pcapng"};
static const char *const directions[PLK_DIRECTIONS] = {NULL, "in", "out", "both"};
static const char *const latencies[PLK_LATENCIES] = {NULL, "low", "bulk"};

static enum plk_err
refuse(size_t *at, size_t where, enum plk_err err)
{
	*at = where;
	return err;
}

static enum plk_direction
direction_default(enum plk_role role)
{
	static const enum plk_direction by_role[PLK_ROLES] = {
		[PLK_ROLE_CAPTURE] = PLK_DIRECTION_BOTH,
		[PLK_ROLE_INJECT] = PLK_DIRECTION_NONE,
		[PLK_ROLE_ATTACH] = PLK_DIRECTION_IN,
	};

	return by_role[role];
}

static enum plk_latency
latency_default(enum plk_role role)
{
	static const enum plk_latency by_role[PLK_ROLES] = {
		[PLK_ROLE_CAPTURE] = PLK_LATENCY_BULK,
		[PLK_ROLE_INJECT] = PLK_LATENCY_NONE,
		[PLK_ROLE_ATTACH] = PLK_LATENCY_LOW,
	};

	return by_role[role];
}

/* The readers: @value is not empty; *at is relative to it and 0 before. They write to a port that is thrown away on
 * error. The printers append the value, or nothing where it is the default. */

static enum plk_err
word_read(struct plk_span value, const char *const *words, size_t n_words, size_t *out)
{
	return plk_word_find(value, words, n_words, out) ? PLK_OK : PLK_E_VALUE_UNKNOWN;
}

static void
number_print(uint32_t value, struct plk_writer *w)
{
	if (value != 0)
		plk_writer_dec(w, value);
}

static enum plk_err
format_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	size_t i;
	enum plk_err err = word_read(value, formats, PLK_FORMATS, &i);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	if (i == PLK_FORMAT_PCAPNG && port->role != PLK_ROLE_CAPTURE)
		return refuse(at, 0, PLK_E_VALUE_ROLE);
	port->format = (enum plk_format)i;
	return PLK_OK;
}

static void
format_print(const struct plk_port *port, struct plk_writer *w)
{
	if (port->format != PLK_FORMAT_QEMU)
		plk_writer_str(w, formats[port->format]);
}

static enum plk_err
vnet_hdr_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	static const char *const words[] = {"10", "12", "20"};
	static const uint8_t sizes[] = {PLK_VNET_HDR, PLK_VNET_HDR_MRG, PLK_VNET_HDR_HASH};
	size_t i;
	enum plk_err err = word_read(value, words, sizeof words / sizeof *words, &i);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	port->vnet_hdr = sizes[i];
	return PLK_OK;
}

static void
vnet_hdr_print(const struct plk_port *port, struct plk_writer *w)
{
	if (port->vnet_hdr != VNET_HDR_DEFAULT)
		number_print(port->vnet_hdr, w);
}

static enum plk_err
direction_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	size_t i;
	enum plk_err err = word_read(value, directions, PLK_DIRECTIONS, &i);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	port->direction = (enum plk_direction)i;
	return PLK_OK;
}

static void
direction_print(const struct plk_port *port, struct plk_writer *w)
{
	if (port->direction != direction_default(port->role))
		plk_writer_str(w, directions[port->direction]);
}

static enum plk_err
latency_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	size_t i;
	enum plk_err err = word_read(value, latencies, PLK_LATENCIES, &i);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	port->latency = (enum plk_latency)i;
	return PLK_OK;
}

static void
latency_print(const struct plk_port *port, struct plk_writer *w)
{
	if (port->latency != latency_default(port->role))
		plk_writer_str(w, latencies[port->latency]);
}

static enum plk_err
snaplen_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	(void)at;
	return plk_number_range_parse(value, PLK_SNAPLEN_MIN, PLK_SNAPLEN_MAX, &port->snaplen);
}

static void
snaplen_print(const struct plk_port *port, struct plk_writer *w)
{
	number_print(port->snaplen, w);
}

static enum plk_err
max_clients_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	(void)at;
	return plk_number_range_parse(value, 1, PLK_CLIENTS_MAX, &port->max_clients);
}

static void
max_clients_print(const struct plk_port *port, struct plk_writer *w)
{
	number_print(port->max_clients, w);
}

static void
ids_print(const uint32_t *ids, uint32_t n_ids, struct plk_writer *w)
{
	for (size_t i = 0; i < n_ids; i++) {
		if (i > 0)
			plk_writer_char(w, '+');
		plk_writer_dec(w, ids[i]);
	}
}

static enum plk_err
allow_uid_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	return plk_ids_parse(value, port->uids, &port->n_uids, at);
}

static void
allow_uid_print(const struct plk_port *port, struct plk_writer *w)
{
	ids_print(port->uids, port->n_uids, w);
}

static enum plk_err
allow_gid_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	return plk_ids_parse(value, port->gids, &port->n_gids, at);
}

static void
allow_gid_print(const struct plk_port *port, struct plk_writer *w)
{
	ids_print(port->gids, port->n_gids, w);
}

static enum plk_err
tcp_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	static const char *const words[] = {"yes"};
	size_t i;
	enum plk_err err = word_read(value, words, 1, &i);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	port->tcp = true;
	return PLK_OK;
}

static void
tcp_print(const struct plk_port *port, struct plk_writer *w)
{
	if (port->tcp)
		plk_writer_str(w, "yes");
}

static enum plk_err
on_loss_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	static const char *const words[] = {"keep", "close"};
	size_t i;
	enum plk_err err = word_read(value, words, 2, &i);

	if (err != PLK_OK)
		return refuse(at, 0, err);
	port->close_on_loss = i == 1;
	return PLK_OK;
}

static void
on_loss_print(const struct plk_port *port, struct plk_writer *w)
{
	if (port->close_on_loss)
		plk_writer_str(w, "close");
}

static enum plk_err
mac_read_one(struct plk_span text, uint8_t *mac)
{
	if (text.n != MAC_TEXT)
		return PLK_E_VALUE_MAC;
	for (size_t i = 0; i < PLK_ETH_ADDR; i++) {
		int high = plk_hex_value(text.p[3 * i]);
		int low = plk_hex_value(text.p[3 * i + 1]);

		if (high < 0 || low < 0 || (i > 0 && text.p[3 * i - 1] != ':'))
			return PLK_E_VALUE_MAC;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return PLK_OK;
}

static enum plk_err
mac_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	for (size_t i = 0; i <= value.n;) {
		size_t n = plk_span_find(value, i, '+') - i;
		enum plk_err err;

		if (port->n_macs == PLK_LIST_MAX)
			return refuse(at, i, PLK_E_VALUE_COUNT);
		err = mac_read_one(plk_span_slice(value, i, i + n), port->macs[port->n_macs]);
		if (err != PLK_OK)
			return refuse(at, i, err);
		port->n_macs++;
		i += n + 1;
	}
	return PLK_OK;
}

static void
mac_print(const struct plk_port *port, struct plk_writer *w)
{
	for (size_t i = 0; i < port->n_macs; i++) {
		for (size_t k = 0; k < PLK_ETH_ADDR; k++) {
			if (i + k > 0)
				plk_writer_char(w, k == 0 ? '+' : ':');
			plk_writer_hex(w, port->macs[i][k], 2);
		}
	}
}

static enum plk_err
vlan_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	for (size_t i = 0; i <= value.n;) {
		size_t n = plk_span_find(value, i, '+') - i;
		uint32_t id;
		enum plk_err err = plk_number_range_parse(plk_span_slice(value, i, i + n), 0,
							  PLK_VLAN_IDS - 1, &id);

		if (err != PLK_OK)
			return refuse(at, i, err);
		port->vlans[id / 8] |= (uint8_t)BIT(id % 8);
		i += n + 1;
	}
	port->has_vlans = true;
	return PLK_OK;
}

static void
vlan_print(const struct plk_port *port, struct plk_writer *w)
{
	bool first = true;

	for (uint32_t id = 0; port->has_vlans && id < PLK_VLAN_IDS; id++) {
		if (!(port->vlans[id / 8] & BIT(id % 8)))
			continue;
		if (!first)
			plk_writer_char(w, '+');
		plk_writer_dec(w, id);
		first = false;
	}
}

static enum plk_err
rate_read(struct plk_span value, struct plk_port *port, size_t *at)
{
	size_t colon = plk_span_find(value, 0, ':');
	enum plk_err err;

	err = plk_number_range_parse(plk_span_slice(value, 0, colon), 1, UINT32_MAX,
				     &port->rate_fps);
	if (err != PLK_OK)
		return refuse(at, 0, err);
	port->burst = port->rate_fps;
	if (colon == value.n)
		return PLK_OK;
	err = plk_number_range_parse(plk_span_slice(value, colon + 1, value.n), 1, UINT32_MAX,
				     &port->burst);
	return err == PLK_OK ? PLK_OK : refuse(at, colon + 1, err);
}

static void
rate_print(const struct plk_port *port, struct plk_writer *w)
{
	number_print(port->rate_fps, w);
	if (port->burst != port->rate_fps) {
		plk_writer_char(w, ':');
		plk_writer_dec(w, port->burst);
	}
}

struct key {
	const char *name;
	uint32_t roles;   /* bits of enum plk_role */
	uint32_t formats; /* bits of enum plk_format */
	uint32_t remotes; /* bits of enum plk_remote_kind */
	enum plk_err (*read)(struct plk_span value, struct plk_port *port, size_t *at);
	void (*print)(const struct plk_port *port, struct plk_writer *w);
};

static const struct key keys[] = {
	{"format", ALL, ALL, ALL, format_read, format_print},
	{"vnet-hdr", ALL, BIT(PLK_FORMAT_VNET), ALL, vnet_hdr_read, vnet_hdr_print},
	{"direction", TO_CLIENT, ALL, ALL, direction_read, direction_print},
	{"latency", TO_CLIENT, ALL, ALL, latency_read, latency_print},
	{"snaplen", ALL, BIT(PLK_FORMAT_PCAPNG), ALL, snaplen_read, snaplen_print},
	{"max-clients", ALL, ALL, PASSIVE, max_clients_read, max_clients_print},
	{"allow-uid", ALL, ALL, MAYBE_UNIX, allow_uid_read, allow_uid_print},
	{"allow-gid", ALL, ALL, MAYBE_UNIX, allow_gid_read, allow_gid_print},
	{"tcp", ALL, ALL, INHERITED, tcp_read, tcp_print},
	{"on-loss", ALL, ALL, ALL, on_loss_read, on_loss_print},
	{"mac", FROM_CLIENT, ALL, ALL, mac_read, mac_print},
	{"vlan", FROM_CLIENT, ALL, ALL, vlan_read, vlan_print},
	{"rate", FROM_CLIENT, ALL, ALL, rate_read, rate_print},
};

#define N_KEYS (sizeof keys / sizeof *keys)

/* What the keys of one PORT-SPEC were and where they stood, until the remote is known. */
struct seen {
	bool given[N_KEYS];
	size_t at[N_KEYS];
};

/* Where the first @a or @b is in @in at or after @from, or @in.n. */
static size_t
find_either(struct plk_span in, size_t from, uint8_t a, uint8_t b)
{
	size_t i = from;

	while (i < in.n && in.p[i] != a && in.p[i] != b)
		i++;
	return i;
}

static size_t
key_find(struct plk_span name)
{
	size_t i = 0;

	while (i < N_KEYS && !plk_word_is(name, keys[i].name))
		i++;
	return i;
}

/* One KEY=VALUE: @in.p[from] to @in.p[to - 1]. */
static enum plk_err
key_parse(struct plk_span in, size_t from, size_t to, struct plk_port *port, struct seen *seen,
	  size_t *at)
{
	struct plk_span text = plk_span_slice(in, 0, to);
	size_t equal = plk_span_find(text, from, '=');
	size_t key = key_find(plk_span_slice(in, from, equal));
	size_t value_at = 0;
	enum plk_err err;

	if (from == to)
		return refuse(at, from, PLK_E_KEY_MISSING);
	if (key == N_KEYS)
		return refuse(at, from, PLK_E_KEY_UNKNOWN);
	if (equal == to)
		return refuse(at, from, PLK_E_KEY_VALUE);
	if (seen->given[key])
		return refuse(at, from, PLK_E_KEY_TWICE);
	if (!(keys[key].roles & BIT(port->role)))
		return refuse(at, from, PLK_E_KEY_ROLE);
	if (equal + 1 == to)
		return refuse(at, to, PLK_E_VALUE_MISSING);
	seen->given[key] = true;
	seen->at[key] = from;
	err = keys[key].read(plk_span_slice(in, equal + 1, to), port, &value_at);
	return err == PLK_OK ? PLK_OK : refuse(at, equal + 1 + value_at, err);
}

/* The keys, @in.p[from] being the ',' before the first or the '@'. */
static enum plk_err
keys_parse(struct plk_span in, size_t from, struct plk_port *port, struct seen *seen, size_t *at)
{
	while (in.p[from] == ',') {
		size_t to = find_either(in, from + 1, ',', '@');
		enum plk_err err;

		err = key_parse(in, from + 1, to, port, seen, at);
		if (err != PLK_OK)
			return err;
		if (to == in.n)
			return refuse(at, in.n, PLK_E_AT_MISSING);
		from = to;
	}
	return PLK_OK;
}

/* What can be judged only when the format and the remote are known. */
static enum plk_err
keys_fit(const struct plk_port *port, const struct seen *seen, size_t *at)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		if (!seen->given[i])
			continue;
		if (!(keys[i].formats & BIT(port->format)))
			return refuse(at, seen->at[i], PLK_E_KEY_FORMAT);
		if (!(keys[i].remotes & BIT(port->remote.kind)))
			return refuse(at, seen->at[i], PLK_E_KEY_REMOTE);
	}
	return PLK_OK;
}

static enum plk_err
role_parse(struct plk_span in, size_t to, struct plk_port *port, size_t *at)
{
	size_t role;

	if (to == 0)
		return refuse(at, 0, PLK_E_ROLE_MISSING);
	if (!plk_word_find(plk_span_slice(in, 0, to), roles, PLK_ROLES, &role))
		return refuse(at, 0, PLK_E_ROLE_UNKNOWN);
	port->role = (enum plk_role)role;
	port->direction = direction_default(port->role);
	port->latency = latency_default(port->role);
	return PLK_OK;
}

static enum plk_err
remote_parse(struct plk_span in, struct plk_port *port, size_t *at)
{
	size_t from = plk_port_remote_at(in);
	enum plk_err err = plk_remote_parse(plk_span_slice(in, from, in.n), &port->remote, at);

	return err == PLK_OK ? PLK_OK : refuse(at, from + *at, err);
}

enum plk_err
plk_port_parse(struct plk_span in, struct plk_port *out, size_t *at)
{
	struct plk_port port = {0};
	struct seen seen = {0};
	size_t role_end = find_either(in, 0, ',', '@');
	enum plk_err err = role_parse(in, role_end, &port, at);

	if (err == PLK_OK && role_end == in.n)
		err = refuse(at, in.n, PLK_E_AT_MISSING);
	if (err == PLK_OK)
		err = keys_parse(in, role_end, &port, &seen, at);
	if (err == PLK_OK)
		err = remote_parse(in, &port, at);
	if (err == PLK_OK)
		err = keys_fit(&port, &seen, at);
	if (err != PLK_OK)
		return err;
	if (port.format == PLK_FORMAT_VNET && port.vnet_hdr == 0)
		port.vnet_hdr = VNET_HDR_DEFAULT;
	*out = port;
	return PLK_OK;
}

/* Whether the key is not at its default: a printer that has something to say finds no room in
 * nothing. */
static bool
has_value(const struct key *key, const struct plk_port *port)
{
	struct plk_writer nothing;

	plk_writer_init(&nothing, (struct plk_mspan){NULL, 0});
	key->print(port, &nothing);
	return nothing.full;
}

static void
key_print(const struct key *key, const struct plk_port *port, struct plk_writer *w)
{
	plk_writer_char(w, ',');
	plk_writer_str(w, key->name);
	plk_writer_char(w, '=');
	key->print(port, w);
}

/* NONE is for inject, and for nothing else: it has no word. */
static bool
is_sane(const struct plk_port *port)
{
	bool none = port->role == PLK_ROLE_INJECT;

	return (size_t)port->role < PLK_ROLES && (size_t)port->format < PLK_FORMATS &&
	       (size_t)port->direction < PLK_DIRECTIONS && (size_t)port->latency < PLK_LATENCIES &&
	       (port->direction == PLK_DIRECTION_NONE) == none &&
	       (port->latency == PLK_LATENCY_NONE) == none && port->n_uids <= PLK_LIST_MAX &&
	       port->n_gids <= PLK_LIST_MAX && port->n_macs <= PLK_LIST_MAX;
}

enum plk_err
plk_port_encode(const struct plk_port *port, struct plk_mspan out, size_t *n)
{
	struct plk_writer w;
	size_t n_remote;
	enum plk_err err;

	if (!is_sane(port))
		return PLK_E_MALFORMED;
	plk_writer_init(&w, out);
	plk_writer_str(&w, roles[port->role]);
	for (size_t i = 0; i < N_KEYS; i++) {
		if (has_value(&keys[i], port))
			key_print(&keys[i], port, &w);
	}
	plk_writer_char(&w, '@');
	if (w.full)
		return PLK_E_ROOM;
	err = plk_remote_encode(&port->remote, (struct plk_mspan){out.p + w.n, out.n - w.n},
				&n_remote);
	if (err != PLK_OK)
		return err;
	*n = w.n + n_remote;
	return PLK_OK;
}

size_t
plk_port_remote_at(struct plk_span in)
{
	size_t at = plk_span_find(in, 0, '@');

	return at < in.n ? at + 1 : in.n;
}
