/* SPDX-License-Identifier: ISC */
/*
 * The invariants of a space, checked by walking all of it: maps in order and apart, sums that are
 * right, and each leaf inside a map, with a page that is in use. Locks: space.lock.
 */
#include "machine/trap.h"
#include "vm/vma.h"

struct walk {
	struct space *space;
	u64 pages;
	const char *wrong;
};

static int check_leaf(pte_t *slot, u64 va, void *arg)
{
	struct walk *w = arg;
	const struct page *p = phys_to_page(pte_phys(*slot));
	const struct vma *v = vma_find(w->space, va);

	if (!v || v->start > va)
		w->wrong = "a leaf outside of all maps";
	else if (p != zero_page && !READ_ONCE(p->refcount))
		w->wrong = "a mapped page that is free";
	else if ((*slot & PTE_WRITE) && !(v->prot & MMU_WRITE))
		w->wrong = "a writable leaf in a map that is not";
	else if ((*slot & PTE_WRITE) && p == zero_page)
		w->wrong = "the zero page is writable";
	else if (!(*slot & PTE_WRITE) && (v->flags & VMA_SHARED) && (v->prot & MMU_WRITE))
		w->wrong = "a leaf without a right of its shared map";
	w->pages += p != zero_page;
	return w->wrong != NULL;
}

static const char *check_maps(const struct space *s)
{
	const struct rb_node *n = rb_first(&s->maps);
	const struct vma *prev = NULL;
	u64 mapped = 0, last = 0;
	u32 count = 0;

	for (const struct vma *v = s->first; v; v = v->next) {
		if ((n != &v->node) != (v == s->fresh) || v->prev != prev)
			return "neighbours that are not those of the tree";
		if (v != s->fresh)
			n = rb_next(n);
		prev = v;
		if (v->start >= v->end || v->start < last ||
		    ((v->start | v->end) & (PAGE_SIZE - 1)))
			return "maps that overlap or are empty";
		last = v->end;
		mapped += v->end - v->start;
		count++;
	}
	if (n || s->last != prev)
		return "maps that are in the tree alone";
	if (last > USER_END)
		return "a map beyond the user half";
	return mapped != s->mapped || count != s->map_count ? "a wrong sum of maps" : NULL;
}

const char *space_check(struct space *s)
{
	struct walk w = { .space = s };

	mutex_lock(&s->lock);
	vma_index(s);
	w.wrong = check_maps(s);
	if (!w.wrong)
		vm_for_each_leaf(s, 0, USER_END, check_leaf, &w);
	if (!w.wrong && w.pages != s->pages)
		w.wrong = "a wrong count of pages";
	mutex_unlock(&s->lock);
	return w.wrong;
}
