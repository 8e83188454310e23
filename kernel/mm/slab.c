/* SPDX-License-Identifier: ISC */
/*
 * Slabs: blocks of frames cut into objects of one size (OSTEP 17.4).
 *
 * The slab's bookkeeping is in struct page, so the block holds objects only; a free object's
 * first word points to the next free one. A slab with free objects is in its cache's partial
 * list; a full one is in none. One empty slab a cache is kept, others go back at once.
 * Debug builds fill free objects with FREE_BYTE and look whether it is still there.
 *
 * Locks: slab_cache.lock (leaf but for the page allocator's, interrupts off).
 */
#include "mm/slab.h"

#include "base/counter.h"
#include "base/ktest.h"
#include "base/spinlock.h"
#include "lib/string.h"
#include "mm/page.h"

#define MAX_CACHES 64
#define MIN_ALIGN 16
#define MAX_SLAB_ORDER 3
#define FREE_BYTE 0x6b

/* All caches together; each one's own count is slab_live(). */
COUNTER(live_objects, "slab objects");

struct slab_cache {
	struct spinlock lock;
	u32 partial; /* [lock] frame of the first slab with free objects, 0: none */
	u32 stride, size; /* [i] bytes from object to object, and as asked for */
	u16 per_slab; /* [i] */
	u8 order; /* [i] */
	bool has_empty; /* [lock] one slab in the partial list is empty */
	u64 live; /* [lock] */
	const char *name; /* [i] */
};

static struct slab_cache caches[MAX_CACHES];
static u32 cache_count; /* atomic */

static void partial_insert(struct slab_cache *c, struct page *p)
{
	u32 frame = (u32)(p - page_array);

	p->prev = 0;
	p->next = c->partial;
	if (c->partial)
		page_array[c->partial].prev = frame;
	c->partial = frame;
}

static void partial_remove(struct slab_cache *c, struct page *p)
{
	if (p->prev)
		page_array[p->prev].next = p->next;
	else
		c->partial = p->next;
	if (p->next)
		page_array[p->next].prev = p->prev;
}

/* The head of the slab in which @obj lies. */
static struct page *slab_of(const struct slab_cache *c, const void *obj)
{
	u64 frame = virt_to_phys(obj) >> PAGE_SHIFT;

	return page_array + (frame & ~((1UL << c->order) - 1));
}

#ifdef DEBUG
static void object_poison(const struct slab_cache *c, void *obj)
{
	memset((u8 *)obj + sizeof(void *), FREE_BYTE, c->stride - sizeof(void *));
}

static void object_check_poison(const struct slab_cache *c, const void *obj)
{
	const u8 *bytes = obj;

	for (u32 i = sizeof(void *); i < c->stride; i++) {
		if (bytes[i] != FREE_BYTE)
			panic("%s %p was written after it was freed (byte %u)", c->name, obj, i);
	}
}

static void object_check_free(const struct slab_cache *c, const struct page *p, const void *obj)
{
	u64 offset = (u64)obj - (u64)page_to_virt(p);

	if (offset % c->stride || offset / c->stride >= c->per_slab)
		panic("%s %p freed, but it is no object", c->name, obj);
	for (void **f = p->freelist; f; f = *f) {
		if (f == obj)
			panic("%s %p freed twice", c->name, obj);
	}
}
#endif

static void slab_cut(struct slab_cache *c, struct page *p)
{
	u8 *base = page_to_virt(p);
	void **next = NULL;

	for (u32 i = c->per_slab; i-- > 0;) {
		void **obj = (void **)(base + (size_t)i * c->stride);

		debug_only(object_poison(c, obj));
		*obj = next;
		next = obj;
	}
	p->freelist = next;
	p->in_use = 0;
}

/* Adds an empty slab. False: out of memory. */
static bool slab_grow(struct slab_cache *c)
{
	struct page *p = page_alloc(c->order, 0);

	if (!p)
		return false;
	page_account(-(1L << c->order));
	for (u32 i = 0; i < 1u << c->order; i++) {
		p[i].flags = PAGE_IS_SLAB;
		p[i].cache = c;
	}
	slab_cut(c, p);
	partial_insert(c, p);
	c->has_empty = true;
	return true;
}

static void slab_give_back(struct slab_cache *c, struct page *p)
{
	for (u32 i = 0; i < 1u << c->order; i++)
		p[i].flags = 0;
	page_account(1L << c->order);
	page_put(p);
}

void *slab_alloc(struct slab_cache *c)
{
	struct page *p;
	void **obj;
	u64 flags;

	if (fault_injected())
		return NULL;
	flags = spin_lock_irq(&c->lock);
	if (unlikely(!c->partial) && !slab_grow(c)) {
		spin_unlock_irq(&c->lock, flags);
		return NULL;
	}
	p = page_array + c->partial;
	obj = p->freelist;
	p->freelist = *obj;
	if (p->in_use++ == 0)
		c->has_empty = false;
	if (!p->freelist)
		partial_remove(c, p);
	c->live++;
	spin_unlock_irq(&c->lock, flags);
	counter_add(&live_objects, 1);
	debug_only(object_check_poison(c, obj));
	return obj;
}

void *slab_alloc_zero(struct slab_cache *c)
{
	void *obj = slab_alloc(c);

	return obj ? memset(obj, 0, c->size) : NULL;
}

void slab_free(struct slab_cache *c, void *obj)
{
	struct page *p = slab_of(c, obj), *surplus = NULL;
	u64 flags;

	ensure((p->flags & PAGE_IS_SLAB) && p->cache == c);
	flags = spin_lock_irq(&c->lock);
	debug_only(object_check_free(c, p, obj));
	debug_only(object_poison(c, obj));
	if (!p->freelist)
		partial_insert(c, p);
	*(void **)obj = p->freelist;
	p->freelist = obj;
	c->live--;
	if (--p->in_use == 0) {
		if (c->has_empty) {
			partial_remove(c, p);
			surplus = p;
		}
		c->has_empty = true;
	}
	spin_unlock_irq(&c->lock, flags);
	counter_add(&live_objects, -1);
	if (surplus)
		slab_give_back(c, surplus);
}

u64 slab_live(const struct slab_cache *c)
{
	return READ_ONCE(c->live);
}

bool slab_describe(unsigned index, const char **name, u64 *live, u32 *size)
{
	if (index >= READ_ONCE(cache_count))
		return false;
	*name = caches[index].name;
	*live = slab_live(&caches[index]);
	*size = caches[index].size;
	return true;
}

/* The smallest order that wastes no more than an eighth. */
static u8 choose_order(size_t stride)
{
	u8 order = 0;

	for (; order < MAX_SLAB_ORDER; order++) {
		size_t bytes = PAGE_SIZE << order;

		if (bytes >= stride && (bytes % stride) * 8 <= bytes)
			break;
	}
	return order;
}

struct slab_cache *slab_create(const char *name, size_t size, size_t align)
{
	size_t stride = ALIGN_UP(MAX(size, (size_t)MIN_ALIGN), MAX(align, (size_t)MIN_ALIGN));
	u32 index = __atomic_fetch_add(&cache_count, 1, __ATOMIC_RELAXED);
	struct slab_cache *c = &caches[index];

	ensure(index < MAX_CACHES && stride <= PAGE_SIZE << MAX_SLAB_ORDER);
	ensure((align & (align - 1)) == 0 && align <= PAGE_SIZE);
	c->name = name;
	c->size = (u32)size;
	c->stride = (u32)stride;
	c->order = choose_order(stride);
	c->per_slab = (u16)((PAGE_SIZE << c->order) / stride);
	return c;
}
