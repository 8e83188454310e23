/* SPDX-License-Identifier: ISC */
/*
 * A set of small numbers, one bit each, over u64 words that the caller owns.
 * Not atomic: the caller's lock. A bit's number must be below the map's size.
 */
#pragma once

#include "lib/types.h"

#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

static inline void bitmap_set(u64 *map, size_t bit)
{
	map[bit / 64] |= 1ULL << (bit % 64);
}

static inline void bitmap_clear(u64 *map, size_t bit)
{
	map[bit / 64] &= ~(1ULL << (bit % 64));
}

static inline bool bitmap_test(const u64 *map, size_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}

/* The lowest clear bit at or above @from; @bits if there is none below @bits. */
size_t bitmap_find_first_zero(const u64 *map, size_t bits, size_t from);
