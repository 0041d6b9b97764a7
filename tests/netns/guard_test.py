# SPDX-License-Identifier: BSD-2-Clause
"""What clients of inject and attach may send: mac=, vlan=, rate=."""

import ipaddress
import json
import os
import signal
import socket
import struct
import time

import nic as card
import plk

MINE = bytes.fromhex("027700000011")
ALSO = bytes.fromhex("027700000012")
ROUTER = bytes.fromhex("0277000000fe")  # who answers for ROUTER4 and ROUTER6, until somebody lies
EVIL = bytes.fromhex("0277000000ee")
MACS = f"mac={plk.mac_text(MINE)}+{plk.mac_text(ALSO)}"

VICTIM4, ROUTER4, MINE4 = "10.77.0.2", "10.77.0.254", "10.77.0.11"
VICTIM6, ROUTER6, MINE6 = "fd77::2", "fd77::fe", "fd77::11"
IPV6 = 0x86DD
VID0 = b"\x81\0\0\0"


def tag(vid, tpid=0x8100):
    return struct.pack("!HH", tpid, vid)


def tagged(data, *tags):
    return data[:12] + b"".join(tags) + data[12:]


def sent_by(mac, number=0, dst=plk.FAR):
    return plk.frame(number, 60, dst, mac)


def arp(operation, ip, mac, src=MINE, dst=plk.BROADCAST):
    """From @src, who says that @ip is at @mac."""
    body = card.arp(operation, mac, socket.inet_aton(ip), b"\xff" * 6, socket.inet_aton(VICTIM4))
    return (dst + src + struct.pack("!H", card.ARP) + body).ljust(60, b"\0")


def icmp6(source, target, message, extensions=b"", next_header=58, src=MINE, dst=plk.BROADCAST, csum=True, length=None):
    here, there = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    total = card.checksum(here + there + struct.pack("!II", len(message), 58) + message) if csum else 0xABCD
    body = extensions + message[:2] + struct.pack("!H", total) + message[4:]
    length = len(body) if length is None else length
    head = struct.pack("!IHBB", 6 << 28, length, next_header, 255)
    return dst + src + struct.pack("!H", IPV6) + head + here + there + body


def advertisement(ip, options):
    return b"\x88\0\0\0\x20\0\0\0" + ipaddress.ip_address(ip).packed + options


def solicitation(target, options):
    return b"\x87\0\0\0\0\0\0\0" + ipaddress.ip_address(target).packed + options


def source_option(mac):
    return b"\1\1" + mac


def target_option(mac):
    return b"\2\1" + mac


DESTINATION_OPTIONS = b"\0\1\4\0\0\0\0"  # but for the first byte
NONCE = b"\x0e\1abcdef"


def lies(ip4=ROUTER4, ip6=ROUTER6, mac=EVIL):
    """What makes the kernel believe that an address is at @mac, by name, and which table it is in."""
    na = advertisement(ip6, target_option(mac))
    return {
        "ARP reply": (4, arp(2, ip4, mac)),
        "ARP request": (4, arp(1, ip4, mac)),
        "ARP behind a priority tag": (4, tagged(arp(2, ip4, mac), VID0)),
        "ARP of another hardware type": (4, arp(2, ip4, mac)[:15] + b"\6" + arp(2, ip4, mac)[16:]),
        "advertisement": (6, icmp6(ip6, VICTIM6, na)),
        "advertisement behind a priority tag": (6, tagged(icmp6(ip6, VICTIM6, na), VID0)),
        "advertisement, padded": (6, icmp6(ip6, VICTIM6, na) + bytes(9)),
        "advertisement with another option first": (6, icmp6(ip6, VICTIM6, advertisement(ip6, NONCE + target_option(mac)))),
        "advertisement behind options": (6, icmp6(ip6, VICTIM6, na, b"\x3a" + DESTINATION_OPTIONS, 60)),
        "advertisement behind options twice": (
            6, icmp6(ip6, VICTIM6, na, b"\x3c\0\1\4\0\0\0\0" + b"\x3a" + DESTINATION_OPTIONS, 0)),
        "advertisement in a fragment": (6, icmp6(ip6, VICTIM6, na, b"\x3a\0\0\0\0\0\0\7", 44)),
        "solicitation": (6, icmp6(ip6, VICTIM6, solicitation(VICTIM6, source_option(mac)))),
        "solicitation with two": (6, icmp6(ip6, VICTIM6, solicitation(VICTIM6, source_option(mac) + source_option(MINE)))),
    }


def setting(ns, path, value):
    with plk.inside(ns), open(f"/proc/sys/net/{path}", "w", encoding="ascii") as file:
        file.write(value)


def network(case):
    """A victim behind a bridge, who believes anything at once, and pk0, whose other end is a port of that bridge."""
    case.bridge("br0")
    case.neighbour("victim", "br0", f"{VICTIM4}/24")
    setting("victim", "ipv6/conf/eth0/disable_ipv6", "0")
    setting("victim", "ipv6/conf/eth0/suppress_frag_ndisc", "0")
    setting("victim", "ipv6/conf/eth0/accept_dad", "0")
    setting("victim", "ipv4/neigh/eth0/locktime", "0")
    setting("victim", "ipv4/conf/eth0/arp_accept", "1")
    setting("victim", "ipv6/neigh/eth0/locktime", "0")
    plk.ip(f"address add {VICTIM6}/64 dev eth0 nodad", ns="victim")
    plk.ip("link add pk0 type veth peer name pk0b")
    plk.ip("link set pk0b master br0 up")
    plk.ip("link set pk0 up")


def table_reset():
    for ip in (ROUTER4, ROUTER6):
        plk.ip(f"neigh replace {ip} lladdr {plk.mac_text(ROUTER)} dev eth0 nud stale", ns="victim")
    for ip in (MINE4, MINE6):
        plk.ip(f"neigh replace {ip} lladdr 02:00:00:00:00:01 dev eth0 nud stale", ns="victim")


def table():
    """Where the victim thinks that everybody is."""
    entries = json.loads(plk.ip("-j neigh show dev eth0", ns="victim"))
    return {entry["dst"]: entry.get("lladdr") for entry in entries}


def dropped(daemon):
    return {name: n for name, n in daemon.counters().items() if name.startswith("tx_dropped")}


def counted(daemon, want, what):
    """So much was dropped, soon; the books are written after each step of the worker."""
    plk.poll_until(lambda: dropped(daemon) == want, f"{what}: {want}")


def answered(client, wire, number):
    """The client is there and served: a frame of it that is allowed arrives."""
    data = sent_by(MINE, number)
    client.send(data)
    wire.expect([data], "of the same client")


def test_source(case):
    """Other source addresses are dropped, counted and told, on inject and attach; the clients stay."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,{MACS}@punix:{case.path('i')}", f"--remote=attach,{MACS}@punix:{case.path('a')}")
    for n, name in enumerate(("i", "a")):
        client = case.connect(case.path(name))
        for i, mac in enumerate((EVIL, plk.NEAR, plk.FAR, bytes(6), plk.BROADCAST, b"\x03" + MINE[1:], MINE[:5] + b"\x10")):
            client.send(sent_by(mac, i))
        good = [sent_by(MINE, 100), sent_by(ALSO, 101), sent_by(MINE, 102, plk.BROADCAST)]
        client.send(*good)
        wire.expect(good, name)
        counted(daemon, {"tx_dropped_mac": 7 * (n + 1)}, "counted")
        daemon.wait_log(rf"warning: frame refused by mac=: source 02:77:00:00:00:ee remote=\w+,mac=\S*@punix:{case.path(name)}$")
        answered(client, wire, 103)
    wire.quiet(0.1)
    plk.equal(len(daemon.wait_log("frame refused by mac=")), 2, "lines: one for each port, whatever comes")
    daemon.stop()


def test_not_learned(case):
    """A refused frame takes no address away: not that of another client, nor of the far side, nor reaches another client."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=attach,mac={plk.mac_text(EVIL)}@punix:{case.path('evil')}",
                         f"--remote=attach@punix:{case.path('a')}")
    evil, one, two = case.connect(case.path("evil")), case.connect(case.path("a")), case.connect(case.path("a"))
    plk.sync(wire, evil, one, two)
    hello = [sent_by(mac, 0, plk.BROADCAST) for mac in (MINE, ALSO)]
    one.send(hello[0])
    two.send(hello[1])
    wire.send(sent_by(plk.FAR, 0, plk.BROADCAST))
    for client in (evil, one, two):
        client.drain(0.1)
    wire.expect(hello)
    for mac in (MINE, ALSO, plk.FAR):
        evil.send(sent_by(mac, 1, plk.BROADCAST), sent_by(mac, 2, MINE))
    counted(daemon, {"tx_dropped_mac": 6}, "they are counted")
    one.send(sent_by(MINE, 3, ALSO), sent_by(MINE, 4, plk.FAR))
    two.expect([sent_by(MINE, 3, ALSO)], "to its owner, and nothing of the liar's before it")
    wire.expect([sent_by(MINE, 4, plk.FAR)], "to the far side, and nothing of the liar's before it")
    wire.send(sent_by(plk.FAR, 5, MINE))
    one.expect([sent_by(plk.FAR, 5, MINE)], "from the far side, and nothing of the liar's before it")
    evil.quiet(0.1)
    daemon.stop()


def test_neighbour_table(case):
    """Each lie changes the kernel's table when there is no guard, and none does when there is; the truth does."""
    network(case)
    daemon = case.daemon(f"--remote=inject@punix:{case.path('open')}", f"--remote=inject,{MACS}@punix:{case.path('i')}",
                         f"--remote=attach,{MACS}@punix:{case.path('a')}", interface="pk0")
    free = case.connect(case.path("open"))
    guarded = [case.connect(case.path(name)) for name in ("i", "a")]
    router = {4: ROUTER4, 6: ROUTER6}
    for what, (family, data) in lies().items():
        table_reset()
        free.send(data)
        plk.poll_until(lambda ip=router[family]: table()[ip] == plk.mac_text(EVIL), f"{what}: believed without a guard")
    table_reset()
    before = table()
    n = 0
    for what, (_, data) in lies().items():
        for client in guarded:
            client.send(data)
            n += 1
            plk.poll_until(lambda: dropped(daemon).get("tx_dropped_mac", 0) == n, f"{what} is counted")
    truth = lies(MINE4, MINE6, MINE)
    for client, name in zip(guarded, ("ARP reply", "advertisement behind options")):
        client.send(truth[name][1])
    plk.poll_until(lambda: all(table()[ip] == plk.mac_text(MINE) for ip in (MINE4, MINE6)), "the truth is believed")
    after = table()
    plk.equal({ip: after[ip] for ip in (ROUTER4, ROUTER6)}, {ip: before[ip] for ip in (ROUTER4, ROUTER6)}, "the router's")
    daemon.wait_log(r"frame refused by mac=: ARP sender 02:77:00:00:00:ee remote=inject,mac=")
    daemon.wait_log(r"frame refused by mac=: ARP sender 02:77:00:00:00:ee remote=attach,mac=")
    daemon.stop()


def vnet12(flags=0, gso=0, hdr_len=0, gso_size=0, start=0, offset=0):
    return struct.pack("=BBHHHHH", flags, gso, hdr_len, gso_size, start, offset, 0)


def test_unjudged(case):
    """What cannot be judged is refused, the same with an address that is allowed passes; checksums write over nothing."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,format=vnet,{MACS}@punix:{case.path('i')}")
    client = case.connect(case.path("i"), plk.VNET12)
    true = icmp6(MINE6, VICTIM6, advertisement(MINE6, target_option(MINE)))
    body = arp(2, MINE4, MINE)[14:42]
    snap = b"\xaa\xaa\3\0\0\0"
    rows = (  # header, frame, what is said of it; None: passes
        (vnet12(), true, None),
        (vnet12(1, start=54, offset=2), true, None),
        (vnet12(), plk.FAR + MINE + b"\0\x26" + b"\x42\x42\3" + bytes(35), None),  # spanning tree
        (vnet12(1, start=54, offset=26), true, "open checksum"),  # over the option's address
        (vnet12(1, start=54, offset=0), true[:54] + b"\x80" + true[55:], "open checksum"),  # over the type of a ping
        (vnet12(1, start=14, offset=8), arp(2, MINE4, MINE), "open checksum"),
        (vnet12(), arp(2, MINE4, MINE)[:41], "ARP that is cut short"),
        (vnet12(), plk.FAR + MINE + b"\0\x24" + snap + b"\x08\x06" + body, "behind LLC and SNAP"),
        (vnet12(), tagged(arp(2, MINE4, MINE), tag(1, 0x9100)), "of no standard"),
        (vnet12(), true[:-1], "cut short or in fragments"),
        (vnet12(), icmp6(MINE6, VICTIM6, advertisement(MINE6, b"\2\0" + MINE)), "neighbour discovery, and is malformed"),
        (vnet12(), icmp6(MINE6, VICTIM6, advertisement(MINE6, target_option(MINE)), b"\x3a\0\0\1\0\0\0\7", 44), "in fragments"),
    )
    n = 0
    for header, data, words in rows:
        client.send_bytes(plk.VNET12.encode(data, header))
        if not words:
            plk.check(wire.recv() is not None, f"{plk.shown(data)} does not pass")
            continue
        n += 1
        counted(daemon, {"tx_dropped_mac": n}, f"{words} is counted")
    # no superframe can be one: that is refused before
    client.send_bytes(plk.VNET12.encode(true + bytes(4000), vnet12(1, 4, 62, 48, 54, 2)))
    counted(daemon, {"tx_dropped_mac": n, "tx_dropped_bad_header": 1}, "as a superframe")
    wire.quiet(0.1)
    daemon.wait_log("frame refused by mac=: it has an open checksum that would change what was judged remote=inject,")
    plk.poll_until(lambda: daemon.counters()["tx_frames"] == len(rows) - n, "the others passed")
    daemon.stop()


def test_vlan(case):
    """The first tag's VID decides, whatever its TPID; what is not allowed is dropped, counted and told."""
    case.veth()
    wire = case.wire(auxdata=True)
    daemon = case.daemon(f"--remote=inject,vlan=0+5@punix:{case.path('i')}", f"--remote=attach,vlan=4094@punix:{case.path('a')}")
    client, other = case.connect(case.path("i")), case.connect(case.path("a"))
    plain = sent_by(EVIL, 7)  # its address is nobody's matter
    good = (plain, tagged(plain, tag(0)), tagged(plain, tag(0xE005)), tagged(plain, tag(5, 0x88A8)), tagged(plain, tag(5), tag(6)))
    bad = (tagged(plain, tag(6)), tagged(plain, tag(0x105)), tagged(plain, tag(4095)), tagged(plain, tag(6, 0x88A8), tag(5)),
           tagged(plain, tag(0), tag(5)), tagged(plain, tag(5, 0x9100)), plain[:12] + b"\x81\0", plain[:12] + b"\x81\0\0\5\x08")
    client.send(*bad)
    counted(daemon, {"tx_dropped_vlan": len(bad)}, "the others are counted")
    daemon.wait_log(rf"warning: frame refused by vlan=: VLAN 6 remote=inject,vlan=0\+5@punix:{case.path('i')}$")
    client.send(*good)
    got = [wire.recv_tag() for _ in good]
    plk.equal([tci for _, tci in got], [None, 0, 0xE005, 5, 5], "tags on the wire")
    plk.same_frames([data for data, _ in got], [plain] * 4 + [tagged(plain, tag(6))], "on the wire")
    other.send(plain, tagged(plain, tag(4093)), tagged(plain, tag(4094)))
    plk.equal(wire.recv_tag(), (plain, 4094), "of the other port")
    counted(daemon, {"tx_dropped_vlan": len(bad) + 2}, "counted")
    daemon.wait_log(r"frame refused by vlan=: VLAN 0 \(untagged\) remote=attach,vlan=4094@")
    wire.quiet(0.1)
    daemon.stop()


def test_rate(case):
    """So many a second, whoever sends: two clients, and such as connect again and again, send no more."""
    rate, burst, seconds = 500, 100, 1.5
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=inject,rate={rate}:{burst}@punix:{case.path('i')}", f"--remote=attach@punix:{case.path('a')}")
    pair = [case.connect(case.path("i")) for _ in range(2)]
    n = 0
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        again = case.connect(case.path("i"))
        for client in (*pair, again):
            client.send(*(sent_by(MINE, n + i) for i in range(10)))
            n += 10
        again.close()
        time.sleep(0.02)
    count = plk.poll_until(lambda: (c := daemon.counters())["tx_frames"] + c["tx_dropped_rate"] == n and c, "all are judged")
    took = time.monotonic() - began
    most, least = rate * took + burst, rate * seconds * 0.9
    plk.check(least <= count["tx_frames"] <= most, f"{count['tx_frames']} passed, expected {least:.0f} to {most:.0f} of {n}")
    got = 0
    while wire.recv(0.1) is not None:
        got += 1
    plk.equal(got, count["tx_frames"], "frames on the wire")
    daemon.wait_log(r"warning: frames refused by rate=: \d+ since this was last said remote=inject,rate=500:100@")
    free = [sent_by(MINE, i) for i in range(100)]
    other = case.connect(case.path("a"))
    other.send(*free)
    wire.expect(free, "of a port without a rate")
    daemon.stop()


def test_rate_of_superframes(case):
    """A superframe is as many as its segments: all or none; one larger than the burst passes when that is whole, and is owed."""
    case.veth()
    daemon = case.daemon(f"--remote=inject,format=vnet,rate=1:10@punix:{case.path('i')}",
                         f"--remote=inject,format=vnet,rate=5:4@punix:{case.path('big')}")
    head = bytes.fromhex("4500000000004000400600000a4d000b0a4d0002") + struct.pack("!HHIIBBHHH", 1, 2, 0, 0, 0x50, 0x10, 99, 0, 0)

    def superframe(segments, size=500):
        return plk.VNET12.encode(plk.FAR + MINE + b"\x08\0" + head + bytes(segments * size - 1),
                                 vnet12(1, 1, 54, size, 34, 16))

    one = plk.VNET12.encode(sent_by(MINE), vnet12())
    client = case.connect(case.path("i"), plk.VNET12)
    client.send_bytes(superframe(8) + superframe(8) + one * 3)
    counted(daemon, {"tx_dropped_rate": 2}, "the second superframe, and one of three")
    big = case.connect(case.path("big"), plk.VNET12)
    began = time.monotonic()
    big.send_bytes(superframe(9) + one)
    counted(daemon, {"tx_dropped_rate": 3}, "the one behind it")
    time.sleep(max(0, began + 0.4 - time.monotonic()))
    big.send_bytes(one)
    counted(daemon, {"tx_dropped_rate": 4}, "it is still owed")
    time.sleep(max(0, began + 1.5 - time.monotonic()))
    big.send_bytes(one)
    plk.poll_until(lambda: daemon.counters()["tx_frames"] == 5, "it is paid")
    counted(daemon, {"tx_dropped_rate": 4}, "counted")
    daemon.stop()


def test_rate_while_it_waits(case):
    """A frame that waits for room in the interface is counted once, however often it is tried."""
    tap = case.tap("t0", up=False)
    plk.ip("link set t0 txqueuelen 2")
    plk.ip("link set t0 up")
    daemon = case.daemon(f"--remote=attach,{MACS},rate=1:6@punix:{case.path('a')}", interface="t0")
    client = case.connect(case.path("a"))
    frames = [sent_by(MINE, i) for i in range(6)]
    client.send(*frames)
    time.sleep(0.2)
    tap.expect(frames)
    plk.poll_until(lambda: daemon.counters()["tx_frames"] == len(frames), "all are counted")
    counted(daemon, {}, "dropped")
    daemon.stop()


def test_new_worker(case):
    """A worker that is replaced has all guards again, with as many and as long ones as there can be."""
    case.veth()
    wire = case.wire()
    macs = "+".join(plk.mac_text(MINE[:5] + bytes([i])) for i in range(16, 48))
    vlans = "+".join(str(i) for i in range(0, 4095, 2))
    daemon = case.daemon(*(f"--remote=inject,mac={macs},vlan={vlans},rate=9000@punix:{case.path(str(i))}" for i in range(64)))
    for attempt in range(2):
        client = plk.poll_until(lambda: case.connect(case.path("63")), "a connection")
        client.send(sent_by(EVIL), tagged(sent_by(MINE), tag(1)), sent_by(MINE, 9))
        wire.expect([sent_by(MINE, 9)], "what is allowed")
        counted(daemon, {"tx_dropped_mac": attempt + 1, "tx_dropped_vlan": attempt + 1}, "counted")
        if attempt == 0:
            after = daemon.mark()
            os.kill(daemon.look()["worker"], signal.SIGKILL)
            daemon.wait_log("another worker serves", after=after)
    wire.quiet(0.1)
    plk.check("replaced" not in daemon.stderr, "the first new worker was refused")
    daemon.stop()


def test_check(case):
    """The plan says what a port allows; what does not fit is refused."""
    spec = f"attach,vlan=7+0,rate=5,{MACS}@punix:/run/a"
    plk.equal(case.run(f"--remote={spec}", "--check").stdout.splitlines()[1],
              f"remote attach,{MACS},vlan=0+7,rate=5@punix:/run/a", "the plan")
    case.refused(2, "key does not fit the role at byte 8", "--remote=capture,rate=5@punix:/run/a")
    case.refused(2, "at byte 12", "--remote=attach,rate=0@punix:/run/a")


if __name__ == "__main__":
    plk.main()
