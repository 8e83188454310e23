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

pte_t *vm_slots_walk(struct space *s, u64 *va, u64 end)
{
	pte_t *slot = mmu_next_slot(&s->mmu, va, end);

	if (slot) {
		s->table_span = *va >> 21;
		s->table = slot - (*va >> PAGE_SHIFT & 511);
	}
	return slot;
}
