# SPDX-License-Identifier: BSD-2-Clause
"""The package in a machine that uses it: installed, upgraded under traffic, removed."""

import os
import time

import machine
from machine import Blocks, plk
from traffic import SERVICE, Traffic, check_restarts, sockets

SOCKET = "pktlock@e0.socket"


def version(case):
    return case.machine.run("pktlockd", "--version").stdout.split()[-1]


def test_installed(case):
    """Nothing runs and nothing is enabled before the administrator says so; then one line is enough."""
    plk.equal(case.machine.our_processes(), [], "processes")
    for unit in (SOCKET, SERVICE):
        plk.equal(case.machine.systemctl("is-enabled", unit, check=False).stdout.strip(), "disabled", unit)
    listed = case.machine.systemctl("list-units", "--all", "--plain", "--no-legend", "pktlock*").stdout
    plk.equal(listed, "", "units of ours that systemd has")
    case.veth("e0", "e1")
    case.start("e0")
    plk.sync(case.wire("e1"), case.connect("e0", Blocks()))


def test_upgrade(case):
    """To the next version and back, with eight clients: all stay, no frame is torn or repeated; the new programs run."""
    case.veth("e0", "e1")
    case.start("e0")
    sockets(case)
    traffic = Traffic(case)
    before, first = version(case), case.machine.whole(SERVICE)
    times = []
    for package in ("next", "this"):
        began = time.monotonic()
        case.machine.install(package)
        time.sleep(0.1)
        times.append(traffic.silence(began))
        now = case.machine.whole(SERVICE)
        plk.check(not set(now.values()) & set(first.values()), "a process outlived the upgrade")
        for role, pid in now.items():
            if role != "worker":  # who has no files has no name either
                plk.check(not os.readlink(f"/proc/{pid}/exe").endswith("(deleted)"), f"the {role} is of the old version")
        first = now
        plk.equal(version(case) != before, package == "next", f"whether {version(case)} is another version than {before}")
    traffic.end()
    case.machine.systemctl("stop", SERVICE)
    check_restarts(case, traffic, times, 2)


def test_removed(case):
    """A removal stops what runs and takes the sockets; settings stay, and hold when it is installed again."""
    case.veth("e0", "e1")
    case.conf("e0", "--remote=attach@sd:client")
    case.machine.systemctl("enable", SOCKET)
    case.start("e0")
    wire, client = case.wire("e1"), case.connect("e0")
    plk.sync(wire, client)
    case.machine.apt("remove", "pktlock")
    client.wait_closed()
    plk.equal(case.machine.our_processes(), [], "processes after the removal")
    plk.check(not os.path.exists(case.machine.path("/run/pktlock/e0.sock")), "the socket is left")
    plk.check(os.path.exists(case.machine.path("/etc/pktlock/e0.conf")), "the settings are gone")
    case.machine.install("this")
    case.machine.systemctl("start", SOCKET)
    plk.sync(wire, case.connect("e0"))
    case.machine.systemctl("disable", SOCKET)


if __name__ == "__main__":
    machine.main()
