# SPDX-License-Identifier: BSD-2-Clause
"""What a service manager hears in a life of pktlockd: each datagram, its descriptors, and when it comes."""

import array
import os
import re
import shutil
import signal
import socket
import struct
import sys
import threading
import time

import plk

SECOND = 0.95  # a second, by a clock that reads a datagram late
STOPPING = "STOPPING=1\nEXTEND_TIMEOUT_USEC=2000000"
READY = "READY=1\nSTATUS=0 clients, 0 frames dropped"


class Heard:
    """A datagram."""

    def __init__(self, text, fds, pid):
        self.at = time.monotonic()
        self.text = text
        self.fds = fds
        self.pid = pid

    def __repr__(self):
        return repr(self.text) + (f" with {len(self.fds)} descriptors" if self.fds else "")


class Manager:
    """A socket like that of the service manager, and a thread that reads it. hold: barriers are not answered."""

    def __init__(self, case, reads=True, hold=False):
        self.path = case.path("notify")
        self.sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.sock.bind(self.path)
        os.chmod(self.path, 0o666)
        self.sock.settimeout(0.05)
        self.env = {"NOTIFY_SOCKET": self.path}
        self.hold = hold
        self.heard = []
        self.ends = False
        self.thread = threading.Thread(target=self.read, daemon=True)
        if reads:
            self.thread.start()
        case.stack.callback(self.close)

    def close(self):
        self.ends = True
        if self.thread.is_alive():
            self.thread.join()
        for message in self.heard:
            for fd in message.fds:
                os.close(fd)

    def end(self):
        """For the next one of this test."""
        self.close()
        self.heard.clear()
        os.unlink(self.path)

    def take(self):
        text, control, flags, _ = self.sock.recvmsg(8192, 4096)
        plk.equal(flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC), 0, "what was cut off")
        fds, pid = array.array("i"), None
        for level, kind, data in control:
            plk.equal(level, socket.SOL_SOCKET, "level")
            if kind == socket.SCM_RIGHTS:
                fds.frombytes(data)
            else:
                pid = struct.unpack("iII", data)[0]
        message = Heard(text.decode("ascii"), list(fds), pid)
        if text == b"BARRIER=1" and not self.hold:
            self.release(message)
        self.heard.append(message)

    @staticmethod
    def release(message):
        for fd in message.fds:
            os.close(fd)
        message.n_fds, message.fds = len(message.fds), []

    def read(self):
        while not self.ends:
            try:
                self.take()
            except TimeoutError:
                pass

    def wait(self, pattern, seconds=plk.WAIT, after=0):
        """The first datagram from the given place on that is as the pattern says."""
        return plk.poll_until(lambda: next((m for m in self.heard[after:] if re.fullmatch(pattern, m.text)), None),
                              f"a datagram {pattern!r} among {self.heard[after:]}", seconds)

    def texts(self):
        return [message.text for message in self.heard]


def start(case, *args, **more):
    """A daemon with a capture port, and its service manager."""
    case.veth()
    manager = Manager(case)
    env = manager.env | more.pop("env", {})
    return case.daemon(f"--remote=capture@punix:{case.path('c')}", *args, env=env, **more), manager


# A life


def test_life(case):
    """From ready to stopping, in this order, from the supervisor, without a descriptor."""
    daemon, manager = start(case)
    manager.wait(READY)
    before = time.monotonic_ns() // 1000
    daemon.signal(signal.SIGHUP)
    manager.wait("READY=1")
    daemon.wait_log("nothing to reload: there is no remotes file, and options change with a restart")
    after = time.monotonic_ns() // 1000
    daemon.stop()
    said = manager.texts()
    plk.equal(said[0], READY, "first")
    found = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", said[1])
    plk.check(found and before <= int(found.group(1)) <= after, f"{said[1]!r} between {before} and {after}")
    plk.equal(said[2:], ["READY=1", STOPPING + "\nSTATUS=stopping"], "the rest")
    plk.equal({message.pid for message in manager.heard}, {daemon.pid}, "who says it")
    plk.check(not any(message.fds for message in manager.heard), "no descriptors")


def wakes(daemon):
    """How often each process has waited for something."""
    return {role: plk.status_of(pid)["voluntary_ctxt_switches"] for role, pid in daemon.look().items()}


def test_clients(case):
    """STATUS changes when clients come and go and lose frames, once a second at most; else nothing is said, by nobody's work."""
    daemon, manager = start(case, "--queue=69640")
    ready = manager.wait(READY)
    one = case.connect(case.path("c"))
    said = manager.wait("STATUS=1 client, 0 frames dropped")
    plk.check(said.at - ready.at >= SECOND, "a second after READY=1")
    two, wire = case.connect(case.path("c")), case.wire()
    plk.sync(wire, one, two)
    wire.send(*(plk.frame(i, 1400) for i in range(800)))  # which nobody reads
    manager.wait(r"STATUS=2 clients, [1-9]\d* frames dropped")
    plk.poll_until(lambda: f" {daemon.counters()['rx_dropped_queue']} " in manager.texts()[-1], "all of them in the last STATUS")
    for client in (one, two):
        client.close()
    manager.wait(r"STATUS=0 clients, [1-9]\d* frames dropped")
    time.sleep(1.1)  # the last timer
    before, said = wakes(daemon), manager.texts()
    time.sleep(1.2)
    plk.equal(wakes(daemon), before, "how often each woke up")
    plk.equal(manager.texts(), said, "said meanwhile")
    status = [message.at for message in manager.heard if "STATUS=" in message.text]
    plk.check(all(b - a >= SECOND for a, b in zip(status, status[1:])), f"moments of STATUS: {status}")
    daemon.stop()


# A start that fails, and a service that does


def check_failed(case, status, *args, interface="e0", **more):
    """STATUS has what standard error has, and then it stops."""
    manager = Manager(case)
    refusal = case.refused(status, "pktlockd: ", *args, interface=interface, env=manager.env, **more)
    line = next(line for line in refusal.stderr.splitlines() if line.startswith("pktlockd: "))
    reason = line.removeprefix("pktlockd: ")
    manager.wait(re.escape(STOPPING))
    plk.equal(manager.texts(), ["STATUS=" + reason[:255], STOPPING], "what the service manager hears")
    manager.end()
    return reason


def test_start_fails(case):
    case.veth()
    missing = case.path("no/such/c")
    for status, args, interface in (
        (2, ["--remote=capture@pfd:9"], "e0"),
        (2, ["--remote=capture@pfd:4294967299"], "e0"),
        (2, ["--nonsense=\x1b[31m\xff\n"], "e0"),
        (2, [], None),
        (2, ["--remote=capture@ptcp:0", "--filter=port ("], "e0"),
        (2, ["--remote=" + "x" * 600], "e0"),
        (1, ["--remote=capture@ptcp:0"], "missing0"),
        (1, [f"--remote=capture@punix:{missing}"], "e0"),
    ):
        print(f"     {status} {check_failed(case, status, *args, interface=interface)[:110]}")


def test_service_fails(case):
    """Why it ended is what STATUS says afterwards."""
    for role, words in (("broker", r"broker \(pid \d+\) was killed by signal 9; the service ends"),
                        ("front", r"front \(pid \d+\) was killed by signal 9; the service ends")):
        daemon, manager = start(case)
        os.kill(daemon.look()[role], signal.SIGKILL)
        if role == "broker":
            daemon.own_paths = []  # that was its work
        daemon.ended(1)
        manager.wait("STATUS=" + words)
        plk.equal(manager.texts()[-1], STOPPING, "last")
        manager.end()
        plk.ip("link delete e0")


# The watchdog


def with_pid(pid):
    """A command that sets WATCHDOG_PID, and becomes pktlockd."""
    return ["/bin/sh", "-c", f'WATCHDOG_PID={pid} exec "$@"', "sh"]


def pings(manager, seconds):
    """When they come in that time from now."""
    begin = len(manager.heard)
    time.sleep(seconds)
    return [message.at for message in manager.heard[begin:] if message.text == "WATCHDOG=1"]


def test_watchdog(case):
    """Asked for, it is told more than twice in the interval, while all three live: and not by who does not answer."""
    daemon, manager = start(case, env={"WATCHDOG_USEC": "450000"}, under=with_pid("$$"))
    for pid in daemon.look().values():
        with open(f"/proc/{pid}/environ", "rb") as file:
            plk.check(pid == daemon.pid or b"WATCHDOG" not in file.read().replace(b"\0", b""), f"environment of {pid}")
    moments = pings(manager, 1.0)
    plk.check(len(moments) >= 5, f"{len(moments)} in a second, every 150 ms")
    plk.check(max(b - a for a, b in zip(moments, moments[1:])) < 0.225, f"moments: {moments}")
    for role in ("worker", "front"):
        pid = daemon.look()[role]
        os.kill(pid, signal.SIGSTOP)
        pings(manager, 0.1)  # what is on its way
        plk.equal(pings(manager, 0.4), [], f"while the {role} is stopped")
        os.kill(pid, signal.SIGCONT)
        plk.check(pings(manager, 0.4), f"when the {role} goes on")
    old = daemon.look()["worker"]
    os.kill(old, signal.SIGKILL)
    daemon.wait_log("another worker serves")
    plk.check(pings(manager, 0.4), "with another worker")
    daemon.stop()


def test_watchdog_and_pulse(case):
    """A worker with a client that does not answer is replaced, whatever the watchdog asked and was answered before."""
    daemon, manager = start(case, env={"WATCHDOG_USEC": "30000"})
    case.connect(case.path("c"))
    plk.check(len(pings(manager, 0.3)) > 10, "every 10 ms")
    os.kill(daemon.look()["worker"], signal.SIGSTOP)
    daemon.wait_log("worker does not answer", 6)
    daemon.wait_log("another worker serves")
    plk.check(len(pings(manager, 0.3)) > 10, "from the next one")
    manager.wait("STATUS=0 clients, 0 frames dropped")  # they are gone with the first
    daemon.stop()


def test_no_watchdog(case):
    """Who is not asked says nothing: without an interval, for another process, for none, and for what is no number."""
    case.veth()
    for env, under, warns in (
        ({}, (), False),
        ({"WATCHDOG_PID": "1", "WATCHDOG_USEC": "30000"}, (), False),
        ({"WATCHDOG_USEC": "30000"}, with_pid("0$$"), False),
        ({"WATCHDOG_USEC": "0"}, (), True),
        ({"WATCHDOG_USEC": "030000"}, (), True),
        ({"WATCHDOG_USEC": "30000 "}, with_pid("$$"), True),
        ({"WATCHDOG_USEC": "-1"}, (), True),
        ({"WATCHDOG_USEC": "18446744073709551616"}, (), True),
    ):
        manager = Manager(case)
        daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", env=manager.env | env, under=under)
        plk.equal(pings(manager, 0.15), [], f"{env}: watchdog")
        plk.equal("WATCHDOG_USEC is ignored" in daemon.stderr, warns, f"{env}: warning")
        daemon.stop()
        manager.end()


# The supervisor alone: another program stands in for the front


def stand_in(case, *words, manager=None, ready=True, **more):
    """A daemon whose front says what the words say."""
    home = case.path("bin")
    if not os.path.isdir(home):
        shutil.copytree(case.bin, home, symlinks=True)
        shutil.copy(next(arg.partition("=")[2] for arg in sys.argv if arg.startswith("--stand-in=")), f"{home}/pktlockd-front")
    case.bin = home
    env = manager.env if manager else {"NOTIFY_SOCKET": None}
    daemon = case.daemon(*words, interface=None, ready=False, env=env, **more)
    if manager and ready:
        manager.wait(READY)
    daemon.look()
    return daemon


def stored(manager):
    return [message for message in manager.heard if message.text.startswith("FDSTORE=1\n")]


def test_store(case):
    """Connections and what is to be known of the stop go to the descriptor store, then a barrier; and only its end is the end."""
    manager = Manager(case, hold=True)
    daemon = stand_in(case, "ready", "await-stop", "store=1", "store=fedcba9876543210", "store=0", "stopped", "end=0",
                      manager=manager)
    began = time.monotonic()
    daemon.signal(signal.SIGTERM)
    barrier = manager.wait("BARRIER=1")
    names = ["client.0000000000000001", "client.fedcba9876543210", "client.0000000000000000",
             "stop.7.18446744073709551615.0.123456789"]
    plk.equal(manager.texts()[1:], [STOPPING + "\nSTATUS=stopping"] + [f"FDSTORE=1\nFDPOLL=0\nFDNAME=pktlock.{name}" for name in names[:3]]
              + [f"FDSTORE=1\nFDNAME=pktlock.{names[3]}", "BARRIER=1"], "what it hears")
    plk.equal([len(message.fds) for message in manager.heard[1:]], [0, 1, 1, 1, 1, 1], "descriptors")
    for message in stored(manager)[:3]:
        with socket.socket(fileno=os.dup(message.fds[0])) as sock:
            plk.equal(sock.recv(100).decode(), message.text[-16:], "the connection of that name")
    plk.equal(os.fstat(stored(manager)[3].fds[0]).st_rdev, os.stat("/dev/null").st_rdev, "the descriptor of the last")
    time.sleep(0.1)
    plk.equal(daemon.poll(), None, "before the barrier is passed")
    manager.release(barrier)
    daemon.ended(0)
    plk.check("keep=1" in daemon.stderr and "warning" not in daemon.stderr, daemon.stderr)
    print(f"     {time.monotonic() - began:.3f} s")


def check_stop(case, manager, *words, warns=None, number=signal.SIGTERM, status=0):
    """A stop after these words takes less than a second, and says what it has to."""
    daemon = stand_in(case, "ready", "await-stop", *words, manager=manager)
    if not manager:
        plk.poll_until(lambda: "front" in daemon.look(), "the front")
        time.sleep(0.2)
    began = time.monotonic()
    daemon.signal(number)
    daemon.ended(status, 1.0)
    took = time.monotonic() - began
    plk.check(took < 1.0, f"a stop takes {took:.3f} s")
    plk.equal(re.findall(r"service manager does not take.*", daemon.stderr) != [], bool(warns), f"a warning in {daemon.stderr!r}")
    if warns:
        daemon.wait_log(warns)
    return daemon, took


def test_barrier_not_passed(case):
    manager = Manager(case, hold=True)
    _, took = check_stop(case, manager, "store=1", "end=0", warns="does not take what is to be kept: [A-Z][a-z]+ timed out connections=1 taken=1")
    print(f"     {took:.3f} s")


def test_front_that_ends_late(case):
    """What it stores when it has little time left gets there, also if the supervisor reads it after its end."""
    manager = Manager(case)
    _, took = check_stop(case, manager, "sleep=600", "store=1", "store=2", "end=0")
    plk.equal(len(stored(manager)), 2, "stored")
    plk.equal(manager.texts()[-1], "BARRIER=1", "last")
    print(f"     {took:.3f} s")


def test_as_many_as_there_can_be(case):
    """1024 connections; one more is not permitted."""
    manager = Manager(case)
    _, took = check_stop(case, manager, "store-many=1024", "stopped", "end=0")
    plk.equal(len(stored(manager)), 1025, "stored")
    plk.equal(manager.texts()[-1], "BARRIER=1", "last")
    print(f"     {took:.3f} s")
    for message in manager.heard:
        Manager.release(message)
    manager.heard.clear()
    daemon, _ = check_stop(case, manager, "store-many=1025", "sleep=5000")
    daemon.wait_log("front sent a message that is not permitted: STORE: ")
    plk.equal(len(stored(manager)), 1024, "stored")


def test_manager_that_does_not_read(case):
    """The queue of its socket is full at some time: the stop is not longer for it."""
    manager = Manager(case, reads=False)
    daemon = stand_in(case, "ready", "await-stop", "store-many=1000", "end=0", manager=manager, ready=False)
    manager.sock.settimeout(plk.WAIT)  # nobody reads but we, now
    manager.take()
    plk.equal(manager.texts(), [READY], "first")
    began = time.monotonic()
    daemon.signal(signal.SIGTERM)
    daemon.ended(0, 1.0)
    daemon.wait_log(r"does not take what is to be kept: Resource temporarily unavailable connections=\d+ taken=\d+")
    print(f"     {time.monotonic() - began:.3f} s")


def test_nothing_is_kept(case):
    """Without a service manager, and when somebody at a terminal ends it, connections end: keep=0, and none may be stored."""
    for reads, number in ((False, signal.SIGTERM), (True, signal.SIGINT)):
        for words, line in ((["end=0"], "stand-in: keep=0"),
                            (["store=1", "sleep=5000"], "front sent a message that is not permitted: STORE: ")):
            manager = Manager(case) if reads else None
            daemon, _ = check_stop(case, manager, *words, number=number)
            daemon.wait_log(line)
            if manager:
                plk.equal(stored(manager), [], "stored")
                manager.end()


def test_not_at_this_time(case):
    """What is for another stage ends the service."""
    for words, name in ((["ready", "store=1"], "STORE"), (["ready", "stopped"], "STOPPED"), (["ready", "unstore=x"], "UNSTORE"),
                        (["ready", "reason=x"], "REASON"), (["status=1,1"], "STATUS"), (["alive"], "ALIVE"),
                        (["reloaded"], "RELOADED"), (["exit"], "EXIT"), (["reason=x", "reason=y"], "REASON")):
        manager = Manager(case)
        daemon = stand_in(case, *words, manager=manager, ready=False)
        daemon.ended(1, 3.0)
        daemon.wait_log(f"front sent a message that is not permitted: {name}: ")
        manager.wait(f"STATUS=front sent a message that is not permitted: {name}: .*")
        plk.equal(manager.texts()[-1], STOPPING, f"{words}: last")
        manager.end()


def test_unknown_names(case):
    """Names of the store that mean nothing are removed from it, before the service is ready."""
    manager = Manager(case)
    names = ["client.7", "x" * 247, "with blank"]
    daemon = stand_in(case, *(f"unstore={name}" for name in names), "ready", manager=manager)
    plk.equal(manager.texts(), [f"FDSTOREREMOVE=1\nFDNAME=pktlock.{name}" for name in names] + [READY], "what it hears")
    daemon.stop(books=False)


def test_floods(case):
    """A front that says the same again and again is passed on as often as somebody wants to hear it, and the last is not lost."""
    manager = Manager(case)
    words = ["alive", "status=1,1", "status=2,2"] * 300
    daemon = stand_in(case, "ready", *words, "status=3,4", "reloaded", "alive", manager=manager)
    manager.wait("STATUS=3 clients, 4 frames dropped")
    plk.check(len(manager.heard) < 10, f"{manager.heard}")
    plk.equal(manager.texts().count("READY=1"), 0, "READY=1 that nobody waits for")
    daemon.stop(books=False)


def test_reload_before_ready(case):
    """It comes when the front is ready, which had perhaps read already what has changed since."""
    manager = Manager(case)
    daemon = stand_in(case, "sleep=400", "ready", "await-reload", "sleep=100", "reloaded", manager=manager, ready=False)
    plk.poll_until(lambda: "front" in daemon.look(), "the front")
    time.sleep(0.1)
    daemon.signal(signal.SIGHUP)
    manager.wait("READY=1")
    plk.equal([text.partition("\n")[0] for text in manager.texts()], ["READY=1", "RELOADING=1", "READY=1"], "what it hears")
    plk.check(manager.heard[2].at - manager.heard[1].at > 0.09, "READY=1 when it has reloaded")
    daemon.stop(books=False)


# How many descriptors may come


def test_inherited(case):
    """1024 connections may come back beside as many listeners; more than that is refused with the number."""
    case.veth()
    null = os.open("/dev/null", os.O_RDWR)
    fds = {number: null for number in range(3, 3 + 2048)}
    case.daemon(f"--remote=capture@punix:{case.path('c')}", fds=fds, nofile=4096).stop()
    fds[5000] = null
    refusal = case.run(f"--remote=capture@punix:{case.path('c')}", fds=fds, nofile=8192)
    plk.equal(refusal.status, 2, "exit status")
    plk.check("error: more than 2048 descriptors are inherited" in refusal.stderr, refusal.stderr)
    os.close(null)


if __name__ == "__main__":
    plk.main()
