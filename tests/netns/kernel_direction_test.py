# SPDX-License-Identifier: BSD-2-Clause
"""direction=: what the kernel keeps away from a class of ports."""

import re
import signal
import time

import plk


def probe(wire, client):
    """Sends a probe: whether the client has seen one."""
    before = client.probes
    wire.send(plk.frame(0, 60, ethertype=plk.PROBE))
    return client.recv(0.05) is None and client.probes > before


def counted(daemon, name):
    mark = daemon.mark()
    daemon.signal(signal.SIGUSR1)
    line = daemon.wait_log(r" counters.*", after=mark)[0].group()
    found = re.search(rf" {name}=(\d+)", line)
    return int(found.group(1)) if found else 0


def check_direction(case, ports, taken_in, taken_out, more=()):
    """How many of 100 frames of each direction come out of the kernel's queues, whatever is done with them then."""
    case.veth()
    specs = [f"--remote={port}@punix:{case.path(str(i))}" for i, port in enumerate(ports)]
    daemon = case.daemon(*specs, *more)
    clients = [case.connect(case.path(str(i))) for i in range(len(ports))]
    far, near = case.wire("e1"), case.wire("e0")
    for client, spec in zip(clients, ports):
        plk.poll_until(lambda c=client, w=near if "direction=out" in spec else far: probe(w, c), "a probe")
    for client in clients:
        client.drain()
    for wire, data, taken, what in ((far, plk.frame(1), taken_in, "received"), (near, plk.frame(2, src=plk.NEAR), taken_out, "sent")):
        before = counted(daemon, "rx_frames")
        wire.send(*[data] * 100)
        end = time.monotonic() + plk.WAIT
        while (n := counted(daemon, "rx_frames") - before) < taken and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(0.05)
        plk.equal(counted(daemon, "rx_frames") - before, taken, f"{ports}: frames {what} by the interface and taken ({n})")
    plk.equal(counted(daemon, "rx_dropped_kernel"), 0, "frames that the kernel dropped")
    for client, port in zip(clients, ports):
        got = client.drain(0.1)
        wanted = 100 * ("direction=out" not in port) * [plk.frame(1)] + 100 * ("direction=in" not in port) * [plk.frame(2, src=plk.NEAR)]
        plk.same_frames(got, wanted, port)
    daemon.stop()
    far.close()
    near.close()
    plk.ip("link delete e0")


def test_direction(case):
    """A class with ports of one direction gets nothing else from the kernel; one with both gets all, once."""
    for latency in ("bulk", "low"):
        for role in ("capture", "attach"):
            port = f"{role},latency={latency},direction="
            check_direction(case, [port + "out"], 0, 100)
            check_direction(case, [port + "in"], 100, 0)
            check_direction(case, [port + "out", port + "out"], 0, 100)
            check_direction(case, [port + "out", port + "in"], 100, 100)
            check_direction(case, [port + "both", port + "in"], 100, 100)


if __name__ == "__main__":
    plk.main()
