# SPDX-License-Identifier: BSD-2-Clause
"""Gates that a kernel, a container or a unit does not let us close: what is mandatory stops the start, what is not is said.

    refused_test.py --bin=DIRECTORY --fault=PROGRAM [NAME...]
"""

import contextlib
import ctypes
import errno
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "netns"))
sys.path.insert(0, HERE)
import plk  # pylint: disable=wrong-import-position
import prove  # pylint: disable=wrong-import-position
from faults import Faults, role_of  # pylint: disable=wrong-import-position

ROLES = ("supervisor", "broker", "front", "worker")
SETS = ("CapInh", "CapPrm", "CapEff", "CapAmb")
KINDS = {"user": 0x10000000, "mount": 0x00020000, "net": 0x40000000, "ipc": 0x08000000, "uts": 0x04000000}
ANY_NAMESPACE = 0x7E020080  # with pid, cgroup and time
FILES = {"user": "user", "mount": "mnt", "net": "net", "ipc": "ipc", "uts": "uts"}  # in /proc/PID/ns
NET_RAW = 1 << 13

PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 4, 24, 28, 38, 47
PR_SET_MDWE, PR_GET_MDWE = 65, 66
RLIMIT_CORE, RLIMIT_NOFILE = 4, 7
SYS_LANDLOCK_CREATE_RULESET = 444


def confined(daemon):
    """{process: {key: value}} of the lines that say how far each is confined. They come before "ready"."""
    before = daemon.stderr.partition(" ready interface=")[0]
    found = {}
    for name, rest in re.findall(r"^pktlockd\[front\]: info: confined process=(\w+) (.*)$", before, re.MULTILINE):
        found[name] = dict(word.split("=", 1) for word in rest.split(" ") if "=" in word)
        found[name]["line"] = rest
    plk.equal(sorted(found), sorted(ROLES), "processes that say how far they are confined, before ready")
    return found


def serve(case, daemon):
    """Frames flow, and it can be stopped."""
    wire = case.wire()
    client = case.connect(case.path("c"))
    plk.sync(wire, client)
    injecting = case.connect(case.path("i"))
    data = plk.frame(1, 60, plk.FAR, plk.NEAR)
    injecting.send(data)
    wire.expect([data])
    wire.close()
    daemon.stop()


def ports(case):
    return f"--remote=capture@punix:{case.path('c')}", f"--remote=inject@punix:{case.path('i')}"


class Refusing:
    """Faults by rules: (call, test of the arguments, error); for one process, or for all."""

    def __init__(self, case, *rules, role=None):
        self.faults = Faults(case, *{call for call, _, _ in rules})
        self.rules = rules
        self.role = role
        self.faults.decide = self._decide

    def _decide(self, pid, name, args):
        for call, test, error in self.rules:
            if call == name and test(args) and (self.role is None or role_of(pid) == self.role):
                return error
        return 0

    def __enter__(self):
        return self.faults

    def __exit__(self, *_):
        self.faults.close()


def always(_):
    return True


def has_flags(which):
    return lambda args: args[0] & which != 0


# ---------------------------------------------------------------------------------------------------------------------
# A run where nothing is refused


def limits_of(pid):
    """{name: (soft, hard)} of /proc/PID/limits."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as file:
        rows = (re.split(r"\s{2,}", line.strip()) for line in file.readlines()[1:])
        return {row[0]: (row[1], row[2]) for row in rows}


def namespace(pid, name):
    return os.readlink(f"/proc/{pid}/ns/{name}")


def check_status(role, pid, said):
    status = plk.status_of(pid)
    held = 0
    for name in SETS:
        held |= int(status[name], 16)
    names = {0: "none", NET_RAW: "net_raw"}
    plk.equal(said["capabilities"], names.get(held, "more"), f"capabilities of the {role}, which are {held:x}")
    plk.equal(said["bounding"], names.get(int(status["CapBnd"], 16), "more"), f"bounding set of the {role}")
    plk.equal(held, NET_RAW if role == "broker" else 0, f"capabilities of the {role}")
    plk.equal((status["NoNewPrivs"], status["Seccomp"], status["TracerPid"]), ("1", "2", "0"), f"status of the {role}")
    plk.check("0" not in status["Uid"].split() + status["Gid"].split(), f"the {role} is root")
    # who cannot be dumped has a /proc/PID of root
    plk.equal(os.stat(f"/proc/{pid}/status").st_uid, 0, f"owner of /proc/PID of the {role}")


def check_limits(role, pid, said):
    limits = limits_of(pid)
    soft, hard = limits["Max open files"]
    plk.equal(said["files"], soft, f"limit of descriptors of the {role}")
    plk.check(role == "supervisor" or hard == soft, f"the {role} can raise its limit of descriptors")
    plk.equal(limits["Max core file size"], ("0", "0"), f"core files of the {role}")
    if role != "supervisor":
        plk.equal(limits["Max processes"], ("0", "0"), f"processes of the {role}")
    if role in ("broker", "worker"):
        plk.equal(limits["Max file size"], ("0", "0"), f"size of files of the {role}")


def calls_of(role):
    """How many calls a list permits."""
    names = {"supervisor": ("supervisor", "exec", "worker")}.get(role, (role,))
    return len({line.call for name in names for line in prove.policy_read(prove.ROOT / "sandbox" / f"{name}.syscalls")})


def landlock_version():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.syscall(SYS_LANDLOCK_CREATE_RULESET, None, ctypes.c_size_t(0), 1)


def table(said):
    """What an auditor asks for first. The conditions are those on arguments of system calls."""
    columns = ("calls", "conditions", "capabilities", "bounding", "landlock", "mdwe", "namespaces")
    print("     {:<10} {:>5} {:>10} {:>12} {:>9} {:>8} {:>4} {}".format("", *columns))
    for role in ("supervisor", "broker", "front", "worker"):
        print("     {:<10} {:>5} {:>10} {:>12} {:>9} {:>8} {:>4} {}".format(
            role, *(said[role].get(column, "the host's") for column in columns)))


def test_what_is_said_is_so(case):
    """Each process says how far it is confined, before the service is ready, and /proc says the same."""
    case.veth()
    daemon = case.daemon(*ports(case), "--require=namespaces")
    said = confined(daemon)
    for role, pid in daemon.family.items():
        check_status(role, pid, said[role])
        check_limits(role, pid, said[role])
        plk.equal(int(said[role]["calls"]), calls_of(role), f"calls of the {role}")
        plk.equal(int(said[role]["landlock"]), landlock_version(), f"Landlock of the {role}")
        plk.equal(said[role]["securebits"], "locked", f"securebits of the {role}")
    plk.equal(said["worker"]["namespaces"], "user,mount,net,ipc,uts", "namespaces of the worker")
    supervisor, worker = daemon.family["supervisor"], daemon.family["worker"]
    for name in FILES.values():
        plk.check(namespace(worker, name) != namespace(supervisor, name), f"the worker is in the supervisor's {name} namespace")
        for role in ("broker", "front"):
            plk.equal(namespace(daemon.family[role], name), namespace(supervisor, name), f"{name} namespace of the {role}")
    plk.equal(os.listdir(f"/proc/{worker}/root/"), [], "files that the worker sees")
    table(said)
    plk.check(os.statvfs(f"/proc/{worker}/root/").f_flag & os.ST_RDONLY, "the worker's root is not read-only")
    plk.check(os.listdir(f"/proc/{supervisor}/root/"), "the supervisor sees no files either")
    plk.equal(len(open(f"/proc/{worker}/net/dev", encoding="ascii").readlines()), 3, "lines of the worker's /proc/net/dev: lo")
    serve(case, daemon)


# ---------------------------------------------------------------------------------------------------------------------
# Namespaces: a second wall


# What RestrictNamespaces=yes of systemd refuses.
RESTRICTED = (
    ("unshare", has_flags(ANY_NAMESPACE), errno.EPERM),
    ("clone", has_flags(ANY_NAMESPACE), errno.EPERM),
    ("setns", always, errno.EPERM),
)


def check_namespaces(case, expected, reason, *rules):
    """The worker says which it has and why not all; the service serves. With --require=namespaces it does not start."""
    with Refusing(case, *rules) as faults:
        daemon = case.daemon(*ports(case), under=faults.under)
        line = confined(daemon)["worker"]["line"]
        plk.check(line.endswith(f" namespaces={expected} ({reason})"), f"expected {expected} ({reason}) in: {line}")
        worker, supervisor = daemon.family["worker"], daemon.family["supervisor"]
        for kind, name in FILES.items():
            own = namespace(worker, name) != namespace(supervisor, name)
            plk.equal(own, kind in expected.split(","), f"whether the worker has a {name} namespace of its own")
        serve(case, daemon)
    with Refusing(case, *rules) as faults:
        refusal = case.refused(1, reason, *ports(case), "--require=namespaces", under=faults.under)
        found = [text for text in refusal.stderr.splitlines() if text.startswith("pktlockd: ")]
        plk.check(len(found) == 1 and found[0].startswith("pktlockd: --require: 'namespaces': "), f"complaint: {refusal.stderr}")
        check_nothing_left(case)


def check_nothing_left(case):
    plk.poll_until(lambda: not [pid for pid in plk.processes() if role_of(pid) in ROLES + ("child",)], "its processes end", 1)
    plk.equal([name for name in ("c", "i") if os.path.lexists(case.path(name))], [], "socket files")


def test_namespaces_restricted(case):
    case.veth()
    check_namespaces(case, "none", "Operation not permitted", *RESTRICTED)


def test_namespaces_without_users(case):
    """As where user.max_user_namespaces is 0: without a user namespace there are no others."""
    case.veth()
    check_namespaces(case, "none", "No space left on device", ("unshare", has_flags(KINDS["user"]), errno.ENOSPC))


def test_some_namespaces(case):
    """Each kind that can be had is taken."""
    case.veth()
    for kind, flag in KINDS.items():
        if kind != "user":
            rest = ",".join(name for name in KINDS if name != kind)
            check_namespaces(case, rest, "Operation not permitted", ("unshare", has_flags(flag), errno.EPERM))


def test_namespaces_cannot_be_entered(case):
    """Made, but the worker may not enter them."""
    case.veth()
    with Refusing(case, ("setns", always, errno.EPERM)) as faults:
        daemon = case.daemon(*ports(case), under=faults.under)
        line = confined(daemon)["worker"]["line"]
        plk.check(line.endswith(" namespaces=none (Operation not permitted)"), f"namespaces of the worker: {line}")
        serve(case, daemon)


def test_mount_refused(case):
    """A mount namespace that cannot be emptied is none."""
    case.veth()
    for call in ("mount", "pivot_root", "umount2"):
        check_namespaces(case, "user,net,ipc,uts", "Permission denied", (call, always, errno.EACCES))


# The namespaces of the process that compiles a filter, and how the kernel refuses them.
SIOCSIFFLAGS = 0x8914
COMPILER = (
    (("unshare", has_flags(KINDS["user"] | KINDS["net"]), errno.EPERM), "Operation not permitted"),
    (("unshare", has_flags(KINDS["user"] | KINDS["net"]), errno.ENOSPC), "No space left on device"),
    # a user namespace without capabilities, as AppArmor makes them
    (("ioctl", lambda args: args[1] == SIOCSIFFLAGS, errno.EPERM), "Operation not permitted"),
    (("socket", lambda args: args[0] == 17, errno.EPERM), "Operation not supported"),
)


def test_filter_without_namespaces(case):
    """An expression with vlan would mean half of what it says: refused. Any other is compiled without them."""
    case.veth()
    for rule, reason in COMPILER:
        for mode in ((), ("--check",)):
            with Refusing(case, rule, role="front") as faults:
                refusal = case.refused(1, f"and none can be made: {reason} at byte 7; ", *ports(case), "--filter=tcp or vlan 5",
                                       *mode, under=faults.under)
                plk.check(faults.hits, f"{rule[0]} was never made")
                plk.equal(refusal.stderr.count("\n"), 1, f"lines of the complaint: {refusal.stderr}")
                check_nothing_left(case)
        with Refusing(case, rule, role="front") as faults:
            case.refused(2, "syntax error at byte 0", *ports(case), "--filter=vlan or or", under=faults.under)
        with Refusing(case, rule, role="front") as faults:
            daemon = case.daemon(*ports(case), "--filter=ether proto 0x88b6 or tcp port 80", under=faults.under)
            daemon.wait_log(rf"info: filter compiled without a network namespace: {reason}$")
            serve(case, daemon)


def test_filter_gates(case):
    """What confines the compiler is mandatory: else nothing is compiled."""
    case.veth()
    unhit = []
    for call, test, error, words in GATES:
        # those of the front itself come before or after: only the compiler is not in the host's network
        with Refusing(case, (call, test, error), role="front") as faults:
            faults.decide = compiler_only(faults.decide)
            refusal = case.run("--check", *ports(case), "--filter=tcp port 80", under=faults.under)
            if not faults.hits:
                unhit.append(call)
                plk.equal(refusal.status, 0, f"{call}: exit status ({refusal.stderr})")
                continue
            plk.equal(refusal.status, 1, f"{call}: exit status ({refusal.stderr})")
            plk.check(re.search(words, refusal.stderr), f"{call}: no {words!r} in: {refusal.stderr}")
    plk.equal(unhit, ["prctl", "seccomp", "seccomp"], "gates that the compiler does not close: no new privileges is shut, calls")


def compiler_only(decide):
    def asked(pid, name, args):
        with contextlib.suppress(OSError):
            if namespace(pid, "net") != namespace(os.getpid(), "net"):
                return decide(pid, name, args)
        return 0
    return asked


# ---------------------------------------------------------------------------------------------------------------------
# Mandatory gates


def option(number):
    return lambda args: args[0] == number


def sets_limit(which):
    return lambda args: args[1] == which and args[2] != 0


# The gate, how it is refused, and what the complaint says.
GATES = (
    ("prctl", option(PR_SET_NO_NEW_PRIVS), errno.EPERM, "cannot give up new privileges"),
    ("capset", always, errno.EPERM, "cannot give up capabilities|cannot give up privileges"),
    ("prctl", option(PR_CAP_AMBIENT), errno.EINVAL, "cannot give up capabilities|cannot give up privileges"),
    ("landlock_create_ruleset", always, errno.ENOSYS, "Landlock.*: Function not implemented"),
    ("landlock_create_ruleset", always, errno.EOPNOTSUPP, "Landlock.*: Operation not supported"),
    ("landlock_restrict_self", always, errno.E2BIG, "Landlock.*: Argument list too long"),
    ("prlimit64", sets_limit(RLIMIT_CORE), errno.EPERM, "cannot set resource limits: Operation not permitted"),
    ("prctl", option(PR_SET_DUMPABLE), errno.EINVAL, "cannot become undumpable: Invalid argument"),
    ("seccomp", always, errno.EINVAL, "cannot load the system call filter.*: Invalid argument"),
    ("seccomp", always, errno.ENOSYS, "cannot load the system call filter.*: Function not implemented"),
)


def check_gate(case, listener, role, gate):
    call, test, error, words = gate
    what = f"{role}: {call}: {errno.errorcode[error]}"
    waiting = case.connect(case.path("l.sock"))
    with Refusing(case, (call, test, error), role=role) as faults:
        daemon = case.run(*ports(case), "--remote=capture@pfd:9", fds={9: listener}, under=faults.under)
        plk.check(faults.hits, f"{what}: was never made")
    plk.equal(daemon.status, 1, f"{what}: exit status ({daemon.stderr})")
    plk.check(re.search(words, daemon.stderr), f"{what}: no {words!r} in: {daemon.stderr}")
    plk.check(role in daemon.stderr, f"{what}: does not name the {role}: {daemon.stderr}")
    plk.check(" ready " not in daemon.stderr and "client connected" not in daemon.stderr, f"{what}: served: {daemon.stderr}")
    plk.check("killed by signal" not in daemon.stderr, f"{what}: {daemon.stderr}")
    check_nothing_left(case)
    # nobody has taken the connection that waits at the inherited listener
    listener.setblocking(False)
    sock = listener.accept()[0]
    sock.close()
    waiting.close()


def check_gates(case, role):
    case.veth()
    listener = case.listener()
    for gate in GATES:
        check_gate(case, listener, role, gate)


def test_gates_of_the_supervisor(case):
    check_gates(case, "supervisor")


def test_gates_of_the_broker(case):
    check_gates(case, "broker")


def test_gates_of_the_front(case):
    check_gates(case, "front")


def test_gates_of_the_worker(case):
    check_gates(case, "worker")


# ---------------------------------------------------------------------------------------------------------------------
# Gates that depend on the kernel or on privileges


def test_without_mdwe(case):
    """Before Linux 6.3."""
    case.veth()
    rules = [("prctl", option(number), errno.EINVAL) for number in (PR_SET_MDWE, PR_GET_MDWE)]
    with Refusing(case, *rules) as faults:
        daemon = case.daemon(*ports(case), under=faults.under)
        plk.equal({role: said["mdwe"] for role, said in confined(daemon).items()}, dict.fromkeys(ROLES, "no"), "mdwe")
        serve(case, daemon)


def test_bounds_stay_open(case):
    """Without CAP_SETPCAP the bounding set and the securebits are as they were inherited; said. The worker has a full set from its
    user namespace, in which it means nothing outside."""
    case.veth()
    rules = [("prctl", option(number), errno.EPERM) for number in (PR_CAPBSET_DROP, PR_SET_SECUREBITS)]
    with Refusing(case, *rules, role="worker") as faults:
        daemon = case.daemon(*ports(case), under=faults.under)
        said = confined(daemon)
        for role, pid in daemon.family.items():
            check_status(role, pid, said[role])
        plk.equal((said["worker"]["bounding"], said["worker"]["securebits"]), ("more", "open"), "bounds of the worker")
        plk.equal((said["front"]["bounding"], said["front"]["securebits"]), ("none", "locked"), "bounds of the front")
        serve(case, daemon)


if __name__ == "__main__":
    plk.main()
