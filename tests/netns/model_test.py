# SPDX-License-Identifier: BSD-2-Clause
"""Random operations on a daemon that serves, and a small model of what it must answer, list, keep and close.

A block is a fresh daemon and some sequences of operations, each of which ends with a look at descriptors and at idleness. The
number of a block is its seed: what went wrong goes wrong again with --block=NUMBER, which shows the operations too.

Options: --seed=NUMBER (of the first block), --sequences=N, --jobs=N (daemons side by side), --seconds=N (no sequence begins later),
--block=NUMBER (this one only).
"""

import collections
import contextlib
import ctypes
import json
import os
import random
import re
import select
import signal
import socket
import struct
import sys
import time

import plk
from control import Control, request

PER_BLOCK = 20  # sequences
SLOTS = 10
LATER = "no worker serves now (see the log); try again"
STRANGER = 4242
FRAME_BYTES = 64  # of plk.frame() on a stream


def option(name, default):
    found = [arg for arg in sys.argv if arg.startswith(f"--{name}=")]
    return int(found[-1].partition("=")[2]) if found else default


SEED = option("seed", 1)
SEQUENCES = option("sequences", 240)
JOBS = option("jobs", 12)
SECONDS = option("seconds", 20)
BLOCK = option("block", 0)
plk.TEST_SECONDS = max(SECONDS, 0) + 120


# ---------------------------------------------------------------------------------------------------------------------
# What can be asked for: {d} is the directory, in which there are a socket "taken" that somebody listens at, a file "file", and
# a socket "peer"; of TCP ports 7009 and 7101 belong to others.

PORTS = (
    "capture@punix:{d}/p0", "inject@punix:{d}/p0", "attach@punix:{d}/p1", "capture,latency=low@punix:{d}/p1",
    "capture,max-clients=1@punix:{d}/p2", "attach,max-clients=2@punix:{d}/p2", f"capture,allow-uid={STRANGER}@punix:{{d}}/p3",
    "inject@punix:{d}/p3", "capture,format=pcapng@punix:{d}/p4", "capture,direction=out@punix:{d}/p4",
    "capture,latency=low@punix:{d}/start", "capture@ptcp:7001:127.0.0.1", "inject@ptcp:7001:127.0.0.1", "attach@ptcp:7001:0.0.0.0",
    "capture@ptcp:7002:127.0.0.1", "capture@ptcp:0:127.0.0.1", "inject@ptcp:0:127.0.0.1", "capture@unix:{d}/peer",
    "attach@unix:{d}/peer", "attach,latency=bulk@unix:{d}/peer", "capture@unix:{d}/nobody", "inject@tcp:127.0.0.1:7101",
    "inject@tcp:127.0.0.1:7102",
)
INHERITED = ("capture@pfd:3", "attach@sd:b", "inject,tcp=yes@pfd:5")
START = (*INHERITED, "capture,latency=low@punix:{d}/start")
TROUBLE = {  # what the world refuses
    "capture@punix:{d}/file": "File exists",
    "attach@punix:{d}/taken": "Address already in use",
    "capture@ptcp:7009:127.0.0.1": "Address already in use",
    "inject@ptcp:7101:0.0.0.0": "Address already in use",
}
FORBIDDEN = {  # (why, column in a file)
    "capture@pfd:3": ("pfd: remotes can only be specified on the command line", 9),
    "inject@pfd:3": ("pfd: remotes can only be specified on the command line", 8),
    "capture@pfd:9": ("pfd: remotes can only be specified on the command line", 9),
    "attach@sd:b": ("sd: remotes can only be specified on the command line", 8),
    "inject,tcp=yes@pfd:5": ("pfd: remotes can only be specified on the command line", 16),
    "capture@sd:zz": ("sd: remotes can only be specified on the command line", 9),
    "capture@punix:{d}/deep/p": ("directory is not allowed (start with --remote-dir={d}/deep)", 9),
    "capture@unix:/run/elsewhere": ("directory is not allowed (start with --remote-dir=/run)", 9),
}
WRONG = {
    "foo": ("unknown role (capture, inject or attach)", 1),
    "copy@ptcp:7": ("unknown role (capture, inject or attach)", 1),
    "capture@": ("remote is missing", 9),
    "capture@ptcp:65536": ("port number out of range", 14),
    "capture@pfd:03": ("descriptor number is not canonical decimal", 13),
    "capture@punix:relative": ("path is not absolute", 15),
    "inject,mac=zz@ptcp:7": ("not a MAC address", 12),
}

Spec = collections.namedtuple("Spec", "text role remote kind")


def spec_of(text):
    head, _, remote = text.partition("@")
    return Spec(text, head.partition(",")[0], remote, remote.partition(":")[0])


def is_passive(spec):
    return spec.kind not in ("unix", "tcp")


def clash(a, b):
    """As text/policy.h says."""
    if not is_passive(a) or a.remote.startswith("ptcp:0:"):
        return a.text == b.text
    return a.remote == b.remote


def is_dead(pid):
    """Its connections are closed, then; whether anybody has seen it is another matter."""
    try:
        return plk.stat_fields(pid)[0] in "ZX"
    except OSError:
        return True


class Connection:
    """A client, or the daemon's connection to a peer. It ends at once: a TCP connection that says no more may still listen."""

    def __init__(self, sock):
        self.sock = sock
        self.data = b""
        self.eof = False
        self.is_raw = False
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def close(self):
        self.sock.close()

    def read(self):
        while not self.eof:
            try:
                more = self.sock.recv(65536)
            except BlockingIOError:
                return
            except ConnectionResetError:
                more = b""
            self.eof = not more
            self.data += more


class Port:
    def __init__(self, text, origin):
        self.spec = spec_of(text)
        self.origin = origin
        self.parked = False
        self.clients = []

    def is_there(self):
        return not self.parked

    def max_clients(self):
        found = re.search(r"max-clients=(\d+)", self.spec.text)
        return int(found.group(1)) if found else SLOTS

    def admits(self):
        return "allow-uid" not in self.spec.text

    def hears(self):
        """Whether its clients get what comes in, in the format that is looked into."""
        return self.spec.role != "inject" and "direction=out" not in self.spec.text

    def is_raw(self):
        return "pcapng" in self.spec.text


class Machine:
    """A daemon, what it must be like, and what was done to it."""

    def __init__(self, case, number, kills):
        self.case = case
        self.number = number
        self.kills = kills
        self.random = None
        self.log = []
        self.n_operations = 0
        self.off = False
        self.level = "info"
        self.gone = []  # connections that the daemon must close
        self.peers = {}  # {remote: connections}
        self.killed = set()
        self.killed_at = 0.0
        self.quick = 0  # deaths in a row of workers that lived less than two seconds
        self.unsure = False  # connections come or go that were not looked at since
        self.frames = 0
        self.reloads_end = 0  # of what the log had of reloads
        self.lines = []
        self.file_trouble = None
        self.make_world()
        self.start()

    # What is around the daemon

    def here(self, text):
        return text.replace("{d}", self.case.dir)

    def make_world(self):
        case = self.case
        self.listeners = {"unix:" + case.path("peer"): case.listener("peer"), "tcp:127.0.0.1:7101": self.tcp_listener(7101)}
        case.listener("taken")
        self.tcp_listener(7009)
        with open(case.path("file"), "wb"):
            pass
        os.mkdir(case.path("etc"), 0o755)
        os.mkdir(case.path("deep"), 0o777)
        self.inherited = {"pfd:3": case.listener("l3"), "sd:b": case.listener("lb"), "pfd:5": self.tcp_listener(7005)}
        for sock in self.listeners.values():
            sock.setblocking(False)
        self.peers = {remote: [] for remote in self.listeners}
        case.veth()
        self.wire = case.wire()

    def tcp_listener(self, number):
        sock = self.case.keep(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", number))
        sock.listen(16)
        return sock

    def start(self):
        case = self.case
        self.ports = {}
        self.write([])
        for text in map(self.here, START):
            self.ports[text] = Port(text, "cmdline")
        self.daemon = case.daemon(f"--control=punix:{case.path('ctl')}", f"--remotes-file={case.path('etc/remotes')}",
                                  f"--remote-dir={case.dir}", f"--clients={SLOTS}", "--queue=69640",
                                  *(f"--remote={self.here(text)}" for text in START),
                                  fds=dict(zip((3, 4, 5), self.inherited.values())), listen=["a", "b", "c"])
        self.began = time.monotonic()
        self.control = case.keep(Control(case.path("ctl")))
        self.check()
        self.base = {role: self.descriptors(role) - more for role, more in self.held().items()}

    # Descriptors and time

    def pid(self, role):
        if role != "worker":
            return self.daemon.family[role]
        with open(f"/proc/{self.daemon.pid}/task/{self.daemon.pid}/children", encoding="ascii") as file:
            known = [self.daemon.family[name] for name in ("broker", "front")]
            found = [int(pid) for pid in file.read().split() if int(pid) not in known]
        return found[0] if found else None

    def descriptors(self, role):
        with contextlib.suppress(OSError):  # a worker that was killed
            return len(os.listdir(f"/proc/{self.pid(role)}/fd"))
        return -1

    def held(self):
        """How many descriptors each has beside those that it always has."""
        n_clients = sum(len(port.clients) for port in self.ports.values()) + sum(map(len, self.peers.values()))
        listeners = sum(is_passive(port.spec) for port in self.ports.values())
        return {"supervisor": 0, "broker": 0, "front": listeners, "worker": n_clients}

    def check_descriptors(self):
        wanted = {role: self.base[role] + more for role, more in self.held().items()}

        def found():
            self.look_at_peers()
            wanted.update({role: self.base[role] + more for role, more in self.held().items()})
            return {role: self.descriptors(role) for role in wanted} == wanted

        try:
            plk.poll_until(found, "descriptors")
        except plk.Failure as error:
            raise plk.Failure(f"descriptors: {({role: self.descriptors(role) for role in wanted})}, expected {wanted}") from error

    def run_time(self):
        """Of all four; None if a worker is missing, or is one that was killed and nobody has seen it yet."""
        times = []
        try:
            for role in ("supervisor", "broker", "front", "worker"):
                with open(f"/proc/{self.pid(role)}/schedstat", encoding="ascii") as file:
                    times.append(int(file.read().split()[0]))
        except OSError:
            return None
        return times

    def check_idle(self, window, seconds):
        """There is a while in which none of the four runs; a timer may be due now and then."""

        def rests():
            before = self.run_time()
            time.sleep(window)
            return before and self.run_time() == before

        plk.poll_until(rests, f"no processor time within {window} s", seconds, 0)

    # What must be

    def look_at_peers(self):
        for remote, listener in self.listeners.items():
            while True:
                try:
                    self.peers[remote].append(Connection(self.case.keep(listener.accept()[0])))
                except BlockingIOError:
                    break
            for connection in self.peers[remote]:
                connection.read()
            self.peers[remote] = [connection for connection in self.peers[remote] if not connection.eof]

    def difference(self, rows, with_clients):
        """What is wrong with the list, or None."""
        got = [row[0] for row in rows]
        if got != sorted(self.ports):
            return f"ports are {got}, not {sorted(self.ports)}"
        connected = {remote: 0 for remote in self.listeners}
        for text, words in rows:
            port = self.ports[text]
            if words["origin"] != port.origin:
                return f"{text}: origin is {words['origin']}, not {port.origin}"
            if is_passive(port.spec) and words["state"] != ("parked" if port.parked else "listening"):
                return f"{text}: state is {words['state']}, parked={port.parked}"
            if not is_passive(port.spec):
                if port.spec.remote not in connected:
                    connected[port.spec.remote] = 0
                connected[port.spec.remote] += int(words["clients"])
                if with_clients and (words["state"] == "connected") != (words["clients"] == "1"):
                    return f"{text}: state is {words['state']}, clients={words['clients']}"
            elif with_clients and int(words["clients"]) != len(port.clients):
                return f"{text}: clients={words['clients']}, not {len(port.clients)}"
            if (port.spec.kind == "ptcp" or port.spec.remote == "pfd:5") != ("address" in words):
                return f"{text}: address is {words.get('address')}"

        for remote, n in connected.items():
            if with_clients and n != len(self.peers.get(remote, ())):
                return f"{remote}: {n} connections, not {len(self.peers.get(remote, ()))}"
        return None

    def rows(self):
        found = []
        for line in self.control.done("list-remotes").splitlines():
            text, *words = line.split(" ")
            found.append((text, dict(word.split("=", 1) for word in words)))
        return found

    def check_clients(self):
        """Those that must be there are, those that must be closed are; a stream ends at a frame."""
        for port in self.ports.values():
            for connection in port.clients:
                connection.read()
                plk.check(not connection.eof, f"a client of {port.spec.text} was closed")
        waiting = []
        for connection in self.gone:
            connection.read()
            if connection.eof:
                plk.equal(len(connection.data) % FRAME_BYTES if not connection.is_raw else 0, 0, "bytes of a torn frame at the end")
                connection.close()
            else:
                waiting.append(connection)
        self.gone = waiting

    def check(self):
        """Ports at once, clients soon: they come and go by themselves."""
        wrong = self.difference(self.rows(), False)
        plk.check(not wrong, wrong)
        end = time.monotonic() + 2 * plk.WAIT
        pause = 0.001
        while True:
            self.look_at_peers()
            wrong = self.difference(self.rows(), True)
            self.look_at_peers()
            self.check_clients()
            if not wrong and not self.gone:
                self.unsure = False
                break
            plk.check(time.monotonic() < end, wrong or f"{len(self.gone)} clients were not closed")
            time.sleep(pause)
            pause = min(pause * 2, 0.1)
        there = {port.spec.remote.partition(":")[2] for port in self.ports.values() if port.spec.kind == "punix"}
        plk.equal(self.socket_files(), there, "socket files")

    def socket_files(self):
        return {self.case.path(name) for name in os.listdir(self.case.dir) if re.fullmatch("p[0-9]|start", name)}

    # What is asked for, and the answer that must come

    def lose(self, port):
        for connection in port.clients:
            connection.is_raw = port.is_raw()
        self.gone += port.clients
        port.clients = []

    def is_full(self):
        """Whether a port or client that comes finds no slot: True, False, or None, which is that both may be.

        Active ports take a slot and leave it when they like."""
        clients = sum(len(port.clients) for port in self.ports.values())
        active = sum(port.spec.remote in self.listeners for port in self.ports.values())
        if self.unsure:
            return None if clients + active + 4 >= SLOTS - 1 else False
        if clients >= SLOTS:
            return True
        return None if clients + active >= SLOTS - 1 else False

    def world_refuses(self, spec, others):
        for text, why in TROUBLE.items():
            if spec.text == self.here(text):
                return why
        if spec.kind != "ptcp" or spec.remote.startswith("ptcp:0:"):
            return None
        _, number, address = spec.remote.split(":")
        for other in others:
            if other.kind == "ptcp" and other.remote.split(":")[1] == number and "0.0.0.0" in (address, other.remote.split(":")[2]):
                return "Address already in use"
        return None

    def nothing(self):
        """What becomes of what the world refuses."""

    def expect_add(self, text):
        """(why not, or None; what becomes of it: None if it is refused before room is looked for)"""
        port = self.ports.get(text)
        for table in (WRONG, FORBIDDEN):
            for key, (why, _) in table.items():
                if text == self.here(key) and not (port and port.parked):
                    return self.here(why), None
        spec = spec_of(text)
        if port and not port.parked:
            return "there is such a remote already", None
        if port:
            return None, lambda: setattr(port, "parked", False)
        for other in self.ports.values():
            if clash(other.spec, spec):
                return f"another port has this remote: {other.spec.text}", None
        full = self.is_full()
        if full:
            return f"no room: {SLOTS} of {SLOTS} client slots are taken", None
        return self.world_refuses(spec, [other.spec for other in self.ports.values()]), lambda: self.ports.update({text: Port(text, "control")})

    def remove(self, port):
        self.lose(port)
        if port.spec.kind in ("pfd", "sd"):
            port.parked = True
        else:
            del self.ports[port.spec.text]

    def expect_remove(self, text):
        found = [port for port in self.ports.values() if text in (port.spec.text, port.spec.remote) and not port.parked]
        if not found:
            return "no such remote", None
        if len(found) > 1:
            return "several ports have this remote; give the whole PORT-SPEC", None
        return None, lambda: self.remove(found[0])

    def place(self, number, column, why):
        return rf"remotes:{number}:{column}: .*{re.escape(why)}"

    def file_error(self):
        if self.file_trouble:
            return re.escape(self.file_trouble)
        for number, line in enumerate(self.lines, 1):
            for table in (WRONG, FORBIDDEN):
                for key, (why, column) in table.items():
                    if line == self.here(key):
                        return self.place(number, column, self.here(why))
            if not line or line.startswith("#"):
                continue
            for other in self.lines[: number - 1]:
                if "@" in other and clash(spec_of(line), spec_of(other)):
                    return self.place(number, line.index("@") + 2, "remote stands in the file already")
        return None

    def expect_reload(self):
        why = self.file_error()
        if why:
            return re.compile(why), None
        new, kept = [], {}
        for number, line in enumerate(self.lines, 1):
            if not line or line.startswith("#"):
                continue
            spec = spec_of(line)
            found = [port for port in self.ports.values() if not port.parked and clash(port.spec, spec)]
            if not found:
                new.append((number, line))
            elif found[0].origin == "file" or (found[0].origin == "control" and found[0].spec.text == line):
                kept[found[0].spec.text] = line
            else:
                return re.compile(self.place(number, line.index("@") + 2, f"another port has this remote: {found[0].spec.text}")), None
        if new and self.is_full():
            return re.compile(self.place(new[0][0], 1, f"no room: {SLOTS} of {SLOTS} client slots are taken")), None
        others = [port.spec for port in self.ports.values()]
        for number, line in new:
            why = self.world_refuses(spec_of(line), others)
            if why:
                return re.compile(self.place(number, line.index(":") + 2, "") + ".*" + why), self.nothing
            others.append(spec_of(line))
        return None, lambda: self.reloaded([line for _, line in new], kept)

    def reloaded(self, new, kept):
        for port in list(self.ports.values()):
            if port.origin == "file" and port.spec.text not in kept:
                self.remove(port)
        for before, text in kept.items():
            port = self.ports.pop(before)
            port.origin = "file"
            if text != before:
                self.lose(port)
                port.spec = spec_of(text)
            self.ports[text] = port
        for text in new:
            self.ports[text] = Port(text, "file")

    def expect(self, method, *params):
        if method == "add-remote":
            return self.expect_add(*params)
        if method == "remove-remote":
            return self.expect_remove(*params)
        if method == "reload":
            return self.expect_reload()
        if method == "status" and params[0] not in ("on", "off"):
            return "is not a status", None
        if method == "status":
            return None, lambda: setattr(self, "off", params[0] == "off")
        plk.equal(method, "log-level", "command")
        if params[0] not in ("error", "warning", "info", "debug"):
            return "is not a log level", None
        return None, lambda: setattr(self, "level", params[0])

    def judge(self, said, got, why, effect):
        """got: None, or the text of a refusal. Return: whether it is to be asked again."""
        self.log[-1] += f" -> {'done' if got is None else got.strip()}"
        if got is not None and LATER in got:
            plk.check(time.monotonic() - self.killed_at < 10, f"{said}: {got!r}, but no worker was killed")
            return True
        if got is not None and effect and self.is_full() is None and "no room" in got:
            return False
        self.unsure = True
        if got is None:
            plk.check(why is None, f"{said} was done, not refused: {why!r}")
            effect()
        elif isinstance(why, re.Pattern):
            plk.check(why.search(got), f"{said}: {got!r}, not {why.pattern!r}")
        else:
            plk.check(why is not None and why in got, f"{said}: {got!r}, not {why!r}")
        return False

    def answer(self):
        answer = self.control.answer(2 * plk.WAIT)
        return answer.get("error")

    def ask(self, *words):
        """A change, again if there was no worker."""
        while True:
            self.note(*words)
            self.control.send(request(*words))
            got = self.answer()
            if not self.judge(words, got, *self.expect(*words)):
                break
            time.sleep(0.05)

    # Operations

    def note(self, *words):
        self.log.append(" ".join(map(str, words)).replace(self.case.dir, "{d}"))
        self.n_operations += 1

    def any_port(self):
        kind = self.random.random()
        if kind < 0.7:
            return self.here(self.random.choice(PORTS))
        table = self.random.choice((TROUBLE, FORBIDDEN, WRONG, dict.fromkeys(INHERITED), dict.fromkeys(self.ports)))
        return self.here(self.random.choice(sorted(table))) if table else "foo"

    def any_removed(self):
        if self.random.random() < 0.8 and self.ports:
            port = self.ports[self.random.choice(sorted(self.ports))]
            return port.spec.text if self.random.random() < 0.7 else port.spec.remote
        text = self.any_port()
        return text if self.random.random() < 0.7 else text.partition("@")[2]

    def any_change(self):
        kind = self.random.random()
        if kind < 0.5:
            return "add-remote", self.any_port()
        if kind < 0.85:
            return "remove-remote", self.any_removed()
        return "status", self.random.choice(("on", "off", "on", "ON"))

    def change(self):
        self.ask(*self.any_change())

    def pipelined(self):
        """Several requests at once; each is answered as if it came alone."""
        changes = [self.any_change() for _ in range(self.random.randint(2, 4))]
        self.control.send(b"".join(request(*words, id=i) for i, words in enumerate(changes)))
        for i, words in enumerate(changes):
            self.note("pipelined:", *words)
            answer = self.control.answer(2 * plk.WAIT)
            plk.equal(answer["id"], i, "id of the answer")
            self.judge(words, answer.get("error"), *self.expect(*words))

    def status(self):
        self.ask("status", self.random.choice(("on", "off", "off", "")))
        plk.equal(self.control.done("status"), "off\n" if self.off else "on\n", "status")

    def level_of(self, level):
        self.ask("log-level", level)

    def log_level(self):
        self.level_of(self.random.choice(("error", "warning", "info", "debug", "loud")))

    def talk(self):
        """What changes nothing."""
        self.note("talk")
        control = Control(self.case.path("ctl"))
        try:
            plk.check("add-remote" in control.done("list-commands"), "list-commands has no add-remote")
            plk.check("is not a valid command" in control.refused("stats-remote"), "an unknown command")
            plk.check("requires at least 1" in control.refused("add-remote"), "a command without its argument")
            if self.random.random() < 0.5:
                control.send(self.random.choice((b"{", b"[]", b'{"id":1}', b"\0")))
        finally:
            control.close()

    def stats(self):
        """The same as list-remotes says, and how many workers were followed by another."""
        self.note("stats")
        plk.poll_until(self.stats_are_right, "stats and show as the model has it")

    def stats_are_right(self):
        stats = json.loads(self.control.done("stats", "json"))
        plk.equal(stats["status"], "off" if self.off else "on", "status in the stats")
        plk.equal(sorted((port["remote"], port["origin"], port["state"] == "parked") for port in stats["remotes"]),
                  sorted((text, port.origin, port.parked) for text, port in self.ports.items()), "remotes in the stats")
        for port in stats["remotes"]:
            plk.equal(len(port["clients"]), port["pktlock_clients"], f"clients of {port['remote']} in the stats")
        show = self.control.done("show")
        plk.check(f"status {'off' if self.off else 'on'}, " in show and all(text in show for text in self.ports), f"show is {show!r}")
        clients = {port["remote"]: port["pktlock_clients"] for port in stats["remotes"]}
        return stats["pktlock_worker_restarts_total"] == len(self.killed) and all(
            clients[text] == len(port.clients) for text, port in self.ports.items() if is_passive(port.spec))

    def write(self, lines, mode=0o644):
        path = self.case.path("etc/remotes")
        self.lines = lines
        with open(f"{path}.new", "w", encoding="ascii") as file:
            file.write("".join(line + "\n" for line in lines))
        os.chmod(f"{path}.new", mode)
        os.rename(f"{path}.new", path)
        self.file_trouble = "may be written by its group or by others" if mode & 0o022 else None

    def rewrite(self):
        """Mostly a file that can be: what is in it, with changes."""
        lines = [line for line in self.lines if self.random.random() < 0.7]
        for _ in range(self.random.randint(0, 3)):
            lines.insert(self.random.randint(0, len(lines)), self.here(self.random.choice(PORTS)))
        kind = self.random.random()
        if kind < 0.6:  # no two for one listener
            chosen = []
            for line in lines:
                if "@" in line and all("@" not in other or not clash(spec_of(line), spec_of(other)) for other in chosen):
                    chosen.append(line)
            lines = chosen + self.random.choice(([], ["# end"], [""]))
        elif kind < 0.8:
            lines.insert(self.random.randint(0, len(lines)), self.any_port())
        self.write(lines, self.random.choice((0o664, 0o646)) if self.random.random() < 0.05 else 0o644)
        if self.random.random() < 0.05:
            os.unlink(self.case.path("etc/remotes"))
            self.file_trouble = "cannot be opened: No such file or directory"
        self.note("write:", "; ".join(self.lines), self.file_trouble or "")

    def reload(self):
        """A reload is logged, which is all that SIGHUP says; lines of before must not be taken for it."""
        if self.random.random() < 0.6:
            self.rewrite()
        if self.level not in ("info", "debug"):
            self.level_of("info")
        if self.random.random() < 0.5:
            self.ask("reload")
            if self.log[-1].endswith(" -> done"):
                self.reload_line()
        else:
            self.hang_up()

    def reload_line(self):
        """The next that the log has of a reload: why it was refused, or None."""
        found = self.daemon.wait_log(r"info: reloaded added=.*$|error: nothing is changed: (.*)$", after=self.reloads_end)[0]
        self.reloads_end += len(found.string[: found.end()].encode())
        return found.group(1)

    def hang_up(self):
        again = True
        while again:
            self.note("SIGHUP")
            os.kill(self.daemon.pid, signal.SIGHUP)
            again = self.judge("SIGHUP", self.reload_line(), *self.expect_reload())

    def kill(self):
        """The worker, with a change on its way or without."""
        if not self.may_kill():
            return
        words = self.any_change() if self.random.random() < 0.5 else None
        if self.level not in ("info", "debug"):
            self.level_of("info")
        mark = self.daemon.mark()
        if words:
            self.note("and then:", *words)
            self.control.send(request(*words))
            time.sleep(self.random.choice((0, 0, 0.0005, 0.001, 0.002, 0.004, 0.008)))
        self.note("kill")
        self.killed_at = time.monotonic()
        self.unsure = True
        worker = self.pid("worker")
        if worker:  # the last one may not have been followed yet
            os.kill(worker, signal.SIGKILL)
            self.killed.add(worker)
            plk.poll_until(lambda: is_dead(worker), "the worker is dead", pause=0.001)
        if words:
            self.judge(words, self.answer(), *self.expect(*words))
        for port in self.ports.values():
            self.lose(port)
        if self.random.random() < 0.5 and worker:
            self.daemon.wait_log("another worker serves", after=mark, seconds=2 * plk.WAIT)

    def may_kill(self):
        """Not so often that the next one waits for long."""
        if not self.kills:
            return False
        lived = time.monotonic() - max(self.killed_at, self.began)
        self.quick = 0 if lived > 4 else self.quick + 1
        return self.quick <= 2

    def where(self, port):
        spec = port.spec if isinstance(port, Port) else port
        if spec.remote in self.inherited:
            return self.inherited[spec.remote].getsockname()
        kind, _, rest = spec.remote.partition(":")
        if kind == "punix":
            return rest
        number = rest.split(":")[0]
        if number == "0":
            number = dict(self.rows())[spec.text]["address"].rpartition(":")[2]
        return ("127.0.0.1", int(number))

    def connect(self):
        for _ in range(self.random.choice((1, 1, 1, 3))):
            self.connect_one()

    def connect_one(self):
        there = [text for text, port in self.ports.items() if is_passive(port.spec)]
        absent = [text for text in map(self.here, PORTS) if is_passive(spec_of(text)) and not self.has_listener(spec_of(text))]
        if self.random.random() < 0.1 and absent:
            self.nobody_at(spec_of(self.random.choice(absent)))
        elif there:
            self.connect_to(self.ports[self.random.choice(sorted(there))])

    def has_listener(self, spec):
        if spec.remote.startswith("ptcp:0"):
            return True
        return any(port.spec.remote == spec.remote or port.spec.remote.split(":")[:2] == spec.remote.split(":")[:2]
                   for port in self.ports.values())

    def nobody_at(self, spec):
        where = self.where(spec)
        self.note("connect in vain", where)
        with socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET, socket.SOCK_STREAM) as sock:
            try:
                sock.connect(where)
            except (ConnectionRefusedError, FileNotFoundError):
                return
        raise plk.Failure(f"somebody listens at {where}")

    def connect_to(self, port):
        where = self.where(port)
        self.note("connect", port.spec.text)
        sock = self.case.keep(socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET, socket.SOCK_STREAM))
        sock.settimeout(plk.WAIT)
        sock.connect(where)
        connection = Connection(sock)
        full = self.is_full()
        if port.parked or not port.admits() or full or len(port.clients) >= port.max_clients():
            self.gone.append(connection)
        elif full is None:  # an active port may have been quicker
            self.settle(port, connection)
        else:
            port.clients.append(connection)

    def settle(self, port, connection):
        n = len(port.clients)

        def is_known():
            connection.read()
            return connection.eof or int(dict(self.rows())[port.spec.text]["clients"]) == n + 1

        plk.poll_until(is_known, "connected or closed", 2 * plk.WAIT)
        if connection.eof:
            connection.close()
        else:
            port.clients.append(connection)

    def disconnect(self):
        for _ in range(self.random.choice((1, 1, 1, SLOTS))):
            self.disconnect_one()

    def disconnect_one(self):
        connected = [port for port in self.ports.values() if port.clients]
        live = [remote for remote in sorted(self.peers) if self.peers[remote]]
        if live and self.random.random() < 0.2:
            remote = self.random.choice(live)
            self.note("disconnect", remote)
            self.peers[remote].pop().close()
        elif connected:
            port = self.random.choice(sorted(connected, key=lambda port: port.spec.text))
            self.note("disconnect", port.spec.text)
            port.clients.pop(self.random.randrange(len(port.clients))).close()

    # Frames

    def everybody(self):
        """(whose, whether it gets what comes in, whether that is not to be looked into, connection)"""
        for port in self.ports.values():
            for connection in port.clients:
                yield port.spec.text, port.hears(), port.is_raw(), connection
        for remote, connections in self.peers.items():
            for connection in connections:
                yield remote, remote.startswith("unix:"), False, connection

    def traffic(self):
        """What comes in gets to all who want it, once; or to nobody."""
        self.frames += 1
        self.note("frame", self.frames)
        for *_, is_raw, connection in self.everybody():
            connection.read()
            connection.data = b"" if is_raw else connection.data[len(connection.data) // FRAME_BYTES * FRAME_BYTES :]
        hearing = [(whose, connection) for whose, hears, _, connection in self.everybody() if hears and not self.off]
        self.probe(hearing)
        self.wire.send(plk.frame(self.frames))
        if not hearing:
            time.sleep(0.005)
        end = time.monotonic() + plk.WAIT
        for whose, hears, is_raw, connection in self.everybody():
            wanted = [self.frames] if hears and not self.off else []
            while not is_raw and wanted and self.numbers(connection.data) != wanted and time.monotonic() < end:
                select.select([connection.sock], [], [], 0.01)
                connection.read()
            connection.read()
            if not is_raw:
                plk.equal(self.numbers(connection.data), wanted, f"frames of a client of {whose}")

    def probe(self, hearing):
        """Returns when frames reach all of them: who has just been admitted may not be there yet for the worker."""
        end = time.monotonic() + plk.WAIT
        while missing := [whose for whose, connection in hearing if not connection.data]:
            plk.check(time.monotonic() < end, f"frames do not come to clients of {missing}")
            self.wire.send(plk.frame(0, ethertype=plk.PROBE))
            time.sleep(0.002)
            for _, connection in hearing:
                connection.read()

    @staticmethod
    def numbers(data):
        """Of the frames of a stream that are no probes."""
        frames = [data[at + 4 : at + FRAME_BYTES] for at in range(0, len(data) // FRAME_BYTES * FRAME_BYTES, FRAME_BYTES)]
        return [plk.number_of(frame) for frame in frames if plk.ethertype_of(frame) != plk.PROBE]

    def inject(self):
        """What a client sends goes out, once; or not at all."""
        senders = [port for port in self.ports.values() if port.clients and port.spec.role != "capture"]
        if not senders:
            return
        port = self.random.choice(sorted(senders, key=lambda port: port.spec.text))
        self.frames += 1
        self.note("inject", self.frames, port.spec.text)
        while self.wire.recv(0) is not None:
            pass
        data = plk.frame(self.frames, dst=plk.FAR, src=plk.NEAR)
        port.clients[0].sock.sendall(plk.QEMU.encode(data))
        if self.off:
            plk.equal(self.wire.recv(0.01), None, "on the wire while the status is off")
        else:
            self.wire.expect([data])

    OPERATIONS = ((change, 8), (pipelined, 2), (reload, 4), (status, 1), (kill, 1), (connect, 5), (disconnect, 2), (traffic, 3), (inject, 1),
                  (log_level, 1), (talk, 1), (stats, 1))

    def sequence(self, number):
        self.random = random.Random(f"{self.number}.{number}")
        self.log = []
        operations, weights = zip(*self.OPERATIONS)
        for operation in self.random.choices(operations, weights, k=self.random.randint(5, 15)):
            operation(self)
            self.check()
        self.check_descriptors()
        self.check_idle(0.02, 3)

    def close(self):
        """Nobody is there, and nothing waits: not even a timer runs. Then it stops."""
        for port in self.ports.values():
            for connection in port.clients:
                connection.close()
            port.clients = []
        self.log = ["the end of the block"]
        for text in sorted(self.ports):
            if not is_passive(self.ports[text].spec):
                self.ask("remove-remote", text)
        self.check()
        self.check_descriptors()
        self.check_idle(0.5, 20)
        self.control.close()
        os.kill(self.daemon.pid, signal.SIGTERM)
        self.daemon.ended(0, 10)  # it is one of many here
        if not self.kills:
            self.daemon.last_books_check()


# ---------------------------------------------------------------------------------------------------------------------
# Blocks, side by side


def run_block(case, number, end, tell):
    """Return: what is to be said if it fails."""
    machine = None
    done = -1
    try:
        machine = Machine(case, number, number % 3 != 0)
        for done in range(PER_BLOCK):
            if time.monotonic() > end:
                break
            before = machine.n_operations
            machine.sequence(done)
            tell(f"{machine.n_operations - before}")
        machine.close()
    except Exception as error:  # pylint: disable=broad-except
        lines = [f"block {number}, sequence {done}: {type(error).__name__}: {error}"]
        lines += [f"  {line}" for line in (machine.log if machine else [])]
        lines += [f"  | {line}" for daemon in case.daemons for line in daemon.stderr.splitlines()[-15:]]
        return "\n".join(lines + [f"again: --block={number}"])
    return None


def job(name, bin_directory, numbers, end, tell):
    """A process with a network of its own."""
    if ctypes.CDLL(None, use_errno=True).unshare(plk.CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    plk.quiet_namespace()
    for number in numbers:
        if time.monotonic() > end:
            break
        case = plk.Case(name, bin_directory)
        problem = run_block(case, number, end, tell)
        case.close()
        try:
            case.check_sanitizers()
        except plk.Failure as error:
            problem = f"{problem or f'block {number}'}\n{error}"
        if problem:
            tell("!" + problem.replace("\n", "\r"))


def fork_job(reader, writer, *arguments):
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        os.close(reader)
        job(*arguments, lambda text: os.write(writer, f"{text}\n".encode()))
        status = 0
    except Exception as error:  # pylint: disable=broad-except
        os.write(writer, f"!a job ended: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)  # pylint: disable=protected-access


def numbers_of(job_number):
    if BLOCK:
        return [BLOCK] if job_number == 0 else []
    return [SEED + i for i in range((SEQUENCES + PER_BLOCK - 1) // PER_BLOCK) if i % JOBS == job_number]


def collect(reader, began):
    """What the jobs say until all have ended."""
    n_sequences, n_operations, problems, said = 0, 0, [], began
    with os.fdopen(reader, encoding="utf-8", errors="replace", newline="\n") as lines:
        for line in lines:
            if line.startswith("!"):
                problems.append(line[1:].rstrip("\n").replace("\r", "\n"))
                if len(problems) <= 3:
                    print(f"     {problems[-1]}", flush=True)
                continue
            n_sequences += 1
            n_operations += int(line)
            if time.monotonic() - said > 20:
                said = time.monotonic()
                print(f"     {n_sequences} of {SEQUENCES} sequences, {n_operations} operations, {len(problems)} failed, "
                      f"{said - began:.0f} s", flush=True)
    print(f"     {n_sequences} sequences, {n_operations} operations, {time.monotonic() - began:.0f} s", flush=True)
    return n_sequences, problems


def test_sequences(case):
    began = time.monotonic()
    end = began + SECONDS if SECONDS else float("inf")
    if not SECONDS:
        signal.alarm(0)
    reader, writer = os.pipe()
    children = [fork_job(reader, writer, f"model{i}", case.bin, numbers_of(i), end) for i in range(JOBS) if numbers_of(i)]
    os.close(writer)
    n_sequences, problems = collect(reader, began)
    states = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    plk.check(not problems and not any(states), f"{len(problems)} blocks failed, {states}")
    plk.check(n_sequences > 0, "no sequence was run")


if __name__ == "__main__":
    plk.main()
