#!/bin/sh
# SPDX-License-Identifier: ISC
# The reference: linux.sh ROOT runs the commands on this Linux in a copy of ROOT (what mkroot.sh
# laid), in its own namespaces, so that nothing of this machine is seen or changed. Needs root.
set -eu
if [ "${2:-}" != inside ]; then
	exec unshare --mount --pid --fork --uts --kill-child "$0" "$1" inside
fi
root=$(mktemp -d)
mount -t tmpfs -o mode=755 none "$root"
trap 'cd /; umount -lR "$root"; rmdir "$root"' EXIT
cp -R "$1/." "$root"
chmod 755 "$root"
chmod 700 "$root/root"
chmod 1777 "$root/tmp"
mount -t proc none "$root/proc"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 666 "$root/dev/full" c 1 7
mknod -m 666 "$root/dev/random" c 1 8
mknod -m 666 "$root/dev/urandom" c 1 9
ln -s /proc/self/fd "$root/dev/fd"
for n in 0:stdin 1:stdout 2:stderr; do
	ln -s "/proc/self/fd/${n%:*}" "$root/dev/${n#*:}"
done
cd "$root"
setsid chroot "$root" /bin/busybox env -i PATH=/bin /bin/busybox sh /tests/compare/runner.sh </dev/null 2>&1
