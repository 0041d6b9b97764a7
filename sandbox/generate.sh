#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# generate.sh NAME LIST OUT DIR...: compare LIST with what the sources name, and turn it into rows of struct plk_rule (filter.c).
set -eu
name=$1 list=$2 out=$3
shift 3
case $name in
exec-aarch64 | instrumented) ;; # written by hand: no source of ours makes those calls
*)
	if ! "$(dirname "$0")/collect.sh" "$name" "$@" | diff -u "$list" - >&2; then
		echo "$list differs from the '#syscalls:$name' comments in the sources; if they are right:" >&2
		echo "  sandbox/collect.sh $name src sandbox > sandbox/$name.syscalls" >&2
		exit 1
	fi
	;;
esac
awk '
	/^#/ || NF == 0 { next }
	{
		printf "{\"%s\", %d, {", $1, NF - 1
		for (i = 2; i <= NF; i++) {
			split($i, side, "=")
			n = split(side[2], bound, "[.][.]")
			printf "{%s, (uint64_t)(%s), (uint64_t)(%s)}, ", side[1], bound[1], bound[n]
		}
		print "}},"
	}' "$list" >"$out"
