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

/* The first leaf in [@at, @end); most of a large map may be empty. */
static inline pte_t *next_leaf(pte_t *at, const pte_t *end)
{
	while (end - at >= 4 && !(at[0] | at[1] | at[2] | at[3]))
		at += 4;
	while (at < end && !*at)
		at++;
	return at;
}

int vm_for_each_leaf(struct space *s, u64 start, u64 end, int (*fn)(pte_t *slot, u64 va, void *arg),
		     void *arg)
{
	pte_t *first, *slot, *last;
	int r = 0;

	if (start >> 21 != (end - 1) >> 21)
		return mmu_for_each(&s->mmu, start, end, fn, arg);
	first = vm_slot(s, start, false);
	if (!first)
		return 0;
	last = first + ((end - start) >> PAGE_SHIFT);
	for (slot = first; !r && (slot = next_leaf(slot, last)) < last; slot++)
		r = fn(slot, start + (u64)(slot - first) * PAGE_SIZE, arg);
	return r;
}
