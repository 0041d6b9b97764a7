/* SPDX-License-Identifier: BSD-2-Clause */
#include "os/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/fd.h"
#include "os/journal.h"

#define LINE_MAX_BYTES 2048
#define PREFIX_BYTES 3 /* "<6>" */

static const char *log_role = "?";
static enum plk_log log_level = PLK_LOG_LINE_INFO;
static bool log_to_journal;  /* by standard error */
static int log_journal = -1; /* with fields */
static char log_interface[PLK_JOURNAL_NAME];
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

int
plk_log_journal(int number)
{
	int fd = log_to_journal ? plk_journal_open() : -ENOENT;
	int error = fd < 0 ? fd : plk_fd_place(&fd, number);

	if (error == 0)
		log_journal = number;
	return error;
}

void
plk_log_interface(const char *name)
{
	(void)snprintf(log_interface, sizeof log_interface, "%s", name);
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

/* On standard error; false if nobody reads it. */
static bool
error_write(const char *line, size_t n)
{
	if (!is_writable())
		return false;
	/* #syscalls:supervisor,front write[0=STDERR_FILENO] (the log) */
	if (write(STDERR_FILENO, line, n) < 0)
		return true; /* who does not read the log cannot be told so */
	return true;
}

/* To the journal, with fields; false if there is none, or it takes none. */
static bool
journal_write(unsigned priority, const char *line, size_t n)
{
	static uint8_t out[PLK_JOURNAL_BYTES(LINE_MAX_BYTES)];
	const struct plk_journal_line journal = {
		.text = {(const uint8_t *)line, n},
		.priority = priority,
		.role = log_role,
		.interface = log_interface,
	};
	size_t n_out;

	return log_journal >= 0 &&
	       plk_journal_encode(&journal, (struct plk_mspan){out, sizeof out}, &n_out) ==
		       PLK_OK &&
	       plk_journal_send(log_journal, (struct plk_span){out, n_out}) == 0;
}

/* @line: with a prefix, and room for its end; Return: whether somebody took it. */
static bool
line_write(unsigned priority, char *line, size_t n)
{
	const size_t skip = log_to_journal ? 0 : PREFIX_BYTES;

	if (journal_write(priority, line + PREFIX_BYTES, n - PREFIX_BYTES))
		return true;
	line[n] = '\n'; /* over the NUL */
	return error_write(line + skip, n + 1 - skip);
}

/* Whoever had a part in a line: it stays one line, and moves no cursor. */
static void
line_clean(char *line, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (line[i] < 0x20 || line[i] > 0x7e)
			line[i] = '?';
	}
}

static bool __attribute__((format(printf, 2, 0)))
line_log(enum plk_log level, const char *format, va_list args)
{
	static const struct {
		unsigned priority;
		const char *name;
	} levels[] = {{3, "error"}, {4, "warning"}, {6, "info"}, {7, "debug"}};
	char line[LINE_MAX_BYTES];
	size_t n;

	if (level > log_level)
		return true;
	n = plk_log_written(snprintf(line, sizeof line, "<%u>pktlockd[%s]: %s: ",
				     levels[level].priority, log_role, levels[level].name),
			    sizeof line);
	n += plk_log_written(vsnprintf(line + n, sizeof line - n, format, args), sizeof line - n);
	line_clean(line, n);
	return line_write(levels[level].priority, line, n);
}

static bool __attribute__((format(printf, 2, 3)))
try_log(enum plk_log level, const char *format, ...)
{
	va_list args;
	bool taken;

	va_start(args, format);
	taken = line_log(level, format, args);
	va_end(args);
	return taken;
}

void
plk_log(enum plk_log level, const char *format, ...)
{
	va_list args;
	bool taken = true;

	if (level > log_level)
		return;
	if (log_lost > 0)
		taken = try_log(PLK_LOG_LINE_WARNING,
				"%u lines before this one were lost: nobody read the log",
				log_lost);
	if (taken) {
		log_lost = 0;
		va_start(args, format);
		taken = line_log(level, format, args);
		va_end(args);
	}
	if (!taken)
		log_lost++;
}
