# SPDX-License-Identifier: BSD-2-Clause
"""A test bench: the daemon on one end of a veth, QEMU with a TAP and filters as its client or server, and frames for both."""

import os
import signal
import socket
import struct

from qemu import BARE, Qemu, card, plk

CLIENT = bytes.fromhex("027100000001")
SIZES = (60, 61, 14, 1514, 1513, *range(60, 1500, 48))
# The hub's other port leads nowhere; it is there because QEMU stops reading a TAP whose frames nobody can take.
HUB = ("-netdev hubport,id=h0,hubid=0,netdev=t0", "-netdev hubport,id=h1,hubid=0")
INDEV = "-object filter-redirector,id=r0,netdev=t0,queue=rx,indev=peer"
PACKET_VNET_HDR = 15
GSO_SIZE = 1428


def frames_of(sizes=SIZES, first=0, src=CLIENT):
    return [plk.frame(first + i, size, plk.FAR, src) for i, size in enumerate(sizes)]


class Bench:
    """The daemon with one port on e0, and QEMU with a chardev, peer, that is the other end of it.

    options: of QEMU; more: of the daemon
    listens: which of the two does
    """

    def __init__(self, case, port, *options, more=(), listens="pktlockd", tcp=False, machine=BARE, hub=HUB, taps=("t0",),
                 mtu=1500):  # fmt: skip
        self.case = case
        case.veth(mtu=mtu)
        self.wire = case.wire("e1")
        self._daemon_words = (port, more)
        self._qemu_words = ((*hub, *options), machine, {name: case.tap(name, flags=plk.IFF_VNET_HDR) for name in taps})
        self.path = case.path("p")
        if listens == "pktlockd":
            self._start_daemon("ptcp:0" if tcp else f"punix:{self.path}")
            where = f"host=127.0.0.1,port={plk.tcp_address(self.daemon)[1]}" if tcp else f"path={self.path}"
            self._start_qemu(where + ",server=off,reconnect=1")
        elif tcp:
            with case.tcp_listener() as listener:
                free = listener.getsockname()[1]
            self._start_qemu(f"host=127.0.0.1,port={free},server=on,wait=off")
            self._start_daemon(f"tcp:127.0.0.1:{free}")
        else:
            self._start_qemu(f"path={self.path},server=on,wait=off")
            os.chmod(self.path, 0o666)
            self._start_daemon(f"unix:{self.path}")
        self.taps = {name: case.wire(name) for name in taps}
        self.tap = self.taps["t0"]
        self._wait()

    def _start_daemon(self, remote):
        port, more = self._daemon_words
        self.daemon = self.case.daemon(f"--remote={port}@{remote}", *more)

    def _start_qemu(self, where):
        options, machine, taps = self._qemu_words
        self.qemu = Qemu(self.case, f"-chardev socket,id=peer,{where}", *options, machine=machine, taps=taps)

    def _wait(self, after=0):
        self.daemon.wait_log("client connected", after=after)
        self.qemu.wait_connected("peer")

    def kill_worker(self):
        """Returns when QEMU's chardev is the client of another one."""
        mark = self.daemon.mark()
        os.kill(self.daemon.family["worker"], signal.SIGKILL)
        self._wait(mark)

    def start_again(self):
        """Another daemon in place of this one, which has ended. Returns when QEMU's chardev is its client."""
        self.daemon = self.case.daemon(*self.daemon.args, interface=None)
        self._wait()

    def end(self):
        self.qemu.alive()
        self.daemon.stop()


def ip_header(family, size):
    """The header of an IP packet with so many bytes of TCP in it, and the sum of TCP's pseudo header."""
    if family == 4:
        addresses = bytes([10, 77, 0, 1, 10, 77, 0, 2])
        head = struct.pack("!BBHHHBBH", 0x45, 0, (20 + size) & 0xFFFF, 1, 0x4000, 64, 6, 0) + addresses
        head = head[:10] + struct.pack("!H", card.checksum(head)) + head[12:]
    else:
        addresses = socket.inet_pton(socket.AF_INET6, "fd77::1") + socket.inet_pton(socket.AF_INET6, "fd77::2")
        head = struct.pack("!IHBB", 0x60000000, size & 0xFFFF, 6, 64) + addresses
    return head, card.checksum(addresses + struct.pack("!II", 6, size)) ^ 0xFFFF


def tcp_frame(size, family=4):
    """TCP with so many bytes of payload and a checksum that is not finished: (header, frame)."""
    ip, pseudo = ip_header(family, 20 + size)
    tcp = struct.pack("!HHIIBBHHH", 5001, 5002, 7, 9, 0x50, 0x10, 8192, pseudo, 0)
    start = 14 + len(ip)
    ethertype, gso_type = {4: (0x0800, 1), 6: (0x86DD, 4)}[family]
    data = plk.FAR + CLIENT + struct.pack("!H", ethertype) + ip + tcp + plk.frame(size, size + 14)[14:]
    gso = (gso_type, start + 20, GSO_SIZE) if size > GSO_SIZE else (0, 0, 0)
    return struct.pack("=BBHHHH", 1, *gso, start, 16), data


class Headers:
    """A packet socket on an interface that speaks virtio-net headers of 10 bytes."""

    def __init__(self, wire):
        self.sock = wire.sock
        self.sock.setsockopt(plk.SOL_PACKET, PACKET_VNET_HDR, 1)

    def send(self, *records):
        for header, data in records:
            self.sock.send(header + data)

    def expect(self, records, what):
        self.sock.settimeout(plk.WAIT)
        for i, record in enumerate(records):
            while True:
                try:
                    data, address = self.sock.recvfrom(1 << 17)
                except TimeoutError as error:
                    raise plk.Failure(f"{what}: {i} of {len(records)} frames came") from error
                if address[2] != plk.PACKET_OUTGOING and plk.ethertype_of(data[10:]) != plk.PROBE:
                    break
            # hdr_len is what the kernel has in one piece, and says nothing
            data = data[:2] + record[0][2:4] + data[4:]
            same_record(data, record, f"{what}: frame {i}")


def same_record(data, record, what):
    plk.equal(data[:10].hex(), record[0].hex(), f"{what}: header")
    plk.equal(plk.shown(data[10:]), plk.shown(record[1]), what)
    plk.check(data[10:] == record[1], f"{what} differs")
