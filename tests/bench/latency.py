# SPDX-License-Identifier: BSD-2-Clause
"""Latency: of a lone frame, against a bare receiver; and of all frames under a load that leaves the processors time."""

import lab
from capture import ceiling, pktlock
from figures import Column, Goal, Section

SAMPLES = 3000
TIMES = [Column("p50_us", "p50 us", "{:.1f}"), Column("p90_us", "p90", "{:.1f}"), Column("p99_us", "p99", "{:.1f}")]
RATE = 300_000
EVENLY = {"how": "send", "iface": "e1", "rate": RATE}
BURSTS = {"how": "mmsg", "iface": "e1", "rate": RATE, "batch": 64}


def bare(way):
    def run(case):
        lab.cable(case)
        return lone(case, way, iface="e0")

    return run


def port(way, role, keys=""):
    def run(case):
        lab.cable(case)
        lab.daemon(case, f"{role}{keys}@punix:{case.path('c')}")
        return lone(case, way, path=case.path("c"), me=1000 if role == "attach" else None)

    return run


def lone(case, way, **where):
    found = lab.Tool(case, lab.SENDER, "lat", ready=False, way=way, wire="e1", samples=SAMPLES, **where).result(60)
    return found | {"lost": 100 * found["lost"] / SAMPLES}


def more(key, variant, base):
    return lambda found: found[variant][key] - found[base][key]


def sections():
    goals = []
    for way in ("in", "out"):
        for key, bound in (("p50_us", 25), ("p99_us", 100)):
            text = f"attach, {way}: {key[:3]} above the bare receiver's, us"
            goals.append(Goal(text, more(key, f"attach {way}", f"bare {way}"), at_most=bound, form="{:.1f}"))
    goals.append(Goal("capture bulk: p50, us", lambda found: found["capture bulk in"]["p50_us"], at_most=1100, form="{:.0f}"))
    yield Section(
        "latency",
        f"one frame in flight, {SAMPLES} times; in: wire to client, out: client to wire",
        [*TIMES, Column("samples", "samples", "{:.0f}"), Column("lost", "lost %", "{:.1f}")],
        {
            "bare in": bare("in"),
            "attach in": port("in", "attach"),
            "capture low in": port("in", "capture", ",latency=low"),
            "capture bulk in": port("in", "capture", ",latency=bulk"),
            "bare out": bare("out"),
            "attach out": port("out", "attach"),
            "inject out": port("out", "inject"),
        },
        goals,
        rounds=3,
    )
    yield Section(
        "load",
        f"{RATE} frames of 64 bytes a second, evenly or in bursts of 64; time from sending to the client's read",
        [*TIMES, Column("lost", "lost %", "{:.1f}"), Column("own", "counted %", "{:.1f}"), Column("ns", "ns/frame", "{:.0f}"),
         Column("worker_ns", "worker's", "{:.0f}"), Column("sink_ns", "client's", "{:.0f}"), Column("mpps", "Mframes/s")],
        {
            "attach": pktlock(EVENLY, port="attach"),
            "attach bulk": pktlock(EVENLY, port="attach,latency=bulk"),
            "capture low": pktlock(EVENLY, port="capture,latency=low"),
            "capture bulk": pktlock(EVENLY, port="capture,latency=bulk"),
            "attach, bursts": pktlock(BURSTS, port="attach"),
            "capture bulk, bursts": pktlock(BURSTS, port="capture,latency=bulk"),
            "one write per packet": ceiling("relay", EVENLY),
            "bare recv": ceiling("recv", EVENLY),
        },
        [
            Goal("attach: CPU per frame, times its own in bulk", lambda f: f["attach"]["ns"] / f["attach bulk"]["ns"], at_most=5),
            Goal("attach: CPU per frame, times capture bulk's", lambda f: f["attach"]["ns"] / f["capture bulk"]["ns"], at_most=5),
            Goal("attach: p99, us", lambda found: found["attach"]["p99_us"], at_most=300, form="{:.0f}"),
            Goal("attach, bursts: CPU per frame, times capture bulk's",
                 lambda f: f["attach, bursts"]["ns"] / f["capture bulk, bursts"]["ns"], at_most=5),
        ],
    )  # fmt: skip
