/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/ring.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>

/* Our mark in a status word. The kernel looks at TP_STATUS_USER alone, and we clear the word when we give the block back. */
#define BLOCK_READ (1U << 30)

static struct tpacket_block_desc *
block_at(const struct plk_ring *ring, size_t i)
{
	return (struct tpacket_block_desc *)(void *)(ring->map + i * ring->block_bytes);
}

/* The kernel's stores to the block come before its store to the status. */
static uint32_t
status_of(const struct plk_ring *ring, size_t i)
{
	return __atomic_load_n(&block_at(ring, i)->hdr.bh1.block_status, __ATOMIC_ACQUIRE);
}

/* Where to begin: at the oldest block that is ours, else at the newest: the kernel numbers a block when
 * it begins to fill it. */
static size_t
first_block(const struct plk_ring *ring)
{
	uint64_t oldest = UINT64_MAX;
	uint64_t newest = 0;
	size_t oldest_at = ring->n_blocks;
	size_t newest_at = 0;

	for (size_t i = 0; i < ring->n_blocks; i++) {
		bool ours = status_of(ring, i) & TP_STATUS_USER;
		uint64_t seq = block_at(ring, i)->hdr.bh1.seq_num;

		if (ours && seq < oldest) {
			oldest = seq;
			oldest_at = i;
		}
		if (seq > newest) {
			newest = seq;
			newest_at = i;
		}
	}
	return oldest_at < ring->n_blocks ? oldest_at : newest_at;
}

int
plk_ring_open(struct plk_ring *ring, int fd, size_t block_bytes, size_t n_blocks)
{
	void *map = mmap(NULL, block_bytes * n_blocks, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return -errno;
	*ring = (struct plk_ring){.map = map, .block_bytes = block_bytes, .n_blocks = n_blocks};
	plk_ring_find(ring);
	return 0;
}

void
plk_ring_find(struct plk_ring *ring)
{
	size_t next;

	ring->next = first_block(ring);
	/* The kernel goes on meanwhile: what it finishes behind our back, and what it begins ahead, is seen the next time. Once a
	 * block is ours the answer stays. */
	for (next = first_block(ring); next != ring->next; next = first_block(ring))
		ring->next = next;
}

uint32_t
plk_ring_skip(struct plk_ring *ring)
{
	const uint32_t both = TP_STATUS_USER | BLOCK_READ;
	uint32_t n;

	if ((status_of(ring, ring->next) & both) != both)
		return 0;
	n = block_at(ring, ring->next)->hdr.bh1.num_pkts;
	plk_ring_give(ring);
	return n;
}

int
plk_ring_take(struct plk_ring *ring, struct plk_mspan *out)
{
	uint32_t status = status_of(ring, ring->next);

	if (!(status & TP_STATUS_USER))
		return 0;
	__atomic_store_n(&block_at(ring, ring->next)->hdr.bh1.block_status, status | BLOCK_READ,
			 __ATOMIC_RELAXED);
	*out = (struct plk_mspan){ring->map + ring->next * ring->block_bytes, ring->block_bytes};
	return 1;
}

void
plk_ring_give(struct plk_ring *ring)
{
	__atomic_store_n(&block_at(ring, ring->next)->hdr.bh1.block_status, TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	ring->next = ring->next + 1 < ring->n_blocks ? ring->next + 1 : 0;
}

int
plk_packet_is_one(int fd)
{
	int domain = 0;
	socklen_t n = sizeof domain;

	/* #syscalls:exec getsockopt (is it a packet socket) */
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &n) < 0)
		return errno == ENOTSOCK ? 0 : -errno;
	return domain == AF_PACKET;
}

uint64_t
plk_packet_losses(int fd)
{
	struct tpacket_stats_v3 stats = {0};
	socklen_t n = sizeof stats;

	/* #syscalls:worker getsockopt[0=PLK_WORKER_FD_RX..PLK_WORKER_FD_RX_LAST,1=SOL_PACKET,2=PACKET_STATISTICS] (what the kernel dropped) */
	if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats, &n) < 0)
		return 0;
	return stats.tp_drops;
}
