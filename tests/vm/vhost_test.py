# SPDX-License-Identifier: BSD-2-Clause
"""The daemon on the TAP of a VM that vhost-net serves: what the VM sends is what its clients get, and the other way round.

    vhost_test.py --bin=DIRECTORY --program=PROGRAM [--kernel=PACKAGE]

Boots a kernel (machine.py). In it vhost.c is the VM and all clients at once; it says for each row of rows.c and each client
`same`, or what is wrong. This file knows which of them there have to be, and what the counters have to say in between.
"""

import re
import sys

import machine
from machine import HERE, Failure, check, equal

VNET = ("capture-vnet10", "capture-vnet12", "capture-vnet20", "capture-low", "attach-vnet12")
QEMU = ("capture-qemu", "capture-low-qemu", "attach-qemu")
INJECT_VNET = ("inject-vnet10", "inject-vnet12", "attach-vnet12")
INJECT_QEMU = ("inject-qemu", "attach-qemu")

# What is sent to a VM that reads nothing: frames and superframes, and how many pieces each is.
STALLS = {"stall": (3010, 1), "stall-gso": (1210, 1), "stall-pieces": (50, 41)}
TAP_ROOM = 1000  # frames: txqueuelen of a TAP, but up to 15 places are given back late (linux/ptr_ring.h)
LATE = 15


def rows_of(table):
    """(name, offload, fate) of a table of rows.c, so that no row can be forgotten here or there."""
    text = (HERE / "rows.c").read_text()
    body = re.search(rf"\b{table}\[\] = {{\n(.*?)\n}};", text, re.DOTALL)[1]
    return re.findall(r'^\t{"([^"]+)", .*?(?:OFFLOAD_(\w+), FATE_(\w+), \d+)?},(?: /\*.*)?$', body, re.MULTILINE)


def expected_rows():
    rows = {("settle", "nothing", door) for door in VNET + QEMU}
    captured = rows_of("rows_captured")
    check(len(captured) > 20, "rows.c was not understood")
    rows |= {("capture", name, door) for name, _, _ in captured for door in VNET + QEMU}
    for section, table in SECTIONS.items():
        for name, offload, _ in rows_of(table):
            doors = INJECT_VNET + (INJECT_QEMU if offload == "NONE" else ())
            rows |= {(section, name, door) for door in doors}
    rows |= {("lie", name, "inject-vnet12") for name, _, _ in (*rows_of("lies"), ("hdr-len", "", ""))}
    rows |= {("announce", "neighbour", "attach-vnet12")}
    for section in STALLS:
        rows |= {(section, "switched", "attach-vnet12"), (section, "resumed", "vm")}
        rows |= {(section, "meanwhile", door) for door in VNET + QEMU}
    rows |= {("end", captured[0][0], door) for door in VNET + QEMU}
    return rows


SECTIONS = {
    "inject": "rows_injected",
    "inject-plain": "rows_injected_plain",
    "after-stall": "rows_injected",
}


def check_rows(phase):
    """Each row is there once, and says that it is the same."""
    said = {}
    for line in phase.all("row"):
        section, name, door, what = re.fullmatch(r"(\S+) (\S+) (\S+): (.*)", line).groups()
        check((section, name, door) not in said, f"row {section} {name} {door} is there twice")
        said[section, name, door] = what
    wrong = [f"{' '.join(row)}: {what}" for row, what in said.items() if what != "same"]
    wrong += [f"{' '.join(row)}: is missing" for row in sorted(expected_rows() - set(said))]
    wrong += [f"{' '.join(row)}: is not expected" for row in sorted(set(said) - expected_rows())]
    if wrong:
        raise Failure(f"{len(wrong)} rows of {len(said)}:\n  " + "\n  ".join(wrong) + "\nas seen:")
    return len(said)


# ---------------------------------------------------------------------------------------------------------------------
# Counters


def counters(phase):
    """(when, values) in order."""
    out = []
    for line in phase.all("counters"):
        when, *fields = line.split(" ")
        out.append((when, {name: int(value) for name, value in (field.split("=") for field in fields if "=" in field)}))
    return out


def dropped_between(before, after):
    return {name: value - before.get(name, 0) for name, value in after.items()
            if "_dropped_" in name and value != before.get(name, 0)}  # fmt: skip


def check_counters(phase):
    """What is dropped is counted under its reason, and nothing else is dropped."""
    before = {}
    for when, values in counters(phase):
        if when not in STALLS:  # see check_stall()
            equal(dropped_between(before, values), dropped_in(when), f"dropped and counted in {when}")
        before = values
    equal(before.get("clients_closed", 0), 0, "clients that the daemon closed")


def dropped_in(when):
    if when == "lie":
        return {"tx_dropped_bad_header": len(rows_of("lies"))}
    if when in SECTIONS:
        doors = {"NONE": len(INJECT_VNET + INJECT_QEMU)}
        rows = [offload for _, offload, fate in rows_of(SECTIONS[when]) if fate == "NONE"]
        n = sum(doors.get(offload, len(INJECT_VNET)) for offload in rows)
        return {"tx_dropped_emsgsize": n} if n else {}
    return {}


def check_stall(phase, section):
    """Nothing is lost silently: what the VM does not get, once it reads again, was counted."""
    sent, pieces = STALLS[section]
    said = dict(line.split(" ")[1:] for line in phase.all("stalled") if line.startswith(section + " "))
    equal(int(said["sent"]), sent, f"{section}: frames sent to the VM that reads nothing")
    steps = counters(phase)
    last = max(i for i, (when, _) in enumerate(steps) if when == section)
    first = max(i for i, (when, _) in enumerate(steps) if when == "before-stall" and i < last)
    before, after = steps[first][1], steps[last][1]
    more = after.get("tx_pieces", 0) - before.get("tx_pieces", 0)
    delivered = int(said["delivered"])
    check(TAP_ROOM - LATE <= delivered <= TAP_ROOM, f"{section}: the VM got {delivered} frames when it read again")
    check((more > 0) == (pieces > 1), f"{section}: superframes were cut into {more} pieces more")
    equal(after["tx_frames"] - before["tx_frames"], delivered, f"{section}: frames that were counted as sent")
    equal(dropped_between(before, after), {"tx_dropped_enobufs": sent + more - delivered}, f"{section}: dropped")


def check_vhost(phase):
    equal(phase.all("failed"), [], "what failed")
    equal(phase.all("fatal"), [], "what ended the test program")
    rows = check_rows(phase)
    check_counters(phase)
    for section in STALLS:
        check_stall(phase, section)
    equal(phase.one("status"), "0", "exit status after SIGTERM")
    equal(sorted(phase.all("left")), ["processes 0", "sockets 0"], "what is left")
    wrong = [line for line in phase.all("log") if " error: " in line]
    equal(wrong, [], "errors in the log")
    print(f"{rows} rows, all the same on both sides")


def main():
    options = machine.arguments_parse("Run pktlockd on the TAP of a vhost-net VM, in an emulated machine.")
    seen = {}
    try:
        seen = machine.Machine(options).boot("vhost")
    except Failure as failure:
        print(f"FAILED {failure}")
    failed = machine.judge(seen, {"vhost": check_vhost})
    if failed and "vhost" in seen:
        lines = seen["vhost"].all("stalled") + seen["vhost"].all("counters")
        print("\n".join(f"    {line}" for line in lines))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
