# SPDX-License-Identifier: BSD-2-Clause
"""Two networks joined by two attach ports, with iperf3 between them; and a client at a bridge's port, as the bridge sees it."""

import json

import plk
from attach_test import FIRST, HOST, MACS, NEIGHBOUR, attached, host_pings, network

SECONDS = 2
ADDRESSES = {"a": "10.90.0.1", "b": "10.90.0.2"}
QUEUE = "--queue=16777216"


def net(name):
    """A namespace with NAME0, which has the address, on a cable to NAME1, which pktlock serves.

    All that the cable brings is taken in on one processor. Without that the kernel takes it in wherever the sender happens
    to run, frames overtake each other, and TCP sends some again: also on a bare cable, by the ten thousand.
    """
    plk.ip(f"link add {name}1 type veth peer name {name}0", ns=name)
    plk.ip(f"address add {ADDRESSES[name]}/24 dev {name}0", ns=name)
    for ifname in (f"{name}0", f"{name}1"):
        plk.ip(f"link set {ifname} up", ns=name)
        steer = f"echo 1 >/sys/class/net/{ifname}/queues/rx-0/rps_cpus"
        done = plk.Process(["/bin/ip", "netns", "exec", name, "/bin/sh", "-c", steer])
        plk.equal(done.wait(), 0, f"status of {steer} ({done.stderr})")


def join(case, keys):
    """Two daemons, one behind the other's socket."""
    daemons = []
    for name, remote in (("a", "punix"), ("b", "unix")):
        case.netns(name)
        net(name)
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


def check_run(case, sender, keys, *args):
    """One run of iperf3, without a segment that was sent again because it had not come."""
    before = tcp_counters(sender)
    result = iperf(case, *args)
    after = tcp_counters(sender)
    grown = {name: after[name] - before.get(name, 0) for name in after}
    again = grown["RetransSegs"]
    speed = result["sum_received"]["bits_per_second"] / 1e9
    print(f"     {keys}: from {sender}: {speed:.2f} Gbit/s, {again} retransmitted", flush=True)
    plk.check(result["sum_received"]["bytes"] > 10_000_000, f"only {result['sum_received']['bytes']} bytes came")
    plk.equal(result["sum_sent"]["retransmits"], again, "retransmits, by iperf3 and by the kernel")
    # A sender that was kept from running for some milliseconds sends its last segment again, as a probe, or too early: then the
    # receiver says that it came twice. No other is.
    needless = max(grown["TCPLossProbes"], grown["TCPDSACKRecvSegs"])
    plk.check(again <= needless, f"{again} segments were sent again, {needless} of them had come")
    for name in ("TCPFastRetrans", "TCPSACKReorder", "TCPTSReorder"):
        plk.equal(grown[name], 0, name)


def receive_buffer():
    """How many bytes a socket may ask to receive into."""
    with open("/proc/sys/net/core/rmem_max", encoding="ascii") as file:
        return int(file.read())


def check_joined(case, keys, window=None):
    daemons = join(case, keys)
    limit = ("--window", str(window)) if window else ()
    check_run(case, "a", keys, *limit)
    check_run(case, "b", keys, "--reverse", *limit)
    for daemon in daemons:
        counters = daemon.counters()
        plk.equal({name: value for name, value in counters.items() if "dropped" in name}, {}, "drops")
    for daemon in daemons:
        daemon.stop()


def fitting_window():
    """What TCP may have on its way to a receiver without a ring: half of what the kernel lets it keep, or no limit where that
    is more than TCP sends of its own accord. A burst that is longer is lost, and counted: latency=bulk has a ring for it."""
    return None if receive_buffer() >= 4 << 20 else receive_buffer() // 2


def test_vnet(case):
    check_joined(case, "format=vnet", fitting_window())


def test_vnet_bulk(case):
    check_joined(case, "format=vnet,latency=bulk")


def test_qemu(case):
    check_joined(case, "format=qemu", fitting_window())


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
