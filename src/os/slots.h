/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slots.h: the receiving end of a packet socket that must not make a frame wait: a TPACKET_V2 ring, of slots of one size.
 *
 * Theory of operation. The kernel fills slots in order and gives each to us by its status word (TP_STATUS_USER) as soon as the
 * frame is in it; we give it back by TP_STATUS_KERNEL. Slots are not numbered: a worker that takes the ring over from one that died
 * looks for the first of those that are ours. While none is, the times in the slots tell where the kernel will go on; they may lie,
 * since a clock can be set back, so it looks again when the kernel says that there is something and it sees nothing.
 *
 * As in a ring of blocks (ring.h) a slot is marked while it is read, and who finds the mark of another gives the slot back unread.
 */
#ifndef PLK_OS_SLOTS_H
#define PLK_OS_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#include <pktlock/span.h>

/** struct plk_slots - a mapped ring
 * @map:        n_slots * slot_bytes; NULL if there is none
 * @next:       the slot that is looked at next
 */
struct plk_slots {
	uint8_t *map;
	size_t slot_bytes;
	size_t n_slots;
	size_t next;
};

/** plk_slots_open() - map the ring of a packet socket and find the place to begin
 * The mapping stays until the process ends.
 * Return: 0 or -errno.
 */
int plk_slots_open(struct plk_slots *slots, int fd, size_t slot_bytes, size_t n_slots);

/** plk_slots_skip() - give back slots, from the next on, that other workers were reading when they died
 * Return: how many.
 */
uint32_t plk_slots_skip(struct plk_slots *slots);

/** plk_slots_peek() - the next slot if it is ours
 * Return: the slot; empty if the kernel still has it, or if there is no ring (zeroed).
 */
struct plk_mspan plk_slots_peek(const struct plk_slots *slots);

/** plk_slots_mark() - the next slot, which is ours, is now being read */
void plk_slots_mark(struct plk_slots *slots);

/** plk_slots_give() - give the next slot back */
void plk_slots_give(struct plk_slots *slots);

/** plk_slots_find() - look for the place to begin once more
 * For when the kernel says that there is something and plk_slots_peek() does not.
 */
void plk_slots_find(struct plk_slots *slots);

#endif
