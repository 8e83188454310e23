/* SPDX-License-Identifier: ISC */
/* Which consoles there are: `console=serial|screen|both`. Called by main, in this order. */
#pragma once

#include "boot_info.h"
#include "lib/types.h"

/* The serial line as sink of the log, if there is one. Needs nothing; interrupts off. */
void console_init_early(void);

/*
 * The chosen consoles in full: sinks of the log, outputs and inputs of tty_console. After mm,
 * irq and clock work. Where what was chosen is not there, the other one serves.
 */
bool console_init(const struct boot_info *info, bool serial, bool screen); /* there is a screen */

/* The terminal on the serial line, used once something was typed there. Before console_init(). */
void console_set_serial_size(u16 rows, u16 columns);

/* After sched_init(): bursts of output are drawn by a thread from now on. */
void console_start(void);

/* All that was written is out and drawn on return: before power-off. Any context. */
void console_flush(void);
