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
};

#define MUTEX_INIT(name)                                                                           \
	{                                                                                          \
		NULL, WAIT_QUEUE_INIT((name).queue)                                                \
	}

void mutex_init(struct mutex *m);
void mutex_lock_slow(struct mutex *m);

static inline void mutex_lock(struct mutex *m)
{
	struct thread *none = NULL;

	assert(m->owner != thread_current());
	if (unlikely(!__atomic_compare_exchange_n(&m->owner, &none, thread_current(), false,
						  __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)))
		mutex_lock_slow(m);
}

static inline bool mutex_is_mine(const struct mutex *m)
{
	return READ_ONCE(m->owner) == thread_current();
}

/* Without sleeping: true if the lock is the caller's now, or was before (wait_event asks twice). */
bool mutex_try_lock(struct mutex *m);
void mutex_unlock(struct mutex *m);
