/* SPDX-License-Identifier: ISC */
/*
 * From bytes to actions: UTF-8, control characters, escape sequences (ECMA-48, 5.4).
 *
 * Control characters act in the middle of a sequence too; CAN and SUB end it. What is not
 * known is swallowed whole, so that it never shows as garbage.
 */
#include "drivers/vt.h"

#include "lib/string.h"

enum { GROUND, ESCAPE, ESCAPE_INTERMEDIATE, CSI, STRING, STRING_ESCAPE };

#define REPLACEMENT 0xfffd

static void start_sequence(struct vt_parser *p, u8 state)
{
	p->state = state;
	p->prefix = p->intermediate = p->count = p->skip = 0;
	memset(p->param, 0, sizeof(p->param));
}

static void control(struct vt *v, u8 c)
{
	switch (c) {
	case '\b':
		if (v->cursor.x > 0)
			v->cursor.x--;
		v->cursor.wrap = false;
		break;
	case '\t': vt_next_tab(v, 1); break;
	case '\n':
	case '\v':
	case '\f':
		vt_linefeed(v);
		if (v->newline_mode)
			v->cursor.x = 0;
		break;
	case '\r': vt_move_to(v, 0, v->cursor.y); break;
	case 0x0e:
	case 0x0f: v->cursor.charset = c == 0x0e; break; /* SO, SI */
	case 0x18:
	case 0x1a: v->parser.state = GROUND; break;
	case 0x1b: start_sequence(&v->parser, ESCAPE); break;
	}
}

/* ESC followed by one byte. */
static void escape(struct vt *v, u8 c)
{
	v->parser.state = GROUND;
	switch (c) {
	case '[': start_sequence(&v->parser, CSI); break;
	case ']': /* OSC, and the strings that nobody here reads: DCS, SOS, PM, APC */
	case 'P':
	case 'X':
	case '^':
	case '_':
		start_sequence(&v->parser, STRING);
		v->parser.prefix = c;
		break;
	case '7': vt_save_cursor(v); break;
	case '8': vt_restore_cursor(v); break;
	case 'D': vt_linefeed(v); break;
	case 'E':
		v->cursor.x = 0;
		vt_linefeed(v);
		break;
	case 'H': v->tabs[v->cursor.x / 8] |= 1u << v->cursor.x % 8; break;
	case 'M': vt_reverse_linefeed(v); break;
	case 'Z': vt_csi(v, 'c'); break;
	case 'c': vt_reset(v); break;
	default:
		if (c >= 0x20 && c <= 0x2f) {
			v->parser.intermediate = c;
			v->parser.state = ESCAPE_INTERMEDIATE;
		}
	}
}

static void screen_alignment(struct vt *v)
{
	vt_move_to(v, 0, 0);
	for (u16 y = 0; y < v->rows; y++) {
		vt_erase(v, y, 0, v->columns);
		for (u16 x = 0; x < v->columns; x++)
			v->row[y].cells[x] = v->glyph('E') | (v->row[y].cells[x] & ~0x7fffu);
	}
}

/* ESC, an intermediate, and this: character sets, and DECALN. */
static void escape_intermediate(struct vt *v, u8 c)
{
	if (c >= 0x20 && c <= 0x2f)
		return;
	v->parser.state = GROUND;
	switch (v->parser.intermediate) {
	case '(': v->cursor.graphics[0] = c == '0'; break;
	case ')': v->cursor.graphics[1] = c == '0'; break;
	case '#':
		if (c == '8')
			screen_alignment(v);
	}
}

static void csi(struct vt *v, u8 c)
{
	struct vt_parser *p = &v->parser;

	if (c >= '0' && c <= '9') {
		p->count = MAX(p->count, 1);
		if (p->count <= VT_MAX_PARAMS) {
			u16 *n = &p->param[p->count - 1];

			*n = (u16)MIN(*n * 10 + c - '0', 9999);
		}
	} else if (c == ';' || c == ':') {
		p->count = (u8)MIN(MAX(p->count, 1) + 1, VT_MAX_PARAMS + 1);
	} else if (c >= '<' && c <= '?') {
		p->prefix = c;
	} else if (c >= 0x20 && c <= 0x2f) {
		p->intermediate = c;
	} else {
		p->state = GROUND;
		p->count = MIN(p->count, VT_MAX_PARAMS);
		if (c >= 0x40 && c <= 0x7e)
			vt_csi(v, c);
	}
}

/*
 * A string ends at BEL or ESC \. Two of Linux's have no end: "ESC ] P" and seven digits sets a
 * palette entry, "ESC ] R" resets the palette (console_codes(4)); both are passed over.
 */
static void string(struct vt *v, u8 c)
{
	struct vt_parser *p = &v->parser;

	if (c == '\a' || c == 0x18 || c == 0x1a) {
		p->state = GROUND;
	} else if (c == 0x1b) {
		p->state = STRING_ESCAPE;
	} else if (p->skip) {
		if (--p->skip == 0)
			p->state = GROUND;
	} else if (p->prefix == ']' && c == 'P') {
		p->skip = 7;
	} else if (p->prefix == ']' && c == 'R') {
		p->state = GROUND;
	}
	if (p->state == STRING && !p->skip)
		p->prefix = 0;
}

/* One byte of UTF-8 outside of ASCII. Wrong, too long or too large: U+FFFD, once. */
static void utf8(struct vt *v, u8 c)
{
	struct vt_parser *p = &v->parser;

	if (p->utf8_left && (c & 0xc0) == 0x80) {
		p->utf8_rune = p->utf8_rune << 6 | (c & 0x3f);
		if (--p->utf8_left)
			return;
		if (p->utf8_rune < p->utf8_min || p->utf8_rune > 0x10ffff ||
		    (p->utf8_rune >= 0xd800 && p->utf8_rune < 0xe000))
			p->utf8_rune = REPLACEMENT;
		if (p->utf8_rune >= 0xa0)
			vt_put(v, p->utf8_rune);
		return;
	}
	if (p->utf8_left)
		vt_put(v, REPLACEMENT);
	p->utf8_left = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
	if (!p->utf8_left || c >= 0xf8) {
		p->utf8_left = 0;
		vt_put(v, REPLACEMENT);
		return;
	}
	p->utf8_rune = c & (0x3fu >> p->utf8_left);
	p->utf8_min = p->utf8_left == 3 ? 0x10000 : p->utf8_left == 2 ? 0x800 : 0x80;
}

static void ground(struct vt *v, u8 c)
{
	if (c >= 0x80) {
		utf8(v, c);
		return;
	}
	if (v->parser.utf8_left) {
		v->parser.utf8_left = 0;
		vt_put(v, REPLACEMENT);
	}
	if (c != 0x7f)
		vt_put(v, c);
}

static void feed(struct vt *v, u8 c)
{
	u8 state = v->parser.state;

	if (c < 0x20 && state != STRING && state != STRING_ESCAPE) {
		v->parser.utf8_left = 0;
		control(v, c);
		return;
	}
	switch (state) {
	case GROUND: ground(v, c); break;
	case ESCAPE: escape(v, c); break;
	case ESCAPE_INTERMEDIATE: escape_intermediate(v, c); break;
	case CSI: csi(v, c); break;
	case STRING: string(v, c); break;
	case STRING_ESCAPE:
		v->parser.state = GROUND;
		if (c != '\\')
			escape(v, c);
	}
}

void vt_write(struct vt *v, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		feed(v, (u8)text[i]);
}

void vt_write_log(struct vt *v, const struct vt_pen *pen, const char *text, size_t n)
{
	struct vt_parser parser = v->parser;
	struct vt_cursor before = v->cursor;
	bool autowrap = v->autowrap, insert = v->insert;

	memset(&v->parser, 0, sizeof(v->parser));
	v->cursor.graphics[0] = v->cursor.graphics[1] = false;
	v->autowrap = true;
	v->insert = false;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\n')
			feed(v, '\r');
		/* A line that scrolls in is blank in the default colours. */
		v->cursor.pen = text[i] == '\n' ? vt_default_pen : *pen;
		feed(v, (u8)text[i]);
	}
	v->parser = parser;
	v->cursor.pen = before.pen;
	memcpy(v->cursor.graphics, before.graphics, sizeof(before.graphics));
	v->autowrap = autowrap;
	v->insert = insert;
}
