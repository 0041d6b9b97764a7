# SPDX-License-Identifier: BSD-2-Clause
"""Sockets that the daemon makes: their mode, what they replace, who is admitted and how many."""

import os
import socket
import stat
import threading
import time

import plk


def service_ids(case):
    """The user and group that the daemon has, as it started from root."""
    case.veth("probe0", "probe1")
    daemon = case.daemon("--remote=capture@ptcp:0", interface="probe0")
    status = plk.status_of(daemon.family["front"])
    daemon.stop()
    return int(status["Uid"].split()[0]), int(status["Gid"].split()[0])


def test_mode(case):
    """0660 and the service's own, whatever the umask; and a client can use it."""
    case.veth()
    wire = case.wire()
    uid, gid = service_ids(case)
    for umask in (0o000, 0o022, 0o077, 0o777):
        path = case.path("s")
        daemon = case.daemon(f"--remote=capture@punix:{path}", umask=umask)
        about = os.lstat(path)
        plk.check(stat.S_ISSOCK(about.st_mode), "it is no socket")
        plk.equal(oct(stat.S_IMODE(about.st_mode)), "0o660", f"mode with umask {umask:03o}")
        plk.equal((about.st_uid, about.st_gid), (uid, gid), "owner")
        plk.equal(os.listdir(case.dir), ["s"], "files in its directory")
        client = case.connect(path)
        plk.sync(wire, client)
        client.close()
        daemon.stop()
        plk.equal(os.listdir(case.dir), [], "files after the stop")


def test_no_window(case):
    """At no instant is there a socket with another mode, under any name in that directory."""
    case.veth()
    seen = set()
    done = []

    def watch():
        while not done:
            for entry in os.scandir(case.dir):
                try:
                    about = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                if stat.S_ISSOCK(about.st_mode):
                    seen.add(oct(stat.S_IMODE(about.st_mode)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        for i in range(10):
            case.daemon(f"--remote=capture@punix:{case.path(f's{i}')}", umask=0).stop()
    finally:
        done.append(True)
        thread.join()
    plk.check(seen <= {"0o660", "0o600", "0o0"}, f"modes seen: {seen}")


def check_kept(case, make, words=("punix",)):
    """What lies at the path stays as it is, and the start fails with status 1."""
    case.veth()
    path = case.path("s")
    make(path)
    before = os.lstat(path)
    refusal = case.refused(1, path, f"--remote=capture@punix:{path}", f"--remote=capture@punix:{case.path('other')}")
    for word in words:
        plk.check(word in refusal.stderr, f"{word!r} is not in {refusal.stderr!r}")
    after = os.lstat(path)
    plk.equal((after.st_ino, after.st_mode, after.st_size, after.st_mtime_ns),
              (before.st_ino, before.st_mode, before.st_size, before.st_mtime_ns), "what lay there")
    plk.equal(os.listdir(case.dir), ["s"], "files in the directory")
    return refusal


def test_regular_file_is_kept(case):
    def make(path):
        with open(path, "w", encoding="ascii") as file:
            file.write("dear")

    check_kept(case, make)


def test_directory_is_kept(case):
    check_kept(case, os.mkdir)


def test_symlink_is_kept(case):
    check_kept(case, lambda path: os.symlink("/nowhere/at/all", path))


def test_symlink_to_a_stale_socket_is_kept(case):
    target = f"{case.dir}-target"

    def make(path):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.bind(target)
        os.symlink(target, path)

    check_kept(case, make)
    plk.check(os.path.lexists(target), "the target of the link is gone")
    os.unlink(target)


def test_fifo_is_kept(case):
    check_kept(case, os.mkfifo)


def test_live_socket_is_kept(case):
    """Somebody else's listener, a datagram socket and one whose backlog is full all live."""
    keep = []

    def stream(path):
        sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        sock.bind(path)
        os.chmod(path, 0o666)
        sock.listen(8)
        keep.append(sock)

    check_kept(case, stream, ("in use",))
    keep[0].settimeout(0.2)
    keep.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
    keep[1].connect(case.path("s"))  # it still works
    keep[1].close()


def test_live_datagram_socket_is_kept(case):
    def make(path):
        sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        sock.bind(path)
        os.chmod(path, 0o666)

    check_kept(case, make)


def test_live_socket_with_a_full_backlog_is_kept(case):
    clients = []

    def make(path):
        sock = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        sock.bind(path)
        os.chmod(path, 0o666)
        sock.listen(0)
        for _ in range(2):
            client = case.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
            client.setblocking(False)
            try:
                client.connect(path)
            except BlockingIOError:
                pass
            clients.append(client)

    check_kept(case, make)


def test_another_daemon_is_kept(case):
    case.veth()
    wire = case.wire()
    first = case.daemon(f"--remote=capture@punix:{case.path('s')}")
    case.refused(1, "in use", f"--remote=capture@punix:{case.path('s')}")
    plk.sync(wire, case.connect(case.path("s")))
    first.stop()


def test_stale_socket_is_replaced(case):
    """What a killed daemon leaves behind does not keep the next from starting."""
    case.veth()
    wire = case.wire()
    path = case.path("s")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.bind(path)
        sock.listen()
    os.chown(path, *service_ids(case))
    old = os.lstat(path).st_ino
    daemon = case.daemon(f"--remote=capture@punix:{path}")
    plk.check(os.lstat(path).st_ino != old, "it is still the stale one")
    plk.equal(os.listdir(case.dir), ["s"], "files in the directory")
    plk.sync(wire, case.connect(path))
    daemon.stop()


def test_foreign_file_at_stop(case):
    """What somebody put at the path meanwhile is not ours to remove."""
    case.veth()
    path = case.path("s")
    daemon = case.daemon(f"--remote=capture@punix:{path}")
    os.unlink(path)
    with open(path, "w", encoding="ascii") as file:
        file.write("dear")
    daemon.own_paths = []
    daemon.stop()
    with open(path, encoding="ascii") as file:
        plk.equal(file.read(), "dear", "the file")


def test_removed_meanwhile(case):
    """And that it is gone already is no reason not to stop cleanly."""
    case.veth()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('s')}")
    os.unlink(case.path("s"))
    daemon.stop()


def test_directory_is_not_ours(case):
    """The service's user may not write there: the message says who and where."""
    case.veth()
    os.mkdir(case.path("closed"), 0o755)
    path = case.path("closed/s")
    refusal = case.refused(1, path, f"--remote=capture@punix:{path}")
    plk.check("ermission denied" in refusal.stderr, refusal.stderr)
    plk.check("nobody" in refusal.stderr or "pktlock" in refusal.stderr.replace("pktlockd", ""),
              f"does not name the user: {refusal.stderr}")
    plk.check(case.path("closed") in refusal.stderr, f"does not name the directory: {refusal.stderr}")
    plk.equal(os.listdir(case.path("closed")), [], "files there")
    refusal = case.refused(1, case.path("missing"), f"--remote=capture@punix:{case.path('missing/s')}")
    plk.check("o such file" in refusal.stderr, refusal.stderr)


class Visitor:
    """A process with other ids that connects, and says what became of it."""

    def __init__(self, path, uid, gid, groups=()):
        verdict, told = os.pipe()
        go, self.leave = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            text = b"?"
            try:
                os.close(self.leave)
                os.setgroups(groups)
                os.setgid(gid)
                os.setuid(uid)
                sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                sock.settimeout(plk.WAIT)
                sock.connect(path)
                try:
                    text = b"frames" if sock.recv(100) else b"eof"
                except TimeoutError:
                    text = b"silence"
                except ConnectionResetError:
                    text = b"eof"
                os.write(told, text)
                os.close(told)
                os.read(go, 1)
            except OSError as error:
                os.write(told, str(error).encode())
            finally:
                os._exit(0)
        os.close(told)
        os.close(go)
        self.verdict_fd = verdict

    def verdict(self):
        text = os.read(self.verdict_fd, 1000).decode()
        os.close(self.verdict_fd)
        return text

    def close(self):
        os.close(self.leave)
        os.waitpid(self.pid, 0)


def visit(case, daemon, wire, path, ids):
    """What becomes of a visitor while frames are on the wire: "frames" or "eof"; both must be logged with uid and pid."""
    visitor = Visitor(path, *ids)
    try:
        poll = plk.select.poll()
        poll.register(visitor.verdict_fd, plk.select.POLLIN)
        end = time.monotonic() + plk.WAIT
        while not poll.poll(20) and time.monotonic() < end:
            wire.send(plk.frame(1, ethertype=plk.PROBE))
        verdict = visitor.verdict()
        if verdict in ("eof", "frames"):
            line = daemon.wait_log(rf"^.*\bpid={visitor.pid}\b.*$")[0].group()
            plk.check(f"uid={ids[0]}" in line, f"the line does not name the user: {line}")
        return verdict
    finally:
        visitor.close()


# The key, and visitors as (uid, gid, supplementary groups) with what becomes of them.
ADMISSION = [
    ("allow-uid=1234", [((1234, 1, []), "frames"), ((1235, 1, []), "eof"), ((0, 0, []), "eof"), ((1235, 1234, [1234]), "eof")]),
    ("allow-uid=1234+0", [((1234, 1, []), "frames"), ((0, 0, []), "frames"), ((1235, 1, []), "eof")]),
    ("allow-gid=5555", [((1, 5555, []), "frames"), ((1, 2, [7, 5555, 9]), "frames"), ((1, 2, [7]), "eof"), ((5555, 1, []), "eof")]),
    ("allow-uid=1234,allow-gid=5555+7",
     [((1234, 1, []), "frames"), ((9, 5555, []), "frames"), ((9, 1, [7]), "frames"), ((9, 1, [8]), "eof")]),
    ("allow-uid=0", [((0, 0, []), "frames"), ((1, 0, [0]), "eof")]),
]


def test_admission_on_adopted(case):
    case.veth()
    wire = case.wire()
    for number, (key, visitors) in enumerate(ADMISSION):
        listener = case.listener(f"{number}.sock", mode=0o666)
        daemon = case.daemon(f"--remote=capture,{key}@pfd:3", fds={3: listener})
        for ids, expected in visitors:
            plk.equal(visit(case, daemon, wire, case.path(f"{number}.sock"), ids), expected, f"{key}, visitor {ids}")
        daemon.stop()


def test_admission_on_punix(case):
    case.veth()
    wire = case.wire()
    _, gid = service_ids(case)
    daemon = case.daemon(f"--remote=capture,allow-uid=1234@punix:{case.path('s')}")
    for ids, expected in (((1234, gid, []), "frames"), ((1235, gid, []), "eof"), ((0, 0, []), "eof")):
        plk.equal(visit(case, daemon, wire, case.path("s"), ids), expected, f"visitor {ids}")
    # Who is in neither the user nor the group of the socket does not get as far.
    plk.check("ermission denied" in visit(case, daemon, wire, case.path("s"), (1234, 1, [])), "mode 0660 is not obeyed")
    daemon.stop()


def test_nothing_from_the_refused(case):
    """Not one byte of a client that is not admitted is read: its frames go nowhere."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon("--remote=inject,allow-uid=1234@pfd:3", fds={3: case.listener()})
    for _ in range(10):
        client = case.connect(case.path("l.sock"))
        try:
            client.send(*(plk.frame(i, 60, plk.FAR, plk.NEAR) for i in range(5)))
            client.wait_closed()
        except (BrokenPipeError, ConnectionResetError):
            pass
    wire.quiet(0.1)
    daemon.stop()


def test_max_clients(case):
    """max-clients is a port's share: the one too many is closed, and comes in when another has left."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture,max-clients=2@punix:{case.path('s')}",
                         f"--remote=capture@punix:{case.path('t')}")
    first, second = case.connect(case.path("s")), case.connect(case.path("s"))
    plk.sync(wire, first, second)
    for _ in range(3):
        case.connect(case.path("s")).wait_closed()
    other = case.connect(case.path("t"))
    plk.sync(wire, first, second, other)
    first.close()
    time.sleep(0.2)
    third = case.connect(case.path("s"))
    plk.sync(wire, second, third)
    daemon.stop()


if __name__ == "__main__":
    plk.main()
