/* SPDX-License-Identifier: ISC */
/*
 * The tree of maps and the release of pages, for the files of this room. All functions run
 * under space.lock (or on a space that nobody else has yet).
 */
#pragma once

#include "vm/space.h"

#define STACK_GUARD (256 * PAGE_SIZE) /* kept free below a stack, as Linux does */
#define VM_TABLE_SPAN (1UL << 21) /* what a page table maps */
#define VM_AROUND 16 /* pages that a read of one may map, as on Linux; a bit each in a u32 */
#define MAX_MAPS 65530 /* Linux's vm.max_map_count */

/* The page that untouched anonymous memory reads as. Never counted, never written. */
extern struct page *zero_page;

/* All that @from says but its place in the tree and in the list. */
static inline void vma_set_like(struct vma *v, const struct vma *from)
{
	v->start = from->start;
	v->end = from->end;
	v->prot = from->prot;
	v->flags = from->flags;
	v->backing = from->backing;
	v->offset = from->offset;
}

/*
 * A map of @s that is nowhere yet, like @from (NULL: old contents, for vma_cut() to fill); NULL: no
 * memory. A space keeps one at hand: most maps are made soon after another was given up.
 */
struct vma *vma_new(void); /* of the cache */
static inline struct vma *vma_alloc(struct space *s, const struct vma *from)
{
	struct vma *v = s->spare;

	if (likely(v))
		s->spare = v->next;
	else
		v = vma_new();
	if (v && from)
		vma_set_like(v, from);
	return v;
}
void vma_free(struct space *s, struct vma *v); /* NULL is fine; its backing is the caller's */

/* Frees all maps, with their backings: nobody looks for anything there any more. */
void vma_free_all(struct space *s);

void vma_init_cache(void);

/* The lowest map that ends above @addr. */
struct vma *vma_find_down(struct space *s, u64 addr);
static inline struct vma *vma_find(struct space *s, u64 addr)
{
	struct vma *v = s->recent;

	if (v && addr >= v->start) {
		if (addr < v->end)
			return v;
		if (!v->next || addr < v->next->end)
			return v->next;
	}
	return vma_find_down(s, addr);
}

/* Into the list alone, below @next. */
static inline void vma_enlist(struct space *s, struct vma *v, struct vma *next)
{
	struct vma *prev = next ? next->prev : s->last;

	v->prev = prev;
	v->next = next;
	*(next ? &next->prev : &s->last) = v;
	*(prev ? &prev->next : &s->first) = v;
	s->map_count++;
}

/*
 * Puts @v below @next, the lowest map above it (NULL: there is none). It goes into the tree when the
 * next one is linked: maps that come and go in turns, as most do, never get there.
 */
void vma_settle(struct space *s); /* the fresh one, into the tree */
static inline void vma_link(struct space *s, struct vma *v, struct vma *next)
{
	if (s->fresh)
		vma_settle(s);
	vma_enlist(s, v, next);
	s->fresh = v;
}

void vma_unsettle(struct space *s, struct vma *v); /* out of the tree */
static inline void vma_remove(struct space *s, struct vma *v)
{
	if (s->fresh == v)
		s->fresh = NULL;
	else
		vma_unsettle(s, v);
	if (s->recent == v)
		s->recent = v->prev; /* what is asked for next is found behind it */
	*(v->next ? &v->next->prev : &s->last) = v->prev;
	*(v->prev ? &v->prev->next : &s->first) = v->next;
	s->map_count--;
}

/* Makes the tree of a space whose maps are in the list alone (space.unindexed). */
void vma_index(struct space *s);

/* The lowest address that new maps must leave alone for @v's sake. */
static inline u64 vma_low(const struct vma *v)
{
	if (likely(!(v->flags & VMA_STACK)))
		return v->start;
	return v->start > STACK_GUARD ? v->start - STACK_GUARD : 0;
}

/* Byte @addr of the map, as an offset into its backing (0 for anonymous maps). */
static inline u64 vma_offset(const struct vma *v, u64 addr)
{
	return v->backing ? v->offset + (addr - v->start) : 0;
}

/*
 * Cuts @v at @at (inside it); @tail, from vma_alloc, becomes the upper part. Cannot fail.
 * vma_split allocates the tail itself: 0 or -ENOMEM.
 */
void vma_cut(struct space *s, struct vma *v, u64 at, struct vma *tail);
int vma_split(struct space *s, struct vma *v, u64 at);

/* True if @b lies behind @a and shows what follows there: with the same rights they may be one map. */
static inline bool vma_adjoins(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->flags == b->flags && a->backing == b->backing &&
	       vma_offset(a, a->end) == vma_offset(b, b->start);
}

/* True if @b continues @a: the two may be one map. */
static inline bool vma_continues(const struct vma *a, const struct vma *b)
{
	return a->prot == b->prot && vma_adjoins(a, b);
}

/* Lets a neighbour grow over the free range of @tmpl, below @next, if it is of the same kind. */
bool vma_extend(struct space *s, const struct vma *tmpl, struct vma *next);
/* @v takes over the map behind it, which continues it. */
void vma_absorb_next(struct space *s, struct vma *v);
/* Joins @v and the map behind it if they are of the same kind. True: it is @v now. */
static inline bool vma_join_next(struct space *s, struct vma *v)
{
	if (!v->next || !vma_continues(v, v->next))
		return false;
	vma_absorb_next(s, v);
	return true;
}
/* Joins the maps of [start, end) and their neighbours where they are of the same kind. */
void vma_merge(struct space *s, u64 start, u64 end);

/*
 * An address for @len bytes, by Linux's rules for @hint (0: none), and the lowest map above it;
 * 0: there is no room.
 */
u64 vma_choose(struct space *s, u64 hint, u64 len, struct vma **next);

static inline u64 vm_span_end(u64 va)
{
	return ALIGN_DOWN(va, VM_TABLE_SPAN) + VM_TABLE_SPAN;
}

/*
 * As mmu_slot(), but neighbours walk the tables only once. vm_prune() is the only one that
 * takes tables away, and it forgets the remembered one.
 */
pte_t *vm_slot_walk(struct space *s, u64 va, bool create);
static inline pte_t *vm_slot(struct space *s, u64 va, bool create)
{
	if (likely(va >> 21 == s->table_span))
		return s->table + (va >> PAGE_SHIFT & 511);
	return vm_slot_walk(s, va, create);
}

/*
 * A range's leaves, a page table at a time: the first slot of [*va, end) and where those of its table
 * end. *va goes up to where the next table begins if it has none itself; NULL: there is none.
 */
pte_t *vm_slots_walk(struct space *s, u64 *va, u64 end);
static inline pte_t *vm_slots(struct space *s, u64 *va, u64 end, const pte_t **last)
{
	pte_t *slot;

	if (*va >= end)
		return NULL;
	if (likely(*va >> 21 == s->table_span))
		slot = s->table + (*va >> PAGE_SHIFT & 511);
	else
		slot = vm_slots_walk(s, va, end);
	if (slot)
		*last = slot + ((MIN(end, vm_span_end(*va)) - *va) >> PAGE_SHIFT);
	return slot;
}

/* @at is empty: on over those behind it that are seen to be at a glance; most of a large map may be. */
static inline pte_t *vm_skip_empty(pte_t *at, const pte_t *last)
{
	while (last - at > 8 && !(at[1] | at[2] | at[3] | at[4] | at[5] | at[6] | at[7] | at[8]))
		at += 8;
	return at;
}

/* The first leaf that is there, else @last. */
static inline pte_t *vm_first_leaf(pte_t *slot, const pte_t *last)
{
	while (slot < last && !*slot)
		slot = vm_skip_empty(slot, last) + 1;
	return slot;
}

/*
 * Calls fn(slot, va, arg) for each leaf of [start, end). fn may change or clear it; its non-zero
 * result stops and is returned. Inline, for @fn to become part of the loop.
 */
static inline __attribute__((always_inline)) int vm_for_each_leaf(
	struct space *s, u64 start, u64 end, int (*fn)(pte_t *slot, u64 va, void *arg), void *arg)
{
	const pte_t *last;
	pte_t *slot;
	int r;

	for (u64 va = start; (slot = vm_slots(s, &va, end, &last)); va = vm_span_end(va)) {
		u64 base = ALIGN_DOWN(va, VM_TABLE_SPAN);

		for (; slot < last; slot++) {
			if (!*slot) {
				slot = vm_skip_empty(slot, last);
				continue;
			}
			r = fn(slot, base + (((u64)slot & (PAGE_SIZE - 1)) << 9), arg);
			if (r)
				return r;
		}
	}
	return 0;
}

/* Clears the leaves of [start, end) and drops their pages after the flush. */
void vm_drop_pages(struct space *s, u64 start, u64 end);
/* Drops all pages of a space that is no CPU's any more (mmu_leave_all), leaves the leaves there. */
void vm_drop_dead(struct space *s);
/*
 * Frees the page tables that became empty when [start, end) was unmapped, where it is cheap;
 * @next is the lowest map above.
 */
void vm_prune(struct space *s, u64 start, u64 end, const struct vma *next);

/* Unmaps [start, end). 0, or -ENOMEM where it lies within one map, of which two are left then. */
int vm_unmap_range(struct space *s, u64 start, u64 end);
/* The same where it cannot fail: *tail is used then, and NULL afterwards. */
void vm_unmap_locked(struct space *s, u64 start, u64 end, struct vma **tail);

/* True if a map like this would promise more memory than there is (Linux's heuristic). */
static inline bool vm_overcommits(u64 bytes, u32 prot, u32 flags)
{
	return (prot & MMU_WRITE) && !(flags & VMA_NORESERVE) &&
	       bytes >> PAGE_SHIFT > page_total_count();
}

/*
 * May [start, end) become a map like this? What is mapped there now is replaced, so it is not
 * counted twice (limit.c).
 */
bool vm_within_set_limits(struct space *s, u64 start, u64 end, u32 prot, u32 flags);
static inline bool vm_within_limits(struct space *s, u64 start, u64 end, u32 prot, u32 flags)
{
	return (s->max_mapped & s->max_data) == ~0UL ||
	       vm_within_set_limits(s, start, end, prot, flags);
}

/* A frame for a program; NULL: memory is scarce (scarce.c). @flags: ALLOC_ZERO. */
struct page *vm_page(const struct space *s, unsigned flags);

/* As vm_fault_locked() for one who may do what the program may not: the leaf is made for @write, but
 * the program gets no right by it. 0, -EFAULT (no map, or a shared one that is not to be written) … */
int vm_fault_forced(struct space *s, u64 va, bool write);
/* As space_fault, for page-aligned @va, under the lock. */
int vm_fault_locked(struct space *s, u64 va, u32 access);
