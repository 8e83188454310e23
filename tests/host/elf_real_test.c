/* SPDX-License-Identifier: ISC */
/*
 * Programs that exist: the parser must take them as the host's elf.h reads them. And the first
 * 512 bytes of one with random damage, which it may refuse or take, but never wrongly.
 */
#include <elf.h>

#include "test.h"

#include "elf_check.h"
#include "lib/string.h"

#define USER_LIMIT 0x7ffffffff000ULL
#define MUTATIONS 10000

static struct elf_image img;
static const char *why;

static void compare_with_host_view(const u8 *bytes, const struct elf_image *image)
{
	Elf64_Ehdr eh;
	unsigned loads = 0;

	memcpy(&eh, bytes, sizeof(eh));
	check_eq(image->entry, eh.e_entry);
	check_eq(image->type, eh.e_type);
	for (unsigned i = 0; i < eh.e_phnum; i++) {
		const struct elf_segment *s = &image->segment[loads];
		Elf64_Phdr p;

		memcpy(&p, bytes + eh.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_PHDR)
			check_eq(image->phdr_vaddr, p.p_vaddr);
		if (p.p_type == PT_INTERP)
			check(image->interp_size == p.p_filesz);
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		check(s->vaddr == p.p_vaddr && s->memsz == p.p_memsz && s->filesz == p.p_filesz);
		check(s->flags == p.p_flags && s->paddr == p.p_paddr);
		loads++;
	}
	check_eq(image->segment_count, loads);
	check(image->phdr_vaddr != 0);
}

static bool parse_real(const char *path)
{
	size_t size;
	u8 *bytes = test_read_file(path, &size);
	u64 phoff;
	u32 ph_bytes;

	if (!bytes)
		return false;
	if (check_eq(elf_check_header(bytes, size, size, &phoff, &ph_bytes), 0) &&
	    check_eq(elf_parse(bytes, bytes + phoff, size, USER_LIMIT, &img, &why), 0)) {
		check(!elf_broken_promise(&img, size, USER_LIMIT));
		compare_with_host_view(bytes, &img);
	} else {
		printf("# %s: %s\n", path, why);
	}
	free(bytes);
	return true;
}

/* Programs from elsewhere. Static ones must be there as the Makefile builds them. */
static void real_programs(void)
{
	static const char *const built[] = { "hello-glibc", "hello-glibc-pie", "hello-musl" };

	for (size_t i = 0; i < ARRAY_SIZE(built); i++) {
		if (!parse_real(built[i]))
			printf("# %s was not built: no compiler for it\n", built[i]);
		else
			check_eq(img.interp_size, 0);
	}
	parse_real("/bin/busybox");
	check(parse_real("/proc/self/exe") || parse_real("/bin/sh"));
}

static void damaged_busybox(void)
{
	size_t size;
	u8 *bytes = test_read_file("/bin/busybox", &size);
	unsigned accepted = 0;

	if (!bytes || size < 512) {
		test_skip("no /bin/busybox");
		free(bytes);
		return;
	}
	for (int round = 0; round < MUTATIONS; round++) {
		u8 *copy = malloc(512);
		u64 phoff;
		u32 ph_bytes;

		memcpy(copy, bytes, 512);
		for (u64 n = test_random() % 8 + 1; n; n--)
			copy[test_random() % 512] = (u8)(test_random() >> (test_random() % 56));
		if (elf_check_header(copy, 512, size, &phoff, &ph_bytes) == 0 && phoff <= 512 &&
		    ph_bytes <= 512 - phoff &&
		    elf_parse(copy, copy + phoff, size, USER_LIMIT, &img, &why) == 0) {
			accepted++;
			check(!elf_broken_promise(&img, size, USER_LIMIT));
		}
		free(copy);
	}
	check(accepted > 0 && accepted < MUTATIONS);
	free(bytes);
}

static const struct test_case cases[] = {
	CASE(real_programs),
	CASE(damaged_busybox),
};
TEST_MAIN(cases)
