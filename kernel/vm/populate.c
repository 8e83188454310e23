/* SPDX-License-Identifier: ISC */
/*
 * Populating: what the first touch of each page of a range would do is done beforehand, without a trap
 * a page (Linux's MAP_POPULATE, MADV_POPULATE_READ and _WRITE, mlock). It is a fault in all else: the
 * same leaves, the same errors. Locks: space.lock, for no longer than a page table's pages need.
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
		err = vm_fault_locked(s, *at, write, false);
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
