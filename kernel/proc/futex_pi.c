/* SPDX-License-Identifier: ISC */
/*
 * Locks of user memory that inherit priority (futex(2), "Priority-inheritance futexes").
 *
 * A free lock is taken and left without the kernel: the word is the owner's tid, or 0. Whoever finds
 * it taken waits here, in order of priority, with FUTEX_WAITERS in the word; the owner's unlock then
 * comes here too, writes the first waiter's tid into the word and wakes it: the lock is handed over
 * and never free in between, so nobody of less priority slips in.
 *
 * An owner that ends passes its locks on. It may not have the memory of the word (another process's
 * address), so it makes the first waiter the heir: that one writes the word, with FUTEX_OWNER_DIED,
 * and stays queued until it has; those that come meanwhile find it and wait for it.
 *
 * Locks: futex_bucket.lock → process_lock → pi_lock, which guards who waits for whom.
 */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/futex_private.h"
#include "proc/signal.h"

#define CHAIN_MAX 1024 /* waits in a row; more are called a deadlock */

static struct spinlock pi_lock = SPINLOCK_INIT;

/* -- who waits for whom --------------------------------------------------------------------------- */

/* Would @me wait for itself if it waited for @owner? Under pi_lock. */
static bool is_deadlock(const struct task *me, const struct task *owner)
{
	for (u32 n = 0; owner; n++) {
		if (owner == me || n == CHAIN_MAX)
			return true;
		owner = owner->pi_blocked ? owner->pi_blocked->owner : NULL;
	}
	return false;
}

/* Under pi_lock. */
static void set_owner(struct futex_waiter *w, struct task *owner)
{
	if (w->owner)
		list_remove(&w->owner_link);
	w->owner = owner;
	if (owner)
		list_push_back(&owner->pi_waiters, &w->owner_link);
	w->task->pi_blocked = owner ? w : NULL;
}

/* 0, -EDEADLK, -ESRCH: it ends, or has. */
static int wait_for(struct futex_waiter *w, struct task *owner)
{
	int err = 0;

	spin_lock(&pi_lock);
	if (is_deadlock(w->task, owner))
		err = -EDEADLK;
	else if (owner->pi_ended)
		err = -ESRCH;
	else
		set_owner(w, owner);
	spin_unlock(&pi_lock);
	return err;
}

/* The first of those that wait for lock @k, NULL: none. Its bucket is locked. */
static struct futex_waiter *first_waiter(struct futex_bucket *b, const struct futex_key *k)
{
	struct futex_waiter *w;

	list_for_each (w, &b->waiters, link)
		if (w->pi && futex_key_equal(&w->key, k))
			return w;
	return NULL;
}

/* The lock is @to's, and the others wait for it now. The bucket is locked. */
static void hand_over(struct futex_bucket *b, struct futex_waiter *to)
{
	struct futex_waiter *w;

	spin_lock(&pi_lock);
	set_owner(to, NULL);
	list_for_each (w, &b->waiters, link)
		if (w != to && w->pi && futex_key_equal(&w->key, &to->key))
			set_owner(w, to->task);
	spin_unlock(&pi_lock);
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
		return wait_for(w, first->heir ? first->task : first->owner);
	spin_lock(&process_lock);
	owner = task_find((i32)(word & FUTEX_TID_MASK));
	err = owner ? wait_for(w, owner) : -ESRCH;
	spin_unlock(&process_lock);
	return err;
}

int futex_pi_look(struct futex_waiter *w, struct futex_bucket *b, const struct futex_key *k,
		  u64 addr, bool try)
{
	struct futex_waiter *first = first_waiter(b, k);
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
		spin_lock(&pi_lock);
		set_owner(w, NULL);
		spin_unlock(&pi_lock);
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
	struct futex_waiter *first = first_waiter(b, k);
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
	hand_over(b, first);
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

/* The first of those that wait with @w, which waits for the caller, inherits. Its bucket is locked. */
static void choose_heir(struct futex_bucket *b, const struct futex_waiter *w)
{
	struct futex_waiter *heir = first_waiter(b, &w->key);

	hand_over(b, heir);
	heir->heir = true;
	heir->queued = false;
	thread_wake(heir->thread);
}

void futex_pi_exit(struct task *t)
{
	u64 flags = spin_lock_irq(&pi_lock);

	t->pi_ended = true;
	while (!list_empty(&t->pi_waiters)) {
		struct futex_waiter *w =
			list_first(&t->pi_waiters, struct futex_waiter, owner_link);
		struct futex_bucket *b = w->bucket;
		bool same;

		/* In the order of locks: the bucket first. Then look whether it is all as it was. */
		spin_unlock_irq(&pi_lock, flags);
		flags = spin_lock_irq(&b->lock);
		spin_lock(&pi_lock);
		same = t->pi_waiters.next == &w->owner_link && w->bucket == b;
		spin_unlock(&pi_lock);
		if (same) /* who leaves wants the bucket's lock */
			choose_heir(b, w);
		spin_unlock_irq(&b->lock, flags);
		flags = spin_lock_irq(&pi_lock);
	}
	spin_unlock_irq(&pi_lock, flags);
}
