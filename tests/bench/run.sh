#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# run.sh [OPTION]...: build the release, install the peers that are missing, compare, and draw. README.md says what and how;
# --help which options there are. As root, or with sudo.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ((EUID != 0)); then
	exec sudo "$BASH" tests/bench/run.sh "$@"
fi
PATH=$PATH:/usr/sbin:/sbin # as root by plain su they are missing

mkdir -p build/bench
if ! { cmake --preset release && nice cmake --build --preset release; } >build/bench/build.log 2>&1; then
	tail -n 20 build/bench/build.log >&2
	echo "run.sh: the build failed" >&2
	exit 1
fi
exec python3 -B tests/bench/run.py "$@"
