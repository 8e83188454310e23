/* SPDX-License-Identifier: ISC */
/*
 * From the loader's memory map to the free lists.
 *
 * The page array goes to the end of the highest usable range that holds it, which leaves low
 * memory to devices that reach no further. Only the array is written here: free memory is
 * handed over in the largest blocks there are, so the cost grows with the array, not with
 * the memory. Runs once, on one CPU, before any lock matters.
 */
#include "mm/page_boot.h"

#include "base/log.h"
#include "base/panic.h"
#include "lib/string.h"
#include "mm/buddy.h"

#define LOW_MEMORY (1UL << 20) /* firmware's habits; the other CPUs start there */
#define RESERVE_SHARE 64
#define RESERVE_MIN 256 /* frames: 1 MiB */

static u64 total_frames; /* [i] but for page_reclaim_loader at boot */

static u64 range_end(const struct boot_range *r)
{
	return r->base + (r->pages << PAGE_SHIFT);
}

static bool is_memory(const struct boot_range *r)
{
	return r->type == MEM_USABLE || r->type == MEM_LOADER || r->type == MEM_KERNEL ||
	       r->type == MEM_INITRD || r->type == MEM_ACPI;
}

static u64 highest_frame(const struct boot_info *info)
{
	u64 end = 0;

	for (u32 i = 0; i < info->range_count; i++) {
		if (is_memory(&info->ranges[i]))
			end = MAX(end, range_end(&info->ranges[i]));
	}
	return end >> PAGE_SHIFT;
}

/* The physical address of @bytes at the end of the highest usable range with room. */
static u64 place_array(const struct boot_info *info, u64 bytes)
{
	for (u32 i = info->range_count; i-- > 0;) {
		const struct boot_range *r = &info->ranges[i];

		if (r->type == MEM_USABLE && r->base >= LOW_MEMORY &&
		    r->pages << PAGE_SHIFT >= bytes)
			return range_end(r) - bytes;
	}
	panic("no room for the page array of %lu KiB", bytes >> 10);
}

/* Frees [start, end) but for what lies in [hole, hole_end). Physical addresses. */
static void add_around(u64 start, u64 end, u64 hole, u64 hole_end)
{
	if (hole_end <= start || hole >= end) {
		buddy_add_range(start >> PAGE_SHIFT, end >> PAGE_SHIFT);
		return;
	}
	if (start < hole)
		buddy_add_range(start >> PAGE_SHIFT, hole >> PAGE_SHIFT);
	if (hole_end < end)
		buddy_add_range(hole_end >> PAGE_SHIFT, end >> PAGE_SHIFT);
}

/* The initrd's frames belong to whoever unpacks it. */
static void own_initrd(const struct boot_range *r)
{
	struct page *p = phys_to_page(r->base);

	for (u64 i = 0; i < r->pages; i++)
		p[i].refcount = 1;
	page_account((i64)r->pages);
	total_frames += r->pages;
}

static void set_reserve(void)
{
	page_reserve_frames = MAX(total_frames / RESERVE_SHARE, (u64)RESERVE_MIN);
}

void page_init(const struct boot_info *info)
{
	u64 bytes, array;

	page_frames = highest_frame(info);
	bytes = ALIGN_UP(page_frames * sizeof(struct page), PAGE_SIZE);
	array = place_array(info, bytes);
	page_array = phys_to_virt(array);
	memset(page_array, 0, bytes);
	buddy_init();
	page_prepare_cpu(cpu_this());
	for (u32 i = 0; i < info->range_count; i++) {
		const struct boot_range *r = &info->ranges[i];
		u64 start = MAX(r->base, LOW_MEMORY);

		if (r->type == MEM_INITRD)
			own_initrd(r);
		if (r->type == MEM_USABLE && start < range_end(r))
			add_around(start, range_end(r), array, array + bytes);
	}
	total_frames += buddy_free_frames;
	set_reserve();
	log_info("memory: %lu MiB free, page array %lu KiB", buddy_free_frames >> 8, bytes >> 10);
}

void page_reclaim_loader(const struct boot_info *info)
{
	u64 before = buddy_free_frames;

	for (u32 i = 0; i < info->range_count; i++) {
		const struct boot_range *r = &info->ranges[i];
		u64 start = MAX(r->base, LOW_MEMORY);

		if (r->type == MEM_LOADER && start < range_end(r))
			buddy_add_range(start >> PAGE_SHIFT, range_end(r) >> PAGE_SHIFT);
	}
	total_frames += buddy_free_frames - before;
	set_reserve();
}

u64 page_total_count(void)
{
	return total_frames;
}
