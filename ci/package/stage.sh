#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# stage.sh DIRECTORY VERSION: put the files of the packages, DIRECTORY/COMPONENT, into the shape that Debian wants.
set -euo pipefail
stage=$1
version=$2
here=$(cd "$(dirname "$0")" && pwd)

# changelog: that of the source; a version that it does not know (an experiment, a test) gets an entry before it, whose date
# is that of the newest.
changelog() {
	if [[ $(dpkg-parsechangelog --file "$here/changelog" --show-field Version) != "$version" ]]; then
		printf 'pktlock (%s) UNRELEASED; urgency=medium\n\n  * Built from the source of %s.\n\n -- %s  %s\n\n' \
			"$version" "$(dpkg-parsechangelog --file "$here/changelog" --show-field Version)" \
			"$(dpkg-parsechangelog --file "$here/changelog" --show-field Maintainer)" \
			"$(dpkg-parsechangelog --file "$here/changelog" --show-field Date)"
	fi
	cat "$here/changelog"
}

# documents COMPONENT PACKAGE: what each package of Debian has
documents() {
	local share=$stage/$1/usr/share
	install -D -m 644 "$here/copyright" "$share/doc/$2/copyright"
	changelog | gzip --no-name --best >"$share/doc/$2/changelog.Debian.gz"
	install -D -m 644 "$here/$2.lintian-overrides" "$share/lintian/overrides/$2"
	if [[ -d $share/man ]]; then
		find "$share/man" -type f -exec gzip --no-name --best {} +
	fi
}

umask 022
documents daemon pktlock
documents library libpktlock0
documents dev libpktlock-dev
strip --strip-debug --remove-section=.comment --enable-deterministic-archives "$stage"/dev/usr/lib/*/libpktlock.a
