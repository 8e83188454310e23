/* SPDX-License-Identifier: ISC */
/* Output processing, and the echo, which goes through it too. Both keep track of the column. */
#include "tty/ldisc_private.h"

#define OUTPUT_MAX 8 /* bytes one character becomes at most: a tab */

static bool is_echoed_as_control(const struct ldisc *d, u8 c)
{
	return d->termios.c_lflag & ECHOCTL && (c < ' ' || c == 0x7f) && c != '\t';
}

static u32 next_tab(u32 column)
{
	return (column / TAB + 1) * TAB;
}

u32 ldisc_width(const struct ldisc *d, u8 c)
{
	if (is_echoed_as_control(d, c))
		return 2;
	return c >= ' ' && !(d->termios.c_iflag & IUTF8 && (c & 0xc0) == 0x80);
}

static void track_column(struct ldisc *d, u8 c)
{
	if (c == '\t')
		d->column = next_tab(d->column);
	else if (c == '\b')
		d->column -= d->column > 0;
	else if (c == '\r')
		d->column = 0;
	else if (c >= ' ' && c != 0x7f && (c & 0xc0) != 0x80)
		d->column++;
}

/* One character with OPOST: 0 to OUTPUT_MAX bytes in @to. */
static u32 process(struct ldisc *d, u8 c, u8 *to)
{
	u32 oflag = d->termios.c_oflag, n = 0;

	if (c == '\r') {
		if (oflag & ONOCR && d->column == 0)
			return 0;
		if (oflag & OCRNL)
			c = '\n';
	} else if (c == '\n' && oflag & ONLCR) {
		to[n++] = '\r';
		d->column = 0;
	}
	if (c == '\n' && oflag & ONLRET)
		d->column = 0;
	if (c == '\t' && (oflag & TABDLY) == XTABS) {
		u32 stop = next_tab(d->column);

		while (d->column < stop) {
			to[n++] = ' ';
			d->column++;
		}
		return n;
	}
	track_column(d, c);
	to[n++] = c;
	return n;
}

u32 ldisc_output(struct ldisc *d, const u8 *from, u32 n, u8 *to, u32 size, u32 *used)
{
	u32 done = 0;

	*used = 0;
	while (done < n && *used + OUTPUT_MAX <= size) {
		if (d->termios.c_oflag & OPOST)
			*used += process(d, from[done], to + *used);
		else
			to[(*used)++] = from[done];
		done++;
	}
	return done;
}

void ldisc_echo_raw(struct ldisc *d, u8 c)
{
	u8 bytes[OUTPUT_MAX];
	u32 used;

	ldisc_output(d, &c, 1, bytes, sizeof(bytes), &used);
	ring_put(&d->echo, bytes, used);
}

void ldisc_echo(struct ldisc *d, u8 c)
{
	if (!is_echoed_as_control(d, c)) {
		ldisc_echo_raw(d, c);
		return;
	}
	ldisc_echo_raw(d, '^');
	ldisc_echo_raw(d, c ^ 0x40);
}
