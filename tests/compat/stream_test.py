# SPDX-License-Identifier: BSD-2-Clause
"""-netdev stream at an attach port: a TAP in a namespace of its own, joined to a bridge by QEMU and pktlock alone.

    vm: tap0 = QEMU = stream = pktlockd = pk0 = pk0b: br0 (the host's address), and on the bridge a neighbour
"""

import contextlib
import hashlib
import json
import random
import socket
import struct
import subprocess
import threading
import time

from qemu import NOBODY, Qemu, arrives, dumped, longer_than, no_probe, nothing_dropped, padded, plk

import attach_test as lan

VM = "10.77.0.21"
ADDRESSES = {4: {"host": lan.HOST, "vm": VM}, 6: {"host": "fd77::1", "vm": "fd77::21"}}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
MEGABYTES = 32
SIZES = (14, 15, 60, 61, 1513, 1514, *range(14, 1514, 25))


def joined(case, *more):
    """All of it; more options are for QEMU."""
    lan.network(case)
    case.netns("vm")
    tap = case.tap("tap0", ns="vm", flags=plk.IFF_VNET_HDR)
    plk.ip(f"address add {VM}/24 dev tap0", ns="vm")
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", interface="pk0")
    qemu = Qemu(case, "-netdev hubport,id=h0,hubid=0,netdev=t0",
                f"-netdev stream,id=s0,server=off,addr.type=unix,addr.path={case.path('a')}",
                "-netdev hubport,id=h1,hubid=0,netdev=s0", *more, taps={"t0": tap})
    daemon.wait_log("client connected")
    return daemon, qemu


def ipv6(ifname, address, ns=None):
    with plk.inside(ns), open(f"/proc/sys/net/ipv6/conf/{ifname}/disable_ipv6", "w", encoding="ascii") as file:
        file.write("0")
    plk.ip(f"address add {address}/64 dev {ifname} nodad", ns=ns)


WINDOW = 98304


def connection(family, server, client, window=None):
    """Two ends of a TCP connection from the namespace client to the namespace server; None is the host's. window: bytes on their way."""
    address = ADDRESSES[family][server or "host"]
    with plk.inside(server):
        listener = socket.socket(FAMILIES[family], socket.SOCK_STREAM)
    with plk.inside(client):
        here = socket.socket(FAMILIES[family], socket.SOCK_STREAM)
    with listener:
        for sock in (listener, here):
            sock.settimeout(plk.WAIT)
        if window:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        listener.bind((address, 0))
        listener.listen()
        try:
            here.connect(listener.getsockname()[:2])
            there = listener.accept()[0]
        except TimeoutError as error:
            here.close()
            raise plk.Failure(f"TCP over IPv{family}: no connection to {address}") from error
        there.settimeout(plk.WAIT)
    return here, there


def pour(source, sink, seed):
    """Sends MEGABYTES through a connection and compares what arrives."""
    block = random.Random(seed).randbytes(1 << 20)
    sent, got = hashlib.sha256(), hashlib.sha256()

    def send():
        with contextlib.suppress(TimeoutError):  # the other end sees it
            for number in range(MEGABYTES):
                data = number.to_bytes(4, "big") + block[4:]
                sent.update(data)
                source.sendall(data)
            source.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send)
    thread.start()
    total = 0
    try:
        while data := sink.recv(1 << 18):
            got.update(data)
            total += len(data)
    except TimeoutError as error:
        raise plk.Failure(f"nothing came for {plk.WAIT} s after {total} bytes") from error
    finally:
        thread.join()
    plk.equal(total, MEGABYTES << 20, "bytes")
    plk.equal(got.hexdigest(), sent.hexdigest(), "checksum of all")


def retransmissions(sock):
    """tcpi_total_retrans of linux/tcp.h"""
    return struct.unpack_from("=I", sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104), 100)[0]


def check_tcp(case, family):
    """Content of both directions, at offloads as they are: the host's superframes must reach the TAP as segments.

    With a window that all on the way holds, nothing at all is lost. Without one TCP fills whatever is the first to be full.
    """
    daemon, qemu = joined(case)
    if family == 6:
        ipv6("br0", ADDRESSES[6]["host"])
        ipv6("tap0", ADDRESSES[6]["vm"], "vm")
    superframes, too_long = case.wire("pk0"), case.wire("tap0", ns="vm")
    for wire in (superframes, too_long):
        longer_than(wire, 1514)
    for source, sink, window in ((None, "vm", WINDOW), ("vm", None, WINDOW), (None, "vm", None), ("vm", None, None)):
        if not window and source is None:
            nothing_dropped(daemon, full=())
        began = time.monotonic()
        ends = connection(family, sink, source, window)
        try:
            pour(*ends, family)
            took = time.monotonic() - began
            print(f"     IPv{family}{' bounded' if window else ''} {source or 'host'} to {sink or 'host'}: {MEGABYTES} MB in {took:.2f} s,"
                  f" {retransmissions(ends[0])} segments sent again")
        finally:
            for sock in ends:
                sock.close()
    plk.check(superframes.recv(0), "the host sent no superframes")
    too_long.quiet(0)
    nothing_dropped(daemon, full=("rx_dropped_queue", "rx_dropped_kernel"))
    qemu.alive()
    daemon.stop()


def test_tcp_ipv4(case):
    check_tcp(case, 4)


def test_tcp_ipv6(case):
    check_tcp(case, 6)


def test_ping(case):
    """The VM's side reaches the host and a neighbour on the bridge and is reached by both, and stands at pk0b in the bridge's
    table: it is a machine of that network."""
    daemon, qemu = joined(case)
    for size in (56, 1472):
        for target in (lan.HOST, lan.NEIGHBOUR):
            lan.host_pings(target, "vm", size=size)
        for source in (None, "neighbour"):
            lan.host_pings(VM, source, size=size)
    mac = plk.link("tap0", "vm")["address"]
    table = subprocess.run(["bridge", "-j", "fdb", "show", "br", "br0"], capture_output=True, check=True, timeout=plk.WAIT)
    ports = [entry["ifname"] for entry in json.loads(table.stdout) if entry["mac"] == mac]
    plk.equal(ports, ["pk0b"], f"bridge port of {mac}")
    qemu.alive()
    daemon.stop()


def test_frames(case):
    """Numbered frames of all sizes, both ways, byte for byte, on the wire and in filter-dump."""
    path = case.path("s0.pcap")
    daemon, qemu = joined(case, f"-object filter-dump,id=d0,netdev=s0,file={path}")
    neighbour, vm = case.wire("eth0", ns="neighbour"), case.wire("tap0", ns="vm")
    arrives(neighbour.send, vm)
    arrives(vm.send, neighbour)
    to_vm = [plk.frame(i, size) for i, size in enumerate(SIZES)]
    from_vm = [plk.frame(1000 + i, size, src=lan.MACS[lan.FIRST]) for i, size in enumerate(SIZES)]
    neighbour.send(*to_vm)
    vm.expect(to_vm, "on the TAP")
    vm.send(*from_vm)
    from_vm = [padded(data) for data in from_vm]
    neighbour.expect(from_vm, "at the neighbour")
    neighbour.quiet(0.05)
    vm.quiet(0.05)
    plk.same_frames(dumped(path, 2 * len(SIZES), no_probe), to_vm + from_vm, "in filter-dump")
    qemu.alive()
    daemon.stop()


def test_without_privileges(case):
    """A QEMU of nobody, without a TAP, is a converter between all our formats: on TCP a client of QEMU's -netdev socket is
    attached to e0, mirrored with a header's length of 0 into f0, and receives what is captured there."""
    case.veth()
    case.veth("f0", "f1")
    listeners = [case.listener(name) for name in ("a", "m", "r")]
    allowed = f"allow-uid={NOBODY}"
    attached = case.daemon(f"--remote=attach,{allowed}@pfd:3", fds={3: listeners[0]})
    filtered = case.daemon(f"--remote=inject,format=vnet,{allowed}@pfd:3", f"--remote=capture,direction=in,{allowed}@pfd:4",
                           interface="f0", fds={3: listeners[1], 4: listeners[2]})
    with case.tcp_listener() as listener:
        port = listener.getsockname()[1]
    qemu = Qemu(case, f"-netdev socket,id=n0,listen=127.0.0.1:{port}", "-netdev hubport,id=h0,hubid=0,netdev=n0",
                f"-netdev stream,id=s0,server=off,addr.type=unix,addr.path={case.path('a')}",
                "-netdev hubport,id=h1,hubid=0,netdev=s0",
                *(f"-chardev socket,id={name},path={case.path(name)},server=off" for name in "mr"),
                "-object filter-mirror,id=m0,netdev=n0,queue=tx,outdev=m,vnet_hdr_support=on",
                "-object filter-redirector,id=r0,netdev=n0,queue=rx,indev=r", user=NOBODY)
    for daemon, count in ((attached, 1), (filtered, 2)):
        daemon.wait_log(f"client connected .*uid={NOBODY} ", count=count)
    client = case.connect(("127.0.0.1", port))
    wires = case.wire("e1"), case.wire("f1")
    for wire in wires:
        arrives(client.send, wire)
        plk.sync(wire, client)
    frames = [plk.frame(i, size) for i, size in enumerate(SIZES)]
    client.send(*frames)
    for wire in wires:
        wire.expect(frames, "from the client")
        wire.send(*frames)
        client.expect(frames, "to the client")
        wire.quiet(0.05)
    client.quiet(0.05)
    qemu.alive()
    attached.stop()
    filtered.stop()


if __name__ == "__main__":
    plk.main()
