/* SPDX-License-Identifier: ISC */
/*
 * Checks an ELF64 little-endian x86-64 image and lists its segments.
 * Used by the loader (for the kernel), by exec (for programs), and by the fuzzer.
 * Nothing in the file is trusted: every sum is checked for overflow.
 */
#pragma once

#include "lib/types.h"

#define ELF_MAX_SEGMENTS 16
#define ELF_MAX_PHNUM 64
#define ELF_HEADER_BYTES 64

enum { ELF_EXEC = 2, ELF_DYN = 3 };
enum { ELF_PF_X = 1, ELF_PF_W = 2, ELF_PF_R = 4 };

struct elf_segment {
	u64 vaddr; /* not necessarily page aligned; congruent to offset modulo 4096 */
	u64 memsz, filesz, offset;
	u64 paddr;
	u32 flags; /* ELF_PF_* */
};

struct elf_image {
	u16 type; /* ELF_EXEC or ELF_DYN */
	u64 entry;
	u64 phoff; /* file offset of the program headers */
	u16 phnum;
	u64 phdr_vaddr; /* where the headers will lie in memory (AT_PHDR), 0: not loaded */
	u64 low, high; /* page-rounded span of all PT_LOADs */
	bool stack_exec; /* PT_GNU_STACK asks for an executable stack */
	u64 interp_offset, interp_size; /* PT_INTERP, size 0: static */
	unsigned segment_count;
	struct elf_segment segment[ELF_MAX_SEGMENTS]; /* PT_LOADs, ascending, disjoint pages unless
							 they share a page in ascending order */
};

/*
 * Checks the 64-byte file header in @head and returns where the program headers lie.
 * Errors: -ENOEXEC. @file_size: the whole file's, so that a cut file is noticed.
 */
int elf_check_header(const void *head, size_t head_size, u64 file_size, u64 *phoff, u32 *ph_bytes);

/*
 * Parses header and program headers (@ph: the *ph_bytes bytes at *phoff) into @img.
 * @limit: segments must end at or below this address (user space end, or ~0 for the kernel).
 * Errors: -ENOEXEC; *why (may be NULL) is set to a short English reason.
 */
int elf_parse(const void *head, const void *ph, u64 file_size, u64 limit, struct elf_image *img,
	      const char **why);
