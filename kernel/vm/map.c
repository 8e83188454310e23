/* SPDX-License-Identifier: ISC */
/*
 * mmap, munmap and brk on a space.
 *
 * Each call validates, acquires the memory it may need, then commits; nothing after the
 * commit comment fails. Locks: space.lock → a backing's.
 */
#include "lib/overflow.h"
#include "machine/trap.h"
#include "vm/vma.h"

/* -- unmapping ------------------------------------------------------------------------- */

/* Does [start, end) begin and end inside one map, @v, so that unmapping it needs a tail? */
static bool needs_tail(const struct vma *v, u64 start, u64 end)
{
	return v && v->start < start && v->end > end;
}

static inline void discard_vma(struct space *s, struct vma *v)
{
	vma_remove(s, v);
	if (v->backing)
		v->backing->ops->put(v->backing);
	vma_free(s, v);
}

/* Takes [start, end) out of @v, which overlaps it without being cut in two. */
static void trim(struct space *s, struct vma *v, u64 start, u64 end)
{
	if (v->start >= start && v->end <= end) {
		s->mapped -= v->end - v->start;
		discard_vma(s, v);
	} else if (v->start < start) {
		s->mapped -= v->end - start;
		v->end = start;
	} else {
		s->mapped -= end - v->start;
		v->offset = vma_offset(v, end);
		v->start = end;
	}
}

/* @v: the lowest map that ends above @start. */
static void unmap_from(struct space *s, struct vma *v, u64 start, u64 end, struct vma **tail)
{
	struct vma *next;

	if (!v || v->start >= end)
		return;
	if (v->start < start && v->end > end) {
		vma_cut(s, v, end, *tail);
		*tail = NULL;
	}
	vm_drop_pages(s, start, end);
	for (; v && v->start < end; v = next) {
		next = v->next;
		trim(s, v, start, end);
	}
	vm_prune(s, start, end, v);
}

void vm_unmap_locked(struct space *s, u64 start, u64 end, struct vma **tail)
{
	unmap_from(s, vma_find(s, start), start, end, tail);
}

int vm_unmap_range(struct space *s, u64 start, u64 end)
{
	struct vma *v = vma_find(s, start), *tail = NULL;

	if (needs_tail(v, start, end)) {
		tail = s->map_count < MAX_MAPS ? vma_alloc(s, NULL) : NULL;
		if (!tail)
			return -ENOMEM;
	}
	unmap_from(s, v, start, end, &tail);
	return 0;
}

int space_unmap(struct space *s, u64 addr, u64 len)
{
	int err;

	if ((addr & (PAGE_SIZE - 1)) || !len || !range_ok(addr, len, USER_END))
		return -EINVAL;
	mutex_lock(&s->lock);
	err = vm_unmap_range(s, addr, addr + ALIGN_UP(len, PAGE_SIZE));
	mutex_unlock(&s->lock);
	return err;
}

/* -- mapping --------------------------------------------------------------------------- */

/* Links @v, which is what faults will be about next. Takes a reference on its backing. */
static inline void add_map(struct space *s, struct vma *v, struct vma *next)
{
	if (v->backing)
		v->backing->ops->get(v->backing);
	s->mapped += v->end - v->start;
	vma_link(s, v, next);
	if (likely(!s->reaped))
		s->recent = v;
}

/* Maps @tmpl's range, where nothing is; @next is the lowest map above. 0, -ENOMEM. */
static int map_free_range(struct space *s, const struct vma *tmpl, struct vma *next)
{
	struct vma *v;

	if (vma_extend(s, tmpl, next)) {
		s->mapped += tmpl->end - tmpl->start;
		return 0;
	}
	v = s->map_count + 2 <= MAX_MAPS ? vma_alloc(s, tmpl) : NULL;
	if (!v)
		return -ENOMEM;
	add_map(s, v, next);
	return 0;
}

/* Maps @tmpl's range and unmaps what is there; @next is the lowest of it. 0, -ENOMEM. */
static int map_over(struct space *s, const struct vma *tmpl, const struct vma *next)
{
	struct vma *v, *tail = NULL;

	if (s->map_count + 2 > MAX_MAPS)
		return -ENOMEM;
	v = vma_alloc(s, tmpl);
	if (!v)
		return -ENOMEM;
	if (needs_tail(next, tmpl->start, tmpl->end)) {
		tail = vma_alloc(s, NULL);
		if (!tail) {
			vma_free(s, v);
			return -ENOMEM;
		}
	}
	/* commit */
	vm_unmap_locked(s, v->start, v->end, &tail);
	add_map(s, v, vma_find(s, v->end));
	vma_merge(s, tmpl->start, tmpl->end);
	return 0;
}

/* Where a map goes: free, but for what MAP_AT_FIXED replaces. */
struct place {
	u64 start;
	struct vma *next; /* the lowest map that ends above it */
};

/* 0, -ENOMEM (no room), -EEXIST. */
static int find_place(struct space *s, u64 addr, u64 len, u32 how, struct place *at)
{
	if (!how) {
		at->start = vma_choose(s, addr, len, &at->next);
		return at->start ? 0 : -ENOMEM;
	}
	at->start = addr;
	at->next = vma_find(s, addr);
	return (how & MAP_AT_FREE) && at->next && at->next->start < addr + len ? -EEXIST : 0;
}

static int check_map(u64 addr, u64 len, u64 offset, u32 how)
{
	u64 end;

	if (!len || (offset & (PAGE_SIZE - 1)))
		return -EINVAL;
	if (len > USER_END - USER_START)
		return -ENOMEM;
	if (add_overflows(offset, ALIGN_UP(len, PAGE_SIZE), &end))
		return -EOVERFLOW;
	if (!how)
		return 0;
	if (addr & (PAGE_SIZE - 1))
		return -EINVAL;
	return addr < USER_START || !range_ok(addr, len, USER_END) ? -ENOMEM : 0;
}

static int map_placed(struct space *s, const struct vma *tmpl, struct vma *next)
{
	if (!vm_within_limits(s, tmpl->start, tmpl->end, tmpl->prot, tmpl->flags))
		return -ENOMEM;
	if (next && next->start < tmpl->end)
		return map_over(s, tmpl, next);
	return map_free_range(s, tmpl, next);
}

i64 space_map(struct space *s, u64 addr, u64 len, u32 prot, u32 flags, struct backing *backing,
	      u64 offset, u32 how)
{
	int err = check_map(addr, len, offset, how);
	struct vma tmpl; /* in no list */
	struct place at;

	if (err)
		return err;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!(flags & VMA_SHARED) && vm_overcommits(len, prot, flags))
		return -ENOMEM;
	if (!space_may_take(s))
		return -ENOMEM;
	mutex_lock(&s->lock);
	err = find_place(s, addr, len, how, &at);
	if (!err) {
		tmpl.start = at.start;
		tmpl.end = at.start + len;
		tmpl.prot = prot;
		tmpl.flags = flags;
		tmpl.backing = backing;
		tmpl.offset = offset;
		err = map_placed(s, &tmpl, at.next);
	}
	mutex_unlock(&s->lock);
	return err ? err : (i64)tmpl.start;
}

/* -- brk ------------------------------------------------------------------------------- */

static bool heap_grow(struct space *s, u64 from, u64 to)
{
	struct vma *next = vma_find(s, from);
	struct vma tmpl; /* in no list */

	tmpl.start = from;
	tmpl.end = to;
	tmpl.prot = MMU_READ | MMU_WRITE;
	tmpl.flags = VMA_HEAP;
	tmpl.backing = NULL;
	tmpl.offset = 0;
	/* A page stays free between the heap and what follows. */
	if (next && vma_low(next) < to + PAGE_SIZE)
		return false;
	if (!vm_within_limits(s, from, to, tmpl.prot, tmpl.flags) ||
	    vm_overcommits(to - from, tmpl.prot, tmpl.flags) || !space_may_take(s))
		return false;
	return map_free_range(s, &tmpl, next) == 0;
}

static bool heap_move_end(struct space *s, u64 brk)
{
	u64 from = ALIGN_UP(s->brk, PAGE_SIZE), to = ALIGN_UP(brk, PAGE_SIZE);

	if (brk < s->brk_start || brk > USER_END - PAGE_SIZE)
		return false;
	if (to > from)
		return heap_grow(s, from, to);
	return to == from || vm_unmap_range(s, to, from) == 0;
}

u64 space_brk(struct space *s, u64 brk)
{
	mutex_lock(&s->lock);
	if (heap_move_end(s, brk))
		s->brk = brk;
	brk = s->brk;
	mutex_unlock(&s->lock);
	return brk;
}
