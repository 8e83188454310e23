/* SPDX-License-Identifier: ISC */
/*
 * Who runs next, and the switch. Real-time threads go first (rt.h), then fair shares with a quantum
 * (fair.h): for equal threads that is the book's round robin (OSTEP 7.7). When the running thread must
 * give way is in tick.c, who becomes runnable in wake.c; the queue between them is queue.c's.
 *
 * The queue's lock is held across the switch and dropped by whoever runs next, in
 * finish_switch(): until then nobody may touch the stack that is being left.
 */
#include "sched/sched.h"

#include "machine/clock.h"
#include "sched/balance.h"
#include "sched/place.h"
#include "sched/switch_trace.h"

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

/* -- who is next ---------------------------------------------------------------------------- */

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

/* -- switching ------------------------------------------------------------------------------ */

static inline void begin_slice(struct thread *t, u64 now, u64 slice)
{
	t->switched_in = now;
	t->slice_end = now + slice;
}

/* The same for one of any kind. */
static inline void begin_any_slice(struct run_queue *q, struct thread *t, u64 now)
{
	u64 slice = sched_get_quantum();

	if (unlikely(thread_is_rt(t))) {
		slice = t->slice_left ? t->slice_left : RT_QUANTUM;
		q->rt_runs = true;
	}
	begin_slice(t, now, slice);
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
		queue_rearm_timer(q, now);
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
		queue_rearm_timer(q, now);
	spin_unlock(&q->lock);
}

/* The running thread, whose queue @q is, is charged and may be taken from the CPU: what time it is. */
static inline u64 lock_and_charge(struct run_queue *q, struct thread *prev)
{
	u64 now;

	assert(cpu_this()->lock_depth == 0 && cpu_this()->irq_depth == 0);
	spin_lock(&q->lock);
	now = clock_ns_loose();
	queue_charge_thread(q, prev, now);
	return now;
}

/* Of threads that share: the running one stays, so the next is taken out before it is linked. */
static inline struct thread *take_turns(struct run_queue *q, struct thread *prev, bool yields)
{
	struct thread *next = fair_pick(&q->fair);

	if (yields)
		fair_enqueue_last(&q->fair, prev);
	else
		fair_enqueue(&q->fair, prev);
	prev->on_queue = true;
	next->on_queue = false;
	return next;
}

static inline bool shares_with_others(const struct run_queue *q, const struct thread *prev)
{
	return queue_fair_count(q) && !q->rt.count && !thread_is_rt(prev);
}

/*
 * The whole way from one thread to the next, for those who block and those who do not. Interrupts are
 * off; queue locked, unlocked at the end.
 */
static inline __attribute__((always_inline)) void give_cpu_away(struct run_queue *q,
								struct thread *prev, u64 now,
								bool yields)
{
	struct thread *next;
	bool leaves = false;

	if (unlikely(prev->ctx.work & WORK_RESCHED))
		leaves = take_work(q, prev);
	if (prev->state != THREAD_RUNNABLE || prev == q->idle || leaves) {
		set_aside(q, prev);
		next = pick_next(q, now);
	} else if (shares_with_others(q, prev) && fair_goes_before(&q->fair, prev)) {
		next = take_turns(q, prev, yields);
	} else {
		put_back(q, prev, yields, now);
		next = pick_next(q, now);
	}
	begin_any_slice(q, next, now);
	if (next != prev)
		switch_to(q, prev, next, now, yields);
	else
		finish_alone(q, now);
}

void schedule_irq_off(void)
{
	struct run_queue *q = run_queue_this();
	struct thread *prev = thread_current();

	give_cpu_away(q, prev, lock_and_charge(q, prev), false);
}

static __attribute__((noinline)) void yield_slowly(struct run_queue *q, struct thread *prev,
						   u64 now)
{
	give_cpu_away(q, prev, now, true);
}

static __attribute__((noinline)) void yield_to_next(void)
{
	struct thread *prev = thread_current(), *next;
	struct run_queue *q;
	u64 now;

	irq_disable();
	q = run_queue_this();
	now = lock_and_charge(q, prev);
	if (likely(shares_with_others(q, prev) && !(prev->ctx.work & WORK_RESCHED))) {
		next = take_turns(q, prev, true);
		begin_slice(next, now, sched_get_quantum());
		switch_to(q, prev, next, now, true);
	} else {
		yield_slowly(q, prev, now);
	}
	irq_enable();
}

void sched_yield(void)
{
	if (READ_ONCE(run_queue_this()->count))
		yield_to_next();
}

void sched_finish_switch(void)
{
	finish_switch(run_queue_this());
}

void sched_point(void)
{
	if (unlikely(READ_ONCE(thread_current()->ctx.work) & WORK_RESCHED))
		schedule();
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
			schedule_irq_off();
		else
			idle_wait(q);
		irq_enable();
	}
}
