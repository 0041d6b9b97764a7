# SPDX-License-Identifier: BSD-2-Clause
"""What becomes of an interface, row by row of what Linux does: down, deleted, moved, renamed, another MTU, without a carrier, a TAP
without its VM. In every state clients stay (or are closed where the port says so), each change is one line of the log, no process
is busy, and afterwards frames flow again, through each class of packet sockets.

Directions and roles without such events are in iface_test.py."""

import contextlib
import fcntl
import re
import struct
import time

import plk

CLIENT = bytes.fromhex("027100000001")
TUNSETPERSIST = 0x400454CB
TUNSETCARRIER = 0x400454E2
PORTS = {
    "bulk": "capture",  # a ring
    "low": "capture,latency=low",
    "attach": "attach",
    "inject": "inject",
    "close": "capture,on-loss=close",
    "close-low": "capture,latency=low,on-loss=close",
    "close-inject": "inject,on-loss=close",
    "close-attach": "attach,on-loss=close",
}
KEEP = ("bulk", "low", "attach", "inject")
CLOSE = tuple(name for name in PORTS if name not in KEEP)
HEARS = ("bulk", "low", "attach")
SENDS = ("inject", "attach")
LINE = re.compile(r"^pktlockd\[front\]: (?:info|warning): (.*?(?:interface|TAP).*)$", re.MULTILINE)


class World:
    """A daemon on an interface, with a client at each port, and the other side of the interface."""

    def __init__(self, case, far, interface="e0", ports=KEEP, **more):
        self.case = case
        self.far = far
        self.daemon = case.daemon(*(f"--remote={PORTS[name]}@punix:{case.path(name)}" for name in ports), interface=interface,
                                  **more)
        self.clients = {name: case.connect(case.path(name)) for name in ports}
        self.daemon.wait_log("client connected", count=len(ports))
        self.at = self.daemon.mark()
        self.number = 0

    def __getitem__(self, name):
        return self.clients[name]

    def hearing(self):
        return [client for name, client in self.clients.items() if "inject" not in name]

    def changes(self, *expected):
        """The log has these lines about the interface since the last call, in this order, and no other."""
        poll = time.monotonic() + plk.WAIT
        while True:
            lines = [line for line in LINE.findall(self.daemon.stderr[self.at :]) if "client " not in line]
            if len(lines) >= len(expected) or time.monotonic() > poll:
                break
            time.sleep(0.01)
        plk.equal(len(lines), len(expected), f"lines about the interface ({lines})")
        for line, words in zip(lines, expected):
            plk.check(re.search(words, line), f"the log says {line!r}, not {words!r}")

    def settled(self, *expected):
        """As changes(), then nothing more: no line, and no work in any process."""
        self.changes(*expected)
        self.idle()
        self.changes(*expected)
        self.at = self.daemon.mark()

    def idle(self, seconds=0.5):
        """No process does anything; the front asks the worker every 2.5 s whether it lives, which is a few switches."""
        time.sleep(0.1)  # what a change has caused is over
        before = self.work()
        time.sleep(seconds)
        after = self.work()
        plk.equal(set(after), set(before), "processes")
        for role, (switches, nanoseconds) in after.items():
            switches -= before[role][0]
            nanoseconds -= before[role][1]
            plk.check(switches <= 4, f"{role} was woken {switches} times in {seconds} s")
            plk.check(nanoseconds < 5_000_000, f"{role} worked {nanoseconds / 1e6:.1f} ms in {seconds} s")

    def work(self):
        """{role: (context switches, nanoseconds on a processor)} of the four."""
        found = {}
        for role, pid in self.daemon.look().items():
            status = plk.status_of(pid)
            switches = int(status["voluntary_ctxt_switches"]) + int(status["nonvoluntary_ctxt_switches"])
            with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
                found[role] = (switches, int(file.read().split()[0]))
        return found

    def flow(self, far=None):
        """Frames flow, in both directions of all clients; clients that were there are still."""
        if far:
            self.far = far
        plk.sync(self.far, *self.hearing())
        self.number += 1
        frames = [plk.frame(self.number * 100 + i, 100) for i in range(3)]
        self.far.send(*frames)
        for client in self.hearing():
            client.expect(frames)
        for name, client in self.clients.items():
            if "inject" in name or "attach" in name:
                data = plk.frame(self.number, 90, plk.FAR, CLIENT[:5] + bytes([len(name)]))
                client.send(data)
                self.far.expect([data], f"from {name}")
        plk.check(self.daemon.poll() is None, "the daemon ended")

    def dropped(self, reason, n=5, size=80):
        """What is sent now is dropped, and counted by reason; the sender stays and waits for nothing."""
        before = self.counter(f"tx_dropped_{reason}")
        for name in SENDS:
            self.clients[name].send(*(plk.frame(9000 + i, size, plk.FAR, CLIENT) for i in range(n)))
        plk.poll_until(lambda: self.counter(f"tx_dropped_{reason}") == before + n * len(SENDS), f"counted {reason}", 0.9)

    def counter(self, name):
        mark = self.daemon.mark()
        self.daemon.signal(plk.signal.SIGUSR1)
        line = self.daemon.wait_log(r"info: counters.*", after=mark)[0].group()
        found = re.search(rf" {name}=(\d+)", line)
        return int(found.group(1)) if found else 0

    def stop(self):
        self.daemon.stop()


def veth_world(case, **more):
    case.veth()
    world = World(case, case.wire(), **more)
    world.flow()
    world.settled()
    return world


class VmTap(plk.Tap):
    """A TAP that stays when its descriptor, the VM's, is closed."""

    def __init__(self, ifname="t0", persistent=True):
        super().__init__(ifname)
        if persistent:
            fcntl.ioctl(self.fd, TUNSETPERSIST, 1)

    def carrier(self, on):
        fcntl.ioctl(self.fd, TUNSETCARRIER, struct.pack("I", on))


def tap_world(case, persistent=True, **more):
    tap = case.keep(VmTap(persistent=persistent))
    world = World(case, tap, interface="t0", **more)
    world.flow()
    world.settled()
    return world


def interface_of(world):
    return world.daemon.ready_interface


def down_and_up(world):
    ifname = interface_of(world)
    for _ in range(2):
        plk.ip(f"link set {ifname} down")
        world.settled("is down")
        world.dropped("enetdown")
        world.idle()
        plk.ip(f"link set {ifname} up")
        world.settled("is up")
        world.flow()
    world.stop()


def test_veth_down_and_up(case):
    down_and_up(veth_world(case))


def test_tap_down_and_up(case):
    down_and_up(tap_world(case))


def test_up_without_carrier(case):
    """Down, and then up while the other end is down: two changes; down and up again without one: still none."""
    world = veth_world(case)
    plk.ip("link set e0 down")
    plk.ip("link set e1 down")
    world.settled("is down")
    plk.ip("link set e0 up")
    world.settled("is up", "no carrier")
    world.dropped("nocarrier")
    plk.ip("link set e0 down")
    world.settled("is down")
    world.dropped("enetdown")
    plk.ip("link set e0 up")
    world.settled("is up")
    plk.ip("link set e1 up")
    world.settled("a carrier again")
    world.flow()
    world.stop()


def test_bound_while_down(case):
    """From the start, and when it comes back down: frames flow when it is up, and nobody is busy before."""
    case.veth()
    plk.ip("link set e0 down")
    world = World(case, case.wire())
    plk.check("interface is down interface=e0" in world.daemon.stderr, "the log does not say that it is down")
    world.settled()
    world.dropped("enetdown")
    plk.ip("link set e0 up")
    world.settled("is up")
    world.flow()
    plk.ip("link delete e0")
    world.settled("is gone")
    plk.ip(f"link add e0 address {plk.mac_text(plk.NEAR)} type veth peer name e1")
    plk.ip("link set e1 up")
    world.settled("is back, and down")
    world.dropped("enetdown")
    plk.ip("link set e0 up")
    world.settled("is up")
    world.flow(case.wire())
    world.stop()


def test_started_without_carrier(case):
    """Said once, in words of what it is."""
    case.veth()
    plk.ip("link set e1 down")
    world = World(case, case.wire(), ports=("bulk", *SENDS))
    plk.check("warning: interface has no carrier" in world.daemon.stderr, "the log does not say that there is no carrier")
    world.dropped("nocarrier")
    plk.ip("link set e1 up")
    world.settled("a carrier again")
    world.flow()
    world.stop()
    tap = VmTap()
    tap.close()
    world = World(case, None, interface="t0", ports=("bulk", *SENDS))
    plk.check("warning: no VM is attached to the TAP" in world.daemon.stderr, "the log does not say that there is no VM")
    world.dropped("nocarrier")
    world.settled()
    tap = case.keep(plk.Tap("t0"))
    world.settled("a VM is attached")
    world.flow(tap)
    world.stop()


def deleted(world, remove, make):
    for _ in range(2):
        remove()
        world.settled(r"is gone.*interface=\w+ index=\d+")
        world.dropped("enetdown")
        world.idle()
        far = make()
        # made, it is down; the other end of a veth comes up later
        plk.poll_until(lambda: re.search("is back.*\n(.*\n)*.*(is up|carrier again)", world.daemon.stderr[world.at :]), "is back")
        world.flow(far)
        said = LINE.findall(world.daemon.stderr[world.at :])
        plk.equal(sum("is back" in line for line in said), 1, f"lines that it is back ({said})")
        world.idle()
        world.at = world.daemon.mark()
    world.stop()


def test_veth_deleted_and_made_again(case):
    world = veth_world(case)

    def make():
        case.veth()
        return case.wire()

    deleted(world, lambda: plk.ip("link delete e0"), make)


def test_tap_ends_with_its_vm(case):
    """A TAP that is not persistent goes with its descriptor."""
    world = tap_world(case, persistent=False)
    deleted(world, lambda: world.far.close(), lambda: case.keep(VmTap(persistent=False)))  # pylint: disable=unnecessary-lambda


def test_tap_deleted_and_made_again(case):
    world = tap_world(case)
    deleted(world, lambda: plk.ip("link delete t0"), lambda: case.keep(VmTap()))


def moved(case, world, ifname):
    """To another network namespace and back, where it has the number that it had."""
    case.netns("other")
    index = plk.link(ifname)["ifindex"]
    for _ in range(2):
        plk.ip(f"link set {ifname} netns other")
        world.settled(f"is gone.*interface={ifname} index={index}")
        world.dropped("enetdown")
        plk.ip(f"link set {ifname} netns {plk.os.getpid()}", ns="other")
        world.settled("is back, and down")
        plk.ip(f"link set {ifname} up")
        world.settled("is up")
        world.flow()
    world.stop()


def test_veth_moved_and_back(case):
    moved(case, veth_world(case), "e0")


def test_tap_moved_and_back(case):
    moved(case, tap_world(case), "t0")


def renamed(world, ifname):
    index = plk.link(ifname)["ifindex"]
    plk.ip(f"link set {ifname} name new0")
    world.settled(f"was renamed from={ifname} interface=new0 index={index}$")
    world.flow()
    for change in ("new0 down", "new0 name newer0", "newer0 up"):
        plk.ip(f"link set {change}")
    world.settled("is down", "was renamed from=new0 interface=newer0", "is up")
    world.flow()


def test_veth_renamed(case):
    """It stays the same interface. When it goes, one is waited for of the name that the operator wrote, and of no other."""
    world = veth_world(case)
    renamed(world, "e0")
    case.veth("e0", "e2")  # another one has the name now, and is not ours
    world.settled()
    world.flow()
    plk.ip("link delete e0")
    world.settled()
    plk.ip("link delete newer0")
    world.settled("is gone.* waiting for one of the name e0 interface=newer0")
    plk.ip("link add newer0 type veth peer name x1")
    world.settled()
    plk.ip("link set newer0 name e0")
    world.settled("is back, and down")
    plk.ip("link set x1 up")
    plk.ip("link set e0 up")
    world.settled("is up")
    world.flow(case.wire("x1"))
    world.idle()
    world.at = world.daemon.mark()
    # And when ours, renamed, goes while there is one already.
    plk.ip("link set e0 name newer0")
    case.veth("e0", "e1")
    world.settled("was renamed")
    plk.ip("link delete newer0")
    world.settled("is gone", "is back interface=e0")
    world.flow(case.wire())
    world.stop()


def test_tap_renamed(case):
    world = tap_world(case)
    renamed(world, "t0")
    world.stop()


def test_renamed_while_orders_are_due(case):
    """Made under another name and renamed at once, as udev does."""
    world = veth_world(case)
    for _ in range(5):
        plk.ip("link delete e0")
        plk.ip("link add tmp0 type veth peer name e1")
        plk.ip("link set tmp0 name e0")
        plk.ip("link set e0 name other0")
        plk.ip("link set e1 up")
        plk.ip("link set other0 up")
        world.flow(case.wire())
        plk.check("changed meanwhile" not in world.daemon.stderr, "the sockets were bound to a name that it had no more")
        plk.ip("link set other0 name e0")
    world.stop()


def another_mtu(world, ifname):
    world.dropped("emsgsize", size=3000)
    plk.ip(f"link set {ifname} mtu 4000")
    world.settled("another MTU from=1500 mtu=4000")
    data = plk.frame(1, 3000, plk.FAR, CLIENT)
    for name in SENDS:
        world[name].send(data)
        world.far.expect([data])
    plk.ip(f"link set {ifname} mtu 1000")
    world.settled("another MTU from=4000 mtu=1000")
    world.dropped("emsgsize", size=1100)
    world.flow()
    world.stop()


def test_veth_another_mtu(case):
    world = veth_world(case)
    plk.ip("link set e1 mtu 4000")
    another_mtu(world, "e0")


def test_tap_another_mtu(case):
    another_mtu(tap_world(case), "t0")


def test_veth_carrier(case):
    """The kernel takes what is sent, and loses it: it is dropped here, and counted."""
    world = veth_world(case)
    for _ in range(2):
        plk.ip("link set e1 down")
        world.settled("has no carrier")
        world.dropped("nocarrier")
        world.idle()
        plk.ip("link set e1 up")
        world.settled("has a carrier again")
        world.flow()
    world.stop()


def test_tap_carrier(case):
    """A VM that is there and says that it has no link."""
    world = tap_world(case)
    for _ in range(2):
        world.far.carrier(False)
        world.settled("no VM is attached to the TAP")
        world.dropped("nocarrier")
        world.far.carrier(True)
        world.settled("a VM is attached to the TAP")
        world.flow()
    world.stop()


def test_tap_without_vm(case):
    """The VM goes, its TAP stays; another comes."""
    world = tap_world(case)
    for _ in range(2):
        world.far.close()
        world.settled("no VM is attached to the TAP")
        world.dropped("nocarrier")
        world.idle()
        tap = case.keep(plk.Tap("t0"))
        world.settled("a VM is attached to the TAP")
        world.flow(tap)
    world.stop()


def test_tap_by_descriptor(case):
    """We hold it too, so it stays when the VM goes. It is ours and no other of its name: away, it does not come back."""
    tap = case.keep(VmTap(persistent=False))
    world = World(case, tap, interface="tapfd:9", fds={9: tap})
    world.flow()
    world.settled()
    for change, words in (("t0 down", "is down"), ("t0 up", "is up"), ("t0 name new0", "was renamed"), ("new0 mtu 1400", "another MTU")):
        plk.ip(f"link set {change}")
        world.settled(words)
    world.flow()
    case.netns("other")
    plk.ip("link set new0 netns other")
    world.settled("is gone.*; a TAP that was given as a descriptor does not come back interface=new0")
    world.dropped("enetdown")
    other = case.keep(plk.Tap("t0"))
    world.settled()
    other.close()
    plk.ip(f"link set new0 netns {plk.os.getpid()}", ns="other")
    plk.ip("link set new0 up")
    world.settled()
    world.stop()


def test_vm_goes_while_senders_wait(case):
    """Who waits for room in a TAP does not go on waiting when its VM goes."""
    tap = case.keep(VmTap())
    plk.ip("link set t0 txqueuelen 10")
    world = World(case, tap, interface="t0")
    tap_full = [plk.frame(i, 100, plk.FAR, CLIENT) for i in range(50)]
    world["inject"].send(*tap_full)
    plk.poll_until(lambda: world.counter("tx_frames") >= 10, "the TAP is full")
    tap.close()
    world.settled("no VM is attached to the TAP")
    plk.poll_until(lambda: world.counter("tx_dropped_nocarrier") == 50 - world.counter("tx_frames"), "the others were dropped", 0.5)
    world.stop()


def test_vm_comes_and_goes_fast(case):
    """Whoever holds the VM's end cannot flood the log; in the end it says how things are not."""
    world = tap_world(case, ports=("bulk", *SENDS))
    for _ in range(100):
        world.far.carrier(False)
        world.far.carrier(True)
    world.flow()
    lines = LINE.findall(world.daemon.stderr[world.at :])
    plk.check(len(lines) <= 40, f"{len(lines)} lines")
    world.idle()
    world.stop()


def test_queued_frames_come_first(case):
    """What came before the interface went down, or away, still arrives."""
    world = veth_world(case, ports=KEEP + CLOSE)
    worker = world.daemon.look()["worker"]
    frames = [plk.frame(i, 100) for i in range(150)]  # more than are taken in one go
    for change, words in (("set e0 down", "is down"), ("set e0 up", "is up"), ("delete e0", "is gone")):
        if change == "set e0 up":
            plk.ip(f"link {change}")
            world.settled(words)
            world.flow()
            continue
        plk.os.kill(worker, plk.signal.SIGSTOP)
        world.far.send(*frames)
        time.sleep(0.05)  # the ring gives its block
        plk.ip(f"link {change}")
        world.daemon.wait_log(words, after=world.at)
        plk.os.kill(worker, plk.signal.SIGCONT)
        for client in world.hearing():
            client.expect(frames, f"queued before: {change}")
        world.at = world.daemon.mark()
    for name in CLOSE:
        world[name].wait_closed()
    world.stop()


def closed_by(world, remove):
    """Clients of ports with on-loss=close are closed, with that reason, and nobody else."""
    counts = {name: len(re.findall(f"client closed remote=[^ ]*/{name} ", world.daemon.stderr)) for name in PORTS}
    remove()
    world.settled("is gone")
    for name in CLOSE:
        world[name].wait_closed()
    for name in PORTS:
        lines = re.findall(f"client closed remote=[^ ]*/{name} .*", world.daemon.stderr)[counts[name] :]
        plk.equal(len(lines), name in CLOSE, f"lines that a client of {name} was closed")
        plk.check(all(" reason=interface_lost " in line for line in lines), f"another reason: {lines}")


def on_loss_close(case, remove):
    world = veth_world(case, ports=KEEP + CLOSE)
    plk.ip("link set e0 down")
    world.settled("is down")
    plk.ip("link set e1 down")
    plk.ip("link set e0 up")
    world.settled("is up", "no carrier")
    plk.ip("link set e1 up")
    world.settled("a carrier again")
    world.flow()  # that was no loss
    closed_by(world, remove)
    late = case.connect(case.path("close"))
    late.wait_closed()  # also who comes while there is none
    with contextlib.suppress(plk.Failure):
        plk.ip("link delete e0", ns="other")
    case.veth()
    world.daemon.wait_log("is back", after=world.at)
    plk.poll_until(lambda: plk.link("e0")["operstate"] == "UP", "it is up")
    for name in CLOSE:
        world.clients[name] = case.connect(case.path(name))
    world.flow(case.wire())
    world.idle()
    world.stop()


def test_on_loss_close_deleted(case):
    on_loss_close(case, lambda: plk.ip("link delete e0"))


def test_on_loss_close_moved(case):
    case.netns("other")
    on_loss_close(case, lambda: plk.ip("link set e0 netns other"))


def test_on_loss_close_at_a_frame_boundary(case):
    """What a slow reader's queue holds is written as far as it fits; nothing follows a torn frame."""
    case.veth()
    world = World(case, case.wire(), ports=("close",))
    frames = [plk.frame(i, 1500) for i in range(400)]
    for first in range(0, len(frames), 100):
        world.far.send(*frames[first : first + 100])
        plk.poll_until(lambda: world.counter("delivered_frames") >= first + 100, "all are queued")  # pylint: disable=cell-var-from-loop
    plk.ip("link delete e0")
    world.daemon.wait_log("client closed .*reason=interface_lost")
    got = []
    with contextlib.suppress(plk.Closed):
        while (data := world["close"].recv()) is not None:
            got.append(data)
    plk.check(10 < len(got) < len(frames), f"{len(got)} of {len(frames)} frames: the test needs a queue that is longer than a socket")
    plk.same_frames(got, frames[: len(got)], "what was written before the end")
    plk.check(len(world["close"].buffer) < 1504, "a frame is missing before the end")
    world.stop()


def test_on_loss_close_active(case):
    """A connection that we made is made again, after 1, 2, 4 s, as after any other end."""
    case.veth()
    listener = case.listener("active")
    daemon = case.daemon(f"--remote=capture,on-loss=close@unix:{case.path('active')}")
    client = case.accept(listener)
    plk.sync(case.wire(), client)
    plk.ip("link delete e0")
    client.wait_closed()
    began = time.monotonic()
    second = case.accept(listener)
    plk.check(0.8 < time.monotonic() - began < 3, f"connected again after {time.monotonic() - began:.1f} s")
    second.wait_closed()
    case.veth()
    plk.sync(case.wire(), case.accept(listener, seconds=8))
    plk.equal(len(re.findall("reason=interface_lost", daemon.stderr)), 2, "connections that were closed for that")
    daemon.stop()


def test_worker_dies_in_each_state(case):
    """The next worker knows how the interface is."""
    world = veth_world(case, ports=("bulk", *SENDS, "close"))

    def next_worker():
        mark = world.daemon.mark()
        plk.os.kill(world.daemon.look()["worker"], plk.signal.SIGKILL)
        world.daemon.wait_log("another worker serves", 10, after=mark)
        for name in world.clients:
            world.clients[name] = case.connect(case.path(name))

    plk.ip("link set e1 down")
    world.changes("no carrier")
    next_worker()
    world.dropped("nocarrier")
    plk.ip("link set e1 up")
    world.changes("no carrier", "a carrier again")
    world.flow()
    plk.ip("link delete e0")
    world.daemon.wait_log("is gone")
    next_worker()
    world["close"].wait_closed()
    world.dropped("enetdown")
    case.veth()
    world.daemon.wait_log("is back")
    next_worker()
    world.flow(case.wire())
    world.stop()


def test_comes_back_as_another_kind(case):
    """A macvtap or a TUN of the name is not served, which is said once; a TAP instead of a veth is served as a TAP."""
    world = veth_world(case)
    case.veth("p0", "p1")
    plk.ip("link delete e0")
    world.settled("is gone")
    plk.ip("link add link p0 name e0 type macvtap mode bridge")
    world.settled("not served: .*macvtap")
    plk.ip("link set e0 up mtu 1400")
    plk.ip("link set e0 down")
    world.settled()
    world.dropped("enetdown")
    plk.ip("link delete e0")
    tun = plk.Tap("e0", kind=plk.IFF_TUN)
    world.settled("not served: it has no Ethernet frames")
    tun.close()
    world.settled()
    tap = case.keep(plk.Tap("e0"))
    world.daemon.wait_log("is back")
    world.flow(tap)
    plk.ip("link set e0 txqueuelen 20")  # as a TAP: whoever does not read is noticed
    world["inject"].send(*(plk.frame(i, 100, plk.FAR, CLIENT) for i in range(100)))
    plk.poll_until(lambda: world.counter("tx_dropped_enobufs") > 0, "a VM that does not read is noticed")
    tap.close()
    world.daemon.wait_log("is gone", count=2)
    plk.poll_until(lambda: world.counter("tx_dropped_enobufs") + world.counter("tx_dropped_enetdown") > 0, "the rest is dropped")
    world.stop()


def test_news_are_lost(case):
    """More news than a socket holds: how things are is looked up, by the interface's number."""
    world = veth_world(case)
    broker = world.daemon.look()["broker"]

    def unheard(*commands):
        plk.os.kill(broker, plk.signal.SIGSTOP)
        for command in commands:
            plk.ip(f"link {command}")
        with open(case.path("batch"), "w", encoding="ascii") as file:
            file.write("".join(f"link set lo mtu {1000 + i % 2}\n" for i in range(3000)))
        plk.ip(f"-batch {case.path('batch')}")
        plk.os.kill(broker, plk.signal.SIGCONT)

    unheard("set e0 name new0", "set new0 mtu 1400")
    world.changes("was renamed from=e0 interface=new0", "another MTU from=1500 mtu=1400")
    world.flow()
    world.at = world.daemon.mark()
    case.netns("other")
    unheard()
    world.settled()
    # away and back, with its number: nothing but the sockets knows
    plk.ip("link set new0 name e0")
    world.settled("was renamed")
    plk.os.kill(broker, plk.signal.SIGSTOP)
    plk.ip(f"-batch {case.path('batch')}")
    plk.ip("link set e0 netns other")
    plk.ip(f"link set e0 netns {plk.os.getpid()}", ns="other")
    plk.ip("link set e0 up")
    plk.os.kill(broker, plk.signal.SIGCONT)
    world.changes("is gone", "is back")
    world.flow()
    world.stop()


def test_name_with_control_characters(case):
    """Linux allows nearly any byte in a name; no message and no line of the log does."""
    world = veth_world(case)
    plk.ip("link set e0 name \x01\x7fx")
    try:
        world.settled(r"was renamed from=e0 interface=\?\?x")
        world.flow()
    finally:
        plk.ip("link set \x01\x7fx name e0")
    world.stop()


if __name__ == "__main__":
    plk.main()
