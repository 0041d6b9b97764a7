/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rx.c: take frames from the packet sockets. Whatever becomes of the clients, the rings are
 * drained.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "os/fd.h"
#include "worker/worker.h"

/* What lies before a frame and is not needed any more. */
static struct plk_mspan
room_of(struct plk_mspan memory, const struct plk_rxpkt *packet)
{
	return (struct plk_mspan){memory.p + (packet->eth.p - memory.p) - packet->room,
				  packet->room};
}

static void
block_deliver(enum plk_class class, struct plk_mspan block)
{
	struct plk_rxblk walk;
	struct plk_rxpkt packet;
	enum plk_err err = plk_rxblk_parse((struct plk_span){block.p, block.n}, &walk);

	while (err == PLK_OK && (err = plk_rxblk_next(&walk, &packet)) == PLK_OK)
		plk_deliver_rx(class, &packet, room_of(block, &packet));
	if (err != PLK_E_SHORT)
		plk_worker_count(PLK_COUNTER_RX_MALFORMED, 1);
	plk_deliver_flush(class);
}

static void
ring_read(struct rx *rx, uint32_t events)
{
	const uint64_t enough = plk_deliver_work() + PLK_RX_WORK;
	struct plk_mspan block;
	int i;

	for (i = 0; i < PLK_RX_BLOCKS && plk_deliver_work() < enough &&
		    plk_ring_take(&rx->ring, &block) > 0;
	     i++) {
		block_deliver(rx->class, block);
		plk_ring_give(&rx->ring);
		plk_worker_enter();
	}
	if (i == 0 && (events & EPOLLIN))
		plk_ring_find(&rx->ring);
}

static void
socket_read(struct rx *rx)
{
	static uint8_t buffer[PLK_RX_BYTES];
	const uint64_t enough = plk_deliver_work() + PLK_RX_WORK;

	for (int i = 0; i < PLK_RX_FRAMES && plk_deliver_work() < enough; i++) {
		struct plk_rxpkt packet;
		int got = plk_packet_receive(rx->fd, (struct plk_mspan){buffer, sizeof buffer},
					     &packet);

		if (got == 0)
			break;
		if (got > 0)
			plk_deliver_rx(rx->class, &packet, (struct plk_mspan){NULL, 0});
		else if (got == -EINVAL)
			plk_worker_count(PLK_COUNTER_RX_MALFORMED,
					 1); /* that frame is lost, the next are not */
		else if (got != -ENETDOWN)
			plk_worker_event(PLK_EVENT_RX_ERROR, rx->class, (uint64_t)-got, 0);
	}
	plk_deliver_flush(rx->class);
}

static void
rx_read(void *ctx, uint32_t events)
{
	struct rx *rx = ctx;

	/* The interface went down: said once, but a ring's socket stays ready until it is asked.
	 * The broker tells the front. */
	if (events & EPOLLERR)
		(void)plk_fd_error(rx->fd);
	if (rx->has_ring)
		ring_read(rx, events);
	else
		socket_read(rx);
	plk_clients_flush();
	if (worker.losses_timer.at_ms == 0)
		plk_timer_set(&worker.loop, &worker.losses_timer, PLK_LOSSES_MS);
}

static int
ring_open(struct rx *rx, size_t block_bytes, size_t n_blocks)
{
	int error = plk_ring_open(&rx->ring, rx->fd, block_bytes, n_blocks);
	uint32_t n = error < 0 ? 0 : plk_ring_skip(&rx->ring);

	plk_worker_count(PLK_COUNTER_RX_FRAMES, n);
	plk_worker_count(PLK_COUNTER_RX_WORKER, n);
	/* now: the block is given back, and we may die before the first step of the loop */
	plk_worker_enter();
	return error;
}

int
plk_rx_open(enum plk_class class, int *fd, size_t block_bytes, size_t n_blocks)
{
	struct rx *rx = &worker.rx[class];
	int error = plk_fd_place(fd, PLK_WORKER_FD_RX + (int)class);

	if (error < 0)
		return error;
	rx->fd = PLK_WORKER_FD_RX + (int)class;
	rx->class = class;
	rx->watch = (struct plk_watch){.fd = -1, .call = rx_read, .ctx = rx};
	rx->has_ring = plk_class_is_bulk(class);
	return rx->has_ring ? ring_open(rx, block_bytes, n_blocks) : 0;
}

static void
losses_read(void *ctx)
{
	(void)ctx;
	plk_rx_losses();
}

int
plk_rx_start(void)
{
	worker.losses_timer.call = losses_read;
	for (int i = 0; i < PLK_CLASS_RX; i++) {
		struct rx *rx = &worker.rx[i];
		int error =
			rx->fd < 0 ? 0 : plk_watch_add(&worker.loop, &rx->watch, rx->fd, EPOLLIN);

		if (error < 0)
			return error;
	}
	return 0;
}

void
plk_rx_losses(void)
{
	for (int i = 0; i < PLK_CLASS_RX; i++) {
		uint64_t n = worker.rx[i].fd >= 0 ? plk_packet_losses(worker.rx[i].fd) : 0;

		worker.rx[i].losses += n;
		plk_worker_count(PLK_COUNTER_RX_KERNEL, n);
	}
}
