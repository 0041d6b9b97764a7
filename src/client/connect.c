/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections; connect.h has the contract and the trust boundary. */
#include "client/connect.h"

#include <assert.h>
#include <errno.h>
#include <grp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <pktlock/fdnum.h>

#include "base/writer.h"
#include "client/say.h"
#include "client/stop.h"
#include "text/words.h"

#define ADVICE_MAX 256

/* A remote as a socket address. */
union address {
	struct sockaddr any;
	struct sockaddr_un un;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

/* A zone is an interface's name or, where there is none of that name, its index. */
static int
zone_resolve(const char *zone, uint32_t *index)
{
	uint64_t number;

	*index = zone[0] ? if_nametoindex(zone) : 0;
	if (*index != 0 || !zone[0])
		return 0;
	if (plk_number_parse(plk_span_str(zone), UINT32_MAX, &number) != PLK_OK)
		return -ENODEV;
	*index = (uint32_t)number;
	return 0;
}

static int
inet_address(const struct plk_remote *remote, union address *address, socklen_t *n)
{
	if (!remote->is_v6) {
		address->in = (struct sockaddr_in){.sin_family = AF_INET,
						   .sin_port = htons(remote->tcp_port)};
		memcpy(&address->in.sin_addr, remote->addr, sizeof address->in.sin_addr);
		*n = sizeof address->in;
		return 0;
	}
	address->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6,
					     .sin6_port = htons(remote->tcp_port)};
	memcpy(&address->in6.sin6_addr, remote->addr, sizeof address->in6.sin6_addr);
	*n = sizeof address->in6;
	return zone_resolve(remote->zone, &address->in6.sin6_scope_id);
}

static int
address_make(const struct plk_remote *remote, union address *address, socklen_t *n)
{
	if (remote->kind == PLK_REMOTE_TCP)
		return inet_address(remote, address, n);
	static_assert(sizeof address->un.sun_path == sizeof remote->path, "a path fits");
	address->un = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->un.sun_path, remote->path, sizeof remote->path);
	*n = sizeof address->un;
	return 0;
}

/* Who may connect to a socket that refused us. */
static void
permission_advice(const char *path, char *out)
{
	struct stat st;
	const struct group *group;

	if (stat(path, &st) < 0) {
		snprintf(out, ADVICE_MAX, "a directory of its path is closed to you");
		return;
	}
	group = getgrgid(st.st_gid);
	if (st.st_mode & S_IWOTH)
		snprintf(out, ADVICE_MAX, "a security policy forbids it: its mode does not");
	else if (!(st.st_mode & S_IWGRP))
		snprintf(out, ADVICE_MAX, "only its owner, uid %u, may connect",
			 (unsigned)st.st_uid);
	else if (!group)
		snprintf(out, ADVICE_MAX, "only members of group %u may connect",
			 (unsigned)st.st_gid);
	else
		snprintf(out, ADVICE_MAX,
			 "only members of group %.32s may connect: usermod -aG %.32s USER, and log "
			 "in again",
			 group->gr_name, group->gr_name);
}

static const char *
advice_for(const struct plk_remote *remote, int error, char *out)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return "there is no such socket: is the daemon running, and is this the path of "
		       "its --remote= or --control=?";
	case ECONNREFUSED:
		return "nothing listens there: is the daemon running?";
	case EACCES:
	case EPERM:
		if (remote->kind != PLK_REMOTE_UNIX)
			return "a firewall forbids it";
		permission_advice(remote->path, out);
		return out;
	case ETIMEDOUT:
		return "the daemon did not take the connection: is it running, and is the address "
		       "right?";
	case EPROTOTYPE:
		return "it is not a stream socket: is this the daemon's?";
	case ENODEV:
		return "no interface has the name of the address's zone";
	case ENETUNREACH:
	case EHOSTUNREACH:
		return "there is no way to that address";
	default:
		return "is the daemon running?";
	}
}

static void
failure_say(const char *command, const struct plk_remote *remote, int error)
{
	char text[PLK_REMOTE_TEXT_MAX + 1];
	char advice[ADVICE_MAX];
	struct plk_quoted quoted;
	size_t n = 0;

	if (plk_remote_encode(remote, (struct plk_mspan){(uint8_t *)text, sizeof text - 1}, &n) !=
	    PLK_OK)
		n = 0;
	text[n] = 0;
	plk_say(command, "%s: cannot connect: %s (%s)", plk_quote(&quoted, text), strerror(error),
		advice_for(remote, error, advice));
}

/* SO_SNDTIMEO bounds connect(2) too, also on a Unix socket whose backlog is full. */
static int
send_limit_set(int fd, time_t seconds)
{
	struct timeval limit = {.tv_sec = seconds};

	return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) < 0 ? -errno : 0;
}

/* Frames that come one by one go out one by one. */
static int
delay_forbid(int fd, const struct plk_remote *remote)
{
	int on = 1;

	if (remote->kind != PLK_REMOTE_TCP)
		return 0;
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0 ? -errno : 0;
}

static int
connect_wait(int fd, const union address *address, socklen_t n)
{
	while (connect(fd, &address->any, n) < 0) {
		if (errno == EISCONN)
			return 0; /* it was made while a signal was handled */
		if (errno == EAGAIN || errno == EINPROGRESS)
			return -ETIMEDOUT;
		if (errno != EINTR || plk_stop_wanted())
			return -errno;
	}
	return 0;
}

static int
socket_connect(const struct plk_remote *remote, int *out)
{
	union address address;
	socklen_t n;
	int rc = address_make(remote, &address, &n);
	int fd;

	if (rc < 0)
		return rc;
	fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = send_limit_set(fd, PLK_CONNECT_TIMEOUT_S);
	if (rc == 0)
		rc = delay_forbid(fd, remote);
	if (rc == 0)
		rc = connect_wait(fd, &address, n);
	if (rc == 0)
		rc = send_limit_set(fd, 0);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	*out = fd;
	return 0;
}

int
plk_connect_open(const char *command, const struct plk_remote *remote, int *fd)
{
	int rc = socket_connect(remote, fd);

	if (rc < 0 && rc != -EINTR)
		failure_say(command, remote, -rc);
	return rc;
}
