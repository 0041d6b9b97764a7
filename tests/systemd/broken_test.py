# SPDX-License-Identifier: BSD-2-Clause
"""Configurations that do not work: the socket outlives each, systemctl status says why, and a repaired one is enough."""

import os
import re
import time

import machine
from machine import Blocks, plk

SERVICE, SOCKET = "pktlock@{}.service", "pktlock@{}.socket"
GOOD = "--remote=capture,format=pcapng@sd:client"
STARTS = 6  # again: systemd's own limit, which the units lift, are five in ten seconds
STORM = 30.0  # seconds, by when even a machine that is busy has done that; it is one a second (RestartSec=)

# options in the file, and what systemctl status must say
OPTIONS = (
    ("--colour=red", "unknown option"),
    ("--remote=capture,format=pcap@sd:client", "not one of the values of this key at byte 15"),
    ("--remote=capture@sd:another", "another"),
    ("--remote=capture@punix:/run/pktlock/own.sock", "descriptor is passed by LISTEN_FDS, but no option uses it"),
    ("", "--remote"),  # the file is there and says nothing
    ("--help", "protocol"),  # a start that ends well is none either
    (f"{GOOD} --remote=capture@punix:/nowhere/x.sock", "No such file"),
    (f"{GOOD} --remote=capture@ptcp:0", "RestrictAddressFamilies="),
    (f"{GOOD} --filter=nonsense", "--filter"),
    (f"{GOOD} --filter=tcp port 80", "needs quotes"),
)


class Broken:
    """One that fails on an interface, with a client that waits for it."""

    def __init__(self, case, ifname, reason, repair):
        self.case = case
        self.ifname = ifname
        self.reason = reason
        self.repair = repair
        case.start(ifname)
        self.clients = [case.connect(ifname, Blocks())]

    def restarts(self):
        plk.equal(self.case.machine.show(SOCKET.format(self.ifname), "ActiveState", "Result"), ["active", "success"], "the socket")
        return int(self.case.machine.show(SERVICE.format(self.ifname), "NRestarts"))

    def check_refused(self):
        """It has failed again and again; the socket stays, and the reason is where people look."""
        service = SERVICE.format(self.ifname)
        # for a moment of each second it is starting, and has not said anything yet
        plk.poll_until(lambda: self.reason in self.case.machine.status(service), f"{self.reason!r} in systemctl status", 2.0, 0.1)
        self.clients.append(self.case.connect(self.ifname, Blocks()))  # is not refused, and waits

    def check_repaired(self, wire):
        """Who waited is served."""
        service = SERVICE.format(self.ifname)
        plk.poll_until(lambda: self.case.machine.show(service, "SubState") == "running", "the service runs after the repair")
        plk.sync(wire, *self.clients)
        plk.equal(self.case.machine.show(SOCKET.format(self.ifname), "ActiveState", "SubState"), ["active", "running"], "the socket")


def storm(case, *all_broken):
    """All fail at once, with the processor that they need for it measured; are repaired; and serve with no other step."""
    before, began = busy(case), time.monotonic()
    plk.poll_until(lambda: min(one.restarts() for one in all_broken) >= STARTS, f"all start again {STARTS} times", STORM, 0.2)
    took = time.monotonic() - began
    used = (busy(case) - before) / took / len(all_broken)
    again = max(one.restarts() for one in all_broken)
    plk.check(again <= took + 2, f"started again {again} times in {took:.1f} s")
    print(f"     each takes {used * 100:.1f} % of a processor while it fails")
    plk.check(used < 0.25, f"each takes {used:.2f} of a processor while it fails")
    for one in all_broken:
        one.check_refused()
    for one in all_broken:
        one.repair()
    for one in all_broken:
        one.check_repaired(case.wire(f"{one.ifname}w"))


def busy(case):
    """Seconds of processor time of the whole machine, systemd and all."""
    with open(os.path.join(case.machine.cgroup, "cpu.stat"), encoding="ascii") as file:
        return int(re.search(r"usage_usec (\d+)", file.read()).group(1)) / 1e6


def broken_options(case):
    """What the file says is refused."""
    for i, (options, reason) in enumerate(OPTIONS):
        ifname = f"e{i}"
        case.veth(ifname, f"{ifname}w")
        case.conf(ifname, options)
        yield Broken(case, ifname, reason, lambda ifname=ifname: case.conf(ifname, GOOD))


def broken_program(case):
    """The program is missing, as half-way through an upgrade."""
    case.veth("f1", "f1w")
    case.file("/run/systemd/system/pktlock@f1.service.d/missing.conf",
              "[Service]\nExecStart=\nExecStart=/usr/sbin/gone --interface=%i $PKTLOCK_OPTIONS\n")
    gone = case.machine.path("/usr/sbin/gone")
    os.symlink("nowhere", gone)
    case.stack.callback(case.machine.remove, "/usr/sbin/gone")
    case.reload_units()

    def install():
        os.unlink(gone)
        os.symlink("pktlockd", gone)

    return Broken(case, "f1", "203/EXEC", install)


def test_broken(case):
    """Options that are refused, a program that is missing, an interface that comes later; each on an interface of its own."""
    program = broken_program(case)
    interface = Broken(case, "f0", "No such device", lambda: case.veth("f0", "f0w"))
    storm(case, program, interface, *broken_options(case))


def test_left_out(case):
    """What systemd cannot read in the file it leaves out; a directory is no file."""
    for name in ("e0", "f0"):
        case.veth(name, f"{name}w")
        case.start(name)
    case.file("/etc/pktlock/e0.conf", "no variable\n[Section]\nPKTLOCK_OPTIONS=--remote=attach@sd:client\n")
    plk.sync(case.wire("e0w"), case.connect("e0"))
    path = case.machine.path("/etc/pktlock/f0.conf")
    os.makedirs(path)
    case.stack.callback(os.rmdir, path)
    plk.sync(case.wire("f0w"), case.connect("f0", Blocks()))


if __name__ == "__main__":
    machine.main()
