# SPDX-License-Identifier: BSD-2-Clause
"""Control clients that do their worst, all at once, while frames pass: what they can have of the daemon, and of others."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time

import plk
from control import Control

USER = 4242  # who may control, and does this
RATE = 20000  # frames a second
QUIET_S = 3.0
ATTACK_S = 6.0
KEPT = 0.99  # of what is captured without the attack
SHARE = 0.10  # of one processor, for the front: an attack has one 32nd, and a burst
ANSWER_S = 1.0
CONNECT_S = 2.0  # the same, of who comes behind a crowd
BOUND = 25 << 20  # bytes that the front touches when it is used (src/front/control.h)
VLANS = "+".join(str(number) for number in range(4095))

ATTACK = r"""
import random, select, socket, sys, time

path, role = sys.argv[1:]
rng = random.Random(role)


def connect():
    s = socket.socket(socket.AF_UNIX)
    s.setblocking(False)
    try:
        s.connect(path)
    except OSError:
        s.close()
        time.sleep(0.001)  # there is no room in the queue
        return None
    return s


def request(method, params="[]", id="0"):
    return ('{"id":%s,"method":"%s","params":%s}' % (id, method, params)).encode()


NESTED = "[" * 12 + "]" * 12
GARBAGE = (
    b"GET / HTTP/1.0\r\n\r\n",
    b'{"id":' + b"[" * 2000,
    b"[" * 100000,
    b'{"id":0,"method":"' + b"x" * 200000,
    request("x" * 65000),
    request("version", id='"' + "x" * 5000 + '"'),
    request("version", "[" + "{}," * 21000 + "{}]"),
    request("version", "[" + ",".join([NESTED] * 2600) + "]"),
    b'{"id":0,"method":"version","params":[]}' * 1600,
    b"{" * 15 + b"}" * 15,
    b'{"id":0,"id":0',
)


def garbage():
    while True:
        s = connect()
        if s:
            s.settimeout(0.2)
            try:
                s.sendall(rng.choice(GARBAGE) if rng.random() < 0.8 else rng.randbytes(1000))
                s.recv(4096)
            except OSError:
                pass
            s.close()


def crowd(n, play):
    # So many connections; play(connection) of each that can be written; who is closed comes again.
    there = {}
    while True:
        while len(there) < n:
            s = connect()
            if not s:
                break
            there[s.fileno()] = s
        readable, writable, _ = select.select(list(there), list(there), [], 0.1)
        for fd in set(readable) | set(writable):
            s = there[fd]
            try:
                if fd in writable:
                    play(s)
                if fd in readable and not s.recv(1 << 20):
                    raise OSError
            except BlockingIOError:
                pass
            except OSError:
                del there[fd]
                s.close()


def slow(s):
    time.sleep(0.01)
    s.send(b"{" if rng.random() < 0.01 else b" ")


def fleeting(s):
    time.sleep(0.0001)
    if rng.random() < 0.005:
        raise OSError


FLOODS = [request(name) * 50 for name in ("list-commands", "list-remotes", "version", "status", "nope")]
FLOODS += [request("log-level", '["%s"]' % ("x" * 20000)) * 3, request("add-remote", '["capture@pfd:3"]') * 50]
FLOODS += [request("version", "[" + "{}," * 19000 + "{}]")]


def flood(s):
    s.send(rng.choice(FLOODS))


def deaf():
    there = []
    while True:
        s = connect()
        if s:
            there.append(s)
            try:
                s.send(request("list-remotes") * 100)
            except OSError:
                pass
        for s in there[:-5]:
            s.close()
        del there[:-5]
        time.sleep(0.1)


{"garbage": garbage, "slow": lambda: crowd(3, slow), "many": lambda: crowd(1000, fleeting),
 "flood": lambda: crowd(6, flood), "deaf": deaf}[role]()
"""

ROLES = ("flood", "flood", "flood", "deaf", "garbage", "slow", "many")  # in this order: who comes first finds room


class Attack:
    """One process for each role, as the user."""

    def __init__(self, case):
        self.processes = []
        case.stack.callback(self.close)
        for role in ROLES:
            self.processes.append(
                subprocess.Popen(["/usr/bin/setpriv", f"--reuid={USER}", "--regid=7", "--clear-groups", sys.executable, "-c", ATTACK, case.path("ctl"), role],
                                 stdin=subprocess.DEVNULL, preexec_fn=lambda: os.nice(10)))
            time.sleep(0.1)

    def check(self):
        for role, process in zip(ROLES, self.processes):
            plk.check(process.poll() is None, f"the attacker {role} ended with status {process.returncode}")

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.processes = []


def sender(wire, seconds, sent):
    """Frames at an even rate, for so long."""
    data = plk.frame(1)
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds:
        for _ in range(sent.value, int(now * RATE)):
            wire.sock.send(data)
            sent.value += 1
        time.sleep(0.001)


def counter(client, n_bytes):
    client.sock.settimeout(None)
    while data := client.sock.recv(1 << 20):
        n_bytes.value += len(data)


class Traffic:
    """Frames on the wire, and a client that counts what comes of them, in processes of their own."""

    def __init__(self, case):
        self.context = multiprocessing.get_context("fork")
        self.wire = case.wire()
        client = case.connect(case.path("c"))
        plk.sync(self.wire, client)
        client.drain(0.1)
        self.n_bytes = self.context.Value("Q", 0, lock=False)
        self.counter = self.context.Process(target=counter, args=(client, self.n_bytes), daemon=True)
        self.counter.start()
        case.stack.callback(self.counter.kill)

    def run(self, seconds, meanwhile):
        """Sends for so long; meanwhile() is called all the time. What part was captured."""
        sent = self.context.Value("Q", 0, lock=False)
        process = self.context.Process(target=sender, args=(self.wire, seconds, sent), daemon=True)
        before = self.n_bytes.value
        process.start()
        while process.is_alive():
            meanwhile()
        process.join()
        size = len(plk.QEMU.encode(plk.frame(1)))
        with contextlib.suppress(plk.Failure):
            plk.poll_until(lambda: self.n_bytes.value - before >= sent.value * size, "all frames", 1.0)
        plk.check(sent.value > seconds * RATE / 2, f"only {sent.value} frames were sent")
        return (self.n_bytes.value - before) / size / sent.value


def memory(pid):
    """Bytes that it has, and that it could have."""
    status = plk.status_of(pid)
    return int(status["VmRSS"].split()[0]) << 10, int(status["VmSize"].split()[0]) << 10


class Honest:
    """Asks again and again, on a connection that stays and on new ones, and remembers how long that took."""

    def __init__(self, case):
        self.path = case.path("ctl")
        self.stays = case.keep(Control(self.path))
        self.worst = [0.0, 0.0]
        self.asked = 0

    def ask(self):
        began = time.monotonic()
        self.stays.done("version")
        self.worst[0] = max(self.worst[0], time.monotonic() - began)
        began = time.monotonic()
        new = Control(self.path)
        new.done("version")
        new.close()
        self.worst[1] = max(self.worst[1], time.monotonic() - began)
        self.asked += 1
        time.sleep(0.05)


def test_attack(case):
    case.veth()
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", f"--control-uid={USER}", f"--remote=capture@punix:{case.path('c')}",
                         *(f"--remote=attach,vlan={VLANS}@punix:{case.path(f'a{number}')}" for number in range(40)))
    os.chmod(case.path("ctl"), 0o666)
    front = daemon.family["front"]
    traffic = Traffic(case)
    honest = Honest(case)
    quiet = traffic.run(QUIET_S, lambda: time.sleep(0.1))
    fds = daemon.fd_counts()
    before = memory(front)
    most = [0, 0]

    def meanwhile():
        honest.ask()
        for i, bytes_now in enumerate(memory(front)):
            most[i] = max(most[i], bytes_now)

    attack = Attack(case)
    time.sleep(0.5)
    began, used = time.monotonic(), front_cpu(front)
    attacked = traffic.run(ATTACK_S, meanwhile)
    share = (front_cpu(front) - used) / (time.monotonic() - began)
    attack.check()
    attack.close()
    report = (f"captured {quiet:.4f} and {attacked:.4f}, front {share:.3f} of a processor and {(most[0] - before[0]) / 1e6:.1f} MB more, "
              f"{honest.asked} honest answers after {honest.worst[0]:.3f} s, and {honest.worst[1]:.3f} s with a new connection")
    print("      ", report)
    plk.check(attacked >= quiet * KEPT, report)
    plk.check(share <= SHARE, report)
    plk.check(most[0] - before[0] <= BOUND and most[1] == before[1], f"{report}; {most[1] - before[1]} more mapped")
    plk.check(honest.worst[0] <= ANSWER_S and honest.worst[1] <= CONNECT_S, report)
    for reason in ("not_json_rpc|too_long", "too_many"):
        daemon.wait_log(rf"control client (closed|refused) uid={USER} pid=\d+ reason=({reason})$")
    # it is as before
    plk.poll_until(lambda: daemon.fd_counts() == fds, f"descriptors are {fds} again")
    honest.ask()
    ticks = daemon.cpu_ticks()
    time.sleep(1.0)
    plk.equal(daemon.cpu_ticks() - ticks, 0, "ticks of processor time when nothing is asked")
    daemon.stop()


def front_cpu(pid):
    fields = plk.stat_fields(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    plk.main()
