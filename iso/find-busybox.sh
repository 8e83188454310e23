#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints the path of a statically linked busybox for x86-64: the distribution's own,
# unmodified, is the first program that Leash must run. BUSYBOX= names another.
set -eu
for file in ${BUSYBOX:-} /bin/busybox /usr/bin/busybox /usr/sbin/busybox /usr/bin/busybox.static \
	/bin/busybox.static; do
	# Static: the ELF header names x86-64 (0x3e), and no interpreter is asked for.
	if [ -x "$file" ] && [ "$(od -An -tx1 -j18 -N1 "$file" | tr -d ' ')" = 3e ] &&
		! head -c 4096 "$file" | grep -aq '/ld-'; then
		echo "$file"
		exit 0
	fi
done
echo "find-busybox: no static busybox (Debian: apt-get install busybox-static)." >&2
echo "  Or name one: make BUSYBOX=/path/to/busybox" >&2
exit 1
