/* SPDX-License-Identifier: ISC */
/*
 * fork: maps are copied, private pages shared until one side writes (OSTEP 5.1, 23.2).
 *
 * Leaves of shared maps are not copied: the child's first touch asks the backing and gets the
 * same page. Invariant: after the flush no CPU can write to a page that both sides have.
 * Locks: the parent's space.lock; the child is nobody's yet.
 */
#include "base/mutants.h"
#include "vm/vma.h"

struct copy {
	struct space *dst;
	struct mmu_flush flush; /* of the parent */
};

/* The leaf of @va loses its right to write, in the parent too. */
static pte_t share_leaf(struct copy *c, pte_t *slot, u64 va)
{
	mmu_flush_add(&c->flush, va);
	return *slot &= ~PTE_WRITE;
}

/*
 * Those of the leaves from @slot to @last that are there go to @child and on, @va is the first one's.
 * Returns how many have a page of their own.
 */
static u32 copy_leaves(struct copy *c, pte_t *slot, const pte_t *last, u64 va, pte_t *child)
{
	u64 to_child = (u64)child - (u64)slot; /* bytes: an index costs two instructions a leaf */
	const pte_t *first = slot;
	u32 pages = 0;

	for (; slot < last; slot++) {
		pte_t e = *slot;
		struct page *p = phys_to_page(pte_phys(e));

		if (!e) {
			slot = vm_skip_empty(slot, last);
			continue;
		}
		if ((e & PTE_WRITE) && !MUTANT(cow))
			e = share_leaf(c, slot, va + (u64)(slot - first) * PAGE_SIZE);
		*(pte_t *)((u64)slot + to_child) = e;
		if (p != zero_page) {
			page_get(p);
			pages++;
		}
	}
	return pages;
}

static int copy_range(struct copy *c, struct space *src, u64 start, u64 end)
{
	const pte_t *last;
	pte_t *slot, *child;

	for (u64 va = start; (slot = vm_slots(src, &va, end, &last)); va = vm_span_end(va)) {
		pte_t *first = vm_first_leaf(slot, last);

		if (first == last)
			continue;
		va += (u64)(first - slot) * PAGE_SIZE;
		child = vm_slot(c->dst, va, true);
		if (!child)
			return -ENOMEM;
		c->dst->pages += copy_leaves(c, first, last, va, child);
	}
	return 0;
}

static int copy_map(struct space *dst, const struct vma *from)
{
	struct vma *v = space_may_take(dst) ? vma_alloc(dst, from) : NULL;

	if (!v)
		return -ENOMEM;
	if (v->backing)
		v->backing->ops->get(v->backing);
	vma_enlist(dst, v, NULL);
	dst->mapped += v->end - v->start;
	return 0;
}

static int copy_all(struct space *dst, struct space *src)
{
	struct copy c = { .dst = dst };
	int err = 0;

	dst->unindexed = true;
	space_expect_maps(dst, src->map_count);
	mmu_flush_init(&c.flush, &src->mmu);
	for (struct vma *v = src->first; v && !err; v = v->next) {
		err = copy_map(dst, v);
		if (!err && !(v->flags & VMA_SHARED))
			err = copy_range(&c, src, v->start, v->end);
	}
	mmu_flush_done(&c.flush);
	return err;
}

static void copy_fields(struct space *dst, const struct space *src)
{
	dst->brk_start = src->brk_start;
	dst->brk = src->brk;
	dst->stack_top = src->stack_top;
	dst->stack_limit = src->stack_limit;
	dst->max_mapped = src->max_mapped;
	dst->max_data = src->max_data;
	dst->map_top = src->map_top;
	dst->args_start = src->args_start;
	dst->env_start = src->env_start;
	dst->args_end = src->args_end;
	dst->auxv_start = src->auxv_start;
	dst->auxv_end = src->auxv_end;
}

struct space *space_fork(struct space *src)
{
	struct space *dst = space_may_take(src) ? space_create() : NULL;
	int err;

	if (!dst)
		return NULL;
	mutex_lock(&src->lock);
	copy_fields(dst, src);
	err = src->reaped ? -ENOMEM : copy_all(dst, src);
	mutex_unlock(&src->lock);
	if (err) {
		space_put(dst);
		return NULL;
	}
	return dst;
}
