#!/bin/sh
# SPDX-License-Identifier: ISC
# Lays out the root file system: mkroot.sh OUT LAYER... copies each LAYER (a directory; one
# that isn't there is skipped, save the last named by OVERLAY=) over OUT, and the
# distribution's busybox to /bin/busybox with the names that must be files (sh and init's),
# unless a layer brings its own.
set -eu
here=$(dirname "$0")
out=$1
shift

rm -rf "$out"
mkdir -p "$out/bin" "$out/dev" "$out/etc" "$out/proc" "$out/root" "$out/sbin" "$out/sys" "$out/tmp" "$out/var"
cp "$("$here/find-busybox.sh")" "$out/bin/busybox"
ln -s busybox "$out/bin/sh"
for name in init poweroff reboot halt; do
	ln -s ../bin/busybox "$out/sbin/$name"
done
for layer; do
	if [ -d "$layer" ]; then
		cp -RP "$layer/." "$out/"
	elif [ "$layer" = "${OVERLAY:-}" ]; then
		echo "mkroot: OVERLAY=$layer is not a directory." >&2
		exit 1
	fi
done
