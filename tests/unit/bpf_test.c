/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the check takes is tried with the kernel too, and so is what it refuses: the rows say where the kernel thinks
 * otherwise.
 */
#include "ipc/bpf.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "rows.h"

#define INSNS_MAX 8
#define RET                              \
	{                                \
		BPF_RET | BPF_K, 0, 0, 1 \
	}
#define NONE                             \
	{                                \
		BPF_RET | BPF_K, 0, 0, 0 \
	}
#define OP(code, k)               \
	{                         \
		(code), 0, 0, (k) \
	}
#define JUMP(code, jt, jf)                      \
	{                                       \
		BPF_JMP | (code), (jt), (jf), 7 \
	}

/* What the kernel says where it is not the same. */
enum kernel { SAME, TAKES, REFUSES };

struct row {
	const char *name;
	enum plk_err err;
	enum kernel kernel;
	size_t n;
	struct sock_filter code[INSNS_MAX];
};

/* clang-format off */
static const struct row rows[] = {
	{"return nothing", PLK_OK, SAME, 1, {NONE}},
	{"return one byte", PLK_OK, SAME, 1, {RET}},
	{"loads", PLK_OK, SAME, 8, {OP(BPF_LD | BPF_W | BPF_ABS, 0), OP(BPF_LD | BPF_H | BPF_ABS, 12), OP(BPF_LD | BPF_B | BPF_IND, 9),
	 OP(BPF_LD | BPF_W | BPF_LEN, 0), OP(BPF_LD | BPF_IMM, 3), OP(BPF_LDX | BPF_B | BPF_MSH, 14), OP(BPF_LDX | BPF_IMM, 3), RET}},
	{"loads again", PLK_OK, SAME, 7, {OP(BPF_LD | BPF_B | BPF_ABS, 0), OP(BPF_LD | BPF_W | BPF_IND, 0), OP(BPF_LD | BPF_H | BPF_IND, 0),
	 OP(BPF_LDX | BPF_W | BPF_LEN, 0), OP(BPF_MISC | BPF_TAX, 0), OP(BPF_MISC | BPF_TXA, 0), RET}},
	{"the tag in metadata", PLK_OK, SAME, 4, {OP(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)),
	 JUMP(BPF_JEQ, 0, 1), RET, NONE}},
	{"cells", PLK_OK, SAME, 5, {OP(BPF_ST, 0), OP(BPF_STX, 15), OP(BPF_LD | BPF_MEM, 0), OP(BPF_LDX | BPF_MEM, 15), RET}},
	{"arithmetic", PLK_OK, SAME, 8, {OP(BPF_ALU | BPF_ADD, 0), OP(BPF_ALU | BPF_SUB | BPF_X, 0), OP(BPF_ALU | BPF_MUL, 0),
	 OP(BPF_ALU | BPF_DIV, 1), OP(BPF_ALU | BPF_MOD | BPF_X, 0), OP(BPF_ALU | BPF_LSH, 31), OP(BPF_ALU | BPF_NEG, 0), RET}},
	{"more of it", PLK_OK, SAME, 8, {OP(BPF_ALU | BPF_AND, 0), OP(BPF_ALU | BPF_OR | BPF_X, 0), OP(BPF_ALU | BPF_XOR, 0),
	 OP(BPF_ALU | BPF_DIV | BPF_X, 0), OP(BPF_ALU | BPF_MOD, 9), OP(BPF_ALU | BPF_RSH, 31), OP(BPF_ALU | BPF_LSH | BPF_X, 0), RET}},
	{"jump to the last", PLK_OK, SAME, 3, {OP(BPF_JMP | BPF_JA, 1), NONE, RET}},
	{"both ways to the last", PLK_OK, SAME, 3, {JUMP(BPF_JGE, 1, 1), NONE, RET}},
	{"other conditions", PLK_OK, SAME, 4, {JUMP(BPF_JGT | BPF_X, 0, 2), JUMP(BPF_JSET, 1, 0), JUMP(BPF_JGE | BPF_X, 0, 0), RET}},
	{"a cell that was not written", PLK_OK, REFUSES, 2, {OP(BPF_LD | BPF_MEM, 3), RET}},
	{"data that there is not", PLK_OK, REFUSES, 2, {OP(BPF_LD | BPF_B | BPF_ABS, 0xfffffff0), RET}},

	{"nothing", PLK_E_SHORT, SAME, 0, {RET}},
	{"no return", PLK_E_MALFORMED, SAME, 1, {OP(BPF_LD | BPF_IMM, 0)}},
	{"no return at the end", PLK_E_MALFORMED, SAME, 2, {RET, OP(BPF_MISC | BPF_TAX, 0)}},
	{"a jump at the end", PLK_E_MALFORMED, SAME, 2, {RET, OP(BPF_JMP | BPF_JA, 0)}},
	{"return what was computed", PLK_E_MALFORMED, TAKES, 1, {OP(BPF_RET | BPF_A, 0)}},
	{"return what was computed, before the end", PLK_E_MALFORMED, TAKES, 2, {OP(BPF_RET | BPF_A, 0), RET}},
	{"return X", PLK_E_MALFORMED, SAME, 1, {OP(BPF_RET | BPF_X, 1)}},
	{"jump beyond", PLK_E_MALFORMED, SAME, 2, {OP(BPF_JMP | BPF_JA, 1), RET}},
	{"jump back", PLK_E_MALFORMED, SAME, 3, {NONE, OP(BPF_JMP | BPF_JA, (uint32_t)-2), RET}},
	{"jump to itself", PLK_E_MALFORMED, SAME, 2, {OP(BPF_JMP | BPF_JA, UINT32_MAX), RET}},
	{"true beyond", PLK_E_MALFORMED, SAME, 3, {JUMP(BPF_JEQ, 2, 0), NONE, RET}},
	{"false beyond", PLK_E_MALFORMED, SAME, 3, {JUMP(BPF_JEQ, 0, 2), NONE, RET}},
	{"false far beyond", PLK_E_MALFORMED, SAME, 3, {JUMP(BPF_JSET, 0, 255), NONE, RET}},
	{"JA with X", PLK_E_MALFORMED, SAME, 2, {OP(BPF_JMP | BPF_JA | BPF_X, 0), RET}},
	{"a condition that there is not", PLK_E_MALFORMED, SAME, 2, {JUMP(0x50, 0, 0), RET}},
	{"divide by 0", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ALU | BPF_DIV, 0), RET}},
	{"modulo 0", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ALU | BPF_MOD, 0), RET}},
	{"shift by 32", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ALU | BPF_LSH, 32), RET}},
	{"shift right by a lot", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ALU | BPF_RSH, UINT32_MAX), RET}},
	{"negate X", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ALU | BPF_NEG | BPF_X, 0), RET}},
	{"arithmetic that there is not", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ALU | 0xc0, 0), RET}},
	{"store into cell 16", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ST, 16), RET}},
	{"store X into cell 16", PLK_E_MALFORMED, SAME, 2, {OP(BPF_STX, 16), RET}},
	{"store with a size", PLK_E_MALFORMED, SAME, 2, {OP(BPF_ST | BPF_H, 0), RET}},
	{"load cell 16", PLK_E_MALFORMED, SAME, 3, {OP(BPF_ST, 0), OP(BPF_LD | BPF_MEM, 16), RET}},
	{"load cell 2^32-1 into X", PLK_E_MALFORMED, SAME, 3, {OP(BPF_ST, 0), OP(BPF_LDX | BPF_MEM, UINT32_MAX), RET}},
	{"load 8 bytes", PLK_E_MALFORMED, SAME, 2, {OP(BPF_LD | 0x18 | BPF_ABS, 0), RET}},
	{"load half the length", PLK_E_MALFORMED, SAME, 2, {OP(BPF_LD | BPF_H | BPF_LEN, 0), RET}},
	{"load X from the frame", PLK_E_MALFORMED, SAME, 2, {OP(BPF_LDX | BPF_W | BPF_ABS, 0), RET}},
	{"load a header's length into A", PLK_E_MALFORMED, SAME, 2, {OP(BPF_LD | BPF_B | BPF_MSH, 0), RET}},
	{"a transfer that there is not", PLK_E_MALFORMED, SAME, 2, {OP(BPF_MISC | 0x40, 0), RET}},
	{"a code beyond a byte", PLK_E_MALFORMED, SAME, 2, {OP(0x100 | BPF_LD | BPF_IMM, 0), RET}},
	{"a return beyond a byte", PLK_E_MALFORMED, SAME, 1, {OP(0x8000 | BPF_RET | BPF_K, 1)}},
};
/* clang-format on */

static struct plk_bpf got;

/* Whether a socket takes it, which needs no privilege. */
static bool
kernel_takes(const struct sock_filter *code, size_t n)
{
	struct sock_filter copy[INSNS_MAX];
	const struct sock_fprog program = {.len = (unsigned short)n, .filter = copy};
	int pair[2];
	bool takes;

	memcpy(copy, code, n * sizeof *code);
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair), 0);
	takes = setsockopt(pair[0], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
	(void)close(pair[0]);
	(void)close(pair[1]);
	return takes;
}

static void
taken_check(struct rows *r, const struct row *row)
{
	uint8_t out[sizeof row->code + 1];
	size_t n = MARK_SIZE;

	row_number(r, "n", got.n, row->n);
	for (size_t i = 0; i < row->n; i++) {
		const struct sock_filter *want = &row->code[i];
		const bool cut = BPF_CLASS(want->code) == BPF_RET && want->k != 0;

		row_number(r, "code", got.code[i].code, want->code);
		row_number(r, "jt", got.code[i].jt, want->jt);
		row_number(r, "jf", got.code[i].jf, want->jf);
		row_number(r, "k", got.code[i].k, cut ? PLK_BPF_WHOLE : want->k);
	}
	mark(out, sizeof out);
	row_err(r, plk_bpf_encode(&got, (struct plk_mspan){out, row->n * PLK_BPF_INSN - 1}, &n),
		PLK_E_ROOM);
	row_true(r, "n and output untouched", n == MARK_SIZE && untouched(out, sizeof out));
	row_err(r, plk_bpf_encode(&got, (struct plk_mspan){out, row->n * PLK_BPF_INSN}, &n),
		PLK_OK);
	row_bytes(r, "written", (struct plk_span){out, n},
		  (struct plk_span){(const uint8_t *)got.code, row->n * PLK_BPF_INSN});
	row_true(r, "nothing beyond", untouched(out + n, sizeof out - n));
}

static void
test_rows(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "programs");
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct plk_span in = exact_new(row->code, row->n * sizeof *row->code);

		row_begin_text(&r, "%s", row->name);
		mark(&got, sizeof got);
		row_err(&r, plk_bpf_parse(in, &got), row->err);
		if (row->err == PLK_OK)
			taken_check(&r, row);
		else
			row_true(&r, "untouched", untouched(&got, sizeof got));
		row_true(&r, "the kernel",
			 kernel_takes(row->code, row->n) ==
				 (row->kernel == SAME ? row->err == PLK_OK : row->kernel == TAKES));
		exact_free(in);
	}
	rows_end_strict(&r);
}

/* Every code, with what it needs beside it: the kernel and we know the same ones, but for returning A. */
static void
test_codes(void **state)
{
	struct rows r;

	(void)state;
	rows_begin(&r, "codes");
	for (unsigned code = 0; code < 0x200; code++) {
		const struct sock_filter program[] = {OP(BPF_ST, 1), OP(BPF_MISC | BPF_TAX, 0),
						      OP((uint16_t)code, 1), RET, RET};
		const bool returns_a = code == (BPF_RET | BPF_A);

		row_begin_text(&r, "code %x", code);
		row_true(&r, "the kernel takes it and we do",
			 (plk_bpf_parse((struct plk_span){(const uint8_t *)program, sizeof program},
					&got) == PLK_OK) ==
				 (kernel_takes(program, COUNT(program)) && !returns_a));
	}
	rows_end(&r);
}

/* As many instructions as there may be, one more, and pieces of one. */
static void
test_lengths(void **state)
{
	static struct sock_filter code[PLK_BPF_MAX + 1];
	const struct plk_span all = {(const uint8_t *)code, sizeof code};
	struct rows r;

	(void)state;
	for (size_t i = 0; i < COUNT(code); i++)
		code[i] = (struct sock_filter)RET;
	rows_begin(&r, "lengths");
	row_begin_text(&r, "longest");
	row_err(&r, plk_bpf_parse((struct plk_span){all.p, PLK_BPF_BYTES}, &got), PLK_OK);
	row_number(&r, "n", got.n, 4087);
	mark(&got, sizeof got);
	row_begin_text(&r, "one more");
	row_err(&r, plk_bpf_parse(all, &got), PLK_E_LIMIT);
	for (size_t n = 0; n < 3 * PLK_BPF_INSN; n++) {
		struct plk_span in = exact_new(code, n);

		if (n == PLK_BPF_INSN || n == 2 * PLK_BPF_INSN) {
			exact_free(in);
			continue;
		}
		row_begin_text(&r, "%zu bytes", n);
		row_err(&r, plk_bpf_parse(in, &got), PLK_E_SHORT);
		exact_free(in);
	}
	row_true(&r, "untouched", untouched(&got, sizeof got));
	rows_end_strict(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
