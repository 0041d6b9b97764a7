/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio.h: a VM's network card, without the VM: the guest's half of virtio-net (OASIS virtio 1.2 section 5.1) in this
 * process, the host's half in the kernel's vhost-net, a TAP behind it. Everything that fails ends the process.
 */
#ifndef VM_VIRTIO_H
#define VM_VIRTIO_H

#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GSO_UDP_L4 5 /* VIRTIO_NET_HDR_GSO_UDP_L4, since Linux 6.2 */

#define RX 0
#define TX 1

/** struct frame - a frame as it passes a virtio-net card
 * @header: num_buffers is the host's to set
 * @n:      bytes of the frame
 * @p:      the frame, on the heap
 */
struct frame {
	struct virtio_net_hdr_mrg_rxbuf header;
	size_t n;
	uint8_t *p;
};

/** struct queue - a split virtqueue; descriptor i has buffer i
 * @ring:    shared with vhost
 * @buffers: all of them, one behind the other
 * @kick:    eventfd: there are new buffers
 * @call:    eventfd: buffers were used
 * @avail:   how many descriptors we made available, since the start
 * @used:    how many entries of the used ring we have seen, since the start
 */
struct queue {
	struct vring ring;
	uint8_t *buffers;
	int kick;
	int call;
	uint16_t avail;
	uint16_t used;
};

struct virtio {
	int tap;
	int vhost;
	struct queue queue[2];
};

/** tap_make() - a TAP that stays when nobody holds it, to be opened by virtio_open() */
void tap_make(const char *name);

/** virtio_open() - plug the card in: the TAP gets carrier, and all offloads */
void virtio_open(struct virtio *vm, const char *tap);

/** virtio_offloads() - what the guest's driver can take
 * @offloads: TUN_F_*
 */
void virtio_offloads(struct virtio *vm, unsigned int offloads);

/** virtio_send() - frames from the guest, with one kick; returns when the host has them all */
void virtio_send(struct virtio *vm, const struct frame *frames, size_t n);

/** virtio_receive() - the next frame that the guest gets
 * @out: set if there is one; the caller frees @out->p
 * @ms:  how long to wait
 * Return: whether there is one.
 */
bool virtio_receive(struct virtio *vm, struct frame *out, int ms);

/** virtio_buffers() - num_buffers of a frame that the guest gets */
uint16_t virtio_buffers(const struct frame *frame);

/** virtio_stall() - the guest reads nothing from now on; it can still send */
void virtio_stall(struct virtio *vm);

/** virtio_resume() - it goes on where it stopped */
void virtio_resume(struct virtio *vm);

#endif
