/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/show.h"

#include <string.h>

#include "front/front.h"
#include "os/clock.h"
#include "text/human.h"
#include "text/words.h"

#define COLUMNS 79 /* of a line */
#define HEAD 20    /* of the first column; four of numbers follow */
#define COLUMN 11  /* of each */
#define RATE_MIN_MS 1000
#define RATE_MAX_MS 60000
#define DROP_BYTES 48 /* " ", a name of a counter, "=", 20 digits */

/** enum way - what a rate is of, for clients and ports as we see them, for the interface as it does */
enum way { FRAMES_OUT, BYTES_OUT, FRAMES_IN, BYTES_IN, WAYS };

/** struct flow - what has flown; @since_ms: since when */
struct flow {
	uint64_t since_ms;
	uint64_t values[WAYS];
};

/** struct look - all that was flowing at a moment; 0: never */
struct look {
	uint64_t at_ms;
	struct flow daemon;
	struct flow ports[PLK_PORTS_MAX];
	struct flow clients[PLK_CLIENTS_MAX];
};

/* The last one, and this one. */
static struct look looks[2];
static struct look *before = &looks[0];
static struct look *now = &looks[1];
static bool is_recent; /* the last one is as long ago as it should be */

/* ---- what flows ---- */

static struct flow
flow_of(uint64_t since_ms, const uint64_t *cells)
{
	return (struct flow){since_ms,
			     {[FRAMES_OUT] = cells[PLK_COUNTER_DELIVERED],
			      [BYTES_OUT] = cells[PLK_CELL_DELIVERED_BYTES],
			      [FRAMES_IN] = cells[PLK_COUNTER_CLIENT_FRAMES],
			      [BYTES_IN] = cells[PLK_CELL_CLIENT_BYTES]}};
}

static struct flow
flow_of_interface(const uint64_t *cells)
{
	return (struct flow){front.begun_ms,
			     {[FRAMES_OUT] = cells[PLK_COUNTER_TX_FRAMES],
			      [BYTES_OUT] = cells[PLK_COUNTER_TX_BYTES],
			      [FRAMES_IN] = cells[PLK_COUNTER_RX_FRAMES],
			      [BYTES_IN] = cells[PLK_COUNTER_RX_BYTES]}};
}

/* A second. */
static uint64_t
rate_of(const struct flow *last, const struct flow *flow, enum way way)
{
	/* what is older than the last look is what was seen then */
	const bool is_known = is_recent && flow->since_ms < before->at_ms;
	const uint64_t from = is_known ? last->values[way] : 0;
	const uint64_t value = flow->values[way] > from ? flow->values[way] - from : 0;
	uint64_t ms = now->at_ms - (is_known ? before->at_ms : flow->since_ms);

	if (ms == 0)
		ms = 1;
	return value <= UINT64_MAX / 1000 ? value * 1000 / ms : value / ms * 1000;
}

static void
flow_put(struct plk_writer *w, const char *head, const struct flow *last, const struct flow *flow,
	 enum way frames)
{
	const enum way bytes = (enum way)(frames + 1);

	plk_writer_str(w, head);
	for (size_t n = strlen(head); n < HEAD; n++)
		plk_writer_char(w, ' ');
	plk_human_column(w, flow->values[frames], COLUMN);
	plk_human_column(w, rate_of(last, flow, frames), COLUMN);
	plk_human_column(w, flow->values[bytes], COLUMN);
	plk_human_column(w, rate_of(last, flow, bytes), COLUMN);
	plk_writer_char(w, '\n');
}

static void
flows_put(struct plk_writer *w, enum plk_role role, const char *const heads[2],
	  const struct flow *last, const struct flow *flow)
{
	if (role != PLK_ROLE_INJECT)
		flow_put(w, heads[0], last, flow, FRAMES_OUT);
	if (role != PLK_ROLE_CAPTURE)
		flow_put(w, heads[1], last, flow, FRAMES_IN);
}

/* ---- what was dropped ---- */

static void
drops_put(struct plk_writer *out, const uint64_t *cells, size_t indent)
{
	uint8_t text[PLK_COUNTERS * DROP_BYTES];
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){text, sizeof text});
	plk_writer_str(&w, "dropped:");
	for (unsigned i = 0; i < PLK_COUNTERS; i++) {
		const char *name = plk_words_counter((enum plk_counter)i);

		if (cells[i] == 0 || strncmp(name + 2, "_dropped_", 9) != 0)
			continue;
		plk_writer_char(&w, ' ');
		plk_writer_span(&w, (struct plk_span){(const uint8_t *)name, 3});
		plk_writer_str(&w, name + 11);
		plk_writer_char(&w, '=');
		plk_writer_dec(&w, cells[i]);
	}
	if (w.n > strlen("dropped:"))
		plk_human_wrap(out, (struct plk_span){text, w.n}, indent, COLUMNS);
}

/* ---- the interface ---- */

static void
number_put(struct plk_writer *w, const char *before_it, uint64_t value, const char *behind_it)
{
	plk_writer_str(w, before_it);
	plk_writer_dec(w, value);
	plk_writer_str(w, behind_it);
}

static void
interface_put(struct plk_writer *w)
{
	plk_writer_str(w, "interface ");
	plk_writer_str(w, plk_words_name(front.iface.name).text);
	if (front.iface_gone) {
		plk_writer_str(w, ": gone\n");
		return;
	}
	plk_writer_str(w, front.iface.is_up ? ": up" : ": down");
	plk_writer_str(w, front.iface.has_carrier ? ", carrier" : ", no carrier");
	number_put(w, ", MTU ", front.iface.mtu, "");
	number_put(w, ", index ", front.iface.index, "\n");
}

static void
status_put(struct plk_writer *w)
{
	uint32_t n = 0;

	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p))
		n += plk_port_clients(p);
	plk_writer_str(w, front.is_off ? "status off" : "status on");
	number_put(w, ", ", n, " of ");
	number_put(w, "", front.cmdline.clients, " clients, ");
	number_put(w, "", front.n_restarts,
		   front.n_restarts == 1 ? " worker restart, started "
					 : " worker restarts, started ");
	plk_human_time(w, now->at_ms - front.begun_ms);
	plk_writer_str(w, front.serving ? " ago\n" : " ago; no worker serves now\n");
}

static void
rates_put(struct plk_writer *w)
{
	if (is_recent) {
		plk_writer_str(w, "rates: over the last ");
		plk_human_time(w, now->at_ms - before->at_ms);
		plk_writer_str(w, ", since show was asked for; or less, for what is newer\n");
	} else {
		plk_writer_str(w, "rates: averages since it was started, added or connected\n");
	}
}

static void
daemon_put(struct plk_writer *w, const uint64_t *cells)
{
	now->daemon = flow_of_interface(cells);
	interface_put(w);
	status_put(w);
	rates_put(w);
	plk_writer_str(w, "\n                         frames   frames/s      bytes    bytes/s\n");
	flow_put(w, "received", &before->daemon, &now->daemon, FRAMES_IN);
	flow_put(w, "sent", &before->daemon, &now->daemon, FRAMES_OUT);
	drops_put(w, cells, 0);
}

/* ---- clients ---- */

static void
queue_put(struct plk_writer *w, const uint64_t *cells)
{
	const uint64_t size = front.cmdline.queue;
	const uint64_t fill = cells[PLK_CELL_QUEUE] < size ? cells[PLK_CELL_QUEUE] : size;

	number_put(w, ", queue ", fill * 100 / size, "% of ");
	plk_human_number(w, size);
	plk_writer_char(w, '\n');
}

static void
client_put(struct plk_writer *w, uint32_t slot, enum plk_role role)
{
	static const char *const heads[] = {"    to it", "    from it"};
	const struct front_client *client = &front.clients[slot];
	char who[PLK_WHO_BYTES];
	struct plk_books_row row;

	plk_books_client(front.page, slot, client->generation, &row);
	now->clients[slot] = flow_of(client->since_ms, row.cells);
	plk_client_who(&client->peer, who);
	number_put(w, "  slot ", slot, ": ");
	plk_writer_str(w, who);
	plk_writer_str(w, ", connected ");
	plk_human_time(w, now->at_ms - client->since_ms);
	plk_writer_str(w, " ago");
	queue_put(w, row.cells);
	flows_put(w, role, heads, &before->clients[slot], &now->clients[slot]);
	drops_put(w, row.cells, 4);
}

/* ---- ports ---- */

static void
port_line_put(struct plk_writer *w, const struct front_port *p)
{
	char address[PLK_PEER_TEXT_MAX] = "";

	if (p->listener >= 0)
		plk_address_text(p->listener, address);
	plk_writer_str(w, "  ");
	plk_writer_str(w, plk_port_state(p));
	if (p->last_error != 0) { /* it was logged once, perhaps days ago */
		plk_writer_str(w, " (");
		plk_writer_str(w, plk_words_error((uint64_t)p->last_error));
		plk_writer_char(w, ')');
	}
	if (address[0]) {
		plk_writer_str(w, " at ");
		plk_writer_str(w, address);
	}
	plk_writer_str(w, ", origin ");
	plk_writer_str(w, plk_port_origin(p));
	number_put(w, ", ", plk_port_clients(p), plk_port_clients(p) == 1 ? " client" : " clients");
	plk_writer_char(w, '\n');
}

static void
port_put(struct plk_writer *w, const struct front_port *p)
{
	static const char *const heads[] = {"  to clients", "  from clients"};
	const uint16_t i = plk_port_index(p);
	const uint64_t *cells = plk_books_port(&front.books, i);

	now->ports[i] = flow_of(p->begun_ms, cells);
	plk_writer_char(w, '\n');
	plk_writer_str(w, p->label);
	plk_writer_char(w, '\n');
	port_line_put(w, p);
	flows_put(w, p->port.role, heads, &before->ports[i], &now->ports[i]);
	drops_put(w, cells, 2);
	for (uint32_t slot = 0; slot < PLK_CLIENTS_MAX; slot++) {
		const struct front_client *client = &front.clients[slot];

		if (client->used && client->admitted && client->port == i)
			client_put(w, slot, p->port.role);
	}
}

/* ---- processes ---- */

static void
process_put(struct plk_writer *w, const char *name, const struct plk_msg_confined *confined,
	    bool is_worker)
{
	char words[PLK_CONFINEMENT_BYTES];

	plk_words_confinement(confined, is_worker, words);
	plk_writer_str(w, "  ");
	plk_writer_str(w, name);
	plk_writer_char(w, '\n');
	plk_human_wrap(w, plk_span_str(words), 4, COLUMNS);
}

static void
confinement_put(struct plk_writer *w)
{
	plk_writer_str(w, "\nconfined processes\n");
	process_put(w, "supervisor", &front.confined.supervisor, false);
	process_put(w, "broker", &front.confined.broker, false);
	process_put(w, "front", &front.confined.front, false);
	process_put(w, "worker", &front.confined.worker, true);
}

/* ---- all of it ---- */

static void
look_begin(void)
{
	now->at_ms = plk_now_ms();
	is_recent = before->at_ms != 0 && now->at_ms - before->at_ms >= RATE_MIN_MS &&
		    now->at_ms - before->at_ms <= RATE_MAX_MS;
}

/* What was asked for twice in a second has no rates, and the next one shall have them. */
static void
look_end(void)
{
	struct look *last = before;

	if (last->at_ms != 0 && now->at_ms - last->at_ms < RATE_MIN_MS)
		return;
	before = now;
	now = last;
}

bool
plk_command_show(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	const uint64_t *cells = plk_books_read(&front.books, front.page);

	(void)params;
	(void)n;
	look_begin();
	daemon_put(out, cells);
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p))
		port_put(out, p);
	confinement_put(out);
	look_end();
	return true;
}
