/* SPDX-License-Identifier: ISC */
/* Control sequences (CSI … final) of the screen terminal: cursor, erasing, modes, colours. */
#include "drivers/vt.h"

#include "lib/format.h"
#include "lib/string.h"

/* Parameter @i, @otherwise where it is absent or 0. */
static u16 param(const struct vt *v, u8 i, u16 otherwise)
{
	u16 n = i < v->parser.count ? v->parser.param[i] : 0;

	return n ? n : otherwise;
}

static u16 first(const struct vt *v)
{
	return param(v, 0, 1);
}

static void reply(struct vt *v, const char *text)
{
	size_t n = strlen(text);

	if (v->reply_length + n > sizeof(v->reply))
		return;
	memcpy(v->reply + v->reply_length, text, n);
	v->reply_length += n;
}

/* Absolute row, from the region's top in origin mode. */
static void move_row(struct vt *v, i32 x, i32 row)
{
	if (v->cursor.origin)
		row = MIN(row + v->top, v->bottom);
	vt_move_to(v, x, row);
}

/* Up or down, not out of the scroll region when inside it. */
static void move_vertically(struct vt *v, i32 delta)
{
	i32 y = v->cursor.y;
	i32 low = y >= v->top ? v->top : 0;
	i32 high = y <= v->bottom ? v->bottom : v->rows - 1;

	vt_move_to(v, v->cursor.x, MAX(low, MIN(y + delta, high)));
}

static void erase_display(struct vt *v)
{
	u16 y = v->cursor.y, from = 0, to = v->rows;

	switch (param(v, 0, 0)) {
	case 0:
		vt_erase(v, y, v->cursor.x, v->columns);
		from = (u16)(y + 1);
		break;
	case 1:
		vt_erase(v, y, 0, (u16)(v->cursor.x + 1));
		to = y;
		break;
	case 2: break;
	default: return; /* 3 clears a scroll-back that is not there */
	}
	while (from < to)
		vt_erase(v, from++, 0, v->columns);
}

static void erase_line(struct vt *v)
{
	u16 x = v->cursor.x, y = v->cursor.y;

	switch (param(v, 0, 0)) {
	case 0: vt_erase(v, y, x, v->columns); break;
	case 1: vt_erase(v, y, 0, (u16)(x + 1)); break;
	case 2: vt_erase(v, y, 0, v->columns); break;
	}
}

static void erase_cells(struct vt *v)
{
	u32 end = v->cursor.x + first(v);

	vt_erase(v, v->cursor.y, v->cursor.x, (u16)MIN(end, v->columns));
}

/* IL and DL: only inside the scroll region; the cursor goes to column 0. */
static void insert_or_delete_lines(struct vt *v, bool insert)
{
	if (v->cursor.y < v->top || v->cursor.y > v->bottom)
		return;
	if (insert)
		vt_scroll_down(v, v->cursor.y, v->bottom, first(v));
	else
		vt_scroll_up(v, v->cursor.y, v->bottom, first(v));
	vt_move_to(v, 0, v->cursor.y);
}

static void set_scroll_region(struct vt *v)
{
	u16 top = first(v), bottom = param(v, 1, v->rows);

	bottom = MIN(bottom, v->rows);
	if (top >= bottom)
		return;
	v->top = (u16)(top - 1);
	v->bottom = (u16)(bottom - 1);
	move_row(v, 0, 0);
}

static void clear_tabs(struct vt *v)
{
	if (param(v, 0, 0) == 3)
		memset(v->tabs, 0, sizeof(v->tabs));
	else if (param(v, 0, 0) == 0)
		v->tabs[v->cursor.x / 8] &= (u8) ~(1u << v->cursor.x % 8);
}

/* ?1049, and its older forms: the alternate screen begins blank. */
static void switch_screen(struct vt *v, bool alternate, bool save)
{
	if (alternate == v->alternate)
		return;
	if (save && alternate)
		vt_save_cursor(v);
	vt_show_screen(v, alternate);
	if (alternate) {
		for (u16 y = 0; y < v->rows; y++)
			vt_erase(v, y, 0, v->columns);
	} else if (save) {
		vt_restore_cursor(v);
	}
}

static void set_private_mode(struct vt *v, u16 mode, bool on)
{
	switch (mode) {
	case 1: v->app_cursor = on; break;
	case 6:
		v->cursor.origin = on;
		move_row(v, 0, 0);
		break;
	case 7:
		v->autowrap = on;
		v->cursor.wrap = v->cursor.wrap && on;
		break;
	case 25: v->cursor_visible = on; break;
	case 47:
	case 1047: switch_screen(v, on, false); break;
	case 1048:
		if (on)
			vt_save_cursor(v);
		else
			vt_restore_cursor(v);
		break;
	case 1049: switch_screen(v, on, true); break;
	}
}

static void set_modes(struct vt *v, bool on)
{
	for (u8 i = 0; i < v->parser.count; i++) {
		u16 mode = v->parser.param[i];

		if (v->parser.prefix == '?')
			set_private_mode(v, mode, on);
		else if (!v->parser.prefix && mode == 4)
			v->insert = on;
		else if (!v->parser.prefix && mode == 20)
			v->newline_mode = on;
	}
}

static void report_status(struct vt *v)
{
	char text[24];

	if (param(v, 0, 0) == 5) {
		reply(v, "\033[0n");
	} else if (param(v, 0, 0) == 6) {
		u16 y = (u16)(v->cursor.y - (v->cursor.origin ? v->top : 0));

		snprintf(text, sizeof(text), "\033[%u;%uR", y + 1u, v->cursor.x + 1u);
		reply(v, text);
	}
}

static void soft_reset(struct vt *v)
{
	v->insert = v->app_cursor = false;
	v->autowrap = v->cursor_visible = true;
	v->top = 0;
	v->bottom = (u16)(v->rows - 1);
	v->cursor.origin = false;
	v->cursor.pen = vt_default_pen;
}

/* The palette entry nearest to a true colour: 6 steps a channel (xterm's cube). */
static u8 nearest_colour(u16 r, u16 g, u16 b)
{
	u16 steps[3] = { r, g, b };

	for (int i = 0; i < 3; i++)
		steps[i] = steps[i] < 48 ? 0 : steps[i] < 115 ? 1 : (MIN(steps[i], 255) - 35) / 40;
	return (u8)(16 + 36 * steps[0] + 6 * steps[1] + steps[2]);
}

/* 38 and 48: ";5;n" or ";2;r;g;b" follow. Returns the parameters used. */
static u8 extended_colour(const struct vt *v, u8 i, u8 *colour)
{
	const u16 *p = v->parser.param + i;
	u8 left = (u8)(v->parser.count - i);

	if (left >= 2 && p[0] == 5) {
		*colour = (u8)p[1];
		return 2;
	}
	if (left >= 4 && p[0] == 2) {
		*colour = nearest_colour(p[1], p[2], p[3]);
		return 4;
	}
	return left;
}

static void sgr_attribute(struct vt_pen *pen, u16 n)
{
	switch (n) {
	case 0: *pen = vt_default_pen; break;
	case 1: pen->bold = true; break;
	case 4: pen->underline = true; break;
	case 7: pen->reverse = true; break;
	case 21:
	case 22: pen->bold = false; break;
	case 24: pen->underline = false; break;
	case 27: pen->reverse = false; break;
	case 30 ... 37: pen->fg = (u8)(n - 30); break;
	case 39: pen->fg = vt_default_pen.fg; break;
	case 40 ... 47: pen->bg = (u8)(n - 40); break;
	case 49: pen->bg = vt_default_pen.bg; break;
	case 90 ... 97: pen->fg = (u8)(n - 90 + 8); break;
	case 100 ... 107: pen->bg = (u8)(n - 100 + 8); break;
	}
}

void vt_sgr(struct vt *v)
{
	struct vt_pen *pen = &v->cursor.pen;
	u8 i = 0;

	if (v->parser.count == 0)
		*pen = vt_default_pen;
	while (i < v->parser.count) {
		u16 n = v->parser.param[i++];

		if (n == 38)
			i += extended_colour(v, i, &pen->fg);
		else if (n == 48)
			i += extended_colour(v, i, &pen->bg);
		else
			sgr_attribute(pen, n);
	}
}

static void repeat(struct vt *v)
{
	u32 n = MIN((u32)first(v), (u32)v->columns * v->rows);

	while (n--)
		vt_put(v, v->last_rune);
}

/* Cursor movement; false: not one of these. */
static bool csi_move(struct vt *v, u8 final)
{
	u16 n = first(v);

	switch (final) {
	case 'A': move_vertically(v, -n); break;
	case 'B':
	case 'e': move_vertically(v, n); break;
	case 'C':
	case 'a': vt_move_to(v, v->cursor.x + n, v->cursor.y); break;
	case 'D': vt_move_to(v, v->cursor.x - n, v->cursor.y); break;
	case 'E':
		move_vertically(v, n);
		v->cursor.x = 0;
		break;
	case 'F':
		move_vertically(v, -n);
		v->cursor.x = 0;
		break;
	case 'G':
	case '`': vt_move_to(v, n - 1, v->cursor.y); break;
	case 'H':
	case 'f': move_row(v, param(v, 1, 1) - 1, n - 1); break;
	case 'd': move_row(v, v->cursor.x, n - 1); break;
	case 'I': vt_next_tab(v, n); break;
	case 'Z': vt_previous_tab(v, n); break;
	default: return false;
	}
	return true;
}

/* What changes cells; false: not one of these. */
static bool csi_edit(struct vt *v, u8 final)
{
	switch (final) {
	case '@': vt_insert_cells(v, first(v)); break;
	case 'J': erase_display(v); break;
	case 'K': erase_line(v); break;
	case 'L': insert_or_delete_lines(v, true); break;
	case 'M': insert_or_delete_lines(v, false); break;
	case 'P': vt_delete_cells(v, first(v)); break;
	case 'S': vt_scroll_up(v, v->top, v->bottom, first(v)); break;
	case 'T': vt_scroll_down(v, v->top, v->bottom, first(v)); break;
	case 'X': erase_cells(v); break;
	case 'b': repeat(v); break;
	default: return false;
	}
	v->cursor.wrap = v->cursor.wrap && final == 'b';
	return true;
}

void vt_csi(struct vt *v, u8 final)
{
	struct vt_parser *p = &v->parser;

	if (final == 'h' || final == 'l') {
		set_modes(v, final == 'h');
		return;
	}
	if (p->intermediate == '!' && final == 'p')
		soft_reset(v);
	if (p->prefix || p->intermediate || csi_move(v, final) || csi_edit(v, final))
		return;
	switch (final) {
	case 'c': reply(v, "\033[?6c"); break;
	case 'g': clear_tabs(v); break;
	case 'm': vt_sgr(v); break;
	case 'n': report_status(v); break;
	case 'r': set_scroll_region(v); break;
	case 's': vt_save_cursor(v); break;
	case 'u': vt_restore_cursor(v); break;
	}
}
