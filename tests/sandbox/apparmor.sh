#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# apparmor.sh PROFILE: the example profile is one, as far as the parser can say without a kernel that has AppArmor; and the
# parser refuses one that is broken.
set -eu
profile=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$PATH:/usr/sbin:/sbin

apparmor_parser --skip-kernel-load --skip-cache "$profile" 2>"$work/said" || {
	cat "$work/said" >&2
	exit 1
}
sed 's/capability net_raw,/capability net_rwa,/' "$profile" >"$work/broken"
if cmp -s "$profile" "$work/broken"; then
	echo "nothing to break in $profile" >&2
	exit 1
fi
if apparmor_parser --skip-kernel-load --skip-cache "$work/broken" 2>/dev/null; then
	echo "the parser takes a capability that does not exist" >&2
	exit 1
fi
