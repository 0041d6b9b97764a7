/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lab.h: what a row needs: the VM, the clients, a way to know that all has arrived, and lines that say what did.
 *
 * Behind the frames of a row their sender sends a fence, so that missing ones need no waiting for, and surplus ones show.
 */
#ifndef VM_LAB_H
#define VM_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "door.h"
#include "superframe.h"
#include "virtio.h"

#define SOON_MS 10000
#define RETRY_MS 100
#define DOORS 11

/** struct lab - there is one
 * @vm:     the VM
 * @log:    of the daemon
 * @daemon: writes its counters there on SIGUSR1
 * @fence:  number of the latest
 */
struct lab {
	struct virtio vm;
	FILE *log;
	pid_t daemon;
	uint32_t fence;
};

extern struct lab lab;
extern struct door doors[DOORS];

struct door *lab_door(const char *name);

/** lab_fence_from_vm(), lab_fence_from() - send a fence: to all clients, to the VM */
void lab_fence_from_vm(void);
void lab_fence_from(const struct door *door);

/** lab_collect(), lab_collect_vm() - what comes until the latest fence, at a client, at the VM
 * Return: whether the fence came.
 */
bool lab_collect(const struct door *door, struct list *got);
bool lab_collect_vm(struct list *got);

/** lab_compare() - print a row
 * @complete: the fence came, if there is one
 */
void lab_compare(const char *section, const char *name, const char *door, bool complete,
		 const struct list *got, const struct list *expected);

/** lab_counters() - ask for the counters and print them
 * Return: them, until the next time.
 */
const char *lab_counters(const char *when);

/** lab_counter() - one of them
 * @name: with a blank in front and '=' behind
 */
unsigned long lab_counter(const char *counters, const char *name);

#endif
