/* SPDX-License-Identifier: ISC */
/*
 * The screen terminal as pure code: bytes with escape sequences in, a grid of cells out.
 *
 * It speaks what TERM=linux programs send (ECMA-48, DEC private modes). It knows no pixels:
 * the glyph of a character comes from a callback, and whoever draws reads the rows' dirty
 * spans. Locks: the caller's.
 */
#pragma once

#include "lib/types.h"

/* glyph (bits 0-14), underline (15), foreground (16-23), background (24-31; palette of 256). */
typedef u32 vt_cell;
#define VT_UNDERLINE 0x8000u

static inline u16 vt_cell_glyph(vt_cell c)
{
	return c & 0x7fff;
}

static inline u8 vt_cell_fg(vt_cell c)
{
	return (u8)(c >> 16);
}

static inline u8 vt_cell_bg(vt_cell c)
{
	return (u8)(c >> 24);
}

#define VT_MAX_COLUMNS 512
#define VT_MAX_ROWS 256
#define VT_MAX_PARAMS 16
#define VT_REPLY_MAX 64

/* One line of the screen; [dirty_from, dirty_to) changed since whoever draws reset it. */
struct vt_row {
	vt_cell *cells;
	u16 dirty_from, dirty_to;
};

struct vt_pen {
	u8 fg, bg;
	bool bold, underline, reverse;
};

struct vt_cursor {
	u16 x, y;
	bool wrap; /* the last column was written: the next character wraps first */
	bool origin; /* DECOM: rows count from the scroll region's top */
	struct vt_pen pen;
	bool graphics[2]; /* G0, G1 are DEC's line drawing set */
	u8 charset; /* 0: G0, 1: G1 */
};

struct vt_parser {
	u8 state;
	u8 prefix; /* '?' and its like after CSI, 0: none */
	u8 intermediate; /* last byte in 0x20-0x2f */
	u8 count; /* parameters seen */
	u16 param[VT_MAX_PARAMS];
	u8 skip; /* bytes left of a Linux palette string */
	u8 utf8_left;
	u32 utf8_rune, utf8_min;
};

struct vt {
	u16 columns, rows;
	struct vt_row *row; /* of the screen shown */
	struct vt_row *screens[2]; /* main and alternate */
	struct vt_cursor cursor, saved[2];
	u16 top, bottom; /* scroll region, both included */
	bool alternate, autowrap, insert, newline_mode, cursor_visible, app_cursor;
	struct vt_parser parser;
	u32 last_rune; /* for REP */
	u8 tabs[VT_MAX_COLUMNS / 8];
	u16 (*glyph)(u32 rune); /* must know ' ' and U+FFFD */
	u16 blank; /* glyph of ' ' */
	char reply[VT_REPLY_MAX]; /* answers to the host, taken and reset by the owner */
	u8 reply_length;
};

/* Bytes of storage vt_init() needs for both screens. */
size_t vt_storage_bytes(u16 columns, u16 rows);

/*
 * @storage: vt_storage_bytes() bytes, aligned to 8, the owner's. 2 to VT_MAX_* columns and rows.
 * The screen is blank and wholly dirty afterwards.
 */
void vt_init(struct vt *v, u16 columns, u16 rows, void *storage, u16 (*glyph)(u32 rune));

/* A program's output. */
void vt_write(struct vt *v, const char *text, size_t n);

/*
 * The kernel's text, in the middle of whatever a program was sending: in @pen, '\n' is a new
 * line, and the program's pen and half-sent sequence are kept.
 */
void vt_write_log(struct vt *v, const struct vt_pen *pen, const char *text, size_t n);

/* -- between vt.c and vt_parse.c -- */
void vt_reset(struct vt *v);
void vt_put(struct vt *v, u32 rune);
void vt_linefeed(struct vt *v);
void vt_reverse_linefeed(struct vt *v);
void vt_move_to(struct vt *v, i32 x, i32 y); /* clamped to the screen */
void vt_next_tab(struct vt *v, u32 n);
void vt_previous_tab(struct vt *v, u32 n);
void vt_scroll_up(struct vt *v, u16 top, u16 bottom, u32 n); /* rows top … bottom */
void vt_scroll_down(struct vt *v, u16 top, u16 bottom, u32 n);
void vt_erase(struct vt *v, u16 y, u16 from, u16 to); /* columns [from, to) */
void vt_insert_cells(struct vt *v, u32 n); /* at the cursor */
void vt_delete_cells(struct vt *v, u32 n);
void vt_show_screen(struct vt *v, bool alternate);
void vt_save_cursor(struct vt *v);
void vt_restore_cursor(struct vt *v);
void vt_mark_dirty(struct vt *v, u16 y, u16 from, u16 to);
void vt_csi(struct vt *v, u8 final); /* vt_csi.c */
void vt_sgr(struct vt *v);
extern const struct vt_pen vt_default_pen;
