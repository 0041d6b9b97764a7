# SPDX-License-Identifier: BSD-2-Clause
"""Clients of all kinds with traffic that tells whether a frame was lost, torn, repeated or changed, through any number of restarts."""

import re
import statistics
import threading
import time

from machine import Blocks, plk

SERVICE = "pktlock@e0.service"
SUMMARY = r"connections taken back n=(\d+) closed=(\d+) gap_ms=(\d+) missed_in=(\d+) missed_out=(\d+)"
PORTS = {  # the name of a socket, its port, the format that its clients read
    "client": "capture,format=pcapng,latency=low",
    "qemu": "capture,latency=low",
    "attach": "attach",
    "inject": "inject",
}
WIRE_PAUSE = 0.002  # seconds between two frames on the wire
CLIENT_PAUSE = 0.01  # and between two of a client that sends


def sockets(case):
    """A socket unit for each of PORTS, beside the one that is shipped, and the service with all of them."""
    names = [f"pktlock-{name}@%i.socket" for name in PORTS if name != "client"]
    for name in PORTS:
        if name != "client":
            case.file(f"/run/systemd/system/pktlock-{name}@.socket",
                      f"[Unit]\nPartOf=pktlock@%i.socket\n[Socket]\nService=pktlock@%i.service\nFileDescriptorName={name}\n"
                      f"ListenStream=/run/pktlock/%i-{name}.sock\nRemoveOnStop=yes\n")
    case.file("/run/systemd/system/pktlock@e0.service.d/sockets.conf",
              f"[Unit]\nRequires={' '.join(names)}\nAfter={' '.join(names)}\n")
    case.conf("e0", " ".join(f"--remote={port}@sd:{name}" for name, port in PORTS.items()))
    case.reload_units()
    case.machine.systemctl("start", *(name.replace("%i", "e0") for name in names))


class Reader(threading.Thread):
    """Takes every frame of a connection, each of which is checked to the last byte: numbers by sender, in order, none twice."""

    def __init__(self, receive, over):
        super().__init__(daemon=True)
        self.receive = receive
        self.over = over
        self.numbers = {}
        self.problem = None
        self.silences = []  # seconds between two frames, with when that was
        self.last = None

    def run(self):
        try:
            while not self.over.is_set():
                data = self.receive(0.05)
                if data is not None:
                    self.take(data)
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error

    def take(self, data):
        now = time.monotonic()
        if self.last is not None:
            self.silences.append((now, now - self.last))
        self.last = now
        number, sender = plk.number_of(data), data[6:12]
        if data != plk.frame(number, len(data), src=sender) or len(data) != size_of(number):
            raise plk.Failure(f"frame {number} is {plk.shown(data)}")
        before = self.numbers.setdefault(sender, [])
        if before and number <= before[-1]:
            raise plk.Failure(f"frame {number} came after {before[-1]}")
        before.append(number)


class Sender(threading.Thread):
    """Sends numbered frames until it is over."""

    def __init__(self, send, src, pause, over):
        super().__init__(daemon=True)
        self.send = send
        self.src = src
        self.pause = pause
        self.over = over
        self.sent = 0
        self.problem = None

    def run(self):
        try:
            while not self.over.is_set():
                self.send(plk.frame(self.sent, size_of(self.sent), src=self.src))
                self.sent += 1
                time.sleep(self.pause)
        except Exception as error:  # pylint: disable=broad-except
            self.problem = error


def size_of(number):
    return 60 + number * 37 % 1400


def address(k):
    return bytes((2, 0x71, 0, 0, 0, k))


class Traffic:
    """Two clients of each port, what they send, what is on the wire, and all of it read."""

    def __init__(self, case):
        self.wire = case.wire("e1")
        names = [name for name in PORTS for _ in range(2)]
        self.clients = [case.connect("e0" if name == "client" else f"e0-{name}", Blocks() if name == "client" else plk.QEMU)
                        for name in names]
        readers = [client for name, client in zip(names, self.clients) if name != "inject"]
        plk.sync(self.wire, *readers)
        self.sent_over, self.read_over = threading.Event(), threading.Event()
        self.readers = [Reader(client.recv, self.read_over) for client in readers]
        self.on_wire = Reader(self.wire.recv, self.read_over)
        self.from_wire = Sender(self.wire.send, plk.FAR, WIRE_PAUSE, self.sent_over)
        self.senders = [Sender(client.send, address(k), CLIENT_PAUSE, self.sent_over)
                        for k, (name, client) in enumerate(zip(names, self.clients)) if name in ("attach", "inject")]
        for thread in self.threads():
            thread.start()

    def threads(self):
        return [*self.readers, self.on_wire, self.from_wire, *self.senders]

    def check(self):
        for thread in self.threads():
            if thread.problem:
                raise thread.problem

    def end(self):
        """Everything that was sent has had the time to arrive."""
        self.sent_over.set()
        for thread in (self.from_wire, *self.senders):
            thread.join()
        time.sleep(0.5)
        self.read_over.set()
        for thread in (*self.readers, self.on_wire):
            thread.join()
        self.check()

    def silence(self, since):
        """The longest that the first client without a file format waited for a frame, in milliseconds."""
        return max((took for now, took in list(self.readers[2].silences[-400:]) if now >= since), default=0.0) * 1000


def counters_of(case):
    """What each daemon that has ended had counted."""
    for line in case.journal(SERVICE):
        found = re.search(r"info: counters( .*)$", line)
        if found:
            yield {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", found.group(1))}


def line_of(values):
    return f"{min(values):.0f} / {statistics.median(values):.0f} / {max(values):.0f}"


def check_restarts(case, traffic, times, n):
    """What the n daemons after the first have said."""
    backs = [tuple(map(int, found.groups())) for line in case.journal(SERVICE) if (found := re.search(SUMMARY, line))]
    plk.equal(len(backs), n, "lines that say what became of connections")
    plk.equal({back[:2] for back in backs}, {(len(traffic.clients), 0)}, "connections taken back, and closed")
    missed = sum(back[3] for back in backs)
    sent = traffic.from_wire.sent
    for reader in traffic.readers:
        got = reader.numbers[plk.FAR]
        plk.equal(got[-1], sent - 1, "the last frame of the wire")
        lost = sent - len(got)
        # a ring that is there already, and not served yet, loses nothing
        plk.check(lost <= missed <= lost + 50 * n, f"{lost} frames of {sent} were lost, {missed} were counted")
    for sender in traffic.senders:
        got = traffic.on_wire.numbers[sender.src]
        plk.equal(got, list(range(sender.sent)), "frames of a client, on the wire")
    counted = list(counters_of(case))
    plk.equal(len(counted), n + 1, "daemons that have said what they counted")
    for counters in counted:
        plk.books_check(counters)
    frames = sum(len(numbers) for reader in (*traffic.readers, traffic.on_wire) for numbers in reader.numbers.values())
    print(f"     {n} restarts, {len(traffic.clients)} clients: {frames} frames read, 0 torn; "
          f"{missed} of {sent} passed the interface in the gaps")
    print(f"     gap, ms (min / median / max): by the daemons {line_of([back[2] for back in backs])}, "
          f"silence at a client {line_of(times)}")
