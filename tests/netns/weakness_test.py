# SPDX-License-Identifier: BSD-2-Clause
"""What went wrong elsewhere with listeners that are inherited and remotes that come at run time, one test each.

The numbers B1 to B14 are those of SECURITY.md. In each, what is shown is what happens here instead.
"""

import contextlib
import errno
import os
import re
import signal
import socket
import struct
import time

import plk
from control import Control

PFD = "pfd: remotes can only be specified on the command line"
SD = "sd: remotes can only be specified on the command line"
ROLES = ("capture", "inject", "attach")


def start(case, *args, fds=None, listen=None, **more):
    """A daemon that has an inherited listener "l" as descriptor 3, and a control socket."""
    case.veth()
    fds = {3: case.listener("l")} if fds is None else fds
    return case.daemon(f"--control=punix:{case.path('ctl')}", *(args or ("--remote=capture@pfd:3",)), fds=fds, listen=listen, **more)


def control(case):
    return case.keep(Control(case.path("ctl")))


def refused(c, text, *words):
    got = c.refused(*words)
    plk.check(text in got, f"{words}: {got!r}, not {text!r}")


def write(case, *lines):
    """The remotes file, as an editor does it."""
    path = case.path("etc/remotes")
    os.makedirs(case.path("etc"), exist_ok=True)
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.write("".join(f"{line}\n" for line in lines))
    os.rename(f"{path}.new", path)
    return path


def rests(daemon):
    """It takes no processor time once it is at rest."""

    def quiet():
        before = run_time(daemon)
        time.sleep(0.2)
        return run_time(daemon) == before

    plk.poll_until(quiet, "at rest", pause=0)


def run_time(daemon):
    times = []
    for pid in daemon.look().values():
        with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
            times.append(int(file.read().split()[0]))
    return times


def hang_up(daemon, text):
    mark = daemon.mark()
    daemon.signal(signal.SIGHUP)
    daemon.wait_log(text, after=mark)


def serves(case, wire, where):
    with case.connect(where) as client:
        plk.sync(wire, client)


def told_no(case, where):
    with case.connect(where) as client:
        client.wait_closed()


def test_b01_one_spelling(case):
    """B1: numbers that are cut to an int, and many spellings of one. Here a number has one, and is never another."""
    spellings = ("4294967299", "18446744073709551619", "9223372036854775807", "-4294967293", "+3", " 3", "3 ", "\t3", "\n3", "03", "0x3", "3.", "",
                 "-3")
    listener = case.listener("l")
    daemon = start(case, f"--remotes-file={write(case)}", "--remote=capture@pfd:3", fds={3: listener})
    c = control(case)
    for text in spellings:
        refused(c, "descriptor number ", "add-remote", f"capture@pfd:{text}")
        refused(c, "no such remote", "remove-remote", f"capture@pfd:{text}")
        refused(c, "no such remote", "remove-remote", f"pfd:{text}")
        write(case, f"capture@pfd:{text}".replace("\n", " "))
        refused(c, "remotes:1:", "reload")
    serves(case, case.wire(), case.path("l"))
    c.done("remove-remote", "pfd:3")
    daemon.stop()
    for text in spellings:
        for option in ("--remote=capture@pfd:", "--control=pfd:"):
            refusal = case.refused(2, "descriptor number ", "--remote=capture@ptcp:0", f"{option}{text}", fds={3: listener})
            plk.check("listening" not in refusal.stderr, refusal.stderr)


def test_b02_one_socket_once(case):
    """B2: one descriptor by two remotes, and numbers that were used again. Here a socket has one port, and keeps its number."""
    case.veth()
    listener = case.listener("l")
    for second in ("capture@pfd:3", "attach@pfd:4", "inject@pfd:3"):
        case.refused(2, "", "--remote=capture@pfd:3", f"--remote={second}", fds={3: listener, 4: listener}, listen=2)
    case.refused(2, "", "--remote=capture@pfd:3", "--control=pfd:4", fds={3: listener, 4: listener}, listen=2)

    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", "--remote=capture@pfd:3", f"--remote-dir={case.dir}", fds={3: listener})
    wire, c = case.wire(), control(case)
    for round_number in range(3):
        c.done("remove-remote", "capture@pfd:3")
        c.done("add-remote", f"capture@punix:{case.path('new')}")
        refused(c, "no such remote", "remove-remote", "capture@pfd:3")
        refused(c, "no such remote", "remove-remote", "pfd:3")
        serves(case, wire, case.path("new"))
        told_no(case, case.path("l"))
        c.done("add-remote", "capture@pfd:3")
        serves(case, wire, case.path("l"))
        c.done("remove-remote", f"punix:{case.path('new')}")
        plk.check(not os.path.exists(case.path("new")), f"round {round_number}: the socket file is there")
        serves(case, wire, case.path("l"))
    rests(daemon)
    daemon.stop()


def test_b03_nothing_is_opened_later(case):
    """B3: a number that is tried again and again takes what gets it later. Here it is looked at once, before anything is opened."""
    case.veth()
    for number in (3, 13, 1000):
        case.refused(2, "descriptor is not open", f"--remote=capture@pfd:{number}", f"--control=punix:{case.path('ctl')}")
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", f"--remote=capture@punix:{case.path('s')}")
    c = control(case)
    before = c.done("list-remotes")
    for number in range(3, 64):
        refused(c, PFD, "add-remote", f"capture@pfd:{number}")
    plk.equal(c.done("list-remotes"), before, "remotes")
    for _ in range(20):
        with contextlib.closing(Control(case.path("ctl"))) as another:
            another.done("version")
    rests(daemon)
    daemon.stop()


def test_b04_file(case):
    """B4: the rule for the command line did not hold for a file. Here it does, at the start and at each reload."""
    case.veth()
    fds = {3: case.listener("l"), 9: case.listener("n")}
    for text, why in (("capture@pfd:9", PFD), ("capture@pfd:3", PFD), ("inject@sd:a", SD)):
        case.refused(2, f":1:{text.index('@') + 2}: '{text}': {why}", f"--remotes-file={write(case, text)}", "--remote=capture@pfd:3", fds=fds)
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", f"--remotes-file={write(case)}", "--remote=capture@pfd:3", fds=fds)
    wire, c = case.wire(), control(case)
    client = case.connect(case.path("l"))
    plk.sync(wire, client)
    before = (c.done("list-remotes"), daemon.fd_counts())
    for text, why in (("capture@pfd:9", PFD), ("capture@pfd:3", PFD), ("capture,latency=low@pfd:3", PFD), ("inject@sd:a", SD)):
        write(case, "capture@ptcp:7777", text)
        refused(c, why, "reload")
        hang_up(daemon, f"error: nothing is changed: .*:2:{text.index('@') + 2}: .*{why}")
        plk.equal((c.done("list-remotes"), daemon.fd_counts()), before, "remotes and descriptors")
    c.done("remove-remote", "capture@pfd:3")
    client.wait_closed()
    for text in ("capture@pfd:3", "capture,latency=low@pfd:3"):  # the file brings nothing back
        write(case, text)
        refused(c, PFD, "reload")
    c.done("add-remote", "capture@pfd:3")
    serves(case, wire, case.path("l"))
    daemon.stop()


def test_b05_every_way_in(case):
    """B5: other commands took remotes, too, and spoke as a client on them. Here few do, and the rule is the same for all."""
    path = write(case)
    daemon = start(case, f"--remotes-file={path}", "--remote=capture@pfd:3")
    c = control(case)
    taking = [line.split()[0] for line in c.done("list-commands").splitlines()[1:] if re.search("REMOTE|PORT-SPEC|PATH|FILE", line[25:])]
    plk.equal(taking, ["add-remote", "remove-remote"], "commands that take remotes")
    for role in ROLES:
        for remote, why in (("pfd:3", PFD), ("pfd:4", PFD), ("sd:a", SD)):
            refused(c, why, "add-remote", f"{role}@{remote}")
            refused(c, why, "add-remote", f"{role},max-clients=1@{remote}")
            write(case, f"{role}@{remote}")
            refused(c, why, "reload")
            hang_up(daemon, f"error: nothing is changed: .*{why}")
    with case.connect(case.path("l")) as client:  # nobody speaks first
        client.quiet()
    daemon.stop()
    for remote in ("ptcp:7777", "tcp:127.0.0.1:7777", f"unix:{case.path('u')}"):
        case.refused(2, "pktlockd: --control: ", f"--control={remote}", "--remote=capture@ptcp:0")


def test_b06_families_and_names(case):
    """B6: listeners of any family, and names of peers with newlines in the log. Here TCP must be asked for, and no peer has a name."""
    case.veth()
    tcp = case.tcp_listener()
    case.refused(2, "need tcp=yes", "--remote=capture@pfd:3", fds={3: tcp})
    case.refused(2, "", f"--remote=capture@punix:{case.path('s')}", "--control=pfd:3", fds={3: tcp})
    daemon = case.daemon("--remote=capture,tcp=yes@pfd:3", "--remote=capture@pfd:4", fds={3: tcp, 4: case.listener("l")})
    for sock, where in ((socket.socket(socket.AF_UNIX), case.path("l")), (socket.socket(socket.AF_INET), tcp.getsockname())):
        with sock:
            sock.bind(case.path("\nX\x1b[2J") if sock.family == socket.AF_UNIX else ("127.0.0.1", 0x0A58))
            mark = daemon.mark()
            sock.connect(where)
            daemon.wait_log(r"info: client connected remote=\S+ slot=\d+ (uid=0 pid=\d+|peer=tcp:127.0.0.1:2648)$", after=mark)
    for line in daemon.stderr.splitlines():
        plk.check(re.fullmatch(r"pktlockd\[\w+\]: \w+: [ -~]+", line), f"line of the log: {line!r}")
    daemon.stop()


def test_b07_standard_descriptors(case):
    """B7: 0, 1 and 2 were accepted, and replaced. Here they are refused, whatever they are."""
    case.veth()
    listener = case.listener("l")
    for number in range(3):
        for args in ((f"--remote=capture@pfd:{number}",), (f"--control=pfd:{number}", "--remote=capture@ptcp:0")):
            with_listener = {number: listener} if number == 0 else {}
            refusal = case.refused(2, f"descriptors 0, 1 and 2 are standard input, output and error at byte {args[0].index('pfd') - args[0].index('=') + 3}",
                                   *args, fds=with_listener)
            plk.check("listening" not in refusal.stderr, refusal.stderr)


def test_b08_removed_and_back(case):
    """B8: what was removed could not come back, and its clients hung. Here it can, and they are told no at once."""
    daemon = start(case, "--remote=capture@sd:a", listen=["a"])
    wire, c = case.wire(), control(case)
    client = case.connect(case.path("l"))
    plk.sync(wire, client)
    for _ in range(3):
        c.done("remove-remote", "capture@sd:a")
        client.wait_closed(1)
        for _ in range(5):
            began = time.monotonic()
            told_no(case, case.path("l"))
            plk.check(time.monotonic() - began < 1, "who connects waits")
        plk.check("state=parked" in c.done("list-remotes"), "list-remotes")
        refused(c, SD, "add-remote", "inject@sd:a")
        c.done("add-remote", "capture@sd:a")
        client = case.connect(case.path("l"))
        plk.sync(wire, client)
    daemon.stop()


def test_b09_reload_of_an_activated_service(case):
    """B9: a reload that started again without the descriptors replaced the socket. Here it ends nothing, and the next start has it."""
    case.veth()
    wire, listener = case.wire(), case.listener("l", mode=0o660)
    before = os.lstat(case.path("l"))
    for with_file in (False, True):
        more = [f"--remotes-file={write(case)}"] if with_file else []
        daemon = case.daemon("--remote=capture@sd:a", *more, fds={3: listener}, listen=["a"])
        client = case.connect(case.path("l"))
        plk.sync(wire, client)
        family = daemon.look()
        for _ in range(3):
            hang_up(daemon, "info: (reloaded|nothing to reload)")
            plk.sync(wire, client)
            serves(case, wire, case.path("l"))
        plk.equal(daemon.look(), family, "processes")
        daemon.stop()
        after = os.lstat(case.path("l"))
        plk.equal((after.st_ino, after.st_mode, after.st_uid), (before.st_ino, before.st_mode, before.st_uid), "the socket file")


def listens(pid):
    """{number: inode} of what a process has open, sockets only."""
    found = {}
    for number in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            target = os.readlink(f"/proc/{pid}/fd/{number}")
            if target.startswith("socket:["):
                found[int(number)] = int(target[8:-1])
    return found


def closes_on_exec(pid, number):
    with open(f"/proc/{pid}/fdinfo/{number}", encoding="ascii") as file:
        flags = next(line.split()[1] for line in file if line.startswith("flags:"))
    return int(flags, 8) & os.O_CLOEXEC != 0


def test_b10_closed_on_exec(case):
    """B10: listeners reached programs that had no use for them. Here only front and worker have one, and it goes no further."""
    listener = case.listener("l")
    inode = os.fstat(listener.fileno()).st_ino
    daemon = start(case, "--remote=capture@pfd:3", fds={3: listener, 5: listener, 60: listener})
    for _ in range(2):
        family = daemon.look()
        holders = {role: [number for number, found in listens(pid).items() if found == inode] for role, pid in family.items()}
        plk.equal([len(holders[role]) for role in ("broker", "front", "worker")], [0, 1, 1], "how often broker, front and worker have the listener")
        for role in family:
            for number in holders[role]:
                plk.check(closes_on_exec(family[role], number), f"{role} would pass the listener on as {number}")
        os.kill(family["worker"], signal.SIGKILL)  # the next one starts when the listener is there
        daemon.wait_log("another worker serves")
    daemon.stop(books=False)


def test_b11_names_and_counts(case):
    """B11: a name that was not the one expected led to another socket, in silence. Here all must be named and claimed, or nothing starts."""
    case.veth()
    wire = case.wire()
    sockets = {name: case.listener(name) for name in ("a", "b")}
    own = f"--remote=capture@punix:{case.path('own')}"
    for names in (["a", "b"], ["b", "a"]):
        daemon = case.daemon("--remote=capture@sd:a", "--remote=attach@sd:b", fds={3 + i: sockets[name] for i, name in enumerate(names)}, listen=names)
        for name in names:
            serves(case, wire, case.path(name))
        hang_up(daemon, "info: nothing to reload")
        for name in names:
            serves(case, wire, case.path(name))
        daemon.stop()
    fds = {3: sockets["a"], 4: sockets["b"]}
    for args, names in ((["--remote=capture@sd:client", own], ["a", "b"]), (["--remote=capture@sd:a", own], ["a", "b"]),
                        (["--remote=capture@sd:a", own], ["a", "a"]), ([own], ["a", "b"])):
        case.refused(2, "", *args, fds=fds, listen=names)
        plk.check(not os.path.exists(case.path("own")), "a socket of its own was made")
    case.refused(2, "LISTEN_FDNAMES", "--remote=capture@pfd:3", "--remote=capture@pfd:4", fds=fds, listen=2, env={"LISTEN_FDNAMES": "a"})


def test_b12_accept_fails(case):
    """B12: any error of accept() closed the listener for good. Here none does: no descriptors left, connections that were given up."""
    case.veth()
    wire, tcp = case.wire(), case.tcp_listener()
    daemon = case.daemon("--remote=capture@pfd:3", "--remote=attach,tcp=yes@pfd:4", fds={3: case.listener("l", backlog=64), 4: tcp}, nofile=48)
    worker = daemon.look()["worker"]
    for where in (case.path("l"), tcp.getsockname()):
        os.kill(worker, signal.SIGSTOP)  # connections that end before anybody looks
        for _ in range(5):
            with socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.connect(where)
        os.kill(worker, signal.SIGCONT)
        serves(case, wire, where)
        mark = daemon.mark()
        clients = [case.connect(case.path("l")) for _ in range(40)]
        last = case.connect(where)
        daemon.wait_log("cannot accept.*Too many open files", after=mark)
        ticks = daemon.cpu_ticks()
        time.sleep(0.5)
        plk.check(daemon.cpu_ticks() - ticks <= 10, "it spins")
        for client in clients:
            client.close()
        plk.sync(wire, last)
        last.close()
        serves(case, wire, where)
    plk.equal(daemon.look()["worker"], worker, "the worker")
    daemon.stop()


def test_b13_only_what_was_passed(case):
    """B13: any listener that the process had would do. Here it must be among those that were passed, a stream that listens, and no other's."""
    case.veth()
    listener = case.listener("l")
    bound = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    bound.bind(case.path("bound"))
    datagram = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
    for text, fds, more in (
        ("not among those that LISTEN_FDS passes", {3: listener, 9: case.listener("n")}, {"listen": 1}),
        ("socket is not listening", {3: listener, 9: bound}, {}),
        ("socket is not SOCK_STREAM", {3: listener, 9: datagram}, {}),
        ("already used by another remote", {3: listener, 9: listener}, {}),
        ("descriptor is not open", {3: listener}, {}),
        ("descriptor is not a socket", {3: listener, 9: os.open("/dev/null", os.O_RDONLY)}, {}),
    ):
        case.refused(2, text, "--remote=capture@pfd:3", "--remote=inject@pfd:9", fds=fds, **more)
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", "--remote=capture@pfd:3", fds={3: listener})
    c = control(case)
    for number in listens(daemon.look()["front"]):
        plk.check(c.refused("add-remote", f"capture@pfd:{number}"), f"pfd:{number} of the front")
    plk.equal(len(c.done("list-remotes").splitlines()), 1, "remotes")
    daemon.stop()


def test_b14_the_right_error(case):
    """B14: the error that was told might be another's. Here each refusal has the error of the call that failed, at the start and later."""
    case.veth()
    with open(case.path("file"), "wb"):
        pass
    os.mkdir(case.path("closed"), 0o700)
    taken, held = case.tcp_listener().getsockname()[1], case.listener("held")
    directories = [f"--remote-dir={case.dir}", f"--remote-dir={case.path('closed')}"]
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", *directories)
    c = control(case)
    for remote, number in (
        (f"punix:{case.path('file')}", errno.EEXIST),
        (f"punix:{case.path('held')}", errno.EADDRINUSE),
        (f"punix:{case.path('closed/s')}", errno.EACCES),
        (f"ptcp:{taken}", errno.EADDRINUSE),
        ("ptcp:7777:192.0.2.1", errno.EADDRNOTAVAIL),
    ):
        for _ in range(2):
            refused(c, f": {os.strerror(number)}", "add-remote", f"capture@{remote}")
        case.refused(1, f": {os.strerror(number)}", f"--remote=capture@{remote}", "--remote=inject@ptcp:0")
    case.refused(1, f": {os.strerror(errno.ENOENT)}", "--remote=capture@punix:/nowhere/s")
    plk.equal(c.done("list-remotes"), "", "remotes")
    held.close()
    daemon.stop()


if __name__ == "__main__":
    plk.main()
