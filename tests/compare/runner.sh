#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs each line of commands.txt as a script of its own in an empty directory, and tells what it
# printed and how it ended. test_compare.py runs it on Linux and on Leash and compares.
# As init it ends by ending: the kernel then switches off.
work=/tmp/compare
mkdir -p /tmp /root
umask 022
export PATH=/bin:/sbin HOME=/root TERM=dumb USER=root LOGNAME=root SHELL=/bin/sh
unset PWD OLDPWD SHLVL COLOUR
number=0
while IFS= read -r line <&3; do
	case $line in
	'' | '#'*) continue ;;
	esac
	number=$((number + 1))
	cd /
	rm -rf "$work"
	mkdir "$work"
	cd "$work" || exit 1
	busybox timeout -s KILL 20 busybox sh -c "$line" </dev/null >/tmp/compare.out 2>&1 3<&-
	status=$?
	echo "== $number $line"
	cat /tmp/compare.out
	echo "-- status $status"
done 3</tests/compare/commands.txt
rm -rf "$work" /tmp/compare.out
echo "== end $number"
