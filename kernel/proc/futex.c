/* SPDX-License-Identifier: ISC */
/*
 * Futexes: a hash table of sleepers, found by what their word is (futex_private.h).
 *
 * No wake-up is lost, because a sleeper is in its bucket before it looks at the word, and a waker has
 * changed the word before it looks into the bucket; each has a full barrier between the two:
 *
 *	sleeper (CPU 0)				waker (CPU 1)
 *	lock the bucket				*word = new
 *	state = BLOCKED, enqueue		barrier
 *	barrier					empty? then CPU 0 sees the new word
 *	*word as expected?			    no: lock it, wake whom it holds,
 *	    no: leave it, -EAGAIN		    unlock
 *	unlock; yes: schedule()
 *
 * So a waker that finds the bucket empty need not take its lock. One that takes it finds the sleeper in
 * the bucket to stay, or not any more because that has seen the new word, or not yet, and then it will.
 *
 * A sleeper that goes on for another reason takes the bucket's lock to leave it, and so learns
 * whether it was woken at the same time: that wake-up counts. A waker calls thread_wake() with the
 * lock held, then says that the waiter is released: the sleeper, whose stack it is on, waits for that or
 * for the lock, so it cannot be gone before.
 *
 * Locks: futex_bucket.lock, interrupts off: so user memory that is not there is an error in the copy
 * routines instead of a page fault (x86/trap.c); it is then brought in without the lock, and all is
 * tried again. Two buckets: by address. Inside it: pi_lock, process_lock, run queue.
 */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "proc/futex_private.h"
#include "proc/signal.h"

#define BUCKETS 256

/*
 * For others too, but the calls that a lock makes have it inline: by the plain declaration in
 * futex_private.h there is one for the linker as well (C11 6.7.4).
 */
#define INLINE_HERE inline __attribute__((always_inline))

static struct futex_bucket buckets[BUCKETS];

void futex_room_init(void)
{
	for (u32 i = 0; i < BUCKETS; i++) {
		list_init(&buckets[i].waiters);
		spin_lock_class(&buckets[i].lock, "futex_bucket");
	}
}

/* -- keys and buckets --------------------------------------------------------------------------- */

static int shared_key(struct futex_key *k, u64 addr)
{
	struct space *s = process_current()->space;
	int err = space_backing_of(s, addr, &k->backing, &k->place);

	if (err)
		return err;
	k->object = k->backing;
	if (!k->backing) { /* memory of its own: nobody else can mean it */
		k->object = s;
		k->place = addr;
	}
	return 0;
}

INLINE_HERE int futex_key_get(struct futex_key *k, struct futex_word w)
{
	if (unlikely(w.shared))
		return shared_key(k, w.addr);
	*k = (struct futex_key){ process_current()->space, w.addr, NULL };
	return 0;
}

INLINE_HERE struct futex_bucket *futex_bucket_of(const struct futex_key *k)
{
	u64 h = ((u64)k->object >> 6) + (k->place >> 2);
	struct futex_bucket *b = &buckets[h * 0x9e3779b97f4a7c15UL >> 56];

	__asm__("" : "+r"(b)); /* else the compiler makes it from its number at each use */
	return b;
}

_Static_assert(BUCKETS == 256, "eight bits of the hash choose the bucket");

int futex_fault_in(u64 addr)
{
	u32 value;

	if (user_read_u32(&value, addr))
		return -EFAULT;
	return user_compare_exchange_u32(addr, &value,
					 value); /* the same again: it is written to */
}

/* -- sleeping ------------------------------------------------------------------------------------ */

void futex_waiter_init(struct futex_waiter *w)
{
	w->thread = thread_current();
	w->bitset = FUTEX_ANY;
	w->queued = w->released = w->pi = w->heir = false;
	w->lock_key = NULL;
	w->task = task_current();
	w->owner = NULL;
}

/* Real-time threads before all others and by their own priority, as on Linux; 0: the rest. */
static u32 rank(const struct thread *t)
{
	return READ_ONCE(t->sched.priority);
}

/* In front of whom a real-time thread goes. */
static __attribute__((noinline)) struct list *first_of_lower_rank(struct futex_bucket *b, u32 mine)
{
	struct futex_waiter *other;

	list_for_each (other, &b->waiters, link)
		if (rank(other->thread) < mine)
			return &other->link;
	return &b->waiters;
}

INLINE_HERE void futex_insert(struct futex_waiter *w, struct futex_bucket *b)
{
	struct list *before = &b->waiters;

	if (unlikely(rank(w->thread)))
		before = first_of_lower_rank(b, rank(w->thread));
	WRITE_ONCE(w->bucket, b);
	list_push_back(before, &w->link); /* in front of it */
}

/* Who has the bucket's lock next finds the thread blocked. */
static inline void enqueue_blocked(struct futex_waiter *w, struct futex_bucket *b)
{
	WRITE_ONCE(w->thread->state, THREAD_BLOCKED);
	w->queued = true;
	futex_insert(w, b);
}

void futex_enqueue(struct futex_waiter *w, struct futex_bucket *b)
{
	enqueue_blocked(w, b);
	__atomic_thread_fence(__ATOMIC_SEQ_CST); /* before it is asked whether it is interrupted */
}

void futex_wake_one(struct futex_waiter *w)
{
	list_unlink(&w->link);
	w->queued = false;
	thread_wake_irq_off(w->thread);
	__atomic_store_n(&w->released, true, __ATOMIC_RELEASE); /* it is the sleeper's again */
}

struct futex_bucket *futex_lock_bucket_of(struct futex_waiter *w, u64 *flags)
{
	struct futex_bucket *b;

	for (;;) {
		b = READ_ONCE(w->bucket);
		*flags = spin_lock_irq(&b->lock);
		if (likely(b == w->bucket))
			return b;
		spin_unlock_irq(&b->lock, *flags);
	}
}

static bool dequeue(struct futex_waiter *w)
{
	u64 flags;
	struct futex_bucket *b = futex_lock_bucket_of(w, &flags);
	bool was_queued = w->queued;

	if (was_queued) {
		list_remove(&w->link);
		w->queued = false;
	}
	spin_unlock_irq(&b->lock, flags);
	return was_queued;
}

INLINE_HERE int futex_sleep_while(const bool *queued, u64 deadline)
{
	struct thread *t = thread_current();
	int r = 0;

	for (;;) {
		r = thread_interrupted(t) ? -EINTR : schedule_until(deadline);
		if (likely(!READ_ONCE(*queued)) || r)
			break;
		__atomic_store_n(&t->state, THREAD_BLOCKED, __ATOMIC_SEQ_CST);
		if (!READ_ONCE(*queued))
			break;
	}
	WRITE_ONCE(t->state, THREAD_RUNNABLE);
	return r;
}

INLINE_HERE int futex_sleep(struct futex_waiter *w, u64 deadline)
{
	int r = futex_sleep_while(&w->queued, deadline);

	if (likely(__atomic_load_n(&w->released, __ATOMIC_ACQUIRE)))
		return 0;
	return dequeue(w) ? r : 0;
}

/* In the bucket first, then the look at the word: see nobody_sleeps(). */
INLINE_HERE int futex_enqueue_if(struct futex_waiter *w, u64 addr, u32 value)
{
	struct futex_bucket *b = futex_bucket_of(&w->key);
	bool missing;
	u32 now;

	do {
		irq_disable();
		spin_lock(&b->lock);
		enqueue_blocked(w, b);
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		missing = user_read_u32(&now, addr);
		if (unlikely(missing || now != value)) {
			list_remove(&w->link);
			w->queued = false;
			WRITE_ONCE(w->thread->state, THREAD_RUNNABLE);
		}
		spin_unlock(&b->lock);
		irq_enable();
		if (missing && user_read_u32(&now, addr))
			return -EFAULT;
	} while (unlikely(missing));
	return now == value ? 0 : -EAGAIN;
}

int futex_wait(struct futex_word word, u32 value, u32 bitset, u64 deadline)
{
	struct futex_waiter w;
	u32 now;
	int r;

	if (user_read_u32(&now, word.addr))
		return -EFAULT;
	if (now != value)
		return -EAGAIN; /* who comes too late need not enter the bucket */
	r = futex_key_get(&w.key, word);
	if (r)
		return r;
	futex_waiter_init(&w);
	w.bitset = bitset;
	r = futex_enqueue_if(&w, word.addr, value);
	if (!r)
		r = futex_sleep(&w, deadline);
	futex_key_put(&w.key);
	return r;
}

/* -- several words at once ----------------------------------------------------------------------- */

/* Out of all buckets; the first that was woken, -1: none. */
static int leave_all(struct futex_waiter *w, u32 count)
{
	int woken = -1;

	for (u32 i = 0; i < count; i++) {
		if (!dequeue(&w[i]) && woken < 0)
			woken = i;
		futex_key_put(&w[i].key);
	}
	return woken;
}

static bool all_queued(const struct futex_waiter *w, u32 count)
{
	for (u32 i = 0; i < count; i++)
		if (!READ_ONCE(w[i].queued))
			return false;
	return true;
}

/* Until one of them is woken. They were enqueued one by one: only now is it time to block. */
static int sleep_for_any(const struct futex_waiter *w, u32 count, u64 deadline)
{
	struct thread *t = thread_current();
	int r = 0;

	while (!r && all_queued(w, count)) {
		__atomic_store_n(&t->state, THREAD_BLOCKED, __ATOMIC_SEQ_CST);
		if (all_queued(w, count))
			r = thread_interrupted(t) ? -EINTR : schedule_until(deadline);
		WRITE_ONCE(t->state, THREAD_RUNNABLE);
	}
	return r;
}

/* Enqueues the next one, and stays runnable: what follows may sleep. */
static int enqueue_next(struct futex_waiter *w, const struct futex_waitv_entry *e)
{
	int err = futex_key_get(&w->key, e->word);

	if (err)
		return err;
	futex_waiter_init(w);
	err = futex_enqueue_if(w, e->word.addr, e->value);
	WRITE_ONCE(w->thread->state, THREAD_RUNNABLE);
	if (err)
		futex_key_put(&w->key);
	return err;
}

int futex_wait_many(const struct futex_waitv_entry *e, u32 count, u64 deadline)
{
	struct futex_waiter *w = kmalloc(count * sizeof(*w));
	int r = w ? 0 : -ENOMEM, woken;
	u32 n = 0;

	while (!r && n < count) {
		r = enqueue_next(&w[n], &e[n]);
		n += !r;
	}
	if (!r)
		r = sleep_for_any(w, n, deadline);
	woken = leave_all(w, n);
	kfree(w);
	return woken >= 0 ? woken : r;
}

/* -- waking -------------------------------------------------------------------------------------- */

INLINE_HERE int futex_wake_matching(struct futex_bucket *b, const struct futex_key *k, u32 n,
				    u32 bitset)
{
	struct futex_waiter *w, *next;
	u32 woken = 0;

	list_for_each_safe (w, next, &b->waiters, link) {
		if (!futex_key_equal(&w->key, k))
			continue;
		if (unlikely(w->pi || w->lock_key))
			return -EINVAL;
		if (!(w->bitset & bitset))
			continue;
		futex_wake_one(w);
		if (++woken >= n)
			break;
	}
	return woken;
}

/*
 * Nobody sleeps there, seen without the lock. The program has changed its word before; a sleeper is in
 * the bucket before it looks at the word. So either it sees the change, or we see it.
 */
static bool nobody_sleeps(const struct futex_bucket *b)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return READ_ONCE(b->waiters.next) == &b->waiters;
}

int futex_wake(struct futex_word word, u32 n, u32 bitset)
{
	struct futex_bucket *b;
	struct futex_key k;
	int r = futex_key_get(&k, word);

	if (r)
		return r;
	b = futex_bucket_of(&k);
	if (!nobody_sleeps(b)) {
		irq_disable();
		spin_lock(&b->lock);
		r = futex_wake_matching(b, &k, n, bitset);
		spin_unlock(&b->lock);
		irq_enable();
	}
	futex_key_put(&k);
	return r;
}
