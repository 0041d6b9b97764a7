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

static bool
cmsg_take(const struct cmsghdr *cmsg, int level, int type, void *out, size_t n)
{
	if (cmsg->cmsg_level != level || cmsg->cmsg_type != type || cmsg->cmsg_len < CMSG_LEN(n))
		return false;
	memcpy(out, CMSG_DATA(cmsg), n);
	return true;
}

/* Its tag, its length and when it came. */
static void
about_take(struct msghdr *header, struct plk_rxpkt *out)
{
	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
		struct tpacket_auxdata aux;
		struct timespec when;

		if (cmsg_take(cmsg, SOL_PACKET, PACKET_AUXDATA, &aux, sizeof aux)) {
			out->tag = plk_tag_from_status(aux.tp_status, aux.tp_vlan_tci,
						       aux.tp_vlan_tpid);
			out->original = aux.tp_len;
		}
		if (cmsg_take(cmsg, SOL_SOCKET, SCM_TIMESTAMPNS, &when, sizeof when))
			out->time_ns = (uint64_t)when.tv_sec * 1000000000 + (uint64_t)when.tv_nsec;
	}
}

int
plk_packet_receive(int fd, struct plk_mspan buffer, struct plk_rxpkt *out)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct tpacket_auxdata)) +
						 CMSG_SPACE(sizeof(struct timespec))];
	struct sockaddr_ll from = {0};
	struct iovec iov = {.iov_base = buffer.p, .iov_len = buffer.n};
	struct msghdr header = {
		.msg_name = &from,
		.msg_namelen = sizeof from,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	ssize_t n;

	do {
		/* #syscalls:worker recvmsg[0=PLK_WORKER_FD_RX..PLK_WORKER_FD_RX_LAST,2=MSG_DONTWAIT] (frames of a socket without a ring) */
		n = recvmsg(fd, &header, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (n < PLK_VNET_HDR)
		return -EINVAL;
	*out = (struct plk_rxpkt){
		.vnet = {buffer.p, PLK_VNET_HDR},
		.eth = {buffer.p + PLK_VNET_HDR, (size_t)n - PLK_VNET_HDR},
		.original = (size_t)n - PLK_VNET_HDR,
		.pkttype = from.sll_pkttype,
	};
	about_take(&header, out);
	return 1;
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
