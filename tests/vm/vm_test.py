# SPDX-License-Identifier: BSD-2-Clause
"""The finished binaries on Debian's own kernel, in an emulated machine: they work there, and say what is different.

    vm_test.py --bin=DIRECTORY --program=PROGRAM [--kernel=PACKAGE]

Boots the kernel twice (machine.py): as it is, and with Landlock switched off. In it smoke.sh says what it sees, and this
file judges that. Where we are root the same smoke.sh also runs on the machine's own kernel, and what differs is printed as
a table.
"""

import os
import re
import subprocess
import sys

import machine
from machine import HERE, ROLES, ROOT, USER, Failure, check, equal

NAMESPACES = ("user", "mount", "net", "ipc", "uts")
CAP_NET_RAW = 1 << 13

# The first kernel with this version of Landlock, and with PR_SET_MDWE.
LANDLOCK = {1: (5, 13), 2: (5, 19), 3: (6, 2), 4: (6, 7), 5: (6, 10), 6: (6, 12), 7: (6, 15)}
MDWE = (6, 3)


def own_kernel(options):
    """The same on this machine's kernel, to compare with: whether it is right is for the netns tests to say."""
    if os.geteuid() != 0:
        print("not root: nothing to compare with on this machine's own kernel")
        return None
    try:
        done = subprocess.run([ROOT / "tests/netns/world.sh", HERE / "smoke.sh", "serve", "own", options.bin, options.program],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        print("on this machine's own kernel it did not end")
        return None
    own = machine.phases_of(done.stdout.splitlines()).get("own")
    if own is None or own.all("failed"):
        print(f"on this machine's own kernel it failed:\n{done.stdout}")
    return own


# ---------------------------------------------------------------------------------------------------------------------
# What is expected


def landlock_of(version):
    return max(number for number, since in LANDLOCK.items() if since <= version)


def check_confined(phase, namespaces):
    """What the processes say of themselves fits the kernel, and for each of them there is a line."""
    version = phase.version()
    newest = max(LANDLOCK)
    confined = phase.confined()
    equal({role: len(said) for role, said in confined.items()},
          {"supervisor": 1, "broker": 1, "front": 1, "worker": 2}, "lines 'confined'")  # fmt: skip
    for role, said in confined.items():
        for fields in said:
            landlock = min(int(fields["landlock"]), newest)  # a later kernel has a later version
            equal(landlock, landlock_of(version), f"landlock= of the {role}")
            equal(fields["mdwe"], "yes" if version >= MDWE else "no", f"mdwe= of the {role}")
            for name in ("capabilities", "bounding"):
                equal(fields[name], "net_raw" if role == "broker" else "none", f"{name}= of the {role}")
            equal(fields["securebits"], "locked", f"securebits= of the {role}")
            check(int(fields["calls"]) > 0 and int(fields["conditions"]) > 0, f"no filter in the {role}")
            equal(fields.get("namespaces"), namespaces if role == "worker" else None, f"namespaces= of the {role}")


def check_processes(phase):
    """And what the kernel says of them is the same."""
    for role in ROLES:
        process = dict(line.split(" ", 1) for line in phase.all(f"process {role}"))
        equal(process["Seccomp"], "2", f"Seccomp of the {role}")
        equal(process["NoNewPrivs"], "1", f"NoNewPrivs of the {role}")
        equal(set(process["Uid"].split()), {str(USER)}, f"Uid of the {role}")
        for name in ("CapPrm", "CapEff", "CapBnd"):
            equal(int(process[name], 16), CAP_NET_RAW if role == "broker" else 0, f"{name} of the {role}")
        for name in ("CapInh", "CapAmb"):
            equal(int(process[name], 16), 0, f"{name} of the {role}")


def check_namespaces(phase, own):
    """Those in own are the worker's, and with a mount namespace its root is an empty directory."""
    kinds = dict(line.split(" ", 1) for line in phase.all("namespace"))
    expected = {name.replace("mount", "mnt"): "own" if name in own else "of all" for name in NAMESPACES}
    equal({kind: kinds[kind] for kind in expected}, expected, "namespaces of the worker")
    if "mount" in own:
        equal(phase.one("root"), "0 entries", "root of the worker")
        mounts = [line.split() for line in phase.all("mount")]
        equal(len(mounts), 1, "mounts that the worker sees")
        equal((mounts[0][4], mounts[0][5].split(",")[:4]), ("/", ["ro", "nosuid", "nodev", "noexec"]), "its root")


def check_served(phase, own, reason=""):
    """own: which namespaces the worker has; reason: why not all"""
    equal(phase.all("failed"), [], "what failed")
    check_confined(phase, (",".join(own) or "none") + (f" ({reason})" if reason else ""))
    check_processes(phase)
    check_namespaces(phase, own)
    ways = [f"{way} 3" for way in ("capture", "inject", "attach-in", "attach-out")]
    equal(phase.all("frames first"), ways, "frames of each way")
    equal(phase.one("replaced"), "yes", "another worker")
    equal(phase.all("frames second"), ways, "frames of each way, with the other worker")
    equal(phase.one("status"), "0", "exit status after SIGTERM")
    check_nothing_left(phase)
    wrong = [line for line in phase.all("log") if " error: " in line and "was killed by signal 9" not in line]
    equal(wrong, [], "errors in the log")


def check_refused(phase, pattern):
    equal(phase.one("status"), "1", "exit status")
    said = phase.all("log")
    check(any(re.search(pattern, line) for line in said), f"no line of the log fits {pattern!r}: {said}")
    check(not any(" ready " in line for line in said), "it said that it is ready")
    check_nothing_left(phase)


def check_nothing_left(phase):
    equal(sorted(phase.all("left")), ["processes 0", "sockets 0"], "what is left")


EXPECTED = {
    # as on any machine
    "whole": lambda phase: check_served(phase, NAMESPACES),
    # pivot_root(2) cannot leave the initial root file system
    "initial-root": lambda phase: check_served(phase, ("user", "net", "ipc", "uts"), "Invalid argument"),
    "initial-root-required": lambda phase: check_refused(phase, r"--require: 'namespaces'.*Invalid argument"),
    # user.max_user_namespaces=0
    "no-namespaces": lambda phase: check_served(phase, (), "No space left on device"),
    "namespaces-required": lambda phase: check_refused(phase, r"--require: 'namespaces'.*No space left on device"),
    # lsm= without landlock
    "no-landlock": lambda phase: check_refused(phase, r"error: .*Landlock"),
}


# ---------------------------------------------------------------------------------------------------------------------
# What is shown


def table(columns):
    """Rows of what the processes say where they do not all say the same; columns: (title, Phase)."""
    rows = [("", *(title for title, _ in columns))]
    said = [phase.confined() for _, phase in columns]
    for role in ROLES:
        firsts = [one[role][0] if one[role] else {} for one in said]
        for name in dict.fromkeys(name for fields in firsts for name in fields):
            values = tuple(fields.get(name, "-") for fields in firsts)
            if len(set(values)) > 1:
                rows.append((f"{role} {name}", *values))
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)


def shown(phase):
    """The lines that people want to see."""
    lines = []
    for role in ROLES:
        said = [line.expandtabs(1).split(" ") for line in phase.all(f"process {role}")]
        lines.append(f"{role}: " + " ".join(f"{name}={values[0].lstrip('0') or '0'}" for name, *values in said))
    lines.append("namespaces of the worker: " + ", ".join(phase.all("namespace")))
    lines.append(f"root of the worker: {', '.join(phase.all('root'))}; mounted: {', '.join(phase.all('mount'))}")
    lines += [line for line in phase.all("log") if " confined " in line or " error: " in line]
    for when in ("first", "second"):
        lines.append(f"frames, {when} worker: " + ", ".join(phase.all(f"frames {when}")))
    lines.append(f"exit status {', '.join(phase.all('status'))}; left: {', '.join(phase.all('left'))}")
    return "\n".join(f"    {line}" for line in lines)


def main():
    options = machine.arguments_parse("Run pktlockd on a kernel of Debian's, in an emulated machine.")
    vm = machine.Machine(options)
    failed = 0
    seen = {}
    for what, more in (("whole", ""), ("no-landlock", "lsm=lockdown,yama,integrity,apparmor")):
        try:
            seen.update(vm.boot(what, more))
        except Failure as failure:
            print(f"FAILED {failure}")
            failed += 1
    failed += machine.judge(seen, EXPECTED)
    if "whole" in seen:
        print(f"\nas seen on {seen['whole'].one('kernel')}:\n{shown(seen['whole'])}")
        columns = [(name, seen[name]) for name in ("whole", "initial-root", "no-namespaces") if name in seen]
        titles = [(f"{phase.one('kernel').split('-')[0]} {name}", phase) for name, phase in columns]
        own = own_kernel(options)
        if own:
            titles.append((f"own {own.one('kernel').split('-')[0]}", own))
        print(f"\nwhere they differ:\n{table(titles)}\n")
    print(f"{len(EXPECTED)} tests, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
