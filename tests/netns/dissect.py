# SPDX-License-Identifier: BSD-2-Clause
"""A second opinion on frames: tshark's, which shares no line of code with pktlock or these tests."""

import subprocess

import offload
import pcap
import plk

FIELDS = (
    "frame.len", "frame.cap_len", "frame.protocols", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message",
    "ip.checksum.status", "tcp.checksum.status", "udp.checksum.status", "vlan.id", "ieee8021ad.id", "ip.id", "ip.len", "ipv6.plen",
    "tcp.srcport", "udp.srcport", "tcp.seq_raw", "tcp.flags", "tcp.len", "udp.length", "frame.time_epoch",
    "frame.interface_name", "frame.packet_flags_direction", "frame.encap_type",
)
PREFERENCES = (
    "ip.check_checksum:TRUE", "tcp.check_checksum:TRUE", "udp.check_checksum:TRUE", "tcp.analyze_sequence_numbers:FALSE",
    "tcp.desegment_tcp_streams:FALSE", "ip.defragment:FALSE", "tcp.relative_sequence_numbers:FALSE",
)
ERROR = 0x00800000  # PI_ERROR
GOOD = "1"
ABSENT = "3"


def rows(capture, only=""):
    """What tshark says of the frames of a capture file, given as bytes: a dictionary of lists for each."""
    command = ["tshark", "-n", "-r", "-", "-T", "fields", "-E", "separator=/t", "-E", "aggregator=;"]
    command += ["-d", f"tcp.port=={offload.TARGET_PORT},data", "-d", f"udp.port=={offload.TARGET_PORT},data"]
    command += [word for preference in PREFERENCES for word in ("-o", preference)]
    command += [word for field in FIELDS for word in ("-e", field)] + ([only] if only else [])
    done = subprocess.run(command, input=capture, capture_output=True, timeout=60, check=False)
    plk.equal(done.returncode, 0, f"status of tshark ({done.stderr.decode(errors='replace')[-300:]})")
    return [{field: value.split(";") if value else [] for field, value in zip(FIELDS, line.split("\t"))}
            for line in done.stdout.decode().splitlines()]


def numbers(row, field):
    return [int(value, 0) for value in row[field]]


def judge(row, expected):
    """What is wrong with a frame, or "": expected is what offload.Packet.facts() says, or None to look at sums only."""
    if row["frame.len"] != row["frame.cap_len"]:
        return "cut short"
    if row["_ws.malformed"] or any(severity >= ERROR for severity in numbers(row, "_ws.expert.severity")):
        return f"malformed: {' '.join(row['_ws.expert.message'])}"
    sums = row["ip.checksum.status"] + row["tcp.checksum.status"] + row["udp.checksum.status"]
    if expected is None:
        return "" if all(status == GOOD for status in sums) else f"checksums {sums}"
    wanted = [GOOD] * ("ident" in expected) + [ABSENT if expected["absent"] else GOOD]
    if sums != wanted:
        return f"checksums are {sums} instead of {wanted}: {' '.join(row['_ws.expert.message'])}"
    if row["frame.protocols"][0].rpartition(":")[2] not in ("tcp", "udp", "data"):
        return f"more was found in the payload: {row['frame.protocols'][0]}"
    found = {
        "tags": numbers(row, "ieee8021ad.id") + numbers(row, "vlan.id"),
        "port": (numbers(row, "tcp.srcport") + numbers(row, "udp.srcport"))[0],
        "payload": numbers(row, "tcp.len")[0] if row["tcp.len"] else numbers(row, "udp.length")[0] - 8,
    }
    if "ident" in expected:
        found["ident"] = numbers(row, "ip.id")[0]
    if row["tcp.flags"]:
        found["sequence"] = numbers(row, "tcp.seq_raw")[0]
        found["flags"] = numbers(row, "tcp.flags")[0]
    right = {key: value for key, value in expected.items() if key != "absent"}
    return "" if found == right else f"it is {found} instead of {right}"


def check(frames, what):
    """Frames with what is expected of each, (bytes, facts or None): tshark must agree, in one run."""
    found = rows(pcap.pcap([data for data, _ in frames]))
    plk.equal(len(found), len(frames), f"{what}: frames that tshark read")
    for (data, expected), row in zip(frames, found):
        problem = judge(row, expected)
        plk.check(not problem, f"{what}: tshark says of {plk.shown(data)}: {problem}")
