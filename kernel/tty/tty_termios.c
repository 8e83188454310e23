/* SPDX-License-Identifier: ISC */
/*
 * A terminal's settings in the three forms that programs know: termios, termios2 with the speeds as
 * numbers, and the old termio. The speeds mean nothing here but to who asks.
 */
#include "lib/string.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "tty/tty_private.h"

#define DRAIN_NS (10 * NSEC_PER_SEC) /* a line that takes nothing for so long is given up */

/* By the code: those without CBAUDEX, and those with it. */
static const u32 speeds[2][16] = {
	{ 0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400 },
	{ 0, 57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000,
	  2000000, 2500000, 3000000, 3500000, 4000000 },
};

/* What @code stands for; @other is the number that goes with the code for any. */
static u32 speed_of(u32 code, u32 other)
{
	code &= CBAUD;
	return code == CBAUDEX ? other : speeds[!!(code & CBAUDEX)][code & 15];
}

static struct termios2 settings_of(struct tty *t)
{
	struct termios2 s = { .c_ispeed = READ_ONCE(t->in_speed),
			      .c_ospeed = READ_ONCE(t->out_speed) };
	u64 flags = spin_lock_irq(&t->input_lock);

	s.t = t->ldisc.termios;
	spin_unlock_irq(&t->input_lock, flags);
	return s;
}

static i64 get_with_speeds(struct tty *t, u64 arg)
{
	struct termios2 s = settings_of(t);
	u32 in = s.t.c_cflag >> IBSHIFT;

	s.c_ospeed = speed_of(s.t.c_cflag, s.c_ospeed);
	s.c_ispeed = in & CBAUD ? speed_of(in, s.c_ispeed) : s.c_ospeed;
	return user_write(arg, &s, sizeof(s));
}

static i64 get_old(struct tty *t, u64 arg)
{
	struct termios2 s = settings_of(t);
	struct termio old = { (u16)s.t.c_iflag,
			      (u16)s.t.c_oflag,
			      (u16)s.t.c_cflag,
			      (u16)s.t.c_lflag,
			      s.t.c_line,
			      { 0 },
			      0 };

	memcpy(old.c_cc, s.t.c_cc, sizeof(old.c_cc));
	return user_write(arg, &old, sizeof(old));
}

static u32 with_low(u32 flags, u16 low)
{
	return (flags & ~0xffffu) | low;
}

/* Changes in *s what the old form has. */
static int read_old(struct termios2 *s, u64 arg)
{
	struct termio old;

	if (user_read(&old, arg, sizeof(old)))
		return -EFAULT;
	s->t.c_iflag = with_low(s->t.c_iflag, old.c_iflag);
	s->t.c_oflag = with_low(s->t.c_oflag, old.c_oflag);
	s->t.c_cflag = with_low(s->t.c_cflag, old.c_cflag);
	s->t.c_lflag = with_low(s->t.c_lflag, old.c_lflag);
	s->t.c_line = old.c_line;
	memcpy(s->t.c_cc, old.c_cc, sizeof(old.c_cc));
	return 0;
}

int tty_drain(struct tty *t)
{
	int error = wait_event_interruptible_until(&t->writable, tty_queued(t) == 0,
						   clock_ns() + DRAIN_NS);

	return error == -ETIMEDOUT ? 0 : error;
}

static i64 set(struct tty *t, const struct termios2 *wanted, enum termios_moment when)
{
	int error = when == NOW ? 0 : tty_drain(t);

	if (error)
		return error;
	if (when == FLUSHED)
		tty_flush(t, TCIFLUSH);
	tty_set_termios(t, wanted);
	return 0;
}

static i64 get_form(struct tty *t, enum termios_form form, u64 arg)
{
	struct termios2 s;

	switch (form) {
	case TERMIOS2: return get_with_speeds(t, arg);
	case TERMIO: return get_old(t, arg);
	default: s = settings_of(t); return user_write(arg, &s.t, sizeof(s.t));
	}
}

static i64 set_form(struct tty *t, enum termios_form form, enum termios_moment when, u64 arg)
{
	struct termios2 s = settings_of(t); /* the other forms leave some as they are */
	int error;

	switch (form) {
	case TERMIOS2: error = user_read(&s, arg, sizeof(s)); break;
	case TERMIO: error = read_old(&s, arg); break;
	default: error = user_read(&s.t, arg, sizeof(s.t));
	}
	return error ? error : set(t, &s, when);
}

static const struct termios_call calls[] = {
	{ TCGETS, false, TERMIOS, NOW },       { TCGETS2, false, TERMIOS2, NOW },
	{ TCGETA, false, TERMIO, NOW },        { TCSETS, true, TERMIOS, NOW },
	{ TCSETSW, true, TERMIOS, DRAINED },   { TCSETSF, true, TERMIOS, FLUSHED },
	{ TCSETS2, true, TERMIOS2, NOW },      { TCSETSW2, true, TERMIOS2, DRAINED },
	{ TCSETSF2, true, TERMIOS2, FLUSHED }, { TCSETA, true, TERMIO, NOW },
	{ TCSETAW, true, TERMIO, DRAINED },    { TCSETAF, true, TERMIO, FLUSHED },
};

const struct termios_call *tty_termios_call(u32 cmd)
{
	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].cmd == cmd)
			return &calls[i];
	}
	return NULL;
}

i64 tty_termios_ioctl(struct tty *t, const struct termios_call *c, u64 arg)
{
	return c->sets ? set_form(t, c->form, c->when, arg) : get_form(t, c->form, arg);
}
