/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostile_front.c: the front in the hands of an attacker, from the first connection that it is asked about. The number of the
 * attack is that of --queue=, above QUEUE_BASE. Of other processes it knows the supervisor, which made its channels.
 */
#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "front/front.h"

#define QUEUE_BASE 70000
#define CANARY_AHEAD 1 /* the next interface that was made is one of the canary: see hostile.py */
#define SEND_FLAGS (MSG_NOSIGNAL | MSG_DONTWAIT)
#define RECEIVE_FLAGS (MSG_DONTWAIT | MSG_CMSG_CLOEXEC)
#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
#define SUPERVISOR PLK_FRONT_FD_SUPERVISOR
#define BROKER PLK_FRONT_FD_BROKER
#define LOG PLK_FRONT_FD_LOG
#define WORKER PLK_FRONT_FD_WORKER
#define JOURNAL PLK_FRONT_FD_JOURNAL
#define OTHER PLK_FRONT_FD_OTHER

static uint8_t buffer[4096];
static struct iovec vector = {buffer, 64};
static struct msghdr plain = {.msg_iov = &vector, .msg_iovlen = 1};
static int one = 1;
static char file_absolute[] = "/etc/passwd";
static char file_above[] = "../../../../etc/passwd";
static char file_new[] = "new";

static int
client(void)
{
	return (int)hostile_values[3];
}

/* ---- orders that may not come (any more) ---- */

static void
say(int channel, const void *p, size_t n, int pass)
{
	if (hostile_say(channel, p, n, &pass, pass < 0 ? 0 : 1) < 0)
		hostile_report(-1);
	hostile_idle();
}

static void
say_type(int channel, unsigned type, int pass)
{
	if (hostile_say_type(channel, type, pass) < 0)
		hostile_report(-1);
	hostile_idle();
}

#define SAY(name, call)        \
	static void name(void) \
	{                      \
		call;          \
	}

static const uint8_t zeros[4096];
static const uint8_t bind_order[PLK_MSG_MAX] = {PLK_MSG_BIND, PLK_CLASSES};
static const uint8_t connect_order[PLK_MSG_MAX] = {PLK_MSG_CONNECT, PLK_PORTS_MAX};

SAY(broker_listen_unix, say_type(BROKER, PLK_MSG_LISTEN_UNIX, -1))
SAY(broker_listen_tcp, say_type(BROKER, PLK_MSG_LISTEN_TCP, -1))
SAY(broker_listen_control, say_type(BROKER, PLK_MSG_LISTEN_CONTROL, -1))
SAY(broker_target_unix, say_type(BROKER, PLK_MSG_TARGET_UNIX, -1))
SAY(broker_target_tcp, say_type(BROKER, PLK_MSG_TARGET_TCP, -1))
SAY(broker_filter, say_type(BROKER, PLK_MSG_FILTER, -1))
SAY(broker_open, say_type(BROKER, PLK_MSG_OPEN, -1))
SAY(broker_seal, say_type(BROKER, PLK_MSG_SEAL, -1))
SAY(broker_iface, say_type(BROKER, PLK_MSG_IFACE_NAME, -1))
SAY(broker_tap, say_type(BROKER, PLK_MSG_IFACE_TAP, -1))
SAY(broker_directory, say_type(BROKER, PLK_MSG_ALLOW_DIRECTORY, -1))
SAY(broker_tcp, say_type(BROKER, PLK_MSG_ALLOW_TCP, -1))
SAY(broker_confine, say_type(BROKER, PLK_MSG_CONFINE, -1))
SAY(broker_runtime, say_type(BROKER, PLK_MSG_RUNTIME, -1))
SAY(broker_forget, say_type(BROKER, PLK_MSG_FORGET, -1))
SAY(broker_channel, say_type(BROKER, PLK_MSG_CHANNEL, WORKER))
SAY(broker_done, say_type(BROKER, PLK_MSG_DONE, -1))
SAY(broker_packet, say_type(BROKER, PLK_MSG_PACKET, client()))
SAY(broker_empty, say(BROKER, zeros, 0, -1))
SAY(broker_none, say(BROKER, zeros, 1, -1))
SAY(broker_huge, say(BROKER, zeros, sizeof zeros, -1))
SAY(broker_short, say(BROKER, bind_order, plk_msg_size(PLK_MSG_BIND) - 1, -1))
SAY(broker_long, say(BROKER, bind_order, plk_msg_size(PLK_MSG_BIND) + 1, -1))
SAY(broker_class, say(BROKER, bind_order, plk_msg_size(PLK_MSG_BIND), -1))
SAY(broker_port, say(BROKER, connect_order, plk_msg_size(PLK_MSG_CONNECT), -1))
SAY(broker_fd, say_type(BROKER, PLK_MSG_HANDOUT, client()))

SAY(supervisor_wanted, say_type(SUPERVISOR, PLK_MSG_WORKER_WANTED, -1))
SAY(supervisor_ready, say_type(SUPERVISOR, PLK_MSG_READY, -1))
SAY(supervisor_stop, say_type(SUPERVISOR, PLK_MSG_STOP, -1))
SAY(supervisor_died, say_type(SUPERVISOR, PLK_MSG_WORKER_DIED, -1))
SAY(supervisor_channel, say_type(SUPERVISOR, PLK_MSG_CHANNEL, client()))
SAY(supervisor_fd, say_type(SUPERVISOR, PLK_MSG_WORKER_STUCK, client()))
SAY(supervisor_reason, say_type(SUPERVISOR, PLK_MSG_REASON, -1))
SAY(supervisor_unstore, say_type(SUPERVISOR, PLK_MSG_UNSTORE, -1))
SAY(supervisor_store, say_type(SUPERVISOR, PLK_MSG_STORE, client()))
SAY(supervisor_stopped, say_type(SUPERVISOR, PLK_MSG_STOPPED, -1))
SAY(supervisor_exit_fd, say_type(SUPERVISOR, PLK_MSG_EXIT, client()))
SAY(supervisor_empty, say(SUPERVISOR, zeros, 0, -1))
SAY(supervisor_none, say(SUPERVISOR, zeros, 1, -1))
SAY(supervisor_long, say(SUPERVISOR, (const uint8_t[]){PLK_MSG_READY, 0}, 2, -1))
SAY(supervisor_huge, say(SUPERVISOR, zeros, sizeof zeros, -1))

SAY(worker_config, say_type(WORKER, PLK_MSG_CONFIG, -1))
SAY(worker_port, say_type(WORKER, PLK_MSG_PORT, -1))
SAY(worker_vlans, say_type(WORKER, PLK_MSG_VLANS, -1))
SAY(worker_about, say_type(WORKER, PLK_MSG_ABOUT, -1))
SAY(worker_go, say_type(WORKER, PLK_MSG_GO, -1))
SAY(worker_packet, say_type(WORKER, PLK_MSG_PACKET, -1))
SAY(worker_channel, say_type(WORKER, PLK_MSG_CHANNEL, -1))
SAY(worker_none, say(WORKER, zeros, 1, -1))
SAY(worker_huge, say(WORKER, zeros, sizeof zeros, -1))
SAY(worker_link_long, say(WORKER, (const uint8_t[10]){PLK_MSG_LINK_IS}, 10, -1))
SAY(worker_link_value, say(WORKER, (const uint8_t[9]){PLK_MSG_LINK_IS, 2}, 9, -1))
SAY(worker_restore, say_type(WORKER, PLK_MSG_RESTORE, -1))
SAY(worker_missed, say_type(WORKER, PLK_MSG_MISSED, -1))
SAY(worker_client_nothing, say_type(WORKER, PLK_MSG_CLIENT, -1))
SAY(worker_unport, say_type(WORKER, PLK_MSG_UNPORT, -1))
SAY(worker_park, say_type(WORKER, PLK_MSG_PARK, -1))
SAY(worker_room, say_type(WORKER, PLK_MSG_ROOM, -1))
SAY(worker_fill, say_type(WORKER, PLK_MSG_FILL, -1))
SAY(worker_flow, say_type(WORKER, PLK_MSG_FLOW, -1))

/* Permitted, and without effect. */
SAY(odd_supervisor_reloaded, say_type(SUPERVISOR, PLK_MSG_RELOADED, -1))
SAY(odd_broker_connect, say_type(BROKER, PLK_MSG_CONNECT, -1))
SAY(odd_broker_bind, say(BROKER, (const uint8_t[]){PLK_MSG_BIND, PLK_CLASS_ATTACH_LOW, 0}, 3, -1))
SAY(odd_broker_silence,
    say(BROKER, (const uint8_t[]){PLK_MSG_SILENCE, PLK_CLASS_ATTACH_LOW}, 2, -1))
SAY(odd_broker_count, say_type(BROKER, PLK_MSG_COUNT, -1))
SAY(odd_broker_promisc, say(BROKER, (const uint8_t[]){PLK_MSG_PROMISC, 1}, 2, -1))
SAY(odd_worker_admit, say_type(WORKER, PLK_MSG_ADMIT, -1))
SAY(odd_worker_lost, say_type(WORKER, PLK_MSG_LINK_IS, -1))

/* ---- where ports come and go ---- */

#define NO_PORT 5 /* the number of none */
#define PORT(...)                                               \
	{                                                       \
		.type = PLK_MSG_PORT, .u.port = { __VA_ARGS__ } \
	}

static void
order(int channel, const struct plk_msg *msg, int pass)
{
	int error = plk_channel_send(channel, msg, pass);

	if (error < 0) {
		errno = -error;
		hostile_report(-1);
	}
}

#define LATE(name, channel, pass, ...)                  \
	static void late_##name(void)                   \
	{                                               \
		const struct plk_msg msg = __VA_ARGS__; \
		order((channel), &msg, (pass));         \
		hostile_idle();                         \
	}

static void
listen_at(uint16_t port, const char *path)
{
	struct plk_msg msg = {.type = PLK_MSG_LISTEN_UNIX, .u.listen_unix.port = port};

	(void)snprintf(msg.u.listen_unix.path, sizeof msg.u.listen_unix.path, "%s", path);
	order(BROKER, &msg, -1);
	hostile_idle();
}

/* The path of the only remote, with another last name. */
static const char *
path_beside(const char *name)
{
	static char path[PLK_PATH_FIELD + 16];
	const char *ours = front.ports[0].port.remote.path;
	const size_t n = (size_t)(strrchr(ours, '/') - ours) + 1;

	memcpy(path, ours, n);
	(void)snprintf(path + n, sizeof path - n, "%s", name);
	return path;
}

SAY(late_listen_elsewhere, listen_at(NO_PORT, "/run/hostile/made"))
SAY(late_listen_deeper, listen_at(NO_PORT, path_beside("etc/made")))
SAY(late_listen_again, listen_at(0, path_beside("made")))
SAY(late_listen_dots, listen_at(NO_PORT, path_beside("..")))
SAY(late_listen_file, listen_at(NO_PORT, path_beside("etc")))
LATE(target_elsewhere, BROKER, -1,
     {.type = PLK_MSG_TARGET_UNIX, .u.target_unix = {NO_PORT, "/run/hostile/victim"}})
LATE(listen_tcp, BROKER, -1,
     {.type = PLK_MSG_LISTEN_TCP, .u.listen_tcp = {.port = NO_PORT, .addr = {127, 0, 0, 1}}})
LATE(forget, BROKER, -1, {.type = PLK_MSG_FORGET, .u.forget = {0}})
LATE(silence, BROKER, -1, {.type = PLK_MSG_SILENCE, .u.silence = {PLK_CLASS_CAPTURE_BULK}})
LATE(unport_none, WORKER, -1, {.type = PLK_MSG_UNPORT, .u.unport = {NO_PORT}})
LATE(unport, WORKER, -1, {.type = PLK_MSG_UNPORT, .u.unport = {0}})
LATE(park, WORKER, -1, {.type = PLK_MSG_PARK, .u.park = {0, 1}})
LATE(room_used, WORKER, -1, {.type = PLK_MSG_ROOM, .u.room = {0}})
LATE(room, WORKER, -1, {.type = PLK_MSG_ROOM, .u.room = {NO_PORT}})
LATE(fill, WORKER, client(), {.type = PLK_MSG_FILL})
LATE(port_used, WORKER, -1, PORT(.port = 0))
LATE(port_adopt, WORKER, client(), PORT(.port = NO_PORT, .passive = 1, .adopt = 1))
LATE(port_no_room, WORKER, client(), PORT(.port = NO_PORT, .passive = 1))
LATE(client, WORKER, client(), {.type = PLK_MSG_CLIENT, .u.client = {NO_PORT}})
LATE(flow, WORKER, -1, {.type = PLK_MSG_FLOW, .u.flow = {0}})

/* Of a connection that a server of ours has made. */
static void
late_connect(void)
{
	const struct plk_msg target = {
		.type = PLK_MSG_TARGET_TCP,
		.u.target_tcp = {.port = NO_PORT, .addr = {127, 0, 0, 1}, .tcp_port = 9}};
	const struct plk_msg msg = {.type = PLK_MSG_CONNECT, .u.connect = {NO_PORT}};

	order(BROKER, &target, -1);
	order(BROKER, &msg, -1);
	hostile_idle();
}

/* There is room, and not the listener that it is for comes. */
static void
late_room_ping(void)
{
	const struct plk_msg room = {.type = PLK_MSG_ROOM, .u.room = {NO_PORT}};

	order(WORKER, &room, -1);
	say_type(WORKER, PLK_MSG_PING, -1);
}

static void
late_room_client(void)
{
	const struct plk_msg room = {.type = PLK_MSG_ROOM, .u.room = {NO_PORT}};

	order(WORKER, &room, -1);
	say_type(WORKER, PLK_MSG_CLIENT, client());
}

/* ---- floods ---- */

static void
flood(int channel, unsigned type)
{
	for (;;)
		(void)hostile_say_type(channel, type, -1); /* -EAGAIN too */
}

static void
flood_broker(void)
{
	flood(BROKER, PLK_MSG_HANDOUT);
}

static void
flood_supervisor(void)
{
	flood(SUPERVISOR, PLK_MSG_WORKER_STUCK);
}

/* What the supervisor would pass on to the service manager. */
static void
flood_status(void)
{
	struct plk_msg msg = {.type = PLK_MSG_STATUS};
	uint8_t bytes[PLK_MSG_MAX];
	size_t n = 0;

	for (;;) {
		msg.u.status.dropped++;
		if (plk_msg_encode(&msg, (struct plk_mspan){bytes, sizeof bytes}, &n) == PLK_OK)
			(void)hostile_say(SUPERVISOR, bytes, n, NULL, 0); /* -EAGAIN too */
		(void)hostile_say_type(SUPERVISOR, PLK_MSG_ALIVE, -1);
	}
}

static void
flood_worker(void)
{
	flood(WORKER, PLK_MSG_ADMIT);
}

static void
flood_log(void)
{
	static const char line[] = "pktlockd[supervisor]: error: the front says what it likes\n";

	for (;;)
		(void)!write(LOG, line, sizeof line - 1); /* it may be full */
}

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

/* ---- a packet socket that a hijacked worker has given us ---- */

static struct sockaddr_ll canary;

/* A frame, with a header that a packet socket of ours wants, to another interface. */
static struct msghdr *
frame_make(void)
{
	static const uint8_t eth[ETH_HLEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02,
					      0x66, 0x66, 0x66, 0x66, 0x66, 0x88, 0xb5};
	static struct msghdr header;

	memcpy(buffer + PLK_VNET_HDR, eth, sizeof eth);
	vector.iov_len = PLK_VNET_HDR + 60;
	canary = (struct sockaddr_ll){.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ALL),
				      .sll_ifindex = (int)front.iface.index + CANARY_AHEAD,
				      .sll_halen = ETH_ALEN};
	header = plain;
	header.msg_name = &canary;
	header.msg_namelen = sizeof canary;
	return &header;
}

static void
packet_sendmsg(void)
{
	hostile_report(sendmsg(client(), frame_make(), SEND_FLAGS));
}

static void
packet_sendto(void)
{
	(void)frame_make();
	hostile_report(sendto(client(), buffer, vector.iov_len, SEND_FLAGS, NULL, 0));
}

static void
packet_write(void)
{
	(void)frame_make();
	hostile_report(write(client(), buffer, vector.iov_len));
}

/* Gives up a number on which we may send, so that the next socket that comes gets it. */
static void
packet_take(int number)
{
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(int))];
	uint8_t bytes[PLK_MSG_MAX];
	struct iovec iov = {bytes, sizeof bytes};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (close(number) < 0)
		hostile_report(-1);
	do {
		header.msg_control = control;
		header.msg_controllen = sizeof control;
	} while (recvmsg(WORKER, &header, RECEIVE_FLAGS) < 0 || header.msg_controllen == 0);
}

static void
packet_as_channel(void)
{
	packet_take(BROKER);
	hostile_report(sendmsg(BROKER, frame_make(), SEND_FLAGS));
}

static void
packet_as_journal(void)
{
	packet_take(JOURNAL);
	(void)frame_make();
	hostile_report(sendto(JOURNAL, buffer, vector.iov_len, SEND_FLAGS, NULL, 0));
}

/* Gives it back to the worker as if it were a connection. */
static void
packet_back(void)
{
	const struct plk_msg back = {.type = PLK_MSG_CLIENT};
	int error = plk_channel_send(WORKER, &back, client());

	if (error < 0) {
		errno = -error;
		hostile_report(-1);
	}
	hostile_idle();
}

/* ---- memory ---- */

/* A program in memory of our own. */
static void
memory_execute(void)
{
	static char *argv[] = {NULL};
	int fd = memfd_create("hostile", 0);

	if (fd < 0)
		hostile_report(-1);
	hostile_report(syscall(SYS_execveat, fd, "", argv, argv, AT_EMPTY_PATH));
}

static void
memory_map(int protection, int flags, const void *at)
{
	int fd = memfd_create("hostile", 0);

	if (fd < 0 || ftruncate(fd, 4096) < 0)
		hostile_report(-1);
	hostile_report(syscall(SYS_mmap, at, 4096, protection, flags, fd, 0));
}

SAY(memory_write, memory_map(PROT_READ | PROT_WRITE, MAP_SHARED, NULL))
SAY(memory_code, memory_map(PROT_READ | PROT_EXEC, MAP_SHARED, NULL))
SAY(memory_fixed, memory_map(PROT_READ, MAP_SHARED | MAP_FIXED, buffer))

/* ---- the table ---- */

/* clang-format off */
const struct hostile_attack hostile_own[] = {
	/* descriptors */
	CALL3("write-supervisor", SYS_write, SUPERVISOR, buffer, 64),
	CALL3("write-broker", SYS_write, BROKER, buffer, 64),
	CALL3("write-worker", SYS_write, WORKER, buffer, 64),
	CALL3("write-listener", SYS_write, OTHER, buffer, 64),
	CALL3("write-client", SYS_write, HOSTILE_CLIENT, buffer, 64),
	CALL3("write-high", SYS_write, HOSTILE_BEYOND + LOG, buffer, 64),
	CALL3("sendmsg-listener", SYS_sendmsg, OTHER, &plain, SEND_FLAGS),
	CALL3("sendmsg-client", SYS_sendmsg, HOSTILE_CLIENT, &plain, SEND_FLAGS),
	CALL3("sendmsg-high", SYS_sendmsg, HOSTILE_BEYOND + WORKER, &plain, SEND_FLAGS),
	CALL3("sendmsg-blocking", SYS_sendmsg, BROKER, &plain, 0),
	CALL3("sendmsg-log", SYS_sendmsg, LOG, &plain, SEND_FLAGS),
	CALL3("sendmsg-epoll", SYS_sendmsg, PLK_FRONT_FD_EPOLL, &plain, SEND_FLAGS),
	CALL6("sendto-broker", SYS_sendto, BROKER, buffer, 64, SEND_FLAGS, 0, 0),
	CALL6("sendto-client", SYS_sendto, HOSTILE_CLIENT, buffer, 64, SEND_FLAGS, 0, 0),
	CALL6("sendto-journal-high", SYS_sendto, HOSTILE_BEYOND + JOURNAL, buffer, 64, SEND_FLAGS, 0, 0),
	CALL6("sendto-journal-blocking", SYS_sendto, JOURNAL, buffer, 64, MSG_NOSIGNAL, 0, 0),
	CALL6("sendto-journal-address", SYS_sendto, JOURNAL, buffer, 64, SEND_FLAGS, buffer, 110),
	CALL3("sendmsg-journal", SYS_sendmsg, JOURNAL, &plain, SEND_FLAGS),
	CALL3("write-journal", SYS_write, JOURNAL, buffer, 64),
	CALL3("recvmsg-listener", SYS_recvmsg, OTHER, &plain, RECEIVE_FLAGS),
	CALL3("recvmsg-client", SYS_recvmsg, HOSTILE_CLIENT, &plain, RECEIVE_FLAGS),
	CALL3("recvmsg-high", SYS_recvmsg, HOSTILE_BEYOND + BROKER, &plain, RECEIVE_FLAGS),
	CALL3("recvmsg-blocking", SYS_recvmsg, BROKER, &plain, 0),
	CALL6("recvfrom-client", SYS_recvfrom, HOSTILE_CLIENT, buffer, 64, MSG_DONTWAIT, 0, 0),
	CALL3("read-client", SYS_read, HOSTILE_CLIENT, buffer, 64),
	CALL4("pread-client", SYS_pread64, HOSTILE_CLIENT, buffer, 64, 0),
	CALL4("pread-listener", SYS_pread64, OTHER, buffer, 64, 0),
	CALL4("pread-worker", SYS_pread64, WORKER, buffer, 64, 0),
	CALL4("file-absolute", SYS_openat, PLK_FRONT_FD_DIRECTORY, file_absolute, OPEN_FLAGS, 0),
	CALL4("file-above", SYS_openat, PLK_FRONT_FD_DIRECTORY, file_above, OPEN_FLAGS, 0),
	CALL4("file-absolute-alone", SYS_openat, PLK_FRONT_FD_DIRECTORY, file_absolute, OPEN_FLAGS, 0),
	CALL4("file-beside", SYS_openat, PLK_FRONT_FD_JOURNAL, file_absolute, OPEN_FLAGS, 0),
	CALL4("file-here", SYS_openat, AT_FDCWD, file_absolute, OPEN_FLAGS, 0),
	CALL4("file-write", SYS_openat, PLK_FRONT_FD_DIRECTORY, file_new, OPEN_FLAGS | O_RDWR, 0),
	CALL4("file-create", SYS_openat, PLK_FRONT_FD_DIRECTORY, file_new, OPEN_FLAGS | O_CREAT, 0666),
	CALL2("fstat-log", SYS_fstat, LOG, buffer),
	CALL4("accept", SYS_accept4, OTHER, 0, 0, 0),
	CALL2("listen", SYS_listen, OTHER, 1),
	CALL3("bind", SYS_bind, OTHER, buffer, 16),
	CALL3("connect", SYS_connect, HOSTILE_CLIENT, buffer, 16),
	CALL2("shutdown-listener", SYS_shutdown, OTHER, SHUT_RDWR),
	CALL2("shutdown-client", SYS_shutdown, HOSTILE_CLIENT, SHUT_RDWR),
	CALL5("setsockopt", SYS_setsockopt, HOSTILE_CLIENT, SOL_SOCKET, SO_SNDBUF, &one, sizeof one),
	CALL5("promisc", SYS_setsockopt, HOSTILE_CLIENT, SOL_PACKET, PACKET_ADD_MEMBERSHIP, buffer, 16),
	CALL5("getsockopt", SYS_getsockopt, HOSTILE_CLIENT, SOL_SOCKET, SO_SNDBUF, buffer, &one),
	CALL3("fcntl-getfl", SYS_fcntl, HOSTILE_CLIENT, F_GETFL, 0),
	CALL3("dup3-client", SYS_dup3, HOSTILE_CLIENT, BROKER, 0),
	CALL1("close-supervisor", SYS_close, SUPERVISOR),
	CALL1("close-broker", SYS_close, BROKER),
	CALL1("close-log", SYS_close, LOG),
	CALL1("close-epoll", SYS_close, PLK_FRONT_FD_EPOLL),
	CALL1("close-journal", SYS_close, JOURNAL),
	CALL1("close-directory", SYS_close, PLK_FRONT_FD_DIRECTORY),
	CALL1("close-high", SYS_close, HOSTILE_BEYOND + BROKER),
	CALL2("ftruncate-log", SYS_ftruncate, LOG, 0),
	CALL2("ftruncate-page-log", SYS_ftruncate, LOG, 4096),
	CALL4("epoll-other", SYS_epoll_ctl, OTHER, EPOLL_CTL_ADD, 0, buffer),
	CALL5("ppoll-many", SYS_ppoll, buffer, 2, buffer, 0, 8),
	CALL2("clock", SYS_clock_gettime, CLOCK_REALTIME, buffer),
	CALL3("socket-unix", SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("socket-tcp", SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("socket-packet", SYS_socket, AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	CALL3("unlinkat", SYS_unlinkat, AT_FDCWD, "/run/hostile/victim", 0),
	RUN("memory-execute", memory_execute),
	RUN("memory-write", memory_write),
	RUN("memory-code", memory_code),
	RUN("memory-fixed", memory_fixed),
	/* orders */
	RUN("broker-listen-unix", broker_listen_unix),
	RUN("broker-listen-tcp", broker_listen_tcp),
	RUN("broker-listen-control", broker_listen_control),
	RUN("broker-target-unix", broker_target_unix),
	RUN("broker-target-tcp", broker_target_tcp),
	RUN("broker-filter", broker_filter),
	RUN("broker-open", broker_open),
	RUN("broker-seal", broker_seal),
	RUN("broker-iface", broker_iface),
	RUN("broker-tap", broker_tap),
	RUN("broker-directory", broker_directory),
	RUN("broker-tcp", broker_tcp),
	RUN("broker-confine", broker_confine),
	RUN("broker-runtime", broker_runtime),
	RUN("broker-forget", broker_forget),
	RUN("broker-channel", broker_channel),
	RUN("broker-done", broker_done),
	RUN("broker-packet", broker_packet),
	RUN("broker-empty", broker_empty),
	RUN("broker-none", broker_none),
	RUN("broker-huge", broker_huge),
	RUN("broker-short", broker_short),
	RUN("broker-long", broker_long),
	RUN("broker-class", broker_class),
	RUN("broker-port", broker_port),
	RUN("broker-fd", broker_fd),
	RUN("supervisor-wanted", supervisor_wanted),
	RUN("supervisor-ready", supervisor_ready),
	RUN("supervisor-stop", supervisor_stop),
	RUN("supervisor-died", supervisor_died),
	RUN("supervisor-channel", supervisor_channel),
	RUN("supervisor-fd", supervisor_fd),
	RUN("supervisor-exit-fd", supervisor_exit_fd),
	RUN("supervisor-reason", supervisor_reason),
	RUN("supervisor-unstore", supervisor_unstore),
	RUN("supervisor-store", supervisor_store),
	RUN("supervisor-stopped", supervisor_stopped),
	RUN("supervisor-empty", supervisor_empty),
	RUN("supervisor-none", supervisor_none),
	RUN("supervisor-long", supervisor_long),
	RUN("supervisor-huge", supervisor_huge),
	RUN("worker-config", worker_config),
	RUN("worker-port", worker_port),
	RUN("worker-vlans", worker_vlans),
	RUN("worker-about", worker_about),
	RUN("worker-go", worker_go),
	RUN("worker-packet", worker_packet),
	RUN("worker-channel", worker_channel),
	RUN("worker-none", worker_none),
	RUN("worker-huge", worker_huge),
	RUN("worker-link-long", worker_link_long),
	RUN("worker-link-value", worker_link_value),
	RUN("worker-restore", worker_restore),
	RUN("worker-missed", worker_missed),
	RUN("worker-client-nothing", worker_client_nothing),
	RUN("worker-unport", worker_unport),
	RUN("worker-park", worker_park),
	RUN("worker-room", worker_room),
	RUN("worker-fill", worker_fill),
	RUN("worker-flow", worker_flow),
	RUN("odd-supervisor-reloaded", odd_supervisor_reloaded),
	RUN("odd-broker-connect", odd_broker_connect),
	RUN("odd-broker-bind", odd_broker_bind),
	RUN("odd-broker-silence", odd_broker_silence),
	RUN("odd-broker-count", odd_broker_count),
	RUN("odd-broker-promisc", odd_broker_promisc),
	RUN("odd-worker-admit", odd_worker_admit),
	RUN("odd-worker-lost", odd_worker_lost),
	/* orders where ports come and go */
	RUN("late-broker-listen-elsewhere", late_listen_elsewhere),
	RUN("late-broker-listen-deeper", late_listen_deeper),
	RUN("late-broker-listen-again", late_listen_again),
	RUN("late-broker-target-elsewhere", late_target_elsewhere),
	RUN("late-broker-open", broker_open),
	RUN("late-broker-filter", broker_filter),
	RUN("late-broker-seal", broker_seal),
	RUN("late-broker-runtime", broker_runtime),
	RUN("late-broker-directory", broker_directory),
	RUN("late-worker-unport-none", late_unport_none),
	RUN("late-worker-park", late_park),
	RUN("late-worker-room-used", late_room_used),
	RUN("late-worker-room-ping", late_room_ping),
	RUN("late-worker-room-client", late_room_client),
	RUN("late-worker-fill", late_fill),
	RUN("late-worker-port-used", late_port_used),
	RUN("late-worker-port-adopt", late_port_adopt),
	RUN("late-worker-port-no-room", late_port_no_room),
	RUN("late-worker-client", late_client),
	RUN("late-worker-vlans", worker_vlans),
	RUN("late-odd-listen-dots", late_listen_dots),
	RUN("late-odd-listen-file", late_listen_file),
	RUN("late-odd-listen-tcp", late_listen_tcp),
	RUN("late-odd-connect", late_connect),
	RUN("late-odd-forget", late_forget),
	RUN("late-odd-silence", late_silence),
	RUN("late-odd-unport", late_unport),
	RUN("late-odd-flow", late_flow),
	RUN("late-room-and-nothing", late_room),
	/* too much, and too little */
	RUN("flood-broker", flood_broker),
	RUN("flood-supervisor", flood_supervisor),
	RUN("flood-status", flood_status),
	RUN("flood-worker", flood_worker),
	RUN("flood-log", flood_log),
	RUN("spin", spin),
	RUN("sleep", sleep_for_ever),
	/* together with a hijacked worker */
	RUN("packet-sendmsg", packet_sendmsg),
	RUN("packet-sendto", packet_sendto),
	RUN("packet-write", packet_write),
	CALL1("packet-dup", SYS_dup, HOSTILE_CLIENT),
	CALL3("packet-bind", SYS_bind, HOSTILE_CLIENT, buffer, 20),
	RUN("packet-as-channel", packet_as_channel),
	RUN("packet-as-journal", packet_as_journal),
	RUN("packet-back", packet_back),
	RUN("late-packet-back", packet_back),
	{NULL, NULL, 0, {0}},
};
/* clang-format on */

void __real_plk_front_accepted(const struct plk_msg_accepted *accepted, int *fd);
void __wrap_plk_front_accepted(const struct plk_msg_accepted *accepted, int *fd);

void
__wrap_plk_front_accepted(const struct plk_msg_accepted *accepted, int *fd)
{
	struct plk_peer_id maker;

	if (front.cmdline.queue >= QUEUE_BASE && front.cmdline.queue < QUEUE_BASE + 1000) {
		if (plk_peer_identify(SUPERVISOR, &maker) == 0)
			hostile_values[0] = (uint64_t)maker.pid;
		hostile_values[3] = (uint64_t)*fd;
		hostile_attack(front.cmdline.queue - QUEUE_BASE);
	}
	__real_plk_front_accepted(accepted, fd);
}
