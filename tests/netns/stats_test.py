# SPDX-License-Identifier: BSD-2-Clause
"""What stats and show say: the books balance for the interface, every remote and every client, at any moment and whatever happens.

The OpenMetrics text is read by the parser of its makers, and says what the JSON says.
"""

import contextlib
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import ctl
import plk

sys.path.append("/usr/lib/python3/dist-packages")  # of Debian, whichever Python runs this
from prometheus_client import parser as older  # pylint: disable=wrong-import-position
from prometheus_client.openmetrics.parser import text_string_to_metric_families  # pylint: disable=wrong-import-position

TEXTFILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../sandbox/examples/pktlock-textfile.awk")

QUEUE_MIN = "--queue=69640"
MAC = "02:79:00:00:00:01"
ALLOWED = bytes.fromhex(MAC.replace(":", ""))
# design: what scripts may rely on
NAMES = {
    "pktlock_rx_frames_total": [], "pktlock_rx_bytes_total": [], "pktlock_rx_dropped_total": ["reason"],
    "pktlock_tx_frames_total": [], "pktlock_tx_bytes_total": [], "pktlock_tx_dropped_total": ["reason"],
    "pktlock_remote_frames_total": ["direction", "remote"], "pktlock_remote_dropped_total": ["reason", "remote"],
    "pktlock_clients": ["remote"], "pktlock_clients_closed_total": ["reason", "remote"], "pktlock_worker_restarts_total": [],
    "pktlock_interface_up": [], "pktlock_build_info": ["version"],
}


def daemon_of(case, *args, **more):
    return case.daemon(f"--control=punix:{case.path('ctl')}", *args, **more)


def ask(case, *words):
    return ctl.ask(case.path("ctl"), *words)


def tagged(vlan):
    plain = plk.frame()
    return plain[:12] + struct.pack("!HH", 0x8100, vlan) + plain[12:]


# The books


def sent_balance(what, frames, pieces, row, waiting, dropped):
    """Of frames from clients."""
    done = row("tx_frames") + row("tx_switched") + row("tx_unwanted") + dropped + waiting
    plk.equal(frames + pieces, done, f"{what}: frames taken from clients, and what became of them")


def daemon_balance(all_of_it):
    def total(name):
        return all_of_it[f"pktlock_{name}_total"]
    dropped = sum(value for reason, value in total("rx_dropped").items() if reason != "kernel")
    plk.equal(total("rx_frames") + total("rx_copies") + total("rx_pieces") + total("switched_frames"),
              total("delivered_frames") + total("rx_unwanted") + dropped, "frames of the interface, and what became of them")
    sent_balance("the interface", total("client_frames"), total("tx_pieces"), total, all_of_it["pktlock_waiting_frames"],
                 sum(total("tx_dropped").values()))


def direction_of(dropped, direction):
    return sum(value for reason, value in dropped.items() if reason.startswith(direction))


def remote_balance(remote):
    def total(name):
        return remote[f"pktlock_remote_{name}_total"]
    name = remote["remote"]
    plk.equal(total("seen_frames"), total("frames")["to_client"] + direction_of(total("dropped"), "rx_"), f"{name}: seen")
    sent_balance(name, total("frames")["from_client"], total("tx_pieces"), total, remote["pktlock_remote_waiting_frames"],
                 direction_of(total("dropped"), "tx_"))
    plk.equal(remote["pktlock_clients"], len(remote["clients"]), f"{name}: clients")


def client_balance(name, client):
    name = f"{name}: client {client['slot']}"
    plk.equal(client["seen_frames"], client["delivered_frames"] + direction_of(client["dropped"], "rx_"), f"{name}: seen")
    sent_balance(name, client["client_frames"], client["tx_pieces"], client.get, client["waiting_frames"],
                 direction_of(client["dropped"], "tx_"))
    plk.check(client["queue_bytes"] <= client["queue_size"], f"{name}: {client}")


def stats(case):
    """What stats says, once its books are seen to balance."""
    all_of_it = json.loads(ask(case, "stats"))
    daemon_balance(all_of_it)
    for remote in all_of_it["remotes"]:
        remote_balance(remote)
        for client in remote["clients"]:
            client_balance(remote["remote"], client)
    return all_of_it


def remote_of(all_of_it, spec):
    found = [remote for remote in all_of_it["remotes"] if remote["remote"] == spec]
    plk.equal(len(found), 1, f"remotes of that name, {spec}, among {[remote['remote'] for remote in all_of_it['remotes']]}")
    return found[0]


def remotes_are_all(all_of_it):
    """No remote was removed and no frame lost before it was anybody's: theirs together is all."""
    for name, way in (("delivered_frames", "to_client"), ("client_frames", "from_client")):
        parts = sum(remote["pktlock_remote_frames_total"][way] for remote in all_of_it["remotes"])
        plk.equal(parts, all_of_it[f"pktlock_{name}_total"], f"{name} of all remotes")
    for way in ("rx", "tx"):
        for reason, value in all_of_it[f"pktlock_{way}_dropped_total"].items():
            if (way, reason) not in (("rx", "kernel"), ("rx", "worker")):
                parts = sum(remote["pktlock_remote_dropped_total"].get(f"{way}_{reason}", 0) for remote in all_of_it["remotes"])
                plk.equal(parts, value, f"{way}_{reason} of all remotes")


def settled(case, is_so, what):
    """What stats says once that holds, with balanced books in each answer until then."""
    def found():
        all_of_it = stats(case)
        return all_of_it if is_so(all_of_it) else None
    return plk.poll_until(found, what)


def flat(all_of_it):
    """The JSON as the samples of OpenMetrics: {(name, labels): value}."""
    samples = {}

    def enter(where, labels):
        for name, value in where.items():
            if not name.startswith("pktlock_"):
                continue
            label = "direction" if "from_client" in str(value) else "reason"
            if name.endswith("_info"):
                samples[name, tuple(sorted(value.items()))] = 1
            elif isinstance(value, dict):
                samples.update({(name, tuple(sorted((*labels, (label, key))))): number for key, number in value.items()})
            else:
                samples[name, tuple(labels)] = value
    enter(all_of_it, [])
    for remote in all_of_it["remotes"]:
        enter(remote, [("remote", remote["remote"])])
    return samples


def metrics(case):
    """The samples of the OpenMetrics text, as their parser reads them; it sees to most of the rules."""
    text = ask(case, "stats", "openmetrics")
    plk.check(text.endswith("\n# EOF\n") and text.count("# EOF") == 1, f"the end of {text[-100:]!r}")
    samples = {}
    families = list(text_string_to_metric_families(text))
    plk.equal(len({family.name for family in families}), len(families), "families, each once")
    for family in families:
        plk.check(family.documentation and family.type in ("counter", "gauge", "info"), f"{family.name}: {family.type}, {family.documentation}")
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            plk.check(key not in samples, f"{key} is there twice")
            samples[key] = sample.value
    return samples


# Tests


def test_openmetrics(case):
    """The parser takes it, whatever remotes are called; it has the names that scripts rely on, and says the same as the JSON."""
    case.veth()
    there = [case.listener(name) for name in ("twice", 'od"d\\n {x="y"} 1é')]
    for sock in there:
        sock.listen(8)
    vlans = "+".join(str(i) for i in range(0, 300, 2))
    specs = [f"capture@unix:{case.path('twice')}", f"capture@unix:{case.path('twice')}", f"attach@unix:{there[1].getsockname()}",
             f"inject,vlan={vlans}@punix:{case.path('long')}", "inject@ptcp:0:127.0.0.1", "inject@ptcp:0:127.0.0.1"]
    daemon = daemon_of(case, *(f"--remote={spec}" for spec in specs))
    clients = [case.accept(sock) for sock in (there[0], there[0], there[1])]
    injects = [case.connect(case.path("long")), case.connect(plk.tcp_address(daemon))]
    wire = case.wire()
    plk.sync(wire, *clients)
    clients[2].send(*(plk.frame(i, 60 + i, plk.FAR, ALLOWED) for i in range(10)))
    injects[0].send(tagged(7))
    injects[1].send(plk.frame(0))
    said = settled(case, lambda all_of_it: all_of_it["pktlock_tx_frames_total"] == 11, "all was sent")
    remotes_are_all(said)
    plk.equal([remote["remote"].partition("@")[2] for remote in said["remotes"]], [spec.partition("@")[2] for spec in specs], "remotes")
    plk.equal([remote["remote"].partition("@")[0] for remote in said["remotes"]],
              ["capture", "2:capture", "attach", f"inject,vlan={vlans}"[:200] + "...", "inject", "2:inject"], "what they are called")
    plk.equal(said["remotes"][3]["clients"][0]["dropped"], {"tx_vlan": 1}, "what was dropped of a client")
    plk.check(re.fullmatch(r"tcp:127\.0\.0\.1:\d+", said["remotes"][4]["clients"][0]["peer"]), "a peer over TCP")
    plk.equal((said["remotes"][3]["clients"][0]["uid"], said["remotes"][3]["clients"][0]["pid"]), (0, os.getpid()), "a peer's uid and pid")
    samples = metrics(case)
    plk.equal(samples, flat(said), "what either says")
    for name, labels in NAMES.items():
        found = {tuple(label for label, _ in key[1]) for key in samples if key[0] == name}
        plk.equal(found, {tuple(labels)}, f"labels of {name}")
    ctl.refused(case.path("ctl"), '"yaml" is not a format (json or openmetrics)', "stats", "yaml")
    daemon.stop()


def textfile(text, ifname):
    """What the example makes of it, and its exit status."""
    done = subprocess.run(["awk", "-v", f"interface={ifname}", "-f", TEXTFILE], input=text, capture_output=True, text=True, check=False)
    plk.equal(done.stderr, "", "what awk complains about")
    return done.stdout, done.returncode


def test_textfile(case):
    """The example makes of it what node_exporter's textfile collector reads, for each interface something else."""
    case.veth()
    daemon = daemon_of(case, f"--remote=capture@punix:{case.path('{x} y')}", "--remote=inject@ptcp:0")
    samples, types = {}, {}
    for ifname in ("e0", "e1"):
        text, status = textfile(ask(case, "stats", "openmetrics"), ifname)
        plk.equal(status, 0, "exit status of the example")
        for family in older.text_string_to_metric_families(text):
            plk.check(family.documentation and family.type in ("counter", "gauge"), f"{family.name}: {family.type}")
            types[family.name] = family.type
            for sample in family.samples:
                key = (sample.name, tuple(sorted(sample.labels.items())))
                plk.check(key not in samples, f"{key} is there twice")
                samples[key] = sample.value
    expected = {(name, tuple(sorted((*labels, ("interface", ifname))))): value
                for (name, labels), value in metrics(case).items() for ifname in ("e0", "e1")}
    plk.equal(samples, expected, "what either says")
    plk.equal((types["pktlock_rx_frames"], types["pktlock_clients"], types["pktlock_build_info"]), ("counter", "gauge", "gauge"), "types")
    for text in ("", ask(case, "stats", "openmetrics").removesuffix("# EOF\n")):
        plk.equal(textfile(text, "e0")[1], 1, "exit status of the example, for a text without its end")
    daemon.stop()


def test_no_remotes(case):
    """None at all."""
    case.veth()
    daemon = daemon_of(case)
    said = stats(case)
    plk.equal((said["remotes"], said["status"], said["interface"]["name"]), ([], "on", "e0"), "without remotes")
    plk.equal(metrics(case), flat(said), "what either says")
    plk.equal(list(said["confinement"]), ["supervisor", "broker", "front", "worker"], "confined processes")
    for process, words in said["confinement"].items():
        daemon.wait_log(rf"info: confined process={process} {re.escape(words)}$")
    daemon.stop()


def test_captures(case):
    """Queues overflow: at any moment what was seen is delivered or dropped, and in the end it is what clients have got."""
    case.veth()
    wire = case.wire()
    specs = ["capture", "capture,format=pcapng", "capture,format=vnet,latency=low"]
    specs = [f"{spec}@punix:{case.path(str(i))}" for i, spec in enumerate(specs)]
    daemon = daemon_of(case, *(f"--remote={spec}" for spec in specs), QUEUE_MIN)
    formats = (plk.QEMU, plk.QEMU, plk.VNET12)
    clients = [case.connect(case.path(str(i)), fmt) for i, fmt in enumerate(formats)]
    reads = case.connect(case.path("0"))
    settled(case, lambda all_of_it: sum(remote["pktlock_clients"] for remote in all_of_it["remotes"]) == 4, "all are there")
    got = 0
    for i in range(2000):
        wire.send(plk.frame(i, 700))
        if i % 40 == 0:
            got += len(reads.drain(0.01))
            stats(case)
    said = settled(case, lambda all_of_it: all_of_it["pktlock_rx_frames_total"] + all_of_it["pktlock_rx_dropped_total"]["kernel"] == 4000,
                   "two classes have had all")
    got += len(reads.drain(0.1))
    remotes_are_all(said)
    for spec, client in zip(specs, clients):
        mine = remote_of(said, spec)["clients"]
        plk.equal(mine[0]["seen_frames"], 2000, f"{spec}: seen")
        plk.check(mine[0]["dropped"]["rx_queue"] > 0 and list(mine[0]["dropped"]) == ["rx_queue"], f"{spec}: {mine[0]}")
        plk.check(mine[0]["queue_size"] == 69640 and 0 < mine[0]["queue_bytes"] <= 69640, f"{spec}: queue of {mine[0]}")
        client.close()
    mine = remote_of(said, specs[0])["clients"][1]
    plk.equal((mine["delivered_frames"], mine["delivered_bytes"]), (got, got * 704), "what who reads has got")
    said = settled(case, lambda all_of_it: sum(remote["pktlock_clients"] for remote in all_of_it["remotes"]) == 1, "three have left")
    for spec in specs:
        remote = remote_of(said, spec)
        plk.equal((remote["pktlock_clients_admitted_total"], sum(remote["pktlock_clients_closed_total"].values())),
                  (2 - (spec != specs[0]), 1), f"{spec}: who came and went")
        plk.check(remote["pktlock_remote_seen_frames_total"] == 2000 * (2 - (spec != specs[0])), f"{spec}: what was seen stays")
    daemon.stop()


def test_guards(case):
    """Each refusal has its reason, at the client, its remote and the interface."""
    case.veth()
    specs = {"mac": f"mac={MAC}", "vlan": "vlan=5", "rate": "rate=1:3"}
    specs = {reason: f"attach,{keys}@punix:{case.path(reason)}" for reason, keys in specs.items()}
    daemon = daemon_of(case, *(f"--remote={spec}" for spec in specs.values()))
    clients = {reason: case.connect(case.path(reason)) for reason in specs}
    clients["mac"].send(plk.frame(0, src=ALLOWED), *(plk.frame(i) for i in range(4)))
    clients["vlan"].send(tagged(5), *(plk.frame(i) for i in range(4)))
    clients["rate"].send(*(plk.frame(i) for i in range(7)))
    said = settled(case, lambda all_of_it: all_of_it["pktlock_client_frames_total"] == 17, "all are read")
    remotes_are_all(said)
    for reason, spec in specs.items():
        dropped = {name: value for name, value in remote_of(said, spec)["pktlock_remote_dropped_total"].items() if value}
        plk.equal(dropped, {f"tx_{reason}": 4}, f"{reason}: dropped of the remote")
        plk.equal(remote_of(said, spec)["clients"][0]["dropped"], dropped, f"{reason}: dropped of the client")
        plk.equal(said["pktlock_tx_dropped_total"][reason], 4, f"{reason}: dropped")
    daemon.stop()


def test_killed_worker(case):
    """Workers die while frames come and go: what they had counted stays, and each connection that they took with them is counted."""
    case.veth()
    wire = case.wire()
    spec, more = f"attach@punix:{case.path('a')}", f"capture@punix:{case.path('c')}"
    daemon = daemon_of(case, f"--remote={spec}", f"--remote={more}")
    last = stats(case)
    for death in range(3):
        clients = [case.connect(case.path("a")), case.connect(case.path("c"))]
        plk.sync(wire, *clients)
        worker = daemon.look()["worker"]
        for i in range(300):
            wire.send(plk.frame(i, 200))
            with contextlib.suppress(OSError):
                clients[0].send(plk.frame(i, 300))
            if i % 30 == 0:
                stats(case)
            if i == 150:
                os.kill(worker, signal.SIGKILL)
        settled(case, lambda all_of_it, n=death + 1: all_of_it["pktlock_worker_restarts_total"] == n, "it has died")
        plk.poll_until(lambda before=worker: daemon.look().get("worker", before) != before, "the next worker")
        said = stats(case)
        for name, value in flat(said).items():
            plk.check(value >= flat(last)[name] or not name[0].endswith("_total"), f"{name} went back to {value}")
        last = said
    for name in (spec, more):
        remote = remote_of(last, name)
        plk.equal((remote["pktlock_clients_admitted_total"], remote["pktlock_clients_closed_total"]["worker"], remote["clients"]), (3, 3, []),
                  f"{name}: who came and went")
    plk.equal(metrics(case), flat(stats(case)), "what either says")
    daemon.stop()


def test_stopped(case):
    """Frames that come while the status is off, or that are sent while the link is down, have these reasons."""
    case.veth()
    wire = case.wire()
    spec = f"attach@punix:{case.path('a')}"
    daemon = daemon_of(case, f"--remote={spec}")
    client = case.connect(case.path("a"))
    plk.sync(wire, client)
    ask(case, "status", "off")
    wire.send(*(plk.frame(i) for i in range(5)))
    client.send(*(plk.frame(i) for i in range(6)))
    said = settled(case, lambda all_of_it: all_of_it["pktlock_tx_dropped_total"]["off"] == 6 and
                   all_of_it["pktlock_rx_dropped_total"]["off"] == 5, "what came while it was off")
    plk.equal((said["status"], said["pktlock_status_on"]), ("off", 0), "status")
    plk.equal(remote_of(said, spec)["clients"][0]["dropped"].get("tx_off"), 6, "of the client")
    ask(case, "status", "on")
    plk.sync(wire, client)
    plk.ip("link set e0 down")
    settled(case, lambda all_of_it: all_of_it["pktlock_interface_up"] == 0, "down")
    client.send(*(plk.frame(i) for i in range(7)))
    said = settled(case, lambda all_of_it: all_of_it["pktlock_tx_dropped_total"]["enetdown"] == 7, "what came while it was down")
    plk.ip("link set e0 up")
    plk.ip("link set e1 down")
    settled(case, lambda all_of_it: (all_of_it["pktlock_interface_up"], all_of_it["pktlock_interface_carrier"]) == (1, 0), "no carrier")
    client.send(*(plk.frame(i) for i in range(8)))
    settled(case, lambda all_of_it: all_of_it["pktlock_tx_dropped_total"]["nocarrier"] == 8, "what came while it had no carrier")
    plk.ip("link delete dev e0")
    settled(case, lambda all_of_it: all_of_it["pktlock_interface_up"] == 0, "gone")
    client.send(*(plk.frame(i) for i in range(9)))
    said = settled(case, lambda all_of_it: all_of_it["pktlock_tx_dropped_total"]["enetdown"] == 16, "what came while it was gone")
    plk.equal(metrics(case), flat(said), "what either says")
    daemon.stop()


def test_runtime(case):
    """Ports come and go: each begins at nothing, also where its number was another's, and what is told of all never goes back."""
    case.veth()
    wire = case.wire()
    stays = f"capture@punix:{case.path('stays')}"
    daemon = daemon_of(case, f"--remote={stays}")
    client = case.connect(case.path("stays"))
    plk.sync(wire, client)
    for number in range(3):
        spec = f"attach@punix:{case.path(str(number))}"
        ask(case, "add-remote", spec)
        begun = remote_of(stats(case), spec)
        numbers = [value for (name, labels), value in flat({"remotes": [begun]}).items()]
        plk.equal(set(numbers), {0}, f"what {spec} begins with")
        plk.equal((begun["origin"], begun["state"]), ("control", "listening"), "origin and state")
        mine = case.connect(case.path(str(number)))
        plk.sync(wire, mine)
        mine.send(*(plk.frame(i) for i in range(10 * (number + 1))))
        before = settled(case, lambda all_of_it, at=spec, n=10 * (number + 1):
                         remote_of(all_of_it, at)["pktlock_remote_frames_total"]["from_client"] == n, "all are read")
        if number == 0:
            remotes_are_all(before)
        if number == 1:
            os.kill(daemon.look()["worker"], signal.SIGKILL)
            settled(case, lambda all_of_it: all_of_it["pktlock_worker_restarts_total"] == 1, "the worker has died")
            plk.equal(remote_of(stats(case), spec)["pktlock_remote_frames_total"]["from_client"], 20, "what is known of it")
            daemon.wait_log("worker died")
            plk.poll_until(lambda: daemon.look().get("worker"), "the next worker")
        ask(case, "remove-remote", spec)
        after = stats(case)
        plk.equal([remote["remote"] for remote in after["remotes"]], [stays], "remotes")
        for name, value in flat(after).items():
            plk.check(value >= flat(before)[name] or not name[0].endswith("_total"), f"{name} went back to {value}")
        plk.equal(metrics(case), flat(after), "what either says")
    plk.equal(after["pktlock_client_frames_total"], 60, "frames of all clients that there were")
    daemon.stop()


def test_parked(case):
    """A port that is parked keeps its books, and has them when it is back."""
    case.veth()
    wire = case.wire()
    daemon = daemon_of(case, "--remote=capture@pfd:3", fds={3: case.listener("l")})
    client = case.connect(case.path("l"))
    plk.sync(wire, client)
    # a client may have a frame a moment before the books do
    plk.poll_until(lambda: remote_of(stats(case), "capture@pfd:3")["pktlock_remote_seen_frames_total"] > 0, "what was counted")
    before = remote_of(stats(case), "capture@pfd:3")
    ask(case, "remove-remote", "capture@pfd:3")
    after = remote_of(stats(case), "capture@pfd:3")
    plk.equal((after["state"], after["pktlock_clients"], after["pktlock_clients_closed_total"]["removed"]), ("parked", 0, 1), "parked")
    ask(case, "add-remote", "capture@pfd:3")
    after = remote_of(stats(case), "capture@pfd:3")
    plk.check(after["pktlock_remote_seen_frames_total"] >= before["pktlock_remote_seen_frames_total"], "what it had counted")
    daemon.stop()


def test_other_keys(case):
    """A port that the remotes file gives other keys begins anew, in all its books."""
    case.veth()
    os.makedirs(case.path("etc"))
    path = case.path("etc/remotes")
    spec = f"capture@punix:{case.path('c')}"
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{spec}\n")
    daemon = daemon_of(case, f"--remotes-file={path}")
    plk.sync(case.wire(), case.connect(case.path("c")))
    os.kill(daemon.family["worker"], signal.SIGKILL)
    daemon.wait_log("another worker serves$")
    plk.equal(remote_of(stats(case), spec)["pktlock_clients_closed_total"]["worker"], 1, "that ended with the worker")
    spec = spec.replace("@", ",max-clients=1@")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"{spec}\n")
    ask(case, "reload")
    plk.equal(remote_of(stats(case), spec)["pktlock_clients_closed_total"]["worker"], 0, "with other keys")
    daemon.stop()


SHOWN = r"""interface e0: up, carrier, MTU 1500, index \d+
status on, 3 of 64 clients, 0 worker restarts, started \d+s ago
rates: averages since it was started, added or connected

                         frames   frames/s      bytes    bytes/s
received            +NUMBER +NUMBER +NUMBER +NUMBER
sent                +NUMBER +NUMBER +NUMBER +NUMBER
dropped: rx_queue=\d+ tx_mac=3

capture@punix:PATH/c
  listening, origin cmdline, 2 clients
  to clients        +NUMBER +NUMBER +NUMBER +NUMBER
  dropped: rx_queue=\d+
  slot 0: uid=0 pid=PID, connected \d+s ago, queue \d+% of 69.6k
    to it           +NUMBER +NUMBER +NUMBER +NUMBER
    dropped: rx_queue=\d+
  slot 1: uid=0 pid=PID, connected \d+s ago, queue 0% of 69.6k
    to it           +NUMBER +NUMBER +NUMBER +NUMBER

attach,mac=MAC@ptcp:0:127.0.0.1
  listening at 127.0.0.1:\d+, origin cmdline, 1 client
  to clients        +NUMBER +NUMBER +NUMBER +NUMBER
  from clients       +4 +NUMBER +NUMBER +NUMBER
  dropped: tx_mac=3
  slot 2: peer=tcp:127.0.0.1:\d+, connected \d+s ago, queue 0% of 69.6k
    to it           +NUMBER +NUMBER +NUMBER +NUMBER
    from it          +4 +NUMBER +NUMBER +NUMBER
    dropped: tx_mac=3

confined processes
  supervisor
    WORDS
  broker
    WORDS
  front
    WORDS
  worker
    WORDS
"""


def lines_check(text):
    for line in text.splitlines():
        plk.check(len(line) < 80, f"longer than 79 columns: {line!r}")
        plk.check(line.isprintable() and line == line.rstrip(), f"not plain: {line!r}")


def test_show(case):
    """For people: what is there, at rest and in columns; rates of the time between two looks."""
    case.veth()
    wire = case.wire()
    daemon = daemon_of(case, f"--remote=capture@punix:{case.path('c')}", f"--remote=attach,mac={MAC}@ptcp:0", QUEUE_MIN)
    case.connect(case.path("c"))
    reads = case.connect(case.path("c"))
    attached = case.connect(plk.tcp_address(daemon))
    settled(case, lambda all_of_it: sum(remote["pktlock_clients"] for remote in all_of_it["remotes"]) == 3, "all are there")
    attached.send(plk.frame(0, src=ALLOWED), *(plk.frame(i) for i in range(3)))
    for i in range(400):
        wire.send(plk.frame(i, 1000))
        reads.drain(0)
    settled(case, lambda all_of_it: all_of_it["pktlock_tx_dropped_total"]["mac"] == 3 and
            all_of_it["pktlock_rx_frames_total"] >= 800, "all is counted")
    reads.drain(0.1)
    attached.drain(0.1)
    text = ask(case, "show")
    lines_check(text)
    pattern = SHOWN
    for word, means in (("PATH", re.escape(case.dir)), ("PID", str(os.getpid())), ("+NUMBER", r" +[0-9.]+[kMGTPE]?"), ("MAC", MAC),
                        ("WORDS", r"calls=\d+( \S+|\n {4}\S+)+")):
        pattern = pattern.replace(word, means)
    plk.check(re.fullmatch(pattern, text), f"show:\n{text}")
    # two looks with a second between them
    time.sleep(1.1)
    ask(case, "show")
    wire.send(*(plk.frame(i, 1000) for i in range(60)))
    settled(case, lambda all_of_it: all_of_it["pktlock_rx_frames_total"] >= 920, "all is counted")
    time.sleep(1.1)
    text = ask(case, "show")
    lines_check(text)
    plk.check("rates: over the last 1s, since show was asked for" in text, f"show:\n{text}")
    rate = int(re.search(r"^received +\S+ +(\d+)", text, re.MULTILINE).group(1))
    plk.check(60 <= rate <= 125, f"120 frames within little more than a second are {rate} frames/s")
    text = ask(case, "show")
    plk.check("rates: averages since" in text, f"asked again at once:\n{text}")
    os.kill(daemon.look()["worker"], signal.SIGKILL)
    plk.poll_until(lambda: ", 1 worker restart," in ask(case, "show"), "the death is shown")
    plk.ip("link delete dev e0")
    plk.poll_until(lambda: "interface e0: gone\n" in ask(case, "show"), "it is gone")
    daemon.stop()


def test_all_clients(case):
    """As many clients as there may be, and everything of each is told."""
    case.veth()
    daemon = daemon_of(case, f"--remote=capture@punix:{case.path('c')}", "--clients=1024", QUEUE_MIN)
    for i in range(1024):
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        case.stack.callback(sock.close)
        sock.connect(case.path("c"))
    said = settled(case, lambda all_of_it: all_of_it["remotes"][0]["pktlock_clients"] == 1024, "all are there")
    plk.equal([client["slot"] for client in said["remotes"][0]["clients"]], list(range(1024)), "slots")
    plk.equal(len(re.findall("^  slot ", ask(case, "show"), re.MULTILINE)), 1024, "clients that are shown")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
