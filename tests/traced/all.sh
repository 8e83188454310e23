# SPDX-License-Identifier: ISC
# strace and gdb at work on ./small; $1 is a directory for what strace writes.
export LC_ALL=C
cd "$(dirname "$0")"
/usr/bin/strace -ff -o "$1/out" ./small
echo "=== status $?"
for file in "$1"/out.*; do
	echo "=== file $file"
	cat "$file"
done
echo "=== gdb"
gdb -nx -batch -ex 'handle SIGUSR1 SIGALRM nostop noprint' -ex 'set disable-randomization off' -ex 'set can-use-hw-watchpoints 0' \
	-ex 'break twice' -ex run -ex bt -ex 'info registers rip' -ex 'print n' -ex stepi -ex step \
	-ex 'finish' -ex 'watch seen' -ex continue -ex 'info threads' -ex 'print $_siginfo.si_signo' \
	-ex continue ./small 2>&1
echo "=== status $?"
