/* SPDX-License-Identifier: ISC */
/* The fonts' data, and looking a character up in them. */
#include "drivers/font.h"

#include "font_16x32.h"
#include "font_8x16.h"

#define REPLACEMENT 0xfffd
#define NO_GLYPH 0xffff

_Static_assert(font_8x16_WIDTH == 8 && font_16x32_WIDTH == 16, "rows of one or two bytes");

const struct font font_small = {
	.width = font_8x16_WIDTH,
	.height = font_8x16_HEIGHT,
	.count = font_8x16_COUNT,
	.bits = font_8x16_bits,
	.map = font_8x16_map,
	.map_size = ARRAY_SIZE(font_8x16_map),
};

const struct font font_large = {
	.width = font_16x32_WIDTH,
	.height = font_16x32_HEIGHT,
	.count = font_16x32_COUNT,
	.bits = font_16x32_bits,
	.map = font_16x32_map,
	.map_size = ARRAY_SIZE(font_16x32_map),
};

static u16 find(const struct font *f, u32 rune)
{
	u32 low = 0, high = f->map_size;

	while (low < high) {
		u32 middle = (low + high) / 2;

		if (f->map[middle].rune == rune)
			return f->map[middle].glyph;
		if (f->map[middle].rune < rune)
			low = middle + 1;
		else
			high = middle;
	}
	return NO_GLYPH;
}

u16 font_glyph(const struct font *f, u32 rune)
{
	u16 glyph = find(f, rune);

	if (glyph == NO_GLYPH)
		glyph = find(f, REPLACEMENT);
	if (glyph == NO_GLYPH)
		glyph = find(f, '?');
	return glyph == NO_GLYPH ? 0 : glyph;
}
