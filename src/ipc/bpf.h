/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bpf.h: the program of a socket filter (classic BPF, linux/filter.h), on its way between our processes.
 *
 *   program     = instruction * n, 1 <= n <= PLK_BPF_MAX
 *   instruction = u16 code, u8 jt, u8 jf, u32 k; machine's byte order
 *
 * What is taken can run: its codes are those that the kernel knows, jumps go forward and stay inside, the last instruction
 * returns, nothing is divided by a constant 0 or shifted by more than 31, memory cells are below 16. And it answers what we want: it returns
 * constants only, and one that is not 0 becomes PLK_BPF_WHOLE, so that no frame is cut. The kernel looks once more (it also refuses
 * a cell that is read before it was written, and ancillary data that it does not know).
 *
 * Trust: comes from libpcap, which read somebody's expression, and from the front. Pure. Fuzz: fuzz/bpf_fuzz.c.
 */
#ifndef PLK_IPC_BPF_H
#define PLK_IPC_BPF_H

#include <linux/filter.h>

#include <pktlock/err.h>
#include <pktlock/limits.h>
#include <pktlock/span.h>

#define PLK_BPF_INSN 8 /* bytes of an instruction */
#define PLK_BPF_BYTES (PLK_BPF_INSN * PLK_BPF_MAX)
#define PLK_BPF_WHOLE 0x7fffffff /* what a filter returns for a frame that shall be taken, whole */

/** struct plk_bpf - a program
 * @n: instructions; 0: there is none
 */
struct plk_bpf {
	size_t n;
	struct sock_filter code[PLK_BPF_MAX];
};

/** plk_bpf_parse() - read a program
 * @in:  borrowed; all of it
 * @out: set on PLK_OK only
 * Return: PLK_OK; PLK_E_SHORT (nothing, or not whole instructions); PLK_E_LIMIT (more than PLK_BPF_MAX); PLK_E_MALFORMED (it
 * cannot run, or returns what it computed).
 */
PLK_MUST_USE enum plk_err plk_bpf_parse(struct plk_span in, struct plk_bpf *out);

/** plk_bpf_encode() - write a program
 * @n: set on PLK_OK only; bytes written
 * Return: PLK_OK; PLK_E_ROOM.
 */
PLK_MUST_USE enum plk_err plk_bpf_encode(const struct plk_bpf *program, struct plk_mspan out,
					 size_t *n);

#endif
