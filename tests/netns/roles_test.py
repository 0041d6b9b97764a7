# SPDX-License-Identifier: BSD-2-Clause
"""Every role over every kind of remote in every format, byte for byte and in both directions."""

import socket
import time

import plk

SIZES = (14, 60, 1514)
KINDS = ("pfd", "sd", "punix", "ptcp", "unix", "tcp")


def client_mac(number):
    return bytes([2, 0x71, 0, 0, 0, number])


class Remotes:
    """One remote of a kind for each format, and the clients at them."""

    def __init__(self, case, kind, role, formats=plk.FORMATS, family=socket.AF_INET):
        self.case = case
        self.kind = kind
        self.role = role
        self.formats = formats
        self.where = []  # path or listening socket; None until the log says it
        self.specs = []
        fds = {}
        names = []
        for i, fmt in enumerate(formats):
            remote, more = self._remote(i, kind, family, fds, names)
            self.specs.append(f"{role},{fmt.keys}{more}@{remote}")
        self.daemon = case.daemon(
            *(f"--remote={spec}" for spec in self.specs), fds=fds, listen=names if kind == "sd" else None
        )
        plk.equal(self.daemon.ready_remotes, len(formats), "remotes in the ready line")

    def _remote(self, i, kind, family, fds, names):
        case = self.case
        host = "127.0.0.1" if family == socket.AF_INET else "[::1]"
        name = f"{self.role}{i}.sock"
        if kind in ("pfd", "sd", "pfd-tcp"):
            listener = case.tcp_listener(family) if kind == "pfd-tcp" else case.listener(name)
            self.where.append(listener.getsockname()[:2] if kind == "pfd-tcp" else case.path(name))
            fds[3 + i if kind == "sd" else 7 + 5 * i] = listener
            names.append(f"frames-{i}")
            more = ",tcp=yes" if kind == "pfd-tcp" else ""
            return (f"sd:frames-{i}" if kind == "sd" else f"pfd:{7 + 5 * i}"), more
        if kind == "punix":
            self.where.append(case.path(name))
            return f"punix:{self.where[i]}", ""
        if kind == "ptcp":
            self.where.append(None)
            return ("ptcp:0" if family == socket.AF_INET else f"ptcp:0:{host}"), ""
        if kind == "unix":
            self.where.append(case.listener(name))
            return f"unix:{case.path(name)}", ""
        self.where.append(case.tcp_listener(family))
        return f"tcp:{host}:{self.where[i].getsockname()[1]}", ""

    def client(self, i):
        if self.kind in ("unix", "tcp"):
            return self.case.accept(self.where[i], self.formats[i])
        if self.kind == "ptcp":
            self.where[i] = plk.tcp_address(self.daemon, i)
        return self.case.connect(self.where[i], self.formats[i])

    def clients(self):
        return [self.client(i) for i in range(len(self.formats))]


def exchange_capture(case, wire, clients, sizes):
    plk.sync(wire, *clients)
    near = case.wire("e0")
    coming = [plk.frame(i, size) for i, size in enumerate(sizes)]
    going = [plk.frame(100 + i, size, src=plk.NEAR) for i, size in enumerate(sizes)]
    wire.send(*coming)
    for client in clients:
        client.expect(coming, f"{client.fmt}: received by the interface")
    near.send(*going)
    for client in clients:
        client.expect(going, f"{client.fmt}: sent through the interface")
        client.quiet(0.02)


def exchange_inject(case, wire, clients, sizes):
    for number, client in enumerate(clients):
        frames = [plk.frame(10 * number + i, size, src=client_mac(number)) for i, size in enumerate(sizes)]
        client.send(*frames)
        wire.expect(frames, f"{client.fmt}: on the wire")
    wire.quiet(0.05)
    wire.send(*(plk.frame(i, size) for i, size in enumerate(sizes)))
    for client in clients:
        client.quiet(0.02)


def exchange_attach(case, wire, clients, sizes):
    plk.sync(wire, *clients)
    for number, client in enumerate(clients):
        frames = [plk.frame(10 * number + i, size, plk.FAR, client_mac(number)) for i, size in enumerate(sizes)]
        client.send(*frames)
        wire.expect(frames, f"{client.fmt}: on the wire")
    for client in clients:
        client.drain(0.06)  # what others said to addresses that the switch does not know
    for number, client in enumerate(clients):
        frames = [plk.frame(10 * number + i, size, client_mac(number)) for i, size in enumerate(sizes)]
        wire.send(*frames)
        client.expect(frames, f"{client.fmt}: from the wire")
    everybody = [plk.frame(900 + i, size) for i, size in enumerate(sizes)]
    wire.send(*everybody)
    for client in clients:
        client.expect(everybody, f"{client.fmt}: broadcast")
        client.quiet(0.02)


EXCHANGES = {"capture": exchange_capture, "inject": exchange_inject, "attach": exchange_attach}


def run_kind(case, kind, **more):
    case.veth()
    for role, exchange in EXCHANGES.items():
        wire = plk.Wire("e1")
        remotes = Remotes(case, kind, role, **more)
        clients = remotes.clients()
        exchange(case, wire, clients, SIZES)
        remotes.daemon.stop()
        for client in clients:
            client.wait_closed()
            client.close()
        wire.close()


def test_pfd(case):
    run_kind(case, "pfd")


def test_sd(case):
    run_kind(case, "sd")


def test_punix(case):
    run_kind(case, "punix")


def test_ptcp(case):
    run_kind(case, "ptcp")


def test_unix(case):
    run_kind(case, "unix")


def test_tcp(case):
    run_kind(case, "tcp")


def test_ptcp_ipv6(case):
    run_kind(case, "ptcp", family=socket.AF_INET6, formats=(plk.QEMU, plk.VNET12))


def test_tcp_ipv6(case):
    run_kind(case, "tcp", family=socket.AF_INET6, formats=(plk.QEMU, plk.VNET12))


def test_pfd_tcp(case):
    run_kind(case, "pfd-tcp")


def test_ptcp_fixed_port(case):
    """A port that is asked for is the one; without an address it is 127.0.0.1 alone."""
    case.veth()
    with case.tcp_listener() as listener:
        port = listener.getsockname()[1]
    daemon = case.daemon(f"--remote=capture@ptcp:{port}")
    plk.sync(case.wire(), case.connect(("127.0.0.1", port)))
    try:
        case.connect(("127.0.0.2", port))
        raise plk.Failure("it also listens on 127.0.0.2")
    except ConnectionRefusedError:
        pass
    daemon.stop()


def test_ipv6_zone(case):
    """A link-local address with its interface, listening and connecting; a zone that is none is status 1."""
    case.veth()
    case.veth("z0", "z1")
    for ifname in ("z0", "z1"):
        with open(f"/proc/sys/net/ipv6/conf/{ifname}/disable_ipv6", "w", encoding="ascii") as file:
            file.write("0")
        plk.ip(f"address add fe80::{ifname[1]}1/64 dev {ifname} nodad")
    wire = case.wire()
    listener = case.keep(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
    listener.bind(("fe80::11", 0, 0, socket.if_nametoindex("z1")))
    listener.listen()
    daemon = case.daemon("--remote=capture@ptcp:0:[fe80::1%z0]",
                         f"--remote=capture@tcp:[fe80::11%z1]:{listener.getsockname()[1]}")
    address = plk.tcp_address(daemon)
    sock = case.keep(socket.socket(socket.AF_INET6, socket.SOCK_STREAM))
    sock.connect(("fe80::1", address[1], 0, socket.if_nametoindex("z0")))
    plk.sync(wire, case.keep(plk.Client(sock)), case.accept(listener))
    daemon.stop()
    case.refused(1, "zone", "--remote=capture@ptcp:0:[fe80::1%nope0]")


def test_jumbo(case):
    """Frames of 9014 bytes through an interface with an MTU of 9000, all formats and roles."""
    case.veth(mtu=9000)
    for role, exchange in EXCHANGES.items():
        wire = plk.Wire("e1")
        remotes = Remotes(case, "punix", role)
        clients = remotes.clients()
        exchange(case, wire, clients, (9014, 60, 9013, 4000))
        remotes.daemon.stop()
        wire.close()


def test_default_format(case):
    """Without keys the format is qemu, and vnet without vnet-hdr means 12."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(
        f"--remote=capture@punix:{case.path('c')}", f"--remote=capture,format=vnet@punix:{case.path('v')}"
    )
    plk.equal(daemon.ready_interface, "e0", "interface in the ready line")
    clients = [case.connect(case.path("c"), plk.QEMU), case.connect(case.path("v"), plk.VNET12)]
    exchange_capture(case, wire, clients, SIZES)
    daemon.stop()


def test_latencies(case):
    """Each class of receiver delivers: low and bulk for capture and attach."""
    case.veth()
    wire = case.wire()
    specs = [f"{role},latency={latency}@punix:{case.path(role + latency)}"
             for role in ("capture", "attach") for latency in ("low", "bulk")]
    daemon = case.daemon(*(f"--remote={spec}" for spec in specs))
    clients = [case.connect(spec.partition(":")[2]) for spec in specs]
    plk.sync(wire, *clients)
    frames = [plk.frame(i, size) for i, size in enumerate(SIZES)]
    wire.send(*frames)
    for spec, client in zip(specs, clients):
        client.expect(frames, spec)
        client.quiet(0.02)
    daemon.stop()


def test_vlan_tag(case):
    """The kernel takes 802.1Q tags off; a capture has them in their place, and an injected one stays."""
    case.veth()
    wire = case.wire(auxdata=True)
    remote = [f"--remote={role},{fmt.keys}@punix:{case.path(role + str(fmt))}"
              for role in ("capture", "inject") for fmt in plk.FORMATS]
    daemon = case.daemon(*remote)
    tagged = plk.frame(5, 64, plk.BROADCAST, plk.FAR, 0x8100)[:14] + bytes.fromhex("2005 88b5") + plk.frame(5, 60)[14:]
    for fmt in plk.FORMATS:
        with case.connect(case.path(f"capture{fmt}"), fmt) as client:
            plk.sync(wire, client)
            wire.send(tagged)
            client.expect([tagged], f"{fmt}: captured with its tag")
        while wire.recv(0.05) is not None:
            pass
        with case.connect(case.path(f"inject{fmt}"), fmt) as client:
            client.send(tagged)
            data, tci = wire.recv_tag()
            plk.equal((data, tci), (tagged[:12] + tagged[16:], 0x2005), f"{fmt}: injected with its tag")
    daemon.stop()


def test_several_clients_and_ports(case):
    """Three clients at each of two capture ports and two injectors at once: each capture client sees all."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(
        f"--remote=capture@punix:{case.path('a')}",
        f"--remote=capture,format=vnet,vnet-hdr=10@punix:{case.path('b')}",
        f"--remote=inject@punix:{case.path('i')}",
    )
    clients = [case.connect(case.path(name), fmt) for name, fmt in (("a", plk.QEMU), ("b", plk.VNET10))
               for _ in range(3)]
    plk.sync(wire, *clients)
    frames = [plk.frame(i, 60 + i) for i in range(200)]
    wire.send(*frames)
    for client in clients:
        client.expect(frames)
    injectors = [case.connect(case.path("i")) for _ in range(2)]
    for i in range(100):
        for n, injector in enumerate(injectors):
            injector.send(plk.frame(i, 100, src=client_mac(n)))
    got = [wire.recv() for _ in range(200)]
    for n in range(2):
        mine = [data for data in got if data and data[6:12] == client_mac(n)]
        plk.same_frames(mine, [plk.frame(i, 100, src=client_mac(n)) for i in range(100)], f"injector {n}")
    daemon.stop()


def check_reconnect(case, listener, remote):
    """After its connection ends the daemon comes back by itself, after about a second."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@{remote}")
    client = case.accept(listener)
    plk.sync(wire, client)
    client.close()
    began = time.monotonic()
    for i in range(10):  # that a peer has gone for good, TCP learns by sending to it
        wire.send(plk.frame(i))
    client = case.accept(listener)
    took = time.monotonic() - began
    plk.check(0.5 <= took <= 2.5, f"the daemon came back after {took:.2f} s, expected about 1 s")
    plk.sync(wire, client)
    wire.send(plk.frame(1))
    client.expect([plk.frame(1)])
    daemon.stop()
    client.wait_closed()


def test_reconnect_unix(case):
    check_reconnect(case, case.listener("l"), f"unix:{case.path('l')}")


def test_reconnect_tcp(case):
    listener = case.tcp_listener()
    check_reconnect(case, listener, f"tcp:127.0.0.1:{listener.getsockname()[1]}")


def test_nobody_listens_yet(case):
    """A peer that is not there yet is no error: the daemon is ready, and connects when it comes."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=capture@unix:{case.path('late')}", f"--remote=capture@tcp:127.0.0.1:{free_port(case)}")
    time.sleep(0.3)
    listener = case.listener("late")
    client = case.accept(listener, seconds=4)
    plk.sync(wire, client)
    daemon.stop()


def free_port(case):
    with case.tcp_listener() as listener:
        return listener.getsockname()[1]


def test_back_off_grows(case):
    """A peer that hangs up at once is tried after 1 and then after 2 seconds, not in a loop."""
    case.veth()
    listener = case.listener("l")
    daemon = case.daemon(f"--remote=capture@unix:{case.path('l')}")
    times = []
    for _ in range(3):
        case.accept(listener).close()
        times.append(time.monotonic())
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    plk.check(0.5 <= gaps[0] <= 1.8 and 1.5 <= gaps[1] <= 3.5, f"tried again after {gaps[0]:.2f} and {gaps[1]:.2f} s")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
