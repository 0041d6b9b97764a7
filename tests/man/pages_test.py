# SPDX-License-Identifier: BSD-2-Clause
"""Whether the pages say what the programs do: their options, commands, keys, numbers, counters, signals and examples."""

import os
import re
import shlex
import subprocess

import keys
from tree import ENVIRONMENT, PAGES, differences, flags, item, items, literals, main, options_of_help, plain, section

LINT_IGNORED = re.compile(r"referenced manual not found|outdated mandoc\.db") # what else is installed


def lint(tree):
    """mandoc has nothing to say."""
    run = subprocess.run(
        ["mandoc", "-Tlint", "-Wstyle", *PAGES], cwd=tree.pages, env=ENVIRONMENT, capture_output=True, text=True, check=False
    )
    return [line for line in (run.stdout + run.stderr).splitlines() if not LINT_IGNORED.search(line)]


def references(tree):
    """Our own pages refer to pages that exist, none stands alone, and README.md names all."""
    complaints = []
    found = set()
    for name in PAGES:
        for page, number in re.findall(r"^\.Xr (\S+) (\d)", tree.page(name), re.M):
            if "pktlock" in page and f"{page}.{number}" != name:
                found.add(f"{page}.{number}")
        for page in os.listdir(tree.pages):
            if re.search(r"\.\d$", page) and page not in PAGES:
                complaints.append(f"{page}: is not tested")
    complaints += differences("references between pages", set(PAGES), found)
    readme = tree.read("README.md")
    for name in PAGES:
        if "{}({})".format(*name.rsplit(".", 1)) not in readme:
            complaints.append(f"README.md: {name} is missing")
    return complaints


def daemon_options(tree):
    """Options of pktlockd in its table, its help, and the synopsis and the description of its page."""
    table = re.findall(r'^\t\{"(--[\w-]+)", (\w+),', tree.read("src/text/cmdline.c"), re.M)
    wanted = {name for name, _ in table}
    page = tree.page("pktlockd.8")
    described = {f"-{name}" for name in re.findall(r"^\.It Fl (-[\w-]+)", section(page, "DESCRIPTION"), re.M)}
    return (
        differences("pktlockd --help", wanted, options_of_help(tree.help("pktlockd").split("\nExample:")[0]))
        + differences("pktlockd.8, SYNOPSIS", wanted, flags(section(page, "SYNOPSIS")))
        + differences("pktlockd.8, DESCRIPTION", wanted, described)
    )


def daemon_values(tree):
    """Numbers and words of pktlockd's options."""
    page = section(tree.page("pktlockd.8"), "DESCRIPTION")
    limits = tree.limits()
    wanted = {
        "clients": [f"1 to {limits['PLK_CLIENTS_MAX']}; {limits['PLK_CLIENTS_DEFAULT']}"],
        "queue": [
            "{} to {}; {}".format(
                limits["PLK_PREFIX_MAX"] + limits["PLK_VNET_FRAME_MAX"], limits["PLK_QUEUE_MAX"], limits["PLK_QUEUE_DEFAULT"]
            )
        ],
        "filter": [f"Up to {limits['PLK_FILTER_MAX']} bytes, and {limits['PLK_BPF_MAX']} instructions"],
        "remote": [f"Up to {limits['PLK_PORTS_MAX']}."],
        "remote-dir": [f"Up to {limits['PLK_REMOTE_DIRS_MAX']}."],
        "control-uid": [f"Up to {limits['PLK_LIST_MAX']} numbers."],
        "control-gid": [f"Up to {limits['PLK_LIST_MAX']} numbers."],
        "log-level": ["error , warning , info (the default) or debug"],
    }
    complaints = []
    for option, texts in wanted.items():
        text = plain(item(page, f"Fl -{option}"))
        complaints += [f"pktlockd.8: --{option}: {it!r} is missing" for it in texts if it not in text]
    return complaints


def command_options(tree, command):
    """Those of its usage and its list; --remote= is a word of the text."""
    text = tree.help("pktlock", command)
    return options_of_help(text.split("\n\n")[0]) | set(re.findall(r"^  (--?[a-z-]+)", text, re.M))


def client_options(tree):
    """Commands and options of pktlock in its help, and the synopsis and the description of its page."""
    page = tree.page("pktlock.1")
    help_of_all = tree.help("pktlock").split("\n  pktlock capture")[0]
    commands = set(re.findall(r"^  ([a-z]+) ", help_of_all, re.M))
    described = set(re.findall(r"^\.Ss pktlock (\w+)$", page, re.M))
    complaints = differences("pktlock.1, commands", commands, described)
    general = options_of_help(help_of_all)
    complaints += differences("pktlock.1, of all", general, flags("\n".join(items(section(page, "DESCRIPTION").split("\n.Ss")[0]))))
    synopsis = section(page, "SYNOPSIS")
    for command in sorted(commands):
        wanted = command_options(tree, command) - {"--help"}
        text = section(page, f"pktlock {command}", "Ss")
        complaints += differences(f"pktlock.1, {command}", wanted, flags("\n".join(items(text))))
        usage = re.search(rf"^\.Cm {command}\n(.*?)(?=^\.Nm|\Z)", synopsis, re.M | re.S)
        complaints += differences(f"pktlock.1, SYNOPSIS of {command}", wanted, flags(usage[1] if usage else ""))
    return complaints


def port_keys(tree):
    """The table of keys in pktlock-ports.7 is the source's: for what they are, what values they have and which without them."""
    text = section(tree.page("pktlock-ports.7"), "KEYS")
    rows = [re.split(r" Ta ", row) for row in items(text) if " Ta " in row][1:]
    source = keys.source(tree)
    complaints = differences("pktlock-ports.7, table of keys", set(source), {row[0].rstrip("=") for row in rows})
    described = set(re.findall(r"([\w-]+)=", " ".join(row for row in items(text) if row.startswith("Cm "))))
    complaints += differences("pktlock-ports.7, description of keys", set(source), described)
    in_help = set(re.findall(r"([\w-]+)=(?!\S*SPEC)", re.search(r"\n +KEY (.*?)\n  --", tree.help("pktlockd"), re.S)[1]))
    complaints += differences("pktlockd --help, keys", set(source), in_help)
    for name, where, values, default in rows:
        key = source.get(name.rstrip("="))
        if key:
            complaints += [f"pktlock-ports.7: {name} {it}" for it in keys.row(tree, key, where, values, default)]
    return complaints


def port_numbers(tree):
    """Limits of strings and frames."""
    page = tree.page("pktlock-ports.7")
    limits = tree.limits()
    wanted = [
        f"FD        = {limits['PLK_FD_FIRST']} to {limits['PLK_FD_MAX']}\n",
        f"NAME      = 1 to {limits['PLK_NAME_MAX']} of",
        f"PATH      = absolute, at most {limits['PLK_PATH_MAX']} bytes",
        f"ZONE      = 1 to {limits['PLK_ZONE_MAX']} of",
        f"N, {limits['PLK_FRAME_MIN']} to {limits['PLK_FRAME_MAX']}\n",
        f"N, {limits['PLK_FRAME_MIN']} + H to {limits['PLK_VNET_FRAME_MAX']}:",
        f"gso_size below {limits['PLK_VNET_GSO_SIZE_MIN']} ",
        f"take up to {limits['PLK_LIST_MAX']} values",
    ]
    return [f"pktlock-ports.7: {it!r} is missing" for it in wanted if it not in page.replace("\n", " ") and it not in page]


def port_errors(tree):
    """The table of errors is what the parser says."""
    rows = [row.split(" Ta ") for row in items(section(tree.page("pktlock-ports.7"), "ERROR MESSAGES"))][1:]
    complaints = [] if len(rows) > 5 else ["pktlock-ports.7: the table of errors is not there"]
    for text, at, reason in rows:
        run = tree.run("pktlock", "parse", "port", text)
        if run.returncode != 2 or run.stderr != f"pktlock: parse port: '{text}': {reason} at byte {at}\n":
            complaints.append(f"pktlock-ports.7: {text}: {run.stderr.strip()}")
    return complaints


def examples(tree):
    """What an example types gets the answer that it shows, and each port in an example is one."""
    complaints = []
    ports = 0
    typed = 0
    for name in PAGES:
        for block in literals(tree.page(name)):
            text = "\n".join(block)
            for command, answer in re.findall(r"^\$ pktlock (.*)\n(.*)", text, re.M):
                run = tree.run("pktlock", *shlex.split(command))
                typed += 1
                if (run.stdout + run.stderr).rstrip("\n") != answer:
                    complaints.append(f"{name}: pktlock {command}: {run.stdout}{run.stderr}")
            for port in re.findall(r"(?:--remote=|^)((?:capture|inject|attach)[,@][^\s)']+)", text, re.M):
                ports += 1
                run = tree.run("pktlock", "parse", "port", port)
                if run.returncode != 0:
                    complaints.append(f"{name}: {run.stderr.strip()}")
    if ports < 12 or typed < 4:
        complaints.append(f"only {ports} ports and {typed} commands were found in examples")
    return complaints


def counters(tree):
    """Counters that a page names exist, and all of those that stand in the equations are explained."""
    known = set(re.findall(r'^\tX\(\w+, +"(\w+)"', tree.read("src/ipc/msg.h"), re.M))
    complaints = [] if len(known) > 20 else ["no counters in ipc/msg.h"]
    for name in PAGES:
        for word in set(re.findall(r"\b(?:[rt]x|switch|client|delivered|switched)_[a-z_]+[*]?", tree.page(name))):
            begin = word.rstrip("*")
            if not (begin in known or word.endswith("*") and any(it.startswith(begin) for it in known)):
                complaints.append(f"{name}: there is no counter {word}")
    text = section(tree.page("pktlockd.8"), "COUNTERS")
    equations = set(re.findall(r"\b\w+_(?:frames|copies|pieces|unwanted|switched)\b", "\n".join(literals(text)[0])))
    explained = " ".join(row for row in items(text) if row.startswith("Sy "))
    return complaints + [f"pktlockd.8: {it} is not explained" for it in sorted(equations) if it not in explained]


def metrics(tree):
    """Names, labels and meanings of all metrics."""
    wanted = set()
    for kind, base, rest in re.findall(r'^\t(COUNTERS?|GAUGE|INFO)\("(\w+)",(.*?)\),$', tree.read("src/front/stats.c"), re.M | re.S):
        texts = re.findall(r'"([^"]*)"', rest)
        label = f" Brq {texts.pop(0)}" if re.match(r'\s*"', rest) and len(texts) > 1 and texts[0].islower() else ""
        suffix = {"GAUGE": "", "INFO": "_info"}.get(kind, "_total")
        wanted.add((f"pktlock_{base}{suffix}{label}", "".join(texts)))
    text = section(tree.page("pktlockd.8"), "METRICS")
    there = {(name.removeprefix("Sy "), plain(item(text, name)).strip()) for name in items(text)}
    complaints = [] if len(wanted) > 30 else ["no metrics in front/stats.c"]
    return complaints + differences("pktlockd.8, metrics", {": ".join(it) for it in wanted}, {": ".join(it) for it in there})


def signals(tree):
    """Signals that the supervisor waits for."""
    wanted = set(re.findall(r"sigaddset\(&set, (SIG\w+)\)", tree.read("src/supervisor/main.c"))) - {"SIGCHLD"}
    there = set(re.findall(r"SIG\w+", " ".join(items(section(tree.page("pktlockd.8"), "SIGNALS")))))
    return differences("pktlockd.8, signals", wanted, there)


def environment(tree):
    """Variables that the daemon reads."""
    wanted = set()
    for directory in ("src/supervisor", "src/front", "src/os"):
        for file in os.listdir(os.path.join(tree.root, directory)):
            text = tree.read(f"{directory}/{file}") if file.endswith(".c") else ""
            wanted |= set(re.findall(r'"((?:LISTEN|NOTIFY|WATCHDOG|JOURNAL)_[A-Z]+)"', text))
    there = set(re.findall(r"\b[A-Z]+_[A-Z]+\b", " ".join(items(section(tree.page("pktlockd.8"), "ENVIRONMENT")))))
    complaints = [] if len(wanted) > 4 else ["no variables in the source"]
    return complaints + differences("pktlockd.8, variables", wanted, there)


CHECKS = [
    lint,
    references,
    daemon_options,
    daemon_values,
    client_options,
    port_keys,
    port_numbers,
    port_errors,
    examples,
    counters,
    metrics,
    signals,
    environment,
]

if __name__ == "__main__":
    main(CHECKS)
