# SPDX-License-Identifier: BSD-2-Clause
"""Two networks joined by two attach ports, with iperf3 between them; and a client at a bridge's port, as the bridge sees it."""

import json

import plk
from attach_test import FIRST, HOST, MACS, NEIGHBOUR, attached, host_pings, network

SECONDS = 1
WINDOW = 98304  # bytes; with Debian's default for sockets, twice that are kept for a receiver
ADDRESSES = {"a": "10.90.0.1", "b": "10.90.0.2"}
QUEUE = "--queue=16777216"


def net(name, steered=True):
    """A namespace with NAME0, which has the address, on a cable to NAME1, which pktlock serves.

    Steered: all that the cable brings is taken in on one processor. Without that the kernel takes it in wherever the sender happens
    to run, frames overtake each other, and TCP sends some again: also on a bare cable, by the ten thousand.
    """
    plk.ip(f"link add {name}1 type veth peer name {name}0", ns=name)
    plk.ip(f"address add {ADDRESSES[name]}/24 dev {name}0", ns=name)
    for ifname in (f"{name}0", f"{name}1"):
        plk.ip(f"link set {ifname} up", ns=name)
        if not steered:
            continue
        steer = f"echo 1 >/sys/class/net/{ifname}/queues/rx-0/rps_cpus"
        done = plk.Process(["/bin/ip", "netns", "exec", name, "/bin/sh", "-c", steer])
        plk.equal(done.wait(), 0, f"status of {steer} ({done.stderr})")


def join(case, keys, steered=True):
    """Two daemons, one behind the other's socket."""
    daemons = []
    for name, remote in (("a", "punix"), ("b", "unix")):
        case.netns(name)
        net(name, steered)
        with plk.inside(name):
            daemons.append(case.daemon(f"--remote=attach,{keys}@{remote}:{case.path('x')}", QUEUE, interface=f"{name}1"))
    daemons[0].wait_log("client connected")
    return daemons


def tcp_counters(ns):
    """{name: value} of what the kernel counts about TCP in a namespace."""
    found = {}
    with plk.inside(ns):
        for path in ("/proc/net/netstat", "/proc/net/snmp"):
            with open(path, encoding="ascii") as file:
                lines = file.read().splitlines()
            for names, values in zip(lines[::2], lines[1::2]):
                found.update(zip(names.split()[1:], map(int, values.split()[1:])))
    return found


def iperf(case, *args):
    """What iperf3 measured from b's server, as a: its own words."""
    with plk.inside("b"):
        server = plk.Process(["/usr/bin/iperf3", "--server", "--one-off", "--forceflush", "--bind", ADDRESSES["b"]])
    case.stack.callback(server.kill)
    plk.poll_until(lambda: "listening" in server.stdout, "iperf3 listens")
    with plk.inside("a"):
        client = plk.Process(["/usr/bin/iperf3", "--client", ADDRESSES["b"], "--json", "--time", str(SECONDS), *args])
    case.stack.callback(client.kill)
    plk.equal(client.wait(SECONDS + 10), 0, f"status of iperf3 ({client.stdout[-300:]})")
    server.wait()
    return json.loads(client.stdout)["end"]


def drops(daemons):
    """What the daemons have lost so far, by reason."""
    found = {}
    for daemon in daemons:
        for name, value in daemon.counters().items():
            if "dropped" in name:
                found[name] = found.get(name, 0) + value
    return found


def run(case, daemons, sender, args):
    """One run of iperf3: what was lost or sent again because it had not come, or "" for nothing."""
    before, lost_before = tcp_counters(sender), drops(daemons)
    result = iperf(case, *args, *(["--reverse"] if sender == "b" else []))
    after, lost = tcp_counters(sender), drops(daemons)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    again = grown["RetransSegs"]
    speed = result["sum_received"]["bits_per_second"] / 1e9
    print(f"     {' '.join([f'from {sender}', *args])}: {speed:.2f} Gbit/s, {again} retransmitted", flush=True)
    plk.check(result["sum_received"]["bytes"] > 10_000_000, f"only {result['sum_received']['bytes']} bytes came")
    # A sender that was kept from running for some milliseconds sends its last segment again, as a probe, or too early: then the
    # receiver says that it came twice. No other is.
    needless = max(grown["TCPLossProbes"], grown["TCPDSACKRecvSegs"])
    problems = [f"{name} {lost[name] - lost_before.get(name, 0)}" for name in lost if lost[name] != lost_before.get(name, 0)]
    problems += [f"{name} {grown[name]}" for name in ("TCPFastRetrans", "TCPSACKReorder", "TCPTSReorder") if grown[name]]
    if again > needless:
        problems.append(f"{again} segments sent again, {needless} of which had come")
    return ", ".join(problems)


def check_joined(case, keys):
    """With a window that every buffer holds nothing is lost, however seldom the daemons are let run. Without that it takes a
    machine that has time for them: one run of three must find it so."""
    daemons = join(case, keys)
    for sender in "ab":
        problem = run(case, daemons, sender, ["--window", str(WINDOW)])
        plk.check(not problem, f"{keys}, from {sender}, window of {WINDOW} bytes: {problem}")
        problem = run(case, daemons, sender, [])
        for _ in range(2):
            if problem:
                print(f"     once more, because of: {problem}", flush=True)
                problem = run(case, daemons, sender, [])
        plk.check(not problem, f"{keys}, from {sender}: {problem}")
    for daemon in daemons:
        daemon.stop()


def test_vnet(case):
    check_joined(case, "format=vnet")


def test_vnet_bulk(case):
    check_joined(case, "format=vnet,latency=bulk")


def test_qemu(case):
    check_joined(case, "format=qemu")


def test_qemu_bulk(case):
    check_joined(case, "format=qemu,latency=bulk")


def test_bridge_learns(case):
    """A client at the veth of a bridge's port pings the host and a neighbour, and the bridge knows it by its address, there."""
    network(case)
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", interface="pk0")
    client = attached(case, FIRST)
    for sequence in range(3):
        client.ping(HOST, sequence)
        client.ping(NEIGHBOUR, sequence)
    host_pings(FIRST)
    host_pings(FIRST, "neighbour")
    mac = plk.mac_text(MACS[FIRST])
    entries = [entry for entry in json.loads(bridge("-j", "fdb", "show")) if entry["mac"] == mac]
    plk.equal([(entry["ifname"], entry.get("master")) for entry in entries], [("pk0b", "br0")], f"where {mac} is learned")
    daemon.stop()


def bridge(*args):
    done = plk.Process(["/sbin/bridge", *args])
    plk.equal(done.wait(), 0, f"status of bridge ({done.stderr})")
    return done.stdout


if __name__ == "__main__":
    plk.main()
