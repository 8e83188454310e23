#!/bin/sh
# SPDX-License-Identifier: ISC
# Prints where gnu-efi keeps its `include` directory, `crt0`, linker script `lds` or `lib`:
# the places of Debian, Fedora, Arch and Gentoo. EFI_DIR= names another prefix.
set -eu

case ${1:-} in
include) name=efi.h dirs="include/efi" ;;
crt0) name=crt0-efi-x86_64.o ;;
lds) name=elf_x86_64_efi.lds ;;
lib) name=libgnuefi.a ;;
*) echo "find-efi: include, crt0, lds or lib?" >&2; exit 2 ;;
esac

for prefix in ${EFI_DIR:-} /usr /usr/local /opt/homebrew; do
	for dir in ${dirs:-lib lib64 lib/gnuefi lib64/gnuefi lib/x86_64-linux-gnu/gnuefi}; do
		if [ -e "$prefix/$dir/$name" ]; then
			if [ "$1" = include ]; then echo "$prefix/$dir"; else echo "$prefix/$dir/$name"; fi
			exit 0
		fi
	done
done
echo "find-efi: gnu-efi's $name is not to be found (Debian: apt-get install gnu-efi)." >&2
echo "  Or name the prefix that holds its include/ and lib/: make EFI_DIR=..." >&2
exit 1
