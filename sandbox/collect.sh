#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# collect.sh NAME DIR...: the system calls that comments "#syscalls:NAME[,NAME] call..." below DIR name for NAME, one a
# line, sorted. Words in parentheses are remarks.
set -eu
name=$1
shift
grep -rhoE '#syscalls:[a-z,]+ [^*]*' --include='*.c' --include='*.h' "$@" |
	sed -e 's/([^)]*)//g' -e 's/(.*//' |
	awk -v name="$name" '
		{
			n = split(substr($1, index($1, ":") + 1), names, ",")
			for (i = 1; i <= n; i++)
				if (names[i] == name)
					for (k = 2; k <= NF; k++)
						print $k
		}' |
	LC_ALL=C sort -u
