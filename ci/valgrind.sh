#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# valgrind.sh BUILD: the unit tests and the client's parsers under valgrind. Any leak or error fails. Not a daemon: valgrind
# 3.19 does not know the system calls of Landlock, without which none starts.
set -euo pipefail
build=$1
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

valgrind=(valgrind --quiet --error-exitcode=42 --leak-check=full "--show-leak-kinds=definite,indirect,possible"
	"--errors-for-leak-kinds=definite,indirect,possible" --track-fds=no)
n=0
for test in "$build"/tests/unit/unit_*; do
	[[ -x $test && ! -d $test ]] || continue
	if ! "${valgrind[@]}" "$test" >"$log/out" 2>&1; then
		cat "$log/out"
		echo "valgrind: $test failed" >&2
		exit 1
	fi
	n=$((n + 1))
done
((n > 0)) || {
	echo "valgrind: no unit tests in $build" >&2
	exit 1
}
for string in pfd:3 'pfd:4294967299' 'ptcp:1:[::1%lo]' "capture,vlan=1+2,rate=5@punix:/a"; do
	for what in fd remote port; do
		status=0
		"${valgrind[@]}" "$build/bin/pktlock" parse "$what" "$string" >"$log/out" 2>&1 || status=$?
		if ((status == 42)); then
			cat "$log/out"
			exit 1
		fi
	done
done
echo "valgrind: $n unit tests and the client's parsers: no leak, no error"
