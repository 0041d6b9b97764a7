#!/bin/busybox sh
# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
#
# The first process of the VM. What the test asks for stands on the kernel's command line: plk.boot=whole,
# plk.boot=no-landlock or plk.boot=vhost. What it sees goes to the second serial port: the first is the kernel's.
#
# The initial root file system cannot be left by pivot_root(2), so that there is one wall less. That is tried too, and
# then everything moves to a tmpfs and starts again: --moved.
export PATH=/bin

off() {
	echo "over"
	exec >/dev/null 2>&1 # the last close waits until all is written
	poweroff -f
}

smoke() {
	what=$1
	name=$2
	shift 2
	sh /vm/smoke.sh "$what" "$name" /plk "$@"
}

start() {
	/bin/busybox --install -s /bin
	mkdir -p /proc /sys /dev /tmp /run
	mount -t proc none /proc
	mount -t sysfs none /sys
	mount -t devtmpfs none /dev
	exec </dev/null >/dev/ttyS1 2>&1
}

# In this order: one needs the other.
load() {
	for module in "$@"; do
		insmod "/vm/$module.ko" || off
	done
}

move() {
	mkdir /moved
	mount -t tmpfs none /moved
	cp -a /bin /etc /lib /lib64 /plk /vm /init /moved/
	mkdir /moved/proc /moved/sys /moved/dev /moved/tmp /moved/run
	mount --move /proc /moved/proc
	mount --move /sys /moved/sys
	mount --move /dev /moved/dev
	exec switch_root /moved /init --moved
}

if [ "${1:-}" = --moved ]; then
	smoke serve whole /plk/vm_frames
	echo 0 >/proc/sys/user/max_user_namespaces
	smoke serve no-namespaces /plk/vm_frames
	smoke refuse namespaces-required --require=namespaces
	off
fi
start
case $(cat /proc/cmdline) in
*plk.boot=whole*)
	load veth
	smoke serve initial-root /plk/vm_frames
	smoke refuse initial-root-required --require=namespaces
	move
	;;
*plk.boot=no-landlock*)
	load veth
	smoke refuse no-landlock
	;;
*plk.boot=vhost*)
	load vhost_iotlb vhost tap tun vhost_net
	smoke vhost vhost /plk/vm_vhost
	;;
esac
off
