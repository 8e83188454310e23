/* SPDX-License-Identifier: ISC */
/*
 * Binary buddies. Freeing merges with the neighbour as long as it is free and of the same
 * size; allocating takes the smallest block that is large enough and gives the halves back.
 *
 * Invariant and lock: mm/buddy.h. A frame that is in no list has PAGE_IS_FREE clear, so one
 * test of the neighbour's head tells whether it may be merged.
 */
#include "mm/buddy.h"

#include "base/spinlock.h"

u64 buddy_free_frames; /* [buddy_lock] */

static struct spinlock buddy_lock = SPINLOCK_INIT;
static struct list free_lists[PAGE_MAX_ORDER + 1]; /* [buddy_lock] */

void buddy_init(void)
{
	for (unsigned i = 0; i <= PAGE_MAX_ORDER; i++)
		list_init(&free_lists[i]);
}

static void block_insert(struct page *p, unsigned order)
{
	p->order = (u8)order;
	p->flags = PAGE_IS_FREE;
	list_push_front(&free_lists[order], &p->link);
}

static void block_take(struct page *p)
{
	list_remove(&p->link);
	p->flags = 0;
}

static struct page *alloc_locked(unsigned order)
{
	unsigned found = order;
	struct page *p;

	while (list_empty(&free_lists[found])) {
		if (++found > PAGE_MAX_ORDER)
			return NULL;
	}
	p = list_first(&free_lists[found], struct page, link);
	block_take(p);
	while (found > order) {
		found--;
		block_insert(p + (1UL << found), found);
	}
	buddy_free_frames -= 1UL << order;
	return p;
}

struct page *buddy_alloc(unsigned order)
{
	u64 flags = spin_lock_irq(&buddy_lock);
	struct page *p = alloc_locked(order);

	spin_unlock_irq(&buddy_lock, flags);
	return p;
}

/* The @n frames from @first on go before those in *@list. */
static void put_in_front(struct page *first, unsigned n, struct page **list)
{
	struct page *last = first + n - 1;

	for (struct page *p = first; p < last; p++)
		p->next_free = p + 1;
	last->next_free = *list;
	*list = first;
}

/* Single frames as long as there are any, @most of them; how many. */
static unsigned take_singles(struct page **list, unsigned most)
{
	struct page *p;
	unsigned got = 0;

	for (; got < most && (p = alloc_locked(0)); got++)
		put_in_front(p, 1, list);
	return got;
}

unsigned buddy_alloc_frames(struct page **list, unsigned order)
{
	u64 flags = spin_lock_irq(&buddy_lock);
	unsigned got = 1u << order;
	struct page *p = alloc_locked(order);

	if (likely(p)) /* cut up */
		put_in_front(p, got, list);
	else
		got = take_singles(list, got);
	spin_unlock_irq(&buddy_lock, flags);
	return got;
}

static void free_locked(struct page *p, unsigned order)
{
	u64 frame = (u64)(p - page_array);

	buddy_free_frames += 1UL << order;
	for (; order < PAGE_MAX_ORDER; order++) {
		u64 neighbour = frame ^ (1UL << order);
		struct page *b = page_array + neighbour;

		if (neighbour >= page_frames || !(b->flags & PAGE_IS_FREE) || b->order != order)
			break;
		block_take(b);
		frame &= ~(1UL << order);
	}
	block_insert(page_array + frame, order);
}

void buddy_free(struct page *p, unsigned order)
{
	u64 flags = spin_lock_irq(&buddy_lock);

	free_locked(p, order);
	spin_unlock_irq(&buddy_lock, flags);
}

/* In as large blocks as they make by themselves. */
static void free_range_locked(u64 first, u64 end)
{
	while (first < end) {
		unsigned aligned = (unsigned)__builtin_ctzl(first | 1UL << PAGE_MAX_ORDER);
		unsigned fits = 63 - (unsigned)__builtin_clzl(end - first);
		unsigned order = MIN(aligned, fits);

		free_locked(page_array + first, order);
		first += 1UL << order;
	}
}

/* Takes from @list those that lie side by side, upwards or downwards, and what follows is left of it. */
static void free_run_locked(struct page **list)
{
	struct page *p = *list, *first = p, *end = p + 1;

	for (p = p->next_free; p; p = p->next_free) {
		if (p + 1 == first)
			first--;
		else if (p == end)
			end++;
		else
			break;
	}
	*list = p;
	free_range_locked((u64)(first - page_array), (u64)(end - page_array));
}

void buddy_free_frames_list(struct page *list)
{
	u64 flags = spin_lock_irq(&buddy_lock);

	while (list)
		free_run_locked(&list);
	spin_unlock_irq(&buddy_lock, flags);
}

void buddy_add_range(u64 first, u64 end)
{
	u64 flags = spin_lock_irq(&buddy_lock);

	free_range_locked(first, end);
	spin_unlock_irq(&buddy_lock, flags);
}

static const char *check_block(const struct page *p, unsigned order)
{
	u64 frame = (u64)(p - page_array);

	if (frame >= page_frames || frame & ((1UL << order) - 1))
		return "a block that is none";
	if (p->flags != PAGE_IS_FREE || p->order != order)
		return "a block of another kind in a list";
	for (u64 i = 0; i < 1UL << order; i++)
		if (p[i].refcount)
			return "a free frame in use";
	return NULL;
}

const char *page_check(u64 *frames)
{
	u64 flags = spin_lock_irq(&buddy_lock);
	const char *wrong = NULL;
	struct page *p;

	*frames = 0;
	for (unsigned order = 0; order <= PAGE_MAX_ORDER && !wrong; order++) {
		list_for_each (p, &free_lists[order], link) {
			wrong = check_block(p, order);
			if (wrong)
				break;
			*frames += 1UL << order;
		}
	}
	if (!wrong && *frames != buddy_free_frames)
		wrong = "a wrong count of frames";
	spin_unlock_irq(&buddy_lock, flags);
	return wrong;
}
