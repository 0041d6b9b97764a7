/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frame.h: the frames of the bench, how they are made and what of them is looked at.
 *
 * Ethernet header, with an EtherType for local experiments; u64 number; u64 time of sending (CLOCK_MONOTONIC; 0: not
 * told), both in the machine's byte order; then bytes that depend on their place only. In a superframe the headers of
 * IPv4 and TCP come before the number.
 */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_TYPE 0x88b5
#define LONE_TYPE 0x88b7  /* of the one frame in flight that lat sends */
#define HELLO_TYPE 0x88b6 /* says to a switch who we are; receivers do not count it */
#define FRAME_NUMBER_AT 14
#define FRAME_HEAD 30 /* up to the filling */
#define SUPER_NUMBER_AT 54
#define SUPER_SIZE 64304
#define FRAME_MAX 65535
#define VNET_HDR 10
#define BATCH_MAX 256

/** struct layout - of one run all frames are the same, but for number, time and address
 * @bytes: of each
 * @at:    where the number is
 */
struct layout {
	size_t bytes;
	size_t at;
};

/** layout_of() - ends the program if that cannot be
 * @super: TCP that is to be cut
 */
struct layout layout_of(uint64_t bytes, bool super);

/** frame_make() - a frame to, and from, a number of a machine: 02:70:00:00:xx:xx, 02:71:00:00:xx:xx */
void frame_make(uint8_t *p, const struct layout *layout, unsigned int to, unsigned int from);

/** hello_make() - a broadcast of 60 bytes from the machine that frames to @to are for */
void hello_make(uint8_t *p, unsigned int to);
#define HELLO_BYTES 60

/** frame_to() - changes to which number a frame goes */
void frame_to(uint8_t *p, unsigned int to);

/** frame_stamp() - number and time */
void frame_stamp(uint8_t *p, const struct layout *layout, uint64_t number, uint64_t time_ns);

uint64_t frame_number(const uint8_t *p, const struct layout *layout);
uint64_t frame_time(const uint8_t *p, const struct layout *layout);

/** vnet_make() - the virtio-net header of a superframe; or of any other frame: zeros */
void vnet_make(uint8_t p[static VNET_HDR], const struct layout *layout);

/** struct sight - what a receiver has seen of one sender; zeroed (but for the first two) is none
 * @layout: of the frames
 * @stride: numbers differ by it
 */
struct sight {
	struct layout layout;
	uint64_t stride;
	uint64_t frames;
	uint64_t bytes;
	uint64_t next;
	uint64_t missing; /* of numbers between the first and the last */
	uint64_t back;    /* came after a greater number, or twice */
	uint64_t others;  /* of another EtherType */
};

/** sight_take() - a frame was received
 * Its length, some of its bytes, and now and then all of them, must be right: else the program ends.
 * Return: whether it is one that counts.
 */
bool sight_take(struct sight *sight, const uint8_t *p, size_t n);

#endif
