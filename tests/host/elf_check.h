/* SPDX-License-Identifier: ISC */
/* What must hold for every image that the ELF parser accepts; for the tests and the fuzzer. */
#pragma once

#include "lib/elf.h"

/* NULL, or which promise of elf.h is broken. @ph: the program headers, any alignment. */
static inline const char *elf_broken_promise(const struct elf_image *img, u64 file_size, u64 limit)
{
	u64 end = 0;
	bool entry_ok = false;

	if (img->type != ELF_EXEC && img->type != ELF_DYN)
		return "type";
	if (img->segment_count < 1 || img->segment_count > ELF_MAX_SEGMENTS)
		return "segment count";
	if (img->phoff > file_size || img->phnum * 56u > file_size - img->phoff)
		return "program headers";
	for (unsigned i = 0; i < img->segment_count; i++) {
		const struct elf_segment *s = &img->segment[i];

		if (!s->memsz || s->filesz > s->memsz || (s->flags & ~7u))
			return "segment sizes or flags";
		if (s->filesz && (s->offset > file_size || s->filesz > file_size - s->offset))
			return "segment in the file";
		if (s->vaddr < end || s->vaddr + s->memsz < s->vaddr)
			return "segment order or wrap";
		end = s->vaddr + s->memsz;
		if (end > limit || (s->vaddr & 4095) != (s->offset & 4095))
			return "limit or congruence";
		if ((s->flags & ELF_PF_X) && img->entry >= s->vaddr && img->entry < end)
			entry_ok = true;
	}
	if (!entry_ok)
		return "entry";
	if (img->low != (img->segment[0].vaddr & ~4095ULL) || img->high < end ||
	    img->high - end > 4095 || (img->high & 4095))
		return "span";
	if (img->type == ELF_EXEC && limit != ~0ULL && img->low == 0)
		return "page zero";
	if (img->phdr_vaddr && (img->phdr_vaddr < img->low || img->phdr_vaddr >= img->high))
		return "headers in memory";
	if (img->interp_size && (img->interp_size > 4096 || img->interp_offset > file_size ||
				 img->interp_size > file_size - img->interp_offset))
		return "interpreter";
	return NULL;
}
