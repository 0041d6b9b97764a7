/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pktlockd-front: reads what people and programs write, decides, and owns the words of the log. See
 * front.h.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "front/control.h"
#include "front/front.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/page.h"
#include "os/process.h"
#include "text/words.h"

/* for the worker to finish; to leave streams at the end of a frame may take it half a second */
#define STOP_MS 300
#define STOP_KEEP_MS 580
#define RELOAD_BYTES 4096 /* why a reload failed; the line of the log is shorter */

struct front front;

/* ---- sending ---- */

/* Ends the service; who sent us something impossible, or does not read, is broken or hijacked. */
static _Noreturn void
fatal(const char *what)
{
	plk_log(PLK_LOG_LINE_ERROR, "%s; the service ends", what);
	plk_front_reason(what);
	exit(EXIT_FAILURE);
}

static _Noreturn void
fatal_error(const char *what, int error)
{
	char text[PLK_REASON_FIELD];

	(void)snprintf(text, sizeof text, "%s: %s", what, plk_words_error((uint64_t)-error));
	fatal(text);
}

/* Once for each worker: an order that comes when the next one is there would kill that one. */
void
plk_front_replace(const char *why, int error)
{
	const struct plk_msg msg = {.type = PLK_MSG_WORKER_STUCK};

	if (front.replacing)
		return;
	plk_log(PLK_LOG_LINE_ERROR, "%s: %s; the worker will be replaced", why,
		plk_words_error((uint64_t)-error));
	front.serving = false;
	front.replacing = true;
	plk_front_send(front.supervisor.fd, &msg, -1);
}

/* An order that the worker has not got is never repeated, and a client or a port may wait for it. */
static int
worker_not_told(int error, int pass)
{
	if (pass >= 0 && error == -ETOOMANYREFS && front.serving)
		return error; /* a connection, which can be made again: sandbox.h says why */
	plk_front_replace(error == -EAGAIN ? "worker does not read its orders"
					   : "worker cannot be told its orders",
			  error);
	return error;
}

int
plk_front_send(int fd, const struct plk_msg *msg, int pass)
{
	int error = fd < 0 ? -EPIPE : plk_channel_send(fd, msg, pass);

	if (error == 0)
		return 0;
	if (plk_channel_is_gone(error) && fd == front.supervisor.fd)
		exit(EXIT_FAILURE);
	if (plk_channel_is_gone(error))
		return error; /* it died: the supervisor says so */
	if (fd == front.worker.fd && front.stage >= PLK_STAGE_RUN)
		return worker_not_told(error, pass);
	fatal_error(fd == front.worker.fd   ? "worker does not take orders"
		    : fd == front.broker.fd ? "broker does not take orders"
					    : "supervisor does not take messages",
		    error);
}

void
plk_front_ask(int fd, const struct plk_msg *msg, int pass, enum plk_msg_type answer)
{
	plk_front_send(fd, msg, pass);
	plk_front_await(answer);
}

void
plk_front_await(enum plk_msg_type answer)
{
	front.awaited = answer;
	while (front.awaited != PLK_MSG_NONE) {
		if (plk_loop_step(&front.loop) < 0)
			fatal("cannot wait");
	}
}

/* A descriptor came, but we have no number left for it. A connection can be refused; nothing
 * else can go on. */
static void
descriptor_lost(const char *who, const struct plk_msg *msg)
{
	struct plk_msg answer = {.type = PLK_MSG_ADMIT};

	if (msg->type != PLK_MSG_ACCEPTED) {
		plk_log(PLK_LOG_LINE_ERROR, "no descriptor left for what %s sent (LimitNOFILE=)",
			who);
		fatal("too many open files");
	}
	answer.u.admit.slot = msg->u.accepted.slot;
	answer.u.admit.generation = msg->u.accepted.generation;
	plk_front_send(front.worker.fd, &answer, -1);
	if (plk_lines_may(PLK_LINES_UNSEEN, 0))
		plk_log(PLK_LOG_LINE_WARNING,
			"client refused: no descriptor left to look at it (LimitNOFILE=)");
}

/* Nothing can be read, but the sender is there: we would never hear of it again. */
static void
unreadable(const struct plk_channel_end *end, int error)
{
	if (end == &front.worker && front.stage >= PLK_STAGE_RUN) {
		plk_front_replace("cannot read what the worker says", error);
		return;
	}
	fatal_error(end == &front.worker   ? "cannot read what the worker says"
		    : end == &front.broker ? "cannot read what the broker says"
					   : "cannot read what the supervisor says",
		    error);
}

/* Takes a message; ends the service on what is not permitted. False if there is none, or if the
 * sender is gone. */
static bool
take(struct plk_channel_end *end, const char *who, struct plk_received *received, bool *gone)
{
	int got = plk_channel_receive(end, front.stage, received);

	*gone = got < 0 && got != -EBADMSG && got != -EMFILE;
	if (*gone && !plk_channel_is_gone(got))
		unreadable(end, got);
	if (got == -EMFILE)
		descriptor_lost(who, &received->msg);
	if (got == -EBADMSG) {
		plk_log(PLK_LOG_LINE_ERROR,
			"%s sent a message that is not permitted: %s: %s (%zu bytes)", who,
			plk_msg_name(received->type), plk_err_text(received->err), received->n);
		fatal("a process is broken or hijacked");
	}
	return got > 0;
}

/* The answer that is awaited, if it is one. */
static void
answer_note(struct plk_received *received)
{
	if (front.awaited != received->msg.type)
		return;
	front.awaited = PLK_MSG_NONE;
	plk_fd_close(&front.answer.fd);
	front.answer = *received;
	received->fd = -1; /* it is the answer's now */
}

/* ---- worker ---- */

/* What a port may send goes before it: there is no moment in which it has no guard. */
static void
vlans_send(const struct front_port *p)
{
	const struct plk_port *port = &p->port;
	struct plk_msg msg = {.type = PLK_MSG_VLANS, .u.vlans.port = plk_port_index(p)};

	if (!port->has_vlans)
		return;
	memcpy(msg.u.vlans.vlans, port->vlans, sizeof msg.u.vlans.vlans);
	plk_front_send(front.worker.fd, &msg, -1);
}

/* After ROOM the worker waits for it, and for nothing else. */
void
plk_front_descriptor_send(const struct plk_msg *msg, int fd)
{
	const int error = plk_front_send(front.worker.fd, msg, fd);

	if (error == -ETOOMANYREFS)
		plk_front_replace("worker cannot be given a descriptor", error);
}

void
plk_front_port_send(struct front_port *p)
{
	const struct plk_port *port = &p->port;
	const struct plk_msg room = {.type = PLK_MSG_ROOM, .u.room.port = plk_port_index(p)};
	struct plk_msg msg = {
		.type = PLK_MSG_PORT,
		.u.port = {.port = plk_port_index(p),
			   .role = (uint8_t)port->role,
			   .vnet_hdr = port->vnet_hdr,
			   .direction = (uint8_t)port->direction,
			   .latency = (uint8_t)plk_link_latency(port),
			   .max_clients = port->max_clients,
			   .passive = plk_remote_is_passive(&port->remote),
			   .adopt = plk_remote_is_inherited(&port->remote),
			   .tcp = port->tcp,
			   .close_on_loss = port->close_on_loss,
			   .format = (uint8_t)port->format,
			   .snaplen = port->snaplen,
			   .n_macs = (uint8_t)port->n_macs,
			   .has_vlans = port->has_vlans,
			   .rate_fps = port->rate_fps,
			   .burst = port->burst},
	};

	if (p->is_told || front.worker.fd < 0 || front.replacing)
		return;
	p->is_told = true;
	memcpy(msg.u.port.macs, port->macs, sizeof msg.u.port.macs);
	vlans_send(p);
	if (front.worker_runs && p->listener >= 0)
		plk_front_send(front.worker.fd, &room, -1);
	plk_front_descriptor_send(&msg, p->listener);
}

static void
about_send(enum plk_about what, struct plk_span text)
{
	for (size_t at = 0; at < text.n; at += PLK_ABOUT_PIECE) {
		struct plk_msg msg = {.type = PLK_MSG_ABOUT, .u.about.what = (uint8_t)what};
		size_t n = text.n - at < PLK_ABOUT_PIECE ? text.n - at : PLK_ABOUT_PIECE;

		msg.u.about.n = (uint8_t)n;
		memcpy(msg.u.about.text, text.p + at, n);
		plk_front_send(front.worker.fd, &msg, -1);
	}
}

void
plk_front_about_send(void)
{
	about_send(PLK_ABOUT_IFNAME, plk_span_str(front.iface.name));
	if (front.cmdline.has_filter)
		about_send(PLK_ABOUT_FILTER, front.cmdline.filter);
	about_send(PLK_ABOUT_OS, plk_span_str(front.os));
}

void
plk_front_config_send(void)
{
	const struct plk_msg config = {
		.type = PLK_MSG_CONFIG,
		.u.config = {.clients = front.cmdline.clients,
			     .queue = front.cmdline.queue,
			     .ports = (uint16_t)(plk_ports_runtime() ? PLK_PORTS_MAX
								     : front.n_ports),
			     .runtime = plk_ports_runtime()},
	};
	int page = plk_page_make(PLK_BOOKS_BYTES, &front.page);

	if (page < 0 && front.stage != PLK_STAGE_RUN)
		fatal_error("no memory for the counters", page);
	if (page < 0) { /* that may pass: the next worker will try again */
		plk_front_replace("no memory for the counters", page);
		return;
	}
	plk_front_send(front.worker.fd, &config, page);
	plk_fd_close(&page);
}

/* Who ends itself says why before, and the supervisor, who says that it has ended, may be heard first. */
static void
last_words(struct plk_channel_end *end, const char *who)
{
	const enum plk_lines from = end == &front.worker ? PLK_LINES_WORKER : PLK_LINES_BROKER;
	struct plk_received received;
	bool gone;

	while (end->fd >= 0 && take(end, who, &received, &gone)) {
		if (received.msg.type == PLK_MSG_EVENT)
			plk_words_event(from, &received.msg.u.event);
		plk_fd_close(&received.fd);
	}
}

/* Those that are being opened come when they are, and those that leave do not. */
static void
port_equip(struct front_port *p)
{
	const struct plk_msg park = {.type = PLK_MSG_PARK,
				     .u.park = {.port = plk_port_index(p), .on = 1}};

	if (p->state == PLK_PORT_OPEN || p->state == PLK_PORT_PARKED)
		plk_front_port_send(p);
	if (p->state == PLK_PORT_PARKED)
		plk_front_send(front.worker.fd, &park, -1);
}

static void
flow_send(void)
{
	const struct plk_msg flow = {.type = PLK_MSG_FLOW, .u.flow.on = !front.is_off};

	if (front.is_off)
		plk_front_send(front.worker.fd, &flow, -1);
}

/* A new worker gets what the last one had. One that has not got all of it would refuse what comes next, and that ends the
 * service. */
static void
worker_equip(void)
{
	plk_front_config_send();
	for (struct front_port *p = plk_ports_next(NULL); p && !front.replacing;
	     p = plk_ports_next(p))
		port_equip(p);
	if (!front.replacing)
		plk_front_about_send();
	if (!front.replacing)
		flow_send();
	if (front.replacing)
		return;
	plk_link_tell();
	front.handouts++;
	plk_front_send(front.broker.fd, &(const struct plk_msg){.type = PLK_MSG_HANDOUT}, -1);
}

/* The channel to a worker comes to its number because that is the lowest free one (channel_take()). So that nothing else gets it,
 * it is free only while a message of the supervisor is taken. */
static void
worker_room(bool is_free)
{
	if (is_free) {
		plk_fd_close(&front.no_worker);
		return;
	}
	if (front.worker.fd >= 0 || front.no_worker >= 0)
		return;
	/* where it fails, nothing else can be opened now, either; the next message of the supervisor tries again */
	front.no_worker = plk_page_blank();
	if (front.no_worker < 0)
		front.no_worker = -1;
}

static void
worker_died(const struct plk_msg_worker_died *died)
{
	last_words(&front.worker, "worker");
	if (front.stage != PLK_STAGE_RUN)
		fatal("worker died during the start");
	plk_watch_remove(&front.loop, &front.worker_watch);
	front.no_worker = plk_fd_take(&front.worker.fd); /* what was in it has been taken */
	front.serving = false;
	front.replacing = false;
	front.worker_runs = false;
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p))
		p->is_told = false;
	if (front.awaited == PLK_MSG_UNPORTED) /* that is so now */
		front.awaited = PLK_MSG_NONE;
	front.n_restarts++;
	plk_books_fold(&front.books, front.page);
	plk_page_unmap(&front.page, PLK_BOOKS_BYTES);
	plk_front_clients_forget();
	plk_active_forget();
	plk_log(PLK_LOG_LINE_WARNING, "worker died, all connections ended delay_ms=%u",
		died->delay_ms);
}

static void
counters_log(void)
{
	plk_words_counters(plk_books_read(&front.books, front.page));
}

static void
worker_confined(const struct plk_msg_confined *confined)
{
	const unsigned all = (1U << PLK_NAMESPACES) - 1;
	struct plk_msg_confined *worker = &front.confined.worker;

	*worker = *confined;
	if (worker->namespaces_error == 0) /* those that are missing were not made */
		worker->namespaces_error = front.confined.supervisor.namespaces_error;
	if (front.stage == PLK_STAGE_RUN && plk_lines_may(PLK_LINES_CONFINED, 0))
		plk_words_confined("worker", worker, true);
	if (!front.cmdline.require_namespaces || confined->namespaces == all)
		return;
	if (front.stage == PLK_STAGE_RUN)
		fatal_error("a worker could not enter its namespaces (--require=namespaces)",
			    -(int)worker->namespaces_error);
	plk_words_fail(1, "--require", plk_span_str("namespaces"),
		       "not all namespaces can be entered: %s at byte 0; a container or a unit may "
		       "forbid them "
		       "(RestrictNamespaces=)",
		       plk_words_error(worker->namespaces_error));
}

/* Nothing more comes: whoever waits for its end, need not. */
static void
worker_left(void)
{
	if (front.stop_timer.at_ms == 0)
		fatal("worker leaves, and was not told to");
	plk_watch_remove(&front.loop, &front.worker_watch);
}

static void
worker_said(struct plk_received *received)
{
	const struct plk_msg *msg = &received->msg;

	switch (msg->type) {
	case PLK_MSG_ACCEPTED:
		plk_front_accepted(&msg->u.accepted, &received->fd);
		break;
	case PLK_MSG_CLOSED:
		plk_front_closed(&msg->u.closed);
		break;
	case PLK_MSG_EVENT:
		plk_words_event(PLK_LINES_WORKER, &msg->u.event);
		if (msg->u.event.code == PLK_EVENT_RX_DEAD)
			plk_link_dead(msg->u.event.a);
		break;
	case PLK_MSG_CONFINED:
		worker_confined(&msg->u.confined);
		break;
	case PLK_MSG_PONG:
		plk_front_pong();
		break;
	case PLK_MSG_KEPT:
		if (!plk_front_kept(&msg->u.kept, received->fd))
			fatal("worker wants a connection kept that was not admitted");
		plk_store_keep(&msg->u.kept, &received->fd);
		break;
	case PLK_MSG_RESTORED: /* awaited */
		break;
	case PLK_MSG_UNPORTED: /* awaited */
		if (front.awaited != PLK_MSG_UNPORTED || msg->u.unported.port != front.unporting)
			fatal("worker ends a port, and was not told to");
		break;
	case PLK_MSG_LEFT:
		worker_left();
		break;
	case PLK_MSG_ADOPTED:
		if (front.stage == PLK_STAGE_RUN && msg->u.adopted.err != PLK_OK &&
		    plk_lines_may(PLK_LINES_ADOPTED, 0))
			plk_log(PLK_LOG_LINE_ERROR, "%s (errno %u) remote=%s",
				plk_err_text((enum plk_err)msg->u.adopted.err),
				msg->u.adopted.error, front.ports[msg->u.adopted.port].label);
		break;
	default: /* SERVING: the request table permits no other */
		front.serving = true;
		if (front.stage == PLK_STAGE_RUN)
			plk_log(PLK_LOG_LINE_INFO, "another worker serves");
	}
}

/* Ports and slots in a message are within the tables, but there may be fewer than the tables
 * hold. */
static void
worker_port_check(const struct plk_msg *msg)
{
	int port = -1;

	if (msg->type == PLK_MSG_ACCEPTED)
		port = msg->u.accepted.port;
	else if (msg->type == PLK_MSG_CLOSED)
		port = msg->u.closed.port;
	else if (msg->type == PLK_MSG_ADOPTED)
		port = msg->u.adopted.port;
	else if (msg->type == PLK_MSG_RESTORED)
		port = msg->u.restored.port;
	else if (msg->type == PLK_MSG_KEPT)
		port = msg->u.kept.port;
	else if (msg->type == PLK_MSG_UNPORTED)
		port = msg->u.unported.port;
	if (port >= 0 && !front.ports[port].used)
		fatal("worker sent a message about a port that does not exist");
}

static void
worker_read(void *ctx, uint32_t events)
{
	struct plk_received received;
	bool gone;

	(void)ctx;
	(void)events;
	if (take(&front.worker, "worker", &received, &gone)) {
		worker_port_check(&received.msg);
		worker_said(&received);
		answer_note(&received);
		plk_fd_close(&received.fd);
	} else if (gone) {
		/* the supervisor tells the rest */
		plk_watch_remove(&front.loop, &front.worker_watch);
	}
}

/* ---- broker ---- */

/* The worker has its packet sockets, or never will: then the next one tries. An answer that others follow is about a worker
 * that has died since. */
static void
handout_done(const struct plk_msg_done *done)
{
	if (front.handouts > 0 && --front.handouts > 0)
		return;
	front.worker_runs = done->error == 0 && front.worker.fd >= 0;
	if (done->error == 0)
		plk_front_send(front.worker.fd, &(const struct plk_msg){.type = PLK_MSG_GO}, -1);
	else if (done->error != EPIPE &&
		 done->error != ECONNRESET) /* it died: the supervisor says so */
		plk_front_replace("worker could not be given its packet sockets",
				  -(int)done->error);
}

/* The answers of the start are awaited there; these come later. */
static void
done_later(const struct plk_msg_done *done)
{
	if (done->request == PLK_MSG_HANDOUT) {
		handout_done(done);
		return;
	}
	if (done->error == 0 || done->error == EBADF) /* EBADF: a class that is not used */
		return;
	if (done->request == PLK_MSG_BIND && front.iface_gone)
		return; /* that was said, and they are bound when there is one again */
	plk_log(PLK_LOG_LINE_ERROR, "%s class=%s: %s%s", plk_words_step(done->step),
		plk_words_class(done->class), plk_words_error(done->error),
		done->request == PLK_MSG_BIND ? "; trying again" : "");
	if (done->request == PLK_MSG_BIND)
		plk_link_bind_failed();
}

static void
broker_said(struct plk_received *received)
{
	const struct plk_msg *msg = &received->msg;

	switch (msg->type) {
	case PLK_MSG_CONNECTING:
		if (!front.ports[msg->u.connecting.port].used ||
		    plk_remote_is_passive(&front.ports[msg->u.connecting.port].port.remote))
			fatal("broker sent a message about a port that is not an active one");
		plk_active_connecting(&msg->u.connecting, &received->fd);
		break;
	case PLK_MSG_DONE:
		if (msg->u.done.request == PLK_MSG_PROMISC) {
			front.promisc_asked = false;
			plk_front_promisc();
		}
		if (front.stage == PLK_STAGE_RUN)
			done_later(&msg->u.done);
		break;
	case PLK_MSG_LINK:
		plk_link_said(&msg->u.link);
		break;
	case PLK_MSG_CONFINED:
		front.confined.broker = msg->u.confined;
		break;
	case PLK_MSG_EVENT:
		plk_words_event(PLK_LINES_BROKER, &msg->u.event);
		break;
	case PLK_MSG_COUNTED:
		if (front.stage == PLK_STAGE_STOP) /* else it is awaited */
			plk_store_counted(&msg->u.counted);
		break;
	default: /* IFACE_IS, LISTENING: awaited */
		break;
	}
}

static void
broker_read(void *ctx, uint32_t events)
{
	struct plk_received received;
	bool gone;

	(void)ctx;
	(void)events;
	if (take(&front.broker, "broker", &received, &gone)) {
		broker_said(&received);
		answer_note(&received);
		plk_fd_close(&received.fd);
	} else if (gone) {
		plk_watch_remove(&front.loop, &front.broker_watch); /* the supervisor ends us */
	}
}

/* ---- supervisor ---- */

static void
stop_late(void *ctx)
{
	const struct plk_msg msg = {.type = PLK_MSG_WORKER_STUCK};

	(void)ctx;
	if (front.worker_watch.fd < 0)
		return; /* it is the broker that was waited for */
	plk_log(PLK_LOG_LINE_WARNING, "worker does not finish");
	plk_front_send(front.supervisor.fd, &msg, -1);
	plk_watch_remove(&front.loop, &front.worker_watch); /* enough of it */
}

/* @keep: connections may go into the service manager's store. The worker has them come to a boundary, or ends them. */
static void
worker_finish(bool keep)
{
	const struct plk_msg msg = {.type = PLK_MSG_FINISH, .u.finish = {.keep = keep}};

	front.stop_timer.call = stop_late;
	plk_timer_set(&front.loop, &front.stop_timer, keep ? STOP_KEEP_MS : STOP_MS);
	if (keep) {
		plk_store_begin();
		front.stage = PLK_STAGE_STOP;
	}
	plk_front_send(front.worker.fd, &msg, -1);
	while (front.worker_watch.fd >= 0 && plk_loop_step(&front.loop) == 0)
		continue; /* until the worker has said its last and is gone */
	while (plk_store_waits() && front.stop_timer.at_ms != 0 && front.broker_watch.fd >= 0 &&
	       plk_loop_step(&front.loop) == 0)
		continue;
	if (keep)
		plk_store_end();
}

/* The worker finishes and counts; whatever it does, we end: the supervisor waits for that. */
static _Noreturn void
stop(bool keep)
{
	plk_log(PLK_LOG_LINE_INFO, "stopping");
	plk_watch_remove(&front.loop, &front.supervisor_watch);
	if (front.serving)
		worker_finish(keep && front.stage == PLK_STAGE_RUN);
	last_words(&front.broker, "broker");
	plk_lines_end();
	counters_log();
	exit(EXIT_SUCCESS);
}

/* The channels have numbers of their own (sandbox/descriptors.h). That to the worker cannot be moved there: what moves
 * descriptors could move any. It comes to its number because that is the lowest free one: nothing else takes it while there
 * is no worker. */
static void
channel_take(enum plk_peer peer, int *fd)
{
	int error = 0;

	if (peer == PLK_PEER_BROKER && front.broker.fd < 0) {
		error = plk_fd_place(fd, PLK_FRONT_FD_BROKER);
		if (error < 0)
			fatal("no descriptor left for the broker");
		*fd = PLK_FRONT_FD_BROKER;
		plk_channel_end_init(&front.broker, fd, PLK_CHANNEL_BROKER_FRONT);
		error = plk_watch_add(&front.loop, &front.broker_watch, front.broker.fd, EPOLLIN);
	} else if (peer == PLK_PEER_WORKER && front.worker.fd < 0) {
		if (*fd != PLK_FRONT_FD_WORKER)
			fatal("the worker's channel came as another descriptor");
		plk_channel_end_init(&front.worker, fd, PLK_CHANNEL_WORKER_FRONT);
		error = plk_watch_add(&front.loop, &front.worker_watch, front.worker.fd, EPOLLIN);
		if (front.stage == PLK_STAGE_RUN)
			worker_equip();
	} else {
		fatal("supervisor sent a channel that is there already");
	}
	if (error < 0)
		fatal("cannot wait for a channel");
}

static void
supervisor_said(struct plk_received *received)
{
	const struct plk_msg *msg = &received->msg;

	switch (msg->type) {
	case PLK_MSG_CHANNEL:
		channel_take((enum plk_peer)msg->u.channel.peer, &received->fd);
		break;
	case PLK_MSG_WORKER_DIED:
		worker_died(&msg->u.worker_died);
		break;
	case PLK_MSG_RELOAD:
		front.reload_wanted = true; /* between two steps: reload() */
		break;
	case PLK_MSG_CONFINED:
		front.confined.supervisor = msg->u.confined;
		break;
	case PLK_MSG_DUMP:
		counters_log();
		break;
	default: /* STOP: the request table permits no other */
		/* the worker goes on with streams already: they are to be stopped as others are, by ready() */
		front.stops = front.goes && msg->u.stop.keep;
		if (!front.stops)
			stop(msg->u.stop.keep);
	}
}

static void
supervisor_read(void *ctx, uint32_t events)
{
	struct plk_received received;
	bool gone;

	(void)ctx;
	(void)events;
	worker_room(true);
	if (take(&front.supervisor, "supervisor", &received, &gone))
		supervisor_said(&received);
	else if (gone)
		exit(EXIT_FAILURE);
	if (front.stage == PLK_STAGE_RUN)
		worker_room(false);
}

/* ---- start ---- */

static void
init(void)
{
	front.broker.fd = -1;
	front.worker.fd = -1;
	front.answer.fd = -1;
	front.control.fd = -1;
	front.control.listener = -1;
	front.supervisor_watch = (struct plk_watch){.fd = -1, .call = supervisor_read};
	front.broker_watch = (struct plk_watch){.fd = -1, .call = broker_read};
	front.worker_watch = (struct plk_watch){.fd = -1, .call = worker_read};
	front.no_worker = -1;
	front.begun_ms = plk_now_ms();
	plk_ports_init();
}

static int
supervisor_open(void)
{
	int fd = PLK_FRONT_FD_SUPERVISOR; /* where it was put */

	plk_channel_end_init(&front.supervisor, &fd, PLK_CHANNEL_SUPERVISOR_FRONT);
	return plk_watch_add(&front.loop, &front.supervisor_watch, front.supervisor.fd, EPOLLIN);
}

static void
loop_open(void)
{
	if (plk_loop_open(&front.loop) < 0 || plk_fd_place(&front.loop.fd, PLK_FRONT_FD_EPOLL) < 0)
		fatal("cannot make an epoll descriptor");
	front.loop.fd = PLK_FRONT_FD_EPOLL;
	if (supervisor_open() < 0)
		fatal("cannot wait for the supervisor");
	while (front.broker.fd < 0) {
		if (plk_loop_step(&front.loop) < 0)
			fatal("cannot wait");
	}
}

static void
confined_log(void)
{
	plk_words_confined("supervisor", &front.confined.supervisor, false);
	plk_words_confined("broker", &front.confined.broker, false);
	plk_words_confined("front", &front.confined.front, false);
	plk_words_confined("worker", &front.confined.worker, true);
}

static void
ready(void)
{
	front.stage = PLK_STAGE_RUN;
	front.goes = false;
	confined_log();
	if (front.bind_later)
		plk_link_bind();
	plk_log(PLK_LOG_LINE_INFO, "ready interface=%s remotes=%zu",
		plk_words_name(front.iface.name).text, front.n_ports);
	plk_store_forget();
	plk_front_send(front.supervisor.fd, &(const struct plk_msg){.type = PLK_MSG_READY}, -1);
	plk_front_watchdog();
	if (front.store.n_restored > 0) { /* else they begin with the first client */
		plk_front_pulse();
		plk_front_status();
	}
	if (front.stops)
		stop(true);
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (!plk_remote_is_passive(&p->port.remote))
			plk_active_start(p);
	}
}

/* SIGHUP: as a control client would, but the log is told. */
static void
reload(void)
{
	static uint8_t text[RELOAD_BYTES];
	struct plk_writer why;

	if (!front.reload_wanted)
		return;
	front.reload_wanted = false;
	plk_writer_init(&why, (struct plk_mspan){text, sizeof text});
	if (!front.cmdline.has_remotes_file)
		plk_log(PLK_LOG_LINE_INFO, "nothing to reload: there is no remotes file, and "
					   "options change with a restart");
	else if (!plk_ports_reload(&why))
		plk_log(PLK_LOG_LINE_ERROR, "nothing is changed: %.*s",
			(int)(why.n > 0 ? why.n - 1 : 0), (const char *)text);
	plk_front_send(front.supervisor.fd, &(const struct plk_msg){.type = PLK_MSG_RELOADED}, -1);
}

/* What came while it was waited for an answer is not waited for again. */
static void
changes_work(void)
{
	do {
		reload();
		plk_control_work();
	} while (front.reload_wanted);
}

static void
must(int error, enum plk_step step)
{
	if (error < 0)
		fatal_error(plk_words_step(step), error);
}

/* No file but what lies beside the remotes file, no TCP, no signal. */
static int
landlock(void)
{
	const struct plk_landlock_rule rule = {.fd = PLK_FRONT_FD_DIRECTORY,
					       .access = PLK_LANDLOCK_READ};
	const struct plk_landlock allow = {.rules = &rule,
					   .n_rules = front.cmdline.has_remotes_file ? 1 : 0};

	return plk_confine_landlock(&front.confined.front, &allow);
}

/* The log may be a file. */
static int
limits(void)
{
	return plk_confine_limits(
		&front.confined.front,
		&(const struct plk_limits){.in_flight = PLK_IN_FLIGHT_FRONT, .writes = true});
}

int
main(int argc, char **argv)
{
	init();
	plk_process_begin("pktlockd-front");
	plk_process_ignore_signals();
	plk_log_open("front");
	must(plk_confine_privileges(), PLK_STEP_PRIVILEGES);
	must(plk_confine_capabilities(&front.confined.front, PLK_CAPABILITIES_NONE),
	     PLK_STEP_CAPABILITIES);
	plk_control_init();
	plk_start_plan(argc, argv);
	(void)plk_log_journal(
		PLK_FRONT_FD_JOURNAL); /* else lines go to standard error, as before */
	loop_open();
	plk_start_allow();
	must(landlock(), PLK_STEP_LANDLOCK);
	must(limits(), PLK_STEP_LIMITS);
	must(plk_confine_dumpable(), PLK_STEP_DUMPABLE);
	plk_confine_memory(&front.confined.front);
	must(plk_confine_calls(&front.confined.front, front.cmdline.has_control
							      ? PLK_SANDBOX_FRONT_CONTROL
							      : PLK_SANDBOX_FRONT),
	     PLK_STEP_CALLS);
	plk_start_open();
	ready();
	do {
		changes_work();
	} while (plk_loop_step(&front.loop) == 0);
	fatal("cannot wait");
}
