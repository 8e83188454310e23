/* SPDX-License-Identifier: ISC */
/* The smallest program, for tests that write one: an ELF file of one page, whose code is exit(0). */
#pragma once

/* The byte that is its exit status, for those who want another. */
#define TINY_EXIT 126

static const unsigned char tiny_elf[] = {
	/* the header, entry at 0x400078 */
	0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0x3e, 0, 1, 0, 0, 0, 0x78, 0,
	0x40, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0,
	0x38, 0, 1, 0, 0, 0, 0, 0, 0, 0,
	/* one segment, read and execute, at 0x400000 */
	1, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0,
	0, 0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0,
	/* mov $60, %eax; mov $0, %edi; syscall */
	0xb8, 0x3c, 0, 0, 0, 0xbf, 0, 0, 0, 0, 0x0f, 0x05
};
