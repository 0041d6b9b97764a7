#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# finish.sh PACKAGE: add to a package of CPack's what CPack does not know, and pack it so that the same files give the same
# bytes. Time stamps are SOURCE_DATE_EPOCH, else the date of the changelog.
set -euo pipefail
umask 022
package=$1
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(dpkg-parsechangelog --file "$(dirname "$0")/changelog" --show-field Timestamp)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root control=$work/root/DEBIAN

# field NAME VALUE: set it
field() {
	sed -i "/^$1:/d" "$control/control"
	sed -i "/^Architecture:/a $1: $2" "$control/control"
}

# The worker is static: who watches over glibc wants to know which one is in it.
built_using() {
	dpkg-query --show --showformat '${source:Package} (= ${source:Version})' libc6-dev
}

dpkg-deb --raw-extract "$package" "$root"
name=$(sed -n 's/^Package: //p' "$control/control")
case $name in
pktlock)
	field Built-Using "$(built_using)"
	;;
libpktlock0)
	field Multi-Arch same
	# CPack calls ldconfig in scripts; dpkg has a trigger for it.
	rm "$control"/{postinst,postrm}
	echo 'activate-noawait ldconfig' >"$control/triggers"
	chmod 644 "$control/triggers"
	;;
libpktlock-dev | libpktlock0-dbgsym)
	field Multi-Arch same
	;;
esac
# CPack's packages of debug symbols are Ubuntu's, and name files of the build.
if [[ $package == *.ddeb ]]; then
	sed -i '/^Package-Type: ddeb$/d' "$control/control"
	find "$root" -name '*.debug' -exec chmod 644 {} +
	mkdir -p "$root/usr/share/doc"
	ln -s "${name%-dbgsym}" "$root/usr/share/doc/$name"
fi
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | LC_ALL=C sort --zero-terminated |
	xargs --null md5sum) >"$work/md5sums"
cat "$work/md5sums" >"$control/md5sums"
find "$root" -type d -exec chmod 755 {} + # whatever umask there was
find "$root" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" {} +
dpkg-deb --root-owner-group --threads-max=1 --build -Zxz "$root" "$package" >/dev/null
