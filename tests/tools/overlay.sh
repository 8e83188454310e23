#!/bin/sh
# SPDX-License-Identifier: ISC
# Collects programs with all that they load at their start into a directory for OVERLAY=:
#
#   overlay.sh DIR PROGRAM|FILE|DIRECTORY...
#
# A program is a path or a name in PATH and keeps its path. Its interpreter (PT_INTERP) and its
# libraries (DT_NEEDED, and theirs) are found by readelf, nothing is executed; a link's target is
# copied under each name that is asked for. Other files and directories (modules that a program
# opens later) are copied as they are, their libraries are collected too.
set -eu
[ $# -ge 2 ] || { echo "usage: overlay.sh DIR PROGRAM|FILE|DIRECTORY..." >&2; exit 2; }
out=$1
shift
mkdir -p "$out"
todo=$(mktemp)
trap 'rm -f "$todo"' EXIT

library_dirs='/lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu /lib64 /lib /usr/lib'

# The path of library $1 as the dynamic linker would find it.
find_library() {
	for dir in $library_dirs; do
		[ -e "$dir/$1" ] && { echo "$dir/$1"; return; }
	done
	echo "overlay.sh: no library $1" >&2
	return 1
}

# What the ELF file $1 asks for, as paths.
needs() {
	readelf -lW "$1" 2>/dev/null | sed -n 's/.*program interpreter: \(.*\)\]$/\1/p'
	readelf -dW "$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]$/\1/p' | while read -r name; do
		case $name in
		libc.so) ;; # musl's: the interpreter itself
		*) find_library "$name" ;;
		esac
	done
}

is_elf() {
	[ "$(head -c 4 "$1" | od -An -c | tr -d ' ')" = '177ELF' ]
}

# Copies one file to its path, and what it needs, once.
collect() {
	[ -e "$out$1" ] && return
	mkdir -p "$out$(dirname "$1")"
	cp -L "$1" "$out$1"
	if is_elf "$1"; then
		needs "$1" >> "$todo"
	fi
}

for what; do
	case $what in
	/*) path=$what ;;
	*) path=$(command -v "$what") || { echo "overlay.sh: no program $what" >&2; exit 1; } ;;
	esac
	if [ -d "$path" ]; then
		find "$path" -name __pycache__ -prune -o -type f -print
	else
		echo "$path"
	fi
done > "$todo"

# The list grows while it is worked through.
while [ -s "$todo" ]; do
	list=$(cat "$todo")
	: > "$todo"
	for path in $list; do
		collect "$path"
	done
done
