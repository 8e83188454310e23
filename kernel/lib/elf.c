/* SPDX-License-Identifier: ISC */
/*
 * The ELF parser (System V ABI, chapters 4 and 5; x86-64 supplement). Pure.
 *
 * Invariants of an accepted image: its segments ascend, their bytes lie inside the file
 * and below the limit, and low and high are whole pages around them all.
 * What Linux also forgives is forgiven: section headers are not looked at, a segment without
 * memory is skipped, one without bytes in the file may have any offset.
 */
#include "lib/elf.h"

#include "abi/errno.h"
#include "lib/overflow.h"
#include "lib/string.h"

#define PAGE 4096ULL
#define INTERP_MAX 4096
#define MACHINE_X86_64 62
#define PHENTSIZE 56

enum { CLASS_64 = 2, DATA_LSB = 1, VERSION_CURRENT = 1 };
enum { PT_LOAD = 1, PT_INTERP = 3, PT_PHDR = 6, PT_GNU_STACK = 0x6474e551 };

struct file_header {
	u32 magic; /* 0x7f and "ELF" */
	u8 class, data, version, osabi;
	u8 pad[8];
	u16 type, machine;
	u32 version2;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct file_header) == ELF_HEADER_BYTES, "ELF header");

struct program_header {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct program_header) == PHENTSIZE, "program header");

/* Returns NULL or what is wrong with it. */
static const char *header_fault(const struct file_header *h, u64 file_size)
{
	if (h->magic != 0x464c457f)
		return "not an ELF file";
	if (h->class != CLASS_64 || h->data != DATA_LSB)
		return "not 64-bit little-endian";
	if (h->version != VERSION_CURRENT || h->version2 != VERSION_CURRENT)
		return "unknown ELF version";
	if (h->machine != MACHINE_X86_64)
		return "not for x86-64";
	if (h->type != ELF_EXEC && h->type != ELF_DYN)
		return "not a program";
	if (h->phentsize != PHENTSIZE)
		return "program headers of unknown size";
	if (h->phnum < 1 || h->phnum > ELF_MAX_PHNUM)
		return "no program headers, or too many";
	if (!range_ok(h->phoff, (u64)h->phnum * PHENTSIZE, file_size))
		return "program headers outside the file";
	return NULL;
}

int elf_check_header(const void *head, size_t head_size, u64 file_size, u64 *phoff, u32 *ph_bytes)
{
	struct file_header h;

	if (head_size < sizeof(h) || file_size < sizeof(h))
		return -ENOEXEC;
	memcpy(&h, head, sizeof(h));
	if (header_fault(&h, file_size))
		return -ENOEXEC;
	*phoff = h.phoff;
	*ph_bytes = (u32)h.phnum * PHENTSIZE;
	return 0;
}

static const char *segment_fault(const struct program_header *p, const struct elf_image *img,
				 u64 file_size, u64 limit)
{
	/* An end in the last page could not be rounded up. */
	u64 max_end = MIN(limit, ~(PAGE - 1));

	if (p->filesz > p->memsz)
		return "segment with more bytes in the file than in memory";
	if (p->filesz && !range_ok(p->offset, p->filesz, file_size))
		return "segment outside the file";
	if (p->filesz && (p->vaddr - p->offset) % PAGE)
		return "segment's address and offset disagree";
	if (!range_ok(p->vaddr, p->memsz, max_end))
		return "segment beyond the address limit";
	if (img->type == ELF_EXEC && limit != ~0ULL && p->vaddr < PAGE)
		return "segment in page zero";
	if (img->segment_count == ELF_MAX_SEGMENTS)
		return "too many segments";
	if (img->segment_count) {
		const struct elf_segment *prev = &img->segment[img->segment_count - 1];

		if (p->vaddr < prev->vaddr + prev->memsz)
			return "segments overlap or descend";
	}
	return NULL;
}

static const char *add_segment(struct elf_image *img, const struct program_header *p, u64 file_size,
			       u64 limit)
{
	const char *fault;

	if (!p->memsz && !p->filesz)
		return NULL;
	fault = segment_fault(p, img, file_size, limit);
	if (fault)
		return fault;
	img->segment[img->segment_count++] = (struct elf_segment){
		.vaddr = p->vaddr,
		.memsz = p->memsz,
		.filesz = p->filesz,
		.offset = p->filesz ? p->offset : p->vaddr % PAGE,
		.paddr = p->paddr,
		.flags = p->flags & (ELF_PF_R | ELF_PF_W | ELF_PF_X),
	};
	return NULL;
}

static const char *add_header(struct elf_image *img, const struct program_header *p, u64 file_size,
			      u64 limit)
{
	switch (p->type) {
	case PT_LOAD: return add_segment(img, p, file_size, limit);
	case PT_GNU_STACK: img->stack_exec = p->flags & ELF_PF_X; return NULL;
	case PT_PHDR: img->phdr_vaddr = p->vaddr; return NULL;
	case PT_INTERP:
		if (img->interp_size)
			return NULL;
		if (p->filesz < 2 || p->filesz > INTERP_MAX ||
		    !range_ok(p->offset, p->filesz, file_size))
			return "bad interpreter";
		img->interp_offset = p->offset;
		img->interp_size = p->filesz;
		return NULL;
	default: return NULL;
	}
}

static bool entry_is_code(const struct elf_image *img)
{
	for (unsigned i = 0; i < img->segment_count; i++) {
		const struct elf_segment *s = &img->segment[i];

		if ((s->flags & ELF_PF_X) && img->entry - s->vaddr < s->memsz)
			return true;
	}
	return false;
}

/*
 * Where the program headers lie in memory. PT_PHDR's word is taken only if they really lie
 * there; without it the segment that holds their bytes of the file says so.
 */
static u64 find_phdr_vaddr(const struct elf_image *img, u64 claimed)
{
	u64 bytes = (u64)img->phnum * PHENTSIZE;

	for (unsigned i = 0; i < img->segment_count; i++) {
		const struct elf_segment *s = &img->segment[i];
		u64 in_segment = img->phoff - s->offset;
		u64 vaddr = s->vaddr + in_segment;

		if (img->phoff < s->offset || !range_ok(in_segment, bytes, s->filesz))
			continue;
		if (!claimed || claimed == vaddr)
			return vaddr;
	}
	return 0;
}

static const char *parse_all(const struct file_header *h, const u8 *ph, u64 file_size, u64 limit,
			     struct elf_image *img)
{
	const char *fault = file_size < sizeof(*h) ? "file too short" : header_fault(h, file_size);
	const struct elf_segment *last;

	if (fault)
		return fault;
	*img = (struct elf_image){
		.type = h->type,
		.entry = h->entry,
		.phoff = h->phoff,
		.phnum = h->phnum,
	};
	for (unsigned i = 0; i < h->phnum; i++) {
		struct program_header p;

		memcpy(&p, ph + (size_t)i * PHENTSIZE, sizeof(p));
		fault = add_header(img, &p, file_size, limit);
		if (fault)
			return fault;
	}
	if (!img->segment_count)
		return "nothing to load";
	if (!entry_is_code(img))
		return "entry point outside the code";
	last = &img->segment[img->segment_count - 1];
	img->low = ALIGN_DOWN(img->segment[0].vaddr, PAGE);
	img->high = ALIGN_UP(last->vaddr + last->memsz, PAGE);
	img->phdr_vaddr = find_phdr_vaddr(img, img->phdr_vaddr);
	return NULL;
}

int elf_parse(const void *head, const void *ph, u64 file_size, u64 limit, struct elf_image *img,
	      const char **why)
{
	struct file_header h;
	const char *fault;

	memcpy(&h, head, sizeof(h));
	fault = parse_all(&h, ph, file_size, limit, img);
	if (!fault)
		return 0;
	if (why)
		*why = fault;
	return -ENOEXEC;
}
