/* SPDX-License-Identifier: ISC */
/*
 * The timer: when the running thread must give way, and what is done when it fires. In cooperative mode
 * nobody is made to give way (OSTEP 6.3, "a cooperative approach").
 *
 * Tickless: it is armed for the end of the quantum only while somebody waits for this CPU, for
 * the next kernel timer, and for the next sample while a program runs, at most 128 ms apart where it
 * does but one thing (account.h). An idle CPU is not sampled; it halts. A CPU arms its own timer only.
 */
#include "base/mutants.h"
#include "base/trace.h"
#include "machine/clock.h"
#include "sched/balance.h"
#include "sched/queue.h"
#include "sched/timer.h"
#include "sched/watch.h"

/* When the running thread must give way if nothing changes. */
static u64 give_way_time(struct run_queue *q)
{
	const struct thread *t = q->current;
	u64 due = NEVER;

	if (!q->count || t == q->idle || sched_get_mode() == SCHED_COOPERATIVE || MUTANT(timer))
		return NEVER;
	if (queue_fair_count(q))
		due = thread_is_rt(t) ? rt_limit(&q->rt, t->switched_in) : t->slice_end;
	if (!q->rt.count)
		return due;
	if (!thread_is_rt(t)) /* they have used up their budget and wait for the next period */
		return MIN(due, q->rt.period + RT_PERIOD);
	return t->sched.policy == SCHED_RR ? MIN(due, t->slice_end) : due;
}

/* For the next of what there is to do; @give_way: give_way_time(), @timer: timers_next(). */
static inline void arm(struct run_queue *q, u64 give_way, u64 timer)
{
	u64 due = MIN(give_way, timer);

	if (q->current->ctx.user_thread)
		due = MIN(due, q->sampler.at);
	if (due >= q->armed)
		return; /* it fires early and finds out (sched_timer_interrupt) */
	q->armed = due;
	trace(TRACE_TIMER_ARMED, 0, due, clock_ns());
	clock_arm(due);
}

void queue_arm_timer(struct run_queue *q)
{
	arm(q, give_way_time(q), timers_next());
}

void queue_rearm_timer(struct run_queue *q, u64 now)
{
	q->sampler.at = MAX(q->sampler.at, now + NSEC_PER_MSEC); /* it was idle meanwhile */
	queue_arm_timer(q);
}

void sched_kicked(void)
{
	struct run_queue *q = run_queue_this();

	spin_lock(&q->lock);
	queue_arm_timer(q);
	spin_unlock(&q->lock);
}

static void note_time(struct run_queue *q, u64 now)
{
	fair_advance(&q->fair, thread_is_rt(q->current) ? NULL : q->current);
	fair_note_time(&q->fair, now);
}

void sched_timer_interrupt(bool in_user, u64 now)
{
	struct run_queue *q = run_queue_this();
	u64 give_way, timer;
	bool over;

	spin_lock(&q->lock);
	queue_charge(q, now);
	if (q->current != q->idle)
		note_time(q, now);
	account_sample(q, in_user, now);
	q->armed = NEVER;
	timer = timers_next();
	if (timer <= now) {
		spin_unlock(&q->lock);
		timers_run(now);
		spin_lock(&q->lock);
		timer = timers_next();
	}
	give_way = give_way_time(q);
	over = give_way <= now;
	if (over) {
		q->resched_why = WHY_QUANTUM;
		context_set_work(&q->current->ctx, WORK_RESCHED);
	}
	trace(TRACE_TIMER_FIRED, !!(q->current->ctx.work & WORK_RESCHED), now);
	if (!(q->current->ctx.work & WORK_RESCHED))
		arm(q, give_way, timer);
	else if (timer != NEVER)
		clock_arm(q->armed = timer);
	spin_unlock(&q->lock);
	if (over)
		balance_push(now);
	watch_tick(now);
}
