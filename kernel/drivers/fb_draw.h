/* SPDX-License-Identifier: ISC */
/*
 * Cells to pixels. The framebuffer is only written, never read: reading write-combining
 * memory is slow. Locks: the caller's.
 */
#pragma once

#include "boot_info.h"
#include "drivers/font.h"
#include "drivers/vt.h"

struct fb_surface {
	u8 *pixels; /* mapped; @pitch bytes a line, 4 a pixel */
	u32 width, height, pitch;
	const struct font *font;
	u32 palette[256]; /* in the framebuffer's format */
};

/* Fills the palette: 16 colours of the console, 6 x 6 x 6 cube, 24 greys (as xterm). */
void fb_set_palette(struct fb_surface *s, const struct boot_framebuffer *fb);
/* The whole screen in background colour. */
void fb_clear(const struct fb_surface *s);
/* Draws @cell at column @x, row @y; @inverted: as the cursor stands on it. */
void fb_draw_cell(const struct fb_surface *s, u16 x, u16 y, vt_cell cell, bool inverted);
