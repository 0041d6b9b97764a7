/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages for people; say.h has the contract and the trust boundary. */
#include "client/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/writer.h"
#include "text/words.h"

#define TEXT_MAX_BYTES 1900 /* a quoted text of any length and what is said about it */
#define LINE_MAX_BYTES 2048

static int
write_all(int fd, struct plk_span bytes)
{
	while (bytes.n > 0) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes.p += n;
		bytes.n -= (size_t)n;
	}
	return 0;
}

/* @usage: add the way to the help */
static void
line_write(const char *command, const char *text, bool usage)
{
	uint8_t line[LINE_MAX_BYTES];
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){line, sizeof line - 1});
	plk_writer_str(&w, "pktlock: ");
	if (command) {
		plk_writer_str(&w, command);
		plk_writer_str(&w, ": ");
	}
	plk_writer_str(&w, text);
	if (usage) {
		plk_writer_str(&w, "; try 'pktlock ");
		plk_writer_str(&w, command ? command : "");
		plk_writer_str(&w, command ? " --help'" : "--help'");
	}
	line[w.n++] = '\n';
	/* There is nobody left to tell that standard error failed. */
	(void)write_all(STDERR_FILENO, (struct plk_span){line, w.n});
}

const char *
plk_quote(struct plk_quoted *q, const char *text)
{
	struct plk_writer w;

	plk_writer_init(&w, (struct plk_mspan){(uint8_t *)q->text, sizeof q->text});
	plk_writer_char(&w, '\'');
	plk_writer_escaped(&w, plk_span_str(text), PLK_QUOTE_MAX);
	plk_writer_char(&w, '\'');
	plk_writer_cstr(&w);
	return q->text;
}

void
plk_say(const char *command, const char *format, ...)
{
	char text[TEXT_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	line_write(command, text, false);
}

int
plk_say_usage(const char *command, const char *format, ...)
{
	char text[TEXT_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	line_write(command, text, true);
	return PLK_EXIT_USAGE;
}

void
plk_say_plain(const char *format, ...)
{
	char text[TEXT_MAX_BYTES];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	/* as in line_write() */
	(void)write_all(STDERR_FILENO, plk_span_str(text));
}

int
plk_print(const char *command, struct plk_span bytes)
{
	int rc = write_all(STDOUT_FILENO, bytes);

	if (rc == 0)
		return PLK_EXIT_OK;
	plk_say(command, "standard output: %s", strerror(-rc));
	return PLK_EXIT_FAILED;
}
