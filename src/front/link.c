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

static bool
takes(const struct front_port *p, enum plk_class class)
{
	if (p->state != PLK_PORT_OPEN)
		return false;
	if (class >= PLK_CLASS_RX)
		return p->port.role != PLK_ROLE_CAPTURE;
	return plk_class_takes(class, p->port.role, plk_link_latency(&p->port));
}

/* The senders take nothing: BOTH stands for any. */
enum plk_direction plk_link_wish(enum plk_class class)
{
	enum plk_direction wish = PLK_DIRECTION_NONE;

	for (const struct front_port *p = plk_ports_next(NULL); p; p = plk_ports_next(p)) {
		if (!takes(p, class))
			continue;
		if (class >= PLK_CLASS_RX ||
		    (wish != PLK_DIRECTION_NONE && wish != p->port.direction))
			return PLK_DIRECTION_BOTH;
		wish = p->port.direction;
	}
	return wish;
}

struct plk_msg plk_link_bind_one(enum plk_class class)
{
	front.bound[class] = plk_link_wish(class);
	return (struct plk_msg){
		.type = PLK_MSG_BIND,
		.u.bind = {.class = (uint8_t) class, .direction = (uint8_t)front.bound[class]}};
}

/* A class that died stays as it is until another one has taken its place: what it loses meanwhile is counted. */
static bool is_dead(enum plk_class class)
{
	const enum plk_role role = plk_class_is_attach(class) ? PLK_ROLE_ATTACH : PLK_ROLE_CAPTURE;

	return class < PLK_CLASS_RX && !plk_class_is_bulk(class) && front.low_is_dead[role];
}

static void class_adjust(enum plk_class class)
{
	const struct plk_msg_done *done = &front.answer.msg.u.done;
	const enum plk_direction wish = plk_link_wish(class);
	struct plk_msg msg = {.type = PLK_MSG_SILENCE, .u.silence.class = (uint8_t) class};

	if (wish == front.bound[class] || is_dead(class))
		return;
	front.bound[class] = wish;
	if (wish != PLK_DIRECTION_NONE)
		msg = plk_link_bind_one(class);
	plk_front_ask(front.broker.fd, &msg, -1, PLK_MSG_DONE);
	while (done->request != msg.type || done->class != class)
		plk_front_await(PLK_MSG_DONE); /* that was about something else */
}

void
plk_link_adjust(void)
{
	for (int i = 0; i < PLK_CLASSES; i++)
		class_adjust((enum plk_class)i);
}

void
plk_link_dead(uint64_t class)
{
	struct plk_msg msg;
	const bool attach = class == PLK_CLASS_ATTACH_LOW;
	bool *dead = &front.low_is_dead[attach ? PLK_ROLE_ATTACH : PLK_ROLE_CAPTURE];

	if (*dead || (!attach && class != PLK_CLASS_CAPTURE_LOW))
		return;
	*dead = true;
	msg = plk_link_bind_one(attach ? PLK_CLASS_ATTACH_BULK : PLK_CLASS_CAPTURE_BULK);
	/* else it is bound when there is one again */
	if (!front.iface_gone)
		plk_front_send(front.broker.fd, &msg, -1);
}

void
plk_link_bind(void)
{
	for (int i = 0; i < PLK_CLASSES; i++) {
		struct plk_msg msg;

		if (plk_link_wish((enum plk_class)i) == PLK_DIRECTION_NONE)
			continue;
		msg = plk_link_bind_one((enum plk_class)i);
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
	plk_log_interface(plk_words_name(iface->name).text);
	front.iface_gone = link->state == PLK_LINK_GONE;
	plk_link_tell();
	if (link->state == PLK_LINK_GONE)
		plk_timer_stop(&front.bind_timer);
	if (link->state == PLK_LINK_BACK)
		back();
}
