/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>

#include "os/capabilities.h"
#include "sandbox/sandbox.h"

int
plk_confine_privileges(void)
{
	/* #syscalls:exec prctl[0=PR_SET_NO_NEW_PRIVS,1=1] (the worker's gates) */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

/* Permitted and effective: @keep, as far as it is there. No other set. */
static int
sets_shrink(struct plk_capability_sets *sets, uint64_t keep)
{
	const struct plk_capability_sets wanted = {
		.effective = keep & sets->permitted,
		.permitted = keep & sets->permitted,
	};
	int error = plk_capabilities_ambient_clear();

	if (error == 0)
		error = plk_capabilities_set(&wanted);
	return error == 0 ? plk_capabilities_get(sets) : error;
}

int
plk_confine_capabilities(struct plk_msg_confined *state, enum plk_capabilities keep)
{
	uint64_t wanted = keep == PLK_CAPABILITIES_NET_RAW ? plk_capability_bit(CAP_NET_RAW) : 0;
	struct plk_capability_sets sets;
	int error = plk_capabilities_get(&sets);

	if (error < 0)
		return error;
	/* with CAP_SETPCAP only; without it these two change nothing, which is reported */
	plk_capabilities_bound(wanted);
	(void)plk_securebits_lock();
	error = sets_shrink(&sets, wanted);
	if (error < 0)
		return error;
	state->capabilities = sets.effective | sets.permitted | sets.inheritable;
	state->bounding = plk_capabilities_bounding();
	state->securebits = plk_securebits_locked();
	return state->capabilities & ~wanted ? -EPERM : 0;
}
