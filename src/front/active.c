/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * active.c: remotes that we connect to, again and again.
 *
 * The broker makes the socket and begins; we wait until it is connected, at most
 * PLK_CONNECT_TIMEOUT_MS, and hand it to the worker. When the connection ends, or never came about,
 * the next try waits 1, 2, 4, 8 seconds; after a connection of a minute 1 again.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "front/front.h"
#include "os/clock.h"
#include "os/fd.h"

static void
try_now(void *ctx)
{
	struct front_port *p = ctx;
	const struct plk_msg msg = {
		.type = PLK_MSG_CONNECT,
		.u.connect = {.port = plk_port_index(p)},
	};

	p->is_asked = true;
	plk_front_send(front.broker.fd, &msg, -1);
}

/* @lived_ms: how long there was a connection; 0 if there was none */
static void
try_later(struct front_port *p, uint64_t lived_ms)
{
	p->timer.call = try_now;
	p->timer.ctx = p;
	plk_timer_set(&front.loop, &p->timer, plk_backoff_step(&p->backoff, lived_ms));
}

/* Logged once for each error in a row: it may go on for days. */
static void
failed(struct front_port *p, const char *what, int error)
{
	if (error != p->last_error)
		plk_log(PLK_LOG_LINE_WARNING, "%s: %s; trying again remote=%s", what,
			plk_words_error((uint64_t)error), p->label);
	p->last_error = error;
	try_later(p, 0);
}

static void
connecting_close(struct front_port *p)
{
	plk_timer_stop(&p->timer);
	plk_watch_remove(&front.loop, &p->watch);
	plk_fd_close(&p->connecting);
}

static void
timed_out(void *ctx)
{
	struct front_port *p = ctx;

	connecting_close(p);
	failed(p, "cannot connect", ETIMEDOUT);
}

static void
connected(struct front_port *p)
{
	const struct plk_msg msg = {
		.type = PLK_MSG_CLIENT,
		.u.client = {.port = (uint16_t)(p - front.ports)},
	};

	int error = plk_front_send(front.worker.fd, &msg, p->connecting);

	connecting_close(p);
	if (error < 0) {
		failed(p, "cannot hand the connection to the worker", -error);
		return;
	}
	p->since_ms = plk_now_ms();
	p->last_error = 0;
}

static void
ready(void *ctx, uint32_t events)
{
	struct front_port *p = ctx;
	int error = plk_fd_error(p->connecting);

	(void)events;
	if (error == 0 && plk_peer_is_self(p->connecting))
		error = -ECONNREFUSED;
	if (error == 0 && front.serving) {
		connected(p);
		return;
	}
	connecting_close(p);
	failed(p, error < 0 ? "cannot connect" : "no worker to hand the connection to",
	       error < 0 ? -error : EAGAIN);
}

void
plk_active_start(struct front_port *p)
{
	p->backoff = PLK_BACKOFF_CONNECT;
	if (p->since_ms == 0)
		try_now(p);
}

void
plk_active_stop(struct front_port *p)
{
	connecting_close(p);
	while (p->is_asked)
		plk_front_await(PLK_MSG_CONNECTING);
}

void
plk_active_restored(uint16_t port)
{
	if (!plk_remote_is_passive(&front.ports[port].port.remote))
		front.ports[port].since_ms = plk_now_ms();
}

void
plk_active_connecting(const struct plk_msg_connecting *answer, int *fd)
{
	struct front_port *p = &front.ports[answer->port];
	int error;

	p->is_asked = false;
	if (p->state == PLK_PORT_LEAVING) {
		plk_fd_close(fd);
		return;
	}
	if (answer->error != 0 || *fd < 0) {
		failed(p, plk_words_step(answer->step), (int)answer->error);
		return;
	}
	if (front.worker.fd < 0) { /* its number is the next worker's: see channel_take() */
		plk_fd_close(fd);
		failed(p, "no worker to hand the connection to", EAGAIN);
		return;
	}
	connecting_close(p); /* there is none: one try at a time */
	p->connecting = plk_fd_take(fd);
	p->watch.call = ready;
	p->watch.ctx = p;
	error = plk_watch_add(&front.loop, &p->watch, p->connecting, EPOLLOUT);
	if (error < 0) {
		plk_fd_close(&p->connecting);
		failed(p, "cannot wait for the connection", -error);
		return;
	}
	p->timer.call = timed_out;
	p->timer.ctx = p;
	plk_timer_set(&front.loop, &p->timer, PLK_CONNECT_TIMEOUT_MS);
}

void
plk_active_ended(uint16_t port)
{
	struct front_port *p = &front.ports[port];
	uint64_t lived;

	if (plk_remote_is_passive(&p->port.remote) || p->since_ms == 0 ||
	    p->state == PLK_PORT_LEAVING)
		return;
	lived = plk_now_ms() - p->since_ms;
	p->since_ms = 0;
	try_later(p, lived);
}

void
plk_active_forget(void)
{
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p))
		plk_active_ended(plk_port_index(p));
}
