# SPDX-License-Identifier: BSD-2-Clause
"""Connections outlive the daemon: streams stop between two frames, wait in the service manager's store, and go on.

The service manager is the test: it takes notifications, keeps descriptors, and passes them to the next daemon, as systemd does
(tests/systemd has the real one).
"""

import array
import os
import re
import select
import signal
import socket
import threading
import time

import plk
from pcapng_test import IFDROP, OSDROP, connect as trace_connect

KEPT = r"^pktlockd\[front\]: info: client kept "
BACK = r"^pktlockd\[front\]: info: client taken back "
CLOSED = r"^pktlockd\[front\]: warning: connection of the last daemon closed"
SUMMARY = (r"^pktlockd\[front\]: info: connections taken back n=(\d+) closed=(\d+) gap_ms=(\d+) missed_in=(\d+)"
           r" missed_out=(\d+)$")


class Manager:
    """The notification socket and the descriptor store of one service."""

    def __init__(self, case):
        self.path = case.path("notify")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.path)
        os.chmod(self.path, 0o666)
        self.store = []  # (name, descriptor)
        self.polled = set()  # descriptors that are closed when the other end hangs up
        self.messages = []
        self.deaf = False
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        while True:
            try:
                data, ancillary, _, _ = self.sock.recvmsg(8192, socket.CMSG_SPACE(253 * 4), socket.MSG_CMSG_CLOEXEC)
            except OSError:
                return
            if not data:
                return
            fds = array.array("i")
            for level, kind, value in ancillary:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    fds.frombytes(value)
            self._take(data.decode().split("\n"), list(fds))

    def _take(self, lines, fds):
        self.messages.append(lines)
        name = next((line.partition("=")[2] for line in lines if line.startswith("FDNAME=")), "stored")
        if "FDSTORE=1" in lines and not self.deaf:
            self.store += [(name, fd) for fd in fds]
            self.polled |= set() if "FDPOLL=0" in lines else set(fds)
            fds = []
        if "FDSTOREREMOVE=1" in lines:
            for entry in [entry for entry in self.store if entry[0] == name]:
                os.close(entry[1])
                self.store.remove(entry)
        for fd in fds:
            os.close(fd)

    def poll(self):
        """Closes what has hung up."""
        for entry in [entry for entry in self.store if entry[1] in self.polled]:
            poller = select.poll()
            poller.register(entry[1], 0)
            if poller.poll(0):
                os.close(entry[1])
                self.store.remove(entry)

    def settle(self):
        """Everything that was sent until now has been read."""
        self.messages.clear()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.sendto(b"X_SETTLE=1", self.path)
        plk.poll_until(lambda: ["X_SETTLE=1"] in self.messages, "the last message")

    def names(self):
        return sorted(name for name, _ in self.store)

    def close(self):
        self.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.sock.close()
        self.drop()

    def drop(self):
        """The service is stopped."""
        for _, fd in self.store:
            os.close(fd)
        self.store.clear()


class Service:
    """pktlockd with adopted listeners, started again and again."""

    def __init__(self, case, remotes, *args, **more):
        """remotes: {name: PORT-SPEC without remote}, or whole ones in args"""
        self.case = case
        self.manager = case.keep(Manager(case))
        self.remotes = dict(remotes)
        self.listeners = {name: case.listener(name, backlog=64) for name in remotes}
        self.args = args
        self.more = more
        self.daemon = None

    def start(self, **more):
        self.manager.poll()
        stored = list(self.manager.store)
        names = list(self.listeners) + [name for name, _ in stored]
        things = list(self.listeners.values()) + [fd for _, fd in stored]
        self.daemon = self.case.daemon(
            *(f"--remote={spec}@sd:{name}" for name, spec in self.remotes.items()), *self.args,
            fds=dict(enumerate(things, 3)), listen=names, env={"NOTIFY_SOCKET": self.manager.path}, **{**self.more, **more})
        return self.daemon

    def stop(self):
        """Returns how long it took, in seconds."""
        began = time.monotonic()
        self.daemon.stop()
        return time.monotonic() - began

    def restart(self, **more):
        self.stop()
        return self.start(**more)

    def connect(self, name, fmt=plk.QEMU):
        return self.case.connect(self.case.path(name), fmt)

    def back(self):
        """What the last start says: (taken back, closed, gap, in, out)."""
        return tuple(map(int, self.daemon.wait_log(SUMMARY)[0].groups()))


def service(case, remotes, *args, **more):
    case.veth()
    made = Service(case, remotes, *args, **more)
    made.start()
    return made, case.wire()


def admitted(daemon, n):
    daemon.wait_log(r"^pktlockd\[front\]: info: client connected ", count=n)


ALL = {
    "c": "capture,latency=low", "b": "capture", "v": "capture,format=vnet,latency=low", "t": "capture,format=pcapng,latency=low",
    "a": "attach", "w": "attach,format=vnet,vnet-hdr=20", "i": "inject",
}
FORMATS = {"v": plk.VNET12, "w": plk.VNET20}
SENDERS = ("i", "a", "active", "tcp")
CARDS = ("a", "w", "active", "tcp")


def test_all_kinds(case):
    """Of each role and format; at adopted listeners, at one of our own, an active remote, TCP. Both ways, again and again."""
    listener = case.listener("active")
    here, wire = service(case, ALL, f"--remote=attach@unix:{case.path('active')}",
                         f"--remote=capture,latency=low@punix:{case.path('p')}", "--remote=attach@ptcp:7001")
    trace = case.keep(trace_connect(case, "t"))
    clients = {name: here.connect(name, FORMATS.get(name, plk.QEMU)) for name in ALL if name != "t"}
    clients["active"] = case.accept(listener)
    clients["p"] = case.connect(case.path("p"))
    clients["tcp"] = case.connect(("127.0.0.1", 7001))
    admitted(here.daemon, len(clients) + 1)
    number = 0
    for turn in range(3):
        if turn > 0:
            here.restart()
            plk.equal(here.back()[:2], (len(clients) + 1, 0), "connections taken back, and not")
            plk.poll_until(lambda: not here.manager.store, "an empty store")
        plk.sync(wire, *(client for name, client in clients.items() if name != "i"))
        frames = [plk.frame(number + k) for k in range(10)]
        wire.send(*frames)
        for name, client in clients.items():
            if name != "i":
                client.expect(frames, f"{name} in turn {turn}")
        number += 10
        for name in SENDERS:
            data = plk.frame(number, src=plk.NEAR)
            clients[name].send(data)
            wire.expect([data], f"from {name} in turn {turn}")
            for other in CARDS:
                if other != name and name != "i":
                    clients[other].expect([data], f"{other} from {name}")
            number += 1
        trace.until(lambda: len(trace.frames) >= 10 * (turn + 1), "packets of the trace")
        plk.equal(trace.sections, turn + 1, "sections of the trace")
    here.stop()
    here.manager.drop()
    for client in clients.values():
        client.wait_closed()
    trace.end()


def test_under_traffic(case):
    """Frames in order, none twice, none torn; those that are missing are counted."""
    here, wire = service(case, {"c": "capture,latency=low", "b": "capture", "a": "attach"})
    clients = [here.connect(name) for name in ("c", "b", "a", "c")]
    admitted(here.daemon, len(clients))
    plk.sync(wire, *clients)
    over = threading.Event()
    sent = [0]
    got = [[] for _ in clients]

    def send():
        while not over.is_set():
            wire.send(*(plk.frame(sent[0] + k) for k in range(5)))
            sent[0] += 5
            time.sleep(0.001)

    def receive(k):
        while not over.is_set():
            got[k].extend(clients[k].drain(0.01))
        got[k].extend(clients[k].drain(0.3))

    threads = [threading.Thread(target=send)] + [threading.Thread(target=receive, args=(k,)) for k in range(len(clients))]
    for thread in threads:
        thread.start()
    missed = 0
    late = 0  # sent while the daemon stopped, and still delivered: they are counted as missed, too
    try:
        for _ in range(10):
            time.sleep(0.03)
            before = sent[0]
            os.kill(here.daemon.pid, signal.SIGTERM)
            here.daemon.wait_log(KEPT)
            late += sent[0] + 5 - before
            here.daemon.ended(0)
            here.daemon.last_books_check()
            here.start()
            n, closed, gap_ms, missed_in, _ = here.back()
            plk.equal((n, closed), (len(clients), 0), "connections taken back, and not")
            plk.check(gap_ms < 1000, f"the gap was {gap_ms} ms")
            missed += missed_in
    finally:
        over.set()
        for thread in threads:
            thread.join()
    plk.check(missed > 0, "no frame was missed in ten restarts")
    for frames in got:
        numbers = [plk.number_of(data) for data in frames]
        plk.equal(numbers, sorted(set(numbers)), "numbers, in order and once")
        plk.equal(numbers[-1], sent[0] - 1, "the last one")
        lost = sent[0] - len(numbers)
        plk.check(lost <= missed, f"{lost} frames of {sent[0]} were lost, {missed} were counted")
        plk.check(missed <= lost + late, f"{lost} frames of {sent[0]} were lost, {missed} were counted, {late} came late")
    here.stop()


def part_then_rest(case, name, first, delay):
    """Sends the first bytes of a frame, stops, sends the others meanwhile; two daemons have to put both frames on the wire."""
    here, wire = service(case, {name: "attach" if name == "a" else "inject"})
    client = here.connect(name)
    admitted(here.daemon, 1)
    frames = [plk.frame(k, size=1500, src=plk.NEAR) for k in range(3)]
    stream = b"".join(client.fmt.encode(data) for data in frames)
    client.send_bytes(stream[:first])
    time.sleep(0.05)
    rest = threading.Timer(delay, client.send_bytes, (stream[first:],))
    rest.start()
    here.stop()
    rest.join()
    wire.expect(frames[: first // 1504 + (first % 1504 > 0)], "of the first daemon")
    wire.quiet()
    here.start()
    plk.equal(here.back()[:2], (1, 0), "connections taken back, and not")
    wire.expect(frames[first // 1504 + (first % 1504 > 0) :], "of the second")
    here.stop()


def test_input_within_frame(case):
    part_then_rest(case, "i", 700, 0.3)


def test_input_within_length(case):
    part_then_rest(case, "a", 1504 + 2, 0.2)


def test_input_at_boundary(case):
    part_then_rest(case, "i", 1504, 0.3)


def test_input_never_whole(case):
    """Who is inside of a frame for more than half a second is closed, and delays nobody for longer."""
    here, wire = service(case, {"i": "inject", "c": "capture,latency=low"})
    slow, good = here.connect("i"), here.connect("c")
    admitted(here.daemon, 2)
    slow.send_bytes(slow.fmt.encode(plk.frame(0, size=1500))[:700])
    plk.sync(wire, good)
    seconds = here.stop()
    plk.check(0.45 < seconds < 0.95, f"the stop took {seconds:.3f} s")
    slow.wait_closed()
    plk.check(re.search("client closed remote=inject@sd:i .*reason=stop", here.daemon.stderr), here.daemon.stderr)
    here.start()
    plk.equal(here.back()[:2], (1, 0), "connections taken back, and not")
    plk.sync(wire, good)
    here.stop()


def test_input_then_the_end(case):
    """What somebody sends while no daemon is there, and hangs up, is not lost."""
    here, wire = service(case, {"i": "inject"})
    client = here.connect("i")
    admitted(here.daemon, 1)
    here.stop()
    frames = [plk.frame(k, src=plk.NEAR) for k in range(3)]
    client.send(*frames)
    client.close()
    here.start()
    wire.expect(frames)
    here.daemon.wait_log("^pktlockd.front.: info: client closed remote=inject@sd:i .*reason=eof")
    here.stop()


def fill(wire, client, daemon):
    """Frames until the client, which does not read, loses some."""
    number = 0
    while not re.search(r"rx_dropped_queue=(\d+)", " ".join(f"{k}={v}" for k, v in daemon.counters().items())):
        for _ in range(20):
            wire.send(*(plk.frame(number + k, size=1400) for k in range(50)))
            number += 50
            time.sleep(0.001)
        plk.check(number < 100000, "the queue is never full")
    return number


def numbers_are_whole(client):
    got = [plk.number_of(data) for data in client.drain(0.3)]
    plk.equal(got, sorted(set(got)), "numbers, in order and once")
    return got


def test_output_full(case):
    """A queue that is full: the frame that has begun is written to its end, the others are counted; its neighbour misses nothing."""
    here, wire = service(case, {"c": "capture,latency=low"}, "--queue=69640")
    slow, good = here.connect("c"), here.connect("c")
    admitted(here.daemon, 2)
    over = threading.Event()
    got = []
    reader = threading.Thread(target=lambda: [got.extend(good.drain(0.01)) for _ in iter(over.is_set, True)])
    reader.start()
    number = fill(wire, slow, here.daemon)
    late = threading.Timer(0.15, lambda: got_slow.extend(slow.drain(0.3)))
    got_slow = []
    late.start()
    here.stop()
    late.join()
    line = re.search(KEPT + r".* slot=0 .* unsent=(\d+)$", here.daemon.stderr, re.MULTILINE)
    plk.check(line and int(line.group(1)) > 0, here.daemon.stderr[-2000:])
    plk.check("unsent_frames=" in here.daemon.stderr, "unsent frames are not in the counters")
    here.start()
    plk.equal(here.back()[:2], (2, 0), "connections taken back, and not")
    wire.send(plk.frame(number))
    plk.poll_until(lambda: got and plk.number_of(got[-1]) == number, "the last frame at the one who reads")
    over.set()
    reader.join()
    numbers = [plk.number_of(data) for data in got_slow] + numbers_are_whole(slow)
    plk.equal(numbers, sorted(set(numbers)), "numbers of the slow one, in order and once")
    plk.equal(numbers[-1], number, "the last frame at the slow one")
    here.stop()


def test_output_never_read(case):
    """Who does not read at all is closed inside of the frame, or kept at its end, after half a second."""
    here, wire = service(case, {"c": "capture,latency=low"}, "--queue=69640")
    slow = here.connect("c")
    admitted(here.daemon, 1)
    fill(wire, slow, here.daemon)
    seconds = here.stop()
    plk.check(seconds < 0.95, f"the stop took {seconds:.3f} s")
    kept = re.search(KEPT, here.daemon.stderr, re.MULTILINE)
    connections = [name for name in here.manager.names() if name.startswith("pktlock.client.")]
    plk.equal(len(connections), 1 if kept else 0, "connections in the store")
    plk.check(kept or "reason=stop" in here.daemon.stderr, here.daemon.stderr[-2000:])


def test_slow_beside_one_that_hangs(case):
    """Who reads slowly, and falls behind only while others wait for somebody's end of a frame, is kept nevertheless."""
    here, wire = service(case, {"i": "inject", "c": "capture,latency=low"})
    hangs, slow = here.connect("i"), here.connect("c")
    admitted(here.daemon, 2)
    hangs.send_bytes(hangs.fmt.encode(plk.frame(0, size=1500))[:700])
    plk.sync(wire, slow)
    over = threading.Event()
    sent = [0]

    def send():
        while not over.is_set():
            for _ in range(50):
                wire.send(plk.frame(sent[0], size=1500))
                sent[0] += 1
            time.sleep(0.0005)

    def receive():
        while not over.is_set():
            slow.buffer += slow.sock.recv(65536)
            time.sleep(0.005)

    slow.sock.settimeout(plk.WAIT)
    threads = [threading.Thread(target=send), threading.Thread(target=receive)]
    os.kill(here.daemon.pid, signal.SIGTERM)
    time.sleep(0.02)
    for thread in threads:
        thread.start()
    here.daemon.ended(0)
    over.set()
    wire.send(plk.frame(sent[0]))
    here.start()
    wire.send(plk.frame(sent[0]))
    for thread in threads:
        thread.join()
    plk.equal(here.back()[:2], (1, 0), "connections taken back, and not")
    hangs.wait_closed()
    plk.equal(numbers_are_whole(slow)[-1], sent[0], "the last frame at the slow one")
    here.stop()


def test_missed_is_counted(case):
    """What passes while no daemon is there is a counter, and is in the statistics of a trace; directions apart."""
    here, wire = service(case, {"t": "capture,format=pcapng,latency=low,direction=in", "o": "capture,latency=low,direction=out"})
    trace = case.keep(trace_connect(case, "t"))
    out = here.connect("o")
    admitted(here.daemon, 2)
    near = case.wire("e0")
    here.stop()
    wire.send(*(plk.frame(k) for k in range(100)))
    near.send(*(plk.frame(k) for k in range(30)))
    time.sleep(0.05)
    here.start()
    n, closed, _, missed_in, missed_out = here.back()
    plk.equal((n, closed, missed_in, missed_out), (2, 0, 100, 30), "taken back, closed, missed in and out")
    # the worker counts it when it begins, after the line above
    plk.poll_until(lambda: here.daemon.counters().get("rx_missed") == 130, "130 frames are counted as missed")
    wire.send(plk.frame(200))
    trace.until(lambda: trace.statistics and trace.statistics[-1][1][OSDROP] == 100, "statistics with the loss", seconds=3)
    plk.equal(trace.statistics[-1][1][IFDROP], 100, "isb_ifdrop")
    out.quiet(0.05)
    here.stop()


def test_broker_hangs(case):
    """What the interface has counted is not worth a connection."""
    here, wire = service(case, {"c": "capture,latency=low"})
    client = here.connect("c")
    admitted(here.daemon, 1)
    os.kill(here.daemon.family["broker"], signal.SIGSTOP)
    here.stop()
    here.daemon.wait_log("^pktlockd.front.: warning: broker does not say what the interface has counted: ")
    here.start()
    plk.equal(here.back(), (1, 0, 0, 0, 0), "connections taken back, and not, and missed")
    plk.sync(wire, client)
    here.stop()


def test_gap_waits(case):
    """Who connects while no daemon is there waits at the listener; who was not admitted yet is judged by the next one."""
    here, wire = service(case, {"c": "capture,latency=low"})
    here.stop()
    late = here.connect("c")
    here.start()
    admitted(here.daemon, 1)
    plk.sync(wire, late)
    # the front is stopped: what is accepted now waits for it, and is kept all the same
    front = here.daemon.family["front"]
    os.kill(front, signal.SIGSTOP)
    waiting = [here.connect("c") for _ in range(3)]
    time.sleep(0.1)
    os.kill(here.daemon.pid, signal.SIGTERM)
    time.sleep(0.05)
    os.kill(front, signal.SIGCONT)
    here.daemon.ended(0)
    here.start()
    plk.equal(here.back()[:2], (4, 0), "connections taken back, and not")
    plk.sync(wire, late, *waiting)
    here.stop()


def test_back_is_watched(case):
    """Connections that came back are in the status, and a worker that has none but these is asked whether it is there."""
    here, _ = service(case, {"c": "capture"})
    here.connect("c")
    admitted(here.daemon, 1)
    here.stop()
    here.manager.messages.clear()
    here.start()
    os.kill(here.daemon.family["worker"], signal.SIGSTOP)
    plk.poll_until(lambda: ["STATUS=1 client, 0 frames dropped"] in here.manager.messages, "a status with the connection")
    here.daemon.wait_log("^pktlockd.front.: error: worker does not answer: ", seconds=7)
    here.daemon.wait_log("^pktlockd.front.: info: another worker serves$")
    here.stop()


def restart_with(case, remotes, *args, before=({"c": "capture"}), n=1):
    """Connections of one daemon meet another configuration; returns the service after the restart, and the clients."""
    here, _ = service(case, before)
    clients = [here.connect(name) for name in before for _ in range(n)]
    admitted(here.daemon, len(clients))
    here.stop()
    here.remotes = dict(remotes)
    here.listeners.update({name: case.listener(name) for name in remotes if name not in here.listeners})
    for name in list(here.listeners):
        if name not in remotes:
            here.listeners.pop(name)
    here.args = args
    here.start()
    return here, clients


def test_other_format(case):
    here, clients = restart_with(case, {"c": "capture,format=vnet"})
    clients[0].wait_closed()
    here.daemon.wait_log(CLOSED + ": no remote has its role, format and address any more$")
    here.stop()


def test_other_role(case):
    here, clients = restart_with(case, {"c": "attach"})
    clients[0].wait_closed()
    here.stop()


def test_other_keys(case):
    here, clients = restart_with(case, {"c": "capture,latency=low,direction=out,max-clients=5,on-loss=close"})
    plk.equal(here.back()[:2], (1, 0), "connections taken back, and not")
    clients[0].quiet(0.05)
    here.stop()


def test_not_allowed_any_more(case):
    here, clients = restart_with(case, {"c": "capture,allow-uid=12345"})
    clients[0].wait_closed()
    here.daemon.wait_log(CLOSED + r": it is not allowed any more .* remote=capture,allow-uid=12345@sd:c$")
    here.stop()


def test_fewer_clients(case):
    here, clients = restart_with(case, {"c": "capture,max-clients=2"}, n=4)
    plk.equal(here.back()[:2], (2, 2), "connections taken back, and not")
    for client in clients[2:]:
        client.wait_closed()
    here.daemon.wait_log(CLOSED + r": there is no room \(--clients=, max-clients=\) remote=")
    here.stop()


def test_fewer_slots(case):
    here, clients = restart_with(case, {"c": "capture"}, "--clients=1", n=3)
    plk.equal(here.back()[:2], (1, 2), "connections taken back, and not")
    here.stop()


def tag_of(here):
    return here.manager.names()[0]


def test_what_is_no_connection(case):
    """Whatever else lies in the store under a name of a connection is closed and taken out, and so is what has another name."""
    here, wire = service(case, {"c": "capture"})
    client = here.connect("c")
    admitted(here.daemon, 1)
    here.stop()
    plk.poll_until(lambda: len(here.manager.store) == 2, "a connection and the interface's counts in the store")
    tag = next(name for name in here.manager.names() if name.startswith("pktlock.client."))
    plk.check(re.fullmatch(r"pktlock\.client\.[0-9a-f]{16}", tag), tag)
    stop = next(name for name in here.manager.names() if name.startswith("pktlock.stop."))
    plk.check(re.fullmatch(r"pktlock\.stop\.\d+\.\d+\.\d+\.\d+", stop), stop)
    packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    listener = case.listener("other")
    pair = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    alone = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    twice = next(fd for name, fd in here.manager.store if name == tag)
    other = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    other.connect(case.path("other"))
    things = {
        "other": listener.accept()[0].detach(), "packet": packet.detach(), "listener": os.dup(listener.fileno()), "datagram": pair[0].detach(), "alone": alone.detach(),
        "file": os.open("/proc/self/status", os.O_RDONLY | os.O_CLOEXEC), "twice": os.dup(twice),
    }
    here.manager.store += [(tag, fd) for fd in things.values()]
    for name in ("pktlock.", "pktlock.client.0", "pktlock.client.zzzzzzzzzzzzzzzz", "pktlock.state", "pktlock.stop.1.2.3",
                 "pktlock.client.0123456789abcdef", "pktlock." + "x" * 247):
        here.manager.store.append((name, os.dup(twice)))
    here.start()
    n, closed, *_ = here.back()
    plk.equal((n, closed), (1, len(things) + 1), "connections taken back, and not")
    # but for the name that no service manager gives
    plk.poll_until(lambda: here.manager.names() == ["pktlock."], "an empty store")
    plk.equal(len(re.findall(CLOSED, here.daemon.stderr, re.MULTILINE)), len(things) + 1, "lines about them")
    here.daemon.wait_log(CLOSED + ": it was made elsewhere remote=")
    plk.sync(wire, client)
    here.stop()


def test_start_that_fails_keeps(case):
    """A daemon that does not come to serve takes nothing out of the store: the next one has it all."""
    here, wire = service(case, {"c": "capture"})
    client = here.connect("c")
    admitted(here.daemon, 1)
    here.stop()
    names = here.manager.names()
    for args in (("--nonsense",), ("--interface=none0",), ("--remote=capture@sd:none",)):
        here.args = args
        daemon = here.start(ready=False)
        plk.check(daemon.wait() != 0, "a broken configuration starts")
        plk.equal(here.manager.names(), names, f"the store after {args}")
    here.args = ()
    here.start()
    plk.equal(here.back()[:2], (1, 0), "connections taken back, and not")
    plk.sync(wire, client)
    here.stop()


def test_stop_at_any_moment(case):
    """A start that is interrupted, whenever that is, loses no connection."""
    here, wire = service(case, {"c": "capture,latency=low", "a": "attach"})
    clients = [here.connect("a" if k % 4 == 0 else "c") for k in range(40)]
    admitted(here.daemon, 20)
    plk.poll_until(lambda: here.daemon.counters().get("clients_total") == 40, "40 clients")
    here.stop()
    here.manager.settle()
    began = time.monotonic()
    here.start()
    seconds = time.monotonic() - began
    here.stop()
    for k in range(16):
        here.manager.settle()
        here.start(ready=False)
        time.sleep(seconds * (0.6 + k / 32))
        os.kill(here.daemon.pid, signal.SIGTERM)
        here.daemon.wait()
    here.manager.settle()
    here.start()
    plk.equal(here.back()[:2], (40, 0), "connections taken back, and not")
    plk.sync(wire, *clients)
    here.stop()


def test_stop_before_ready(case):
    """A worker that has been told to serve serves, and then stops as others do."""
    here, wire = service(case, {"c": "capture,latency=low"})
    client = here.connect("c")
    admitted(here.daemon, 1)
    here.stop()
    for _ in range(20):
        here.manager.settle()
        here.start(ready=False)
        here.daemon.wait_log(BACK)
        worker = here.daemon.look()["worker"]
        os.kill(worker, signal.SIGSTOP)
        time.sleep(0.1)
        was_ready = " ready interface=" in here.daemon.stderr
        os.kill(here.daemon.pid, signal.SIGTERM)
        time.sleep(0.05)
        os.kill(worker, signal.SIGCONT)
        here.daemon.ended(0)
        if not was_ready:
            break
    else:
        raise plk.Failure("the worker was never stopped before it served")
    plk.check(re.search(KEPT, here.daemon.stderr, re.MULTILINE), here.daemon.stderr)
    here.manager.settle()
    here.start()
    plk.equal(here.back()[:2], (1, 0), "connections taken back, and not")
    plk.sync(wire, client)
    here.stop()


def test_nobody_listens(case):
    """Without a service manager, and with one that keeps nothing, a stop ends all connections."""
    here, _ = service(case, {"c": "capture"})
    client = here.connect("c")
    admitted(here.daemon, 1)
    here.manager.deaf = True
    here.stop()
    client.wait_closed()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('p')}")
    client = case.connect(case.path("p"))
    admitted(daemon, 1)
    began = time.monotonic()
    daemon.stop()
    plk.check(time.monotonic() - began < 0.4, "a stop that keeps nothing waits for nobody")
    client.wait_closed()
    plk.check("kept" not in daemon.stderr, daemon.stderr)


def test_interrupt_keeps_nothing(case):
    here, _ = service(case, {"c": "capture"})
    client = here.connect("c")
    admitted(here.daemon, 1)
    here.daemon.stop(signal.SIGINT)
    client.wait_closed()
    plk.equal(here.manager.store, [], "the store")


def test_many(case):
    """As many as there can be, and nothing is left over."""
    case.veth()
    here = Service(case, {"c": "capture,latency=low", "a": "attach"}, "--clients=1024")
    here.start(nofile=8192)
    wire = case.wire()
    clients = [here.connect("a" if k % 8 == 0 else "c") for k in range(1024)]
    counts = plk.poll_until(lambda: here.daemon.counters().get("clients_total") == 1024 and here.daemon.fd_counts(), "1024 clients")
    for _ in range(2):
        here.restart(nofile=8192)
        plk.equal(here.back()[:2], (1024, 0), "connections taken back, and not")
    wire.send(plk.frame(1))
    for client in clients:
        client.expect([plk.frame(1)])
    plk.equal(here.daemon.fd_counts(), counts, "descriptors after two restarts")
    here.stop()


if __name__ == "__main__":
    plk.main()
