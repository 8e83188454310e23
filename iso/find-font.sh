#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints, unpacked, the console font of the size $1 (8x16 or 16x32) that the
# distribution's package installs. FONT_DIR= names another place to look in.
set -eu
size=$1
case $size in
8x16) others="default8x16 Lat15-VGA16 lat9w-16" ;;
16x32) others="Lat15-TerminusBold32x16 ter-v32b latarcyrheb-sun32" ;;
*) echo "find-font: no such size: $size" >&2; exit 2 ;;
esac
for dir in ${FONT_DIR:-} /usr/share/consolefonts /usr/share/kbd/consolefonts \
	/usr/lib/kbd/consolefonts /usr/share/fonts/spleen /opt/homebrew/share/consolefonts; do
	for name in spleen-$size $others; do
		for suffix in psfu psf; do
			if [ -f "$dir/$name.$suffix.gz" ]; then exec gzip -dc "$dir/$name.$suffix.gz"; fi
			if [ -f "$dir/$name.$suffix" ]; then exec cat "$dir/$name.$suffix"; fi
		done
	done
done
echo "find-font: no $size console font found (Debian: apt-get install fonts-spleen)." >&2
echo "  Or name the directory that holds spleen-$size.psfu.gz: make FONT_DIR=..." >&2
exit 1
