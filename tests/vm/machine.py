# SPDX-License-Identifier: BSD-2-Clause
"""An emulated machine with a kernel of Debian's: booted under qemu, without KVM and without root, from an initramfs that is
made here. What init.sh and smoke.sh see in it they write to its second serial port, which is a file here.
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
BOOT_SECONDS = 100  # a boot takes 3 s, and what happens then 10 s, when nobody else wants the processor

PROGRAMS = ("pktlockd", "pktlockd-broker", "pktlockd-front", "pktlockd-worker")
ROLES = ("supervisor", "broker", "front", "worker")
USER = 977  # pktlock, within the VM


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
    """Its directory, with vmlinuz and modules."""
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


def arguments_parse(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="directory of the daemon's programs")
    parser.add_argument("--program", type=pathlib.Path, required=True, help="what sends and receives there")
    parser.add_argument("--kernel", default="linux-image-cloud-amd64", help="package, as ci/vm-kernel.sh takes it")
    options = parser.parse_args()
    options.bin = options.bin.resolve()
    options.program = options.program.resolve()
    return options


class Machine:
    def __init__(self, options):
        self.qemu = tool("qemu-system-x86_64", "qemu-system-x86")
        self.busybox = tool("busybox", "busybox-static")
        self.kernel = kernel_fetch(options.kernel)
        print(f"kernel: {(self.kernel / 'made-of').read_text().strip()}")
        self.initrd = self._initramfs(options)

    def _initramfs(self, options):
        archive = Archive()
        programs = [*(options.bin / name for name in PROGRAMS), options.program]
        for path in programs:
            archive.file(f"plk/{path.name}", path.read_bytes())
        for library in sorted(set().union(*map(libraries_of, (*programs, self.busybox)))):
            archive.file(library, pathlib.Path(library).read_bytes())
        archive.file("bin/busybox", pathlib.Path(self.busybox).read_bytes())
        archive.file("init", (HERE / "init.sh").read_bytes())
        archive.file("vm/smoke.sh", (HERE / "smoke.sh").read_bytes())
        for module in sorted(self.kernel.glob("*.ko")):
            archive.file(f"vm/{module.name}", module.read_bytes(), 0o644)
        archive.file("etc/passwd", f"root:x:0:0::/:/bin/sh\npktlock:x:{USER}:{USER}::/:/bin/false\n".encode(), 0o644)
        archive.file("etc/group", f"root:x:0:\npktlock:x:{USER}:\n".encode(), 0o644)
        return archive.finish()

    def boot(self, what, more=""):
        """Runs until the machine is off; returns what was seen, by phase. A panic reboots at once, and a reboot ends it.
        What counts is what was seen: qemu's exit status says nothing of the machine."""
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as where:
            seen, console, image = (pathlib.Path(where, name) for name in ("seen", "console", "initrd"))
            image.write_bytes(self.initrd)
            command = [
                self.qemu, "-accel", "tcg", "-M", "pc", "-m", "256", "-nodefaults", "-no-user-config", "-no-reboot",
                "-display", "none", "-serial", f"file:{console}", "-serial", f"file:{seen}",
                "-kernel", self.kernel / "vmlinuz", "-initrd", image,
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
        """Without what is as it should be."""
        return "\n".join(line for line in self.lines if not line.endswith(": same"))

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


# ---------------------------------------------------------------------------------------------------------------------
# What is said of it


def judge(seen, expected):
    """expected: for each test a function that takes the phase of its name. Returns how many failed."""
    failed = 0
    for name, expect in expected.items():
        try:
            check(name in seen, "it was not reached")
            expect(seen[name])
            print(f"ok     {name}")
        except Failure as failure:
            failed += 1
            print(f"FAILED {name}: {failure}\n{seen.get(name, '')}")
    return failed
