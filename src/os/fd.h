/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fd.h: owning descriptors.
 */
#ifndef PLK_OS_FD_H
#define PLK_OS_FD_H

#include <stdbool.h>
#include <stddef.h>

struct msghdr;

/** plk_fd_close() - close a descriptor and forget it
 * @fd: -1 is fine; is -1 afterwards. errno is kept.
 */
void plk_fd_close(int *fd);

/** plk_fd_take() - hand ownership on: the value of *fd, which becomes -1 */
int plk_fd_take(int *fd);

/** plk_fd_place() - give a descriptor another number, which it keeps; what had the number before is closed
 * @fd:     owned; -1 afterwards, in any case
 * @number: the new one; CLOEXEC
 * Return: 0 or -errno.
 */
int plk_fd_place(int *fd, int number);

/** plk_fd_lift() - give a descriptor the lowest free number from @lowest on; Return: 0 or -errno */
int plk_fd_lift(int *fd, int lowest);

/** plk_fd_unblock() - set O_NONBLOCK; Return: 0 or -errno */
int plk_fd_unblock(int fd);

/** plk_fd_fill() - take all numbers that are free
 * @fd:    of which they become copies, borrowed
 * @first: first number
 * @last:  last number
 * Return: 0 or -errno.
 */
int plk_fd_fill(int fd, int first, int last);

/** plk_fd_stdio() - see to it that descriptors 0, 1 and 2 are open, so that nothing else gets these numbers
 * Return: 0 or -errno.
 */
int plk_fd_stdio(void);

/** plk_fd_attach() - have one descriptor go with a message
 * @control:   as long as @header; aligned as a struct cmsghdr
 * @n_control: CMSG_SPACE(sizeof(int))
 * @pass:      stays the caller's
 */
void plk_fd_attach(struct msghdr *header, void *control, size_t n_control, int pass);

/** plk_fd_is_readable() - whether a read, or an accept, would find something now */
bool plk_fd_is_readable(int fd);

/** plk_fd_error() - take the pending error of a socket (SO_ERROR); Return: 0 or -errno */
int plk_fd_error(int fd);

#endif
