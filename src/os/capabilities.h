/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * capabilities.h: the capabilities of this process, as sets of 64 bits, by the system calls of capabilities(7).
 *
 * Not by libcap-ng: that reads /proc, which a confined process does not see, and keeps what it read in a state of its own.
 * Without it nothing that runs with privileges is linked that we did not write, but the C library, whichever that is.
 *
 * Nothing here allocates or reads a file.
 */
#ifndef PLK_OS_CAPABILITIES_H
#define PLK_OS_CAPABILITIES_H

#include <stdbool.h>
#include <stdint.h>

/** struct plk_capability_sets - those that capset(2) sets; bit n is capability n */
struct plk_capability_sets {
	uint64_t effective;
	uint64_t permitted;
	uint64_t inheritable;
};

/** plk_capability_bit() - the set of one; @capability: CAP_…, below 64 */
static inline uint64_t
plk_capability_bit(unsigned capability)
{
	return (uint64_t)1 << capability;
}

/** plk_capabilities_get(), plk_capabilities_set() - Return: 0 or -errno */
int plk_capabilities_get(struct plk_capability_sets *out);
int plk_capabilities_set(const struct plk_capability_sets *sets);

/** plk_capabilities_ambient_clear(), plk_capabilities_ambient_raise() - what stays through exec
 * @capability: permitted and inheritable
 * Return: 0 or -errno
 */
int plk_capabilities_ambient_clear(void);
int plk_capabilities_ambient_raise(unsigned capability);

/** plk_capabilities_bound() - take all but @keep out of the bounding set
 * Only with CAP_SETPCAP; plk_capabilities_bounding() says what became of it.
 */
void plk_capabilities_bound(uint64_t keep);
uint64_t plk_capabilities_bounding(void);

/** plk_securebits_lock() - for ever: neither being root nor becoming another user gives capabilities, and nothing raises the
 * ambient set
 * Only with CAP_SETPCAP; plk_securebits_locked() says whether it is so, or whether a unit has locked all that it can, which is
 * all but the last. Return: 0 or -errno
 */
int plk_securebits_lock(void);
bool plk_securebits_locked(void);

#endif
