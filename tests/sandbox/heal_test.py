# SPDX-License-Identifier: BSD-2-Clause
"""Workers that die, a thousand of them, at any moment and under traffic: the others do not notice, and the next one serves.

    heal_test.py --bin=DIRECTORY [--kills=N] [NAME...]

DIRECTORY has a pktlockd that replaces each worker at once (PLK_BACKOFF_WORKER); the service that is shipped waits longer and
longer for one that dies young.
"""

import errno
import json
import os
import random
import select
import shutil
import signal
import socket
import statistics
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
import plk  # pylint: disable=wrong-import-position

plk.TEST_SECONDS = 200

KILLS = 1000
SIGNALS = (signal.SIGKILL, signal.SIGSEGV, signal.SIGSYS)
YOUNG = 0.25  # the share of workers that die while they start, or shortly after
MEDIAN_MS = 50
RSS_KIB = 128  # what the memory of a process may differ by: pages of code that were read for the first time
DUMP_S = 0.3  # between two lines of counters
LOSSES_S = 0.4  # how often a worker asks the kernel what it dropped, and as much again
OTHERS = ("supervisor", "broker", "front")

FILLINGS = [bytes((k * 7 + i * 13) & 0xFF for i in range(1600)) for k in range(256)]


def numbered(number, dst=plk.BROADCAST, src=plk.FAR):
    """Like plk.frame(), but quick: some hundred thousand are compared."""
    size = 60 + number * 37 % 1400
    return dst + src + struct.pack("!HI", plk.TYPE, number & 0xFFFFFFFF) + FILLINGS[number & 0xFF][: size - 18]


# ---------------------------------------------------------------------------------------------------------------------
# Processes beside the test


class Helper:
    """A process of its own that does work(self) until it is told to end, and then reports a dictionary. What goes wrong in it
    is in the report too: "failure"."""

    def __init__(self, case, work):
        self.reader, self.writer = os.pipe()
        self.lines = b""
        self.report = {}
        self.stopping = False
        self.pid = os.fork()
        if self.pid == 0:
            self._main(work)
        os.close(self.writer)
        case.keep(self)

    def _main(self, work):
        def stop(*_):
            self.stopping = True

        signal.signal(signal.SIGTERM, stop)
        try:
            work(self)
        except Exception as error:  # pylint: disable=broad-except
            self.report["failure"] = f"{type(error).__name__}: {error}"
        self.tell("report", {"failure": None, **self.report})
        os._exit(0)

    def tell(self, *words):
        os.write(self.writer, json.dumps(words).encode() + b"\n")

    def told(self):
        """What it has told since: lists of words. After its end, its report is there."""
        self.lines += os.read(self.reader, 1 << 16)
        *whole, self.lines = self.lines.split(b"\n")
        told = [json.loads(line) for line in whole]
        for words in told:
            if words[0] == "report":
                self.report = words[1]
        return told

    def finish(self):
        os.kill(self.pid, signal.SIGTERM)
        while not os.waitpid(self.pid, os.WNOHANG)[0]:
            if select.select([self.reader], [], [], 0.01)[0]:
                self.told()
        self.pid = 0
        while select.select([self.reader], [], [], 0)[0] and self.told():
            pass
        plk.check(self.report, "a helper ended without a report")
        failure = self.report.pop("failure")
        plk.check(failure is None, failure)
        return self.report

    def close(self):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.reader)


def stream_socket(where):
    """A connection, waited for if the listener's queue is full."""
    family = socket.AF_UNIX if isinstance(where, str) else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(plk.WAIT), 0))
    sock.connect(where)
    return sock


class Stream:
    """What one capture connection brought: whole frames, each the right bytes, numbers that only rise."""

    def __init__(self):
        self.buffer = b""
        self.last = None
        self.frames = 0
        self.missing = 0

    def feed(self, data):
        self.buffer += data
        at = 0
        while len(self.buffer) - at >= 4:
            n = struct.unpack_from("!I", self.buffer, at)[0]
            plk.check(14 <= n <= 1514, f"length on the stream is {n}, behind frame {self.last}")
            if len(self.buffer) - at < 4 + n:
                break
            self.one(self.buffer[at + 4 : at + 4 + n])
            at += 4 + n
        self.buffer = self.buffer[at:]

    def one(self, data):
        number = plk.number_of(data)
        plk.check(data == numbered(number), f"not a frame that was sent: {plk.shown(data)}")
        if self.last is not None:
            plk.check(number > self.last, f"frame {number} comes after {self.last}")
            self.missing += number - self.last - 1
        self.last = number
        self.frames += 1


def capturing(where):
    """Captures, and connects again as soon as the connection ends. Tells the moment of each connection's first frame."""

    def work(helper):
        report = helper.report
        report.update(connections=0, frames=0, missing=0, torn=0)
        while not helper.stopping:
            stream = Stream()
            sock = stream_socket(where)
            sock.settimeout(0.2)
            report["connections"] += 1
            while not helper.stopping:
                try:
                    data = sock.recv(1 << 18)
                except TimeoutError:
                    continue
                except ConnectionResetError:
                    data = b""
                if not data:
                    break
                stream.feed(data)
                if stream.frames and stream.last is not None and not getattr(stream, "told", False):
                    stream.told = True
                    helper.tell("first", time.monotonic())
            sock.close()
            if stream.frames:
                helper.tell("end", time.monotonic())
            report["frames"] += stream.frames
            report["missing"] += stream.missing
            report["torn"] += bool(stream.buffer)

    return work


def injecting(where):
    """Writes frames without a pause but what the daemon makes it wait."""

    def work(helper):
        report = helper.report
        report.update(connections=0, frames=0)
        batch = b"".join(plk.QEMU.encode(numbered(i, plk.FAR, plk.NEAR)) for i in range(64))
        while not helper.stopping:
            sock = stream_socket(where)
            sock.settimeout(0.2)
            report["connections"] += 1
            rest = batch
            while not helper.stopping:
                try:
                    rest = rest[sock.send(rest) :] or batch
                    report["frames"] += 64 if rest is batch else 0
                except TimeoutError:
                    continue
                except OSError as error:
                    if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                        raise
                    break
            sock.close()

    return work


def receiving():
    """What comes out at the far end: injected frames, whole."""

    def work(helper):
        report = helper.report
        report.update(frames=0)
        wire = plk.Wire("e1")
        while not helper.stopping:
            data = wire.recv(0.2)
            if data is None:
                continue
            plk.check(data == numbered(plk.number_of(data), plk.FAR, plk.NEAR), f"injected: {plk.shown(data)}")
            report["frames"] += 1

    return work


def generating(bunch=10, pause=0.001):
    def work(helper):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.bind(("e1", 0))
        number = 0
        while not helper.stopping:
            for number in range(number, number + bunch):
                sock.send(numbered(number))
            number += 1
            time.sleep(pause)
        helper.report["frames"] = number

    return work


def probing(*places):
    """Connects to each listener over and over: none may refuse."""

    def work(helper):
        report = helper.report
        report.update(connections=0, longest_ms=0)
        while not helper.stopping:
            for where in places:
                began = time.monotonic()
                sock = stream_socket(where)
                report["longest_ms"] = max(report["longest_ms"], round((time.monotonic() - began) * 1000))
                # a reset: there are not as many ports as probes
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                sock.close()
                report["connections"] += 1
            time.sleep(0.001)

    return work


# ---------------------------------------------------------------------------------------------------------------------
# The workers


class Workers:
    """The worker as it is now, and its successors."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.others = {daemon.family[role] for role in ("broker", "front")}
        self.last = 0

    def find(self):
        """The process that is a worker or is about to become one, and that is not the last that was killed."""
        with open(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children", encoding="ascii") as file:
            found = {int(word) for word in file.read().split()} - self.others - {self.last}
        return max(found) if found else 0

    def kill(self, number):
        """Kills it: the moment."""
        self.last = plk.poll_until(self.find, "a worker", 10, 0.0005)
        now = time.monotonic()
        os.kill(self.last, number)
        return now


class Captures:
    """Whether the capture clients get frames, from what they tell."""

    def __init__(self, helpers):
        self.helpers = {helper.reader: helper for helper in helpers}
        self.since = dict.fromkeys(self.helpers)  # when the present connection had its first frame

    def listen(self, seconds):
        for reader in select.select(list(self.helpers), [], [], seconds)[0]:
            for word, *rest in self.helpers[reader].told():
                plk.check(word != "report", f"a client ended: {self.helpers[reader].report}")
                self.since[reader] = rest[0] if word == "first" else None

    def healed(self, after, settle):
        """Once all have had a frame of a connection that still stands some time later: how long that took each, in ms."""
        end = time.monotonic() + 10
        while True:
            while not all(since and since > after for since in self.since.values()):
                self.listen(0.1)
                plk.check(time.monotonic() < end, "no frames are captured any more")
            took = [(since - after) * 1000 for since in self.since.values()]
            until = time.monotonic() + settle
            while (left := until - time.monotonic()) > 0:
                self.listen(left)
            self.listen(0)
            if all(self.since.values()):
                return took


def memory_of(pid):
    return int(plk.status_of(pid)["VmRSS"].split()[0])


def family_of(daemon):
    """States of all children, the dead that nobody waited for included."""
    states = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = plk.stat_fields(entry)
            except OSError:
                continue
            if int(fields[1]) == daemon.pid:
                states.append(fields[0])
    return states


def packet_sockets():
    with open("/proc/net/packet", encoding="ascii") as file:
        return len(file.readlines()) - 1


def counters_of(daemon):
    """Each line of counters that was logged, as a dictionary."""
    lines = [line.partition(" counters ")[2] for line in daemon.stderr.splitlines() if " counters " in line]
    return [dict((name, int(value)) for name, value in (word.split("=") for word in line.split())) for line in lines
            if "=" in line]


def check_counters(lines):
    for earlier, later in zip(lines, lines[1:]):
        for name, value in earlier.items():
            plk.check(later.get(name, 0) >= value, f"{name} was {value} and is {later.get(name, 0)}")


def picture(daemon):
    """What must be the same before and after, when no client is there."""
    counts = {}

    def settled():
        counts.update(daemon.fd_counts())
        time.sleep(0.05)
        return daemon.fd_counts() == counts and len(counts) == 4

    plk.poll_until(settled, "descriptors come to rest")
    return {"descriptors": dict(counts), "children": sorted(family_of(daemon)), "packet sockets": packet_sockets()}


def kills_wanted():
    return next((int(arg[8:]) for arg in sys.argv if arg.startswith("--kills=")), KILLS)


def dump(daemon, state):
    if time.monotonic() - state.get("at", 0) > DUMP_S:
        state["at"] = time.monotonic()
        os.kill(daemon.pid, signal.SIGUSR1)


def kill_all(daemon, workers, captures, kills, chance):
    """Kills so many: how long it took to heal, in ms, each time that one was given the time to."""
    took, state = [], {}
    for i in range(kills):
        dump(daemon, state)
        moment = workers.kill(SIGNALS[i % len(SIGNALS)])
        if chance.random() < YOUNG:
            time.sleep(chance.uniform(0, 0.005))  # the next one is killed in its start, or soon after
        else:
            took += captures.healed(moment, chance.uniform(0, 0.02))
    captures.healed(moment, 0.1)
    return took


def test_a_thousand_kills(case):
    """No growth, no torn stream, no counter that goes back, no refusal, and frames again within 50 ms at the median."""
    case.veth()
    seed = random.randrange(1 << 32)
    daemon = case.daemon(
        f"--remote=capture@punix:{case.path('bulk')}", f"--remote=capture,latency=low@punix:{case.path('low')}",
        f"--remote=inject@punix:{case.path('inject')}", "--remote=capture@pfd:3", "--remote=capture@ptcp:0",
        fds={3: case.listener()})
    workers = Workers(daemon)
    probed = (plk.tcp_address(daemon), case.path("l.sock"), case.path("bulk"))
    for _ in range(10):  # what is needed the first time only is in memory then
        workers.kill(signal.SIGKILL)
        time.sleep(0.05)
    before = picture(daemon)

    beside = {"far end": Helper(case, receiving()), "generator": Helper(case, generating()),
              "inject": Helper(case, injecting(case.path("inject"))), "prober": Helper(case, probing(*probed))}
    clients = {name: Helper(case, capturing(case.path(name))) for name in ("bulk", "low")}
    captures = Captures(clients.values())
    chance = random.Random(seed)
    captures.healed(0, 0.1)
    kill_all(daemon, workers, captures, 10, chance)
    memory = {role: memory_of(daemon.family[role]) for role in OTHERS}
    began = time.monotonic()
    took = kill_all(daemon, workers, captures, kills_wanted(), chance)
    seconds = time.monotonic() - began
    grown = {role: memory_of(daemon.family[role]) - memory[role] for role in OTHERS}
    reports = {name: helper.finish() for name, helper in {**clients, **beside}.items()}
    time.sleep(LOSSES_S)
    os.kill(daemon.pid, signal.SIGUSR1)
    after = picture(daemon)
    lines = counters_of(daemon)

    took.sort()
    print(f"     seed {seed}: {kills_wanted()} kills in {seconds:.1f} s, {len(took)} times back after: min {took[0]:.1f} ms,"
          f" median {statistics.median(took):.1f} ms, p95 {took[len(took) * 95 // 100]:.1f} ms, max {took[-1]:.1f} ms")
    for name, report in reports.items():
        print(f"     {name}: {' '.join(f'{key}={value}' for key, value in report.items())}")
    print(f"     memory {memory} KiB, grown by {grown}; {len(lines)} lines of counters, the last: {lines[-1]}")
    plk.equal(after, before, "descriptors, processes, packet sockets")
    plk.check(max(grown.values()) <= RSS_KIB, f"memory has grown, in KiB: {grown}")
    plk.check(len(lines) > 2, "counters were not logged")
    check_counters(lines)
    for name in ("bulk", "low"):
        lost = sum(value for key, value in lines[-1].items() if "drop" in key)
        plk.check(reports[name]["missing"] <= lost, f"{name}: {reports[name]['missing']} frames are missing within connections,"
                                                    f" and {lost} were counted as dropped")
    plk.check(statistics.median(took) < MEDIAN_MS, f"the median is {statistics.median(took):.1f} ms")
    daemon.stop()


def counted(daemon):
    """The counters now, with the last losses."""
    time.sleep(LOSSES_S)
    mark = daemon.mark()
    os.kill(daemon.pid, signal.SIGUSR1)
    daemon.wait_log(" counters ", after=mark)
    return counters_of(daemon)[-1]


def capture_again(case):
    """A connection that is there before its worker is, waiting in the listener."""
    return Stream(), case.connect(case.path("c"))


def test_ring_goes_on(case):
    """A worker that died left blocks in the ring, none to all: the next begins with the oldest. Otherwise the order would be
    wrong, or the ring would wait for a block that the kernel fills much later."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", "--queue=16777216")
    workers = Workers(daemon)
    number = 0
    dropped = 0
    for count in (0, 1, 50, 170, 400, 1000, 2300, 4000, 30, 0, 900):  # the ring holds about 3800
        stream, client = capture_again(case)
        plk.sync(wire, client)
        os.kill(workers.find(), signal.SIGSTOP)
        for number in range(number, number + count):
            wire.send(numbered(number))
        number += 1
        time.sleep(0.005)  # the kernel retires a block after a millisecond
        workers.kill(signal.SIGKILL)
        client.wait_closed()
        stream, client = capture_again(case)
        end = time.monotonic() + 1
        until = number + 200
        while time.monotonic() < end and stream.last != until - 1:
            if number < until and time.monotonic() > end - 0.9:
                wire.send(numbered(number))
                number += 1
            while (data := client.recv(0.001)) is not None:
                stream.one(data)
        plk.equal(stream.last, until - 1, f"the last frame, with {count} in the ring")
        client.close()
        before, dropped = dropped, counted(daemon).get("rx_dropped_kernel", 0)
        plk.check(stream.missing <= dropped - before,
                  f"with {count} in the ring {stream.missing} frames are missing, and {dropped - before} were counted")
    daemon.stop()


def test_frames_are_counted_once(case):
    """What a worker had read but not given back, the next one reads again: it is counted once."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}")
    workers = Workers(daemon)
    sent = 0
    for i in range(40):
        client = case.connect(case.path("c"))
        plk.poll_until(workers.find, "a worker")
        burst = [numbered(n) for n in range(sent, sent + 300)]
        wire.send(*burst[:250])
        workers.kill(SIGNALS[i % 3])
        wire.send(*burst[250:])
        sent += len(burst)
        client.close()
    client = case.connect(case.path("c"))
    got = counted(daemon)
    plk.equal(got["rx_frames"] + got.get("rx_dropped_kernel", 0), sent, f"frames that were counted ({got})")
    daemon.stop()


def test_workers_die_while_the_broker_is_busy(case):
    """Orders and channels for several workers wait at the broker: it equips the last of them, and that one serves at once."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}")
    workers = Workers(daemon)
    for deaths in (1, 2, 3, 5):
        workers.kill(signal.SIGKILL)
        plk.sync(wire, case.connect(case.path("c")))
        mark = daemon.mark()
        os.kill(daemon.family["broker"], signal.SIGSTOP)
        for _ in range(deaths):
            workers.kill(signal.SIGKILL)
            time.sleep(0.03)  # the front has heard of it, and of the next
        os.kill(daemon.family["broker"], signal.SIGCONT)
        client = case.connect(case.path("c"))
        plk.sync(wire, client)
        time.sleep(0.05)
        plk.equal(daemon.stderr[mark:].count("worker died"), deaths, "workers that died")
        client.quiet(0.05)
    daemon.stop()


def in_flight(count, ids):
    """A process of some user that has so many descriptors in messages which nobody reads."""

    def work(helper):
        os.setgid(ids[1])
        os.setuid(ids[0])
        one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for _ in range(count // 100):
            socket.send_fds(one, [b"x"], [0] * 100)
        helper.tell("ready")
        while not helper.stopping:
            time.sleep(0.01)
        two.close()

    return work


def test_other_instances_have_descriptors_in_flight(case):
    """The kernel counts them for all processes of a user together, and other instances are of the same user: none can keep this
    one from starting, from connecting or from replacing its worker."""
    case.veth()
    wire = case.wire()
    first = case.daemon("--remote=capture@ptcp:0")
    status = plk.status_of(first.family["front"])
    ids = [int(status[name].split()[0]) for name in ("Uid", "Gid")]
    first.stop()
    other = Helper(case, in_flight(900, ids))
    plk.equal(other.told()[0][0], "ready", "the other process")
    active = case.listener("active")
    daemon = case.daemon(*(f"--remote={role}@punix:{case.path(role)}" for role in ("capture", "inject", "attach")),
                         "--remote=capture@pfd:3", f"--remote=capture@unix:{case.path('active')}", fds={3: case.listener()})
    workers = Workers(daemon)
    for _ in range(3):
        clients = [case.connect(case.path(name)) for name in ("capture", "attach", "l.sock")] + [case.accept(active)]
        plk.sync(wire, *clients)
        workers.kill(signal.SIGKILL)
        for client in clients:
            client.wait_closed()
    daemon.stop()
    other.finish()


def test_program_is_replaced(case):
    """An upgrade: the worker's file is another one now. The service goes on with the one that it was started with."""
    case.veth()
    wire = case.wire()
    shutil.copytree(case.bin, case.path("bin"))
    case.bin = case.path("bin")
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}")
    workers = Workers(daemon)
    path = case.path("bin/pktlockd-worker")
    for _ in range(3):
        os.unlink(path)
        shutil.copy("/bin/false", path)
        client = case.connect(case.path("c"))
        plk.sync(wire, client)
        workers.kill(signal.SIGKILL)
        client.wait_closed()
        client = case.connect(case.path("c"))
        plk.sync(wire, client)
        plk.equal(os.readlink(f"/proc/{workers.find()}/exe"), f"{path} (deleted)", "program of the next worker")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
