/* SPDX-License-Identifier: ISC */
/*
 * What all terminals have in common: input and its effects, output, flow control, hang-up.
 *
 * Echo and signals are decided under input_lock and carried out after it, because devices
 * have locks of their own and a screen's answer to an echo is input again.
 */
#include "abi/signal.h"
#include "fs/poll.h"
#include "lib/string.h"
#include "proc/process.h"
#include "tty/tty_private.h"

#define ECHO_CHUNK 64

void (*tty_signal_group)(i32 pgid, int sig);

void tty_claim_init(struct tty_claim *c)
{
	memset(c, 0, sizeof(*c));
	wait_queue_init(&c->queue);
}

void tty_setup(struct tty *t, const struct tty_ops *ops, u64 rdev)
{
	memset(t, 0, sizeof(*t));
	t->ops = ops;
	t->rdev = rdev;
	t->refs = 1;
	ldisc_init(&t->ldisc);
	wait_queue_init(&t->readable);
	wait_queue_init(&t->writable);
	tty_claim_init(&t->reader);
	tty_claim_init(&t->writer);
	tty_list_add(t);
}

void tty_put(struct tty *t)
{
	if (__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL) == 0)
		t->ops->free(t);
}

static bool take_claim(struct tty_claim *c)
{
	struct thread *none = NULL, *me = thread_current();

	return READ_ONCE(c->owner) == me ||
	       __atomic_compare_exchange_n(&c->owner, &none, me, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

int tty_claim(struct tty_claim *c, bool nonblock)
{
	int r = 0;

	lockdep_check(&thread_current()->mutexes, &c->dep, LOCK_NAME(&claim), false);
	if (!take_claim(c))
		r = nonblock ? -EAGAIN : wait_event_interruptible(&c->queue, take_claim(c));
	if (!r)
		lockdep_acquired(&thread_current()->mutexes, &c->dep);
	return r;
}

void tty_release(struct tty_claim *c)
{
	lockdep_release(&thread_current()->mutexes, &c->dep);
	__atomic_store_n(&c->owner, NULL, __ATOMIC_SEQ_CST);
	wait_wake_one(&c->queue);
}

/* -- output ---------------------------------------------------------------------------------- */

static u32 space(struct tty *t, u32 most)
{
	return t->ops->space ? MIN(t->ops->space(t), most) : most;
}

u32 tty_output(struct tty *t, const u8 *text, u32 n)
{
	u8 out[2 * TTY_CHUNK];
	u32 done = 0, now, used;

	do {
		u64 flags = spin_lock_irq(&t->input_lock);

		now = ldisc_output(&t->ldisc, text + done, n - done, out, space(t, sizeof(out)),
				   &used);
		if (t->ops->put)
			t->ops->put(t, out, used);
		spin_unlock_irq(&t->input_lock, flags);
		t->ops->send(t, out, used);
		done += now;
	} while (now && done < n);
	return done;
}

void tty_drain_echo(struct tty *t)
{
	u8 text[ECHO_CHUNK];
	u32 n;

	do {
		u64 flags = spin_lock_irq(&t->input_lock);

		n = ring_get(&t->ldisc.echo, text, space(t, sizeof(text)));
		if (n && t->ops->put)
			t->ops->put(t, text, n);
		spin_unlock_irq(&t->input_lock, flags);
		if (n)
			t->ops->send(t, text, n);
	} while (n);
}

u32 tty_queued(struct tty *t)
{
	return t->ops->queued ? t->ops->queued(t) : 0;
}

bool tty_has_room(struct tty *t)
{
	return !READ_ONCE(t->ldisc.stopped) && t->ops->has_room(t);
}

void tty_output_ready(struct tty *t)
{
	wait_wake_all(&t->writable);
}

/* -- input ----------------------------------------------------------------------------------- */

/* What input does beyond the line discipline: collected under the lock, carried out after it. */
struct effects {
	bool was_stopped, readable, flow_changed;
	int sig;
};

static void event(struct tty *t, u8 packet_bits)
{
	if (t->ops->event)
		t->ops->event(t, packet_bits);
}

static void input_byte(struct tty *t, u8 c, struct effects *e)
{
	e->sig = ldisc_input(&t->ldisc, c);
	if (e->sig && !(t->ldisc.termios.c_lflag & NOFLSH))
		event(t, TIOCPKT_FLUSHREAD | TIOCPKT_FLUSHWRITE);
}

static void note_flow(struct tty *t, struct effects *e)
{
	e->readable = ldisc_readable(&t->ldisc);
	e->flow_changed = e->was_stopped != t->ldisc.stopped;
	if (e->flow_changed)
		event(t, t->ldisc.stopped ? TIOCPKT_STOP : TIOCPKT_START);
}

static void carry_out(struct tty *t, const struct effects *e)
{
	tty_drain_echo(t);
	if (e->readable)
		wait_wake_all(&t->readable);
	if (e->flow_changed)
		wait_wake_all(&t->writable);
	if (e->sig)
		tty_signal_foreground(t, e->sig);
}

void tty_input(struct tty *t, u8 c)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	struct effects e = { .was_stopped = t->ldisc.stopped };

	input_byte(t, c, &e);
	note_flow(t, &e);
	spin_unlock_irq(&t->input_lock, flags);
	carry_out(t, &e);
}

u32 tty_input_some(struct tty *t, const u8 *bytes, u32 n)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	struct effects e = { .was_stopped = t->ldisc.stopped };
	u32 done = 0;

	while (done < n && !e.sig && ldisc_has_room(&t->ldisc))
		input_byte(t, bytes[done++], &e);
	note_flow(t, &e);
	spin_unlock_irq(&t->input_lock, flags);
	carry_out(t, &e);
	return done;
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

/* -- settings -------------------------------------------------------------------------------- */

void tty_flush(struct tty *t, u32 which)
{
	u64 flags = spin_lock_irq(&t->input_lock);

	if (which != TCOFLUSH)
		ldisc_flush_input(&t->ldisc);
	event(t, (which != TCOFLUSH ? TIOCPKT_FLUSHREAD : 0) |
			 (which != TCIFLUSH ? TIOCPKT_FLUSHWRITE : 0));
	spin_unlock_irq(&t->input_lock, flags);
	if (t->ops->input_taken)
		t->ops->input_taken(t);
}

void tty_hold_output(struct tty *t, bool hold)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	struct effects e = { .was_stopped = t->ldisc.stopped };

	ldisc_hold(&t->ldisc, hold);
	note_flow(t, &e);
	spin_unlock_irq(&t->input_lock, flags);
	carry_out(t, &e);
}

/* Does the terminal's user stop and start output with ^S and ^Q? */
static bool usual_flow(const struct termios *t)
{
	return t->c_iflag & IXON && t->c_cc[VSTOP] == 0x13 && t->c_cc[VSTART] == 0x11;
}

void tty_set_termios(struct tty *t, const struct termios2 *wanted)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	bool was = usual_flow(&t->ldisc.termios), is = usual_flow(&wanted->t);

	ldisc_set_termios(&t->ldisc, &wanted->t);
	WRITE_ONCE(t->in_speed, wanted->c_ispeed);
	WRITE_ONCE(t->out_speed, wanted->c_ospeed);
	if (was != is)
		event(t, is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP);
	spin_unlock_irq(&t->input_lock, flags);
	wait_wake_all(&t->readable);
	wait_wake_all(&t->writable);
	if (t->ops->input_taken)
		t->ops->input_taken(t);
}

void tty_set_size(struct tty *t, const struct winsize *wanted)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	bool changed = wanted->ws_row != t->size.ws_row || wanted->ws_col != t->size.ws_col;

	t->size = *wanted;
	spin_unlock_irq(&t->input_lock, flags);
	if (changed)
		tty_signal_foreground(t, SIGWINCH);
}

void tty_signal_foreground(struct tty *t, int sig)
{
	if (tty_signal_group)
		tty_signal_group(READ_ONCE(t->foreground), sig);
}

void tty_hang_up(struct tty *t)
{
	u64 flags = spin_lock_irq(&t->input_lock);
	i32 session = t->session, foreground = t->foreground;

	t->hangups++;
	t->session = t->foreground = 0;
	t->ldisc.stopped = t->ldisc.held = false;
	ldisc_flush_input(&t->ldisc);
	spin_unlock_irq(&t->input_lock, flags);
	wait_wake_all(&t->readable);
	wait_wake_all(&t->writable);
	if (session)
		tty_session_hang_up(session, foreground);
}

/* -- files ----------------------------------------------------------------------------------- */

int tty_open_file(struct tty *t, struct file *f, bool own)
{
	u32 hangups = READ_ONCE(t->hangups); /* before it counts as open: none is missed */
	int error = 0;

	if (READ_ONCE(t->exclusive) && cred_current()->euid)
		return -EBUSY;
	if (t->ops->file_opened)
		error = t->ops->file_opened(t);
	if (error)
		return error;
	file_set_ops(f, &tty_file_ops);
	f->private = tty_get(t);
	f->pos = hangups;
	if (own && !(f->flags & O_NOCTTY) && file_readable(f))
		tty_own_by_open(t);
	return 0;
}

static void release_file(struct file *f)
{
	struct tty *t = f->private;

	if (t->ops->file_closed)
		t->ops->file_closed(t);
	tty_put(t);
}

static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty *t = f->private;
	u32 events = 0;

	poll_wait(pt, &t->readable);
	poll_wait(pt, &t->writable);
	if (tty_is_hung_up(f))
		return POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM | POLLERR | POLLHUP;
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
	.release = release_file,
	.flags = FILE_NO_POS_LOCK,
};
