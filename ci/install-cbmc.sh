#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# install-cbmc.sh [DIRECTORY]: put the model checker CBMC into DIRECTORY (build/tools/cbmc); run it as DIRECTORY/cbmc.
# DIRECTORY/goto-cc and DIRECTORY/goto-instrument are there too. Does nothing when it is there already.
#
# Debian has it in trixie, not in bookworm. Its packages are fetched with an apt state of their own and only unpacked: the
# machine's sources, lists and packages stay as they are. The mirror is the one the machine has for its own release, and
# apt checks the signatures. CBMC itself must be the very file that is named below. The libraries it runs on are taken as
# pinned while the archive has that version, and as apt offers them once a point release has replaced it.
set -euo pipefail
cd "$(dirname "$0")/.."

suite=trixie
pins="\
cbmc 6.6.0-4 02560859a17049c976961c232c4fc58f0747b57f9b751a466b1f368a438b0e41
libc6 2.41-12+deb13u5 b59b0625cd1a791375d40dab23a4d5d3d0641e3d0a773501becdc3725b7f99cf
libgcc-s1 14.2.0-19 3c71917b490d1a17aed43196a2787a256ecf060526cdb20216a74bedc061b150
libstdc++6 14.2.0-19 ab1fa05837aa7a92aae748fd07a18a35f7d18bb4a71c4724fe2bbf0e32089de0
minisat 1:2.2.1-8 0b3a870202e022bea8b04d140ded40d9137363566706750b4540518bc0eb63d7"

die() {
	echo "install-cbmc: $*" >&2
	exit 1
}

(($# <= 1)) || die "usage: ci/install-cbmc.sh [DIRECTORY]"
target=$(realpath --canonicalize-missing "${1:-build/tools/cbmc}")
made_by=$(sha256sum <"$0") # another version of this script makes it anew
if [[ -x $target/cbmc && $(cat "$target/made-by" 2>/dev/null) == "$made_by" ]]; then
	exit 0
fi
for tool in apt-get dpkg-deb; do
	command -v $tool >/dev/null || die "$tool is missing: this needs Debian or a derivative"
done
[[ $(dpkg --print-architecture) == amd64 ]] || die "the pinned packages are for amd64 only"
if [[ -e $target && ! -e $target/made-by ]] && [[ -n $(ls -A "$target") ]]; then
	die "$target exists and was not made by this script"
fi

mkdir -p "$(dirname "$target")"
work=$(mktemp -d "$target.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
new=$work/new apt=$work/apt
mkdir -p "$new/root" "$apt/lists/partial" "$apt/archives/partial"

# The machine's own Debian entry. apt knows it whether it stands in sources.list or in a *.sources file, and, without
# release info, before the first apt-get update.
# shellcheck source=/dev/null
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
# shellcheck disable=SC2016 # the names are apt's
mirror=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
	awk -v codename="$codename" '$2 == "main" && ($1 == codename || $1 ~ /^(old)*stable$/) && !n++ { print $3 }')
[[ -n $mirror ]] || die "no source with component main for '$codename' in the apt sources of this machine"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
options=
[[ ! -e $keyring ]] || options="[signed-by=$keyring] "
echo "deb $options$mirror $suite main" >"$apt/sources.list"
: >"$apt/status"
# Read after the machine's own configuration, so that proxies hold; its hooks are for its own lists.
cat >"$apt/apt.conf" <<CONF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Cache::archives "$apt/archives";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
CONF

run() {
	if ! "$@" >"$work/log" 2>&1; then
		tail -n 20 "$work/log" >&2
		die "failed: $*"
	fi
}
apt() {
	apt-get --config-file="$apt/apt.conf" --quiet "$@"
}
run apt update

# fetch PACKAGE VERSION SHA256: into the current directory
fetch() {
	local file sum
	if apt download "$1=$2" >"$work/log" 2>&1; then
		file=$(echo "$1"_*.deb)
		sum=$(sha256sum <"$file")
		[[ ${sum%% *} == "$3" ]] || die "$1 $2 has sha256 ${sum%% *}, expected $3"
	elif [[ $1 == cbmc ]]; then
		tail -n 20 "$work/log" >&2
		die "the archive no longer has cbmc $2; pin another version in $0"
	else
		run apt download "$1"
		sum=$(sha256sum "$1"_*.deb)
		echo "install-cbmc: $1 $2 was replaced in $suite: $sum"
	fi
}
cd "$work"
while read -r package version sha256; do
	fetch "$package" "$version" "$sha256"
	run dpkg-deb --extract "$package"_*.deb "$new/root"
done <<<"$pins"

# A C library newer than the machine's: its own loader, and the machine's libraries only for what is not there (zlib).
for tool in cbmc goto-cc goto-instrument; do
	cat >"$new/$tool" <<'WRAPPER'
#!/bin/sh
root=$(dirname "$(realpath "$0")")/root
exec "$root/usr/lib64/ld-linux-x86-64.so.2" \
	--library-path "$root/usr/lib/x86_64-linux-gnu:$root/usr/lib:/lib/x86_64-linux-gnu" "$root/usr/bin/$(basename "$0")" "$@"
WRAPPER
	chmod 755 "$new/$tool"
done

# It runs, and knows true from false. (.i: nothing to preprocess)
echo 'unsigned nondet_x(void); int main(void) { unsigned x = nondet_x(); __CPROVER_assert((x & 1) < 2, "true"); }' >true.i
echo 'unsigned nondet_x(void); int main(void) { unsigned x = nondet_x(); __CPROVER_assert((x & 1) < 1, "false"); }' >false.i
run "$new/cbmc" true.i
status=0
"$new/cbmc" false.i >log 2>&1 || status=$?
((status == 10)) || die "cbmc does not refute a false assertion (exit status $status)"

echo "$made_by" >"$new/made-by"
rm -rf "$target"
mv "$new" "$target"
echo "install-cbmc: $("$target/cbmc" --version) in $target"
