/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile_broker.c: the broker in the hands of an attacker, from the order to listen on a TCP port. The number of the attack is
 * that of the port, above PORT_BASE. It has closed its sandbox by then, and knows its interface. It knows no other process.
 *
 * It may make packet sockets and stream sockets: that is what it is for. Landlock says where.
 */
#include "hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "os/channel.h"
#include "os/listener.h"
#include "sandbox/descriptors.h"

#define PORT_BASE 20000
#define PORTS 1000
#define FRONT PLK_BROKER_FD_FRONT
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)
#define STREAM (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)
#define PORT_OTHER 19999 /* nobody has named it */
#define FDS 32

static uint8_t buffer[4096];
static struct iovec vector = {buffer, 64};
static struct msghdr plain = {.msg_iov = &vector, .msg_iovlen = 1};
static struct ifreq request = {.ifr_name = "e0", .ifr_newname = "hostile"};
static struct sockaddr_ll link_address = {.sll_family = AF_PACKET};
static int one = 1;

/* ---- sockets, here and there ---- */

static int
make(int family)
{
	int fd = socket(family, STREAM, 0);

	if (fd < 0)
		hostile_report(-1);
	return fd;
}

static struct sockaddr_un
unix_address(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, path, strlen(path));
	return address;
}

static void
unix_bind(const char *path)
{
	const struct sockaddr_un address = unix_address(path);

	hostile_report(bind(make(AF_UNIX), (const struct sockaddr *)&address, sizeof address));
}

static void
unix_connect(const char *path, bool is_abstract)
{
	struct sockaddr_un address = unix_address(path);
	socklen_t n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));

	if (is_abstract)
		address.sun_path[0] = '\0';
	hostile_report(connect(make(AF_UNIX), (const struct sockaddr *)&address, n));
}

static struct sockaddr_in
inet_address(uint16_t port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static void
tcp_bind(uint16_t port)
{
	const struct sockaddr_in address = inet_address(port);

	hostile_report(bind(make(AF_INET), (const struct sockaddr *)&address, sizeof address));
}

static void
tcp_connect(uint16_t port)
{
	const struct sockaddr_in address = inet_address(port);

	hostile_report(connect(make(AF_INET), (const struct sockaddr *)&address, sizeof address));
}

/* ---- lies to the front ---- */

static void
lie(const void *p, size_t n, const int *fds, size_t n_fds)
{
	if (hostile_say(FRONT, p, n, fds, n_fds) < 0)
		hostile_report(-1);
	hostile_idle();
}

static void
lie_type(unsigned type, int pass)
{
	if (hostile_say_type(FRONT, type, pass) < 0)
		hostile_report(-1);
	hostile_idle();
}

static const uint8_t zeros[4096];
static const uint8_t done[PLK_MSG_MAX] = {PLK_MSG_DONE};
static const uint8_t connecting[PLK_MSG_MAX] = {PLK_MSG_CONNECTING, PLK_PORT_INDEX};
static const uint8_t link_state[PLK_MSG_MAX] = {PLK_MSG_LINK, PLK_LINKS};
static const int two[2] = {FRONT, FRONT};

#define DO(name, call)         \
	static void name(void) \
	{                      \
		call;          \
	}

DO(unix_bind_outside, unix_bind("/run/hostile/made"))
DO(unix_bind_above, unix_bind("/run/hostile/inside/../made"))
DO(unix_bind_inside, unix_bind("/run/hostile/inside/made"))
DO(unix_connect_outside, unix_connect("/run/hostile/listener", false))
DO(unix_connect_abstract, unix_connect("@hostile", true))
DO(tcp_bind_other, tcp_bind(PORT_OTHER))
DO(tcp_bind_any, tcp_bind(0))
DO(tcp_connect_other, tcp_connect(PORT_OTHER))
DO(tcp_listen, hostile_report(listen(make(AF_INET), 1)))
DO(lie_empty, lie(zeros, 0, NULL, 0))
DO(lie_none, lie(zeros, 1, NULL, 0))
DO(lie_unknown, lie((const uint8_t[]){PLK_MSG_TYPES}, 1, NULL, 0))
DO(lie_short, lie(done, plk_msg_size(PLK_MSG_DONE) - 1, NULL, 0))
DO(lie_long, lie(done, plk_msg_size(PLK_MSG_DONE) + 1, NULL, 0))
DO(lie_huge, lie(zeros, sizeof zeros, NULL, 0))
DO(lie_iface, lie_type(PLK_MSG_IFACE_IS, -1))
DO(lie_confined, lie_type(PLK_MSG_CONFINED, -1))
DO(lie_order, lie_type(PLK_MSG_SEAL, -1))
DO(lie_stop, lie_type(PLK_MSG_STOP, -1))
DO(lie_serving, lie_type(PLK_MSG_SERVING, -1))
DO(lie_accepted, lie_type(PLK_MSG_ACCEPTED, FRONT))
DO(lie_packet, lie_type(PLK_MSG_PACKET, FRONT))
DO(lie_done_with, lie_type(PLK_MSG_DONE, FRONT))
DO(lie_listening_two,
   lie((const uint8_t[PLK_MSG_MAX]){PLK_MSG_LISTENING}, plk_msg_size(PLK_MSG_LISTENING), two, 2))
DO(lie_link, lie(link_state, plk_msg_size(PLK_MSG_LINK), NULL, 0))
DO(lie_port, lie(connecting, plk_msg_size(PLK_MSG_CONNECTING), NULL, 0))

/* To the worker, whose channel is one of these, and to whatever the others are. */
static void
worker_garbage(void)
{
	for (int fd = FRONT + 1; fd < FDS; fd++)
		(void)hostile_say(fd, zeros, 1, NULL, 0);
}

static void
flood_events(void)
{
	for (;;)
		(void)hostile_say_type(FRONT, PLK_MSG_EVENT, -1); /* -EAGAIN too */
}

static void
sleep_for_ever(void)
{
	hostile_idle();
}

/* clang-format off */
const struct hostile_attack hostile_own[] = {
	/* files */
	CALL3("unlinkat-outside", SYS_unlinkat, AT_FDCWD, "/run/hostile/victim", 0),
	CALL3("unlinkat-above", SYS_unlinkat, AT_FDCWD, "/run/hostile/inside/../victim", 0),
	CALL3("unlinkat-passwd", SYS_unlinkat, AT_FDCWD, "/etc/passwd", 0),
	CALL3("unlinkat-directory", SYS_unlinkat, AT_FDCWD, "/run/hostile/inside", AT_REMOVEDIR),
	CALL3("unlinkat-inside", SYS_unlinkat, AT_FDCWD, "/run/hostile/inside/victim", 0),
	CALL4("stat-follow", SYS_newfstatat, AT_FDCWD, "/etc/passwd", buffer, 0),
	RUN("unix-bind-outside", unix_bind_outside),
	RUN("unix-bind-above", unix_bind_above),
	RUN("unix-bind-inside", unix_bind_inside),
	/* connections */
	RUN("unix-connect-outside", unix_connect_outside),
	RUN("unix-connect-abstract", unix_connect_abstract),
	RUN("tcp-bind-other", tcp_bind_other),
	RUN("tcp-bind-any", tcp_bind_any),
	RUN("tcp-connect-other", tcp_connect_other),
	RUN("tcp-listen", tcp_listen),
	/* sockets */
	CALL3("socket-packet-protocol", SYS_socket, AF_PACKET, STREAM, 0x0300),
	CALL3("socket-packet-blocking", SYS_socket, AF_PACKET, SOCK_RAW, 0),
	CALL3("socket-udp-here", SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("socket-unix-seqpacket", SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("socket-mptcp", SYS_socket, AF_INET, STREAM, IPPROTO_MPTCP),
	CALL5("setsockopt-device", SYS_setsockopt, 4, SOL_SOCKET, SO_BINDTODEVICE, "e0", 3),
	CALL5("setsockopt-fanout", SYS_setsockopt, 4, SOL_PACKET, PACKET_FANOUT, &one, sizeof one),
	CALL5("setsockopt-reserve", SYS_setsockopt, 4, SOL_PACKET, PACKET_RESERVE, &one, sizeof one),
	CALL5("setsockopt-bpf", SYS_setsockopt, 4, SOL_SOCKET, SO_ATTACH_BPF, &one, sizeof one),
	CALL5("setsockopt-detach", SYS_setsockopt, 4, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof one),
	CALL5("setsockopt-buffer", SYS_setsockopt, 4, SOL_SOCKET, SO_RCVBUFFORCE, &one, sizeof one),
	CALL5("setsockopt-credentials", SYS_setsockopt, FRONT, SOL_SOCKET, SO_PASSCRED, &one, sizeof one),
	CALL5("setsockopt-ulp", SYS_setsockopt, 4, IPPROTO_TCP, TCP_ULP, "tls", 4),
	CALL5("getsockopt", SYS_getsockopt, FRONT, SOL_SOCKET, SO_PEERCRED, buffer, &one),
	CALL3("ioctl-rename", SYS_ioctl, 4, SIOCSIFNAME, &request),
	CALL3("ioctl-address", SYS_ioctl, 4, SIOCSIFADDR, &request),
	CALL3("ioctl-high", SYS_ioctl, 4, HOSTILE_BEYOND + SIOCGIFINDEX, &request),
	/* descriptors */
	CALL3("read-front", SYS_read, FRONT, buffer, 64),
	CALL3("write-front", SYS_write, FRONT, buffer, 64),
	CALL6("sendto-address", SYS_sendto, 4, buffer, 64, MSG_NOSIGNAL, &link_address, sizeof link_address),
	CALL6("sendto-flags", SYS_sendto, FRONT, buffer, 64, SEND_FLAGS, 0, 0),
	CALL3("sendmsg-blocking", SYS_sendmsg, FRONT, &plain, 0),
	CALL3("recvmsg-other", SYS_recvmsg, FRONT + 1, &plain, MSG_DONTWAIT | MSG_CMSG_CLOEXEC),
	CALL3("recvmsg-blocking", SYS_recvmsg, FRONT, &plain, 0),
	CALL4("accept", SYS_accept4, 4, 0, 0, 0),
	CALL2("shutdown-front", SYS_shutdown, FRONT, SHUT_RDWR),
	CALL3("fcntl", SYS_fcntl, FRONT, F_GETFL, 0),
	CALL2("memfd", SYS_memfd_create, "hostile", 0),
	CALL5("ppoll-many", SYS_ppoll, buffer, 2, buffer, 0, 8),
	CALL6("epoll-mask", SYS_epoll_pwait, 3, buffer, 1, 0, buffer, 8),
	CALL3("getrandom", SYS_getrandom, buffer, 16, 0),
	/* lies */
	RUN("lie-empty", lie_empty),
	RUN("lie-none", lie_none),
	RUN("lie-unknown", lie_unknown),
	RUN("lie-short", lie_short),
	RUN("lie-long", lie_long),
	RUN("lie-huge", lie_huge),
	RUN("lie-iface", lie_iface),
	RUN("lie-confined", lie_confined),
	RUN("lie-order", lie_order),
	RUN("lie-stop", lie_stop),
	RUN("lie-serving", lie_serving),
	RUN("lie-accepted", lie_accepted),
	RUN("lie-packet", lie_packet),
	RUN("lie-done-with", lie_done_with),
	RUN("lie-listening-two", lie_listening_two),
	RUN("lie-link", lie_link),
	RUN("lie-port", lie_port),
	RUN("worker-garbage", worker_garbage),
	RUN("flood-events", flood_events),
	RUN("sleep", sleep_for_ever),
	{NULL, NULL, 0, {0}},
};
/* clang-format on */

int __real_plk_listen_inet(const struct plk_inet *inet, int *fd, enum plk_step *step);
int __wrap_plk_listen_inet(const struct plk_inet *inet, int *fd, enum plk_step *step);

int
__wrap_plk_listen_inet(const struct plk_inet *inet, int *fd, enum plk_step *step)
{
	if (inet->port >= PORT_BASE && inet->port < PORT_BASE + PORTS)
		hostile_attack(inet->port - PORT_BASE);
	return __real_plk_listen_inet(inet, fd, step);
}
