/* SPDX-License-Identifier: ISC */
/* futex(2) and its sisters: their arguments, their times, and what goes on after a signal. */
#include "abi/errno.h"
#include "abi/futex.h"
#include "abi/time.h"
#include "machine/clock.h"
#include "machine/usercopy.h"
#include "mm/slab.h"
#include "proc/futex.h"
#include "proc/signal.h"
#include "syscall/syscalls.h"
#include "syscall/user_time.h"

/* -- arguments ------------------------------------------------------------------------------------ */

/* 0, -EINVAL (misaligned), -EFAULT (not the user's). */
static int check_word(u64 addr)
{
	if (addr % sizeof(u32))
		return -EINVAL;
	return user_range_ok(addr, sizeof(u32)) ? 0 : -EFAULT;
}

/* What a time stands for. */
enum time_kind { FROM_NOW, MONOTONIC, REALTIME };

/* *deadline in clock_ns's time, ~0: none. 0, -EFAULT, -EINVAL. */
static int futex_deadline(u64 timeout, enum time_kind kind, u64 *deadline)
{
	u64 offset = clock_wall_offset();
	int err;

	if (kind == FROM_NOW || !timeout)
		return deadline_get(timeout, deadline);
	err = timespec_get(timeout, deadline);
	if (!err && kind == REALTIME && *deadline != ~0UL)
		*deadline = *deadline > offset ? *deadline - offset : 0;
	return err;
}

struct futex_call {
	u64 addr, timeout, addr2;
	u32 op, flags, value, value3;
};

static struct futex_word word(const struct futex_call *c, u64 addr)
{
	return (struct futex_word){ addr, !(c->flags & FUTEX_PRIVATE_FLAG) };
}

static struct futex_call decode(u64 addr, u64 op, u64 value, u64 timeout, u64 addr2, u64 value3)
{
	return (struct futex_call){
		.addr = addr,
		.timeout = timeout,
		.addr2 = addr2,
		.op = (u32)op & ~(FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME),
		.flags = (u32)op & (FUTEX_PRIVATE_FLAG | FUTEX_CLOCK_REALTIME),
		.value = (u32)value,
		.value3 = (u32)value3,
	};
}

/* -- waiting -------------------------------------------------------------------------------------- */

static i64 wait_until(const struct futex_call *c, u64 deadline);

/* After a stop and a SIGCONT: the same wait for the time that is left. */
static i64 resume_wait(const struct trap_frame *f, u64 deadline)
{
	struct futex_call c = decode(f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9);

	return wait_until(&c, deadline);
}

static i64 wait_until(const struct futex_call *c, u64 deadline)
{
	u32 bitset = c->op == FUTEX_WAIT ? FUTEX_ANY : c->value3;
	int r = futex_wait(word(c, c->addr), c->value, bitset, deadline);

	if (r != -EINTR || !c->timeout)
		return r;
	return signal_restart_later(resume_wait, deadline);
}

static i64 wait(const struct futex_call *c)
{
	enum time_kind kind = c->op == FUTEX_WAIT               ? FROM_NOW
			      : c->flags & FUTEX_CLOCK_REALTIME ? REALTIME
								: MONOTONIC;
	u64 deadline;
	int err = futex_deadline(c->timeout, kind, &deadline);

	if (!err && c->op == FUTEX_WAIT_BITSET && !c->value3)
		err = -EINVAL;
	if (!err)
		err = check_word(c->addr);
	return err ? err : wait_until(c, deadline);
}

/* A lock is waited for until it is had: after a signal the call is made once more. */
static i64 lock(const struct futex_call *c)
{
	bool realtime = c->op == FUTEX_LOCK_PI || (c->flags & FUTEX_CLOCK_REALTIME);
	u64 deadline;
	int r = futex_deadline(c->timeout, realtime ? REALTIME : MONOTONIC, &deadline);

	if (!r)
		r = check_word(c->addr);
	if (!r)
		r = futex_lock_pi(word(c, c->addr), deadline, false);
	return r == -EINTR ? signal_call_again() : r;
}

static i64 wait_requeue_pi(const struct futex_call *c)
{
	bool realtime = c->flags & FUTEX_CLOCK_REALTIME;
	u64 deadline;
	int r = futex_deadline(c->timeout, realtime ? REALTIME : MONOTONIC, &deadline);

	if (!r)
		r = check_word(c->addr);
	if (!r)
		r = check_word(c->addr2);
	if (!r)
		r = futex_wait_requeue_pi(word(c, c->addr), c->value, word(c, c->addr2), deadline);
	return r == -EINTR ? signal_call_again() : r;
}

/* -- the others ----------------------------------------------------------------------------------- */

static i64 on_two_words(const struct futex_call *c)
{
	struct futex_word a = word(c, c->addr), b = word(c, c->addr2);
	u32 second = (u32)c->timeout; /* a count in its place */
	int err = check_word(c->addr);

	if (!err)
		err = check_word(c->addr2);
	if (err)
		return err;
	if (c->op == FUTEX_WAKE_OP)
		return futex_wake_op(a, b, c->value, second, c->value3);
	if ((i32)c->value < 0 || (i32)second < 0)
		return -EINVAL;
	if (c->op == FUTEX_CMP_REQUEUE_PI)
		return c->value == 1 ? futex_requeue_pi(a, b, second, c->value3) : -EINVAL;
	return futex_requeue(a, b, c->value, second,
			     c->op == FUTEX_CMP_REQUEUE ? &c->value3 : NULL);
}

static i64 on_one_word(const struct futex_call *c)
{
	int err = check_word(c->addr);

	if (err)
		return err;
	switch (c->op) {
	case FUTEX_WAKE: return futex_wake(word(c, c->addr), c->value, FUTEX_ANY);
	case FUTEX_WAKE_BITSET:
		return c->value3 ? futex_wake(word(c, c->addr), c->value, c->value3) : -EINVAL;
	case FUTEX_UNLOCK_PI: return futex_unlock_pi(word(c, c->addr));
	default: return futex_lock_pi(word(c, c->addr), ~0UL, true);
	}
}

static bool may_be_realtime(u32 op)
{
	return op == FUTEX_WAIT_BITSET || op == FUTEX_WAIT_REQUEUE_PI || op == FUTEX_LOCK_PI2;
}

/* All of them, as they come. */
static __attribute__((noinline)) i64 any_call(u64 addr, u64 op, u64 value, u64 timeout, u64 addr2,
					      u64 value3)
{
	struct futex_call c = decode(addr, op, value, timeout, addr2, value3);

	if (unlikely((c.flags & FUTEX_CLOCK_REALTIME) && !may_be_realtime(c.op)))
		return -ENOSYS;
	switch (c.op) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET: return wait(&c);
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
	case FUTEX_UNLOCK_PI:
	case FUTEX_TRYLOCK_PI: return on_one_word(&c);
	case FUTEX_LOCK_PI:
	case FUTEX_LOCK_PI2: return lock(&c);
	case FUTEX_WAIT_REQUEUE_PI: return wait_requeue_pi(&c);
	case FUTEX_REQUEUE:
	case FUTEX_CMP_REQUEUE:
	case FUTEX_CMP_REQUEUE_PI:
	case FUTEX_WAKE_OP: return on_two_words(&c);
	default: return -ENOSYS;
	}
}

/* The two that a mutex or a semaphore makes most are told at once from the others. */
i64 sys_futex(u64 addr, u64 op, u64 value, u64 timeout, u64 addr2, u64 value3)
{
	struct futex_word w = { addr, !(op & FUTEX_PRIVATE_FLAG) };
	u32 call = (u32)op & ~FUTEX_PRIVATE_FLAG;

	if (likely(!check_word(addr))) {
		if (call == FUTEX_WAKE)
			return futex_wake(w, (u32)value, FUTEX_ANY);
		if (call == FUTEX_WAIT && !timeout)
			return futex_wait(w, (u32)value, FUTEX_ANY, ~0UL);
	}
	return any_call(addr, op, value, timeout, addr2, value3);
}

/* -- futex_waitv ---------------------------------------------------------------------------------- */

#define WAITV_MAX 128

static int check_entry(const struct futex_waitv_abi *in, struct futex_waitv_entry *out)
{
	int err;

	if ((in->flags & ~(FUTEX2_SIZE_MASK | FUTEX_PRIVATE_FLAG)) || in->reserved ||
	    (in->flags & FUTEX2_SIZE_MASK) != FUTEX2_SIZE_U32 || in->value >> 32)
		return -EINVAL;
	err = check_word(in->addr);
	*out = (struct futex_waitv_entry){ { in->addr, !(in->flags & FUTEX_PRIVATE_FLAG) },
					   (u32)in->value };
	return err;
}

static int copy_entries(struct futex_waitv_entry *e, u64 at, u32 count)
{
	struct futex_waitv_abi in;
	int err = 0;

	for (u32 i = 0; !err && i < count; i++) {
		if (user_read(&in, at + i * sizeof(in), sizeof(in)))
			return -EFAULT;
		err = check_entry(&in, &e[i]);
	}
	return err;
}

i64 sys_futex_waitv(u64 waiters, u64 count, u64 flags, u64 timeout, u64 clock)
{
	struct futex_waitv_entry *e;
	u64 deadline = ~0UL;
	int r = 0;

	if ((u32)flags || !(u32)count || (u32)count > WAITV_MAX || !waiters)
		return -EINVAL;
	if (timeout && (u32)clock != CLOCK_REALTIME && (u32)clock != CLOCK_MONOTONIC)
		return -EINVAL;
	if (timeout)
		r = futex_deadline(timeout, (u32)clock == CLOCK_REALTIME ? REALTIME : MONOTONIC,
				   &deadline);
	if (r)
		return r;
	e = kmalloc((u32)count * sizeof(*e));
	if (!e)
		return -ENOMEM;
	r = copy_entries(e, waiters, (u32)count);
	if (!r)
		r = futex_wait_many(e, (u32)count, deadline);
	kfree(e);
	return r;
}

/* -- robust lists --------------------------------------------------------------------------------- */

#define ROBUST_HEAD_BYTES 24

i64 sys_set_robust_list(u64 head, u64 len)
{
	if (len != ROBUST_HEAD_BYTES)
		return -EINVAL;
	WRITE_ONCE(task_current()->robust_list, head);
	return 0;
}

i64 sys_get_robust_list(u64 tid, u64 head, u64 len)
{
	u64 flags = spin_lock_irq(&process_lock), at = 0;
	const struct task *t = (i32)tid < 0 ? NULL : task_find_or_self((i32)tid);
	int err = !t ? -ESRCH : task_may_inspect(t) ? 0 : -EPERM;

	if (!err)
		at = READ_ONCE(t->robust_list);
	spin_unlock_irq(&process_lock, flags);
	if (err)
		return err;
	if (user_write_u64(len, ROBUST_HEAD_BYTES) || user_write_u64(head, at))
		return -EFAULT;
	return 0;
}
