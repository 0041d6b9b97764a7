/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h: the request table. Which message may come over which channel, in which stage of the
 * receiver, how many descriptors it carries, and whether it may come again.
 *
 * Everything that is not in the table is not permitted, and ends the service: a process that sends
 * it is broken or hijacked.
 *
 * Pure. Fuzz: fuzz/msg_fuzz.c.
 */
#ifndef PLK_IPC_RULES_H
#define PLK_IPC_RULES_H

#include "ipc/msg.h"

/** enum plk_channel - who sends to whom */
enum plk_channel {
	PLK_CHANNEL_SUPERVISOR_BROKER,
	PLK_CHANNEL_SUPERVISOR_FRONT,
	PLK_CHANNEL_SUPERVISOR_WORKER,
	PLK_CHANNEL_FRONT_SUPERVISOR,
	PLK_CHANNEL_FRONT_BROKER,
	PLK_CHANNEL_FRONT_WORKER,
	PLK_CHANNEL_BROKER_FRONT,
	PLK_CHANNEL_BROKER_WORKER,
	PLK_CHANNEL_WORKER_FRONT,
	PLK_CHANNELS
};

/** enum plk_stage - how far the receiver is */
enum plk_stage {
	/* front: reads its input; supervisor: the front is not ready; broker: is not confined; worker: has no memory */
	PLK_STAGE_START,
	PLK_STAGE_IFACE, /* broker: is confined and knows no interface */
	PLK_STAGE_SETUP, /* things are being opened */
	PLK_STAGE_RUN,   /* worker: sandboxed and serving; broker: sealed */
	/* supervisor: has said STOP; front: has said FINISH. What was sent before still comes */
	PLK_STAGE_STOP,
	PLK_STAGE_OPEN, /* broker: as RUN, but remotes come and go */
	PLK_STAGES
};

/** plk_rules_status() - the exit status of a process that got a message which is not permitted: so the supervisor can name it,
 * even if the front is the one that cannot be trusted
 * @type: the message's first byte
 */
int plk_rules_status(unsigned type);

/** plk_rules_named() - the name of the message that an exit status is about, or NULL if it is about none */
const char *plk_rules_named(int status);

/** struct plk_rules - what one receiver has seen on one channel; zeroed at the start of the channel */
struct plk_rules {
	bool seen[PLK_MSG_TYPES]; /* whether one of the type has come */
};

/** plk_rules_check() - whether a message is permitted now
 * @rules:    of this channel; marks the type as seen on PLK_OK
 * @channel:  it came over
 * @stage:    of the receiver
 * @type:     of the message
 * @n_fds:    how many descriptors came with it
 * Return: PLK_OK; PLK_E_MALFORMED (not permitted on this channel or in this stage, or a second
 * time); PLK_E_LIMIT (not with so many descriptors).
 */
PLK_MUST_USE enum plk_err plk_rules_check(struct plk_rules *rules, enum plk_channel channel,
					  enum plk_stage stage, enum plk_msg_type type,
					  size_t n_fds);

#endif
