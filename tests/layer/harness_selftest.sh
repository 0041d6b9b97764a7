#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# harness_selftest.sh HARNESS-SH: it passes a tree in order, and refuses a parser without harness, build rule or corpus.
set -eu

harness=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check WANT(0 or 1): what harness.sh says of the tree
check() {
	got=0
	"$harness" "$work" >"$work/out" 2>&1 || got=1
	[ "$got" = "$1" ] || {
		cat "$work/out"
		echo "harness.sh: $2: answered $got, not $1" >&2
		exit 1
	}
}

mkdir -p "$work/include/pktlock" "$work/src/text" "$work/fuzz/corpus/new"
echo '/** plk_other_parse() - not declared here */ int plk_other(void);' >"$work/include/pktlock/other.h"
echo 'plk_fuzz(text new)' >"$work/fuzz/CMakeLists.txt"
check 1 "no parser at all"
echo 'enum plk_err plk_new_parse(struct plk_span in, int *out);' >"$work/src/text/new.h"
check 1 "no harness"
touch "$work/fuzz/new_fuzz.c"
check 1 "an empty corpus"
touch "$work/fuzz/corpus/new/seed"
check 0 "all there"
echo 'plk_fuzz(text newer)' >"$work/fuzz/CMakeLists.txt"
check 1 "not built"
echo "ok"
