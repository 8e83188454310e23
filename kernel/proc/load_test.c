/* SPDX-License-Identifier: ISC */
/*
 * ELF images as exec sees them: a good header passes, each lie is refused (checklist 17).
 * Mutated real programs are tests/user/'s and the fuzzers'.
 */
#include "base/ktest.h"
#include "lib/elf.h"
#include "lib/string.h"
#include "boot_info.h"
#include "machine/trap.h"

struct header {
	u8 ident[16];
	u16 type, machine;
	u32 version;
	u64 entry, phoff, shoff;
	u32 flags;
	u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct segment {
	u32 type, flags;
	u64 offset, vaddr, paddr, filesz, memsz, align;
};

struct file {
	struct header h;
	struct segment s[2];
};

static const struct file good = {
	.h = {
		.ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = ELF_EXEC,
		.machine = 62,
		.version = 1,
		.entry = 0x400100,
		.phoff = sizeof(struct header),
		.ehsize = sizeof(struct header),
		.phentsize = sizeof(struct segment),
		.phnum = 2,
	},
	.s = {
		{ 1, ELF_PF_R | ELF_PF_X, 0, 0x400000, 0, 0x1000, 0x1000, 0x1000 },
		{ 1, ELF_PF_R | ELF_PF_W, 0x1000, 0x401000, 0, 0x200, 0x9000, 0x1000 },
	},
};

static int parse(const struct file *f, struct elf_image *img)
{
	u64 size = 0x1200, phoff;
	u32 bytes;
	int err = elf_check_header(&f->h, sizeof(f->h), size, &phoff, &bytes);

	if (err)
		return err;
	if (phoff != sizeof(f->h) || bytes != sizeof(f->s))
		return -1;
	return elf_parse(&f->h, f->s, size, USER_END, img, NULL);
}

KTEST(elf_good_image, 10)
{
	struct elf_image img;

	KREQUIRE(parse(&good, &img) == 0);
	KEXPECT_EQ(img.segment_count, 2);
	KEXPECT_EQ(img.entry, 0x400100);
	KEXPECT_EQ(img.low, 0x400000);
	KEXPECT_EQ(img.high, 0x40a000);
	KEXPECT_EQ(img.interp_size, 0);
}

#define REFUSED(change)                                                                            \
	do {                                                                                       \
		struct file f = good;                                                              \
		struct elf_image img;                                                              \
		f.change;                                                                          \
		KEXPECT(parse(&f, &img) < 0);                                                      \
	} while (0)

KTEST(elf_lies_are_refused, 10)
{
	REFUSED(h.ident[0] = 0);
	REFUSED(h.ident[4] = 1);
	REFUSED(h.ident[5] = 2);
	REFUSED(h.machine = 3);
	REFUSED(h.type = 1);
	REFUSED(h.phentsize = 32);
	REFUSED(h.phnum = 0);
	REFUSED(h.phnum = 65535);
	REFUSED(h.phoff = ~0UL - 8);
	REFUSED(h.entry = 0x500000);
	REFUSED(h.entry = KERNEL_BASE);
	REFUSED(s[1].filesz = 0xa000);
	REFUSED(s[1].offset = 0x10001000);
	REFUSED(s[1].offset = ~0UL - 0xfff);
	REFUSED(s[1].vaddr = 0x401001);
	REFUSED(s[1].vaddr = USER_END - 0x1000);
	REFUSED(s[1].vaddr = KERNEL_BASE);
	REFUSED(s[1].vaddr = ~0UL - 0xfff);
	REFUSED(s[1].vaddr = 0x400000);
	REFUSED(s[1].memsz = ~0UL);
}
