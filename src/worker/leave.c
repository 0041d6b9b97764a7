/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * leave.c: the end, if another daemon shall go on with the connections.
 *
 * Theory of operation. A stream can be gone on with where a frame ends, on both its sides. So what clients have begun to send is read
 * to its end and not a byte further, and what was begun to be written is written to its end. While clients are waited for, frames of
 * the interface still come to all others (INPUT): what one takes does not become a gap for all. Then the rings are read for the last
 * time, and queues are written, whole as far as clients take them in a moment, and to the end of a frame after it (OUTPUT); frames
 * that stay behind are counted. A connection that has come to such a place on both sides goes to the front; who does not come to one
 * until the time is over is closed.
 *
 * Connections that the front has not admitted yet are at the beginning of their streams: they go at once.
 */
#include <stdlib.h>

#include "os/clock.h"
#include "worker/worker.h"

static bool
is_open(const struct client *client)
{
	return client->state == CLIENT_OPEN;
}

/* Whether the stream could go on elsewhere, but for what is queued. */
static bool
is_at_boundary(const struct client *client)
{
	return plk_client_between(client) && (!client->is_cut || plk_client_output(client) == 0);
}

/* Nothing more into its queue, and nothing more out of it than the end of what has begun. */
static void
cut(struct client *client)
{
	client->is_cut = true;
	plk_client_flush(client);
}

/* Gives a connection to the front; if that does not read now, the next step tries again. */
static void
hand_over(struct client *client)
{
	const uint64_t unsent = plk_boundary_packets(&client->boundary, &client->queue);
	const struct plk_msg msg = {
		.type = PLK_MSG_KEPT,
		.u.kept = {.slot = plk_client_slot(client),
			   .generation = client->generation,
			   .port = client->port,
			   .from_client = plk_client_counted(client, PLK_COUNTER_CLIENT_FRAMES),
			   .to_client = plk_client_counted(client, PLK_COUNTER_DELIVERED),
			   .dropped = client->dropped,
			   .unsent = unsent},
	};

	if (plk_worker_tell(&msg, client->fd) < 0)
		return;
	plk_client_count(client, PLK_COUNTER_UNSENT, unsent);
	plk_client_free(client);
}

static void
waiting_hand_over(void)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state == CLIENT_WAITING)
			hand_over(&worker.clients[i]);
	}
}

/* Nobody new. */
static void
listeners_stop(void)
{
	plk_timer_stop(&worker.accept_timer);
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		if (worker.ports[i].used)
			plk_watch_remove(&worker.loop, &worker.ports[i].watch);
	}
}

/* Whether all have come to the end of what they were sending, and those that do not keep up with reading to the end of a frame. */
static bool
input_is_over(void)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (is_open(&worker.clients[i]) && !is_at_boundary(&worker.clients[i]))
			return false;
	}
	return true;
}

/* Those who did not come to the end of a frame in time. */
static void
late_close(void)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (is_open(&worker.clients[i]) && !is_at_boundary(&worker.clients[i]))
			plk_client_close(&worker.clients[i], PLK_CLOSE_STOP, 0);
	}
}

static void
output_begin(uint64_t now)
{
	worker.leaving = LEAVING_OUTPUT;
	if (worker.leave_by_ms < now + PLK_LEAVE_LAST_MS)
		worker.leave_by_ms = now + PLK_LEAVE_LAST_MS;
	worker.drain_by_ms = now + PLK_LEAVE_DRAIN_MS;
	/* whatever is left of the time, nobody ends with it who has not been brought to the end of a frame */
	if (worker.drain_by_ms > worker.leave_by_ms - PLK_LEAVE_LAST_MS)
		worker.drain_by_ms = worker.leave_by_ms - PLK_LEAVE_LAST_MS;
	plk_rx_stop();
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (is_open(&worker.clients[i]))
			plk_trace_statistics(&worker.clients[i]);
	}
	plk_clients_flush();
}

static void
output_step(uint64_t now)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		struct client *client = &worker.clients[i];

		if (is_open(client) && !client->is_cut && now >= worker.drain_by_ms)
			cut(client);
		if (is_open(client) && plk_client_output(client) == 0)
			hand_over(client);
	}
}

static bool
is_over(uint64_t now)
{
	return worker.n_used == 0 || now >= worker.leave_by_ms;
}

static void
leave_step(void *ctx)
{
	const uint64_t now = plk_now_ms();

	(void)ctx;
	waiting_hand_over();
	if (worker.leaving == LEAVING_INPUT && now >= worker.leave_by_ms)
		late_close();
	if (worker.leaving == LEAVING_INPUT && input_is_over())
		output_begin(now);
	if (worker.leaving == LEAVING_OUTPUT)
		output_step(now);
	if (worker.leaving == LEAVING_OUTPUT && is_over(now))
		plk_worker_leave(EXIT_SUCCESS);
	plk_timer_set(&worker.loop, &worker.leave_timer, PLK_LEAVE_STEP_MS);
}

void
plk_leave(void)
{
	worker.leaving = LEAVING_INPUT;
	worker.leave_by_ms = plk_now_ms() + PLK_LEAVE_MS;
	worker.leave_timer.call = leave_step;
	listeners_stop();
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		struct client *client = &worker.clients[i];

		client->is_cut = is_open(client) && plk_client_is_full(client);
		if (is_open(client))
			plk_client_flush(client);
	}
	/* not now: what is in a block of a ring comes when that is full, or old enough */
	plk_timer_set(&worker.loop, &worker.leave_timer, PLK_LEAVE_FIRST_MS);
}
