/* SPDX-License-Identifier: ISC */
/*
 * ioctl on a terminal. Structures are copied whole, before or after the lock; sizes are the
 * ABI's (LINUX-ABI "tty").
 */
#include "abi/signal.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "tty/tty_private.h"

#define DRAIN_NS (10 * NSEC_PER_SEC) /* a line that takes nothing for so long is given up */

static i64 get_termios(struct tty *t, u64 arg)
{
	struct termios copy;
	u64 flags = spin_lock_irq(&t->input_lock);

	copy = t->ldisc.termios;
	spin_unlock_irq(&t->input_lock, flags);
	return user_write(arg, &copy, sizeof(copy));
}

/* Waits until all output is out. 0 or -EINTR. */
static int drain(struct tty *t)
{
	int error = wait_event_interruptible_until(&t->writable, tty_queued(t) == 0,
						   clock_ns() + DRAIN_NS);

	return error == -ETIMEDOUT ? 0 : error;
}

static void flush_input(struct tty *t)
{
	u64 flags = spin_lock_irq(&t->input_lock);

	ldisc_flush_input(&t->ldisc);
	spin_unlock_irq(&t->input_lock, flags);
}

static i64 set_termios(struct tty *t, u32 cmd, u64 arg)
{
	struct termios wanted;
	int error = user_read(&wanted, arg, sizeof(wanted));
	u64 flags;

	if (!error && cmd != TCSETS)
		error = drain(t);
	if (error)
		return error;
	if (cmd == TCSETSF)
		flush_input(t);
	flags = spin_lock_irq(&t->input_lock);
	ldisc_set_termios(&t->ldisc, &wanted);
	spin_unlock_irq(&t->input_lock, flags);
	wait_wake_all(&t->readable);
	wait_wake_all(&t->writable);
	return 0;
}

static i64 get_size(struct tty *t, u64 arg)
{
	struct winsize copy;
	u64 flags = spin_lock_irq(&t->input_lock);

	copy = t->size;
	spin_unlock_irq(&t->input_lock, flags);
	return user_write(arg, &copy, sizeof(copy));
}

static i64 set_size(struct tty *t, u64 arg)
{
	struct winsize wanted;
	int error = user_read(&wanted, arg, sizeof(wanted));
	bool changed;
	u64 flags;

	if (error)
		return error;
	flags = spin_lock_irq(&t->input_lock);
	changed = wanted.ws_row != t->size.ws_row || wanted.ws_col != t->size.ws_col;
	t->size = wanted;
	spin_unlock_irq(&t->input_lock, flags);
	if (changed)
		tty_signal_foreground(t, SIGWINCH);
	return 0;
}

static i64 available(struct tty *t, u64 arg)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	u32 n = ldisc_available(&t->ldisc);

	spin_unlock_irq(&t->input_lock, flags);
	return user_write_u32(arg, n);
}

/* TCFLSH. What an output has taken is as good as out. */
static i64 flush(struct tty *t, u64 arg)
{
	if (arg > TCIOFLUSH)
		return -EINVAL;
	if (arg != TCOFLUSH)
		flush_input(t);
	return 0;
}

/* TCXONC: by hand what ^S and ^Q do. Our side sends no such characters itself. */
static i64 flow(struct tty *t, u64 arg)
{
	u64 flags;

	if (arg > TCION)
		return -EINVAL;
	if (arg != TCOOFF && arg != TCOON)
		return 0;
	flags = spin_lock_irq(&t->input_lock);
	t->ldisc.stopped = arg == TCOOFF;
	spin_unlock_irq(&t->input_lock, flags);
	wait_wake_all(&t->writable);
	return 0;
}

static i64 get_id(struct tty *t, u64 arg, int (*get)(struct tty *t, i32 *id))
{
	i32 id = 0;
	int error = get(t, &id);

	return error ? error : user_write_u32(arg, (u32)id);
}

static i64 set_foreground(struct tty *t, u64 arg)
{
	u32 pgid;
	int error = user_read_u32(&pgid, arg);

	return error ? error : tty_set_foreground(t, (i32)pgid);
}

/* What a background process may not do unasked. */
static bool changes_terminal(u32 cmd)
{
	switch (cmd) {
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
	case TCFLSH:
	case TCXONC:
	case TCSBRK:
	case TCSBRKP:
	case TIOCSPGRP: return true;
	default: return false;
	}
}

i64 tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct tty *t = f->private;
	int error = changes_terminal(cmd) ? tty_check_foreground(t, SIGTTOU) : 0;

	if (error)
		return error;

	switch (cmd) {
	case TCGETS: return get_termios(t, arg);
	case TCSETS:
	case TCSETSW:
	case TCSETSF: return set_termios(t, cmd, arg);
	case TIOCGWINSZ: return get_size(t, arg);
	case TIOCSWINSZ: return set_size(t, arg);
	case FIONREAD: return available(t, arg);
	case TIOCOUTQ: return user_write_u32(arg, tty_queued(t));
	case TCFLSH: return flush(t, arg);
	case TCXONC: return flow(t, arg);
	case TCSBRK:
	case TCSBRKP: return drain(t);
	case TIOCSCTTY: return tty_set_controlling(t, arg == 1);
	case TIOCNOTTY: return tty_give_up_controlling(t);
	case TIOCGPGRP: return get_id(t, arg, tty_get_foreground);
	case TIOCSPGRP: return set_foreground(t, arg);
	case TIOCGSID: return get_id(t, arg, tty_get_session);
	default: return -ENOTTY;
	}
}
