# SPDX-License-Identifier: BSD-2-Clause
"""format=pcapng: what a stream says beside its packets, from the first client to the end; and who reads it over TCP."""

import os
import select
import signal
import socket
import struct
import subprocess
import time

import offload
import pcap
import plk

STATISTICS = 5
IF_NAME, IF_FILTER, IF_OS = 2, 11, 12
IFRECV, IFDROP, OSDROP, USRDELIV = 4, 5, 7, 8
FILTER = "--filter=ether proto 0x88b5"


class Trace(pcap.Pcapng):
    """A stream of which the statistics are kept too, as (nanoseconds, options), in the order of the blocks."""

    def __init__(self, sock):
        super().__init__()
        self.sock = sock
        self.statistics = []
        self.kinds = []
        self.left = bytearray()
        sock.settimeout(0.2)

    def close(self):
        self.sock.close()

    def block(self, kind, body, at):
        self.kinds.append(kind)
        if kind == STATISTICS:
            number, high, low = struct.unpack_from("<III", body)
            plk.equal(number, 0, "interface of the statistics")
            options = {code: struct.unpack("<Q", value)[0] for code, value in self._options(body[12:]).items()}
            self.statistics.append((high << 32 | low, options))
        else:
            super().block(kind, body, at)

    def read(self):
        """Takes what is there; True at the end of the stream, which must be the end of a block."""
        try:
            data = self.sock.recv(1 << 20)
        except TimeoutError:
            return False
        self.left += data
        while len(self.left) >= 12:
            kind, length = struct.unpack_from("<II", self.left)
            plk.check(length % 4 == 0 and 12 <= length < 1 << 18, f"block of {length} bytes")
            if len(self.left) < length:
                break
            plk.equal(self.left[length - 4 : length], self.left[4:8], "the second length of a block")
            self.block(kind, bytes(self.left[8 : length - 4]), 0)
            del self.left[:length]
        if not data:
            plk.equal(len(self.left), 0, "bytes of a torn block at the end")
        return not data

    def until(self, probe, what, seconds=plk.WAIT):
        plk.poll_until(lambda: self.read() or probe(), what, seconds, pause=0)
        plk.check(probe(), f"{what}: the stream has ended")

    def end(self):
        plk.poll_until(self.read, "the end of the stream", pause=0)


def connect(case, name):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.connect(case.path(name))
    return case.keep(Trace(sock))


def test_stream(case):
    """Section, interface, packets with time and direction, statistics while they come and at the end; nothing torn."""
    case.veth()
    wire, near = case.wire(), case.wire("e0")
    has_filter = case.run("--check", FILTER, "--remote=capture@ptcp:0").status == 0  # else it was built without libpcap
    daemon = case.daemon(
        *([FILTER] if has_filter else []),
        *(f"--remote=capture,format=pcapng,latency={lat},snaplen={snap}@punix:{case.path(lat)}"
          for lat, snap in (("bulk", 262144), ("low", 64))),
    )
    traces = [connect(case, "bulk"), connect(case, "low")]
    for trace, snaplen in zip(traces, (262144, 64)):
        trace.until(lambda: trace.interfaces, "interface description")
        linktype, snap, options = trace.interfaces[0]
        plk.equal((linktype, snap), (pcap.LINKTYPE_ETHERNET, snaplen), "link type and snaplen")
        plk.equal(options[IF_NAME], b"e0", "name of the interface")
        plk.equal(options.get(IF_FILTER), b"\0" + FILTER[len("--filter="):].encode() if has_filter else None, "filter")
        plk.equal(options[IF_OS], f"{os.uname().sysname} {os.uname().release}".encode(), "system")
    before = time.time_ns()
    wire.send(plk.frame(1, 300), *([plk.frame(2, 60, ethertype=0x88B7)] if has_filter else []))
    time.sleep(0.05)
    near.send(plk.frame(3, 301, src=plk.NEAR))
    for trace, snaplen in zip(traces, (262144, 64)):
        trace.until(lambda: len(trace.frames) == 2, "two packets")
        plk.equal([data for _, data, _ in trace.frames],
                  [plk.frame(1, 300)[:snaplen], plk.frame(3, 301, src=plk.NEAR)[:snaplen]], "packets")
        plk.equal([original for _, _, original in trace.frames], [300, 301], "original lengths")
        plk.equal(trace.flows, [1, 2], "directions")
        times = [at for at, _, _ in trace.frames]
        plk.check(before <= times[0] < times[1] <= time.time_ns(), f"times {times}, began {before}")
        trace.until(lambda: trace.statistics, "statistics while packets come")
        plk.equal(trace.statistics[0][1], {IFRECV: 2, IFDROP: 0, OSDROP: 0, USRDELIV: 2}, "statistics")
        plk.equal(trace.statistics[0][0], times[1], "their time")
    for trace in traces:  # nothing new, no statistics, nobody woken
        plk.check(not trace.read() and len(trace.statistics) == 1, "statistics without packets")
    wire.send(plk.frame(4, 100))
    for trace in traces:
        trace.until(lambda: len(trace.frames) == 3, "the third packet")
    daemon.stop()
    for trace in traces:
        trace.end()
        plk.equal(trace.statistics[-1][1], {IFRECV: 3, IFDROP: 0, OSDROP: 0, USRDELIV: 3}, "statistics at the end")
        plk.equal(trace.kinds[-1], STATISTICS, "the last block")
        plk.equal((trace.sections, len(trace.interfaces)), (1, 1), "sections and interfaces")


def test_no_packet(case):
    """A stream without packets has its beginning and nothing else."""
    case.veth()
    daemon = case.daemon(f"--remote=capture,format=pcapng@punix:{case.path('c')}")
    trace = connect(case, "c")
    trace.until(lambda: trace.interfaces, "interface description")
    plk.check(IF_FILTER not in trace.interfaces[0][2], "a filter where there is none")
    daemon.stop()
    trace.end()
    plk.equal(len(trace.kinds), 2, "blocks")


def test_losses_are_told(case):
    """A reader that stalls loses packets; the statistics say how many, and no block is torn."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture,format=pcapng@punix:{case.path('c')}", "--queue=69640")
    trace = connect(case, "c")
    trace.until(lambda: trace.interfaces, "interface description")
    sent = 1000
    for i in range(sent):
        wire.send(plk.frame(i, 1514))
        if i % 50 == 49:
            time.sleep(0.005)  # the kernel's ring is not what shall lose them
    daemon.signal(10)
    daemon.wait_log(r"counters .*rx_dropped_queue=")
    before = -1
    while len(trace.frames) > before:  # until there is room again
        before = len(trace.frames)
        trace.read()
        trace.read()
    wire.send(*(plk.frame(sent + i, 60) for i in range(3)))
    trace.until(lambda: trace.frames and plk.number_of(trace.frames[-1][1]) == sent + 2, "packets after the stall")
    daemon.stop()
    trace.end()
    _, last = trace.statistics[-1]
    plk.equal(last[USRDELIV], len(trace.frames), "delivered")
    plk.equal(last[IFRECV], sent + 3, "received")
    plk.equal(last[IFDROP], sent + 3 - len(trace.frames), "dropped")
    plk.check(0 < last[IFDROP] and last[OSDROP] == 0, f"losses of the queue: {last}")
    numbers = [plk.number_of(data) for _, data, _ in trace.frames]
    plk.equal(numbers, sorted(set(numbers)), "order of the packets")


def fill(wire, daemon):
    """Sends until a client that does not read has no room, not even for statistics; returns how many packets that took."""
    sent = 0
    for size in (1514, 14):
        before = daemon.counters().get("rx_dropped_queue", 0)
        while daemon.counters().get("rx_dropped_queue", 0) == before:
            wire.send(*(plk.frame(sent + i, size) for i in range(20)))
            sent += 20
            time.sleep(0.01)
            plk.check(sent < 5000, "the queue does not get full")
    plk.poll_until(lambda: daemon.counters()["rx_frames"] == sent, "all packets are counted")
    return sent


def check_sums(trace, sent):
    """The last block has the statistics of all that was sent."""
    plk.equal(trace.kinds[-1], STATISTICS, "the last block")
    n = len(trace.frames)
    plk.check(n < sent, "no packet was lost")
    plk.equal(trace.statistics[-1][1], {IFRECV: sent, IFDROP: sent - n, OSDROP: 0, USRDELIV: n}, "statistics at the end")


def test_losses_alone(case):
    """Nothing but what cannot be passed on, after the statistics that come while packets do: it is told at the end."""
    case.veth()
    offload.tunnel("e1", 2, 1, plk.NEAR)
    daemon = case.daemon(f"--remote=capture,format=pcapng@punix:{case.path('c')}")
    trace = connect(case, "c")
    trace.until(lambda: trace.interfaces, "interface description")
    case.wire().send(plk.frame(0))
    trace.until(lambda: trace.statistics, "statistics while packets come")
    lost = offload.Packet(1, offload.TCP, 4, size=4000, offload="gso", gso_size=1000).offered()
    case.keep(offload.OffloadSocket("vx0", receive=False)).send(lost, lost)
    plk.poll_until(lambda: daemon.counters().get("rx_dropped_gso") == 2, "they are counted")
    daemon.stop()
    trace.end()
    check_sums(trace, 3)


def test_full_queue_at_the_end(case):
    """The reader has made room in the socket, and the worker, which was busy, learns first that it is to end."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture,format=pcapng@punix:{case.path('c')}", "--queue=69640")
    trace = connect(case, "c")
    trace.until(lambda: trace.interfaces, "interface description")
    sent = fill(wire, daemon)
    daemon.look()
    os.kill(daemon.family["worker"], signal.SIGSTOP)
    try:
        os.kill(daemon.pid, signal.SIGTERM)
        time.sleep(0.1)
        while select.select([trace.sock], [], [], 0)[0]:
            trace.read()
    finally:
        os.kill(daemon.family["worker"], signal.SIGCONT)
    trace.end()
    daemon.ended(0)
    check_sums(trace, sent)


def test_full_queue_drains(case):
    """Statistics that found no room come when there is some again, without another packet."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture,format=pcapng@punix:{case.path('c')}", "--queue=69640")
    trace = connect(case, "c")
    trace.until(lambda: trace.interfaces, "interface description")
    sent = fill(wire, daemon)
    time.sleep(1.2)  # they are due, and find none
    trace.until(lambda: trace.statistics and trace.statistics[-1][1][IFRECV] == sent, "statistics after the stall")
    check_sums(trace, sent)
    daemon.stop()


def test_losses_of_before(case):
    """What the kernel lost before a client came is no loss of this client's."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture,format=pcapng,latency=low@punix:{case.path('c')}")
    first = connect(case, "c")
    first.until(lambda: first.interfaces, "interface description")
    wire.send(plk.frame(0))
    first.until(lambda: first.frames, "a packet")
    time.sleep(0.3)  # the kernel has been asked, and will not be before packets come
    os.kill(daemon.family["worker"], signal.SIGSTOP)
    try:
        for i in range(10_000):
            wire.send(plk.frame(1 + i, 1400))
        second = connect(case, "c")
    finally:
        os.kill(daemon.family["worker"], signal.SIGCONT)
    second.until(lambda: second.interfaces, "interface description")
    plk.poll_until(lambda: sum(daemon.counters().get(name, 0) for name in ("rx_frames", "rx_dropped_kernel")) == 10_001,
                   "all packets are counted")
    lost = daemon.counters().get("rx_dropped_kernel")
    plk.check(lost, "the kernel lost nothing: nothing is tested")
    last = plk.frame(20_000, 60)
    wire.send(last)
    for trace in (first, second):
        trace.until(lambda: trace.frames and trace.frames[-1][1] == last, "the last packet")
    daemon.stop()
    for trace, losses in ((first, lost), (second, 0)):
        trace.end()
        statistics = trace.statistics[-1][1]
        plk.equal((statistics[OSDROP], statistics[USRDELIV]), (losses, len(trace.frames)), "losses of the kernel, and packets")


def test_pcap_over_ip(case):
    """tshark reads it from a TCP socket, as -i TCP@."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon("--remote=capture,format=pcapng@ptcp:0")
    address = plk.tcp_address(daemon)
    tshark = plk.Process(["/usr/bin/tshark", "-i", f"TCP@{address[0]}:{address[1]}", "-c", "3", "-T", "fields", "-e", "frame.len",
                          "-e", "frame.interface_name"], env={"HOME": case.dir, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    case.stack.callback(tshark.kill)
    daemon.wait_log("client connected", seconds=20)
    end = time.monotonic() + 30
    i = 0
    while tshark.poll() is None and time.monotonic() < end:
        wire.send(plk.frame(i, 100 + i % 3))
        i += 1
        time.sleep(0.1)
    plk.equal(tshark.wait(5), 0, f"tshark ({tshark.stderr.strip()})")
    rows = [line.split("\t") for line in tshark.stdout.split("\n") if line]
    plk.equal(len(rows), 3, "packets that it showed")
    plk.check(all(row[0] in ("100", "101", "102") for row in rows), f"rows {rows}")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
