#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nm_allow_selftest.sh CC NM AR NM-ALLOW ALLOWLIST: nm_allow.sh passes what it must and refuses what it must.
set -eu

cc=$1
nm=$2
ar=$3
nm_allow=$4
allowed=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# archive NAME C-SOURCE
archive() {
	echo "$2" >"$work/$1.c"
	"$cc" -O1 -fno-builtin -fno-stack-protector -c "$work/$1.c" -o "$work/$1.o"
	"$ar" q "$work/$1.a" "$work/$1.o" 2>/dev/null
}

# check WANT(0 or 1) NAME...: what nm_allow.sh says of archives
check() {
	want=$1
	shift
	# shellcheck disable=SC2046 # several archives
	set -- $(for name in "$@"; do echo "$work/$name.a"; done)
	got=0
	"$nm_allow" "$nm" "$allowed" "$@" >"$work/out" 2>&1 || got=1
	[ "$got" = "$want" ] || {
		cat "$work/out"
		echo "nm_allow.sh $*: answered $got, not $want" >&2
		exit 1
	}
}

archive pure 'void *memcpy(void *, const void *, unsigned long); void f(char *a, char *b) { memcpy(a, b, 9); }'
archive lower 'int below(int x) { return x + 1; }'
archive upper 'int below(int); int above(int x) { return below(x); }'
archive stray 'long write(int, const void *, unsigned long); long f(void) { return write(1, "", 1); }'
archive heap 'void *malloc(unsigned long); void *f(void) { return malloc(1); }'
archive data 'extern int errno_of_somebody; int f(void) { return errno_of_somebody; }'
"$ar" q "$work/empty.a" 2>/dev/null
archive nothing 'static int unused __attribute__((unused));'

check 0 pure
check 0 upper lower
check 1 upper
check 1 upper pure
check 1 stray
check 1 stray lower
check 1 heap
check 1 data
check 1 empty
check 1 nothing
check 1 no-such
check 1 pure no-such
check 1 pure empty
echo "ok"
