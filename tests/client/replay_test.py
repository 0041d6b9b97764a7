# SPDX-License-Identifier: BSD-2-Clause
"""pktlock replay."""

import array
import fcntl
import os
import pty
import re
import signal
import socket
import struct
import subprocess
import termios
import threading
import time

import harness
from harness import frame, interface, packet, pcap, read_all, record, records_parse, section


class Sent(harness.Case):
    def replayed(self, data, frames, *args, status=0, vnet=None, address=None, stdin=None):
        """Replay a file; the daemon must get exactly the frames."""
        got = []
        daemon, remote = self.daemon(lambda connection: got.append(read_all(connection)), address)
        path = self.write("trace", data)
        if stdin:
            with open(path, "rb") as trace:
                result, out, err = self.tool("replay", remote, "-", *args, stdin=trace)
        else:
            result, out, err = self.tool("replay", remote, path, *args)
        daemon.close()
        self.assertEqual((result, out), (status, b""), err)
        self.assertEqual(records_parse(got[0], vnet), (frames, b""))
        self.assertReplayed(err, len(frames), sum(map(len, frames)))
        return err

    def test_pcap(self):
        frames = [frame(i, n) for i, n in enumerate((14, 15, 60, 1514, 65535))]
        for order in "<>":
            for nano in (False, True):
                with self.subTest((order, nano)):
                    self.replayed(pcap(frames, order, nano), frames)

    def test_pcapng(self):
        frames = [frame(i, 60 + i) for i in range(10)]
        for order in "<>":
            with self.subTest(order):
                data = section(order) + interface(order) + b"".join(packet(eth, order) for eth in frames)
                self.replayed(data, frames)

    def test_many(self):
        frames = [frame(i, 14 + i * 7 % 9000) for i in range(5000)]
        self.replayed(pcap(frames), frames)

    def test_tcp(self):
        frames = [frame(i, 1514) for i in range(1000)]
        self.replayed(pcap(frames), frames, address=("127.0.0.1", 0))

    def test_no_frames(self):
        self.replayed(pcap([]), [])
        self.replayed(section() + interface(), [])

    def test_vnet(self):
        frames = [frame(i, n) for i, n in enumerate((14, 60, 65535))]
        for size in (10, 12, 20):
            with self.subTest(size):
                args = ["--format=vnet"] if size == 12 else ["--format", "vnet", "--vnet-hdr", str(size)]
                self.replayed(pcap(frames), frames, *args, vnet=size)

    def test_standard_input(self):
        frames = [frame(i) for i in range(3)]
        self.replayed(pcap(frames), frames, stdin=True)

    def test_live(self):
        """From a pipe each frame goes out when it comes, not when there are many."""
        frames = [frame(i) for i in range(3)]
        data = pcap(frames)
        arrived = threading.Event()
        got = []

        def play(connection):
            stream = b""
            for eth in frames:
                while len(stream) < 64:
                    stream += connection.recv(64 - len(stream))
                self.assertEqual(stream, record(eth))
                got.append(eth)
                stream = b""
                arrived.set()
            self.assertEqual(read_all(connection), b"")

        daemon, remote = self.daemon(play)
        process = self.spawn("replay", remote, "-", stdin=subprocess.PIPE)
        process.stdin.write(data[:24])
        for i in range(3):
            arrived.clear()
            # in two pieces, the cut inside the frame
            process.stdin.write(data[24 + 76 * i:24 + 76 * i + 40])
            process.stdin.flush()
            time.sleep(0.05)
            process.stdin.write(data[24 + 76 * i + 40:24 + 76 * (i + 1)])
            process.stdin.flush()
            self.assertTrue(arrived.wait(harness.LIMIT_S))
        process.stdin.close()
        process.stdin = None
        _, err = process.communicate(timeout=harness.LIMIT_S)
        daemon.close()
        self.assertEqual((process.returncode, len(got)), (0, 3), err)
        self.assertReplayed(err.decode(), 3, 180)

    def test_own_capture(self):
        """What capture writes, replay sends."""
        frames = [frame(i, 14 + i) for i in range(50)]
        daemon, remote = self.daemon(lambda connection: connection.sendall(b"".join(map(record, frames))))
        status, data, err = self.tool("capture", remote)
        daemon.close()
        self.assertEqual(status, 0, err)
        self.replayed(data, frames)

    def test_skipped(self):
        good = [frame(i) for i in range(3)]
        mixed = [good[0], frame(7, 13), (frame(8), 61), good[1], b"", (frame(9, 100), 9000), frame(10, 65536),
                 frame(11, 13), good[2]]
        err = self.replayed(pcap(mixed), good, status=1)
        self.assertIn("pktlock: replay: skipped 6 frames: 3 too short, 1 too long, 2 cut off by the capture\n", err)

    def test_skipped_vnet(self):
        longest = frame(1, 69632 - 20)
        err = self.replayed(pcap([longest, frame(2, 69633 - 20)]), [longest], "--format=vnet", "--vnet-hdr=20",
                            status=1, vnet=20)
        self.assertIn("skipped 1 frames: 0 too short, 1 too long, 0 cut off", err)

    def test_truncated_file(self):
        frames = [frame(i) for i in range(4)]
        for cut in (1, 59, 61, 75):
            with self.subTest(cut):
                err = self.replayed(pcap(frames)[:-cut], frames[:3], status=1)
                self.assertIn("truncated dump file", err)

    def test_truncated_pcapng(self):
        data = section() + interface() + packet(frame(0)) + packet(frame(1))[:-3]
        err = self.replayed(data, [frame(0)], status=1)
        self.assertIn("truncated", err)

    def test_second_interface_of_another_kind(self):
        data = section() + interface() + packet(frame(0)) + interface(linktype=101) + packet(frame(1))
        err = self.replayed(data, [frame(0)], status=1)
        self.assertIn("(what stands before that was sent)", err)

    def test_attach_port_sends(self):
        """A daemon that sends while it reads loses nothing."""
        frames = [frame(i, 1000) for i in range(300)]
        got = []

        def play(connection):
            connection.sendall(record(frame(1, 1514)) * 20)
            got.append(read_all(connection))
            connection.sendall(record(frame(1, 1514)) * 20)

        daemon, remote = self.daemon(play, ("127.0.0.1", 0))
        status, _, err = self.tool("replay", remote, self.write("trace", pcap(frames)))
        daemon.close()
        self.assertEqual(status, 0, err)
        self.assertEqual(records_parse(got[0]), (frames, b""))


class Refused(harness.Case):
    def refused(self, args, *reasons, status=1, **options):
        """Nothing is connected for a file that cannot be sent."""
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path("idle.sock"))
        listener.listen(1)
        result, out, err = self.tool("replay", "unix:" + self.path("idle.sock"), *args, **options)
        listener.setblocking(False)
        self.assertRaises(BlockingIOError, listener.accept)
        listener.close()
        os.unlink(self.path("idle.sock"))
        self.assertEqual((result, out), (status, b""), err)
        self.assertTrue(err.startswith("pktlock: replay: "), err)
        self.assertEqual(err.count("\n"), 1)
        for reason in reasons:
            self.assertIn(reason, err)

    def test_link_type(self):
        self.refused([self.write("t", pcap([frame(0)], linktype=101))], "link type RAW (12) is not Ethernet",
                     "tcprewrite --dlt=enet")
        self.refused([self.write("t", pcap([], linktype=113))], "LINUX_SLL (113) is not Ethernet", "any")
        self.refused([self.write("t", section() + interface(linktype=105))], "IEEE802_11 (105) is not Ethernet")
        self.refused([self.write("t", pcap([], linktype=60000))], "is not Ethernet")

    def test_no_capture(self):
        for data in (b"", b"\xd4\xc3", b"hello, world, this is no capture at all", bytes(100), section()[:20],
                     pcap([])[:20]):
            with self.subTest(data):
                self.refused([self.write("t", data)], "give a capture file, pcap or pcapng")
        with open(self.write("t", b""), "rb") as empty:
            self.refused(["-"], "give a capture file, pcap or pcapng", stdin=empty)

    def test_no_file(self):
        self.refused([self.path("none")], "No such file or directory")
        self.refused([self.dir], "Is a directory")
        self.refused([self.path("es\x1bc")], r"es\x1bc': No such file")

    def test_usage(self):
        self.refused([], "FILE is missing; try 'pktlock replay --help'", status=2)
        self.refused(["a", "b"], "there is more than REMOTE and FILE", status=2)
        self.refused(["a", "--format=pcapng"], "--format: 'pcapng'", status=2)
        self.refused(["a", "--vnet-hdr=10"], "--vnet-hdr needs --format=vnet", status=2)
        self.refused(["a", "-w", "x"], "'-w': unknown option", status=2)

    def test_no_daemon(self):
        path = self.write("t", pcap([frame(0)]))
        status, out, err = self.tool("replay", "unix:" + self.path("none.sock"), path)
        self.assertEqual((status, out), (1, b""))
        self.assertIn("pktlock: replay: 'unix:", err)
        self.assertIn("No such file or directory", err)


def unread(connection):
    """Bytes that wait in a socket, once no more come."""
    waiting = array.array("i", [0])
    last = -1
    while waiting[0] != last or last == 0:
        last = waiting[0]
        time.sleep(0.5)
        fcntl.ioctl(connection, termios.FIONREAD, waiting)
    return waiting[0]


class Early(harness.Case):
    """The daemon, or the user, ends it before the file's end: the count is exact."""

    def early(self, end, *args, vnet=None):
        """end(connection, process) ends it, and returns how many bytes the daemon got or could have got."""
        got = []
        process = []

        def play(connection):
            begin = connection.recv(100000, socket.MSG_WAITALL)
            harness.wait_for(lambda: process, "spawn() to return")
            got.append(len(begin) + end(connection, process[0]))

        daemon, remote = self.daemon(play)
        path = self.write("trace", pcap([frame(i, 1000) for i in range(4000)]))
        process.append(self.spawn("replay", remote, path, *args))
        _, err = process[0].communicate(timeout=harness.LIMIT_S)
        daemon.close()
        self.assertEqual(process[0].returncode, 1, err)
        n = got[0] // (1000 + 4 + (4 + vnet if vnet else 0))
        self.assertReplayed(err.decode(), n, 1000 * n)
        return err.decode(), n

    def test_daemon_closes(self):
        err, n = self.early(lambda connection, process: unread(connection))
        self.assertRegex(err, "connection closed by the daemon after %d frames: (Broken pipe|Connection reset)" % n)

    def test_daemon_closes_vnet(self):
        self.early(lambda connection, process: unread(connection), "--format=vnet", "--vnet-hdr=20", vnet=20)

    def test_signals(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):

                def end(connection, process, number=number):
                    unread(connection)  # it stalls
                    process.send_signal(number)
                    return len(read_all(connection))

                err, n = self.early(end)
                self.assertIn("pktlock: replay: interrupted after %d frames\n" % n, err)

    def test_signal_while_waiting_for_input(self):
        arrived = threading.Event()

        def play(connection):
            self.assertEqual(connection.recv(64, socket.MSG_WAITALL), record(frame(0)))
            arrived.set()
            harness.until_closed(connection)

        daemon, remote = self.daemon(play)
        process = self.spawn("replay", remote, "-", stdin=subprocess.PIPE)
        process.stdin.write(pcap([frame(0)]))
        process.stdin.flush()
        self.assertTrue(arrived.wait(harness.LIMIT_S))
        time.sleep(0.2)  # it returns from sending and waits for input
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(harness.LIMIT_S), 1)
        err = process.stderr.read().decode()
        daemon.close()
        self.assertIn("interrupted after 1 frames", err)

    def test_closed_unread(self):
        """Everything fitted into the socket, and the daemon went without reading it."""
        def play(connection):
            connection.recv(4)
            unread(connection)

        daemon, remote = self.daemon(play)
        status, _, err = self.tool("replay", remote, self.write("t", pcap([frame(0), frame(1)])))
        daemon.close()
        self.assertEqual(status, 1)
        self.assertIn("connection closed by the daemon after 2 frames: Connection reset by peer", err)

    def test_never_closed(self):
        """A daemon that reads and keeps the connection, one that does not even read: both are waited for in bounds."""
        done = threading.Event()

        def reads(connection):
            read_all(connection)
            done.wait(harness.LIMIT_S)

        reader, remote = self.daemon(reads)
        idler, idle = self.daemon(lambda connection: done.wait(harness.LIMIT_S), self.path("idle.sock"))
        path = self.write("t", pcap([frame(0)]))
        begin = time.monotonic()
        processes = [self.spawn("replay", to, path) for to in (remote, idle)]
        errors = [process.communicate(timeout=harness.LIMIT_S)[1].decode() for process in processes]
        self.assertLess(time.monotonic() - begin, 30)
        done.set()
        reader.close()
        idler.close()
        self.assertEqual([process.returncode for process in processes], [0, 1], errors)
        self.assertIn("the daemon did not read everything within 10 s", errors[1])


class Progress(harness.Case):
    def test_terminal(self):
        def play(connection):
            total = 0
            while piece := connection.recv(1 << 18):
                total += len(piece)
                time.sleep(0.02)

        daemon, remote = self.daemon(play)
        path = self.write("trace", pcap([frame(i, 9000) for i in range(2000)]))
        ours, theirs = pty.openpty()
        process = self.spawn("replay", remote, path, stderr=theirs)
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # EIO: the other side is closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        daemon.close()
        self.assertRegex(shown, rb"\r\d+ frames, \d+ bytes, \d+ %, \d+ frames/s, \d+\.\d Mbit/s\x1b\[K")
        self.assertTrue(re.search(rb"\r\x1b\[Kreplayed 2000 frames, 18000000 bytes in \d+\.\d{3} s\r\n\Z", shown), shown)
        seconds = float(re.search(rb"in (\d+\.\d+) s", shown).group(1))
        self.assertLessEqual(shown.count(b"frames/s"), 5 * seconds + 1)

    def test_no_terminal(self):
        daemon, remote = self.daemon(read_all)
        status, _, err = self.tool("replay", remote, self.write("t", pcap([frame(0)])))
        daemon.close()
        self.assertEqual(status, 0)
        self.assertNotIn("\r", err)


if __name__ == "__main__":
    harness.main()
