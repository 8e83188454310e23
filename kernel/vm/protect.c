/* SPDX-License-Identifier: ISC */
/*
 * mprotect and madvise(MADV_DONTNEED) on a space.
 *
 * A leaf of a map without any permission keeps its page but is not present; it comes back
 * when the map gets permissions again. Locks: space.lock.
 */
#include "lib/overflow.h"
#include "machine/trap.h"
#include "vm/vma.h"

struct change {
	struct mmu_flush flush;
	u32 prot;
	bool shared;
};

/* A private page may be written to at once only if nobody else has it; else the fault sees to it. */
static bool may_write_now(const struct change *c, const struct page *p)
{
	return c->shared || (p != zero_page && READ_ONCE(p->refcount) == 1);
}

static inline int change_leaf(pte_t *slot, u64 va, void *arg)
{
	struct change *c = arg;
	pte_t e = *slot;
	u64 phys = pte_phys(e);
	u32 prot = c->prot;

	if ((prot & MMU_WRITE) && !(e & PTE_WRITE) && !may_write_now(c, phys_to_page(phys)))
		prot &= ~MMU_WRITE;
	*slot = pte_user(phys, prot) | (e & (PTE_ACCESSED | PTE_DIRTY));
	if (!c->prot)
		*slot &= ~PTE_PRESENT;
	if (e & PTE_PRESENT)
		mmu_flush_add(&c->flush, va);
	return 0;
}

/* @takes: the map permitted something that @prot does not. A leaf never loses what both permit. */
static void change_leaves(struct space *s, u64 start, u64 end, u32 prot, bool shared, bool takes)
{
	struct change c;

	c.prot = prot;
	c.shared = shared;
	mmu_flush_init(&c.flush, &s->mmu);
	vm_for_each_leaf(s, start, end, change_leaf, &c);
	if (takes)
		mmu_flush_done(&c.flush);
	else
		mmu_flush_here(&c.flush);
}

static int check_change(const struct vma *v, u32 prot)
{
	if ((prot & MMU_WRITE) && (v->flags & VMA_NOWRITE))
		return -EACCES;
	if (!(v->flags & VMA_SHARED) && !(v->prot & MMU_WRITE) &&
	    vm_overcommits(v->end - v->start, prot, v->flags))
		return -ENOMEM;
	return 0;
}

/* Part of @v becomes a map of its own, with @prot. NULL: out of memory, and all is as before. */
static struct vma *cut_out(struct space *s, struct vma *v, u64 start, u64 end, u32 prot)
{
	bool cut = v->start < start;

	if (cut) {
		if (vma_split(s, v, start))
			return NULL;
		v = v->next;
	}
	if (v->end > end && vma_split(s, v, end)) {
		if (cut)
			(void)vma_join_next(s, v->prev);
		return NULL;
	}
	v->prot = prot;
	return v;
}

/* May @prot's part at the border of @a and @b go from the one to the other, which has @prot? */
static bool border_may_move(const struct vma *a, const struct vma *b, const struct vma *to,
			    u32 prot)
{
	return to && to->prot == prot && vma_adjoins(a, b);
}

static void move_border(struct vma *a, struct vma *b, u64 at)
{
	b->offset = vma_offset(b, at);
	b->start = a->end = at;
}

/*
 * [start, end) of @v, which may be all of it, gets @prot. Returns the map where it is then, or NULL:
 * out of memory. Nothing is allocated where a neighbour can take it over.
 */
static struct vma *regroup(struct space *s, struct vma *v, u64 start, u64 end, u32 prot)
{
	struct vma *prev = v->prev, *next = v->next;

	if (v->start == start && v->end == end) {
		v->prot = prot;
		if (prev && vma_join_next(s, prev))
			v = prev;
		(void)vma_join_next(s, v);
		return v;
	}
	if (v->start == start && border_may_move(prev, v, prev, prot)) {
		move_border(prev, v, end);
		return prev;
	}
	if (v->end == end && border_may_move(v, next, next, prot)) {
		move_border(v, next, start);
		return next;
	}
	return cut_out(s, v, start, end, prot);
}

static int protect_locked(struct space *s, u64 start, u64 end, u32 prot)
{
	for (struct vma *v = vma_find(s, start);; v = v->next) {
		int err;

		if (!v || v->start > start)
			return -ENOMEM;
		if (v->prot != prot) {
			u64 to = MIN(v->end, end);
			bool shared = v->flags & VMA_SHARED, takes = v->prot & ~prot;

			err = check_change(v, prot);
			if (err)
				return err;
			v = regroup(s, v, start, to, prot);
			if (!v)
				return -ENOMEM;
			change_leaves(s, start, to, prot, shared, takes);
		}
		if (v->end >= end)
			return 0;
		start = v->end;
	}
}

int space_protect(struct space *s, u64 addr, u64 len, u32 prot)
{
	u64 end;
	int err;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	if (!len)
		return 0;
	if (!range_ok(addr, len, USER_END))
		return -ENOMEM;
	end = addr + ALIGN_UP(len, PAGE_SIZE);
	mutex_lock(&s->lock);
	err = protect_locked(s, addr, end, prot);
	mutex_unlock(&s->lock);
	return err;
}

static bool is_mapped_locked(struct space *s, u64 start, u64 end)
{
	for (const struct vma *v = vma_find(s, start); v && v->start <= start; v = v->next) {
		if (v->end >= end)
			return true;
		start = v->end;
	}
	return false;
}

bool space_is_mapped(struct space *s, u64 addr, u64 len)
{
	bool mapped;

	if (!len || !range_ok(addr, len, USER_END))
		return !len;
	mutex_lock(&s->lock);
	mapped = is_mapped_locked(s, addr, addr + len);
	mutex_unlock(&s->lock);
	return mapped;
}

int space_discard(struct space *s, u64 addr, u64 len)
{
	u64 end;
	int err;

	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	if (!len)
		return 0;
	if (!range_ok(addr, len, USER_END))
		return len > ~addr ? -EINVAL : -ENOMEM;
	end = addr + ALIGN_UP(len, PAGE_SIZE);
	mutex_lock(&s->lock);
	vm_drop_pages(s, addr, end);
	err = is_mapped_locked(s, addr, end) ? 0 : -ENOMEM;
	mutex_unlock(&s->lock);
	return err;
}
