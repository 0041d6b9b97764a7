#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# shipped.sh NM HOSTILE-PROGRAM... -- SHIPPED-PROGRAM...: nothing of the hostile tests (hostile.h) is in what is shipped: not their
# marker, not a symbol of theirs, nor one that the linker has wrapped. That the check can fail is shown by the hostile programs,
# in which it must find both.
set -eu
nm=$1
shift
marker=$(sed -n 's/^#define HOSTILE_MARKER "\(.*\)"$/\1/p' "$(dirname "$0")/hostile.h")
[ -n "$marker" ] || {
	echo "hostile.h has no marker" >&2
	exit 1
}

# has_marker PROGRAM, has_symbol PROGRAM
has_marker() {
	grep -qaF "$marker" "$1"
}
has_symbol() {
	symbols=$("$nm" "$1" 2>/dev/null | awk '{ print $NF }')
	echo "$symbols" | grep -qx main || {
		echo "$1: no symbols: nothing is known of it" >&2
		exit 1
	}
	echo "$symbols" | grep -qE '^hostile_|^__wrap_'
}

n=0
while [ "$1" != -- ]; do
	if ! has_marker "$1" || ! has_symbol "$1"; then
		echo "$1 is hostile, and the check does not see it" >&2
		exit 1
	fi
	n=$((n + 1))
	shift
done
shift
if [ $n -eq 0 ] || [ $# -lt 4 ]; then
	echo "programs are missing" >&2
	exit 1
fi
for program; do
	[ -s "$program" ] || {
		echo "$program: no program" >&2
		exit 1
	}
	if has_marker "$program" || has_symbol "$program"; then
		echo "$program has something of the hostile tests" >&2
		exit 1
	fi
done
echo "$n hostile programs are seen; $# shipped ones have nothing of them"
