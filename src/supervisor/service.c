/* SPDX-License-Identifier: BSD-2-Clause */
#include "supervisor/service.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "os/clock.h"
#include "os/fd.h"
#include "os/log.h"
#include "os/notify.h"
#include "supervisor/inherited.h"

#define STATUS_MS 1000  /* between two */
#define ALIVE_MS 10     /* between two; WATCHDOG_USEC is more in practice */
#define STOPPING_MS 100 /* that we stop is for information */
#define TEXT_BYTES 512  /* of a datagram */

/* As long as the hand-over may take, whatever TimeoutStopSec= says. */
#define STOPPING "STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000"

/* ---- what is so ---- */

static void
status_print(const struct plk_msg_status *status, char *out, size_t n)
{
	(void)snprintf(out, n, "STATUS=%u client%s, %llu frame%s dropped", status->clients,
		       status->clients == 1 ? "" : "s", (unsigned long long)status->dropped,
		       status->dropped == 1 ? "" : "s");
}

/* At most one a second, and none while nothing changes. Who does not read it gets it later: nothing here waits for him. */
static void
status_tell(void *ctx)
{
	struct plk_service *s = ctx;
	char text[TEXT_BYTES];

	if (s->by_ms != 0 || s->status_timer.at_ms != 0 ||
	    (s->status.clients == s->told.clients && s->status.dropped == s->told.dropped))
		return;
	status_print(&s->status, text, sizeof text);
	if (plk_notify_by(text, -1, 0) == 0)
		s->told = s->status;
	plk_timer_set(s->loop, &s->status_timer, STATUS_MS);
}

static void
alive_tell(struct plk_service *s)
{
	uint64_t now = plk_now_ms();

	if (now - s->alive_ms < ALIVE_MS)
		return;
	s->alive_ms = now;
	(void)plk_notify_by("WATCHDOG=1", -1, 0); /* there will be another */
}

void
plk_service_init(struct plk_service *s, struct plk_loop *loop, int null)
{
	s->loop = loop;
	s->null = null;
	s->barrier = -1;
	s->barrier_watch.fd = -1;
	s->status_timer = (struct plk_timer){.call = status_tell, .ctx = s};
}

void
plk_service_ready(struct plk_service *s)
{
	char text[TEXT_BYTES] = "READY=1\n";
	size_t n = strlen(text);

	status_print(&s->told, text + n, sizeof text - n);
	plk_notify(text);
	plk_timer_set(s->loop, &s->status_timer, STATUS_MS);
}

/* The clock is what tells this reload from the last one: systemd.service(5), Type=notify-reload. */
void
plk_service_reloading(struct plk_service *s)
{
	char text[TEXT_BYTES];

	s->reloads++;
	(void)snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu",
		       (unsigned long long)(plk_now_ns() / 1000));
	plk_notify(text);
}

static void
reloaded(struct plk_service *s)
{
	if (s->by_ms == 0 && s->reloads > 0 && --s->reloads == 0)
		plk_notify("READY=1");
}

void
plk_service_fault(const char *reason)
{
	char text[TEXT_BYTES] = "STATUS=";
	size_t n = strlen(text);

	for (; *reason && n < sizeof text - 1; reason++)
		text[n++] = (char)(*reason >= 0x20 && *reason < 0x7f ? *reason : '?');
	text[n] = '\0';
	plk_notify(text);
}

/* ---- the descriptor store ---- */

/* After the first that does not get there none is tried: it would have to wait as long again. */
static void
store(struct plk_service *s, const char *state, int fd)
{
	if (s->error == 0)
		s->error = plk_notify_by(state, fd, s->by_ms);
	if (s->error == 0)
		s->stored++;
}

/* Who hangs up meanwhile may have sent something before: the service manager shall not look (FDPOLL=0) and close it. */
static int
connection_store(struct plk_service *s, const struct plk_received *received)
{
	char text[TEXT_BYTES];

	if (!s->keeps || s->kept >= PLK_CLIENTS_MAX)
		return -EBADMSG;
	s->kept++;
	(void)snprintf(text, sizeof text,
		       "FDSTORE=1\nFDPOLL=0\nFDNAME=" PLK_STORE_PREFIX PLK_STORE_CLIENT "%016llx",
		       (unsigned long long)received->msg.u.store.tag);
	store(s, text, received->fd);
	return 0;
}

/* All that it says is in its name. */
static int
stopped_store(struct plk_service *s, const struct plk_msg_stopped *stopped)
{
	char text[TEXT_BYTES];

	if (!s->keeps)
		return -EBADMSG;
	(void)snprintf(text, sizeof text,
		       "FDSTORE=1\nFDNAME=" PLK_STORE_PREFIX PLK_STORE_STOP "%u.%llu.%llu.%llu",
		       stopped->ifindex, (unsigned long long)stopped->rx_frames,
		       (unsigned long long)stopped->tx_frames,
		       (unsigned long long)stopped->time_ns);
	store(s, text, s->null);
	return 0;
}

static int
unstore(struct plk_service *s, const char *name)
{
	char text[TEXT_BYTES];

	if (s->unstored >= PLK_INHERITED_MAX)
		return -EBADMSG;
	s->unstored++;
	(void)snprintf(text, sizeof text, "FDSTOREREMOVE=1\nFDNAME=" PLK_STORE_PREFIX "%s", name);
	(void)plk_notify_by(text, -1, s->by_ms > 0 ? s->by_ms : plk_now_ms() + PLK_NOTIFY_MS);
	return 0;
}

int
plk_service_heard(struct plk_service *s, const struct plk_received *received)
{
	const struct plk_msg *msg = &received->msg;

	switch (msg->type) {
	case PLK_MSG_STATUS:
		s->status = msg->u.status;
		status_tell(s);
		break;
	case PLK_MSG_ALIVE:
		alive_tell(s);
		break;
	case PLK_MSG_RELOADED:
		reloaded(s);
		break;
	case PLK_MSG_REASON:
		plk_service_fault(msg->u.reason.text);
		break;
	case PLK_MSG_UNSTORE:
		return unstore(s, msg->u.unstore.name);
	case PLK_MSG_STORE:
		return connection_store(s, received);
	default: /* STOPPED: the request table permits no other */
		return stopped_store(s, &msg->u.stopped);
	}
	return 0;
}

/* ---- the end ---- */

void
plk_service_stopping(struct plk_service *s, bool keeps, bool clean, uint64_t by_ms)
{
	plk_timer_stop(&s->status_timer);
	s->keeps = keeps;
	s->by_ms = by_ms;
	(void)plk_notify_by(clean ? STOPPING "\nSTATUS=stopping" : STOPPING, -1,
			    plk_now_ms() + STOPPING_MS);
}

static void
barrier_close(struct plk_service *s)
{
	plk_watch_remove(s->loop, &s->barrier_watch);
	plk_fd_close(&s->barrier);
}

static void
barrier_passed(void *ctx, uint32_t events)
{
	(void)events;
	barrier_close(ctx);
}

/* The service manager reads one datagram after the other, and closes the descriptor of this one: then it has read all before. */
void
plk_service_barrier(struct plk_service *s, uint64_t by_ms)
{
	int pair[2];

	if (s->stored == 0)
		return;
	if (s->error == 0)
		s->error = plk_channel_pair(pair);
	if (s->error < 0)
		return;
	s->error = plk_notify_by("BARRIER=1", pair[1], by_ms);
	plk_fd_close(&pair[1]);
	s->barrier = pair[0];
	s->barrier_watch = (struct plk_watch){.fd = -1, .call = barrier_passed, .ctx = s};
	if (s->error == 0)
		s->error = plk_watch_add(s->loop, &s->barrier_watch, s->barrier, EPOLLIN);
	if (s->error < 0)
		plk_fd_close(&s->barrier);
}

bool
plk_service_waits(const struct plk_service *s)
{
	return s->barrier >= 0;
}

void
plk_service_late(struct plk_service *s)
{
	if (!plk_service_waits(s))
		return;
	s->error = -ETIMEDOUT;
	barrier_close(s);
}

void
plk_service_end(struct plk_service *s)
{
	if (s->error < 0)
		plk_log(PLK_LOG_LINE_WARNING,
			"service manager does not take what is to be kept: %s connections=%u "
			"taken=%u",
			strerror(-s->error), s->kept, s->stored);
}
