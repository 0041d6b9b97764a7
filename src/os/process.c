/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/process.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

void
plk_process_begin(const char *name)
{
	/* #syscalls:exec prctl[0=PR_SET_NAME] rt_sigaction (the worker's name, the signals that it ignores) */
	/* #syscalls:exec prctl[0=PR_SET_DUMPABLE,1=0] (nobody may look into the worker) */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* a gate later, which may not fail */
	(void)prctl(PR_SET_NAME, name, 0, 0, 0);  /* the name is good */
	(void)signal(SIGPIPE, SIG_IGN);           /* this signal can be ignored */
}

void
plk_process_wake_precisely(void)
{
	/* #syscalls:exec prctl[0=PR_SET_TIMERSLACK,1=1] (time-outs of a tenth of a millisecond) */
	(void)prctl(PR_SET_TIMERSLACK, 1UL, 0, 0, 0); /* late wake-ups harm nobody */
}

void
plk_process_small_pages(void)
{
	/* #syscalls:exec prctl[0=PR_SET_THP_DISABLE,1=1] (memory that is touched as it is used) */
	(void)prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* more memory is used without it, no more */
}

int
plk_process_raise_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	files.rlim_cur = files.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &files) < 0 ? -errno : 0;
}

uint64_t
plk_process_files(void)
{
	struct rlimit files = {0};

	return getrlimit(RLIMIT_NOFILE, &files) < 0 ? 0 : files.rlim_cur;
}

void
plk_process_forget(const char *name)
{
	char *value = getenv(name);
	size_t n = strlen(name) + 1; /* with the '=' */

	(void)unsetenv(name); /* the name is good */
	if (value)
		explicit_bzero(value - n, n + strlen(value));
}

void
plk_process_ignore_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1};

	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		(void)signal(signals[i], SIG_IGN); /* these signals can be ignored */
}
