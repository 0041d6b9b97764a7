#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# smoke.sh serve NAME BIN FRAMES     start the daemon, look at its processes, carry frames, kill the worker, carry
#                                    frames again, stop
# smoke.sh refuse NAME BIN OPTION... start it where it must not start
# smoke.sh vhost NAME BIN VHOST      start it on the TAP of a VM that vhost.c is, and let that send and receive
#
# Says what it sees, a line each, and judges nothing: vm_test.py does. Runs in busybox within a VM, and with the tools of
# the machine in a network and a process table of its own (tests/netns/world.sh). What fails ends a phase with `failed`.
set -u

what=$1
name=$2
bin=$3
shift 3
near=e0 far=e1 port=4711
dir=$(mktemp -d)
log=$dir/log
sockets=$dir/sockets
daemon=

give_up() {
	echo "failed $*"
	[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null
	finish
	exit 1
}

finish() {
	sed 's/^/log /' "$log"
	ip link delete $near 2>/dev/null
	rm -rf "$dir"
	echo "end $name"
}

# await SECONDS COMMAND...: until it is true
await() {
	rounds=$(($1 * 10))
	shift
	until "$@"; do
		rounds=$((rounds - 1))
		[ $rounds -gt 0 ] || return 1
		sleep 0.1
	done
}

said() {
	grep -q "$1" "$log"
}

# The processes whose name begins so; there is no pgrep that both worlds have.
pids_of() {
	for comm in /proc/[0-9]*/comm; do
		read -r is <"$comm" || continue # it has ended meanwhile
		case $is in
		"$1"*)
			pid=${comm#/proc/}
			echo "${pid%/comm}"
			;;
		esac
	done 2>/dev/null
}

pid_of() {
	case $1 in
	supervisor) echo "$daemon" ;;
	*) pids_of "pktlockd-$1" ;;
	esac
}

processes_show() {
	for role in supervisor broker front worker; do
		pid=$(pid_of $role)
		sed -n "s/^\(Uid\|NoNewPrivs\|Seccomp\|Cap[A-Z][a-z]*\):[[:space:]]*/process $role \1 /p" "/proc/$pid/status"
	done
}

# Which namespaces are not those of the init process; and what the worker sees of the file system.
worker_show() {
	pid=$(pid_of worker)
	for kind in user mnt net ipc uts pid cgroup; do
		own=$(readlink "/proc/$pid/ns/$kind")
		if [ "$own" = "$(readlink /proc/1/ns/$kind)" ]; then
			echo "namespace $kind of all"
		else
			echo "namespace $kind own"
		fi
	done
	echo "root $(find "/proc/$pid/root/" -mindepth 1 -maxdepth 1 | wc -l) entries"
	sed 's/^/mount /' "/proc/$pid/mountinfo"
}

frames_carry() {
	"$frames" $far "$sockets/c" "$sockets/i" $port >"$dir/frames" 2>&1
	status=$?
	sed "s/^/frames $1 /" "$dir/frames"
	[ $status = 0 ] || give_up "frames ended with status $status"
}

worker_is_new() {
	pid=$(pid_of worker)
	[ -n "$pid" ] && [ "$pid" != "$old" ]
}

interface_make() {
	for command in "add $near type veth" "set veth0 name $far" "set $near up" "set $far up" "set lo up"; do
		# shellcheck disable=SC2086 # words
		ip link $command || give_up "ip link $command"
	done
}

left_show() {
	echo "left processes $(pids_of pktlockd | wc -l)"
	echo "left sockets $(find "$sockets" -mindepth 1 | wc -l)"
}

stop() {
	kill -TERM "$daemon"
	wait "$daemon"
	echo "status $?"
	left_show
}

serve() {
	"$bin/pktlockd" --interface=$near --remote=capture@punix:"$sockets/c" --remote=inject@punix:"$sockets/i" \
		--remote=attach@ptcp:$port 2>"$log" &
	daemon=$!
	await 20 said ' ready ' || give_up "not ready within 20 s"
	processes_show
	worker_show
	frames_carry first

	old=$(pid_of worker)
	kill -9 "$old"
	await 10 worker_is_new || give_up "no other worker within 10 s"
	await 10 said 'another worker serves' || give_up "the other worker does not serve within 10 s"
	echo "replaced yes"
	frames_carry second

	stop
}

refuse() {
	timeout 20 "$bin/pktlockd" --interface=$near --remote=capture@punix:"$sockets/c" "$@" 2>"$log"
	echo "status $?"
	left_show
}

# The daemon starts while nobody is at the other end of the TAP.
vhost() {
	"$1" make $near || give_up "no TAP"
	echo 1 >/proc/sys/net/ipv6/conf/$near/disable_ipv6 # the kernel sends nothing of its own
	for command in "$near address 02:70:00:00:00:03" "$near up"; do
		# shellcheck disable=SC2086 # words
		ip link set $command || give_up "ip link set $command"
	done
	"$bin/pktlockd" --interface=$near \
		--remote=capture,format=vnet,vnet-hdr=10@punix:"$sockets/capture-vnet10" \
		--remote=capture,format=vnet@punix:"$sockets/capture-vnet12" \
		--remote=capture,format=vnet,vnet-hdr=20@punix:"$sockets/capture-vnet20" \
		--remote=capture,format=vnet,latency=low@punix:"$sockets/capture-low" \
		--remote=capture@punix:"$sockets/capture-qemu" \
		--remote=capture,latency=low@punix:"$sockets/capture-low-qemu" \
		--remote=inject,format=vnet,vnet-hdr=10@punix:"$sockets/inject-vnet10" \
		--remote=inject,format=vnet@punix:"$sockets/inject-vnet12" \
		--remote=inject@punix:"$sockets/inject-qemu" \
		--remote=attach,format=vnet@punix:"$sockets/attach-vnet12" \
		--remote=attach@punix:"$sockets/attach-qemu" 2>"$log" &
	daemon=$!
	await 20 said ' ready ' || give_up "not ready within 20 s"
	"$1" run $near "$sockets" "$log" $daemon || give_up "vhost ended with status $?"
	stop
}

echo "phase $name"
echo "kernel $(uname -r)"
chmod 755 "$dir"
: >"$log"
mkdir -m 777 "$sockets" # for the user that the daemon becomes
case $what in
serve)
	interface_make
	frames=$1
	serve
	;;
refuse)
	interface_make
	refuse "$@"
	;;
vhost) vhost "$@" ;;
esac
finish
