# SPDX-License-Identifier: BSD-2-Clause
"""pktlock capture of frames in format qemu and vnet, and how it ends."""

import ctypes
import fcntl
import os
import pty
import random
import resource
import signal
import socket
import stat
import struct
import subprocess
import termios
import threading
import time

import harness
from harness import Pcapng, frame, record, send_all, until_closed

CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2
PR_CAPBSET_DROP = 24


def permissions_count():
    """Runs in the child: root without the right to ignore file permissions."""
    libc = ctypes.CDLL(None)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)


class Frames(harness.Case):
    def captured(self, pieces, frames, *args, status=0, address=None):
        """Send pieces, one write(2) each, close; what was captured must be the frames."""

        def play(connection):
            if isinstance(connection.getsockname(), tuple):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                send_all(connection, piece)

        daemon, remote = self.daemon(play, address)
        before = time.time_ns()
        result, out, err = self.tool("capture", remote, *args)
        after = time.time_ns()
        daemon.close()
        self.assertEqual(result, status, err)
        capture = Pcapng(out)
        self.assertEqual(capture.types, [harness.MAGIC, 1] + [6] * len(frames))
        self.assertEqual(capture.frames, frames)
        self.assertEqual(capture.times, sorted(capture.times))
        for stamp in capture.times:
            self.assertTrue(before <= stamp <= after)
        self.assertSummary(err, len(frames), sum(map(len, frames)))
        return out, err

    def test_one_write_each(self):
        frames = [frame(i, n) for i, n in enumerate((14, 15, 16, 17, 60, 1514, 9014))]
        out, err = self.captured(map(record, frames), frames)
        self.assertIn("pktlock: capture: connection closed by the daemon after 7 frames\n", err)
        self.reads_back(out, 7)

    def test_glued(self):
        frames = [frame(i, 60 + i % 1400) for i in range(3000)]
        out, _ = self.captured([b"".join(map(record, frames))], frames)
        self.reads_back(out, 3000)

    def test_byte_by_byte(self):
        frames = [frame(i, 14 + i) for i in range(10)]
        stream = b"".join(map(record, frames))
        self.captured([stream[i:i + 1] for i in range(len(stream))], frames)

    def test_split_anywhere(self):
        rng = random.Random(4711)
        frames = [frame(i, rng.choice((14, 60, 1514, 65535))) for i in range(200)]
        stream = b"".join(map(record, frames))
        cuts = [0] + sorted(rng.randrange(len(stream)) for _ in range(500)) + [len(stream)]
        self.captured([stream[a:b] for a, b in zip(cuts, cuts[1:])], frames)

    def test_longest(self):
        frames = [frame(i, 65535) for i in range(20)]
        out, _ = self.captured(map(record, frames), frames)
        self.reads_back(out, 20)

    def test_tcp(self):
        frames = [frame(i) for i in range(5)]
        self.captured(map(record, frames), frames, address=("127.0.0.1", 0))
        self.captured(map(record, frames), frames, address=("::1", 0))

    def test_nothing_sent(self):
        out, err = self.captured([], [])
        self.assertIn("connection closed by the daemon after 0 frames", err)
        self.reads_back(out, 0)

    def test_vnet(self):
        frames = [frame(i, 14 + 100 * i) for i in range(6)]
        for size in (10, 12, 20):
            with self.subTest(size):
                pieces = [record(eth, size, b"\xa5" * size if i % 2 else b"") for i, eth in enumerate(frames)]
                args = ["--format=vnet"] if size == 12 else ["--format", "vnet", "--vnet-hdr", str(size)]
                self.captured(pieces, frames, *args)

    def test_vnet_longest(self):
        frames = [frame(1, 69632 - 12)]
        self.captured([record(eth, 12) for eth in frames], frames, "--format=vnet", "--vnet-hdr=12")

    def test_torn(self):
        whole = [frame(i) for i in range(3)]
        for tail in (b"\0", b"\0\0\0", b"\0\0\0\x3c", record(frame(9))[:-1]):
            with self.subTest(tail):
                _, err = self.captured([b"".join(map(record, whole)) + tail], whole, status=1)
                self.assertIn("connection closed by the daemon inside a frame, after 3 frames\n", err)

    def test_torn_at_the_front(self):
        _, err = self.captured([b"\x0a\x0d\x0d"], [], status=1)
        self.assertIn("inside a frame, after 0 frames", err)

    def test_bad_length(self):
        whole = [frame(i) for i in range(2)]
        for length in (0, 13, 65536, 0x7FFFFFFF, 0xFFFFFFFF):
            with self.subTest(length):
                bad = struct.pack("!I", length)
                _, err = self.captured([b"".join(map(record, whole)) + bad + bytes(20)], whole, status=1)
                self.assertIn("bad framing after 2 frames: a frame's length is out of range", err)

    def test_bad_vnet(self):
        whole = [frame(i) for i in range(2)]
        for n, header, reason in (
            (100, 11, "another virtio-net header"),
            (100, 0xFFFFFFFF, "another virtio-net header"),
            (25, 12, "length is out of range"),
            (13, 0, "length is out of range"),
            (69633, 12, "length is out of range"),
        ):
            with self.subTest((n, header)):
                bad = struct.pack("!II", n, header)
                pieces = [record(eth, 12) for eth in whole] + [bad]
                _, err = self.captured(pieces, whole, "--format=vnet", status=1)
                self.assertIn("bad framing after 2 frames: ", err)
                self.assertIn(reason, err)

    def test_bad_length_ends_at_once(self):
        def play(connection):
            connection.sendall(struct.pack("!I", 65536))
            until_closed(connection)

        daemon, remote = self.daemon(play)
        status, _, err = self.tool("capture", remote)
        daemon.close()
        self.assertEqual(status, 1)
        self.assertSummary(err, 0, 0)


class Ends(harness.Case):
    def sends(self, n):
        """A daemon that sends n frames, and keeps the connection."""

        def play(connection):
            if send_all(connection, b"".join(record(frame(i)) for i in range(n))):
                until_closed(connection)

        return self.daemon(play)

    def floods(self):
        """A daemon that sends frames until the client goes."""

        def play(connection):
            piece = b"".join(record(frame(i, 1514)) for i in range(40))
            while send_all(connection, piece):
                pass

        return self.daemon(play)

    def test_count(self):
        for count, total in ((1, 1), (1, 100), (7, 7), (7, 10)):
            with self.subTest((count, total)):
                daemon, remote = self.sends(total)
                status, out, err = self.tool("capture", remote, "-c", str(count))
                daemon.close()
                self.assertEqual(status, 0, err)
                self.assertEqual(Pcapng(out).frames, [frame(i) for i in range(count)])
                self.assertEqual(err, "captured %d frames, %d bytes\n" % (count, 60 * count))

    def test_count_refused(self):
        for text in ("0", "-1", "+1", "01", " 1", "1k", "", "9007199254740993", "99999999999999999999"):
            with self.subTest(text):
                status, out, err = self.tool("capture", "unix:/run/x", "-c", text)
                self.assertEqual((status, out), (2, b""))
                self.assertIn("pktlock: capture: -c: ", err)

    def signalled(self, number, n_frames):
        daemon, remote = self.sends(n_frames)
        process = self.spawn("capture", remote, "-w", self.path("out"))
        whole = n_frames * 92 + (28 if n_frames else 0)
        harness.wait_for(lambda: os.path.exists(self.path("out")) and os.path.getsize(self.path("out")) >= whole,
                         "the frames")
        process.send_signal(number)
        _, err = process.communicate(timeout=harness.LIMIT_S)
        daemon.close()
        self.assertEqual(process.returncode, 0, err)
        self.assertSummary(err.decode(), n_frames, 60 * n_frames)
        with open(self.path("out"), "rb") as out:
            out = out.read()
        self.assertEqual(Pcapng(out).frames, [frame(i) for i in range(n_frames)])
        self.reads_back(out, n_frames)

    def test_sigint(self):
        self.signalled(signal.SIGINT, 3)

    def test_sigterm(self):
        self.signalled(signal.SIGTERM, 3)

    def test_sigint_without_frames(self):
        self.signalled(signal.SIGINT, 0)

    def test_sigint_ignored_by_the_parent(self):
        """As a shell starts a command in the background."""
        daemon, remote = self.sends(1)
        process = self.spawn("capture", remote, "-w", self.path("out"), restore_signals=False,
                             preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
        harness.wait_for(lambda: os.path.exists(self.path("out")) and os.path.getsize(self.path("out")) > 100, "it")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=harness.LIMIT_S)
        daemon.close()
        self.assertEqual(process.returncode, 0, err)

    def test_sigint_on_a_busy_stream(self):
        daemon, remote = self.floods()
        process = self.spawn("capture", remote, "-w", self.path("out"))
        harness.wait_for(lambda: os.path.exists(self.path("out")) and os.path.getsize(self.path("out")) > 1 << 20, "it")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=harness.LIMIT_S)
        daemon.close()
        self.assertEqual(process.returncode, 0, err)
        with open(self.path("out"), "rb") as out:
            frames = Pcapng(out.read()).frames
        self.assertEqual(frames, [frame(i % 40, 1514) for i in range(len(frames))])
        self.assertSummary(err.decode(), len(frames), 1514 * len(frames))

    def test_sigint_while_connecting(self):
        """A Unix socket whose backlog is full."""
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(self.path("full.sock"))
        listener.listen(0)
        waiting = socket.socket(socket.AF_UNIX)
        self.addCleanup(waiting.close)
        waiting.connect(self.path("full.sock"))
        process = self.spawn("capture", "unix:" + self.path("full.sock"))

        def catches():
            with open("/proc/%d/status" % process.pid) as status:
                caught = [line for line in status if line.startswith("SigCgt:")][0]
            return int(caught.split()[1], 16) >> (signal.SIGINT - 1) & 1

        harness.wait_for(catches, "its signal handlers")
        time.sleep(1)  # it connects next; valgrind catches all signals from its start
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=harness.LIMIT_S)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(Pcapng(out).frames, [])
        self.assertSummary(err.decode(), 0, 0)

    def test_reader_goes_while_idle(self):
        daemon, remote = self.sends(1)
        process = self.spawn("capture", remote)
        self.assertTrue(process.stdout.read(28))
        process.stdout.close()
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        self.assertEqual(process.stderr.read(), b"")
        daemon.close()

    def test_reader_goes_before_a_byte(self):
        daemon, remote = self.daemon(until_closed)
        process = self.spawn("capture", remote)
        process.stdout.close()
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        self.assertEqual(process.stderr.read(), b"")
        daemon.close()

    def test_reader_goes_while_busy(self):
        daemon, remote = self.floods()
        process = self.spawn("capture", remote)
        self.assertEqual(len(process.stdout.read(1 << 20)), 1 << 20)
        process.stdout.close()
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        self.assertEqual(process.stderr.read(), b"")
        daemon.close()

    def test_reader_is_a_socket(self):
        ours, theirs = socket.socketpair()
        daemon, remote = self.sends(1)
        process = self.spawn("capture", remote, stdout=theirs)
        theirs.close()
        self.assertTrue(ours.recv(28))
        ours.close()
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        self.assertEqual(process.stderr.read(), b"")
        daemon.close()

    def stalled(self):
        """A capture whose reader does not read, and that has been told to stop."""
        daemon, remote = self.floods()
        process = self.spawn("capture", remote)
        waiting = bytearray(4)

        def is_full():
            fcntl.ioctl(process.stdout, termios.FIONREAD, waiting)
            return struct.unpack("i", waiting)[0] > 60000

        harness.wait_for(is_full, "the pipe to be full")
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        return daemon, process

    def test_sigterm_with_a_slow_reader(self):
        daemon, process = self.stalled()
        time.sleep(0.5)
        out, err = process.communicate(timeout=harness.LIMIT_S)
        daemon.close()
        self.assertEqual(process.returncode, 0, err)
        frames = Pcapng(out).frames
        self.assertEqual(frames, [frame(i % 40, 1514) for i in range(len(frames))])

    def test_sigterm_with_a_dead_reader(self):
        daemon, process = self.stalled()
        self.assertEqual(process.wait(harness.LIMIT_S), 1)
        self.assertIn(b"the reader takes nothing more", process.stderr.read())
        daemon.close()

    def test_live(self):
        """tcpdump shows a frame before the next one is sent."""
        seen = threading.Event()

        def play(connection):
            for i in range(3):
                seen.clear()
                connection.sendall(record(frame(i)))
                if not seen.wait(harness.LIMIT_S):
                    raise AssertionError("frame %d was not shown" % i)

        daemon, remote = self.daemon(play)
        process = self.spawn("capture", remote)
        with subprocess.Popen(["tcpdump", "-l", "-n", "-t", "-r", "-"], stdin=process.stdout,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tcpdump:
            process.stdout.close()
            for _ in range(3):
                self.assertIn(b"192.0.2.1.1000 > 192.0.2.2.2000: UDP", tcpdump.stdout.readline())
                seen.set()
            self.assertEqual(tcpdump.stdout.read(), b"")
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        daemon.close()

    def test_connection_reset(self):
        def play(connection):
            connection.sendall(record(frame(0)))
            time.sleep(0.3)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        daemon, remote = self.daemon(play, ("127.0.0.1", 0))
        status, out, err = self.tool("capture", remote)
        daemon.close()
        self.assertEqual(status, 1)
        self.assertIn("connection lost after 1 frames: Connection reset by peer", err)
        self.assertEqual(Pcapng(out).frames, [frame(0)])


class Output(harness.Case):
    def one_frame(self):
        return self.daemon(lambda connection: send_all(connection, record(frame(1))))

    def test_terminal_is_refused(self):
        for args in ([], ["-w", "-"], ["-w", "/dev/tty"]):
            with self.subTest(args):
                daemon, remote = None, "unix:" + self.path("none.sock")
                if args == ["-w", "/dev/tty"]:
                    daemon, remote = self.one_frame()
                ours, theirs = pty.openpty()

                def controls():
                    fcntl.ioctl(1, termios.TIOCSCTTY, 0)

                process = self.spawn("capture", remote, *args, stdout=theirs, start_new_session=True,
                                     preexec_fn=controls)
                os.close(theirs)
                err = process.stderr.read().decode()
                self.assertEqual(process.wait(harness.LIMIT_S), 2)
                os.close(ours)
                self.assertIn("| tcpdump -r -", err)
                self.assertIn("-w FILE", err)
                self.assertEqual(err.count("\n"), 1)
                if daemon:
                    daemon.close()

    def test_file(self):
        daemon, remote = self.one_frame()
        status, out, err = self.tool("capture", remote, "-w" + self.path("new"))
        daemon.close()
        self.assertEqual((status, out), (0, b""), err)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("new")).st_mode), 0o600)
        with open(self.path("new"), "rb") as new:
            self.assertEqual(Pcapng(new.read()).frames, [frame(1)])

    def test_file_is_replaced_only_when_connected(self):
        self.write("old", b"x" * 1000)
        status, _, _ = self.tool("capture", "unix:" + self.path("none.sock"), "-w", self.path("old"))
        self.assertEqual(status, 1)
        self.assertEqual(os.path.getsize(self.path("old")), 1000)
        daemon, remote = self.one_frame()
        status, _, _ = self.tool("capture", remote, "-w", self.path("old"))
        daemon.close()
        self.assertEqual(status, 0)
        with open(self.path("old"), "rb") as old:
            self.assertEqual(Pcapng(old.read()).frames, [frame(1)])

    def test_file_that_cannot_be(self):
        for name, reason in (("none/out", "No such file"), (".", "Is a directory"), ("bad\n/x", r"bad\x0a/x")):
            with self.subTest(name):
                daemon, remote = self.one_frame()
                status, _, err = self.tool("capture", remote, "-w", self.path(name))
                daemon.close()
                self.assertEqual(status, 1)
                self.assertIn(reason, err)

    def test_no_space(self):
        daemon, remote = self.one_frame()
        status, _, err = self.tool("capture", remote, "-w", "/dev/full")
        daemon.close()
        self.assertEqual(status, 1)
        self.assertIn("'/dev/full': No space left on device", err)

    def test_no_space_leaves_whole_blocks(self):
        def play(connection):
            send_all(connection, b"".join(record(frame(i, 1514)) for i in range(4000)))

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000003, 1000003))

        daemon, remote = self.daemon(play)
        status, _, err = self.tool("capture", remote, "-w", self.path("out"), restore_signals=False, preexec_fn=limit)
        daemon.close()
        self.assertEqual(status, 1)
        self.assertIn("File too large", err)
        with open(self.path("out"), "rb") as out:
            frames = Pcapng(out.read()).frames
        self.assertGreater(len(frames), 400)
        self.assertEqual(frames, [frame(i, 1514) for i in range(len(frames))])

    def test_standard_output_closed(self):
        daemon, remote = self.one_frame()
        process = subprocess.Popen(["/bin/sh", "-c", 'exec "$0" "$@" >&-'] + harness.TOOL + ["capture", remote],
                                   stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=harness.LIMIT_S)
        daemon.close()
        self.assertEqual(process.returncode, 1)
        self.assertIn(b"Bad file descriptor", err)

    def test_fifo(self):
        os.mkfifo(self.path("fifo"))
        daemon, remote = self.one_frame()
        process = self.spawn("capture", remote, "-w", self.path("fifo"))
        with open(self.path("fifo"), "rb") as fifo:
            self.assertEqual(Pcapng(fifo.read()).frames, [frame(1)])
        self.assertEqual(process.wait(harness.LIMIT_S), 0)
        daemon.close()


class Connect(harness.Case):
    def refused(self, remote, *reasons, **options):
        status, out, err = self.tool("capture", remote, **options)
        self.assertEqual((status, out), (1, b""))
        self.assertTrue(err.startswith("pktlock: capture: '%s': cannot connect: " % remote), err)
        self.assertEqual(err.count("\n"), 1)
        for reason in reasons:
            self.assertIn(reason, err)

    def test_no_socket(self):
        self.refused("unix:" + self.path("none.sock"), "No such file or directory", "is the daemon running")
        self.refused("unix:" + self.write("file", b"") + "/sock", "Not a directory")

    def test_nobody_listens(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path("dead.sock"))
        listener.close()
        self.refused("unix:" + self.path("dead.sock"), "Connection refused", "is the daemon running")
        free = socket.create_server(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        self.refused("tcp:127.0.0.1:%d" % port, "Connection refused", "nothing listens there")

    def test_not_a_stream(self):
        other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(other.close)
        other.bind(self.path("dgram.sock"))
        self.refused("unix:" + self.path("dgram.sock"), "not a stream socket")

    def test_no_permission(self):
        daemon, remote = self.daemon(lambda connection: None)
        path = remote[len("unix:"):]
        os.chmod(path, 0o400)
        self.refused(remote, "Permission denied", "only its owner", preexec_fn=permissions_count)
        os.chmod(path, 0o420)
        self.refused(remote, "Permission denied", "only members of group ", preexec_fn=permissions_count)
        os.chmod(path, 0o600)
        os.chmod(self.dir, 0)
        self.refused(remote, "Permission denied", "a directory of its path is closed", preexec_fn=permissions_count)
        os.chmod(self.dir, 0o700)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(path)
        daemon.close()

    def test_zone(self):
        self.refused("tcp:[fe80::1%nosuchif]:9", "No such device", "zone")

    def test_passive(self):
        for remote, advice in (("punix:/run/x", "unix:PATH"), ("ptcp:3", "tcp:ADDR:PORT"), ("pfd:3", "unix:PATH or"),
                               ("sd:x", "unix:PATH or")):
            for command in (["capture"], ["replay"]):
                with self.subTest((remote, command)):
                    status, out, err = self.tool(*command, remote, *(["file"] if command == ["replay"] else []))
                    self.assertEqual((status, out), (2, b""))
                    self.assertIn("'%s': a daemon listens there" % remote, err)
                    self.assertIn("give " + advice, err)

    def test_usage(self):
        for args, message in (
            ([], "REMOTE is missing"),
            (["unix:/x", "unix:/y"], "there is more than one REMOTE"),
            (["unix:x"], "'unix:x': path is not absolute at byte 5"),
            (["tcp:localhost:1"], "'tcp:localhost:1': address is neither"),
            (["unix:/x", "--format=raw"], "--format: 'raw': not one of qemu and vnet"),
            (["unix:/x", "--format=pcapng"], "--format: 'pcapng': not one of qemu and vnet (capture recognises"),
            (["unix:/x", "--vnet-hdr=11", "--format=vnet"], "--vnet-hdr: '11': not one of 10, 12 and 20"),
            (["unix:/x", "--vnet-hdr=12"], "--vnet-hdr needs --format=vnet"),
            (["unix:/x", "--frob"], "'--frob': unknown option"),
            (["unix:/x", "-x"], "'-x': unknown option"),
            (["unix:/x", "-w"], "'-w': needs a value"),
            (["unix:/x", "-c1", "-c", "2"], "'-c': is given twice"),
        ):
            with self.subTest(args):
                status, out, err = self.tool("capture", *args)
                self.assertEqual((status, out), (2, b""))
                self.assertTrue(err.startswith("pktlock: capture: " + message), err)
                self.assertTrue(err.endswith("; try 'pktlock capture --help'\n"), err)


if __name__ == "__main__":
    harness.main()
