/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * path.h: paths, of sockets and of what else the command line names.
 *
 *   PATH = absolute, at most 107 bytes, no control characters
 *          (0x00-0x1f, 0x7f), no empty, "." or ".." component, no trailing "/"
 *
 * Trust: strings come from the command line, files and control clients. Pure. Fuzz:
 * fuzz/path_fuzz.c.
 */
#ifndef PLK_TEXT_PATH_H
#define PLK_TEXT_PATH_H

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

/** plk_path_parse() - read a PATH
 * @in:   borrowed; the whole of it is the path
 * @out:  PLK_PATH_MAX + 1 bytes, set on PLK_OK only; what is behind the path is zero
 * Return: PLK_OK; PLK_E_PATH_*. The refused token is the path as a whole.
 */
PLK_MUST_USE enum plk_err plk_path_parse(struct plk_span in, char *out);

#endif
