/* SPDX-License-Identifier: ISC */
/*
 * Terminals: a line discipline between programs and what stands behind it: the console's devices
 * (uart, screen + keyboard) or the master of a pseudo-terminal (pty.c).
 *
 * The console terminal writes to all registered outputs and takes input from all of them.
 * Locks: readers and writers each claim their side of the tty (they sleep for it, and a signal
 * ends that); input arrives in interrupts under tty.input_lock (spinlock, interrupts off).
 * No user memory is touched and no device is written to under it.
 */
#pragma once

#include "fs/file.h"

struct tty;

/* The system console, /dev/console. Usable after tty_init(), which also registers the device files
 * (before or after fs_init). */
extern struct tty *tty_console;
void tty_init(void);

/* A driver got @c from the keyboard or the line. Any context; no lock of the driver held. */
void tty_input(struct tty *t, u8 c);

/*
 * A place the console's output goes to. write() may be called in any context and takes all
 * it is given; programs are made to wait while queued() leaves less than half of queue_bytes
 * free, until the driver calls tty_output_ready(). queued NULL: nothing is ever queued.
 */
struct tty_output {
	struct list link;
	const char *name;
	void (*write)(struct tty_output *o, const char *text, size_t n);
	u32 (*queued)(struct tty_output *o); /* bytes taken but not yet out */
	u32 queue_bytes;
	u16 rows, columns; /* 0: unknown */
	bool is_screen; /* of this machine, not a line to somewhere */
};
/* At boot, before programs run. */
void tty_add_output(struct tty_output *o);
void tty_output_ready(struct tty *t); /* any context */

/* The console's window is as large as the smallest of its outputs. Any context. */
void tty_set_output_size(struct tty_output *o, u16 rows, u16 columns);

/*
 * Delivers @sig to the foreground group @pgid; @pgid 0: nobody has set one yet. Set by main.
 * Called in interrupts too (^C), with no lock of the tty held. NULL: signals are dropped.
 */
extern void (*tty_signal_group)(i32 pgid, int sig);

/*
 * The terminal of session @sid: its device number and foreground group. Both are left alone where
 * the session has none. Any context.
 */
void tty_of_session(i32 sid, u64 *rdev, i32 *foreground);

/* The caller leads a session and ends: its terminal is free, the foreground group hangs up. */
void tty_session_ended(void);

/* vhangup(2): the caller's terminal is taken from all who have it open. The console stays. */
void tty_hang_up_own(void);

/* The file system of the slaves' names, on /dev/pts; after fs_init. */
void devpts_init(void);
