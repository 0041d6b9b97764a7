/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/txring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define DATA_AT sizeof(struct tpacket2_hdr) /* in a slot that is sent (packet_mmap.rst) */

_Static_assert(sizeof(struct tpacket2_hdr) % TPACKET_ALIGNMENT == 0, "data follows at once");

static struct tpacket2_hdr *
slot_at(const struct plk_txring *ring, size_t i)
{
	return (struct tpacket2_hdr *)(void *)(ring->map + i * ring->slot_bytes);
}

/* The kernel's stores come before its store to the status. */
static uint32_t
status_of(const struct plk_txring *ring, size_t i)
{
	return __atomic_load_n(&slot_at(ring, i)->tp_status, __ATOMIC_ACQUIRE);
}

static void
status_set(const struct plk_txring *ring, size_t i, uint32_t status)
{
	__atomic_store_n(&slot_at(ring, i)->tp_status, status, __ATOMIC_RELEASE);
}

/* Ours, that is; what else is said may be when the frame before was sent: TP_STATUS_TS_SOFTWARE. */
static bool
is_free(uint32_t status)
{
	return !(status & (TP_STATUS_SEND_REQUEST | TP_STATUS_SENDING | TP_STATUS_WRONG_FORMAT));
}

/* Not sent, that is: TP_STATUS_SENDING has left us, and what is TP_STATUS_AVAILABLE too. */
static bool
is_left(uint32_t status)
{
	return status & (TP_STATUS_SEND_REQUEST | TP_STATUS_WRONG_FORMAT);
}

static size_t
index_of(const struct plk_txring *ring, size_t n)
{
	const size_t to_end = ring->n_slots - ring->next;

	return n < to_end ? ring->next + n : n - to_end;
}

int
plk_txring_open(struct plk_txring *ring, int fd, size_t slot_bytes, size_t n_slots)
{
	void *map = mmap(NULL, slot_bytes * n_slots, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*ring = (struct plk_txring){
		.fd = fd, .map = map, .slot_bytes = slot_bytes, .n_slots = n_slots};
	return 0;
}

/* What the kernel says is in the slots' status words. */
static void
kick(const struct plk_txring *ring)
{
	ssize_t n;

	do {
		/* #syscalls:worker sendto[0=PLK_WORKER_FD_TX_RING,1=0,2=0,3=MSG_DONTWAIT|MSG_NOSIGNAL,4=0,5=0] (frames in a ring onto the interface, to no other) */
		n = sendto(ring->fd, NULL, 0, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	} while (n < 0 && errno == EINTR);
}

/* A header that is longer than the frame. */
static void
bait_write(const struct plk_txring *ring, size_t i)
{
	struct tpacket2_hdr *slot = slot_at(ring, i);
	const struct plk_vnet vnet = {.hdr_len = UINT16_MAX};
	const struct plk_mspan header = {(uint8_t *)slot + DATA_AT, PLK_VNET_HDR};

	if (plk_vnet_encode(&vnet, PLK_VNET_HDR, header) != PLK_OK)
		return; /* it is of that size */
	slot->tp_len = PLK_VNET_HDR + PLK_ETH_HDR;
	status_set(ring, i, TP_STATUS_SEND_REQUEST);
}

static bool
is_sending(const struct plk_txring *ring)
{
	for (size_t i = 0; i < ring->n_slots; i++) {
		if (status_of(ring, i) & TP_STATUS_SENDING)
			return true;
	}
	return false;
}

/* Which slot the kernel looks at next. */
static void
find(struct plk_txring *ring)
{
	if (is_sending(ring))
		return;
	for (size_t i = 0; i < ring->n_slots; i++)
		bait_write(ring, i);
	kick(ring);
	for (size_t i = 0; i < ring->n_slots; i++) {
		if (status_of(ring, i) & TP_STATUS_WRONG_FORMAT) {
			ring->next = i;
			ring->is_known = true;
		}
		status_set(ring, i, TP_STATUS_AVAILABLE);
	}
}

bool
plk_txring_put(struct plk_txring *ring, const struct plk_vnet *vnet, struct plk_span eth)
{
	struct plk_vnet all = *vnet;
	struct plk_mspan data;
	size_t i;

	if (ring->n_slots == 0 || eth.n > ring->slot_bytes - DATA_AT - PLK_VNET_HDR ||
	    ring->n == ring->n_slots)
		return false;
	if (!ring->is_known)
		find(ring);
	i = index_of(ring, ring->n);
	if (!ring->is_known || !is_free(status_of(ring, i)))
		return false;
	data = (struct plk_mspan){(uint8_t *)slot_at(ring, i) + DATA_AT,
				  ring->slot_bytes - DATA_AT};
	all.hdr_len = (uint16_t)eth.n;
	if (plk_vnet_encode(&all, PLK_VNET_HDR, data) != PLK_OK)
		return false;
	memcpy(data.p + PLK_VNET_HDR, eth.p, eth.n);
	slot_at(ring, i)->tp_len = (uint32_t)(PLK_VNET_HDR + eth.n);
	status_set(ring, i, TP_STATUS_SEND_REQUEST);
	ring->n++;
	return true;
}

size_t
plk_txring_send(struct plk_txring *ring)
{
	size_t sent = 0;

	if (ring->n == 0)
		return 0;
	kick(ring);
	while (sent < ring->n && !is_left(status_of(ring, index_of(ring, sent))))
		sent++;
	for (size_t i = sent; i < ring->n; i++)
		status_set(ring, index_of(ring, i), TP_STATUS_AVAILABLE);
	ring->next = index_of(ring, sent);
	ring->is_known = sent > 0; /* else it may look elsewhere */
	ring->n = 0;
	return sent;
}
