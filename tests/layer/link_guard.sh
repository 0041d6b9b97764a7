#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# link_guard.sh CC NM AR ARCHIVE [LOWER-ARCHIVE...]: all of a layer links with nothing but the layers below it; and with
# one more object that calls something above it does not, which shows that the first means something.
set -eu

cc=$1
nm=$2
ar=$3
archive=$4
shift 4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for file in "$archive" "$@"; do
	[ -f "$file" ] || {
		echo "$file: no archive" >&2
		exit 1
	}
done

# link ARCHIVE LOWER...
link() {
	whole=$1
	shift
	LC_ALL=C "$cc" "$work/main.c" -Wl,--whole-archive "$whole" -Wl,--no-whole-archive "$@" -o "$work/main" \
		2>"$work/errors"
}

echo 'int main(void) { return 0; }' >"$work/main.c"
link "$archive" "$@" || {
	cat "$work/errors"
	echo "$archive calls upwards" >&2
	exit 1
}
"$nm" --defined-only "$work/main" | awk '{ print $NF }' | sort -u >"$work/in-program"
"$nm" --defined-only --extern-only "$archive" | awk 'NF == 3 { print $3 }' | sort -u >"$work/in-archive"
[ -s "$work/in-archive" ] || {
	echo "$archive: no symbols" >&2
	exit 1
}
[ -z "$(comm -23 "$work/in-archive" "$work/in-program")" ] || {
	echo "$archive was not linked as a whole" >&2
	exit 1
}

cat >"$work/upward.c" <<'END'
int plk_from_above(void);
int plk_upward(void);
int plk_upward(void) { return plk_from_above(); }
END
"$cc" -c "$work/upward.c" -o "$work/upward.o"
cp "$archive" "$work/worse.a"
"$ar" q "$work/worse.a" "$work/upward.o"
if link "$work/worse.a" "$@"; then
	echo "an upward call links" >&2
	exit 1
fi
grep -q 'plk_from_above' "$work/errors" || {
	cat "$work/errors"
	echo "the upward call failed for another reason" >&2
	exit 1
}
echo "$(wc -l <"$work/in-archive") symbols"
