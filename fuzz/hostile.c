/* SPDX-License-Identifier: BSD-2-Clause */
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/channel.h"
#include "sandbox/descriptors.h"

#define WAKES_MAX 2000      /* without a step of ours in between: more is a spin */
#define WAITS_MAX 32        /* after the input: more is a process that does not end */
#define CHANNEL_BYTES 16384 /* send buffer of the process: room for 40 messages */
#define STREAM_BYTES 4608   /* the same of a stream: the kernel's minimum */
#define FOR_EVER_MS 60000   /* what passes while the process would wait for ever */

/* Those of the C library; see --wrap in ld(1). */
int __real_epoll_pwait(int fd, struct epoll_event *events, int max, int timeout,
		       const sigset_t *mask);
int __wrap_epoll_pwait(int fd, struct epoll_event *events, int max, int timeout,
		       const sigset_t *mask);
_Noreturn void __real_exit(int status);
_Noreturn void __wrap_exit(int status);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);

struct hostile hostile;
static struct hostile_things things;

/* ---- descriptors ---- */

/* Out of the numbers of the process. */
static int
lift(int fd)
{
	int ours = fcntl(fd, F_DUPFD_CLOEXEC, HOSTILE_FD);

	CHECK(fd >= 0 && ours >= 0);
	(void)close(fd);
	return ours;
}

static int
ours_keep(int fd)
{
	CHECK(hostile.n_ours < HOSTILE_SOCKETS);
	hostile.ours[hostile.n_ours++] = lift(fd);
	return hostile.ours[hostile.n_ours - 1];
}

static int
pair_make(int type, int bytes)
{
	int pair[2];

	CHECK(socketpair(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	CHECK(bytes == 0 || setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0);
	hostile.streams[hostile.n_streams++] = ours_keep(pair[0]);
	return pair[1];
}

int
hostile_stream(void)
{
	return pair_make(SOCK_STREAM, STREAM_BYTES);
}

static int
pipe_make(void)
{
	int ends[2];

	CHECK(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
	(void)ours_keep(ends[1]);
	return ends[0];
}

/* It blocks: whoever waits at it must see to that himself. */
static int
listen_on(int family)
{
	const struct sockaddr_un autobind = {.sun_family = AF_UNIX};
	const struct sockaddr_in loopback = {.sin_family = AF_INET,
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0);
	if (family == AF_UNIX)
		CHECK(bind(fd, (const struct sockaddr *)&autobind, sizeof autobind.sun_family) ==
		      0);
	else
		CHECK(bind(fd, (const struct sockaddr *)&loopback, sizeof loopback) == 0);
	CHECK(listen(fd, 8) == 0);
	return fd;
}

static int
listener_make(void)
{
	int fd = listen_on(AF_UNIX);

	hostile.listeners[hostile.n_listeners++] = ours_keep(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	return fd;
}

static int
tcp_connect(int listener)
{
	struct sockaddr_in to;
	socklen_t n = sizeof to;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd >= 0 && getsockname(listener, (struct sockaddr *)&to, &n) == 0);
	CHECK(connect(fd, (struct sockaddr *)&to, n) == 0);
	things.accepted = lift(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	return fd;
}

static void
limit_raise(void)
{
	CHECK(getrlimit(RLIMIT_NOFILE, &things.limit) == 0);
	if (things.limit.rlim_cur < 2 * HOSTILE_FD)
		things.limit.rlim_cur = 2 * HOSTILE_FD;
	CHECK(setrlimit(RLIMIT_NOFILE, &things.limit) == 0);
}

/* The memory is one for counters, too: nobody shall touch what is not there. */
static void
things_make(void)
{
	limit_raise();
	things.memory = lift(memfd_create("hostile", MFD_CLOEXEC));
	CHECK(ftruncate(things.memory, PLK_BOOKS_BYTES) == 0);
	for (int i = 0; i < 3; i++) {
		things.standard[i] = fcntl(i, F_DUPFD_CLOEXEC, HOSTILE_FD);
		if (things.standard[i] >= 0)
			continue;
		things.standard[i] = things.memory; /* it was closed */
		CHECK(dup2(things.memory, i) == i);
	}
	things.tcp = lift(listen_on(AF_INET));
	things.connected = lift(tcp_connect(things.tcp));
}

const struct hostile_things *
hostile_things(void)
{
	if (things.memory == 0)
		things_make();
	return &things;
}

/* In @fds, numbers @from to before @to; a closed one gets POLLNVAL. */
static void
look(struct pollfd *fds, int from, int to)
{
	int n;

	for (int i = 0; i < to - from; i++)
		fds[i] = (struct pollfd){.fd = from + i};
	do
		n = poll(fds, (nfds_t)(to - from), 0);
	while (n < 0 && errno == EINTR); /* the fuzzer's clock */
	CHECK(n >= 0);
}

size_t
hostile_n_open(int from, int to)
{
	struct pollfd fds[HOSTILE_FD];
	size_t n = 0;

	look(fds, from, to);
	for (int i = 0; i < to - from; i++)
		n += !(fds[i].revents & POLLNVAL);
	return n;
}

/* What others have open meanwhile (the file of a replay, the pipes of a fuzzer) lies at ours. */
static struct away {
	int was[16];
	int is[16];
	size_t n;
} away;

static void
others_put_away(void)
{
	struct pollfd fds[HOSTILE_FD];

	away.n = 0;
	look(fds, 0, HOSTILE_FD);
	for (int fd = STDERR_FILENO + 1; fd < HOSTILE_FD; fd++) {
		if (fds[fd].revents & POLLNVAL)
			continue;
		CHECK(away.n < COUNT(away.was));
		away.was[away.n] = fd;
		away.is[away.n++] = lift(fd);
	}
}

static void
others_put_back(void)
{
	for (size_t i = 0; i < away.n; i++) {
		CHECK(dup3(away.is[i], away.was[i], O_CLOEXEC) == away.was[i]);
		(void)close(away.is[i]);
	}
}

bool
hostile_is_run(int fd)
{
	return fd > STDERR_FILENO && fd < HOSTILE_FD;
}

int
hostile_copy(void)
{
	int fd = fcntl(things.memory, F_DUPFD_CLOEXEC, 0);

	CHECK(fd >= 0 || hostile.starved);
	return fd >= 0 ? fd : -EMFILE;
}

/* No number is free, or as many as before. */
static void
starve(bool on)
{
	struct rlimit limit = things.limit;
	int free_number = fcntl(things.memory, F_DUPFD_CLOEXEC, 0);

	if (on)
		limit.rlim_cur = (rlim_t)free_number;
	CHECK(!on || free_number >= 0);
	if (free_number >= 0)
		(void)close(free_number);
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	hostile.starved = on;
}

/* Every descriptor that the process opened is in its state; @loose of them are not. */
static void
balance_check(size_t loose)
{
	size_t known = hostile.process->owns();
	size_t open = hostile_n_open(STDERR_FILENO + 1, HOSTILE_FD);

	if (open < known || open - known > loose)
		(void)dprintf(STDERR_FILENO, "%zu descriptors are open, %zu known\n", open, known);
	CHECK(open >= known && open - known <= loose);
}

/* ---- channels ---- */

void
hostile_channel_close(unsigned i)
{
	if (hostile.channels[i].fd >= 0)
		(void)close(hostile.channels[i].fd);
	hostile.channels[i].fd = -1;
}

void
hostile_channel_narrow(int fd)
{
	const int bytes = CHANNEL_BYTES;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) == 0);
}

int
hostile_channel(unsigned i)
{
	int pair[2];

	hostile_channel_close(i);
	CHECK(plk_channel_pair(pair) == 0);
	if (!hostile.is_wide)
		hostile_channel_narrow(pair[1]);
	hostile.channels[i].fd = lift(pair[0]);
	hostile.channels[i].rules = (struct plk_rules){0};
	return pair[1];
}

void
hostile_channel_adopt(unsigned i, int fd)
{
	hostile_channel_close(i);
	if (hostile.starved)
		starve(false); /* a child has numbers of its own */
	hostile.channels[i].fd = fcntl(fd, F_DUPFD_CLOEXEC, HOSTILE_FD);
	hostile.channels[i].rules = (struct plk_rules){0};
	CHECK(hostile.channels[i].fd >= 0);
}

void
hostile_stdin(int fd)
{
	CHECK(dup2(fd, STDIN_FILENO) == STDIN_FILENO);
	(void)close(fd);
}

/* The judgement of the process, once more: over its stage, which is its own. */
static enum plk_err
judge(unsigned channel, struct plk_span bytes, size_t n_fds, struct plk_msg *msg)
{
	struct hostile_channel *c = &hostile.channels[channel];
	enum plk_err err;

	if (bytes.n > PLK_MSG_MAX || n_fds > 4)
		return PLK_E_LIMIT;
	err = plk_msg_parse(bytes, msg);
	if (err != PLK_OK)
		return err;
	return plk_rules_check(&c->rules, c->in, hostile.process->stage(channel), msg->type, n_fds);
}

static ssize_t
datagram_send(int fd, struct plk_span bytes, const int *fds, size_t n_fds)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(5 * sizeof *fds)] = {0};
	struct iovec iov = {.iov_len = bytes.n};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *cmsg = (struct cmsghdr *)(void *)control;

	memcpy(&iov.iov_base, &bytes.p, sizeof iov.iov_base);
	if (n_fds > 0) {
		header.msg_control = control;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof *fds);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof *fds);
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof *fds);
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
hostile_write(int fd, struct plk_span bytes)
{
	hostile.n_sent++;
	(void)datagram_send(fd, bytes, NULL, 0); /* what does not fit is lost */
}

static size_t
fds_make(enum descriptor with, int fds[5])
{
	switch (with) {
	case FD_NONE:
		return 0;
	case FD_STREAM:
		fds[0] = hostile_stream();
		return 1;
	case FD_PIPE:
		fds[0] = pipe_make();
		return 1;
	case FD_MEMORY:
		fds[0] = things.memory;
		return 1;
	case FD_LISTENER:
		fds[0] = listener_make();
		return 1;
	case FD_TCP:
		fds[0] = things.tcp;
		return 1;
	case FD_TWO:
		fds[0] = hostile_stream();
		fds[1] = pipe_make();
		return 2;
	case FD_FIVE:
		for (int i = 0; i < 5; i++)
			fds[i] = things.memory;
		return 5;
	case FD_CONNECTED:
		fds[0] = things.connected;
		return 1;
	case FD_PACKET:
		fds[0] = pair_make(SOCK_DGRAM, 0); /* as it is: frames are long */
		return 1;
	default:
		fds[0] = hostile_channel((unsigned)with - FD_CHANNEL);
		return 1;
	}
}

void
hostile_must_end(int status)
{
	if (!hostile.must_end)
		hostile.must_status = status;
	hostile.must_end = true;
}

int
hostile_refusal_one(unsigned channel, unsigned type)
{
	(void)channel;
	(void)type;
	return 1;
}

int
hostile_refusal_named(unsigned channel, unsigned type)
{
	(void)channel;
	return plk_rules_status(type);
}

static void
refused(unsigned channel, struct plk_span bytes)
{
	hostile.refused = true;
	hostile_must_end(hostile.process->refusal(channel, bytes.n > 0 ? bytes.p[0] : 0));
}

static void
send_bytes(unsigned channel, struct plk_span bytes, enum descriptor with)
{
	struct hostile_channel *c = &hostile.channels[channel];
	struct plk_msg msg;
	int fds[5];
	size_t n_fds;
	enum plk_err err;
	bool lost;

	if (c->fd < 0 || hostile.n_ours > HOSTILE_SOCKETS - 3)
		return;
	n_fds = fds_make(with, fds);
	if (c->fd >= 0 && datagram_send(c->fd, bytes, fds, n_fds) >= 0) {
		hostile.n_sent++;
		lost = hostile.starve && n_fds > 0;
		err = judge(channel, bytes, lost ? 1 : n_fds, &msg);
		hostile.n_fds = n_fds;
		hostile.wrong |= err != PLK_OK;
		if (err == PLK_OK && !lost) /* else it may end, or go on without */
			hostile.process->permitted(channel, &msg);
		if (err != PLK_OK && hostile.process->reads(channel) == READS_NOW)
			refused(channel, bytes);
	}
	for (size_t i = 0; i < n_fds; i++) {
		if (hostile_is_run(fds[i]))
			(void)close(fds[i]);
	}
}

void
hostile_say(unsigned channel, const struct plk_msg *msg, enum descriptor with)
{
	uint8_t bytes[PLK_MSG_MAX];
	struct plk_span out = {bytes, 0};

	CHECK(plk_msg_encode(msg, (struct plk_mspan){bytes, sizeof bytes}, &out.n) == PLK_OK);
	send_bytes(channel, out, with);
}

/* ---- what the process says ---- */

/* Whether it may be said over the channel in some stage: that of the receiver is not known here.
 * Asked for every message, so the answers are kept. */
static bool
may_say(enum plk_channel out, enum plk_msg_type type, size_t n_fds)
{
	static uint8_t answers[PLK_CHANNELS][PLK_MSG_TYPES][2]; /* 0 not asked yet, 1 no, 2 yes */
	uint8_t *answer = &answers[out][type][n_fds];

	for (int stage = 0; *answer == 0 && stage < PLK_STAGES; stage++) {
		struct plk_rules rules = {0};

		if (plk_rules_check(&rules, out, (enum plk_stage)stage, type, n_fds) == PLK_OK)
			*answer = 2;
	}
	if (*answer == 0)
		*answer = 1;
	return *answer == 2;
}

static int
fd_of(struct msghdr *header)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(header);
	int fd;

	CHECK(!(header->msg_flags & (MSG_TRUNC | MSG_CTRUNC)));
	if (!cmsg)
		return -1;
	CHECK(cmsg->cmsg_type == SCM_RIGHTS && cmsg->cmsg_len == CMSG_LEN(sizeof fd));
	memcpy(&fd, CMSG_DATA(cmsg), sizeof fd);
	return fd;
}

static bool
hear_one(unsigned i)
{
	const struct hostile_channel *c = &hostile.channels[i];
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(4 * sizeof(int))];
	uint8_t bytes[PLK_MSG_MAX];
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof bytes};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	ssize_t n = c->fd < 0 ? 0 : recvmsg(c->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct plk_msg msg;
	int fd;

	if (n <= 0)
		return false;
	fd = fd_of(&header);
	CHECK(plk_msg_parse((struct plk_span){bytes, (size_t)n}, &msg) == PLK_OK);
	CHECK(c->out < PLK_CHANNELS && may_say(c->out, msg.type, fd >= 0));
	hostile.process->heard(i, &msg, &fd);
	if (fd >= 0)
		(void)close(fd);
	return true;
}

unsigned
hostile_said(unsigned channel)
{
	uint8_t type = PLK_MSG_NONE;
	int fd = hostile.channels[channel].fd;

	if (fd >= 0 && recv(fd, &type, 1, MSG_PEEK | MSG_DONTWAIT) < 1)
		return PLK_MSG_NONE;
	return type;
}

static void
hear(void)
{
	struct pollfd fds[HOSTILE_CHANNELS];

	for (unsigned i = 0; i < HOSTILE_CHANNELS; i++)
		fds[i] = (struct pollfd){.fd = hostile.channels[i].fd, .events = POLLIN};
	if (poll(fds, HOSTILE_CHANNELS, 0) <= 0)
		return;
	for (unsigned i = 0; i < HOSTILE_CHANNELS; i++) {
		while ((fds[i].revents & POLLIN) && hear_one(i))
			continue;
	}
}

/* ---- steps ---- */

static void
step_word(unsigned op)
{
	const struct hostile_word *word =
		&hostile.process->words[take_u8(&hostile.in) % hostile.process->n_words];
	enum descriptor with = (enum descriptor)(op >> 3 & 7);

	hostile_say(word->channel, &word->msg, with == FD_NONE ? word->with : with);
}

/* The bytes end where the buffer ends, so that a sanitizer sees what reads on. */
static void
step_bytes(unsigned op, bool fitting)
{
	uint8_t buffer[PLK_MSG_MAX + 8];
	uint8_t first = take_u8(&hostile.in);
	size_t n = fitting ? plk_msg_size(first) : first;
	uint8_t *bytes;

	if (!fitting && first == 255)
		n = sizeof buffer;
	CHECK(n <= sizeof buffer);
	bytes = buffer + sizeof buffer - n;
	if (fitting && n > 0) {
		bytes[0] = first;
		take_bytes(&hostile.in, bytes + 1, n - 1);
	} else {
		take_bytes(&hostile.in, bytes, n);
	}
	send_bytes((op & 7) % (unsigned)hostile.process->n_channels, (struct plk_span){bytes, n},
		   (enum descriptor)(op >> 3 & 7));
}

static void
stream_event(enum hostile_event event)
{
	static uint8_t bytes[65536];
	uint8_t which = take_u8(&hostile.in);
	size_t n = event == EVENT_BYTES ? take_u8(&hostile.in) : 0;
	int fd;

	take_bytes(&hostile.in, bytes, n);
	if (hostile.n_streams == 0)
		return;
	fd = hostile.streams[which % hostile.n_streams];
	if (event == EVENT_BYTES) /* 255: a long frame's worth */
		hostile_write(fd, (struct plk_span){bytes, n < 255 ? n : sizeof bytes});
	else if (event == EVENT_SHUTDOWN)
		(void)shutdown(fd, which & 0x80 ? SHUT_RDWR : SHUT_WR);
	else
		(void)recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
}

static void
connect_event(void)
{
	struct sockaddr_un addr;
	socklen_t n = sizeof addr;
	uint8_t which = take_u8(&hostile.in);
	int fd;

	if (hostile.n_listeners == 0 || hostile.n_ours > HOSTILE_SOCKETS - 3)
		return;
	CHECK(getsockname(hostile.listeners[which % hostile.n_listeners], (struct sockaddr *)&addr,
			  &n) == 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK(fd >= 0);
	(void)connect(fd, (struct sockaddr *)&addr, n); /* it may be full */
	hostile.streams[hostile.n_streams++] = ours_keep(fd);
}

/* Whether time passes. */
static bool
step_event(unsigned event)
{
	switch (event) {
	case EVENT_TIME:
		return true;
	case EVENT_DEAF:
		hostile.deaf = !hostile.deaf;
		return false;
	case EVENT_CLOSE:
		hostile.wrong = true;
		hostile_channel_close(take_u8(&hostile.in) % (unsigned)hostile.process->n_channels);
		return false;
	case EVENT_BYTES:
	case EVENT_SHUTDOWN:
	case EVENT_READ:
		stream_event((enum hostile_event)event);
		return false;
	case EVENT_CONNECT:
		connect_event();
		return false;
	case EVENT_STARVE: /* see step() */
		hostile.wrong = true;
		return false;
	default:
		hostile.process->event(event - EVENT_OWN);
		return false;
	}
}

static bool
step(void)
{
	unsigned op = take_u8(&hostile.in);
	const bool is_event = op >> 6 == 3;
	bool passes = false;

	hostile.n_steps++;
	if (is_event)
		passes = step_event(op & 0x3f);
	else if (op >> 6 == 0)
		step_word(op);
	else
		step_bytes(op, op >> 6 == 1);
	if (hostile.starve)
		starve(true);
	hostile.starve = is_event && (op & 0x3f) == EVENT_STARVE;
	return passes;
}

/* The process has nothing to do. Whether time passes. */
static bool
idle(void)
{
	size_t n_sent = hostile.n_sent;

	if (hostile.starved)
		starve(false);
	CHECK(!hostile.must_end || (hostile.process->is_ending && hostile.process->is_ending()));
	hostile.n_wakes = 0;
	if (!hostile.deaf)
		hear();
	if (hostile.process->waits)
		hostile.process->waits();
	if (hostile.n_sent > n_sent)
		return false; /* it has got an answer */
	if (hostile.finishing) {
		CHECK(++hostile.n_waits < WAITS_MAX);
		return true;
	}
	if (hostile.in.n > 0 && hostile.n_steps < HOSTILE_STEPS && !hostile.must_end)
		return step();
	balance_check(0);
	hostile.finishing = true;
	hostile.deaf = false;
	hostile.process->finish();
	return false;
}

bool
hostile_wait(void)
{
	return idle();
}

static void
wake(void)
{
	CHECK(++hostile.n_wakes < WAKES_MAX);
}

/* ---- in place of the C library's ---- */

int
__wrap_epoll_pwait(int fd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
	if (!hostile.running)
		return __real_epoll_pwait(fd, events, max, timeout, mask);
	CHECK(!mask);
	for (;;) {
		int n = __real_epoll_pwait(fd, events, max, 0, NULL);

		if (n != 0 || timeout == 0) {
			wake();
			return n;
		}
		if (!idle())
			continue;
		hostile.now_ms += timeout > 0 ? (uint64_t)timeout : FOR_EVER_MS;
		if (timeout > 0)
			return 0;
	}
}

_Noreturn void
hostile_leave(int status)
{
	hostile.status = status;
	longjmp(hostile.end, 1);
}

_Noreturn void
__wrap_exit(int status)
{
	if (hostile.running)
		hostile_leave(status);
	__real_exit(status);
}

_Noreturn void
__wrap__exit(int status)
{
	if (hostile.running)
		hostile_leave(status);
	__real__exit(status);
}

/* ---- a run ---- */

static void
process_run(void)
{
	if (setjmp(hostile.end) == 0)
		hostile.status = hostile.process->run();
}

static void
run_begin(const struct hostile_process *process, struct plk_span in)
{
	hostile.process = process;
	hostile.in = in;
	memcpy(hostile.channels, process->channels, sizeof hostile.channels);
	for (unsigned i = 0; i < HOSTILE_CHANNELS; i++)
		hostile.channels[i].fd = -1;
	hostile.now_ms = 1000;
	hostile.n_steps = hostile.n_sent = hostile.n_ours = 0;
	hostile.n_streams = hostile.n_listeners = 0;
	hostile.n_wakes = hostile.n_waits = 0;
	hostile.deaf = hostile.finishing = false;
	hostile.must_end = hostile.refused = hostile.wrong = false;
	hostile.starve = hostile.starved = false;
	/* others may share it, and have made it what they need */
	CHECK(fcntl(things.tcp, F_SETFL, 0) == 0);
	process->begin();
}

/* 0, 1 and 2 as they were; nothing of the run is open. */
static void
run_end(void)
{
	for (int i = 0; i < 3; i++)
		CHECK(dup2(things.standard[i], i) == i);
	CHECK(close_range(STDERR_FILENO + 1, HOSTILE_FD - 1, 0) == 0);
	for (unsigned i = 0; i < HOSTILE_CHANNELS; i++)
		hostile_channel_close(i);
	for (size_t i = 0; i < hostile.n_ours; i++)
		(void)close(hostile.ours[i]);
}

static bool
is_status(int status)
{
	return (status >= 0 && status <= hostile.process->status_max) ||
	       (hostile.process->refusal != hostile_refusal_one && plk_rules_named(status));
}

void
hostile_run(const struct hostile_process *process, struct plk_span in)
{
	(void)hostile_things();
	others_put_away();
	run_begin(process, in);
	hostile.running = true;
	process_run();
	hostile.running = false;
	if (hostile.starved)
		starve(false);
	if (hostile.must_end && hostile.status != hostile.must_status)
		(void)dprintf(STDERR_FILENO, "it ended with %d, and should with %d\n",
			      hostile.status, hostile.must_status);
	CHECK(is_status(hostile.status));
	CHECK(!hostile.must_end || hostile.status == hostile.must_status);
	balance_check(hostile.refused ? 0 : 1); /* what it was about when it ended */
	run_end();
	others_put_back();
}
