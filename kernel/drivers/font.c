/* SPDX-License-Identifier: ISC */
/* The fonts' data, and looking a character up in them. */
#include "drivers/font.h"

#include "font_16x32.h"
#include "font_8x16.h"

#define REPLACEMENT 0xfffd
#define NO_GLYPH 0xffff

_Static_assert(font_8x16_WIDTH == 8 && font_16x32_WIDTH == 16, "rows of one or two bytes");

/* What a text still reads well with where the font lacks the character itself. */
static const struct {
	u16 rune, instead;
} similar[] = {
	{ 0x2010, '-' },    { 0x2011, '-' },    { 0x2012, '-' },    { 0x2013, 0x2500 },
	{ 0x2014, 0x2500 }, { 0x2015, 0x2500 }, { 0x2018, '\'' },   { 0x2019, '\'' },
	{ 0x201a, ',' },    { 0x201c, '"' },    { 0x201d, '"' },    { 0x201e, '"' },
	{ 0x2022, 0x00b7 }, { 0x2026, 0x00b7 }, { 0x2190, '<' },    { 0x2192, '>' },
	{ 0x2212, '-' },    { 0x23ba, 0x2500 }, { 0x23bb, 0x2500 }, { 0x23bc, 0x2500 },
	{ 0x23bd, '_' },    { 0x2713, 'v' },    { 0x2717, 'x' },
};

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

static u16 find_similar(const struct font *f, u32 rune)
{
	for (size_t i = 0; i < ARRAY_SIZE(similar); i++) {
		if (similar[i].rune == rune)
			return find(f, similar[i].instead);
	}
	return NO_GLYPH;
}

u16 font_glyph(const struct font *f, u32 rune)
{
	u16 glyph = find(f, rune);

	if (glyph == NO_GLYPH)
		glyph = find_similar(f, rune);
	if (glyph == NO_GLYPH)
		glyph = find(f, REPLACEMENT);
	if (glyph == NO_GLYPH)
		glyph = find(f, '?');
	return glyph == NO_GLYPH ? 0 : glyph;
}
