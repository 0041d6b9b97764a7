# SPDX-License-Identifier: BSD-2-Clause
"""Crowds: a hundred clients that come, die, hang and leave, round after round. Nothing is left of them."""

import os
import signal
import socket
import struct
import time

import plk

CLIENT = bytes.fromhex("027100000001")
ROLES = ("capture", "inject", "attach")


def settled(daemon, expected):
    """The descriptor counts come back to what they were."""
    try:
        plk.poll_until(lambda: daemon.fd_counts() == expected, "descriptor counts")
    except plk.Failure as failure:
        raise plk.Failure(f"descriptors: {daemon.fd_counts()}, before {expected}") from failure


def crash(case, path, data):
    """A process that sends half a frame and is killed."""
    ready, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            sock.connect(path)
            sock.sendall(data)
            os.write(tell, b"!")
            signal.pause()
        finally:
            os._exit(1)
    os.close(tell)
    os.read(ready, 1)
    os.close(ready)
    return pid


def crowd_round(case, wire, daemon, number):
    """100 clients: a third of each role, each behaving in one of five ways."""
    clients, victims = [], []
    whole = plk.QEMU.encode(plk.frame(number, 60, plk.FAR, CLIENT))
    torn = whole + plk.QEMU.encode(plk.frame(number, 1000, plk.FAR, CLIENT))[:77]
    for i in range(100):
        path = case.path(ROLES[i % 3])
        if i % 5 == 0:
            victims.append(crash(case, path, torn))
            continue
        client = case.connect(path)
        clients.append(client)
        if i % 5 == 1:
            client.send_bytes(torn)
        elif i % 5 == 2:
            client.half_close()
        elif i % 5 == 3:
            client.send_bytes(whole[: i % 20])
    for i in range(50):
        wire.send(plk.frame(i, 1000))
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    for i, client in enumerate(clients):
        if i % 2:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    plk.check(daemon.poll() is None, f"the daemon ended in round {number}")


def test_crowd(case):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(*(f"--remote={role}@punix:{case.path(role)}" for role in ROLES), "--clients=128")
    steady = case.connect(case.path("capture"))
    plk.sync(wire, steady)
    before = daemon.fd_counts()
    family = daemon.look()
    for number in range(3):
        crowd_round(case, wire, daemon, number)
        settled(daemon, before)
        # The one that was there all the time is there still, and its stream is whole.
        while steady.recv(0.2) is not None:
            pass
        plk.sync(wire, steady)
        wire.send(plk.frame(1000 + number))
        steady.expect([plk.frame(1000 + number)])
    plk.equal(daemon.look(), family, "processes")
    # What was injected whole has arrived, and nothing else.
    received = []
    while (data := wire.recv(0.1)) is not None:
        received.append(data)
    plk.check(received, "no frame of the crowd arrived")
    for data in received:
        plk.equal(data, plk.frame(plk.number_of(data), 60, plk.FAR, CLIENT), "injected frame")
    before_idle = daemon.cpu_ticks()
    time.sleep(0.5)
    plk.check(daemon.cpu_ticks() - before_idle <= 1, "the daemon is busy after the crowd left")
    daemon.stop()


def test_hundred_at_once(case):
    """All of a hundred capture clients get the same frames."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", "--clients=128")
    before = daemon.fd_counts()
    clients = [case.connect(case.path("c")) for _ in range(100)]
    plk.sync(wire, *clients)
    frames = [plk.frame(i, 500) for i in range(20)]
    wire.send(*frames)
    for client in clients:
        client.expect(frames)
    for client in clients:
        client.close()
    settled(daemon, before)
    daemon.stop()


def test_connect_and_leave(case):
    """Connections that end before anybody looked at them, on adopted and own listeners, TCP with resets too."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon("--remote=inject@pfd:3", f"--remote=attach@punix:{case.path('a')}", "--remote=capture@ptcp:0",
                         fds={3: case.listener()})
    tcp = plk.tcp_address(daemon)
    before = daemon.fd_counts()
    for i in range(600):
        client = case.connect((case.path("l.sock"), case.path("a"), tcp)[i % 3])
        if i % 2:
            client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
    for i in range(10):  # that a capture client has gone, and not only closed its half, TCP learns by sending to it
        wire.send(plk.frame(i))
        time.sleep(0.02)
    settled(daemon, before)
    plk.sync(wire, case.connect(tcp))
    daemon.stop()


def test_no_room(case):
    """Beyond --clients: the extra ones see EOF, the log says why, and a slot that becomes free is used."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", f"--remote=attach@punix:{case.path('a')}", "--clients=4")
    inside = [case.connect(case.path("c")) for _ in range(3)] + [case.connect(case.path("a"))]
    plk.sync(wire, *inside)
    for path in ("c", "a"):
        case.connect(case.path(path)).wait_closed()
    daemon.wait_log("no room: 4 of 4 client slots are taken")
    plk.sync(wire, *inside)
    inside[0].close()
    time.sleep(0.2)
    late = case.connect(case.path("a"))
    plk.sync(wire, late, *inside[1:])
    daemon.stop()


def test_log_is_rate_limited(case):
    """What a peer can trigger does not fill the log."""
    case.veth()
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}")
    mark = daemon.mark()
    for _ in range(2000):
        client = case.connect(case.path("i"))
        client.send_bytes(b"\xff\xff\xff\xff")
        client.wait_closed()
        client.close()
    lines = daemon.stderr.encode()[mark:].count(b"\n")
    plk.check(lines < 1000, f"2000 bad clients made {lines} lines")
    plk.check(b"\n" in daemon.stderr.encode()[mark:], "2000 bad clients made no line at all")
    daemon.stop()


def test_out_of_descriptors(case):
    """More clients than descriptors: those that are there are served, nothing spins, and there is room again later."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", nofile=48)
    clients = [case.connect(case.path("c")) for _ in range(64)]
    served = [client for client in clients if hears(client, wire)]
    plk.check(10 <= len(served) < 64, f"{len(served)} of 64 clients are served with 48 descriptors")
    busy = daemon.cpu_ticks()
    time.sleep(1.0)
    plk.check(daemon.cpu_ticks() - busy <= 5, "the daemon is busy with clients that it cannot accept")
    for client in served:
        client.close()
    rest = [client for client in clients if client not in served]
    plk.sync(wire, *rest[: len(served)])
    daemon.stop()


def hears(client, wire):
    try:
        wire.send(plk.frame(0, ethertype=plk.PROBE))
        client.drain(0.02)
        return client.probes > 0
    except plk.Closed:
        return False


if __name__ == "__main__":
    plk.main()
