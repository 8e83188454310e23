/* SPDX-License-Identifier: ISC */
/*
 * A CPU's run queue: who is in it, and what the running thread is charged. What the switch itself does
 * with it is in sched.c, and queue.h has inline what that needs.
 */
#include "sched/queue.h"

#include "machine/clock.h"

struct run_queue *queue_lock_of(struct thread *t, u64 *flags)
{
	*flags = irq_save();
	return queue_lock(t);
}

static inline void add(struct run_queue *q, struct thread *t, bool first)
{
	assert(!t->on_queue);
	if (thread_is_rt(t))
		rt_enqueue(&q->rt, t, first);
	else
		fair_enqueue(&q->fair, t);
	t->on_queue = true;
	q->count++;
}

void queue_add(struct run_queue *q, struct thread *t)
{
	add(q, t, false);
}

void queue_add_first(struct run_queue *q, struct thread *t)
{
	add(q, t, true);
}

void queue_take(struct run_queue *q, struct thread *t)
{
	assert(t->on_queue);
	if (thread_is_rt(t))
		rt_dequeue(&q->rt, t);
	else
		fair_dequeue(&q->fair, t);
	t->on_queue = false;
	q->count--;
}

void queue_refresh(struct run_queue *q)
{
	struct thread *t = q->current;

	if (t == q->idle)
		return;
	queue_charge(q, clock_ns_loose());
	fair_advance(&q->fair, thread_is_rt(t) ? NULL : t);
}
