#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# boot.sh ROOT CGROUP: becomes process 1 of a machine with that root directory (a mount) and that cgroup (a directory of
# cgroup2), in namespaces of its own: nothing that happens in it reaches the machine around it, whose kernel settings it can
# only read. Needs root, a mount and a process-id namespace that end with it (world.sh), and a caller that removes the cgroup.
set -eu
root=$1
if [ "${3:-}" != inside ]; then
	echo 0 >"$2/cgroup.procs"
	exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child --propagation private "$0" "$1" "$2" inside
fi

mount --types proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount --options remount,bind,ro "$root/proc/sys"
mount --types sysfs --options ro sysfs "$root/sys"
mount --types cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount --types tmpfs --options mode=755 tmpfs "$root/run"
mount --types tmpfs --options mode=1777 tmpfs "$root/tmp"
mount --types tmpfs --options mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
	: >"$root/dev/$device"
	mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/pts" "$root/dev/shm"
mount --types devpts --options newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mount --types tmpfs tmpfs "$root/dev/shm"
hostname machine
cd "$root"
pivot_root . .
umount --lazy .
exec env --ignore-environment container=test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd systemd.unit=multi-user.target systemd.show_status=0
