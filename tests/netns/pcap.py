# SPDX-License-Identifier: BSD-2-Clause
"""A small writer and a reader of pcap and a small strict reader of pcapng, written from the formats' public descriptions."""

import struct

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101


def pcap(frames, linktype=LINKTYPE_ETHERNET, big_endian=False, nanoseconds=False):
    """The bytes of a pcap file, one frame a millisecond."""
    order = ">" if big_endian else "<"
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, linktype)]
    for i, data in enumerate(frames):
        fraction = i % 1000 * (1_000_000 if nanoseconds else 1000)
        parts.append(struct.pack(order + "IIII", 1_700_000_000 + i // 1000, fraction, len(data), len(data)) + data)
    return b"".join(parts)


def read(data):
    """The frames of a pcap file of this machine's byte order. One that is still being written is no error."""
    if len(data) < 24:
        return []
    magic, major, _, _, _, _, linktype = struct.unpack_from("=IHHiIII", data)
    if (magic, major, linktype) != (0xA1B2C3D4, 2, LINKTYPE_ETHERNET):
        raise ValueError(f"header of the file is {data[:24].hex()}")
    frames = []
    at = 24
    while len(data) - at >= 16:
        captured, original = struct.unpack_from("=II", data, at + 8)
        if captured != original:
            raise ValueError(f"frame {len(frames)} has {captured} of {original} bytes")
        if len(data) - at - 16 < captured:
            break
        frames.append(data[at + 16 : at + 16 + captured])
        at += 16 + captured
    return frames


def pcapng(frames, linktype=LINKTYPE_ETHERNET):
    """The bytes of a pcapng file: one section, one interface."""

    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)

    parts = [block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)), block(1, struct.pack("<HHI", linktype, 0, 0))]
    for i, data in enumerate(frames):
        at = 1_700_000_000_000_000 + i * 1000
        parts.append(block(6, struct.pack("<IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(data), len(data)) + data))
    return b"".join(parts)


class Pcapng:
    """A pcapng stream: frames as (nanoseconds, bytes, original length), with the direction bits of each in flows, and
    interfaces as (linktype, snaplen, options)."""

    def __init__(self, data=None):
        self.frames = []
        self.flows = []
        self.interfaces = []
        self.sections = 0
        if data is not None:
            self._whole(data)

    def _whole(self, data):
        at = 0
        while at < len(data):
            if len(data) - at < 12:
                raise ValueError(f"{len(data) - at} bytes are left at {at}")
            kind, length = struct.unpack_from("<II", data, at)
            if length % 4 or length < 12 or length > len(data) - at:
                raise ValueError(f"block of {length} bytes at {at} of {len(data)}")
            if struct.unpack_from("<I", data, at + length - 4)[0] != length:
                raise ValueError(f"block at {at} has two lengths")
            self.block(kind, data[at + 8 : at + length - 4], at)
            at += length
        if not self.sections:
            raise ValueError("no section header")

    def block(self, kind, body, at):
        """Reads one block, which stood at an offset."""
        if kind == 0x0A0D0D0A:
            magic, major = struct.unpack_from("<IH", body)
            if magic != 0x1A2B3C4D or major != 1:
                raise ValueError(f"section header at {at} is {body[:8].hex()}")
            self.sections += 1
            self.interfaces = []
        elif not self.sections:
            raise ValueError(f"block of type {kind} before the section header")
        elif kind == 1:
            linktype, _, snaplen = struct.unpack_from("<HHI", body)
            self.interfaces.append((linktype, snaplen, self._options(body[8:])))
        elif kind == 6:
            number, high, low, captured, original = struct.unpack_from("<IIIII", body)
            options = self.interfaces[number][2]
            resolution = options.get(9, b"\6")[0]
            if resolution & 0x80:
                raise ValueError("timestamps in powers of two")
            self.frames.append(((high << 32 | low) * 10 ** (9 - resolution), body[20 : 20 + captured], original))
            if 20 + captured > len(body):
                raise ValueError(f"packet block at {at} is longer than itself")
            options = self._options(body[20 + captured + -captured % 4 :])
            self.flows.append(struct.unpack("<I", options[2])[0] & 3 if 2 in options else 0)

    @staticmethod
    def _options(body):
        options = {}
        at = 0
        while at < len(body):
            code, length = struct.unpack_from("<HH", body, at)
            if code == 0:
                break
            if at + 4 + length > len(body):
                raise ValueError(f"option {code} is longer than its block")
            options[code] = body[at + 4 : at + 4 + length]
            at += 4 + length + -length % 4
        return options
