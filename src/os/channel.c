/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/channel.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "os/clock.h"
#include "os/fd.h"

#define WAIT_NS 1000000 /* until it is tried again */
#define FDS_MAX 4       /* room for more than is permitted, to see (and close) what is too much */

int
plk_channel_pair(int fd[2])
{
	/* #syscalls:supervisor socketpair[0=AF_UNIX,1=SOCK_SEQPACKET|SOCK_CLOEXEC|SOCK_NONBLOCK,2=0] (channels of a worker) */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0)
		return -errno;
	return 0;
}

void
plk_channel_end_init(struct plk_channel_end *end, int *fd, enum plk_channel in)
{
	*end = (struct plk_channel_end){.fd = plk_fd_take(fd), .in = in};
}

int
plk_channel_send(int fd, const struct plk_msg *msg, int pass)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof pass)];
	uint8_t bytes[PLK_MSG_MAX];
	struct iovec iov = {.iov_base = bytes};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t sent;

	if (plk_msg_encode(msg, (struct plk_mspan){bytes, sizeof bytes}, &iov.iov_len) != PLK_OK)
		return -EINVAL;
	if (pass >= 0)
		plk_fd_attach(&header, control, sizeof control, pass);
	do {
		/* #syscalls:supervisor,broker sendmsg[2=MSG_NOSIGNAL|MSG_DONTWAIT] (messages) */
		/* #syscalls:front sendmsg[0=0..PLK_FRONT_FD_BROKER,2=MSG_NOSIGNAL|MSG_DONTWAIT] (messages) */
		/* #syscalls:front sendmsg[0=PLK_FRONT_FD_WORKER,2=MSG_NOSIGNAL|MSG_DONTWAIT] (messages, listeners, the page of counters) */
		/* #syscalls:worker sendmsg[0=PLK_WORKER_FD_FRONT,2=MSG_NOSIGNAL|MSG_DONTWAIT] (messages, and each connection once to be admitted) */
		sent = sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int
plk_channel_send_wait(int fd, const struct plk_msg *msg, int pass, unsigned ms)
{
	const uint64_t by_ms = plk_now_ms() + ms;
	const struct timespec moment = {.tv_nsec = WAIT_NS};
	int error;

	while ((error = plk_channel_send(fd, msg, pass)) == -EAGAIN || error == -ETOOMANYREFS) {
		/* others' descriptors come free without a word */
		struct pollfd poll_fd = {.fd = fd, .events = error == -EAGAIN ? POLLOUT : 0};

		if (plk_now_ms() >= by_ms)
			break;
		(void)ppoll(&poll_fd, 1, &moment, NULL);
	}
	return error;
}

/* Takes the descriptors out of a control message; those beyond @max are closed. Returns how many
 * there were. */
static size_t
fds_take(const struct cmsghdr *cmsg, int *fds, size_t n_fds, size_t max)
{
	size_t n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	for (size_t i = 0; i < n; i++) {
		int fd;

		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof fd, sizeof fd);
		if (n_fds + i < max)
			fds[n_fds + i] = fd;
		else
			plk_fd_close(&fd);
	}
	return n;
}

static size_t
fds_collect(struct msghdr *header, int *fds, size_t max)
{
	size_t n_fds = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(header); cmsg; cmsg = CMSG_NXTHDR(header, cmsg)) {
		if (cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS)
			n_fds += fds_take(cmsg, fds, n_fds, max);
	}
	return n_fds;
}

/* An empty datagram and a closed sender look alike to recvmsg(). */
static bool
is_closed(int fd)
{
	struct pollfd poll_fd = {.fd = fd};
	const struct timespec now = {0};

	/* #syscalls:supervisor,front,broker,worker ppoll[1=1,3=0] (has the other end closed) */
	return ppoll(&poll_fd, 1, &now, NULL) > 0 && (poll_fd.revents & (POLLHUP | POLLERR));
}

/* Whether the datagram is a message that may come now. */
static enum plk_err
judge(struct plk_channel_end *end, enum plk_stage stage, struct plk_span in, size_t n_fds, bool cut,
      struct plk_received *out)
{
	enum plk_err err;

	out->type = in.n > 0 ? in.p[0] : 0;
	out->n = in.n;
	if (cut)
		return PLK_E_LIMIT;
	err = plk_msg_parse(in, &out->msg);
	if (err != PLK_OK)
		return err;
	return plk_rules_check(&end->rules, end->in, stage, out->msg.type, n_fds);
}

int
plk_channel_receive(struct plk_channel_end *end, enum plk_stage stage, struct plk_received *out)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(FDS_MAX * sizeof(int))];
	uint8_t bytes[PLK_MSG_MAX];
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof bytes};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof control,
	};
	int fds[1] = {-1};
	size_t n_fds;
	ssize_t n;
	bool lost;
	bool cut;

	*out = (struct plk_received){.fd = -1};
	do {
		/* #syscalls:supervisor recvmsg[2=MSG_DONTWAIT|MSG_CMSG_CLOEXEC] (messages) */
		/* #syscalls:broker recvmsg[0=0..PLK_BROKER_FD_FRONT,2=MSG_DONTWAIT|MSG_CMSG_CLOEXEC] (messages) */
		/* #syscalls:front recvmsg[0=0..PLK_FRONT_FD_BROKER,2=MSG_DONTWAIT|MSG_CMSG_CLOEXEC] (messages) */
		/* #syscalls:front recvmsg[0=PLK_FRONT_FD_WORKER,2=MSG_DONTWAIT|MSG_CMSG_CLOEXEC] (messages) */
		/* #syscalls:worker recvmsg[0=PLK_WORKER_FD_FRONT,2=MSG_DONTWAIT|MSG_CMSG_CLOEXEC] (messages) */
		n = recvmsg(end->fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		/* that it closed with something unread is told once, and before what it said last */
	} while (n < 0 && (errno == EINTR || errno == ECONNRESET));
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	n_fds = fds_collect(&header, fds, 1);
	if (n == 0 && n_fds == 0 && is_closed(end->fd))
		return -EPIPE;
	lost = n_fds == 0 && (header.msg_flags & MSG_CTRUNC);
	cut = header.msg_flags & (lost ? MSG_TRUNC : MSG_TRUNC | MSG_CTRUNC);
	/* how many got lost is not known: judged is whether one may come at all */
	out->err =
		judge(end, stage, (struct plk_span){bytes, (size_t)n}, lost ? 1 : n_fds, cut, out);
	if (out->err != PLK_OK) {
		plk_fd_close(&fds[0]);
		return -EBADMSG;
	}
	if (lost)
		return -EMFILE;
	out->fd = fds[0];
	return 1;
}

int
plk_channel_receive_wait(struct plk_channel_end *end, enum plk_stage stage,
			 struct plk_received *out, unsigned ms)
{
	const uint64_t by_ms = plk_now_ms() + ms;
	const struct timespec moment = {.tv_nsec = WAIT_NS};
	struct pollfd poll_fd = {.fd = end->fd, .events = POLLIN};
	int got;

	while ((got = plk_channel_receive(end, stage, out)) == 0 && plk_now_ms() < by_ms)
		(void)ppoll(&poll_fd, 1, &moment, NULL);
	return got;
}
