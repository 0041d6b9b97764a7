/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/identity.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "os/capabilities.h"

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

/* The sets, and what stays through exec. */
static int
sets_apply(const struct plk_capability_sets *sets, bool keep_net_raw)
{
	int error = plk_capabilities_set(sets);

	if (error == 0)
		error = plk_capabilities_ambient_clear();
	if (error == 0 && keep_net_raw)
		error = plk_capabilities_ambient_raise(CAP_NET_RAW);
	return error;
}

/* The rest is for CAP_SETPCAP alone, which stays until it is done. */
static int
bounds_close(struct plk_capability_sets *meanwhile, uint64_t keep)
{
	meanwhile->effective |= plk_capability_bit(CAP_SETPCAP);
	meanwhile->permitted |= plk_capability_bit(CAP_SETPCAP);
	plk_capabilities_bound(keep);
	return plk_capabilities_bounding() & ~keep ? -EPERM : 0;
}

static int
securebits_lock(const struct plk_capability_sets *sets)
{
	int error = plk_securebits_lock();

	return error == 0 ? plk_capabilities_set(sets) : error;
}

int
plk_identity_assume(const struct plk_identity *id, enum plk_keep keep)
{
	struct plk_capability_sets sets;
	struct plk_capability_sets meanwhile;
	uint64_t kept = 0;
	bool may_bound;
	int error = plk_capabilities_get(&sets);

	if (error < 0)
		return error;
	may_bound = sets.effective & plk_capability_bit(CAP_SETPCAP);
	if (keep == PLK_KEEP_NET_RAW)
		kept = sets.permitted & plk_capability_bit(CAP_NET_RAW);
	sets = (struct plk_capability_sets){kept, kept, kept};
	meanwhile = sets;
	if (may_bound)
		error = bounds_close(&meanwhile, kept);
	if (error == 0 && id->change)
		error = user_become(id);
	if (error == 0)
		error = sets_apply(&meanwhile, kept != 0);
	if (error == 0 && may_bound)
		error = securebits_lock(&sets);
	return error;
}
