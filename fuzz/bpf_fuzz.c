/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a program. One that is taken is run by a second implementation, whatever it finds in the frame: it never leaves the
 * program, divides by 0 or touches a cell that is not there, it ends, and it takes a frame whole or not at all. Written and read again it is
 * the same.
 */
#include "ipc/bpf.h"

#include "harness.h"

#define RUNS 8

static struct plk_bpf program;
static struct plk_bpf again;

/* A machine that finds in a frame what a generator says. */
struct machine {
	uint32_t a;
	uint32_t x;
	uint32_t cells[16];
	uint32_t random;
};

static uint32_t
found(struct machine *m)
{
	m->random = m->random * 1664525 + 1013904223;
	return m->random >> 3;
}

static uint32_t *
cell(struct machine *m, uint32_t k)
{
	CHECK(k < COUNT(m->cells));
	return &m->cells[k];
}

static void
compute(struct machine *m, const struct sock_filter *insn)
{
	const bool by_x = insn->code & BPF_X;
	const uint32_t value = by_x ? m->x : insn->k;
	const unsigned op = insn->code & 0xf0;

	if (op == BPF_DIV || op == BPF_MOD) {
		CHECK(by_x || value != 0);
		m->a = value == 0 ? 0 : op == BPF_DIV ? m->a / value : m->a % value;
	} else if (op == BPF_LSH || op == BPF_RSH) {
		CHECK(by_x || value < 32);
		m->a = op == BPF_LSH ? m->a << (value & 31) : m->a >> (value & 31);
	} else {
		m->a ^= value;
	}
}

static void
load(struct machine *m, const struct sock_filter *insn)
{
	const unsigned mode = insn->code & 0xe0;
	const uint32_t value = mode == BPF_IMM   ? insn->k
			       : mode == BPF_MEM ? *cell(m, insn->k)
						 : found(m);

	if ((insn->code & 7) == BPF_LD)
		m->a = value;
	else
		m->x = value;
}

static size_t
jump(struct machine *m, const struct sock_filter *insn)
{
	if ((insn->code & 0xf0) == BPF_JA)
		return insn->k;
	return found(m) & 1 ? insn->jt : insn->jf;
}

/* What it returns. */
static uint32_t
run(uint32_t seed)
{
	struct machine m = {.random = seed};
	size_t n_steps = 0;

	for (size_t at = 0;; at++) {
		const struct sock_filter *insn = &program.code[at];

		CHECK(at < program.n && n_steps++ < program.n && insn->code < 0x100);
		switch (insn->code & 7) {
		case BPF_LD:
		case BPF_LDX:
			load(&m, insn);
			break;
		case BPF_ST:
			*cell(&m, insn->k) = m.a;
			break;
		case BPF_STX:
			*cell(&m, insn->k) = m.x;
			break;
		case BPF_ALU:
			compute(&m, insn);
			break;
		case BPF_JMP:
			at += jump(&m, insn);
			break;
		case BPF_RET:
			CHECK((insn->code & 0x18) == BPF_K);
			return insn->k;
		default:
			m.a = m.x = m.a ^ m.x;
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[PLK_BPF_BYTES];
	struct plk_span in = {data, size};
	struct plk_span written = {out, 0};
	enum plk_err err;

	mark(&program, sizeof program);
	err = plk_bpf_parse(in, &program);
	if (err != PLK_OK) {
		CHECK(untouched(&program, sizeof program));
		CHECK((err == PLK_E_SHORT) == (size == 0 || size % 8 != 0));
		CHECK((err == PLK_E_LIMIT) == (size % 8 == 0 && size > (size_t)8 * 4087));
		return 0;
	}
	CHECK(size == 8 * program.n);
	for (uint32_t i = 0; i < RUNS; i++) {
		uint32_t answer = run(i);

		CHECK(answer == 0 || answer == 0x7fffffff);
	}
	CHECK(plk_bpf_encode(&program, (struct plk_mspan){out, size - 1}, &written.n) ==
	      PLK_E_ROOM);
	CHECK(plk_bpf_encode(&program, (struct plk_mspan){out, size}, &written.n) == PLK_OK);
	CHECK(written.n == size && plk_bpf_parse(written, &again) == PLK_OK);
	CHECK(again.n == program.n && memcmp(again.code, program.code, size) == 0);
	return 0;
}
