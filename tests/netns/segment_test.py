# SPDX-License-Identifier: BSD-2-Clause
"""src/wire/segment.c against the kernel: the same superframes, cut by both, byte for byte.

The kernel cuts what is sent on a TAP whose reader has no offload. The superframes are random, from a fixed seed.
"""

import errno
import os
import random
import socket
import struct
import subprocess

import plk

COUNT = 600
PIECES_MAX = 300  # of one superframe: a TAP queues 1000 frames

NEEDS_CSUM = 1
TCPV4, TCPV6, UDP_L4, ECN = 1, 4, 5, 0x80
PACKET_VNET_HDR = 15

TAGS = (b"", b"\x81\x00\x20\x64", b"\x88\xa8\x0f\xfe", b"\x88\xa8\x0f\xfe\x81\x00\x00\x07", b"\x81\x00\x60\x00\x81\x00\x00\x01")
OPTIONS4 = (b"", bytes.fromhex("94040000"), bytes.fromhex("01") * 40)
EXTENSIONS = ((), (0,), (60,), (0, 60), (43,), (0, 43, 60))
TCP_OPTIONS = (b"", bytes.fromhex("0101080a0000000100000002"), bytes(40))


def total(data):
    data += b"\0" * (len(data) % 2)
    n = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while n >> 16:
        n = (n & 0xFFFF) + (n >> 16)
    return n


def extensions(kinds, proto):
    """IPv6 extension headers and the number of the first one."""
    out = b""
    numbers = [*kinds, proto]
    for following in numbers[1:]:
        out += bytes([following, 0, 1, 4, 0, 0, 0, 0])  # a padding option, or a routing header that has been used up
    return numbers[0], out


def superframe(rng):
    """A frame and its virtio-net header."""
    v6 = rng.random() < 0.5
    tcp = rng.random() < 0.65
    tags = rng.choice(TAGS)
    size = rng.choice((48, 49, 100, 536, 1000, 1208, 1400))
    n = rng.choice((size + 1, 2 * size, rng.randint(size + 1, 40 * size), 7 * size - 1))
    n = min(n, 62000, size * PIECES_MAX)
    source, target = (rng.randbytes(16), rng.randbytes(16)) if v6 else (rng.randbytes(4), rng.randbytes(4))
    proto = 6 if tcp else 17
    if tcp:
        options = rng.choice(TCP_OPTIONS)
        flags = rng.choice((0x10, 0x18, 0x11, 0x19, 0xD9, 0x50, 0x90, 0xC2, 0x38))
        l4 = rng.randbytes(4) + struct.pack("!IIBBHHH", rng.getrandbits(32), rng.getrandbits(32), (20 + len(options)) // 4 << 4,
                                            flags, rng.getrandbits(16), 0, 0) + options
        at = 16
    else:
        l4 = rng.randbytes(4) + struct.pack("!HH", 8 + n, 0)
        at = 6
    length = len(l4) + n
    pseudo = total(source + target + struct.pack("!II", length, proto))
    l4 = l4[:at] + struct.pack("!H", pseudo) + l4[at + 2 :]
    if v6:
        first, more = extensions(rng.choice(EXTENSIONS), proto)
        l3 = struct.pack("!IHBB", 0x60000000 | rng.getrandbits(28), len(more) + length, first, 64) + source + target + more
    else:
        options = rng.choice(OPTIONS4)
        head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, rng.getrandbits(8), 20 + len(options) + length,
                           rng.choice((0, 0xFFFF, rng.getrandbits(16))), rng.choice((0, 0x4000)), 64, proto, 0)
        l3 = head + source + target + options
        l3 = l3[:10] + struct.pack("!H", ~total(l3) & 0xFFFF) + l3[12:]
    eth = plk.BROADCAST + plk.FAR + tags + (b"\x86\xdd" if v6 else b"\x08\x00")
    start = len(eth) + len(l3)
    gso = (TCPV6 if v6 else TCPV4) | rng.choice((0, ECN)) if tcp else UDP_L4
    header = struct.pack("=BBHHHH", NEEDS_CSUM, gso, start + len(l4), size, start, at)
    return header, eth + l3 + l4 + rng.randbytes(n)


def cut_by_us(case, frames):
    program = os.path.join(os.path.dirname(case.bin), "tests", "netns", "segments")
    given = b"".join(struct.pack("=I", len(h) + len(f)) + h + f for h, f in frames)
    done = subprocess.run([program], input=given, stdout=subprocess.PIPE, check=True, timeout=60)
    out = done.stdout
    at = 0
    result = []
    for _ in frames:
        (count,) = struct.unpack_from("=I", out, at)
        at += 4
        pieces = []
        for _ in range(count):
            (n,) = struct.unpack_from("=I", out, at)
            pieces.append(out[at + 4 : at + 4 + n])
            at += 4 + n
        result.append(pieces)
    plk.equal(at, len(out), "all output of the program")
    return result


def test_like_the_kernel(case):
    rng = random.Random(4711)
    frames = [superframe(rng) for _ in range(COUNT)]
    tap = case.tap("t0")
    sender = case.keep(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    sender.setsockopt(plk.SOL_PACKET, PACKET_VNET_HDR, 1)
    sender.bind(("t0", 0))
    compared = {TCPV4: 0, TCPV6: 0, UDP_L4: 0}
    unknown = 0
    for number, ((header, frame), ours) in enumerate(zip(frames, cut_by_us(case, frames))):
        try:
            sender.send(header + frame)
        except OSError as error:
            # before 6.2 the kernel does not know UDP_L4
            plk.check(error.errno == errno.EINVAL and header[1] == UDP_L4, f"superframe {number}: {error}")
            unknown += 1
            continue
        theirs = [tap.recv() for _ in ours]
        plk.check(None not in theirs, f"superframe {number}: the kernel made {len([t for t in theirs if t])} pieces, we {len(ours)}")
        plk.same_frames(ours, theirs, f"superframe {number} ({header.hex()} {plk.shown(frame)})")
        compared[header[1] & 0x7F] += 1
    tap.quiet()
    plk.check(min(compared[TCPV4], compared[TCPV6]) > 100, f"too few of a kind: {compared}")
    plk.check(compared[UDP_L4] > 100 or unknown > 100, f"too few of a kind: {compared}")
    print(f"compared {compared}, not known to this kernel {unknown}", flush=True)


if __name__ == "__main__":
    plk.main()
