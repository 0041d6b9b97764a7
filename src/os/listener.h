/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listener.h: stream sockets, as the broker makes them: listening ones and ones that connect.
 */
#ifndef PLK_OS_LISTENER_H
#define PLK_OS_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/msg.h"

/** struct plk_inet - an address
 * @addr:  network byte order; 4 bytes unless @is_v6
 * @zone:  NUL-terminated; an interface's name or number; empty for none
 */
struct plk_inet {
	bool is_v6;
	uint8_t addr[16];
	char zone[PLK_NAME_FIELD];
	uint16_t port;
};

/** struct plk_socket_file - a socket file that we made, so that we remove no other */
struct plk_socket_file {
	char path[PLK_PATH_FIELD];
	dev_t dev;
	ino_t ino;
};

/** plk_listen_unix() - listen on a path
 * The file has mode 0660 before anyone can connect (the caller's umask is 0117). What is there
 * already is an error, but for a socket on which nobody listens: that is replaced.
 * @fd, @file: set on success
 * @step: set on failure
 * Return: 0; -EINVAL (the path is not absolute); -EEXIST (no socket: @step is PLK_STEP_STALE);
 * -EADDRINUSE (somebody listens); another -errno.
 */
int plk_listen_unix(const char *path, int *fd, struct plk_socket_file *file, enum plk_step *step);

/** plk_listen_inet() - listen on an address; Return: 0 or -errno; -ENODEV with PLK_STEP_ZONE: no such zone */
int plk_listen_inet(const struct plk_inet *inet, int *fd, enum plk_step *step);

/** plk_connect_unix(), plk_connect_inet() - begin to connect: @fd becomes writable when it is done or failed (SO_ERROR)
 * Return: 0 or -errno; -EINVAL: the path is not absolute.
 */
int plk_connect_unix(const char *path, int *fd, enum plk_step *step);
int plk_connect_inet(const struct plk_inet *inet, int *fd, enum plk_step *step);

/** plk_unix_no_rights() - nobody can send descriptors over this socket, or over connections of this listener (Linux 6.16)
 * Who reads without asking for descriptors throws them away, and to throw one away may take long: a TCP socket that lingers.
 * Return: 0, also where the kernel does not have it; or -errno
 */
int plk_unix_no_rights(int fd);

/** plk_tcp_options() - no delay, and keep-alive that notices a dead peer within a minute
 * On a listener: for the connections that it accepts. Return: 0 or -errno.
 */
int plk_tcp_options(int fd);

/** plk_socket_file_remove() - remove the file if it is still the one that we made */
void plk_socket_file_remove(const struct plk_socket_file *file);

#endif
