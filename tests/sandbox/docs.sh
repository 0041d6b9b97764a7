#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# docs.sh FILTER-TOOL ROOT: the numbers of calls and of conditions that README.md and sandbox/README.md show are those of the filters.
set -eu
tool=$1
root=$2
status=0
for process in supervisor broker front worker; do
	counts=$("$tool" $process x86_64 count) # "calls, conditions"
	calls=${counts%%,*}
	line="process=$process calls=$calls conditions=${counts#*, } "
	grep -qF "confined $line" "$root/sandbox/README.md" || {
		echo "sandbox/README.md does not show: confined $line" >&2
		status=1
	}
	name=$process
	[ $process != supervisor ] || name='(supervisor)'
	grep -E "^\| pktlockd.*$name" "$root/README.md" | grep -qE "\| ${calls}[: ]" || {
		echo "README.md does not say that the $process has $calls system calls" >&2
		status=1
	}
done
with=$("$tool" front-control x86_64 count)
grep -qF "calls=${with%%,*} conditions=${with#*, } with \`--control\`" "$root/sandbox/README.md" || {
	echo "sandbox/README.md does not say how many calls the front has with --control: ${with%%,*}, $with" >&2
	status=1
}
for page in README.md SECURITY.md; do
	grep -qF "(${with%%,*} with \`--control\`)" "$root/$page" || {
		echo "$page does not say that the front has ${with%%,*} system calls with --control" >&2
		status=1
	}
done
exit $status
