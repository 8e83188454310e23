/* SPDX-License-Identifier: ISC */
/*
 * The input is the beginning of a file. It is parsed as a whole file and as the beginning of
 * a large one, as a program and as a kernel.
 */
#include "test.h"

#include "elf_check.h"

#define USER_LIMIT 0x7ffffffff000ULL

static void try(const u8 *data, size_t size, u64 file_size, u64 limit)
{
	struct elf_image img;
	const char *why;
	u64 phoff;
	u32 bytes;

	if (elf_check_header(data, size, file_size, &phoff, &bytes))
		return;
	if (phoff > size || bytes > size - phoff)
		return;
	if (elf_parse(data, data + phoff, file_size, limit, &img, &why) == 0 &&
	    elf_broken_promise(&img, file_size, limit))
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	try(data, size, size, USER_LIMIT);
	try(data, size, MAX(size, (size_t)16 << 20), USER_LIMIT);
	try(data, size, MAX(size, (size_t)16 << 20), ~0ULL);
	return 0;
}
