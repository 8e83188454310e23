/* SPDX-License-Identifier: ISC */
/* Tests of the page allocator: blocks, merging, the reserve, exhaustion. */
#include "base/ktest.h"
#include "lib/string.h"
#include "mm/buddy.h"

/* Takes blocks of @order until there are none; they are chained on @taken. Returns how many. */
static u64 take_all(struct list *taken, unsigned order, unsigned flags)
{
	struct page *p;
	u64 n = 0;

	for (; (p = page_alloc(order, flags)); n++)
		list_push_front(taken, &p->link);
	return n;
}

static void give_back(struct list *taken)
{
	struct list *l;

	while ((l = list_pop_front(taken)))
		page_put(list_entry(l, struct page, link));
}

KTEST(page_blocks_are_aligned, 100)
{
	u64 free = page_free_count();

	for (unsigned order = 0; order <= PAGE_MAX_ORDER; order++) {
		struct page *p = page_alloc(order, 0);

		KREQUIRE(p);
		KEXPECT_EQ(page_to_phys(p) & ((PAGE_SIZE << order) - 1), 0);
		KEXPECT(page_to_phys(p) >= 1 << 20);
		KEXPECT_EQ(p->refcount, 1);
		KEXPECT_EQ(p->order, order);
		KEXPECT(phys_to_page(page_to_phys(p)) == p);
		KEXPECT_EQ(page_free_count(), free - (1UL << order));
		page_put(p);
	}
	KEXPECT_EQ(page_free_count(), free);
}

KTEST(page_lives_until_last_reference, 20)
{
	struct page *p = page_alloc(0, 0);
	u64 free = page_free_count();

	KREQUIRE(p);
	page_get(p);
	page_put(p);
	KEXPECT_EQ(p->refcount, 1);
	KEXPECT_EQ(page_free_count(), free);
	page_put(p);
	KEXPECT_EQ(page_free_count(), free + 1);
}

/* Blocks of several sizes, one that somebody else has too, one that is there twice. */
KTEST(page_put_all_drops_each_once, 50)
{
	enum { PAGES = 200 };
	static struct page *pages[PAGES + 1];
	u64 free = page_free_count();

	for (u32 i = 0; i < PAGES; i++) {
		pages[i] = page_alloc(i % 50 == 49 ? 2 : 0, 0);
		KREQUIRE(pages[i]);
	}
	page_get(pages[3]);
	page_get(pages[7]);
	pages[PAGES] = pages[7];
	page_put_all(pages, 0);
	page_put_all(pages, PAGES + 1);
	KEXPECT_EQ(pages[3]->refcount, 1);
	KEXPECT_EQ(page_free_count(), free - 1);
	page_put_all(&pages[3], 1);
	KEXPECT_EQ(page_free_count(), free);
	for (u32 i = 0; i < PAGES; i++) /* each is free once: no two are the same */
		pages[i] = page_alloc(0, 0);
	for (u32 i = 0; i < PAGES; i++) {
		KREQUIRE(pages[i]);
		KEXPECT_EQ(pages[i]->refcount, 1);
		pages[i]->refcount++;
	}
	for (u32 i = 0; i < PAGES; i++) {
		KEXPECT_EQ(pages[i]->refcount, 2);
		pages[i]->refcount = 1;
	}
	page_put_all(pages, PAGES);
	KEXPECT_EQ(page_free_count(), free);
}

KTEST(page_zeroed_on_request, 50)
{
	for (unsigned order = 0; order < 3; order++) {
		struct page *p = page_alloc(order, 0);
		u8 *bytes;

		KREQUIRE(p);
		memset(page_to_virt(p), 0xff, PAGE_SIZE << order);
		page_put(p);
		p = page_alloc(order, ALLOC_ZERO);
		KREQUIRE(p);
		bytes = page_to_virt(p);
		for (u64 i = 0; i < PAGE_SIZE << order; i++) {
			if (bytes[i]) {
				KEXPECT_EQ(bytes[i], 0);
				break;
			}
		}
		page_put(p);
	}
}

KTEST(page_blocks_do_not_overlap, 100)
{
	struct list taken = LIST_INIT(taken);
	struct page *p;
	u32 bad = 0;

	for (u32 i = 0; i < 200; i++) {
		p = page_alloc(i % 4, 0);
		KREQUIRE(p);
		memset(page_to_virt(p), (int)i, PAGE_SIZE << p->order);
		p->owner = i;
		list_push_front(&taken, &p->link);
	}
	list_for_each (p, &taken, link) {
		const u8 *bytes = page_to_virt(p);

		bad += bytes[0] != (u8)p->owner;
		bad += bytes[(PAGE_SIZE << p->order) - 1] != (u8)p->owner;
	}
	KEXPECT_EQ(bad, 0);
	give_back(&taken);
}

KTEST(page_exhaustion_and_merging, 3000)
{
	struct list taken = LIST_INIT(taken);
	u64 free, large, n;

	page_shrink(); /* or more would be found than was free */
	free = page_free_count();
	large = take_all(&taken, PAGE_MAX_ORDER, 0);
	KEXPECT(large > 0);
	n = take_all(&taken, 0, 0);
	KEXPECT_EQ(page_free_count(), 0);
	KEXPECT_EQ(n + (large << PAGE_MAX_ORDER), free);
	KEXPECT(!page_alloc(0, 0));
	give_back(&taken);
	KEXPECT_EQ(page_free_count(), free);

	/* The frames have merged: as many large blocks as before, give or take a CPU's cache. */
	n = take_all(&taken, PAGE_MAX_ORDER, 0);
	give_back(&taken);
	KEXPECT(n + 1 >= large);
}

KTEST(page_singles_merge, 200)
{
	enum { FRAMES = 2048 };
	struct list taken = LIST_INIT(taken);
	struct list hog = LIST_INIT(hog);
	struct page *p;

	take_all(&hog, PAGE_MAX_ORDER, 0);
	give_back(&hog); /* whole blocks exist */
	for (u32 i = 0; i < FRAMES; i++) {
		p = page_alloc(0, 0);
		KREQUIRE(p);
		list_push_front(&taken, &p->link);
	}
	give_back(&taken);
	p = page_alloc(PAGE_MAX_ORDER, 0);
	KREQUIRE(p);
	page_put(p);
}

/* However they are linked: @step apart, modulo the block's size, of which it is no divisor. */
static void free_in_order(struct page *block, u32 frames, u32 step)
{
	struct page *list = NULL;

	for (u32 i = 0; i < frames; i++) {
		struct page *p = block + i * step % frames;

		p->next_free = list;
		list = p;
	}
	buddy_free_frames_list(list);
}

KTEST(page_runs_merge, 50)
{
	enum { ORDER = 6, FRAMES = 1 << ORDER };
	static const u32 steps[] = { 1, FRAMES - 1, 3, 27 }; /* downwards, upwards, scattered */

	for (u32 i = 0; i < ARRAY_SIZE(steps); i++) {
		struct page *block = buddy_alloc(ORDER);
		u64 free = buddy_free_frames, counted;

		KREQUIRE(block);
		free_in_order(block, FRAMES, steps[i]);
		KEXPECT_EQ(buddy_free_frames, free + FRAMES);
		KEXPECT(!page_check(&counted));
		for (u32 j = 1; j < FRAMES; j++)
			KEXPECT(!(block[j].flags & PAGE_IS_FREE)); /* no head: it is one block */
	}
}

KTEST(page_reserve_is_the_kernels, 3000)
{
	struct list taken = LIST_INIT(taken);
	struct page *p;

	take_all(&taken, PAGE_MAX_ORDER, ALLOC_USER);
	take_all(&taken, 0, ALLOC_USER);
	KEXPECT(page_memory_low());
	KEXPECT(!page_alloc(0, ALLOC_USER));
	p = page_alloc(0, 0);
	KEXPECT(p);
	if (p)
		page_put(p);
	give_back(&taken);
	KEXPECT(!page_memory_low());
}

KTEST(page_fault_injection, 20)
{
	struct page *p;

	fault_inject(1, 1);
	p = page_alloc(0, 0);
	KREQUIRE(p);
	KEXPECT(!page_alloc(0, 0));
	page_put(p);
	p = page_alloc(0, 0);
	KREQUIRE(p);
	page_put(p);
}
