/* SPDX-License-Identifier: ISC */
/*
 * timerfd: the kernel timer runs once, wakes who waits, and is armed again by the reader, who
 * works out how many intervals have gone by; a timer that nobody reads costs nothing.
 *
 * Lock: timerfd.lock (mutex). The callback takes none: it sets `fired` and wakes.
 */
#include "fs/timerfd.h"

#include "base/counter.h"
#include "fs/anon.h"
#include "fs/poll.h"
#include "machine/clock.h"
#include "mm/slab.h"
#include "sched/timer.h"

#define NEVER (~0UL)

COUNTER(live_timerfds, "timerfds");

struct timerfd {
	struct mutex lock;
	struct wait_queue readable;
	struct timer timer;
	u64 deadline; /* [lock] the next expiration not read yet, clock_ns; NEVER: none */
	u64 interval; /* [lock] 0: once */
	bool fired; /* [a] deadline has passed */
	bool realtime; /* [i] */
};

static void timerfd_fire(struct timer *t)
{
	struct timerfd *d = container_of(t, struct timerfd, timer);

	__atomic_store_n(&d->fired, true, __ATOMIC_SEQ_CST);
	wait_wake_all(&d->readable);
}

static u64 add_or_never(u64 a, u64 b)
{
	u64 sum;

	return __builtin_add_overflow(a, b, &sum) ? NEVER : sum;
}

/* How many expirations there were by now; under the lock. */
static u64 expirations(const struct timerfd *d)
{
	u64 now = MAX(clock_ns(), d->deadline);

	if (!READ_ONCE(d->fired))
		return 0;
	return d->interval ? 1 + (now - d->deadline) / d->interval : 1;
}

/* Takes them and arms the timer for the next one. */
static u64 take(struct timerfd *d)
{
	u64 n;

	mutex_lock(&d->lock);
	n = expirations(d);
	if (n) {
		__atomic_store_n(&d->fired, false, __ATOMIC_SEQ_CST);
		d->deadline = d->interval ? add_or_never(d->deadline, n * d->interval) : NEVER;
		if (d->deadline != NEVER)
			timer_arm(&d->timer, d->deadline);
	}
	mutex_unlock(&d->lock);
	return n;
}

static ssize_t timerfd_read(struct file *f, struct io *io, u64 *pos)
{
	struct timerfd *d = f->private;
	u64 n;
	int r;

	(void)pos;
	if (io->left < sizeof(n))
		return -EINVAL;
	while (!(n = take(d))) {
		if (f->flags & O_NONBLOCK)
			return -EAGAIN;
		r = wait_event_interruptible(&d->readable, READ_ONCE(d->fired));
		if (r)
			return r;
	}
	return io_put(io, &n, sizeof(n)) ? -EFAULT : (ssize_t)sizeof(n);
}

static u32 timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *d = f->private;

	poll_wait(pt, &d->readable);
	return READ_ONCE(d->fired) ? POLLIN : 0;
}

static void timerfd_release(struct file *f)
{
	struct timerfd *d = f->private;

	timer_cancel(&d->timer);
	kfree(d);
	counter_add(&live_timerfds, -1);
}

static const struct file_ops timerfd_ops = {
	.read = timerfd_read,
	.poll = timerfd_poll,
	.release = timerfd_release,
	.flags = FILE_NO_POS_LOCK,
};

bool file_is_timerfd(const struct file *f)
{
	return f->ops == &timerfd_ops;
}

/* Under the lock. */
static struct timerfd_setting setting(const struct timerfd *d)
{
	struct timerfd_setting s = { 0, d->interval };
	u64 now = clock_ns();

	if (d->deadline == NEVER)
		return s;
	if (now < d->deadline)
		s.left = d->deadline - now;
	else if (d->interval)
		s.left = d->interval - (now - d->deadline) % d->interval;
	return s;
}

struct timerfd_setting timerfd_get(struct file *f)
{
	struct timerfd *d = f->private;
	struct timerfd_setting s;

	mutex_lock(&d->lock);
	s = setting(d);
	mutex_unlock(&d->lock);
	return s;
}

/* The time of our clock that @value means. */
static u64 deadline_of(const struct timerfd *d, u64 value, bool absolute)
{
	u64 now = clock_ns(), offset = d->realtime ? clock_wall_offset() : 0;

	if (!value)
		return NEVER;
	if (absolute)
		return value > offset ? value - offset : 0;
	return add_or_never(now, value);
}

struct timerfd_setting timerfd_set(struct file *f, u64 value, u64 interval, bool absolute)
{
	struct timerfd *d = f->private;
	struct timerfd_setting old;

	mutex_lock(&d->lock);
	old = setting(d);
	timer_cancel(&d->timer);
	__atomic_store_n(&d->fired, false, __ATOMIC_SEQ_CST);
	d->interval = interval;
	d->deadline = deadline_of(d, value, absolute);
	if (d->deadline != NEVER)
		timer_arm(&d->timer, d->deadline);
	mutex_unlock(&d->lock);
	return old;
}

struct file *timerfd_create(bool realtime, u32 flags)
{
	struct timerfd *d = kzalloc_user(sizeof(*d));
	struct file *f = d ? anon_file(&timerfd_ops, d, flags) : NULL;

	if (!f) {
		kfree(d);
		return NULL;
	}
	mutex_init(&d->lock);
	wait_queue_init(&d->readable);
	timer_init(&d->timer, timerfd_fire);
	d->deadline = NEVER;
	d->realtime = realtime;
	counter_add(&live_timerfds, 1);
	return f;
}
