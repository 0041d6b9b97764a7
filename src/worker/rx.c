/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rx.c: take frames from the packet sockets. Whatever becomes of the clients, the rings are
 * drained.
 */
#include <errno.h>
#include <sys/epoll.h>

#include "os/clock.h"
#include "os/fd.h"
#include "wire/rxslot.h"
#include "worker/worker.h"

/* A frame is lost that cannot be read. */
static void
lost_count(void)
{
	plk_worker_count(PLK_COUNTER_RX_FRAMES, 1);
	plk_worker_count(PLK_COUNTER_RX_MALFORMED, 1);
}

/* What came is written to the clients, and soon the kernel is asked what it had to drop. */
static void
read_done(void)
{
	plk_clients_flush();
	if (worker.losses_timer.at_ms == 0)
		plk_timer_set(&worker.loop, &worker.losses_timer, PLK_LOSSES_MS);
}

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
		lost_count();
	plk_deliver_flush(class);
}

static void dead_forget(bool attach);

static int
ring_read(struct rx *rx, uint32_t events)
{
	const uint64_t enough = plk_deliver_work() + PLK_RX_WORK;
	struct plk_mspan block;
	int i;

	for (i = 0; i < PLK_RX_BLOCKS && plk_deliver_work() < enough &&
		    plk_ring_take(&rx->ring, &block) > 0;
	     i++) {
		dead_forget(plk_class_is_attach(rx->class));
		block_deliver(rx->class, block);
		plk_ring_give(&rx->ring);
		plk_worker_enter();
	}
	if (i == 0 && (events & EPOLLIN))
		plk_ring_find(&rx->ring);
	return i;
}

/* ---- low latency: a ring of slots, and one for what is too long for them ---- */

/* The one of both whose frame is next, NULL if there is none. A frame of the same flow that came earlier was put into its slot before
 * the later one was: so what is looked at after a later one was seen is there. */
static struct rx *
next_of(struct rx *low, struct rx *beyond)
{
	struct plk_mspan later = plk_slots_peek(&beyond->slots);
	struct plk_mspan slot = plk_slots_peek(&low->slots);

	if (slot.n == 0 && later.n == 0)
		return NULL;
	if (later.n == 0)
		later = plk_slots_peek(&beyond->slots);
	if (later.n == 0)
		return low;
	if (slot.n == 0)
		return beyond;
	return plk_rxslot_time(later.p) < plk_rxslot_time(slot.p) ? beyond : low;
}

static void
slot_deliver(struct rx *rx, enum plk_class class)
{
	struct plk_mspan slot = plk_slots_peek(&rx->slots);
	struct plk_rxpkt packet;

	rx->n_taken++;
	plk_slots_mark(&rx->slots);
	if (plk_rxslot_parse((struct plk_span){slot.p, slot.n}, &packet) == PLK_OK)
		plk_deliver_rx(class, &packet, room_of(slot, &packet));
	else
		lost_count();
	plk_slots_give(&rx->slots);
}

static int
slots_read(struct rx *low, struct rx *beyond)
{
	const uint64_t enough = plk_deliver_work() + PLK_RX_WORK;
	const uint64_t enough_long = beyond->n_taken + PLK_RX_LONG;
	struct rx *next;
	int n = 0;

	while (n < PLK_RX_FRAMES && plk_deliver_work() < enough && beyond->n_taken < enough_long &&
	       (next = next_of(low, beyond)) != NULL) {
		slot_deliver(next, low->class);
		n++;
	}
	plk_deliver_flush(low->class);
	return n;
}

/* Waits for the kernel's word that there is something, or no more. What it has to say of the interface is heard in any case, and of
 * long frames: each is worth a wake-up, and their ring is soon full. */
static void
polled_set(struct rx *low, bool polled)
{
	const int error = plk_watch_set(&worker.loop, &low->watch, polled ? 0 : EPOLLIN);

	if (error < 0)
		plk_worker_event(PLK_EVENT_RX_ERROR, low->class, (uint64_t)-error, 0);
	low->is_polled = polled;
}

/* @n frames came: are there so many that a wake-up for each is too dear, or so few that waiting is? */
static void
rate_note(struct rx *low, int n)
{
	const uint64_t now = plk_now_ns();
	bool many;

	low->window_n += (uint32_t)n;
	if (now - low->window_ns >= PLK_POLL_WINDOW_NS) {
		many = low->window_n >= (low->is_polled ? PLK_POLL_TO : PLK_POLL_FROM);
		low->window_ns = now;
		low->window_n = 0;
		if (many != low->is_polled)
			polled_set(low, many);
	}
	if (!low->is_polled)
		return;
	/* if more are there, all others get their turn, but nobody waits */
	worker.loop.tick_ns = n == PLK_RX_FRAMES ? now : now + PLK_POLL_NS;
}

static struct rx *
low_of(bool attach)
{
	return &worker.rx[attach ? PLK_CLASS_ATTACH_LOW : PLK_CLASS_CAPTURE_LOW];
}

static struct rx *
long_of(bool attach)
{
	return &worker.rx[attach ? PLK_CLASS_ATTACH_LONG : PLK_CLASS_CAPTURE_LONG];
}

/* Whether we look at another slot than the kernel. What it speaks of may have been read for the other socket; or a later slot is ready
 * while another processor still fills the one before it: to go on without that would be to read it when the ring has gone round. */
static bool
is_astray(struct rx *rx)
{
	const uint64_t now = plk_now_ns();

	if (rx->missed_ns == 0 || rx->n_missed != rx->n_taken) {
		rx->missed_ns = now;
		rx->n_missed = rx->n_taken;
	}
	return now - rx->missed_ns >= PLK_MISSED_NS;
}

static void
low_read(struct rx *rx, uint32_t events)
{
	const bool attach = plk_class_is_attach(rx->class);
	const int n = slots_read(low_of(attach), long_of(attach));

	if ((events & EPOLLIN) && plk_slots_peek(&rx->slots).n == 0 && is_astray(rx))
		plk_slots_find(&rx->slots);
	rate_note(low_of(attach), n);
}

/* The callback of the tick. */
static void
polled_read(void *ctx)
{
	(void)ctx;
	for (int attach = 0; attach <= 1; attach++) {
		if (low_of(attach)->is_polled)
			rate_note(low_of(attach), slots_read(low_of(attach), long_of(attach)));
	}
	read_done();
}

static void
rx_read(void *ctx, uint32_t events)
{
	struct rx *rx = ctx;

	/* The interface went down: said once, but a ring's socket stays ready until it is asked.
	 * The broker tells the front. */
	if (events & EPOLLERR)
		(void)plk_fd_error(rx->fd);
	if (plk_class_is_bulk(rx->class))
		(void)ring_read(rx, events);
	else
		low_read(rx, events);
	read_done();
}

/* The ring, without what a worker was reading when it died. */
static int
ring_open(struct rx *rx, const struct plk_packet_ring *ring)
{
	const bool bulk = plk_class_is_bulk(rx->class);
	int error = bulk ? plk_ring_open(&rx->ring, rx->fd, ring->unit_bytes, ring->n_units)
			 : plk_slots_open(&rx->slots, rx->fd, ring->unit_bytes, ring->n_units);
	uint32_t n;

	if (error < 0)
		return error;
	n = bulk ? plk_ring_skip(&rx->ring) : plk_slots_skip(&rx->slots);
	plk_worker_count(PLK_COUNTER_RX_FRAMES, n);
	plk_worker_count(PLK_COUNTER_RX_WORKER, n);
	/* now: it is given back, and we may die before the first step of the loop */
	plk_worker_enter();
	return 0;
}

int
plk_rx_open(enum plk_class class, int *fd, const struct plk_packet_ring *ring)
{
	struct rx *rx = &worker.rx[class];
	int error = plk_fd_place(fd, PLK_WORKER_FD_RX + (int)class);

	if (error < 0)
		return error;
	rx->fd = PLK_WORKER_FD_RX + (int)class;
	rx->class = class;
	rx->n_seen = UINT64_MAX; /* what was dropped before us says nothing */
	rx->watch = (struct plk_watch){.fd = -1, .call = rx_read, .ctx = rx};
	return ring_open(rx, ring);
}

/* ---- a ring that died ---- */

static struct rx *
bulk_of(bool attach)
{
	return &worker.rx[attach ? PLK_CLASS_ATTACH_BULK : PLK_CLASS_CAPTURE_BULK];
}

/* Whether the kernel fills the slots no more. It takes possession of the next slot before it finds that no virtio-net header describes a
 * frame (a superframe of UDP fragments, which a VM may send, or of SCTP), drops the frame, and never lets go of the slot: so it drops
 * all that follow, and wakes nobody (net/packet/af_packet.c: tpacket_rcv(), rx_owner_map). Else nothing is dropped that finds a free slot.
 */
static bool
is_dying(struct rx *rx, uint64_t n_lost)
{
	const bool came = rx->n_taken != rx->n_seen;

	rx->n_seen = rx->n_taken;
	if (came || n_lost == 0)
		return false;
	plk_slots_find(&rx->slots);
	return plk_slots_peek(&rx->slots).n == 0;
}

/* Its ports take from the ring of blocks instead, which survives such frames; the front is asked to have it bound. */
static void
die(bool attach)
{
	struct rx *bulk = bulk_of(attach);
	struct rx *both[] = {low_of(attach), long_of(attach)};

	if (bulk->fd < 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		if (both[i]->fd < 0)
			continue;
		plk_watch_remove(&worker.loop, &both[i]->watch);
		both[i]->is_polled = false;
		both[i]->is_dead = true;
	}
	if (!bulk->is_served && plk_watch_add(&worker.loop, &bulk->watch, bulk->fd, EPOLLIN) == 0)
		bulk->is_served = true;
	plk_trace_instead(attach ? PLK_ROLE_ATTACH : PLK_ROLE_CAPTURE);
	plk_deliver_instead(attach ? PLK_ROLE_ATTACH : PLK_ROLE_CAPTURE);
	worker.dead_tells = 0;
	plk_timer_set(&worker.loop, &worker.look_timer, 0);
}

/* Slots that nobody will read. */
static uint64_t
slots_drop(struct rx *rx)
{
	uint64_t n = 0;

	for (; n < rx->slots.n_slots && plk_slots_peek(&rx->slots).n > 0; n++)
		plk_slots_give(&rx->slots);
	return n;
}

/* Until the other ring has something, what these two would have taken is lost, and counted. */
static void
dead_forget(bool attach)
{
	struct rx *both[] = {low_of(attach), long_of(attach)};

	for (size_t i = 0; i < 2; i++) {
		if (!both[i]->is_dead || !both[i]->is_served)
			continue;
		plk_rx_losses();
		plk_worker_count(PLK_COUNTER_RX_KERNEL, slots_drop(both[i]));
		both[i]->is_served = false;
	}
}

static void
look(void *ctx)
{
	bool again = false;

	(void)ctx;
	plk_rx_losses();
	for (int attach = 0; attach <= 1; attach++) {
		const struct rx *low = low_of(attach);

		again |= low->is_served;
		if (low->is_dead && low->is_served && worker.dead_tells++ < PLK_DEAD_TELLS)
			plk_worker_event(PLK_EVENT_RX_DEAD, low->class, 0, 0);
	}
	if (again)
		plk_timer_set(&worker.loop, &worker.look_timer, PLK_LOOK_MS);
}

static void
losses_read(void *ctx)
{
	(void)ctx;
	plk_rx_losses();
}

static bool is_wanted(enum plk_class class)
{
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		const struct port *port = &worker.ports[i];

		if (port->used && plk_class_takes(class, port->role, port->latency))
			return true;
	}
	return false;
}

enum plk_latency
plk_rx_latency(enum plk_role role, enum plk_latency latency)
{
	return low_of(role == PLK_ROLE_ATTACH)->is_dead ? PLK_LATENCY_BULK : latency;
}

int
plk_rx_serve(void)
{
	for (int i = 0; i < PLK_CLASS_RX; i++) {
		struct rx *rx = &worker.rx[i];
		int error;

		if (rx->is_served || rx->is_dead || rx->fd < 0 || !is_wanted((enum plk_class)i))
			continue;
		error = plk_watch_add(&worker.loop, &rx->watch, rx->fd, EPOLLIN);
		if (error < 0)
			return error;
		rx->is_served = true;
	}
	look(NULL);
	return 0;
}

int
plk_rx_start(void)
{
	worker.losses_timer.call = losses_read;
	worker.look_timer.call = look;
	worker.loop.tick = polled_read;
	return plk_rx_serve();
}

/* Takes what is there from all rings; Return: whether there was anything. */
static bool
all_read(void)
{
	int n = 0;

	for (int attach = 0; attach <= 1; attach++) {
		if (bulk_of(attach)->is_served)
			n += ring_read(bulk_of(attach), 0);
		if (low_of(attach)->is_served)
			n += slots_read(low_of(attach), long_of(attach));
		plk_clients_flush();
	}
	return n > 0;
}

void
plk_rx_flush(void)
{
	for (int i = 0; i < PLK_LEAVE_ROUNDS && all_read(); i++)
		continue;
}

void
plk_rx_stop(void)
{
	plk_rx_flush();
	plk_rx_losses();
	plk_timer_stop(&worker.losses_timer);
	plk_timer_stop(&worker.look_timer);
	worker.loop.tick_ns = 0;
	for (int i = 0; i < PLK_CLASS_RX; i++)
		plk_watch_remove(&worker.loop, &worker.rx[i].watch);
}

void
plk_rx_losses(void)
{
	for (int i = 0; i < PLK_CLASS_RX; i++) {
		struct rx *rx = &worker.rx[i];
		const bool attach = plk_class_is_attach((enum plk_class)i);
		const uint64_t n = rx->is_served ? plk_packet_losses(rx->fd) : 0;

		(rx->is_dead ? bulk_of(attach) : rx)->losses += n;
		plk_worker_count(PLK_COUNTER_RX_KERNEL, n);
		if (rx->is_served && !rx->is_dead && !plk_class_is_bulk((enum plk_class)i) &&
		    is_dying(rx, n))
			die(attach);
	}
}
