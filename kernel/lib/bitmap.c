/* SPDX-License-Identifier: ISC */
/* Searching a bitmap by the word. Bits of the last word beyond the map's size are ignored. */
#include "lib/bitmap.h"

size_t bitmap_find_first_zero(const u64 *map, size_t bits, size_t from)
{
	size_t word;
	u64 clear;

	if (from >= bits)
		return bits;
	word = from / 64;
	clear = ~map[word] & (~0ULL << (from % 64));
	while (!clear) {
		if (++word == BITMAP_WORDS(bits))
			return bits;
		clear = ~map[word];
	}
	return MIN(word * 64 + (size_t)__builtin_ctzll(clear), bits);
}
