/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fatal.h"

#define ENTRIES 256 /* of a queue, as QEMU has it */
#define BUFFER_BYTES 4096
#define ALIGN 4096
#define RING_BYTES (4 * ALIGN) /* descriptors fill one page; both others fit behind them */
#define QUEUE_BYTES (RING_BYTES + ENTRIES * BUFFER_BYTES)
#define HEADER_BYTES sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define FRAME_MAX (HEADER_BYTES + 65536 + 64)
#define SENT_MS 5000

#define OFFLOADS (TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN)
#define FEATURES ((1ULL << VIRTIO_F_VERSION_1) | (1ULL << VIRTIO_NET_F_MRG_RXBUF))

/* Of virtio 1.0 everything is little-endian. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fields are used as they are");

static void
control(int fd, unsigned long request, const void *argument, const char *what)
{
	if (ioctl(fd, request, argument) < 0)
		die(what);
}

static int
tap_open(const char *name)
{
	struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR};
	const int header = HEADER_BYTES;
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);

	if (fd < 0)
		die("/dev/net/tun");
	strncpy(request.ifr_name, name, IFNAMSIZ - 1);
	control(fd, TUNSETIFF, &request, "TUNSETIFF");
	control(fd, TUNSETVNETHDRSZ, &header, "TUNSETVNETHDRSZ");
	return fd;
}

void
tap_make(const char *name)
{
	int fd = tap_open(name);

	if (ioctl(fd, TUNSETPERSIST, 1) < 0)
		die("TUNSETPERSIST");
	(void)close(fd);
}

void
virtio_offloads(struct virtio *vm, unsigned int offloads)
{
	if (ioctl(vm->tap, TUNSETOFFLOAD, offloads) < 0)
		die("TUNSETOFFLOAD");
}

/* ---- queues ---- */

/* Gives the host the descriptors that stand in the ring since the last time. */
static void
queue_publish(struct queue *queue)
{
	__atomic_store_n(&queue->ring.avail->idx, queue->avail, __ATOMIC_RELEASE);
	if (eventfd_write(queue->kick, 1) < 0)
		die("cannot kick");
}

static void
queue_offer(struct queue *queue, uint16_t head)
{
	queue->ring.avail->ring[queue->avail++ % ENTRIES] = head;
}

static uint16_t
queue_used(const struct queue *queue)
{
	return (uint16_t)(__atomic_load_n(&queue->ring.used->idx, __ATOMIC_ACQUIRE) - queue->used);
}

/* Whether @n entries were used within some time. */
static bool
queue_wait(struct queue *queue, uint16_t n, int ms)
{
	while (queue_used(queue) < n) {
		struct pollfd poll_fd = {.fd = queue->call, .events = POLLIN};
		eventfd_t calls;

		if (poll(&poll_fd, 1, ms) <= 0)
			return queue_used(queue) >= n;
		(void)eventfd_read(queue->call, &calls);
	}
	return true;
}

static const struct vring_used_elem *
queue_take(struct queue *queue)
{
	const struct vring_used_elem *element = &queue->ring.used->ring[queue->used++ % ENTRIES];

	if (element->id >= ENTRIES)
		fail("the host used a descriptor that does not exist");
	return element;
}

static uint8_t *
queue_buffer(const struct queue *queue, size_t i)
{
	return queue->buffers + i * BUFFER_BYTES;
}

static void
queue_init(struct virtio *vm, unsigned int i, uint8_t *memory)
{
	struct queue *queue = &vm->queue[i];
	struct vhost_vring_state state = {.index = i, .num = ENTRIES};
	struct vhost_vring_addr addr = {.index = i};
	struct vhost_vring_file file = {.index = i};

	queue->buffers = memory + RING_BYTES;
	vring_init(&queue->ring, ENTRIES, memory, ALIGN);
	for (size_t j = 0; j < ENTRIES; j++)
		queue->ring.desc[j].addr = (uintptr_t)queue_buffer(queue, j);
	control(vm->vhost, VHOST_SET_VRING_NUM, &state, "VHOST_SET_VRING_NUM");
	state.num = 0;
	control(vm->vhost, VHOST_SET_VRING_BASE, &state, "VHOST_SET_VRING_BASE");
	addr.desc_user_addr = (uintptr_t)queue->ring.desc;
	addr.avail_user_addr = (uintptr_t)queue->ring.avail;
	addr.used_user_addr = (uintptr_t)queue->ring.used;
	control(vm->vhost, VHOST_SET_VRING_ADDR, &addr, "VHOST_SET_VRING_ADDR");
	queue->kick = eventfd(0, EFD_NONBLOCK);
	queue->call = eventfd(0, EFD_NONBLOCK);
	if (queue->kick < 0 || queue->call < 0)
		die("eventfd");
	file.fd = queue->kick;
	control(vm->vhost, VHOST_SET_VRING_KICK, &file, "VHOST_SET_VRING_KICK");
	file.fd = queue->call;
	control(vm->vhost, VHOST_SET_VRING_CALL, &file, "VHOST_SET_VRING_CALL");
}

/* ---- the card ---- */

/* All memory of the guest is one region, at the addresses that it has here. */
static void
memory_share(int vhost, uint8_t *memory, size_t n)
{
	struct vhost_memory *table = calloc(1, sizeof *table + sizeof *table->regions);

	if (!table)
		die("calloc");
	table->nregions = 1;
	table->regions[0] = (struct vhost_memory_region){.guest_phys_addr = (uintptr_t)memory,
							 .userspace_addr = (uintptr_t)memory,
							 .memory_size = n};
	control(vhost, VHOST_SET_MEM_TABLE, table, "VHOST_SET_MEM_TABLE");
	free(table);
}

static void
backend_set(const struct virtio *vm, unsigned int queue, int fd)
{
	const struct vhost_vring_file file = {.index = queue, .fd = fd};

	control(vm->vhost, VHOST_NET_SET_BACKEND, &file, "VHOST_NET_SET_BACKEND");
}

static void
receive_offer(struct queue *queue, uint16_t i)
{
	queue->ring.desc[i].len = BUFFER_BYTES;
	queue->ring.desc[i].flags = VRING_DESC_F_WRITE;
	queue_offer(queue, i);
}

void
virtio_open(struct virtio *vm, const char *tap)
{
	const uint64_t wanted = FEATURES;
	uint64_t features = 0;
	uint8_t *memory = mmap(NULL, 2 * QUEUE_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		die("mmap");
	*vm = (struct virtio){.tap = tap_open(tap), .vhost = open("/dev/vhost-net", O_RDWR)};
	if (vm->vhost < 0)
		die("/dev/vhost-net");
	virtio_offloads(vm, OFFLOADS);
	control(vm->vhost, VHOST_SET_OWNER, NULL, "VHOST_SET_OWNER");
	control(vm->vhost, VHOST_GET_FEATURES, &features, "VHOST_GET_FEATURES");
	if ((features & wanted) != wanted)
		fail("vhost-net lacks a feature");
	control(vm->vhost, VHOST_SET_FEATURES, &wanted, "VHOST_SET_FEATURES");
	memory_share(vm->vhost, memory, 2 * QUEUE_BYTES);
	for (unsigned int i = RX; i <= TX; i++)
		queue_init(vm, i, memory + i * QUEUE_BYTES);
	for (uint16_t i = 0; i < ENTRIES; i++)
		receive_offer(&vm->queue[RX], i);
	backend_set(vm, RX, vm->tap);
	backend_set(vm, TX, vm->tap);
	queue_publish(&vm->queue[RX]);
}

void
virtio_stall(struct virtio *vm)
{
	backend_set(vm, RX, -1);
}

void
virtio_resume(struct virtio *vm)
{
	backend_set(vm, RX, vm->tap);
	queue_publish(&vm->queue[RX]);
}

/* ---- frames ---- */

/* A chain of descriptors from @first on; returns the one behind it. */
static uint16_t
chain_put(struct queue *queue, uint16_t first, const struct frame *frame)
{
	size_t head = HEADER_BYTES;
	uint16_t i = first;
	size_t at = 0;

	memcpy(queue_buffer(queue, i), &frame->header, head);
	for (;; i++) {
		struct vring_desc *desc = &queue->ring.desc[i];
		size_t n =
			frame->n - at < BUFFER_BYTES - head ? frame->n - at : BUFFER_BYTES - head;

		memcpy(queue_buffer(queue, i) + head, frame->p + at, n);
		at += n;
		*desc = (struct vring_desc){.addr = desc->addr, .len = (uint32_t)(head + n)};
		head = 0;
		if (at == frame->n)
			break;
		desc->flags = VRING_DESC_F_NEXT;
		desc->next = (uint16_t)(i + 1);
	}
	queue_offer(queue, first);
	return (uint16_t)(i + 1);
}

void
virtio_send(struct virtio *vm, const struct frame *frames, size_t n)
{
	struct queue *queue = &vm->queue[TX];
	uint16_t next = 0; /* the queue is empty: we wait for it below */

	for (size_t i = 0; i < n; i++) {
		if (next + (frames[i].n + HEADER_BYTES) / BUFFER_BYTES >= ENTRIES)
			fail("more than a queue can take at once");
		next = chain_put(queue, next, &frames[i]);
	}
	queue_publish(queue);
	if (!queue_wait(queue, (uint16_t)n, SENT_MS))
		fail("the host does not take what the guest sends");
	for (size_t i = 0; i < n; i++)
		(void)queue_take(queue);
}

uint16_t
virtio_buffers(const struct frame *frame)
{
	return (uint16_t)((HEADER_BYTES + frame->n + BUFFER_BYTES - 1) / BUFFER_BYTES);
}

bool
virtio_receive(struct virtio *vm, struct frame *out, int ms)
{
	struct queue *queue = &vm->queue[RX];
	static uint8_t bytes[FRAME_MAX];
	size_t n = 0;
	uint16_t left = 1;

	if (!queue_wait(queue, 1, ms))
		return false;
	for (; left > 0; left--) {
		const struct vring_used_elem *element;

		if (queue_used(queue) == 0)
			fail("the host said more buffers than it used");
		element = queue_take(queue);
		if (element->len > BUFFER_BYTES || element->len > sizeof bytes - n)
			fail("the host used more than it was given");
		memcpy(bytes + n, queue_buffer(queue, element->id), element->len);
		if (n == 0) {
			memcpy(&out->header, bytes, HEADER_BYTES);
			left = out->header.num_buffers;
			if (left == 0)
				fail("the host said a frame of no buffers");
		}
		n += element->len;
		receive_offer(queue, (uint16_t)element->id);
	}
	queue_publish(queue);
	if (n < HEADER_BYTES)
		fail("the host gave less than a header");
	out->n = n - HEADER_BYTES;
	out->p = malloc(out->n);
	if (!out->p)
		die("malloc");
	memcpy(out->p, bytes + HEADER_BYTES, out->n);
	return true;
}
