/* SPDX-License-Identifier: ISC */
/*
 * Terminals: a line discipline between a driver (uart, screen + keyboard) and programs.
 *
 * The console terminal writes to all registered outputs and takes input from all of them.
 * Locks: tty.lock (mutex) for readers and writers; input arrives in interrupts under
 * tty.input_lock (spinlock, interrupts off).
 */
#pragma once

#include "fs/file.h"

struct tty;

/* The system console, /dev/console and /dev/tty. Made by tty_init(). */
extern struct tty *tty_console;
void tty_init(void);

/* A driver got @c from the keyboard or the line. Interrupt context allowed. */
void tty_input(struct tty *t, u8 c);

/* A place the console's output goes to. write() may be called in any context. */
struct tty_output {
	struct list link;
	const char *name;
	void (*write)(struct tty_output *o, const char *text, size_t n);
	u16 rows, columns; /* 0: unknown */
};
void tty_add_output(struct tty *t, struct tty_output *o);

/* Delivers SIGINT & co to the foreground group: set by proc's wiring in main (tty < proc is not
 * allowed to be asked the other way round). */
