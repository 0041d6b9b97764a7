/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fdnum.h: canonical decimal numbers, and descriptor numbers above all.
 *
 *   NUMBER = "0" | [1-9] *DIGIT      no sign, no blank, no leading zero, nothing after it
 *   FD     = NUMBER, at most 1048575 (PLK_FD_MAX)
 *
 * There is one spelling for a number, so that two strings never name one descriptor: Open vSwitch
 * reads "pfd:+3", "pfd: 3", "pfd:03" and "pfd:4294967299" all as descriptor 3.
 *
 * Trust: strings come from the command line, the environment, files and control clients. Pure: no
 * I/O, no allocation, no globals, no locale. Work is linear in the length. Fuzz: fuzz/fdnum_fuzz.c.
 */
#ifndef PKTLOCK_FDNUM_H
#define PKTLOCK_FDNUM_H

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/** plk_number_parse() - a canonical decimal number
 * @in:   borrowed; the whole of it is the number
 * @max:  the largest value that is taken
 * @out:  set on PLK_OK only
 * Return: PLK_OK; PLK_E_NUM_MISSING (empty); PLK_E_NUM_SYNTAX (not canonical decimal);
 * PLK_E_NUM_RANGE (above @max, however long).
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_number_parse(struct plk_span in, uint64_t max,
						      uint64_t *out);

/** plk_number_range_parse() - a canonical decimal number of 32 bits between two bounds
 * @in:   borrowed; the whole of it is the number
 * @min:  the smallest value that is taken
 * @max:  the largest
 * @out:  set on PLK_OK only
 * Return: as plk_number_parse(); PLK_E_NUM_RANGE also below @min.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_number_range_parse(struct plk_span in, uint32_t min,
							    uint32_t max, uint32_t *out);

/** plk_fdnum_parse() - a descriptor number
 * @in:   borrowed; the whole of it is the number
 * @out:  set on PLK_OK only; 0 to PLK_FD_MAX
 * Return: PLK_OK; PLK_E_FD_MISSING; PLK_E_FD_SYNTAX; PLK_E_FD_RANGE. The refused token is @in
 * itself.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_fdnum_parse(struct plk_span in, int *out);

/** plk_fdnum_encode() - print a descriptor number
 * @fd:   0 to PLK_FD_MAX
 * @out:  borrowed; not NUL-terminated
 * @n:    set on PLK_OK only; bytes written, at most 7
 * Return: PLK_OK; PLK_E_FD_RANGE; PLK_E_ROOM.
 */
PLK_PUBLIC PLK_MUST_USE enum plk_err plk_fdnum_encode(int fd, struct plk_mspan out, size_t *n);

#ifdef __cplusplus
}
#endif

#endif
