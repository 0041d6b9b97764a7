/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h: which remotes may come from where. One function decides for every way in.
 *
 * An inherited descriptor is named by whoever starts the daemon, and by nobody else: a number or
 * name that came later could name whatever the daemon has open by then.
 */
#ifndef PLK_TEXT_POLICY_H
#define PLK_TEXT_POLICY_H

#include <pktlock/remote.h>

/** enum plk_origin - where a remote comes from */
enum plk_origin {
	PLK_ORIGIN_CMDLINE,
	PLK_ORIGIN_FILE,    /* the remotes file */
	PLK_ORIGIN_CONTROL, /* a control client */
	PLK_ORIGINS
};

/** plk_policy_check() - whether a remote may come from @origin
 * Return: PLK_OK; PLK_E_POLICY_PFD; PLK_E_POLICY_SD. The refused token is the remote as a whole.
 */
PLK_MUST_USE enum plk_err plk_policy_check(const struct plk_remote *remote, enum plk_origin origin);

/** plk_policy_control_check() - whether control clients may come from a remote, which the command line named
 * Who they are is asked of the kernel, which knows it of Unix sockets.
 * Return: PLK_OK; PLK_E_POLICY_ACTIVE; PLK_E_POLICY_PTCP. The refused token is the remote as a whole.
 */
PLK_MUST_USE enum plk_err plk_policy_control_check(const struct plk_remote *remote);

#endif
