/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remote.h: remotes, in Open vSwitch's vocabulary (ovsdb(7), "Connection Methods") and strictly.
 *
 *   REMOTE = "pfd:" FD | "sd:" NAME | "punix:" PATH | "ptcp:" PORT [":" ADDR]      passive
 *          | "unix:" PATH | "tcp:" ADDR ":" PORT                                   active
 *   FD     = canonical decimal, 3 to 1048575 (fdnum.h)
 *   NAME   = 1*255 of ASCII 0x21-0x7e without ":"
 *   PATH   = absolute, at most 107 bytes, no control characters (0x00-0x1f, 0x7f), no empty, "." or ".." component,
 *            no trailing "/"
 *   PORT   = canonical decimal; ptcp 0 to 65535 (0: the kernel picks), tcp 1 to 65535
 *   ADDR   = IPv4 (dotted quad) | "[" IPv6 [ "%" ZONE ] "]"       without ADDR ptcp listens on 127.0.0.1
 *   ZONE   = 1*15 of A-Z a-z 0-9 _ . -
 *
 * Parse, print and parse again gives the same remote. The printed form is canonical: one string for
 * one remote (ptcp is printed with its address, IPv6 as in RFC 5952).
 *
 * Trust: strings come from the command line, files and control clients. Pure: no I/O, no
 * allocation, no globals; work is linear. Fuzz: fuzz/remote_fuzz.c.
 */
#ifndef PKTLOCK_REMOTE_H
#define PKTLOCK_REMOTE_H

#include <stdbool.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum plk_remote_kind - how a connection comes about */
enum plk_remote_kind {
	PLK_REMOTE_PFD, /* passive: an inherited listening socket, by number */
	PLK_REMOTE_SD,  /* passive: an inherited listening socket, by its name in LISTEN_FDNAMES */
	PLK_REMOTE_PUNIX, /* passive: a Unix socket that we make */
	PLK_REMOTE_PTCP,  /* passive: a TCP socket that we make */
	PLK_REMOTE_UNIX,  /* active: connect to a Unix socket */
	PLK_REMOTE_TCP,   /* active: connect to a TCP socket */
	PLK_REMOTE_KINDS
};

/** struct plk_remote - one remote; what its kind does not use is zero, so that equal remotes are equal bytes
 * @kind:      which of the others count
 * @fd:        PFD: descriptor number
 * @name:      SD: NUL-terminated
 * @path:      PUNIX, UNIX: NUL-terminated
 * @is_v6:     PTCP, TCP: @addr holds 16 bytes, else 4
 * @addr:      PTCP, TCP: network byte order
 * @zone:      PTCP, TCP: NUL-terminated; empty is none
 * @tcp_port:  PTCP, TCP: host byte order
 */
struct plk_remote {
	enum plk_remote_kind kind;
	int fd;
	char name[PLK_NAME_MAX + 1];
	char path[PLK_PATH_MAX + 1];
	bool is_v6;
	uint8_t addr[16];
	char zone[PLK_ZONE_MAX + 1];
	uint16_t tcp_port;
};

/* Enough for every printed remote, bytes. */
#define PLK_REMOTE_TEXT_MAX 320

/** plk_remote_parse() - read one remote
 * @in:   borrowed; the whole of it is the remote
 * @out:  set on PLK_OK only; points to nothing of @in
 * @at:   set on error only; offset in @in of the first byte of the refused token, or @in.n if
 *        something is missing at the end
 * Return: PLK_OK or the reason: PLK_E_REMOTE_*, PLK_E_FD_*, PLK_E_NAME_*, PLK_E_PATH_*,
 * PLK_E_TCP_*, PLK_E_ADDR_*.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_remote_parse(struct plk_span in, struct plk_remote *out,
						      size_t *at);

/** plk_remote_encode() - print the canonical form
 * @r:    a remote as plk_remote_parse() makes it
 * @out:  borrowed; PLK_REMOTE_TEXT_MAX bytes are always enough; not NUL-terminated
 * @n:    set on PLK_OK only; bytes written
 * Return: PLK_OK; PLK_E_ROOM; PLK_E_MALFORMED (@r->kind is none).
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_remote_encode(const struct plk_remote *r,
						       struct plk_mspan out, size_t *n);

/** plk_remote_is_passive() - whether we listen (or were given a listener) rather than connect */
PLK_PUBLIC bool plk_remote_is_passive(const struct plk_remote *r);

/** plk_remote_is_inherited() - whether the socket comes from the service manager: pfd: or sd: */
PLK_PUBLIC bool plk_remote_is_inherited(const struct plk_remote *r);

#ifdef __cplusplus
}
#endif

#endif
