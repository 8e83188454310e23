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

/* What is seldom to be done there. Queue locked; unlocked on return. */
static __attribute__((noinline)) void finish_more(struct run_queue *q)
{
	q->unfinished = false;
	if (q->left)
		trace_switched(q);
	if (q->gone)
		see_to_gone(q);
	else
		spin_unlock(&q->lock);
}

/* On the next thread's stack: release what schedule() took. */
static inline void finish_switch(struct run_queue *q)
{
	if (likely(!q->unfinished))
		spin_unlock(&q->lock);
	else
		finish_more(q);
}

static void remember_gone(struct run_queue *q, struct thread *t)
{
	q->gone = t;
	q->unfinished = true;
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
		trace_switch(q, prev, next, yields);
	context_switch(&prev->ctx, &next->ctx);
	finish_switch(run_queue_this()); /* maybe another CPU's by now */
}

/* Why it was told to give the CPU away is known now. True: it may not stay on this CPU. */
static bool take_work(struct run_queue *q, struct thread *t)
{
	context_clear_work(&t->ctx, WORK_RESCHED);
	if (t->moves && t->state == THREAD_BLOCKED)
		remember_gone(q, t); /* who waits until it has left hears of it */
	return t->state == THREAD_RUNNABLE && !(t->affinity >> t->cpu & 1);
}

/* The running thread does not go back into the queue: it sleeps, is dead, or goes to another CPU. */
static inline void set_aside(struct run_queue *q, struct thread *t)
{
	if (t->state != THREAD_BLOCKED)
		remember_gone(q, t);
}

/* Nobody else deserves the CPU: the running thread has another slice. Queue locked; unlocked. */
static void finish_alone(struct run_queue *q, u64 now)
{
	if (q->armed > q->current->slice_end)
		queue_rearm_timer(q, now);
	spin_unlock(&q->lock);
}

/* Some wait, and no real-time thread is among them. */
static inline bool only_sharers_wait(const struct run_queue *q)
{
	return q->count && !q->rt.count;
}

/* The running thread stays in the queue; the next is taken out before it is linked. */
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

/* Does the running thread go back into the queue? */
static inline bool stays(struct run_queue *q, struct thread *t, bool yields)
{
	bool leaves = unlikely(t->ctx.work & WORK_RESCHED) && take_work(q, t);

	return (yields || t->state == THREAD_RUNNABLE) && !leaves;
}

/* The usual choice: all share, @prev too. @prev itself: it stays, and nobody goes before it. */
static inline struct thread *choose_sharer(struct run_queue *q, struct thread *prev, bool yields)
{
	struct thread *next;

	if (stays(q, prev, yields))
		return yields || fair_goes_before(&q->fair, prev) ? take_turns(q, prev, yields)
								  : prev;
	set_aside(q, prev);
	next = fair_pick(&q->fair);
	next->on_queue = false;
	q->count--;
	return next;
}

/* The choice among all there are, the idle thread included. @prev is charged, and the slice begins. */
static __attribute__((noinline)) struct thread *choose_any(struct run_queue *q, struct thread *prev,
							   u64 now, bool yields)
{
	struct thread *next;

	queue_charge_thread(q, prev, now);
	if (thread_is_rt(prev))
		q->rt_runs = false;
	if (prev != q->idle && stays(q, prev, yields))
		put_back(q, prev, yields, now);
	else if (prev != q->idle)
		set_aside(q, prev);
	next = pick_next(q, now);
	begin_any_slice(q, next, now);
	return next;
}

/*
 * The whole way from one thread to the next, for those who block and those who do not (@yields: it does
 * not). Interrupts are off.
 */
static inline __attribute__((always_inline)) void give_cpu_away(bool yields)
{
	struct thread *prev = thread_current(), *next;
	struct run_queue *q = run_queue_this();
	u64 now;

	assert(cpu_this()->lock_depth == 0 && cpu_this()->irq_depth == 0);
	spin_lock(&q->lock);
	now = clock_ns_loose();
	if (likely(prev->plain && only_sharers_wait(q))) {
		queue_charge_plain(prev, now);
		next = choose_sharer(q, prev, yields);
		begin_slice(next, now, sched_get_quantum());
	} else {
		next = choose_any(q, prev, now, yields);
	}
	if (next != prev)
		switch_to(q, prev, next, now, yields);
	else
		finish_alone(q, now);
}

void schedule_irq_off(void)
{
	give_cpu_away(false);
}

static __attribute__((noinline)) i64 yield_to_next(void)
{
	assert(thread_current()->state == THREAD_RUNNABLE);
	irq_disable();
	give_cpu_away(true);
	irq_enable();
	return 0;
}

i64 sched_yield(void)
{
	return READ_ONCE(run_queue_this()->count) ? yield_to_next() : 0;
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
