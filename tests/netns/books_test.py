# SPDX-License-Identifier: BSD-2-Clause
"""The books balance: what was sent, as the sender and the kernel count it, was delivered or is counted with a reason.

That what is counted adds up (src/core/books.h) is checked here after each step, and by plk.py whenever a daemon of any test
stops.
"""

import json
import os
import signal
import struct
import subprocess
import time

import pcap
import plk

QUEUE_MIN = "--queue=69640"
FIRST, SECOND, SILENT = (bytes([2, 0x79, 0, 0, 0, i]) for i in range(3))
UNKNOWN = bytes.fromhex("0279000000ff")
LINK_LOCAL = bytes.fromhex("0180c200000e")


def sent_through(ifname):
    """How many frames the kernel counts that an interface has sent."""
    return json.loads(plk.ip(f"-s -j link show dev {ifname}"))[0]["stats64"]["tx"]["packets"]


def rise(daemon, before):
    now = daemon.counters()
    return {name: value - before.get(name, 0) for name, value in now.items() if value != before.get(name, 0)}


def settled(daemon, before, expected, what):
    """The counters rise by exactly that much, and then the books balance."""
    def is_so():
        return {name: value for name, value in rise(daemon, before).items() if not name.endswith("_bytes")} == expected
    try:
        plk.poll_until(is_so, "", 2.0)
    except plk.Failure as failure:
        raise plk.Failure(f"{what}: rose by {rise(daemon, before)}, expected {expected}") from failure
    plk.books_check(daemon.counters())


def taken(daemon, n):
    """Waits until the receivers have had n frames, one way or the other."""
    def had():
        counters = daemon.counters()
        return counters.get("rx_frames", 0) + counters.get("rx_dropped_kernel", 0) >= n
    plk.poll_until(had, f"{n} frames are counted")


def admitted(daemon, n):
    """So many clients have been let in, ever."""
    plk.poll_until(lambda: daemon.counters().get("clients_total") == n, f"{n} clients")


def packets(client):
    """The packets of a pcapng stream, of which a block may still be on its way."""
    while client._fill(0.1):  # pylint: disable=protected-access
        pass
    return pcap.Pcapng(bytes(client.buffer)).frames


def test_capture(case):
    """Captures of two classes, three formats and all directions, one that does not read, one that leaves; before there was any."""
    case.veth()
    near, far = case.wire("e0"), case.wire("e1")
    names = ("capture", "capture,format=pcapng,direction=out", "capture,latency=low,direction=in", "capture,latency=low,format=vnet")
    daemon = case.daemon(*(f"--remote={name}@punix:{case.path(str(i))}" for i, name in enumerate(names)), QUEUE_MIN)

    def send(n, size=700):
        for i in range(n):
            far.send(plk.frame(i, size))
            near.send(plk.frame(i, size, src=plk.NEAR))

    send(50)
    taken(daemon, 2 * 2 * 50)
    plk.equal(daemon.counters()["rx_unwanted"], 2 * 2 * 50, "rx_unwanted, of two classes, while there is no client")
    clients = [case.connect(case.path(str(i)), plk.VNET12 if "vnet" in name else plk.QEMU) for i, name in enumerate(names) if i != 1]
    frozen, leaves = case.connect(case.path("0")), case.connect(case.path("2"))
    clients += [frozen, leaves]
    trace = case.connect(case.path("1"))
    plk.sync(far, *clients)
    received = dict.fromkeys(clients, 0)

    def read(*who):
        for client in who:
            received[client] += len(client.drain(0.05))

    for _ in range(8):
        send(100)
        read(*(client for client in clients if client is not frozen))
    leaves.close()
    send(100)
    sent = sent_through("e1") + sent_through("e0")
    taken(daemon, 2 * sent)
    counters = daemon.counters()
    plk.books_check(counters)
    plk.equal(counters["rx_frames"] + counters.get("rx_dropped_kernel", 0), 2 * sent, "what two classes had of what was sent")
    plk.check(counters["rx_dropped_queue"] > 0, "one does not read, and loses nothing")
    read(*clients[:-1])
    got = sum(received.values()) + sum(client.probes for client in clients) + len(packets(trace))
    plk.equal(daemon.counters()["delivered_frames"], got, "delivered_frames, and what clients have received")
    daemon.stop()


def test_attach(case):
    """Each way that a frame may take through the switch, and what it is counted as."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", f"--remote=attach,direction=out@punix:{case.path('o')}")
    clients = {name: case.connect(case.path("a")) for name in ("first", "second", "third")}
    silent = case.connect(case.path("o"))
    plk.sync(wire, *clients.values())
    silent.send(plk.frame(0, 60, plk.BROADCAST, SILENT))
    for client in clients.values():
        client.expect([plk.frame(0, 60, plk.BROADCAST, SILENT)])
    senders = {**clients, "wire": wire}
    # who sends, to and from which address; what is counted; frames from the wire come three at a time
    rows = (
        ("first", plk.BROADCAST, FIRST, {"client_frames": 1, "tx_frames": 1, "switched_frames": 2, "delivered_frames": 2}),
        ("second", LINK_LOCAL, SECOND, {"client_frames": 1, "tx_frames": 1, "switched_frames": 2, "delivered_frames": 2}),
        ("first", SECOND, FIRST, {"client_frames": 1, "tx_switched": 1, "switched_frames": 1, "delivered_frames": 1}),
        ("first", FIRST, FIRST, {"client_frames": 1, "tx_unwanted": 1}),
        ("first", SILENT, FIRST, {"client_frames": 1, "tx_unwanted": 1}),
        ("first", UNKNOWN, FIRST, {"client_frames": 1, "tx_frames": 1, "switched_frames": 2, "delivered_frames": 2}),
        ("first", plk.FAR, FIRST, {"client_frames": 1, "tx_frames": 1}),
        ("wire", plk.BROADCAST, plk.FAR, {"rx_frames": 1, "rx_copies": 2, "delivered_frames": 3}),
        ("wire", UNKNOWN, plk.FAR, {"rx_frames": 1, "rx_copies": 2, "delivered_frames": 3}),
        ("wire", FIRST, plk.FAR, {"rx_frames": 1, "delivered_frames": 1}),
        ("wire", plk.FAR, plk.FAR, {"rx_frames": 1, "rx_unwanted": 1}),
        ("wire", SILENT, plk.FAR, {"rx_frames": 1, "rx_unwanted": 1}),
        ("third", plk.BROADCAST, FIRST, {"client_frames": 1, "tx_frames": 1, "switched_frames": 2, "delivered_frames": 2,
                                         "switch_moves": 1}),
        ("wire", FIRST, SECOND, {"rx_frames": 1, "delivered_frames": 1, "switch_moves": 1}),
    )
    time.sleep(0.05)
    for number, (who, dst, src, expected) in enumerate(rows):
        before = daemon.counters()
        senders[who].send(plk.frame(number, 80, dst, src))
        settled(daemon, before, expected, f"row {number}, {who} to {plk.mac_text(dst)}")
    daemon.wait_log(rf"address moved mac={plk.mac_text(FIRST)} from=attach@punix:\S+ to=attach@punix:\S+$")
    daemon.wait_log(rf"address moved mac={plk.mac_text(SECOND)} from=attach@punix:\S+ to=interface$")
    daemon.stop()


def test_inject(case):
    """Into a VM that reads, that does not, and whose interface goes: what came to it, and all else with its reason."""
    tap = case.tap("t0")
    plk.ip("link set t0 txqueuelen 20")
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}", f"--remote=inject,format=vnet@punix:{case.path('v')}",
                         interface="t0")
    client, vnet = case.connect(case.path("i")), case.connect(case.path("v"), plk.VNET12)
    admitted(daemon, 2)
    read = 0

    def step(expected, what, *frames, raw=b""):
        before = daemon.counters()
        client.send(*frames)
        if raw:
            vnet.send_bytes(raw)
        settled(daemon, before, expected, what)

    step({"client_frames": 1, "tx_frames": 1}, "one", plk.frame(1, 60, plk.FAR))
    step({"client_frames": 1, "tx_dropped_emsgsize": 1}, "above the MTU", plk.frame(1, 4000, plk.FAR))
    bad = plk.VNET12.encode(plk.frame(1, 60), hdr=bytes([1]) + bytes(5) + struct.pack("=HH", 2000, 6) + bytes(2))
    step({"client_frames": 1, "tx_dropped_bad_header": 1}, "a header that does not fit", raw=bad)
    client.send(*(plk.frame(i, 60, plk.FAR) for i in range(99)))
    # nobody reads: 19 more have room, one waits for a second, and then none does
    plk.poll_until(lambda: daemon.counters().get("client_frames") == 102, "all are read")
    counters = daemon.counters()
    plk.check(counters["tx_frames"] < 100 and counters["tx_dropped_enobufs"] > 0, f"no room, but {counters}")
    plk.books_check(counters)
    while tap.recv(0.05) is not None:
        read += 1
    plk.equal(read, counters["tx_frames"], "frames that came to the VM")
    time.sleep(0.1)
    plk.ip("link set t0 down")
    step({"client_frames": 3, "tx_dropped_enetdown": 3}, "while it is down", *(plk.frame(i, 60, plk.FAR) for i in range(3)))
    daemon.stop()


def test_killed_worker(case):
    """Workers die while frames come: every frame of the wire is counted, delivered or not."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", f"--remote=attach,latency=bulk@punix:{case.path('a')}")
    for death in range(3):
        clients = [case.connect(case.path(name)) for name in "ca"]
        admitted(daemon, 2 * (death + 1))
        worker = daemon.look()["worker"]
        for i in range(2000):
            wire.send(plk.frame(i, 200))
            if i == 1000:
                os.kill(worker, signal.SIGKILL)
        daemon.wait_log("worker died", count=death + 1)
        plk.poll_until(lambda before=worker: daemon.look().get("worker", before) != before, "the next worker")
        for client in clients:
            client.close()
    sent = 2 * sent_through("e1")
    taken(daemon, sent)
    counters = daemon.counters()
    plk.equal(counters["rx_frames"] + counters.get("rx_dropped_kernel", 0), sent, "what two classes had of what was sent")
    plk.books_check(counters)
    daemon.stop()


def test_held(case):
    """A queueing discipline holds what is sent, at first all of the ring and then more: all of it goes, once, and in its order; also
    where it has no room and says so."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}")
    client = case.connect(case.path("i"))
    for limit in (3000000, 20000):  # bytes
        subprocess.run(f"tc qdisc replace dev e0 root tbf rate 20mbit burst 3000 limit {limit}".split(), check=True)
        frames = [plk.frame(i, 60 + i * 37 % 1440) for i in range(1000)]
        client.send(*frames)
        wire.expect(frames, f"limit {limit}")
        wire.quiet(0.05)
    settled(daemon, {}, {"client_frames": 2000, "tx_frames": 2000, "clients_total": 1}, "held")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
