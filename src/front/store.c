/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c: connections that outlive the daemon, in the service manager's descriptor store.
 *
 * Theory of operation. When we stop and a service manager is there, the worker stops streams between two frames and gives us their
 * connections; the supervisor puts them into the store, under the tag of their port (text/stored.h), and under another name how far
 * the interface had counted. If the service was to be restarted, the next daemon finds them among LISTEN_FDS: those for whose tag it
 * has a port are admitted as if they had just come (the port may have become stricter), and get their frames again. What passed the
 * interface meanwhile is known from its counters. If the service was stopped, the service manager closes them.
 *
 * They stay in the store until we serve: a daemon that does not get so far leaves them to one whose configuration is better. Then
 * they are taken out, so that a connection that we close is closed.
 *
 * Trust: names and descriptors come from whoever starts the daemon; the worker proves what they are. What a worker wants to have kept
 * must be what we admitted: a hijacked one cannot give itself, or a client, anything for later.
 */
#include <limits.h>
#include <string.h>

#include "front/front.h"
#include "os/clock.h"
#include "os/fd.h"
#include "text/words.h"

#define SEND_MS 200 /* for the supervisor to take one message of many */
#define NS_PER_MS 1000000

/* ---- what the last daemon left ---- */

bool
plk_store_is_name(struct plk_span name)
{
	const size_t n = strlen(PLK_STORE_PREFIX);

	return name.n >= n && memcmp(name.p, PLK_STORE_PREFIX, n) == 0;
}

/* Of several, the last one's: a daemon may have died before it took it out. */
static void
stop_note(const struct plk_stored *stop)
{
	if (!front.store.has_stop || stop->time_ns > front.store.stop.time_ns)
		front.store.stop = *stop;
	front.store.has_stop = true;
}

void
plk_store_claim(int fd, struct plk_span name)
{
	struct front_stored *entry = &front.store.entries[front.store.n];
	struct plk_stored stored;
	const bool is_known = plk_stored_parse(name, &stored) == PLK_OK;

	if (front.store.n == PLK_STORED_MAX) {
		plk_fd_close(&fd);
		front.store.n_closed++;
		return;
	}
	front.store.n++;
	*entry = (struct front_stored){.fd = -1, .name = name};
	if (is_known && stored.is_client) {
		entry->fd = fd;
		entry->tag = stored.tag;
		return;
	}
	if (is_known)
		stop_note(&stored);
	plk_fd_close(&fd);
}

/* One after the other, and each closed where it was: so the next finds a low number, and none gets beyond PLK_FRONT_FD_MAX. */
int
plk_store_lift(void)
{
	int error = 0;

	for (size_t i = 0; i < front.store.n && error == 0; i++) {
		if (front.store.entries[i].fd >= 0)
			error = plk_fd_lift(&front.store.entries[i].fd, PLK_FRONT_FD_OTHER);
	}
	return error;
}

int
plk_store_next(int from)
{
	int next = INT_MAX;

	for (size_t i = 0; i < front.store.n; i++) {
		const int fd = front.store.entries[i].fd;

		if (fd >= from && fd < next)
			next = fd;
	}
	return next;
}

/* The port that takes a connection, or NULL. An active remote has one connection; there may be several that are the same
 * but for keys that do not matter. */
static const struct front_port *
port_find(uint64_t tag)
{
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (plk_stored_tag(&p->port) == tag &&
		    (plk_remote_is_passive(&p->port.remote) || p->since_ms == 0))
			return p;
	}
	return NULL;
}

static bool
entry_restore(struct front_stored *entry)
{
	const struct front_port *p = port_find(entry->tag);

	if (!p)
		plk_log(PLK_LOG_LINE_WARNING,
			"connection of the last daemon closed: no remote has its role, format and "
			"address any more");
	else if (plk_front_restored(plk_port_index(p), &entry->fd))
		return true;
	plk_fd_close(&entry->fd);
	return false;
}

void
plk_store_restore(void)
{
	for (size_t i = 0; i < front.store.n; i++) {
		struct front_stored *entry = &front.store.entries[i];

		if (entry->fd < 0)
			continue;
		if (entry_restore(entry))
			front.store.n_restored++;
		else
			front.store.n_closed++;
	}
}

/* By how much a counter went on; one that went back began anew. */
static uint64_t
went_on(uint64_t before, uint64_t now)
{
	return now > before ? now - before : 0;
}

void
plk_store_missed(void)
{
	const struct plk_stored *stop = &front.store.stop;
	const struct plk_msg_counted *now = &front.answer.msg.u.counted;
	struct plk_msg msg = {.type = PLK_MSG_MISSED};
	const uint64_t ns = plk_now_ns();

	if (front.store.n_restored == 0)
		return;
	plk_front_ask(front.broker.fd, &(const struct plk_msg){.type = PLK_MSG_COUNT}, -1,
		      PLK_MSG_COUNTED);
	if (front.store.has_stop && stop->index == now->ifindex) {
		msg.u.missed.in = went_on(stop->in, now->rx_frames);
		msg.u.missed.out = went_on(stop->out, now->tx_frames);
	}
	plk_front_send(front.worker.fd, &msg, -1);
	plk_log(PLK_LOG_LINE_INFO,
		"connections taken back n=%u closed=%u gap_ms=%llu missed_in=%llu missed_out=%llu",
		front.store.n_restored, front.store.n_closed,
		(unsigned long long)(front.store.has_stop ? went_on(stop->time_ns, ns) / NS_PER_MS
							  : 0),
		(unsigned long long)msg.u.missed.in, (unsigned long long)msg.u.missed.out);
}

static bool
is_told(size_t i)
{
	const struct plk_span name = front.store.entries[i].name;

	for (size_t k = 0; k < i; k++) {
		const struct plk_span other = front.store.entries[k].name;

		if (other.n == name.n && memcmp(other.p, name.p, name.n) == 0)
			return true;
	}
	return false;
}

void
plk_store_forget(void)
{
	const size_t n_prefix = strlen(PLK_STORE_PREFIX);

	for (size_t i = 0; i < front.store.n; i++) {
		const struct plk_span name = front.store.entries[i].name;
		struct plk_msg msg = {.type = PLK_MSG_UNSTORE};

		if (name.n - n_prefix >= sizeof msg.u.unstore.name || name.n == n_prefix ||
		    is_told(i))
			continue; /* no name that a service manager has */
		memcpy(msg.u.unstore.name, name.p + n_prefix, name.n - n_prefix);
		if (plk_channel_send_wait(front.supervisor.fd, &msg, -1, SEND_MS) < 0)
			plk_log(PLK_LOG_LINE_WARNING, "cannot have a descriptor taken out of the "
						      "service manager's store");
	}
	front.store.n = 0;
}

/* ---- what we leave ---- */

/* Nobody waits for the answer yet: who holds the kernel's lock of interfaces for long shall not cost connections. */
void
plk_store_begin(void)
{
	const struct plk_msg last = {.type = PLK_MSG_COUNT, .u.count = {.last = 1}};

	front.store.stopped.time_ns = plk_now_ns();
	front.store.counts = true;
	plk_front_send(front.broker.fd, &last, -1);
}

void
plk_store_counted(const struct plk_msg_counted *now)
{
	front.store.counts = false;
	front.store.stopped.ifindex = now->ifindex;
	front.store.stopped.rx_frames = now->rx_frames;
	front.store.stopped.tx_frames = now->tx_frames;
}

bool
plk_store_waits(void)
{
	return front.store.counts && front.store.n_kept > 0;
}

void
plk_store_keep(const struct plk_msg_kept *kept, int *fd)
{
	const struct plk_msg msg = {
		.type = PLK_MSG_STORE,
		.u.store = {.tag = plk_stored_tag(&front.ports[kept->port].port)},
	};
	int error = -EPIPE;

	if (!front.store.is_stuck)
		error = plk_channel_send_wait(front.supervisor.fd, &msg, *fd, SEND_MS);
	plk_fd_close(fd);
	front.store.is_stuck |= error < 0;
	if (error == 0)
		front.store.n_kept++;
	else if (plk_lines_may(PLK_LINES_NOT_KEPT, 0))
		plk_log(PLK_LOG_LINE_ERROR, "connection cannot be kept: %s remote=%s",
			plk_words_error((uint64_t)-error), front.ports[kept->port].label);
}

void
plk_store_end(void)
{
	const struct plk_msg msg = {.type = PLK_MSG_STOPPED, .u.stopped = front.store.stopped};

	if (front.store.n_kept == 0)
		return;
	if (front.store.counts)
		plk_log(PLK_LOG_LINE_WARNING, "broker does not say what the interface has counted: "
					      "nobody will know what passes until the next daemon");
	/* the log tells the rest */
	if (msg.u.stopped.ifindex > 0)
		(void)plk_channel_send_wait(front.supervisor.fd, &msg, -1, SEND_MS);
	plk_log(PLK_LOG_LINE_INFO, "connections kept for the next daemon n=%u", front.store.n_kept);
}
