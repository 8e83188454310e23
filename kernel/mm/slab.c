/* SPDX-License-Identifier: ISC */
/*
 * Slabs: blocks of frames cut into objects of one size (OSTEP 17.4), and before them for each CPU
 * a magazine of free objects (Bonwick's), so that CPUs do not meet.
 *
 * The slab's bookkeeping is in struct page, so the block holds objects only; a free object's
 * first word points to the next free one. A slab with free objects is in its cache's partial
 * list; a full one is in none. One empty slab a cache is kept, others go back at once. An object
 * in a magazine is in use for its slab and not live for everybody else. When memory is out,
 * slab_shrink() empties magazines and gives all empty slabs back.
 * What debug builds look at is in slab_debug.c.
 *
 * Magazines are for their CPU's threads: those keep the CPU as long as they are in the kernel, so they
 * need not turn interrupts off. Interrupt handlers go past them, to the slabs.
 *
 * Locks: magazine.lock (spin_lock_own; other CPUs empty a magazine when memory is out) →
 * slab_cache.lock (leaf, interrupts off). Frames are taken and given back with neither held: the page
 * allocator may shrink us.
 */
#include "mm/slab_private.h"

#include "base/ktest.h"
#include "base/mutants.h"
#include "lib/string.h"

#define MIN_ALIGN 16
#define MAX_SLAB_ORDER 3

#define MAGAZINE_BYTES 8192u /* large objects: fewer of them */

struct slab_cache slab_caches[MAX_CACHES];
u32 slab_cache_count;
static struct magazine boot_magazines[MAX_CACHES];
struct magazine *slab_magazines[MAX_CPUS] = { boot_magazines };

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

/* Adds an empty slab. False: out of memory. No lock held. */
static bool slab_grow(struct slab_cache *c)
{
	struct page *p = page_alloc(c->order, 0);
	u64 flags;

	if (!p)
		return false;
	page_account(-(1L << c->order));
	for (u32 i = 0; i < 1u << c->order; i++) {
		p[i].flags = PAGE_IS_SLAB;
		p[i].cache = c;
	}
	slab_cut(c, p);
	flags = spin_lock_irq(&c->lock);
	partial_insert(c, p);
	c->empties++;
	spin_unlock_irq(&c->lock, flags);
	return true;
}

void surplus_add(struct slab_cache *c, struct page *p, struct surplus *s)
{
	partial_remove(c, p);
	p->next = s->first;
	s->first = (u32)(p - page_array);
}

void surplus_free(struct slab_cache *c, struct surplus *s)
{
	while (unlikely(s->first)) {
		struct page *p = page_array + s->first;

		s->first = p->next;
		for (u32 i = 0; i < 1u << c->order; i++)
			p[i].flags = 0;
		page_account(1L << c->order);
		page_put(p);
	}
}

/* -- between slabs and magazines, or interrupt handlers: under the cache's lock -------------------- */

static void *object_take(struct slab_cache *c)
{
	struct page *p = page_array + c->partial;
	void **obj = p->freelist;

	for (u32 i = 0; MUTANT(slablock) && i < 100; i++)
		cpu_relax(); /* somebody comes */
	p->freelist = *obj;
	c->taken++;
	if (p->in_use++ == 0)
		c->empties--;
	if (!p->freelist)
		partial_remove(c, p);
	return obj;
}

static void object_return(struct slab_cache *c, void *obj, struct surplus *s)
{
	struct page *p = slab_of(c, obj);

	debug_only(object_check_free(c, p, obj));
	if (!p->freelist)
		partial_insert(c, p);
	*(void **)obj = p->freelist;
	p->freelist = obj;
	c->taken--;
	if (--p->in_use)
		return;
	if (c->empties)
		surplus_add(c, p, s);
	else
		c->empties = 1;
}

static u64 slabs_lock(struct slab_cache *c)
{
	return MUTANT(slablock) ? irq_save() : spin_lock_irq(&c->lock);
}

static void slabs_unlock(struct slab_cache *c, u64 flags)
{
	if (MUTANT(slablock))
		irq_restore(flags);
	else
		spin_unlock_irq(&c->lock, flags);
}

static void magazine_fill(struct slab_cache *c, struct magazine *m)
{
	u64 flags = slabs_lock(c);

	while (m->count < (c->capacity + 1) / 2 && c->partial)
		m->objects[m->count++] = object_take(c);
	slabs_unlock(c, flags);
}

void magazine_drain(struct slab_cache *c, struct magazine *m, u32 left, struct surplus *s)
{
	u64 flags = slabs_lock(c);

	while (m->count > left)
		object_return(c, m->objects[--m->count], s);
	slabs_unlock(c, flags);
}

/* Past the magazines. NULL: no slab has an object. */
static void *take_directly(struct slab_cache *c)
{
	u64 flags = slabs_lock(c);
	void *obj = c->partial ? object_take(c) : NULL;

	slabs_unlock(c, flags);
	if (obj)
		debug_only(object_check_poison(c, obj));
	return obj;
}

static void return_directly(struct slab_cache *c, void *obj, struct surplus *s)
{
	u64 flags = slabs_lock(c);

	object_return(c, obj, s);
	slabs_unlock(c, flags);
}

/* -- the calls -------------------------------------------------------------------------------- */

/* The magazine of @c of this CPU, @cpu, for a thread. */
static inline struct magazine *magazine_lock(const struct cpu *cpu, const struct slab_cache *c)
{
	struct magazine *m = &cpu->magazines[c->index];

	spin_lock_own(&m->lock);
	return m;
}

/* Under its lock. */
static inline void *magazine_take(const struct slab_cache *c, struct magazine *m)
{
	void *obj = m->objects[--m->count];

	debug_only(object_check_poison(c, obj));
	(void)c;
	return obj;
}

/* Of the magazine, filled if need be, or past it. NULL: no slab has an object either. */
static void *refill_and_take(struct slab_cache *c)
{
	const struct cpu *cpu = cpu_this();
	struct magazine *m;
	void *obj = NULL;

	if (cpu->irq_depth)
		return take_directly(c);
	m = magazine_lock(cpu, c);
	if (!m->count)
		magazine_fill(c, m);
	if (m->count)
		obj = magazine_take(c, m);
	spin_unlock_own(&m->lock);
	return obj;
}

/* The magazine has none for the caller, or a test wants a failure. NULL: out of memory. */
static __attribute__((noinline)) void *alloc_slow(struct slab_cache *c)
{
	void *obj;

	if (fault_injected())
		return NULL;
	do {
		obj = refill_and_take(c);
	} while (!obj && slab_grow(c));
	return obj;
}

/* It calls nothing but the long way, and that at its end, so it saves no register. */
void *slab_alloc(struct slab_cache *c)
{
	const struct cpu *cpu = cpu_this();
	struct magazine *m;
	void *obj;

	if (unlikely(fault_injection_on | cpu->irq_depth))
		return alloc_slow(c);
	m = magazine_lock(cpu, c);
	obj = likely(m->count) ? magazine_take(c, m) : NULL;
	spin_unlock_own(&m->lock);
	return likely(obj) ? obj : alloc_slow(c);
}

u32 slab_alloc_some(struct slab_cache *c, void **objs, u32 n)
{
	const struct cpu *cpu = cpu_this();
	struct magazine *m;

	if (unlikely(fault_injection_on | cpu->irq_depth))
		return 0;
	m = magazine_lock(cpu, c);
	n = MIN(n, m->count);
	for (u32 i = 0; i < n; i++)
		objs[i] = magazine_take(c, m);
	spin_unlock_own(&m->lock);
	return n;
}

void *slab_alloc_zero(struct slab_cache *c)
{
	void *obj = slab_alloc(c);

	return obj ? memset(obj, 0, c->size) : NULL;
}

/* Under its lock. */
static inline void magazine_give(struct magazine *m, void *obj)
{
	m->objects[m->count++] = obj;
}

/* The magazine is full: half of it goes back. Or it is not for the caller. */
static __attribute__((noinline)) void free_slow(struct slab_cache *c, void *obj)
{
	const struct cpu *cpu = cpu_this();
	struct surplus surplus = { 0 };

	if (cpu->irq_depth) {
		return_directly(c, obj, &surplus);
	} else {
		struct magazine *m = magazine_lock(cpu, c);

		if (m->count == c->capacity)
			magazine_drain(c, m, c->capacity / 2, &surplus);
		magazine_give(m, obj);
		spin_unlock_own(&m->lock);
	}
	surplus_free(c, &surplus);
}

/* @obj comes back; is it one of @c's? */
static inline void check_owner(const struct slab_cache *c, void *obj)
{
	const struct page *p = virt_to_page(obj); /* each of a slab's says whose it is */

	ensure((p->flags & PAGE_IS_SLAB) && p->cache == c);
	debug_only(object_poison(c, obj));
}

/* As many of them as the magazine has room for; the number. */
static u32 free_some(const struct slab_cache *c, void *const *objs, u32 n)
{
	const struct cpu *cpu = cpu_this();
	struct magazine *m;
	u32 i;

	if (unlikely(cpu->irq_depth))
		return 0;
	m = magazine_lock(cpu, c);
	n = MIN(n, c->capacity - m->count);
	for (i = 0; i < n; i++) {
		debug_only(magazine_check_free(c, m, objs[i]));
		magazine_give(m, objs[i]);
	}
	spin_unlock_own(&m->lock);
	return n;
}

void slab_free_all(struct slab_cache *c, void *const *objs, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		check_owner(c, objs[i]);
	for (i = free_some(c, objs, n); i < n; i++)
		free_slow(c, objs[i]);
}

void slab_free(struct slab_cache *c, void *obj)
{
	const struct cpu *cpu = cpu_this();
	struct magazine *m;

	check_owner(c, obj);
	if (unlikely(cpu->irq_depth))
		return free_slow(c, obj);
	m = magazine_lock(cpu, c);
	debug_only(magazine_check_free(c, m, obj));
	if (unlikely(m->count == c->capacity)) {
		spin_unlock_own(&m->lock);
		return free_slow(c, obj);
	}
	magazine_give(m, obj);
	spin_unlock_own(&m->lock);
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
	u32 index = __atomic_fetch_add(&slab_cache_count, 1, __ATOMIC_RELAXED);
	struct slab_cache *c = &slab_caches[index];

	ensure(index < MAX_CACHES && stride <= PAGE_SIZE << MAX_SLAB_ORDER);
	ensure((align & (align - 1)) == 0 && align <= PAGE_SIZE);
	c->name = name;
	c->size = (u32)size;
	c->stride = (u32)stride;
	c->order = choose_order(stride);
	c->per_slab = (u16)((PAGE_SIZE << c->order) / stride);
	c->index = (u8)index;
	c->capacity = MIN(MAX(MAGAZINE_BYTES / c->stride, 2u), MAGAZINE_MAX);
	return c;
}
