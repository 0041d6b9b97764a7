# SPDX-License-Identifier: BSD-2-Clause
"""The limits of QEMU's readers and writers: lengths, a QEMU that does not run, one that dies, a VM that does not read."""

import os
import signal
import time

from bench import GSO_SIZE, HUB, INDEV, Bench, Headers, frames_of, tcp_frame
from qemu import IDLE, Qemu, arrives, counters, plk

STREAM_HUB = (*HUB, "-netdev hubport,id=h2,hubid=0,netdev=s0")
FLOOD = 4000  # frames; several times what all queues between the two hold


def stream(case, *more):
    """A veth, a daemon with a small queue, QEMU attached by a stream, and what it does with its TAP."""
    case.veth()
    tap = case.tap("t0", flags=plk.IFF_VNET_HDR)
    daemon = case.daemon(f"--remote=attach@punix:{case.path('p')}", "--queue=69640")
    qemu = Qemu(case, f"-netdev stream,id=s0,server=off,addr.type=unix,addr.path={case.path('p')}", *STREAM_HUB, *more,
                taps={"t0": tap})
    daemon.wait_log("client connected")
    wires = case.wire("e1"), case.wire("t0")
    arrives(wires[0].send, wires[1])
    return daemon, qemu, *wires


# ---------------------------------------------------------------------------------------------------------------------
# Lengths


def test_longest_qemu(case):
    """QEMU takes what we send at most, 65535 bytes; what is longer on the interface is dropped and counted."""
    bench = Bench(case, "capture,direction=in", INDEV, mtu=65535)
    arrives(bench.wire.send, bench.tap)
    fit = frames_of((65535, 14, 65534, 60))
    bench.wire.send(fit[0], *frames_of((65536, 65549), 90), *fit[1:])
    bench.tap.expect(fit, "on the TAP")
    plk.equal(counters(bench.daemon).get("rx_dropped_oversize"), 2, "rx_dropped_oversize")
    bench.end()


def tcp6(size):
    """A superframe of that size, with its header."""
    return tcp_frame(size - 74, family=6)


def test_longest_vnet(case):
    """With a header of 10 bytes 69632 are what QEMU takes and what we send at most: superframes come close, and beyond."""
    bench = Bench(case, "capture,format=vnet,vnet-hdr=10,direction=in", "-device e1000e,netdev=t0,romfile=",
                INDEV + ",vnet_hdr_support=on", machine=IDLE, hub=(), mtu=65535)
    arrives(bench.wire.send, bench.tap)
    ends = Headers(bench.wire), Headers(bench.tap)
    plk.ip("link set e1 gso_max_size 131072")  # for IPv6: so that the kernel passes them on in one piece
    fit = [tcp6(size) for size in (69622, 65549, 69621, 1514)]
    ends[0].send(fit[0], tcp6(69623), tcp6(70000), *fit[1:])
    ends[1].expect(fit, "on the TAP")
    plk.equal(counters(bench.daemon).get("rx_dropped_oversize"), 2, "rx_dropped_oversize")
    bench.end()


def test_superframes_qemu(case):
    """Without a header QEMU gets superframes in segments that fit the MTU, however long they were."""
    bench = Bench(case, "capture,direction=in", INDEV)
    arrives(bench.wire.send, bench.tap)
    plk.ip("link set e1 gso_max_size 131072")
    sender = Headers(bench.wire)
    for head, record in ((54, tcp_frame(65_000)), (74, tcp6(65_549)), (74, tcp6(69_622)), (74, tcp6(70_000))):
        sender.send(record)
        payload = record[1][head:]
        for at in range(0, len(payload), GSO_SIZE):
            data = bench.tap.recv()
            plk.check(data, f"superframe of {len(record[1])} bytes: nothing came after {at} bytes")
            plk.same_frames([data[head:]], [payload[at : at + GSO_SIZE]], f"superframe of {len(record[1])} bytes")
        bench.tap.quiet(0.05)
    bench.end()


# ---------------------------------------------------------------------------------------------------------------------
# Readers that do not read


def check_flood(daemon, wire, tap, other, stall, go_on):
    """While QEMU does not read, another client gets all; afterwards QEMU has whole frames in order, and then every new one."""
    stall()
    frames = [plk.frame(i, 60 + i % 1455) for i in range(FLOOD + 100)]
    for first in range(0, FLOOD, 10):
        wire.send(*frames[first : first + 10])
        other.expect(frames[first : first + 10], "at another client")
    dropped = counters(daemon).get("rx_dropped_queue", 0)
    plk.check(0 < dropped < FLOOD, f"rx_dropped_queue={dropped}")
    go_on()
    seen = []
    while (data := tap.recv(0.5)) is not None:
        seen.append(data)
    numbers = [plk.number_of(data) for data in seen]
    plk.same_frames(seen, [frames[number] for number in sorted(set(numbers))], "on the TAP afterwards")
    plk.equal(len(seen), FLOOD - dropped, "frames that came and were not counted as dropped")
    for first in range(FLOOD, len(frames), 10):
        wire.send(*frames[first : first + 10])
        tap.expect(frames[first : first + 10], "on the TAP, new ones")
        other.expect(frames[first : first + 10], "at another client, new ones")


def test_stalled_stream(case):
    """A QEMU that is attached is stopped with SIGSTOP, and goes on."""
    daemon, qemu, wire, tap = stream(case)
    other = case.connect(case.path("p"))
    plk.sync(wire, other)
    check_flood(daemon, wire, tap, other, lambda: qemu.signal(signal.SIGSTOP), lambda: qemu.signal(signal.SIGCONT))
    qemu.alive()
    daemon.stop()


def test_stalled_redirector(case):
    bench = Bench(case, "capture,direction=in", INDEV, more=("--queue=69640",))
    arrives(bench.wire.send, bench.tap)
    other = case.connect(case.path("p"))
    plk.sync(bench.wire, other)
    check_flood(bench.daemon, bench.wire, bench.tap, other, lambda: bench.qemu.signal(signal.SIGSTOP),
                lambda: bench.qemu.signal(signal.SIGCONT))
    bench.end()


def test_stopped_machine(case):
    """A machine that is stopped by QMP takes frames when it goes on: the same as above, QEMU itself being awake."""
    daemon, qemu, wire, tap = stream(case)
    other = case.connect(case.path("p"))
    plk.sync(wire, other)

    def stop():
        qemu.ask("stop")
        wire.send(plk.frame(0, 60, ethertype=plk.PROBE))
        tap.quiet(0.1)

    check_flood(daemon, wire, tap, other, stop, lambda: qemu.ask("cont"))
    qemu.alive()
    daemon.stop()


def test_machine_that_waits(case):
    """A few frames for a machine that is stopped are all there, in order, when it goes on."""
    daemon, qemu, wire, tap = stream(case)
    for i in range(3):
        qemu.ask("stop")
        frames = [plk.frame(100 * i + n, 1000) for n in range(30)]
        wire.send(*frames)
        tap.quiet(0.1)
        qemu.ask("cont")
        tap.expect(frames, "on the TAP")
    qemu.alive()
    daemon.stop()


def test_mirror_is_always_read(case):
    """A mirror that is not read blocks all of QEMU. So the daemon reads on, even if it injects into a VM that does not read:
    what finds no room for a second is dropped."""
    case.tap("vm")
    tap = case.tap("t0", flags=plk.IFF_VNET_HDR)
    daemon = case.daemon(f"--remote=inject@punix:{case.path('p')}", interface="vm")
    qemu = Qemu(case, f"-chardev socket,id=peer,path={case.path('p')},server=off",
                "-object filter-mirror,id=m0,netdev=t0,queue=tx,outdev=peer", *HUB, taps={"t0": tap})
    daemon.wait_log("client connected")
    qemu.alive()
    wire = case.wire("t0")
    slowest = 0.0
    for i in range(FLOOD):
        wire.send(plk.frame(i, 1000))
        if i % 100 == 99:
            began = time.monotonic()
            qemu.alive()
            slowest = max(slowest, time.monotonic() - began)
    print(f"     slowest answer of QEMU: {slowest:.2f} s")
    plk.check(slowest < 2.0, f"QEMU was blocked for {slowest:.2f} s")
    count = counters(daemon)
    plk.check(count.get("tx_dropped_enobufs", 0) > 0, f"nothing was dropped: {count}")
    plk.equal(count["tx_frames"] + count["tx_dropped_enobufs"], FLOOD, "frames sent and dropped")
    daemon.stop()


# ---------------------------------------------------------------------------------------------------------------------
# Ends


def test_killed_in_the_middle(case):
    """A QEMU that is killed while frames go both ways leaves nothing behind; the next one starts with whole frames."""
    case.veth()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('p')}")
    wire = case.wire("e1")
    for i in range(3):
        tap = case.tap("t0", flags=plk.IFF_VNET_HDR)
        qemu = Qemu(case, f"-netdev stream,id=s0,server=off,addr.type=unix,addr.path={case.path('p')}", *STREAM_HUB,
                    taps={"t0": tap})
        daemon.wait_log("client connected", count=i + 1)
        with_tap = plk.Wire("t0")
        arrives(wire.send, with_tap)
        arrives(with_tap.send, wire)
        frames = [plk.frame(number, 1514) for number in range(200)]
        wire.send(*frames)
        with_tap.send(*frames)
        os.kill(qemu.pid, signal.SIGKILL)
        qemu.wait()
        with_tap.close()
        daemon.wait_log("client closed", count=i + 1)
        while (data := wire.recv(0.05)) is not None:
            plk.equal(data, frames[plk.number_of(data)], "a frame of a QEMU that was killed")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
