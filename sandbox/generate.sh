#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# generate.sh NAME LIST OUT DIR...: compare LIST with what the sources name, and turn it into C.
set -eu
name=$1 list=$2 out=$3
shift 3
if [ "$name" != instrumented ]; then # that one is written by hand: no source of ours makes those calls
	if ! "$(dirname "$0")/collect.sh" "$name" "$@" | diff -u "$list" - >&2; then
		echo "$list differs from the '#syscalls:$name' comments in the sources; if they are right:" >&2
		echo "  sandbox/collect.sh $name src sandbox > sandbox/$name.syscalls" >&2
		exit 1
	fi
fi
sed -e '/^#/d' -e '/^$/d' -e 's/.*/CALL(&)/' "$list" >"$out"
