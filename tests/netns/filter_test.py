# SPDX-License-Identifier: BSD-2-Clause
"""--filter: what the kernel keeps away from captures, and from nothing else."""

import ctypes
import fcntl
import os
import re
import signal
import socket
import struct
import time

import plk
from kernel_direction_test import probe

PROBES = "ether proto 0x88b6"  # those of plk.sync()
CLIENT = bytes.fromhex("027100000001")
FORMATS = (plk.QEMU, plk.VNET12)
INSNS_MAX = 4096  # BPF_MAXINSNS
OURS = 9
OPTMEM = "/proc/sys/net/core/optmem_max"
SLOW = "port 1" + "".join(f" or {port}" for port in range(2, 560))

PACKET_VNET_HDR = 15
SO_ATTACH_FILTER, SO_DETACH_FILTER, SO_LOCK_FILTER = 26, 27, 44
SO_GET_FILTER = SO_ATTACH_FILTER
SYS_PIDFD_OPEN, SYS_PIDFD_GETFD = 434, 438
SIOCETHTOOL, ETHTOOL_STSO, ETHTOOL_SGSO = 0x8946, 0x1F, 0x24
RX_FD = {"bulk": 4, "low": 5, "attach-bulk": 6, "attach-low": 7, "low-long": 8}  # of the worker: sandbox/descriptors.h

libc = ctypes.CDLL(None, use_errno=True)


# ---------------------------------------------------------------------------------------------------------------------
# Frames


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def tcp(port, payload=b"GET / HTTP/1.1\r\n\r\n", tags=(), partial=False, src=plk.FAR, dst=plk.BROADCAST):
    """A frame of TCP to a port, behind VLAN tags as (TPID, ID). partial: its checksum is the kernel's to complete."""
    head = struct.pack("!HHIIBBHHH", 40000, port, 1, 2, 0x50, 0x18, 1000, 0, 0)
    pseudo = socket.inet_aton("192.0.2.1") + socket.inet_aton("192.0.2.2") + struct.pack("!HH", 6, len(head) + len(payload))
    total = ~checksum(pseudo) & 0xFFFF if partial else checksum(pseudo + head + payload)
    segment = head[:16] + struct.pack("!H", total) + head[18:] + payload
    packet = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 1, 0, 64, 6, 0) + pseudo[:8]
    packet = packet[:10] + struct.pack("!H", checksum(packet)) + packet[12:]
    data = dst + src + b"".join(struct.pack("!HH", *tag) for tag in tags) + b"\x08\x00" + packet + segment
    return data.ljust(60, b"\0")


def q(number):
    return (0x8100, number)


def ad(number):
    return (0x88A8, number)


def gso(size=1448, tags=0):
    """The virtio-net header of TCP over IPv4 that is to be cut."""
    return struct.pack("=BBHHHH", 1, 1, 54 + 4 * tags, size, 34 + 4 * tags, 16)


class Superframes(plk.Format):
    """Format vnet, with any header."""

    def decode(self, buffer):
        if len(buffer) < 8 or len(buffer) < 4 + (n := struct.unpack_from("!I", buffer)[0]) + 4:
            return None
        data = bytes(buffer[8 + self.hdr : 8 + n])
        del buffer[: 8 + n]
        return data


SUPERFRAMES = Superframes("vnet", 12)


class VnetWire(plk.Wire):
    """One that sends with a virtio-net header."""

    def __init__(self, ifname):
        super().__init__(ifname)
        self.sock.setsockopt(plk.SOL_PACKET, PACKET_VNET_HDR, 1)

    def send(self, *frames, header=bytes(10)):
        for data in frames:
            self.sock.send(header + data)


# ---------------------------------------------------------------------------------------------------------------------
# Daemons


class Filtered:
    """A daemon with a port for each latency and format, and one client at each. All see probes."""

    def __init__(self, case, expression, direction="both", formats=FORMATS, more=()):
        self.case = case
        self.expression = expression
        self.places = []
        specs = []
        for latency in ("bulk", "low"):
            for fmt in formats:
                self.places.append((case.path(f"{latency}-{fmt}"), fmt))
                specs.append(f"--remote=capture,{fmt.keys},latency={latency},direction={direction}@punix:{self.places[-1][0]}")
        self.daemon = case.daemon(*specs, *more, f"--filter={PROBES} or ({expression})")
        self.wire = case.wire()
        self.connect()

    def connect(self):
        self.clients = [self.case.connect(path, fmt) for path, fmt in self.places]
        plk.sync(self.wire, *self.clients)

    def check(self, wire, sent, expected, what):
        """Of what is sent over a wire, in this order, each client gets what is expected."""
        wire.send(*sent)
        for client in self.clients:
            client.expect(expected, f"{self.expression}: {client.fmt}: {what}")
        plk.sync(self.wire, *self.clients)  # fails on a frame that is too many

    def both_ways(self, matching, others):
        """Frames that come in have a tag in metadata, those that go out have it in their bytes."""
        near = self.case.wire("e0")
        mixed = [data for pair in zip(matching, others) for data in pair] + matching[len(others) :] + others[len(matching) :]
        self.check(self.wire, mixed, matching, "received by the interface")
        self.check(near, mixed, matching, "sent through the interface")
        near.close()


def test_tcp_port(case):
    case.veth()
    filtered = Filtered(case, "tcp port 80")
    filtered.both_ways([tcp(80), tcp(80, bytes(1400))], [tcp(443), plk.frame(1), tcp(443, tags=[q(5)])])
    # as with tcpdump: an expression without vlan looks behind the tag that the kernel took out, and not behind one in the bytes
    tagged = [tcp(80, tags=[q(5)])]
    filtered.check(filtered.wire, tagged, tagged, "received with a tag")
    filtered.check(case.wire("e0"), tagged, [], "sent with a tag")
    filtered.daemon.stop()


def test_vlan(case):
    """A tag of either kind, in metadata and in the bytes."""
    case.veth()
    filtered = Filtered(case, "vlan and tcp port 80")
    filtered.both_ways([tcp(80, tags=[q(5)]), tcp(80, tags=[ad(6)]), tcp(80, bytes(1200), tags=[q(4094)])],
                       [tcp(80), tcp(443, tags=[q(5)]), plk.frame(1), tcp(443, tags=[ad(6)]), tcp(80, tags=[ad(6), q(5)])])
    filtered.daemon.stop()


def test_vlan_number(case):
    case.veth()
    filtered = Filtered(case, "vlan 5")
    filtered.both_ways([tcp(80, tags=[q(5)]), tcp(443, tags=[ad(5)]), tcp(80, tags=[ad(5), q(7)])],
                       [tcp(80), tcp(443, tags=[q(6)]), tcp(80, tags=[ad(7), q(5)])])
    filtered.daemon.stop()


def test_qinq(case):
    case.veth()
    filtered = Filtered(case, "vlan 6 and vlan 5 and tcp port 80")
    filtered.both_ways([tcp(80, tags=[ad(6), q(5)]), tcp(80, tags=[q(6), q(5)])],
                       [tcp(80, tags=[q(5)]), tcp(80, tags=[q(5), q(6)]), tcp(443, tags=[ad(6), q(5)]), tcp(80)])
    filtered.daemon.stop()


def test_without_vlan(case):
    case.veth()
    filtered = Filtered(case, "tcp and not vlan")
    filtered.both_ways([tcp(80)], [tcp(80, tags=[q(5)]), tcp(80, tags=[ad(5)]), tcp(80, tags=[ad(6), q(5)])])
    filtered.daemon.stop()


def test_vlan_device(case):
    """What goes out through a vlan device has its tag in metadata too."""
    case.veth()
    done = plk.subprocess.run(["ip", "link", "add", "link", "e0", "name", "e0v", "type", "vlan", "id", "9"], check=False,
                              capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        print(f"     no vlan devices: {done.stderr.strip()}: a tag in metadata that goes out comes from a bridge instead")
        return check_bridge_tag(case)
    plk.ip("link set e0v up")
    filtered = Filtered(case, "vlan 9 and tcp port 80")
    inner = case.wire("e0v")
    inner.send(tcp(80, src=plk.NEAR), tcp(443, src=plk.NEAR))
    for client in filtered.clients:
        client.expect([tcp(80, tags=[q(9)], src=plk.NEAR)], f"{client.fmt}: from the vlan device")
    plk.sync(filtered.wire, *filtered.clients)
    return filtered.daemon.stop()


def check_bridge_tag(case):
    """A bridge passes on what it received with a tag, which is in metadata then."""
    plk.ip("link delete e0")
    case.bridge()
    for name in ("a", "b"):
        plk.ip(f"link add {name}0 type veth peer name {name}1")
        plk.ip(f"link set {name}0 master br0 up")
        plk.ip(f"link set {name}1 up")
    path = case.path("c")
    daemon = case.daemon(f"--remote=capture,direction=out@punix:{path}", f"--filter={PROBES} or (vlan 9 and tcp port 80)",
                         interface="b0")
    wire = case.wire("a1")
    client = case.connect(path)
    plk.sync(wire, client)
    wire.send(tcp(443, tags=[q(9)]), tcp(80), tcp(80, tags=[q(9)]), tcp(80, tags=[q(8)]))
    client.expect([tcp(80, tags=[q(9)])], "through the bridge")
    plk.sync(wire, client)
    daemon.stop()


def test_superframes(case):
    """They pass the filter before they are cut, and come whole where the format has a header for them."""
    case.veth()
    for expression, tags in (("tcp port 80", ()), ("vlan and tcp port 80", (q(5),)), ("vlan and vlan and tcp port 80", (ad(6), q(5)))):
        filtered = Filtered(case, expression, formats=(SUPERFRAMES,))
        wire = case.keep(VnetWire("e1"))
        near = case.keep(VnetWire("e0"))
        good, bad = (tcp(port, bytes(60000), tags=tags, partial=True) for port in (80, 443))
        for which in (wire, near):
            which.send(bad, good, bad, header=gso(tags=len(tags)))
            for client in filtered.clients:
                client.expect([good], f"{expression}: superframe")
        plk.sync(filtered.wire, *filtered.clients)
        filtered.daemon.stop()
        wire.close()
        near.close()
        filtered.wire.close()


def test_whole_frames(case):
    """A filter says yes or no: it never cuts."""
    case.veth()
    filtered = Filtered(case, "tcp[13] & 8 != 0")
    frames = [tcp(80, bytes(n)) for n in (0, 300, 1000, 1460)]
    filtered.both_ways(frames, [plk.frame(1, 1514)])
    filtered.daemon.stop()


def test_tap(case):
    tap = case.tap("t0")
    daemon = case.daemon(f"--remote=capture@punix:{case.path('c')}", f"--filter={PROBES} or (vlan and tcp port 80)", interface="t0")
    client = case.connect(case.path("c"))
    plk.sync(tap, client)
    tap.send(tcp(80), tcp(80, tags=[q(5)]), tcp(80, tags=[ad(5)]), tcp(443, tags=[q(5)]))
    client.expect([tcp(80, tags=[q(5)]), tcp(80, tags=[ad(5)])], "of the VM")
    plk.sync(tap, client)
    daemon.stop()


def test_attach_is_not_filtered(case):
    """Beside a capture that sees nothing, a NIC sees all."""
    case.veth()
    filtered = Filtered(case, "tcp port 80", more=[f"--remote=attach,latency={latency}@punix:{case.path('a' + latency)}"
                                                   for latency in ("low", "bulk")])
    attached = [case.connect(case.path("a" + latency)) for latency in ("low", "bulk")]
    plk.sync(filtered.wire, *attached, *filtered.clients)
    frames = [plk.frame(1), tcp(443), tcp(80), tcp(443, tags=[q(5)])]
    filtered.wire.send(*frames)
    for client in attached:
        client.expect(frames, "attached")
    for client in filtered.clients:
        client.expect([tcp(80)], "captured")
    plk.sync(filtered.wire, *attached, *filtered.clients)
    filtered.daemon.stop()


def test_nothing_is_captured(case):
    """A filter for ports that there are not is compiled, and does nothing; the log says so, unless they may come."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", "--filter=tcp port 80")
    daemon.wait_log("--filter is for captures, and no remote is one: nothing is filtered")
    client = case.connect(case.path("a"))
    plk.sync(wire, client)
    wire.send(plk.frame(1))
    client.expect([plk.frame(1)])
    daemon.stop()
    case.refused(2, "syntax error at byte 0", f"--remote=attach@punix:{case.path('a')}", "--filter=tcp port")
    path = case.path("remotes")
    with open(path, "x", encoding="ascii") as file:
        file.write("# none yet\n")
    daemon = case.daemon(f"--remotes-file={path}", f"--remote-dir={os.path.dirname(path)}", "--filter=tcp port 80")
    plk.check("nothing is filtered" not in daemon.stderr, f"says so where a capture may come: {daemon.stderr}")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"capture@punix:{case.path('c')}\n")
    daemon.signal(signal.SIGHUP)
    daemon.wait_log("reload")
    client = case.connect(case.path("c"))
    daemon.wait_log("client connected.*capture")
    wire.send(plk.frame(1), tcp(80))
    client.expect([tcp(80)], "of two frames, of a capture that came later")
    daemon.stop()


# ---------------------------------------------------------------------------------------------------------------------
# What the sockets have


def socket_of(daemon, latency):
    """A copy of a receiver of the worker."""
    pidfd = libc.syscall(SYS_PIDFD_OPEN, daemon.look()["worker"], 0)
    fd = libc.syscall(SYS_PIDFD_GETFD, pidfd, RX_FD[latency], 0)
    plk.check(pidfd >= 0 and fd >= 0, f"pidfd_getfd: {os.strerror(ctypes.get_errno())}")
    os.close(pidfd)
    return socket.socket(fileno=fd)


def program_of(sock):
    """The socket's program: [(code, jt, jf, k)]."""
    code = (ctypes.c_uint64 * INSNS_MAX)()
    n = ctypes.c_uint32(INSNS_MAX)
    got = libc.getsockopt(sock.fileno(), socket.SOL_SOCKET, SO_GET_FILTER, code, ctypes.byref(n))
    plk.equal(got, 0, "SO_GET_FILTER")
    return [struct.unpack("=HBBI", struct.pack("=Q", insn)) for insn in code[: n.value]]


def refused_option(sock, option, value):
    try:
        sock.setsockopt(socket.SOL_SOCKET, option, value)
    except PermissionError:
        return True
    return False


def check_program(daemon, instructions):
    """All captures have a program of that length behind our own, one that cuts nothing; it cannot be taken off or changed."""
    code = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0xFFFFFFFF))
    other = struct.pack("HP", 1, ctypes.addressof(code))
    for latency, ours in (("bulk", 3), ("low", 6), ("low-long", 6)):
        with socket_of(daemon, latency) as sock:
            program = program_of(sock)
            plk.equal(len(program), instructions + ours, f"{latency}: instructions")
            plk.equal({k for code, _, _, k in program if code == 6}, {0, 0x7FFFFFFF}, f"{latency}: what the program returns")
            plk.check(refused_option(sock, SO_DETACH_FILTER, 1), f"{latency}: the filter can be taken off")
            plk.check(refused_option(sock, SO_ATTACH_FILTER, other), f"{latency}: the filter can be replaced")
            plk.check(refused_option(sock, SO_LOCK_FILTER, 0), f"{latency}: the filter can be unlocked")
            plk.equal(program_of(sock), program, f"{latency}: the program afterwards")


def test_filter_stays(case):
    """On the sockets of a new worker, and when the interface is made again."""
    case.veth()
    filtered = Filtered(case, "vlan and tcp port 80", more=[f"--remote=attach@punix:{case.path('a')}"])
    n = int(re.search(r"instructions=(\d+)", case.run("--check", "--remote=capture@sd:x", f"--filter={PROBES} or (vlan and tcp port 80)",
                                                     fds={3: case.listener()}, listen=["x"]).stdout).group(1))
    matching, others = [tcp(80, tags=[q(5)])], [tcp(80), plk.frame(1)]
    filtered.both_ways(matching, others)
    check_program(filtered.daemon, n)
    with socket_of(filtered.daemon, "attach-low") as sock:
        plk.equal(len(program_of(sock)), 7, "instructions of the attach class")
    os.kill(filtered.daemon.look()["worker"], signal.SIGKILL)
    filtered.daemon.wait_log("another worker serves", 10)
    filtered.connect()
    filtered.both_ways(matching, others)
    check_program(filtered.daemon, n)
    filtered.wire.close()
    plk.ip("link delete e0")
    filtered.daemon.wait_log("interface is gone")
    case.veth()
    filtered.daemon.wait_log("interface is back")
    filtered.wire = case.wire()
    plk.sync(filtered.wire, *filtered.clients)
    filtered.both_ways(matching, others)
    check_program(filtered.daemon, n)
    filtered.daemon.stop()


def offload(ifname, on):
    """Segmentation by the interface: where it is off, the kernel cuts before it sends."""
    for command in (ETHTOOL_STSO, ETHTOOL_SGSO):
        value = ctypes.create_string_buffer(struct.pack("=II", command, on))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            fcntl.ioctl(sock, SIOCETHTOOL, struct.pack("16sP16x", ifname.encode(), ctypes.addressof(value)))


def test_own_frames(case):
    """What we inject is not captured, also when the filter wants it, and when the kernel cuts it."""
    case.veth()
    filtered = Filtered(case, "tcp", formats=(SUPERFRAMES,), more=[f"--remote=inject,{plk.VNET12.keys}@punix:{case.path('i')}"])
    client = case.connect(case.path("i"), plk.VNET12)
    # by another socket than ours it is captured, and cut
    near = case.keep(VnetWire("e0"))
    data = tcp(80, bytes(10 * 1448), partial=True, src=CLIENT, dst=plk.FAR)
    for on, pieces in ((1, 1), (0, 10)):
        offload("e0", on)
        client.send(tcp(80, src=CLIENT, dst=plk.FAR))
        client.send_bytes(plk.VNET12.encode(data, gso() + bytes(2)))
        lengths = [len(filtered.wire.recv() or b"") for _ in range(1 + pieces)]
        plk.equal(lengths, [len(tcp(80))] + [len(data) if on else 54 + 1448] * pieces, "frames on the wire")
        plk.sync(filtered.wire, *filtered.clients)  # fails on a frame that is captured
        near.send(data, header=gso())
        for captured in filtered.clients:
            lengths = [len(captured.recv() or b"") for _ in range(pieces)]
            plk.equal(lengths, [len(data) if on else 54 + 1448] * pieces, "frames of another, captured")
        while filtered.wire.recv(0.05):
            pass
    filtered.daemon.stop()


# ---------------------------------------------------------------------------------------------------------------------
# With a direction


def test_direction_and_filter(case):
    case.veth()
    for direction, coming, going in (("in", 1, 0), ("out", 0, 1), ("both", 1, 1)):
        path = case.path(direction)
        daemon = case.daemon(f"--remote=capture,direction={direction}@punix:{path}", "--filter=tcp port 80 or ether proto 0x88b6")
        client = case.connect(path)
        far, near = case.wire("e1"), case.wire("e0")
        plk.poll_until(lambda c=client, w=near if direction == "out" else far: probe(w, c), "a probe")
        client.drain()
        far.send(tcp(443), tcp(80), plk.frame(1))
        client.expect([tcp(80)] * coming, f"{direction}: received by the interface")
        near.send(tcp(443, src=plk.NEAR), tcp(80, src=plk.NEAR), plk.frame(2))
        client.expect([tcp(80, src=plk.NEAR)] * going, f"{direction}: sent through the interface")
        client.quiet(0.1)
        daemon.stop()
        far.close()
        near.close()


# ---------------------------------------------------------------------------------------------------------------------
# Expressions


def port(case):
    return f"--remote=capture@punix:{case.path('c')}"



def test_longest(case):
    """As many instructions as the kernel takes, and one more."""
    case.veth()
    most = INSNS_MAX - OURS
    expression = "--filter=" + "-" * (most - 4) + "len=" + "-" * (most % 2) + "60"  # an instruction for each sign
    checked = case.run("--check", port(case), expression)
    plk.check(f" instructions={most}\n" in checked.stdout, f"plan: {checked.stdout[-80:]}")
    case.refused(2, f"has {most + 1} instructions, but the kernel takes {INSNS_MAX}, of which {OURS} are pktlock's own at byte 0",
                 port(case), expression.replace("=-", "=--", 1))
    if not os.path.exists(OPTMEM):
        # before Linux 6.8 it is one for all namespaces, and too small unless somebody made it larger
        case.refused(1, "net.core.optmem_max", port(case), expression)
        return
    for direction in ("both", "out,latency=low"):  # the second has all of our own instructions
        daemon = case.daemon(f"--remote=capture,direction={direction}@punix:{case.path('c')}", expression)
        client = case.connect(case.path("c"))
        wire = case.wire("e0")
        plk.poll_until(lambda c=client, w=wire: probe(w, c), "a probe")
        client.drain()
        wire.send(plk.frame(1, 61), plk.frame(2, 60), plk.frame(3, 1000))
        client.expect([plk.frame(2, 60)])
        client.quiet(0.05)
        daemon.stop()
        wire.close()
    with open(OPTMEM, "w", encoding="ascii") as file:
        file.write("20000")
    refusal = case.refused(1, "cannot attach the filter class=capture-bulk: Cannot allocate memory at byte 0; ", port(case), expression)
    plk.check("net.core.optmem_max" in refusal.stderr, f"complaint: {refusal.stderr}")
    case.daemon(port(case), "--filter=tcp port 80").stop()


BAD = {
    "foo bar": "can't parse filter expression: syntax error",
    "tcp port": "can't parse filter expression: syntax error",
    "tcp port 80)": "can't parse filter expression: syntax error",
    "port 65536": "illegal port number 65536 > 65535",
    "host no-such-host.invalid": "unknown host 'no-such-host.invalid'",
    "ip and arp": "expression rejects all packets",
    "ip broadcast": "netmask not known, so 'ip broadcast' not supported",
    "ip6 protochain 6": "libpcap's program is none that the kernel takes (protochain is not possible)",
    "len / 0 = 1": "division by zero",
    "\xe9": "syntax error",
    "ether host 'x": "",
}


def test_bad_expressions(case):
    """Refused before anything is opened, in --check too."""
    case.veth()
    for expression, words in BAD.items():
        for mode in ((), ("--check",)):
            refusal = case.refused(2, f"{words} at byte 0\n", port(case), f"--filter={expression}", *mode)
            plk.check(refusal.stderr.count("\n") == 1, f"complaint: {refusal.stderr!r}")
            plk.check(all(" " <= c <= "~" for c in refusal.stderr.rstrip("\n")), f"not escaped: {refusal.stderr!r}")
            plk.check(refusal.stderr.startswith("pktlockd: --filter: '"), f"complaint: {refusal.stderr!r}")
    for expression, words in (("", "expression is missing at byte 0"), ("  ", "expression is missing at byte 0"),
                              ("tcp\tport 80", "expression has a control character at byte 3"),
                              ("x" * 4096, "expression is longer than 4095 bytes at byte 4095")):
        case.refused(2, words, port(case), f"--filter={expression}")


def test_names(case):
    """Of services and protocols; those of hosts would need a network that the compiler has not."""
    case.veth()
    for name, number in (("tcp port http", "tcp port 80"), ("ip proto \\icmp", "ip proto 1"),
                         ("ether proto \\arp", "ether proto 0x806")):
        plans = [case.run("--check", port(case), f"--filter={text}").stdout for text in (name, number)]
        counts = [re.findall(r"instructions=\d+", plan) for plan in plans]
        plk.check(counts[0] == counts[1] != [], f"plans of {name} and {number}: {plans}")


def test_plan(case):
    checked = case.run("--check", port(case), "--filter=tcp port 80")
    plk.equal(checked.status, 0, "exit status")
    plk.equal(checked.stdout.splitlines()[2], "filter 'tcp port 80' instructions=20", "line of the plan")
    plk.equal(checked.stderr, "", "complaints")


def compiler_of(daemon):
    """The process that compiles: the front's only child."""
    for pid, (ppid, _) in plk.processes().items():
        if ppid != daemon.pid and ppid == daemon.look().get("front"):
            return pid
    return None


def test_compiler(case):
    """It has nothing: no capability that means anything, no descriptor, no time; and it does not outlive the front."""
    case.veth()
    began = time.monotonic()
    daemon = case.daemon(port(case), f"--filter={SLOW}", ready=False)
    pid = plk.poll_until(lambda: compiler_of(daemon), "the compiler")
    plk.poll_until(lambda: plk.status_of(pid)["CapEff"] == "0" * 16 and namespace(pid, "net") != namespace(os.getpid(), "net"),
                   "its gates are closed")
    time.sleep(0.2)
    status = plk.status_of(pid)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        plk.equal(int(status[name], 16), 0, f"{name} of the compiler")
    plk.equal(status["NoNewPrivs"], "1", "no new privileges")
    plk.check("0" not in status["Uid"].split(), "the compiler is root")
    for kind in ("user", "net"):
        plk.check(namespace(pid, kind) != namespace(daemon.pid, kind), f"the compiler is in the daemon's {kind} namespace")
        plk.equal(namespace(daemon.look()["front"], kind), namespace(daemon.pid, kind), f"{kind} namespace of the front")
    fds = {number: os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")}
    plk.check(fds["0"].startswith("pipe:") and fds["1"] == fds["2"] == "/dev/null", f"descriptors: {fds}")
    others = [text for number, text in fds.items() if int(number) > 2]
    plk.check(len(others) <= 3 and all(text.startswith(("socket:", "anon_inode:", "/")) for text in others), f"descriptors: {fds}")
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    for name, value in (("Max cpu time", ["5", "6"]), ("Max processes", ["0", "0"]), ("Max file size", ["0", "0"]),
                        ("Max core file size", ["0", "0"])):
        plk.equal(limits[name], value, f"{name} of the compiler")
    daemon.wait(12)
    plk.equal(daemon.status, 2, f"exit status ({daemon.stderr[-200:]})")
    plk.check("takes libpcap longer than 5 s at byte 0\n" in daemon.stderr, f"complaint: {daemon.stderr[-200:]}")
    plk.check(time.monotonic() - began < 11, "it took too long")


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def test_stop_while_compiling(case):
    """A stop does not wait for libpcap, and the compiler ends with the front."""
    case.veth()
    daemon = case.daemon(port(case), f"--filter={SLOW}", ready=False)
    pid = plk.poll_until(lambda: compiler_of(daemon), "the compiler")
    plk.poll_until(lambda: plk.status_of(pid)["CapEff"] == "0" * 16, "its gates are closed")
    daemon.look()
    daemon.signal(signal.SIGTERM)
    daemon.wait(2.0)
    plk.poll_until(lambda: pid not in plk.processes(), "the compiler ends", 0.5)


if __name__ == "__main__":
    plk.main()
