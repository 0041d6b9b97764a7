/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ports.c: the table of ports, and how it changes at run time.
 *
 * Theory of operation. What is wanted comes as text: from a control client (a PORT-SPEC), or from the remotes file as a whole, of
 * which the difference to what is there counts. Changes are made one after the other, between two steps of the loop; while one waits
 * for the broker or the worker, all else goes on. A new port is opened by the broker first: if that fails, nothing has changed. Then
 * the worker gets it, and a class of receivers is bound if it is the first port of it. A port that is removed is first ended in the
 * worker, which says when all that it had to say of it is said; then its number is free for another.
 *
 * The worker may die at any moment of it. The table is what counts: the next one gets what is in there (port_equip() in main.c), and
 * a port that leaves has gone with the last one.
 *
 * A listener that was inherited cannot be had again. If its port is removed it is parked: it stays open, who connects is told no, and
 * the very same PORT-SPEC makes it a port again.
 *
 * Trust: control clients were admitted, and the remotes file is the administrator's (remotes.c); what they may name says text/policy.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "front/front.h"
#include "os/clock.h"
#include "os/fd.h"
#include "os/page.h"
#include "text/words.h"

#define SETTLE_MS 2000   /* for a worker that starts */
#define UNPORT_MS 2000   /* for one that ends the clients of a port */
#define CATCH_UP_MS 2000 /* for one that does what it was told */

/* ---- the table ---- */

static uint8_t canons[PLK_PORTS_MAX][PLK_PORT_TEXT_MAX];

bool
plk_ports_runtime(void)
{
	return front.cmdline.has_control || front.cmdline.has_remotes_file;
}

static void
port_clear(struct front_port *p)
{
	const struct plk_timer timer = p->timer; /* it is in the loop's list */

	*p = (struct front_port){
		.fd = -1, .listener = -1, .connecting = -1, .watch.fd = -1, .timer = timer};
}

void
plk_ports_init(void)
{
	for (size_t i = 0; i < PLK_PORTS_MAX; i++)
		port_clear(&front.ports[i]);
}

struct front_port *
plk_ports_next(const struct front_port *p)
{
	for (size_t i = p ? plk_port_index(p) + 1U : 0; i < PLK_PORTS_MAX; i++) {
		if (front.ports[i].used)
			return &front.ports[i];
	}
	return NULL;
}

/* The port is what it says. */
static void
port_set(struct front_port *p, const struct plk_port *port, enum plk_origin origin)
{
	struct plk_writer w;

	p->origin = origin;
	p->port = *port;
	p->canon.p = canons[plk_port_index(p)];
	if (plk_port_encode(port, (struct plk_mspan){canons[plk_port_index(p)], sizeof canons[0]},
			    &p->canon.n) != PLK_OK)
		p->canon.n = 0; /* it was parsed, so it can be printed */
	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)p->label, sizeof p->label});
	plk_writer_word(&w, p->canon, PLK_LABEL_MAX);
	plk_writer_cstr(&w);
}

struct front_port *
plk_port_new(const struct plk_port *port, enum plk_origin origin)
{
	size_t i = 0;

	while (i < PLK_PORTS_MAX && front.ports[i].used)
		i++;
	if (i == PLK_PORTS_MAX)
		return NULL;
	port_clear(&front.ports[i]);
	front.ports[i].used = true;
	front.ports[i].begun_ms = plk_now_ms();
	front.n_ports++;
	port_set(&front.ports[i], port, origin);
	plk_books_begin(&front.books, front.page, (uint16_t)i);
	return &front.ports[i];
}

static void
port_free(struct front_port *p)
{
	plk_fd_close(&p->listener);
	p->used = false;
	front.n_ports--;
}

static bool
is_same(struct plk_span a, struct plk_span b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static bool
is_same_remote(const struct plk_remote *a, const struct plk_remote *b)
{
	uint8_t texts[2][PLK_REMOTE_TEXT_MAX];
	struct plk_span spans[2] = {{texts[0], 0}, {texts[1], 0}};

	return plk_remote_encode(a, (struct plk_mspan){texts[0], sizeof texts[0]}, &spans[0].n) ==
		       PLK_OK &&
	       plk_remote_encode(b, (struct plk_mspan){texts[1], sizeof texts[1]}, &spans[1].n) ==
		       PLK_OK &&
	       is_same(spans[0], spans[1]);
}

/* ---- to broker and worker ---- */

void
plk_port_order(const struct front_port *p, struct plk_msg *msg)
{
	const struct plk_remote *r = &p->port.remote;
	struct plk_msg_listen_tcp *tcp = &msg->u.listen_tcp;

	*msg = (struct plk_msg){.type = PLK_MSG_NONE};
	if (r->kind == PLK_REMOTE_PUNIX || r->kind == PLK_REMOTE_UNIX) {
		msg->type = r->kind == PLK_REMOTE_PUNIX ? PLK_MSG_LISTEN_UNIX : PLK_MSG_TARGET_UNIX;
		msg->u.listen_unix.port = plk_port_index(p);
		memcpy(msg->u.listen_unix.path, r->path, sizeof msg->u.listen_unix.path);
		return;
	}
	msg->type = r->kind == PLK_REMOTE_PTCP ? PLK_MSG_LISTEN_TCP : PLK_MSG_TARGET_TCP;
	*tcp = (struct plk_msg_listen_tcp){
		.port = plk_port_index(p), .is_v6 = r->is_v6, .tcp_port = r->tcp_port};
	memcpy(tcp->addr, r->addr, sizeof tcp->addr);
	memcpy(tcp->zone, r->zone, sizeof tcp->zone);
}

static void
settled(void *ctx)
{
	(void)ctx;
}

/* Waits until a worker serves; Return: whether one does. */
static bool
worker_settle(void)
{
	front.settle_timer.call = settled;
	plk_timer_set(&front.loop, &front.settle_timer, SETTLE_MS);
	while (!front.serving && front.settle_timer.at_ms != 0) {
		if (plk_loop_step(&front.loop) < 0)
			break;
	}
	plk_timer_stop(&front.settle_timer);
	return front.serving;
}

/* Its socket file is gone when the broker has answered. */
static void
broker_forget(const struct front_port *p)
{
	const struct plk_msg forget = {.type = PLK_MSG_FORGET, .u.forget.port = plk_port_index(p)};
	const struct plk_msg_done *done = &front.answer.msg.u.done;

	plk_front_ask(front.broker.fd, &forget, -1, PLK_MSG_DONE);
	while (done->request != PLK_MSG_FORGET)
		plk_front_await(PLK_MSG_DONE); /* that was about something else */
}

static void
park_say(const struct front_port *p, bool on)
{
	const struct plk_msg park = {.type = PLK_MSG_PARK,
				     .u.park = {.port = plk_port_index(p), .on = on}};

	if (p->is_told)
		plk_front_send(front.worker.fd, &park, -1);
}

static void
catch_up_late(void *ctx)
{
	(void)ctx;
	plk_front_replace("worker does not do what it was told", -ETIMEDOUT);
}

/* Waits until all that the worker was told before is done. The next one is told when it comes. */
static void
worker_catch_up(void)
{
	const uint64_t ping = plk_front_ping();

	front.settle_timer.call = catch_up_late;
	plk_timer_set(&front.loop, &front.settle_timer, CATCH_UP_MS);
	while (front.serving && plk_front_awaits(ping) && plk_loop_step(&front.loop) == 0)
		continue;
	plk_timer_stop(&front.settle_timer);
}

/* The worker lets go of its listener: something else takes the number. When it has, the address is free. */
static void
listener_take_back(const struct front_port *p)
{
	const struct plk_msg room = {.type = PLK_MSG_ROOM, .u.room.port = plk_port_index(p)};
	int blank;

	if (!p->is_told || p->listener < 0 || front.replacing)
		return;
	blank = plk_page_blank();
	if (blank < 0) {
		plk_front_replace("no descriptor left", blank);
		return;
	}
	plk_front_send(front.worker.fd, &room, -1);
	plk_front_descriptor_send(&(const struct plk_msg){.type = PLK_MSG_FILL}, blank);
	plk_fd_close(&blank);
	worker_catch_up();
}

static void
unport_late(void *ctx)
{
	(void)ctx;
	plk_front_replace("worker does not end a port", -ETIMEDOUT);
}

/* Its clients are gone in the worker, and all was told; or that one has died, and no worker has it. One that has just come and does not
 * serve yet would refuse the order. */
static void
worker_unport(const struct front_port *p)
{
	const struct plk_msg unport = {.type = PLK_MSG_UNPORT, .u.unport.port = plk_port_index(p)};

	if (p->is_told && !worker_settle() && p->is_told)
		plk_front_replace("worker does not begin to serve", -ETIMEDOUT);
	if (!p->is_told)
		return;
	front.unporting = plk_port_index(p);
	front.settle_timer.call = unport_late;
	plk_timer_set(&front.loop, &front.settle_timer, UNPORT_MS);
	if (front.serving)
		plk_front_send(front.worker.fd, &unport, -1);
	plk_front_await(PLK_MSG_UNPORTED);
	plk_timer_stop(&front.settle_timer);
}

/* ---- one port ---- */

/* Who may add and remove may do it without end. */
static void
said(const struct front_port *p, const char *what)
{
	if (plk_lines_may(PLK_LINES_REMOTES, 0))
		plk_log(PLK_LOG_LINE_INFO, "%s remote=%s", what, p->label);
}

/* What the world says no to: a line. */
static void
refusal_put(const struct front_port *p, unsigned step, unsigned error, struct plk_writer *why)
{
	plk_writer_str(why, plk_words_step(step));
	plk_writer_str(why, ": ");
	plk_writer_str(why, plk_words_error(error));
	plk_writer_str(why,
		       plk_words_hint(step, (int)error, p->port.remote.kind == PLK_REMOTE_PTCP));
}

static bool
listener_open(struct front_port *p, struct plk_writer *why)
{
	const struct plk_msg_listening *answer = &front.answer.msg.u.listening;
	char address[PLK_PEER_TEXT_MAX];
	struct plk_msg msg;

	plk_port_order(p, &msg);
	plk_front_ask(front.broker.fd, &msg, -1, PLK_MSG_LISTENING);
	if (answer->error != 0 || front.answer.fd < 0) {
		refusal_put(p, answer->step, answer->error, why);
		return false;
	}
	p->listener = plk_fd_take(&front.answer.fd);
	plk_address_text(p->listener, address);
	if (plk_lines_may(PLK_LINES_REMOTES, 0))
		plk_log(PLK_LOG_LINE_INFO, "listening remote=%s%s%s", p->label,
			address[0] ? " address=" : "", address);
	return true;
}

/* Makes the listener, or makes known where to connect to. */
static bool
port_open(struct front_port *p, struct plk_writer *why)
{
	struct plk_msg msg;

	if (plk_remote_is_passive(&p->port.remote))
		return listener_open(p, why);
	plk_port_order(p, &msg);
	plk_front_send(front.broker.fd, &msg, -1);
	return true;
}

/* It is open, and a port from now on. */
static void
port_begin(struct front_port *p)
{
	p->state = PLK_PORT_OPEN;
	plk_front_port_send(p);
}

static void
port_connect(struct front_port *p)
{
	if (!plk_remote_is_passive(&p->port.remote))
		plk_active_start(p);
}

/* Ends it in the worker; what was opened for it stays. */
static void
port_end(struct front_port *p)
{
	p->state = PLK_PORT_LEAVING;
	plk_active_stop(p);
	worker_unport(p);
}

static void
port_park(struct front_port *p)
{
	p->state = PLK_PORT_PARKED;
	park_say(p, true);
	worker_unport(p);
}

static void
port_unpark(struct front_port *p)
{
	p->state = PLK_PORT_OPEN;
	park_say(p, false);
	said(p, "remote is back");
}

static void
port_remove(struct front_port *p)
{
	said(p, "remote removed");
	if (plk_remote_is_inherited(&p->port.remote)) {
		port_park(p);
		return;
	}
	port_end(p);
	listener_take_back(p);
	broker_forget(p);
	port_free(p);
}

/* ---- add-remote, remove-remote ---- */

static struct front_port *
port_find(struct plk_span canon, bool is_parked)
{
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (is_same(p->canon, canon) && (p->state == PLK_PORT_PARKED) == is_parked)
			return p;
	}
	return NULL;
}

static bool
refuse(struct plk_writer *out, const char *why)
{
	plk_writer_str(out, why);
	plk_writer_str(out, "\n");
	return false;
}

static bool
worker_serves(struct plk_writer *out)
{
	return worker_settle() || refuse(out, "no worker serves now (see the log); try again");
}

static bool
text_refuse(struct plk_writer *out, struct plk_span text, enum plk_err err, size_t at)
{
	plk_writer_str(out, "'");
	plk_writer_escaped(out, text, PLK_LABEL_MAX);
	plk_writer_str(out, "': ");
	plk_writer_str(out, plk_err_text(err));
	plk_writer_str(out, " at byte ");
	plk_writer_dec(out, at);
	plk_writer_str(out, "\n");
	return false;
}

static uint32_t
slots_used(void)
{
	uint32_t n = 0;

	for (size_t i = 0; i < PLK_CLIENTS_MAX; i++)
		n += front.clients[i].used;
	return n;
}

/* For one port more beside @n that will be there, and a client of it. */
static bool
has_room(size_t n, struct plk_writer *out)
{
	char text[64];

	if (slots_used() >= front.cmdline.clients) {
		(void)snprintf(text, sizeof text, "no room: %u of %u client slots are taken",
			       front.cmdline.clients, front.cmdline.clients);
		return refuse(out, text);
	}
	if (n >= PLK_PORTS_MAX) {
		(void)snprintf(text, sizeof text, "no room: %zu of %d remotes are there", n,
			       PLK_PORTS_MAX);
		return refuse(out, text);
	}
	return true;
}

/* The port that cannot be there beside @port. */
static const struct front_port *
clash_find(const struct plk_port *port)
{
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (plk_policy_clash(&p->port, port))
			return p;
	}
	return NULL;
}

static bool
port_add(const struct plk_port *port, struct plk_writer *out)
{
	struct front_port *p = plk_port_new(port, PLK_ORIGIN_CONTROL);

	if (!port_open(p, out)) {
		plk_writer_str(out, "\n");
		port_free(p);
		return false;
	}
	port_begin(p);
	plk_link_adjust();
	said(p, "remote added");
	port_connect(p);
	return true;
}

static bool
add(const struct plk_port *port, struct plk_span canon, struct plk_writer *out)
{
	struct front_port *parked = port_find(canon, true);
	const struct front_port *other;

	if (port_find(canon, false))
		return refuse(out, "there is such a remote already");
	if (!worker_serves(out))
		return false;
	if (parked) {
		port_unpark(parked);
		plk_link_adjust();
		return true;
	}
	other = clash_find(port);
	if (other) {
		plk_writer_str(out, "another port has this remote: ");
		plk_writer_str(out, other->label);
		return refuse(out, "");
	}
	return has_room(front.n_ports, out) && port_add(port, out);
}

bool
plk_command_add_remote(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	static uint8_t text[PLK_PORT_TEXT_MAX];
	struct plk_span canon = {text, 0};
	struct plk_policy policy = {.origin = PLK_ORIGIN_CONTROL,
				    .directories = &front.directories};
	struct plk_port port;
	size_t at = 0;
	enum plk_err err = plk_port_parse(params[0], &port, &at);

	(void)n;
	if (err == PLK_OK)
		err = plk_port_encode(&port, (struct plk_mspan){text, sizeof text}, &canon.n);
	if (err != PLK_OK)
		return text_refuse(out, params[0], err, at);
	policy.is_parked = port_find(canon, true) != NULL;
	err = plk_policy_check(&port.remote, &policy);
	if (err != PLK_OK) {
		plk_policy_reason(err, &port.remote, out);
		return refuse(out, "");
	}
	return add(&port, canon, out);
}

/* By the whole PORT-SPEC, or by the remote if that is enough. */
static struct front_port *
removed_find(struct plk_span text, size_t *n_found)
{
	static uint8_t canon_text[PLK_PORT_TEXT_MAX];
	struct plk_span canon = {canon_text, 0};
	struct front_port *found = NULL;
	struct plk_port port;
	struct plk_remote remote;
	size_t at;

	*n_found = 0;
	if (plk_port_parse(text, &port, &at) == PLK_OK &&
	    plk_port_encode(&port, (struct plk_mspan){canon_text, sizeof canon_text}, &canon.n) ==
		    PLK_OK) {
		found = port_find(canon, false);
		*n_found = found ? 1 : 0;
		return found;
	}
	if (plk_remote_parse(text, &remote, &at) != PLK_OK)
		return NULL;
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (p->state == PLK_PORT_PARKED || !is_same_remote(&p->port.remote, &remote))
			continue;
		found = p;
		++*n_found;
	}
	return found;
}

bool
plk_command_remove_remote(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	size_t n_found;

	(void)n;
	(void)removed_find(params[0], &n_found);
	if (n_found == 0)
		return refuse(out, "no such remote");
	if (n_found > 1)
		return refuse(out, "several ports have this remote; give the whole PORT-SPEC "
				   "(list-remotes)");
	if (!worker_serves(out))
		return false;
	port_remove(removed_find(params[0], &n_found));
	plk_link_adjust();
	return true;
}

/* ---- reload ---- */

/* What becomes of a line of the file. */
struct line_fate {
	struct front_port *
		port; /* that is there already: as it is, or with other keys; or the one that is made */
	bool is_new;
	bool is_changed;
};

static const struct plk_remotesfile *wanted;
static struct line_fate fates[PLK_PORTS_MAX];

static const struct plk_remotesfile_line *
line_of(const struct line_fate *fate)
{
	return &wanted->lines[fate - fates];
}

/* The column of the path or port number that the world says no to. */
static size_t
made_column(struct plk_span text, const struct plk_remote *remote)
{
	return plk_port_remote_at(text) +
	       strlen(remote->kind == PLK_REMOTE_PUNIX ? "punix:" : "ptcp:") + 1;
}

static bool
file_read(struct plk_writer *out)
{
	if (!front.cmdline.has_remotes_file)
		return refuse(out, "there is no remotes file (start with --remotes-file=PATH)");
	wanted = plk_remotes_load(&front.directories, out);
	return wanted || refuse(out, "");
}

static void
line_place(const struct line_fate *fate, size_t column, struct plk_writer *out)
{
	plk_remotes_place(line_of(fate)->number, column, line_of(fate)->text, out);
}

/* A listener of the file may stay, with other keys; any other cannot have two ports. */
static bool
fate_find(struct line_fate *fate, struct plk_writer *out)
{
	const struct plk_port *port = &line_of(fate)->port;

	*fate = (struct line_fate){.is_new = true};
	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (p->state != PLK_PORT_OPEN || !plk_policy_clash(&p->port, port))
			continue;
		*fate = (struct line_fate){.port = p,
					   .is_changed = memcmp(&p->port, port, sizeof *port) != 0};
		if (p->origin == PLK_ORIGIN_FILE)
			return true;
		if (p->origin == PLK_ORIGIN_CONTROL && !fate->is_changed)
			return true; /* the file's from now on */
		line_place(fate, plk_port_remote_at(line_of(fate)->text) + 1, out);
		plk_writer_str(out, "another port has this remote: ");
		plk_writer_str(out, p->label);
		return refuse(out, "");
	}
	return true;
}

/* Those that go are there until those that come are open. */
static bool
all_fit(struct plk_writer *out)
{
	const struct plk_writer before = *out;
	size_t n = front.n_ports;

	for (size_t i = 0; i < wanted->n; i++) {
		if (!fates[i].is_new)
			continue;
		line_place(&fates[i], 1, out);
		if (!has_room(n++, out))
			return false;
		*out = before; /* there is nothing to say */
	}
	return true;
}

static bool
fates_find(struct plk_writer *out)
{
	for (size_t i = 0; i < wanted->n; i++) {
		if (!fate_find(&fates[i], out))
			return false;
	}
	return all_fit(out);
}

static bool
is_listed(const struct front_port *p)
{
	for (size_t i = 0; i < wanted->n; i++) {
		if (fates[i].port == p)
			return true;
	}
	return false;
}

static bool
new_open(struct line_fate *fate, struct plk_writer *out)
{
	const struct plk_remotesfile_line *line = line_of(fate);
	const struct plk_writer before = *out;

	line_place(fate, made_column(line->text, &line->port.remote), out);
	fate->port = plk_port_new(&line->port, PLK_ORIGIN_FILE);
	if (port_open(fate->port, out)) {
		*out = before; /* there is nothing to say */
		return true;
	}
	port_free(fate->port);
	fate->port = NULL;
	return refuse(out, "");
}

/* All that is new is opened before anything else is touched. */
static bool
all_open(struct plk_writer *out)
{
	for (size_t i = 0; i < wanted->n; i++) {
		if (!fates[i].is_new || new_open(&fates[i], out))
			continue;
		while (i-- > 0) {
			if (!fates[i].is_new)
				continue;
			broker_forget(fates[i].port);
			port_free(fates[i].port);
		}
		return false;
	}
	return true;
}

/* The listener stays; clients of other keys go. */
static void
port_change(struct front_port *p, const struct plk_port *port)
{
	said(p, "remote changes");
	port_end(p);
	port_set(p, port, PLK_ORIGIN_FILE);
	plk_books_begin(&front.books, front.page, plk_port_index(p));
	p->is_told = false;
	p->n_lost = 0;
	p->begun_ms = plk_now_ms();
	port_begin(p);
}

/* Nothing of it can fail. */
static void
fates_apply(void)
{
	size_t n_removed = 0;
	size_t n_changed = 0;
	size_t n_new = 0;

	for (struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (p->origin == PLK_ORIGIN_FILE && !is_listed(p)) {
			port_remove(p);
			n_removed++;
		}
	}
	for (size_t i = 0; i < wanted->n; i++) {
		n_changed += fates[i].is_changed;
		n_new += fates[i].is_new;
		fates[i].port->origin = PLK_ORIGIN_FILE;
		if (fates[i].is_changed)
			port_change(fates[i].port, &wanted->lines[i].port);
		else if (fates[i].is_new)
			port_begin(fates[i].port);
	}
	plk_link_adjust();
	for (size_t i = 0; i < wanted->n; i++) {
		if (fates[i].is_new)
			port_connect(fates[i].port);
	}
	plk_log(PLK_LOG_LINE_INFO, "reloaded added=%zu changed=%zu removed=%zu remotes=%zu", n_new,
		n_changed, n_removed, front.n_ports);
}

bool
plk_ports_reload(struct plk_writer *why)
{
	if (!worker_serves(why) || !file_read(why) || !fates_find(why) || !all_open(why))
		return false;
	fates_apply();
	return true;
}

bool
plk_command_reload(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	(void)params;
	(void)n;
	return plk_ports_reload(out);
}

/* ---- list-remotes ---- */

const char *
plk_port_state(const struct front_port *p)
{
	if (p->state == PLK_PORT_PARKED)
		return "parked";
	if (plk_remote_is_passive(&p->port.remote))
		return "listening";
	if (p->since_ms != 0)
		return "connected";
	return p->connecting >= 0 || p->is_asked ? "connecting" : "waiting";
}

uint32_t
plk_port_clients(const struct front_port *p)
{
	uint32_t n = 0;

	for (size_t i = 0; i < PLK_CLIENTS_MAX; i++)
		n += front.clients[i].used && front.clients[i].admitted &&
		     front.clients[i].port == plk_port_index(p);
	return n;
}

const char *
plk_port_origin(const struct front_port *p)
{
	static const char *const words[PLK_ORIGINS] = {
		[PLK_ORIGIN_CMDLINE] = "cmdline",
		[PLK_ORIGIN_FILE] = "file",
		[PLK_ORIGIN_CONTROL] = "control",
	};

	return words[p->origin];
}

static void
port_put(const struct front_port *p, struct plk_writer *out)
{
	char address[PLK_PEER_TEXT_MAX];

	plk_writer_span(out, p->canon);
	plk_writer_str(out, " origin=");
	plk_writer_str(out, plk_port_origin(p));
	plk_writer_str(out, " state=");
	plk_writer_str(out, plk_port_state(p));
	plk_writer_str(out, " clients=");
	plk_writer_dec(out, plk_port_clients(p));
	address[0] = '\0';
	if (p->listener >= 0)
		plk_address_text(p->listener, address);
	if (address[0]) {
		plk_writer_str(out, " address=");
		plk_writer_str(out, address);
	}
	plk_writer_str(out, "\n");
}

static int
canon_compare(struct plk_span a, struct plk_span b)
{
	const int order = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return order != 0 ? order : a.n < b.n ? -1 : a.n > b.n;
}

/* By their text, and by their number where that is the same. */
static bool
is_before(const struct front_port *a, const struct front_port *b)
{
	const int order = canon_compare(a->canon, b->canon);

	return order < 0 || (order == 0 && a < b);
}

/* The first in the order of their texts that comes after @last. */
static const struct front_port *
sorted_next(const struct front_port *last)
{
	const struct front_port *next = NULL;

	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if ((!last || is_before(last, p)) && (!next || is_before(p, next)))
			next = p;
	}
	return next;
}

bool
plk_command_list_remotes(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	(void)params;
	(void)n;
	for (const struct front_port *p = sorted_next(NULL); p; p = sorted_next(p))
		port_put(p, out);
	return true;
}

/* ---- status ---- */

bool
plk_command_status(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	struct plk_msg flow = {.type = PLK_MSG_FLOW};

	if (n == 0) {
		plk_writer_str(out, front.is_off ? "off\n" : "on\n");
		return true;
	}
	flow.u.flow.on = is_same(params[0], plk_span_str("on"));
	if (!flow.u.flow.on && !is_same(params[0], plk_span_str("off")))
		return plk_words_refuse(params[0], out, " is not a status (on or off)\n");
	if (!worker_serves(out))
		return false;
	front.is_off = !flow.u.flow.on;
	plk_front_send(front.worker.fd, &flow, -1);
	worker_catch_up();
	return true;
}
