/* SPDX-License-Identifier: ISC */
/* Tests of slabs and kmalloc: sizes, overlap, exhaustion, fault injection. */
#include "abi/errno.h"
#include "base/ktest.h"
#include "lib/string.h"
#include "mm/page.h"
#include "mm/slab_private.h"

/* Made once: caches are for ever. */
static struct slab_cache *test_cache(void)
{
	static struct slab_cache *c;

	if (!c)
		c = slab_create("test-40", 40, 0);
	return c;
}

KTEST(slab_objects_do_not_overlap, 50)
{
	enum { OBJECTS = 500 };
	static u8 *objects[OBJECTS];
	struct slab_cache *c = test_cache();
	u32 bad = 0;

	for (u32 i = 0; i < OBJECTS; i++) {
		objects[i] = slab_alloc(c);
		KREQUIRE(objects[i]);
		KEXPECT_EQ((u64)objects[i] % 16, 0);
		memset(objects[i], (int)i, 40);
	}
	KEXPECT_EQ(slab_live(c), OBJECTS);
	for (u32 i = 0; i < OBJECTS; i++)
		bad += objects[i][0] != (u8)i || objects[i][39] != (u8)i;
	KEXPECT_EQ(bad, 0);
	for (u32 i = 0; i < OBJECTS; i++) /* 7 and 500 have no common factor: all are met */
		slab_free(c, objects[i * 7 % OBJECTS]);
	KEXPECT_EQ(slab_live(c), 0);
}

KTEST(slab_zeroes_on_request, 20)
{
	struct slab_cache *c = test_cache();
	u8 *obj = slab_alloc(c);

	KREQUIRE(obj);
	memset(obj, 0xff, 40);
	slab_free(c, obj);
	obj = slab_alloc_zero(c);
	KREQUIRE(obj);
	for (u32 i = 0; i < 40; i++)
		KEXPECT_EQ(obj[i], 0);
	slab_free(c, obj);
}

/* Takes and gives back as a handler that has interrupted this thread, interrupts off. False: it got nothing. */
static bool use_in_handler(struct slab_cache *c)
{
	struct page *p;
	void *obj;

	cpu_this()->irq_depth++;
	obj = slab_alloc(c);
	p = page_alloc(0, 0);
	if (obj)
		slab_free(c, obj);
	if (p)
		page_put(p);
	cpu_this()->irq_depth--;
	return obj && p;
}

/* The thread may be at its magazine just then. */
KTEST(slab_handlers_go_past_magazines, 20)
{
	struct slab_cache *c = test_cache();
	u64 flags = irq_save();
	struct magazine *m = &cpu_this()->magazines[c->index];
	u32 count = m->count;
	bool used;

	spin_lock_own(&m->lock);
	used = use_in_handler(c);
	spin_unlock_own(&m->lock);
	KEXPECT(used);
	KEXPECT_EQ(m->count, count);
	irq_restore(flags);
	KEXPECT_EQ(slab_live(c), 0);
}

KTEST(slab_empties_go_back, 50)
{
	enum { OBJECTS = 4000 };
	struct slab_cache *c = test_cache();
	u64 free = page_free_count();
	void **list = NULL, **obj;

	for (u32 i = 0; i < OBJECTS; i++) {
		obj = slab_alloc(c);
		KREQUIRE(obj);
		*obj = list;
		list = obj;
	}
	KEXPECT(page_free_count() + OBJECTS * 48 / PAGE_SIZE <= free + 1);
	while ((obj = list)) {
		list = *obj;
		slab_free(c, obj);
	}
	KEXPECT(page_free_count() + 1 >= free);
}

KTEST(slab_describes_itself, 20)
{
	const char *name;
	u64 live;
	u32 size;
	bool found = false;

	test_cache();
	for (unsigned i = 0; slab_describe(i, &name, &live, &size); i++)
		found |= strcmp(name, "test-40") == 0 && size == 40 && live == 0;
	KEXPECT(found);
}

KTEST(kmalloc_every_size, 100)
{
	static const size_t sizes[] = { 1,    15,   16,   17,    32,    33,    63,   64,   65,
					100,  128,  500,  512,   1000,  1024,  1025, 2048, 4096,
					4097, 8192, 8193, 10000, 16384, 65536, 65537 };
	u8 *p[ARRAY_SIZE(sizes)];

	KEXPECT(!kmalloc(0));
	KEXPECT(!kmalloc(~0UL));
	KEXPECT(!kmalloc((PAGE_SIZE << PAGE_MAX_ORDER) + 1));
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = kmalloc(sizes[i]);
		KREQUIRE(p[i]);
		memset(p[i], (int)i, sizes[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		KEXPECT_EQ(p[i][0], i);
		KEXPECT_EQ(p[i][sizes[i] - 1], i);
		kfree(p[i]);
	}
	kfree(NULL);
}

KTEST(kmalloc_strdup, 20)
{
	char *copy = kstrdup("leash");

	KREQUIRE(copy);
	KEXPECT_EQ(strcmp(copy, "leash"), 0);
	kfree(copy);
}

/* Nearly all memory is taken away first, so that the rest is used up quickly. */
KTEST(slab_exhaustion, 3000)
{
	struct slab_cache *c = test_cache();
	struct list hog = LIST_INIT(hog);
	void **list = NULL, **obj;
	struct page *p;
	u64 n = 0;

	while ((p = page_alloc(PAGE_MAX_ORDER, 0)))
		list_push_front(&hog, &p->link);
	while ((p = page_alloc(4, 0)))
		list_push_front(&hog, &p->link);
	while ((obj = slab_alloc(c))) {
		*obj = list;
		list = obj;
		n++;
	}
	KEXPECT_EQ(slab_live(c), n);
	KEXPECT(!slab_alloc(c));
	KEXPECT(!kmalloc(65536));
	while ((obj = list)) {
		list = *obj;
		slab_free(c, obj);
	}
	while (!list_empty(&hog))
		page_put(list_entry(list_pop_front(&hog), struct page, link));
	KEXPECT_EQ(slab_live(c), 0);
}

/* Allocates a few of each kind; frees all. 0 or -ENOMEM. */
static int allocate_some(void)
{
	void *p[12];
	u32 n = 0;

	while (n < ARRAY_SIZE(p) && (p[n] = kmalloc(1000UL << n / 2)))
		n++;
	for (u32 i = 0; i < n; i++)
		kfree(p[i]);
	return n == ARRAY_SIZE(p) ? 0 : -ENOMEM;
}

KTEST(slab_fault_injection, 50)
{
	u32 failed = 0;

	for (u32 skip = 0; skip < 100; skip++) {
		fault_inject(skip, 1);
		failed += allocate_some() != 0;
	}
	fault_inject(0, 0);
	KEXPECT(failed >= 12);
	KEXPECT_EQ(allocate_some(), 0);
}

/* A magazine that its thread is at is not emptied under his hands when memory is out. */
KTEST(slab_used_magazine_is_not_shrunk, 20)
{
	struct slab_cache *c = test_cache();
	void *obj = slab_alloc(c);
	struct magazine *m;
	u64 flags;

	KREQUIRE(obj);
	slab_free(c, obj);
	flags = irq_save();
	m = &cpu_this()->magazines[c->index];
	spin_lock_own(&m->lock);
	slab_shrink();
	KEXPECT(m->count > 0);
	spin_unlock_own(&m->lock);
	slab_shrink();
	KEXPECT_EQ(m->count, 0);
	irq_restore(flags);
}
