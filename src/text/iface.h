/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * iface.h: the value of --interface.
 *
 *   IFACE  = IFNAME | "tapfd:" FD
 *   IFNAME = 1*15 bytes, no "/", ":", blank (0x09-0x0d, 0x20) or control character (0x00-0x1f, 0x7f), not "." or ".."
 *            (the kernel's dev_valid_name(), and no control characters)
 *   FD     = canonical decimal, 3 to 1048575 (fdnum.h)
 *
 * Trust: the command line. Pure. Fuzz: fuzz/iface_fuzz.c.
 */
#ifndef PLK_TEXT_IFACE_H
#define PLK_TEXT_IFACE_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

/** struct plk_iface - which interface
 * @is_tapfd: by a TAP's descriptor @fd, else by @name
 * @fd:       0 unless @is_tapfd
 * @name:     NUL-terminated; empty if @is_tapfd
 */
struct plk_iface {
	bool is_tapfd;
	int fd;
	char name[PLK_IFNAME_MAX + 1];
};

/** plk_iface_parse() - read the value of --interface
 * @in:   borrowed
 * @out:  set on PLK_OK only
 * @at:   set on error only; offset of the refused token
 * Return: PLK_OK; PLK_E_IF_MISSING; PLK_E_IF_LONG; PLK_E_IF_SYNTAX; PLK_E_FD_*.
 */
PLK_MUST_USE enum plk_err plk_iface_parse(struct plk_span in, struct plk_iface *out, size_t *at);

/** plk_iface_encode() - print it again
 * @n: set on PLK_OK only; bytes written, at most PLK_IFNAME_MAX
 * Return: PLK_OK; PLK_E_ROOM.
 */
PLK_MUST_USE enum plk_err plk_iface_encode(const struct plk_iface *iface, struct plk_mspan out,
					   size_t *n);

#endif
