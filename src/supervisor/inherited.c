/* SPDX-License-Identifier: BSD-2-Clause */
#include "supervisor/inherited.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/log.h"
#include "os/process.h"

static const char *const front_variables[PLK_INHERITED_VARIABLES] = {
	"LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES", "LISTEN_PIDFDID",
	"WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM",
};

int
plk_inherited_list(struct plk_inherited *inherited)
{
	DIR *dir = opendir("/proc/self/fd");
	const struct dirent *entry;

	if (!dir)
		return -errno;
	while ((entry = readdir(dir)) != NULL) {
		/* the kernel wrote it; "." and ".." are 0 */
		int fd = (int)strtol(entry->d_name, NULL, 10);

		if (fd <= STDERR_FILENO || fd == dirfd(dir))
			continue;
		if (inherited->n == PLK_INHERITED_MAX) {
			plk_log(PLK_LOG_LINE_ERROR, "more than %d descriptors are inherited",
				PLK_INHERITED_MAX);
			exit(PLK_EXIT_USAGE);
		}
		inherited->fds[inherited->n++] = fd;
	}
	closedir(dir);
	return 0;
}

void
plk_inherited_close(struct plk_inherited *inherited)
{
	for (size_t i = 0; i < inherited->n; i++)
		plk_fd_close(&inherited->fds[i]);
	inherited->n = 0;
}

static bool
is_variable(const char *entry, const char *name)
{
	size_t n = strlen(name);

	return strncmp(entry, name, n) == 0 && entry[n] == '=';
}

void
plk_inherited_environment(char **out)
{
	for (char **entry = environ; *entry; entry++) {
		for (size_t i = 0; i < PLK_INHERITED_VARIABLES; i++) {
			if (is_variable(*entry, front_variables[i]) &&
			    getenv(front_variables[i]) == strchr(*entry, '=') + 1)
				*out++ = *entry;
		}
	}
	*out = NULL;
}

void
plk_inherited_forget(void)
{
	for (size_t i = 0; i < PLK_INHERITED_VARIABLES; i++)
		plk_process_forget(front_variables[i]);
	plk_process_forget("NOTIFY_SOCKET");
}
