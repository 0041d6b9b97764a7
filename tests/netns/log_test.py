# SPDX-License-Identifier: BSD-2-Clause
"""Where the lines of the log go, what of a peer is in them, and how many of them others can cause."""

import os
import re
import subprocess
import time

import plk

SHOWN = 20  # lines of one kind and reason in a window of 5 s
NAMES = {"MESSAGE", "PRIORITY", "SYSLOG_IDENTIFIER", "PKTLOCK_ROLE", "PKTLOCK_INTERFACE"}  # of each line


def start(case, *args, **more):
    """A daemon whose lines the journal gets, which is ready."""
    case.veth()
    journal = plk.Journal(case)
    daemon = case.daemon(*args, journal=True, ready=False, **more)
    journal.wait(" ready ")
    return daemon, journal


def inject(case, name="i"):
    return f"--remote=inject@punix:{case.path(name)}"


# The journal


def once(daemon, journal):
    """No line is in both, and what is in neither's form is in none."""
    errors = [re.sub("^<[3467]>", "", line) for line in daemon.stderr.splitlines()]
    for line in journal.lines:
        plk.check(line["MESSAGE"] not in errors, f"twice: {line['MESSAGE']}")
        plk.check(re.match(r"pktlockd\[front\]: (error|warning|info|debug): ", line["MESSAGE"]), f"{line}")


def test_fields(case):
    """A line's words are fields, and the rest is as it was."""
    daemon, journal = start(case, inject(case))
    client = case.connect(case.path("i"))
    journal.wait("client connected")
    client.send_bytes(b"\0\0\0\1")
    client.wait_closed()
    closed = journal.wait("client closed")[0]
    plk.ip("link set e0 down")
    down = journal.wait("interface is down")[0]
    plk.equal(down["PKTLOCK_INTERFACE"], "e0", "interface of a line that names it")
    connected = journal.found("client connected")[0]
    plk.equal(connected, {
        "MESSAGE": f"pktlockd[front]: info: client connected remote=inject@punix:{case.path('i')} slot=0 uid=0 pid={os.getpid()}",
        "PRIORITY": "6", "SYSLOG_IDENTIFIER": "pktlockd", "PKTLOCK_ROLE": "front", "PKTLOCK_INTERFACE": "e0",
        "PKTLOCK_REMOTE": f"inject@punix:{case.path('i')}", "PKTLOCK_SLOT": "0", "PKTLOCK_PEER_UID": "0",
        "PKTLOCK_PEER_PID": str(os.getpid())}, "a client that connects")
    plk.equal([closed[name] for name in ("PRIORITY", "PKTLOCK_REASON", "PKTLOCK_REMOTE")],
              ["4", "bad_length", f"inject@punix:{case.path('i')}"], "a client that errs")
    plk.equal(set(journal.wait(" ready ")[0]), NAMES, "fields of a line that is about no client")
    plk.equal(journal.found("process=worker")[0]["PKTLOCK_ROLE"], "front", "who says how the worker is confined")
    daemon.stop(books=False)
    journal.wait("counters")
    once(daemon, journal)
    plk.check(not any(re.search(r"\[front\]: (?!.*(listening|confined))", line) for line in daemon.stderr.splitlines()),
              f"on standard error: {daemon.stderr}")


def test_no_journal(case):
    """Where there is none, or it listens to something else, lines are on standard error."""
    case.veth()
    daemon = case.daemon(inject(case), journal=True, ready=False)
    daemon.wait_log(r"^<6>pktlockd\[front\]: info: ready interface=e0 remotes=1$")
    daemon.stop(books=False)
    plk.check(all(re.match("<[3467]>pktlockd", line) for line in daemon.stderr.splitlines()), "each line says how grave it is")
    journal = plk.Journal(case)
    for env in ({}, {"JOURNAL_STREAM": ""}, {"JOURNAL_STREAM": "9:1"}):
        daemon = case.daemon(inject(case), env=env)  # which waits for the line, without a prefix
        daemon.stop(books=False)
    plk.equal(journal.lines, [], "what is not for the journal")


def test_stuck(case):
    """A journal that does not read: what it has no room for is on standard error, at once, and clients do not wait."""
    daemon, journal = start(case, inject(case))
    journal.reads = False
    time.sleep(0.1)
    with open("/proc/sys/net/unix/max_dgram_qlen", encoding="ascii") as file:
        room = int(file.read()) + 1
    plk.check(room < SHOWN, f"the journal has room for {room} lines: so many are not logged")
    began = time.monotonic()
    for _ in range(SHOWN):
        case.connect(case.path("i"))
    daemon.wait_log(r"^<6>pktlockd\[front\]: info: client connected ", count=SHOWN - room)
    plk.check(time.monotonic() - began < 1.0, "somebody waited for the journal")
    journal.reads = True
    plk.poll_until(lambda: len(journal.found("client connected")) + daemon.stderr.count("client connected") == SHOWN,
                   f"{SHOWN} lines")
    daemon.signal(10)  # SIGUSR1
    journal.wait("counters")
    once(daemon, journal)
    daemon.stop(books=False)


def test_gone(case):
    """A journal that ends: lines are on standard error. What is there in its place is not ours to look for."""
    daemon, journal = start(case, inject(case))
    journal.close()
    case.connect(case.path("i"))
    daemon.wait_log(r"^<6>pktlockd\[front\]: info: client connected ")
    daemon.stop(books=False)
    daemon.wait_log(r"^<6>pktlockd\[front\]: info: stopping$")


# Bytes of others


def test_names(case):
    """An interface may be called nearly anything: in the log it is one word of printable ASCII."""
    daemon, journal = start(case, inject(case))
    plk.ip("link set e0 down")
    before = "e0"
    for name, word in (("a\x1b[31mb", "a?[31mb"), ("\u00fc'\\", r"\xc3\xbc\x27\x5c"), ("uid=0", "uid=0")):
        subprocess.run(["ip", "link", "set", "dev", before, "name", name], check=True)
        before = name
        line = journal.wait(rf"renamed from=\S+ interface={re.escape(word)} index=\d+$")[0]
        plk.equal(line["PKTLOCK_INTERFACE"], word, "field")
        plk.check("PKTLOCK_PEER_UID" not in line, f"a field that nobody wrote: {line}")
    subprocess.run(["ip", "link", "delete", "dev", before], check=True)
    daemon.stop(books=False)


def test_path(case):
    """A path may have blanks: what follows them is no word of the log."""
    name = "a uid=7 reason=none b"
    daemon, journal = start(case, inject(case, name))
    case.connect(case.path(name))
    line = journal.wait("client connected")[0]
    plk.equal(line["PKTLOCK_REMOTE"], f"inject@punix:{case.path(name)}".replace(" ", r"\x20"), "remote")
    plk.equal(line["PKTLOCK_PEER_UID"], "0", "who connected")
    plk.check("PKTLOCK_REASON" not in line, f"a field that nobody wrote: {line}")
    daemon.stop(books=False)


# How many


def test_limits(case):
    """A reason that makes noise hides no other, and what was held back is said when it is over: once, and by nobody's work."""
    many = 60
    case.veth()
    daemon = case.daemon(inject(case), "--clients=1")
    for _ in range(many):
        client = case.connect(case.path("i"))
        client.send_bytes(b"\0\0\0\1")
        client.wait_closed()
        client.close()
    client = case.connect(case.path("i"))
    client.send_bytes(b"\0\0")
    client.close()
    daemon.wait_log(r"warning: client closed .*reason=truncated ")
    one = case.connect(case.path("i"))
    plk.poll_until(lambda: daemon.counters() is not None, "it lives")
    for _ in range(3):
        case.connect(case.path("i"))
    daemon.wait_log("warning: connection closed: no room", count=3)
    plk.equal(len(re.findall("reason=bad_length", daemon.stderr)), SHOWN, "lines of the reason that makes noise")
    daemon.wait_log(rf"^pktlockd\[front\]: warning: {many - SHOWN} more suppressed: client closed reason=bad_length$", 11)
    daemon.wait_log(rf"^pktlockd\[front\]: info: {many + 2 - SHOWN} more suppressed: client connected$", 11)
    one.close()
    daemon.wait_log("reason=eof")
    daemon.stop()
    plk.equal(len(re.findall("more suppressed", daemon.stderr)), 2, "what was suppressed is said once")


def test_limits_end(case):
    """What is held back when the daemon stops is said before."""
    case.veth()
    daemon = case.daemon(inject(case))
    for _ in range(SHOWN + 3):
        client = case.connect(case.path("i"))
        client.send_bytes(b"\0\0\0\1")
        client.wait_closed()
    daemon.stop()
    for what in ("warning: 3 more suppressed: client closed reason=bad_length", "info: 3 more suppressed: client connected"):
        plk.check(f"pktlockd[front]: {what}\n" in daemon.stderr, f"{what!r} is not in {daemon.stderr}")


if __name__ == "__main__":
    plk.main()
