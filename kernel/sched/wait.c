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

	wait_link(q, w);
	spin_unlock_irq(&q->lock, flags);
	wait_fence();
}

void wait_prepare(struct wait_queue *q, struct waiter *w)
{
	wait_block(w);
	wait_enqueue(q, w);
}

/* Takes the lock even when it is out: the waker may still hold it, and the queue may end with us. */
void wait_finish(struct waiter *w)
{
	struct wait_queue *q = w->queue;
	u64 flags;

	WRITE_ONCE(thread_current()->state, THREAD_RUNNABLE);
	flags = spin_lock_irq(&q->lock);
	if (w->queued)
		list_unlink(&w->link);
	w->queued = false;
	spin_unlock_irq(&q->lock, flags);
}

/* True if @w's thread slept. Under the queue's lock. */
static inline bool wake_waiter(struct waiter *w)
{
	if (unlikely(w->notify)) {
		w->notify(w);
		return false;
	}
	if (!thread_wake_irq_off(w->thread))
		return false;
	list_unlink(&w->link);
	__atomic_store_n(&w->queued, false, __ATOMIC_RELEASE); /* it is the sleeper's again */
	return true;
}

unsigned wait_wake_some(struct wait_queue *q, unsigned most)
{
	struct waiter *w, *tmp;
	unsigned woken = 0;
	u64 flags = spin_lock_irq_nested(&q->lock); /* a notify() may wake its own queue */

	list_for_each_safe (w, tmp, &q->waiters, link) {
		if (wake_waiter(w) && ++woken == most)
			break;
	}
	spin_unlock_irq(&q->lock, flags);
	return woken;
}

__attribute__((noinline)) void wait_wake_sleepers(struct wait_queue *q)
{
	struct waiter *w, *tmp;

	irq_disable();
	spin_lock_nested(&q->lock); /* as above */
	list_for_each_safe (w, tmp, &q->waiters, link)
		wake_waiter(w);
	spin_unlock(&q->lock);
	irq_enable();
}

struct timeout {
	struct timer timer;
	struct thread *thread;
};

static void timeout_fire(struct timer *t)
{
	thread_wake(container_of(t, struct timeout, timer)->thread);
}

int schedule_with_timer(u64 deadline)
{
	struct timeout timeout = { .thread = thread_current() };

	timer_init(&timeout.timer, timeout_fire);
	timer_arm(&timeout.timer, deadline);
	schedule();
	return timer_cancel(&timeout.timer) ? 0 : -ETIMEDOUT;
}
