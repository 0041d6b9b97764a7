# SPDX-License-Identifier: BSD-2-Clause
"""What one measurement needs: interfaces, processes that are pinned, and what they have used of the processors.

What receives and its clients run on CPU 0; what generates frames, and with it the kernel's receiving of them, on CPU 1.
"""

import contextlib
import json
import os
import signal
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "netns"), os.path.join(HERE, "..", "compat")]
import plk  # pylint: disable=wrong-import-position

RECEIVER = 0
SENDER = 1
PEERS = ("tcpdump", "netsniff-ng", "dumpcap", "tcpreplay", "trafgen", "QEMU stream", "filter-mirror", "filter-redirector",
         "filter-mirror, sent")  # variants that are not ours
QUIET_S = 0.04
STILL_S = 0.02
QUIET_NS = 400_000  # of processor time in QUIET_S: it has nothing to do any more
SETTLE_S = 3.0


class Options:
    """Of the whole run; set once."""

    bin = None
    tools = None
    seconds = 0.6
    daemon = ()  # further options of each pktlockd


def pinned(cpu):
    return ["/usr/bin/taskset", "--cpu-list", str(cpu)]


def path_of(program):
    for directory in ("/usr/sbin", "/usr/bin", "/sbin", "/bin"):
        if os.access(f"{directory}/{program}", os.X_OK):
            return f"{directory}/{program}"
    raise plk.Failure(f"{program} is missing")


def cpu_ns(*pids):
    """Processor time of all threads of processes, in the kernel and outside."""
    total = 0
    for pid in pids:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{thread}/schedstat", encoding="ascii") as file:
                total += int(file.read().split()[0])
    return total


def settle(*pids):
    """Returns when processes have nothing to do any more."""
    end = time.monotonic() + SETTLE_S
    before = cpu_ns(*pids)
    while time.monotonic() < end:
        time.sleep(QUIET_S)
        now = cpu_ns(*pids)
        if now - before < QUIET_NS:
            return
        before = now


class Program(plk.Process):
    """Another's program, on one processor, in a process group of its own, which ends with it."""

    def __init__(self, case, cpu, *argv):
        super().__init__([*pinned(cpu), *argv])
        self.name = os.path.basename(argv[0])
        case.stack.callback(self.end)

    def wait_text(self, text, seconds=plk.WAIT):
        def there():
            ended = self.poll() is not None
            if text in self.stdout or text in self.stderr:
                return True
            plk.check(not ended, f"{self.name} ended with {self.status}: {self.stdout[-300:]}{self.stderr[-300:]}")
            return False

        plk.poll_until(there, f"{self.name} says {text!r}", seconds, 0.002)

    def interrupted(self, number=signal.SIGINT, seconds=10.0):
        """What it says when it, and what it started, is told to end."""
        os.killpg(self.pid, number)
        self.wait(seconds)
        return self.stdout + self.stderr

    def end(self):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self.kill()


    def ends(self, seconds):
        """Waits for its end, which must be a good one."""
        end = time.monotonic() + seconds
        while self.poll() is None:
            plk.check(time.monotonic() < end, f"{self.name} did not end within {seconds} s: {self.stderr.strip()}")
            time.sleep(0.002)
        status = self.wait()
        plk.check(status == 0, f"{self.name} ended with {status}: {self.stderr.strip()}")


class Tool(Program):
    """One of our own, which prints a line of JSON at its end."""

    def __init__(self, case, cpu, name, ready=True, **options):
        words = [f"--{key}={value}" for key, value in options.items() if value is not None]
        super().__init__(case, cpu, os.path.join(Options.tools, name), *words)
        if ready:
            self.wait_text("ready")

    def result(self, seconds=20.0):
        self.ends(seconds)
        return json.loads(self.stdout.splitlines()[-1])

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.result()


def generate(case, how, iface, seconds=None, **options):
    """Runs the generator to its end: what it says."""
    seconds = seconds or Options.seconds
    return Tool(case, SENDER, "gen", ready=False, how=how, iface=iface, seconds=seconds, **options).result(seconds + 20)


def cable(case, near="e0", far="e1"):
    """e0, which is served, and e1, where the generator is. A veth hands over at once: on the sender's processor."""
    case.veth(near, far)
    for ifname in (near, far):
        with open(f"/proc/sys/net/ipv6/conf/{ifname}/disable_ipv6", "w", encoding="ascii") as file:
            file.write("1")
    still()


def still():
    """Nobody else sends: no interface has received anything for a while."""
    before = arrived()
    time.sleep(STILL_S)
    plk.equal(arrived(), before, "frames of interfaces on which nobody sends")


def redirect(source, target):
    """All that an interface receives is sent through another."""
    for words in (f"qdisc add dev {source} clsact",
                  f"filter add dev {source} ingress protocol all u32 match u32 0 0 action mirred egress redirect dev {target}"):
        done = plk.Process([path_of("tc"), *words.split()])
        plk.equal(done.wait(), 0, f"tc {words}: {done.stderr.strip()}")


def pin_all(pid, cpu):
    """Puts all threads of a process that runs onto one processor."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), {cpu})


def arrived(ifname=None):
    """Frames that an interface has received, ever; or all have."""
    with open("/proc/net/dev", encoding="ascii") as file:
        found = {name.strip(): int(values.split()[1]) for name, _, values in (line.partition(":") for line in file) if values}
    return sum(found.values()) if ifname is None else found[ifname]


def daemon(case, *remotes, interface="e0", options=()):
    """pktlockd, on the receiver's processor, of the build that is measured."""
    return case.daemon(*(f"--remote={remote}" for remote in remotes), *options, *Options.daemon, interface=interface,
                       under=pinned(RECEIVER))  # fmt: skip


def losses(daemon_, all_came):
    """What the daemon says that it lost. It asks the kernel twice a second how much that lost."""
    time.sleep(0 if all_came else 0.6)
    return sum(value for name, value in daemon_.counters().items() if "dropped" in name)


@contextlib.contextmanager
def fresh(name):
    """A case of its own: interfaces, processes and files go with it."""
    case = plk.Case(name, Options.bin)
    try:
        yield case
    finally:
        case.close()
