/* SPDX-License-Identifier: ISC */
/*
 * Who waits for whose lock, and lends it its priority (futex_pi.c has the locks themselves).
 *
 * A task waits for one owner at most, so who waits for whom is a forest, and who would close a circle
 * is refused. In a task's pi_waiters are those who wait for any lock of its, the greatest priority
 * first, of one priority the oldest; the first one's is lent to its thread. Where that changes what
 * the thread runs with, its own place among those who wait as it does changes too, and so on: up one
 * path, until nothing changes. Whoever changes who waits for whom brings it all up to date before
 * pi_lock is dropped, so nothing is lent any more when a waiter has gone.
 *
 * An owner that ends passes its locks on. It may not have the memory of the word (another process's
 * address), so it makes the first waiter the heir: that one writes the word, with FUTEX_OWNER_DIED,
 * and stays queued until it has; those that come meanwhile find it and wait for it.
 *
 * Locks: futex_bucket.lock → process_lock → pi_lock → run queue.
 */
#include "abi/errno.h"
#include "base/mutants.h"
#include "proc/futex_private.h"

#define CHAIN_MAX 1024 /* waits in a row; more are called a deadlock */

static struct spinlock pi_lock = SPINLOCK_INIT;

/* -- lending; under pi_lock ------------------------------------------------------------------------ */

/* Into its owner's line. Most are of one priority: it is looked through from the end. */
static void line_up(struct futex_waiter *w)
{
	struct list *line = &w->owner->pi_waiters, *before = line;

	w->priority = thread_priority(w->thread);
	while (before->prev != line &&
	       list_entry(before->prev, struct futex_waiter, owner_link)->priority < w->priority)
		before = before->prev;
	list_push_back(before, &w->owner_link); /* in front of it */
}

static void set_owner(struct futex_waiter *w, struct task *owner)
{
	if (w->owner)
		list_remove(&w->owner_link);
	w->owner = owner;
	w->task->pi_blocked = owner ? w : NULL;
	if (owner)
		line_up(w);
}

/* For whom @t waits, if it has another place in that line with what it runs with now; else NULL. */
static struct task *move_in_line(struct task *t)
{
	struct futex_waiter *w = t->pi_blocked;

	if (!w || w->priority == thread_priority(w->thread))
		return NULL;
	list_remove(&w->owner_link);
	line_up(w);
	return w->owner;
}

/* @owner is lent what the first in its line has, and so on along the chain. */
static void lend(struct task *owner)
{
	for (u32 n = 0; owner && n < CHAIN_MAX && !MUTANT(lend); n++) {
		u8 most = 0;

		if (!list_empty(&owner->pi_waiters))
			most = list_first(&owner->pi_waiters, struct futex_waiter, owner_link)
				       ->priority;
		thread_lend(owner->thread, most);
		owner = move_in_line(owner);
	}
}

void futex_pi_changed(struct task *t)
{
	u64 flags = spin_lock_irq(&pi_lock);

	lend(move_in_line(t));
	spin_unlock_irq(&pi_lock, flags);
}

/* -- who waits for whom ---------------------------------------------------------------------------- */

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

int futex_pi_wait_for(struct futex_waiter *w, struct task *owner)
{
	int err = 0;

	spin_lock(&pi_lock);
	if (is_deadlock(w->task, owner)) {
		err = -EDEADLK;
	} else if (owner->pi_ended) {
		err = -ESRCH;
	} else {
		set_owner(w, owner);
		lend(owner);
	}
	spin_unlock(&pi_lock);
	return err;
}

void futex_pi_wait_no_more(struct futex_waiter *w)
{
	struct task *owner;

	spin_lock(&pi_lock);
	owner = w->owner;
	set_owner(w, NULL);
	lend(owner);
	spin_unlock(&pi_lock);
}

void futex_pi_hand_over(struct futex_bucket *b, struct futex_waiter *to)
{
	struct task *before;
	struct futex_waiter *w;

	spin_lock(&pi_lock);
	before = to->owner;
	set_owner(to, NULL);
	list_for_each (w, &b->waiters, link)
		if (w != to && w->pi && futex_key_equal(&w->key, &to->key))
			set_owner(w, to->task);
	lend(to->task);
	lend(before);
	spin_unlock(&pi_lock);
}

/* -- an owner ends --------------------------------------------------------------------------------- */

/* The first of those that wait with @w, which waits for the caller, inherits. Its bucket is locked. */
static void choose_heir(struct futex_bucket *b, const struct futex_waiter *w)
{
	struct futex_waiter *heir = futex_pi_top(b, &w->key);

	futex_pi_hand_over(b, heir);
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
