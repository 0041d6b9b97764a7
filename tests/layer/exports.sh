#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# exports.sh NM LIBRARY INCLUDE: the shared library exports what the public headers mark, and nothing else.
set -eu
nm=$1 library=$2 include=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$nm" -D --defined-only "$library" | awk '{ print $3 }' | LC_ALL=C sort >"$work/exported"
grep -h -A2 '^PLK_PUBLIC' "$include"/pktlock/*.h | grep -oE 'plk_[a-z0-9_]+\(' | tr -d '(' | LC_ALL=C sort -u >"$work/declared"
[ -s "$work/declared" ] || {
	echo "no public functions in $include/pktlock" >&2
	exit 1
}
diff -u "$work/declared" "$work/exported"
echo "$(wc -l <"$work/exported") functions exported"
