/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * link.c: what becomes of the interface.
 *
 * The broker says each change once; so does the log. The worker hears what it needs to know: a
 * frame that could not arrive is dropped and counted rather than given to the kernel, which would
 * lose it silently, and clients of ports with on-loss=close are closed when the interface goes. All
 * others stay. When an interface of the name is there again, the packet sockets are bound to it.
 */
#include <string.h>

#include "front/front.h"

void
plk_link_tell(void)
{
	const struct plk_msg msg = {
		.type = PLK_MSG_LINK_IS,
		.u.link_is = {.is_there = !front.iface_gone,
			      .is_up = !front.iface_gone && front.iface.is_up,
			      .has_carrier = !front.iface_gone && front.iface.has_carrier,
			      .kind = front.iface.kind,
			      .mtu = front.iface.mtu},
	};

	/* the next worker is told when it gets its equipment */
	if (front.worker.fd >= 0 && !front.replacing)
		plk_front_send(front.worker.fd, &msg, -1);
}

enum plk_latency
plk_link_latency(const struct plk_port *port)
{
	return front.low_is_dead[port->role] ? PLK_LATENCY_BULK : port->latency;
}

bool plk_link_binds(enum plk_class class)
{
	if (!plk_class_is_bulk(class))
		return true;
	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (plk_class_takes(class, p->port.role, plk_link_latency(&p->port)))
			return true;
	}
	return false;
}

void
plk_link_dead(uint64_t class)
{
	struct plk_msg msg = {.type = PLK_MSG_BIND};
	const bool attach = class == PLK_CLASS_ATTACH_LOW;
	bool *dead = &front.low_is_dead[attach ? PLK_ROLE_ATTACH : PLK_ROLE_CAPTURE];

	if (*dead || (!attach && class != PLK_CLASS_CAPTURE_LOW))
		return;
	*dead = true;
	msg.u.bind.class = attach ? PLK_CLASS_ATTACH_BULK : PLK_CLASS_CAPTURE_BULK;
	/* else it is bound when there is one again */
	if (!front.iface_gone)
		plk_front_send(front.broker.fd, &msg, -1);
}

void
plk_link_bind(void)
{
	struct plk_msg msg = {.type = PLK_MSG_BIND};

	for (int i = 0; i < PLK_CLASSES; i++) {
		if (!plk_link_binds((enum plk_class)i))
			continue;
		msg.u.bind.class = (uint8_t)i;
		plk_front_send(front.broker.fd, &msg, -1);
	}
}

static void
bind_retry(void *ctx)
{
	(void)ctx;
	plk_link_bind();
}

void
plk_link_bind_failed(void)
{
	if (front.bind_timer.at_ms != 0)
		return;
	front.bind_timer.call = bind_retry;
	plk_timer_set(&front.loop, &front.bind_timer, plk_backoff_step(&front.bind_backoff, 0));
}

/* The sockets are still bound to what the interface was. During the start they are bound later. */
static void
back(void)
{
	front.bind_backoff = PLK_BACKOFF_CONNECT;
	front.bind_later = true;
	if (front.stage == PLK_STAGE_RUN)
		plk_link_bind();
}

void
plk_link_said(const struct plk_msg_link *link)
{
	struct plk_msg_iface_is *iface = &front.iface;

	plk_words_link(link);
	if (link->state == PLK_LINK_UNFIT)
		return;
	iface->index = link->index;
	iface->is_up = link->is_up;
	iface->has_carrier = link->has_carrier;
	iface->kind = link->kind;
	iface->mtu = link->mtu;
	memcpy(iface->name, link->name, sizeof iface->name);
	front.iface_gone = link->state == PLK_LINK_GONE;
	plk_link_tell();
	if (link->state == PLK_LINK_GONE)
		plk_timer_stop(&front.bind_timer);
	if (link->state == PLK_LINK_BACK)
		back();
}
