/* SPDX-License-Identifier: ISC */
/*
 * Leaves of a space, fast where accesses are close together: the page table used last is
 * remembered, and a range within one table is not walked from the top.
 *
 * Invariant: space.table is the table of span space.table_span as long as nothing is pruned.
 * Locks: space.lock.
 */
#include "vm/vma.h"

pte_t *vm_slot_walk(struct space *s, u64 va, bool create)
{
	pte_t *slot = mmu_slot(&s->mmu, va, create && space_may_take(s));

	if (slot) {
		s->table_span = va >> 21;
		s->table = slot - (va >> PAGE_SHIFT & 511);
	}
	return slot;
}

int vm_for_each_leaf(struct space *s, u64 start, u64 end, int (*fn)(pte_t *slot, u64 va, void *arg),
		     void *arg)
{
	pte_t *slot;
	int r = 0;

	if (start >> 21 != (end - 1) >> 21)
		return mmu_for_each(&s->mmu, start, end, fn, arg);
	slot = vm_slot(s, start, false);
	if (!slot)
		return 0;
	for (; start < end && !r; start += PAGE_SIZE, slot++) {
		if (*slot)
			r = fn(slot, start, arg);
	}
	return r;
}
