/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

void
plk_fd_close(int *fd)
{
	int saved = errno;

	/* #syscalls:supervisor,front,broker,worker close */
	if (*fd >= 0)
		(void)close(*fd); /* Linux closes it whatever it answers */
	*fd = -1;
	errno = saved;
}

int
plk_fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int
plk_fd_stdio(void)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", O_RDWR) != fd) /* the lowest free number is this one */
			return -errno;
	}
	return 0;
}

int
plk_fd_error(int fd)
{
	int error = 0;
	socklen_t n = sizeof error;

	/* #syscalls:front,worker getsockopt */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -errno;
	return -error;
}
