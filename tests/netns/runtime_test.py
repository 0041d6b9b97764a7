# SPDX-License-Identifier: BSD-2-Clause
"""Ports that come and go while the daemon serves, and frames that are stopped and resumed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import control
import ctl
import plk


def daemon_of(case, *args, **more):
    return case.daemon(f"--control=punix:{case.path('ctl')}", *args, **more)


def ask(case, *words):
    return ctl.ask(case.path("ctl"), *words)


def refused(case, text, *words):
    return ctl.refused(case.path("ctl"), text, *words)


def remotes(case):
    return ctl.remotes(case.path("ctl"))


def address_of(case, spec):
    host, port = remotes(case)[spec]["address"].removeprefix("tcp:").rsplit(":", 1)
    return (host.strip("[]"), int(port))


def same_descriptors(daemon, before):
    """None is left; that of the control client that has gone may be there for a moment."""
    plk.poll_until(lambda: daemon.fd_counts() == before, f"the descriptors are {before} again")


def is_open(where):
    """Whether somebody accepts there."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.settimeout(5)
        try:
            sock.connect(where)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        return True


def kill_worker(daemon):
    os.kill(daemon.look()["worker"], signal.SIGKILL)


def world(case, *args, **more):
    case.veth()
    return daemon_of(case, *args, **more), case.wire()


# add and remove


def test_unix(case):
    """It serves when the answer is there; when it is removed its clients go, and its file; and again."""
    daemon, wire = world(case, f"--remote=capture@punix:{case.path('first')}")
    first = case.connect(case.path("first"))
    plk.sync(wire, first)
    before = daemon.fd_counts()
    spec = f"capture@punix:{case.path('second')}"
    for number in range(5):
        plk.equal(ask(case, "add-remote", spec), "", "answer")
        plk.equal(oct(os.stat(case.path("second")).st_mode & 0o777), "0o660", "mode")
        plk.equal(sorted(remotes(case)), sorted([f"capture@punix:{case.path('first')}", spec]), "remotes")
        plk.equal(remotes(case)[spec]["origin"], "control", "origin")
        second = case.connect(case.path("second"))
        plk.sync(wire, second)
        wire.send(plk.frame(number))
        second.expect([plk.frame(number)])
        first.drain()
        ask(case, "remove-remote", spec)
        second.wait_closed()
        plk.check(not os.path.exists(case.path("second")), "the socket file is still there")
        plk.equal(list(remotes(case)), [f"capture@punix:{case.path('first')}"], "remotes")
        same_descriptors(daemon, before)
    wire.send(plk.frame(99))
    first.expect([plk.frame(99)])
    daemon.stop()


def test_tcp(case):
    """The address that is really bound is told; removed, nobody is there, and the address is free."""
    daemon, wire = world(case)
    before = daemon.fd_counts()
    for _ in range(3):
        ask(case, "add-remote", "attach@ptcp:0")
        where = address_of(case, "attach@ptcp:0:127.0.0.1")
        client = case.connect(where)
        plk.sync(wire, client)
        ask(case, "remove-remote", "ptcp:0")
        client.wait_closed()
        plk.check(not is_open(where), "somebody listens still")
        same_descriptors(daemon, before)
    ask(case, "add-remote", f"inject@ptcp:{where[1]}:127.0.0.1")
    plk.check(is_open(where), "nobody listens")
    daemon.stop()


def test_active(case):
    """A remote that is connected to, and connected to no more."""
    daemon, wire = world(case, f"--remote-dir={case.dir}")
    before = daemon.fd_counts()
    listener = case.listener("peer")
    spec = f"attach@unix:{case.path('peer')}"
    ask(case, "add-remote", spec)
    client = case.accept(listener)
    plk.sync(wire, client)
    plk.equal(remotes(case)[spec]["state"], "connected", "state")
    ask(case, "remove-remote", spec)
    client.wait_closed()
    listener.settimeout(1.5)
    try:
        listener.accept()
        raise plk.Failure("it connects again")
    except TimeoutError:
        pass
    same_descriptors(daemon, before)
    daemon.stop()


def test_active_later(case):
    """One that nobody serves yet is tried again; and forgotten while it is tried."""
    daemon, _ = world(case, f"--remote-dir={case.dir}")
    spec = f"capture@unix:{case.path('peer')}"
    ask(case, "add-remote", spec)
    plk.poll_until(lambda: remotes(case)[spec]["state"] == "waiting", "it waits")
    shown = "  {}, origin control, {}\n"
    plk.check(shown.format("waiting (No such file or directory)", "0 clients") in ask(case, "show"), "show does not say why it waits")
    listener = case.listener("peer")
    accepted = case.accept(listener, seconds=5)
    plk.poll_until(lambda: shown.format("connected", "1 client") in ask(case, "show"), "show says that it is connected")
    accepted.close()
    ask(case, "remove-remote", spec)
    ask(case, "add-remote", f"inject@unix:{case.path('nobody')}")
    ask(case, "remove-remote", f"unix:{case.path('nobody')}")
    plk.equal(remotes(case), {}, "remotes")
    daemon.stop()


def test_refused(case):
    """What cannot be is told, and changes nothing."""
    case.veth()
    spec = f"capture@punix:{case.path('s')}"
    daemon = daemon_of(case, f"--remote={spec}", "--remote=inject@ptcp:0")
    port = plk.tcp_address(daemon)[1]
    with open(case.path("file"), "wb"):
        pass
    os.mkdir(case.path("deeper"), 0o777)
    other = case.tcp_listener()
    descriptors = daemon.fd_counts()
    before = ask(case, "list-remotes")
    for text, *words in (
        ("unknown role (capture, inject or attach) at byte 0", "add-remote", "copy@punix:/x"),
        ("at byte 8", "add-remote", "capture@"),
        ("there is such a remote already", "add-remote", spec),
        ("another port has this remote", "add-remote", f"attach@punix:{case.path('s')}"),
        ("pfd: remotes can only be specified on the command line", "add-remote", "capture@pfd:3"),
        ("sd: remotes can only be specified on the command line", "add-remote", "capture@sd:x"),
        ("directory is not allowed (start with --remote-dir=/tmp)", "add-remote", "capture@punix:/tmp/x"),
        ("directory is not allowed", "add-remote", f"capture@punix:{case.path('deeper')}/x"),
        ("directory is not allowed", "add-remote", "capture@unix:/run/x"),
        ("File exists", "add-remote", f"capture@punix:{case.path('file')}"),
        ("Address already in use", "add-remote", f"capture@ptcp:{other.getsockname()[1]}"),
        ("Cannot assign requested address", "add-remote", "capture@ptcp:0:192.0.2.1"),
        ("the zone names no interface", "add-remote", "capture@ptcp:0:[fe80::1%nope0]"),
        ("no such remote", "remove-remote", "foo"),
        ("no such remote", "remove-remote", ""),
        ("no such remote", "remove-remote", "capture@ptcp:0"),
        ("no such remote", "remove-remote", f"capture@punix:{case.path('t')}"),
        ('"ON" is not a status (on or off)', "status", "ON"),
    ):
        refused(case, text, *words)
        plk.equal(ask(case, "list-remotes"), before, f"remotes after {words}")
        same_descriptors(daemon, descriptors)
    plk.check(is_open(case.path("s")) and is_open(("127.0.0.1", port)), "a port is gone")
    daemon.stop()


# As many descriptors on their way as the kernel lets anybody of a user have.
IN_FLIGHT = """
import os, socket, sys
null = os.open("/dev/null", os.O_RDONLY)
pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in range(5)]
for one, _ in pairs:
    for _ in range(4):
        socket.send_fds(one, [b"x"], [null] * 250)
print("there", flush=True)
sys.stdin.read()
"""


def test_not_handed_over(case):
    """A listener that cannot be given to the front is none: no file is left, and its number is free for the next."""
    user = ["/usr/bin/setpriv", "--reuid=4711", "--regid=7", "--clear-groups"]
    daemon, _ = world(case, f"--remote-dir={case.dir}", under=[*user, "--inh-caps=+net_raw", "--ambient-caps=+net_raw"])
    other = subprocess.Popen(["/usr/bin/prlimit", "--nofile=20000:20000", *user, sys.executable, "-c", IN_FLIGHT], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, text=True)
    case.stack.callback(other.communicate)
    plk.equal(other.stdout.readline(), "there\n", "who has descriptors on their way")
    for name in ("a", "b"):
        refused(case, "cannot make a socket: Too many references", "add-remote", f"capture@punix:{case.path(name)}")
        plk.check(not os.path.lexists(case.path(name)), "the socket file is left")
    other.communicate()
    ask(case, "add-remote", f"capture@punix:{case.path('a')}")
    daemon.stop()


def test_by_remote(case):
    """A remote alone is enough where one port has it."""
    daemon, _ = world(case, f"--remote-dir={case.dir}")
    listener = case.listener("peer")
    for role in ("capture", "attach"):
        ask(case, "add-remote", f"{role}@unix:{case.path('peer')}")
        case.accept(listener)
    refused(case, "several ports have this remote", "remove-remote", f"unix:{case.path('peer')}")
    ask(case, "remove-remote", f"capture@unix:{case.path('peer')}")
    ask(case, "remove-remote", f"unix:{case.path('peer')}")
    plk.equal(remotes(case), {}, "remotes")
    daemon.stop()


def test_spelling(case):
    """A port is known by what it means, and shown in its canonical form."""
    daemon, _ = world(case, f"--remote-dir={case.dir}")
    ask(case, "add-remote", f"capture,latency=low,format=qemu,max-clients=2@punix:{case.path('s')}")
    plk.equal(list(remotes(case)), [f"capture,latency=low,max-clients=2@punix:{case.path('s')}"], "remotes")
    ask(case, "remove-remote", f"capture,max-clients=2,latency=low@punix:{case.path('s')}")
    plk.equal(remotes(case), {}, "remotes")
    daemon.stop()


def test_no_room(case):
    """Slots are made at the start: a port that comes when all are taken is told so."""
    daemon, _ = world(case, "--clients=1", f"--remote=capture@punix:{case.path('s')}")
    client = case.connect(case.path("s"))
    plk.poll_until(lambda: remotes(case)[f"capture@punix:{case.path('s')}"]["clients"] == "1", "the client is there")
    plk.equal(refused(case, "no room", "add-remote", "capture@ptcp:0"), "no room: 1 of 1 client slots are taken", "answer")
    client.close()
    plk.poll_until(lambda: remotes(case)[f"capture@punix:{case.path('s')}"]["clients"] == "0", "the client is gone")
    ask(case, "add-remote", "capture@ptcp:0")
    daemon.stop()


def test_directory_is_missing(case):
    """A directory that is not there at the start would never be within reach; each add-remote would blame something else."""
    case.veth()
    with open(case.path("file"), "wb"):
        pass
    for name, why in (("none", "No such file or directory"), ("file", "Not a directory")):
        refusal = case.refused(1, f"pktlockd: --remote-dir: '{case.path(name)}': {why} at byte 0; it must be there at the start\n",
                               f"--control=punix:{case.path('ctl')}", f"--remote-dir={case.dir}", f"--remote-dir={case.path(name)}")
        plk.equal(refusal.stderr.count("\n"), 1, "lines")
    plk.equal(os.listdir(case.dir), ["file"], "files")


def test_many(case):
    """64 ports, and each is a port; then there is no room, until one is removed."""
    daemon, wire = world(case, f"--remote-dir={case.dir}")
    specs = [f"{('capture', 'attach', 'inject')[i % 3]}@punix:{case.path(f's{i}')}" for i in range(64)]
    for spec in specs:
        ask(case, "add-remote", spec)
    refused(case, "no room: 64 of 64 remotes are there", "add-remote", f"capture@punix:{case.path('more')}")
    with case.connect(case.path("s63")) as last:
        plk.sync(wire, last)
    for spec in specs:
        ask(case, "remove-remote", spec)
    plk.equal(os.listdir(case.dir), ["ctl"], "files")
    ask(case, "add-remote", specs[1])
    with case.connect(case.path("s1")) as client:
        plk.sync(wire, client)
    daemon.stop()


def test_reload_many(case):
    """The line that does not fit beside what is there is named, and nothing of the file is opened."""
    path = case.path("remotes")
    lines = [f"capture@punix:{case.path(f's{i}')}\n" for i in range(64)]
    open(path, "w", encoding="ascii").close()
    daemon, _ = world(case, f"--remotes-file={path}", f"--remote-dir={case.dir}")
    for i in range(2):
        ask(case, "add-remote", f"capture@punix:{case.path(f'c{i}')}")
    for text, why in ((lines[:63], f"remotes:63:1: '{lines[62].strip()}': no room: 64 of 64 remotes are there"),
                      (lines[:1] + [lines[1].replace("s1", "c0").replace("capture", "inject")],
                       f"remotes:2:8: 'inject@punix:{case.path('c0')}': another port has this remote: capture@punix:{case.path('c0')}")):
        with open(path, "w", encoding="ascii") as file:
            file.writelines(text)
        refused(case, why, "reload")
        plk.equal(len(remotes(case)), 2, "remotes")
        plk.equal(sorted(os.listdir(case.dir)), ["c0", "c1", "ctl", "remotes"], "files")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(lines[:62])
    ask(case, "reload")
    plk.equal(len(remotes(case)), 64, "remotes")
    daemon.stop()



# what is behind a port


def test_guard(case):
    """A number that a port had says nothing of what the next one may send."""
    daemon, wire = world(case, f"--remote-dir={case.dir}")
    for keys, passes in (("vlan=9", False), ("vlan=0", True), ("mac=02:00:00:00:00:01", False), ("rate=1:1", True)):
        spec = f"inject,{keys}@punix:{case.path('s')}"
        ask(case, "add-remote", spec)
        with case.connect(case.path("s")) as client:
            client.send(plk.frame(7))
            if passes:
                wire.expect([plk.frame(7)])
            else:
                wire.quiet()
        ask(case, "remove-remote", spec)
    daemon.stop()


def test_direction(case):
    """What goes out is captured when a port wants it, however the others are; then no more."""
    daemon, wire = world(case, f"--remote=capture,direction=in@punix:{case.path('in')}")
    host = case.wire("e0")
    incoming = case.connect(case.path("in"))
    plk.sync(wire, incoming)
    ask(case, "add-remote", f"capture,direction=out@punix:{case.path('out')}")
    outgoing = case.connect(case.path("out"))
    plk.poll_until(lambda: len(remotes(case)) == 2, "both are there")
    plk.sync(wire, incoming)
    host.send(plk.frame(1))
    outgoing.expect([plk.frame(1)])
    incoming.quiet()
    ask(case, "remove-remote", f"punix:{case.path('out')}")
    host.send(plk.frame(2))
    wire.send(plk.frame(3))
    incoming.expect([plk.frame(3)])
    daemon.stop()


def bound_sockets():
    """Packet sockets that hear something: the protocols that /proc/net/packet has."""
    with open("/proc/net/packet", encoding="ascii") as file:
        return sum(line.split()[3] == "0003" for line in file.readlines()[1:])


def promiscuous():
    return "promiscuity 0" not in plk.ip("-d", "link", "show", "e0")


def test_classes(case):
    """A class of receivers is bound while a port takes from it."""
    case.veth()
    daemon = daemon_of(case, f"--remote-dir={case.dir}")
    plk.equal(bound_sockets(), 0, "receivers bound")
    for spec, n in (("capture", 1), ("capture,latency=low", 3), ("attach,latency=bulk", 4), ("attach", 6)):
        ask(case, "add-remote", f"{spec}@punix:{case.path(spec)}")
        plk.equal(bound_sockets(), n, f"receivers bound with {spec}")
    client = case.connect(case.path("attach"))
    plk.poll_until(promiscuous, "the interface is promiscuous")
    for spec, n in (("capture", 5), ("attach", 3), ("capture,latency=low", 1), ("attach,latency=bulk", 0)):
        ask(case, "remove-remote", f"punix:{case.path(spec)}")
        plk.equal(bound_sockets(), n, f"receivers bound without {spec}")
    client.wait_closed()
    plk.poll_until(lambda: not promiscuous(), "the interface is as it was")
    daemon.stop()


# inherited listeners


def test_parked(case):
    """An inherited listener is open for good: who connects is told no, and its very words bring it back."""
    case.veth()
    listener = case.listener("l")
    daemon = daemon_of(case, "--remote=capture@pfd:7", fds={7: listener})
    wire = case.wire()
    client = case.connect(case.path("l"))
    plk.sync(wire, client)
    before = daemon.fd_counts()
    for _ in range(3):
        ask(case, "remove-remote", "capture@pfd:7")
        client.wait_closed()
        plk.equal(remotes(case)["capture@pfd:7"]["state"], "parked", "state")
        for _ in range(5):
            with case.connect(case.path("l")) as told:
                told.wait_closed()
        refused(case, "no such remote", "remove-remote", "capture@pfd:7")
        refused(case, "no such remote", "remove-remote", "pfd:7")
        for other in ("attach@pfd:7", "capture@pfd:8", "capture,format=vnet@pfd:7"):
            refused(case, "pfd: remotes can only be specified on the command line", "add-remote", other)
        ask(case, "add-remote", "capture@pfd:7")
        plk.equal(remotes(case)["capture@pfd:7"]["origin"], "cmdline", "origin")
        refused(case, "pfd: remotes can only be specified on the command line", "add-remote", "capture@pfd:7")
        client = case.connect(case.path("l"))
        plk.sync(wire, client)
    client.close()
    plk.poll_until(lambda: daemon.fd_counts() == {**before, "worker": before["worker"] - 1}, "descriptors")
    daemon.stop()


def test_parked_and_worker(case):
    """A worker that comes later knows what is parked, too."""
    case.veth()
    listener = case.listener("l")
    daemon = daemon_of(case, "--remote=capture@pfd:7", fds={7: listener})
    wire = case.wire()
    ask(case, "remove-remote", "capture@pfd:7")
    kill_worker(daemon)
    daemon.wait_log("another worker serves")
    with case.connect(case.path("l")) as told:
        told.wait_closed()
    ask(case, "add-remote", "capture@pfd:7")
    with case.connect(case.path("l")) as client:
        plk.sync(wire, client)
    daemon.stop(books=False)


# workers that die


def test_worker_dies(case):
    """Ports that came at run time are the next worker's; those that went are nobody's."""
    daemon, wire = world(case, f"--remote=capture@punix:{case.path('a')}", f"--remote=attach@punix:{case.path('b')}")
    for number in range(4):
        ask(case, "add-remote", f"capture,latency=low@punix:{case.path('c')}")
        ask(case, "remove-remote", f"punix:{case.path('b')}")
        kill_worker(daemon)
        daemon.wait_log("another worker serves", count=number + 1)
        for name in ("a", "c"):
            with case.connect(case.path(name)) as client:
                plk.sync(wire, client)
        plk.check(not is_open(case.path("b")), "what was removed is there")
        ask(case, "add-remote", f"attach@punix:{case.path('b')}")
        ask(case, "remove-remote", f"punix:{case.path('c')}")
    daemon.stop(books=False)


def test_worker_dies_meanwhile(case):
    """In the middle of whatever: the answer comes, and the table is as it says."""
    daemon, wire = world(case, f"--remote=capture@punix:{case.path('a')}")
    spec = f"capture@punix:{case.path('s')}"
    for delay in (0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05):
        kill_worker(daemon)
        time.sleep(delay)
        for command in ("add-remote", "remove-remote"):
            try:
                ask(case, command, spec)
            except ctl.Refused as error:
                plk.check("no worker serves now" in str(error), f"{command}: {error}")
                plk.poll_until(lambda: _again(case, command, spec), "it is done later", seconds=8)
        plk.equal(list(remotes(case)), [f"capture@punix:{case.path('a')}"], "remotes")
        plk.poll_until(lambda: "worker" in daemon.look(), "a worker is there")
    with case.connect(case.path("a")) as client:
        plk.sync(wire, client)
    daemon.stop(books=False)


def _again(case, *words):
    try:
        ask(case, *words)
    except ctl.Refused:
        return False
    return True


def test_reload_while_a_worker_starts(case):
    """What a reload removes may have been told to a worker that does not serve yet. The broker is held up, and with it both."""
    case.veth()
    os.mkdir(case.path("etc"), 0o755)

    def write(*names):
        with open(case.path("etc/remotes"), "w", encoding="ascii") as file:
            file.write("".join(f"capture@punix:{case.path(name)}\n" for name in names))

    write("a", "b", "c")
    daemon = daemon_of(case, f"--remotes-file={case.path('etc/remotes')}")
    for names in (("d",), ("a", "b", "c"), ("b",)):
        write(*names)
        worker = daemon.look()["worker"]
        os.kill(daemon.family["broker"], signal.SIGSTOP)
        with contextlib.closing(control.Control(case.path("ctl"))) as connection:
            connection.send(control.request("reload"))
            os.kill(worker, signal.SIGKILL)
            plk.poll_until(lambda: daemon.look().get("worker", worker) != worker, "another worker")
            time.sleep(0.3)  # it has all but its packet sockets
            os.kill(daemon.family["broker"], signal.SIGCONT)
            plk.equal(ctl.result(connection.answer(seconds=10), 0), "", "answer to the reload")
        plk.equal(list(remotes(case)), [f"capture@punix:{case.path(name)}" for name in names], "remotes")
        for name in names:
            with case.connect(case.path(name)) as client:
                plk.sync(case.wire(), client)
    daemon.stop(books=False)


# status


def test_status(case):
    """Off: nothing passes in either direction, and nothing of it later."""
    daemon, wire = world(case, f"--remote=attach@punix:{case.path('a')}", f"--remote=capture@punix:{case.path('c')}")
    attach, capture = case.connect(case.path("a")), case.connect(case.path("c"))
    plk.sync(wire, attach, capture)
    plk.equal(ask(case, "status"), "on\n", "status")
    for first in range(0, 30, 10):
        plk.equal(ask(case, "status", "off"), "", "answer")
        plk.equal(ask(case, "status"), "off\n", "status")
        wire.send(*(plk.frame(first + i) for i in range(5)))
        attach.send(*(plk.frame(first + i) for i in range(3)))
        attach.quiet()
        capture.quiet()
        wire.quiet()
        ask(case, "status", "on")
        wire.send(plk.frame(first + 9))
        attach.expect([plk.frame(first + 9)])
        capture.expect([plk.frame(first + 9)])
        attach.send(plk.frame(first + 8))
        wire.expect([plk.frame(first + 8)])
        capture.drain()
    counters = daemon.counters()
    plk.equal(counters["tx_dropped_off"], 9, "frames of clients that were dropped")
    plk.check(counters["rx_dropped_off"] >= 30, f"rx_dropped_off={counters['rx_dropped_off']}")
    daemon.stop()


def test_status_boundary(case):
    """A frame that has begun ends, in both directions; what is queued behind it is gone, and counted."""
    daemon, wire = world(case, f"--remote=capture@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('i')}", "--queue=1000000")
    capture, inject = case.connect(case.path("c")), case.connect(case.path("i"))
    plk.sync(wire, capture)
    half = plk.QEMU.encode(plk.frame(5))
    inject.send_bytes(half[:20])
    for number in range(800):
        wire.send(plk.frame(number, size=1400))
    plk.poll_until(lambda: daemon.counters()["delivered_frames"] >= 800, "all are queued")
    ask(case, "status", "off")
    inject.send_bytes(half[20:])
    wire.quiet()
    got = capture.drain(0.3)
    plk.check(0 < len(got) < 800, f"{len(got)} frames came")
    plk.same_frames(got, [plk.frame(i, size=1400) for i in range(len(got))], "before the status was off")
    ask(case, "status", "on")
    wire.send(plk.frame(9))
    capture.expect([plk.frame(9)])
    inject.send(plk.frame(6))
    wire.expect([plk.frame(6)])
    plk.check(daemon.counters()["unsent_frames"] > 0, "nothing was flushed")
    daemon.stop()


def test_status_and_worker(case):
    """Off is off for the next worker, too."""
    daemon, wire = world(case, f"--remote=capture@punix:{case.path('c')}")
    ask(case, "status", "off")
    kill_worker(daemon)
    daemon.wait_log("another worker serves")
    capture = case.connect(case.path("c"))
    plk.poll_until(lambda: remotes(case)[f"capture@punix:{case.path('c')}"]["clients"] == "1", "the client is there")
    wire.send(plk.frame(1))
    capture.quiet()
    ask(case, "status", "on")
    wire.send(plk.frame(2))
    capture.expect([plk.frame(2)])
    daemon.stop(books=False)


if __name__ == "__main__":
    plk.main()
