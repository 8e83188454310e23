/* SPDX-License-Identifier: ISC */
/*
 * The front of the page allocator: references, counts and a cache of single frames for each
 * CPU, because nearly every allocation is one frame and a buddy list would split and merge
 * for each of them, under a lock that all CPUs want.
 *
 * Invariants: a frame in a cache has refcount 0 and is in no buddy list. A cache has at most
 * CACHE_MAX frames. When the buddy lists have nothing for a request, whatever caches hold, these
 * and those above (page_shrink), is given back and the lists are asked again.
 *
 * A cache is for its CPU's threads: they keep the CPU as long as they are in the kernel, so they need not
 * turn interrupts off for it. Interrupt handlers, which seldom want a frame, go past it.
 *
 * Locks: frame_cache.lock (spin_lock_own; other CPUs empty a cache when memory is out). Order:
 * frame_cache.lock → buddy_lock.
 */
#include "mm/page.h"

#include "base/counter.h"
#include "base/ktest.h"
#include "base/mutants.h"
#include "base/panic.h"
#include "base/spinlock.h"
#include "lib/string.h"
#include "mm/buddy.h"
#include "mm/page_boot.h"

#define BATCH_ORDER 5
#define CACHE_BATCH (1u << BATCH_ORDER)
#define CACHE_MAX 96u
#define CACHE_KEEP (CACHE_MAX - CACHE_BATCH) /* what stays when there were more than the most */
#define PILE_MAX 60u /* they go with interrupts off */
#define FREED_BYTE 0xdb /* debug builds fill freed frames with it */

static i64 live_pages(void);
COUNTER_SUM(pages_counter, "pages", live_pages);

struct page *page_array;
u64 page_frames;
u64 page_reserve_frames;

void (*page_shrink)(void);

static struct frame_cache {
	struct spinlock lock;
	u32 count; /* [lock] */
	struct page *list; /* [lock] through next_free */
	i64 live; /* [lock] frames handed out minus those given back here */
	i64 live_beside; /* atomic: frames handed out and given back past the cache */
} __attribute__((aligned(64))) frame_caches[MAX_CPUS];

void page_prepare_cpu(struct cpu *cpu)
{
	cpu->frames = &frame_caches[cpu->id];
}

/* This CPU's, @cpu's, for a thread. */
static inline struct frame_cache *cache_lock(const struct cpu *cpu)
{
	struct frame_cache *c = cpu->frames;

	spin_lock_own(&c->lock);
	return c;
}

/* Under its lock. */
static __attribute__((noinline)) void cache_fill(struct frame_cache *c)
{
	c->count = buddy_alloc_frames(&c->list, BATCH_ORDER);
}

/* A frame; NULL: it is empty. Under its lock. */
static inline struct page *cache_take(struct frame_cache *c)
{
	struct page *p = c->list;

	if (likely(p)) {
		c->list = p->next_free;
		c->count--;
		c->live++;
	}
	return p;
}

/* One of this CPU's cache, if there is one for the caller. */
static inline struct page *frame_take(void)
{
	const struct cpu *cpu = cpu_this();
	struct frame_cache *c;
	struct page *p;

	if (unlikely(cpu->irq_depth))
		return NULL;
	c = cache_lock(cpu);
	p = cache_take(c);
	spin_unlock_own(&c->lock);
	return p;
}

/* The same, but an empty cache is filled first, and handlers get one past it. */
static struct page *frame_alloc(void)
{
	const struct cpu *cpu = cpu_this();
	struct frame_cache *c;
	struct page *p;

	if (cpu->irq_depth) {
		p = buddy_alloc(0);
		page_account(p ? 1 : 0);
		return p;
	}
	c = cache_lock(cpu);
	if (!c->list)
		cache_fill(c);
	p = cache_take(c);
	spin_unlock_own(&c->lock);
	return p;
}

/* Gives @n frames of a cache back to the buddy lists. Under its lock. */
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

/* As the next, for an interrupt handler. */
static __attribute__((noinline)) void frames_free_past(struct page *first, struct page *last, u32 n)
{
	last->next_free = NULL;
	buddy_free_frames_list(first);
	page_account(-(i64)n);
}

/* The @n frames from @first to @last, linked by next_free. */
static inline void frames_free(struct page *first, struct page *last, u32 n)
{
	const struct cpu *cpu = cpu_this();
	struct frame_cache *c;

	if (unlikely(cpu->irq_depth)) {
		frames_free_past(first, last, n);
		return;
	}
	c = cache_lock(cpu);
	last->next_free = c->list;
	c->list = first;
	c->live -= n;
	c->count += n;
	if (unlikely(c->count > CACHE_MAX))
		cache_drain(c, c->count - CACHE_KEEP);
	spin_unlock_own(&c->lock);
}

/* Everything that caches hold goes back to the buddy lists, but for those that are being used just now. */
static void drain_all(void)
{
	if (page_shrink)
		page_shrink();
	for (u32 i = 0; i < cpu_count; i++) {
		struct frame_cache *c = &frame_caches[i];
		u64 flags = irq_save();

		if (spin_lock_if_free(&c->lock)) {
			cache_drain(c, c->count);
			spin_unlock_own(&c->lock);
		}
		irq_restore(flags);
	}
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

static struct page *frames_alloc(unsigned order)
{
	return likely(!order) ? frame_alloc() : buddy_alloc(order);
}

static inline struct page *hand_out(struct page *p, unsigned order, unsigned flags)
{
	assert(p->refcount == 0);
	p->refcount = 1;
	p->order = (u8)order;
	if ((flags & ALLOC_ZERO) && !(MUTANT(zero) && (flags & ALLOC_USER)))
		memset(page_to_virt(p), 0, PAGE_SIZE << order);
	return p;
}

/* Of the allocators, with what caches hold, or (a test) not at all. */
static __attribute__((noinline)) struct page *alloc_slow(unsigned order, unsigned flags)
{
	struct page *p;

	assert(order <= PAGE_MAX_ORDER);
	if (fault_injected() || ((flags & ALLOC_USER) && reserve_needed(order)))
		return NULL;
	p = frames_alloc(order);
	if (!p) {
		drain_all();
		p = frames_alloc(order);
		if (!p)
			return NULL;
	}
	if (order)
		page_account(1L << order);
	return hand_out(p, order, flags);
}

/* The short way, without a stack frame, is for a frame at hand. */
struct page *page_alloc(unsigned order, unsigned flags)
{
	struct page *p;

	if (unlikely(order || fault_injection_on || ((flags & ALLOC_USER) && page_memory_low())))
		return alloc_slow(order, flags);
	p = frame_take();
	return likely(p) ? hand_out(p, 0, flags) : alloc_slow(0, flags);
}

void page_dropped_twice(const struct page *p)
{
	panic("frame %lx freed twice", (u64)(p - page_array));
}

/* Nobody has the block any more. */
static inline void check_released(struct page *p)
{
	assert(!(p->flags & (PAGE_IS_FREE | PAGE_IS_SLAB)));
	debug_only(memset(page_to_virt(p), FREED_BYTE, PAGE_SIZE << p->order));
	(void)p;
}

static __attribute__((noinline)) void page_release(struct page *p)
{
	unsigned order = p->order;

	check_released(p);
	if (likely(!order)) {
		frames_free(p, p, 1);
		return;
	}
	page_account(-(1L << order));
	buddy_free(p, order);
}

void page_put(struct page *p)
{
	if (page_drop_last(p))
		page_release(p);
}

static inline void pile_frame(struct page_pile *pile, struct page *p)
{
	if (unlikely(p->order)) {
		page_release(p);
		return;
	}
	check_released(p);
	p->next_free = pile->first;
	pile->first = p;
	if (!pile->count++)
		pile->last = p;
}

void page_pile_drop(struct page_pile *pile)
{
	if (pile->count)
		frames_free(pile->first, pile->last, pile->count);
	*pile = (struct page_pile){ 0 };
}

void page_pile_last(struct page_pile *pile, struct page *p)
{
	pile_frame(pile, p);
	if (pile->count == PILE_MAX)
		page_pile_drop(pile);
}

void page_put_all(struct page *const *pages, u32 n)
{
	struct page_pile pile = { 0 };

	for (u32 i = 0; i < n; i++) {
		if (page_drop_last(pages[i]))
			pile_frame(&pile, pages[i]);
	}
	page_pile_drop(&pile);
}

void page_account(i64 frames)
{
	__atomic_fetch_add(&frame_caches[cpu_id()].live_beside, frames, __ATOMIC_RELAXED);
}

static i64 live_pages(void)
{
	i64 live = 0;

	for (u32 i = 0; i < cpu_count; i++)
		live += READ_ONCE(frame_caches[i].live) + READ_ONCE(frame_caches[i].live_beside);
	return live;
}

u64 page_free_count(void)
{
	u64 n = READ_ONCE(buddy_free_frames);

	for (unsigned i = 0; i < MAX_CPUS; i++)
		n += READ_ONCE(frame_caches[i].count);
	return n;
}
