/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void
plk_fd_close(int *fd)
{
	int saved = errno;

	/* #syscalls:supervisor,broker close (of a worker that ended, and what is not passed on) */
	/* #syscalls:front close[0=PLK_FRONT_FD_WORKER] (the channel of a worker that ended) */
	/* #syscalls:front close[0=PLK_FRONT_FD_OTHER..PLK_FRONT_FD_MAX] (what came with messages; not those below, or something else could get a number that may do more) */
	/* #syscalls:worker close[0=PLK_WORKER_FD_CLIENT..PLK_WORKER_FD_MAX] (clients) */
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
plk_fd_place(int *fd, int number)
{
	int error = 0;

	if (*fd == number) {
		*fd = -1;
		return 0;
	}
	/* #syscalls:exec dup3 (the worker's descriptors have fixed numbers) */
	if (dup3(*fd, number, O_CLOEXEC) < 0)
		error = -errno;
	plk_fd_close(fd);
	return error;
}

int
plk_fd_lift(int *fd, int lowest)
{
	int lifted = fcntl(*fd, F_DUPFD_CLOEXEC, lowest);

	if (lifted < 0)
		return -errno;
	plk_fd_close(fd);
	*fd = lifted;
	return 0;
}

int
plk_fd_unblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ? -errno : 0;
}

int
plk_fd_fill(int fd, int first, int last)
{
	for (int number = first; number <= last; number++) {
		/* #syscalls:exec fcntl (is it free; make a listener non-blocking) */
		if (fcntl(number, F_GETFD) < 0 && dup3(fd, number, O_CLOEXEC) < 0)
			return -errno;
	}
	return 0;
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

void
plk_fd_attach(struct msghdr *header, void *control, size_t n_control, int pass)
{
	struct cmsghdr *cmsg;

	memset(control, 0, n_control);
	header->msg_control = control;
	header->msg_controllen = (socklen_t)n_control; /* as POSIX; glibc: size_t */
	cmsg = CMSG_FIRSTHDR(header);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof pass);
	memcpy(CMSG_DATA(cmsg), &pass, sizeof pass);
}

int
plk_fd_error(int fd)
{
	int error = 0;
	socklen_t n = sizeof error;

	/* #syscalls:front getsockopt[1=SOL_SOCKET,2=SO_ERROR] (has a connection been made) */
	/* #syscalls:worker getsockopt[0=PLK_WORKER_FD_RX..PLK_WORKER_FD_RX_LAST,1=SOL_SOCKET,2=SO_ERROR] (an interface that went down: else the socket stays ready) */
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
		return -errno;
	return -error;
}

bool
plk_fd_is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	const struct timespec now = {0};

	/* #syscalls:front ppoll[1=1,3=0] (is there another control client) */
	return ppoll(&poll_fd, 1, &now, NULL) > 0 && (poll_fd.revents & POLLIN);
}
