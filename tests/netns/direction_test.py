# SPDX-License-Identifier: BSD-2-Clause
"""Which way is in: on a veth, a bridge and a TAP; where injected frames go, and the way into the other direction of a TAP."""

import struct
import subprocess
import time

import plk

VM = bytes.fromhex("027000000009")
N = 5
WANTS = {"in": (True, False), "out": (False, True), "both": (True, True)}
PACKET_VNET_HDR = 15


def ports(case):
    return [f"--remote=capture,direction={d},latency={lat}@punix:{case.path(d + lat)}" for d in WANTS for lat in ("low", "bulk")]


def comes_in(i):
    return plk.frame(i, 90, src=VM)


def goes_out(i):
    return plk.frame(100 + i, 90, src=plk.NEAR)


def check_directions(case, daemon, come, go):
    """come() and go() send frames of comes_in() and goes_out(); each client gets those of its direction, and in order."""
    clients = {d + lat: (case.connect(case.path(d + lat)), WANTS[d]) for d in WANTS for lat in ("low", "bulk")}
    daemon.wait_log("client connected", count=len(clients))
    time.sleep(0.1)
    for i in range(N):
        come(comes_in(i))
        go(goes_out(i))
        time.sleep(0.01)  # so that their order is known
    for name, (client, (coming, going)) in clients.items():
        want = [frame for i in range(N) for frame in ([comes_in(i)] if coming else []) + ([goes_out(i)] if going else [])]
        client.expect(want, name)
        client.quiet(0.05)


def test_veth(case):
    """In is what the other end sends."""
    case.veth()
    wire, near = case.wire(), case.wire("e0")
    check_directions(case, case.daemon(*ports(case)), wire.send, near.send)


def test_bridge(case):
    """On a bridge device: in is what comes for the host, out is what the host sends."""
    case.bridge()
    plk.ip("link set br0 address 02:70:00:00:00:01")
    case.veth("p0", "p1")
    plk.ip("link set p0 master br0")
    wire, near = case.wire("p1"), case.wire("br0")
    check_directions(case, case.daemon(*ports(case), interface="br0"), wire.send, near.send)


def test_tap(case):
    """In is what the VM sends, out what goes to it; inject goes to the VM, and no capture of ours sees it."""
    vm = case.tap()
    near = case.wire("t0")
    daemon = case.daemon(*ports(case), f"--remote=inject@punix:{case.path('i')}", interface="t0")
    check_directions(case, daemon, vm.send, near.send)
    vm.expect([goes_out(i) for i in range(N)], "what went out")
    watching = [case.connect(case.path(d + lat)) for d in WANTS for lat in ("low", "bulk")]
    daemon.wait_log("client connected", count=2 * len(watching))
    case.connect(case.path("i")).send(plk.frame(7, 90))
    vm.expect([plk.frame(7, 90)], "injected")
    for client in watching:
        client.quiet(0.05)


def test_other_direction_of_tap(case):
    """The way that README.md names: a veth whose far end is redirected into the TAP's ingress. As if the VM had sent it."""
    vm = case.tap()
    plk.ip("link add inj0 type veth peer name inj1")
    plk.ip(f"link set inj1 address {plk.mac_text(mac_of('t0'))}")
    plk.ip("link set inj0 up")
    plk.ip("link set inj1 up")
    for words in ("qdisc add dev inj1 clsact",
                  "filter add dev inj1 ingress protocol all u32 match u32 0 0 action mirred ingress redirect dev t0"):
        subprocess.run(["tc", *words.split()], check=True)
    daemon = case.daemon(f"--remote=capture,direction=in@punix:{case.path('c')}", interface="t0")
    injecting = case.daemon(f"--remote=inject@punix:{case.path('i')}", interface="inj0")
    client = case.connect(case.path("c"))
    daemon.wait_log("client connected")
    time.sleep(0.1)
    frames = [comes_in(i) for i in range(N)]
    case.connect(case.path("i")).send(*frames)
    client.expect(frames, "as if the VM had sent them")
    vm.quiet(0.05)
    injecting.stop()
    daemon.stop()


def mac_of(ifname):
    return bytes.fromhex(plk.link(ifname)["address"].replace(":", ""))


def tcp_superframe(n, gso_size):
    """A virtio-net header of 12 bytes, and n bytes of TCP behind it."""
    l4 = struct.pack("!HHIIBBHHH", 1000, 2000, 1, 1, 0x50, 0x10, 1000, 0, 0)
    l3 = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + n, 1, 0x4000, 64, 6, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    header = struct.pack("=BBHHHHH", 1, 1, 54, gso_size, 34, 16, 1)
    return header, plk.BROADCAST + VM + b"\x08\x00" + l3 + l4 + bytes(n)


def test_own_superframes_are_not_captured(case):
    """The kernel cuts a superframe behind our sender: the pieces are ours too. On the sender's own socket they would be seen."""
    case.veth()
    for ifname in ("e0", "e1"):
        subprocess.run(["ethtool", "-K", ifname, "tso", "off", "gso", "off", "gro", "off"], check=True, stdout=subprocess.DEVNULL)
    wire = case.wire()
    daemon = case.daemon(*ports(case), f"--remote=inject,format=vnet@punix:{case.path('i')}")
    watching = [case.connect(case.path(d + lat)) for d in WANTS for lat in ("low", "bulk")]
    injecting = case.connect(case.path("i"), plk.VNET12)
    daemon.wait_log("client connected", count=len(watching) + 1)
    time.sleep(0.1)
    header, frame = tcp_superframe(14000, 1400)
    injecting.send_bytes(plk.VNET12.encode(frame, header))
    pieces = [wire.recv() for _ in range(10)]
    plk.equal([len(piece) for piece in pieces], [1454] * 10, "lengths of the pieces on the wire")
    wire.quiet(0.05)
    for client in watching:
        client.quiet(0.05)
    daemon.stop()


if __name__ == "__main__":
    plk.main()
