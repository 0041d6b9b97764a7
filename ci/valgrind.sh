#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# valgrind.sh BUILD: the unit tests and the client's parsers under valgrind, two at a time. Any leak or error fails. Not a daemon:
# valgrind 3.19 does not know the system calls of Landlock, without which none starts.
set -euo pipefail
build=$1
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# one COMMAND: a test succeeds; a parser may refuse its string
one() {
	local out words status=0
	read -ra words <<<"$1"
	out=$(mktemp "$log/XXXXXX")
	valgrind --quiet --error-exitcode=42 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible --track-fds=no "${words[@]}" >"$out" 2>&1 || status=$?
	if ((status == 42 || (status != 0 && ${#words[@]} == 1) || status > 128)); then
		cat "$out"
		echo "valgrind: $1 failed" >&2
		return 1
	fi
}
export -f one
export log

tests=()
for test in "$build"/tests/unit/unit_*; do
	[[ -x $test && ! -d $test ]] || continue
	tests+=("$test")
done
((${#tests[@]} > 0)) || {
	echo "valgrind: no unit tests in $build" >&2
	exit 1
}
{
	printf '%s\0' "${tests[@]}"
	for string in pfd:3 'pfd:4294967299' 'ptcp:1:[::1%lo]' "capture,vlan=1+2,rate=5@punix:/a"; do
		for what in fd remote port; do
			printf '%s\0' "$build/bin/pktlock parse $what $string"
		done
	done
} | xargs --null -P 2 -I{} bash -c 'one "$@"' _ {}
echo "valgrind: ${#tests[@]} unit tests and the client's parsers: no leak, no error"
