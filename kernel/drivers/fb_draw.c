/* SPDX-License-Identifier: ISC */
/*
 * Drawing glyphs, two pixels a store: with two colours a pair of pixels has four values, which
 * are made once a glyph and then looked up by two bits of the font.
 */
#include "drivers/fb_draw.h"

typedef u64 pixel_pair __attribute__((may_alias, aligned(4)));

static const u8 console_colours[16][3] = {
	{ 0x00, 0x00, 0x00 }, { 0xaa, 0x00, 0x00 }, { 0x00, 0xaa, 0x00 }, { 0xaa, 0x55, 0x00 },
	{ 0x23, 0x55, 0xc8 }, { 0xaa, 0x00, 0xaa }, { 0x00, 0xaa, 0xaa }, { 0xb8, 0xb8, 0xb8 },
	{ 0x60, 0x60, 0x60 }, { 0xff, 0x55, 0x55 }, { 0x55, 0xff, 0x55 }, { 0xff, 0xff, 0x55 },
	{ 0x6a, 0x9c, 0xff }, { 0xff, 0x55, 0xff }, { 0x55, 0xff, 0xff }, { 0xff, 0xff, 0xff },
};

static u32 pack(const struct boot_framebuffer *fb, u32 r, u32 g, u32 b)
{
	return r << fb->red_shift | g << fb->green_shift | b << fb->blue_shift;
}

static u32 cube_level(u32 step)
{
	return step ? 55 + 40 * step : 0;
}

void fb_set_palette(struct fb_surface *s, const struct boot_framebuffer *fb)
{
	for (u32 i = 0; i < 16; i++)
		s->palette[i] = pack(fb, console_colours[i][0], console_colours[i][1],
				     console_colours[i][2]);
	for (u32 i = 0; i < 216; i++)
		s->palette[16 + i] =
			pack(fb, cube_level(i / 36), cube_level(i / 6 % 6), cube_level(i % 6));
	for (u32 i = 0; i < 24; i++)
		s->palette[232 + i] = pack(fb, 8 + 10 * i, 8 + 10 * i, 8 + 10 * i);
}

void fb_clear(const struct fb_surface *s)
{
	u32 colour = s->palette[vt_cell_bg(0)];
	u64 pair = colour | (u64)colour << 32;

	for (u32 y = 0; y < s->height; y++) {
		u8 *line = s->pixels + (size_t)y * s->pitch;

		for (u32 x = 0; x + 1 < s->width; x += 2)
			*(pixel_pair *)(line + 4 * x) = pair;
		if (s->width & 1)
			*(volatile u32 *)(line + 4 * (s->width - 1)) = colour;
	}
}

static inline void draw_bits(pixel_pair *to, u8 bits, const u64 pair[4])
{
	to[0] = pair[bits >> 6];
	to[1] = pair[bits >> 4 & 3];
	to[2] = pair[bits >> 2 & 3];
	to[3] = pair[bits & 3];
}

void fb_draw_cell(const struct fb_surface *s, u16 x, u16 y, vt_cell cell, bool inverted)
{
	const struct font *f = s->font;
	const u8 *bits = font_bits(f, vt_cell_glyph(cell));
	u64 fg = s->palette[inverted ? vt_cell_bg(cell) : vt_cell_fg(cell)];
	u64 bg = s->palette[inverted ? vt_cell_fg(cell) : vt_cell_bg(cell)];
	const u64 pair[4] = { bg | bg << 32, bg | fg << 32, fg | bg << 32, fg | fg << 32 };
	u16 underline = cell & VT_UNDERLINE ? (u16)(f->height - 2) : f->height;
	u8 *line = s->pixels + (size_t)y * f->height * s->pitch + 4u * x * f->width;

	for (u16 row = 0; row < f->height; row++, line += s->pitch) {
		u8 force = row == underline ? 0xff : 0;

		draw_bits((pixel_pair *)line, *bits++ | force, pair);
		if (f->width > 8)
			draw_bits((pixel_pair *)line + 4, *bits++ | force, pair);
	}
}
