#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# root.sh DIRECTORY: makes a small Debian of the release that this machine has, with systemd and what pktlock's package
# depends on, for machine.sh to boot. It is made once (half a minute, 230 MB) and never written to afterwards; it is made
# again when this file has changed. Several may ask for it at the same time. Needs root.
set -euo pipefail

root=${1:?usage: root.sh DIRECTORY}
stamp=$(sha256sum <"$0")
# what never does anything useful in a machine without devices, and takes time or talks to others' devices
masked=(
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer systemd-tmpfiles-clean.timer
	console-getty.service getty.target getty-static.service
	dev-hugepages.mount dev-mqueue.mount sys-fs-fuse-connections.mount sys-kernel-config.mount sys-kernel-debug.mount
	sys-kernel-tracing.mount
	modprobe@.service kmod-static-nodes.service
	systemd-ask-password-console.path systemd-ask-password-wall.path systemd-binfmt.service systemd-firstboot.service
	systemd-hwdb-update.service systemd-initctl.socket systemd-journal-catalog-update.service systemd-journal-flush.service
	systemd-logind.service systemd-modules-load.service systemd-networkd.service systemd-pcrphase.service
	systemd-pstore.service systemd-random-seed.service systemd-remount-fs.service systemd-resolved.service
	systemd-sysctl.service systemd-timesyncd.service systemd-udevd.service systemd-udev-trigger.service
	systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-update-done.service
	systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-vconsole-setup.service
)

mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9
if [[ -e $root.stamp && $(<"$root.stamp") == "$stamp" ]]; then
	exit 0
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
rm -rf --one-file-system "$root" "$root.stamp"
# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
if ! mmdebstrap --mode=root --variant=minbase --aptopt='Acquire::Languages "none"' \
	--include=systemd,systemd-sysv,dbus,procps,iproute2,libjansson4,libpcap0.8,libseccomp2 \
	--dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
	"$suite" "$root" >"$log" 2>&1; then
	cat "$log" >&2
	exit 1
fi
systemctl --quiet --root="$root" mask "${masked[@]}"
echo machine >"$root/etc/hostname"
systemd-machine-id-setup --root="$root" >/dev/null 2>&1
echo "$stamp" >"$root.stamp"
