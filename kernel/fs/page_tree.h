/* SPDX-License-Identifier: ISC */
/*
 * The pages of a file by their index: a radix tree of 64-way nodes that is only as high as the
 * highest index needs (a file of one page has no node at all), with holes.
 * Each page in it holds one reference. Locks: the caller's.
 */
#pragma once

#include "mm/page.h"

#define PAGE_TREE_NODE 512

struct page_tree {
	void *root; /* a struct page * at height 0, else a node */
	u32 height; /* levels of nodes */
	u64 pages; /* in it */
	u64 nodes; /* above them, of PAGE_TREE_NODE bytes */
};

/* NULL: a hole. The page isn't counted for the caller. */
struct page *page_tree_get(const struct page_tree *t, u64 index);
/*
 * The pages at @first + i for each bit i of @wanted, in out[i], counted for the caller; the bits of
 * those that there are.
 */
u32 page_tree_take(const struct page_tree *t, u64 first, u32 wanted, struct page **out);
/* The lowest index >= @from that has a page (@there), or none; ~0: all above are holes. */
u64 page_tree_seek(const struct page_tree *t, u64 from, bool there);
/* Puts @p (its reference passes) into the hole at @index. 0 or -ENOMEM. */
int page_tree_set(struct page_tree *t, u64 index, struct page *p);
/* Takes out and puts all pages from @from to @last; returns how many they were. */
u64 page_tree_cut(struct page_tree *t, u64 from, u64 last);

void page_tree_init_caches(void);
