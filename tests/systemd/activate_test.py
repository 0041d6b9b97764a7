# SPDX-License-Identifier: BSD-2-Clause
"""The units: started by who connects, for whom they are, and gone when they are stopped."""

import json
import os
import re
import socket
import stat

import machine
from control import Control
from machine import Blocks, plk

SERVICE = "pktlock@{}.service"


def served(case, ifname, far, fmt=None):
    """A client that receives what is on the wire."""
    wire = case.wire(far)
    client = case.connect(ifname, fmt or Blocks())
    plk.sync(wire, client)
    frames = [plk.frame(i, 60 + i) for i in range(20)]
    wire.send(*frames)
    client.expect(frames)
    return wire, client


def test_first_client(case):
    """Nothing runs before the first connection, which starts the service; without a file it serves pcapng to the group."""
    case.veth("e0", "e1")
    case.start("e0")
    plk.equal(case.machine.state("pktlock@e0.service"), "inactive", "the service before a client")
    plk.equal(case.machine.our_processes(), [], "processes before a client")
    node = os.stat(case.machine.path("/run/pktlock/e0.sock"))
    group = case.machine.run("getent", "group", "pktlock").stdout.split(":")[2]
    plk.equal((stat.S_IMODE(node.st_mode), node.st_uid, node.st_gid), (0o660, 0, int(group)), "mode, owner and group of the socket")
    served(case, "e0", "e1")
    case.machine.whole("pktlock@e0.service")
    plk.equal(case.machine.state("pktlock@e0.service"), "active", "the service with a client")


def test_service_alone(case):
    """Without the socket unit the service has no socket: it says what to start, and that is enough."""
    case.veth("e0", "e1")
    case.stack.callback(case.machine.systemctl, "stop", "pktlock@e0.service", check=False)
    started = case.machine.systemctl("start", "pktlock@e0.service", check=False)
    plk.check(started.returncode != 0, "the service starts without a socket")
    plk.check("start the socket unit" in case.machine.status("pktlock@e0.service"), case.machine.status("pktlock@e0.service"))
    case.start("e0")
    served(case, "e0", "e1")


def test_file(case):
    """/etc/pktlock/IFNAME.conf says what is served, also with blanks within an option; a restart takes what has changed."""
    case.veth("e0", "e1")
    case.conf("e0", "--remote=capture,format=vnet@sd:client '--filter=ether proto 0x88b5 or ether proto 0x88b6 or (vlan and arp)' --clients=3")
    case.start("e0")
    wire, _ = served(case, "e0", "e1", plk.VNET12)
    other = case.connect("e0", plk.VNET12)
    plk.sync(wire, other)
    wire.send(plk.frame(0, ethertype=0x88B7), plk.frame(1))
    other.expect([plk.frame(1)], "of two frames, of which the filter lets one pass")
    case.conf("e0", "--remote=attach@sd:client")
    case.machine.systemctl("restart", "pktlock@e0.service")
    served(case, "e0", "e1", plk.QEMU)


def test_names(case):
    """Names of interfaces stand in names of units as they are: '-', which would be a '/' there, and '.'."""
    for i, name in enumerate(("br-lan.100", "a-b--c", "x.y.z", "-e0")):
        case.veth(name, f"w{i}")
        case.start(name)
        served(case, name, f"w{i}")
        plk.equal(sorted(case.machine.family(SERVICE.format(name))), sorted(machine.ROLES), f"processes of {name}")


def test_members_only(case):
    """A member of the group captures; the kernel refuses others; with allow-uid= we do, and say so."""
    case.veth("e0", "e1")
    case.user("inside", "pktlock")
    case.user("outside")
    wire = case.wire("e1")
    case.start("e0")
    member = case.client("inside", "capture", "unix:/run/pktlock/e0.sock", "-c", "5", "-w", "/tmp/e0.pcapng")
    case.wait_journal("pktlock@e0.service", "client connected")
    frames = [plk.frame(i) for i in range(5)]
    wire.send(*frames)
    plk.equal(member.wait(), 0, f"status of the member's capture ({member.stderr})")
    with open(case.machine.path("/tmp/e0.pcapng"), "rb") as file:
        plk.same_frames([data for _, data, _ in machine.pcap.Pcapng(file.read()).frames], frames, "what the member captured")
    stranger = case.client("outside", "capture", "unix:/run/pktlock/e0.sock", "-c", "1")
    plk.equal(stranger.wait(), 1, "status of the stranger's capture")
    plk.check("Permission denied" in stranger.stderr, f"the stranger was told {stranger.stderr!r}")

    uid = case.machine.run("id", "--user", "outside").stdout.strip()
    case.user("third", "pktlock")
    case.conf("e0", f"--remote=capture,format=pcapng,allow-uid={uid}@sd:client")
    case.machine.systemctl("restart", "pktlock@e0.service")
    third = case.client("third", "capture", "unix:/run/pktlock/e0.sock", "-c", "1")
    plk.equal(third.wait(), 1, "status of a member's capture who is not in allow-uid=")
    refused = case.wait_journal("pktlock@e0.service", "client refused.*uid=")
    uid = case.machine.run("id", "--user", "third").stdout.strip()
    plk.check(f"uid={uid}" in refused[0], f"the journal does not say whom we refused: {refused}")


def test_open_to_all(case):
    """A socket for everybody (SocketMode=0666) is narrowed by allow-uid= alone: nothing in its path needs the group."""
    case.veth("e0", "e1")
    case.user("outside")
    case.user("other")
    uid = case.machine.run("id", "--user", "outside").stdout.strip()
    case.file("/run/systemd/system/pktlock@e0.socket.d/mode.conf", "[Socket]\nSocketMode=0666\n")
    case.conf("e0", f"--remote=capture,format=pcapng,allow-uid={uid}@sd:client")
    case.reload_units()
    case.start("e0")
    allowed = case.client("outside", "capture", "unix:/run/pktlock/e0.sock", "-c", "1", "-w", "/dev/null")
    case.wait_journal("pktlock@e0.service", f"client connected.*uid={uid}")
    case.wire("e1").send(plk.frame(0))
    plk.equal(allowed.wait(), 0, "status of who is in allow-uid=")
    other = case.client("other", "capture", "unix:/run/pktlock/e0.sock", "-c", "1", "-w", "/dev/null")
    plk.equal(other.wait(), 1, "status of who is not")
    case.wait_journal("pktlock@e0.service", "client refused.*uid=")


def test_two_sockets(case):
    """A second socket, by its name, as the example says; whichever of them is connected to first."""
    case.veth("e0", "e1")
    case.example("pktlock-inject@.socket", "/run/systemd/system/pktlock-inject@.socket")
    case.example("two-sockets.conf", "/run/systemd/system/pktlock@e0.service.d/two-sockets.conf")
    case.reload_units()
    for first, second in (("e0", "e0-in"), ("e0-in", "e0")):
        case.start("e0")
        case.machine.systemctl("start", "pktlock-inject@e0.socket")
        formats = {"e0": Blocks(), "e0-in": plk.QEMU}
        clients = {name: case.connect(name, formats[name]) for name in (first, second)}
        wire = case.wire("e1")
        plk.sync(wire, clients["e0"])
        clients["e0-in"].send(plk.frame(1, src=plk.NEAR))
        wire.expect([plk.frame(1, src=plk.NEAR)])
        case.machine.systemctl("stop", "pktlock@e0.socket")
        for unit in ("pktlock@e0.service", "pktlock-inject@e0.socket"):
            plk.equal(case.machine.state(unit), "inactive", f"{unit} after the first socket was stopped")
        plk.equal(os.listdir(case.machine.path("/run/pktlock")), [], "files after that")


def test_second_socket_added(case):
    """The same, of a service that runs already: who is connected stays, and the second socket is there."""
    case.veth("e0", "e1")
    wire = case.wire("e1")
    case.start("e0")
    before = case.connect("e0", Blocks())
    plk.sync(wire, before)
    case.example("pktlock-inject@.socket", "/run/systemd/system/pktlock-inject@.socket")
    case.example("two-sockets.conf", "/run/systemd/system/pktlock@e0.service.d/two-sockets.conf")
    case.follow("two-sockets.conf", "e0")
    plk.sync(wire, before)
    case.connect("e0-in").send(plk.frame(1, src=plk.NEAR))
    wire.expect([plk.frame(1, src=plk.NEAR)])


def test_examples(case):
    """Each example of a drop-in, put where its comment says, serves what it promises: also where the service runs already."""
    case.veth("e0", "e1")
    roles = {"capture.conf": plk.QEMU, "attach.conf": plk.QEMU, "vnet.conf": plk.VNET12}
    for name, fmt in roles.items():
        case.example(name, "/run/systemd/system/pktlock@e0.service.d/example.conf")
        case.follow(name, "e0")
        served(case, "e0", "e1", fmt)
    case.example("inject.conf", "/run/systemd/system/pktlock@e0.service.d/example.conf")
    case.follow("inject.conf", "e0")
    wire, client = case.wire("e1"), case.connect("e0")
    mine = plk.frame(1, src=bytes.fromhex("525400123456"))
    client.send(plk.frame(0, src=plk.NEAR), mine)
    wire.expect([mine], "of two frames, of which one has the source address of the example")
    case.machine.systemctl("stop", "pktlock@e0.socket")
    case.example("eth1.conf", "/etc/pktlock/e0.conf")
    case.start("e0")
    case.connect("e0", Blocks())
    case.machine.whole("pktlock@e0.service")


def tcp_client(case, port):
    with plk.inside(machine.MACHINE):
        sock = case.keep(socket.create_connection(("127.0.0.1", port), plk.WAIT))
    return case.keep(plk.Client(sock, Blocks()))


def test_tcp(case):
    """Both examples of TCP: a port that systemd makes, for which the service needs no address family, and one of our own."""
    case.veth("e0", "e1")
    wire = case.wire("e1")
    case.example("pktlock-tcp@.socket", "/run/systemd/system/pktlock-tcp@.socket")
    case.example("tcp-socket.conf", "/run/systemd/system/pktlock@e0.service.d/tcp.conf")
    case.follow("tcp-socket.conf", "e0")
    plk.sync(wire, tcp_client(case, 4789), case.connect("e0", Blocks()))
    case.machine.systemctl("stop", "pktlock@e0.socket")
    case.example("tcp.conf", "/run/systemd/system/pktlock@e0.service.d/tcp.conf")
    case.follow("tcp.conf", "e0")
    plk.sync(wire, tcp_client(case, 4789), case.connect("e0", Blocks()))


def test_textfile(case):
    """The example of a timer writes the counters of a service, whole, for who collects them; without the service it does nothing."""
    case.veth("e0", "e1")
    directory = "/var/lib/prometheus/node-exporter"
    case.machine.run("mkdir", "-p", directory)
    case.stack.callback(case.machine.run, "rm", "-r", directory)
    for suffix in ("service", "timer"):
        case.example(f"pktlock-textfile@.{suffix}", f"/run/systemd/system/pktlock-textfile@.{suffix}")
    case.example("pktlock-textfile.awk", "/etc/pktlock/textfile.awk")
    case.conf("e0", "--remote=capture,format=pcapng@sd:client --control=punix:/run/pktlock/e0.ctl")
    case.stack.callback(case.reload_units)
    case.reload_units()
    case.machine.systemctl("start", "pktlock-textfile@e0.service")
    plk.equal(os.listdir(case.machine.path(directory)), [], "files while there is no daemon")
    case.start("e0")
    served(case, "e0", "e1")
    case.stack.callback(case.machine.systemctl, "stop", "pktlock-textfile@e0.timer")
    case.machine.systemctl("start", "pktlock-textfile@e0.timer")
    plk.check(case.machine.show("pktlock-textfile@e0.timer", "NextElapseUSecRealtime"), "the timer has no next time")
    case.machine.systemctl("start", "pktlock-textfile@e0.service")
    plk.equal(os.listdir(case.machine.path(directory)), ["pktlock-e0.prom"], "files")
    file = case.machine.path(f"{directory}/pktlock-e0.prom")
    plk.equal(stat.S_IMODE(os.stat(file).st_mode), 0o644, "mode of the file")
    with open(file, encoding="utf-8") as text:
        samples = dict(line.rsplit(" ", 1) for line in text if not line.startswith("#"))
    plk.check(int(samples['pktlock_rx_frames_total{interface="e0"}']) >= 20, f"frames among {len(samples)} samples")
    plk.equal(int(samples['pktlock_clients{interface="e0",remote="capture,format=pcapng@sd:client"}']), 1, "clients")


def test_own_socket(case):
    """punix: in /run/pktlock, without a socket of systemd's: the service is started by itself."""
    case.veth("e0", "e1")
    case.conf("e0", "--remote=capture,format=pcapng@punix:/run/pktlock/own.sock")
    case.stack.callback(case.machine.systemctl, "stop", "pktlock@e0.service")
    case.machine.systemctl("start", "pktlock@e0.service")
    node = os.stat(case.machine.path("/run/pktlock/own.sock"))
    plk.equal(stat.S_IMODE(node.st_mode), 0o660, "mode of the socket")
    case.user("inside", "pktlock")
    member = case.client("inside", "capture", "unix:/run/pktlock/own.sock", "-c", "1", "-w", "/dev/null")
    case.wait_journal("pktlock@e0.service", "client connected")
    case.wire("e1").send(plk.frame(0))
    plk.equal(member.wait(), 0, "status of the member's capture")
    case.machine.systemctl("stop", "pktlock@e0.service")
    plk.equal(os.listdir(case.machine.path("/run/pktlock")), [], "files after the stop")


def test_reload(case):
    """A reload ends no connection and no process."""
    case.veth("e0", "e1")
    case.start("e0")
    wire, client = served(case, "e0", "e1")
    before = case.machine.whole("pktlock@e0.service")
    case.machine.systemctl("reload", "pktlock@e0.service")
    case.wait_journal("pktlock@e0.service", "reload")
    plk.equal(case.machine.family("pktlock@e0.service"), before, "processes")
    plk.equal(case.machine.show("pktlock@e0.service", "ActiveState", "NRestarts"), ["active", "0"], "state, restarts")
    wire.send(plk.frame(1))
    client.expect([plk.frame(1)], "after the reload")


def ports(control):
    """{PORT-SPEC: how many clients it has} of those that list-remotes has."""
    lines = control.done("list-remotes").splitlines()
    return {line.split()[0]: int(re.search(r" clients=(\d+)", line).group(1)) for line in lines}


def test_control(case):
    """The example of a control socket and a remotes file: a reload takes what has changed, and who is connected stays."""
    shipped, first, second = "capture,format=pcapng@sd:client", "capture@punix:/run/pktlock/e0-1.sock", "inject@punix:/run/pktlock/e0-2.sock"
    case.veth("e0", "e1")
    case.example("control.conf", "/run/systemd/system/pktlock@e0.service.d/control.conf")
    case.reload_units()
    case.start("e0")
    waits = case.connect("e0", Blocks())  # which starts it, without the file
    reason = "/etc/pktlock/e0.remotes: cannot be opened: No such file"
    plk.poll_until(lambda: reason in case.machine.status("pktlock@e0.service"), f"{reason!r} in systemctl status")
    case.file("/etc/pktlock/e0.remotes", f"# more\n{first}\n")
    case.follow("control.conf", "e0")
    wire, client = case.wire("e1"), case.connect("e0-1")
    plk.sync(wire, waits, client)
    control = case.keep(Control(case.machine.path("/run/pktlock/e0.ctl")))
    plk.equal(ports(control), {shipped: 1, first: 1}, "ports and their clients")

    before = case.machine.whole("pktlock@e0.service")
    case.machine.write("/etc/pktlock/e0.remotes", f"{first}\n{second}\n")
    case.machine.systemctl("reload", "pktlock@e0.service")
    case.wait_journal("pktlock@e0.service", "reloaded added=1 changed=0 removed=0 remotes=3")
    plk.equal(ports(control), {shipped: 1, first: 1, second: 0}, "ports after a line more")
    sender = case.connect("e0-2")
    sender.send(plk.frame(1, src=plk.NEAR))
    wire.expect([plk.frame(1, src=plk.NEAR)])

    case.machine.write("/etc/pktlock/e0.remotes", f"{first}\ncapture@pfd:3\n")
    case.machine.systemctl("reload", "pktlock@e0.service")
    case.wait_journal("pktlock@e0.service", r"nothing is changed: /etc/pktlock/e0.remotes:2:9: 'capture@pfd:3'")
    case.machine.write("/etc/pktlock/e0.remotes", f"{second}\n")
    case.user("inside", "pktlock")
    words = ("pktlock", "ctl", "/run/pktlock/e0.ctl", "reload")
    member = case.machine.run(*words, user="inside", check=False)
    plk.equal((member.returncode, member.stdout), (1, ""), f"reload by a member of the group, who may not ({member.stderr})")
    plk.equal(ports(control), {shipped: 1, first: 1, second: 1}, "ports after that")
    plk.equal(case.machine.run(*words).stdout, "", "answer to reload")
    client.wait_closed()
    plk.equal(ports(control), {shipped: 1, second: 1}, "ports after a line less")
    plk.equal(case.machine.family("pktlock@e0.service"), before, "processes")
    wire.send(plk.frame(2))
    waits.expect([plk.frame(2)], "of who was there from the start")


def test_journal(case):
    """The front's lines are in the journal with fields, each once; others find them by these."""
    case.veth("e0", "e1")
    case.start("e0")
    case.user("inside", "pktlock")
    member = case.client("inside", "capture", "unix:/run/pktlock/e0.sock", "-c", "1", "-w", "/dev/null")
    case.wait_journal("pktlock@e0.service", "client connected")
    case.wire("e1").send(plk.frame(0))
    plk.equal(member.wait(), 0, "status of the member's capture")
    case.wait_journal("pktlock@e0.service", "client closed")

    def lines(*words):
        text = case.machine.run("journalctl", "--quiet", "--no-pager", "--output=json", *words).stdout
        return [json.loads(line) for line in text.splitlines()]

    closed = lines("--lines=1", "PKTLOCK_INTERFACE=e0", "PKTLOCK_REASON=eof")
    plk.equal(len(closed), 1, "the last line of a client of e0 that left")
    uid = case.machine.run("id", "-u", "inside").stdout.strip()
    for name, value in {"PRIORITY": "6", "SYSLOG_IDENTIFIER": "pktlockd", "PKTLOCK_ROLE": "front", "PKTLOCK_SLOT": "0",
                        "PKTLOCK_REMOTE": "capture,format=pcapng@sd:client", "PKTLOCK_PEER_UID": uid, "_TRANSPORT": "journal",
                        "_SYSTEMD_UNIT": "pktlock@e0.service"}.items():
        plk.equal(closed[0].get(name), value, f"{name} of {closed[0]}")
    plk.check(closed[0]["MESSAGE"].startswith("pktlockd[front]: info: client closed remote="), f"{closed[0]['MESSAGE']}")
    ours = [line["MESSAGE"] for line in lines("--unit=pktlock@e0.service", f"--after-cursor={case.cursor}") if line["MESSAGE"].startswith("pktlockd[")]
    for what in ("ready interface=e0", "client connected", "client closed"):
        plk.equal(sum(what in line for line in ours), 1, f"lines for {what!r} of {ours}")
    plk.equal(len(set(ours)), len(ours), f"different lines of {ours}")


def test_stop(case):
    """Stopping the service leaves the door, which starts it again; stopping the door takes all. Others go on."""
    for name, far in (("e0", "e1"), ("f0", "f1")):
        case.veth(name, far)
        case.start(name)
    _, gone = served(case, "e0", "e1")
    wire, client = served(case, "f0", "f1")
    case.machine.systemctl("stop", "pktlock@e0.service")
    gone.wait_closed()
    plk.equal(case.machine.show("pktlock@e0.service", "ActiveState", "Result", "NFileDescriptorStore"), ["inactive", "success", "0"],
              "state, result and stored descriptors of the service")
    plk.equal(case.machine.state("pktlock@e0.socket"), "active", "the socket after the service was stopped")
    served(case, "e0", "e1")
    case.machine.systemctl("stop", "pktlock@e0.socket")
    plk.equal(case.machine.family("pktlock@e0.service"), {}, "processes after the socket was stopped")
    plk.equal(os.listdir(case.machine.path("/run/pktlock")), ["f0.sock"], "files after the socket was stopped")
    case.machine.systemctl("start", "pktlock@e0.socket")  # which systemd refuses while the service runs
    served(case, "e0", "e1")
    wire.send(plk.frame(1))
    client.expect([plk.frame(1)], "of the other interface")


if __name__ == "__main__":
    machine.main()
