# SPDX-License-Identifier: BSD-2-Clause
"""No call is permitted that is never made: a tour of all that the daemon does, under strace, compared with its lists line by
line. A line is one call with what its arguments must be, so that this is about each alternative too."""

import contextlib
import os
import pwd
import signal
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "netns"))
sys.path.insert(0, HERE)
import plk  # pylint: disable=wrong-import-position
from control import Control  # pylint: disable=wrong-import-position
import strace  # pylint: disable=wrong-import-position

plk.TEST_SECONDS = 240

CLIENT = bytes.fromhex("027100000001")

# What depends on the C library or the machine: of each group one line at least is used.
EITHER = (
    # how waitpid(-1) is compiled
    {"supervisor: wait4 0=0xffffffffffffffff 2=WNOHANG 3=0", "supervisor: wait4 0=0xffffffff 2=WNOHANG 3=0"},
    # how fstat() asks
    {"exec: fstat", "exec: newfstatat"},
    # which bit O_NOFOLLOW is
    {f"front: openat 0=PLK_FRONT_FD_DIRECTORY 2=O_RDONLY|O_CLOEXEC|PLK_NOFOLLOW_{machine}|O_NONBLOCK" for machine in ("X86_64", "AARCH64")},
)
# Made only where the vDSO does not answer: test_without_vdso makes it.
VDSO = {f"{name}: clock_gettime 0=CLOCK_MONOTONIC" for name in ("supervisor", "front", "worker")}


class Tour:
    """Runs of the daemon, and which lines of the lists they have used."""

    def __init__(self, case):
        self.case = case
        self.used = set()
        self.runs = 0
        self.workers = 0
        self.lists = {many: strace.lists(many) for many in (False, True)}
        self.everything = {f"{name}: {line.text}" for name, lines in self.lists[False].items() for line in lines}
        self.unlisted = set()

    @contextlib.contextmanager
    def run(self, *args, ends=True, **more):
        """A daemon under strace, until the block ends; ends: with SIGTERM and status 0."""
        self.runs += 1
        prefix = self.case.path(f"strace{self.runs}")
        daemon = self.case.daemon(*args, under=[*more.pop("under", ()), *strace.command(prefix)], **more)
        yield daemon
        if ends:
            daemon.look()
            daemon.signal(signal.SIGTERM)
            daemon.ended(0, 3)
        plk.poll_until(lambda: not self._strace_lives(), "strace ends")
        self.note(strace.Trace(prefix, daemon.pid), sum(arg.startswith("--remote=") for arg in args) > 6,
                  any(arg.startswith("--control=") for arg in args))

    @staticmethod
    def _strace_lives():
        for pid in plk.processes():
            with contextlib.suppress(OSError):
                if os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "strace":
                    return True
        return False

    def note(self, trace, many, control):
        self.workers += trace.workers
        for name, calls in trace.parts.items():
            # the supervisor's filter permits what its workers do until they load their own
            also = ("supervisor", "worker") if name == "exec" else ()
            names = (name, "control") if name == "front" and control else (name,)
            for call in calls:
                used = {f"{own}: {line.text}" for own in names for line in self.lists[many][own] if line.permits(call)}
                self.used |= used
                if not used and not any(line.permits(call) for other in also for line in self.lists[many][other]):
                    self.unlisted.add(f"{name}: {call}")

    def unused(self):
        unused = self.everything - self.used - VDSO
        for group in EITHER:
            plk.check(group <= self.everything, f"not in the lists any more: {group - self.everything}")
            if group & self.used:
                unused -= group
        return sorted(unused)


def exchange(case, wire, paths=(), places=()):
    """A frame in each direction of some ports: capture at places, inject at paths."""
    captures = [case.connect(where) for where in places]
    if captures:
        plk.sync(wire, *captures)
        data = plk.frame(1, 700)
        wire.send(data)
        for client in captures:
            client.expect([data])
    for path in paths:
        client = case.connect(path)
        data = plk.frame(2, 200, plk.FAR, CLIENT)
        client.send(data)
        wire.expect([data])
        client.send(plk.frame(3, 1600, plk.FAR, CLIENT))  # longer than the MTU: it goes alone, and is refused
        client.close()
    return captures


def service_ids():
    """The user that the daemon becomes."""
    try:
        entry = pwd.getpwnam("pktlock")
    except KeyError:
        entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def tour_veth(case, tour):
    """Every kind of remote, role and format; an interface that goes and comes; a worker that dies."""
    wire = case.wire()
    stale = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    stale.bind(case.path("bulk"))
    stale.close()
    os.chown(case.path("bulk"), *service_ids())
    active = case.listener("active")
    active_tcp = case.tcp_listener()
    notify = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    notify.bind(case.path("notify"))
    os.chmod(case.path("notify"), 0o666)
    args = (
        f"--remote=capture@punix:{case.path('bulk')}", f"--remote=capture,latency=low,allow-gid=0@punix:{case.path('low')}",
        f"--remote=inject,format=vnet@punix:{case.path('vnet')}", f"--remote=inject@punix:{case.path('inject')}",
        f"--remote=attach@punix:{case.path('attach')}", f"--remote=attach,latency=bulk,direction=both@punix:{case.path('ab')}",
        "--remote=capture,allow-uid=7777,allow-gid=7777@sd:one", "--remote=capture,tcp=yes@sd:two", "--remote=capture@ptcp:0",
        "--remote=capture@ptcp:0:[::1]", "--remote=capture@ptcp:0:[::1%lo]", f"--remote=capture@unix:{case.path('active')}",
        f"--remote=capture@tcp:127.0.0.1:{active_tcp.getsockname()[1]}", "--remote=capture@tcp:[::1]:9",
        f"--control=punix:{case.path('control')}",
    )
    with tour.run(*args, fds={3: case.listener(), 4: case.tcp_listener()}, listen=["one", "two"],
                  env={"NOTIFY_SOCKET": case.path("notify")}) as daemon:
        ours = [case.accept(active), case.accept(active_tcp)]
        plk.sync(wire, *ours)
        exchange(case, wire, [case.path("inject")],
                 [case.path("bulk"), case.path("low"), plk.tcp_address(daemon, 0), plk.tcp_address(daemon, 1)])
        attached = [case.connect(case.path(name)) for name in ("attach", "ab")]
        plk.sync(wire, *attached)
        refused = case.connect(case.path("l.sock"))
        refused.wait_closed()
        case.keep(Control(case.path("control"))).done("version")
        for number in (signal.SIGUSR1, signal.SIGHUP):
            daemon.signal(number)
        daemon.wait_log(" counters ")
        attached[0].half_close()
        attached[1].close()
        plk.poll_until(lambda: plk.link("e0")["promiscuity"] == 0, "not promiscuous without attach clients")
        for change in ("down", "up"):
            plk.ip(f"link set e0 {change}")
            daemon.wait_log(f"interface is {change}")
        plk.ip("link delete e0")
        daemon.wait_log("interface is gone")
        case.veth()
        daemon.wait_log("interface is back")
        wire = case.wire()
        exchange(case, wire, [case.path("inject")], [case.path("bulk")])
        os.kill(daemon.look()["worker"], signal.SIGKILL)
        daemon.wait_log("another worker serves", 10)
        exchange(case, wire, [case.path("inject")], [case.path("bulk")])


def tour_few(case, tour):
    """The other filter of the worker; many frames; a worker that does not end when it should."""
    wire = case.wire()
    ports = [f"--remote=capture{keys}@punix:{case.path(name)}" for name, keys in
             (("c", ""), ("l", ",latency=low"), ("v", ",format=vnet,allow-gid=5555"))]
    ports.append(f"--remote=inject@punix:{case.path('i')}")
    with tour.run(*ports) as daemon:
        clients = exchange(case, wire, [case.path("i")], [case.path("c"), case.path("l")])
        clients[0].send_bytes(b"ignored")
        # So many at once that a receiver of low latency looks by the clock: it is stopped meanwhile. And again, since on a busy machine
        # strace may make it so slow that the time to look has always come.
        many = [plk.frame(i, 60) for i in range(1000)]
        worker = daemon.look()["worker"]
        for _ in range(8):
            os.kill(worker, signal.SIGSTOP)
            plk.poll_until(lambda: plk.status_of(worker)["State"][0] in "Tt", "the worker is stopped")
            wire.send(*many)
            os.kill(worker, signal.SIGCONT)
            clients[1].expect(many)
        plk.ip("link set e0 down")
        daemon.wait_log("interface is down")
        plk.ip("link set e0 up")
        case.connect(case.path("v")).wait_closed()
        os.kill(daemon.look()["worker"], signal.SIGSTOP)


def tour_journal(case, tour):
    """The front has a line for the journal."""
    journal = plk.Journal(case)
    with tour.run(f"--remote=capture@punix:{case.path('c')}", ready=False, journal=True):
        journal.wait(" ready ")


def tour_file(case, tour):
    """A remotes file that changes."""
    os.mkdir(case.path("etc"))
    remotes = [f"capture@punix:{case.path(name)}\n" for name in ("f", "g")]
    with open(case.path("etc/remotes"), "w", encoding="ascii") as file:
        file.write(remotes[0])
    with tour.run(f"--remotes-file={case.path('etc/remotes')}") as daemon:
        with open(case.path("etc/remotes"), "a", encoding="ascii") as file:
            file.write(remotes[1])
        daemon.signal(signal.SIGHUP)
        plk.poll_until(lambda: os.path.exists(case.path("g")), "the remote that was added")
        client = case.connect(case.path("f"))
        with open(case.path("etc/remotes"), "w", encoding="ascii") as file:
            file.write(remotes[1])
        daemon.signal(signal.SIGHUP)
        client.wait_closed()
        plk.poll_until(lambda: not os.path.exists(case.path("f")), "the remote that was removed")
        exchange(case, case.wire(), places=[case.path("g")])


def tour_front_dies(case, tour):
    """What broker and worker do when the front's channel closes."""
    with tour.run(f"--remote=capture@punix:{case.path('c')}", ends=False) as daemon:
        os.kill(daemon.look()["front"], signal.SIGKILL)
        daemon.wait()


def tour_tap(case, tour):
    """A TAP by its name, and by a descriptor where nobody may ask for its namespace."""
    tap = case.tap("t0")
    with tour.run(f"--remote=inject@punix:{case.path('i')}", interface="t0"):
        client = case.connect(case.path("i"))
        client.send(plk.frame(3, 200, plk.FAR, CLIENT))
        tap.expect([plk.frame(3, 200, plk.FAR, CLIENT)])
    with tour.run(f"--remote=attach@punix:{case.path('a')}", interface="tapfd:9", fds={9: tap},
                  under=["/usr/bin/setpriv", "--bounding-set", "-net_admin"]):
        client = case.connect(case.path("a"))
        plk.sync(tap, client)


def tour_refused(case, tour):
    """A descriptor that is no listener: the worker looks at it before it has loaded its filter, and never does."""
    one, two = socket.socketpair()
    with tour.run("--remote=capture@pfd:7", fds={7: case.keep(one)}, ready=False, ends=False) as daemon:
        daemon.wait()
    two.close()
    plk.equal(daemon.status, 2, "exit status")


def test_nothing_is_permitted_in_vain(case):
    case.veth()
    tour = Tour(case)
    for part in (tour_veth, tour_few, tour_journal, tour_file, tour_front_dies, tour_refused, tour_tap):
        part(case, tour)
    print(f"     {tour.runs} runs, {tour.workers} workers that served, {len(tour.used)} of {len(tour.everything)} lines used")
    for line in tour.unused():
        print(f"     never used: {line}")
    for call in sorted(tour.unlisted):
        print(f"     not on the list: {call}")
    plk.check(not tour.unused() and not tour.unlisted, "the lists are not what is used")


def tool_path(name):
    return next(os.path.abspath(arg.partition("=")[2]) for arg in sys.argv if arg.startswith(f"--{name}="))


def tracers():
    """The novdso that still follows a daemon."""
    found = []
    for pid in plk.processes():
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/exe") == tool_path("novdso"):
                found.append(pid)
    return found


def clocks_of(case, daemon, role, do):
    """The calls of clock_gettime() that a process makes while do() runs."""
    path = case.path(f"clock.{role}")
    tracer = plk.Process([strace.STRACE, "-qq", "-e", "trace=clock_gettime", "-e", "raw=all", "-o", path, "-p",
                          str(daemon.look()[role])])
    plk.poll_until(lambda: plk.status_of(daemon.look()[role])["TracerPid"] != "0", f"strace is at the {role}")
    do()
    tracer.signal(signal.SIGINT)
    tracer.wait()
    return strace.calls_of(path)


def test_without_vdso(case):
    """Where the vDSO does not know the clock: everything works, and the clock is asked by a system call."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('i')}",
                         under=[tool_path("novdso")])
    plk.equal(sorted(daemon.look()), ["broker", "front", "supervisor", "worker"], "processes")

    def serve():
        exchange(case, wire, [case.path("i")], [case.path("c")])

    def die():
        old = daemon.look()["worker"]
        os.kill(old, signal.SIGKILL)
        plk.poll_until(lambda: daemon.look().get("worker", old) != old, "a new worker")
        serve()

    serve()
    die()
    plk.equal(len(tracers()), 1, "novdso that follows the supervisor")
    os.kill(tracers()[0], signal.SIGTERM)
    plk.poll_until(lambda: not tracers(), "novdso ends")
    lists = strace.lists()
    for role, do in (("front", serve), ("worker", serve), ("supervisor", die)):
        calls = clocks_of(case, daemon, role, do)
        plk.check(calls, f"the {role} does not ask for the time by a system call")
        for call in calls:
            plk.check(any(line.permits(call) for line in lists[role]), f"{role}: {call} is not on its list")
    daemon.stop()


if __name__ == "__main__":
    if not os.access(strace.STRACE, os.X_OK):
        print("SKIPPED: NOTHING WAS TESTED. strace is missing: ci/install-deps.sh")
        sys.exit(plk.SKIPPED)
    plk.main()
