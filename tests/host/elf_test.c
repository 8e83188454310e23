/* SPDX-License-Identifier: ISC */
/*
 * ELF files made by hand: a small good one, and the same with one lie each. The structures
 * come from the host's elf.h, so that the parser's own idea of them is not its judge.
 */
#include <elf.h>

#include "test.h"

#include "abi/errno.h"
#include "elf_check.h"
#include "lib/string.h"

#define USER_LIMIT 0x7ffffffff000ULL
#define FILE_SIZE 0x3000

static struct {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[ELF_MAX_PHNUM];
} file;
static struct elf_image img;
static const char *why;

static void set_load(int i, u32 flags, u64 offset, u64 vaddr, u64 filesz, u64 memsz)
{
	file.ph[i] = (Elf64_Phdr){ .p_type = PT_LOAD,
				   .p_flags = flags,
				   .p_offset = offset,
				   .p_vaddr = vaddr,
				   .p_paddr = vaddr,
				   .p_filesz = filesz,
				   .p_memsz = memsz,
				   .p_align = 4096 };
}

/* Text at 0x400000 with the headers, data with bss, a stack note. */
static void make_good(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.eh.e_ident, ELFMAG, 4);
	file.eh.e_ident[EI_CLASS] = ELFCLASS64;
	file.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	file.eh.e_ident[EI_VERSION] = EV_CURRENT;
	file.eh.e_type = ET_EXEC;
	file.eh.e_machine = EM_X86_64;
	file.eh.e_version = EV_CURRENT;
	file.eh.e_entry = 0x400400;
	file.eh.e_phoff = 64;
	file.eh.e_phentsize = 56;
	file.eh.e_phnum = 3;
	set_load(0, PF_R | PF_X, 0, 0x400000, 0x1234, 0x1234);
	set_load(1, PF_R | PF_W, 0x1234, 0x402234, 0x200, 0x5000);
	file.ph[2] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W };
}

static int parse_sized(u64 size, u64 limit)
{
	u64 phoff;
	u32 bytes;

	why = NULL;
	if (elf_check_header(&file, sizeof(file), size, &phoff, &bytes)) {
		check_eq(elf_parse(&file, file.ph, size, limit, &img, &why), -ENOEXEC);
		check(why != NULL);
		return -ENOEXEC;
	}
	check_eq(phoff, file.eh.e_phoff);
	check_eq(bytes, file.eh.e_phnum * 56);
	return elf_parse(&file, file.ph, size, limit, &img, &why);
}

static int parse(void)
{
	int error = parse_sized(FILE_SIZE, USER_LIMIT);

	if (!error)
		check(!elf_broken_promise(&img, FILE_SIZE, USER_LIMIT));
	else
		check(why && *why);
	return error;
}

static void good_file(void)
{
	make_good();
	check_eq(parse(), 0);
	check_eq(img.type, ELF_EXEC);
	check_eq(img.entry, 0x400400);
	check_eq(img.segment_count, 2);
	check_eq(img.low, 0x400000);
	check_eq(img.high, 0x408000);
	check_eq(img.phdr_vaddr, 0x400040);
	check_eq(img.phnum, 3);
	check(!img.stack_exec);
	check_eq(img.interp_size, 0);
	check_eq(img.segment[1].vaddr, 0x402234);
	check_eq(img.segment[1].memsz, 0x5000);
	check_eq(img.segment[1].flags, ELF_PF_R | ELF_PF_W);
	check_eq(elf_parse(&file, file.ph, FILE_SIZE, USER_LIMIT, &img, NULL), 0);
}

/* One field of the file header changed. */
static void lies_in_the_file_header(void)
{
#define LIE(field, value)                                                                          \
	do {                                                                                       \
		make_good();                                                                       \
		file.eh.field = (value);                                                           \
		check_eq(parse(), -ENOEXEC);                                                       \
	} while (0)
	LIE(e_ident[0], 0);
	LIE(e_ident[3], 'f');
	LIE(e_ident[EI_CLASS], ELFCLASS32);
	LIE(e_ident[EI_DATA], ELFDATA2MSB);
	LIE(e_ident[EI_VERSION], 0);
	LIE(e_type, ET_REL);
	LIE(e_type, ET_CORE);
	LIE(e_machine, EM_AARCH64);
	LIE(e_machine, EM_386);
	LIE(e_version, 2);
	LIE(e_phentsize, 32);
	LIE(e_phentsize, 57);
	LIE(e_phnum, 0);
	LIE(e_phnum, ELF_MAX_PHNUM + 1);
	LIE(e_phnum, 65535);
	LIE(e_phoff, FILE_SIZE - 3 * 56 + 1);
	LIE(e_phoff, ~0ULL);
	LIE(e_phoff, ~0ULL - 3 * 56 + 1);
	LIE(e_entry, 0);
	LIE(e_entry, 0x3fffff);
	LIE(e_entry, 0x401234);
	LIE(e_entry, 0x402300);
	LIE(e_entry, 0xffffffff80000000);
	LIE(e_entry, 1ULL << 47);
#undef LIE
}

static void lies_in_the_segments(void)
{
	static const struct {
		u64 offset, vaddr, filesz, memsz;
	} lies[] = {
		{ 0x1234, 0x402234, 0x201, 0x200 }, /* more in the file than in memory */
		{ 0x1234, 0x402234, ~0ULL, ~0ULL },
		{ 0x1234, 0x402234, 0x1dcd, 0x5000 }, /* one byte beyond the file */
		{ ~0ULL - 0xdcb, 0x402234, 0x1000, 0x5000 }, /* offset + size wraps */
		{ 0x1234, 0x402235, 0x200, 0x5000 }, /* not congruent */
		{ 0x1234, 0x401233, 0, 0x10 }, /* overlaps by a byte */
		{ 0x1234, 0x3ff234, 0x200, 0x200 }, /* descends */
		{ 0x1234, 0x234, 0x200, 0x200 }, /* page zero, and descends */
		{ 0x1234, USER_LIMIT - 0xdcc, 0xdcc, 0xdcd }, /* one byte beyond the limit */
		{ 0x1234, 0xffffffff80000234, 0x200, 0x5000 }, /* kernel half */
		{ 0x1234, 0x8000000000000234, 0x200, 0x5000 }, /* not canonical */
		{ 0x1234, 0xfffffffffffff234, 0x200, 0xdcc }, /* ends at 2^64 */
		{ 0x1234, 0xfffffffffffff234, 0x200, 0xdcd }, /* wraps */
		{ 0x1234, 0x402234, 0x200, ~0ULL - 0x402233 },
		{ 0x1234, 0x402234, 0x200, ~0ULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		make_good();
		set_load(1, PF_R | PF_W, lies[i].offset, lies[i].vaddr, lies[i].filesz,
			 lies[i].memsz);
		if (!check_eq(parse(), -ENOEXEC))
			printf("# lie %zu\n", i);
	}
}

static void limits_are_exact(void)
{
	make_good();
	set_load(1, PF_R | PF_W, 0x1234, USER_LIMIT - 0xdcc, 0xdcc, 0xdcc);
	check_eq(parse(), 0);
	check_eq(img.high, USER_LIMIT);
	make_good();
	set_load(1, PF_R | PF_W, 0x1234, 0x402234, FILE_SIZE - 0x1234, 0x5000);
	check_eq(parse(), 0);
	make_good();
	set_load(1, PF_R | PF_W, 0x1234, 0x401234, 0x100, 0x100);
	check_eq(parse(), 0);
	file.eh.e_entry = 0x401233;
	check_eq(parse(), 0);
}

static void page_zero_is_for_the_kernel_and_pie(void)
{
	make_good();
	set_load(0, PF_R | PF_X, 0, 0, 0x1234, 0x1234);
	file.eh.e_entry = 0x400;
	check_eq(parse(), -ENOEXEC);
	file.eh.e_type = ET_DYN;
	check_eq(parse(), 0);
	check_eq(img.low, 0);
	check_eq(img.phdr_vaddr, 64);
	file.eh.e_type = ET_EXEC;
	check_eq(parse_sized(FILE_SIZE, ~0ULL), 0);
}

static void kernel_addresses_without_a_limit(void)
{
	make_good();
	set_load(0, PF_R | PF_X, 0, 0xffffffff80000000, 0x1234, 0x1234);
	set_load(1, PF_R | PF_W, 0x1234, 0xffffffff80002234, 0x200, 0x5000);
	file.eh.e_entry = 0xffffffff80000400;
	check_eq(parse(), -ENOEXEC);
	check_eq(parse_sized(FILE_SIZE, ~0ULL), 0);
	check(!elf_broken_promise(&img, FILE_SIZE, ~0ULL));
	check_eq(img.high, 0xffffffff80008000);
	set_load(1, PF_R | PF_W, 0x1234, 0xffffffffffffe234, 0x200, 0xdcd);
	check_eq(parse_sized(FILE_SIZE, ~0ULL), -ENOEXEC);
}

static void segments_may_be_empty_but_not_too_many(void)
{
	make_good();
	file.eh.e_phnum = 4;
	set_load(2, PF_R, 0xfffffff, 0x123, 0, 0); /* nothing at all: skipped */
	set_load(3, PF_R | PF_W, 0xfffffff, 0x500123, 0, 0x40); /* no bytes: any offset */
	check_eq(parse(), 0);
	check_eq(img.segment_count, 3);
	check_eq(img.segment[2].offset, 0x123);
	make_good();
	file.eh.e_phnum = 18;
	for (int i = 1; i < 18; i++)
		set_load(i, PF_R, 0x2000, 0x500000 + (u64)i * 0x1000, 0x10, 0x10);
	check_eq(parse(), -ENOEXEC);
	file.eh.e_phnum = ELF_MAX_SEGMENTS;
	check_eq(parse(), 0);
	check_eq(img.segment_count, ELF_MAX_SEGMENTS);
	make_good();
	file.eh.e_phnum = 1;
	file.ph[0].p_type = PT_NOTE;
	check_eq(parse(), -ENOEXEC);
	check_str(why, "nothing to load");
}

static void where_the_headers_lie(void)
{
	make_good();
	file.ph[2] = (Elf64_Phdr){ .p_type = PT_PHDR, .p_vaddr = 0x400040 };
	check_eq(parse(), 0);
	check_eq(img.phdr_vaddr, 0x400040);
	file.ph[2].p_vaddr = 0x7fff0000; /* a lie: they do not lie there */
	check_eq(parse(), 0);
	check_eq(img.phdr_vaddr, 0);
	make_good();
	file.eh.e_phoff = FILE_SIZE - 3 * 56; /* in no segment */
	check_eq(parse(), 0);
	check_eq(img.phdr_vaddr, 0);
	make_good();
	set_load(0, PF_R | PF_X, 0, 0x400000, 64 + 3 * 56 - 1, 0x1000); /* a byte short */
	check_eq(parse(), 0);
	check_eq(img.phdr_vaddr, 0);
}

static void interpreter(void)
{
	static const struct {
		u64 offset, size;
		int error;
	} table[] = {
		{ 0x200, 28, 0 },
		{ 0x200, 2, 0 },
		{ 0x200, 1, -ENOEXEC },
		{ 0x200, 0, -ENOEXEC },
		{ 0x200, 4096, 0 },
		{ 0x200, 4097, -ENOEXEC },
		{ FILE_SIZE - 27, 28, -ENOEXEC },
		{ ~0ULL - 5, 28, -ENOEXEC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		make_good();
		file.ph[2] = (Elf64_Phdr){ .p_type = PT_INTERP,
					   .p_offset = table[i].offset,
					   .p_filesz = table[i].size };
		check_eq(parse(), table[i].error);
		if (!table[i].error)
			check(img.interp_offset == 0x200 && img.interp_size == table[i].size);
	}
}

static void the_first_interpreter_counts(void)
{
	make_good();
	file.ph[2] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = 0x200, .p_filesz = 28 };
	file.ph[3] = (Elf64_Phdr){ .p_type = PT_INTERP, .p_offset = 0x300, .p_filesz = 30 };
	file.eh.e_phnum = 4;
	check_eq(parse(), 0);
	check(img.interp_offset == 0x200 && img.interp_size == 28);
}

static void executable_stack_is_noticed(void)
{
	make_good();
	file.ph[2].p_flags |= PF_X;
	check_eq(parse(), 0);
	check(img.stack_exec);
	file.eh.e_phnum = 2; /* without the note the stack is not executable */
	check_eq(parse(), 0);
	check(!img.stack_exec);
}

static void cut_files(void)
{
	u64 phoff;
	u32 bytes;

	make_good();
	check_eq(elf_check_header(&file, 64, 64 + 3 * 56 - 1, &phoff, &bytes), -ENOEXEC);
	check_eq(elf_check_header(&file, 64, 64 + 3 * 56, &phoff, &bytes), 0);
	for (u64 size = 0; size < 0x1234 + 0x200; size += size < 300 ? 1 : 16)
		check_eq(parse_sized(size, USER_LIMIT), -ENOEXEC);
	check_eq(parse_sized(0x1234 + 0x200, USER_LIMIT), 0);
	check_eq(elf_check_header(&file, 63, FILE_SIZE, &phoff, &bytes), -ENOEXEC);
	check_eq(elf_check_header(&file, 64, FILE_SIZE, &phoff, &bytes), 0);
}

static const struct test_case cases[] = {
	CASE(good_file),
	CASE(lies_in_the_file_header),
	CASE(lies_in_the_segments),
	CASE(limits_are_exact),
	CASE(page_zero_is_for_the_kernel_and_pie),
	CASE(kernel_addresses_without_a_limit),
	CASE(segments_may_be_empty_but_not_too_many),
	CASE(where_the_headers_lie),
	CASE(interpreter),
	CASE(the_first_interpreter_counts),
	CASE(executable_stack_is_noticed),
	CASE(cut_files),
};
TEST_MAIN(cases)
