/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *log_role = "?";
static enum plk_log log_level = PLK_LOG_LINE_INFO;
static bool log_to_journal;
static unsigned log_lost; /* lines that nobody took */

/* JOURNAL_STREAM is DEVICE:INODE of the stream that the journal listens to. */
static bool
is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	(void)snprintf(ours, sizeof ours, "%llu:%llu", (unsigned long long)st.st_dev,
		       (unsigned long long)st.st_ino);
	return strcmp(stream, ours) == 0;
}

void
plk_log_open(const char *role)
{
	log_role = role;
	log_to_journal = is_journal();
}

void
plk_log_level(enum plk_log level)
{
	log_level = level;
}

size_t
plk_log_written(int n, size_t size)
{
	if (n < 0)
		return 0;
	return (size_t)n < size ? (size_t)n : size - 1;
}

/* Whether a line can be written at once: the log may be a pipe that nobody empties, and we wait
 * for nobody. */
static bool
is_writable(void)
{
	struct pollfd poll_fd = {.fd = STDERR_FILENO, .events = POLLOUT};

	const struct timespec now = {0};

	/* #syscalls:supervisor,front ppoll[1=1,3=0] (is there room in the log) */
	return ppoll(&poll_fd, 1, &now, NULL) > 0;
}

void
plk_log(enum plk_log level, const char *format, ...)
{
	static const struct {
		const char *prefix;
		const char *name;
	} levels[] = {{"<3>", "error"}, {"<4>", "warning"}, {"<6>", "info"}, {"<7>", "debug"}};
	char line[LINE_MAX_BYTES];
	size_t n;
	va_list args;

	if (level > log_level)
		return;
	n = plk_log_written(snprintf(line, sizeof line, "%spktlockd[%s]: %s: ",
				     log_to_journal ? levels[level].prefix : "", log_role,
				     levels[level].name),
			    sizeof line);
	va_start(args, format);
	n += plk_log_written(vsnprintf(line + n, sizeof line - n, format, args), sizeof line - n);
	va_end(args);
	line[n] = '\n'; /* over the NUL */
	if (!is_writable()) {
		log_lost++;
		return;
	}
	if (log_lost > 0) {
		unsigned lost = log_lost;

		log_lost = 0;
		plk_log(PLK_LOG_LINE_WARNING,
			"%u lines before this one were lost: nobody read the log", lost);
	}
	/* #syscalls:supervisor,front write[0=STDERR_FILENO] (the log) */
	if (write(STDERR_FILENO, line, n + 1) < 0)
		return; /* who does not read the log cannot be told so */
}
