# SPDX-License-Identifier: ISC
# gdb's hardware watchpoints and breakpoints on ./small.
export LC_ALL=C
cd "$(dirname "$0")"
echo "=== watch"
gdb -nx -batch -ex 'handle SIGUSR1 SIGALRM nostop noprint' -ex 'set disable-randomization off' -ex 'break main' \
	-ex run -ex 'watch seen' -ex 'hbreak twice' -ex continue -ex continue -ex continue -ex continue \
	-ex 'info watchpoints' ./small 2>&1
echo "=== status $?"
