#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Prove that the exported seccomp filters permit what sandbox/*.syscalls say, and nothing else.

usage: prove.py FILTERTOOL [options], see --help

Theory of operation. For every profile and architecture two C functions are written, of the words of one struct seccomp_data:
policy() says what the .syscalls files say, one "if" a line; program() is the filter that "FILTERTOOL PROFILE ARCH bpf" prints,
one statement an instruction. Classic BPF jumps only forward, so that "goto" is enough and nothing loops. CBMC then decides, for
all 2^512 values of the words at once, whether both return the same: ALLOW for what is permitted, KILL_PROCESS for the rest,
which includes any other architecture and the numbers of x32.

This file reads the policy, the constants and the call numbers by itself and shares nothing with what makes the filter: numbers
come from the kernel's headers, the filter's from libseccomp.

Trusted: this file's reading of the policy and of BPF, the C compiler for the values of constants, CBMC, and that the kernel runs
classic BPF as it is written. Not proved: that the policy is wise, and that the processes load this program (the tests
sandbox.profile and netns try them). Constants have the values of the machine that proves: where an architecture gives another
value to a name, the proof for that architecture is about this machine's value.

So that a proof cannot succeed for want of power, filters and policies with one change each must be refuted, and what CBMC says
about a difference is run again here, by an interpreter of the same program.
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SKIPPED = 77

ALLOW = 0x7FFF0000
KILL_PROCESS = 0x80000000
KILL_THREAD = 0
RETURNS = {ALLOW: "ALLOW", KILL_PROCESS: "KILL_PROCESS", KILL_THREAD: "KILL_THREAD"}
X32_BIT = 0x40000000
MAX_U64 = 2**64 - 1
MAX_INSTRUCTIONS = 4096  # BPF_MAXINSNS

# The file of each part, and what it is compiled with.
WORKER = ("worker", ())
WORKER_MANY = ("worker", ("-DPLK_MANY_PORTS",))
PROFILES = {
    "front": (("front", ()),),
    "front-control": (("front", ()), ("control", ())),
    "broker": (("broker", ()),),
    "worker": (WORKER,),
    "worker-many": (WORKER_MANY,),
    "supervisor": (("supervisor", ()), ("exec", ()), WORKER, WORKER_MANY),
}
# What is added for one architecture.
ONLY = {("supervisor", "aarch64"): (("exec-aarch64", ()),)}


class Arch(NamedTuple):
    audit: int  # AUDIT_ARCH_...
    header: str  # that defines the call numbers
    wants: tuple  # what the architecture's <asm/unistd.h> defines before it includes that header


ARCHES = {
    "x86_64": Arch(0xC000003E, "asm/unistd_64.h", ()),
    "aarch64": Arch(0xC00000B7, "asm-generic/unistd.h",
                    ("RENAMEAT", "NEW_STAT", "SET_GET_RLIMIT", "TIME32_SYSCALLS", "SYS_CLONE3", "MEMFD_SECRET")),
}


class Wrong(Exception):
    """The proof failed, or could not be made."""


# ---- the policy

LINE = re.compile(r"[a-z_][a-z0-9_]*( [0-5]=[A-Za-z0-9_|&^~+*/()<>.-]+)*")


class Line(NamedTuple):
    where: str  # FILE:LINE
    call: str
    conditions: tuple  # of (argument, expression of LO, expression of HI)


class Rule(NamedTuple):
    where: str
    call: str
    nr: int
    bounds: dict  # argument: (lo, hi), both inclusive


def condition_parse(text):
    argument, values = text.split("=", 1)
    low, dots, high = values.partition("..")
    return int(argument), low, high if dots else low


def line_parse(where, text):
    if not LINE.fullmatch(text):
        raise Wrong(f"{where}: not a call with conditions: '{text}'")
    call, *conditions = text.split(" ")
    conditions = tuple(map(condition_parse, conditions))
    arguments = [argument for argument, _, _ in conditions]
    if len(set(arguments)) != len(arguments):
        raise Wrong(f"{where}: two conditions for one argument")
    return Line(where, call, conditions)


def policy_read(path):
    lines = enumerate(path.read_text(encoding="ascii").splitlines(), 1)
    return [line_parse(f"{path.name}:{n}", text) for n, text in lines if text and not text.startswith("#")]


class Compiler:
    def __init__(self, command, includes):
        self.command = [command, *(f"-I{directory}" for directory in includes)]

    def run(self, *arguments, text=""):
        done = subprocess.run([*self.command, "-x", "c", *arguments, "-"], input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Wrong(f"the compiler refuses:\n{done.stderr}")
        return done.stdout

    def constants(self, lines, defines):
        """The values of all conditions, in their order, two each."""
        source = ['#include "sandbox/constants.h"', "#include <stdio.h>", "static const unsigned long long values[] = {"]
        for line in lines:
            name, number = line.where.split(":")
            for _, low, high in line.conditions:
                source += [f'#line {number} "{name}"', f"(unsigned long long)({low}), (unsigned long long)({high}),"]
        source += ["0};", "int main(void)", "{", "\tfor (size_t i = 0; i + 1 < sizeof values / sizeof *values; i++)",
                   '\t\tprintf("%llu\\n", values[i]);', "}"]
        with tempfile.TemporaryDirectory() as directory:
            binary = os.path.join(directory, "constants")
            self.run("-w", "-D_GNU_SOURCE", *defines, "-o", binary, text="\n".join(source) + "\n")
            return [int(word) for word in subprocess.run([binary], capture_output=True, check=True).stdout.split()]

    def call_numbers(self, arch):
        wants = (f"#define __ARCH_WANT_{name}\n" for name in arch.wants)
        macros = self.run("-E", "-dM", text="".join(wants) + f"#include <{arch.header}>\n")
        defined = dict(re.findall(r"^#define (__NR\w+) (\w+)$", macros, re.MULTILINE))
        numbers = {}
        for name, value in defined.items():
            while value in defined:  # __NR_fcntl is __NR3264_fcntl is 25
                value = defined[value]
            if name.startswith("__NR_") and value.isdecimal():
                numbers[name.removeprefix("__NR_")] = int(value)
        if len(numbers) < 250 or max(numbers.values()) >= X32_BIT:
            raise Wrong(f"<{arch.header}> does not have the call numbers")
        return numbers


def bounds_of(line, values):
    bounds = {}
    for argument, low, high in line.conditions:
        bounds[argument] = (next(values), next(values))
        if bounds[argument][0] > bounds[argument][1]:
            raise Wrong(f"{line.where}: {low}..{high} is empty")
    return bounds


def rules_make(profile, arch, directory, compiler):
    numbers = {name: compiler.call_numbers(ARCHES[name]) for name in ARCHES}
    rules = []
    for name, defines in (*PROFILES[profile], *ONLY.get((profile, arch), ())):
        lines = policy_read(directory / f"{name}.syscalls")
        values = iter(compiler.constants(lines, defines))
        for line in lines:
            bounds = bounds_of(line, values)
            if not any(line.call in table for table in numbers.values()):
                raise Wrong(f"{line.where}: no architecture has the call {line.call}")
            if line.call in numbers[arch]:
                rules.append(Rule(line.where, line.call, numbers[arch][line.call], bounds))
    if not rules:
        raise Wrong(f"{profile}: an empty policy")
    return rules


# ---- the program

# struct seccomp_data in words of 32 bits, of a little-endian machine.
WORDS = ("nr", "arch", "ip_low", "ip_high", *(f"a{n}_{half}" for n in range(6) for half in ("low", "high")))

LOAD, AND, JUMP, RETURN = 0x20, 0x54, 0x05, 0x06  # ld [k]; and #k; ja k; ret #k
TESTS = {0x15: "A == {k}u", 0x25: "A > {k}u", 0x35: "A >= {k}u", 0x45: "(A & {k}u) != 0u"}  # jeq, jgt, jge, jset


class Instruction(NamedTuple):
    code: int
    jt: int
    jf: int
    k: int


def program_parse(text):
    program = []
    for line in text.splitlines():
        if not re.fullmatch(r"\d+ \d+ \d+ \d+", line):
            raise Wrong(f"not an instruction: '{line}'")
        program.append(Instruction(*map(int, line.split())))
    if not 0 < len(program) <= MAX_INSTRUCTIONS:
        raise Wrong(f"{len(program)} instructions")
    for at, one in enumerate(program):
        instruction_check(at, one, len(program))
    return program


def instruction_check(at, one, length):
    """Refuse what a filter of ours does not need, also where the kernel would take it: what is not understood is not proved."""
    if one.code > 0xFFFF or one.jt > 0xFF or one.jf > 0xFF or one.k > 0xFFFFFFFF:
        raise Wrong(f"instruction {at}: out of range: {one}")
    if one.code not in (LOAD, AND, JUMP, RETURN, *TESTS):
        raise Wrong(f"instruction {at}: code {one.code:#x}")
    if one.code not in TESTS and (one.jt or one.jf):
        raise Wrong(f"instruction {at}: not a test, but has targets")
    if one.code == LOAD and (one.k % 4 or one.k >= 4 * len(WORDS)):
        raise Wrong(f"instruction {at}: no word of struct seccomp_data at {one.k}")
    if any(target >= length for target in targets(at, one)):
        raise Wrong(f"instruction {at}: leaves the program")


def targets(at, one):
    """The instructions that may be next."""
    if one.code == RETURN:
        return ()
    if one.code == JUMP:
        return (at + 1 + one.k,)
    if one.code in TESTS:
        return (at + 1 + one.jt, at + 1 + one.jf)
    return (at + 1,)


def program_run(program, words):
    """What the program returns, and the instructions it executed."""
    tests = {0x15: int.__eq__, 0x25: int.__gt__, 0x35: int.__ge__, 0x45: lambda a, k: a & k != 0}
    accumulator, at, path = 0, 0, []
    while True:
        one = program[at]
        path.append(at)
        if one.code == RETURN:
            return one.k, path
        if one.code == LOAD:
            accumulator = words[WORDS[one.k // 4]]
        elif one.code == AND:
            accumulator &= one.k
        following = targets(at, one)
        at = following[0] if one.code not in TESTS or tests[one.code](accumulator, one.k) else following[1]


def policy_run(arch, rules, words):
    arguments = [words[f"a{n}_high"] << 32 | words[f"a{n}_low"] for n in range(6)]
    for rule in rules:
        if words["arch"] == ARCHES[arch].audit and words["nr"] == rule.nr:
            if all(low <= arguments[n] <= high for n, (low, high) in rule.bounds.items()):
                return ALLOW
    return KILL_PROCESS


# ---- both as C

def program_c(program):
    lines = ["static u32 program(void)", "{", "\tu32 A = 0u;"]
    landed = {target for at, one in enumerate(program) if one.code in (JUMP, *TESTS) for target in targets(at, one)}
    for at, one in enumerate(program):
        label = f"L{at}:" if at in landed else ""
        lines.append(f"{label}\t{statement_c(at, one)}")
    return [*lines, "}"]


def statement_c(at, one):
    if one.code == LOAD:
        return f"A = {WORDS[one.k // 4]};"
    if one.code == AND:
        return f"A &= {one.k}u;"
    if one.code == RETURN:
        return f"return {one.k}u;"
    if one.code == JUMP:
        return f"goto L{targets(at, one)[0]};"
    then, otherwise = targets(at, one)
    return f"if ({TESTS[one.code].format(k=one.k)}) goto L{then}; else goto L{otherwise};"


def policy_c(arch, rules):
    lines = ["static u32 policy(void)", "{", f"\tif (arch != {ARCHES[arch].audit}u)", f"\t\treturn {KILL_PROCESS}u;"]
    for rule in rules:
        terms = [f"nr == {rule.nr}u"]
        for n, (low, high) in rule.bounds.items():
            terms += [f"a{n} >= {low}ull"] if low > 0 else []
            terms += [f"a{n} <= {high}ull"] if high < MAX_U64 else []
        lines += [f"\tif ({' && '.join(terms)}) /* {rule.where} {rule.call} */", f"\t\treturn {ALLOW}u;"]
    return [*lines, f"\treturn {KILL_PROCESS}u;", "}"]


def harness_c(arch, program, rules):
    arguments = [f"a{n}" for n in range(6)]
    return "\n".join([
        "typedef unsigned int u32;", "typedef unsigned long long u64;", "u32 nondet_word(void);",
        f"static u32 {', '.join(WORDS)};", f"static u64 {', '.join(arguments)};",
        *policy_c(arch, rules), *program_c(program),
        "int main(void)", "{",
        *(f"\t{word} = nondet_word();" for word in WORDS),
        *(f"\t{a} = ((u64){a}_high << 32) | (u64){a}_low;" for a in arguments),
        "\tu32 got = program();", "\tu32 want = policy();",
        '\t__CPROVER_assert(got == want, "the program is the policy");',
        "}", ""])


# ---- the proof

CHECKS = ("--bounds-check", "--pointer-check", "--pointer-overflow-check", "--signed-overflow-check", "--unsigned-overflow-check",
          "--conversion-check", "--undefined-shift-check", "--div-by-zero-check", "--unwinding-assertions")
PROVED = re.compile(r"^\[main\.assertion\.1\] .* the program is the policy: SUCCESS$", re.MULTILINE)
ASSIGNED = re.compile(r"^\s*(\w+)=\d+u? \(([01 ]+)\)$", re.MULTILINE)


class Claim(NamedTuple):
    title: str
    arch: str
    program: list
    rules: list


def difference(claim, cbmc):
    """The words for which program and policy differ; None when it is proved that there are none."""
    with tempfile.TemporaryDirectory() as directory:
        source = os.path.join(directory, "harness.i")  # .i: nothing to preprocess
        with open(source, "w", encoding="ascii") as file:
            file.write(harness_c(claim.arch, claim.program, claim.rules))
        done = subprocess.run([cbmc, *CHECKS, "--trace", source], capture_output=True, text=True, check=False)
    successful = "\nVERIFICATION SUCCESSFUL\n" in done.stdout
    if done.returncode == 0 and successful and PROVED.search(done.stdout):
        return None
    if done.returncode != 10 or successful:
        raise Wrong(f"{claim.title}: cbmc ended with {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    values = {name: int(bits.replace(" ", ""), 2) for name, bits in ASSIGNED.findall(done.stdout)}
    return confirmed(claim, {word: values.get(word, 0) for word in WORDS}, done.stdout)


def confirmed(claim, words, output):
    if program_run(claim.program, words)[0] == policy_run(claim.arch, claim.rules, words):
        raise Wrong(f"{claim.title}: cbmc failed, but its example is none: {describe(claim, words)}\n{output[-4000:]}")
    return words


def describe(claim, words):
    calls = {rule.nr: rule.call for rule in claim.rules}
    audit = {arch.audit: name for name, arch in ARCHES.items()}
    returned = program_run(claim.program, words)[0]
    arguments = (f"a{n}={words[f'a{n}_high'] << 32 | words[f'a{n}_low']:#x}" for n in range(6))
    return (f"arch={words['arch']:#x} ({audit.get(words['arch'], 'foreign')}) nr={words['nr']} ({calls.get(words['nr'], '?')}) "
            f"{' '.join(arguments)}: program {RETURNS.get(returned, hex(returned))}, "
            f"policy {RETURNS[policy_run(claim.arch, claim.rules, words)]}")


def prove(claim, cbmc):
    began = time.monotonic()
    words = difference(claim, cbmc)
    if words:
        raise Wrong(f"{claim.title}: the filter is not the policy: {describe(claim, words)}")
    calls = len({rule.nr for rule in claim.rules})
    return (f"{claim.title}: {len(claim.program)} instructions are {len(claim.rules)} rules of {calls} calls "
            f"({time.monotonic() - began:.1f} s)")


def refute(claim, cbmc):
    words = difference(claim, cbmc)
    if not words:
        raise Wrong(f"{claim.title}: this was proved, and is wrong: the proof proves nothing")
    return f"refuted, {claim.title}: {describe(claim, words)}"


# ---- that the proof can fail

def witness(arch, rule, changes=()):
    """Words that the rule permits, its arguments at their low bounds; and then changed."""
    words = dict.fromkeys(WORDS, 0) | {"nr": rule.nr, "arch": ARCHES[arch].audit}
    for n, (low, _) in rule.bounds.items():
        words |= {f"a{n}_low": low & 0xFFFFFFFF, f"a{n}_high": low >> 32}
    return words | dict(changes)


def replaced(items, at, **changes):
    return [*items[:at], items[at]._replace(**changes), *items[at + 1:]]


def widened(arch, rules):
    """Rules with one upper bound one higher, which no other rule permits anyhow."""
    for at, rule in enumerate(rules):
        for n, (low, high) in rule.bounds.items():
            if low < high < MAX_U64:
                beyond = {f"a{n}_low": (high + 1) & 0xFFFFFFFF, f"a{n}_high": (high + 1) >> 32}
                if policy_run(arch, rules, witness(arch, rule, beyond)) == KILL_PROCESS:
                    return replaced(rules, at, bounds=rule.bounds | {n: (low, high + 1)})
    return None


def dropped(arch, rules):
    """Rules without one, the work of which no other does."""
    for at, rule in enumerate(rules):
        fewer = rules[:at] + rules[at + 1:]
        if rule.bounds and policy_run(arch, fewer, witness(arch, rule)) == KILL_PROCESS:
            return fewer
    return None


def mutants(claim):
    """Claims with one change each, none of which holds."""
    arch, program, rules = claim.arch, claim.program, claim.rules
    _, path = program_run(program, witness(arch, rules[0]))
    number = next(at for at in path if program[at].code == 0x15 and program[at].k == rules[0].nr)
    _, foreign = program_run(program, witness(arch, rules[0], {"arch": 1}))
    _, x32 = program_run(program, witness(arch, rules[0], {"nr": rules[0].nr | X32_BIT}))
    test = program[number]
    yield "a number in the program", replaced(program, number, k=test.k ^ 1), rules
    yield "swapped targets in the program", replaced(program, number, jt=test.jf, jf=test.jt), rules
    yield "a foreign architecture kills a thread only", replaced(program, foreign[-1], k=KILL_THREAD), rules
    yield "x32 is permitted", replaced(program, x32[-1], k=ALLOW), rules
    yield "a rule of the policy dropped", program, dropped(arch, rules)
    yield "a range of the policy widened", program, widened(arch, rules)


def mutant_claims(claims):
    """Of every claim; each change must be possible somewhere."""
    changed, needed = [], set()
    for claim in claims:
        for what, program, rules in mutants(claim):
            needed.add(what)
            if rules:
                changed.append((what, Claim(f"{claim.title}, {what}", claim.arch, program, rules)))
    missing = needed - {what for what, _ in changed}
    if missing:
        raise Wrong(f"not shown that the proof can fail, no profile has what it takes for: {', '.join(missing)}")
    return [claim for _, claim in changed]


# ---- the command

def claim_make(profile, arch, options, compiler):
    done = subprocess.run([options.filtertool, profile, arch, "bpf"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Wrong(f"{options.filtertool} {profile} {arch} bpf: exit status {done.returncode}\n{done.stderr}")
    with within(f"{profile} {arch}"):
        return Claim(f"{profile} {arch}", arch, program_parse(done.stdout),
                     rules_make(profile, arch, options.policy, compiler))


@contextlib.contextmanager
def within(title):
    try:
        yield
    except Wrong as wrong:
        raise Wrong(f"{title}: {wrong}") from None


def all_of(work, claims, cbmc):
    """What each says; failures are printed."""
    said = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for future in [pool.submit(work, claim, cbmc) for claim in claims]:
            try:
                said.append(future.result())
            except Wrong as wrong:
                print(f"FAILED {wrong}", flush=True)
    return said


def prove_all(claims, cbmc, verbose):
    """0, or 1 when a proof fails, or succeeds where it must not."""
    proved = all_of(prove, claims, cbmc)
    print(*proved, sep="\n")
    if len(proved) < len(claims):
        return 1
    changed = mutant_claims(claims)
    refuted = all_of(refute, changed, cbmc)
    print(*(refuted if verbose else refuted[:1]), sep="\n")
    print(f"{len(refuted)} of {len(changed)} filters and policies with one change refuted")
    return 0 if len(refuted) == len(changed) else 1


def cbmc_find(cbmc):
    if cbmc.exists():
        return str(cbmc)
    print(f"{cbmc} is missing: run ci/install-cbmc.sh, which puts it into build/tools/cbmc", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") else SKIPPED)


def arguments_parse():
    parser = argparse.ArgumentParser(description="Prove that the seccomp filters are the policy.")
    parser.add_argument("filtertool", help="prints a filter: FILTERTOOL PROFILE ARCH bpf")
    parser.add_argument("--policy", type=pathlib.Path, default=ROOT / "sandbox", help="directory of the .syscalls files")
    parser.add_argument("--include", action="append", default=[], help="where sandbox/constants.h and what it includes are")
    parser.add_argument("--cbmc", type=pathlib.Path, default=ROOT / "build/tools/cbmc/cbmc")
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--profile", action="append", choices=PROFILES, help="only this one")
    parser.add_argument("--verbose", action="store_true", help="print every difference that CBMC found between changed ones")
    return parser.parse_args()


def main():
    options = arguments_parse()
    cbmc = cbmc_find(options.cbmc)
    compiler = Compiler(options.cc, options.include or [ROOT, ROOT / "src"])
    try:
        claims = [claim_make(profile, arch, options, compiler) for profile in options.profile or PROFILES for arch in ARCHES]
        return prove_all(claims, cbmc, options.verbose)
    except Wrong as wrong:
        print(f"FAILED {wrong}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
