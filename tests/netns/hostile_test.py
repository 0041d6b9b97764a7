#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a peer, a co-holder of a descriptor or a stuck process of ours must not be able to do. Each test is the trace of a fault
that was found."""

import os
import signal
import socket
import struct
import time

import plk


def capture(case, name="c"):
    return f"--remote=capture@punix:{case.path(name)}"


def test_listener_made_blocking(case):
    """Another holder of an adopted listener clears O_NONBLOCK: nobody waits in accept."""
    case.veth()
    wire = case.wire()
    listener = case.listener("l.sock")
    daemon = case.daemon("--remote=capture@pfd:3", capture(case), fds={3: listener})
    listener.setblocking(True)
    first = case.connect(case.path("l.sock"))
    other = case.connect(case.path("c"))
    plk.sync(wire, first, other)
    wire.send(plk.frame(1))
    first.expect([plk.frame(1)])
    other.expect([plk.frame(1)])
    daemon.stop()


def shut_down(case, daemon, listener):
    listener.shutdown(socket.SHUT_RDWR)
    before = daemon.cpu_ticks()
    time.sleep(1.0)
    plk.check(daemon.cpu_ticks() - before <= 5, "the daemon is busy with a listener that was shut down")
    plk.check("cannot accept" in daemon.stderr, "nothing is said of it")
    client = case.connect(case.path("c"))
    plk.sync(case.wire(), client)
    daemon.stop()


def test_listener_shut_down(case):
    """Another holder shuts an adopted listener down: no spin, a line, and the other remotes go on."""
    case.veth()
    listener = case.listener("l.sock")
    shut_down(case, case.daemon("--remote=capture@pfd:3", capture(case), fds={3: listener}), listener)


def test_tcp_listener_shut_down(case):
    case.veth()
    listener = case.tcp_listener()
    shut_down(case, case.daemon("--remote=capture,tcp=yes@pfd:3", capture(case), fds={3: listener}), listener)


def stopped(case, role):
    case.veth()
    daemon = case.daemon(capture(case))
    os.kill(daemon.family[role], signal.SIGSTOP)
    began = time.monotonic()
    daemon.signal(signal.SIGTERM)
    daemon.wait(3)
    plk.check(time.monotonic() - began < 1.0, f"the stop took {time.monotonic() - began:.2f} s")
    plk.check(role == "broker" or not os.path.exists(case.path("c")), "the socket file is left")


def test_stop_with_a_stuck_worker(case):
    """A worker that does not end is killed, and the broker still removes its socket files."""
    stopped(case, "worker")


def test_stop_with_a_stuck_front(case):
    stopped(case, "front")


def test_stop_with_a_stuck_broker(case):
    stopped(case, "broker")


def test_stop_with_a_slow_broker(case):
    """The kernel may let it wait for each packet socket that it closes: it has the time."""
    case.veth()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}")
    os.kill(daemon.family["broker"], signal.SIGSTOP)
    daemon.signal(signal.SIGTERM)
    time.sleep(0.45)
    os.kill(daemon.family["broker"], signal.SIGCONT)
    plk.equal(daemon.wait(), 0, "status")
    plk.check("was killed" not in daemon.stderr, f"the broker was killed: {daemon.stderr}")
    plk.check(not os.path.exists(case.path("c")), "the socket file was left behind")


def test_parent_ignores_sigchld(case):
    """The disposition is inherited; we must hear of our children all the same."""
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        null = os.open("/dev/null", os.O_WRONLY)
        os.dup2(null, 1)
        os.execv(f"{case.bin}/pktlockd", ["pktlockd", "--help"])
    try:
        plk.poll_until(lambda: os.waitpid(pid, os.WNOHANG)[0] == pid, "pktlockd --help ends", 5)
    except plk.Failure:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise


def test_clients_flap_while_the_broker_is_slow(case):
    """An attach client that comes and goes cannot fill the broker's channel."""
    case.veth()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", "--clients=1024", "--queue=69640")
    os.kill(daemon.family["broker"], signal.SIGSTOP)
    try:
        for _ in range(500):
            case.connect(case.path("a")).close()
        plk.check(daemon.poll() is None, "the service ended")
    finally:
        os.kill(daemon.family["broker"], signal.SIGCONT)
    client = case.connect(case.path("a"))
    plk.sync(case.wire(), client)
    plk.poll_until(lambda: plk.link("e0")["promiscuity"] == 1, "promiscuous for the client that is there")
    client.close()
    plk.poll_until(lambda: plk.link("e0")["promiscuity"] == 0, "and not for those that left")
    daemon.stop()


def test_nobody_reads_the_log(case):
    """Standard error is a full pipe: admissions go on, and so does the stop."""
    case.veth()
    reader, writer = os.pipe()
    pid = plk.spawn([f"{case.bin}/pktlockd", "--interface=e0", capture(case)], stderr=writer)
    try:
        plk.poll_until(lambda: b"ready" in os.read(reader, 4096), "ready")
        os.set_blocking(writer, False)
        try:
            while True:
                os.write(writer, b"x" * 64)
        except BlockingIOError:
            os.set_blocking(writer, True)
        client = case.connect(case.path("c"))
        plk.sync(case.wire(), client)
        began = time.monotonic()
    finally:
        os.kill(pid, signal.SIGTERM)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(reader)
        os.close(writer)
    plk.check(time.monotonic() - began < 1.0, "the stop waited for the log")
    plk.equal(status, 0, "exit status")
    plk.check(not os.path.exists(case.path("c")), "the socket file is left")


def test_hdr_len_of_a_client(case):
    """It is computed, not believed: the kernel refuses what is longer than the frame."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,format=vnet@punix:{case.path('i')}")
    client = case.connect(case.path("i"), plk.VNET12)
    data = plk.frame(1, 60, plk.FAR, b"\x02\0\0\0\0\x77")
    header = struct.pack("=BBHHHHH", 0, 0, 5000, 0, 0, 0, 77)
    client.send_bytes(struct.pack(">II", len(header) + len(data), len(header)) + header + data)
    wire.expect([data])
    daemon.stop()


def test_dead_injector_before_a_stalled_tap(case):
    """A client that left while the interface has no room gives its slot back soon, however much it had sent."""
    tap = case.tap("t0")
    plk.ip("link set t0 txqueuelen 10")
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}", "--clients=1", interface="t0")
    client = case.connect(case.path("i"))
    client.sock.setblocking(False)
    record = struct.pack(">I", 14) + plk.FAR + b"\x02\0\0\0\0\x77" + b"\x88\xb5"
    try:
        while True:
            client.sock.send(record * 500)
    except BlockingIOError:
        client.close()
    began = time.monotonic()
    daemon.wait_log(r"client closed .*", 10)
    plk.check(time.monotonic() - began < 8, "the slot was held for long")
    case.keep(tap)
    daemon.stop()


def lingering_socket(seconds):
    """A TCP socket whose last close takes so long: its peer does not read what it still has to send."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        sock = socket.socket()
        sock.connect(listener.getsockname())
        peer = listener.accept()[0]
    sock.setblocking(False)
    try:
        while True:
            sock.send(b"x" * 65536)
    except BlockingIOError:
        sock.setblocking(True)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))
    return sock, peer


def lingering(case, daemon, path):
    """A client sends a descriptor that takes its time to be thrown away. Since Linux 6.16 it cannot; before, the worker is replaced
    when it does not answer."""
    client = case.connect(path)
    sock, peer = lingering_socket(60)
    case.keep(peer)
    try:
        client.sock.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", sock.fileno()))])
        patience = 12.0
    except (PermissionError, BrokenPipeError):  # or refused already
        patience = 1.0
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", int(patience == 12.0), 60))
    sock.close()
    client.close()
    began = time.monotonic()
    other = case.connect(case.path("c"))
    daemon.wait_log(r"client connected remote=capture@punix:\S*/c ", patience)
    plk.sync(case.wire(), other)
    plk.check(time.monotonic() - began < patience, "another client waited for it")
    daemon.stop()


def test_lingering_descriptor(case):
    case.veth()
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}", capture(case))
    lingering(case, daemon, case.path("i"))


def test_lingering_descriptor_of_a_refused_client(case):
    case.veth()
    daemon = case.daemon(f"--remote=inject,allow-uid=4242@punix:{case.path('i')}", capture(case))
    lingering(case, daemon, case.path("i"))


def test_lingering_descriptor_at_an_adopted_listener(case):
    case.veth()
    daemon = case.daemon("--remote=inject@pfd:3", capture(case), fds={3: case.listener()})
    lingering(case, daemon, case.path("l.sock"))


def test_worker_that_does_not_answer(case):
    """It is replaced, with the clients that wait for it, and without being told any order."""
    case.veth()
    daemon = case.daemon(capture(case))
    client = case.connect(case.path("c"))
    wire = case.wire()
    plk.sync(wire, client)
    old = daemon.look()["worker"]
    os.kill(old, signal.SIGSTOP)
    daemon.wait_log(r"worker does not answer: .*; the worker will be replaced", 10)
    client.wait_closed()
    plk.sync(wire, case.connect(case.path("c")))
    plk.check(daemon.look()["worker"] != old, "it is the same worker")
    daemon.stop()


def test_all_paused(case):
    """A pause of the machine, or Ctrl-Z, is no silence of the worker: nobody is replaced, and clients stay."""
    case.veth()
    daemon = case.daemon(capture(case))
    client = case.connect(case.path("c"))
    wire = case.wire()
    plk.sync(wire, client)
    before = daemon.look()
    for pause in (2.6, 5.2):  # beyond one and two questions
        for pid in before.values():
            os.kill(pid, signal.SIGSTOP)
        time.sleep(pause)
        for pid in before.values():
            os.kill(pid, signal.SIGCONT)
        plk.sync(wire, client)
        time.sleep(0.3)
    plk.equal(daemon.look(), before, "processes")
    daemon.stop()


def test_promiscuous_not_at_will(case):
    """Attach clients that come and go switch the interface at most so often that the kernel's log stays readable."""
    case.veth()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}")
    monitor = plk.Process(["/bin/ip", "-o", "monitor", "link", "dev", "e0"])
    case.stack.callback(monitor.kill)
    time.sleep(0.2)
    end = time.monotonic() + 3.0
    n = 0
    while time.monotonic() < end:
        case.connect(case.path("a")).close()
        n += 1
    plk.poll_until(lambda: plk.link("e0")["promiscuity"] == 0, "not promiscuous any more")
    monitor.kill()
    switches = len(monitor.stdout.splitlines())
    plk.check(n > 50, f"only {n} clients came and went")
    plk.check(switches <= 12, f"{n} clients in 3 s switched the interface {switches} times")
    daemon.stop()


def test_self_connection(case):
    """A free port of this host, tried again and again, is never taken for a peer."""
    case.veth()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    daemon = case.daemon(f"--remote=capture@tcp:127.0.0.1:{port}")
    time.sleep(1.5)
    plk.check("client connected" not in daemon.stderr, "connected to itself")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
