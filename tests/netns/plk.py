# SPDX-License-Identifier: BSD-2-Clause
"""What the netns tests share: a private world to run in, interfaces, frames, clients and the daemon.

A test file has functions test_NAME(case) and ends with plk.main(). It is run as

    /usr/bin/python3 FILE --bin=DIRECTORY [NAME...]

and starts itself again in network, mount and process-id namespaces of its own, with an empty /run. So nothing that a
test makes (interfaces, sockets, processes) can outlive it, and no traffic leaves it. It needs root for that, and exits
with 77 (skipped) where it is not.
"""

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import re
import select
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
import traceback

SKIPPED = 77
INSIDE = "--inside"  # the argument that says that the namespaces are there
TEST_SECONDS = 120
WAIT = 5.0  # seconds; how long something may take that takes milliseconds

ETH_P_ALL = 0x0003
TYPE = 0x88B5  # frames of the tests: the EtherTypes that IEEE 802 leaves for local experiments
PROBE = 0x88B6
BROADCAST = b"\xff" * 6
NEAR = bytes.fromhex("027000000001")
FAR = bytes.fromhex("027000000002")

SOL_PACKET = 263
PACKET_AUXDATA = 8
PACKET_OUTGOING = 4
SO_ATTACH_FILTER = 26
SO_RCVBUFFORCE = 33
CLONE_NEWNET = 0x40000000

TUNSETIFF = 0x400454CA
IFF_TUN = 0x0001
IFF_TAP = 0x0002
IFF_NO_PI = 0x1000
IFF_VNET_HDR = 0x4000

_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What a test expected did not happen."""


class Closed(Failure):
    """The other side closed the connection."""


def check(condition, message):
    if not condition:
        raise Failure(message)


def equal(got, expected, what):
    if got != expected:
        raise Failure(f"{what}: got {got!r}, expected {expected!r}")


def poll_until(probe, what, seconds=WAIT, pause=0.01):
    """Calls probe() until it returns something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        result = probe()
        if result:
            return result
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(pause)


# ---------------------------------------------------------------------------------------------------------------------
# Frames and streams


def mac_text(mac):
    return ":".join(f"{byte:02x}" for byte in mac)


def frame(number=0, size=60, dst=BROADCAST, src=FAR, ethertype=TYPE):
    """A frame of exactly size bytes with a number in it and a filling that depends on the number."""
    head = dst + src + struct.pack("!H", ethertype)
    pattern = struct.pack("!I", number) + bytes((number * 7 + i * 13) & 0xFF for i in range(61))
    body = pattern * (size // len(pattern) + 1)
    return (head + body)[:size]


def number_of(data):
    return struct.unpack("!I", data[14:18])[0]


def shown(data):
    return f"{len(data)} bytes {data[:32].hex()}{'...' if len(data) > 32 else ''}"


def same_frames(got, expected, what):
    for i, (a, b) in enumerate(zip(got, expected)):
        if a != b:
            raise Failure(f"{what}: frame {i} is {shown(a)}, expected {shown(b)}")
    equal(len(got), len(expected), f"{what}: number of frames")


class Format:
    """How frames lie on a stream."""

    def __init__(self, name, hdr=0):
        self.name = name
        self.hdr = hdr
        self.keys = f"format={name}" + (f",vnet-hdr={hdr}" if hdr else "")

    def __str__(self):
        return f"{self.name}{self.hdr or ''}"

    def encode(self, data, hdr=None):
        if not self.hdr:
            return struct.pack("!I", len(data)) + data
        if hdr is None:
            hdr = bytes(self.hdr)
        return struct.pack("!II", len(hdr) + len(data), len(hdr)) + hdr + data

    def decode(self, buffer):
        """Takes one frame from the front of a bytearray: the frame, or None if it is not there yet."""
        prefix = 8 if self.hdr else 4
        if len(buffer) < prefix:
            return None
        n = struct.unpack_from("!I", buffer)[0]
        if self.hdr:
            h = struct.unpack_from("!I", buffer, 4)[0]
            equal(h, self.hdr, "header size on the stream")
            check(14 + h <= n <= 69632, f"length on the stream is {n}")
        else:
            check(14 <= n <= 65535, f"length on the stream is {n}")
        if len(buffer) < prefix + n:
            return None
        hdr = bytes(buffer[prefix : prefix + self.hdr])
        data = bytes(buffer[prefix + self.hdr : prefix + n])
        del buffer[: prefix + n]
        return self.accept(hdr, data)

    def accept(self, hdr, data):
        """The frame of a header and bytes; what is not plain fails."""
        if self.hdr:
            plain = hdr[:10] + b"\0\0" + hdr[12:]
            check(not any(plain), f"virtio-net header of a plain frame is {hdr.hex()}")
            check(hdr[10:12] in (b"", b"\0\0", b"\1\0"), f"num_buffers of a plain frame is {hdr[10:12].hex()}")
        return data


QEMU = Format("qemu")
VNET10 = Format("vnet", 10)
VNET12 = Format("vnet", 12)
VNET20 = Format("vnet", 20)
FORMATS = (QEMU, VNET10, VNET12, VNET20)


def ethertype_of(data):
    return struct.unpack_from("!H", data, 12)[0]


class Client:
    """One connection to the daemon that speaks a format. Probe frames (see sync) are not shown."""

    def __init__(self, sock, fmt=QEMU):
        self.sock = sock
        self.out = sock.dup()  # with a time-out of its own: one thread may send while another receives
        self.fmt = fmt
        self.buffer = bytearray()
        self.eof = False
        self.probes = 0
        self.out.settimeout(WAIT)

    def close(self):
        self.sock.close()
        self.out.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send_bytes(self, data):
        self.out.sendall(data)

    def send(self, *frames):
        self.send_bytes(b"".join(self.fmt.encode(data) for data in frames))

    def half_close(self):
        self.sock.shutdown(socket.SHUT_WR)

    def _fill(self, seconds):
        """Reads what is there, waiting at most that long: False if nothing came."""
        self.sock.settimeout(max(seconds, 0.0) or 0.000001)
        try:
            data = self.sock.recv(1 << 20)
        except (TimeoutError, BlockingIOError):
            return False
        except ConnectionResetError:
            data = b""
        if not data:
            self.eof = True
        self.buffer += data
        return True

    def _take(self):
        while True:
            data = self.fmt.decode(self.buffer)
            if data is None or ethertype_of(data) != PROBE:
                return data
            self.probes += 1

    def recv(self, seconds=WAIT):
        """The next frame, or None if none comes in time."""
        end = time.monotonic() + seconds
        left = seconds
        while True:
            data = self._take()
            if data is not None:
                return data
            if self.eof:
                raise Closed(f"the daemon closed the connection ({len(self.buffer)} bytes of a torn frame are left)")
            if left < 0 or not self._fill(left):
                return None
            left = end - time.monotonic()

    def expect(self, frames, what="received"):
        got = []
        for _ in frames:
            data = self.recv()
            if data is None:
                break
            got.append(data)
        same_frames(got, list(frames), what)

    def drain(self, seconds=0.02):
        """Takes what is there and what comes, until nothing has come for so long."""
        frames = []
        while (data := self.recv(seconds)) is not None:
            frames.append(data)
        return frames

    def quiet(self, seconds=0.2):
        data = self.recv(seconds)
        check(data is None, f"unexpected frame: {data and shown(data)}")

    def wait_closed(self, seconds=WAIT):
        """The daemon must close the connection, without a torn frame before it."""
        end = time.monotonic() + seconds
        while not self.eof:
            left = end - time.monotonic()
            check(left > 0 and self._fill(left), f"the daemon did not close the connection within {seconds} s")
            while self._take() is not None:
                pass
        check(not self.buffer, f"the connection ended inside a frame: {bytes(self.buffer[:32]).hex()}")


class Wire:
    """A packet socket on an interface: the far side of what the daemon serves."""

    def __init__(self, ifname, ns=None, auxdata=False):
        with inside(ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
            if auxdata:
                self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.sock.bind((ifname, ETH_P_ALL))

    def fileno(self):
        return self.sock.fileno()

    def close(self):
        self.sock.close()

    def send(self, *frames):
        for data in frames:
            try:
                self.sock.send(data)
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                self.sock.send(data)  # the first told of the past

    def ignore_length(self, n):
        """Lets the kernel drop frames of n bytes."""
        code = struct.pack("=HBBIHBBIHBBIHBBI", 0x80, 0, 0, 0, 0x15, 0, 1, n, 6, 0, 0, 0, 6, 0, 0, 0xFFFFFFFF)
        program = ctypes.create_string_buffer(code)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 4, ctypes.addressof(program)))

    def recv(self, seconds=WAIT):
        """The next frame that came in, or None if none comes in time. What is sent here does not count."""
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            self.sock.settimeout(max(left, 0.000001))
            try:
                data, address = self.sock.recvfrom(1 << 17)
            except (TimeoutError, BlockingIOError):
                return None
            except OSError as error:
                if error.errno == errno.ENETDOWN:
                    continue
                raise
            if address[2] != PACKET_OUTGOING and ethertype_of(data) != PROBE:
                return data

    def recv_tag(self):
        """The next frame with the VLAN tag that the kernel took off: (frame, tci or None)."""
        self.sock.settimeout(WAIT)
        data, control, _, _ = self.sock.recvmsg(1 << 17, 256)
        for level, kind, value in control:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, _, _, _, _, tci, _ = struct.unpack("IIIHHHH", value[:20])
                return data, (tci if status & 0x10 else None)
        return data, None

    def expect(self, frames, what="on the wire"):
        got = []
        for _ in frames:
            data = self.recv()
            if data is None:
                break
            got.append(data)
        same_frames(got, list(frames), what)

    def quiet(self, seconds=0.2):
        data = self.recv(seconds)
        check(data is None, f"unexpected frame on the wire: {data and shown(data)}")


def sync(wire, *clients):
    """Returns when frames from the wire reach every client: sends probes until each has seen one."""
    end = time.monotonic() + WAIT
    missing = {client: client.probes for client in clients}
    while missing:
        check(time.monotonic() < end, f"{len(missing)} of {len(clients)} clients do not receive what is on the wire")
        wire.send(frame(0, 60, ethertype=PROBE))
        time.sleep(0.01)
        for client, before in list(missing.items()):
            data = client.recv(0)
            check(data is None, f"unexpected frame while probing: {data and shown(data)}")
            if client.probes > before:
                del missing[client]


# ---------------------------------------------------------------------------------------------------------------------
# Network


def ip(*words, ns=None):
    command = ["ip"] + (["-n", ns] if ns else []) + " ".join(words).split()
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise Failure(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout


def link(ifname, ns=None):
    """What ip knows of an interface, with details."""
    return json.loads(ip(f"-d -j link show dev {ifname}", ns=ns))[0]


@contextlib.contextmanager
def inside(ns):
    """Runs the block in a named network namespace, None being the test's own."""
    if ns is None:
        yield
        return
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{ns}", os.O_RDONLY)
    try:
        if _libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        yield
    finally:
        if _libc.setns(home, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns back")
        os.close(home)
        os.close(there)


def quiet_namespace(ns=None):
    """No IPv6 on interfaces that will be made here: it talks by itself."""
    with inside(ns), contextlib.suppress(FileNotFoundError):
        with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w", encoding="ascii") as file:
            file.write("1")
    ip("link set lo up", ns=ns)


def tun_device():
    """The path of the clone device; a fresh root may have an empty /dev."""
    path = "/dev/net/tun"
    if not os.path.exists(path):
        path = "/run/plk/tun"
        if not os.path.exists(path):
            os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(10, 200))
    return path


class Tap:
    """A TAP with the descriptor that a VM would hold: reads give what goes to the VM, writes are what it sends."""

    def __init__(self, ifname, ns=None, up=True, kind=IFF_TAP, flags=0):
        with inside(ns):
            self.fd = os.open(tun_device(), os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
            fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", ifname.encode(), kind | IFF_NO_PI | flags))
        if up:
            ip(f"link set {ifname} up", ns=ns)

    def fileno(self):
        return self.fd

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1

    def send(self, *frames):
        for data in frames:
            os.write(self.fd, data)

    def recv(self, seconds=WAIT):
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                return None
            data = os.read(self.fd, 1 << 17)
            if ethertype_of(data) != PROBE:
                return data

    def expect(self, frames, what="in the VM"):
        same_frames([data for data in (self.recv() for _ in frames) if data is not None], list(frames), what)

    def quiet(self, seconds=0.2):
        data = self.recv(seconds)
        check(data is None, f"unexpected frame in the VM: {data and shown(data)}")


# ---------------------------------------------------------------------------------------------------------------------
# Processes


def stat_fields(pid):
    """The fields of /proc/PID/stat behind the name: [0] state, [1] ppid, [11] utime, [12] stime, [19] start."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def processes():
    """{pid: (ppid, start)} of all that run here; the dead that nobody has reaped do not count."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                fields = stat_fields(entry)
                if fields[0] not in "ZX":
                    found[int(entry)] = (int(fields[1]), int(fields[19]))
    return found


def status_of(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict((line.split(":", 1)[0], line.split(":", 1)[1].strip()) for line in file)


def spawn(argv, fds=None, env=None, stdout=None, stderr=None):
    """Starts argv with exactly the descriptors of fds, {number there: descriptor or object here}, besides 0 to 2."""
    null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    wanted = {0: null, 1: null if stdout is None else stdout, 2: null if stderr is None else stderr}
    for number, source in (fds or {}).items():
        wanted[number] = source if isinstance(source, int) else source.fileno()
    floor = max(wanted) + 1  # so that no source is overwritten before it is used
    high = {number: fcntl.fcntl(source, fcntl.F_DUPFD_CLOEXEC, floor) for number, source in wanted.items()}
    try:
        return os.posix_spawn(
            argv[0],
            argv,
            {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} if env is None else env,
            file_actions=[(os.POSIX_SPAWN_DUP2, source, number) for number, source in high.items()],
            setpgroup=0,
            setsigdef=[signal.SIGPIPE, signal.SIGINT, signal.SIGTERM, signal.SIGXFSZ],
        )
    finally:
        for source in high.values():
            os.close(source)
        os.close(null)


def books_check(counters):
    """What came in went somewhere (src/core/books.h), while no frame waits for room at the interface."""

    def total(*names, prefix):
        return sum(counters.get(name, 0) for name in names) + sum(
            value for name, value in counters.items() if name.startswith(prefix) and name != "rx_dropped_kernel")

    seen = total("rx_frames", "rx_copies", "rx_pieces", "switched_frames", prefix="-")
    gone = total("delivered_frames", "rx_unwanted", prefix="rx_dropped_")
    equal(seen, gone, f"frames from the interface and between clients do not add up: {counters}")
    seen = total("client_frames", "tx_pieces", prefix="-")
    gone = total("tx_frames", "tx_switched", "tx_unwanted", prefix="tx_dropped_")
    equal(seen, gone, f"frames of clients do not add up: {counters}")


class Process:
    """A process that the test started; its output is collected. journal: JOURNAL_STREAM names its standard error."""

    def __init__(self, argv, fds=None, env=None, journal=False):
        self.argv = argv
        self.status = None
        self._text = {1: bytearray(), 2: bytearray()}
        self._changed = threading.Condition()
        self._readers = []
        ends = {}
        for number in (1, 2):
            reader, ends[number] = os.pipe()
            thread = threading.Thread(target=self._collect, args=(reader, number), daemon=True)
            self._readers.append(thread)
            thread.start()
        if journal:
            pipe = os.fstat(ends[2])
            env = dict(env) | {"JOURNAL_STREAM": f"{pipe.st_dev}:{pipe.st_ino}"}
        try:
            self.pid = spawn(argv, fds, env, ends[1], ends[2])
        finally:
            os.close(ends[1])
            os.close(ends[2])
        self.start = stat_fields(self.pid)[19]

    def _collect(self, reader, number):
        while True:
            data = os.read(reader, 65536)
            with self._changed:
                self._text[number] += data
                self._changed.notify_all()
            if not data:
                break
        os.close(reader)

    @property
    def stdout(self):
        with self._changed:
            return self._text[1].decode("utf-8", "replace")

    @property
    def stderr(self):
        with self._changed:
            return self._text[2].decode("utf-8", "replace")

    def wait_log(self, pattern, seconds=WAIT, count=1, after=0):
        """The matches of a regular expression in what was logged after a byte offset, once there are so many."""
        end = time.monotonic() + seconds
        with self._changed:
            while True:
                # Whole lines only: a line may come in pieces.
                text = self._text[2][after:].decode("utf-8", "replace")
                found = list(re.finditer(pattern, text[: text.rfind("\n") + 1], re.MULTILINE))
                if len(found) >= count:
                    return found
                left = end - time.monotonic()
                if left <= 0 or not any(thread.is_alive() for thread in self._readers):
                    raise Failure(f"no line for {pattern!r} ({len(found)} of {count}) within {seconds} s")
                self._changed.wait(min(left, 0.5))

    def mark(self):
        """Where the log is now, for wait_log(after=)."""
        with self._changed:
            return len(self._text[2])

    def poll(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def wait(self, seconds=WAIT):
        """The exit status, and all that it wrote has been collected."""
        end = time.monotonic() + seconds
        while self.poll() is None:
            check(time.monotonic() < end, f"{os.path.basename(self.argv[0])} did not end within {seconds} s")
            time.sleep(0.005)
        for thread in self._readers:
            thread.join(max(end - time.monotonic(), 1.0))
            check(not thread.is_alive(), "its output is still held open by some process")
        return self.status

    def kill(self):
        self.signal(signal.SIGKILL)
        with contextlib.suppress(Failure):
            self.wait()


class Daemon(Process):
    """pktlockd and its children.

    fds:     descriptors to inherit, {number: object}
    listen:  LISTEN_* to set: the number of descriptors, or a list of their names
    env:     further variables; None as a value removes one
    umask:   to start with
    nofile:  RLIMIT_NOFILE
    under:   a command that ends by becoming pktlockd, in the same process
    journal: standard error is what the service manager made it, and JOURNAL_STREAM says so
    """

    def __init__(self, case, *args, fds=None, listen=None, env=None, umask=None, nofile=None, under=(), ready=True, journal=False):
        variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PLK_TEST": "nothing reads this"}
        script = ""
        if listen is not None:
            variables["LISTEN_FDS"] = str(listen if isinstance(listen, int) else len(listen))
            if not isinstance(listen, int):
                variables["LISTEN_FDNAMES"] = ":".join(listen)
            script += "export LISTEN_PID=$$; "
        if umask is not None:
            script += f"umask {umask:03o}; "
        if nofile is not None:
            script += f"ulimit -n {nofile}; "
        for name, value in (env or {}).items():
            variables[name] = value
        variables = {name: value for name, value in variables.items() if value is not None}
        argv = [*under, os.path.join(case.bin, "pktlockd"), *args]
        if script:
            argv = ["/bin/sh", "-c", script + 'exec "$@"', "sh", *argv]
        self.args = args
        self.own_paths = [arg.partition("punix:")[2] for arg in args if "@punix:" in arg or "=punix:" in arg]
        self.family = {}
        super().__init__(argv, fds, variables, journal)
        case.daemons.append(self)
        if ready:
            self.wait_ready()

    def wait_ready(self, seconds=10.0):
        end = time.monotonic() + seconds
        line = None
        while line is None:
            try:
                line = self.wait_log(r"^pktlockd\[front\]: info: ready interface=(\S+) remotes=(\d+)", 0.05)[0]
            except Failure:
                check(self.poll() is None, f"pktlockd ended with status {self.status} instead of being ready")
                check(time.monotonic() < end, f"pktlockd is not ready after {seconds} s")
        self.ready_interface = line.group(1)
        self.ready_remotes = int(line.group(2))
        self.family = self.look()

    def look(self):
        """{role: pid} of the four processes as they are now."""
        family = {"supervisor": self.pid}
        self.seen = getattr(self, "seen", {})
        for pid, (ppid, start) in processes().items():
            if ppid == self.pid:
                with contextlib.suppress(OSError):
                    name = os.path.basename(os.readlink(f"/proc/{pid}/exe")).removesuffix(" (deleted)")
                    family[name.removeprefix("pktlockd-")] = pid
                self.seen[pid] = start
        return family

    def left(self):
        """Which of the processes that were ever seen still run."""
        now = processes()
        return [pid for pid, start in self.seen.items() if pid in now and now[pid][1] == start]

    def counters(self):
        """{name: value} of those that are not 0, as SIGUSR1 has them logged."""
        after = self.mark()
        self.signal(signal.SIGUSR1)
        line = self.wait_log(r"^pktlockd\[front\]: info: counters( .*)$", after=after)[0].group(1)
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}

    def last_books_check(self):
        """The books balance at the end, whatever became of workers."""
        lines = re.findall(r"^pktlockd\[front\]: info: counters( .*)$", self.stderr, re.MULTILINE)
        counters = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", lines[-1] if lines else "")}
        books_check(counters)

    def fd_counts(self):
        return {role: len(os.listdir(f"/proc/{pid}/fd")) for role, pid in self.look().items()}

    def cpu_ticks(self):
        """Processor time of all four together, in clock ticks of 10 ms."""
        total = 0
        for pid in self.look().values():
            fields = stat_fields(pid)
            total += int(fields[11]) + int(fields[12])
        return total

    def kill(self):
        if self.poll() is None:
            with contextlib.suppress(OSError):
                self.look()
        self.signal(signal.SIGKILL)
        for pid in self.left() if hasattr(self, "seen") else []:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(Failure):
            self.wait()

    def ended(self, status, seconds=1.0):
        """It ends by itself with that status, and nothing of it is left."""
        end = time.monotonic() + seconds
        equal(self.wait(seconds), status, "exit status of pktlockd")
        while self.left():
            check(time.monotonic() < end, f"{len(self.left())} of its processes still run")
            time.sleep(0.005)
        for path in self.own_paths:
            check(not os.path.lexists(path), f"{path} was left behind")

    def stop(self, number=signal.SIGTERM, books=True):
        """books: whether the counters are to be believed."""
        self.look()
        check(self.poll() is None, f"pktlockd had already ended, with status {self.status}")
        os.kill(self.pid, number)
        self.ended(0)
        if books:
            self.last_books_check()


class Case:
    """What one test has made, and how it is taken away again."""

    def __init__(self, name, bin_directory):
        self.name = name
        self.bin = bin_directory
        self.dir = f"/run/plk/{name}"
        self.stack = contextlib.ExitStack()
        self.daemons = []
        self.before = set(processes())
        os.makedirs(self.dir, exist_ok=True)
        os.chmod(self.dir, 0o1777)

    def close(self):
        for daemon in self.daemons:
            daemon.kill()
        self.stack.close()
        for entry in json.loads(ip("-j link show")):
            if entry["ifname"] != "lo":
                with contextlib.suppress(Failure):  # the other end of a veth goes with the first
                    ip(f"link delete dev {entry['ifname']}")
        for ns in os.listdir("/run/netns") if os.path.isdir("/run/netns") else []:
            ip(f"netns delete {ns}")
        shutil.rmtree(self.dir)

    def check_sanitizers(self):
        """No daemon may have written a report: a worker that ends with one is replaced, and a test may not notice."""
        for daemon in self.daemons:
            report = re.search(r"^.*(Sanitizer:|runtime error:).*$", daemon.stderr, re.MULTILINE)
            check(not report, report and report.group())

    def check_leaks(self):
        """After close(): no process but those of before may run."""
        poll_until(lambda: not set(processes()) - self.before, "leaked processes end", 2.0)

    def keep(self, thing):
        """Closes thing when the test ends."""
        self.stack.callback(thing.close)
        return thing

    def path(self, name):
        return f"{self.dir}/{name}"

    # Interfaces

    def veth(self, near="e0", far="e1", mtu=1500):
        """Two interfaces with a cable between them, up: the daemon's, and that of the test."""
        ip(f"link add {near} address {mac_text(NEAR)} mtu {mtu} type veth peer name {far}")
        ip(f"link set {far} address {mac_text(FAR)} mtu {mtu}")
        ip(f"link set {near} up")
        ip(f"link set {far} up")

    def bridge(self, ifname="br0", address=None):
        ip(f"link add {ifname} type bridge stp_state 0 mcast_snooping 0")
        if address:
            ip(f"address add {address} dev {ifname}")
        ip(f"link set {ifname} up")

    def netns(self, name):
        ip(f"netns add {name}")
        quiet_namespace(name)

    def neighbour(self, name, bridge, address):
        """A network namespace with one interface, eth0, whose other end is a port of the bridge."""
        self.netns(name)
        ip(f"link add {name}p type veth peer name eth0 netns {name}")
        ip(f"link set {name}p master {bridge} up")
        ip(f"address add {address} dev eth0", ns=name)
        ip("link set eth0 up", ns=name)

    def tap(self, ifname="t0", **more):
        return self.keep(Tap(ifname, **more))

    def wire(self, ifname="e1", **more):
        return self.keep(Wire(ifname, **more))

    # The daemon and its clients

    def daemon(self, *args, interface="e0", **more):
        if interface is not None:
            args = (f"--interface={interface}", *args)
        return Daemon(self, *args, **more)

    def run(self, *args, interface="e0", seconds=10.0, **more):
        """Runs pktlockd to its end: status, stdout, stderr."""
        daemon = self.daemon(*args, interface=interface, ready=False, **more)
        daemon.wait(seconds)
        return daemon

    def refused(self, status, text, *args, **more):
        """pktlockd must end with a status and a text in its one-line complaint, and leave nothing behind."""
        daemon = self.run(*args, **more)
        equal(daemon.status, status, f"exit status ({daemon.stderr.strip()})")
        check(text in daemon.stderr, f"{text!r} is not in {daemon.stderr!r}")
        check(daemon.stderr.startswith("pktlockd"), f"does not begin with pktlockd: {daemon.stderr!r}")
        check(" ready " not in daemon.stderr, f"was ready: {daemon.stderr!r}")
        return daemon

    def tool(self, *args, **more):
        """Starts the client."""
        process = Process([os.path.join(self.bin, "pktlock"), *args], **more)
        self.stack.callback(process.kill)
        return process

    def listener(self, name="l.sock", backlog=16, mode=0o666):
        """A listening Unix socket as a service manager would make it."""
        sock = self.keep(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM))
        sock.bind(self.path(name))
        os.chmod(self.path(name), mode)
        sock.listen(backlog)
        return sock

    def tcp_listener(self, family=socket.AF_INET):
        sock = self.keep(socket.socket(family, socket.SOCK_STREAM))
        sock.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        sock.listen(16)
        return sock

    def connect(self, where, fmt=QEMU):
        """A client at a path or at an (address, port)."""
        family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET6 if ":" in where[0] else socket.AF_INET
        sock = socket.socket(family, socket.SOCK_STREAM)
        self.stack.callback(sock.close)
        # Not settimeout(): without blocking, a full backlog would be an error at once.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(WAIT), 0))
        sock.connect(where)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.keep(Client(sock, fmt))

    def accept(self, listener, fmt=QEMU, seconds=WAIT):
        """The connection that the daemon makes to a listener of the test."""
        listener.settimeout(seconds)
        try:
            sock = listener.accept()[0]
        except TimeoutError as error:
            raise Failure(f"the daemon did not connect within {seconds} s") from error
        return self.keep(Client(sock, fmt))


class Journal:
    """systemd's journal, or what looks like it: a list of the fields of each line, and a thread that reads them."""

    PATH = "/run/systemd/journal/socket"

    def __init__(self, case, reads=True):
        os.makedirs(os.path.dirname(self.PATH), exist_ok=True)
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(self.PATH)
        os.chmod(self.PATH, 0o666)
        self.sock.settimeout(0.02)
        self.lines = []
        self.reads = reads
        self.ends = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()
        case.stack.callback(self.close)

    def close(self):
        self.ends = True
        self.thread.join()
        self.sock.close()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.PATH)

    def _read(self):
        while not self.ends:
            try:
                data = self.sock.recv(65536) if self.reads else time.sleep(0.02)
            except TimeoutError:
                data = None
            if data:
                self.lines.append(self.fields(data))

    @staticmethod
    def fields(data):
        """Each of a datagram, which has each once: {name: value}."""
        pairs = [line.partition("=")[::2] for line in data.decode("ascii").removesuffix("\n").split("\n")]
        check(data.endswith(b"\n") and all(re.fullmatch("[A-Z_]+", name) and value for name, value in pairs), f"fields in {data!r}")
        equal(len({name for name, _ in pairs}), len(pairs), f"different fields in {data!r}")
        return dict(pairs)

    def found(self, pattern):
        return [line for line in self.lines if re.search(pattern, line["MESSAGE"])]

    def wait(self, pattern, seconds=WAIT, count=1):
        """The lines whose message is as the pattern says, once there are so many."""
        return poll_until(lambda: self.found(pattern) if len(self.found(pattern)) >= count else None,
                          f"{count} lines for {pattern!r} in the journal", seconds)


def tcp_address(daemon, number=0):
    """Where the daemon's ptcp: remote of that number listens, from the log: (address, port)."""
    pattern = r"^pktlockd\[front\]: info: listening remote=\S+ address=(\[[^\]]*\]|[0-9.]+):(\d+)$"
    found = daemon.wait_log(pattern, count=number + 1)[number]
    return found.group(1).strip("[]"), int(found.group(2))


# ---------------------------------------------------------------------------------------------------------------------
# Running


def reap_for(child):
    """What process 1 of the namespace does: waits for everybody, and ends as the test does."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: os.kill(child, n))
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def private_world():
    """An empty /run and a network without a word on it, for this process and its children alone."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run"], check=True)
    os.makedirs("/run/netns")
    os.makedirs("/run/plk")
    quiet_namespace()


def run_one(name, function, bin_directory):
    case = Case(name, bin_directory)
    began = time.monotonic()
    problem = None

    def give_up(*_):
        raise Failure(f"took longer than {TEST_SECONDS} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(TEST_SECONDS)
    try:
        function(case)
    except Exception as error:  # pylint: disable=broad-except
        problem = error
        where = traceback.extract_tb(error.__traceback__)
    finally:
        signal.alarm(0)
        try:
            case.close()
            case.check_leaks()
            case.check_sanitizers()
        except Exception as error:  # pylint: disable=broad-except
            if problem is None:
                problem = error
                where = traceback.extract_tb(error.__traceback__)
    took = time.monotonic() - began
    print(f"{'FAIL' if problem else 'ok':4} {took:6.2f} s  {name}", flush=True)
    if problem:
        print(f"     {type(problem).__name__ if not isinstance(problem, Failure) else 'because'}: {problem}")
        for entry in where:
            if os.path.basename(entry.filename) != "plk.py" or entry is where[-1]:
                print(f"       at {os.path.basename(entry.filename)}:{entry.lineno} {entry.line}")
        for daemon in case.daemons[-2:]:
            for line in daemon.stderr.splitlines()[-12:]:
                print(f"       | {line}")
        sys.stdout.flush()
    return problem is None


def main():
    """Runs the tests of the file that was started."""
    options = [arg for arg in sys.argv[1:] if arg.startswith("--")]
    names = [arg for arg in sys.argv[1:] if not arg.startswith("--")]
    bin_directory = next((arg[6:] for arg in options if arg.startswith("--bin=")), None)
    if bin_directory is None:
        sys.exit(f"usage: {sys.argv[0]} --bin=DIRECTORY [NAME...]")
    bin_directory = os.path.abspath(bin_directory)
    if INSIDE not in options:
        os.closerange(3, 1 << 16)  # whatever was inherited would be inherited on
        if os.geteuid() != 0:
            print("SKIPPED: NOTHING WAS TESTED. These tests make network namespaces, and need root for it.")
            sys.exit(SKIPPED)
        world = os.path.join(os.path.dirname(os.path.abspath(__file__)), "world.sh")
        script = os.path.abspath(sys.argv[0])
        sys.stdout.flush()
        others = [arg for arg in options if not arg.startswith("--bin=")]  # what the test file itself understands
        os.execv(world, [world, sys.executable, "-B", script, f"--bin={bin_directory}", *others, *names, INSIDE])
    child = os.fork()
    if child:
        sys.exit(reap_for(child))

    for needed in ("pktlockd", "pktlock"):
        if not os.access(os.path.join(bin_directory, needed), os.X_OK):
            sys.exit(f"{bin_directory}/{needed} is not there: build first")
    private_world()
    tests = vars(sys.modules["__main__"])
    chosen = [name for name in tests if name.startswith("test_") and (not names or name.removeprefix("test_") in names)]
    results = [run_one(name.removeprefix("test_"), tests[name], bin_directory) for name in chosen]
    failed = results.count(False)
    print(f"{len(results)} tests, {failed} failed")
    sys.exit(0 if results and not failed else 1)
