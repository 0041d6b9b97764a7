/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring.h: the receiving end of packet sockets for bulk, as the worker uses it: a TPACKET_V3 ring, of blocks.
 *
 * Theory of operation of the ring. The kernel fills blocks in order and gives each to us by its
 * status word (TP_STATUS_USER); we give it back by TP_STATUS_KERNEL. Blocks carry ascending
 * sequence numbers. A worker that takes the ring over from one that died begins at the oldest block
 * that is ours, else where the kernel will give the next one.
 *
 * It may have died of what is in that block, and so would the next worker, and the next. So a block is marked while it is read,
 * and who finds the mark gives the block back unread: a frame ends one worker at most. Nobody misses the frames, since with a worker all
 * connections end.
 */
#ifndef PLK_OS_RING_H
#define PLK_OS_RING_H

#include <stddef.h>
#include <stdint.h>

#include "wire/rxblk.h"

/** struct plk_ring - a mapped ring
 * @map:         n_blocks * block_bytes; NULL if there is none
 * @next:        the block that is looked at next
 */
struct plk_ring {
	uint8_t *map;
	size_t block_bytes;
	size_t n_blocks;
	size_t next;
};

/** plk_ring_open() - map the ring of a packet socket and find the place to begin
 * The mapping stays until the process ends.
 * Return: 0 or -errno.
 */
int plk_ring_open(struct plk_ring *ring, int fd, size_t block_bytes, size_t n_blocks);

/** plk_ring_skip() - give back a block that another worker was reading when it died; to be called once, after plk_ring_open()
 * Return: how many frames were in it; 0 if there is no such block. A hijacked worker may have written any number.
 */
uint32_t plk_ring_skip(struct plk_ring *ring);

/** plk_ring_take() - the next block if it is ours
 * Return: 1 and a block in @out, valid until plk_ring_give(); 0 if the kernel still has it.
 */
int plk_ring_take(struct plk_ring *ring, struct plk_mspan *out);

/** plk_ring_find() - look for the place to begin once more
 * For when the kernel says that there is something and plk_ring_take() does not: a worker that died may have written other
 * numbers into the blocks.
 */
void plk_ring_find(struct plk_ring *ring);

/** plk_ring_give() - give the block back that was taken */
void plk_ring_give(struct plk_ring *ring);

/** plk_packet_is_one() - whether a descriptor is a packet socket; Return: 1; 0; or -errno */
int plk_packet_is_one(int fd);

/** plk_packet_losses() - frames that the kernel dropped because the ring or the socket was full, since the last call
 * PACKET_STATISTICS counts drops among tp_packets too; only the drops are returned.
 */
uint64_t plk_packet_losses(int fd);

#endif
