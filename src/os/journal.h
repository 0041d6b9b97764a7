/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * journal.h: lines of the log for systemd's journal, with fields ("Native Journal Protocol" of systemd's documentation): one
 * datagram a line, to a socket of a fixed path.
 *
 *   MESSAGE=the line
 *   PRIORITY=3 (error), 4 (warning), 6 (info), 7 (debug)
 *   SYSLOG_IDENTIFIER=pktlockd
 *   PKTLOCK_ROLE=    who writes it
 *   PKTLOCK_INTERFACE= PKTLOCK_REMOTE= PKTLOCK_SLOT= PKTLOCK_PEER_UID= PKTLOCK_PEER_PID= PKTLOCK_REASON=
 *                    the words interface=, remote=, slot=, uid=, pid=, reason= of the line, if it has them; the first of each
 *
 * A word ends at a blank. So who puts bytes of a peer into a line has them escaped by plk_writer_word() before; what is not
 * printable ASCII becomes '?' in plk_log().
 *
 * These are a few lines of our own and not sd_journal_sendv() of libsystemd, because that one cannot be made safe in a sandbox: when
 * the journal is slow (EAGAIN) or the kernel short of memory (ENOBUFS) it falls back to a memory file, which takes heap and calls
 * that we do not permit, and so a journal that hangs would end the service; on a socket that waits, it would stop it. And it sends to an address
 * each time: who may do that may send to every datagram socket of the machine, while ours is connected once, and its calls name no
 * address. The tests compare with it.
 */
#ifndef PLK_OS_JOURNAL_H
#define PLK_OS_JOURNAL_H

#include <pktlock/err.h>
#include <pktlock/span.h>

#define PLK_JOURNAL_NAME 64 /* bytes of role and interface, at most */
#define PLK_JOURNAL_BYTES(line) \
	(2 * (line) + 512) /* room for all fields of a line of so many bytes */

/** struct plk_journal_line - @text: printable ASCII, without its end; @interface: unless the line names one; NULL for none */
struct plk_journal_line {
	struct plk_span text;
	unsigned priority;
	const char *role;
	const char *interface;
};

/** plk_journal_encode() - a line as the journal wants it
 * Return: PLK_OK; PLK_E_ROOM (@out is not as long as PLK_JOURNAL_BYTES(), or a name longer than PLK_JOURNAL_NAME)
 */
PLK_MUST_USE enum plk_err plk_journal_encode(const struct plk_journal_line *line,
					     struct plk_mspan out, size_t *n);

/** plk_journal_open() - connect to the journal; Return: a descriptor, or -errno (there is none) */
int plk_journal_open(void);

/** plk_journal_send() - a line that was encoded; waits for nobody
 * @fd: PLK_FRONT_FD_JOURNAL of sandbox/descriptors.h
 * Return: 0 or -errno: -EAGAIN (the journal does not read), -ECONNREFUSED (it is gone)
 */
int plk_journal_send(int fd, struct plk_span line);

#endif
