/* SPDX-License-Identifier: ISC */
/*
 * Round robin with a quantum (OSTEP 7.7), or cooperation (OSTEP 6.3, "a cooperative approach").
 *
 * Tickless: the timer is armed for the end of the quantum only while somebody waits for this
 * CPU, and for the next kernel timer. An idle CPU halts.
 *
 * The queue's lock is held across the switch and dropped by whoever runs next, in
 * finish_switch(): until then nobody may touch the stack that is being left.
 */
#include "sched/sched.h"

#include "abi/errno.h"

#include "base/mutants.h"
#include "base/trace.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/queue.h"
#include "sched/timer.h"

#define NEVER (~0UL)
#define QUANTUM_MIN (100 * NSEC_PER_USEC)
#define QUANTUM_MAX (10 * NSEC_PER_SEC)

struct run_queue run_queues[MAX_CPUS];
static enum sched_policy policy = SCHED_ROUND_ROBIN; /* atomic */
static u64 quantum = 10 * NSEC_PER_MSEC; /* atomic */

static void queue_init(struct run_queue *q, struct thread *idle)
{
	list_init(&q->waiting);
	q->current = q->idle = idle;
	q->armed = NEVER;
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

static void enqueue(struct run_queue *q, struct thread *t)
{
	assert(!t->on_queue);
	list_push_back(&q->waiting, &t->run_link);
	t->on_queue = true;
	q->count++;
}

static void dequeue(struct run_queue *q, struct thread *t)
{
	list_remove(&t->run_link);
	t->on_queue = false;
	q->count--;
}

static struct thread *pick_next(struct run_queue *q)
{
	struct thread *t;

	if (!q->count)
		return q->idle;
	t = list_first(&q->waiting, struct thread, run_link);
	dequeue(q, t);
	return t;
}

/* When the running thread must give way: its quantum's end, if anybody waits. */
static u64 quantum_deadline(const struct run_queue *q)
{
	if (!q->count || q->current == q->idle || policy == SCHED_COOPERATIVE || MUTANT(timer))
		return NEVER;
	return q->current->slice_end;
}

void queue_arm_timer(struct run_queue *q)
{
	u64 due = MIN(timers_next(), quantum_deadline(q));

	if (due >= q->armed)
		return; /* it fires early and finds out (sched_timer_interrupt) */
	q->armed = due;
	trace(TRACE_TIMER, due, 0);
	clock_arm(due);
}

/* -- switching ------------------------------------------------------------------------------ */

static void account(struct run_queue *q, struct thread *prev, struct thread *next)
{
	u64 now = clock_ns();

	if (prev == q->idle)
		q->idle_ns += now - prev->switched_in;
	prev->cpu_ns += now - prev->switched_in;
	next->switched_in = now;
	next->slice_end = now + quantum;
	next->switches++;
	q->switches++;
}

/* On the next thread's stack: release what schedule() took. */
static inline void finish_switch(struct run_queue *q)
{
	struct thread *dead = q->dead;

	q->dead = NULL;
	spin_unlock(&q->lock);
	if (likely(!dead))
		return;
	if (dead->release)
		dead->release(dead);
	thread_free(dead);
}

void schedule(void)
{
	u64 flags = irq_save();
	struct run_queue *q = run_queue_this();
	struct thread *prev = thread_current(), *next;

	assert(cpu_this()->lock_depth == 0 && cpu_this()->irq_depth == 0);
	spin_lock(&q->lock);
	if (prev->state == THREAD_RUNNABLE && prev != q->idle)
		enqueue(q, prev);
	else if (prev->state == THREAD_DEAD)
		q->dead = prev;
	next = pick_next(q);
	if (next != prev) {
		account(q, prev, next);
		q->current = next;
		if (quantum_deadline(q) < q->armed) /* kernel timers have been seen to */
			queue_arm_timer(q);
		trace(TRACE_SWITCH, prev->tid, next->tid);
		context_switch(&prev->ctx, &next->ctx);
		finish_switch(run_queue_this()); /* maybe another CPU's by now */
	} else {
		spin_unlock(&q->lock);
	}
	irq_restore(flags);
}

void sched_finish_switch(void)
{
	finish_switch(run_queue_this());
}

void sched_yield(void)
{
	if (READ_ONCE(run_queue_this()->count))
		schedule();
}

bool thread_wake(struct thread *t)
{
	struct run_queue *q = &run_queues[t->cpu];
	u64 flags = spin_lock_irq(&q->lock);
	bool woken = t->state == THREAD_BLOCKED;

	if (woken) {
		WRITE_ONCE(t->state, THREAD_RUNNABLE);
		if (t != q->current) { /* else it is about to block and will see this */
			enqueue(q, t);
			if (q == run_queue_this())
				queue_arm_timer(q);
			else
				cpu_kick(t->cpu);
		}
		trace(TRACE_WAKE, t->tid, 0);
	}
	spin_unlock_irq(&q->lock, flags);
	return woken;
}

void sched_resched(void)
{
	context_clear_work(&thread_current()->ctx, WORK_RESCHED);
	schedule();
}

void sched_point(void)
{
	if (unlikely(READ_ONCE(thread_current()->ctx.work) & WORK_RESCHED))
		sched_resched();
}

void sched_kicked(void)
{
	struct run_queue *q = run_queue_this();

	spin_lock(&q->lock);
	queue_arm_timer(q);
	spin_unlock(&q->lock);
}

void sched_timer_interrupt(void)
{
	struct run_queue *q = run_queue_this();
	u64 now = clock_ns();

	q->armed = NEVER;
	timers_run(now);
	spin_lock(&q->lock);
	if (quantum_deadline(q) <= now)
		context_set_work(&q->current->ctx, WORK_RESCHED);
	if (!(q->current->ctx.work & WORK_RESCHED))
		queue_arm_timer(q);
	else if (timers_next() != NEVER)
		clock_arm(q->armed = timers_next());
	spin_unlock(&q->lock);
}

void sched_idle(void)
{
	struct run_queue *q = run_queue_this();

	for (;;) {
		irq_disable();
		if (q->count)
			schedule();
		else
			cpu_idle_wait();
		irq_enable();
	}
}

/* -- settings and figures ------------------------------------------------------------------- */

void sched_set_policy(enum sched_policy p)
{
	struct run_queue *q = run_queue_this();
	u64 flags;

	policy = p;
	if (!q)
		return; /* the command line is read before sched_init() */
	flags = spin_lock_irq(&q->lock);
	queue_arm_timer(q);
	spin_unlock_irq(&q->lock, flags);
}

enum sched_policy sched_get_policy(void)
{
	return policy;
}

void sched_set_quantum(u64 ns)
{
	quantum = MAX(QUANTUM_MIN, MIN(ns, QUANTUM_MAX));
}

u64 sched_get_quantum(void)
{
	return quantum;
}

int thread_set_affinity(struct thread *t, u64 mask)
{
	u64 running = cpu_count >= 64 ? ~0UL : (1UL << cpu_count) - 1;

	if (!(mask & running))
		return -EINVAL;
	t->affinity = mask & running;
	return 0;
}

u64 thread_cpu_time(struct thread *t)
{
	struct run_queue *q = &run_queues[t->cpu];
	u64 flags = spin_lock_irq(&q->lock);
	u64 ns = t->cpu_ns;

	if (q->current == t)
		ns += clock_ns() - t->switched_in;
	spin_unlock_irq(&q->lock, flags);
	return ns;
}

u64 sched_idle_ns(u32 cpu)
{
	return READ_ONCE(run_queues[cpu].idle_ns);
}

u64 sched_switch_count(u32 cpu)
{
	return READ_ONCE(run_queues[cpu].switches);
}
