/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker with a hostile front, a hostile broker, a supervisor that may be hostile too, and
 * clients that send what they like: see hostile.h.
 *
 *   input = u8 setup, then steps; setup: bit 0: no channels come first; 1: another worker died while
 *           it read a block; 4-7: a gate that cannot be closed (enum gate; 0 none)
 *   own events: 0 u8: a frame, or a block of a ring, arrives at a receiver that has the stream of
 *               this number; what it is follows when the worker takes it (see slot_make());
 *               1 u8: so many of the next sends to the interface find no room
 *
 * While it serves, ports come and go if CONFIG said so. An order about a port that there is not, or is, ends the process, and so does
 * what comes after ROOM and is neither PORT nor FILL.
 *
 * Properties of its own: nothing is read from and written to a client before the front admitted it;
 * nothing is mapped after it serves; the sandbox is closed before it says that it serves; each
 * descriptor has the number that sandbox/descriptors.h says, and no client one below the first;
 * nobody waits in accept4(); what is sent to the interface, some port's mac= and vlan= allow, and
 * no more in a time than rate= of the ports, where all that may send have them; the books
 * balance, whenever it waits, for each client, each port, and all; a connection is kept where a record ends, and only
 * when that was asked for; what goes to a client is whole records of its format, one after the other, of pcapng with their beginning;
 * while the status is off no record with a frame is begun, to a client or to the interface, and none stays queued; UNPORTED is said
 * once for each UNPORT, when all clients of the port were said to be gone, and nothing is said of a port after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/bytes.h"
#include "os/packet.h"
#include "worker/worker.h"

#include "fakes.h"
#include "hostile.h"

int worker_main(void);
ssize_t __real_getrandom(void *p, size_t n, unsigned flags);
ssize_t __wrap_getrandom(void *p, size_t n, unsigned flags);
void *__real_mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *time, const sigset_t *mask);
int __wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *time, const sigset_t *mask);
ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __real_send(int fd, const void *p, size_t n, int flags);
ssize_t __wrap_send(int fd, const void *p, size_t n, int flags);
ssize_t __real_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
		      socklen_t n_to);
ssize_t __wrap_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to,
		      socklen_t n_to);

enum channel { SUPERVISOR, FRONT, BROKER };

#define MEMORY_MAX ((size_t)64 << 20) /* bytes; more is refused, as a full machine does */
#define PCAPNG_INTERFACE 1            /* types of blocks */
#define PCAPNG_STATISTICS 5
#define PCAPNG_BLOCK_MAX (PLK_PCAPNG_HEAD + PLK_SNAPLEN_MAX + PLK_PCAPNG_TAIL_MAX)
#define BLOCK_BYTES 2048
#define SLOT_BYTES 70000
#define SLOT_MAC 76
#define FRAME_LONG 60000   /* two are more than a queue holds */
#define FRAME_LONGER 68000 /* more than some formats have */

/* What is in the ring that is sent. */
static struct frame_in_ring {
	uint8_t bytes[PLK_VNET_HDR + 2048];
	size_t n;
} in_ring[PLK_TX_BATCH];

/* What a client has been sent: whole records, and a part of one. */
struct sent {
	uint32_t generation;
	uint8_t head[PLK_PREFIX_MAX]; /* of the record that has begun, as far as it is there */
	size_t n_head;
	uint64_t left;   /* bytes of it, the head not counted */
	uint32_t before; /* type of the pcapng block before it; 0: none */
};

/* What the worker did, beside its own state. */
static struct world {
	void *memory;
	size_t n_memory;
	bool no_channels;
	void *page;
	uint32_t n_skipped; /* frames in a block that another worker was reading */
	unsigned n_pings;
	unsigned n_full;                      /* sends to the interface that find no room */
	bool confined;                        /* it said so */
	struct plk_mspan slots[PLK_CLASS_RX]; /* what is in the next one */
	uint64_t n_sent;                      /* frames, to the interface */
	uint64_t began_ms;                    /* to send */
	int room;                             /* port for whose listener there is room; -1: none */
	bool is_room_waited_for;              /* what comes into it */
	bool is_filled
		[PLK_PORTS_MAX]; /* what has the listener's number is something of the front's */
	bool is_inherited[PLK_PORTS_MAX];
	bool is_parked[PLK_PORTS_MAX];  /* and all that was said before was heard */
	bool has_vlans[PLK_PORTS_MAX];  /* for the next port of this number */
	bool is_leaving[PLK_PORTS_MAX]; /* UNPORT was said, UNPORTED was not heard */
	unsigned n_ports
		[PLK_PORTS_MAX]; /* that have had the number, and were not heard to be no more */
	bool is_off;
	bool was_off;       /* when it waited last */
	uint64_t passed[3]; /* frames, then: to clients, to the interface, between clients */
	struct sent sent[PLK_CLIENTS_MAX];
	bool has_cut; /* superframes, which may be larger than the burst, went in pieces */
} world;

/* At the heap's end, so that a sanitizer sees what reads on. */
static uint8_t *block;
static uint8_t *slot_memory[PLK_CLASS_RX];

/* ---- the C library ---- */

ssize_t
__wrap_getrandom(void *p, size_t n, unsigned flags)
{
	if (!hostile.running)
		return __real_getrandom(p, n, flags);
	CHECK(worker.stage == PLK_STAGE_SETUP && !fakes.sandboxed);
	memset(p, 1, n);
	return (ssize_t)n;
}

/* The counters: it is the front's memory, or something else that he sent. */
static void *
page_map(size_t n, int protection, int fd)
{
	void *page;

	CHECK(!world.page && n == PLK_BOOKS_BYTES && protection == (PROT_READ | PROT_WRITE));
	CHECK(hostile_is_run(fd));
	page = __real_mmap(NULL, n, protection, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return page;
	if (madvise(page, n, MADV_REMOVE) < 0) /* quicker */
		memset(page, 0, n);
	world.page = page;
	return page;
}

/* The slots and queues. */
static void *
slots_map(size_t n, int protection, int flags)
{
	void *memory;

	CHECK(!world.memory && protection == (PROT_READ | PROT_WRITE));
	if (n > MEMORY_MAX) {
		errno = ENOMEM;
		return MAP_FAILED;
	}
	memory = __real_mmap(NULL, n, protection, flags, -1, 0);
	CHECK(memory != MAP_FAILED);
	world.memory = memory;
	world.n_memory = n;
	return memory;
}

void *
__wrap_mmap(void *at, size_t n, int protection, int flags, int fd, off_t offset)
{
	if (!hostile.running)
		return __real_mmap(at, n, protection, flags, fd, offset);
	CHECK(worker.stage == PLK_STAGE_SETUP && !fakes.sandboxed && !at && offset == 0);
	return flags & MAP_SHARED ? page_map(n, protection, fd) : slots_map(n, protection, flags);
}

/* The clock knows milliseconds only: less is none, or one when nothing comes before it. */
static long
short_wait(const long *of)
{
	const struct timespec *time = (const struct timespec *)of[3];

	CHECK((int)of[0] == worker.loop.fd && !(void *)of[4] && of[5] == 0);
	CHECK(time->tv_sec == 0 && time->tv_nsec <= PLK_POLL_NS && fakes.sandboxed);
	return epoll_pwait((int)of[0], (struct epoll_event *)of[1], (int)of[2], time->tv_nsec > 0,
			   NULL);
}

static bool
is_readable(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
	const struct timespec now = {0};

	return __real_ppoll(&poll_fd, 1, &now, NULL) == 1;
}

/* accept4(), of listeners, and epoll_pwait2(). */
long
__wrap_syscall(long number, ...)
{
	long of[6];
	va_list args;

	va_start(args, number);
	for (size_t i = 0; i < (number == SYS_accept4 ? 4 : COUNT(of)); i++)
		of[i] = va_arg(args, long);
	va_end(args);
	if (!hostile.running)
		return __real_syscall(number, of[0], of[1], of[2], of[3], of[4], of[5]);
	if (number == SYS_epoll_pwait2)
		return short_wait(of);
	CHECK(number == SYS_accept4 && fakes.sandboxed);
	CHECK((int)of[0] >= PLK_WORKER_FD_LISTENER && (int)of[0] < worker.first_client);
	CHECK((fcntl((int)of[0], F_GETFL) & O_NONBLOCK) || is_readable((int)of[0]));
	CHECK(!(void *)of[1] && !(void *)of[2] && (int)of[3] == (SOCK_CLOEXEC | SOCK_NONBLOCK));
	return __real_syscall(number, (int)of[0], NULL, NULL, (int)of[3]);
}

static const struct client *
client_of(int fd)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].fd == fd)
			return &worker.clients[i];
	}
	CHECK(false);
}

/* For what comes after ROOM. The clock moves when the input says so. */
int
__wrap_ppoll(struct pollfd *fds, nfds_t n, const struct timespec *time, const sigset_t *mask)
{
	const struct timespec now = {0};
	int got = __real_ppoll(fds, n, &now, mask);

	if (!hostile.running || (time->tv_sec == 0 && time->tv_nsec == 0) || got != 0)
		return hostile.running ? got : __real_ppoll(fds, n, time, mask);
	CHECK(world.room >= 0 && n == 1 && fds->fd == worker.front.fd && fds->events == POLLIN);
	world.is_room_waited_for = true;
	if (hostile_wait())
		hostile.now_ms += PLK_ROOM_MS;
	world.is_room_waited_for = false;
	return 0;
}

ssize_t
__wrap_read(int fd, void *p, size_t n)
{
	if (hostile.running) /* its buffer holds a frame while it is blocked */
		CHECK(client_of(fd)->state == CLIENT_OPEN && !client_of(fd)->is_blocked);
	return __real_read(fd, p, n);
}

/* How long a record is whose head is there, without the head; a frame's may not begin while the status is off. */
static uint64_t
record_check(struct sent *sent, const struct port *port)
{
	const uint32_t first = be32_load(sent->head);
	const uint32_t second = be32_load(sent->head + 4);
	const uint32_t type = host32_load(sent->head);
	const uint32_t length = host32_load(sent->head + 4);

	if (port->format == PLK_FORMAT_PCAPNG) {
		CHECK(type == PLK_PCAPNG_MAGIC || type == PCAPNG_INTERFACE ||
		      type == PLK_PCAPNG_PACKET || type == PCAPNG_STATISTICS);
		CHECK((sent->before == 0) == (type == PLK_PCAPNG_MAGIC));
		CHECK((sent->before == PLK_PCAPNG_MAGIC) == (type == PCAPNG_INTERFACE));
		CHECK(length % 4 == 0 && length > sizeof sent->head && length <= PCAPNG_BLOCK_MAX);
		CHECK(type != PLK_PCAPNG_PACKET || !worker.is_off);
		sent->before = type;
		return length - sizeof sent->head;
	}
	CHECK(!worker.is_off);
	if (port->framing.vnet_hdr == 0) {
		CHECK(first >= PLK_FRAME_MIN && first <= PLK_FRAME_MAX);
		return first - sizeof second;
	}
	CHECK(second == port->framing.vnet_hdr);
	CHECK(first >= second + PLK_FRAME_MIN && first <= PLK_VNET_FRAME_MAX);
	return first;
}

static void
sent_note(const struct client *client, struct plk_span bytes)
{
	struct sent *sent = &world.sent[plk_client_slot(client)];
	const struct port *port = plk_client_port(client);

	if (sent->generation != client->generation)
		*sent = (struct sent){.generation = client->generation};
	while (bytes.n > 0) {
		size_t n = sent->left < bytes.n ? (size_t)sent->left : bytes.n;

		if (sent->left == 0) {
			sent->head[sent->n_head++] = bytes.p[0];
			n = 1;
		} else {
			sent->left -= n;
		}
		if (sent->n_head == sizeof sent->head) {
			sent->left = record_check(sent, port);
			sent->n_head = 0;
		}
		bytes = (struct plk_span){bytes.p + n, bytes.n - n};
	}
}

ssize_t
__wrap_send(int fd, const void *p, size_t n, int flags)
{
	ssize_t sent;

	if (!hostile.running)
		return __real_send(fd, p, n, flags);
	CHECK(client_of(fd)->state == CLIENT_OPEN);
	sent = __real_send(fd, p, n, flags);
	if (sent > 0)
		sent_note(client_of(fd), (struct plk_span){p, (size_t)sent});
	return sent;
}

static bool
is_mac_of(const struct plk_allow *allow, const uint8_t *mac)
{
	for (size_t i = 0; i < allow->n_macs; i++) {
		if (memcmp(allow->macs[i], mac, PLK_ETH_ADDR) == 0)
			return true;
	}
	return allow->n_macs == 0;
}

static bool
is_vlan_of(const struct plk_allow *allow, const uint8_t *tpid)
{
	const bool is_tag =
		(tpid[0] == 0x81 && tpid[1] == 0) || (tpid[0] == 0x88 && tpid[1] == 0xa8);
	const unsigned id = is_tag ? (tpid[2] & 15U) << 8 | tpid[3] : 0;

	return !allow->has_vlans || allow->vlans[id / 8] >> id % 8 & 1;
}

/* Whether some port has a guard that lets the frame pass; and how many frames all of them may have passed, where each has a rate. */
static void
guards_check(struct plk_span eth)
{
	const uint8_t *tpid = eth.p + 2 * PLK_ETH_ADDR;
	bool is_allowed = false;
	bool is_limited = true;
	double most = 0;

	if (world.began_ms == 0)
		world.began_ms = hostile.now_ms; /* the buckets are full */

	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		const struct guard *guard = &worker.guards[i];

		if (!worker.ports[i].used || worker.ports[i].role == PLK_ROLE_CAPTURE)
			continue;
		is_allowed |= is_mac_of(&guard->allow, eth.p + PLK_ETH_ADDR) &&
			      (eth.n < 18 || is_vlan_of(&guard->allow, tpid));
		is_limited &= guard->bucket.fps > 0;
		most += guard->bucket.burst +
			(double)(hostile.now_ms - world.began_ms) / 1000 * guard->bucket.fps;
	}
	CHECK(is_allowed);
	for (uint32_t i = 0; i < worker.n_slots; i++)
		world.has_cut |= worker.clients[i].pieces_sent > 0;
	CHECK(!is_limited || world.has_cut || (double)world.n_sent < most);
}

/* To the interface. */
ssize_t
__wrap_sendto(int fd, const void *p, size_t n, int flags, const struct sockaddr *to, socklen_t n_to)
{
	if (!hostile.running)
		return __real_sendto(fd, p, n, flags, to, n_to);
	CHECK(fd == worker.tx && !to && n_to == 0);
	CHECK(n >= PLK_VNET_HDR + PLK_FRAME_MIN && n <= PLK_VNET_HDR + PLK_VNET_FRAME_MAX);
	CHECK(fakes.sandboxed && (flags & MSG_DONTWAIT) && !worker.is_off);
	CHECK(!worker.link.is_up || worker.link.has_carrier);
	guards_check((struct plk_span){(const uint8_t *)p + PLK_VNET_HDR, n - PLK_VNET_HDR});
	if (world.n_full > 0) {
		world.n_full--;
		errno = ENOBUFS;
		return -1;
	}
	world.n_sent++;
	return __real_sendto(fd, p, n, flags, to, n_to);
}

/* ---- rings ---- */

int
plk_ring_open(struct plk_ring *ring, int fd, size_t block_bytes, size_t n_blocks)
{
	CHECK(fd >= PLK_WORKER_FD_RX && fd <= PLK_WORKER_FD_RX_LAST && !fakes.sandboxed);
	CHECK(block_bytes == plk_packet_ring(PLK_CLASS_CAPTURE_BULK).unit_bytes &&
	      n_blocks == plk_packet_ring(PLK_CLASS_CAPTURE_BULK).n_units);
	*ring = (struct plk_ring){.block_bytes = block_bytes, .n_blocks = n_blocks};
	return 0;
}

/* One block for each byte that the stream behind the socket sent. */
static bool
is_there(int fd)
{
	uint8_t byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 1;
}

static int
fd_of(const struct plk_ring *ring)
{
	for (size_t i = 0; i < PLK_CLASS_RX; i++) {
		if (&worker.rx[i].ring == ring)
			return worker.rx[i].fd;
	}
	CHECK(false);
}

uint32_t
plk_ring_skip(struct plk_ring *ring)
{
	(void)fd_of(ring);
	CHECK(!fakes.sandboxed);
	return world.n_skipped;
}

void
plk_ring_find(struct plk_ring *ring)
{
	(void)fd_of(ring);
}

/* u8 length: a block of the ring. What follows it is zeros. */
int
plk_ring_take(struct plk_ring *ring, struct plk_mspan *out)
{
	if (!is_there(fd_of(ring)))
		return 0;
	memset(block, 0, BLOCK_BYTES);
	take_bytes(&hostile.in, block, take_u8(&hostile.in));
	*out = (struct plk_mspan){block, BLOCK_BYTES};
	return 1;
}

void
plk_ring_give(struct plk_ring *ring)
{
	(void)fd_of(ring);
}

/* ---- the ring that is sent ---- */

int
plk_txring_open(struct plk_txring *ring, int fd, size_t slot_bytes, size_t n_slots)
{
	CHECK(ring == &worker.tx_ring && fd == PLK_WORKER_FD_TX_RING && !fakes.sandboxed);
	CHECK(slot_bytes == plk_packet_ring(PLK_CLASS_TX_RING).unit_bytes &&
	      n_slots == plk_packet_ring(PLK_CLASS_TX_RING).n_units);
	*ring = (struct plk_txring){.fd = fd, .slot_bytes = slot_bytes, .n_slots = n_slots};
	return 0;
}

/* Of odd lengths it has none: no slot is free. */
bool
plk_txring_put(struct plk_txring *ring, const struct plk_vnet *vnet, struct plk_span eth)
{
	struct frame_in_ring *slot = &in_ring[ring->n];

	if (ring->n_slots == 0 || eth.n > ring->slot_bytes || eth.n % 2 == 1)
		return false;
	CHECK(vnet->gso_type == PLK_VNET_GSO_NONE && ring->n < COUNT(in_ring));
	CHECK(eth.n <= worker.link.mtu + PLK_ETH_HDR && eth.n >= PLK_FRAME_MIN);
	slot->n = PLK_VNET_HDR + eth.n;
	CHECK(plk_vnet_encode(vnet, PLK_VNET_HDR,
			      (struct plk_mspan){slot->bytes, sizeof slot->bytes}) == PLK_OK);
	memcpy(slot->bytes + PLK_VNET_HDR, eth.p, eth.n);
	ring->n++;
	return true;
}

size_t
plk_txring_send(struct plk_txring *ring)
{
	const size_t n = ring->n;
	size_t sent = 0;

	ring->n = 0;
	while (sent < n &&
	       sendto(worker.tx, in_ring[sent].bytes, in_ring[sent].n, MSG_DONTWAIT, NULL, 0) >= 0)
		sent++;
	return sent;
}

/* ---- rings of slots ---- */

static struct rx *
rx_of(const struct plk_slots *slots)
{
	for (size_t i = 0; i < PLK_CLASS_RX; i++) {
		if (&worker.rx[i].slots == slots)
			return &worker.rx[i];
	}
	CHECK(false);
}

int
plk_slots_open(struct plk_slots *slots, int fd, size_t slot_bytes, size_t n_slots)
{
	const struct plk_packet_ring ring = plk_packet_ring(rx_of(slots)->class);

	CHECK(fd >= PLK_WORKER_FD_RX && fd <= PLK_WORKER_FD_RX_LAST && !fakes.sandboxed);
	CHECK(slot_bytes == ring.unit_bytes && n_slots == ring.n_units);
	*slots = (struct plk_slots){.slot_bytes = slot_bytes, .n_slots = n_slots};
	return 0;
}

uint32_t
plk_slots_skip(struct plk_slots *slots)
{
	(void)rx_of(slots);
	CHECK(!fakes.sandboxed);
	return world.n_skipped;
}

void
plk_slots_find(struct plk_slots *slots)
{
	(void)rx_of(slots);
}

/* u8 kind: bits 0-2 pkttype, 3 a tag, 4 cut short, 5 header of the next 10 bytes, else zeros;
 * 6-7: 3: no slot that the kernel makes. Then u8 length (255: FRAME_LONG, 254: FRAME_LONGER), bytes: the frame. */
static struct plk_mspan
slot_make(uint8_t *memory)
{
	const unsigned kind = take_u8(&hostile.in);
	const size_t n_given = take_u8(&hostile.in);
	const size_t n = n_given == 255 ? FRAME_LONG : n_given == 254 ? FRAME_LONGER : n_given;
	uint8_t *slot = memory + SLOT_BYTES - SLOT_MAC - n;
	const struct tpacket2_hdr hdr = {
		.tp_status = TP_STATUS_USER | (kind & 8 ? TP_STATUS_VLAN_VALID : 0),
		.tp_len = (uint32_t)n + (kind & 16 ? 1 : 0),
		.tp_snaplen = (uint32_t)n,
		.tp_mac = kind >> 6 == 3 ? 7 : SLOT_MAC,
		.tp_vlan_tci = 100,
	};
	const struct sockaddr_ll from = {.sll_pkttype = kind & 7};

	memset(slot, 0, SLOT_MAC + n);
	memcpy(slot, &hdr, sizeof hdr);
	memcpy(slot + sizeof hdr, &from, sizeof from);
	if (kind & 32)
		take_bytes(&hostile.in, slot + SLOT_MAC - PLK_VNET_HDR, PLK_VNET_HDR);
	take_bytes(&hostile.in, slot + SLOT_MAC, n_given);
	return (struct plk_mspan){slot, SLOT_MAC + n};
}

struct plk_mspan
plk_slots_peek(const struct plk_slots *slots)
{
	const struct rx *rx = rx_of(slots);

	if (slots->n_slots == 0)
		return (struct plk_mspan){NULL, 0};
	if (world.slots[rx->class].n == 0 && is_there(rx->fd))
		world.slots[rx->class] = slot_make(slot_memory[rx->class]);
	return world.slots[rx->class];
}

void
plk_slots_mark(struct plk_slots *slots)
{
	CHECK(world.slots[rx_of(slots)->class].n > 0);
}

void
plk_slots_give(struct plk_slots *slots)
{
	struct plk_mspan *slot = &world.slots[rx_of(slots)->class];

	CHECK(slot->n > 0);
	*slot = (struct plk_mspan){NULL, 0};
}

int
plk_packet_is_one(int fd)
{
	int type = 0;
	socklen_t n = sizeof type;

	CHECK(hostile_is_run(fd));
	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) == 0 && type == SOCK_DGRAM;
}

uint64_t
plk_packet_losses(int fd)
{
	CHECK(hostile_is_run(fd));
	return 1;
}

/* ---- the process ---- */

static void
begin(void)
{
	const struct plk_msg front = {.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_FRONT};
	const struct plk_msg broker = {.type = PLK_MSG_CHANNEL, .u.channel.peer = PLK_PEER_BROKER};

	hostile_stdin(hostile_channel(SUPERVISOR));
	if (world.no_channels)
		return;
	hostile_say(SUPERVISOR, &broker, FD_CHANNEL + BROKER);
	hostile_say(SUPERVISOR, &front, FD_CHANNEL + FRONT);
}

/* What the broker sends is read when GO comes, which is in SETUP. */
static enum plk_stage
stage(unsigned channel)
{
	return channel == BROKER ? PLK_STAGE_SETUP : worker.stage;
}

static enum hostile_reads
reads(unsigned channel)
{
	if (channel == FRONT)
		return worker.front_watch.fd > 0 ? READS_NOW : READS_LATER;
	return channel == SUPERVISOR && !world.is_room_waited_for ? READS_NOW : READS_LATER;
}

/* ---- ports that come and go ---- */

static bool
has_number(uint16_t port)
{
	return PLK_WORKER_FD_LISTENER + port < worker.first_client;
}

static bool
is_header_size(uint8_t n)
{
	return n == 0 || n == 10 || n == 12 || n == 20;
}

/* While it serves. What comes with a descriptor comes into the room that was made for it. */
static bool
port_is_good(const struct plk_msg_port *m)
{
	const struct guard *guard = &worker.guards[m->port];

	return !worker.ports[m->port].used && has_number(m->port) && !m->adopt &&
	       guard->has_set == m->has_vlans && (m->rate_fps > 0) == (m->burst > 0) &&
	       is_header_size(m->vnet_hdr) &&
	       (hostile.n_fds > 0 ? world.room == m->port : world.room < 0);
}

/* A bucket begins full, or is no more. */
static void
rates_begin(void)
{
	world.began_ms = 0;
	world.n_sent = 0;
}

static void
port_note(const struct plk_msg_port *m)
{
	if (worker.stage == PLK_STAGE_RUN && !port_is_good(m)) {
		hostile_must_end(plk_rules_status(PLK_MSG_PORT));
		return;
	}
	if (worker.stage == PLK_STAGE_RUN)
		rates_begin();
	world.n_ports[m->port]++;
	world.has_vlans[m->port] = false;
	world.is_inherited[m->port] = m->adopt;
	world.is_filled[m->port] |= hostile.n_fds > 0;
	world.room = -1;
}

static bool
change_is_good(const struct plk_msg *msg)
{
	const struct port *port;

	switch (msg->type) {
	case PLK_MSG_UNPORT:
		port = &worker.ports[msg->u.unport.port];
		return port->used && !port->is_leaving;
	case PLK_MSG_PARK:
		port = &worker.ports[msg->u.park.port];
		return port->used && port->is_adopted && !port->is_leaving;
	case PLK_MSG_ROOM:
		return has_number(msg->u.room.port) && !worker.ports[msg->u.room.port].used;
	case PLK_MSG_VLANS:
		port = &worker.ports[msg->u.vlans.port];
		return !port->used && !worker.guards[msg->u.vlans.port].has_set;
	case PLK_MSG_CLIENT:
		port = &worker.ports[msg->u.client.port];
		return port->used && !port->is_leaving;
	case PLK_MSG_FILL:
		return world.room >= 0;
	default:
		return true;
	}
}

/* Where ports do not come and go, none of it may come. */
static bool
is_change(enum plk_msg_type type)
{
	if (type == PLK_MSG_PORT || type == PLK_MSG_VLANS)
		return worker.stage == PLK_STAGE_RUN;
	return type == PLK_MSG_UNPORT || type == PLK_MSG_PARK || type == PLK_MSG_ROOM ||
	       type == PLK_MSG_FILL || type == PLK_MSG_FLOW;
}

static void
change_note(const struct plk_msg *msg)
{
	if (msg->type == PLK_MSG_UNPORT) {
		world.is_leaving[msg->u.unport.port] = true;
		rates_begin();
	}
	if (msg->type == PLK_MSG_PARK)
		world.is_parked[msg->u.park.port] = msg->u.park.on && !hostile.deaf;
	if (msg->type == PLK_MSG_VLANS)
		world.has_vlans[msg->u.vlans.port] = true;
	if (msg->type == PLK_MSG_ROOM)
		world.room = msg->u.room.port;
	if (msg->type == PLK_MSG_FILL) {
		world.is_filled[world.room] = true;
		world.room = -1;
	}
	if (msg->type == PLK_MSG_FLOW)
		world.is_off = !msg->u.flow.on;
}

static void
order_note(const struct plk_msg *msg)
{
	const bool is_in =
		msg->type == PLK_MSG_FILL || (msg->type == PLK_MSG_PORT && hostile.n_fds > 0);

	if (world.room >= 0 && !is_in)
		hostile_must_end(plk_rules_status(PLK_MSG_ROOM));
	else if ((is_change(msg->type) && !worker.is_runtime) || !change_is_good(msg))
		hostile_must_end(plk_rules_status(msg->type));
	else if (msg->type == PLK_MSG_PORT)
		port_note(&msg->u.port);
	else
		change_note(msg);
}

static void
permitted(unsigned channel, const struct plk_msg *msg)
{
	if (channel == FRONT && reads(FRONT) == READS_NOW)
		order_note(msg);
	world.n_pings += msg->type == PLK_MSG_PING;
}

/* While it serves nothing is read from the supervisor. */
static int
refusal(unsigned channel, unsigned type)
{
	return channel == SUPERVISOR && worker.stage == PLK_STAGE_RUN ? 1 : plk_rules_status(type);
}

/* What is left of the last record of a stream that was written is none of it; how what was read was cut, tests/netns/restart_test.py knows. */
static void
kept_check(const struct plk_msg_kept *kept)
{
	CHECK(worker.leaving != LEAVING_NOT && kept->slot < worker.n_slots);
	CHECK(kept->port < PLK_PORTS_MAX && worker.ports[kept->port].used);
	CHECK(worker.clients[kept->slot].boundary.left == 0);
	CHECK(kept->unsent <= kept->to_client);
}

/* Nothing is said of a port that is no more; and of an inherited one it may be said again. */
static void
port_heard(const struct plk_msg *msg)
{
	const uint16_t port = msg->u.unported.port;

	if (msg->type == PLK_MSG_ACCEPTED)
		CHECK(world.n_ports[msg->u.accepted.port] > 0 &&
		      !world.is_parked[msg->u.accepted.port]);
	if (msg->type == PLK_MSG_CLOSED)
		CHECK(world.n_ports[msg->u.closed.port] > 0);
	if (msg->type == PLK_MSG_KEPT)
		CHECK(world.n_ports[msg->u.kept.port] > 0);
	if (msg->type != PLK_MSG_UNPORTED)
		return;
	CHECK(world.is_leaving[port] && world.n_ports[port] > 0);
	world.is_leaving[port] = false;
	world.n_ports[port] -= !world.is_inherited[port];
}

static void
heard(unsigned channel, const struct plk_msg *msg, int *fd)
{
	(void)channel;
	port_heard(msg);
	CHECK((*fd >= 0) == (msg->type == PLK_MSG_ACCEPTED || msg->type == PLK_MSG_KEPT));
	if (msg->type == PLK_MSG_KEPT)
		kept_check(&msg->u.kept);
	if (msg->type == PLK_MSG_PONG)
		CHECK(world.n_pings-- > 0);
	if (msg->type == PLK_MSG_LEFT)
		CHECK(worker.finishes && worker.n_open == 0 && worker.n_waiting == 0);
	if (msg->type == PLK_MSG_SERVING)
		CHECK(fakes.sandboxed && world.confined);
	world.confined |= msg->type == PLK_MSG_CONFINED;
}

static void
event(unsigned which)
{
	uint8_t n = take_u8(&hostile.in);

	if (which != 0)
		world.n_full = n;
	else if (hostile.n_streams > 0)
		hostile_write(hostile.streams[n % hostile.n_streams],
			      (struct plk_span){(const uint8_t *)"", 1});
}

static size_t
owns(void)
{
	size_t n = 0;

	n += hostile_is_run(worker.loop.fd);
	if (worker.first_client > 0) /* the numbers below are taken */
		n = (size_t)worker.first_client - PLK_WORKER_FD_EPOLL;
	else
		n += hostile_is_run(worker.broker.fd);
	if (world.room >= 0) /* which may still be taken */
		n -= fcntl(PLK_WORKER_FD_LISTENER + world.room, F_GETFD) < 0;
	for (uint32_t i = 0; i < worker.n_slots; i++)
		n += hostile_is_run(worker.clients[i].fd);
	return n;
}

static bool
is_at(int fd, int number)
{
	return fd < 0 || fd == number;
}

/* Each has the number that it must have. */
static void
numbers_check(void)
{
	const int first = worker.first_client;

	CHECK(worker.supervisor.fd == PLK_WORKER_FD_SUPERVISOR);
	CHECK(worker.loop.fd == PLK_WORKER_FD_EPOLL && is_at(worker.tx, PLK_WORKER_FD_TX));
	CHECK(is_at(worker.front.fd, PLK_WORKER_FD_FRONT));
	CHECK(is_at(worker.broker.fd, PLK_WORKER_FD_BROKER));
	for (int i = 0; i < PLK_CLASS_RX; i++)
		CHECK(is_at(worker.rx[i].fd, PLK_WORKER_FD_RX + i));
	for (int i = 0; i < PLK_PORTS_MAX; i++)
		CHECK(is_at(worker.ports[i].listener, PLK_WORKER_FD_LISTENER + i));
	for (uint32_t i = 0; i < worker.n_slots; i++)
		CHECK(worker.clients[i].fd < 0 || worker.clients[i].fd >= first);
	if (first > 0)
		CHECK(hostile_n_open(0, first) == (size_t)first - world.is_room_waited_for);
}

/* The books of the slots: each is counted where its state says, and nowhere else. */
static void
books_check(void)
{
	size_t n[CLIENT_GONE + 1] = {0};

	for (uint32_t i = 0; i < worker.n_slots; i++) {
		CHECK((size_t)worker.clients[i].state < COUNT(n));
		n[worker.clients[i].state]++;
	}
	CHECK(worker.n_used == worker.n_slots - n[CLIENT_FREE]);
	CHECK(worker.n_waiting == n[CLIENT_WAITING] && worker.n_gone == n[CLIENT_GONE]);
	CHECK(worker.n_open == n[CLIENT_OPEN] && worker.n_dirty == 0);
	for (uint32_t i = 0; i < worker.n_open; i++)
		CHECK(worker.clients[worker.open[i]].state == CLIENT_OPEN);
}

/* A port never has half a guard. */
static void
whole_check(void)
{
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		const struct guard *guard = &worker.guards[i];
		bool is_one =
			guard->allow.has_vlans || guard->allow.n_macs > 0 || guard->bucket.fps > 0;

		if (!worker.ports[i].used) { /* the next one begins with none */
			CHECK(!is_one && guard->has_set == world.has_vlans[i]);
			continue;
		}
		CHECK(guard->has_set == guard->allow.has_vlans);
		CHECK((guard->bucket.fps > 0) == (guard->bucket.burst > 0));
		CHECK(worker.ports[i].is_guarded == is_one);
	}
}

/* Frames of a client that wait for room at the interface. */
static uint64_t
in_hand(const struct client *client)
{
	if (client->state != CLIENT_OPEN)
		return 0;
	return client->n_pending - client->pending_at - (client->pieces_sent > 0);
}

static uint64_t
sum_between(const uint64_t *cells, size_t first, size_t last)
{
	uint64_t n = 0;

	for (size_t i = first; i <= last; i++)
		n += cells[i];
	return n;
}

static const uint64_t *
row_of(size_t row)
{
	const struct plk_books_page *page = worker.ledger.page;

	return page->rows[page->turn & 1][row].cells;
}

/* What was seen for clients, and what they sent, went somewhere (core/books.h). */
static void
row_check(const uint64_t *row, uint64_t waiting)
{
	CHECK(row[PLK_CELL_SEEN] ==
	      row[PLK_COUNTER_DELIVERED] +
		      sum_between(row, PLK_COUNTER_RX_QUEUE, PLK_COUNTER_RX_OFF));
	CHECK(plk_books_waiting(row) == waiting);
	CHECK(row[PLK_COUNTER_CLIENTS_CLOSED] ==
	      sum_between(row, PLK_CELL_CLOSED, PLK_CELL_SUMS - 1));
}

/* What a port has, everything has; what a living client has, its port. */
static void
sums_check(uint64_t *of_ports)
{
	uint64_t of_clients[PLK_PORTS_MAX] = {0};

	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state != CLIENT_FREE)
			of_clients[worker.clients[i].port] +=
				row_of(PLK_ROW_CLIENT + i)[PLK_CELL_SEEN];
	}
	for (size_t i = 0; i < PLK_PORTS_MAX; i++) {
		const uint64_t *row = row_of(PLK_ROW_PORT + i);

		CHECK(row[PLK_CELL_SEEN] >= of_clients[i]);
		for (size_t cell = 0; cell < PLK_CELL_SUMS; cell++)
			of_ports[cell] += row[cell];
	}
}

static void
balance_check(void)
{
	uint64_t waiting[PLK_PORTS_MAX] = {0};
	uint64_t of_ports[PLK_CELL_SUMS] = {0};
	const uint64_t *total;
	uint64_t all = 0;

	if (!worker.ledger.page)
		return;
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		const struct client *client = &worker.clients[i];

		if (client->state != CLIENT_FREE)
			row_check(row_of(PLK_ROW_CLIENT + i), in_hand(client));
		waiting[client->port] += in_hand(client);
		all += in_hand(client);
	}
	for (size_t i = 0; i < PLK_PORTS_MAX; i++)
		row_check(row_of(PLK_ROW_PORT + i), waiting[i]);
	sums_check(of_ports);
	total = row_of(0);
	row_check(of_ports, all);
	for (size_t i = PLK_COUNTER_CLIENT_FRAMES; i <= PLK_COUNTER_TX_OTHER; i++)
		CHECK(total[i] == of_ports[i]);
	CHECK(total[PLK_CELL_SEEN] == of_ports[PLK_CELL_SEEN]);
	CHECK(total[PLK_COUNTER_DELIVERED] == of_ports[PLK_COUNTER_DELIVERED]);
	CHECK(total[PLK_COUNTER_RX_FRAMES] + total[PLK_COUNTER_RX_COPIES] +
		      total[PLK_COUNTER_RX_PIECES] + total[PLK_COUNTER_SWITCHED] ==
	      total[PLK_COUNTER_DELIVERED] + total[PLK_COUNTER_RX_UNWANTED] +
		      sum_between(total, PLK_COUNTER_RX_QUEUE, PLK_COUNTER_RX_WORKER));
	CHECK(plk_books_waiting(total) == all);
}

static bool
has_clients(uint16_t port)
{
	for (uint32_t i = 0; i < worker.n_slots; i++) {
		if (worker.clients[i].state != CLIENT_FREE && worker.clients[i].port == port)
			return true;
	}
	return false;
}

/* Who leaves is on the way until all was told; one that could not be told is tried again. */
static void
ports_check(void)
{
	for (uint16_t i = 0; i < PLK_PORTS_MAX; i++) {
		const struct port *port = &worker.ports[i];

		CHECK(port->used || !has_clients(i));
		CHECK(port->used || port->watch.fd <= 0);
		CHECK(!port->is_leaving || port->used);
		if (port->is_leaving)
			CHECK(worker.gone_timer.at_ms != 0);
		if (!hostile.deaf && hostile.channels[FRONT].fd >= 0)
			CHECK(world.is_leaving[i] == port->is_leaving);
	}
}

/* While no frames pass none does, and none waits to. */
static void
flow_check(void)
{
	const uint64_t *total = worker.ledger.page ? row_of(0) : NULL;
	const uint64_t passed[] = {total ? total[PLK_COUNTER_DELIVERED] : 0,
				   total ? total[PLK_COUNTER_TX_FRAMES] : 0,
				   total ? total[PLK_COUNTER_SWITCHED] : 0};

	CHECK(worker.is_off == world.is_off);
	if (world.was_off && world.is_off)
		CHECK(memcmp(world.passed, passed, sizeof passed) == 0);
	world.was_off = world.is_off;
	memcpy(world.passed, passed, sizeof passed);
	for (uint32_t i = 0; i < worker.n_slots && world.is_off; i++) {
		const struct client *client = &worker.clients[i];

		if (client->state == CLIENT_OPEN)
			CHECK(plk_boundary_packets(&client->boundary, &client->queue) == 0 &&
			      in_hand(client) == 0);
	}
}

static void
waits(void)
{
	numbers_check();
	if (world.is_room_waited_for)
		return; /* in the midst of things */
	ports_check();
	flow_check();
	whole_check();
	books_check();
	balance_check();
}

/* A number that is taken only so that nothing else gets it is a copy of /dev/null. */
static void
fillers_check(void)
{
	struct stat null;
	struct stat filler;

	CHECK(fstat(PLK_WORKER_FD_NULL, &null) == 0);
	for (int fd = PLK_WORKER_FD_RX; fd < worker.first_client; fd++) {
		const int class = fd - PLK_WORKER_FD_RX;
		const int port = fd - PLK_WORKER_FD_LISTENER;

		if (fd == worker.tx || fd == worker.broker.fd ||
		    (fd == PLK_WORKER_FD_TX_RING && worker.tx_ring.n_slots > 0) ||
		    (class < PLK_CLASS_RX && worker.rx[class].fd == fd) ||
		    (port >= 0 && port < PLK_PORTS_MAX &&
		     (worker.ports[port].listener == fd || world.is_filled[port] ||
		      world.room == port)))
			continue;
		CHECK(fstat(fd, &filler) == 0);
		CHECK(filler.st_dev == null.st_dev && filler.st_ino == null.st_ino);
	}
}

static void
finish(void)
{
	fillers_check();
	hostile_channel_close(SUPERVISOR);
}

#define FROM(WHO, WITH, TYPE, ...)                          \
	{                                                   \
		WHO, WITH,                                  \
		{                                           \
			.type = PLK_MSG_##TYPE, __VA_ARGS__ \
		}                                           \
	}
#define PACKET(CLASS, WITH, ...) \
	FROM(BROKER, WITH, PACKET, .u.packet = {PLK_CLASS_##CLASS, __VA_ARGS__})
#define BLOCKS 262144, 32
#define SLOTS 2048, 2048
#define LONG_SLOTS 131072, 128
#define TX_SLOTS 2048, 256
#define NO_RING 0, 0

/* fuzz/seeds.py has their indexes. */
static const struct hostile_word words[] = {
	FROM(FRONT, FD_MEMORY, CONFIG, .u.config = {4, PLK_QUEUE_MIN, 6, 0}),
	FROM(FRONT, FD_LISTENER, PORT,
	     .u.port = {.role = PLK_ROLE_ATTACH, .direction = PLK_DIRECTION_BOTH, .passive = 1}),
	FROM(FRONT, FD_LISTENER, PORT, .u.port = {.port = 1, .adopt = 1, .passive = 1}),
	FROM(FRONT, FD_NONE, PORT, .u.port = {.port = 2, .role = PLK_ROLE_INJECT}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 3,
			.role = PLK_ROLE_ATTACH,
			.direction = PLK_DIRECTION_BOTH,
			.vnet_hdr = 12}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 4, .latency = PLK_LATENCY_LOW, .direction = PLK_DIRECTION_BOTH}),
	PACKET(CAPTURE_BULK, FD_PACKET, BLOCKS),
	PACKET(CAPTURE_LOW, FD_PACKET, SLOTS),
	PACKET(ATTACH_LOW, FD_PACKET, SLOTS),
	PACKET(TX, FD_PACKET, NO_RING),
	FROM(FRONT, FD_NONE, GO),
	FROM(FRONT, FD_STREAM, CLIENT, .u.client = {0}),
	FROM(FRONT, FD_STREAM, CLIENT, .u.client = {2}),
	FROM(FRONT, FD_STREAM, CLIENT, .u.client = {3}),
	FROM(FRONT, FD_STREAM, CLIENT, .u.client = {4}),
	FROM(FRONT, FD_NONE, ADMIT, .u.admit = {0, 1, 1}),
	FROM(FRONT, FD_NONE, ADMIT, .u.admit = {1, 1, 1}),
	FROM(FRONT, FD_NONE, ADMIT, .u.admit = {2, 1, 1}),
	FROM(FRONT, FD_NONE, ADMIT, .u.admit = {3, 1, 1}),
	FROM(FRONT, FD_NONE, ADMIT, .u.admit = {0, 1, 0}),
	FROM(FRONT, FD_NONE, ADMIT, .u.admit = {0, 2, 1}),
	FROM(FRONT, FD_NONE, PING),
	FROM(FRONT, FD_NONE, FINISH),
	FROM(SUPERVISOR, FD_CHANNEL + FRONT, CHANNEL, .u.channel = {PLK_PEER_FRONT}),
	FROM(SUPERVISOR, FD_CHANNEL + BROKER, CHANNEL, .u.channel = {PLK_PEER_BROKER}),
	FROM(FRONT, FD_TCP, PORT, .u.port = {.port = 5, .adopt = 1, .tcp = 1, .max_clients = 1}),
	PACKET(ATTACH_BULK, FD_PACKET, BLOCKS),
	PACKET(TX, FD_STREAM, NO_RING),
	FROM(BROKER, FD_PACKET, PACKET, .u.packet = {PLK_CLASS_CAPTURE_BULK, 4096, 1024}),
	FROM(FRONT, FD_MEMORY, CONFIG, .u.config = {4, PLK_QUEUE_MIN, PLK_PORTS_MAX, 0}),
	FROM(FRONT, FD_LISTENER, PORT, .u.port = {.port = PLK_PORT_INDEX, .passive = 1}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 5, .latency = PLK_LATENCY_BULK, .role = PLK_ROLE_ATTACH}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 3, .role = PLK_ROLE_ATTACH, .max_clients = 1}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 4,
			.latency = PLK_LATENCY_LOW,
			.direction = PLK_DIRECTION_BOTH,
			.format = PLK_FORMAT_PCAPNG,
			.snaplen = 64}),
	FROM(FRONT, FD_NONE, ABOUT, .u.about = {PLK_ABOUT_IFNAME, 2, "e0"}),
	FROM(FRONT, FD_NONE, ABOUT, .u.about = {PLK_ABOUT_FILTER, 200, "tcp"}),
	FROM(FRONT, FD_NONE, LINK_IS, .u.link_is = {1, 1, 1, PLK_LINK_TAP, 1500}),
	FROM(FRONT, FD_NONE, LINK_IS, .u.link_is = {1, 1, 0, PLK_LINK_TAP, 1500}),
	FROM(FRONT, FD_NONE, LINK_IS, .u.link_is = {0, 0, 0, PLK_LINK_TAP, 1500}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 2, .role = PLK_ROLE_INJECT, .close_on_loss = 1}),
	FROM(FRONT, FD_NONE, VLANS, .u.vlans = {.port = 3, .vlans = {1 | 1 << 5}}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 3,
			.role = PLK_ROLE_ATTACH,
			.direction = PLK_DIRECTION_BOTH,
			.vnet_hdr = 12,
			.n_macs = 1,
			.macs = {2, 0, 0, 0, 0, 2},
			.has_vlans = 1,
			.rate_fps = 2,
			.burst = 3}),
	FROM(FRONT, FD_NONE, PORT,
	     .u.port = {.port = 2, .role = PLK_ROLE_INJECT, .rate_fps = 1, .burst = 2}),
	PACKET(CAPTURE_LONG, FD_PACKET, LONG_SLOTS),
	PACKET(ATTACH_LONG, FD_PACKET, LONG_SLOTS),
	PACKET(TX_RING, FD_PACKET, TX_SLOTS),
	FROM(FRONT, FD_NONE, FINISH, .u.finish = {1}),
	FROM(FRONT, FD_STREAM, RESTORE, .u.restore = {0}),
	FROM(FRONT, FD_STREAM, RESTORE, .u.restore = {2}),
	FROM(FRONT, FD_STREAM, RESTORE, .u.restore = {3}),
	FROM(FRONT, FD_STREAM, RESTORE, .u.restore = {4}),
	FROM(FRONT, FD_NONE, MISSED, .u.missed = {100, 7}),
	/* ports that come and go */
	FROM(FRONT, FD_MEMORY, CONFIG, .u.config = {4, PLK_QUEUE_MIN, 6, 1}),
	FROM(FRONT, FD_NONE, UNPORT, .u.unport = {0}),
	FROM(FRONT, FD_NONE, UNPORT, .u.unport = {1}),
	FROM(FRONT, FD_NONE, UNPORT, .u.unport = {2}),
	FROM(FRONT, FD_NONE, UNPORT, .u.unport = {3}),
	FROM(FRONT, FD_NONE, UNPORT, .u.unport = {4}),
	FROM(FRONT, FD_NONE, PARK, .u.park = {1, 1}),
	FROM(FRONT, FD_NONE, PARK, .u.park = {1, 0}),
	FROM(FRONT, FD_NONE, ROOM, .u.room = {0}),
	FROM(FRONT, FD_MEMORY, FILL),
	FROM(FRONT, FD_NONE, FLOW, .u.flow = {0}),
	FROM(FRONT, FD_NONE, FLOW, .u.flow = {1}),
	FROM(FRONT, FD_NONE, PORT, .u.port = {.port = 1, .role = PLK_ROLE_INJECT}),
};

static const struct hostile_process process = {
	.run = worker_main,
	.begin = begin,
	.stage = stage,
	.reads = reads,
	.permitted = permitted,
	.heard = heard,
	.event = event,
	.owns = owns,
	.waits = waits,
	.refusal = refusal,
	.finish = finish,
	.words = words,
	.n_words = COUNT(words),
	.channels =
		{
			[SUPERVISOR] = {.in = PLK_CHANNEL_SUPERVISOR_WORKER, .out = PLK_CHANNELS},
			[FRONT] = {.in = PLK_CHANNEL_FRONT_WORKER, .out = PLK_CHANNEL_WORKER_FRONT},
			[BROKER] = {.in = PLK_CHANNEL_BROKER_WORKER, .out = PLK_CHANNELS},
		},
	.n_channels = 3,
	.status_max = 1,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plk_span in = {data, size};
	uint8_t setup;

	if (!block) {
		block = malloc(BLOCK_BYTES);
		for (size_t i = 0; i < COUNT(slot_memory); i++) {
			slot_memory[i] = malloc(SLOT_BYTES);
			CHECK(slot_memory[i]);
		}
	}
	CHECK(block);
	memset(&worker, 0, sizeof worker);
	setup = take_u8(&in);
	world = (struct world){
		.no_channels = setup & 1, .n_skipped = setup & 2 ? UINT32_MAX : 0, .room = -1};
	fakes_reset(setup >> 4);
	hostile_run(&process, in);
	balance_check();
	if (world.memory)
		CHECK(munmap(world.memory, world.n_memory) == 0);
	if (world.page)
		CHECK(munmap(world.page, PLK_BOOKS_BYTES) == 0);
	return 0;
}
