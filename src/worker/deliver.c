/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * deliver.c: put a frame into the queues of those who shall have it, in the format of each.
 *
 * A frame is brought into a form when the first client wants it: raw, with the kernel's offloads described in a virtio-net
 * header, for format vnet; as it is on a wire for the others, and if it is a superframe then piece by piece.
 *
 * All clients of a capture port get the same, so what they get is put together once, in the port's batch, until plk_deliver_flush().
 * Attached clients get frames of their own, each into its queue.
 */
#include <linux/if_packet.h>
#include <string.h>

#include "base/bytes.h"
#include "core/batch.h"
#include "wire/segment.h"
#include "worker/worker.h"

#define LONG_RECORD 16384 /* bytes; is not copied together with others */

/* A frame of the interface, or of a client: then @pkttype and @time_ns do not matter. @room ends where the frame begins, and may be
 * written to. */
struct view {
	struct plk_span eth;
	struct plk_mspan room;
	struct plk_tag tag;
	struct plk_vnet vnet;
	uint8_t pkttype;
	uint64_t time_ns;
};

/* Who gets a frame: one client, or all of a port (@client is NULL), by its batch. */
struct target {
	struct port *port;
	struct client *client;
};

/* Those that take superframes and headers, and those that take frames as they are on a wire. */
static struct targets {
	struct target target[PLK_CLIENTS_MAX];
	size_t n;
} raws, wires;

/* The ports that have clients, by the class that they take from, and what is on the way to these. */
static struct takers {
	struct port *port[PLK_PORTS_MAX];
	size_t n;
} takers[PLK_CLASS_RX];
static struct plk_batch batches[PLK_PORTS_MAX];

static void
targets_clear(void)
{
	raws.n = 0;
	wires.n = 0;
}

static void
target_add(struct port *port, struct client *client)
{
	struct targets *targets = port->framing.vnet_hdr > 0 ? &raws : &wires;

	targets->target[targets->n++] = (struct target){port, client};
}

/* Records put into queues or dropped, ever: how much work there was. */
static uint64_t work;

/* Frames of the interface that are not counted yet: plk_deliver_flush() does. */
static struct tally {
	uint64_t frames;
	uint64_t bytes;
	uint64_t copies;
	uint64_t unwanted;
} tally;

uint64_t
plk_deliver_work(void)
{
	return work;
}

/* ---- who is there ---- */

static void
takers_list(void)
{
	for (int class = 0; class < PLK_CLASS_RX; class ++) {
		takers[class].n = 0;
		for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
			struct port *port = &worker.ports[i];

			if (port->clients &&
			    plk_class_takes((enum plk_class) class, port->role, port->latency))
				takers[class].port[takers[class].n++] = port;
		}
	}
}

void
plk_deliver_join(struct client *client)
{
	struct port *port = plk_client_port(client);

	port->batch = &batches[client->port];
	port->n_open++;
	client->next = port->clients;
	port->clients = client;
	takers_list();
}

void
plk_deliver_leave(struct client *client)
{
	struct client **at = &plk_client_port(client)->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	plk_client_port(client)->n_open--;
	takers_list();
}

void
plk_deliver_instead(enum plk_role role)
{
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		if (worker.ports[i].used && worker.ports[i].role == role)
			worker.ports[i].latency = PLK_LATENCY_BULK;
	}
	takers_list();
}

/* ---- into queues ---- */

/* Records for a client; each is then delivered or dropped. */
static void
seen(struct client *client, uint64_t n)
{
	work += n;
	plk_client_count(client, PLK_CELL_SEEN, n);
}

static void
delivered(struct client *client, uint64_t n, size_t bytes)
{
	plk_client_count(client, PLK_COUNTER_DELIVERED, n);
	plk_client_count(client, PLK_CELL_DELIVERED_BYTES, bytes);
}

static void
dropped(struct client *client, enum plk_counter reason, uint64_t n)
{
	client->dropped += n;
	client->trace_due = true;
	plk_client_count(client, reason, n);
}

static void
target_drop(const struct target *to, enum plk_counter reason)
{
	if (to->client) {
		seen(to->client, 1);
		dropped(to->client, reason, 1);
		return;
	}
	for (struct client *i = to->port->clients; i; i = i->next) {
		seen(i, 1);
		dropped(i, reason, 1);
	}
}

static void
batch_flush(struct port *port)
{
	struct plk_batch *batch = port->batch;

	if (batch->n_records == 0)
		return;
	for (struct client *i = port->clients; i; i = i->next) {
		const uint32_t n = plk_client_put_batch(i, batch);

		seen(i, batch->n_records);
		if (n > 0)
			delivered(i, n, batch->ends[n - 1]);
		if (n < batch->n_records)
			dropped(i, PLK_COUNTER_RX_QUEUE, batch->n_records - n);
		if (port->format == PLK_FORMAT_PCAPNG)
			plk_trace_seen(i, port->batch_ns);
	}
	plk_batch_clear(batch);
}

static void
tally_count(void)
{
	plk_worker_count(PLK_COUNTER_RX_FRAMES, tally.frames);
	plk_worker_count(PLK_COUNTER_RX_BYTES, tally.bytes);
	plk_worker_count(PLK_COUNTER_RX_COPIES, tally.copies);
	plk_worker_count(PLK_COUNTER_RX_UNWANTED, tally.unwanted);
	tally = (struct tally){.frames = 0};
}

void plk_deliver_flush(enum plk_class class)
{
	if (tally.frames > 0)
		tally_count();
	for (size_t i = 0; i < takers[class].n; i++)
		batch_flush(takers[class].port[i]);
}

/* Kept out of the way of most frames. */
static __attribute__((noinline)) uint8_t *
batch_room_made(struct port *port, size_t n)
{
	batch_flush(port);
	return plk_batch_add(port->batch, n);
}

/* Room for a record in the batch of a port; a record that is not too long for one fits into an empty one. */
static inline uint8_t *
batch_room(struct port *port, size_t n)
{
	uint8_t *p = plk_batch_add(port->batch, n);

	return p ? p : batch_room_made(port, n);
}

/* What goes onto a stream at once: what stands before a frame, the frame, and what stands behind it. */
struct record {
	struct plk_span part[2 + PLK_PIECES_MAX];
	size_t n;
	size_t bytes;
};

static void
record_add(struct record *record, const uint8_t *p, size_t n)
{
	record->part[record->n++] = (struct plk_span){p, n};
	record->bytes += n;
}

static void
client_put(struct client *client, const struct record *record, const struct view *view)
{
	seen(client, 1);
	if (plk_client_put(client, record->part, record->n))
		delivered(client, 1, record->bytes);
	else
		dropped(client, PLK_COUNTER_RX_QUEUE, 1);
	if (plk_client_port(client)->format == PLK_FORMAT_PCAPNG)
		plk_trace_seen(client, view->time_ns);
}

/* A frame that lies in one piece gets what stands before it into the memory before it: so it can be sent from where it is. */
static void
record_join(struct record *record, const struct view *view)
{
	const size_t before = record->bytes - view->eth.n;
	uint8_t *p;

	if (record->part[record->n - 1].p != view->eth.p || before > view->room.n)
		return;
	p = view->room.p + view->room.n - before;
	for (size_t i = 0; i + 1 < record->n; i++) {
		memcpy(p, record->part[i].p, record->part[i].n);
		p += record->part[i].n;
	}
	record->part[0] = (struct plk_span){p - before, record->bytes};
	record->n = 1;
}

/* A long one is not copied into a batch: many can go to the socket from where they are. */
static void
long_put(const struct target *to, struct record *record, const struct view *view)
{
	batch_flush(to->port);
	record_join(record, view);
	for (struct client *i = to->port->clients; i && !to->client; i = i->next)
		client_put(i, record, view);
	if (to->client)
		client_put(to->client, record, view);
}

static void
record_put(const struct target *to, struct record *record, const struct view *view)
{
	uint8_t *p;

	if (record->bytes > LONG_RECORD) {
		long_put(to, record, view);
		return;
	}
	if (to->client) {
		client_put(to->client, record, view);
		return;
	}
	p = batch_room(to->port, record->bytes);
	for (size_t i = 0; i < record->n; i++) {
		memcpy(p, record->part[i].p, record->part[i].n);
		p += record->part[i].n;
	}
	to->port->batch_ns = view->time_ns;
}

/* Prefix, header, frame. */
static void
stream_put(const struct target *to, const struct view *view, const struct plk_vnet *vnet,
	   const struct plk_pieces *pieces)
{
	const struct plk_framing framing = to->port->framing;
	uint8_t prefix[PLK_PREFIX_MAX];
	uint8_t header[PLK_VNET_HDR_HASH];
	struct record record = {.n = 0};
	size_t n;

	if (plk_frame_prefix_encode(framing, pieces->bytes,
				    (struct plk_mspan){prefix, sizeof prefix}, &n) != PLK_OK) {
		target_drop(to, PLK_COUNTER_RX_OVERSIZE);
		return;
	}
	record_add(&record, prefix, n);
	if (framing.vnet_hdr > 0) {
		if (plk_vnet_encode(vnet, framing.vnet_hdr,
				    (struct plk_mspan){header, sizeof header}) != PLK_OK) {
			target_drop(to, PLK_COUNTER_RX_MALFORMED);
			return;
		}
		record_add(&record, header, framing.vnet_hdr);
	}
	for (size_t i = 0; i < pieces->n; i++)
		record_add(&record, pieces->part[i].p, pieces->part[i].n);
	record_put(to, &record, view);
}

static enum plk_pcapng_flow
flow_of(uint8_t pkttype)
{
	return pkttype == PACKET_OUTGOING ? PLK_PCAPNG_FLOW_OUT : PLK_PCAPNG_FLOW_IN;
}

/* Block head, what the snaplen leaves of the frame, block tail. */
static void
block_put(const struct target *to, const struct view *view, const struct plk_pieces *pieces)
{
	uint8_t head[PLK_PCAPNG_HEAD];
	uint8_t tail[PLK_PCAPNG_TAIL_MAX];
	const uint32_t snaplen = to->port->snaplen;
	size_t left = snaplen > 0 && snaplen < pieces->bytes ? snaplen : pieces->bytes;
	struct plk_pcapng_packet packet = {
		.time_ns = view->time_ns,
		.captured = (uint32_t)left,
		.original = (uint32_t)pieces->bytes,
		.flow = flow_of(view->pkttype),
	};
	struct record record = {.n = 0};
	size_t n_tail;

	if (plk_pcapng_packet_encode(&packet, head, tail, &n_tail) != PLK_OK) {
		target_drop(to, PLK_COUNTER_RX_OVERSIZE);
		return;
	}
	record_add(&record, head, sizeof head);
	for (size_t i = 0; i < pieces->n && left > 0; i++) {
		const size_t n = pieces->part[i].n < left ? pieces->part[i].n : left;

		record_add(&record, pieces->part[i].p, n);
		left -= n;
	}
	record_add(&record, tail, n_tail);
	record_put(to, &record, view);
}

/* ---- in the format of each ---- */

/* A frame as it is on a wire, to all who want it so. */
static void
wires_put(const struct view *view, const struct plk_pieces *pieces)
{
	for (size_t i = 0; i < wires.n; i++) {
		if (wires.target[i].port->format == PLK_FORMAT_PCAPNG)
			block_put(&wires.target[i], view, pieces);
		else
			stream_put(&wires.target[i], view, NULL, pieces);
	}
}

static void
targets_drop(const struct targets *targets, enum plk_counter reason)
{
	for (size_t i = 0; i < targets->n; i++)
		target_drop(&targets->target[i], reason);
}

static uint64_t
targets_count(const struct targets *targets)
{
	uint64_t n = 0;

	for (size_t i = 0; i < targets->n; i++)
		n += targets->target[i].client ? 1 : targets->target[i].port->n_open;
	return n;
}

static void
superframe_deliver(const struct view *view)
{
	static struct plk_segment segment;
	struct plk_pieces pieces;

	if (plk_segment_init(&segment, view->eth, &view->tag, &view->vnet, PLK_SEGMENT_CSUM_FULL) !=
	    PLK_OK) {
		targets_drop(&wires, PLK_COUNTER_RX_GSO);
		return;
	}
	plk_worker_count(PLK_COUNTER_RX_PIECES,
			 targets_count(&wires) * (plk_segment_count(&segment) - 1));
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
		targets_drop(&wires, reason_of(err));
}

static void
raws_deliver(const struct view *view)
{
	struct plk_vnet vnet = view->vnet;
	struct plk_pieces pieces;
	enum plk_err err = plk_restore_raw(view->eth, &view->tag, &vnet, &pieces);

	if (err != PLK_OK)
		targets_drop(&raws, reason_of(err));
	for (size_t i = 0; i < raws.n && err == PLK_OK; i++)
		stream_put(&raws.target[i], view, &vnet, &pieces);
}

static void
targets_deliver(const struct view *view)
{
	if (raws.n > 0)
		raws_deliver(view);
	if (wires.n > 0)
		wires_deliver(view);
}

/* ---- from the interface ---- */

/* A frame went to so many clients. */
static void
clients_count(uint64_t n)
{
	if (n > 0)
		tally.copies += n - 1;
	else
		tally.unwanted++;
}

static bool
wants_direction(const struct port *port, uint8_t pkttype)
{
	return plk_direction_has(port->direction,
				 pkttype == PACKET_OUTGOING ? PLK_DIRECTION_OUT : PLK_DIRECTION_IN);
}

/* Most frames ask for nothing, lack nothing, and are short: they need not be looked into. */
static bool
is_plain(const struct plk_rxpkt *packet)
{
	return !packet->tag.present && packet->vnet.n == PLK_VNET_HDR && packet->vnet.p[0] == 0 &&
	       packet->vnet.p[1] == PLK_VNET_GSO_NONE && packet->eth.n >= PLK_ETH_HDR &&
	       packet->eth.n >= packet->original && packet->eth.n <= LONG_RECORD / 2;
}

/* As stream_put(), which such a frame would come to in the end. */
static void
plain_stream_put(struct port *port, struct plk_span eth)
{
	const size_t before = port->plain_head_n;
	uint8_t *p = batch_room(port, before + eth.n);

	if (port->framing.vnet_hdr > 0)
		memcpy(p, port->plain_head, before);
	be32_store(p, (uint32_t)(port->framing.vnet_hdr + eth.n));
	memcpy(p + before, eth.p, eth.n);
}

/* As block_put(). */
static void
plain_block_put(struct port *port, const struct plk_rxpkt *packet)
{
	const uint32_t n = (uint32_t)packet->eth.n;
	const struct plk_pcapng_packet about = {
		.time_ns = packet->time_ns,
		.captured = port->snaplen > 0 && port->snaplen < n ? port->snaplen : n,
		.original = n,
		.flow = flow_of(packet->pkttype),
	};
	uint8_t head[PLK_PCAPNG_HEAD];
	uint8_t tail[PLK_PCAPNG_TAIL_MAX];
	size_t n_tail = 0;
	uint8_t *p;

	if (plk_pcapng_packet_encode(&about, head, tail, &n_tail) != PLK_OK)
		return; /* it is shorter than the limit */
	p = batch_room(port, sizeof head + about.captured + n_tail);
	memcpy(p, head, sizeof head);
	memcpy(p + sizeof head, packet->eth.p, about.captured);
	memcpy(p + sizeof head + about.captured, tail, n_tail);
	port->batch_ns = packet->time_ns;
}

/* As client_put() of what stream_put() would make of it. */
static void
plain_client_put(struct client *client, struct plk_span eth)
{
	const struct port *port = plk_client_port(client);
	const size_t before = port->plain_head_n;
	uint8_t *p = plk_client_add(client, before + eth.n);
	uint8_t head[sizeof port->plain_head];
	const struct plk_span parts[] = {{head, before}, eth};

	memcpy(head, port->plain_head, sizeof head);
	be32_store(head, (uint32_t)(port->framing.vnet_hdr + eth.n));
	seen(client, 1);
	if (p) {
		memcpy(p, head, before);
		memcpy(p + before, eth.p, eth.n);
	}
	if (p || plk_client_put(client, parts, 2))
		delivered(client, 1, before + eth.n);
	else
		dropped(client, PLK_COUNTER_RX_QUEUE, 1);
}

/* Attached clients, that is: their formats are streams. */
static void
targets_plain_deliver(struct plk_span eth)
{
	for (size_t i = 0; i < raws.n; i++)
		plain_client_put(raws.target[i].client, eth);
	for (size_t i = 0; i < wires.n; i++)
		plain_client_put(wires.target[i].client, eth);
}

static void
capture_plain_deliver(enum plk_class class, const struct plk_rxpkt *packet)
{
	uint64_t n = 0;

	for (size_t i = 0; i < takers[class].n; i++) {
		struct port *port = takers[class].port[i];

		if (!wants_direction(port, packet->pkttype))
			continue;
		n += port->n_open;
		if (port->format == PLK_FORMAT_PCAPNG)
			plain_block_put(port, packet);
		else
			plain_stream_put(port, packet->eth);
	}
	clients_count(n);
}

static void
capture_deliver(enum plk_class class, const struct view *view)
{
	targets_clear();
	for (size_t i = 0; i < takers[class].n; i++) {
		if (wants_direction(takers[class].port[i], view->pkttype))
			target_add(takers[class].port[i], NULL);
	}
	clients_count(targets_count(&raws) + targets_count(&wires));
	targets_deliver(view);
}

static bool
takes(enum plk_class class, const struct port *port, uint8_t pkttype)
{
	return plk_class_takes(class, port->role, port->latency) && wants_direction(port, pkttype);
}

/* To the one attached client that has the address; to all if it is a group's or nobody's; to none if it is behind the interface
 * too. */
static void
attach_targets(enum plk_class class, const uint8_t *eth, uint8_t pkttype)
{
	uint32_t owner = 0;
	bool known;

	plk_switch_learn(eth + PLK_ETH_ADDR, PLK_FDB_INTERFACE);
	known = !plk_mac_is_group(eth) && plk_fdb_find(&worker.fdb, eth, &owner);
	targets_clear();
	for (uint32_t i = 0; i < worker.n_open && !known; i++) {
		struct client *client = &worker.clients[worker.open[i]];

		if (takes(class, plk_client_port(client), pkttype))
			target_add(plk_client_port(client), client);
	}
	if (known && owner != PLK_FDB_INTERFACE &&
	    takes(class, plk_client_port(&worker.clients[owner]), pkttype))
		target_add(plk_client_port(&worker.clients[owner]), &worker.clients[owner]);
	clients_count(raws.n + wires.n);
}

static void
attach_plain_deliver(enum plk_class class, const struct plk_rxpkt *packet)
{
	attach_targets(class, packet->eth.p, packet->pkttype);
	targets_plain_deliver(packet->eth);
}

static void
attach_deliver(enum plk_class class, const struct view *view)
{
	attach_targets(class, view->eth.p, view->pkttype);
	targets_deliver(view);
}

/* A frame that is looked into. Kept out of the way of most. */
static __attribute__((noinline)) void
frame_deliver(enum plk_class class, const struct plk_rxpkt *packet, struct plk_mspan room)
{
	struct view view = {
		.eth = packet->eth,
		.room = room,
		.tag = packet->tag,
		.pkttype = packet->pkttype,
		.time_ns = packet->time_ns,
	};

	if (packet->eth.n < PLK_ETH_HDR || packet->eth.n < packet->original ||
	    plk_vnet_parse(packet->vnet, &view.vnet) != PLK_OK)
		plk_worker_count(PLK_COUNTER_RX_MALFORMED, 1); /* cut short, too */
	else if (plk_class_is_attach(class))
		attach_deliver(class, &view);
	else
		capture_deliver(class, &view);
}

void
plk_deliver_rx(enum plk_class class, const struct plk_rxpkt *packet, struct plk_mspan room)
{
	tally.frames++;
	tally.bytes += packet->original;
	if (worker.is_off)
		plk_worker_count(PLK_COUNTER_RX_OFF, 1);
	else if (!is_plain(packet))
		frame_deliver(class, packet, room);
	else if (plk_class_is_attach(class))
		attach_plain_deliver(class, packet);
	else
		capture_plain_deliver(class, packet);
}

/* ---- from a client ---- */

size_t
plk_deliver_local(struct client *from, struct plk_span eth, const struct plk_vnet *vnet,
		  const struct client *to)
{
	struct view view = {.eth = eth, .vnet = *vnet};

	targets_clear();
	for (uint32_t i = 0; i < worker.n_open; i++) {
		struct client *client = &worker.clients[worker.open[i]];
		struct port *port = plk_client_port(client);

		if (client == from || port->role != PLK_ROLE_ATTACH || (to && to != client) ||
		    !wants_direction(port, PACKET_HOST))
			continue;
		target_add(port, client);
	}
	plk_client_count(from, PLK_COUNTER_SWITCHED, raws.n + wires.n);
	if (vnet->flags == 0 && vnet->gso_type == PLK_VNET_GSO_NONE && eth.n <= PLK_FRAME_MAX)
		targets_plain_deliver(eth);
	else
		targets_deliver(&view);
	return raws.n + wires.n;
}
