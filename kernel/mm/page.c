/* SPDX-License-Identifier: ISC */
/*
 * The front of the page allocator: references, counts and a cache of single frames for each
 * CPU, because nearly every allocation is one frame and a buddy list would split and merge
 * for each of them.
 *
 * Invariants: a frame in a cache has refcount 0 and is in no buddy list. A cache is touched by
 * its own CPU alone, interrupts off, so it needs no lock. At most CACHE_MAX frames of a CPU
 * are out of others' reach; a request for a larger block gives this CPU's back first.
 */
#include "mm/page.h"

#include "base/counter.h"
#include "base/ktest.h"
#include "base/mutants.h"
#include "base/panic.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/page_boot.h"

#define BATCH_ORDER 5
#define CACHE_BATCH (1u << BATCH_ORDER)
#define CACHE_MAX 96u
#define FREED_BYTE 0xdb /* debug builds fill freed frames with it */

COUNTER(live_pages, "pages");

struct page *page_array;
u64 page_frames;
u64 page_reserve_frames;

static struct frame_cache {
	struct page *list; /* through next_free */
	u32 count;
} __attribute__((aligned(64))) frame_caches[MAX_CPUS]; /* [owner CPU] */

static struct page *frame_alloc(void)
{
	u64 flags = irq_save();
	struct frame_cache *c = &frame_caches[cpu_id()];
	struct page *p;

	if (unlikely(!c->list))
		c->count = buddy_alloc_frames(&c->list, BATCH_ORDER);
	p = c->list;
	if (likely(p)) {
		c->list = p->next_free;
		c->count--;
	}
	irq_restore(flags);
	return p;
}

/* Gives @n frames of this CPU's cache back to the buddy lists. Interrupts off. */
static void cache_drain(struct frame_cache *c, u32 n)
{
	struct page *last = c->list, *list = c->list;

	if (!n)
		return;
	c->count -= n;
	while (--n)
		last = last->next_free;
	c->list = last->next_free;
	last->next_free = NULL;
	buddy_free_frames_list(list);
}

static void frame_free(struct page *p)
{
	u64 flags = irq_save();
	struct frame_cache *c = &frame_caches[cpu_id()];

	p->next_free = c->list;
	c->list = p;
	if (unlikely(++c->count > CACHE_MAX))
		cache_drain(c, CACHE_BATCH);
	irq_restore(flags);
}

static struct page *block_alloc(unsigned order)
{
	struct page *p = buddy_alloc(order);

	if (unlikely(!p)) {
		u64 flags = irq_save();
		struct frame_cache *c = &frame_caches[cpu_id()];

		cache_drain(c, c->count);
		irq_restore(flags);
		p = buddy_alloc(order);
	}
	return p;
}

bool page_memory_low(void)
{
	return READ_ONCE(buddy_free_frames) < page_reserve_frames;
}

/* Would a block of 2^@order frames for a program touch the reserve? */
static bool reserve_needed(unsigned order)
{
	return READ_ONCE(buddy_free_frames) < page_reserve_frames + (1UL << order) - 1;
}

struct page *page_alloc(unsigned order, unsigned flags)
{
	struct page *p;

	assert(order <= PAGE_MAX_ORDER);
	if (fault_injected() || ((flags & ALLOC_USER) && reserve_needed(order)))
		return NULL;
	p = order ? block_alloc(order) : frame_alloc();
	if (unlikely(!p))
		return NULL;
	assert(p->refcount == 0);
	p->refcount = 1;
	p->order = (u8)order;
	counter_add(&live_pages, 1L << order);
	if ((flags & ALLOC_ZERO) && !(MUTANT(zero) && (flags & ALLOC_USER)))
		memset(page_to_virt(p), 0, PAGE_SIZE << order);
	return p;
}

static void page_release(struct page *p)
{
	unsigned order = p->order;

	assert(!(p->flags & (PAGE_IS_FREE | PAGE_IS_SLAB)));
	debug_only(memset(page_to_virt(p), FREED_BYTE, PAGE_SIZE << order));
	counter_add(&live_pages, -(1L << order));
	if (likely(!order))
		frame_free(p);
	else
		buddy_free(p, order);
}

void page_put(struct page *p)
{
	u32 old = __atomic_fetch_sub(&p->refcount, 1, __ATOMIC_ACQ_REL);

	if (old == 1)
		page_release(p);
	else if (unlikely(old == 0))
		panic("frame %lx freed twice", (u64)(p - page_array));
}

void page_account(i64 frames)
{
	counter_add(&live_pages, frames);
}

u64 page_free_count(void)
{
	u64 n = READ_ONCE(buddy_free_frames);

	for (unsigned i = 0; i < MAX_CPUS; i++)
		n += READ_ONCE(frame_caches[i].count);
	return n;
}
