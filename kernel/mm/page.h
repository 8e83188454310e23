/* SPDX-License-Identifier: ISC */
/*
 * Physical memory: one struct page a frame, a buddy allocator over them.
 *
 * Invariants: a frame that is free has refcount 0 and lies in exactly one block of one buddy list
 * or in one CPU's frame cache; a frame handed out has refcount 1 and belongs to whoever asked.
 * Locks: buddy_lock inside (leaf, interrupts off); refcounts are atomic.
 */
#pragma once

#include "boot_info.h"
#include "lib/list.h"
#include "machine/mmu.h"

#define PAGE_MAX_ORDER 10 /* 4 MiB */

struct page {
	u32 refcount; /* atomic */
	u8 order; /* of the free block or the allocation it heads */
	u8 flags; /* PAGE_IS_* */
	u16 in_use; /* slab: objects handed out */
	union {
		struct list link; /* free: buddy list; else the owner's */
		struct page *next_free; /* in a CPU's frame cache */
		struct { /* slab page */
			struct slab_cache *cache;
			void *freelist;
		};
	};
	union {
		u64 owner; /* the owner's word */
		struct {
			u32 next, prev; /* slab: frames of its neighbours in the cache, 0: none */
		};
	};
};
_Static_assert(sizeof(struct page) == 32, "32 bytes a frame are budgeted");

#define PAGE_IS_FREE 1
#define PAGE_IS_SLAB 2
#define PAGE_IS_RESERVED 4

extern struct page *page_array; /* indexed by frame number */
extern u64 page_frames; /* frames in page_array */

static inline struct page *phys_to_page(u64 phys)
{
	/* so written the compiler makes one shift of the two */
	return (struct page *)((u64)page_array + (phys >> PAGE_SHIFT) * sizeof(struct page));
}
static inline u64 page_to_phys(const struct page *p)
{
	return (u64)(p - page_array) << PAGE_SHIFT;
}
static inline void *page_to_virt(const struct page *p)
{
	return phys_to_virt(page_to_phys(p));
}
static inline struct page *virt_to_page(const void *v)
{
	return phys_to_page(virt_to_phys(v));
}

/*
 * Builds page_array and the free lists from the loader's map. Once, at boot. Memory below
 * 1 MiB stays reserved. The frames of the initrd come out with refcount 1: page_put() them
 * one by one to give them back.
 */
void page_init(const struct boot_info *info);
/* Gives @cpu, which has not run, its cache of frames. */
void page_prepare_cpu(struct cpu *cpu);
/* Gives loader memory back (the loader's stack and struct boot_info are in it: copy first). */
void page_reclaim_loader(const struct boot_info *info);

#define ALLOC_ZERO 1u /* all bytes zero */
#define ALLOC_USER 2u /* for a program's use: fails while the kernel's reserve is not covered */

/*
 * 2^@order frames, naturally aligned, refcount 1; NULL when there are none. Contents are
 * old without ALLOC_ZERO: never show them to a user. Any context.
 */
struct page *page_alloc(unsigned order, unsigned flags);

static inline void page_get(struct page *p)
{
	__atomic_fetch_add(&p->refcount, 1, __ATOMIC_RELAXED);
}
noreturn void page_dropped_twice(const struct page *p);

/*
 * Drops a reference. True: it was the last one, and what becomes of the block is the caller's business.
 * Where there is one, it is the caller's, and nobody can come by another meanwhile: so much for it
 * without a locked instruction.
 */
static inline bool page_drop_last(struct page *p)
{
	u32 old;

	if (__atomic_load_n(&p->refcount, __ATOMIC_ACQUIRE) == 1) {
		WRITE_ONCE(p->refcount, 0);
		return true;
	}
	old = __atomic_fetch_sub(&p->refcount, 1, __ATOMIC_ACQ_REL);
	if (likely(old > 1))
		return false;
	if (unlikely(old == 0))
		page_dropped_twice(p);
	return true;
}

/* Drops one reference; the last one frees the block (its order is remembered). Any context. */
void page_put(struct page *p);
/* page_put() of each of the @n; frames that nobody has any more go back together. */
void page_put_all(struct page *const *pages, u32 n);

/* Frames that nobody has any more, on their way back together. Begins as zeroes. */
struct page_pile {
	struct page *first, *last; /* through next_free */
	u32 count;
};
/* Piles @p, whose last reference was dropped. */
void page_pile_last(struct page_pile *pile, struct page *p);
void page_pile_drop(struct page_pile *pile);

/* page_put(), but a frame that nobody has any more goes back with the pile. */
static inline void page_pile_add(struct page_pile *pile, struct page *p)
{
	if (page_drop_last(p))
		page_pile_last(pile, p);
}

/*
 * True when only the kernel's reserve (1/64 of memory) is left: whatever a program can ask
 * for without end must fail then, so that the kernel itself does not starve. Any context.
 */
bool page_memory_low(void);

/*
 * Corrects the count of live frames ("pages" in leak checks) by @frames: for owners that keep
 * frames between uses and count what lies in them instead (slab, kernel stacks).
 */
void page_account(i64 frames);

/*
 * Asked when memory is out to give back what it only keeps (slab); set once at boot. Called in any
 * context page_alloc() is called in, with no lock of this room held.
 */
extern void (*page_shrink)(void);

/* What is wrong with the lists of free frames, NULL: nothing; *frames: what is in them. For tests. */
const char *page_check(u64 *frames);

u64 page_free_count(void); /* frames */
u64 page_total_count(void); /* usable frames at boot */
