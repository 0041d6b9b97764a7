#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A broker in the hands of an attacker. It may make packet sockets, and others have to trust it for that; it has no other process, no
file but sockets in the directories that were named, and no TCP port but those that were named; where remotes come and go, any port."""

import os
import re
import signal
import socket
import time

from hostile import PLACE, SHARED, SIGSYS, WORKED, World, attacks_of, check_complete, check_outcome, main, note, outcome, plk

PORT_BASE = 20000  # as in hostile_broker.c

DIES = dict.fromkeys(
    """
    unlinkat-directory stat-follow
    socket-packet-protocol socket-packet-blocking socket-udp-here socket-unix-seqpacket socket-mptcp
    setsockopt-device setsockopt-fanout setsockopt-reserve setsockopt-bpf setsockopt-detach setsockopt-buffer setsockopt-credentials
    setsockopt-ulp getsockopt ioctl-rename ioctl-address ioctl-high
    read-front write-front sendto-address sendto-flags sendmsg-blocking recvmsg-other recvmsg-blocking accept shutdown-front fcntl
    memfd ppoll-many epoll-mask getrandom
    """.split(),
    SIGSYS,
) | SHARED

# Landlock.
FAILS = {
    "unlinkat-outside": "EACCES",
    "unlinkat-above": "EACCES",
    "unlinkat-passwd": "EACCES",
    "unix-bind-outside": "EACCES",
    "unix-bind-above": "EACCES",
    "tcp-bind-other": "EACCES",
    "tcp-bind-any": "EACCES",
    "tcp-connect-other": "EACCES",
    "unix-connect-abstract": "EPERM",
}

# Where remotes come and go nobody can name their TCP ports before.
LATE = FAILS | {"tcp-bind-other": WORKED, "tcp-bind-any": WORKED, "tcp-connect-other": "EINPROGRESS"}

# What nothing stops.
WORKS = {
    "unlinkat-inside": WORKED,  # in a directory that a remote named it removes and makes sockets: so the rows above test something
    "unix-bind-inside": WORKED,
    "unix-connect-outside": WORKED,  # Landlock has no right for that; the mode of the socket's file decides, as for any client
    "tcp-listen": WORKED,  # without bind(), on a port that the kernel picks: Landlock sees bind() only
}

REFUSED = r"^pktlockd\[front\]: error: broker sent a message that is not permitted: {}: .* \(\d+ bytes\)$"

LIES = {
    "lie-empty": REFUSED.format("NONE"),
    "lie-none": REFUSED.format("NONE"),
    "lie-unknown": REFUSED.format(r"\?"),
    "lie-short": REFUSED.format("DONE"),
    "lie-long": REFUSED.format("DONE"),
    "lie-huge": REFUSED.format("NONE"),
    "lie-iface": REFUSED.format("IFACE_IS"),
    "lie-confined": REFUSED.format("CONFINED"),
    "lie-order": REFUSED.format("SEAL"),
    "lie-stop": REFUSED.format("STOP"),
    "lie-serving": REFUSED.format("SERVING"),
    "lie-accepted": REFUSED.format("ACCEPTED"),
    "lie-packet": REFUSED.format("PACKET"),
    "lie-done-with": REFUSED.format("DONE"),
    "lie-listening-two": REFUSED.format("LISTENING"),
    "lie-link": REFUSED.format("LINK"),
    "lie-port": r"^pktlockd\[front\]: error: broker sent a message about a port that is not an active one; the service ends$",
    "worker-garbage": r"^pktlockd\[front\]: error: worker got a message that is not permitted: NONE: .*$",
}

STOPPED = dict.fromkeys(["flood-events", "sleep"], "stop")


def start(case, attack, numbers, *args):
    """A daemon whose broker attacks while it starts."""
    port = PORT_BASE + numbers[attack]
    return case.daemon(f"--remote=capture@punix:{PLACE}/inside/c", f"--remote=capture@ptcp:{port}", *args, ready=False)


def world_of(case):
    """What is there to be reached: listeners, on a path, in the abstract, on a port."""
    world = World(case)
    path = case.keep(socket.socket(socket.AF_UNIX))
    path.bind(f"{PLACE}/listener")
    os.chmod(f"{PLACE}/listener", 0o666)
    abstract = case.keep(socket.socket(socket.AF_UNIX))
    abstract.bind("\0hostile")
    tcp = case.keep(socket.socket(socket.AF_INET))
    tcp.bind(("127.0.0.1", 0))
    for sock in (path, abstract, tcp):
        sock.listen(64)
    return world


def test_all_are_known(case):
    """No attack without a row here."""
    check_complete(f"{case.bin}/pktlockd-broker", DIES, FAILS, WORKS, LIES, STOPPED)


def ended(daemon):
    """With status 1. The socket file is left: nobody else may remove it, and the next start does."""
    plk.equal(daemon.wait(2.0), 1, "exit status of pktlockd")


def run_all(case, expectations, *args, harmless=True):
    world = world_of(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-broker")
    for attack, expected in expectations.items():
        if attack not in numbers:
            continue  # another architecture
        daemon = start(case, attack, numbers, *args)
        _, got = outcome(daemon.wait_log, "broker")
        check_outcome("broker", attack, got, expected)
        ended(daemon)
        plk.equal(daemon.stderr.count(" was killed by signal "), int(got.startswith("SIG")), f"{attack}: processes killed")
        if harmless:
            world.check_untouched(attack)
        world.check_nothing_sent(attack)
    return world


def test_calls(case):
    """The broker ends, and with it the service."""
    run_all(case, DIES)


def test_files_and_ports(case):
    """What the filter permits, Landlock does not, elsewhere."""
    run_all(case, FAILS)


def test_files_and_ports_late(case):
    """Nor where remotes come and go, but for TCP."""
    with open(case.path("remotes"), "w", encoding="ascii"):
        pass
    run_all(case, LATE, f"--remotes-file={case.path('remotes')}")


def test_what_works(case):
    """In the directories that were named the same calls do work."""
    run_all(case, WORKS, harmless=False)
    plk.check(not os.path.exists(f"{PLACE}/inside/victim"), "the file inside is still there: then nothing was tried outside either")
    plk.check(os.path.exists(f"{PLACE}/inside/made"), "no socket was made inside: then nothing was tried outside either")


def test_lies(case):
    """The front believes no message that is not permitted."""
    world = world_of(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-broker")
    for attack, line in LIES.items():
        daemon = start(case, attack, numbers)
        found = daemon.wait_log(line)[0]
        ended(daemon)
        plk.check(re.search("the service ends", daemon.stderr), f"{attack}: it is not said that the service ends: {daemon.stderr!r}")
        note("broker", attack, found.group())
        world.check_untouched(attack)
        world.check_nothing_sent(attack)


def test_stalling(case):
    """A start that does not go on can be stopped, in less than a second."""
    world = world_of(case)
    numbers = attacks_of(f"{case.bin}/pktlockd-broker")
    for attack in STOPPED:
        daemon = start(case, attack, numbers)
        plk.poll_until(lambda: os.path.exists(f"{PLACE}/inside/c"), "the order before the attack", 2.0)
        time.sleep(0.2)
        daemon.look()
        daemon.own_paths = []
        began = time.monotonic()
        daemon.signal(signal.SIGTERM)
        daemon.ended(0, 1.0)
        note("broker", attack, f"stopped in {time.monotonic() - began:.2f} s")
        world.check_untouched(attack)
        os.unlink(f"{PLACE}/inside/c")


if __name__ == "__main__":
    main()
