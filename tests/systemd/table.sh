#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# table.sh [BUILD]: the tables of README.md, "As a service", measured: what systemd-analyze security says of the unit, the
# checks of the packages, and a hundred restarts. Root, two minutes; BUILD is build/release if it is not given.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=${1:-build/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# must COMMAND...: what it says is kept in the file log, and shown when it fails
must() {
	if ! "$@" >"$work/log" 2>&1; then
		cat "$work/log" >&2
		exit 1
	fi
	cat "$work/log" >>"$work/all"
}
measure() {
	must python3 -B "tests/systemd/$1_test.py" --packages="$build/packages" --root=build/systemd-root "${@:2}"
}
# said PATTERN: the first group of a regular expression of sed, in what was said
said() { sed -nE "s/^ *$1.*/\1/p" "$work/all"; }

must ctest --test-dir "$build" --output-on-failure --label-regex '^package$'
measure restart
# what README.md has to say is what we are about to find out: a failure shows in the figures
python3 -B tests/systemd/confine_test.py --packages="$build/packages" --root=build/systemd-root exposure >>"$work/all" || :

cat <<END
| what | |
|---|---|
| exposure, by \`systemd-analyze security\` of systemd $(systemctl --version | awk 'NR == 1 { print $2 }') | **$(said 'as shipped: (.*)')** as shipped, with a control socket (\`control.conf\`), and with TCP ports that systemd makes (\`tcp-socket.conf\`); $(said 'tcp\.conf: (.*)') with those that pktlockd makes (\`tcp.conf\`); $(said 'own-namespaces\.conf: (.*)') with a worker that makes all its namespaces itself (\`own-namespaces.conf\`) |
| packages | lintian: no error, no warning; two builds in different directories: the same bytes; installed, upgraded, removed, purged |
| restarts under traffic | $(said '([0-9]+ restarts, [0-9]+ clients): .*'): none lost, no frame torn or repeated, all accounted for |
| without frames meanwhile: least, median, most | $(said 'gap, .*silence at a client ([0-9 /]+)$') ms, for captures of both latencies and attached clients; $(said 'as shipped, gap of a capture (.*)'), for the one capture of the service as it comes |
| after SIGKILL | served $(said 'served ([0-9.]+) s after the kill' | sort | tail -n 1) s later (\`RestartSec=1\`); nobody was refused |
| worker, front or supervisor hang | ended within \`WatchdogSec=\` |

| left | tenths | because |
|---|---|---|
END
# Why each is left. The test "exposure" compares names and figures with README.md.
while IFS=';' read -r name reason; do
	figure=$(grep -F "left: $name " "$work/all" | awk '{ print $NF }')
	echo "| \`${name//|/\\|}\` | $figure | $reason |"
done <<'END'
PrivateNetwork=;the interface is the host's
RestrictNamespaces=~user;the worker's user namespace, in which nobody is anybody
RestrictNamespaces=~net;the worker's network, in which there is nothing
RestrictAddressFamilies=~AF_PACKET;the broker's packet sockets
RestrictAddressFamilies=~AF_NETLINK;what becomes of the interface
RestrictAddressFamilies=~AF_UNIX;clients, and the service manager
PrivateUsers=;CAP_NET_RAW counts in the user namespace that the network belongs to
CapabilityBoundingSet=~CAP_NET_(BIND_SERVICE|BROADCAST|RAW);CAP_NET_RAW, which the broker keeps alone
AmbientCapabilities=;how it gets there without root
SystemCallFilter=~@privileged;capset(2), with which all others give it up
DeviceAllow=;the clock that `ProtectClock=` lets it read; without that setting it is more
RootDirectory=/RootImage=;the programs are the system's
END
