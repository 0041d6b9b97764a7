#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""A worker in the hands of an attacker: what it may still do, and what it may make the others do. The attacker comes by a frame;
each time the next worker serves as if nothing had been."""

import os
import re
import signal
import socket
import struct
import time

from hostile import SHARED, SIGSYS, WORKED, World, attacks_of, check_complete, check_outcome, check_siblings, count_lines, main
from hostile import note, outcome, plk, said_since
from restart_test import Manager


def sending(name):
    return [f"{how}-{name}" for how in ("send", "sendto", "sendmsg", "sendmsg-to", "sendmmsg", "write", "writev", "pwrite", "pwritev2")]


# What ends the worker.
DIES = dict.fromkeys(
    sum((sending(name) for name in ("rx4", "rx5", "rx6", "rx7", "tx")), [])
    + """
    sendto-own-tx send-flags-tx send-confirm-tx send-length-tx send-high-tx send-high-rx sendto-high-rx sendto-client send-listener
    splice-tx sendfile-tx
    bind-rx bind-tx connect-tx promisc-rx promisc-tx fanout-rx tx-ring filter-rx mark-tx device-tx getsockopt-tx getsockopt-client
    getsockname-rx
    read-rx read-front recvfrom-rx recvmsg-flags-rx recvmsg-supervisor recvmsg-broker recvmsg-high
    sendmsg-supervisor sendmsg-broker dup3-tx fcntl-dupfd-rx rights-to-client rights-from-client
    accept-address accept-blocking listen shutdown-listener shutdown-front shutdown-client-half
    close-supervisor close-front close-null close-epoll close-rx close-tx close-broker close-high close-listener-high read-listener
    epoll-other memfd socket-unix socket-tcp socket-packet unlinkat
    """.split(),
    SIGSYS,
) | SHARED
DIES["rights-by-read"] = "EBADF"  # the bytes came, the descriptor did not
DIES["accept-rx"] = "EOPNOTSUPP"  # what a worker without ports has there instead says ENOTSOCK
DIES["accept-front"] = DIES["accept-client"] = "EINVAL"
# A listener comes and goes: the worker may close its own copy, which ends nothing. What gets the number then is of no more use than it was.
DIES["close-listener"] = DIES["listeners-close"] = WORKED
DIES |= {"listener-read": SIGSYS, "listener-send": SIGSYS, "listener-shutdown": SIGSYS, "listener-accept": "EINVAL"}
DIES["send-tx"] = WORKED  # a frame on our own interface is what a worker of an inject port sends

# Without a port that sends, there is no socket for it: /dev/null has its number.
CAPTURE_ONLY = DIES | {"send-tx": "ENOTSOCK", "accept-rx": "EOPNOTSUPP or ENOTSOCK"}
# Nor is there a second listener.
CAPTURE_ONLY |= dict.fromkeys("listener-read listener-send listener-shutdown listener-accept".split(), "ENOTSOCK")

REFUSED = r"^pktlockd\[front\]: error: worker sent a message that is not permitted: {}: .* \({} bytes\)$"

# Messages that are not permitted: the service ends, and says who sent what.
LIES = {
    "lie-empty": REFUSED.format("NONE", 0),
    "lie-none": REFUSED.format("NONE", 1),
    "lie-unknown": REFUSED.format(r"\?", 1),
    "lie-last": REFUSED.format(r"\?", 1),
    "lie-short": REFUSED.format("CLOSED", r"\d+"),
    "lie-long": REFUSED.format("CLOSED", r"\d+"),
    "lie-huge": REFUSED.format("NONE", r"\d+"),
    "lie-serving": REFUSED.format("SERVING", 1),
    "lie-confined": REFUSED.format("CONFINED", r"\d+"),
    "lie-go": REFUSED.format("GO", 1),
    "lie-stop": REFUSED.format("STOP", 2),
    "lie-done": REFUSED.format("DONE", r"\d+"),
    "lie-open": REFUSED.format("OPEN", r"\d+"),
    "lie-channel": REFUSED.format("CHANNEL", 2),
    "lie-packet": REFUSED.format("PACKET", r"\d+"),
    "lie-accepted-nothing": REFUSED.format("ACCEPTED", r"\d+"),
    "lie-accepted-two": REFUSED.format("ACCEPTED", r"\d+"),
    "lie-closed-with": REFUSED.format("CLOSED", r"\d+"),
    "lie-event-with": REFUSED.format("EVENT", r"\d+"),
    "lie-adopted-with": REFUSED.format("ADOPTED", r"\d+"),
    "lie-kept": REFUSED.format("KEPT", r"\d+"),
    "lie-kept-nothing": REFUSED.format("KEPT", r"\d+"),
    "lie-restored": REFUSED.format("RESTORED", r"\d+"),
    "lie-unported": r"^pktlockd\[front\]: error: worker ends a port, and was not told to; the service ends$",
    "lie-unported-with": REFUSED.format("UNPORTED", r"\d+"),
    "lie-left": r"^pktlockd\[front\]: error: worker leaves, and was not told to; the service ends$",
    "lie-slot": REFUSED.format("CLOSED", r"\d+"),
    "lie-reason": REFUSED.format("CLOSED", r"\d+"),
    "lie-error": REFUSED.format("CLOSED", r"\d+"),
    "lie-code": REFUSED.format("EVENT", r"\d+"),
    "lie-port": r"^pktlockd\[front\]: error: worker sent a message about a port that does not exist; the service ends$",
    "lie-adopted-port": r"^pktlockd\[front\]: error: worker sent a message about a port that does not exist; the service ends$",
}

ADMITTED = r"^pktlockd\[front\]: info: client connected remote=.* slot=900 "
NOT_ADMITTED = r"^pktlockd\[front\]: warning: client refused .* slot=900 "

# Messages that are permitted and not true: a line, and the service goes on.
ODD = {
    "odd-accepted-epoll": NOT_ADMITTED,
    "odd-accepted-null": NOT_ADMITTED,
    "odd-accepted-packet": NOT_ADMITTED,
    "odd-accepted-front": ADMITTED,  # a Unix socket; the supervisor made it. The worker may now call it a client; it has none
    "odd-accepted-listener": ADMITTED,
    "odd-accepted-supervisor": ADMITTED,
    "odd-accepted-generation": NOT_ADMITTED,
    "odd-closed-unknown": r"^pktlockd\[front\]: warning: worker closed a client that is not known slot=900$",
    "odd-closed-generation": r"^pktlockd\[front\]: warning: worker closed a client that is not known slot=0$",
    "odd-adopted": r"^pktlockd\[front\]: error: .* \(errno 5\) remote=.*$",
    "odd-event": r"^pktlockd\[front\]: error: worker gives up at line 18446744073709551615: unknown error$",
}

# What a worker wants to have kept for the next daemon, as a client that was admitted.
KEPT = {
    f"kept-{what}": r"^pktlockd\[front\]: error: worker wants a connection kept that was not admitted; the service ends$"
    for what in ("packet", "listener", "channel", "null", "other", "twice")
}

# What has a test of its own below.
OTHERS = {
    "flood-events": r"a client sends to a capture port",
    "flood-closed": r"worker closed a client that is not known",
    "flood-adopted": r"error: .* remote=",
    "flood-events-forever": "stop",
    "flood-accepted": r"^pktlockd\[front\]: error: worker does not read its orders: .*; the worker will be replaced$",
    "rights-to-front": "see sandbox.hostile_front",
    "rights-and-back": "see sandbox.hostile_front",
    "kept-elsewhere": r"^pktlockd\[front\]: warning: connection of the last daemon closed: it was made elsewhere remote=capture@punix:.*$",
    "spin": "stop",
    "sleep": "stop",
    "counters-zero": "books",
    "counters-most": "books",
    "counters-half": "books",
}

LOG_LINES = 45  # two windows of the front's limit, and what it says of the lines that it left out


class Prey:
    """A daemon with a hostile worker, a client of it, and the world around it.

    sends: with ports of all kinds, the attack coming from a client of the inject port; else with capture alone, the attack
           coming from the wire. No ring: what is in one comes again to the next worker.
    """

    def __init__(self, case, sends=True, latency="low", **more):
        self.case = case
        self.sends = sends
        self.numbers = attacks_of(f"{case.bin}/pktlockd-worker")
        self.world = World(case)
        self.wire = case.wire()
        remotes = [f"--remote=capture,latency={latency}@punix:{case.path('c')}"]
        if sends:
            remotes += [f"--remote=inject@punix:{case.path('i')}", f"--remote=attach@punix:{case.path('a')}"]
            remotes += [f"--remote=attach,latency=bulk@punix:{case.path('b')}", f"--remote=capture@punix:{case.path('r')}"]
        self.more = more
        self.daemon = case.daemon(*remotes, **more)
        self.clients = {}
        self.serve()

    def serve(self):
        """The worker that is there now serves: what is on the wire comes to clients, and what they send to the wire."""
        for client in self.clients.values():
            client.close()
        self.clients = {"c": self.case.connect(self.case.path("c"))}
        if self.sends:
            self.clients["i"] = self.case.connect(self.case.path("i"))
        plk.sync(self.wire, self.clients["c"])
        data = plk.frame(3, 60, plk.FAR, plk.NEAR)
        if self.sends:
            self.clients["i"].send(data)
            self.wire.expect([data], "injected")
        self.wire.send(plk.frame(4))
        self.clients["c"].expect([plk.frame(4)], "captured")

    def order(self, attack):
        """The frame that makes the worker hostile."""
        family = self.daemon.family
        body = b"HOSTILE!" + struct.pack("!HII", self.numbers[attack], self.world.index("c0"), self.world.index("e0"))
        body += struct.pack("!III", family["supervisor"], family["front"], family["broker"])
        return (plk.BROADCAST + plk.FAR + struct.pack("!H", plk.TYPE) + body).ljust(60, b"\0")

    def attack(self, attack):
        """Makes the worker hostile; returns where the log was before."""
        self.world.check_silent("before")
        self.daemon.family = self.daemon.look()
        mark = self.daemon.mark()
        if self.sends:
            self.clients["i"].send(self.order(attack))
        else:
            self.wire.send(self.order(attack))
        return mark

    def attack_with_descriptor(self, attack):
        """The same, and a packet socket on the other interface comes from a client, if the kernel lets it (before Linux 6.16)."""
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.bind(("c0", 0))
            try:
                if not self.sends:
                    socket.send_fds(self.clients["c"].sock, [b"see here"], [sock.fileno()])
                    plk.sync(self.wire, self.clients["c"])
                    return self.attack(attack)
                self.world.check_silent("before")
                mark = self.daemon.mark()
                socket.send_fds(self.clients["i"].sock, [plk.QEMU.encode(self.order(attack))], [sock.fileno()])
                return mark
            except PermissionError:
                note("worker", attack, "EPERM, for the client that sends the descriptor; and then:")
        return self.attack(attack)

    def restart(self):
        """After the service has ended."""
        self.daemon = self.case.daemon(*self.daemon.args, interface=None, **self.more)
        self.serve()

    def knock(self):
        """A connection for the worker, which does not look at it as it should."""
        sock = self.case.keep(socket.socket(socket.AF_UNIX))
        sock.connect(self.case.path("i" if self.sends else "c"))

    def check_worker_ends(self, attack, expected):
        before = self.daemon.look()
        mark = self.attack_with_descriptor(attack) if attack.startswith("rights-") else self.attack(attack)
        if attack.startswith("listener-"):
            self.knock()
        pid, got = outcome(lambda pattern: self.daemon.wait_log(pattern, after=mark), "worker")
        plk.equal(pid, before["worker"], "process that ended")
        check_outcome("worker", attack, got, expected)
        return before

    def check_harmless(self, attack, before):
        check_siblings(self.daemon, before, "worker", attack)
        self.world.check_untouched(attack)
        if not self.sends:
            self.world.check_nothing_sent(attack)
        elif attack == "send-tx":
            plk.check(self.world.evil_frames() > 0, "what the tests take for silence is none: a frame that was sent is not seen")
            self.wire.recv()
        self.world.check_silent(attack)


def test_all_are_known(case):
    """No attack without a row here."""
    check_complete(f"{case.bin}/pktlockd-worker", DIES, LIES, ODD, KEPT, OTHERS)


def run_all(prey, expectations):
    for attack, expected in expectations.items():
        if attack not in prey.numbers:
            continue  # another architecture: see check_complete()
        before = prey.check_worker_ends(attack, expected)
        prey.check_harmless(attack, before)
        prey.serve()
    prey.daemon.stop()


def test_calls(case):
    """With ports of all kinds, hence all sockets. The service heals each time."""
    run_all(Prey(case), DIES)


def test_calls_capture_only(case):
    """With a capture port alone. Whatever the worker tries, not one frame leaves the interface."""
    run_all(Prey(case, sends=False), CAPTURE_ONLY)


def test_ring_capture_only(case):
    """The same for the socket that has a ring. What ends a worker stays in the ring, and does not end the next one."""
    prey = Prey(case, sends=False, latency="bulk")
    attacks = sending("rx4") + ["send-tx", "run-data"]
    run_all(prey, {attack: CAPTURE_ONLY[attack] for attack in attacks})
    said = prey.daemon.stderr
    plk.equal(count_lines(said, r"worker \(pid \d+\) (was killed|ended)"), len(attacks), "deaths of workers")
    plk.equal(re.findall(r"rx_dropped_worker=(\d+)", said)[-1:], [str(len(attacks))], "frames in blocks that nobody read to the end")


def test_lies(case):
    """What the request table does not permit ends the service, with a line that names who sent what."""
    prey = Prey(case)
    for attack, line in LIES.items():
        mark = prey.attack(attack)
        prey.daemon.ended(1, 2.0)
        said = said_since(prey.daemon, mark)
        found = re.search(line, said, re.MULTILINE)
        plk.check(found, f"{attack}: {line!r} is not in {said!r}")
        plk.check("the service ends" in said, f"{attack}: it is not said that the service ends: {said!r}")
        note("worker", attack, found.group())
        prey.world.check_untouched(attack)
        prey.world.check_silent(attack)
        prey.restart()
    prey.daemon.stop()


def test_odd_messages(case):
    """What is permitted and not true, with descriptors of any kind, is logged, and harms nobody."""
    prey = Prey(case)
    for attack, line in ODD.items():
        before = prey.daemon.look()
        fds = prey.daemon.fd_counts()
        mark = prey.attack(attack)
        found = prey.daemon.wait_log(line, after=mark)[0]
        note("worker", attack, found.group())
        prey.wire.send(plk.frame(5))
        prey.wire.recv(0.1)  # the hostile frame itself went its way
        prey.clients["c"].recv()
        plk.equal(prey.daemon.look(), before, f"{attack}: processes")
        plk.equal(prey.daemon.fd_counts(), fds, f"{attack}: descriptors")
        # A fresh one each time: the front's limit on such lines would swallow the last.
        prey.daemon.stop()
        prey.restart()
        prey.world.check_silent(attack)


def kept(prey, attack):
    """Makes the worker hostile, and stops the daemon: what is in the store then is the manager's."""
    prey.attack(attack)
    time.sleep(0.1)
    os.kill(prey.daemon.pid, signal.SIGTERM)
    prey.daemon.ended(0, 1.0)
    prey.world.check_silent(attack)


def test_kept(case):
    """Nothing outlives the daemon but what it admitted: no packet socket, no listener, nobody else's connection, nothing twice."""
    manager = case.keep(Manager(case))
    prey = Prey(case, env={"NOTIFY_SOCKET": manager.path})
    for attack, line in KEPT.items():
        kept(prey, attack)
        found = re.search(line, prey.daemon.stderr, re.MULTILINE)
        plk.check(found, f"{attack}: {line!r} is not in {prey.daemon.stderr!r}")
        note("worker", attack, found.group())
        connections = [name for name in manager.names() if name.startswith("pktlock.client.")]
        plk.equal(len(connections), 1 if attack == "kept-twice" else 0, f"{attack}: connections in the store")
        manager.drop()
        prey.restart()
    prey.daemon.stop()


def test_kept_elsewhere(case):
    """A connection does not come back at another port than it was made to, whatever a worker said of it."""
    manager = case.keep(Manager(case))
    prey = Prey(case, env={"NOTIFY_SOCKET": manager.path})
    kept(prey, "kept-elsewhere")
    stored = list(manager.store)
    plk.equal(len(stored), 2, "a connection, and the interface's counts, in the store")
    daemon = case.daemon(*prey.daemon.args, interface=None, fds=dict(enumerate((fd for _, fd in stored), 3)),
                         listen=[name for name, _ in stored])
    note("worker", "kept-elsewhere", daemon.wait_log(OTHERS["kept-elsewhere"])[0].group())
    daemon.stop()


def flooded(case, attack):
    """The log gets a bounded number of lines however many messages come, and the next worker serves."""
    prey = Prey(case)
    mark = prey.attack(attack)
    outcome(lambda pattern: prey.daemon.wait_log(pattern, after=mark), "worker")
    prey.serve()
    lines = count_lines(said_since(prey.daemon, mark), OTHERS[attack])
    plk.check(1 <= lines <= LOG_LINES, f"{attack}: {lines} lines in the log")
    note("worker", attack, f"at most {LOG_LINES} lines: {lines}")
    prey.daemon.stop()


def test_flood_of_events(case):
    flooded(case, "flood-events")


def test_flood_of_closed(case):
    flooded(case, "flood-closed")


def test_flood_of_adopted(case):
    flooded(case, "flood-adopted")


def test_orders_unread(case):
    """A worker that asks and asks and reads no answer is replaced."""
    prey = Prey(case)
    mark = prey.attack("flood-accepted")
    found = prey.daemon.wait_log(OTHERS["flood-accepted"], after=mark)[0]
    note("worker", "flood-accepted", found.group())
    prey.daemon.wait_log(r"worker \(pid \d+\) was killed by signal 9; ", after=mark)
    prey.serve()
    lines = count_lines(said_since(prey.daemon, mark), r"slot=900")
    plk.check(lines <= LOG_LINES, f"{lines} lines in the log")
    prey.daemon.stop()


def stalled(case, attack):
    """Nobody waits for a worker: a stop takes less than a second."""
    prey = Prey(case)
    prey.attack(attack)
    time.sleep(0.2)
    began = time.monotonic()
    prey.daemon.look()
    os.kill(prey.daemon.pid, signal.SIGTERM)
    prey.daemon.ended(0, 1.0)
    note("worker", attack, f"stopped in {time.monotonic() - began:.2f} s")


def test_spin(case):
    stalled(case, "spin")


def test_sleep(case):
    stalled(case, "sleep")


def test_flood_for_ever(case):
    stalled(case, "flood-events-forever")


def counters(prey):
    mark = prey.daemon.mark()
    os.kill(prey.daemon.pid, signal.SIGUSR1)
    line = prey.daemon.wait_log(r"^pktlockd\[front\]: info: counters(.*)$", after=mark)[0].group(1)
    return {name: int(value) for name, value in (word.split("=") for word in line.split() if "=" in word)}


def test_counters(case):
    """Whatever is in the page, no counter goes back, then or later."""
    prey = Prey(case)
    before = counters(prey)
    plk.check(before.get("rx_frames", 0) > 0, f"nothing was counted: {before}")
    for attack in ("counters-zero", "counters-half", "counters-most", "counters-zero"):
        mark = prey.attack(attack)
        outcome(lambda pattern, mark=mark: prey.daemon.wait_log(pattern, after=mark), "worker")
        for _ in range(2):
            now = counters(prey)
            for name, value in before.items():
                plk.check(now.get(name, 0) >= value, f"{attack}: {name} went from {value} to {now.get(name)}")
            before = now
            prey.serve()
        note("worker", attack, "no counter goes back")
    prey.daemon.stop(books=False)


if __name__ == "__main__":
    main()
