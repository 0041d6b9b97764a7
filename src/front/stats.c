/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/stats.h"

#include <stdio.h>
#include <string.h>

#include "front/front.h"
#include "os/clock.h"
#include "text/json.h"
#include "text/metrics.h"
#include "text/words.h"

/* A canonical PORT-SPEC whose keys were cut, and a number before it. */
#define NAME_BYTES (PLK_STATS_KEYS_MAX + PLK_REMOTE_TEXT_MAX + 16)

struct sheet;

/** struct family - a metric
 * @name:  without the suffix of its type
 * @label: of its samples, beside that of the remote; NULL if there is none
 * @cell:  the first of its numbers
 * @last:  the last one, where there are several
 * @put:   its samples
 */
struct family {
	const char *name;
	enum plk_metric type;
	const char *label;
	void (*put)(struct sheet *sheet, const uint64_t *cells);
	unsigned cell;
	unsigned last;
	const char *help;
};

/** struct sheet - an answer that is being written
 * @family: whose samples are
 * @port:   whose they are; NULL: of the daemon
 */
struct sheet {
	struct plk_writer *w;
	bool is_json;
	const struct family *family;
	const struct front_port *port;
};

/** struct name - what a remote is called
 * @at: bytes of its number
 */
static struct name {
	uint8_t text[NAME_BYTES];
	size_t n;
	size_t at;
} names[PLK_PORTS_MAX];

/* ---- what remotes are called ---- */

static struct plk_span
name_of(const struct front_port *p)
{
	return (struct plk_span){names[plk_port_index(p)].text, names[plk_port_index(p)].n};
}

/* The @number-th of those that have its text. */
static void
name_put(const struct front_port *p, unsigned number)
{
	struct name *name = &names[plk_port_index(p)];
	const size_t at = plk_port_remote_at(p->canon);
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){name->text, sizeof name->text});
	if (number > 1) {
		plk_writer_dec(&w, number);
		plk_writer_char(&w, ':');
	}
	name->at = w.n;
	if (at > PLK_STATS_KEYS_MAX) {
		plk_writer_span(&w, plk_span_slice(p->canon, 0, PLK_STATS_KEYS_MAX));
		plk_writer_str(&w, "...@");
		plk_writer_span(&w, plk_span_slice(p->canon, at, p->canon.n));
	} else {
		plk_writer_span(&w, p->canon);
	}
	name->n = w.n;
}

static bool
is_same_text(const struct name *a, const struct name *b)
{
	return a->n - a->at == b->n - b->at &&
	       memcmp(a->text + a->at, b->text + b->at, a->n - a->at) == 0;
}

static void
names_make(void)
{
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		unsigned number = 1;

		name_put(p, 1);
		for (const struct front_port *q = plk_ports_next(NULL); q != p;
		     q = plk_ports_next(q))
			number +=
				is_same_text(&names[plk_port_index(q)], &names[plk_port_index(p)]);
		name_put(p, number);
	}
}

/* ---- JSON ---- */

/* What follows is the next one, unless it is the first, or line() has said so. */
static void
next(struct plk_writer *w)
{
	const uint8_t last = w->n > 0 ? w->out.p[w->n - 1] : '{';

	if (last != '{' && last != '[' && last != ' ')
		plk_writer_char(w, ',');
}

static void
line(struct plk_writer *w, const char *indent)
{
	next(w);
	plk_writer_char(w, '\n');
	plk_writer_str(w, indent);
}

static void
member(struct plk_writer *w, const char *name)
{
	next(w);
	plk_json_string(w, plk_span_str(name));
	plk_writer_char(w, ':');
}

static void
member_number(struct plk_writer *w, const char *name, uint64_t value)
{
	member(w, name);
	plk_writer_dec(w, value);
}

static void
member_text(struct plk_writer *w, const char *name, const char *text)
{
	member(w, name);
	plk_json_string(w, plk_span_str(text));
}

/* ---- samples ---- */

static void
sample_json(struct sheet *s, const char *label, uint64_t value)
{
	if (s->family->type == PLK_METRIC_INFO) {
		member_text(s->w, s->family->label, label);
		return;
	}
	if (label)
		member(s->w, label);
	plk_writer_dec(s->w, value);
}

/* @label: the value of the family's label, if it has one */
static void
sample(struct sheet *s, const char *label, uint64_t value)
{
	struct plk_label labels[2];
	size_t n = 0;

	if (s->is_json) {
		sample_json(s, label, value);
		return;
	}
	if (s->port)
		labels[n++] = (struct plk_label){"remote", name_of(s->port)};
	if (label)
		labels[n++] = (struct plk_label){s->family->label, plk_span_str(label)};
	plk_metrics_sample(s->w, s->family->name, s->family->type, labels, n, value);
}

static void
put_cell(struct sheet *s, const uint64_t *cells)
{
	sample(s, NULL, cells[s->family->cell]);
}

static const char *
reason_of(unsigned counter)
{
	const char *name = plk_words_counter((enum plk_counter)counter);

	return name + strlen("rx_dropped_");
}

static void
put_reasons(struct sheet *s, const uint64_t *cells)
{
	for (unsigned i = s->family->cell; i <= s->family->last; i++)
		sample(s, reason_of(i), cells[i]);
}

/* The same of either direction: rx_REASON, tx_REASON. */
static void
put_direction_reasons(struct sheet *s, const uint64_t *cells, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++) {
		char reason[32];

		(void)snprintf(reason, sizeof reason, "%.3s%s",
			       plk_words_counter((enum plk_counter)i), reason_of(i));
		sample(s, reason, cells[i]);
	}
}

#define RX_FIRST PLK_COUNTER_RX_QUEUE /* that is for somebody */
#define RX_LAST PLK_COUNTER_RX_OFF
#define TX_FIRST PLK_COUNTER_TX_GSO
#define TX_LAST PLK_COUNTER_TX_OTHER

static void
put_remote_reasons(struct sheet *s, const uint64_t *cells)
{
	if (s->port->port.role != PLK_ROLE_INJECT)
		put_direction_reasons(s, cells, RX_FIRST, RX_LAST);
	if (s->port->port.role != PLK_ROLE_CAPTURE)
		put_direction_reasons(s, cells, TX_FIRST, TX_LAST);
}

static void
put_directions(struct sheet *s, const uint64_t *cells)
{
	sample(s, "to_client", cells[s->family->cell]);
	sample(s, "from_client", cells[s->family->last]);
}

static void
put_waiting(struct sheet *s, const uint64_t *cells)
{
	sample(s, NULL, plk_books_waiting(cells));
}

static void
put_clients(struct sheet *s, const uint64_t *cells)
{
	(void)cells;
	sample(s, NULL, plk_port_clients(s->port));
}

static void
put_closed(struct sheet *s, const uint64_t *cells)
{
	for (unsigned i = 0; i < PLK_CLOSES; i++) {
		if (i != PLK_CLOSE_REFUSED) /* it was never there */
			sample(s, plk_words_close(i), cells[PLK_CELL_CLOSED + i]);
	}
	sample(s, "worker", s->port->n_lost);
}

static void
put_restarts(struct sheet *s, const uint64_t *cells)
{
	(void)cells;
	sample(s, NULL, front.n_restarts);
}

static void
put_up(struct sheet *s, const uint64_t *cells)
{
	(void)cells;
	sample(s, NULL, !front.iface_gone && front.iface.is_up);
}

static void
put_carrier(struct sheet *s, const uint64_t *cells)
{
	(void)cells;
	sample(s, NULL, !front.iface_gone && front.iface.has_carrier);
}

static void
put_status(struct sheet *s, const uint64_t *cells)
{
	(void)cells;
	sample(s, NULL, !front.is_off);
}

static void
put_name(struct sheet *s, const uint64_t *cells)
{
	(void)cells;
	sample(s, front.iface.name, 1);
}

static void
put_version(struct sheet *s, const uint64_t *cells)
{
	(void)cells;
	sample(s, PLK_VERSION, 1);
}

/* ---- the metrics ---- */

#define COUNTER(name, cell, help)                                                         \
	{                                                                                 \
		"pktlock_" name, PLK_METRIC_COUNTER, NULL, put_cell, (cell), (cell), help \
	}
#define COUNTERS(name, label, put, first, last, help)                                  \
	{                                                                              \
		"pktlock_" name, PLK_METRIC_COUNTER, label, put, (first), (last), help \
	}
#define GAUGE(name, put, help)                                           \
	{                                                                \
		"pktlock_" name, PLK_METRIC_GAUGE, NULL, put, 0, 0, help \
	}
#define INFO(name, label, put, help)                                     \
	{                                                                \
		"pktlock_" name, PLK_METRIC_INFO, label, put, 0, 0, help \
	}

static const struct family of_daemon[] = {
	INFO("build", "version", put_version, "The version of the daemon."),
	INFO("interface", "name", put_name, "The name of the interface, as it is now."),
	GAUGE("interface_up", put_up, "1 if the interface is there and up."),
	GAUGE("interface_carrier", put_carrier,
	      "1 if the interface has a carrier; for a TAP, if a VM is attached."),
	GAUGE("status_on", put_status, "1 if frames pass, 0 after the command status off."),
	COUNTERS("worker_restarts", NULL, put_restarts, 0, 0,
		 "Workers that died and were replaced."),
	COUNTER("rx_frames", PLK_COUNTER_RX_FRAMES,
		"Frames taken from the interface, behind the filter, once for each class of "
		"receivers."),
	COUNTER("rx_bytes", PLK_COUNTER_RX_BYTES, "Bytes of these frames."),
	COUNTER("rx_pieces", PLK_COUNTER_RX_PIECES, "Frames more, since superframes were cut."),
	COUNTER("rx_copies", PLK_COUNTER_RX_COPIES,
		"Frames more, since several clients had the same."),
	COUNTER("rx_unwanted", PLK_COUNTER_RX_UNWANTED,
		"Frames for no client: none is there, none wants that direction, or they are known "
		"to be for others."),
	COUNTERS("rx_dropped", "reason", put_reasons, PLK_COUNTER_RX_KERNEL, PLK_COUNTER_RX_WORKER,
		 "Frames lost on the way to clients; those with reason kernel never were "
		 "pktlock_rx_frames_total."),
	COUNTER("rx_missed", PLK_COUNTER_RX_MISSED,
		"Frames that passed the interface, by its own count, while connections waited for "
		"this daemon; never pktlock_rx_frames_total."),
	COUNTER("delivered_frames", PLK_COUNTER_DELIVERED, "Frames put into queues of clients."),
	COUNTER("delivered_bytes", PLK_CELL_DELIVERED_BYTES,
		"Bytes put there, with what the format has around frames."),
	COUNTER("unsent_frames", PLK_COUNTER_UNSENT,
		"Of the delivered frames: taken out again when connections were kept for the next "
		"daemon."),
	COUNTER("client_frames", PLK_COUNTER_CLIENT_FRAMES, "Frames taken from clients."),
	COUNTER("client_bytes", PLK_CELL_CLIENT_BYTES, "Bytes read from clients."),
	GAUGE("waiting_frames", put_waiting,
	      "Frames of clients that wait for room at the interface."),
	COUNTER("tx_frames", PLK_COUNTER_TX_FRAMES, "Frames given to the interface."),
	COUNTER("tx_bytes", PLK_COUNTER_TX_BYTES, "Bytes of these frames."),
	COUNTER("tx_pieces", PLK_COUNTER_TX_PIECES, "Frames more, since superframes were cut."),
	COUNTER("tx_switched", PLK_COUNTER_TX_SWITCHED,
		"Frames of clients that were not sent: for other attached clients only."),
	COUNTER("tx_unwanted", PLK_COUNTER_TX_UNWANTED,
		"Frames of clients that were not sent: for the client they came from, or for one "
		"that takes none."),
	COUNTERS("tx_dropped", "reason", put_reasons, TX_FIRST, TX_LAST,
		 "Frames of clients that were refused, or that the interface did not take."),
	COUNTER("switched_frames", PLK_COUNTER_SWITCHED,
		"Frames from one attached client to another, once for each of these."),
	COUNTER("switch_moves", PLK_COUNTER_SWITCH_MOVES,
		"Addresses heard at another client than before, or at the interface."),
	COUNTER("switch_evictions", PLK_COUNTER_SWITCH_EVICTIONS,
		"Addresses forgotten, or not learned, since the table had no room."),
	COUNTER("ignored_bytes", PLK_COUNTER_IGNORED_BYTES, "Bytes that capture clients sent."),
};

static const struct family of_remotes[] = {
	COUNTER("remote_seen_frames", PLK_CELL_SEEN,
		"Frames for clients of the remote, pieces of superframes one by one: delivered, or "
		"dropped with a reason of rx_."),
	COUNTERS("remote_frames", "direction", put_directions, PLK_COUNTER_DELIVERED,
		 PLK_COUNTER_CLIENT_FRAMES,
		 "Frames put into queues of the remote's clients, and frames taken from them."),
	COUNTERS("remote_bytes", "direction", put_directions, PLK_CELL_DELIVERED_BYTES,
		 PLK_CELL_CLIENT_BYTES,
		 "Bytes of the remote's streams, with what the format has around frames."),
	COUNTERS("remote_dropped", "reason", put_remote_reasons, 0, 0,
		 "Frames lost: rx_ on the way to clients, tx_ on the way from them."),
	COUNTER("remote_unsent_frames", PLK_COUNTER_UNSENT,
		"Of the frames to clients: taken out again when connections were kept for the next "
		"daemon."),
	GAUGE("remote_waiting_frames", put_waiting,
	      "Frames of the remote's clients that wait for room at the interface."),
	COUNTER("remote_tx_frames", PLK_COUNTER_TX_FRAMES,
		"Frames of the remote's clients given to the interface."),
	COUNTER("remote_tx_pieces", PLK_COUNTER_TX_PIECES,
		"Frames more, since superframes of the remote's clients were cut."),
	COUNTER("remote_tx_switched", PLK_COUNTER_TX_SWITCHED,
		"Frames of the remote's clients that were for other attached clients only."),
	COUNTER("remote_tx_unwanted", PLK_COUNTER_TX_UNWANTED,
		"Frames of the remote's clients for the client they came from, or for one that "
		"takes none."),
	COUNTER("remote_ignored_bytes", PLK_COUNTER_IGNORED_BYTES,
		"Bytes that capture clients of the remote sent."),
	GAUGE("clients", put_clients, "Clients that are connected."),
	COUNTER("clients_admitted", PLK_COUNTER_CLIENTS_TOTAL, "Clients that were admitted."),
	COUNTERS("clients_closed", "reason", put_closed, 0, 0,
		 "Connections of admitted clients that ended."),
	COUNTER("clients_refused", PLK_COUNTER_CLIENTS_REFUSED,
		"Connections that were not admitted, or had no room."),
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- OpenMetrics ---- */

static void
daemon_metrics(struct sheet *s, const uint64_t *cells)
{
	for (size_t i = 0; i < COUNT(of_daemon); i++) {
		s->family = &of_daemon[i];
		plk_metrics_family(s->w, s->family->name, s->family->type, s->family->help);
		s->family->put(s, cells);
	}
}

static void
remotes_metrics(struct sheet *s)
{
	for (size_t i = 0; i < COUNT(of_remotes); i++) {
		s->family = &of_remotes[i];
		plk_metrics_family(s->w, s->family->name, s->family->type, s->family->help);
		for (s->port = plk_ports_next(NULL); s->port; s->port = plk_ports_next(s->port))
			s->family->put(s, plk_books_port(&front.books, plk_port_index(s->port)));
	}
}

static void
metrics_put(struct plk_writer *out, const uint64_t *cells)
{
	struct sheet s = {.w = out};

	daemon_metrics(&s, cells);
	remotes_metrics(&s);
	plk_metrics_end(out);
}

/* ---- JSON: what is there, and of what ---- */

static void
families_json(struct sheet *s, const struct family *families, size_t n, const uint64_t *cells,
	      const char *indent)
{
	for (size_t i = 0; i < n; i++) {
		char name[64];

		s->family = &families[i];
		(void)snprintf(name, sizeof name, "%s%s", s->family->name,
			       plk_metrics_suffix(s->family->type));
		line(s->w, indent);
		member(s->w, name);
		if (s->family->label)
			plk_writer_char(s->w, '{');
		s->family->put(s, cells);
		if (s->family->label)
			plk_writer_char(s->w, '}');
	}
}

static void
interface_json(struct plk_writer *w)
{
	line(w, " ");
	member(w, "interface");
	plk_writer_char(w, '{');
	member_text(w, "name", front.iface.name);
	member_number(w, "index", front.iface.index);
	member_number(w, "mtu", front.iface.mtu);
	plk_writer_char(w, '}');
	line(w, " ");
	member_text(w, "status", front.is_off ? "off" : "on");
}

static void
process_json(struct plk_writer *w, const char *name, const struct plk_msg_confined *confined,
	     bool is_worker)
{
	char words[PLK_CONFINEMENT_BYTES];

	plk_words_confinement(confined, is_worker, words);
	line(w, "  ");
	member_text(w, name, words);
}

static void
confinement_json(struct plk_writer *w)
{
	line(w, " ");
	member(w, "confinement");
	plk_writer_char(w, '{');
	process_json(w, "supervisor", &front.confined.supervisor, false);
	process_json(w, "broker", &front.confined.broker, false);
	process_json(w, "front", &front.confined.front, false);
	process_json(w, "worker", &front.confined.worker, true);
	plk_writer_char(w, '}');
}

static void
peer_json(struct plk_writer *w, const struct plk_peer_id *peer)
{
	if (!peer->is_unix) {
		member_text(w, "peer", peer->text);
		return;
	}
	member_number(w, "uid", peer->uid);
	member_number(w, "gid", peer->gid);
	member_number(w, "pid", peer->pid > 0 ? (uint64_t)peer->pid : 0);
}

static void
client_counters_json(struct plk_writer *w, const uint64_t *cells)
{
	static const enum plk_counter counters[] = {
		PLK_COUNTER_DELIVERED,   PLK_COUNTER_UNSENT,        PLK_COUNTER_CLIENT_FRAMES,
		PLK_COUNTER_TX_FRAMES,   PLK_COUNTER_TX_PIECES,     PLK_COUNTER_TX_SWITCHED,
		PLK_COUNTER_TX_UNWANTED, PLK_COUNTER_IGNORED_BYTES,
	};

	member_number(w, "seen_frames", cells[PLK_CELL_SEEN]);
	member_number(w, "delivered_bytes", cells[PLK_CELL_DELIVERED_BYTES]);
	member_number(w, "client_bytes", cells[PLK_CELL_CLIENT_BYTES]);
	member_number(w, "waiting_frames", plk_books_waiting(cells));
	for (size_t i = 0; i < COUNT(counters); i++)
		member_number(w, plk_words_counter(counters[i]), cells[counters[i]]);
}

static void
drops_json(struct plk_writer *w, const uint64_t *cells, unsigned first, unsigned last)
{
	for (unsigned i = first; i <= last; i++) {
		if (cells[i] == 0)
			continue;
		next(w);
		plk_writer_char(w, '"');
		plk_writer_str(w, i <= RX_LAST ? "rx_" : "tx_");
		plk_writer_str(w, reason_of(i));
		plk_writer_str(w, "\":");
		plk_writer_dec(w, cells[i]);
	}
}

static void
client_json(struct plk_writer *w, uint32_t slot)
{
	const struct front_client *client = &front.clients[slot];
	struct plk_books_row row;

	plk_books_client(front.page, slot, client->generation, &row);
	line(w, "   ");
	plk_writer_char(w, '{');
	member_number(w, "slot", slot);
	peer_json(w, &client->peer);
	member_number(w, "connected_ms", plk_now_ms() - client->since_ms);
	member_number(w, "queue_bytes", row.cells[PLK_CELL_QUEUE]);
	member_number(w, "queue_size", front.cmdline.queue);
	client_counters_json(w, row.cells);
	member(w, "dropped");
	plk_writer_char(w, '{');
	drops_json(w, row.cells, RX_FIRST, RX_LAST);
	drops_json(w, row.cells, TX_FIRST, TX_LAST);
	plk_writer_str(w, "}}");
}

static void
clients_json(struct plk_writer *w, const struct front_port *p)
{
	line(w, "  ");
	member(w, "clients");
	plk_writer_char(w, '[');
	for (uint32_t slot = 0; slot < PLK_CLIENTS_MAX; slot++) {
		const struct front_client *client = &front.clients[slot];

		if (client->used && client->admitted && client->port == plk_port_index(p))
			client_json(w, slot);
	}
	plk_writer_char(w, ']');
}

static void
remote_json(struct sheet *s)
{
	const struct front_port *p = s->port;
	char address[PLK_PEER_TEXT_MAX] = "";

	if (p->listener >= 0)
		plk_address_text(p->listener, address);
	line(s->w, " ");
	plk_writer_char(s->w, '{');
	member(s->w, "remote");
	plk_json_string(s->w, name_of(p));
	member_text(s->w, "origin", plk_port_origin(p));
	member_text(s->w, "state", plk_port_state(p));
	if (address[0])
		member_text(s->w, "address", address);
	families_json(s, of_remotes, COUNT(of_remotes),
		      plk_books_port(&front.books, plk_port_index(p)), "  ");
	clients_json(s->w, p);
	plk_writer_char(s->w, '}');
}

static void
json_put(struct plk_writer *out, const uint64_t *cells)
{
	struct sheet s = {.w = out, .is_json = true};

	plk_writer_char(out, '{');
	families_json(&s, of_daemon, COUNT(of_daemon), cells, " ");
	interface_json(out);
	confinement_json(out);
	line(out, " ");
	member(out, "remotes");
	plk_writer_char(out, '[');
	for (s.port = plk_ports_next(NULL); s.port; s.port = plk_ports_next(s.port))
		remote_json(&s);
	plk_writer_str(out, "]}\n");
}

bool
plk_command_stats(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	static const char *const formats[] = {"json", "openmetrics"};
	size_t format = 0;

	if (n > 0 && !plk_word_find(params[0], formats, COUNT(formats), &format))
		return plk_words_refuse(params[0], out, " is not a format (json or openmetrics)\n");
	names_make();
	if (format == 0)
		json_put(out, plk_books_read(&front.books, front.page));
	else
		metrics_put(out, plk_books_read(&front.books, front.page));
	return true;
}
