/* SPDX-License-Identifier: ISC */
/*
 * Queues of pending signals, and how much of them a user may have.
 * Locks: the queues belong to the process's sig_lock; the accounts have a leaf lock of their own.
 */
#include "proc/sigqueue.h"

#include "abi/errno.h"
#include "base/spinlock.h"
#include "mm/slab.h"

static struct slab_cache *cache;

/* -- what each user has waiting ---------------------------------------------------------------- */

#define ACCOUNTS 64

static struct account {
	u32 uid, count; /* count 0: free */
} accounts[ACCOUNTS];
static struct spinlock accounts_lock = SPINLOCK_INIT;

/* The account of @uid, or a free one; NULL: all belong to others. */
static struct account *find_account(u32 uid)
{
	struct account *a = &accounts[uid % ACCOUNTS], *unused = NULL;

	if (a->count && a->uid == uid)
		return a;
	for (a = accounts; a < accounts + ACCOUNTS; a++) {
		if (a->count && a->uid == uid)
			return a;
		if (!a->count && (!unused || a == &accounts[uid % ACCOUNTS]))
			unused = a;
	}
	return unused;
}

bool sigqueue_charge(u32 uid)
{
	u64 flags = spin_lock_irq(&accounts_lock);
	struct account *a = find_account(uid);
	bool granted = a && a->count < SIGQUEUE_LIMIT;

	if (granted) {
		a->uid = uid;
		a->count++;
	}
	spin_unlock_irq(&accounts_lock, flags);
	return granted;
}

void sigqueue_credit(u32 uid)
{
	u64 flags = spin_lock_irq(&accounts_lock);
	struct account *a = find_account(uid);

	ensure(a && a->count); /* it was debited */
	a->count--;
	spin_unlock_irq(&accounts_lock, flags);
}

/* -- the queue --------------------------------------------------------------------------------- */

void sigqueue_room_init(void)
{
	cache = slab_create("sigqueue", sizeof(struct sigqueue), 0);
}

void pending_init(struct pending_signals *p)
{
	p->set = p->has_info = p->queued = 0;
	list_init(&p->queue);
}

static void append(struct pending_signals *p, struct sigqueue *q)
{
	list_push_back(&p->queue, &q->link);
	p->queued |= SIGNAL_BIT(q->sig);
	p->set |= SIGNAL_BIT(q->sig);
}

/* NULL: the user has all that it may have, or memory is out. */
static struct sigqueue *make_entry(u32 uid)
{
	struct sigqueue *q;

	if (!sigqueue_charge(uid))
		return NULL;
	q = slab_alloc_user(cache);
	if (!q)
		sigqueue_credit(uid);
	return q;
}

int pending_add_queued(struct pending_signals *p, int sig, const struct siginfo_kernel *info,
		       u32 uid)
{
	struct sigqueue *q = make_entry(uid);

	if (q) {
		*q = (struct sigqueue){ .sig = sig, .uid = uid, .info = *info };
		append(p, q);
		return 0;
	}
	if (info->code != SI_USER)
		return -EAGAIN;
	p->set |= SIGNAL_BIT(sig);
	return 0;
}

void pending_add_entry(struct pending_signals *p, struct sigqueue *q)
{
	if (list_empty(&q->link))
		append(p, q);
}

static bool in_queue(const struct pending_signals *p, int sig)
{
	struct sigqueue *q;

	list_for_each (q, &p->queue, link)
		if (q->sig == sig)
			return true;
	return false;
}

/* Out of the queue; the bits follow when it was the last of its number. */
static void unlink(struct pending_signals *p, struct sigqueue *q)
{
	u64 bit = SIGNAL_BIT(q->sig);

	list_remove(&q->link);
	list_init(&q->link);
	if (in_queue(p, q->sig))
		return;
	p->queued &= ~bit;
	if (!(p->has_info & bit))
		p->set &= ~bit;
}

static void release(struct sigqueue *q)
{
	if (q->taken)
		return;
	sigqueue_credit(q->uid);
	slab_free(cache, q);
}

static void take_queued(struct pending_signals *p, int sig, struct siginfo_kernel *info)
{
	struct sigqueue *q, *next;

	list_for_each_safe (q, next, &p->queue, link) {
		if (q->sig != sig)
			continue;
		unlink(p, q);
		if (q->taken)
			q->taken(q);
		*info = q->info;
		release(q);
		return;
	}
}

void pending_take_queued(struct pending_signals *p, int sig, struct siginfo_kernel *info)
{
	if (p->queued & SIGNAL_BIT(sig)) {
		take_queued(p, sig, info);
		return;
	}
	*info = (struct siginfo_kernel){ .code = SI_USER };
	p->set &= ~SIGNAL_BIT(sig);
}

void pending_remove_entry(struct pending_signals *p, struct sigqueue *q)
{
	if (!list_empty(&q->link))
		unlink(p, q);
}

void pending_flush(struct pending_signals *p, u64 mask)
{
	struct sigqueue *q, *next;

	if (likely(!(p->set & mask)))
		return;
	p->set &= ~mask;
	p->has_info &= ~mask;
	if (!(p->queued & mask))
		return;
	p->queued &= ~mask;
	list_for_each_safe (q, next, &p->queue, link) {
		if (!(mask & SIGNAL_BIT(q->sig)))
			continue;
		list_remove(&q->link);
		list_init(&q->link);
		release(q);
	}
}
