#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# cpack.sh BUILD PACKAGES: cpack by itself, in a build tree that is not for /usr, makes the same packages, byte for byte.
set -euo pipefail
build=$1
packages=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$build"
if ! cpack -G DEB -B "$work" >"$work/log" 2>&1; then
	cat "$work/log" >&2
	exit 1
fi
count=0
for package in "$work"/*.deb; do
	cmp "$package" "$packages/${package##*/}"
	count=$((count + 1))
done
((count == 3)) || {
	echo "$count packages instead of 3" >&2
	exit 1
}
