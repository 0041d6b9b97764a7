/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a PORT-SPEC. What is accepted obeys the table of port.h, is printed and read again,
 * and means the same with a default written out.
 */
#include <pktlock/port.h>

#include "harness.h"

static uint8_t text[PLK_PORT_TEXT_MAX];
static uint8_t second[PLK_PORT_TEXT_MAX];

static bool
is_unix(enum plk_remote_kind kind)
{
	return kind == PLK_REMOTE_PUNIX || kind == PLK_REMOTE_UNIX || kind == PLK_REMOTE_PFD ||
	       kind == PLK_REMOTE_SD;
}

static void
stream_check(const struct plk_port *p)
{
	CHECK(p->format < PLK_FORMATS);
	if (p->format == PLK_FORMAT_VNET)
		CHECK(p->vnet_hdr == 10 || p->vnet_hdr == 12 || p->vnet_hdr == 20);
	else
		CHECK(p->vnet_hdr == 0);
	if (p->format == PLK_FORMAT_PCAPNG)
		CHECK(p->role == PLK_ROLE_CAPTURE);
	else
		CHECK(p->snaplen == 0);
	CHECK(p->snaplen == 0 || (p->snaplen >= 64 && p->snaplen <= 262144));
}

static void
role_check(const struct plk_port *p)
{
	static const uint8_t zeros[sizeof p->vlans];

	CHECK(p->role < PLK_ROLES);
	CHECK((p->direction == PLK_DIRECTION_NONE) == (p->role == PLK_ROLE_INJECT));
	CHECK((p->latency == PLK_LATENCY_NONE) == (p->role == PLK_ROLE_INJECT));
	CHECK(p->direction < PLK_DIRECTIONS && p->latency < PLK_LATENCIES);
	if (p->role == PLK_ROLE_CAPTURE)
		CHECK(p->n_macs == 0 && !p->has_vlans && p->rate_fps == 0);
	CHECK((p->rate_fps == 0) == (p->burst == 0));
	CHECK(p->has_vlans == (memcmp(p->vlans, zeros, sizeof zeros) != 0));
	CHECK(!(p->vlans[511] & 0x80)); /* 4095 */
}

static void
remote_check(const struct plk_port *p)
{
	CHECK(p->max_clients <= 1024);
	CHECK(p->max_clients == 0 || plk_remote_is_passive(&p->remote));
	CHECK(p->n_uids <= PLK_LIST_MAX && p->n_gids <= PLK_LIST_MAX && p->n_macs <= PLK_LIST_MAX);
	CHECK((p->n_uids == 0 && p->n_gids == 0) || is_unix(p->remote.kind));
	CHECK(!p->tcp || plk_remote_is_inherited(&p->remote));
	for (size_t i = 0; i < p->n_uids; i++)
		CHECK(p->uids[i] != UINT32_MAX);
	for (size_t i = 0; i < p->n_gids; i++)
		CHECK(p->gids[i] != UINT32_MAX);
}

static void
round_trip(const struct plk_port *port)
{
	static struct plk_port again;
	size_t n = 0;
	size_t n_second = MARK_SIZE;
	size_t at;

	CHECK(plk_port_encode(port, (struct plk_mspan){text, sizeof text}, &n) == PLK_OK);
	memset(&again, 0x5a, sizeof again);
	CHECK(plk_port_parse((struct plk_span){text, n}, &again, &at) == PLK_OK);
	CHECK(memcmp(&again, port, sizeof again) == 0);
	CHECK(plk_port_encode(&again, (struct plk_mspan){second, n - 1}, &n_second) == PLK_E_ROOM);
	CHECK(n_second == MARK_SIZE);
	CHECK(plk_port_encode(&again, (struct plk_mspan){second, n}, &n_second) == PLK_OK);
	CHECK(same_bytes((struct plk_span){text, n}, (struct plk_span){second, n_second}));
}

/* Everything after the first '@' is the remote, verbatim: alone it means the same. */
static void
verbatim_check(struct plk_span in, const struct plk_port *port)
{
	const uint8_t *sign = memchr(in.p, '@', in.n);
	struct plk_remote remote;
	size_t at;

	CHECK(sign && plk_port_remote_at(in) == (size_t)(sign + 1 - in.p));
	at = plk_port_remote_at(in);
	CHECK(plk_remote_parse(tail_of(in, at), &remote, &at) == PLK_OK);
	CHECK(memcmp(&remote, &port->remote, sizeof remote) == 0);
}

/* A default that is written out in front of the '@' changes nothing; twice is once too often. */
static void
default_check(struct plk_span in, const struct plk_port *port)
{
	static const char key[] = ",on-loss=keep";
	static struct plk_port again;
	size_t sign = plk_port_remote_at(in) - 1;
	size_t at;
	enum plk_err err;

	if (in.n > 1024)
		return;
	memcpy(text, in.p, sign);
	memcpy(text + sign, key, strlen(key));
	memcpy(text + sign + strlen(key), in.p + sign, in.n - sign);
	err = plk_port_parse((struct plk_span){text, in.n + strlen(key)}, &again, &at);
	if (err == PLK_OK)
		CHECK(memcmp(&again, port, sizeof again) == 0);
	else
		CHECK(err == PLK_E_KEY_TWICE && at == sign + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct plk_port port;
	struct plk_span in = {data, size};
	size_t at = MARK_SIZE;
	enum plk_err err;

	mark(&port, sizeof port);
	err = plk_port_parse(in, &port, &at);
	if (err != PLK_OK) {
		CHECK(err >= PLK_E_NUM_MISSING && err <= PLK_E_VALUE_COUNT);
		CHECK(at <= in.n && untouched(&port, sizeof port));
		return 0;
	}
	CHECK(at == MARK_SIZE);
	stream_check(&port);
	role_check(&port);
	remote_check(&port);
	round_trip(&port);
	verbatim_check(in, &port);
	default_check(in, &port);
	return 0;
}
