# SPDX-License-Identifier: BSD-2-Clause
"""Every way in for a remote, and every kind of remote: the same rule for all (text/policy.h), by the daemon that runs.

unit.policy has the table for the function; here it is seen that each way in asks it, with the right origin.
"""

import os
import signal
import subprocess

import plk
from control import Control

OK = None
PFD = "pfd: remotes can only be specified on the command line"
SD = "sd: remotes can only be specified on the command line"
ACTIVE = "connects instead of listening (control takes punix:, pfd: or sd:)"
PTCP = "does not tell who connects (control takes punix:, pfd: or sd:)"
DIR = "directory is not allowed (start with --remote-dir="

# What is said to a daemon that runs is said to one that was started with a remote in "start", and with --remote-dir for "named".
# At the start any directory will do.
WAYS = ("remote", "control", "file", "reload", "hangup", "add", "parse cmdline", "parse file", "parse control")
TABLE = {
    #                         remote control  file  reload hangup add   parse: cmdline, file, control
    "pfd:3":                  (OK,   OK,      PFD,  PFD,   PFD,   PFD,  OK,     PFD,    PFD),
    "pfd:9":                  (OK,   OK,      PFD,  PFD,   PFD,   PFD,  OK,     PFD,    PFD),
    "sd:a":                   (OK,   OK,      SD,   SD,    SD,    SD,   OK,     SD,     SD),
    "punix:{d}/start/p":      (OK,   OK,      OK,   OK,    OK,    OK,   OK,     OK,     OK),
    "punix:{d}/named/p":      (OK,   OK,      OK,   OK,    OK,    OK,   OK,     OK,     OK),
    "punix:{d}/other/p":      (OK,   OK,      OK,   DIR,   DIR,   DIR,  OK,     OK,     OK),
    "punix:{d}/start/deep/p": (OK,   OK,      OK,   DIR,   DIR,   DIR,  OK,     OK,     OK),
    "punix:{d}/starts":       (OK,   OK,      OK,   DIR,   DIR,   DIR,  OK,     OK,     OK),
    "ptcp:7001:127.0.0.1":    (OK,   PTCP,    OK,   OK,    OK,    OK,   OK,     OK,     OK),
    "unix:{d}/start/u":       (OK,   ACTIVE,  OK,   OK,    OK,    OK,   OK,     OK,     OK),
    "unix:{d}/named/u":       (OK,   ACTIVE,  OK,   OK,    OK,    OK,   OK,     OK,     OK),
    "unix:{d}/other/u":       (OK,   ACTIVE,  OK,   DIR,   DIR,   DIR,  OK,     OK,     OK),
    "tcp:127.0.0.1:7002":     (OK,   ACTIVE,  OK,   OK,    OK,    OK,   OK,     OK,     OK),
}  # fmt: skip


def row(case, way, wanted):
    """The remotes that are accepted that way, or those that are not, with the reason."""
    return [(remote.replace("{d}", case.dir), verdicts[WAYS.index(way)]) for remote, verdicts in TABLE.items()
            if (verdicts[WAYS.index(way)] is OK) == wanted]


def prepare(case):
    for name in ("start", "start/deep", "named", "other", "etc"):
        os.mkdir(case.path(name))
        os.chmod(case.path(name), 0o755 if name == "etc" else 0o1777)
    case.veth()
    return case.listener("l")


def write(case, *remotes):
    path = case.path("etc/remotes")
    with open(path, "w", encoding="ascii") as file:
        file.write("".join(f"capture@{remote}\n" for remote in remotes))
    return path


def listed(c):
    return {line.split()[0]: line.split()[1] for line in c.done("list-remotes").splitlines()}


def check_listed(case, remotes, origin):
    with_control = Control(case.path("ctl"))
    got = listed(with_control)
    with_control.close()
    plk.equal(got, {f"capture@{remote}": f"origin={origin}" for remote in remotes}, "remotes")


def test_cmdline(case):
    """--remote takes each. Two numbers and a name are three descriptors."""
    prepare(case)
    remotes = [remote for remote, _ in row(case, "remote", True)]
    plk.equal(len(remotes), len(TABLE), "remotes that the command line takes")
    remotes = [remote.replace("pfd:9", "pfd:5") for remote in remotes]
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", *(f"--remote=capture@{remote}" for remote in remotes),
                         fds={3: case.listener("n"), 4: case.listener("m"), 5: case.listener("k")}, listen=["x", "a", "y"])
    check_listed(case, remotes, "cmdline")
    daemon.stop()
    remotes = [f"pfd:{number}" for number in (3, 9)]  # without LISTEN_*, any number
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", *(f"--remote=capture@{remote}" for remote in remotes),
                         fds={3: case.listener("h"), 9: case.listener("g")})
    check_listed(case, remotes, "cmdline")
    daemon.stop()


def test_control(case):
    """--control takes those of whom the kernel says who they are."""
    listener = prepare(case)
    for remote, _ in row(case, "control", True):
        number = 9 if remote == "pfd:9" else 3
        daemon = case.daemon(f"--control={remote}", "--remote=capture@ptcp:0", fds={number: listener},
                             listen=["a"] if remote == "sd:a" else None)
        with_control = Control(remote.partition(":")[2] if "punix" in remote else case.path("l"))
        plk.equal(len(listed(with_control)), 1, "remotes")
        with_control.close()
        daemon.stop()
    for remote, why in row(case, "control", False):
        case.refused(2, f"pktlockd: --control: '{remote}': {why}", f"--control={remote}", "--remote=capture@ptcp:0")


def test_file(case):
    """--remotes-file, at the start."""
    listener = prepare(case)
    remotes = [remote for remote, _ in row(case, "file", True)]
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", f"--remotes-file={write(case, *remotes)}")
    check_listed(case, remotes, "file")
    daemon.stop()
    for remote, why in row(case, "file", False):
        case.refused(2, f":1:9: 'capture@{remote}': {why}", f"--remotes-file={write(case, remote)}", "--remote=capture@ptcp:0",
                     fds={3: listener, 9: listener})


def running(case):
    """A daemon with a remote in "start", whose file names nothing yet."""
    listener = prepare(case)
    return case.daemon(f"--control=punix:{case.path('ctl')}", f"--remotes-file={write(case)}", f"--remote-dir={case.path('named')}",
                       f"--remote=inject@punix:{case.path('start/first')}", fds={3: listener, 9: case.listener("n")})


def reload_by_command(_, c):
    return c.ask("reload").get("error")


def reload_by_signal(daemon, _):
    mark = daemon.mark()
    daemon.signal(signal.SIGHUP)
    return daemon.wait_log(r"info: (reloaded) |error: nothing is changed: (.*)$", after=mark)[0].group(2)


def reloads(case, way, reload):
    daemon = running(case)
    c = case.keep(Control(case.path("ctl")))
    before = listed(c)
    for remote, why in row(case, way, False):
        write(case, "ptcp:7099", remote)
        got = reload(daemon, c)
        plk.check(got and f":2:9: '" in got and why in got, f"{remote}: {got!r}, not {why!r}")
        plk.equal(listed(c), before, f"remotes after {remote}")
    for remote, _ in row(case, way, True):
        write(case, remote)
        plk.equal(reload(daemon, c), None, f"reload with {remote}")
        plk.equal(listed(c), before | {f"capture@{remote}": "origin=file"}, "remotes")
    daemon.stop()


def test_reload(case):
    reloads(case, "reload", reload_by_command)


def test_hang_up(case):
    reloads(case, "hangup", reload_by_signal)


def test_add(case):
    daemon = running(case)
    c = case.keep(Control(case.path("ctl")))
    before = listed(c)
    for remote, why in row(case, "add", False):
        got = c.refused("add-remote", f"capture@{remote}")
        plk.check(why in got, f"{remote}: {got!r}, not {why!r}")
        plk.equal(listed(c), before, f"remotes after {remote}")
    for remote, _ in row(case, "add", True):
        c.done("add-remote", f"capture@{remote}")
        plk.equal(listed(c), before | {f"capture@{remote}": "origin=control"}, "remotes")
        c.done("remove-remote", remote)
    daemon.stop()


def test_add_parked(case):
    """What was removed comes back by its very words, and by add-remote only."""
    listener = prepare(case)
    daemon = case.daemon(f"--control=punix:{case.path('ctl')}", f"--remotes-file={write(case)}", "--remote=capture@pfd:3",
                         "--remote=capture@sd:a", fds={3: listener, 4: case.listener("n")}, listen=["b", "a"])
    c = case.keep(Control(case.path("ctl")))
    before = c.done("list-remotes")
    for remote, why in (("pfd:3", PFD), ("sd:a", SD)):
        c.done("remove-remote", remote)
        write(case, remote)
        for reload in (reload_by_command, reload_by_signal):
            plk.check(why in reload(daemon, c), f"reload with {remote}")
        for spec in (f"inject@{remote}", f"capture,latency=low@{remote}", "capture@pfd:4"):
            plk.check("can only be specified on the command line" in c.refused("add-remote", spec), spec)
        c.done("add-remote", f"capture@{remote}")
        plk.equal(c.done("list-remotes"), before, "remotes")
    daemon.stop()


def test_parse(case):
    """The client tells the same beforehand; directories are the daemon's."""
    for way in ("parse cmdline", "parse file", "parse control"):
        for wanted in (True, False):
            for remote, why in row(case, way, wanted):
                done = subprocess.run([os.path.join(case.bin, "pktlock"), "parse", "port", f"--origin={way.split()[1]}", f"capture@{remote}"],
                                      capture_output=True, text=True, check=False)
                said = (done.returncode, done.stdout, done.stderr)
                plk.equal(said, (0, f"capture@{remote}\n", "") if wanted else
                          (2, "", f"pktlock: parse port: 'capture@{remote}': {why} at byte 8\n"), f"{way} {remote}")


if __name__ == "__main__":
    plk.main()
