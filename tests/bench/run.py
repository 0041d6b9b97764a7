# SPDX-License-Identifier: BSD-2-Clause
"""run.sh's other half: chooses the sections, runs them in namespaces of its own, prints, and writes JSON and SVG."""

import argparse
import json
import os
import subprocess
import sys
import time

import capture
import chart
import inject
import lab
import latency
import plk
import scale
import tcp

ROOT = os.path.abspath(os.path.join(lab.HERE, "..", ".."))
MODULES = (capture, latency, inject, tcp, scale)


def arguments(argv):
    parser = argparse.ArgumentParser(prog="run.sh", description="Measures pktlock beside its peers.", allow_abbrev=False)
    parser.add_argument("--only", metavar="SECTION,...", help="these sections, or all whose names begin so")
    parser.add_argument("--variants", metavar="WORD,...", help="only variants with such a word in their name")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.6, help="how long each measurement sends")
    parser.add_argument("--quick", action="store_true", help="--rounds=1 --seconds=0.3")
    parser.add_argument("--bin", default=f"{ROOT}/build/release/bin", metavar="DIR", help="programs of another build")
    parser.add_argument("--tools", default=f"{ROOT}/build/release/tests/bench", metavar="DIR", help=argparse.SUPPRESS)
    parser.add_argument("--daemon", default="", metavar="'OPTION ...'", help="further options of each pktlockd")
    parser.add_argument("--json", default=f"{ROOT}/build/bench/bench.json", metavar="FILE")
    parser.add_argument("--svg", default=f"{ROOT}/build/bench/bench.svg", metavar="FILE")
    parser.add_argument("--list", action="store_true", help="the names of the sections")
    parser.add_argument(plk.INSIDE, action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.quick:
        options.rounds, options.seconds = 1, 0.3
    for name in ("bin", "tools", "json", "svg"):
        setattr(options, name, os.path.abspath(getattr(options, name)))
    return options


def chosen(options):
    """The sections, in their order."""
    found = [section for module in MODULES for section in module.sections()]
    if not options.only:
        return found
    words = options.only.split(",")
    for word in words:
        if not any(section.name.startswith(word) for section in found):
            sys.exit(f"run.sh: no section {word}; there are {' '.join(section.name for section in found)}")
    return [section for section in found if any(section.name.startswith(word) for word in words)]


def install(sections):
    """What the sections need and this machine does not have. Outside the namespaces: they have no network."""
    needed = {"taskset": "util-linux", "gnuplot": "gnuplot-nox"}
    for section in sections:
        needed |= section.needs
    missing = set()
    for program, package in needed.items():
        try:
            lab.path_of(program)
        except plk.Failure:
            missing.add(package)
    if not missing:
        return
    print(f"installing: {' '.join(sorted(missing))}", flush=True)
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "--quiet", "--option", "DPkg::Lock::Timeout=300"]
    for words in (["update"], ["install", "--yes", "--no-install-recommends", *sorted(missing)]):
        done = subprocess.run(command + words, env=env, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"run.sh: apt-get {words[0]} failed:\n{(done.stdout + done.stderr)[-2000:]}")


def machine():
    """On what it was measured."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    return {
        "kernel": os.uname().release,
        "cpu": models[0] if models else os.uname().machine,
        "cpus": os.cpu_count(),
        "load": [round(value, 2) for value in os.getloadavg()],
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "bin": os.path.relpath(lab.Options.bin, ROOT),
    }


def measure(options, sections):
    began = time.monotonic()
    where = machine()
    print(f"kernel {where['kernel']}, {where['cpus']} x {where['cpu']}, load {where['load'][0]}, {where['date']}; {where['bin']}")
    print(f"{options.rounds} rounds, {options.seconds} s each; medians (min-max); ratios are of one round, then their median")
    for section in sections:
        section.run(options.rounds, options.variants and options.variants.split(","))
        section.show()
        sys.stdout.flush()
    where["load_after"] = [round(value, 2) for value in os.getloadavg()]
    where["seconds"] = round(time.monotonic() - began)
    print(f"\n{where['seconds']} s; load now {where['load_after'][0]}")
    write(options, {"machine": where, "sections": {section.name: section.data() for section in sections}})
    heading = f"kernel {where['kernel']}, {where['cpus']} x {where['cpu']}, load {where['load'][0]}, {where['date']}; medians, min-max"
    os.makedirs(os.path.dirname(options.svg), exist_ok=True)
    if chart.draw(options.svg, sections, heading):
        print(f"written: {os.path.relpath(options.svg, ROOT)}")
    return 1 if any(section.problems for section in sections) else 0


def write(options, data):
    os.makedirs(os.path.dirname(options.json), exist_ok=True)
    with open(options.json, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=1)
        file.write("\n")
    print(f"written: {os.path.relpath(options.json, ROOT)}")


def main():
    options = arguments(sys.argv[1:])
    sections = chosen(options)
    if options.list:
        for section in sections:
            print(f"{section.name:20} {section.title}")
        return 0
    if not options.inside:
        install(sections)
        world = os.path.join(ROOT, "tests/netns/world.sh")
        sys.stdout.flush()
        os.execv(world, [world, sys.executable, "-B", os.path.abspath(__file__), *sys.argv[1:], plk.INSIDE])
    child = os.fork()
    if child:
        return plk.reap_for(child)
    lab.Options.bin = options.bin
    lab.Options.tools = options.tools
    lab.Options.seconds = options.seconds
    lab.Options.daemon = options.daemon.split()
    os.nice(-10)  # all that is measured, alike: what else runs on the machine shall wait
    plk.private_world()
    return measure(options, sections)


if __name__ == "__main__":
    sys.exit(main())
