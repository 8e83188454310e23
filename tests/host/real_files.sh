#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Makes the real files that the parsers are tested with: small static programs, an archive.
# usage: real_files.sh DIRECTORY

cd "$1" || exit 1
printf '#include <stdio.h>\nint main(void) { return puts("hello") < 0; }\n' > hello.c
gcc -O1 -static hello.c -o hello-glibc 2> /dev/null || echo '# no static glibc'
gcc -O1 -static-pie hello.c -o hello-glibc-pie 2> /dev/null || echo '# no static-pie glibc'
if command -v musl-gcc > /dev/null; then
	musl-gcc -O1 -static hello.c -o hello-musl || echo '# musl-gcc fails'
else
	echo '# no musl-gcc'
fi
if command -v cpio > /dev/null; then
	mkdir -p tree/sub
	echo hello > tree/sub/hello
	: > tree/empty
	(cd tree && find . | LC_ALL=C sort | cpio --quiet -o -H newc) > real.cpio
else
	echo '# no cpio'
fi
exit 0
