/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/notify.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "os/clock.h"
#include "os/fd.h"

static int notify_fd = -1;

int
plk_notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	int error;

	plk_fd_close(&notify_fd);
	if (n < 2 || n >= sizeof addr.sun_path || (path[0] != '/' && path[0] != '@'))
		return 0;
	memcpy(addr.sun_path, path, n);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify_fd < 0)
		return -errno;
	if (connect(notify_fd, (const struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0)
		return 0;
	error = errno;
	plk_fd_close(&notify_fd);
	return -error;
}

bool
plk_notify_is_open(void)
{
	return notify_fd >= 0;
}

/* Waits for room at the service manager; false if there is none in time. */
static bool
wait_for_room(uint64_t by_ms)
{
	struct pollfd poll_fd = {.fd = notify_fd, .events = POLLOUT};
	uint64_t now = by_ms > 0 ? plk_now_ms() : 0;
	struct timespec left;

	if (now >= by_ms)
		return false;
	left.tv_sec = (time_t)((by_ms - now) / 1000);
	left.tv_nsec = (long)((by_ms - now) % 1000) * 1000000;
	/* #syscalls:supervisor ppoll[1=1,3=0] (is there room at the service manager) */
	return ppoll(&poll_fd, 1, &left, NULL) > 0 || errno == EINTR;
}

/* Not a time-out of the socket: that would be one for each datagram, and there may be a thousand. */
int
plk_notify_by(const char *state, int pass, uint64_t by_ms)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof pass)];
	struct iovec iov = {.iov_base = (void *)(uintptr_t)state, .iov_len = strlen(state)};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (notify_fd < 0)
		return 0;
	if (pass >= 0)
		plk_fd_attach(&header, control, sizeof control, pass);
	for (;;) {
		/* #syscalls:supervisor sendmsg[2=MSG_NOSIGNAL|MSG_DONTWAIT] (to the service manager) */
		if (sendmsg(notify_fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0;
		if (errno == EINTR || (errno == EAGAIN && wait_for_room(by_ms)))
			continue;
		return -errno;
	}
}

void
plk_notify(const char *state)
{
	(void)plk_notify_by(state, -1, plk_now_ms() + PLK_NOTIFY_MS);
}
