#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# vm-kernel.sh [PACKAGE]: fetch a kernel of Debian's for tests/vm and say where it is. Nothing is installed.
#
# PACKAGE is linux-image-cloud-amd64 if none is named (bookworm: Linux 6.1), linux-image-6.12-cloud-amd64, or any other
# kernel or meta package that the machine's own apt sources have. Of its newest version build/vm/PACKAGE gets:
#   vmlinuz   what qemu boots
#   NAME.ko   the modules that the tests need
#   made-of   package and version
# It is fetched anew when apt offers another version or a module is missing, and taken as it is when apt cannot be asked.
set -euo pipefail
cd "$(dirname "$0")/.."

die() {
	echo "vm-kernel: $*" >&2
	exit 1
}

(($# <= 1)) || die "usage: ci/vm-kernel.sh [PACKAGE]"
package=${1:-linux-image-cloud-amd64}
[[ $package =~ ^linux-image-[a-z0-9.+-]+$ ]] || die "'$package' is not the name of a kernel package"
for tool in apt-get apt-cache dpkg-deb; do
	command -v $tool >/dev/null || die "$tool is missing: this needs Debian or a derivative"
done
target=$PWD/build/vm/$package
modules=(net/veth net/tap net/tun vhost/vhost vhost/vhost_iotlb vhost/vhost_net) # below kernel/drivers

# Whether what was fetched before is that version, and all that the tests need.
is_complete() {
	local module

	[[ $(cat "$target/made-of" 2>/dev/null) == "$image $version" ]] || return 1
	for module in "${modules[@]}"; do
		[[ -e $target/${module##*/}.ko ]] || return 1
	done
}

# A meta package depends on the image of the day. Sets image and version; false if apt does not know them.
resolve() {
	image=$(apt-cache depends "$package" 2>/dev/null |
		awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ && !n++ { print $2 }')
	image=${image:-$package}
	version=$(apt-cache show --no-all-versions "$image" 2>/dev/null | awk '$1 == "Version:" && !n++ { print $2 }')
	[[ -n $version ]]
}

# Lists that are missing or old: only root may renew them.
update() {
	((EUID == 0)) && apt-get --quiet update >"$work/log" 2>&1
}

mkdir -p build/vm
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

if ! resolve && ! { update && resolve; }; then
	[[ -e $target/made-of ]] || die "apt knows no package $package (or was never updated)"
	echo "vm-kernel: apt knows no package $package; taking what was fetched before" >&2
	echo "$target"
	exit 0
fi
if is_complete; then
	echo "$target"
	exit 0
fi

download() {
	# as root: else apt becomes a user who may not be able to write here
	(cd "$work" && apt-get --quiet --option APT::Sandbox::User=root download "$image=$version") >"$work/log" 2>&1
}
if ! download; then
	# the archive keeps only the newest, and our lists may name an older one
	if ! { update && resolve && download; }; then
		tail -n 20 "$work/log" >&2
		die "cannot fetch $image"
	fi
fi

new=$work/new
mkdir "$new"
patterns=("${modules[@]/#/./lib/modules/*/kernel/drivers/}")
dpkg-deb --fsys-tarfile "$work"/*.deb |
	tar -x -C "$work" --wildcards './boot/vmlinuz-*' "${patterns[@]/%/.ko*}"
mv "$work"/boot/vmlinuz-* "$new/vmlinuz"
for module in "${modules[@]}"; do
	mv "$work"/lib/modules/*/kernel/drivers/"$module".ko* "$new/"
	module=$new/${module##*/}.ko
	[[ ! -e $module.xz ]] || xz --decompress "$module.xz"
	[[ -e $module ]] || die "$image has no ${module##*/}, or it is compressed in a way that is new to this script"
done
echo "$image $version" >"$new/made-of"
rm -rf "$target"
mv "$new" "$target"
echo "vm-kernel: fetched $image $version" >&2
echo "$target"
