# SPDX-License-Identifier: BSD-2-Clause
"""Open vSwitch's own ovs-appctl at the control socket: each command, with its errors, and what it exits with."""

import os
import re
import signal
import subprocess
import time

from qemu import plk

PROGRAM = "/usr/bin/ovs-appctl"
PORTS = 64
VLANS = "+".join(str(number) for number in range(4095))
MEGABYTE = 1 << 20
WAITED = -signal.SIGALRM  # how -T ends it


def appctl(case, *words, options=()):
    """Its exit status, standard output and standard error."""
    done = subprocess.run([PROGRAM, *options, "-t", case.path("ctl"), *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=plk.WAIT * 2,
                          check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def done(case, *words):
    status, out, err = appctl(case, *words)
    plk.equal((status, err), (0, ""), f"status and standard error of {words}")
    return out


def refused(case, text, *words):
    """Its own last line follows that of the daemon, which therefore has to end."""
    plk.equal(appctl(case, *words), (2, "", f"{text}\novs-appctl: {case.path('ctl')}: server returned an error\n"), f"what came of {words}")


def start(case, *more):
    case.veth()
    return case.daemon(f"--control=punix:{case.path('ctl')}", *more)


def test_commands(case):
    """All that list-commands has. One that comes to it needs a row here."""
    os.makedirs(case.path("etc"), 0o755)
    with open(case.path("etc/remotes"), "w", encoding="ascii") as file:
        file.write(f"capture@punix:{case.path('f')}\n")
    daemon = start(case, f"--remotes-file={case.path('etc/remotes')}", f"--remote-dir={case.dir}", f"--remote=capture@punix:{case.path('c')}")
    rows = done(case, "list-commands").splitlines()
    plk.equal(rows.pop(0), "The available commands are:", "first line")
    commands = [row.split()[0] for row in rows]
    port = f"inject@punix:{case.path('n')}"
    status = f"inject@punix:{case.path('x')}"

    def changes():
        plk.equal(done(case, "add-remote", port), "", "answer to add-remote")
        plk.check(os.path.exists(case.path("n")), "the port is not there when the answer is")
        plk.equal(done(case, "remove-remote", port), "", "answer to remove-remote")
        plk.check(not os.path.exists(case.path("n")), "the port is still there when the answer is")
        refused(case, '"remove-remote" command requires at least 1 arguments', "remove-remote")
        refused(case, '"add-remote" command takes at most 1 arguments', "add-remote", port, status)
        for words in (("add-remote", "pfd:3"), ("add-remote", "capture@pfd:3"), ("remove-remote", port), ("add-remote", "capture@punix:/etc/x")):
            code, out, err = appctl(case, *words)
            plk.equal((code, out), (2, ""), f"status and standard output of {words}")
            plk.check(err.endswith(f"\novs-appctl: {case.path('ctl')}: server returned an error\n") and err.count("\n") == 2, f"lines: {err!r}")

    def listed():
        plk.check(f"capture@punix:{case.path('c')} origin=cmdline " in done(case, "list-remotes"), "list-remotes")

    def switched():
        before = done(case, "status")
        for word in ("off", "on"):
            plk.equal(done(case, "status", word), "", f"answer to status {word}")
        plk.equal(done(case, "status"), before, "status")
        plk.check(appctl(case, "status", "maybe")[0] == 2, "status maybe was not refused")

    def levels():
        plk.equal(done(case, "log-level", "info"), "", "answer to log-level")
        refused(case, '"loud" is not a log level (error, warning, info or debug)', "log-level", "loud")

    def reread():
        plk.equal(done(case, "reload"), "", "answer to reload")
        with open(case.path("etc/remotes"), "a", encoding="ascii") as file:
            file.write("capture@pfd:3\n")
        code, out, err = appctl(case, "reload")
        plk.equal((code, out), (2, ""), "status and standard output of reload")
        plk.check(err.startswith(f"{case.path('etc/remotes')}:2:9: "), f"error of reload: {err!r}")

    def words():
        for line in (done(case, "show"), done(case, "stats"), done(case, "stats", "json"), done(case, "stats", "openmetrics")):
            plk.check(line.endswith("\n"), "no newline at the end")
        plk.check(appctl(case, "stats", "xml")[0] == 2, "stats xml was not refused")

    rows = {
        "add-remote": changes,
        "remove-remote": changes,
        "list-commands": lambda: refused(case, '"list-commands" command takes at most 0 arguments', "list-commands", "x"),
        "list-remotes": listed,
        "log-level": levels,
        "reload": reread,
        "show": words,
        "stats": words,
        "status": switched,
        "version": lambda: plk.check(re.fullmatch(r"pktlockd \d+\.\d+\.\d+\S*\n", done(case, "version")), "version"),
    }
    for command in commands:
        if command != "exit":
            rows[command]()
    refused(case, '"cmd/x" is not a valid command (use "list-commands" to see a list of valid commands)', "cmd/x", "a b", '"q"\u00e9', "")
    refused(case, '"" is not a valid command (use "list-commands" to see a list of valid commands)', "")
    plk.equal(done(case, "exit"), "", "answer to exit")
    daemon.ended(0)
    status, out, err = appctl(case, "version")
    plk.equal((status, out), (1, ""), "status and standard output without a daemon")
    plk.check("cannot connect to" in err, f"standard error without a daemon: {err!r}")


def test_long(case):
    """More than a megabyte in one answer, and quickly."""
    daemon = start(case, *(f"--remote=attach,vlan={VLANS}@punix:{case.path(f'c{number}')}" for number in range(PORTS)))
    for _ in range(3):
        began = time.monotonic()
        out = done(case, "list-remotes")
        plk.check(time.monotonic() - began < 3, "it took too long")
        plk.check(len(out) > MEGABYTE, f"only {len(out)} bytes")
        lines = out.splitlines()
        plk.equal(len(lines), PORTS, "lines")
        for line in lines:
            plk.check(line.startswith(f"attach,vlan={VLANS}@punix:"), f"not a port: {line[:60]}")
    daemon.stop()


def test_timeout(case):
    """-T ends it when the daemon does not answer, and the daemon does not mind."""
    daemon = start(case, f"--remote=capture@punix:{case.path('c')}")
    front = daemon.family["front"]
    os.kill(front, signal.SIGSTOP)
    try:
        status, out, err = appctl(case, "version", options=("-T1",))
    finally:
        os.kill(front, signal.SIGCONT)
    plk.equal((status, out), (WAITED, ""), "status and standard output")
    plk.check("terminating with signal 14" in err, f"standard error: {err!r}")
    plk.equal(appctl(case, "version", options=("-T1",))[0], 0, "status when it answers")
    daemon.stop()


def test_refused(case):
    """Who may not use it finds the connection closed."""
    daemon = start(case, f"--remote=capture@punix:{case.path('c')}")
    os.chmod(case.path("ctl"), 0o666)
    run = subprocess.run(["/usr/bin/setpriv", "--reuid=4242", "--regid=4242", "--clear-groups", PROGRAM, "-t", case.path("ctl"), "version"],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=plk.WAIT, check=False)
    plk.check(run.returncode in (1, -signal.SIGPIPE) and not run.stdout, f"status and standard output: {run}")  # it may still write
    daemon.wait_log(r"control client refused uid=4242 pid=\d+ reason=not_allowed$")
    daemon.stop()


if __name__ == "__main__":
    plk.main()
