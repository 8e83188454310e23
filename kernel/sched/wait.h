/* SPDX-License-Identifier: ISC */
/*
 * The one wait queue under every blocking primitive.
 *
 * No wake-up is lost, because the sleeper is blocked and enqueued before it looks at the condition
 * and the waker changes the condition before it looks at the queue:
 *
 *	sleeper (CPU 0)				waker (CPU 1)
 *	wait_prepare: state = BLOCKED,		condition = true
 *	    lock, enqueue, unlock
 *	wait_fence			 	wait_fence
 *	condition false?  ---------------+	anybody in the queue?
 *	    yes: schedule()              |	    yes: lock, wake
 *	    no: wait_finish              +---	    no: who comes will see the condition
 *
 * Both fences are needed: a processor lets a load overtake an earlier store, an unlock included
 * (SDM vol. 3, 8.2.3.4).
 *
 * A wake that comes before schedule() finds the state BLOCKED and sets it RUNNABLE again:
 * schedule() then returns at once.
 *
 * Who wakes a thread takes its waiter out of the queue, after the wake-up and as the last that he
 * does to it: so a thread that was woken is in no queue, or waits for the queue's lock to leave it.
 *
 * Lock: wait_queue.lock (interrupts off), may be taken in interrupt handlers.
 * Order: wait_queue.lock → run_queue.lock.
 */
#pragma once

#include "abi/errno.h"
#include "base/mutants.h"
#include "sched/sched.h"

/* What was written before is seen by all before anything that is read after. */
static inline void wait_fence(void)
{
	if (!MUTANT(fence))
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

struct wait_queue {
	struct spinlock lock;
	struct list waiters; /* struct waiter.link, oldest first */
};

struct waiter {
	struct thread *thread; /* not the link: for a pair in front GCC aligns the stack by 16 */
	struct list link;
	struct wait_queue *queue;
	bool queued; /* written under the queue's lock; false: who woke the thread took it out */
	/* For poll: called instead of waking, under the queue's lock; NULL: wake the thread. */
	void (*notify)(struct waiter *w);
};

#define WAIT_QUEUE_INIT(name)                                                                      \
	{                                                                                          \
		SPINLOCK_INIT, LIST_INIT((name).waiters)                                           \
	}

void wait_queue_init(struct wait_queue *q);

/* Enqueue the running thread and mark it blocked; undo both. */
void wait_prepare(struct wait_queue *q, struct waiter *w);
void wait_finish(struct waiter *w);

/* The state first: a waker that finds us in the queue, under its lock, must find us blocked. */
static inline void wait_block(struct waiter *w)
{
	w->thread = thread_current();
	w->notify = NULL;
	WRITE_ONCE(w->thread->state, THREAD_BLOCKED);
}

/* Under the queue's lock. */
static inline void wait_link(struct wait_queue *q, struct waiter *w)
{
	w->queue = q;
	w->queued = true;
	list_push_back(&q->waiters, &w->link);
}

/* As wait_prepare() with interrupts off, without its fence; for mutex_sleep_on(). */
static inline void wait_prepare_irq_off(struct wait_queue *q, struct waiter *w)
{
	wait_block(w);
	spin_lock(&q->lock);
	wait_link(q, w);
	spin_unlock(&q->lock);
}

/* As wait_finish() where the queue outlives the wait. */
static inline void wait_finish_lasting(struct waiter *w)
{
	if (unlikely(__atomic_load_n(&w->queued, __ATOMIC_ACQUIRE)))
		wait_finish(w);
}
/* Enqueue without blocking (poll): the caller sets w->thread or w->notify. */
void wait_enqueue(struct wait_queue *q, struct waiter *w);

/* Does anybody wait? The caller has put a fence behind what he wrote (wait_fence). */
static inline bool wait_has_waiters(const struct wait_queue *q)
{
	return !list_empty(&q->waiters);
}

/* Wakes @most of those who wait, or tells them (waiter.notify). Any context. How many were woken. */
unsigned wait_wake_some(struct wait_queue *q, unsigned most);
/* Wakes or tells all of them; interrupts are on. */
void wait_wake_sleepers(struct wait_queue *q);

/* Wake all / the first. Any context. Returns how many were woken. */
static inline unsigned wait_wake_all(struct wait_queue *q)
{
	wait_fence();
	return unlikely(wait_has_waiters(q)) ? wait_wake_some(q, ~0u) : 0;
}

static inline unsigned wait_wake_one(struct wait_queue *q)
{
	wait_fence();
	return unlikely(wait_has_waiters(q)) ? wait_wake_some(q, 1) : 0;
}

int schedule_with_timer(u64 deadline);

/* Sleeps until woken or until @deadline (clock_ns; ~0: none). 0, or -ETIMEDOUT. */
static inline int schedule_until(u64 deadline)
{
	if (deadline != ~0UL)
		return schedule_with_timer(deadline);
	schedule();
	return 0;
}

/*
 * Waits until @cond holds; @cond is evaluated with no lock held and may be evaluated often.
 * Not interruptible.
 */
#define wait_event(q, cond)                                                                        \
	do {                                                                                       \
		struct waiter w_;                                                                  \
		while (!(cond)) {                                                                  \
			wait_prepare(q, &w_);                                                      \
			if (!(cond))                                                               \
				schedule();                                                        \
			wait_finish(&w_);                                                          \
		}                                                                                  \
	} while (0)

/* As wait_event, but ends with -EINTR when the thread is interrupted, and with -ETIMEDOUT at
 * @deadline (~0UL: never). 0 when @cond holds. */
#define wait_event_interruptible_until(q, cond, deadline)                                          \
	({                                                                                         \
		struct waiter w_;                                                                  \
		int r_ = 0;                                                                        \
		while (!(cond)) {                                                                  \
			if (r_ == -ETIMEDOUT)                                                      \
				break;                                                             \
			if (thread_interrupted(thread_current())) {                                \
				r_ = -EINTR;                                                       \
				break;                                                             \
			}                                                                          \
			wait_prepare(q, &w_);                                                      \
			if (!(cond) && !thread_interrupted(thread_current()))                      \
				r_ = schedule_until(deadline);                                     \
			wait_finish(&w_);                                                          \
		}                                                                                  \
		(cond) ? 0 : r_;                                                                   \
	})
#define wait_event_interruptible(q, cond) wait_event_interruptible_until(q, cond, ~0UL)
