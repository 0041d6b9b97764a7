#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# model.sh [SEQUENCES [SEED]]: random operations on daemons under AddressSanitizer, compared with a model; as root.
# 10000 sequences, which take about five minutes on two processors, and other ones each day. PRESET=release is another build.
set -euo pipefail
cd "$(dirname "$0")/.."

sequences=${1:-10000}
seed=${2:-$(date +%y%m%d000)}
preset=${PRESET:-asan}

cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --target pktlockd pktlockd-broker pktlockd-front pktlockd-worker pktlock
echo "model: blocks from seed $seed on"
exec python3 tests/netns/model_test.py --bin="build/$preset/bin" --sequences="$sequences" --seed="$seed" --seconds=0 --jobs=20
