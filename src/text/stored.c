/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/stored.h"

#include <string.h>

#include <pktlock/fdnum.h>

#include "text/words.h"

#define TAG_DIGITS 16
#define NUMBERS 4

/* Fowler, Noll, Vo: FNV-1a, 64 bits */
#define FNV_BASIS 0xcbf29ce484222325U
#define FNV_PRIME 0x100000001b3U

static bool
begins_with(struct plk_span in, const char *word, struct plk_span *rest)
{
	const size_t n = strlen(word);

	if (in.n < n || memcmp(in.p, word, n) != 0)
		return false;
	*rest = plk_span_slice(in, n, in.n);
	return true;
}

static enum plk_err
client_parse(struct plk_span in, struct plk_stored *out)
{
	uint64_t tag = 0;

	if (in.n != TAG_DIGITS)
		return PLK_E_MALFORMED;
	for (size_t i = 0; i < TAG_DIGITS; i++) {
		int digit = plk_hex_value(in.p[i]);

		if (digit < 0 || (in.p[i] >= 'A' && in.p[i] <= 'F'))
			return PLK_E_MALFORMED;
		tag = tag << 4 | (uint64_t)digit;
	}
	*out = (struct plk_stored){.is_client = true, .tag = tag};
	return PLK_OK;
}

static enum plk_err
stop_parse(struct plk_span in, struct plk_stored *out)
{
	uint64_t numbers[NUMBERS];
	size_t from = 0;

	for (size_t i = 0; i < NUMBERS; i++) {
		const size_t to = i < NUMBERS - 1 ? plk_span_find(in, from, '.') : in.n;
		const uint64_t max = i == 0 ? INT32_MAX : UINT64_MAX;

		if (from > in.n ||
		    plk_number_parse(plk_span_slice(in, from, to), max, &numbers[i]) != PLK_OK)
			return PLK_E_MALFORMED;
		from = to + 1;
	}
	if (numbers[0] == 0)
		return PLK_E_MALFORMED;
	*out = (struct plk_stored){.index = (uint32_t)numbers[0],
				   .in = numbers[1],
				   .out = numbers[2],
				   .time_ns = numbers[3]};
	return PLK_OK;
}

enum plk_err
plk_stored_parse(struct plk_span in, struct plk_stored *out)
{
	struct plk_span rest;

	if (begins_with(in, PLK_STORE_PREFIX PLK_STORE_CLIENT, &rest))
		return client_parse(rest, out);
	if (begins_with(in, PLK_STORE_PREFIX PLK_STORE_STOP, &rest))
		return stop_parse(rest, out);
	return PLK_E_MALFORMED;
}

uint64_t
plk_stored_tag(const struct plk_port *port)
{
	const bool takes = port->role != PLK_ROLE_INJECT;
	const struct plk_port plain = {
		.role = port->role,
		.format = port->format,
		.vnet_hdr = port->vnet_hdr,
		/* the same for all */
		.direction = takes ? PLK_DIRECTION_BOTH : PLK_DIRECTION_NONE,
		.latency = takes ? PLK_LATENCY_LOW : PLK_LATENCY_NONE,
		.remote = port->remote,
	};
	uint8_t text[PLK_PORT_TEXT_MAX];
	uint64_t tag = FNV_BASIS;
	size_t n = 0;

	if (plk_port_encode(&plain, (struct plk_mspan){text, sizeof text}, &n) != PLK_OK)
		return 0;
	for (size_t i = 0; i < n; i++)
		tag = (tag ^ text[i]) * FNV_PRIME;
	return tag;
}
