/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deliver.c: put a frame into the queues of those who shall have it, in the format of each.
 *
 * A frame is brought into a form when the first client wants it: raw, with the kernel's offloads described in a virtio-net
 * header, for format vnet; as it is on a wire for the others, and if it is a superframe then piece by piece.
 */
#include <linux/if_packet.h>
#include <string.h>

#include "wire/segment.h"
#include "worker/worker.h"

/* A frame of the interface, or of a client: then @pkttype and @time_ns do not matter. */
struct view {
	struct plk_span eth;
	struct plk_tag tag;
	struct plk_vnet vnet;
	uint8_t pkttype;
	uint64_t time_ns;
};

/* The clients that a frame is for: those that take superframes and headers first. */
static struct {
	struct client *client[PLK_CLIENTS_MAX];
	size_t n;
} raws, wires;

static void
targets_clear(void)
{
	raws.n = 0;
	wires.n = 0;
}

static void
target_add(struct client *client)
{
	if (plk_client_port(client)->framing.vnet_hdr > 0)
		raws.client[raws.n++] = client;
	else
		wires.client[wires.n++] = client;
}

/* Records put into queues or dropped, ever: how much work there was. */
static uint64_t work;

uint64_t
plk_deliver_work(void)
{
	return work;
}

static void
drop(struct client *client, enum plk_counter reason)
{
	work++;
	client->dropped++;
	client->trace_due = true;
	plk_worker_count(reason, 1);
}

static void
record_put(struct client *client, const struct plk_span *parts, size_t n_parts)
{
	if (!plk_client_put(client, parts, n_parts)) {
		drop(client, PLK_COUNTER_RX_QUEUE);
		return;
	}
	work++;
	client->to_client++;
	plk_worker_count(PLK_COUNTER_DELIVERED, 1);
}

/* Prefix, header, frame. */
static void
stream_put(struct client *client, const struct plk_vnet *vnet, const struct plk_pieces *pieces)
{
	const struct plk_framing framing = plk_client_port(client)->framing;
	uint8_t prefix[PLK_PREFIX_MAX];
	uint8_t header[PLK_VNET_HDR_HASH];
	struct plk_span parts[2 + PLK_PIECES_MAX] = {{prefix, 0}, {header, framing.vnet_hdr}};

	if (plk_frame_prefix_encode(framing, pieces->bytes,
				    (struct plk_mspan){prefix, sizeof prefix},
				    &parts[0].n) != PLK_OK) {
		drop(client, PLK_COUNTER_RX_OVERSIZE);
		return;
	}
	if (framing.vnet_hdr > 0 &&
	    plk_vnet_encode(vnet, framing.vnet_hdr, (struct plk_mspan){header, sizeof header}) !=
		    PLK_OK) {
		drop(client, PLK_COUNTER_RX_MALFORMED);
		return;
	}
	memcpy(parts + 2, pieces->part, pieces->n * sizeof *parts);
	record_put(client, parts, 2 + pieces->n);
}

/* Block head, what the snaplen leaves of the frame, block tail. */
static void
block_put(struct client *client, const struct view *view, const struct plk_pieces *pieces)
{
	uint8_t head[PLK_PCAPNG_HEAD];
	uint8_t tail[PLK_PCAPNG_TAIL_MAX];
	struct plk_span parts[2 + PLK_PIECES_MAX] = {{head, sizeof head}};
	const uint32_t snaplen = plk_client_port(client)->snaplen;
	size_t left = snaplen > 0 && snaplen < pieces->bytes ? snaplen : pieces->bytes;
	struct plk_pcapng_packet packet = {
		.time_ns = view->time_ns,
		.captured = (uint32_t)left,
		.original = (uint32_t)pieces->bytes,
		.flow = view->pkttype == PACKET_OUTGOING ? PLK_PCAPNG_FLOW_OUT : PLK_PCAPNG_FLOW_IN,
	};
	size_t n = 1;

	for (size_t i = 0; i < pieces->n && left > 0; i++, n++) {
		parts[n] = pieces->part[i];
		if (parts[n].n > left)
			parts[n].n = left;
		left -= parts[n].n;
	}
	parts[n].p = tail;
	if (plk_pcapng_packet_encode(&packet, head, tail, &parts[n].n) != PLK_OK) {
		drop(client, PLK_COUNTER_RX_OVERSIZE);
		return;
	}
	record_put(client, parts, n + 1);
	plk_trace_seen(client, view->time_ns);
}

/* A frame as it is on a wire, to all who want it so. */
static void
wires_put(const struct view *view, const struct plk_pieces *pieces)
{
	for (size_t i = 0; i < wires.n; i++) {
		struct client *client = wires.client[i];

		if (plk_client_port(client)->format == PLK_FORMAT_PCAPNG)
			block_put(client, view, pieces);
		else
			stream_put(client, NULL, pieces);
	}
}

static void
wires_drop(enum plk_counter reason)
{
	for (size_t i = 0; i < wires.n; i++)
		drop(wires.client[i], reason);
}

static void
superframe_deliver(const struct view *view)
{
	static struct plk_segment segment;
	struct plk_pieces pieces;

	if (plk_segment_init(&segment, view->eth, &view->tag, &view->vnet, PLK_SEGMENT_CSUM_FULL) !=
	    PLK_OK) {
		wires_drop(PLK_COUNTER_RX_GSO);
		return;
	}
	plk_worker_count(PLK_COUNTER_RX_PIECES, wires.n * (plk_segment_count(&segment) - 1));
	while (plk_segment_next(&segment, &pieces) == PLK_OK)
		wires_put(view, &pieces);
}

/* Why a frame that the kernel delivered cannot be passed on. */
static enum plk_counter
reason_of(enum plk_err err)
{
	return err == PLK_E_VNET_GSO_TYPE ? PLK_COUNTER_RX_GSO : PLK_COUNTER_RX_MALFORMED;
}

static void
wires_deliver(const struct view *view)
{
	struct plk_pieces pieces;
	enum plk_err err = plk_restore_whole(view->eth, &view->tag, &view->vnet, &pieces);

	if (err == PLK_OK)
		wires_put(view, &pieces);
	else if (err == PLK_E_LIMIT)
		superframe_deliver(view);
	else
		wires_drop(reason_of(err));
}

static void
raws_deliver(const struct view *view)
{
	struct plk_vnet vnet = view->vnet;
	struct plk_pieces pieces;
	enum plk_err err = plk_restore_raw(view->eth, &view->tag, &vnet, &pieces);

	for (size_t i = 0; i < raws.n; i++) {
		if (err == PLK_OK)
			stream_put(raws.client[i], &vnet, &pieces);
		else
			drop(raws.client[i], reason_of(err));
	}
}

static void
targets_deliver(const struct view *view)
{
	if (raws.n > 0)
		raws_deliver(view);
	if (wires.n > 0)
		wires_deliver(view);
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
	struct view view = {
		.eth = packet->eth,
		.tag = packet->tag,
		.pkttype = packet->pkttype,
		.time_ns = packet->time_ns,
	};
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
	targets_clear();
	for (uint32_t i = 0; i < worker.n_open; i++) {
		struct client *client = &worker.clients[worker.open[i]];
		const struct port *port = plk_client_port(client);

		if (plk_class_takes(class, port->role, port->latency) &&
		    wants_direction(port, packet->pkttype) && (!one || one == client))
			target_add(client);
	}
	targets_deliver(&view);
}

void
plk_deliver_local(const struct client *from, struct plk_span eth, const struct plk_vnet *vnet,
		  const struct client *to)
{
	struct view view = {.eth = eth, .vnet = *vnet};

	targets_clear();
	for (uint32_t i = 0; i < worker.n_open; i++) {
		struct client *client = &worker.clients[worker.open[i]];
		const struct port *port = plk_client_port(client);

		if (client == from || port->role != PLK_ROLE_ATTACH || (to && to != client) ||
		    !wants_direction(port, PACKET_HOST))
			continue;
		target_add(client);
		plk_worker_count(PLK_COUNTER_SWITCHED, 1);
	}
	targets_deliver(&view);
}
