/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * identity.h: who we run as, and giving up everything else.
 *
 * Should: make a process of the service user without capabilities in all five sets, or with
 * CAP_NET_RAW alone. Mustn't: leave a way back; go on when a step fails (but for the bounding set,
 * which an unprivileged start cannot change).
 */
#ifndef PLK_OS_IDENTITY_H
#define PLK_OS_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

/** struct plk_identity - the service user
 * @change: we are root and become it; else we are it already
 */
struct plk_identity {
	bool change;
	uid_t uid;
	gid_t gid;
};

/** plk_identity_find() - root becomes `pktlock`, or `nobody` where there is none; anybody else stays
 * Return: 0; -ENOENT (root, and neither user exists).
 */
int plk_identity_find(struct plk_identity *out);

/** enum plk_keep - which capabilities stay */
enum plk_keep {
	PLK_KEEP_NOTHING,
	PLK_KEEP_NET_RAW, /* if we have it; also through exec */
};

/** plk_identity_assume() - become the service user, with nothing but @keep
 * Root becomes it without supplementary groups; who is the user already keeps those that he was started with.
 * Return: 0 or -errno.
 */
int plk_identity_assume(const struct plk_identity *id, enum plk_keep keep);

#endif
