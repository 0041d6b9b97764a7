#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# nm_allow.sh NM ALLOWLIST ARCHIVE [LOWER-ARCHIVE...]: the objects of a pure layer need nothing but each other, the layers
# below and the symbols of ALLOWLIST (one a line, '#' begins a comment): no system call, no allocation, no stdio. Fails
# on an archive that is missing or has no symbols.
set -eu

nm=$1
allowed=$2
archive=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# defined ARCHIVE: the global symbols that it defines
defined() {
	[ -f "$1" ] || {
		echo "$1: no archive" >&2
		return 1
	}
	"$nm" --defined-only --extern-only "$1" >"$work/nm"
	awk 'NF == 3 { print $3 }' "$work/nm" | sort -u >"$work/names"
	[ -s "$work/names" ] || {
		echo "$1: no symbols" >&2
		return 1
	}
	cat "$work/names"
}

[ -s "$allowed" ] || {
	echo "$allowed: no allowlist" >&2
	exit 1
}
defined "$archive" >"$work/own"
sed -e 's/#.*//' -e 's/[[:space:]]//g' -e '/^$/d' "$allowed" >"$work/may"
cat "$work/own" >>"$work/may"
for lower in "$@"; do
	defined "$lower" >>"$work/may"
done
sort -u "$work/may" >"$work/may-sorted"
"$nm" --undefined-only "$archive" >"$work/nm"
awk 'NF == 2 { print $2 }' "$work/nm" | sort -u >"$work/needs"
stray=$(comm -23 "$work/needs" "$work/may-sorted")
[ -z "$stray" ] || {
	echo "$archive needs: $(echo "$stray" | tr '\n' ' ')" >&2
	exit 1
}
echo "$(wc -l <"$work/own") symbols defined, $(wc -l <"$work/needs") needed"
