#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# aarch64.sh: build the daemon for aarch64 on another machine, with all warnings as errors, and look as far as one can there.
#
# The suite does not run: qemu-user knows neither Landlock nor the filters, without which no daemon starts. What runs is the
# start of the worker, which is static: the calls that its C library makes there must be in the lists, since the supervisor's
# filter, which the worker inherits, kills it for others.
set -euo pipefail
cd "$(dirname "$0")/.."
build=build/aarch64
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

if ! { cmake --preset aarch64 && cmake --build --preset aarch64; } >"$log/build" 2>&1; then
	cat "$log/build"
	exit 1
fi

for program in pktlockd pktlockd-broker pktlockd-front pktlockd-worker; do
	aarch64-linux-gnu-readelf --file-header "$build/bin/$program" | grep --quiet 'Machine: *AArch64' || {
		echo "aarch64: $program is for another machine" >&2
		exit 1
	}
done

# The number of the architecture is the first that a filter compares (linux/audit.h).
aarch64=$((0xc00000b7))
for filter in "$build"/sandbox/generated/*.filter.inc; do
	sed -n 2p "$filter" | grep --quiet ", ${aarch64}U}" || {
		echo "aarch64: $filter is for another machine" >&2
		exit 1
	}
done

# All calls go by the C library, or they would not be seen here.
aarch64-linux-gnu-objdump --disassemble "$build"/src/*.a "$build"/sandbox/*.a >"$log/code"
if grep --word-regexp svc "$log/code"; then
	echo "aarch64: a system call of our own" >&2
	exit 1
fi

# From exec to the first wait, which ends because nobody holds the other end of the channel.
python3 - "$build/bin/pktlockd-worker" 2>"$log/strace" <<'END'
import socket, subprocess, sys
ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
worker = subprocess.Popen(["qemu-aarch64-static", "-strace", sys.argv[1]], stdin=theirs)
ours.close()
theirs.close()
sys.exit(worker.wait(30))
END
# qemu 7.2 has no name for rseq, which is 293
sed -nE -e 's/^[0-9]+ Unknown syscall 293.*/rseq/p' -e 's/^[0-9]+ ([a-zA-Z0-9_]+|Unknown syscall [0-9]+).*/\1/p' \
	"$log/strace" | sort -u >"$log/made"
cut -d' ' -f1 sandbox/{exec,exec-aarch64,worker}.syscalls | grep -v '^#' | sort -u >"$log/permitted"
if ! grep --quiet epoll_pwait "$log/made" || [[ $(comm -23 "$log/made" "$log/permitted") ]]; then
	cat "$log/strace"
	comm -23 "$log/made" "$log/permitted" | sed 's/^/aarch64: no list permits /' >&2
	exit 1
fi
# Nothing may be permitted there that nobody needs.
if [[ $(grep -v '^#' sandbox/exec-aarch64.syscalls | sort | comm -13 "$log/made" -) ]]; then
	echo "aarch64: sandbox/exec-aarch64.syscalls has a call that the worker does not make" >&2
	exit 1
fi
echo "aarch64: the daemon builds; the worker's start makes $(wc -l <"$log/made") calls, all permitted"
