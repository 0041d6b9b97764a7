#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# include_guard.sh CC SOURCE-DIR INCLUDE-PATH LEGAL UPWARD: with the include path of a layer (directories with ':' between
# them) each header of LEGAL (with ',' between them) compiles, and none of UPWARD is found. That an UPWARD header is
# there and compiles where it may be seen is checked too, so that a renamed header does not pass.
set -eu

cc=$1
source=$2
path=$3
legal=$4
upward=$5
if [ -z "$path" ] || [ -z "$legal" ] || [ -z "$upward" ]; then
	echo "nothing to check" >&2
	exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# include HEADER DIRECTORIES: compile a file that includes HEADER and sees DIRECTORIES.
include() {
	case $1 in
	pktlock/*) echo "#include <$1>" ;;
	*) echo "#include \"$1\"" ;;
	esac >"$work/x.c"
	flags=
	for directory in $(echo "$2" | tr : ' '); do
		[ -d "$directory" ] || {
			echo "$directory: no directory" >&2
			exit 1
		}
		flags="$flags -I$directory"
	done
	# shellcheck disable=SC2086 # several flags
	LC_ALL=C "$cc" -std=c17 -D_GNU_SOURCE $flags -fsyntax-only "$work/x.c" 2>"$work/errors"
}

n=0
for header in $(echo "$legal" | tr , ' '); do
	include "$header" "$path" || {
		cat "$work/errors"
		echo "legal, but it does not compile: $header" >&2
		exit 1
	}
	n=$((n + 1))
done
for header in $(echo "$upward" | tr , ' '); do
	include "$header" "$source/include:$source/src:$source" || {
		cat "$work/errors"
		echo "upward, but it compiles nowhere: $header" >&2
		exit 1
	}
	if include "$header" "$path"; then
		echo "upward, but it compiles: $header" >&2
		exit 1
	fi
	grep -qE 'No such file or directory|file not found' "$work/errors" || {
		cat "$work/errors"
		echo "refused, but not for the layer's sake: $header" >&2
		exit 1
	}
	n=$((n + 1))
done
echo "$n headers"
