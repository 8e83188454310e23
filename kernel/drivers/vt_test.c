/* SPDX-License-Identifier: ISC */
/* The screen terminal, sequence by sequence: what goes in, which cells come out. */
#include "base/ktest.h"
#include "drivers/vt.h"
#include "lib/string.h"

#define COLUMNS 10
#define ROWS 4

static struct vt vt;
static u64 storage[(2 * ROWS * (sizeof(struct vt_row) + COLUMNS * sizeof(vt_cell))) / 8];

/* Glyph numbers as code points, U+FFFD as '@', line drawing as '#'. */
static u16 glyph(u32 rune)
{
	if (rune >= 0x2500 && rune < 0x2580)
		return '#';
	return rune < 0x100 ? (u16)rune : '@';
}

static void start(const char *text)
{
	vt_init(&vt, COLUMNS, ROWS, storage, glyph);
	vt_write(&vt, text, strlen(text));
}

/* Is row @y @text, blank behind it? */
static bool row_is(u16 y, const char *text)
{
	size_t n = strlen(text);

	for (u16 x = 0; x < COLUMNS; x++) {
		if (vt_cell_glyph(vt.row[y].cells[x]) != (x < n ? (u8)text[x] : ' '))
			return false;
	}
	return true;
}

static bool cursor_at(u16 x, u16 y)
{
	return vt.cursor.x == x && vt.cursor.y == y;
}

KTEST(vt_text, 20)
{
	KEXPECT_EQ(vt_storage_bytes(COLUMNS, ROWS), sizeof(storage));
	start("ab\r\ncd\b\bC\te");
	KEXPECT(row_is(0, "ab"));
	KEXPECT(row_is(1, "Cd      e"));
	KEXPECT(cursor_at(9, 1));
}

KTEST(vt_wrap_is_deferred, 20)
{
	start("0123456789");
	KEXPECT(cursor_at(9, 0));
	vt_write(&vt, "x", 1);
	KEXPECT(row_is(1, "x"));
	start("0123456789\r\nx");
	KEXPECT(row_is(1, "x"));
	KEXPECT(row_is(2, ""));
	start("\033[?7l0123456789xyz");
	KEXPECT(row_is(0, "012345678z"));
}

KTEST(vt_scrolls, 20)
{
	start("1\r\n2\r\n3\r\n4\r\n5");
	KEXPECT(row_is(0, "2"));
	KEXPECT(row_is(3, "5"));
	start("1\r\n2\r\n3\r\n4\033[2;3r\033[3H\n");
	KEXPECT(row_is(0, "1"));
	KEXPECT(row_is(1, "3"));
	KEXPECT(row_is(2, ""));
	KEXPECT(row_is(3, "4"));
	vt_write(&vt, "\033[2H\033M", 6);
	KEXPECT(row_is(1, ""));
	KEXPECT(row_is(2, "3"));
}

KTEST(vt_cursor_moves, 20)
{
	start("\033[3;5H");
	KEXPECT(cursor_at(4, 2));
	vt_write(&vt, "\033[A\033[2D", 7);
	KEXPECT(cursor_at(2, 1));
	vt_write(&vt, "\033[99B\033[99C", 10);
	KEXPECT(cursor_at(9, 3));
	vt_write(&vt, "\0337\033[H\0338", 7);
	KEXPECT(cursor_at(9, 3));
	vt_write(&vt, "\033[2d\033[4G", 8);
	KEXPECT(cursor_at(3, 1));
	vt_write(&vt, "\033[2;4r\033[?6h\033[2H", 16);
	KEXPECT(cursor_at(0, 2));
}

KTEST(vt_erases, 20)
{
	start("abcdef\033[3D\033[K");
	KEXPECT(row_is(0, "abc"));
	start("abcdef\033[4D\033[1K");
	KEXPECT(row_is(0, "   def"));
	start("a\r\nb\r\nc\033[2H\033[J");
	KEXPECT(row_is(0, "a"));
	KEXPECT(row_is(1, ""));
	KEXPECT(row_is(2, ""));
	start("abcdef\033[H\033[2X\033[44m\033[2K");
	KEXPECT_EQ(vt_cell_bg(vt.row[0].cells[9]), 4);
}

KTEST(vt_inserts_and_deletes, 20)
{
	start("abcdef\033[3G\033[2@");
	KEXPECT(row_is(0, "ab  cdef"));
	vt_write(&vt, "\033[3P", 4);
	KEXPECT(row_is(0, "abdef"));
	start("1\r\n2\r\n3\033[2H\033[L");
	KEXPECT(row_is(1, ""));
	KEXPECT(row_is(2, "2"));
	vt_write(&vt, "\033[2M", 4);
	KEXPECT(row_is(1, "3"));
	KEXPECT(row_is(2, ""));
	start("ab\r\033[4hx");
	KEXPECT(row_is(0, "xab"));
}

KTEST(vt_colours, 20)
{
	const vt_cell *c;

	start("\033[1;31;44ma\033[7mb\033[0;38;5;200mc\033[48;2;255;0;0md\033[me");
	c = vt.row[0].cells;
	KEXPECT_EQ(vt_cell_fg(c[0]), 9);
	KEXPECT_EQ(vt_cell_bg(c[0]), 4);
	KEXPECT_EQ(vt_cell_fg(c[1]), 4);
	KEXPECT_EQ(vt_cell_bg(c[1]), 9);
	KEXPECT_EQ(vt_cell_fg(c[2]), 200);
	KEXPECT_EQ(vt_cell_bg(c[3]), 196);
	KEXPECT_EQ(vt_cell_fg(c[4]), 7);
	KEXPECT_EQ(vt_cell_bg(c[4]), 0);
}

KTEST(vt_alternate_screen, 20)
{
	start("main\033[?1049h\033[Halt");
	KEXPECT(row_is(0, "alt"));
	vt_write(&vt, "\033[?1049l", 8);
	KEXPECT(row_is(0, "main"));
	KEXPECT(cursor_at(4, 0));
}

KTEST(vt_utf8, 20)
{
	start("\xc3\xa4\xe2\x94\x80|");
	KEXPECT(row_is(0, "\xe4#|"));
	start("\xff\xc3(\xe2\x94(\xc0\xaf\xed\xa0\x80.");
	KEXPECT(row_is(0, "@@(@(@@."));
	start("\033(0qx\033(Bq\016\033)0x\017x");
	KEXPECT(row_is(0, "##q#x"));
}

KTEST(vt_replies, 20)
{
	start("\033[2;3H\033[6n");
	KEXPECT_EQ(vt.reply_length, 6);
	KEXPECT_EQ(memcmp(vt.reply, "\033[2;3R", 6), 0);
	start("\033[c");
	KEXPECT_EQ(memcmp(vt.reply, "\033[?6c", 5), 0);
	for (int i = 0; i < 100; i++)
		vt_write(&vt, "\033[5n", 4);
	KEXPECT(vt.reply_length <= VT_REPLY_MAX);
}

KTEST(vt_swallows_the_unknown, 20)
{
	start("a\033]0;title\007b\033]2;t\033\\c\033]P1abcdefd\033[>1;2qe\033Pxx\033\\f\033[1\nBg");
	KEXPECT(row_is(0, "abcdef"));
	KEXPECT(cursor_at(7, 2));
	start("\033[999999999999;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1Hx\033[0;0;0;0ry");
	KEXPECT(row_is(3, "x"));
	KEXPECT(row_is(0, "y"));
}

KTEST(vt_log_keeps_the_program, 20)
{
	start("\033[31mab\033[4");
	vt_write_log(&vt, &vt_default_pen, "log\n", 4);
	KEXPECT_EQ(vt_cell_fg(vt.row[0].cells[2]), 7);
	KEXPECT(cursor_at(0, 1));
	vt_write(&vt, "2mc", 3);
	KEXPECT(row_is(1, "c"));
	KEXPECT_EQ(vt_cell_fg(vt.row[1].cells[0]), 1);
	KEXPECT_EQ(vt_cell_bg(vt.row[1].cells[0]), 2);
}

KTEST(vt_log_has_a_pen, 20)
{
	const struct vt_pen red = { .fg = 15, .bg = 1 };

	start("\033[4H");
	vt_write_log(&vt, &red, "ab\n", 3);
	KEXPECT(row_is(2, "ab"));
	KEXPECT_EQ(vt_cell_bg(vt.row[2].cells[1]), 1);
	KEXPECT_EQ(vt_cell_bg(vt.row[3].cells[0]), 0);
}

KTEST(vt_dirty_spans, 20)
{
	start("");
	for (u16 y = 0; y < ROWS; y++) {
		KEXPECT_EQ(vt.row[y].dirty_to, COLUMNS);
		vt.row[y].dirty_from = COLUMNS;
		vt.row[y].dirty_to = 0;
	}
	vt_write(&vt, "\033[2;3Hxy", 8);
	KEXPECT_EQ(vt.row[1].dirty_from, 2);
	KEXPECT_EQ(vt.row[1].dirty_to, 4);
	KEXPECT_EQ(vt.row[0].dirty_to, 0);
}

/* Whatever comes, the cursor stays on the screen and writes stay inside the storage. */
KTEST(vt_survives_noise, 500)
{
	static const char alphabet[] = "\033[;?0123456789HJKLMPrABCD@XSTdGfnhlmsu\n\r\tab\xc3\xa4";
	u32 seed = 1;

	start("");
	for (int i = 0; i < 50000; i++) {
		seed = seed * 1103515245 + 12345;
		vt_write(&vt, &alphabet[(seed >> 16) % (sizeof(alphabet) - 1)], 1);
		KREQUIRE(vt.cursor.x < COLUMNS && vt.cursor.y < ROWS);
		KREQUIRE(vt.top < vt.bottom && vt.bottom < ROWS);
	}
}
