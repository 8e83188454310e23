/* SPDX-License-Identifier: ISC */
/* The tree's invariants are verified in full after every insertion and removal. */
#include "test.h"

#include "lib/rbtree.h"

#define COUNT 300

struct item {
	int key, serial;
	bool inside;
	struct rb_node node;
};

static struct item items[COUNT];

static int key_of(const struct rb_node *n)
{
	return rb_entry(n, const struct item, node)->key;
}

static bool by_key(const struct rb_node *a, const struct rb_node *b)
{
	return key_of(a) < key_of(b);
}

/* The number of black nodes on every path below @n, or -1 if an invariant is broken. */
static int black_height(const struct rb_node *n)
{
	int left, right;

	if (!n)
		return 1;
	for (int side = 0; side < 2; side++) {
		const struct rb_node *c = n->child[side];

		if (c && (c->parent != n || (c->red && n->red)))
			return -1;
	}
	left = black_height(n->child[0]);
	right = black_height(n->child[1]);
	return left < 0 || left != right ? -1 : left + !n->red;
}

static bool tree_is_sound(const struct rb_root *root, size_t count)
{
	const struct rb_node *prev = NULL, *n;
	size_t seen = 0;

	if (root->node && (root->node->parent || root->node->red))
		return false;
	if (black_height(root->node) < 0)
		return false;
	for (n = rb_first(root); n; prev = n, n = rb_next(n)) {
		if (prev && by_key(n, prev))
			return false;
		if (rb_prev(n) != prev || ++seen > count)
			return false;
	}
	return seen == count && rb_last(root) == prev;
}

static void put(struct rb_root *root, int i, int key)
{
	items[i].key = key;
	items[i].serial = i;
	items[i].inside = true;
	rb_insert(root, &items[i].node, by_key);
}

static void empty_and_single(void)
{
	struct rb_root root = RB_ROOT;

	check(rb_empty(&root) && !rb_first(&root) && !rb_last(&root));
	put(&root, 0, 5);
	check(tree_is_sound(&root, 1) && !rb_next(&items[0].node) && !rb_prev(&items[0].node));
	rb_remove(&root, &items[0].node);
	check(rb_empty(&root));
}

static void ascending_and_descending(void)
{
	for (int order = 0; order < 2; order++) {
		struct rb_root root = RB_ROOT;

		for (int i = 0; i < COUNT; i++) {
			put(&root, i, order ? i : -i);
			if (!check(tree_is_sound(&root, (size_t)i + 1)))
				return;
		}
		for (int i = 0; i < COUNT; i++) {
			rb_remove(&root, &items[i].node);
			if (!check(tree_is_sound(&root, (size_t)(COUNT - i - 1))))
				return;
		}
	}
}

/* Equal keys stay in the order of their insertion: a run queue relies on it. */
static void equals_are_first_in_first_out(void)
{
	struct rb_root root = RB_ROOT;
	int last = -1;

	for (int i = 0; i < COUNT; i++)
		put(&root, i, i % 3);
	check(tree_is_sound(&root, COUNT));
	for (struct rb_node *n = rb_first(&root); n && key_of(n) == 0; n = rb_next(n)) {
		int serial = rb_entry(n, struct item, node)->serial;

		check(serial > last);
		last = serial;
	}
	check_eq(last, COUNT - 3);
}

static void random_insertions_and_removals(void)
{
	struct rb_root root = RB_ROOT;
	size_t count = 0;

	for (int i = 0; i < COUNT; i++)
		items[i].inside = false;
	for (int round = 0; round < 20000; round++) {
		int i = (int)(test_random() % COUNT);

		if (items[i].inside) {
			rb_remove(&root, &items[i].node);
			items[i].inside = false;
			count--;
		} else {
			put(&root, i, (int)(test_random() % 100));
			count++;
		}
		if (!check(tree_is_sound(&root, count)))
			return;
	}
}

static void linking_by_hand(void)
{
	struct rb_root root = RB_ROOT;

	items[0].key = 2;
	rb_link(&root, &items[0].node, NULL, 0);
	items[1].key = 1;
	rb_link(&root, &items[1].node, &items[0].node, 0);
	items[2].key = 3;
	rb_link(&root, &items[2].node, &items[0].node, 1);
	check(tree_is_sound(&root, 3));
}

static void building_from_a_chain(void)
{
	for (int n = 0; n <= COUNT; n++) {
		struct rb_root root = { &items[0].node };

		for (int i = 0; i < n; i++) {
			items[i].key = i;
			items[i].node.child[1] = i + 1 < n ? &items[i + 1].node : NULL;
		}
		rb_build(&root, &items[0].node, (u32)n);
		if (!check(tree_is_sound(&root, (size_t)n)))
			return;
		check(!n ||
		      (rb_first(&root) == &items[0].node && rb_last(&root) == &items[n - 1].node));
	}
}

static const struct test_case cases[] = {
	CASE(empty_and_single),
	CASE(ascending_and_descending),
	CASE(equals_are_first_in_first_out),
	CASE(random_insertions_and_removals),
	CASE(linking_by_hand),
	CASE(building_from_a_chain),
};
TEST_MAIN(cases)
