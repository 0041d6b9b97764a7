# SPDX-License-Identifier: BSD-2-Clause
"""The finished binaries on Debian's own kernel, in an emulated machine: they work there, and say what is different.

    vm_test.py --bin=DIRECTORY --frames=PROGRAM [--kernel=PACKAGE]

Boots the kernel twice under qemu, without KVM and without root, from an initramfs that is made here: as it is, and with
Landlock switched off. In it smoke.sh says what it sees (its second serial port is a file here), and this file judges that.
Where we are root the same smoke.sh also runs on the machine's own kernel, and what differs is printed as a table.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SKIPPED = 77
BOOT_SECONDS = 100  # a boot takes 3 s, and what happens then 5 s, when nobody else wants the processor

PROGRAMS = ("pktlockd", "pktlockd-broker", "pktlockd-front", "pktlockd-worker")
ROLES = ("supervisor", "broker", "front", "worker")
NAMESPACES = ("user", "mount", "net", "ipc", "uts")
CAP_NET_RAW = 1 << 13
USER = 977  # pktlock, within the VM

# The first kernel with this version of Landlock, and with PR_SET_MDWE.
LANDLOCK = {1: (5, 13), 2: (5, 19), 3: (6, 2), 4: (6, 7), 5: (6, 10), 6: (6, 12), 7: (6, 15)}
MDWE = (6, 3)


class Failure(Exception):
    """What a test expected did not happen."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def equal(got, expected, what):
    if got != expected:
        raise Failure(f"{what}: got {got!r}, expected {expected!r}")


# ---------------------------------------------------------------------------------------------------------------------
# The machine


def unobtainable(what):
    """What the test runs on is not to be had. That is no success: where CI is set, it is a failure."""
    status = 1 if os.environ.get("CI") else SKIPPED
    print(f"{'SKIPPED' if status == SKIPPED else 'FAILED'}: NOTHING WAS TESTED. {what}")
    sys.exit(status)


def tool(name, package):
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        unobtainable(f"{name} is missing (Debian: {package}); ci/install-deps.sh installs it")
    return path


def kernel_fetch(package):
    """Its directory, with vmlinuz and veth.ko."""
    done = subprocess.run([ROOT / "ci/vm-kernel.sh", package], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        unobtainable(f"ci/vm-kernel.sh cannot fetch {package}")
    return pathlib.Path(done.stdout.strip())


def libraries_of(program):
    """The loader and the libraries, by the paths at which the program looks for them."""
    done = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if "statically linked" in done.stdout or "not a dynamic executable" in done.stdout:
        return set()
    equal(done.returncode, 0, f"ldd {program}")
    return set(re.findall(r"(/\S+) \(0x", done.stdout))


class Archive:
    """A cpio archive (newc), as the kernel unpacks it: Documentation/driver-api/early-userspace/buffer-format.rst."""

    def __init__(self):
        self.data = bytearray()
        self.inodes = 0
        self.directories = {"."}

    def _entry(self, name, mode, content):
        self.inodes += 1
        path = name.encode() + b"\0"
        fields = (self.inodes, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(path), 0)
        for part in (b"070701" + b"".join(b"%08x" % field for field in fields) + path, content):
            self.data += part + bytes(-len(part) % 4)

    def _directory(self, name):
        if name not in self.directories:
            self._directory(os.path.dirname(name) or ".")
            self.directories.add(name)
            self._entry(name, 0o040755, b"")

    def file(self, name, content, mode=0o755):
        name = name.lstrip("/")
        self._directory(os.path.dirname(name) or ".")
        self._entry(name, 0o100000 | mode, content)

    def finish(self):
        self._entry("TRAILER!!!", 0, b"")
        return bytes(self.data)


def initramfs(options, busybox, kernel):
    archive = Archive()
    programs = {name: options.bin / name for name in PROGRAMS} | {"vm_frames": options.frames}
    for name, path in programs.items():
        archive.file(f"plk/{name}", path.read_bytes())
    for library in sorted(set().union(*map(libraries_of, (*programs.values(), busybox)))):
        archive.file(library, pathlib.Path(library).read_bytes())
    archive.file("bin/busybox", pathlib.Path(busybox).read_bytes())
    archive.file("init", (HERE / "init.sh").read_bytes())
    archive.file("vm/smoke.sh", (HERE / "smoke.sh").read_bytes())
    archive.file("vm/veth.ko", (kernel / "veth.ko").read_bytes(), 0o644)
    archive.file("etc/passwd", f"root:x:0:0::/:/bin/sh\npktlock:x:{USER}:{USER}::/:/bin/false\n".encode(), 0o644)
    archive.file("etc/group", f"root:x:0:\npktlock:x:{USER}:\n".encode(), 0o644)
    return archive.finish()


def boot(qemu, kernel, initrd, what, more=""):
    """Runs until the machine is off; returns what was seen, by phase. A panic reboots at once, and a reboot ends it.
    What counts is what was seen: qemu's exit status says nothing of the machine."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as where:
        seen, console, image = (pathlib.Path(where, name) for name in ("seen", "console", "initrd"))
        image.write_bytes(initrd)
        command = [
            qemu, "-accel", "tcg", "-M", "pc", "-m", "256", "-nodefaults", "-no-user-config", "-no-reboot",
            "-display", "none", "-serial", f"file:{console}", "-serial", f"file:{seen}",
            "-kernel", kernel / "vmlinuz", "-initrd", image,
            "-append", f"console=ttyS0 panic=-1 quiet plk.boot={what} {more}",
        ]  # fmt: skip
        ended = "ended"
        try:
            subprocess.run(command, timeout=BOOT_SECONDS, check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            ended = f"did not end within {BOOT_SECONDS} s"
        lines = seen.read_text(errors="replace").splitlines() if seen.exists() else []
        print(f"boot {what}: {time.monotonic() - began:.1f} s")
        if lines[-1:] != ["over"]:
            said = console.read_text(errors="replace")[-3000:] if console.exists() else ""
            raise Failure(f"boot {what}: {ended} before its work was done; it saw:\n" + "\n".join(lines) +
                          f"\nand the kernel said:\n{said}")
    return phases_of(lines)


# ---------------------------------------------------------------------------------------------------------------------
# What was seen


class Phase:
    """The lines that smoke.sh said."""

    def __init__(self, lines):
        self.lines = lines

    def __str__(self):
        return "\n".join(self.lines)

    def all(self, word):
        return [line.removeprefix(word + " ") for line in self.lines if line.startswith(word + " ")]

    def one(self, word):
        found = self.all(word)
        equal(len(found), 1, f"lines that begin with {word!r}")
        return found[0]

    def version(self):
        return tuple(int(number) for number in re.match(r"(\d+)\.(\d+)", self.one("kernel")).groups())

    def confined(self):
        """For each process what it logged of itself, in order: a worker that was replaced did so twice."""
        out = {role: [] for role in ROLES}
        for line in self.all("log"):
            found = re.search(r"info: confined process=(\w+) (.*)$", line)
            if found:
                fields = dict(re.findall(r"(\w+)=(\S+(?: \([^)]*\))?)", found[2]))
                out[found[1]].append(fields)
        return out


def phases_of(lines):
    phases = {}
    current = []
    for line in lines:
        if line.startswith("phase "):
            phases[line.removeprefix("phase ")] = current = []
        current.append(line)
    return {name: Phase(lines) for name, lines in phases.items()}


def own_kernel(options):
    """The same on this machine's kernel, to compare with: whether it is right is for the netns tests to say."""
    if os.geteuid() != 0:
        print("not root: nothing to compare with on this machine's own kernel")
        return None
    try:
        done = subprocess.run([ROOT / "tests/netns/world.sh", HERE / "smoke.sh", "serve", "own", options.bin, options.frames],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False)  # fmt: skip
    except subprocess.TimeoutExpired:
        print("on this machine's own kernel it did not end")
        return None
    own = phases_of(done.stdout.splitlines()).get("own")
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


def arguments_parse():
    parser = argparse.ArgumentParser(description="Run pktlockd on a kernel of Debian's, in an emulated machine.")
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="directory of the daemon's programs")
    parser.add_argument("--frames", type=pathlib.Path, required=True, help="frames.c, built")
    parser.add_argument("--kernel", default="linux-image-cloud-amd64", help="package, as ci/vm-kernel.sh takes it")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    options.frames = options.frames.resolve()
    return options


def main():
    options = arguments_parse()
    qemu = tool("qemu-system-x86_64", "qemu-system-x86")
    busybox = tool("busybox", "busybox-static")
    kernel = kernel_fetch(options.kernel)
    print(f"kernel: {(kernel / 'made-of').read_text().strip()}")
    initrd = initramfs(options, busybox, kernel)
    failed = 0
    seen = {}
    for what, more in (("whole", ""), ("no-landlock", "lsm=lockdown,yama,integrity,apparmor")):
        try:
            seen.update(boot(qemu, kernel, initrd, what, more))
        except Failure as failure:
            print(f"FAILED {failure}")
            failed += 1
    for name, expect in EXPECTED.items():
        try:
            check(name in seen, "it was not reached")
            expect(seen[name])
            print(f"ok     {name}")
        except Failure as failure:
            failed += 1
            print(f"FAILED {name}: {failure}\n{seen.get(name, '')}")
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
