#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Runs clang-tidy over one file, unless it found nothing the last time the file, all that it
# includes, the flags, the configuration and clang-tidy were the same.
# The analyzer's search is bounded: with its own bound it takes ten times as long and, so far,
# found nothing more.
# usage: check_tidy.sh CACHE-DIRECTORY "FLAGS" FILE

cache=$1 file=$3
flags="$2 -Xclang -analyzer-config -Xclang max-nodes=30000"
# The flags are several words. -C: a comment may be a NOLINT.
key=$({
	echo "$file $flags"
	cat .clang-tidy "$cache/version"
	clang -E -C $flags "$file" 2>&1
} | sha256sum | cut -d ' ' -f 1)
[ -e "$cache/$key" ] && exit 0
clang-tidy --quiet "$file" -- $flags 2> /dev/null && : > "$cache/$key"
