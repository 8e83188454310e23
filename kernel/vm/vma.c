/* SPDX-License-Identifier: ISC */
/*
 * The tree of maps: finding, cutting, joining, and choosing addresses.
 *
 * Invariants: maps are disjoint, page aligned and inside [0, USER_END); space.mapped is the
 * sum of their lengths and map_count their number. The tree is for finding, and has all but the
 * youngest (space.fresh), or none (space.unindexed): of a child, which mostly looks for nothing before
 * it ends or execs. Who has a map has its neighbours by the list through all of them. Changing
 * a map's start or end never changes its place in the order, because it never passes a neighbour.
 * Locks: space.lock.
 */
#include "vm/vma.h"

#include "base/counter.h"
#include "machine/trap.h"
#include "mm/slab.h"

static i64 live_vmas(void);
COUNTER_SUM(vmas_counter, "vmas", live_vmas);

#define BATCH 16 /* maps that come from their cache or go back together */

static struct slab_cache *vma_cache;

static i64 live_vmas(void)
{
	return vma_cache ? (i64)slab_live(vma_cache) : 0;
}

struct vma *vma_new(void)
{
	return slab_alloc(vma_cache);
}

static void put_aside(struct space *s, struct vma *v)
{
	v->next = s->spare;
	s->spare = v;
}

void space_expect_maps(struct space *s, u32 n)
{
	void *some[BATCH];

	n = slab_alloc_some(vma_cache, some, MIN(n, ARRAY_SIZE(some)));
	while (n)
		put_aside(s, some[--n]);
}

void vma_free(struct space *s, struct vma *v)
{
	if (!v)
		return;
	if (s->spare)
		slab_free(vma_cache, v);
	else
		put_aside(s, v);
}

static void free_list(struct vma *v)
{
	void *batch[BATCH];
	u32 n = 0;

	for (; v; v = v->next) {
		if (n == ARRAY_SIZE(batch)) {
			slab_free_all(vma_cache, batch, n);
			n = 0;
		}
		batch[n++] = v;
	}
	slab_free_all(vma_cache, batch, n);
}

void vma_free_all(struct space *s)
{
	for (const struct vma *v = s->first; v; v = v->next)
		if (v->backing)
			v->backing->ops->put(v->backing);
	if (s->last)
		s->last->next = s->spare;
	free_list(s->first ? s->first : s->spare);
}

/* All of the list go into the tree, which is empty so far: O(n). */
static __attribute__((noinline)) void make_index(struct space *s)
{
	struct vma *v;

	for (v = s->first; v; v = v->next)
		v->node.child[1] = v->next ? &v->next->node : NULL;
	if (s->first)
		rb_build(&s->maps, &s->first->node, s->map_count);
	s->fresh = NULL;
	s->unindexed = false;
}

void vma_index(struct space *s)
{
	if (unlikely(s->unindexed))
		make_index(s);
}

struct vma *vma_find_down(struct space *s, u64 addr)
{
	struct vma *best = NULL, *below;
	struct rb_node *n;

	vma_index(s);
	n = s->maps.node;
	while (n) {
		struct vma *v = rb_entry(n, struct vma, node);

		if (addr >= v->end) {
			n = n->child[1];
			continue;
		}
		best = v;
		if (addr >= v->start)
			break;
		n = n->child[0];
	}
	/* Of those in the tree, the next below ends at or below @addr: only the fresh one may not. */
	below = best ? best->prev : s->last;
	return below && below->end > addr ? below : best;
}

/* One of the two places in the tree between neighbours is always free. */
void vma_settle(struct space *s)
{
	struct vma *v = s->fresh, *prev = v->prev, *next = v->next;

	if (unlikely(s->unindexed))
		make_index(s); /* @v with all others */
	else if (prev && !prev->node.child[1])
		rb_link(&s->maps, &v->node, &prev->node, 1);
	else
		rb_link(&s->maps, &v->node, next ? &next->node : NULL, 0);
}

void vma_unsettle(struct space *s, struct vma *v)
{
	vma_index(s);
	rb_remove(&s->maps, &v->node);
}

void vma_cut(struct space *s, struct vma *v, u64 at, struct vma *tail)
{
	vma_set_like(tail, v);
	tail->start = at;
	tail->offset = vma_offset(v, at);
	if (v->backing)
		v->backing->ops->get(v->backing);
	v->end = at;
	vma_link(s, tail, v->next);
}

int vma_split(struct space *s, struct vma *v, u64 at)
{
	struct vma *tail = s->map_count < MAX_MAPS && space_may_take(s) ? vma_alloc(s, NULL) : NULL;

	if (!tail)
		return -ENOMEM;
	vma_cut(s, v, at, tail);
	return 0;
}

void vma_absorb_next(struct space *s, struct vma *v)
{
	struct vma *next = v->next;

	v->end = next->end;
	vma_remove(s, next);
	if (next->backing)
		next->backing->ops->put(next->backing);
	vma_free(s, next);
}

bool vma_extend(struct space *s, const struct vma *tmpl, struct vma *next)
{
	struct vma *prev = next ? next->prev : s->last;

	if (prev && vma_continues(prev, tmpl)) {
		prev->end = tmpl->end;
		vma_join_next(s, prev);
	} else if (next && vma_continues(tmpl, next)) {
		next->start = tmpl->start;
		next->offset = tmpl->offset;
	} else {
		return false;
	}
	return true;
}

void vma_merge(struct space *s, u64 start, u64 end)
{
	struct vma *v = vma_find(s, start ? start - 1 : 0);

	while (v && v->start <= end) {
		if (!vma_join_next(s, v))
			v = v->next;
	}
}

/* The highest gap of @len bytes between USER_START and @top; 0: none. @next: as vma_choose(). */
static u64 gap_below(const struct space *s, u64 len, u64 top, struct vma **next)
{
	struct vma *v, *above = NULL;

	for (v = s->last; v && (i64)(top - v->end) < (i64)len; v = v->prev) {
		top = MIN(top, vma_low(v));
		above = v;
	}
	*next = above;
	return v || top >= USER_START + len ? top - len : 0;
}

/* The lowest gap of @len bytes at or above @from; 0: none. */
static u64 gap_above(struct space *s, u64 len, u64 from, struct vma **next)
{
	struct vma *v;

	for (v = vma_find(s, from); v; v = v->next) {
		if (vma_low(v) >= from && vma_low(v) - from >= len)
			break;
		from = MAX(from, v->end);
	}
	*next = v;
	return v || from <= USER_END - len ? from : 0;
}

static bool hint_fits(struct space *s, u64 hint, u64 len, struct vma **next)
{
	if (hint > USER_END - len)
		return false;
	*next = vma_find(s, hint);
	return !*next || vma_low(*next) >= hint + len;
}

u64 vma_choose(struct space *s, u64 hint, u64 len, struct vma **next)
{
	u64 addr;

	hint = ALIGN_DOWN(hint, PAGE_SIZE);
	if (hint && hint < USER_START)
		hint = USER_START;
	if (hint && hint_fits(s, hint, len, next))
		return hint;
	addr = gap_below(s, len, s->map_top, next);
	return addr ? addr : gap_above(s, len, s->map_top, next);
}

void vma_init_cache(void)
{
	vma_cache = slab_create("vma", sizeof(struct vma), 0);
}
