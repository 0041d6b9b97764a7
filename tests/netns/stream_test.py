# SPDX-License-Identifier: BSD-2-Clause
"""Streams that misbehave: split, glued, oversize, undersize, torn, stalled. Nobody else notices."""

import struct
import time

import plk

CLIENT = bytes.fromhex("027100000001")


def injector(case, fmt):
    """A veth, the daemon with one inject port, a client at it and the wire."""
    case.veth()
    daemon = case.daemon(f"--remote=inject,{fmt.keys}@punix:{case.path('i')}")
    return daemon, case.connect(case.path("i"), fmt), case.wire()


def frames_of(*sizes):
    return [plk.frame(i, size, plk.FAR, CLIENT) for i, size in enumerate(sizes)]


def check_split(case, fmt):
    daemon, client, wire = injector(case, fmt)
    frames = frames_of(14, 60, 15, 200)
    for byte in b"".join(fmt.encode(data) for data in frames):
        client.send_bytes(bytes([byte]))
        time.sleep(0.0002)
    wire.expect(frames)
    # Cut in two at every place.
    for at in range(1, len(fmt.encode(frames[1]))):
        data = fmt.encode(frames[1])
        client.send_bytes(data[:at])
        time.sleep(0.001)
        client.send_bytes(data[at:])
    wire.expect([frames[1]] * (len(fmt.encode(frames[1])) - 1))
    wire.quiet(0.05)
    daemon.stop()


def test_split_qemu(case):
    check_split(case, plk.QEMU)


def test_split_vnet10(case):
    check_split(case, plk.VNET10)


def test_split_vnet12(case):
    check_split(case, plk.VNET12)


def test_split_vnet20(case):
    check_split(case, plk.VNET20)


def check_glued(case, fmt):
    """Many frames in one write, and writes that end anywhere."""
    daemon, client, wire = injector(case, fmt)
    frames = frames_of(*([14, 1514, 60, 61, 777] * 40))
    client.send(*frames)
    wire.expect(frames, "in one write")
    stream = b"".join(fmt.encode(data) for data in frames)
    for at in range(0, len(stream), 4093):
        client.send_bytes(stream[at : at + 4093])
    wire.expect(frames, "in pieces of 4093 bytes")
    wire.quiet(0.05)
    daemon.stop()


def test_glued_qemu(case):
    check_glued(case, plk.QEMU)


def test_glued_vnet12(case):
    check_glued(case, plk.VNET12)


def vnet(n, h):
    return struct.pack("!II", n, h)


def bad_prefixes(fmt):
    if not fmt.hdr:
        return [struct.pack("!I", n) for n in (0, 1, 13, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)]
    h = fmt.hdr
    sizes = [0, 13 + h, 69633, 0x80000000, 0xFFFFFFFF]
    bad = [vnet(n, h) for n in sizes] + [vnet(13, 0), vnet(0, 0), vnet(69633, 0), vnet(0xFFFFFFFF, 0)]
    return bad + [vnet(60, other) for other in (1, 9, 10, 11, 12, 13, 20, 24, 60, 0xFFFFFFFF) if other != h]


def check_bad_lengths(case, fmt):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,{fmt.keys}@punix:{case.path('i')}")
    bystander = case.connect(case.path("i"), fmt)
    for number, prefix in enumerate(bad_prefixes(fmt)):
        client = case.connect(case.path("i"), fmt)
        good = plk.frame(number, 60, plk.FAR, CLIENT)
        client.send(good)
        # The prefix alone closes, before anything of the frame is there.
        client.send_bytes(prefix)
        client.wait_closed()
        wire.expect([good], f"before {prefix.hex()}")
        bystander.send(good)
        wire.expect([good], f"another client after {prefix.hex()}")
        client.close()
    # And with a good frame glued behind it, that one is not injected.
    for prefix in bad_prefixes(fmt):
        client = case.connect(case.path("i"), fmt)
        try:
            client.send_bytes(prefix + fmt.encode(plk.frame(666, 60, plk.FAR, CLIENT)) * 2)
            client.wait_closed()
        except (BrokenPipeError, ConnectionResetError):
            pass
        client.close()
    wire.quiet(0.1)
    bystander.send(plk.frame(1, 60, plk.FAR, CLIENT))
    wire.expect([plk.frame(1, 60, plk.FAR, CLIENT)])
    daemon.stop()


def test_bad_lengths_qemu(case):
    check_bad_lengths(case, plk.QEMU)


def test_bad_lengths_vnet10(case):
    check_bad_lengths(case, plk.VNET10)


def test_bad_lengths_vnet12(case):
    check_bad_lengths(case, plk.VNET12)


def test_bad_lengths_vnet20(case):
    check_bad_lengths(case, plk.VNET20)


def test_longest_lengths_stay(case):
    """65535 (qemu) and 69632 (vnet) are the longest that may come: the frame cannot be sent on a veth, its client stays."""
    case.veth()
    wire = case.wire()
    formats = (plk.QEMU, plk.VNET12)
    daemon = case.daemon(*(f"--remote=inject,{fmt.keys}@punix:{case.path(str(fmt))}" for fmt in formats))
    for fmt in formats:
        client = case.connect(case.path(str(fmt)), fmt)
        longest = plk.frame(1, 69632 - fmt.hdr if fmt.hdr else 65535, plk.FAR, CLIENT)
        good = plk.frame(2, 60, plk.FAR, CLIENT)
        client.send(longest, good)
        wire.expect([good], f"{fmt}: after one that is too long for the interface")
    wire.quiet(0.05)
    daemon.stop()


def test_header_size_zero(case):
    """H = 0 says that no header follows: QEMU sends it until a guest driver has negotiated."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,format=vnet@punix:{case.path('i')}")
    client = case.connect(case.path("i"), plk.VNET12)
    frames = frames_of(14, 60, 1514)
    for data in frames:
        client.send_bytes(vnet(len(data), 0) + data)
    client.send(frames[1])
    wire.expect([*frames, frames[1]])
    daemon.stop()


def test_bad_header_is_dropped(case):
    """A header that makes no sense costs the frame, not the connection."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,format=vnet,vnet-hdr=10@punix:{case.path('i')}")
    client = case.connect(case.path("i"), plk.VNET10)
    good = plk.frame(1, 60, plk.FAR, CLIENT)
    bad = [
        struct.pack("=BBHHHH", 0, 0x55, 0, 0, 0, 0),  # no such gso_type
        struct.pack("=BBHHHH", 1, 0, 0, 0, 5000, 16),  # checksum beyond the frame
        struct.pack("=BBHHHH", 1, 0, 0, 0, 4, 0),  # checksum in the Ethernet header
        struct.pack("=BBHHHH", 1, 1, 54, 0, 34, 16),  # segments of no bytes
        struct.pack("=BBHHHH", 1, 1, 54, 47, 34, 16),  # segments so small that they amplify
        struct.pack("=BBHHHH", 0x80, 0, 0, 0, 0, 0),  # unknown flag
    ]
    for hdr in bad:
        client.send_bytes(plk.VNET10.encode(plk.frame(666, 600, plk.FAR, CLIENT), hdr))
        client.send(good)
        wire.expect([good], f"after header {hdr.hex()}")
    wire.quiet(0.05)
    daemon.stop()


def check_truncated(case, fmt, role="inject"):
    """EOF anywhere inside a frame: nothing of it is injected, and the next client starts clean."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote={role},{fmt.keys}@punix:{case.path('i')}")
    data = fmt.encode(plk.frame(666, 60, plk.FAR, CLIENT))
    good = plk.frame(1, 60, plk.FAR, CLIENT)
    for at in (1, 3, 4, 5, 8, 9, 17, 40, len(data) - 1):
        client = case.connect(case.path("i"), fmt)
        client.send_bytes(fmt.encode(good) + data[:at])
        if at % 2:
            client.half_close()
            client.wait_closed()
        client.close()
        wire.expect([good], f"before {at} bytes of a frame")
    wire.quiet(0.1)
    daemon.wait_log("truncated")
    client = case.connect(case.path("i"), fmt)
    client.send(good)
    wire.expect([good])
    daemon.stop()


def test_truncated_qemu(case):
    check_truncated(case, plk.QEMU)


def test_truncated_vnet12(case):
    check_truncated(case, plk.VNET12)


def test_truncated_attach(case):
    check_truncated(case, plk.QEMU, "attach")


def test_capture_client_that_talks(case):
    """What a capture client sends is read and thrown away, however much; its half-close does not end the capture."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('i')}")
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    client.send(plk.frame(666, 60, plk.FAR, CLIENT))
    client.send_bytes(b"\xff" * 100_000)
    for i in range(50):
        wire.send(plk.frame(i, 200))
    client.expect([plk.frame(i, 200) for i in range(50)])
    client.send_bytes(b"GET / HTTP/1.0\r\n\r\n" * 50_000)
    client.half_close()
    time.sleep(0.1)
    before = daemon.cpu_ticks()
    time.sleep(0.5)
    plk.check(daemon.cpu_ticks() - before <= 2, "the daemon is busy with a half-closed client")
    for i in range(50):
        wire.send(plk.frame(i, 200))
    client.expect([plk.frame(i, 200) for i in range(50)], "after the half-close")
    wire.quiet(0.05)
    daemon.stop()


def test_inject_client_gets_nothing(case):
    """Nothing is ever sent to an inject client, whatever is on the wire."""
    daemon, client, wire = injector(case, plk.QEMU)
    wire.send(*(plk.frame(i, 100) for i in range(20)))
    client.send(plk.frame(1, 60, plk.FAR, CLIENT))
    wire.expect([plk.frame(1, 60, plk.FAR, CLIENT)])
    client.quiet(0.2)
    plk.equal(len(client.buffer), 0, "bytes that an inject client received")
    daemon.stop()


def check_stalled(case, role, fmt):
    """A client that stops reading misses whole frames; the other one misses none and is not kept waiting."""
    case.veth()
    wire = case.wire()
    spec = f"{role},{fmt.keys}@punix:{case.path('c')}"
    daemon = case.daemon(f"--remote={spec}", "--queue=69640")
    lazy = case.connect(case.path("c"), fmt)
    busy = case.connect(case.path("c"), fmt)
    plk.sync(wire, lazy, busy)
    total = 3000
    slowest = 0.0
    for first in range(0, total, 10):
        batch = [plk.frame(i, 60 + i % 1455) for i in range(first, first + 10)]
        wire.send(*batch)
        began = time.monotonic()
        busy.expect(batch, "the client that reads")
        slowest = max(slowest, time.monotonic() - began)
    plk.check(slowest < 1.0, f"the client that reads waited {slowest:.2f} s")
    # Now the lazy one wakes up. What it gets is whole frames in order, and then everything new.
    seen = lazy.drain(0.3)
    numbers = [plk.number_of(data) for data in seen]
    plk.check(0 < len(seen) < total, f"the lazy client got {len(seen)} of {total} frames")
    plk.check(numbers == sorted(set(numbers)), "the lazy client got frames out of order or twice")
    for data in seen:
        number = plk.number_of(data)
        plk.equal(data, plk.frame(number, 60 + number % 1455), f"frame {number} of the lazy client")
    late = [plk.frame(i, 1000) for i in range(5000, 5020)]
    wire.send(*late)
    lazy.expect(late, "the lazy client after it woke up")
    busy.expect(late, "the client that reads")
    daemon.stop()
    lazy.wait_closed()


def test_stalled_capture_qemu(case):
    check_stalled(case, "capture", plk.QEMU)


def test_stalled_capture_vnet(case):
    check_stalled(case, "capture", plk.VNET12)


def test_stalled_attach(case):
    check_stalled(case, "attach", plk.QEMU)


def test_stop_with_stalled_client(case):
    """Also with a full queue the daemon ends within a second; a frame can be torn by that only at the very end."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", "--queue=69640")
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    for i in range(1000):
        wire.send(plk.frame(i, 1514))
    time.sleep(0.1)
    daemon.stop()
    numbers = []
    try:
        while True:
            data = client.recv()
            number = plk.number_of(data)
            plk.equal(data, plk.frame(number, 1514), f"frame {number}")
            numbers.append(number)
    except plk.Closed:
        pass
    plk.check(len(numbers) > 0 and numbers == sorted(set(numbers)), "frames before the end are in order")


if __name__ == "__main__":
    plk.main()
