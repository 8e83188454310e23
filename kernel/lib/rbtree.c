/* SPDX-License-Identifier: ISC */
/*
 * The red-black tree. Left and right are child[0] and child[1], so that each case is
 * written once and its mirror image is the same code with the other side.
 */
#include "lib/rbtree.h"

static bool is_red(const struct rb_node *n)
{
	return n && n->red;
}

/* Lets @by (may be NULL) take @n's place below n's parent. */
static void replace(struct rb_root *root, struct rb_node *n, struct rb_node *by)
{
	struct rb_node *parent = n->parent;

	if (!parent)
		root->node = by;
	else
		parent->child[parent->child[1] == n] = by;
	if (by)
		by->parent = parent;
}

static void adopt(struct rb_node *parent, int side, struct rb_node *n)
{
	parent->child[side] = n;
	if (n)
		n->parent = parent;
}

/* @n sinks to @side; its child on the other side comes up in its place. */
static void rotate(struct rb_root *root, struct rb_node *n, int side)
{
	struct rb_node *up = n->child[!side];

	replace(root, n, up);
	adopt(n, !side, up->child[side]);
	adopt(up, side, n);
}

/* @n is red; its parent may be too. A red node is never the root, so there is a grandparent. */
static void fix_insert(struct rb_root *root, struct rb_node *n)
{
	while (is_red(n->parent)) {
		struct rb_node *parent = n->parent, *grand = parent->parent;
		int side = grand->child[1] == parent;
		struct rb_node *uncle = grand->child[!side];

		grand->red = true;
		if (is_red(uncle)) {
			parent->red = false;
			uncle->red = false;
			n = grand;
			continue;
		}
		if (parent->child[!side] == n) {
			rotate(root, parent, side);
			parent = n;
		}
		parent->red = false;
		rotate(root, grand, !side);
		break;
	}
	root->node->red = false;
}

void rb_link(struct rb_root *root, struct rb_node *n, struct rb_node *parent, int side)
{
	n->child[0] = NULL;
	n->child[1] = NULL;
	n->parent = parent;
	n->red = true;
	if (parent)
		parent->child[side] = n;
	else
		root->node = n;
	fix_insert(root, n);
}

void rb_insert(struct rb_root *root, struct rb_node *n, rb_less less)
{
	struct rb_node *parent = NULL, *at = root->node;
	int side = 0;

	while (at) {
		parent = at;
		side = !less(n, at);
		at = at->child[side];
	}
	rb_link(root, n, parent, side);
}

/*
 * The tree of the next @n nodes of a chain; *rest is what follows them. Halves differ by a node at
 * most, so every path ends at the last level or just above: those at the last are red, others black.
 */
static struct rb_node *build(struct rb_node **rest, u32 n, unsigned levels_below)
{
	u32 left = n / 2, right = n - left - 1;
	struct rb_node *low = left ? build(rest, left, levels_below - 1) : NULL, *top = *rest;

	*rest = top->child[1];
	adopt(top, 0, low);
	adopt(top, 1, right ? build(rest, right, levels_below - 1) : NULL);
	top->red = !levels_below;
	return top;
}

void rb_build(struct rb_root *root, struct rb_node *first, u32 n)
{
	root->node = n ? build(&first, n, 31 - (unsigned)__builtin_clz(n)) : NULL;
	if (n) {
		root->node->parent = NULL;
		root->node->red = false;
	}
}

/*
 * Paths through @n (a child of @parent, may be NULL) are one black node short. Its sibling
 * cannot be NULL, as the paths on that side have a black node more.
 */
static void fix_remove(struct rb_root *root, struct rb_node *n, struct rb_node *parent)
{
	while (parent && !is_red(n)) {
		int side = parent->child[1] == n;
		struct rb_node *sibling = parent->child[!side];

		if (sibling->red) {
			sibling->red = false;
			parent->red = true;
			rotate(root, parent, side);
			sibling = parent->child[!side];
		}
		if (!is_red(sibling->child[0]) && !is_red(sibling->child[1])) {
			sibling->red = true;
			n = parent;
			parent = n->parent;
			continue;
		}
		if (!is_red(sibling->child[!side])) {
			sibling->child[side]->red = false;
			sibling->red = true;
			rotate(root, sibling, !side);
			sibling = parent->child[!side];
		}
		sibling->red = parent->red;
		parent->red = false;
		sibling->child[!side]->red = false;
		rotate(root, parent, side);
		return;
	}
	if (n)
		n->red = false;
}

static struct rb_node *outermost(struct rb_node *n, int side)
{
	while (n && n->child[side])
		n = n->child[side];
	return n;
}

void rb_remove(struct rb_root *root, struct rb_node *n)
{
	struct rb_node *child, *parent, *heir;
	bool lost_red;

	if (!n->child[0] || !n->child[1]) {
		child = n->child[!n->child[0]];
		parent = n->parent;
		lost_red = n->red;
		replace(root, n, child);
	} else {
		/* The next node has no smaller child; it leaves its place and takes n's. */
		heir = outermost(n->child[1], 0);
		child = heir->child[1];
		parent = heir->parent == n ? heir : heir->parent;
		lost_red = heir->red;
		replace(root, heir, child);
		replace(root, n, heir);
		adopt(heir, 0, n->child[0]);
		adopt(heir, 1, n->child[1]);
		heir->red = n->red;
	}
	if (!lost_red)
		fix_remove(root, child, parent);
}

struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->node, 0);
}

struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->node, 1);
}

/* The neighbour of @n on @side in order: below it, or the first ancestor on that side. */
static struct rb_node *neighbour(const struct rb_node *n, int side)
{
	if (n->child[side])
		return outermost(n->child[side], !side);
	while (n->parent && n->parent->child[side] == n)
		n = n->parent;
	return n->parent;
}

struct rb_node *rb_next(const struct rb_node *n)
{
	return neighbour(n, 1);
}

struct rb_node *rb_prev(const struct rb_node *n)
{
	return neighbour(n, 0);
}
