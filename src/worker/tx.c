/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tx.c: frames from clients, to the interface and to other attached clients.
 *
 * The sender is a packet socket with PACKET_VNET_HDR: frames are sent without an address, to where
 * the broker bound it. A header is judged field by field before the kernel sees it.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "os/clock.h"
#include "wire/layers.h"
#include "wire/segment.h"
#include "worker/worker.h"

#define GSO_SIZE_NEVER \
	0xfffe /* bytes; no payload is longer; 0xffff has a meaning of its own (GSO_BY_FRAGS) */

enum sent {
	SENT,
	NO_ROOM,
	DROPPED, /* and counted */
};

static enum plk_counter
counter_of(int error)
{
	switch (error) {
	case EMSGSIZE:
		return PLK_COUNTER_TX_EMSGSIZE;
	case ENETDOWN:
	case ENXIO: /* the interface is gone */
		return PLK_COUNTER_TX_ENETDOWN;
	case EINVAL:
		return PLK_COUNTER_TX_EINVAL;
	default:
		return PLK_COUNTER_TX_OTHER;
	}
}

static struct plk_span
eth_of(const struct tx_frame *frame)
{
	return (struct plk_span){frame->eth.p, frame->eth.n};
}

/* One send; ENETDOWN may be an old one that the socket still had to tell, so it is asked twice. */
static int
send_once(const uint8_t *p, size_t n)
{
	for (int try = 0; try < 2; try++) {
		/* #syscalls:worker sendto[0=PLK_WORKER_FD_TX,3=MSG_DONTWAIT|MSG_NOSIGNAL,4=0,5=0] (frames onto the interface, to no other) */
		if (sendto(worker.tx, p, n, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0) >= 0)
			return 0;
		if (errno != ENETDOWN && errno != EINTR)
			break;
	}
	return errno;
}

/* A whole frame, from where it is: its header is written before it. */
static int
send_whole(const struct plk_vnet *vnet, struct plk_mspan eth)
{
	uint8_t *p = eth.p - PLK_VNET_HDR;

	if (worker.tx < 0 ||
	    plk_vnet_encode(vnet, PLK_VNET_HDR, (struct plk_mspan){p, PLK_VNET_HDR}) != PLK_OK)
		return EBADF;
	return send_once(p, PLK_VNET_HDR + eth.n);
}

/* Parts are copied together, since a send without an address has one buffer. */
static int
send_parts(const struct plk_vnet *vnet, const struct plk_span *parts, size_t n_parts)
{
	static uint8_t record[PLK_VNET_HDR + PLK_VNET_FRAME_MAX];
	size_t n = PLK_VNET_HDR;

	if (worker.tx < 0 || plk_vnet_encode(vnet, PLK_VNET_HDR,
					     (struct plk_mspan){record, sizeof record}) != PLK_OK)
		return EBADF;
	for (size_t i = 0; i < n_parts; i++) {
		/* at most PLK_VNET_FRAME_MAX: the deframer saw to it, and a piece is shorter */
		memcpy(record + n, parts[i].p, parts[i].n);
		n += parts[i].n;
	}
	return send_once(record, n);
}

static bool
is_no_room(int error)
{
	return error == ENOBUFS || error == EAGAIN;
}

/* Once for each error, and again only when it goes on for long. */
static void
error_tell(int error, size_t n)
{
	const uint64_t now = plk_now_ms();

	if (error == worker.tx_error && now < worker.tx_error_again_ms)
		return;
	worker.tx_error = error;
	worker.tx_error_again_ms = now + PLK_TX_ERROR_MS;
	plk_worker_event(PLK_EVENT_TX_ERROR, 0, (uint64_t)error, n);
}

static void
sent_count(struct client *from, size_t n, uint64_t bytes)
{
	plk_client_count(from, PLK_COUNTER_TX_FRAMES, n);
	plk_client_count(from, PLK_COUNTER_TX_BYTES, bytes);
}

/* What became of one frame, or piece, of @n bytes. */
static enum sent
sent_note(struct client *from, int error, size_t n)
{
	if (error == 0) {
		sent_count(from, 1, n);
		return SENT;
	}
	if (is_no_room(error))
		return NO_ROOM;
	plk_client_count(from, counter_of(error), 1);
	error_tell(error, n);
	return DROPPED;
}

/* Whether a frame whose tags the kernel counts is of the MTU all the same. What a veth or a bridge would lose silently (their limit has
 * one tag in it, of any type) is not worth a try. */
static bool
is_long_by_tags(const struct plk_pieces *piece)
{
	const size_t mtu = worker.link.mtu;
	struct plk_layers layers;

	if (plk_layers_parse(piece->part[0], &layers) != PLK_OK || piece->bytes - layers.l3 > mtu)
		return false;
	return (worker.link.kind != PLK_LINK_VETH && worker.link.kind != PLK_LINK_BRIDGE) ||
	       piece->bytes <= mtu + PLK_ETH_HDR + PLK_VLAN_TAG;
}

/* The kernel takes at most one tag of 802.1Q more than the MTU. It measures no frame that claims to be a superframe, and does not cut
 * one whose payload is shorter than the segments it claims (linux/virtio_net.h). Of UDP all kernels know the old claim. */
static int
send_long(const struct plk_vnet *vnet, const struct plk_vnet *of, const struct plk_pieces *piece)
{
	struct plk_vnet claim = *vnet;

	claim.gso_type = of->gso_type == PLK_VNET_GSO_UDP_L4
				 ? PLK_VNET_GSO_UFO
				 : of->gso_type & (uint8_t)~PLK_VNET_GSO_ECN;
	claim.gso_size = GSO_SIZE_NEVER;
	claim.hdr_len = (uint16_t)piece->part[0].n;
	return send_parts(&claim, piece->part, piece->n);
}

/* A piece, or a frame that is one already, of a superframe with the header @of. */
static int
send_piece(const struct plk_vnet *vnet, const struct plk_vnet *of, const struct plk_pieces *piece)
{
	int error = send_parts(vnet, piece->part, piece->n);

	return error == EMSGSIZE && is_long_by_tags(piece) ? send_long(vnet, of, piece) : error;
}

/* The superframe piece by piece, from the first that was not sent yet. */
static enum sent
send_pieces(struct client *from, struct plk_span eth, const struct plk_vnet *vnet)
{
	static struct plk_segment segment;
	struct plk_pieces piece;
	bool dropped;

	if (plk_segment_init(&segment, eth, &(const struct plk_tag){.present = false}, vnet,
			     PLK_SEGMENT_CSUM_PARTIAL) != PLK_OK) {
		plk_client_count(from, PLK_COUNTER_TX_GSO, 1);
		return DROPPED;
	}
	plk_segment_skip(&segment, from->pieces_sent);
	while (plk_segment_next(&segment, &piece) == PLK_OK) {
		const struct plk_vnet each = plk_segment_vnet(&segment);
		enum sent sent = sent_note(from, send_piece(&each, vnet, &piece), piece.bytes);

		if (sent == NO_ROOM)
			return NO_ROOM;
		from->piece_dropped |= sent == DROPPED;
		if (from->pieces_sent > 0)
			plk_client_count(from, PLK_COUNTER_TX_PIECES, 1);
		from->pieces_sent++;
	}
	dropped = from->piece_dropped;
	from->piece_dropped = false;
	from->pieces_sent = 0;
	return dropped ? DROPPED : SENT;
}

/* A frame, or what is left of a superframe of which pieces were sent. */
static void
frame_drop(struct client *from, const struct tx_frame *frame, enum plk_counter reason)
{
	const struct plk_span eth = eth_of(frame);
	const struct plk_vnet *vnet = &frame->vnet;
	size_t payload;
	size_t n;

	if (from->pieces_sent == 0) {
		plk_client_count(from, reason, 1);
		return;
	}
	payload = eth.n - plk_vnet_headers_len(vnet, eth);
	n = (payload + vnet->gso_size - 1) / vnet->gso_size - from->pieces_sent;
	plk_client_count(from, reason, n);
	plk_client_count(from, PLK_COUNTER_TX_PIECES, n);
	from->piece_dropped = false;
	from->pieces_sent = 0;
}

static struct tx_whole *
whole_of(const struct plk_vnet *vnet)
{
	bool ecn = vnet->gso_type & PLK_VNET_GSO_ECN;

	return &worker.tx_whole[ecn][vnet->gso_type & (PLK_TX_GSO_TYPES - 1)];
}

/* A superframe that was refused whole went in pieces. One that is too long for every TAP says nothing of the others. */
static void
refused_note(struct tx_whole *whole, size_t n)
{
	if (n > UINT16_MAX)
		return;
	whole->refused++;
	if (whole->refused < PLK_TX_REFUSED)
		return;
	whole->refused = PLK_TX_REFUSED;
	whole->again_ms = plk_now_ms() + PLK_TX_WHOLE_MS;
}

/* What may mean that the interface has no offload for a superframe: ENOBUFS where the queueing discipline is bypassed, EINVAL where the
 * kernel does not know the type. Elsewhere the kernel cuts it, and ENOBUFS means what it says. */
static bool
is_refusal(int error)
{
	return error == EINVAL || (error == ENOBUFS && worker.link.kind == PLK_LINK_TAP);
}

/* Whether it was refused, or found a queue without room, the first piece tells. What was found out holds for a while, since a VM may get
 * another driver. */
static enum sent
send_superframe(struct client *from, const struct tx_frame *frame)
{
	const struct plk_span eth = eth_of(frame);
	const struct plk_vnet *vnet = &frame->vnet;
	struct tx_whole *whole = whole_of(vnet);
	bool is_first = from->pieces_sent == 0;
	enum sent sent;
	int error;

	if (is_first && plk_now_ms() >= whole->again_ms) {
		error = send_whole(vnet, frame->eth);
		if (error == 0)
			whole->refused = 0;
		if (!is_refusal(error))
			return sent_note(from, error, eth.n);
	}
	sent = send_pieces(from, eth, vnet);
	if (is_first && (sent == SENT || from->pieces_sent > 0))
		refused_note(whole, eth.n);
	return sent;
}

/* One segment is not called a superframe, also where the client did: the kernel counts TCP options as payload, cuts it where the
 * interface has no such offload, fails, and says ENOBUFS. */
static int
send_single(const struct tx_frame *frame)
{
	struct plk_vnet single = frame->vnet;
	int error;

	single.gso_type = PLK_VNET_GSO_NONE;
	single.gso_size = 0;
	single.hdr_len = 0;
	error = send_whole(&single, frame->eth);
	if (error == EMSGSIZE && frame->vnet.gso_type != PLK_VNET_GSO_NONE) {
		const struct plk_pieces piece = {
			.part = {eth_of(frame)}, .n = 1, .bytes = frame->eth.n};

		if (is_long_by_tags(&piece))
			return send_long(&single, &frame->vnet, &piece);
	}
	return error;
}

static enum sent
send_frame(struct client *from, const struct tx_frame *frame)
{
	/* the kernel would take it, and nobody would hear of it again */
	if (worker.link.is_up && !worker.link.has_carrier) {
		frame_drop(from, frame, PLK_COUNTER_TX_NOCARRIER);
		return DROPPED;
	}
	if (plk_vnet_is_superframe(&frame->vnet, eth_of(frame)))
		return send_superframe(from, frame);
	return sent_note(from, send_single(frame), frame->eth.n);
}

/* Whether the frame is done with. An interface that has no room is waited for once, PLK_TX_WAIT_MS; until it has some again,
 * frames are then dropped at once: a VM that sleeps shall not hold up its sender for ever. */
static bool
send_or_drop(struct client *from, const struct tx_frame *frame)
{
	size_t sent_before = from->pieces_sent;
	enum sent sent = send_frame(from, frame);
	uint64_t now;

	if (sent == SENT || from->pieces_sent > sent_before)
		from->deadline_ms = 0;
	if (sent == SENT)
		return true;
	if (sent == NO_ROOM) {
		now = plk_now_ms();
		if (from->deadline_ms == 0)
			from->deadline_ms = now + PLK_TX_WAIT_MS;
		if (now < from->deadline_ms)
			return false;
		frame_drop(from, frame, PLK_COUNTER_TX_ENOBUFS);
	}
	from->dropped++;
	return true;
}

/* ---- many at once ---- */

/* What was collected; of one client at a time. */
static struct {
	struct tx_frame frame[PLK_TX_BATCH];
	size_t n;
} batch;

static void
pend(struct client *from, const struct tx_frame *frames, size_t n)
{
	memcpy(from->pending + from->n_pending, frames, n * sizeof *frames);
	from->n_pending += n;
}

/* What the ring took is sent; the rest is sent one by one, so that each is told why it is not. */
bool
plk_tx_flush(struct client *from)
{
	const size_t n = batch.n;
	const size_t sent = n > 0 ? plk_txring_send(&worker.tx_ring) : 0;
	uint64_t bytes = 0;

	batch.n = 0;
	for (size_t i = 0; i < sent; i++)
		bytes += batch.frame[i].eth.n;
	if (sent > 0) {
		from->deadline_ms = 0;
		sent_count(from, sent, bytes);
	}
	for (size_t i = sent; i < n; i++) {
		if (!send_or_drop(from, &batch.frame[i])) {
			pend(from, &batch.frame[i], n - i);
			return false;
		}
	}
	return true;
}

/* The kernel measures no frame in a ring. A frame with a tag may be longer; it goes alone. */
static bool
is_for_ring(const struct tx_frame *frame)
{
	return frame->vnet.gso_type == PLK_VNET_GSO_NONE && worker.link.is_up &&
	       worker.link.has_carrier && frame->eth.n <= worker.link.mtu + PLK_ETH_HDR;
}

static bool
interface_send(struct client *from, const struct tx_frame *frame)
{
	if (is_for_ring(frame) && plk_txring_put(&worker.tx_ring, &frame->vnet, eth_of(frame))) {
		batch.frame[batch.n++] = *frame;
		return batch.n < PLK_TX_BATCH || plk_tx_flush(from);
	}
	if (plk_tx_flush(from) && send_or_drop(from, frame))
		return true;
	pend(from, frame, 1);
	return false;
}

bool
plk_tx_again(struct client *from)
{
	while (from->pending_at < from->n_pending &&
	       send_or_drop(from, &from->pending[from->pending_at]))
		from->pending_at++;
	if (from->pending_at < from->n_pending)
		return false;
	from->pending_at = 0;
	from->n_pending = 0;
	return true;
}

void
plk_tx_drop(struct client *from)
{
	for (; from->pending_at < from->n_pending; from->pending_at++) {
		frame_drop(from, &from->pending[from->pending_at],
			   worker.is_off ? PLK_COUNTER_TX_OFF : PLK_COUNTER_TX_ENOBUFS);
		from->dropped++;
	}
}

/* ---- where to ---- */

/* To other clients first: what waits for room at the interface is for it alone. */
static bool
tx_attached(struct client *from, const struct tx_frame *frame)
{
	const struct plk_span eth = eth_of(frame);
	uint32_t owner = 0;
	bool known;
	size_t n_others = 0;

	plk_switch_learn(eth.p + PLK_ETH_ADDR, (uint32_t)(from - worker.clients));
	known = !plk_mac_is_group(eth.p) && plk_fdb_find(&worker.fdb, eth.p, &owner);
	if (!known)
		n_others = plk_deliver_local(from, eth, &frame->vnet, NULL);
	else if (owner != PLK_FDB_INTERFACE)
		n_others = plk_deliver_local(from, eth, &frame->vnet, &worker.clients[owner]);
	if (!known || owner == PLK_FDB_INTERFACE)
		return interface_send(from, frame);
	plk_client_count(from, n_others > 0 ? PLK_COUNTER_TX_SWITCHED : PLK_COUNTER_TX_UNWANTED, 1);
	return true;
}

/* A client's header, as it goes to the kernel. */
static enum plk_err
header_take(const struct plk_frame *frame, struct plk_vnet *vnet)
{
	size_t headers = 0;
	enum plk_err err = plk_vnet_parse(frame->vnet, vnet);

	if (err == PLK_OK)
		err = plk_vnet_check(vnet, frame->eth);
	if (err != PLK_OK)
		return err;
	if (vnet->gso_type != PLK_VNET_GSO_NONE)
		headers = plk_vnet_headers_len(vnet, frame->eth);
	if (headers > UINT16_MAX)
		return PLK_E_VNET_CSUM;
	vnet->flags &= PLK_VNET_NEEDS_CSUM; /* what a client has verified means nothing to us */
	vnet->hdr_len = (uint16_t)headers;
	return PLK_OK;
}

bool
plk_tx_judge(struct client *from, const struct plk_frame *frame, struct tx_frame *out)
{
	struct plk_vnet vnet;
	enum plk_err err;

	if (worker.is_off) {
		from->dropped++;
		plk_client_count(from, PLK_COUNTER_TX_OFF, 1);
		return false;
	}
	err = header_take(frame, &vnet);
	if (err != PLK_OK) {
		from->dropped++;
		plk_client_count(from, PLK_COUNTER_TX_BAD_HEADER, 1);
		plk_worker_event(PLK_EVENT_BAD_HEADER, from->port, err, 0);
		return false;
	}
	if (plk_client_port(from)->is_guarded && !plk_guard_pass(from, frame->eth, &vnet))
		return false;
	*out = (struct tx_frame){
		.eth = {from->in.p + (frame->eth.p - from->in.p), frame->eth.n},
		.vnet = vnet,
	};
	return true;
}

bool
plk_tx(struct client *from, const struct tx_frame *frame)
{
	if (plk_client_port(from)->role == PLK_ROLE_ATTACH)
		return tx_attached(from, frame);
	return interface_send(from, frame);
}
