#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What prove.py refuses to read: a policy or a program that it could take for another one. Needs no CBMC."""

import sys

import prove

LINES_GOOD = (
    ("exit_group", ()),
    ("read 0=3", ((0, "3", "3"),)),
    ("read 0=A..B 5=(C|D)<<1", ((0, "A", "B"), (5, "(C|D)<<1", "(C|D)<<1"))),
    ("close_range 1=~0u", ((1, "~0u", "~0u"),)),
)
LINES_BAD = (
    "read  0=3", "read 0=3 ", " read", "read\t0=3", "Read", "read 6=1", "read 0", "read 0=", "read 00=1", "read 0 = 3",
    "read 0=3,1=4", "read 0==3", "read 0=a;b", 'read 0="a"', "read 0=1 0=2", "read 0=1{", "read # all",
)

KILL = "6 0 0 2147483648"
PROGRAMS_GOOD = (
    [KILL],
    ["32 0 0 4", "21 0 1 5", "84 0 0 255", KILL],
    ["5 0 0 1", KILL, "6 0 0 2147418112"],
    ["32 0 0 60", "37 1 0 4294967295", "53 0 0 1", "69 0 0 1", KILL],
)
PROGRAMS_BAD = (
    [],
    ["32 0 0 0"],  # falls off the end
    ["21 0 1 5", KILL],  # jf leaves
    ["21 1 0 5", KILL],  # jt leaves
    ["5 0 0 1", KILL],
    ["5 0 0 4294967295", KILL],  # not a jump backwards
    ["32 0 0 64", KILL], ["32 0 0 2", KILL], ["32 0 0 4294967292", KILL],  # not a word of struct seccomp_data
    ["22 0 0 0", KILL],  # ret a
    ["128 0 0 0", KILL], ["40 0 0 0", KILL], ["48 0 0 0", KILL],  # ld len, ldh, ldb
    ["4 0 0 1", KILL], ["92 0 0 0", KILL], ["29 0 0 0", KILL],  # add #k, and x, jeq x
    ["2 0 0 0", KILL], ["96 0 0 0", KILL], ["7 0 0 0", KILL],  # st, ld M[], tax
    ["6 1 0 0"], ["32 0 1 0", KILL],
    ["-1 0 0 0", KILL], ["6 0 0"], ["6 0 0 0 0"], ["6 0 0 4294967296"], ["0x6 0 0 0"], ["", KILL], ["32 0 256 0", KILL],
    [KILL] * 4097,
)


def refused(what, *arguments):
    try:
        what(*arguments)
    except prove.Wrong:
        return True
    return False


def program_parse(lines):
    return prove.program_parse("\n".join(lines))


def wrong_rows():
    for text, conditions in LINES_GOOD:
        if prove.line_parse("x:1", text).conditions != conditions:
            yield f"line '{text}'"
    for text in LINES_BAD:
        if not refused(prove.line_parse, "x:1", text):
            yield f"taken: '{text}'"
    for lines in PROGRAMS_GOOD:
        if len(program_parse(lines)) != len(lines):
            yield f"program {lines}"
    for lines in PROGRAMS_BAD:
        if not refused(program_parse, lines):
            yield f"taken: {lines[:3]}"
    # The interpreter that confirms what CBMC finds: A > k, A >= k and A & k at their edges.
    for code, (a, k), then in ((37, (5, 5), 0), (37, (6, 5), 1), (53, (5, 5), 1), (53, (4, 5), 0), (69, (4, 4), 1), (69, (4, 3), 0)):
        program = program_parse(["32 0 0 0", f"{code} 0 1 {k}", "6 0 0 1", "6 0 0 0"])
        if prove.program_run(program, {"nr": a})[0] != then:
            yield f"code {code}: {a}, {k}"


def main():
    wrong = list(wrong_rows())
    print(*wrong, sep="\n")
    rows = sum(map(len, (LINES_GOOD, LINES_BAD, PROGRAMS_GOOD, PROGRAMS_BAD)))
    print(f"{rows} rows, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
