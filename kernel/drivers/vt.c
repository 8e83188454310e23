/* SPDX-License-Identifier: ISC */
/*
 * The grid behind the screen terminal: writing, scrolling, erasing, two screens.
 *
 * Rows are reached through pointers, so scrolling moves pointers and never cells.
 * Invariants: cursor.x < columns, cursor.y < rows, top <= bottom < rows.
 */
#include "drivers/vt.h"

#include "lib/string.h"

const struct vt_pen vt_default_pen = { .fg = 7, .bg = 0 };

/* DEC's line drawing set for 0x60-0x7e (VT100 user guide, table 3-9). */
static const u16 dec_graphics[] = {
	0x25c6, 0x2592, 0x2409, 0x240c, 0x240d, 0x240a, 0x00b0, 0x00b1, 0x2424, 0x240b, 0x2518,
	0x2510, 0x250c, 0x2514, 0x253c, 0x23ba, 0x23bb, 0x2500, 0x23bc, 0x23bd, 0x251c, 0x2524,
	0x2534, 0x252c, 0x2502, 0x2264, 0x2265, 0x03c0, 0x2260, 0x00a3, 0x00b7,
};

size_t vt_storage_bytes(u16 columns, u16 rows)
{
	return 2 * (size_t)rows * (sizeof(struct vt_row) + columns * sizeof(vt_cell));
}

void vt_mark_dirty(struct vt *v, u16 y, u16 from, u16 to)
{
	struct vt_row *r = &v->row[y];

	r->dirty_from = MIN(r->dirty_from, from);
	r->dirty_to = MAX(r->dirty_to, to);
}

static vt_cell make_cell(const struct vt_pen *p, u16 glyph)
{
	u8 fg = p->bold && p->fg < 8 ? p->fg + 8 : p->fg;
	u8 bg = p->bg;

	if (p->reverse) {
		u8 swap = fg;

		fg = bg;
		bg = swap;
	}
	return (u32)(glyph & 0x7fff) | (p->underline ? VT_UNDERLINE : 0) | (u32)fg << 16 |
	       (u32)bg << 24;
}

/* Erased cells take the pen's background (terminfo: bce). */
static vt_cell blank_cell(const struct vt *v)
{
	return v->blank | (u32)vt_default_pen.fg << 16 | (u32)v->cursor.pen.bg << 24;
}

static void fill_cells(vt_cell *c, vt_cell value, u32 n)
{
	while (n--)
		*c++ = value;
}

void vt_erase(struct vt *v, u16 y, u16 from, u16 to)
{
	if (from >= to)
		return;
	fill_cells(v->row[y].cells + from, blank_cell(v), to - from);
	vt_mark_dirty(v, y, from, to);
}

void vt_scroll_up(struct vt *v, u16 top, u16 bottom, u32 n)
{
	u32 height = bottom - top + 1u;

	for (n = MIN(n, height); n; n--) {
		struct vt_row first = v->row[top];

		memmove(&v->row[top], &v->row[top + 1], (height - 1) * sizeof(first));
		v->row[bottom] = first;
		vt_erase(v, bottom, 0, v->columns);
	}
	for (u16 y = top; y <= bottom; y++)
		vt_mark_dirty(v, y, 0, v->columns);
}

void vt_scroll_down(struct vt *v, u16 top, u16 bottom, u32 n)
{
	u32 height = bottom - top + 1u;

	for (n = MIN(n, height); n; n--) {
		struct vt_row last = v->row[bottom];

		memmove(&v->row[top + 1], &v->row[top], (height - 1) * sizeof(last));
		v->row[top] = last;
		vt_erase(v, top, 0, v->columns);
	}
	for (u16 y = top; y <= bottom; y++)
		vt_mark_dirty(v, y, 0, v->columns);
}

void vt_linefeed(struct vt *v)
{
	v->cursor.wrap = false;
	if (v->cursor.y == v->bottom)
		vt_scroll_up(v, v->top, v->bottom, 1);
	else if (v->cursor.y < v->rows - 1)
		v->cursor.y++;
}

void vt_reverse_linefeed(struct vt *v)
{
	v->cursor.wrap = false;
	if (v->cursor.y == v->top)
		vt_scroll_down(v, v->top, v->bottom, 1);
	else if (v->cursor.y > 0)
		v->cursor.y--;
}

void vt_move_to(struct vt *v, i32 x, i32 y)
{
	v->cursor.x = (u16)MAX(0, MIN(x, v->columns - 1));
	v->cursor.y = (u16)MAX(0, MIN(y, v->rows - 1));
	v->cursor.wrap = false;
}

void vt_next_tab(struct vt *v, u32 n)
{
	u16 x = v->cursor.x;

	while (n-- && x < v->columns - 1) {
		do
			x++;
		while (x < v->columns - 1 && !(v->tabs[x / 8] & 1u << x % 8));
	}
	v->cursor.x = x;
}

void vt_previous_tab(struct vt *v, u32 n)
{
	u16 x = v->cursor.x;

	while (n-- && x > 0) {
		do
			x--;
		while (x > 0 && !(v->tabs[x / 8] & 1u << x % 8));
	}
	v->cursor.x = x;
	v->cursor.wrap = false;
}

void vt_insert_cells(struct vt *v, u32 n)
{
	u16 x = v->cursor.x;
	vt_cell *c = v->row[v->cursor.y].cells;

	n = MIN(n, (u32)(v->columns - x));
	memmove(c + x + n, c + x, (v->columns - x - n) * sizeof(*c));
	vt_erase(v, v->cursor.y, x, (u16)(x + n));
	vt_mark_dirty(v, v->cursor.y, x, v->columns);
}

void vt_delete_cells(struct vt *v, u32 n)
{
	u16 x = v->cursor.x;
	vt_cell *c = v->row[v->cursor.y].cells;

	n = MIN(n, (u32)(v->columns - x));
	memmove(c + x, c + x + n, (v->columns - x - n) * sizeof(*c));
	vt_erase(v, v->cursor.y, (u16)(v->columns - n), v->columns);
	vt_mark_dirty(v, v->cursor.y, x, v->columns);
}

/* Marks that join the character before take no cell; they are left out. */
static bool is_zero_width(u32 rune)
{
	return (rune >= 0x300 && rune <= 0x36f) || (rune >= 0x200b && rune <= 0x200f) ||
	       (rune >= 0xfe00 && rune <= 0xfe0f) || rune == 0xfeff;
}

void vt_put(struct vt *v, u32 rune)
{
	struct vt_cursor *c = &v->cursor;

	if (is_zero_width(rune))
		return;
	if (c->graphics[c->charset] && rune >= 0x60 && rune <= 0x7e)
		rune = dec_graphics[rune - 0x60];
	if (c->wrap) {
		c->x = 0;
		vt_linefeed(v);
	}
	if (v->insert)
		vt_insert_cells(v, 1);
	v->row[c->y].cells[c->x] = make_cell(&c->pen, v->glyph(rune));
	vt_mark_dirty(v, c->y, c->x, (u16)(c->x + 1));
	if (c->x < v->columns - 1)
		c->x++;
	else
		c->wrap = v->autowrap;
	v->last_rune = rune;
}

void vt_save_cursor(struct vt *v)
{
	v->saved[v->alternate] = v->cursor;
}

void vt_restore_cursor(struct vt *v)
{
	v->cursor = v->saved[v->alternate];
}

void vt_show_screen(struct vt *v, bool alternate)
{
	v->alternate = alternate;
	v->row = v->screens[alternate];
	for (u16 y = 0; y < v->rows; y++)
		vt_mark_dirty(v, y, 0, v->columns);
}

void vt_reset(struct vt *v)
{
	memset(&v->cursor, 0, sizeof(v->cursor));
	memset(&v->parser, 0, sizeof(v->parser));
	v->cursor.pen = vt_default_pen;
	v->saved[0] = v->saved[1] = v->cursor;
	v->top = 0;
	v->bottom = (u16)(v->rows - 1);
	v->insert = v->newline_mode = v->app_cursor = false;
	v->autowrap = v->cursor_visible = true;
	memset(v->tabs, 0x01, sizeof(v->tabs));
	for (int screen = 1; screen >= 0; screen--) {
		vt_show_screen(v, screen);
		for (u16 y = 0; y < v->rows; y++)
			vt_erase(v, y, 0, v->columns);
	}
}

void vt_init(struct vt *v, u16 columns, u16 rows, void *storage, u16 (*glyph)(u32 rune))
{
	struct vt_row *row = storage;
	vt_cell *cells = (vt_cell *)(row + 2 * rows);

	memset(v, 0, sizeof(*v));
	v->columns = columns;
	v->rows = rows;
	v->glyph = glyph;
	v->blank = glyph(' ');
	v->last_rune = ' ';
	v->screens[0] = row;
	v->screens[1] = row + rows;
	for (u32 i = 0; i < 2u * rows; i++)
		row[i] = (struct vt_row){ .cells = cells + (size_t)i * columns };
	vt_reset(v);
}
