#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# reasons.sh NAME... : for each system call of some lists, with its conditions: whose it is, where it is made, and what for. A
# reason stands in parentheses behind the calls, and a call without one is an error. The supervisor's filter is
#
#   sandbox/reasons.sh supervisor exec worker
set -eu
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- supervisor exec worker
for name in "$@"; do
	grep -rnoE '#syscalls:[a-z,]+ [^*]*' --include='*.c' --include='*.h' src sandbox |
		awk -v name="$name" '
		{
			split($0, place, ":")
			text = $0
			sub(/^[^#]*#syscalls:/, "", text)
			names = text
			sub(/ .*/, "", names)
			if (index("," names ",", "," name ",") == 0)
				next
			sub(/^[^ ]* /, "", text)
			reason = ""
			if (match(text, / \(.*\)/)) {
				reason = substr(text, RSTART + 2, RLENGTH - 3)
				text = substr(text, 1, RSTART - 1)
			}
			n = split(text, calls, " ")
			for (i = 1; i <= n; i++) {
				call = calls[i]
				sub(/\]$/, "", call)
				gsub(/[\[,]/, " ", call)
				printf "%-10s %s  # %s:%s: %s\n", name, call, place[1], place[2], reason
			}
		}' | LC_ALL=C sort -u
done | awk '
	{ print }
	/: $/ { missing = missing "\n  " $0 }
	END {
		if (missing != "") {
			print "no reason is given for:" missing > "/dev/stderr"
			exit 1
		}
	}'
