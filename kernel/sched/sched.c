/* SPDX-License-Identifier: ISC */
/*
 * Who runs next, the switch, and the wake-up. Real-time threads go first (rt.h), then fair shares with
 * a quantum (fair.h): for equal threads that is the book's round robin (OSTEP 7.7). In cooperative
 * mode nobody is made to give way (OSTEP 6.3, "a cooperative approach").
 *
 * Tickless: the timer is armed for the end of the quantum only while somebody waits for this CPU, for
 * the next kernel timer, and for the next sample while a program runs, at most 128 ms apart where it
 * does but one thing (account.h). An idle CPU is not sampled; it halts.
 *
 * The queue's lock is held across the switch and dropped by whoever runs next, in
 * finish_switch(): until then nobody may touch the stack that is being left.
 */
#include "sched/sched.h"

#include "base/mutants.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/balance.h"
#include "sched/place.h"
#include "sched/switch_trace.h"
#include "sched/timer.h"
#include "sched/watch.h"

#define NEVER (~0UL)
/* A woken thread must have had so much less than the running one to take its place. */
#define WAKE_GRANULARITY NSEC_PER_MSEC

struct run_queue run_queues[MAX_CPUS];

static void queue_init(struct run_queue *q, struct thread *idle)
{
	spin_lock_class(&q->lock, "run_queue");
	fair_init(&q->fair);
	rt_init(&q->rt);
	q->current = q->idle = idle;
	q->armed = NEVER;
	q->start = idle->switched_in;
	q->sampler.use = CPU_SYSTEM;
}

/* The calling CPU takes its queue. */
static void queue_adopt(struct run_queue *q)
{
	cpu_this()->idle = q->idle;
	cpu_this()->queue = q;
}

void sched_init(void)
{
	struct run_queue *q = &run_queues[cpu_id()];

	trace_name_threads();
	thread_init_boot();
	timers_init();
	queue_init(q, thread_current());
	queue_adopt(q);
}

struct thread *sched_prepare_cpu(u32 cpu)
{
	struct thread *idle = thread_create_idle(cpu);

	if (idle) {
		idle->switched_in = clock_ns();
		queue_init(&run_queues[cpu], idle);
	}
	return idle;
}

void sched_start_cpu(void)
{
	queue_adopt(&run_queues[cpu_id()]);
	sched_idle();
}

/* -- the queue ------------------------------------------------------------------------------ */

struct run_queue *queue_lock_of(struct thread *t, u64 *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);
		struct run_queue *q = &run_queues[cpu];

		*flags = spin_lock_irq(&q->lock);
		if (likely(t->cpu == cpu))
			return q;
		spin_unlock_irq(&q->lock, *flags);
	}
}

void queue_add(struct run_queue *q, struct thread *t)
{
	assert(!t->on_queue);
	if (thread_is_rt(t))
		rt_enqueue(&q->rt, t, false);
	else
		fair_enqueue(&q->fair, t);
	t->on_queue = true;
	q->count++;
}

void queue_take(struct run_queue *q, struct thread *t)
{
	assert(t->on_queue);
	if (thread_is_rt(t))
		rt_dequeue(&q->rt, t);
	else
		fair_dequeue(&q->fair, t);
	t->on_queue = false;
	q->count--;
}

/* The running thread goes back into the queue. */
static inline void put_back(struct run_queue *q, struct thread *t, bool yields, u64 now)
{
	if (unlikely(thread_is_rt(t))) {
		bool over = yields || (t->sched.policy == SCHED_RR && t->slice_end <= now);

		t->slice_left = over ? 0 : t->slice_end - now;
		rt_enqueue(&q->rt, t, !over);
		q->rt_runs = false;
	} else if (yields) {
		fair_enqueue_last(&q->fair, t);
	} else {
		fair_enqueue(&q->fair, t);
	}
	t->on_queue = true;
	q->count++;
}

static inline struct thread *pick_next(struct run_queue *q, u64 now)
{
	struct thread *t;

	if (!q->count)
		return q->idle;
	if (unlikely(q->rt.count) && (!queue_fair_count(q) || rt_limit(&q->rt, now) > now)) {
		t = rt_peek(&q->rt);
		rt_dequeue(&q->rt, t);
	} else {
		t = fair_pick(&q->fair);
	}
	t->on_queue = false;
	q->count--;
	return t;
}

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

void queue_arm_timer(struct run_queue *q)
{
	u64 due = MIN(timers_next(), give_way_time(q));

	if (q->current->ctx.user_thread)
		due = MIN(due, q->sampler.at);
	if (due >= q->armed)
		return; /* it fires early and finds out (sched_timer_interrupt) */
	q->armed = due;
	trace(TRACE_TIMER_ARMED, 0, due, clock_ns());
	clock_arm(due);
}

/* The timer may have to fire earlier now that another thread runs. */
static void rearm_timer(struct run_queue *q, u64 now)
{
	q->sampler.at = MAX(q->sampler.at, now + NSEC_PER_MSEC); /* it was idle meanwhile */
	queue_arm_timer(q);
}

static inline void charge(struct run_queue *q, struct thread *t, u64 now)
{
	u64 ns = now - t->switched_in;

	if (unlikely((i64)ns < 0))
		return; /* charged by another CPU, whose clock is a little ahead */
	t->switched_in = now;
	t->cpu_ns += ns;
	if (unlikely(thread_is_rt(t)))
		rt_charge(&q->rt, ns, now);
	else
		t->vruntime += fair_weigh(t, ns);
}

void queue_charge(struct run_queue *q, u64 now)
{
	charge(q, q->current, now);
}

void queue_refresh(struct run_queue *q)
{
	struct thread *t = q->current;

	if (t == q->idle)
		return;
	queue_charge(q, clock_ns_loose());
	fair_advance(&q->fair, thread_is_rt(t) ? NULL : t);
}

static bool deserves_more(const struct run_queue *q, const struct thread *t)
{
	const struct thread *now = q->current;

	if (thread_is_rt(t) || thread_is_rt(now))
		return t->sched.priority > now->sched.priority;
	if (now->sched.policy == SCHED_IDLE && t->sched.policy != SCHED_IDLE)
		return true;
	if (t->sched.policy != SCHED_OTHER)
		return false; /* batch work lets others finish their quantum */
	return t->vruntime + fair_weigh(t, WAKE_GRANULARITY) < now->vruntime;
}

void queue_preempt_for(struct run_queue *q, struct thread *t)
{
	if (q->current != q->idle && sched_get_mode() != SCHED_COOPERATIVE && deserves_more(q, t)) {
		q->resched_why = WHY_PREEMPTED;
		context_set_work(&q->current->ctx, WORK_RESCHED);
	}
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

/* -- switching ------------------------------------------------------------------------------ */

static inline void begin_slice(struct run_queue *q, struct thread *t, u64 now)
{
	u64 slice = sched_get_quantum();

	if (unlikely(thread_is_rt(t))) {
		slice = t->slice_left ? t->slice_left : RT_QUANTUM;
		q->rt_runs = true;
	}
	t->switched_in = now;
	t->slice_end = now + slice;
}

static void bury(struct thread *t)
{
	if (t->release)
		t->release(t);
	thread_free(t);
}

/* The predecessor is off its stack. Queue locked; unlocked on return. */
static void see_to_gone(struct run_queue *q)
{
	struct thread *t = q->gone;
	u32 state = t->state;
	bool told;

	q->gone = NULL;
	if (state == THREAD_RUNNABLE)
		place_depart(q, t, place_fresh(t));
	told = move_over(t);
	spin_unlock(&q->lock);
	if (state == THREAD_RUNNABLE)
		place_deliver(t);
	else if (state == THREAD_DEAD)
		bury(t);
	if (told)
		move_wake();
}

/* On the next thread's stack: release what schedule() took. */
static inline void finish_switch(struct run_queue *q)
{
	if (trace_wants(TRACE_SWITCH))
		trace_switched(q);
	if (likely(!q->gone))
		spin_unlock(&q->lock);
	else
		see_to_gone(q);
}

/* Gives the CPU to @next, on whose stack this returns. Queue locked; unlocked at the end. */
static inline __attribute__((always_inline)) void switch_to(struct run_queue *q,
							    struct thread *prev,
							    struct thread *next, u64 now,
							    bool yields)
{
	prev->switches[prev->on_queue]++;
	q->switches++;
	q->current = next;
	if (q->armed > next->slice_end && (q->count || q->armed > q->sampler.at))
		rearm_timer(q, now);
	if (trace_wants(TRACE_SWITCH))
		trace_switch(q, prev, next, yields, __builtin_frame_address(0));
	context_switch(&prev->ctx, &next->ctx);
	finish_switch(run_queue_this()); /* maybe another CPU's by now */
}

/* Why it was told to give the CPU away is known now. True: it may not stay on this CPU. */
static bool take_work(struct run_queue *q, struct thread *t)
{
	context_clear_work(&t->ctx, WORK_RESCHED);
	if (t->moves && t->state == THREAD_BLOCKED)
		q->gone = t; /* who waits until it has left hears of it */
	return t->state == THREAD_RUNNABLE && t != q->idle && !(t->affinity >> t->cpu & 1);
}

/* The running thread does not go back into the queue: it sleeps, is dead, or goes to another CPU. */
static inline void set_aside(struct run_queue *q, struct thread *t)
{
	if (unlikely(thread_is_rt(t)))
		q->rt_runs = false;
	if (t->state != THREAD_BLOCKED && t != q->idle)
		q->gone = t;
}

/* Nobody else deserves the CPU: the running thread has another slice. Queue locked; unlocked. */
static void finish_alone(struct run_queue *q, u64 now)
{
	if (q->armed > q->current->slice_end)
		rearm_timer(q, now);
	spin_unlock(&q->lock);
}

/*
 * The whole way from one thread to the next, in a copy each for those who block and those who yield.
 * Interrupts are off.
 */
static inline __attribute__((always_inline)) void give_cpu_away(bool yields)
{
	u64 now;
	struct run_queue *q = run_queue_this();
	struct thread *prev = thread_current(), *next;
	bool leaves = false;

	assert(cpu_this()->lock_depth == 0 && cpu_this()->irq_depth == 0);
	spin_lock(&q->lock);
	now = clock_ns_loose();
	charge(q, prev, now);
	if (unlikely(prev->ctx.work & WORK_RESCHED))
		leaves = take_work(q, prev);
	if (prev->state == THREAD_RUNNABLE && prev != q->idle && likely(!leaves))
		put_back(q, prev, yields, now);
	else
		set_aside(q, prev);
	next = pick_next(q, now);
	begin_slice(q, next, now);
	if (next != prev)
		switch_to(q, prev, next, now, yields);
	else
		finish_alone(q, now);
}

void schedule(void)
{
	u64 flags = irq_save();

	give_cpu_away(false);
	irq_restore(flags);
}

void sched_yield(void)
{
	if (!READ_ONCE(run_queue_this()->count))
		return;
	irq_disable();
	give_cpu_away(true);
	irq_enable();
}

void sched_finish_switch(void)
{
	finish_switch(run_queue_this());
}

/* @t was BLOCKED and is not on its CPU any more. @q is locked; unlocked on return. */
static void wake_elsewhere_or_here(struct run_queue *q, struct thread *t, bool sync)
{
	u32 cpu = cpu_count > 1 ? place_woken(t, sync) : t->cpu;

	trace_about(TRACE_WAKE, &t->ctx, t->tid, cpu);
	queue_refresh(q);
	fair_place(&q->fair, t);
	if (cpu != t->cpu) {
		t->fresh = true;
		place_depart(q, t, cpu);
		spin_unlock(&q->lock);
		place_deliver(t);
		return;
	}
	queue_add(q, t);
	queue_announce(q, t);
	spin_unlock(&q->lock);
}

static bool wake(struct thread *t, bool sync)
{
	u64 flags;
	struct run_queue *q = queue_lock_of(t, &flags);
	bool woken = t->state == THREAD_BLOCKED;

	if (woken)
		WRITE_ONCE(t->state, THREAD_RUNNABLE);
	if (woken && t != q->current) /* else it is about to block and will see this */
		wake_elsewhere_or_here(q, t, sync);
	else
		spin_unlock(&q->lock);
	irq_restore(flags);
	return woken;
}

bool thread_wake(struct thread *t)
{
	return wake(t, false);
}

bool thread_is_away(struct thread *t)
{
	u64 flags;
	struct run_queue *q = queue_lock_of(t, &flags);
	bool away = t->state == THREAD_BLOCKED && t != q->current;

	spin_unlock_irq(&q->lock, flags);
	return away;
}

bool thread_wake_sync(struct thread *t)
{
	return wake(t, true);
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

void sched_point(void)
{
	if (unlikely(READ_ONCE(thread_current()->ctx.work) & WORK_RESCHED))
		schedule();
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

void sched_timer_interrupt(bool in_user)
{
	struct run_queue *q = run_queue_this();
	u64 now = clock_ns();
	bool over;

	spin_lock(&q->lock);
	charge(q, q->current, now);
	if (q->current != q->idle)
		note_time(q, now);
	account_sample(q, in_user, now);
	q->armed = NEVER;
	spin_unlock(&q->lock);
	timers_run(now);
	spin_lock(&q->lock);
	over = give_way_time(q) <= now;
	if (over) {
		q->resched_why = WHY_QUANTUM;
		context_set_work(&q->current->ctx, WORK_RESCHED);
	}
	trace(TRACE_TIMER_FIRED, !!(q->current->ctx.work & WORK_RESCHED), now);
	if (!(q->current->ctx.work & WORK_RESCHED))
		queue_arm_timer(q);
	else if (timers_next() != NEVER)
		clock_arm(q->armed = timers_next());
	spin_unlock(&q->lock);
	if (over)
		balance_push(now);
	watch_tick(now);
}

/*
 * Nothing to do. The bit comes first: who looks for an idle CPU from now on finds this one, puts
 * a thread into its queue and kicks it, and the kick ends the wait even if it comes before.
 */
static void idle_wait(struct run_queue *q)
{
	u64 bit = 1UL << cpu_id();

	__atomic_or_fetch(&idle_cpus, bit, __ATOMIC_SEQ_CST);
	if (!READ_ONCE(q->count) && !balance_pull())
		cpu_idle_wait();
	__atomic_and_fetch(&idle_cpus, ~bit, __ATOMIC_SEQ_CST);
}

void sched_idle(void)
{
	struct run_queue *q = run_queue_this();

	for (;;) {
		irq_disable();
		if (READ_ONCE(q->count))
			schedule();
		else
			idle_wait(q);
		irq_enable();
	}
}
