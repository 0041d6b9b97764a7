/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/capabilities.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITIES_MAX 64 /* two words of 32 bits: linux/capability.h, version 3 */
/* A unit has no word for these two (SecureBits=). They are a second lock: what is not inheritable cannot be raised, and nothing
 * of ours is, nor can it become so behind our filters. */
#define NO_RAISE (SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)
#define ALL_LOCKED                                                       \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | NO_RAISE)

static uint64_t
joined(uint32_t low, uint32_t high)
{
	return low | (uint64_t)high << 32;
}

int
plk_capabilities_get(struct plk_capability_sets *out)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	/* #syscalls:exec capget (the worker's gates) */
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	*out = (struct plk_capability_sets){
		.effective = joined(data[0].effective, data[1].effective),
		.permitted = joined(data[0].permitted, data[1].permitted),
		.inheritable = joined(data[0].inheritable, data[1].inheritable),
	};
	return 0;
}

int
plk_capabilities_set(const struct plk_capability_sets *sets)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	for (unsigned word = 0; word < 2; word++) {
		data[word] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(sets->effective >> 32 * word),
			.permitted = (uint32_t)(sets->permitted >> 32 * word),
			.inheritable = (uint32_t)(sets->inheritable >> 32 * word),
		};
	}
	/* #syscalls:exec capset (the worker's gates) */
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

int
plk_capabilities_ambient_clear(void)
{
	/* #syscalls:exec prctl[0=PR_CAP_AMBIENT,1=PR_CAP_AMBIENT_CLEAR_ALL] (the worker's gates) */
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ? -errno : 0;
}

int
plk_capabilities_ambient_raise(unsigned capability)
{
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0 ? -errno : 0;
}

void
plk_capabilities_bound(uint64_t keep)
{
	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		if (!(keep & plk_capability_bit(i))) {
			/* #syscalls:exec prctl[0=PR_CAPBSET_DROP] (the worker's gates) */
			/* what became of it says plk_capabilities_bounding() */
			(void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
		}
	}
}

/* The kernel knows fewer than 64, and says EINVAL to the others. */
uint64_t
plk_capabilities_bounding(void)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < CAPABILITIES_MAX; i++) {
		/* #syscalls:exec prctl[0=PR_CAPBSET_READ] (the worker's gates) */
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			set |= plk_capability_bit(i);
	}
	return set;
}

int
plk_securebits_lock(void)
{
	/* #syscalls:exec prctl[0=PR_SET_SECUREBITS] (the worker's gates) */
	return prctl(PR_SET_SECUREBITS, ALL_LOCKED, 0, 0, 0) < 0 ? -errno : 0;
}

bool
plk_securebits_locked(void)
{
	/* #syscalls:exec prctl[0=PR_GET_SECUREBITS] (the worker's gates) */
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	return bits >= 0 && (bits | NO_RAISE) == ALL_LOCKED;
}
