/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/loop.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os/clock.h"

#define EVENTS_MAX 64       /* of one wait; what is ready beyond that comes first the next time */
#define WAIT_MAX_MS 3600000 /* an int of milliseconds, whatever a timer says */

int
plk_loop_open(struct plk_loop *loop)
{
	*loop = (struct plk_loop){.fd = epoll_create1(EPOLL_CLOEXEC)};
	return loop->fd < 0 ? -errno : 0;
}

int
plk_watch_add(struct plk_loop *loop, struct plk_watch *w, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = w};

	/* #syscalls:supervisor,broker epoll_ctl (what is waited for) */
	/* #syscalls:front epoll_ctl[0=PLK_FRONT_FD_EPOLL] (what is waited for) */
	/* #syscalls:worker epoll_ctl[0=PLK_WORKER_FD_EPOLL] (what is waited for) */
	if (epoll_ctl(loop->fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	w->fd = fd;
	w->events = events;
	return 0;
}

int
plk_watch_set(struct plk_loop *loop, struct plk_watch *w, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = w};

	if (w->events == events)
		return 0;
	if (epoll_ctl(loop->fd, EPOLL_CTL_MOD, w->fd, &event) < 0)
		return -errno;
	w->events = events;
	return 0;
}

void
plk_watch_remove(struct plk_loop *loop, struct plk_watch *w)
{
	if (w->fd < 0)
		return;
	(void)epoll_ctl(loop->fd, EPOLL_CTL_DEL, w->fd, NULL); /* it is in there */
	w->fd = -1;
}

static bool
is_listed(const struct plk_loop *loop, const struct plk_timer *t)
{
	const struct plk_timer *i = loop->timers;

	while (i && i != t)
		i = i->next;
	return i == t;
}

void
plk_timer_set(struct plk_loop *loop, struct plk_timer *t, uint64_t ms)
{
	if (!is_listed(loop, t)) {
		t->next = loop->timers;
		loop->timers = t;
	}
	t->at_ms = plk_now_ms() + ms;
}

void
plk_timer_stop(struct plk_timer *t)
{
	t->at_ms = 0;
}

/* Milliseconds to the first deadline; -1 if there is none. */
static int
time_left(const struct plk_loop *loop)
{
	uint64_t first = UINT64_MAX;
	uint64_t now;

	for (const struct plk_timer *t = loop->timers; t; t = t->next) {
		if (t->at_ms != 0 && t->at_ms < first)
			first = t->at_ms;
	}
	if (first == UINT64_MAX)
		return -1;
	now = plk_now_ms();
	if (first <= now)
		return 0;
	return first - now < WAIT_MAX_MS ? (int)(first - now) : WAIT_MAX_MS;
}

static void
timers_call(struct plk_loop *loop)
{
	uint64_t now;

	if (!loop->timers)
		return;
	now = plk_now_ms();
	for (struct plk_timer *t = loop->timers; t; t = t->next) {
		if (t->at_ms != 0 && t->at_ms <= now) {
			t->at_ms = 0;
			t->call(t->ctx);
		}
	}
}

/* Not epoll_pwait2(): musl has none. */
static int
wait_for_tick(const struct plk_loop *loop, struct epoll_event *events)
{
	const int timers_ms = time_left(loop);
	const uint64_t now = plk_now_ns();
	uint64_t left = loop->tick_ns > now ? loop->tick_ns - now : 0;
	struct timespec time;

	if (timers_ms >= 0 && left > (uint64_t)timers_ms * 1000000)
		left = (uint64_t)timers_ms * 1000000;
	time = (struct timespec){(time_t)(left / 1000000000), (long)(left % 1000000000)};
	/* #syscalls:worker epoll_pwait2[0=PLK_WORKER_FD_EPOLL,4=0] (wait for less than a millisecond) */
	return (int)syscall(SYS_epoll_pwait2, (long)loop->fd, events, (long)EVENTS_MAX, &time, NULL,
			    0L);
}

static int
wait_for(const struct plk_loop *loop, struct epoll_event *events)
{
	if (loop->tick_ns != 0)
		return wait_for_tick(loop, events);
	/* #syscalls:supervisor,broker epoll_pwait[4=0] (wait) */
	/* #syscalls:front epoll_pwait[0=PLK_FRONT_FD_EPOLL,4=0] (wait) */
	/* #syscalls:worker epoll_pwait[0=PLK_WORKER_FD_EPOLL,4=0] (wait) */
	return epoll_pwait(loop->fd, events, EVENTS_MAX, time_left(loop), NULL);
}

static void
tick_call(struct plk_loop *loop)
{
	if (loop->tick_ns == 0 || plk_now_ns() < loop->tick_ns)
		return;
	loop->tick_ns = 0;
	loop->tick(loop->tick_ctx);
}

int
plk_loop_step(struct plk_loop *loop)
{
	struct epoll_event events[EVENTS_MAX];
	int n = wait_for(loop, events);

	if (n < 0 && errno != EINTR)
		return -errno;
	for (int i = 0; i < n; i++) {
		struct plk_watch *w = events[i].data.ptr;

		if (w->fd >= 0)
			w->call(w->ctx, events[i].events);
	}
	timers_call(loop);
	tick_call(loop);
	return 0;
}
