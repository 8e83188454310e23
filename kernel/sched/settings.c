/* SPDX-License-Identifier: ISC */
/*
 * What can be set: the machine's mode and quantum, a thread's policy, nice value and CPUs; and what
 * can be asked. Locks: a thread's settings are changed under its queue's lock.
 */
#include "abi/errno.h"
#include "machine/clock.h"
#include "machine/smp.h"
#include "sched/place.h"
#include "sched/wait.h"

#define QUANTUM_MIN (100 * NSEC_PER_USEC)
#define QUANTUM_MAX (10 * NSEC_PER_SEC)

enum sched_mode sched_mode = SCHED_ROUND_ROBIN;
u64 sched_quantum = 10 * NSEC_PER_MSEC;

void sched_set_mode(enum sched_mode m)
{
	u64 flags;

	WRITE_ONCE(sched_mode, m);
	if (!run_queue_this())
		return; /* the command line is read before sched_init() */
	flags = irq_save();
	sched_kicked();
	for (u32 i = 0; i < cpu_count; i++)
		if (i != cpu_id())
			cpu_kick(i);
	irq_restore(flags);
}

void sched_set_quantum(u64 ns)
{
	WRITE_ONCE(sched_quantum, MAX(QUANTUM_MIN, MIN(ns, QUANTUM_MAX)));
}

/* -- a thread ---------------------------------------------------------------------------------- */

/* Somebody who waits may deserve the CPU more than the running thread, as it is now. */
static void reconsider(struct run_queue *q)
{
	struct thread *rt = rt_peek(&q->rt), *fair = fair_peek(&q->fair);

	if (rt)
		queue_preempt_for(q, rt);
	if (fair)
		queue_preempt_for(q, fair);
	queue_wake_cpu(q);
}

/* What @t is to run with has been written down. It is in no queue. Queue locked. */
static void run_with_it(struct run_queue *q, struct thread *t, bool has_time)
{
	bool was_rt = thread_is_rt(t);

	WRITE_ONCE(t->priority, MAX(t->sched.priority, t->lent));
	fair_set_weight(t);
	if (was_rt && !thread_is_rt(t) && has_time)
		fair_place(&q->fair, t); /* its virtual time stood still meanwhile */
	if (t == q->current)
		q->rt_runs = thread_is_rt(t);
}

/* Changes what @t is scheduled by. One that has less now goes before its new equals, as on Linux. */
static void change(struct run_queue *q, struct thread *t, const struct sched_params *p, u8 lent)
{
	bool waits = t->on_queue, runs = t == q->current;
	u8 before = t->priority;

	if (waits)
		queue_take(q, t);
	else if (runs)
		queue_charge(q, clock_ns());
	t->sched = *p;
	t->lent = lent;
	run_with_it(q, t, waits || runs);
	if (waits && t->priority < before)
		queue_add_first(q, t);
	else if (waits)
		queue_add(q, t);
	reconsider(q);
}

void thread_set_sched(struct thread *t, const struct sched_params *p)
{
	u64 flags;
	struct run_queue *q = queue_lock_of(t, &flags);

	t->slice_left = 0;
	change(q, t, p, t->lent);
	spin_unlock_irq(&q->lock, flags);
}

void thread_lend(struct thread *t, u8 priority)
{
	u64 flags;
	struct run_queue *q = queue_lock_of(t, &flags);
	struct sched_params own = t->sched;

	if (t->priority == MAX(own.priority, priority))
		t->lent = priority;
	else
		change(q, t, &own, priority);
	spin_unlock_irq(&q->lock, flags);
}

void thread_inherit_sched(struct thread *child, const struct thread *parent)
{
	struct sched_params p = parent->sched;

	if (p.reset_on_fork) {
		p.reset_on_fork = false;
		p.nice = p.priority ? 0 : MAX(p.nice, 0);
		p.policy = p.priority ? SCHED_OTHER : p.policy;
		p.priority = 0;
	}
	child->sched = p;
	child->priority = p.priority; /* what is lent is lent to the parent alone */
	child->affinity = parent->affinity;
	child->vruntime = parent->vruntime;
	fair_set_weight(child);
}

/* -- CPUs -------------------------------------------------------------------------------------- */

/* One queue for all: who waits here waits for less than a quantum. */
static struct wait_queue moved = WAIT_QUEUE_INIT(moved);

bool move_over(struct thread *t)
{
	struct thread_move *m = t->moves, *next;

	t->moves = NULL;
	if (likely(!m))
		return false;
	for (; m; m = next) {
		next = m->next;
		__atomic_store_n(&m->over, true, __ATOMIC_RELEASE);
	}
	return true;
}

void move_wake(void)
{
	wait_wake_all(&moved);
}

void thread_await_move(struct thread_move *m)
{
	wait_event(&moved, __atomic_load_n(&m->over, __ATOMIC_ACQUIRE));
}

/* @t runs where it may not: its CPU is told, and @m is over when it has gone from there. Locked. */
static void send_away(struct run_queue *q, struct thread *t, struct thread_move *m)
{
	context_set_work(&t->ctx, WORK_RESCHED);
	queue_wake_cpu(q);
	if (t == thread_current())
		return; /* it cannot wait for itself */
	m->over = false;
	m->next = t->moves;
	t->moves = m;
}

/* Its new affinity is written down. Queue locked; unlocked on return. */
static void obey(struct run_queue *q, struct thread *t, struct thread_move *m)
{
	bool allowed = t->affinity >> t->cpu & 1, told = false;

	if (allowed) {
		told = move_over(t); /* who sent it away before waits for nothing now */
	} else if (t->on_queue) {
		queue_take(q, t);
		place_depart(q, t, place_fresh(t));
		spin_unlock(&q->lock);
		place_deliver(t);
		return;
	} else if (t == q->current) {
		send_away(q, t, m);
	} /* else it sleeps or is in flight: it will be looked at then */
	spin_unlock(&q->lock);
	if (told)
		move_wake();
}

int thread_set_affinity(struct thread *t, u64 mask, struct thread_move *m)
{
	u64 flags;
	struct run_queue *q;

	mask &= cpu_online_mask();
	if (!mask)
		return -EINVAL;
	m->over = true;
	q = queue_lock_of(t, &flags);
	t->affinity = mask;
	obey(q, t, m);
	irq_restore(flags);
	return 0;
}

u64 thread_slice(const struct thread *t)
{
	if (t->sched.priority)
		return t->sched.policy == SCHED_RR ? RT_QUANTUM : 0;
	return sched_get_quantum();
}

u64 sched_switch_count(u32 cpu)
{
	return READ_ONCE(run_queues[cpu].switches);
}
