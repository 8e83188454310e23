/* SPDX-License-Identifier: ISC */
/*
 * A thread becomes runnable: where it goes (place.h), and whether the one that runs there gives way to
 * it. A CPU learns of what others put into its queue by a kick.
 *
 * The queue's lock is what a waker and a sleeper meet under: a thread that is BLOCKED and `current` is
 * about to block, and sees under the lock that it was woken (schedule() leaves it in its place).
 */
#include "base/trace.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/place.h"

/* A woken thread must have had so much less than the running one to take its place. */
#define WAKE_GRANULARITY NSEC_PER_MSEC

static inline bool has_had_less(const struct thread *t, const struct thread *now)
{
	return t->vruntime + WAKE_GRANULARITY < now->vruntime;
}

static inline bool deserves_more(const struct run_queue *q, const struct thread *t)
{
	const struct thread *now = q->current;

	if (t->plain && now->plain)
		return has_had_less(t, now);
	if (thread_is_rt(t) || thread_is_rt(now))
		return t->priority > now->priority;
	if (now->sched.policy == SCHED_IDLE && t->sched.policy != SCHED_IDLE)
		return true;
	if (t->sched.policy != SCHED_OTHER)
		return false; /* batch work lets others finish their quantum */
	return t->vruntime + fair_weigh(t, WAKE_GRANULARITY) < now->vruntime;
}

/* The running thread is to give way. */
static inline void preempt(struct run_queue *q)
{
	if (sched_get_mode() != SCHED_COOPERATIVE) {
		q->resched_why = WHY_PREEMPTED;
		context_set_work(&q->current->ctx, WORK_RESCHED);
	}
}

void queue_preempt_for(struct run_queue *q, struct thread *t)
{
	if (q->current != q->idle && deserves_more(q, t))
		preempt(q);
}

void queue_wake_cpu(struct run_queue *q)
{
	if (q == run_queue_this())
		queue_arm_timer(q);
	else
		cpu_kick((u32)(q - run_queues));
}

void queue_announce(struct run_queue *q, struct thread *t)
{
	queue_preempt_for(q, t);
	queue_wake_cpu(q);
}

/* @q, which is locked, is unlocked on return: so of all that follow. */
static void wake_here(struct run_queue *q, struct thread *t)
{
	queue_refresh(q);
	fair_place(&q->fair, t);
	queue_add(q, t);
	queue_announce(q, t);
	spin_unlock(&q->lock);
}

static void wake_elsewhere(struct run_queue *q, struct thread *t, u32 cpu)
{
	queue_refresh(q);
	fair_place(&q->fair, t);
	t->fresh = true;
	place_depart(q, t, cpu);
	spin_unlock(&q->lock);
	place_deliver(t);
}

static RARE void arm_timer(struct run_queue *q)
{
	queue_arm_timer(q);
}

/*
 * The usual wake-up, the general one in short: @t comes back to the waker's own CPU, whose queue @q is,
 * and both are plain. False: they are not.
 */
static inline __attribute__((always_inline)) bool wake_beside(struct run_queue *q, struct thread *t)
{
	struct thread *now = q->current;

	if (unlikely(!t->plain || !now->plain))
		return false;
	queue_charge_plain(now, clock_ns_loose());
	if (unlikely(!fair_place_beside(&q->fair, now, t)))
		return false;
	assert(!t->on_queue);
	fair_enqueue(&q->fair, t);
	t->on_queue = true;
	q->count++;
	if (unlikely(has_had_less(t, now)))
		preempt(q);
	if (unlikely(q->armed > now->slice_end)) /* nothing else is due earlier than it was */
		call_rarely(arm_timer, q);
	spin_unlock(&q->lock);
	return true;
}

/* As set_going(). */
static __attribute__((noinline)) bool set_going_slowly(struct run_queue *q, struct thread *t)
{
	u32 cpu = cpu_count > 1 ? place_woken(t) : t->cpu;

	trace_about(TRACE_WAKE, &t->ctx, t->tid, cpu);
	if (unlikely(cpu != t->cpu))
		wake_elsewhere(q, t, cpu);
	else if (q != run_queue_this() || !wake_beside(q, t))
		wake_here(q, t);
	return true;
}

/* @t was BLOCKED and is not on its CPU any more. True. */
static inline bool set_going(struct run_queue *q, struct thread *t)
{
	if (likely(cpu_count == 1 && !trace_wants(TRACE_WAKE)) && likely(wake_beside(q, t)))
		return true;
	return set_going_slowly(q, t);
}

bool thread_wake_irq_off(struct thread *t)
{
	struct run_queue *q = queue_lock(t);
	bool woken = t->state == THREAD_BLOCKED;

	if (woken)
		WRITE_ONCE(t->state, THREAD_RUNNABLE);
	if (likely(woken && t != q->current)) /* else it is about to block and will see this */
		return set_going(q, t);
	spin_unlock(&q->lock);
	return woken;
}

bool thread_wake(struct thread *t)
{
	u64 flags = irq_save();
	bool woken = thread_wake_irq_off(t);

	irq_restore(flags);
	return woken;
}

bool thread_is_away(struct thread *t)
{
	u64 flags;
	struct run_queue *q = queue_lock_of(t, &flags);
	bool away = t->state == THREAD_BLOCKED && t != q->current;

	spin_unlock_irq(&q->lock, flags);
	return away;
}

void thread_start(struct thread *t)
{
	u64 flags = irq_save();

	assert(t->state == THREAD_BLOCKED);
	t->vruntime += run_queue_this()->fair.offset;
	t->fresh = true;
	t->cpu = cpu_count > 1 ? place_fresh(t) : cpu_id();
	WRITE_ONCE(t->state, THREAD_RUNNABLE);
	place_deliver(t);
	irq_restore(flags);
}
