/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
	struct sockaddr_storage any;
	struct sockaddr_un local;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

/* ADDR:PORT, or nothing for other families. */
static void
address_print(const union address *addr, char *out, size_t n)
{
	char text[INET6_ADDRSTRLEN] = "";

	out[0] = '\0';
	if (addr->any.ss_family == AF_INET) {
		/* room is enough */
		(void)inet_ntop(AF_INET, &addr->v4.sin_addr, text, sizeof text);
		(void)snprintf(out, n, "%s:%u", text, ntohs(addr->v4.sin_port));
	} else if (addr->any.ss_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &addr->v6.sin6_addr, text, sizeof text);
		(void)snprintf(out, n, "[%s]:%u", text, ntohs(addr->v6.sin6_port));
	}
}

static int
unix_identify(int fd, struct plk_peer_id *out)
{
	struct ucred cred = {0};
	socklen_t n = sizeof cred;

	/* #syscalls:front getsockopt[1=SOL_SOCKET,2=SO_PEERCRED] getsockopt[1=SOL_SOCKET,2=SO_PEERGROUPS] (whose connection is it) */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0)
		return -errno;
	*out = (struct plk_peer_id){
		.is_unix = true, .uid = cred.uid, .gid = cred.gid, .pid = cred.pid};
	return 0;
}

/* Whose it is, by the family of its address. */
static int
address_identify(int fd, struct plk_peer_id *out)
{
	union address addr = {0};
	socklen_t n = sizeof addr;

	/* #syscalls:front getsockname getpeername (whose connection is it) */
	if (getsockname(fd, (struct sockaddr *)&addr, &n) < 0)
		return -errno;
	if (addr.any.ss_family == AF_UNIX)
		return unix_identify(fd, out);
	n = sizeof addr;
	if (getpeername(fd, (struct sockaddr *)&addr, &n) < 0)
		return -errno;
	*out = (struct plk_peer_id){.is_unix = false};
	memcpy(out->text, "tcp:", 4);
	address_print(&addr, out->text + 4, sizeof out->text - 4);
	return 0;
}

int
plk_peer_cookie(int fd, uint64_t *cookie)
{
	socklen_t n = sizeof *cookie;

	/* #syscalls:front getsockopt[1=SOL_SOCKET,2=SO_COOKIE] (which connection is it) */
	return getsockopt(fd, SOL_SOCKET, SO_COOKIE, cookie, &n) < 0 ? -errno : 0;
}

int
plk_peer_identify(int fd, struct plk_peer_id *out)
{
	uint64_t cookie;
	int error = plk_peer_cookie(fd, &cookie);

	if (error == 0)
		error = address_identify(fd, out);
	if (error == 0)
		out->cookie = cookie;
	return error;
}

static bool
is_among(uint32_t gid, const uint32_t *gids, size_t n_gids)
{
	for (size_t i = 0; i < n_gids; i++) {
		if (gids[i] == gid)
			return true;
	}
	return false;
}

bool
plk_peer_in_groups(int fd, const struct plk_peer_id *peer, const uint32_t *gids, size_t n_gids)
{
	static gid_t groups[PLK_PEER_GROUPS_MAX];
	socklen_t n = sizeof groups;

	if (!peer->is_unix)
		return false;
	if (is_among(peer->gid, gids, n_gids))
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof *groups; i++) {
		if (is_among(groups[i], gids, n_gids))
			return true;
	}
	return false;
}

void
plk_address_text(int fd, char *out)
{
	union address addr = {0};
	socklen_t n = sizeof addr;

	out[0] = '\0';
	if (getsockname(fd, (struct sockaddr *)&addr, &n) == 0)
		address_print(&addr, out, PLK_PEER_TEXT_MAX);
}

/* Of the listener, which may have none of its own. */
static bool
inet_is_of(const union address *addr, const union address *listener)
{
	static const struct in6_addr none = IN6ADDR_ANY_INIT;

	if (addr->any.ss_family == AF_INET)
		return addr->v4.sin_port == listener->v4.sin_port &&
		       (listener->v4.sin_addr.s_addr == 0 ||
			listener->v4.sin_addr.s_addr == addr->v4.sin_addr.s_addr);
	return addr->v6.sin6_port == listener->v6.sin6_port &&
	       (memcmp(&listener->v6.sin6_addr, &none, sizeof none) == 0 ||
		memcmp(&listener->v6.sin6_addr, &addr->v6.sin6_addr, sizeof none) == 0);
}

bool
plk_peer_came_by(int fd, int listener)
{
	union address ours = {0};
	union address its = {0};
	socklen_t n_ours = sizeof ours;
	socklen_t n_its = sizeof its;

	if (getsockname(fd, (struct sockaddr *)&ours, &n_ours) < 0 ||
	    getsockname(listener, (struct sockaddr *)&its, &n_its) < 0 ||
	    ours.any.ss_family != its.any.ss_family)
		return false;
	if (ours.any.ss_family == AF_INET || ours.any.ss_family == AF_INET6)
		return inet_is_of(&ours, &its);
	return n_ours == n_its && memcmp(&ours, &its, n_ours) == 0;
}

bool
plk_peer_has_path(int fd, const char *path)
{
	union address addr = {0};
	socklen_t n = sizeof addr;

	return getpeername(fd, (struct sockaddr *)&addr, &n) == 0 &&
	       addr.any.ss_family == AF_UNIX &&
	       strncmp(addr.local.sun_path, path, sizeof addr.local.sun_path) == 0;
}

bool
plk_peer_has_inet(int fd, bool is_v6, const uint8_t *addr, uint16_t port)
{
	union address peer = {0};
	socklen_t n = sizeof peer;

	if (getpeername(fd, (struct sockaddr *)&peer, &n) < 0 ||
	    peer.any.ss_family != (is_v6 ? AF_INET6 : AF_INET))
		return false;
	if (is_v6)
		return ntohs(peer.v6.sin6_port) == port &&
		       memcmp(&peer.v6.sin6_addr, addr, sizeof peer.v6.sin6_addr) == 0;
	return ntohs(peer.v4.sin_port) == port &&
	       memcmp(&peer.v4.sin_addr, addr, sizeof peer.v4.sin_addr) == 0;
}

bool
plk_peer_is_self(int fd)
{
	union address ours = {0};
	union address its = {0};
	socklen_t n_ours = sizeof ours;
	socklen_t n_its = sizeof its;

	if (getsockname(fd, (struct sockaddr *)&ours, &n_ours) < 0 ||
	    getpeername(fd, (struct sockaddr *)&its, &n_its) < 0 || ours.any.ss_family == AF_UNIX)
		return false;
	return n_ours == n_its && memcmp(&ours, &its, n_ours) == 0;
}
