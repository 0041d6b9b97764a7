# SPDX-License-Identifier: BSD-2-Clause
"""Inject: frames of a client to an interface, against those who send without having read them from anybody.

What sends runs on CPU 0, and with it the kernel's receiving at the other end of the cable; the client that feeds it on CPU 1.
All are counted at the far end, within a window in the middle of their time.
"""

import re
import struct
import time

import lab
import plk
from capture import HUB
from figures import Column, Goal, Section

COLUMNS = [
    Column("mpps", "Mframes/s"),
    Column("gbit", "Gbit/s", "{:.1f}"),
    Column("lost", "lost %", "{:.2f}"),
    Column("own", "counted %", "{:.2f}"),
    Column("ns", "ns/frame", "{:.0f}"),
    Column("feeder_ns", "client's", "{:.0f}"),
]
START_S = 0.15
LEARN_S = 0.1
PCAP_FRAMES = 1000


class Window:
    """Counts what arrives at an interface, and what processes take for it, for as long as a measurement lasts."""

    def __init__(self, ifname, size, *pids):
        time.sleep(START_S)
        before = lab.cpu_ns(*pids), lab.arrived(ifname), time.monotonic()
        time.sleep(lab.Options.seconds)
        after = lab.cpu_ns(*pids), lab.arrived(ifname), time.monotonic()
        cpu, frames, seconds = (b - a for a, b in zip(before, after))
        plk.check(frames > 0, f"nothing arrives at {ifname}")
        self.figures = {"mpps": frames / seconds / 1e6, "gbit": frames * size * 8 / seconds / 1e9, "ns": cpu / frames}


def lasting():
    return lab.Options.seconds + 2 * START_S + LEARN_S


def lost(sent, arrived):
    return {"lost": 100 * max(1 - arrived / sent, 0)}  # some say hello, too


def feed(case, size, iface, pids, **options):
    """Feeds a socket, and counts at an interface: the figures, and what the feeder says at its end."""
    before = lab.arrived(iface)
    feeder = lab.Tool(case, lab.SENDER, "feeder", path=case.path("c"), bytes=size, seconds=lasting(), **options)
    found = Window(iface, size, *pids).figures
    fed = feeder.result()
    lab.settle(*pids)
    arrived = lab.arrived(iface) - before
    return found | lost(fed["frames"], arrived) | {"feeder_ns": fed["cpu_ns"] / fed["frames"]}, fed


def pktlock(size, form="qemu", compared=False):
    def run(case):
        lab.cable(case)
        daemon = lab.daemon(case, f"inject,format={form}@punix:{case.path('c')}")
        reader = lab.Tool(case, lab.SENDER, "ceiling", how="ring", iface="e1", bytes=size, check=1) if compared else None
        found, fed = feed(case, size, "e1", daemon.family.values(), format=form)
        if reader:
            got = reader.stop()
            plk.equal(got["back"], 0, "frames out of order")
            found |= {"received": got["frames"]}
        return found | {"own": 100 * lab.losses(daemon, found["lost"] == 0) / fed["frames"]}

    return run


def raw(how, size):
    def run(case):
        lab.cable(case)
        gen = lab.Tool(case, lab.RECEIVER, "gen", ready=False, how=how, iface="e0", bytes=size, seconds=lasting())
        found = Window("e1", size, gen.pid).figures
        return found | lost(gen.result()["frames"], lab.arrived("e1"))

    return run


def pcap_write(path, size):
    with open(path, "wb") as file:
        file.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number in range(PCAP_FRAMES):
            file.write(struct.pack("=IIII", number, 0, size, size) + plk.frame(number, size, dst=plk.NEAR))


def tcpreplay(case, size):
    path = case.path("frames.pcap")
    pcap_write(path, size)
    return [lab.path_of("tcpreplay"), "--intf1=e0", "--topspeed", "-K", "--loop=100000000", path]


def trafgen(case, size):
    path = case.path("frames.cfg")
    with open(path, "w", encoding="ascii") as file:
        head = ", ".join(f"0x{byte:02x}" for byte in plk.frame(0, 14, dst=plk.NEAR))
        file.write(f"{{ {head}, fill(0x5a, {size - 14}) }}\n")
    return [lab.path_of("trafgen"), "--dev", "e0", "--conf", path, "--cpus", "1", "--notouch-irq", "--no-sock-mem"]


def other(argv, pattern, size):
    """A program that sends for ever, and says at its end how much that was."""

    def run(case):
        lab.cable(case)
        program = lab.Program(case, lab.RECEIVER, *argv(case, size))
        time.sleep(START_S)
        pids = [pid for pid, (parent, _) in plk.processes().items() if program.pid in (pid, parent)]
        found = Window("e1", size, *pids).figures
        sent = re.search(pattern, program.interrupted())
        plk.check(sent, f"{program.name} does not say how many packets it has sent")
        return found | lost(int(sent.group(1)), lab.arrived("e1"))

    return run


def qemu(size):
    """QEMU's -netdev stream as the socket, and a TAP behind it."""

    def run(case):
        import qemu as peer  # needs QEMU

        tap = case.tap("t0", flags=plk.IFF_VNET_HDR)
        stream = f"-netdev stream,id=s0,server=on,addr.type=unix,addr.path={case.path('c')}"
        machine = peer.Qemu(case, HUB[0], stream, HUB[1] + ",netdev=s0", taps={"t0": tap})
        lab.pin_all(machine.pid, lab.RECEIVER)
        return feed(case, size, "t0", [machine.pid])[0]

    return run


def share(key, variant):
    return lambda found: found["pktlock"][key] / found[variant][key]


def sections():
    for size, raw_share in ((64, 0.85), (1514, 0.7)):
        yield Section(
            f"inject-{size}",
            f"{size}-byte frames from a client, or made by the sender itself, into a veth; QEMU's into a TAP",
            COLUMNS,
            {
                "pktlock": pktlock(size),
                "raw sendmmsg": raw("mmsg", size),
                "raw send": raw("send", size),
                "raw TX ring": raw("txring", size),
                "tcpreplay": other(tcpreplay, r"Actual: (\d+) packets", size),
                "trafgen": other(trafgen, r"(\d+) packets outgoing", size),
                "QEMU stream": qemu(size),
                "pktlock, compared": pktlock(size, compared=True),
            },
            [
                Goal("frames/s, of a raw sendmmsg's", share("mpps", "raw sendmmsg"), at_least=raw_share),
                Goal("frames/s, of tcpreplay's (--topspeed -K)", share("mpps", "tcpreplay"), at_least=1),
                Goal("lost, %", lambda found: found["pktlock"]["lost"], at_most=0),
            ],
            {"tcpreplay": "tcpreplay", "trafgen": "netsniff-ng", "qemu-system-x86_64": "qemu-system-x86"},
        )
