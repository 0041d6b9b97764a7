#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# fuzz.sh SECONDS [HARNESS...]: run the libFuzzer harnesses of build/fuzz, SECONDS each, half of it with
# -use_value_profile=1, two at a time. New inputs stay in build/fuzz/corpus. Fails on any finding.
# fuzz.sh --afl-smoke: run each AFL++ harness of build/afl for a moment, two at a time.
set -euo pipefail
cd "$(dirname "$0")/.."

afl_one() {
	local stem=$1 out=build/afl/out/$1 log=build/afl/$1.log crashes
	rm -rf "$out"
	if ! afl-fuzz -i "fuzz/corpus/$stem" -o "$out" -V 1 -- "build/afl/fuzz/${stem}_fuzz" >"$log" 2>&1; then
		cat "$log"
		return 1
	fi
	crashes=$(sed -n 's/^saved_crashes *: //p' "$out/default/fuzzer_stats")
	if [[ $crashes != 0 ]]; then
		echo "afl: $stem: $crashes crashes in $out" >&2
		return 1
	fi
	printf '%-10s %s executions\n' "$stem" "$(sed -n 's/^execs_done *: //p' "$out/default/fuzzer_stats")"
}

afl_smoke() {
	local harness
	export AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1
	mkdir -p build/afl/out
	export -f afl_one
	for harness in build/afl/fuzz/*_fuzz; do
		basename "$harness" _fuzz
	done | xargs -P 2 -I{} bash -c afl_one\ {}
}

one() {
	local seconds=$1 stem=$2 dict=() flags
	local new=build/fuzz/corpus/$stem log=build/fuzz/$stem.log
	mkdir -p "$new"
	[[ -f fuzz/$stem.dict ]] && dict=("-dict=fuzz/$stem.dict")
	: >"$log"
	for flags in "" "-use_value_profile=1"; do
		# shellcheck disable=SC2086 # no flag is no argument
		if ! "build/fuzz/fuzz/${stem}_fuzz" "${dict[@]}" $flags -max_total_time=$(((seconds + 1) / 2)) \
			-print_final_stats=1 -artifact_prefix="build/fuzz/$stem-" "$new" "fuzz/corpus/$stem" \
			>>"$log" 2>&1; then
			tail -n 40 "$log"
			echo "fuzz: $stem: finding" >&2
			return 1
		fi
	done
	printf '%-10s %9s executions/s, %s edges\n' "$stem" \
		"$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log" | head -n 1)" \
		"$(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | cut -d' ' -f2)"
}

if [[ ${1:-} == --afl-smoke ]]; then
	afl_smoke
	exit 0
fi
seconds=${1:?usage: fuzz.sh SECONDS [HARNESS...]}
shift
stems=("$@")
if ((${#stems[@]} == 0)); then
	for harness in build/fuzz/fuzz/*_fuzz; do
		stems+=("$(basename "$harness" _fuzz)")
	done
fi
export -f one
printf '%s\n' "${stems[@]}" | xargs -P 2 -I{} bash -c 'one "$@"' _ "$seconds" {}
