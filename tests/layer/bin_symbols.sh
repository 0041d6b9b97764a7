#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bin_symbols.sh NM BINARY FORBIDDEN-ARCHIVE...: no global symbol that a forbidden layer defines is in a finished program.
# Fails if the program is missing or stripped, or an archive missing or empty.
set -eu

nm=$1
binary=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

[ -f "$binary" ] || {
	echo "$binary: no program" >&2
	exit 1
}
"$nm" "$binary" >"$work/nm" 2>/dev/null || true
awk '{ print $NF }' "$work/nm" | sort -u >"$work/in-program"
grep -qx main "$work/in-program" || {
	echo "$binary: no symbols" >&2
	exit 1
}
[ $# -gt 0 ] || {
	echo "nothing is forbidden" >&2
	exit 1
}
for archive in "$@"; do
	[ -f "$archive" ] || {
		echo "$archive: no archive" >&2
		exit 1
	}
	# Names that begin with "__" or have a '.' are the compiler's own.
	"$nm" --defined-only --extern-only "$archive" >"$work/nm"
	awk 'NF == 3 && $3 !~ /^__|[.]/ { print $3 }' "$work/nm" | sort -u >"$work/forbidden"
	[ -s "$work/forbidden" ] || {
		echo "$archive: no symbols" >&2
		exit 1
	}
	found=$(comm -12 "$work/forbidden" "$work/in-program")
	[ -z "$found" ] || {
		echo "$binary has of $(basename "$archive"): $(echo "$found" | tr '\n' ' ')" >&2
		exit 1
	}
	echo "none of $(wc -l <"$work/forbidden") symbols of $(basename "$archive")"
done
