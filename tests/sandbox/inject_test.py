# SPDX-License-Identifier: BSD-2-Clause
"""System calls that fail: each call of each process, with what the kernel might say. Whatever happens then, nobody
makes a call that is not permitted, crashes or hangs: the service goes on, or the worker is replaced, or it ends with a reason.

    inject_test.py --bin=DIRECTORY --fault=PROGRAM [--explore] [NAME...]

DIRECTORY has a pktlockd that replaces a worker at once. --explore prints what comes of each case, as the table has it.
"""

import collections
import contextlib
import errno
import os
import random
import re
import signal
import socket
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "netns"))
sys.path.insert(0, HERE)
import plk  # pylint: disable=wrong-import-position
import strace  # pylint: disable=wrong-import-position
from faults import Faults, role_of  # pylint: disable=wrong-import-position

plk.TEST_SECONDS = 400
EXPLORE = "--explore" in sys.argv
CLIENT = bytes.fromhex("027100000001")

# What may come of a fault, from best to worst.
GOES_ON, WORKER, ENDS = "goes on", "another worker", "ends"

# What must never kill a process.
FATAL = re.compile(rf"killed by signal ({int(signal.SIGSYS)}|{int(signal.SIGSEGV)}|{int(signal.SIGABRT)}|{int(signal.SIGBUS)})\b")

# process: {call: errors}; after the start. The first call of that name which is made then fails. notify is sendmsg to the service
# manager, and sendmsg what goes to others.
# ECONNRESET and EPIPE of a channel mean that the other process has gone, and are believed: the supervisor knows better.
CHANNEL = "EINTR EAGAIN ENOMEM"
RUNNING = {
    "worker": {
        "accept4": "EINTR EAGAIN EMFILE ENFILE ENOMEM ENOBUFS ECONNABORTED EPERM EINVAL",
        "close": "EINTR EIO EBADF",
        "epoll_ctl": "ENOMEM ENOSPC EBADF",
        "epoll_pwait": "EINTR EBADF",
        "getsockopt": "EBADF ENOBUFS",
        "read": "EINTR EAGAIN ECONNRESET EIO ENOMEM",
        "recvmsg": CHANNEL,
        "sendmsg": "EINTR EAGAIN ENOMEM ENOBUFS EPIPE ETOOMANYREFS",
        "sendto": "EINTR EAGAIN ENOMEM ENOBUFS ENETDOWN EMSGSIZE EPIPE EIO EPERM",
        "shutdown": "ENOTCONN EBADF",
    },
    "front": {
        "close": "EINTR EIO EBADF",
        "epoll_ctl": "ENOMEM ENOSPC EBADF",
        "epoll_pwait": "EINTR EBADF",
        "fcntl": "EPERM EBUSY",
        "ftruncate": "EINTR EFBIG ENOSPC",
        "getsockopt": "ENOBUFS EBADF",
        "getsockname": "ENOBUFS EBADF",
        "memfd_create": "EMFILE ENOMEM",
        "mmap": "ENOMEM EAGAIN",
        "munmap": "ENOMEM EINVAL",
        "ppoll": "EINTR ENOMEM",
        "recvmsg": CHANNEL,
        "sendmsg": "EINTR EAGAIN ENOMEM ENOBUFS EPIPE ETOOMANYREFS",
        "write": "EINTR EAGAIN EPIPE ENOSPC EIO",
    },
    "broker": {
        "bind": "ENODEV ENOMEM",
        "close": "EINTR EIO EBADF",
        "epoll_pwait": "EINTR EBADF",
        "getsockname": "ENOBUFS",
        "ioctl": "ENODEV EPERM",
        "recvfrom": "EINTR EAGAIN ENOBUFS ENOMEM",
        "recvmsg": CHANNEL,
        "sendmsg": "EINTR EAGAIN ENOMEM ENOBUFS EPIPE ETOOMANYREFS",
        "setsockopt": "ENOMEM ENODEV",
        "unlinkat": "EACCES EROFS",
        "newfstatat": "EACCES ENOENT",
    },
    "supervisor": {
        "clone": "EAGAIN ENOMEM EPERM",
        "close": "EINTR EIO EBADF",
        "epoll_pwait": "EINTR EBADF",
        "read": "EINTR EAGAIN EIO",
        "recvmsg": CHANNEL,
        "sendmsg": "EINTR EAGAIN ENOMEM ENOBUFS ETOOMANYREFS",
        "notify": "EINTR EAGAIN ECONNREFUSED ENOBUFS",
        "socketpair": "EMFILE ENFILE ENOMEM",
        "wait4": "EINTR",
        "write": "EINTR EAGAIN EPIPE ENOSPC EIO",
    },
    # between fork and exec
    "child": {
        "close_range": "EINVAL ENOMEM",
        "dup3": "EBADF EBUSY EMFILE",
        "execveat": "ENOMEM EACCES ENOENT",
        "rt_sigprocmask": "EFAULT",
    },
}

# The same for a worker that is killed then: the next one has the fault while it starts.
STARTING = {
    "capget": "EPERM", "capset": "EPERM", "dup3": "EMFILE EBUSY", "epoll_create1": "EMFILE ENOMEM", "epoll_ctl": "ENOMEM",
    "fcntl": "EMFILE EBADF", "getsockopt": "ENOPROTOOPT", "landlock_create_ruleset": "EOPNOTSUPP ENOMEM",
    "landlock_restrict_self": "EPERM E2BIG", "mmap": "ENOMEM", "prctl": "EINVAL EPERM", "prlimit64": "EPERM",
    "recvmsg": "EINTR EAGAIN ENOMEM", "rt_sigaction": "EINVAL", "seccomp": "EINVAL ENOMEM", "sendmsg": "EAGAIN ENOBUFS",
    "setns": "EPERM ENOMEM", "close": "EIO",
}
# Of these only the first fails: it is the C library's, or one that may fail.
SURVIVED = ("close", "fcntl", "prctl", "prlimit64", "rt_sigaction", "setns")

# What comes of those that the service does not just survive.
EXPECTED = {
    f"{process} {call} {error}": found for found, process, call, errors in (
        (WORKER, "worker", "epoll_pwait", "EBADF"),
        ((WORKER, GOES_ON), "worker", "recvmsg", "ENOMEM"),  # an order, or a frame of the interface
        (ENDS, "front", "epoll_pwait", "EBADF"),
        (WORKER, "front", "fcntl", "EPERM EBUSY"),
        (WORKER, "front", "ftruncate", "EINTR EFBIG ENOSPC"),
        (WORKER, "front", "memfd_create", "EMFILE ENOMEM"),
        (WORKER, "front", "mmap", "ENOMEM EAGAIN"),
        (WORKER, "front", "recvmsg", "ENOMEM"),
        (WORKER, "front", "sendmsg", "EAGAIN ENOMEM ENOBUFS ETOOMANYREFS"),
        (ENDS, "broker", "epoll_pwait", "EBADF"),
        (ENDS, "broker", "recvmsg", "ENOMEM"),
        (ENDS, "broker", "sendmsg", "EAGAIN ENOMEM ENOBUFS ETOOMANYREFS"),
        (ENDS, "supervisor", "epoll_pwait", "EBADF"),
        (ENDS, "supervisor", "sendmsg", "EAGAIN ENOMEM ENOBUFS ETOOMANYREFS"),
        *((WORKER, "child", call, errors) for call, errors in RUNNING["child"].items()),
        *((WORKER, "starting", call, errors) for call, errors in STARTING.items() if call not in SURVIVED),
    ) for error in errors.split()
}
EXPECTED["starting recvmsg EINTR"] = EXPECTED["starting recvmsg EAGAIN"] = GOES_ON


class World:
    """A daemon with one port of each kind, and what can be done to it."""

    def __init__(self, case, **more):
        self.case = case
        self.kills = 0
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(case.path("notify"))
        os.chmod(case.path("notify"), 0o666)
        case.stack.callback(self.notify.close)
        self.daemon = case.daemon(
            *(f"--remote={keys}@punix:{case.path(name)}" for name, keys in
              (("c", "capture,allow-gid=0"), ("l", "capture,latency=low"), ("i", "inject"), ("a", "attach"))),
            f"--remote=capture@unix:{case.path('active')}", env={"NOTIFY_SOCKET": case.path("notify")}, **more)
        if more.get("ready", True):
            # nothing is on its way any more
            self.notify.settimeout(5)
            while b"READY=1" not in self.notify.recv(4096):
                pass
            self.daemon.wait_log("client connected remote=capture@unix:")
            time.sleep(0.005)
            self.descriptors = self.daemon.fd_counts()

    def close(self):
        self.daemon.kill()
        self.notify.close()
        for name in os.listdir(self.case.dir):
            if name != "active":
                os.unlink(self.case.path(name))

    def connect(self, name):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(0.3)
        sock.connect(self.case.path(name))
        return plk.Client(sock)

    def kill_worker(self):
        """And wait for the next."""
        old = self.daemon.look().get("worker")
        if old is None:
            return
        self.kills += 1
        os.kill(old, signal.SIGKILL)
        with contextlib.suppress(plk.Failure):
            plk.poll_until(lambda: self.daemon.look().get("worker", old) != old, "a worker", 0.5)

    def deaths(self):
        return self.daemon.stderr.count("worker died") - self.kills


def attempt(action, *args):
    """Does something that may fail, since a fault is about."""
    try:
        return action(*args) or True
    except (plk.Failure, OSError):
        return False


def captured(world, wire, name, seconds):
    """Whether a client gets a frame in time, connecting again whenever it is closed."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and world.daemon.poll() is None:
        with contextlib.suppress(plk.Failure, OSError):
            with world.connect(name) as client:
                while time.monotonic() < end:
                    wire.send(plk.frame(7))
                    if client.recv(0.01):
                        return True
        time.sleep(0.005)
    return False


def injected(world, wire, seconds):
    end = time.monotonic() + seconds
    data = plk.frame(9, 60, plk.FAR, CLIENT)
    while time.monotonic() < end and world.daemon.poll() is None:
        with contextlib.suppress(plk.Failure, OSError):
            with world.connect("i") as client:
                client.send(data)
                if wire.recv(0.1) == data:
                    return True
    return False


def stir(world, wire, role):
    """A bit of all that happens in a day."""
    daemon = world.daemon
    clients = []
    for name in ("c", "l", "a", "i"):
        with contextlib.suppress(OSError):
            clients.append(world.connect(name))
    for client in clients[-2:]:
        attempt(client.send, plk.frame(9, 200, plk.FAR, CLIENT))
    attempt(wire.send, *(plk.frame(i) for i in range(5)))
    time.sleep(0.03)
    daemon.signal(signal.SIGUSR1)
    for client in clients:
        client.close()
    for change in ("down", "up"):
        plk.ip(f"link set e0 {change}")
    attempt(captured, world, wire, "c", 0.2)
    if role != "worker":
        world.kill_worker()
        attempt(captured, world, wire, "c", 0.2)


def again_there(case, daemon):
    """The interface goes and comes: the wire of the new one."""
    plk.ip("link delete e0")
    case.veth()
    with contextlib.suppress(plk.Failure):
        daemon.wait_log("interface is back", 0.2)
    return case.wire()


def socket_to_manager(pid):
    """The descriptor of the supervisor that the service manager is told with: its only datagram socket."""
    with open(f"/proc/{pid}/net/unix", encoding="ascii") as file:
        datagram = {fields[6] for fields in map(str.split, file) if fields[4] == "0002"}
    for number in os.listdir(f"/proc/{pid}/fd"):
        if os.readlink(f"/proc/{pid}/fd/{number}").removeprefix("socket:[").removesuffix("]") in datagram:
            return int(number)
    raise plk.Failure("the supervisor has no socket to the service manager")


def armed(faults, role, call, error, nth=1, but=0, begun=None, manager=None):
    """From now on the calls of that name which processes of that role make are counted, and the nth fails; but: a process
    that does not count; begun: those before the process has begun do not either; manager: what is sent there is not sendmsg."""
    made = 0
    number = getattr(errno, error)

    def decide(pid, name, args):
        nonlocal made
        if begun and not begun.has(pid, role_of(pid), name, args):
            return 0
        if name == "sendmsg" and args[0] == manager:
            name = "notify"
        if made >= nth or name != call or pid == but or role_of(pid) != role:
            return 0
        made += 1
        return number if made == nth else 0

    faults.decide = decide


def check_end(world, what):
    """An end that was not asked for: with a status and a reason, and nothing is left."""
    daemon = world.daemon
    plk.check(daemon.wait() in (1, 2), f"{what}: exit status {daemon.status}")
    plk.check("error:" in daemon.stderr or "\npktlockd:" in "\n" + daemon.stderr, f"{what}: no reason: {daemon.stderr[-300:]}")
    plk.poll_until(lambda: not daemon.left(), f"{what}: its processes end", 1.5)
    return ENDS


def check_served(world, wire, what):
    """All ports serve, and the daemon can be stopped."""
    for name in ("c", "l"):
        plk.check(captured(world, wire, name, 4), f"{what}: nothing is captured at {name}")
    plk.check(injected(world, wire, 4), f"{what}: nothing is injected")


def check_rest(world, what):
    """No descriptor is left of all that was done."""

    def rest():
        return all(count <= world.descriptors[role] for role, count in world.daemon.fd_counts().items())

    try:
        plk.poll_until(rest, "descriptors", 3)
    except plk.Failure as failure:
        raise plk.Failure(f"{what}: descriptors {world.daemon.fd_counts()}, before {world.descriptors}") from failure


def check_stop(world, what):
    daemon = world.daemon
    daemon.look()
    daemon.signal(signal.SIGTERM)
    plk.equal(daemon.wait(2), 0, f"{what}: status at the stop")
    plk.poll_until(lambda: not daemon.left(), f"{what}: its processes end", 1)


def outcome(world, wire, what):
    """What came of a fault that is over."""
    daemon = world.daemon
    try:
        check_served(world, wire, what)
        if " close " not in what:
            check_rest(world, what)
    except (plk.Failure, ProcessLookupError):
        time.sleep(0.05)
        if daemon.poll() is None:
            raise
        return check_end(world, what)
    found = WORKER if world.deaths() > 0 else GOES_ON
    check_stop(world, what)
    return found


def check_files(case, what):
    # the broker removes them, and only if it can
    may_stay = what.startswith(("broker unlinkat", "broker newfstatat"))
    left = [name for name in ("c", "l", "i", "a") if os.path.lexists(case.path(name))]
    plk.check(may_stay or not left, f"{what}: socket files {left}")


@contextlib.contextmanager
def place(case, *calls, **more):
    """An interface, a daemon whose calls of those names can be made to fail, and no trace of them afterwards."""
    case.veth()
    wire = case.wire()
    active = case.listener("active")
    faults = Faults(case, *calls)
    world = None
    try:
        world = World(case, under=faults.under, **more)
        yield world, wire, faults
        plk.check(not FATAL.search(world.daemon.stderr), f"{FATAL.search(world.daemon.stderr)}")
    finally:
        if world:
            world.close()
        faults.close()
        active.close()
        wire.close()
        os.unlink(case.path("active"))
        plk.ip("link delete e0")


def run_running(case, role, call, error):
    """One row of RUNNING."""
    what = f"{role} {call} {error}"
    with place(case, "sendmsg" if call == "notify" else call) as (world, wire, faults):
        manager = socket_to_manager(world.daemon.pid) if role == "supervisor" else None
        armed(faults, role, call, error, manager=manager)
        if call == "notify":
            world.daemon.signal(signal.SIGHUP)
        stir(world, wire, role)
        if role == "broker":
            wire = again_there(case, world.daemon)
        found = outcome(world, wire, what)
        plk.check(faults.hits, f"{what}: was never made")
        if found != ENDS:
            check_files(case, what)
    return found


def run_starting(case, _, call, error):
    """One row of STARTING."""
    what = f"starting {call} {error}"
    with place(case, call) as (world, wire, faults):
        worker = world.daemon.family["worker"]
        armed(faults, "worker", call, error, but=worker)
        world.kill_worker()
        found = outcome(world, wire, what)
        plk.check(faults.hits, f"{what}: was never made")
    return found


def run_table(case, rows, run):
    """rows: (process, call, error)"""
    wrong = []
    for role, call, error in rows:
        what = f"{role} {call} {error}"
        began = time.monotonic()
        try:
            found = run(case, role, call, error)
        except (plk.Failure, OSError) as failure:
            found = f"{type(failure).__name__}: {failure}"
        if EXPLORE:
            print(f"     {time.monotonic() - began:5.2f} s  {what}: {found}", flush=True)
        expected = EXPECTED.get(what, GOES_ON)
        if found != expected and found not in expected:
            wrong.append(f"{what}: {found}; expected: {expected}")
            wrong += [f"    | {line[:160]}" for line in case.daemons[-1].stderr.splitlines()[-6:]]
        case.daemons.clear()
    for line in wrong:
        print(f"     {line}")
    plk.check(not wrong, "not what was expected of a fault")


def running(role):
    return [(role, call, error) for call, errors in RUNNING[role].items() for error in errors.split()]


def test_worker(case):
    run_table(case, running("worker"), run_running)


def test_front(case):
    run_table(case, running("front"), run_running)


def test_broker(case):
    run_table(case, running("broker"), run_running)


def test_supervisor(case):
    run_table(case, running("supervisor") + running("child"), run_running)


def test_next_worker(case):
    run_table(case, [("starting", call, error) for call, errors in STARTING.items() for error in errors.split()], run_starting)


# ---------------------------------------------------------------------------------------------------------------------
# The start

# What a call of the start fails with, by turns.
ERRORS = {
    "bind": "EADDRINUSE EACCES ENODEV", "clone": "EAGAIN ENOMEM", "connect": "ECONNREFUSED EACCES",
    "epoll_create1": "EMFILE ENOMEM",
    "epoll_pwait": "EINTR EBADF", "fcntl": "EMFILE EINVAL", "getrandom": "EINTR ENOSYS", "landlock_add_rule": "ENOMEM EBADFD",
    "landlock_create_ruleset": "ENOSYS EOPNOTSUPP", "mmap": "ENOMEM EPERM", "mount": "EPERM EACCES", "open": "EMFILE ENOENT",
    "openat": "EMFILE ENOENT EACCES", "read": "EIO EINTR", "recvmsg": "EINTR EAGAIN ENOMEM", "seccomp": "EINVAL ENOSYS",
    "sendmsg": "EINTR EAGAIN ENOBUFS ETOOMANYREFS", "setns": "EPERM EINVAL", "setresuid": "EPERM EAGAIN", "setresgid": "EPERM",
    "socket": "EMFILE EPERM EAFNOSUPPORT", "socketpair": "EMFILE ENOMEM", "unshare": "EPERM ENOSPC", "wait4": "EINTR",
    "write": "EIO EAGAIN",
}
ANY = "EPERM ENOMEM EINVAL"
# These end a process or cannot fail so, or a library aborts when they fail: the C library for a futex, systemd's name service for
# a mask of signals.
NEVER = ("exit_group", "execve", "rt_sigreturn", "brk", "futex", "rt_sigprocmask")
PR_SET_NAME = 15


def start_args(case):
    return [f"--remote={keys}@punix:{case.path(name)}" for name, keys in (("c", "capture"), ("l", "attach"), ("i", "inject"))] + [
        "--remote=capture@ptcp:0", "--remote=capture@pfd:9"]


class Begun:
    """Which processes are in our code: their first call there is prctl(PR_SET_NAME). What the C library does before it, and what
    becomes of faults there, is not ours."""

    def __init__(self):
        self.pids = {}

    def has(self, pid, role, name, args):
        if name == "prctl" and args[0] == PR_SET_NAME:
            self.pids[pid] = role
        return role == "child" or self.pids.get(pid) == role


def calls_of_start(case, listener):
    """{(role, call): how often} of a start, with all calls that are made there."""
    prefix = case.path("strace")
    daemon = case.daemon(*start_args(case), under=strace.command(prefix), fds={9: listener})
    daemon.stop()
    names = set()
    for name in os.listdir(case.dir):
        if name.startswith("strace"):
            names |= {call.name for call in strace.calls_of(case.path(name))}
            os.unlink(case.path(name))
    names = sorted(names - set(NEVER) | {"prctl"})
    begun = Begun()
    counts = collections.Counter()
    faults = Faults(case, *names)

    def count(pid, name, args):
        role = role_of(pid)
        if begun.has(pid, role, name, args):
            counts[role, name] += 1
        return 0

    faults.decide = count
    daemon = case.daemon(*start_args(case), under=faults.under, fds={9: listener})
    found = dict(counts)
    daemon.stop()
    faults.close()
    return {key: n for key, n in found.items() if key[0] in ("supervisor", "child", "broker", "front", "worker")}


def start_outcome(case, daemon, wire, what):
    """A start either fails and says why, or comes to an end, and the service serves."""

    def decided():
        return " ready interface=" in daemon.stderr or daemon.poll() is not None

    with contextlib.suppress(plk.Failure):  # the line may be what is lost
        plk.poll_until(decided, "it is ready or ends", 1.5, 0.002)
    if daemon.poll() is None:
        served = attempt(lambda: plk.sync(wire, case.connect(case.path("c"))))
        plk.check(served or attempt(daemon.wait, 1.0), f"{what}: neither serves nor ends")
    if daemon.poll() is None:
        daemon.look()
        daemon.signal(signal.SIGTERM)
        # the fault may come after the client was served, and before the signal
        plk.check(daemon.wait(2) == 0 or "; the service ends" in daemon.stderr, f"{what}: status at the stop: {daemon.status}")
    daemon.wait()  # until all that it wrote is here
    plk.check(daemon.status in (0, 1, 2), f"{what}: exit status {daemon.status}")
    reason = "error: " in daemon.stderr or "\npktlockd: " in "\n" + daemon.stderr
    plk.check(daemon.status == 0 or reason, f"{what}: no reason: {daemon.stderr[-300:]!r}")
    plk.check(not FATAL.search(daemon.stderr), f"{what}: {FATAL.search(daemon.stderr)}")
    return daemon.status


def run_start(case, wire, listener, role, call, nth, error):
    what = f"start: {role} {call} {error} the {nth}th"
    began = time.monotonic()
    faults = Faults(case, *{call, "prctl"})
    armed(faults, role, call, error, nth, begun=Begun())
    daemon = case.daemon(*start_args(case), under=faults.under, fds={9: listener}, ready=False)
    daemon.seen = {}
    try:
        status = start_outcome(case, daemon, wire, what)
        plk.poll_until(lambda: not children_left(case), f"{what}: its processes end", 1)
        left = [name for name in ("c", "l", "i") if os.path.lexists(case.path(name))]
        plk.check(not left or role == "broker", f"{what}: left {left}")
    finally:
        daemon.kill()
        for pid in children_left(case):
            os.kill(pid, signal.SIGKILL)
        faults.close()
        case.daemons.remove(daemon)
        for name in ("c", "l", "i"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(case.path(name))
    if EXPLORE:
        print(f"     {time.monotonic() - began:5.2f} s  {what}: {status} {'' if faults.hits else 'NOT MADE'}", flush=True)
    return status, bool(faults.hits)


def children_left(case):
    return [pid for pid in plk.processes() if pid not in case.before and role_of(pid) in ("supervisor", "child", "broker", "front",
                                                                                         "worker")]


def test_start(case):
    """Each call of the start of each process: the first, the last and one between them."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    case.veth()
    wire = case.wire()
    listener = case.listener()
    wrong, statuses, missed = [], collections.Counter(), 0
    counts = calls_of_start(case, listener)
    for turn, ((role, call), n) in enumerate(sorted(counts.items())):
        errors = ERRORS.get(call, ANY).split()
        for i, nth in enumerate(sorted({1, n, chance.randint(1, n)})):
            try:
                status, made = run_start(case, wire, listener, role, call, nth, errors[(turn + i) % len(errors)])
                statuses[status] += 1
                missed += not made
            except (plk.Failure, OSError) as failure:
                wrong.append(str(failure))
    print(f"     seed {seed}: {sum(statuses.values())} starts with a fault in {len(counts)} calls of processes: "
          + ", ".join(f"{number} ended with {status}" for status, number in sorted(statuses.items()))
          + f"; {missed} were not made that often")
    for line in wrong:
        print(f"     {line}")
    plk.check(not wrong, "a start with a fault")


if __name__ == "__main__":
    plk.main()
