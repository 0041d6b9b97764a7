#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# collect.sh NAME DIR...: the system calls that comments below DIR name for NAME, one a line, sorted.
#
#   #syscalls:NAME[,NAME]... CALL[CONDITION,...] (remark) CALL...
#
# A CONDITION is ARGUMENT=VALUE or ARGUMENT=FIRST..LAST, values being C constants without blanks (constants.h). A call may be
# named several times: each is another way to be permitted. A line of the list is CALL CONDITION... with blanks between them.
set -eu
name=$1
shift
grep -rhoE '#syscalls:[a-z,]+ [^*]*' --include='*.c' --include='*.h' "$@" |
	sed -e 's/ ([^)]*)//g' -e 's/ (.*//' |
	awk -v name="$name" '
		{
			n = split(substr($1, index($1, ":") + 1), names, ",")
			for (i = 1; i <= n; i++)
				if (names[i] == name)
					for (k = 2; k <= NF; k++) {
						line = $k
						sub(/\]$/, "", line)
						gsub(/[\[,]/, " ", line)
						print line
					}
		}' |
	LC_ALL=C sort -u
