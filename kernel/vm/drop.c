/* SPDX-License-Identifier: ISC */
/*
 * Taking pages away: leaves are cleared, the TLBs are told, and only then are the pages
 * dropped, since until then another CPU may still write to them.
 *
 * Invariant: a page in a gather has lost its leaf but keeps the leaf's reference until after
 * mmu_flush_done(). Locks: space.lock.
 */
#include "vm/vma.h"

#define GATHER_PAGES 60
#define USER_SLOTS_END (1UL << 47) /* end of the last user page table */

struct gather {
	struct mmu_flush flush;
	struct space *space;
	u32 count;
	struct page *pages[GATHER_PAGES];
};

static void gather_finish(struct gather *g)
{
	mmu_flush_done(&g->flush);
	if (!g->count)
		return;
	g->space->pages -= g->count;
	page_put_all(g->pages, g->count);
	g->count = 0;
}

static inline int clear_leaf(pte_t *slot, u64 va, void *arg)
{
	struct gather *g = arg;
	pte_t e = *slot;
	struct page *p = phys_to_page(pte_phys(e));

	*slot = 0;
	if (e & PTE_PRESENT)
		mmu_flush_add(&g->flush, va);
	if (p == zero_page)
		return 0;
	g->pages[g->count++] = p;
	if (g->count == GATHER_PAGES) {
		gather_finish(g);
		mmu_flush_init(&g->flush, &g->space->mmu);
	}
	return 0;
}

static __attribute__((noinline)) void drop_leaves(struct space *s, u64 start, u64 end)
{
	struct gather g;

	g.space = s;
	g.count = 0;
	mmu_flush_init(&g.flush, &s->mmu);
	vm_for_each_leaf(s, start, end, clear_leaf, &g);
	gather_finish(&g);
}

/* Where the first leaf of [start, end) may be: what is empty under the remembered table is skipped. */
static inline u64 skip_untouched(const struct space *s, u64 start, u64 end)
{
	u64 to = MIN(end, vm_span_end(start));
	pte_t *slot, *last;

	if (start >> 21 != s->table_span)
		return start;
	slot = s->table + (start >> PAGE_SHIFT & 511);
	last = slot + ((to - start) >> PAGE_SHIFT);
	return to - (u64)(last - vm_first_leaf(slot, last)) * PAGE_SIZE;
}

/* The short way, without a stack frame, is for what nobody has touched. */
void vm_drop_pages(struct space *s, u64 start, u64 end)
{
	start = skip_untouched(s, start, end);
	if (start < end)
		drop_leaves(s, start, end);
}

/* Without a flush: nobody can use a translation any more. */
static inline int pile_leaf(pte_t *slot, u64 va, void *arg)
{
	struct page *p = phys_to_page(pte_phys(*slot));

	(void)va;
	if (p != zero_page)
		page_pile_add(arg, p);
	return 0;
}

void vm_drop_dead(struct space *s)
{
	struct page_pile pile = { 0 };

	for (const struct vma *v = s->first; v; v = v->next)
		vm_for_each_leaf(s, v->start, v->end, pile_leaf, &pile);
	page_pile_drop(&pile);
}

bool space_drop_beyond(struct space *s, const struct backing *b, u64 from)
{
	struct vma *v;
	u64 before;

	mutex_lock(&s->lock);
	before = s->pages;
	for (v = s->first; v; v = v->next) {
		u64 first = v->offset / PAGE_SIZE, pages = (v->end - v->start) / PAGE_SIZE;

		if (v->backing != b || first + pages <= from)
			continue;
		vm_drop_pages(s, v->start + (from > first ? from - first : 0) * PAGE_SIZE, v->end);
	}
	before -= s->pages;
	mutex_unlock(&s->lock);
	return before;
}

/* CPUs may have walked the tables again since the pages' flush: they forget them first. */
static void prune(struct space *s, u64 start, u64 end)
{
	struct mmu_flush f;

	s->table_span = ~0UL;
	mmu_flush_init(&f, &s->mmu);
	mmu_prune(&f, start, end);
	mmu_flush_done(&f);
}

/*
 * A small hole costs no search for empty tables: the next map will most likely need its table
 * again. A gigabyte that became empty is looked through, so that scattered small maps
 * cannot pile up tables.
 */
void vm_prune(struct space *s, u64 start, u64 end, const struct vma *next)
{
	const struct vma *prev = next ? next->prev : s->last;
	u64 low = prev ? prev->end : 0, high = next ? next->start : USER_SLOTS_END;
	u64 first = 0, last = 0;

	for (unsigned shift = 30; shift <= 39; shift += 9) {
		u64 from = ALIGN_DOWN(start, 1UL << shift), to = ALIGN_UP(end, 1UL << shift);

		if (to > high || from < low)
			break;
		first = from;
		last = to;
	}
	if (first < last) {
		prune(s, first, last);
		return;
	}
	if (end - start < VM_TABLE_SPAN)
		return;
	low = MAX(ALIGN_DOWN(start, VM_TABLE_SPAN), ALIGN_UP(low, VM_TABLE_SPAN));
	high = MIN(ALIGN_UP(end, VM_TABLE_SPAN), ALIGN_DOWN(high, VM_TABLE_SPAN));
	if (low < high)
		prune(s, low, high);
}
