# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the hostile programs share: see hostile.h.

A test file names every attack that its program has, with what must stop it:

    SIGSYS          the process is killed by its system call filter
    an errno        the call fails; the process says so by its exit status
    WORKED          nothing stops it: it is what the process is for, or of no use; each such row says why
    anything else   a regular expression for a line of the log
"""

import contextlib
import errno
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "netns"))
import plk  # noqa: E402  pylint: disable=wrong-import-position

SIGSYS = "SIGSYS"
SIGSEGV = "SIGSEGV"
WORKED = "worked"
STATUS_ERRNO = 120  # and errno on top: as in hostile.h
EVIL = bytes.fromhex("026666666666")  # the source address of every frame of an attacker
PLACE = "/run/hostile"  # where hostile programs look for files

# What none of the three may do. All of it must be stopped by the filter, but for two that are no system calls of ours.
SHARED = dict.fromkeys(
    """
    ptrace-supervisor ptrace-front ptrace-traceme kill-supervisor kill-front kill-broker kill-all kill-group tkill-front
    tgkill-broker sigqueue-supervisor pidfd-open pidfd-send-signal pidfd-getfd process-vm-readv process-vm-writev kcmp
    prlimit-supervisor prlimit-self affinity-front priority-front
    clone clone-thread clone-user clone3 execve execveat execveat-fd fork vfork
    openat-passwd openat-proc openat-memory openat-create openat2 open-by-handle readlinkat mknodat mkdirat symlinkat linkat
    renameat2 fchmodat fchownat truncate chroot chdir mount umount fanotify inotify open
    unshare-user unshare-net setns setuid setresuid capset prctl-dumpable prctl-ptracer seccomp bpf perf-event add-key personality
    mmap-rwx mmap-exec mmap mprotect-exec mprotect pkey-mprotect mremap madvise brk shmget userfaultfd
    io-uring-setup io-uring-enter aio io-submit
    socket-packet-all socket-packet-dgram socket-netlink socket-unix-dgram socket-udp socket-raw socket-alg socket-vsock
    socket-high socketpair ioctl-promisc ioctl-tap ioctl-type
    dup dup2 dup3 fcntl-dupfd fcntl-blocking fcntl-owner close-range pipe sendfile splice vmsplice writev sendmmsg recvmmsg
    sigaction sigprocmask arch-prctl modify-ldt iopl x32-write x32-sendto x32-execve x32-sendmsg
    """.split(),
    SIGSYS,
)
SHARED["run-data"] = SIGSEGV
SHARED["int80"] = "SIGSYS or SIGSEGV"  # the latter where the kernel has no calls of i386

table = []  # (process, attack, what stopped it)


def attacks_of(program):
    """{name: number} of what a hostile program can do."""
    done = subprocess.run([program], env={"PLK_HOSTILE_LIST": "1"}, capture_output=True, text=True, check=True, timeout=10)
    names = [line.split() for line in done.stdout.splitlines()]
    plk.check(len({name for _, name in names}) == len(names), "two attacks have one name")
    return {name: int(number) for number, name in names}


def check_complete(program, *expectations):
    """The program has no attack for which the test does not say what must stop it, nor the test one that is not there."""
    expected = set().union(*expectations)
    have = set(attacks_of(program))
    plk.equal(sorted(have - expected), [], "attacks of which the test knows nothing")
    missing = expected - have
    if os.uname().machine == "x86_64":  # others have fewer system calls
        plk.equal(sorted(missing), [], "attacks that the program does not have")


def outcome(case_log, role):
    """How a process ended, in the words of the lists above, from the supervisor's line; and its process number."""
    pattern = (rf"^pktlockd\[supervisor\]: error: {role} \(pid (\d+)\) "
               r"(?:was killed by signal (\d+)( \(sandbox violation: [^;]*)?|ended with status (\d+)); ")
    found = case_log(pattern)[0]
    pid, number, words, status = found.groups()
    if number:
        name = signal.Signals(int(number)).name
        plk.equal(bool(words), name == SIGSYS, f"the line speaks of a sandbox violation ({found.group()})")
        return int(pid), name
    if int(status) == STATUS_ERRNO:
        return int(pid), WORKED
    if int(status) > STATUS_ERRNO:
        name = errno.errorcode.get(int(status) - STATUS_ERRNO, status)
        return int(pid), "EOPNOTSUPP" if name == "ENOTSUP" else name  # Linux has one number for both
    return int(pid), f"status {status}"


def check_outcome(role, attack, got, expected):
    plk.check(got in expected.split(" or "), f"{attack}: stopped by {got}, expected {expected}")
    note(role, attack, got)


def note(role, attack, what):
    table.append((role, attack, what))


def print_table():
    """Everything that was tried, and what stopped it."""
    width = max((len(attack) for _, attack, _ in table), default=0)
    for role, attack, what in table:
        print(f"     {role:8} {attack:{width}}  {what}")
    print(f"     {len(table)} attacks")


class Sniffer:
    """Everything that passes an interface, in both directions."""

    def __init__(self, ifname):
        self.name = ifname
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        self.sock.setsockopt(socket.SOL_SOCKET, plk.SO_RCVBUFFORCE, 8 << 20)
        self.sock.bind((ifname, plk.ETH_P_ALL))
        self.sock.setblocking(False)

    def close(self):
        self.sock.close()

    def take(self):
        """[(frame, whether it was sent here)]: what has passed since the last call."""
        frames = []
        with contextlib.suppress(BlockingIOError):
            while True:
                data, address = self.sock.recvfrom(1 << 17)
                frames.append((data, address[2] == plk.PACKET_OUTGOING))
        return frames


class World:
    """An interface with a cable to the test (e0, e1), another one that nothing may ever reach (c0, c1), and files that nobody
    may change. The interfaces of the canary are made next after ours: see hostile_front.c."""

    def __init__(self, case):
        case.veth()
        plk.ip("link add c0 type veth peer name c1")
        plk.ip("link set c0 up")
        plk.ip("link set c1 up")
        self.ours = [case.keep(Sniffer(name)) for name in ("e0", "e1")]
        self.canary = [case.keep(Sniffer(name)) for name in ("c0", "c1")]
        shutil.rmtree(PLACE, ignore_errors=True)
        for directory in (PLACE, f"{PLACE}/inside"):
            os.mkdir(directory)
            os.chmod(directory, 0o777)
            with open(f"{directory}/victim", "w", encoding="ascii") as file:
                file.write("untouched")
            os.chmod(f"{directory}/victim", 0o666)

    @staticmethod
    def index(name):
        return socket.if_nametoindex(name)

    def evil_frames(self):
        """How many frames of attackers passed our own interface."""
        return sum(data[6:12] == EVIL for sniffer in self.ours for data, _ in sniffer.take())

    def check_silent(self, attack):
        """No frame on the canary's interface, none of an attacker on ours."""
        for sniffer in self.canary:
            frames = sniffer.take()
            plk.equal(len(frames), 0, f"{attack}: frames on {sniffer.name}, another interface")
        plk.equal(self.evil_frames(), 0, f"{attack}: frames of the attacker on the wire")

    def check_nothing_sent(self, attack):
        """Our interface has sent nothing at all: not one frame left it, not one came to the other end."""
        near, far = (sniffer.take() for sniffer in self.ours)
        plk.equal([data.hex() for data, sent in near if sent], [], f"{attack}: sent by e0")
        plk.equal([data.hex() for data, sent in far if not sent], [], f"{attack}: arrived at e1")
        self.check_silent(attack)

    @staticmethod
    def check_untouched(attack, inside=True):
        """No file was made, changed or removed; no interface is promiscuous."""
        for directory in (PLACE, f"{PLACE}/inside") if inside else (PLACE,):
            plk.check(not os.path.lexists(f"{directory}/made"), f"{attack}: {directory}/made was made")
            found = os.stat(f"{directory}/victim")
            plk.equal((stat.S_IMODE(found.st_mode), found.st_uid, found.st_size), (0o666, 0, 9), f"{attack}: {directory}/victim")
        for name in ("e0", "c0"):
            plk.equal(plk.link(name)["promiscuity"], 0, f"{attack}: promiscuity of {name}")


def check_siblings(daemon, before, dead, attack):
    """All processes but one are those that were there before."""
    now = daemon.look()
    for role, pid in before.items():
        if role != dead:
            plk.equal(now.get(role), pid, f"{attack}: process of the {role}")


def wait_line(daemon, pattern, mark, seconds=plk.WAIT):
    return daemon.wait_log(pattern, seconds, after=mark)


def said_since(daemon, mark):
    return daemon.stderr.encode()[mark:].decode("utf-8", "replace")


def count_lines(text, pattern):
    return len(re.findall(pattern, text, re.MULTILINE))


def main():
    try:
        plk.main()
    finally:
        if table:
            print_table()
            sys.stdout.flush()
