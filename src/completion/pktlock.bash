# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# pktlock.bash: completion for pktlock and pktlockd. bash-completion loads a file by the name of the command, so it is
# installed under both names; without that package: . pktlock.bash
#
# bash splits words at = : and @, too (COMP_WORDBREAKS). We take the line instead, split at blanks: candidates are whole
# words, and at the end that is cut off of them which readline keeps. Words with blanks in quotes get no candidates.
#
# The functions below call no program. They answer in variables of _pktlock: "found", words; "files", files are wanted; "more", no
# blank goes behind the word.

# Adds words, each with $1 before it.
_pktlock_add() {
	local word

	for word in "${@:2}"; do
		found+=("$1$word")
	done
}

# Paths that begin with $2, each with $1 before it: directories, and if $3 is "sockets" those too.
_pktlock_paths() {
	local path paths=(/)

	[[ $2 != /* ]] || paths=("$2"*)
	[[ /run/pktlock/ != "$2"* ]] || paths+=(/run/pktlock /run/pktlock/*)
	for path in "${paths[@]}"; do
		if [[ -d $path ]]; then
			found+=("$1${path%/}/")
		elif [[ $3 == sockets && -S $path ]]; then
			found+=("$1$path")
		fi
	done
}

# Remotes that begin with $2, each with $1 before it; $3...: of which kinds
_pktlock_remotes() {
	case $2 in
	unix:*) _pktlock_paths "$1unix:" "${2#unix:}" sockets ;;
	punix:*) _pktlock_paths "$1punix:" "${2#punix:}" directories ;;
	*) _pktlock_add "$1" "${@:3}" ;;
	esac
}

# The values of key $2 of a port with role $1, as far as they can be listed; $3: what stands before the value; $4: its beginning.
# Behind a whole value the next key, or the remote, can follow.
_pktlock_key_values() {
	local value values=()

	case $2 in
	format)
		values=(qemu vnet)
		[[ $1 != capture ]] || values+=(pcapng)
		;;
	vnet-hdr) values=(10 12 20) ;;
	direction) values=(in out both) ;;
	latency) values=(low bulk) ;;
	tcp) values=(yes) ;;
	on-loss) values=(keep close) ;;
	esac
	for value in "${values[@]}"; do
		if [[ $value == "$4" ]]; then
			_pktlock_add "$3$value" , @
		else
			_pktlock_add "$3" "$value"
		fi
	done
}

# The keys of a port with role $1 that do not stand yet in $2, those of a format only if that stands; $3: what goes before each
_pktlock_keys() {
	local key keys=(format on-loss max-clients allow-uid allow-gid tcp)

	[[ $1 == inject ]] || keys+=(direction latency)
	[[ $1 == capture ]] || keys+=(mac vlan rate)
	[[ $2 != *,format=vnet,* ]] || keys+=(vnet-hdr)
	[[ $2 != *,format=pcapng,* ]] || keys+=(snaplen)
	for key in "${keys[@]}"; do
		[[ $2 == *,"$key"=* ]] || _pktlock_add "$3" "$key="
	done
}

# PORT-SPECs that begin with $2, each with $1 before it
_pktlock_ports() {
	local role=${2%%[,@]*} last=${2##*,} before=${2%,*},

	[[ $2 == *@* ]] || more=yes
	case $2 in
	*@*) _pktlock_remotes "$1${2%%@*}@" "${2#*@}" pfd: sd: punix: ptcp: unix: tcp: ;;
	*,*)
		if [[ $last == *=* ]]; then
			_pktlock_key_values "$role" "${last%%=*}" "$1$before${last%%=*}=" "${last#*=}"
		else
			_pktlock_keys "$role" "$before" "$1$before"
		fi
		;;
	capture | inject | attach) _pktlock_add "$1$2" , @ ;;
	*) _pktlock_add "$1" capture inject attach ;;
	esac
}

_pktlock_interfaces() {
	local path

	found+=("$1tapfd:")
	for path in /sys/class/net/*; do
		[[ ! -L $path ]] || found+=("$1${path##*/}")
	done
}

# The values that begin with $4 of option $2 of command $1; $3: what stands before the value in its word
_pktlock_option_values() {
	case $1,$2 in
	pktlockd,--interface) _pktlock_interfaces "$3" ;;
	pktlockd,--remote) _pktlock_ports "$3" "$4" ;;
	pktlockd,--control) _pktlock_remotes "$3" "$4" pfd: sd: punix: ;;
	pktlockd,--remotes-file) files=yes ;;
	pktlockd,--remote-dir) _pktlock_paths "$3" "$4" directories ;;
	pktlockd,--require) _pktlock_add "$3" namespaces ;;
	pktlockd,--log-level) _pktlock_add "$3" error warning info debug ;;
	capture,--format | replay,--format) _pktlock_add "$3" qemu vnet ;;
	capture,--vnet-hdr | replay,--vnet-hdr) _pktlock_add "$3" 10 12 20 ;;
	parse,--origin) _pktlock_add "$3" cmdline file control ;;
	capture,-w) files=yes ;;
	esac
}

# The options of command $1: "valued" have a value, "plain" have none
_pktlock_options() {
	valued=()
	plain=(--help)
	case $1 in
	pktlockd)
		valued=(--interface --remote --control --control-uid --control-gid --remotes-file --remote-dir)
		valued+=(--filter --clients --queue --require --log-level)
		plain+=(--check --version)
		;;
	pktlock) plain+=(--version) ;;
	capture) valued=(-w -c --format --vnet-hdr) ;;
	replay) valued=(--format --vnet-hdr) ;;
	parse) valued=(--origin) ;;
	ctl | stats) valued=(--timeout) ;;
	esac
}

# Adds the options that are not among those given, $1...
_pktlock_options_add() {
	local word

	for word in "${valued[@]}" "${plain[@]}"; do
		[[ " $* " == *" $word "* && $word != --remote && $word != --remote-dir ]] && continue
		[[ $word == --* && " ${valued[*]} " == *" $word "* ]] && word+='='
		found+=("$word")
	done
}

# Control sockets that begin with $1
_pktlock_controls() {
	case $1 in
	/*) _pktlock_paths '' "$1" sockets ;;
	*)
		_pktlock_remotes '' "$1" unix:
		[[ -n $1 ]] || _pktlock_paths '' '' sockets
		;;
	esac
}

# What can begin with $2 behind command $1 of a control socket
_pktlock_arguments() {
	case $1 in
	add-remote | remove-remote) _pktlock_ports '' "$2" ;;
	log-level) found+=(error warning info debug) ;;
	stats) found+=(json openmetrics) ;;
	status) found+=(on off) ;;
	esac
}

# The operand that begins with $2 of command $1; $3...: those before it
_pktlock_operands() {
	case $1,$#,${3-} in
	pktlock,2,) found+=(capture replay parse stats ctl) ;;
	capture,2, | replay,2,) _pktlock_remotes '' "$2" unix: tcp: ;;
	replay,3,*) files=yes ;;
	parse,2,) found+=(fd remote port) ;;
	parse,3,remote) _pktlock_remotes '' "$2" pfd: sd: punix: ptcp: unix: tcp: ;;
	parse,3,port) _pktlock_ports '' "$2" ;;
	ctl,2, | stats,2,) _pktlock_controls "$2" ;;
	stats,3,*) found+=(json openmetrics) ;;
	ctl,3,*)
		found+=(add-remote exit list-commands list-remotes log-level reload remove-remote)
		found+=(show stats status version)
		;;
	ctl,4,*) _pktlock_arguments "$4" "$2" ;;
	esac
}

# Candidates for the last word of $2...; $1: the command
_pktlock_words() {
	local command=$1 current=${*: -1} option='' operands=() given=() word valued plain

	_pktlock_options "$command"
	for word in "${@:2:$#-2}"; do
		if [[ -n $option ]]; then
			option='' # this was its value
		elif [[ $word == -* ]]; then
			given+=("${word%%=*}")
			[[ " ${valued[*]} " != *" $word "* ]] || option=$word
		elif [[ $command == pktlock ]]; then
			command=$word
			_pktlock_options "$command"
		else
			operands+=("$word")
		fi
	done
	if [[ -n $option ]]; then
		_pktlock_option_values "$command" "$option" '' "$current"
	elif [[ $current == --*=* ]]; then
		_pktlock_option_values "$command" "${current%%=*}" "${current%%=*}=" "${current#*=}"
	elif [[ $current == -* ]]; then
		_pktlock_options_add "${given[@]}"
	else
		_pktlock_operands "$command" "$current" "${operands[@]}"
	fi
}

_pktlock() {
	local line=${COMP_LINE:0:COMP_POINT} words current kept found=() files='' more='' word

	read -ra words <<<"$line"
	[[ $line == *[^[:blank:]] ]] || words+=('')
	current=${words[-1]}
	COMPREPLY=()
	_pktlock_words "${words[0]##*/}" "${words[@]:1}"
	if [[ -n $files ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	# what readline keeps of the word: up to its last break, but a @ is part of what follows it
	kept=${current%"${current##*["$COMP_WORDBREAKS"]}"}
	kept=${kept%@}
	for word in "${found[@]}"; do
		[[ $word == "$current"* ]] || continue
		COMPREPLY+=("${word#"$kept"}")
		[[ $word != *[=:/] ]] || more=yes
	done
	[[ -z $more ]] || compopt -o nospace 2>/dev/null
}

complete -F _pktlock pktlock pktlockd
