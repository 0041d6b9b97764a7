#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# install-deps.sh [demo | package]: install the Debian packages that are missing, and no others. Without an argument: all that
# ci/test.sh needs; demo: what ci/demo.sh needs; package: what ci/package.sh needs. Root, or with sudo.
set -euo pipefail

demo=(
	# build
	gcc libc6-dev cmake ninja-build pkg-config libseccomp-dev libpcap-dev libjansson-dev libcmocka-dev
	libsystemd-dev # tests/unit/notify_test.c and journal_test.c compare with it
	python3-minimal python3
	# run: namespaces, ping, systemd-socket-activate, ps, and tcpdump to look at frames
	iproute2 iputils-ping systemd procps tcpdump util-linux
)
package=(
	dpkg-dev file gzip
)
test=(
	# another C library, for the preset musl
	musl-tools
	# ci/aarch64.sh; 106 MB to download
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
	# clang, its sanitizers and libFuzzer; AFL++
	clang clang-format libclang-rt-14-dev llvm afl++
	# checks
	apparmor binutils diffutils ethtool iperf3 netbase tshark valgrind shellcheck git strace
	# what looks at packages, and a small Debian to install them in, whose systemd the units are tried with
	lintian mmdebstrap
	# the parser of metrics, and what the example of a text file needs
	python3-prometheus-client mawk
	# the manual, and the shells that complete
	bash-completion mandoc zsh
	# a machine to boot Debian's kernel in, and what runs there; a peer with a guest, its ROM (27 MB with what they need)
	qemu-system-x86 busybox-static xz-utils
	openvswitch-common # ovs-appctl, which speaks to control sockets
)

packages=("${demo[@]}")
case ${1:-} in
demo) ;;
package) packages+=("${package[@]}") ;;
'') packages+=("${package[@]}" "${test[@]}") ;;
*)
	echo "usage: ci/install-deps.sh [demo | package]" >&2
	exit 2
	;;
esac
PATH=$PATH:/usr/sbin:/sbin # as root by plain su they are missing

missing=()
for name in "${packages[@]}"; do
	status=$(dpkg-query --show --showformat='${db:Status-Status}' "$name" 2>/dev/null || true)
	[[ $status == installed ]] || missing+=("$name")
done
if ((${#missing[@]} == 0)); then
	exit 0
fi

as_root=()
if ((EUID != 0)); then
	as_root=(sudo)
fi
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
	if ! "${as_root[@]}" "$@" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		echo "failed: $*" >&2
		exit 1
	fi
}
run apt-get update
run env DEBIAN_FRONTEND=noninteractive apt-get install --option DPkg::Lock::Timeout=300 --yes --no-install-recommends "${missing[@]}"
