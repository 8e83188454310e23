/* SPDX-License-Identifier: ISC */
/*
 * Advisory locks (locks.h).
 *
 * Invariants: the ranges of one owner on one place are disjoint; a lock's place lives, because
 * its owner has it open and drops the lock when it closes. Lock: `lock`, for the list of locks
 * and the list of those who wait; taken from no interrupt.
 */
#include "fs/locks.h"

#include "mm/slab.h"
#include "sched/wait.h"

#define MAX_CHAIN 64 /* waiting owners in a row looked at */

struct held_lock {
	struct list link;
	struct lock_request r;
};

/* One who sleeps, and for whom. */
struct waiting {
	struct list link;
	const void *owner, *for_owner;
};

static struct spinlock lock = SPINLOCK_INIT;
static struct list held = LIST_INIT(held);
static struct list waiters = LIST_INIT(waiters);
static struct wait_queue changed = WAIT_QUEUE_INIT(changed);
u32 locks_held;

static bool same_file(const struct lock_request *a, const struct lock_request *b)
{
	return a->on == b->on && a->kind == b->kind;
}

static bool touches(const struct lock_request *a, const struct lock_request *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* A lock of another owner that excludes @r; under the lock. */
static struct held_lock *find_conflict(const struct lock_request *r)
{
	struct held_lock *h;

	if (r->type == LOCK_NONE)
		return NULL;
	list_for_each (h, &held, link) {
		if (same_file(&h->r, r) && h->r.owner != r->owner && touches(&h->r, r) &&
		    (h->r.type == LOCK_WRITE || r->type == LOCK_WRITE))
			return h;
	}
	return NULL;
}

static void add(struct held_lock *h, const struct lock_request *r)
{
	ensure(h); /* whoever cuts or sets has brought enough */
	h->r = *r;
	list_push_back(&held, &h->link);
	locks_held++;
}

static void discard(struct held_lock *h)
{
	list_remove(&h->link);
	locks_held--;
	kfree(h);
}

/* Cuts @r's range out of @h; *spare is used if two pieces stay. */
static void cut(struct held_lock *h, const struct lock_request *r, struct held_lock **spare)
{
	struct lock_request above = h->r;
	bool below = h->r.start < r->start;

	if (below)
		h->r.end = r->start - 1;
	if (above.end <= r->end) {
		if (!below)
			discard(h);
		return;
	}
	above.start = r->end + 1;
	if (!below) {
		h->r = above;
		return;
	}
	add(*spare, &above);
	*spare = NULL;
}

/* Makes the owner's locks what @r says; both spares are there. Under the lock. */
static void apply(const struct lock_request *r, struct held_lock *spare[2])
{
	struct list *l, *next;

	for (l = held.next; l != &held; l = next) {
		struct held_lock *h = list_entry(l, struct held_lock, link);

		next = l->next;
		if (same_file(&h->r, r) && h->r.owner == r->owner && touches(&h->r, r))
			cut(h, r, &spare[0]);
	}
	if (r->type != LOCK_NONE) {
		add(spare[1], r);
		spare[1] = NULL;
	}
}

/* Would it take one lock more than there are: a new one, or a hole in one? Under the lock. */
static bool adds(const struct lock_request *r)
{
	const struct held_lock *h;

	if (r->type != LOCK_NONE)
		return true;
	list_for_each (h, &held, link) {
		if (same_file(&h->r, r) && h->r.owner == r->owner && h->r.start < r->start &&
		    h->r.end > r->end)
			return true;
	}
	return false;
}

/* Whom does @owner sleep for? NULL: for nobody. */
static const void *waits_for(const void *owner)
{
	struct waiting *w;

	list_for_each (w, &waiters, link)
		if (w->owner == owner)
			return w->for_owner;
	return NULL;
}

/* Would @owner, sleeping for @other, close a circle? */
static bool deadlocks(const void *owner, const void *other)
{
	for (int i = 0; other && i < MAX_CHAIN; i++) {
		if (other == owner)
			return true;
		other = waits_for(other);
	}
	return false;
}

/* 0, -ENOLCK, or -EAGAIN with @w telling who is in the way. */
static int try_set(const struct lock_request *r, struct held_lock *spare[2], struct waiting *w)
{
	struct held_lock *other;
	int err = 0;

	spin_lock(&lock);
	other = find_conflict(r);
	w->for_owner = other ? other->r.owner : NULL;
	if (other)
		err = -EAGAIN;
	else if (locks_held >= LOCKS_MAX && adds(r))
		err = -ENOLCK;
	else
		apply(r, spare);
	if (err == -EAGAIN && r->pid > 0 && r->kind == LOCK_RANGE &&
	    deadlocks(r->owner, w->for_owner))
		err = -EDEADLK;
	spin_unlock(&lock);
	return err;
}

static int set_waiting(const struct lock_request *r, struct held_lock *spare[2])
{
	struct waiting w = { .owner = r->owner };
	int err = -EAGAIN, interrupted;

	spin_lock(&lock);
	list_push_back(&waiters, &w.link);
	spin_unlock(&lock);
	interrupted = wait_event_interruptible(
		&changed, err != -EAGAIN || (err = try_set(r, spare, &w)) != -EAGAIN);
	spin_lock(&lock);
	list_remove(&w.link);
	spin_unlock(&lock);
	return err == -EAGAIN ? interrupted : err;
}

int locks_set(const struct lock_request *r, bool wait)
{
	struct held_lock *spare[2] = { kmalloc_user(sizeof(*spare[0])),
				       kmalloc_user(sizeof(*spare[1])) };
	struct waiting nobody;
	int err = -ENOLCK;

	if (spare[0] && spare[1]) {
		err = try_set(r, spare, &nobody);
		if (wait && err == -EAGAIN)
			err = set_waiting(r, spare);
		else if (!wait && err == -EDEADLK)
			err = -EAGAIN;
	}
	if (spare[0])
		kfree(spare[0]);
	if (spare[1])
		kfree(spare[1]);
	if (!err)
		wait_wake_all(&changed);
	return err;
}

bool locks_test(struct lock_request *r)
{
	struct held_lock *other;

	spin_lock(&lock);
	other = find_conflict(r);
	if (other)
		*r = other->r;
	spin_unlock(&lock);
	return other;
}

void locks_drop_slow(const void *owner, const void *on)
{
	struct list *l, *next;

	spin_lock(&lock);
	for (l = held.next; l != &held; l = next) {
		struct held_lock *h = list_entry(l, struct held_lock, link);

		next = l->next;
		if (h->r.owner == owner && (!on || h->r.on == on))
			discard(h);
	}
	spin_unlock(&lock);
	wait_wake_all(&changed);
}
