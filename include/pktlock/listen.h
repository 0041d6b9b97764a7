/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * listen.h: the values of LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES (sd_listen_fds(3)).
 *
 *   LISTEN_PID     = canonical decimal, at most 4194304 (Linux' PID_MAX_LIMIT)
 *   LISTEN_PIDFDID = canonical decimal, 64 bits
 *   LISTEN_FDS     = canonical decimal, at most 1048573 (so that the last descriptor is at most PLK_FD_MAX)
 *   LISTEN_FDNAMES = NAME *(":" NAME)        exactly LISTEN_FDS names; empty if that is 0
 *   NAME           = 0*255 of ASCII 0x20-0x7e without ":"  (systemd's own rule for names)
 *
 * Whether the values are ours to use (LISTEN_PID and LISTEN_PIDFDID name us) is for the caller.
 *
 * Trust: the environment, that is, whoever starts the daemon. Pure. Fuzz: fuzz/listen_fuzz.c.
 */
#ifndef PKTLOCK_LISTEN_H
#define PKTLOCK_LISTEN_H

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PLK_LISTEN_FDS_MAX (PLK_FD_MAX - PLK_FD_FIRST + 1)

/** plk_listen_pid_parse() - the value of LISTEN_PID
 * @in:   borrowed
 * @out:  set on PLK_OK only
 * Return: PLK_OK; PLK_E_NUM_MISSING; PLK_E_NUM_SYNTAX; PLK_E_NUM_RANGE. The refused token is @in
 * itself.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_listen_pid_parse(struct plk_span in, uint32_t *out);

/** plk_listen_pidfdid_parse() - the value of LISTEN_PIDFDID: the inode number of a pidfd
 * @in:   borrowed
 * @out:  set on PLK_OK only
 * Return: PLK_OK; PLK_E_NUM_MISSING; PLK_E_NUM_SYNTAX; PLK_E_NUM_RANGE. The refused token is @in
 * itself.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_listen_pidfdid_parse(struct plk_span in, uint64_t *out);

/** plk_listen_fds_parse() - the value of LISTEN_FDS
 * @in:   borrowed
 * @out:  set on PLK_OK only; how many descriptors, from PLK_FD_FIRST on
 * Return: PLK_OK; PLK_E_NUM_MISSING; PLK_E_NUM_SYNTAX; PLK_E_NUM_RANGE. The refused token is @in
 * itself.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_listen_fds_parse(struct plk_span in, uint32_t *out);

/** plk_listen_names_check() - whether LISTEN_FDNAMES has @n_fds proper names
 * @in:     borrowed
 * @n_fds:  the value of LISTEN_FDS
 * @at:     set on error only; offset of the refused name, or @in.n if there are too few
 * Return: PLK_OK; PLK_E_NAMES_COUNT; PLK_E_NAMES_SYNTAX.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_listen_names_check(struct plk_span in, uint32_t n_fds,
							    size_t *at);

/** plk_listen_name_get() - one of the names
 * @in:     borrowed; passed plk_listen_names_check()
 * @index:  0 is the name of descriptor PLK_FD_FIRST
 * @out:    set on PLK_OK only; points into @in
 * Return: PLK_OK; PLK_E_NAME_NONE (there are not so many).
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_listen_name_get(struct plk_span in, uint32_t index,
							 struct plk_span *out);

/** plk_listen_name_find() - the one descriptor that has a name
 * @in:     borrowed; passed plk_listen_names_check()
 * @n_fds:  the value of LISTEN_FDS
 * @name:   borrowed
 * @index:  set on PLK_OK only; 0 is descriptor PLK_FD_FIRST
 * Return: PLK_OK; PLK_E_NAME_NONE; PLK_E_NAME_SEVERAL.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_listen_name_find(struct plk_span in, uint32_t n_fds,
							  struct plk_span name, uint32_t *index);

#ifdef __cplusplus
}
#endif

#endif
