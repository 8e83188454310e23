#!/bin/sh
# SPDX-License-Identifier: ISC
# Lays out the root file system: mkroot.sh OUT LAYER... copies each LAYER (a directory; one
# that isn't there is skipped, save the last named by OVERLAY=) over OUT, and the
# distribution's busybox to /bin/busybox with all the names it knows, where no layer brings a
# program of that name.
set -eu
here=$(dirname "$0")
out=$1
shift

rm -rf "$out"
for dir in bin dev etc proc root run sbin sys tmp usr/bin usr/sbin var; do
	mkdir -p "$out/$dir"
done
cp "$("$here/find-busybox.sh")" "$out/bin/busybox"
for layer; do
	if [ -d "$layer" ]; then
		cp -RP "$layer/." "$out/"
	elif [ "$layer" = "${OVERLAY:-}" ]; then
		echo "mkroot: OVERLAY=$layer is not a directory." >&2
		exit 1
	fi
done

# A name counts as taken wherever PATH would find it.
taken() {
	for dir in bin sbin usr/bin usr/sbin; do
		if [ -e "$out/$dir/$1" ] || [ -L "$out/$dir/$1" ]; then
			return 0
		fi
	done
	return 1
}
"$out/bin/busybox" --list-full | while read -r path; do
	case $path in
	*/*) ;;
	*) continue ;;
	esac
	taken "${path##*/}" || ln -s /bin/busybox "$out/$path"
done
