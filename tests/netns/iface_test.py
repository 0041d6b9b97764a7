# SPDX-License-Identifier: BSD-2-Clause
"""Interfaces: veth, bridge, TAP by name and by descriptor; missing, down, deleted, made again."""

import os
import time

import plk

CLIENT = bytes.fromhex("027100000001")
VM = bytes.fromhex("027200000001")


def capture(case, name="c"):
    return f"--remote=capture@punix:{case.path(name)}"


def inject(case, name="i"):
    return f"--remote=inject@punix:{case.path(name)}"


def attach(case, name="a"):
    return f"--remote=attach@punix:{case.path(name)}"


def from_client(number=0, size=60, dst=plk.FAR):
    return plk.frame(number, size, dst, CLIENT)


def alive(daemon, client, wire):
    plk.sync(wire, client)
    frames = [plk.frame(i, 100) for i in range(5)]
    wire.send(*frames)
    client.expect(frames)
    plk.check(daemon.poll() is None, "the daemon ended")


def idle(daemon, what, seconds=1.0, allowed=1):
    """Whatever happened, the daemon does not use the processor, but for so many ticks of 10 ms."""
    time.sleep(0.2)
    before = daemon.cpu_ticks()
    time.sleep(seconds)
    used = daemon.cpu_ticks() - before
    plk.check(used <= allowed, f"{what}: {used * 10} ms of processor time in {seconds} s")


def test_missing(case):
    for name in ("nope0", "e0.1", "-1"):
        daemon = case.refused(1, name, capture(case), interface=name)
        plk.equal(os.listdir(case.dir), [], "files left behind")
        plk.check("--interface" in daemon.stderr, f"does not name the option: {daemon.stderr}")


def test_idle_uses_no_cpu(case):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(capture(case), inject(case), attach(case))
    idle(daemon, "without clients")
    clients = [case.connect(case.path(name)) for name in "ca"]
    plk.sync(wire, *clients)
    injecting = case.connect(case.path("i"))
    injecting.send(from_client())
    wire.expect([from_client()])
    idle(daemon, "with clients")
    daemon.stop()


def test_veth(case):
    case.veth()
    wire = case.wire()
    daemon = case.daemon(capture(case), inject(case), attach(case))
    client = case.connect(case.path("c"))
    alive(daemon, client, wire)
    injecting = case.connect(case.path("i"))
    injecting.send(from_client(1))
    wire.expect([from_client(1)])
    daemon.stop()


def test_lo(case):
    """Loopback has an Ethernet header too. What is sent there is seen going out and coming in."""
    daemon = case.daemon(f"--remote=capture,direction=in@punix:{case.path('c')}", interface="lo")
    client = case.connect(case.path("c"))
    wire = case.wire("lo")
    plk.sync(wire, client)
    wire.send(plk.frame(1, 100))
    client.expect([plk.frame(1, 100)])
    client.quiet(0.05)
    daemon.stop()


def test_bridge(case):
    """On a bridge: what its ports send is captured, what is injected leaves through its ports."""
    case.veth("p0", "e1")
    case.veth("p1", "e2")
    case.bridge("br0")
    plk.ip("link set p0 master br0")
    plk.ip("link set p1 master br0")
    one, two = case.wire("e1"), case.wire("e2")
    daemon = case.daemon(capture(case), inject(case), attach(case), interface="br0")
    client, nic = case.connect(case.path("c")), case.connect(case.path("a"))
    plk.sync(one, client, nic)
    one.send(plk.frame(1, 200))
    client.expect([plk.frame(1, 200)])
    nic.expect([plk.frame(1, 200)])
    two.expect([plk.frame(1, 200)])
    injecting = case.connect(case.path("i"))
    for sender, mac in ((injecting, CLIENT), (nic, VM)):
        data = plk.frame(2, 300, plk.BROADCAST, mac)
        sender.send(data)
        one.expect([data])
        two.expect([data])
    client.quiet(0.05)
    plk.check("bridge" in daemon.stderr, "the log says nothing of the limits of a bridge")
    daemon.stop()


def check_tap(case, tap, daemon):
    """The descriptor of the TAP is the VM: what it writes comes in, what it reads was sent out."""
    client, both = case.connect(case.path("c")), case.connect(case.path("b"))
    injecting, nic = case.connect(case.path("i")), case.connect(case.path("a"))
    plk.sync(tap, client, both, nic)
    frames = [plk.frame(i, size, plk.BROADCAST, VM) for i, size in enumerate((14, 60, 1514))]
    tap.send(*frames)
    client.expect(frames, "from the VM")
    both.expect(frames, "from the VM")
    nic.expect(frames, "from the VM")
    for sender, mac in ((injecting, CLIENT), (nic, plk.FAR)):
        frames = [plk.frame(10 + i, size, VM, mac) for i, size in enumerate((14, 60, 1514))]
        sender.send(*frames)
        tap.expect(frames)
    tap.quiet(0.05)
    both.quiet(0.05)
    # What the host itself sends to the VM.
    host = case.wire("t0")
    host.send(plk.frame(20, 100, VM, plk.NEAR))
    tap.expect([plk.frame(20, 100, VM, plk.NEAR)])
    both.expect([plk.frame(20, 100, VM, plk.NEAR)], "sent to the VM")
    client.quiet(0.05)
    daemon.stop()


def tap_ports(case):
    return (f"--remote=capture,direction=in@punix:{case.path('c')}", capture(case, "b"), inject(case), attach(case))


def test_tap_by_name(case):
    tap = case.tap("t0")
    check_tap(case, tap, case.daemon(*tap_ports(case), interface="t0"))


def test_tap_by_descriptor(case):
    tap = case.tap("t0")
    daemon = case.daemon(*tap_ports(case), interface="tapfd:9", fds={9: tap})
    plk.equal(daemon.ready_interface, "t0", "interface in the ready line")
    check_tap(case, tap, daemon)


def test_tap_with_vnet_header_by_descriptor(case):
    """A TAP of a VM with virtio has IFF_VNET_HDR; frames of the host's side do not change by that."""
    tap = plk.Tap("t0", flags=plk.IFF_VNET_HDR)
    case.keep(tap)
    daemon = case.daemon(capture(case), interface="tapfd:3", fds={3: tap})
    client = case.connect(case.path("c"))
    plain = bytes(10)

    def heard():
        os.write(tap.fd, plain + plk.frame(0, 60, ethertype=plk.PROBE))
        plk.check(client.recv(0.02) is None, "unexpected frame")
        return client.probes

    plk.poll_until(heard, "the client hears the VM")
    os.write(tap.fd, plain + plk.frame(1, 60, src=VM))
    client.expect([plk.frame(1, 60, src=VM)])
    daemon.stop()


def test_tapfd_refused(case):
    """tapfd: takes a TAP and nothing else."""
    case.veth()
    case.refused(2, "tapfd", capture(case), interface="tapfd:9")
    with open("/dev/null", "rb") as null:
        case.refused(2, "tapfd:9", capture(case), interface="tapfd:9", fds={9: null})
    case.refused(2, "tapfd:9", capture(case), interface="tapfd:9", fds={9: case.listener()})
    case.refused(2, "tapfd:9", capture(case), interface="tapfd:9", fds={9: case.wire()})


def test_no_ethernet(case):
    """A TUN has no Ethernet frames, neither by name nor by descriptor."""
    tun = case.keep(plk.Tap("tun0", kind=plk.IFF_TUN))
    case.refused(1, "tun0", capture(case), interface="tun0")
    case.refused(2, "tapfd:9", capture(case), interface="tapfd:9", fds={9: tun})


def test_tapfd_without_net_admin(case):
    """Where TUNGETDEVNETNS is not permitted, the addresses of the TAP and of the interface of its name must be equal."""
    tap = case.tap("t0")
    case.netns("far")

    def start():
        return plk.Process(["/usr/bin/setpriv", "--bounding-set", "-net_admin", f"{case.bin}/pktlockd", "--interface=tapfd:9",
                            "--remote=capture@ptcp:0"], fds={9: tap})

    def refused(text):
        process = start()
        process.wait()
        plk.equal(process.status, 1, f"exit status ({process.stderr})")
        plk.check(text in process.stderr, f"no '{text}' in: {process.stderr}")

    daemon = start()
    daemon.wait_log(r"ready interface=t0 remotes=1")
    daemon.signal(plk.signal.SIGTERM)
    daemon.wait()
    plk.equal(daemon.status, 0, "exit status")
    plk.ip("link set t0 netns far")
    refused("another network namespace")
    other = case.tap("t0")  # another interface takes the name
    refused("another address")
    other.close()


def test_macvtap(case):
    """Its directions are inverted: refused, not served wrongly."""
    case.veth()
    try:
        plk.ip("link add link e0 name mv0 type macvtap mode bridge")
    except plk.Failure as failure:
        print(f"     (this kernel has no macvtap: {failure})")
        return
    plk.ip("link set mv0 up")
    case.refused(1, "macvtap", capture(case), interface="mv0")


def test_tap_of_another_namespace(case):
    """Its name must not be looked up in ours: refused whether we have one of that name or not."""
    case.netns("other")
    tap = case.keep(plk.Tap("t0", ns="other"))
    refusal = case.refused(1, "namespace", capture(case), interface="tapfd:9", fds={9: tap})
    plk.check("tapfd:9" in refusal.stderr, f"does not name the descriptor: {refusal.stderr}")
    case.tap("t0")
    case.refused(1, "namespace", capture(case), interface="tapfd:9", fds={9: tap})
    # And when both also have the same address, which is all that can be compared without privilege.
    mac = plk.link("t0", ns="other")["address"]
    plk.ip(f"link set t0 down address {mac} up")
    case.refused(1, "namespace", capture(case), interface="tapfd:9", fds={9: tap})


def test_down_and_up(case):
    """Down and up again while running: nothing is lost but the frames of that time."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(capture(case), inject(case), attach(case))
    client, nic, injecting = (case.connect(case.path(name)) for name in "cai")
    plk.sync(wire, client, nic)
    for _ in range(3):
        plk.ip("link set e0 down")
        time.sleep(0.05)
        injecting.send(*(from_client(i) for i in range(20)))
        nic.send(from_client(50))
        idle(daemon, "while the interface is down", 0.5)
        plk.ip("link set e0 up")
        while wire.recv(0.1) is not None:
            pass  # an injection that waited for the interface is no fault
        plk.sync(wire, client, nic)
        alive(daemon, client, wire)
        nic.expect([plk.frame(i, 100) for i in range(5)])
        injecting.send(from_client(7))
        wire.expect([from_client(7)], "injected after the interface came up")
    plk.check(re_found(r"warning|info.*down", daemon), "the log says nothing of the interface being down")
    daemon.stop()


def re_found(pattern, daemon):
    return plk.re.search(pattern, daemon.stderr)


def test_start_while_down(case):
    """An interface that is down can be served: frames flow when it comes up."""
    case.veth()
    plk.ip("link set e0 down")
    wire = case.wire()
    daemon = case.daemon(capture(case), inject(case))
    client, injecting = case.connect(case.path("c")), case.connect(case.path("i"))
    injecting.send(from_client(1))
    idle(daemon, "down since the start", 0.5)
    plk.ip("link set e0 up")
    alive(daemon, client, wire)
    while wire.recv(0.1) is not None:
        pass
    injecting.send(from_client(2))
    wire.expect([from_client(2)])
    daemon.stop()


def test_peer_down(case):
    """No carrier is no reason to do anything."""
    case.veth()
    daemon = case.daemon(capture(case))
    client = case.connect(case.path("c"))
    alive(daemon, client, case.wire())
    plk.ip("link set e1 down")
    idle(daemon, "without carrier", 0.5)
    plk.ip("link set e1 up")
    alive(daemon, client, case.wire())
    daemon.stop()


def test_deleted(case):
    """Deleted while running: the daemon and its clients stay, and it does not spin."""
    case.veth()
    daemon = case.daemon(capture(case), inject(case), attach(case))
    wire = plk.Wire("e1")
    client, nic, injecting = (case.connect(case.path(name)) for name in "cai")
    alive(daemon, client, wire)
    nic.drain()
    wire.close()
    plk.ip("link delete e0")
    injecting.send(*(from_client(i) for i in range(20)))
    nic.send(from_client(1))
    idle(daemon, "without its interface")
    client.quiet(0.05)
    newcomer = case.connect(case.path("c"))
    newcomer.quiet(0.1)
    plk.check(daemon.poll() is None, "the daemon ended")
    plk.check("e0" in daemon.stderr.split("ready interface=e0")[1], "the log says nothing of the loss")
    daemon.stop()


def test_deleted_and_made_again(case):
    """An interface of the same name is served again, to the clients that are there."""
    case.veth()
    daemon = case.daemon(capture(case), inject(case), attach(case))
    client, nic, injecting = (case.connect(case.path(name)) for name in "cai")
    for _ in range(3):
        wire = plk.Wire("e1")
        plk.sync(wire, client, nic)
        alive(daemon, client, wire)
        nic.expect([plk.frame(i, 100) for i in range(5)])
        injecting.send(from_client(3))
        wire.expect([from_client(3)])
        plk.poll_until(lambda: plk.link("e0")["promiscuity"] == 1, "the interface is promiscuous for the attach client")
        wire.close()
        plk.ip("link delete e0")
        time.sleep(0.1)
        case.veth()
    idle(daemon, "after three interfaces")
    daemon.stop()


def test_tap_goes(case):
    """The VM ends, and its TAP with it."""
    tap = case.tap("t0")
    daemon = case.daemon(capture(case), interface="t0")
    client = case.connect(case.path("c"))
    plk.sync(tap, client)
    tap.close()
    idle(daemon, "without its TAP")
    client.quiet(0.05)
    tap = case.tap("t0")
    plk.sync(tap, client)
    tap.send(plk.frame(1, 60, src=VM))
    client.expect([plk.frame(1, 60, src=VM)])
    daemon.stop()


def test_own_frames_are_not_captured(case):
    """What is injected reaches the wire and other people's captures, not our own."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(
        *(f"--remote=capture,direction={d},latency={lat}@punix:{case.path(d + lat)}"
          for d in ("in", "out", "both") for lat in ("low", "bulk")),
        inject(case),
        f"--remote=attach,direction=both@punix:{case.path('a')}",
    )
    clients = [case.connect(case.path(d + lat)) for d in ("in", "both") for lat in ("low", "bulk")]
    clients.append(case.connect(case.path("a")))
    plk.sync(wire, *clients)
    clients += [case.connect(case.path("out" + lat)) for lat in ("low", "bulk")]
    injecting = case.connect(case.path("i"))
    frames = [from_client(i) for i in range(100)]
    injecting.send(*frames)
    wire.expect(frames)
    for client in clients:
        client.quiet(0.05)
    daemon.stop()


def test_frames_of_another_daemon_are_captured(case):
    """Own means of this daemon: what another one sends on the same interface is seen going out."""
    case.veth()
    wire = case.wire()
    one = case.daemon(inject(case))
    two = case.daemon(capture(case), inject(case, "j"))
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    case.connect(case.path("i")).send(from_client(1))
    client.expect([from_client(1)])
    case.connect(case.path("j")).send(from_client(2))
    wire.expect([from_client(1), from_client(2)])
    client.quiet(0.05)
    one.stop()
    two.stop()


def test_promiscuous(case):
    """The interface is promiscuous while an attach client is there, and not for any other."""
    case.veth()
    wire = case.wire()

    def promiscuity(expected, when):
        plk.poll_until(lambda: plk.link("e0")["promiscuity"] == expected, f"promiscuity {expected} {when}")

    plk.equal(plk.link("e0")["promiscuity"], 0, "promiscuity before")
    daemon = case.daemon(capture(case), inject(case), attach(case))
    plk.equal(plk.link("e0")["promiscuity"], 0, "promiscuity after the start")
    client, injecting = case.connect(case.path("c")), case.connect(case.path("i"))
    plk.sync(wire, client)
    injecting.send(from_client())
    wire.expect([from_client()])
    plk.equal(plk.link("e0")["promiscuity"], 0, "promiscuity with capture and inject clients")
    for _ in range(3):
        first, second = case.connect(case.path("a")), case.connect(case.path("a"))
        plk.sync(wire, first, second)
        promiscuity(1, "with two attach clients")
        first.close()
        time.sleep(0.1)
        plk.equal(plk.link("e0")["promiscuity"], 1, "promiscuity with one attach client left")
        second.close()
        promiscuity(0, "after the last attach client")
    third = case.connect(case.path("a"))
    plk.sync(wire, third)
    promiscuity(1, "with an attach client again")
    daemon.stop()
    promiscuity(0, "after the stop")


def test_direction(case):
    """in: what the interface received; out: what is sent through it. capture defaults to both, attach to in."""
    case.veth()
    wire, near = case.wire(), case.wire("e0")
    wants = {"c": (True, True), "a": (True, False)}
    specs = [capture(case, "c"), attach(case, "a")]
    for role in ("capture", "attach"):
        for direction, want in (("in", (True, False)), ("out", (False, True)), ("both", (True, True))):
            name = role[0] + direction
            specs.append(f"--remote={role},direction={direction}@punix:{case.path(name)}")
            wants[name] = want
    daemon = case.daemon(*specs)
    clients = {name: case.connect(case.path(name)) for name in wants}
    plk.sync(wire, *(clients[name] for name, want in wants.items() if want[0]))
    plk.sync(near, *(clients[name] for name, want in wants.items() if want[1]))
    for i in range(5):
        wire.send(plk.frame(i, 100, src=plk.FAR))
        near.send(plk.frame(100 + i, 100, src=plk.NEAR))
        time.sleep(0.01)
    for name, want in wants.items():
        got = []
        while (data := clients[name].recv(0.1)) is not None:
            got.append(plk.number_of(data))
        coming = [number for number in got if number < 100]
        going = [number for number in got if number >= 100]
        plk.equal(coming, list(range(5)) if want[0] else [], f"{name}: frames that came in")
        plk.equal(going, list(range(100, 105)) if want[1] else [], f"{name}: frames that went out")
    daemon.stop()


def test_other_interfaces_are_not_seen(case):
    """Not one frame of another interface, also not from the time before the socket was bound."""
    case.veth()
    case.veth("x0", "x1")
    other, wire = case.wire("x1"), case.wire()
    stop = []

    def chatter():
        while not stop:
            other.send(plk.frame(666, 100))
            time.sleep(0.0005)

    thread = plk.threading.Thread(target=chatter)
    thread.start()
    try:
        for i in range(5):
            daemon = case.daemon(f"--remote=capture@unix:{case.path(f'u{i}')}", capture(case))
            client = case.connect(case.path("c"))
            plk.sync(wire, client)
            wire.send(plk.frame(i, 100))
            client.expect([plk.frame(i, 100)])
            client.quiet(0.05)
            daemon.stop()
    finally:
        stop.append(True)
        thread.join()


def test_too_long_is_counted_not_fatal(case):
    """A frame beyond the interface's MTU is dropped; its client stays."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(inject(case))
    client = case.connect(case.path("i"))
    client.send(plk.frame(1, 1515, plk.FAR, CLIENT), from_client(2), plk.frame(3, 60_000, plk.FAR, CLIENT), from_client(4))
    wire.expect([from_client(2), from_client(4)])
    wire.quiet(0.05)
    daemon.stop()


def test_vm_that_does_not_read(case):
    """A stalled VM costs its own frames, after a bounded wait, and neither the processor nor anybody's connection; what had
    room arrives in order, and when the VM reads again all goes on."""
    tap = case.tap("t0")
    plk.ip("link set t0 txqueuelen 100")
    daemon = case.daemon(capture(case), inject(case), interface="t0")
    client, injecting = case.connect(case.path("c")), case.connect(case.path("i"))
    plk.sync(tap, client)
    total = 2000
    sender = plk.threading.Thread(target=swallow, args=[injecting, [from_client(i, 1000) for i in range(total)]])
    sender.start()
    idle(daemon, "with a VM that does not read", allowed=10)
    tap.send(plk.frame(1, 100, src=VM))
    client.expect([plk.frame(1, 100, src=VM)], "from the VM that does not read")
    time.sleep(1.0)
    got = []
    while (data := tap.recv(0.5)) is not None:
        got.append(plk.number_of(data))
    sender.join(plk.WAIT)
    plk.check(not sender.is_alive(), "the sender still waits")
    plk.check(got == sorted(set(got)), "frames out of order or twice")
    plk.check(100 <= len(got) < total, f"{len(got)} of {total} frames reached the VM in the end")
    injecting.send(from_client(5000))
    tap.expect([from_client(5000)], "after the VM reads again")
    daemon.stop()


def test_stop_while_vm_does_not_read(case):
    case.tap("t0")
    daemon = case.daemon(inject(case), interface="t0")
    client = case.connect(case.path("i"))
    sender = plk.threading.Thread(target=swallow, args=[client, [from_client(i, 1000) for i in range(5000)]])
    sender.start()
    time.sleep(0.3)
    daemon.stop()
    sender.join(plk.WAIT)


def swallow(client, frames):
    with plk.contextlib.suppress(OSError):
        client.send(*frames)


def test_flood_from_one_client(case):
    """Who sends without end does not keep others from being heard, nor from hearing."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(capture(case), inject(case), attach(case))
    client, nic, small, flood = (case.connect(case.path(name)) for name in "caii")
    plk.sync(wire, client, nic)
    wire.ignore_length(60)
    done = []
    noise = [plk.frame(i, 60, plk.FAR, VM) for i in range(100)]

    def send():
        while not done:
            swallow(flood, noise)

    thread = plk.threading.Thread(target=send)
    thread.start()
    try:
        for i in range(20):
            small.send(from_client(i, 90))
            nic.send(plk.frame(i, 91, plk.FAR, CLIENT))
            wire.send(plk.frame(i, 92))
            client.expect([plk.frame(i, 92)])
            nic.expect([plk.frame(i, 92)])
            wanted = {from_client(i, 90), plk.frame(i, 91, plk.FAR, CLIENT)}
            end = time.monotonic() + plk.WAIT
            while wanted:
                plk.check(time.monotonic() < end, f"{len(wanted)} frames do not get through the flood")
                wanted.discard(wire.recv())
    finally:
        done.append(True)
        thread.join(plk.WAIT)
    daemon.stop()


def test_rename(case):
    """Renamed while up: it is the same interface."""
    case.veth()
    wire = case.wire()
    daemon = case.daemon(capture(case), inject(case))
    client, injecting = case.connect(case.path("c")), case.connect(case.path("i"))
    alive(daemon, client, wire)
    plk.ip("link set e0 down")
    plk.ip("link set e0 name renamed0")
    plk.ip("link set renamed0 up")
    alive(daemon, client, wire)
    injecting.send(from_client(1))
    wire.expect([from_client(1)])
    daemon.stop()


if __name__ == "__main__":
    plk.main()
