/* SPDX-License-Identifier: ISC */
/*
 * The tree of maps: finding, cutting, joining, and choosing addresses.
 *
 * Invariants: maps are disjoint, page aligned and inside [0, USER_END); space.mapped is the
 * sum of their lengths and map_count their number. Changing a map's start or end never
 * changes its place in the order, because it never passes a neighbour. Locks: space.lock.
 */
#include "vm/vma.h"

#include "base/counter.h"
#include "machine/trap.h"
#include "mm/slab.h"

static i64 live_vmas(void);
COUNTER_SUM(vmas_counter, "vmas", live_vmas);

static struct slab_cache *vma_cache;

static i64 live_vmas(void)
{
	return vma_cache ? (i64)slab_live(vma_cache) : 0;
}

struct vma *vma_alloc(const struct vma *from)
{
	struct vma *v = from ? slab_alloc(vma_cache) : slab_alloc_zero(vma_cache);

	if (!v)
		return NULL;
	if (from)
		*v = *from;
	return v;
}

void vma_free(struct vma *v)
{
	if (!v)
		return;
	slab_free(vma_cache, v);
}

struct vma *vma_find(const struct space *s, u64 addr)
{
	struct rb_node *n = s->maps.node;
	struct vma *best = NULL;

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
	return best;
}

struct vma *vma_first(const struct space *s)
{
	struct rb_node *n = rb_first(&s->maps);

	return n ? rb_entry(n, struct vma, node) : NULL;
}

struct vma *vma_last(const struct space *s)
{
	struct rb_node *n = rb_last(&s->maps);

	return n ? rb_entry(n, struct vma, node) : NULL;
}

static bool starts_below(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct vma, node)->start < rb_entry(b, struct vma, node)->start;
}

void vma_insert(struct space *s, struct vma *v)
{
	rb_insert(&s->maps, &v->node, starts_below);
	s->map_count++;
}

void vma_remove(struct space *s, struct vma *v)
{
	if (s->recent == v)
		s->recent = NULL;
	rb_remove(&s->maps, &v->node);
	s->map_count--;
}

void vma_cut(struct space *s, struct vma *v, u64 at, struct vma *tail)
{
	*tail = *v;
	tail->start = at;
	tail->offset = vma_offset(v, at);
	if (v->backing)
		v->backing->ops->get(v->backing);
	v->end = at;
	vma_insert(s, tail);
}

int vma_split(struct space *s, struct vma *v, u64 at)
{
	struct vma *tail = s->map_count < MAX_MAPS && space_may_take(s) ? vma_alloc(v) : NULL;

	if (!tail)
		return -ENOMEM;
	vma_cut(s, v, at, tail);
	return 0;
}

/* True if @b continues @a: the two may be one map. */
static bool continues(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->prot == b->prot && a->flags == b->flags &&
	       a->backing == b->backing && vma_offset(a, a->end) == vma_offset(b, b->start);
}

/* @v takes over its neighbour @next, which continues it. */
static void absorb(struct space *s, struct vma *v, struct vma *next)
{
	v->end = next->end;
	vma_remove(s, next);
	if (next->backing)
		next->backing->ops->put(next->backing);
	vma_free(next);
}

bool vma_extend(struct space *s, const struct vma *tmpl)
{
	struct vma *next = vma_find(s, tmpl->start);
	struct vma *prev = next ? vma_prev(next) : vma_last(s);

	if (prev && continues(prev, tmpl)) {
		prev->end = tmpl->end;
		if (next && continues(prev, next))
			absorb(s, prev, next);
	} else if (next && continues(tmpl, next)) {
		next->start = tmpl->start;
		next->offset = tmpl->offset;
	} else {
		return false;
	}
	return true;
}

void vma_merge(struct space *s, u64 start, u64 end)
{
	struct vma *v = vma_find(s, start ? start - 1 : 0), *next;

	for (; v && v->start <= end; v = next) {
		next = vma_next(v);
		if (next && continues(v, next)) {
			absorb(s, v, next);
			next = v;
		}
	}
}

/* The highest gap of @len bytes between USER_START and @top; 0: none. */
static u64 gap_below(const struct space *s, u64 len, u64 top)
{
	for (const struct vma *v = vma_last(s); v; v = vma_prev(v)) {
		if (v->end <= top && top - v->end >= len)
			return top - len;
		top = MIN(top, vma_low(v));
	}
	return top >= USER_START + len ? top - len : 0;
}

/* The lowest gap of @len bytes at or above @from; 0: none. */
static u64 gap_above(const struct space *s, u64 len, u64 from)
{
	for (const struct vma *v = vma_find(s, from); v; v = vma_next(v)) {
		if (vma_low(v) >= from && vma_low(v) - from >= len)
			return from;
		from = MAX(from, v->end);
	}
	return from <= USER_END - len ? from : 0;
}

static bool hint_fits(const struct space *s, u64 hint, u64 len)
{
	const struct vma *v;

	if (hint > USER_END - len)
		return false;
	v = vma_find(s, hint);
	return !v || vma_low(v) >= hint + len;
}

u64 vma_choose(const struct space *s, u64 hint, u64 len)
{
	u64 addr;

	hint = ALIGN_DOWN(hint, PAGE_SIZE);
	if (hint && hint < USER_START)
		hint = USER_START;
	if (hint && hint_fits(s, hint, len))
		return hint;
	addr = gap_below(s, len, s->map_top);
	return addr ? addr : gap_above(s, len, s->map_top);
}

void vma_init_cache(void)
{
	vma_cache = slab_create("vma", sizeof(struct vma), 0);
}
