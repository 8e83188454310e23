/* SPDX-License-Identifier: ISC */
/*
 * The tree of maps: finding, cutting, joining, and choosing addresses.
 *
 * Invariants: maps are disjoint, page aligned and inside [0, USER_END); space.mapped is the
 * sum of their lengths and map_count their number. The tree is for finding; who has a map has its
 * neighbours by the list through all of them. Changing a map's start or end never changes its
 * place in the order, because it never passes a neighbour. Locks: space.lock.
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
	struct vma *v = slab_alloc(vma_cache);

	if (v && from)
		*v = *from;
	return v;
}

void vma_free(struct vma *v)
{
	if (!v)
		return;
	slab_free(vma_cache, v);
}

void vma_free_list(struct vma *v)
{
	void *batch[16];
	u32 n = 0;

	for (; v; v = v->next) {
		if (n == ARRAY_SIZE(batch)) {
			slab_free_all(vma_cache, batch, n);
			n = 0;
		}
		if (v->backing)
			v->backing->ops->put(v->backing);
		batch[n++] = v;
	}
	slab_free_all(vma_cache, batch, n);
}

struct vma *vma_find_down(const struct space *s, u64 addr)
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

/* One of the two places in the tree between neighbours is always free. */
void vma_link(struct space *s, struct vma *v, struct vma *next)
{
	struct vma *prev = next ? next->prev : s->last;

	v->prev = prev;
	v->next = next;
	*(next ? &next->prev : &s->last) = v;
	*(prev ? &prev->next : &s->first) = v;
	if (prev && !prev->node.child[1])
		rb_link(&s->maps, &v->node, &prev->node, 1);
	else
		rb_link(&s->maps, &v->node, next ? &next->node : NULL, 0);
	s->map_count++;
}

void vma_remove(struct space *s, struct vma *v)
{
	if (s->recent == v)
		s->recent = v->prev; /* what is asked for next is found behind it */
	*(v->next ? &v->next->prev : &s->last) = v->prev;
	*(v->prev ? &v->prev->next : &s->first) = v->next;
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
	vma_link(s, tail, v->next);
}

int vma_split(struct space *s, struct vma *v, u64 at)
{
	struct vma *tail = s->map_count < MAX_MAPS && space_may_take(s) ? vma_alloc(NULL) : NULL;

	if (!tail)
		return -ENOMEM;
	vma_cut(s, v, at, tail);
	return 0;
}

/* True if @b continues @a: the two may be one map. */
static bool continues(const struct vma *a, const struct vma *b)
{
	return a->prot == b->prot && vma_adjoins(a, b);
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

bool vma_join_next(struct space *s, struct vma *v)
{
	if (!v->next || !continues(v, v->next))
		return false;
	absorb(s, v, v->next);
	return true;
}

bool vma_extend(struct space *s, const struct vma *tmpl, struct vma *next)
{
	struct vma *prev = next ? next->prev : s->last;

	if (prev && continues(prev, tmpl)) {
		prev->end = tmpl->end;
		vma_join_next(s, prev);
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
	struct vma *v = vma_find(s, start ? start - 1 : 0);

	while (v && v->start <= end) {
		if (!vma_join_next(s, v))
			v = v->next;
	}
}

/* The highest gap of @len bytes between USER_START and @top; 0: none. @next: as vma_choose(). */
static u64 gap_below(const struct space *s, u64 len, u64 top, struct vma **next)
{
	*next = NULL;
	for (struct vma *v = s->last; v; v = v->prev) {
		if (v->end <= top && top - v->end >= len)
			return top - len;
		top = MIN(top, vma_low(v));
		*next = v;
	}
	return top >= USER_START + len ? top - len : 0;
}

/* The lowest gap of @len bytes at or above @from; 0: none. */
static u64 gap_above(const struct space *s, u64 len, u64 from, struct vma **next)
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

static bool hint_fits(const struct space *s, u64 hint, u64 len, struct vma **next)
{
	if (hint > USER_END - len)
		return false;
	*next = vma_find(s, hint);
	return !*next || vma_low(*next) >= hint + len;
}

u64 vma_choose(const struct space *s, u64 hint, u64 len, struct vma **next)
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
