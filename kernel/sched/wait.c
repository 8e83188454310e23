/* SPDX-License-Identifier: ISC */
/* Wait queues; the argument that no wake-up is lost stands in wait.h. */
#include "sched/wait.h"

#include "machine/clock.h"
#include "sched/timer.h"

void wait_queue_init(struct wait_queue *q)
{
	q->lock = (struct spinlock)SPINLOCK_INIT;
	list_init(&q->waiters);
}

void wait_enqueue(struct wait_queue *q, struct waiter *w)
{
	u64 flags = spin_lock_irq(&q->lock);

	w->queue = q;
	list_push_back(&q->waiters, &w->link);
	spin_unlock_irq(&q->lock, flags);
	wait_fence();
}

void wait_prepare(struct wait_queue *q, struct waiter *w)
{
	struct thread *t = thread_current();

	*w = (struct waiter){ .thread = t };
	/* The state first: a waker that finds us in the queue must find us blocked. */
	__atomic_store_n(&t->state, THREAD_BLOCKED, __ATOMIC_SEQ_CST);
	wait_enqueue(q, w);
}

void wait_finish(struct waiter *w)
{
	struct wait_queue *q = w->queue;
	u64 flags;

	WRITE_ONCE(thread_current()->state, THREAD_RUNNABLE);
	flags = spin_lock_irq(&q->lock);
	list_remove(&w->link);
	spin_unlock_irq(&q->lock, flags);
}

static unsigned wake(struct wait_queue *q, unsigned most)
{
	struct waiter *w, *tmp;
	unsigned woken = 0;
	u64 flags;

	/* The condition was written before; see the columns in wait.h. */
	wait_fence();
	if (list_empty(&q->waiters))
		return 0;
	flags = spin_lock_irq_nested(&q->lock); /* a notify() may wake its own queue */
	list_for_each_safe (w, tmp, &q->waiters, link) {
		if (w->notify)
			w->notify(w);
		else if (thread_wake(w->thread) && ++woken == most)
			break;
	}
	spin_unlock_irq(&q->lock, flags);
	return woken;
}

unsigned wait_wake_all(struct wait_queue *q)
{
	return wake(q, ~0u);
}

unsigned wait_wake_one(struct wait_queue *q)
{
	return wake(q, 1);
}

struct timeout {
	struct timer timer;
	struct thread *thread;
};

static void timeout_fire(struct timer *t)
{
	thread_wake(container_of(t, struct timeout, timer)->thread);
}

int schedule_until(u64 deadline)
{
	struct timeout timeout = { .thread = thread_current() };

	if (deadline == ~0UL) {
		schedule();
		return 0;
	}
	timer_init(&timeout.timer, timeout_fire);
	timer_arm(&timeout.timer, deadline);
	schedule();
	return timer_cancel(&timeout.timer) ? 0 : -ETIMEDOUT;
}
