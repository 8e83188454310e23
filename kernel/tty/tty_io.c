/* SPDX-License-Identifier: ISC */
/*
 * read and write on a terminal. User memory is only touched between two holds of input_lock,
 * through a small buffer on the stack.
 */
#include "abi/signal.h"
#include "machine/clock.h"
#include "tty/tty_private.h"

#define CHUNK TTY_CHUNK /* bytes moved at a time */
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
		if ((n || line_end) && t->ops->input_taken)
			t->ops->input_taken(t);
		if (line_end || (!n && is_enough(&rule, *done)))
			return 0;
		if (n)
			continue;
		if (tty_is_hung_up(f))
			return -EIO;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		error = wait_event_interruptible_until(
			&t->readable, ldisc_readable(&t->ldisc) || tty_is_hung_up(f),
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
	int error;

	(void)pos;
	if (tty_is_hung_up(f))
		return 0;
	error = tty_check_foreground(t, SIGTTIN);
	if (!error)
		error = tty_claim(&t->reader, f->flags & O_NONBLOCK);
	if (error)
		return error;
	error = read_claimed(f, io, &done);
	tty_release(&t->reader);
	return done ? (ssize_t)done : error;
}

static int wait_for_room(struct file *f)
{
	struct tty *t = f->private;
	int error = 0;

	if (!tty_has_room(t) && f->flags & O_NONBLOCK)
		error = -EAGAIN;
	else
		error = wait_event_interruptible(&t->writable,
						 tty_has_room(t) || tty_is_hung_up(f));
	return tty_is_hung_up(f) ? -EIO : error;
}

/* All of @bytes, by the writer whose side it is. Adds to *done what is out. */
static int write_chunk(struct file *f, const u8 *bytes, u32 n, size_t *done)
{
	u32 sent = 0;
	int error = 0;

	while (sent < n && !error) {
		sent += tty_output(f->private, bytes + sent, n - sent);
		if (sent < n)
			error = wait_for_room(f);
	}
	*done += sent;
	return error;
}

static int write_claimed(struct file *f, struct io *io, size_t *done)
{
	u8 bytes[CHUNK];

	while (io->left) {
		u32 n = (u32)MIN(io->left, sizeof(bytes));
		int error = wait_for_room(f);

		if (!error)
			error = io_get(io, bytes, n);
		if (!error)
			error = write_chunk(f, bytes, n, done);
		if (error)
			return error;
	}
	return 0;
}

ssize_t tty_write(struct file *f, struct io *io, u64 *pos)
{
	struct tty *t = f->private;
	size_t done = 0;
	int error = 0;

	(void)pos;
	if (tty_is_hung_up(f))
		return -EIO;
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
