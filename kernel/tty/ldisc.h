/* SPDX-License-Identifier: ISC */
/*
 * The line discipline as a state machine: bytes typed go in, lines come out; what is to be
 * echoed collects in a ring (POSIX 2018, chapter 11; Linux's deviations where programs rely on
 * them). It sleeps never and calls nobody. Locks: the caller's.
 */
#pragma once

#include "abi/termios.h"
#include "lib/ring.h"

#define LDISC_BYTES 4096 /* the longest line, its end included; power of two */
#define LDISC_ECHO_BYTES 2048 /* echoes beyond are dropped; power of two */

struct ldisc {
	struct termios termios;
	/*
	 * Free-running indices of data: [read, commit) may be read, [commit, edit) is the line
	 * that is typed. A set bit in `delimiter` ends a line; 0 with its bit is an end of file.
	 */
	u32 read, commit, edit;
	u8 data[LDISC_BYTES];
	u64 delimiter[LDISC_BYTES / 64];
	bool literal; /* the next character is taken as it is (VLNEXT) */
	bool stopped; /* output waits: ^S, or held */
	bool held; /* by a program (TCOOFF): no key lets it go */
	u32 column; /* where the output is */
	u32 line_column; /* where the typed line began */
	struct ring echo;
	u8 echo_storage[LDISC_ECHO_BYTES];
};

/* Linux's settings at the start (LINUX-ABI "tty"); c_cflag is 38400 baud, CS8, CREAD. */
#define LDISC_TERMIOS                                                                              \
	{                                                                                          \
		.c_iflag = ICRNL | IXON, .c_oflag = OPOST | ONLCR, .c_cflag = 0xbf,                \
		.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,       \
		.c_cc = {                                                                          \
			0x03,                                                                      \
			0x1c,                                                                      \
			0x7f,                                                                      \
			0x15,                                                                      \
			0x04,                                                                      \
			0x00,                                                                      \
			0x01,                                                                      \
			0x00,                                                                      \
			0x11,                                                                      \
			0x13,                                                                      \
			0x1a,                                                                      \
			0x00,                                                                      \
			0x12,                                                                      \
			0x0f,                                                                      \
			0x17,                                                                      \
			0x16                                                                       \
		}                                                                                  \
	}
void ldisc_init(struct ldisc *d);

/* A byte was typed. Returns the signal it raises, 0: none. */
int ldisc_input(struct ldisc *d, u8 c);

static inline bool ldisc_readable(const struct ldisc *d)
{
	return d->commit != d->read;
}

/*
 * Would another byte be kept, or do what it is for? A line that is too long can still be ended; full
 * of what nobody has read, bytes are lost.
 */
bool ldisc_has_room(const struct ldisc *d);

/* Bytes that can be read now (FIONREAD). */
u32 ldisc_available(const struct ldisc *d);

/*
 * Takes up to @n bytes, in canonical mode not beyond the end of a line. *line_end: the line is
 * finished (0 bytes with it: end of file).
 */
u32 ldisc_read(struct ldisc *d, u8 *to, u32 n, bool *line_end);

/*
 * Output processing: turns up to @n bytes of @from into at most @size of @to (*used). Returns
 * how many of @from are done; progress is certain from 8 bytes of @size on.
 */
u32 ldisc_output(struct ldisc *d, const u8 *from, u32 n, u8 *to, u32 size, u32 *used);

/* New settings; a change of ICANON makes what was typed readable. */
void ldisc_set_termios(struct ldisc *d, const struct termios *t);
void ldisc_hold(struct ldisc *d, bool hold);
void ldisc_flush_input(struct ldisc *d);
