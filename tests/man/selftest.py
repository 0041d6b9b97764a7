# SPDX-License-Identifier: BSD-2-Clause
"""selftest.py ROOT BUILD: each check finds the faults that it is for. A fault is a text that stands in for another in a copy of a file."""

import os
import shutil
import sys
import tempfile

import completion_test as completion
import library_test as library
import pages_test as pages
from tree import Tree

DAEMON = "src/man/pktlockd.8"
CLIENT = "src/man/pktlock.1"
PORTS = "src/man/pktlock-ports.7"
LIBRARY = "src/man/libpktlock.3"
BASH = "src/completion/pktlock.bash"
ZSH = "src/completion/_pktlock"

# check, file, what stands there, what then stands there
FAULTS = [
    (pages.lint, DAEMON, ".Sh SIGNALS", ".Sh SIGNALS\n.Xx"),
    (pages.references, DAEMON, ".Xr pktlock-ports 7", ".Xr pktlock-port 7"),
    (pages.references, "README.md", "pktlock-security(7)", "it"),
    (pages.daemon_options, DAEMON, ".It Fl -queue", ".It Fl -queues"),
    (pages.daemon_options, DAEMON, ".Op Fl -check\n", ""),
    (pages.daemon_options, "src/text/cmdline.c", '\t{"--check",', '\t{"--more", more_read, PLK_MODE_RUN, false},\n\t{"--check",'),
    (pages.daemon_values, DAEMON, "1 to 1024; 64", "1 to 1024; 65"),
    (pages.daemon_values, "include/pktlock/limits.h", "PLK_PORTS_MAX 64", "PLK_PORTS_MAX 65"),
    (pages.daemon_values, DAEMON, ".Cm warning ,\n.Cm info", ".Cm info"),
    (pages.client_options, CLIENT, ".It Fl c Ar COUNT", ".It Fl n Ar COUNT"),
    (pages.client_options, CLIENT, ".Op Fl -origin Ns = Ns Ar ORIGIN\n", ""),
    (pages.client_options, CLIENT, ".Ss pktlock parse", ".Ss pktlock parser"),
    (pages.port_keys, PORTS, ".It latency= ", ".It latencies= "),
    (pages.port_keys, PORTS, "\n.It Cm on-loss=\n", "\n.It Cm on-lost=\n"),
    (pages.port_keys, PORTS, "snaplen= Ta pcapng", "snaplen= Ta all"),
    (pages.port_keys, PORTS, "64-262144", "63-262144"),
    (pages.port_keys, PORTS, "0-4094[", "0-4095["),
    (pages.port_keys, PORTS, "in | out | both", "in | out"),
    (pages.port_keys, PORTS, "both; attach: in", "both; attach: out"),
    (pages.port_keys, "src/text/port.c", '{"tcp", ALL, ALL, INHERITED,', '{"tcp", ALL, ALL, ALL,'),
    (pages.port_keys, "src/text/port.c", '\t{"tcp", ALL', '\t{"udp", ALL, ALL, ALL, tcp_read, tcp_print},\n\t{"tcp", ALL'),
    (pages.port_numbers, PORTS, "at most 107 bytes", "at most 108 bytes"),
    (pages.port_numbers, "include/pktlock/limits.h", "PLK_LIST_MAX 32", "PLK_LIST_MAX 33"),
    (pages.port_errors, PORTS, "@sd:client Ta 8 Ta", "@sd:client Ta 9 Ta"),
    (pages.examples, PORTS, "attach,vlan=3+7@ptcp:16640:[::]", "attach,vlan=7+3@ptcp:16640:[::]"),
    (pages.examples, DAEMON, "capture,format=pcapng@punix:/run", "capture,form=pcapng@punix:/run"),
    (pages.counters, DAEMON, ".Pq Sy tx_dropped_enobufs", ".Pq Sy tx_dropped_enobuf"),
    (pages.counters, DAEMON, ".It Sy rx_unwanted , tx_unwanted", ".It Sy rx_unwanted"),
    (pages.metrics, DAEMON, "pktlock_rx_dropped_total Brq reason", "pktlock_rx_dropped_total"),
    (pages.metrics, DAEMON, "Bytes read from clients.", "Bytes sent to clients."),
    (pages.metrics, "src/front/stats.c", 'COUNTER("rx_frames",', 'COUNTER("rx_packets",'),
    (pages.signals, DAEMON, ".It Dv SIGUSR1", ".It Dv SIGUSR2"),
    (pages.environment, DAEMON, ".It Ev NOTIFY_SOCKET", ".It Ev SOCKET"),
    (library.prototypes, LIBRARY, '"struct plk_span in" "int *out"', '"struct plk_span in" "long *out"'),
    (library.prototypes, "include/pktlock/remote.h", "PLK_PUBLIC bool plk_remote_is_passive", "bool plk_remote_is_passive"),
    (library.descriptions, LIBRARY, ".It Fn plk_vnet_encode\n", ""),
    (library.constants, LIBRARY, ".Dv PLK_PORT_TEXT_MAX", ".Dv PLK_PORT_TEXT"),
    (library.program, LIBRARY, "struct plk_deframer d;", "struct deframer d;"),
    (library.program, LIBRARY, "plk_deframer_commit(&d, (size_t)n);", "plk_deframer_commit(&d, (size_t)n - 1);"),
    (completion.shellcheck, BASH, 'local word\n', "local word\n\techo $1\n"),
    (completion.bash, BASH, "--log-level)\n", ")\n"),
    (completion.bash, BASH, "values=(keep close)", "values=(keep)"),
    (completion.bash, BASH, "-S $path", "-f $path"),
    (completion.bash, BASH, "list-remotes log-level", "log-level"),
    (completion.bash_typed, BASH, "kept=${kept%@}", ":"),
    (completion.bash_typed, BASH, "complete -F _pktlock pktlock pktlockd", "complete -F _pktlock pktlock"),
    (completion.zsh, ZSH, "mac vlan rate", "mac rate"),
    (completion.zsh, DAEMON, ".It Cm reload\n", ".It Cm reread\n"),
    (completion.zsh, ZSH, "case $service in", "case $service"),
    (completion.zsh_typed, ZSH, "compset -P '*,'", "compset -P '*;'"),
]


class FaultyTree(Tree):
    """A tree in which one file is another."""

    def __init__(self, root, build, work, path, old, new):
        for directory in ("src/man", "src/completion"):
            shutil.copytree(os.path.join(root, directory), os.path.join(work, directory))
        super().__init__(root, build, f"{work}/src/man", f"{work}/src/completion")
        text = self.read(path)
        if old not in text:
            sys.exit(f"selftest.py: {path} has no {old!r} any more")
        self.path = path
        self.text = text.replace(old, new)
        if os.path.exists(f"{work}/{path}"):
            with open(f"{work}/{path}", "w", encoding="utf-8") as file:
                file.write(self.text)

    def read(self, path):
        return self.text if path == getattr(self, "path", None) else super().read(path)


def main():
    missed = []
    checks = set()
    for check, path, old, new in FAULTS:
        with tempfile.TemporaryDirectory() as work:
            if not check(FaultyTree(sys.argv[1], sys.argv[2], work, path, old, new)):
                missed.append(f"{check.__name__} did not find {new!r} in {path}")
        checks.add(check)
    for check in pages.CHECKS + library.CHECKS + completion.CHECKS:
        if check not in checks:
            missed.append(f"{check.__name__} has no fault to find")
    if missed:
        sys.exit("\n".join(missed))
    print(f"{len(FAULTS)} faults found by {len(checks)} checks")


if __name__ == "__main__":
    main()
