/* SPDX-License-Identifier: ISC */
/*
 * Populating: what the first touch of each page of a range would do is done beforehand, without a trap
 * a page (Linux's MAP_POPULATE, MADV_POPULATE_READ and _WRITE, mlock). It is a fault in all else: the
 * same leaves, the same errors. And what a touch would find is told without one (mincore).
 * Locks: space.lock, for no longer than a page table's pages need.
 */
#include "vm/vma.h"

#include "abi/errno.h"

/* Is there a leaf for such an access already? */
static bool is_served(struct space *s, u64 va, bool write)
{
	pte_t need = PTE_PRESENT | (write ? PTE_WRITE : 0);
	const pte_t *slot = vm_slot(s, va, false);

	return slot && (*slot & need) == need;
}

static int populate_pages(struct space *s, u64 *at, u64 end, bool write)
{
	for (; *at < end; *at += PAGE_SIZE) {
		int err;

		if (is_served(s, *at, write))
			continue;
		err = vm_fault_locked(s, *at, write ? ACCESS_WRITE : ACCESS_READ);
		if (err)
			return err == -ENOMEM ? -ENOMEM : -EFAULT;
		thread_current()->faults++; /* as on Linux */
	}
	return 0;
}

static int populate_locked(struct space *s, u64 *at, u64 end, u32 need)
{
	const struct vma *v = vma_find(s, *at);
	int err;

	if (!v || v->start > *at) {
		*at = v ? MIN(v->start, end) : end;
		return -ENOMEM;
	}
	if (need ? !(v->prot & need) : !v->prot) {
		*at = MIN(v->end, end);
		return -EINVAL;
	}
	end = MIN(end, v->end);
	err = populate_pages(s, at, MIN(end, vm_span_end(*at)),
			     (need ? need : v->prot) & MMU_WRITE);
	if (err)
		*at = end;
	return err;
}

int space_populate(struct space *s, u64 *at, u64 end, u32 need)
{
	int err;

	mutex_lock(&s->lock);
	err = populate_locked(s, at, end, need);
	mutex_unlock(&s->lock);
	return err;
}

/* Would a touch of the page find it in memory, in the tables or in the file? */
static bool is_resident(struct space *s, const struct vma *v, u64 va)
{
	const pte_t *slot = vm_slot(s, va, false);
	const struct backing *b = v->backing;
	struct page *p;

	if (slot && *slot)
		return true;
	if (!b || !b->ops->resident)
		return b;
	if (!b->ops->resident(v->backing, vma_offset(v, va) >> PAGE_SHIFT, 1, &p))
		return false;
	page_put(p);
	return true;
}

int space_residency(struct space *s, u64 at, u32 pages, u8 *out)
{
	int err = 0;

	mutex_lock(&s->lock);
	for (u32 i = 0; i < pages && !err; i++, at += PAGE_SIZE) {
		const struct vma *v = vma_find(s, at);

		if (v && v->start <= at)
			out[i] = is_resident(s, v, at);
		else
			err = -ENOMEM;
	}
	mutex_unlock(&s->lock);
	return err;
}
