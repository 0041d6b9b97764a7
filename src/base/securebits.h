/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * securebits.h: how the securebits of all our processes are locked (capabilities(7)): to be root, to become another user, or
 * to execute a file gives no capability, and nothing raises the ambient set.
 */
#ifndef PLK_BASE_SECUREBITS_H
#define PLK_BASE_SECUREBITS_H

#include <linux/securebits.h>

#define PLK_SECUREBITS                                                                           \
	(SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |                         \
	 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | \
	 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED)

#endif
