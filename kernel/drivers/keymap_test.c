/* SPDX-License-Identifier: ISC */
/* Keys to bytes. */
#include "base/ktest.h"
#include "drivers/keymap.h"
#include "lib/string.h"

static struct keymap map;

/* Feeds @n scan codes; are the bytes they make @expected? */
static bool types(const char *codes, size_t n, bool application, const char *expected)
{
	char text[64], out[KEYMAP_MAX];
	size_t length = 0;

	for (size_t i = 0; i < n; i++) {
		u8 made = keymap_decode(&map, (u8)codes[i], application, out);

		if (length + made >= sizeof(text))
			return false;
		memcpy(text + length, out, made);
		length += made;
	}
	return length == strlen(expected) && !memcmp(text, expected, length);
}

#define TYPES(codes, expected) types(codes, sizeof(codes) - 1, false, expected)

KTEST(keymap_letters, 20)
{
	memset(&map, 0, sizeof(map));
	KEXPECT(TYPES("\x1e\x9e\x30\xb0", "ab"));
	KEXPECT(TYPES("\x2a\x1e\x02\xaa\x1e", "A!a"));
	KEXPECT(TYPES("\x3a\xba\x1e\x02\x2a\x1e\xaa\x3a\xba\x1e", "A1aa"));
	KEXPECT(TYPES("\x1d\x2e\x9d\x2e", "\003c"));
	KEXPECT(TYPES("\x38\x1e\xb8", "\033a"));
	KEXPECT(TYPES("\x1c\x0e\x0f\x01\x39", "\r\177\t\033 "));
	KEXPECT(TYPES("\x28\x29\x2b\x33\x34\x35", "'`\\,./"));
}

KTEST(keymap_special, 20)
{
	memset(&map, 0, sizeof(map));
	KEXPECT(TYPES("\xe0\x48\xe0\xc8\xe0\x50\xe0\x4b\xe0\x4d", "\033[A\033[B\033[D\033[C"));
	KEXPECT(types("\xe0\x48", 2, true, "\033OA"));
	KEXPECT(TYPES("\xe0\x2a\xe0\x47\xe0\xaa\xe0\x4f\xe0\x49\xe0\x51",
		      "\033[1~\033[4~\033[5~\033[6~"));
	KEXPECT(TYPES("\xe0\x52\xe0\x53", "\033[2~\033[3~"));
	KEXPECT(TYPES("\x3b\x3f\x40\x44\x57\x58",
		      "\033[[A\033[[E\033[17~\033[21~\033[23~\033[24~"));
	KEXPECT(TYPES("\xe1\x1d\x45\xe1\x9d\xc5\x1e", "a"));
	KEXPECT(!map.num && !map.ctrl[0]);
}

KTEST(keymap_pad, 20)
{
	memset(&map, 0, sizeof(map));
	KEXPECT(TYPES("\x48\x4a\x4e\x4c", "\033[A-+"));
	KEXPECT(TYPES("\x45\xc5\x48\x53\xe0\x35\xe0\x1c\x37", "8./\r*"));
	KEXPECT_EQ(keymap_leds(&map), KEYMAP_LED_NUM);
}
