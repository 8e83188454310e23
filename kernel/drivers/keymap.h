/* SPDX-License-Identifier: ISC */
/*
 * Scan codes (set 1) to the bytes a Linux console sends, US layout. Pure code, no locks.
 */
#pragma once

#include "lib/types.h"

#define KEYMAP_MAX 8 /* bytes a key makes at most */

#define KEYMAP_LED_NUM 0x02
#define KEYMAP_LED_CAPS 0x04

struct keymap {
	bool shift[2], ctrl[2], alt[2]; /* left, right */
	bool caps, num;
	bool extended; /* 0xe0 came */
	u8 skip; /* bytes left of Pause (0xe1 …) */
};

/*
 * Takes one byte from the keyboard; returns how many bytes of @out it makes (often 0).
 * @application: cursor keys as ESC O x (DECCKM).
 */
u8 keymap_decode(struct keymap *k, u8 code, bool application, char out[KEYMAP_MAX]);

static inline u8 keymap_leds(const struct keymap *k)
{
	return (k->caps ? KEYMAP_LED_CAPS : 0) | (k->num ? KEYMAP_LED_NUM : 0);
}
