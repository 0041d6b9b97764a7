/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * txring.h: many short frames with one system call: the sending end of a packet socket that has a TPACKET_V2 transmit ring and
 * PACKET_VNET_HDR (packet_mmap.rst, net/packet/af_packet.c: tpacket_snd()).
 *
 * Theory of operation. Frames are written into slots, from the one that the kernel looks at next; a send without data and without
 * an address makes it send what is there, in order, until a slot that it cannot send. Which ones went the status words tell; the
 * others are taken back, for the caller to send one by one and hear why. So a frame is sent once, and in its order.
 *
 * Of a frame in a slot the kernel copies as much as the virtio-net header's hdr_len says, and sends the rest from the slot itself, which
 * may be given back, and written over, while the frame is still on its way. So hdr_len is the length of the frame: all of it is
 * copied, and (measured) that is cheaper than the pages, and than a send for each frame.
 *
 * A worker that takes a ring over does not know which slot the kernel looks at. It asks for all of them to be sent, with a header that no
 * frame has: the kernel refuses the first it comes to, and says so in its status word. While a slot is on its way (a driver holds
 * the frame) that cannot be done, and the ring is not used.
 *
 * The kernel measures no frame that has a virtio-net header in a ring against the MTU: the caller does.
 */
#ifndef PLK_OS_TXRING_H
#define PLK_OS_TXRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pktlock/vnet.h>

/** struct plk_txring - a mapped ring; members are private; zeroed is none
 * @fd:       the packet socket, not owned
 * @is_known: @next is the slot that the kernel looks at next
 * @n:        so many slots, from @next on, were written and not sent yet
 */
struct plk_txring {
	int fd;
	uint8_t *map;
	size_t slot_bytes;
	size_t n_slots;
	bool is_known;
	size_t next;
	size_t n;
};

/** plk_txring_open() - map the ring of a packet socket
 * The mapping stays until the process ends.
 * Return: 0 or -errno.
 */
int plk_txring_open(struct plk_txring *ring, int fd, size_t slot_bytes, size_t n_slots);

/** plk_txring_put() - write a frame into the next slot
 * @vnet: its header, of a frame that is not to be segmented; hdr_len does not matter
 * Return: false if there is no ring, it cannot be used now, no slot is free, or the frame is too long for one: then nothing was changed.
 */
bool plk_txring_put(struct plk_txring *ring, const struct plk_vnet *vnet, struct plk_span eth);

/** plk_txring_send() - send what was put
 * Return: how many frames, from the first on, the kernel took. The others are not in the ring any more.
 */
size_t plk_txring_send(struct plk_txring *ring);

#endif
