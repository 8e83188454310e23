/* SPDX-License-Identifier: ISC */
/*
 * An intrusive red-black tree: the nodes lie inside the elements, nothing is allocated.
 *
 * Invariants: the root is black, a red node has no red child, and every path from a node
 * down to an empty place crosses the same number of black nodes; so the height is at most
 * twice log2(n + 1). Locks: the caller's.
 */
#pragma once

#include "lib/types.h"

struct rb_node {
	struct rb_node *parent; /* NULL: the root */
	struct rb_node *child[2]; /* smaller, greater */
	bool red;
};

struct rb_root {
	struct rb_node *node; /* NULL: empty */
};

#define RB_ROOT                                                                                    \
	{                                                                                          \
		NULL                                                                               \
	}
#define rb_entry(p, type, member) container_of(p, type, member)

typedef bool (*rb_less)(const struct rb_node *a, const struct rb_node *b);

/* Puts @n at its place by @less; after those that are equal. */
void rb_insert(struct rb_root *root, struct rb_node *n, rb_less less);

/*
 * Puts @n at the empty place child[@side] of @parent (NULL: the tree is empty), which the
 * caller found by descending itself, and rebalances.
 */
void rb_link(struct rb_root *root, struct rb_node *n, struct rb_node *parent, int side);

/*
 * Makes a tree of @n nodes that are in order, each with the next one's address in child[1]: O(n).
 */
void rb_build(struct rb_root *root, struct rb_node *first, u32 n);

/* Takes @n, which must be in the tree, out of it. */
void rb_remove(struct rb_root *root, struct rb_node *n);

/* @by, which is in no tree, takes the place of @n, which is out of it then: O(1). */
static inline void rb_replace(struct rb_root *root, const struct rb_node *n, struct rb_node *by)
{
	*by = *n;
	if (!n->parent)
		root->node = by;
	else
		n->parent->child[n->parent->child[1] == n] = by;
	if (n->child[0])
		n->child[0]->parent = by;
	if (n->child[1])
		n->child[1]->parent = by;
}

/* In order; NULL at the end. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *n);
struct rb_node *rb_prev(const struct rb_node *n);

static inline bool rb_empty(const struct rb_root *root)
{
	return !root->node;
}
