/* SPDX-License-Identifier: ISC */
/*
 * Kernel stacks and device windows.
 *
 * A stack's place is a slot of one guard page, never mapped, and KSTACK_BYTES above it. Freed
 * stacks are kept, mapped, up to CACHE_MAX, so that fork and exit touch no page tables; beyond
 * that half of them are unmapped at once, with one flush on all CPUs before anything of
 * them is used again.
 * The tables of the first slots are made at boot and never freed: a stack then takes its own
 * frames and nothing else.
 *
 * Lock: kmap_lock (interrupts off) guards slots, cache, the device cursor and the tables of
 * the kernel half. Order: kmap_lock → the page allocator's.
 */
#include "mm/kmap.h"

#include "base/counter.h"
#include "base/mutants.h"
#include "base/spinlock.h"
#include "lib/bitmap.h"
#include "mm/page.h"

#define STACK_PAGES (KSTACK_BYTES / PAGE_SIZE)
#define SLOT_PAGES (STACK_PAGES + 1)
#define SLOT_BYTES (SLOT_PAGES * PAGE_SIZE)
#define MAX_STACKS 32768u
#define CACHE_MAX 64u
#define BATCH (CACHE_MAX / 2)
#define TABLE_BYTES (2UL << 20) /* what one page table maps */
#define TABLES_AT_BOOT 8u
#define DEVICE_BYTES (1UL << 38)

COUNTER(live_stacks, "kernel stacks");

static struct spinlock kmap_lock = SPINLOCK_INIT;
static u64 slots[BITMAP_WORDS(MAX_STACKS)]; /* [kmap_lock] set: in use */
static size_t lowest_free; /* [kmap_lock] no free slot below it */
static void *cached[CACHE_MAX]; /* [kmap_lock] mapped stacks nobody uses */
static u32 cached_count; /* [kmap_lock] */
static u64 device_next = DEVICE_BASE; /* [kmap_lock] */

/* The index in the slot of the first page that is mapped. */
static unsigned first_page(void)
{
	return MUTANT(kstackguard) ? 0 : 1;
}

static int map_page(u64 va, u64 phys, enum mmu_cache cache)
{
	u64 flags = spin_lock_irq(&kmap_lock);
	int err = mmu_map_kernel(va, phys, MMU_READ | MMU_WRITE, cache);

	spin_unlock_irq(&kmap_lock, flags);
	return err;
}

static u64 unmap_page(u64 va)
{
	u64 flags = spin_lock_irq(&kmap_lock);
	u64 phys = mmu_unmap_kernel(va);

	spin_unlock_irq(&kmap_lock, flags);
	return phys;
}

/* Frames that were unmapped and wait for the flush, linked through next_free. */
struct unmapped {
	struct page *frames;
};

/* Unmaps the first @pages pages of a slot. */
static void slot_unmap(struct unmapped *u, u64 base, unsigned pages)
{
	for (unsigned i = first_page(); i < pages; i++) {
		struct page *p = phys_to_page(unmap_page(base + i * PAGE_SIZE));

		p->next_free = u->frames;
		u->frames = p;
	}
}

static void unmapped_free(struct unmapped *u)
{
	mmu_flush_kernel();
	while (u->frames) {
		struct page *p = u->frames;

		u->frames = p->next_free;
		page_account(1);
		page_put(p);
	}
}

/* False: out of memory, nothing is mapped. */
static bool slot_map(u64 base)
{
	struct unmapped u = { NULL };

	for (unsigned i = first_page(); i < SLOT_PAGES; i++) {
		struct page *p = page_alloc(0, 0);

		if (!p || map_page(base + i * PAGE_SIZE, page_to_phys(p), MMU_CACHED)) {
			if (p)
				page_put(p);
			slot_unmap(&u, base, i);
			unmapped_free(&u);
			return false;
		}
		page_account(-1);
	}
	return true;
}

static void slot_release(u64 base)
{
	size_t slot = (base - KSTACK_BASE) / SLOT_BYTES;
	u64 flags = spin_lock_irq(&kmap_lock);

	bitmap_clear(slots, slot);
	lowest_free = MIN(lowest_free, slot);
	spin_unlock_irq(&kmap_lock, flags);
}

/* A stack from the cache, or else a free slot's address in *@base (0: all are in use). */
static void *take_cached_or_slot(u64 *base)
{
	u64 flags = spin_lock_irq(&kmap_lock);
	void *stack = NULL;
	size_t slot;

	if (cached_count) {
		stack = cached[--cached_count];
	} else {
		slot = bitmap_find_first_zero(slots, MAX_STACKS, lowest_free);
		lowest_free = slot;
		if (slot < MAX_STACKS)
			bitmap_set(slots, slot);
		*base = slot < MAX_STACKS ? KSTACK_BASE + slot * SLOT_BYTES : 0;
	}
	spin_unlock_irq(&kmap_lock, flags);
	return stack;
}

void *kstack_alloc(void)
{
	u64 base = 0;
	void *stack = take_cached_or_slot(&base);

	if (!stack) {
		if (!base)
			return NULL;
		if (!slot_map(base)) {
			slot_release(base);
			return NULL;
		}
		stack = (void *)(base + PAGE_SIZE);
	}
	counter_add(&live_stacks, 1);
	return stack;
}

/* Takes stacks out of the cache's end into @batch; returns how many. */
static u32 take_batch(void *batch[BATCH])
{
	u64 flags = spin_lock_irq(&kmap_lock);
	u32 n = MIN(cached_count, BATCH);

	for (u32 i = 0; i < n; i++)
		batch[i] = cached[--cached_count];
	spin_unlock_irq(&kmap_lock, flags);
	return n;
}

static void drop_some(void)
{
	void *batch[BATCH];
	struct unmapped u = { NULL };
	u32 n = take_batch(batch);

	for (u32 i = 0; i < n; i++)
		slot_unmap(&u, (u64)batch[i] - PAGE_SIZE, SLOT_PAGES);
	unmapped_free(&u);
	for (u32 i = 0; i < n; i++)
		slot_release((u64)batch[i] - PAGE_SIZE);
}

static bool keep(void *stack)
{
	u64 flags = spin_lock_irq(&kmap_lock);
	bool kept = cached_count < CACHE_MAX;

	if (kept)
		cached[cached_count++] = stack;
	spin_unlock_irq(&kmap_lock, flags);
	return kept;
}

void kstack_free(void *stack)
{
	assert(((u64)stack - PAGE_SIZE - KSTACK_BASE) % SLOT_BYTES == 0);
	counter_add(&live_stacks, -1);
	while (!keep(stack))
		drop_some();
}

bool kstack_is_guard(u64 va)
{
	return va >= KSTACK_BASE && va < KSTACK_BASE + MAX_STACKS * SLOT_BYTES &&
	       (va - KSTACK_BASE) % SLOT_BYTES < PAGE_SIZE;
}

/* Addresses for @bytes of device memory, never given back; 0: there are no more. */
static u64 device_reserve(u64 bytes)
{
	u64 flags = spin_lock_irq(&kmap_lock);
	u64 va = device_next;

	if (bytes <= DEVICE_BASE + DEVICE_BYTES - va)
		device_next += bytes + PAGE_SIZE; /* a hole between two windows */
	else
		va = 0;
	spin_unlock_irq(&kmap_lock, flags);
	return va;
}

void *device_map(u64 phys, size_t bytes, enum mmu_cache cache)
{
	u64 offset = phys & (PAGE_SIZE - 1);
	u64 length = ALIGN_UP(bytes + offset, PAGE_SIZE);
	u64 va = device_reserve(length);

	if (!va || !bytes)
		return NULL;
	for (u64 i = 0; i < length; i += PAGE_SIZE) {
		if (!map_page(va + i, phys - offset + i, cache))
			continue;
		while (i) {
			i -= PAGE_SIZE;
			unmap_page(va + i); /* these addresses are not used again */
		}
		return NULL;
	}
	return (void *)(va + offset);
}

void kmap_init(void)
{
	for (unsigned i = 0; i < TABLES_AT_BOOT; i++) {
		u64 va = KSTACK_BASE + i * TABLE_BYTES;

		ensure(map_page(va, virt_to_phys(page_array), MMU_CACHED) == 0);
		unmap_page(va);
	}
	mmu_flush_kernel();
}
