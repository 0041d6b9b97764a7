# SPDX-License-Identifier: BSD-2-Clause
"""Many clients: at one switch, with one of them frozen, and with one of them that sends as much as it can."""

import time

import lab
import plk
from capture import LIVE, Delivery
from figures import Column, Goal, Section
from inject import COLUMNS as SENT_COLUMNS
from inject import LEARN_S, feed
from latency import EVENLY, RATE, TIMES, lone

CLIENTS = (1, 4, 16, 64)
OTHERS = (1, 4, 16)
ME = 1000
FAR = bytes.fromhex("02700000ffff")  # whom the feeder sends to
HELLO_TYPE = 0x88B6
CAPTURE_RATE = 100_000
COUNTED = [Column("mpps", "Mframes/s"), Column("lost", "lost %", "{:.1f}"), Column("own", "counted %", "{:.1f}")]


def figures(run, frames, own=0):
    return {
        "mpps": run.got["frames"] / run.sent["seconds"] / 1e6,
        "lost": 100 * max(1 - run.got["frames"] / frames, 0),
        "own": 100 * own / frames,
        "came": 100 * run.got["frames"] / frames,
        "worker_ns": run.worker_ns,
        "rss_mib": int(run.rss.split()[0]) / 1024,
        "even": run.got["fewest"],
        **run.times(),
    }


def to_clients(gen, n):
    """Each frame goes to one of n attached clients, in turn."""

    def run(case):
        run_ = Delivery(case, "attach", gen | {"to": n}, bytes=64, count=n, stride=n)
        found = figures(run_, run_.sent["frames"], lab.losses(run_.daemon, run_.got["frames"] == run_.sent["frames"]))
        return found | {"even": 100 * run_.got["fewest"] * n / max(run_.got["frames"], 1)}

    return run


def say_hello(case):
    """The far end says where it is: what is sent to it is for nobody else."""
    wire = plk.Wire("e1")
    wire.send(plk.frame(0, 60, src=FAR, ethertype=HELLO_TYPE))
    wire.close()
    time.sleep(LEARN_S)


def from_clients(n):
    """n attached clients send as much as they can to one behind the interface."""

    def run(case):
        lab.cable(case)
        daemon = lab.daemon(case, f"attach@punix:{case.path('c')}")
        say_hello(case)
        found, fed = feed(case, 64, "e1", daemon.family.values(), count=n, hello=1)
        found["even"] = 100 * fed["fewest"] * n / fed["frames"]
        return found | {"own": 100 * lab.losses(daemon, found["lost"] <= 0) / fed["frames"]}

    return run


def others(port, gen, n, frozen):
    """n clients, and another that reads as well, or does not."""
    apart = {"frozen": 1} if frozen else {"apart": 1}
    switched = port.startswith("attach")

    def run(case):
        more = {"to": n + 1} if switched else {}
        run_ = Delivery(case, port, gen | more, bytes=64, count=n + 1, stride=n + 1 if switched else 1, **apart)
        frames = run_.sent["frames"] * n / (n + 1) if switched else run_.sent["frames"] * n
        return figures(run_, frames)

    return run


def frozen_section(name, title, port, gen):
    variants = {}
    goals = []
    for n in OTHERS:
        reads, frozen = f"{n} + 1 that reads", f"{n} + 1 frozen"
        variants[reads] = others(port, gen, n, False)
        variants[frozen] = others(port, gen, n, True)
        goals.append(Goal(f"{n}: what came of what was sent, with the frozen one", share("came", frozen, reads), at_least=0.95))
        goals.append(Goal(f"{n}: p99, with the frozen one", share("p99_us", frozen, reads), at_most=1.05))
    columns = [*COUNTED[:2], *TIMES, Column("worker_ns", "worker ns/frame", "{:.0f}")]
    return Section(name, title, columns, variants, goals)


def beside(way, flood):
    """A lone frame of one attached client, while another sends all it can."""

    def run(case):
        lab.cable(case)
        lab.daemon(case, f"attach@punix:{case.path('c')}")
        say_hello(case)
        if flood:
            lab.Tool(case, lab.SENDER, "feeder", path=case.path("c"), bytes=64, seconds=30, hello=1)
        return lone(case, way, path=case.path("c"), me=ME)

    return run


def share(key, variant, base):
    return lambda found: found[variant][key] / found[base][key]


def names(n):
    return f"{n} client" if n == 1 else f"{n} clients"


def steady(base):
    """What all have together must not fall with their number."""
    return [Goal(f"frames/s with {n}, of one client's", share("mpps", names(n), names(base)), at_least=0.8)
            for n in CLIENTS if n != base]  # fmt: skip


def sections():
    memory = Goal("memory of the worker for each further client, MiB",
                  lambda found: (found[names(64)]["rss_mib"] - found[names(1)]["rss_mib"]) / 63, at_most=1.1)
    even = Column("even", "least of all %", "{:.0f}")
    yield Section(
        "scale-in",
        "64-byte frames at full speed to attached clients in turn; all together",
        [*COUNTED, Column("worker_ns", "worker ns/frame", "{:.0f}"), even, Column("rss_mib", "worker MiB", "{:.1f}")],
        {names(n): to_clients(LIVE, n) for n in CLIENTS},
        [*steady(1), memory],
    )
    yield Section(
        "scale-out",
        "64-byte frames of attached clients that all send what they can, to one behind the interface",
        [*SENT_COLUMNS, even],
        {names(n): from_clients(n) for n in CLIENTS},
        steady(1),
    )
    yield Section(
        "scale-load",
        f"{RATE} frames of 64 bytes a second to attached clients in turn",
        [*COUNTED, *TIMES, Column("worker_ns", "worker ns/frame", "{:.0f}"), even],
        {names(n): to_clients(EVENLY, n) for n in CLIENTS},
    )
    yield frozen_section("frozen", f"{RATE} frames a second to attached clients in turn, one of which does not read",
                         "attach", EVENLY)
    yield frozen_section("frozen-capture", f"{CAPTURE_RATE} frames a second to each of several captures, one of which does not read",
                         "capture", EVENLY | {"rate": CAPTURE_RATE})
    yield Section(
        "flood",
        "one frame of an attached client in flight, while another client sends at full speed",
        [*TIMES, Column("lost", "lost %", "{:.1f}")],
        {f"{way}, {name}": beside(way, flood) for way in ("in", "out") for name, flood in (("alone", 0), ("beside a flood", 1))},
        rounds=3,
    )  # fmt: skip
