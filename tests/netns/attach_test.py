# SPDX-License-Identifier: BSD-2-Clause
"""attach: clients that are network cards, on a veth whose other end is a port of a bridge."""

import socket
import struct
import time

import nic as card
import plk

HOST = "10.77.0.1"
NEIGHBOUR = "10.77.0.2"
FIRST = "10.77.0.11"
SECOND = "10.77.0.12"
MACS = {FIRST: bytes.fromhex("027700000011"), SECOND: bytes.fromhex("027700000012")}


def network(case):
    """A bridge with the host's address, a neighbour on it, and pk0, whose other end pk0b is a port of it."""
    case.bridge("br0", f"{HOST}/24")
    case.neighbour("neighbour", "br0", f"{NEIGHBOUR}/24")
    plk.ip("link add pk0 type veth peer name pk0b")
    plk.ip("link set pk0b master br0 up")
    plk.ip("link set pk0 up")


def attached(case, ip, where=None, fmt=plk.QEMU):
    nic = card.Nic(case.connect(where or case.path("a"), fmt), MACS[ip], ip).start()
    return case.keep(nic)


def host_pings(target, ns=None, count=3, size=56):
    """What ping(8) does: the kernel's own stack sends, and must get its own payload back."""
    with plk.inside(ns):
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    sock.settimeout(plk.WAIT)
    with sock:
        for sequence in range(count):
            payload = bytes((sequence + i) & 0xFF for i in range(size))
            sock.sendto(card.echo(card.ECHO_REQUEST, 4711, sequence, payload), (target, 0))
            end = time.monotonic() + plk.WAIT
            while time.monotonic() < end:
                try:
                    data = sock.recv(65536)
                except TimeoutError as error:
                    raise plk.Failure(f"{target} does not answer the host") from error
                kind, _, _, identifier, number = struct.unpack_from("!BBHHH", data, 20)
                if (kind, identifier, number, data[28:]) == (card.ECHO_REPLY, 4711, sequence, payload):
                    break
            else:
                raise plk.Failure(f"{target} does not answer the host")


def all_ping_all(first, second):
    for sequence in range(3):
        for here, there in ((first, SECOND), (second, FIRST)):
            here.ping(there, sequence)
            here.ping(NEIGHBOUR, sequence)
            here.ping(HOST, sequence)
    for there in (FIRST, SECOND):
        host_pings(there)
        host_pings(there, "neighbour")


def test_two_cards(case):
    """They reach each other, a neighbour on the bridge and the host's own address, and are reached by both."""
    network(case)
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", interface="pk0")
    all_ping_all(attached(case, FIRST), attached(case, SECOND))
    plk.check(" on a bridge" not in daemon.stderr.lower(), "a veth is not a bridge")
    daemon.stop()


def test_two_ports_two_formats(case):
    """One switch per daemon, across its ports and formats, over Unix and TCP."""
    network(case)
    daemon = case.daemon("--remote=attach@ptcp:0", f"--remote=attach,format=vnet,vnet-hdr=10@punix:{case.path('a')}",
                         interface="pk0")
    first = attached(case, FIRST, plk.tcp_address(daemon))
    second = attached(case, SECOND, fmt=plk.VNET10)
    all_ping_all(first, second)
    daemon.stop()


def test_full_size(case):
    """Pings of 1514 bytes, both between clients and through the bridge."""
    network(case)
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", interface="pk0")
    first, second = attached(case, FIRST), attached(case, SECOND)
    for there in (SECOND, NEIGHBOUR, HOST):
        first.ping(there, size=1472)
    host_pings(FIRST, size=1472)
    host_pings(SECOND, "neighbour", size=1472)
    daemon.stop()
    del second


def test_unicast_goes_to_its_owner(case):
    """What the two say to each other is not seen on the wire nor by a third; broadcast is seen by all, once."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}")
    clients = [case.connect(case.path("a")) for _ in range(3)]
    macs = [bytes([2, 0x77, 0, 0, 0, i]) for i in range(3)]
    plk.sync(wire, *clients)
    for mac, client in zip(macs, clients):
        hello = plk.frame(0, 60, plk.BROADCAST, mac)
        client.send(hello)
        wire.expect([hello], "broadcast")
        for other in clients:
            if other is not client:
                other.expect([hello], "broadcast of another client")
    talk = [plk.frame(i, 100 + i, macs[1], macs[0]) for i in range(50)]
    clients[0].send(*talk)
    clients[1].expect(talk, "from client to client")
    wire.quiet(0.1)
    clients[0].quiet(0.05)
    clients[2].quiet(0.05)
    # From the wire each gets what is its own.
    for i, client in enumerate(clients):
        own = plk.frame(i, 80, macs[i])
        wire.send(own)
        client.expect([own], "from the wire")
    for client in clients:
        client.quiet(0.05)
    # An address moves with its owner.
    clients[2].send(plk.frame(9, 60, plk.BROADCAST, macs[0]))
    for other in (wire, clients[0], clients[1]):
        other.expect([plk.frame(9, 60, plk.BROADCAST, macs[0])])
    wire.send(plk.frame(10, 60, macs[0]))
    clients[2].expect([plk.frame(10, 60, macs[0])], "to an address that moved")
    clients[0].quiet(0.05)
    # And is forgotten with it.
    clients[1].close()
    time.sleep(0.1)
    clients[0].send(plk.frame(11, 60, macs[1], macs[2]))
    wire.expect([plk.frame(11, 60, macs[1], macs[2])], "to a client that left")
    daemon.stop()


def test_unicast_to_the_wire(case):
    """What a client says to somebody who was heard on the wire is not copied to the other clients."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}")
    client, other = case.connect(case.path("a")), case.connect(case.path("a"))
    plk.sync(wire, client, other)
    talk = [plk.frame(i, 100, plk.FAR, MACS[FIRST]) for i in range(20)]
    client.send(*talk)
    wire.expect(talk)
    other.quiet(0.1)
    daemon.stop()


def test_link_local_multicast_passes(case):
    """LACP, LLDP and STP addresses go both ways."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}")
    client, other = case.connect(case.path("a")), case.connect(case.path("a"))
    plk.sync(wire, client, other)
    for text in ("0180c2000000", "0180c2000002", "0180c200000e", "01005e000001", "333300000001"):
        group = bytes.fromhex(text)
        wire.send(plk.frame(1, 60, group))
        client.expect([plk.frame(1, 60, group)], text)
        other.expect([plk.frame(1, 60, group)], text)
        data = plk.frame(2, 60, group, MACS[FIRST])
        client.send(data)
        wire.expect([data], text)
        other.expect([data], text)
    daemon.stop()


def test_no_echo(case):
    """Nobody gets its own frame back, with one client and with the neighbour's bridge flooding."""
    network(case)
    daemon = case.daemon(f"--remote=attach,direction=both@punix:{case.path('a')}", interface="pk0")
    client = case.connect(case.path("a"))
    wire = case.keep(plk.Wire("eth0", "neighbour"))
    plk.sync(wire, client)
    frames = [plk.frame(i, 100, plk.BROADCAST, MACS[FIRST]) for i in range(50)]
    client.send(*frames)
    wire.expect(frames)
    while (data := client.recv(0.2)) is not None:
        plk.check(data[6:12] != MACS[FIRST], f"its own frame came back: {plk.shown(data)}")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
