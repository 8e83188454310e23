/* SPDX-License-Identifier: ISC */
/*
 * The screen's fonts, made at build time from the distribution's console fonts (mkfont.py).
 * Read-only data, no locks.
 */
#pragma once

#include "lib/types.h"

struct font_char {
	u16 rune; /* Unicode */
	u16 glyph;
};

struct font {
	u16 width, height; /* pixels; width 8 or 16 */
	u16 count; /* glyphs */
	const u8 *bits; /* count * height rows of width / 8 bytes, leftmost pixel highest */
	const struct font_char *map; /* sorted by rune */
	u16 map_size;
};

extern const struct font font_small; /* 8 x 16 */
extern const struct font font_large; /* 16 x 32 */

/* Glyph of @rune; where there is none a similar one, then U+FFFD's, then '?'. */
u16 font_glyph(const struct font *f, u32 rune);

static inline const u8 *font_bits(const struct font *f, u16 glyph)
{
	return f->bits + (size_t)(glyph < f->count ? glyph : 0) * f->height * (f->width / 8);
}
