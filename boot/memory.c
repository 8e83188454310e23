/* SPDX-License-Identifier: ISC */
/*
 * Pages that outlive the loader, and the memory map that the kernel gets.
 *
 * What the kernel needs after the jump is claimed here, so that the map can say what it
 * is; everything else of ours is plain free memory once the kernel runs. The map is painted
 * from the firmware's in the order of danger, each coat over the last, then the claims: so
 * firmware that lists a page twice can only make it less usable, never more.
 */
#include "loader.h"

#include "lib/string.h"

#define MAX_CLAIMS 16
#define WORK_MAX 1024
#define MAP_SLACK 16384 /* bytes: the map grows while we allocate, and when exiting fails */
#define PHYS_LIMIT (1ULL << 46) /* what the direct map has room for */
#define LARGE_PAGES 512ULL /* 4 KiB pages in 2 MiB */

struct claim {
	u64 base, pages;
	enum mem_type type;
	bool ours; /* to be freed on failure */
};

static struct claim claims[MAX_CLAIMS];
static unsigned claim_count;

static u8 *map;
static UINTN map_capacity, map_size, descriptor_size;

static struct boot_range work[WORK_MAX];
static unsigned work_count;

static EFI_STATUS claim_add(u64 base, u64 pages, enum mem_type type, bool ours)
{
	if (claim_count == MAX_CLAIMS)
		return EFI_OUT_OF_RESOURCES;
	claims[claim_count++] = (struct claim){ base, pages, type, ours };
	return EFI_SUCCESS;
}

EFI_STATUS claim_pages(u64 pages, u64 limit, enum mem_type type, u64 *base)
{
	EFI_PHYSICAL_ADDRESS at = limit;
	EFI_STATUS status;

	status = loader.bs->AllocatePages(limit == ~0ULL ? AllocateAnyPages : AllocateMaxAddress,
					  EfiLoaderData, pages, &at);
	if (EFI_ERROR(status))
		return status;
	status = claim_add(at, pages, type, true);
	if (EFI_ERROR(status)) {
		loader.bs->FreePages(at, pages);
		return status;
	}
	*base = at;
	return EFI_SUCCESS;
}

/* Takes more than is needed and gives back what lies before and after. */
EFI_STATUS claim_aligned(u64 pages, enum mem_type type, u64 *base)
{
	u64 at, before, all = pages + LARGE_PAGES - 1;
	EFI_STATUS status = claim_pages(all, ~0ULL, type, &at);

	if (EFI_ERROR(status))
		return claim_pages(pages, ~0ULL, type, base);
	*base = ALIGN_UP(at, LARGE_PAGES * PAGE_SIZE);
	before = (*base - at) / PAGE_SIZE;
	claims[claim_count - 1] = (struct claim){ *base, pages, type, true };
	if (before)
		loader.bs->FreePages(at, before);
	if (all - before - pages)
		loader.bs->FreePages(*base + pages * PAGE_SIZE, all - before - pages);
	return EFI_SUCCESS;
}

void claim_foreign(u64 base, u64 pages, enum mem_type type)
{
	claim_add(base, pages, type, false);
}

void unclaim(u64 base)
{
	for (unsigned i = claim_count; i-- > 0;) {
		if (claims[i].base != base)
			continue;
		if (claims[i].ours)
			loader.bs->FreePages(base, claims[i].pages);
		claims[i] = claims[--claim_count];
		return;
	}
}

void unclaim_all(void)
{
	while (claim_count)
		unclaim(claims[claim_count - 1].base);
	if (map)
		loader.bs->FreePages((EFI_PHYSICAL_ADDRESS)map, map_capacity / PAGE_SIZE);
}

EFI_STATUS firmware_map_read(UINTN *key)
{
	UINT32 version;
	EFI_STATUS status;

	if (!map) {
		EFI_PHYSICAL_ADDRESS at = 0;

		map_size = 0;
		loader.bs->GetMemoryMap(&map_size, NULL, key, &descriptor_size, &version);
		map_capacity = ALIGN_UP(map_size + MAP_SLACK, PAGE_SIZE);
		status = loader.bs->AllocatePages(AllocateAnyPages, EfiLoaderData,
						  map_capacity / PAGE_SIZE, &at);
		if (EFI_ERROR(status))
			return status;
		map = (u8 *)at;
	}
	map_size = map_capacity;
	status = loader.bs->GetMemoryMap(&map_size, (EFI_MEMORY_DESCRIPTOR *)map, key,
					 &descriptor_size, &version);
	if (!EFI_ERROR(status) && descriptor_size < sizeof(EFI_MEMORY_DESCRIPTOR))
		return EFI_UNSUPPORTED;
	return status;
}

/* UEFI specification 2.10, table 7.10: what each type is after ExitBootServices. */
static enum mem_type type_of(UINT32 efi_type)
{
	switch (efi_type) {
	case EfiLoaderCode:
	case EfiLoaderData:
	case EfiBootServicesCode:
	case EfiBootServicesData:
	case EfiConventionalMemory: return MEM_USABLE;
	case EfiACPIReclaimMemory: return MEM_ACPI;
	case EfiACPIMemoryNVS: return MEM_NVS;
	case EfiRuntimeServicesCode:
	case EfiRuntimeServicesData: return MEM_RUNTIME;
	case EfiMemoryMappedIO:
	case EfiMemoryMappedIOPortSpace: return MEM_MMIO;
	default: return MEM_RESERVED;
	}
}

static u64 end_of(const struct boot_range *r)
{
	return r->base + r->pages * PAGE_SIZE;
}

/* A full work array loses the range: memory that nobody names is not used. */
static void insert_at(unsigned i, u64 base, u64 end, u32 type)
{
	if (work_count == WORK_MAX)
		return;
	memmove(&work[i + 1], &work[i], (work_count - i) * sizeof(work[0]));
	work[i] = (struct boot_range){ base, (end - base) / PAGE_SIZE, type, 0 };
	work_count++;
}

static void remove_at(unsigned i)
{
	work_count--;
	memmove(&work[i], &work[i + 1], (work_count - i) * sizeof(work[0]));
}

/* Takes [base, end) out of range @i. Returns the index at which to go on. */
static unsigned cut(unsigned i, u64 base, u64 end)
{
	struct boot_range r = work[i];

	if (end_of(&r) <= base || r.base >= end)
		return i + 1;
	remove_at(i);
	if (r.base < base)
		insert_at(i++, r.base, base, r.type);
	if (end_of(&r) > end)
		insert_at(i++, end, end_of(&r), r.type);
	return i;
}

/* Makes [base, end) @type, whatever it was. Keeps the array sorted and disjoint. */
static void paint(u64 base, u64 end, enum mem_type type)
{
	unsigned i = 0;

	if (base >= end || end > PHYS_LIMIT)
		return;
	while (i < work_count)
		i = cut(i, base, end);
	for (i = 0; i < work_count && work[i].base < base; i++)
		continue;
	insert_at(i, base, end, type);
}

static void paint_firmware(enum mem_type type)
{
	for (UINTN at = 0; at + descriptor_size <= map_size; at += descriptor_size) {
		const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(map + at);

		if (type_of(d->Type) != type || d->NumberOfPages > PHYS_LIMIT / PAGE_SIZE)
			continue;
		paint(d->PhysicalStart, d->PhysicalStart + d->NumberOfPages * PAGE_SIZE, type);
	}
}

/* A framebuffer in RAM (ramfb) is taken out of it; one in a PCI window is not RAM anyway. */
static void paint_framebuffer(const struct boot_framebuffer *fb)
{
	u64 base = ALIGN_DOWN(fb->base, PAGE_SIZE);
	u64 end = ALIGN_UP(fb->base + fb->size, PAGE_SIZE);

	for (unsigned i = 0; fb->base && i < work_count; i++) {
		u32 type = work[i].type;

		if (type == MEM_RESERVED || type == MEM_MMIO || type == MEM_FRAMEBUFFER)
			continue;
		if (work[i].base < end && end_of(&work[i]) > base)
			paint(MAX(base, work[i].base), MIN(end, end_of(&work[i])), MEM_FRAMEBUFFER);
	}
}

static void merge(void)
{
	for (unsigned i = 1; i < work_count;) {
		if (work[i].type == work[i - 1].type && work[i].base == end_of(&work[i - 1])) {
			work[i - 1].pages += work[i].pages;
			remove_at(i);
		} else {
			i++;
		}
	}
}

/* More ranges than the contract has room for: the smallest free ones are given up. */
static void shrink(void)
{
	while (work_count > BOOT_MAX_RANGES) {
		unsigned victim = work_count - 1;

		for (unsigned i = 0; i < work_count; i++) {
			if (work[i].type == MEM_USABLE &&
			    (work[victim].type != MEM_USABLE || work[i].pages < work[victim].pages))
				victim = i;
		}
		remove_at(victim);
	}
}

void memory_map_fill(struct boot_info *info)
{
	/* The last coat wins. */
	static const enum mem_type coats[] = {
		MEM_USABLE, MEM_ACPI, MEM_RUNTIME, MEM_NVS, MEM_RESERVED, MEM_MMIO,
	};

	work_count = 0;
	for (unsigned i = 0; i < ARRAY_SIZE(coats); i++)
		paint_firmware(coats[i]);
	for (unsigned i = 0; i < claim_count; i++)
		paint(claims[i].base, claims[i].base + claims[i].pages * PAGE_SIZE, claims[i].type);
	paint_framebuffer(&info->framebuffer);
	/* Page zero belongs to the BIOS of old, and physical address 0 means "none". */
	paint(0, PAGE_SIZE, MEM_RESERVED);
	merge();
	shrink();
	memcpy(info->ranges, work, work_count * sizeof(work[0]));
	info->range_count = work_count;
}
