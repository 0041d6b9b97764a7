/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/process.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

int
plk_process_harden(const char *name)
{
	const struct rlimit no_core = {0, 0};

	if (prctl(PR_SET_NAME, name, 0, 0, 0) < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return -errno;
	return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -errno : 0;
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
