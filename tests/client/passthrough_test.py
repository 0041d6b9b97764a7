# SPDX-License-Identifier: BSD-2-Clause
"""pktlock capture of a pcapng stream: handed on block by block."""

import random
import struct

import harness
from harness import Pcapng, block, frame, interface, packet, section, send_all, until_closed

BLOCK_MAX = 16 << 20


def capture(n, order="<"):
    return section(order) + interface(order) + b"".join(packet(frame(i), order) for i in range(n))


class Passthrough(harness.Case):
    def passed(self, pieces, *args, status=0, keep=False):
        def play(connection):
            for piece in pieces:
                send_all(connection, piece)
            if keep:
                until_closed(connection)

        daemon, remote = self.daemon(play)
        result, out, err = self.tool("capture", remote, *args)
        daemon.close()
        self.assertEqual(result, status, err)
        return out, err

    def test_unchanged(self):
        for order in "<>":
            for n in (0, 1, 1000):
                with self.subTest((order, n)):
                    stream = capture(n, order)
                    out, err = self.passed([stream])
                    self.assertEqual(out, stream)
                    self.assertIn("closed by the daemon after %d frames" % n, err)
                    self.assertSummary(err, n, 60 * n)
                    self.reads_back(out, n)

    def test_format_does_not_matter(self):
        stream = capture(2)
        self.assertEqual(self.passed([stream], "--format=vnet", "--vnet-hdr=20")[0], stream)

    def test_byte_by_byte(self):
        for order in "<>":
            stream = capture(3, order)
            out, _ = self.passed([stream[i:i + 1] for i in range(len(stream))])
            self.assertEqual(out, stream)

    def test_split_anywhere(self):
        rng = random.Random(815)
        stream = section() + interface()
        for i in range(300):
            stream += packet(frame(i, rng.randrange(14, 3000))) if i % 7 else block(5, bytes(rng.randrange(9) * 4 + 12))
        cuts = [0] + sorted(rng.randrange(len(stream)) for _ in range(400)) + [len(stream)]
        out, err = self.passed([stream[a:b] for a, b in zip(cuts, cuts[1:])])
        self.assertEqual(out, stream)
        self.assertIn("captured 257 frames", err)

    def test_sections_of_both_orders(self):
        stream = capture(2, "<") + capture(3, ">") + capture(1, "<")
        out, err = self.passed([stream])
        self.assertEqual(out, stream)
        self.assertIn("captured 6 frames", err)

    def test_count(self):
        statistics = block(5, bytes(12))
        for order in "<>":
            for keep in (False, True):
                with self.subTest((order, keep)):
                    stream = capture(1, order) + block(5, bytes(12), order)
                    more = b"".join(packet(frame(i), order) for i in range(5)) + statistics
                    out, err = self.passed([stream + more], "-c", "3", keep=keep)
                    self.assertEqual(out, stream + packet(frame(0), order) + packet(frame(1), order))
                    self.assertEqual(err, "captured 3 frames, 180 bytes\n")

    def test_other_blocks_do_not_count(self):
        stream = section() + interface() + block(3, struct.pack("<I", 60) + frame(0)) + block(0x80000001, bytes(8))
        out, err = self.passed([stream], "-c", "1", status=1)
        self.assertEqual(out, stream)
        self.assertSummary(err, 0, 0)

    def test_large_blocks(self):
        custom = block(0x0BAD, bytes(BLOCK_MAX - 12))
        stream = capture(1) + custom + packet(frame(7)) + block(0x0BAD, bytes(300000)) + packet(frame(8))
        out, err = self.passed([stream])
        self.assertEqual(out, stream)
        self.assertIn("captured 3 frames", err)

    def test_torn(self):
        whole = capture(2)
        for n in (1, 7, 8, 11, 12, 30, len(packet(frame(1))) - 1):
            with self.subTest(n):
                out, err = self.passed([whole + packet(frame(1))[:n]], status=1)
                self.assertEqual(out, whole)
                self.assertIn("inside a frame, after 2 frames", err)

    def test_torn_section(self):
        for n in range(4, 28):
            with self.subTest(n):
                out, err = self.passed([section()[:n]], status=1)
                self.assertEqual(Pcapng(out).frames, [])

    def test_malformed(self):
        whole = capture(2)
        good = packet(frame(5))
        for bad in (
            struct.pack("<II", 6, 0) + bytes(60),
            struct.pack("<II", 6, 8) + bytes(60),
            struct.pack("<II", 5, 13) + bytes(60),
            struct.pack("<II", 5, 14) + bytes(60),
            struct.pack("<II", 6, 28) + bytes(16) + struct.pack("<I", 28) + bytes(28),
            good[:-4] + struct.pack("<I", len(good) - 4),
            good[:-4] + struct.pack(">I", len(good)),
            good[:20] + struct.pack("<I", 61) + good[24:],
            good[:20] + struct.pack("<I", 0xFFFFFFFF) + good[24:],
            packet(frame(5), ">"),
            section()[:8] + b"\x1a\x2b\x3c\x4e" + section()[12:],
            struct.pack("<II", harness.MAGIC, 24) + section()[8:20] + struct.pack("<I", 24),
        ):
            with self.subTest(bad[:24]):
                out, err = self.passed([whole + bad], status=1, keep=True)
                self.assertEqual(out, whole)
                self.assertRegex(err, "bad framing after 2 frames: a pcapng block is (malformed|longer)")
                self.assertSummary(err, 2, 120)

    def test_too_long(self):
        whole = capture(1)
        for length in (BLOCK_MAX + 4, 0xFFFFFFFC):
            with self.subTest(length):
                out, err = self.passed([whole + struct.pack("<II", 5, length)], status=1, keep=True)
                self.assertEqual(out, whole)
                self.assertIn("bad framing after 1 frames: a pcapng block is longer than 16 MiB", err)

    def test_magic_only(self):
        out, err = self.passed([section()[:8] + bytes(20)], status=1, keep=True)
        self.assertEqual(Pcapng(out).frames, [])
        self.assertIn("a pcapng block is malformed", err)

    def test_damage(self):
        """Whatever a stream has in it: it ends, and what comes out is whole blocks of it."""
        rng = random.Random(1701)
        for _ in range(60):
            stream = bytearray(capture(4, rng.choice("<>")) + capture(2, rng.choice("<>")))
            for _ in range(rng.randrange(1, 4)):
                stream[rng.randrange(4, len(stream))] = rng.choice((0, 1, 4, 0x7F, 0x80, 0xFF, rng.randrange(256)))
            del stream[rng.randrange(4, len(stream) + 1):]
            daemon, remote = self.daemon(lambda connection: send_all(connection, bytes(stream)))
            status, out, err = self.tool("capture", remote)
            daemon.close()
            self.assertIn(status, (0, 1), err)
            if not stream.startswith(out):  # a section of its own: nothing was whole
                self.assertEqual(Pcapng(out).types, [harness.MAGIC, 1])
            self.assertRegex(err, r"captured \d frames, \d+ bytes\n\Z")


if __name__ == "__main__":
    harness.main()
