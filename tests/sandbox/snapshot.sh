#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# snapshot.sh FILTER-TOOL DIRECTORY [--write]: the filters in libseccomp's readable form are those that are checked in, so
# that a change of a filter is a change that a reviewer sees.
set -eu
tool=$1
dir=$2
write=${3:-}
status=0
for arch in x86_64 aarch64; do
	for profile in supervisor front front-control broker worker worker-many; do
		file=$dir/$profile.$arch.pfc
		if [ "$write" = --write ]; then
			"$tool" "$profile" "$arch" pfc >"$file"
		elif ! "$tool" "$profile" "$arch" pfc | diff -u "$file" - >&2; then
			status=1
		fi
	done
done
if [ $status != 0 ]; then
	echo "the filters are not those of sandbox/pfc; if they are right:" >&2
	echo "  tests/sandbox/snapshot.sh $tool sandbox/pfc --write" >&2
fi
exit $status
