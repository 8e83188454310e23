/* SPDX-License-Identifier: ISC */
/*
 * read and write on a terminal. User memory is only touched between two holds of input_lock,
 * through a small buffer on the stack.
 */
#include "abi/signal.h"
#include "machine/clock.h"
#include "tty/tty_private.h"

#define CHUNK 128 /* bytes moved at a time */
#define DECISECOND (100 * NSEC_PER_MSEC)
#define NEVER ~0UL

struct raw_rule { /* c_cc of non-canonical mode (POSIX 11.1.7) */
	bool canonical;
	u32 min;
	u64 time_ns;
};

static u32 take(struct tty *t, u8 *bytes, size_t n, bool *line_end, struct raw_rule *rule)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	u32 got = ldisc_read(&t->ldisc, bytes, (u32)MIN(n, CHUNK), line_end);

	rule->canonical = t->ldisc.termios.c_lflag & ICANON;
	rule->min = t->ldisc.termios.c_cc[VMIN];
	rule->time_ns = t->ldisc.termios.c_cc[VTIME] * DECISECOND;
	spin_unlock_irq(&t->input_lock, flags);
	return got;
}

/* With nothing more there now: may the read return with @done bytes? */
static bool is_enough(const struct raw_rule *rule, size_t done)
{
	if (rule->canonical)
		return done > 0;
	if (rule->min)
		return done >= rule->min;
	return done > 0 || !rule->time_ns;
}

/* VTIME counts from the start where VMIN is 0, else between bytes. */
static u64 deadline_of(const struct raw_rule *rule, size_t done, u64 start)
{
	if (rule->canonical || !rule->time_ns)
		return NEVER;
	if (!rule->min)
		return start + rule->time_ns;
	return done ? clock_ns() + rule->time_ns : NEVER;
}

/* The reading itself, by the reader whose side it is. Sets *done; 0 or negative errno. */
static int read_claimed(struct file *f, struct io *io, size_t *done)
{
	struct tty *t = f->private;
	u64 start = clock_ns();
	struct raw_rule rule;
	u8 bytes[CHUNK];
	bool line_end;
	int error;

	while (io->left) {
		u32 n = take(t, bytes, io->left, &line_end, &rule);

		error = n ? io_put(io, bytes, n) : 0;
		if (error)
			return error;
		*done += n;
		if (line_end)
			return 0;
		if (n)
			continue;
		if (is_enough(&rule, *done))
			return 0;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		error = wait_event_interruptible_until(&t->readable, ldisc_readable(&t->ldisc),
						       deadline_of(&rule, *done, start));
		if (error)
			return error == -ETIMEDOUT ? 0 : error;
	}
	return 0;
}

ssize_t tty_read(struct file *f, struct io *io, u64 *pos)
{
	struct tty *t = f->private;
	size_t done = 0;
	int error = tty_check_foreground(t, SIGTTIN);

	(void)pos;
	if (!error)
		error = tty_claim(&t->reader, f->flags & O_NONBLOCK);
	if (error)
		return error;
	error = read_claimed(f, io, &done);
	tty_release(&t->reader);
	return done ? (ssize_t)done : error;
}

/* Through output processing to all outputs. */
static void put_text(struct tty *t, const u8 *text, u32 n)
{
	u8 out[2 * CHUNK];
	struct tty_output *o;
	u32 used;

	while (n) {
		u64 flags = spin_lock_irq(&t->input_lock);
		u32 done = ldisc_output(&t->ldisc, text, n, out, sizeof(out), &used);

		spin_unlock_irq(&t->input_lock, flags);
		list_for_each (o, &t->outputs, link)
			o->write(o, (const char *)out, used);
		text += done;
		n -= done;
	}
}

static int write_claimed(struct file *f, struct io *io, size_t *done)
{
	struct tty *t = f->private;
	u8 bytes[CHUNK];

	while (io->left) {
		u32 n = (u32)MIN(io->left, sizeof(bytes));
		int error = 0;

		if (!tty_has_room(t) && f->flags & O_NONBLOCK)
			return -EAGAIN;
		error = wait_event_interruptible(&t->writable, tty_has_room(t));
		if (!error)
			error = io_get(io, bytes, n);
		if (error)
			return error;
		put_text(t, bytes, n);
		*done += n;
	}
	return 0;
}

ssize_t tty_write(struct file *f, struct io *io, u64 *pos)
{
	struct tty *t = f->private;
	size_t done = 0;
	int error = 0;

	(void)pos;
	if (READ_ONCE(t->ldisc.termios.c_lflag) & TOSTOP)
		error = tty_check_foreground(t, SIGTTOU);
	if (!error)
		error = tty_claim(&t->writer, f->flags & O_NONBLOCK);
	if (error)
		return error;
	error = write_claimed(f, io, &done);
	tty_release(&t->writer);
	return done ? (ssize_t)done : error;
}
