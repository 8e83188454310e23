/* SPDX-License-Identifier: ISC */
/*
 * ioctl on a terminal. Structures are copied whole, before or after the lock; sizes are the
 * ABI's (LINUX-ABI "tty").
 */
#include "abi/signal.h"
#include "machine/usercopy.h"
#include "tty/tty_private.h"

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

	if (!error)
		tty_set_size(t, &wanted);
	return error;
}

static i64 available(struct tty *t, u64 arg)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	u32 n = ldisc_available(&t->ldisc);

	spin_unlock_irq(&t->input_lock, flags);
	return user_write_u32(arg, n);
}

static i64 flush(struct tty *t, u64 arg)
{
	if (arg > TCIOFLUSH)
		return -EINVAL;
	tty_flush(t, (u32)arg);
	return 0;
}

/* Tells the other side to stop or to go on sending (TCIOFF, TCION). */
static i64 send_flow(struct tty *t, int which)
{
	u8 c = READ_ONCE(t->ldisc.termios.c_cc[which]);

	if (c)
		tty_output(t, &c, 1);
	return 0;
}

static i64 flow(struct tty *t, u64 arg)
{
	switch (arg) {
	case TCOOFF:
	case TCOON: tty_hold_output(t, arg == TCOOFF); return 0;
	case TCIOFF: return send_flow(t, VSTOP);
	case TCION: return send_flow(t, VSTART);
	default: return -EINVAL;
	}
}

static i64 set_exclusive(struct tty *t, bool on)
{
	u64 flags = spin_lock_irq(&t->input_lock);

	t->exclusive = on;
	spin_unlock_irq(&t->input_lock, flags);
	return 0;
}

static i64 get_id(struct tty *t, u64 arg, bool master,
		  int (*get)(struct tty *t, bool master, i32 *id))
{
	i32 id = 0;
	int error = get(t, master, &id);

	return error ? error : user_write_u32(arg, (u32)id);
}

static i64 set_foreground(struct tty *t, u64 arg)
{
	u32 pgid;
	int error = user_read_u32(&pgid, arg);

	return error ? error : tty_set_foreground(t, (i32)pgid);
}

/* What a background process may not do unasked, beside new settings. */
static bool changes_terminal(u32 cmd)
{
	switch (cmd) {
	case TCFLSH:
	case TCXONC:
	case TCSBRK:
	case TCSBRKP:
	case TIOCSPGRP: return true;
	default: return false;
	}
}

/* Whose terminal it is, and who may use it. */
static i64 session_ioctl(struct tty *t, u32 cmd, u64 arg, bool master, const struct file *f)
{
	switch (cmd) {
	case TIOCSCTTY: return tty_set_controlling(t, arg == 1, file_readable(f));
	case TIOCNOTTY: return tty_give_up_controlling(t);
	case TIOCGPGRP: return get_id(t, arg, master, tty_get_foreground);
	case TIOCSPGRP: return set_foreground(t, arg);
	case TIOCGSID: return get_id(t, arg, master, tty_get_session);
	case TIOCEXCL: return set_exclusive(t, true);
	case TIOCNXCL: return set_exclusive(t, false);
	case TIOCGEXCL: return user_write_u32(arg, READ_ONCE(t->exclusive));
	default: return t->ops->ioctl ? t->ops->ioctl(t, cmd, arg) : -ENOTTY;
	}
}

i64 tty_ioctl_common(struct tty *t, u32 cmd, u64 arg, bool master, const struct file *f)
{
	const struct termios_call *c = tty_termios_call(cmd);
	bool changes = c ? c->sets : changes_terminal(cmd);
	int error = changes ? tty_check_foreground(t, SIGTTOU) : 0;

	if (error)
		return error;
	if (c)
		return tty_termios_ioctl(t, c, arg);
	switch (cmd) {
	case TIOCGWINSZ: return get_size(t, arg);
	case TIOCSWINSZ: return set_size(t, arg);
	case FIONREAD: return available(t, arg);
	case TIOCOUTQ: return user_write_u32(arg, tty_queued(t));
	case TCFLSH: return flush(t, arg);
	case TCXONC: return flow(t, arg);
	case TCSBRK:
	case TCSBRKP: return tty_drain(t);
	case TIOCGETD: return user_write_u32(arg, N_TTY);
	case TIOCGDEV: return user_write_u32(arg, (u32)t->rdev);
	default: return session_ioctl(t, cmd, arg, master, f);
	}
}

i64 tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	if (tty_is_hung_up(f))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	return tty_ioctl_common(f->private, cmd, arg, false, f);
}
