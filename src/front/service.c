/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * service.c: what a service manager is to hear by way of the supervisor: why a start failed, how many clients there are and
 * how many frames were dropped, and that the worker answers. If there is none, the supervisor keeps it to itself.
 */
#include <stdlib.h>
#include <unistd.h>

#include <pktlock/fdnum.h>

#include "front/front.h"
#include "os/process.h"
#include "text/words.h"

#define STATUS_MS 1000   /* between two looks */
#define WATCHDOG_PARTS 3 /* so often in WATCHDOG_USEC the worker is asked: one answer may be late */
#define WATCHDOG_MIN_MS 10

void
plk_front_reason(const char *text)
{
	struct plk_msg msg = {.type = PLK_MSG_REASON};
	char *out = msg.u.reason.text;

	if (front.stage == PLK_STAGE_RUN)
		return;
	for (size_t i = 0; text[i] && i < sizeof msg.u.reason.text - 1; i++)
		out[i] = (char)(text[i] >= 0x20 && text[i] < 0x7f ? text[i] : '?');
	/* not plk_front_send(): the channel may not be ours yet, and we end anyway */
	(void)plk_channel_send(PLK_FRONT_FD_SUPERVISOR, &msg, -1);
}

/* ---- how many ---- */

static uint32_t
clients_count(void)
{
	uint32_t n = 0;

	for (size_t i = 0; i < PLK_CLIENTS_MAX; i++)
		n += front.clients[i].used && front.clients[i].admitted;
	return n;
}

/* Says what has changed, and looks again while there is something to see. */
static void
status_look(void *ctx)
{
	const uint64_t *values = plk_books_read(&front.books, front.page);
	struct plk_msg msg = {.type = PLK_MSG_STATUS};
	bool is_new;

	(void)ctx;
	msg.u.status.clients = clients_count();
	msg.u.status.dropped = plk_books_dropped(values);
	is_new = msg.u.status.clients != front.status.clients ||
		 msg.u.status.dropped != front.status.dropped;
	if (is_new)
		plk_front_send(front.supervisor.fd, &msg, -1);
	front.status = msg.u.status;
	if (is_new || front.status.clients > 0)
		plk_timer_set(&front.loop, &front.status_timer, STATUS_MS);
}

void
plk_front_status(void)
{
	front.status_timer.call = status_look;
	if (front.status_timer.at_ms == 0 && front.stage == PLK_STAGE_RUN)
		status_look(NULL);
}

/* ---- is the worker there ---- */

uint64_t
plk_front_ping(void)
{
	front.pings++;
	plk_front_send(front.worker.fd, &(const struct plk_msg){.type = PLK_MSG_PING}, -1);
	return front.pings;
}

bool
plk_front_awaits(uint64_t ping)
{
	return ping > front.pongs;
}

void
plk_front_pong(void)
{
	if (front.pongs == front.pings)
		return; /* nobody asked */
	front.pongs++;
	if (front.pongs == front.watchdog_ping)
		plk_front_send(front.supervisor.fd, &(const struct plk_msg){.type = PLK_MSG_ALIVE},
			       -1);
}

void
plk_front_pings_forget(void)
{
	front.pings = 0;
	front.pongs = 0;
	front.pulse_ping = 0;
	front.watchdog_ping = 0;
}

static void
watchdog_ask(void *ctx)
{
	(void)ctx;
	plk_timer_set(&front.loop, &front.watchdog_timer, front.watchdog_ms);
	if (front.serving && !plk_front_awaits(front.watchdog_ping))
		front.watchdog_ping = plk_front_ping();
}

void
plk_front_watchdog(void)
{
	front.watchdog_timer.call = watchdog_ask;
	if (front.watchdog_ms > 0)
		watchdog_ask(NULL);
}

/* WATCHDOG_PID is pktlockd's, that is, our parent's; or absent. */
static bool
watchdog_is_ours(void)
{
	const char *value = getenv("WATCHDOG_PID");
	uint32_t pid;

	if (!value)
		return true;
	return plk_listen_pid_parse(plk_span_str(value), &pid) == PLK_OK &&
	       pid == (uint32_t)getppid();
}

/* 0: there is none. */
static uint64_t
watchdog_usec(void)
{
	const char *value = getenv("WATCHDOG_USEC");
	uint64_t usec;

	if (!value || !watchdog_is_ours())
		return 0;
	if (plk_number_parse(plk_span_str(value), UINT64_MAX, &usec) == PLK_OK && usec > 0)
		return usec;
	plk_log(PLK_LOG_LINE_WARNING,
		"WATCHDOG_USEC is ignored: not a canonical decimal number from 1 on");
	return 0;
}

void
plk_front_watchdog_read(void)
{
	const uint64_t usec = watchdog_usec();
	const uint64_t ms = usec / 1000 / WATCHDOG_PARTS;

	if (usec > 0)
		front.watchdog_ms = ms > WATCHDOG_MIN_MS ? ms : WATCHDOG_MIN_MS;
	plk_process_forget("WATCHDOG_USEC");
	plk_process_forget("WATCHDOG_PID");
}
