#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints the path of a statically linked busybox for x86-64: the distribution's own,
# unmodified, is the first program that Leash must run. BUSYBOX= names another.
set -eu

# Static: the ELF header names x86-64 (0x3e), and no interpreter is asked for.
is_static() {
	[ -x "$1" ] && [ "$(od -An -tx1 -j18 -N1 "$1" | tr -d ' ')" = 3e ] &&
		! head -c 4096 "$1" | grep -aq '/ld-'
}

for file in ${BUSYBOX:-/bin/busybox /usr/bin/busybox /usr/sbin/busybox /bin/busybox.static \
	/usr/bin/busybox.static}; do
	if is_static "$file"; then
		echo "$file"
		exit 0
	fi
done
if [ -n "${BUSYBOX:-}" ]; then
	echo "find-busybox: BUSYBOX=$BUSYBOX is not a static x86-64 program." >&2
	exit 1
fi
echo "find-busybox: no static busybox (Debian: apt-get install busybox-static)." >&2
echo "  Or name one: make BUSYBOX=/path/to/busybox" >&2
exit 1
