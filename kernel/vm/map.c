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

bool vm_needs_tail(const struct space *s, u64 start, u64 end)
{
	const struct vma *v = vma_find(s, start);

	return v && v->start < start && v->end > end;
}

static void discard_vma(struct space *s, struct vma *v)
{
	vma_remove(s, v);
	if (v->backing)
		v->backing->ops->put(v->backing);
	vma_free(v);
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

void vm_unmap_locked(struct space *s, u64 start, u64 end, struct vma **tail)
{
	struct vma *v = vma_find(s, start), *next;

	if (!v || v->start >= end)
		return;
	if (v->start < start && v->end > end) {
		vma_cut(s, v, end, *tail);
		*tail = NULL;
	}
	vm_drop_pages(s, start, end);
	for (; v && v->start < end; v = next) {
		next = vma_next(v);
		trim(s, v, start, end);
	}
	vm_prune(s, start, end, v);
}

static int unmap_with_tail(struct space *s, u64 start, u64 end)
{
	struct vma *tail = NULL;

	if (vm_needs_tail(s, start, end)) {
		tail = s->map_count < MAX_MAPS ? vma_alloc(NULL) : NULL;
		if (!tail)
			return -ENOMEM;
	}
	vm_unmap_locked(s, start, end, &tail);
	return 0;
}

int space_unmap(struct space *s, u64 addr, u64 len)
{
	int err;

	if ((addr & (PAGE_SIZE - 1)) || !len || !range_ok(addr, len, USER_END))
		return -EINVAL;
	mutex_lock(&s->lock);
	err = unmap_with_tail(s, addr, addr + ALIGN_UP(len, PAGE_SIZE));
	mutex_unlock(&s->lock);
	return err;
}

/* -- mapping --------------------------------------------------------------------------- */

int vm_map_locked(struct space *s, const struct vma *tmpl, bool replace)
{
	struct vma *v, *tail = NULL;

	replace = replace && vma_overlaps(s, tmpl->start, tmpl->end);
	if (!replace && vma_extend(s, tmpl)) {
		s->mapped += tmpl->end - tmpl->start;
		return 0;
	}
	if (s->map_count + 2 > MAX_MAPS)
		return -ENOMEM;
	v = vma_alloc(tmpl);
	if (!v)
		return -ENOMEM;
	if (replace && vm_needs_tail(s, tmpl->start, tmpl->end)) {
		tail = vma_alloc(NULL);
		if (!tail) {
			vma_free(v);
			return -ENOMEM;
		}
	}
	/* commit */
	if (v->backing)
		v->backing->ops->get(v->backing);
	if (replace)
		vm_unmap_locked(s, v->start, v->end, &tail);
	s->mapped += v->end - v->start;
	vma_insert(s, v);
	if (replace)
		vma_merge(s, tmpl->start, tmpl->end);
	return 0;
}

/* Settles where the map goes; negative errno if it cannot. */
static i64 place(struct space *s, u64 addr, u64 len, u32 how)
{
	if (!how) {
		addr = vma_choose(s, addr, len);
		return addr ? (i64)addr : -ENOMEM;
	}
	if ((how & MAP_AT_FREE) && vma_overlaps(s, addr, addr + len))
		return -EEXIST;
	return (i64)addr;
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

i64 space_map(struct space *s, u64 addr, u64 len, u32 prot, u32 flags, struct backing *backing,
	      u64 offset, u32 how)
{
	struct vma tmpl = { .prot = prot, .flags = flags, .backing = backing, .offset = offset };
	i64 err = check_map(addr, len, offset, how), start;

	if (err)
		return err;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!(flags & VMA_SHARED) && vm_overcommits(len, prot, flags))
		return -ENOMEM;
	if (!space_may_take(s))
		return -ENOMEM;
	mutex_lock(&s->lock);
	start = place(s, addr, len, how);
	if (start > 0) {
		tmpl.start = (u64)start;
		tmpl.end = (u64)start + len;
		err = vm_within_limits(s, tmpl.start, tmpl.end, prot, flags)
			      ? vm_map_locked(s, &tmpl, how == MAP_AT_FIXED)
			      : -ENOMEM;
	}
	mutex_unlock(&s->lock);
	return err ? err : start;
}

/* -- brk ------------------------------------------------------------------------------- */

static bool heap_grow(struct space *s, u64 from, u64 to)
{
	const struct vma *next = vma_find(s, from);
	struct vma tmpl = {
		.start = from, .end = to, .prot = MMU_READ | MMU_WRITE, .flags = VMA_HEAP
	};

	/* A page stays free between the heap and what follows. */
	if (next && vma_low(next) < to + PAGE_SIZE)
		return false;
	if (!vm_within_limits(s, from, to, tmpl.prot, tmpl.flags) ||
	    vm_overcommits(to - from, tmpl.prot, tmpl.flags) || !space_may_take(s))
		return false;
	return vm_map_locked(s, &tmpl, false) == 0;
}

static bool heap_move_end(struct space *s, u64 brk)
{
	u64 from = ALIGN_UP(s->brk, PAGE_SIZE), to = ALIGN_UP(brk, PAGE_SIZE);

	if (brk < s->brk_start || brk > USER_END - PAGE_SIZE)
		return false;
	if (to > from)
		return heap_grow(s, from, to);
	return to == from || unmap_with_tail(s, to, from) == 0;
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
