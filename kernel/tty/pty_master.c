/* SPDX-License-Identifier: ISC */
/*
 * The master's file: it reads what programs on the slave print, and types what it writes.
 * User memory is only touched with no lock held.
 */
#include "fs/mount.h"
#include "fs/poll.h"
#include "machine/usercopy.h"
#include "proc/process.h"
#include "tty/pty.h"

#define CHUNK TTY_CHUNK

/* -- reading --------------------------------------------------------------------------------- */

/*
 * Up to @n bytes of output. In packet mode the @first begin with what they are: data, or (alone)
 * what happened: *alone.
 */
static u32 take(struct pty *p, u8 *bytes, u32 n, bool first, bool *alone)
{
	u64 flags = spin_lock_irq(&p->tty.input_lock);
	u32 head = 0;

	*alone = first && p->events;
	if (*alone) {
		bytes[head++] = p->events;
		p->events = 0;
	} else {
		if (first && p->packet && ring_used(&p->out))
			bytes[head++] = TIOCPKT_DATA;
		head += ring_get(&p->out, bytes + head, n - head);
	}
	spin_unlock_irq(&p->tty.input_lock, flags);
	return head;
}

static bool has_output(struct pty *p)
{
	return ring_used(&p->out) || READ_ONCE(p->events);
}

/* Asked before what it has left behind: then nothing more can come. */
static bool slave_is_gone(const struct pty *p)
{
	return __atomic_load_n(&p->slave_gone, __ATOMIC_ACQUIRE);
}

static int wait_for_output(struct file *f)
{
	struct pty *p = f->private;
	bool gone = slave_is_gone(p);

	if (!has_output(p)) {
		if (gone)
			return -EIO;
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
	}
	return wait_event_interruptible(&p->master_queue,
					has_output(p) || READ_ONCE(p->slave_gone));
}

/* Output was taken: what waits for room goes on. */
static void refill(struct tty *t)
{
	tty_drain_echo(t);
	if (tty_has_room(t))
		tty_output_ready(t);
}

static ssize_t master_read(struct file *f, struct io *io, u64 *pos)
{
	struct pty *p = f->private;
	bool alone = false;
	u8 bytes[CHUNK];
	size_t done = 0;
	int error = 0;

	(void)pos;
	while (io->left && !error && !alone) {
		u32 n = take(p, bytes, (u32)MIN(io->left, CHUNK), !done, &alone);

		if (n) {
			error = io_put(io, bytes, n);
			done += error ? 0 : n;
			refill(&p->tty);
		} else if (done) {
			break;
		} else {
			error = wait_for_output(f);
		}
	}
	return done ? (ssize_t)done : error;
}

/* -- writing --------------------------------------------------------------------------------- */

static int wait_for_input_room(struct file *f)
{
	struct pty *p = f->private;
	struct ldisc *d = &p->tty.ldisc;

	if (!ldisc_has_room(d) && f->flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(&p->master_queue, ldisc_has_room(d));
}

static ssize_t write_claimed(struct file *f, struct io *io)
{
	struct pty *p = f->private;
	u8 bytes[CHUNK];
	size_t done = 0;
	int error = 0;

	while (io->left && !error) {
		u32 n = (u32)MIN(io->left, CHUNK), sent = 0;

		error = wait_for_input_room(f);
		if (!error)
			error = io_get(io, bytes, n);
		while (sent < n && !error) {
			sent += tty_input_some(&p->tty, bytes + sent, n - sent);
			if (sent < n)
				error = wait_for_input_room(f);
		}
		done += sent;
	}
	return done ? (ssize_t)done : error;
}

static ssize_t master_write(struct file *f, struct io *io, u64 *pos)
{
	struct pty *p = f->private;
	ssize_t n = tty_claim(&p->feeder, f->flags & O_NONBLOCK);

	(void)pos;
	if (n)
		return n;
	n = write_claimed(f, io);
	tty_release(&p->feeder);
	return n;
}

/* -- the rest -------------------------------------------------------------------------------- */

static u32 master_poll(struct file *f, struct poll_table *pt)
{
	struct pty *p = f->private;
	u32 events = 0;

	poll_wait(pt, &p->master_queue);
	if (slave_is_gone(p))
		events |= POLLHUP;
	if (has_output(p))
		events |= POLLIN | POLLRDNORM;
	if (READ_ONCE(p->events))
		events |= POLLPRI;
	if (ldisc_has_room(&p->tty.ldisc))
		events |= POLLOUT | POLLWRNORM;
	return events;
}

/* Packet mode begins without a past. */
static void set_packet(struct pty *p, bool on)
{
	u64 flags = spin_lock_irq(&p->tty.input_lock);

	if (on != p->packet)
		p->events = 0;
	p->packet = on;
	spin_unlock_irq(&p->tty.input_lock, flags);
}

static void set_locked(struct pty *p, bool on)
{
	u64 flags = spin_lock_irq(&ttys_lock);

	p->locked = on;
	spin_unlock_irq(&ttys_lock, flags);
}

static i64 set_flag(struct pty *p, u64 arg, void (*set)(struct pty *p, bool on))
{
	u32 on;
	int error = user_read_u32(&on, arg);

	if (!error)
		set(p, on);
	return error;
}

static i64 send_signal(struct pty *p, u64 sig)
{
	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	if (READ_ONCE(p->tty.foreground))
		tty_signal_foreground(&p->tty, (int)sig);
	return 0;
}

static const struct file_ops unopened_ops;

/* @f, which no path led to, is seen where devpts is mounted. 0, -EROFS. */
static int show_place(struct pty *p, struct file *f)
{
	struct path at;
	int r = 0;

	f->vnode = vnode_get(&p->vnode);
	if (mount_showing(&p->vnode, &at)) {
		r = mount_enter(f, at.mount);
		path_put(&at);
	}
	return r;
}

/* TIOCGPTPEER: the slave by its master, without a path. The descriptor or an error. */
static i64 open_peer(struct pty *p, u64 flags)
{
	struct file *f = file_create(&unopened_ops, flags & (O_ACCMODE | O_NONBLOCK | O_NOCTTY));
	int r;

	if (!f)
		return -ENOMEM;
	r = show_place(p, f);
	if (!r)
		r = tty_open_file(&p->tty, f, true);
	f->flags &= ~(u32)O_NOCTTY;
	if (!r)
		return fd_install(task_current()->files, f, 0, flags & O_CLOEXEC);
	file_put(f);
	return r;
}

i64 pty_master_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pty *p = f->private;

	switch (cmd) {
	case TIOCGPTN: return user_write_u32(arg, p->index);
	case TIOCSPTLCK: return set_flag(p, arg, set_locked);
	case TIOCGPTLCK: return user_write_u32(arg, READ_ONCE(p->locked));
	case TIOCGPTPEER: return open_peer(p, arg);
	case TIOCPKT: return set_flag(p, arg, set_packet);
	case TIOCGPKT: return user_write_u32(arg, READ_ONCE(p->packet));
	case TIOCSIG: return send_signal(p, arg);
	case FIONREAD: return user_write_u32(arg, ring_used(&p->out));
	default: return tty_ioctl_common(&p->tty, cmd, arg, true, f);
	}
}

const struct file_ops pty_master_ops = {
	.read = master_read,
	.write = master_write,
	.ioctl = pty_master_ioctl,
	.poll = master_poll,
	.release = pty_close_master,
	.flags = FILE_NO_POS_LOCK,
};
