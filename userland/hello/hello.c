/* SPDX-License-Identifier: ISC */
/*
 * The first C program: built three ways (static musl, static glibc, static PIE), because each libc
 * starts with system calls of its own before main.
 */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("Hello from %s, argc %d\n", argv[0], argc);
	return 0;
}
