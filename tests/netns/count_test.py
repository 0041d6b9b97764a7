# SPDX-License-Identifier: BSD-2-Clause
"""Ten thousand numbered frames, captured and injected: all of them, in order, byte for byte."""

import os
import select
import signal
import threading
import time

import pcap
import plk

COUNT = 10_000
# All of them fit, so that a slow reader on a busy machine is no loss: what a full queue costs, stream_test.py shows.
QUEUE = "--queue=16777216"
CLIENT = bytes.fromhex("027100000001")


def numbered(count=COUNT, dst=plk.BROADCAST, src=plk.FAR):
    return [plk.frame(i, 60 + i * 37 % 1455, dst, src) for i in range(count)]


def hand_over(sender, receiver, frames, what):
    """Sends bursts of 500, each when the last has arrived: the queue between the two ends of a veth holds 1000, and what is
    lost there would not be pktlock's loss."""
    for first in range(0, len(frames), 500):
        sender.send(*frames[first : first + 500])
        receiver.expect(frames[first : first + 500], f"{what}, from {first} on")


def check_capture(case, spec_keys, fmt):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture,{fmt.keys}{spec_keys}@punix:{case.path('c')}", QUEUE)
    client = case.connect(case.path("c"), fmt)
    plk.sync(wire, client)
    frames = numbered()
    hand_over(wire, client, frames, "captured")
    client.quiet(0.1)
    daemon.stop()


def test_capture_bulk(case):
    check_capture(case, "", plk.QEMU)


def test_capture_low(case):
    check_capture(case, ",latency=low", plk.QEMU)


def test_capture_vnet(case):
    check_capture(case, "", plk.VNET12)


def check_inject(case, role, fmt):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote={role},{fmt.keys}@punix:{case.path('i')}")
    client = case.connect(case.path("i"), fmt)
    frames = numbered(dst=plk.FAR, src=CLIENT)
    hand_over(client, wire, frames, "injected")
    wire.quiet(0.1)
    daemon.stop()


def test_inject(case):
    check_inject(case, "inject", plk.QEMU)


def test_inject_vnet(case):
    check_inject(case, "inject", plk.VNET12)


def test_attach(case):
    check_inject(case, "attach", plk.QEMU)


def test_inject_into_tap(case):
    """As fast as the client can write, into a VM that reads: the sender waits, nothing is lost."""
    tap = case.tap("t0")
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}", interface="t0")
    client = case.connect(case.path("i"))
    frames = numbered(dst=plk.FAR, src=CLIENT)
    thread = threading.Thread(target=client.send, args=frames)
    thread.start()
    try:
        tap.expect(frames, "in the VM")
    finally:
        thread.join()
    tap.quiet(0.1)
    daemon.stop()


# The client program


def serving(case, keys=""):
    """The ports for a test of the client: one to capture from, and those for admitted() and watched()."""
    return (f"--remote=capture{keys}@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('sync')}",
            f"--remote=capture@punix:{case.path('watch')}", QUEUE)


def admitted(case, daemon, wire, who):
    """Waits until the daemon serves a client whose line in the log has the words who.

    The log has the line before the worker has heard of the decision. Decisions stay in order: when a client that came later
    is served, so is that one. Returns a second client, that sees what is captured.
    """
    daemon.wait_log(rf"client connected.* {who}")
    watch = case.connect(case.path("watch"))
    daemon.wait_log(r"client connected remote=capture@punix:\S*/watch")
    later = case.connect(case.path("sync"))
    data = plk.frame(0, 60, plk.FAR, CLIENT)
    later.send(data)
    wire.expect([data], "of the client that came later")
    later.close()
    return watch


def read_capture(data, what):
    try:
        return pcap.Pcapng(data)
    except (ValueError, IndexError) as error:
        raise plk.Failure(f"{what} is no pcapng: {error}") from error


def check_file(data, frames):
    capture = read_capture(data, "the file")
    plk.equal(capture.sections, 1, "sections")
    plk.equal([interface[0] for interface in capture.interfaces], [pcap.LINKTYPE_ETHERNET], "link types")
    plk.same_frames([entry[1] for entry in capture.frames], frames, "in the file")
    for at, data, original in capture.frames:
        plk.equal(original, len(data), "original length")
        plk.check(abs(at / 1e9 - time.time()) < 300, f"timestamp {at} is not of today")


def check_tool_capture(case, fmt, *args):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(*serving(case, f",{fmt.keys}"))
    tool = case.tool("capture", f"unix:{case.path('c')}", *args, "-c", str(COUNT), "-w", case.path("out.pcapng"))
    watch = admitted(case, daemon, wire, f"pid={tool.pid}$")
    frames = numbered()
    hand_over(wire, watch, frames, "captured by another client")
    plk.equal(tool.wait(30), 0, f"status of pktlock capture ({tool.stderr})")
    with open(case.path("out.pcapng"), "rb") as file:
        check_file(file.read(), frames)
    daemon.stop()


def test_tool_captures_to_a_file(case):
    check_tool_capture(case, plk.QEMU)


def test_tool_captures_vnet(case):
    check_tool_capture(case, plk.VNET12, "--format=vnet")


def test_tool_captures_to_a_pipe(case):
    """Without -w to standard output; more frames than -c do not get out; over TCP, too."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon("--remote=capture@ptcp:0", *serving(case))
    address = plk.tcp_address(daemon)
    out = open(case.path("out"), "w+b")  # pylint: disable=consider-using-with
    case.keep(out)
    pid = plk.spawn([f"{case.bin}/pktlock", "capture", f"tcp:{address[0]}:{address[1]}", "-c", "500"], stdout=out.fileno())
    watch = admitted(case, daemon, wire, "peer=tcp:127.0.0.1:")
    frames = numbered(600)
    hand_over(wire, watch, frames, "captured by another client")
    plk.equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, "status of pktlock capture")
    out.seek(0)
    check_file(out.read(), frames[:500])
    daemon.stop()


def count_in(path):
    """How many frames are in a file that grows; 0 while it ends inside a block."""
    try:
        with open(path, "rb") as file:
            return len(pcap.Pcapng(file.read()).frames)
    except (ValueError, FileNotFoundError):
        return 0


def test_tool_ends_on_interrupt(case):
    """SIGINT ends a capture with status 0 and a whole file."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(*serving(case))
    tool = case.tool("capture", f"unix:{case.path('c')}", "-w", case.path("out"))
    admitted(case, daemon, wire, f"pid={tool.pid}$")
    frames = numbered(100)
    wire.send(*frames)
    plk.poll_until(lambda: count_in(case.path("out")) == 100, "all frames are in the file")
    tool.signal(signal.SIGINT)
    plk.equal(tool.wait(), 0, f"status ({tool.stderr})")
    with open(case.path("out"), "rb") as file:
        check_file(file.read(), frames)
    daemon.stop()


def test_tool_ends_with_its_reader(case):
    """When whoever reads its output goes, the capture ends, also while nothing is on the wire."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(*serving(case))
    reader, writer = os.pipe()
    pid = plk.spawn([f"{case.bin}/pktlock", "capture", f"unix:{case.path('c')}"], stdout=writer)
    os.close(writer)
    admitted(case, daemon, wire, f"pid={pid}$")
    wire.send(*numbered(3))
    plk.check(select.select([reader], [], [], plk.WAIT)[0] and os.read(reader, 8), "nothing was written")
    os.close(reader)
    plk.poll_until(lambda: os.waitpid(pid, os.WNOHANG)[0], "pktlock capture ends")
    daemon.stop()


def check_replay(case, data, *args, fmt=plk.QEMU, frames=None):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,{fmt.keys}@punix:{case.path('i')}")
    with open(case.path("in"), "wb") as file:
        file.write(data)
    tool = case.tool("replay", f"unix:{case.path('i')}", *args, case.path("in"))
    wire.expect(frames, "replayed")
    plk.equal(tool.wait(), 0, f"status of pktlock replay ({tool.stderr})")
    wire.quiet(0.1)
    daemon.stop()


def test_replay_pcap(case):
    """Ten thousand, as fast as they go, into a VM that reads."""
    tap = case.tap("t0")
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}", interface="t0")
    frames = numbered(dst=plk.FAR, src=CLIENT)
    with open(case.path("in"), "wb") as file:
        file.write(pcap.pcap(frames))
    tool = case.tool("replay", f"unix:{case.path('i')}", case.path("in"))
    tap.expect(frames, "replayed")
    plk.equal(tool.wait(), 0, f"status of pktlock replay ({tool.stderr})")
    tap.quiet(0.1)
    daemon.stop()


def test_replay_pcap_variants(case):
    frames = numbered(200, plk.FAR, CLIENT)
    for data in (pcap.pcap(frames, big_endian=True), pcap.pcap(frames, nanoseconds=True), pcap.pcapng(frames)):
        check_replay(case, data, frames=frames)
        plk.ip("link delete e0")
        os.unlink(case.path("in"))


def test_replay_vnet(case):
    frames = numbered(500, plk.FAR, CLIENT)
    check_replay(case, pcap.pcap(frames), "--format=vnet", fmt=plk.VNET12, frames=frames)


def test_replay_of_no_capture(case):
    """Status 1 for a file that is no capture, and for one of another link type; nothing is sent."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject@punix:{case.path('i')}")
    for name, data in (("text", b"not a capture at all\n" * 10), ("empty", b""),
                       ("raw", pcap.pcap(numbered(3), pcap.LINKTYPE_RAW)), ("rawng", pcap.pcapng(numbered(3), pcap.LINKTYPE_RAW))):
        with open(case.path(name), "wb") as file:
            file.write(data)
        tool = case.tool("replay", f"unix:{case.path('i')}", case.path(name))
        plk.equal(tool.wait(), 1, f"status for {name} ({tool.stderr})")
        plk.check(case.path(name) in tool.stderr, f"the message does not name the file: {tool.stderr!r}")
    tool = case.tool("replay", f"unix:{case.path('i')}", case.path("missing"))
    plk.equal(tool.wait(), 1, f"status for a missing file ({tool.stderr})")
    wire.quiet(0.1)
    daemon.stop()


def test_round_trip(case):
    """What was captured is replayed into another place, and captured again: the same."""
    case.veth()
    case.veth("f0", "f1")
    wire, second = case.wire(), case.wire("f1")
    one = case.daemon(*serving(case))
    two = case.daemon(f"--remote=inject@punix:{case.path('i')}", interface="f0")
    tool = case.tool("capture", f"unix:{case.path('c')}", "-c", "500", "-w", case.path("trip"))
    admitted(case, one, wire, f"pid={tool.pid}$")
    frames = numbered(500)
    wire.send(*frames)
    plk.equal(tool.wait(), 0, f"status of capture ({tool.stderr})")
    tool = case.tool("replay", f"unix:{case.path('i')}", case.path("trip"))
    second.expect(frames, "replayed")
    plk.equal(tool.wait(), 0, f"status of replay ({tool.stderr})")
    one.stop()
    two.stop()


def test_parse(case):
    """pktlock parse: the canonical form on standard output, or status 2 and the reason with the byte."""
    for args, expected in (
        (("remote", "pfd:3"), "pfd:3\n"),
        (("remote", "ptcp:80"), None),
        (("fd", "1048575"), "1048575\n"),
        (("port", "capture,format=vnet@pfd:3"), None),
    ):
        tool = case.tool("parse", *args)
        plk.equal(tool.wait(), 0, f"{args}: status ({tool.stderr})")
        plk.check(tool.stdout.count("\n") == 1 and expected in (None, tool.stdout), f"{args}: {tool.stdout!r}")
    for args, words in (
        (("remote", "pfd:4294967299"), ("pfd:4294967299", "descriptor number out of range", "at byte 4")),
        (("fd", "03"), ("03", "at byte")),
        (("port", "capture@pfd:4294967299"), ("descriptor number out of range", "at byte 12")),
        (("remote", "--origin=control", "pfd:3"), ("pfd: remotes can only be specified on the command line",)),
        (("remote", "--origin=file", "sd:x"), ("sd: remotes can only be specified on the command line",)),
    ):
        tool = case.tool("parse", *args)
        plk.equal(tool.wait(), 2, f"{args}: status ({tool.stdout})")
        plk.check(all(word in tool.stderr for word in words), f"{args}: {tool.stderr!r}")
        plk.equal(tool.stdout, "", f"{args}: output")


if __name__ == "__main__":
    plk.main()
