/* SPDX-License-Identifier: ISC */
/*
 * Puts the kernel into memory, segment by segment. The file is checked by the parser that
 * exec uses (kernel/lib/elf.c); what only a kernel must obey is checked here: it begins at
 * KERNEL_BASE, its segments share no page, and none is writable and executable.
 */
#include "loader.h"

#include "lib/string.h"

#define KERNEL_MAX_BYTES (64ULL << 20)

static const char *layout_fault(const struct elf_image *e)
{
	if (e->type != ELF_EXEC)
		return "not linked to a fixed address";
	if (!e->segment_count || e->low != KERNEL_BASE)
		return "does not begin at the kernel's base address";
	if (e->high - e->low > KERNEL_MAX_BYTES)
		return "larger than 64 MiB";
	for (unsigned i = 0; i < e->segment_count; i++) {
		const struct elf_segment *s = &e->segment[i];

		if (s->vaddr % PAGE_SIZE)
			return "segment not on a page of its own";
		if (i && s->vaddr < ALIGN_UP(s[-1].vaddr + s[-1].memsz, PAGE_SIZE))
			return "two segments on one page";
		if ((s->flags & ELF_PF_W) && (s->flags & ELF_PF_X))
			return "segment both writable and executable";
	}
	return NULL;
}

static EFI_STATUS kernel_check(const char *path, const struct file *file, struct elf_image *elf)
{
	const char *why = "its header is cut short";
	u64 ph_offset;
	u32 ph_bytes;
	int error = -1;

	/* A short or foreign header has no program headers; elf_parse then says what it is. */
	if (file->size >= ELF_HEADER_BYTES) {
		if (elf_check_header(file->data, file->size, file->size, &ph_offset, &ph_bytes))
			ph_offset = 0;
		error = elf_parse(file->data, file->data + ph_offset, file->size, ~0ULL, elf, &why);
	}
	if (!error)
		why = layout_fault(elf);
	if (error || why)
		return fail(EFI_LOAD_ERROR, "%s is not a whole kernel: %s", path, why);
	return EFI_SUCCESS;
}

/* Zero everything, bss and the rests of pages included, then copy what the file has. */
static void kernel_copy(const struct file *file, const struct kernel *k)
{
	memset((void *)k->phys, 0, k->bytes);
	for (unsigned i = 0; i < k->elf.segment_count; i++) {
		const struct elf_segment *s = &k->elf.segment[i];

		memcpy((void *)(k->phys + (s->vaddr - KERNEL_BASE)), file->data + s->offset,
		       s->filesz);
	}
}

EFI_STATUS kernel_load(const char *path, struct kernel *k)
{
	struct file file;
	EFI_STATUS status = file_read(path, MEM_LOADER, &file);

	if (EFI_ERROR(status))
		return status;
	status = kernel_check(path, &file, &k->elf);
	if (EFI_ERROR(status))
		return status;
	k->bytes = k->elf.high - k->elf.low;
	status = claim_aligned(k->bytes / PAGE_SIZE, MEM_KERNEL, &k->phys);
	if (EFI_ERROR(status))
		return fail(status, "%s needs %llu KiB, and there is no such room in memory", path,
			    (unsigned long long)(k->bytes / 1024));
	kernel_copy(&file, k);
	unclaim((u64)file.data);
	return EFI_SUCCESS;
}
