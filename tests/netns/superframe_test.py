# SPDX-License-Identifier: BSD-2-Clause
"""Superframes where something comes between: a full queue, an address that moves, an interface that goes down, pieces above the
MTU, more clients than can be served. What becomes of each piece is seen in the VM and in the books.
"""

import os
import signal
import socket
import struct
import threading
import time

import offload
import plk
from offload import TCP

CLIENT = bytes.fromhex("027100000001")
OTHER = bytes.fromhex("027100000002")
MOVING = bytes.fromhex("0271000000aa")
ELSEWHERE = bytes.fromhex("0271000000bb")
ROOM = 100  # frames that the queue of the TAP holds
LEAST = 48  # bytes of payload, the shortest segments that a client may ask for
QUEUE_MIN = "--queue=69640"


def superframe(number, pieces, dst=plk.NEAR, gso_size=LEAST):
    return offload.Packet(number, TCP, 4, size=pieces * gso_size, offload="gso", gso_size=gso_size).towards(CLIENT, dst)


def small_tap(case):
    """A TAP that takes no superframe and has little room."""
    tap = case.keep(offload.PlainTap("t0"))
    plk.ip(f"link set t0 txqueuelen {ROOM}")
    return tap


def half_sent(daemon):
    plk.poll_until(lambda: daemon.counters().get("tx_frames", 0) >= ROOM, "the queue of the TAP is full")


def expect(tap, frames, what):
    got = []
    while len(got) < len(frames) and (data := tap.recv()) is not None:
        got.append(data)
    plk.same_frames(got, frames, what)
    data = tap.recv(0.05)
    plk.check(data is None, f"{what}: more came: {data and plk.shown(data)}")


def rise(daemon, before):
    """What the counters have risen by, without those that have not."""
    now = daemon.counters()
    return {name: value - before.get(name, 0) for name, value in now.items() if value != before.get(name, 0)}


def log_of_the_end(daemon):
    """What the log says of a client that is gone: {word: number}."""
    line = daemon.wait_log(r"client closed .* from_client=(?P<from_client>\d+) to_client=\d+ dropped=(?P<dropped>\d+)")[0]
    return {name: int(value) for name, value in line.groupdict().items()}


# ---------------------------------------------------------------------------------------------------------------------
# Half sent


def test_address_moves(case):
    """The destination turns up behind another client while pieces wait: no piece is lost, and what follows is whole."""
    tap = small_tap(case)
    daemon = case.daemon(f"--remote=attach,format=vnet@punix:{case.path('a')}", interface="t0")
    sender, other = (case.connect(case.path("a"), offload.Offloaded(12)) for _ in range(2))
    plk.sync(tap, sender, other)
    hello = plk.frame(1, 60, plk.BROADCAST, OTHER)
    sender.send(plk.frame(0, 60, OTHER, CLIENT))
    other.expect([plk.frame(0, 60, OTHER, CLIENT)])
    other.send(hello)
    sender.expect([hello])
    expect(tap, [plk.frame(0, 60, OTHER, CLIENT), hello], "before")
    first = superframe(1, ROOM + ROOM // 2, MOVING)
    sender.send(first.offered())
    half_sent(daemon)
    here = plk.frame(2, 60, CLIENT, MOVING)
    other.send(here)
    sender.expect([here])  # so it has been learned
    expect(tap, first.wire(), "the superframe that waited")
    other.expect([first.offered()], "at its new place")
    for i in range(2, 4):
        packet = superframe(i, ROOM // 2 + 10, ELSEWHERE)
        sender.send(packet.offered())
        expect(tap, packet.wire(), f"superframe {i}")
        other.expect([packet.offered()], f"superframe {i}")
    plk.equal({name: n for name, n in daemon.counters().items() if "dropped" in name}, {}, "drops")
    daemon.stop()


def test_client_leaves(case):
    """A client goes while pieces of its superframe wait: they are its drops, and each is counted."""
    tap = small_tap(case)
    daemon = case.daemon(f"--remote=attach,format=vnet@punix:{case.path('a')}", interface="t0")
    client = case.connect(case.path("a"), offload.Offloaded(12))
    packet = superframe(1, ROOM + 50)
    client.send(packet.offered())
    half_sent(daemon)
    client.close()
    tap.send(plk.frame(1))  # the worker, which does not read of a client that waits, writes to it
    plk.equal(log_of_the_end(daemon), {"from_client": 1, "dropped": 1}, "in the log")
    expect(tap, packet.wire()[:ROOM], "pieces that were sent before")
    books = {"tx_frames": ROOM, "tx_dropped_enobufs": 50, "tx_pieces": ROOM + 49}
    plk.poll_until(lambda: books.items() <= daemon.counters().items(), f"the books say {books}")
    client = case.connect(case.path("a"), offload.Offloaded(12))
    packet = superframe(2, 60)
    client.send(packet.offered())
    expect(tap, packet.wire(), "of the next client, which has the slot")
    daemon.stop()


def test_interface_goes_down(case):
    """A superframe of which every piece is lost is one drop of its client's."""
    tap = small_tap(case)
    daemon = case.daemon(f"--remote=inject,format=vnet@punix:{case.path('i')}", interface="t0")
    client = case.connect(case.path("i"), offload.Offloaded(12))
    for i in range(6):  # until it knows that they must be cut
        packet = superframe(i, 3)
        client.send(packet.offered())
        expect(tap, packet.wire(), f"superframe {i}")
    plk.ip("link set t0 down")
    before = daemon.counters()
    client.send(superframe(9, 1000).offered())
    plk.poll_until(lambda: rise(daemon, before) == {"client_frames": 1, "tx_dropped_enetdown": 1000, "tx_pieces": 999},
                   "all pieces are counted")
    client.close()
    plk.equal(log_of_the_end(daemon), {"from_client": 7, "dropped": 1}, "in the log")
    daemon.stop()


# ---------------------------------------------------------------------------------------------------------------------
# Above the MTU


def check_long(case, interface, far, rows):
    """rows: (superframe, how many of its pieces are too long). None of those arrives, and the next frame does."""
    daemon = case.daemon(f"--remote=inject,format=vnet@punix:{case.path('i')}", interface=interface)
    client = case.connect(case.path("i"), offload.Offloaded(12))
    for i, (packet, n_long) in enumerate(rows):
        before = daemon.counters()
        good = offload.Packet(1000 + i, TCP, 4, size=1460).towards(CLIENT, plk.NEAR)
        client.send(packet.offered(), good.offered())
        fits = [data for data in packet.wire() if len(data) <= 1514]
        plk.equal(len(packet.wire()) - len(fits), n_long, f"{packet}: pieces too long")
        got = [far.recv(mine=CLIENT) for _ in fits + good.wire()]
        plk.check(None not in got, f"{packet}: {len(got) - got.count(None)} of {len(got)} frames came")
        plk.same_frames([piece for frame in got for piece in offload.finish(frame)], fits + good.wire(), str(packet))
        plk.check(far.recv(0.05, CLIENT) is None, f"{packet}: more came out")
        plk.poll_until(lambda: rise(daemon, before).get("tx_dropped_emsgsize", 0) == n_long, f"{packet}: tx_dropped_emsgsize")
    daemon.stop()


def claimed(number, size, gso_size):
    """One piece that says that it is to be cut into pieces which are longer."""
    packet = offload.Packet(number, TCP, 4, size=size, offload="gso", gso_size=gso_size)
    plk.equal(len(packet.wire()), 1, "pieces")
    return packet.towards(CLIENT, plk.NEAR)


def claims():
    return [(claimed(1, 3000, 60000), 1), (claimed(2, 1460, 1461), 0), (claimed(3, 1461, 1462), 1), (claimed(4, 65000, 65100), 1),
            (claimed(5, 100, 0xFFFF), 0)]


def test_long_claims(case):
    """The kernel measures no frame that claims to be a superframe."""
    case.veth()
    check_long(case, "e0", case.keep(offload.OffloadSocket("e1")), claims())


def test_long_pieces(case):
    """Pieces that are longer than the MTU, into a TAP: the last one may fit."""
    tap = case.keep(offload.PlainTap("t0"))
    rows = claims() + [(superframe(6, 3, gso_size=5000), 3), (superframe(7, 40, gso_size=1461), 40)]
    packet = offload.Packet(8, TCP, 4, size=12000, offload="gso", gso_size=5500).towards(CLIENT, plk.NEAR)
    check_long(case, "t0", tap, rows + [(packet, 2)])


# ---------------------------------------------------------------------------------------------------------------------
# Many clients


def test_books(case):
    """What all clients got and did not get is what there was: pieces are counted for each who takes pieces."""
    case.veth()
    names = ("capture", "capture,format=pcapng", "capture,format=vnet", "capture,latency=low", "attach", "attach,format=vnet")
    daemon = case.daemon(*(f"--remote={name}@punix:{case.path(str(i))}" for i, name in enumerate(names)), QUEUE_MIN)
    clients = [case.connect(case.path(str(i)), offload.Offloaded(12) if "vnet" in name else
                            offload.Blocks() if "pcapng" in name else offload.Whole())
               for i, name in enumerate(names) for _ in range(2)]
    sender = case.keep(offload.OffloadSocket("e1", receive=False))
    plk.sync(sender, *clients)
    time.sleep(0.1)  # the last probes are counted
    before = daemon.counters()
    sent = 40
    for i in range(sent):
        packet = superframe(i, 300).towards(plk.FAR, plk.NEAR)
        sender.send(packet.offered())
    classes = 3  # sockets: of bulk and of low captures, and of those that attach
    plk.poll_until(lambda: rise(daemon, before).get("rx_frames") == classes * sent, "all frames are counted")
    books = rise(daemon, before)
    plk.equal(set(books), {"rx_frames", "rx_bytes", "rx_copies", "rx_pieces", "delivered_frames", "rx_dropped_queue"},
              "counters that rose")
    plk.equal(books["rx_pieces"], sent * 8 * 299, "rx_pieces, of the eight that take pieces")
    plk.equal(books["delivered_frames"] + books["rx_dropped_queue"], sent * len(clients) + books["rx_pieces"], "all of it")
    daemon.stop()


STORM_CLIENTS = 400
STORM_WAIT = 1.0  # seconds; what another client's frame may take


def test_storm(case):
    """A VM that sends superframes of the shortest segments to very many clients, who do not read: others are served, and the
    worker stays."""
    tap = case.keep(offload.OffloadTap("t0"))
    daemon = case.daemon(f"--remote=capture,latency=low,direction=in@punix:{case.path('c')}",
                         f"--remote=inject@punix:{case.path('i')}", f"--clients={STORM_CLIENTS + 8}", QUEUE_MIN, interface="t0")
    worker = daemon.family["worker"]
    for _ in range(STORM_CLIENTS):
        sock = case.keep(socket.socket(socket.AF_UNIX))
        sock.connect(case.path("c"))
    other = case.connect(case.path("i"))
    plk.poll_until(lambda: daemon.counters()["clients_total"] == STORM_CLIENTS + 1, "all are connected", 20)
    packet = superframe(1, 1360).towards(plk.NEAR, plk.BROADCAST)
    ended = threading.Event()

    def storm():
        while not ended.is_set():
            tap.send(packet.offered())

    thread = threading.Thread(target=storm)
    thread.start()
    try:
        time.sleep(0.5)
        waits = []
        for i in range(5):
            data = plk.frame(i, 60, plk.FAR, CLIENT)
            began = time.monotonic()
            other.send(data)
            plk.check(tap.recv(20, mine=CLIENT) == data, "another client's frame did not come")
            waits.append(time.monotonic() - began)
    finally:
        ended.set()
        thread.join()
    print(f"longest wait {max(waits):.3f} s, {daemon.counters()['rx_frames']} superframes", flush=True)
    plk.check(max(waits) < STORM_WAIT, f"another client's frames took {waits} s")
    plk.equal(daemon.look()["worker"], worker, "process id of the worker")
    plk.check("does not answer" not in daemon.stderr, "the worker did not answer")
    daemon.kill()


UFO = 3  # a gso_type: fragments of UDP
UFO_HEADER = struct.pack("=BBHHHH", offload.NEEDS_CSUM, UFO, 42, 512, 34, 6)


def check_no_header(case, role, length):
    """A frame that no virtio-net header describes to a packet socket, of this length: it is lost, those that follow are not for
    long, and none are lost to the next worker."""
    tap = case.keep(offload.OffloadTap("t0"))
    daemon = case.daemon(f"--remote={role},latency=low@punix:{case.path('c')}", interface="t0")
    client = case.connect(case.path("c"))

    def send(*frames, hdr=offload.NO_HEADER):
        for data in frames:
            os.write(tap.fd, hdr.ljust(12, b"\0") + data)

    def until_it_comes(first, what):
        """The number of the first frame that comes."""
        for i in range(first, first + 500):
            send(plk.frame(i, length))
            data = client.recv(0.02)
            if data is not None:
                return plk.number_of(data)
        raise plk.Failure(f"{what}: nothing comes any more")

    def all_come(first, what):
        frames = [plk.frame(i, 60 + i * 29 % 1400 + (i % 8 == 0) * 1500) for i in range(first, first + 300)]
        for data in frames:
            send(data)
        client.expect(frames, what)

    until_it_comes(0, "before")
    client.drain()
    all_come(1000, "before")
    before = daemon.counters()
    send(plk.frame(0, length, ethertype=0x0800), hdr=UFO_HEADER)
    until_it_comes(2000, "after it")
    client.drain()
    all_come(3000, "after it")
    daemon.wait_log("a frame that no header describes ended latency=low")
    plk.check(rise(daemon, before)["rx_dropped_kernel"] >= 1, "it is counted")
    os.kill(daemon.family["worker"], signal.SIGKILL)
    daemon.wait_log("another worker serves")
    client = case.connect(case.path("c"))
    until_it_comes(4000, "with another worker")
    client.drain()
    all_come(5000, "with another worker")
    send(plk.frame(0, length, ethertype=0x0800), hdr=UFO_HEADER)
    all_come(6000, "after one more")
    ticks = daemon.cpu_ticks()
    time.sleep(0.5)
    plk.check(daemon.cpu_ticks() - ticks <= 1, "it spins")
    daemon.kill()


def test_no_header_capture(case):
    """A short one."""
    check_no_header(case, "capture", 1000)


def test_no_header_capture_long(case):
    """One that goes to the ring of long frames."""
    check_no_header(case, "capture", 3000)


def test_no_header_attach(case):
    """To attached clients."""
    check_no_header(case, "attach", 1000)


def test_no_header_bulk(case):
    """Frames that no virtio-net header describes, between others, in a ring that has gone round: nothing that was there before
    comes once more in their place, and none of the others is lost."""
    tap = case.keep(offload.OffloadTap("t0"))
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", "--queue=16777216", interface="t0")
    client = case.connect(case.path("c"))
    plk.poll_until(lambda: daemon.counters().get("clients_total") == 1, "it is connected")
    sent = []

    def send(data, hdr=offload.NO_HEADER):
        os.write(tap.fd, hdr.ljust(12, b"\0") + data)

    def send_good(first, n):
        sent.extend(plk.frame(i, 1000) for i in range(first, first + n))
        for data in sent[-n:]:
            send(data)

    send_good(0, 12000)  # more than the ring holds
    for i in range(100):
        send_good(20000 + i * 10, 3)
        send(plk.frame(0, 1000, ethertype=0x0800), UFO_HEADER)
        send_good(20003 + i * 10, 3)
    client.expect(sent, "all but those")
    client.quiet(0.05)
    plk.poll_until(lambda: daemon.counters().get("rx_dropped_kernel") == 100, "those are counted")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
