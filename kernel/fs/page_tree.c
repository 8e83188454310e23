/* SPDX-License-Identifier: ISC */
/*
 * The radix tree of a file's pages (page_tree.h).
 *
 * Invariant: a tree of height h holds indices below 64^h. Nodes are freed by page_tree_cut()
 * alone, and only those of which all is cut.
 */
#include "fs/page_tree.h"

#include "abi/errno.h"
#include "mm/slab.h"

#define SLOT_BITS 6
#define SLOTS (1u << SLOT_BITS)

struct node {
	void *slot[SLOTS];
};

_Static_assert(sizeof(struct node) == PAGE_TREE_NODE, "what a node counts as");

static struct slab_cache *node_cache;

void page_tree_init_caches(void)
{
	node_cache = slab_create("file page nodes", sizeof(struct node), 0);
}

static bool beyond(u32 height, u64 index)
{
	return height * SLOT_BITS < 64 && index >> (height * SLOT_BITS);
}

static unsigned slot_of(u64 index, u32 level)
{
	return index >> ((level - 1) * SLOT_BITS) & (SLOTS - 1);
}

struct page *page_tree_get(const struct page_tree *t, u64 index)
{
	void *at = t->root;

	if (beyond(t->height, index))
		return NULL;
	for (u32 level = t->height; level && at; level--)
		at = ((struct node *)at)->slot[slot_of(index, level)];
	return at;
}

/* The slots of @index and its neighbours up to the next multiple of SLOTS; NULL: all are holes. */
static struct page *const *leaves_at(const struct page_tree *t, u64 index)
{
	void *at = t->root;

	if (beyond(t->height, index))
		return NULL;
	for (u32 level = t->height; level > 1 && at; level--)
		at = ((struct node *)at)->slot[slot_of(index, level)];
	if (!t->height)
		return (struct page *const *)&t->root;
	return at ? (struct page *const *)&((struct node *)at)->slot[slot_of(index, 1)] : NULL;
}

/* Those of @bits whose page is there, counted; @leaf is the slot of bit @low. */
static u32 take_run(struct page *const *leaf, unsigned low, u32 bits, struct page **out)
{
	u32 found = 0;

	for (; bits; bits &= bits - 1) {
		unsigned i = (unsigned)__builtin_ctz(bits);

		if (!leaf[i - low])
			continue;
		page_get(out[i] = leaf[i - low]);
		found |= 1u << i;
	}
	return found;
}

u32 page_tree_take(const struct page_tree *t, u64 first, u32 wanted, struct page **out)
{
	u32 found = 0;

	while (wanted) {
		unsigned low = (unsigned)__builtin_ctz(wanted);
		u64 run = t->height ? SLOTS - (first + low) % SLOTS : 1;
		struct page *const *leaf = leaves_at(t, first + low);
		u32 bits = wanted & (u32)(((1UL << MIN(run, 32UL)) - 1) << low);

		if (leaf)
			found |= take_run(leaf, low, bits, out);
		wanted &= ~bits;
	}
	return found;
}

/* Indices that the subtree which ends the way to @index covers: 1, if that is a page. */
static u64 span_at(const struct page_tree *t, u64 index, bool *there)
{
	void *at = t->root;
	u32 level = t->height;

	while (level && at) {
		at = ((struct node *)at)->slot[slot_of(index, level)];
		level--;
	}
	*there = at;
	return 1UL << (level * SLOT_BITS);
}

u64 page_tree_seek(const struct page_tree *t, u64 from, bool there)
{
	bool found;

	while (!beyond(t->height, from)) {
		u64 span = span_at(t, from, &found);

		if (found == there)
			return from;
		from = ALIGN_DOWN(from, span) + span;
	}
	return there ? ~0UL : from;
}

static struct node *node_alloc(struct page_tree *t)
{
	struct node *n = slab_alloc_zero(node_cache);

	t->nodes += n != NULL;
	return n;
}

/* Puts new roots on top until @index fits. */
static int grow(struct page_tree *t, u64 index)
{
	while (beyond(t->height, index)) {
		if (t->root) {
			struct node *top = node_alloc(t);

			if (!top)
				return -ENOMEM;
			top->slot[0] = t->root;
			t->root = top;
		}
		t->height++;
	}
	return 0;
}

int page_tree_set(struct page_tree *t, u64 index, struct page *p)
{
	void **at = &t->root;

	if (grow(t, index))
		return -ENOMEM;
	for (u32 level = t->height; level; level--) {
		if (!*at)
			*at = node_alloc(t);
		if (!*at)
			return -ENOMEM;
		at = &((struct node *)*at)->slot[slot_of(index, level)];
	}
	*at = p;
	t->pages++;
	return 0;
}

/* The last index below a node @level high. */
static u64 last_below(u32 level)
{
	return level * SLOT_BITS < 64 ? (1UL << (level * SLOT_BITS)) - 1 : ~0UL;
}

/* Cuts the subtree of @t at @at (covering 64^level indices) from its @from to its @last; its pages' number. */
static u64 cut(struct page_tree *t, void **at, u32 level, u64 from, u64 last)
{
	struct node *n = *at;
	u64 cut_pages = 0, end;
	unsigned low, high;

	if (!n)
		return 0;
	if (!level) {
		page_put(*at);
		*at = NULL;
		return 1;
	}
	end = last_below(level - 1);
	low = slot_of(from, level);
	high = slot_of(last, level);
	for (unsigned i = low; i <= high; i++)
		cut_pages += cut(t, &n->slot[i], level - 1, i == low ? from & end : 0,
				 i == high ? last & end : end);
	if (!from && last == last_below(level)) {
		slab_free(node_cache, n);
		t->nodes--;
		*at = NULL;
	}
	return cut_pages;
}

u64 page_tree_cut(struct page_tree *t, u64 from, u64 last)
{
	u64 n;

	if (beyond(t->height, from))
		return 0;
	n = cut(t, &t->root, t->height, from, MIN(last, last_below(t->height)));
	if (!t->root)
		t->height = 0;
	t->pages -= n;
	return n;
}
