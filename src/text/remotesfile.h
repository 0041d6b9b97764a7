/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remotesfile.h: the file of remotes, --remotes-file.
 *
 *   FILE    = *(LINE LF) [LINE]          at most 1 MiB, with at most 64 PORT-SPECs
 *   LINE    = *BLANK [COMMENT] | PORT-SPEC
 *   COMMENT = "#" *(any byte that is no control character, or TAB)
 *   BLANK   = SP | TAB
 *
 * A PORT-SPEC is that of port.h, verbatim, with nothing before or behind it. A " #" inside is
 * refused: it was meant to be a comment, and would be a part of a path. Control characters are 0x00 to 0x1f and 0x7f; a byte
 * order mark is refused. No two PORT-SPECs clash (policy.h).
 *
 * Trust: whoever may write the file, and so change what the daemon offers. Pure: no I/O, no
 * allocation, no globals; work is linear. Fuzz: fuzz/remotesfile_fuzz.c.
 */
#ifndef PLK_TEXT_REMOTESFILE_H
#define PLK_TEXT_REMOTESFILE_H

#include "text/policy.h"

/** struct plk_remotesfile_line - a port of the file
 * @number: of the line, from 1; a PORT-SPEC begins in column 1
 * @text:   the PORT-SPEC as it was written; points into the file
 */
struct plk_remotesfile_line {
	size_t number;
	struct plk_span text;
	struct plk_port port;
};

/** struct plk_remotesfile - a whole file
 * @n: how many of @lines count
 */
struct plk_remotesfile {
	size_t n;
	struct plk_remotesfile_line lines[PLK_PORTS_MAX];
};

/** struct plk_remotesfile_error - where it is wrong
 * @line:   from 1
 * @column: of the first byte of the refused token, from 1, in bytes
 * @text:   the line; points into the file
 * @remote: what the policy refused, for plk_policy_reason(); else meaningless
 */
struct plk_remotesfile_error {
	size_t line;
	size_t column;
	struct plk_span text;
	struct plk_remote remote;
};

/** plk_remotesfile_parse() - read a file of remotes
 * @in:          borrowed; the whole file
 * @directories: for the policy; NULL during the start
 * @out:         borrowed; complete on PLK_OK, else undefined (it is large); points into @in
 * @error:       set on error only
 * Return: PLK_OK; PLK_E_FILE_*; what plk_port_parse() and plk_policy_check() return.
 */
PLK_MUST_USE enum plk_err plk_remotesfile_parse(struct plk_span in,
						const struct plk_directories *directories,
						struct plk_remotesfile *out,
						struct plk_remotesfile_error *error);

#endif
