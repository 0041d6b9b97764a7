#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# install.sh SOURCE PACKAGES ROOT: the packages of PACKAGES/this in the small Debian ROOT (tests/systemd/root.sh), from the
# installation by apt to the purge, with an upgrade to PACKAGES/next: what they bring, what the administrator keeps, what is
# left. Needs root.
#
# Everything that it changes lies over that Debian in memory, in a mount namespace that ends with it. There is no systemd: a
# directory says that there is, and a script in its place says what it was asked. What becomes of instances that run is seen
# by tests/systemd.
set -euo pipefail
source=$1
packages=$2
base=$3
if [[ ${4:-} != inside ]]; then
	work=$(mktemp -d)
	trap 'rmdir "$work"' EXIT
	unshare --mount --propagation private --net --pid --fork --kill-child --ipc --uts "$BASH" "$0" "$1" "$2" "$3" inside "$work"
	exit
fi
work=$5

fail() {
	echo "install: $*" >&2
	exit 1
}

# same WHAT EXPECTED GOT
same() { [[ $2 == "$3" ]] || fail "$1: expected '$2', got '$3'"; }

# machine: a fresh root, $root; mounts of the last one end with it
machine() {
	! mountpoint --quiet "$work" || umount --recursive "$work"
	mount --types tmpfs --options mode=755 tmpfs "$work"
	mkdir "$work"/{upper,work,root}
	root=$work/root
	mount --types overlay --options "lowerdir=$base,upperdir=$work/upper,workdir=$work/work" overlay "$root"
	mount --types proc proc "$root/proc"
	mount --types tmpfs --options mode=755 tmpfs "$root/run"
	mkdir "$root/packages"
	mount --bind "$packages" "$root/packages"
	mount --options remount,bind,ro "$root/packages"
}

inside=(env --ignore-environment PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
	DEBIAN_FRONTEND=noninteractive chroot)
in_root() { "${inside[@]}" "$root" "$@"; }

# quiet COMMAND...: what it says is shown when it fails
quiet() { "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "failed: $*"; }; }

# What is there. What dpkg and apt write down of themselves is not ours.
files() {
	(cd "$root" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/log -o -path ./var/cache \
		-o -path ./packages -o -path ./proc \) -prune -o -print && find ./run -mindepth 1) | LC_ALL=C sort
}

# manager: a systemctl that writes down what it is asked; where systemd seems to run
manager() {
	mkdir -p "$root/run/systemd/system"
	install -m 755 /dev/stdin "$root/usr/bin/systemctl" <<-'END'
		#!/bin/sh
		echo "$*" >>/run/asked
	END
	: >"$root/run/asked"
}

# asked WHAT EXPECTED: what the manager was asked since the last time
asked() {
	same "$1: systemctl" "$2" "$(grep --invert-match daemon-reload "$root/run/asked" | paste --serial --delimiters='|')"
	if [[ ! -s $root/run/asked ]] && [[ $2 ]]; then
		fail "$1: the manager was not asked to read its units again"
	fi
	: >"$root/run/asked"
}

installed() {
	[[ $(in_root getent passwd pktlock) =~ ^pktlock:[^:]*:([0-9]+):([0-9]+):[^:]*:/:/usr/sbin/nologin$ ]] ||
		fail "no user pktlock"
	((BASH_REMATCH[1] < 1000)) || fail "the user is none of the system's"
	[[ $(in_root getent group pktlock) == "pktlock:x:${BASH_REMATCH[2]}:" ]] || fail "no group pktlock, or with members"
	same "/run/pktlock" "755 pktlock:pktlock" "$(in_root stat --format '%a %U:%G' /run/pktlock)"
	same "/etc/pktlock" "755 root:root" "$(in_root stat --format '%a %U:%G' /etc/pktlock)"
	same "settings" "" "$(ls "$root/etc/pktlock")"
	for program in broker front worker; do
		same "mode of $program" 711 "$(stat --format %a "$root/usr/libexec/pktlock/pktlockd-$program")"
	done
	for unit in pktlock@.socket pktlock@.service; do
		[[ -f $root/usr/lib/systemd/system/$unit ]] || fail "no $unit"
	done
	same "units that are enabled" "" "$(find "$root/etc/systemd" "$root/usr/lib/systemd" -type l -name '*pktlock*')"
	same "files of other packages" "" "$(in_root dpkg --verify pktlock libpktlock0 libpktlock-dev | grep --invert-match ' /usr/share/man/')"
	for program in /usr/sbin/pktlockd /usr/bin/pktlock "$root"/usr/libexec/pktlock/*; do
		! readelf --dynamic "$root/${program#"$root"}" | grep --extended-regexp 'R(UN)?PATH' || fail "$program has a path"
	done
}

# The installed daemon runs, from where it was installed, as its user; a member of the group captures.
served() {
	mount --bind /dev/null "$root/dev/null"
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null || : # it talks by itself
	ip link add eth1 type veth peer name cable
	ip link set eth1 up && ip link set cable up
	"${inside[@]}" "$root" pktlockd --interface=eth1 --remote=capture,format=pcapng@punix:/run/pktlock/eth1.sock \
		2>"$work/daemon" &
	local daemon=$!
	for ((i = 0; i < 100; i++)); do
		grep --quiet 'info: ready' "$work/daemon" && break
		sleep 0.05
	done
	grep --quiet 'info: ready' "$work/daemon" || { cat "$work/daemon" >&2 && fail "pktlockd is not ready"; }
	group=$(in_root getent group pktlock | cut --delimiter=: --fields=3)
	in_root setpriv --reuid 12345 --regid 12345 --groups "$group" timeout 10 \
		pktlock capture unix:/run/pktlock/eth1.sock -c 1 >"$work/capture" 2>"$work/client" &
	local client=$!
	for ((i = 0; i < 100; i++)); do
		grep --quiet uid=12345 "$work/daemon" && break
		sleep 0.05
	done
	python3 -c 'import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("cable", 0))
for _ in range(20): s.send(bytes(12) + b"\x88\xb5" + b"frame from the cable".ljust(46, b"."))'
	wait "$client" || { cat "$work/daemon" "$work/client" >&2 && fail "a member of the group cannot capture"; }
	grep --quiet --text 'frame from the cable' "$work/capture" || fail "the capture has no frame"
	kill "$daemon"
	wait "$daemon" || fail "pktlockd ended with status $?"
	! in_root setpriv --reuid 12345 --clear-groups cat /usr/libexec/pktlock/pktlockd-worker 2>/dev/null | grep --quiet . ||
		fail "the worker can be read"
	umount "$root/dev/null"
}

# Somebody develops with the library: the compiler is this machine's, headers and library are those that were installed.
built() {
	local say=(env PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_LIBDIR="$root/usr/lib/$triplet/pkgconfig"
		PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 pkg-config pktlock)
	same "version that pkg-config has" "${version%-*}" "$("${say[@]}" --modversion)"
	# shellcheck disable=SC2046
	gcc -std=c17 -Wall -Wextra -Wpedantic -Werror $("${say[@]}" --cflags) "$source/tests/package/example.c" \
		-o "$root/usr/local/bin/by-pkg-config" $("${say[@]}" --libs)
	mkdir "$work/cmake"
	cp "$source/tests/package/example.c" "$work/cmake"
	cat >"$work/cmake/CMakeLists.txt" <<-'END'
		cmake_minimum_required(VERSION 3.24)
		project(example LANGUAGES C)
		find_package(pktlock 0.1 REQUIRED)
		foreach(kind pktlock static)
			add_executable(by-cmake-${kind} example.c)
			target_link_libraries(by-cmake-${kind} PRIVATE pktlock::${kind})
			install(TARGETS by-cmake-${kind})
		endforeach()
	END
	quiet cmake -S "$work/cmake" -B "$work/cmake/build" -G Ninja -DCMAKE_PREFIX_PATH="$root/usr" \
		-DCMAKE_INSTALL_PREFIX="$root/usr/local" -DCMAKE_BUILD_TYPE=Release
	quiet cmake --build "$work/cmake/build" --target install
	local program
	for program in by-pkg-config by-cmake-pktlock by-cmake-static; do
		same "$program" "a port, and a frame of 60 bytes" "$(in_root "$program" attach@pfd:3)"
		same "$program" "descriptor number out of range" "$(in_root "$program" attach@pfd:4294967299 || true)"
		rm "$root/usr/local/bin/$program"
	done
}

# what the administrator does
administrate() {
	echo 'PKTLOCK_OPTIONS=--remote=attach@sd:client' >"$root/etc/pktlock/br-lan.1.conf"
	mkdir "$root/etc/systemd/system/pktlock@.service.d"
	printf '[Service]\nNice=1\n' >"$root/etc/systemd/system/pktlock@.service.d/nice.conf"
	quiet in_root systemctl enable pktlock@br-lan.1.socket
}
administrators="./etc/pktlock ./etc/pktlock/br-lan.1.conf ./etc/systemd/system/pktlock@.service.d
	./etc/systemd/system/pktlock@.service.d/nice.conf"
links="./etc/systemd/system/sockets.target.wants/pktlock@br-lan.1.socket"

kept() {
	for file in $administrators $links; do
		[[ -e $root/$file || -L $root/$file ]] || fail "$file is gone after the $1"
	done
	same "settings after the $1" 'PKTLOCK_OPTIONS=--remote=attach@sd:client' "$(<"$root/etc/pktlock/br-lan.1.conf")"
}

# left WHAT EXPECTED...: what there is now and was not before
left() {
	local what=$1
	shift
	same "left after the $what" "$(printf '%s\n' "$@")" "$(LC_ALL=C comm -13 "$work/before" <(files) | grep --invert-match \
		--extended-regexp '^./etc/((passwd|group|shadow|gshadow)-?|[.]pwd[.]lock)$|^./run/(systemd|asked)')"
}

version=$(dpkg-deb --field "$packages"/this/pktlock_*.deb Version)
next=$(dpkg-deb --field "$packages"/next/pktlock_*.deb Version)
triplet=$(gcc -print-multiarch)
# those that people install; paths inside
these() { (cd "$packages" && printf '/packages/%s\n' "$1"/{pktlock_,libpktlock0_,libpktlock-dev_}*.deb); }
mapfile -t this_debs < <(these this)
mapfile -t next_debs < <(these next)

machine
files >"$work/before"
quiet in_root apt-get install --yes --no-install-recommends "${this_debs[@]}"
installed
same "version" "pktlockd ${version%-*}" "$(in_root pktlockd --version)"
served
built
administrate
manager
quiet in_root apt-get install --yes --no-install-recommends "${next_debs[@]}"
asked upgrade 'try-restart pktlock@*.service'
kept upgrade
same "version after the upgrade" "pktlockd ${next%-*}" "$(in_root pktlockd --version)"
printf '#!/bin/sh\nexit 101\n' | install -D -m 755 /dev/stdin "$root/usr/sbin/policy-rc.d"
quiet in_root dpkg --install "${next_debs[0]}"
asked "installation where a policy forbids actions" ''
rm "$root/usr/sbin/policy-rc.d"
quiet in_root apt-get remove --yes pktlock libpktlock0
asked removal 'stop pktlock@*.socket pktlock-*@*.socket pktlock@*.service'
kept removal
quiet in_root dpkg --purge pktlock
# shellcheck disable=SC2086
left purge $administrators
in_root getent passwd pktlock >/dev/null || fail "the user's number may become somebody else's"

# What the programs need is asked for.
machine
quiet in_root dpkg --remove --force-depends libpcap0.8
! in_root dpkg --install "${this_debs[0]}" >"$work/log" 2>&1 || fail "installed without libpcap"
grep --quiet 'pktlock depends on libpcap0.8' "$work/log" || { cat "$work/log" >&2 && fail "another reason than libpcap"; }

# Where nobody has written anything, nothing is left; where systemd seems to run, a first installation asks nothing of it.
machine
files >"$work/before"
manager
quiet in_root dpkg --install "${this_debs[@]}"
asked installation ''
quiet in_root dpkg --purge libpktlock-dev pktlock libpktlock0
left purge

# Packages can be installed from outside of a root, too.
machine
mkdir -p "$root/other/etc" "$root/other/usr/lib"
cp -a "$root"/etc/{passwd,group,shadow,gshadow} "$root/other/etc/"
quiet dpkg-deb --extract "$packages"/this/pktlock_*.deb "$root/other"
quiet dpkg-deb --control "$packages"/this/pktlock_*.deb "$root/scripts"
for call in 'postinst configure' 'prerm remove' 'postrm remove' 'postrm purge'; do
	# shellcheck disable=SC2086
	quiet in_root env DPKG_ROOT=/other /scripts/$call
done
ln -s /tmp "$root/other/run/pktlock" # of a directory that is none of ours a removal makes nothing
quiet in_root env DPKG_ROOT=/other /scripts/postrm remove
[[ -L $root/other/run/pktlock ]] || fail "somebody's link was removed"
grep --quiet ^pktlock: "$root/other/etc/passwd" || fail "no user in another root"
! grep --quiet ^pktlock: "$root/etc/passwd" || fail "a user in the wrong root"
echo "installed $version, upgraded to $next, removed, purged"
