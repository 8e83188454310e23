/* SPDX-License-Identifier: ISC */
/*
 * A sleeping lock for long critical sections (address spaces, directories, pipes). Not for
 * interrupt handlers, not recursive. Waiters are woken in the order of arrival.
 */
#pragma once

#include "sched/wait.h"

struct mutex {
	struct thread *owner; /* [a] NULL: free */
	struct wait_queue queue;
	struct lock_dep dep;
};

#define MUTEX_INIT(name)                                                                           \
	{                                                                                          \
		.owner = NULL, .queue = WAIT_QUEUE_INIT((name).queue)                              \
	}

/* @name: of its class (base/lockdep.h). */
void mutex_init_as(struct mutex *m, const char *name);
#define mutex_init(m) mutex_init_as(m, LOCK_NAME(m))
RARE void mutex_lock_slow(struct mutex *m);

static inline void mutex_lock_as(struct mutex *m, const char *name, bool nested)
{
	struct thread *none = NULL;

	assert(m->owner != thread_current());
	assert(cpu_this()->lock_depth == 0 && cpu_this()->irq_depth == 0);
	lockdep_check(&thread_current()->mutexes, &m->dep, name, nested);
	if (unlikely(!__atomic_compare_exchange_n(&m->owner, &none, thread_current(), false,
						  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		call_rarely(mutex_lock_slow, m);
	else
		lockdep_acquired(&thread_current()->mutexes, &m->dep);
}
#define mutex_lock(m) mutex_lock_as(m, LOCK_NAME(m), false)
/* One of its class is held already, and a rule of its own orders the two. */
#define mutex_lock_nested(m) mutex_lock_as(m, LOCK_NAME(m), true)

static inline bool mutex_is_mine(const struct mutex *m)
{
	return READ_ONCE(m->owner) == thread_current();
}

/*
 * Without sleeping: true if the lock is the caller's now, or was before (wait_event asks twice). Who
 * waits for it in a loop of his own says so first, for the order of locks: mutex_wait_begin().
 */
bool mutex_try_lock(struct mutex *m);
#define mutex_wait_begin(m)                                                                        \
	lockdep_check(&thread_current()->mutexes, &(m)->dep, LOCK_NAME(m), false)

/* A full fence, too: what was written under the lock is seen before anything read after it. */
void mutex_unlock(struct mutex *m);

/*
 * Gives up @m, sleeps until woken, and takes @m again; 0 or -EINTR. For what changes only under @m, and
 * a queue that outlives the wait: who has @m next finds us in the queue, so no wake-up is lost.
 */
int mutex_sleep_on(struct mutex *m, struct wait_queue *q);
