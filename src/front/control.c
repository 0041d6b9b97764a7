/* SPDX-License-Identifier: BSD-2-Clause */
#include "front/control.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/writer.h"
#include "front/commands.h"
#include "front/front.h"
#include "front/jsonrpc.h"
#include "os/clock.h"
#include "os/fd.h"
#include "text/json.h"
#include "text/words.h"

#define TIME_MS (PLK_CONTROL_TIME_S * 1000)
#define BURST_NS ((uint64_t)800000000) /* 25 ms of work */
#define DEBT_NS ((uint64_t)1000000000) /* at most; nobody waits longer */
#define RETRY_MS 1000
#define ACCEPTS 1024   /* a turn: who waits behind a crowd shall not wait for long */
#define LOGGED_MAX 250 /* bytes of a client's text in the log */

static const char long_answer[] = "answer is too long\n";
static const char more[] = "...\n";

/** enum state - what a connection is about; FREE is none */
enum state {
	FREE,
	READS,  /* until there is a whole request */
	READY,  /* a request waits for its turn */
	RUNS,   /* it runs */
	WRITES, /* until the answer is taken */
};

/** struct room - a connection's buffers: what it sent, and what is left of an answer that is not long */
struct room {
	uint8_t in[PLK_CONTROL_MESSAGE_MAX];
	uint8_t small[PLK_CONTROL_MESSAGE_MAX];
};

struct answer {
	bool is_held;
	uint8_t *bytes; /* PLK_CONTROL_ANSWER_MAX of them */
};

/** enum account - who pays: who comes, root and the service user, others who may. None pays for another. */
enum account { NEWCOMERS, OURS, OTHERS, ACCOUNTS };

/** struct connection - a client
 * @is_over:   it sends no more
 * @waits:     its request needs an answer buffer, and there was none
 * @served:    when it had its last turn; counts all turns
 * @begun_ms:  when the request, or the answer, began; 0 if neither has
 * @idle_ms:   when it had its last answer, or came
 * @at:        in its room: where the next request begins
 * @n:         in its room: bytes that were read
 * @n_message: bytes of the request that is READY or RUNS
 * @held:      has what is left of the answer; NULL if that is in its room
 * @left:      what is left of it
 */
struct connection {
	enum state state;
	bool is_over;
	bool waits;
	uint64_t served;
	uint64_t begun_ms;
	uint64_t idle_ms;
	int fd;
	struct plk_watch watch;
	struct plk_peer_id peer;
	struct plk_json_scan scan;
	size_t at;
	size_t n;
	size_t n_message;
	struct answer *held;
	struct plk_span left;
	struct room *room;
};

/* of a change's answer, whatever it says */
#define CHANGE_BYTES ((PLK_CONTROL_CHANGE_MAX)*PLK_JSON_BYTE_MAX + PLK_CONTROL_ID_MAX + 64)
_Static_assert(CHANGE_BYTES <= PLK_CONTROL_MESSAGE_MAX,
	       "the connection's own buffer has room for it");
_Static_assert(PLK_CONTROL_TEXT_MAX * 2 <= PLK_CONTROL_ANSWER_MAX,
	       "lines of ASCII fit, but for their id");

/** struct control - all of it
 * @is_dirty:   something happened since plk_control_work() looked
 * @paid_ns:    when what was done for each is paid for
 * @turns:      of all connections
 * @accepts_ms: when it is worth trying again to let somebody in
 * @error:      why nobody could be, the last time; logged already
 */
static struct control {
	int listener;
	struct plk_watch watch;
	struct plk_timer timer;
	const struct plk_control_access *access;
	bool is_dirty;
	bool exits;
	uint64_t paid_ns[ACCOUNTS];
	uint64_t turns;
	uint64_t accepts_ms;
	int error;
	struct connection connections[PLK_CONTROL_CONNECTIONS];
	struct answer answers[PLK_CONTROL_ANSWERS];
} control;

/* What is large. One request runs at a time. */
static struct room rooms[PLK_CONTROL_CONNECTIONS];
static uint8_t answers[PLK_CONTROL_ANSWERS][PLK_CONTROL_ANSWER_MAX];
static uint8_t text_bytes[PLK_CONTROL_TEXT_MAX];
static struct plk_request request;

/* ---- time ---- */

/* What began when we had used @used_ns is done, and costs. Time in which we wait, or others run, is not its. */
static void
charge(enum account account, uint64_t used_ns)
{
	uint64_t *paid_ns = &control.paid_ns[account];
	const uint64_t now_ns = plk_now_ns();

	if (*paid_ns + BURST_NS < now_ns)
		*paid_ns = now_ns - BURST_NS;
	*paid_ns += (plk_used_ns() - used_ns) * PLK_CONTROL_SHARE;
	if (*paid_ns > now_ns + DEBT_NS)
		*paid_ns = now_ns + DEBT_NS;
	control.is_dirty = true;
}

static bool
is_paid(enum account account)
{
	return control.paid_ns[account] <= plk_now_ns();
}

/* Somebody else may be nobody, too. */
static bool
is_ours(const struct plk_peer_id *peer)
{
	return peer->uid == 0 || (peer->uid == front.uid && !front.is_nobody);
}

static enum account
account_of(const struct connection *c)
{
	return is_ours(&c->peer) ? OURS : OTHERS;
}

/* ---- connections ---- */

static void
answer_release(struct connection *c)
{
	if (!c->held)
		return;
	c->held->is_held = false;
	c->held = NULL;
	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++)
		control.connections[i].waits = false;
}

static void
connection_close(struct connection *c)
{
	plk_watch_remove(&front.loop, &c->watch);
	plk_fd_close(&c->fd);
	answer_release(c);
	c->state = FREE;
	control.is_dirty = true;
}

static void
end_log(const char *what, const struct plk_peer_id *peer, enum plk_control_end end)
{
	if (plk_lines_may(PLK_LINES_CONTROL, end))
		plk_log(PLK_LOG_LINE_WARNING, "control client %s uid=%u pid=%d reason=%s", what,
			peer->uid, peer->pid, plk_words_control(end));
}

static void
connection_drop(struct connection *c, enum plk_control_end end)
{
	end_log("closed", &c->peer, end);
	connection_close(c);
}

/* ---- reading ---- */

/* What was read is moved to the front: so a whole request fits behind it. */
static void
input_compact(struct connection *c)
{
	if (c->at > 0)
		memmove(c->room->in, c->room->in + c->at, c->n - c->at);
	c->n -= c->at;
	c->at = 0;
}

/* Nothing of a request is there. */
static void
input_none(struct connection *c)
{
	c->at = 0;
	c->n = 0;
	c->begun_ms = 0;
	if (c->is_over)
		connection_close(c);
}

static void
input_partial(struct connection *c)
{
	input_compact(c);
	if (c->begun_ms == 0)
		c->begun_ms = plk_now_ms();
	if (c->is_over)
		connection_drop(c, PLK_CONTROL_CUT);
}

static void
input_look(struct connection *c)
{
	struct plk_span in = {c->room->in + c->at, c->n - c->at};
	size_t n_blanks = c->scan.at == 0 ? plk_json_blank(in) : 0;

	c->at += n_blanks;
	in = (struct plk_span){in.p + n_blanks, in.n - n_blanks};
	if (in.n == 0) {
		input_none(c);
		return;
	}
	switch (plk_json_scan(&c->scan, in, &c->n_message)) {
	case PLK_OK:
		c->state = READY;
		c->begun_ms = 0;
		break;
	case PLK_E_SHORT:
		input_partial(c);
		break;
	case PLK_E_LIMIT:
		connection_drop(c, PLK_CONTROL_TOO_LONG);
		break;
	default:
		connection_drop(c, PLK_CONTROL_MALFORMED);
	}
}

static void
input_read(struct connection *c)
{
	ssize_t n;

	/* #syscalls:control recvfrom[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX,3=MSG_DONTWAIT|MSG_NOSIGNAL,4=0,5=0] (a control client; no packet socket takes that flag) */
	n = recv(c->fd, c->room->in + c->n, sizeof c->room->in - c->n, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		connection_close(c);
		return;
	}
	c->is_over = n == 0;
	c->n += (size_t)n;
	input_look(c);
}

/* ---- writing ---- */

/* The answer is gone: the next request, which may be there. */
static void
answer_done(struct connection *c)
{
	answer_release(c);
	c->state = READS;
	c->begun_ms = 0;
	c->idle_ms = plk_now_ms();
	input_look(c);
}

/* Return: whether the client is still there. */
static bool
answer_send(struct connection *c)
{
	while (c->left.n > 0) {
		/* #syscalls:control sendto[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX,3=MSG_NOSIGNAL|MSG_DONTWAIT,4=0,5=0] (an answer to a control client) */
		ssize_t n = send(c->fd, c->left.p, c->left.n, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return true;
		if (n < 0) {
			connection_close(c);
			return false;
		}
		c->left = (struct plk_span){c->left.p + n, c->left.n - (size_t)n};
	}
	return true;
}

/* ---- callbacks ---- */

static void
connection_ready(void *ctx, uint32_t events)
{
	const uint64_t used_ns = plk_used_ns();
	struct connection *c = ctx;

	(void)events;
	if (c->state == READS)
		input_read(c);
	else if (c->state == WRITES && answer_send(c) && c->left.n == 0)
		answer_done(c);
	else if (c->state !=
		 WRITES) /* its turn has not come: plk_control_work() will wait for it again */
		plk_watch_remove(&front.loop, &c->watch);
	charge(account_of(c), used_ns);
}

static bool
is_late(const struct connection *c, uint64_t now_ms)
{
	return (c->state == READS || c->state == WRITES) && c->begun_ms != 0 &&
	       now_ms - c->begun_ms >= TIME_MS;
}

static void
timer_due(void *ctx)
{
	const uint64_t now_ms = plk_now_ms();

	(void)ctx;
	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		struct connection *c = &control.connections[i];

		if (is_late(c, now_ms))
			connection_drop(c, c->state == READS ? PLK_CONTROL_SLOW_REQUEST
							     : PLK_CONTROL_SLOW_ANSWER);
	}
	control.is_dirty = true;
}

/* ---- who comes ---- */

/* When a user had his last turn, with any of his connections. */
static uint64_t
user_served(uint32_t uid)
{
	uint64_t served = 0;

	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		const struct connection *c = &control.connections[i];

		if (c->peer.uid == uid && c->served > served)
			served = c->served;
	}
	return served;
}

static bool
may_control(const struct plk_peer_id *peer, int fd)
{
	const struct plk_control_access *access = control.access;

	return peer->is_unix &&
	       (is_ours(peer) || plk_front_is_listed(peer, fd, access->uids, access->n_uids,
						     access->gids, access->n_gids));
}

/* The connection that has not begun a request for longest, if that is long; NULL if there is none. */
static struct connection *
idle_find(uint64_t now_ms)
{
	struct connection *found = NULL;

	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		struct connection *c = &control.connections[i];

		if (c->state == READS && c->begun_ms == 0 && now_ms - c->idle_ms >= TIME_MS &&
		    (!found || c->idle_ms < found->idle_ms))
			found = c;
	}
	return found;
}

/* NULL if there is no room. */
static struct connection *
room_find(const struct plk_peer_id *peer)
{
	struct connection *found = NULL;
	size_t n_free = 0;

	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		if (control.connections[i].state == FREE) {
			found = &control.connections[i];
			n_free++;
		}
	}
	if (n_free > (is_ours(peer) ? 0 : PLK_CONTROL_RESERVED))
		return found;
	found = idle_find(plk_now_ms());
	if (found)
		connection_drop(found, PLK_CONTROL_IDLE);
	return found;
}

/* Takes the descriptor over, if there is a place for it. */
static void
connection_enter(int *fd)
{
	struct plk_peer_id peer;
	struct connection *c;

	if (plk_peer_identify(*fd, &peer) < 0)
		return;
	if (!may_control(&peer, *fd)) {
		end_log("refused", &peer, PLK_CONTROL_NOT_ALLOWED);
		return;
	}
	c = room_find(&peer);
	if (!c) {
		end_log("refused", &peer, PLK_CONTROL_TOO_MANY);
		return;
	}
	c->served = user_served(peer.uid);
	c->state = READS;
	c->is_over = false;
	c->waits = false;
	c->begun_ms = 0;
	c->idle_ms = plk_now_ms();
	c->fd = plk_fd_take(fd);
	c->peer = peer;
	c->scan = (struct plk_json_scan){0};
	c->at = 0;
	c->n = 0;
}

static bool
is_passing(int error)
{
	return error == EAGAIN || error == ECONNABORTED || error == EINTR;
}

/* Nobody could be let in, and whatever the reason, a listener that stays ready must not keep us busy: one that another holder has shut
 * down says EAGAIN and hangs up, for ever. */
static void
accept_failed(int error, uint32_t events)
{
	if (is_passing(error) && !(events & (EPOLLHUP | EPOLLERR)))
		return;
	if (error == EAGAIN)
		error = ESHUTDOWN;
	if (error != control.error)
		plk_log(PLK_LOG_LINE_WARNING,
			"cannot accept control clients: %s; trying again each second",
			plk_words_error((uint64_t)error));
	control.error = error;
	control.accepts_ms = plk_now_ms() + RETRY_MS;
	plk_watch_remove(&front.loop, &control.watch);
}

/* Of a listener that was inherited one a turn: another holder may have made it wait for the next, and be there first. Of ours as many as
 * there are, for whom we need not wait, whatever the broker has made. */
static void
listener_ready(void *ctx, uint32_t events)
{
	const uint64_t used_ns = plk_used_ns();

	(void)ctx;
	for (int i = 0; i < (plk_remote_is_inherited(&front.cmdline.control) ? 1 : ACCEPTS); i++) {
		/* #syscalls:control accept4[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX,1=0,2=0,3=SOCK_CLOEXEC|SOCK_NONBLOCK] (a control client) */
		int fd = accept4(control.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0) {
			accept_failed(errno, events);
			break;
		}
		connection_enter(&fd);
		plk_fd_close(&fd);
		if (!plk_fd_is_readable(control.listener))
			break;
	}
	charge(NEWCOMERS, used_ns);
}

/* ---- requests ---- */

/* Whose turn it is: of the user who had none for longest, the connection that had none for longest. */
static struct connection *
next_find(void)
{
	struct connection *found = NULL;
	uint64_t found_user = 0;

	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		struct connection *c = &control.connections[i];
		uint64_t user;

		if (c->state != READY || c->waits || !is_paid(account_of(c)))
			continue;
		user = user_served(c->peer.uid);
		if (!found || user < found_user ||
		    (user == found_user && c->served < found->served)) {
			found = c;
			found_user = user;
		}
	}
	return found;
}

/* A client's texts as they may stand in a line. */
static void
params_print(char *out, size_t n)
{
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)out, n});
	for (size_t i = 0; i < request.n_params && i < PLK_CONTROL_PARAMS_MAX; i++) {
		plk_writer_str(&w, " '");
		plk_writer_word(&w, request.params[i], LOGGED_MAX);
		plk_writer_char(&w, '\'');
	}
	plk_writer_cstr(&w);
}

/* Whether the word that ends in @text is one of those that our keys are of. */
static bool
ends_in_key(struct plk_span text)
{
	size_t n = text.n;

	while (n > 0 && ((text.p[n - 1] >= 'a' && text.p[n - 1] <= 'z') || text.p[n - 1] == '_'))
		n--;
	return n < text.n && (n == 0 || text.p[n - 1] == ' ');
}

/*
 * The reason of a refusal, without its newline. It is printable, but for a name that a client quoted himself; what is in it of him
 * shall not look like KEY=VALUE of ours.
 */
static void
reason_print(struct plk_span text, char *out, size_t n)
{
	struct plk_writer w;

	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)out, n});
	for (size_t i = 0; i < text.n && i < LOGGED_MAX; i++) {
		const uint8_t byte = text.p[i];

		if (byte == '=' && ends_in_key((struct plk_span){text.p, i}))
			plk_writer_str(&w, "\\x3d");
		else if (byte == '\'' || byte == '\\')
			plk_writer_char(&w, (char)byte);
		else
			plk_writer_escaped(&w, (struct plk_span){&byte, 1}, 1);
	}
	if (text.n > LOGGED_MAX)
		plk_writer_str(&w, "...");
	plk_writer_cstr(&w);
}

static void
change_log(const struct connection *c, const struct plk_command_row *row, bool done,
	   struct plk_span text)
{
	char params[1200];
	char reason[1200];

	if (!plk_lines_may(done ? PLK_LINES_CHANGED : PLK_LINES_NOT_CHANGED,
			   plk_command_number(row)))
		return;
	params_print(params, sizeof params);
	reason_print(text, reason, sizeof reason);
	plk_log(done ? PLK_LOG_LINE_INFO : PLK_LOG_LINE_WARNING,
		"control uid=%u pid=%d command=%s%s %s%s", c->peer.uid, c->peer.pid, row->name,
		params, done ? "done" : "refused: ", done ? "" : reason);
}

/* A command that may have parameters and has none only asks. */
static bool
is_change(const struct plk_command_row *row)
{
	return row->is_change && (request.n_params > 0 || row->max_args == 0);
}

/* There was no room for all of it. What was changed is changed, and part of what was said of it is better than nothing. */
static bool
text_end(struct plk_writer *w, bool done, bool changes)
{
	if (!changes) {
		plk_writer_init(w, w->out);
		plk_writer_str(w, long_answer);
		return false;
	}
	w->full = false;
	w->out.n += sizeof more - 1;
	plk_writer_str(w, more);
	return done;
}

/* Has it done; *text is the result or the error. */
static bool
command_run(struct connection *c, struct plk_span *text)
{
	const struct plk_command_row *row;
	struct plk_writer w;
	bool done = false;

	plk_writer_init(&w, (struct plk_mspan){text_bytes, PLK_CONTROL_CHANGE_MAX});
	row = plk_command_find(&request, &w);
	if (row) {
		if (!row->is_change)
			w.out.n = PLK_CONTROL_TEXT_MAX;
		done = row->run(request.params, request.n_params, &w);
	}
	if (w.full)
		done = text_end(&w, done, row && row->is_change);
	*text = (struct plk_span){text_bytes, w.n};
	if (row && is_change(row))
		change_log(c, row, done, *text);
	return done;
}

static struct answer *
answer_find(void)
{
	size_t i = 0;

	while (control.answers[i].is_held)
		i++;
	return &control.answers[i]; /* one always is: see answer_begin() */
}

static bool
is_last_answer(void)
{
	size_t n_held = 0;

	for (size_t i = 0; i < PLK_CONTROL_ANSWERS; i++)
		n_held += control.answers[i].is_held;
	return n_held == PLK_CONTROL_ANSWERS - 1;
}

/* Sends what can be sent; the rest is kept in the connection's buffer, or in @answer, which it holds then. */
static void
answer_begin(struct connection *c, struct answer *answer, size_t n)
{
	c->left = (struct plk_span){answer->bytes, n};
	c->state = WRITES;
	c->begun_ms = plk_now_ms();
	if (!answer_send(c))
		return;
	if (c->left.n == 0) {
		answer_done(c);
	} else if (c->left.n <= sizeof c->room->small) {
		memcpy(c->room->small, c->left.p, c->left.n);
		c->left.p = c->room->small;
	} else {
		c->held = answer;
		answer->is_held = true;
	}
}

static size_t
answer_print(struct answer *answer, bool done, struct plk_span text)
{
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){answer->bytes, PLK_CONTROL_ANSWER_MAX});
	plk_jsonrpc_answer(&w, &request, done, text);
	if (!w.full)
		return w.n;
	plk_writer_init(&w, w.out);
	plk_jsonrpc_answer(&w, &request, false, plk_span_str(long_answer));
	return w.n;
}

static void
request_run(struct connection *c)
{
	struct answer *answer = answer_find();
	const uint64_t served = c->served;
	struct plk_span text;
	bool done;
	size_t n;

	c->served = ++control.turns;
	if (plk_jsonrpc_parse((struct plk_span){c->room->in + c->at, c->n_message}, &request) !=
	    PLK_OK) {
		connection_drop(c, PLK_CONTROL_MALFORMED);
		return;
	}
	c->state = RUNS;
	done = command_run(c, &text);
	n = answer_print(answer, done, text);
	if (n > sizeof c->room->small && is_last_answer()) {
		c->state = READY;
		c->waits = true;
		c->served = served; /* it had nothing of its turn */
		return;
	}
	c->at += c->n_message;
	c->scan = (struct plk_json_scan){0};
	answer_begin(c, answer, n);
}

static void
exit_order(void)
{
	plk_front_send(front.supervisor.fd, &(const struct plk_msg){.type = PLK_MSG_EXIT}, -1);
}

/* ---- what is waited for ---- */

static int
watch_settle(struct plk_watch *watch, int fd, uint32_t events)
{
	if (watch->fd >= 0 && events != 0)
		return plk_watch_set(&front.loop, watch, events);
	if (fd >= 0 && events != 0)
		return plk_watch_add(&front.loop, watch, fd, events);
	plk_watch_remove(&front.loop, watch);
	return 0;
}

static uint32_t
events_of(const struct connection *c)
{
	if (c->state == READS)
		return EPOLLIN;
	return c->state == WRITES ? EPOLLOUT : 0;
}

/* When plk_control_work() must be called, whatever happens: milliseconds; UINT64_MAX if never. @pays: which accounts had debts. */
static uint64_t
time_left(const bool *pays)
{
	const uint64_t now_ns = plk_now_ns();
	const uint64_t now_ms = now_ns / 1000000;
	uint64_t left = next_find() ? 0 : UINT64_MAX;

	for (size_t i = 0; i < ACCOUNTS; i++) {
		const uint64_t at_ns = control.paid_ns[i];
		/* it may be paid by now */
		const uint64_t debt_ms = at_ns > now_ns ? (at_ns - now_ns) / 1000000 + 1 : 0;

		if (pays[i] && debt_ms < left)
			left = debt_ms;
	}
	if (control.accepts_ms > now_ms && control.accepts_ms - now_ms < left)
		left = control.accepts_ms - now_ms;
	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		const struct connection *c = &control.connections[i];
		uint64_t at;

		if ((c->state != READS && c->state != WRITES) || c->begun_ms == 0)
			continue;
		at = c->begun_ms + TIME_MS;
		if (at <= now_ms)
			return 0;
		if (at - now_ms < left)
			left = at - now_ms;
	}
	return left;
}

static bool
accepts(void)
{
	return !control.exits && plk_now_ms() >= control.accepts_ms;
}

static void
settle(void)
{
	bool pays[ACCOUNTS];
	uint64_t left;

	for (size_t i = 0; i < ACCOUNTS; i++)
		pays[i] = !is_paid((enum account)i);
	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		struct connection *c = &control.connections[i];

		if (watch_settle(&c->watch, c->fd, pays[account_of(c)] ? 0 : events_of(c)) < 0)
			connection_drop(c, PLK_CONTROL_NO_MEMORY);
	}
	left = time_left(pays);
	if (watch_settle(&control.watch, control.listener,
			 pays[NEWCOMERS] || !accepts() ? 0 : EPOLLIN) < 0)
		left = left < RETRY_MS ? left : RETRY_MS;
	if (left == UINT64_MAX)
		plk_timer_stop(&control.timer);
	else
		plk_timer_set(&front.loop, &control.timer, left);
}

size_t
plk_control_count(void)
{
	size_t n = 0;

	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++)
		n += control.connections[i].state != FREE;
	return n;
}

void
plk_control_work(void)
{
	struct connection *c;

	if (!control.is_dirty)
		return;
	c = control.exits ? NULL : next_find();
	if (c) {
		const enum account account = account_of(c);
		const uint64_t used_ns = plk_used_ns();

		request_run(c);
		charge(account, used_ns);
	}
	if (c && control.exits)
		exit_order();
	settle(); /* free: a debt for seeing to debts would never end */
	control.is_dirty = false;
}

void
plk_control_exit(void)
{
	control.exits = true;
}

void
plk_control_init(void)
{
	control = (struct control){
		.listener = -1,
		.watch = {.fd = -1, .call = listener_ready},
		.timer.call = timer_due,
	};
	for (size_t i = 0; i < PLK_CONTROL_ANSWERS; i++)
		control.answers[i].bytes = answers[i];
	for (size_t i = 0; i < PLK_CONTROL_CONNECTIONS; i++) {
		struct connection *c = &control.connections[i];

		c->fd = -1;
		c->room = &rooms[i];
		c->watch = (struct plk_watch){.fd = -1, .call = connection_ready, .ctx = c};
	}
	plk_jsonrpc_init();
}

bool
plk_control_is_there(void)
{
	return true;
}

void
plk_control_open(int listener, const struct plk_control_access *access)
{
	control.listener = listener;
	control.access = access;
	control.is_dirty = true;
}
