# SPDX-License-Identifier: BSD-2-Clause
"""Whether the completions know the options, commands, keys and values that the programs have, in bash and in zsh."""

import glob
import os
import re
import socket
import subprocess
import tempfile

import keys
from pages_test import command_options
from shells import Bash, Zsh, bash_terminal
from tree import ENVIRONMENT, differences, items, main, options_of_help, section

VALUES = {
    "pktlockd --log-level=": {"error", "warning", "info", "debug"},
    "pktlockd --require=": {"namespaces"},
    "pktlock capture unix:/x --format=": {"qemu", "vnet"},
    "pktlock capture --vnet-hdr=": {"10", "12", "20"},
    "pktlock replay --format=": {"qemu", "vnet"},
    "pktlock parse --origin=": {"cmdline", "file", "control"},
    "pktlock parse ": {"fd", "remote", "port"},
    "pktlock capture ": {"unix:", "tcp:"},
    "pktlock ctl u": {"unix:"},
    "pktlock stats --timeout=1 u": {"unix:"},
    "pktlock stats /x ": {"json", "openmetrics"},
    "pktlock ctl /x stats ": {"json", "openmetrics"},
    "pktlock ctl --timeout=1 /x status ": {"on", "off"},
    "pktlock ctl /x log-level ": {"error", "warning", "info", "debug"},
    "pktlock ctl /x add-remote ": set(keys.ROLES),
    "pktlock ctl /x remove-remote inject@": {f"inject@{kind}:" for kind in ("pfd", "sd", "punix", "ptcp", "unix", "tcp")},
    "pktlock ctl /x version ": set(),
    "pktlock replay --format=vnet ": {"unix:", "tcp:"},
    "pktlock replay --format vnet ": {"unix:", "tcp:"},
    "pktlockd --remote=": set(keys.ROLES),
    "pktlockd --check --remote ": set(keys.ROLES),
    "pktlock parse port ": set(keys.ROLES),
    "pktlockd --remote=capture": {"capture,", "capture@"},
    "pktlockd --remote=inject,format=vnet": {"inject,format=vnet,", "inject,format=vnet@"},
    "pktlockd --remote=capture,mac=": set(),
    "pktlockd --remote=capture,latency=b": {"capture,latency=bulk"},
}


def remotes(tree):
    """The kinds of remotes, as the source has them."""
    return set(re.findall(r'KIND\("(\w+)"', tree.read("src/text/remote.c")))


def requests(tree):
    """The commands of the control socket, as the page has them."""
    rows = items(section(tree.page("pktlockd.8"), "RUN TIME"))
    return {word for row in rows if row.startswith("Cm ") for word in re.findall(r"(?:^Cm|,) ([a-z-]+)", row)}


def questions(tree):
    """Command lines and the words that can stand last on them; "=" and what was there before it are left out of words."""
    yield "pktlockd -", options_of_help(tree.help("pktlockd").split("\nExample:")[0])
    yield "pktlock -", {"--help", "--version"}
    commands = set(re.findall(r"^  ([a-z]+) ", tree.help("pktlock").split("\n  pktlock capture")[0], re.M))
    yield "pktlock ", commands
    for command in sorted(commands):
        yield f"pktlock {command} -", command_options(tree, command)
    yield "pktlockd --remote=inject@", {f"inject@{kind}:" for kind in remotes(tree)}
    yield "pktlock parse remote ", {f"{kind}:" for kind in remotes(tree)}
    yield "pktlock ctl /x ", requests(tree)
    yield from VALUES.items()
    source = keys.source(tree).values()
    wheres = {it.where for it in source}
    for role in keys.ROLES:
        for form in ("qemu", "vnet", "pcapng"):
            here = {it.name for it in source if role in it.roles() and it.where in {form} | wheres - {"vnet", "pcapng"}}
            begin = f"{role},format={form},"
            yield f"pktlockd --remote={begin}", {begin + name for name in here - {"format"}}
        for it in source:
            words = it.words - ({"pcapng"} if role != "capture" else set())
            if it.words and role in it.roles():
                yield f"pktlock parse port {role},{it.name}=", {f"{role},{it.name}={word}" for word in words}


def normal(line, words):
    """Without the option that a value belongs to, and the "=" behind an option or a key."""
    option = re.search(r" (--[\w-]+=)\S*$", line)
    return {word.removeprefix(option[1] if option else "").rstrip("=") for word in words}


def answers(tree, shell, called):
    complaints = []
    for line, wanted in questions(tree):
        there = normal(line, shell.ask(line))
        complaints += differences(f"{called}: {line!r}", {word.rstrip("=") for word in wanted}, there)
    return complaints


def paths(shell, called):
    """Sockets for who connects, directories for who listens, files for replay; what is given already is not offered again."""
    complaints = []
    with tempfile.TemporaryDirectory() as work, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        os.mkdir(f"{work}/directory")
        listener.bind(f"{work}/socket")
        with open(f"{work}/file.pcap", "wb"):
            pass
        for line, wanted in {
            f"pktlock capture unix:{work}/": {"directory", "socket"},
            f"pktlockd --remote=attach@unix:{work}/s": {"socket"},
            f"pktlock ctl unix:{work}/": {"directory", "socket"},
            f"pktlock ctl {work}/": {"directory", "socket"},
            f"pktlock stats {work}/s": {"socket"},
            f"pktlockd --remote=attach@punix:{work}/": {"directory"},
            f"pktlock replay unix:/x {work}/f": {"file.pcap"},
            f"pktlock capture unix:/x -w {work}/f": {"file.pcap"},
        }.items():
            there = {re.split("[/:]", word.rstrip("/"))[-1] for word in shell.ask(line)}
            complaints += differences(f"{called}: {line!r}", wanted, there)
    interfaces = normal("x --interface=", shell.ask("pktlockd --interface="))
    if not {"lo", "tapfd:"} <= interfaces:
        complaints.append(f"{called}: interfaces are {sorted(interfaces)}")
    options = normal("x", shell.ask("pktlockd --check --remote=x --"))
    if "--check" in options or "--remote" not in options:
        complaints.append(f"{called}: options that stand already are not left out")
    return complaints


def bash(tree):
    """The function, also where unset variables are errors."""
    complaints = []
    for flags in ((), ("-u",)):
        shell = Bash(tree, flags)
        called = " ".join(("bash", *flags))
        complaints += answers(tree, shell, called) + paths(shell, called)
        shell.close()
    return complaints


def shellcheck(tree):
    run = subprocess.run(
        ["shellcheck", f"{tree.completion}/pktlock.bash"], env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    return (run.stdout + run.stderr).splitlines()


# With tabs; what the line is afterwards.
LINES = {
    "pktlockd --inter\t": "pktlockd --interface=",
    "pktlockd --log-l\tdeb\t": "pktlockd --log-level=debug ",
    "pktlockd --remote=inj\t,forma\tvn\t,vnet-\t2\t@pun\t@DIR@/sub\t": (
        "pktlockd --remote=inject,format=vnet,vnet-hdr=20@punix:@DIR@/subdirectory/"
    ),
    "pktlockd --remote capt\t@p": "pktlockd --remote capture@p",
    "pktlock cap\tun\t@DIR@/sub\t": "pktlock capture unix:@DIR@/subdirectory/",
    "pktlock parse port att\t,latency=b\t": "pktlock parse port attach,latency=bulk",
}


def lines(shell, called, suffix=""):
    """suffix: what the shell takes away again when nothing is typed behind it"""
    complaints = []
    os.mkdir(f"{shell.dir}/subdirectory")
    for typed, wanted in LINES.items():
        there = shell.line(typed.replace("@DIR@", shell.dir))
        if there != wanted.replace("@DIR@", shell.dir).rstrip(suffix):
            complaints.append(f"{called}: {typed!r} became {there!r}")
    shell.close()
    return complaints


def bash_typed(tree):
    """What a person types becomes what it should, with and without bash-completion, which finds the file by the command's name."""
    source = f". {tree.completion}/pktlock.bash\n"
    loader = f"""
mkdir completions
cp {tree.completion}/pktlock.bash completions/pktlock
cp {tree.completion}/pktlock.bash completions/pktlockd
BASH_COMPLETION_USER_DIR=@DIR@
. /usr/share/bash-completion/bash_completion
"""
    return lines(bash_terminal(source), "bash") + lines(bash_terminal(loader), "bash-completion")


def zsh(tree):
    files = glob.glob(f"{tree.completion}/_*")
    run = subprocess.run(["zsh", "-n", *files], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    if not files or run.returncode != 0:
        return [f"zsh: {run.stderr}"]
    shell = Zsh(tree)
    complaints = answers(tree, shell, "zsh") + paths(shell, "zsh")
    shell.close()
    return complaints


def zsh_typed(tree):
    return lines(Zsh(tree), "zsh", " =/")


CHECKS = [shellcheck, bash, bash_typed, zsh, zsh_typed]

if __name__ == "__main__":
    main(CHECKS)
