#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A front in the hands of an attacker: it has read the command line and the remotes, and may give orders. Its death, and any order
that may not come, end the service. The words of the log are its own; what the supervisor has to say, it cannot keep back."""

import os
import signal
import socket
import struct
import time

from hostile import SHARED, SIGSYS, WORKED, World, attacks_of, check_complete, check_outcome, check_siblings, main, note, outcome, plk

SO_PASSRIGHTS = 83  # Linux 6.16
QUEUE_BASE = 70000  # as in hostile_front.c

# What ends the front.
DIES = dict.fromkeys(
    """
    sendmsg-log sendmsg-epoll write-supervisor write-broker write-worker write-listener write-client write-high
    sendmsg-listener sendmsg-client sendmsg-high sendmsg-blocking sendto-broker sendto-client
    sendto-journal-high sendto-journal-blocking sendto-journal-address sendmsg-journal write-journal
    recvmsg-listener recvmsg-client recvmsg-high recvmsg-blocking recvfrom-client read-client
    accept listen bind connect shutdown-listener shutdown-client setsockopt promisc getsockopt fcntl-getfl dup3-client
    close-supervisor close-broker close-log close-epoll close-journal close-directory close-high ftruncate-log ftruncate-page-log epoll-other ppoll-many clock
    socket-unix socket-tcp socket-packet unlinkat memory-execute memory-write memory-code memory-fixed
    """.split(),
    SIGSYS,
) | dict.fromkeys("file-beside file-here file-write file-create fstat-log pread-worker".split(), SIGSYS) | {
    # by the filter a name can be anything: Landlock has what is below the remotes file's directory, if there is one
    "file-absolute": "EACCES", "file-above": "EACCES", "file-absolute-alone": "EACCES",
    # by the filter it can be any descriptor: what is no file has no places
    "pread-client": "ESPIPE", "pread-listener": "ESPIPE",
} | SHARED


def refused(role, name):
    return rf"^pktlockd\[supervisor\]: error: {role} \(pid \d+\) says that it got a message that is not permitted: {name}; the service ends$"


# Orders that may not come (any more): who gets them ends, with a status that says which it was, and so does the service.
BROKER = {
    f"broker-{what}": refused("broker", name)
    for what, name in {
        "listen-unix": "LISTEN_UNIX", "listen-tcp": "LISTEN_TCP", "listen-control": "LISTEN_CONTROL", "target-unix": "TARGET_UNIX", "target-tcp": "TARGET_TCP",
        "filter": "FILTER", "open": "OPEN", "seal": "SEAL", "iface": "IFACE_NAME", "tap": "IFACE_TAP", "directory": "ALLOW_DIRECTORY",
        "tcp": "ALLOW_TCP", "confine": "CONFINE", "channel": "CHANNEL", "done": "DONE", "packet": "PACKET",
        "empty": "NONE", "none": "NONE", "huge": "NONE", "short": "BIND", "long": "BIND", "class": "BIND", "port": "CONNECT",
        "fd": "HANDOUT", "runtime": "RUNTIME", "forget": "FORGET",
    }.items()
}
BROKER["flood-broker"] = r"broker \(pid \d+\) ended with status 1; the service ends"  # it does not wait for who reads no answers

SUPERVISOR = {
    f"supervisor-{what}": rf"^pktlockd\[supervisor\]: error: front sent a message that is not permitted: {name}: .* \(\d+ bytes\)$"
    for what, name in {
        "wanted": "WORKER_WANTED", "ready": "READY", "stop": "STOP", "died": "WORKER_DIED", "channel": "CHANNEL",
        "reason": "REASON", "unstore": "UNSTORE", "store": "STORE", "stopped": "STOPPED",
        "fd": "WORKER_STUCK", "exit-fd": "EXIT", "empty": "NONE", "none": "NONE", "long": "READY", "huge": "NONE",
    }.items()
}

WORKER = {
    f"worker-{what}": refused("worker", name)
    for what, name in {
        "config": "CONFIG", "port": "PORT", "vlans": "VLANS", "about": "ABOUT", "go": "GO", "packet": "PACKET", "channel": "CHANNEL", "none": "NONE", "huge": "NONE",
        "restore": "RESTORE", "missed": "MISSED", "client-nothing": "CLIENT", "link-long": "LINK_IS", "link-value": "LINK_IS",
        "unport": "UNPORT", "park": "PARK", "room": "ROOM", "fill": "FILL", "flow": "FLOW",
    }.items()
}

# The same where ports come and go: what is about no port, or about one in another way; and paths beside the directories that were named.
LATE = {
    f"late-{role}-{what}": refused(role, name)
    for role, orders in {
        "broker": {
            "listen-elsewhere": "LISTEN_UNIX", "listen-deeper": "LISTEN_UNIX", "listen-again": "LISTEN_UNIX",
            "target-elsewhere": "TARGET_UNIX", "open": "OPEN", "filter": "FILTER", "seal": "SEAL", "runtime": "RUNTIME",
            "directory": "ALLOW_DIRECTORY",
        },
        "worker": {
            "unport-none": "UNPORT", "park": "PARK", "room-used": "ROOM", "room-ping": "ROOM", "room-client": "ROOM", "fill": "FILL",
            "port-used": "PORT", "port-adopt": "PORT", "port-no-room": "PORT", "client": "CLIENT", "vlans": "VLANS",
        },
    }.items()
    for what, name in orders.items()
}

# Permitted, without effect; and what only takes time. The service can be stopped as ever.
STOPPED = dict.fromkeys(
    """odd-supervisor-reloaded odd-broker-connect odd-broker-bind odd-broker-count odd-broker-promisc odd-worker-admit odd-worker-lost
    odd-broker-silence flood-supervisor flood-status flood-worker flood-log spin sleep
    late-odd-listen-dots late-odd-listen-file late-odd-listen-tcp late-odd-connect late-odd-forget late-odd-silence late-odd-unport
    late-odd-flow late-room-and-nothing""".split(), "stop")

# With a packet socket that a hijacked worker gave it: see test_packet_socket.
PACKET = dict.fromkeys("packet-sendmsg packet-sendto packet-write packet-dup packet-bind packet-as-channel packet-as-journal".split(), SIGSYS)
PAIR = dict.fromkeys("packet-back late-packet-back".split(), "pair")


def start(case, attack, numbers, keys=""):
    args = [f"--queue={QUEUE_BASE + numbers[attack]}", f"--remote=capture{keys}@punix:{case.path('c')}"]
    if attack.startswith(("file-", "late-")) and attack != "file-absolute-alone":
        os.makedirs(case.path("etc"), exist_ok=True)
        with open(case.path("etc/remotes"), "w", encoding="ascii"):
            pass
        args.append(f"--remotes-file={case.path('etc/remotes')}")
    return case.daemon(*args)


def hijack(case, attack, numbers):
    """A daemon whose front attacks; what it was before; where its log was."""
    daemon = start(case, attack, numbers)
    before = daemon.look()
    mark = daemon.mark()
    case.connect(case.path("c"))
    return daemon, before, mark


def check_harmless(world, attack):
    world.check_untouched(attack)
    world.check_nothing_sent(attack)


def test_all_are_known(case):
    """No attack without a row here."""
    check_complete(f"{case.bin}/pktlockd-front", DIES, BROKER, SUPERVISOR, WORKER, LATE, STOPPED, PACKET, PAIR)


def test_calls(case):
    """The front ends, and with it the service."""
    world = World(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-front")
    for attack, expected in DIES.items():
        if attack not in numbers:
            continue  # another architecture
        daemon, before, mark = hijack(case, attack, numbers)
        pid, got = outcome(lambda pattern, d=daemon, m=mark: d.wait_log(pattern, after=m), "front")
        plk.equal(pid, before["front"], "process that ended")
        check_outcome("front", attack, got, expected)
        daemon.ended(1, 2.0)
        plk.equal(daemon.stderr.count(" was killed by signal "), int(got.startswith("SIG")), f"{attack}: processes killed")
        check_harmless(world, attack)


def test_orders(case):
    """An order that may not come ends the service, with a line of the supervisor's: the front has the words of the others."""
    world = World(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-front")
    for attack, line in (BROKER | SUPERVISOR | WORKER | LATE).items():
        daemon, _, mark = hijack(case, attack, numbers)
        found = daemon.wait_log(line, after=mark)[0]
        daemon.ended(1, 2.0)
        note("front", attack, found.group().removeprefix("pktlockd[supervisor]: error: "))
        check_harmless(world, attack)


def stop(daemon, attack):
    """A stop takes less than a second, and is clean, whatever the front does."""
    began = time.monotonic()
    daemon.look()
    os.kill(daemon.pid, signal.SIGTERM)
    daemon.ended(0, 1.0)
    return f"{attack}: stopped in {time.monotonic() - began:.2f} s"


def test_nothing_happens(case):
    """Orders that are permitted change nothing, floods and loops hold nobody up."""
    world = World(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-front")
    for attack in STOPPED:
        daemon, before, mark = hijack(case, attack, numbers)
        time.sleep(0.2)
        if attack == "late-room-and-nothing":  # the worker waits a second for it
            daemon.wait_log(r"worker \(pid \d+\) ended with status 1; starting another", after=mark)
        elif attack != "flood-supervisor":  # an order to replace the worker is one that may come again and again
            check_siblings(daemon, before, None, attack)
        plk.equal(plk.link("e0")["promiscuity"], 0, f"{attack}: promiscuity")
        note("front", attack, stop(daemon, attack).partition(": ")[2])
        check_harmless(world, attack)


def hijack_both(case, world, attack, numbers, worker="rights-to-front"):
    """A worker that passes the packet socket of a capture port to a front that waits for it."""
    daemon = start(case, attack, numbers, ",latency=low")
    workers = attacks_of(f"{case.bin}/pktlockd-worker")
    body = b"HOSTILE!" + struct.pack("!HIIIII", workers[worker], world.index("c0"), world.index("e0"), 0, 0, 0)
    mark = daemon.mark()
    case.wire().send((plk.BROADCAST + plk.FAR + struct.pack("!H", plk.TYPE) + body).ljust(60, b"\0"))
    return daemon, mark


def test_packet_socket(case):
    """A front that holds a packet socket cannot send on it, nor put it where it may send."""
    case.bin = os.path.join(os.path.dirname(case.bin), "hostile-pair")
    world = World(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-front")
    for attack, expected in PACKET.items():
        daemon, mark = hijack_both(case, world, attack, numbers)
        _, got = outcome(lambda pattern, d=daemon, m=mark: d.wait_log(pattern, after=m), "front")
        check_outcome("front", attack, got, expected)
        daemon.ended(1, 2.0)
        check_harmless(world, attack)


def has_passrights():
    with socket.socket(socket.AF_UNIX) as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_PASSRIGHTS, 0)
        except OSError:
            return False
    return True


def test_packet_socket_and_back(case):
    """Nor give it back to the worker as if it were a connection, on which a worker may send."""
    case.bin = os.path.join(os.path.dirname(case.bin), "hostile-pair")
    world = World(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-front")
    daemon, mark = hijack_both(case, world, "packet-back", numbers, "rights-and-back")
    if has_passrights():
        _, got = outcome(lambda pattern: daemon.wait_log(pattern, after=mark), "front")
        check_outcome("front", "packet-back", got, "EPERM")
        daemon.ended(1, 2.0)
        check_harmless(world, "packet-back")
        return
    check_back_and_sent(world, daemon, mark)  # two hijacked processes are one too many for an older kernel


def check_back_and_sent(world, daemon, mark):
    """It is sent on, without an address: to the interface that the socket is bound to."""
    _, got = outcome(lambda pattern: daemon.wait_log(pattern, after=mark), "worker")
    check_outcome("worker", "rights-and-back", got, WORKED)
    for sniffer in world.canary:
        plk.equal(sniffer.take(), [], "frames on another interface")


def test_packet_socket_and_back_late(case):
    """Where ports come and go descriptors must come to the worker, as to one with active remotes: two hijacked processes are one too many
    for every kernel. A receiver then sends, on our own interface alone."""
    case.bin = os.path.join(os.path.dirname(case.bin), "hostile-pair")
    world = World(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-front")
    daemon, mark = hijack_both(case, world, "late-packet-back", numbers, "rights-and-back")
    check_back_and_sent(world, daemon, mark)


if __name__ == "__main__":
    main()
