/* SPDX-License-Identifier: ISC */
/* Who waits for which word: what the files of futexes share. */
#pragma once

#include "proc/futex.h"
#include "proc/process.h"

/* What two threads mean by one word: a byte of what is mapped there, or an address in a space. */
struct futex_key {
	const void *object; /* struct backing (counted) or struct space */
	u64 place; /* bytes into it, or the address */
	struct backing *backing; /* NULL: object is a space */
};

struct futex_bucket {
	struct spinlock lock;
	struct list waiters; /* by priority, of the same one the oldest first */
} __attribute__((aligned(64)));

/*
 * On the stack of the sleeper. Legend: [b] lock of its bucket; key and bucket change under the locks
 * of both buckets.
 */
struct futex_waiter {
	struct futex_bucket *bucket; /* before the link: as in struct waiter */
	struct list link; /* [b] */
	struct futex_key key;
	struct thread *thread; /* [i] */
	u32 bitset; /* [i] */
	bool queued; /* [b] false: it was woken */
	bool released; /* written under [b]: the waker has done with it */
	/* For locks (futex_pi.c). */
	bool pi; /* [b] waits for a lock */
	bool heir; /* [b] its owner has died: the lock is the waiter's, which writes the word itself */
	const struct futex_key *lock_key; /* [i] may be moved to this lock; NULL: to none */
	struct task *task; /* [i] whose lock it becomes */
	struct task *owner; /* [pi_lock] for whom it waits */
	u8 priority; /* [pi_lock] what it lends the owner; read without the lock to choose who is next */
	struct list owner_link; /* [pi_lock] owner->pi_waiters */
};

/* -EFAULT: nothing is mapped there. Puts what it counted with futex_key_put(). May sleep if shared. */
int futex_key_get(struct futex_key *k, struct futex_word w);
static inline void futex_key_put(struct futex_key *k)
{
	if (unlikely(k->backing))
		k->backing->ops->put(k->backing);
}
static inline bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->place == b->place && a->object == b->object;
}
struct futex_bucket *futex_bucket_of(const struct futex_key *k);

/* The running thread's, for a word with key w->key, which is set before. */
void futex_waiter_init(struct futex_waiter *w);
/* Puts @w at its place in bucket @b, which is locked. */
void futex_insert(struct futex_waiter *w, struct futex_bucket *b);
/* The same, and marks the running thread blocked, whose waiter it is. */
void futex_enqueue(struct futex_waiter *w, struct futex_bucket *b);
/* The same if the word is @value still. 0, -EAGAIN, -EFAULT. */
int futex_enqueue_if(struct futex_waiter *w, u64 addr, u32 value);
/* The bucket of @w, locked; a requeue may move it meanwhile. */
struct futex_bucket *futex_lock_bucket_of(struct futex_waiter *w, u64 *flags);

/* Takes @w out and wakes its thread; the bucket is locked. */
void futex_wake_one(struct futex_waiter *w);
/* As futex_wake(), in a locked bucket. As on Linux it wakes one at least, whatever @n says. */
int futex_wake_matching(struct futex_bucket *b, const struct futex_key *k, u32 n, u32 bitset);

/*
 * Sleeps while *queued. The running thread was marked blocked when it was set: a wake since then has
 * made it runnable. 0, -ETIMEDOUT, -EINTR.
 */
int futex_sleep_while(const bool *queued, u64 deadline);
/* The same until @w is woken; then it is in no bucket. */
int futex_sleep(struct futex_waiter *w, u64 deadline);

/* Makes the page of @addr present and writable. 0 or -EFAULT. May sleep. */
int futex_fault_in(u64 addr);

/* Locks (futex_pi.c). */

/* Of those that wait for lock @k, the one with the greatest priority; NULL: none. Bucket @b is locked. */
struct futex_waiter *futex_pi_top(struct futex_bucket *b, const struct futex_key *k);

/*
 * Takes the lock @k at @addr for @w->task if it is free, else makes @w wait for its owner. Its bucket
 * @b is locked. 1: taken; 0: it is to wait there; -EDEADLK, -ESRCH; -EBUSY (@try: it is taken);
 * -EAGAIN: look again; -EFAULT: bring the word in.
 */
int futex_pi_look(struct futex_waiter *w, struct futex_bucket *b, const struct futex_key *k,
		  u64 addr, bool try);
/* Sleeps until the lock, whose word is at @addr, is the caller's. 0, -ETIMEDOUT, -EINTR, -EFAULT. */
int futex_pi_sleep(struct futex_waiter *w, u64 addr, u64 deadline);

/* Who waits for whom (futex_owner.c). The bucket of the waiter is locked. */

/* Makes @w wait for a lock of @owner's. 0, -EDEADLK, -ESRCH: it ends, or has. */
int futex_pi_wait_for(struct futex_waiter *w, struct task *owner);
/* Timeout, signal: @w waits no more. */
void futex_pi_wait_no_more(struct futex_waiter *w);
/* The lock that @to waits for, in bucket @b, is its own, and the others wait for it now. */
void futex_pi_hand_over(struct futex_bucket *b, struct futex_waiter *to);

/* The locks of @t, which ends, go to those that wait for them. No lock held. */
void futex_pi_exit(struct task *t);
