/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/identity.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/securebits.h"

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

/* The sets as they are to be, for capng_apply() or capng_change_id(); whether the bounding set and the securebits
 * can be changed: then CAP_SETPCAP stays until they are. */
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
	if (*may_bound &&
	    capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_SETPCAP) < 0)
		return -EINVAL;
	return 0;
}

/* Another user, and no other group; capabilities stay for the moment, to be given up one by one. */
static int
user_become(const struct plk_identity *id)
{
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(id->gid, id->gid, id->gid) < 0 || setresuid(id->uid, id->uid, id->uid) < 0 ||
	    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
		return -errno;
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
	error = id->change ? user_become(id) : 0;
	if (error < 0)
		return error;
	if (capng_apply(CAPNG_SELECT_CAPS) < 0 || capng_apply(CAPNG_SELECT_AMBIENT) < 0)
		return -EPERM;
	if (!may_bound)
		return 0;
	if (prctl(PR_SET_SECUREBITS, PLK_SECUREBITS, 0, 0, 0) < 0)
		return -errno;
	(void)capng_update(CAPNG_DROP, CAPNG_EFFECTIVE | CAPNG_PERMITTED,
			   CAP_SETPCAP); /* it is there */
	return capng_apply(CAPNG_SELECT_CAPS) < 0 ? -EPERM : 0;
}
