/* SPDX-License-Identifier: ISC */
/*
 * mremap: a map shrinks, grows in place, or moves with its pages (Linux mremap(2)).
 * Locks: space.lock → a backing's.
 */
#include "abi/mman.h"
#include "lib/overflow.h"
#include "machine/trap.h"
#include "vm/vma.h"

struct request {
	u64 old, old_len, new_len;
	u64 to; /* MREMAP_FIXED: the new address, else 0 */
	bool may_move;
};

struct move {
	struct space *space;
	struct mmu_flush flush;
	u64 delta; /* new address - old address */
};

static int make_slot(pte_t *slot, u64 va, void *arg)
{
	struct move *m = arg;

	(void)slot;
	return mmu_slot(&m->space->mmu, va + m->delta, true) ? 0 : -ENOMEM;
}

static int move_leaf(pte_t *slot, u64 va, void *arg)
{
	struct move *m = arg;

	*mmu_slot(&m->space->mmu, va + m->delta, false) = *slot;
	*slot = 0;
	mmu_flush_add(&m->flush, va);
	return 0;
}

/* Moves the pages of @r's old range (within one map) to @to, where nothing is. */
static i64 move_map(struct space *s, struct vma *v, const struct request *r, u64 to)
{
	struct move m = { .space = s, .delta = to - r->old };
	struct vma *nv = vma_alloc(s, v), *tail = vma_alloc(s, NULL);
	u64 end = r->old + r->old_len;

	mmu_flush_init(&m.flush, &s->mmu);
	if (!nv || !tail || vm_for_each_leaf(s, r->old, end, make_slot, &m)) {
		vma_free(s, nv);
		vma_free(s, tail);
		return -ENOMEM;
	}
	/* commit */
	nv->start = to;
	nv->end = to + r->new_len;
	nv->offset = vma_offset(v, r->old);
	nv->flags &= ~(VMA_STACK | VMA_HEAP);
	if (nv->backing)
		nv->backing->ops->get(nv->backing);
	vm_for_each_leaf(s, r->old, end, move_leaf, &m);
	mmu_flush_done(&m.flush);
	vm_unmap_locked(s, r->old, end, &tail);
	vma_free(s, tail);
	vma_link(s, nv, vma_find(s, to));
	s->mapped += r->new_len;
	vma_merge(s, nv->start, nv->end);
	return (i64)to;
}

/* Room for @r->new_len bytes: where MREMAP_FIXED says, or anywhere. */
static i64 find_room(struct space *s, const struct request *r)
{
	struct vma *next;
	u64 to;
	int err;

	if (r->to) {
		err = vm_unmap_range(s, r->to, r->to + r->new_len);
		return err ? err : (i64)r->to;
	}
	to = vma_choose(s, 0, r->new_len, &next);
	return to ? (i64)to : -ENOMEM;
}

static bool grows_in_place(struct space *s, struct vma *v, const struct request *r)
{
	u64 end = r->old + r->new_len;
	const struct vma *next = v->next;

	if (v->end != r->old + r->old_len || end > USER_END || (next && vma_low(next) < end))
		return false;
	s->mapped += end - v->end;
	v->end = end;
	vma_merge(s, v->start, end);
	return true;
}

static i64 remap_locked(struct space *s, struct request *r)
{
	struct vma *v = vma_find(s, r->old);
	i64 to;
	int err;

	if (!v || v->start > r->old)
		return -EFAULT;
	if (r->new_len < r->old_len) {
		err = vm_unmap_range(s, r->old + r->new_len, r->old + r->old_len);
		if (err)
			return err;
		r->old_len = r->new_len;
	}
	if (!r->to && r->new_len == r->old_len)
		return (i64)r->old;
	if (r->old_len > v->end - r->old)
		return -EFAULT;
	if (!(v->flags & VMA_SHARED) && vm_overcommits(r->new_len - r->old_len, v->prot, v->flags))
		return -ENOMEM;
	if (r->new_len > r->old_len &&
	    !vm_within_limits(s, 0, r->new_len - r->old_len, v->prot, v->flags))
		return -ENOMEM;
	if (!r->to && grows_in_place(s, v, r))
		return (i64)r->old;
	if (!r->may_move || s->map_count + 3 > MAX_MAPS)
		return -ENOMEM;
	to = find_room(s, r);
	if (to < 0)
		return to;
	v = vma_find(s, r->old); /* making room may have joined or cut maps */
	return move_map(s, v, r, (u64)to);
}

static int check_request(const struct request *r, u32 flags)
{
	const u32 known = MREMAP_MAYMOVE | MREMAP_FIXED;

	if ((flags & ~known) || ((flags & MREMAP_FIXED) && !(flags & MREMAP_MAYMOVE)))
		return -EINVAL;
	if ((r->old & (PAGE_SIZE - 1)) || !r->old_len || !r->new_len)
		return -EINVAL;
	if (!range_ok(r->old, r->old_len, USER_END))
		return -EFAULT;
	if (!(flags & MREMAP_FIXED))
		return r->new_len > USER_END - USER_START ? -ENOMEM : 0;
	if ((r->to & (PAGE_SIZE - 1)) || !range_ok(r->to, r->new_len, USER_END) ||
	    r->to < USER_START)
		return -EINVAL;
	if (r->to < r->old + r->old_len && r->old < r->to + r->new_len)
		return -EINVAL;
	return 0;
}

i64 space_remap(struct space *s, u64 old_addr, u64 old_len, u64 new_len, u32 flags, u64 new_addr)
{
	struct request r = { .old = old_addr,
			     .old_len = ALIGN_UP(old_len, PAGE_SIZE),
			     .new_len = ALIGN_UP(new_len, PAGE_SIZE),
			     .to = flags & MREMAP_FIXED ? new_addr : 0,
			     .may_move = flags & MREMAP_MAYMOVE };
	i64 result = check_request(&r, flags);

	if (result)
		return result;
	mutex_lock(&s->lock);
	result = remap_locked(s, &r);
	mutex_unlock(&s->lock);
	return result;
}
