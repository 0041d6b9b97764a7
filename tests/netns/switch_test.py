# SPDX-License-Identifier: BSD-2-Clause
"""The attach switch: what is flooded, what is not, and what addresses that are invented, move or come back do to it.

attach_test.py shows the ordinary case, matrix_test.py superframes from client to client, books_test.py what each frame is counted as.
"""

import time

import plk

FLOOD = 10_000
FIRST, SECOND, THIRD = MACS = [bytes([2, 0x7A, 0, 0, 0, i]) for i in range(3)]
UNKNOWN = bytes.fromhex("027a000000ff")


def switch(case, *args):
    """A cable, the daemon, and three clients that have not spoken yet."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(f"--remote=attach@punix:{case.path('a')}", f"--remote=attach,format=vnet@punix:{case.path('v')}", *args)
    clients = [case.connect(case.path("a")), case.connect(case.path("a")), case.connect(case.path("v"), plk.VNET12)]
    plk.sync(wire, *clients)
    return daemon, wire, clients


def speak(wire, clients):
    """Each says hello to all with its address, and all hear it."""
    for mac, client in zip(MACS, clients):
        hello = plk.frame(7, 60, plk.BROADCAST, mac)
        client.send(hello)
        for other in (wire, *clients):
            if other is not client:
                other.expect([hello], "hello")


def goes_to(sender, data, receivers, others, what):
    sender.send(data)
    for receiver in receivers:
        receiver.expect([data], what)
    for other in others:
        other.quiet(0.03)


def invented(number, to):
    """A frame whose source nobody has."""
    return plk.frame(number, 60, to, bytes([6, 0x7A]) + number.to_bytes(4, "big"))


def test_unknown_is_flooded(case):
    """As on a bridge: a unicast to an address that nobody has spoken with goes everywhere but back."""
    daemon, wire, (first, second, third) = switch(case)
    goes_to(first, plk.frame(1, 60, UNKNOWN, FIRST), (wire, second, third), (first,), "unknown, from a client")
    goes_to(wire, plk.frame(2, 60, UNKNOWN), (first, second, third), (wire,), "unknown, from the wire")
    goes_to(third, plk.frame(3, 60, UNKNOWN, THIRD), (wire, first, second), (third,), "unknown, from format vnet")
    # Once it has spoken it is not any more, wherever it is.
    goes_to(second, plk.frame(4, 60, plk.BROADCAST, UNKNOWN), (wire, first, third), (second,), "it speaks")
    goes_to(first, plk.frame(5, 60, UNKNOWN, FIRST), (second,), (wire, first, third), "known now, from a client")
    goes_to(wire, plk.frame(6, 60, UNKNOWN), (second,), (first, third, wire), "known now, from the wire")
    goes_to(second, plk.frame(7, 60, UNKNOWN, SECOND), (), (wire, first, second, third), "to its own sender")
    daemon.stop()


def test_all_of_link_local(case):
    """The sixteen addresses that bridges keep to themselves (IEEE 802.1D table 7-10) pass, in all directions."""
    daemon, wire, (first, second, third) = switch(case)
    for last in range(16):
        group = bytes.fromhex("0180c20000") + bytes([last])
        for sender, receivers in ((wire, (first, second, third)), (first, (wire, second, third)), (third, (wire, first, second))):
            data = plk.frame(last, 60, group, plk.FAR if sender is wire else FIRST if sender is first else THIRD)
            sender.send(data)
            for receiver in receivers:
                receiver.expect([data], plk.mac_text(group))
    daemon.stop()


def flooded_by(case, flood):
    """Somebody invents addresses. Whom they do not belong to loses none of a few, and is flooded to nobody."""
    daemon, wire, clients = switch(case)
    speak(wire, clients)
    few = {client: [mac[:4] + bytes([i]) + mac[5:] for i in range(1, 9)] for mac, client in zip(MACS, clients)}
    for client, macs in few.items():
        client.send(*(plk.frame(0, 60, plk.FAR, mac) for mac in macs))
    plk.poll_until(lambda: daemon.counters().get("client_frames") == 3 + 3 * 8, "all have spoken")
    for client in clients:
        client.drain()
    while wire.recv(0.02) is not None:
        pass
    flood(daemon, wire, clients)
    counters = daemon.counters()
    plk.check(counters.get("switch_evictions", 0) > FLOOD / 2, f"the table is not full: {counters}")
    plk.equal(counters.get("switch_moves", 0), 0, "addresses that moved")
    first, second, third = clients
    frames = {client: [plk.frame(0, 60, mac) for mac in few[client]] for client in (first, second)}
    wire.send(*frames[first], *frames[second])
    first.expect(frames[first], "to the first, from the wire")
    second.expect(frames[second], "to the second, from the wire")
    third.quiet(0.03)
    goes_to(wire, plk.frame(1, 60, FIRST), (first,), (second, third), "to the first, from the wire")
    goes_to(second, plk.frame(2, 60, FIRST, SECOND), (first,), (wire, second, third), "to the first, from a client")
    goes_to(wire, plk.frame(3, 60, SECOND), (second,), (first, third), "to the second")
    newcomer = case.connect(case.path("a"))
    plk.sync(wire, newcomer)
    hello = plk.frame(4, 60, plk.BROADCAST, UNKNOWN)
    goes_to(newcomer, hello, (wire, *clients), (newcomer,), "hello of a newcomer")
    goes_to(wire, plk.frame(5, 60, UNKNOWN), (newcomer,), clients, "to a newcomer")
    return daemon


def hear(receiver, n):
    for _ in range(n):
        plk.check(receiver.recv() is not None, "a frame of the flood is missing")


def test_client_invents_addresses(case):
    def flood(_, wire, clients):
        third = clients[2]
        for begin in range(0, FLOOD, 500):
            third.send(*(invented(i, FIRST) for i in range(begin, begin + 500)))
            hear(clients[0], 500)

    daemon = flooded_by(case, flood)
    daemon.stop()


def test_wire_invents_addresses(case):
    def flood(_, wire, clients):
        for begin in range(0, FLOOD, 250):
            wire.send(*(invented(i, FIRST) for i in range(begin, begin + 250)))
            hear(clients[0], 250)

    daemon = flooded_by(case, flood)
    daemon.stop()


def test_moves(case):
    """A client that comes back on another port, before and after its old connection ended, and one whose address goes to the wire."""
    daemon, wire, clients = switch(case)
    first, second, third = clients
    speak(wire, clients)
    again = case.connect(case.path("v"), plk.VNET12)
    plk.sync(wire, again)
    hello = plk.frame(8, 60, plk.BROADCAST, FIRST)
    goes_to(again, hello, (wire, first, second, third), (again,), "hello, from where it is now")
    plk.equal(daemon.counters().get("switch_moves"), 1, "moves")
    moved = rf"info: address moved mac={plk.mac_text(FIRST)} from=attach@punix:\S+/a to=attach,format=vnet@punix:\S+/v$"
    daemon.wait_log(moved)
    first.close()  # of what is not its any more, nothing is forgotten
    daemon.wait_log("client closed")
    goes_to(wire, plk.frame(9, 60, FIRST), (again,), (second, third), "to where it is now")
    again.close()
    daemon.wait_log("client closed", count=2)
    goes_to(wire, plk.frame(10, 60, FIRST), (second, third), (), "to a client that left")
    back = case.connect(case.path("a"))
    plk.sync(wire, back)
    goes_to(back, hello, (wire, second, third), (back,), "hello, back again")
    goes_to(wire, plk.frame(11, 60, FIRST), (back,), (second, third), "back again")
    plk.equal(daemon.counters().get("switch_moves"), 1, "moves, since it was forgotten in between")
    wire.send(plk.frame(12, 60, plk.BROADCAST, SECOND))
    for client in (back, second, third):
        client.expect([plk.frame(12, 60, plk.BROADCAST, SECOND)])
    goes_to(third, plk.frame(13, 60, SECOND, THIRD), (wire,), (back, second, third), "to the wire, where it is now")
    daemon.wait_log(rf"info: address moved mac={plk.mac_text(SECOND)} from=attach@punix:\S+/a to=interface$")
    daemon.stop()


def test_two_fight(case):
    """Two clients with the same address: each move counts, the log does not fill."""
    daemon, wire, (first, second, third) = switch(case)
    del third
    for i in range(500):
        for client in (first, second):
            client.send(plk.frame(i, 60, plk.FAR, FIRST))
            wire.expect([plk.frame(i, 60, plk.FAR, FIRST)])
    plk.equal(daemon.counters().get("switch_moves"), 999, "moves")
    plk.check(0 < daemon.stderr.count("address moved") <= 40, f"{daemon.stderr.count('address moved')} lines")
    daemon.stop()


def wake_ups(daemon):
    return int(plk.status_of(daemon.family["worker"])["voluntary_ctxt_switches"])


def test_idle_while_addresses_age(case):
    """What is known ages by a timer of ten seconds; nobody is busy with it."""
    daemon, wire, clients = switch(case)
    speak(wire, clients)
    time.sleep(0.3)  # statistics of what came
    before = wake_ups(daemon)
    time.sleep(1.5)
    woken = wake_ups(daemon) - before
    plk.check(woken <= 2, f"the worker woke {woken} times")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
