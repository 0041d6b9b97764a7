# SPDX-License-Identifier: BSD-2-Clause
"""TCP between two network namespaces that two daemons join, or two QEMUs, or a cable. Nothing is pinned here: four processes
and two ends of TCP share the processors. Nor is what a cable brings steered to one: it is not for the others."""

import joined_test as joined

import lab
import plk
from figures import Column, Goal, Section

COLUMNS = [
    Column("gbit", "Gbit/s"),
    Column("again", "sent again", "{:.0f}"),
    Column("own", "counted lost", "{:.0f}"),
    Column("ns", "ns/KiB", "{:.0f}"),
]


def measured(case, *pids):
    before = lab.cpu_ns(*pids)
    found = joined.iperf(case, "--congestion", "cubic")  # Debian's own; with bbr the pacing is what one measures
    received = found["sum_received"]
    return {
        "gbit": received["bits_per_second"] / 1e9,
        "again": found["sum_sent"]["retransmits"],
        "ns": (lab.cpu_ns(*pids) - before) / (received["bytes"] / 1024),
    }


def with_daemons(case, daemons, *more):
    pids = [pid for daemon in daemons for pid in daemon.family.values()]
    found = measured(case, *pids, *more)
    return found | {"own": sum(joined.drops(daemons).values())}


def pktlock(keys):
    def run(case):
        return with_daemons(case, joined.join(case, keys, steered=False))

    return run


def socat(keys):
    """Two daemons that listen, and somebody who connects them."""

    def run(case):
        daemons = []
        for name in "ab":
            case.netns(name)
            joined.net(name, steered=False)
            with plk.inside(name):
                daemons.append(case.daemon(f"--remote=attach,{keys}@punix:{case.path(name)}", joined.QUEUE, interface=f"{name}1"))
        between = plk.Process([lab.path_of("socat"), "-b", "262144", *(f"UNIX-CONNECT:{case.path(name)}" for name in "ab")])
        case.stack.callback(between.kill)
        for daemon in daemons:
            daemon.wait_log("client connected")
        return with_daemons(case, daemons, between.pid)

    return run


def qemu(case):
    """Each has a TAP with the namespace's address."""
    import qemu as peer  # needs QEMU

    path = case.path("x")
    machines = []
    for name, server in (("a", "on"), ("b", "off")):
        case.netns(name)
        tap = case.tap(f"{name}0", ns=name, flags=plk.IFF_VNET_HDR)
        plk.ip(f"address add {joined.ADDRESSES[name]}/24 dev {name}0", ns=name)
        machines.append(peer.Qemu(
            case, "-netdev hubport,id=h0,hubid=0,netdev=t0",
            f"-netdev stream,id=s0,server={server},addr.type=unix,addr.path={path}",
            "-netdev hubport,id=h1,hubid=0,netdev=s0", taps={"t0": tap}))  # fmt: skip
    return measured(case, *(machine.pid for machine in machines))


def veth(case):
    """a0 and b0 on one cable."""
    for name in "ab":
        case.netns(name)
    plk.ip("link add a0 netns a type veth peer name b0 netns b")
    for name in "ab":
        plk.ip(f"address add {joined.ADDRESSES[name]}/24 dev {name}0", ns=name)
        plk.ip(f"link set {name}0 up", ns=name)
    return measured(case)


def times(variant, base):
    return lambda found: found[variant]["gbit"] / found[base]["gbit"]


def sections():
    yield Section(
        "tcp",
        "iperf3 for 1 s between two namespaces, one stream",
        COLUMNS,
        {
            "pktlock, vnet": pktlock("format=vnet"),
            "pktlock, qemu": pktlock("format=qemu"),
            "QEMU stream": qemu,
            "pktlock, vnet, socat": socat("format=vnet"),
            "veth": veth,
        },
        [
            Goal("vnet: times QEMU's", times("pktlock, vnet", "QEMU stream"), at_least=6),
            Goal("vnet: of a veth's", times("pktlock, vnet", "veth"), at_least=0.4),
            Goal("qemu: times QEMU's", times("pktlock, qemu", "QEMU stream"), at_least=1.7),
        ],
        {"qemu-system-x86_64": "qemu-system-x86", "iperf3": "iperf3", "socat": "socat"},
    )
