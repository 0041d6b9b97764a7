/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.h: what the service manager hears (sd_notify(3)).
 *
 * Theory of operation. The front says what there is to tell, in numbers where it can; the words are made here, and how often
 * is decided here: a hijacked front floods no service manager. After a STOP that says so, the front hands over connections,
 * each of which goes to the descriptor store at once; a barrier after the last says when the service manager has them all.
 * Everything is bounded by one deadline then, and what does not get there is lost, as if nothing had been kept.
 */
#ifndef PLK_SUPERVISOR_SERVICE_H
#define PLK_SUPERVISOR_SERVICE_H

#include "os/channel.h"
#include "os/loop.h"

/** struct plk_service - zeroed is fresh
 * @loop:     borrowed
 * @null:     borrowed; the descriptor of names that only say something
 * @reloads:  asked for, and not answered yet
 * @told:     by the last STATUS
 * @status:   what the front said last
 * @status_timer: is on while no STATUS may be sent
 * @alive_ms: when it was said last
 * @unstored: names
 * @by_ms:    the end of the stop; 0 before it
 * @keeps:    connections may be stored
 * @kept:     connections that the front handed over
 * @stored:   of what should be, how much the service manager took
 * @error:    of the first thing that could not be stored; 0 if all could
 * @barrier:  goes when the service manager closes the other end
 */
struct plk_service {
	struct plk_loop *loop;
	int null;
	uint32_t reloads;
	struct plk_msg_status told;
	struct plk_msg_status status;
	struct plk_timer status_timer;
	uint64_t alive_ms;
	uint32_t unstored;
	uint64_t by_ms;
	bool keeps;
	uint32_t kept;
	uint32_t stored;
	int error;
	struct plk_watch barrier_watch;
	int barrier;
};

/** plk_service_init() - before anything is told; @null and @loop must live as long as @s */
void plk_service_init(struct plk_service *s, struct plk_loop *loop, int null);

/** plk_service_ready() - the service is ready */
void plk_service_ready(struct plk_service *s);

/** plk_service_reloading() - the front is asked to reload; it answers RELOADED */
void plk_service_reloading(struct plk_service *s);

/** plk_service_fault() - why the service ends, for those who ask for its state
 * @text: at most one line; control characters and bytes that are not ASCII become '?'
 */
void plk_service_fault(const char *text);

/** plk_service_stopping() - the service stops
 * @keeps: connections may be stored
 * @clean: it was asked to; else plk_service_fault() has said why, and that stays
 * @by_ms: plk_now_ms() until when things can be stored
 */
void plk_service_stopping(struct plk_service *s, bool keeps, bool clean, uint64_t by_ms);

/** plk_service_heard() - what the front says for the service manager
 * @received: a message that the request table permits; the descriptor stays the caller's
 * Return: 0; -EBADMSG (too many of them, or one that nobody asked for)
 */
int plk_service_heard(struct plk_service *s, const struct plk_received *received);

/** plk_service_barrier() - ask the service manager to say when it has all that was stored; nothing if that is nothing
 * @by_ms: plk_now_ms() until when it can be asked
 */
void plk_service_barrier(struct plk_service *s, uint64_t by_ms);

/** plk_service_waits() - whether an answer to the barrier may still come */
bool plk_service_waits(const struct plk_service *s);

/** plk_service_late() - wait no longer for that answer */
void plk_service_late(struct plk_service *s);

/** plk_service_end() - the stop is over: say if something did not get there */
void plk_service_end(struct plk_service *s);

#endif
