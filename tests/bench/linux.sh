#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints the path of a Linux kernel to compare with: linux.sh DIR. LINUX_KERNEL names one; else
# Debian's is fetched from its package into DIR, and nothing is installed.
set -eu
if [ -n "${LINUX_KERNEL:-}" ]; then
	echo "$LINUX_KERNEL"
	exit
fi
found() {
	ls "$1"/boot/vmlinuz-* 2>/dev/null | head -n1
}
if [ -z "$(found "$1")" ]; then
	package=$(apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[^ ]*\).*/\1/p' | head -n1)
	if [ -z "$package" ]; then
		echo "bench: no package linux-image-amd64 here (apt-get update?); set LINUX_KERNEL=vmlinuz" >&2
		exit 1
	fi
	mkdir -p "$1"
	(cd "$1" && apt-get -qq download "$package" 2>/dev/null && dpkg-deb --fsys-tarfile "$package"_*.deb |
		tar -x --wildcards './boot/vmlinuz-*' && rm -f "$package"_*.deb)
fi
found "$1"
