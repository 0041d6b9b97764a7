/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "os/fd.h"

static int notify_fd = -1;

int
plk_notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	size_t n = path ? strlen(path) : 0;
	const struct timeval patience = {.tv_sec = 1};
	int error;

	if (n < 2 || n >= sizeof addr.sun_path || (path[0] != '/' && path[0] != '@'))
		return 0;
	memcpy(addr.sun_path, path, n);
	if (path[0] == '@')
		addr.sun_path[0] = '\0';
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (notify_fd < 0)
		return -errno;
	if (setsockopt(notify_fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
	    connect(notify_fd, (const struct sockaddr *)&addr,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) == 0)
		return 0;
	error = errno;
	plk_fd_close(&notify_fd);
	return -error;
}

void
plk_notify(const char *state)
{
	/* #syscalls:supervisor sendto[3=MSG_NOSIGNAL,4=0,5=0] (to the service manager) */
	if (notify_fd >= 0)
		(void)send(notify_fd, state, strlen(state), MSG_NOSIGNAL);
}
