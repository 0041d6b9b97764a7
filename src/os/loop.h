/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.h: wait for descriptors and deadlines, and call back. It knows nothing else.
 *
 * Theory of operation. A watch is a descriptor with a callback; the owner embeds it in its own
 * object and keeps it alive while it is in the loop. A callback may remove any watch, also one
 * whose event is still to come in this round: that event is dropped, because the watch's descriptor
 * is -1. If the same watch got another descriptor meanwhile, it may be called once although nothing
 * is ready; so callbacks never block. Timers are few; they are looked through one by one. One deadline may be nearer than a timer can
 * say: the tick.
 */
#ifndef PLK_OS_LOOP_H
#define PLK_OS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct plk_loop;

/** struct plk_watch - a descriptor that is waited for
 * @fd:     set by plk_watch_add(); -1 if it is not in a loop. Not owned.
 * @events: EPOLLIN, EPOLLOUT as waited for (EPOLLERR and EPOLLHUP always are)
 * @call:   called with what is ready
 * @ctx:    for @call
 */
struct plk_watch {
	int fd;
	uint32_t events;
	void (*call)(void *ctx, uint32_t events);
	void *ctx;
};

/** struct plk_timer - a deadline
 * @at_ms: plk_now_ms() when it is due; 0 if it is off
 * @call:  called once when it is due; the timer is off then
 * @ctx:   for @call
 * @next:  private
 */
struct plk_timer {
	uint64_t at_ms;
	void (*call)(void *ctx);
	void *ctx;
	struct plk_timer *next;
};

/** struct plk_loop - @fd: the epoll descriptor; @timers: all that were ever set
 * @tick_ns: plk_now_ns() when @tick is to be called, once; 0 if it is off. For the owner to set; @tick_ctx is for @tick.
 */
struct plk_loop {
	int fd;
	struct plk_timer *timers;
	uint64_t tick_ns;
	void (*tick)(void *ctx);
	void *tick_ctx;
};

/** plk_loop_open() - make an epoll descriptor; Return: 0 or -errno */
int plk_loop_open(struct plk_loop *loop);

/** plk_watch_add() - wait for @fd
 * @w:      @call and @ctx are set
 * Return: 0 or -errno.
 */
int plk_watch_add(struct plk_loop *loop, struct plk_watch *w, int fd, uint32_t events);

/** plk_watch_set() - wait for other events; no system call if they are the same; Return: 0 or -errno */
int plk_watch_set(struct plk_loop *loop, struct plk_watch *w, uint32_t events);

/** plk_watch_remove() - wait no more; one that is not in the loop is fine. Before the descriptor is closed. */
void plk_watch_remove(struct plk_loop *loop, struct plk_watch *w);

/** plk_timer_set() - be called in @ms milliseconds, instead of any time set before
 * @t: @call and @ctx are set; once set it belongs to this loop until that is closed
 */
void plk_timer_set(struct plk_loop *loop, struct plk_timer *t, uint64_t ms);

/** plk_timer_stop() - do not be called */
void plk_timer_stop(struct plk_timer *t);

/** plk_loop_step() - wait once, call what is due
 * Return: 0 or -errno.
 */
int plk_loop_step(struct plk_loop *loop);

#endif
