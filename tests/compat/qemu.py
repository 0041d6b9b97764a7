# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of label compat share: Debian's QEMU as a peer, its QMP, its dumps, and a reader of all.

The daemon, the interfaces and the clients are those of tests/netns (plk.py). QEMU lives in the same private world, gets its
TAPs as descriptors, and needs no KVM. It is never skipped: without it these tests fail.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import struct
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "netns"))
import nic as card  # pylint: disable=unused-import,wrong-import-position
import pcap  # pylint: disable=wrong-import-position
import plk  # pylint: disable=wrong-import-position

PROGRAM = "/usr/bin/qemu-system-x86_64"
NOBODY = 65534
QMP_SECONDS = 10.0
COUNTED_S = 0.6  # after so long the counters that are logged have all that was lost before

# A machine without anything: no processor runs, only the network layer does.
BARE = ("-M none",)
# With a PCI bus to put a card into; its processor finds nothing to boot and sleeps.
IDLE = ("-M pc", "-accel tcg", "-m 16")
# With a processor, emulated, which boots from the network.
REAL = ("-M pc", "-accel tcg", "-m 64", "-boot n")


class Qemu(plk.Process):
    """A running QEMU and its QMP.

    options: command line, each an option and its value in one string
    taps:    {NAME: plk.Tap}: netdevs of that name that are given the descriptor. It is QEMU's alone then, as a VM's is.
    user:    numeric user id to run as; None stays root
    """

    def __init__(self, case, *options, machine=BARE, taps=None, user=None):
        plk.check(os.access(PROGRAM, os.X_OK), f"{PROGRAM} is missing (Debian: qemu-system-x86); see ci/install-deps.sh")
        ours, theirs = socket.socketpair()
        taps = taps or {}
        fds = {20: theirs} | {21 + i: tap for i, tap in enumerate(taps.values())}
        options = [
            *machine, "-nodefaults", "-no-user-config", "-display none", "-monitor none", "-chardev socket,id=qmp,fd=20",
            "-mon chardev=qmp,mode=control", *(f"-netdev tap,id={name},fd={21 + i}" for i, name in enumerate(taps)), *options,
        ]  # fmt: skip
        under = [] if user is None else ["/usr/bin/setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        with theirs:
            super().__init__([*under, PROGRAM, *(word for option in options for word in option.split(" ", 1))], fds)
        case.stack.callback(self.end)
        for tap in taps.values():
            tap.close()
        self.sock = ours
        self.sock.settimeout(QMP_SECONDS)
        self.buffer = b""
        self.events = []
        try:
            plk.check("QMP" in self._receive(), "no greeting")
            self.ask("qmp_capabilities")
        except (plk.Failure, OSError) as error:
            self.kill()
            raise plk.Failure(f"QEMU did not start: {error} {self.stderr}") from error

    def _receive(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            plk.check(data, "QEMU has ended")
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def ask(self, command, **arguments):
        """Executes a QMP command: what it returns."""
        self.sock.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        while True:
            try:
                answer = self._receive()
            except TimeoutError as error:
                raise plk.Failure(f"QEMU does not answer {command} within {QMP_SECONDS} s") from error
            if "event" in answer:
                self.events.append(answer["event"])
                continue
            plk.check("return" in answer, f"{command} {arguments}: {answer}")
            return answer["return"]

    def alive(self):
        """It still serves: its main loop is neither blocked nor gone."""
        plk.check(self.ask("query-status")["status"], "no status")

    def wait_connected(self, *chardevs):
        """Returns when QEMU itself knows that these have a peer: until then it throws away what is meant for them."""

        def connected():
            known = {entry["label"]: entry["filename"] for entry in self.ask("query-chardev")}
            return not any(known[name].startswith("disconnected") for name in chardevs)

        plk.poll_until(connected, f"{' '.join(chardevs)} of QEMU has a peer")

    def end(self):
        """SIGKILL: nothing that it would still write is of interest."""
        self.signal(signal.SIGCONT)
        self.kill()
        self.sock.close()


# ---------------------------------------------------------------------------------------------------------------------
# What filter-dump writes


def dumped(path, count, keep=lambda data: True, seconds=plk.WAIT):
    """The records of filter-dump, as soon as it has written so many that are to be kept."""

    def read():
        with open(path, "rb") as file:
            found = [data for data in pcap.read(file.read()) if keep(data)]
        return found if len(found) >= count else None

    return plk.poll_until(read, f"{count} frames in {os.path.basename(path)}", seconds)


def padded(data):
    """As QEMU passes on what it reads from a TAP: no shorter than Ethernet has it."""
    return data.ljust(60, b"\0")


def no_probe(data):
    return plk.ethertype_of(data) != plk.PROBE


# ---------------------------------------------------------------------------------------------------------------------
# The daemon


def counters(daemon):
    """The counters now, with the last losses."""
    time.sleep(COUNTED_S)
    mark = daemon.mark()
    daemon.signal(signal.SIGUSR1)
    line = daemon.wait_log(r"^pktlockd\[front\]: info: counters(.*)$", after=mark)[0].group(1)
    return {name: int(value) for name, value in (word.split("=") for word in line.split() if "=" in word)}


def nothing_dropped(daemon, full=("rx_dropped_queue",)):
    """But for what found a queue full: TCP fills each on its way once, and learns so how much there is room for."""
    count = counters(daemon)
    plk.equal({name: count[name] for name in count if "dropped" in name and name not in full}, {}, "dropped")


def arrives(send, wire):
    """Calls send(probe) until one comes in at the wire. plk.Wire shows probes to nobody else."""
    probe = plk.frame(0, 60, ethertype=plk.PROBE)
    end = time.monotonic() + plk.WAIT
    while time.monotonic() < end:
        send(probe)
        wire.sock.settimeout(0.02)
        with contextlib.suppress(TimeoutError):
            while True:
                data, address = wire.sock.recvfrom(1 << 17)
                plk.equal(plk.shown(data), plk.shown(probe), "while probing")
                if address[2] != plk.PACKET_OUTGOING:
                    return
    raise plk.Failure(f"what is sent does not arrive within {plk.WAIT} s")


def longer_than(wire, size):
    """Lets the kernel keep only frames that are longer."""
    # ldw #len; jgt #size, keep; ret #0; keep: ret #-1
    code = struct.pack("=HBBIHBBIHBBIHBBI", 0x80, 0, 0, 0, 0x25, 1, 0, size, 6, 0, 0, 0, 6, 0, 0, 0xFFFFFFFF)
    program = ctypes.create_string_buffer(code)
    wire.sock.setsockopt(socket.SOL_SOCKET, plk.SO_ATTACH_FILTER, struct.pack("HP", 4, ctypes.addressof(program)))
