#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# libraries.sh READELF BINARY [LIBRARY...]: a finished program needs exactly these shared libraries, by name without version.
set -eu

readelf=$1
binary=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$readelf" -hW "$binary" >"$work/header"
grep -q 'Type: *DYN' "$work/header" || {
	echo "$binary: no program that can lie anywhere" >&2
	exit 1
}
"$readelf" -dW "$binary" | sed -n 's/.*(NEEDED).*\[\(.*\)[.]so.*/\1/p' | sort >"$work/needed"
[ $# -eq 0 ] || printf '%s\n' "$@" | sort >"$work/wanted"
[ $# -gt 0 ] || : >"$work/wanted"
diff "$work/wanted" "$work/needed" || {
	echo "$binary needs: $(tr '\n' ' ' <"$work/needed")" >&2
	exit 1
}
echo "needs: $*"
