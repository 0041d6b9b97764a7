/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel.h: messages between our processes over SOCK_SEQPACKET pairs, one datagram a message, with
 * at most one descriptor.
 *
 * A receiver never blocks, and gets nothing that the request table (ipc/rules.h) does not permit.
 */
#ifndef PLK_OS_CHANNEL_H
#define PLK_OS_CHANNEL_H

#include <errno.h>
#include <stdbool.h>

#include "ipc/rules.h"

/** struct plk_channel_end - our end of a channel
 * @fd:    owned; -1 if there is none
 * @in:    what arrives here
 * @rules: of what arrives
 */
struct plk_channel_end {
	int fd;
	enum plk_channel in;
	struct plk_rules rules;
};

/** struct plk_received - what came
 * @msg:   set if the answer is 1; if it is -EMFILE too
 * @fd:    -1, or the descriptor that came with it: CLOEXEC, and the caller's from now on
 * @type:  of a refused message: its first byte
 * @n:     of a refused message: its length, bytes
 * @err:   of a refused message: why
 */
struct plk_received {
	struct plk_msg msg;
	int fd;
	unsigned type;
	size_t n;
	enum plk_err err;
};

/** plk_channel_pair() - make a channel; both ends are CLOEXEC and do not block
 * Return: 0 or -errno.
 */
int plk_channel_pair(int fd[2]);

/** plk_channel_end_init() - take over a descriptor as an end of a channel */
void plk_channel_end_init(struct plk_channel_end *end, int *fd, enum plk_channel in);

/** plk_channel_send() - send one message
 * @fd:   the channel
 * @msg:  as ipc/msg.h wants it
 * @pass: a descriptor to go with it, which stays the caller's; -1 for none
 * Return: 0; -EAGAIN (the receiver does not read); -EPIPE or -ECONNRESET (it is gone); another
 * -errno.
 */
int plk_channel_send(int fd, const struct plk_msg *msg, int pass);

/** plk_channel_send_wait() - the same, waiting @ms at most while the receiver does not read, or too many descriptors are on their way
 * For messages that must not get lost and may be many, from a process that has nothing else to do.
 */
int plk_channel_send_wait(int fd, const struct plk_msg *msg, int pass, unsigned ms);

/** plk_channel_is_gone() - whether that error of a channel says that its other end was closed */
static inline bool
plk_channel_is_gone(int error)
{
	return error == -EPIPE || error == -ECONNRESET;
}

/** plk_channel_receive_wait() - plk_channel_receive(), waiting @ms at most until there is one
 * For what is on its way already, from a process that can do nothing else meanwhile.
 */
int plk_channel_receive_wait(struct plk_channel_end *end, enum plk_stage stage,
			     struct plk_received *out, unsigned ms);

/** plk_channel_receive() - take one message
 * @end:   whose rules are applied
 * @stage: how far we are
 * @out:   see there
 * Return: 1; 0 (nothing there now); -EPIPE (the sender is gone); -EBADMSG (not permitted: @out says
 * what it was; descriptors that came with it are closed); -EMFILE (@out->msg came with a descriptor
 * for which we had no number left: it is lost, and so is the message); another -errno.
 */
int plk_channel_receive(struct plk_channel_end *end, enum plk_stage stage,
			struct plk_received *out);

#endif
