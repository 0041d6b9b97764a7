/* SPDX-License-Identifier: BSD-2-Clause */
#include "ipc/bpf.h"

#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"

#define SHIFT_MAX 31

static struct sock_filter
insn_load(const uint8_t *p)
{
	return (struct sock_filter){host16_load(p), p[2], p[3], host32_load(p + 4)};
}

static void
insn_store(uint8_t *p, const struct sock_filter *insn)
{
	host16_store(p, insn->code);
	p[2] = insn->jt;
	p[3] = insn->jf;
	host32_store(p + 4, insn->k);
}

static bool
alu_is_good(const struct sock_filter *insn)
{
	const bool constant = BPF_SRC(insn->code) == BPF_K;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	case BPF_DIV:
	case BPF_MOD:
		return !constant || insn->k != 0;
	case BPF_LSH:
	case BPF_RSH:
		return !constant || insn->k <= SHIFT_MAX;
	default:
		return insn->code == (BPF_ALU | BPF_NEG);
	}
}

static bool
load_is_good(const struct sock_filter *insn)
{
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_B | BPF_MSH:
	case BPF_LDX | BPF_IMM:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		return insn->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

/* @left: how many instructions follow */
static bool
jump_is_good(const struct sock_filter *insn, size_t left)
{
	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		return insn->code == (BPF_JMP | BPF_JA) && insn->k < left;
	case BPF_JEQ:
	case BPF_JGT:
	case BPF_JGE:
	case BPF_JSET:
		return insn->jt < left && insn->jf < left;
	default:
		return false;
	}
}

static bool
insn_is_good(const struct sock_filter *insn, size_t left)
{
	if (insn->code > UINT8_MAX)
		return false;
	switch (BPF_CLASS(insn->code)) {
	case BPF_LD:
	case BPF_LDX:
		return load_is_good(insn);
	case BPF_ST:
	case BPF_STX:
		return insn->code == BPF_CLASS(insn->code) && insn->k < BPF_MEMWORDS;
	case BPF_ALU:
		return alu_is_good(insn);
	case BPF_JMP:
		return jump_is_good(insn, left);
	case BPF_RET:
		return insn->code == (BPF_RET | BPF_K);
	default:
		return insn->code == (BPF_MISC | BPF_TAX) || insn->code == (BPF_MISC | BPF_TXA);
	}
}

static enum plk_err
check(struct plk_span in)
{
	if (in.n == 0 || in.n % PLK_BPF_INSN != 0)
		return PLK_E_SHORT;
	if (in.n > PLK_BPF_BYTES)
		return PLK_E_LIMIT;
	for (size_t at = 0; at < in.n; at += PLK_BPF_INSN) {
		const struct sock_filter insn = insn_load(in.p + at);

		if (!insn_is_good(&insn, (in.n - at) / PLK_BPF_INSN - 1))
			return PLK_E_MALFORMED;
	}
	if (host16_load(in.p + in.n - PLK_BPF_INSN) != (BPF_RET | BPF_K))
		return PLK_E_MALFORMED;
	return PLK_OK;
}

enum plk_err
plk_bpf_parse(struct plk_span in, struct plk_bpf *out)
{
	enum plk_err err = check(in);

	if (err != PLK_OK)
		return err;
	out->n = in.n / PLK_BPF_INSN;
	for (size_t i = 0; i < out->n; i++) {
		struct sock_filter *insn = &out->code[i];

		*insn = insn_load(in.p + i * PLK_BPF_INSN);
		if (insn->code == (BPF_RET | BPF_K) && insn->k != 0)
			insn->k = PLK_BPF_WHOLE;
	}
	return PLK_OK;
}

enum plk_err
plk_bpf_encode(const struct plk_bpf *program, struct plk_mspan out, size_t *n)
{
	if (out.n / PLK_BPF_INSN < program->n)
		return PLK_E_ROOM;
	for (size_t i = 0; i < program->n; i++)
		insn_store(out.p + i * PLK_BPF_INSN, &program->code[i]);
	*n = program->n * PLK_BPF_INSN;
	return PLK_OK;
}
