/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "os/fd.h"
#include "wire/rxslot.h"

#ifndef PACKET_IGNORE_OUTGOING
#define PACKET_IGNORE_OUTGOING 23
#endif

#define RING_FRAME_BYTES 2048    /* only divides the block: V3 packs frames of any length */
#define SLOTS_BLOCK_BYTES 131072 /* the kernel's allocations; slots lie in them without gaps */
#define RING_RETIRE_MS 1
#define BUFFER_BYTES (8 << 20) /* asked for; net.core.wmem_max decides */
#define LENGTH_INSNS 3
#define PROTOCOL_NONE 0xffff
#define LOOPBACK_INDEX 1

static int
set_int(int fd, int level, int option, int value)
{
	/* #syscalls:broker setsockopt[1=SOL_PACKET,2=PACKET_VERSION] setsockopt[1=SOL_PACKET,2=PACKET_VNET_HDR] (a packet socket is made) */
	/* #syscalls:broker setsockopt[1=SOL_PACKET,2=PACKET_IGNORE_OUTGOING] (a packet socket is made) */
	/* #syscalls:broker setsockopt[1=SOL_PACKET,2=PACKET_QDISC_BYPASS] setsockopt[1=SOL_SOCKET,2=SO_MARK] (a packet socket is made) */
	/* #syscalls:broker setsockopt[1=SOL_SOCKET,2=SO_SNDBUF] (a packet socket is made) */
	/* #syscalls:broker setsockopt[1=SOL_SOCKET,2=SO_LOCK_FILTER] (a packet socket is made) */
	return setsockopt(fd, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int
blocks_make(int fd, struct plk_packet_ring of)
{
	const struct tpacket_req3 ring = {
		.tp_block_size = of.unit_bytes,
		.tp_block_nr = of.n_units,
		.tp_frame_size = RING_FRAME_BYTES,
		.tp_frame_nr = of.unit_bytes / RING_FRAME_BYTES * of.n_units,
		.tp_retire_blk_tov = RING_RETIRE_MS,
	};
	int error = set_int(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V3);

	if (error < 0)
		return error;
	/* #syscalls:broker setsockopt[1=SOL_PACKET,2=PACKET_RX_RING] (a packet socket is made) */
	return setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof ring) < 0 ? -errno : 0;
}

/* @which: PACKET_RX_RING or PACKET_TX_RING */
static int
slots_make(int fd, int which, struct plk_packet_ring of)
{
	const struct tpacket_req ring = {
		.tp_block_size = SLOTS_BLOCK_BYTES,
		.tp_block_nr = of.n_units / (SLOTS_BLOCK_BYTES / of.unit_bytes),
		.tp_frame_size = of.unit_bytes,
		.tp_frame_nr = of.n_units,
	};
	int error = set_int(fd, SOL_PACKET, PACKET_VERSION, TPACKET_V2);

	if (error < 0)
		return error;
	/* #syscalls:broker setsockopt[1=SOL_PACKET,2=PACKET_TX_RING] (a packet socket is made) */
	return setsockopt(fd, SOL_PACKET, which, &ring, sizeof ring) < 0 ? -errno : 0;
}

/* PACKET_VNET_HDR comes before the ring: with one it cannot be changed. */
static int
rx_options(int fd, const struct plk_packet_want *want)
{
	int error = set_int(fd, SOL_PACKET, PACKET_VNET_HDR, 1);

	if (error < 0)
		return error;
	return plk_class_is_bulk(want->class)
		       ? blocks_make(fd, plk_packet_ring(want->class))
		       : slots_make(fd, PACKET_RX_RING, plk_packet_ring(want->class));
}

static int
tx_options(int fd, const struct plk_packet_want *want)
{
	int error = set_int(fd, SOL_PACKET, PACKET_VNET_HDR, 1);

	if (error == 0)
		error = set_int(fd, SOL_SOCKET, SO_MARK, (int)want->mark);
	if (error == 0)
		error = set_int(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
	if (error == 0 && want->class == PLK_CLASS_TX_RING)
		error = slots_make(fd, PACKET_TX_RING, plk_packet_ring(want->class));
	return error;
}

/* Frames up to a length, or beyond it: what the slots of a class are for. */
static size_t
length_put(struct sock_filter *code, bool beyond)
{
	const uint32_t most = PLK_RXSLOT_FRAME(plk_packet_ring(PLK_CLASS_ATTACH_LOW).unit_bytes);
	const struct sock_filter length[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, most, beyond ? 1 : 0, beyond ? 0 : 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};

	_Static_assert(sizeof length / sizeof *length == LENGTH_INSNS, "as prefix_put() has it");
	memcpy(code, length, sizeof length);
	return LENGTH_INSNS;
}

/* What stands before the filter of --filter: our mark is rejected, what does not go out if only that is wanted, and what is for the
 * other socket of the class. */
static size_t
prefix_put(struct sock_filter *code, const struct plk_packet_want *want)
{
	const struct sock_filter mark[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, want->mark, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_filter outgoing[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	size_t n = sizeof mark / sizeof *mark;

	_Static_assert((sizeof mark + sizeof outgoing) / sizeof *mark + LENGTH_INSNS +
				       PLK_BPF_MAX <=
			       BPF_MAXINSNS,
		       "the longest filter fits behind it");
	memcpy(code, mark, sizeof mark);
	if (want->direction == PLK_DIRECTION_OUT) {
		memcpy(code + n, outgoing, sizeof outgoing);
		n += sizeof outgoing / sizeof *outgoing;
	}
	if (!plk_class_is_bulk(want->class))
		n += length_put(code + n, plk_class_is_long(want->class));
	return n;
}

/* Cannot be taken off again. */
static int
filter_lock(int fd, const struct plk_packet_want *want)
{
	static struct sock_filter code[BPF_MAXINSNS];
	struct sock_fprog program = {.filter = code};
	size_t n = prefix_put(code, want);

	if (want->filter && want->filter->n > 0) {
		memcpy(code + n, want->filter->code, want->filter->n * sizeof *code);
		n += want->filter->n;
	} else {
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, PLK_BPF_WHOLE);
	}
	program.len = (unsigned short)n;
	/* #syscalls:broker setsockopt[1=SOL_SOCKET,2=SO_ATTACH_FILTER] (a packet socket is made) */
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0)
		return -errno;
	return set_int(fd, SOL_SOCKET, SO_LOCK_FILTER, 1);
}

static int
configure(int fd, const struct plk_packet_want *want, enum plk_step *step)
{
	int error;

	*step = PLK_STEP_OPTION;
	if (want->class >= PLK_CLASS_RX)
		return tx_options(fd, want);
	error = rx_options(fd, want);
	if (error < 0)
		return error;
	*step = PLK_STEP_FILTER;
	return filter_lock(fd, want);
}

int
plk_packet_open(const struct plk_packet_want *want, int *fd, enum plk_step *step)
{
	/* #syscalls:broker socket[0=AF_PACKET,1=SOCK_RAW|SOCK_CLOEXEC|SOCK_NONBLOCK,2=0] (a packet socket that receives nothing yet) */
	int made = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error;

	*step = PLK_STEP_SOCKET;
	if (made < 0)
		return -errno;
	error = configure(made, want, step);
	if (error < 0) {
		plk_fd_close(&made);
		return error;
	}
	*fd = made;
	return 0;
}

int
plk_packet_incoming(int fd, bool only)
{
	return set_int(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, only);
}

int
plk_packet_bypass(int fd, bool on)
{
	return set_int(fd, SOL_PACKET, PACKET_QDISC_BYPASS, on);
}

bool
plk_packet_is_bound(int fd, int index)
{
	struct sockaddr_ll bound = {0};
	socklen_t n = sizeof bound;

	/* #syscalls:broker getsockname ioctl[1=SIOCGIFINDEX] (is it bound to the interface of that name) */
	return getsockname(fd, (struct sockaddr *)&bound, &n) == 0 && bound.sll_ifindex == index;
}

/* Whether the socket is bound to @index, and @name still names it. */
static int
verify(int fd, int index, const char *name)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		return errno == ENODEV ? -ESTALE : -errno;
	return request.ifr_ifindex == index && plk_packet_is_bound(fd, index) ? 0 : -ESTALE;
}

int
plk_packet_bind(int fd, bool rx, int index, const char *name, enum plk_step *step)
{
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = rx ? htons(ETH_P_ALL) : 0, /* 0: a sender receives nothing */
		.sll_ifindex = index,
	};

	*step = PLK_STEP_BIND;
	/* #syscalls:broker bind (packet sockets) */
	if (bind(fd, (const struct sockaddr *)&addr, sizeof addr) < 0)
		return -errno;
	*step = PLK_STEP_VERIFY;
	return verify(fd, index, name);
}

void
plk_packet_silence(int fd, bool rx)
{
	/* A receiver: a protocol that no frame has on an interface that is always there, since binding to 0 would keep the
	 * protocol. A sender: no interface. */
	const struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = rx ? htons(PROTOCOL_NONE) : 0,
		.sll_ifindex = rx ? LOOPBACK_INDEX : 0,
	};

	/* it is not marked as bound in any case */
	(void)bind(fd, (const struct sockaddr *)&addr, sizeof addr);
}

int
plk_packet_promisc(int fd, int index, bool on)
{
	const struct packet_mreq mreq = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};

	/* #syscalls:broker setsockopt[1=SOL_PACKET,2=PACKET_ADD_MEMBERSHIP] setsockopt[1=SOL_PACKET,2=PACKET_DROP_MEMBERSHIP] (promiscuous while there is an attached client) */
	return setsockopt(fd, SOL_PACKET, on ? PACKET_ADD_MEMBERSHIP : PACKET_DROP_MEMBERSHIP,
			  &mreq, sizeof mreq) < 0
		       ? -errno
		       : 0;
}
