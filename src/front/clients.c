/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clients.c: who may connect.
 *
 * The worker shows each connection once, before it reads a byte of it. The kernel says who is at
 * the other end; the port says who may be. Where a list stands and the kernel says nothing (TCP),
 * nobody is admitted.
 */
#include <errno.h>
#include <stdio.h>

#include "front/front.h"
#include "os/clock.h"
#include "os/fd.h"

static bool
is_among(uint32_t id, const uint32_t *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

bool
plk_front_is_listed(const struct plk_peer_id *peer, int fd, const uint32_t *uids, size_t n_uids,
		    const uint32_t *gids, size_t n_gids)
{
	if (!peer->is_unix)
		return false;
	return is_among(peer->uid, uids, n_uids) ||
	       (n_gids > 0 && plk_peer_in_groups(fd, peer, gids, n_gids));
}

static bool
may_connect(const struct plk_port *port, const struct plk_peer_id *peer, int fd)
{
	if (port->n_uids == 0 && port->n_gids == 0)
		return true;
	return plk_front_is_listed(peer, fd, port->uids, port->n_uids, port->gids, port->n_gids);
}

void
plk_client_who(const struct plk_peer_id *peer, char *out)
{
	if (peer->is_unix)
		(void)snprintf(out, PLK_WHO_BYTES, "uid=%u pid=%d", peer->uid, peer->pid);
	else
		(void)snprintf(out, PLK_WHO_BYTES, "peer=%s", peer->text);
}

static void
promisc_later(void *ctx)
{
	(void)ctx;
	plk_front_promisc();
}

void
plk_front_promisc(void)
{
	const bool on = front.n_attached > 0;
	const struct plk_msg msg = {.type = PLK_MSG_PROMISC, .u.promisc = {.on = on}};
	uint64_t now = plk_now_ms();

	if (front.promisc_asked || front.promisc == on)
		return;
	if (!on && now - front.promisc_since_ms < PLK_PROMISC_MS) {
		front.promisc_timer.call = promisc_later;
		plk_timer_set(&front.loop, &front.promisc_timer,
			      front.promisc_since_ms + PLK_PROMISC_MS - now);
		return;
	}
	front.promisc = on;
	front.promisc_since_ms = now;
	front.promisc_asked = true;
	plk_front_send(front.broker.fd, &msg, -1);
}

/* An attached client wants all frames of the interface, not only those for its own address. */
static void
attached_count(uint16_t port, bool more)
{
	if (front.ports[port].port.role != PLK_ROLE_ATTACH)
		return;
	front.n_attached += more ? 1U : -1U;
	plk_front_promisc();
}

static bool
has_clients(void)
{
	for (size_t i = 0; i < PLK_CLIENTS_MAX; i++) {
		if (front.clients[i].used)
			return true;
	}
	return false;
}

static void
pulse(void *ctx)
{
	(void)ctx;
	if (!front.serving)
		return;
	if (plk_front_awaits(front.pulse_ping)) {
		plk_front_replace("worker does not answer", -ETIMEDOUT);
		return;
	}
	if (!has_clients())
		return;
	front.pulse_ping = plk_front_ping();
	plk_timer_set(&front.loop, &front.pulse_timer, PLK_PULSE_MS);
}

void
plk_front_pulse(void)
{
	front.pulse_timer.call = pulse;
	if (front.pulse_timer.at_ms == 0)
		plk_timer_set(&front.loop, &front.pulse_timer, PLK_PULSE_MS);
}

void
plk_front_accepted(const struct plk_msg_accepted *accepted, int *fd)
{
	struct front_client *client = &front.clients[accepted->slot];
	const struct front_port *p = &front.ports[accepted->port];
	char who[PLK_WHO_BYTES];
	struct plk_msg answer = {
		.type = PLK_MSG_ADMIT,
		.u.admit = {.slot = accepted->slot, .generation = accepted->generation},
	};

	if (client->used && client->admitted)
		attached_count(client->port, false); /* the worker forgot to say CLOSED */
	*client = (struct front_client){
		.used = true,
		.generation = accepted->generation,
		.port = accepted->port,
		.since_ms = plk_now_ms(),
	};
	if (plk_peer_identify(*fd, &client->peer) == 0)
		client->admitted = may_connect(&p->port, &client->peer, *fd);
	plk_fd_close(fd);
	if (front.stage == PLK_STAGE_STOP) { /* the next daemon will judge it */
		client->admitted = false;
		client->is_unjudged = true;
		return;
	}
	plk_front_pulse();
	answer.u.admit.admit = client->admitted;
	plk_front_send(front.worker.fd, &answer, -1);
	plk_client_who(&client->peer, who);
	if (plk_lines_may(client->admitted ? PLK_LINES_CONNECTED : PLK_LINES_REFUSED, 0))
		plk_log(client->admitted ? PLK_LOG_LINE_INFO : PLK_LOG_LINE_WARNING,
			"client %s remote=%s slot=%u %s",
			client->admitted ? "connected" : "refused (allow-uid=, allow-gid=)",
			p->label, accepted->slot, who);
	if (client->admitted)
		attached_count(accepted->port, true);
	plk_front_status();
}

static void
closed_log(const struct plk_msg_closed *c, const struct front_client *client)
{
	const bool is_fault = plk_words_is_fault(c->reason);
	char who[PLK_WHO_BYTES];

	if (c->reason == PLK_CLOSE_REFUSED || !plk_lines_may(PLK_LINES_CLOSED, c->reason))
		return;
	plk_client_who(&client->peer, who);
	plk_log(is_fault ? PLK_LOG_LINE_WARNING : PLK_LOG_LINE_INFO,
		"client closed remote=%s slot=%u %s reason=%s%s%s from_client=%llu to_client=%llu "
		"dropped=%llu",
		front.ports[c->port].label, c->slot, who, plk_words_close(c->reason),
		c->error != 0 && is_fault ? " error=" : "",
		c->error != 0 && is_fault ? plk_words_error(c->error) : "",
		(unsigned long long)c->from_client, (unsigned long long)c->to_client,
		(unsigned long long)c->dropped);
}

void
plk_front_closed(const struct plk_msg_closed *closed)
{
	struct front_client *client = &front.clients[closed->slot];

	if (client->used && client->generation == closed->generation &&
	    client->port == closed->port) {
		closed_log(closed, client);
		client->used = false;
		if (client->admitted)
			attached_count(client->port, false);
	} else if (closed->generation != 0 && plk_lines_may(PLK_LINES_UNKNOWN, 0)) {
		plk_log(PLK_LOG_LINE_WARNING, "worker closed a client that is not known slot=%u",
			closed->slot);
	}
	plk_active_ended(closed->port);
	plk_front_status();
}

void
plk_front_clients_forget(void)
{
	plk_timer_stop(&front.pulse_timer);
	plk_front_pings_forget();
	for (size_t i = 0; i < PLK_CLIENTS_MAX; i++) {
		struct front_client *client = &front.clients[i];

		if (client->used && client->admitted) {
			attached_count(client->port, false);
			front.ports[client->port].n_lost++;
		}
		client->used = false;
	}
	plk_front_status();
}

/* Its slot is the worker's choice; that nobody has it is for us to see. */
static bool
restored_enter(const struct plk_msg_restored *restored, const struct plk_peer_id *peer)
{
	struct front_client *client = &front.clients[restored->slot];

	if (client->used || restored->slot >= front.cmdline.clients)
		return false;
	*client = (struct front_client){
		.used = true,
		.generation = restored->generation,
		.port = restored->port,
		.admitted = true,
		.since_ms = plk_now_ms(),
		.peer = *peer,
	};
	attached_count(restored->port, true);
	plk_active_restored(restored->port);
	return true;
}

/* Whether it was made at the port's address, or by us to it: the tag alone is a number that a hijacked worker had a say in. */
static bool
is_of_port(const struct front_port *p, int fd)
{
	const struct plk_remote *r = &p->port.remote;

	if (plk_remote_is_passive(r))
		return plk_peer_came_by(fd, p->listener);
	if (r->kind == PLK_REMOTE_UNIX)
		return plk_peer_has_path(fd, r->path);
	return plk_peer_has_inet(fd, r->is_v6, r->addr, r->tcp_port);
}

static bool
is_twice(const struct plk_peer_id *peer)
{
	for (size_t i = 0; i < PLK_CLIENTS_MAX; i++) {
		if (front.clients[i].used && front.clients[i].peer.cookie == peer->cookie)
			return true;
	}
	return false;
}

static bool
restored_refuse(const struct front_port *p, const char *why)
{
	if (plk_lines_may(PLK_LINES_NOT_RESTORED, 0))
		plk_log(PLK_LOG_LINE_WARNING, "connection of the last daemon closed: %s remote=%s",
			why, p->label);
	return false;
}

bool
plk_front_restored(uint16_t port, int *fd)
{
	const struct front_port *p = &front.ports[port];
	const struct plk_msg msg = {.type = PLK_MSG_RESTORE, .u.restore = {.port = port}};
	const struct plk_msg_restored *answer = &front.answer.msg.u.restored;
	struct plk_peer_id peer;
	char who[PLK_WHO_BYTES];

	if (plk_peer_identify(*fd, &peer) < 0 || is_twice(&peer))
		return restored_refuse(p, "it is no connection");
	if (!is_of_port(p, *fd))
		return restored_refuse(p, "it was made elsewhere");
	if (!may_connect(&p->port, &peer, *fd))
		return restored_refuse(p, "it is not allowed any more (allow-uid=, allow-gid=)");
	plk_front_ask(front.worker.fd, &msg, *fd, PLK_MSG_RESTORED);
	plk_fd_close(fd);
	if (answer->err == PLK_E_LIMIT)
		return restored_refuse(p, "there is no room (--clients=, max-clients=)");
	if (answer->err != PLK_OK)
		return restored_refuse(p, plk_err_text((enum plk_err)answer->err));
	if (answer->port != port || !restored_enter(answer, &peer))
		return restored_refuse(p, "the worker has no slot for it");
	plk_client_who(&peer, who);
	if (plk_lines_may(PLK_LINES_RESTORED, 0))
		plk_log(PLK_LOG_LINE_INFO, "client taken back remote=%s slot=%u %s", p->label,
			answer->slot, who);
	return true;
}

bool
plk_front_kept(const struct plk_msg_kept *kept, int fd)
{
	struct front_client *client = &front.clients[kept->slot];
	uint64_t cookie;
	char who[PLK_WHO_BYTES];

	if (!client->used || client->generation != kept->generation || client->port != kept->port ||
	    !(client->admitted || client->is_unjudged) || plk_peer_cookie(fd, &cookie) < 0 ||
	    cookie != client->peer.cookie)
		return false;
	client->used = false;
	plk_client_who(&client->peer, who);
	if (plk_lines_may(PLK_LINES_KEPT, 0))
		plk_log(PLK_LOG_LINE_INFO,
			"client kept remote=%s slot=%u %s from_client=%llu to_client=%llu "
			"dropped=%llu unsent=%llu",
			front.ports[kept->port].label, kept->slot, who,
			(unsigned long long)kept->from_client, (unsigned long long)kept->to_client,
			(unsigned long long)kept->dropped, (unsigned long long)kept->unsent);
	return true;
}
