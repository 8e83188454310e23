/* SPDX-License-Identifier: ISC */
/*
 * The framebuffer console: one screen terminal (vt.h) drawn with a font, as sink of the log
 * and as output of the console's tty.
 */
#pragma once

#include "base/log.h"
#include "boot_info.h"
#include "tty/tty.h"

/*
 * Maps the framebuffer, allocates the cells, clears the screen. After mm works. 0, -ENODEV (no
 * framebuffer), -EINVAL (one that cannot be: sizes), -ENOMEM. Once.
 */
int fbcon_init(const struct boot_framebuffer *fb);

/* To be registered by the console once fbcon_init() succeeded. */
extern struct log_sink fbcon_sink;
extern struct tty_output fbcon_output;

/* Starts the thread that redraws after a burst of output; until then each write draws. */
void fbcon_start(void);
/* Draws what was put off. Any context. */
void fbcon_flush(void);
/* Programs asked for application cursor keys (DECCKM). */
bool fbcon_app_cursor(void);
