# SPDX-License-Identifier: BSD-2-Clause
"""The four processes: what each may still do, how they end, and what happens when one of them dies."""

import os
import shutil
import signal
import socket
import subprocess
import time

import plk

ROLES = ("supervisor", "broker", "front", "worker")
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
CAP_NET_RAW = 1 << 13


def start(case, *more, **options):
    case.veth()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('i')}", *more,
                         **options)
    return daemon, case.wire()


def test_four_processes(case):
    daemon, _ = start(case)
    plk.equal(sorted(daemon.family), sorted(ROLES), "processes")
    children = [pid for pid, (ppid, _) in plk.processes().items() if ppid == daemon.pid]
    plk.equal(len(children), 3, "children of the supervisor")
    grandchildren = [pid for pid, (ppid, _) in plk.processes().items() if ppid in children]
    plk.equal(grandchildren, [], "children of the children")
    daemon.stop()


def test_what_they_may_do(case):
    """No capabilities but one, no new privileges, a system call filter, not root: in all, also with a client."""
    daemon, wire = start(case, f"--remote=attach@punix:{case.path('a')}")
    plk.sync(wire, case.connect(case.path("c")), case.connect(case.path("a")))
    for role, pid in daemon.family.items():
        status = plk.status_of(pid)
        for name in SETS:
            got = int(status[name], 16)
            if role == "broker":
                plk.check(got & ~CAP_NET_RAW == 0, f"{name} of the broker is {got:x}")
            else:
                plk.equal(got, 0, f"{name} of the {role}")
        plk.equal(status["NoNewPrivs"], "1", f"NoNewPrivs of the {role}")
        plk.equal(status["Seccomp"], "2", f"Seccomp of the {role}")
        for name in ("Uid", "Gid"):
            plk.check("0" not in status[name].split(), f"{name} of the {role} is {status[name]}")
        plk.check("0" not in status["Groups"].split(), f"groups of the {role} are {status['Groups']}")
    broker = plk.status_of(daemon.family["broker"])
    plk.equal(int(broker["CapEff"], 16), CAP_NET_RAW, "what the broker may do")
    daemon.stop()


def test_what_they_hold(case):
    """The worker holds no descriptor to a file or directory, and the front no packet socket."""
    daemon, wire = start(case)
    plk.sync(wire, case.connect(case.path("c")))
    with open("/proc/net/packet", encoding="ascii") as file:
        packet_inodes = {line.split()[8] for line in file.readlines()[1:]}
    for role in ROLES:
        pid = daemon.family[role]
        for number in os.listdir(f"/proc/{pid}/fd"):
            target = os.readlink(f"/proc/{pid}/fd/{number}")
            if role in ("front", "supervisor"):
                plk.check(target.removeprefix("socket:[").removesuffix("]") not in packet_inodes,
                          f"{role} holds a packet socket as descriptor {number}")
            if role == "worker" and int(number) > 2:
                plk.check(not target.startswith("/") or target == "/dev/null",
                          f"the worker holds {target} as descriptor {number}")
    daemon.stop()


def is_static(pid):
    headers = subprocess.run(["readelf", "-lW", f"/proc/{pid}/exe"], check=True, stdout=subprocess.PIPE, text=True)
    return "INTERP" not in headers.stdout


def test_static_programs(case):
    """What is static has one file in its memory: itself, no loader, no library."""
    case.veth()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}")
    for role, pid in daemon.look().items():
        with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
            files = {line.split(None, 5)[5].rstrip("\n") for line in maps if "/" in line}
        files = {file for file in files if not file.startswith(("/memfd:", "socket:"))}
        if is_static(pid):
            plk.equal(len(files), 1, f"files in the memory of the {role} ({files})")
        else:
            plk.check(any("/ld-linux" in file for file in files), f"the {role} has no loader: {files}")
    daemon.stop()


def test_environment(case):
    daemon, _ = start(case, env={"SECRET": "word", "NOTIFY_SOCKET": None})
    for role in ("broker", "worker", "front"):
        with open(f"/proc/{daemon.family[role]}/environ", "rb") as file:
            plk.equal(file.read().strip(b"\0"), b"", f"environment of the {role}")
    daemon.stop()


def test_signals_stop_within_a_second(case):
    for number in (signal.SIGTERM, signal.SIGINT):
        daemon, wire = start(case)
        clients = [case.connect(case.path("c")), case.connect(case.path("i"))]
        plk.sync(wire, clients[0])
        daemon.stop(number)
        for client in clients:
            client.wait_closed()
        plk.ip("link delete e0")


def test_signal_to_the_whole_group(case):
    """Ctrl-C and systemd tell all four at once: the stop is as clean."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        daemon, wire = start(case)
        client = case.connect(case.path("c"))
        plk.sync(wire, client)
        if number == signal.SIGHUP:
            os.killpg(daemon.pid, number)  # a terminal that closes; without a remotes file nothing to read again
            time.sleep(0.3)
            plk.check(daemon.poll() is None, "SIGHUP ended the daemon")
            plk.sync(wire, client)
            daemon.stop()
        else:
            daemon.look()
            os.killpg(daemon.pid, number)
            daemon.ended(0)
        client.wait_closed()
        plk.ip("link delete e0")


def test_stop_while_starting(case):
    """SIGTERM at any moment of the start ends everything, and leaves no file."""
    case.veth()
    for milliseconds in range(0, 60, 3):
        daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", ready=False)
        time.sleep(milliseconds / 1000)
        daemon.look()
        daemon.signal(signal.SIGTERM)
        daemon.wait(2)
        plk.poll_until(lambda: not daemon.left(), "its processes end", 2)
        plk.equal(os.listdir(case.dir), [], f"files after SIGTERM at {milliseconds} ms")


def name_of(number):
    return signal.Signals(number).name.removeprefix("SIG")


def check_fatal_death(case, role, number):
    """The service ends with status 1 and a line that names who died, and of what; it can be started again at once."""
    daemon, wire = start(case)
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    mark = daemon.mark()
    daemon.look()
    os.kill(daemon.family[role], number)
    if role == "broker":
        daemon.own_paths = []  # nobody else may remove them: the next start does
    daemon.ended(1, 2.0)
    client.wait_closed()
    said = daemon.stderr.encode()[mark:].decode()
    plk.check(any(role in line and ("KILL" in line or "signal" in line) for line in said.splitlines()),
              f"no line names the {role} and its signal: {said!r}")
    again = case.daemon(*daemon.args, interface=None)
    plk.sync(wire, case.connect(case.path("c")))
    again.stop()


def test_broker_dies(case):
    check_fatal_death(case, "broker", signal.SIGKILL)


def test_front_dies(case):
    check_fatal_death(case, "front", signal.SIGKILL)


def test_front_crashes(case):
    check_fatal_death(case, "front", signal.SIGSEGV)


def test_broker_crashes(case):
    check_fatal_death(case, "broker", signal.SIGSEGV)


def test_worker_dies(case):
    """The worker is replaced: a line names it and the signal, the listeners never close, frames flow again."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(
        f"--remote=capture@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('i')}",
        "--remote=capture@pfd:3", "--remote=attach@ptcp:0", fds={3: case.listener()},
    )
    tcp = plk.tcp_address(daemon)
    before = daemon.fd_counts()
    for number in (signal.SIGKILL, signal.SIGSEGV):
        client = case.connect(case.path("c"))
        plk.sync(wire, client)
        mark = daemon.mark()
        old = daemon.look()
        os.kill(old["worker"], number)
        client.wait_closed()
        # At once: connections are not refused, they wait for the new worker.
        clients = [case.connect(where) for where in (case.path("c"), case.path("l.sock"), tcp)]
        injecting = case.connect(case.path("i"))
        plk.sync(wire, *clients)
        injecting.send(plk.frame(1, 60, plk.FAR, plk.NEAR))
        wire.expect([plk.frame(1, 60, plk.FAR, plk.NEAR)], "injected by the new worker")
        line = daemon.wait_log(r"^.*worker.*(signal|KILL|SEGV|Killed|fault).*$", after=mark)[0].group()
        plk.check(str(int(number)) in line or name_of(number) in line or signal.strsignal(number) in line,
                  f"the line does not name the signal: {line}")
        new = daemon.look()
        plk.check(new["worker"] != old["worker"], "it is the same worker")
        plk.equal({role: new[role] for role in ROLES[:3]}, {role: old[role] for role in ROLES[:3]}, "the others")
        wire.send(plk.frame(2))
        for client in clients:
            client.expect([plk.frame(2)])
            client.close()
        injecting.close()
        plk.poll_until(lambda: daemon.fd_counts() == before, f"descriptor counts {before} come back")
        status = plk.status_of(new["worker"])
        plk.equal((status["Seccomp"], int(status["CapEff"], 16)), ("2", 0), "confinement of the new worker")
    plk.poll_until(lambda: plk.link("e0")["promiscuity"] == 0, "not promiscuous after the attach clients left")
    daemon.stop()


def test_worker_dies_again_and_again(case):
    """A worker that dies young is replaced after a growing pause; the service goes on."""
    daemon, wire = start(case)
    for _ in range(4):
        old = daemon.look().get("worker")
        os.kill(old, signal.SIGKILL)
        plk.poll_until(lambda: daemon.look().get("worker", old) != old, "a new worker", 6)
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    wire.send(plk.frame(1))
    client.expect([plk.frame(1)])
    daemon.stop()


def test_stop_without_worker(case):
    """SIGTERM in the pause between two workers."""
    daemon, _ = start(case)
    for _ in range(3):
        worker = daemon.look().get("worker")
        if worker:
            os.kill(worker, signal.SIGKILL)
        time.sleep(0.02)
    daemon.stop()


def test_active_remote_after_worker_dies(case):
    """Connections that we make are made again."""
    case.veth()
    wire = case.wire()
    listener = case.listener("peer")
    daemon = case.daemon(f"--remote=capture@unix:{case.path('peer')}")
    client = case.accept(listener)
    plk.sync(wire, client)
    os.kill(daemon.family["worker"], signal.SIGKILL)
    client.wait_closed()
    client = case.accept(listener)
    plk.sync(wire, client)
    daemon.stop()


def test_supervisor_dies(case):
    """kill -9 of the supervisor: all others end, and the socket files go."""
    daemon, wire = start(case)
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    daemon.look()
    os.kill(daemon.pid, signal.SIGKILL)
    plk.poll_until(lambda: not daemon.left(), "the children end", 2)
    client.wait_closed()
    plk.equal(os.listdir(case.dir), [], "socket files")
    daemon.wait()


def test_children_ignore_signals(case):
    """A signal that was meant for the supervisor does not end a child."""
    daemon, wire = start(case)
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    for role in ROLES[1:]:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(daemon.family[role], number)
    time.sleep(0.2)
    plk.equal(daemon.look(), daemon.family, "processes")
    plk.sync(wire, client)
    daemon.stop()


def notify_socket(case):
    sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    sock.bind(case.path("notify"))
    os.chmod(case.path("notify"), 0o666)
    sock.settimeout(plk.WAIT)
    return sock


def next_message(sock, word):
    """The next datagram with the assignment in it."""
    while True:
        try:
            message = sock.recv(4096).decode()
        except TimeoutError as error:
            raise plk.Failure(f"no datagram with {word}") from error
        if word in message.split("\n"):
            return message


def test_notify(case):
    """READY=1 not before every listener accepts, STOPPING=1 at the end."""
    case.veth()
    sock = notify_socket(case)
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", env={"NOTIFY_SOCKET": case.path("notify")}, ready=False)
    next_message(sock, "READY=1")
    case.connect(case.path("c"))
    daemon.wait_ready()
    daemon.stop()
    next_message(sock, "STOPPING=1")


def test_notify_abstract(case):
    case.veth()
    sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    sock.bind("\0plk-test-notify")
    sock.settimeout(plk.WAIT)
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", env={"NOTIFY_SOCKET": "@plk-test-notify"})
    next_message(sock, "READY=1")
    daemon.stop()
    next_message(sock, "STOPPING=1")


def test_notify_when_refused(case):
    """A start that fails never says that it is ready."""
    case.veth()
    sock = notify_socket(case)
    case.refused(2, "descriptor is not open", "--remote=capture@pfd:9", env={"NOTIFY_SOCKET": case.path("notify")})
    sock.settimeout(0.1)
    try:
        while True:
            plk.check("READY=1" not in sock.recv(4096).decode(), "READY=1 was sent")
    except TimeoutError:
        pass


def test_started_from_a_closed_directory(case):
    """A build in somebody's home that others may not enter works all the same: the user it becomes need not reach it."""
    case.veth()
    os.mkdir(case.path("home"), 0o700)
    shutil.copytree(case.bin, case.path("home/bin"))
    case.bin = case.path("home/bin")
    daemon = case.daemon("--remote=capture@ptcp:0")
    wire = case.wire()
    plk.sync(wire, case.connect(plk.tcp_address(daemon)))
    old = daemon.look()["worker"]
    os.kill(old, signal.SIGKILL)
    plk.poll_until(lambda: daemon.look().get("worker", old) != old, "a new worker")
    plk.sync(wire, case.connect(plk.tcp_address(daemon)))
    daemon.stop()


def test_closed_standard_descriptors(case):
    """Started without 0, 1 and 2: no socket takes their place and is written to."""
    case.veth()
    wire = case.wire()
    path = case.path("c")
    pid = plk.spawn(["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", f"{case.bin}/pktlockd", "--interface=e0",
                     f"--remote=capture@punix:{path}"])
    try:
        plk.poll_until(lambda: os.path.exists(path), "the socket")
        client = case.connect(path)
        plk.sync(wire, client)
        wire.send(plk.frame(1))
        client.expect([plk.frame(1)])
    finally:
        os.kill(pid, signal.SIGTERM)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    plk.equal(status, 0, "exit status")


def test_standard_error_goes(case):
    """When nobody reads the log any more, the service goes on."""
    case.veth()
    wire = case.wire()
    path = case.path("c")
    reader, writer = os.pipe()
    pid = plk.spawn([f"{case.bin}/pktlockd", "--interface=e0", f"--remote=capture@punix:{path}"], stderr=writer)
    os.close(writer)
    try:
        plk.poll_until(lambda: os.path.exists(path), "the socket")
        os.close(reader)
        for _ in range(5):
            client = case.connect(path)
            plk.sync(wire, client)
            client.close()
    finally:
        os.kill(pid, signal.SIGTERM)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    plk.equal(status, 0, "exit status")


if __name__ == "__main__":
    plk.main()
