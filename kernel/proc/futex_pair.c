/* SPDX-License-Identifier: ISC */
/*
 * Futex operations on two words: requeue, wake-op, and the requeue to a lock (futex_private.h).
 * Locks: the buckets of both words, the one with the lower address first.
 */
#include "abi/errno.h"
#include "machine/usercopy.h"
#include "proc/futex_private.h"
#include "proc/signal.h"

/* Two words of one call. */
struct pair {
	struct futex_key key[2];
	struct futex_bucket *b[2];
};

/* Both buckets, that may be one. */
static u64 lock_two(const struct pair *p)
{
	struct futex_bucket *low = MIN(p->b[0], p->b[1]), *high = MAX(p->b[0], p->b[1]);
	u64 flags = spin_lock_irq(&low->lock);

	if (high != low)
		spin_lock_nested(&high->lock);
	return flags;
}

static void unlock_two(const struct pair *p, u64 flags)
{
	if (p->b[0] != p->b[1])
		spin_unlock(&p->b[0]->lock);
	spin_unlock_irq(&p->b[1]->lock, flags);
}

static int pair_get(struct pair *p, struct futex_word first, struct futex_word second)
{
	int err = futex_key_get(&p->key[0], first);

	if (err)
		return err;
	err = futex_key_get(&p->key[1], second);
	if (err) {
		futex_key_put(&p->key[0]);
		return err;
	}
	p->b[0] = futex_bucket_of(&p->key[0]);
	p->b[1] = futex_bucket_of(&p->key[1]);
	return 0;
}

static void pair_put(struct pair *p)
{
	futex_key_put(&p->key[0]);
	futex_key_put(&p->key[1]);
}

/* From one bucket to the other; both are locked. The caller's own counts keep both backings. */
static void move_waiter(struct futex_waiter *w, const struct pair *p)
{
	list_remove(&w->link);
	if (p->key[1].backing)
		p->key[1].backing->ops->get(p->key[1].backing);
	futex_key_put(&w->key);
	w->key = p->key[1];
	futex_insert(w, p->b[1]);
}

static int wake_and_move(const struct pair *p, u32 wake, u32 move)
{
	struct futex_waiter *w, *next;
	u32 woken = 0, moved = 0;

	list_for_each_safe (w, next, &p->b[0]->waiters, link) {
		if (!futex_key_equal(&w->key, &p->key[0]))
			continue;
		if (unlikely(w->pi || w->lock_key))
			return -EINVAL;
		if (woken < wake) {
			futex_wake_one(w);
			woken++;
		} else if (moved < move) {
			if (!futex_key_equal(&p->key[0], &p->key[1]))
				move_waiter(w, p);
			moved++;
		} else {
			break;
		}
	}
	return woken + moved;
}

int futex_requeue(struct futex_word from, struct futex_word to, u32 wake, u32 move,
		  const u32 *compare)
{
	struct pair p;
	u64 flags;
	u32 now;
	int r = pair_get(&p, from, to);

	if (r)
		return r;
	for (;;) {
		flags = lock_two(&p);
		r = compare ? user_read_u32(&now, from.addr) : 0;
		if (likely(!r))
			break;
		unlock_two(&p, flags);
		r = user_read_u32(&now, from.addr);
		if (r)
			goto out;
	}
	r = compare && now != *compare ? -EAGAIN : wake_and_move(&p, wake, move);
	unlock_two(&p, flags);
out:
	pair_put(&p);
	return r;
}

/* -- to a lock -------------------------------------------------------------------------------------- */

/*
 * Gives @w the lock, or moves it to those that wait for it. Both buckets are locked. 0, -EINVAL (it
 * waits for another lock, or for none), -EAGAIN or -EFAULT as futex_pi_look().
 */
static int move_to_lock(struct futex_waiter *w, const struct pair *p, u64 lock)
{
	int r;

	if (!w->lock_key || !futex_key_equal(w->lock_key, &p->key[1]))
		return -EINVAL;
	r = futex_pi_look(w, p->b[1], &p->key[1], lock, false);
	if (r > 0) {
		futex_wake_one(w);
	} else if (r == 0) {
		w->pi = true;
		move_waiter(w, p);
	}
	return r > 0 ? 0 : r;
}

/* The next one that waits for key[0], not moved yet; NULL: none. */
static struct futex_waiter *next_to_move(const struct pair *p)
{
	struct futex_waiter *w;

	list_for_each (w, &p->b[0]->waiters, link)
		if (!w->pi && futex_key_equal(&w->key, &p->key[0]))
			return w;
	return NULL;
}

/* Up to @most of them; *moved counts. 0 or an error. Both buckets are locked. */
static int move_all_to_lock(const struct pair *p, u64 lock, u32 most, u32 *moved)
{
	struct futex_waiter *w;
	int err = 0;

	while (!err && *moved < most && (w = next_to_move(p))) {
		err = move_to_lock(w, p, lock);
		*moved += !err;
	}
	return err;
}

int futex_requeue_pi(struct futex_word from, struct futex_word lock, u32 move, u32 compare)
{
	u32 now, moved = 0, most = move == ~0u ? move : move + 1; /* one gets it, @move wait */
	struct pair p;
	u64 flags;
	int r = from.addr == lock.addr ? -EINVAL : pair_get(&p, from, lock);

	if (r)
		return r;
	do {
		flags = lock_two(&p);
		r = user_read_u32(&now, from.addr);
		if (!r && now != compare && !moved)
			r = -EBUSY;
		if (!r)
			r = move_all_to_lock(&p, lock.addr, most, &moved);
		unlock_two(&p, flags);
		if (r == -EFAULT && !user_read_u32(&now, from.addr) && !futex_fault_in(lock.addr))
			r = -EAGAIN;
	} while (r == -EAGAIN && !signal_fatal(task_current()));
	pair_put(&p);
	if (moved)
		return moved;
	return r == -EBUSY ? -EAGAIN : r;
}

int futex_wait_requeue_pi(struct futex_word word, u32 value, struct futex_word lock, u64 deadline)
{
	struct futex_waiter w;
	struct futex_key lock_key;
	int r = word.addr == lock.addr ? -EINVAL : futex_key_get(&lock_key, lock);

	if (r)
		return r;
	r = futex_key_get(&w.key, word);
	if (!r) {
		futex_waiter_init(&w);
		w.lock_key = &lock_key;
		r = futex_enqueue_if(&w, word.addr, value);
		if (!r)
			r = futex_pi_sleep(&w, lock.addr, deadline);
		if (r == -EINTR && w.pi)
			r = -EWOULDBLOCK; /* to be told apart from a wait that can begin again */
		futex_key_put(&w.key);
	}
	futex_key_put(&lock_key);
	return r;
}

/* -- FUTEX_WAKE_OP -------------------------------------------------------------------------------- */

/* The operation's fields: four bits each for what to do and what to compare, twelve for operands. */
struct wake_op {
	u32 op, cmp;
	i32 operand, against;
};

static i32 sign_extend_12(u32 v)
{
	return (i32)(v << 20) >> 20;
}

static int decode_op(u32 code, struct wake_op *o)
{
	o->op = code >> 28 & 7;
	o->cmp = code >> 24 & 15;
	o->operand = sign_extend_12(code >> 12);
	o->against = sign_extend_12(code);
	if (code >> 31) /* FUTEX_OP_OPARG_SHIFT: the operand is a bit's number */
		o->operand = (i32)(1u << (o->operand & 31));
	return o->op > 4 || o->cmp > 5 ? -ENOSYS : 0;
}

static u32 apply_op(const struct wake_op *o, u32 old)
{
	u32 v = (u32)o->operand;

	switch (o->op) {
	case 0: return v;
	case 1: return old + v;
	case 2: return old | v;
	case 3: return old & ~v;
	default: return old ^ v;
	}
}

static bool compare_op(const struct wake_op *o, u32 old)
{
	i32 v = (i32)old;

	switch (o->cmp) {
	case 0: return v == o->against;
	case 1: return v != o->against;
	case 2: return v < o->against;
	case 3: return v <= o->against;
	case 4: return v > o->against;
	default: return v >= o->against;
	}
}

/* Changes the word at once; *old is what it was. 0 or -EFAULT. */
static int change_word(const struct wake_op *o, u64 addr, u32 *old)
{
	u32 seen, expected;

	if (user_read_u32(&seen, addr))
		return -EFAULT;
	do {
		expected = seen;
		if (user_compare_exchange_u32(addr, &seen, apply_op(o, expected)))
			return -EFAULT;
	} while (seen != expected);
	*old = seen;
	return 0;
}

int futex_wake_op(struct futex_word a, struct futex_word b, u32 n, u32 m, u32 code)
{
	struct wake_op o;
	struct pair p;
	u64 flags;
	u32 old;
	int r = decode_op(code, &o), more = 0;

	if (!r)
		r = pair_get(&p, a, b);
	if (r)
		return r;
	for (;;) {
		flags = lock_two(&p);
		if (likely(!change_word(&o, b.addr, &old)))
			break;
		unlock_two(&p, flags);
		r = futex_fault_in(b.addr);
		if (r)
			goto out;
	}
	r = futex_wake_matching(p.b[0], &p.key[0], n, FUTEX_ANY);
	if (r >= 0 && compare_op(&o, old))
		more = futex_wake_matching(p.b[1], &p.key[1], m, FUTEX_ANY);
	unlock_two(&p, flags);
	r = more < 0 ? more : r < 0 ? r : r + more;
out:
	pair_put(&p);
	return r;
}
