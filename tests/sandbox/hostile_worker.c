/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile_worker.c: the worker in the hands of an attacker who came by a frame: from the wire (plk_deliver_rx) or from a
 * client (plk_tx). The frame says which attack, and what the attacker knows of the world:
 *
 *   destination, source, EtherType, "HOSTILE!", be16 attack, be32 interface of the canary, be32 our interface,
 *   be32 process of the supervisor, of the front, of the broker
 *
 * Any other frame goes its way: so the same program serves when it is started anew, and shows that the service has healed.
 */
#include "hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "os/clock.h"
#include "worker/worker.h"

#define FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)
#define RX PLK_WORKER_FD_RX
#define TX PLK_WORKER_FD_TX
#define LISTENER PLK_WORKER_FD_LISTENER
#define FLOOD_MS 500
#define NO_SLOT 900 /* of no client */

static const uint8_t magic[8] = "HOSTILE!";

/* A virtio-net header and a frame from 02:66:66:66:66:66, which is nobody else's address. */
static uint8_t record[PLK_VNET_HDR + 60];
static struct sockaddr_ll canary = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
static struct sockaddr_ll own = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
static struct iovec vector = {record, sizeof record};
static struct msghdr plain = {.msg_iov = &vector, .msg_iovlen = 1};
static struct msghdr to_canary = {
	.msg_name = &canary, .msg_namelen = sizeof canary, .msg_iov = &vector, .msg_iovlen = 1};
static struct mmsghdr many[1];
static uint8_t buffer[4096];
static struct packet_mreq membership = {.mr_type = PACKET_MR_PROMISC};
static int one = 1;

/* ---- descriptors that come and go ---- */

/* Fills a message that carries a packet socket. */
static struct msghdr *
rights_make(void)
{
	static _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
	static struct msghdr header;
	const int fd = RX;
	struct cmsghdr *cmsg;

	header = plain;
	header.msg_control = control;
	header.msg_controllen = sizeof control;
	cmsg = CMSG_FIRSTHDR(&header);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(cmsg), &fd, sizeof fd);
	return &header;
}

static void
rights_to_client(void)
{
	hostile_report(sendmsg((int)hostile_values[3], rights_make(), FLAGS));
}

/* A listener's number comes free, and the next connection gets it: that to another port. */
static void
listener_replace(void)
{
	struct pollfd poll_fd = {.fd = LISTENER + 1, .events = POLLIN};
	const struct timespec time = {.tv_sec = 5};

	if (close(LISTENER) < 0 || ppoll(&poll_fd, 1, &time, NULL) < 0 ||
	    syscall(SYS_accept4, (long)LISTENER + 1, NULL, NULL,
		    (long)(SOCK_CLOEXEC | SOCK_NONBLOCK)) != LISTENER)
		hostile_report(-1);
}

static void
listener_read(void)
{
	listener_replace();
	hostile_report(read(LISTENER, buffer, sizeof buffer));
}

static void
listener_send(void)
{
	listener_replace();
	hostile_report(sendto(LISTENER, record, sizeof record, FLAGS, NULL, 0));
}

static void
listener_shutdown(void)
{
	listener_replace();
	hostile_report(shutdown(LISTENER, SHUT_RDWR));
}

static void
listener_accept(void)
{
	listener_replace();
	hostile_report(syscall(SYS_accept4, (long)LISTENER, NULL, NULL,
			       (long)(SOCK_CLOEXEC | SOCK_NONBLOCK)));
}

/* All of them, so that the next worker must have its own. */
static void
listeners_close(void)
{
	for (int fd = LISTENER; fd < worker.first_client; fd++) {
		if (close(fd) < 0)
			hostile_report(-1);
	}
	hostile_report(0);
}

static void
rights_from_client(void)
{
	struct msghdr *header = rights_make();

	hostile_report(recvmsg((int)hostile_values[3], header, MSG_DONTWAIT));
}

/* To a front that is hijacked too: see hostile_front.c. Two of them, since it may want to keep the first. */
static void
rights_to_front(void)
{
	const int fd = RX + 1;

	for (int i = 0; i < 2; i++) {
		if (hostile_say_type(PLK_WORKER_FD_FRONT, PLK_MSG_ACCEPTED, fd) < 0)
			hostile_report(-1);
	}
}

/* The same, and it gives one back as if it were a connection: then it has a client's number, and may be sent on. */
static void
rights_and_back(void)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {buffer, sizeof buffer};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	struct pollfd poll_fd = {.fd = PLK_WORKER_FD_FRONT, .events = POLLIN};
	const struct timespec time = {.tv_sec = 1};
	int fd;

	rights_to_front();
	do {
		header.msg_control = control;
		header.msg_controllen = sizeof control;
		if (ppoll(&poll_fd, 1, &time, NULL) == 0 ||
		    recvmsg(PLK_WORKER_FD_FRONT, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
			hostile_report(-1);
	} while (header.msg_controllen == 0);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&header)), sizeof fd);
	hostile_report(sendto(fd, record, sizeof record, FLAGS, NULL, 0));
}

/* Is it a connection, of any client? */
static bool
is_client(int fd)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state != CLIENT_FREE && worker.clients[i].fd == fd)
			return true;
	}
	return false;
}

/* A client has sent us a packet socket with the bytes that we have read. Where is it? */
static void
rights_by_read(void)
{
	for (int fd = worker.first_client; fd < worker.first_client + 64; fd++) {
		if (is_client(fd))
			continue;
		if (sendto(fd, record, sizeof record, FLAGS, NULL, 0) >= 0)
			hostile_report(0);
	}
	hostile_report(-1); /* EBADF */
}

/* ---- lies to the front; what becomes of us afterwards is up to it ---- */

static void
lie(const void *p, size_t n, const int *fds, size_t n_fds)
{
	if (hostile_say(PLK_WORKER_FD_FRONT, p, n, fds, n_fds) < 0)
		hostile_report(-1);
	hostile_idle();
}

static void
lie_type(unsigned type, int pass)
{
	if (hostile_say_type(PLK_WORKER_FD_FRONT, type, pass) < 0)
		hostile_report(-1);
	hostile_idle();
}

static void
lie_msg(const struct plk_msg *msg, int pass)
{
	uint8_t bytes[PLK_MSG_MAX];
	size_t n = 0;

	if (plk_msg_encode(msg, (struct plk_mspan){bytes, sizeof bytes}, &n) != PLK_OK)
		_exit(HOSTILE_WORKED);
	lie(bytes, n, &pass, pass < 0 ? 0 : 1);
}

#define LIE(name, call)              \
	static void lie_##name(void) \
	{                            \
		call;                \
	}

static const uint8_t zeros[4096];
static const uint8_t closed[PLK_MSG_MAX] = {PLK_MSG_CLOSED};
static const int two[2] = {PLK_WORKER_FD_NULL, PLK_WORKER_FD_NULL};

LIE(empty, lie(zeros, 0, NULL, 0))
LIE(none, lie(zeros, 1, NULL, 0))
LIE(unknown, lie((const uint8_t[]){PLK_MSG_TYPES}, 1, NULL, 0))
LIE(last, lie((const uint8_t[]){0xff}, 1, NULL, 0))
LIE(short, lie(closed, plk_msg_size(PLK_MSG_CLOSED) - 1, NULL, 0))
LIE(long, lie(closed, plk_msg_size(PLK_MSG_CLOSED) + 1, NULL, 0))
LIE(huge, lie(zeros, sizeof zeros, NULL, 0))
LIE(serving, lie_type(PLK_MSG_SERVING, -1))
LIE(confined, lie_type(PLK_MSG_CONFINED, -1))
LIE(go, lie_type(PLK_MSG_GO, -1))
LIE(stop, lie_type(PLK_MSG_STOP, -1))
LIE(done, lie_type(PLK_MSG_DONE, -1))
LIE(open, lie_type(PLK_MSG_OPEN, -1))
LIE(channel, lie_type(PLK_MSG_CHANNEL, PLK_WORKER_FD_FRONT))
LIE(packet, lie_type(PLK_MSG_PACKET, RX))
LIE(accepted_nothing, lie_type(PLK_MSG_ACCEPTED, -1))
LIE(accepted_two,
    lie((const uint8_t[PLK_MSG_MAX]){PLK_MSG_ACCEPTED}, plk_msg_size(PLK_MSG_ACCEPTED), two, 2))
LIE(closed_with, lie_type(PLK_MSG_CLOSED, PLK_WORKER_FD_NULL))
LIE(event_with, lie_type(PLK_MSG_EVENT, RX))
LIE(adopted_with, lie_type(PLK_MSG_ADOPTED, PLK_WORKER_FD_EPOLL))
LIE(kept, lie_type(PLK_MSG_KEPT, LISTENER))
LIE(kept_nothing, lie_type(PLK_MSG_KEPT, -1))
LIE(left, lie_type(PLK_MSG_LEFT, -1))
LIE(restored, lie_type(PLK_MSG_RESTORED, -1))
LIE(unported, lie_type(PLK_MSG_UNPORTED, -1))
LIE(unported_with, lie_type(PLK_MSG_UNPORTED, PLK_WORKER_FD_NULL))
LIE(slot, lie_msg(&(struct plk_msg){.type = PLK_MSG_CLOSED, .u.closed.slot = PLK_CLIENTS_MAX}, -1))
LIE(reason, lie_msg(&(struct plk_msg){.type = PLK_MSG_CLOSED, .u.closed.reason = PLK_CLOSES}, -1))
LIE(error, lie_msg(&(struct plk_msg){.type = PLK_MSG_CLOSED, .u.closed.error = UINT32_MAX}, -1))
LIE(code, lie_msg(&(struct plk_msg){.type = PLK_MSG_EVENT, .u.event.code = PLK_EVENTS}, -1))
LIE(port, lie_msg(&(struct plk_msg){.type = PLK_MSG_CLOSED, .u.closed.port = PLK_PORT_INDEX}, -1))
LIE(adopted_port,
    lie_msg(&(struct plk_msg){.type = PLK_MSG_ADOPTED, .u.adopted.port = PLK_PORT_INDEX}, -1))

/* What the request table permits, but is not true: the service goes on. */
#define ODD(name, pass, ...)                                                 \
	static void odd_##name(void)                                         \
	{                                                                    \
		const struct plk_msg msg = __VA_ARGS__;                      \
		if (plk_channel_send(PLK_WORKER_FD_FRONT, &msg, (pass)) < 0) \
			hostile_report(-1);                                  \
	}

/* clang-format off */
#define ACCEPTED(a, b) {.type = PLK_MSG_ACCEPTED, .u.accepted = {.slot = (a), .generation = (b)}}
#define CLOSED(a, b) {.type = PLK_MSG_CLOSED, .u.closed = {.slot = (a), .generation = (b)}}
#define ADOPTED(a, b) {.type = PLK_MSG_ADOPTED, .u.adopted = {.err = (a), .error = (b)}}
#define EVENT(code_, a_, b_) {.type = PLK_MSG_EVENT, .u.event = {.code = (code_), .a = (a_), .b = (b_)}}
/* clang-format on */

ODD(epoll, PLK_WORKER_FD_EPOLL, ACCEPTED(NO_SLOT, 7))
ODD(null, PLK_WORKER_FD_NULL, ACCEPTED(NO_SLOT, 7))
ODD(packet, RX, ACCEPTED(NO_SLOT, 7))
ODD(front, PLK_WORKER_FD_FRONT, ACCEPTED(NO_SLOT, 7))
ODD(listener, LISTENER, ACCEPTED(NO_SLOT, 7))
ODD(supervisor, PLK_WORKER_FD_SUPERVISOR, ACCEPTED(NO_SLOT, 7))
ODD(generation, PLK_WORKER_FD_NULL, ACCEPTED(NO_SLOT, UINT32_MAX))
ODD(closed_unknown, -1, CLOSED(NO_SLOT, 7))
ODD(closed_generation, -1, CLOSED(0, UINT32_MAX))
ODD(adopted, -1, ADOPTED(PLK_E_ADOPT_FILE, EIO))
ODD(event, -1, EVENT(PLK_EVENT_SYSTEM, UINT64_MAX, UINT64_MAX))

/* ---- what shall outlive us ---- */

static struct client *
client_get(uint32_t number)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state == CLIENT_OPEN && number-- == 0)
			return &worker.clients[i];
	}
	_exit(HOSTILE_WORKED);
}

static void
order_wait(enum plk_msg_type type)
{
	struct pollfd poll_fd = {.fd = PLK_WORKER_FD_FRONT, .events = POLLIN};
	struct iovec iov = {buffer, sizeof buffer};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	do {
		(void)ppoll(&poll_fd, 1, NULL, NULL);
		if (recvmsg(PLK_WORKER_FD_FRONT, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) <= 0)
			hostile_report(-1);
	} while (buffer[0] != type);
}

static void
kept_say(const struct plk_msg_kept *kept, int fd)
{
	const struct plk_msg msg = {.type = PLK_MSG_KEPT, .u.kept = *kept};

	if (plk_channel_send(PLK_WORKER_FD_FRONT, &msg, fd) < 0)
		hostile_report(-1);
}

/* When the daemon stops, something else is given for a client's connection; or that, once more. */
static void
kept_as_client(int fd, bool twice)
{
	const struct client *client = client_get(0);
	const struct plk_msg_kept kept = {.slot = plk_client_slot(client),
					  .generation = client->generation,
					  .port = client->port};

	order_wait(PLK_MSG_FINISH);
	kept_say(&kept, fd);
	if (twice)
		kept_say(&kept, fd);
	hostile_idle();
}

#define KEPT(name, fd, twice)                  \
	static void kept_##name(void)          \
	{                                      \
		kept_as_client((fd), (twice)); \
	}

KEPT(packet, RX, false)
KEPT(listener, LISTENER, false)
KEPT(channel, PLK_WORKER_FD_FRONT, false)
KEPT(null, PLK_WORKER_FD_NULL, false)
KEPT(other, client_get(1)->fd, false)
KEPT(twice, client_get(0)->fd, true)

/* A client of the first port is said to have come by the last one, and is kept for that. */
static void
kept_elsewhere(void)
{
	struct plk_msg msg = {.type = PLK_MSG_ACCEPTED,
			      .u.accepted = {.slot = NO_SLOT, .generation = 7}};
	struct plk_msg_kept kept = {.slot = NO_SLOT, .generation = 7};
	uint16_t port = 0;

	while (worker.ports[port + 1].used)
		port++;
	msg.u.accepted.port = port;
	kept.port = port;
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state != CLIENT_OPEN || worker.clients[i].port != 0)
			continue;
		if (plk_channel_send(PLK_WORKER_FD_FRONT, &msg, worker.clients[i].fd) < 0)
			hostile_report(-1);
		order_wait(PLK_MSG_FINISH);
		kept_say(&kept, worker.clients[i].fd);
	}
	hostile_idle();
}

/* ---- floods ---- */

/* Sends a message again and again, waiting for room; for ever if @ms is 0. Reads no order meanwhile. */
static void
flood(const struct plk_msg *msg, int pass, uint64_t ms)
{
	uint64_t end = plk_now_ms() + ms;

	while (ms == 0 || plk_now_ms() < end)
		(void)plk_channel_send(PLK_WORKER_FD_FRONT, msg, pass); /* -EAGAIN too */
	_exit(HOSTILE_WORKED);
}

#define FLOOD(name, pass, ms, ...)                      \
	static void flood_##name(void)                  \
	{                                               \
		const struct plk_msg msg = __VA_ARGS__; \
		flood(&msg, (pass), (ms));              \
	}

FLOOD(events, -1, FLOOD_MS, EVENT(PLK_EVENT_IGNORED, 0, 0))
FLOOD(events_forever, -1, 0, EVENT(PLK_EVENT_TX_ERROR, 0, 0))
FLOOD(closed, -1, FLOOD_MS, CLOSED(NO_SLOT, 7))
FLOOD(adopted, -1, FLOOD_MS, ADOPTED(PLK_E_ADOPT_FILE, 0))
FLOOD(accepted, PLK_WORKER_FD_NULL, 0, ACCEPTED(NO_SLOT, 7))

/* ---- stalling ---- */

static void
spin(void)
{
	for (;;)
		__asm__ volatile("" ::: "memory");
}

static void
sleep_for_ever(void)
{
	hostile_idle();
}

/* ---- the counters' page ---- */

static void
counters_fill(uint8_t byte)
{
	memset(worker.ledger.page, byte, PLK_BOOKS_BYTES);
	_exit(HOSTILE_WORKED);
}

static void
counters_zero(void)
{
	counters_fill(0);
}

static void
counters_most(void)
{
	counters_fill(0xff);
}

static void
counters_half(void)
{
	counters_fill(0x55);
}

/* ---- the table ---- */

/* clang-format off */
#define SENDING(name, fd) \
	CALL6("send-" name, SYS_sendto, fd, record, sizeof record, FLAGS, 0, 0), \
	CALL6("sendto-" name, SYS_sendto, fd, record, sizeof record, FLAGS, &canary, sizeof canary), \
	CALL3("sendmsg-" name, SYS_sendmsg, fd, &plain, FLAGS), \
	CALL3("sendmsg-to-" name, SYS_sendmsg, fd, &to_canary, FLAGS), \
	CALL4("sendmmsg-" name, SYS_sendmmsg, fd, many, 1, FLAGS), \
	CALL3("write-" name, SYS_write, fd, record, sizeof record), \
	CALL3("writev-" name, SYS_writev, fd, &vector, 1), \
	CALL4("pwrite-" name, SYS_pwrite64, fd, record, sizeof record, 0), \
	CALL6("pwritev2-" name, SYS_pwritev2, fd, &vector, 1, -1, -1, 0)

const struct hostile_attack hostile_own[] = {
	/* frames */
	SENDING("rx4", RX),
	SENDING("rx5", RX + 1),
	SENDING("rx6", RX + 2),
	SENDING("rx7", RX + 3),
	SENDING("tx", TX),
	CALL6("sendto-own-tx", SYS_sendto, TX, record, sizeof record, FLAGS, &own, sizeof own),
	CALL6("send-flags-tx", SYS_sendto, TX, record, sizeof record, 0, 0, 0),
	CALL6("send-confirm-tx", SYS_sendto, TX, record, sizeof record, FLAGS | MSG_CONFIRM, 0, 0),
	CALL6("send-length-tx", SYS_sendto, TX, record, sizeof record, FLAGS, 0, sizeof canary),
	CALL6("send-high-tx", SYS_sendto, HOSTILE_BEYOND + TX, record, sizeof record, FLAGS, 0, 0),
	CALL6("send-high-rx", SYS_sendto, HOSTILE_BEYOND + RX, record, sizeof record, FLAGS, 0, 0),
	CALL6("sendto-high-rx", SYS_sendto, HOSTILE_BEYOND + RX, record, sizeof record, FLAGS, &canary, sizeof canary),
	CALL6("sendto-client", SYS_sendto, HOSTILE_CLIENT, record, sizeof record, FLAGS, &canary, sizeof canary),
	CALL6("send-listener", SYS_sendto, LISTENER, record, sizeof record, FLAGS, 0, 0),
	CALL6("splice-tx", SYS_splice, HOSTILE_CLIENT, 0, TX, 0, 64, 0),
	CALL4("sendfile-tx", SYS_sendfile, TX, HOSTILE_CLIENT, 0, 64),
	/* another interface, more of ours */
	CALL3("bind-rx", SYS_bind, RX, &canary, sizeof canary),
	CALL3("bind-tx", SYS_bind, TX, &canary, sizeof canary),
	CALL3("connect-tx", SYS_connect, TX, &canary, sizeof canary),
	CALL5("promisc-rx", SYS_setsockopt, RX, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership),
	CALL5("promisc-tx", SYS_setsockopt, TX, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &membership, sizeof membership),
	CALL5("fanout-rx", SYS_setsockopt, RX, SOL_PACKET, PACKET_FANOUT, &one, sizeof one),
	CALL5("tx-ring", SYS_setsockopt, RX, SOL_PACKET, PACKET_TX_RING, buffer, 28),
	CALL5("filter-rx", SYS_setsockopt, RX, SOL_SOCKET, SO_DETACH_FILTER, &one, sizeof one),
	CALL5("mark-tx", SYS_setsockopt, TX, SOL_SOCKET, SO_MARK, &one, sizeof one),
	CALL5("device-tx", SYS_setsockopt, TX, SOL_SOCKET, SO_BINDTODEVICE, "c0", 3),
	CALL5("getsockopt-tx", SYS_getsockopt, TX, SOL_SOCKET, SO_ERROR, buffer, &one),
	CALL5("getsockopt-client", SYS_getsockopt, HOSTILE_CLIENT, SOL_SOCKET, 17 /* SO_PEERCRED */, buffer, &one),
	CALL3("getsockname-rx", SYS_getsockname, RX, buffer, &one),
	/* reading what is not for us */
	CALL3("read-rx", SYS_read, RX, buffer, sizeof buffer),
	CALL3("read-front", SYS_read, PLK_WORKER_FD_FRONT, buffer, sizeof buffer),
	CALL6("recvfrom-rx", SYS_recvfrom, RX, buffer, sizeof buffer, MSG_DONTWAIT, 0, 0),
	CALL3("recvmsg-flags-rx", SYS_recvmsg, RX, &plain, MSG_DONTWAIT | MSG_PEEK),
	CALL3("recvmsg-supervisor", SYS_recvmsg, PLK_WORKER_FD_SUPERVISOR, &plain, MSG_DONTWAIT | MSG_CMSG_CLOEXEC),
	CALL3("recvmsg-broker", SYS_recvmsg, PLK_WORKER_FD_BROKER, &plain, MSG_DONTWAIT | MSG_CMSG_CLOEXEC),
	CALL3("recvmsg-high", SYS_recvmsg, HOSTILE_BEYOND + PLK_WORKER_FD_FRONT, &plain, MSG_DONTWAIT | MSG_CMSG_CLOEXEC),
	/* descriptors */
	CALL3("sendmsg-supervisor", SYS_sendmsg, PLK_WORKER_FD_SUPERVISOR, &plain, MSG_NOSIGNAL | MSG_DONTWAIT),
	CALL3("sendmsg-broker", SYS_sendmsg, PLK_WORKER_FD_BROKER, &plain, MSG_NOSIGNAL | MSG_DONTWAIT),
	CALL3("dup3-tx", SYS_dup3, TX, HOSTILE_CLIENT, 0),
	CALL3("fcntl-dupfd-rx", SYS_fcntl, RX, 0 /* F_DUPFD */, PLK_WORKER_FD_CLIENT_FEW),
	RUN("rights-to-client", rights_to_client),
	RUN("rights-from-client", rights_from_client),
	RUN("rights-by-read", rights_by_read),
	RUN("rights-to-front", rights_to_front),
	RUN("rights-and-back", rights_and_back),
	CALL4("accept-rx", SYS_accept4, RX, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK),
	CALL4("accept-front", SYS_accept4, PLK_WORKER_FD_FRONT, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK),
	CALL4("accept-client", SYS_accept4, HOSTILE_CLIENT, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK),
	CALL4("accept-address", SYS_accept4, LISTENER, buffer, &one, SOCK_CLOEXEC | SOCK_NONBLOCK),
	CALL4("accept-blocking", SYS_accept4, LISTENER, 0, 0, 0),
	CALL2("listen", SYS_listen, LISTENER, 1),
	CALL2("shutdown-listener", SYS_shutdown, LISTENER, SHUT_RDWR),
	CALL2("shutdown-front", SYS_shutdown, PLK_WORKER_FD_FRONT, SHUT_RDWR),
	CALL2("shutdown-client-half", SYS_shutdown, HOSTILE_CLIENT, SHUT_RD),
	CALL1("close-supervisor", SYS_close, PLK_WORKER_FD_SUPERVISOR),
	CALL1("close-front", SYS_close, PLK_WORKER_FD_FRONT),
	CALL1("close-null", SYS_close, PLK_WORKER_FD_NULL),
	CALL1("close-epoll", SYS_close, PLK_WORKER_FD_EPOLL),
	CALL1("close-rx", SYS_close, RX),
	CALL1("close-tx", SYS_close, TX),
	CALL1("close-broker", SYS_close, PLK_WORKER_FD_BROKER),
	CALL1("close-listener", SYS_close, LISTENER),
	CALL1("close-listener-high", SYS_close, HOSTILE_BEYOND + LISTENER),
	CALL3("read-listener", SYS_read, LISTENER, buffer, sizeof buffer),
	RUN("listeners-close", listeners_close),
	RUN("listener-read", listener_read),
	RUN("listener-send", listener_send),
	RUN("listener-shutdown", listener_shutdown),
	RUN("listener-accept", listener_accept),
	CALL1("close-high", SYS_close, HOSTILE_BEYOND + RX),
	CALL4("epoll-other", SYS_epoll_ctl, HOSTILE_CLIENT, EPOLL_CTL_ADD, RX, buffer),
	CALL2("memfd", SYS_memfd_create, "hostile", 0),
	CALL3("socket-unix", SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("socket-tcp", SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("socket-packet", SYS_socket, AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("unlinkat", SYS_unlinkat, -100 /* AT_FDCWD */, "/run/hostile/victim", 0),
	/* lies */
	RUN("lie-empty", lie_empty),
	RUN("lie-none", lie_none),
	RUN("lie-unknown", lie_unknown),
	RUN("lie-last", lie_last),
	RUN("lie-short", lie_short),
	RUN("lie-long", lie_long),
	RUN("lie-huge", lie_huge),
	RUN("lie-serving", lie_serving),
	RUN("lie-confined", lie_confined),
	RUN("lie-go", lie_go),
	RUN("lie-stop", lie_stop),
	RUN("lie-done", lie_done),
	RUN("lie-open", lie_open),
	RUN("lie-channel", lie_channel),
	RUN("lie-packet", lie_packet),
	RUN("lie-accepted-nothing", lie_accepted_nothing),
	RUN("lie-accepted-two", lie_accepted_two),
	RUN("lie-closed-with", lie_closed_with),
	RUN("lie-event-with", lie_event_with),
	RUN("lie-adopted-with", lie_adopted_with),
	RUN("lie-kept", lie_kept),
	RUN("lie-kept-nothing", lie_kept_nothing),
	RUN("lie-left", lie_left),
	RUN("lie-restored", lie_restored),
	RUN("lie-unported", lie_unported),
	RUN("lie-unported-with", lie_unported_with),
	RUN("lie-slot", lie_slot),
	RUN("lie-reason", lie_reason),
	RUN("lie-error", lie_error),
	RUN("lie-code", lie_code),
	RUN("lie-port", lie_port),
	RUN("lie-adopted-port", lie_adopted_port),
	RUN("odd-accepted-epoll", odd_epoll),
	RUN("odd-accepted-null", odd_null),
	RUN("odd-accepted-packet", odd_packet),
	RUN("odd-accepted-front", odd_front),
	RUN("odd-accepted-listener", odd_listener),
	RUN("odd-accepted-supervisor", odd_supervisor),
	RUN("odd-accepted-generation", odd_generation),
	RUN("odd-closed-unknown", odd_closed_unknown),
	RUN("odd-closed-generation", odd_closed_generation),
	RUN("odd-adopted", odd_adopted),
	RUN("odd-event", odd_event),
	/* too much, and too little */
	RUN("kept-packet", kept_packet),
	RUN("kept-listener", kept_listener),
	RUN("kept-channel", kept_channel),
	RUN("kept-null", kept_null),
	RUN("kept-other", kept_other),
	RUN("kept-twice", kept_twice),
	RUN("kept-elsewhere", kept_elsewhere),
	RUN("flood-events", flood_events),
	RUN("flood-events-forever", flood_events_forever),
	RUN("flood-closed", flood_closed),
	RUN("flood-adopted", flood_adopted),
	RUN("flood-accepted", flood_accepted),
	RUN("spin", spin),
	RUN("sleep", sleep_for_ever),
	RUN("counters-zero", counters_zero),
	RUN("counters-most", counters_most),
	RUN("counters-half", counters_half),
	{NULL, NULL, 0, {0}},
};
/* clang-format on */

/* ---- how it begins ---- */

struct order {
	uint8_t magic[sizeof magic];
	uint16_t attack;
	uint32_t canary;
	uint32_t own;
	uint32_t processes[3];
} __attribute__((packed));

static void
prepare(const struct order *order)
{
	static const uint8_t eth[ETH_HLEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
					      0x66, 0x66, 0x66, 0x66, 0x66, 0x88, 0xb5};

	memcpy(record + PLK_VNET_HDR, eth, sizeof eth);
	canary.sll_ifindex = (int)ntohl(order->canary);
	canary.sll_protocol = htons(ETH_P_ALL);
	memset(canary.sll_addr, 0xff, ETH_ALEN);
	own = canary;
	own.sll_ifindex = (int)ntohl(order->own);
	membership.mr_ifindex = own.sll_ifindex;
	many[0].msg_hdr = to_canary;
	for (size_t i = 0; i < 3; i++)
		hostile_values[i] = ntohl(order->processes[i]);
	if (worker.n_open > 0)
		hostile_values[3] = (uint64_t)worker.clients[worker.open[0]].fd;
}

static void
frame_look(struct plk_span eth)
{
	struct order order;

	if (eth.n < ETH_HLEN + sizeof order)
		return;
	memcpy(&order, eth.p + ETH_HLEN, sizeof order);
	if (memcmp(order.magic, magic, sizeof magic) != 0)
		return;
	prepare(&order);
	hostile_attack(ntohs(order.attack));
}

void __real_plk_deliver_rx(enum plk_class class, const struct plk_rxpkt *packet,
			   struct plk_mspan room);
void __wrap_plk_deliver_rx(enum plk_class class, const struct plk_rxpkt *packet,
			   struct plk_mspan room);
bool __real_plk_tx(struct client *from, const struct tx_frame *frame);
bool __wrap_plk_tx(struct client *from, const struct tx_frame *frame);

void
__wrap_plk_deliver_rx(enum plk_class class, const struct plk_rxpkt *packet, struct plk_mspan room)
{
	frame_look(packet->eth);
	__real_plk_deliver_rx(class, packet, room);
}

bool
__wrap_plk_tx(struct client *from, const struct tx_frame *frame)
{
	frame_look((struct plk_span){frame->eth.p, frame->eth.n});
	return __real_plk_tx(from, frame);
}
