#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints the path of a QEMU whose TCG has x2APIC (version 9 or later), or a line on stderr that says why
# there is none (status 1):
#
#   newer_qemu.sh DIR
#
# The system's own if it is new enough. Else the one in Debian's backports for this release, unpacked into
# DIR; nothing is installed. apt fetches it with lists of its own in DIR, checked as always: the index by
# the archive's signature, the packages by the index's hashes. It runs on the libraries of the system's
# QEMU, which are of the same release. Once it is there the network is not asked again.
set -eu
[ $# = 1 ] || { echo "usage: newer_qemu.sh DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
least=9
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}

fail() {
	echo "newer_qemu.sh: $*" >&2
	exit 1
}

# True if the program $1 runs and its version is high enough.
is_new() {
	major=$("$1" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p')
	[ "${major:-0}" -ge "$least" ]
}

# apt with nothing of the system's but its programs and its settings for the network.
write_apt_conf() {
	mkdir -p "$dir/apt/lists/partial" "$dir/apt/archives/partial"
	: > "$dir/apt/status"
	echo "deb [arch=amd64 signed-by=$keyring] $mirror $suite main" > "$dir/apt/sources.list"
	cat > "$dir/apt/apt.conf" <<-END
		Dir::State "$dir/apt";
		Dir::State::status "$dir/apt/status";
		Dir::State::lists "$dir/apt/lists";
		Dir::Cache "$dir/apt";
		Dir::Etc::sourcelist "$dir/apt/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "20";
		APT::Update::Error-Mode "any";
	END
}

fetch() {
	apt-get -c "$dir/apt/apt.conf" -q update || return 1
	rm -f "$dir"/*.deb
	(cd "$dir" && apt-get -c "$dir/apt/apt.conf" -q download qemu-system-x86 qemu-system-data)
}

unpack() {
	rm -rf "$dir/root"
	for package in "$dir"/*.deb; do
		dpkg -x "$package" "$dir/root"
	done
	rm -f "$dir"/*.deb
	cat > "$dir/qemu-system-x86_64.new" <<-END
		#!/bin/sh
		exec '$dir/root/usr/bin/qemu-system-x86_64' -L '$dir/root/usr/share/qemu' -L /usr/share/seabios "\$@"
	END
	chmod +x "$dir/qemu-system-x86_64.new"
	mv "$dir/qemu-system-x86_64.new" "$dir/qemu-system-x86_64"
}

for qemu in "$(command -v qemu-system-x86_64 || true)" "$dir/qemu-system-x86_64"; do
	if [ "$qemu" ] && is_new "$qemu"; then
		echo "$qemu"
		exit 0
	fi
done

# shellcheck disable=SC1091
suite=$(. /etc/os-release 2>/dev/null && [ "${ID:-}" = debian ] && echo "${VERSION_CODENAME:-}") || true
[ "$suite" ] || fail "QEMU is older than $least, and only for Debian it is known where to get a newer one"
suite=$suite-backports
for tool in apt-get dpkg; do
	command -v "$tool" >/dev/null || fail "QEMU is older than $least, and there is no $tool"
done
[ -r "$keyring" ] || fail "QEMU is older than $least, and the archive's keys are not in $keyring"

write_apt_conf
fetch > "$dir/log" 2>&1 || fail "$suite cannot be fetched from $mirror: $(grep -m1 '^E:' "$dir/log" || tail -n1 "$dir/log")"
unpack
is_new "$dir/qemu-system-x86_64" ||
	fail "the one of $suite does not run: $("$dir/qemu-system-x86_64" --version 2>&1 | head -n1)"
echo "$dir/qemu-system-x86_64"
