/* SPDX-License-Identifier: ISC */
/*
 * Input: from typed bytes to lines, and their echo.
 *
 * Invariant: read <= commit <= edit <= read + LDISC_BYTES (free-running). One byte stays free
 * in canonical mode, so that a line that is too long can still be ended.
 */
#include "tty/ldisc.h"

#include "abi/signal.h"
#include "lib/string.h"
#include "tty/ldisc_private.h"

void ldisc_init(struct ldisc *d)
{
	memset(d, 0, sizeof(*d));
	d->termios = (struct termios)LDISC_TERMIOS;
	ring_init(&d->echo, d->echo_storage, LDISC_ECHO_BYTES);
}

static bool has(const struct ldisc *d, u32 lflag)
{
	return d->termios.c_lflag & lflag;
}

/* Is @c the special character @index? 0 switches one off. */
static bool is_cc(const struct ldisc *d, int index, u8 c)
{
	return c && d->termios.c_cc[index] == c;
}

static void set_delimiter(struct ldisc *d, u32 at, bool on)
{
	u64 bit = 1UL << (at % 64);
	u64 *word = &d->delimiter[at % LDISC_BYTES / 64];

	*word = on ? *word | bit : *word & ~bit;
}

static bool is_delimiter(const struct ldisc *d, u32 at)
{
	return d->delimiter[at % LDISC_BYTES / 64] >> (at % 64) & 1;
}

static void store(struct ldisc *d, u8 c, bool delimiter)
{
	d->data[d->edit % LDISC_BYTES] = c;
	set_delimiter(d, d->edit, delimiter);
	d->edit++;
}

static void end_line(struct ldisc *d, u8 c)
{
	if (d->edit - d->read < LDISC_BYTES)
		store(d, c, true);
	d->commit = d->edit;
}

/* A character of a line or of raw input. False: no room, and the terminal was told. */
static bool append(struct ldisc *d, u8 c)
{
	u32 limit = has(d, ICANON) ? LDISC_BYTES - 1 : LDISC_BYTES;

	if (d->edit - d->read >= limit) {
		if (d->termios.c_iflag & IMAXBEL)
			ldisc_echo_raw(d, '\a');
		return false;
	}
	if (d->edit == d->commit)
		d->line_column = d->column;
	store(d, c, false);
	return true;
}

/* Columns of the tab at index @at: they depend on what stands before it, to the last tab. */
static u32 tab_width(const struct ldisc *d, u32 at)
{
	u32 column = 0;

	while (at != d->commit && d->data[(at - 1) % LDISC_BYTES] != '\t')
		column += ldisc_width(d, d->data[--at % LDISC_BYTES]);
	if (at == d->commit)
		column += d->line_column;
	return TAB - column % TAB;
}

/* Off the screen: a tab needs no blanks. */
static void wipe(struct ldisc *d, u32 at)
{
	u8 c = d->data[at % LDISC_BYTES];
	u32 columns = c == '\t' ? tab_width(d, at) : ldisc_width(d, c);

	while (columns--) {
		ldisc_echo_raw(d, '\b');
		if (c == '\t')
			continue;
		ldisc_echo_raw(d, ' ');
		ldisc_echo_raw(d, '\b');
	}
}

/* Shortens the typed line to @end. */
static void erase_to(struct ldisc *d, u32 end)
{
	while (d->edit != end) {
		d->edit--;
		if (has(d, ECHO))
			wipe(d, d->edit);
	}
}

static bool is_continuation(const struct ldisc *d, u8 c)
{
	return d->termios.c_iflag & IUTF8 && (c & 0xc0) == 0x80;
}

static u32 previous_character(const struct ldisc *d, u32 at)
{
	do
		at--;
	while (at != d->commit && is_continuation(d, d->data[at % LDISC_BYTES]));
	return at;
}

static bool is_word(u8 c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c >= 0x80;
}

/* VWERASE: what is no word at the end, then the word. */
static u32 previous_word(const struct ldisc *d)
{
	u32 at = d->edit;

	while (at != d->commit && !is_word(d->data[(at - 1) % LDISC_BYTES]))
		at--;
	while (at != d->commit && is_word(d->data[(at - 1) % LDISC_BYTES]))
		at--;
	return at;
}

static void erase(struct ldisc *d, u8 c, u32 end)
{
	if (d->edit == d->commit)
		return;
	if (has(d, ECHOE)) {
		erase_to(d, end);
		return;
	}
	d->edit = end;
	if (has(d, ECHO))
		ldisc_echo(d, c);
}

static void kill_line(struct ldisc *d, u8 c)
{
	if (has(d, ECHOK) && has(d, ECHOKE) && has(d, ECHOE)) {
		erase_to(d, d->commit);
		return;
	}
	d->edit = d->commit;
	if (!has(d, ECHO))
		return;
	ldisc_echo(d, c);
	if (has(d, ECHOK))
		ldisc_echo_raw(d, '\n');
}

static void reprint(struct ldisc *d, u8 c)
{
	ldisc_echo(d, c);
	ldisc_echo_raw(d, '\n');
	d->line_column = d->column;
	for (u32 at = d->commit; at != d->edit; at++)
		ldisc_echo(d, d->data[at % LDISC_BYTES]);
}

static void begin_literal(struct ldisc *d)
{
	d->literal = true;
	if (has(d, ECHO) && has(d, ECHOCTL)) {
		ldisc_echo_raw(d, '^');
		ldisc_echo_raw(d, '\b');
	}
}

static void input_newline(struct ldisc *d)
{
	if (has(d, ECHO) || has(d, ECHONL))
		ldisc_echo_raw(d, '\n');
	end_line(d, '\n');
}

/* The characters that edit or end a line; false: @c is none of them. */
static bool canonical_special(struct ldisc *d, u8 c)
{
	bool extended = has(d, IEXTEN);

	if (is_cc(d, VERASE, c)) {
		erase(d, c, d->edit == d->commit ? d->edit : previous_character(d, d->edit));
	} else if (is_cc(d, VKILL, c)) {
		kill_line(d, c);
	} else if (extended && is_cc(d, VWERASE, c)) {
		erase(d, c, previous_word(d));
	} else if (extended && has(d, ECHO) && is_cc(d, VREPRINT, c)) {
		reprint(d, c);
	} else if (c == '\n') {
		input_newline(d);
	} else if (is_cc(d, VEOF, c)) {
		end_line(d, 0);
	} else if (is_cc(d, VEOL, c) || (extended && is_cc(d, VEOL2, c))) {
		if (has(d, ECHO))
			ldisc_echo(d, c);
		end_line(d, c);
	} else {
		return false;
	}
	return true;
}

/* ^C, ^\, ^Z: the signal, 0 if @c is none of them. */
static int signal_of(const struct ldisc *d, u8 c)
{
	if (!has(d, ISIG))
		return 0;
	if (is_cc(d, VINTR, c))
		return SIGINT;
	if (is_cc(d, VQUIT, c))
		return SIGQUIT;
	return is_cc(d, VSUSP, c) ? SIGTSTP : 0;
}

/* Output goes on, unless a program holds it. */
static void let_go(struct ldisc *d)
{
	d->stopped = d->held;
}

static int raise(struct ldisc *d, u8 c, int signal)
{
	let_go(d);
	if (!has(d, NOFLSH)) {
		ldisc_flush_input(d);
		d->echo.tail = d->echo.head;
	}
	if (has(d, ECHO))
		ldisc_echo(d, c);
	return signal;
}

/* ^S and ^Q; true: @c was swallowed. */
static bool flow_control(struct ldisc *d, u8 c)
{
	if (!(d->termios.c_iflag & IXON))
		return false;
	if (is_cc(d, VSTART, c)) {
		let_go(d);
		return true;
	}
	if (is_cc(d, VSTOP, c)) {
		d->stopped = true;
		return true;
	}
	if (d->termios.c_iflag & IXANY)
		let_go(d);
	return false;
}

static void input_plain(struct ldisc *d, u8 c, bool literal)
{
	if (append(d, c) && has(d, ECHO)) {
		if (c == '\n' && !literal)
			ldisc_echo_raw(d, c);
		else
			ldisc_echo(d, c);
	}
	if (!has(d, ICANON))
		d->commit = d->edit;
}

int ldisc_input(struct ldisc *d, u8 c)
{
	u32 iflag = d->termios.c_iflag;
	int signal;

	if (iflag & ISTRIP)
		c &= 0x7f;
	if (d->literal) {
		d->literal = false;
		input_plain(d, c, true);
		return 0;
	}
	if (flow_control(d, c))
		return 0;
	signal = signal_of(d, c);
	if (signal)
		return raise(d, c, signal);
	if (c == '\r') {
		if (iflag & IGNCR)
			return 0;
		if (iflag & ICRNL)
			c = '\n';
	} else if (c == '\n' && iflag & INLCR) {
		c = '\r';
	}
	if (has(d, ICANON) && has(d, IEXTEN) && is_cc(d, VLNEXT, c))
		begin_literal(d);
	else if (!has(d, ICANON) || !canonical_special(d, c))
		input_plain(d, c, false);
	return 0;
}

bool ldisc_has_room(const struct ldisc *d)
{
	u32 used = d->edit - d->read;

	if (!has(d, ICANON))
		return used < LDISC_BYTES;
	return d->commit == d->read || used < LDISC_BYTES - 1;
}

u32 ldisc_available(const struct ldisc *d)
{
	u32 n = 0;

	for (u32 at = d->read; at != d->commit; at++)
		n += !has(d, ICANON) || !is_delimiter(d, at) || d->data[at % LDISC_BYTES];
	return n;
}

static bool is_end_of_file(const struct ldisc *d, u32 at)
{
	return is_delimiter(d, at) && !d->data[at % LDISC_BYTES];
}

static u32 read_line(struct ldisc *d, u8 *to, u32 n, bool *line_end)
{
	u32 done = 0;

	while (done < n && d->read != d->commit && !*line_end) {
		u32 at = d->read++;

		*line_end = is_delimiter(d, at);
		if (!is_end_of_file(d, at))
			to[done++] = d->data[at % LDISC_BYTES];
	}
	/* An end of file right behind the last byte asked for belongs to this line. */
	if (done && !*line_end && d->read != d->commit && is_end_of_file(d, d->read)) {
		d->read++;
		*line_end = true;
	}
	return done;
}

u32 ldisc_read(struct ldisc *d, u8 *to, u32 n, bool *line_end)
{
	u32 done = 0;

	*line_end = false;
	if (has(d, ICANON))
		return read_line(d, to, n, line_end);
	while (done < n && d->read != d->commit)
		to[done++] = d->data[d->read++ % LDISC_BYTES];
	return done;
}

void ldisc_set_termios(struct ldisc *d, const struct termios *t)
{
	bool changed = (d->termios.c_lflag ^ t->c_lflag) & ICANON;

	d->termios = *t;
	if (changed) {
		memset(d->delimiter, 0, sizeof(d->delimiter));
		d->commit = d->edit;
		d->literal = false;
	}
	if (!(t->c_iflag & IXON))
		let_go(d);
}

void ldisc_hold(struct ldisc *d, bool hold)
{
	if (hold == d->held)
		return;
	d->held = d->stopped = hold;
}

void ldisc_flush_input(struct ldisc *d)
{
	d->read = d->commit = d->edit;
}
