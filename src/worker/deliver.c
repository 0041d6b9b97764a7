/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deliver.c: put a frame into the queues of those who shall have it, in the format of each.
 *
 * A frame is brought into at most two forms, each when the first client wants it: raw, with the
 * kernel's offloads described in a virtio-net header, and whole, as it is on a wire.
 */
#include <linux/if_packet.h>
#include <string.h>

#include "worker/worker.h"

struct form {
	bool made;
	enum plk_err err;
	struct plk_vnet vnet;
	struct plk_pieces pieces;
};

/* A frame, and its forms as far as they were needed. */
struct view {
	struct plk_span eth;
	struct plk_tag tag;
	struct plk_vnet vnet;
	struct form raw;
	struct form whole;
};

static const struct form *
form_get(struct view *view, bool raw)
{
	struct form *form = raw ? &view->raw : &view->whole;

	if (form->made)
		return form;
	form->made = true;
	form->vnet = view->vnet;
	form->err = raw ? plk_restore_raw(view->eth, &view->tag, &form->vnet, &form->pieces)
			: plk_restore_whole(view->eth, &view->tag, &view->vnet, &form->pieces);
	return form;
}

static void
drop(struct client *client, enum plk_counter reason)
{
	client->dropped++;
	plk_worker_count(reason, 1);
}

static void
mark_dirty(struct client *client)
{
	if (client->is_dirty)
		return;
	client->is_dirty = true;
	worker.dirty[worker.n_dirty++] = (uint32_t)(client - worker.clients);
}

/* The record as it goes into the queue: prefix, header, frame. */
static void
record_put(struct client *client, const struct form *form)
{
	const struct plk_framing framing = plk_client_port(client)->framing;
	uint8_t prefix[PLK_PREFIX_MAX];
	uint8_t header[PLK_VNET_HDR_HASH];
	struct plk_span parts[2 + PLK_PIECES_MAX] = {{prefix, 0}, {header, framing.vnet_hdr}};

	if (plk_frame_prefix_encode(framing, form->pieces.bytes,
				    (struct plk_mspan){prefix, sizeof prefix},
				    &parts[0].n) != PLK_OK) {
		drop(client, PLK_COUNTER_RX_OVERSIZE);
		return;
	}
	if (framing.vnet_hdr > 0 &&
	    plk_vnet_encode(&form->vnet, framing.vnet_hdr,
			    (struct plk_mspan){header, sizeof header}) != PLK_OK) {
		drop(client, PLK_COUNTER_RX_MALFORMED);
		return;
	}
	memcpy(parts + 2, form->pieces.part, form->pieces.n * sizeof *parts);
	if (!plk_outq_put(&client->queue, parts, 2 + form->pieces.n)) {
		drop(client, PLK_COUNTER_RX_QUEUE);
		return;
	}
	client->to_client++;
	plk_worker_count(PLK_COUNTER_DELIVERED, 1);
	mark_dirty(client);
}

static void
put(struct client *client, struct view *view)
{
	const struct form *form = form_get(view, plk_client_port(client)->framing.vnet_hdr > 0);

	if (form->err == PLK_OK)
		record_put(client, form);
	else
		drop(client,
		     form->err == PLK_E_LIMIT ? PLK_COUNTER_RX_GSO : PLK_COUNTER_RX_MALFORMED);
}

static bool
wants_direction(const struct port *port, uint8_t pkttype)
{
	return port->direction == PLK_DIRECTION_BOTH ||
	       port->direction ==
		       (pkttype == PACKET_OUTGOING ? PLK_DIRECTION_OUT : PLK_DIRECTION_IN);
}

/* Which attached clients a frame of the interface is for: one, all, or none because its destination is behind the
 * interface too. False for none. */
static bool
is_for_clients(struct plk_span eth, const struct client **one)
{
	uint32_t owner;

	*one = NULL;
	plk_fdb_learn(&worker.fdb, eth.p + PLK_ETH_ADDR, PLK_FDB_INTERFACE);
	if (plk_mac_is_group(eth.p) || !plk_fdb_find(&worker.fdb, eth.p, &owner))
		return true;
	if (owner == PLK_FDB_INTERFACE)
		return false;
	*one = &worker.clients[owner];
	return true;
}

void
plk_deliver_rx(enum plk_class class, const struct plk_rxpkt *packet)
{
	struct view view = {.eth = packet->eth, .tag = packet->tag};
	const struct client *one = NULL;

	plk_worker_count(PLK_COUNTER_RX_FRAMES, 1);
	plk_worker_count(PLK_COUNTER_RX_BYTES, packet->original);
	if (packet->eth.n < PLK_ETH_HDR || packet->eth.n < packet->original ||
	    plk_vnet_parse(packet->vnet, &view.vnet) != PLK_OK) {
		plk_worker_count(PLK_COUNTER_RX_MALFORMED, 1); /* cut short, too */
		return;
	}
	if (plk_class_is_attach(class) && !is_for_clients(packet->eth, &one))
		return;
	for (uint32_t i = 0; i < worker.n_open; i++) {
		struct client *client = &worker.clients[worker.open[i]];
		const struct port *port = plk_client_port(client);

		if (plk_class_takes(class, port->role, port->latency) &&
		    wants_direction(port, packet->pkttype) && (!one || one == client))
			put(client, &view);
	}
}

void
plk_deliver_local(const struct client *from, struct plk_span eth, const struct plk_vnet *vnet,
		  const struct client *to)
{
	struct view view = {.eth = eth, .vnet = *vnet};

	for (uint32_t i = 0; i < worker.n_open; i++) {
		struct client *client = &worker.clients[worker.open[i]];
		const struct port *port = plk_client_port(client);

		if (client == from || port->role != PLK_ROLE_ATTACH || (to && to != client) ||
		    !wants_direction(port, PACKET_HOST))
			continue;
		put(client, &view);
		plk_worker_count(PLK_COUNTER_SWITCHED, 1);
	}
}
