#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dotdot_selftest.sh DOTDOT-SH: it passes sources in order, and refuses what climbs out, and nothing at all.
set -eu

dotdot=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check WANT(0 or 1) DIRECTORY LINE
check() {
	echo "$3" >"$work/a/x.c"
	got=0
	"$dotdot" "$work/$2" >/dev/null 2>&1 || got=1
	[ "$got" = "$1" ] || {
		echo "dotdot.sh: $3: answered $got, not $1" >&2
		exit 1
	}
}

mkdir "$work/a" "$work/empty"
check 0 a '#include "wire/frame.h"'
check 0 a '#include <pktlock/frame.h> /* ../ */'
check 1 a '#include "../text/words.h"'
check 1 a ' # include "wire/../text/words.h"'
check 1 a '#include <../x.h>'
check 1 a '#include "/usr/include/stdio.h"'
check 1 empty ''
check 1 no-such ''
echo "ok"
