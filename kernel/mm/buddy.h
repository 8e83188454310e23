/* SPDX-License-Identifier: ISC */
/*
 * The buddy allocator beneath mm/page.h: free blocks of 2^order frames, naturally aligned
 * (OSTEP 17.4). Only the page allocator and its tests use it.
 *
 * Invariants: a free block's head has PAGE_IS_FREE and its order, and lies in the list of that
 * order; two free buddies of one order never stay apart. Lock: buddy_lock (leaf, interrupts off).
 */
#pragma once

#include "mm/page.h"

/* Free frames in the lists; reading it without the lock gives a recent value. */
extern u64 buddy_free_frames;

void buddy_init(void);

/* A block of 2^@order frames, not zeroed; NULL: there is none. Any context. */
struct page *buddy_alloc(unsigned order);

/* Up to 2^@order single frames, linked through next_free into *@list; returns how many. */
unsigned buddy_alloc_frames(struct page **list, unsigned order);

/* Gives back a block, or a next_free list of single frames. Their refcounts are 0. */
void buddy_free(struct page *p, unsigned order);
void buddy_free_frames_list(struct page *list);

/* Adds frames [first, end) that were never in the lists before. Boot only. */
void buddy_add_range(u64 first, u64 end);
