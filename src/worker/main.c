/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlockd-worker: moves frames, and can do nothing else.
 *
 * It is fed by everybody: the interface, the clients, and the descriptors that the service manager
 * made. It has no capability, no name of a file, and after GO no system call that opens, binds,
 * connects or configures anything.
 *
 * Theory of operation. main() closes one gate after another. Between them CONFIG says how much
 * memory there is (START -> SETUP); PORT hands over the listeners, which are proved before they
 * are used; PACKET, from the broker, the packet sockets. After GO (SETUP -> RUN) the last gate
 * closes and the worker serves. Descriptors have fixed numbers, which the system call filter knows
 * (sandbox/descriptors.h). When the channel to the supervisor or to the front closes, or FINISH
 * comes, all connections end and so does the process.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/fd.h"
#include "os/listener.h"
#include "os/packet.h"
#include "os/page.h"
#include "os/process.h"
#include "worker/worker.h"

/* What the C library and this file do between exec and the sandbox; the supervisor's sandbox, which we inherit, must
 * permit it: */
/* #syscalls:exec brk arch_prctl set_tid_address set_robust_list rseq readlink getrandom (the C library) */
/* #syscalls:exec mprotect[2=0..PROT_READ|PROT_WRITE] (the C library) */
/* #syscalls:exec epoll_create1 mmap[2=0..PROT_READ|PROT_WRITE] (the loop; buffers, rings, counters) */
/* #syscalls:exec fstat newfstatat getpeername getsockopt (is an inherited descriptor a listener) */

struct worker worker;

int
plk_worker_tell(const struct plk_msg *msg, int pass)
{
	return plk_channel_send(worker.front.fd, msg, pass);
}

void
plk_worker_event(enum plk_event code, uint64_t a, uint64_t b, uint64_t c)
{
	const struct plk_msg msg = {
		.type = PLK_MSG_EVENT,
		.u.event = {.code = (uint16_t)code, .a = a, .b = b, .c = c},
	};
	uint32_t suppressed;

	if (plk_ratelimit_step(&worker.limits[code], plk_now_ms(), &suppressed))
		(void)plk_worker_tell(&msg,
				      -1); /* a log line may be lost, a frame may not wait for it */
}

void
plk_worker_enter(void)
{
	plk_ledger_enter(&worker.ledger);
}

_Noreturn void
plk_worker_leave(int status)
{
	plk_clients_finish();
	plk_worker_enter();
	if (worker.finishes) /* who does not read it sees our channel close */
		(void)plk_worker_tell(&(const struct plk_msg){.type = PLK_MSG_LEFT}, -1);
	_exit(status);
}

/* A message that may not come, or a start that fails: the front hears why, if it still listens. */
static _Noreturn void
give_up(enum plk_event code, uint64_t a, uint64_t b, uint64_t c)
{
	if (worker.front.fd >= 0)
		plk_worker_event(code, a, b, c);
	plk_worker_leave(code == PLK_EVENT_BAD_MESSAGE ? plk_rules_status((unsigned)a)
						       : EXIT_FAILURE);
}

/* A message that is permitted, but says what cannot be. */
static _Noreturn void
refuse(enum plk_msg_type type)
{
	give_up(PLK_EVENT_BAD_MESSAGE, type, PLK_E_LIMIT, plk_msg_size(type));
}

static void
must(int error, uint64_t where)
{
	if (error < 0)
		give_up(PLK_EVENT_SYSTEM, where, (uint64_t)-error, 0);
}

/* It is for a port that there is. */
static void
client_check(const struct plk_msg_client *m)
{
	const struct port *port = &worker.ports[m->port];

	if (!port->used || port->is_leaving)
		refuse(PLK_MSG_CLIENT);
}

/* A descriptor came, but we have no number left for it. A connection can be made again; nothing
 * else can. */
static void
descriptor_lost(const struct plk_msg *msg)
{
	if (msg->type != PLK_MSG_CLIENT)
		give_up(PLK_EVENT_SYSTEM, __LINE__, EMFILE, 0);
	client_check(&msg->u.client);
	plk_worker_event(PLK_EVENT_ACCEPT, msg->u.client.port, EMFILE, 0);
	plk_clients_refuse(msg->u.client.port);
}

/* Takes what is on a channel; ends the process on what is not permitted. When the front or the broker is gone there is no
 * more to take: the supervisor sees it too, and closes its own channel, which ends us. */
static bool
take(struct plk_channel_end *end, struct plk_watch *watch, struct plk_received *received)
{
	int got = plk_channel_receive(end, worker.stage, received);

	if (got == -EMFILE) {
		descriptor_lost(&received->msg);
		return false;
	}
	if (got == -EBADMSG)
		give_up(PLK_EVENT_BAD_MESSAGE, received->type, received->err, received->n);
	if (got < 0 && end == &worker.supervisor)
		plk_worker_leave(EXIT_SUCCESS);
	if (plk_channel_is_gone(got))
		plk_watch_remove(&worker.loop, watch);
	else
		must(got, __LINE__); /* there would be no more orders */
	return got > 0;
}

/* ---- broker ---- */

static void
packet_take(const struct plk_msg_packet *packet, int *fd)
{
	const struct plk_packet_ring ring = plk_packet_ring((enum plk_class)packet->class);
	int is_one = plk_packet_is_one(*fd);

	must(is_one, __LINE__);
	/* of the sizes the kernel compares the product only */
	if (!is_one || packet->block_bytes != ring.unit_bytes || packet->n_blocks != ring.n_units)
		refuse(PLK_MSG_PACKET);
	if (packet->class == PLK_CLASS_TX && worker.tx < 0) {
		must(plk_fd_place(fd, PLK_WORKER_FD_TX), __LINE__);
		worker.tx = PLK_WORKER_FD_TX;
	} else if (packet->class == PLK_CLASS_TX_RING && worker.tx_ring.n_slots == 0) {
		must(plk_fd_place(fd, PLK_WORKER_FD_TX_RING), __LINE__);
		must(plk_txring_open(&worker.tx_ring, PLK_WORKER_FD_TX_RING, ring.unit_bytes,
				     ring.n_units),
		     __LINE__);
	} else if (packet->class < PLK_CLASS_RX && worker.rx[packet->class].fd < 0) {
		must(plk_rx_open((enum plk_class)packet->class, fd, &ring), __LINE__);
	} else {
		refuse(PLK_MSG_PACKET);
	}
}

/* ---- front ---- */

/* All numbers below the first client's are taken: by a copy of /dev/null where nothing else will be. */
static void
numbers_take(uint16_t n_ports)
{
	worker.first_client = n_ports <= PLK_WORKER_PORTS_FEW ? PLK_WORKER_FD_CLIENT_FEW
							      : PLK_WORKER_FD_CLIENT_MANY;
	must(plk_fd_fill(PLK_WORKER_FD_NULL, PLK_WORKER_FD_RX, worker.first_client - 1), __LINE__);
}

static void
config_take(const struct plk_msg_config *config, int *page)
{
	void *map;
	int error;

	worker.stage = PLK_STAGE_SETUP;
	worker.is_runtime = config->runtime;
	if (config->clients == 0 || config->queue < PLK_QUEUE_MIN)
		refuse(PLK_MSG_CONFIG);
	must(plk_page_map(*page, PLK_BOOKS_BYTES, &map), __LINE__);
	worker.ledger.page = map;
	plk_fd_close(page);
	numbers_take(config->ports);
	must(plk_switch_init(), __LINE__);
	error = plk_clients_make(config->clients, config->queue);
	if (error < 0)
		give_up(PLK_EVENT_MEMORY, 0, (uint64_t)-error,
			config->clients * (uint64_t)config->queue);
}

/* Proves an inherited listener, and says what it found. */
static enum plk_err
listener_adopt(const struct plk_msg_port *m, int fd)
{
	struct plk_msg msg = {.type = PLK_MSG_ADOPTED, .u.adopted.port = m->port};
	enum plk_err err;
	int error;

	err = plk_adopt(fd, m->tcp, worker.adopted, worker.n_adopted,
			&worker.adopted[worker.n_adopted], &error);
	if (err == PLK_OK)
		worker.n_adopted++;
	msg.u.adopted.err = (uint16_t)err;
	msg.u.adopted.error = (uint32_t)error;
	must(plk_worker_tell(&msg, -1), __LINE__);
	return err;
}

/* A prefix, and what plk_restore_raw() makes of a header that asks for nothing. */
static void
plain_head_make(struct port *port)
{
	static const struct plk_vnet vnet = {.num_buffers = 1};
	struct plk_mspan head = {port->plain_head, sizeof port->plain_head};
	size_t n = 0;

	if (plk_frame_prefix_encode(port->framing, PLK_FRAME_MIN, head, &n) != PLK_OK ||
	    (port->framing.vnet_hdr > 0 &&
	     plk_vnet_encode(&vnet, port->framing.vnet_hdr,
			     (struct plk_mspan){head.p + n, head.n - n}) != PLK_OK))
		refuse(PLK_MSG_PORT); /* no size that a header has */
	port->plain_head_n = n + port->framing.vnet_hdr;
}

/* Waits for connections at each listener that is not waited at: all at the start, paused ones
 * later. */
static void
listeners_start(void *ctx)
{
	(void)ctx;
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		struct port *port = &worker.ports[i];
		const bool is_served = port->used && (!port->is_leaving || port->is_parked);

		if (is_served && port->listener >= 0 && port->watch.fd < 0)
			must(plk_watch_add(&worker.loop, &port->watch, port->listener, EPOLLIN),
			     __LINE__);
	}
}

static void
port_take(const struct plk_msg_port *m, int *fd)
{
	struct port *port = &worker.ports[m->port];
	int listener = PLK_WORKER_FD_LISTENER + m->port;
	bool is_guarded;

	if (port->used || listener >= worker.first_client ||
	    plk_guard_make(m, &is_guarded) != PLK_OK)
		refuse(PLK_MSG_PORT);
	if (worker.stage == PLK_STAGE_RUN && m->adopt)
		refuse(PLK_MSG_PORT); /* nothing can be proved any more */
	if (m->adopt && listener_adopt(m, *fd) != PLK_OK) {
		plk_fd_close(fd);
		plk_guard_forget(m->port);
		return;
	}
	if (*fd < 0) {
		listener = -1;
	} else if (worker.stage == PLK_STAGE_RUN) {
		if (*fd != listener) /* ROOM was made for it */
			refuse(PLK_MSG_PORT);
		*fd = -1;
	} else {
		must(plk_fd_unblock(*fd), __LINE__); /* nobody waits in accept4() */
		must(plk_fd_place(fd, listener), __LINE__);
	}
	*port = (struct port){
		.used = true,
		.role = (enum plk_role)m->role,
		.format = (enum plk_format)m->format,
		.framing = {.vnet_hdr = m->vnet_hdr},
		.snaplen = m->snaplen,
		.direction = (enum plk_direction)m->direction,
		.latency = plk_rx_latency((enum plk_role)m->role, (enum plk_latency)m->latency),
		.max_clients = m->max_clients,
		.close_on_loss = m->close_on_loss,
		.is_guarded = is_guarded,
		.is_adopted = m->adopt,
		.is_late = worker.stage == PLK_STAGE_RUN,
		.listener = listener,
		.watch = {.fd = -1, .call = plk_clients_accept, .ctx = port},
	};
	plain_head_make(port);
	if (worker.stage == PLK_STAGE_RUN) {
		must(plk_rx_serve(), __LINE__);
		listeners_start(NULL);
	}
}

/* The end of a port. Its number is the front's again when all is told. An inherited listener stays: PARK was said before. */
static void
unport_take(const struct plk_msg_unport *m)
{
	struct port *port = &worker.ports[m->port];

	if (!port->used || port->is_leaving)
		refuse(PLK_MSG_UNPORT);
	if (!port->is_parked)
		plk_watch_remove(&worker.loop, &port->watch);
	plk_clients_remove(m->port);
	if (!port->is_parked)
		plk_guard_forget(m->port);
}

/* Who connects to a listener that is parked is not kept waiting in its backlog. */
static void
park_take(const struct plk_msg_park *m)
{
	struct port *port = &worker.ports[m->port];

	if (!port->used || !port->is_adopted || port->is_leaving)
		refuse(PLK_MSG_PARK);
	port->is_parked = m->on;
}

/* What is received gets the lowest number that is free: the listener's, which is made free for it, since nothing moves descriptors
 * any more. Nothing else may be received or accepted meanwhile. */
static void
room_take(const struct plk_msg_room *m)
{
	int number = PLK_WORKER_FD_LISTENER + m->port;
	struct plk_received received;
	int got;

	if (number >= worker.first_client || worker.ports[m->port].used)
		refuse(PLK_MSG_ROOM);
	/* #syscalls:worker close[0=PLK_WORKER_FD_LISTENER..PLK_WORKER_FD_LISTENER_LAST] (a listener that comes or goes) */
	plk_fd_close(&number);
	got = plk_channel_receive_wait(&worker.front, worker.stage, &received, PLK_ROOM_MS);
	if (got == -EBADMSG)
		give_up(PLK_EVENT_BAD_MESSAGE, received.type, received.err, received.n);
	if (got != 1) /* the supervisor sees that, and another worker comes */
		plk_worker_leave(EXIT_FAILURE);
	if (received.fd != PLK_WORKER_FD_LISTENER + m->port ||
	    (received.msg.type != PLK_MSG_FILL && received.msg.type != PLK_MSG_PORT))
		refuse(PLK_MSG_ROOM);
	if (received.msg.type == PLK_MSG_PORT)
		port_take(&received.msg.u.port, &received.fd);
}

/* What the rings hold is older than the change of mind: it still passes, or never does. A block that the kernel is about to fill counts as
 * newer, by its milliseconds (os/packet.c). */
static void
flow_take(const struct plk_msg_flow *m)
{
	if (worker.stage == PLK_STAGE_RUN)
		plk_rx_flush();
	worker.is_off = !m->on;
	if (worker.is_off)
		plk_clients_stop();
}

static void
link_take(const struct plk_msg_link_is *link)
{
	bool went = worker.link.is_there && !link->is_there;

	worker.link = *link;
	if (went)
		plk_clients_lose();
}

/* GO: main() goes on. */
static void
go(void)
{
	worker.stage = PLK_STAGE_RUN;
}

/* Before we serve there is nothing that could be kept. */
static void
finish(const struct plk_msg_finish *order)
{
	worker.finishes = worker.stage == PLK_STAGE_RUN;
	if (order->keep && worker.finishes) {
		plk_leave();
		return;
	}
	plk_rx_losses();
	plk_worker_leave(EXIT_SUCCESS);
}

/* A connection that another daemon left. The front counts its slot as one of a client that it has admitted. */
static void
restore_take(uint16_t port, int *fd)
{
	struct plk_msg msg = {.type = PLK_MSG_RESTORED, .u.restored.port = port};
	const struct client *client;
	enum plk_err err;
	int error = 0;

	if (!worker.ports[port].used || *fd < worker.first_client)
		refuse(PLK_MSG_RESTORE);
	err = plk_clients_restore(port, fd, &error, &client);
	msg.u.restored.err = (uint16_t)err;
	msg.u.restored.error = (uint32_t)error;
	if (err == PLK_OK) {
		msg.u.restored.slot = plk_client_slot(client);
		msg.u.restored.generation = client->generation;
	}
	must(plk_worker_tell(&msg, -1), __LINE__);
}

/* What is only for daemons whose ports come and go. */
static bool
is_change(enum plk_msg_type type)
{
	switch (type) {
	case PLK_MSG_VLANS:
	case PLK_MSG_PORT:
		return worker.stage == PLK_STAGE_RUN;
	case PLK_MSG_UNPORT:
	case PLK_MSG_PARK:
	case PLK_MSG_ROOM:
	case PLK_MSG_FILL:
	case PLK_MSG_FLOW:
		return true;
	default:
		return false;
	}
}

static void
front_order(struct plk_received *received)
{
	const struct plk_msg *msg = &received->msg;

	if (is_change(msg->type) && !worker.is_runtime)
		refuse(msg->type);
	switch (msg->type) {
	case PLK_MSG_CONFIG:
		config_take(&msg->u.config, &received->fd);
		break;
	case PLK_MSG_VLANS:
		if (plk_guard_vlans(&msg->u.vlans) != PLK_OK)
			refuse(PLK_MSG_VLANS);
		break;
	case PLK_MSG_PORT:
		port_take(&msg->u.port, &received->fd);
		break;
	case PLK_MSG_UNPORT:
		unport_take(&msg->u.unport);
		break;
	case PLK_MSG_PARK:
		park_take(&msg->u.park);
		break;
	case PLK_MSG_ROOM:
		room_take(&msg->u.room);
		break;
	case PLK_MSG_FILL: /* without ROOM */
		refuse(PLK_MSG_FILL);
	case PLK_MSG_FLOW:
		flow_take(&msg->u.flow);
		break;
	case PLK_MSG_ABOUT:
		if (plk_trace_about(&msg->u.about) != PLK_OK)
			refuse(PLK_MSG_ABOUT);
		break;
	case PLK_MSG_LINK_IS:
		link_take(&msg->u.link_is);
		break;
	case PLK_MSG_GO:
		go();
		break;
	case PLK_MSG_CLIENT:
		client_check(&msg->u.client);
		plk_clients_add(msg->u.client.port, &received->fd);
		break;
	case PLK_MSG_ADMIT:
		plk_clients_admit(&msg->u.admit);
		break;
	case PLK_MSG_PING:
		(void)plk_worker_tell(&(const struct plk_msg){.type = PLK_MSG_PONG}, -1);
		break;
	case PLK_MSG_RESTORE:
		restore_take(msg->u.restore.port, &received->fd);
		break;
	case PLK_MSG_MISSED:
		worker.missed = msg->u.missed;
		break;
	default: /* FINISH: the request table permits no other */
		finish(&msg->u.finish);
	}
}

static void
front_read(void *ctx, uint32_t events)
{
	struct plk_received received;

	(void)ctx;
	(void)events;
	if (take(&worker.front, &worker.front_watch, &received))
		front_order(&received);
}

/* ---- supervisor ---- */

static void
channel_take(enum plk_peer peer, int *fd)
{
	if (peer == PLK_PEER_FRONT && worker.front.fd < 0) {
		if (plk_fd_place(fd, PLK_WORKER_FD_FRONT) < 0)
			plk_worker_leave(EXIT_FAILURE);
		*fd = PLK_WORKER_FD_FRONT;
		plk_channel_end_init(&worker.front, fd, PLK_CHANNEL_FRONT_WORKER);
	} else if (peer == PLK_PEER_BROKER && worker.broker.fd < 0) {
		if (plk_fd_place(fd, PLK_WORKER_FD_BROKER) < 0)
			plk_worker_leave(EXIT_FAILURE);
		*fd = PLK_WORKER_FD_BROKER;
		plk_channel_end_init(&worker.broker, fd, PLK_CHANNEL_BROKER_WORKER);
	} else {
		refuse(PLK_MSG_CHANNEL);
	}
}

/* While we serve, nothing may come from the supervisor, and nothing is read: it has ended, or tells us to. */
static void
supervisor_read(void *ctx, uint32_t events)
{
	struct plk_received received;

	(void)ctx;
	if (worker.stage == PLK_STAGE_RUN)
		plk_worker_leave(events & EPOLLHUP ? EXIT_SUCCESS : EXIT_FAILURE);
	if (take(&worker.supervisor, &worker.supervisor_watch, &received))
		channel_take((enum plk_peer)received.msg.u.channel.peer, &received.fd);
}

/* ---- start ---- */

static void
init(void)
{
	worker.front.fd = -1;
	worker.broker.fd = -1;
	worker.broker_watch.fd = -1; /* never waited for: see packets_take() */
	worker.tx = -1;
	worker.supervisor_watch.call = supervisor_read;
	worker.front_watch.call = front_read;
	for (size_t i = 0; i < PLK_CLASS_RX; i++)
		worker.rx[i].fd = -1;
	for (size_t i = 0; i < PLK_PORTS_MAX; i++)
		worker.ports[i].listener = -1;
}

static int
loop_open(void)
{
	int fd = PLK_WORKER_FD_SUPERVISOR; /* where it was put */
	int error = plk_loop_open(&worker.loop);

	if (error == 0)
		error = plk_fd_place(&worker.loop.fd, PLK_WORKER_FD_EPOLL);
	worker.loop.fd = PLK_WORKER_FD_EPOLL;
	plk_channel_end_init(&worker.supervisor, &fd, PLK_CHANNEL_SUPERVISOR_WORKER);
	return error < 0 ? error
			 : plk_watch_add(&worker.loop, &worker.supervisor_watch,
					 worker.supervisor.fd, EPOLLIN);
}

static void
step(void)
{
	if (plk_loop_step(&worker.loop) < 0)
		plk_worker_leave(EXIT_FAILURE);
}

/* From the supervisor, which is the only one that we have heard of. */
static void
channels_wait(void)
{
	while (worker.front.fd < 0 || worker.broker.fd < 0)
		step();
}

/* The packet sockets, which the broker sent before the front could say GO. */
static void
packets_take(void)
{
	struct plk_received received;

	worker.stage = PLK_STAGE_SETUP; /* of the message; GO has come */
	while (take(&worker.broker, &worker.broker_watch, &received))
		packet_take(&received.msg.u.packet, &received.fd);
	worker.stage = PLK_STAGE_RUN;
}

/* Memory, listeners and packet sockets, until GO. */
static void
equip(void)
{
	must(plk_watch_add(&worker.loop, &worker.front_watch, worker.front.fd, EPOLLIN), __LINE__);
	while (worker.stage != PLK_STAGE_RUN)
		step();
	packets_take();
	must(plk_rx_start(), __LINE__);
	worker.accept_timer.call = listeners_start;
	listeners_start(NULL);
}

static void
stage(int error, enum plk_step step)
{
	if (error < 0)
		give_up(PLK_EVENT_CONFINE, step, (uint64_t)-error, 0);
}

static int
landlock(void)
{
	return plk_confine_landlock(&worker.confined, &(const struct plk_landlock){0});
}

/* Clients, and one that finds no slot. */
static int
limits(void)
{
	const struct plk_limits allow = {
		.files = (uint32_t)worker.first_client + worker.n_slots + 1,
		.in_flight = PLK_IN_FLIGHT_WORKER,
	};

	return plk_confine_limits(&worker.confined, &allow);
}

/* Connections that others make for us are all that may still come with a message. Where there will be none, nothing may: a
 * worker and a front that are both hijacked could else pass a packet socket to and fro, until it has a client's number, on which
 * we may send. */
static int
descriptors(void)
{
	if (worker.is_runtime)
		return 0;
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		if (worker.ports[i].used && worker.ports[i].listener < 0)
			return 0;
	}
	return plk_unix_no_rights(worker.front.fd);
}

static int
calls(void)
{
	return plk_confine_calls(&worker.confined, worker.first_client == PLK_WORKER_FD_CLIENT_FEW
							   ? PLK_SANDBOX_WORKER
							   : PLK_SANDBOX_WORKER_MANY);
}

static void
serving_tell(void)
{
	const struct plk_msg confined = {.type = PLK_MSG_CONFINED, .u.confined = worker.confined};
	const struct plk_msg serving = {.type = PLK_MSG_SERVING};

	must(plk_worker_tell(&confined, -1), __LINE__);
	must(plk_worker_tell(&serving, -1), __LINE__);
}

int
main(void)
{
	init();
	plk_process_begin("pktlockd-worker");
	plk_process_wake_precisely();
	plk_process_ignore_signals();
	plk_process_small_pages();
	/* ours comes below */
	if (plk_process_raise_files() < 0 || loop_open() < 0)
		return EXIT_FAILURE;
	channels_wait();
	plk_confine_namespaces(&worker.confined, PLK_WORKER_FD_NAMESPACE);
	stage(plk_confine_privileges(), PLK_STEP_PRIVILEGES);
	stage(plk_confine_capabilities(&worker.confined, PLK_CAPABILITIES_NONE),
	      PLK_STEP_CAPABILITIES);
	stage(landlock(), PLK_STEP_LANDLOCK);
	equip();
	stage(descriptors(), PLK_STEP_LIMITS);
	stage(limits(), PLK_STEP_LIMITS);
	stage(plk_confine_dumpable(), PLK_STEP_DUMPABLE);
	plk_confine_memory(&worker.confined);
	stage(calls(), PLK_STEP_CALLS);
	serving_tell();
	plk_clients_open();
	for (;;) {
		plk_worker_enter();
		step();
	}
}
