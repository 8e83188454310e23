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

/*
 * May the leaf be made writable at once? Shared maps must ask their backing first, and a
 * private page only if nobody else has it; else the write fault sees to it.
 */
static bool may_write_now(const struct change *c, const struct page *p)
{
	return (c->prot & MMU_WRITE) && !c->shared && p != zero_page && READ_ONCE(p->refcount) == 1;
}

static int change_leaf(pte_t *slot, u64 va, void *arg)
{
	struct change *c = arg;
	pte_t e = *slot;
	u64 phys = pte_phys(e);
	u32 prot = c->prot & ~MMU_WRITE;

	if (may_write_now(c, phys_to_page(phys)) || (e & PTE_WRITE))
		prot = c->prot;
	*slot = pte_user(phys, prot) | (e & (PTE_ACCESSED | PTE_DIRTY | PTE_COW));
	if (!c->prot)
		*slot &= ~PTE_PRESENT;
	if (e & PTE_PRESENT)
		mmu_flush_add(&c->flush, va);
	return 0;
}

static void change_map(struct space *s, struct vma *v, u32 prot)
{
	struct change c = { .prot = prot, .shared = v->flags & VMA_SHARED };

	v->prot = prot;
	mmu_flush_init(&c.flush, &s->mmu);
	vm_for_each_leaf(s, v->start, v->end, change_leaf, &c);
	mmu_flush_done(&c.flush);
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

/* The part of @v in [start, end) becomes a map of its own. 0, -ENOMEM. */
static int isolate(struct space *s, struct vma **v, u64 start, u64 end)
{
	int err;

	if ((*v)->start < start) {
		err = vma_split(s, *v, start);
		if (err)
			return err;
		*v = vma_next(*v);
	}
	return (*v)->end > end ? vma_split(s, *v, end) : 0;
}

static int protect_locked(struct space *s, u64 start, u64 end, u32 prot)
{
	u64 done = start;
	int err = 0;

	while (done < end) {
		struct vma *v = vma_find(s, done);

		if (!v || v->start > done)
			return -ENOMEM;
		if (v->prot != prot) {
			err = check_change(v, prot);
			if (!err)
				err = isolate(s, &v, start, end);
			if (err)
				return err;
			change_map(s, v, prot);
		}
		done = v->end;
	}
	return 0;
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
	vma_merge(s, addr, end);
	mutex_unlock(&s->lock);
	return err;
}

static bool is_mapped_locked(const struct space *s, u64 start, u64 end)
{
	for (const struct vma *v = vma_find(s, start); v && v->start <= start; v = vma_next(v)) {
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
