/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c: what a stream of pcapng has beside packets: its beginning, and statistics from time to time and at its end.
 *
 * The texts of the beginning are the front's. They are bytes that go to clients as they are.
 */
#include <string.h>

#include "wire/pcapng.h"
#include "worker/worker.h"

enum plk_err
plk_trace_about(const struct plk_msg_about *about)
{
	static const size_t max[PLK_ABOUTS] = {
		[PLK_ABOUT_IFNAME] = PLK_IFNAME_MAX,
		[PLK_ABOUT_FILTER] = PLK_PCAPNG_TEXT_MAX - 1,
		[PLK_ABOUT_OS] = PLK_PCAPNG_TEXT_MAX,
	};
	struct about *text = &worker.about[about->what];

	if (about->n > max[about->what] - text->n)
		return PLK_E_LIMIT;
	memcpy(text->bytes + text->n, about->text, about->n);
	text->n += about->n;
	return PLK_OK;
}

static struct plk_span
text_of(enum plk_about what)
{
	return (struct plk_span){worker.about[what].bytes, worker.about[what].n};
}

static bool
is_trace(const struct client *client)
{
	return plk_client_port(client)->format == PLK_FORMAT_PCAPNG;
}

/* What the kernel has dropped of a class, ever; for low latency of both. */
static uint64_t
class_losses(enum plk_role role, enum plk_latency latency)
{
	uint64_t losses = 0;

	for (int i = 0; i < PLK_CLASS_RX; i++) {
		if (plk_class_takes((enum plk_class)i, role, latency))
			losses += worker.rx[i].losses;
	}
	return losses;
}

/* Of the class that serves a client. */
static uint64_t
losses_of(const struct client *client)
{
	const struct port *port = plk_client_port(client);

	return class_losses(port->role, port->latency);
}

void
plk_trace_instead(enum plk_role role)
{
	const uint64_t now = class_losses(role, PLK_LATENCY_BULK);
	const uint64_t before = class_losses(role, PLK_LATENCY_LOW);

	for (uint32_t i = 0; i < worker.n_open; i++) {
		struct client *client = &worker.clients[worker.open[i]];
		const struct port *port = plk_client_port(client);

		if (port->role == role && port->latency == PLK_LATENCY_LOW)
			client->losses_before += now - before; /* modulo 2^64 */
	}
}

/* What passed the interface while a client waited for us. */
static uint64_t
missed_by(const struct client *client)
{
	const enum plk_direction direction = plk_client_port(client)->direction;

	return (plk_direction_has(direction, PLK_DIRECTION_IN) ? worker.missed.in : 0) +
	       (plk_direction_has(direction, PLK_DIRECTION_OUT) ? worker.missed.out : 0);
}

bool
plk_trace_begin(struct client *client)
{
	static uint8_t bytes[PLK_PCAPNG_START_MAX];
	static const char application[] = "pktlockd " PLK_VERSION;
	const struct plk_pcapng_start start = {
		.userappl = {(const uint8_t *)application, sizeof application - 1},
		.ifname = text_of(PLK_ABOUT_IFNAME),
		.filter = text_of(PLK_ABOUT_FILTER),
		.os = text_of(PLK_ABOUT_OS),
		.snaplen = plk_client_port(client)->snaplen,
	};
	struct plk_span part = {bytes, 0};

	if (!is_trace(client))
		return true;
	plk_rx_losses(); /* those until now are not this client's */
	client->losses_before = losses_of(client);
	if (client->is_restored)
		client->losses_before -= missed_by(client); /* modulo 2^64 */
	return plk_pcapng_start_encode(&start, (struct plk_mspan){bytes, sizeof bytes}, &part.n) ==
		       PLK_OK &&
	       plk_client_put(client, &part, 1);
}

static void
timer_set(void)
{
	if (worker.trace_timer.at_ms == 0)
		plk_timer_set(&worker.loop, &worker.trace_timer, PLK_TRACE_MS);
}

void
plk_trace_seen(struct client *client, uint64_t time_ns)
{
	client->trace_ns = time_ns;
	client->trace_due = true;
	timer_set();
}

void
plk_trace_drained(const struct client *client)
{
	if (is_trace(client) && client->trace_due && client->trace_ns != 0)
		timer_set();
}

void
plk_trace_statistics(struct client *client)
{
	const uint64_t losses = losses_of(client) - client->losses_before;
	const uint64_t unsent = plk_client_counted(client, PLK_COUNTER_UNSENT);
	const uint64_t delivered = plk_client_counted(client, PLK_COUNTER_DELIVERED) - unsent;
	const uint64_t dropped = client->dropped + unsent + losses;
	const struct plk_pcapng_statistics statistics = {
		.time_ns = client->trace_ns,
		.received = delivered + dropped,
		.dropped = dropped,
		.os_dropped = losses,
		.delivered = delivered,
	};
	uint8_t block[PLK_PCAPNG_STATISTICS];
	struct plk_span part = {block, sizeof block};

	if (!is_trace(client) || !client->trace_due || client->trace_ns == 0)
		return; /* no packet yet, no time */
	plk_pcapng_statistics_encode(&statistics, block);
	/* without room they come when there is some again: they are sums */
	client->trace_due = !plk_client_put(client, &part, 1);
}

void
plk_trace_tick(void *ctx)
{
	(void)ctx;
	plk_rx_losses();
	for (uint32_t i = 0; i < worker.n_open; i++)
		plk_trace_statistics(&worker.clients[worker.open[i]]);
	plk_clients_flush();
}
