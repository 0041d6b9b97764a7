# SPDX-License-Identifier: BSD-2-Clause
"""What the units leave of a process, and that pktlock's own sandbox is whole within them."""

import ctypes
import json
import os
import re

import machine
from machine import ROLES, Blocks, plk

SYS_LANDLOCK_CREATE_RULESET = 444
NET_RAW = 1 << 13
SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")
KINDS = ("user", "mnt", "net", "ipc", "uts")
LIMITS = {"supervisor": 8192, "broker": 4096, "front": 2048, "worker": 1024}
UNIT = "pktlock@e0.service"
DROP_IN = "/run/systemd/system/pktlock@e0.service.d/example.conf"
# what each of our units may be exposed at most; README.md says what it consists of
SHIPPED = 1.7
EXPOSURE = {
    "capture.conf": SHIPPED,
    "inject.conf": SHIPPED,
    "attach.conf": SHIPPED,
    "vnet.conf": SHIPPED,
    "control.conf": SHIPPED,
    "tcp-socket.conf": SHIPPED,
    "tcp.conf": 1.9,
    "own-namespaces.conf": 2.0,
}


def namespace(pid, kind):
    return os.readlink(f"/proc/{pid}/ns/{kind}")


def confined(case):
    """{role: {word: value}} of what the four have said, all of it."""
    lines = case.wait_journal(UNIT, "info: confined process=", count=4)
    return {re.search(r"process=(\w+)", line).group(1): dict(re.findall(r"(\w+)=(\S+)", line)) for line in lines}


def check_identity(case, role, pid, status):
    uid = case.machine.run("id", "--user", "pktlock").stdout.strip()
    gid = case.machine.run("id", "--group", "pktlock").stdout.strip()
    plk.equal((status["Uid"].split(), status["Gid"].split()), ([uid] * 4, [gid] * 4), f"user and group of the {role}")
    plk.check(set(status["Groups"].split()) <= {gid}, f"groups of the {role}: {status['Groups']}")
    plk.equal(os.stat(f"/proc/{pid}/fd").st_uid, 0, f"owner of what /proc has of the {role}: others of its user may not look")


def check_status(role, status):
    """What the kernel says of capabilities, privileges and filters."""
    keep = NET_RAW if role == "broker" else 0
    expected = {"CapInh": 0, "CapPrm": keep, "CapEff": keep, "CapAmb": 0}
    plk.equal({name: int(status[name], 16) for name in SETS}, expected, f"capabilities of the {role}")
    plk.equal(int(status["CapBnd"], 16), 0 if role == "worker" else NET_RAW, f"bounding set of the {role}")
    plk.equal((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"), f"no new privileges, filtered calls of the {role}")


def check_limits(role, pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        limits = {line[:26].strip(): line[26:].split()[:2] for line in file}
    plk.equal(limits["Max open files"][0], str(LIMITS[role]), f"descriptors of the {role}")
    plk.equal(limits["Max core file size"], ["0", "0"], f"core file of the {role}")
    if role in ("broker", "worker"):
        plk.equal(limits["Max file size"], ["0", "0"], f"size of files of the {role}")
    if role != "supervisor":
        plk.equal(limits["Max processes"], ["0", "0"], f"processes of the {role}")


def check_said(role, said):
    libc = ctypes.CDLL(None, use_errno=True)
    expected = {
        "capabilities": "net_raw" if role == "broker" else "none",
        "bounding": "none" if role == "worker" else "net_raw",
        "securebits": "locked",
        "landlock": str(libc.syscall(SYS_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)),
        "files": str(LIMITS[role]),
        "mdwe": "yes",
    }
    plk.equal({word: said[word] for word in expected}, expected, f"what the {role} says of itself")


def running(case, *examples):
    """The service with a client: its processes, what /proc says of them, what they say."""
    case.veth("e0", "e1")
    for name in examples:
        case.example(name, DROP_IN)
    case.reload_units()
    case.start("e0")
    plk.sync(case.wire("e1"), case.connect("e0", Blocks()))
    family = case.machine.whole(UNIT)
    return family, {role: plk.status_of(pid) for role, pid in family.items()}, confined(case)


def check_gates(case, family, status, said):
    """All that is the same whatever namespaces there are."""
    for role in ROLES:
        check_identity(case, role, family[role], status[role])
        check_status(role, status[role])
        check_limits(role, family[role])
        check_said(role, said[role])
    filters = {role: int(status[role]["Seccomp_filters"]) for role in ROLES}
    plk.equal(filters["worker"], filters["supervisor"] + 1, f"filters of the worker: the supervisor's and its own ({filters})")
    plk.equal((filters["front"], filters["broker"]), (filters["supervisor"],) * 2, f"filters of front and broker ({filters})")
    plk.check(filters["supervisor"] >= 3, f"filters of the supervisor: its own and the unit's ({filters})")


def test_every_gate(case):
    """As shipped: every stage of every process, as /proc and as the log have it. The worker has a user and a network namespace
    of its own; mounts, IPC and UTS are the service's and nobody else's."""
    family, status, said = running(case)
    check_gates(case, family, status, said)
    for kind in KINDS:
        names = {role: namespace(pid, kind) for role, pid in family.items()}
        own = kind in ("user", "net")
        plk.equal(names["worker"] != names["supervisor"], own, f"whether the worker has a {kind} namespace of its own")
        plk.equal({names["front"], names["broker"]}, {names["supervisor"]}, f"{kind} namespace of front and broker")
        host = namespace(case.machine.pid, kind)
        plk.check(names["worker"] != host, f"the worker is in the machine's {kind} namespace")
        plk.equal(names["supervisor"] == host, own, f"whether the service is in the machine's {kind} namespace")
    plk.check(said["worker"]["namespaces"].startswith("user,net"), f"namespaces of the worker: {said['worker']['namespaces']}")
    with open(f"/proc/{family['worker']}/net/dev", encoding="ascii") as file:
        plk.equal(len(file.readlines()), 3, "lines of the worker's /proc/net/dev: lo")


def test_files(case):
    """What the service has of the machine's files: programs and libraries, read-only, and a place for its sockets."""
    family, _, _ = running(case)
    root = f"/proc/{family['broker']}/root"
    for path in ("/", "/usr", "/etc"):
        plk.check(os.statvfs(root + path).f_flag & os.ST_RDONLY, f"{path} is not read-only")
    plk.check(not os.statvfs(f"{root}/run/pktlock").f_flag & os.ST_RDONLY, "/run/pktlock is read-only")
    for path in ("/home", "/root", "/boot", "/media", "/mnt", "/opt", "/srv", "/sys", "/var"):
        plk.equal(os.stat(root + path).st_mode & 0o777, 0, f"mode of {path}")
    plk.equal(os.listdir(f"{root}/tmp"), [], "/tmp")
    plk.check("kmsg" not in os.listdir(f"{root}/dev"), "/dev has devices")
    plk.check("sys" not in os.listdir(f"{root}/proc"), "/proc has more than processes")


def test_own_namespaces(case):
    """With the example, the worker makes all five itself, and its root directory is empty."""
    family, status, said = running(case, "own-namespaces.conf")
    check_gates(case, family, status, said)
    for kind in KINDS:
        plk.check(namespace(family["worker"], kind) != namespace(family["supervisor"], kind), f"no {kind} namespace of its own")
    plk.equal(said["worker"]["namespaces"], "user,mount,net,ipc,uts", "namespaces of the worker")
    plk.equal(os.listdir(f"/proc/{family['worker']}/root/"), [], "files that the worker sees")
    plk.check(os.statvfs(f"/proc/{family['worker']}/root/").f_flag & os.ST_RDONLY, "the worker's root is not read-only")


def test_next_worker(case):
    """A worker that replaces another is confined as that was."""
    family, status, _ = running(case)
    os.kill(family["worker"], 9)
    plk.poll_until(lambda: case.machine.family(UNIT).get("worker", family["worker"]) != family["worker"], "another worker")
    case.wait_journal(UNIT, "another worker serves")
    worker = case.machine.family(UNIT)["worker"]
    now = plk.status_of(worker)
    check_status("worker", now)
    check_limits("worker", worker)
    plk.equal(now["Seccomp_filters"], status["worker"]["Seccomp_filters"], "filters")
    for kind in ("user", "net"):
        plk.check(namespace(worker, kind) != namespace(family["supervisor"], kind), f"no {kind} namespace of its own")


def exposure(case):
    text = case.machine.run("systemd-analyze", "security", "--no-pager", UNIT, check=False).stdout
    return float(re.search(r"Overall exposure level for \S+: ([0-9.]+)", text).group(1))


def tenths(case):
    """{setting: tenths} of what is counted against the unit as shipped."""
    text = case.machine.run("systemd-analyze", "security", "--no-pager", "--json=short", UNIT, check=False).stdout
    return {row["name"]: row["exposure"] for row in json.loads(text) if float(row["exposure"] or 0) > 0}


def test_exposure(case):
    """The score of systemd-analyze security, of the unit as shipped and with each example, and what it consists of are what
    README.md says."""
    case.reload_units()
    scores, left = {"as shipped": exposure(case)}, tenths(case)
    for name in EXPOSURE:
        case.example(name, DROP_IN)
        case.reload_units()
        scores[name] = exposure(case)
    for name, score in scores.items():
        print(f"     {name}: {score}")
    for name, most in left.items():
        print(f"     left: {name} {most}")
    for name, score in scores.items():
        plk.check(score <= EXPOSURE.get(name, SHIPPED), f"{name}: {score}")
    with open(os.path.join(machine.HERE, "..", "..", "README.md"), encoding="utf-8") as file:
        said = file.read()
    missing = [name for name, most in left.items() if "| `{}` | {} |".format(name.replace("|", "\\|"), most) not in said]
    missing += [name for name, most in EXPOSURE.items() if most != SHIPPED and f"{most} with" not in said]
    plk.check(not missing, f"README.md does not say what is exposed, or how much, of {missing}")


def verified(case, *units):
    """What systemd has to say about units, and about the drop-ins that are there."""
    done = case.machine.run("systemd-analyze", "verify", "--man=no", *units, check=False)
    return [line for line in (done.stdout + done.stderr).splitlines() if "pktlock" in line], done.returncode


def test_verify(case):
    """systemd finds no fault with the units, nor with any example; it would find one."""
    ours = [case.machine.unit("pktlock@.service"), case.machine.unit("pktlock@.socket")]
    plk.equal(verified(case, *ours), ([], 0), "what systemd-analyze verify says")
    drop_in = "/run/systemd/system/pktlock@.service.d/example.conf"
    case.file(drop_in, "[Service]\nNoSuchSetting=yes\n")
    plk.check(verified(case, *ours)[0], "nothing is said about a setting that does not exist")
    for unit in ("pktlock-inject@.socket", "pktlock-tcp@.socket", "pktlock-textfile@.service", "pktlock-textfile@.timer"):
        case.example(unit, f"/run/systemd/system/{unit}")
        ours.append(f"/run/systemd/system/{unit}")
    names = os.listdir(case.machine.path(case.machine.example("")))
    examples = sorted(name for name in names if name.endswith(".conf") and name != "eth1.conf")
    plk.check(len(examples) >= 10, f"examples: {examples}")
    for name in examples:
        case.example(name, drop_in)
        said, status = verified(case, *ours)
        if name == "notify-reload.conf":  # systemd 252 does not have it
            said = [line for line in said if "Failed to parse service type, ignoring: notify-reload" not in line]
        plk.equal((said, status), ([], 0), f"what systemd-analyze verify says with {name}")


if __name__ == "__main__":
    machine.main()
