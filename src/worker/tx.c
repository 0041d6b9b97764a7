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
#include "worker/worker.h"

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

static enum sent
send_frame(struct plk_span eth, const struct plk_vnet *vnet)
{
	static uint8_t record[PLK_VNET_HDR + PLK_VNET_FRAME_MAX];
	int error;

	if (worker.tx < 0 || plk_vnet_encode(vnet, PLK_VNET_HDR,
					     (struct plk_mspan){record, sizeof record}) != PLK_OK) {
		plk_worker_count(PLK_COUNTER_TX_OTHER, 1);
		return DROPPED;
	}
	/* at most PLK_VNET_FRAME_MAX: the deframer saw to it */
	memcpy(record + PLK_VNET_HDR, eth.p, eth.n);
	error = send_once(record, PLK_VNET_HDR + eth.n);
	if (error == 0) {
		worker.tx_error = 0;
		plk_worker_count(PLK_COUNTER_TX_FRAMES, 1);
		plk_worker_count(PLK_COUNTER_TX_BYTES, eth.n);
		return SENT;
	}
	if (error == ENOBUFS || error == EAGAIN)
		return NO_ROOM;
	plk_worker_count(counter_of(error), 1);
	if (error != worker.tx_error)
		plk_worker_event(PLK_EVENT_TX_ERROR, 0, (uint64_t)error, 0);
	worker.tx_error = error;
	return DROPPED;
}

/* Whether the frame is done with. An interface that has no room is waited for once, PLK_TX_WAIT_MS; until it has some again,
 * frames are then dropped at once: a VM that sleeps shall not hold up its sender for ever. */
static bool
send_or_drop(struct client *from, struct plk_span eth, const struct plk_vnet *vnet)
{
	enum sent sent = send_frame(eth, vnet);
	uint64_t now;

	if (sent == SENT) {
		from->deadline_ms = 0;
		return true;
	}
	if (sent == NO_ROOM) {
		now = plk_now_ms();
		if (from->deadline_ms == 0)
			from->deadline_ms = now + PLK_TX_WAIT_MS;
		if (now < from->deadline_ms)
			return false;
		plk_worker_count(PLK_COUNTER_TX_ENOBUFS, 1);
	}
	from->dropped++;
	return true;
}

static bool
tx_attached(struct client *from, struct plk_span eth, const struct plk_vnet *vnet)
{
	uint32_t owner = 0;
	bool known;

	plk_fdb_learn(&worker.fdb, eth.p + PLK_ETH_ADDR, (uint32_t)(from - worker.clients));
	known = !plk_mac_is_group(eth.p) && plk_fdb_find(&worker.fdb, eth.p, &owner);
	if ((!known || owner == PLK_FDB_INTERFACE) && !send_or_drop(from, eth, vnet))
		return false;
	if (!known)
		plk_deliver_local(from, eth, vnet, NULL);
	else if (owner != PLK_FDB_INTERFACE)
		plk_deliver_local(from, eth, vnet, &worker.clients[owner]);
	return true;
}

bool
plk_tx(struct client *from, const struct plk_frame *frame)
{
	struct plk_vnet vnet;
	enum plk_err err = plk_vnet_parse(frame->vnet, &vnet);

	if (err == PLK_OK)
		err = plk_vnet_check(&vnet, frame->eth);
	if (err != PLK_OK) {
		from->dropped++;
		plk_worker_count(PLK_COUNTER_TX_BAD_HEADER, 1);
		plk_worker_event(PLK_EVENT_BAD_HEADER, from->port, err, 0);
		return true;
	}
	vnet.hdr_len = vnet.gso_type == PLK_VNET_GSO_NONE
			       ? 0
			       : (uint16_t)plk_vnet_headers_len(&vnet, frame->eth);
	if (plk_client_port(from)->role == PLK_ROLE_ATTACH)
		return tx_attached(from, frame->eth, &vnet);
	return send_or_drop(from, frame->eth, &vnet);
}
