/* SPDX-License-Identifier: ISC */
/*
 * eventfd(2): a 64-bit counter. A read takes all of it (or one, as a semaphore) and sleeps while it
 * is zero; a write adds and sleeps while the sum would pass COUNT_MAX.
 *
 * Lock: eventfd.lock (mutex); no user memory is touched under it. Sleepers follow sched/wait.h.
 */
#include "fs/eventfd.h"

#include "base/counter.h"
#include "fs/anon.h"
#include "fs/poll.h"
#include "mm/slab.h"

#define COUNT_MAX (~0UL - 1)

COUNTER(live_eventfds, "eventfds");

struct eventfd {
	struct mutex lock;
	struct wait_queue readable, writable;
	u64 count; /* [lock]; read without it by those who only ask */
	bool semaphore; /* [i] */
};

/* Takes what a read gets; 0: there is nothing. */
static u64 take(struct eventfd *e)
{
	u64 n;

	mutex_lock(&e->lock);
	n = e->semaphore ? MIN(e->count, 1UL) : e->count;
	WRITE_ONCE(e->count, e->count - n);
	mutex_unlock(&e->lock);
	return n;
}

static ssize_t eventfd_read(struct file *f, struct io *io, u64 *pos)
{
	struct eventfd *e = f->private;
	u64 n;
	int r;

	(void)pos;
	if (io->left < sizeof(n))
		return -EINVAL;
	while (!(n = take(e))) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		r = wait_event_interruptible(&e->readable, READ_ONCE(e->count));
		if (r)
			return r;
	}
	wait_wake_all(&e->writable);
	return io_put(io, &n, sizeof(n)) ? -EFAULT : (ssize_t)sizeof(n);
}

static bool add(struct eventfd *e, u64 n)
{
	bool fits;

	mutex_lock(&e->lock);
	fits = n <= COUNT_MAX - e->count;
	if (fits)
		WRITE_ONCE(e->count, e->count + n);
	mutex_unlock(&e->lock);
	return fits;
}

static ssize_t eventfd_write(struct file *f, struct io *io, u64 *pos)
{
	struct eventfd *e = f->private;
	u64 n;
	int r;

	(void)pos;
	if (io->left < sizeof(n))
		return -EINVAL;
	if (io_get(io, &n, sizeof(n)))
		return -EFAULT;
	if (n > COUNT_MAX)
		return -EINVAL;
	while (!add(e, n)) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		r = wait_event_interruptible(&e->writable, n <= COUNT_MAX - READ_ONCE(e->count));
		if (r)
			return r;
	}
	wait_wake_all(&e->readable);
	return sizeof(n);
}

static u32 eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private;
	u64 count;
	u32 events = 0;

	poll_wait(pt, &e->readable);
	poll_wait(pt, &e->writable);
	count = READ_ONCE(e->count);
	if (count)
		events |= POLLIN;
	if (count < COUNT_MAX)
		events |= POLLOUT;
	return events;
}

static void eventfd_release(struct file *f)
{
	kfree(f->private);
	counter_add(&live_eventfds, -1);
}

static const struct file_ops eventfd_ops = {
	.read = eventfd_read,
	.write = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.flags = FILE_NO_POS_LOCK,
};

struct file *eventfd_create(u32 count, bool semaphore, u32 flags)
{
	struct eventfd *e = kzalloc_user(sizeof(*e));
	struct file *f = e ? anon_file(&eventfd_ops, e, flags) : NULL;

	if (!f) {
		kfree(e);
		return NULL;
	}
	mutex_init(&e->lock);
	wait_queue_init(&e->readable);
	wait_queue_init(&e->writable);
	e->count = count;
	e->semaphore = semaphore;
	counter_add(&live_eventfds, 1);
	return f;
}
