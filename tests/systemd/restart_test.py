# SPDX-License-Identifier: BSD-2-Clause
"""Restarts under a real systemd: connections wait in its store, and go on; after a kill clients come back; a service that hangs is
started again."""

import os
import re
import signal
import socket
import statistics
import threading
import time

import machine
from machine import Blocks, plk
from traffic import SERVICE, SUMMARY, Traffic, check_restarts, sockets

RESTARTS = 100
FEW = 10


def test_hundred_restarts(case):
    """Under traffic, with eight clients of all kinds: no connection is lost, no frame torn or repeated, and all is accounted for."""
    case.veth("e0", "e1")
    case.start("e0")
    sockets(case)
    traffic = Traffic(case)
    times = []
    for _ in range(RESTARTS):
        began = time.monotonic()
        case.machine.systemctl("restart", SERVICE)
        time.sleep(0.05)
        times.append(traffic.silence(began))
        traffic.check()
    plk.equal(case.machine.show(SERVICE, "NFileDescriptorStore"), "0", "descriptors in the store while it serves")
    traffic.end()
    case.machine.systemctl("stop", SERVICE)
    plk.equal(case.machine.show(SERVICE, "ActiveState", "NFileDescriptorStore"), ["inactive", "0"], "state and store after the stop")
    for client in traffic.clients:
        client.wait_closed()
    check_restarts(case, traffic, times, RESTARTS)


def test_as_shipped(case):
    """The service as it comes, with one capture: it stays, and the gap is that of one packet socket."""
    case.veth("e0", "e1")
    case.start("e0")
    client = case.connect("e0", Blocks())
    case.wait_journal(SERVICE, "info: client connected")
    wire = case.wire("e1")
    gaps = []
    for number in range(FEW):
        case.machine.systemctl("restart", SERVICE)
        lines = case.wait_journal(SERVICE, SUMMARY, count=number + 1)
        gaps.append(int(re.search(SUMMARY, lines[-1]).group(3)))
        wire.send(plk.frame(number))
        client.expect([plk.frame(number)], f"after restart {number}")
    print(f"     as shipped, gap of a capture {min(gaps)} / {statistics.median(gaps):.0f} / {max(gaps)} ms")
    plk.check(max(gaps) < 1000, f"gaps of {gaps} ms")


class Knocking(threading.Thread):
    """Connects again and again; nobody may be refused."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path = path
        self.over = threading.Event()
        self.refused = []
        self.n = 0

    def run(self):
        while not self.over.is_set():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
                sock.settimeout(plk.WAIT)
                try:
                    sock.connect(self.path)
                except OSError as error:
                    self.refused.append(error)
                self.n += 1
            time.sleep(0.01)


def test_killed(case):
    """After SIGKILL of the service's main process: clients come back, and none of those who try is refused."""
    case.veth("e0", "e1")
    case.start("e0")
    wire, client = case.wire("e1"), case.connect("e0", Blocks())
    plk.sync(wire, client)
    plk.equal(case.machine.show(SERVICE, "WatchdogUSec"), "10s", "WatchdogSec= as shipped")
    knocking = Knocking(case.machine.path("/run/pktlock/e0.sock"))
    knocking.start()
    for turn in range(2):
        began = time.monotonic()
        os.kill(case.machine.whole(SERVICE)["supervisor"], signal.SIGKILL)
        client.wait_closed()
        client = case.connect("e0", Blocks())
        plk.sync(wire, client)
        print(f"     served {time.monotonic() - began:.2f} s after the kill")
        plk.equal(case.machine.show(SERVICE, "NRestarts"), str(turn + 1), "restarts")
    knocking.over.set()
    knocking.join()
    plk.equal(knocking.refused, [], f"who was refused, of {knocking.n}")


def test_watchdog(case):
    """A worker, a front or a supervisor that hangs: systemd starts the service again, within WatchdogSec= and RestartSec=."""
    case.veth("e0", "e1")
    case.file("/run/systemd/system/pktlock@e0.service.d/watchdog.conf", "[Service]\nWatchdogSec=1\n")
    case.reload_units()
    case.start("e0")
    wire, client = case.wire("e1"), case.connect("e0", Blocks())
    plk.sync(wire, client)
    time.sleep(1.5)
    plk.equal(case.machine.show(SERVICE, "NRestarts"), "0", "restarts while nobody hangs")
    for turn, role in enumerate(("worker", "front", "supervisor")):
        began = time.monotonic()
        os.kill(case.machine.whole(SERVICE)[role], signal.SIGSTOP)
        client.wait_closed(3.0)
        closed = time.monotonic() - began
        client = case.connect("e0", Blocks())
        plk.sync(wire, client)
        print(f"     a {role} that hangs: ended after {closed:.2f} s, served again after {time.monotonic() - began:.2f} s")
        plk.equal(case.machine.show(SERVICE, "NRestarts"), str(turn + 1), "restarts")
        case.wait_journal(SERVICE, "Watchdog timeout", count=turn + 1)


if __name__ == "__main__":
    machine.main()
