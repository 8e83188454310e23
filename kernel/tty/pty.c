/* SPDX-License-Identifier: ISC */
/*
 * The life of a pseudo-terminal, and the master as what stands behind the slave's terminal.
 * Locks: see pty.h. Waking the master needs none.
 */
#include "tty/pty.h"

#include "mm/slab.h"

static bool pty_has_room(struct tty *t)
{
	return ring_free(&pty_of(t)->out) >= TTY_CHUNK;
}

static u32 pty_space(struct tty *t)
{
	return ring_free(&pty_of(t)->out);
}

static void pty_put(struct tty *t, const u8 *text, u32 n)
{
	ring_put(&pty_of(t)->out, text, n);
}

static void wake_master(struct tty *t)
{
	wait_wake_all(&pty_of(t)->master_queue);
}

static void pty_send(struct tty *t, const u8 *text, u32 n)
{
	(void)text;
	if (n)
		wake_master(t);
}

static void pty_event(struct tty *t, u8 bits)
{
	struct pty *p = pty_of(t);

	if (!p->packet || !bits)
		return;
	if (bits & (TIOCPKT_STOP | TIOCPKT_START))
		p->events &= ~(TIOCPKT_STOP | TIOCPKT_START);
	if (bits & (TIOCPKT_DOSTOP | TIOCPKT_NOSTOP))
		p->events &= ~(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
	p->events |= bits;
	wake_master(t);
}

static int slave_opened(struct tty *t)
{
	struct pty *p = pty_of(t);
	u64 flags = spin_lock_irq(&ttys_lock);
	bool may = p->master_open && !p->locked;

	if (may) {
		p->slaves++;
		p->slave_gone = false;
	}
	spin_unlock_irq(&ttys_lock, flags);
	return may ? 0 : -EIO;
}

static void slave_closed(struct tty *t)
{
	struct pty *p = pty_of(t);
	u64 flags = spin_lock_irq(&ttys_lock);
	bool last = --p->slaves == 0;

	p->slave_gone = last;
	spin_unlock_irq(&ttys_lock, flags);
	if (last)
		wake_master(t);
}

static void pty_free(struct tty *t)
{
	kfree(pty_of(t));
}

static const struct tty_ops pty_ops = {
	.has_room = pty_has_room,
	.space = pty_space,
	.put = pty_put,
	.send = pty_send,
	.input_taken = wake_master,
	.event = pty_event,
	.file_opened = slave_opened,
	.file_closed = slave_closed,
	.free = pty_free,
};

int pty_open_master(struct vnode *v, struct file *f)
{
	struct pty *p = kmalloc(sizeof(*p));
	int error;

	(void)v;
	if (!p)
		return -ENOMEM;
	p->master_open = p->locked = true;
	p->slaves = 0;
	p->slave_gone = p->packet = false;
	p->events = 0;
	ring_init(&p->out, p->out_storage, sizeof(p->out_storage));
	wait_queue_init(&p->master_queue);
	tty_claim_init(&p->feeder);
	tty_setup(&p->tty, &pty_ops, 0);
	error = devpts_add(p);
	if (error) {
		tty_list_remove(&p->tty);
		kfree(p);
		return error;
	}
	file_set_ops(f, &pty_master_ops);
	f->private = p;
	return 0;
}

void pty_close_master(struct file *f)
{
	struct pty *p = f->private;
	u64 flags = spin_lock_irq(&ttys_lock);

	p->master_open = false;
	spin_unlock_irq(&ttys_lock, flags);
	devpts_remove(p);
	tty_hang_up(&p->tty);
	tty_list_remove(&p->tty);
	vnode_put(&p->vnode);
	tty_put(&p->tty);
}
