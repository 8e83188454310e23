/* SPDX-License-Identifier: ISC */
/*
 * The terminal's driver side: input from interrupts, outputs, window size; and its files.
 *
 * Echo and signals are decided under input_lock and carried out after it, because outputs
 * have locks of their own and a screen's answer to an echo is input again.
 */
#include "tty/tty_private.h"

#include "abi/signal.h"
#include "base/log.h"
#include "fs/path.h"
#include "fs/poll.h"

#define ECHO_CHUNK 64
#define DEVICE(major, minor) ((u64)(major) << 8 | (minor))

static struct tty console = {
	.ldisc = LDISC_INIT(console.ldisc),
	.readable = WAIT_QUEUE_INIT(console.readable),
	.writable = WAIT_QUEUE_INIT(console.writable),
	.reader = { NULL, WAIT_QUEUE_INIT(console.reader.queue) },
	.writer = { NULL, WAIT_QUEUE_INIT(console.writer.queue) },
	.outputs = LIST_INIT(console.outputs),
};
struct tty *tty_console = &console;

void (*tty_signal_group)(i32 pgid, int sig);

static bool take_claim(struct tty_claim *c)
{
	struct thread *none = NULL, *me = thread_current();

	return READ_ONCE(c->owner) == me ||
	       __atomic_compare_exchange_n(&c->owner, &none, me, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

int tty_claim(struct tty_claim *c, bool nonblock)
{
	if (take_claim(c))
		return 0;
	if (nonblock)
		return -EAGAIN;
	return wait_event_interruptible(&c->queue, take_claim(c));
}

void tty_release(struct tty_claim *c)
{
	__atomic_store_n(&c->owner, NULL, __ATOMIC_SEQ_CST);
	wait_wake_one(&c->queue);
}

void tty_drain_echo(struct tty *t)
{
	char text[ECHO_CHUNK];
	struct tty_output *o;
	u32 n;

	for (;;) {
		u64 flags = spin_lock_irq(&t->input_lock);

		n = ring_get(&t->ldisc.echo, text, sizeof(text));
		spin_unlock_irq(&t->input_lock, flags);
		if (!n)
			return;
		list_for_each (o, &t->outputs, link)
			o->write(o, text, n);
	}
}

void tty_signal_foreground(struct tty *t, int sig)
{
	if (tty_signal_group)
		tty_signal_group(READ_ONCE(t->foreground), sig);
}

void tty_input(struct tty *t, u8 c)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	bool was_stopped = t->ldisc.stopped;
	int sig = ldisc_input(&t->ldisc, c);
	bool readable = ldisc_readable(&t->ldisc);
	bool resumed = was_stopped && !t->ldisc.stopped;

	spin_unlock_irq(&t->input_lock, flags);
	tty_drain_echo(t);
	if (readable)
		wait_wake_all(&t->readable);
	if (resumed)
		wait_wake_all(&t->writable);
	if (sig)
		tty_signal_foreground(t, sig);
}

void tty_output_ready(struct tty *t)
{
	wait_wake_all(&t->writable);
}

u32 tty_queued(struct tty *t)
{
	struct tty_output *o;
	u32 most = 0;

	list_for_each (o, &t->outputs, link)
		most = MAX(most, o->queued ? o->queued(o) : 0);
	return most;
}

bool tty_has_room(struct tty *t)
{
	struct tty_output *o;

	if (READ_ONCE(t->ldisc.stopped))
		return false;
	list_for_each (o, &t->outputs, link) {
		if (o->queued && o->queued(o) > o->queue_bytes / 2)
			return false;
	}
	return true;
}

/* The smallest of the outputs whose size is known. */
static void resize(struct tty *t)
{
	struct winsize size = { 0 };
	struct tty_output *o;
	bool changed;
	u64 flags;

	list_for_each (o, &t->outputs, link) {
		if (!o->rows || !o->columns)
			continue;
		size.ws_row = size.ws_row ? MIN(size.ws_row, o->rows) : o->rows;
		size.ws_col = size.ws_col ? MIN(size.ws_col, o->columns) : o->columns;
	}
	flags = spin_lock_irq(&t->input_lock);
	changed = size.ws_row != t->size.ws_row || size.ws_col != t->size.ws_col;
	t->size = size;
	spin_unlock_irq(&t->input_lock, flags);
	if (changed)
		tty_signal_foreground(t, SIGWINCH);
}

void tty_set_output_size(struct tty *t, struct tty_output *o, u16 rows, u16 columns)
{
	o->rows = rows;
	o->columns = columns;
	resize(t);
}

void tty_add_output(struct tty *t, struct tty_output *o)
{
	list_push_back(&t->outputs, &o->link);
	resize(t);
}

bool tty_read_ready(struct tty *t)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	const struct ldisc *d = &t->ldisc;
	u32 want = d->termios.c_cc[VTIME] ? 1 : MAX(d->termios.c_cc[VMIN], 1);
	bool ready;

	if (d->termios.c_lflag & ICANON)
		ready = ldisc_readable(d);
	else
		ready = ldisc_available(d) >= want;
	spin_unlock_irq(&t->input_lock, flags);
	return ready;
}

static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *t = f->private;
	u32 events = 0;

	poll_wait(pt, &t->readable);
	poll_wait(pt, &t->writable);
	if (tty_read_ready(t))
		events |= POLLIN | POLLRDNORM;
	if (tty_has_room(t))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

const struct file_ops tty_file_ops = {
	.read = tty_read,
	.write = tty_write,
	.ioctl = tty_ioctl,
	.poll = tty_poll,
	.flags = FILE_NO_POS_LOCK,
};

/* As Linux: opening the console never makes it a controlling terminal; TIOCSCTTY does. */
static int open_console(struct vnode *v, struct file *f)
{
	(void)v;
	f->ops = &tty_file_ops;
	f->private = tty_console;
	return 0;
}

static int open_controlling(struct vnode *v, struct file *f)
{
	struct tty *t = tty_controlling();

	(void)v;
	if (!t)
		return -ENXIO;
	f->ops = &tty_file_ops;
	f->private = t;
	return 0;
}

static void register_device(const char *name, u32 mode, u64 rdev,
			    int (*open)(struct vnode *v, struct file *f))
{
	int error = devfs_register(name, mode, rdev, open);

	if (error)
		log_error("tty: no /dev/%s (%d)", name, error);
}

void tty_init(void)
{
	register_device("console", S_IFCHR | 0600, CONSOLE_DEVICE, open_console);
	register_device("tty", S_IFCHR | 0666, DEVICE(5, 0), open_controlling);
}
