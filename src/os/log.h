/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h: lines of the log, one a line, on standard error:
 *
 *   pktlockd[ROLE]: LEVEL: message key=value ...
 *
 * with systemd's "<N>" before it where JOURNAL_STREAM names standard error (sd-daemon(3),
 * systemd.exec(5)). There, the lines of a process that asks for it go to the journal with fields (journal.h), and to standard
 * error when the journal does not take them. Only the supervisor and the front log; bytes of a peer go through plk_writer_word()
 * first. What is not printable ASCII all the same becomes '?'.
 */
#ifndef PLK_OS_LOG_H
#define PLK_OS_LOG_H

#include <stddef.h>

/** enum plk_log - from grave to chatty; the values of text/cmdline.h's enum plk_log_level */
enum plk_log {
	PLK_LOG_LINE_ERROR,
	PLK_LOG_LINE_WARNING,
	PLK_LOG_LINE_INFO,
	PLK_LOG_LINE_DEBUG,
};

/** plk_log_open() - say who we are, and look whether the journal listens; reads JOURNAL_STREAM
 * @role: static lifetime
 */
void plk_log_open(const char *role);

/** plk_log_journal() - where the journal listens to standard error, give it each line with fields from now on
 * @number: of the descriptor
 * Return: 0 or -errno: lines go on as they did
 */
int plk_log_journal(int number);

/** plk_log_interface() - of lines that name none; escaped, less than PLK_JOURNAL_NAME bytes */
void plk_log_interface(const char *name);

/** plk_log_level() - what is graver than or as grave as @level is logged from now on; info at first */
void plk_log_level(enum plk_log level);

/** plk_log_written() - what snprintf() returned, as what it wrote into @size bytes, the NUL not counted */
size_t plk_log_written(int n, size_t size);

/** plk_log() - one line, without its end; cut at 2048 bytes */
void plk_log(enum plk_log level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
