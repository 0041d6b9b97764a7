/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/securebits.h"
#include "sandbox/sandbox.h"

#define CAPABILITIES_MAX 64 /* two words of 32 bits: linux/capability.h, version 3 */

int
plk_confine_privileges(void)
{
	/* #syscalls:exec prctl[0=PR_SET_NO_NEW_PRIVS,1=1] (the worker's gates) */
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ? -errno : 0;
}

static uint64_t
bit(unsigned capability)
{
	return (uint64_t)1 << capability;
}

static uint64_t
joined(const uint32_t *low, const uint32_t *high)
{
	return *low | (uint64_t)*high << 32;
}

/* What the bounding set has; the kernel knows fewer than 64 and says EINVAL to the others. */
static uint64_t
bounding_get(void)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		/* #syscalls:exec prctl[0=PR_CAPBSET_READ] (the worker's gates) */
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			set |= bit(i);
	}
	return set;
}

/* With CAP_SETPCAP only; without it nothing here changes anything. */
static void
bounds_close(uint64_t keep)
{
	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		if (!(keep & bit(i))) {
			/* #syscalls:exec prctl[0=PR_CAPBSET_DROP] (the worker's gates) */
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* reported by bounding_get() */
		}
	}
	/* #syscalls:exec prctl[0=PR_SET_SECUREBITS] (the worker's gates) */
	(void)prctl(PR_SET_SECUREBITS, PLK_SECUREBITS, 0, 0, 0); /* reported */
}

static int
sets_get(struct __user_cap_data_struct data[2])
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};

	/* #syscalls:exec capget (the worker's gates) */
	return syscall(SYS_capget, &header, data) < 0 ? -errno : 0;
}

static int
sets_set(uint64_t keep)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)keep, .permitted = (uint32_t)keep},
		{.effective = (uint32_t)(keep >> 32), .permitted = (uint32_t)(keep >> 32)},
	};

	/* #syscalls:exec prctl[0=PR_CAP_AMBIENT,1=PR_CAP_AMBIENT_CLEAR_ALL] capset (the worker's gates) */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int
plk_confine_capabilities(struct plk_msg_confined *state, enum plk_capabilities keep)
{
	struct __user_cap_data_struct data[2] = {{0}};
	uint64_t wanted = keep == PLK_CAPABILITIES_NET_RAW ? bit(CAP_NET_RAW) : 0;
	int bits;
	int error = sets_get(data);

	if (error < 0)
		return error;
	bounds_close(wanted);
	error = sets_set(wanted & joined(&data[0].permitted, &data[1].permitted));
	if (error == 0)
		error = sets_get(data);
	if (error < 0)
		return error;
	state->capabilities = joined(&data[0].permitted, &data[1].permitted) |
			      joined(&data[0].effective, &data[1].effective) |
			      joined(&data[0].inheritable, &data[1].inheritable);
	state->bounding = bounding_get();
	/* #syscalls:exec prctl[0=PR_GET_SECUREBITS] (the worker's gates) */
	bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	state->securebits = bits == PLK_SECUREBITS;
	return state->capabilities & ~wanted ? -EPERM : 0;
}
