# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of pktlock have in common: the tool, daemons that a test plays, frames, capture files.

A test file is run with the tool's path, or a command that ends with it, as arguments:
    capture_test.py build/release/bin/pktlock
    capture_test.py valgrind --error-exitcode=42 build/release/bin/pktlock
"""

import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

TOOL = []
LIMIT_S = 60  # for one run of the tool; sanitizers and valgrind are slow
MAGIC = 0x0A0D0D0A


def frame(number, length=60):
    """An Ethernet frame that tells its number: IPv4 and UDP where there is room, else bare."""
    head = struct.pack("!6s6sH", b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02", 0x0800)
    if length < 46:
        return (head[:12] + b"\x88\xb5" + number.to_bytes(4, "big") * 8)[:length]
    total = min(length - 14, 65535 - 14)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, number & 0xFFFF, 0, 64, 17, 0,
                     b"\xc0\0\2\1", b"\xc0\0\2\2")
    udp = struct.pack("!HHHH", 1000, 2000, total - 20, 0)
    body = number.to_bytes(4, "big") * (length // 4)
    return (head + ip + udp + body)[:length]


def record(eth, vnet=None, header=None):
    """A frame as a port sends it; vnet is the size of its headers, header the bytes of one."""
    if vnet is None:
        return struct.pack("!I", len(eth)) + eth
    header = bytes(vnet) if header is None else header
    return struct.pack("!II", len(eth) + len(header), len(header)) + header + eth


def records_parse(stream, vnet=None):
    """Frames of a stream, and the bytes after the last whole one."""
    frames = []
    at = 0
    prefix = 4 if vnet is None else 8
    while len(stream) - at >= prefix:
        n = struct.unpack_from("!I", stream, at)[0]
        if len(stream) - at - prefix < n:
            break
        if vnet is not None:
            assert struct.unpack_from("!I", stream, at + 4)[0] == vnet
            assert stream[at + 8:at + 8 + vnet] == bytes(vnet)
        frames.append(stream[at + prefix + (vnet or 0):at + prefix + n])
        at += prefix + n
    return frames, stream[at:]


def block(kind, body, order="<"):
    assert len(body) % 4 == 0
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order="<"):
    return block(MAGIC, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(order="<", linktype=1, snaplen=0):
    return block(1, struct.pack(order + "HHI", linktype, 0, snaplen) + struct.pack(order + "HHB3xHH", 9, 1, 9, 0, 0),
                 order)


def packet(eth, order="<", time_ns=1_000_000_000, original=None):
    body = struct.pack(order + "IIIII", 0, time_ns >> 32, time_ns & 0xFFFFFFFF, len(eth), original or len(eth))
    return block(6, body + eth + bytes(-len(eth) % 4), order)


def pcap(frames, order="<", nano=False, linktype=1, snaplen=262144):
    """A pcap file; a frame may be a pair of bytes and its original length."""
    out = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, linktype)]
    for i, item in enumerate(frames):
        eth, original = item if isinstance(item, tuple) else (item, len(item))
        out.append(struct.pack(order + "IIII", 1_700_000_000 + i, 999_999, len(eth), original) + eth)
    return b"".join(out)


class Pcapng:
    """A strict reader: whole blocks, a section first, then an interface."""

    def __init__(self, data):
        self.frames = []
        self.times = []
        self.types = []
        order = None
        at = 0
        while at < len(data):
            left = len(data) - at
            assert left >= 12, "torn block"
            if struct.unpack_from("<I", data, at)[0] == MAGIC:
                order = "<" if data[at + 8:at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
            assert order, "no section at the front"
            kind, length = struct.unpack_from(order + "II", data, at)
            assert length % 4 == 0 and 12 <= length <= left, "torn block"
            assert struct.unpack_from(order + "I", data, at + length - 4)[0] == length, "lengths differ"
            self.types.append(kind)
            if kind == 6:
                _, high, low, captured, original = struct.unpack_from(order + "IIIII", data, at + 8)
                assert captured == original
                self.times.append(high << 32 | low)
                self.frames.append(data[at + 28:at + 28 + captured])
            at += length


class Daemon:
    """Listens, and plays play(connection) for the first client in a thread; close() waits for it."""

    def __init__(self, address, play):
        family = {str: socket.AF_UNIX, tuple: socket.AF_INET if "." in address[0] else socket.AF_INET6}
        self.listener = socket.socket(family[type(address)], socket.SOCK_STREAM)
        self.listener.bind(address)
        self.listener.listen(4)
        self.listener.settimeout(LIMIT_S)
        self.play = play
        self.error = None
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        try:
            connection, _ = self.listener.accept()
            with connection:
                connection.settimeout(LIMIT_S)
                self.play(connection)
        except Exception as error:  # told in the test's thread
            self.error = error

    def close(self):
        self.thread.join(LIMIT_S)
        alive = self.thread.is_alive()
        self.listener.close()
        if alive:
            raise AssertionError("the daemon's thread hangs")
        if self.error:
            raise self.error


def read_all(connection):
    data = bytearray()
    while piece := connection.recv(1 << 20):
        data += piece
    return bytes(data)


def until_closed(connection):
    """Keep a connection open until the client closes it."""
    try:
        read_all(connection)
    except ConnectionResetError:
        pass


def send_all(connection, data):
    """Send to a client that may go at any time; whether it took everything."""
    try:
        connection.sendall(data)
    except (BrokenPipeError, ConnectionResetError):
        return False
    return True


def wait_for(condition, what):
    end = time.monotonic() + LIMIT_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.01)


class Case(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="pktlock-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as out:
            out.write(data)
        return self.path(name)

    def daemon(self, play, address=None):
        """A daemon on a Unix socket (or an address), and its remote."""
        address = address or self.path("port.sock")
        if isinstance(address, str) and os.path.exists(address):
            os.unlink(address)
        daemon = Daemon(address, play)
        if isinstance(address, str):
            return daemon, "unix:" + address
        host, port = daemon.listener.getsockname()[:2]
        return daemon, "tcp:%s:%d" % ("[%s]" % host if ":" in host else host, port)

    def spawn(self, *args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **options):
        process = subprocess.Popen(TOOL + list(args), stdin=stdin, stdout=stdout, stderr=stderr, **options)
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait(LIMIT_S)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                stream.close()

    def tool(self, *args, **options):
        """Run to the end; (status, stdout, stderr)."""
        process = self.spawn(*args, **options)
        out, err = process.communicate(timeout=LIMIT_S)
        return process.returncode, out, err.decode()

    def reads_back(self, data, n_frames):
        """tcpdump and tshark agree that it is a capture of so many frames."""
        for command in (["tcpdump", "-n", "-t", "-r", "-"], ["tshark", "-n", "-r", "-"]):
            done = subprocess.run(command, input=data, capture_output=True, timeout=LIMIT_S)
            self.assertEqual(done.returncode, 0, done.stderr)
            lines = [line for line in done.stdout.splitlines() if line and not line.startswith(b"\t")]
            self.assertEqual(len(lines), n_frames, command)

    def assertSummary(self, err, frames, n_bytes):
        self.assertRegex(err, r"(?m)^captured %d frames, %d bytes$" % (frames, n_bytes))

    def assertReplayed(self, err, frames, n_bytes):
        self.assertRegex(err, r"(?m)^replayed %d frames, %d bytes in \d+\.\d{3} s$" % (frames, n_bytes))


def main():
    TOOL.extend(sys.argv[1:])
    if not TOOL:
        sys.exit("usage: %s TOOL" % sys.argv[0])
    for needed in ("tcpdump", "tshark"):
        if not shutil.which(needed):
            sys.exit(needed + " is missing")
    signal.alarm(900)  # nothing here waits for ever
    unittest.main(argv=sys.argv[:1], verbosity=2)
