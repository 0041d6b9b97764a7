#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dotdot.sh DIRECTORY...: no #include climbs out of a layer by ".." or by an absolute path, which no include path stops.
set -eu

[ $# -gt 0 ] || exit 1
n=0
for directory in "$@"; do
	[ -d "$directory" ] || {
		echo "$directory: no directory" >&2
		exit 1
	}
	n=$((n + $(find "$directory" -name '*.[ch]' | wc -l)))
done
[ "$n" -gt 0 ] || {
	echo "no sources" >&2
	exit 1
}
if grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*["<]((.*/)?\.\./|/)' "$@"; then
	echo "an #include that no layer can refuse" >&2
	exit 1
fi
echo "$n files"
