/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c: connections: let in, admitted, read, written, ended.
 */
#include <errno.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/fd.h"
#include "worker/worker.h"

uint32_t
plk_client_slot(const struct client *client)
{
	return (uint32_t)(client - worker.clients);
}

/* How full its queue is, for the books. */
static void
queue_note(struct client *client, size_t bytes)
{
	plk_ledger_set(&worker.ledger, client->account, PLK_CELL_QUEUE, bytes);
}

/* ---- ending ---- */

static void
open_remove(uint32_t slot)
{
	for (uint32_t i = 0; i < worker.n_open; i++) {
		if (worker.open[i] == slot) {
			worker.open[i] = worker.open[--worker.n_open];
			return;
		}
	}
}

static bool
has_slots(uint16_t port)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state != CLIENT_FREE && worker.clients[i].port == port)
			return true;
	}
	return false;
}

/* The front may use the number of a port again when nothing will be said of it any more. */
static void
unported_tell(uint16_t index)
{
	const struct plk_msg msg = {.type = PLK_MSG_UNPORTED, .u.unported.port = index};
	struct port *port = &worker.ports[index];
	int error;

	if (has_slots(index) || port->is_untold)
		return;
	plk_worker_enter(); /* what was counted for it is not the next one's */
	plk_worker_enter(); /* the row of the port may be another's then */
	error = plk_worker_tell(&msg, -1);
	if (error < 0 && !plk_channel_is_gone(error)) {
		plk_timer_set(&worker.loop, &worker.gone_timer, 1);
		return;
	}
	port->is_leaving = false;
	if (!port->is_parked)
		port->used = false;
}

/* Tells the front that a connection ended; then the slot is free. */
static void
gone_tell(struct client *client)
{
	const struct plk_msg msg = {
		.type = PLK_MSG_CLOSED,
		.u.closed = {.slot = plk_client_slot(client),
			     .generation = client->generation,
			     .port = client->port,
			     .reason = (uint8_t)client->reason,
			     .error = (uint32_t)client->error,
			     .from_client = plk_client_counted(client, PLK_COUNTER_CLIENT_FRAMES),
			     .to_client = plk_client_counted(client, PLK_COUNTER_DELIVERED),
			     .dropped = client->dropped},
	};

	int error = plk_worker_tell(&msg, -1);

	if (error < 0 && !plk_channel_is_gone(error)) {
		plk_timer_set(&worker.loop, &worker.gone_timer, 1);
		return;
	}
	client->state = CLIENT_FREE;
	worker.n_gone--;
	worker.n_used--;
	if (plk_client_port(client)->is_leaving)
		unported_tell(client->port);
}

void
plk_client_close(struct client *client, enum plk_close reason, int error)
{
	if (client->state == CLIENT_WAITING) {
		worker.n_waiting--;
		plk_client_count(client, PLK_COUNTER_CLIENTS_REFUSED, 1);
	} else {
		open_remove(plk_client_slot(client));
		plk_deliver_leave(client);
		plk_client_count(client, PLK_COUNTER_CLIENTS_CLOSED, 1);
		plk_client_count(client, PLK_CELL_CLOSED + reason, 1);
	}
	if (client->is_blocked)
		plk_tx_drop(client);
	queue_note(client, 0);
	plk_watch_remove(&worker.loop, &client->watch);
	/* #syscalls:worker shutdown[0=PLK_WORKER_FD_CLIENT..PLK_WORKER_FD_MAX,1=SHUT_RDWR] (the end of a client that another process may hold too) */
	/* Another process may hold it too; the peer may be gone. What the store has, and was not served yet, is for the next daemon. */
	if (client->state != CLIENT_WAITING || !client->is_restored)
		(void)shutdown(client->fd, SHUT_RDWR);
	plk_fd_close(&client->fd);
	plk_fdb_forget(&worker.fdb, plk_client_slot(client));
	plk_client_port(client)->n_clients--;
	client->state = CLIENT_GONE;
	client->reason = reason;
	client->error = error;
	worker.n_gone++;
	gone_tell(client);
}

void
plk_client_free(struct client *client)
{
	if (client->state == CLIENT_WAITING) {
		worker.n_waiting--;
	} else {
		open_remove(plk_client_slot(client));
		plk_deliver_leave(client);
	}
	queue_note(client, 0);
	plk_watch_remove(&worker.loop, &client->watch);
	plk_fd_close(&client->fd);
	plk_client_port(client)->n_clients--;
	client->state = CLIENT_FREE;
	worker.n_used--;
}

/* ---- writing ---- */

/* Its queue is to be written, or its connection to be looked at, by plk_clients_flush(). */
static void
client_mark(struct client *client)
{
	if (!client->is_dirty)
		worker.dirty[worker.n_dirty++] = plk_client_slot(client);
	client->is_dirty = true;
}

/* Whether the socket has said that it is full, and will say when it is no more. */
bool
plk_client_is_full(const struct client *client)
{
	return client->watch.fd >= 0 && (client->watch.events & EPOLLOUT);
}

static ssize_t
client_send(const struct client *client, struct plk_span bytes)
{
	ssize_t n;

	do {
		/* #syscalls:worker sendto[0=PLK_WORKER_FD_CLIENT..PLK_WORKER_FD_MAX,3=MSG_NOSIGNAL|MSG_DONTWAIT,4=0,5=0] (to clients) */
		n = send(client->fd, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n;
}

/* How many of the bytes, which are not queued, went out at once: none if others wait before them. An error comes back when the
 * queue is written. */
static size_t
client_send_now(struct client *client, struct plk_span bytes)
{
	ssize_t n;

	if (plk_outq_bytes(&client->queue) > 0)
		return 0;
	n = client_send(client, bytes);
	return n > 0 ? (size_t)n : 0;
}

uint8_t *
plk_client_add(struct client *client, size_t n)
{
	uint8_t *p = client->is_cut ? NULL : plk_outq_add(&client->queue, n);

	if (p)
		client_mark(client);
	return p;
}

bool
plk_client_put(struct client *client, const struct plk_span *parts, size_t n_parts)
{
	struct plk_span rest = parts[0];

	if (client->is_cut)
		return false;
	/* if some of it is sent the rest fits, since the queue is empty then */
	if (n_parts == 1 && rest.n >= PLK_SEND_NOW && rest.n <= client->out.n) {
		const size_t n = client_send_now(client, rest);

		rest = (struct plk_span){rest.p + n, rest.n - n};
		if (rest.n == 0)
			return true;
		if (n > 0)
			client->boundary.left = rest.n;
		parts = &rest;
	}
	if (!plk_outq_put(&client->queue, parts, n_parts))
		return false;
	client_mark(client);
	return true;
}

uint32_t
plk_client_put_batch(struct client *client, const struct plk_batch *batch)
{
	const struct plk_span all = {batch->bytes, batch->n};
	struct plk_span rest;
	size_t sent;
	uint32_t n;

	if (client->is_cut)
		return 0;
	sent = client_send_now(client, all);
	n = plk_batch_fit(batch, sent, plk_outq_room(&client->queue), &rest);
	if (rest.n > 0 && plk_outq_put(&client->queue, &rest, 1)) {
		if (sent > 0)
			client->boundary.left = plk_batch_torn(batch, sent);
		client_mark(client);
	}
	return n;
}

size_t
plk_client_output(const struct client *client)
{
	return client->is_cut ? client->boundary.left : plk_outq_bytes(&client->queue);
}

static struct plk_span
output_peek(const struct client *client)
{
	struct plk_span out = plk_outq_peek(&client->queue);

	if (client->is_cut && out.n > client->boundary.left)
		out.n = client->boundary.left;
	return out;
}

/* Whether anything that a client sends is to be read. */
static bool
is_heard(const struct client *client)
{
	return !client->is_half_closed &&
	       (worker.leaving == LEAVING_NOT || !plk_client_between(client));
}

/* What the client's watch waits for: input unless there is none to come, room for output while
 * there is some. */
static int
events_set(struct client *client)
{
	uint32_t events = (is_heard(client) ? (uint32_t)EPOLLIN : 0) |
			  (plk_client_output(client) > 0 ? (uint32_t)EPOLLOUT : 0);

	return client->is_blocked ? 0 : plk_watch_set(&worker.loop, &client->watch, events);
}

void
plk_client_flush(struct client *client)
{
	int error;

	while (plk_client_output(client) > 0) {
		ssize_t n = client_send(client, output_peek(client));

		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			plk_client_close(client, errno == EPIPE ? PLK_CLOSE_EOF : PLK_CLOSE_ERROR,
					 errno);
			return;
		}
		plk_boundary_pass(&client->boundary, &client->queue, (size_t)n);
		plk_outq_drop(&client->queue, (size_t)n);
	}
	queue_note(client, plk_outq_bytes(&client->queue));
	if (plk_outq_bytes(&client->queue) == 0)
		plk_trace_drained(client);
	error = events_set(client);
	if (error < 0)
		plk_client_close(client, PLK_CLOSE_ERROR, -error);
}

void
plk_clients_flush(void)
{
	for (uint32_t i = 0; i < worker.n_dirty; i++) {
		struct client *client = &worker.clients[worker.dirty[i]];

		client->is_dirty = false;
		if (client->state == CLIENT_OPEN && !plk_client_is_full(client))
			plk_client_flush(client);
		else if (client->state == CLIENT_OPEN)
			queue_note(client, plk_outq_bytes(&client->queue));
	}
	worker.n_dirty = 0;
}

/* ---- reading ---- */

bool
plk_client_between(const struct client *client)
{
	if (plk_client_port(client)->role == PLK_ROLE_CAPTURE)
		return true;
	return !client->is_blocked && !client->is_paused && !client->is_hung_up &&
	       plk_deframer_pending(&client->deframer) == 0;
}

/* Frames wait for room at the interface: nothing is read meanwhile, and nothing of the socket is heard, since a hang-up would
 * be reported without end. */
static void
client_block(struct client *client)
{
	client->is_blocked = true;
	plk_watch_remove(&worker.loop, &client->watch);
	plk_timer_set(&worker.loop, &worker.tx_timer, PLK_TX_RETRY_MS);
}

/* What is left in the buffer comes when the others have had their turn; until then nothing more is read. */
static void
client_pause(struct client *client)
{
	client->is_paused = true;
	plk_timer_set(&worker.loop, &worker.pause_timer, 0);
}

/* Takes what is complete in the buffer, unless it is so much work for so many other clients that these would wait for it.
 * Return: PLK_OK (there may be more); PLK_E_SHORT (that is all); another error of the stream.
 */
static enum plk_err
frames_take(struct client *client)
{
	const uint64_t enough = plk_deliver_work() + PLK_TX_WORK;
	struct plk_frame frame;
	struct tx_frame judged;
	enum plk_err err;

	while ((err = plk_deframer_next(&client->deframer, &frame)) == PLK_OK) {
		plk_client_count(client, PLK_COUNTER_CLIENT_FRAMES, 1);
		if (plk_tx_judge(client, &frame, &judged) && !plk_tx(client, &judged)) {
			client_block(client);
			return PLK_OK;
		}
		if (plk_deliver_work() >= enough) {
			client_pause(client);
			break;
		}
	}
	return err;
}

static void
frames_send(struct client *client)
{
	const enum plk_err err = frames_take(client);

	if (!client->is_blocked && !plk_tx_flush(client))
		client_block(client);
	if (err == PLK_E_LIMIT)
		plk_client_close(client, PLK_CLOSE_LENGTH, 0);
	else if (err == PLK_E_MALFORMED)
		plk_client_close(client, PLK_CLOSE_HEADER, 0);
}

/* Whether anything of what waited got through, or is done with. */
static bool
client_unblock(struct client *client)
{
	const size_t pieces_before = client->pieces_sent;
	const size_t before = client->pending_at;
	int error;

	if (!plk_tx_again(client))
		return client->pieces_sent > pieces_before || client->pending_at > before;
	client->is_blocked = false;
	error = plk_watch_add(&worker.loop, &client->watch, client->fd, EPOLLIN);
	if (error < 0) {
		plk_client_close(client, PLK_CLOSE_ERROR, -error);
		return true;
	}
	frames_send(client);
	if (client->state == CLIENT_OPEN && !client->is_blocked)
		plk_client_flush(client);
	return true;
}

/* By turns: the first may take all the room that there is now, so the next time another is the first. */
static void
blocked_retry(void *ctx)
{
	const uint32_t first = worker.retry_first;
	bool again = false;

	(void)ctx;
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		uint32_t slot = (first + i) % worker.n_slots;
		struct client *client = &worker.clients[slot];

		if (client->state == CLIENT_OPEN && client->is_blocked && client_unblock(client))
			worker.retry_first = slot + 1;
		again |= client->state == CLIENT_OPEN && client->is_blocked;
	}
	if (again)
		plk_timer_set(&worker.loop, &worker.tx_timer, PLK_TX_RETRY_MS);
	plk_clients_flush();
}

static void
paused_resume(void *ctx)
{
	(void)ctx;
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		struct client *client = &worker.clients[i];

		if (client->state != CLIENT_OPEN || !client->is_paused)
			continue;
		client->is_paused = false;
		if (!client->is_blocked) /* else it goes on when that ends */
			frames_send(client);
	}
	plk_clients_flush();
}

/* EOF, or an error: what a read of @n bytes says. */
static void
client_ended(struct client *client, ssize_t n)
{
	if (n < 0)
		plk_client_close(client, errno == ECONNRESET ? PLK_CLOSE_EOF : PLK_CLOSE_ERROR,
				 errno);
	else if (plk_deframer_pending(&client->deframer) > 0)
		plk_client_close(client, PLK_CLOSE_TRUNCATED, 0);
	else
		plk_client_close(client, PLK_CLOSE_EOF, 0);
}

static bool
is_later(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* How much of a client's bytes make its turn: the fewer clients, the more. Behind a long frame the next is not begun, since it would have
 * to be moved; and behind none when we are about to leave. */
static size_t
turn_bytes(const struct client *client)
{
	const size_t share = PLK_READ_TURNS / (worker.n_open > 0 ? worker.n_open : 1);
	const size_t rest = plk_deframer_missing(&client->deframer);

	if (worker.leaving != LEAVING_NOT && !client->is_hung_up)
		return rest > 0 ? rest : sizeof(uint32_t) - plk_deframer_pending(&client->deframer);
	if (rest >= PLK_READ_REST)
		return rest;
	if (share < PLK_READ_MIN)
		return PLK_READ_MIN;
	return share < PLK_READ_MAX ? share : PLK_READ_MAX;
}

static void
sender_read(struct client *client)
{
	const struct plk_mspan space = plk_deframer_space(&client->deframer);
	const size_t turn = turn_bytes(client);
	ssize_t n;

	if (!is_heard(client)) {
		plk_client_flush(client); /* which sets its events */
		return;
	}
	/* #syscalls:worker read[0=PLK_WORKER_FD_CLIENT..PLK_WORKER_FD_MAX] (from clients) */
	n = read(client->fd, space.p, space.n < turn ? space.n : turn);
	if (is_later(n))
		return;
	if (n <= 0) {
		client_ended(client, n);
		return;
	}
	plk_client_count(client, PLK_CELL_CLIENT_BYTES, (uint64_t)n);
	plk_deframer_commit(&client->deframer, (size_t)n);
	frames_send(client);
}

/* A capture client has nothing to say; that it says nothing more does not end the capture. */
static void
capture_read(struct client *client, uint32_t events)
{
	ssize_t n = read(client->fd, client->in.p, client->in.n);

	if (is_later(n))
		return;
	if (n > 0) {
		if (!client->has_sent)
			plk_worker_event(PLK_EVENT_IGNORED, client->port, 0, 0);
		client->has_sent = true;
		plk_client_count(client, PLK_COUNTER_IGNORED_BYTES, (uint64_t)n);
		return;
	}
	if (n < 0 || (events & (EPOLLHUP | EPOLLERR))) {
		client_ended(client, n);
		return;
	}
	client->is_half_closed = true;
	n = events_set(client);
	if (n < 0)
		plk_client_close(client, PLK_CLOSE_ERROR, (int)-n);
}

static void
client_ready(void *ctx, uint32_t events)
{
	struct client *client = ctx;

	client->is_hung_up |= (events & EPOLLHUP) != 0;
	if (events & EPOLLOUT)
		plk_client_flush(client);
	if (client->state == CLIENT_OPEN && !client->is_paused &&
	    (events & (EPOLLIN | EPOLLHUP | EPOLLERR))) {
		if (plk_client_port(client)->role == PLK_ROLE_CAPTURE)
			capture_read(client, events);
		else
			sender_read(client);
	}
	plk_clients_flush();
}

/* ---- letting in ---- */

static void gone_tell_all(void *ctx);
static void lost_close(void *ctx);

/* One mapping: the slots, the lists of what waits for room, the accounts, the buffers. */
int
plk_clients_make(uint32_t n_slots, uint32_t queue_bytes)
{
	const size_t each = PLK_IN_BYTES + (size_t)queue_bytes;
	const size_t table = n_slots * sizeof *worker.clients;
	const size_t pending = n_slots * PLK_TX_PENDING * sizeof *worker.clients->pending;
	const size_t accounts = n_slots * sizeof *worker.ledger.clients;
	const size_t before = table + pending + accounts;
	uint8_t *memory = mmap(NULL, before + n_slots * each, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	worker.clients = (struct client *)(void *)memory;
	worker.ledger.clients = (struct plk_account *)(void *)(memory + table + pending);
	worker.n_slots = n_slots;
	for (uint32_t i = 0; i < n_slots; i++) {
		struct client *client = &worker.clients[i];
		uint8_t *p = memory + before + i * each;

		client->fd = -1;
		client->watch = (struct plk_watch){.fd = -1, .call = client_ready, .ctx = client};
		client->in = (struct plk_mspan){p, PLK_IN_BYTES};
		client->out = (struct plk_mspan){p + PLK_IN_BYTES, queue_bytes};
		client->pending = (struct tx_frame *)(void *)(memory + table) + i * PLK_TX_PENDING;
	}
	worker.tx_timer.call = blocked_retry;
	worker.pause_timer.call = paused_resume;
	worker.gone_timer.call = gone_tell_all;
	worker.trace_timer.call = plk_trace_tick;
	worker.lost_timer.call = lost_close;
	return 0;
}

static struct client *
slot_find(void)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state == CLIENT_FREE)
			return &worker.clients[i];
	}
	return NULL;
}

/* A slot for a connection, or NULL: then the connection is closed and counted. */
static struct client *
slot_take(uint16_t port_index, int *fd)
{
	struct port *port = &worker.ports[port_index];
	struct client *client = slot_find();
	bool is_full = port->max_clients > 0 && port->n_clients >= port->max_clients;

	if (!client || is_full) {
		plk_fd_close(fd);
		plk_port_count(port_index, PLK_COUNTER_CLIENTS_REFUSED, 1);
		if (is_full)
			plk_worker_event(PLK_EVENT_PORT_FULL, port_index, port->n_clients,
					 port->max_clients);
		else
			plk_worker_event(PLK_EVENT_NO_ROOM, port_index, worker.n_used,
					 worker.n_slots);
		return NULL;
	}
	*client = (struct client){
		.state = CLIENT_WAITING,
		.generation = client->generation + 1,
		.port = port_index,
		.fd = plk_fd_take(fd),
		.watch = client->watch,
		.in = client->in,
		.out = client->out,
		.pending = client->pending,
	};
	plk_deframer_init(
		&client->deframer, port->framing,
		(struct plk_mspan){client->in.p + PLK_IN_ROOM, client->in.n - PLK_IN_ROOM});
	plk_outq_init(&client->queue, client->out);
	client->boundary.format = port->format;
	client->account = plk_ledger_begin(&worker.ledger, plk_client_slot(client), port_index,
					   client->generation);
	port->n_clients++;
	worker.n_used++;
	worker.n_waiting++;
	return client;
}

static void
accepted_tell(struct client *client)
{
	const struct plk_msg msg = {
		.type = PLK_MSG_ACCEPTED,
		.u.accepted = {.slot = plk_client_slot(client),
			       .generation = client->generation,
			       .port = client->port},
	};

	if (plk_worker_tell(&msg, client->fd) < 0)
		plk_client_close(client, PLK_CLOSE_REFUSED, 0);
}

/* Stops listening for a while: until descriptors or answers of the front come free. */
static void
accept_pause(struct port *port, uint64_t ms)
{
	plk_watch_remove(&worker.loop, &port->watch);
	if (worker.accept_timer.at_ms == 0 || worker.accept_timer.at_ms > plk_now_ms() + ms)
		plk_timer_set(&worker.loop, &worker.accept_timer, ms);
}

/* What accept4() says of a connection, or of the moment, rather than of the listener. */
static bool
is_passing(int error)
{
	return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO ||
	       error == ENETDOWN || error == ENETUNREACH || error == EHOSTDOWN ||
	       error == EHOSTUNREACH || error == ENOPROTOOPT || error == ENONET ||
	       error == EOPNOTSUPP || error == EPERM;
}

static bool
is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

/* Nobody could be let in. Whatever the reason, a listener that stays ready must not keep us busy: a Unix listener that another
 * holder has shut down says EAGAIN and hangs up, for ever. */
static void
accept_failed(struct port *port, int error, uint32_t events)
{
	uint16_t index = (uint16_t)(port - worker.ports);

	if (is_shortage(error)) {
		plk_worker_event(PLK_EVENT_ACCEPT, index, (uint64_t)error, 0);
		accept_pause(port, PLK_ACCEPT_PAUSE_MS);
	} else if (!is_passing(error) || (events & (EPOLLHUP | EPOLLERR))) {
		plk_worker_event(PLK_EVENT_ACCEPT, index,
				 error == EAGAIN ? ESHUTDOWN : (uint64_t)error, 0);
		accept_pause(port, PLK_ACCEPT_BROKEN_MS);
	}
}

void
plk_clients_accept(void *ctx, uint32_t events)
{
	struct port *port = ctx;
	uint16_t index = (uint16_t)(port - worker.ports);

	for (int i = 0; i < (port->is_adopted || port->is_late ? 1 : PLK_ACCEPTS); i++) {
		struct client *client;
		int fd;

		if (worker.n_waiting >= PLK_ADMISSIONS_MAX) {
			accept_pause(port, 1);
			return;
		}
		/* Not accept4(): musl's calls accept when it fails, as it does when the listener was shut down. */
		/* #syscalls:worker accept4[0=0..PLK_WORKER_FD_LISTENER_LAST,1=0,2=0,3=SOCK_CLOEXEC|SOCK_NONBLOCK] (connections) */
		fd = (int)syscall(SYS_accept4, (long)port->listener, NULL, NULL,
				  (long)(SOCK_CLOEXEC | SOCK_NONBLOCK));
		if (fd < 0) {
			accept_failed(port, errno, events);
			return;
		}
		if (port->is_parked) {
			plk_fd_close(&fd);
			continue;
		}
		client = slot_take(index, &fd);
		if (client)
			accepted_tell(client);
	}
}

/* Tells the front that a connection of an active remote found no slot, so that it tries again. */
static void
untold_tell(uint16_t index)
{
	const struct plk_msg refused = {
		.type = PLK_MSG_CLOSED,
		.u.closed = {.generation = 0, .port = index, .reason = PLK_CLOSE_REFUSED},
	};

	int error = plk_worker_tell(&refused, -1);

	worker.ports[index].is_untold = error < 0 && !plk_channel_is_gone(error);
	if (worker.ports[index].is_untold)
		plk_timer_set(&worker.loop, &worker.gone_timer, 1);
}

static void
gone_tell_all(void *ctx)
{
	(void)ctx;
	for (uint16_t i = 0; i < PLK_PORTS_MAX; i++) {
		if (worker.ports[i].is_untold)
			untold_tell(i);
	}
	for (uint32_t i = 0; i < worker.n_slots && worker.n_gone > 0; i++) {
		if (worker.clients[i].state == CLIENT_GONE)
			gone_tell(&worker.clients[i]);
	}
	for (uint16_t i = 0; i < PLK_PORTS_MAX; i++) {
		if (worker.ports[i].is_leaving)
			unported_tell(i);
	}
}

void
plk_clients_refuse(uint16_t port)
{
	plk_port_count(port, PLK_COUNTER_CLIENTS_REFUSED, 1);
	untold_tell(port);
}

void
plk_clients_add(uint16_t port, int *fd)
{
	struct client *client = slot_take(port, fd);

	if (client)
		accepted_tell(client);
	else
		untold_tell(port);
}

static void
client_open(struct client *client)
{
	int error;

	worker.n_waiting--;
	client->state = CLIENT_OPEN;
	worker.open[worker.n_open++] = plk_client_slot(client);
	plk_deliver_join(client);
	plk_client_count(client, PLK_COUNTER_CLIENTS_TOTAL, 1);
	if (!worker.link.is_there && plk_client_port(client)->close_on_loss) {
		plk_client_close(client, PLK_CLOSE_LOST, 0);
		return;
	}
	error = plk_watch_add(&worker.loop, &client->watch, client->fd, EPOLLIN);
	if (error == 0 && !plk_trace_begin(client))
		error = -ENOBUFS;
	if (error < 0)
		plk_client_close(client, PLK_CLOSE_ERROR, -error);
}

void
plk_clients_admit(const struct plk_msg_admit *admit)
{
	struct client *client;

	if (admit->slot >= worker.n_slots)
		return;
	client = &worker.clients[admit->slot];
	if (client->state != CLIENT_WAITING || client->generation != admit->generation)
		return; /* it has left meanwhile */
	if (!admit->admit) {
		plk_client_close(client, PLK_CLOSE_REFUSED, 0);
		return;
	}
	client_open(client);
	plk_clients_flush();
}

enum plk_err
plk_clients_restore(uint16_t port, int *fd, int *error, const struct client **client)
{
	enum plk_err err = plk_adopt_connection(*fd, error);
	struct client *restored;

	if (err != PLK_OK) {
		plk_fd_close(fd);
		return err;
	}
	restored = slot_take(port, fd);
	if (!restored)
		return PLK_E_LIMIT;
	restored->is_restored = true;
	*client = restored;
	return PLK_OK;
}

void
plk_clients_open(void)
{
	bool in = false;
	bool out = false;

	for (uint32_t i = 0; i < worker.n_slots; i++) {
		struct client *client = &worker.clients[i];

		if (client->state != CLIENT_WAITING)
			continue;
		in |= plk_direction_has(plk_client_port(client)->direction, PLK_DIRECTION_IN);
		out |= plk_direction_has(plk_client_port(client)->direction, PLK_DIRECTION_OUT);
		client_open(client);
	}
	plk_worker_count(PLK_COUNTER_RX_MISSED,
			 (in ? worker.missed.in : 0) + (out ? worker.missed.out : 0));
	plk_clients_flush();
}

/* What can be written at once is written. */
static void
client_finish(struct client *client, enum plk_close reason)
{
	if (client->state == CLIENT_OPEN)
		plk_client_flush(client); /* so that there is room for the last words */
	if (client->state == CLIENT_OPEN) {
		plk_trace_statistics(client);
		plk_client_flush(client);
	}
	if (client->state == CLIENT_OPEN || client->state == CLIENT_WAITING)
		plk_client_close(client, reason, 0);
}

static void
lost_close(void *ctx)
{
	(void)ctx;
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		struct client *client = &worker.clients[i];

		if (client->state == CLIENT_OPEN && client->is_lost)
			client_finish(client, PLK_CLOSE_LOST);
	}
}

void
plk_clients_lose(void)
{
	for (uint32_t i = 0; i < worker.n_open; i++) {
		struct client *client = &worker.clients[worker.open[i]];

		client->is_lost |= plk_client_port(client)->close_on_loss;
	}
	plk_timer_set(&worker.loop, &worker.lost_timer, PLK_LOST_MS);
}

void
plk_clients_remove(uint16_t port)
{
	worker.ports[port].is_leaving = true;
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].port == port)
			client_finish(&worker.clients[i], PLK_CLOSE_REMOVED);
	}
	if (worker.ports[port].is_leaving) /* else it was told with the last of them */
		unported_tell(port);
}

/* Packets that have not begun to be written are taken out again. What a stream of pcapng begins with stays; statistics behind them
 * come again, with what is said of these. */
static void
client_stop(struct client *client)
{
	const uint64_t n = plk_boundary_packets(&client->boundary, &client->queue);

	plk_client_count(client, PLK_COUNTER_UNSENT, n);
	client->trace_due |= n > 0;
	plk_outq_cut(&client->queue, plk_boundary_before(&client->boundary, &client->queue));
	queue_note(client, plk_outq_bytes(&client->queue));
	if (client->is_blocked) {
		plk_tx_drop(client);
		client->deadline_ms = 0;
	}
}

void
plk_clients_stop(void)
{
	plk_clients_flush();
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state == CLIENT_OPEN)
			client_stop(&worker.clients[i]);
	}
}

void
plk_clients_finish(void)
{
	plk_clients_flush();
	for (uint32_t i = 0; i < worker.n_slots; i++)
		client_finish(&worker.clients[i], PLK_CLOSE_STOP);
}
