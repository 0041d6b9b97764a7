#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# test.sh: install what is missing, build with every compiler and sanitizer, and pass all tests. As root, or with sudo.
# ci/test.sh --quick: the release build and its tests only.
set -euo pipefail
cd "$(dirname "$0")/.."

case ${1:-} in
'' | --quick) ;;
*)
	echo "usage: ci/test.sh [--quick]" >&2
	exit 2
	;;
esac
if ((EUID != 0)); then
	command -v sudo >/dev/null || {
		echo "the tests make network namespaces: run this as root, or install sudo" >&2
		exit 1
	}
	exec sudo --preserve-env=CI,FUZZ_SECONDS "$BASH" ci/test.sh "$@"
fi
PATH=$PATH:/usr/sbin:/sbin # as root by plain su they are missing
FUZZ_SECONDS=${FUZZ_SECONDS:-4} # each harness; longer campaigns are ci/fuzz.sh SECONDS

began=$SECONDS
results=()
section() {
	printf '\n==== %s (%d s)\n' "$1" $((SECONDS - began))
}
result() {
	results+=("$(printf '%-44s %s' "$1" "$2")")
}

# preset_make PRESET: configure and build; its log and how it ended are left in $logs.
logs=$(mktemp -d)
preset_make() {
	local status=0
	{ cmake --preset "$1" && cmake --build --preset "$1"; } >"$logs/$1" 2>&1 || status=$?
	echo "$status" >"$logs/$1.done"
}

# build PRESET: what the compiler says is shown when it fails. If it is being built already, that is waited for.
ahead=''
build() {
	if [[ " $ahead " != *" $1 "* ]]; then
		preset_make "$1"
	fi
	while [[ ! -s $logs/$1.done ]]; do
		sleep 0.2
	done
	if [[ $(<"$logs/$1.done") != 0 ]]; then
		cat "$logs/$1"
		echo "build failed: preset $1" >&2
		exit 1
	fi
}

# build_ahead PRESET...: one after the other, behind the tests' back: most of these wait more than they compute.
builder=''
build_ahead() {
	ahead=$*
	set -m # a process group of its own, to be ended as one
	{
		renice -n 19 -p "$BASHPID" >/dev/null
		for preset; do
			preset_make "$preset"
		done
	} &
	builder=$!
	set +m
}
leave() {
	if [[ -n $builder ]]; then
		kill -- "-$builder" 2>/dev/null || true # it may have ended
		wait "$builder" 2>/dev/null || true
	fi
	rm -rf "$logs"
}
trap leave EXIT

# tests PRESET [CTEST-ARGUMENT...]: run tests; the whole output goes to build/PRESET/ctest.log, the closing lines are shown.
tests() {
	local preset=$1 log=build/$1/ctest.log
	shift
	if ! ctest --preset "$preset" "$@" >"$log" 2>&1; then
		cat "$log"
		echo "tests failed: preset $preset" >&2
		exit 1
	fi
	grep -E '\*\*\*(Skipped|Not Run)' "$log" && {
		echo "a test was skipped; nothing may be skipped here" >&2
		exit 1
	}
	sed -n '/tests passed/,$p' "$log"
	result "$preset $*" "$(grep -o '[0-9]*% tests passed.*' "$log")"
}

section "dependencies"
ci/install-deps.sh
ci/install-cbmc.sh
ci/vm-kernel.sh >/dev/null

# Three at a time, here and below: they wait, mostly. Those that measure time run alone (RUN_SERIAL).
section "release: gcc, hardened, all tests"
build release
tests release -j3
if [[ ${1:-} == --quick ]]; then
	exit 0
fi

build_ahead clang musl asan msan debug fuzz afl

section "format: clang-format and shellcheck"
find src include sandbox fuzz tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
find ci sandbox fuzz tests -name '*.sh' -print0 | xargs -0 shellcheck ci/package/{postinst,prerm,postrm}
result "format" "as .clang-format and shellcheck want it"

# What another compiler or C library can change are the calls that a program makes: they are held to the filters by all of sandbox but
# the long attacks, which are against the filters, and by netns. What becomes of frames is compiled from the same source: the long
# tests of that are for the release build, and under sanitizers.
long='netns/(bench|books|bounds|filter|guard|hostile|iface|joined|kernel_frames|lifecycle|matrix|model|notify|origin|roles|superframe|switch|weakness)'

section "clang: release build, all tests but other kernels, peers, units, pages and the long ones"
build clang
tests clang -j3 -LE 'vm|compat|systemd|man' -E "^sandbox.(hostile|inject|heal)|^netns/restart|^$long"

section "musl: the daemon as static files, all its tests but peers and the long ones"
build musl
tests musl -j3 -LE compat -E "^$long"

section "aarch64: cross build"
ci/aarch64.sh
result "aarch64" "built; the worker's start makes permitted calls"

section "asan: AddressSanitizer and UndefinedBehaviorSanitizer"
build asan
tests asan -j2 -L 'unit|fuzz-regress'
# but what measures more than a sanitizer keeps up with, or memory, and attacks from outside that other tests have too
tests asan -j3 -L netns -E '^netns/(bench|bounds|joined|hostile|kernel_direction)'

section "msan: MemorySanitizer, parsers and their tests"
build msan
# a library that is not instrumented has written what seems uninitialised
tests msan -j2 -L 'unit|fuzz-regress' -LE 'pcap|jansson'

section "valgrind: no leak, no invalid access"
build debug
ci/valgrind.sh build/debug
result "valgrind" "no leak, no error"

section "fuzz: every harness, $FUZZ_SECONDS s each"
build fuzz
ci/fuzz.sh "$FUZZ_SECONDS"
result "fuzz" "no finding"
build afl
ci/fuzz.sh --afl-smoke
result "afl" "built, ran"

section "done in $((SECONDS - began)) s"
printf '%s\n' "${results[@]}"
