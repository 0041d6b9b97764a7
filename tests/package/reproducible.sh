#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# reproducible.sh SOURCE PACKAGES: build again, elsewhere and later, with another umask, time zone, language and number of
# jobs, of files with other dates and in another order, and compare with PACKAGES, byte for byte.
set -euo pipefail
source=$1
packages=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
elsewhere=$work/a-directory-whose-name-is-longer/than-that-of-the-source
mkdir -p "$elsewhere"

umask 027
export TZ=Pacific/Auckland LANG=tr_TR.UTF-8 LC_ALL='' CMAKE_BUILD_PARALLEL_LEVEL=2
# in reverse, so that a directory gives them in another order
(cd "$source" && find . -path ./build -prune -o -path ./.git -prune -o -type f -print0 | sort --zero-terminated --reverse |
	xargs --null cp --parents --target-directory="$elsewhere")
find "$elsewhere" -type f -exec touch --date=2001-02-03 {} +
"$elsewhere/ci/package.sh" "$work/packages"

status=0
count=0
for package in "$packages"/*.deb; do
	again=$work/packages/${package##*/}
	count=$((count + 1))
	if ! cmp "$package" "$again"; then
		status=1
		diff <(dpkg-deb --contents "$package") <(dpkg-deb --contents "$again") || :
		diff <(dpkg-deb --ctrl-tarfile "$package" | tar --extract --to-stdout) \
			<(dpkg-deb --ctrl-tarfile "$again" | tar --extract --to-stdout) || :
	fi
done
((count == 5)) || {
	echo "$count packages in $packages" >&2
	exit 1
}
exit $status
