# SPDX-License-Identifier: BSD-2-Clause
"""Frames with offloads in plain Python, and virtio-net headers for them (OASIS virtio 1.2 section 5.1.6).

A Packet is TCP or UDP of any length, twice: as its sender hands it over, with half a checksum and perhaps as a superframe
(offered, header), and as a wire must carry it (wire). finish() goes from the one to the other and knows nothing but the
bytes and the header, as a receiver would.
"""

import contextlib
import fcntl
import os
import random
import select
import socket
import struct
import time

import pcap
import plk

PACKET_VNET_HDR = 15
TUNSETVNETHDRSZ = 0x400454D8
TUNSETOFFLOAD = 0x400454D0
TUN_CSUM, TUN_TSO4, TUN_TSO6, TUN_TSO_ECN, TUN_USO4, TUN_USO6 = 1, 2, 4, 8, 0x20, 0x40

NEEDS_CSUM = 1
TCPV4, TCPV6, UDP_L4, ECN = 1, 4, 5, 0x80
NO_HEADER = bytes(10)

# Since Linux 6.2 a virtio-net header can say UDP_L4; before it, what would have one is lost by the kernel (recv: EINVAL).
KERNEL_HAS_USO = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2]) >= (6, 2)

TCP, UDP = 6, 17
FIN, SYN, PSH, ACK, ECE, CWR = 1, 2, 8, 0x10, 0x40, 0x80
QTAG, STAG = 0x8100, 0x88A8
HOP_BY_HOP, ROUTING, DESTINATION = 0, 43, 60
SEQUENCE = 0xFFFFE000  # so that long ones wrap

SOURCE4, TARGET4 = socket.inet_aton("10.88.0.1"), socket.inet_aton("10.88.0.2")
SOURCE6, TARGET6, VIA6 = (socket.inet_pton(socket.AF_INET6, text) for text in ("fd88::1", "fd88::2", "fd88::9"))
TARGET_PORT = 47831  # one that tshark has no dissector for


def total(data):
    """The one's complement sum of 16-bit words (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    value = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return value


def checksum(data):
    return ~total(data) & 0xFFFF


def put16(data, at, value):
    return data[:at] + struct.pack("!H", value & 0xFFFF) + data[at + 2 :]


class Header:
    """The fields of a virtio-net header, without num_buffers and the hash."""

    def __init__(self, data=NO_HEADER):
        self.flags, self.kind, self.hdr_len, self.gso_size, self.start, self.offset = struct.unpack("=BBHHHH", data[:10])

    def pack(self):
        return struct.pack("=BBHHHH", self.flags, self.kind, self.hdr_len, self.gso_size, self.start, self.offset)


class Captured(bytes):
    """A frame, with the first ten bytes of the virtio-net header that came with it, whether its tag did not stand in the bytes,
    and what pcapng says of it."""

    hdr = NO_HEADER
    beside = False
    time_ns = None
    flow = None


def captured(data, hdr):
    frame = Captured(data)
    frame.hdr = hdr
    return frame


def shown(frames):
    return ", ".join(f"[{frame.hdr.hex()}] {plk.shown(frame)}" for frame in frames[:4]) + (" ..." if frames[4:] else "")


# ---------------------------------------------------------------------------------------------------------------------
# From a header to the frames of a wire


def network_at(frame):
    """Where the network layer begins, and what it is."""
    at = 14
    while (kind := struct.unpack_from("!H", frame, at - 2)[0]) in (QTAG, STAG):
        at += 4
    return at, kind


def _cut(frame, header, at, n, more):
    """The payload from at on, n bytes, with the headers before it made right but for the checksum of layer 4."""
    head = frame[: header.hdr_len]
    done = at - header.hdr_len
    net, kind = network_at(head)
    length = header.hdr_len + n
    if kind == 0x0800:
        size = (head[net] & 15) * 4
        head = put16(head, net + 2, length - net)
        head = put16(head, net + 4, struct.unpack_from("!H", head, net + 4)[0] + done // header.gso_size)
        head = put16(head, net + 10, 0)
        head = put16(head, net + 10, checksum(head[net : net + size]))
    else:
        head = put16(head, net + 4, length - net - 40)
    if header.kind == UDP_L4:
        head = put16(head, header.start + 4, length - header.start)
    else:
        sequence = (struct.unpack_from("!I", head, header.start + 4)[0] + done) & 0xFFFFFFFF
        flags = head[header.start + 13]
        if done:
            flags &= ~CWR
        if more:
            flags &= ~(FIN | PSH)
        head = head[: header.start + 4] + struct.pack("!I", sequence) + head[header.start + 8 :]
        head = head[: header.start + 13] + bytes([flags]) + head[header.start + 14 :]
    # The length stands in the sum of the pseudo header, too.
    place = header.start + header.offset
    old, new = len(frame) - header.start, length - header.start
    seed = struct.unpack_from("!H", head, place)[0]
    head = put16(head, place, total(struct.pack("!HIi", seed, 0xFFFF - old % 0xFFFF, new)))
    return head + frame[at : at + n]


def _complete(frame, header):
    return put16(frame, header.start + header.offset, checksum(frame[header.start :]) or 0xFFFF)


def finish(frame):
    """What a wire carries when a card has done what the header asks for."""
    header = Header(frame.hdr)
    if not header.flags & NEEDS_CSUM:
        return [bytes(frame)]
    if not header.kind:
        return [_complete(bytes(frame), header)]
    places = range(header.hdr_len, len(frame), header.gso_size)
    return [_complete(_cut(bytes(frame), header, at, min(header.gso_size, len(frame) - at), at != places[-1]), header)
            for at in places]


# ---------------------------------------------------------------------------------------------------------------------
# Packets


class Packet:
    """A TCP or UDP packet.

    number:     its source port and the seed of its payload
    protocol:   TCP or UDP, over IP of version 4 or 6
    tags:       VLAN tags from the outside in, each (TPID, TCI)
    size:       bytes of payload
    offload:    "none": it is complete; "csum": the checksum is left to the card; "gso": the cutting, too
    gso_size:   payload bytes of a segment
    options:    IPv4 options, or IPv6 extension headers, each (type, bytes behind the first two)
    tcp_options, flags, ident, fragment: header fields
    fill:       "random"; "zero": a payload with which each checksum is 0; "absent": UDP without a checksum
    """

    def __init__(self, number, protocol, version, tags=(), size=100, offload="none", gso_size=1400, options=None,
                 tcp_options=b"", flags=ACK | PSH, ident=None, fragment=0x4000, fill="random"):
        self.number = number
        self.protocol = protocol
        self.version = version
        self.tags = tuple(tags)
        self.offload = offload
        self.gso_size = gso_size
        self.options = options or (b"" if version == 4 else ())
        self.tcp_options = tcp_options
        self.flags = flags
        self.ident = number if ident is None else ident
        self.fragment = fragment
        self.fill = fill
        self.src, self.dst = plk.FAR, plk.NEAR
        self.final = TARGET4 if version == 4 else TARGET6
        self.payload = random.Random(number).randbytes(size)
        if fill == "zero":
            self._make_zero()

    def towards(self, src, dst):
        """The same packet with other addresses."""
        self.src, self.dst = src, dst
        return self

    def __str__(self):
        tags = "".join(f" {tpid:04x}:{tci:04x}" for tpid, tci in self.tags)
        more = "".join(f" {word}" for word in (self.fill if self.fill != "random" else "", "options" if self.options else "",
                                               "TCP options" if self.tcp_options else "") if word)
        return (f"{'TCP' if self.protocol == TCP else 'UDP'}{self.version}{tags} {self.offload} {len(self.payload)}/"
                f"{self.gso_size}{more} (source port {self.number})")

    def _chunks(self):
        step = self.gso_size if self.offload == "gso" else max(len(self.payload), 1)
        return [self.payload[at : at + step] for at in range(0, len(self.payload), step)] or [b""]

    def _make_zero(self):
        """The first two bytes of each segment's payload take what its checksum would be without them."""
        chunks = [b"\0\0" + chunk[2:] for chunk in self._chunks()]
        done = 0
        for i, chunk in enumerate(chunks):
            segment = self._transport(done, chunk, i == 0, i == len(chunks) - 1)
            chunks[i] = struct.pack("!H", checksum(self._pseudo(len(segment)) + segment)) + chunk[2:]
            done += len(chunk)
        self.payload = b"".join(chunks)

    def _pseudo(self, length):
        if self.version == 4:
            return SOURCE4 + self.final + struct.pack("!HH", self.protocol, length)
        return SOURCE6 + self.final + struct.pack("!II", length, self.protocol)

    def _transport(self, done, data, first, last):
        """The header of layer 4 without a checksum, and the payload."""
        if self.protocol == UDP:
            return struct.pack("!HHHH", self.number, TARGET_PORT, 8 + len(data), 0) + data
        flags = self.flags & ~(0 if first else CWR) & ~(0 if last else FIN | PSH)
        options = self.tcp_options + bytes(-len(self.tcp_options) % 4)
        sequence = (SEQUENCE + done) & 0xFFFFFFFF
        return struct.pack("!HHIIBBHHH", self.number, TARGET_PORT, sequence, 0x01020304, (5 + len(options) // 4) << 4, flags,
                           8192, 0, 0) + options + data

    def _ipv4(self, length, index):
        options = self.options + bytes(-len(self.options) % 4)
        size = 20 + len(options)
        head = struct.pack("!BBHHHBBH4s4s", 0x40 | size // 4, 0, size + length, (self.ident + index) & 0xFFFF, self.fragment,
                           64, self.protocol, 0, SOURCE4, TARGET4) + options
        return put16(head, 10, checksum(head))

    def _ipv6(self, length):
        kinds = [kind for kind, _ in self.options] + [self.protocol]
        chain = b"".join(bytes([kinds[i + 1], (len(body) + 2) // 8 - 1]) + body
                         for i, (_, body) in enumerate(self.options))
        target = VIA6 if self.final == TARGET6 and any(is_via(option) for option in self.options) else TARGET6
        return struct.pack("!IHBB16s16s", 0x6AB12345, len(chain) + length, kinds[0], 64, SOURCE6, target) + chain

    def _frame(self, segment, index):
        parts = [self.dst + self.src]
        parts += [struct.pack("!HH", *tag) for tag in self.tags]
        parts.append(struct.pack("!H", 0x0800 if self.version == 4 else 0x86DD))
        parts.append(self._ipv4(len(segment), index) if self.version == 4 else self._ipv6(len(segment)))
        return b"".join(parts)

    def _csum_offset(self):
        return 16 if self.protocol == TCP else 6

    def wire(self):
        """The frames that belong on a wire."""
        frames = []
        done = 0
        chunks = self._chunks()
        for i, chunk in enumerate(chunks):
            segment = self._transport(done, chunk, i == 0, i == len(chunks) - 1)
            if self.fill != "absent":
                value = checksum(self._pseudo(len(segment)) + segment)
                segment = put16(segment, self._csum_offset(), value or (0xFFFF if self.protocol == UDP else 0))
            frames.append(self._frame(segment, i) + segment)
            done += len(chunk)
        return frames

    def header(self):
        """The ten bytes that describe offered()."""
        header = Header()
        if self.offload == "none":
            return header.pack()
        segment = self._transport(0, b"", True, True)
        header.flags = NEEDS_CSUM
        header.start = len(self._frame(segment, 0))
        header.offset = self._csum_offset()
        if self.offload == "gso":
            header.kind = UDP_L4 if self.protocol == UDP else TCPV4 if self.version == 4 else TCPV6
            header.kind |= ECN if self.protocol == TCP and self.flags & CWR else 0
            header.gso_size = self.gso_size
            header.hdr_len = header.start + len(segment)
        return header.pack()

    def offered(self):
        """What its sender hands over, with header()."""
        if self.offload == "none":
            return captured(self.wire()[0], NO_HEADER)
        segment = self._transport(0, self.payload, True, True)
        segment = put16(segment, self._csum_offset(), total(self._pseudo(len(segment))))
        return captured(self._frame(segment, 0) + segment, self.header())

    def settled(self, frame):
        """A frame of this packet, with a TCP checksum of 0xffff written as 0. That is the same sum; the kernel does not care
        which of them it writes."""
        if self.protocol != TCP or self.fill != "zero":
            return frame
        at = len(self._frame(b"", 0)) + self._csum_offset()
        return captured(put16(frame, at, 0), frame.hdr) if frame[at : at + 2] == b"\xff\xff" else frame

    def facts(self):
        """What a dissector must say of each frame of wire()."""
        rows = []
        done = 0
        chunks = self._chunks()
        for i, chunk in enumerate(chunks):
            row = {"tags": [tci & 0xFFF for _, tci in self.tags], "port": self.number, "payload": len(chunk),
                   "absent": self.fill == "absent"}
            if self.version == 4:
                row["ident"] = (self.ident + i) & 0xFFFF
            if self.protocol == TCP:
                row["sequence"] = (SEQUENCE + done) & 0xFFFFFFFF
                row["flags"] = self.flags & ~(0 if i == 0 else CWR) & ~(0 if i == len(chunks) - 1 else FIN | PSH)
            rows.append(row)
            done += len(chunk)
        return rows


class Raw:
    """Any bytes: they must arrive as they are."""

    offload = "none"
    protocol = None

    def __init__(self, what, ethertype, body):
        self.what = what
        self.tags = (ethertype,) if ethertype in (QTAG, STAG) else ()
        self.body = struct.pack("!H", ethertype) + body
        self.src, self.dst = plk.FAR, plk.NEAR

    def __str__(self):
        return self.what

    def towards(self, src, dst):
        self.src, self.dst = src, dst
        return self

    def wire(self):
        return [self.dst + self.src + self.body]

    def offered(self):
        return captured(self.wire()[0], NO_HEADER)

    def settled(self, frame):
        return frame


def is_via(option):
    """Whether an extension header is a routing header with a hop to go."""
    return option[0] == ROUTING and option[1][1] > 0


# Extension headers: padding (RFC 8200 section 4.2), and a routing header of type 2 (RFC 6275 section 6.4) whose hop is done
# or still to come: then the checksum counts the address in it.
PADDING = b"\1\4\0\0\0\0"
ROUTED = (ROUTING, b"\2\0" + bytes(4) + TARGET6)
TO_ROUTE = (ROUTING, b"\2\1" + bytes(4) + TARGET6)
TIMESTAMPS = b"\1\1\x08\x0a\0\1\2\3\4\5\6\7"

STACKS = {
    "plain": (),
    "VLAN": ((QTAG, 0x6005),),
    "QinQ": ((STAG, 0x2064), (QTAG, 0x6005)),
}
MORE_STACKS = {
    "Q+Q": ((QTAG, 0x0007), (QTAG, 0x0FFE)),
    "priority": ((QTAG, 0xE000),),
    "service": ((STAG, 0x3FFE),),
}


def plain_matrix():
    """(protocol, version, tags, offload) of all rows of the matrix."""
    for tags in (*STACKS.values(), *MORE_STACKS.values()):
        for protocol in (TCP, UDP):
            for version in (4, 6):
                for offload in ("none", "csum", "gso"):
                    yield protocol, version, tags, offload


def packets(first=20000):
    """All packets of the matrix and those at its edges, with source ports from first on."""
    found = []

    def add(protocol, version, tags=(), offload="gso", **more):
        found.append(Packet(first + len(found), protocol, version, tags, offload=offload, **more))

    for i, (protocol, version, tags, offload) in enumerate(plain_matrix()):
        add(protocol, version, tags, offload, size=4001 + i * 13 if offload == "gso" else 64 + i * 17)
    for tags in ((), STACKS["VLAN"]):
        _edges(add, tags)
    for tags in (STACKS["QinQ"], MORE_STACKS["Q+Q"], MORE_STACKS["service"]):
        _full(add, tags)
    return [packet for packet in found if KERNEL_HAS_USO or packet.protocol == TCP or packet.offload != "gso"]


def _full(add, tags):
    """Segments that fill the MTU."""
    for version, ip in ((4, 20), (6, 40)):
        for protocol, head in ((TCP, 20), (UDP, 8)):
            full = 1500 - ip - head
            for size in (2 * full, 3 * full + 1):
                add(protocol, version, tags, size=size, gso_size=full)


def _edges(add, tags):
    _full(add, tags)
    for offload in ("none", "csum", "gso"):
        size = 3500 if offload == "gso" else 333
        for protocol in (TCP, UDP):
            add(protocol, 4, tags, offload, size=size, options=b"\x94\4\0\0\1\1\1\0")
            add(protocol, 6, tags, offload, size=size, options=((HOP_BY_HOP, PADDING),))
            add(protocol, 6, tags, offload, size=size, options=((DESTINATION, PADDING), (ROUTING, ROUTED[1])))
            add(protocol, 6, tags, offload, size=size, options=((HOP_BY_HOP, PADDING), TO_ROUTE, (DESTINATION, PADDING)))
        for version in (4, 6):
            add(TCP, version, tags, offload, size=size, tcp_options=TIMESTAMPS)
            add(TCP, version, tags, offload, size=size, tcp_options=TIMESTAMPS + bytes([1] * 28), flags=ACK | FIN | PSH)
            add(TCP, version, tags, offload, size=size, flags=ACK | ECE | CWR | PSH)
            add(TCP, version, tags, offload, size=size, flags=ACK | ECE)
            add(UDP, version, tags, offload, size=size, fill="zero")
            add(TCP, version, tags, offload, size=size, fill="zero")
    for version, ip in ((4, 20), (6, 40)):
        for protocol, head in ((TCP, 20), (UDP, 8)):
            full = 1500 - ip - head
            for size, gso_size in ((4 * 1001, 1001), (1003, 1001), (5000, 536), (999, 48)):
                add(protocol, version, tags, size=size, gso_size=gso_size)
            add(protocol, version, tags, size=65535 - ip - head, gso_size=full)
            add(protocol, version, tags, size=65521 - 4 * len(tags) - ip - head, gso_size=full)  # 65535 with Ethernet's
            add(protocol, version, tags, size=full, offload="none")
            add(protocol, version, tags, size=full, offload="csum")
            for size in (0, 1, 2):
                add(protocol, version, tags, size=size, offload="none")
                add(protocol, version, tags, size=size, offload="csum")
    add(TCP, 4, tags, size=7000, ident=0xFFFE)
    add(TCP, 4, tags, size=7000, fragment=0)
    add(UDP, 4, tags, size=7000, ident=0xFFFE, fragment=0)
    add(UDP, 4, tags, size=100, offload="none", fill="absent")


def raws():
    """Frames that make no sense above Ethernet, and pass."""
    return [
        Raw("an Ethernet header alone", plk.TYPE, b""),
        Raw("one byte", plk.TYPE, b"\1"),
        Raw("half an IPv4 header", 0x0800, bytes.fromhex("45000054000040004006")),
        Raw("IPv4 that claims to be longer", 0x0800, Packet(1, UDP, 4, size=50).wire()[0][14:50]),
        Raw("IPv4 with a length of 0", 0x0800, bytes.fromhex("4500000000004000") + bytes(40)),
        Raw("a first fragment", 0x0800, Packet(1, UDP, 4, size=64, fragment=0x2000).wire()[0][14:]),
        Raw("IPv6 that ends in an extension header", 0x86DD, bytes.fromhex("6000000000100040") + bytes(32) + b"\6\0\1\4"),
        Raw("three tags", QTAG, bytes.fromhex("0001810000028100000308004500")),
        Raw("802.3 with a length", 40, bytes(46)),
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Streams, sockets and TAPs that carry headers


class Offloaded(plk.Format):
    """Format vnet for frames with offloads: what comes are Captured frames."""

    def __init__(self, hdr):
        super().__init__("vnet", hdr)

    def accept(self, hdr, data):
        plk.check(hdr[10:12] in (b"", b"\0\0", b"\1\0"), f"num_buffers is {hdr[10:12].hex()}")
        plk.check(not any(hdr[12:]), f"hash report is {hdr[12:].hex()}")
        return captured(data, hdr[:10])

    def encode(self, data, hdr=None):
        return super().encode(data, getattr(data, "hdr", NO_HEADER) + bytes(self.hdr - 10) if hdr is None else hdr)


class Whole(plk.Format):
    """Format qemu: frames as they are on a wire."""

    def __init__(self):
        super().__init__("qemu")

    def accept(self, hdr, data):
        return Captured(data)


class Blocks(plk.Format):
    """Format pcapng, of one connection. The stream as it came is kept, and what it said."""

    def __init__(self):
        super().__init__("pcapng")
        self.raw = bytearray()
        self.said = pcap.Pcapng()

    def decode(self, buffer):
        while len(buffer) >= 12:
            length = struct.unpack_from("<I", buffer, 4)[0]
            plk.check(12 <= length <= 1 << 17 and length % 4 == 0, f"a block of {length} bytes")
            if len(buffer) < length:
                return None
            block = bytes(buffer[:length])
            del buffer[:length]
            frame = self._block(block)
            if frame is not None:
                return frame
        return None

    def _block(self, block):
        before = len(self.said.frames)
        plk.equal(block[-4:], block[4:8], "the second length of a block")
        self.said.block(struct.unpack_from("<I", block)[0], block[8:-4], len(self.raw))
        self.raw += block
        if len(self.said.frames) == before:
            return None
        at, data, original = self.said.frames[-1]
        plk.equal(original, len(data), "original length of a whole frame")
        frame = Captured(data)
        frame.time_ns, frame.flow = at, self.said.flows[-1]
        return frame


@contextlib.contextmanager
def one_cpu():
    """Frames overtake each other on a veth when their sender moves to another processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class OffloadTap(plk.Tap):
    """A TAP whose VM can do all offloads: it reads and writes Captured frames, with headers of 12 bytes."""

    def __init__(self, ifname, **more):
        super().__init__(ifname, flags=plk.IFF_VNET_HDR, **more)
        fcntl.ioctl(self.fd, TUNSETVNETHDRSZ, struct.pack("i", 12))
        offloads = TUN_CSUM | TUN_TSO4 | TUN_TSO6 | TUN_TSO_ECN
        try:
            fcntl.ioctl(self.fd, TUNSETOFFLOAD, offloads | TUN_USO4 | TUN_USO6)
        except OSError:  # before Linux 6.2
            fcntl.ioctl(self.fd, TUNSETOFFLOAD, offloads)

    def send(self, *frames):
        for frame in frames:
            os.write(self.fd, getattr(frame, "hdr", NO_HEADER) + b"\0\0" + frame)

    def recv(self, seconds=plk.WAIT, mine=None):
        return tap_recv(self.fd, 12, seconds, mine)


class PlainTap(plk.Tap):
    """A TAP whose VM can do no offload."""

    def recv(self, seconds=plk.WAIT, mine=None):
        return tap_recv(self.fd, 0, seconds, mine)


def tap_recv(fd, hdr, seconds, mine):
    end = time.monotonic() + seconds
    while select.select([fd], [], [], max(end - time.monotonic(), 0))[0]:
        data = os.read(fd, 1 << 17)
        if mine is None or data[hdr + 6 : hdr + 12] == mine:
            return restored(data[:10] if hdr else NO_HEADER, data[hdr:])
    return None


class OffloadSocket:
    """A packet socket with virtio-net headers. What it receives has its tag and a header made exact by this file alone."""

    def __init__(self, ifname, ns=None, receive=True):
        with plk.inside(ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, plk.SO_RCVBUFFORCE, 64 << 20)
            self.sock.setsockopt(plk.SOL_PACKET, PACKET_VNET_HDR, 1)
            self.sock.setsockopt(plk.SOL_PACKET, plk.PACKET_AUXDATA, 1)
            self.sock.bind((ifname, plk.ETH_P_ALL if receive else 0))

    def close(self):
        self.sock.close()

    def send(self, *frames):
        for frame in frames:
            self.sock.send(getattr(frame, "hdr", NO_HEADER) + frame)

    def recv(self, seconds=plk.WAIT, mine=None):
        """The next frame, of one source address where that is given; None if none comes in time."""
        self.sock.settimeout(max(seconds, 0.000001))
        while True:
            try:
                data, control, _, _ = self.sock.recvmsg(1 << 17, 256)
            except (TimeoutError, BlockingIOError):
                return None
            if mine is None or data[16:22] == mine:
                return restored(data[:10], data[10:], control)


def tag_of(control):
    for level, kind, value in control:
        if (level, kind) == (plk.SOL_PACKET, plk.PACKET_AUXDATA):
            status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", value[:20])
            return struct.pack("!HH", tpid if status & 0x40 else QTAG, tci) if status & 0x10 else b""
    return b""


def restored(hdr, data, control=()):
    """A frame with the tag that the kernel took off, and its header with that counted and hdr_len exact."""
    tag = tag_of(control)
    header = Header(hdr)
    frame = data[:12] + tag + data[12:]
    if header.flags & NEEDS_CSUM:
        header.start += len(tag)
    header.hdr_len = 0
    if header.kind:
        header.hdr_len = header.start + (8 if header.kind == UDP_L4 else (frame[header.start + 12] >> 4) * 4)
    found = captured(frame, header.pack())
    found.beside = bool(tag)
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Tunnels

TUNNEL_HEAD = 50  # bytes that a tunnel puts before a frame: Ethernet, IPv4, UDP, VXLAN


def tunnel(ifname, here, there, mac, ns=None):
    """vx0, a VXLAN over an interface that gets the address 10.9.0.here, to 10.9.0.there behind a MAC address."""
    plk.ip(f"address add 10.9.0.{here}/24 dev {ifname}", ns=ns)
    plk.ip(f"neighbour add 10.9.0.{there} lladdr {plk.mac_text(mac)} dev {ifname}", ns=ns)
    plk.ip(f"link add vx0 type vxlan id 7 local 10.9.0.{here} remote 10.9.0.{there} dstport 4789 dev {ifname}", ns=ns)
    plk.ip("link set vx0 up", ns=ns)
