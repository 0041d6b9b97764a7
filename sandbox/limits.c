/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox/constants.h"
#include "sandbox/sandbox.h"

static int
limit_set(int resource, rlim_t soft, rlim_t hard)
{
	const struct rlimit limit = {.rlim_cur = soft, .rlim_max = hard};

	/* setrlimit() has a type of its own for the resource in glibc, and none in musl */
	/* #syscalls:exec prlimit64[0=0] (the worker's gates) */
	return syscall(SYS_prlimit64, 0L, (long)resource, &limit, NULL) < 0 ? -errno : 0;
}

static int
files_set(struct plk_msg_confined *state, const struct plk_limits *allow)
{
	struct rlimit now;
	rlim_t files = allow->files > allow->in_flight ? allow->files : allow->in_flight;

	if (getrlimit(RLIMIT_NOFILE, &now) < 0)
		return -errno;
	files = files < now.rlim_max ? files : now.rlim_max;
	state->files = (uint32_t)files;
	return limit_set(RLIMIT_NOFILE, files, allow->starts ? now.rlim_max : files);
}

int
plk_confine_limits(struct plk_msg_confined *state, const struct plk_limits *allow)
{
	int error = limit_set(RLIMIT_CORE, 0, 0);

	if (error == 0)
		error = files_set(state, allow);
	if (error == 0 && !allow->writes)
		error = limit_set(RLIMIT_FSIZE, 0, 0);
	if (error == 0 && !allow->starts)
		error = limit_set(RLIMIT_NPROC, 0, 0);
	return error;
}

int
plk_confine_dumpable(void)
{
	/* #syscalls:exec prctl[0=PR_SET_DUMPABLE,1=0] (the worker's gates) */
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}

void
plk_confine_memory(struct plk_msg_confined *state)
{
	/* #syscalls:exec prctl[0=PR_SET_MDWE,1=PR_MDWE_REFUSE_EXEC_GAIN] prctl[0=PR_GET_MDWE] (the worker's gates) */
	(void)prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0, 0); /* an older kernel has none */
	state->mdwe = prctl(PR_GET_MDWE, 0, 0, 0, 0) > 0;
}
