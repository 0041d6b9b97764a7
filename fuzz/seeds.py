#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Make the seeds of the harnesses whose input is not plain text, in fuzz/corpus.

seeds.py writes them; seeds.py --check fails if one is missing or differs. Other files in the corpus stay as they are:
text seeds, which were written by hand, and findings.
"""
import pathlib
import re
import struct
import sys

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
MSG_H = CORPUS.parent.parent / "src" / "ipc" / "msg.h"

ETHER = bytes.fromhex("020000000001" "020000000002")
IP4 = bytes.fromhex("45000021123440004011" "3c5c" "c0000201" "c6336407")
IP4_TCP = bytes.fromhex("4500002e123440004006" "3c5a" "c0000201" "c6336407")
IP6 = bytes.fromhex("60000000000a1140" "20010db8000000000000000000000001" "20010db8000000000000000000000002")
UDP = bytes.fromhex("12340035000d") + bytes.fromhex("ec5a") + b"hello"
TCP = bytes.fromhex("9c4001bb01020304000000006002faf0") + bytes.fromhex("ec5c0000" "020405b4") + b"ab"
UDP_ZERO = bytes.fromhex("00010002000a5b90a462")
TAG = bytes.fromhex("81002064")

UDP4 = ETHER + b"\x08\x00" + IP4 + UDP
TCP4 = ETHER + b"\x08\x00" + IP4_TCP + TCP
TCP4_VLAN = ETHER + TAG + b"\x08\x00" + IP4_TCP + TCP
TCP4_QINQ = ETHER + b"\x88\xa8\x0f\xff" + TAG + b"\x08\x00" + IP4_TCP + TCP
UDP6 = ETHER + b"\x86\xdd" + IP6 + UDP_ZERO
ARP = ETHER + bytes.fromhex("0806" "0001080006040001") + bytes(20)
ARP_MINE = ARP[:22] + ETHER[6:] + ARP[28:]
ARP_OTHER = ARP[:22] + b"\x02\0\0\0\0\x0a" + ARP[28:]


def vnet(flags=0, gso=0, hdr_len=0, gso_size=0, start=0, offset=0, buffers=None, tail=b""):
    """A virtio-net header of 10 bytes, or of 12 with num_buffers."""
    head = struct.pack("=BBHHHH", flags, gso, hdr_len, gso_size, start, offset)
    return head + (b"" if buffers is None else struct.pack("=H", buffers)) + tail


def qemu(frame):
    return struct.pack(">I", len(frame)) + frame


def qemu_vnet(header, frame):
    return struct.pack(">II", len(header) + len(frame), len(header)) + header + frame


def streams():
    """Streams by name: the index of the header size in the harness, and the bytes."""
    h12 = vnet(1, 1, 54, 1448, 34, 16, 0)
    return {
        "qemu-one": (0, qemu(ARP)),
        "qemu-shortest": (0, qemu(ETHER + b"\x88\xb5")),
        "qemu-three": (0, qemu(UDP4) + qemu(TCP4) + qemu(ARP)),
        "qemu-torn-prefix": (0, qemu(ARP) + b"\0\0\0"),
        "qemu-torn-frame": (0, qemu(ARP) + qemu(UDP4)[:-1]),
        "qemu-length-0": (0, qemu(ARP) + bytes(4)),
        "qemu-length-13": (0, struct.pack(">I", 13) + bytes(13)),
        "qemu-length-65536": (0, struct.pack(">I", 65536)),
        "qemu-length-4-gib": (0, b"\xff" * 4),
        "qemu-little-endian": (0, struct.pack("<I", len(ARP)) + ARP),
        "qemu-longest": (0x80, struct.pack(">I", 65535)),
        "vnet-10": (1, qemu_vnet(vnet(), ARP)),
        "vnet-12": (2, qemu_vnet(vnet(buffers=1), ARP) + qemu_vnet(h12, TCP4)),
        "vnet-20": (3, qemu_vnet(vnet(buffers=1, tail=bytes(8)), ARP)),
        "vnet-no-header": (2, qemu_vnet(b"", ARP) + qemu_vnet(h12, TCP4)),
        "vnet-other-size": (2, qemu_vnet(vnet(), ARP)),
        "vnet-n-below-h": (3, struct.pack(">II", 19, 20) + bytes(33)),
        "vnet-n-33": (3, struct.pack(">II", 33, 20) + bytes(33)),
        "vnet-torn-prefix": (2, qemu_vnet(h12, TCP4) + struct.pack(">I", 72) + b"\0\0\0"),
        "vnet-length-69633": (2, struct.pack(">II", 69633, 12)),
        "vnet-longest": (0x82, struct.pack(">II", 69632, 12)),
        "vnet-longest-no-header": (0x82, struct.pack(">II", 69632, 0)),
        "vnet-read-as-qemu": (0, qemu_vnet(h12, TCP4)),
        "qemu-read-as-vnet": (2, qemu(ARP)),
        "nothing": (0, b""),
    }


def frame_seeds():
    return {name: bytes([how]) + stream for name, (how, stream) in streams().items()}


def deframer_seeds():
    chunks = {"whole": b"", "bytes": b"\x01", "mixed": b"\x03\x01\x00\x08\x80", "halves": b"\x25"}
    seeds = {}
    for name, (how, stream) in streams().items():
        for cut, lengths in chunks.items():
            if cut == "whole" or name in ("qemu-three", "vnet-12", "qemu-longest", "vnet-torn-prefix", "qemu-length-0"):
                seeds[name + "-" + cut] = bytes([how, len(lengths)]) + lengths + stream
    return seeds


def headers():
    """Headers by name, with the frame that they stand before."""
    return {
        "none-arp": (vnet(), ARP),
        "data-valid": (vnet(2), UDP4),
        "csum-udp4": (vnet(1, 0, 0, 0, 34, 6), UDP4),
        "csum-tcp4": (vnet(1, 0, 0, 0, 34, 16), TCP4),
        "csum-udp6-zero": (vnet(1, 0, 0, 0, 54, 6), UDP6),
        "csum-vlan": (vnet(1, 0, 0, 0, 38, 16), TCP4_VLAN),
        "csum-qinq": (vnet(1, 0, 0, 0, 42, 16), TCP4_QINQ),
        "csum-in-ip-header": (vnet(1, 0, 0, 0, 14, 10), UDP4),
        "csum-in-ip6-header": (vnet(1, 0, 0, 0, 34, 6), UDP6),
        "csum-in-vlan-tag": (vnet(1, 0, 0, 0, 14, 0), TCP4_VLAN),
        "csum-at-the-end": (vnet(1, 0, 0, 0, 45, 0), UDP4),
        "csum-beyond": (vnet(1, 0, 0, 0, 46, 0), UDP4),
        "csum-far-beyond": (vnet(1, 0, 0, 0, 0xFFFF, 0xFFFF), UDP4),
        "tso4": (vnet(1, 1, 54, 1448, 34, 16), TCP4),
        "tso4-ecn": (vnet(1, 0x81, 54, 1448, 34, 16), TCP4),
        "tso4-vlan": (vnet(1, 1, 2950, 1448, 38, 16), TCP4_VLAN),
        "tso6": (vnet(1, 4, 74, 1428, 54, 16), ETHER + b"\x86\xdd" + IP6[:6] + b"\x06" + IP6[7:] + TCP),
        "tso6-on-udp": (vnet(1, 4, 74, 1428, 54, 16), UDP6),
        "uso": (vnet(1, 5, 42, 1472, 34, 6), UDP4),
        "ufo": (vnet(1, 3, 42, 1472, 34, 6), UDP4),
        "tso4-tiny": (vnet(1, 1, 54, 47, 34, 16), TCP4),
        "tso4-no-csum": (vnet(0, 1, 54, 1448, 34, 16), TCP4),
        "tso4-offset-4": (vnet(1, 1, 54, 1448, 34, 16), TCP4[:46] + b"\x40" + TCP4[47:]),
        "tso4-offset-15": (vnet(1, 1, 54, 1448, 34, 16), TCP4[:46] + b"\xf0" + TCP4[47:]),
        "tso4-on-udp": (vnet(1, 1, 54, 1448, 34, 6), UDP4),
        "tso4-on-ip6": (vnet(1, 1, 54, 1448, 54, 16), ETHER + b"\x86\xdd" + IP6[:6] + b"\x06" + IP6[7:] + TCP),
        "tso4-on-fragment": (vnet(1, 1, 54, 1448, 34, 16), FRAGMENT4[:23] + b"\x06" + FRAGMENT4[24:34] + TCP),
        "tso6-extensions": (vnet(1, 4, 0, 1400, 94, 16), TCP6_EXTENSIONS),
        "csum-in-extension": (vnet(1, 0, 0, 0, 62, 16), TCP6_EXTENSIONS),
        "csum-of-tcp-elsewhere": (vnet(1, 0, 0, 0, 34, 0), TCP4),
        "csum-within-udp": (vnet(1, 0, 0, 0, 42, 0), UDP4),
        "flags-rsc": (vnet(4), ARP),
        "all-ones": (b"\xff" * 10, UDP4),
        "no-frame": (vnet(1, 1, 54, 1448, 34, 16), b""),
    }


OPTIONS = b"\0\x01\x04\0\0\0\0"  # of IPv6, but for their first byte
ROUTING = b"\x02\x04\0\0\0\0\0" + IP6[-16:]
TCP6_EXTENSIONS = ETHER + b"\x86\xdd" + IP6[:6] + b"\0" + IP6[7:] + b"\x2b" + OPTIONS + b"\x3c" + ROUTING + b"\x06" + OPTIONS + TCP
FRAGMENT6 = ETHER + b"\x86\xdd" + IP6[:6] + b"\x2c" + IP6[7:] + b"\x11\0\0\x01\0\0\0\x07" + UDP_ZERO
FRAGMENT4 = ETHER + b"\x08\x00" + IP4[:6] + b"\x20" + IP4[7:] + UDP
TCP4_OPTIONS = ETHER + b"\x08\x00" + b"\x46" + IP4_TCP[1:] + b"\x94\x04\0\0" + TCP


def layers_seeds():
    return {
        "arp": ARP,
        "udp4": UDP4,
        "udp6": UDP6,
        "tcp4-vlan": TCP4_VLAN,
        "tcp4-qinq": TCP4_QINQ,
        "tcp4-options": TCP4_OPTIONS,
        "tcp6-extensions": TCP6_EXTENSIONS,
        "fragment4": FRAGMENT4,
        "fragment6": FRAGMENT6,
        "many-tags": ETHER + TAG * 40 + b"\x08\x00" + IP4 + UDP,
        "ends-in-tag": TCP4_VLAN[:16],
        "ends-in-ip4": UDP4[:33],
        "ends-in-ip4-options": TCP4_OPTIONS[:37],
        "ends-in-ip6": UDP6[:53],
        "ends-in-extension": TCP6_EXTENSIONS[:70],
        "ip4-header-16": UDP4[:14] + b"\x44" + UDP4[15:],
        "ip6-behind-ip4": ETHER + b"\x08\x00" + IP6 + UDP,
        "ip4-behind-ip6": ETHER + b"\x86\xdd" + IP4 + UDP * 4,
        "extensions-without-end": ETHER + b"\x86\xdd" + IP6[:6] + b"\0" + IP6[7:] + (b"\0" + OPTIONS) * 20,
    }


SNAP = b"\xaa\xaa\3\0\0\0"
OTHER = b"\x02\0\0\0\0\x0a"
LINK6 = b"\xfe\x80" + bytes(13) + b"\x0a"
SOLICITATION = bytes.fromhex("8700abcd00000000") + LINK6
ADVERTISEMENT = bytes.fromhex("8800abcd20000000") + LINK6
REDIRECT = bytes.fromhex("8900abcd00000000") + LINK6 * 2
NONCE = b"\x0e\1abcdef"


def icmp6(message, length=None, extension=b"", next_header=58, ether=ETHER):
    """An IPv6 frame of ICMPv6, behind extension headers that end with it."""
    length = len(extension + message) if length is None else length
    return ether + b"\x86\xdd" + IP6[:4] + struct.pack(">HBB", length, next_header, 255) + IP6[8:] + extension + message


def claims_seeds():
    """The harness takes flags, csum_start and csum_offset, a byte each, before the frame."""
    sends = SOLICITATION + b"\1\1" + OTHER
    says = ADVERTISEMENT + b"\2\1" + OTHER
    fragment = b"\x3a\0\0\1\0\0\0\7"
    frames = {
        "arp": ARP,
        "arp-behind-tags": ETHER + TAG * 3 + ARP[12:],
        "arp-behind-priority-and-tag": ETHER + b"\x81\0\0\0" + TAG + ARP[12:],
        "arp-behind-old-tag": ETHER + b"\x91\0\0\x64" + ARP[12:],
        "arp-behind-snap": ETHER + struct.pack(">H", 36) + SNAP + ARP[12:],
        "arp-cut": ARP[:41],
        "arp-hardware-length-8": ARP[:18] + b"\x08" + ARP[19:] + bytes(8),
        "arp-hardware-6": ARP[:15] + b"\6" + ARP[16:],
        "rarp": ETHER + b"\x80\x35" + ARP[14:],
        "solicitation": icmp6(sends),
        "solicitation-two-sources": icmp6(sends + NONCE + b"\1\1" + OTHER),
        "advertisement": icmp6(says),
        "advertisement-padded": icmp6(says) + b"\2\1" + OTHER,
        "advertisement-longer-than-frame": icmp6(says, 40),
        "advertisement-in-padding": icmp6(says, 0),
        "advertisement-option-0": icmp6(ADVERTISEMENT + b"\2\0" + OTHER),
        "advertisement-option-cut": icmp6(says + NONCE[:4]),
        "advertisement-option-of-two": icmp6(ADVERTISEMENT + b"\2\2" + OTHER + bytes(8)),
        "advertisement-behind-options": icmp6(says, extension=b"\x3a" + OPTIONS, next_header=60),
        "advertisement-behind-routing": icmp6(says, extension=b"\x3a" + ROUTING, next_header=43),
        "advertisement-in-fragment": icmp6(says, extension=fragment, next_header=44),
        "options-in-fragment": icmp6(says, extension=b"\x3c" + fragment[1:] + b"\x3a" + OPTIONS, next_header=44),
        "echo-in-later-fragment": icmp6(says, extension=b"\x3a\0\0\x08\0\0\0\7", next_header=44),
        "redirect": icmp6(REDIRECT + b"\2\1" + OTHER),
        "router-advertisement": icmp6(bytes.fromhex("8600abcd40000708" "0000000000000000" "05010000000005dc") + b"\1\1" + OTHER),
        "router-solicitation": icmp6(bytes.fromhex("8500abcd00000000")),
        "echo": icmp6(bytes.fromhex("8000abcd00000000")),
        "udp6": UDP6,
        "tcp4-vlan": TCP4_VLAN,
        "ends-in-tag": TCP4_VLAN[:16],
        "vlan-4095": ETHER + b"\x81\0\xff\xff\x08\0",
        "short": ETHER,
    }
    seeds = {name: bytes(3) + frame for name, frame in frames.items()}
    seeds["csum-over-arp-sender"] = bytes([1, 14, 8]) + ARP
    seeds["csum-over-option"] = bytes([1, 54, 26]) + icmp6(says)
    seeds["csum-over-type"] = bytes([1, 54, 0]) + icmp6(b"\x80" + says[1:])
    seeds["csum-of-icmp6"] = bytes([1, 54, 2]) + icmp6(says)
    seeds["csum-in-snap"] = bytes([1, 14, 6]) + ETHER + struct.pack(">H", 36) + SNAP + bytes(2) + ARP[14:]
    return seeds


def vnet_seeds():
    seeds = {name: bytes([len(h)]) + h + frame for name, (h, frame) in headers().items()}
    seeds["size-0"] = b"\0" + TCP4
    seeds["size-11"] = b"\x0b" + bytes(11) + ARP
    seeds["size-12"] = b"\x0c" + vnet(1, 1, 54, 1448, 34, 16, 1) + TCP4
    seeds["size-20"] = b"\x14" + vnet(1, 1, 54, 1448, 34, 16, 1, b"hashhash") + TCP4
    return seeds


def restore_seeds():
    seeds = {}
    for name, (h, frame) in headers().items():
        seeds[name] = bytes(5) + h + frame
        seeds[name + "-tagged"] = b"\x01" + TAG + h + frame
    seeds["ethernet-header"] = b"\x01" + TAG + vnet() + ARP[:14]
    seeds["no-ethernet-header"] = b"\x01" + TAG + vnet() + ARP[:13]
    seeds["csum-start-wraps-when-tagged"] = b"\x81" + TAG + vnet(1, 0, 0, 0, 65532, 6) + UDP4
    seeds["csum-start-65535-when-tagged"] = b"\x81" + TAG + vnet(1, 0, 0, 0, 65531, 6) + UDP4
    seeds["hdr-len-wraps"] = b"\x80" + TAG + vnet(1, 5, 0, 1448, 65528, 6) + UDP4
    return seeds


def superframe(frame, length):
    """A frame with more payload, up to length bytes."""
    return frame + bytes((i * 7 + 1) & 0xFF for i in range(length - len(frame)))


def segment_seeds():
    tcp6 = ETHER + b"\x86\xdd" + IP6[:6] + b"\x06" + IP6[7:] + TCP
    jumbo = ETHER + b"\x86\xdd" + IP6[:4] + b"\0\0\0" + IP6[7:] + b"\x06\0\xc2\x04\0\1\0\0" + TCP
    long_options = ETHER + b"\x86\xdd" + IP6[:6] + b"\0" + IP6[7:] + b"\x06\x3f" + bytes(510) + TCP
    frames = {
        "tso4": (vnet(1, 1, 58, 48, 34, 16), TCP4, 300),
        "tso4-whole-pieces": (vnet(1, 1, 58, 64, 34, 16), TCP4, 58 + 128),
        "tso4-ecn": (vnet(1, 0x81, 0, 100, 34, 16), TCP4[:47] + b"\xd9" + TCP4[48:], 400),
        "tso4-options": (vnet(1, 1, 0, 50, 38, 16), TCP4_OPTIONS, 200),
        "tso4-vlan": (vnet(1, 1, 0, 48, 38, 16), TCP4_VLAN, 200),
        "tso4-qinq": (vnet(1, 1, 0, 48, 42, 16), TCP4_QINQ, 200),
        "tso6": (vnet(1, 4, 0, 64, 54, 16), tcp6, 300),
        "tso6-extensions": (vnet(1, 4, 0, 64, 94, 16), TCP6_EXTENSIONS, 400),
        "uso4": (vnet(1, 5, 42, 49, 34, 6), UDP4, 250),
        "uso6": (vnet(1, 5, 62, 48, 54, 6), UDP6, 250),
        "one-piece": (vnet(1, 1, 58, 1448, 34, 16), TCP4, 100),
        "no-payload": (vnet(1, 1, 58, 48, 34, 16), TCP4, 58),
        "not-asked-for": (vnet(1, 0, 0, 0, 34, 16), TCP4, 300),
        "jumbogram": (vnet(1, 4, 0, 64, 62, 16), jumbo, 300),
        "headers-too-long": (vnet(1, 4, 0, 64, 566, 16), long_options, 900),
        "tso4-tiny": (vnet(1, 1, 0, 47, 34, 16), TCP4, 300),
        "ufo": (vnet(1, 3, 0, 48, 34, 6), UDP4, 250),
    }
    seeds = {}
    for name, (header, frame, length) in frames.items():
        seeds[name] = bytes(5) + header + superframe(frame, length)
    for name in ("tso4", "tso6-extensions", "uso4"):
        seeds[name + "-tagged"] = b"\x01" + TAG + seeds[name][5:]
        seeds[name + "-partial"] = b"\x02" + seeds[name][1:]
        seeds[name + "-longest"] = b"\x80" + seeds[name][1:]
    seeds["tso4-longest-tagged-partial"] = b"\x83" + TAG + vnet(1, 1, 0, 1448, 34, 16) + superframe(TCP4, 300)
    seeds["tso4-pieces-too-long"] = b"\x80" + bytes(4) + vnet(1, 1, 0, 65500, 34, 16) + superframe(TCP4, 300)
    return seeds


def packet(following, frame, mac=80, snaplen=None, status=1, tci=0, tpid=0, pkttype=0):
    """A packet of a TPACKET_V3 block, padded to 16 bytes."""
    snaplen = len(frame) if snaplen is None else snaplen
    head = struct.pack("=IIIIIIHHIIHHQ", following, 1700000000, 999999999, snaplen, 1514, status, mac, 0, 0, tci, tpid, 0, 0)
    head += struct.pack("=HHIHBB8x", 17, 0x0300, 2, 1, pkttype, 6)
    p = head.ljust(max(mac, 78) - 10, b"\0") + vnet(1, 0, 0, 0, 34, 6) + frame
    return p.ljust((len(p) + 15) // 16 * 16, b"\0")


def block(n, packets, first=48):
    return struct.pack("=II", 3, 48) + struct.pack("=IIII", 1, n, first, 48 + len(packets)) + bytes(24) + packets


def rxblk_seeds():
    one = packet(0, UDP4)
    two = packet(128, UDP4) + packet(0, ARP, status=0x51, tci=100, tpid=0x88A8, pkttype=4)
    return {
        "one": block(1, one),
        "two": block(2, two),
        "none": block(0, b""),
        "unfilled": block(3, packet(128, UDP4, status=0) + packet(0, ARP, status=0)),
        "unfilled-then-one": block(2, packet(128, UDP4, status=0) + one),
        "more-than-there-are": block(0xFFFFFFFF, two),
        "first-beyond": block(1, one, 0xFFFFFFF0),
        "mac-in-address": block(1, packet(0, UDP4, mac=77)),
        "mac-at-once": block(1, packet(0, UDP4, mac=78)),
        "snaplen-beyond": block(1, packet(0, UDP4, snaplen=49)),
        "snaplen-wraps": block(1, packet(0, UDP4, snaplen=0xFFFFFFB0)),
        "next-backwards": block(2, packet(0xFFFFFFD0, UDP4) + one),
        "next-into-itself": block(2, packet(67, UDP4) + one),
        "next-at-the-end": block(2, packet(128, UDP4)),
        "cut": block(2, two)[:-60],
        "header-cut": block(1, one)[:47],
    }


def slot(frame, mac=76, snaplen=None, length=1514, status=1, tci=0, tpid=0, pkttype=0):
    """A slot of a TPACKET_V2 ring."""
    snaplen = len(frame) if snaplen is None else snaplen
    head = struct.pack("=IIIHHIIHH4x", status, length, snaplen, mac, 0, 1700000000, 999999999, tci, tpid)
    head += struct.pack("=HHIHBB8x", 17, 0x0300, 2, 1, pkttype, 6)
    return head.ljust(max(mac, 62) - 10, b"\0") + vnet(1, 0, 0, 0, 34, 6) + frame


def rxslot_seeds():
    return {
        "plain": slot(UDP4),
        "tagged": slot(ARP, status=0x51, tci=100, tpid=0x88A8, pkttype=4),
        "empty": slot(b"", length=0),
        "mac-in-address": slot(UDP4, mac=61),
        "mac-at-once": slot(UDP4, mac=62),
        "mac-beyond": slot(UDP4, mac=62)[:12] + b"\xff\xff" + slot(UDP4)[14:],
        "snaplen-beyond": slot(UDP4, snaplen=len(UDP4) + 1),
        "snaplen-wraps": slot(UDP4, snaplen=0xFFFFFFB4),
        "header-cut": slot(UDP4)[:51],
        "headers-only": slot(UDP4)[:52],
    }


def insn(code, k=0, jt=0, jf=0):
    return struct.pack("=HBBI", code, jt, jf, k)


def bpf_seeds():
    """Programs of a socket filter."""
    take, nothing = insn(6, 262144), insn(6)
    vlan = insn(0x30, 0xFFFFF030) + insn(0x15, 1, 3) + insn(0x28, 12) + insn(0x15, 0x8100, 1) + insn(0x15, 0x88A8, 0, 1)
    port = insn(0x28, 12) + insn(0x15, 0x800, 0, 8) + insn(0x30, 23) + insn(0x15, 6, 0, 6) + insn(0x28, 20)
    port += insn(0x45, 0x1FFF, 4) + insn(0xB1, 14) + insn(0x48, 16) + insn(0x15, 80, 0, 1)
    cells = insn(0, 4) + insn(2, 1) + insn(0x61, 1) + insn(0x40, 12) + insn(0x0C) + insn(7) + insn(3, 15)
    return {
        "nothing": b"",
        "take": take,
        "take-nothing": nothing,
        "vlan": vlan + take + nothing,
        "tcp-port-80": port + take + nothing,
        "cells": cells + take,
        "divide-by-x": insn(0x3C) + insn(0x9C) + insn(0x6C) + insn(0x7C) + take,
        "divide-by-0": insn(0x34) + take,
        "shift-by-32": insn(0x64, 32) + take,
        "cell-16": insn(2, 16) + take,
        "jump-beyond": insn(5, 1) + take,
        "jump-back": take + insn(5, 0xFFFFFFFE) + take,
        "jump-over-all": insn(0x15, 0, 255, 255) + nothing * 255 + take,
        "return-what-was-computed": insn(0x16),
        "no-return": insn(0, 1),
        "code-beyond-a-byte": insn(0x106) + take,
        "half-an-instruction": take + take[:4],
        "longest": nothing * 4087,
        "one-too-many": nothing * 4091,
    }


def message(type_, fields=b""):
    return bytes([type_]) + fields


def msg_seeds():
    """Message types by number, in the order of PLK_MSG_TABLE; and runs of messages for the rules."""
    t = TYPES
    path = b"/run/pktlock/eth0.sock".ljust(108, b"\0")
    name = b"eth0".ljust(16, b"\0")
    seeds = {
        "channel": message(t["CHANNEL"], b"\x02"),
        "channel-peer-3": message(t["CHANNEL"], b"\x03"),
        "tap": message(t["TAP"], struct.pack("=IB", 1048575, 2)),
        "tap-number-1048576": message(t["TAP"], struct.pack("=IB", 1048576, 0)),
        "worker-died": message(t["WORKER_DIED"], struct.pack("=II", 139, 100)),
        "empty-message-falls-through": message(t["RELOAD"]),
        "stop": message(t["STOP"], b"\1"),
        "stop-keep-2": message(t["STOP"], b"\2"),
        "stop-one-long": message(t["STOP"], b"\0\0"),
        "unstore": message(t["UNSTORE"], b"client.0".ljust(248, b"\0")),
        "unstore-full": message(t["UNSTORE"], b"~" * 247 + b"\0"),
        "reason-control": message(t["REASON"], b"two\nlines".ljust(256, b"\0")),
        "exit": message(t["EXIT"]),
        "exit-one-long": message(t["EXIT"], b"\0"),
        "listen-control": message(t["LISTEN_CONTROL"], path),
        "listen-control-one-long": message(t["LISTEN_CONTROL"], path + b"\0"),
        "status": message(t["STATUS"], struct.pack("=IQ", 1024, 2**64 - 1)),
        "status-clients-1025": message(t["STATUS"], struct.pack("=IQ", 1025, 0)),
        "stopped": message(t["STOPPED"], struct.pack("=IQQQ", 2**31 - 1, 1, 2, 3)),
        "stopped-index-too-large": message(t["STOPPED"], struct.pack("=IQQQ", 2**31, 1, 2, 3)),
        "iface-name": message(t["IFACE_NAME"], name),
        "iface-name-no-nul": message(t["IFACE_NAME"], b"x" * 16),
        "iface-name-control": message(t["IFACE_NAME"], b"e\n".ljust(16, b"\0")),
        "iface-name-after-nul": message(t["IFACE_NAME"], b"e\0e".ljust(16, b"\0")),
        "listen-unix": message(t["LISTEN_UNIX"], struct.pack("=H", 63) + path),
        "listen-unix-port-64": message(t["LISTEN_UNIX"], struct.pack("=H", 64) + path),
        "listen-unix-one-short": message(t["LISTEN_UNIX"], struct.pack("=H", 63) + path)[:-1],
        "listen-tcp": message(t["LISTEN_TCP"], struct.pack("=HB16s16sH", 0, 1, b"\xfe\x80", name, 65535)),
        "type-0": message(0),
        "type-255": message(255),
        "nothing": b"",
        "rules-broker-start-to-end": bytes([4, 0, t["CONFINE"], 0, 4, 1, t["IFACE_NAME"], 0, 4, 2, t["OPEN"], 0, 4, 2, t["SEAL"], 0, 4, 3, t["BIND"], 0]),
        "rules-once-twice": bytes([1, 2, t["STOP"], 0, 1, 2, t["STOP"], 0]),
        "rules-descriptor-missing": bytes([0, 0, t["TAP"], 0]),
        "rules-descriptor-given": bytes([0, 0, t["TAP"], 1, 0, 0, t["TAP"], 1]),
        "rules-supervisor-start-to-end": bytes([3, 0, t["WORKER_WANTED"], 0, 3, 0, t["READY"], 0, 3, 3, t["STATUS"], 0, 3, 4, t["STORE"], 1, 3, 4, t["STORE"], 1, 3, 4, t["STOPPED"], 0]),
        "rules-store-while-it-runs": bytes([3, 3, t["STORE"], 1]),
        "rules-wrong-channel": bytes([8, 1, t["CONFINE"], 0]),
        "rules-shift-by-type-255": bytes([4, 1, 255, 0, 4, 1, 64, 0, 4, 1, 63, 0]),
    }
    for type_ in range(1, len(TYPES) + 1):  # the harness makes them as long as they must be
        seeds["zeros-of-type-%02d" % type_] = message(type_)
    return seeds


def boundary_seeds():
    record, block, take = 0x80 | 6, 0xc0 | 16, 0x7f
    return {
        "qemu": bytes([0, record, record, 17, 1, 30, record, 3]),
        "vnet": bytes([1, record, 8, record, 9, 60, record]),
        "pcapng": bytes([2, block, record, block, 5, 40, take]),
        "around": bytes([0] + [0xbf, 74, 0xbf, 60] * 8),
        "full": bytes([2] + [0xbf] * 5 + [take] * 4),
    }


def stored_seeds():
    return {
        "client": b"pktlock.client.0123456789abcdef",
        "client-upper": b"pktlock.client.0123456789ABCDEF",
        "client-short": b"pktlock.client.0123456789abcde",
        "stop": b"pktlock.stop.7.1000.2000.123456789012345",
        "stop-most": b"pktlock.stop.2147483647.18446744073709551615.18446744073709551615.18446744073709551615",
        "stop-too-much": b"pktlock.stop.2147483648.0.0.0",
        "stop-zero": b"pktlock.stop.0.0.0.0",
        "stop-few": b"pktlock.stop.7.1.2",
        "stop-many": b"pktlock.stop.7.1.2.3.4",
        "stop-leading-zero": b"pktlock.stop.7.01.2.3",
        "other": b"pktlock.state",
        "none": b"",
    }


def fdb_learn(address, owner):
    return bytes([0, address, owner])


def fdb_seeds():
    bucket = b"".join(fdb_learn(i, i) for i in range(4))
    return {
        "move": fdb_learn(5, 1) + fdb_learn(5, 2) + fdb_learn(5, 7) + fdb_learn(5, 1),
        "same-again": fdb_learn(5, 1) * 2 + fdb_learn(37, 1) + fdb_learn(5, 1) + fdb_learn(69, 1),
        "group": fdb_learn(96, 1),
        "leaves": fdb_learn(5, 1) + fdb_learn(6, 2) + bytes([2, 1]) + fdb_learn(5, 2) + bytes([2, 7]),
        "age": fdb_learn(5, 1) + bytes([3, 30]) + fdb_learn(6, 1) + bytes([3, 1]) + fdb_learn(6, 1) + bytes([3, 31]),
        "spoke-in-time": (fdb_learn(5, 1) + bytes([3, 29])) * 4,
        "full": bucket + fdb_learn(4, 4),
        "greatest-gives-way": bucket + fdb_learn(32, 0) + fdb_learn(33, 0) + fdb_learn(4, 4),
        "oldest-gives-way": b"".join(fdb_learn(i, 7) + bytes([3, 1]) for i in (3, 1, 0, 2)) + fdb_learn(3, 7) + fdb_learn(9, 0),
        "own-gives-way": bucket + fdb_learn(4, 3) + fdb_learn(3, 3),
        "flood": b"".join(fdb_learn(i % 96, 6) for i in range(300)) + bucket,
    }


def cmdline_seeds():
    base = ["--interface=eth0", "--remote=capture@pfd:3"]
    lines = {
        "minimal": base,
        "separate-values": ["--interface", "tapfd:3", "--remote", "attach,rate=9:9@sd:x"],
        "every-option": base + ["--clients=1024", "--queue=69640", "--log-level=debug", "--check", "--filter=ip"],
        "many-ports": base + ["--remote=inject@ptcp:0:[::1]", "--remote", "capture,format=pcapng@punix:/run/a"],
        "too-many-ports": base + ["--remote=capture@sd:a"] * 64,
        "help": ["--help"],
        "version-wins": ["--version", "--nope"],
        "control": base + ["--control=punix:/run/c", "--control-uid=0+1000", "--control-gid", "7"],
        "control-alone": ["--interface=eth0", "--control", "sd:control"],
        "control-tcp": base + ["--control=ptcp:7"],
        "control-active": base + ["--control=unix:/run/c"],
        "control-path": base + ["--control=/run/c"],
        "control-uid-without": base + ["--control-uid=1"],
        "control-uid-many": base + ["--control=pfd:9", "--control-uid=" + "+".join(["1"] * 33)],
        "remotes-file": ["--interface=eth0", "--remotes-file=/etc/pktlock/eth0.remotes", "--remote-dir=/run/pktlock"],
        "remotes-file-relative": base + ["--remotes-file", "eth0.remotes"],
        "too-many-directories": base + ["--remote-dir=/a"] * 17,
        "filter": base + ["--filter", "tcp port 80"],
        "filter-alone": ["--filter", "tcp port 80"],
        "filter-blank": base + ["--filter=  "],
        "filter-control": base + ["--filter=tcp\tport 80"],
        "filter-too-long": base + ["--filter=" + "x" * 4096],
        "filter-longest": base + ["--filter=" + "x" * 4095],
        "twice": base + ["--interface=eth1"],
        "no-value": ["--interface"],
        "value-of-help": ["--help=1"],
        "unknown": ["--nope"],
        "operand": ["eth0"],
        "empty-argument": [""],
        "fd-out-of-range": ["--interface=eth0", "--remote", "capture@pfd:4294967299"],
        "clients-0": base + ["--clients=0"],
        "option-as-value": ["--interface", "--remote", "--remote=capture@pfd:3"],
        "nothing": [],
    }
    return {name: b"".join(arg.encode() + b"\0" for arg in line) for name, line in lines.items()}


# Steps of a process between hostile peers: see hostile.h.
FD_STREAM, FD_PIPE, FD_MEMORY, FD_LISTENER, FD_TCP, FD_TWO, FD_FIVE = range(1, 8)
EVENT_TIME, EVENT_DEAF, EVENT_CLOSE, EVENT_BYTES, EVENT_SHUTDOWN, EVENT_READ, EVENT_CONNECT, EVENT_STARVE, EVENT_OWN = range(9)


def msg_types():
    """Message types by name, as PLK_MSG_TABLE has them."""
    table = MSG_H.read_text().split("#define PLK_MSG_TABLE", 1)[1].split("\n\n", 1)[0]
    return {name: i + 1 for i, name in enumerate(re.findall(r"^\t[PE]\((\w+)", table, re.M))}


TYPES = msg_types()


def words(*indexes):
    return b"".join(bytes([0, i]) for i in indexes)


def word_with(index, descriptor):
    return bytes([descriptor << 3, index])


def fitting(channel, name, fields=b"", descriptor=0, whole=None):
    """@whole: how long the fields are in the message; what is missing is zero."""
    return bytes([0x40 | descriptor << 3 | channel, TYPES[name]]) + fields + bytes((whole or len(fields)) - len(fields))


def raw(channel, data, descriptor=0):
    return bytes([0x80 | descriptor << 3 | channel, len(data)]) + data


def event(which, *values):
    return bytes([0xC0 | which, *values])


GATES = range(1, 9)  # enum gate in fakes.h; gate-N is a seed in which that one cannot be closed


def with_gate(seeds):
    """The second byte of an input says which gate cannot be closed."""
    return {name: s[:1] + bytes([int(name[5]) if name.startswith("gate-") else 0]) + s[1:] for name, s in seeds.items()}


def broker_seeds():
    """Indexes are those of the table in broker_fuzz.c; channels: 0 supervisor, 1 front."""
    confine = words(24, 25, 26, 27)
    start = confine + words(*range(11))
    run = start + words(11, 12, 13)
    run_open = words(33, 34) + run
    link, fails = EVENT_OWN, EVENT_OWN + 1
    seeds = {
        "start-to-end": run + words(14, 15, 16, 17),
        "open-without-interface": confine + words(1),
        "bind-without-interface": confine + words(8),
        "listen-without-interface": confine + words(4),
        "handout-without-worker": start + words(12),
        "interface-twice": confine + words(0, 0),
        "interface-macvtap-then-eth0": confine + words(22, 0),
        "interface-loopback": confine + words(23, 1),
        "interface-that-is-none": confine + fitting(1, "IFACE_NAME", b"nope", whole=16) + words(1),
        "interface-tap": words(18) + confine + words(20) + words(3, 10),
        "interface-tap-of-unknown-namespace": words(19) + confine + words(21, 3, 10),
        "taps-too-many": words(*[18] * 9) + confine + words(20),
        "tap-after-start": confine + words(18),
        "open-after-seal": run + words(1),
        "listen-unix-after-seal": run + words(4),
        "listen-tcp-after-seal": run + words(5),
        "target-after-seal": run + words(6),
        "control": confine + words(0, 44) + words(*range(1, 14)),
        "control-twice": confine + words(0, 44, 44),
        "control-after-seal": run + words(44),
        "control-on-relative-path": confine + words(0) + fitting(1, "LISTEN_CONTROL", b"a", whole=108),
        "control-without-interface": confine + words(44),
        "seal-twice": run + words(13),
        "forget-after-seal": run + words(38),
        "silence-after-seal": run + words(40, 41, 8),
        "silence-before-seal": start + words(40),
        "runtime": run_open + words(35, 14, 39, 14, 43, 38, 4, 5, 7, 15),
        "runtime-twice": words(33, 33),
        "runtime-after-confine": confine + words(33),
        "runtime-seal-twice": run_open + words(13),
        "runtime-open": run_open + words(1),
        "runtime-filter": run_open + words(28),
        "runtime-same-port-twice": run_open + words(4),
        "runtime-same-port-again": run_open + words(38, 4, 38, 38, 4),
        "runtime-listen-deeper": run_open + words(36),
        "runtime-target-elsewhere": run_open + words(37),
        "runtime-listen-where-connected": run_open + fitting(1, "LISTEN_UNIX", b"\5\0/srv/x", whole=110),
        "runtime-listen-on-dots": run_open + fitting(1, "LISTEN_UNIX", b"\5\0/run/..", whole=110),
        "runtime-listen-on-directory": run_open + fitting(1, "LISTEN_UNIX", b"\5\0/run/", whole=110),
        "runtime-listen-on-prefix": run_open + fitting(1, "LISTEN_UNIX", b"\5\0/runner", whole=110),
        "runtime-listen-on-relative-path": run_open + fitting(1, "LISTEN_UNIX", b"\5\0run/a", whole=110),
        "runtime-listen-fails": run_open + words(38) + event(fails, 8) + words(4) + event(fails, 0) + words(4),
        "runtime-root": fitting(1, "ALLOW_DIRECTORY", b"/", whole=109) + run_open + fitting(1, "LISTEN_UNIX", b"\5\0/a", whole=110) + fitting(1, "LISTEN_UNIX", b"\6\0/a/b", whole=110),
        "runtime-forget-nothing": run_open + fitting(1, "FORGET", b"\x3f\0"),
        "runtime-forget-before-seal": words(33) + start + words(38),
        "runtime-direction": run_open + words(42, 8, 40, 42) + event(link, 8) + event(link, 48) + words(42, 8),
        "runtime-silence-promisc": run_open + words(16, 41, 16, 9),
        "runtime-silence-while-gone": run_open + words(16) + event(link, 8) + words(40, 41) + event(link, 48) + words(9, 41),
        "runtime-bind-fails": run_open + event(fails, 2) + words(42) + event(fails, 0) + words(42, 40),
        "runtime-silence-promisc-fails": run_open + words(16) + event(fails, 4) + words(41) + event(fails, 0) + words(41),
        "bind-fails-promisc-ends": run + words(16) + event(fails, 2) + words(9, 17),
        "runtime-workers-two": run_open + words(11, 12),
        "directory-not-to-be-made": words(34) + confine,
        "directory-not-to-be-made-no-number-left": event(EVENT_STARVE) + words(34, 27),
        "open-twice": start + words(1, 1),
        "connect-without-target": run + fitting(1, "CONNECT", b"\x09\0"),
        "listen-on-empty-path": start + fitting(1, "LISTEN_UNIX", b"\5\0", whole=110),
        "listen-on-relative-path": start + fitting(1, "LISTEN_UNIX", b"\5\0a", whole=110),
        "listen-elsewhere": start + words(36),
        "target-elsewhere": start + words(37),
        "connect-to-empty-path": start + fitting(1, "TARGET_UNIX", b"", whole=110) + fitting(1, "CONNECT", bytes(2)),
        "interface-before-confine": words(0),
        "confine-twice": confine + words(27),
        "allow-after-confine": confine + words(24),
        "allow-no-directory": event(fails, 8) + confine + words(0),
        "allow-no-number-left": event(EVENT_STARVE) + words(24, 27),
        "allow-directories-too-many": words(*[24] * 82),
        "allow-ports-too-many": words(*[25] * 65),
        "descriptor-with-seal": start + word_with(13, FD_STREAM),
        "five-descriptors": start + word_with(13, FD_FIVE),
        "two-descriptors-with-channel": word_with(11, FD_TWO),
        "channel-to-front-twice": fitting(0, "CHANNEL", b"\0", FD_STREAM),
        "channel-to-broker": fitting(0, "CHANNEL", b"\1", FD_STREAM),
        "channel-that-is-a-pipe": start + word_with(11, FD_PIPE) + words(12),
        "workers-two": run + words(11, 12),
        "empty-datagram": raw(1, b""),
        "empty-datagram-with-descriptor": raw(1, b"", FD_PIPE),
        "descriptor-no-number-left": start + event(EVENT_STARVE) + word_with(13, FD_PIPE),
        "channel-no-number-left": start + event(EVENT_STARVE) + words(11, 12),
        "open-no-number-left": confine + words(0) + event(EVENT_STARVE) + words(1),
        "longer-than-any": raw(1, b"")[:1] + b"\xff",
        "one-byte-too-long": raw(1, bytes([TYPES["SEAL"], 0])),
        "type-0": raw(1, b"\0"),
        "type-255": raw(1, b"\xff"),
        "answer-sent-back": start + fitting(1, "DONE", bytes(7)),
        "filter": confine + words(0, 29, 28, 1, 32, 2) + words(*range(3, 14)),
        "filter-in-a-part": confine + words(0, 28, 1, 2, 3),
        "filter-that-jumps-out": confine + words(0, 30, 1),
        "filter-without-return": confine + words(0, 29, 1),
        "filter-without-interface": confine + words(28),
        "filter-after-open": confine + words(0, 1, 28),
        "filter-after-attach": confine + words(0, 2, 28, 1),
        "filter-after-seal": run + words(28),
        "filter-of-nothing": confine + words(0) + fitting(1, "FILTER", b"\0", whole=225) + words(1),
        "filter-part-too-long": confine + words(0) + fitting(1, "FILTER", b"\x1d", whole=225),
        "filter-parts-many": confine + words(0, *[31] * 90),
        "link-down-up": run + event(link, 0) + event(link, 16),
        "link-gone-back": run + event(link, 8) + event(link, 48) + words(8, 9, 10),
        "link-renamed": run + event(link, 64 | 16) + event(link, 0),
        "link-of-others": run + event(link, 17) + words(8, 9) + event(link, 9) + words(8),
        "link-renamed-while-down": run + event(link, 64) + event(link, 51) + words(8, 9),
        "link-carrier": run + event(link, 22) + event(link, 22) + event(link, 16) + event(link, 0) + event(link, 22),
        "link-another-mtu": run + event(link, 23) + event(link, 23) + event(link, 16),
        "link-gone-back-without-carrier": run + event(link, 8) + event(link, 54) + words(8, 9, 10) + event(link, 48),
        "link-renamed-gone-back": run + event(link, 64 | 16) + event(link, 8) + event(link, 64 | 48) + event(link, 48),
        "link-gone-and-ordered": run + event(link, 8) + words(8, 9, 10, 16),
        "link-leaves": run + event(link, 6) + event(link, 8) + event(link, 48),
        "link-news-with-order": run + event(link, 8) + event(link, 48) + words(8, 9, 10),
        "link-moved-and-changes-lost": run + event(fails, 2) + event(link, 128) + event(fails, 0) + words(8, 9, 10),
        "link-changes-lost": run + event(link, 128) + event(link, 8) + event(link, 128),
        "link-changes-lost-before-confine": event(link, 128) + confine,
        "link-changes-lost-before-interface": confine + event(link, 128) + words(0),
        "front-gone": run + event(EVENT_CLOSE, 1) + event(link, 8),
        "front-that-does-not-read": run + event(EVENT_DEAF) + words(*[16, 17] * 16),
        "worker-gone": run + event(EVENT_CLOSE, 2) + words(12),
    }
    for name, bit in {"open": 1, "bind": 2, "promisc": 4, "listen": 8, "connect": 16, "tap": 32, "mac": 64, "find": 128}.items():
        seeds["fails-" + name] = event(fails, bit) + words(19) + run + words(14, 15, 16)
    seeds["fails-tap-of-unknown-namespace"] = event(fails, 64) + words(19) + confine + words(21)
    for gate in GATES:
        seeds["gate-%d" % gate] = confine
    return with_gate({name: b"\0" + steps for name, steps in seeds.items()})


def front_seeds():
    """Indexes are those of the table in front_fuzz.c; channels: 0 supervisor, 1 broker, 2 worker."""
    answer, honest = event(EVENT_OWN), EVENT_OWN + 1
    back = words(9, 10)
    keep = event(honest, 9) + words(37)
    seeds = {  # command line, how many honest answers, steps
        "start-by-steps": (0, 0, answer * 9 + words(5)),
        "start-honest": (0, 31, b""),
        "filter": (5, 31, b""),
        "filter-refused": (5, 1, words(36)),
        "guards": (6, 31, words(0, 22, 23) + answer * 9 + words(5)),
        "guards-refuse": (6, 31, b"".join(fitting(2, "EVENT", struct.pack("=HQQQ", code, port, what, 0xA5FFFFFFFFFFFF00 | what)) for code in range(8, 12) for port, what in ((0, 0), (2, 1), (63, 4096)))),
        "active-remotes": (1, 31, event(honest, 9) + event(EVENT_TIME) + answer * 4 + event(EVENT_TIME) * 3),
        "active-connected-and-closed": (1, 31, answer * 2 + words(4, 3) + event(EVENT_TIME) * 2),
        "active-refused": (1, 31, words(13, 13) + event(EVENT_TIME) * 3),
        "active-that-is-passive": (0, 31, words(14) + event(EVENT_TIME) * 2),
        "active-that-is-a-pipe": (1, 31, word_with(12, FD_PIPE) + event(EVENT_TIME)),
        "active-that-is-a-file": (1, 31, word_with(12, FD_MEMORY) + event(EVENT_TIME)),
        "tap-and-inherited": (2, 31, words(0, 2)),
        "nobody-is-allowed": (3, 31, words(0, 2) + word_with(0, FD_TCP)),
        "inherited-refused": (4, 0, words(7)),
        "accepted-twice": (1, 31, words(0, 0, 2, 2)),
        "accepted-without-descriptor": (0, 31, fitting(2, "ACCEPTED", b"", whole=10)),
        "nobody-is-allowed-by-tcp": (3, 31, words(27)),
        "accepted-tcp": (1, 31, words(27, 2)),
        "accepted-no-number-left": (1, 31, event(EVENT_STARVE) + words(0, 0)),
        "connecting-no-number-left": (1, 31, event(EVENT_STARVE) + words(12)),
        "accepted-file": (0, 31, word_with(0, FD_MEMORY)),
        "accepted-two-descriptors": (0, 31, word_with(0, FD_TWO)),
        "accepted-no-such-port": (0, 31, fitting(2, "ACCEPTED", b"\0\0\0\0\1\0\0\0\x3f\0", FD_STREAM)),
        "connecting-no-such-port": (0, 31, fitting(1, "CONNECTING", b"\x3f\0\0\0\0\0\0") + event(EVENT_TIME) * 2),
        "connecting-twice": (1, 31, word_with(12, FD_PIPE) * 2 + event(EVENT_TIME) * 3),
        "serving-twice": (0, 31, words(5)),
        "serving-early": (0, 2, words(5)),
        "listening-without-descriptor": (0, 2, fitting(1, "LISTENING", b"", whole=7)),
        "listening-refused": (0, 4, words(16)),
        "interface-refused": (0, 0, words(17)),
        "interface-is-twice": (0, 31, fitting(1, "IFACE_IS", bytes(16) + b"x", whole=32)),
        "open-refused": (0, 1, words(20)),
        "handouts-many": (0, 31, words(18, 18, 18)),
        "promisc-many": (1, 31, words(0, 19, 2, 19)),
        "link-gone-back": (1, 31, back + words(11)),
        "link-unfit-renamed-mtu": (0, 31, words(9, 31, 10, 32, 33)),
        "link-carrier": (0, 31, words(34, 35, 34)),
        "link-during-start": (1, 3, words(34, 9) + event(honest, 30)),
        "link-gone-and-another-worker": (1, 31, words(0, 9, 22, 23) + answer * 9 + words(5)),
        "bind-refused-while-gone": (1, 31, back + words(9) + fitting(1, "DONE", bytes([TYPES["BIND"], 0, 3, 19, 0, 0, 0]))),
        "link-back-during-start": (1, 3, back + event(honest, 30)),
        "worker-died-and-another": (1, 31, words(0, 22, 23) + answer * 9 + words(5)),
        "worker-died-and-none-comes": (1, 31, words(0, 22, 11) + event(EVENT_TIME) * 3 + words(0, 5)),
        "worker-died-during-start": (0, 3, words(22)),
        "worker-does-not-read": (1, 31, event(EVENT_DEAF) + words(24) * 25),
        "broker-does-not-read": (1, 31, event(EVENT_DEAF) + words(10) * 6),
        "worker-gone": (0, 31, event(EVENT_CLOSE, 2) + words(0)),
        "broker-gone": (1, 31, event(EVENT_CLOSE, 1) + event(EVENT_TIME)),
        "counters": (0, 31, event(EVENT_OWN + 2, 1, 1) + words(24, 25) + event(EVENT_OWN + 2, 1, 0) + words(24)),
        "counters-of-two-workers": (0, 31, event(EVENT_OWN + 2, 1, 255) + words(24, 22, 23) + event(EVENT_OWN + 2, 1, 255) + words(24)),
        "pong-unasked": (0, 31, words(6)),
        "worker-does-not-answer": (0, 31, words(0) + event(EVENT_TIME) * 2 + words(22, 23)),
        "worker-answers": (0, 31, event(honest, 9) + words(0) + event(EVENT_TIME) * 4),
        "confined-twice-by-broker": (0, 31, words(29)),
        "confined-twice-by-worker": (0, 31, words(28)),
        "confined-supervisor": (0, 31, words(30)),
        "confined-early": (0, 0, words(29, 28)),
        "stop": (0, 31, words(26) + event(EVENT_TIME)),
        "stop-worker-goes": (0, 31, words(0, 26) + event(EVENT_CLOSE, 2)),
        "stop-worker-talks": (0, 31, words(26, 0, 8)),
        "stop-during-start": (0, 2, words(26)),
        "event-with-any-numbers": (0, 31, fitting(2, "EVENT", b"\0\0" + b"\xff" * 24)),
        "event-no-such-code": (0, 31, fitting(2, "EVENT", b"\xff\xff", whole=26)),
        "stop-and-keep": (0, 31, words(27) + keep + words(38)),
        "stop-and-keep-nothing": (0, 31, keep + event(EVENT_CLOSE, 2)),
        "stop-and-keep-twice": (0, 31, words(27) + keep + words(38, 38)),
        "stop-and-keep-another": (0, 31, words(27) + keep + words(39)),
        "stop-and-keep-late-comer": (0, 31, keep + words(27, 38) + event(EVENT_CLOSE, 2)),
        "stop-and-keep-unanswered": (0, 31, words(27) + event(honest, 0) + words(37) + event(EVENT_TIME)),
        "stop-and-left": (0, 31, words(27, 26, 43)),
        "stop-and-keep-and-left": (0, 31, words(27) + keep + words(38, 43)),
        "left-without-stop": (0, 31, words(43)),
        "left-when-dead": (0, 31, words(22, 43)),
        "control-client": (8, 31, event(EVENT_CONNECT, 0) + event(EVENT_CONNECT, 1) + event(EVENT_CONNECT, 2)),
        "keep-without-stop": (0, 31, words(27, 38)),
        "keep-without-leave": (0, 31, words(27, 26, 38)),
        "stop-and-keep-deaf-supervisor": (0, 31, words(27) + event(EVENT_DEAF) + keep + words(38)),
        "store": (7, 31, words(24)),
        "store-and-stop": (7, 31, keep + fitting(2, "KEPT", struct.pack("=II", 0, 1), FD_STREAM)),
        "store-worker-refuses": (7, 5, words(41, 41, 41)),
        "store-worker-has-another-slot": (7, 5, words(40, 40, 40)),
        "store-by-steps": (7, 0, answer * 14 + words(5)),
        "control": (8, 31, words(24)),
        "control-refused": (8, 5, words(16)),
        "control-by-steps": (8, 0, answer * 12 + words(5)),
        "restored-late": (0, 31, words(40)),
        "counted-late": (0, 31, words(42)),
        "name-with-newline": (0, 0, fitting(1, "IFACE_IS", bytes(16) + b"a\nb", whole=32)),
        "order-sent-back-by-worker": (0, 31, fitting(2, "GO")),
        "order-sent-back-by-broker": (0, 31, fitting(1, "SEAL")),
        "empty-datagram-worker": (0, 31, raw(2, b"")),
        "empty-datagram-broker": (0, 31, raw(1, b"", FD_PIPE)),
        "one-byte-too-long": (0, 31, raw(2, bytes([TYPES["SERVING"], 0]))),
    }
    for gate in GATES:
        seeds["gate-%d" % gate] = (0, 31, b"")
    gated = with_gate({name: bytes([line & 7 | n << 3]) + steps for name, (line, n, steps) in seeds.items()})
    # the fourth bit of the command line is the highest of the second byte
    return {name: data[:1] + bytes([data[1] | (seeds[name][0] >> 3) << 7]) + data[2:] for name, data in gated.items()}


def changes_seeds():
    """Indexes are those of the tables in changes_fuzz.c; channels: 0 supervisor, 1 broker, 2 worker."""
    answer = event(EVENT_OWN)
    honest, counts, commands, file, look, refused, dies, comes = (EVENT_OWN + i for i in range(1, 9))
    answer_of = [event(EVENT_OWN + 9, channel) for channel in range(3)]
    names = ("add-remote", "remove-remote", "reload", "status", "list-remotes", "show", "stats", "log-level", "list-commands", "version", "exit", "nothing")

    def command(name, *texts):
        return event(commands, names.index(name), len(texts)) + b"".join(bytes([t]) if isinstance(t, int) else bytes([255, len(t)]) + t for t in texts)

    def add(text):
        return command("add-remote", text)

    def remove(text):
        return command("remove-remote", text)

    reload = command("reload")
    die = event(dies)
    late = event(honest, 0)
    look_at = command("list-remotes") + command("show") + command("stats", 18) + command("stats", 19) + command("status")
    many = b"".join(add(b"capture@ptcp:%d" % i) for i in range(1, 66))
    seeds = {  # command line, the remotes file at the start, steps
        "add-and-remove": (0, 0, add(1) + look_at + remove(1) + add(1) + remove(13)),
        "add-twice": (0, 0, add(1) + add(1) + add(0)),
        "add-refused-by-policy": (0, 0, b"".join(add(i) for i in (2, 7, 8, 9, 10, 11, 21)) + look_at),
        "add-refused-by-broker": (0, 0, event(refused, 1) + add(1) + add(1)),
        "add-every-kind": (4, 0, b"".join(add(i) for i in range(13)) + event(EVENT_TIME) * 3 + look_at + b"".join(remove(i) for i in range(13))),
        "add-tcp-any-port": (6, 0, add(5) + add(22) + add(5) + remove(5) + add(5)),
        "add-any-bytes": (0, 0, add(b"attach@punix:/run/\xff\n") + remove(b"\x1b[") + add(b"attach,vlan=0-4094@punix:/run/z")),
        "add-until-full": (6, 0, many + look_at),
        "no-room-for-clients": (4, 0, event(comes, 0) + add(2) + event(comes, 2) + add(4)),
        "parameters-wrong": (0, 0, command("add-remote") + command("add-remote", 1, 2) + command("nothing") + command("status", 18) + command("log-level", 20)),
        "remove-none": (0, 0, remove(2) + remove(21) + remove(15)),
        "remove-of-several": (4, 0, add(6) + remove(14) + remove(6) + remove(14)),
        "remove-with-clients": (6, 0, add(2) + add(1) + event(comes, 0) * 2 + event(comes, 1) + remove(1) + look_at + add(1) + look_at),
        "remove-while-connecting": (4, 0, late + remove(6) + answer * 9),
        "park-and-back": (2, 0, remove(7) + add(8) + add(7) + remove(15) + add(2) + look_at + add(7)),
        "park-and-another-worker": (2, 0, remove(7) + die + event(EVENT_TIME) + add(7) + die + event(EVENT_TIME)),
        "reload": (1, 1, event(file, 2) + reload + event(file, 3) + reload + event(file, 1) + words(0) + event(file, 0) + reload + look_at),
        "reload-same": (5, 2, reload + words(0)),
        "reload-every-file": (7, 1, b"".join(event(file, i) + reload for i in range(10))),
        "reload-every-file-by-signal": (3, 1, b"".join(event(file, i) + words(0) for i in range(10))),
        "reload-takes-over": (7, 0, add(1) + event(file, 1) + reload + remove(1) + reload),
        "reload-clashes-with-client": (7, 0, add(b"attach@punix:/run/f") + event(file, 1) + reload),
        "reload-changes-keys": (7, 1, event(comes, 2) + event(file, 11) + reload + event(file, 1) + reload + event(file, 12) + words(0) + look_at),
        "reload-refused-by-broker": (5, 9, event(file, 4) + event(refused, 1) + reload + event(file, 9) + reload),
        "reload-second-refused-by-broker": (7, 0, event(file, 9) + late + reload + answer + event(refused, 1) + answer * 20),
        "reload-without-file": (0, 0, reload + words(0)),
        "start-file-refused": (5, 5, b""),
        "start-file-clashes": (5, 8, b""),
        "start-refused-by-broker": (5, 1, b""),
        "books-of-a-number": (6, 0, add(1) + event(counts, 1, 3, 9) + event(counts, 0, 3, 9) + command("stats", 18) + remove(1) + add(2) + command("stats", 18) + die + event(EVENT_TIME) + command("show")),
        "books-of-a-number-and-a-dead-worker": (6, 0, add(1) + event(counts, 1, 3, 255) + die + event(EVENT_TIME) + remove(1) + add(2)),
        "status": (0, 0, command("status", 17) + command("status") + die + event(EVENT_TIME) + command("status", 16) + command("status", 21)),
        "worker-dies-before-change": (0, 0, late + die + add(1) + answer * 9 + event(honest, 31) + look_at),
        "worker-dies-while-added": (0, 0, late + add(1) + die + answer * 12),
        "worker-dies-while-removed": (6, 0, add(1) + late + remove(1) + answer + die + answer * 12),
        "worker-dies-while-reloaded": (7, 11, event(file, 12) + late + reload + die + answer * 30),
        "worker-starts-while-reloaded": (7, 11, event(file, 1) + late + reload + answer + die + answer_of[0] * 2 + answer * 30),
        "worker-starts-while-reloaded-and-never-serves": (7, 11, event(file, 1) + late + reload + answer + die + answer_of[0] * 2 + event(honest, 1) + answer + event(EVENT_TIME) * 4 + answer * 30),
        "worker-starts-while-forgotten": (6, 0, add(1) + late + remove(1) + answer + die + answer_of[0] * 2 + answer * 9 + add(2) + answer * 9),
        "worker-dies-before-it-ends-a-port": (6, 0, add(1) + late + remove(1) + die + answer * 9),
        "forgets-while-promiscuous": (6, 0, add(2) + add(12) + late + event(comes, 0) + answer + remove(2) + answer_of[2] * 3 + answer * 9),
        "worker-never-comes-back": (0, 0, late + die + answer + add(1) + event(EVENT_TIME) * 2 + command("status", 17) + event(EVENT_TIME) * 3),
        "worker-does-not-end-a-port": (6, 0, add(1) + late + remove(1) + answer + event(EVENT_TIME) + answer * 12),
        "worker-ends-another-port": (6, 0, add(1) + add(2) + late + remove(1) + words(6)),
        "worker-ends-a-port-unasked": (6, 0, add(1) + words(5)),
        "worker-ends-a-port-twice": (6, 0, add(1) + late + remove(1) + words(5, 5)),
        "worker-speaks-of-a-removed-port": (6, 0, add(1) + add(2) + remove(2) + words(10)),
        "client-of-a-removed-port": (6, 0, add(1) + add(2) + remove(2) + words(12)),
        "broker-forgets-twice": (6, 0, add(1) + late + remove(1) + words(20, 20) + answer * 9),
        "broker-has-no-descriptor": (0, 0, late + add(1) + words(17)),
        "broker-answers-another": (0, 0, late + add(1) + words(15) + answer * 4),
        "ring-dies": (6, 0, add(4) + words(14) + remove(4) + add(4)),
        "interface-goes": (6, 0, words(25) + add(1) + words(26) + remove(1)),
        "no-number-left": (6, 0, event(EVENT_STARVE) + add(1) + add(1) + event(EVENT_STARVE) + remove(1)),
        "commands-wait": (6, 0, late + b"".join(add(i) for i in (1, 4, 5)) + remove(1) + answer * 20),
        "signals-wait": (7, 1, late + event(file, 2) + words(0, 0) + event(file, 1) + words(0) + answer * 20),
        "signal-while-added": (0, 0, late + add(1) + words(0) + answer * 9),
        "signal-while-reloaded": (7, 1, late + event(file, 2) + words(0) + answer + words(0) + answer * 20),
        "exit": (0, 0, command("exit")),
        "exit-while-changed": (0, 0, late + add(1) + command("exit") + answer * 9),
        "stop-while-changed": (0, 0, late + add(1) + words(3)),
        "stop-and-keep-while-removed": (6, 0, add(1) + event(comes, 0) + late + remove(1) + words(4) + answer * 9),
        "worker-does-not-read": (8 | 6, 0, event(EVENT_DEAF) + command("status", 17) * 8 + event(EVENT_TIME) * 9),
    }
    for bit in range(7):
        seeds["file-look-%d" % bit] = (7, 1, event(file, 2) + event(look, 1 << bit) + reload + words(0))
    return {name: bytes([line, 0, start]) + steps for name, (line, start, steps) in seeds.items()}


def worker_seeds():
    """Indexes are those of the table in worker_fuzz.c; channels: 0 supervisor, 1 front, 2 broker.

    Streams after the start: 0 capture-bulk, 1 capture-low, 2 attach-low, 3 the sender, 4 and on the clients.
    """
    arrives, full = EVENT_OWN, EVENT_OWN + 1
    start = words(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
    clients = words(12, 15, 13, 16, 14, 17, 11, 18)  # inject, attach with vnet header, capture, attach

    both = words(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 43, 44, 10)  # streams: as after the start, then 4 capture-long, 5 attach-long

    waiting = words(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 45, 36, 10, 12)  # streams: as after the start, then 4 the ring, 5 a client
    ring = waiting + words(15)

    late = words(52, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)  # ports may come and go; streams: as after the start

    pcapng_start = words(0, 33, 34, 35, 6, 7, 9, 10, 14, 15)  # streams: 0 capture-bulk, 1 capture-low, 2 the sender, 3 a client

    def send(stream, data):
        return event(EVENT_BYTES, stream, len(data)) + data

    def frame(stream, data, kind=0, header=b""):
        return event(arrives, stream) + bytes([kind, len(data)]) + header + data

    def frame_long(stream):
        return event(arrives, stream) + b"\0\xff" + bytes(255)

    guarded = words(0, 40, 41, 7, 8, 9)  # streams: 0 capture-low, 1 attach-low, 2 the sender, 3 a client
    cards = words(13, 15)

    def vnet_frame(data):
        return qemu_vnet(vnet(buffers=0), data)

    one = block(1, packet(0, UDP4))
    own = b"\x02\0\0\0\0\x09"
    seeds = {
        "start": start,
        "start-clients": start + clients,
        "client-before-go": words(0, 3) + words(12),
        "config-twice": words(0, 0),
        "config-no-clients": fitting(1, "CONFIG", b"", FD_MEMORY, 11),
        "config-queue-too-small": fitting(1, "CONFIG", struct.pack("=IIHB", 4, 69639, 6, 0), FD_MEMORY),
        "config-more-than-there-is": fitting(1, "CONFIG", struct.pack("=IIHB", 1024, 16777216, 6, 0), FD_MEMORY),
        "port-before-config": words(1),
        "port-twice": words(0, 1, 1),
        "go-before-config": words(10),
        "go-twice": start + words(10),
        "admit-before-go": words(0, 15),
        "admit-twice": start + words(12, 15, 15),
        "admit-refused": start + words(12, 19, 12, 20),
        "admit-no-such-slot": start + fitting(1, "ADMIT", struct.pack("=IIB", 1023, 1, 1)),
        "adopt-tcp": words(0, 25, 10),
        "adopt-tcp-twice": words(0, 25) + fitting(1, "PORT", b"\6\0", FD_TCP, 221),
        "adopt-pipe": words(0) + word_with(2, FD_PIPE) + words(10),
        "adopt-file": words(0) + word_with(2, FD_MEMORY) + words(10),
        "adopt-stream": words(0) + word_with(2, FD_STREAM) + words(10),
        "listener-that-is-a-pipe": words(0) + word_with(1, FD_PIPE) + words(10),
        "listener-that-is-a-file": words(0) + word_with(1, FD_MEMORY) + words(10),
        "listener-that-is-a-stream": words(0) + word_with(1, FD_STREAM) + words(10),
        "packet-twice": words(0, 6, 6, 10),
        "packet-sender-twice": words(0, 9, 9, 10),
        "packet-no-such-class": words(0) + fitting(2, "PACKET", b"\10", FD_STREAM, 9) + words(10),
        "packet-ring-of-nothing": words(0, 28, 10),
        "packet-without-descriptor": words(0) + fitting(2, "PACKET", b"\4", 0, 9) + words(10),
        "packet-that-is-a-stream": words(0, 27, 10),
        "packet-that-is-a-file": words(0) + word_with(9, FD_MEMORY) + words(10),
        "config-without-page": fitting(1, "CONFIG", struct.pack("=IIHB", 4, 69640, 6, 0)),
        "config-page-that-is-a-pipe": word_with(0, FD_PIPE),
        "config-page-that-is-a-stream": word_with(0, FD_STREAM),
        "config-no-number-left": event(EVENT_STARVE) + words(0),
        "ports-many": words(29, 1, 30, 10) + event(EVENT_CONNECT, 1),
        "port-beyond-first-client": words(0, 30),
        "attach-bulk": words(0, 31, 26, 9, 10) + event(arrives, 0) + bytes([len(one)]) + one,
        "port-full": words(0, 32, 10, 13, 13, 15, 13),
        "clients-wait": fitting(1, "CONFIG", struct.pack("=IIHB", 70, 69640, 6, 0), FD_MEMORY) + words(1, 10) + event(EVENT_DEAF) + event(EVENT_CONNECT, 0) * 66 + event(EVENT_TIME),
        "clients-wait-and-front-listens": fitting(1, "CONFIG", struct.pack("=IIHB", 70, 69640, 6, 0), FD_MEMORY) + words(1, 10) + event(EVENT_CONNECT, 0) * 66 + event(EVENT_TIME),
        "client-does-not-read": start + clients + frame(1, UDP4) * 30 + event(EVENT_READ, 6) + event(EVENT_TIME),
        "client-queue-full": start + words(14, 15) + (event(arrives, 1) + bytes([0, 255]) + UDP4.ljust(255, b"\0")) * 6,
        "capture-oversize": start + words(14, 15) + event(arrives, 1) + bytes([0, 254]) + UDP4.ljust(254, b"\0"),
        "attach-queue-full": start + clients + (event(arrives, 2) + bytes([0, 255]) + UDP4.ljust(255, b"\0")) * 4 + event(EVENT_SHUTDOWN, 0x85),
        "supervisor-speaks": start + words(23),
        "packet-after-go": start + words(9),
        "client-that-is-a-file": start + word_with(12, FD_MEMORY) + words(15),
        "client-that-is-a-pipe": start + word_with(12, FD_PIPE) + words(15),
        "client-two-descriptors": start + word_with(12, FD_TWO),
        "client-no-such-port": start + fitting(1, "CLIENT", b"\x3f\0", FD_STREAM),
        "clients-too-many": start + words(12, 12, 12, 12, 12),
        "client-leaves-before-admission": start + words(12) + event(EVENT_SHUTDOWN, 0x84) + words(15),
        "client-sends-before-admission": start + words(12) + send(4, qemu(ARP)) + words(15),
        "client-no-number-left": start + event(EVENT_STARVE) + words(12, 12, 15),
        "port-no-number-left": words(0) + event(EVENT_STARVE) + words(1),
        "connected-no-number-left": start + event(EVENT_STARVE) + event(EVENT_CONNECT, 0) + event(EVENT_TIME) * 2,
        "connected": start + event(EVENT_CONNECT, 0) + words(15) + send(4, qemu(ARP)) + event(EVENT_READ, 3),
        "inject": start + clients + send(4, qemu(UDP4)) + event(EVENT_READ, 3),
        "inject-torn": start + clients + send(4, qemu(UDP4)[:-1]) + event(EVENT_SHUTDOWN, 4),
        "inject-length-0": start + clients + send(4, bytes(4)),
        "inject-bad-header": start + clients + send(5, qemu_vnet(vnet(1, 1, 54, 47, 34, 16, 0), TCP4)),
        "inject-other-header-size": start + clients + send(5, qemu_vnet(vnet(), ARP)),
        "inject-by-ring": ring + send(5, qemu(ARP) * 3 + qemu(UDP4) + qemu(ARP)) + event(EVENT_READ, 3),
        "inject-by-ring-full": waiting + send(5, qemu(ARP[:14]) * 14) * 5 + words(15) + event(EVENT_READ, 3),
        "inject-by-ring-no-room": ring + event(full, 3) + send(5, qemu(ARP) * 3 + qemu(UDP4)) + event(EVENT_TIME) * 9,
        "inject-by-ring-no-room-for-long": waiting + event(full, 255) + send(5, qemu(ARP[:14]) * 14) * 5 + words(15) + event(EVENT_TIME) * 40,
        "inject-by-ring-and-leaves": ring + event(full, 9) + send(5, qemu(ARP) * 5) + event(EVENT_SHUTDOWN, 0x85) + event(EVENT_TIME) * 12,
        "inject-by-ring-and-garbage": ring + send(5, qemu(ARP) * 3 + bytes(4)),
        "attach-by-ring": ring + words(13, 16) + event(full, 2) + send(6, qemu_vnet(vnet(buffers=0), ARP) * 3) + event(EVENT_TIME) * 9 + event(EVENT_READ, 3),
        "inject-longest": start + clients + event(EVENT_BYTES, 4, 3) + b"\0\0\xff" + event(EVENT_BYTES, 4, 255) + UDP4,
        "inject-no-room": start + clients + event(full, 3) + send(4, qemu(ARP)) + event(EVENT_TIME) * 5,
        "inject-no-room-for-long": start + clients + event(full, 255) + send(4, qemu(ARP)) + event(EVENT_TIME) * 40,
        "inject-no-room-and-leaves": start + clients + event(full, 9) + send(4, qemu(ARP)) + event(EVENT_SHUTDOWN, 0x84) + event(EVENT_TIME) * 12,
        "inject-sender-hung-up": start + clients + event(EVENT_SHUTDOWN, 0x83) + send(4, qemu(ARP)),
        "capture-sends": start + clients + send(6, b"x") + event(EVENT_SHUTDOWN, 6),
        "capture-low": start + clients + frame(1, UDP4) + frame(1, UDP4, 8) + event(EVENT_READ, 6),
        "capture-cut-short": start + clients + frame(1, UDP4, 16),
        "capture-shorter-than-a-header": start + clients + frame(1, b"x"),
        "capture-superframe": start + clients + frame(1, TCP4, 32, vnet(1, 1, 54, 1448, 34, 16)),
        "capture-superframe-cut": start + clients + frame(1, superframe(TCP4, 250), 32, vnet(1, 1, 0, 48, 34, 16)) + event(EVENT_READ, 6),
        "capture-superframe-tagged": start + clients + frame(1, superframe(UDP4, 200), 40, vnet(1, 5, 0, 60, 34, 6)) + event(EVENT_READ, 6),
        "pcapng": pcapng_start + frame(1, UDP4) + frame(1, TCP4, 4) + event(EVENT_READ, 3) + event(EVENT_TIME) * 30 + event(EVENT_READ, 3) + words(22),
        "pcapng-superframe": pcapng_start + frame(1, superframe(TCP4, 250), 32, vnet(1, 1, 0, 48, 34, 16)) + event(EVENT_READ, 3),
        "pcapng-about-too-long": words(0, 34, 34, 34, 34, 34, 34, 34, 34),
        "pcapng-filter-long": words(0, 33, *[35] * 20) + words(7, 10, 14, 15) + event(EVENT_READ, 3),
        "pcapng-filter-too-long": words(0, *[35] * 21),
        "pcapng-about-after-go": start + words(34),
        "inject-superframe-in-pieces": start + words(36) + clients + event(full, 1) + send(5, qemu_vnet(vnet(1, 1, 54, 48, 34, 16, 0), superframe(TCP4, 200))) + event(EVENT_READ, 3),
        "inject-superframe-no-room": start + words(36) + clients + event(full, 9) + send(5, qemu_vnet(vnet(1, 1, 54, 48, 34, 16, 0), superframe(TCP4, 200))) + event(EVENT_TIME) * 12,
        "attach-local-superframe": start + clients + send(7, qemu(b"\xff" * 6 + own + ARP[12:])) + send(5, qemu_vnet(vnet(1, 1, 54, 48, 34, 16, 0), own + superframe(TCP4, 200)[6:])),
        "capture-error": start + clients + event(arrives, 1) + b"\xc1\0" + event(arrives, 1) + b"\xc2\4abcd",
        "capture-low-and-long": both + words(14, 15) + frame(4, UDP4) + frame(1, ARP) + frame(1, UDP4) + frame(4, superframe(TCP4, 250), 32, vnet(1, 1, 0, 48, 34, 16)) + event(EVENT_READ, 6),
        "attach-low-and-long": both + words(13, 15) + frame(5, UDP4) + frame(2, ARP) + frame(5, superframe(TCP4, 250), 32, vnet(1, 1, 0, 48, 34, 16)) + event(EVENT_READ, 6),
        "long-alone": words(0, 5, 43, 9, 10, 14, 15) + frame(0, UDP4),
        "capture-ring": start + words(3, 0) + event(arrives, 0) + bytes([len(one)]) + one,
        "attach": start + clients + frame(2, UDP4) + frame(2, b"\xff" * 6 + UDP4[6:]) + event(EVENT_READ, 5),
        "attach-superframe": start + clients + frame(2, TCP4, 32, vnet(1, 1, 54, 1448, 34, 16)),
        "attach-local": start + clients + send(7, qemu(b"\xff" * 6 + own + ARP[12:])) + send(5, qemu_vnet(vnet(buffers=0), own + ARP[6:])),
        "attach-leaves": start + clients + send(7, qemu(ARP[:6] + own + ARP[12:])) + event(EVENT_SHUTDOWN, 0x87) + frame(2, own + ARP[6:]),
        "link-is-before-config": words(36),
        "inject-no-carrier": start + words(36) + clients + send(4, qemu(ARP)) + words(37) + send(4, qemu(ARP)) + words(36) + send(4, qemu(ARP)),
        "inject-no-room-and-no-carrier": start + words(36) + clients + event(full, 9) + send(4, qemu(ARP)) + words(37) + event(EVENT_TIME) * 2,
        "attach-no-carrier": start + words(37) + clients + send(7, qemu(b"\xff" * 6 + own + ARP[12:])),
        "on-loss-close": words(0, 39, 9, 36, 10, 12, 15) + words(38) + event(EVENT_TIME) + words(12, 20),
        "on-loss-close-and-back": words(0, 39, 9, 36, 10, 12, 15) + words(38, 36) + event(EVENT_TIME),
        "on-loss-keep": start + words(36) + clients + words(38) + event(EVENT_TIME) + words(36),
        "guard": guarded + words(10) + cards + send(3, vnet_frame(ARP_MINE)) + send(3, vnet_frame(icmp6(ADVERTISEMENT + b"\2\1" + ETHER[6:]))),
        "guard-other-source": guarded + words(10) + cards + send(3, vnet_frame(ARP[:6] + own + ARP[12:])) + event(EVENT_READ, 2),
        "guard-other-sender": guarded + words(10) + cards + send(3, vnet_frame(ARP_OTHER)) + send(3, vnet_frame(ARP_OTHER[:41])),
        "guard-other-vlan": guarded + words(10) + cards + send(3, vnet_frame(TCP4_VLAN)) + send(3, vnet_frame(TCP4_VLAN[:16])),
        "guard-vlan-5": guarded + words(10) + cards + send(3, vnet_frame(ETHER + b"\x81\0\0\5" + UDP4[12:])),
        "guard-rate": guarded + words(10) + cards + send(3, vnet_frame(ARP_MINE) * 4) + event(EVENT_TIME) + send(3, vnet_frame(ARP_MINE) * 4),
        "guard-superframe": guarded + words(10) + cards + send(3, qemu_vnet(vnet(1, 1, 54, 48, 34, 16, 0), superframe(TCP4, 200))) + send(3, vnet_frame(ARP_MINE)),
        "guard-no-room": guarded + words(10) + cards + event(full, 3) + send(3, vnet_frame(ARP_MINE) * 3) + event(EVENT_TIME) * 5,
        "guard-of-two": guarded + words(42, 10) + cards + words(12, 16) + send(4, qemu(ARP_OTHER) * 4) + send(3, vnet_frame(ARP_OTHER)),
        "guard-vlans-twice": words(0, 40, 40),
        "guard-vlans-late": words(0, 41),
        "guard-vlans-after-port": words(0, 4, 40),
        "guard-vlans-unasked": words(0, 40, 4),
        "guard-vlans-after-go": start + words(40),
        "guard-late": late + words(56, 40, 41) + words(13, 15) + send(4, vnet_frame(ARP_MINE) * 4) + words(56, 4, 13) + send(5, vnet_frame(ARP)),
        "guard-late-vlans-of-a-port": late + words(40),
        "guard-late-vlans-twice": late + words(56, 40, 40),
        "guard-late-vlans-unasked": late + words(56, 40, 4),
        "guard-late-rate-without-burst": late + words(56) + fitting(1, "PORT", b"\3\0" + bytes(211) + struct.pack("=II", 1, 0)),
        "guard-burst-without-rate": words(0) + fitting(1, "PORT", bytes(213) + struct.pack("=II", 0, 1)),
        "guard-rate-without-burst": words(0) + fitting(1, "PORT", bytes(213) + struct.pack("=II", 1, 0)),
        "guard-too-many-addresses": words(0) + fitting(1, "PORT", bytes(19) + b"\x21", 0, 221),
        "ping-and-finish": start + clients + words(21, 22),
        "finish-before-config": words(22),
        "leave": start + clients + words(46) + event(EVENT_TIME) * 4,
        "leave-empty": start + words(46) + event(EVENT_TIME) * 4,
        "leave-before-go": words(0, 1, 46),
        "leave-unadmitted": start + words(11, 12, 46) + event(EVENT_TIME) * 4,
        "leave-within-frame": start + clients + send(4, qemu(ARP)[:20]) + words(46) + event(EVENT_TIME) + send(4, qemu(ARP)[20:] + qemu(ARP)) + event(EVENT_TIME) * 4,
        "leave-within-length": start + clients + send(4, qemu(ARP)[:2]) + words(46) + event(EVENT_TIME) + send(4, qemu(ARP)[2:]) + event(EVENT_TIME) * 4,
        "leave-never-whole": start + clients + send(4, qemu(ARP)[:20]) + words(46) + event(EVENT_TIME) * 9,
        "leave-bad-length": start + clients + send(4, b"\0") + words(46) + send(4, b"\0\0\1") + event(EVENT_TIME) * 9,
        "leave-hung-up": start + clients + words(46) + send(4, qemu(ARP) * 2) + event(EVENT_SHUTDOWN, 0x84) + event(EVENT_TIME) * 9,
        "leave-blocked": start + clients + event(full, 9) + send(4, qemu(ARP) * 3) + words(46) + event(EVENT_TIME) * 9,
        "leave-full": start + clients + frame_long(1) * 12 + words(46) + event(EVENT_TIME) * 2 + event(EVENT_READ, 6) + event(EVENT_TIME) * 9,
        "leave-front-deaf": start + clients + event(EVENT_DEAF) + words(46) + event(EVENT_TIME) * 9,
        "leave-and-admit": start + words(12, 46, 15) + event(EVENT_TIME) * 4,
        "leave-pcapng": pcapng_start + frame(1, UDP4) + words(46) + event(EVENT_TIME) * 4,
        "restore": words(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 48, 50, 47, 51, 10) + frame(1, ARP),
        "restore-and-leave": words(0, 3, 9, 48, 10, 46) + event(EVENT_TIME) * 4,
        "restore-pcapng": words(0, 33, 34, 35, 6, 7, 9, 50, 51, 10) + frame(1, UDP4) + event(EVENT_TIME) * 2,
        "restore-more-than-slots": words(0, 3, 9, 48, 48, 48, 48, 48, 10),
        "restore-no-port": words(0, 48),
        "restore-before-config": words(48),
        "restore-after-go": start + words(48),
        "restore-listener": words(0, 3) + word_with(48, FD_LISTENER) + words(9, 10),
        "restore-pipe": words(0, 3) + word_with(48, FD_PIPE) + words(9, 10),
        "restore-file": words(0, 3) + word_with(48, FD_MEMORY) + words(9, 10),
        "restore-tcp-listener": words(0, 3) + word_with(48, FD_TCP) + words(9, 10),
        "missed-twice": words(0, 51, 51),
        "unport-listener": late + event(EVENT_CONNECT, 0) + words(15, 53) + event(EVENT_CONNECT, 0),
        "unport-listener-and-again": late + event(EVENT_CONNECT, 0) + words(15, 53, 60, 1) + event(EVENT_CONNECT, 2) + words(20) + send(5, qemu(ARP)) + event(EVENT_READ, 3),
        "unport-active": late + clients + send(4, qemu(ARP)) + words(55) + frame(1, UDP4) + words(3, 12, 20) + send(8, qemu(ARP)),
        "unport-attached": late + clients + send(7, qemu(b"\xff" * 6 + own + ARP[12:])) + words(56) + frame(2, UDP4) + words(53) + frame(2, UDP4),
        "unport-all": late + clients + words(53, 54, 55, 56, 57, 60, 61) + frame(1, UDP4) + frame(2, UDP4),
        "unport-unadmitted": late + words(12, 55, 15, 3, 12, 20),
        "unport-within-frame": late + clients + send(4, qemu(ARP)[:20]) + words(55),
        "unport-blocked": late + clients + event(full, 9) + send(4, qemu(ARP) * 3) + words(55) + event(EVENT_TIME) * 12,
        "unport-full": late + clients + frame_long(1) * 12 + words(57) + event(EVENT_READ, 6),
        "unport-pcapng": words(52, 33, 34, 35, 6, 7, 9, 10, 14, 15) + frame(1, UDP4) + words(57) + event(EVENT_READ, 3),
        "unport-front-deaf": late + clients + event(EVENT_DEAF) + words(21) * 50 + words(56) + event(EVENT_TIME) + event(EVENT_DEAF) + event(EVENT_TIME) + words(4),
        "unport-twice": late + words(55, 55),
        "unport-twice-front-deaf": late + event(EVENT_DEAF) + words(21) * 50 + words(55, 55),
        "unport-no-port": late + fitting(1, "UNPORT", b"\5\0"),
        "unport-before-go": words(52, 3, 55),
        "unport-unasked": start + words(55),
        "unport-and-leave": late + clients + words(55, 46) + event(EVENT_TIME) * 4,
        "client-of-no-port": late + words(55, 12),
        "client-of-port-that-leaves": late + event(EVENT_DEAF) + words(21) * 50 + words(55, 12),
        "park": late + event(EVENT_CONNECT, 1) + words(15, 58) + event(EVENT_CONNECT, 1) + words(54) + event(EVENT_CONNECT, 1) + words(59) + event(EVENT_CONNECT, 1) + words(20),
        "park-before-go": words(52, 1, 2, 58, 7, 9, 10) + event(EVENT_CONNECT, 1) + words(59) + event(EVENT_CONNECT, 1) + words(15),
        "park-and-unport-twice": late + words(58, 54, 54, 59),
        "park-while-it-leaves": late + event(EVENT_DEAF) + words(21) * 50 + words(58, 54, 59),
        "park-own-listener": late + fitting(1, "PARK", b"\0\0\1"),
        "park-active": late + fitting(1, "PARK", b"\2\0\1"),
        "park-unasked": start + words(58),
        "unport-inherited": late + event(EVENT_CONNECT, 1) + words(15, 54) + fitting(1, "ROOM", b"\1\0") + words(61, 64),
        "port-inherited-late": late + words(54) + fitting(1, "ROOM", b"\1\0") + words(2),
        "port-with-descriptor-without-room": late + words(53, 1),
        "port-late-twice": late + words(3),
        "port-late-unasked": start + fitting(1, "PORT", b"\5\0", whole=221),
        "port-late-beyond": late + fitting(1, "PORT", b"\x3f\0", whole=221),
        "port-late-header-of-11": late + fitting(1, "PORT", b"\5\0\1\x0b", whole=221),
        "port-late-class": words(52, 3, 6, 7, 8, 9, 10, 5, 14, 15) + frame(1, UDP4) + words(4, 13, 16) + frame(2, UDP4),
        "room-and-nothing": late + words(53, 60) + event(EVENT_TIME),
        "room-and-the-end": late + words(53, 60),
        "room-and-fill-twice": late + words(53, 60, 61, 61),
        "room-twice": late + words(53, 60, 60),
        "room-of-a-port": late + words(60),
        "room-of-a-port-that-leaves": late + event(EVENT_DEAF) + words(21) * 50 + words(53, 60),
        "room-beyond": late + fitting(1, "ROOM", b"\x3f\0"),
        "room-unasked": start + fitting(1, "ROOM", b"\5\0"),
        "room-before-go": words(52, 60),
        "room-and-ping": late + words(53, 60, 21),
        "room-and-client": late + words(53, 60, 12),
        "room-and-port-of-another": late + words(53, 60) + fitting(1, "PORT", b"\5\0", FD_LISTENER, 221),
        "room-and-port-without": late + words(53, 60, 64),
        "room-and-two-descriptors": late + words(53, 60) + word_with(61, FD_TWO),
        "room-and-fill-without": late + words(53, 60) + fitting(1, "FILL"),
        "room-and-no-number-left": late + words(53, 60) + event(EVENT_STARVE) + words(61),
        "room-and-front-gone": late + words(53, 60) + event(EVENT_CLOSE, 1),
        "room-and-supervisor-speaks": late + words(53, 60, 23, 61),
        "room-and-garbage": late + words(53, 60) + raw(1, b"\xff", FD_PIPE),
        "room-and-port-that-is-a-pipe": late + words(53, 60) + word_with(1, FD_PIPE) + event(EVENT_TIME),
        "room-and-port-that-is-a-file": late + words(53, 60) + word_with(1, FD_MEMORY),
        "room-and-port-that-is-a-stream": late + words(53, 60) + word_with(1, FD_STREAM) + event(EVENT_TIME),
        "room-and-frames": late + clients + words(53, 60) + frame(1, UDP4) + send(4, qemu(ARP)) + words(61),
        "fill-without-room": late + words(61),
        "off": late + clients + frame(1, UDP4) + send(4, qemu(ARP)) + words(62) + frame(1, UDP4) + send(4, qemu(ARP)) + frame(2, UDP4) + send(7, qemu(ARP)) + words(63) + frame(1, UDP4) + send(4, qemu(ARP)) + event(EVENT_READ, 6),
        "off-twice": late + clients + words(62, 62, 63, 63) + frame(1, UDP4),
        "off-what-is-queued": late + clients + frame_long(1) + frame(1, UDP4) * 9 + words(62) + event(EVENT_READ, 6) * 9 + words(63) + frame_long(1) * 4 + event(EVENT_READ, 6) * 9,
        "off-within-frame": late + clients + send(4, qemu(ARP)[:20]) + words(62) + send(4, qemu(ARP)[20:] + qemu(ARP)[:9]) + words(63) + send(4, qemu(ARP)[9:]),
        "off-blocked": late + clients + event(full, 3) + send(4, qemu(ARP) * 3) + words(62) + event(EVENT_TIME) * 5 + words(63) + send(4, qemu(ARP)),
        "off-superframe-in-pieces": late + words(36) + clients + event(full, 9) + send(5, qemu_vnet(vnet(1, 1, 54, 48, 34, 16, 0), superframe(TCP4, 200))) + words(62) + event(EVENT_TIME) * 12 + words(63),
        "off-by-ring-no-room": words(52, 1, 2, 3, 4, 5, 6, 7, 8, 9, 45, 36, 10, 12, 15) + event(full, 3) + send(5, qemu(ARP) * 3 + qemu(UDP4)) + words(62) + event(EVENT_TIME) * 9,
        "off-paused": late + clients + send(7, qemu(b"\xff" * 6 + own + ARP[12:]) * 5) * 3 + words(62) + event(EVENT_TIME) * 2,
        "off-pcapng": words(52, 33, 34, 35, 6, 7, 9, 10, 14, 15) + frame(1, UDP4) * 40 + event(EVENT_TIME) * 2 + words(62) + event(EVENT_READ, 3) * 9 + words(14, 16, 63) + frame(1, UDP4) + event(EVENT_TIME) * 30 + event(EVENT_READ, 3),
        "off-and-leave": late + clients + frame_long(1) + frame(1, UDP4) * 9 + words(62, 46) + event(EVENT_TIME) * 2 + event(EVENT_READ, 6) + event(EVENT_TIME) * 9,
        "off-and-unport": late + clients + frame_long(1) + frame(1, UDP4) * 9 + words(62, 57, 63) + event(EVENT_READ, 6),
        "off-before-go": words(52, 1, 2, 3, 4, 5, 6, 7, 8, 9, 62, 10) + clients + frame(1, UDP4) + send(4, qemu(ARP)),
        "off-restored": words(52, 1, 2, 3, 4, 5, 6, 7, 8, 9, 48, 50, 47, 51, 62, 10) + frame(1, ARP) + words(63) + frame(1, ARP),
        "off-unasked": start + words(62),
        "front-does-not-read": start + words(12, 15) + event(EVENT_DEAF) + words(21) * 50 + event(EVENT_SHUTDOWN, 0x84) + event(EVENT_TIME) + event(EVENT_DEAF) + event(EVENT_TIME),
        "front-gone": start + clients + event(EVENT_CLOSE, 1) + send(4, qemu(ARP)),
        "broker-gone": words(0) + event(EVENT_CLOSE, 2) + words(10),
        "channel-to-front-twice": words(23),
        "channel-to-worker": fitting(0, "CHANNEL", b"\2", FD_STREAM),
        "channel-after-config": words(0, 24),
        "no-channels": b"",
        "no-channels-stream-for-front": fitting(0, "CHANNEL", b"\0", FD_STREAM) + send(0, b"\x1d"),
        "no-channels-file-for-front": fitting(0, "CHANNEL", b"\0", FD_MEMORY),
        "answer-sent-back": start + fitting(1, "SERVING"),
        "empty-datagram": raw(1, b""),
        "one-byte-too-long": start + raw(1, bytes([TYPES["PING"], 0])),
    }
    setups = {name: bytes([name.startswith("no-channels")]) + steps for name, steps in seeds.items()}
    setups["block-of-the-dead"] = b"\2" + start
    for gate in GATES:
        setups["gate-%d" % gate] = bytes([gate << 4]) + start
    return setups


def supervisor_seeds():
    """Indexes are those of the table in supervisor_fuzz.c; channels: 0 front, 1 broker, 2 worker."""
    dies, signal, fails = EVENT_OWN, EVENT_OWN + 1, EVENT_OWN + 2
    front_dies, broker_dies, worker_dies = (event(dies, who, 9) for who in range(3))
    tick = event(EVENT_TIME)
    seeds = {
        "start": words(0, 1),
        "worker-wanted-twice": words(0, 0),
        "ready-twice": words(0, 1, 1),
        "worker-stuck": words(0, 1, 2) + tick + words(2),
        "worker-stuck-without-worker": words(2, 0),
        "worker-dies": words(0, 1) + worker_dies + tick * 2,
        "worker-dies-again-and-again": words(0, 1) + (worker_dies + tick) * 10,
        "worker-lives-long-and-dies": words(0, 1) + tick + worker_dies,
        "worker-starts-no-number-left": event(EVENT_STARVE) + words(0) + tick * 2,
        "worker-dies-no-number-left": words(0, 1) + event(EVENT_STARVE) + worker_dies + tick * 2,
        "worker-violates": words(0, 1) + event(dies, 2, 31) + tick,
        "worker-refuses": words(0, 1) + event(dies, 2, 0, 43 + TYPES["PORT"]),
        "broker-refuses": words(0, 1) + event(dies, 1, 0, 43 + TYPES["SEAL"]),
        "worker-ends": words(0, 1) + event(dies, 2, 0, 1) + tick,
        "worker-cannot-be-spawned": event(fails, 1) + words(0) + tick * 3 + event(fails, 0) + tick,
        "front-dies": words(0, 1) + front_dies,
        "front-ends-with-2": event(dies, 0, 0, 2),
        "front-ends-with-3": event(dies, 0, 0, 3),
        "broker-dies": words(0, 1) + broker_dies,
        "all-die": words(0, 1) + worker_dies + broker_dies + front_dies,
        "front-gone": words(0, 1) + event(EVENT_CLOSE, 0) + worker_dies,
        "broker-gone": event(EVENT_CLOSE, 1) + words(0),
        "front-does-not-read": event(EVENT_DEAF) + words(0, 1) + event(signal, 2) * 60,
        "terminate": words(0, 1) + event(signal, 0),
        "interrupt-before-worker": event(signal, 1),
        "reload-and-dump": words(0, 1) + event(signal, 2) + event(signal, 3),
        "child-signal-without-child": event(signal, 4),
        "stop-that-nobody-heeds": words(0, 1) + event(fails, 8) + event(signal, 0) + tick * 4,
        "exit": words(0, 1, 10),
        "exit-twice": words(0, 1, 10, 10),
        "exit-during-the-start": words(0, 10, 1),
        "exit-when-it-stops": words(0, 1) + event(signal, 0) + words(10),
        "stop-and-front-talks": words(0, 1) + event(signal, 0) + words(2, 1),
        "stop-and-store": words(0, 1, 6) + event(signal, 0) + words(8, 8, 9),
        "stop-and-store-nobody-reads": words(0, 1) + event(fails, 32) + event(signal, 0) + words(8, 8, 9),
        "stop-and-store-until-nobody-reads": words(0, 1) + event(signal, 0) + words(8) + event(fails, 32) + words(8, 9),
        "stop-and-store-and-no-answer": words(0, 1) + event(fails, 64) + event(signal, 0) + words(8, 9) + tick * 3,
        "stop-and-store-without-manager": words(0, 1) + event(signal, 0) + words(8),
        "interrupt-and-store": words(0, 1) + event(signal, 1) + words(8),
        "reload-twice-and-answers": words(0, 1) + event(signal, 2) * 2 + words(7, 7, 7),
        "reload-before-ready": words(0) + event(signal, 2) + words(1, 7),
        "status-again-and-again": words(0, 1) + (words(5) + fitting(0, "STATUS", bytes(12)) + tick) * 4,
        "nobody-reads": words(3, 0, 1) + event(fails, 32) + words(5, 6) + event(signal, 2) + words(7) + tick,
        "stop-and-store-without-descriptor": words(0, 1) + event(signal, 0) + fitting(0, "STORE", bytes(8)),
        "store-while-it-runs": words(0, 1, 8),
        "stopped-while-it-runs": words(0, 1, 9),
        "stopped-twice": words(0, 1) + event(signal, 0) + words(9, 9),
        "unstore-and-reason": words(3, 3, 4) + event(dies, 0, 0, 1),
        "reason-twice": words(4, 4),
        "unstore-when-ready": words(0, 1, 3),
        "status-and-alive": words(0, 1, 5, 6, 7, 5, 6, 7),
        "status-before-ready": words(0, 5),
        "stop-and-worker-dies": words(0, 1) + event(signal, 0) + worker_dies,
        "descriptor-with-order": word_with(0, FD_STREAM),
        "two-descriptors": word_with(2, FD_TWO),
        "five-descriptors": word_with(2, FD_FIVE),
        "order-of-supervisor-sent-back": fitting(0, "STOP"),
        "channel-sent-back": fitting(0, "CHANNEL", b"\0", FD_STREAM),
        "order-for-broker": fitting(0, "SEAL"),
        "empty-datagram": raw(0, b""),
        "one-byte-too-long": raw(0, bytes([TYPES["READY"], 0])),
        "type-0": raw(0, b"\0"),
        "type-255": raw(0, b"\xff"),
        "no-taps": words(0, 1),
        "no-program": b"",
        "no-spawn": b"",
    }
    for gate in GATES:
        seeds["gate-%d" % gate] = words(0, 1)
    seeds["gate-5-that-nobody-heeds"] = tick * 4
    what_fails = {"stop-and-store-without-manager": 16, "no-taps": 2, "no-program": 4, "no-spawn": 1, "gate-5-that-nobody-heeds": 8}
    return with_gate({name: bytes([what_fails.get(name, 0)]) + steps for name, steps in seeds.items()})


def control_seeds():
    """Steps of clients 0 to 3, as control_fuzz.c has them."""
    request = b'{"id":0,"method":"echo","params":["x"]}'

    def send(client, data):
        return b"".join(bytes([client, len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))

    def text(client, number):
        return bytes([client | 1 << 2, number])

    def wait(tenths):
        return bytes([2 << 2, tenths])

    def take(client, n):
        return bytes([client | 3 << 2, n])

    def end(client):
        return bytes([client | 4 << 2])

    def gone(client):
        return bytes([client | 5 << 2])

    return {
        "request": send(0, request),
        "bytes": b"".join(send(0, request[i : i + 1]) for i in range(len(request))),
        "pipelined": send(0, request * 5) + end(0),
        "two-clients": send(1, request[:20]) + send(0, request) + send(1, request[20:]) + text(2, 1),
        "long": text(0, 4) + text(1, 4) + text(2, 4) + take(0, 255) + take(1, 255) * 3,
        "deaf": (text(1, 4) + text(2, 4)) * 4 + text(0, 0) + wait(200) + text(0, 0),
        "slow": text(0, 6) + wait(99) + text(0, 7) + text(1, 6) + wait(101) + text(1, 7),
        "deep": text(0, 6) + text(0, 7) + text(1, 10) + send(2, b'{"id":') + text(2, 10) + text(2, 11),
        "empty-object": text(0, 0) + text(0, 8) + text(0, 0),
        "blanks": text(0, 9) * 3 + text(0, 2) + text(0, 9) + end(0),
        "cut": text(0, 6) + end(0) + text(1, 0) + gone(1),
        "change": text(0, 3) + text(1, 3),
        "stranger": text(3, 0) + end(3),
        "nope": text(0, 5),
        "not-utf8": send(0, b'{"id":0,"method":"\xff","params":[]}'),
        "id-null": send(0, b'{"id":null,"method":"echo","params":[]}'),
        "twice": send(0, b'{"id":0,"id":0,"method":"echo","params":[]}'),
        "extra": send(0, b'{"id":0,"method":"echo","params":[],"jsonrpc":"2.0"}'),
        "gone-while-written": text(1, 4) + gone(1) + text(2, 4) + take(2, 255),
    }


SEEDS = {
    "bpf": bpf_seeds,
    "broker": broker_seeds,
    "changes": changes_seeds,
    "claims": claims_seeds,
    "cmdline": cmdline_seeds,
    "control": control_seeds,
    "deframer": deframer_seeds,
    "boundary": boundary_seeds,
    "fdb": fdb_seeds,
    "stored": stored_seeds,
    "frame": frame_seeds,
    "front": front_seeds,
    "layers": layers_seeds,
    "msg": msg_seeds,
    "restore": restore_seeds,
    "rxblk": rxblk_seeds,
    "rxslot": rxslot_seeds,
    "segment": segment_seeds,
    "supervisor": supervisor_seeds,
    "vnet": vnet_seeds,
    "worker": worker_seeds,
}


def main():
    check = sys.argv[1:] == ["--check"]
    n = 0
    bad = []
    for stem, make in SEEDS.items():
        for name, data in make().items():
            path = CORPUS / stem / name
            n += 1
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            elif not path.is_file() or path.read_bytes() != data:
                bad.append(str(path.relative_to(CORPUS)))
    print("%d seeds" % n)
    if bad:
        sys.exit("missing or different (run fuzz/seeds.py): " + " ".join(bad))


if __name__ == "__main__":
    main()
