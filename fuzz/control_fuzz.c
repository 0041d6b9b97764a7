/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket between clients who do as they like. Loop, clock, sockets and commands are played here.
 *
 *   input = steps; step = u8: bits 0-1 which client, bits 2-4 what:
 *           0 u8 n, n bytes: they are sent;  1 u8: one of the texts below is;  2 u8: so many tenths of a second pass;
 *           3 u8: 256 times so many bytes more of the answers are taken;  4 no more is sent;  5 the client is gone;  others: nothing
 *
 * Clients: root; two connections of a user who may; one who may not.
 *
 * Properties: each client gets what a loop over its bytes would give, one answer to each request, in order, up to what is none, then
 * the end; however the bytes are cut, whatever others do. If time, or the client, ended it before, that has a beginning of it. Each
 * answer is one JSON object of the exact members. Of who may not no byte is read. No more is asked of the kernel than there is room
 * for; a line of the log is a line; nothing is left open, and nothing waits for ever.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "front/commands.h"
#include "front/control.h"
#include "front/front.h"
#include "os/clock.h"
#include "os/fd.h"
#include "text/json.h"
#include "text/words.h"

#include "harness.h"

#define CLIENTS 4
#define STRANGER 3
#define USER 4242
#define LISTENER 50
#define FIRST 100
#define SENT_MAX 262144
#define GOT_MAX 4194304
#define STEPS_MAX 200
#define LONG_LINE "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
#define LONG_BYTES ((sizeof LONG_LINE - 1) * 1400) /* longer than a request */
#define WINDOW 65536
#define TIME_NS ((uint64_t)PLK_CONTROL_TIME_S * 1000000000)

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *n, int flags);
ssize_t __wrap_recv(int fd, void *buffer, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);

struct front front;

struct client {
	uint8_t sent[SENT_MAX];
	size_t n_sent;
	size_t n_read; /* by the daemon */
	uint8_t got[GOT_MAX];
	size_t n_got;
	size_t window; /* so many may be in @got */
	bool ends;
	bool gone;
	bool is_open; /* the daemon's end */
	bool in_queue;
};

static struct client clients[CLIENTS];
static struct plk_watch *watches[FIRST + CLIENTS];
static struct plk_timer *timer;
static uint64_t now_ns;
static uint64_t used_ns;
static uint64_t cost_ns;
static bool hurried; /* time or a client may have ended a connection */

/* ---- what the control socket is told ---- */

uint64_t
plk_now_ns(void)
{
	return now_ns;
}

uint64_t
plk_now_ms(void)
{
	return now_ns / 1000000;
}

uint64_t
plk_used_ns(void)
{
	used_ns += cost_ns;
	return used_ns;
}

int
plk_watch_add(struct plk_loop *loop, struct plk_watch *w, int fd, uint32_t events)
{
	(void)loop;
	CHECK(w->fd < 0 && !watches[fd]);
	w->fd = fd;
	w->events = events;
	watches[fd] = w;
	return 0;
}

int
plk_watch_set(struct plk_loop *loop, struct plk_watch *w, uint32_t events)
{
	(void)loop;
	CHECK(watches[w->fd] == w);
	w->events = events;
	return 0;
}

void
plk_watch_remove(struct plk_loop *loop, struct plk_watch *w)
{
	(void)loop;
	if (w->fd >= 0)
		watches[w->fd] = NULL;
	w->fd = -1;
}

void
plk_timer_set(struct plk_loop *loop, struct plk_timer *t, uint64_t ms)
{
	(void)loop;
	t->at_ms = plk_now_ms() + ms;
	timer = t;
}

void
plk_timer_stop(struct plk_timer *t)
{
	t->at_ms = 0;
}

int
plk_fd_take(int *fd)
{
	const int taken = *fd;

	*fd = -1;
	return taken;
}

void
plk_fd_close(int *fd)
{
	if (*fd < 0)
		return;
	CHECK(*fd >= FIRST && clients[*fd - FIRST].is_open && !watches[*fd]);
	clients[*fd - FIRST].is_open = false;
	*fd = -1;
}

bool
plk_fd_is_readable(int fd)
{
	CHECK(fd == LISTENER);
	for (int i = 0; i < CLIENTS; i++) {
		if (clients[i].in_queue)
			return true;
	}
	return false;
}

int
plk_peer_identify(int fd, struct plk_peer_id *out)
{
	static const uint32_t uids[CLIENTS] = {0, USER, USER, 7};

	*out = (struct plk_peer_id){.is_unix = true, .uid = uids[fd - FIRST], .pid = 1};
	return 0;
}

bool
plk_front_is_listed(const struct plk_peer_id *peer, int fd, const uint32_t *uids, size_t n_uids,
		    const uint32_t *gids, size_t n_gids)
{
	(void)fd;
	(void)gids;
	return n_uids == 1 && n_gids == 0 && peer->uid == uids[0];
}

bool
plk_lines_may(enum plk_lines kind, unsigned reason)
{
	(void)kind;
	(void)reason;
	return true;
}

void
plk_log(enum plk_log level, const char *format, ...)
{
	char line[8192];
	va_list args;
	int n;

	(void)level;
	va_start(args, format);
	n = vsnprintf(line, sizeof line, format, args);
	va_end(args);
	CHECK(n > 0 && (size_t)n < sizeof line);
	for (int i = 0; i < n; i++)
		CHECK(line[i] >= ' ' && line[i] != 0x7f);
}

const char *
plk_words_control(enum plk_control_end end)
{
	(void)end;
	return "reason";
}

const char *
plk_words_error(uint64_t error)
{
	(void)error;
	return "error";
}

int
plk_front_send(int fd, const struct plk_msg *msg, int pass)
{
	(void)fd;
	(void)msg;
	(void)pass;
	CHECK(false); /* nobody can say exit here */
	return 0;
}

int
__wrap_accept4(int fd, struct sockaddr *address, socklen_t *n, int flags)
{
	CHECK(fd == LISTENER && !address && !n && flags == (SOCK_CLOEXEC | SOCK_NONBLOCK));
	for (int i = 0; i < CLIENTS; i++) {
		if (!clients[i].in_queue)
			continue;
		clients[i].in_queue = false;
		clients[i].is_open = true;
		return FIRST + i;
	}
	errno = EAGAIN;
	return -1;
}

ssize_t
__wrap_recv(int fd, void *buffer, size_t n, int flags)
{
	struct client *c = &clients[fd - FIRST];
	const size_t there = c->n_sent - c->n_read;

	CHECK(c->is_open && c != &clients[STRANGER] && n > 0 && (flags & MSG_DONTWAIT) != 0);
	if (c->gone || (there == 0 && !c->ends)) {
		errno = c->gone ? ECONNRESET : EAGAIN;
		return -1;
	}
	n = n < there ? n : there;
	if (n > 0)
		memcpy(buffer, c->sent + c->n_read, n);
	c->n_read += n;
	return (ssize_t)n;
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	struct client *c = &clients[fd - FIRST];
	const size_t room = c->window - c->n_got;

	CHECK(c->is_open && n > 0 && (flags & MSG_DONTWAIT) != 0);
	if (c->gone || room == 0) {
		errno = c->gone ? EPIPE : EAGAIN;
		return -1;
	}
	n = n < room ? n : room;
	memcpy(c->got + c->n_got, p, n);
	c->n_got += n;
	return (ssize_t)n;
}

/* ---- commands ---- */

static bool
echo(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	for (size_t i = 0; i < n; i++) {
		plk_writer_span(out, params[i]);
		plk_writer_char(out, '\n');
	}
	return n < 3;
}

static bool
lengthy(const struct plk_span *params, size_t n, struct plk_writer *out)
{
	(void)params;
	(void)n;
	for (size_t i = 0; i < LONG_BYTES; i += sizeof LONG_LINE - 1)
		plk_writer_str(out, LONG_LINE);
	return true;
}

static const struct plk_command_row rows[] = {
	{"echo", "", 0, PLK_CONTROL_PARAMS_MAX, false, echo},
	{"change", "", 0, PLK_CONTROL_PARAMS_MAX, true, echo},
	{"long", "", 0, 0, false, lengthy},
};

const struct plk_command_row *
plk_command_find(const struct plk_request *request, struct plk_writer *out)
{
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (plk_word_is(request->method, rows[i].name) && request->all_strings &&
		    request->n_params <= rows[i].max_args)
			return &rows[i];
	}
	plk_writer_str(out, "no\n");
	return NULL;
}

unsigned
plk_command_number(const struct plk_command_row *row)
{
	return (unsigned)(row - rows);
}

/* ---- time goes on ---- */

static bool
is_ready(int fd, uint32_t events)
{
	const struct client *c;

	if (fd == LISTENER)
		return (events & EPOLLIN) != 0 && plk_fd_is_readable(fd);
	c = &clients[fd - FIRST];
	return c->gone || ((events & EPOLLIN) != 0 && (c->n_sent > c->n_read || c->ends)) ||
	       ((events & EPOLLOUT) != 0 && c->window > c->n_got);
}

static bool
step(void)
{
	bool happened = false;

	for (int fd = 0; fd < FIRST + CLIENTS; fd++) {
		struct plk_watch *w = watches[fd];

		if (w && is_ready(fd, w->events)) {
			w->call(w->ctx, w->events);
			happened = true;
		}
	}
	if (timer && timer->at_ms != 0 && timer->at_ms <= plk_now_ms()) {
		timer->at_ms = 0;
		timer->call(timer->ctx);
		happened = true;
	}
	plk_control_work();
	return happened;
}

/* Until nothing happens, not even when debts are paid. */
static void
quiet(void)
{
	size_t n = 0;

	for (;;) {
		CHECK(n++ < 1000000);
		if (step())
			continue;
		if (!timer || timer->at_ms == 0 || timer->at_ms > plk_now_ms() + 1100)
			return;
		now_ns = timer->at_ms * 1000000;
	}
}

/* ---- what must come of it ---- */

/* One answer at the front of @s; its bytes. */
static size_t
answer_check(struct plk_span s)
{
	static const char *const ends[] = {",\"result\":\"", ",\"error\":\""};
	struct plk_json_scan scan = {0};
	size_t at = 6;
	size_t n = 0;
	bool done = false;

	CHECK(s.n > 6 && memcmp(s.p, "{\"id\":", 6) == 0);
	/* the id ends where one of these stands outside of its strings and brackets: as the first member of an object does it */
	for (unsigned depth = 0, in_string = 0; depth > 0 || in_string || s.p[at] != ','; at++) {
		CHECK(at + 1 < s.n && at < PLK_CONTROL_ID_MAX + 6);
		if (in_string && s.p[at] == '\\')
			at++;
		else if (s.p[at] == '"')
			in_string = !in_string;
		else if (!in_string && (s.p[at] == '[' || s.p[at] == '{'))
			depth++;
		else if (!in_string && (s.p[at] == ']' || s.p[at] == '}'))
			depth--;
	}
	done = s.n - at > 11 && memcmp(s.p + at, ends[0], 11) == 0;
	CHECK(done || (s.n - at > 10 && memcmp(s.p + at, ends[1], 10) == 0));
	for (at += done ? 11 : 10; s.p[at] != '"'; at++) {
		CHECK(at + 1 < s.n && s.p[at] >= ' ' && s.p[at] != 0x7f);
		at += s.p[at] == '\\';
	}
	CHECK(s.n - at > (done ? 14 : 1) &&
	      memcmp(s.p + at, done ? "\",\"error\":null}" : "\"}", done ? 15 : 2) == 0);
	at += done ? 15 : 2;
	if (at <= PLK_CONTROL_MESSAGE_MAX)
		CHECK(plk_json_scan(&scan, (struct plk_span){s.p, at}, &n) == PLK_OK && n == at);
	return at;
}

static struct plk_request request;
static uint8_t text[LONG_BYTES + 1];

static void
request_answer(struct plk_writer *out)
{
	struct plk_writer w;
	const struct plk_command_row *row;
	bool done = false;

	plk_writer_init(&w, (struct plk_mspan){text, PLK_CONTROL_CHANGE_MAX});
	row = plk_command_find(&request, &w);
	if (row && !row->is_change)
		w.out.n = sizeof text;
	if (row)
		done = row->run(request.params, request.n_params, &w);
	if (w.full && row && row->is_change) {
		w.full = false;
		w.out.n += 4;
		plk_writer_str(&w, "...\n");
	}
	CHECK(!w.full);
	plk_jsonrpc_answer(out, &request, done, (struct plk_span){text, w.n});
}

/* What a client gets that sent this, and whether it is closed. */
static bool
expect(const struct client *c, struct plk_writer *out)
{
	struct plk_span in = {c->sent, c->n_sent};

	for (;;) {
		struct plk_json_scan scan = {0};
		enum plk_err err;
		size_t n;

		in = tail_of(in, plk_json_blank(in));
		if (in.n == 0)
			return c->ends;
		err = plk_json_scan(&scan, in, &n);
		if (err == PLK_E_SHORT)
			return c->ends;
		if (err != PLK_OK ||
		    plk_jsonrpc_parse((struct plk_span){in.p, n}, &request) != PLK_OK)
			return true;
		request_answer(out);
		in = tail_of(in, n);
	}
}

static void
client_check(const struct client *c)
{
	static uint8_t wanted[GOT_MAX];
	struct plk_span got = {c->got, c->n_got};
	struct plk_writer w;
	bool ends;

	plk_writer_init(&w, (struct plk_mspan){wanted, sizeof wanted});
	ends = expect(c, &w);
	CHECK(c->n_got <= w.n && memcmp(c->got, wanted, c->n_got) == 0);
	if (!hurried) {
		CHECK(c->n_got == w.n && c->is_open == !ends);
		while (got.n > 0)
			got = tail_of(got, answer_check(got));
	}
}

/* ---- steps ---- */

static const char *const texts[] = {
	"{\"id\":0,\"method\":\"echo\",\"params\":[]}",
	"{\"id\":1,\"method\":\"echo\",\"params\":[\"a b\",\"\\\"q\\\"\\u00e9\\u001b\"]}",
	"{\"id\":[2],\"method\":\"echo\",\"params\":[\"a\",\"b\",\"c\"]}",
	"{\"id\":\"3\",\"method\":\"change\",\"params\":[\"x=y\\n\"]}",
	"{\"id\":4,\"method\":\"long\",\"params\":[]}",
	"{\"id\":5,\"method\":\"nope\",\"params\":[null]}",
	"{\"id\":6,\"method\":\"echo\",\"params\":[\"",
	"\"]}",
	"{}",
	" \n",
	"[[[[[[[[[[[[[[[[",
	"]]]]]]]]]]]]]]]]",
};

/* What does not fit is not sent, as if the client had not. So much that all answers have room. */
static void
client_send(struct client *c, struct plk_span bytes)
{
	static const size_t answers =
		GOT_MAX / (LONG_BYTES * 2) - 1; /* at most, each for at least 35 bytes */

	if (c->ends || c->gone || c->n_sent + bytes.n > answers * 35)
		return;
	memcpy(c->sent + c->n_sent, bytes.p, bytes.n);
	c->n_sent += bytes.n;
}

static void
step_take(struct plk_span *in)
{
	const uint8_t what = take_u8(in);
	struct client *c = &clients[what & 3];
	size_t n;

	switch (what >> 2 & 7) {
	case 0:
		n = take_u8(in);
		n = n < in->n ? n : in->n;
		client_send(c, (struct plk_span){in->p, n});
		*in = tail_of(*in, n);
		break;
	case 1:
		client_send(c, plk_span_str(texts[take_u8(in) % COUNT(texts)]));
		break;
	case 2:
		now_ns += (uint64_t)take_u8(in) * 100000000;
		break;
	case 3:
		n = (size_t)take_u8(in) * 256;
		c->window = c->window + n < GOT_MAX ? c->window + n : GOT_MAX;
		break;
	case 4:
		c->ends = true;
		break;
	case 5:
		c->gone = true;
		hurried = true;
		break;
	default:
		break;
	}
	quiet();
}

static void
world_begin(void)
{
	static const uint32_t user = USER;
	static const struct plk_control_access access = {.uids = &user, .n_uids = 1};

	memset(watches, 0, sizeof watches);
	timer = NULL;
	now_ns = 1000000000000;
	used_ns = 0;
	hurried = false;
	front.uid = 65534;
	front.is_nobody = true;
	for (size_t i = 0; i < CLIENTS; i++) {
		clients[i].n_sent = clients[i].n_read = clients[i].n_got = 0;
		clients[i].window = WINDOW;
		clients[i].ends = clients[i].gone = clients[i].is_open = false;
		clients[i].in_queue = true;
	}
	plk_control_init();
	plk_control_open(LISTENER, &access);
	quiet();
}

/* Everybody takes everything; then everybody goes. */
static void
world_end(void)
{
	const uint64_t began_ns = now_ns;

	for (size_t i = 0; i < CLIENTS; i++)
		clients[i].window = GOT_MAX;
	quiet();
	hurried =
		hurried || began_ns - 1000000000000 >= TIME_NS || now_ns - 1000000000000 >= TIME_NS;
	CHECK(!clients[STRANGER].is_open && clients[STRANGER].n_read == 0 &&
	      clients[STRANGER].n_got == 0);
	for (size_t i = 0; i < STRANGER; i++)
		client_check(&clients[i]);
	for (size_t i = 0; i < CLIENTS; i++)
		clients[i].gone = true;
	quiet();
	now_ns += 3 * TIME_NS;
	quiet();
	for (size_t i = 0; i < CLIENTS; i++)
		CHECK(!clients[i].is_open);
	CHECK(!timer || timer->at_ms == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};

	cost_ns = size % 2 == 0 ? 5000 : 500000;
	world_begin();
	for (size_t i = 0; i < STEPS_MAX && in.n > 0; i++)
		step_take(&in);
	world_end();
	return 0;
}
