#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Runs a command in a network, a mount table and a process table of its own, which end with it. Needs root.
#
#   world.sh COMMAND [ARGUMENT...]      (absolute paths: the working directory may change)
set -eu
world="unshare --net --mount --pid --fork --kill-child --mount-proc"
if unshare --mount true 2>/dev/null; then
	# shellcheck disable=SC2086
	exec $world "$@"
fi
# In a chroot "/" is no mount point, but ip-netns(8) needs it to be one. So enter a copy that is.
# shellcheck disable=SC2016,SC2086
exec unshare --mount --propagation unchanged sh -c '
	trap : INT TERM
	root=$(mktemp --directory) || exit
	mount --rbind / "$root" && mount --make-rprivate "$root" || exit
	setpriv --pdeathsig KILL chroot "$root" "$@"
	status=$?
	umount --recursive --lazy "$root"
	rmdir "$root"
	exit $status' sh $world "$@"
