#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# build.sh SOURCE DIRECTORY: make the packages of this version in DIRECTORY/this, and in DIRECTORY/next those of a version
# that comes after it, for upgrades. The programs know their version.
set -euo pipefail
source=$1
directory=$2
export CMAKE_BUILD_PARALLEL_LEVEL=1 # other tests run beside this
rm -rf "$directory"
"$source/ci/package.sh" --version=0.999-1 "$directory/next"
"$source/ci/package.sh" "$directory/this"
for version in this next; do
	count=$(find "$directory/$version" -name '*.deb' | wc -l)
	((count == 5)) || {
		echo "$count packages instead of 5 in $directory/$version" >&2
		exit 1
	}
done
