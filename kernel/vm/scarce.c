/* SPDX-License-Identifier: ISC */
/*
 * Scarce memory: who may still take a page, and taking back what a dying program has.
 *
 * While only the kernel's reserve is left (page_memory_low), a space that is small itself may use
 * the upper half of it, so that it is the glutton who fails and not its neighbours. The lower half
 * is for what the kernel itself needs to go on. Who fails is judged in proc/oom.c.
 * Locks: space.lock.
 */
#include "vm/vma.h"

#define MODEST_PAGES 512 /* 2 MiB, page tables included */

u64 space_cost(const struct space *s)
{
	return READ_ONCE(s->pages) + READ_ONCE(s->mmu.table_count);
}

bool space_may_take(const struct space *s)
{
	if (likely(!page_memory_low()))
		return true;
	return space_cost(s) < MODEST_PAGES && page_free_count() > page_total_count() / 128;
}

struct page *vm_page(const struct space *s, unsigned flags)
{
	struct page *p = page_alloc(0, flags | ALLOC_USER);

	if (unlikely(!p) && page_memory_low() && space_may_take(s))
		p = page_alloc(0, flags);
	return p;
}

void space_reap(struct space *s)
{
	mutex_lock(&s->lock);
	s->reaped = true;
	s->recent = NULL;
	for (struct vma *v = s->first; v; v = v->next) {
		if (!(v->flags & VMA_SHARED))
			vm_drop_pages(s, v->start, v->end);
	}
	mutex_unlock(&s->lock);
}
