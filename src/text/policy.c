/* SPDX-License-Identifier: BSD-2-Clause */
#include "text/policy.h"

enum plk_err
plk_policy_check(const struct plk_remote *remote, enum plk_origin origin)
{
	if (!plk_remote_is_inherited(remote) || origin == PLK_ORIGIN_CMDLINE)
		return PLK_OK;
	return remote->kind == PLK_REMOTE_PFD ? PLK_E_POLICY_PFD : PLK_E_POLICY_SD;
}

enum plk_err
plk_policy_control_check(const struct plk_remote *remote)
{
	if (!plk_remote_is_passive(remote))
		return PLK_E_POLICY_ACTIVE;
	return remote->kind == PLK_REMOTE_PTCP ? PLK_E_POLICY_PTCP : PLK_OK;
}
