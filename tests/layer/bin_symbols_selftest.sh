#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bin_symbols_selftest.sh CC NM AR STRIP BIN-SYMBOLS: bin_symbols.sh passes what it must and refuses what it must.
set -eu

cc=$1
nm=$2
ar=$3
strip=$4
bin_symbols=$5
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# archive NAME C-SOURCE
archive() {
	echo "$2" >"$work/$1.c"
	"$cc" -fvisibility=hidden -c "$work/$1.c" -o "$work/$1.o"
	"$ar" q "$work/$1.a" "$work/$1.o" 2>/dev/null
}

# check WANT(0 or 1) PROGRAM ARCHIVE...: what bin_symbols.sh says
check() {
	want=$1
	program=$2
	shift 2
	# shellcheck disable=SC2046 # several archives
	set -- $(for name in "$@"; do echo "$work/$name.a"; done)
	got=0
	"$bin_symbols" "$nm" "$work/$program" "$@" >"$work/out" 2>&1 || got=1
	[ "$got" = "$want" ] || {
		cat "$work/out"
		echo "bin_symbols.sh $program $*: answered $got, not $want" >&2
		exit 1
	}
}

archive text 'int plk_text(void); int plk_text(void) { return 1; }'
archive wire 'int plk_wire_table[4] = {1}; int plk_wire(void); int plk_wire(void) { return plk_wire_table[0]; }'
"$ar" q "$work/empty.a" 2>/dev/null
echo 'int main(void) { return 0; }' >"$work/clean.c"
echo 'int plk_text(void); int main(void) { return plk_text(); }' >"$work/dirty.c"
"$cc" "$work/clean.c" "$work/text.a" "$work/wire.a" -o "$work/clean"
"$cc" "$work/dirty.c" "$work/text.a" "$work/wire.a" -o "$work/dirty"
"$strip" -o "$work/stripped" "$work/dirty"

check 0 clean text wire
check 0 dirty wire
check 1 dirty text
check 1 dirty wire text
check 1 stripped text
check 1 no-such text
check 1 clean
check 1 clean no-such
check 1 clean empty
check 1 clean text empty
echo "ok"
