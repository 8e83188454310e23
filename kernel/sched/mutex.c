/* SPDX-License-Identifier: ISC */
/*
 * Sleeping locks. A free mutex is taken with one exchange; otherwise the comer queues and tries
 * again when an unlock has woken it, the oldest first.
 */
#include "sched/mutex.h"

void mutex_init_as(struct mutex *m, const char *name)
{
	m->dep = (struct lock_dep){};
	debug_only(m->dep.name = name);
	(void)name;
	m->owner = NULL;
	wait_queue_init(&m->queue);
}

bool mutex_try_lock(struct mutex *m)
{
	struct thread *none = NULL;

	if (mutex_is_mine(m))
		return true;
	if (!__atomic_compare_exchange_n(&m->owner, &none, thread_current(), false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	lockdep_acquired(&thread_current()->mutexes, &m->dep);
	return true;
}

RARE void mutex_lock_slow(struct mutex *m)
{
	wait_event(&m->queue, mutex_try_lock(m));
}

void mutex_unlock(struct mutex *m)
{
	assert(mutex_is_mine(m));
	lockdep_release(&thread_current()->mutexes, &m->dep);
	__atomic_store_n(&m->owner, NULL, __ATOMIC_SEQ_CST);
	if (unlikely(wait_has_waiters(&m->queue)))
		wait_wake_some(&m->queue, 1);
}

int mutex_sleep_on(struct mutex *m, struct wait_queue *q)
{
	struct waiter w;
	int r = 0;

	irq_disable(); /* until another thread runs: nobody takes the CPU in between */
	wait_prepare_irq_off(q, &w);
	mutex_unlock(m); /* the fence before it is asked whether it is interrupted */
	if (unlikely(thread_interrupted(thread_current())))
		r = -EINTR;
	else
		schedule_irq_off();
	irq_enable();
	wait_finish_lasting(&w);
	mutex_lock(m);
	return r;
}
