/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/identity.h"

#include <cap-ng.h>
#include <errno.h>
#include <pwd.h>
#include <unistd.h>

int
plk_identity_find(struct plk_identity *out)
{
	const struct passwd *user;

	if (geteuid() != 0) {
		*out = (struct plk_identity){.uid = getuid(), .gid = getgid()};
		return 0;
	}
	user = getpwnam("pktlock");
	if (!user)
		user = getpwnam("nobody");
	if (!user)
		return -ENOENT;
	*out = (struct plk_identity){.change = true, .uid = user->pw_uid, .gid = user->pw_gid};
	return 0;
}

static bool
has(capng_type_t set, unsigned capability)
{
	return capng_have_capability(set, capability) != 0;
}

/* The sets as they are to be, for capng_apply() or capng_change_id(); whether the bounding set
 * can be changed. */
static int
sets_prepare(enum plk_keep keep, bool *may_bound)
{
	bool net_raw;
	const capng_type_t sets = CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_INHERITABLE |
				  CAPNG_AMBIENT | CAPNG_BOUNDING_SET;

	if (capng_get_caps_process() < 0)
		return -errno;
	*may_bound = has(CAPNG_EFFECTIVE, CAP_SETPCAP);
	net_raw = keep == PLK_KEEP_NET_RAW && has(CAPNG_PERMITTED, CAP_NET_RAW);
	capng_clear(CAPNG_SELECT_ALL);
	if (net_raw && capng_update(CAPNG_ADD, sets, CAP_NET_RAW) < 0)
		return -EINVAL;
	return 0;
}

int
plk_identity_assume(const struct plk_identity *id, enum plk_keep keep)
{
	bool may_bound = false;
	int error = sets_prepare(keep, &may_bound);

	if (error < 0)
		return error;
	if (may_bound && capng_apply(CAPNG_SELECT_BOUNDS) < 0)
		return -EPERM;
	if (id->change && capng_change_id((int)id->uid, (int)id->gid, CAPNG_DROP_SUPP_GRP) < 0)
		return -EPERM;
	if (capng_apply(CAPNG_SELECT_CAPS) < 0)
		return -EPERM;
	return capng_apply(CAPNG_SELECT_AMBIENT) < 0 ? -EPERM : 0;
}
