#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# harness.sh ROOT: each header in include/pktlock, src/text, src/wire and src/ipc that declares a plk_..._parse() has a
# harness, fuzz/STEM_fuzz.c, which fuzz/CMakeLists.txt builds, and a corpus that is not empty.
set -eu

cd "$1"
n=0
missing=0
for header in include/pktlock/*.h src/text/*.h src/wire/*.h src/ipc/*.h; do
	[ -f "$header" ] || continue
	grep -vE '^[[:space:]]*(/\*|\*)' "$header" | grep -qE '\bplk_[a-z0-9_]+_parse\(' || continue
	stem=$(basename "$header" .h)
	n=$((n + 1))
	[ -f "fuzz/${stem}_fuzz.c" ] || {
		echo "$header declares a parser, but there is no fuzz/${stem}_fuzz.c" >&2
		missing=1
	}
	grep -qE "^plk_fuzz\(.*\b$stem\b" fuzz/CMakeLists.txt || {
		echo "$header declares a parser, but fuzz/CMakeLists.txt does not build a harness $stem" >&2
		missing=1
	}
	[ -n "$(ls "fuzz/corpus/$stem" 2>/dev/null)" ] || {
		echo "$header declares a parser, but fuzz/corpus/$stem is missing or empty" >&2
		missing=1
	}
done
[ "$missing" = 0 ] || exit 1
[ "$n" -gt 0 ] || {
	echo "no parsers found" >&2
	exit 1
}
echo "$n headers with parsers"
