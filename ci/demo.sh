#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# pktlock in two minutes: captures, replays and attaches frames through the real daemon, on a network that this script
# makes for itself and that nobody else sees. Needs root (or sudo); works on a fresh Debian.
#
#   ci/demo.sh [--no-install] [--bin=DIRECTORY]
#
# --no-install   do not ask apt for anything: what is needed is there
# --bin=DIR      show the binaries of that directory instead of building
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
install=yes
bin=
inside=
for arg; do
	case $arg in
	--no-install) install= ;;
	--bin=*) bin=${arg#--bin=} ;;
	--inside) inside=yes ;;
	*)
		sed -n '4,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
		if [[ $arg == --help ]]; then exit 0; fi
		exit 2
		;;
	esac
done

bold='' dim='' plain=''
if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
	bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

section() { printf '\n%s── %s%s\n' "$bold" "$*" "$plain"; }
say() { printf '   %s\n' "$@"; }
show() { printf '   %s$ %s%s\n' "$dim" "$*" "$plain"; }
indent() { sed -u 's/^/     /'; }
fail() {
	printf '\n%sdemo failed: %s%s\n' "$bold" "$*" "$plain" >&2
	exit 1
}

# ------------------------------------------------------------------------------------------------------------------
# Outside: get root, install, build, and start again in namespaces of our own.

build() {
	local owner
	# A tree that belongs to somebody is built as that somebody, so that root's files do not get in the way later.
	owner=$(stat -c %U "$(if [[ -d $here/build ]]; then echo "$here/build"; else echo "$here"; fi)")
	as=()
	if [[ $owner != root && $owner != UNKNOWN ]]; then
		as=(runuser -u "$owner" --)
	fi
	if [[ ! -e $here/build/release/build.ninja ]]; then
		"${as[@]}" cmake --preset release
	fi
	"${as[@]}" cmake --build --preset release
}

outside() {
	if ((EUID != 0)); then
		command -v sudo >/dev/null || fail "this makes network namespaces: run it as root, or install sudo"
		exec sudo -- "$BASH" "${BASH_SOURCE[0]}" "$@"
	fi
	cd "$here"
	if [[ -n $install ]]; then
		section "What it needs"
		ci/install-deps.sh demo | indent
		say "is there"
	fi
	if [[ -z $bin ]]; then
		section "Building"
		local log
		log=$(mktemp)
		if ! build >"$log" 2>&1; then
			tail -n 40 "$log" >&2
			rm -f "$log"
			fail "the build failed"
		fi
		tail -n 1 "$log" | indent
		rm -f "$log"
		bin=$here/build/release/bin
	fi
	bin=$(cd "$bin" && pwd)
	exec "$here/tests/netns/world.sh" "$BASH" "$here/ci/demo.sh" --inside --bin="$bin"
}

# ------------------------------------------------------------------------------------------------------------------
# Inside: a network, a process table and a /run that end with this script.

run=/run/pktlock-demo
pids=()
answered=0 # pings

cleanup() {
	local status=$?
	trap - EXIT INT TERM
	if ((status != 0 && status != 130 && status != 143)); then
		for log in "$run"/{capture,client,inject,attach,tcpdump}.log; do
			if [[ -s $log ]]; then
				printf '\n%s:\n' "${log##*/}" >&2
				tail -n 12 "$log" | indent >&2
			fi
		done
	fi
	for pid in "${pids[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
	done
	wait 2>/dev/null || :
	ip -all netns delete 2>/dev/null || :
	if ((status == 130)); then
		echo "   interrupted; nothing is left behind"
	fi
	exit "$status"
}

prepare() {
	trap cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	mount -t tmpfs -o mode=755 tmpfs /run
	mkdir -p "$run/bin" /run/netns
	mkdir -m 1777 "$run/sockets"
	mount --bind "$bin" "$run/bin" # a home directory may be closed to the user that pktlockd becomes
	PATH=$run/bin:$PATH
	cd "$run"
	echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 2>/dev/null || : # it talks by itself
}

# wait_for WHAT COMMAND...: until it succeeds, at most 10 s
wait_for() {
	local what=$1
	shift
	for ((i = 0; i < 200; i++)); do
		if "$@" >/dev/null 2>&1; then
			return 0
		fi
		sleep 0.05
	done
	fail "$what: not within 10 s"
}

wait_log() { wait_for "'$2' in the log" grep -q -- "$2" "$1"; }

# in_ns NAME COMMAND...
in_ns() { ip netns exec "$@"; }

make_network() {
	ip link set lo up
	ip link add br0 type bridge stp_state 0 mcast_snooping 0
	ip address add 10.77.0.1/24 dev br0
	ip link set br0 up
	for name in neighbour lab; do
		ip netns add "$name"
		in_ns "$name" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6' 2>/dev/null || :
	done
	ip link add nb0 type veth peer name eth0 netns neighbour
	ip link set nb0 master br0 up
	ip -n neighbour address add 10.77.0.2/24 dev eth0
	ip -n neighbour link set eth0 up
	ip link add lab0 type veth peer name eth0 netns lab
	ip link set lab0 up
	ip -n lab link set eth0 up
	ip link add pk0 type veth peer name pk0b
	ip link set pk0b master br0 up
	ip link set pk0 up
}

scene_network() {
	section "A network, in namespaces of this script alone"
	make_network
	say "host 10.77.0.1 ─── br0 ─┬─ nb0 ═══ eth0  neighbour 10.77.0.2" \
		"                        └─ pk0b ══ pk0   a door for two clients" \
		"                   lab0 ═════════ eth0  lab, where a capture will be replayed"
}

scene_capture() {
	local frames=8 # ARP request and answer, three pings, three answers
	section "A capture through a socket that pktlockd was given (pfd:3)"
	show "systemd-socket-activate -l $run/nb0.sock pktlockd --interface=nb0 --remote=capture@pfd:3"
	systemd-socket-activate -l "$run/nb0.sock" "$run/bin/pktlockd" --interface=nb0 --remote=capture@pfd:3 \
		2>capture.log &
	capture_daemon=$!
	pids+=("$capture_daemon")
	wait_for "the socket" test -S nb0.sock
	chmod 666 nb0.sock
	say "The first client starts the daemon. It is the user nobody, without any capability:"
	show "pktlock capture unix:$run/nb0.sock -c $frames | tcpdump -nr -"
	timeout 30 setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all --inh-caps=-all \
		pktlock capture "unix:$run/nb0.sock" -c "$frames" 2>client.log |
		tee ping.pcapng | tcpdump -nr - >decoded.log 2>tcpdump.log &
	local client=$!
	pids+=("$client")
	wait_log capture.log 'info: ready interface=nb0'
	wait_log capture.log 'uid=65534'
	sleep 0.5 # the worker hears of its new client a moment later
	ping -c 3 -i 0.2 -W 2 10.77.0.2 >ping.log || fail "the host cannot ping its neighbour"
	wait "$client" || fail "pktlock capture or tcpdump ended with status $?"
	indent <decoded.log
	captured=$(wc -l <decoded.log)
	((captured == frames)) || fail "tcpdump shows $captured frames of $frames"
	(($(grep -c 'ICMP echo re' decoded.log) == 6)) || fail "the pings are not in the capture"
	((answered += 3))
}

scene_replay() {
	section "The capture, replayed somewhere else"
	show "pktlockd --interface=lab0 --remote=inject@punix:$run/sockets/lab0.sock &"
	pktlockd --interface=lab0 "--remote=inject@punix:$run/sockets/lab0.sock" 2>inject.log &
	inject_daemon=$!
	pids+=("$inject_daemon")
	wait_log inject.log 'info: ready interface=lab0'
	in_ns lab tcpdump -tnli eth0 -c "$captured" >arrived.log 2>tcpdump.log &
	local listener=$!
	pids+=("$listener")
	wait_log tcpdump.log 'listening on'
	show "pktlock replay unix:$run/sockets/lab0.sock ping.pcapng"
	pktlock replay "unix:$run/sockets/lab0.sock" ping.pcapng 2>&1 | indent
	wait_for "the frames in the lab" grep -q 'ICMP echo reply.*seq 3,' arrived.log
	wait "$listener" || fail "tcpdump in the lab ended with status $?"
	say "In the lab, on the other end of the cable:"
	indent <arrived.log
	replayed=$(wc -l <arrived.log)
	((replayed == captured)) || fail "$replayed frames arrived of $captured"
	diff <(sed 's/^[^ ]* //' decoded.log) arrived.log >/dev/null || fail "what arrived is not what was captured"
}

scene_attach() {
	section "Two clients attached as network cards"
	show "pktlockd --interface=pk0 --remote=attach@punix:$run/sockets/pk0.sock &"
	pktlockd --interface=pk0 "--remote=attach@punix:$run/sockets/pk0.sock" 2>attach.log &
	attach_daemon=$!
	pids+=("$attach_daemon")
	wait_log attach.log 'info: ready interface=pk0'
	say "In place of a VM each client has a little network stack of its own: 10.77.0.11 and 10.77.0.12."
	attach_round 11 12
	attach_round 12 11
}

# attach_round N M: client N pings client M, the neighbour and the host; the host and the neighbour ping M
attach_round() {
	local from=10.77.0.$1 to=10.77.0.$2 answering
	local nic=(python3 -B "$here/tests/netns/nic.py" "unix:$run/sockets/pk0.sock")
	"${nic[@]}" --mac="02:77:00:00:00:$2" --ip="$to" &
	answering=$!
	pids+=("$answering")
	wait_log attach.log "client connected.* pid=$answering\$"
	"${nic[@]}" --mac="02:77:00:00:00:$1" --ip="$from" --count=2 --ping="$to" --ping=10.77.0.2 --ping=10.77.0.1 |
		tee cards.log | indent
	(($(wc -l <cards.log) == 6)) || fail "not all pings of $from were answered"
	ping -c 2 -i 0.2 -W 2 "$to" >host.log || fail "the host cannot ping $to"
	in_ns neighbour ping -c 2 -i 0.2 -W 2 "$to" >neighbour.log || fail "the neighbour cannot ping $to"
	for name in host neighbour; do
		sed -n "s/.* from \([0-9.]*\): icmp_seq=\([0-9]*\).* time=\(.*\)/$name -> \1: answer \2 of 2 after \3/p" \
			$name.log | indent
	done
	((answered += 10))
	kill -TERM "$answering"
	wait "$answering" || fail "client $to ended with status $?"
}

# refused COMMAND...: it must end with status 2
refused() {
	local status=0
	show "$*"
	"$@" >refused.log 2>&1 || status=$?
	indent <refused.log
	((status == 2)) || fail "'$1' ended with status $status instead of 2"
	grep -q 'descriptor number out of range at byte' refused.log || fail "the message does not say what is wrong"
}

scene_refusal() {
	section "A number that is 3 to a careless parser (4294967299 = 2^32 + 3), refused"
	refused pktlock parse remote pfd:4294967299
	refused pktlockd --interface=nb0 --remote=capture@pfd:4294967299
	say "Both ended with status 2; nothing was opened."
}

capability_names() {
	local set=$((16#$1))
	case $set in
	0) echo none ;;
	$((1 << 13))) echo CAP_NET_RAW ;;
	*) printf '%d of them' "$(grep -o 1 <<<"$(bits "$set")" | wc -l)" ;;
	esac
}

bits() {
	local value=$1 text=
	while ((value > 0)); do
		text+=$((value & 1))
		((value >>= 1)) || :
	done
	echo "$text"
}

field() { sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status"; }

process_line() {
	local pid=$1 name seccomp='no' privileges='may gain' network="the host's" root='the host'
	name=$(ps -o comm= -p "$pid")
	[[ $(field "$pid" Seccomp) == 2 ]] && seccomp='filter'
	[[ $(field "$pid" NoNewPrivs) == 1 ]] && privileges='never'
	[[ $(readlink "/proc/$pid/ns/net") == "$(readlink /proc/self/ns/net)" ]] || network='its own'
	[[ -n $(ls -A "/proc/$pid/root/") ]] || root='nothing'
	printf '%-17s %-9s %-13s %-8s %-15s %-11s %s\n' "$name" "$(ps -o user= -p "$pid")" \
		"$(capability_names "$(field "$pid" CapBnd)")" "$seccomp" "$privileges" "$network" "$root"
}

check_confined() {
	local pid=$1 allowed=0 set
	[[ $(ps -o comm= -p "$pid") == pktlockd-broke* ]] && allowed=$((1 << 13))
	for set in CapInh CapPrm CapEff CapBnd CapAmb; do
		(((16#$(field "$pid" "$set") & ~allowed) == 0)) || fail "$set of process $pid is not empty"
	done
	[[ $(field "$pid" Seccomp) == 2 && $(field "$pid" NoNewPrivs) == 1 ]] || fail "process $pid is not confined"
	[[ $(ps -o user= -p "$pid") != root ]] || fail "process $pid is root"
}

scene_confinement() {
	local pid family
	section "What each process of a daemon may still do"
	{
		printf '%-17s %-9s %-13s %-8s %-15s %-11s %s\n' process user capabilities seccomp 'new privileges' \
			network root
		for pid in $capture_daemon $(ps -o pid= --ppid "$capture_daemon"); do
			process_line "$pid"
		done
	} | indent
	say "For comparison, this script:"
	process_line $$ | indent
	say "What they say of themselves (sandbox/README.md explains the words):"
	sed -n 's/^.*info: confined //p' capture.log | indent
	(($(grep -c 'info: confined process=' capture.log) == 4)) || fail "not all four say how far they are confined"
	for family in $capture_daemon $inject_daemon $attach_daemon; do
		processes=0
		for pid in $family $(ps -o pid= --ppid "$family"); do
			check_confined "$pid"
			processes=$((processes + 1))
		done
		((processes == 4)) || fail "$processes processes instead of 4"
	done
}

scene_end() {
	local pid left
	section "The end"
	for pid in $capture_daemon $inject_daemon $attach_daemon; do
		kill -TERM "$pid"
		wait "$pid" || fail "a daemon ended with status $?"
	done
	pids=()
	left=$(ps -eo comm= | sed -n '/^pktlock/p' | wc -l)
	((left == 0)) || fail "$left processes are left"
	[[ -z $(ls "$run/sockets") ]] || fail "socket files are left: $(ls "$run/sockets")"
	say "$captured frames captured, $replayed replayed and seen arriving, $answered pings answered, 2 bad remotes refused, 0 processes left."
}

if [[ -z $inside ]]; then
	outside "$@"
fi
prepare
scene_network
scene_capture
scene_replay
scene_attach
scene_refusal
scene_confinement
scene_end
