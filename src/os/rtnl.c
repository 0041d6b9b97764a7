/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/rtnl.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <pktlock/span.h>

#include "os/fd.h"

#define MESSAGE_BYTES 32768 /* an RTM_NEWLINK with all its attributes has a few KiB */

static int
open_with(uint32_t groups)
{
	const struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = groups};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int error;

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&addr, sizeof addr) == 0)
		return fd;
	error = errno;
	plk_fd_close(&fd);
	return -error;
}

int
plk_rtnl_open(void)
{
	return open_with(RTMGRP_LINK);
}

int
plk_rtnl_request_open(void)
{
	return open_with(0);
}

/* Both netlink messages and their attributes begin with their length, itself included, and are aligned to 4 bytes. Takes the
 * first @n bytes, and the padding behind them, off the front. */
static struct plk_span
front_take(struct plk_span *in, size_t n)
{
	struct plk_span taken = {in->p, n};
	size_t aligned = (n + NLMSG_ALIGNTO - 1) & ~(size_t)(NLMSG_ALIGNTO - 1);

	aligned = aligned < in->n ? aligned : in->n; /* the last one may lack its padding */
	*in = (struct plk_span){in->p + aligned, in->n - aligned};
	return taken;
}

static bool
attribute_next(struct plk_span *attributes, uint16_t *type, struct plk_span *value)
{
	struct rtattr attr;

	if (attributes->n < sizeof attr)
		return false;
	memcpy(&attr, attributes->p, sizeof attr);
	if (attr.rta_len < sizeof attr || attr.rta_len > attributes->n)
		return false;
	*value = front_take(attributes, attr.rta_len);
	*value = (struct plk_span){value->p + sizeof attr, value->n - sizeof attr};
	*type = attr.rta_type;
	return true;
}

static void
string_take(struct plk_span value, char *out, size_t max)
{
	size_t n = strnlen((const char *)value.p, value.n < max ? value.n : max);

	memcpy(out, value.p, n);
	out[n] = '\0';
}

static void
info_take(struct plk_span info, struct plk_rtnl_link *out)
{
	struct plk_span value;
	uint16_t type;

	while (attribute_next(&info, &type, &value)) {
		if (type == IFLA_INFO_KIND)
			string_take(value, out->kind, sizeof out->kind - 1);
	}
}

/* struct rtnl_link_stats64 begins with them; later kernels have more at its end. */
static void
stats_take(struct plk_span value, struct plk_rtnl_link *out)
{
	uint64_t first[2];

	if (value.n < sizeof first)
		return;
	memcpy(first, value.p, sizeof first);
	out->rx_frames = first[0];
	out->tx_frames = first[1];
}

static void
attributes_take(struct plk_span attributes, struct plk_rtnl_link *out)
{
	struct plk_span value;
	uint16_t type;

	while (attribute_next(&attributes, &type, &value)) {
		if (type == IFLA_IFNAME)
			string_take(value, out->name, sizeof out->name - 1);
		else if (type == IFLA_LINKINFO)
			info_take(value, out);
		else if (type == IFLA_STATS64)
			stats_take(value, out);
		else if (type == IFLA_MTU && value.n == sizeof out->mtu)
			memcpy(&out->mtu, value.p, sizeof out->mtu);
		else if (type == IFLA_ADDRESS && value.n == PLK_ETH_ADDR)
			memcpy(out->mac, value.p, PLK_ETH_ADDR);
	}
}

/* The next message: its type and what follows its header. */
static bool
message_next(struct plk_span *messages, uint16_t *type, struct plk_span *body)
{
	struct nlmsghdr header;

	if (messages->n < sizeof header)
		return false;
	memcpy(&header, messages->p, sizeof header);
	if (header.nlmsg_len < sizeof header || header.nlmsg_len > messages->n)
		return false;
	*body = front_take(messages, header.nlmsg_len);
	*body = (struct plk_span){body->p + sizeof header, body->n - sizeof header};
	*type = header.nlmsg_type;
	return true;
}

/* Whether a message describes an interface. Bridges send RTM_NEWLINK and RTM_DELLINK about their ports too, with a
 * family of their own: those say nothing about the interface. */
static bool
link_take(uint16_t type, struct plk_span body, struct plk_rtnl_link *out)
{
	struct ifinfomsg info;

	if ((type != RTM_NEWLINK && type != RTM_DELLINK) || body.n < sizeof info)
		return false;
	memcpy(&info, body.p, sizeof info);
	if (info.ifi_family != AF_UNSPEC)
		return false;
	*out = (struct plk_rtnl_link){
		.gone = type == RTM_DELLINK,
		.index = info.ifi_index,
		.type = info.ifi_type,
		.is_up = (info.ifi_flags & IFF_UP) != 0,
		.has_carrier = (info.ifi_flags & IFF_LOWER_UP) != 0,
	};
	attributes_take((struct plk_span){body.p + sizeof info, body.n - sizeof info}, out);
	return true;
}

static int
receive(int fd, uint8_t *buffer)
{
	struct sockaddr_nl from = {0};
	socklen_t n_from = sizeof from;
	ssize_t n;

	do {
		/* #syscalls:broker recvfrom (news of interfaces) */
		n = recvfrom(fd, buffer, MESSAGE_BYTES, MSG_DONTWAIT, (struct sockaddr *)&from,
			     &n_from);
		/* the kernel has number 0 */
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	return n < 0 ? -errno : (int)n;
}

int
plk_rtnl_read(int fd, void (*call)(void *ctx, const struct plk_rtnl_link *link), void *ctx)
{
	static uint8_t buffer[MESSAGE_BYTES];
	struct plk_span messages = {buffer, 0};
	struct plk_span body;
	uint16_t type;
	int n = receive(fd, buffer);

	if (n < 0)
		return n == -EAGAIN ? 0 : n;
	messages.n = (size_t)n;
	while (message_next(&messages, &type, &body)) {
		struct plk_rtnl_link link;

		if (link_take(type, body, &link))
			call(ctx, &link);
	}
	return 1;
}

struct request {
	struct nlmsghdr header;
	struct ifinfomsg info;
	struct rtattr attr;
	char name[IFNAMSIZ];
};

/* By number the attribute is left out. */
static int
request_send(int fd, int index, const char *name)
{
	struct request request = {
		.header = {.nlmsg_len = sizeof request,
			   .nlmsg_type = RTM_GETLINK,
			   .nlmsg_flags = NLM_F_REQUEST},
		.info = {.ifi_family = AF_UNSPEC, .ifi_index = index},
		.attr = {.rta_len = RTA_LENGTH(IFNAMSIZ), .rta_type = IFLA_IFNAME},
	};

	if (index == 0)
		memcpy(request.name, name, strnlen(name, IFNAMSIZ - 1));
	else
		request.header.nlmsg_len = offsetof(struct request, attr);
	/* #syscalls:broker sendto[3=MSG_NOSIGNAL,4=0,5=0] (asks for an interface) */
	return send(fd, &request, request.header.nlmsg_len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

int
plk_rtnl_find(int fd, int index, const char *name, struct plk_rtnl_link *out)
{
	static uint8_t buffer[MESSAGE_BYTES];
	struct plk_span messages = {buffer, 0};
	struct plk_span body;
	struct nlmsgerr error;
	uint16_t type;
	int n = request_send(fd, index, name);

	if (n < 0)
		return n;
	n = receive(fd, buffer); /* the kernel has answered before send() returned */
	if (n < 0)
		return n;
	messages.n = (size_t)n;
	if (!message_next(&messages, &type, &body))
		return -EPROTO;
	if (type == NLMSG_ERROR && body.n >= sizeof error) {
		memcpy(&error, body.p, sizeof error);
		return error.error < 0 ? error.error : -EPROTO;
	}
	return link_take(type, body, out) ? 0 : -EPROTO;
}
