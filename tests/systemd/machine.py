# SPDX-License-Identifier: BSD-2-Clause
"""A real systemd to run pktlock's units under: what tests/systemd shares.

A test file has functions test_NAME(machine) and ends with machine.main(). It is run as

    /usr/bin/python3 FILE --packages=DIRECTORY --root=DIRECTORY [NAME...]

where --packages has those of this version and of a next one (tests/package/build.sh), and --root is what root.sh has made. It
starts itself again in namespaces of its own (as the tests of tests/netns do, whose plk.py has the frames and clients), lays a
fresh file system over the root, boots it, and has apt install pktlock there: systemd is process 1 of a machine within. All
tests of a file share that machine; each has interfaces and instances of its own. The test itself stays outside, and reaches the machine's files by /proc/PID/root, and
its network by the name MACHINE. It needs root, and exits with 77 (skipped) where it is not.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
import pcap  # pylint: disable=wrong-import-position
import plk  # pylint: disable=wrong-import-position

HERE = os.path.dirname(os.path.abspath(__file__))
MACHINE = "machine"  # the machine's network among the named ones
CGROUPS = "pktlock-test."  # what the cgroups of machines begin with
ROLES = ("supervisor", "broker", "front", "worker")
TEST_SECONDS = 120
BOOT_SECONDS = 60.0


def run(*argv, check=True, seconds=60, **more):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False, **more)
    if check and done.returncode != 0:
        raise plk.Failure(f"{' '.join(argv)}: status {done.returncode}: {(done.stderr or done.stdout).strip()}")
    return done


class Blocks(plk.Format):
    """pcapng on a stream: its packets are frames, checked like those of other formats; a new section may begin."""

    def __init__(self):
        super().__init__("pcapng")
        self.reader = pcap.Pcapng()

    def decode(self, buffer):
        while len(buffer) >= 8:
            kind, length = struct.unpack_from("<II", buffer)
            plk.check(length % 4 == 0 and 12 <= length <= 1 << 19, f"a block of {length} bytes: {bytes(buffer[:32]).hex()}")
            if len(buffer) < length:
                return None
            plk.equal(struct.unpack_from("<I", buffer, length - 4)[0], length, "second length of a block")
            seen = len(self.reader.frames)
            self.reader.block(kind, bytes(buffer[8 : length - 4]), 0)
            del buffer[:length]
            if len(self.reader.frames) > seen:
                _, data, original = self.reader.frames.pop()
                self.reader.flows.pop()
                plk.equal(len(data), original, "captured length of a frame")
                return data
        return None


# ---------------------------------------------------------------------------------------------------------------------
# The machine


def cgroup_remove(path):
    for where, _, _ in os.walk(path, topdown=False):
        os.rmdir(where)


def cgroup_make(where):
    """A cgroup of our own; those that were left by tests that were killed go."""
    for name in os.listdir(where):
        path = os.path.join(where, name)
        with contextlib.suppress(OSError):
            if name.startswith(CGROUPS) and time.time() - os.stat(path).st_mtime > 60:
                cgroup_remove(path)  # fails while somebody is in it
    path = os.path.join(where, f"{CGROUPS}{os.urandom(6).hex()}")
    os.mkdir(path)
    return path


class Machine:
    """systemd as process 1, with pktlock installed and not started."""

    def __init__(self, packages, root):
        self._overlay(root, packages)
        self._boot()
        self.install("this")

    def _overlay(self, root, packages):
        for name in ("cgroup", "fresh"):
            os.mkdir(f"/run/{name}")
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run/fresh")
        for name in ("upper", "work", "root"):
            os.mkdir(f"/run/fresh/{name}")
        self.root = "/run/fresh/root"
        run("mount", "-t", "overlay", "-o", f"lowerdir={root},upperdir=/run/fresh/upper,workdir=/run/fresh/work", "overlay",
            self.root)
        shutil.copytree(packages, f"{self.root}/packages")

    def install(self, version):
        """The package of this version, or of the next one, as the administrator does it."""
        names = [name for name in os.listdir(f"{self.root}/packages/{version}") if name.startswith("pktlock_")]
        return self.apt("install", "--no-install-recommends", "--allow-downgrades", *(f"/packages/{version}/{name}" for name in names))

    def apt(self, *words):
        return self.run("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", "--yes", *words)

    def _boot(self):
        run("mount", "-t", "cgroup2", "cgroup2", "/run/cgroup")
        self.cgroup = cgroup_make("/run/cgroup")
        # not in a process group of its own: who ends the test ends the machine
        self.outer = subprocess.Popen([os.path.join(HERE, "boot.sh"), self.root, self.cgroup], stdin=subprocess.DEVNULL,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.pid = plk.poll_until(self._init, "process 1 of the machine", BOOT_SECONDS)
        os.makedirs("/run/netns", exist_ok=True)
        plk.poll_until(lambda: os.path.exists(f"/proc/{self.pid}/root/run/systemd/private"), "systemd answers", BOOT_SECONDS)
        open(f"/run/netns/{MACHINE}", "x", encoding="ascii").close()
        run("mount", "--bind", f"/proc/{self.pid}/ns/net", f"/run/netns/{MACHINE}")
        plk.quiet_namespace(MACHINE)
        state = self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
        if state != "running":
            failed = self.run("systemctl", "--failed", "--no-legend", check=False).stdout
            raise plk.Failure(f"the machine is {state}: {failed}")

    def _init(self):
        plk.check(self.outer.poll() is None, f"the machine did not boot: {self.outer.poll() is not None and self.outer.stderr.read()}")
        with open(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children", encoding="ascii") as file:
            children = file.read().split()
        for pid in children:
            with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                if file.read().strip() == "systemd":
                    return int(pid)
        return None

    def close(self):
        """Ends it, and all that runs in it."""
        if hasattr(self, "outer"):
            self.outer.kill()  # process 1 goes with it (--kill-child), and everything with process 1
            self.outer.wait()
            self.outer.stderr.close()
        if hasattr(self, "cgroup"):
            plk.poll_until(self._cgroup_gone, "the cgroup of the machine is empty", 10.0)

    def _cgroup_gone(self):
        with contextlib.suppress(OSError):
            cgroup_remove(self.cgroup)
        return not os.path.exists(self.cgroup)

    # Commands and files in it

    def inside(self, *argv, user=None):
        """The command line that runs argv in the machine, as one of its users."""
        become = ("--reuid", user, "--regid", user, "--init-groups", "--inh-caps=-all") if user else ()
        return ("nsenter", "--target", str(self.pid), "--all", "--wd=/", "setpriv", "--pdeathsig", "KILL", *become, "--", *argv)

    def run(self, *argv, user=None, **more):
        return run(*self.inside(*argv, user=user), **more)

    def systemctl(self, *words, **more):
        return self.run("systemctl", *words, **more)

    def path(self, name):
        """A file of the machine as it is seen from here."""
        return f"/proc/{self.pid}/root{name}"

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def remove(self, name):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.path(name))

    def example(self, name):
        """The path of an installed example."""
        return f"/usr/share/doc/pktlock/examples/{name}"

    # Units

    def unit(self, name):
        """The path of an installed unit."""
        return f"/usr/lib/systemd/system/{name}"

    def show(self, unit, *names):
        """What systemd knows of a unit: the value of a property, or a list of several."""
        text = self.systemctl("show", unit, *(f"--property={name}" for name in names)).stdout
        values = dict(line.split("=", 1) for line in text.splitlines())
        return values.get(names[0], "") if len(names) == 1 else [values.get(name, "") for name in names]

    def state(self, unit):
        return self.show(unit, "ActiveState")

    def status(self, unit):
        """What systemctl status shows of a unit, to somebody who wonders."""
        return self.systemctl("status", "--no-pager", "--full", "--lines=20", unit, check=False).stdout

    def family(self, unit):
        """{role: pid} of the processes of a service, as they are seen from here."""
        group = self.show(unit, "ControlGroup")
        found = {}
        if not group:
            return found
        group = self.cgroup + group
        with contextlib.suppress(OSError), open(os.path.join(group, "cgroup.procs"), encoding="ascii") as file:
            for pid in map(int, file.read().split()):
                with contextlib.suppress(OSError):
                    name = os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
                    found["supervisor" if name == "pktlockd" else name.removeprefix("pktlockd-")] = pid
        return found

    def whole(self, unit):
        """Like family(), once all four are there."""
        def probe():
            family = self.family(unit)
            return family if sorted(family) == sorted(ROLES) else None

        return plk.poll_until(probe, f"the four processes of {unit}")

    def our_processes(self):
        """Those of pktlock, whatever unit they belong to."""
        found = []
        for pid in plk.processes():
            with contextlib.suppress(OSError):
                if os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith("pktlockd"):
                    found.append(pid)
        return found


class Case:
    """What one test makes in the machine: an interface, the units of it, clients; and how it is taken away again."""

    def __init__(self, machine, name):
        self.machine = machine
        self.name = name
        self.stack = contextlib.ExitStack()
        shown = machine.run("journalctl", "--quiet", "--lines=0", "--show-cursor").stdout
        self.cursor = shown.partition("cursor: ")[2].strip()

    def close(self):
        self.stack.close()

    def journal(self, unit):
        """What the unit and its processes have logged since the test began, a list of lines."""
        return self.machine.run("journalctl", "--quiet", "--no-pager", "--output=cat", f"--unit={unit}",
                                f"--after-cursor={self.cursor}").stdout.splitlines()

    def wait_journal(self, unit, pattern, seconds=plk.WAIT, count=1):
        """The lines of journal() in which a regular expression is found, once there are so many."""
        def probe():
            found = [line for line in self.journal(unit) if re.search(pattern, line)]
            return found if len(found) >= count else None

        return plk.poll_until(probe, f"a line for {pattern!r} in the journal of {unit}", seconds, pause=0.05)

    def keep(self, thing):
        self.stack.callback(thing.close)
        return thing

    def veth(self, near, far):
        """Two interfaces of the machine with a cable between them, up."""
        plk.ip(f"link add {near} address {plk.mac_text(plk.NEAR)} type veth peer name {far}", ns=MACHINE)
        plk.ip(f"link set {far} address {plk.mac_text(plk.FAR)}", ns=MACHINE)
        plk.ip(f"link set {near} up", ns=MACHINE)
        plk.ip(f"link set {far} up", ns=MACHINE)
        self.stack.callback(self._link_delete, near)

    @staticmethod
    def _link_delete(ifname):
        with contextlib.suppress(plk.Failure):
            plk.ip(f"link delete dev {ifname}", ns=MACHINE)

    def wire(self, ifname):
        return self.keep(plk.Wire(ifname, ns=MACHINE))

    def file(self, name, text):
        """A file of the machine that goes with the test."""
        self.machine.write(name, text)
        self.stack.callback(self.machine.remove, name)

    def conf(self, ifname, options):
        """What the administrator writes; quotes in it must be single."""
        self.file(f"/etc/pktlock/{ifname}.conf", f'PKTLOCK_OPTIONS="{options}"\n')

    def example(self, name, to):
        """An installed example, where its comment says."""
        with open(self.machine.path(self.machine.example(name)), encoding="utf-8") as file:
            self.file(to, file.read())

    def follow(self, name, ifname):
        """Types what the comment of an example says to type to systemctl."""
        with open(self.machine.path(self.machine.example(name)), encoding="utf-8") as file:
            found = re.findall(r"^#    (systemctl .*?)(?:    \(.*)?$", file.read(), re.MULTILINE)
        plk.equal(len(found), 1, f"lines of systemctl in {name}")
        self.stack.callback(self._units_stop, ifname)
        self.machine.run("sh", "-c", re.sub(r"@\w+\.", f"@{ifname}.", found[0]))

    def reload_units(self):
        self.machine.systemctl("daemon-reload")

    def start(self, ifname):
        """The socket of an interface is started, and stopped with all that it has started when the test ends."""
        self.stack.callback(self._units_stop, ifname)
        self.machine.systemctl("start", f"pktlock@{ifname}.socket")

    def _units_stop(self, ifname):
        self.machine.systemctl("stop", f"pktlock@{ifname}.socket", f"pktlock@{ifname}.service", check=False)
        self.machine.systemctl("reset-failed", f"pktlock@{ifname}.socket", f"pktlock@{ifname}.service", check=False)

    def connect(self, ifname, fmt=plk.QEMU):
        """A client at /run/pktlock/NAME.sock; root outside of the machine, whom its kernel lets in."""
        sock = self.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        sock.settimeout(plk.WAIT)
        sock.connect(self.machine.path(f"/run/pktlock/{ifname}.sock"))
        return self.keep(plk.Client(sock, fmt))

    def user(self, name, *groups):
        """A user of the machine."""
        self.machine.run("useradd", "--no-create-home", *(("--groups", ",".join(groups)) if groups else ()), name)
        self.stack.callback(self.machine.run, "userdel", name, check=False)

    def client(self, user, *words):
        """Starts pktlock in the machine as one of its users."""
        process = plk.Process([shutil.which("nsenter"), *self.machine.inside("/usr/bin/pktlock", *words, user=user)[1:]])
        self.stack.callback(process.kill)
        return process


# ---------------------------------------------------------------------------------------------------------------------
# Running


def run_one(machine, name, function):
    case = Case(machine, name)
    began = time.monotonic()
    problem = None

    def give_up(*_):
        raise plk.Failure(f"took longer than {TEST_SECONDS} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_SECONDS)
    try:
        function(case)
    except Exception as error:  # pylint: disable=broad-except
        problem = error
        where = traceback.extract_tb(error.__traceback__)
        lines = machine.run("journalctl", "--quiet", "--no-pager", "--output=short-precise", "--lines=40", check=False).stdout
    finally:
        signal.alarm(0)
        try:
            case.close()
            plk.poll_until(lambda: not machine.our_processes(), "processes of pktlock end with their units", 5.0)
        except Exception as error:  # pylint: disable=broad-except
            if problem is None:
                problem = error
                where = traceback.extract_tb(error.__traceback__)
                lines = ""
    print(f"{'FAIL' if problem else 'ok':4} {time.monotonic() - began:6.2f} s  {name}", flush=True)
    if problem:
        print(f"     {type(problem).__name__ if not isinstance(problem, plk.Failure) else 'because'}: {problem}")
        for entry in where:
            print(f"       at {os.path.basename(entry.filename)}:{entry.lineno} {entry.line}")
        for line in lines.splitlines():
            print(f"       | {line}")
        sys.stdout.flush()
    return problem is None


def option(name):
    found = next((arg.partition("=")[2] for arg in sys.argv[1:] if arg.startswith(f"--{name}=")), None)
    if found is None:
        sys.exit(f"usage: {sys.argv[0]} --packages=DIRECTORY --root=DIRECTORY [NAME...]")
    return os.path.abspath(found)


def main():
    """Runs the tests of the file that was started."""
    packages, root = option("packages"), option("root")
    names = [arg for arg in sys.argv[1:] if not arg.startswith("--")]
    if plk.INSIDE not in sys.argv:
        os.closerange(3, 1 << 16)
        if os.geteuid() != 0:
            print("SKIPPED: NOTHING WAS TESTED. These tests boot a machine in namespaces, and need root for it.")
            sys.exit(plk.SKIPPED)
        world = os.path.join(HERE, "..", "netns", "world.sh")
        sys.stdout.flush()
        os.execv(world, [world, sys.executable, "-B", os.path.abspath(sys.argv[0]), f"--packages={packages}", f"--root={root}", *names,
                         plk.INSIDE])
    child = os.fork()
    if child:
        sys.exit(plk.reap_for(child))

    plk.private_world()
    tests = vars(sys.modules["__main__"])
    chosen = [name for name in tests if name.startswith("test_") and (not names or name.removeprefix("test_") in names)]
    machine = Machine.__new__(Machine)
    began = time.monotonic()
    results = []
    try:
        machine.__init__(packages, root)  # pylint: disable=unnecessary-dunder-call
        print(f"boot {time.monotonic() - began:6.2f} s", flush=True)
        results = [run_one(machine, name.removeprefix("test_"), tests[name]) for name in chosen]
    finally:
        machine.close()
    failed = results.count(False)
    print(f"{len(results)} tests, {failed} failed")
    sys.exit(0 if results and not failed else 1)
