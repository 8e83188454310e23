/* SPDX-License-Identifier: ISC */
/*
 * The page tables that the kernel starts on: W^X from its first instruction.
 *
 * Three mappings (include/boot_info.h): the page of the jump at its own address, all RAM
 * at DIRECT_MAP_BASE, the kernel's segments at KERNEL_BASE. A page of the kernel that is
 * not writable there is not writable through the direct map either.
 *
 * SDM volume 3, section 4.5 (4-level paging).
 */
#include "loader.h"

#include "lib/string.h"

#define P_PRESENT (1ULL << 0)
#define P_WRITE (1ULL << 1)
#define P_LARGE (1ULL << 7)
#define P_NX (1ULL << 63)
#define P_ADDRESS 0x000ffffffffff000ULL

#define SIZE_2M (1ULL << 21)
#define SIZE_1G (1ULL << 30)
#define SIZE_512G (1ULL << 39)

enum level { LEVEL_4K = 1, LEVEL_2M, LEVEL_1G, LEVEL_PML4 };

/* Zeroed pages for tables, counted beforehand so that building cannot fail. */
static u64 pool, pool_used, pool_pages;

static u64 new_table(void)
{
	if (pool_used == pool_pages)
		return 0;
	return pool + pool_used++ * PAGE_SIZE;
}

/* The entry for @va at @level, with the tables above it; NULL if the pool is empty. */
static u64 *entry_for(u64 root, u64 va, enum level level)
{
	u64 *table = (u64 *)root;

	for (int at = LEVEL_PML4;; at--) {
		u64 *entry = &table[va >> (12 + 9 * (at - 1)) & 511];

		if (at == (int)level)
			return entry;
		if (!(*entry & P_PRESENT)) {
			u64 fresh = new_table();

			if (!fresh)
				return NULL;
			*entry = fresh | P_PRESENT | P_WRITE;
		}
		table = (u64 *)(*entry & P_ADDRESS);
	}
}

static bool map(u64 root, u64 va, u64 pa, enum level level, u64 flags)
{
	u64 *entry = entry_for(root, va, level);

	if (!entry)
		return false;
	*entry = pa | flags | P_PRESENT | (level > LEVEL_4K ? P_LARGE : 0);
	return true;
}

static u64 flags_of(const struct elf_segment *s)
{
	return (s->flags & ELF_PF_W ? P_WRITE : 0) | (s->flags & ELF_PF_X ? 0 : P_NX);
}

static bool map_kernel(u64 root, const struct kernel *k)
{
	for (unsigned i = 0; i < k->elf.segment_count; i++) {
		const struct elf_segment *s = &k->elf.segment[i];

		for (u64 va = s->vaddr; va < s->vaddr + s->memsz; va += PAGE_SIZE) {
			if (!map(root, va, k->phys + (va - KERNEL_BASE), LEVEL_4K, flags_of(s)))
				return false;
		}
	}
	return true;
}

static bool overlaps_kernel(const struct kernel *k, u64 pa, u64 size)
{
	return pa < k->phys + k->bytes && pa + size > k->phys;
}

static bool is_read_only(const struct kernel *k, u64 pa)
{
	u64 va = KERNEL_BASE + (pa - k->phys);

	if (!overlaps_kernel(k, pa, PAGE_SIZE))
		return false;
	for (unsigned i = 0; i < k->elf.segment_count; i++) {
		const struct elf_segment *s = &k->elf.segment[i];

		if (va >= s->vaddr && va < s->vaddr + s->memsz)
			return !(s->flags & ELF_PF_W);
	}
	return false;
}

/* The direct map of the 2 MiB at @pa: one page, or 512 where the kernel lies. */
static bool map_direct_2m(u64 root, const struct kernel *k, u64 pa)
{
	u64 *entry = entry_for(root, DIRECT_MAP_BASE + pa, LEVEL_2M);

	if (!entry)
		return false;
	if (*entry & P_PRESENT)
		return true;
	if (!overlaps_kernel(k, pa, SIZE_2M)) {
		*entry = pa | P_PRESENT | P_WRITE | P_LARGE | P_NX;
		return true;
	}
	for (u64 at = pa; at < pa + SIZE_2M; at += PAGE_SIZE) {
		u64 flags = P_NX | (is_read_only(k, at) ? 0 : P_WRITE);

		if (!map(root, DIRECT_MAP_BASE + at, at, LEVEL_4K, flags))
			return false;
	}
	return true;
}

static bool map_direct(u64 root, const struct kernel *k, u64 base, u64 end, bool gigabytes)
{
	u64 at = ALIGN_DOWN(base, SIZE_2M);

	while (at < end) {
		bool whole = at % SIZE_1G == 0 && at >= base && end - at >= SIZE_1G;

		if (gigabytes && whole && !overlaps_kernel(k, at, SIZE_1G)) {
			if (!map(root, DIRECT_MAP_BASE + at, at, LEVEL_1G, P_WRITE | P_NX))
				return false;
			at += SIZE_1G;
		} else {
			if (!map_direct_2m(root, k, at))
				return false;
			at += SIZE_2M;
		}
	}
	return true;
}

/*
 * The next span of adjoining ranges that the direct map covers, from range *i on, which
 * moves behind it. False: there is none.
 */
static bool next_span(const struct boot_info *info, unsigned *i, u64 *base, u64 *end)
{
	bool inside = false;

	for (; *i < info->range_count; ++*i) {
		const struct boot_range *r = &info->ranges[*i];
		bool covered = r->type != MEM_RESERVED && r->type != MEM_MMIO;

		if (inside && (!covered || r->base != *end))
			break;
		if (!covered)
			continue;
		if (!inside)
			*base = r->base;
		*end = r->base + r->pages * PAGE_SIZE;
		inside = true;
	}
	return inside;
}

/* An upper bound: a directory for each GiB touched, a table for each 2 MiB of the kernel. */
static u64 count_tables(const struct kernel *k)
{
	u64 base, end, count = 16 + 2 * (k->bytes / SIZE_2M + 2);
	unsigned i = 0;

	while (next_span(loader.info, &i, &base, &end))
		count += (end - 1) / SIZE_1G - base / SIZE_1G + 1 + end / SIZE_512G -
			 base / SIZE_512G + 1;
	return count;
}

static void cpuid(u32 leaf, u32 *a, u32 *d)
{
	u32 b, c = 0;

	*a = leaf;
	asm volatile("cpuid" : "+a"(*a), "=b"(b), "+c"(c), "=d"(*d));
}

/* What the tables need of the processor and of the mode the firmware left it in. */
static EFI_STATUS check_cpu(bool *gigabytes)
{
	u64 cr4;
	u32 a, d;

	cpuid(0x80000000, &a, &d);
	if (a < 0x80000001)
		return fail(EFI_UNSUPPORTED, "this processor does not describe itself");
	cpuid(0x80000001, &a, &d);
	*gigabytes = d >> 26 & 1;
	if (!(d >> 20 & 1))
		return fail(EFI_UNSUPPORTED,
			    "this processor has no NX bit, or the firmware's setup hides it");
	asm volatile("mov %%cr4, %0" : "=r"(cr4));
	if (cr4 >> 12 & 1)
		return fail(EFI_UNSUPPORTED, "the firmware runs on 5-level paging; its setup may "
					     "offer to switch that off");
	return EFI_SUCCESS;
}

static bool map_all(u64 root, const struct kernel *k, u64 jump, bool gigabytes)
{
	u64 base, end;
	unsigned i = 0;

	if (!map(root, jump, jump, LEVEL_4K, 0) || !map_kernel(root, k))
		return false;
	while (next_span(loader.info, &i, &base, &end)) {
		if (!map_direct(root, k, base, end, gigabytes))
			return false;
	}
	return true;
}

EFI_STATUS tables_build(const struct kernel *k, u64 jump)
{
	bool gigabytes = false;
	u64 root;
	EFI_STATUS status = check_cpu(&gigabytes);

	if (EFI_ERROR(status))
		return status;
	pool_pages = count_tables(k);
	status = claim_pages(pool_pages, ~0ULL, MEM_LOADER, &pool);
	if (EFI_ERROR(status))
		return fail(status, "there is no memory for page tables");
	memset((void *)pool, 0, pool_pages * PAGE_SIZE);
	root = new_table();
	if (!root || !map_all(root, k, jump, gigabytes))
		return fail(EFI_OUT_OF_RESOURCES, "the page tables need more than was counted");
	loader.info->page_table = root;
	return EFI_SUCCESS;
}
