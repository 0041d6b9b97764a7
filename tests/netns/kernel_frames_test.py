# SPDX-License-Identifier: BSD-2-Clause
"""Frames that no client may send, but a kernel hands over: segments of a few bytes, CRC32c that is left to the card, superframes
in tunnels, superframes that were made of frames that had come (GRO), and such as are longer than an IP header can say.

Each must be seen as it is on a wire in formats qemu and pcapng, and with a header that is true in vnet, or be counted.
"""

import socket
import struct
import subprocess
import threading

import offload
import plk
from offload import ACK, TCP, UDP

QUEUE = "--queue=16777216"
CLIENT = bytes.fromhex("027100000001")
VNET_MAX = 69632  # bytes of a header and a frame on a stream
UDP_SEGMENT = 103
TEXT = b"".join(b"%07d " % i for i in range(1 << 17))  # 1 MiB
FORMS = {"qemu": offload.Whole, "pcapng": offload.Blocks, "vnet": lambda: offload.Offloaded(12)}


def drops_of(daemon):
    return {name: n for name, n in daemon.counters().items() if "dropped" in name}


class Eyes:
    """The daemon on e0, and clients of all formats, over both sorts of sockets."""

    def __init__(self, case, ns=None):
        names = [f"{form},latency={latency}" for form in FORMS for latency in ("bulk", "low")]
        self.daemon = case.daemon(*(f"--remote=capture,format={name}@punix:{case.path(name)}" for name in names), QUEUE)
        self.clients = {name: case.connect(case.path(name), FORMS[name.partition(",")[0]]()) for name in names}
        sender = case.keep(offload.OffloadSocket("e1", ns, receive=False))
        plk.sync(sender, *self.clients.values())
        for client in self.clients.values():
            client.drain()

    def expect(self, packets):
        """The frames of every packet in order; in vnet as superframes, with what its sender said of them."""
        for name, client in self.clients.items():
            for packet in packets:
                got, wire = receive(client, packet.wire())
                plk.same_frames(wire, packet.wire(), f"{name}: {packet}")
                if client.fmt.hdr:
                    plk.equal(got[0].hdr.hex(), packet.header().hex(), f"{name}: {packet}: header")
            client.quiet(0.05)
        plk.equal(self.drops(), {}, "drops")

    def drops(self):
        return drops_of(self.daemon)


def receive(client, expected):
    """What comes until it is as many frames on a wire as are expected: as it came, and as on a wire."""
    got, wire = [], []
    while len(wire) < len(expected) and (frame := client.recv()) is not None:
        got.append(frame)
        wire += offload.finish(frame)
    return got, wire


def known(packets):
    """Those that this kernel has a header for."""
    return [packet for packet in packets if offload.KERNEL_HAS_USO or packet.protocol != UDP or packet.offload != "gso"]


# ---------------------------------------------------------------------------------------------------------------------
# Segments of a few bytes


def test_tiny_segments(case):
    """Below the least that a client may ask for, down to one byte."""
    case.veth()
    eyes = Eyes(case)
    sender, witness = case.keep(offload.OffloadSocket("e1", receive=False)), case.keep(offload.OffloadSocket("e0"))
    packets = known(offload.Packet(21000 + 10 * size + i, protocol, version, tags, size=size * 50 + size // 2, offload="gso",
                                   gso_size=size, tcp_options=offload.TIMESTAMPS)
                    for size in (47, 36, 32, 8, 1)
                    for i, (protocol, version, tags) in enumerate(((TCP, 4, ()), (TCP, 6, ()), (UDP, 4, ()), (UDP, 6, ()),
                                                                   (TCP, 4, offload.STACKS["VLAN"]))))
    with offload.one_cpu():
        sender.send(*(packet.offered() for packet in packets))
    for packet in packets:
        plk.check(witness.recv(mine=plk.FAR) == packet.offered(), f"{packet}: the kernel has cut it: nothing is tested")
    eyes.expect(packets)
    eyes.daemon.stop()


class Peer:
    """A host behind e0 that has addresses, as this one has then."""

    ADDRESSES = {socket.AF_INET: ("10.9.0.1", "10.9.0.2"), socket.AF_INET6: ("fd00:9::1", "fd00:9::2")}

    def __init__(self, case):
        case.netns("peer")
        plk.ip("link add e0 type veth peer name e1 netns peer")
        plk.ip("link set e0 up")
        plk.ip("link set e1 up", ns="peer")
        probe = case.keep(offload.OffloadSocket("e1", "peer", receive=False))
        self.daemon = case.daemon(*(f"--remote=capture,format={form}@punix:{case.path(form)}" for form in FORMS), QUEUE)
        self.clients = {form: case.connect(case.path(form), FORMS[form]()) for form in FORMS}
        plk.sync(probe, *self.clients.values())
        for i, (ns, ifname) in enumerate(((None, "e0"), ("peer", "e1"))):
            with plk.inside(ns), open(f"/proc/sys/net/ipv6/conf/{ifname}/disable_ipv6", "w", encoding="ascii") as file:
                file.write("0")
            plk.ip(f"address add {self.ADDRESSES[socket.AF_INET][i]}/24 dev {ifname}", ns=ns)
            plk.ip(f"address add {self.ADDRESSES[socket.AF_INET6][i]}/64 dev {ifname} nodad", ns=ns)

    def fetch(self, family, data):
        """The peer connects and reads all of data from this host; returns this host's port."""
        with socket.create_server((self.ADDRESSES[family][0], 0), family=family) as listener:
            with plk.inside("peer"):
                reader = socket.socket(family)
            reader.settimeout(plk.WAIT)
            with reader:
                reader.connect(listener.getsockname()[:2])
                sock = listener.accept()[0]
                thread = threading.Thread(target=lambda: (sock.sendall(data), sock.shutdown(socket.SHUT_WR)))
                thread.start()
                got = bytearray()
                while chunk := reader.recv(1 << 20):
                    got += chunk
                thread.join()
                sock.close()
            plk.check(got == data, "TCP itself went wrong")
            return listener.getsockname()[1]

    def frames(self, form):
        return self.clients[form].drain(0.2)

    def drops(self):
        return drops_of(self.daemon)


def transport(frame):
    """The protocol of a frame and where layer 4 begins; no protocol behind an extension header."""
    at, kind = offload.network_at(frame)
    if kind == 0x0800:
        return frame[at + 9], at + (frame[at] & 15) * 4
    return (frame[at + 6], at + 40) if kind == 0x86DD else (None, at)


def stream(frames, port, what):
    """What a host said over TCP from a port, and its segments' lengths; nothing may be missing."""
    start = None
    found = {}
    for frame in frames:
        protocol, at = transport(frame)
        if protocol != TCP or struct.unpack_from("!H", frame, at)[0] != port:
            continue
        sequence = struct.unpack_from("!I", frame, at + 4)[0]
        if frame[at + 13] & offload.SYN:
            start = sequence + 1
        data = frame[at + (frame[at + 12] >> 4) * 4 :]
        if data:
            found[(sequence - start) & 0xFFFFFFFF] = data
    text = bytearray()
    for at, data in sorted(found.items()):
        plk.check(at <= len(text), f"{what}: bytes {len(text)} to {at} are missing")
        text[at : at + len(data)] = data
    return bytes(text), [len(data) for data in found.values()]


def test_small_mss(case):
    """The peer says that it takes segments of 48 bytes: with timestamps they have 36."""
    peer = Peer(case)
    plk.ip("route change 10.9.0.0/24 dev e1 src 10.9.0.2 advmss 48", ns="peer")
    data = TEXT[:20_000]
    port = peer.fetch(socket.AF_INET, data)
    for form in FORMS:
        frames = peer.frames(form)
        if form == "vnet":
            frames = finished(frames)
        text, sizes = stream(frames, port, form)
        plk.check(text == data, f"{form}: other bytes")
        plk.equal(max(sizes), 36, f"{form}: bytes of a segment")
    plk.equal(peer.drops(), {}, "drops")
    peer.daemon.stop()


def finished(frames):
    """What a card would make of frames of format vnet, among which superframes are."""
    plk.check(any(offload.Header(frame.hdr).kind for frame in frames), "no superframe was seen: nothing is tested")
    return [offload.captured(piece, offload.NO_HEADER) for frame in frames for piece in offload.finish(frame)]


def test_udp_segment(case):
    """A program of the host sends datagrams of a few bytes by the dozen."""
    if not offload.KERNEL_HAS_USO:
        return
    peer = Peer(case)
    with plk.inside("peer"):
        reader = case.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    reader.bind(("10.9.0.2", 0))
    sock = case.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sock.connect(reader.getsockname())
    said = []
    with offload.one_cpu():
        for size in (100, 47, 32, 1):
            data = TEXT[: size * 12 + size // 2]
            sock.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
            sock.send(data)
            said += [data[at : at + size] for at in range(0, len(data), size)]
    for form in FORMS:
        frames = peer.frames(form)
        if form == "vnet":
            frames = finished(frames)
        got = []
        for frame in frames:
            protocol, at = transport(frame)
            if protocol == UDP and struct.unpack_from("!H", frame, at)[0] == sock.getsockname()[1]:
                got.append(frame[at + 8 : at + struct.unpack_from("!H", frame, at + 4)[0]])
        plk.same_frames(got, said, f"{form}: datagrams")
    plk.equal(peer.drops(), {}, "drops")
    peer.daemon.stop()


# ---------------------------------------------------------------------------------------------------------------------
# SCTP


def crc32c(data):
    """RFC 9260 appendix A, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Sctp(offload.Packet):
    """A DATA chunk. What is offered lacks its checksum: the card would make it, which knows that this is SCTP."""

    def __init__(self, number, version, tags, size):
        super().__init__(number, 132, version, tags, size=size, offload="csum")

    def __str__(self):
        return f"SCTP over IPv{self.version}, {len(self.tags)} tags, {len(self.payload)} bytes (source port {self.number})"

    def _csum_offset(self):
        return 8

    def _segment(self, crc):
        padded = self.payload + bytes(-len(self.payload) % 4)
        head = struct.pack("!HHI", self.number, offload.TARGET_PORT, 0x01020304) + struct.pack("<I", crc)
        return head + struct.pack("!BBHIHHI", 0, 3, 16 + len(self.payload), 1, 0, 0, 0) + padded

    def _transport(self, done, data, first, last):
        return self._segment(0)

    def wire(self):
        segment = self._segment(crc32c(self._segment(0)))
        return [self._frame(segment, 0) + segment]

    def offered(self):
        segment = self._segment(0)
        return offload.captured(self._frame(segment, 0) + segment, self.header())


def test_sctp(case):
    """The checksum that the card of the sender would have made is there, and vnet says that none is missing."""
    plk.equal(crc32c(bytes(32)), 0x8A9136AA, "CRC32c of 32 zeros (RFC 3720 appendix B.4)")
    case.veth()
    eyes = Eyes(case)
    sender, witness = case.keep(offload.OffloadSocket("e1", receive=False)), case.keep(offload.OffloadSocket("e0"))
    packets = [Sctp(22000 + i * 10 + version, version, tags, size)
               for i, (tags, size) in enumerate(((t, n) for t in offload.STACKS.values() for n in (1, 64, 65, 1400)))
               for version in (4, 6)]
    with offload.one_cpu():
        sender.send(*(packet.offered() for packet in packets))
    for packet in packets:
        frame = witness.recv(mine=plk.FAR)
        plk.check(frame == packet.offered() and frame.hdr == packet.header(), f"{packet}: its checksum is not missing")
    for name, client in eyes.clients.items():
        for packet in packets:
            got, _ = receive(client, packet.wire())
            plk.same_frames(got, packet.wire(), f"{name}: {packet}")
            plk.check(not offload.Header(got[0].hdr).flags & offload.NEEDS_CSUM, f"{name}: {packet}: {got[0].hdr.hex()}")
    plk.equal(eyes.drops(), {}, "drops")
    eyes.daemon.stop()


def test_sctp_of_clients(case):
    """A client cannot leave it to the kernel, which would store another sum there; with its own checksum it is sent."""
    case.veth()
    daemon = case.daemon(f"--remote=inject,format=vnet@punix:{case.path('i')}")
    far = case.keep(offload.OffloadSocket("e1"))
    client = case.connect(case.path("i"), offload.Offloaded(12))
    for i, version in enumerate((4, 6)):
        packet = Sctp(23000, version, offload.STACKS["VLAN"] if i else (), 100).towards(CLIENT, plk.FAR)
        whole = offload.captured(packet.wire()[0], offload.NO_HEADER)
        client.send(packet.offered(), whole)
        got = far.recv(mine=CLIENT)
        plk.check(got == whole, f"{packet}: {got and offload.shown([got])} came out")
        plk.poll_until(lambda: daemon.counters().get("tx_dropped_bad_header") == i + 1, f"{packet}: it is counted")
    daemon.stop()


# ---------------------------------------------------------------------------------------------------------------------
# Tunnels


def test_tunnel(case):
    """What is to be cut within VXLAN is counted for each client, and a checksum within is made."""
    case.veth()
    offload.tunnel("e1", 2, 1, plk.NEAR)
    eyes = Eyes(case)
    witness, sender = case.keep(offload.OffloadSocket("e0")), case.keep(offload.OffloadSocket("vx0", receive=False))
    lost = 0
    for i, (protocol, version) in enumerate(((TCP, 4), (TCP, 6), (UDP, 4), (UDP, 6))):
        half = offload.Packet(24000 + i, protocol, version, size=200, offload="csum")
        sender.send(half.offered())
        check_within(eyes, half)
        plk.check(witness.recv(mine=plk.FAR) is not None, f"{half}: it did not come")
        packet = offload.Packet(24100 + i, protocol, version, size=4000, offload="gso", gso_size=1300)
        if not known([packet]):
            continue
        sender.send(packet.offered())
        frame = witness.recv(mine=plk.FAR)
        plk.check(frame is not None and offload.Header(frame.hdr).kind, f"{packet}: no superframe came: nothing is tested")
        lost += len(eyes.clients)
        plk.poll_until(lambda: eyes.drops() == {"rx_dropped_gso": lost}, f"{packet}: counted for each client, and no other")
        for client in eyes.clients.values():
            client.quiet(0.05)
    eyes.daemon.stop()


def test_tunnel_gro(case):
    """Superframes that the kernel made of frames which came through a tunnel: as above. What stayed alone is right."""
    case.netns("peer")
    plk.ip(f"link add e0 address {plk.mac_text(plk.NEAR)} type veth peer name e1 address {plk.mac_text(plk.FAR)} netns peer")
    plk.ip("link set e0 up")
    plk.ip("link set e1 up", ns="peer")
    offload.tunnel("e0", 1, 2, plk.FAR)
    offload.tunnel("e1", 2, 1, plk.NEAR, ns="peer")
    features("e0", gro=True, rx_gro_list=True)
    with plk.inside("peer"):
        features("e1", tx=False)
        features("vx0", tx=False)
    eyes = Eyes(case, "peer")
    witness = case.keep(offload.OffloadSocket("e0"))
    sender = case.keep(offload.OffloadSocket("vx0", "peer", receive=False))
    lost = 0
    for i, (protocol, version) in enumerate(((TCP, 4), (TCP, 6), (UDP, 4), (UDP, 6))):
        packet = offload.Packet(26000 + i, protocol, version, size=4000, offload="gso", gso_size=1000, flags=ACK)
        if not known([packet]):
            continue
        sender.send(packet.offered())
        frames = []
        while (frame := witness.recv(0.1, mine=plk.FAR)) is not None:
            frames.append(frame)
        plk.check(any(offload.Header(frame.hdr).kind for frame in frames), f"{packet}: it was not put together: nothing is tested")
        singles = [frame for frame in frames if not offload.Header(frame.hdr).kind]
        for name, client in eyes.clients.items():
            plk.same_frames(client.drain(0.05), singles, f"{name}: {packet} in a tunnel")
        lost += (len(frames) - len(singles)) * len(eyes.clients)
        plk.poll_until(lambda: eyes.drops() == {"rx_dropped_gso": lost}, f"{packet}: counted for each client, and no other")
    eyes.daemon.stop()


def check_within(eyes, packet):
    for name, client in eyes.clients.items():
        got = client.recv()
        plk.check(got is not None, f"{name}: {packet} did not come")
        data = offload.finish(got) if client.fmt.hdr else [got]
        plk.same_frames([frame[offload.TUNNEL_HEAD :] for frame in data], packet.wire(), f"{name}: {packet} in VXLAN")


# ---------------------------------------------------------------------------------------------------------------------
# GRO


def features(ifname, **on):
    words = [word for name, value in on.items() for word in (name.replace("_", "-"), "on" if value else "off")]
    done = subprocess.run(["ethtool", "-K", ifname, *words], capture_output=True, text=True, timeout=30, check=False)
    plk.equal(done.returncode, 0, f"ethtool {ifname} {words} ({done.stderr.strip()})")


def check_merged(case, sums, **gro):
    """Superframes, cut by their sender's interface and made whole again by the receiver's.

    sums: whether the frames between them have their checksums
    The last segment of TCP stays alone, since the sender's socket hangs on it. PSH would let it go first.
    """
    case.veth()
    features("e0", gro=True, **gro)
    features("e1", tso=False, tx_udp_segmentation=False)
    if sums:
        features("e1", tx=False)
    eyes = Eyes(case)
    sender = case.keep(offload.OffloadSocket("e1", receive=False))
    packets = known(offload.Packet(25000 + i, protocol, version, size=6789, offload="gso", gso_size=1000, flags=ACK, **more)
                    for i, (protocol, version, more) in enumerate((
                        (UDP, 4, {}), (UDP, 6, {}), (TCP, 4, {}), (TCP, 6, {}), (TCP, 4, {"tcp_options": offload.TIMESTAMPS}))))
    with offload.one_cpu():
        sender.send(*(packet.offered() for packet in packets))
    eyes.expect(packets)
    eyes.daemon.stop()


def test_gro(case):
    check_merged(case, True, rx_udp_gro_forwarding=True)


def test_gro_partial(case):
    check_merged(case, False, rx_udp_gro_forwarding=True)


def test_gro_list(case):
    """The kernel keeps the frames as a list, and says of their sums that they were right."""
    check_merged(case, True, rx_gro_list=True)


def test_gro_list_partial(case):
    """The field of the superframe is that of its first frame."""
    check_merged(case, False, rx_gro_list=True)


# ---------------------------------------------------------------------------------------------------------------------
# Longer than IPv6 can say


def test_big_tcp(case):
    """Superframes with the jumbo payload option (RFC 2675), which no piece has: complete, or counted where they are too long."""
    peer = Peer(case)
    plk.ip("link set e0 gso_max_size 130000")
    witness = case.keep(offload.OffloadSocket("e0"))
    port = peer.fetch(socket.AF_INET6, TEXT)
    too_long = 0
    longest = 0
    while (frame := witness.recv(0.2)) is not None:
        longest = max(longest, len(frame))
        too_long += len(frame) + 12 > VNET_MAX
    print(f"the longest has {longest} bytes, {too_long} are too long for a stream", flush=True)
    plk.check(too_long > 0, "no superframe was that long: nothing is tested")
    for form in ("qemu", "pcapng"):
        frames = peer.frames(form)
        plk.check(max(len(frame) for frame in frames) <= 1514, f"{form}: a frame is too long")
        text, _ = stream(frames, port, form)
        plk.check(text == TEXT, f"{form}: {len(text)} bytes, or others")
    peer.frames("vnet")
    plk.equal(peer.drops(), {"rx_dropped_oversize": too_long}, "drops")
    peer.daemon.stop()


if __name__ == "__main__":
    if not offload.KERNEL_HAS_USO:
        print("this kernel has no UDP segmentation in virtio-net headers (Linux 6.2): without those rows", flush=True)
    plk.main()
