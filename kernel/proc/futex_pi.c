/* SPDX-License-Identifier: ISC */
/*
 * Locks of user memory that inherit priority (futex(2), "Priority-inheritance futexes").
 *
 * A free lock is taken and left without the kernel: the word is the owner's tid, or 0. Whoever finds
 * it taken waits here, with FUTEX_WAITERS in the word, and lends the owner its priority (futex_owner.c).
 * The owner's unlock then comes here too, writes the tid of the waiter with the greatest priority into
 * the word and wakes it: the lock is handed over and never free in between, so nobody of less priority
 * slips in.
 *
 * Locks: futex_bucket.lock; inside it process_lock, then pi_lock.
 */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/futex_private.h"
#include "proc/signal.h"

/* Of those that wait for lock @k, the one with the greatest priority now; NULL: none. Its bucket is locked. */
struct futex_waiter *futex_pi_top(struct futex_bucket *b, const struct futex_key *k)
{
	struct futex_waiter *w, *top = NULL;

	list_for_each (w, &b->waiters, link)
		if (w->pi && futex_key_equal(&w->key, k) &&
		    (!top || READ_ONCE(w->priority) > READ_ONCE(top->priority)))
			top = w;
	return top;
}

/* -- the word ------------------------------------------------------------------------------------- */

/* Changes the word from *seen to @new. 0, -EAGAIN (it was another: *seen), -EFAULT. */
static int change(u64 addr, u32 *seen, u32 new)
{
	u32 expected = *seen;

	if (user_compare_exchange_u32(addr, seen, new))
		return -EFAULT;
	return *seen == expected ? 0 : -EAGAIN;
}

/* Makes @w wait for whom the kernel knows as owner by @first, or (NULL) for whom the word names. */
static int wait_for_owner(struct futex_waiter *w, struct futex_waiter *first, u32 word)
{
	struct task *owner;
	int err;

	if (first)
		return futex_pi_wait_for(w, first->heir ? first->task : first->owner);
	spin_lock(&process_lock);
	owner = task_find((i32)(word & FUTEX_TID_MASK));
	err = owner ? futex_pi_wait_for(w, owner) : -ESRCH;
	spin_unlock(&process_lock);
	return err;
}

int futex_pi_look(struct futex_waiter *w, struct futex_bucket *b, const struct futex_key *k,
		  u64 addr, bool try)
{
	struct futex_waiter *first = futex_pi_top(b, k);
	u32 me = (u32)w->task->tid, seen;
	int err = 0;

	if (user_read_u32(&seen, addr))
		return -EFAULT;
	if ((seen & FUTEX_TID_MASK) == me)
		return -EDEADLK;
	if (!first && !(seen & FUTEX_TID_MASK)) {
		err = change(addr, &seen, me | (seen & FUTEX_OWNER_DIED));
		return err ? err : 1;
	}
	if (try)
		return -EBUSY;
	if (!(seen & FUTEX_WAITERS))
		err = change(addr, &seen, seen | FUTEX_WAITERS);
	return err ? err : wait_for_owner(w, first, seen);
}

/* 1: taken; 0: enqueued; or an error. */
static int take_or_enqueue(struct futex_waiter *w, u64 addr, bool try)
{
	struct futex_bucket *b = futex_bucket_of(&w->key);
	u64 flags;
	int r;

	do {
		flags = spin_lock_irq(&b->lock);
		r = futex_pi_look(w, b, &w->key, addr, try);
		if (r == 0) {
			w->pi = true;
			futex_enqueue(w, b);
		}
		spin_unlock_irq(&b->lock, flags);
		if (r == -EFAULT && !futex_fault_in(addr))
			r = -EAGAIN;
	} while (r == -EAGAIN && !signal_fatal(w->task));
	return r == -EBUSY ? -EAGAIN : r;
}

/* The heir writes the word, and leaves the queue. 0 or -EFAULT: the lock is its own at any rate. */
static int inherit(struct futex_waiter *w, u64 addr)
{
	struct futex_bucket *b = w->bucket;
	u64 flags;
	u32 seen;
	int r = user_read_u32(&seen, addr) ? -EFAULT : -EAGAIN;

	while (r == -EAGAIN)
		r = change(addr, &seen, (u32)w->task->tid | FUTEX_WAITERS | FUTEX_OWNER_DIED);
	flags = spin_lock_irq(&b->lock);
	list_remove(&w->link);
	w->heir = false;
	spin_unlock_irq(&b->lock, flags);
	return r;
}

int futex_pi_sleep(struct futex_waiter *w, u64 addr, u64 deadline)
{
	int r = futex_sleep_while(&w->queued, deadline);
	u64 flags;
	struct futex_bucket *b = futex_lock_bucket_of(w, &flags);

	if (w->queued) {
		w->queued = false;
		list_remove(&w->link);
		futex_pi_wait_no_more(w);
	} else {
		r = 0;
	}
	spin_unlock_irq(&b->lock, flags);
	return w->heir ? inherit(w, addr) : r;
}

int futex_lock_pi(struct futex_word word, u64 deadline, bool try)
{
	struct futex_waiter w;
	int r = futex_key_get(&w.key, word);

	if (r)
		return r;
	futex_waiter_init(&w);
	r = take_or_enqueue(&w, word.addr, try);
	if (r == 0)
		r = futex_pi_sleep(&w, word.addr, deadline);
	futex_key_put(&w.key);
	return r > 0 ? 0 : r;
}

/* -- leaving it ----------------------------------------------------------------------------------- */

/* Under the bucket's lock. 0, -EPERM, -EINVAL (the word lies), -EAGAIN: look again, -EFAULT. */
static int unlock(struct futex_bucket *b, const struct futex_key *k, u64 addr)
{
	struct task *me = task_current();
	struct futex_waiter *first = futex_pi_top(b, k);
	u32 seen, new = 0;
	int err;

	if (user_read_u32(&seen, addr))
		return -EFAULT;
	if ((seen & FUTEX_TID_MASK) != (u32)me->tid)
		return -EPERM;
	if (first && (first->heir || first->owner != me))
		return -EINVAL;
	if (first)
		new = (u32)first->task->tid | FUTEX_WAITERS;
	err = change(addr, &seen, new);
	if (err || !first)
		return err;
	futex_pi_hand_over(b, first);
	futex_wake_one(first);
	return 0;
}

int futex_unlock_pi(struct futex_word word)
{
	struct futex_bucket *b;
	struct futex_key k;
	u64 flags;
	int r = futex_key_get(&k, word);

	if (r)
		return r;
	b = futex_bucket_of(&k);
	do {
		flags = spin_lock_irq(&b->lock);
		r = unlock(b, &k, word.addr);
		spin_unlock_irq(&b->lock, flags);
		if (r == -EFAULT && !futex_fault_in(word.addr))
			r = -EAGAIN;
	} while (r == -EAGAIN && !signal_fatal(task_current()));
	futex_key_put(&k);
	return r;
}
