# SPDX-License-Identifier: BSD-2-Clause
"""Capture: frames of an interface to a client, against others that capture, and the bare kernel."""

import re
import time

import lab
import plk
from figures import Column, Goal, Section

COLUMNS = [
    Column("mpps", "Mframes/s"),
    Column("lost", "lost %", "{:.1f}"),
    Column("own", "counted %", "{:.1f}"),
    Column("ns", "ns/frame", "{:.0f}"),
    Column("sink_ns", "client's", "{:.0f}"),
    Column("sent", "sent M/s"),
]
GIGABITS = [Column("gbit", "Gbit/s", "{:.1f}"), *COLUMNS[1:4]]
LIVE = {"how": "xdp", "iface": "e0"}  # as if e0 had received them
SENT = {"how": "mmsg", "iface": "e1"}  # really sent
HUB = ("-netdev hubport,id=h0,hubid=0,netdev=t0", "-netdev hubport,id=h1,hubid=0")
LEARN_S = 0.05  # until a switch has heard all
RING_KIB = 16384  # tcpdump, dumpcap, netsniff-ng: as much as they need to lose nothing


def figures(sent, got, cpu, own=0, sink=None):
    """What a variant shows: frames a second that came through, how many did not, and how many of those it counts itself."""
    frames = max(got["frames"], 1)
    return {
        "mpps": got["frames"] / sent["seconds"] / 1e6,
        "gbit": got.get("bytes", 0) * 8 / sent["seconds"] / 1e9,
        "lost": 100 * (1 - got["frames"] / sent["frames"]),
        "own": 100 * own / sent["frames"],
        "ns": cpu / frames,
        "sink_ns": sink and sink["cpu_ns"] / frames,
        "sent": sent["frames"] / sent["seconds"] / 1e6,
        "back": got.get("back", 0),
    }


class Delivery:
    """One run of the generator into a port of pktlock, and clients of it that count and compare.

    At an attach port each client says first who it is.
    """

    def __init__(self, case, port, gen, options=(), **sink):
        lab.cable(case)
        self.daemon = lab.daemon(case, f"{port}@punix:{case.path('c')}", options=options)
        hello = 1 if port.startswith("attach") else None
        before = self.daemon.fd_counts()["worker"]
        clients = lab.Tool(case, lab.RECEIVER, "sink", path=case.path("c"), hello=hello, **sink)
        expected = before + sink.get("count", 1)
        plk.poll_until(lambda: self.daemon.fd_counts()["worker"] >= expected, "the worker has all clients", pause=0.005)
        time.sleep(LEARN_S if hello else 0)
        family = self.daemon.family
        before, before_worker = lab.cpu_ns(*family.values()), lab.cpu_ns(family["worker"])
        self.sent = lab.generate(case, bytes=sink.get("bytes"), super=sink.get("super"), **gen)
        lab.settle(*family.values(), clients.pid)
        lab.still()
        self.cpu = lab.cpu_ns(*family.values()) - before
        self.worker_ns = (lab.cpu_ns(family["worker"]) - before_worker) / self.sent["frames"]
        self.rss = plk.status_of(family["worker"])["VmRSS"]
        self.got = clients.stop()
        plk.equal(self.got["back"], 0, "frames out of order")

    def times(self):
        return {key: self.got[key] for key in ("p50_us", "p90_us", "p99_us") if self.got["samples"]}


def pktlock(gen, size=64, port="capture", clients=1, super_=None):
    """Each frame goes to each client: what is shown is for one of them."""

    def run(case):
        form = "vnet" if super_ else "qemu"
        run_ = Delivery(case, f"{port},format={form}", gen, bytes=size, count=clients, format=form, super=super_)
        own = lab.losses(run_.daemon, run_.got["frames"] == clients * run_.sent["frames"])
        shared = {key: run_.got[key] // clients for key in ("frames", "bytes")}
        found = figures(run_.sent, shared, run_.cpu, own / clients, {"cpu_ns": run_.got["cpu_ns"] / clients})
        return found | run_.times() | {"worker_ns": run_.worker_ns}

    return run


def ceiling(how, gen, size=64, super_=None):
    """The bare kernel, or one that writes each packet by itself."""

    def run(case):
        lab.cable(case)
        path = case.path("c") if how.startswith("relay") else None
        tool = lab.Tool(case, lab.RECEIVER, "ceiling", ready=not path, how=how, iface="e0", bytes=size, super=super_, path=path)
        sink = None
        if path:
            tool.wait_text("listening")
            form = "vnet10" if super_ else "qemu"
            sink = lab.Tool(case, lab.RECEIVER, "sink", path=path, bytes=size, format=form, super=super_)
            tool.wait_text("ready")
        before = lab.cpu_ns(tool.pid)
        sent = lab.generate(case, bytes=size, super=super_, **gen)
        lab.settle(tool.pid)
        cpu = lab.cpu_ns(tool.pid) - before
        got = tool.stop()
        if not sink:
            return figures(sent, got, cpu)
        seen = sink.stop()
        return figures(sent, seen, cpu, got["frames"] - seen["frames"], seen)

    return run


def other(argv, ready, pattern, lost):
    """A program that captures into nothing, and says at its end how much that was."""

    def run(case):
        lab.cable(case)
        program = lab.Program(case, lab.RECEIVER, lab.path_of(argv[0]), *argv[1:])
        program.wait_text(ready)
        lab.settle(program.pid)
        before = lab.cpu_ns(program.pid)
        sent = lab.generate(case, bytes=64, **LIVE)
        lab.settle(program.pid)
        cpu = lab.cpu_ns(program.pid) - before
        text = program.interrupted()
        found, dropped = re.search(pattern, text), re.search(lost, text)
        plk.check(found and dropped, f"{argv[0]} does not say how many packets it has: {text[-300:]!r}")
        return figures(sent, {"frames": int(found.group(1))}, cpu, int(dropped.group(1)))

    return run


def qemu(filter_, gen, size=64):
    """QEMU with a TAP and a filter to a socket, where the same client is. What e0 receives is redirected into the TAP."""

    def run(case):
        import qemu as peer  # needs QEMU

        lab.cable(case)
        tap = case.tap("t0", flags=plk.IFF_VNET_HDR)
        lab.redirect("e0", "t0")
        machine = peer.Qemu(
            case, f"-chardev socket,id=peer,path={case.path('q')},server=on,wait=off", *HUB,
            f"-object {filter_},id=f0,netdev=t0,queue=tx,outdev=peer", taps={"t0": tap})  # fmt: skip
        lab.pin_all(machine.pid, lab.RECEIVER)
        sink = lab.Tool(case, lab.RECEIVER, "sink", path=case.path("q"), bytes=size)
        machine.wait_connected("peer")
        before = lab.cpu_ns(machine.pid)
        sent = lab.generate(case, bytes=size, **gen)
        lab.settle(machine.pid, sink.pid)
        cpu = lab.cpu_ns(machine.pid) - before
        got = sink.stop()
        return figures(sent, got, cpu, 0, got)

    return run


def ratio(key, above, below):
    return lambda found: found[above][key] / found[below][key]


def slope(few, many):
    """What each further client costs the worker for each frame."""

    def value(found):
        return (found[f"{many} clients"]["worker_ns"] - found[f"{few} clients"]["worker_ns"]) / (many - few)

    return value


def sections():
    yield Section(
        "capture",
        "64-byte frames as if received (live frames), to a client that counts and compares",
        COLUMNS,
        {
            "pktlock": pktlock(LIVE),
            "bare ring": ceiling("ring", LIVE),
            "tcpdump": other(["tcpdump", "-ni", "e0", "-B", str(RING_KIB), "-w", "/dev/null"], "listening on",
                             r"(\d+) packets captured", r"(\d+) packets dropped by kernel"),
            "netsniff-ng": other(["netsniff-ng", "--in", "e0", "--out", "/dev/null", "--silent", "--ring-size",
                                  f"{RING_KIB}KiB", "--bind-cpu", "0", "--no-sock-mem"], "Running!",
                                 r"(\d+)\s+packets passed filter", r"(\d+)\s+packets failed filter"),
            "dumpcap": other(["dumpcap", "-i", "e0", "-P", "-q", "-B", str(RING_KIB // 1024), "-w", "/dev/null"],
                             "File: ", r"Packets captured: (\d+)", r"received/dropped on interface \S+ \d+/(\d+)"),
            "one write per packet": ceiling("relay", LIVE),
            "three writes per packet": ceiling("relay3", LIVE),
        },
        [
            Goal("frames/s, of the bare ring's", ratio("mpps", "pktlock", "bare ring"), at_least=0.9),
            Goal("lost, %", lambda found: found["pktlock"]["lost"], at_most=0),
            Goal("frames/s, times dumpcap's", ratio("mpps", "pktlock", "dumpcap"), at_least=2.5),
            Goal("CPU per frame, of tcpdump's", ratio("ns", "pktlock", "tcpdump"), at_most=0.333),
        ],
        {"tcpdump": "tcpdump", "netsniff-ng": "netsniff-ng", "dumpcap": "wireshark-common"},
    )  # fmt: skip
    for size, mirror in ((64, 14), (1514, 12)):
        variants = {
            "pktlock": pktlock(LIVE, size),
            "filter-mirror": qemu("filter-mirror", LIVE, size),
            "filter-redirector": qemu("filter-redirector", LIVE, size),
            "pktlock, sent": pktlock(SENT, size),
            "filter-mirror, sent": qemu("filter-mirror", SENT, size),
            "bare ring": ceiling("ring", LIVE, size),
        }
        goals = [Goal("frames/s, times filter-mirror's", ratio("mpps", "pktlock", "filter-mirror"), at_least=mirror)]
        if size == 64:
            goals.append(Goal("frames/s, times filter-redirector's", ratio("mpps", "pktlock", "filter-redirector"), at_least=11))
        yield Section(
            f"capture-qemu-{size}",
            f"{size}-byte frames on a veth, from where tc redirects them into a TAP for QEMU; as if received, or really sent",
            COLUMNS,
            variants,
            goals,
            {"qemu-system-x86_64": "qemu-system-x86", "tc": "iproute2"},
        )
    gso = SENT | {"batch": 8}
    yield Section(
        "capture-super",
        "TCP superframes of 64304 bytes, each with its header (format vnet)",
        GIGABITS,
        {
            "pktlock": pktlock(gso, 64304, super_=1),
            "one write per packet": ceiling("relay", gso, 64304, 1),
            "four writes per packet": ceiling("relay3", gso, 64304, 1),
            "bare ring": ceiling("ring", gso, 64304, 1),
        },
        [
            Goal("Gbit/s, times one write per packet", ratio("gbit", "pktlock", "one write per packet"), at_least=2),
            Goal("Gbit/s, times several writes per packet", ratio("gbit", "pktlock", "four writes per packet"), at_least=2),
        ],
    )
    for name, title, gen in (("clients", "at full speed", LIVE), ("clients-paced", "at 500 000 a second", SENT | {"rate": 500000})):
        yield Section(
            name,
            f"64-byte frames {title} to several capture clients; losses and rate for each client",
            [*COLUMNS[:3], Column("worker_ns", "worker ns/frame sent", "{:.0f}"), COLUMNS[4]],
            {f"{n} clients": pktlock(gen, clients=n) for n in (1, 2, 4, 8)},
            [Goal("each further client, ns per frame", slope(1, 8), at_most=25, form="{:.1f}")],
        )
