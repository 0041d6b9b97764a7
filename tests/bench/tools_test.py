# SPDX-License-Identifier: BSD-2-Clause
"""The tools of the bench count right and find what is wrong, and each of its sections still runs. No time is judged here."""

import os
import socket
import struct
import subprocess
import sys

import capture
import inject
import lab
import latency
import plk
import scale
import tcp

TOOLS = "--tools="
SECONDS = 0.1
FIRST = ("pktlock", "bare in", "attach in", "attach out", "4 clients", "4 + 1 frozen", "out, beside a flood",
         "one write per packet", "pktlock, vnet")  # fmt: skip
# Sections that run what others run.
SAME = ("capture-qemu-64", "capture-qemu-1514", "clients", "clients-paced", "inject-1514", "scale-in", "frozen-capture")


def slow(how, super_):
    """The generator, at a rate that nobody loses anything at."""
    return {"how": how, "iface": "e1", "rate": 1000 if super_ else 20_000, "batch": 4, "seconds": SECONDS}


def ready():
    lab.Options.tools = next(arg.removeprefix(TOOLS) for arg in sys.argv if arg.startswith(TOOLS))
    lab.Options.bin = next(arg.removeprefix("--bin=") for arg in sys.argv if arg.startswith("--bin="))
    lab.Options.seconds = SECONDS
    latency.SAMPLES = 30


def test_generators(case):
    """All that each of them says that it sent is seen, in order and whole, by a ring and by a receiver of single frames."""
    ready()
    lab.cable(case)
    for reader in ("ring", "recv"):
        for how, size, super_ in (("mmsg", 64, 0), ("send", 1514, 0), ("txring", 1514, 0), ("mmsg", 64304, 1)):
            tool = lab.Tool(case, 0, "ceiling", how=reader, iface="e0", bytes=size, super=super_, check=1)
            sent = lab.generate(case, bytes=size, super=super_, **slow(how, super_))
            lab.settle(tool.pid)
            got = tool.stop()
            plk.check(sent["frames"] >= 4, f"{how} sent {sent['frames']} frames")
            plk.equal({key: got[key] for key in ("frames", "missing", "back", "others")},
                      {"frames": sent["frames"], "missing": 0, "back": 0, "others": 0}, f"{reader}, {how}, {size} bytes")


def test_live_frames(case):
    """They are numbered, and go to the addresses in turn."""
    ready()
    lab.cable(case)
    tool = lab.Tool(case, 0, "ceiling", how="ring", iface="e0", check=1)
    sent = lab.generate(case, "xdp", "e0", seconds=0.001, bytes=64, to=4)
    lab.settle(tool.pid)
    got = tool.stop()
    plk.equal(got["frames"] + got["missing"], sent["frames"], "seen or missing")
    plk.check(got["frames"] > 1000 and got["back"] == 0, f"{got}")
    wire = case.wire("e0")
    lab.generate(case, "xdp", "e0", seconds=0.001, bytes=64, to=4)
    plk.equal([wire.recv()[:6].hex() for _ in range(6)], [f"02700000000{i % 4}" for i in range(6)], "addresses")


def sink_of(case, data, **options):
    """A sink that was sent bytes: it, at its end."""
    with case.listener("s") as listener:
        listener.settimeout(plk.WAIT)
        tool = lab.Tool(case, 0, "sink", ready=False, path=case.path("s"), **options)
        with listener.accept()[0] as sock:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            tool.wait_text("ready")
            tool.signal(plk.signal.SIGTERM)
            plk.poll_until(lambda: tool.poll() is not None, "the sink ends")
    os.unlink(case.path("s"))
    tool.wait()
    return tool


def frames_of(case, numbers):
    """Frames as the feeder makes them, with these numbers."""
    with case.listener("f") as listener:
        listener.settimeout(plk.WAIT)
        tool = lab.Tool(case, 0, "feeder", ready=False, path=case.path("f"), bytes=64, seconds=0.001)
        with listener.accept()[0] as sock:
            record = sock.recv(68, socket.MSG_WAITALL)
            while tool.poll() is None:
                sock.settimeout(0.2)
                try:
                    sock.recv(1 << 20)
                except TimeoutError:
                    continue
    os.unlink(case.path("f"))
    return [record[:18] + struct.pack("=Q", number) + record[26:] for number in numbers]


def test_what_is_wrong(case):
    """Gaps, frames out of order and those of others are counted; a byte that differs, or a length, ends the bench."""
    ready()
    frames = frames_of(case, (0, 1, 5, 6, 2))
    other = plk.QEMU.encode(plk.frame(0, 64, ethertype=plk.PROBE))
    tool = sink_of(case, b"".join(frames) + other)
    plk.equal(tool.status, 0, f"status ({tool.stderr})")
    found = tool.result()
    plk.equal([found[key] for key in ("frames", "missing", "back", "others")], [5, 3, 1, 1], "counted")
    plk.equal(sink_of(case, frames[0] + frames[2], stride=5).result()["missing"], 0, "missing with a stride")
    broken = bytearray(frames[0])
    broken[60] ^= 1
    short = struct.pack("!I", 63) + frames[0][4:67]
    for data, text in ((broken, "corrupt"), (short, "length")):
        tool = sink_of(case, bytes(data))
        plk.check(tool.status == 1 and text in tool.stderr, f"{tool.status}: {tool.stderr}")


def test_sections(case):
    """One variant or more of each section, without other programs than tests have: it has figures, and goals that use them."""
    del case
    ready()
    for module in (capture, latency, inject, scale, tcp):
        for section in module.sections():
            if section.name in SAME:
                continue
            found = {}
            for name, function in section.variants.items():
                if name in FIRST:
                    with lab.fresh("bench") as one:
                        found[name] = function(one)
            plk.check(found, f"{section.name} has nothing to run")
            for name, figures in found.items():
                shown = {column.key: figures[column.key] for column in section.columns if column.key in figures}
                plk.check(shown.get("mpps", 0) > 0 or shown.get("gbit", 0) > 0 or shown.get("p50_us", 0) > 0
                          or shown.get("worker_ns", 0) > 0, f"{section.name}, {name}: {shown}")
            print(f"     {section.name}: {', '.join(found)}")


def test_options(case):
    """What run.sh is told is looked at before anything is measured."""
    del case
    run = os.path.join(lab.HERE, "run.py")
    for words, status, text in ((["--list"], 0, "capture-super"), (["--only=nothing"], 1, "no section nothing")):
        done = subprocess.run([sys.executable, "-B", run, *words], capture_output=True, text=True, timeout=10)
        plk.equal(done.returncode, status, f"status of {words} ({done.stderr})")
        plk.check(text in done.stdout + done.stderr, f"{words}: {done.stdout}{done.stderr}")


if __name__ == "__main__":
    if plk.INSIDE in sys.argv:
        os.nice(-10)  # as run.sh does: what else runs here shall wait
    plk.main()
