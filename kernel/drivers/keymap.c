/* SPDX-License-Identifier: ISC */
/*
 * The keyboard's layout. Make codes are below 0x80, break codes have bit 7, 0xe0 comes before
 * the keys that the 84-key board had not (IBM PS/2 keyboard reference).
 */
#include "drivers/keymap.h"

#include "lib/string.h"

#define EXTENDED 0xe0
#define PAUSE 0xe1
#define RELEASED 0x80

enum {
	KEY_CTRL = 0x1d,
	KEY_SHIFT_LEFT = 0x2a,
	KEY_SHIFT_RIGHT = 0x36,
	KEY_ALT = 0x38,
	KEY_CAPS = 0x3a,
	KEY_NUM = 0x45,
	KEY_PAD_FIRST = 0x47,
	KEY_PAD_LAST = 0x53,
};

static const char plain[] = "\0\0331234567890-=\177\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./"
			    "\0*\0 ";
static const char shifted[] = "\0\033!@#$%^&*()_+\177\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?"
			      "\0*\0 ";
static const char pad_digits[] = "789-456+1230.";

/* Keys 0x47 to 0x53 as cursor keys; "A" stands for ESC [ A, "1" for ESC [ 1 ~. */
static const char pad_cursor[] = "1A5-D\0C+4B623";

/* F1 to F12 as TERM=linux has them. */
static const char *const function_keys[] = {
	"[[A", "[[B", "[[C", "[[D", "[[E", "[17~", "[18~", "[19~", "[20~", "[21~", "[23~", "[24~",
};

static u8 put_escape(char *out, const char *rest)
{
	out[0] = '\033';
	return (u8)(1 + strlcpy(out + 1, rest, KEYMAP_MAX - 1));
}

static u8 cursor_key(u8 code, bool application, char *out)
{
	char c = pad_cursor[code - KEY_PAD_FIRST];
	char text[] = { '[', c, '\0', '\0' };

	if (!c)
		return 0;
	if (c == '-' || c == '+') {
		out[0] = c;
		return 1;
	}
	if (c >= 'A' && application)
		text[0] = 'O';
	if (c < 'A')
		text[2] = '~';
	return put_escape(out, text);
}

static int function_index(u8 code)
{
	if (code >= 0x3b && code <= 0x44)
		return code - 0x3b;
	return code == 0x57 ? 10 : code == 0x58 ? 11 : -1;
}

/* Ctrl with a character: its low five bits where that makes sense. */
static char control_of(char c)
{
	if (c == ' ' || c == '2')
		return '\0';
	if (c == '/')
		return 0x1f;
	if (c == '?' || c == '8')
		return 0x7f;
	if (c >= '3' && c <= '7')
		return (char)(c - '3' + 0x1b);
	return c >= 0x40 && c < 0x7f ? c & 0x1f : c;
}

static u8 put_character(const struct keymap *k, char c, char *out)
{
	u8 n = 0;

	if (k->alt[0] || k->alt[1])
		out[n++] = '\033';
	out[n++] = k->ctrl[0] || k->ctrl[1] ? control_of(c) : c;
	return n;
}

static u8 character_key(const struct keymap *k, u8 code, char *out)
{
	bool shift = k->shift[0] || k->shift[1];
	char c;

	if (code >= sizeof(plain) - 1)
		return 0;
	c = plain[code];
	if (c >= 'a' && c <= 'z')
		shift ^= k->caps;
	if (shift)
		c = shifted[code];
	return c ? put_character(k, c, out) : 0;
}

/* Shift, Ctrl, Alt and the locks; true: @code was one of them. */
static bool modifier(struct keymap *k, u8 code, bool extended, bool down)
{
	switch (code) {
	case KEY_SHIFT_LEFT:
	case KEY_SHIFT_RIGHT:
		if (!extended) /* 0xe0 0x2a comes and goes around the grey keys */
			k->shift[code == KEY_SHIFT_RIGHT] = down;
		return true;
	case KEY_CTRL: k->ctrl[extended] = down; return true;
	case KEY_ALT: k->alt[extended] = down; return true;
	case KEY_CAPS: k->caps ^= down; return true;
	case KEY_NUM: k->num ^= down; return true;
	default: return false;
	}
}

static u8 key_down(const struct keymap *k, u8 code, bool extended, bool application, char *out)
{
	int function = function_index(code);

	if (extended && code == 0x35) {
		return put_character(k, '/', out);
	} else if (extended && code == 0x1c) {
		return put_character(k, '\r', out);
	} else if (code >= KEY_PAD_FIRST && code <= KEY_PAD_LAST) {
		if (extended || !k->num || k->shift[0] || k->shift[1])
			return cursor_key(code, application, out);
		return put_character(k, pad_digits[code - KEY_PAD_FIRST], out);
	} else if (extended) {
		return 0;
	} else if (function >= 0) {
		return put_escape(out, function_keys[function]);
	}
	return character_key(k, code, out);
}

u8 keymap_decode(struct keymap *k, u8 code, bool application, char out[KEYMAP_MAX])
{
	bool extended = k->extended, down = !(code & RELEASED);

	k->extended = false;
	if (k->skip) {
		k->skip--;
		return 0;
	}
	if (code == EXTENDED) {
		k->extended = true;
		return 0;
	}
	if (code == PAUSE) {
		k->skip = 2;
		return 0;
	}
	code &= (u8)~RELEASED;
	if (modifier(k, code, extended, down) || !down)
		return 0;
	return key_down(k, code, extended, application, out);
}
