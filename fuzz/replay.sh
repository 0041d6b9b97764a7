#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# replay.sh ENGINE HARNESS CORPUS: run a harness once on each file of a corpus, with whatever engine it was linked with.
# Fails if there is no corpus, or nothing in it.
set -eu

engine=$1
harness=$2
corpus=$3

[ -x "$harness" ] || {
	echo "$harness: no harness" >&2
	exit 1
}
[ -d "$corpus" ] || {
	echo "$corpus: no corpus" >&2
	exit 1
}
set -- "$corpus"/*
[ -f "$1" ] || {
	echo "$corpus: empty" >&2
	exit 1
}
case $engine in
libfuzzer) "$harness" -runs=0 "$corpus" ;;
afl) "$harness" "$@" ;;
*) "$harness" "$corpus" ;;
esac
echo "$(basename "$harness"): $# inputs ran"
