# SPDX-License-Identifier: BSD-2-Clause
"""What strace saw of the four processes, as numbers, and what their lists of system calls permit."""

import re

import plk
import prove

STRACE = "/usr/bin/strace"
EXPERIMENT = 0x411  # flags of the clone() that makes the namespaces: CLONE_FILES|SIGCHLD

CALL = re.compile(r"(\w+)\(((?:0x[0-9a-f]+|\d+)?(?:, (?:0x[0-9a-f]+|\d+))*)(?:\)| <unfinished| <detached)(?:.*= (-?\w+))?")
ENDINGS = ("+++ ", "--- ", "<... ", "strace: ")


class Call:
    """One system call: name, arguments, and what came out if it is known."""

    def __init__(self, name, args, result):
        self.name = name
        self.args = args
        self.result = result

    def __str__(self):
        return f"{self.name}({', '.join(hex(arg) for arg in self.args)})"


def command(prefix):
    """Words that start a command under strace, in the same process: one file for each process, all arguments as numbers."""
    # -D: strace is a child of what it looks at, so that the process that we start is the supervisor
    return [STRACE, "-D", "-ff", "-qq", "-e", "raw=all", "-o", prefix]


def calls_of(path):
    calls = []
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(ENDINGS) or line.startswith("????"):
                continue
            found = CALL.match(line)
            plk.check(found, f"not understood: {line!r}")
            args = [int(word, 0) for word in found.group(2).split(", ") if word]
            calls.append(Call(found.group(1), args, found.group(3)))
    return calls


def index_of(calls, name, start=0):
    """Where a call of that name that did not fail is; the length if there is none."""
    return next((i for i in range(start, len(calls)) if calls[i].name == name and not (calls[i].result or "").startswith("-")),
                len(calls))


class Trace:
    """The calls of one run, by whose list permits them: parts = {"supervisor": [Call, ...], "exec": ..., ...}."""

    def __init__(self, prefix, supervisor):
        self.parts = {name: [] for name in ("supervisor", "exec", "front", "broker", "worker")}
        self.workers = 0
        self.prefix = prefix
        calls = calls_of(f"{prefix}.{supervisor}")
        sealed = index_of(calls, "seccomp")
        plk.check(sealed < len(calls), "the supervisor did not load its filter")
        self.parts["supervisor"] += calls[sealed + 1 :]
        children = [(i > sealed, call) for i, call in enumerate(calls) if call.name == "clone"]
        self._before([int(call.result, 16) for late, call in children if not late and call.args[0] != EXPERIMENT])
        for late, call in children:
            if late and call.result and not call.result.startswith("-"):
                self._worker(f"{prefix}.{int(call.result, 16)}")

    def _before(self, pids):
        for name, pid in zip(("broker", "front"), pids):
            calls = calls_of(f"{self.prefix}.{pid}")
            self.parts[name] += calls[index_of(calls, "seccomp") + 1 :]

    def _worker(self, path):
        calls = calls_of(path)
        started = index_of(calls, "execveat")
        sealed = index_of(calls, "seccomp", started)
        self.parts["supervisor"] += calls[: started + 1]
        self.parts["exec"] += calls[started + 1 : sealed + 1]
        self.parts["worker"] += calls[sealed + 1 :]
        self.workers += sealed < len(calls)


class Line:
    """A line of a list: a call, and between what its arguments must lie."""

    def __init__(self, call, bounds, text):
        self.call = call
        self.bounds = bounds
        self.text = text

    def permits(self, call):
        return self.call == call.name and all(
            argument < len(call.args) and low <= call.args[argument] <= high for argument, (low, high) in self.bounds.items())


def lists(many=False):
    """The lists, {name: [Line, ...]}, with the numbers of a daemon of few or of many ports."""
    compiler = prove.Compiler("cc", [str(prove.ROOT)])
    found = {}
    for name in ("supervisor", "exec", "front", "control", "broker", "worker"):
        lines = prove.policy_read(prove.ROOT / "sandbox" / f"{name}.syscalls")
        values = iter(compiler.constants(lines, ("-DPLK_MANY_PORTS",) if many else ()))
        found[name] = [Line(line.call, prove.bounds_of(line, values), text_of(line)) for line in lines]
    return found


def text_of(line):
    conditions = (f" {argument}={low}" + (f"..{high}" if low != high else "") for argument, low, high in line.conditions)
    return line.call + "".join(conditions)
