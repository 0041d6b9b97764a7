# SPDX-License-Identifier: BSD-2-Clause
"""Right frames: {veth, bridge, port of a bridge, TAP, TAP with offloads} x {plain, VLAN, QinQ, ...} x {TCP, UDP} x {IPv4, IPv6}
x {no offload, checksum, segmentation} x {qemu, vnet of all sizes, pcapng}, captured and injected.

Every frame is compared with what offload.py says, which shares nothing with pktlock, and by what tshark says. A witness, a
packet socket of the test, tells how the kernel offered a frame: cut or whole, its tag in the bytes or beside them.
"""

import contextlib
import os
import socket
import struct
import threading
import time

import dissect
import offload
import plk
from offload import TCP, UDP

QUEUE = ("--queue=16777216", "--clients=16")
INSIDE = bytes.fromhex("027000000003")  # sends what goes out
ELSEWHERE = bytes.fromhex("027000000004")  # and to whom
CLIENT = bytes.fromhex("027100000001")
BATCH_BYTES = 100_000  # what every buffer on the way holds, also the smallest of a socket
BATCH = 48


# ---------------------------------------------------------------------------------------------------------------------
# Interfaces and who sends over them


class Sender:
    """One way for frames to pass the daemon's interface.

    plain:  it has no way to ask for offloads
    beside: the kernel takes the outer VLAN tag out of the bytes
    """

    def __init__(self, name, flow, end, plain=False, beside=True):
        self.name = name
        self.flow = flow
        self.end = end
        self.plain = plain
        self.beside = beside
        self.src, self.dst = (plk.FAR, plk.NEAR) if flow == "in" else (INSIDE, ELSEWHERE)


class World:
    """The daemon's interface, the senders, and where frames that are injected come out (far)."""

    def __init__(self, interface, senders, far=None, reader=None, has_offloads=True):
        self.interface = interface
        self.has_offloads = has_offloads
        self.senders = senders
        self.far = far
        self.reader = reader  # a TAP, which must be read

    def drain(self):
        while self.reader and self.reader.recv(0):
            pass


def sender_on(case, ifname):
    return case.keep(offload.OffloadSocket(ifname, receive=False))


def add_bridge(case):
    """A bridge that passes what netfilter would call malformed."""
    case.bridge()
    for family in ("iptables", "ip6tables", "arptables"):
        with contextlib.suppress(FileNotFoundError):
            with open(f"/proc/sys/net/bridge/bridge-nf-call-{family}", "w", encoding="ascii") as file:
                file.write("0")


def add_port(name):
    """A port of the bridge, with the other end of its cable."""
    plk.ip(f"link add {name}0 type veth peer name {name}1")
    plk.ip(f"link set {name}0 master br0 up")
    plk.ip(f"link set {name}1 up")


def world_veth(case):
    case.veth()
    return World("e0", [Sender("the far end", "in", sender_on(case, "e1")),
                        Sender("the host", "out", sender_on(case, "e0"), beside=False)],
                 far=lambda: offload.OffloadSocket("e1"))


def world_bridge(case):
    add_bridge(case)
    plk.ip(f"link set br0 address {plk.mac_text(plk.NEAR)}")
    add_port("p")
    return World("br0", [Sender("a port", "in", sender_on(case, "p1")),
                         Sender("the host", "out", sender_on(case, "br0"), beside=False)],
                 far=lambda: offload.OffloadSocket("p1"))


def world_port(case):
    """What a bridge passes on has its tag beside it."""
    add_bridge(case)
    add_port("p")
    add_port("q")
    senders = [Sender("the far end", "in", sender_on(case, "p1")), Sender("another port", "out", sender_on(case, "q1"))]
    return World("p0", senders, far=lambda: offload.OffloadSocket("p1"))


def world_of_tap(case, tap, plain):
    add_bridge(case)
    plk.ip("link set t0 master br0")
    add_port("q")
    return World("t0", [Sender("the VM", "in", tap, plain), Sender("the host", "out", sender_on(case, "t0"), beside=False),
                        Sender("a port", "out", sender_on(case, "q1"))], reader=tap, has_offloads=not plain)


def world_tap(case):
    return world_of_tap(case, case.keep(offload.PlainTap("t0")), True)


def world_tap_vnet(case):
    return world_of_tap(case, case.keep(offload.OffloadTap("t0")), False)


# ---------------------------------------------------------------------------------------------------------------------
# What all clients got


class Tap:
    """A client of the daemon, what it shall see, and how."""

    def __init__(self, keys, form, flows=("in", "out")):
        self.keys = keys
        self.form = form()
        self.flows = flows
        self.client = None


def capture_ports():
    vnet = [Tap(f"capture,format=vnet,vnet-hdr={hdr},latency={latency}", lambda hdr=hdr: offload.Offloaded(hdr))
            for hdr, latency in ((10, "bulk"), (12, "low"), (20, "bulk"))]
    return vnet + [
        Tap("capture", offload.Whole),
        Tap("capture,latency=low", offload.Whole),
        Tap("capture,format=pcapng", offload.Blocks),
        Tap("capture,format=pcapng,latency=low", offload.Blocks),
        Tap("capture,direction=in", offload.Whole, ("in",)),
        Tap("capture,format=vnet,direction=out", lambda: offload.Offloaded(12), ("out",)),
        Tap("attach", offload.Whole, ("in",)),
        Tap("attach,format=vnet,latency=bulk", lambda: offload.Offloaded(12), ("in",)),
    ]


def serve(case, world, taps):
    remotes = [f"--remote={tap.keys}@punix:{case.path(str(i))}" for i, tap in enumerate(taps)]
    daemon = case.daemon(*remotes, *QUEUE, interface=world.interface)
    for i, tap in enumerate(taps):
        tap.client = case.connect(case.path(str(i)), tap.form)
    for sender in world.senders:
        plk.sync(sender.end, *(tap.client for tap in taps if sender.flow in tap.flows))
    for tap in taps:
        while tap.client.recv(0.02):
            pass
    return daemon


def sendable(with_header):
    """The packets for a sender that can or cannot send virtio-net headers."""
    return [packet for packet in offload.packets() if with_header or packet.offload == "none"]


def passes_whole(packet):
    """Whether the kernel hands the frame on as it is where the interface can do all offloads: it cuts a superframe of 64 KiB,
    and one behind two tags."""
    return len(packet.tags) < 2 and len(packet.offered()) < 65536


def batches(packets):
    """A few at a time."""
    batch, size = [], 0
    for packet in packets:
        n = len(packet.offered())
        if batch and (len(batch) == BATCH or size + n > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(packet)
        size += n
    yield batch


def same(got, expected, what):
    """expected: (packet, frame) each; frames that are Captured from headers are compared with their headers."""
    for i, (packet, frame) in enumerate(expected):
        if i >= len(got):
            raise plk.Failure(f"{what}: {len(got)} of {len(expected)} frames, next would be {packet}: {offload.shown([frame])}")
        one, other = packet.settled(got[i]), packet.settled(frame)
        if one != other or one.hdr != other.hdr:
            at = next((f"byte {j}" for j, (a, b) in enumerate(zip(one, other)) if a != b), "the header or the end")
            raise plk.Failure(f"{what}: frame {i} of {packet} is\n  {offload.shown([one])}, expected\n"
                              f"  {offload.shown([other])}\n  (they differ at {at})")


def on_wire(packets):
    return [(packet, offload.captured(frame, offload.NO_HEADER)) for packet in packets for frame in packet.wire()]


def receive(client, count):
    got = []
    while len(got) < count and (frame := client.recv()) is not None:
        got.append(frame)
    return got


def observed(recv, packets, src):
    """How the kernel presents packets: for each the frames, which together must be what belongs on a wire."""
    found = []
    for packet in packets:
        wire = packet.wire()
        pieces, finished = [], []
        while len(finished) < len(wire):
            frame = recv(mine=src)
            plk.check(frame is not None, f"the kernel lost a part of {packet}: {len(finished)} of {len(wire)} frames came")
            pieces.append(frame)
            finished += offload.finish(frame)
        same([offload.captured(frame, offload.NO_HEADER) for frame in finished],
             on_wire([packet]), "from the kernel")
        if len(pieces) == 1 and pieces[0].hdr != offload.NO_HEADER:
            same(pieces, [(packet, packet.offered())], "from the kernel")
        found.append(pieces)
    return found


class Books:
    """All frames that were received, for the dissection at the end, and how many superframes were seen, and came whole."""

    def __init__(self):
        self.frames = {}
        self.superframes = 0
        self.whole = 0

    def enter(self, packet):
        if packet.protocol:
            self.frames.update(zip(packet.wire(), packet.facts()))

    def check(self, what):
        dissect.check(list(self.frames.items()), what)


def check_batch(world, sender, packets, taps, witness, books):
    for packet in packets:
        packet.towards(sender.src, sender.dst)
    before = time.time_ns()
    with offload.one_cpu():
        sender.end.send(*(packet.offered() for packet in packets))
    seen = observed(witness.recv, packets, sender.src)
    world.drain()
    for packet, pieces in zip(packets, seen):
        plk.equal({frame.beside for frame in pieces}, {bool(packet.tags) and sender.beside}, f"{packet}: its tag is beside it")
    raw = [(packet, frame) for packet, pieces in zip(packets, seen) for frame in pieces]
    whole = on_wire(packets)
    for packet, pieces in zip(packets, seen):
        if passes_whole(packet) and len(packet.wire()) > 1:
            plk.equal(len(pieces) == 1, world.has_offloads, f"{packet} reaches the daemon whole")
    for tap in taps:
        if sender.flow not in tap.flows:
            continue
        expected = raw if tap.form.hdr else whole
        got = receive(tap.client, len(expected))
        same(got, expected, f"{tap.keys}: {sender.flow} from {sender.name}")
        if isinstance(tap.form, offload.Blocks):
            check_times(got, sender.flow, before)
    for packet in packets:
        books.enter(packet)


def check_times(frames, flow, before):
    after = time.time_ns()
    for frame in frames:
        plk.equal(frame.flow, {"in": 1, "out": 2}[flow], "direction in pcapng")
        plk.check(before <= frame.time_ns <= after, f"time {frame.time_ns} is not between {before} and {after}")


def check_stream(world, tap, books):
    """tshark reads the stream of format pcapng as it came."""
    said = tap.form.said
    plk.equal(said.sections, 1, "sections")
    plk.equal([entry[:2] for entry in said.interfaces], [(1, 0)], "interfaces: link type and snaplen")
    rows = dissect.rows(bytes(tap.form.raw))
    plk.equal(len(rows), len(said.frames), "frames that tshark read of a pcapng stream")
    for (at, data, _), flow, row in zip(said.frames, said.flows, rows):
        plk.equal(row["frame.interface_name"], [world.interface], "interface name")
        plk.equal(row["frame.encap_type"], ["1"], "encapsulation")
        plk.equal(dissect.numbers(row, "frame.packet_flags_direction"), [flow], "direction")
        plk.equal(int(row["frame.time_epoch"][0].replace(".", "")), at, "time")
        facts = books.frames.get(data)
        problem = facts and dissect.judge(row, facts)
        plk.check(not problem, f"tshark says of {plk.shown(data)}: {problem}")


def check_captures(case, make):
    world = make(case)
    taps = capture_ports()
    daemon = serve(case, world, taps)
    witness = case.keep(offload.OffloadSocket(world.interface))
    books = Books()
    for sender in world.senders:
        for batch in batches(sendable(not sender.plain) + offload.raws()):
            check_batch(world, sender, batch, taps, witness, books)
    for tap in taps:
        tap.client.quiet(0.05)
    counters = daemon.counters()
    drops = {name: value for name, value in counters.items() if "dropped" in name}
    plk.equal(drops, {}, "drops")
    daemon.stop()
    books.check("captured")
    for tap in taps:
        if isinstance(tap.form, offload.Blocks):
            check_stream(world, tap, books)


def test_capture_veth(case):
    check_captures(case, world_veth)


def test_capture_bridge(case):
    check_captures(case, world_bridge)


def test_capture_port(case):
    check_captures(case, world_port)


def test_capture_tap(case):
    check_captures(case, world_tap)


def test_capture_tap_with_offloads(case):
    check_captures(case, world_tap_vnet)


# ---------------------------------------------------------------------------------------------------------------------
# Injection


def inject_ports():
    return [Tap("inject", offload.Whole)] + [
        Tap(f"{role},format=vnet,vnet-hdr={hdr}", lambda hdr=hdr: offload.Offloaded(hdr))
        for role, hdr in (("inject", 10), ("inject", 12), ("attach", 12), ("inject", 20))]


def inject(tap, far, packets, books):
    """Sends all, a few at a time, and sees what comes out."""
    for batch in batches(packets):
        for packet in batch:
            packet.towards(CLIENT, plk.FAR)
            books.enter(packet)
        tap.client.send(*(packet.offered() for packet in batch))
        for packet, pieces in zip(batch, observed(far.recv, batch, CLIENT)):
            books.superframes += len(packet.wire()) > 1
            books.whole += len(packet.wire()) > len(pieces)
    plk.check(far.recv(0.05, CLIENT) is None, f"{tap.keys}: more came out than went in")


def check_injected(case, make):
    world = make(case)
    taps = inject_ports()
    remotes = [f"--remote={tap.keys}@punix:{case.path(str(i))}" for i, tap in enumerate(taps)]
    daemon = case.daemon(*remotes, *QUEUE, interface=world.interface)
    far = world.reader or case.keep(world.far())
    books = Books()
    os.sched_setaffinity(daemon.family["worker"], {min(os.sched_getaffinity(0))})  # see offload.one_cpu()
    # First what passes whole: where one has to be cut, the daemon cuts all for a while.
    for fits in (True, False):
        for i, tap in enumerate(taps):
            tap.client = tap.client or case.connect(case.path(str(i)), tap.form)
            inject(tap, far, [packet for packet in sendable(tap.form.hdr) + offload.raws() if passes_whole(packet) == fits], books)
        if fits:
            plk.equal(books.whole, books.superframes if world.has_offloads else 0, "superframes that came out whole")
    counters = daemon.counters()
    plk.equal({name: value for name, value in counters.items() if "dropped" in name}, {}, "drops")
    daemon.stop()
    books.check("injected")


def test_inject_veth(case):
    check_injected(case, world_veth)


def test_inject_bridge(case):
    check_injected(case, world_bridge)


def test_inject_port(case):
    check_injected(case, world_port)


def test_inject_tap(case):
    check_injected(case, world_tap)


def test_inject_tap_with_offloads(case):
    check_injected(case, world_tap_vnet)


def wrong(packet, **fields):
    """A packet with a header that lies."""
    frame = packet.towards(CLIENT, plk.FAR).offered()
    header = offload.Header(frame.hdr)
    for name, value in fields.items():
        setattr(header, name, value)
    return offload.captured(frame, header.pack())


def lies():
    tcp4 = offload.Packet(30001, TCP, 4, size=4000, offload="gso")
    tcp6 = offload.Packet(30002, TCP, 6, size=4000, offload="gso")
    udp4 = offload.Packet(30003, UDP, 4, size=4000, offload="gso")
    half = offload.Packet(30004, TCP, 4, size=400, offload="csum")
    return {
        "UDP fragmentation of TCP": wrong(tcp4, kind=3),
        "TCP over IPv6 that is IPv4": wrong(tcp4, kind=offload.TCPV6),
        "TCP over IPv4 that is IPv6": wrong(tcp6, kind=offload.TCPV4),
        "TCP that is UDP": wrong(udp4, kind=offload.TCPV4, offset=16),
        "UDP that is TCP": wrong(tcp4, kind=offload.UDP_L4, offset=6),
        "UDP with ECN": wrong(udp4, kind=offload.UDP_L4 | offload.ECN),
        "an unknown type": wrong(tcp4, kind=0x55),
        "an unknown flag": wrong(half, flags=0x81),
        "segments without a checksum": wrong(tcp4, flags=0),
        "segments of no bytes": wrong(tcp4, gso_size=0),
        "segments that amplify": wrong(tcp4, gso_size=47),
        "a checksum in the IP header": wrong(half, start=24),
        "a checksum in the addresses": wrong(half, start=0),
        "a checksum beyond the end": wrong(half, start=60000),
        "a checksum at the very end": wrong(half, offset=420 - 1),
        "a checksum of TCP elsewhere": wrong(tcp4, offset=6),
    }


def test_wrong_headers(case):
    """Each is counted, nothing comes out, and the client stays."""
    case.veth()
    daemon = case.daemon(f"--remote=inject,format=vnet@punix:{case.path('i')}")
    far = case.keep(offload.OffloadSocket("e1"))
    client = case.connect(case.path("i"), offload.Offloaded(12))
    good = offload.Packet(30000, UDP, 4).towards(CLIENT, plk.FAR)
    for i, (what, frame) in enumerate(lies().items()):
        client.send(frame, good.offered())
        got = far.recv(mine=CLIENT)
        plk.check(got == good.offered(), f"{what}: {got and offload.shown([got])} came out")
        plk.poll_until(lambda: daemon.counters().get("tx_dropped_bad_header") == i + 1, f"{what}: it is counted")
    plk.equal(daemon.counters()["tx_frames"], len(lies()), "frames that were sent")
    daemon.stop()


def test_long_frames(case):
    """What is longer than the MTU allows is delivered or counted, and what the MTU allows is delivered."""
    case.veth()
    far = case.keep(offload.OffloadSocket("e1"))
    plain, tagged, service = (), offload.STACKS["VLAN"], offload.MORE_STACKS["service"]
    for form in (offload.Whole(), offload.Offloaded(12)):
        daemon = case.daemon(f"--remote=inject,{form.keys}@punix:{case.path('i')}")
        client = case.connect(case.path("i"), form)
        missing = 0
        for i, (tags, size, fits) in enumerate(((plain, 1472, True), (tagged, 1472, True), (plain, 1473, False),
                                                (service, 1472, False), (offload.STACKS["QinQ"], 1472, False),
                                                (plain, 1477, False), (tagged, 1473, False), (plain, 9000, False))):
            packet = offload.Packet(31000 + i, UDP, 4, tags, size=size).towards(CLIENT, plk.FAR)
            end = offload.Packet(32000 + i, UDP, 4).towards(CLIENT, plk.FAR).offered()
            client.send(packet.offered(), end)
            got = far.recv(mine=CLIENT)
            if got == packet.offered():
                got = far.recv(mine=CLIENT)
            else:
                plk.check(not fits, f"{form}: {packet} did not come out")
                missing += 1
            plk.check(got == end, f"{form}: {got and offload.shown([got])} came out")
            plk.poll_until(lambda: daemon.counters().get("tx_dropped_emsgsize", 0) == missing, f"{form}: {packet} is counted")
        plk.check(missing > 0, f"{form}: no frame was too long")
        daemon.stop()


# ---------------------------------------------------------------------------------------------------------------------
# From client to client, and from real sockets


def test_switched(case):
    """A superframe of one attached client reaches the others as each can take it."""
    case.veth()
    taps = [Tap("attach", offload.Whole), Tap("attach,format=vnet,vnet-hdr=10", lambda: offload.Offloaded(10)),
            Tap("attach,format=vnet,vnet-hdr=20", lambda: offload.Offloaded(20))]
    world = World("e0", [Sender("the far end", "in", sender_on(case, "e1"))])
    daemon = serve(case, world, taps)
    books = Books()
    macs = [CLIENT[:5] + bytes([i]) for i in range(len(taps))]
    hello = [plk.frame(i, 60, plk.BROADCAST, mac) for i, mac in enumerate(macs)]
    for tap, data in zip(taps, hello):
        tap.client.send(data)
        for other in taps:
            if other is not tap:
                plk.check(other.client.recv() == data, "a broadcast did not reach the others")
    for i, tap in enumerate(taps):
        for j, other in enumerate(taps):
            if i == j:
                continue
            for batch in batches(sendable(tap.form.hdr)):
                for packet in batch:
                    packet.towards(macs[i], macs[j])
                    books.enter(packet)
                tap.client.send(*(packet.offered() for packet in batch))
                if other.form.hdr:
                    expected = [(packet, packet.offered()) for packet in batch]
                else:
                    expected = on_wire(batch)
                same(receive(other.client, len(expected)), expected, f"from {tap.keys} to {other.keys}")
    plk.equal({name: value for name, value in daemon.counters().items() if "dropped" in name}, {}, "drops")
    daemon.stop()
    books.check("switched")


TEXT = b"".join(b"%07d " % i for i in range(1 << 17))  # 1 MiB, and each part of it is found but once
DATAGRAM = 1200
UDP_SEGMENT = 103
ADDRESSES = {4: ("10.89.0.1", "10.89.0.2"), 6: ("fd89::1", "fd89::2")}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}


def hosts(case):
    """A veth between this host and another, which keep quiet until they have addresses."""
    case.netns("far")
    plk.ip("link add e0 type veth peer name e1 netns far")
    plk.ip("link set e0 up")
    plk.ip("link set e1 up", ns="far")


def give_addresses():
    for ns, ifname, number in ((None, "e0", 0), ("far", "e1", 1)):
        with plk.inside(ns), open(f"/proc/sys/net/ipv6/conf/{ifname}/disable_ipv6", "w", encoding="ascii") as file:
            file.write("0")
        plk.ip(f"address add {ADDRESSES[4][number]}/24 dev {ifname}", ns=ns)
        plk.ip(f"address add {ADDRESSES[6][number]}/64 dev {ifname} nodad", ns=ns)


def say_tcp(version, near):
    """TEXT over TCP, from or to this host; returns the port that sent."""
    here, there = (None, "far") if near else ("far", None)
    with plk.inside(there):
        listener = socket.create_server((ADDRESSES[version][1 if near else 0], 0), family=FAMILY[version])
    with plk.inside(here):
        sock = socket.socket(FAMILY[version], socket.SOCK_STREAM)
    with listener, sock:
        sock.settimeout(plk.WAIT)
        sock.connect(listener.getsockname()[:2])
        peer = listener.accept()[0]
        thread = threading.Thread(target=lambda: (sock.sendall(TEXT), sock.shutdown(socket.SHUT_WR)))
        thread.start()
        got = bytearray()
        with peer:
            peer.settimeout(plk.WAIT)
            while data := peer.recv(1 << 20):
                got += data
        thread.join()
        plk.check(got == TEXT, "TCP itself went wrong")
        return sock.getsockname()[1]


def say_udp(version, near):
    """The beginning of TEXT as datagrams that one call each hands over by the dozen; returns the port that sent."""
    here, there = (None, "far") if near else ("far", None)
    with plk.inside(there):
        receiver = socket.socket(FAMILY[version], socket.SOCK_DGRAM)
    with plk.inside(here):
        sock = socket.socket(FAMILY[version], socket.SOCK_DGRAM)
    with receiver, sock:
        receiver.bind((ADDRESSES[version][1 if near else 0], 0))
        receiver.settimeout(plk.WAIT)
        sock.connect(receiver.getsockname()[:2])
        sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, DATAGRAM)
        for at in range(0, 40 * DATAGRAM, 10 * DATAGRAM):
            sock.send(TEXT[at : at + 10 * DATAGRAM - 7])
            for _ in range(10):
                receiver.recv(65536)
        return sock.getsockname()[1]


def payloads(frames, port):
    """{offset in TEXT: payload} of what left a port, and the longest frame."""
    found = {}
    longest = 0
    for frame in frames:
        at, kind = offload.network_at(frame)
        protocol, at = (frame[at + 9], at + (frame[at] & 15) * 4) if kind == 0x0800 else (frame[at + 6], at + 40)
        if protocol not in (TCP, UDP) or struct.unpack_from("!H", frame, at)[0] != port:
            continue
        longest = max(longest, len(frame))
        data = frame[at + (8 if protocol == UDP else (frame[at + 12] >> 4) * 4) :]
        if data:
            found[TEXT.index(data[: 24])] = data
    return found, longest


def check_text(frames, port, what, udp):
    """All of TEXT is in the frames of that port, none is longer than the MTU allows; returns how long the longest is."""
    found, longest = payloads(frames, port)
    ends = [(at, at + len(data)) for at, data in sorted(found.items())]
    if udp:
        plk.equal(ends, [(at, min(at + DATAGRAM, (at // (10 * DATAGRAM) + 1) * 10 * DATAGRAM - 7))
                         for at in range(0, 40 * DATAGRAM, DATAGRAM)], f"{what}: datagrams")
    else:
        reached = 0
        for at, end in ends:
            plk.check(at <= reached, f"{what}: bytes {reached} to {at} are missing")
            reached = max(reached, end)
        plk.equal(reached, len(TEXT), f"{what}: bytes")
    for at, data in found.items():
        plk.check(TEXT.startswith(data, at), f"{what}: other bytes at {at}")
    plk.check(longest <= 1514, f"{what}: a frame of {longest} bytes")


def collect(taps):
    """Reads of all clients in turn, until nothing has come for a while."""
    frames = [[] for _ in taps]
    quiet = time.monotonic() + 0.2
    while time.monotonic() < quiet:
        for tap, have in zip(taps, frames):
            while (frame := tap.client.recv(0)) is not None:
                have.append(frame)
                quiet = time.monotonic() + 0.2
        time.sleep(0.005)
    return frames


def test_sockets(case):
    """TCP and UDP of the kernel's own stack, over a veth that leaves checksums and cutting to the next: both directions."""
    hosts(case)
    taps = [Tap("capture", offload.Whole), Tap("capture,format=vnet", lambda: offload.Offloaded(12)),
            Tap("capture,format=pcapng", offload.Blocks)]
    world = World("e0", [Sender("the far end", "in", case.keep(offload.OffloadSocket("e1", "far", receive=False)))])
    daemon = serve(case, world, taps)
    give_addresses()
    frames = []
    for say in (say_tcp, say_udp) if offload.KERNEL_HAS_USO else (say_tcp,):
        for version in (4, 6):
            for near in (True, False):
                frames += check_talk(taps, say, version, near)
    plk.equal({name: value for name, value in daemon.counters().items() if "dropped" in name}, {}, "drops")
    daemon.stop()
    dissect.check([(bytes(frame), None) for frame in frames], "of sockets")


def check_talk(taps, say, version, near):
    """One stream and how the three formats show it: the frames."""
    what = f"{say.__name__} {version} {'out' if near else 'in'}"
    port = say(version, near)
    qemu, vnet, pcapng = collect(taps)
    plk.check(max(len(frame) for frame in vnet) > 5000, f"{what}: no superframe was seen: nothing is tested")
    finished = [piece for frame in vnet for piece in offload.finish(frame)]
    for frames, name in ((qemu, "qemu"), (finished, "vnet"), (pcapng, "pcapng")):
        check_text(frames, port, f"{what}: {name}", say is say_udp)
    for frame in vnet:
        header = offload.Header(frame.hdr)
        plk.equal(header.hdr_len, offload.Header(offload.restored(frame.hdr, frame).hdr).hdr_len, f"{what}: hdr_len")
    plk.equal([bytes(frame) for frame in pcapng], [bytes(frame) for frame in qemu], f"{what}: pcapng and qemu")
    return qemu


if __name__ == "__main__":
    if not offload.KERNEL_HAS_USO:
        print("this kernel has no UDP segmentation in virtio-net headers (Linux 6.2): without those rows", flush=True)
    plk.main()
