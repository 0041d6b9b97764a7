/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * door.h: a client of the daemon: frames on a Unix socket, in one of its formats, written here once more.
 */
#ifndef VM_DOOR_H
#define VM_DOOR_H

#include <stdbool.h>
#include <stddef.h>

#include "superframe.h"

#define DOOR_TO_US 1
#define DOOR_FROM_US 2

/** struct door - a connection to a port
 * @name:   of the port: its socket is called so
 * @header: bytes of the virtio-net header; 0: format qemu
 * @ways:   DOOR_*
 * @fd:     set by door_open()
 */
struct door {
	const char *name;
	size_t header;
	int ways;
	int fd;
};

void door_open(struct door *door, const char *directory);

/** door_send() - frames, all with one call, so that as many fit into the socket as there can
 * In format qemu their headers are left out. Waits while the daemon does not read.
 */
void door_send(const struct door *door, const struct list *frames);

/** door_receive() - the next frame; what does not have the format ends the program
 * @out: set if there is one, its header zero in format qemu; the caller frees @out->p
 * @ms:  how long to wait for it
 */
bool door_receive(const struct door *door, struct frame *out, int ms);

#endif
