# SPDX-License-Identifier: BSD-2-Clause
"""A guest in a machine: iPXE, which Debian's QEMU brings along, asks for an address and for what to boot.

Its driver negotiates a virtio-net header of 12 bytes. It needs no disk and no KVM, and about ten seconds.
"""

import hashlib
import socket
import struct
import time

from qemu import NOBODY, REAL, Qemu, card, dumped, longer_than, nothing_dropped, plk

import attach_test as lan

GUEST = bytes.fromhex("525400123456")
CARD = f"mac={plk.mac_text(GUEST)}"
BOOT_S = 60  # seconds; until the guest has an address. Alone it takes ten
ADDRESS = "10.77.0.31"
DISCOVER, OFFER, REQUEST, ACK = 1, 2, 3, 5
MAGIC = b"\x63\x82\x53\x63"
UDP = 17
ICMPV6 = 58
IPV6 = 0x86DD


def ipv4(source, target, payload):
    """An IPv4 header and the UDP that belongs to it."""
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, UDP, 0) + source + target
    return head[:10] + struct.pack("!H", card.checksum(head)) + head[12:] + payload


def router_advertisement():
    """To all: here is a router, and nothing to configure (RFC 4861)."""
    addresses = socket.inet_pton(socket.AF_INET6, "fe80::1") + socket.inet_pton(socket.AF_INET6, "ff02::1")
    message = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 0, 0, 0)
    total = card.checksum(addresses + struct.pack("!II", len(message), ICMPV6) + message)
    message = message[:2] + struct.pack("!H", total) + message[4:]
    return struct.pack("!IHBB", 0x60000000, len(message), ICMPV6, 255) + addresses + message


class Router:
    """Answers with frames what a guest asks for when it comes into a network: DHCP (RFC 2131), and whether there is IPv6, for
    which it would wait.

    mac:  its own
    boot: what the guest shall boot, a URL
    """

    def __init__(self, mac, boot=""):
        self.mac = mac
        self.boot = boot
        self.asked = []  # types of the DHCP messages
        self.solicited = False

    @staticmethod
    def _options(data):
        options, at = {}, 0
        while at + 1 < len(data) and data[at] != 255:
            if data[at] == 0:
                at += 1
                continue
            options[data[at]] = data[at + 2 : at + 2 + data[at + 1]]
            at += 2 + data[at + 1]
        return options

    def answer(self, data):
        """The frame to answer a frame with, or None."""
        ethertype = plk.ethertype_of(data)
        if ethertype == IPV6 and data[20] == ICMPV6 and data[54] == 133:
            self.solicited = True
            return bytes.fromhex("333300000001") + self.mac + struct.pack("!H", IPV6) + router_advertisement()
        if ethertype != card.IPV4 or data[23] != UDP or data[34:38] != struct.pack("!HH", 68, 67):
            return None
        message = data[42:]
        if message[0] != 1 or message[28:34] != GUEST or message[236:240] != MAGIC:
            return None
        reply = self._dhcp(message)
        udp = struct.pack("!HHHH", 67, 68, 8 + len(reply), 0) + reply
        head = plk.BROADCAST + self.mac + struct.pack("!H", card.IPV4)
        return head + ipv4(socket.inet_aton(lan.HOST), b"\xff" * 4, udp)

    def _dhcp(self, message):
        kind = self._options(message[240:])[53][0]
        self.asked.append(kind)
        server = socket.inet_aton(lan.HOST)
        options = {
            53: bytes([OFFER if kind == DISCOVER else ACK]),
            54: server,
            51: struct.pack("!I", 3600),  # lease
            1: socket.inet_aton("255.255.255.0"),
            67: self.boot.encode(),
            175: b"\xb0\x01\x01",  # iPXE need not wait for a boot server
        }
        head = b"\2" + message[1:8] + bytes(8) + socket.inet_aton(ADDRESS) + server + message[24:44] + bytes(192) + MAGIC
        return head + b"".join(bytes([code, len(value)]) + value for code, value in options.items() if value) + b"\xff"

    def serve(self, recv, send):
        """Until the guest has its address. It gets none before it has asked for a router: with one it may be done."""
        end = time.monotonic() + BOOT_S
        while REQUEST not in self.asked:
            left = end - time.monotonic()
            plk.check(left > 0, f"in {BOOT_S} s the guest has sent DHCP of types {self.asked}, solicited: {self.solicited}")
            data = recv(min(left, 1.0))
            reply = data and self.answer(data)
            if reply and self.solicited:
                send(reply)


def test_guest_on_a_tap(case):
    """What it says on its TAP is captured in both formats, and is injected from a mirror elsewhere, frame by frame as
    filter-dump has it; what is injected into the TAP it understands."""
    case.veth()
    elsewhere = case.wire("e1")
    tap = case.tap("t0", flags=plk.IFF_VNET_HDR)
    case.daemon(f"--remote=inject,format=vnet,vnet-hdr=12@punix:{case.path('m')}")
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('i')}",
                         f"--remote=capture,format=vnet,vnet-hdr=12@punix:{case.path('v')}", interface="t0")
    plain, headed, into = (case.connect(case.path(name), fmt)
                           for name, fmt in (("c", plk.QEMU), ("v", plk.VNET12), ("i", plk.QEMU)))
    daemon.wait_log("client connected", count=3)
    path = case.path("d0.pcap")
    qemu = Qemu(case, f"-device virtio-net-pci,netdev=t0,{CARD}", f"-chardev socket,id=mir,path={case.path('m')},server=off",
                f"-object filter-dump,id=d0,netdev=t0,queue=rx,file={path}",
                "-object filter-mirror,id=m0,netdev=t0,queue=rx,outdev=mir,vnet_hdr_support=on",
                machine=REAL, taps={"t0": tap})
    said = []

    def listen(seconds):
        data = plain.recv(seconds)
        if data:
            said.append(data)
        return data

    router = Router(plk.FAR)
    router.serve(listen, into.send)
    qemu.ask("stop")
    said += plain.drain(0.2)
    plk.check({data[6:12] for data in said} == {GUEST}, "captured what it did not send")
    headed.expect(said, "captured with headers")
    headed.quiet(0.05)
    elsewhere.expect(said, "injected from the mirror")
    elsewhere.quiet(0.05)
    written = dumped(path, len(said))
    plk.equal({data[:10] for data in written}, {bytes(10)}, "headers in the dump")
    plk.same_frames([data[12:] for data in written], said, "in the dump")
    print(f"     {len(said)} frames of {sorted(set(map(len, said)))} bytes")
    daemon.stop()


def test_guest_behind_filters(case):
    """A mirror and a redirector are all that joins the guest to its DHCP server, through an inject and a capture port."""
    case.veth()
    wire = case.wire("e1")
    tap = case.tap("t0", flags=plk.IFF_VNET_HDR)
    daemon = case.daemon(f"--remote=inject,format=vnet,vnet-hdr=12@punix:{case.path('m')}",
                         f"--remote=capture,format=vnet,vnet-hdr=12,direction=in,latency=low@punix:{case.path('r')}")
    path = case.path("d0.pcap")
    qemu = Qemu(case, f"-device virtio-net-pci,netdev=t0,{CARD}",
                *(f"-chardev socket,id={name},path={case.path(name)},server=off" for name in "mr"),
                "-object filter-mirror,id=m0,netdev=t0,queue=rx,outdev=m,vnet_hdr_support=on",
                "-object filter-redirector,id=r0,netdev=t0,queue=tx,indev=r,vnet_hdr_support=on",
                f"-object filter-dump,id=d0,netdev=t0,queue=tx,file={path}", machine=REAL, taps={"t0": tap})
    replies = []

    def reply(data):
        replies.append(data)
        wire.send(data)

    router = Router(plk.FAR)
    router.serve(wire.recv, reply)
    plk.same_frames([data[12:] for data in dumped(path, len(replies))], replies, "in the dump, on the way to the guest")
    qemu.alive()
    daemon.stop()


SCRIPT_BYTES = 1 << 20


def boot_script(port):
    """For iPXE: comments, and a command at their end."""
    line = "# " + hashlib.sha512(b"pktlock").hexdigest() + "\n"
    text = "#!ipxe\n" + line * (SCRIPT_BYTES // len(line)) + f"chain http://{lan.HOST}:{port}/end\n"
    return text.encode()


def serve_http(listener, make_content):
    """Answers one request: its path. The content is made when the request is there."""
    try:
        sock = listener.accept()[0]
        with sock:
            sock.settimeout(BOOT_S)
            request = b""
            while b"\r\n\r\n" not in request:
                data = sock.recv(4096)
                plk.check(data, f"the guest hung up after {request!r}")
                request += data
            content = make_content()
            sock.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(content) + content)
            sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass
    except TimeoutError as error:
        raise plk.Failure(f"the guest's HTTP did not come to its end in {BOOT_S} s") from error
    return request.split()[1].decode()


def test_machine_without_root(case):
    """What README.md begins with: a machine of a user without privileges is on the network of a bridge. It gets its address,
    is pinged by the host and a neighbour, loads a long script from the host, whose superframes must come as segments, and
    runs it to its end."""
    lan.network(case)
    daemon = case.daemon(f"--remote=attach,allow-uid={NOBODY}@pfd:3", fds={3: case.listener()}, interface="pk0")
    bridge, superframes = case.wire("br0"), case.wire("pk0")
    longer_than(superframes, 1514)
    with socket.create_server((lan.HOST, 0)) as listener:
        listener.settimeout(BOOT_S)
        port = listener.getsockname()[1]
        qemu = Qemu(case, f"-netdev stream,id=n0,server=off,addr.type=unix,addr.path={case.path('l.sock')}",
                    f"-device virtio-net-pci,netdev=n0,{CARD}", machine=REAL, user=NOBODY)
        daemon.wait_log(f"client connected .*uid={NOBODY} ")
        router = Router(bytes.fromhex(plk.link("br0")["address"].replace(":", "")), f"http://{lan.HOST}:{port}/begin")
        router.serve(bridge.recv, bridge.send)
        began = time.monotonic()

        def ping_and_script():
            # It waits for the script, and answers meanwhile.
            lan.host_pings(ADDRESS)
            lan.host_pings(ADDRESS, "neighbour")
            return boot_script(port)

        plk.equal(serve_http(listener, ping_and_script), "/begin", "what the guest asks for first")
        print(f"     {SCRIPT_BYTES} bytes in {time.monotonic() - began:.1f} s")
        plk.equal(serve_http(listener, lambda: b"#!ipxe\n"), "/end", "what the guest asks for at the end of its script")
    plk.check(superframes.recv(0), "the host sent no superframes")
    nothing_dropped(daemon)
    qemu.alive()
    daemon.stop()


if __name__ == "__main__":
    plk.main()
