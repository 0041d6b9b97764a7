#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# package.sh [--version=UPSTREAM-REVISION] OUTDIR: build in build/package and put the Debian packages into OUTDIR. The same
# source gives the same bytes, wherever and whenever it is built with the same tools.
#
# --version=V   as if the changelog were at V, to try an upgrade
set -euo pipefail
# What the packages are made of may not depend on who builds them.
umask 022
export LC_ALL=C.UTF-8 TZ=UTC
unset CFLAGS CPPFLAGS LDFLAGS DESTDIR

version=
outdir=
for arg; do
	case $arg in
	--version=*-*) version=${arg#--version=} ;;
	-*) outdir= && break ;;
	*) outdir=$arg ;;
	esac
done
if [[ -z $outdir ]]; then
	echo "usage: ci/package.sh [--version=UPSTREAM-REVISION] OUTDIR" >&2
	exit 2
fi
mkdir -p "$outdir"
outdir=$(cd "$outdir" && pwd)
cd "$(dirname "$0")/.."
mkdir -p build
exec 9>build/package.lock # one at a time
flock 9
for tool in cmake ninja gcc pkg-config dpkg-shlibdeps file; do
	command -v "$tool" >/dev/null || {
		echo "ci/package.sh: no $tool here: ci/install-deps.sh package installs what is missing" >&2
		exit 1
	}
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! {
	cmake --preset package -DPLK_PACKAGE_VERSION="$version" &&
		cmake --build --preset package &&
		cpack --config build/package/CPackConfig.cmake -G DEB -B "$work"
} >"$work/log" 2>&1; then
	cat "$work/log" >&2
	exit 1
fi
for package in "$work"/*.deb "$work"/*.ddeb; do
	name=${package##*/}
	mv "$package" "$outdir/${name%.*deb}.deb"
done
